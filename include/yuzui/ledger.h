/* yuzui/ledger.h: a ledger keeps prepaid money: what was paid in, what is held for requests that are under way, what was charged.
 *
 * Amounts are whole nano-USD (10^-9 USD) in int64_t; prices are nano-USD per million tokens (yuzui/price.h). Nothing is rounded here.
 *
 * Every change is a posting. A posting moves money between books, and what it takes from one it puts into another; entries are only
 * ever added. The books are:
 *
 *   available   of an account: what may still be held
 *   held        of an account: for requests under way
 *   paid        what came from outside: every CREDIT takes it from here, so it is the negative of all that was paid in
 *   revenue     what was charged, less what was given back
 *   absorbed    what requests cost beyond their hold and their account: the operator's loss
 *
 * A hold ends exactly once, by CAPTURE, RELEASE or because it expired; ending it again changes nothing and tells how it ended. So does
 * anything else that is posted twice under the same id. No balance is ever below zero.
 *
 * Between the moment that a request's charge is known and the moment that it is written lies a wait for the disk, which no client should
 * feel. So a hold has a will: what is to be posted for it if the process dies now. It is made before anything goes to a provider,
 * and made anew whenever more is known, before the client gets what it would be charged for.
 *
 * A hold that is on the disk before its request goes anywhere waits for that disk, once a request. So a ledger may lend a part of an
 * account to this process, on the disk and in advance: a lease. A hold is then taken out of it at once, in memory (`cover`), and written
 * behind the request's back; its will says all that is needed to write it. What is lent is nobody else's until it is given back: when the
 * process has not used it for some seconds, when a hold, a transfer or a charge would otherwise find too little (whichever process asks: it
 * waits for up to two seconds until those that have a lease give it back), when the ledger closes, by the lease's own will when the process
 * has died, and after a minute at the latest, which is long after the process itself has stopped taking holds out of it. Where there is
 * little left nothing is lent, so every hold asks the books. Balances that are told show what is lent and not yet held as available.
 *
 * A lease has a number that no other has, and once it has ended nothing is written out of it. So what a process held out of a lease and
 * could not write before that ended, because it was stopped or its disk stuck for half a minute, asks the books like any other hold. If
 * they have not enough any more, its request was served all the same: its charge is written, the account pays what it can, and the rest is
 * `absorbed`, and told in the log.
 *
 * Beside the books a ledger keeps records: small JSON objects under a kind and a name, such as keys and groups (docs/keys.md). What they
 * mean is not the ledger's business. Every version of one stays in its history, with who wrote it.
 *
 * A hold may be counted: under each name that it brings, as much as it holds, and from its end on as much as its account paid, less what
 * was given back. A hold that would make a count larger than allowed is refused. So a budget is exact, however many ask at once.
 *
 * And it keeps jobs: work that a provider goes on with after it has answered, such as a film. A job is written before it is begun, and
 * again whenever more is known of it, by whoever has seen how it stood: of several who would change it at once one does. What its end does
 * to the money is posted along with that, in the same step. So it ends once, and is paid back once, whoever finds out.
 *
 * A ledger may be told to keep requests for so long only. What is older (holds that have ended, why they cost what they did, and the
 * transactions and entries that tell of them) is removed, a few at a time; what of it counts goes on: balances, sums of usage and of tries,
 * counts, credits, refunds, transfers, records, jobs. Of a removed hold its id stays, so that nothing happens a second time under it; and
 * what its entries came to, by account and hour, so that the audit proves the books as before.
 *
 * A ledger is opened once per process and shared by all workers and generations. Its functions may be called from any thread, and several
 * at once; several processes may use the same ledger at the same time.
 */
#ifndef YUZUI_LEDGER_H
#define YUZUI_LEDGER_H

