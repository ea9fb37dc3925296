/* sqlite.c: a ledger in one file. Postings of all threads go into one queue; one thread takes all that wait, writes them in one
 * transaction, waits for the disk once, and tells everybody how it went. So under load a sync of the disk is shared by many requests.
 *
 * What fails is undone as a whole and then tried one by one, so that nobody fails for another's sake. What nobody waits for is tried until
 * it is written: the end of a request is a charge, and must not be lost because the disk was full for a minute.
 */
#include "sqlite.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

enum {
    WAITING = 100000, /* postings that may wait; more are refused */
    BATCH = 1000,     /* of one transaction */
    SWEEP = 5,        /* seconds between looks at what has expired */
    EXPIRE = 500,     /* holds that end in one transaction, for that reason */
    PAUSE = 100,      /* ms before what failed is tried again */
    TRIES = 50,       /* times it is tried when the ledger closes */
};

typedef struct config {
    yz_str path;
} config;

static const yz_option options[] = {
    {"path", YZ_OPTION_STRING, offsetof(config, path), .help = "absolute path of the database; made if it is not there", .required = true},
};

typedef struct item {
    struct item *next;
    yz_posting posting; /* its texts follow */
    yz_ledger_done *done;
    void *arg;
    yz_posted posted;
} item;

typedef struct queue {
    item *first, **last;
    size_t n;
} queue;

typedef struct ledger {
    char *path;
    book book; /* the thread's; before it starts and after it ended, the opener's */
    pthread_t thread;
    pthread_mutex_t lock; /* guards the rest */
    pthread_cond_t wake;
    queue waiting;
    bool closing;
    int64_t swept;   /* the thread's own: second of the last sweep */
    bool in_trouble; /* the thread's own: the log knows */
} ledger;

static int64_t now_seconds(void) { return yz_clock_wall_ns() / 1000000000; }

/* ---- the queue ------------------------------------------------------------------------------------------------------ */

static void queue_reset(queue *q) { *q = (queue){.last = &q->first}; }

static void queue_put(queue *q, item *it) {
    it->next = NULL;
    *q->last = it;
    q->last = &it->next;
    q->n++;
}

static item *queue_take(queue *q) {
    item *it = q->first;
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

static item *item_new(const yz_posting *p, yz_ledger_done *done, void *arg) {
    item *it = calloc(1, sizeof *it + p->account.n + p->id.n + p->of.n + p->request.n + p->model.n + p->price.n + p->detail.n);
    if (!it)
        return NULL;
    char *at = (char *)(it + 1);
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
                               .detail = move_text(&at, p->detail)};
    it->done = done;
    it->arg = arg;
    return it;
}

/* ---- writing -------------------------------------------------------------------------------------------------------- */

static void roll_back(book *b) {
    if (!sqlite3_get_autocommit(b->db)) /* a full disk may have rolled it back already */
        book_run(b, BOOK_ROLLBACK, "");
}

/* One transaction. False: nothing of it happened. */
static bool write_items(book *b, item *first, const item *end) {
    int64_t now = now_seconds();
    bool ok = book_run(b, BOOK_BEGIN, "") == SQLITE_DONE;
    for (item *it = first; ok && it != end; it = it->next)
        ok = post_one(b, &it->posting, now, &it->posted) == YZ_OK;
    ok = ok && book_run(b, BOOK_COMMIT, "") == SQLITE_DONE;
    if (!ok)
        roll_back(b);
    return ok;
}

static void tell_trouble(ledger *l, bool trouble) {
    if (trouble && !l->in_trouble)
        yz_log(YZ_LOG_ERROR, "sqlite: the ledger %s cannot be written: %s", l->path, sqlite3_errmsg(l->book.db));
    else if (!trouble && l->in_trouble)
        yz_log(YZ_LOG_WARN, "sqlite: the ledger %s can be written again", l->path);
    l->in_trouble = trouble;
}

static void write_each(ledger *l, item *first) {
    for (item *it = first; it; it = it->next) {
        bool ok = write_items(&l->book, it, it->next);
        if (!ok)
            it->posted = (yz_posted){YZ_POSTED, .code = YZ_EIO};
        tell_trouble(l, !ok);
    }
}

/* An end that could not be posted is nobody's to handle, so the log has it. */
static void finish(item *it) {
    if (it->done)
        it->done(it->arg, &it->posted);
    else if (it->posted.code != YZ_OK)
        yz_log(YZ_LOG_ERROR, "sqlite: a posting for %.*s was refused: %s", YZ_STR_ARGS(it->posting.id), yz_result_text(it->posted.code));
    free(it);
}

/* Tells everybody. What failed and nobody waits for stays in `again`. */
static void finish_all(queue *taken, queue *again) {
    for (item *it; (it = queue_take(taken));)
        if (!it->done && it->posted.code == YZ_EIO)
            queue_put(again, it);
        else
            finish(it);
}

static void write_batch(ledger *l, queue *taken, queue *again) {
    if (write_items(&l->book, taken->first, NULL))
        tell_trouble(l, false);
    else
        write_each(l, taken->first);
    finish_all(taken, again);
}

static int sweep_some(ledger *l, int64_t now) {
    int n = book_run(&l->book, BOOK_BEGIN, "") == SQLITE_DONE ? post_expire(&l->book, now, EXPIRE) : YZ_EIO;
    if (n >= 0 && book_run(&l->book, BOOK_COMMIT, "") != SQLITE_DONE)
        n = YZ_EIO;
    if (n < 0)
        roll_back(&l->book);
    return n;
}

