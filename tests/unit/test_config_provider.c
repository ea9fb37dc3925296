/* test_config_provider.c: what is said of a provider's address and hardly meant is warned of, and what a network of one's own has is not.
 */
#include "config_world.h"

static void test_addresses(void **state) {
#define SERVED "listen '127.0.0.1:1' provider 'demo' { adapter = 'demo' } model 'gpt-5.2' { 'demo' } "
    static const struct {
        const char *text, *said;
    } ODD[] = {
        {SERVED "provider 'a' { adapter = 'openai', key = 'k', base_url = 'http://ollama:11434/v1' } chain {}", ""},
        {SERVED "provider 'a' { adapter = 'openai', key = 'k', base_url = 'http://vllm.ai.svc:8000/v1' } chain {}", ""},
        {SERVED "provider 'a' { adapter = 'openai', key = 'k', base_url = 'http://[fd00::1]:8000/v1' } chain {}", ""},
        {SERVED "provider 'a' { adapter = 'openai', base_url = 'http://api.example.com/v1' } chain {}", ""},
        {SERVED "provider 'a' { adapter = 'openai', key = 'k', base_url = 'http://api.example.com/v1' } chain {}",
         "yuzui.lua:1: warning: provider \"a\": http:// sends the key and every question to api.example.com as plain text: "
         "https://api.example.com\n"},
        {SERVED "provider 'a' { adapter = 'openai', base_url = 'http://203.0.113.7/v1', headers = { ['x-key'] = 'k' } } chain {}",
         "yuzui.lua:1: warning: provider \"a\": http:// sends the key and every question to 203.0.113.7 as plain text: "
         "https://203.0.113.7\n"},
        {SERVED "provider 'a' { adapter = 'openai', base_url = 'http://127.0.0.1:443/v1' } chain {}",
         "yuzui.lua:1: warning: provider \"a\": http:// at port 443, where TLS is spoken as a rule: https://127.0.0.1\n"},
        {SERVED "provider 'a' { adapter = 'openai', key = 'k', base_url = 'https://api.example.com:80/v1' } chain {}",
         "yuzui.lua:1: warning: provider \"a\": https:// at port 80, where plain HTTP is spoken as a rule: https://api.example.com "
         "without a port is 443\n"},
        {SERVED "provider 'a' { adapter = 'openai', key = 'k', nodes = { 'https://de.example.com/v1', { 'http://us.example.com/v1', name = "
                "'us' } } } "
                "chain {}",
         "yuzui.lua:1: warning: provider \"a\", node \"us\": http:// sends the key and every question to us.example.com as plain text: "
         "https://us.example.com\n"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(ODD) / sizeof(*ODD); i++) {
        diag.text.n = 0;
        diag.errors = diag.warnings = 0;
        assert_non_null(yz_settings_read_text("yuzui.lua", yz_str_of(ODD[i].text), arena, &diag));
        yz_str said = {diag.text.p, diag.text.n};
        if (!yz_str_is(said, ODD[i].said))
            fail_msg("for: %s\nsaid:     %.*s\nexpected: %s", ODD[i].text, (int)said.n, said.p, ODD[i].said);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test_setup_teardown(test_addresses, set_up, tear_down)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
