/* test_config_chain.c: several chains in yuzui.lua: which one a request takes, by whose key it carries, and what is wrong or hardly meant.
 */
#include "config_world.h"

#include "base/clock.h"
#include "config/proof.h"

#include <time.h>

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

/* Which chain a request takes: the key's, else the address's, else the model's (the longest pattern), else the one without a name. */
static void test_which_chain(void **state) {
    (void)state;
    const yz_settings *s = read_good("listen '127.0.0.1:1'\nlisten '127.0.0.1:2' { chain = 'internal' }\n"
                                     "key 'sk-plain' { name = 'plain' }\nkey 'sk-night' { name = 'night', chain = 'night' }\n"
                                     "chain 'gpt' { models = { 'gpt-*', 'o1' } }\nchain 'mini' { models = { 'gpt-5-mini*', 'gpt-4' } }\n"
                                     "chain { auth {} }\nchain 'internal' {}\nchain 'night' { retry {} }\n");
    const yz_listen_settings *open = &s->listens[0], *internal = &s->listens[1];
    const yz_key_settings *plain = yz_settings_key(s, YZ_STR("sk-plain")), *night = yz_settings_key(s, YZ_STR("sk-night"));
    const struct {
        const yz_key_settings *key;
        const yz_listen_settings *listen;
        const char *model, *chain;
    } asked[] = {
        {NULL, NULL, "", ""},
        {NULL, open, "claude", ""},
        {plain, open, "gpt-5", "gpt"},
        {NULL, open, "gpt-4", "mini"},
        {NULL, open, "gpt-4o", "gpt"},
        {NULL, open, "gpt-5-min", "gpt"},
        {NULL, open, "gpt-5-mini", "mini"},
        {NULL, open, "o1", "gpt"},
        {NULL, open, "o1-pro", ""},
        {NULL, open, "gpt", ""},
        {NULL, internal, "gpt-5", "internal"},
        {plain, internal, "", "internal"},
        {night, open, "gpt-5", "night"},
        {night, internal, "", "night"},
    };
    assert_int_equal(s->n_chains, 5);
    assert_true(s->keys_choose);
    for (size_t i = 0; i < sizeof(asked) / sizeof(*asked); i++) {
        const yz_chain_settings *chain =
            yz_chain_choose(s, asked[i].key ? asked[i].key->chain : NULL, asked[i].listen, yz_str_of(asked[i].model));
        if (!yz_str_is(chain->name, asked[i].chain))
            fail_msg("case %zu took \"%.*s\"", i, YZ_STR_ARGS(chain->name));
    }
    assert_ptr_equal(yz_settings_listen(s, YZ_STR("127.0.0.1:2")), internal);
    assert_null(yz_settings_listen(s, YZ_STR("127.0.0.1:3")));
}

/* ---- what is wrong ----------------------------------------------------------------------------------------------------------- */

#define WHOLE "listen ':1' chain {} "
static const struct {
    const char *text, *said;
} BROKEN[] = {
    {"listen ':1'\nchain {}\nchain {}",
     "yuzui.lua:3: error: chain is there twice: first in line 2; another one needs a name, as in chain \"batch\" { … }\n"},
    {"listen ':1'\nchain {}\nchain 'a' {}\nchain 'a' {}", "yuzui.lua:4: error: chain \"a\" is there twice: first in line 3\n"},
    {"listen ':1'\nchain 'a' {}",
     "yuzui.lua: error: there is no chain without a name: chain { auth {}, retry { attempts = 3 } } says which "
     "stages a request runs through that takes none of the others\n"},
    {WHOLE "chain 'a'", "yuzui.lua:1: error: chain \"a\" needs a list of stages, as in chain \"a\" { auth {}, retry { attempts = 3 } }\n"},
    {WHOLE "chain 'a' { auth }",
     "yuzui.lua:1: error: chain \"a\": entry 1 is a stage without its options: write { } after its name, as in auth {}\n"},
    {WHOLE "chain 'a' { modles = { 'm' }, retry {} }",
     "yuzui.lua:1: error: chain \"a\": there is no option \"modles\": did you mean \"models\"?\n"},
    {WHOLE "chain 'a' { models = { 'm*x' } }", "yuzui.lua:1: error: chain \"a\": models: \"m*x\": a * may stand only at the end\n"},
    {"listen ':1' chain { models = { 'm' } }", "yuzui.lua:1: error: chain: models are for a chain with a name, as in chain \"batch\" { "
                                               "models = { \"batch-*\" }, … }: the one without "
                                               "takes what no other does\n"},
    {"listen ':1' chain { retries = 3 }", "yuzui.lua:1: error: chain: there is no option \"retries\": the options are operations\n"},
    {WHOLE "chain 'internal' {} listen ':2' { chain = 'intrenal' }",
     "yuzui.lua:1: error: listen \":2\": there is no chain \"intrenal\": did you mean \"internal\"?\n"},
    {WHOLE "key 'k' { name = 'n', chain = 'batch' }", "yuzui.lua:1: error: key \"n\": there is no chain \"batch\", nor any other\n"},
    {WHOLE "admin '127.0.0.1:2' { chain = 'a' }", "yuzui.lua:1: error: admin: there is no option \"chain\": the options are cert, key, "
                                                  "reuse_port, trusted, token, tokens, oidc, edit_policies\n"},
    {WHOLE "chain 'a' { models = { 'x-*', 'y' } }\nchain 'b' { models = { 'x-1*', 'y' } }",
     "yuzui.lua:2: error: chain \"b\": models: \"y\" is there twice: chain \"a\" (line 1) takes it too\n"},
};

