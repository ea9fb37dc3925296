/* pool.c: pools of connections.
 *
 * A pool counts a connection from the start of its dial to its drop. When one is given back or dropped, the first wish in line gets
 * it, or the right to dial. A pool without connections and wishes is freed at once.
 */
#include "upstream/pool.h"

#include "base/check.h"
#include "net/tls.h"
#include "upstream/dial.h"
#include "worker.h"

#include <stdlib.h>

struct yz_wish {
    yz_pool *pool;
    yz_wish *next, **link; /* in line; link NULL: not there */
    yz_dial *dial;         /* NULL: in line */
    yz_pool_hook *hook;
    void *arg;
};

typedef struct yz_pooled_list {
    yz_pooled *newest, *oldest;
    size_t n;
} yz_pooled_list;

struct yz_pool {
    yz_pool *next;
    yz_pools *pools;
    yz_arena *arena; /* of the addresses and of this struct */
    yz_url url, proxy;
    yz_tls *tls;
    bool public_only;
    int64_t max;
    yz_pooled_list idle, lingering;
    size_t n_open;
    size_t n_dialling; /* wishes that have a dial */
    yz_wish *line, **line_end;
    yz_alarm alarm; /* the oldest one of a list may be too old */
};

struct yz_pools {
    yz_worker *worker;
    yz_pool *first;
};

/* ---- pools ----------------------------------------------------------------------------------------------------------- */

static bool same_url(const yz_url *a, const yz_url *b) {
    return a->port == b->port && yz_str_eq(a->host, b->host) && yz_str_eq(a->scheme, b->scheme) && yz_str_eq(a->user, b->user) &&
           yz_str_eq(a->password, b->password);
}

static yz_url copy_url(yz_arena *arena, const yz_url *url) {
    return (yz_url){.tls = url->tls,
                    .scheme = yz_dup(arena, url->scheme),
                    .user = yz_dup(arena, url->user),
                    .password = yz_dup(arena, url->password),
                    .host = yz_dup(arena, url->host),
                    .port = url->port};
}

static void on_alarm(yz_alarm *alarm);

static yz_pool *pool_of(yz_pools *pools, const yz_pool_plan *plan) {
    static const yz_url none;
    const yz_url *proxy = plan->proxy ? plan->proxy : &none;
    yz_tls *tls = plan->url->tls ? plan->tls : NULL;
    for (yz_pool *at = pools->first; at; at = at->next)
        if (at->tls == tls && at->public_only == plan->public_only && at->max == plan->max && same_url(&at->url, plan->url) &&
            same_url(&at->proxy, proxy))
            return at;
    yz_arena *arena = yz_arena_new(NULL);
    yz_pool *pool = yz_alloc(arena, sizeof *pool);
    pool->pools = pools;
    pool->arena = arena;
    pool->url = copy_url(arena, plan->url);
    pool->proxy = copy_url(arena, proxy);
    pool->tls = tls ? yz_tls_ref(tls) : NULL;
    pool->public_only = plan->public_only;
    pool->max = plan->max;
    pool->alarm.ring = on_alarm;
    pool->line_end = &pool->line;
    pool->next = pools->first;
    pools->first = pool;
    return pool;
}

static void free_if_unused(yz_pool *pool) {
    if (pool->n_open || pool->line || pool->n_dialling)
        return;
    for (yz_pool **at = &pool->pools->first; *at; at = &(*at)->next) {
        if (*at == pool) {
            *at = pool->next;
            break;
        }
    }
    yz_alarm_drop(&pool->pools->worker->turn, &pool->alarm);
    yz_tls_unref(pool->tls);
    yz_arena_free(pool->arena);
}

/* ---- connections ----------------------------------------------------------------------------------------------------- */

static void take_out(yz_pooled *conn) {
    yz_pooled_list *list = conn->list;
    *(conn->newer ? &conn->newer->older : &list->newest) = conn->older;
    *(conn->older ? &conn->older->newer : &list->oldest) = conn->newer;
    conn->newer = conn->older = NULL;
    conn->list = NULL;
    list->n--;
}

static yz_turn *turn_of(const yz_pool *pool) { return &pool->pools->worker->turn; }

