/* test_spare.c: targets whose providers say that their limits run low. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "test_world.h"

/* One takes 300 a minute of the 20 a second that come, and says what is left: it is used nearly to its end, and never refuses. */
static void test_who_runs_low_is_spared_before_it_refuses(void **unused) {
    (void)unused;
    fixture f;
    for (int by = BY_LATENCY; by <= BY_CONVERSATION; by++) {
        config *cfg = fixture_begin(&f, 2);
        cfg->by = by;
        fixture_open(&f, cfg);
        behaves[0].most = 300;
        behaves[0].since = clock_ms;
        for (int i = 0; i < 60 * 20; i++) { /* a minute, each from another address */
            f.request.client = yz_format(f.arena, "192.0.2.%d", i);
            ask(&f);
            pass(&f, 50);
        }
        assert_int_equal(behaves[0].refused, 0);
        assert_in_range(behaves[0].calls, 240, 300);
        pass(&f, 60000);
        forget_counts();
        for (int i = 0; i < 60; i++) { /* the next minute: nobody knows of anything lacking */
            f.request.client = yz_format(f.arena, "192.0.2.%d", i);
            ask(&f);
            pass(&f, 50);
        }
        assert_in_range(behaves[0].calls, 15, 45);
        fixture_close(&f);
    }
}

/* Without others, the one that runs low is asked all the same. */
static void test_who_runs_low_alone_is_asked(void **unused) {
    (void)unused;
    fixture f;
    config *cfg = fixture_begin(&f, 1);
    fixture_open(&f, cfg);
    behaves[0].most = 30;
    traffic(&f, 10, 3000);
    assert_int_equal(behaves[0].calls, 30);
    assert_int_equal(behaves[0].refused, 0);
    fixture_close(&f);
}

static void test_status_shows_it(void **unused) {
    (void)unused;
    fixture f;
    config *cfg = fixture_begin(&f, 2);
    nodes[1].concurrency = 5;
    fixture_open(&f, cfg);
    behaves[0] = (behaviour){.latency = 5, .fails = YZ_ERROR_RATE_LIMIT, .retry_after = 20000};
    behaves[1].most = 30;
    behaves[1].since = clock_ms;
    again_tries = 2;
    for (int i = 0; i < 4; i++)
        ask(&f);
    pass(&f, 1000);
    yz_buf out = {0};
    balance_show(f.links[1].stage, &out);
    yz_buf_char(&out, 0);
    assert_non_null(strstr(out.p, "\"state\":\"paused\",\"for_ms\":19"));
    assert_non_null(strstr(out.p, "\"because\":\"rate_limited\",\"running\":0"));
    assert_non_null(strstr(out.p, "\"state\":\"in use\",\"running\":0,\"calls\":4,\"concurrency\":5,\"stream_ms\":"));
    assert_non_null(strstr(out.p, "\"requests\":{\"most\":30,\"left\":26,\"reset_ms\":59"));
    assert_non_null(strstr(out.p, "\"accounts\":[]}"));
    yz_json *json = NULL;
    assert_int_equal(yz_json_parse(f.arena, yz_str_of(out.p), 0, &json, NULL), YZ_OK);
    yz_buf_free(&out);
    fixture_close(&f);
}

/* A target that serves two models is one thing, in the same place after each reload; a time says how old it is. */
static void test_status_tells_each_once(void **unused) {
    (void)unused;
    fixture f;
    config *cfg = fixture_begin(&f, 3);
    nodes[2].provider = nodes[0].provider;
    of_other_model = 1;
    fixture_open(&f, cfg);
    behaves[0].latency = 5;
    ask(&f);
    pass(&f, 70000);
    yz_buf out = {0};
    balance_show(f.links[1].stage, &out);
    of_other_model = 0;
    yz_json *json = NULL;
    assert_int_equal(yz_json_parse(f.arena, yz_buf_view(&out), 0, &json, NULL), YZ_OK);
    const yz_json *first = yz_json_get(json, "targets")->child, *second = first->next;
    assert_null(second->next);
    assert_string_equal(yz_dup(f.arena, yz_json_text(f.arena, yz_json_get(first, "target"))).p, yz_target_name(f.arena, &nodes[0]).p);
    assert_string_equal(yz_dup(f.arena, yz_json_text(f.arena, yz_json_get(second, "target"))).p, yz_target_name(f.arena, &nodes[1]).p);
    assert_string_equal(yz_dup(f.arena, yz_json_text(f.arena, yz_json_get(first, "models")->child)).p, "k");
    assert_string_equal(yz_dup(f.arena, yz_json_text(f.arena, yz_json_get(first, "models")->child->next)).p, "m");
    assert_null(yz_json_get(second, "models")->child->next);
    const yz_json *asked = yz_json_get(first, "stream_ms") ? first : second;
    assert_true(yz_json_int(yz_json_get(asked, "stream_ago_ms"), 0) >= 69000);
    yz_buf_free(&out);
    fixture_close(&f);
}

/* Answers come out of order: an older figure is no news. */
static void test_older_figures_are_no_news(void **unused) {
    (void)unused;
    fixture f;
    config *cfg = fixture_begin(&f, 1);
    fixture_open(&f, cfg);
    const member *m = balance_member(f.links[1].stage, &nodes[0]);
    yz_allowance said = {.known = 1u << YZ_QUOTA_REQUESTS | 1u << YZ_QUOTA_OUTPUT_TOKENS};
    said.of[YZ_QUOTA_REQUESTS] = (yz_quota){.most = 100, .left = 50, .reset = 10000};
    said.of[YZ_QUOTA_OUTPUT_TOKENS] = (yz_quota){.most = 1000, .left = 100, .reset = 1000};
    HEALTH_SET(m->own->begun, 20);
    health_told(m, &said, 10, clock_ms);
    assert_int_equal((int)(health_spare(m->own, clock_ms) * 1000), 100);        /* of the tokens */
    assert_int_equal((int)(health_spare(m->own, clock_ms + 1000) * 1000), 400); /* ten more have begun since */
    said.of[YZ_QUOTA_REQUESTS].left = 99;
    health_told(m, &said, 9, clock_ms);
    assert_int_equal((int)(health_spare(m->own, clock_ms + 1000) * 1000), 400);
    assert_int_equal((int)health_spare(m->own, clock_ms + 10000), 1);
    fixture_close(&f);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_who_runs_low_is_spared_before_it_refuses),
        cmocka_unit_test(test_who_runs_low_alone_is_asked),
        cmocka_unit_test(test_status_shows_it),
        cmocka_unit_test(test_status_tells_each_once),
        cmocka_unit_test(test_older_figures_are_no_news),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
