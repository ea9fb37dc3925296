/* people/sums.h: sums of usage, also by what the ledger does not keep them apart by: labels of keys. A label is what a key has now, by
 * itself, by a group above it, or as a tag in the config; so of one label's value the ledger is asked what those keys used, and sums that
 * are kept apart by a label are asked of it by key, and added up here. They wait for the ledger: not for workers. */
#ifndef YUZUI_PEOPLE_SUMS_H
#define YUZUI_PEOPLE_SUMS_H

#include "config/settings.h"

#include <yuzui/ledger.h>

typedef struct yz_sums {
    yz_ledger *ledger;
    const yz_settings *settings; /* whose keys have tags */
    yz_arena *arena;
    yz_str label, value; /* of the keys that have this value of this label; label empty: of all */
    yz_str apart; /* kept apart by the value of this label; empty: not. The value stands in `text` of a row; empty: the key has none */
    size_t keys, parted; /* keys that have the label's value; that have the label `apart` */
    const char *why;     /* what was wrong */
} yz_sums;

/* A question about USAGE. YZ_OK; YZ_ELIMIT: kept apart by a label, more sums than are added up at once; YZ_EIO. Rows as yz_ledger_read has
 * them, in the order of time, account, key, provider, model, label. */
int yz_sums_read(yz_sums *sums, const yz_ledger_query *query, yz_ledger_on_row *on_row, void *arg);

/* What is wrong with a stretch of time, Unix seconds, 0: no bound. NULL: nothing. */
const char *yz_sums_time_fault(int64_t from, int64_t until);

#endif
