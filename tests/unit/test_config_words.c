/* test_config_words.c: a config as it is written by whoever knows YAML, JSON or TOML: colons, values without quotes, options of elsewhere.
 * One mistake is one error, which says what would be right.
 */
#include "base/arena.h"
#include "base/diag.h"
#include "config/settings.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

typedef struct mistake {
    int line;
    const char *text, *said;
} mistake;

static void expect(const mistake *m) {
    yz_arena *arena = yz_arena_new(NULL);
    yz_diag diag = {0};
    bool ok = yz_settings_read_text("yuzui.lua", yz_str_of(m->text), arena, &diag) != NULL;
    yz_str right = yz_format(arena, "yuzui.lua:%d: error: %s\n", m->line, m->said);
    if (ok || !yz_str_eq(yz_buf_view(&diag.text), right))
        fail_msg("for: %s\nsaid:     %.*sexpected: %s", m->text, YZ_STR_ARGS(yz_buf_view(&diag.text)), right.p);
    yz_diag_free(&diag);
    yz_arena_free(arena);
}

#define EXPECT(table)                                                                                                                      \
    for (size_t i = 0; i < sizeof(table) / sizeof *(table); i++)                                                                           \
    expect(&(table)[i])

/* For Lua a colon calls a method, and so some of these are errors of its syntax, others of the running config. */
static void test_colons(void **state) {
#define EQUALS "an option is written with =, not with a colon: "
    static const mistake table[] = {
        {3, "provider 'o' {\n  adapter = 'openai',\n  key: env 'OPENAI_API_KEY',\n}", EQUALS "key = env \"NAME\""},
        {3, "provider 'o' {\n  adapter = 'openai',\n  key: env('OPENAI_API_KEY'),\n}", EQUALS "key = env \"NAME\""},
        {1, "provider 'o' { adapter = 'openai', key: env 'OPENAI_API_KEY' }", EQUALS "key = env \"NAME\""},
        {2, "listen '127.0.0.1:1' {\n  chain: env 'X',\n}", EQUALS "chain = env \"NAME\""},
        {2, "provider 'o' {\n  listen: env 'X',\n}", EQUALS "listen = env \"NAME\""},
        {2, "provider 'o' { adapter = 'openai',\n  proxy: env 'X',\n}", EQUALS "proxy = …"},
        {1, "listen: env 'X'", "what listen takes follows it without a colon, and a variable in ( ): listen(env \"NAME\")"},
        {2, "provider 'o' {\n  key: 'sk-secret',\n}", EQUALS "key = …"},
        {1, "provider 'o' { model: 'x' }", EQUALS "model = …"},
        {2, "admin '127.0.0.1:1' {\n  log: true,\n}", EQUALS "log = …"},
        {3, "chain {\n  limit {\n  store: 'redis',\n} }", EQUALS "store = …"},
        {2, "chain {\n  retry: { attempts = 3 },\n}", "retry is a stage, and stands in the list without a colon: retry { … }"},
        {1, "store: 'redis'", "what store takes follows it without a colon"},
    };
    (void)state;
    EXPECT(table);
}

static void test_addresses(void **state) {
#define QUOTES "an address stands in quotes: "
    static const mistake table[] = {
        {1, "listen 127.0.0.1:8080", QUOTES "listen \"127.0.0.1:8080\""},
        {1, "listen: 127.0.0.1:18090", QUOTES "listen \"127.0.0.1:18090\""},
        {1, "listen :8080", QUOTES "listen \":8080\""},
        {1, "admin localhost:8081", QUOTES "admin \"127.0.0.1:8080\""},
        {1, "listen [::1]:8080", QUOTES "listen \"[::1]:8080\""},
        {1, "admin [::1]", QUOTES "admin \"[::1]:8080\""},
        {1, "listen 127.0.0.1", QUOTES "listen \"127.0.0.1:8080\""},
        {1, "drain 30s", "a duration or a size is a text in quotes, such as \"30s\" or \"32MiB\""},
        {1, "provider 'o' { proxy = 10.0.0.1 }", "an address stands in quotes, as in \"127.0.0.1:8080\""},
        {1, "provider 'o' { base_url = https://a.example/v1 }",
         "an address stands in quotes, as in base_url = \"https://api.example.com/v1\""},
    };
    (void)state;
    EXPECT(table);
}

