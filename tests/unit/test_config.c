/* test_config.c: yuzui.lua: what a config says arrives in the settings, and what is wrong is reported: file, line, what was found, what
 * would be right. */
#include "config_world.h"

#include "lua/policy.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[] = "/tmp/yuzui-test-config-XXXXXX";

static const yz_settings *read_text(const char *text) { return yz_settings_read_text("yuzui.lua", yz_str_of(text), arena, &diag); }

static const yz_settings *read_good(const char *text) {
    const yz_settings *settings = read_text(text);
    if (!settings)
        fail_msg("refused: %s", said());
    return settings;
}

/* ---- what is right ----------------------------------------------------------------------------------------------------------- */

/* Word for word what the documentation shows. */
static const char EXAMPLE[] =
    "listen \"127.0.0.1:8080\"\n"
    "admin  \"127.0.0.1:8081\"\n"
    "provider \"openai\"    { adapter = \"openai\",    key = env \"OPENAI_API_KEY\" }\n"
    "provider \"moonshot\"  { adapter = \"openai\",    key = env \"MOONSHOT_API_KEY\", base_url = \"https://api.moonshot.cn/v1\" }\n"
    "provider \"anthropic\" { adapter = \"anthropic\", key = env \"ANTHROPIC_API_KEY\" }\n"
    "provider \"backup\"    { adapter = \"openai\",    key = env \"BACKUP_KEY\", base_url = \"http://127.0.0.1:9000/v1\", timeout = { "
    "connect = "
    "\"2s\", first_token = \"20s\", idle = \"30s\", total = \"5m\" } }\n"
    "model \"gpt-5.2\"         { \"openai\", \"backup\" }                        -- targets, in order of preference\n"
    "model \"claude-opus-4-6\" { \"anthropic\" }\n"
    "model \"kimi-k2.5\"       { \"moonshot\", { \"backup\", as = \"kimi-k2.5-turbo\" } }\n"
    "key \"sk-yz-demo\" { name = \"demo\", models = { \"*\" } }\n"
    "chain { auth {}, policy \"policies/by-question.lua\", cache { ttl = \"1h\", store = \"memory\" }, fallback {}, retry { attempts = 3 } "
    "}\n";

static void unset_keys(void) {
    unsetenv("OPENAI_API_KEY");
    unsetenv("MOONSHOT_API_KEY");
    unsetenv("ANTHROPIC_API_KEY");
    unsetenv("BACKUP_KEY");
    unsetenv("HTTPS_PROXY");
    unsetenv("https_proxy");
    unsetenv("HTTP_PROXY");
    unsetenv("http_proxy");
    unsetenv("ALL_PROXY");
    unsetenv("all_proxy");
}

static void test_example(void **state) {
    (void)state;
    unset_keys();
    const yz_settings *s = read_good(EXAMPLE);
    assert_int_equal(s->n_listens, 1);
    assert_true(yz_str_is(s->listens[0].host, "127.0.0.1"));
    assert_int_equal(s->listens[0].port, 8080);
    assert_int_equal(s->admin->port, 8081);
    assert_int_equal(s->n_providers, 4);
    const yz_provider_settings *backup = s->providers[3];
    assert_true(yz_str_is(backup->pub.name, "backup"));
    assert_null(backup->key);
    assert_true(yz_str_is(backup->key_missing, "BACKUP_KEY"));
    assert_true(yz_str_is(backup->base.host, "127.0.0.1"));
    assert_int_equal(backup->base.port, 9000);
    assert_true(yz_str_is(backup->base.path, "/v1"));
    assert_int_equal(backup->timeout.connect, 2000);
    assert_int_equal(backup->timeout.first_token, 20000);
    assert_int_equal(backup->timeout.idle, 30000);
    assert_int_equal(backup->timeout.total, 300000);
    const yz_model_settings *kimi = yz_model_find(s, YZ_STR("kimi-k2.5"));
    assert_int_equal(kimi->n_targets, 2);
    assert_true(yz_str_is(kimi->targets[0]->provider->name, "moonshot"));
    assert_true(yz_str_is(kimi->targets[0]->model, "kimi-k2.5"));
    assert_ptr_equal(kimi->targets[1]->provider, &backup->pub);
    assert_true(yz_str_is(kimi->targets[1]->model, "kimi-k2.5-turbo"));
    assert_null(yz_model_find(s, YZ_STR("kimi")));
    assert_int_equal(s->n_chains, 1);
    assert_int_equal(s->default_chain->n_stages, 5);
    static const char *const stages[] = {"auth", "policy", "cache", "fallback", "retry"};
    for (size_t i = 0; i < 5; i++)
        assert_string_equal(s->default_chain->stages[i].plugin->name, stages[i]);
    assert_true(s->n_adapters >= 2);
    assert_string_equal(said(),
                        "yuzui.lua:3: warning: provider \"openai\": env \"OPENAI_API_KEY\" is not set: calls to it will fail\n"
                        "yuzui.lua:4: warning: provider \"moonshot\": env \"MOONSHOT_API_KEY\" is not set: calls to it will fail\n"
                        "yuzui.lua:5: warning: provider \"anthropic\": env \"ANTHROPIC_API_KEY\" is not set: calls to it will fail\n"
                        "yuzui.lua:6: warning: provider \"backup\": env \"BACKUP_KEY\" is not set: calls to it will fail\n");
}

