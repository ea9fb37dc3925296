/* net_fixture.h: a worker with a loop, for tests that use sockets: what the real worker does, without a server. The system
 * picks the ports. Define FIXTURE_POOLS for a worker with pools. */
#ifndef YUZUI_TESTS_NET_FIXTURE_H
#define YUZUI_TESTS_NET_FIXTURE_H

#include "base/check.h"
#include "net/dns.h"
#include "net/io.h"
#include "net/stream.h"
#include "net/tls.h"
#include "upstream/pool.h"
#include "worker.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <uv.h>

#include <cmocka.h>

typedef struct fixture {
    yz_worker worker;
    uv_loop_t loop;
    uv_check_t check;
    uv_prepare_t prepare;
    uv_timer_t timer;
} fixture;

static fixture F;

static void fixture_turn(void) { yz_turn_run(&F.worker.turn, yz_clock_ms()); }
static void fixture_on_check(uv_check_t *handle) {
    (void)handle;
    fixture_turn();
}
static void fixture_on_timer(uv_timer_t *handle) { (void)handle; }
static void fixture_on_prepare(uv_prepare_t *handle) {
    (void)handle;
    fixture_turn();
    int64_t next = yz_turn_next(&F.worker.turn);
    if (next == INT64_MAX) {
        uv_timer_stop(&F.timer);
        return;
    }
    int64_t left = next == 0 ? 0 : next - yz_clock_ms();
    uv_update_time(&F.loop);
    uv_timer_start(&F.timer, fixture_on_timer, left > 0 ? (uint64_t)left : 0, 0);
}

static inline void fixture_open(void) {
    signal(SIGPIPE, SIG_IGN); /* as the binary does */
    memset(&F, 0, sizeof F);
    uv_loop_init(&F.loop);
    F.worker.loop = &F.loop;
    yz_turn_init(&F.worker.turn, yz_clock_ms());
    F.worker.turn.clock = yz_clock_ms;
    yz_rng_init(&F.worker.rng, 1);
    F.worker.blocks = yz_block_pool_new(64);
    F.worker.io = yz_io_new();
    F.worker.dns = yz_dns_new(&F.worker);
#ifdef FIXTURE_POOLS
    F.worker.pools = yz_pools_new(&F.worker);
#endif
    uv_check_init(&F.loop, &F.check);
    uv_check_start(&F.check, fixture_on_check);
    uv_prepare_init(&F.loop, &F.prepare);
    uv_prepare_start(&F.prepare, fixture_on_prepare);
    uv_timer_init(&F.loop, &F.timer);
    uv_unref((uv_handle_t *)&F.check);
    uv_unref((uv_handle_t *)&F.prepare);
}

/* Runs the loop until *done is true. Fails the test after `ms` of a quick machine: it only ends what hangs. */
static inline void fixture_wait(const bool *done, int64_t ms) {
    int64_t end = yz_clock_ms() + 20 * ms;
    uv_timer_t guard;
    uv_timer_init(&F.loop, &guard);
    uv_timer_start(&guard, fixture_on_timer, 5, 5);
    while (!*done && yz_clock_ms() < end)
        uv_run(&F.loop, UV_RUN_ONCE);
    uv_close((uv_handle_t *)&guard, NULL);
    uv_run(&F.loop, UV_RUN_NOWAIT);
    if (!*done)
        fail_msg("nothing happened within %lld ms", (long long)ms);
}

/* Runs the loop for a while. */
static inline void fixture_rest(int64_t ms) {
    int64_t end = yz_clock_ms() + ms;
    uv_timer_t guard;
    uv_timer_init(&F.loop, &guard);
    uv_timer_start(&guard, fixture_on_timer, 1, 1);
    while (yz_clock_ms() < end)
        uv_run(&F.loop, UV_RUN_ONCE);
    uv_close((uv_handle_t *)&guard, NULL);
    uv_run(&F.loop, UV_RUN_NOWAIT);
}

/* Listens on a port of 127.0.0.1 that the system picks (0) or `port`; returns it. */
static inline uint16_t fixture_listen(uv_tcp_t *listener, uint16_t port, uv_connection_cb on_connection) {
    struct sockaddr_in address;
    int size = sizeof address;
    uv_ip4_addr("127.0.0.1", port, &address);
    uv_tcp_init(&F.loop, listener);
    assert_int_equal(uv_tcp_bind(listener, (const struct sockaddr *)&address, 0), 0);
    assert_int_equal(uv_listen((uv_stream_t *)listener, 128, on_connection), 0);
    assert_int_equal(uv_tcp_getsockname(listener, (struct sockaddr *)&address, &size), 0);
    return ntohs(address.sin_port);
}

/* A port of 127.0.0.1 that refuses: bound, so that nobody else gets it meanwhile, but nobody listens. The last one's is let go. */
static inline uint16_t fixture_closed_port(void) {
    static int holder = -1;
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    if (holder >= 0)
        close(holder);
    holder = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(holder, (struct sockaddr *)&address, size), 0);
    assert_int_equal(getsockname(holder, (struct sockaddr *)&address, &size), 0);
    return ntohs(address.sin_port);
}

static void fixture_close_left(uv_handle_t *handle, void *arg) {
    if (uv_is_closing(handle))
        return;
    *(int *)arg += handle->type == UV_TCP;
    uv_close(handle, NULL);
}

/* Ends the worker; every connection must have been closed by then. Those that a failed test left behind are closed here, or the loop
 * would wait for them for ever. */
static inline void fixture_close(void) {
    int open = 0;
#ifdef FIXTURE_POOLS
    yz_pools_free(F.worker.pools);
#endif
    yz_dns_free(F.worker.dns);
    fixture_turn();
    uv_walk(&F.loop, fixture_close_left, &open);
    uv_run(&F.loop, UV_RUN_DEFAULT);
    fixture_turn();
    assert_int_equal(open, 0);
    assert_int_equal(uv_loop_close(&F.loop), 0);
    yz_io_free(F.worker.io);
    yz_turn_free(&F.worker.turn);
    yz_block_pool_free(F.worker.blocks);
}

#endif
