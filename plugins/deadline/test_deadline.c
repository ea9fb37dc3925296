/* test_deadline.c: whose word counts, and what happens when the time is over. The clock is the test's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/check.h"
#include "tree_leaf.h"

#include <yuzui/plugin.h>

#include "deadline.c"

static void test_seconds(void **unused) {
    (void)unused;
    static const struct {
        const char *text;
        int64_t ms;
    } cases[] = {
        {"30", 30000}, {"2.5", 2500}, {"0.001", 1}, {"0.0001", 0}, {"86400", 86400000}, {"86401", 0}, {"", 0},
        {".", 0},      {"1.", 1000},  {".5", 0},    {"-1", 0},     {"1e3", 0},          {"30 ", 0},   {"999999999999999999999999", 0},
        {"1.2.3", 0}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(read_seconds(yz_str_of(cases[i].text)), cases[i].ms);
}

typedef struct fixture {
    rig r;
    config cfg;
    key_rule rule;
    const void *rules[1];
    yz_str patterns[1];
    yz_key key;
    yz_header header;
} fixture;

static void fixture_open(fixture *f) {
    memset(f, 0, sizeof *f);
    f->patterns[0] = YZ_STR("chat-*");
    f->rule = (key_rule){.keys = {f->patterns, 1}, .time = 7000};
    f->rules[0] = &f->rule;
    f->cfg = (config){.header = YZ_STR("x-request-timeout"), .keys = {f->rules, 1}};
    rig_open(&f->r, &filter, &f->cfg, NULL);
    f->r.plan.outcomes[0] = (leaf_outcome){.kind = LEAF_HANG};
    f->r.plan.for_ever = true;
}

/* ms after which the client hears that it is over; 0: nothing within a minute. */
static int64_t over_after(fixture *f) {
    rig_start(&f->r);
    for (int64_t ms = 500; ms <= 60000; ms += 500) {
        world_pass(&f->r.w, 500);
        if (f->r.c.error == YZ_ERROR_TIMEOUT)
            return ms;
    }
    return 0;
}

static void say(fixture *f, const char *seconds) {
    f->header = (yz_header){YZ_STR("x-request-timeout"), yz_str_of(seconds)};
    f->r.request.headers = &f->header;
    f->r.request.n_headers = 1;
}

static void test_whose_word_counts(void **unused) {
    (void)unused;
    fixture f;
    fixture_open(&f);
    assert_int_equal(over_after(&f), 0);
    rig_close(&f.r);
    fixture_open(&f);
    f.cfg.otherwise = 20000;
    assert_int_equal(over_after(&f), 20000);
    f.key = (yz_key){YZ_KEY, .name = YZ_STR("chat-1")};
    f.r.request.key = &f.key;
    assert_int_equal(over_after(&f), 7000);
    say(&f, "2.5");
    assert_int_equal(over_after(&f), 2500);
    say(&f, "50");
    assert_int_equal(over_after(&f), 50000);
    f.cfg.most = 10000;
    assert_int_equal(over_after(&f), 10000);
    f.cfg.header = YZ_STR("");
    assert_int_equal(over_after(&f), 7000);
    rig_close(&f.r);
}

static void test_a_word_that_is_none(void **unused) {
    (void)unused;
    fixture f;
    fixture_open(&f);
    say(&f, "soon");
    rig_start(&f.r);
    assert_int_equal(f.r.c.error, YZ_ERROR_BAD_REQUEST);
    assert_int_equal(f.r.plan.calls, 0);
    assert_string_equal(f.r.c.message,
                        "the header x-request-timeout is \"soon\", but should be a number of seconds up to 86400, such as 30 or 2.5");
    say(&f, "12345678901234567890123456789012345678\x01\x80 and more");
    rig_start(&f.r);
    assert_non_null(strstr(f.r.c.message, "is \"12345678901234567890123456789012345678??…\", but"));
    rig_close(&f.r);
}

/* What is said of it is what would be done. */
static void test_is_explained(void **unused) {
    (void)unused;
    fixture f;
    fixture_open(&f);
    yz_question q = {YZ_QUESTION, .request = &f.r.request, .anybody = true};
    yz_buf out = {0};
#define EXPECT(text)                                                                                                                       \
    out.n = 0;                                                                                                                             \
    describe(&f.cfg, &q, &out);                                                                                                            \
    assert_true(yz_str_is(yz_buf_view(&out), text))
    EXPECT("none; some keys have times of their own; a client may say another in x-request-timeout");
    q.anybody = false;
    f.cfg.otherwise = 20000;
    EXPECT("20000 ms, by default; a client may say another in x-request-timeout");
    f.key = (yz_key){YZ_KEY, .name = YZ_STR("chat-1")};
    f.r.request.key = &f.key;
    f.cfg.most = 10000;
    EXPECT("7000 ms, of the key; a client may say another in x-request-timeout, of 10000 ms at most");
    say(&f, "2.5");
    EXPECT("2500 ms, of the client");
    say(&f, "50");
    EXPECT("10000 ms, the most there is");
    say(&f, "soon");
    EXPECT("refused: the header x-request-timeout is \"soon\", but should be a number of seconds up to 86400, such as 30 or 2.5");
    f.cfg.header = YZ_STR("");
    EXPECT("7000 ms, of the key");
    yz_buf_free(&out);
    rig_close(&f.r);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_seconds), cmocka_unit_test(test_whose_word_counts),
                                       cmocka_unit_test(test_a_word_that_is_none), cmocka_unit_test(test_is_explained)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
