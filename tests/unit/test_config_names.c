/* Names of keys and models in the options of stages that nobody has, addresses that are none, and what is said of targets where nobody
 * looks at it. */
#include "config_world.h"

#define WORLD                                                                                                                              \
    "listen '127.0.0.1:1' provider 'p' { adapter = 'demo' } provider 'o' { adapter = 'demo' } key 'k' { name = 'shop-1' } key 'l' { name " \
    "= "                                                                                                                                   \
    "'night' }\n"
#define MODELS "model 'gpt-5.2' { 'p', 'o' } model 'gpt-5-mini' { 'p' } model 'kimi-*' { 'p' }\n"

static const char *said_of(const char *text, bool right) {
    diag.text.n = 0;
    diag.errors = diag.warnings = 0;
    bool read = yz_settings_read_text("yuzui.lua", yz_str_of(text), arena, &diag) != NULL;
    if (read != right)
        fail_msg("for %s: %s", text, said());
    return said();
}

typedef struct row {
    const char *text, *said; /* said: after "yuzui.lua:3: warning: " or "error: "; NULL: nothing */
} row;

static void check(const char *world, const row *rows, size_t n, const char *kind) {
    for (size_t i = 0; i < n; i++) {
        char text[1500], expected[700] = "";
        snprintf(text, sizeof text, "%s%s", world, rows[i].text);
        if (rows[i].said)
            snprintf(expected, sizeof expected, "yuzui.lua:3: %s: %s\n", kind, rows[i].said);
        assert_string_equal(said_of(text, strcmp(kind, "error") != 0 || !rows[i].said), expected);
    }
}
#define CHECK(world, rows, kind) check(world, rows, sizeof(rows) / sizeof(*(rows)), kind)

static void test_names(void **state) {
    static const row rows[] = {
        {"chain { auth {}, limit { limits = { { requests = 1 }, { requests = 1, keys = { 'night', 'shpo-1' } } } } }",
         "limit: limits[2].keys: no key is called \"shpo-1\": did you mean \"shop-1\"?"},
        {"chain { auth {}, limit { limits = { { requests = 1, keys = { 'trial-*' } } } } }",
         "limit: limits[1].keys: no key is called \"trial-*\": "
         "there are night, shop-1"},
        {"chain { auth {}, limit { limits = { { requests = 1, keys = { 'shop-*', '*' } } } } }", NULL},
        {"ledger 'sqlite' { path = '/tmp/none.db' } chain { auth {}, limit { limits = { { requests = 1, keys = { 'trial-*' } } } } }",
         NULL},
        {"chain 'in' { limit { limits = { { requests = 1, keys = { 'shop-*' } } } } } listen '127.0.0.1:2' { chain = 'in' } chain { auth "
         "{} }",
         "limit: limits[1].keys: nobody is known by a key here: chain \"in\" has no auth {}"},
        {"chain { auth {}, deadline { keys = { { keys = { 'batch-*' }, time = '9s' } } } }",
         "deadline: keys[1].keys: no key is called \"batch-*\": there are night, shop-1"},
        {"chain { auth {}, shed { concurrency = 1, high = { 'shop-*' }, low = { 'nigth' } } }",
         "shed: low: no key is called \"nigth\": did you mean \"night\"?"},
        {"chain { auth {}, policy 'p.lua', shed { concurrency = 1, high = { 'gold' }, low = { 'free' }, label = 'tier' } }", NULL},
        {"chain { auth {}, limit { limits = { { requests = 1, models = { 'gtp-5.2' } } } } }",
         "limit: limits[1].models: there is no model \"gtp-5.2\": did you mean \"gpt-5.2\"?"},
        {"chain { auth {}, limit { limits = { { requests = 1, models = { 'claude-*' } } } } }",
         "limit: limits[1].models: there is no model \"claude-*\": there are gpt-5-mini, gpt-5.2, kimi-*"},
        {"chain { auth {}, limit { limits = { { requests = 1, models = { 'gpt-*', 'kimi-k2', 'gpt-5-mini', '*' } } } } }", NULL},
        {"chain { auth {}, policy 'p.lua', limit { limits = { { requests = 1, models = { 'cheap' } } } } }",
         NULL}, /* which only it knows */
        {"chain { auth {}, rescue { prefix = { 'gpt-*', 'claude-*' } } }",
         "rescue: prefix: there is no model \"claude-*\": there are gpt-5-mini, gpt-5.2, kimi-*"},
    };
    (void)state;
    CHECK(WORLD MODELS, rows, "warning");
}

