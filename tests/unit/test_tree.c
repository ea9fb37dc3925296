/* test_tree.c: each rule, each verb and each misuse of the call tree, with a clock of its own. Waiting is in test_wait.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tree_pair.h"

static char order[64];

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
    assert_int_equal(p.bottom.cancels, 0); /* on_close comes in the turn, not from inside the verb */
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
    strcat(order, yz_config(call) == yz_call_chain(call)->links[0].config ? "top" : "bottom");
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
    yz_wait *wait = yz_wait_start(memory_call, "write", 100, NULL, NULL);
    yz_cancel(p.c.call);
    world_pass(&p.w, 1000);
    assert_int_equal(yz_call_count(&p.w.worker), 2); /* rule 5 */
    memset(yz_state(memory_call), 7, 64);
    yz_buf pending = {0};
    yz_call_print_pending(p.c.call, &pending);
    assert_int_equal(pending.n, strlen("bottom: write 1000 ms\n"));
    assert_memory_equal(pending.p, "bottom: write 1000 ms\n", pending.n);
    yz_buf_free(&pending);
    yz_wait_done(wait);
    assert_int_equal(yz_call_count(&p.w.worker), 2); /* until the turn is over */
    pair_close(&p);
}

/* ---- verbs: down ---------------------------------------------------------------------------------------------------- */

static yz_request other_request = {YZ_REQUEST, .model = {"other", 5}};

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

static script outside_script;
static const yz_link outside_link = {&leaf, "outside", &outside_script, NULL};
static void do_hand_over(yz_call *call, script *s) {
    (void)s;
    yz_call_hand_over(call, &outside_link, NULL);
}

static void test_filter_outside_the_chain(void **state) {
    (void)state;
    pair p;
    pair_open(&p, &watching, &leaf);
    outside_script = (script){.call = do_answer};
    p.top.call = do_next, p.bottom.call = do_hand_over;
    pair_start(&p);
    world_settle(&p.w);
    assert_string_equal(p.c.log, "head hello end");
    assert_int_equal(p.bottom.cancels, 0);
    assert_int_equal(outside_script.cancels, 1);
    pair_close(&p);
    pair_open(&p, &watching, &leaf);
    outside_script = (script){.call = do_next}; /* there is nothing after it */
    p.top.call = do_next, p.bottom.call = do_hand_over;
    pair_start(&p);
    world_settle(&p.w);
    assert_string_equal(p.c.log, "error:internal_error");
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
    yz_wait *wait = yz_wait_start(call, "late", 1, NULL, NULL);
    yz_pass(call, NULL);
    yz_deadline(call, 5);
    yz_wait_done(wait);
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

static void do_commit_and_fail(yz_call *call, script *s) {
    if (s->calls == 2) { /* the second attempt got as far as the body */
        assert_false(yz_committed(call));
        yz_call_commit(call);
        assert_true(yz_committed(call));
    }
    do_fail(call, s);
}
static void try_again_unless_committed(yz_call *call, script *s, yz_call *child, const yz_error *error) {
    assert_int_equal(yz_committed(call), s->errors == 2);
    if (yz_committed(call))
        yz_send_error(call, error);
    else
        s->child = yz_next(call, NULL);
    (void)child;
}

/* Bytes of a request that are gone commit a call as bytes of an answer do, though nothing has gone up. */
static void test_a_body_that_is_gone_commits(void **state) {
    (void)state;
    pair p;
    pair_open(&p, &watching, &leaf);
    p.top.call = do_next, p.top.error = try_again_unless_committed, p.bottom.call = do_commit_and_fail;
    pair_start(&p);
    world_settle(&p.w);
    assert_int_equal(p.bottom.calls, 2);
    assert_string_equal(p.c.log, "error:upstream_error");
    assert_string_equal(p.c.message, "attempt 2 failed");
    pair_close(&p);
}

static void do_two_waiting(yz_call *call, script *s) {
    s->child = yz_next(call, NULL);
    s->other = yz_next(call, NULL);
}

/* Whose body it is does not change what another attempt has done so far, and an answer may still come. */
static void test_only_those_above_are_committed(void **state) {
    (void)state;
    pair p;
    pair_open(&p, &watching, &leaf);
    p.top.call = do_two_waiting, p.bottom.call = do_wait;
    pair_start(&p);
    world_settle(&p.w);
    yz_call_commit(p.top.child);
    assert_true(yz_committed(p.top.seen) && yz_committed(p.c.call));
    assert_false(yz_committed(p.top.other));
    do_answer(p.top.child, NULL);
    world_settle(&p.w);
    assert_string_equal(p.c.log, "head hello end");
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

/* The list of what runs: from the start of a root to its end, in the order they began, whichever ends first. */
static void test_running_roots(void **state) {
    (void)state;
    pair p;
    pair_open(&p, &watching, &leaf);
    p.top.call = do_next, p.bottom.call = do_wait;
    yz_call *roots[3];
    client others[3];
    assert_null(yz_call_oldest(&p.w.worker));
    for (size_t i = 0; i < 3; i++) {
        client_start(&others[i], &p.w, &p.chain, &p.request);
        roots[i] = others[i].call;
        world_pass(&p.w, 5);
    }
    assert_ptr_equal(yz_call_oldest(&p.w.worker), roots[0]);
    assert_ptr_equal(yz_call_later(roots[0]), roots[1]);
    assert_ptr_equal(yz_call_later(roots[1]), roots[2]);
    assert_null(yz_call_later(roots[2]));
    yz_cancel(roots[1]);
    assert_ptr_equal(yz_call_later(roots[0]), roots[2]);
    yz_cancel(roots[0]);
    assert_ptr_equal(yz_call_oldest(&p.w.worker), roots[2]);
    yz_cancel(roots[2]);
    assert_null(yz_call_oldest(&p.w.worker));
    world_settle(&p.w);
    pair_close(&p);
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
        T(test_filter_outside_the_chain),
        T(test_pass_after_next_is_refused),
        T(test_leaf_that_passes_or_starts),
        T(test_verbs_after_the_end),
        T(test_a_body_that_is_gone_commits),
        T(test_only_those_above_are_committed),
        T(test_second_attempt_is_a_fresh_call),
        T(test_running_roots),
        T(test_order_of_events),
        T(test_parent_cancels_inside_a_chunk),
        T(test_end_that_is_swallowed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
