/* test_record.c: the records of calls: who began when and why, how each ended, whose answer it was, and work that several calls share. What
 * providers, caches, policies and retries write into them is tested where they are. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/log.h"
#include "tree_pair.h"

static const yz_record *first_of(const pair *p) { return yz_call_record(p->c.call); }

static size_t length_of(const yz_record *record) {
    size_t n = 0;
    for (; record; record = record->next)
        n++;
    return n;
}

static const yz_provider provider = {YZ_PROVIDER, .name = {"p", 1}};
static const yz_target target = {YZ_TARGET, .provider = &provider, .model = {"pm", 2}};

/* ---- one call and its children ------------------------------------------------------------------------------------------ */

static void wait_then_answer(yz_call *call, script *s) {
    (void)s;
    yz_timer_start(call, 50);
}
static void answer_now(yz_call *call, script *s, yz_timer *timer) {
    (void)s, (void)timer;
    yz_usage usage = yz_usage_of(3, 5);
    yz_send_head(call, &(yz_head){YZ_HEAD, .status = 200, .target = &target});
    yz_send_chunk(call, &(yz_chunk){YZ_CHUNK, .bytes = YZ_STR("hello"), .marks = YZ_MARK_CONTENT});
    yz_send_end(call, &(yz_end){YZ_END, .usage = &usage, .finish = YZ_FINISH_STOP});
}

/* While the client hears of the end: the root is freed with the turn. */
static void check_answer(void *arg, yz_call *child, const yz_end *end) {
    const yz_record *top = yz_call_record(child), *bottom = top->next;
    client_end(arg, child, end);
    assert_ptr_equal(bottom->parent, top);
    assert_string_equal(bottom->stage, "bottom");
    assert_int_equal(bottom->because, YZ_BECAUSE_FIRST);
    assert_int_equal(bottom->outcome, YZ_OUTCOME_DONE);
    assert_int_equal(top->outcome, YZ_OUTCOME_DONE);
    assert_int_equal(bottom->finish, YZ_FINISH_STOP);
    assert_int_equal(bottom->content, 1050 * INT64_C(1000000));
    assert_int_equal(top->content, bottom->content);
    assert_int_equal(bottom->end, 1050 * INT64_C(1000000));
    assert_true(yz_str_is(bottom->model, "m"));
    assert_ptr_equal(yz_record_answer(top), bottom);
    /* The usage stands where it came in, and nowhere else. */
    assert_null(top->usage);
    assert_int_equal(yz_usage_get(bottom->usage, YZ_METER_OUTPUT), 5);
    assert_int_equal(bottom->source, YZ_SOURCE_PROVIDER);
    assert_ptr_equal(bottom->target, &target);
}
static const yz_parent checking = {YZ_PARENT, client_head, client_chunk, check_answer, client_error};

static void an_answer(void **state) {
    (void)state;
    pair p;
    pair_open(&p, &watching, &leaf);
    p.top.call = do_next, p.bottom.call = wait_then_answer, p.bottom.timer = answer_now;
    p.c.call = yz_call_start(&p.w.worker, &p.chain, 0, &p.request, NULL, &checking, &p.c);
    const yz_record *top = first_of(&p);
    assert_int_equal(top->outcome, YZ_OUTCOME_RUNNING);
    assert_int_equal(top->begin, 1000 * 1000000);
    world_settle(&p.w);
    assert_string_equal(top->stage, "top");
    assert_int_equal(length_of(top), 2);
    assert_ptr_equal(yz_record_answer(top), top); /* so far */
    p.w.now += 50;
    world_settle(&p.w);
    assert_int_equal(p.c.ended, 1);
    pair_close(&p);
}

static void do_three(yz_call *call, script *s) {
    s->child = yz_next(call, NULL);
    s->other = yz_next_because(call, NULL, YZ_BECAUSE_HEDGE);
    yz_request *request = yz_request_copy(yz_call_arena(call), yz_call_request(call));
    request->model = yz_dup(yz_call_arena(call), YZ_STR("another"));
    yz_next_because(call, request, YZ_BECAUSE_FALLBACK);
}

