/* yuzui/store.h: a store keeps bytes, and numbers that are added to, under a key for a while. Caches, limits and policies use it.
 *
 * An instance is opened once per process for each distinct configuration: it is shared by all workers and survives reloads, so
 * everything here may be called from any worker's thread. How far it reaches is the store's: `memory` is one process, `redis` every
 * gateway that uses the same server.
 */
#ifndef YUZUI_STORE_H
#define YUZUI_STORE_H

#include <yuzui/base.h>
#include <yuzui/call.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Somebody waits for the answer of a store: give it exactly once with one of these two, on the worker's thread it came from. Late is
 * fine: the core has a deadline of its own and forgets the caller when it passes. */
typedef struct yz_reply yz_reply;

/* Of a get: YZ_OK with a blob (the reference passes over), YZ_ENOTFOUND, or another error. Of put_ack, remove_ack and acquire: their code,
 * NULL. */
void yz_reply_done(yz_reply *reply, int code, yz_blob *value);
/* Of an add: YZ_OK with the sum, or an error. */
void yz_reply_sum(yz_reply *reply, int code, int64_t sum);

/* What came of taking from a window (yz_store_take). */
typedef struct yz_taken {
    size_t size;
    bool fits;    /* it was taken; false: nothing was */
    int64_t left; /* after it */
    int64_t wait; /* ms until it might fit; 0 with `fits` */
    int64_t slot; /* what to name when it is corrected */
} yz_taken;
#define YZ_TAKEN .size = sizeof(yz_taken)
/* Of a take: YZ_OK with what came of it, or an error and NULL. */
void yz_reply_taken(yz_reply *reply, int code, const yz_taken *taken);

typedef struct yz_store_ops {
    size_t size;                                                  /* sizeof(yz_store_ops): YZ_STORE */
    int (*open)(const void *config, void **store, yz_diag *diag); /* control thread; config lives until it returns */
    void (*close)(void *store); /* when nobody uses it any more: on the control thread, or on that of the worker who used it last */
    /* Returns YZ_OK with *value (a reference), YZ_ENOTFOUND, or YZ_EAGAIN and later yz_reply_done(reply). */
    int (*get)(void *store, yz_worker *worker, yz_str key, yz_blob **value, yz_reply *reply);
    /* Keeps value for ttl ms. May fail silently: a store is a convenience. Takes its own reference. */
    void (*put)(void *store, yz_worker *worker, yz_str key, yz_blob *value, int64_t ttl);
    void (*remove)(void *store, yz_worker *worker, yz_str key);
    /* Worker thread, when that worker uses it no more (it may again, after a reload): close its handles. Optional. */
    void (*leave)(void *store, yz_worker *worker);

    /* The rest is optional; whoever asks a store that lacks one is answered YZ_EUNSUPPORTED. The codes are those of the functions that
     * are called like them below; YZ_EAGAIN: yz_reply_done or yz_reply_sum follows. */
    int (*put_ack)(void *store, yz_worker *worker, yz_str key, yz_blob *value, int64_t ttl, yz_reply *reply);
    int (*remove_ack)(void *store, yz_worker *worker, yz_str key, yz_reply *reply);
    /* reply NULL: nobody waits for the sum. */
    int (*add)(void *store, yz_worker *worker, yz_str key, int64_t delta, int64_t ttl, int64_t *sum, yz_reply *reply);
    /* yz_reply_taken follows YZ_EAGAIN; any other code is an error. */
    int (*take)(void *store, yz_worker *worker, yz_str key, int64_t n, int64_t most, int64_t window, yz_reply *reply);
    void (*settle)(void *store, yz_worker *worker, yz_str key, int64_t slot, int64_t more, int64_t window);
    int (*acquire)(void *store, yz_worker *worker, yz_str key, yz_str holder, int64_t most, int64_t lease, yz_reply *reply);
    void (*renew)(void *store, yz_worker *worker, yz_str key, yz_str holder, int64_t lease);
    void (*release)(void *store, yz_worker *worker, yz_str key, yz_str holder);

    /* What it keeps may be found by other processes, and by this one after a restart: then the core warns of a config without `secret`. */
    bool shared;
    /* Is it out of reach? For how many ms, 1 or more, with the reason in `why`, which may stand in an operator's terminal; 0: no, as far as
     * is known. `now` is that of yz_now. Any thread. Optional: it is never. */
    int64_t (*away)(void *store, int64_t now, yz_buf *why);
} yz_store_ops;
#define YZ_STORE .size = sizeof(yz_store_ops)

/* An opened store. */
typedef struct yz_store yz_store;

/* Finds, while a filter is opened, the store of that name: one declared by `store NAME {…}`, else the plugin NAME with its
 * defaults. NULL, with an error in diag, when there is none. Control thread. */