#include <yuzui/base.h>
#include <yuzui/call.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What may be posted: name, word. The numbers are kept in the ledger: they never change. */
/* clang-format off */
#define YZ_POSTINGS(X)                                                                                                 \
    X(NONE, "none")                                                                                                    \
    X(CREDIT, "credit")     /* paid -> available; makes the account if there is none */                                \
    X(HOLD, "hold")         /* available -> held, if there is that much */                                             \
    X(CAPTURE, "capture")   /* held -> revenue; the rest of the hold -> available. Beyond the hold: available, then absorbed -> revenue */ \
    X(RELEASE, "release")   /* held -> available */                                                                    \
    X(REFUND, "refund")     /* revenue -> available: of a capture, and never more than the account paid for it */ \
    X(EXPIRE, "expire")     /* held -> available: the ledger's own, when the time of a hold is over; nobody posts it */ \
    X(TRANSFER, "transfer") /* available -> paid, and paid -> available of another account, which is made if there is none: both or neither */ \
    X(RECORD, "record")     /* no money: writes a record, if it still stands as its writer has seen it */ \
    X(JOB, "job")           /* no money of its own: writes a job likewise, and what is posted with it: both or neither */

/* How a hold stands. The numbers are kept in the ledger. */
#define YZ_HOLD_STATES(X) X(OPEN, "open") X(CAPTURED, "captured") X(RELEASED, "released") X(EXPIRED, "expired")
/* clang-format on */
#define YZ_POSTING_ENUM(name, word) YZ_POSTING_##name,
#define YZ_HOLD_ENUM(name, word)    YZ_HOLD_##name,
typedef enum yz_posting_kind { YZ_POSTINGS(YZ_POSTING_ENUM) YZ_POSTING_KINDS } yz_posting_kind;
typedef enum yz_hold_state { YZ_HOLD_STATES(YZ_HOLD_ENUM) YZ_HOLD_STATES_N } yz_hold_state;
#undef YZ_POSTING_ENUM
#undef YZ_HOLD_ENUM

#define YZ_LEDGER_NAME_MAX   200                          /* bytes of an account's name, or an id */
#define YZ_LEDGER_AMOUNT_MAX INT64_C(1000000000000000000) /* of one posting: a billion USD */
#define YZ_LEDGER_TOTAL_MAX  INT64_C(4000000000000000000) /* of an account, available and held together */
#define YZ_LEDGER_DETAIL_MAX 65536                        /* bytes of a detail */

/* A count that a hold goes into. */
typedef struct yz_counted {
    size_t size;
    /* At most YZ_LEDGER_COUNT_NAME_MAX bytes. One that ends in a space and a day or a month of UTC, as "group research 2026-11", is of that
     * time alone: a ledger that keeps requests for some time forgets it when that is over and its holds are gone. */
    yz_str name;
    int64_t most; /* nano-USD that it may come to, this hold included */
} yz_counted;
#define YZ_COUNTED               .size = sizeof(yz_counted)
#define YZ_LEDGER_COUNTS_MAX     64  /* of one hold */
#define YZ_LEDGER_COUNT_NAME_MAX 240 /* bytes */

typedef struct yz_posting {
    size_t size;
    yz_posting_kind kind;
    yz_str account; /* whose: CREDIT, HOLD, TRANSFER (who gives). A key's name, for instance. RECORD: its kind, such as "key". JOB: its
                     * owner, who alone may ask for it: a tenant's name, which need be no account */
    yz_str id; /* names what may happen once. HOLD, CAPTURE, RELEASE: the hold's. CREDIT, REFUND, TRANSFER: the poster's own. RECORD, JOB:
                  its name */
    yz_str of; /* REFUND: the id of the hold that was captured. TRANSFER: the account that gets it. RECORD: who writes it, as "cli" */
    int64_t
        amount; /* CREDIT, HOLD, TRANSFER: above 0. CAPTURE: 0 or more; RELEASE: not read. REFUND: above 0; or 0: all that is left of what
                 * the account paid for it, which may be nothing. RECORD, JOB: the revision that its writer has seen; 0: there was none */
    int64_t expires; /* HOLD: when it ends by itself: Unix seconds. JOB: when somebody is to look after it; 0: it is over */
    yz_str request;  /* HOLD: x-request-id, which is the client's to choose and may repeat */
    yz_str model;    /* HOLD: that was asked */
    yz_str price;    /* HOLD: the version of the price that counts, whatever changes later */
    yz_str detail;   /* CAPTURE, RELEASE: what it was for, as a JSON object: the ledger sums its "provider", "input", "cached" and "output",
                      * and   of each of "tries", unless its "cost" is "none", "provider" and "usd" ("cost": "estimated", "unknown" or another
                      * word). RECORD, JOB: the object itself; else a reason for people */
    uint64_t will;   /* CAPTURE, RELEASE: the number of the hold's will (yz_ledger_will); 0: it has none */
    yz_str key;      /* HOLD, JOB: whose request it is: the key's name, which need not be its account's. JOB: kept as it was first said */
    const yz_counted *const *counts; /* HOLD: what it is counted in, each name once */
    size_t n_counts;
    uint64_t lease; /* HOLD: what it is taken out of (yz_ledger_cover); 0: out of what is available */
    const struct yz_posting
        *hold; /* CAPTURE, RELEASE: the hold that it ends, if that has a lease: it is written first if it is not there yet */
    const struct yz_posting *with; /* JOB: a REFUND that is posted in the same step, if the job is written; NULL: none */
    /* JOB: tokens that have become known with its end, and that the detail of its charge (the CAPTURE of the hold of the same id) could not
     * say: added to the sums of usage, where that charge stands, in the same step. Of a hold that is no longer kept they are nowhere. */
    int64_t input, cached, output;
} yz_posting;
#define YZ_POSTING .size = sizeof(yz_posting)

