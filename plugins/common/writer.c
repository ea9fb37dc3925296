/* writer.c: the queue of postings, and the thread that has them written. */
#include "writer.h"

#include "wills.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

enum {
    WAITING = 100000, /* postings that may wait; more are refused */
    SWEEP = 5,        /* seconds between looks at what has expired */
    EXPIRE = 500,     /* holds that end in one transaction, for that reason */
    PAUSE = 100,      /* ms before what failed is tried again */
    TRIES = 50,       /* times it is tried when the ledger closes */
};

typedef struct queue {
    writer_item *first, **last;
    size_t n;
} queue;

struct writer {
    const writer_store *store;
    void *db;         /* the thread's; before it starts and after it ended, the opener's */
    const char *base; /* of the names of the files of wills; NULL: none are kept */
    wills *wills;
    pthread_t thread;
    pthread_mutex_t lock; /* guards the rest */
    pthread_cond_t wake;
    queue waiting;
    bool closing;
    int64_t swept;   /* the thread's own: second of the last sweep */
    bool in_trouble; /* the thread's own: the log knows */
};

static int64_t writer_now(void) { return yz_clock_wall_ns() / 1000000000; }

/* ---- the queue ------------------------------------------------------------------------------------------------------ */

static void queue_reset(queue *q) { *q = (queue){.last = &q->first}; }

static void queue_put(queue *q, writer_item *it) {
    it->next = NULL;
    *q->last = it;
    q->last = &it->next;
    q->n++;
}

static writer_item *queue_take(queue *q) {
    writer_item *it = q->first;
    if (it) {
        q->first = it->next;
        q->n--;
        if (!q->first)
            q->last = &q->first;
    }
    return it;
}

/* All of `from`, before what is in `q` already. */
static void queue_put_before(queue *q, queue *from) {
    if (!from->first)
        return;
    *from->last = q->first;
    q->last = q->first ? q->last : from->last;
    q->first = from->first;
    q->n += from->n;
    queue_reset(from);
}

static yz_str move_text(char **at, yz_str text) {
    yz_str copy = {*at, text.n};
    if (text.n)
        memcpy(*at, text.p, text.n);
    *at += text.n;
    return copy;
}

/* What follows an item: pointers to its counts, the counts, and all texts. */
static size_t size_of(const yz_posting *p) {
    const yz_str texts[] = {p->account, p->id, p->of, p->request, p->model, p->price, p->detail, p->key};
    size_t size = p->n_counts * (sizeof(yz_counted *) + sizeof(yz_counted));
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        size += texts[i].n;
    for (size_t i = 0; i < p->n_counts; i++)
        size += p->counts[i]->name.n;
    return size;
}

static void move_counts(char **at, const yz_posting *from, yz_posting *to) {
    const yz_counted **pointers = (const yz_counted **)(void *)*at;
    yz_counted *counts = (yz_counted *)(pointers + from->n_counts);
    *at = (char *)(counts + from->n_counts);
    for (size_t i = 0; i < from->n_counts; i++) {
        counts[i] = (yz_counted){YZ_COUNTED, .name = move_text(at, from->counts[i]->name), .most = from->counts[i]->most};
        pointers[i] = &counts[i];
    }
    to->counts = pointers;
    to->n_counts = from->n_counts;
}

static writer_item *item_new(const yz_posting *p, yz_ledger_done *done, void *arg) {
    writer_item *it = calloc(1, sizeof *it + size_of(p));
    if (!it)
        return NULL;
    char *at = (char *)(it + 1);
    yz_posting counted = {YZ_POSTING};
    move_counts(&at, p, &counted);
    it->posting = (yz_posting){YZ_POSTING,
                               .kind = p->kind,
                               .amount = p->amount,
                               .expires = p->expires,
                               .account = move_text(&at, p->account),
                               .id = move_text(&at, p->id),
                               .of = move_text(&at, p->of),
                               .request = move_text(&at, p->request),
                               .model = move_text(&at, p->model),
                               .price = move_text(&at, p->price),
                               .detail = move_text(&at, p->detail),
                               .key = move_text(&at, p->key),
                               .counts = counted.counts,
                               .n_counts = counted.n_counts};
    it->done = done;
    it->arg = arg;
    return it;
}

