/* wait.c: asking a store on behalf of a call.
 *
 * A wait stands between two parties that may go away in either order: the call, which goes on at the deadline at the latest, and
 * the store, which may answer much later. Each lets go once; the second to do so frees it. A call that ended meanwhile keeps its memory
 * until the store has answered.
 */
#include "base/arena.h"
#include "base/check.h"
#include "store/instance.h"
#include "worker.h"

#include <stdlib.h>
#include <yuzui/store.h>

struct yz_wait {
    yz_task task;
    yz_call *call; /* readable while `hold` is held */
    yz_hold *hold; /* NULL: the call's side has let go */
    void (*on_value)(yz_call *call, int code, yz_blob *value);
    yz_blob *value;
    int code;
    bool answered; /* the store's side has let go */
    bool told;     /* the call knows */
};

static void wait_let_go(yz_wait *wait) {
    if (!wait->hold && wait->answered)
        free(wait);
}

/* Tells the call, once. */
static void tell(yz_wait *wait, int code) {
    yz_blob *value = wait->value;
    wait->value = NULL;
    if (!wait->told && !yz_ended(wait->call)) {
        wait->told = true;
        wait->on_value(wait->call, code, value);
    }
    yz_blob_unref(value);
}

/* From the run queue: the store has answered, or the deadline has passed. */
static void finish(yz_task *task) {
    yz_wait *wait = YZ_CONTAINER(task, yz_wait, task);
    tell(wait, wait->code);
    yz_release(wait->hold);
    wait->hold = NULL;
    wait_let_go(wait);
}

/* The call waits for nothing any more, so it is told here; the hold may only be released later. An answer that came in this very turn
 * counts. */
static void on_late(void *arg) {
    yz_wait *wait = arg;
    tell(wait, wait->answered ? wait->code : YZ_ETIMEOUT);
    yz_task_post(&yz_call_worker(wait->call)->turn, &wait->task);
}

static void answer(yz_wait *wait, int code, yz_blob *value) {
    wait->answered = true;
    wait->code = code;
    if (!wait->hold) {
        yz_blob_unref(value);
        wait_let_go(wait);
        return;
    }
    wait->value = value;
    yz_task_post(&yz_call_worker(wait->call)->turn, &wait->task);
}

void yz_wait_done(yz_wait *wait, int code, yz_blob *value) { answer(wait, code, code == YZ_OK ? value : NULL); }

void yz_store_get(yz_call *call, yz_store *store, yz_str key, int64_t ms, void (*on_value)(yz_call *call, int code, yz_blob *value)) {
    yz_wait *wait = yz_calloc(1, sizeof *wait);
    wait->task.run = finish;
    wait->call = call;
    wait->on_value = on_value;
    wait->hold = yz_hold_take(call, store->plugin->name, ms, on_late, wait);
    yz_blob *value = NULL;
    int code = store->ops->get(store->state, yz_call_worker(call), key, &value, wait);
    if (code != YZ_EAGAIN)
        answer(wait, code, value);
}

void yz_store_put(yz_worker *worker, yz_store *store, yz_str key, yz_blob *value, int64_t ttl) {
    store->ops->put(store->state, worker, key, value, ttl);
}

void yz_store_remove(yz_worker *worker, yz_store *store, yz_str key) { store->ops->remove(store->state, worker, key); }
