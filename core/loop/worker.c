/* loop/worker.c: one worker thread and its libuv loop.
 *
 * The turn of the call tree runs after each poll (uv_check) and again before the loop blocks (uv_prepare), so that nothing waits
 * longer than the turn it became ready in; one timer wakes the loop for the next alarm. The timer is moved only when an earlier alarm
 * comes: one that rings for nothing is cheaper than a heap operation each turn.
 *
 * Other threads wake it with one uv_async: then it adopts the share that was published, and runs what was posted (loop/post.h).
 */
#include "loop/loop.h"

#include "base/check.h"
#include "call/tree.h"
#include "generation.h"
#include "loop/post.h"
#include "net/dns.h"
#include "net/io.h"
#include "server/server.h"
#include "upstream/pool.h"

#include <stdlib.h>
#include <uv.h>

enum {
    KEPT_BLOCKS = 256, /* arena blocks a worker keeps for reuse */
    ABORT_MS = 1000,   /* after an abort, until the loop is left whatever is open */
    BURIAL_MS = 2000,  /* after the server is gone, for calls that something outside still holds */
};

typedef struct thread {
    yz_worker pub; /* first */
    uv_loop_t loop;
    uv_async_t async;
    uv_check_t check;
    uv_prepare_t prepare;
    uv_timer_t timer;
    int64_t armed; /* when the timer rings; INT64_MAX: never */
    yz_alarm overdue;
    uv_thread_t id;
    bool joinable;
    uv_sem_t started;
    int start_code;
    void (*on_stopped)(void *arg);
    void *arg;
} thread;

static thread *thread_of(yz_worker *worker) { return (thread *)(void *)worker; }

/* ---- turns ----------------------------------------------------------------------------------------------------------------- */

static void on_timer(uv_timer_t *timer) { ((thread *)timer->data)->armed = INT64_MAX; }

static void on_check(uv_check_t *check) { yz_turn_run(&((thread *)check->data)->pub.turn, yz_clock_ms()); }

static void on_prepare(uv_prepare_t *prepare) {
    thread *t = prepare->data;
    int64_t now = yz_clock_ms();
    yz_turn_run(&t->pub.turn, now);
    int64_t next = yz_turn_next(&t->pub.turn);
    if (next >= t->armed)
        return;
    t->armed = next;
    uv_timer_start(&t->timer, on_timer, next > now ? (uint64_t)(next - now) : 0, 0);
}

static void on_async(uv_async_t *async) {
    thread *t = async->data;
    if (yz_share_adopt(&t->pub) && t->pub.server)
        yz_server_adopt(t->pub.server);
    yz_posts_run(&t->pub);
}

static void wake(yz_worker *worker) { uv_async_send(&thread_of(worker)->async); }

/* ---- life ------------------------------------------------------------------------------------------------------------------ */

yz_worker *yz_worker_new(unsigned index) {
    thread *t = yz_calloc(1, sizeof(*t));
    YZ_MUST(uv_loop_init(&t->loop) == 0);
    t->pub.index = index;
    t->pub.loop = &t->loop;
    t->pub.wake = wake;
    t->pub.blocks = yz_block_pool_new(KEPT_BLOCKS);
    yz_posts_init(&t->pub);
    t->armed = INT64_MAX;
    yz_turn_init(&t->pub.turn, yz_clock_ms());
    t->pub.turn.clock = yz_clock_ms;
    t->pub.turn.clock_ns = yz_clock_ns;
    yz_rng_init(&t->pub.rng, index + 1);
    YZ_MUST(uv_async_init(&t->loop, &t->async, on_async) == 0);
    uv_check_init(&t->loop, &t->check);
    uv_prepare_init(&t->loop, &t->prepare);
    uv_timer_init(&t->loop, &t->timer);
    YZ_MUST(uv_sem_init(&t->started, 0) == 0);
    t->async.data = t->check.data = t->prepare.data = t->timer.data = t;
    return &t->pub;
}

