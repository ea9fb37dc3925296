/* hold.c: holding money on behalf of a call, other postings likewise, and posting without waiting.
 *
 * The ledger answers on a thread of its own. Its answers go into a list of the worker's, and the worker is woken when the list was empty:
 * once for all that one sync of the disk has settled. A hold stands between two parties that may go away in either order, the call and the
 * ledger; a hold that nobody wants any more when it comes is given back here, so that no stage has to.
 */
#include "base/arena.h"
#include "base/check.h"
#include "base/record.h"
#include "ledger/instance.h"
#include "ledger/ledger.h"
#include "worker.h"

#include <stdlib.h>

enum { WORKERS = 256 };

typedef struct held {
    yz_task task;
    struct held *next; /* in `arrived` */
    yz_ledger *ledger; /* used, until this is freed */
    yz_worker *worker;
    yz_call *call; /* readable while `wait` is pending */
    yz_wait *wait;
    yz_ledger_on_held *on_held;
    void *arg;
    yz_posted posted;
    bool told;  /* the call knows */
    bool money; /* a hold: given back, if nobody wants it any more */
    size_t id_n;
    char id[YZ_LEDGER_NAME_MAX];
} held;

static _Atomic(held *) arrived[WORKERS]; /* by worker: the last answer first */

/* ---- giving back ---------------------------------------------------------------------------------------------------- */

static void post(const yz_ledger *ledger, const yz_posting *posting) {
    int code = ledger->plugin->ledger->post(ledger->state, posting, NULL, NULL);
    if (code != YZ_OK)
        yz_log(YZ_LOG_ERROR, "%s: a posting for %.*s was not taken: %s", ledger->plugin->name, YZ_STR_ARGS(posting->id),
               yz_result_text(code));
}

static void held_free(held *h) {
    yz_ledger_unuse(h->ledger);
    free(h);
}

static void give_back(const held *h) {
    if (h->money && h->posted.code == YZ_OK && !h->posted.before)
        post(h->ledger,
             &(yz_posting){YZ_POSTING, .kind = YZ_POSTING_RELEASE, .id = {h->id, h->id_n}, .detail = YZ_STR("{\"by\":\"unsent\"}")});
}

/* ---- the worker's side ---------------------------------------------------------------------------------------------- */

static void tell(held *h, const yz_posted *posted) {
    h->told = true;
    h->on_held(h->call, h->arg, posted);
}

/* From the run queue: the ledger has answered. */
static void finish(yz_task *task) {
    held *h = YZ_CONTAINER(task, held, task);
    if (h->told || yz_ended(h->call))
        give_back(h);
    else
        tell(h, &h->posted);
    yz_wait_done(h->wait);
    held_free(h);
}

static void on_late(void *arg) { tell(arg, &(yz_posted){YZ_POSTED, .code = YZ_ETIMEOUT}); }

static held *take_arrived(unsigned index) {
    held *oldest = NULL;
    for (held *h = atomic_exchange(&arrived[index], NULL), *next; h; h = next) {
        next = h->next;
        h->next = oldest;
        oldest = h;
    }
    return oldest;
}

static void on_arrived(yz_worker *worker, void *arg) {
    (void)arg;
    for (held *h = take_arrived(worker->index), *next; h; h = next) {
        next = h->next;
        yz_task_post(&worker->turn, &h->task);
    }
}

/* ---- the ledger's side ---------------------------------------------------------------------------------------------- */

/* The worker has stopped, and its calls are gone. */
static void forget_arrived(unsigned index) {
    for (held *h = take_arrived(index), *next; h; h = next) {
        next = h->next;
        give_back(h);
        yz_ledger_leave(h->ledger); /* this is the ledger's own thread, which cannot close it */
        free(h);
    }
}

static void on_posted(void *arg, const yz_posted *posted) {
    held *h = arg;
    unsigned index = h->worker->index;
    yz_worker *worker = h->worker;
    yz_posted room;
    YZ_WIDE(posted, &room);
    h->posted = *posted;
    held *before = atomic_load(&arrived[index]);
    do
        h->next = before;
    while (!atomic_compare_exchange_weak(&arrived[index], &before, h));
    if (!before && !yz_worker_post(worker, on_arrived, NULL))
        forget_arrived(index);
}

/* ---- verbs ---------------------------------------------------------------------------------------------------------- */

static void ask(yz_call *call, yz_ledger *ledger, const yz_posting *posting, int64_t ms, yz_ledger_on_held *on_held, void *arg,
                bool money) {
    yz_posting room;
    YZ_WIDE(posting, &room);
    yz_worker *worker = yz_call_worker(call);
    held *h = yz_calloc(1, sizeof *h);
    h->task.run = finish;
    h->ledger = ledger;
    h->worker = worker;
    h->call = call;
    h->on_held = on_held;
    h->arg = arg;
    h->money = money;
    h->id_n = posting->id.n <= sizeof h->id ? posting->id.n : 0;
    memcpy(h->id, h->id_n ? posting->id.p : "", h->id_n);
    atomic_fetch_add(&ledger->users, 1);
    h->wait = yz_wait_start(call, ledger->plugin->name, ms, on_late, h);
    int code = worker->index < WORKERS && h->id_n ? ledger->plugin->ledger->post(ledger->state, posting, on_posted, h) : YZ_EINVAL;
    if (code == YZ_OK) /* from here on it may be answered at any moment */
        return;
    h->posted = (yz_posted){YZ_POSTED, .code = code};
    yz_task_post(&worker->turn, &h->task);
}

void yz_ledger_hold(yz_call *call, yz_ledger *ledger, const yz_posting *posting, int64_t ms, yz_ledger_on_held *on_held, void *arg) {
    ask(call, ledger, posting, ms, on_held, arg, true);
}

void yz_ledger_ask(yz_call *call, yz_ledger *ledger, const yz_posting *posting, int64_t ms, yz_ledger_on_held *on_held, void *arg) {
    ask(call, ledger, posting, ms, on_held, arg, false);
}

void yz_ledger_post(yz_ledger *ledger, const yz_posting *posting) {
    yz_posting room;
    YZ_WIDE(posting, &room);
    post(ledger, posting);
}

uint64_t yz_ledger_will(yz_ledger *ledger, const yz_posting *posting) {
    const yz_ledger_ops *ops = ledger->plugin->ledger;
    yz_posting room;
    YZ_WIDE(posting, &room);
    return ops->will ? ops->will(ledger->state, posting) : 0;
}

/* Of the host's own kind, so that the ledger may write to them: its caller's may be shorter. */
bool yz_ledger_cover(yz_ledger *ledger, yz_posting *hold, yz_posting *end) {
    const yz_ledger_ops *ops = ledger->plugin->ledger;
    if (!ops->cover || hold->size < sizeof *hold || end->size < sizeof *end)
        return false;
    return ops->cover(ledger->state, hold, end);
}
