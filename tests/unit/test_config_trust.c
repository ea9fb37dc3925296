/* test_config_trust.c: names that nobody answers to, keys that everybody has, and parts of a provider that are different vendors': what a
 * first config says in good faith. Each is met with what would be right, and what is right is met with nothing.
 */
#include "config_world.h"

#include <string.h>

#define KEYED  "provider 'o' { adapter = 'openai', key = 'k-0' } model 'gpt-5.2' { 'o' } model 'kimi-k2.5' { 'o' } "
#define HOME   "listen '127.0.0.1:1' " KEYED
#define WORLD  "listen '0.0.0.0:1' { trusted = { '10.0.0.1' } } " KEYED
#define SECRET "4f1c02e7b9d8a6c35e0f"

typedef struct row {
    const char *text, *said; /* said: a part of it; NULL: nothing at all */
    bool refused;
} row;

static void expect(const row *rows, size_t n) {
    for (size_t i = 0; i < n; i++) {
        diag.text.n = 0;
        diag.errors = diag.warnings = 0;
        bool ok = yz_settings_read_text("yuzui.lua", yz_str_of(rows[i].text), arena, &diag) != NULL;
        bool right = rows[i].said ? strstr(said(), rows[i].said) != NULL : strcmp(said(), "") == 0;
        if (ok == rows[i].refused || !right)
            fail_msg("for: %s\nsaid:     %s\nexpected: %s", rows[i].text, said(), rows[i].said ? rows[i].said : "");
    }
}

#define EXPECT(rows) expect(rows, sizeof(rows) / sizeof *(rows))

static void test_models(void **state) {
#define TO(options) HOME "model 'auto' {} key '" SECRET "' {} chain { auth {}, policy 'policies/p.lua' { " options " } }"
    static const row rows[] = {
        {TO("default = 'gpt-5.2'"), NULL, false},
        {TO("default = 'auto'"), "policy: default: the model \"auto\" has no targets, so nobody answers for it", false},
        {TO("default = 'gtp-5.2'"), "policy: default: there is no model \"gtp-5.2\": did you mean \"gpt-5.2\"?", true},
        {TO("default = 'quite-another'"), "policy: default: there is no model \"quite-another\": there are auto, gpt-5.2, kimi-k2.5", true},
        {HOME "model 'qwen-*' { 'o' } chain { policy 'p.lua' { default = 'qwen-*' } }",
         "policy: default: \"qwen-*\" stands for many models: the name of one is wanted", true},
        {HOME "model 'auto' {} chain { policy 'p.lua' { default = 'auto' }, policy 'q.lua' {} }", NULL, false}, /* which chooses */
    };
    (void)state;
    EXPECT(rows);
}

/* Where a policy may know a name that is not configured, a plain one is left alone; a pattern stands for models, which it does not make. */
static void test_keys_models(void **state) {
#define MAY(models, stages) HOME "key '" SECRET "' { name = 'a', models = { " models " } } chain { auth {}" stages " }"
    static const row rows[] = {
        {MAY("'kimi-*'", ""), NULL, false},
        {MAY("'claude-*'", ""), "key \"a\": there is no model \"claude-*\": there are gpt-5.2, kimi-k2.5", false},
        {MAY("'smart'", ", policy 'p.lua'"), NULL, false},
        {MAY("'kimi-*', 'auto'", ", policy 'p.lua'"), NULL, false},
        {MAY("'gtp-5.2'", ", policy 'p.lua'"), "did you mean \"gpt-5.2\"?", false},
        {MAY("'claude-*'", ", policy 'p.lua'"),
         "key \"a\": no model is called \"claude-*\": model \"claude-*\" { … } says who serves them, or without targets, model "
         "\"claude-*\" "
         "{}, that a policy knows them",
         false},
        {"listen '127.0.0.1:1' " KEYED "chain { auth {}, policy 'p.lua' } model 'claude-*' {} key '" SECRET "' { models = { 'claude-*' } }",
         NULL, false},
    };
    (void)state;
    EXPECT(rows);
}

