/* test_nodes.c: several addresses of one account: what a node does is its own, what the account may is theirs together. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "test_world.h"

/* Two nodes of one provider, and another provider. */
static config *begin_nodes(fixture *f) {
    config *cfg = fixture_begin(f, 3);
    nodes[0].node = YZ_STR("near");
    nodes[1].provider = nodes[0].provider;
    nodes[1].node = YZ_STR("far");
    return cfg;
}

static void test_a_node_that_fails_is_left_alone(void **unused) {
    (void)unused;
    fixture f;
    fixture_open(&f, begin_nodes(&f));
    again_tries = 3;
    behaves[1] = (behaviour){.latency = 5, .fails = YZ_ERROR_CONNECT};
    traffic(&f, 100, 4000);
    forget_counts();
    traffic(&f, 100, 1000);
    assert_int_equal(behaves[1].calls, 0);
    assert_true(behaves[0].calls > 20 && behaves[2].calls > 20);
    fixture_close(&f);
}

static void test_a_slow_node_starves(void **unused) {
    (void)unused;
    fixture f;
    fixture_open(&f, begin_nodes(&f));
    behaves[1].latency = 4000;
    traffic(&f, 150, 10000);
    forget_counts();
    traffic(&f, 150, 20000);
    assert_true(behaves[1].calls * 100 < all_calls());
    assert_true(behaves[0].calls > 500);
    fixture_close(&f);
}

/* A limit is the account's: when one node says that it is reached, the other one is not asked either. */
static void test_a_pause_is_of_all_nodes(void **unused) {
    (void)unused;
    fixture f;
    fixture_open(&f, begin_nodes(&f));
    again_tries = 3;
    behaves[0] = behaves[1] = (behaviour){.latency = 5, .fails = YZ_ERROR_RATE_LIMIT, .retry_after = 20000};
    behaves[2].latency = 20;
    traffic(&f, 20, 3000);
    assert_in_range(behaves[0].calls + behaves[1].calls, 1, 2); /* two may have been under way */
    forget_counts();
    traffic(&f, 20, 16000);
    assert_int_equal(behaves[0].calls + behaves[1].calls, 0);
    behaves[0] = behaves[1] = (behaviour){.latency = 5, .well = true};
    traffic(&f, 20, 5000);
    assert_true(behaves[0].calls + behaves[1].calls > 20);
    fixture_close(&f);
}

static void test_concurrency_is_of_all_nodes(void **unused) {
    (void)unused;
    fixture f;
    config *cfg = begin_nodes(&f);
    nodes[0].concurrency = nodes[1].concurrency = 6;
    nodes[2].tier = 2;
    fixture_open(&f, cfg);
    for (int i = 0; i < 20; i++)
        ask(&f);
    assert_int_equal(behaves[0].now + behaves[1].now, 6);
    assert_true(behaves[0].now > 0 && behaves[1].now > 0);
    assert_int_equal(behaves[2].now, 14);
    fixture_close(&f);
}

static void test_status_names_the_node(void **unused) {
    (void)unused;
    fixture f;
    yz_buf out = {0};
    fixture_open(&f, begin_nodes(&f));
    traffic(&f, 20, 1000);
    balance_show(f.links[1].stage, &out);
    yz_buf_char(&out, '\0');
    assert_non_null(strstr(out.p, "@near/m\",\"state\":\"in use\""));
    assert_non_null(strstr(out.p, "@far/m\",\"state\":\"in use\""));
    yz_buf_free(&out);
    fixture_close(&f);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_node_that_fails_is_left_alone), cmocka_unit_test(test_a_slow_node_starves),
        cmocka_unit_test(test_a_pause_is_of_all_nodes),         cmocka_unit_test(test_concurrency_is_of_all_nodes),
        cmocka_unit_test(test_status_names_the_node),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
