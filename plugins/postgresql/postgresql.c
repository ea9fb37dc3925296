/* postgresql.c: a ledger that several gateways share. Postings of all threads go into one queue; one thread takes all that wait, writes
 * them in one transaction and one trip, and tells everybody how it went.
 *
 * A batch that fails is tried once more on a new connection, for the server may have been restarted, and every posting is right to post
 * again; then one by one, so that nobody fails for another's sake. What nobody waits for is tried until it is written: the end of a request
 * is a charge.
 */
#include "postgresql.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

enum {
    WAITING = 100000, /* postings that may wait; more are refused */
    BATCH = 100,      /* of one transaction: its results fit into the buffers of a socket, so neither side waits for the other */
    SWEEP = 5,        /* seconds between looks at what has expired */
    EXPIRE = 500,     /* holds that end in one transaction, for that reason */
    PAUSE = 100,      /* ms before what failed is tried again */
    TRIES = 50,       /* times it is tried when the ledger closes */
};

static const yz_option options[] = {
    {"url", YZ_OPTION_STRING, offsetof(pg_config, url),
     .help = "the database, as in \"postgresql://yuzui@10.0.0.5/yuzui?sslmode=verify-full\"", .required = true},
    {"password", YZ_OPTION_SECRET, offsetof(pg_config, password), .help = "of the user in the url"},
};

typedef pg_item item;

typedef struct queue {
    item *first, **last;
    size_t n;
} queue;

typedef struct ledger {
    pg_link link; /* the thread's; before it starts and after it ended, the opener's */
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

static void tell_trouble(ledger *l, bool trouble) {
    if (trouble && !l->in_trouble)
        yz_log(YZ_LOG_ERROR, "postgresql: the ledger cannot be written: %s", l->link.why);
    else if (!trouble && l->in_trouble)
        yz_log(YZ_LOG_WARN, "postgresql: the ledger can be written again");
    l->in_trouble = trouble;
}

static void write_each(ledger *l, item *first) {
    for (item *it = first; it; it = it->next) {
        bool ok = pg_link_write(&l->link, it, it->next, now_seconds());
        if (!ok)
            it->posted = (yz_posted){YZ_POSTED, .code = YZ_EIO};
        tell_trouble(l, !ok);
    }
}

static void fail_all(item *first) {
    for (item *it = first; it; it = it->next)
        it->posted = (yz_posted){YZ_POSTED, .code = YZ_EIO};
}

/* An end that could not be posted is nobody's to handle, so the log has it. */
static void finish(item *it) {
    if (it->done)
        it->done(it->arg, &it->posted);
    else if (it->posted.code != YZ_OK)
        yz_log(YZ_LOG_ERROR, "postgresql: a posting for %.*s was refused: %s", YZ_STR_ARGS(it->posting.id),
               yz_result_text(it->posted.code));
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

/* Without a connection nothing is tried one by one: every try would wait for the server. */
static void write_batch(ledger *l, queue *taken, queue *again) {
    bool ok = pg_link_write(&l->link, taken->first, NULL, now_seconds()) || pg_link_write(&l->link, taken->first, NULL, now_seconds());
    if (ok) {
        tell_trouble(l, false);
    } else if (pg_link_open(&l->link)) {
        write_each(l, taken->first);
    } else {
        fail_all(taken->first);
        tell_trouble(l, true);
    }
    finish_all(taken, again);
}

/* Ends what has expired. A hold that a request still needs does not: its time is longer than the request's. */
static void sweep(ledger *l) {
    int64_t now = now_seconds();
    if (now - l->swept < SWEEP && now >= l->swept)
        return;
    l->swept = now;
    int n, sum = 0;
    while ((n = pg_link_expire(&l->link, now, EXPIRE)) > 0)
        sum += n;
    if (sum > 0)
        yz_log(YZ_LOG_WARN, "postgresql: %d holds had expired, and were released", sum);
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
    pg_link_free(&l->link);
    pthread_cond_destroy(&l->wake);
    pthread_mutex_destroy(&l->lock);
    free(l);
}

static bool init_link(pg_link *link, const pg_config *cfg) {
    char *url = strndup(cfg->url.p, cfg->url.n);
    yz_str secret = cfg->password ? yz_secret_reveal(cfg->password) : yz_str_at(NULL, 0);
    char *password = secret.n ? strndup(secret.p, secret.n) : NULL;
    bool ok = url && pg_link_init(link, url, password);
    if (password)
        explicit_bzero(password, secret.n);
    free(password);
    free(url);
    return ok;
}

static ledger *ledger_new(const pg_config *cfg) {
    ledger *l = calloc(1, sizeof *l);
    if (!l || !init_link(&l->link, cfg)) {
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

static int postgresql_open(const void *cfg, void **out, yz_diag *diag) {
    ledger *l = ledger_new(cfg);
    if (!l)
        return YZ_ELIMIT;
    bool linked = pg_link_open(&l->link);
    if (linked)
        sweep(l);
    if (!linked || pthread_create(&l->thread, NULL, run, l) != 0) {
        yz_diag_error(diag, "postgresql: %s", linked ? "no thread can be made" : l->link.why);
        free_ledger(l);
        return YZ_EIO;
    }
    *out = l;
    return YZ_OK;
}

static void postgresql_close(void *arg) {
    ledger *l = arg;
    pthread_mutex_lock(&l->lock);
    l->closing = true;
    pthread_cond_signal(&l->wake);
    pthread_mutex_unlock(&l->lock);
    pthread_join(l->thread, NULL);
    free_ledger(l);
}

/* The thread is woken only when it may sleep: while it writes it looks at the queue again by itself. */
static int postgresql_post(void *arg, const yz_posting *posting, yz_ledger_done *done, void *done_arg) {
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

/* On a connection of its own, so that a long question keeps nobody waiting. */
static int postgresql_read(void *arg, const yz_ledger_query *query, yz_ledger_on_row *on_row, void *row_arg) {
    const ledger *l = arg;
    pg_link link;
    if (!pg_link_init(&link, l->link.url, l->link.password)) {
        pg_link_free(&link);
        return YZ_EIO;
    }
    int code = pg_read(&link, query, on_row, row_arg);
    pg_link_free(&link);
    return code;
}

static const yz_ledger_ops ops = {YZ_LEDGER, .open = postgresql_open, .close = postgresql_close, .post = postgresql_post,
                                  .read = postgresql_read};

YZ_PLUGIN(.name = "postgresql", .summary = "a ledger for several gateways: prepaid money, held, charged and given back", .version = "1.0",
          .config_size = sizeof(pg_config), YZ_OPTIONS(options), .ledger = &ops)