static void test_guessable(void **state) {
#define OPEN(key)   WORLD "key '" key "' { name = 'a' } chain { auth {} }"
#define OTHERS(why) "key \"a\" " why ", and listen \"0.0.0.0:1\" is open to other machines: whoever has it spends your money"
    static const row rows[] = {
        {OPEN(SECRET), NULL, false},
        {OPEN("sk-yz-9f0c2b7a6d5e4f31"), NULL, false},
        {OPEN("1234"), OTHERS("is so short that it is guessed soon"), false},
        {OPEN("sk-yz-demo"), OTHERS("is printed in documentation, where everybody reads it"), false},
        {OPEN("sk-1234"), OTHERS("is printed in documentation, where everybody reads it"), false},
        {OPEN("Password123"), OTHERS("is a word that is guessed soon"), false},
        {OPEN("sk-my-secret-2026"), OTHERS("is a word that is guessed soon"), false},
        {OPEN("aaaaaaaaaaaaaaaaaaaaaaaa"), OTHERS("has so few different signs that it is guessed soon"), false},
        {OPEN("12121212121212121212121212"), OTHERS("has so few different signs that it is guessed soon"), false},
        {HOME "key 'sk-yz-demo' {} key '1234' {} chain { auth {} }", NULL, false}, /* nobody else reaches it */
        {"listen '0.0.0.0:1' { trusted = { '10.0.0.1' } } provider 'demo' { adapter = 'demo' } model 'm' { 'demo' } key 'sk-yz-demo' {} "
         "chain { auth {} }",
         NULL, false}, /* answers cost nothing */
        {OPEN("changeme"), "key: it looks like the place where one should be put", false},
    };
    (void)state;
    EXPECT(rows);
}

static void test_limits_nothing(void **state) {
    static const row rows[] = {
        {HOME "key '" SECRET "' {} chain { auth {}, limit {} }",
         "chain: limit {} limits nothing: limits = { { requests = 60, window = \"1m\" } } says what is too much", false},
        {HOME "key '" SECRET "' {} chain { auth {}, limit { limits = { { requests = 60 } } } }", NULL, false},
    };
    (void)state;
    EXPECT(rows);
}

static void test_vendors(void **state) {
#define FROM(text) "listen '127.0.0.1:1' provider 'a' { " text " } model 'm' { 'a' } chain {}"
#define KEY        "key = 'k-0', "
    static const row rows[] = {
        {FROM(KEY "adapter = 'openai'"), NULL, false},
        {FROM(KEY "adapter = 'responses'"), NULL, false},
        {FROM(KEY "adapter = 'gemini'"), NULL, false},
        {FROM(KEY "flavour = 'groq'"), NULL, false},
        {FROM(KEY "flavour = 'kimi', adapter = 'anthropic'"), NULL, false},
        {FROM(KEY "flavour = 'kimi', base_url = 'https://api.moonshot.cn/v1'"), NULL, false},
        {FROM(KEY "adapter = 'anthropic', base_url = 'https://relay.example.com'"), NULL, false},
        {FROM(KEY "adapter = 'anthropic', base_url = 'https://api.anthropic.com/v1/'"), NULL, false},
        {FROM(KEY "adapter = 'anthropic', base_url = 'https://me.services.ai.azure.com/anthropic'"), NULL, false},
        {FROM(KEY "adapter = 'anthropic', base_url = 'https://eu-aiplatform.googleapis.com/v1/x'"), NULL, false},
        {FROM(KEY "adapter = 'openai', base_url = 'https://api.anthropic.com/v1'"), NULL, false},
        {FROM(KEY "adapter = 'anthropic', base_url = 'https://api.openai.com/v1'"),
         "provider \"a\": adapter \"anthropic\" is not known to be spoken at api.openai.com (flavour \"openai\"): adapter = \"openai\" is "
         "meant",
         false},
        {FROM(KEY "adapter = 'gemini', base_url = 'https://api.deepseek.com'"),
         "(flavour \"deepseek\"): adapter = \"openai\", or adapter = \"anthropic\" at https://api.deepseek.com/anthropic is meant", false},
        {FROM(KEY "adapter = 'openai', base_url = 'https://generativelanguage.googleapis.com/v1beta'"),
         "provider \"a\": adapter \"openai\" is spoken there at https://generativelanguage.googleapis.com/v1beta/openai, not at this "
         "base_url",
         false},
        {FROM(KEY "flavour = 'groq', base_url = 'https://api.groq.com/v1'"),
         "provider \"a\": the API of this vendor begins at https://api.groq.com/openai/v1, not at this base_url", false},
        {FROM(KEY "adapter = 'openai', base_url = 'https://openrouter.ai'"), "begins at https://openrouter.ai/api/v1, not at this", false},
        {FROM(KEY "flavour = 'deepseek', base_url = 'https://api.deepseek.com'"), NULL, false},
        {FROM(KEY "flavour = 'groq', base_url = 'https://api.x.ai/v1'"),
         "provider \"a\": api.x.ai is an address of flavour \"xai\", not of \"groq\", whose ways and errors it does not have: flavour = "
         "\"xai\" is meant, or another base_url",
         false},
        {FROM("key = 'sk-ant-api03-4f1c02e7', adapter = 'openai'"),
         "provider \"a\": its key begins like one of flavour \"anthropic\", and api.openai.com is an address of \"openai\", who would be "
         "shown it",
         false},
        {FROM("key = 'gsk_4f1c02e7', flavour = 'xai'"), "its key begins like one of flavour \"groq\"", false},
        {FROM("key = 'sk-proj-4f1c02e7', adapter = 'openai'"), NULL, false},
        {FROM("key = 'sk-ant-api03-4f1c02e7', adapter = 'openai', base_url = 'https://relay.example.com/v1'"), NULL, false},
    };
    (void)state;
    EXPECT(rows);
}