static void test_provider_keys(void **state) {
    (void)state;
    unset_keys();
    setenv("OPENAI_API_KEY", "sk-from-the-environment", 1);
    const yz_settings *s = read_good(EXAMPLE);
    assert_true(yz_str_is(yz_secret_reveal(s->providers[0]->key), "sk-from-the-environment"));
    assert_int_equal(s->providers[0]->key_missing.n, 0);
    assert_int_equal(diag.warnings, 3);
    unsetenv("OPENAI_API_KEY");
}

/* Reading a key wipes what it was read from; the next who names the variable still finds it. */
static void test_one_variable_for_two(void **state) {
    (void)state;
    setenv("SHARED_KEY", "sk-shared", 1);
    const yz_settings *s = read_good("listen ':1' chain {}\nlocal shared = env 'SHARED_KEY'\n"
                                     "provider 'eu' { adapter = 'openai', key = shared }\n"
                                     "provider 'us' { adapter = 'openai', key = shared }\nkey(shared) { name = 'team' }\n");
    assert_true(yz_str_is(yz_secret_reveal(s->providers[0]->key), "sk-shared"));
    assert_true(yz_str_is(yz_secret_reveal(s->providers[1]->key), "sk-shared"));
    assert_non_null(yz_settings_key(s, YZ_STR("sk-shared")));
    unsetenv("SHARED_KEY");
}

static void test_client_keys(void **state) {
    (void)state;
    setenv("TEAM_KEY", "sk-team", 1);
    unsetenv("GONE_KEY");
    const yz_settings *s = read_good(
        "listen '127.0.0.1:1' chain { auth {} } provider 'd' { adapter = 'demo' } model 'gpt-5.2' { 'd' } model 'kimi-k2.5' { 'd' }\n"
        "key 'sk-one' { name = 'one', tenant = 'shop', models = { 'gpt-*', 'kimi-k2.5' }, tags = { tier = 'gold', seats = 5 } }\n"
        "key(env 'TEAM_KEY') { name = 'team' }\n"
        "key(env 'GONE_KEY') { name = 'gone' }\n");
    assert_int_equal(s->n_keys, 2);
    const yz_key_settings *one = yz_settings_key(s, YZ_STR("sk-one")), *team = yz_settings_key(s, YZ_STR("sk-team"));
    assert_true(yz_str_is(one->pub.name, "one") && yz_str_is(one->pub.tenant, "shop"));
    assert_int_equal(one->pub.n_tags, 2);
    assert_true(yz_str_is(one->pub.tags[0].name, "seats") && yz_str_is(one->pub.tags[0].value, "5"));
    assert_true(yz_str_is(team->pub.name, "team") && team->pub.n_tags == 0 && yz_str_is(team->pub.tenant, "team"));
    assert_null(yz_settings_key(s, YZ_STR("sk-on")));
    assert_null(yz_settings_key(s, YZ_STR("sk-one ")));
    assert_null(yz_settings_key(s, YZ_STR("")));
    assert_true(yz_key_allows(&one->pub, YZ_STR("gpt-5.2")));
    assert_true(yz_key_allows(&one->pub, YZ_STR("gpt-")));
    assert_true(yz_key_allows(&one->pub, YZ_STR("kimi-k2.5")));
    assert_false(yz_key_allows(&one->pub, YZ_STR("kimi-k2.5-turbo")));
    assert_false(yz_key_allows(&one->pub, YZ_STR("gpt")));
    assert_true(yz_key_allows(&team->pub, YZ_STR("anything")));
    assert_string_equal(said(), "yuzui.lua:4: warning: key: env \"GONE_KEY\" is not set: this key is left out\n");
}

static void test_many_keys(void **state) {
    (void)state;
    const yz_settings *s = read_good("listen ':1' chain {}\nfor i = 1, 500 do key('sk-' .. i) { name = 'n' .. i } end");
    assert_int_equal(s->n_keys, 500);
    for (int i = 1; i <= 500; i++) {
        char key[20], name[20];
        snprintf(key, sizeof(key), "sk-%d", i);
        snprintf(name, sizeof(name), "n%d", i);
        assert_true(yz_str_is(yz_settings_key(s, yz_str_of(key))->pub.name, name));
    }
}

static void test_everything_else(void **state) {
    (void)state;
    const yz_settings *s =
        read_good("listen '[::1]:8080' listen ':9090' admin '127.0.0.1:0' { token = 'secret-token' }\n"
                  "workers(3) watch(false) drain '2m'\n"
                  "limits { body = '1MiB', connections = 50, idle_time = '5s' }\n"
                  "cors { origins = { 'https://app.example' } } log { access = false, level = 'warn' }\n"
                  "store 'big' { kind = 'memory' }\n"
                  "provider 'p' { adapter = 'openai', base_url = 'https://Proxy.Example:444/v1/', headers = { ['X-Team'] = 'a' },\n"
                  "  query = { v = '1' }, proxy = 'socks5://10.0.0.1', max_connections = 7, max_answer = '2MiB', strict = true }\n"
                  "model 'm' { 'p' } chain { retry() }\n");
    assert_true(yz_str_is(s->listens[0].host, "::1"));
    assert_int_equal(s->listens[1].host.n, 0);
    assert_true(yz_str_is(s->admin_token, "secret-token"));
    assert_int_equal(s->workers, 3);
    assert_false(s->watch);
    assert_int_equal(s->limits.drain_time, 120000);
    assert_int_equal(s->limits.http.body, 1 << 20);
    assert_int_equal(s->limits.http.count, 100);
    assert_int_equal(s->limits.connections, 50);
    assert_int_equal(s->limits.idle_time, 5000);
    assert_true(s->cors.on);
    assert_true(yz_str_is(s->cors.origins.items[0], "https://app.example"));
    assert_false(s->access_log);
    assert_int_equal(s->log_level, YZ_LOG_WARN);
    assert_int_equal(s->n_stores, 1);
    const yz_provider_settings *p = s->providers[0];
    assert_true(p->base.tls && p->tls);
    assert_int_equal(p->base.port, 444);
    assert_true(yz_str_is(p->base.host, "proxy.example"));
    assert_true(yz_str_is(p->proxy.scheme, "socks5"));
    assert_int_equal(p->headers.n, 1);
    assert_int_equal(p->max_connections, 7);
    assert_int_equal(p->max_answer, 2 << 20);
    assert_true(p->strict);
    assert_int_equal(diag.warnings, 1); /* anybody may use ':9090' */
}

