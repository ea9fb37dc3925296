/* desk.c: see desk.h.
 *
 * Neither the loop of a worker nor libuv's pool may do this work: the one serves clients meanwhile, the other looks names up, and an audit
 * takes minutes. So the desk has threads of its own. An errand stands between two parties that may go away in either order, as a hold does
 * (hold.c): its call, and the worker.
 */
#include "ledger/desk.h"
#include "base/check.h"
#include "ledger/instance.h"
#include "ledger/ledger.h"

#include <pthread.h>

enum { THREADS = 4, WAITING = 64, BRIEF_WAITING = 1024 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* guards what follows */
static pthread_cond_t wake = PTHREAD_COND_INITIALIZER;
static yz_errand *first, **last = &first;
static size_t waiting, brief_waiting, idle, n_threads, n_slow; /* brief_waiting: of those that wait; n_slow: under way */
static pthread_t threads[THREADS];
static bool closing;

/* ---- the end of an errand ------------------------------------------------------------------------------------------- */

static void drop(yz_errand *e) {
    yz_ledger *ledger = e->ledger;
    e->drop(e);
    yz_ledger_unuse(ledger);
}

/* From the run queue of the worker. */
static void finish(yz_task *task) {
    yz_errand *e = YZ_CONTAINER(task, yz_errand, task);
    yz_wait *wait = e->wait;
    if (!yz_ended(e->call))
        e->done(e->call, e);
    yz_wait_done(wait);
    drop(e);
}

static void on_worked(yz_worker *worker, void *arg) { yz_task_post(&worker->turn, &((yz_errand *)arg)->task); }

/* ---- the desk's side ------------------------------------------------------------------------------------------------ */

/* The first that may be done now, with the lock held. */
static yz_errand *take(void) {
    yz_errand **at = &first, *e;
    while (*at && (*at)->slow && n_slow > 0 && !closing)
        at = &(*at)->next;
    e = *at;
    if (!e)
        return NULL;
    *at = e->next;
    last = e->next ? last : at;
    waiting--;
    brief_waiting -= e->brief;
    return e;
}

static void do_errand(yz_errand *e) {
    e->work(e);
    if (!yz_worker_post(e->worker, on_worked, e)) /* it has stopped, and its calls are gone */
        drop(e);
}

static void *serve(void *arg) {
    (void)arg;
    pthread_mutex_lock(&lock);
    while (!closing) {
        yz_errand *e = take();
        if (!e) {
            idle++;
            pthread_cond_wait(&wake, &lock);
            idle--;
            continue;
        }
        bool slow = e->slow;
        n_slow += slow;
        pthread_mutex_unlock(&lock);
        do_errand(e); /* it is gone now */
        pthread_mutex_lock(&lock);
        n_slow -= slow;
    }
    pthread_mutex_unlock(&lock);
    return NULL;
}

/* With the lock held. False: there is no thread, and none can be made. */
static bool man(void) {
    if (waiting >= idle && n_threads < THREADS && pthread_create(&threads[n_threads], NULL, serve, NULL) == 0)
        n_threads++;
    return n_threads > 0;
}

/* With the lock held. */
static bool has_room(const yz_errand *e) { return e->brief ? brief_waiting < BRIEF_WAITING : waiting - brief_waiting < WAITING; }

int yz_desk_ask(yz_call *call, yz_ledger *ledger, yz_errand *e, int64_t ms) {
    pthread_mutex_lock(&lock);
    bool ok = !closing && has_room(e) && man();
    if (ok) {
        e->task.run = finish;
        e->next = NULL;
        e->ledger = ledger;
        e->worker = yz_call_worker(call);
        e->call = call;
        e->wait = yz_wait_start(call, "the ledger", ms, NULL, NULL);
        atomic_fetch_add(&ledger->users, 1);
        *last = e;
        last = &e->next;
        waiting++;
        brief_waiting += e->brief;
        pthread_cond_signal(&wake);
    }
    pthread_mutex_unlock(&lock);
    return ok ? YZ_OK : YZ_EAGAIN;
}

void yz_desk_close(void) {
    pthread_mutex_lock(&lock);
    closing = true;
    pthread_cond_broadcast(&wake);
    size_t n = n_threads;
    pthread_mutex_unlock(&lock);
    for (size_t i = 0; i < n; i++)
        pthread_join(threads[i], NULL);
    for (yz_errand *e; (e = take());)
        drop(e);
    n_threads = 0;
    closing = false;
}
