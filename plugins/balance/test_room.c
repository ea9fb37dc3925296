/* test_room.c: targets that get slower the more calls they have. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "test_world.h"

/* The first tier begins a hundred requests a second, and half as many more come: what is too much goes to the second one, and nobody waits
 * long. Then the first tier is enlarged, and gets all of them again. */
static void test_what_is_too_much_goes_to_the_next_tier(void **unused) {
    (void)unused;
    fixture f;
    config *cfg = fixture_begin(&f, 2);
    cfg->adaptive = true;
    nodes[1].tier = 2;
    fixture_open(&f, cfg);
    behaves[0].rate = 100;
    traffic(&f, 150, 30000);
    forget_counts();
    traffic(&f, 150, 30000);
    assert_in_range(behaves[0].calls, 30 * 75, 30 * 102);
    assert_true(behaves[0].now < 100 * 400 * 3 / 1000); /* at most three times as long as usual */
    behaves[0].rate = 1000;
    traffic(&f, 150, 10000);
    forget_counts();
    traffic(&f, 150, 10000);
    assert_true(behaves[1].calls == 0);
    fixture_close(&f);
}

/* It is the number of calls that makes a target slow, not a longer prompt now and then: those leave its limit alone. */
static void test_long_prompts_are_no_overload(void **unused) {
    (void)unused;
    fixture f;
    config *cfg = fixture_begin(&f, 2);
    cfg->adaptive = true;
    nodes[1].tier = 2;
    fixture_open(&f, cfg);
    for (int i = 0; i < 3000; i++) {
        behaves[0].latency = i % 10 == 0 ? 1200 : 300 + i % 7 * 50;
        traffic(&f, 1000, 10);
    }
    assert_int_equal(behaves[1].calls, 0);
    fixture_close(&f);
}

/* Two begin fifty requests a second each, and more come. A third one is out, since it answers late: it gets what is too much, so that there
 * is no line before the others which all would stand in; and nothing of what they can take. */
static void test_late_is_better_than_later(void **unused) {
    (void)unused;
    fixture f;
    config *cfg = fixture_begin(&f, 3);
    cfg->adaptive = true;
    cfg->cool_off = cfg->cool_off_most = 600000;
    fixture_open(&f, cfg);
    behaves[0].rate = behaves[1].rate = 50;
    behaves[2] = (behaviour){.latency = 3000, .fails = YZ_ERROR_TIMEOUT};
    traffic(&f, 60, 20000);
    behaves[2] = (behaviour){.latency = 15000, .well = true}; /* no answer brings it back before all is seen */
    traffic(&f, 60, 2000);
    assert_int_equal(behaves[2].calls, 0);
    traffic(&f, 130, 14000);
    assert_in_range(behaves[2].calls, 14 * 15, 14 * 50);
    if (behaves[0].now > 50 * 400 * 8 / 1000 || behaves[1].now > 50 * 400 * 8 / 1000)
        fail_msg("%zu and %zu stand in line", behaves[0].now, behaves[1].now);
    pass(&f, 20000);
    fixture_close(&f);
}

/* One target alone, far too slow for what comes: a limit that was guessed refuses nobody. */
static void test_it_refuses_nobody(void **unused) {
    (void)unused;
    fixture f;
    config *cfg = fixture_begin(&f, 1);
    cfg->adaptive = true;
    fixture_open(&f, cfg);
    behaves[0].rate = 50;
    traffic(&f, 100, 10000);
    assert_int_equal(behaves[0].calls, 1000);
    pass(&f, 20000);
    fixture_close(&f);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_too_much_goes_to_the_next_tier),
        cmocka_unit_test(test_long_prompts_are_no_overload),
        cmocka_unit_test(test_late_is_better_than_later),
        cmocka_unit_test(test_it_refuses_nobody),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