/* Keys that somebody has, whose requests take another chain. */
static void test_elsewhere(void **state) {
#define TWO "key 'm' { name = 'batch-1', chain = 'batch' } model 'm' { 'p' }\n"
    static const row rows[] = {
        {"chain { auth {}, limit { limits = { { requests = 1, keys = { 'batch-1' } } } } } chain 'batch' { auth {} }",
         "limit: limits[1].keys: nobody called \"batch-1\" takes the chain without a name: key \"batch-1\" takes chain \"batch\", where "
         "this "
         "belongs"},
        {"chain { auth {}, deadline { keys = { { keys = { 'bat*' }, time = '1s' } } } } chain 'batch' { auth {} }",
         "deadline: keys[1].keys: nobody called \"bat*\" takes the chain without a name: key \"batch-1\", which fits, takes chain "
         "\"batch\", "
         "where this belongs"},
        {"chain { auth {} } chain 'batch' { auth {}, limit { limits = { { requests = 1, keys = { 'night' } } } } }",
         "limit: limits[1].keys: nobody called \"night\" takes chain \"batch\": key \"night\" takes others"},
        {"chain { auth {} } chain 'batch' { auth {}, models = { 'm' }, limit { limits = { { requests = 1, keys = { 'night' } } } } }",
         NULL},
        {"chain { auth {} } listen '127.0.0.1:2' { chain = 'batch' } chain 'batch' { auth {}, limit { limits = { { requests = 1, keys = { "
         "'night' } } } } }",
         NULL},
        {"chain { auth {} } chain 'batch' { auth {}, limit { limits = { { requests = 1, keys = { '*' } } } } }", NULL},
    };
    (void)state;
    CHECK(WORLD TWO, rows, "warning");
}

static void test_labels(void **state) {
#define TAGGED                                                                                                                             \
    "key 'm' { name = 'batch-1', chain = 'batch', tags = { team = 'x' } } key 'n' { name = 'gold', tags = { tier = 'gold', area = 'eu' } " \
    "} chain 'batch' { auth {} } model 'm' { 'p' }\n"
#define LABELS(limits) "chain { auth {}, limit { limits = { " limits " } } }"
    static const row rows[] = {
        {LABELS("{ requests = 1, per = 'label', label = 'teir' }"),
         "limit: limits[1].label: no key that comes here has a tag \"teir\", and no policy stands above: did you mean \"tier\"?"},
        {LABELS("{ requests = 1, label = 'team' }"),
         "limit: limits[1].label: no key that comes here has a tag \"team\", and no policy stands above: there are area, tier"},
        {LABELS("{ requests = 1, label = 'tier', values = { 'gold', 'silver' } }"),
         "limit: limits[1].values: no key that comes here has a tag tier = \"silver\": there are gold"},
        {"chain { auth {}, shed { concurrency = 1, high = { 'gold' }, low = { 'god' }, label = 'tier' } }",
         "shed: low: no key that comes here has a tag tier = \"god\": did you mean \"gold\"?"},
        {"chain 'in' { limit { limits = { { requests = 1, per = 'label', label = 'tier' } } } } listen '127.0.0.1:2' { chain = 'in' } "
         "chain { "
         "auth {} }",
         "limit: limits[1].label: nobody has a label here: chain \"in\" has neither auth {}, which knows tags of keys, nor a policy above"},
        {LABELS("{ requests = 1, per = 'label', label = 'tier', values = { 'g*' } }"), NULL},
        {"chain { auth {}, policy 'p.lua', limit { limits = { { requests = 1, label = 'customer', values = { 'a' } } } } }", NULL},
        {"chain { auth {}, limit { limits = { { requests = 1, label = 'customer' } } }, policy 'p.lua' }",
         "limit: limits[1].label: no key that comes here has a tag \"customer\", and no policy stands above: there are area, tier"},
        {"ledger 'sqlite' { path = '/tmp/none.db' } " LABELS("{ requests = 1, label = 'customer' }"), NULL},
    };
    (void)state;
    CHECK(WORLD TAGGED, rows, "warning");
}

