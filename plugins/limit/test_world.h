/* test_world.h: the limit stage over a leaf that answers. The clock is the test's; the store is a fake. */
#ifndef LIMIT_TEST_WORLD_H
#define LIMIT_TEST_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/check.h"
#include "base/diag.h"
#include "plugin/options.h"
#include "tree_leaf.h"

#include <yuzui/plugin.h>

static char complaint[256];
static void diag_into_complaint(yz_diag *diag, const char *fmt, ...) {
    (void)diag;
    va_list args;
    va_start(args, fmt);
    vsnprintf(complaint, sizeof complaint, fmt, args);
    va_end(args);
}

/* A store of three numbers, which answers at the end of the turn, or is away. */
static struct fake_store {
    yz_str keys[8];
    int64_t sums[8], ttls[8];
    bool away;
    int renewed, released;
} fake;

static int64_t fake_sum(yz_str key, int64_t delta, int64_t ttl) {
    for (size_t i = 0; i < 8; i++) {
        if (fake.keys[i].n == 0) {
            fake.keys[i] = (yz_str){strndup(key.p, key.n), key.n};
            fake.ttls[i] = ttl;
        }
        if (yz_str_eq(fake.keys[i], key))
            return fake.sums[i] += delta;
    }
    fail();
    return 0;
}
static inline void fake_close(void) {
    for (size_t i = 0; i < 8; i++)
        free((char *)(uintptr_t)fake.keys[i].p);
    memset(&fake, 0, sizeof fake);
}
/* A window that never slides: what is asked for fits, or not. */
static void test_settle(yz_worker *worker, yz_store *store, yz_str key, int64_t slot, int64_t more, int64_t window) {
    (void)worker;
    (void)store;
    assert_int_equal(slot, 77);
    fake_sum(key, more, window);
}
typedef struct take_reply {
    yz_call *call;
    void *arg;
    yz_taken taken;
    yz_wait *wait;
    yz_store_on_taken *on_taken;
} take_reply;
static void answer_take(yz_worker *worker, void *arg) {
    take_reply *r = arg;
    (void)worker;
    yz_wait_done(r->wait);
    if (!yz_ended(r->call))
        r->on_taken(r->call, r->arg, fake.away ? YZ_EIO : YZ_OK, fake.away ? NULL : &r->taken);
}
static void test_take(yz_call *call, yz_store *store, yz_str key, int64_t n, int64_t most, int64_t window, int64_t ms,
                      yz_store_on_taken *hook, void *arg) {
    (void)store;
    take_reply *r = yz_alloc(yz_call_arena(call), sizeof *r);
    *r = (take_reply){.call = call, .arg = arg, .taken = {YZ_TAKEN, .slot = 77, .wait = window}, .on_taken = hook};
    if (!fake.away && fake_sum(key, 0, window) + n <= most) {
        r->taken.fits = true;
        r->taken.left = most - fake_sum(key, n, window);
    }
    r->wait = yz_wait_start(call, "fake store", ms, NULL, NULL);
    yz_after_turn(yz_call_worker(call), answer_take, r);
}
/* Leases: the sum under a key is how many there are; nothing ends by itself. */
typedef struct lease_reply {
    yz_call *call;
    void *arg;
    int code;
    yz_wait *wait;
    yz_store_on_done *on_done;
} lease_reply;
static void answer_lease(yz_worker *worker, void *arg) {
    lease_reply *r = arg;
    (void)worker;
    yz_wait_done(r->wait);
    if (!yz_ended(r->call))
        r->on_done(r->call, r->arg, r->code);
}
static void test_acquire(yz_call *call, yz_store *store, yz_str key, yz_str holder, int64_t most, int64_t lease, int64_t ms,
                         yz_store_on_done *hook, void *arg) {
    (void)store;
    assert_int_equal(holder.n, 16);
    lease_reply *r = yz_alloc(yz_call_arena(call), sizeof *r);
    *r = (lease_reply){.call = call, .arg = arg, .code = YZ_ELIMIT, .on_done = hook};
    if (fake.away)
        r->code = YZ_EIO;
    else if (fake_sum(key, 0, lease) < most && fake_sum(key, 1, lease))
        r->code = YZ_OK;
    r->wait = yz_wait_start(call, "fake store", ms, NULL, NULL);
    yz_after_turn(yz_call_worker(call), answer_lease, r);
}
static void test_renew(yz_worker *worker, yz_store *store, yz_str key, yz_str holder, int64_t lease) {
    (void)worker;
    (void)store;
    assert_int_equal(holder.n, 16);
    assert_true(lease > 20000);
    fake_sum(key, 0, lease);
    fake.renewed++;
}
static void test_release(yz_worker *worker, yz_store *store, yz_str key, yz_str holder) {
    (void)worker;
    (void)store;
    (void)holder;
    fake.released++;
    if (!fake.away)
        fake_sum(key, -1, 0);
}
static yz_store *test_find(yz_worker *worker, yz_str name, yz_diag *diag) {
    (void)worker;
    (void)diag;
    return yz_str_is(name, "none") ? NULL : (yz_store *)&fake;
}
static bool store_can_count = true, store_can_lease = true;
static bool test_counts(const yz_store *store) {
    (void)store;
    return store_can_count;
}
static bool test_leases(const yz_store *store) {
    (void)store;
    return store_can_lease;
}
static size_t no_targets(const yz_call *call, yz_str model, const yz_target *const **targets) {
    (void)call;
    (void)model;
    (void)targets;
    return 0;
}

#define yz_diag_error    diag_into_complaint
#define yz_diag_warn     diag_into_complaint
#define yz_store_find    test_find
#define yz_store_takes   test_counts
#define yz_store_leases  test_leases
#define yz_store_take    test_take
#define yz_store_settle  test_settle
#define yz_store_acquire test_acquire
#define yz_store_renew   test_renew
#define yz_store_release test_release
#define yz_targets       no_targets
#include "limit.c"
#include "local.c"
#include "rule.c"

typedef struct fixture {
    rig r;
    yz_arena *arena;
    config cfg;
    yz_key key;
} fixture;

static unsigned fixtures; /* counts outlive a fixture: each asks with keys of its own */

static inline void fixture_open(fixture *f, const limit_rule *rules, size_t n, const char *store) {
    memset(f, 0, sizeof *f);
    f->arena = yz_arena_new(NULL);
    const void **items = yz_alloc(f->arena, n * sizeof *items);
    for (size_t i = 0; i < n; i++)
        items[i] = &rules[i];
    f->cfg = (config){.limits = {items, n}, .store = yz_str_of(store), .timeout = 100, .answer_tokens = 500};
    void *stage = NULL;
    yz_diag diag = {0};
    assert_int_equal(open_stage(NULL, &f->cfg, &stage, &diag), YZ_OK);
    rig_open(&f->r, &filter, &f->cfg, stage);
    f->key = (yz_key){YZ_KEY, .name = yz_format(f->arena, "key-%u", ++fixtures)};
    f->r.request.key = &f->key;
    f->r.request.op = YZ_OP_CHAT;
    f->r.plan.for_ever = true;
}

static inline void fixture_close(fixture *f) {
    world_settle(&f->r.w);
    filter.close(f->r.links[0].stage);
    rig_close(&f->r);
    yz_arena_free(f->arena);
}

static inline yz_error_class ask(fixture *f) { /* 0 with a whole answer */
    rig_start(&f->r);
    return strcmp(f->r.c.log, "head hello end") == 0 ? (yz_error_class)0 : f->r.c.error;
}

#endif