static void close_handles(thread *t) {
    uv_close((uv_handle_t *)&t->async, NULL);
    uv_close((uv_handle_t *)&t->check, NULL);
    uv_close((uv_handle_t *)&t->prepare, NULL);
    uv_close((uv_handle_t *)&t->timer, NULL);
}

/* What stages and stores still hold is given back by turning on for a while. */
static void bury_calls(thread *t) {
    int64_t until = yz_clock_ms() + BURIAL_MS;
    uv_run(&t->loop, UV_RUN_NOWAIT);
    while (yz_call_count(&t->pub) > 0 && yz_clock_ms() < until) {
        uv_run(&t->loop, UV_RUN_NOWAIT);
        uv_sleep(1);
    }
}

static void take_down(thread *t) {
    if (t->pub.server)
        yz_server_free(t->pub.server);
    t->pub.server = NULL;
    yz_share_rest(&t->pub);
    bury_calls(t);
    yz_share_leave(&t->pub);
    yz_posts_close(&t->pub);
    yz_turn_run(&t->pub.turn, yz_clock_ms());
    yz_pools_free(t->pub.pools);
    yz_dns_free(t->pub.dns);
    yz_turn_run(&t->pub.turn, yz_clock_ms());
    close_handles(t);
    uv_run(&t->loop, UV_RUN_DEFAULT); /* until every handle is closed */
    yz_io_free(t->pub.io);
}

static void run_thread(void *arg) {
    thread *t = arg;
    yz_worker *worker = &t->pub;
    worker->io = yz_io_new();
    worker->dns = yz_dns_new(worker);
    worker->pools = yz_pools_new(worker);
    yz_share_adopt(worker);
    uv_check_start(&t->check, on_check);
    uv_prepare_start(&t->prepare, on_prepare);
    worker->server = yz_server_start(worker, &t->start_code);
    bool serving = worker->server != NULL;
    if (!serving && t->start_code == YZ_OK)
        t->start_code = YZ_EIO;
    uv_sem_post(&t->started);
    if (serving)
        uv_run(&t->loop, UV_RUN_DEFAULT);
    take_down(t);
    if (serving)
        t->on_stopped(t->arg);
}

int yz_worker_start(yz_worker *worker, void (*on_stopped)(void *arg), void *arg) {
    thread *t = thread_of(worker);
    t->on_stopped = on_stopped;
    t->arg = arg;
    if (uv_thread_create(&t->id, run_thread, t) != 0)
        return YZ_EIO;
    t->joinable = true;
    uv_sem_wait(&t->started);
    return t->start_code;
}

void yz_worker_free(yz_worker *worker) {
    thread *t = thread_of(worker);
    if (t->joinable) {
        uv_thread_join(&t->id);
    } else {
        yz_share_leave(worker);
        yz_posts_close(worker);
        close_handles(t);
        uv_run(&t->loop, UV_RUN_DEFAULT);
    }
    pthread_mutex_destroy(&worker->posts.lock);
    yz_turn_free(&worker->turn);
    yz_block_pool_free(worker->blocks);
    uv_sem_destroy(&t->started);
    YZ_CHECK(uv_loop_close(&t->loop) == 0);
    free(t);
}

/* ---- stopping -------------------------------------------------------------------------------------------------------------- */

static void on_drained(void *arg) { uv_stop(&((thread *)arg)->loop); }

static void drain(yz_worker *worker, void *arg) {
    (void)arg;
    if (worker->server)
        yz_server_drain(worker->server, on_drained, thread_of(worker));
}

static void on_overdue(yz_alarm *alarm) { uv_stop(&YZ_CONTAINER(alarm, thread, overdue)->loop); }

static void abort_calls(yz_worker *worker, void *arg) {
    (void)arg;
    thread *t = thread_of(worker);
    t->overdue.ring = on_overdue;
    yz_alarm_set(&worker->turn, &t->overdue, ABORT_MS);
    if (worker->server)
        yz_server_abort(worker->server);
}

void yz_worker_drain(yz_worker *worker) { yz_worker_post(worker, drain, NULL); }
void yz_worker_abort(yz_worker *worker) { yz_worker_post(worker, abort_calls, NULL); }
