/* test_tree.c: each rule, each verb and each misuse of the call tree, with a clock of its own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tree_world.h"

/* A stage whose hooks are written where they are tested: config points to a `script`. */
typedef struct script {
    void (*call)(yz_call *call, struct script *s);
    void (*timer)(yz_call *call, struct script *s, yz_timer *timer);
    void (*error)(yz_call *call, struct script *s, yz_call *child, const yz_error *error);
    void (*cancel)(yz_call *call, struct script *s);
    void (*flow)(yz_call *call, struct script *s, bool paused);
    yz_call *seen, *child, *other;
    yz_hold *hold;
    yz_timer *timer_set;
    const yz_error *kept;
    int calls, errors, cancels, timers, lates, flows, chunks;
    bool in_hook, paused;
} script;

static script *script_of(const yz_call *call) { return (script *)(uintptr_t)yz_config(call); }

static void on_call(yz_call *call, const yz_request *request) {
    (void)request;
    script *s = script_of(call);
    s->seen = call;
    s->calls++;
    s->in_hook = true;
    if (s->call)
        s->call(call, s);
    s->in_hook = false;
}
static void on_error(yz_call *call, yz_call *child, const yz_error *error) {
    script *s = script_of(call);
    assert_false(s->in_hook);
    s->errors++;
    if (s->error)
        s->error(call, s, child, error);
    else
        yz_send_error(call, error);
}
static void on_timer(yz_call *call, yz_timer *timer) {
    script *s = script_of(call);
    s->timers++;
    if (s->timer)
        s->timer(call, s, timer);
}
static void on_cancel(yz_call *call) {
    script *s = script_of(call);
    assert_false(s->in_hook);
    s->cancels++;
    if (s->cancel)
        s->cancel(call, s);
}
static void on_flow(yz_call *call, bool paused) {
    script *s = script_of(call);
    assert_false(s->in_hook);
    s->flows++;
    s->paused = paused;
    if (s->flow)
        s->flow(call, s, paused);
}

static const yz_filter watching = {
    YZ_FILTER, .call_size = 64, .on_call = on_call, .on_error = on_error, .on_timer = on_timer, .on_cancel = on_cancel};
static const yz_filter leaf = {YZ_FILTER,         .call_size = 64, .on_call = on_call, .on_timer = on_timer, .on_cancel = on_cancel,
                               .on_flow = on_flow};
static const yz_filter plain = {YZ_FILTER, .on_call = on_call};

static char order[64];

/* ---- building worlds ------------------------------------------------------------------------------------------------ */

/* Two stages, a client, and what they share. */
typedef struct pair {
    world w;
    script top, bottom;
    yz_link links[2];
    yz_chain chain;
    yz_request request;
    client c;
} pair;

static void pair_open(pair *p, const yz_filter *top, const yz_filter *bottom) {
    memset(p, 0, sizeof *p);
    world_open(&p->w);
    p->links[0] = (yz_link){top, "top", &p->top, NULL};
    p->links[1] = (yz_link){bottom, "bottom", &p->bottom, NULL};
    p->chain = (yz_chain){.links = p->links, .n = 2};
    p->request.model = YZ_STR("m");
}

static void pair_start(pair *p) { client_start(&p->c, &p->w, &p->chain, &p->request); }

static void pair_close(pair *p) {
    world_settle(&p->w);
    assert_int_equal(yz_call_count(&p->w.worker), 0);
    assert_int_equal(p->w.worker.turn.n_heap, 0);
    world_close(&p->w);
}

static yz_chunk chunk_of(const char *text) { return (yz_chunk){.bytes = yz_str_of(text)}; }
static void head_up(yz_call *call) { yz_send_head(call, &(yz_head){.status = 200}); }
static void chunk_up(yz_call *call, const char *text) {
    yz_chunk chunk = chunk_of(text);
    yz_send_chunk(call, &chunk);
}
static void end_up(yz_call *call) { yz_send_end(call, &(yz_end){.usage = YZ_USAGE_UNKNOWN}); }

