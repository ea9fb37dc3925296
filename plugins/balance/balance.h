/* balance.h: what the files of the balancer share.
 *
 * What is known of a target, and of a provider's account, stands in shared memory: all workers read and write it with relaxed atomics and
 * without locks, and it survives reloads. A lost update costs a figure that is one call old; nothing rests on two figures fitting together.
 * Times are ms of the monotonic clock (yz_now); 0: never.
 */
#ifndef BALANCE_H
#define BALANCE_H

#include "../common/hook.h"

#include <stdatomic.h>
#include <yuzui/plugin.h>

typedef enum balance_by {
    BY_LATENCY,
    BY_WEIGHT,
    BY_LOAD,
    BY_CONVERSATION,
    BY_PREFIX,
    BY_PRICE
} balance_by; /* the words of `by`, in their order */

enum { PROBE_NONE, PROBE_MODELS, PROBE_ANSWER }; /* the words of `probe` */
#define PROBE_WELL (-1)                          /* of probe_said */

typedef struct config {
    int by;
    int64_t half_life, failures, cool_off, cool_off_most, slow_start;
    double ratio;
    int64_t ratio_calls;
    double low;
    bool adaptive;
    int probe; /* PROBE_… */
    int64_t probe_every, probe_timeout;
    yz_str webhook;
    const yz_secret *webhook_key;
} config;

/* What is known of a target or of an account. In shared memory: a change of it raises BALANCE_LAYOUT. */
#define BALANCE_LAYOUT 7u
typedef struct spare { /* what the provider said is left of one of its limits */
    _Atomic int64_t most;
    _Atomic int64_t left;  /* of requests: less what began since; see health_spare */
    _Atomic int64_t until; /* when all of it is there again; 0: nothing is known */
} spare;

typedef struct health {
    _Atomic int64_t running; /* calls under way */
    _Atomic int64_t latency[2],
        met[2];                  /* us to the first content of a document, of a stream (peak EWMA; 0: unknown); when it was measured */
    _Atomic uint64_t window;     /* outcomes of this window: its number, failures, calls (see outcome.c) */
    _Atomic int64_t failures[2]; /* in a row: of documents, of streams */
    _Atomic int64_t until;       /* out of use until then */
    _Atomic int64_t outs;        /* times out of use in a row: more than 0 and past `until`, it is on probation */
    _Atomic int64_t since;       /* when it was put out the last time */
    _Atomic int64_t first;       /* … and the first of those in a row */
    _Atomic int64_t probe;       /* when a call was let through on probation */
    _Atomic int64_t back;        /* when it came back: slow start */
    _Atomic int because;         /* yz_error_class that put it out */
    _Atomic bool asked;          /* the provider itself said how long to wait */
    _Atomic int64_t begun;       /* calls, ever */
    _Atomic int64_t told;        /* of these, the number of the one whose answer was the last to say what is left */
    spare requests, tokens;
    _Atomic int64_t usual[2], lately[2],
        seen[2];          /* us to the first content: in the long run, of late; when the long run was brought up to date (room.c) */
    _Atomic int64_t room; /* calls at once before it gets slower, in 1/16; 0: nobody knows */
    _Atomic int64_t probe_due, probed; /* when it is probed next, at the earliest; when a probe has ended */
    _Atomic int probe_said;            /* what came of that: PROBE_WELL, or a yz_error_class */
} health;

#define HEALTH_GET(field)        atomic_load_explicit(&(field), memory_order_relaxed)
#define HEALTH_SET(field, value) atomic_store_explicit(&(field), (value), memory_order_relaxed)

/* A target of the generation, on one worker. Of a provider with several nodes, what is limited per account is known of all nodes together:
 * `joint` has the calls that count towards `concurrency` and the provider's limits, and its pauses. */
typedef struct member {
    const yz_target *target;
    health *own;     /* of provider, node and model */
    health *joint;   /* of provider and model: `own`, unless there are nodes */
    health *account; /* of the provider's account */
} member;

/* Whose pause it is: one that was asked for concerns the account, and so all nodes; a failure the node alone. */
static inline health *health_of_class(const member *m, yz_error_class class_) {
    if (class_ == YZ_ERROR_QUOTA || class_ == YZ_ERROR_UPSTREAM_AUTH)
        return m->account;
    return class_ == YZ_ERROR_RATE_LIMIT ? m->joint : m->own;
}

typedef struct balance_stage {
    const config *config;
    yz_counter outs, pauses, full, probes, probes_failed;
    member *members; /* a hash table by target, `slots` long, a power of two */
    yz_str *models;  /* that each of them serves, likewise: for people */
    size_t n, slots;
    hook hook;
    int64_t look; /* when targets are looked over for probes */
} balance_stage;

const member *balance_member(const balance_stage *stage, const yz_target *target); /* NULL: not of this generation */

/* ---- outcome.c: what calls teach ---------------------------------------------------------------------------------------- */