static int wins;
static void last_one_answers(yz_call *call, script *s) {
    if (s->calls == wins)
        do_answer(call, s);
    else
        do_wait(call, s);
}
static void on_head_of_three(yz_call *call, yz_call *child, const yz_head *head) {
    script *s = script_of(call);
    yz_cancel(s->child);
    if (s->other != child)
        yz_cancel(s->other);
    yz_send_head(call, head);
}
static const yz_filter racing = {YZ_FILTER, .call_size = 64, .on_call = on_call, .on_head = on_head_of_three, .on_error = on_error};

/* The records as they are when the client has its answer: the root is freed at the end of that turn. */
static struct {
    size_t n;
    yz_outcome outcomes[8];
    yz_because becauses[8];
    yz_error_class errors[8];
    char models[8][16];
    int answer; /* which */
} seen;

static void look(const yz_record *root) {
    memset(&seen, 0, sizeof seen);
    for (const yz_record *r = root; r && seen.n < 8; r = r->next, seen.n++) {
        seen.outcomes[seen.n] = r->outcome;
        seen.becauses[seen.n] = r->because;
        seen.errors[seen.n] = r->error;
        snprintf(seen.models[seen.n], sizeof seen.models[0], "%.*s", YZ_STR_ARGS(r->model));
        if (r == yz_record_answer(root))
            seen.answer = (int)seen.n;
    }
}
static void look_end(void *arg, yz_call *child, const yz_end *end) {
    look(yz_call_record(child));
    client_end(arg, child, end);
}
static void look_error(void *arg, yz_call *child, const yz_error *error) {
    look(yz_call_record(child));
    client_error(arg, child, error);
}
static const yz_parent looking = {YZ_PARENT, client_head, client_chunk, look_end, look_error};

static void start_looking(pair *p) {
    memset(&p->c, 0, sizeof p->c);
    p->c.call = yz_call_start(&p->w.worker, &p->chain, 0, &p->request, NULL, &looking, &p->c);
    world_settle(&p->w);
}

static void losers_are_cancelled(void **state) {
    (void)state;
    pair p;
    pair_open(&p, &racing, &leaf);
    wins = 2;
    p.top.call = do_three, p.bottom.call = last_one_answers;
    start_looking(&p);
    assert_int_equal(seen.n, 4);
    assert_int_equal(seen.outcomes[0], YZ_OUTCOME_DONE);
    assert_int_equal(seen.outcomes[1], YZ_OUTCOME_CANCELLED);
    assert_int_equal(seen.outcomes[2], YZ_OUTCOME_DONE);
    assert_int_equal(seen.outcomes[3], YZ_OUTCOME_CANCELLED);
    assert_int_equal(seen.becauses[2], YZ_BECAUSE_HEDGE);
    assert_int_equal(seen.becauses[3], YZ_BECAUSE_FALLBACK);
    assert_string_equal(seen.models[2], "m");
    assert_string_equal(seen.models[3], "another");
    assert_int_equal(seen.answer, 2);
    pair_close(&p);
}

/* Attempts give their memory back early, their records stay. */
static void attempts_can_be_read_to_the_end(void **state) {
    (void)state;
    pair p;
    pair_open(&p, &watching, &leaf);
    p.top.call = do_next, p.top.error = try_again, p.bottom.call = do_fail;
    start_looking(&p);
    assert_int_equal(seen.n, 4);
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(seen.outcomes[i], YZ_OUTCOME_FAILED);
        assert_int_equal(seen.errors[i], YZ_ERROR_SERVER);
        assert_string_equal(seen.models[i], "m");
    }
    assert_int_equal(seen.answer, 0); /* there was none */
    pair_close(&p);
}

