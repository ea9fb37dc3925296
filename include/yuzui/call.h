/* yuzui/call.h: the call tree. Retry, fallback, hedging, caching and coalescing differ only in how many child calls a stage
 * starts, and when; so a call is an object.
 *
 *   call    one trip from a stage down towards a provider and back
 *   stage   one entry of the chain: a filter with its options
 *   parent  whoever started a call and gets its events: a call of the stage above, or the server
 *
 * A stage that receives a call may pass it on and see nothing more (yz_pass), answer it itself (yz_send_*), or start any number
 * of children on the next stage, now or later (yz_next), and cancel any of them. Events come back up: one head, chunks, then
 * one end; or an error at any moment instead of what is still to come.
 *
 * Five rules, kept by the core so that no filter has to:
 *   1. A call ends exactly once: end, error or cancel. Nothing is delivered after that.
 *   2. No event is delivered from inside the function that starts a child: the stage always returns first.
 *   3. Children never outlive their parent. When a call ends, its children are cancelled.
 *   4. A cancelled child is silent from the moment yz_cancel returns.
 *   5. A call's memory stays readable until the loop's turn is over and every wait on it is over.
 *
 * Events go up at once: a hook of the parent runs inside the child's yz_send_*. The parent may cancel the child there, so a verb
 * may find its call ended when it returns (yz_ended); further verbs on it do nothing. All other hooks run from the loop's turn: no
 * hook of a call ever runs while another hook or a verb of the same call is on the stack.
 *
 * The order of events is checked: a second head, a chunk before the head, an end without a head end the call with an internal error.
 *
 * A stage whose hook returns with the call neither ended, passed on, nor waiting for something with a deadline (a child, a timer,
 * a wait) is a bug: the core ends the call with an internal error and names the stage in the log.
 */
#ifndef YUZUI_CALL_H
#define YUZUI_CALL_H

#include <yuzui/base.h>
#include <yuzui/request.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct yz_call yz_call;
typedef struct yz_timer yz_timer;
typedef struct yz_wait yz_wait;
typedef struct yz_worker yz_worker;
typedef struct yz_diag yz_diag;
struct uv_loop_s;

/* A request whose head has come and whose body nobody has asked for yet. Made by the host, for the time of a hook. */
typedef struct yz_arrival {
    size_t size;
    yz_worker *worker;
    const void *config;                 /* the stage's options */
    void *stage;                        /* what open left in *stage */
    const yz_request *request;          /* as far as a head tells: without body and json, and without a model unless the path names it */
    const yz_key *key;                  /* who asks: a stage that found out says so here, and it becomes request->key; NULL: not known */
    const struct yz_settings *settings; /* the host's: of the generation the request runs in */
    struct yz_proof **proof;            /* the host's: what the connection has proved */
    yz_arena *arena;                    /* of the request that may come of it */
    struct yz_people_seat *people;      /* the host's: the keys that the ledger keeps; NULL: none */
} yz_arrival;
#define YZ_ARRIVAL .size = sizeof(yz_arrival)

struct yz_price; /* yuzui/price.h */

/* A request that somebody asks about without sending it: `yuzui explain`. */
typedef struct yz_question {
    size_t size;
    const yz_request *request;       /* as it reaches the stage, as far as the policies above decide that */
    bool anybody;                    /* nobody said whose it is, though a key is asked for: request->key is NULL, and could be any */
    const yz_target *const *targets; /* of its model, in order of preference */
    size_t n_targets;
    const struct yz_price *const *prices; /* of each target, now; NULL: it is not known */
} yz_question;
#define YZ_QUESTION .size = sizeof(yz_question)

/* A filter: the code of a stage. All hooks but on_call are optional; an absent event hook means "forward". */
/* What a stage would set aside for a request. */
typedef struct yz_estimate {
    size_t size;
    int64_t most;   /* nano-USD: the most that it may cost; -1: no price is known, or nobody serves it */
    yz_str account; /* of the ledger, that pays; empty: none */
} yz_estimate;
#define YZ_ESTIMATE .size = sizeof(yz_estimate)

