/* test_cli.c: the commands: exit codes, and what they say when they are used wrongly. */
#include "cli/cli.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char folder[] = "/tmp/yuzui-test-cli-XXXXXX";
static char said[20000]; /* by the last command, both streams */

/* Runs `yuzui WORDS…`; returns the exit code. */
static int run(const char *first, ...) {
    char *argv[16] = {(char *)"yuzui", (char *)(uintptr_t)first};
    char file[100];
    int argc = first ? 2 : 1;
    va_list args;
    va_start(args, first);
    for (char *word; first && (word = va_arg(args, char *));)
        argv[argc++] = word;
    va_end(args);
    snprintf(file, sizeof(file), "%s/said", folder);
    fflush(NULL);
    int out = dup(1), err = dup(2);
    assert_non_null(freopen(file, "w", stdout));
    dup2(1, 2);
    int code = yz_cli_main(argc, argv);
    fflush(NULL);
    dup2(out, 1);
    dup2(err, 2);
    close(out);
    close(err);
    FILE *in = fopen(file, "r");
    size_t n = fread(said, 1, sizeof(said) - 1, in);
    said[n] = '\0';
    fclose(in);
    return code;
}

static void assert_said(const char *words) {
    if (!strstr(said, words))
        fail_msg("expected \"%s\" in \"%s\"", words, said);
}

static const char *put(const char *name, const char *text) {
    static char path[200];
    snprintf(path, sizeof(path), "%s/%s", folder, name);
    FILE *out = fopen(path, "w");
    assert_non_null(out);
    fputs(text, out);
    fclose(out);
    return path;
}

static void test_ledger(void **state) {
    (void)state;
    static char config[200], db[100], copy[100];
    snprintf(db, sizeof db, "%s/ledger.db", folder);
    snprintf(copy, sizeof copy, "%s/copy.db", folder);
    char text[400];
    snprintf(text, sizeof text,
             "listen '127.0.0.1:0'\nchain { auth {}, bill {} }\nkey 'sk-1' { name = 'alice' }\nledger 'sqlite' { path = '%s' }\n", db);
    snprintf(config, sizeof config, "%s", put("ledger.lua", text));
    assert_int_equal(run("credit", "-c", config, "alice", "--usd", "12.5", "--id", "p1", NULL), 0);
    assert_said("12.5 USD paid in; available 12.5 USD, held 0 USD (id p1)");
    assert_int_equal(run("credit", "-c", config, "alice", "--usd", "12.5", "--id", "p1", NULL), 0);
    assert_said("done before: 12.5 USD paid in; available 12.5 USD");
    assert_int_equal(run("credit", "-c", config, "alice", "--usd", "1", "--id", "p1", NULL), 1);
    assert_said("the id was used for something else");
    assert_int_equal(run("credit", "-c", config, "alice", "--usd", "1", NULL), 0);
    assert_said("available 13.5 USD");
    assert_int_equal(run("credit", "-c", config, "alcie", "--usd", "1", NULL), 1);
    assert_said("there is no account \"alcie\", and no key, group or tenant has it");
    assert_int_equal(run("credit", "-c", config, "alcie", "--usd", "1", "--new", NULL), 0);
    assert_int_equal(run("credit", "-c", config, "alcie", "--usd", "1", NULL), 0); /* now there is one */
    assert_int_equal(run("credit", "-c", config, "alice", "--usd", "-1", NULL), 2);
    assert_int_equal(run("credit", "-c", config, "alice", NULL), 2);
    assert_int_equal(run("refund", "-c", config, "nothing", "--usd", "1", NULL), 1);
    assert_said("there is no charge of that id");
    assert_int_equal(run("balance", "-c", config, "--json", NULL), 0);
    assert_said("{\"account\":\"alice\",\"available\":13.5,\"held\":0,\"paid_in\":13.5,\"charged\":0,\"given_back\":0}");
    assert_int_equal(run("balance", "-c", config, "bob", NULL), 1);
    assert_int_equal(run("usage", "-c", config, NULL), 0);
    assert_int_equal(run("usage", "-c", config, "--limit", "none", NULL), 2);
    assert_int_equal(run("audit", "-c", config, NULL), 0);
    assert_said("adds up");
    assert_int_equal(run("backup", "-c", config, copy, NULL), 0);
    assert_int_equal(run("backup", "-c", config, copy, NULL), 1);
    assert_said("it is there already");
    assert_int_equal(run("check", config, NULL), 0);
    assert_int_equal(run("audit", "-c", put("none.lua", "listen '127.0.0.1:0'\nchain {}\n"), NULL), 1);
    assert_said("there is no ledger");
}

