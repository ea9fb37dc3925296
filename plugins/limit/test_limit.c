/* test_limit.c: what is let through, what is given back, and what the client hears. */
#include "test_world.h"

#include <pthread.h>

/* ---- the counts of one process --------------------------------------------------------------------------------------------- */

static void test_a_window_slides(void **unused) {
    (void)unused;
    local_open();
    taken t;
    int64_t left = 0, wait = 0, now = 1000000;
    for (int i = 0; i < 100; i++)
        assert_true(local_take(11, 1, 100, 60000, now + i * 100, &t, &left, &wait)); /* over ten seconds */
    assert_int_equal(left, 0);
    assert_false(local_take(11, 1, 100, 60000, now + 10000, &t, &left, &wait));
    assert_in_range(wait, 50000 - 1, 53000); /* the first of them leaves the window, and a slot */
    /* No stretch of a minute ever holds more: whatever is let through at any time, count back. */
    int64_t passed[2000] = {0};
    size_t n = 0;
    for (int64_t at = now + 10000; at < now + 400000; at += 250)
        if (local_take(11, 1, 100, 60000, at, &t, &left, &wait))
            passed[n++] = at;
    for (size_t i = 0, from = 0; i < n; i++) {
        while (passed[from] <= passed[i] - 60000)
            from++;
        assert_true(i - from + 1 <= 100);
    }
    assert_true(n > 550); /* and little is lost: 390 s allow 650 - a slot of each window */
}

static void test_the_wait_is_long_enough(void **unused) {
    (void)unused;
    local_open();
    taken t;
    int64_t left, wait = 0, now = 5000000;
    for (int i = 0; i < 200; i++) {
        now += 37 * (i % 11);
        if (!local_take(12, 3, 20, 5000, now, &t, &left, &wait)) {
            assert_true(wait > 0 && wait <= 5000 + 5000 / 32 + 1);
            now += wait;
            assert_true(local_take(12, 3, 20, 5000, now, &t, &left, &wait));
        }
    }
    assert_false(local_take(12, 21, 20, 5000, now + 99999, &t, &left, &wait)); /* never fits */
}

static void test_corrections(void **unused) {
    (void)unused;
    local_open();
    taken t, later;
    int64_t left = 0, wait = 0, now = 7000000;
    assert_true(local_take(13, 80, 100, 60000, now, &t, &left, &wait));
    local_correct(&t, 60000, now + 5000, -60);
    assert_true(local_take(13, 80, 100, 60000, now + 5000, &later, &left, &wait));
    local_correct(&later, 60000, now + 200000, 500); /* has long left the window */
    assert_true(local_take(13, 100, 100, 60000, now + 200000, &later, &left, &wait));
}

enum { THREADS = 8, EACH = 2000, MOST_IN_ALL = 5000 };
static void *hammer(void *arg) {
    size_t *passed = arg;
    taken t;
    int64_t left, wait;
    for (int i = 0; i < EACH; i++)
        *passed += local_take(14, 1, MOST_IN_ALL, 60000, 9000000 + i, &t, &left, &wait);
    for (int i = 0; i < EACH; i++)
        if (local_enter(15, 3, 9000000))
            local_leave(15, 9000000);
    return NULL;
}
static void test_exact_over_threads(void **unused) {
    (void)unused;
    local_open();
    pthread_t threads[THREADS];
    size_t passed[THREADS] = {0}, all = 0;
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, hammer, &passed[i]), 0);
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
        all += passed[i];
    }
    assert_int_equal(all, MOST_IN_ALL);
    for (int i = 0; i < 3; i++)
        assert_true(local_enter(15, 3, 9000000)); /* all places are free again */
    assert_false(local_enter(15, 3, 9000000));
}

/* A full set lets go of who was idle the longest, and keeps who has calls under way. */
static void test_the_table_does_not_grow(void **unused) {
    (void)unused;
    local_open();
    assert_true(local_enter(16, 1, 1));
    taken t;
    int64_t left, wait;
    for (uint64_t i = 1; i < 100; i++)
        assert_true(local_take(16 + i * SETS, 1, 1, 60000, 10 + (int64_t)i, &t, &left, &wait));
    assert_false(local_enter(16, 1, 1000));
    assert_false(local_take(16 + 99 * (uint64_t)SETS, 1, 1, 60000, 200, &t, &left, &wait));
    assert_true(local_take(16 + 1 * (uint64_t)SETS, 1, 1, 60000, 200, &t, &left, &wait)); /* forgotten */
}