static void a_cancelled_call(void **state) {
    (void)state;
    pair p;
    pair_open(&p, &watching, &leaf);
    p.top.call = do_next, p.bottom.call = do_wait;
    pair_start(&p);
    world_pass(&p.w, 70);
    yz_usage usage = yz_usage_of(11, -1);
    yz_record_usage(p.bottom.seen, &usage, YZ_SOURCE_PROVIDER);
    yz_usage_set(&usage, YZ_METER_OUTPUT, 2);
    yz_record_usage(p.bottom.seen, &usage, YZ_SOURCE_PROVIDER);
    yz_cancel(p.c.call);
    const yz_record *top = first_of(&p), *bottom = top->next; /* at once, before on_close */
    assert_int_equal(p.bottom.cancels, 0);
    assert_int_equal(top->outcome, YZ_OUTCOME_CANCELLED);
    assert_int_equal(bottom->outcome, YZ_OUTCOME_CANCELLED);
    assert_int_equal(bottom->end - bottom->begin, 70 * 1000000);
    assert_int_equal(yz_usage_get(bottom->usage, YZ_METER_INPUT), 11);
    assert_int_equal(yz_usage_get(bottom->usage, YZ_METER_OUTPUT), 2);
    pair_close(&p);
}

static void pass_on(yz_call *call, script *s) {
    (void)s;
    yz_request *request = yz_request_copy(yz_call_arena(call), yz_call_request(call));
    request->model = YZ_STR("chosen");
    yz_record_decision(call, &(yz_decision){YZ_DECISION, .policy = YZ_STR("first"), .asked = YZ_STR("m"), .chosen = YZ_STR("m")});
    yz_record_decision(call, &(yz_decision){YZ_DECISION, .policy = YZ_STR("second"), .asked = YZ_STR("m"), .chosen = YZ_STR("chosen"),
                                            .reason = YZ_STR("because")});
    yz_pass(call, request);
}

static void a_call_that_is_passed_on_keeps_its_record(void **state) {
    (void)state;
    pair p;
    pair_open(&p, &watching, &leaf);
    p.top.call = pass_on, p.bottom.call = do_wait;
    pair_start(&p);
    world_settle(&p.w);
    const yz_record *only = first_of(&p);
    assert_null(only->next);
    assert_string_equal(only->stage, "bottom");
    assert_true(yz_str_is(only->model, "chosen"));
    assert_true(yz_str_is(only->decision->policy, "second") && yz_str_is(only->decision->reason, "because"));
    assert_true(yz_str_is(only->decision->chosen, "chosen") && !only->decision->failed);
    assert_true(yz_str_is(only->decision->earlier->policy, "first"));
    assert_null(only->decision->earlier->earlier);
    yz_cancel(p.c.call);
    pair_close(&p);
}

/* A plugin built for an older minor makes a shorter decision. */
static void a_short_decision(void **state) {
    (void)state;
    pair p;
    pair_open(&p, &watching, &leaf);
    p.top.call = do_next, p.bottom.call = do_wait;
    pair_start(&p);
    world_settle(&p.w);
    yz_decision decision = {
        .size = offsetof(yz_decision, reason), .policy = YZ_STR("old"), .reason = {(const char *)1, 99}, .failed = true};
    yz_record_decision(p.top.seen, &decision);
    const yz_decision *kept = first_of(&p)->decision;
    assert_int_equal(kept->size, sizeof *kept);
    assert_true(yz_str_is(kept->policy, "old") && kept->reason.n == 0 && !kept->failed);
    yz_cancel(p.c.call);
    pair_close(&p);
}

static void send_thrice(yz_call *call, script *s) {
    yz_record *record = yz_call_record(call);
    record->target = &target;
    record->asked = record->connect = record->sent = record->first = 7;
    record->status = 429, record->key = 3;
    record->started = YZ_STARTED_MAYBE;
    yz_call_resent(call, YZ_ERROR_RATE_LIMIT, YZ_STARTED_NO);
    record->asked = record->connect = record->sent = 9;
    record->started = YZ_STARTED_MAYBE;
    yz_call_resent(call, YZ_ERROR_BROKEN, record->started);
    do_wait(call, s);
}

