/* yuzui/store.h: a store keeps bytes under a key for a while. Caches and policies use it.
 *
 * An instance is opened once per process for each distinct configuration: it is shared by all workers and survives reloads, so
 * everything here may be called from any worker's thread.
 */
#ifndef YUZUI_STORE_H
#define YUZUI_STORE_H

#include <yuzui/base.h>
#include <yuzui/call.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Somebody waits for the answer of a get: finish it exactly once with yz_reply_done, on the worker's thread it came from. */
typedef struct yz_reply yz_reply;

/* Ends a wait: YZ_OK with a blob (the reference passes over), YZ_ENOTFOUND, or another error. Late is fine: the core has a
 * deadline of its own and forgets the caller when it passes. */
void yz_reply_done(yz_reply *wait, int code, yz_blob *value);

typedef struct yz_store_ops {
    size_t size;                                                  /* sizeof(yz_store_ops): YZ_STORE */
    int (*open)(const void *config, void **store, yz_diag *diag); /* control thread; config lives until it returns */
    void (*close)(void *store); /* when nobody uses it any more: on the control thread, or on that of the worker who used it last */
    /* Returns YZ_OK with *value (a reference), YZ_ENOTFOUND, or YZ_EAGAIN and later yz_reply_done(wait). */
    int (*get)(void *store, yz_worker *worker, yz_str key, yz_blob **value, yz_reply *wait);
    /* Keeps value for ttl ms. May fail silently: a store is a convenience. Takes its own reference. */
    void (*put)(void *store, yz_worker *worker, yz_str key, yz_blob *value, int64_t ttl);
    void (*remove)(void *store, yz_worker *worker, yz_str key);
    /* Worker thread, when that worker uses it no more (it may again, after a reload): close its handles. Optional. */
    void (*leave)(void *store, yz_worker *worker);
} yz_store_ops;
#define YZ_STORE .size = sizeof(yz_store_ops)

/* An opened store. */
typedef struct yz_store yz_store;

/* Finds, while a filter is opened, the store of that name: one declared by `store NAME {…}`, else the plugin NAME with its
 * defaults. NULL, with an error in diag, when there is none. Control thread. */
yz_store *yz_store_find(yz_worker *worker, yz_str name, yz_diag *diag);

/* Asks for a key on behalf of a call. on_value is called once, never from inside; within `ms` at the latest (then YZ_ETIMEOUT);
 * not at all once the call has ended. The blob is borrowed: take a reference to keep it. */
void yz_store_get(yz_call *call, yz_store *store, yz_str key, int64_t ms, void (*on_value)(yz_call *call, int code, yz_blob *value));
void yz_store_put(yz_worker *worker, yz_store *store, yz_str key, yz_blob *value, int64_t ttl);
void yz_store_remove(yz_worker *worker, yz_store *store, yz_str key);

#ifdef __cplusplus
}
#endif
#endif
