/* people/code.h: redeem codes: a secret text that is worth money, once. The ledger keeps its hash, as a record of the kind "code"; whoever
 * redeems it first is paid in, under an id that is made of that hash, so that the ledger itself lets nobody be second. They wait for the
 * ledger: not for workers. */
#ifndef YUZUI_PEOPLE_CODE_H
#define YUZUI_PEOPLE_CODE_H

#include <yuzui/ledger.h>

#define YZ_CODE_MOST 10000 /* of one batch */

typedef struct yz_codes {
    yz_ledger *ledger;
    yz_str by; /* who does it: "cli" */
    yz_arena *arena;
    const char *why; /* what was wrong */
    bool revoked;    /* redeem, YZ_EAGAIN: it was revoked */
} yz_codes;

/* A batch: so many codes, each of the same worth. */
typedef struct yz_code_batch {
    yz_str name;     /* as yz_person_name_fault has it */
    int64_t amount;  /* nano-USD of each */
    int64_t expires; /* Unix seconds; 0: never */
    size_t n;
} yz_code_batch;

/* Makes them, and tells each once: on_code, when the ledger has it. YZ_OK, YZ_EINVAL, YZ_EIO: those that were told are good. */
int yz_code_create(yz_codes *c, const yz_code_batch *batch, void (*on_code)(void *arg, yz_str code), void *arg);

/* Pays its worth into the account, which is made if there is none. YZ_OK; posted->before: this account has redeemed it already, and nothing
 * was done. YZ_ENOTFOUND: there is no such code. YZ_EAGAIN: another account has redeemed it, or it was revoked. YZ_ETIMEOUT: its time is
 * over. YZ_ELIMIT: the account would hold too much. YZ_EINVAL: no account can be called so. YZ_EIO. */
int yz_code_redeem(yz_codes *c, yz_str code, yz_str account, int64_t *amount, yz_posted *posted);

/* What became of one. */
typedef struct yz_code {
    yz_str shown, batch;                                 /* how it begins */
    int64_t amount, expires, created, redeemed, revoked; /* Unix seconds; 0: never, not yet */
    yz_str account;                                      /* who has redeemed it */
} yz_code;
/* Those of a batch; empty: all. The oldest first. YZ_OK or YZ_EIO. */
int yz_code_list(yz_codes *c, yz_str batch, void (*on_code)(void *arg, const yz_code *code), void *arg);

/* What became of those that were to be revoked. */
typedef struct yz_revoked {
    size_t revoked, before, redeemed; /* now; before, by whomever; not, since somebody has redeemed them */
} yz_revoked;
/* For good: a code, or, if that is empty, all of a batch that nobody has redeemed. YZ_OK; YZ_ENOTFOUND: there is no such code, or batch;
 * YZ_EAGAIN: the code has been redeemed; YZ_EIO: those before the failure are revoked. */
int yz_code_revoke(yz_codes *c, yz_str code, yz_str batch, yz_revoked *sum);

#endif
