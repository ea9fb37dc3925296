/* people/money.h: paying in, giving back, moving money between accounts, by somebody. They wait for the ledger: not for workers. */
#ifndef YUZUI_PEOPLE_MONEY_H
#define YUZUI_PEOPLE_MONEY_H

#include "config/settings.h"

#include <yuzui/ledger.h>

typedef struct yz_money {
    yz_ledger *ledger;
    const yz_settings *settings; /* whose keys have accounts */
    yz_str by;                   /* who does it: "cli" */
    yz_arena *arena;
    yz_posted posted; /* YZ_OK */
    const char *why;  /* else: what was wrong */
    bool unknown;     /* … it was that nobody has the account that was to get it: `fresh` makes it all the same */
} yz_money;

/* What is to be done. */
typedef struct yz_money_move {
    yz_posting_kind kind; /* CREDIT, REFUND, TRANSFER */
    yz_str account;       /* CREDIT: who gets it. TRANSFER: who gives */
    yz_str to;            /* TRANSFER: who gets it */
    yz_str request;       /* REFUND: the id of the hold */
    int64_t amount;       /* nano-USD, above 0 */
    yz_str id;            /* names what may happen once */
    yz_str note;
    bool fresh; /* CREDIT, TRANSFER: the account that gets it need not be that of anybody known */
} yz_money_move;

/* YZ_OK, also when the same was done before (posted.before). YZ_ENOTFOUND: no such account or request. YZ_ELIMIT: more than there is, or
 * than an account can hold. YZ_EAGAIN: the id names something else. YZ_EINVAL: malformed. YZ_EIO. */
int yz_money_do(yz_money *m, const yz_money_move *move);

#endif