static void test_price(void **state) {
    (void)state;
    const char *config =
        put("prices.lua", "listen '127.0.0.1:0'\nchain {}\nprovider 'lab' { adapter = 'openai', base_url = 'http://127.0.0.1:1' }\n"
                          "model 'm' { { 'lab', as = 'm-1' } }\nmodel 'free' { 'lab' }\n"
                          "prices 'lab' { source = 's', date = '2026-11-28', models = {"
                          " { name = 'm-1', input = 2, cached = 0.5, output = 10, request = 0.01 } } }\n");
    assert_int_equal(run("price", "-c", config, "m", "--input", "1000", "--output", "10", "--meter", "cached=400", NULL), 0);
    assert_said("lab/m-1#");
    assert_said("request        0.01 USD per request");
    assert_said("this request   0.0115 USD"); /* 600 x 2 + 400 x 0.5 + 10 x 10 per million, and 0.01 */
    assert_int_equal(run("price", "-c", config, "m", "--input", "1000", "--json", NULL), 0);
    assert_said("\"usd\":0.012,");
    assert_int_equal(run("price", "-c", config, "free", NULL), 1);
    assert_said("no price is known of free at lab");
    assert_int_equal(run("price", "-c", config, "m", "--input", "many", NULL), 2);
    assert_int_equal(run("price", "-c", config, "m", "--meter", "cahced=1", NULL), 2);
    assert_said("did you mean \"cached\"?");
    assert_int_equal(run("price", "-c", config, "m", "--at", "tomorrow", NULL), 2);
}

/* A list beside the catalogue; what waits is not written; what was written before and waits now stays. */
static void test_price_import(void **state) {
    (void)state;
    static char config[200], list[200], other[200], out[100], shipped[100];
    snprintf(out, sizeof out, "%s/prices", folder);
    mkdir(out, 0755);
    snprintf(out, sizeof out, "%s/prices/imported.lua", folder);
    snprintf(shipped, sizeof shipped, "%s/shipped", folder);
    mkdir(shipped, 0755);
    put("shipped/acme.lua", "prices 'acme' { source = 's', date = '2026-11-28', models = {"
                            " { name = 'far', input = 2, output = 10 }, { name = 'mine', input = 2, output = 10 } } }\n");
    setenv("YUZUI_PRICES", shipped, 1);
    snprintf(config, sizeof config, "%s", put("import.lua", "listen '127.0.0.1:0'\nchain {}\n"));
    snprintf(list, sizeof list, "%s",
             put("list.json", "{\"acme\": {\"models\": {\"new\": {\"cost\": {\"input\": 0.25, \"output\": 1}},"
                              " \"far\": {\"cost\": {\"input\": 20, \"output\": 10}}}}, \"else\": {\"models\": {}}}"));
    assert_int_equal(run("prices", "import", list, "-c", config, NULL), 1); /* one waits */
    assert_said("+ acme/new\n    input 0.25, output 1\n");
    assert_said("! acme/far  waits: a price moves more than twofold\n    input 2 -> 20\n");
    assert_said("stay as they are: acme/mine");
    assert_said("1 new, 1 changed, 0 the same; 1 wait for a person");
    assert_said("nothing was written");
    assert_int_equal(run("price", "import", list, "-c", config, "-o", out, "--date", "2026-11-27", NULL), 1);
    assert_said("imported.lua is written");
    assert_int_equal(run("price", "-c", config, "new", NULL), 0);
    assert_said("models.dev (list.json) (2026-11-27)");
    assert_int_equal(run("price", "-c", config, "far", NULL), 0);
    assert_said("input          2 USD");
    assert_int_equal(run("price", "import", list, "-c", config, "-o", out, "--accept", "far", NULL), 0);
    assert_int_equal(run("price", "-c", config, "far", NULL), 0);
    assert_said("input          20 USD");
    snprintf(
        other, sizeof other, "%s",
        put("other.json", "[{\"id\": \"acme\", \"models\": [{\"id\": \"new\", \"prices\": {\"input_mtok\": 0.3, \"output_mtok\": 1}}]}]"));
    assert_int_equal(run("price", "import", other, "-c", config, "--beside", list, NULL), 1);
    assert_said("! acme/new  waits: ");
    assert_said("list.json disagrees: input 0.3 here and 0.25 there");
    put("list.json", "{\"acme\": {\"models\": {\"new\": {\"cost\": {\"input\": 0, \"output\": 1}}}}}"); /* the next day's list slips */
    assert_int_equal(run("price", "import", list, "-c", config, "-o", out, NULL), 1);
    assert_said("! acme/new  waits: a price becomes zero");
    assert_int_equal(run("price", "-c", config, "new", NULL), 0);
    assert_said("0.25 USD per million"); /* it stays, and so does what the list no longer has */
    assert_int_equal(run("price", "-c", config, "far", NULL), 0);
    assert_said("input          20 USD");
    assert_int_equal(run("price", "import", list, "-c", config, "--model", "none", NULL), 1);
    assert_said("has no prices of these sellers and models");
    put("prices/own.lua",
        "prices 'acme' { source = 'a contract', date = '2026-11-28', models = { { name = 'new', input = 1, output = 1 } } }\n");
    unlink(out);
    assert_int_equal(run("price", "import", other, "-c", config, "-o", out, "--accept", "all", NULL), 1);
    assert_said("waits: another file beside the one to be written says its price");
    assert_int_equal(run("check", config, NULL), 0);
    unsetenv("YUZUI_PRICES");
}

