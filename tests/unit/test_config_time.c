/* Times that other times make mean nothing, and a race that has nothing to spend: told where the config says them, and not where some
 * request may have longer. */
#include "config_world.h"

static void check_models(const char *models, const char *provider, const char *chain, const char *expected) {
    char text[1500];
    snprintf(text, sizeof text, "listen '127.0.0.1:1' %s provider 'q' { adapter = 'demo' }\nprovider 'p' { adapter = 'demo', %s }\n%s",
             models, provider, chain);
    diag.text.n = 0;
    diag.errors = diag.warnings = 0;
    if (!yz_settings_read_text("yuzui.lua", yz_str_of(text), arena, &diag))
        fail_msg("for %s: %s", text, said());
    assert_string_equal(said(), expected);
}

static void check(const char *provider, const char *chain, const char *expected) {
    check_models("model 'm' { 'p', 'q' }", provider, chain, expected);
}

#define ASKED ", where a client asks for no more"
#define SLOW(what, ms, bound)                                                                                                              \
    "yuzui.lua:2: warning: provider \"p\": timeout." what " is " ms ", and the deadline of those who ask it " bound                        \
    ": it is never given up before the request is over, so nobody else is asked; less than the deadline is right\n"

static void test_provider(void **state) {
    (void)state;
    check("timeout = { first_byte = '60s' }", "chain { deadline { default = '30s', header = '' }, fallback {} }",
          SLOW("first_byte", "60s", "30s"));
    check("timeout = { first_token = '1500ms', first_byte = '1s' }", "chain { deadline { default = '1s' } }",
          SLOW("first_token", "1500ms", "1s" ASKED));
    check("timeout = { first_byte = '60s' }", "chain { deadline { default = '30s', most = '10m' } }",
          SLOW("first_byte", "60s", "30s" ASKED));
    check("timeout = { first_byte = '60s' }", "chain { deadline { most = '30s' } }", SLOW("first_byte", "60s", "30s"));
    check("timeout = { first_byte = '60s' }", "chain { deadline { most = '30s', header = '' } }", SLOW("first_byte", "60s", "30s"));
    /* Some may have longer, or nobody said it. */
    check("timeout = { first_byte = '30s' }", "chain { deadline { default = '30s' } }", "");
    check("timeout = { first_byte = '60s' }", "chain { deadline { most = '10m' } }", "");
    check("timeout = { first_byte = '60s' }", "chain { fallback {} }", "");
    check("", "chain { deadline { default = '30s' } }", "");
    check("timeout = { first_byte = '60s' }",
          "key 'k' { name = 'a' } chain { auth {}, deadline { default = '30s', keys = { { keys = { 'a' }, time = '1h' } } } }", "");
    check("timeout = { first_byte = '60s' }",
          "chain { deadline { default = '30s' } } chain 'slow' { fallback {} } listen '127.0.0.1:2' { chain = 'slow' }", "");
}

#define LATE(stage, what, so)                                                                                                              \
    "yuzui.lua:3: warning: chain: " stage ": " what ", and the deadline 30s" ASKED ": " so "; less than the deadline is right\n"

static void test_stages(void **state) {
    (void)state;
    check("", "chain { deadline { default = '30s' }, retry { retry_after = '60s' } }",
          LATE("retry", "retry_after is 60s", "whoever asks for such a pause is not waited for"));
    check("", "chain { deadline { default = '30s' }, retry { cap = '40s' } }",
          LATE("retry", "cap is 40s", "pauses up to that long are not begun"));
    check("", "chain { deadline { default = '30s' }, hedge { after = '31s' } }",
          LATE("hedge", "after is 31s", "nobody is ever asked a second time"));
    check("", "chain { deadline { default = '5s' }, retry {} }", ""); /* its 10s are nobody's word */
    check("", "chain { deadline { default = '30s' }, retry { retry_after = '20s' }, hedge { after = '2s' } }",
          "yuzui.lua:3: warning: chain: retry stands before hedge, so each of its attempts is a race of its own; the usual order is auth, "
          "deadline, policy, limit, jobs, bill, cache, shed, rescue, fallback, hedge, retry, balance\n");
    check("", "chain { retry { retry_after = '60s' } }", "");
}

static void test_purse(void **state) {
    (void)state;
    check("", "chain { hedge { budget = 0, floor = 0 } }",
          "yuzui.lua:3: warning: chain: hedge never asks anybody a second time: budget and floor are 0; budget = 0.05 allows 5 of 100 "
          "requests "
          "one\n");
    check("", "chain { hedge { budget = 0 } }", "");
    check("", "chain { hedge { floor = 0 } }", "");
}

/* More than the most is nobody's. */
static void test_most(void **state) {
    (void)state;
#define OVER(what, ms)                                                                                                                     \
    "yuzui.lua:3: warning: chain: deadline: " what " is " ms ", and most is 30s, which nobody gets more than: one of them is not meant\n"
    check("", "chain { deadline { default = '90s', most = '30s' } }", OVER("default", "90s"));
    check("", "key 'k' { name = 'a' } chain { auth {}, deadline { most = '30s', keys = { { keys = { 'a' }, time = '1500s' } } } }",
          OVER("keys[1].time", "1500s"));
    check("", "chain { deadline { default = '30s', most = '30s' } }", "");
    check("", "chain { deadline { default = '90s' } }", "");
}

/* A second call that would begin when the first has been given up. */
static void test_race(void **state) {
#define TO(a, b) "timeout = { first_byte = " a ", first_token = " b " }"
    static const char slow[] = TO("'5s'", "'1s'") " } provider 'r' { adapter = 'demo', " TO("'4s'", "'8s'");
    static const char streams[] = TO("'5s'", "'5s'") " } provider 'r' { adapter = 'demo', timeout = { first_byte = '4s' }";
    (void)state;
#define OVER_BEFORE(what, ms)                                                                                                              \
    "yuzui.lua:3: warning: chain: hedge: " what " is " ms                                                                                  \
    ", and every provider is given up after 8s without content (timeout.first_byte and first_token): the first call is over before a "     \
    "second one begins; less than that is right\n"
    check_models("model 'n' { 'p', 'r' }", slow, "chain { hedge { after = '8s' } }", OVER_BEFORE("after", "8s"));
    check_models("model 'n' { 'p', 'r' }", slow, "chain { hedge { least = '9s' } }", OVER_BEFORE("least", "9s"));
    check_models("model 'n' { 'p', 'r' }", slow, "chain { hedge { after = '6s' } }", "");
    check_models("model 'n' { 'p', 'r' }", slow, "chain { hedge { after = '9s' }, retry {} }", "");      /* over several attempts */
    check_models("model 'n' { 'p', 'q' }", slow, "chain { hedge { after = '9s' } }", "");                /* q is given its ten minutes */
    check_models("model 'n' { 'p', 'r' }", streams, "chain { hedge { after = '9s' } }", "");             /* and streams of r */
    check_models("model 'n' { 'q', { 'q', as = 'x' } }", slow, "chain { hedge { after = '11m' } }", ""); /* nobody's word */
}

int main(void) {
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {TEST(test_provider), TEST(test_stages), TEST(test_purse), TEST(test_most), TEST(test_race)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