static void watch(yz_pool *pool) {
    int64_t idle = pool->idle.oldest ? pool->idle.oldest->since + YZ_POOL_IDLE_MS : INT64_MAX;
    int64_t lingering = pool->lingering.oldest ? pool->lingering.oldest->since + YZ_POOL_LINGER_MS : INT64_MAX;
    int64_t next = idle < lingering ? idle : lingering;
    if (next != INT64_MAX && (!pool->alarm.place || pool->alarm.at > next))
        yz_alarm_set(turn_of(pool), &pool->alarm, next - yz_turn_now(turn_of(pool)));
}

static void put_in(yz_pooled_list *list, yz_pooled *conn, const yz_stream_hooks *hooks) {
    yz_stream_own(conn->stream, hooks, conn);
    conn->list = list;
    conn->since = yz_turn_now(turn_of(conn->pool));
    conn->older = list->newest;
    *(list->newest ? &list->newest->newer : &list->oldest) = conn;
    list->newest = conn;
    list->n++;
    watch(conn->pool);
}

static void on_bury(yz_task *task) {
    yz_pooled *conn = YZ_CONTAINER(task, yz_pooled, bury);
    if (conn->h1)
        yz_h1_free(conn->h1);
    free(conn);
}

static void line_up(yz_wish *wish) {
    yz_pool *pool = wish->pool;
    wish->link = pool->line_end;
    *pool->line_end = wish;
    pool->line_end = &wish->next;
}

static void leave_line(yz_wish *wish) {
    if (!wish->link)
        return;
    *wish->link = wish->next;
    *(wish->next ? &wish->next->link : &wish->pool->line_end) = wish->link;
    wish->next = NULL;
    wish->link = NULL;
}

static void serve_line(yz_pool *pool);

void yz_pooled_drop(yz_pooled *conn) {
    yz_pool *pool = conn->pool;
    yz_stream_close(conn->stream);
    yz_task_bury(&pool->pools->worker->turn, &conn->bury);
    pool->n_open--;
    serve_line(pool);
    free_if_unused(pool);
}

static void drop_kept(yz_pooled *conn) {
    take_out(conn);
    yz_pooled_drop(conn);
}

static void on_kept_open(void *arg, int code, const char *words) { (void)arg, (void)code, (void)words; }
static void on_kept_eof(void *arg) { drop_kept(arg); }
static void on_kept_drain(void *arg) { (void)arg; }
static void on_kept_broken(void *arg, int code, const char *words) {
    (void)code, (void)words;
    drop_kept(arg);
}

static void on_idle_bytes(void *arg, const char *p, size_t n) {
    (void)p, (void)n;
    drop_kept(arg);
}
static const yz_stream_hooks idle_hooks = {on_kept_open, on_idle_bytes, on_kept_eof, on_kept_drain, on_kept_broken};

static void on_lingering_bytes(void *arg, const char *p, size_t n) {
    yz_pooled *conn = arg;
    size_t used = 0;
    int code = yz_h1_feed(conn->h1, p, n, &used);
    if (code == YZ_OK && !yz_h1_idle(conn->h1))
        return;
    take_out(conn);
    if (code == YZ_OK && used == n)
        yz_pooled_give(conn);
    else
        yz_pooled_drop(conn);
}
static const yz_stream_hooks lingering_hooks = {on_kept_open, on_lingering_bytes, on_kept_eof, on_kept_drain, on_kept_broken};

static yz_pooled *overdue(const yz_pool *pool, int64_t now) {
    if (pool->idle.oldest && pool->idle.oldest->since + YZ_POOL_IDLE_MS <= now)
        return pool->idle.oldest;
    return pool->lingering.oldest && pool->lingering.oldest->since + YZ_POOL_LINGER_MS <= now ? pool->lingering.oldest : NULL;
}

static void on_alarm(yz_alarm *alarm) {
    yz_pool *pool = YZ_CONTAINER(alarm, yz_pool, alarm);
    int64_t now = yz_turn_now(turn_of(pool));
    for (yz_pooled *conn; (conn = overdue(pool, now));) {
        bool last = pool->n_open == 1 && !pool->line;
        drop_kept(conn);
        if (last)
            return; /* the pool went with it */
    }
    watch(pool);
}

