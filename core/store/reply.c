/* reply.c: asking a store on behalf of a call, and without waiting for an answer.
 *
 * A reply stands between two parties that may go away in either order: the call, which goes on at the deadline at the latest, and
 * the store, which may answer much later. Each lets go once; the second to do so frees it. A call that ended meanwhile keeps its memory
 * until the store has answered.
 */
#include "base/arena.h"
#include "base/check.h"
#include "base/record.h"
#include "store/instance.h"
#include "worker.h"

#include <stdlib.h>
#include <yuzui/store.h>

struct yz_reply {
    yz_task task;
    yz_call *call; /* readable while `wait` is pending */
    yz_wait *wait; /* NULL: the call's side has let go */
    /* What was asked: one of them is set. */
    yz_store_on_value *on_value;
    yz_store_on_done *on_done;
    yz_store_on_sum *on_sum;
    yz_store_on_taken *on_taken;
    void (*on_touched)(void *arg); /* of a reply without a call */
    void *arg;
    yz_blob *value;
    int64_t sum;
    yz_taken taken;
    int code;
    bool answered; /* the store's side has let go */
    bool reported; /* the call knows */
};

static void reply_let_go(yz_reply *reply) {
    if (!reply->wait && reply->answered)
        free(reply);
}

static void call_hook(const yz_reply *reply, int code, yz_blob *value) {
    if (reply->on_value)
        reply->on_value(reply->call, reply->arg, code, value);
    else if (reply->on_done)
        reply->on_done(reply->call, reply->arg, code);
    else if (reply->on_taken)
        reply->on_taken(reply->call, reply->arg, code, code == YZ_OK ? &reply->taken : NULL);
    else
        reply->on_sum(reply->call, reply->arg, code, code == YZ_OK ? reply->sum : 0);
}

/* Tells the call, once. */
static void tell(yz_reply *reply, int code) {
    yz_blob *value = reply->value;
    reply->value = NULL;
    if (!reply->reported && !yz_ended(reply->call)) {
        reply->reported = true;
        call_hook(reply, code, value);
    }
    yz_blob_unref(value);
}

/* From the run queue: the store has answered, or the deadline has passed. */
static void finish(yz_task *task) {
    yz_reply *reply = YZ_CONTAINER(task, yz_reply, task);
    tell(reply, reply->code);
    yz_wait_done(reply->wait);
    reply->wait = NULL;
    reply_let_go(reply);
}

/* The call waits for nothing any more, so the call is notified here; the wait may only be ended later. An answer that came in this very
 * turn counts. */
static void on_late(void *arg) {
    yz_reply *reply = arg;
    tell(reply, reply->answered ? reply->code : YZ_ETIMEOUT);
    yz_task_post(&yz_call_worker(reply->call)->turn, &reply->task);
}

static void answer(yz_reply *reply, int code, yz_blob *value) {
    reply->answered = true;
    reply->code = code;
    if (!reply->wait) {
        yz_blob_unref(value);
        if (reply->on_touched)
            reply->on_touched(reply->arg);
        reply_let_go(reply);
        return;
    }
    reply->value = value;
    yz_task_post(&yz_call_worker(reply->call)->turn, &reply->task);
}

void yz_reply_done(yz_reply *reply, int code, yz_blob *value) { answer(reply, code, code == YZ_OK ? value : NULL); }

void yz_reply_sum(yz_reply *reply, int code, int64_t sum) {
    reply->sum = sum;
    answer(reply, code, NULL);
}

void yz_reply_taken(yz_reply *reply, int code, const yz_taken *taken) {
    yz_taken room;
    if (code == YZ_OK)
        reply->taken = *(const yz_taken *)yz_wide(taken, &room, sizeof room);
    answer(reply, code, NULL);
}

/* ---- on behalf of a call -------------------------------------------------------------------------------------------- */

static yz_reply *reply_new(yz_call *call, const yz_store *store, int64_t ms, void *arg) {
    yz_reply *reply = yz_calloc(1, sizeof *reply);
    reply->task.run = finish;
    reply->call = call;
    reply->arg = arg;
    reply->wait = yz_wait_start(call, store->plugin->name, ms, on_late, reply);
    return reply;
}

void yz_store_get(yz_call *call, yz_store *store, yz_str key, int64_t ms, yz_store_on_value *on_value, void *arg) {
    yz_reply *reply = reply_new(call, store, ms, arg);
    reply->on_value = on_value;
    yz_blob *value = NULL;
    int code = store->ops->get(store->state, yz_call_worker(call), key, &value, reply);
    if (code != YZ_EAGAIN)
        answer(reply, code, value);
}