/* ---- the stage ------------------------------------------------------------------------------------------------------------- */

static void test_requests(void **unused) {
    (void)unused;
    static const limit_rule rules[] = {{.per = PER_KEY, .most = {3}, .window = 60000}};
    fixture f;
    fixture_open(&f, rules, 1, "");
    for (int i = 0; i < 3; i++)
        assert_int_equal(ask(&f), 0);
    assert_int_equal(ask(&f), YZ_ERROR_RATE_LIMIT);
    assert_non_null(strstr(f.r.c.message, "3 requests in 60 s are allowed for this key; try again in 6"));
    assert_int_equal(f.r.plan.calls, 3);
    f.key.name = YZ_STR("somebody else");
    assert_int_equal(ask(&f), 0);
    f.r.request.key = NULL;
    f.r.request.client = YZ_STR("192.0.2.9"); /* without a key the address is counted */
    for (int i = 0; i < 3; i++)
        assert_int_equal(ask(&f), 0);
    assert_int_equal(ask(&f), YZ_ERROR_RATE_LIMIT);
    fixture_close(&f);
}

static yz_allowance heard; /* with the last head */
static yz_again heard_again;
static void hear(yz_call *call, yz_call *child, const yz_head *head) {
    (void)child;
    yz_call_allowance(call, &heard);
    yz_send_head(call, head);
}
static void above_call(yz_call *call, const yz_request *request) { yz_next(call, request); }
static void above_error(yz_call *call, yz_call *child, const yz_error *error) {
    (void)child;
    yz_call_allowance(call, &heard);
    heard_again = error->again;
    yz_send_error(call, error);
}
static const yz_filter above = {YZ_FILTER, .on_call = above_call, .on_head = hear, .on_error = above_error};

/* Of several limits the client hears of the one that has the smallest share left. */
static void test_what_is_left_is_told(void **unused) {
    (void)unused;
    static const limit_rule rules[] = {{.per = PER_KEY, .most = {100}, .window = 3600000},
                                       {.per = PER_KEY, .most = {3, 4000, 9}, .window = 60000}};
    fixture f;
    fixture_open(&f, rules, 2, "");
    yz_link links[3] = {{&above, "above", NULL, NULL}, f.r.links[0], f.r.links[1]};
    f.r.chain = (yz_chain){.links = links, .n = 3};
    for (int i = 0; i < 4; i++) {
        bool fits = i < 3;
        assert_int_equal(ask(&f), fits ? 0 : YZ_ERROR_RATE_LIMIT);
        assert_int_equal(heard.known, fits ? 3 : 1); /* the refusal came before tokens were looked at */
        assert_int_equal(heard.of[YZ_QUOTA_REQUESTS].most, 3);
        assert_int_equal(heard.of[YZ_QUOTA_REQUESTS].left, fits ? 2 - i : 0);
        assert_in_range(heard.of[YZ_QUOTA_REQUESTS].reset, 60000, fits ? 60000 : 62000); /* a slot later, it fits */
        assert_true(!fits || heard.of[YZ_QUOTA_TOKENS].left == 4000 - 500 * (i + 1));
    }
    fixture_close(&f);
}

