/* test_wait.c: what a call may wait for: timers, waits, deadlines; flow; detached roots, shares and notes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tree_pair.h"

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

static void wait_late(void *arg) {
    script *s = arg;
    s->lates++;
    yz_fail(s->seen, YZ_ERROR_TIMEOUT, "late");
}
static void do_wait_with_hook(yz_call *call, script *s) { s->wait = yz_wait_start(call, "redis get", 50, wait_late, s); }
static void do_plain_wait(yz_call *call, script *s) { s->wait = yz_wait_start(call, "redis get", 50, NULL, NULL); }
static void wait_late_idle(void *arg) { ((script *)arg)->lates++; }
static void do_wait_idle(yz_call *call, script *s) { s->wait = yz_wait_start(call, "redis get", 50, wait_late_idle, s); }

static void test_late_waits(void **state) {
    (void)state;
    const struct {
        void (*call)(yz_call *call, script *s);
        const char *log, *message;
        int lates;
    } cases[] = {{do_plain_wait, "error:upstream_timeout", "stage top waited too long for: redis get", 0},
                 {do_wait_with_hook, "error:upstream_timeout", "late", 1},
                 {do_wait_idle, "error:internal_error", "internal error in stage top", 1}};
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
        yz_wait_done(p.top.wait);
        pair_close(&p);
    }
}

static void test_wait_released_in_time(void **state) {
    (void)state;
    pair p;
    pair_open(&p, &watching, &leaf);
    p.top.call = do_wait_with_hook;
    pair_start(&p);
    world_pass(&p.w, 20);
    yz_wait_done(p.top.wait); /* as a store's callback does: release, then go on */
    do_answer(p.top.seen, NULL);
    world_pass(&p.w, 100);
    assert_string_equal(p.c.log, "head hello end");
    assert_int_equal(p.top.lates, 0);
    pair_close(&p);
}

static void test_wait_released_and_forgotten(void **state) {
    (void)state;
    pair p;
    pair_open(&p, &watching, &leaf);
    p.top.call = do_wait_with_hook;
    pair_start(&p);
    world_pass(&p.w, 20);
    yz_wait_done(p.top.wait);
    world_settle(&p.w);
    assert_string_equal(p.c.log, "error:internal_error");
    pair_close(&p);
}

static void wait_closed(void *arg) {
    script *s = arg;
    s->lates++;
    yz_wait_done(s->wait);
}
static void do_wait_with_close(yz_call *call, script *s) {
    do_wait_idle(call, s);
    yz_wait_on_close(s->wait, wait_closed);
}

/* The end of the call ends what it waited for, in the same turn; a wait that ended before is left in peace. */
static void test_wait_closed_with_its_call(void **state) {
    (void)state;
    for (int released = 0; released < 2; released++) {
        pair p;
        pair_open(&p, &watching, &leaf);
        p.top.call = do_wait_with_close;
        pair_start(&p);
        world_settle(&p.w);
        yz_cancel(p.c.call);
        assert_int_equal(p.top.lates, 0); /* not inside the cancel */
        if (released)
            yz_wait_done(p.top.wait);
        world_settle(&p.w);
        assert_int_equal(p.top.lates, !released);
        assert_int_equal(yz_call_count(&p.w.worker), 0);
        pair_close(&p);
    }
}

static void test_wait_released_twice(void **state) {
    (void)state;
    pair p;
    pair_open(&p, &watching, &leaf);
    p.top.call = do_wait;
    pair_start(&p);
    world_settle(&p.w);
    yz_wait *wait = yz_wait_start(p.top.seen, "x", 10, NULL, NULL);
    yz_wait_done(wait);
    yz_wait_done(wait); /* said in the log, and harmless */
    world_settle(&p.w);
    assert_int_equal(yz_call_count(&p.w.worker), 1);
    yz_cancel(p.c.call);
    pair_close(&p);
}

static void do_wait_forever(yz_call *call, script *s) {
    s->wait = yz_wait_start(call, "first byte", 100000, NULL, NULL);
    do_wait(call, s);
}

