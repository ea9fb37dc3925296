/* upstream/pool_inner.h: the inside of a pool, shared by pool.c (which pool, who may dial, who waits) and pool_kept.c (connections nobody
 * uses at the moment). */
#ifndef YUZUI_UPSTREAM_POOL_INNER_H
#define YUZUI_UPSTREAM_POOL_INNER_H

#include "base/check.h"
#include "upstream/dial.h"
#include "upstream/pool.h"
#include "worker.h"

struct yz_pool_waiter {
    yz_pool *pool;
    yz_pool_waiter *next, **link; /* in the queue; link NULL: not there */
    yz_dial *dial;                /* NULL: in the queue */
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
    size_t n_dialling; /* waiters that have a dial */
    yz_pool_waiter *queue, **queue_end;
    yz_alarm alarm; /* the oldest one of a list may be too old */
};

struct yz_pools {
    yz_worker *worker;
    yz_pool *first;
};

static inline yz_turn *yz_pool_turn(const yz_pool *pool) { return &pool->pools->worker->turn; }

/* ---- pool_kept.c */
extern const yz_stream_hooks yz_pool_idle_hooks; /* whatever an idle connection receives ends it */
void yz_pool_on_alarm(yz_alarm *alarm);          /* drops what was kept for too long */
void yz_pooled_keep(yz_pooled *conn);            /* puts it into the idle list */
void yz_pooled_unlist(yz_pooled *conn);          /* takes it out of its list: it counts as taken */
void yz_pooled_drop_kept(yz_pooled *conn);       /* … and drops it */

#endif