static void do_next(yz_call *call, script *s) { s->child = yz_next(call, NULL); }
static void do_answer(yz_call *call, script *s) {
    (void)s;
    head_up(call);
    chunk_up(call, "hello");
    end_up(call);
}
static void do_wait(yz_call *call, script *s) { s->timer_set = yz_timer_start(call, 1000000); }
static void do_nothing(yz_call *call, script *s) {
    (void)call;
    (void)s;
}
static void do_fail(yz_call *call, script *s) {
    (void)s;
    yz_fail(call, YZ_ERROR_SERVER, "attempt %d failed", s->calls);
}

/* ---- the five rules --------------------------------------------------------------------------------------------------- */

static void test_answer_climbs(void **state) {
    (void)state;
    pair p;
    pair_open(&p, &watching, &leaf);
    p.top.call = do_next, p.bottom.call = do_answer;
    pair_start(&p);
    assert_int_equal(p.top.calls, 0); /* rule 2: nothing happens inside the starter */
    world_settle(&p.w);
    assert_string_equal(p.c.log, "head hello end");
    assert_int_equal(p.c.ended, 1);
    assert_int_equal(p.top.cancels, 1); /* also after an end: to release what is not the arena's */
    assert_int_equal(p.bottom.cancels, 1);
    pair_close(&p);
}

static void do_answer_twice(yz_call *call, script *s) {
    do_answer(call, s);
    do_answer(call, s); /* rule 1: nothing after the end */
    yz_fail(call, YZ_ERROR_SERVER, "late");
    assert_true(yz_ended(call));
}

static void test_ends_once(void **state) {
    (void)state;
    pair p;
    pair_open(&p, &watching, &leaf);
    p.top.call = do_next, p.bottom.call = do_answer_twice;
    pair_start(&p);
    world_settle(&p.w);
    assert_string_equal(p.c.log, "head hello end");
    assert_int_equal(p.bottom.cancels, 1);
    pair_close(&p);
}

static void do_next_twice_and_wait(yz_call *call, script *s) {
    s->child = yz_next(call, NULL);
    s->other = yz_next(call, NULL);
    do_wait(call, s);
}

static void test_children_do_not_outlive(void **state) {
    (void)state;
    pair p;
    pair_open(&p, &watching, &leaf);
    p.top.call = do_next_twice_and_wait, p.bottom.call = do_wait;
    pair_start(&p);
    world_settle(&p.w);
    assert_int_equal(p.bottom.calls, 2);
    yz_fail(p.top.seen, YZ_ERROR_SERVER, "enough");
    assert_true(yz_ended(p.top.child));
    assert_true(yz_ended(p.top.other));
    assert_int_equal(p.bottom.cancels, 0); /* on_cancel comes in the turn, not from inside the verb */
    world_settle(&p.w);
    assert_int_equal(p.bottom.cancels, 2);
    assert_string_equal(p.c.log, "error:upstream_error");
    pair_close(&p);
}

static void test_cancelled_root_is_silent(void **state) {
    (void)state;
    pair p;
    pair_open(&p, &watching, &leaf);
    p.top.call = do_next, p.bottom.call = do_wait;
    pair_start(&p);
    world_settle(&p.w);
    yz_cancel(p.c.call);
    yz_cancel(p.c.call);
    do_answer(p.bottom.seen, &p.bottom); /* rule 4: a socket that did not know yet */
    world_pass(&p.w, 2000000);
    assert_string_equal(p.c.log, "");
    assert_int_equal(p.bottom.timers, 0);
    assert_int_equal(p.bottom.cancels, 1);
    pair_close(&p);
}

static void test_cancelled_before_it_started(void **state) {
    (void)state;
    pair p;
    pair_open(&p, &watching, &leaf);
    pair_start(&p);
    yz_cancel(p.c.call);
    world_settle(&p.w);
    assert_int_equal(p.top.calls, 0);
    assert_int_equal(p.top.cancels, 0); /* it never knew of the call */
    pair_close(&p);
}

static void order_cancel(yz_call *call, script *s) {
    (void)s;
    strcat(order, yz_call_stage_name(call));
}

static void test_children_are_told_first(void **state) {
    (void)state;
    pair p;
    pair_open(&p, &watching, &leaf);
    p.top.call = do_next, p.bottom.call = do_wait;
    p.top.cancel = p.bottom.cancel = order_cancel;
    order[0] = '\0';
    pair_start(&p);
    world_settle(&p.w);
    yz_cancel(p.c.call);
    world_settle(&p.w);
    assert_string_equal(order, "bottomtop");
    pair_close(&p);
}