/* What is back in use, and after how many ms, 1 or more; 0: it was not away. */
typedef struct came_back {
    int64_t target, account;
} came_back;
/* The first content of the call that began at `begun` came after `us`. What that brought back. */
came_back health_answered(const config *cfg, const member *m, bool stream, int64_t us, int64_t begun, int64_t now);
/* What is known to answer again, by a call that began then: for how many ms it was out of use, or on probation; 0: it was not. */
int64_t health_back(health *h, int64_t begun, int64_t now);
/* It was given up after `us` without content: at least that slow. */
void health_slow(const config *cfg, const member *m, bool stream, int64_t us, int64_t now);
/* The same, while others of the model answer in half the time: that counts as a failure. True as below. */
bool health_late(const config *cfg, const member *m, bool stream, int64_t begun, int64_t now);
/* The call that began at `begun` failed; `row`: failures in a row before its answer began, -1: it had not. True when that put the target or
 * its account out of use just now. */
bool health_failed(const config *cfg, const member *m, const yz_error *error, bool stream, int64_t begun, int64_t now, int64_t row);
/* The answer to call number `number` came with these figures. */
void health_told(const member *m, const yz_allowance *allowance, int64_t number, int64_t now);
/* The share of its limits that is left, of the one that has the least: 0 to 1; 1: nothing is known. */
double health_spare(const health *own, int64_t now);
/* us to the first content, as believed now: halved for each half_life without news, so that a slow target is tried again. 0: unknown. */
int64_t health_latency(const config *cfg, const health *own, bool stream, int64_t now);

/* ---- probe.c: targets that nobody uses ---------------------------------------------------------------------------------------- */

/* Begins the probes that are due. */
void balance_probe(yz_call *call, balance_stage *stage);
/* It went out of use because of that, or asked for a pause: told in the log, to the webhook, and counted (balance.c). */
void balance_report(yz_worker *worker, const balance_stage *stage, const member *m, yz_error_class class_, int64_t now);
/* It is back: likewise. */
void balance_report_back(const balance_stage *stage, const member *m, came_back back);

/* ---- webhook.c: for other programs ------------------------------------------------------------------------------------------ */

/* False: it cannot be, which was reported. Control thread. */
bool webhook_open(balance_stage *stage, yz_worker *worker, yz_diag *diag);
/* `event` is target_out, target_back, account_out or account_back; `because`: NULL when it is back. ms: for how long, or how long it was.
 */
void webhook_send(const balance_stage *stage, const char *event, const member *m, const char *because, int64_t ms);

/* ---- room.c: how many calls at once it takes ------------------------------------------------------------------------------ */

void room_answered(health *own, bool stream, int64_t us, int64_t now);
void room_failed(health *own);
bool room_left(const health *own);
/* ms between two calls that are let through on probation, when those in use have no room. */
int64_t room_pause(const health *own);

/* ---- show.c: for people -------------------------------------------------------------------------------------------------- */

void balance_show(void *stage, yz_buf *out);
void balance_describe(const void *config, const yz_question *question, yz_buf *out);

/* ---- choose.c: which target -------------------------------------------------------------------------------------------- */

/* Why nobody may be asked now. */
typedef enum refusal {
    NONE_SERVES, /* an unknown model, or one that no target can serve for this request */
    NONE_PAUSED, /* their providers asked for a pause */
    NONE_FULL,   /* they have as many calls as they take at once */
    NONE_BESIDE, /* but those that this request is asking already: there is nobody for a hedge, or a hedge has taken him */
} refusal;

typedef struct choice {
    const member *member; /* NULL: nobody; `none` says why */
    const char *why;      /* a literal, for the log */
    refusal none;
    int64_t wait; /* ms until one may be asked, if they asked for a pause */
} choice;

/* nano-USD that a request may cost at this price, by the length of its body and of the longest answer; INT64_MAX: nobody knows the price.
 */
int64_t balance_cost(const yz_price *price, const yz_request *request);

/* One of the targets that can serve the call. */
choice balance_choose(yz_call *call, const balance_stage *stage, const yz_request *request);

/* us to the first content of the fastest other target of the model that is in use, as believed now; 0: nobody knows. */
int64_t balance_fastest_other(yz_call *call, const balance_stage *stage, const yz_request *request, const member *but);

/* Where another attempt would go. */
typedef enum outlook {
    OUTLOOK_ELSEWHERE, /* to a target that was not asked for this request, and may be now */
    OUTLOOK_AGAIN,     /* to one that was */
    OUTLOOK_NOWHERE,   /* none is in use */
} outlook;
typedef struct outlook_wait { /* ms, where nobody is in use; 0: there is none */
    int64_t back;             /* until the first one is back, from a pause or from failures */
    int64_t pause;            /* … and from a pause that it asked for */
    bool others;              /* somebody is in use, who is not the one that has just failed */
} outlook_wait;
outlook balance_outlook(yz_call *call, const balance_stage *stage, const yz_request *request, const member *failed, outlook_wait *wait);

#endif