void yz_store_touch(yz_store *store, yz_worker *worker, void (*on_touched)(void *arg), void *arg) {
    yz_reply *reply = yz_calloc(1, sizeof *reply);
    reply->on_touched = on_touched;
    reply->arg = arg;
    const yz_store_ops *ops = store->ops;
    yz_blob *value = NULL;
    int64_t sum = 0;
    yz_str key = YZ_STR("yuzui:check");
    int code = ops->add ? ops->add(store->state, worker, key, 0, 1, &sum, reply) : ops->get(store->state, worker, key, &value, reply);
    if (code != YZ_EAGAIN)
        answer(reply, code, value);
}

void yz_store_put_ack(yz_call *call, yz_store *store, yz_str key, yz_blob *value, int64_t ttl, int64_t ms, yz_store_on_done *on_done,
                      void *arg) {
    const yz_store_ops *ops = store->ops;
    yz_reply *reply = reply_new(call, store, ms, arg);
    reply->on_done = on_done;
    int code = ops->put_ack ? ops->put_ack(store->state, yz_call_worker(call), key, value, ttl, reply) : YZ_EUNSUPPORTED;
    if (code != YZ_EAGAIN)
        answer(reply, code, NULL);
}

void yz_store_remove_ack(yz_call *call, yz_store *store, yz_str key, int64_t ms, yz_store_on_done *on_done, void *arg) {
    const yz_store_ops *ops = store->ops;
    yz_reply *reply = reply_new(call, store, ms, arg);
    reply->on_done = on_done;
    int code = ops->remove_ack ? ops->remove_ack(store->state, yz_call_worker(call), key, reply) : YZ_EUNSUPPORTED;
    if (code != YZ_EAGAIN)
        answer(reply, code, NULL);
}

void yz_store_add_ack(yz_call *call, yz_store *store, yz_str key, int64_t delta, int64_t ttl, int64_t ms, yz_store_on_sum *on_sum,
                      void *arg) {
    const yz_store_ops *ops = store->ops;
    yz_reply *reply = reply_new(call, store, ms, arg);
    reply->on_sum = on_sum;
    int64_t sum = 0;
    int code = ops->add ? ops->add(store->state, yz_call_worker(call), key, delta, ttl, &sum, reply) : YZ_EUNSUPPORTED;
    if (code != YZ_EAGAIN)
        yz_reply_sum(reply, code, sum);
}

void yz_store_take(yz_call *call, yz_store *store, yz_str key, int64_t n, int64_t most, int64_t window, int64_t ms,
                   yz_store_on_taken *on_taken, void *arg) {
    const yz_store_ops *ops = store->ops;
    yz_reply *reply = reply_new(call, store, ms, arg);
    reply->on_taken = on_taken;
    int code = ops->take ? ops->take(store->state, yz_call_worker(call), key, n, most, window, reply) : YZ_EUNSUPPORTED;
    if (code != YZ_EAGAIN)
        yz_reply_taken(reply, code < 0 ? code : YZ_EINTERNAL, NULL);
}

void yz_store_acquire(yz_call *call, yz_store *store, yz_str key, yz_str holder, int64_t most, int64_t lease, int64_t ms,
                      yz_store_on_done *on_done, void *arg) {
    const yz_store_ops *ops = store->ops;
    yz_reply *reply = reply_new(call, store, ms, arg);
    reply->on_done = on_done;
    int code = ops->acquire ? ops->acquire(store->state, yz_call_worker(call), key, holder, most, lease, reply) : YZ_EUNSUPPORTED;
    if (code != YZ_EAGAIN)
        answer(reply, code, NULL);
}

/* ---- without an answer ---------------------------------------------------------------------------------------------- */

bool yz_store_adds(const yz_store *store) { return store->ops->add != NULL; }
bool yz_store_takes(const yz_store *store) { return store->ops->take && store->ops->settle; }
bool yz_store_leases(const yz_store *store) { return store->ops->acquire && store->ops->renew && store->ops->release; }

void yz_store_put(yz_worker *worker, yz_store *store, yz_str key, yz_blob *value, int64_t ttl) {
    store->ops->put(store->state, worker, key, value, ttl);
}

void yz_store_remove(yz_worker *worker, yz_store *store, yz_str key) { store->ops->remove(store->state, worker, key); }

void yz_store_add(yz_worker *worker, yz_store *store, yz_str key, int64_t delta, int64_t ttl) {
    int64_t sum;
    if (store->ops->add)
        store->ops->add(store->state, worker, key, delta, ttl, &sum, NULL);
}

void yz_store_settle(yz_worker *worker, yz_store *store, yz_str key, int64_t slot, int64_t more, int64_t window) {
    if (store->ops->settle)
        store->ops->settle(store->state, worker, key, slot, more, window);
}

void yz_store_renew(yz_worker *worker, yz_store *store, yz_str key, yz_str holder, int64_t lease) {
    if (store->ops->renew)
        store->ops->renew(store->state, worker, key, holder, lease);
}

void yz_store_release(yz_worker *worker, yz_store *store, yz_str key, yz_str holder) {
    if (store->ops->release)
        store->ops->release(store->state, worker, key, holder);
}