static void test_env_in_lua(void **state) {
    (void)state;
    setenv("YZ_TEST_PORT", "7777", 1);
    unsetenv("YZ_TEST_NONE");
    const yz_settings *s = read_good("listen('127.0.0.1:' .. (env.YZ_TEST_PORT or '1')) chain {}\n"
                                     "if env.YZ_TEST_NONE then listen ':2' end\n");
    assert_int_equal(s->n_listens, 1);
    assert_int_equal(s->listens[0].port, 7777);
}

static void put(const char *name, const char *text) {
    char path[300];
    snprintf(path, sizeof(path), "%s/%s", folder, name);
    FILE *out = fopen(path, "w");
    assert_non_null(out);
    fputs(text, out);
    fclose(out);
}

static const yz_settings *read_here(const char *name) { return yz_settings_read(yz_format(arena, "%s/%s", folder, name).p, arena, &diag); }

static bool watches(const yz_settings *s, const char *name) {
    yz_str path = yz_format(arena, "%s/%s", folder, name);
    for (size_t i = 0; i < s->n_watched; i++)
        if (yz_str_eq(s->watched[i], path))
            return true;
    return false;
}

static void test_require(void **state) {
    (void)state;
    put("main.lua", "listen ':1'\nlocal t = require 'team.keys'\nlocal again = require 'team.keys'\nchain {}\nkey(t.key) { name = t == "
                    "again and 'same' or 'two' }\n");
    mkdir(yz_format(arena, "%s/team", folder).p, 0700);
    put("team/keys.lua", "provider 'p' { adapter = 'openai' }\nreturn { key = 'sk-from-module' }\n");
    const yz_settings *s = read_here("main.lua");
    if (!s)
        fail_msg("refused: %s", said());
    assert_true(yz_str_is(yz_settings_key(s, YZ_STR("sk-from-module"))->pub.name, "same"));
    assert_int_equal(s->n_providers, 1);
    assert_true(watches(s, "main.lua") && watches(s, "team/keys.lua"));
    assert_true(s->n_watched >= 3); /* and the adapter */
    put("bad.lua", "chain {}\nrequire 'broken'\n");
    put("broken.lua", "local x =\n\n= 3\n");
    assert_null(read_here("bad.lua"));
    assert_non_null(strstr(said(), "/broken.lua:3: error: unexpected symbol near '='"));
}

static void test_required_module_places(void **state) {
    (void)state;
    put("outer.lua", "listen ':1' chain {}\nrequire 'inner'\n");
    put("inner.lua", "\n\nworkers 'many'\n");
    assert_null(read_here("outer.lua"));
    assert_non_null(
        strstr(said(), "/inner.lua:3: error: workers should be \"auto\" or a whole number from 1 to 256, not the string \"many\"\n"));
}

/* ---- what is wrong ----------------------------------------------------------------------------------------------------------- */