/* ---- writing -------------------------------------------------------------------------------------------------------- */

static void tell_trouble(writer *w, bool trouble) {
    if (trouble && !w->in_trouble)
        yz_log(YZ_LOG_ERROR, "%s: the ledger cannot be written: %s", w->store->name, w->store->why(w->db));
    else if (!trouble && w->in_trouble)
        yz_log(YZ_LOG_WARN, "%s: the ledger can be written again", w->store->name);
    w->in_trouble = trouble;
}

static void write_each(writer *w, writer_item *first) {
    for (writer_item *it = first; it; it = it->next) {
        bool ok = w->store->write(w->db, it, it->next, writer_now());
        if (!ok)
            it->posted = (yz_posted){YZ_POSTED, .code = YZ_EIO};
        tell_trouble(w, !ok);
    }
}

static void fail_all(writer_item *first) {
    for (writer_item *it = first; it; it = it->next)
        it->posted = (yz_posted){YZ_POSTED, .code = YZ_EIO};
}

/* An end that could not be posted is nobody's to handle, so the log has it. */
static void finish(const writer *w, writer_item *it) {
    if (it->done)
        it->done(it->arg, &it->posted);
    else if (it->posted.code != YZ_OK)
        yz_log(YZ_LOG_ERROR, "%s: a posting for %.*s was refused: %s", w->store->name, YZ_STR_ARGS(it->posting.id),
               yz_result_text(it->posted.code));
    if (it->will && it->posted.code != YZ_EIO) /* what could not be written is for the next process */
        wills_drop(w->wills, it->will);
    free(it);
}

/* Tells everybody. What failed and nobody waits for stays in `again`. */
static void finish_all(const writer *w, queue *taken, queue *again) {
    for (writer_item *it; (it = queue_take(taken));)
        if (!it->done && it->posted.code == YZ_EIO)
            queue_put(again, it);
        else
            finish(w, it);
}

static void write_batch(writer *w, queue *taken, queue *again) {
    if (w->store->write(w->db, taken->first, NULL, writer_now())) {
        tell_trouble(w, false);
    } else if (w->store->ready(w->db)) {
        write_each(w, taken->first);
    } else {
        fail_all(taken->first);
        tell_trouble(w, true);
    }
    finish_all(w, taken, again);
}

/* ---- what a process leaves behind ------------------------------------------------------------------------------------ */

/* Of a process that is dead. A hold that is not there was never written, and one that has ended keeps its end. */
static bool carry_out_one(void *arg, const yz_posting *posting) {
    writer *w = arg;
    writer_item it = {.posting = *posting};
    bool written = w->store->write(w->db, &it, NULL, writer_now());
    if (!written)
        yz_log(YZ_LOG_ERROR, "%s: the will of %.*s cannot be written: %s", w->store->name, YZ_STR_ARGS(posting->id), w->store->why(w->db));
    return written;
}

static void carry_out_wills(writer *w) {
    int n = w->base ? wills_recover(w->base, carry_out_one, w) : 0;
    if (n > 0)
        yz_log(YZ_LOG_WARN, "%s: the last process ended before %d holds had; they are ended as it would have, had it been told to",
               w->store->name, n);
}

/* Ends what has expired. A hold that a request still needs does not: its time is longer than the request's. */
static void sweep(writer *w) {
    int64_t now = writer_now();
    if (now - w->swept < SWEEP && now >= w->swept)
        return;
    w->swept = now;
    carry_out_wills(w);
    int n, sum = 0;
    while ((n = w->store->expire(w->db, now, EXPIRE)) > 0)
        sum += n;
    if (sum > 0)
        yz_log(YZ_LOG_WARN, "%s: %d holds had expired, and were released", w->store->name, sum);
}

/* ---- the thread ----------------------------------------------------------------------------------------------------- */

static void wait_for(writer *w, int64_t ms) {
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += ms / 1000;
    until.tv_nsec += ms % 1000 * 1000000;
    if (until.tv_nsec >= 1000000000)
        until.tv_sec++, until.tv_nsec -= 1000000000;
    pthread_cond_timedwait(&w->wake, &w->lock, &until);
}