/* What became of a posting. */
typedef struct yz_posted {
    size_t size;
    /* YZ_OK: it is done, or was done before. YZ_ELIMIT: there is not that much (HOLD: available; REFUND: captured), or the account would
     * hold too much. YZ_ENOTFOUND: no such account or hold. YZ_EINVAL: malformed, or the id names something else already; of a RECORD
     * or JOB: it stands at another revision. JOB: also what is posted with it may say, and then neither was done. YZ_EREMOVED: the hold
     * or the job has ended, and was removed: nothing was done. YZ_EIO: the ledger failed, and nothing was done. */
    int code;
    bool before;         /* it was done before, and this changed nothing */
    yz_hold_state state; /* of the hold: HOLD, CAPTURE, RELEASE, REFUND */
    int64_t amount;      /* what moved: of an ended hold, what its account paid. RECORD, JOB: its revision now */
    int64_t available;   /* of the account, afterwards; of a refused HOLD: now; of one that a count refused: what is left of that */
    int64_t held;        /* likewise */
    size_t count;        /* HOLD that was refused for a count: which, from 1; 0: not for that */
    int64_t absorbed;    /* CAPTURE: what it cost beyond what its account could pay */
} yz_posted;
#define YZ_POSTED .size = sizeof(yz_posted)

/* Called once per posting, on a thread of the ledger's; not from inside post. `posted` lives during the call. */
typedef void yz_ledger_done(void *arg, const yz_posted *posted);

/* What may be read. */
typedef enum yz_ledger_what {
    YZ_LEDGER_ACCOUNTS, /* by name, those after `id`: account, available, held, amount (paid in so far), captured, created */
    YZ_LEDGER_HOLDS,    /* the newest first: all but available, held */
    YZ_LEDGER_FAULTS,   /* the audit: a row for everything that does not add up: text, and account or id where it has one */
    YZ_LEDGER_RECORDS,  /* as they stand, the one that was written first first: account (kind), id (name), amount (revision), detail, text
                         * (who  wrote it), created (when), place */
    YZ_LEDGER_HISTORY,  /* every version of every record, the newest first: likewise */
    YZ_LEDGER_MOVES,    /* CREDIT, REFUND, TRANSFER, the newest first: account, id, model (the word of its kind), amount (what available
                         * gained),    detail, created, place */
    YZ_LEDGER_USAGE,  /* what ended holds cost, summed by `by`: account, key, provider, model, created (when the time begins), calls, input,
                       * cached,  output (tokens), captured, absorbed, refunded */
    YZ_LEDGER_COUNTS, /* by name, those whose name is `id`, or begins with it if it ends in '*': id, amount */
    YZ_LEDGER_BALANCES, /* as ACCOUNTS, but only what costs no sum: account, available, held, created */
    /* The one of this id; or, with `to`, those that are not over and to be looked after before that moment, the most overdue first; else
     * the newest first: account (owner), id, key, amount (revision), look, detail, created, ended (when it was written as over; 0: not
     * yet), place. */
    YZ_LEDGER_JOBS,
    /* What the tries of holds that ended cost the operator, as details say ("tries"), summed by provider, and by hour or day if `by` says
     * so: provider, created (when the time begins), calls (tries), amount, held (what of amount is estimated), input (tries of unknown
     * cost). */
    YZ_LEDGER_TRIES,
    /* What was removed: a row, or none if nothing ever was: created (a moment: holds that were made before it may be removed, later ones
     * are not), text (the rule, such as keep = "400d"), calls (how many), id: of the query, if that is the id of one of them. */
    YZ_LEDGER_REMOVED,
} yz_ledger_what;