#define WHOLE "listen ':1' chain {} "
static const struct {
    const char *text, *said;
} BROKEN[] = {
    {"x = = 2", "yuzui.lua:1: error: unexpected symbol near '='\n"},
    {"\nlocal a = nil + 1", "yuzui.lua:2: error: attempt to perform arithmetic on a nil value\n"},
    {"error 'own words'", "yuzui.lua:1: error: own words\n"},
    {"error()", "yuzui.lua: error: the config called error without a text\n"},
    {"", "yuzui.lua: error: there is no address to serve: listen \"127.0.0.1:8080\" says one\n"
         "yuzui.lua: error: there is no chain: chain { auth {}, retry { attempts = 3 } } says which stages a request runs through\n"},
    {WHOLE "provder 'x' {}", "yuzui.lua:1: error: there is no directive or stage \"provder\": did you mean \"provider\"?\n"},
    {WHOLE "\nio.open '/etc/passwd'",
     "yuzui.lua:2: error: there is no directive or stage \"io\": a config reads no files and runs no programs: a variable is env "
     "\"NAME\", another file of its folder require \"NAME\"\n"},
    {WHOLE "os.execute 'true'",
     "yuzui.lua:1: error: there is no directive or stage \"os\": a config reads no files and runs no programs: a variable is env "
     "\"NAME\", another file of its folder require \"NAME\"\n"},
    {WHOLE "local x = string.dump(error)",
     "yuzui.lua:1: error: attempt to call field 'dump' (a nil value): of Lua's functions a config has string.format, sub, upper, "
     "lower, len, byte, char, reverse, rep, table.insert, concat, remove, sort, math.floor, ceil, max, min, abs\n"},
    {WHOLE "load 'x'", "yuzui.lua:1: error: there is no directive or stage \"load\": did you mean \"log\"?\n"},
    {WHOLE "memory {}", "yuzui.lua:1: error: \"memory\" is a store, no stage: its name stands in quotes, as in store = \"…\"\n"},
    {WHOLE "openai {}", "yuzui.lua:1: error: \"openai\" is an adapter, no stage: its name stands in quotes, as in adapter = \"…\"\n"},
    {"listen 'here' chain {}", "yuzui.lua:1: error: listen \"here\": an IP address and a port are wanted, with a colon between, such as "
                               "\"127.0.0.1:8080\", \"[::1]:8080\" or \":8080\"\n"},
    {"listen '1.2.3.4:70000' chain {}", "yuzui.lua:1: error: listen \"1.2.3.4:70000\": a port is a number up to 65535, such as "
                                        "\"127.0.0.1:8080\", \"[::1]:8080\" or \":8080\"\n"},
    {"listen {} chain {}", "yuzui.lua:1: error: listen needs an address such as listen \"127.0.0.1:8080\", not a table\n"},
    {"listen ':1'\nlisten ':1' chain {}", "yuzui.lua:2: error: listen \":1\" is there twice: first in line 1\n"},
    {"listen ':1' { cert = 'a' } chain {}", "yuzui.lua:1: error: listen: cert and key go together, but there is only cert\n"},
    {"listen ':1' { cert = 'none.pem', key = 'none.pem' } chain {}",
     "yuzui.lua:1: error: listen: cert: cannot read none.pem: No such file or directory\n"
     "yuzui.lua:1: error: listen: key: cannot read none.pem: No such file or directory\n"},
    {WHOLE "admin '0.0.0.0:9'",
     "yuzui.lua:1: error: admin \"0.0.0.0:9\" can be reached from other machines and so needs a token: admin \"0.0.0.0:9\" "
     "{ token = env \"ADMIN_TOKEN\" }\n"},
    {WHOLE "admin '127.0.0.1:9'\nadmin '127.0.0.1:10'", "yuzui.lua:2: error: admin is there twice: first in line 1\n"},
    {WHOLE "workers(0)", "yuzui.lua:1: error: workers should be \"auto\" or a whole number from 1 to 256, not the number 0\n"},
    {WHOLE "workers(1)\nworkers(2)", "yuzui.lua:2: error: workers is there twice: first in line 1\n"},
    {WHOLE "drain 'soon'", "yuzui.lua:1: error: drain should be a duration of at most 24h, such as \"30s\", not \"soon\"\n"},
    {WHOLE "watch 'no'", "yuzui.lua:1: error: watch should be true or false, as in watch(false), not the string \"no\"\n"},
    {WHOLE "secret 'short'", "yuzui.lua:1: error: secret should have at least 16 bytes, but has 5\n"},
    {WHOLE "limits { bdy = 1 }", "yuzui.lua:1: error: limits: there is no option \"bdy\": did you mean \"body\"?\n"},
    {WHOLE "provider 'a' { adapter = 'opnai' }",
     "yuzui.lua:1: error: provider \"a\": there is no adapter \"opnai\": did you mean \"openai\"?\n"},
    {WHOLE "provider 'a' { adapter = 'opnai' } model 'b' { 'a' }",
     "yuzui.lua:1: error: provider \"a\": there is no adapter \"opnai\": did you mean \"openai\"?\n"},
    {WHOLE "provider 'a' { adapter = 'memory' }", "yuzui.lua:1: error: provider \"a\": \"memory\" is no adapter but a store: there are "
                                                  "anthropic, demo, gemini, midjourney, openai, responses, suno\n"},
    {WHOLE "provider 'a' { adapter = 'openai', key = 5 }",
     "yuzui.lua:1: error: provider \"a\": key should be a string that can stand in a header, "
     "without blanks around it, such as env \"OPENAI_API_KEY\", not the number 5\n"},
    {WHOLE "provider 'a' { adapter = 'openai', base_url = 'http://a/b?c' }", NULL},
    {WHOLE "provider 'a' { adapter = 'openai', base_url = 'https://u:p@a/v1' }",
     "yuzui.lua:1: error: provider \"a\": base_url: a user or a password in it is not sent: say headers = { authorization = … }\n"},
    {WHOLE "provider 'a' { adapter = 'openai', base_url = 'socks5://a' }",
     "yuzui.lua:1: error: provider \"a\": base_url should begin with https:// or http://\n"},
    {WHOLE "provider 'a' { adapter = 'openai', proxy = 'https://a' }",
     "yuzui.lua:1: error: provider \"a\": proxy should begin with http:// or socks5://\n"},
    {WHOLE "provider 'a' { adapter = 'openai', headers = { ['Keep-Alive'] = 'x', ['accept-encoding'] = 'gzip' } }",
     "yuzui.lua:1: error: provider \"a\": headers: \"Keep-Alive\" is written by yuzui itself and cannot be set\n"
     "yuzui.lua:1: error: provider \"a\": headers: \"accept-encoding\" is written by yuzui itself and cannot be set\n"},
    {WHOLE "provider 'a' { adapter = 'openai', headers = { Host = 'x' } }",
     "yuzui.lua:1: error: provider \"a\": headers: \"Host\" is written by yuzui itself and cannot be set\n"},
    {WHOLE "provider 'a' { adapter = 'openai', headers = { ['x-a'] = 'a\\r\\nb: c' } }",
     "yuzui.lua:1: error: provider \"a\": headers: \"x-a\" holds bytes that cannot stand in a header\n"},
    {WHOLE "provider 'a' { adapter = 'openai', timeout = { conect = '1s' } }",
     "yuzui.lua:1: error: provider \"a\": timeout: there is no option \"conect\": did you mean \"connect\"?\n"},
    {WHOLE "provider 'a' { adapter = 'openai', tiemout = {} }",
     "yuzui.lua:1: error: provider \"a\": there is no option \"tiemout\": did you mean \"timeout\"?\n"},
    {WHOLE "provider 'a' { adapter = 'openai' }\nprovider 'a' { adapter = 'openai' }",
     "yuzui.lua:2: error: provider \"a\" is there twice: first in line 1\n"},
    {WHOLE "provider 'openai' { adapter = 'openai' }\nmodel 'm' { 'opneai' }",
     "yuzui.lua:2: error: model \"m\": there is no provider \"opneai\": did you mean \"openai\"?\n"},
    {WHOLE "model 'm' { 'x' }", "yuzui.lua:1: error: model \"m\": there is no provider \"x\", nor any other\n"},
    {WHOLE "model 'm'",
     "yuzui.lua:1: error: model \"m\" needs a list of targets, in order of preference, as in model \"m\" { \"openai\", \"backup\" }\n"},
    {WHOLE "provider 'p' { adapter = 'openai' } model 'm' { { 'p', az = 'x' } }",
     "yuzui.lua:1: error: model \"m\": target \"p\": there is no option \"az\": did you mean \"as\"?\n"},
    {WHOLE "provider 'p' { adapter = 'openai' }\nmodel 'm' { 'p' }\nmodel 'm' { 'p' }",
     "yuzui.lua:3: error: model \"m\" is there twice: first in line 2\n"},
    {WHOLE "key 'a' { models = '*' }",
     "yuzui.lua:1: error: key: models is the string \"*\", but should be a list of strings, such as { \"a\", \"b\" }\n"},
    {WHOLE "key 'changeme' { nothing = 1 }",
     "yuzui.lua:1: warning: key: it looks like the place where one should be put, and anybody may guess it: `openssl rand -hex 24` makes "
     "one\nyuzui.lua:1: error: key: there is no option \"nothing\": the options are name, tenant, models, tags, chain, strict\n"},
    {WHOLE "key 'a' { models = { 'a*b' } }", "yuzui.lua:1: error: key \"key-1\": models: \"a*b\": a * may stand only at the end\n"},
    {WHOLE "key 'a' { name = 'x' }\nkey 'b' { name = 'x' }", "yuzui.lua:2: error: key: the name \"x\" is there twice: first in line 1\n"},
    {WHOLE "key 'a' { name = 'x' }\nkey 'a' { name = 'y' }", "yuzui.lua:2: error: key: the same key is there twice: first in line 1\n"},
    {"listen ':1' chain { auth }",
     "yuzui.lua:1: error: chain: entry 1 is a stage without its options: write { } after its name, as in auth {}\n"},
    {"listen ':1' chain { retry { attempts = 300 } }",
     "yuzui.lua:1: error: retry: attempts is the number 300, but should be a whole number from 1 to 20\n"},
    {"listen ':1' chain { retry 'x' }",
     "yuzui.lua:1: error: retry takes its options in braces, each with its name, as in retry { attempts = … }, not the string \"x\"\n"},
    {"listen ':1' chain { policy {} }", NULL},
    {"listen ':1' chain { policy 'p.lua' { file = 'q.lua' } }",
     "yuzui.lua:1: error: policy: file is said twice: by the string and in the table\n"},
    {"listen ':1' chain { policy 'p.lua' { defualt = 'm' } }",
     "yuzui.lua:1: error: policy: there is no option \"defualt\": did you mean \"default\"?\n"},
    {"listen ':1' chain { cach {} }", "yuzui.lua:1: error: there is no directive or stage \"cach\": did you mean \"cache\"?\n"},
    {"listen ':1' chain { key 'a' {} }", "yuzui.lua:1: error: key is a directive, no stage: it stands by itself, outside the chain\n"},
    {WHOLE "store 'a' { kind = 'retry' }", "yuzui.lua:1: error: store \"a\": \"retry\" is no store but a stage: there are memory, redis\n"},
    {WHOLE "local t = {} t.t = t store('a')(t)", "yuzui.lua:1: error: tables are nested more than 8 deep, or one holds itself\n"},
    {WHOLE "local x = 'a' .. env 'HOME'", "yuzui.lua:1: error: env \"NAME\" is a value for an option, not a string: env.NAME is a string, "
                                          "or nil when the variable is not set\n"},
    {WHOLE "require '../secrets'", "yuzui.lua:1: error: require takes names such as \"keys\" or \"team.keys\", not \"../secrets\"\n"},
    {WHOLE "require '.hidden'", "yuzui.lua:1: error: require takes names such as \"keys\" or \"team.keys\", not \".hidden\"\n"},
    {WHOLE "require 'nowhere'", "yuzui.lua:1: error: cannot read nowhere.lua: No such file or directory\n"},
    {WHOLE "\n\nwhile true do end",
     "yuzui.lua:3: error: the config runs for too long: 10000000 instructions are allowed; is there a loop that does not end?\n"},
    {WHOLE "\n\ntable.insert({}, -2147483648, 1)",
     "yuzui.lua:3: error: the config runs for too long: 10000000 instructions are allowed; is there a loop that does not end?\n"},
    {WHOLE "\n\nlocal s = ('x'):rep(4000000) while true do local t = s:upper() end",
     "yuzui.lua:3: error: the config runs for too long: 3000 ms of CPU time are allowed; is there a loop over long texts or lists?\n"},
    {WHOLE "table.insert({}, 'x', 1)", "yuzui.lua:1: error: table.insert: the position is no number\n"},
    {WHOLE "local s = 'x' while true do s = s .. s end", "yuzui.lua: error: the config needs more than 32 MiB of memory\n"},
    {WHOLE "for i = 1, 1e9 do key('k' .. i) end", "yuzui.lua:1: error: the config has more than 20000 directives\n"},
    {WHOLE "local t = {} for i = 1, 9999 do t[i] = i end for i = 1, 1e9 do provider('p')(t) end",
     "yuzui.lua:1: error: the config says more than 32 MiB\n"},
    {"\033LJ\002", "yuzui.lua:1: error: the file is compiled Lua: only source text is read\n"},
    {"\xff\xfel", "yuzui.lua:1: error: the file is UTF-16: save it as UTF-8\n"},
    {WHOLE "workers = 4",
     "yuzui.lua:1: error: workers is a directive: what it takes follows it without a =, as in workers(4) or log { level = \"warn\" }\n"},
    {WHOLE "workers(2)\nworkers = 4",
     "yuzui.lua:2: error: workers is a directive: what it takes follows it without a =, as in workers(4) or log { level = \"warn\" }\n"},
    {WHOLE "retry = { attempts = 3 }",
     "yuzui.lua:1: error: retry is a stage: what it takes follows it without a =, as in chain { retry { attempts = 3 } }\n"},
    {WHOLE "log { level = 'warn' access = true }",
     "yuzui.lua:1: error: '}' expected near 'access': is a comma or a } missing before it?\n"},
    {WHOLE "key env 'A' {}",
     "yuzui.lua:1: error: '=' expected near 'env': a directive takes a string or a table, and anything else in ( ), as in "
     "workers(4) or key(env \"TEAM_KEY\") { name = \"team\" }\n"},
    {"listen ':1' chain { auth {}, nil, nil, retry {}, nil }",
     "yuzui.lua:1: error: a list has entry 4, but what stands before it is nil\n"},
    {"listen ':1' chain { policy 'p.lua', { default = 'm' } }",
     "yuzui.lua:1: error: chain: entry 2 should be a stage, such as auth {}, not a table: options follow their stage without a comma\n"},
    {WHOLE "provider 'p' { adapter = 'demo' } model 'm' { 'p', as = 'x' }",
     "yuzui.lua:1: error: model \"m\": as stands beside the targets: an option goes into the target's own braces, as in { { \"openai\", as "
     "= \"…\" "
     "} }\n"},
    {WHOLE "provider 'p' { adapter = 'demo' } model 'a\\nb' { 'p' }",
     "yuzui.lua:1: error: model: its name holds a control byte, such as a line break\n"},
    {WHOLE "provider 'p ' { adapter = 'demo' }", "yuzui.lua:1: error: provider: its name begins or ends with a blank\n"},
    {WHOLE "provider 'p\xe9' { adapter = 'demo' }", "yuzui.lua:1: error: provider: its name is not UTF-8: save the file as UTF-8\n"},
    {WHOLE "key 'k' { name = 'a\\tb' }", "yuzui.lua:1: error: key: its name or tenant holds a control byte, such as a line break\n"},
    {WHOLE "key ' sk-x' {}", "yuzui.lua:1: error: key: it begins or ends with a blank, which is lost on the way\n"},
    {WHOLE "key 'sk-x\\n' {}", "yuzui.lua:1: error: key: it holds bytes that cannot stand in a header, such as a line break\n"},
    {WHOLE "provider 'p' { adapter = 'demo' } model 'm' { 'p/gpt-5.2' }",
     "yuzui.lua:1: error: model \"m\": a target is a provider, and as = its name for the model: { \"p\", as = \"gpt-5.2\" }, not "
     "\"p/gpt-5.2\"\n"},
    {"listen '127.0.0.1:1' { cert = '~/tls/c.pem', key = '/k.pem' } chain {}",
     "yuzui.lua:1: error: listen: cert: \"~/tls/c.pem\": ~ is the shell's word for a home folder: here it is written out, as in "
     "/home/NAME/tls/c.pem\nyuzui.lua:1: error: listen: key: cannot read /k.pem: No such file or directory\n"},
    {WHOLE "provider 'p' { adapter = 'demo', timeout = '30s' }", "yuzui.lua:1: error: provider \"p\": timeout: its options should be a "
                                                                 "table such as { connect = … }, but here is the string \"30s\": it "
                                                                 "has connect, first_byte, first_token, idle, total, stall\n"},
    {WHOLE "provider 'a' { adapter = 'openai', key = 'sk-x\\n' }",
     "yuzui.lua:1: error: provider \"a\": key should be a string that can stand in a header, without blanks around it, such as env "
     "\"OPENAI_API_KEY\"\n"},
    {WHOLE "cors { headers = { 'x-session', 'x-a\\r\\nx-b' } }",
     "yuzui.lua:1: error: cors: headers: entry 2 is no header name, such as \"x-session\", nor \"*\"\n"},
    {WHOLE "cors { origins = { 'app.example', 'https://app.example/', 'https://app.example' } }",
     "yuzui.lua:1: error: cors: \"app.example\" is no origin: scheme, host and port without a path, such as \"https://app.example\"\n"
     "yuzui.lua:1: error: cors: \"https://app.example/\" is no origin: scheme, host and port without a path, such as "
     "\"https://app.example\"\n"},
    {WHOLE "admin '0.0.0.0:2' { token = 'fifteen-letters' }",
     "yuzui.lua:1: error: admin: token should have at least 16 bytes where other machines reach the address, but has 15\n"},
    {WHOLE "plugins 'nowhere'", "yuzui.lua:1: error: plugins: there is no folder nowhere\n"},
    {"listen ':8080'\nadmin '127.0.0.1:8080' chain {}",
     "yuzui.lua:2: error: admin \"127.0.0.1:8080\" and listen \":8080\" (line 1) want the same port: give one of them another\n"},
    {"listen ':1' { cert = '/', key = '/' } chain {}", "yuzui.lua:1: error: listen: cert: cannot read /: Is a directory\n"
                                                       "yuzui.lua:1: error: listen: key: cannot read /: Is a directory\n"},
};