static void test_price_import_goes_wrong(void **state) {
    (void)state;
    const char *list = put("bad.json", "[\n {\"id\": \"acme\", \"models\": [{\"id\": \"m\", \"prices\": {\"input_mtok\": \"dear\"}}]}]");
    assert_int_equal(run("price", "import", list, "--seller", "acme", NULL), 1);
    assert_said("bad.json:2:");
    assert_said("error: acme/m: input_mtok is dear, which is no decimal");
    assert_int_equal(run("price", "import", "/nonexistent.json", NULL), 1);
    assert_said("/nonexistent.json cannot be read: No such file or directory");
    assert_int_equal(run("price", "import", NULL), 2);
    assert_said("import which file?");
    assert_int_equal(run("price", "import", list, "--date", "today", NULL), 2);
    assert_int_equal(run("price", "import", list, "--cache-write-1h", "much", NULL), 2);
    char good[200];
    snprintf(good, sizeof good, "%s",
             put("good.json", "[{\"id\": \"acme\", \"models\": [{\"id\": \"m\", \"prices\": {\"input_mtok\": 1}}]}]"));
    assert_int_equal(run("price", "import", good, "--seller", "acme", "-o", put("own.lua", "-- mine\n"), NULL), 1);
    assert_said("is there and was not written by an import");
}

static void test_wrong_usage(void **state) {
    (void)state;
    assert_int_equal(run(NULL), 2);
    assert_said("yuzui run [-c FILE]");
    assert_int_equal(run("chekc", NULL), 2);
    assert_said("there is no command \"chekc\": did you mean \"check\"?");
    assert_int_equal(run("zzzzzzzz", NULL), 2);
    assert_said("`yuzui help` lists them");
    assert_int_equal(run("run", NULL), 2);
    assert_said("usage: yuzui run [-c FILE]");
    assert_int_equal(run("run", "-c", NULL), 2);
    assert_said("-c needs a value");
    assert_int_equal(run("run", "--confg", "x", NULL), 2);
    assert_said("there is no option --confg: did you mean --config?");
    assert_int_equal(run("check", "a", "b", NULL), 2);
    assert_said("\"b\" is one argument too many");
    assert_int_equal(run("explain", NULL), 2);
    assert_said("it needs a question");
}

static void test_help_and_version(void **state) {
    (void)state;
    assert_int_equal(run("version", NULL), 0);
    assert_said("yuzui 0.");
    assert_said("(plugin interface 1.");
    assert_int_equal(run("--help", NULL), 0);
    assert_said("explain");
    assert_int_equal(run("help", "config", NULL), 0);
    assert_said("provider \"openai\"");
}

static void test_help_of_a_command(void **state) {
    (void)state;
    assert_int_equal(run("help", "run", NULL), 0);
    assert_said("usage: yuzui run [-c FILE]");
    assert_int_equal(run("explain", "--help", NULL), 0);
    assert_said("usage: yuzui explain [-c FILE] \"QUESTION\"");
    assert_int_equal(run("check", "-h", NULL), 0);
    assert_said("usage: yuzui check [FILE]");
    assert_int_equal(run("help", "chekc", NULL), 2);
    assert_said("there is no command \"chekc\": did you mean \"check\"?");
}

static void test_check(void **state) {
    (void)state;
    const char *file =
        put("good.lua", "listen '127.0.0.1:1' provider 'p' { adapter = 'demo' } model 'm' { 'p' } key 'k' {} chain { auth {}, retry {} }");
    assert_int_equal(run("check", file, NULL), 0);
    assert_said("ok: 1 provider, 1 model, 1 key (1 for all models), 2 stages, 0 warnings");
    file = put("bad.lua", "listen '127.0.0.1:1'\nchain { auth {}, policy 'absent.lua', retry { attempts = 99 } }\nkey 'a' { nme = 'b' }");
    assert_int_equal(run("check", "-c", file, NULL), 1);
    assert_said("/bad.lua:2: error: retry: attempts is the number 99, but should be a whole number from 1 to 20");
    assert_said("/bad.lua:3: error: key: there is no option \"nme\": did you mean \"name\"?");
    put("broken.lua", "return function(");
    assert_int_equal(run("check", put("policy.lua", "listen '127.0.0.1:1' chain { policy 'broken.lua' }"), NULL), 1);
    assert_said("broken.lua:1:");
    assert_int_equal(run("check", "/nowhere/yuzui.lua", NULL), 1);
    assert_said("error: cannot read the config /nowhere/yuzui.lua: No such file or directory");
}

