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

/* A vendor's key never goes to another vendor: the address of an adapter is its own vendor's. NULL: refused. */
static void test_flavours_address(void **state) {
    static const struct {
        const char *provider, *host, *path;
    } ROWS[] = {
        {"flavour = 'openai'", "api.openai.com", "/v1"},
        {"flavour = 'openai', adapter = 'responses'", "api.openai.com", "/v1"},
        {"flavour = 'anthropic'", "api.anthropic.com", ""},
        {"flavour = 'gemini', adapter = 'gemini'", "generativelanguage.googleapis.com", NULL},
        {"flavour = 'gemini', adapter = 'openai'", "generativelanguage.googleapis.com", "/v1beta/openai"},
        {"flavour = 'kimi', adapter = 'anthropic'", "api.moonshot.ai", "/anthropic"},
        {"flavour = 'deepseek', adapter = 'anthropic'", "api.deepseek.com", "/anthropic"},
        {"flavour = 'minimax', adapter = 'anthropic'", "api.minimax.io", "/anthropic"},
        {"flavour = 'glm', adapter = 'anthropic'", "api.z.ai", "/api/anthropic"},
        {"flavour = 'groq', adapter = 'responses'", "api.groq.com", "/openai/v1"},
        {"flavour = 'azure'", NULL, NULL},
        {"flavour = 'azure', adapter = 'responses'", NULL, NULL},
        {"flavour = 'openrouter', adapter = 'anthropic'", NULL, NULL},
        {"flavour = 'qwen', adapter = 'responses'", NULL, NULL},
        {"flavour = 'openai', adapter = 'anthropic'", NULL, NULL},
        {"flavour = 'any', adapter = 'openai'", NULL, NULL},
        {"flavour = 'azure', base_url = 'https://r.openai.azure.com/openai/v1'", "r.openai.azure.com", "/openai/v1"},
        {"flavour = 'mine', adapter = 'openai'", NULL, NULL},
        {"adapter = 'openai'", "api.openai.com", "/v1"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(ROWS) / sizeof(*ROWS); i++) {
        diag.text.n = 0;
        diag.errors = diag.warnings = 0;
        yz_str text = yz_format(arena,
                                "listen '127.0.0.1:1' flavour 'mine' { source = 's', date = '2026-11' } "
                                "provider 'p' { key = 'sk', %s } model 'm' { 'p' } chain {}",
                                ROWS[i].provider);
        const yz_settings *s = yz_settings_read_text("yuzui.lua", text, arena, &diag);
        if (!ROWS[i].host) {
            assert_null(s);
            assert_non_null(memmem(diag.text.p, diag.text.n, "provider \"p\": base_url is missing: flavour \"", 42));
            continue;
        }
        assert_non_null(s);
        const yz_url *base = &s->providers[0]->base;
        if (!yz_str_is(base->host, ROWS[i].host) || (ROWS[i].path && !yz_str_is(base->path, ROWS[i].path)))
            fail_msg("%s goes to %.*s%.*s", ROWS[i].provider, YZ_STR_ARGS(base->host), YZ_STR_ARGS(base->path));
    }
}

/* People paste the whole address that a vendor's documents show. What is meant is done and told, or what would be right is said. */
static void test_pasted_addresses(void **state) {
    static const struct {
        const char *provider, *path, *said; /* path NULL: refused */
    } ROWS[] = {
        {"adapter = 'openai', base_url = 'https://a.example/v1/chat/completions/'", "/v1",
         "base_url ends in the operation: /chat/completions is left out"},
        {"adapter = 'openai', base_url = 'https://a.example/v1/chat'", "/v1", "/chat is left out"},
        {"adapter = 'openai', base_url = 'https://a.example/chat'", "/chat", NULL},
        {"adapter = 'openai', base_url = 'https://a.example/v1/models'", "/v1", "/models is left out"},
        {"adapter = 'openai', base_url = 'https://a.example/openai/v1/embeddings'", "/openai/v1", "/embeddings is left out"},
        {"adapter = 'openai', base_url = 'https://a.example/v1/images/generations'", "/v1", "/images/generations is left out"},
        {"adapter = 'openai', base_url = 'https://a.services.ai.azure.com/models'", "/models", NULL}, /* so Azure's API begins */
        {"adapter = 'openai', base_url = 'https://a.example/v1'", "/v1", NULL},
        {"adapter = 'openai', exact_url = true, base_url = 'https://a.example/v1/messages'", "/v1/messages", NULL},
        {"adapter = 'openai', base_url = 'https://a.example/v1/messages'", NULL, "adapter = \"anthropic\" is meant"},
        {"adapter = 'openai', base_url = 'https://a.example/v1/responses'", NULL, "adapter = \"responses\" is meant"},
        {"adapter = 'openai', base_url = 'https://a.example/v1beta/models/gemini-3-pro:generateContent'", NULL,
         "adapter = \"gemini\" is meant"},
        {"adapter = 'anthropic', base_url = 'https://a.example/v1/messages'", "/v1", "/messages is left out"},
        {"adapter = 'anthropic', base_url = 'https://a.example/x/v1/messages/count_tokens'", "/x/v1", "/messages/count_tokens is left out"},
        {"adapter = 'anthropic', base_url = 'https://a.example/v1/models'", "/v1", "/models is left out"},
        {"adapter = 'anthropic', base_url = 'https://a.example/v1/chat/completions'", NULL, "adapter = \"openai\" is meant"},
        {"adapter = 'responses', base_url = 'https://a.example/v1/responses'", "/v1", "/responses is left out"},
        {"adapter = 'responses', base_url = 'https://a.example/v1/chat/completions'", NULL, "adapter = \"openai\" is meant"},
        {"adapter = 'gemini', base_url = 'https://a.example/v1beta/models/gemini-3-pro:generateContent'", "/v1beta",
         "/models/gemini-3-pro:generateContent is left out"},
        {"adapter = 'gemini', base_url = 'https://a.example/v1/projects/p/locations/l/publishers/google/models/m:streamGenerateContent'",
         "/v1/projects/p/locations/l/publishers/google", "/models/m:streamGenerateContent is left out"},
        {"adapter = 'gemini', base_url = 'https://a.example/v1beta/models'", "/v1beta", "/models is left out"},
        {"adapter = 'gemini', base_url = 'https://a.example/v1beta/models/m:streamGenerateContent?alt=sse&key=hush'", NULL,
         "https://a.example/v1beta is the address, and what goes along with every request stands in query = { [\"alt\"] = …, [\"key\"] = … "
         "}"},
        {"adapter = 'openai', base_url = 'https://a.example/openai/deployments/d/chat/completions?api-version=2024-10-21'", NULL,
         "https://a.example/openai/deployments/d is the address"},
        {"adapter = 'gemini', base_url = 'https://a.example/v1beta/openai'", NULL, "leave /openai out, or say adapter = \"openai\""},
        {"adapter = 'gemini', base_url = 'https://a.example/v1beta/openai/chat/completions'", NULL, "adapter = \"openai\" is meant"},
        {"adapter = 'openai', base_url = 'https://a.example/anthropic/'", NULL, "leave /anthropic out, or say adapter = \"anthropic\""},
        {"adapter = 'anthropic', base_url = 'https://a.example/anthropic'", "/anthropic", NULL},
        {"adapter = 'responses', base_url = 'https://a.example/openai'", "/openai", NULL}, /* one vendor's two dialects */
        {"adapter = 'gemini', exact_url = true, base_url = 'https://a.example/v1beta/openai'", "/v1beta/openai", NULL},
        {"flavour = 'glm', base_url = 'https://open.bigmodel.cn/api/paas/v4/chat/completions'", "/api/paas/v4",
         "/chat/completions is left out"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(ROWS) / sizeof(*ROWS); i++) {
        diag.text.n = 0;
        diag.errors = diag.warnings = 0;
        yz_str text = yz_format(arena, "listen '127.0.0.1:1' provider 'p' { key = 'sk', %s } model 'm' { 'p' } chain {}", ROWS[i].provider);
        const yz_settings *s = yz_settings_read_text("yuzui.lua", text, arena, &diag);
        bool said = ROWS[i].said ? memmem(diag.text.p, diag.text.n, ROWS[i].said, strlen(ROWS[i].said)) != NULL : diag.warnings == 0;
        bool read = ROWS[i].path ? s && yz_str_is(s->providers[0]->base.path, ROWS[i].path) : !s;
        if (!said || !read || memmem(diag.text.p, diag.text.n, "hush", 4))
            fail_msg("%s goes to \"%.*s\"; said: %.*s", ROWS[i].provider, YZ_STR_ARGS(s ? s->providers[0]->base.path : YZ_STR("nowhere")),
                     YZ_STR_ARGS(yz_buf_view(&diag.text)));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test_setup_teardown(test_addresses, set_up, tear_down),
                                       cmocka_unit_test_setup_teardown(test_flavours_address, set_up, tear_down),
                                       cmocka_unit_test_setup_teardown(test_pasted_addresses, set_up, tear_down)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