/* Told a hundred times is enough, however often a loop is wrong. */
static void test_wrong_in_a_loop(void **state) {
    static const char *const LOOPS[] = {
        WHOLE "local i = 0 while i < 1e6 do nowhere() i = i + 1 end",
        WHOLE "local t = {} for i = 1, 9000 do t[i] = 'nowhere' end model('m')(t)",
        WHOLE "local t = { adapter = 'openai' } for i = 1, 9000 do t['o' .. i] = 1 end provider('p')(t)",
        WHOLE "for i = 1, 9000 do listen('nowhere' .. i) end",
    };
    (void)state;
    for (size_t i = 0; i < sizeof(LOOPS) / sizeof(*LOOPS); i++) {
        diag.text.n = 0;
        diag.errors = diag.warnings = 0;
        assert_null(read_text(LOOPS[i]));
        assert_in_range(diag.errors, 20, 30);
    }
}

static void test_broken(void **state) {
    (void)state;
    unset_keys();
    for (size_t i = 0; i < sizeof(BROKEN) / sizeof(*BROKEN); i++) {
        diag.text.n = 0;
        diag.errors = diag.warnings = 0;
        if (read_text(BROKEN[i].text))
            fail_msg("accepted: %s", BROKEN[i].text);
        const char *text = said();
        if (!BROKEN[i].said) { /* the words are another room's */
            assert_true(strstr(text, "yuzui.lua:1: error: ") == text);
            continue;
        }
        if (strcmp(text, BROKEN[i].said) != 0)
            fail_msg("for: %s\nsaid:     %s\nexpected: %s", BROKEN[i].text, text, BROKEN[i].said);
    }
}

