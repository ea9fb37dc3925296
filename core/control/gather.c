/* control/gather.c: asking all workers, and gathering their answers.
 *
 * One block of memory for each question, with a part for each worker. The asker keeps one reference and every worker that still has to
 * run its part another, so a late answer finds its place and is thrown away with it. A part is the asked worker's until it says
 * `answered`, and then only read: nobody waits, and the asker looks only at parts that say so. Who answers last posts to the asker; an
 * alarm of the asker does the same for those that do not come. Works over the posts of workers (yz_worker_post) and needs no lock.
 */
#include "base/arena.h"
#include "base/check.h"
#include "control.h"
#include "generation.h"
#include "worker.h"

#include <stdlib.h>

typedef struct part {
    yz_gather *gather;
    yz_worker *worker;
    yz_buf text;
    _Atomic bool answered; /* the text is whole */
} part;

struct yz_gather {
    yz_worker *asker;
    void (*ask)(yz_worker *worker, yz_str question, yz_buf *out);
    yz_blob *question;
    void (*done)(void *arg, const yz_gathered *answers, size_t n);
    void *arg;
    yz_alarm alarm;
    _Atomic size_t refs, left; /* left: who has not answered yet */
    _Atomic bool over;         /* done was called, or nobody wants to hear of it */
    size_t n;
    part parts[];
};

static void unref(yz_gather *gather) {
    if (atomic_fetch_sub(&gather->refs, 1) > 1)
        return;
    for (size_t i = 0; i < gather->n; i++)
        yz_buf_free(&gather->parts[i].text);
    yz_blob_unref(gather->question);
    free(gather);
}

/* ---- the asker ------------------------------------------------------------------------------------------------------------- */

static void close_gather(yz_gather *gather) {
    atomic_store(&gather->over, true);
    yz_alarm_drop(&gather->asker->turn, &gather->alarm);
}

static void deliver(yz_gather *gather) {
    close_gather(gather);
    yz_gathered *answers = yz_calloc(gather->n, sizeof(*answers));
    for (size_t i = 0; i < gather->n; i++) {
        const part *p = &gather->parts[i];
        bool answered = atomic_load(&p->answered);
        answers[i] = (yz_gathered){p->worker, answered, answered ? yz_buf_view(&p->text) : (yz_str){0}};
    }
    gather->done(gather->arg, answers, gather->n);
    free(answers);
    unref(gather);
}

static void on_alarm(yz_alarm *alarm) { deliver(YZ_CONTAINER(alarm, yz_gather, alarm)); }

static void on_all(yz_worker *asker, void *arg) {
    yz_gather *gather = arg;
    (void)asker;
    if (!atomic_load(&gather->over))
        deliver(gather);
    unref(gather);
}

void yz_gather_cancel(yz_gather *gather) {
    close_gather(gather);
    unref(gather);
}

/* ---- those that are asked -------------------------------------------------------------------------------------------------- */

/* One less to wait for. The last one says so, unless the asker has stopped: then it has cancelled. */
static void one_less(yz_gather *gather) {
    if (atomic_fetch_sub(&gather->left, 1) > 1)
        return;
    atomic_fetch_add(&gather->refs, 1);
    if (!yz_worker_post(gather->asker, on_all, gather))
        unref(gather);
}

static void answer(yz_worker *worker, void *arg) {
    part *p = arg;
    yz_gather *gather = p->gather;
    if (!atomic_load(&gather->over)) {
        gather->ask(worker, yz_blob_bytes(gather->question), &p->text);
        atomic_store(&p->answered, true);
        one_less(gather);
    }
    unref(gather);
}

yz_gather *yz_gather_start(yz_worker *asker, int64_t ms, yz_str question, void (*ask)(yz_worker *worker, yz_str question, yz_buf *out),
                           void (*done)(void *arg, const yz_gathered *answers, size_t n), void *arg) {
    const yz_generation *all = asker->share->generation;
    yz_gather *gather = yz_calloc(1, sizeof(*gather) + all->n_shares * sizeof(part));
    gather->asker = asker;
    gather->ask = ask;
    gather->question = yz_blob_new(question);
    gather->done = done;
    gather->arg = arg;
    gather->alarm.ring = on_alarm;
    gather->n = all->n_shares;
    atomic_store(&gather->refs, 1 + gather->n);
    atomic_store(&gather->left, gather->n);
    yz_alarm_set(&asker->turn, &gather->alarm, ms);
    for (size_t i = 0; i < gather->n; i++) {
        part *p = &gather->parts[i];
        p->gather = gather;
        p->worker = all->shares[i].worker;
        if (!yz_worker_post(p->worker, answer, p)) { /* it has stopped */
            one_less(gather);
            unref(gather);
        }
    }
    return gather;
}