/* What a refused request had taken elsewhere is there again; one that can never fit is not to come again. */
static void test_a_refusal_tells_of_the_limit_that_refused(void **unused) {
    (void)unused;
    static const limit_rule rules[] = {{.per = PER_KEY, .most = {3}, .window = 10000}, {.per = PER_KEY, .most = {2, 600}, .window = 20000}};
    fixture f;
    fixture_open(&f, rules, 2, "");
    yz_link links[3] = {{&above, "above", NULL, NULL}, f.r.links[0], f.r.links[1]};
    f.r.chain = (yz_chain){.links = links, .n = 3};
    f.cfg.answer_tokens = 100;
    for (int i = 0; i < 2; i++)
        assert_int_equal(ask(&f), 0);
    assert_int_equal(ask(&f), YZ_ERROR_RATE_LIMIT);
    assert_int_equal(heard.of[YZ_QUOTA_REQUESTS].most, 2);
    assert_int_equal(heard.of[YZ_QUOTA_REQUESTS].left, 0);
    f.key.name = YZ_STR("of one that is too long");
    f.cfg.answer_tokens = 700;
    assert_int_equal(ask(&f), YZ_ERROR_RATE_LIMIT);
    assert_int_equal(heard.of[YZ_QUOTA_REQUESTS].left, heard.of[YZ_QUOTA_REQUESTS].most); /* given back */
    assert_int_equal(heard.of[YZ_QUOTA_TOKENS].left, 600);
    assert_int_equal(heard_again, YZ_AGAIN_NO);
    fixture_close(&f);
}

static void test_only_whom_it_binds(void **unused) {
    (void)unused;
    static const yz_str models[] = {YZ_STR("m-*")}, keys[] = {YZ_STR("key-*")};
    static const limit_rule rules[] = {{.per = PER_MODEL, .most = {1}, .window = 60000, .models = {models, 1}, .keys = {keys, 1}}};
    fixture f;
    fixture_open(&f, rules, 1, "");
    for (int i = 0; i < 5; i++)
        assert_int_equal(ask(&f), 0); /* model "m" */
    f.r.request.model = YZ_STR("m-large");
    assert_int_equal(ask(&f), 0);
    assert_int_equal(ask(&f), YZ_ERROR_RATE_LIMIT);
    f.key.name = YZ_STR("other");
    assert_int_equal(ask(&f), 0);
    fixture_close(&f);
}

/* By what a policy passed on, or, where it passed nothing, by a tag of the key. */
static void test_labels(void **unused) {
    (void)unused;
    static const yz_str small[] = {YZ_STR("free"), YZ_STR("trial-*")};
    static const limit_rule rules[] = {{.per = PER_LABEL, .most = {3}, .window = 60000, .label = YZ_STR("customer")},
                                       {.per = PER_KEY, .most = {1}, .window = 60000, .label = YZ_STR("tier"), .values = {small, 2}}};
    static const yz_header customer[] = {{YZ_STR("tier"), YZ_STR("gold")}, {YZ_STR("customer"), YZ_STR("a")}};
    static const yz_header trial[] = {{YZ_STR("tier"), YZ_STR("trial-7")}}, tags[] = {{YZ_STR("tier"), YZ_STR("free")}};
    fixture f;
    fixture_open(&f, rules, 2, "");
    for (int i = 0; i < 5; i++)
        assert_int_equal(ask(&f), 0); /* it has neither label */
    f.r.request.passed = customer, f.r.request.n_passed = 2;
    for (int i = 0; i < 3; i++)
        assert_int_equal(ask(&f), 0);
    f.key.name = YZ_STR("another key of the customer");
    assert_int_equal(ask(&f), YZ_ERROR_RATE_LIMIT);
    assert_non_null(strstr(f.r.c.message, "3 requests in 60 s are allowed for this customer"));
    f.r.request.passed = trial, f.r.request.n_passed = 1;
    assert_int_equal(ask(&f), 0);
    assert_int_equal(ask(&f), YZ_ERROR_RATE_LIMIT);
    f.key = (yz_key){YZ_KEY, .name = YZ_STR("of the free ones"), .tags = tags, .n_tags = 1};
    assert_int_equal(ask(&f), 0); /* another key: a count of its own */
    f.r.request.n_passed = 0;
    assert_int_equal(ask(&f), YZ_ERROR_RATE_LIMIT); /* by its tag */
    fixture_close(&f);
}

