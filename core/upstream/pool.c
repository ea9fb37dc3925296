/* pool.c: pools of connections.
 *
 * A pool counts a connection from the start of its dial to its drop. When one is given back or dropped, the first waiter in the queue gets
 * it, or the right to dial. A pool without connections and waiters is freed at once.
 */
#include "upstream/pool_inner.h"

#include "net/tls.h"

#include <stdlib.h>

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
    pool->alarm.ring = yz_pool_on_alarm;
    pool->queue_end = &pool->queue;
    pool->next = pools->first;
    pools->first = pool;
    return pool;
}

static void free_if_unused(yz_pool *pool) {
    if (pool->n_open || pool->queue || pool->n_dialling)
        return;
    for (yz_pool **at = &pool->pools->first; *at; at = &(*at)->next) {
        if (*at == pool) {
            *at = pool->next;
            break;
        }
    }
    yz_alarm_drop(yz_pool_turn(pool), &pool->alarm);
    yz_tls_unref(pool->tls);
    yz_arena_free(pool->arena);
}

/* ---- the queue ----------------------------------------------------------------------------------------------------- */

static void enqueue(yz_pool_waiter *waiter) {
    yz_pool *pool = waiter->pool;
    waiter->link = pool->queue_end;
    *pool->queue_end = waiter;
    pool->queue_end = &waiter->next;
}

static void dequeue(yz_pool_waiter *waiter) {
    if (!waiter->link)
        return;
    *waiter->link = waiter->next;
    *(waiter->next ? &waiter->next->link : &waiter->pool->queue_end) = waiter->link;
    waiter->next = NULL;
    waiter->link = NULL;
}

/* ---- connections ----------------------------------------------------------------------------------------------------- */

static void on_bury(yz_task *task) {
    yz_pooled *conn = YZ_CONTAINER(task, yz_pooled, bury);
    if (conn->h1)
        yz_h1_free(conn->h1);
    free(conn);
}

static void serve_queue(yz_pool *pool);

void yz_pooled_drop(yz_pooled *conn) {
    yz_pool *pool = conn->pool;
    yz_stream_close(conn->stream);
    yz_task_bury(yz_pool_turn(pool), &conn->bury);
    pool->n_open--;
    serve_queue(pool);
    free_if_unused(pool);
}

void yz_pooled_give(yz_pooled *conn) {
    yz_pool *pool = conn->pool;
    yz_pool_waiter *waiter = pool->queue;
    conn->reused = true;
    if (waiter) {
        dequeue(waiter);
        waiter->hook(waiter->arg, conn, "");
        free(waiter);
        return;
    }
    yz_pooled_keep(conn);
}

/* ---- waiters ---------------------------------------------------------------------------------------------------------- */

static void on_dialled(void *arg, yz_stream *stream, const char *reason) {
    yz_pool_waiter *waiter = arg;
    yz_pool *pool = waiter->pool;
    yz_pooled *conn = NULL;
    if (stream) {
        conn = yz_calloc(1, sizeof *conn);
        conn->stream = stream;
        conn->pool = pool;
        conn->bury.run = on_bury;
        yz_stream_own(stream, &yz_pool_idle_hooks, conn);
    } else {
        pool->n_open--;
    }
    waiter->hook(waiter->arg, conn, reason);
    free(waiter);
    pool->n_dialling--; /* only now: it kept the pool */
    serve_queue(pool);
    free_if_unused(pool);
}

static void dial(yz_pool_waiter *waiter) {
    yz_pool *pool = waiter->pool;
    pool->n_open++;
    pool->n_dialling++;
    YZ_COUNT(pool->pools->worker, upstream_connects);
    yz_dial_plan plan = {.url = &pool->url, .proxy = &pool->proxy, .tls = pool->tls, .public_only = pool->public_only};
    waiter->dial = yz_dial_start(pool->pools->worker, &plan, on_dialled, waiter);
}

static bool is_full(const yz_pool *pool) { return pool->max > 0 && pool->n_open >= (size_t)pool->max; }

/* A place is free: the first in the queue may dial. */
static void serve_queue(yz_pool *pool) {
    while (pool->queue && !is_full(pool)) {
        yz_pool_waiter *waiter = pool->queue;
        dequeue(waiter);
        dial(waiter);
    }
}

yz_pooled *yz_pool_take(yz_pools *pools, const yz_pool_plan *plan, yz_pool_hook *hook, void *arg, yz_pool_waiter **waiter) {
    yz_pool *pool = pool_of(pools, plan);
    *waiter = NULL;
    if (pool->idle.newest && !plan->fresh) {
        yz_pooled *conn = pool->idle.newest;
        yz_pooled_unlist(conn);
        return conn;
    }
    yz_pool_waiter *made = yz_calloc(1, sizeof *made);
    made->pool = pool;
    made->hook = hook;
    made->arg = arg;
    enqueue(made);
    if (is_full(pool) && pool->idle.oldest)
        yz_pooled_drop_kept(pool->idle.oldest); /* makes room, and dials */
    else
        serve_queue(pool);
    *waiter = made;
    return NULL;
}

void yz_pool_waiter_drop(yz_pool_waiter *waiter) {
    yz_pool *pool = waiter->pool;
    if (waiter->dial) {
        yz_dial_stop(waiter->dial);
        pool->n_open--;
        pool->n_dialling--;
    }
    dequeue(waiter);
    free(waiter);
    serve_queue(pool);
    free_if_unused(pool);
}

const char *yz_pool_waiter_state(const yz_pool_waiter *waiter) { return waiter->dial ? yz_dial_state(waiter->dial) : "connection"; }

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
        YZ_CHECK(at->n_open == kept && !at->queue);
        for (; kept > 0; kept--)
            yz_pooled_drop_kept(at->idle.oldest ? at->idle.oldest : at->lingering.oldest);
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
