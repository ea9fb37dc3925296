/* Stores that a fleet shares, in a config whose names of what is kept there nobody else can make: told, where it is so. */
#include "config_world.h"

static const char WORLD[] = "listen '127.0.0.1:1' provider 'demo' { adapter = 'demo' } model 'm' { 'demo', { 'demo', as = 'm2' } } "
                            "store 'fleet' { kind = 'redis' } store 'here' { kind = 'memory' }\n";
#define LIMIT(store) "limit { store = '" store "', limits = { { per = 'all', requests = 10 } } }"
#define OTHER(store) "limit { store = '" store "', limits = { { per = 'all', tokens = 10 } } }"
#define TOLD(stage, what, store)                                                                                                           \
    "yuzui.lua:2: warning: " stage ": no other gateway finds its " what " in the store \"" store                                           \
    "\", nor this one after a restart, since the config has no secret, by which they are named: secret(env \"YUZUI_SECRET\"), of 16 "      \
    "bytes or more and the same on every gateway, says one\n"

static const char *said_of(const char *rest) {
    static char text[2000];
    snprintf(text, sizeof text, "%s%s", WORLD, rest);
    diag.text.n = 0;
    diag.errors = diag.warnings = 0;
    if (!yz_settings_read_text("yuzui.lua", yz_str_of(text), arena, &diag))
        fail_msg("for %s: %s", rest, said());
    return said();
}

static void test_nobody_shares_it(void **state) {
    (void)state;
    assert_string_equal(said_of("chain { " LIMIT("fleet") ", fallback {} }"), TOLD("limit", "counts", "fleet"));
    assert_string_equal(said_of("chain { " LIMIT("redis") ", fallback {} }"), TOLD("limit", "counts", "redis")); /* not declared */
    assert_string_equal(said_of("chain { cache { store = 'fleet' }, fallback {} }"), TOLD("cache", "answers", "fleet"));
    assert_string_equal(
        said_of("chain { " LIMIT("here") ", " LIMIT("fleet") ", " OTHER("fleet") ", cache { store = 'fleet' }, fallback {} }"),
        TOLD("limit", "counts", "fleet") TOLD("cache", "answers", "fleet"));
    assert_non_null(
        strstr(said_of("chain { " LIMIT("here") " }\nchain 'b' { models = { 'm' }, " LIMIT("fleet") " }"), "yuzui.lua:3: warning: limit"));
}

static void test_nothing_to_share(void **state) {
    static const char *const table[] = {
        "chain { " LIMIT("fleet") ", fallback {} } secret 'sixteen bytes of it'",
        "secret 'sixteen bytes of it' chain { cache { store = 'redis' }, fallback {} }",
        "chain { " LIMIT("here") ", cache { store = 'here' }, fallback {} }",
        "chain { cache { store = 'memory' }, fallback {} }",
        "chain { policy 'p.lua' { store = 'fleet' }, fallback {} }", /* whose keys are its own */
    };
    (void)state;
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        assert_string_equal(said_of(table[i]), "");
}

int main(void) {
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {TEST(test_nobody_shares_it), TEST(test_nothing_to_share)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
