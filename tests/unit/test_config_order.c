/* The order of stages: each pair that defeats one of them is told, and what is in the usual order, or right as it is, is not. */
#include "config_world.h"

static const char WORLD[] = "listen '127.0.0.1:1' provider 'demo' { adapter = 'demo' } model 'm' { 'demo', { 'demo', as = 'm2' } } model "
                            "'n' { 'demo' } key 'k' { name = 'a' } "
                            "ledger 'sqlite' { path = '/tmp/none.db' }\n";
#define USUAL "; the usual order is auth, deadline, policy, limit, jobs, bill, cache, shed, rescue, fallback, hedge, retry, balance\n"

/* What is said of a chain; at most one chain a call. */
static const char *said_of(const char *chain) {
    static char text[2000];
    snprintf(text, sizeof text, "%schain { %s }", WORLD, chain);
    diag.text.n = 0;
    diag.errors = diag.warnings = 0;
    if (!yz_settings_read_text("yuzui.lua", yz_str_of(text), arena, &diag))
        fail_msg("for %s: %s", chain, said());
    return said();
}

#define AUTH     "auth {}"
#define BILL     "bill { unpriced = 'allow' }"
#define DEADLINE "deadline { default = '10s' }"
#define LIMIT    "limit { limits = { { requests = 10 } } }"
#define POLICY   "policy 'p.lua'"
#define SHADOW   "shadow { model = 'm' }"
#define SHED     "shed { concurrency = 5 }"
#define WORKFLOW "workflow 'w.lua' { model = 'm' }"

