/* test_config_hints.c: the mistakes of a first hour: what somebody who does not know the language of the config writes, what he forgets,
 * and what may be said and yet spends his money. Each is answered by what would be right. */
#include "base/arena.h"
#include "base/diag.h"
#include "config/key_ring.h"
#include "config/settings.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

typedef struct mistake {
    const char *text, *said; /* said: the end of the first line, after "error: " or "warning: " */
} mistake;

#define FIRST "listen '127.0.0.1:1' chain {}\n"

/* What is said of the config in its first line, and whether it is refused; `line`: which line it speaks of, unless 0. */
static void expect_at(const char *before, const mistake *m, bool refused, int line) {
    yz_arena *arena = yz_arena_new(NULL);
    yz_diag diag = {0};
    yz_str text = yz_format(arena, "%s%s", before, m->text);
    bool ok = yz_settings_read_text("yuzui.lua", text, arena, &diag) != NULL;
    yz_buf_char(&diag.text, '\0');
    char *end = strchr(diag.text.p, '\n');
    if (end)
        *end = '\0';
    const char *mark = strstr(diag.text.p, refused ? ": error: " : ": warning: ");
    const char *found = mark ? mark + strlen(refused ? ": error: " : ": warning: ") : diag.text.p;
    if (ok == refused || strcmp(found, m->said) != 0)
        fail_msg("for: %s\nsaid:     %s\nexpected: %s", m->text, found, m->said);
    if (line > 0 && diag.lines[0].number != line)
        fail_msg("for: %s\nsaid of line %d, not of line %d: %s", m->text, diag.lines[0].number, line, found);
    yz_diag_free(&diag);
    yz_arena_free(arena);
}

static void expect(const char *before, const mistake *m, bool refused) { expect_at(before, m, refused, 0); }

static void test_syntax(void **state) {
    static const mistake table[] = {
        {"provider 'o' { adapter: 'openai' }", "an option is written with =, not with a colon: adapter = …"},
        {"provider 'o' {\n  adapter: openai\n}", "an option is written with =, not with a colon: adapter = …"},
        {"provider 'o' { 'adapter': 'openai' }",
         "an option is written with =, not with a colon, and its name without quotes: strict = true"},
        {"provider: 'o' {}", "what provider takes follows it without a colon"},
        {"provider 'o' { adapter = 'openai', key = env OPENAI_API_KEY }",
         "env takes the name of the variable in quotes: env \"OPENAI_API_KEY\""},
        {"key(env TEAM_KEY) {}", "env takes the name of the variable in quotes: env \"TEAM_KEY\""},
        {"# a comment", "a comment begins with --, not with #"},
        {"// a comment", "a comment begins with --, not with //"},
        {"/* a comment */", "a comment begins with --, not with /*"},
        {"key 'a' {} # 'sk-secret'", "a comment begins with --, not with #"},
        {"provider 'o' { adapter = 'openai', key = $OPENAI_API_KEY }", "a variable of the environment is env \"NAME\""},
        {"drain 30s", "a duration or a size is a text in quotes, such as \"30s\" or \"32MiB\""},
        {"provider 'o' { adapter = 'openai', base_url = 'https://' .. env.YZ_UNSET .. '/v1' }",
         "attempt to concatenate field 'YZ_UNSET' (a nil value): the variable YZ_UNSET is not set, so env.YZ_UNSET is nil; "
         "(env.YZ_UNSET or \"…\") gives a text to use instead"},
        {"provider 'o' { adapter = 'openai' key = 'http://a:b' }", "'}' expected near 'key': is a comma or a } missing before it?"},
        {"log { level = debug }", "there is no directive or stage \"debug\" (`yuzui help config` lists the directives, `yuzui plugins` the "
                                  "stages); a text stands in quotes: \"debug\""},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++)
        expect(FIRST, &table[i], true);
}

/* The line that is spoken of is the one to mend, wherever Lua noticed. */
static void test_lines(void **state) {
    static const struct {
        int line;
        mistake mistake;
    } table[] = {
#define HASH "a comment begins with --, not with #"
        {3, {"chain {\n  auth {},\n  # a comment\n  retry {},\n}", HASH}},
        {3, {"chain {\n  auth {},\n  # comment\n\n  retry {},\n}", HASH}}, /* Lua: one word has a length */
        {3, {"chain {\n  auth {},\n  # comment\n}", HASH}},
        {3, {"chain {\n  auth {},\n  # retry { attempts = 3 },\n}", HASH}},
        {2, {"chain {\n  auth {}, # don't\n  retry {},\n}", HASH}},
        {2, {"provider 'o' { adapter = 'openai',\n  # base_url = 'https://a.example',\n}", HASH}},
        {2, {"-- here\n#!there\nchain {}", HASH}},
        {2, {"chain {\n  auth {}, // who\n  retry {},\n}", "a comment begins with --, not with //"}},
#define OPEN "a { of this line is never closed: its } is missing"
        {3, {"chain {\n  auth {},\n  retry { attempts = 3,\n}", OPEN}},
        {1, {"chain {\n  auth {},\n  retry { attempts = 3 },\n", OPEN}},
        {1, {"provider 'o' { adapter = 'openai',\n  key = 'k'\nmodel 'm' { 'o' }\nchain {}", OPEN}},
        {1, {"provider 'o' { adapter = 'openai',\n  key = 'k'\n\nkey 'k' {}\nchain {}", OPEN}},
        {3, {"provider 'o' {\n  adapter = 'openai',\n  timeout = { total = '1m',\n  key = 'k',\n}\nmodel 'm' { 'o' }", OPEN}},
#undef OPEN
        {3,
         {"provider 'o' {\n  adapter = 'openai'\n  key = 'k',\n}",
          "'}' expected (to close '{' at line 1) near 'key': is a comma missing at the end of line 2?"}},
        {2, {"chain {}\nprovider “o” {}", "“ is no quotation mark of Lua: a text stands between \" and \""}},
        {2,
         {"-- “text”\nlisten '127.0.0.1:1’", "a text of this line is never closed: a quotation mark is missing, or one in it is not "
                                             "written \\\""}},
        {3, {"--[==[ “\n]] ]==]\nmodel 'm' {‘a’}", "‘ is no quotation mark of Lua: a text stands between \" and \""}},
        {1, {"provider 'o' { adapter = 'openai'，key = 'x' }", "， is no sign of Lua: , is meant"}},
        {1,
         {"provider 'o' {\u00a0adapter = 'openai' }", "a blank that is none stands in this line (from a web page, a word processor?): "
                                                      "type it anew with the space bar"}},
        {2, {"chain {}\n}", "unexpected symbol near '}': is it one } too many?"}},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++)
        expect_at("", &table[i].mistake, true, table[i].line);
}

