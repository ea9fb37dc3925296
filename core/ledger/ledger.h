/* ledger/ledger.h: the core's side of ledgers: one instance per process for each distinct configuration, shared by generations and
 * workers, and closed when the last share that found it closes; and asking one on behalf of a call or of a command. */
#ifndef YUZUI_LEDGER_LEDGER_H
#define YUZUI_LEDGER_LEDGER_H

#include "config/settings.h"

#include <yuzui/ledger.h>

/* Control thread, while a share is built: from begin to end, yz_ledger_find looks in these settings. What end returns is what was found
 * (NULL: nothing), and is to be given to yz_ledger_unuse when the share closes. */
void yz_ledger_begin(const yz_settings *settings);
yz_ledger *yz_ledger_end(void);
/* For a command: the ledger of these settings. NULL, with an error in diag: there is none, or it does not open. */
yz_ledger *yz_ledger_use(const yz_settings *settings, yz_diag *diag);
void yz_ledger_serve(yz_ledger *ledger); /* its generation begins to serve. NULL is allowed. Control thread */
void yz_ledger_unuse(yz_ledger *ledger); /* any thread; the last one closes it, which waits for what was posted. NULL is allowed */

/* For a command: posts and waits. */
void yz_ledger_post_now(yz_ledger *ledger, const yz_posting *posting, yz_posted *posted);
/* For a command: as the plugin's own. YZ_EUNSUPPORTED: it cannot. */
int yz_ledger_read(yz_ledger *ledger, const yz_ledger_query *query, yz_ledger_on_row *on_row, void *arg);
int yz_ledger_backup(yz_ledger *ledger, yz_str file);

/* For a stage that takes it (yz_ledger_news): a JSON object. Any thread. */
void yz_ledger_tell(yz_ledger *ledger, yz_str text);

/* What an account had available when that was last read, half a second ago if it is asked for all the time; of an account that is not there
 * 0. False: it is not known yet, or no longer; whoever asks a moment later is told. Does not wait; any thread. The ledger has another user
 * meanwhile, such as a share. */
bool yz_ledger_known(yz_ledger *ledger, yz_str account, int64_t *available);

#endif