/* Names of vendors as people know them. */
static void test_called(void **state) {
    static const row rows[] = {
        {FROM(KEY "flavour = 'claude'"), "provider \"a\": there is no flavour \"claude\": flavour = \"anthropic\" is meant", true},
        {FROM(KEY "flavour = 'Moonshot AI'"), "flavour = \"kimi\" is meant", true},
        {FROM(KEY "flavour = 'z.ai'"), "flavour = \"glm\" is meant", true},
        {FROM(KEY "flavour = 'GPT'"), "flavour = \"openai\" is meant", true},
        {FROM(KEY "flavour = 'mistrl'"), "there is no flavour \"mistrl\": did you mean \"mistral\"?", true},
        {FROM(KEY "flavour = 'together'"), "any other server that speaks as OpenAI does is adapter = \"openai\" and its base_url", true},
        {FROM(KEY "adapter = 'google'"), "\"google\" is no adapter but a flavour: flavour = \"gemini\", which says", true},
        {FROM(KEY "adapter = 'OpenAI'"), "there is no adapter \"OpenAI\": did you mean \"openai\"?", true},
        {FROM(KEY "flavor = 'groq'"), "provider \"a\": there is no option \"flavor\": did you mean \"flavour\"?", true},
        {FROM(KEY "type = 'openai'"), "provider \"a\": there is no option \"type\": did you mean \"adapter\"?", true},
    };
    (void)state;
    EXPECT(rows);
}

/* Names with a slash: of a provider that is asked for just that, or of a vendor's own. And lists that are none. */
static void test_targets(void **state) {
    static const row rows[] = {
        {HOME "model 'o/gpt-5.2' { 'o' } chain {}",
         "model \"o/gpt-5.2\": provider \"o\" is asked for a model of just that name; { { \"o\", as = \"gpt-5.2\" } } asks it for "
         "\"gpt-5.2\"",
         false},
        {HOME "model 'o/gpt-5.2' { { 'o', as = 'gpt-5.2' } } chain {}", NULL, false},
        {HOME "model 'a/gpt-5.2' { 'o' } chain {}", NULL, false},
        {"listen '127.0.0.1:1' provider 'groq' { key = 'k-0', flavour = 'groq' } model 'groq/compound' { 'groq' } chain {}", NULL, false},
        {"listen '127.0.0.1:1' provider 'openrouter' { key = 'k-0', flavour = 'openrouter' } model 'openrouter/auto' { 'openrouter' } "
         "chain {}",
         NULL, false},
        {HOME "model 'm' { 'o' or 'p' } chain {}", "what stands after \"…\" or is never taken, since a text is never nil", false},
        {HOME "local x = env.YZ_UNSET or 'a' chain {}", NULL, false},
        {HOME "local y = env.YZ_UNSET == 'a' or 'b' chain {}", NULL, false},
        {HOME "model 'm' { targets = { 'o' } } chain {}", "model \"m\": targets stand in its braces without a name, not as targets = …",
         true},
        {HOME "model 'm' { 'o', as = 'x' } chain {}", "as stands beside the targets", true},
        {HOME "log { level = 'WARN' } chain {}", "one of \"debug\", \"info\", \"warn\", \"error\": did you mean \"warn\"?", true},
        {HOME "log { level = 'warning' } chain {}", "did you mean \"warn\"?", true},
        {HOME "workers '4' chain {}", "as in workers(4), not the string \"4\"", true},
        {HOME "provider 'p' { adapter = 'openai', key = env['YZ_UNSET_KEY'] } chain {}",
         "the variable YZ_UNSET_KEY is not set, so key is not said", false},
    };
    (void)state;
    EXPECT(rows);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_models, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_keys_models, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_guessable, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_limits_nothing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_vendors, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_called, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_targets, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