/* Which chain a question takes is chosen as in service. */
static void test_several_chains(void **state) {
    (void)state;
    put("say.lua", "return function(req, next) req:because('said') return { text = req.options.word } end");
    const char *file = put(
        "chains.lua", "listen '127.0.0.1:1' listen '127.0.0.1:2' { chain = 'inside' } provider 'p' { adapter = 'demo' } model 'm' { 'p' }\n"
                      "key 'sk-1' { name = 'day' } key 'sk-2' { name = 'night', chain = 'night' }\n"
                      "chain { auth {}, policy 'say.lua' { options = { word = 'usual' } } }\n"
                      "chain 'inside' { policy 'say.lua' { options = { word = 'in' } } }\n"
                      "chain 'night' { auth {}, policy 'say.lua' { options = { word = 'late' } } }\n"
                      "chain 'bare' { models = { 'm' }, auth {} }\n");
    assert_int_equal(run("check", file, NULL), 0);
    assert_said("2 keys (2 for all models), 6 stages in 4 chains, 0 warnings");
    assert_int_equal(run("explain", "-c", file, "hello", NULL), 0);
    assert_said("chain    the default\n");
    assert_said("answer   usual\n");
    assert_int_equal(run("explain", "-c", file, "--key", "night", "--listen", "127.0.0.1:2", "hello", NULL), 0);
    assert_said("chain    night (of the key)\n");
    assert_said("answer   late\n");
    assert_int_equal(run("explain", "-c", file, "--listen", "127.0.0.1:2", "--key", "day", "--json", "hello", NULL), 0);
    assert_said("{\"chain\":\"inside\",\"policy\":");
    assert_said("\"answer\":\"in\"");
    assert_int_equal(run("explain", "-c", file, "--model", "m", "hello", NULL), 0);
    assert_said("chain    bare (of the model)\npolicy   none in this chain\nmodel    m\ntargets  p/m\n");
    assert_int_equal(run("explain", "-c", file, "--key", "sk-1", "hello", NULL), 1);
    assert_said("yuzui explain: --key takes the name of a key, and what it says is a key itself, that of \"day\": --key day\n");
    assert_null(strstr(said, "sk-1")); /* which is a secret */
    assert_int_equal(run("explain", "-c", file, "--key", "sk-other-secret", "hello", NULL), 1);
    assert_said("and no key of this config has that one; there are ");
    assert_null(strstr(said, "sk-other"));
    assert_int_equal(run("explain", "-c", file, "--key", "nihgt", "hello", NULL), 1);
    assert_said("and no key of this config has that one: did you mean \"night\"?\n");
    assert_int_equal(run("explain", "-c", file, "--listen", ":3", "hello", NULL), 1);
    assert_said("there is no listen \":3\"");
    assert_int_equal(run("explain", "-c", file, "--dialect", "morse", "hello", NULL), 1);
    assert_said("there is no adapter for the dialect morse; there are: ");
    assert_int_equal(run("explain", "-c", file, "--dialect", "anthropic-messages", "hello", NULL), 0);
}

/* Every policy, every candidate, a whole body, headers, the key; and what was made up. */
static void test_explain_shows(void **state) {
    (void)state;
    char body[200];
    put("guard.lua", "return function(req, next) req:because(req.headers['x-team'] or 'nobody') store.put('a', 'b') return next(req) end");
    put("pick.lua",
        "return function(req, next)\n  local r = llm.chat { model = 'n', messages = 'x' }\n"
        "  if req.key then req:because(req.key.name) end\n  req.model = req.temperature and 'm' or 'n'\n  return next(req)\nend");
    snprintf(body, sizeof(body), "%s",
             put("body.json", "{\"model\": \"auto\", \"temperature\": 1, \"messages\": [{\"role\": \"user\", \"content\": \"hi\"}]}"));
    const char *file =
        put("two.lua", "listen '127.0.0.1:1' provider 'p' { adapter = 'demo' }\n"
                       "provider 'o' { adapter = 'openai', key = env 'YZ_NOBODY' } model 'm' { 'p', 'o' } model 'n' { 'p' }\n"
                       "key 'sk-1' { name = 'day' } key 'sk-2' { name = 'few', models = { 'n' } }\n"
                       "chain { auth {}, policy 'guard.lua' { store = 'memory' }, policy 'pick.lua', "
                       "fallback { models = { m = 'n' } } }\n");
    assert_int_equal(run("explain", "-c", file, "--body", body, "-H", "X-Team: blue", "--key", "day", NULL), 0);
    assert_said("policy   guard (blue)\npolicy   pick: auto -> m (day)\nmodel    m\n"
                "targets  p/m, o/m (no key: YZ_NOBODY is not set)\nthen     n: p/n\n");
    assert_said("made up  the answer of n\nmade up  the answer of m\nmade up  what is outside: ");
    assert_int_equal(run("explain", "-c", file, "--json", "hello", NULL), 0);
    assert_said("\"policies\":[{\"policy\":\"guard\",\"asked\":\"auto\",\"chosen\":\"auto\",\"reason\":\"nobody\",\"failed\":false},"
                "{\"policy\":\"pick\",\"asked\":\"auto\",\"chosen\":\"n\"");
    assert_int_equal(run("explain", "-c", file, "--model", "m", "hello", NULL), 0);
    assert_said("made up  a key that may ask for everything");
    assert_int_equal(run("explain", "-c", file, "--key", "few", "hello", NULL), 1);
    assert_said("error    the key \"few\" may not ask for \"auto\"");
    assert_int_equal(run("explain", "-c", file, "-H", "no colon", "hello", NULL), 1);
    assert_null(strstr(said, "no colon"));
    assert_said("should be \"name: value\"");
    assert_int_equal(run("explain", "-c", file, "--body", "/nowhere/x", NULL), 1);
    assert_said("cannot read /nowhere/x");
    assert_int_equal(run("explain", "-c", file, "--body", file, NULL), 1);
    assert_said("holds no JSON object");
}

