/* test_retry.c: which errors are tried again, when, how often, and at what price. The clock is the test's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

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
static void one_model(void (*fn)(void *arg, yz_str model, const yz_target *const *targets, size_t n), void *arg) {
    fn(arg, YZ_STR("m"), NULL, 0);
}
#define yz_diag_error  diag_into_complaint
#define yz_models_each one_model
#include "retry.c"

/* What `retry {}` says. */
static config defaults(void) {
    yz_arena *arena = yz_arena_new(NULL);
    yz_diag diag = {0};
    const config *cfg = yz_options_config(yuzui_plugin(NULL), NULL, arena, &diag);
    assert_non_null(cfg);
    config copy = *cfg; /* no option of it points anywhere */
    yz_arena_free(arena);
    return copy;
}

static void retry_open(rig *r, const config *cfg) {
    void *stage = NULL;
    assert_int_equal(open_stage(NULL, cfg, &stage, NULL), YZ_OK);
    rig_open(r, &filter, cfg, stage);
}

static void retry_close(rig *r) {
    filter.close(r->links[0].stage);
    rig_close(r);
}

/* Attempts made for a provider that fails like this for ever. */
static size_t attempts_when(const config *cfg, leaf_outcome outcome, yz_again again, bool elsewhere) {
    rig r;
    retry_open(&r, cfg);
    r.plan.again = again;
    r.plan.elsewhere = elsewhere;
    r.plan.outcomes[0] = outcome;
    r.plan.for_ever = true;
    rig_start(&r);
    world_pass(&r.w, 100000);
    assert_int_equal(r.c.ended, 1);
    size_t made = r.plan.calls;
    retry_close(&r);
    return made;
}

static size_t attempts_made(const config *cfg, leaf_outcome outcome) { return attempts_when(cfg, outcome, YZ_AGAIN_UNSAID, false); }

static size_t attempts_for_class(const config *cfg, yz_error_class class_, yz_started started) {
    return attempts_made(cfg, (leaf_outcome){LEAF_FAIL, class_, started, 0});
}

static void test_classes(void **unused) {
    (void)unused;
    config cfg = defaults();
    const yz_error_class yes[] = {YZ_ERROR_RATE_LIMIT, YZ_ERROR_TIMEOUT,    YZ_ERROR_CONNECT,
                                  YZ_ERROR_BROKEN,     YZ_ERROR_OVERLOADED, YZ_ERROR_SERVER};
    for (size_t i = 0; i < sizeof yes / sizeof *yes; i++)
        assert_int_equal(attempts_for_class(&cfg, yes[i], YZ_STARTED_NO), 3);
    const yz_error_class no[] = {YZ_ERROR_BAD_REQUEST,    YZ_ERROR_AUTH,           YZ_ERROR_FORBIDDEN,     YZ_ERROR_NOT_FOUND,
                                 YZ_ERROR_TOO_LARGE,      YZ_ERROR_QUOTA,          YZ_ERROR_UPSTREAM_AUTH, YZ_ERROR_UNSUPPORTED,
                                 YZ_ERROR_CONTEXT_LENGTH, YZ_ERROR_CONTENT_POLICY, YZ_ERROR_UNAVAILABLE,   YZ_ERROR_INTERNAL,
                                 YZ_ERROR_ANSWERED};
    for (size_t i = 0; i < sizeof no / sizeof *no; i++)
        assert_int_equal(attempts_for_class(&cfg, no[i], YZ_STARTED_NO), 1);
    cfg.rate_limit = 5, cfg.server = 1;
    assert_int_equal(attempts_for_class(&cfg, YZ_ERROR_RATE_LIMIT, YZ_STARTED_NO), 5);
    assert_int_equal(attempts_for_class(&cfg, YZ_ERROR_SERVER, YZ_STARTED_NO), 1);
}

