/* test_retry_after.c: every form in which a peer asks to wait, and which header goes before which. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "upstream/retry_after.h"

static const char *const resets[] = {"x-ratelimit-reset-requests",         "x-ratelimit-reset-tokens",         "x-ratelimit-reset",
                                     "anthropic-ratelimit-requests-reset", "anthropic-ratelimit-tokens-reset", NULL};

static void waits(void **state) {
    (void)state;
    static const struct {
        const char *name, *value;
        int64_t ms;
    } cases[] = {{"retry-after", "20", 20000},
                 {"retry-after", "0", 1},
                 {"retry-after", "1.5", 1500},
                 {"retry-after", "-1", 0},
                 {"retry-after", "soon", 0},
                 {"retry-after", "", 0},
                 {"retry-after", "99999999999999999999999999", 0},
                 {"retry-after", "86401", 86400000},
                 {"retry-after", "Sun, 06 Nov 1994 08:49:37 GMT", 37000},
                 {"retry-after", "Sun, 06 Nov 1994 08:48:00 GMT", 1},
                 {"retry-after", "Sunday, 06-Nov-94 08:49:37 GMT", 37000},
                 {"retry-after", "Sun Nov  6 08:49:37 1994", 37000},
                 {"retry-after", "Sun Nov  6 08:48:00 1994", 1},
                 {"retry-after", "Sunday, 06-Nov-94 08:49:37", 0},
                 {"retry-after", "Sun, 06 Nov 2094 08:48:00 GMT", 86400000},
                 {"retry-after-ms", "250", 250},
                 {"retry-after-ms", "784111817000", 86400000}, /* never a moment */
                 {"retry-after", "784111700", 0},              /* a moment that has passed */
                 {"retry-after", "1m30", 90000},
                 {"retry-after", "1x", 0},
                 {"retry-after", ".", 0},
                 {"retry-after", "Sun, 06 Nov 1994 08:49:37 GMT!", 0},
                 {"x-ratelimit-reset-requests", "6m0s", 360000},
                 {"x-ratelimit-reset-tokens", "120ms", 120},
                 {"x-ratelimit-reset-tokens", "1h2m3.5s", 3723500},
                 {"x-ratelimit-reset", "784111817", 77000},
                 {"x-ratelimit-reset", "784111817000", 77000},
                 {"anthropic-ratelimit-requests-reset", "1994-11-06T08:49:10Z", 10000},
                 {"x-unknown", "5", 0}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        yz_header header = {yz_str_of(cases[i].name), yz_str_of(cases[i].value)};
        int64_t ms = yz_retry_after(429, &header, 1, resets, 784111740); /* 08:49:00 */
        if (ms != cases[i].ms)
            fail_msg("%s: %s is %lld ms", cases[i].name, cases[i].value, (long long)ms);
    }
    yz_header both[] = {{YZ_STR("x-ratelimit-reset-requests"), YZ_STR("1s")}, {YZ_STR("x-ratelimit-reset-tokens"), YZ_STR("9s")}};
    assert_int_equal(yz_retry_after(429, both, 2, resets, 0), 9000);
    assert_int_equal(yz_retry_after(500, both, 2, resets, 0), 0); /* they stand in every answer, and count for a refusal only */
    yz_header rivals[] = {{YZ_STR("retry-after"), YZ_STR("2")}, {YZ_STR("retry-after-ms"), YZ_STR("1700")}};
    assert_int_equal(yz_retry_after(429, rivals, 2, resets, 0), 1700);
}

/* Of several limits only those count that are used up. */
static void what_is_left_is_no_reason_to_wait(void **state) {
    (void)state;
#define H(name, value)                                                                                                                     \
    { YZ_STR(name), YZ_STR(value) }
    static const struct {
        yz_header headers[6];
        size_t n;
        int64_t ms;
    } cases[] = {
        {{H("x-ratelimit-remaining-requests", "4999"), H("x-ratelimit-remaining-tokens", "0"), H("x-ratelimit-reset-requests", "8h0m0s"),
          H("x-ratelimit-reset-tokens", "6ms")},
         4,
         6},
        {{H("x-ratelimit-remaining-requests", "0"), H("x-ratelimit-remaining-tokens", "0"), H("x-ratelimit-reset-requests", "8s"),
          H("x-ratelimit-reset-tokens", "6ms")},
         4,
         8000},
        {{H("x-ratelimit-remaining-requests", "1"), H("x-ratelimit-remaining-tokens", "9"), H("x-ratelimit-reset-requests", "8s"),
          H("x-ratelimit-reset-tokens", "6ms")},
         4,
         0},
        {{H("x-ratelimit-remaining", "3"), H("x-ratelimit-reset", "20")}, 2, 0},
        {{H("x-ratelimit-remaining", "0"), H("x-ratelimit-reset", "20")}, 2, 20000},
        {{H("x-ratelimit-remaining", ""), H("x-ratelimit-reset", "20")}, 2, 20000},
        {{H("anthropic-ratelimit-requests-remaining", "49"), H("anthropic-ratelimit-requests-reset", "3000"),
          H("anthropic-ratelimit-tokens-remaining", "0"), H("anthropic-ratelimit-tokens-reset", "5")},
         4,
         5000},
        {{H("anthropic-ratelimit-unified-5h-status", "rejected"), H("anthropic-ratelimit-unified-5h-reset", "60"),
          H("anthropic-ratelimit-unified-7d-status", "allowed_warning"), H("anthropic-ratelimit-unified-7d-reset", "600")},
         4,
         60000},
    };
#undef H
    static const char *const names[] = {"x-ratelimit-reset-requests",
                                        "x-ratelimit-reset-tokens",
                                        "x-ratelimit-reset",
                                        "anthropic-ratelimit-requests-reset",
                                        "anthropic-ratelimit-tokens-reset",
                                        "anthropic-ratelimit-unified-5h-reset",
                                        "anthropic-ratelimit-unified-7d-reset",
                                        NULL};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int64_t ms = yz_retry_after(429, cases[i].headers, cases[i].n, names, 784111740);
        if (ms != cases[i].ms)
            fail_msg("case %zu: %lld ms", i, (long long)ms);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(waits), cmocka_unit_test(what_is_left_is_no_reason_to_wait)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