/* Of the stages: what holds for this key, this model and its targets. */
static void test_explain_stages(void **state) {
    (void)state;
    put("small.lua", "return function(req, next) req.model = 'small' return next(req) end");
    const char *file =
        put("stages.lua",
            "listen '127.0.0.1:1' provider 'p' { adapter = 'demo' } provider 'q' { adapter = 'demo' }\n"
            "model 'm' { 'p', 'q' } model 'small' { 'p' } key 'sk-1' { name = 'day' } key 'sk-2' { name = 'trial-1' }\n"
            "prices 'p' { source = 's', date = '2026-11-28', models = { { name = 'm', input = 0, output = 2 } } }\n"
            "chain { auth {}, deadline { default = '20s', keys = { { keys = { 'trial-*' }, time = '5s' } } }, limit { limits = {\n"
            "{ requests = 9, keys = { 'trial-*' } }, { per = 'model', concurrency = 3, models = { 'small' } } } },\n"
            "fallback {}, hedge {}, retry { cap = '2s', retry_after = '7s' }, balance { by = 'price' } }\n"
            "chain 'x' { models = { 'x' }, auth {}, limit { limits = { { requests = 1, models = { 'small' } } } }, policy 'small.lua',\n"
            "limit { limits = { { requests = 2, models = { 'small' } } } } }\n");
    assert_int_equal(run("explain", "-c", file, "--model", "m", "--key", "day", "hello", NULL), 0);
    assert_said("deadline 20000 ms, by default; a client may say another in x-request-timeout\n");
    assert_said("limit    none of its 2 binds it\n");
    assert_said("hedge    a second target when there is no content after ");
    assert_said(
        "retry    up to 3 attempts, with pauses of its own of up to 2000 ms; one that a provider asks for is waited for up to 7000 ms, "
        "where nobody else can be asked; 20 % more calls at most, or 10 a second\n");
    assert_said("balance  one of its targets: the cheapest one (for this request at most: p/m 0.001 USD, q/m of unknown price); not those");
    assert_int_equal(run("explain", "-c", file, "--model", "small", "--key", "trial-1", "-H", "X-Request-Timeout: 2.5", "hello", NULL), 0);
    assert_said("deadline 2500 ms, of the client\n");
    assert_said("limit    9 requests in 60 s per key, for the keys trial-*; 3 at once per model, for the models small\n");
    assert_said("hedge    nobody is asked a second time: the model has one target\n");
    assert_said("balance  nothing to choose: the model has one target\n");
    assert_int_equal(run("explain", "-c", file, "--model", "m", "hello", NULL), 0);
    assert_said("deadline 20000 ms, by default; some keys have times of their own; a client may say another in x-request-timeout\n");
    assert_said("limit    9 requests in 60 s per key, for the keys trial-*\n");
    assert_int_equal(run("explain", "-c", file, "--model", "x", "hello", NULL), 0); /* above the policy, and below it */
    assert_said("limit    none of its 1 binds it\nlimit    2 requests in 60 s per key, for the models small\n");
    assert_int_equal(run("explain", "-c", file, "0123456789abcdef0123456789abcdef", NULL), 2);
    assert_said("is the id of a request, and explain takes a question that was not asked yet.");
    assert_said("`yuzui usage 0123456789abcdef0123456789abcdef`");
    assert_int_equal(run("explain", "-c", file, "6f1c2a30-0b1d-4c5e-8f90-112233445566", NULL), 2);
    assert_int_equal(run("explain", "-c", file, "--model", "m", "6f1c2a30-0b1d-4c5e-8f90-11223344556", NULL), 0);
}

