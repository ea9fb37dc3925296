/* people/margins.h: what providers' answers brought against what their tries cost by list price: sums that the ledger keeps. */
#ifndef YUZUI_PEOPLE_MARGINS_H
#define YUZUI_PEOPLE_MARGINS_H

#include <yuzui/ledger.h>

#define YZ_MARGINS_BY_WORDS "day or hour"

typedef struct yz_margins {
    yz_ledger *ledger;
    yz_arena *arena;
    int64_t from, to; /* Unix seconds, in whole hours; 0: no bound */
    unsigned by;      /* YZ_USAGE_BY_DAY, YZ_USAGE_BY_HOUR, or 0 */
    size_t limit;     /* rows at most */
    bool more;        /* there are */
} yz_margins;

/* "day" or "hour", or empty. False: another word. */
bool yz_margins_by(yz_str word, unsigned *by);
/* Rows as yz_rows_margins has them, in the order of time, and of one time the dearest first. It waits for the ledger: not for workers. */
int yz_margins_read(yz_margins *m, yz_ledger_on_row *on_row, void *arg);

#endif