/* What a block cannot do without, and what other programs call it. */
static void test_required(void **state) {
    static const mistake table[] = {
        {"store 'x' { url = 'redis://h' }", "store \"x\": of what kind? Its name is that of no store plugin, so kind = \"redis\" says it"},
        {"store 'shared' {}",
         "store \"shared\": of what kind? Its name is that of no store plugin, so kind = \"memory\" or \"redis\" says it"},
        {"store 'x' { kind = 'redsi' }", "store \"x\": there is no store \"redsi\": did you mean \"redis\"?"},
        {"store 'x' { kind = 'cache' }", "store \"x\": \"cache\" is no store but a stage: there are memory, redis"},
        {"store 'x' { kind = 3 }", "store \"x\": kind should be the name of a store plugin, \"memory\" or \"redis\", not the number 3"},
        {"ledger 'money' { path = '/x' }", "ledger \"money\": there is no ledger \"money\": there are postgresql, sqlite (the directive "
                                           "`plugins` and YUZUI_PLUGINS name more folders)"},
        {"ledger 'redis' {}", "ledger \"redis\": \"redis\" is no ledger but a store: there are postgresql, sqlite"},
        {"ledger 'sqlite' {}", "ledger \"sqlite\": the option \"path\" is missing: absolute path of the database; made if it is not there"},
        {"provider 'openai' { key = 'k' }", "provider \"openai\": which dialect does it speak? adapter = \"openai\" is missing"},
        {"provider 'groq' { key = 'k' }",
         "provider \"groq\": whose ways has it? flavour = \"groq\" is missing, which brings adapter and base_url"},
        {"provider 'o' { key = 'k' }",
         "provider \"o\": which dialect does it speak? adapter = \"anthropic\" or \"demo\" or \"gemini\" or \"midjourney\" or \"openai\" "
         "or \"responses\" or "
         "\"suno\" is "
         "missing (\"openai\" is what most servers speak), or the flavour of a known vendor (docs/flavours.md), as in flavour = \"groq\""},
        {"provider 'o' { adapter = '' }",
         "provider \"o\": adapter should be \"anthropic\" or \"demo\" or \"gemini\" or \"midjourney\" or \"openai\" or "
         "\"responses\" or \"suno\", not the string \"\""},
        {"provider 'demo' { adapter = 'demo' } model 'm' { { 'demo', as = 'x-*' } }",
         "model \"m\": target \"demo\": the * of as = \"x-*\" stands for what a client puts in place of the model's own, and its name has "
         "none: "
         "as = the provider's whole name for it"},
        {"provider 'o' { adapter = 'opnai' }", "provider \"o\": there is no adapter \"opnai\": did you mean \"openai\"?"},
        {"provider 'o' { adapter = 'retry' }",
         "provider \"o\": \"retry\" is no adapter but a stage: there are anthropic, demo, gemini, midjourney, openai, responses, suno"},
#define TLS "cert = \"cert.pem\" and key = \"key.pem\" make it TLS"
        {"listen '127.0.0.1:2' { tls = true }", "listen: there is no option \"tls\": " TLS},
        {"listen '127.0.0.1:2' { ssl = { cert = 'a' } }", "listen: there is no option \"ssl\": " TLS},
        {"listen '127.0.0.1:2' { certificate = 'a' }", "listen: there is no option \"certificate\": did you mean \"cert\"?"},
        {"listen '127.0.0.1:2' { private_key = 'a' }", "listen: there is no option \"private_key\": did you mean \"key\"?"},
        {"provider 'o' { adapter = 'openai', key = 'k', models = { 'm' } }",
         "provider \"o\": there is no option \"models\": models stand by themselves: model \"NAME\" { \"THIS PROVIDER\" }"},
        {"provider 'o' { adapter = 'openai', key = 'k', retries = 3 }",
         "provider \"o\": there is no option \"retries\": trying again is a stage: retry { attempts = 3 } in the chain"},
        {"chain 'c' { limit { rpm = 3 } }", "limit: there is no option \"rpm\": limits = { { requests = 10, window = \"1m\" } }"},
        {"chain 'c' { limit { limits = { { rpm = 3 } } } }", "limit: there is no option \"limits[1].rpm\": requests = 10, window = \"1m\""},
        {"store 'memory' { size = '1MiB' }", "store \"memory\": there is no option \"size\": did you mean \"max\"?"},
        {"provider 'o' { adapter = openai }", "a text stands in quotes: adapter = \"openai\""},
        {"key 'k' { rpm = 3 }", "key: there is no option \"rpm\": rates are a stage: limit { … } in the chain (`yuzui plugins limit`)"},
        {"log { file = '/' }", "log: file \"/\" is a folder: the name of a file in it is wanted"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++)
        expect(FIRST, &table[i], true);
}

/* Keys that are none, however they came here; they are tried all the same. */
static void test_doubtful_keys(void **state) {
#define QUOTES "provider \"o\": key stands in quotation marks that belong to it: docker's --env-file keeps them"
#define PLACE  "provider \"o\": key looks like the place where one should be put"
    static const mistake table[] = {
        {"provider 'o' { adapter = 'openai', key = '\"sk-abc\"' }", QUOTES},
        {"provider 'o' { adapter = 'openai', key = \"'sk-abc'\" }", QUOTES},
        {"provider 'o' { adapter = 'openai', key = 'Bearer sk-abc' }",
         "provider \"o\": key begins with \"Bearer \", which is written before it anyway"},
        {"provider 'o' { adapter = 'openai', key = 'sk abc' }", "provider \"o\": key holds a blank, which no provider's does"},
        {"provider 'o' { adapter = 'openai', key = 'sk-...' }", PLACE},
        {"provider 'o' { adapter = 'openai', key = 'sk-…' }", PLACE},
        {"provider 'o' { adapter = 'openai', key = 'YOUR_API_KEY' }", PLACE},
        {"provider 'o' { adapter = 'openai', keys = { 'sk-abcd', '<key>' } }",
         "provider \"o\": keys[2] looks like the place where one should be put"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++)
        expect_at("listen '127.0.0.1:1' model 'm' { 'o' } chain {}\n", &table[i], false, 0);
}

/* A value where a table is due. */
static void test_bare_values(void **state) {
    static const mistake table[] = {
        {"chain 'c' { retry 3 }", "retry takes its options in braces, each with its name, as in retry { attempts = 3 }"},
        {"chain 'c' {\n  auth {},\n  retry 3,\n}", "retry takes its options in braces, each with its name, as in retry { attempts = 3 }"},
        {"chain 'c' { retry(3) }", "retry takes its options in braces, each with its name, as in retry { attempts = … }, not the number 3"},
        {"chain 'c' { cache '1h' }",
         "cache takes its options in braces, each with its name, as in cache { ttl = … }, not the string \"1h\""},
        {"chain 'c' { retry = 3 }", "chain \"c\": retry is a stage, and stands in the list without a =: retry { … }"},
        {"listen 8080", "an address stands in quotes: listen \"127.0.0.1:8080\""},
        {"admin 8081", "an address stands in quotes: admin \"127.0.0.1:8081\""},
        {"workers 4", "what is no text stands in ( ): workers(4)"},
        {"watch false", "what is no text stands in ( ): watch(false)"},
        {"log 'x'",
         "log: its options should be a table such as { file = … }, but here is the string \"x\": it has access, level, file, format"},
        {"include 'other.lua'", "there is no include: require \"NAME\" runs NAME.lua of the config's folder"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++)
        expect(FIRST, &table[i], true);
}

static void test_addresses(void **state) {
#define SUCH ", such as \"127.0.0.1:8080\", \"[::1]:8080\" or \":8080\""
    static const mistake table[] = {
        {"listen 'localhost'", "listen \"localhost\": an IP address and a port are wanted, with a colon between" SUCH},
        {"listen '8080'", "listen \"8080\": an IP address and a port are wanted, with a colon between" SUCH},
        {"listen '127.0.0.1:'", "listen \"127.0.0.1:\": after the colon a port is wanted, a number up to 65535" SUCH},
        {"listen '127.0.0.1:70000'", "listen \"127.0.0.1:70000\": a port is a number up to 65535" SUCH},
        {"listen 'a.example:80'",
         "listen \"a.example:80\": names are not looked up: an IP address of this machine is wanted, or none for all "
         "of them" SUCH},
        {"listen 'http://127.0.0.1:80'",
         "listen \"http://127.0.0.1:80\": what is wanted is an IP address and a port, without http:// before "
         "and a path after them" SUCH},
        {"listen '::1:8080'", "listen \"::1:8080\": an IPv6 address stands in brackets" SUCH},
        {"listen 'unix:/run/x'", "listen \"unix:/run/x\": yuzui listens on TCP, at an IP address and a port" SUCH},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++)
        expect(FIRST, &table[i], true);
}

/* Names with quotes, without, and words that Lua has not. */
static void test_names(void **state) {
    static const mistake table[] = {
        {"chain { retry { \"attempts\" = 3 } }", "an option's name stands without quotes: attempts = …"},
        {"chain { fallback { models = { gpt-5.2 = 'kimi' } } }",
         "a name with other signs than letters, digits and _ stands in [\" \"]: [\"gpt-5.2\"] = …"},
        {"chain { fallback { models = { 'gpt-5.2' = 'kimi' } } }",
         "a name with other signs than letters, digits and _ stands in [\" \"]: [\"gpt-5.2\"] = …"},
        {"chain { fallback { models = { [gpt-5.2] = 'kimi' } } }", "a name in [ ] stands in quotes: [\"gpt-5.2\"] = …"},
        {"chain { fallback { models = { [“gpt-5.2”] = 'kimi' } } }", "“ is no quotation mark of Lua: a text stands between \" and \""},
        {"provider 'o' { adapter = 'openai', headers = { x-a: 'b' } }",
         "a name with other signs than letters, digits and _ stands in [\" \"]: [\"x-a\"] = …"},
        {"provider openai { adapter = 'openai' }", "a name stands in quotes, as in provider \"openai\" { … }, and a variable in ( )"},
        {"key 'sk-secret' = { name = 'a' }", "what key takes follows its name without a ="},
        {"key env 'TEAM_KEY' { name = 'a' }", "what is no text alone stands in ( ): key(env \"NAME\") { … }"},
        {"model 'm' [ 'o' ]", "a list stands in { }, not in [ ]"},
        {"provider 'o' { adapter = 'openai' },",
         "unexpected symbol near ',': no comma stands between directives, nor after the name of one"},
        {"provider 'o' { adapter = 'openai', strict = True }", "True is written true"},
        {"provider 'o' { adapter = 'openai', proxy = null }", "null is written nil, or the option is left out"},
        {"provider 'o' { adapter = 'openai', key = os.getenv('A') }", "a variable of the environment is env \"NAME\""},
        {"provider 'o' { adapter = `openai` }", "a text stands between \" and \", not between ` and `"},
        {"{ \"listen\": \":80\" }", "an option is written with =, not with a colon, and its name without quotes: strict = true"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++)
        expect(FIRST, &table[i], true);
}

static void test_values(void **state) {
    static const mistake table[] = {
        {"provider 'o' { adapter = 'openai', proxy = '127.0.0.1:3128' }",
         "provider \"o\": proxy should begin with http:// or socks5://, as in \"http://127.0.0.1:3128\""},
        {"provider 'o' { adapter = 'openai', base_url = 'api.example.com/v1' }",
         "provider \"o\": base_url should begin with https:// or http://, as in \"https://api.example.com/v1\""},
        {"provider 'o' { adapter = 'openai', headers = { ['x-a'] = { 'b' } } }",
         "provider \"o\": headers.x-a is a list, but should be a string"},
        {"provider 'o' { adapter = 'openai', headers = { 'x-a: b' } }",
         "provider \"o\": headers: options have names, as in { name = value }, but here is the string \"x-a: b\" without one"},
        {"chain 'x' { models = { 'm' }, policy 'p.lua' { options = { a = string.rep, b = 5, c = true, d = {} } } }",
         "policy: options.a is a function, but should be a string"},
        {"key 'k' { models = { 'a', 5 } }", "key: models[2] is the number 5, but should be a string"},
        {"provider 'o' { adapter = 'openai', key = '$OPENAI_API_KEY' }",
         "provider \"o\": key is the text \"$OPENAI_API_KEY\" as it stands: env \"OPENAI_API_KEY\" reads the variable"},
        {"provider 'o' { adapter = 'openai', key = '${OPENAI_API_KEY}' }",
         "provider \"o\": key is the text \"${OPENAI_API_KEY}\" as it stands: env \"OPENAI_API_KEY\" reads the variable"},
        {"provider 'o' { adapter = 'openai', keys = {} }",
         "provider \"o\": keys should be a list of 1 to 32 keys, such as { env \"KEY_1\", env \"KEY_2\" }, not a table"},
        {"provider 'o' { adapter = 'openai', keys = { 'a', 5 } }", "provider \"o\": keys[2] should be a string that can stand in a header, "
                                                                   "without blanks around it, such as env \"OPENAI_API_KEY\", not "
                                                                   "the number 5"},
        {"provider 'o' { adapter = 'openai', keys = { 'a' }, key = 'b' }",
         "provider \"o\": of key, keys, key_file and key_command one can be said; of several keys all stand in keys"},
        {"provider 'o' { adapter = 'openai' } model 'm' { { provider = 'o' } }",
         "model \"m\": a target should be the name of a provider, or { \"NAME\", as = \"its name for the model\" }, not a table"},
        {"provider 'o' { adapter = 'openai', key = 'OPENAI_API_KEY' }",
         "provider \"o\": key is the text \"OPENAI_API_KEY\" as it stands: env \"OPENAI_API_KEY\" reads the variable"},
        {"provider 'o' { adapter = 'openai', keys = { 'a', 'KEY_2' } }",
         "provider \"o\": keys[2] is the text \"KEY_2\" as it stands: env \"KEY_2\" reads the variable"},
        {"key 'TEAM_KEY' {}", "key is the text \"TEAM_KEY\" as it stands: key(env \"TEAM_KEY\") { … } reads the variable"},
        {"key '$TEAM' {}", "key is the text \"$TEAM\" as it stands: key(env \"TEAM\") { … } reads the variable"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++)
        expect(FIRST, &table[i], true);
    static const mistake keys[] = {
        /* a key may hold what it likes */
        {"provider 'o' { adapter = 'openai', key = '$a-b' }", ""},
        {"provider 'o' { adapter = 'openai', key = 'SK_LIVE_9F8A7B6C5D4E3F2A1B0C' }", ""},
        {"provider 'o' { adapter = 'openai', key = 'sk_live_abcdefgh' }", ""},
        {"provider 'o' { adapter = 'openai', key = 'NO_KEY' } key 'TEAM_A' {}",
         "nobody is asked for a key: the chain has no auth {}"}, /* placeholders of servers without keys; names */
        {"provider 'o' { adapter = 'openai', key = 'NOT_NEEDED' }", ""},
        {"provider 'o' { adapter = 'openai', key = 'ABCDEFGHIJKLMNOPQRST' }", ""},
    };
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        expect("listen '127.0.0.1:1' chain {} model 'm' { 'o' }\n", &keys[i], false);
}

/* The environment as other programs' configs write it, and what is not set. */
static void test_variables(void **state) {
    static const mistake refused[] = {
        {"key 'env TEAM' {}", "key is the text \"env TEAM\" as it stands: key(env \"TEAM\") { … } reads the variable"},
        {"key 'env.TEAM' {}", "key is the text \"env.TEAM\" as it stands: key(env \"TEAM\") { … } reads the variable"},
        {"key(env '$TEAM') {}", "env takes the name alone: env \"TEAM\""},
        {"key(env 'sk-secret-key') {}",
         "env takes the name of a variable, such as \"OPENAI_API_KEY\"; a key itself stands there without env"},
        {"secret '${SECRET}'", "secret is the text \"${SECRET}\" as it stands: secret(env \"SECRET\") reads the variable"},
        {"listen '$ADDRESS'", "listen is the text \"$ADDRESS\" as it stands: listen(env \"ADDRESS\") reads the variable"},
        {"admin '127.0.0.1:2' { token = '$TOKEN' }", "admin: token is the text \"$TOKEN\" as it stands: env \"TOKEN\" reads the variable"},
        {"admin '127.0.0.1:2' { token = 'ADMIN_TOKEN_OF_YUZUI' }",
         "admin: token is the text \"ADMIN_TOKEN_OF_YUZUI\" as it stands: env \"ADMIN_TOKEN_OF_YUZUI\" reads the variable"},
        {"admin '127.0.0.1:2' { tokens = { { name = 'ann', token = 'ADMIN_TOKEN_OF_ANN' } } }",
         "admin: tokens[1].token is the text \"ADMIN_TOKEN_OF_ANN\" as it stands: env \"ADMIN_TOKEN_OF_ANN\" reads the variable"},
        {"secret 'YUZUI_SECRET_OF_OURS'",
         "secret is the text \"YUZUI_SECRET_OF_OURS\" as it stands: secret(env \"YUZUI_SECRET_OF_OURS\") reads the variable"},
        {"store 'redis' { password = 'REDIS_PASSWORD' }",
         "store \"redis\": password is the text \"REDIS_PASSWORD\" as it stands: env \"REDIS_PASSWORD\" reads the variable"},
        {"store 'redis' { password = 'os.environ/PASS' }",
         "store \"redis\": password is the text \"os.environ/PASS\" as it stands: env \"PASS\" reads the variable"},
        {"provider 'o' { adapter = 'openai',\n  base_url = env.YZ_UNSET, -- ours\n  key = 'k' }",
         "the variable YZ_UNSET is not set, so base_url is not said: base_url = env.YZ_UNSET or nil, if that is meant"},
        {"admin '127.0.0.1:2' { token = env.YZ_UNSET }",
         "the variable YZ_UNSET is not set, so token is not said: token = env.YZ_UNSET or nil, if that is meant"},
        {"store 'redis' { url = env.YZ_UNSET }",
         "the variable YZ_UNSET is not set, so url is not said: url = env.YZ_UNSET or nil, if that is meant"},
    };
    static const mistake warned[] = {
        {"provider 'o' { adapter = 'openai', key = 'k', proxy = env.YZ_UNSET }",
         "the variable YZ_UNSET is not set, so proxy is not said: proxy = env.YZ_UNSET or nil, if that is meant"},
        {"provider 'o' { adapter = 'openai', key = 'k' } chain 'x' { models = { 'm' }, auth {}, retry { attempts = env.YZ_UNSET } }",
         "the variable YZ_UNSET is not set, so attempts is not said: attempts = env.YZ_UNSET or nil, if that is meant"},
        {"provider 'o' { adapter = 'openai', keys = { 'a', env.YZ_UNSET } }",
         "the variable YZ_UNSET is not set, so env.YZ_UNSET is nil: nothing is said here"},
        {"provider 'o' { adapter = 'openai', key = env 'YZ_UNSET' or 'k' }",
         "what stands after env \"YZ_UNSET\" or is never taken: (env.YZ_UNSET or …) takes it"},
        {"provider 'o' { adapter = 'openai', key = 'k', headers = { ['x-a'] = 'Bearer ${TOKEN}' } }",
         "provider \"o\": headers.x-a holds ${TOKEN} as it stands: \"…\" .. env.TOKEN .. \"…\" puts the variable there"},
        {"provider 'o' { adapter = 'openai', key = 'k', proxy = env.YZ_UNSET or nil, base_url = (env.YZ_UNSET or 'https://a.example') }",
         ""},
        {"local rows = { { 'o', url = env.YZ_UNSET } } provider(rows[1][1]) { adapter = 'openai', key = 'k', base_url = rows[1].url }", ""},
        {"provider 'o' { adapter = 'openai', key = 'k', query = { price = '$5', a = '${x', b = '100%' } }", ""},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(refused) / sizeof(*refused); i++)
        expect(FIRST, &refused[i], true);
    for (size_t i = 0; i < sizeof(warned) / sizeof(*warned); i++)
        expect("listen '127.0.0.1:1' chain {} model 'm' { 'o' }\n", &warned[i], false);
}

#define PAID "provider 'o' { adapter = 'openai', key = 'sk-x' } model 'gpt-5.2' { 'o' } model 'kimi-k2.5' { 'o' } "
#define OPEN                                                                                                                               \
    "is open to other machines, and chain asks nobody for a key: whoever finds it spends your money. Put auth {} first in the chain, "     \
    "with a key \"sk-…\" { name = \"team\" }, or listen on 127.0.0.1"

static void test_models_of_stages(void **state) {
    static const mistake table[] = {
        {"chain { fallback { models = { ['gpt-5.2'] = 'kimi-k2' } } }",
         "fallback: models: there is no model \"kimi-k2\": did you mean \"kimi-k2.5\"?"},
        {"chain { fallback { models = { ['gpt5.2'] = 'kimi-k2.5' } } }",
         "fallback: models: there is no model \"gpt5.2\": did you mean \"gpt-5.2\"?"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++)
        expect("listen '127.0.0.1:1' " PAID, &table[i], true);
}

static void test_meant(void **state) {
    static const mistake table[] = {
        {"listen ':1' chain {}", "listen \":1\" " OPEN},
        {"listen '0.0.0.0:1' chain { cache {} }", "listen \"0.0.0.0:1\" " OPEN},
        {"listen '127.0.0.1:1' listen '[fd00::2]:2' { chain = 'in' } key 'sk-4f1c02e7b9d8a6c35e0f' {} chain { auth {} } chain 'in' { auth "
         "{} }",
         ""},
        {"listen '127.0.0.1:1' chain { fallback { models = { ['gpt-5.2'] = 'kimi-k2.5' } } }", ""},
        {"listen '127.0.0.1:1' chain { retry {}, fallback {} }", "chain: retry stands before fallback, so each of its attempts asks all "
                                                                 "targets again; the usual order is auth, deadline, policy, limit, jobs, "
                                                                 "bill, cache, shed, rescue, fallback, hedge, retry, balance"},
        {"listen '127.0.0.1:1' ledger 'sqlite' { path = '/tmp/none.db' } chain { jobs {}, jobs {} }",
         "chain: jobs stands in it twice: one job is followed as two, and its client has the id of the one that never ends"},
        {"listen '127.0.0.1:1' chain { retry {}, retry {} }", "chain: retry stands in it twice: their attempts multiply"},
    };
#define PLAIN                                                                                                                              \
    "takes clients' keys over plain HTTP from other machines: cert and key make it TLS; behind a proxy that speaks TLS, trusted = { "      \
    "\"10.0.0.0/8\" } names the proxy"
    static const mistake more[] = {
        {"listen ':1' key 'k' {} chain { auth {} }", "listen \":1\" " PLAIN},
        {"listen '203.0.113.7:1' ledger 'sqlite' { path = '/tmp/none.db' } chain { auth {} }", "listen \"203.0.113.7:1\" " PLAIN},
        {"listen '10.1.2.3:1' listen '[fd00::1]:2' listen '[::1]:3' listen ':4' { trusted = { '10.0.0.0/8' } } key "
         "'sk-4f1c02e7b9d8a6c35e0f' {} chain { auth {} "
         "}",
         ""},
        {"listen '127.0.0.1:1' key 'k' {} chain { limit { limits = { { requests = 1 } } }, auth {} }",
         "chain: limit stands before auth, so it is not known yet whose key it is, and addresses are counted; the usual order is auth, "
         "deadline, policy, limit, jobs, bill, cache, shed, rescue, fallback, hedge, retry, balance"},
        {"listen '127.0.0.1:1' key 'k' {} chain { auth {}, balance {}, retry {} }",
         "chain: balance stands before retry, so each of its attempts goes to the same target; the usual order is auth, deadline, policy, "
         "limit, jobs, bill, cache, shed, rescue, fallback, hedge, retry, balance"},
        {"listen '127.0.0.1:1' model 'two' { 'o', { 'o', as = 'x' } } key 'k' {} chain { auth {}, limit { limits = { { requests = 9 } } }, "
         "cache {}, fallback {}, hedge "
         "{}, retry {}, "
         "balance {} }",
         ""},
        {"listen '127.0.0.1:1' model 'kimi-*' { 'o' } chain { fallback { models = { ['gpt-5.2'] = 'kimi-k25' } } }",
         "fallback: models: \"kimi-k25\" is served by the pattern \"kimi-*\" alone; did you mean \"kimi-k2.5\"? If not, model \"kimi-k25\" "
         "{ … } says so"},
        {"listen '127.0.0.1:1' model 'kimi-*' { 'o' } chain { fallback { models = { ['gpt-5.2'] = 'kimi-latest' } } }", ""},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++)
        expect(PAID, &table[i], false);
    for (size_t i = 0; i < sizeof(more) / sizeof(*more); i++)
        expect(PAID, &more[i], false);
}

/* A model that is a pattern, and one that only policies know. */
static void test_patterns(void **state) {
    (void)state;
    yz_arena *arena = yz_arena_new(NULL);
    yz_diag diag = {0};
    yz_str text = YZ_STR("listen '127.0.0.1:1' chain { policy 'p.lua' } provider 'o' { adapter = 'openai', key = 'k' }\n"
                         "model 'gpt-*' { { 'o', as = 'azure-*' } } model 'gpt-5*' { 'o' } model 'gpt-5.2' { 'o' } model 'auto' {}\n"
                         "key 'k' { models = { 'gpt-4o' } } chain 'x' { auth {}, models = { 'gpt-9' } }");
    const yz_settings *s = yz_settings_read_text("yuzui.lua", text, arena, &diag);
    assert_non_null(s);
    static const char *const asked[][2] = {{"gpt-5.2", "gpt-5.2"}, {"gpt-5.1", "gpt-5*"}, {"gpt-5", "gpt-5*"}, {"gpt-4o", "gpt-*"},
                                           {"gpt-", "gpt-*"},      {"auto", "auto"},      {"gpt", NULL},       {"", NULL}};
    for (size_t i = 0; i < sizeof(asked) / sizeof(*asked); i++) {
        const yz_model_settings *found = yz_model_find(s, yz_str_of(asked[i][0]));
        assert_true(found ? asked[i][1] && yz_str_is(found->name, asked[i][1]) : !asked[i][1]);
    }
    assert_int_equal(yz_model_find(s, YZ_STR("auto"))->n_targets, 0);
    assert_true(yz_str_is(yz_settings_shown(s, YZ_STR("gpt-my secret")), "gpt-*")); /* what a client puts for the * is not shown */
    assert_true(yz_str_is(yz_settings_shown(s, YZ_STR("gpt-5.2")), "gpt-5.2"));
    assert_true(yz_str_is(yz_settings_shown(s, YZ_STR("secret")), "?"));
    yz_diag_free(&diag);
    yz_arena_free(arena);
    const mistake wrong[] = {
        {"model 'auto' {}",
         "model \"auto\" needs a list of targets, in order of preference, as in model \"auto\" { \"openai\", \"backup\" }"},
        {"provider 'o' { adapter = 'openai' } model 'g*t' { 'o' }", "model: \"g*t\": a * may stand only at the end"},
    };
    for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
        expect(FIRST, &wrong[i], true);
    const mistake stage = {
        "model 'auto' {}\nchain 'x' { policy 'x.lua' { on_error = 'abort' } }",
        "policy: on_error is the string \"abort\", but should be one of \"continue\", \"fail\""}; /* the model lacks nothing */
    expect_at(FIRST, &stage, true, 3);
}

/* base_url as people write it, and the path it comes to. */
static void test_base_urls(void **state) {
    static const struct {
        const char *adapter, *url, *path;
    } table[] = {
        {"openai", "https://a.example/v1", "/v1"},
        {"openai", "https://a.example/v1/", "/v1"},
        {"openai", "https://a.example", "/v1"},
        {"openai", "https://a.example/", "/v1"},
        {"openai", "https://a.example/v1/v1", "/v1"},
        {"openai", "https://a.example/v1/chat/completions", "/v1"},
        {"openai", "https://a.example/api/paas/v4", "/api/paas/v4"},
        {"openai", "https://a.example/openai/v1/chat/completions/", "/openai/v1"},
        {"openai", "https://a.example/v1beta/openai", "/v1beta/openai"},
        {"openai", "https://a.example', exact_url = true, ca = '", ""},
        {"openai", "https://a.example/v1/v1', exact_url = true, ca = '", "/v1/v1"},
        {"anthropic", "https://a.example", ""},
        {"anthropic", "https://a.example/", ""},
        {"anthropic", "https://a.example/v1", "/v1"}, /* the operation's own version is left out: scenario base-urls */
        {"anthropic", "https://a.example/anthropic/v1/messages", "/anthropic/v1"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
        yz_arena *arena = yz_arena_new(NULL);
        yz_diag diag = {0};
        yz_str text = yz_format(arena, FIRST "provider 'p' { adapter = '%s', key = 'k', base_url = '%s' }", table[i].adapter, table[i].url);
        const yz_settings *s = yz_settings_read_text("yuzui.lua", text, arena, &diag);
        if (!s || !yz_str_is(s->providers[0]->base.path, table[i].path))
            fail_msg("%s: the path is \"%.*s\", not \"%s\"", table[i].url, s ? (int)s->providers[0]->base.path.n : 0,
                     s ? s->providers[0]->base.path.p : "", table[i].path);
        yz_diag_free(&diag);
        yz_arena_free(arena);
    }
}

/* NO_PROXY: is the proxy asked for this host? */
static void test_no_proxy(void **state) {
    static const struct {
        const char *list, *host;
        bool direct;
    } table[] = {
        {"", "127.0.0.1", false},
        {"10.0.0.0/8,127.0.0.0/8", "127.0.0.1", true},
        {"10.0.0.0/8", "127.0.0.1", false},
        {"10.128.0.0/9", "10.200.1.1", true},
        {"10.128.0.0/9", "10.100.1.1", false},
        {"127.0.0.1/32", "127.0.0.1", true},
        {"127.0.0.1/32", "127.0.0.2", false},
        {"0.0.0.0/0", "8.8.8.8", true},
        {"10.0.0.0/8", "10.example", false}, /* a name is no address */
        {"10.0.0.0/33, 10.0.0.0/, /8, 10.0.0.0/x", "10.0.0.1", false},
        {"fd00::/8", "[fd12::1]", true},
        {"fd00::/8", "[fe80::1]", false},
        {"fd00::/8", "10.0.0.1", false},
        {"a.example 192.168.0.0/16", "192.168.9.9", true},
    };
    (void)state;
    setenv("http_proxy", "http://127.0.0.9:3128", 1);
    for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
        yz_arena *arena = yz_arena_new(NULL);
        yz_diag diag = {0};
        setenv("no_proxy", table[i].list, 1);
        yz_str text = yz_format(arena, FIRST "provider 'p' { adapter = 'openai', base_url = 'http://%s/v1' }", table[i].host);
        const yz_settings *s = yz_settings_read_text("yuzui.lua", text, arena, &diag);
        if (!s || (s->providers[0]->proxy.scheme.n == 0) != table[i].direct)
            fail_msg("no_proxy \"%s\", %s: %s", table[i].list, table[i].host, table[i].direct ? "asked by the proxy" : "asked directly");
        yz_diag_free(&diag);
        yz_arena_free(arena);
    }
    unsetenv("http_proxy");
    unsetenv("no_proxy");
}

/* In turn; none that rests or was tried, unless nothing else is left. */
static void test_key_ring(void **state) {
    (void)state;
    const uint8_t digest[32] = {1}, other[32] = {2};
    yz_key_ring *ring = yz_key_ring_find(YZ_STR("p"), digest, 3);
    assert_ptr_equal(ring, yz_key_ring_find(YZ_STR("p"), digest, 3)); /* also after a reload */
    assert_ptr_not_equal(ring, yz_key_ring_find(YZ_STR("p"), other, 3));
    for (int i = 0; i < 6; i++)
        assert_int_equal(yz_key_ring_take(ring, 0, 100), i % 3);
    yz_error_class because;
    assert_true(yz_key_ring_rest(ring, 1, YZ_ERROR_UPSTREAM_AUTH, 100, 200));
    assert_false(yz_key_ring_rest(ring, 1, YZ_ERROR_RATE_LIMIT, 150, 300)); /* it does already */
    assert_int_equal(yz_key_ring_rests(ring, 1, 150, &because), 150);
    assert_int_equal(because, YZ_ERROR_RATE_LIMIT);
    assert_int_equal(yz_key_ring_rests(ring, 0, 150, &because) + yz_key_ring_rests(ring, 1, 300, &because), 0);
    assert_int_equal(yz_key_ring_take(ring, 0, 150), 0);
    assert_int_equal(yz_key_ring_take(ring, 0, 150), 2);
    assert_int_equal(yz_key_ring_take(ring, 1 << 2, 150), 0);
    assert_int_equal(yz_key_ring_take(ring, 1 << 0 | 1 << 2, 150), -1);
    yz_key_ring_rest(ring, 0, YZ_ERROR_QUOTA, 150, 400);
    yz_key_ring_rest(ring, 2, YZ_ERROR_QUOTA, 150, 500);
    assert_int_equal(yz_key_ring_take(ring, 0, 150), 1); /* all of them rest: the one that is free first */
    assert_int_not_equal(yz_key_ring_take(ring, 0, 450), 2);
    assert_false(yz_key_ring_works(ring, 2, 150, 450)); /* what was under way when it was put to rest says nothing */
    assert_true(yz_key_ring_works(ring, 2, 151, 450));
    assert_false(yz_key_ring_works(ring, 2, 151, 450));
    assert_int_equal(yz_key_ring_rests(ring, 2, 450, &because), 0);
}

static void test_words_of_others(void **state) {
    static const mistake table[] = {
        {"provider 'x' { adapter = 'openai', api_key = 'k' }", "provider \"x\": there is no option \"api_key\": did you mean \"key\"?"},
        {"provider 'x' { adapter = 'openai', key = 'k', url = 'http://a' }",
         "provider \"x\": there is no option \"url\": did you mean \"base_url\"?"},
        {"provider 'x' { adapter = 'deepseek', key = 'k' }",
         "provider \"x\": \"deepseek\" is no adapter but a flavour: flavour = \"deepseek\", which says which adapter it needs"},
        {"store 's' { kind = 'redis', host = 'a' }", "store \"s\": there is no option \"host\": did you mean \"url\"?"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        expect(FIRST, &table[i], true);
}

int main(void) {
    unsetenv("YZ_UNSET");
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_syntax),
        cmocka_unit_test(test_words_of_others),
        cmocka_unit_test(test_lines),
        cmocka_unit_test(test_required),
        cmocka_unit_test(test_bare_values),
        cmocka_unit_test(test_doubtful_keys),
        cmocka_unit_test(test_addresses),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_variables),
        cmocka_unit_test(test_models_of_stages),
        cmocka_unit_test(test_meant),
        cmocka_unit_test(test_patterns),
        cmocka_unit_test(test_base_urls),
        cmocka_unit_test(test_no_proxy),
        cmocka_unit_test(test_key_ring),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