typedef struct yz_filter {
    size_t size;      /* sizeof(yz_filter): set by YZ_FILTER, so that hooks can be added at the end */
    size_t call_size; /* bytes of state for each call, zeroed: yz_state */

    /* Control thread, once per generation and worker. `config` has been checked and outlives *stage. To refuse: say why with
     * yz_diag_error and return negative. Optional. */
    int (*open)(yz_worker *worker, const void *config, void **stage, yz_diag *diag);
    /* Worker thread, when no call of the generation is left; control thread for a generation that never served. Optional. */
    void (*close)(void *stage);

    void (*on_call)(yz_call *call, const yz_request *request);
    void (*on_head)(yz_call *call, yz_call *child, const yz_head *head);
    void (*on_chunk)(yz_call *call, yz_call *child, const yz_chunk *chunk);
    void (*on_end)(yz_call *call, yz_call *child, const yz_end *end);
    void (*on_error)(yz_call *call, yz_call *child, const yz_error *error);
    void (*on_timer)(yz_call *call, yz_timer *timer);
    /* The call has ended, by an end, an error or a cancel: release what is not the arena's. Children are already cancelled. Later in the
     * same turn, once, for every call that had its on_call and was not passed on. No verbs but yz_wait_done. */
    void (*on_close)(yz_call *call);
    /* The reader above is full (paused), or reads again. Absent: passed on to every child. */
    void (*on_flow)(yz_call *call, bool paused);
    /* The head of a request that brings a body is here: is there any body with which this stage would let it through? Asked before the
     * client is told to send it, of the first stages of a chain, as far as each has this hook. True: it goes on as ever. False: nobody
     * reads the body, the connection closes after the answer, and on_call gets the request without its body and must refuse it, now or
     * later (what it passed on would end with an internal error). It is quick and waits for nothing. Worker thread. Optional. */
    bool (*on_arrival)(yz_arrival *arrival);
    /* What the stage knows of the world (which targets are out of use, and why), for GET /status: one JSON value, appended. On the worker's
     * thread. Optional. */
    void (*show)(void *stage, yz_buf *out);
    /* What it does with that request, for `yuzui explain`: a few words, appended; nothing: it leaves it alone. From its options alone: no
     * stage is open. Words that begin with "refused: " are why the stage answers it with an error. Optional. */
    void (*describe)(const void *config, const yz_question *question, yz_buf *out);
    /* What it would set aside for this request, if it came now: a policy above asks (docs/policies.md, req:estimate). `call` is that
     * policy's. Nothing is set aside. Worker thread. Optional. */
    void (*estimate)(const void *config, const yz_call *call, const yz_request *request, yz_estimate *out);
    /* Whoever read the answer has left: the client is gone. True: the call goes on, unread, until it ends as ever, and this stage bounds
     * how long (a timer, yz_fail). False: this stage has no need of it; if no stage has, the call is cancelled. Once at most; no other
     * verbs but timers and notes. Stages below are asked first: where a provider has said all and why that ends, its call goes on for the
     * rest by itself (yz_record.whole). From now on yz_committed is true: nothing is begun anew for nobody. Worker thread. Optional. */
    bool (*on_leave)(yz_call *call);
    /* If its child failed with this error now, would it ask another target or model? A stage below that would rather wait for the same one
     * asks (yz_elsewhere). Changes nothing. Worker thread. Optional: no. */
    bool (*elsewhere)(yz_call *call, const yz_error *error);
    /* Work of the stage's own, that no request asks for: in so many ms a call begins at this stage (on_call), whose request has `wake` set
     * and no dialect, key, model or body; the stage does it as ever and ends the call. Asked when the stage's generation has become the
     * current one, and whenever such a call has ended; none begins once it is not current any more. 0: not now, and not again. Worker
     * thread. Optional. */
    int64_t (*wake)(void *stage);
    /* Providers may say that something has come of what this stage has begun with them: POST /v1/hooks/ID, by anybody, without a key. A
     * call begins at the stage as for `wake`, with the ID as `stored` and nothing else of what was said. The stage proves the ID, which
     * nobody may guess, and answers. Of several stages the first of the config's gets it. */
    bool hears;
} yz_filter;
#define YZ_FILTER .size = sizeof(yz_filter)

/* ---- verbs: down -------------------------------------------------------------------------------------------------- */

/* Starts a child on the next stage with this request (NULL: the call's own), which must live in the parent's arena or longer. The
 * child is valid until its memory goes with the parent's; it may be compared and cancelled. Never NULL: of a call that has
 * ended, the child has ended too. */
yz_call *yz_next(yz_call *call, const yz_request *request);
/* Passes the call on with this request (NULL: its own) and sees nothing more of it: no event, no on_close, and its timers are
 * stopped. No child may have been started, nothing sent. No further verb: the call belongs to the next stage now. */
void yz_pass(yz_call *call, const yz_request *request);
/* Cancels a child. Silent if it has ended. */
void yz_cancel(yz_call *child);

/* A parent that is not a call: gets the events of a call started with yz_root. All four hooks are needed. */
typedef struct yz_parent {
    size_t size;
    void (*on_head)(void *arg, yz_call *child, const yz_head *head);
    void (*on_chunk)(void *arg, yz_call *child, const yz_chunk *chunk);
    void (*on_end)(void *arg, yz_call *child, const yz_end *end);
    void (*on_error)(void *arg, yz_call *child, const yz_error *error);
} yz_parent;
#define YZ_PARENT .size = sizeof(yz_parent)

