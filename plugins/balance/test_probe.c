/* test_probe.c: who is probed, when, and what comes of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "test_world.h"

static config *begin_probed(fixture *f, int how) {
    config *cfg = fixture_begin(f, 2);
    cfg->probe = how;
    cfg->probe_every = 5000;
    cfg->cool_off = cfg->cool_off_most = 600000;
    nodes[1].tier = 2;
    again_tries = 3;
    return cfg;
}

static void put_out_by(fixture *f, yz_error_class class_) {
    behaves[0] = (behaviour){.latency = 5, .fails = class_};
    traffic(f, 50, 3000);
    assert_true(behaves[1].calls > 100);
    forget_counts();
}

static void test_nobody_unless_wanted(void **unused) {
    (void)unused;
    fixture f;
    fixture_open(&f, begin_probed(&f, PROBE_NONE));
    put_out_by(&f, YZ_ERROR_CONNECT);
    traffic(&f, 20, 60000);
    assert_int_equal(behaves[0].probes + behaves[1].probes, 0);
    fixture_close(&f);
}

/* Long before its time is over, and without a client that finds out. */
static void test_who_can_be_reached_again_is_back(void **unused) {
    (void)unused;
    fixture f;
    fixture_open(&f, begin_probed(&f, PROBE_MODELS));
    put_out_by(&f, YZ_ERROR_CONNECT);
    traffic(&f, 20, 60000);
    assert_in_range(behaves[0].probes, 9, 16);
    assert_int_equal(behaves[0].calls, 0);
    behaves[0] = (behaviour){.latency = 5, .well = true};
    traffic(&f, 20, 7500);
    assert_true(behaves[0].calls > 10);
    fixture_close(&f);
}

/* A list of models says nothing about a model that times out. */
static void test_a_list_is_no_answer(void **unused) {
    (void)unused;
    fixture f;
    fixture_open(&f, begin_probed(&f, PROBE_MODELS));
    put_out_by(&f, YZ_ERROR_TIMEOUT);
    behaves[0].lists = true;
    traffic(&f, 20, 60000);
    assert_true(behaves[0].probes > 5);
    assert_int_equal(behaves[0].calls, 0);
    fixture_close(&f);
    fixture_open(&f, begin_probed(&f, PROBE_ANSWER));
    put_out_by(&f, YZ_ERROR_TIMEOUT);
    behaves[0].lists = true;
    traffic(&f, 20, 20000);
    assert_int_equal(behaves[0].calls, 0);
    behaves[0].well = true;
    traffic(&f, 20, 7500);
    assert_true(behaves[0].calls > 10);
    fixture_close(&f);
}

/* A spare one is asked now and then, whoever answers clients is not; one that does not answer is out before a client needs it. */
static void test_who_is_idle(void **unused) {
    (void)unused;
    fixture f;
    fixture_open(&f, begin_probed(&f, PROBE_MODELS));
    traffic(&f, 20, 60000);
    assert_int_equal(behaves[0].probes, 1); /* before it had its first call */
    assert_in_range(behaves[1].probes, 10, 16);
    assert_int_equal(behaves[1].calls, 0);
    behaves[1] = (behaviour){.latency = 5, .fails = YZ_ERROR_CONNECT};
    traffic(&f, 20, 40000);
    yz_buf out = {0};
    balance_show(f.links[1].stage, &out);
    yz_buf_char(&out, '\0');
    assert_non_null(strstr(out.p, "\"state\":\"out\""));
    assert_non_null(strstr(out.p, "\"said\":\"upstream_unreachable\"}"));
    assert_non_null(strstr(out.p, "\"said\":\"well\"}"));
    yz_buf_free(&out);
    fixture_close(&f);
}

/* Who has asked to be left alone is. */
static void test_a_pause_is_kept(void **unused) {
    (void)unused;
    fixture f;
    fixture_open(&f, begin_probed(&f, PROBE_ANSWER));
    behaves[0] = (behaviour){.latency = 5, .fails = YZ_ERROR_RATE_LIMIT, .retry_after = 30000};
    traffic(&f, 20, 1000);
    behaves[0].probes = 0;
    traffic(&f, 20, 28000);
    assert_int_equal(behaves[0].probes, 0);
    fixture_close(&f);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nobody_unless_wanted), cmocka_unit_test(test_who_can_be_reached_again_is_back),
        cmocka_unit_test(test_a_list_is_no_answer),  cmocka_unit_test(test_who_is_idle),
        cmocka_unit_test(test_a_pause_is_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