/* What the gateway would refuse is its answer here too, and a failure; --json says of the stages what the text does. */
static void test_explain_refuses(void **state) {
    (void)state;
    put("to-n.lua", "return function(req, next) req.model = 'n' return next(req) end");
    const char *file =
        put("refuses.lua", "listen '127.0.0.1:1' limits { body = '1KiB' } provider 'p' { adapter = 'demo' } model 'm' { 'p' }\n"
                           "model 'n' { 'p' } key 'sk-1' { name = 'day' } key 'sk-2' { name = 'one', models = { 'n' } }\n"
                           "chain { auth {}, deadline { default = '20s' }, retry {} } chain 'n' { auth {}, models = { 'n' } }\n"
                           "chain 'x' { models = { 'x' }, auth {}, policy 'to-n.lua', deadline {} }\n");
    char copy[200], body[200], big[2000];
    snprintf(copy, sizeof copy, "%s", file);
    file = copy;
    assert_int_equal(run("explain", "-c", file, "-m", "m", "-H", "x-request-timeout: 5 minutes", "hello", NULL), 1);
    assert_said(
        "error    deadline refuses it: the header x-request-timeout is \"5 minutes\", but should be a number of seconds up to 86400");
    assert_int_equal(run("explain", "-c", file, "-m", "m", "-H", "x-request-timeout: 5 minutes", "--json", "hello", NULL), 1);
    assert_said("\"error\":\"deadline refuses it: the header x-request-timeout is ");
    assert_int_equal(run("explain", "-c", file, "-m", "m", "-H", "x-request-timeout: 5", "--json", "hello", NULL), 0);
    assert_said(
        "\"stages\":[{\"stage\":\"deadline\",\"does\":\"5000 ms, of the client\"},{\"stage\":\"retry\",\"does\":\"up to 3 attempts");
    assert_int_equal(run("explain", "-c", file, "-m", "x", "-H", "x-request-timeout: never", "hello", NULL), 1); /* below a policy */
    assert_said("error    deadline refuses it: the header x-request-timeout is \"never\"");
    assert_int_equal(run("explain", "-c", file, "hello", NULL), 1);
    assert_said("no model was named, and no policy of the chain chooses one: --model NAME names one of m, n\n");
    assert_int_equal(run("explain", "-c", file, "--key", "one", "hello", NULL), 0); /* which may use one alone */
    assert_said("chain    n (of the model)\n");
    assert_said("made up  the model n, as no policy chooses one");
    assert_int_equal(run("explain", "-c", file, "--key", "one", "--json", "hello", NULL), 0);
    assert_said("\"model\":\"n\"");
    assert_said("\"model_taken\":true,\"key_taken\":false");
    snprintf(big, sizeof big, "{\"model\": \"m\", \"messages\": [{\"role\": \"user\", \"content\": \"%01000d\"}]}", 0);
    snprintf(body, sizeof body, "%s", put("big.json", big));
    assert_int_equal(run("explain", "-c", file, "--body", body, NULL), 1);
    assert_said("error    request_too_large (413): the body is too long; limits { body = … } lets 1024 bytes in\n");
    assert_int_equal(run("explain", "-c", file, "--body", body, "--json", NULL), 1);
    assert_said("\"error\":\"request_too_large (413): the body is too long;");
}

/* What a test of a policy may fake, and that it is told what it misspells. */
static void test_fakes(void **state) {
    (void)state;
    put("outside.lua",
        "return function(req, next)\n  local seen = tonumber(store.get('seen')) or 0\n  store.put('seen', tostring(seen + 1))\n"
        "  local page, err = http.fetch { url = 'https://a.example/' .. req.key.name, headers = { ['x-a'] = req.headers['x-b'] } }\n"
        "  sleep(5000)\n"
        "  req:because((page and page.status .. page.body or err.class) .. ' ' .. seen .. ' ' .. time.utc().hour .. ' ' .. "
        "time.now() .. ' ' .. req.key.tenant)\n  return next(req)\nend");
    const char *file = put(
        "outside_test.lua",
        "local base = { key = { name = 'k', tenant = 't' }, headers = { ['x-b'] = 'h' }, now = 7200, store = { seen = '4' } }\n"
        "local function with(more) local c = {} for k, v in pairs(base) do c[k] = v end for k, v in pairs(more) do c[k] = v end return "
        "c end\n"
        "local question = { model = 'gpt-5.2', messages = 'x' }\n"
        "test('all of it', function()\n  local kept = { seen = '4' }\n"
        "  local r = run('outside.lua', question, nil, with { store = kept, fetch = function(f) return { status = 200, body = f.url .. "
        "f.headers['x-a'] } end })\n"
        "  equal(r.reason, '200https://a.example/kh 4 2 7205 t')\n  equal(kept.seen, '5')\nend)\n"
        "test('an error outside', function()\n"
        "  equal(run('outside.lua', question, nil, with { fetch = function() return { error = 'upstream_timeout' } end }).reason, "
        "'upstream_timeout 4 2 7205 t')\nend)\n"
        "test('errors of providers', function()\n"
        "  local r = run('outside.lua', question, function() return { error = 'rate_limited', status = 418, code = 'tea', message = "
        "'no', retry_after = 2 } end, base)\n"
        "  equal(r.error.code, 'tea')\n  equal(r.error.status, 418)\n  "
        "equal(r.error.retry_after, 2)\nend)\n"
        "local function refused(words, fake, config)\n  test(words, function()\n    local ok, err = pcall(run, 'outside.lua', "
        "question, fake, config)\n"
        "    equal(ok, false)\n    if not tostring(err):find(words, 1, true) then error(err) end\n  end)\nend\n"
        "refused('has no field \"modles\": did you mean \"models\"?', nil, { modles = {} })\n"
        "refused('config.now is a string, but should be Unix seconds', nil, { now = 'x' })\n"
        "refused('on_error is \"fial\"', nil, { on_error = 'fial' })\n"
        "refused('no class of errors: did you mean \"rate_limited\"?', function() return { error = 'rate_limit' } end, base)\n"
        "refused('has no field \"afetr\": did you mean \"after\"?', function() return { text = 'x', afetr = 5 } end, base)\n"
        "refused('has both text and error', function() return { text = 'x', error = 'rate_limited' } end, base)\n"
        "test('a field misspelt', function()\n  local ok, err = pcall(run, 'outside.lua', { model = 'm', mesages = 'x' }, nil, base)\n"
        "  equal(tostring(err):find('a field \"mesages\": did you mean \"messages\"?', 1, true) ~= nil, not ok)\n  equal(ok, false)\nend)\n"
        "refused('the fake should return a table', function() return 'x' end, base)\n"
        "refused('has no field \"nam\"', nil, { key = { nam = 'x' } })\n");
    int code = run("test", file, NULL);
    if (code != 0)
        fail_msg("%s", said);
    assert_said("12 passed, 0 failed");
}