/* They stand where they were sent, in their order, also at the end of the list and in a root's own record; what comes after stands behind.
 */
static void tries_that_were_sent_again(void **state) {
    (void)state;
    pair p;
    pair_open(&p, &watching, &leaf);
    p.top.call = do_next, p.bottom.call = send_thrice;
    pair_start(&p);
    world_settle(&p.w);
    const yz_record *own = first_of(&p)->next, *refused = own->next, *lost = refused->next;
    assert_true(refused->parent == own && refused->target == &target && refused->key == 3);
    assert_true(refused->outcome == YZ_OUTCOME_FAILED && refused->error == YZ_ERROR_RATE_LIMIT && refused->started == YZ_STARTED_NO);
    assert_true(refused->status == 429 && refused->begin == 7 && refused->asked == 7 && refused->first == 7);
    assert_true(lost->parent == own && lost->target == &target);
    assert_true(lost->outcome == YZ_OUTCOME_FAILED && lost->error == YZ_ERROR_BROKEN && lost->started == YZ_STARTED_MAYBE);
    assert_true(lost->sent == 9 && lost->begin == 9 && lost->first == 0 && lost->status == 0 && !lost->usage && lost->end >= lost->begin);
    assert_true(own->started == YZ_STARTED_NO && own->asked == 0 && own->sent == 0 && own->first == 0 && own->status == 0); /* so far */
    assert_ptr_equal(yz_record_answer(own), own);
    yz_next(p.top.seen, NULL);
    world_settle(&p.w);
    assert_ptr_equal(lost->next->parent, first_of(&p));
    yz_cancel(p.c.call);
    pair_close(&p);
}

/* ---- what it costs ------------------------------------------------------------------------------------------------------- */

static void do_stream(yz_call *call, script *s) {
    head_up(call);
    do_wait(call, s);
}

static void nothing_is_allocated_for_a_chunk(void **state) {
    (void)state;
    pair p;
    pair_open(&p, &watching, &leaf);
    p.top.call = do_next, p.bottom.call = do_stream;
    pair_start(&p);
    world_settle(&p.w);
    size_t before = yz_arena_size(yz_call_arena(p.c.call));
    yz_chunk chunk = {YZ_CHUNK, .bytes = YZ_STR("x"), .marks = YZ_MARK_CONTENT};
    yz_usage usage = yz_usage_of(1, 1);
    yz_record_usage(p.bottom.seen, &usage, YZ_SOURCE_PROVIDER);
    size_t with_usage = yz_arena_size(yz_call_arena(p.c.call));
    for (int i = 0; i < 100000; i++) {
        p.c.log[0] = 0;
        yz_send_chunk(p.bottom.seen, &chunk);
        yz_record_usage(p.bottom.seen, &usage, YZ_SOURCE_PROVIDER);
    }
    assert_int_equal(yz_arena_size(yz_call_arena(p.c.call)), with_usage);
    assert_true(with_usage - before <= 4096); /* a block, if it was just full */
    assert_true(sizeof(yz_record) <= 320);    /* five cache lines an attempt */
    yz_cancel(p.c.call);
    pair_close(&p);
}

/* ---- shared work --------------------------------------------------------------------------------------------------------- */

static yz_call *work, *worker_leaf, *riders[3];
static int n_riders;
static bool is_mute; /* the provider does not say what was used */