/* What is allowed and yet hardly meant. */
static void test_warnings(void **state) {
#define SERVED "listen '127.0.0.1:1' provider 'demo' { adapter = 'demo' } model 'gpt-5.2' { 'demo' } "
    static const struct {
        const char *text, *said;
    } ODD[] = {
        {SERVED "key 'k' { name = 'a' } chain { auth {}, policy 'p.lua', cache {}, fallback {}, retry {} }", ""},
        {SERVED "key 'k' { name = 'a' } chain { auth {}, policy 'p.lua', auth {}, cache {} }", ""},
        {SERVED "key 'k' { name = 'a', models = { 'gpt-[45].*' } } chain { auth {} }",
         "yuzui.lua:1: warning: key \"a\": models: \"gpt-[45].*\": of a name only a * at its end stands for others; it is no regular "
         "expression\nyuzui.lua:1: warning: key \"a\": there is no model \"gpt-[45].*\": did you mean \"gpt-5.2\"?\n"},
        {SERVED "chain { retry {} }", ""},
        {SERVED "key 'k' {}\nchain { retry {} }", "yuzui.lua:2: warning: nobody is asked for a key: the chain has no auth {}\n"},
        {SERVED "\nchain { auth {} }",
         "yuzui.lua:2: warning: auth lets nobody in: there is no key; key \"sk-…\" { name = \"team\" } makes one\n"},
        {SERVED "key 'k' {}\nchain { cache {}, auth {} }",
         "yuzui.lua:2: warning: chain: cache stands before auth, so answers are given to "
         "anybody, with a key or without; the usual order is "
         "auth, deadline, policy, limit, jobs, bill, cache, shed, rescue, fallback, hedge, retry, balance\n"},
        {SERVED "key 'k' {}\nchain { auth {}, retry {}, policy 'p.lua' }",
         "yuzui.lua:2: warning: chain: retry stands before policy, so the policy runs again for each attempt; the usual order is auth, "
         "deadline, policy, limit, jobs, bill, cache, shed, rescue, fallback, hedge, retry, balance\n"},
        {"listen ':1' chain {}", "yuzui.lua: warning: there is no model: model \"gpt-5.2\" { \"openai\" } makes one\n"},
        {SERVED "key 'k' { name = 'a', models = { 'gtp-5.2' } } chain { auth {}, policy 'p.lua' }",
         "yuzui.lua:1: warning: key \"a\": there is no model \"gtp-5.2\": did you mean \"gpt-5.2\"?\n"},
        {SERVED "key 'k' { name = 'a', models = { 'auto' } } chain { auth {}, policy 'p.lua' }", ""},
        {SERVED "key 'k' { name = 'a', models = { 'auto', 'gpt-*' } } chain { auth {} }",
         "yuzui.lua:1: warning: key \"a\": there is no model \"auto\": there are gpt-5.2\n"},
        {SERVED "key 'k' { name = 'a', models = {} } chain { auth {} }",
         "yuzui.lua:1: warning: key \"a\" may use no model: models = { \"*\" } allows all\n"},
        {SERVED "provider 'a' { adapter = 'openai', key = env.MISSPELT } chain {}",
         "yuzui.lua:1: warning: the variable MISSPELT is not set, so key is not said: key = env.MISSPELT or nil, if that is meant\n"
         "yuzui.lua:1: warning: provider \"a\" has no key: calls go out without one\n"},
        {SERVED "provider 'a' { adapter = 'openai', base_url = 'http://127.0.0.1:1/v1' } chain {}", ""},
        {SERVED "provider 'a' { adapter = 'openai', key = 'k', base_url = 'https://a.example/v1/chat/completions' } chain {}",
         "yuzui.lua:1: warning: provider \"a\": base_url ends in the operation: /chat/completions is left out\n"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(ODD) / sizeof(*ODD); i++) {
        diag.text.n = 0;
        diag.errors = diag.warnings = 0;
        read_good(ODD[i].text);
        if (strcmp(said(), ODD[i].said) != 0)
            fail_msg("for: %s\nsaid:     %s\nexpected: %s", ODD[i].text, said(), ODD[i].said);
    }
}

static void test_all_at_once(void **state) {
    (void)state;
    assert_null(read_text("listen 'x'\nprovder 'y' {}\nworkers(0)\nchain { cach {}, retry { attempts = 'x' } }\nkey 'k' { nme = 'x' }\n"));
    assert_int_equal(diag.errors, 6);
    const char *text = said();
    long last = 0;
    for (const char *line = text; *line; line = strchr(line, '\n') + 1) { /* in the order of the file */
        long number = strtol(line + strlen("yuzui.lua:"), NULL, 10);
        assert_true(number >= last);
        last = number;
    }
    assert_int_equal(last, 5);
}

/* Nothing of a key may come back in a message. */
static void test_keys_are_not_told(void **state) {
    (void)state;
    assert_null(read_text(
        WHOLE "key 'sk-marker-1' { nme = 'x' } key 'sk-marker-2\\n' {} provider 'a' { adapter = 'openai', key = 'sk-marker-3\\r\\n' }\n"
              "provider 'b' { adapter = 'openai', base_url = 'https://user:sk-marker-4@h/?q' }"));
    assert_null(strstr(said(), "marker"));
    assert_int_equal(diag.errors, 4);
    static const char *const MISPLACED[] = {
        WHOLE "key 'sk-marker-5",
        WHOLE "key \"marker-0123456789",
        WHOLE "key('k', 'sk-marker-6')",
        WHOLE "key('k', { name = 'x' }, 'marker-0123456789')",
        WHOLE "secret('0123456789abcdef', 'sk-marker-7')",
        WHOLE "provider 'p' { adapter = 'openai', key = env 'NO_SUCH_VARIABLE', 'sk-marker-8' }",
        WHOLE "provider 'p' { adapter = 'openai' 'sk-marker-9' }",
        WHOLE "provider 'p' { adapter = 'openai', headers = 'authorization: Bearer marker-10' }",
        WHOLE "provider 'p' { adapter = 'openai', query = 'key=marker-0123456789' }",
        WHOLE "admin '127.0.0.1:2' { 'sk-marker-11' }",
    };
    for (size_t i = 0; i < sizeof(MISPLACED) / sizeof(*MISPLACED); i++) {
        diag.text.n = 0;
        assert_null(read_text(MISPLACED[i]));
        if (strstr(said(), "marker"))
            fail_msg("told: %s", diag.text.p);
    }
}

static void test_missing_file(void **state) {
    (void)state;
    assert_null(read_here("absent.lua"));
    assert_non_null(strstr(said(), "error: cannot read the config"));
    assert_non_null(strstr(said(), "No such file or directory"));
}

static int make_folder(void **state) {
    (void)state;
    return mkdtemp(folder) ? 0 : -1;
}
static int remove_folder(void **state) {
    (void)state;
    char command[100];
    snprintf(command, sizeof(command), "rm -rf '%s'", folder);
    return system(command);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_example),
        TEST(test_provider_keys),
        TEST(test_one_variable_for_two),
        TEST(test_client_keys),
        TEST(test_many_keys),
        TEST(test_everything_else),
        TEST(test_env_in_lua),
        TEST(test_require),
        TEST(test_required_module_places),
        TEST(test_broken),
        TEST(test_wrong_in_a_loop),
        TEST(test_all_at_once),
        TEST(test_keys_are_not_told),
        TEST(test_missing_file),
        TEST(test_warnings),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