static yz_call *memory_call;
static void test_memory_waits_for_holds(void **state) {
    (void)state;
    pair p;
    pair_open(&p, &watching, &leaf);
    p.top.call = do_next, p.bottom.call = do_wait;
    pair_start(&p);
    world_settle(&p.w);
    memory_call = p.bottom.seen;
    yz_hold *hold = yz_hold_take(memory_call, "write", 100, NULL, NULL);
    yz_cancel(p.c.call);
    world_pass(&p.w, 1000);
    assert_int_equal(yz_call_count(&p.w.worker), 2); /* rule 5 */
    memset(yz_state(memory_call), 7, 64);
    yz_buf pending = {0};
    yz_call_print_pending(p.c.call, &pending);
    assert_int_equal(pending.n, strlen("bottom: write 1000 ms\n"));
    assert_memory_equal(pending.p, "bottom: write 1000 ms\n", pending.n);
    yz_buf_free(&pending);
    yz_release(hold);
    assert_int_equal(yz_call_count(&p.w.worker), 2); /* until the turn is over */
    pair_close(&p);
}

/* ---- verbs: down ---------------------------------------------------------------------------------------------------- */

static yz_request other_request = {.model = {"other", 5}};

static void do_pass(yz_call *call, script *s) {
    memset(yz_state(call), 0xff, 64);
    yz_timer_start(call, 5); /* dies with the passing */
    yz_pass(call, &other_request);
    (void)s;
}

static void expect_fresh(yz_call *call, script *s) {
    const char *bytes = yz_state(call);
    for (int i = 0; i < 64; i++)
        assert_int_equal(bytes[i], 0);
    assert_true(yz_str_is(yz_call_request(call)->model, "other"));
    do_wait(call, s);
}

static void test_pass(void **state) {
    (void)state;
    pair p;
    pair_open(&p, &watching, &leaf);
    p.top.call = do_pass, p.bottom.call = expect_fresh;
    pair_start(&p);
    world_pass(&p.w, 100);
    assert_int_equal(yz_call_count(&p.w.worker), 1); /* the same object */
    assert_ptr_equal(p.top.seen, p.bottom.seen);
    assert_ptr_equal(p.bottom.seen, p.c.call);
    assert_int_equal(p.top.timers, 0);
    do_answer(p.c.call, NULL);
    world_settle(&p.w);
    assert_string_equal(p.c.log, "head hello end");
    assert_int_equal(p.top.cancels, 0); /* it sees nothing more */
    assert_int_equal(p.bottom.cancels, 1);
    pair_close(&p);
}

static void do_pass_and_meddle(yz_call *call, script *s) {
    yz_pass(call, NULL);
    head_up(call); /* not its call any more */
    yz_fail(call, YZ_ERROR_SERVER, "meddling");
    assert_true(yz_ended(yz_next(call, NULL)));
    (void)s;
}

static void test_verbs_after_pass_do_nothing(void **state) {
    (void)state;
    pair p;
    pair_open(&p, &watching, &leaf);
    p.top.call = do_pass_and_meddle, p.bottom.call = do_answer;
    pair_start(&p);
    world_settle(&p.w);
    assert_string_equal(p.c.log, "head hello end");
    pair_close(&p);
}

static void do_next_and_pass(yz_call *call, script *s) {
    do_next(call, s);
    yz_pass(call, NULL);
}

static void test_pass_after_next_is_refused(void **state) {
    (void)state;
    pair p;
    pair_open(&p, &watching, &leaf);
    p.top.call = do_next_and_pass, p.bottom.call = do_answer;
    pair_start(&p);
    world_settle(&p.w);
    assert_string_equal(p.c.log, "error:internal_error");
    assert_non_null(strstr(p.c.message, "top"));
    assert_int_equal(p.bottom.calls, 0);
    pair_close(&p);
}

static void do_pass_plain(yz_call *call, script *s) {
    (void)s;
    yz_pass(call, NULL);
}

static void test_leaf_that_passes_or_starts(void **state) {
    (void)state;
    for (int i = 0; i < 2; i++) {
        pair p;
        pair_open(&p, &watching, &watching);
        p.top.call = do_next, p.bottom.call = i ? do_next : do_pass_plain;
        pair_start(&p);
        world_settle(&p.w);
        assert_string_equal(p.c.log, "error:internal_error");
        pair_close(&p);
    }
}

