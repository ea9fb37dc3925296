/* The policies that come with the gateway, by their own tests: what `yuzui test policies` runs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lua/policy.h"

static void library_passes_its_tests(void **state) {
    (void)state;
    assert_int_equal(yz_lua_test(YZ_SOURCE_FOLDER "/policies"), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(library_passes_its_tests)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