static void test_errors(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof(BROKEN) / sizeof(*BROKEN); i++) {
        assert_null(read_text(BROKEN[i].text));
        expect_said(BROKEN[i].text, BROKEN[i].said);
    }
}

/* ---- what is allowed and yet hardly meant ------------------------------------------------------------------------------------- */

#define SERVED "listen '127.0.0.1:1' provider 'demo' { adapter = 'demo' } model 'gpt-5.2' { 'demo' } "
static const struct {
    const char *text, *said;
} ODD[] = {
    {SERVED "chain { retry {} } chain 'a' { retry {} }",
     "yuzui.lua:1: warning: nobody takes chain \"a\": listen \"…\" { chain = \"a\" }, key \"…\" { chain = \"a\" } or models = { … } in "
     "it say who does\n"},
    {SERVED "key 'k' { name = 'n', chain = 'a' } chain { auth {} }\nchain 'a' { retry {} }",
     "yuzui.lua:2: warning: key \"n\" takes chain \"a\", which has no auth {}: nobody looks which models it may use\n"},
    {SERVED "key 'k' { name = 'n' } chain { auth {} }\nchain 'a' { models = { 'gpt-*' }, retry {} }",
     "yuzui.lua:2: warning: nobody is asked for a key in chain \"a\": it has no auth {}\n"},
    {SERVED "key 'k' { name = 'n' } chain { auth {} }\nchain 'a' { retry {} } listen '127.0.0.1:2' { chain = 'a' }", ""},
    {SERVED "key 'k' { name = 'n' } chain { auth {} }\nchain 'a' { retry {} } listen '0.0.0.0:2' { chain = 'a' }",
     "yuzui.lua:2: warning: nobody is asked for a key in chain \"a\": it has no auth {}\n"},
    {SERVED "chain {}\nchain 'a' { models = { 'gtp-5.2', 'auto' } }",
     "yuzui.lua:2: warning: chain \"a\": there is no model \"gtp-5.2\": did you mean \"gpt-5.2\"?\n"
     "yuzui.lua:2: warning: chain \"a\": there is no model \"auto\": there are gpt-5.2\n"},
    {SERVED "chain {}\nchain 'a' { models = { 'auto' }, policy 'p.lua' }", ""},
    {SERVED "key 'k' {} chain { auth {} }\nchain 'a' { models = { 'gpt-*' }, cache {}, auth {} }",
     "yuzui.lua:2: warning: chain \"a\": cache stands before auth, so answers are given to anybody, with a key or without; the usual "
     "order is auth, deadline, policy, limit, jobs, bill, cache, shed, rescue, fallback, hedge, retry, balance\n"},
    {SERVED "key 'k' {} ledger 'sqlite' { path = '/tmp/none.db' } prices 'demo' { source = 's', date = '2026-11-28', models = { { name = "
            "'gpt-5.2', input = 1, output = 1 } } }\nchain { auth {}, bill {}, policy 'p.lua' }",
     "yuzui.lua:2: warning: chain: bill stands before policy, so money is held for the model asked for, whatever the policy would choose; "
     "the usual order is auth, deadline, policy, limit, jobs, bill, cache, shed, rescue, fallback, hedge, retry, balance\n"},
    {SERVED "key 'k' {} ledger 'sqlite' { path = '/tmp/none.db' }\nchain { auth {}, retry {}, bill { unpriced = 'allow' } }",
     "yuzui.lua:2: warning: chain: retry stands before bill, so each attempt is a charge of its own; the usual order is auth, deadline, "
     "policy, limit, jobs, bill, cache, shed, rescue, fallback, hedge, retry, balance\n"},
    {SERVED "model 'b' { 'demo' } key 'k' {} ledger 'sqlite' { path = '/tmp/none.db' }\nchain { auth {}, bill {} }",
     "yuzui.lua:2: warning: bill: requests for \"b\", \"gpt-5.2\" are refused, since what they cost is not known: prices \"demo\" { …, "
     "models = { { name = \"b\", … } } } says it, or unpriced = \"allow\" lets them through for nothing\n"},
};

