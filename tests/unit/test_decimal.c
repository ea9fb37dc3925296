/* test_decimal.c: decimals of price lists, read digit by digit to nano-USD. */
#include "price/price.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static void decimals_are_read_digit_by_digit(void **state) {
    (void)state;
    static const struct {
        const char *text;
        int64_t units, rate;
        bool exact;
    } rows[] = {
        {"0.27", 1000000, 270000000, true},
        {"0.0028", 1000000, 2800000, true},
        {"1e-9", 1000000, 1, true},
        {"2.5E-06", 1000000, 2500, true},
        {"1.75e0", 1000000, 1750000000, true},
        {"14", 1000000, 14000000000, true},
        {"0", 1000000, 0, true},
        {"0.000", 1000000, 0, true},
        {"000.5", 1000000, 500000000, true},
        {"2.867051", 1000000, 2867051000, true},
        {"10", 1000, 10000000000000, true}, /* per thousand */
        {"0.5", 1, 500000000000000, true},  /* per request */
        {"0.0000025000000000000000000", 1000000, 2500, true},
        {"0.30000000000000004", 1000000, 300000000, false}, /* dust */
        {"2.9999900000000002", 1000000, 2999990000, false},
        {"0.0833333333333333", 1000000, 83333333, false}, /* a third of a quarter */
        {"0.0000000005", 1000000, 0, false},              /* half: to the even one */
        {"0.0000000015", 1000000, 2, false},
        {"0.0000000025", 1000000, 2, false},
        {"0.00000000250000001", 1000000, 3, false},
        {"0.00000000004", 1000000, 0, false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int64_t got;
        bool exact;
        const char *fault = yz_price_decimal(yz_str_of(rows[i].text), rows[i].units, &got, &exact);
        if (fault || got != rows[i].rate || exact != rows[i].exact)
            fail_msg("%s: %s, %lld, %d", rows[i].text, fault ? fault : "", (long long)got, exact);
    }
    static const char *const wrong[] = {"", "-1", "1.2.3", "abc", "1e", "1e+", "NaN", "Infinity", "1e999", "1e12", "0x10", " 1", "1 ", "."};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        int64_t got;
        bool exact;
        if (!yz_price_decimal(yz_str_of(wrong[i]), 1000000, &got, &exact))
            fail_msg("\"%s\" is taken for %lld", wrong[i], (long long)got);
    }
}

static void a_double_is_never_truncated(void **state) {
    (void)state;
    unsigned lost = 0;
    for (int n = 1; n < 100000; n++) {
        char text[32];
        int64_t got;
        bool exact;
        snprintf(text, sizeof text, "%d.%04d", n / 10000, n % 10000);
        assert_null(yz_price_decimal(yz_str_of(text), 1000000, &got, &exact));
        assert_true(exact && got == n * INT64_C(100000));
        lost += (int64_t)(strtod(text, NULL) * 1e9) != got;
    }
    assert_true(lost > 0); /* truncating the double would have lost some: that is why */
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(decimals_are_read_digit_by_digit),
        cmocka_unit_test(a_double_is_never_truncated),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
