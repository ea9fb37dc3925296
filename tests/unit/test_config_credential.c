/* test_config_credential.c: how a provider in yuzui.lua is shown its key. */
#include "config_world.h"

static const yz_settings *read_text(const char *text) { return yz_settings_read_text("yuzui.lua", yz_str_of(text), arena, &diag); }

static const yz_settings *read_good(const char *text) {
    const yz_settings *settings = read_text(text);
    if (!settings)
        fail_msg("refused: %s", said());
    return settings;
}

static void expect_said(const char *text, const char *expected) {
    if (strcmp(said(), expected) != 0)
        fail_msg("for: %s\nsaid:     %s\nexpected: %s", text, said(), expected);
    diag.text.n = 0;
    diag.errors = diag.warnings = 0;
}

/* How a key is shown: by a name of the adapter's, which a flavour may bring; header and prefix may be others. */
static void test_credentials(void **state) {
    (void)state;
    static const struct {
        const char *options, *header, *prefix;
    } cases[] = {
        {"adapter = 'openai'", NULL, NULL},
        {"adapter = 'openai', credential = 'api-key'", "api-key", ""},
        {"flavour = 'azure', base_url = 'https://a.openai.azure.com/openai/v1'", "api-key", ""},
        {"flavour = 'azure', base_url = 'https://a.openai.azure.com/openai/v1', credential = 'bearer'", "authorization", "Bearer "},
        {"adapter = 'openai', auth_header = 'x-team-key'", "x-team-key", "Bearer "},
        {"adapter = 'openai', auth_header = 'x-team-key', auth_prefix = ''", "x-team-key", ""},
        {"adapter = 'anthropic', auth_header = 'authorization', auth_prefix = 'Bearer '", "authorization", "Bearer "},
        {"adapter = 'gemini', credential = 'bearer', auth_prefix = 'Token '", "authorization", "Token "},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[300];
        snprintf(text, sizeof text, "listen '127.0.0.1:1' chain {} provider 'p' { key = 'k', %s }", cases[i].options);
        const yz_credential *way = read_good(text)->providers[0]->credential;
        assert_int_equal(way == NULL, cases[i].header == NULL);
        if (!way)
            continue;
        assert_string_equal(way->header, cases[i].header);
        assert_string_equal(way->prefix ? way->prefix : "", cases[i].prefix);
    }
}

#define WHOLE "listen '127.0.0.1:1' chain {} "

static void test_broken(void **state) {
    (void)state;
    static const struct {
        const char *text, *said;
    } cases[] = {
        {WHOLE "provider 'p' { adapter = 'openai', key = 'k', credential = 'apikey' }",
         "yuzui.lua:1: error: provider \"p\": there is no credential \"apikey\": did you mean \"api-key\"?\n"},
        {WHOLE "provider 'p' { adapter = 'gemini', key = 'k', credential = 'basic' }",
         "yuzui.lua:1: error: provider \"p\": there is no credential \"basic\": there are x-goog-api-key, bearer\n"},
        {WHOLE "provider 'p' { adapter = 'openai', key = 'k', auth_header = 'Host' }",
         "yuzui.lua:1: error: provider \"p\": auth_header: \"Host\" is written by yuzui itself and cannot be set\n"},
        {WHOLE "provider 'p' { adapter = 'openai', key = 'k', auth_header = 'x y' }",
         "yuzui.lua:1: error: provider \"p\": auth_header: \"x y\" holds bytes that cannot stand in a header's name\n"},
        {WHOLE "provider 'p' { adapter = 'openai', key = 'k', auth_prefix = 'a\\nb: ' }",
         "yuzui.lua:1: error: provider \"p\": auth_prefix holds bytes that cannot stand in a header\n"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_null(read_text(cases[i].text));
        expect_said(cases[i].text, cases[i].said);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {TEST(test_credentials), TEST(test_broken)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