static void test_deadline_names_whom_it_waited_for(void **state) {
    (void)state;
    pair p;
    pair_open(&p, &plain, &leaf);
    p.top.call = do_next, p.bottom.call = do_wait_forever;
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
    assert_non_null(strstr(p.c.message, "the deadline passed after 500 ms, waiting for the stage bottom"));
    assert_int_equal(p.c.started, YZ_STARTED_MAYBE);
    assert_int_equal(p.bottom.cancels, 1);
    yz_wait_done(p.bottom.wait);
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

/* Deadlines and waits set, set anew and released at random, on every call of a deep tree: it ends in the millisecond the model says, and
 * until then yz_time_left agrees with it on every call. */
enum { DEPTH = 5, WAITS = 8 };

static void check_time_left(yz_call *const *calls, const int64_t *deadlines, int64_t now) {
    int64_t nearest = INT64_MAX;
    for (int i = 0; i < DEPTH; i++) {
        nearest = deadlines[i] < nearest ? deadlines[i] : nearest;
        assert_int_equal(yz_time_left(calls[i]), nearest == INT64_MAX ? INT64_MAX : nearest - now);
    }
}

static void wait_at_random(uint64_t seed) {
    yz_rng rng = {{seed, 2, 3, 4}};
    world w;
    world_open(&w);
    script scripts[DEPTH] = {0};
    yz_link links[DEPTH];
    for (int i = 0; i < DEPTH; i++) {
        scripts[i].call = i + 1 < DEPTH ? do_next : do_wait;
        links[i] = (yz_link){i + 1 < DEPTH ? &plain : &leaf, "stage", &scripts[i], NULL};
    }
    yz_chain chain = {.links = links, .n = DEPTH};
    yz_request request = {YZ_REQUEST, .model = YZ_STR("m")};
    client c;
    client_start(&c, &w, &chain, &request);
    world_settle(&w);
    yz_call *calls[DEPTH];
    int64_t deadlines[DEPTH], late[WAITS], due = w.now + 1000000;
    yz_wait *waits[WAITS] = {0};
    for (int i = 0; i < DEPTH; i++) {
        calls[i] = scripts[i].seen;
        deadlines[i] = INT64_MAX;
    }
    while (!c.ended) {
        uint64_t dice = yz_rng_next(&rng);
        int64_t ms = (int64_t)(dice >> 32 & 255) - 5;
        size_t at = dice >> 16 & 0xff;
        if (dice % 4 == 0) {
            yz_deadline(calls[at % DEPTH], ms);
            deadlines[at % DEPTH] = w.now + (ms > 1 ? ms : 1);
        } else if (dice % 4 == 1 && waits[at % WAITS]) {
            yz_wait_done(waits[at % WAITS]);
            waits[at % WAITS] = NULL;
        } else if (dice % 4 == 2 && !waits[at % WAITS]) {
            waits[at % WAITS] = yz_wait_start(calls[at % DEPTH], "wait", ms, NULL, NULL);
            late[at % WAITS] = w.now + (ms > 1 ? ms : 1);
        } else {
            world_pass(&w, (int64_t)(dice >> 8 & 15));
        }
        if (c.ended)
            break;
        check_time_left(calls, deadlines, w.now);
        due = INT64_MAX;
        for (int i = 0; i < DEPTH; i++)
            due = deadlines[i] < due ? deadlines[i] : due;
        for (int i = 0; i < WAITS; i++)
            due = waits[i] && late[i] < due ? late[i] : due;
        assert_true(due > w.now);
    }
    assert_true(due <= w.now); /* it ended no sooner than it had to */
    assert_string_equal(c.log, "error:upstream_timeout");
    for (int i = 0; i < WAITS; i++)
        if (waits[i])
            yz_wait_done(waits[i]);
    world_settle(&w);
    assert_int_equal(yz_call_count(&w.worker), 0);
    assert_int_equal(w.worker.turn.n_heap, 0);
    world_close(&w);
}

static void test_waits_against_a_model(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed <= 500; seed++)
        wait_at_random(seed);
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
    request->size = sizeof *request;
    request->model = yz_dup(yz_call_arena(call), YZ_STR("shared"));
    memset(&shared_client, 0, sizeof shared_client);
    shared_root = yz_root(call, request, &client_parent, &shared_client);
    do_wait(call, s);
}

static void do_note_and_wait(yz_call *call, script *s) {
    const yz_quota tight = {.most = 10, .left = 1}, loose = {.most = 100, .left = 11};
    yz_note(call, "attempts", YZ_STR("2"));
    yz_allow(call, YZ_QUOTA_REQUESTS, &tight);
    yz_allow(call, YZ_QUOTA_REQUESTS, &loose);
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
    yz_allowance allowed;
    assert_true(yz_call_allowance(p.c.call, &allowed));
    assert_int_equal(allowed.known, 1u << YZ_QUOTA_REQUESTS);
    assert_int_equal(allowed.of[YZ_QUOTA_REQUESTS].left, 1); /* of several the tightest */
    assert_false(yz_committed(p.top.seen));
    yz_call_commit(shared_root); /* the body is that of `like` */
    assert_true(yz_committed(p.top.seen) && yz_committed(p.c.call));
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
    p.top.call = do_root, p.bottom.call = do_wait_forever;
    pair_start(&p);
    world_settle(&p.w);
    assert_int_equal(shares, 2);
    yz_cancel(p.c.call);
    world_settle(&p.w);
    assert_int_equal(shares, 2); /* the detached root still reads like's memory */
    yz_cancel(shared_root);
    world_settle(&p.w);
    assert_int_equal(shares, 2);
    yz_wait_done(p.bottom.wait);
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
        yz_on_free(yz_call_arena(call), wait_late_idle, s);
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
        T(test_timers),
        T(test_timers_are_used_again),
        T(test_timer_that_leads_nowhere),
        T(test_late_waits),
        T(test_wait_released_in_time),
        T(test_wait_closed_with_its_call),
        T(test_wait_released_and_forgotten),
        T(test_wait_released_twice),
        T(test_deadline_names_whom_it_waited_for),
        T(test_deadline_of_a_child),
        T(test_waits_against_a_model),
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