static void test_warnings(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof(ODD) / sizeof(*ODD); i++) {
        read_good(ODD[i].text);
        expect_said(ODD[i].text, ODD[i].said);
    }
}

/* From a month before a model's end on; and where the one to use instead is none of this config's, also by a pattern, that is said. */
static void test_ends(void **state) {
    (void)state;
    static const struct {
        const char *more, *said;
    } rows[] = {
        {"", "; it says to use \"demo-6\", but no model of this config has that name, so nobody can be sent there"},
        {"model 'demo-6' { 'demo' }", "; it says to use \"demo-6\""},
        {"model 'demo-*' { 'demo' }", "; it says to use \"demo-6\""},
    };
    time_t end = (time_t)(yz_clock_wall() + 10 * 86400 + 43200);
    struct tm parts;
    char day[32], text[800], said[300];
    strftime(day, sizeof day, "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&end, &parts));
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        snprintf(text, sizeof text,
                 SERVED
                 "%s prices 'demo' { source = 's', date = '2026-11-28', models = { { name = 'gpt-5.2', input = 1, output = 1, ends = "
                 "'%s', successor = 'demo-6' } } } chain {}",
                 rows[i].more, day);
        snprintf(said, sizeof said, "yuzui.lua:1: warning: model \"gpt-5.2\": demo serves \"gpt-5.2\" for another 10 days%s\n",
                 rows[i].said);
        read_good(text);
        expect_said(text, said);
    }
}

/* What a connection has proved spares a hash; whose key it is, and whether it still is one, the settings say. */
static void test_proved_keys(void **state) {
    (void)state;
    yz_proof *proof = NULL;
    const yz_settings *s = read_good("listen ':1' chain {} key 'sk-one' { name = 'one' } key 'sk-two' { name = 'two' }");
    assert_null(yz_proof_key(&proof, s, YZ_STR("sk-no")));
    assert_null(proof); /* nothing of a stranger is kept */
    for (int i = 0; i < 3; i++)
        assert_ptr_equal(yz_proof_key(&proof, s, YZ_STR("sk-one")), yz_settings_key(s, YZ_STR("sk-one")));
    assert_non_null(proof);
    assert_ptr_equal(yz_proof_key(&proof, s, YZ_STR("sk-two")), yz_settings_key(s, YZ_STR("sk-two")));
    assert_null(yz_proof_key(&proof, s, YZ_STR("sk-tw")));
    assert_null(yz_proof_key(&proof, s, YZ_STR("sk-twoo")));
    const yz_settings *later = read_good("listen ':1' chain {} key 'sk-one' { name = 'other' }");
    assert_null(yz_proof_key(&proof, later, YZ_STR("sk-two")));
    assert_true(yz_str_is(yz_proof_key(&proof, later, YZ_STR("sk-one"))->pub.name, "other"));
    yz_proof_free(proof);
}

int main(void) {
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {TEST(test_which_chain), TEST(test_proved_keys), TEST(test_errors), TEST(test_warnings),
                                       TEST(test_ends)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