static void test_translate(void **state) {
    (void)state;
    char file[200];
    snprintf(file, sizeof file, "%s",
             put("message.json", "{\"model\":\"claude-opus-4-6\",\"max_tokens\":9,\"top_k\":3,\"system\":\"Be brief.\","
                                 "\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}"));
    assert_int_equal(run("explain", "--translate", "anthropic-messages", "openai-chat", file, NULL), 0);
    assert_said("POST /chat/completions\n\n{\"model\":\"claude-opus-4-6\",\"messages\":[{\"role\":");
    assert_said("\n\nlost: top_k\n");
    assert_int_equal(run("explain", "--json", "--translate", "anthropic-messages", "gemini-generate", "-m", "gemini-3-flash", file, NULL),
                     0);
    assert_said("{\"method\":\"POST\",\"path\":\"/models/gemini-3-flash:generateContent\",\"headers\":{},\"body\":{\"contents\":[");
    assert_said("\"topK\":3");
    assert_said("\"lost\":[],\"forwarded\":false}");
    assert_int_equal(run("explain", "--translate", "anthropic-messages", "anthropic-messages", file, NULL), 0);
    assert_said("nothing is lost; of its own dialect, so it is forwarded");
    char config[200];
    snprintf(config, sizeof config, "%s",
             put("one.lua",
                 "listen '127.0.0.1:1' provider 'ours' { adapter = 'openai', flavour = 'kimi', key = 'k' } model 'm' { 'ours' }\n"
                 "key 'sk' {} chain { auth {} }"));
    assert_int_equal(run("explain", "-c", config, "--translate", "anthropic-messages", "ours", file, NULL), 0);
    assert_said("lost: top_k");
    assert_int_equal(run("explain", "-c", config, "--translate", "anthropic-messages", "theirs", file, NULL), 1);
    assert_said("no provider of this config has the name or the dialect \"theirs\"");
    assert_int_equal(run("explain", "--translate", "openai-chat", "openai-responses", file, "--flavour", "kimmi", NULL), 1);
    assert_said("did you mean \"kimi\"?");
    assert_int_equal(run("explain", "--translate", "openai-chat", "openai-responses", NULL), 2);
    assert_said("--translate needs a file with a request");
    assert_int_equal(run("explain", "--translate", "anthropic-messages", "openai-chat", put("bad.json", "{\"messages\":[]}"), NULL), 1);
    assert_said("bad_request: ");
}

