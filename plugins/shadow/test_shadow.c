/* test_shadow.c: what is asked as well, how often, and that nobody waits for it. The clock and the providers are the test's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/check.h"
#include "base/diag.h"
#include "plugin/options.h"
#include "tree_leaf.h"

#include "shadow.c"

/* The providers: "m" answers after 10 ms, "other" after `other_ms`; negative: it fails after that. */
static int64_t other_ms;
static size_t mains, others, closed;

static void late_answer(yz_call *call, yz_timer *timer) {
    (void)timer;
    if (yz_str_is(yz_call_request(call)->model, "other") && other_ms < 0) {
        yz_fail(call, YZ_ERROR_SERVER, "planned");
        return;
    }
    yz_send_head(call, &(yz_head){YZ_HEAD, .status = 200});
    yz_send_chunk(call, &(yz_chunk){YZ_CHUNK, .bytes = YZ_STR("hello"), .marks = YZ_MARK_CONTENT});
    const yz_usage usage = yz_usage_of(7, 3);
    yz_send_end(call, &(yz_end){YZ_END, .usage = &usage});
}
static void late_call(yz_call *call, const yz_request *request) {
    bool other = yz_str_is(request->model, "other");
    (*(other ? &others : &mains))++;
    yz_timer_start(call, !other ? 10 : other_ms < 0 ? -other_ms : other_ms);
}
static void late_close(yz_call *call) {
    (void)call;
    closed++;
}
static const yz_filter late_leaf = {YZ_FILTER, .on_call = late_call, .on_timer = late_answer, .on_close = late_close};

static const config usual = {.model = {"other", 5}, .share = 100, .at_once = 4, .per_minute = 60, .timeout = 1000};

static void shadow_open(rig *r, const config *cfg) {
    void *stage = NULL;
    assert_int_equal(open_stage(NULL, cfg, &stage, NULL), YZ_OK);
    rig_open(r, &filter, cfg, stage);
    r->links[1].filter = &late_leaf;
    other_ms = 50;
    mains = others = closed = 0;
}
static void shadow_close(rig *r) {
    world_pass(&r->w, 100000);
    filter.close(r->links[0].stage);
    assert_int_equal(closed, mains + others);
    rig_close(r);
}

static uint64_t counted(const rig *r, const char *name) { return world_counter(&r->w, name); }

static void nobody_waits_for_it(void **state) {
    (void)state;
    rig r;
    shadow_open(&r, &usual);
    rig_start(&r);
    world_pass(&r.w, 10);
    assert_string_equal(r.c.log, "head hello end");
    assert_int_equal(r.c.ended, 1);
    assert_int_equal(mains, 1);
    assert_int_equal(others, 1);
    assert_int_equal(counted(&r, "shadow_done"), 0);
    world_pass(&r.w, 40);
    assert_int_equal(counted(&r, "shadow_done"), 1);
    assert_int_equal(counted(&r, "shadow_input_tokens"), 7);
    assert_int_equal(counted(&r, "shadow_output_tokens"), 3);
    shadow_close(&r);
}

static void what_goes_wrong_is_its_own(void **state) {
    (void)state;
    rig r;
    shadow_open(&r, &usual);
    other_ms = -5;
    rig_start(&r);
    world_pass(&r.w, 10);
    assert_string_equal(r.c.log, "head hello end");
    assert_int_equal(counted(&r, "shadow_failed"), 1);
    other_ms = 5000; /* past its deadline */
    rig_start(&r);
    world_pass(&r.w, 999);
    assert_int_equal(counted(&r, "shadow_failed"), 1);
    world_pass(&r.w, 1);
    assert_int_equal(counted(&r, "shadow_failed"), 2);
    shadow_close(&r);
}

static void a_client_that_leaves_changes_nothing(void **state) {
    (void)state;
    rig r;
    shadow_open(&r, &usual);
    rig_start(&r);
    yz_cancel(r.c.call);
    r.c.call = NULL; /* buried */
    world_pass(&r.w, 50);
    assert_int_equal(counted(&r, "shadow_done"), 1);
    shadow_close(&r);
}

static void it_keeps_to_its_budget(void **state) {
    (void)state;
    config cfg = usual;
    cfg.at_once = 2;
    cfg.per_minute = 3;
    rig r;
    shadow_open(&r, &cfg);
    for (int i = 0; i < 3; i++)
        rig_start(&r);
    assert_int_equal(others, 2); /* at once */
    world_pass(&r.w, 100);
    for (int i = 0; i < 3; i++) {
        rig_start(&r);
        world_pass(&r.w, 100);
    }
    assert_int_equal(others, 3); /* in a minute */
    assert_int_equal(counted(&r, "shadow_skipped"), 3);
    world_pass(&r.w, 60000);
    rig_start(&r);
    assert_int_equal(others, 4);
    assert_int_equal(mains, 7);
    shadow_close(&r);
}

static void only_a_share_of_those_it_is_for(void **state) {
    (void)state;
    const yz_str of[] = {YZ_STR("another")};
    config cfg = usual;
    cfg.of = (yz_list){of, 1};
    rig r;
    shadow_open(&r, &cfg);
    rig_start(&r);
    assert_int_equal(others, 0);
    shadow_close(&r);
    cfg = usual;
    cfg.share = 25;
    cfg.per_minute = 1000;
    shadow_open(&r, &cfg);
    for (int i = 0; i < 400; i++) {
        rig_start(&r);
        world_pass(&r.w, 60);
    }
    assert_in_range(others, 60, 140);
    shadow_close(&r);
    cfg.share = 0;
    shadow_open(&r, &cfg);
    rig_start(&r);
    assert_int_equal(others, 0);
    shadow_close(&r);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nobody_waits_for_it),
        cmocka_unit_test(what_goes_wrong_is_its_own),
        cmocka_unit_test(a_client_that_leaves_changes_nothing),
        cmocka_unit_test(it_keeps_to_its_budget),
        cmocka_unit_test(only_a_share_of_those_it_is_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