static void end_then_next(yz_call *call, script *s) {
    do_answer(call, s);
    s->child = yz_next(call, NULL);
    assert_non_null(s->child);
    assert_true(yz_ended(s->child));
    yz_cancel(s->child);
    yz_flow(s->child, true);
    assert_non_null(yz_timer_start(call, 1));
    yz_hold *hold = yz_hold_take(call, "late", 1, NULL, NULL);
    yz_pass(call, NULL);
    yz_deadline(call, 5);
    yz_release(hold);
}

static void test_verbs_after_the_end(void **state) {
    (void)state;
    pair p;
    pair_open(&p, &watching, &leaf);
    p.top.call = end_then_next;
    pair_start(&p);
    world_pass(&p.w, 100);
    assert_string_equal(p.c.log, "head hello end");
    assert_int_equal(p.bottom.calls, 0);
    assert_int_equal(p.top.timers, 0);
    pair_close(&p);
}

static void try_again(yz_call *call, script *s, yz_call *child, const yz_error *error) {
    assert_ptr_equal(child, s->child);
    assert_true(yz_ended(child));
    assert_false(yz_committed(call));
    if (s->errors == 1)
        s->kept = error; /* lives as long as this call */
    if (s->errors < 3)
        s->child = yz_next(call, NULL);
    else
        yz_send_error(call, s->kept);
}

static void test_second_attempt_is_a_fresh_call(void **state) {
    (void)state;
    pair p;
    pair_open(&p, &watching, &leaf);
    p.top.call = do_next, p.top.error = try_again, p.bottom.call = do_fail;
    pair_start(&p);
    world_settle(&p.w);
    assert_int_equal(p.bottom.calls, 3);
    assert_string_equal(p.c.message, "attempt 1 failed");
    pair_close(&p);
}

/* ---- verbs: up -------------------------------------------------------------------------------------------------------- */

static void do_two_heads(yz_call *call, script *s) {
    (void)s;
    head_up(call);
    head_up(call);
}
static void do_chunk_first(yz_call *call, script *s) {
    (void)s;
    chunk_up(call, "x");
}
static void do_end_first(yz_call *call, script *s) {
    (void)s;
    end_up(call);
}
static void do_error_after_head(yz_call *call, script *s) {
    head_up(call);
    chunk_up(call, "x");
    do_fail(call, s);
}