/* Starts a call on the stage after `like`'s that does not belong to `like` and may outlive it: for work that several calls share
 * (coalescing). The request (NULL: like's own) must live in like's memory, which stays until the new call's is freed: nothing is
 * copied. It inherits no deadline. End it with yz_cancel when nobody needs it; the handle is good until the turn in which it
 * ended is over. */
yz_call *yz_root(yz_call *like, const yz_request *request, const yz_parent *parent, void *arg);

/* ---- verbs: up ---------------------------------------------------------------------------------------------------- */

/* Slices of a chunk need to live only during the call; those of a head must live in the call's arena (or longer); an error is copied
 * for whoever gets it, so an on_error hook may keep it as long as its own call lives. yz_send_end and yz_send_error end the call:
 * return soon after. An error after the head becomes an error event in the client's stream. */
void yz_send_head(yz_call *call, const yz_head *head);
void yz_send_chunk(yz_call *call, const yz_chunk *chunk);
void yz_send_end(yz_call *call, const yz_end *end);
void yz_send_error(yz_call *call, const yz_error *error);
/* The common case of an error of the gateway's own: printf, at most 511 bytes. */
void yz_fail(yz_call *call, yz_error_class class_, const char *fmt, ...) YZ_PRINTF(3, 4);

/* Is it too late to try again? It is when anything has gone up from this call, when a byte of its request's body that cannot be read a
 * second time has gone upstream (yuzui/body.h), or when the client has left. */
bool yz_committed(const yz_call *call);

/* Would a stage above go elsewhere at once, if this call ended with this error now (the hook `elsewhere`)? Then waiting for the target that
 * failed is not worth it. */
bool yz_elsewhere(const yz_call *call, const yz_error *error);

/* A request that asks this target for the list of its models, or for an answer of one token: to see whether it answers, when no client
 * waits for it. In the arena of `like`; for yz_root(like, …). It belongs to no key. NULL: such a target is not asked so. */
yz_request *yz_probe_request(const yz_call *like, const yz_target *target, bool answer);

/* ---- waiting ------------------------------------------------------------------------------------------------------ */

/* on_timer is called once, `ms` from now (at least 1). A call may have several timers; they die with it. A timer is good until
 * on_timer is called for it or it is stopped; then forget it (the call may use it again). Stopping NULL does nothing. */
yz_timer *yz_timer_start(yz_call *call, int64_t ms);
void yz_timer_stop(yz_timer *timer);
/* A named wait with a deadline for something outside the tree; the label is a literal. It keeps the call's memory readable, also
 * after a cancel, until yz_wait_done ends it, once. When `ms` pass first and the call has not ended, on_late(arg) is called (it must
 * not end the wait: the outside may still write), and the stage must not count on it any longer: it ends the call or waits for
 * something else. Without on_late the call ends with a TIMEOUT error that names the label. */
yz_wait *yz_wait_start(yz_call *call, const char *label, int64_t ms, void (*on_late)(void *arg), void *arg);
void yz_wait_done(yz_wait *wait);
/* The call may not last longer than this from now; set anew, it replaces the call's own deadline. Children inherit the nearest
 * deadline of their ancestors; a stage may also set one on its child. Past it the call ends with a TIMEOUT error that names what it
 * was waiting for. */
void yz_deadline(yz_call *call, int64_t ms);
/* Milliseconds until the nearest deadline; INT64_MAX without one. */
int64_t yz_time_left(const yz_call *call);

/* Asks a child to stop, or to go on, sending chunks. A chunk already under way may still come. A child started while its parent is
 * paused starts paused, unless the parent's stage has on_flow and so decides itself. */
void yz_flow(yz_call *child, bool paused);
bool yz_paused(const yz_call *call); /* what the reader above wants now */

/* ---- questions ---------------------------------------------------------------------------------------------------- */

void *yz_state(const yz_call *call);                    /* call_size bytes */
void *yz_stage(const yz_call *call);                    /* what open left in *stage */
const void *yz_config(const yz_call *call);             /* the stage's options */
yz_arena *yz_call_arena(const yz_call *call);           /* the call's own; lives as long as its memory (rule 5) */
const yz_request *yz_call_request(const yz_call *call); /* the one on_call got */
yz_worker *yz_call_worker(const yz_call *call);         /* the one all hooks of the call run on */
bool yz_ended(const yz_call *call);                     /* ended or cancelled: nothing may be sent any more */

/* Leaves a fact about how the request was handled ("cache" = "hit"): an x-yuzui-NAME response header when the head has not gone
 * out yet (all but "key" and "owner", who asked and whose it is), and a field of the access log. The name is a literal; the value is
 * copied. A later value replaces an earlier one. */
void yz_note(yz_call *call, const char *name, yz_str value);

