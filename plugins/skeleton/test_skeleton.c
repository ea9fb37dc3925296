/* The skeleton: what a test of a stage looks like. The stage is compiled in, the provider below it is a plan, the clock is ours. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/check.h"
#include "tree_leaf.h"

#include "skeleton.c"

/* Runs one request over the stage and a provider that does as planned, for `ms`; the client's log is the result. */
static const char *run(rig *r, int64_t patience, leaf_plan plan, int64_t ms) {
    static skeleton_config config;
    config.patience = patience;
    rig_open(r, &filter, &config, NULL);
    r->plan = plan;
    rig_start(r);
    world_pass(&r->w, ms);
    rig_close(r);
    return r->c.log;
}

static void forwards_an_answer(void **state) {
    (void)state;
    rig r;
    assert_string_equal(run(&r, 2000, (leaf_plan){0}, 5000), "head hello end");
    assert_int_equal(r.plan.calls, 1);
}

static void asks_again_when_it_is_slow(void **state) {
    (void)state;
    rig r;
    const leaf_plan slow = {.outcomes = {{.kind = LEAF_HANG}}};
    assert_string_equal(run(&r, 2000, slow, 1999), "");
    assert_int_equal(r.plan.calls, 1);
    assert_string_equal(run(&r, 2000, slow, 2000), "head hello end");
    assert_int_equal(r.plan.calls, 2);
    assert_string_equal(run(&r, 0, slow, 100000), ""); /* never */
    assert_int_equal(r.plan.calls, 1);
}

static void tells_a_failure_when_nobody_is_left(void **state) {
    (void)state;
    rig r;
    const leaf_plan fails = {.outcomes = {{.kind = LEAF_FAIL, .class_ = YZ_ERROR_SERVER}}},
                    second_fails = {.outcomes = {{.kind = LEAF_HANG}, {.kind = LEAF_FAIL, .class_ = YZ_ERROR_SERVER}}},
                    breaks = {.outcomes = {{.kind = LEAF_FAIL_AFTER_HEAD, .class_ = YZ_ERROR_BROKEN}}};
    assert_string_equal(run(&r, 2000, fails, 0), "error:upstream_error");
    assert_string_equal(run(&r, 2000, second_fails, 5000), ""); /* the first may still answer */
    assert_int_equal(r.plan.calls, 2);
    assert_string_equal(run(&r, 2000, breaks, 5000), "head error:upstream_broken");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(forwards_an_answer),
        cmocka_unit_test(asks_again_when_it_is_slow),
        cmocka_unit_test(tells_a_failure_when_nobody_is_left),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