static void test_pairs(void **state) {
    static const struct {
        const char *first, *second, *why; /* `first` stands before `second`, so … */
    } table[] = {
        {POLICY, AUTH, "policy stands before auth, so the policy runs before anybody knows who asks"},
        {"cache {}", AUTH, "cache stands before auth, so answers are given to anybody, with a key or without"},
        {"jobs {}", AUTH, "jobs stands before auth, so it is not known yet whose job it is, and anybody may ask for it"},
        {BILL, "jobs {}", "bill stands before jobs, so what it charges for a job has another id, and is not given back when the job fails"},
        {"retry {}", "jobs {}", "retry stands before jobs, so each attempt is a job of its own"},
        {"fallback {}", "jobs {}", "fallback stands before jobs, so each target's is a job of its own"},
        {"semantic {}", AUTH, "semantic stands before auth, so answers are given to anybody, with a key or without"},
        {LIMIT, AUTH, "limit stands before auth, so it is not known yet whose key it is, and addresses are counted"},
        {"limit {}", AUTH, "limit stands before auth, so it is not known yet whose key it is, and addresses are counted"},
        {"limit { limits = { { per = 'all', keys = { 'a' }, requests = 1 } } }", AUTH,
         "limit stands before auth, so it is not known yet whose key it is, and addresses are counted"},
        {"deadline { keys = { { keys = { 'a' }, time = '1s' } } }", AUTH,
         "deadline stands before auth, so it is not known yet whose key it is, and no time of its keys counts"},
        {SHED, AUTH, "shed stands before auth, so strangers take places and nobody goes first, since it is not known yet whose key it is"},
        {WORKFLOW, AUTH, "workflow stands before auth, so its steps are asked before anybody knows who asks"},
        {SHADOW, AUTH, "shadow stands before auth, so what strangers ask is asked of the other model, which is paid for"},
        {"fallback {}", AUTH,
         "fallback stands before auth, so the key is looked at again for each target, and a stranger's refusal is what it acts on"},
        {"retry {}", AUTH, "retry stands before auth, so the key is looked at again for each attempt"},
        {"hedge {}", AUTH, "hedge stands before auth, so the key is looked at for both of a race, and a refusal counts as a fast answer"},
        {"rescue {}", AUTH, "rescue stands before auth, so the key is looked at again for the rest of an answer that broke off"},
        {"balance {}", AUTH, "balance stands before auth, so the refusals of strangers count as the work of a target"},
        {"cache {}", POLICY, "cache stands before policy, so an answer is kept for the model asked for, whatever the policy would choose"},
        {"semantic {}", POLICY,
         "semantic stands before policy, so an answer is kept for the model asked for, whatever the policy would choose"},
        {"fallback {}", POLICY, "fallback stands before policy, so targets are chosen before the policy has chosen the model"},
        {"retry {}", POLICY, "retry stands before policy, so the policy runs again for each attempt"},
        {"hedge {}", POLICY, "hedge stands before policy, so the policy runs for both of a race"},
        {"balance {}", POLICY, "balance stands before policy, so a target is chosen before the policy has chosen the model"},
        {"rescue {}", POLICY, "rescue stands before policy, so the policy runs again for the rest of an answer that broke off"},
        {"rescue {}", BILL, "rescue stands before bill, so the rest of an answer that broke off is a charge of its own"},
        {BILL, AUTH, "bill stands before auth, so it is not known yet whose account pays"},
        {BILL, POLICY, "bill stands before policy, so money is held for the model asked for, whatever the policy would choose"},
        {"retry {}", BILL, "retry stands before bill, so each attempt is a charge of its own"},
        {"fallback {}", BILL, "fallback stands before bill, so each target is a charge of its own"},
        {"hedge {}", BILL, "hedge stands before bill, so both of a race are charged"},
        {SHADOW, BILL, "shadow stands before bill, so what it asks is charged to the client"},
        {"cache {}", BILL, "cache stands before bill, so what the cache answers is never charged, nor stands in the ledger"},
        {"semantic {}", BILL, "semantic stands before bill, so what it answers is never charged, nor stands in the ledger"},
        {"retry {}", "fallback {}", "retry stands before fallback, so each of its attempts asks all targets again"},
        {"fallback {}", "cache {}", "fallback stands before cache, so the cache is asked again for each target"},
        {"retry {}", "cache {}", "retry stands before cache, so the cache is asked again for each attempt"},
        {"fallback {}", "semantic {}", "fallback stands before semantic, so an embedding is asked for again for each target"},
        {"retry {}", "semantic {}", "retry stands before semantic, so an embedding is asked for again for each attempt"},
        {"hedge {}", "semantic {}", "hedge stands before semantic, so both of a race ask for an embedding"},
        {SHED, "semantic {}", "shed stands before semantic, so what it could answer at once waits in the queue"},
        {"hedge {}", "cache {}", "hedge stands before cache, so the cache is asked again when its answer is late"},
        {"balance {}", "cache {}",
         "balance stands before cache, so what the cache answers counts as the work of a target, which seems fast"},
        {"rescue {}", "cache {}",
         "rescue stands before cache, so the cache is asked for the rest of an answer, and keeps none that was joined"},
        {SHED, "cache {}", "shed stands before cache, so what the cache could answer at once waits in the queue"},
        {SHADOW, "cache {}", "shadow stands before cache, so what the cache answers is asked of the other model, too"},
        {"hedge {}", "fallback {}", "hedge stands before fallback, so both of a race try all targets"},
        {"retry {}", "hedge {}", "retry stands before hedge, so each of its attempts is a race of its own"},
        {"balance {}", "fallback {}", "balance stands before fallback, so one choice holds for all targets it would try"},
        {"balance {}", "retry {}", "balance stands before retry, so each of its attempts goes to the same target"},
        {"balance {}", "hedge {}", "balance stands before hedge, so the second call of a race goes past the choice"},
        {WORKFLOW, DEADLINE, "workflow stands before deadline, so each of its questions has all of the time, and their sum has no end"},
        {"retry {}", DEADLINE, "retry stands before deadline, so each attempt has all of the time"},
        {"fallback {}", DEADLINE, "fallback stands before deadline, so each target has all of the time"},
        {"hedge {}", DEADLINE, "hedge stands before deadline, so the second call of a race has all of the time again"},
        {"rescue {}", DEADLINE, "rescue stands before deadline, so the rest of an answer that broke off has all of the time again"},
        {"cache {}", DEADLINE,
         "cache stands before deadline, so whoever shares the answer to another's request waits for it past the deadline"},
        {"balance {}", DEADLINE, "balance stands before deadline, so a target that was too slow for the deadline is not known to be slow"},
        {SHED, DEADLINE, "shed stands before deadline, so nobody's time is known while they wait, and it begins after that"},
        {"retry {}", SHED, "retry stands before shed, so each attempt waits in the queue again"},
        {"fallback {}", SHED, "fallback stands before shed, so each target waits in the queue again"},
        {"hedge {}", SHED, "hedge stands before shed, so both of a race take a place, when there are too few"},
        {"rescue {}", SHED, "rescue stands before shed, so the rest of an answer that broke off waits in the queue"},
        {"balance {}", SHED, "balance stands before shed, so whoever waits in the queue counts as the work of a target, which seems slow"},
        {"fallback {}", "rescue {}", "fallback stands before rescue, so it finds no other target for the rest of an answer that broke off"},
        {"balance {}", "rescue {}", "balance stands before rescue, so the rest of an answer that broke off is asked of the same target"},
        {"retry {}", "rescue {}", "retry stands before rescue, so the rest of an answer that broke off is asked for once, and not again"},
        {"retry {}", LIMIT, "retry stands before limit, so each attempt counts as a request"},
        {"fallback {}", LIMIT, "fallback stands before limit, so each target counts as a request"},
        {"hedge {}", LIMIT, "hedge stands before limit, so both of a race count as requests"},
        {"rescue {}", LIMIT, "rescue stands before limit, so the rest of an answer that broke off counts as a request"},
        {"retry {}", SHADOW, "retry stands before shadow, so each attempt is asked of the other model, too"},
        {"fallback {}", SHADOW, "fallback stands before shadow, so each target's request is asked of the other model, too"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        char chain[400], expected[600];
        const char *auth = strcmp(table[i].second, AUTH) == 0 ? "" : AUTH ", ";
        snprintf(chain, sizeof chain, "%s%s, %s", auth, table[i].first, table[i].second);
        snprintf(expected, sizeof expected, "yuzui.lua:2: warning: chain: %s" USUAL, table[i].why);
        assert_string_equal(said_of(chain), expected);
        snprintf(chain, sizeof chain, AUTH ", %s, %s", *auth ? table[i].second : "cache {}", table[i].first);
        if (*auth)
            assert_string_equal(said_of(chain), ""); /* the other way round it is right */
    }
}

static void test_right(void **state) {
    static const char *const table[] = {
        AUTH ", " DEADLINE ", " POLICY ", " LIMIT ", " BILL ", cache {}, " SHADOW ", " SHED ", rescue {}, fallback {}, hedge {}, retry {}, "
             "balance {}",
        AUTH ", " POLICY ", " DEADLINE ", fallback {}, retry {}",
        DEADLINE ", " AUTH ", fallback {}",                                               /* the same for everybody */
        "limit { limits = { { per = 'client', requests = 9 } } }, " AUTH ", fallback {}", /* addresses are meant */
        AUTH ", fallback {}, retry {}, balance {}, limit { limits = { { per = 'provider', concurrency = 9 } } }",
        AUTH ", fallback {}, limit { limits = { { per = 'model', concurrency = 9 }, { per = 'all', requests = 9 } } }, retry {}",
        AUTH ", " LIMIT ", fallback {}, retry {}, limit { limits = { { tokens = 10 } } }", /* the first one counts the client's */
        AUTH ", fallback { on = { 'rate_limit' } }, fallback { on = { 'server' } }",       /* each does what the other does not */
        AUTH ", fallback {}, fallback { on = { 'server' } }",
        AUTH ", fallback { models = { m = 'n' } }, fallback {}",
        AUTH ", limit { limits = { { per = 'provider', requests = 9 } } }, fallback {}, balance {}", /* m has one provider */
        AUTH ", limit { limits = { { requests = 9 }, { requests = 9, window = '1h' }, { tokens = 9 }, { requests = 9, keys = { 'a' } } } }",
        AUTH ", limit { limits = { { requests = 9, per = 'model' } } }, limit { store = 'memory', limits = { { requests = 9, per = 'model' "
             "} } }",
        AUTH ", " WORKFLOW ", fallback {}",
        AUTH ", hedge {}, rescue {}, retry {}, balance {}",
    };
    (void)state;
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        assert_string_equal(said_of(table[i]), "");
}

/* Of several reasons the gravest is told, once for each stage. */
static void test_gravest(void **state) {
    (void)state;
    assert_string_equal(
        said_of("auth {}, retry {}, " SHED ", fallback {}, " DEADLINE),
        "yuzui.lua:2: warning: chain: retry stands before fallback, so each of its attempts asks all targets again" USUAL
        "yuzui.lua:2: warning: chain: shed stands before deadline, so nobody's time is known while they wait, and it begins "
        "after that" USUAL "yuzui.lua:2: warning: chain: fallback stands before deadline, so each target has all of the time" USUAL);
}

static void test_twice(void **state) {
    (void)state;
#define IDLE                                                                                                                               \
    "yuzui.lua:2: warning: chain: fallback stands in it twice: the first never acts, since the second has asked every target when it "     \
    "hears of a failure; leave the first away\n"
    assert_string_equal(said_of(AUTH ", fallback {}, fallback {}"), IDLE);
    assert_string_equal(
        said_of(AUTH ", " AUTH),
        "yuzui.lua:2: warning: chain: auth stands in it twice: the second asks what the first has found out; leave one away\n");
    assert_string_equal(said_of(AUTH ", " BILL ", " BILL),
                        "yuzui.lua:2: warning: chain: bill stands in it twice: one request has one charge; leave one away\n");
    assert_string_equal(said_of(AUTH ", hedge {}, hedge {}"),
                        "yuzui.lua:2: warning: chain: hedge stands in it twice: up to four are asked at once\n");
    assert_string_equal(said_of(AUTH ", fallback { on = { 'server' } }, fallback { models = { m = 'n' } }"), IDLE);
    assert_string_equal(said_of(AUTH ", fallback { on = { 'server' } }, fallback { on = { 'timeout', 'server' } }"), IDLE);
    assert_string_equal(said_of(AUTH ", fallback { models = { m = 'n' } }, fallback { models = { m = 'n' } }"), IDLE);
#define ONE_COUNT(what, at, other)                                                                                                         \
    "yuzui.lua:2: warning: chain: limit: limits[" at "] counts the " what " that " other                                                   \
    " counts: they are one count, to which everything adds twice, so half as much passes; leave one of them away\n"
    assert_string_equal(
        said_of(AUTH ", limit { limits = { { requests = 9, tokens = 5 }, { per = 'model', tokens = 5 }, { tokens = 4 } } }"),
        ONE_COUNT("tokens", "3", "limits[1]"));
    assert_string_equal(said_of(AUTH ", " LIMIT ", " LIMIT), ONE_COUNT("requests", "1", "limits[1] of the limit above it"));
}

/* Which provider is asked is known below the stage that chooses it. */
static void test_provider(void **state) {
    static const char two[] =
        "listen '127.0.0.1:1' provider 'p' { adapter = 'demo' } provider 'q' { adapter = 'demo' } model 'm' { 'p', 'q' }\n"
        "chain { limit { limits = { { per = '%s', concurrency = 9 } } }, %s }";
    static const struct {
        const char *per, *after, *said;
    } table[] = {
        {"provider", "balance {}",
         "yuzui.lua:2: warning: chain: limit stands before balance, so it is not known yet which provider is chosen, and a model's first "
         "one is counted" USUAL},
        {"provider", "fallback {}",
         "yuzui.lua:2: warning: chain: limit stands before fallback, so it is not known yet which provider is asked, and a model's first "
         "one is counted" USUAL},
        {"provider", "retry {}", ""},
        {"model", "balance {}", ""},
    };
    (void)state;
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        char text[500];
        snprintf(text, sizeof text, two, table[i].per, table[i].after);
        diag.text.n = 0;
        diag.errors = diag.warnings = 0;
        assert_non_null(yz_settings_read_text("yuzui.lua", yz_str_of(text), arena, &diag));
        assert_string_equal(said(), table[i].said);
    }
}

/* Who goes first and last at once goes first. */
static void test_classes(void **state) {
    (void)state;
#define BOTH(low, high)                                                                                                                    \
    "yuzui.lua:2: warning: chain: shed: \"" low "\" in low counts for nothing, since \"" high                                              \
    "\" in high goes first: leave one of them away\n"
#define OF_LABEL ", shed { concurrency = 5, label = 'tier', "
#define PASSING  AUTH ", " POLICY
    assert_string_equal(said_of(AUTH ", shed { concurrency = 5, high = { 'a' }, low = { 'a' } }"), BOTH("a", "a"));
    assert_string_equal(said_of(PASSING OF_LABEL "high = { 'gold', 'pay*' }, low = { 'free', 'payg' } }"), BOTH("payg", "pay*"));
    assert_string_equal(said_of(PASSING OF_LABEL "high = { 'payg' }, low = { 'pay*' } }"), ""); /* but for one of them */
}

int main(void) {
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {TEST(test_pairs), TEST(test_right),    TEST(test_gravest),
                                       TEST(test_twice), TEST(test_provider), TEST(test_classes)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