static void test_addresses(void **state) {
    static const row rows[] = {
        {"chain { auth {}, balance { webhook = 'hooks.example/yuzui' } }",
         "balance: webhook should be an address that begins with https:// or http://, such as https://example.com/path"},
        {"chain { auth {}, balance { webhook = 'socks5://a.example' } }",
         "balance: webhook should be an address that begins with https:// or http://, such as https://example.com/path"},
        {"chain { auth {}, balance { webhook = 'https://a.example/x y' } }",
         "balance: webhook is no address of a server: it holds a byte that must be percent-encoded, or a fragment"},
        {"ledger 'sqlite' { path = '/tmp/none.db' } chain { auth {}, bill { unpriced = 'allow', webhook = 'a.example' } }",
         "bill: webhook should be an address that begins with https:// or http://, such as https://example.com/path"},
        {"chain { otlp { url = 'collector:4318' }, auth {} }",
         "otlp: url should be an address that begins with https:// or http://, such as https://example.com/path"},
        {"chain { auth {}, balance { webhook = 'https://a.example:8443/x?to=me' } }", NULL},
        {"chain { auth {}, balance { webhook = '' } }", NULL},
    };
    (void)state;
    CHECK(WORLD MODELS, rows, "error");
}

static void test_targets(void **state) {
#define NOTHING(what)                                                                                                                      \
    "model \"m\": " what                                                                                                                   \
    " of its target \"o\" counts for nothing: targets are asked in their order, unless balance {} stands at the end of "                   \
    "the chain"
    static const row rows[] = {
        {"model 'm' { 'p', { 'o', weight = 3 } } chain { auth {}, fallback {} }", NOTHING("weight")},
        {"model 'm' { 'p', { 'o', tier = 2 } } chain { auth {}, fallback {} }", NOTHING("tier")},
        {"model 'm' { 'p', { 'o', concurrency = 9 } } chain { auth {}, fallback {} }", NOTHING("concurrency")},
        {"model 'm' { 'p', { 'o', weight = 1, as = 'x' } } chain { auth {}, fallback {} }", NULL},
        {"model 'm' { 'p', 'o', { 'p', as = 'm' } } chain { auth {}, fallback {}, balance {} }",
         "model \"m\": targets 1 and 3 are the same, p/m: what is asked of another target after a failure, or beside a late one, is asked "
         "of "
         "it again; leave one away (weight = 2 doubles a share)"},
        {"model 'm' { 'p', { 'p', as = 'x' } } chain { auth {}, fallback {}, balance {} }", NULL},
        {"model 'm' { 'p', { 'o', weight = 3 } } chain { auth {}, fallback {}, balance {} }", NULL},
        /* In one of the chains that lead there; and in none that does. */
        {"model 'm' { 'p', { 'o', weight = 3 } } chain { auth {} } chain 'x' { auth {}, models = { 'm' }, balance {} }", NULL},
        {"model 'm' { 'p', { 'o', weight = 3 } } model 'n' { 'p', 'o' } chain { auth {} } chain 'x' { auth {}, models = { 'n' }, balance "
         "{} }",
         NOTHING("weight")},
        {"model 'm' { 'p', { 'o', weight = 3 } } model 'n' { 'p', 'o' } chain { auth {} } chain 'x' { auth {}, models = { 'n' }, policy "
         "'p.lua', balance {} }",
         NULL},
        {"provider 'q' { adapter = 'demo', nodes = { 'https://a.example', 'https://b.example' } } model 'm' { 'p', 'q' } chain { auth {} }",
         "provider \"q\" has no key: calls go out without one"}, /* nothing of weights, which nobody said */
        {"model 'm' { 'p' } model 'auto' {} chain { auth {}, policy 'p.lua', fallback { models = { m = 'auto' } } }",
         "fallback: models: the model \"auto\" has no targets, so nobody answers for it; one that a provider serves is wanted"},
        {"model 'm' { 'p' } model 'desk' {} chain { auth {}, policy 'p.lua', workflow 'w.lua' { model = 'desk' }, fallback { models = { m "
         "= 'desk' } } }",
         NULL},
        {"model 'm' { 'p' } model 'n' { 'o' } chain { auth {}, hedge {} }",
         "chain: hedge asks nobody a second time, since every model has one target: model \"m\" { \"p\", \"another\" }"},
        {"model 'm' { 'p' } model 'n' { 'o', 'p' } chain { auth {}, hedge {} }", NULL},
    };
    (void)state;
    CHECK(WORLD "\n", rows, "warning");
    static const row wrong[] = {
        {"model 'm' { 'p', { 'o', weight = 0 } } chain { auth {} }",
         "model \"m\": target \"o\": weight is the number 0, but should be a whole number from 1 to 1000"},
        {"model 'm' { 'p', { 'o', wieght = 2 } } chain { auth {} }",
         "model \"m\": target \"o\": there is no option \"wieght\": did you mean \"weight\"?"},
    };
    CHECK(WORLD "\n", wrong, "error");
}

int main(void) {
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {TEST(test_names), TEST(test_elsewhere), TEST(test_labels), TEST(test_addresses), TEST(test_targets)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