/* What sums of usage are kept apart by. */
enum {
    YZ_USAGE_BY_ACCOUNT = 1,
    YZ_USAGE_BY_MODEL = 2,
    YZ_USAGE_BY_PROVIDER = 4,
    YZ_USAGE_BY_HOUR = 8,
    YZ_USAGE_BY_DAY = 16,
    YZ_USAGE_BY_KEY = 32
};

typedef struct yz_ledger_query {
    size_t size;
    yz_ledger_what what;
    yz_str account; /* only this one's; empty: all */
    yz_str id; /* ACCOUNTS: only those that come after this name. HOLDS: only the one of this id, or those of the request of this id; empty:
                  all. RECORDS, HISTORY: of this name */
    int64_t limit;    /* rows at most; 0: 1000 */
    int64_t place;    /* RECORDS: only those after it. HOLDS, HISTORY, MOVES, JOBS: only those before it; 0: all */
    int64_t from, to; /* Unix seconds, from (included) to (excluded); 0: no bound. USAGE, TRIES: in whole hours, rounded outward. HOLDS: of
                       * `created` */
    unsigned by;      /* USAGE: YZ_USAGE_BY_…; TRIES: of those, HOUR or DAY */
    yz_str key, model, provider; /* USAGE: only these; empty: all. HOLDS: only those of this key */
    const yz_str *keys;          /* USAGE: only these, n_keys of them; NULL: all */
    size_t n_keys;
} yz_ledger_query;
#define YZ_LEDGER_QUERY .size = sizeof(yz_ledger_query)

typedef struct yz_ledger_row {
    size_t size;
    yz_str account, id, request, model, price, detail, text;
    int64_t available, held;
    int64_t amount;             /* of a hold: what was set aside */
    int64_t captured, absorbed; /* what the account paid; what the operator lost */
    int64_t refunded;
    yz_hold_state state;
    int64_t created, ended; /* Unix seconds; 0: not yet */
    int64_t place;          /* in the order of the answer, for the next question: above 0 */
    yz_str key, provider;
    int64_t calls, input, cached, output;
    int64_t look; /* JOBS: when somebody is to look after it: Unix seconds; 0: it is over */
} yz_ledger_row;
#define YZ_LEDGER_ROW .size = sizeof(yz_ledger_row)
/* Called for each row, inside `read`. */
typedef void yz_ledger_on_row(void *arg, const yz_ledger_row *row);

