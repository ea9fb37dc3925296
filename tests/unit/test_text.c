/* Scanning JSON text by blocks finds what looking at each byte finds, wherever it stands, and reads nothing beyond the end. */
#include "base/clock.h"
#include "base/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#define MOST 700 /* bytes: every way of the scan has blocks of its own */

static const char *byte_by_byte(const char *p, const char *end) {
    while (p < end && yz_text_plain((unsigned char)*p))
        p++;
    return p;
}

/* A copy without a byte after it, so that AddressSanitizer sees a read too far. */
static void expect_same(const char *text, size_t n) {
    char *copy = malloc(n ? n : 1);
    memcpy(copy, text, n);
    for (size_t from = 0; from < 40 && from <= n; from++)
        assert_ptr_equal(yz_text_scan(copy + from, copy + n), byte_by_byte(copy + from, copy + n));
    assert_true(yz_text_long(copy, copy + n) <= byte_by_byte(copy, copy + n));
    free(copy);
}

/* Every byte, alone at every place of a long text of every length around the blocks'. */
static void any_byte_is_found_anywhere(void **state) {
    (void)state;
    static const unsigned char odd[] = {0, 1, 0x1f, 0x20, 0x21, '"', 0x23, '[', '\\', ']', 0x7f, 0x80, 0xa2, 0xdc, 0xff};
    char text[MOST];
    memset(text, 'a', sizeof text);
    for (size_t at = 0; at < sizeof text; at++)
        for (size_t i = 0; i < sizeof odd; i++) {
            text[at] = (char)odd[i];
            expect_same(text, sizeof text - at % 67);
            text[at] = 'a';
        }
}

static void random_texts_are_scanned_alike(void **state) {
    (void)state;
    char text[MOST];
    yz_rng rng;
    yz_rng_seed(&rng, 7);
    for (int round = 0; round < 20000; round++) {
        uint64_t rarely = 1 + yz_rng_next(&rng) % 900;
        size_t n = yz_rng_next(&rng) % sizeof text;
        for (size_t i = 0; i < n; i++) {
            uint64_t chance = yz_rng_next(&rng);
            text[i] = (char)(chance % rarely ? 0x23 + (chance >> 32) % 0x39 : chance >> 32);
        }
        expect_same(text, n);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_byte_is_found_anywhere),
        cmocka_unit_test(random_texts_are_scanned_alike),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