static void test_order_of_events(void **state) {
    (void)state;
    const struct {
        void (*call)(yz_call *call, script *s);
        const char *log;
    } cases[] = {{do_two_heads, "head error:internal_error"},
                 {do_chunk_first, "error:internal_error"},
                 {do_end_first, "error:internal_error"},
                 {do_error_after_head, "head x error:upstream_error"},
                 {do_nothing, "error:internal_error"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        pair p;
        pair_open(&p, &plain, &leaf);
        p.top.call = do_next, p.bottom.call = cases[i].call;
        pair_start(&p);
        world_settle(&p.w);
        assert_string_equal(p.c.log, cases[i].log);
        if (p.c.error == YZ_ERROR_INTERNAL)
            assert_non_null(strstr(p.c.message, "bottom"));
        pair_close(&p);
    }
}

static void cancel_in_chunk(yz_call *call, yz_call *child, const yz_chunk *chunk) {
    (void)chunk;
    script_of(call)->chunks++;
    yz_cancel(child);
    assert_true(yz_ended(child));
    yz_fail(call, YZ_ERROR_SERVER, "I have seen enough");
}
static const yz_filter chunk_canceller = {YZ_FILTER, .on_call = on_call, .on_chunk = cancel_in_chunk};

static void do_answer_on_and_on(yz_call *call, script *s) {
    head_up(call);
    chunk_up(call, "a");
    assert_true(yz_ended(call)); /* its parent cancelled it inside the verb */
    assert_int_equal(s->cancels, 0);
    chunk_up(call, "b");
    end_up(call);
}

static void test_parent_cancels_inside_a_chunk(void **state) {
    (void)state;
    pair p;
    pair_open(&p, &chunk_canceller, &leaf);
    p.top.call = do_next, p.bottom.call = do_answer_on_and_on;
    pair_start(&p);
    world_settle(&p.w);
    assert_string_equal(p.c.log, "head error:upstream_error");
    assert_int_equal(p.top.chunks, 1);
    assert_int_equal(p.bottom.cancels, 1);
    pair_close(&p);
}

static void swallow_chunk(yz_call *call, yz_call *child, const yz_chunk *chunk) {
    (void)child;
    (void)chunk;
    script_of(call)->chunks++;
}
static void swallow_end(yz_call *call, yz_call *child, const yz_end *end) {
    (void)call;
    (void)child;
    (void)end;
}
static const yz_filter swallower = {YZ_FILTER, .on_call = on_call, .on_chunk = swallow_chunk, .on_end = swallow_end};

static void test_end_that_is_swallowed(void **state) {
    (void)state;
    pair p;
    pair_open(&p, &swallower, &leaf);
    p.top.call = do_next, p.bottom.call = do_answer;
    pair_start(&p);
    world_settle(&p.w);
    assert_string_equal(p.c.log, "head error:internal_error"); /* forgotten calls are found in any hook */
    assert_non_null(strstr(p.c.message, "top"));
    pair_close(&p);
}

/* ---- waiting ---------------------------------------------------------------------------------------------------------- */

static void do_three_timers(yz_call *call, script *s) {
    s->timer_set = yz_timer_start(call, 30);
    yz_timer_start(call, 10);
    yz_timer_stop(yz_timer_start(call, 20));
    yz_timer_stop(NULL);
}
static void timer_counts(yz_call *call, script *s, yz_timer *timer) {
    if (s->timers == 1)
        assert_ptr_not_equal(timer, s->timer_set);
    else
        do_answer(call, s);
}

static void test_timers(void **state) {
    (void)state;
    pair p;
    pair_open(&p, &watching, &leaf);
    p.top.call = do_three_timers, p.top.timer = timer_counts;
    pair_start(&p);
    world_pass(&p.w, 9);
    assert_int_equal(p.top.timers, 0);
    world_pass(&p.w, 1);
    assert_int_equal(p.top.timers, 1);
    world_pass(&p.w, 15);
    assert_int_equal(p.top.timers, 1);
    world_pass(&p.w, 5);
    assert_int_equal(p.top.timers, 2);
    assert_string_equal(p.c.log, "head hello end");
    pair_close(&p);
}

static void timer_again(yz_call *call, script *s, yz_timer *timer) {
    (void)timer;
    if (s->timers < 1000)
        yz_timer_start(call, 0);
    else
        do_answer(call, s);
}

static void do_timer_now(yz_call *call, script *s) {
    (void)s;
    yz_timer_start(call, 0);
}

static void test_timers_are_used_again(void **state) {
    (void)state;
    pair p;
    pair_open(&p, &watching, &leaf);
    p.top.call = do_timer_now, p.top.timer = timer_again;
    pair_start(&p);
    world_settle(&p.w);
    size_t size = yz_arena_size(yz_call_arena(p.c.call));
    world_pass(&p.w, 900);
    assert_int_equal(yz_arena_size(yz_call_arena(p.c.call)), size);
    world_pass(&p.w, 200);
    assert_int_equal(p.top.timers, 1000);
    pair_close(&p);
}

static void timer_does_nothing(yz_call *call, script *s, yz_timer *timer) {
    (void)call;
    (void)s;
    (void)timer;
}

static void test_timer_that_leads_nowhere(void **state) {
    (void)state;
    pair p;
    pair_open(&p, &watching, &leaf);
    p.top.call = do_timer_now, p.top.timer = timer_does_nothing;
    pair_start(&p);
    world_pass(&p.w, 10);
    assert_string_equal(p.c.log, "error:internal_error");
    pair_close(&p);
}

static void hold_late(void *arg) {
    script *s = arg;
    s->lates++;
    yz_fail(s->seen, YZ_ERROR_TIMEOUT, "late");
}
static void do_hold_with_hook(yz_call *call, script *s) { s->hold = yz_hold_take(call, "redis get", 50, hold_late, s); }
static void do_hold(yz_call *call, script *s) { s->hold = yz_hold_take(call, "redis get", 50, NULL, NULL); }
static void hold_late_idle(void *arg) { ((script *)arg)->lates++; }
static void do_hold_idle(yz_call *call, script *s) { s->hold = yz_hold_take(call, "redis get", 50, hold_late_idle, s); }

static void test_late_holds(void **state) {
    (void)state;
    const struct {
        void (*call)(yz_call *call, script *s);
        const char *log, *message;
        int lates;
    } cases[] = {{do_hold, "error:upstream_timeout", "stage top waited too long for: redis get", 0},
                 {do_hold_with_hook, "error:upstream_timeout", "late", 1},
                 {do_hold_idle, "error:internal_error", "internal error in stage top", 1}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        pair p;
        pair_open(&p, &watching, &leaf);
        p.top.call = cases[i].call;
        pair_start(&p);
        world_pass(&p.w, 49);
        assert_string_equal(p.c.log, "");
        world_pass(&p.w, 1);
        assert_string_equal(p.c.log, cases[i].log);
        assert_string_equal(p.c.message, cases[i].message);
        assert_int_equal(p.top.lates, cases[i].lates);
        assert_int_equal(yz_call_count(&p.w.worker), 1);
        yz_release(p.top.hold);
        pair_close(&p);
    }
}

static void test_hold_released_in_time(void **state) {
    (void)state;
    pair p;
    pair_open(&p, &watching, &leaf);
    p.top.call = do_hold_with_hook;
    pair_start(&p);
    world_pass(&p.w, 20);
    yz_release(p.top.hold); /* as a store's callback does: release, then go on */
    do_answer(p.top.seen, NULL);
    world_pass(&p.w, 100);
    assert_string_equal(p.c.log, "head hello end");
    assert_int_equal(p.top.lates, 0);
    pair_close(&p);
}

static void test_hold_released_and_forgotten(void **state) {
    (void)state;
    pair p;
    pair_open(&p, &watching, &leaf);
    p.top.call = do_hold_with_hook;
    pair_start(&p);
    world_pass(&p.w, 20);
    yz_release(p.top.hold);
    world_settle(&p.w);
    assert_string_equal(p.c.log, "error:internal_error");
    pair_close(&p);
}

static void test_hold_released_twice(void **state) {
    (void)state;
    pair p;
    pair_open(&p, &watching, &leaf);
    p.top.call = do_wait;
    pair_start(&p);
    world_settle(&p.w);
    yz_hold *hold = yz_hold_take(p.top.seen, "x", 10, NULL, NULL);
    yz_release(hold);
    yz_release(hold); /* said in the log, and harmless */
    world_settle(&p.w);
    assert_int_equal(yz_call_count(&p.w.worker), 1);
    yz_cancel(p.c.call);
    pair_close(&p);
}

static void do_hold_and_wait(yz_call *call, script *s) {
    s->hold = yz_hold_take(call, "first byte", 100000, NULL, NULL);
    do_wait(call, s);
}

static void test_deadline_names_what_it_waited_for(void **state) {
    (void)state;
    pair p;
    pair_open(&p, &plain, &leaf);
    p.top.call = do_next, p.bottom.call = do_hold_and_wait;
    pair_start(&p);
    world_settle(&p.w);
    assert_int_equal(yz_time_left(p.bottom.seen), INT64_MAX);
    yz_deadline(p.c.call, 700);
    assert_int_equal(yz_time_left(p.bottom.seen), 700); /* inherited */
    yz_deadline(p.bottom.seen, 900);
    assert_int_equal(yz_time_left(p.bottom.seen), 700);
    yz_deadline(p.c.call, 500); /* anew */
    world_pass(&p.w, 499);
    assert_int_equal(yz_time_left(p.bottom.seen), 1);
    assert_string_equal(p.c.log, "");
    world_pass(&p.w, 1);
    assert_string_equal(p.c.log, "error:upstream_timeout");
    assert_non_null(strstr(p.c.message, "bottom: first byte 500 ms"));
    assert_int_equal(p.c.started, YZ_STARTED_MAYBE);
    assert_int_equal(p.bottom.cancels, 1);
    yz_release(p.bottom.hold);
    pair_close(&p);
}

static void next_with_deadline(yz_call *call, script *s) {
    do_next(call, s);
    yz_deadline(s->child, 40);
}
static void try_with_deadline(yz_call *call, script *s, yz_call *child, const yz_error *error) {
    (void)child;
    assert_int_equal(error->class_, YZ_ERROR_TIMEOUT);
    if (s->errors < 2)
        next_with_deadline(call, s);
    else
        yz_send_error(call, error);
}

static void test_deadline_of_a_child(void **state) {
    (void)state;
    pair p;
    pair_open(&p, &watching, &leaf);
    p.top.call = next_with_deadline, p.top.error = try_with_deadline, p.bottom.call = do_wait;
    pair_start(&p);
    world_pass(&p.w, 79);
    assert_int_equal(p.bottom.calls, 2);
    assert_string_equal(p.c.log, "");
    world_pass(&p.w, 1);
    assert_string_equal(p.c.log, "error:upstream_timeout");
    pair_close(&p);
}

/* ---- flow ------------------------------------------------------------------------------------------------------------- */

static void test_flow_goes_down(void **state) {
    (void)state;
    pair p;
    pair_open(&p, &plain, &leaf);
    p.top.call = do_next, p.bottom.call = do_wait;
    pair_start(&p);
    world_settle(&p.w);
    yz_flow(p.c.call, true);
    yz_flow(p.c.call, true);
    assert_int_equal(p.bottom.flows, 0); /* told in the turn */
    assert_true(yz_paused(p.bottom.seen));
    world_settle(&p.w);
    assert_int_equal(p.bottom.flows, 1);
    assert_true(p.bottom.paused);
    yz_flow(p.c.call, false);
    yz_flow(p.c.call, true); /* a change that was taken back is not told */
    world_settle(&p.w);
    assert_int_equal(p.bottom.flows, 1);
    yz_flow(p.c.call, false);
    world_settle(&p.w);
    assert_false(p.bottom.paused);
    yz_cancel(p.c.call);
    pair_close(&p);
}

static void test_child_of_a_paused_call_starts_paused(void **state) {
    (void)state;
    pair p;
    pair_open(&p, &plain, &leaf);
    p.top.call = do_next, p.bottom.call = do_wait;
    pair_start(&p);
    yz_flow(p.c.call, true);
    world_settle(&p.w);
    assert_int_equal(p.bottom.flows, 1);
    assert_true(p.bottom.paused);
    yz_cancel(p.c.call);
    pair_close(&p);
}

static void test_stage_with_flow_decides(void **state) {
    (void)state;
    pair p;
    pair_open(&p, &leaf, &leaf);
    p.top.call = do_next, p.bottom.call = do_wait;
    pair_start(&p);
    world_settle(&p.w);
    yz_flow(p.c.call, true);
    world_settle(&p.w);
    assert_int_equal(p.top.flows, 1);
    assert_int_equal(p.bottom.flows, 0);
    yz_flow(p.top.child, true);
    world_settle(&p.w);
    assert_int_equal(p.bottom.flows, 1);
    yz_cancel(p.c.call);
    pair_close(&p);
}

/* ---- roots, notes, shares --------------------------------------------------------------------------------------------- */

static client shared_client;
static yz_call *shared_root;

static void do_root(yz_call *call, script *s) {
    (void)s;
    yz_request *request = yz_alloc(yz_call_arena(call), sizeof *request);
    request->model = yz_dup(yz_call_arena(call), YZ_STR("shared"));
    memset(&shared_client, 0, sizeof shared_client);
    shared_root = yz_root(call, request, &client_parent, &shared_client);
    do_wait(call, s);
}

static void do_note_and_wait(yz_call *call, script *s) {
    yz_note(call, "attempts", YZ_STR("2"));
    do_wait(call, s);
}

static void test_detached_root(void **state) {
    (void)state;
    pair p;
    pair_open(&p, &watching, &leaf);
    p.top.call = do_root, p.bottom.call = do_note_and_wait;
    pair_start(&p);
    yz_deadline(p.c.call, 100);
    world_settle(&p.w);
    assert_int_equal(p.bottom.calls, 1); /* it begins on the stage below */
    assert_int_equal(yz_time_left(shared_root), INT64_MAX);
    yz_notes_copy(p.c.call, shared_root);
    assert_string_equal(yz_call_notes(p.c.call)->name, "attempts");
    yz_cancel(p.c.call);
    world_settle(&p.w);
    assert_false(yz_ended(shared_root));
    assert_true(yz_str_is(yz_call_request(p.bottom.seen)->model, "shared")); /* like's memory stays */
    do_answer(p.bottom.seen, NULL);
    world_settle(&p.w);
    assert_string_equal(shared_client.log, "head hello end");
    assert_string_equal(p.c.log, "");
    pair_close(&p);
}

static int shares;
static struct yz_share *share_ref(struct yz_share *share) {
    shares++;
    return share;
}
static void share_unref(struct yz_share *share) {
    (void)share;
    shares--;
}

static void test_share_is_kept(void **state) {
    (void)state;
    pair p;
    pair_open(&p, &watching, &leaf);
    p.chain.ref = share_ref, p.chain.unref = share_unref;
    p.top.call = do_root, p.bottom.call = do_hold_and_wait;
    pair_start(&p);
    world_settle(&p.w);
    assert_int_equal(shares, 2);
    yz_cancel(p.c.call);
    world_settle(&p.w);
    assert_int_equal(shares, 2); /* the detached root still reads like's memory */
    yz_cancel(shared_root);
    world_settle(&p.w);
    assert_int_equal(shares, 2);
    yz_release(p.bottom.hold);
    world_settle(&p.w);
    assert_int_equal(shares, 0);
    pair_close(&p);
}

static void test_notes(void **state) {
    (void)state;
    pair p;
    pair_open(&p, &plain, &leaf);
    p.top.call = do_next, p.bottom.call = do_wait;
    pair_start(&p);
    world_settle(&p.w);
    char value[] = "miss";
    yz_note(p.c.call, "cache", yz_str_of(value));
    yz_note(p.bottom.seen, "target", YZ_STR("openai/gpt"));
    yz_note(p.bottom.seen, "cache", YZ_STR("hit"));
    memset(value, 'x', 4);
    const yz_note_entry *note = yz_call_notes(p.c.call);
    assert_string_equal(note->name, "cache");
    assert_true(yz_str_is(note->value, "hit"));
    assert_string_equal(note->next->name, "target");
    assert_null(note->next->next);
    yz_cancel(p.c.call);
    pair_close(&p);
}

static void do_big_and_fail(yz_call *call, script *s) {
    if (s->calls < 3) {
        memset(yz_alloc_bytes(yz_call_arena(call), 1 << 20), 1, 1 << 20);
        yz_on_free(yz_call_arena(call), hold_late_idle, s);
        do_fail(call, s);
    } else {
        head_up(call);
        do_wait(call, s);
    }
}

static void test_failed_attempts_give_their_memory_back(void **state) {
    (void)state;
    pair p;
    pair_open(&p, &watching, &leaf);
    p.top.call = do_next, p.top.error = try_again, p.bottom.call = do_big_and_fail;
    pair_start(&p);
    world_settle(&p.w);
    assert_string_equal(p.c.log, "head ");
    assert_int_equal(p.bottom.lates, 2); /* both arenas went, while the third attempt streams */
    assert_true(yz_str_is(p.top.kept->message, "attempt 1 failed"));
    end_up(p.bottom.seen);
    pair_close(&p);
}

#define T(name) cmocka_unit_test(name)
int main(void) {
    const struct CMUnitTest tests[] = {
        T(test_answer_climbs),
        T(test_ends_once),
        T(test_children_do_not_outlive),
        T(test_cancelled_root_is_silent),
        T(test_cancelled_before_it_started),
        T(test_children_are_told_first),
        T(test_memory_waits_for_holds),
        T(test_pass),
        T(test_verbs_after_pass_do_nothing),
        T(test_pass_after_next_is_refused),
        T(test_leaf_that_passes_or_starts),
        T(test_verbs_after_the_end),
        T(test_second_attempt_is_a_fresh_call),
        T(test_order_of_events),
        T(test_parent_cancels_inside_a_chunk),
        T(test_end_that_is_swallowed),
        T(test_timers),
        T(test_timers_are_used_again),
        T(test_timer_that_leads_nowhere),
        T(test_late_holds),
        T(test_hold_released_in_time),
        T(test_hold_released_and_forgotten),
        T(test_hold_released_twice),
        T(test_deadline_names_what_it_waited_for),
        T(test_deadline_of_a_child),
        T(test_flow_goes_down),
        T(test_child_of_a_paused_call_starts_paused),
        T(test_stage_with_flow_decides),
        T(test_detached_root),
        T(test_share_is_kept),
        T(test_notes),
        T(test_failed_attempts_give_their_memory_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