/* Ends what has expired. A hold that a request still needs does not: its time is longer than the request's. */
static void sweep(ledger *l) {
    int64_t now = now_seconds();
    if (now - l->swept < SWEEP && now >= l->swept)
        return;
    l->swept = now;
    int n, sum = 0;
    while ((n = sweep_some(l, now)) > 0)
        sum += n;
    if (sum > 0)
        yz_log(YZ_LOG_WARN, "sqlite: %d holds had expired, and were released", sum);
}

/* ---- the thread ----------------------------------------------------------------------------------------------------- */

static void wait_for(ledger *l, int64_t ms) {
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += ms / 1000;
    until.tv_nsec += ms % 1000 * 1000000;
    if (until.tv_nsec >= 1000000000)
        until.tv_sec++, until.tv_nsec -= 1000000000;
    pthread_cond_timedwait(&l->wake, &l->lock, &until);
}

static void take_batch(queue *from, queue *taken) {
    queue_reset(taken);
    for (item *it; taken->n < BATCH && (it = queue_take(from));)
        queue_put(taken, it);
}

/* With the lock held, before and after. */
static void write_waiting(ledger *l, queue *again) {
    queue taken;
    take_batch(&l->waiting, &taken);
    pthread_mutex_unlock(&l->lock);
    if (taken.n)
        write_batch(l, &taken, again);
    sweep(l);
    pthread_mutex_lock(&l->lock);
}

static void give_up(queue *again) {
    for (item *it; (it = queue_take(again));)
        finish(it);
}

static void *run(void *arg) {
    ledger *l = arg;
    queue again;
    queue_reset(&again);
    int last = 0;
    pthread_mutex_lock(&l->lock);
    while (!l->closing || (l->waiting.n && last < TRIES)) {
        if (!l->waiting.n)
            wait_for(l, SWEEP * 1000);
        write_waiting(l, &again);
        if (again.n) {
            last += l->closing;
            queue_put_before(&l->waiting, &again);
            wait_for(l, PAUSE);
        }
    }
    pthread_mutex_unlock(&l->lock);
    give_up(&l->waiting);
    return NULL;
}

/* ---- the interface -------------------------------------------------------------------------------------------------- */

static void free_ledger(ledger *l) {
    book_close(&l->book);
    pthread_cond_destroy(&l->wake);
    pthread_mutex_destroy(&l->lock);
    free(l->path);
    free(l);
}

static ledger *ledger_new(yz_str path) {
    ledger *l = calloc(1, sizeof *l);
    if (!l || !(l->path = strndup(path.p, path.n))) {
        free(l);
        return NULL;
    }
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&l->wake, &monotonic);
    pthread_condattr_destroy(&monotonic);
    pthread_mutex_init(&l->lock, NULL);
    queue_reset(&l->waiting);
    return l;
}

static int start(ledger *l, yz_diag *diag) {
    char why[256];
    if (book_open(&l->book, l->path, why) != YZ_OK) {
        yz_diag_error(diag, "sqlite: %s", why);
        return YZ_EIO;
    }
    sweep(l);
    if (pthread_create(&l->thread, NULL, run, l) != 0) {
        yz_diag_error(diag, "sqlite: no thread can be made");
        return YZ_EIO;
    }
    return YZ_OK;
}

static int sqlite_open(const void *cfg, void **out, yz_diag *diag) {
    yz_str path = ((const config *)cfg)->path;
    if (path.n == 0 || path.p[0] != '/' || memchr(path.p, 0, path.n)) {
        yz_diag_error(diag, "sqlite: path should be absolute, as in \"/var/lib/yuzui/ledger.db\", not \"%.*s\"", YZ_STR_ARGS(path));
        return YZ_EINVAL;
    }
    ledger *l = ledger_new(path);
    if (!l)
        return YZ_ELIMIT;
    int code = start(l, diag);
    if (code != YZ_OK) {
        free_ledger(l);
        return code;
    }
    *out = l;
    return YZ_OK;
}

static void sqlite_close(void *arg) {
    ledger *l = arg;
    pthread_mutex_lock(&l->lock);
    l->closing = true;
    pthread_cond_signal(&l->wake);
    pthread_mutex_unlock(&l->lock);
    pthread_join(l->thread, NULL);
    free_ledger(l);
}

/* The thread is woken only when it may sleep: while it writes it looks at the queue again by itself. */
static int sqlite_post(void *arg, const yz_posting *posting, yz_ledger_done *done, void *done_arg) {
    ledger *l = arg;
    item *it = item_new(posting, done, done_arg);
    if (!it)
        return YZ_EAGAIN;
    pthread_mutex_lock(&l->lock);
    bool full = l->waiting.n >= WAITING && done, sleeps = l->waiting.n == 0;
    if (!full)
        queue_put(&l->waiting, it);
    if (sleeps)
        pthread_cond_signal(&l->wake);
    pthread_mutex_unlock(&l->lock);
    if (full)
        free(it);
    return full ? YZ_EAGAIN : YZ_OK;
}

static int sqlite_read(void *arg, const yz_ledger_query *query, yz_ledger_on_row *on_row, void *row_arg) {
    return read_rows(((const ledger *)arg)->path, query, on_row, row_arg);
}

static int sqlite_backup(void *arg, yz_str file) { return read_backup(((const ledger *)arg)->path, file); }

static const yz_ledger_ops ops = {YZ_LEDGER,           .open = sqlite_open, .close = sqlite_close,
                                  .post = sqlite_post, .read = sqlite_read, .backup = sqlite_backup};

YZ_PLUGIN(.name = "sqlite", .summary = "a ledger in one file: prepaid money, held, charged and given back", .version = "1.0",
          .config_size = sizeof(config), YZ_OPTIONS(options), .ledger = &ops)