void yz_pooled_give(yz_pooled *conn) {
    yz_pool *pool = conn->pool;
    yz_wish *wish = pool->line;
    conn->reused = true;
    if (wish) {
        leave_line(wish);
        wish->hook(wish->arg, conn, "");
        free(wish);
        return;
    }
    put_in(&pool->idle, conn, &idle_hooks);
}

void yz_pooled_linger(yz_pooled *conn) { put_in(&conn->pool->lingering, conn, &lingering_hooks); }

/* ---- wishes ---------------------------------------------------------------------------------------------------------- */

static void on_dialled(void *arg, yz_stream *stream, const char *words) {
    yz_wish *wish = arg;
    yz_pool *pool = wish->pool;
    yz_pooled *conn = NULL;
    if (stream) {
        conn = yz_calloc(1, sizeof *conn);
        conn->stream = stream;
        conn->pool = pool;
        conn->bury.run = on_bury;
        yz_stream_own(stream, &idle_hooks, conn);
    } else {
        pool->n_open--;
    }
    wish->hook(wish->arg, conn, words);
    free(wish);
    pool->n_dialling--; /* only now: it kept the pool */
    serve_line(pool);
    free_if_unused(pool);
}

static void dial(yz_wish *wish) {
    yz_pool *pool = wish->pool;
    pool->n_open++;
    pool->n_dialling++;
    YZ_COUNT(pool->pools->worker, upstream_connects);
    yz_dial_plan plan = {.url = &pool->url, .proxy = &pool->proxy, .tls = pool->tls, .public_only = pool->public_only};
    wish->dial = yz_dial_start(pool->pools->worker, &plan, on_dialled, wish);
}

static bool is_full(const yz_pool *pool) { return pool->max > 0 && pool->n_open >= (size_t)pool->max; }

/* A place is free: the first in line may dial. */
static void serve_line(yz_pool *pool) {
    while (pool->line && !is_full(pool)) {
        yz_wish *wish = pool->line;
        leave_line(wish);
        dial(wish);
    }
}

yz_pooled *yz_pool_take(yz_pools *pools, const yz_pool_plan *plan, yz_pool_hook *hook, void *arg, yz_wish **wish) {
    yz_pool *pool = pool_of(pools, plan);
    *wish = NULL;
    if (pool->idle.newest && !plan->fresh) {
        yz_pooled *conn = pool->idle.newest;
        take_out(conn);
        return conn;
    }
    yz_wish *made = yz_calloc(1, sizeof *made);
    made->pool = pool;
    made->hook = hook;
    made->arg = arg;
    line_up(made);
    if (is_full(pool) && pool->idle.oldest)
        drop_kept(pool->idle.oldest); /* makes room, and dials */
    else
        serve_line(pool);
    *wish = made;
    return NULL;
}

void yz_wish_drop(yz_wish *wish) {
    yz_pool *pool = wish->pool;
    if (wish->dial) {
        yz_dial_stop(wish->dial);
        pool->n_open--;
        pool->n_dialling--;
    }
    leave_line(wish);
    free(wish);
    serve_line(pool);
    free_if_unused(pool);
}

const char *yz_wish_state(const yz_wish *wish) { return wish->dial ? yz_dial_state(wish->dial) : "connection"; }

/* ---- all of them ----------------------------------------------------------------------------------------------------- */

yz_pools *yz_pools_new(yz_worker *worker) {
    yz_pools *pools = yz_calloc(1, sizeof *pools);
    pools->worker = worker;
    return pools;
}

void yz_pools_free(yz_pools *pools) {
    if (!pools)
        return;
    for (yz_pool *at = pools->first, *next; at; at = next) {
        next = at->next;
        size_t kept = at->idle.n + at->lingering.n;
        YZ_CHECK(at->n_open == kept && !at->line);
        for (; kept > 0; kept--)
            drop_kept(at->idle.oldest ? at->idle.oldest : at->lingering.oldest);
    }
    free(pools);
}

size_t yz_pools_idle(const yz_pools *pools) {
    size_t n = 0;
    for (const yz_pool *at = pools->first; at; at = at->next)
        n += at->idle.n;
    return n;
}

size_t yz_pools_open(const yz_pools *pools) {
    size_t n = 0;
    for (const yz_pool *at = pools->first; at; at = at->next)
        n += at->n_open;
    return n;
}