static void take_batch(queue *from, queue *taken, size_t most) {
    queue_reset(taken);
    for (writer_item *it; taken->n < most && (it = queue_take(from));)
        queue_put(taken, it);
}

/* With the lock held, before and after. */
static void write_waiting(writer *w, queue *again) {
    queue taken;
    take_batch(&w->waiting, &taken, w->store->batch);
    pthread_mutex_unlock(&w->lock);
    if (taken.n)
        write_batch(w, &taken, again);
    sweep(w);
    pthread_mutex_lock(&w->lock);
}

static void give_up(const writer *w, queue *again) {
    for (writer_item *it; (it = queue_take(again));)
        finish(w, it);
}

static void *run(void *arg) {
    writer *w = arg;
    queue again;
    queue_reset(&again);
    int last = 0;
    pthread_mutex_lock(&w->lock);
    while (!w->closing || (w->waiting.n && last < TRIES)) {
        if (!w->waiting.n)
            wait_for(w, SWEEP * 1000);
        write_waiting(w, &again);
        if (again.n) {
            last += w->closing;
            queue_put_before(&w->waiting, &again);
            wait_for(w, PAUSE);
        }
    }
    pthread_mutex_unlock(&w->lock);
    give_up(w, &w->waiting);
    return NULL;
}

/* ---- wills ---------------------------------------------------------------------------------------------------------- */

/* The end of a hold that nobody waits for is its will, from before this returns until it is written. */
static void keep_end(writer *w, writer_item *it, const yz_posting *posting) {
    bool ends = posting->kind == YZ_POSTING_CAPTURE || posting->kind == YZ_POSTING_RELEASE;
    it->will = posting->will;
    if (w->wills && ends && !it->done) {
        uint64_t made = wills_put(w->wills, posting->will, posting);
        it->will = made ? made : posting->will;
    }
}

uint64_t writer_will(writer *w, const yz_posting *posting) {
    if (!w->wills)
        return 0;
    if (posting->kind != YZ_POSTING_NONE)
        return wills_put(w->wills, posting->will, posting);
    wills_drop(w->wills, posting->will);
    return 0;
}

/* ---- the interface -------------------------------------------------------------------------------------------------- */

static void free_writer(writer *w) {
    wills_close(w->wills);
    pthread_cond_destroy(&w->wake);
    pthread_mutex_destroy(&w->lock);
    free(w);
}

writer *writer_start(const writer_store *store, void *db, const char *wills_base) {
    writer *w = calloc(1, sizeof *w);
    if (!w)
        return NULL;
    *w = (writer){.store = store, .db = db, .base = wills_base};
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&w->wake, &monotonic);
    pthread_condattr_destroy(&monotonic);
    pthread_mutex_init(&w->lock, NULL);
    queue_reset(&w->waiting);
    sweep(w);
    w->wills = wills_base ? wills_new(wills_base) : NULL;
    if ((w->wills || !wills_base) && pthread_create(&w->thread, NULL, run, w) == 0)
        return w;
    free_writer(w);
    return NULL;
}

void writer_close(writer *w) {
    pthread_mutex_lock(&w->lock);
    w->closing = true;
    pthread_cond_signal(&w->wake);
    pthread_mutex_unlock(&w->lock);
    pthread_join(w->thread, NULL);
    free_writer(w);
}

/* The thread is woken only when it may sleep: while it writes it looks at the queue again by itself. */
int writer_post(writer *w, const yz_posting *posting, yz_ledger_done *done, void *arg) {
    if (posting->n_counts > YZ_LEDGER_COUNTS_MAX)
        return YZ_EINVAL;
    writer_item *it = item_new(posting, done, arg);
    if (!it)
        return YZ_EAGAIN;
    keep_end(w, it, posting);
    pthread_mutex_lock(&w->lock);
    bool full = w->waiting.n >= WAITING && done, sleeps = w->waiting.n == 0;
    if (!full)
        queue_put(&w->waiting, it);
    if (sleeps)
        pthread_cond_signal(&w->wake);
    pthread_mutex_unlock(&w->lock);
    if (full)
        free(it);
    return full ? YZ_EAGAIN : YZ_OK;
}
