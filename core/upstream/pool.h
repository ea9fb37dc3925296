/* upstream/pool.h: connections to servers outside, kept alive between exchanges; one set per worker.
 *
 * Connections to the same place (scheme, host, port, proxy with its user, TLS context, public only) under the same limit form a pool: a
 * policy that may open 16 does not lower the limit of a provider at that place. The one used last is taken first. One that is idle for
 * a minute, or receives anything while idle, is dropped. When a pool is full, other requests wait in a queue.
 */
#ifndef YUZUI_UPSTREAM_POOL_H
#define YUZUI_UPSTREAM_POOL_H

#include "base/arena.h"
#include "call/turn.h"
#include "config/settings.h"
#include "net/stream.h"

typedef struct yz_pools yz_pools;
typedef struct yz_pool yz_pool;
typedef struct yz_pool_waiter yz_pool_waiter; /* a request for a connection that waits for a dial, or in the queue */

#define YZ_POOL_IDLE_MS   60000
#define YZ_POOL_LINGER_MS 1000

/* An open connection, owned by whoever took it until it is given back or dropped. */
typedef struct yz_pooled {
    yz_stream *stream;
    yz_h1 *h1;   /* made by the user, freed with the connection */
    bool reused; /* it has served an exchange before */
    void *user;  /* for the one who has taken it */
    /* the pool's own: */
    yz_pool *pool;
    struct yz_pooled_list *list; /* where it is kept; NULL: taken */
    struct yz_pooled *older, *newer;
    int64_t since; /* it is there */
    yz_task bury;
} yz_pooled;

typedef struct yz_pool_plan {  /* needs to live during yz_pool_take only */
    const yz_url *url, *proxy; /* proxy NULL or scheme empty: none */
    struct yz_tls *tls;
    bool public_only; /* dial no private address */
    int64_t max;      /* connections at once; 0: no limit */
    bool fresh;       /* not an idle one: it may be as stale as the one that just failed */
} yz_pool_plan;

/* Called once, never from inside yz_pool_take; then the waiter is gone. The connection is to be taken over with yz_stream_own; or NULL, and
 * the reason (static). */
typedef void yz_pool_hook(void *arg, yz_pooled *conn, const char *reason);

yz_pools *yz_pools_new(yz_worker *worker);
/* Drops idle connections. None may be taken or waited for. */
void yz_pools_free(yz_pools *pools);

/* An idle connection at once; or NULL, and *waiter stands for the request until the hook is called or it is dropped. */
yz_pooled *yz_pool_take(yz_pools *pools, const yz_pool_plan *plan, yz_pool_hook *hook, void *arg, yz_pool_waiter **waiter);
void yz_pool_waiter_drop(yz_pool_waiter *waiter);
const char *yz_pool_waiter_state(const yz_pool_waiter *waiter); /* "connection", "name", "connect", "proxy", "TLS": what it waits for */

void yz_pooled_give(yz_pooled *conn); /* back to its pool, fit for another exchange */
/* Back to its pool in the middle of an answer of which only HTTP's own end is to come: it is fit when that comes within
 * YZ_POOL_LINGER_MS and nothing else does; otherwise it is dropped. Until then it counts as taken. */
void yz_pooled_linger(yz_pooled *conn);
void yz_pooled_drop(yz_pooled *conn); /* closes; its memory stays readable until the turn ends */

size_t yz_pools_idle(const yz_pools *pools); /* connections, for tests and metrics */
size_t yz_pools_open(const yz_pools *pools); /* idle, taken, and in the making */

#endif