static void work_event(void *arg, yz_call *child, const yz_head *head) { (void)arg, (void)child, (void)head; }
static void work_chunk(void *arg, yz_call *child, const yz_chunk *chunk) { (void)arg, (void)child, (void)chunk; }
static void work_end(void *arg, yz_call *child, const yz_end *end) {
    (void)arg, (void)child;
    work = NULL;
    for (int i = 0; i < n_riders; i++)
        if (!yz_ended(riders[i])) {
            head_up(riders[i]);
            yz_send_end(riders[i], end);
        }
}
static void work_error(void *arg, yz_call *child, const yz_error *error) {
    (void)arg, (void)child;
    work = NULL;
    for (int i = 0; i < n_riders; i++)
        yz_send_error(riders[i], error);
}
static const yz_parent work_parent = {YZ_PARENT, work_event, work_chunk, work_end, work_error};

static void do_ride(yz_call *call, script *s) {
    (void)s;
    riders[n_riders++] = call;
    if (!work)
        work = yz_root(call, NULL, &work_parent, NULL);
    yz_record_share(call, work);
    yz_timer_start(call, 1000000);
}
static void do_work(yz_call *call, script *s) {
    worker_leaf = call;
    yz_usage usage = yz_usage_of(10, 20);
    yz_call_record(call)->target = &target;
    if (!is_mute)
        yz_record_usage(call, &usage, YZ_SOURCE_PROVIDER);
    do_wait(call, s);
}

static client riding[3];
static yz_outcome work_outcome[3];
static yz_because work_because[3];
static yz_usage_source work_source[3];
static size_t work_length[3];
static bool answer_is_the_leaf[3];

static void look_at_ride(client *c) {
    size_t i = (size_t)(c - riding);
    const yz_record *root = yz_call_record(c->call);
    assert_null(root->shared);
    work_length[i] = length_of(root);
    work_outcome[i] = root->next->outcome;
    work_because[i] = root->next->because;
    work_source[i] = root->next->source;
    assert_ptr_equal(root->next->parent, root);
    assert_ptr_equal(root->next->target, &target);
    if (!is_mute)
        assert_int_equal(yz_usage_get(root->next->usage, YZ_METER_OUTPUT), 20);
    answer_is_the_leaf[i] = yz_record_answer(root) == root->next;
}
static void ride_end(void *arg, yz_call *child, const yz_end *end) {
    look_at_ride(arg);
    client_end(arg, child, end);
}
static const yz_parent ride_parent = {YZ_PARENT, client_head, client_chunk, ride_end, client_error};

static void ride_open(pair *p, int n) {
    work = NULL;
    n_riders = 0;
    pair_open(p, &leaf, &leaf);
    p->top.call = do_ride, p->bottom.call = do_work;
    for (int i = 0; i < n; i++) {
        memset(&riding[i], 0, sizeof riding[i]);
        riding[i].call = yz_call_start(&p->w.worker, &p->chain, 0, &p->request, NULL, &ride_parent, &riding[i]);
        world_settle(&p->w);
    }
}

static void work_is_shared(void **state) {
    (void)state;
    pair p;
    ride_open(&p, 3);
    const yz_record *second = yz_call_record(riders[1]);
    assert_ptr_equal(second->shared, yz_call_record(work));
    assert_ptr_equal(yz_record_answer(second), yz_call_record(worker_leaf)); /* while it runs, it can be looked at */
    do_answer(worker_leaf, &p.bottom);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(work_length[i], 2);
        assert_int_equal(work_outcome[i], YZ_OUTCOME_DONE);
        assert_int_equal(work_because[i], i == 0 ? YZ_BECAUSE_FIRST : YZ_BECAUSE_COALESCED);
        assert_int_equal(work_source[i], i == 0 ? YZ_SOURCE_PROVIDER : YZ_SOURCE_SHARED); /* one pays */
        assert_true(answer_is_the_leaf[i]);
    }
    pair_close(&p);
}

/* An estimate would be made for each of them. */
static void one_pays_also_where_nobody_says_what_was_used(void **state) {
    (void)state;
    pair p;
    is_mute = true;
    ride_open(&p, 2);
    do_answer(worker_leaf, &p.bottom);
    is_mute = false;
    assert_int_equal(work_source[0], YZ_SOURCE_NONE);
    assert_int_equal(work_source[1], YZ_SOURCE_SHARED);
    pair_close(&p);
}