typedef struct yz_ledger_ops {
    size_t size; /* sizeof(yz_ledger_ops): YZ_LEDGER */
    /* Control thread; config lives until it returns. Holds that had expired while nobody looked end here. */
    int (*open)(const void *config, void **ledger, yz_diag *diag);
    /* Nobody posts any more. Everything that was posted is written, or its poster told of the failure, before it returns. */
    void (*close)(void *ledger);
    /* Copies the posting and returns at once. YZ_OK: done(arg) will be called, and when it says YZ_OK, what was posted survives the loss of
     * power. Postings of one thread are written in its order. Without `done` nobody waits: a posting that fails with YZ_EIO is then tried
     * again until it is written. YZ_EAGAIN: too many are waiting; done is not called. */
    int (*post)(void *ledger, const yz_posting *posting, yz_ledger_done *done, void *arg);
    /* Reads on the caller's thread and takes its time: not for workers. YZ_OK or YZ_EIO. */
    int (*read)(void *ledger, const yz_ledger_query *query, yz_ledger_on_row *on_row, void *arg);
    /* Writes a copy of the whole ledger, as of one moment, to a new file, while it is in use. YZ_OK, YZ_EINVAL: the file is there already,
     * YZ_EIO. Optional. */
    int (*backup)(void *ledger, yz_str file);
    /* A hold's will: the CAPTURE or RELEASE that ends it if this process dies before it has posted an end. It is kept where the death of
     * the process does not reach it, however sudden (a loss of power may), and carried out when the ledger is opened again. Returns at
     * once, from any thread. posting->will is 0, or the number of the will that this one replaces; kind NONE: that one is dropped. Its
     * number; 0: none can be kept. Who posts an end without `done` has made a will of it before post returns. Optional. */
    uint64_t (*will)(void *ledger, const yz_posting *posting);
    /* Takes a HOLD out of what was lent to this process, at once and from any thread. *end is what ends it if the process dies now: its
     * will. True: so much is held and will be written, hold->lease, end->hold and end->will are set, and whoever ends the hold names it
     * (posting.hold). False: nothing was done, and `post` is the way. A hold that is counted is never covered. Optional. */
    bool (*cover)(void *ledger, yz_posting *hold, yz_posting *end);
    /* A gateway serves with it from now on: only then may it remove what its options say is too old. Commands that look at a ledger, or
     * check a config, never say so. Control thread, as often as a config begins to serve. Optional. */
    void (*serve)(void *ledger);
} yz_ledger_ops;
#define YZ_LEDGER .size = sizeof(yz_ledger_ops)

/* ---- for stages ----------------------------------------------------------------------------------------------------- */

/* An opened ledger. */
typedef struct yz_ledger yz_ledger;

/* The ledger that the config declares, while a filter is opened: ledger "sqlite" {…}. It stays open as long as a stage of that generation.
 * NULL, with an error in diag, when there is none. Control thread. */
yz_ledger *yz_ledger_find(yz_worker *worker, yz_diag *diag);
/* Posts a HOLD for a call. on_held(call, arg) is called once, never from inside, within `ms` at the latest, then with YZ_ETIMEOUT; not once
 * the call has ended. A hold that stands when its call has ended, or when on_held was told YZ_ETIMEOUT, is released again by the host. */
typedef void yz_ledger_on_held(yz_call *call, void *arg, const yz_posted *posted);
void yz_ledger_hold(yz_call *call, yz_ledger *ledger, const yz_posting *posting, int64_t ms, yz_ledger_on_held *on_held, void *arg);
/* Posts something of any other kind for a call, and tells it likewise; what was posted stands, whatever becomes of the call. */
void yz_ledger_ask(yz_call *call, yz_ledger *ledger, const yz_posting *posting, int64_t ms, yz_ledger_on_held *on_posted, void *arg);
/* Reads for a call, on another thread. on_rows(call, arg) is called once, never from inside, with copies that live as long as the call's
 * arena: code YZ_OK, or YZ_EIO: the ledger cannot be read, YZ_EAGAIN: too many ask it, YZ_ELIMIT: the rows have more than a few MiB. Not
 * once the call has ended; a call that has waited for `ms` ends with a time-out. */
typedef void yz_ledger_on_rows(yz_call *call, void *arg, int code, const yz_ledger_row *const *rows, size_t n);
void yz_ledger_look(yz_call *call, yz_ledger *ledger, const yz_ledger_query *query, int64_t ms, yz_ledger_on_rows *on_rows, void *arg);
/* Posts and forgets: the ledger tries until it is written, also if the process dies (see `will`). For the end of a hold, also from
 * on_close. */
void yz_ledger_post(yz_ledger *ledger, const yz_posting *posting);
/* The ledger's `will`. 0: it keeps none. */
uint64_t yz_ledger_will(yz_ledger *ledger, const yz_posting *posting);
/* The ledger's `cover`. False: it lends nothing, or not enough: yz_ledger_hold. */
bool yz_ledger_cover(yz_ledger *ledger, yz_posting *hold, yz_posting *end);
/* The oldest news of the ledger that nobody has taken, such as a budget that is nearly used up: a JSON object with "event", appended.
 * False: there is none. Any thread. */
bool yz_ledger_news(yz_ledger *ledger, yz_buf *out);

#ifdef __cplusplus
}
#endif
#endif