/* What `equal` compares, how a result is read, and that no loop of a test's author hangs whoever runs it. */
static void test_tests(void **state) {
    (void)state;
    put("pass.lua", "return function(req, on) req:because(json.encode(req.headers) .. tostring(next(req.headers)) .. "
                    "tostring(rawget(req.headers, 'x-a'))) return on(req) end");
    put("writes.lua", "return function(req, next)\n  local what = req.options.what == 'key' and req.key or req[req.options.what]\n"
                      "  what[req.options.name] = 'y'\n  return next(req)\nend");
    put("loads.lua", "while true do end");
    const char *file = put(
        "tests_test.lua",
        "local question = { model = 'gpt-5.2', messages = 'x' }\n"
        "test('tables', function()\n  equal({ 1 }, { 1 })\n  equal({ a = { b = { 1, 2 } } }, { a = { b = { 1, 2 } } })\n"
        "  local a, b = {}, {}\n  a.a, b.a = a, b\n  equal(a, b)\n  equal(run('pass.lua', question).calls, { 'gpt-5.2' })\nend)\n"
        "local function refused(words, what)\n  test(words, function()\n    local ok, err = pcall(what)\n    equal(ok, false)\n"
        "    if not tostring(err):find(words, 1, true) then error(err) end\n  end)\nend\n"
        "refused('found 1, wanted \"1\"', function() equal(1, '1') end)\n"
        "refused('found NaN, which equals nothing, wanted 0', function() equal(0 / 0, 0) end)\n"
        "refused('differ at [2].x: found \"a\", wanted \"b\"', function() equal({ 1, { x = 'a' } }, { 1, { x = 'b' } }) end)\n"
        "refused('differ at [2]: found nil, wanted 2', function() equal({ 1 }, { 1, 2 }) end)\n"
        "refused('differ at [2]: found 2, wanted nil', function() equal({ 1, 2 }, { 1 }) end)\n"
        "refused('differ at [\"a b\"]: found [3], wanted 5', function() equal({ ['a b'] = { 3 } }, { ['a b'] = 5 }) end)\n"
        "refused('a cycle: found', function() local a = {} a.a = a local ok, err = pcall(equal, a, { a = { a = { a = 1 } } }) "
        "error('a cycle: ' .. err:match('found.*')) end)\n"
        "refused('no field \"erorr\": did you mean \"error\"?', function() return run('pass.lua', question).erorr end)\n"
        "refused('no field \"zzz\": there are model, text', function() return run('pass.lua', question).zzz end)\n"
        "refused('no field \"clas\": did you mean \"class\"?', function() return run('pass.lua', question, function() return { error = "
        "'rate_limited' } end).error.clas end)\n"
        "test('a field that is nil', function() equal(run('pass.lua', question).error, nil) end)\n"
        "test('headers as they are', function() equal(run('pass.lua', question, nil, { headers = { ['x-a'] = '1' } }).reason, "
        "'{\"x-a\":\"1\"}x-a1') end)\n"
        "local function writes(what, name)\n  return run('writes.lua', question, nil, { on_error = 'fail', headers = { ['x-a'] = '1' }, "
        "key = { name = 'k', tags = { tier = 'gold' } }, options = { what = what, name = name } }).policy_failed\nend\n"
        "test('what cannot be written', function()\n  for _, one in ipairs { 'headers x-a', 'headers x-b', 'passed x', 'key name', 'key "
        "new' } "
        "do\n    equal(writes(one:match('(%S+) (%S+)')), true)\n  end\nend)\n"
        "refused('took more than 250 ms', function() run('loads.lua', question) end)\n");
    int code = run("test", file, NULL);
    if (code != 0)
        fail_msg("%s", said);
    assert_said("15 passed, 0 failed");
    assert_said("req.headers is what the client sent and cannot be changed: what every request to a provider carries is said by headers");
    file = put("loops_test.lua",
               "test('a test without an end', function()\n  while true do\n    pcall(function() while true do end end)\n  end\nend)\n"
               "test('a fake without an end', function()\n  run('pass.lua', { model = 'gpt-5.2', messages = 'x' }, function()\n"
               "    while true do end\n  end)\nend)\ntest('one that goes on', function() end)\n");
    assert_int_equal(run("test", file, NULL), 1);
    assert_said(": a test without an end\n");
    assert_said("loops_test.lua:3: it took more than 5 s of CPU time");
    assert_said(": a fake without an end\n");
    assert_said("loops_test.lua:8: it took more than 5 s of CPU time");
    assert_said("1 passed, 2 failed");
}

static void test_plugins(void **state) {
    (void)state;
    assert_int_equal(run("plugins", NULL), 0);
    assert_said("\nretry ");
    assert_said("adapter of openai-chat");
    assert_said("policy ");
    assert_int_equal(run("plugins", "retry", NULL), 0);
    assert_said("attempts");
    assert_said("unless_timeout");
    assert_int_equal(run("plugins", "rety", NULL), 1);
    assert_said("there is no plugin \"rety\": did you mean \"retry\"?");
}

static void test_reload_without_a_gateway(void **state) {
    (void)state;
    assert_int_equal(run("reload", put("none.lua", "listen 'x'"), NULL), 1); /* the config is not read */
    assert_said("no yuzui runs here with the config ");
    assert_int_equal(run("reload", "--admin", "127.0.0.1:2", NULL), 1);
    assert_said("nobody answers at the admin address 127.0.0.1:2: ");
    assert_int_equal(run("status", "--admin", "127.0.0.1", NULL), 1);
    assert_said("\"127.0.0.1\" is no address such as 127.0.0.1:8081");
    assert_int_equal(run("reload", "--admn", "x", NULL), 2);
    assert_said("did you mean --admin?");
}

static int make_folder(void **state) {
    (void)state;
    setenv("YUZUI_PLUGINS", YZ_BUILD_FOLDER "/plugins", 1);
    return mkdtemp(folder) ? 0 : -1;
}
static int remove_folder(void **state) {
    (void)state;
    char command[100];
    snprintf(command, sizeof(command), "rm -rf '%s'", folder);
    return system(command);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ledger),
        cmocka_unit_test(test_price),
        cmocka_unit_test(test_price_import),
        cmocka_unit_test(test_price_import_goes_wrong),
        cmocka_unit_test(test_wrong_usage),
        cmocka_unit_test(test_help_and_version),
        cmocka_unit_test(test_check),
        cmocka_unit_test(test_wrong_usage),
        cmocka_unit_test(test_help_and_version),
        cmocka_unit_test(test_several_chains),
        cmocka_unit_test(test_explain_shows),
        cmocka_unit_test(test_explain_stages),
        cmocka_unit_test(test_explain_refuses),
        cmocka_unit_test(test_fakes),
        cmocka_unit_test(test_translate),
        cmocka_unit_test(test_tests),
        cmocka_unit_test(test_plugins),
        cmocka_unit_test(test_reload_without_a_gateway),
        cmocka_unit_test(test_help_of_a_command),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
