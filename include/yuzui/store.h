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

/* Of a get: YZ_OK with a blob (the reference passes over), YZ_ENOTFOUND, or another error. Of put_ack and remove_ack: their code, NULL. */
void yz_reply_done(yz_reply *reply, int code, yz_blob *value);
/* Of an add: YZ_OK with the sum, or an error. */
void yz_reply_sum(yz_reply *reply, int code, int64_t sum);

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
} yz_store_ops;
#define YZ_STORE .size = sizeof(yz_store_ops)

/* An opened store. */
typedef struct yz_store yz_store;

/* Finds, while a filter is opened, the store of that name: one declared by `store NAME {…}`, else the plugin NAME with its
 * defaults. NULL, with an error in diag, when there is none. Control thread. */
yz_store *yz_store_find(yz_worker *worker, yz_str name, yz_diag *diag);
/* Can it add? To be asked while a filter is opened that cannot do without. */
bool yz_store_adds(const yz_store *store);

/* ---- without an answer ---------------------------------------------------------------------------------------------- */

/* Each does what its namesake below does, if it can; nobody learns how it went. */
void yz_store_put(yz_worker *worker, yz_store *store, yz_str key, yz_blob *value, int64_t ttl);
void yz_store_remove(yz_worker *worker, yz_store *store, yz_str key);
void yz_store_add(yz_worker *worker, yz_store *store, yz_str key, int64_t delta, int64_t ttl);

/* ---- on behalf of a call -------------------------------------------------------------------------------------------- */

/* The hook is called once with `arg`, never from inside; within `ms` at the latest, then with YZ_ETIMEOUT: whether the store did it is not
 * known. It is not called once the call has ended; what was asked is done all the same. YZ_EIO: the store cannot be reached, or failed.
 * Times to live are in ms, at least 1. */
typedef void yz_store_on_value(yz_call *call, void *arg, int code, yz_blob *value);
typedef void yz_store_on_done(yz_call *call, void *arg, int code);
typedef void yz_store_on_sum(yz_call *call, void *arg, int code, int64_t sum);

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

#ifdef __cplusplus
}
#endif
#endif