/* A provider that says whether another try can help knows it better than its class; another target has said nothing. */
static void test_what_the_provider_says(void **unused) {
    (void)unused;
    config cfg = defaults();
    const struct {
        yz_error_class class_;
        yz_again again;
        bool elsewhere;
        size_t attempts;
    } cases[] = {{YZ_ERROR_OVERLOADED, YZ_AGAIN_NO, false, 1},  {YZ_ERROR_OVERLOADED, YZ_AGAIN_NO, true, 3},
                 {YZ_ERROR_OVERLOADED, YZ_AGAIN_YES, false, 3}, {YZ_ERROR_BAD_REQUEST, YZ_AGAIN_YES, false, 3},
                 {YZ_ERROR_BAD_REQUEST, YZ_AGAIN_YES, true, 1}, {YZ_ERROR_QUOTA, YZ_AGAIN_YES, false, 1}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(
            attempts_when(&cfg, (leaf_outcome){LEAF_FAIL, cases[i].class_, YZ_STARTED_NO, 0}, cases[i].again, cases[i].elsewhere),
            cases[i].attempts);
    assert_int_equal(attempts_when(&cfg, (leaf_outcome){LEAF_FAIL, YZ_ERROR_TIMEOUT, YZ_STARTED_MAYBE, 0}, YZ_AGAIN_YES, false), 1);
}

static void test_nowhere_to_go(void **unused) {
    (void)unused;
    config cfg = defaults();
    rig r;
    retry_open(&r, &cfg);
    r.plan.outcomes[0] = (leaf_outcome){LEAF_FAIL, YZ_ERROR_SERVER, YZ_STARTED_NO, 0};
    r.plan.for_ever = r.plan.nowhere = true;
    rig_start(&r);
    assert_int_equal(r.c.ended, 1); /* at once: no pause for nothing */
    assert_int_equal(r.plan.calls, 1);
    retry_close(&r);
}

static void test_work_that_may_have_begun(void **unused) {
    (void)unused;
    config cfg = defaults();
    assert_int_equal(attempts_for_class(&cfg, YZ_ERROR_SERVER, YZ_STARTED_MAYBE), 3);
    assert_int_equal(attempts_for_class(&cfg, YZ_ERROR_BROKEN, YZ_STARTED_YES), 3);
    assert_int_equal(attempts_for_class(&cfg, YZ_ERROR_TIMEOUT, YZ_STARTED_MAYBE), 1);
    cfg.ambiguous = FAIL;
    assert_int_equal(attempts_for_class(&cfg, YZ_ERROR_SERVER, YZ_STARTED_MAYBE), 1);
    assert_int_equal(attempts_for_class(&cfg, YZ_ERROR_SERVER, YZ_STARTED_NO), 3);
    cfg.ambiguous = RETRY;
    assert_int_equal(attempts_for_class(&cfg, YZ_ERROR_TIMEOUT, YZ_STARTED_MAYBE), 3);
}

static void test_second_attempt_succeeds(void **unused) {
    (void)unused;
    config cfg = defaults();
    rig r;
    retry_open(&r, &cfg);
    r.plan.outcomes[0] =
        (leaf_outcome){LEAF_FAIL, YZ_ERROR_SERVER, YZ_STARTED_MAYBE, 20}; /* a pause of its own may be 0 ms, which no note tells */
    r.plan.outcomes[1] = (leaf_outcome){.kind = LEAF_HANG};
    rig_start(&r);
    world_pass(&r.w, 121);
    assert_int_equal(r.plan.calls, 2);
    assert_string_equal(r.c.log, "");
    assert_non_null(rig_note(&r, "waited"));
    retry_close(&r);
}

static void test_every_attempt_has_a_record(void **unused) {
    (void)unused;
    config cfg = defaults();
    rig r;
    retry_open(&r, &cfg);
    r.plan.outcomes[0] = (leaf_outcome){LEAF_FAIL, YZ_ERROR_SERVER, YZ_STARTED_MAYBE, 0};
    r.plan.outcomes[1] = (leaf_outcome){LEAF_FAIL, YZ_ERROR_RATE_LIMIT, YZ_STARTED_NO, 0};
    r.plan.outcomes[2] = (leaf_outcome){.kind = LEAF_HANG};
    rig_start(&r);
    world_pass(&r.w, 1000);
    const yz_record *attempts[3], *root = yz_call_record(r.c.call), *at = root;
    for (size_t i = 0; i < 3; i++) {
        attempts[i] = at = at->next;
        assert_non_null(at);
        assert_ptr_equal(at->parent, root);
        assert_int_equal(at->because, i == 0 ? YZ_BECAUSE_FIRST : YZ_BECAUSE_RETRY);
        assert_int_equal(at->begin, r.plan.at[i] * 1000000);
    }
    assert_null(at->next);
    assert_int_equal(attempts[0]->outcome, YZ_OUTCOME_FAILED);
    assert_int_equal(attempts[0]->error, YZ_ERROR_SERVER);
    assert_int_equal(attempts[0]->started, YZ_STARTED_MAYBE);
    assert_int_equal(attempts[1]->error, YZ_ERROR_RATE_LIMIT);
    assert_int_equal(attempts[1]->started, YZ_STARTED_NO);
    assert_int_equal(attempts[2]->outcome, YZ_OUTCOME_RUNNING);
    assert_int_equal(world_counter(&r.w, "retries"), 2);
    retry_close(&r);
}

static void test_first_attempt_leaves_no_note(void **unused) {
    (void)unused;
    config cfg = defaults();
    rig r;
    retry_open(&r, &cfg);
    r.plan.outcomes[0] = (leaf_outcome){.kind = LEAF_HANG};
    rig_start(&r);
    assert_null(rig_note(&r, "waited"));
    retry_close(&r);
}

/* `attempts` is how often a request goes out, also where each attempt meets a dead connection and is sent again below. */
static void test_what_is_sent_again_below_counts(void **unused) {
    (void)unused;
    for (int64_t attempts = 1; attempts <= 6; attempts++) {
        config cfg = defaults();
        cfg.attempts = attempts;
        rig r;
        retry_open(&r, &cfg);
        r.plan.outcomes[0] = (leaf_outcome){LEAF_FAIL, YZ_ERROR_BROKEN, YZ_STARTED_MAYBE, 0};
        r.plan.resent = 1;
        r.plan.for_ever = true;
        rig_start(&r);
        world_pass(&r.w, 100000);
        assert_int_equal(r.c.ended, 1);
        assert_int_equal(r.plan.sent, attempts);
        retry_close(&r);
    }
}

static void test_clients_that_try_again(void **unused) {
    (void)unused;
    static const struct {
        const char *name, *value;
        size_t calls;
    } cases[] = {
        {"x-stainless-retry-count", "0", 1}, {"user-agent", "OpenAI/Python 3.57.0", 1}, {"user-agent", "ai/7.0.173 ai-sdk/openai", 1},
        {"user-agent", "curl/8.5", 3},       {"user-agent", "myOpenAI/1", 3},           {"x-other", "0", 3}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        for (int64_t fewer = 0; fewer <= 1; fewer++) {
            config cfg = defaults();
            cfg.client_attempts = fewer;
            yz_header header = {yz_str_of(cases[i].name), yz_str_of(cases[i].value)};
            rig r;
            retry_open(&r, &cfg);
            r.request.headers = &header;
            r.request.n_headers = 1;
            r.plan.outcomes[0] = (leaf_outcome){LEAF_FAIL, YZ_ERROR_OVERLOADED, YZ_STARTED_NO, 0};
            r.plan.for_ever = true;
            rig_start(&r);
            world_pass(&r.w, 100000);
            assert_int_equal(r.plan.calls, fewer ? cases[i].calls : 3);
            retry_close(&r);
        }
}

static void test_never_after_something_went_up(void **unused) {
    (void)unused;
    config cfg = defaults();
    assert_int_equal(attempts_made(&cfg, (leaf_outcome){LEAF_FAIL_AFTER_HEAD, YZ_ERROR_BROKEN, YZ_STARTED_YES, 0}), 1);
}

static void test_pauses_grow_and_are_bounded(void **unused) {
    (void)unused;
    config cfg = defaults();
    cfg.attempts = 10, cfg.base = 100, cfg.cap = 800, cfg.floor = 1000000;
    int64_t longest[9] = {0};
    for (int round = 0; round < 200; round++) {
        rig r;
        retry_open(&r, &cfg);
        yz_rng_init(&r.w.worker.rng, (uint64_t)round);
        r.plan.outcomes[0] = (leaf_outcome){LEAF_FAIL, YZ_ERROR_CONNECT, YZ_STARTED_NO, 0};
        r.plan.for_ever = true;
        rig_start(&r);
        world_pass(&r.w, 100000);
        assert_int_equal(r.plan.calls, 10);
        for (int i = 0; i < 9; i++) {
            int64_t pause = r.plan.at[i + 1] - r.plan.at[i], most = 100 << (i < 3 ? i : 3);
            assert_in_range(pause, 0, most);
            longest[i] = pause > longest[i] ? pause : longest[i];
        }
        retry_close(&r);
    }
    assert_true(longest[0] > 80); /* the jitter is full: it comes near the longest pause … */
    assert_true(longest[4] > 650 && longest[8] > 650);
}

static void test_retry_after(void **unused) {
    (void)unused;
    config cfg = defaults();
    rig r;
    retry_open(&r, &cfg);
    r.plan.outcomes[0] = (leaf_outcome){LEAF_FAIL, YZ_ERROR_RATE_LIMIT, YZ_STARTED_NO, 7000};
    rig_start(&r);
    world_pass(&r.w, 6999);
    assert_int_equal(r.plan.calls, 1);
    world_pass(&r.w, 102);
    assert_string_equal(r.c.log, "head hello end");
    retry_close(&r);
    assert_int_equal(attempts_made(&cfg, (leaf_outcome){LEAF_FAIL, YZ_ERROR_RATE_LIMIT, YZ_STARTED_NO, 10001}), 1);
}

/* Whoever asks for another pause after the first one would let the client wait for nothing, again and again. Brief ones are no wait. */
static void test_a_pause_is_sat_out_once(void **unused) {
    (void)unused;
    config cfg = defaults();
    assert_int_equal(attempts_made(&cfg, (leaf_outcome){LEAF_FAIL, YZ_ERROR_RATE_LIMIT, YZ_STARTED_NO, 4000}), 2);
    assert_int_equal(attempts_made(&cfg, (leaf_outcome){LEAF_FAIL, YZ_ERROR_RATE_LIMIT, YZ_STARTED_NO, 999}), 3);
}

static void test_not_past_the_deadline(void **unused) {
    (void)unused;
    config cfg = defaults();
    rig r;
    retry_open(&r, &cfg);
    r.plan.outcomes[0] = (leaf_outcome){LEAF_FAIL, YZ_ERROR_RATE_LIMIT, YZ_STARTED_NO, 7000};
    client_start(&r.c, &r.w, &r.chain, &r.request);
    yz_deadline(r.c.call, 5000);
    world_settle(&r.w);
    assert_string_equal(r.c.log, "error:rate_limited"); /* at once, not after five seconds */
    retry_close(&r);
}

/* An attempt that could not end in time if it were as fast as any lately is not begun. */
static void test_not_when_nobody_could_be_in_time(void **unused) {
    (void)unused;
    config cfg = defaults();
    cfg.base = cfg.cap = 1;
    for (int64_t deadline = 300; deadline <= 500; deadline += 200) {
        rig r;
        retry_open(&r, &cfg);
        budget *b = r.links[0].stage;
        for (int i = 0; i < 70; i++)
            learn(pace_of(b, YZ_STR("m")), false, i == 3 ? 400 : 900); /* the fastest is of the window before */
        learn(pace_of(b, YZ_STR("m")), true, 10);                      /* streams are another matter */
        r.plan.outcomes[0] = (leaf_outcome){LEAF_FAIL, YZ_ERROR_SERVER, YZ_STARTED_NO, 0};
        memset(&r.c, 0, sizeof r.c);
        client_start(&r.c, &r.w, &r.chain, &r.request);
        yz_deadline(r.c.call, deadline);
        world_pass(&r.w, 50);
        assert_int_equal(r.plan.calls, deadline > 400 ? 2 : 1);
        assert_int_equal(r.c.ended, 1);
        retry_close(&r);
    }
    pace p = {0};
    for (int i = 0; i < 200; i++)
        learn(&p, true, i == 0 ? 5 : 50); /* what was long ago is forgotten */
    assert_int_equal(p.of[1].least, 50);
    assert_int_equal(p.of[1].before, 50);
}

static void test_cancelled_while_pausing(void **unused) {
    (void)unused;
    config cfg = defaults();
    rig r;
    retry_open(&r, &cfg);
    r.plan.outcomes[0] = (leaf_outcome){LEAF_FAIL, YZ_ERROR_RATE_LIMIT, YZ_STARTED_NO, 7000};
    rig_start(&r);
    yz_cancel(r.c.call);
    r.c.call = NULL;
    world_pass(&r.w, 20000);
    assert_int_equal(r.plan.calls, 1);
    assert_int_equal(r.w.worker.turn.n_heap, 0);
    retry_close(&r);
}

/* A pause that is not sat out, too long or too long for the deadline, where another target can be asked: that one is, at once. One that can
 * be is sat out: the others have failed. */
static void test_others_instead_of_a_pause(void **unused) {
    (void)unused;
    static const struct {
        int64_t pause, deadline;
        bool others;
        size_t calls;
    } table[] = {{20000, 0, true, 2}, {20000, 0, false, 1}, {5000, 3000, true, 2}, {5000, 3000, false, 1}, {5000, 0, true, 1}};
    config cfg = defaults();
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        rig r;
        retry_open(&r, &cfg);
        r.plan.outcomes[0] = (leaf_outcome){LEAF_FAIL, YZ_ERROR_RATE_LIMIT, YZ_STARTED_NO, table[i].pause};
        r.plan.others = table[i].others;
        client_start(&r.c, &r.w, &r.chain, &r.request);
        if (table[i].deadline)
            yz_deadline(r.c.call, table[i].deadline);
        world_pass(&r.w, 2900);
        assert_int_equal(r.plan.calls, table[i].calls);
        world_pass(&r.w, 9000);
        assert_int_equal(r.c.error, table[i].others ? 0 : YZ_ERROR_RATE_LIMIT);
        retry_close(&r);
    }
}

/* `n` requests, one each 10 ms, to a provider that fails always; returns the calls it got. */
static size_t calls_of_a_storm(rig *r, int n) {
    size_t before = r->plan.calls;
    client *clients = yz_calloc((size_t)n, sizeof *clients);
    for (int i = 0; i < n; i++) {
        client_start(&clients[i], &r->w, &r->chain, &r->request);
        world_pass(&r->w, 10);
    }
    world_pass(&r->w, 1000);
    for (int i = 0; i < n; i++)
        assert_int_equal(clients[i].ended, 1);
    free(clients);
    return r->plan.calls - before;
}

static void test_budget(void **unused) {
    (void)unused;
    static const yz_provider provider = {YZ_PROVIDER, .name = {"p", 1}};
    static const yz_target asked = {YZ_TARGET, .provider = &provider};
    config cfg = defaults();
    cfg.floor = 0;
    rig r;
    retry_open(&r, &cfg);
    r.request.target = &asked;
    r.plan.outcomes[0] = (leaf_outcome){LEAF_FAIL, YZ_ERROR_CONNECT, YZ_STARTED_NO, 0};
    r.plan.for_ever = true;
    size_t calls = calls_of_a_storm(&r, 1000); /* 10 s */
    assert_in_range(calls, 1150, 1201);
    calls = calls_of_a_storm(&r, 1000); /* the window moves on */
    assert_in_range(calls, 1150, 1250);
    retry_close(&r);
    cfg.floor = 1, cfg.budget = 0; /* one a second, ten in the window, however few the requests are */
    retry_open(&r, &cfg);
    r.request.target = &asked;
    r.plan.outcomes[0] = (leaf_outcome){LEAF_FAIL, YZ_ERROR_CONNECT, YZ_STARTED_NO, 0};
    r.plan.for_ever = true;
    assert_int_equal(calls_of_a_storm(&r, 100), 110);
    world_pass(&r.w, 60000);
    assert_int_equal(calls_of_a_storm(&r, 100), 110);
    retry_close(&r);
    retry_open(&r, &cfg);
    r.plan.outcomes[0] = (leaf_outcome){LEAF_FAIL, YZ_ERROR_OVERLOADED, YZ_STARTED_NO, 0};
    r.plan.for_ever = true;
    assert_int_equal(calls_of_a_storm(&r, 100), 300); /* refused by a stage below, no provider was asked: that is nobody's load */
    retry_close(&r);
}

static void test_defaults(void **unused) {
    (void)unused;
    config cfg = defaults();
    assert_int_equal(cfg.attempts, 3);
    assert_int_equal(cfg.base, 100);
    assert_int_equal(cfg.cap, 5000);
    assert_int_equal(cfg.retry_after, 10000);
    assert_true(cfg.budget == 0.2);
    assert_int_equal(cfg.floor, 10);
    assert_int_equal(cfg.ambiguous, UNLESS_TIMEOUT);
    yz_arena *arena = yz_arena_new(NULL);
    const yz_plugin *plugin = yuzui_plugin(NULL);
    assert_null(yz_options_fault(plugin->options, plugin->n_options, plugin->config_size, arena));
    yz_arena_free(arena);
}

static void test_refuses_a_cap_below_the_base(void **unused) {
    (void)unused;
    config cfg = defaults();
    cfg.cap = 50;
    void *stage = NULL;
    assert_int_equal(open_stage(NULL, &cfg, &stage, NULL), YZ_EINVAL);
    assert_non_null(strstr(complaint, "50 ms < 100 ms"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_defaults),
        cmocka_unit_test(test_classes),
        cmocka_unit_test(test_what_the_provider_says),
        cmocka_unit_test(test_nowhere_to_go),
        cmocka_unit_test(test_work_that_may_have_begun),
        cmocka_unit_test(test_second_attempt_succeeds),
        cmocka_unit_test(test_every_attempt_has_a_record),
        cmocka_unit_test(test_first_attempt_leaves_no_note),
        cmocka_unit_test(test_what_is_sent_again_below_counts),
        cmocka_unit_test(test_clients_that_try_again),
        cmocka_unit_test(test_never_after_something_went_up),
        cmocka_unit_test(test_pauses_grow_and_are_bounded),
        cmocka_unit_test(test_retry_after),
        cmocka_unit_test(test_a_pause_is_sat_out_once),
        cmocka_unit_test(test_not_past_the_deadline),
        cmocka_unit_test(test_not_when_nobody_could_be_in_time),
        cmocka_unit_test(test_cancelled_while_pausing),
        cmocka_unit_test(test_others_instead_of_a_pause),
        cmocka_unit_test(test_budget),
        cmocka_unit_test(test_refuses_a_cap_below_the_base),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
