/* test_slow_start.c: a target that is back gets its share little by little, by whatever the choice is made: with its caches cold, or behind
 * a proxy that has just been restarted, all of its share at once is what it went out for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "test_world.h"

enum { RATE = 200 };

/* A second of requests, each of a conversation of its own: which part of them target 0 got, in hundredths. */
static size_t share_of_a_second(fixture *f) {
    static unsigned asked;
    forget_counts();
    for (int i = 0; i < RATE; i++) {
        f->request.client = yz_format(f->arena, "192.0.2.%u", asked++);
        ask(f);
        pass(f, 1000 / RATE);
    }
    return behaves[0].calls * 100 / all_calls();
}

/* Target 0 was out, and has just answered the call that tried it. */
static void out_and_back(fixture *f) {
    const health *own = balance_member(f->links[1].stage, &nodes[0])->own;
    share_of_a_second(f);
    behaves[0] = (behaviour){.latency = 5, .fails = YZ_ERROR_CONNECT};
    again_tries = 2;
    while (HEALTH_GET(own->outs) == 0)
        share_of_a_second(f);
    behaves[0] = (behaviour){.latency = 400, .well = true};
    while (HEALTH_GET(own->outs) > 0) {
        f->request.client = YZ_STR("192.0.2.0");
        ask(f);
        pass(f, 10);
    }
}

static void little_by_little(fixture *f, size_t full) {
    out_and_back(f);
    size_t first = share_of_a_second(f);
    if (first * 5 > full)
        fail_msg("in the first second it got %zu of a hundred, and %zu are its share", first, full);
    for (int i = 0; i < 3; i++)
        share_of_a_second(f);
    size_t middle = share_of_a_second(f); /* after half of the time */
    if (middle * 4 < full || middle * 4 > 3 * full)
        fail_msg("in the middle it got %zu of a hundred, and %zu are its share", middle, full);
    for (int i = 0; i < 10; i++)
        share_of_a_second(f);
    size_t last = share_of_a_second(f);
    if (last * 5 < full * 4)
        fail_msg("in the end it got %zu of a hundred, and %zu are its share", last, full);
    fixture_close(f);
}

static void test_by(balance_by by, size_t full) {
    fixture f;
    config *cfg = fixture_begin(&f, 2);
    cfg->by = (int)by;
    fixture_open(&f, cfg);
    little_by_little(&f, full);
}

static void test_of_two_by_latency(void **unused) {
    (void)unused;
    test_by(BY_LATENCY, 50);
}

static void test_by_load(void **unused) {
    (void)unused;
    test_by(BY_LOAD, 50);
}

static void test_by_weight(void **unused) {
    (void)unused;
    test_by(BY_WEIGHT, 50);
}

static void test_conversations(void **unused) {
    (void)unused;
    test_by(BY_CONVERSATION, 50);
}

static void test_the_cheapest_one(void **unused) {
    (void)unused;
    prices[0] = 10, prices[1] = 30;
    test_by(BY_PRICE, 100);
    memset(prices, 0, sizeof prices);
}

static void test_the_first_tier(void **unused) {
    (void)unused;
    fixture f;
    config *cfg = fixture_begin(&f, 2);
    nodes[1].tier = 2;
    fixture_open(&f, cfg);
    little_by_little(&f, 100);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_of_two_by_latency), cmocka_unit_test(test_by_load),          cmocka_unit_test(test_by_weight),
        cmocka_unit_test(test_conversations),     cmocka_unit_test(test_the_cheapest_one), cmocka_unit_test(test_the_first_tier),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
