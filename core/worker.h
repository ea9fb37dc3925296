/* worker.h: one worker thread: one loop, one listener, one share of the current generation, and pools of its own.
 *
 * Workers share only the current generation, the stores, counters (summed when read), and, later, the ledger.
 */
#ifndef YUZUI_WORKER_H
#define YUZUI_WORKER_H

#include "base/arena.h"
#include "base/clock.h"
#include "base/counter.h"
#include "call/env.h"
#include "call/turn.h"

#include <pthread.h>
#include <stdatomic.h>
#include <yuzui/call.h>

#define YZ_COUNT(worker, name)                                                                                                             \
    atomic_store_explicit(&(worker)->counters.name, atomic_load_explicit(&(worker)->counters.name, memory_order_relaxed) + 1,              \
                          memory_order_relaxed)

/* What other threads have posted and the worker has not run yet: loop/post.h. */
typedef struct yz_posts {
    pthread_mutex_t lock; /* of the rest */
    struct yz_post *first, *last;
    bool closed;
} yz_posts;

struct yz_worker {
    unsigned index;
    struct uv_loop_s *loop; /* NULL in tests that drive the turn themselves */
    yz_turn turn;           /* turn.clock: yz_clock_ms, so that alarms set in a socket's callback start from then */
    yz_rng rng;
    yz_block_pool *blocks;                  /* for arenas */
    size_t calls;                           /* alive */
    yz_call_list running;                   /* call/tree.h: yz_call_oldest */
    bool draining;                          /* no new work is asked for */
    int64_t started;                        /* ms, monotonic: when it began to serve */
    struct yz_share *share;                 /* of the current generation (generation.h) */
    _Atomic(struct yz_share *) incoming;    /* published, not yet adopted: newest first */
    void (*wake)(struct yz_worker *worker); /* any thread: its loop turns, adopts, runs what was posted; NULL in tests */
    yz_posts posts;
    struct yz_io *io;           /* net/io.h: the buffers bytes pass through */
    struct yz_dns *dns;         /* net/dns.h */
    struct yz_pools *pools;     /* upstream/pool.h */
    struct yz_server *server;   /* server/server.h */
    struct yz_metrics *metrics; /* metrics/metrics.h: the server's */
    struct yz_recent *recent;   /* journal/recent.h: the server's; NULL: nobody could look */
    yz_counters counters;
    _Atomic uint64_t declared[YZ_COUNTER_SLOTS]; /* likewise, by slot; slot 0 is nobody's */
};

#endif