static void who_stays_pays(void **state) {
    (void)state;
    pair p;
    ride_open(&p, 2);
    yz_cancel(riding[0].call); /* it had begun the work */
    look_at_ride(&riding[0]);
    assert_int_equal(work_outcome[0], YZ_OUTCOME_CANCELLED);
    assert_int_equal(work_source[0], YZ_SOURCE_SHARED);
    world_settle(&p.w);
    do_answer(worker_leaf, &p.bottom);
    assert_int_equal(work_outcome[1], YZ_OUTCOME_DONE);
    assert_int_equal(work_source[1], YZ_SOURCE_PROVIDER);
    pair_close(&p);
}

static void the_last_to_leave_pays(void **state) {
    (void)state;
    pair p;
    ride_open(&p, 2);
    yz_cancel(riding[0].call);
    yz_cancel(riding[1].call);
    look_at_ride(&riding[1]);
    assert_int_equal(work_outcome[1], YZ_OUTCOME_CANCELLED);
    assert_int_equal(work_source[1], YZ_SOURCE_PROVIDER);
    assert_int_equal(work_because[1], YZ_BECAUSE_COALESCED);
    yz_cancel(work);
    pair_close(&p);
}

/* ---- counters ------------------------------------------------------------------------------------------------------------ */

static void counters(void **state) {
    (void)state;
    world w;
    world_open(&w);
    yz_counter a = yz_counter_declare("test_apples", "apples eaten"), b = yz_counter_declare("test_pears", "pears eaten");
    assert_true(a != 0 && b != 0 && a != b);
    assert_int_equal(yz_counter_declare("test_apples", "another help"), a); /* as after a reload */
    assert_string_equal(yz_counter_at(a).help, "apples eaten");
    yz_count(&w.worker, a, 2);
    yz_count(&w.worker, a, 3);
    yz_count(&w.worker, 0, 100);
    assert_int_equal(world_counter(&w, "test_apples"), 5);
    assert_int_equal(world_counter(&w, "test_pears"), 0);
    yz_log_level_set((yz_log_level)(YZ_LOG_ERROR + 1));
    assert_int_equal(yz_counter_declare("", "none"), 0);
    assert_int_equal(yz_counter_declare("Apples", "upper case"), 0);
    assert_int_equal(yz_counter_declare("requests", "one of the gateway's own"), 0);
    assert_int_equal(yz_counter_declare("a_name_that_is_far_too_long_to_be_shown_by_anybody_in_his_right_mind", "long"), 0);
    char name[16];
    yz_counter last = 1;
    for (int i = 0; i < YZ_COUNTER_SLOTS; i++) {
        snprintf(name, sizeof name, "test_%d", i);
        last = yz_counter_declare(name, "many");
    }
    assert_int_equal(last, 0);
    assert_null(yz_counter_at(YZ_COUNTER_SLOTS).name);
    assert_int_equal(yz_counter_declare("test_pears", ""), b); /* what is there goes on */
    world_close(&w);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_answer),
        cmocka_unit_test(losers_are_cancelled),
        cmocka_unit_test(attempts_can_be_read_to_the_end),
        cmocka_unit_test(a_cancelled_call),
        cmocka_unit_test(a_call_that_is_passed_on_keeps_its_record),
        cmocka_unit_test(a_short_decision),
        cmocka_unit_test(nothing_is_allocated_for_a_chunk),
        cmocka_unit_test(tries_that_were_sent_again),
        cmocka_unit_test(work_is_shared),
        cmocka_unit_test(one_pays_also_where_nobody_says_what_was_used),
        cmocka_unit_test(who_stays_pays),
        cmocka_unit_test(the_last_to_leave_pays),
        cmocka_unit_test(counters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
