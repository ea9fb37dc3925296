/* common/lease.h: what a ledger has lent to this process, account by account: how much of it is left to be held, when more is asked for,
 * and when it is given back. Only the numbers: the writer (writer.c) posts, and has its lock held around every call.
 *
 * A lease is asked for when an account has LEASE_RICH times what a hold takes, and is at most one LEASE_SHARE-th of what is available, so
 * what two gateways lend themselves never starves a third, and where money runs out nothing is lent. It grows while it is used up quickly.
 * It is written with a time at which it ends by itself; half of that time before, nothing is taken out of it any more.
 */
#ifndef COMMON_LEASE_H
#define COMMON_LEASE_H

#include <yuzui/ledger.h>

enum { LEASE_LIFE = 60, LEASE_IDLE = 2, LEASE_PLACES = 1024 }; /* seconds, seconds, accounts */
enum { LEASE_WANTED = 2 };                                     /* seconds after somebody found too little: so long nothing is lent */

/* How much of an account is little; variables, for tests alone. */
extern int64_t lease_rich, lease_share;
/* ms between looks at whether others want back what is lent; for tests, too. */
extern int64_t lease_look;

typedef struct lease {
    uint64_t number;     /* 0: none, and none asked for */
    bool granted, asked; /* holds may be taken out of it; it was asked for, or for more */
    bool leaving;        /* it is given back as soon as nothing is on its way */
    int64_t left;        /* nano-USD, to be held out of it */
    int64_t low;         /* below that more is asked for */
    int64_t want;        /* so much is asked for next */
    int64_t until;       /* Unix seconds, as are those that follow: from then on nothing is taken out of it */
    int64_t until_ms;    /* likewise, by the clock that nobody sets */
    int64_t used;        /* the last time */
    int64_t not_before;  /* it was refused: when to ask again */
    int64_t asked_ms;    /* when it was asked for last, by the clock of until_ms */
    uint32_t on_its_way; /* holds that were taken out of it and do not stand in the queue yet */
    unsigned asks;
    uint64_t will;
    size_t account_n; /* 0: an empty place */
    char account[YZ_LEDGER_NAME_MAX];
} lease;

typedef struct leases {
    lease *places; /* LEASE_PLACES of them, made when the first is needed */
    size_t n;      /* that are not empty */
} leases;

/* NULL: there is none. */
lease *leases_find(const leases *all, yz_str account);
/* NULL: there is no room for this account. */
lease *leases_make(leases *all, yz_str account);
/* Empties a place. */
void leases_drop(leases *all, lease *l);
void leases_free(leases *all);

/* Takes a hold out of it. False: it is not enough, or too late, by either clock. */
bool lease_take(lease *l, int64_t amount, int64_t now, int64_t ms);
/* Is it time to ask for more? */
bool lease_runs_low(const lease *l, int64_t now);
/* A hold of `amount` was made out of the books, which left so much: is a lease worth asking for? */
bool lease_is_worth_it(const lease *l, int64_t amount, int64_t available, int64_t now);
/* How much to ask for, when a hold takes `amount`. */
int64_t lease_wish(lease *l, int64_t amount);
/* It was asked for, to last until `expires`: it got so much; 0: nothing. */
void lease_answered(lease *l, int64_t got, int64_t expires, int64_t now);
/* Nobody needs it, or its time is nearly over. */
bool lease_is_done(const lease *l, int64_t now);

#endif