/* A request that one limit refuses takes nothing from the others. */
static void test_all_or_nothing(void **unused) {
    (void)unused;
    static const limit_rule rules[] = {{.per = PER_KEY, .most = {10}, .window = 60000}, {.per = PER_MODEL, .most = {2}, .window = 1000}};
    fixture f;
    fixture_open(&f, rules, 2, "");
    f.r.request.model = YZ_STR("all-or-nothing");
    for (int i = 0; i < 50; i++)
        ask(&f);
    assert_int_equal(f.r.plan.calls, 2);
    for (int second = 0; second < 4; second++) {
        world_pass(&f.r.w, 1100);
        ask(&f);
        ask(&f);
        ask(&f);
    }
    assert_int_equal(f.r.plan.calls, 10);
    fixture_close(&f);
}

static void test_calls_at_once(void **unused) {
    (void)unused;
    static const limit_rule rules[] = {{.per = PER_KEY, .most = {0, 0, 2}, .window = 60000}};
    fixture f;
    fixture_open(&f, rules, 1, "");
    f.r.plan.outcomes[0].kind = LEAF_HANG;
    client first, second;
    client_start(&first, &f.r.w, &f.r.chain, &f.r.request);
    client_start(&second, &f.r.w, &f.r.chain, &f.r.request);
    world_settle(&f.r.w);
    assert_int_equal(ask(&f), YZ_ERROR_RATE_LIMIT);
    assert_non_null(strstr(f.r.c.message, "2 requests at once for this key"));
    yz_cancel(first.call);
    world_settle(&f.r.w);
    f.r.plan.outcomes[0].kind = LEAF_ANSWER;
    assert_int_equal(ask(&f), 0);
    assert_int_equal(ask(&f), 0); /* the place of an answer that has ended is free */
    yz_cancel(second.call);
    fixture_close(&f);
}

static yz_usage said;
static void usage_call(yz_call *call, const yz_request *request) {
    (void)request;
    yz_head head = {YZ_HEAD, .status = 200};
    yz_record_usage(call, &said, YZ_SOURCE_PROVIDER);
    yz_send_head(call, &head);
    yz_send_end(call, &(yz_end){YZ_END});
}
static const yz_filter usage_leaf = {YZ_FILTER, .on_call = usage_call};

/* Estimated before, put right after: 400 bytes are 100 tokens, and 500 for the answer; used are 50. */
static void test_tokens(void **unused) {
    (void)unused;
    static const limit_rule rules[] = {{.per = PER_KEY, .most = {0, 1000}, .window = 60000}};
    fixture f;
    fixture_open(&f, rules, 1, "");
    f.r.links[1].filter = &usage_leaf;
    f.r.request.body = (yz_str){memset(yz_alloc(f.arena, 400), ' ', 400), 400};
    said = yz_usage_of(20, 30);
    for (int i = 0; i < 9; i++) { /* 9 * 50 are used, and 600 more fit no longer */
        rig_start(&f.r);
        assert_int_equal(f.r.c.error, 0);
    }
    rig_start(&f.r);
    assert_int_equal(f.r.c.error, YZ_ERROR_RATE_LIMIT);
    assert_non_null(strstr(f.r.c.message, "1000 tokens in 60 s"));
    f.r.request.body.n = 4000; /* 1000 + 500: never */
    f.r.request.body.p = yz_alloc(f.arena, 4000);
    rig_start(&f.r);
    assert_non_null(strstr(f.r.c.message, "this request alone may take about 1500 tokens"));
    fixture_close(&f);
}

/* A call that surely did not begin at the provider costs no tokens. */
static void test_failures_cost_no_tokens(void **unused) {
    (void)unused;
    static const limit_rule rules[] = {{.per = PER_KEY, .most = {0, 900}, .window = 60000}};
    fixture f;
    fixture_open(&f, rules, 1, "");
    f.r.plan.outcomes[0] = (leaf_outcome){LEAF_FAIL, YZ_ERROR_CONNECT, YZ_STARTED_NO, 0};
    for (int i = 0; i < 20; i++)
        assert_int_equal(ask(&f), YZ_ERROR_CONNECT);
    f.r.plan.outcomes[0].started = YZ_STARTED_MAYBE;
    assert_int_equal(ask(&f), YZ_ERROR_CONNECT);
    assert_int_equal(ask(&f), YZ_ERROR_RATE_LIMIT); /* 500 may have been used, nobody knows */
    fixture_close(&f);
}