#define LISTEN "listen '127.0.0.1:1'\n"

static void test_texts(void **state) {
    static const mistake table[] = {
        {2, LISTEN "provider 'openai' { adapter = openai }", "a text stands in quotes: adapter = \"openai\""},
        {2, LISTEN "model 'a' { openai }", "a text stands in quotes: \"openai\""},
        {2, LISTEN "provider 'o' { adapter = 'openai', key = abc }",
         "a text stands in quotes: key = \"…\", and a variable is env \"NAME\""},
        {2, LISTEN "chain { openai }", "\"openai\" is an adapter, no stage: its name stands in quotes, as in adapter = \"…\""},
        {2, LISTEN "chain { limit { store = redis } }", "a text stands in quotes: store = \"redis\""},
    };
    (void)state;
    EXPECT(table);
}

/* As it is written in other languages. */
static void test_signs(void **state) {
    static const mistake table[] = {
        {2, LISTEN "key 'sk-x' { models = { gpt-4o } }", "a text stands in quotes: \"gpt-4o\""},
        {2, LISTEN "key 'sk-x' { models = [ '*' ] }", "a list stands in { }, not in [ ]"},
        {2, LISTEN "provider 'o' { adapter = 'openai', drop = [ 'seed' ] }", "a list stands in { }, not in [ ]"},
        {2, LISTEN "model 'm' { { 'o', weight = 50% } }", "a share is a number such as 0.5, and a weight one such as 2, without %"},
        {2, LISTEN "model gpt-4o { 'o' }", "a name stands in quotes, as in model \"gpt-4o\" { … }, and a variable in ( )"},
        {2, LISTEN "; comment", "a comment begins with --, not with ;"},
        {2, LISTEN "provider 'o' { total = 30s }", "a duration or a size is a text in quotes, such as \"30s\" or \"32MiB\""},
    };
    (void)state;
    EXPECT(table);
}

/* What an env file has, and a shell; nothing of the value is shown. */
static void test_env_lines(void **state) {
#define ENV_LINE "this is a line of an env file: the variable is set there, before yuzui starts, and read here, as in key = env \"A_KEY\""
    static const mistake table[] = {
        {1, "A_KEY=sk-4f1c", ENV_LINE},           {2, LISTEN "A_KEY=4f1c", ENV_LINE},         {2, LISTEN "A_KEY=abc", ENV_LINE},
        {2, LISTEN "export A_KEY=abc", ENV_LINE}, {2, LISTEN "export A_KEY='abc'", ENV_LINE},
    };
    (void)state;
    EXPECT(table);
}

static void test_empty_addresses(void **state) {
    static const mistake table[] = {
        {2, LISTEN "provider 'o' { adapter = 'openai', key = 'k', base_url = '' }",
         "provider \"o\": base_url is empty: an address such as \"https://api.example.com/v1\" is wanted; left out it is "
         "https://api.openai.com/v1"},
    };
    (void)state;
    EXPECT(table);
}

static void test_options(void **state) {
#define NEXT "each model names the one that is tried after it, as a text: models = { [\"a\"] = \"the next\" }"
    static const mistake table[] = {
        {2, LISTEN "chain { policy 'policies/by-question.lua' { knowledge = 'gpt-5.2' } }",
         "policy: there is no option \"knowledge\": one of the file's own stands in options = { knowledge = … }"},
        {2, LISTEN "chain { fallback { models = { ['a'] = { 'b' } } } }", "fallback: models: " NEXT},
        {2, LISTEN "chain { fallback { 'a', 'b' } }", "fallback: models: " NEXT},
        {3, LISTEN "provider 'o' { adapter = 'openai', key = 'k' }\nmodel 'm' { { 'o', model = 'gpt-5' } }",
         "model \"m\": target \"o\": there is no option \"model\": did you mean \"as\"?"},
        {2, LISTEN "provider 'o' { adapter = 'openai', env = 'X' }",
         "provider \"o\": there is no option \"env\": key = env \"NAME\" reads the key from a variable"},
    };
    (void)state;
    EXPECT(table);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_colons),  cmocka_unit_test(test_addresses), cmocka_unit_test(test_texts),
        cmocka_unit_test(test_signs),   cmocka_unit_test(test_env_lines), cmocka_unit_test(test_empty_addresses),
        cmocka_unit_test(test_options),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