/* What was noted under that name in this request so far; empty: nothing. It lives as long as the request. */
yz_str yz_noted(const yz_call *call, const char *name);

/* What the client may still ask, as a stage that counts it knows: told in the headers of the client's dialect, with an answer as with a
 * refusal, when the head has not gone out yet. It counts where the client gets what came from this call; of several of a kind on that way
 * it is the one that has the least left, for its size. */
void yz_allow(yz_call *call, yz_quota_kind kind, const yz_quota *quota);

/* Gives `to` the notes that were left at `from` and below, and what was allowed there: for calls that share the work of a yz_root. */
void yz_notes_copy(yz_call *to, const yz_call *from);

/* The targets of a model, in order of preference, from the generation of the call; only those `within` of its request, if that says so.
 * Returns their number, 0 for an unknown model. */
size_t yz_targets(const yz_call *call, yz_str model, const yz_target *const **targets);
/* The name of a model that this target serves, one that the key (NULL: any) may use: for what names a provider's model, and no model of
 * ours. In the call's arena, or longer. Empty: there is none. */
yz_str yz_model_called(const yz_call *call, const yz_key *key, const yz_target *target);
/* Every model of the generation a stage is being opened for, with its targets in order of preference; they live as long as the stage.
 * Only while a stage is opened: control thread. */
void yz_models_each(void (*fn)(void *arg, yz_str model, const yz_target *const *targets, size_t n), void *arg);
/* The key the credential belongs to, or NULL. Constant time in the credential. */
const yz_key *yz_key_find(const yz_call *call, yz_str credential);
/* The key that the credential of an arrival belongs to, or NULL. Likewise. */
const yz_key *yz_arrival_key(const yz_arrival *arrival);
/* May this key use this model? A name ending in '*' allows every model it begins. All that binds the key has to allow it. */
bool yz_key_allows(const yz_key *key, yz_str model);
/* May this key ask for this at all: is it, with all that binds it, neither disabled nor expired, does the request come from where it may,
 * and is its model allowed (unless it asks for the list of them; or `head`: of a head that names none)? YZ_OK; or YZ_EINVAL, and *error
 * says what refuses it. */
int yz_key_judge(yz_arena *arena, const yz_key *key, const yz_request *request, bool head, yz_error *error);

int64_t yz_now(const yz_worker *worker); /* ms, monotonic; the time of this turn of the loop: for timers and expiry */
/* These read the clock anew; from any thread. The wall clock may jump, so it is for display and for records that leave the process. */
int64_t yz_clock_ns(void);                           /* monotonic, ns: for latencies */
int64_t yz_clock_wall_ns(void);                      /* Unix time in ns; tests may skip it ahead */
int64_t yz_clock_wall(void);                         /* Unix time in seconds; never skipped: for what is compared with others' dates */
uint64_t yz_random(yz_worker *worker);               /* for jitter and sampling, not for secrets */
unsigned yz_worker_index(const yz_worker *worker);   /* 0, 1, 2 … */
struct uv_loop_s *yz_worker_loop(yz_worker *worker); /* for stores that own sockets; only on the worker's own thread */
/* Runs fn(worker, arg) once on the worker's own thread, in a turn of its loop that is still to come, never from inside; what one thread
 * posts runs in that order. From any thread; it takes a lock and a system call, so it is not for the way of every request. A worker that
 * drains runs it as ever, and what was posted before a worker stops is run before its thread ends. False: it has stopped, fn will not
 * run, and arg is still the caller's. All workers stay valid until the last of them has stopped; but a stage may be closed before what
 * it posted runs, so what arg leads to must be able to outlive it (a count of references). */
bool yz_worker_post(yz_worker *worker, void (*fn)(yz_worker *worker, void *arg), void *arg);
/* Runs fn(worker, arg) once at the end of this turn of the loop, when all that was ready has run: for work that is done once for many
 * calls, such as a batch. In the order it was asked for; asked for from such a function, it runs at the end of the next turn. Calls that
 * ended in this turn can still be read. Only on the worker's own thread, also between turns. */
void yz_after_turn(yz_worker *worker, void (*fn)(yz_worker *worker, void *arg), void *arg);
/* HMAC-SHA-256 with a secret made anew for each process (or set by the `secret` directive, shared by a fleet): for cache keys. */
void yz_hmac(yz_str data, uint8_t out[32]);
/* The same with a key of the caller's, such as one that an operator shares with a server that is to know who sent something. */
void yz_sign(yz_str key, yz_str data, uint8_t out[32]);
/* The address at which the gateway serves what lies at this url, to the tenant that is told it, for a while (`media` of the config). In the
 * call's arena; empty: the config says none of that, or the url is none that could be served. */
yz_str yz_media_address(const yz_call *call, yz_str tenant, yz_str url);

#ifdef __cplusplus
}
#endif
#endif