static void expect_words(const config *cfg, const yz_question *q, const char *words) {
    yz_buf out = {0};
    describe(cfg, q, &out);
    yz_buf_char(&out, '\0');
    assert_string_equal(out.p, words);
    yz_buf_free(&out);
}

/* Of a question only what binds it is told, and whom it binds; of one that could be anybody's, what may. */
static void test_is_explained(void **unused) {
    (void)unused;
    static const yz_str models[] = {YZ_STR("m-*"), YZ_STR("n"), YZ_STR("o")}, keys[] = {YZ_STR("trial-*"), YZ_STR("b")},
                        values[] = {YZ_STR("free")};
    static const limit_rule rules[] = {{.per = PER_KEY, .most = {100}, .window = 60000, .keys = {keys, 2}},
                                       {.per = PER_MODEL, .most = {0, 0, 20}, .window = 60000, .models = {models, 3}},
                                       {.per = PER_LABEL, .most = {6}, .window = 60000, .label = YZ_STR("customer")},
                                       {.per = PER_ALL, .most = {9, 90}, .window = 60000, .label = YZ_STR("tier"), .values = {values, 1}}};
    const void *items[] = {&rules[0], &rules[1], &rules[2], &rules[3]};
    const config cfg = {.limits = {items, 4}};
    static const yz_header tags[] = {{YZ_STR("tier"), YZ_STR("free")}};
    yz_key key = {YZ_KEY, .name = YZ_STR("trial-1")};
    yz_request request = {YZ_REQUEST, .model = YZ_STR("m-1"), .key = &key};
    yz_question q = {YZ_QUESTION, .request = &request};
#define TRIAL "100 requests in 60 s per key, for the keys trial-* or b"
#define MODEL "20 at once per model, for the models m-*, n or o"
#define FREE  "9 requests in 60 s, 90 tokens in 60 s for all together, where tier is free"
    expect_words(&cfg, &q, TRIAL "; " MODEL);
    key.tags = tags;
    key.n_tags = 1;
    request.model = YZ_STR("x");
    expect_words(&cfg, &q, TRIAL "; " FREE);
    key = (yz_key){YZ_KEY, .name = YZ_STR("c")};
    expect_words(&cfg, &q, "none of its 4 binds it");
    request.key = NULL;
    expect_words(&cfg, &q, "none of its 4 binds it"); /* nobody is asked for a key */
    q.anybody = true;
    expect_words(&cfg, &q, TRIAL "; 6 requests in 60 s per customer; " FREE);
    expect_words(&(config){0}, &q, "");
    request = (yz_request){YZ_REQUEST, .model = YZ_STR("x"), .key = &key, .body = {"", 400}};
    key.tags = tags;
    key.n_tags = 1;
    q.anybody = false;
    expect_words(&cfg, &q, "refused: this request alone may take about 100 tokens, and allowed are " FREE);
    request.body.n = 360; /* just as many as are allowed */
    expect_words(&cfg, &q, FREE);
    const limit_stage stage = {.config = &cfg};
    yz_buf out = {0};
    show((void *)(uintptr_t)&stage, &out);
    yz_buf_char(&out, '\0');
    assert_string_equal(out.p,
                        "{\"limits\":[\"" TRIAL "\",\"" MODEL "\",\"6 requests in 60 s per customer\",\"" FREE "\"],\"shared\":false}");
    yz_buf_free(&out);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_window_slides),
        cmocka_unit_test(test_the_wait_is_long_enough),
        cmocka_unit_test(test_corrections),
        cmocka_unit_test(test_exact_over_threads),
        cmocka_unit_test(test_the_table_does_not_grow),
        cmocka_unit_test(test_requests),
        cmocka_unit_test(test_what_is_left_is_told),
        cmocka_unit_test(test_a_refusal_tells_of_the_limit_that_refused),
        cmocka_unit_test(test_only_whom_it_binds),
        cmocka_unit_test(test_labels),
        cmocka_unit_test(test_all_or_nothing),
        cmocka_unit_test(test_calls_at_once),
        cmocka_unit_test(test_tokens),
        cmocka_unit_test(test_failures_cost_no_tokens),
        cmocka_unit_test(test_is_explained),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