yz_store *yz_store_find(yz_worker *worker, yz_str name, yz_diag *diag);
/* Can it add? To be asked while a filter is opened that cannot do without. */
bool yz_store_adds(const yz_store *store);
/* Can it take from windows? Likewise. */
bool yz_store_takes(const yz_store *store);
/* Does it give leases? Likewise. */
bool yz_store_leases(const yz_store *store);

/* ---- without an answer ---------------------------------------------------------------------------------------------- */

/* Each does what its namesake below does, if it can; nobody learns how it went. */
void yz_store_put(yz_worker *worker, yz_store *store, yz_str key, yz_blob *value, int64_t ttl);
void yz_store_remove(yz_worker *worker, yz_store *store, yz_str key);
void yz_store_add(yz_worker *worker, yz_store *store, yz_str key, int64_t delta, int64_t ttl);

/* Corrects what was taken in this slot by `more`, which may be negative; nothing if it has left the window. */
void yz_store_settle(yz_worker *worker, yz_store *store, yz_str key, int64_t slot, int64_t more, int64_t window);

/* The lease of this holder (yz_store_acquire) ends `lease` ms from now. One that has run out meanwhile, or that the store has lost, is
 * given again, also if others have taken all there are. */
void yz_store_renew(yz_worker *worker, yz_store *store, yz_str key, yz_str holder, int64_t lease);
/* It is over now; nothing if it was. */
void yz_store_release(yz_worker *worker, yz_store *store, yz_str key, yz_str holder);

/* ---- on behalf of a call -------------------------------------------------------------------------------------------- */

/* The hook is called once with `arg`, never from inside; within `ms` at the latest, then with YZ_ETIMEOUT: whether the store did it is not
 * known. It is not called once the call has ended; what was asked is done all the same. YZ_EIO: the store cannot be reached, or failed.
 * Times to live are in ms, at least 1. */
typedef void yz_store_on_value(yz_call *call, void *arg, int code, yz_blob *value);
typedef void yz_store_on_done(yz_call *call, void *arg, int code);
typedef void yz_store_on_sum(yz_call *call, void *arg, int code, int64_t sum);
typedef void yz_store_on_taken(yz_call *call, void *arg, int code, const yz_taken *taken); /* taken: NULL unless YZ_OK */

/* YZ_OK with the value, borrowed: take a reference to keep it; or YZ_ENOTFOUND, also from a store that cannot be reached. */
void yz_store_get(yz_call *call, yz_store *store, yz_str key, int64_t ms, yz_store_on_value *on_value, void *arg);
/* YZ_OK: a get finds it now. YZ_ELIMIT: the value is larger than the store keeps. */
void yz_store_put_ack(yz_call *call, yz_store *store, yz_str key, yz_blob *value, int64_t ttl, int64_t ms, yz_store_on_done *on_done,
                      void *arg);
/* YZ_OK: it was there and is gone. YZ_ENOTFOUND: it was not there. */
void yz_store_remove_ack(yz_call *call, yz_store *store, yz_str key, int64_t ms, yz_store_on_done *on_done, void *arg);
/* Adds delta, which may be negative, to the number under key and gives the sum; exact, whoever else adds at the same time. What is not
 * there counts as 0 and lives for ttl from this add on: later adds do not prolong it, so a key is a window. A get shows the number in
 * decimal digits, and a put of such digits sets it. YZ_EINVAL: no whole number is there, or the sum does not fit into 64 bits. */
void yz_store_add_ack(yz_call *call, yz_store *store, yz_str key, int64_t delta, int64_t ttl, int64_t ms, yz_store_on_sum *on_sum,
                      void *arg);
/* Takes n from a window of `window` ms that slides, if no more than `most` are then in it; in one step, whoever else takes at the same
 * time, by the clock of the store. No stretch of time as long as the window ever holds more; what left it is free again up to 1/32 of it
 * late. */
void yz_store_take(yz_call *call, yz_store *store, yz_str key, int64_t n, int64_t most, int64_t window, int64_t ms,
                   yz_store_on_taken *on_taken, void *arg);
/* Asks for a lease, of which no more than `most` are given under this key: YZ_OK, and it is the holder's for `lease` ms from now, unless it
 * is renewed or released; YZ_ELIMIT: others have them all. In one step, by the clock of the store. A holder is 1 to 64 bytes that nobody
 * else uses under this key. After any other code it may have been given: release it. */
void yz_store_acquire(yz_call *call, yz_store *store, yz_str key, yz_str holder, int64_t most, int64_t lease, int64_t ms,
                      yz_store_on_done *on_done, void *arg);

#ifdef __cplusplus
}
#endif
#endif
