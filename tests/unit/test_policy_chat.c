/* test_policy_chat.c: what a policy asks and answers itself, through the real provider stage and adapters: how often JSON is parsed for
 * it (every call of the parser is counted, the adapters' too), and what a policy and its clients get to see. */
#include "facts.h"
#include "policy_world.h"

#include "plugin/options.h"
#include "provider_world.h"

enum { OPENAI, ANTHROPIC, DIALECTS };
static const yz_plugin *plugins[DIALECTS];
static const void *options[DIALECTS];

/* ---- counting ------------------------------------------------------------------------------------------------------------- */

static unsigned parses;
int __real_yz_json_parse(yz_arena *a, yz_str text, unsigned flags, yz_json **root, yz_json_fault *fault);
int __wrap_yz_json_parse(yz_arena *a, yz_str text, unsigned flags, yz_json **root, yz_json_fault *fault);
int __wrap_yz_json_parse(yz_arena *a, yz_str text, unsigned flags, yz_json **root, yz_json_fault *fault) {
    parses++;
    return __real_yz_json_parse(a, text, flags, root, fault);
}

/* ---- a policy above a provider -------------------------------------------------------------------------------------------- */

static policy_world *open_policy(const char *body, int server) {
    policy_world *p = calloc(1, sizeof *p);
    char source[2048];
    snprintf(source, sizeof source, "return function(req, next)\n%s\nend\n", body);
    p->worker = &F.worker;
    assert_int_equal(pw_open(p, source), YZ_OK);
    provider.pub.adapter = plugins[server]->adapter;
    provider.pub.config = options[server];
    for (size_t i = 0; i < PW_MODELS; i++)
        p->targets[i].provider = &provider.pub;
    p->links[1] = links[0];
    p->config.time = 1000; /* the machine may be busy */
    return p;
}

static void ask_policy(policy_world *p) {
    bool over = false;
    pw_start(p, "gpt-5.2", "\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]");
    parses = 0;
    for (int i = 0; i < 2000 && !over; i++) {
        fixture_rest(2);
        over = p->c.ended > 0;
    }
    assert_string_equal(p->c.log, "head chunk end");
    assert_int_equal(policy_errors(p), 0);
}

static void close_policy(policy_world *p) {
    fixture_rest(2);
    pw_close(p);
    free(p);
}

#define JSON(body) JSON_HEAD "connection: close\r\n\r\n" body
static const char *const words[DIALECTS] = {
    [OPENAI] = JSON(
        "{\"id\":\"c\",\"model\":\"m-1\",\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":\"a \\\"word\\\"\"},"
        "\"finish_reason\":\"length\"}],\"usage\":{\"prompt_tokens\":5,\"completion_tokens\":2}}"),
    [ANTHROPIC] =
        JSON("{\"id\":\"c\",\"model\":\"m-1\",\"type\":\"message\",\"role\":\"assistant\",\"content\":[{\"type\":\"text\",\"text\":\"a "
             "\\\"word\\\"\"}],\"stop_reason\":\"max_tokens\",\"usage\":{\"input_tokens\":5,\"output_tokens\":2}}")};
static const char *const calls[DIALECTS] = {
    [OPENAI] = JSON(
        "{\"id\":\"c\",\"model\":\"m-1\",\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":null,\"tool_calls\":["
        "{\"id\":\"t1\",\"type\":\"function\",\"function\":{\"name\":\"look\",\"arguments\":\"{\\\"at\\\":1}\"}}]},"
        "\"finish_reason\":\"tool_calls\"}]}"),
    [ANTHROPIC] = JSON(
        "{\"id\":\"c\",\"model\":\"m-1\",\"type\":\"message\",\"role\":\"assistant\",\"content\":[{\"type\":\"tool_use\",\"id\":\"t1\","
        "\"name\":\"look\",\"input\":{\"at\":1}}],\"stop_reason\":\"tool_use\"}")};

/* ---- llm.chat ------------------------------------------------------------------------------------------------------------- */

static void a_question_costs_two_parses(void **state) {
    (void)state;
    for (int server = 0; server < DIALECTS; server++) {
        peer_script script = {.answer = words[server], .close = true};
        serve(&script, 1);
        policy_world *p = open_policy("local r = llm.chat { model = 'kimi-k2.5', messages = 'hi', max_tokens = 9 }\n"
                                      "return r.text .. '|' .. r.finish .. '|' .. r.model .. '|' .. r.usage.input .. '+' .. r.usage.output",
                                      server);
        ask_policy(p);
        assert_int_equal(parses, 2); /* the question and the answer */
        if (!strstr(p->answer, "a \\\"word\\\"|length|m-1|5+2"))
            fail_msg("%s", p->answer);
        close_policy(p);
        peer_close(&P);
        memset(&P, 0, sizeof P);
    }
}

/* A text alone is written for its target, in the same dialect as well; what has messages, or a vendor's own word, goes to a target of that
 * dialect as it was said. */
static void a_text_is_written_for_its_target(void **state) {
    (void)state;
    static const struct {
        const char *asked, *sent, *not_sent;
        int server;
    } cases[] = {
        {"messages = 'say \"hi\"', max_tokens = 9", "\"content\":\"say \\\"hi\\\"\"}],\"max_completion_tokens\":9}", "\"max_tokens\"",
         OPENAI},
        {"messages = 'hi', max_tokens = 9", "\"max_tokens\":9", "\"max_completion_tokens\"", ANTHROPIC},
        {"messages = 'hi', max_tokens = 9, enable_thinking = false",
         "{\"enable_thinking\":false,\"model\":\"gpt-5.2\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}],\"max_completion_tokens\":"
         "9}",
         "\"max_tokens\"", OPENAI},
        {"messages = 'hi', n = 2", "\"n\":2", "\"stream\"", OPENAI},
        {"messages = {{ role = 'user', content = 'hi' }}, max_tokens = 9",
         "{\"messages\":[{\"content\":\"hi\",\"role\":\"user\"}],\"model\":\"gpt-5.2\",\"max_completion_tokens\":9}", "\"max_tokens\"",
         OPENAI},
        {"messages = {{ role = 'user', content = 'hi' }}, seed = 9",
         "{\"messages\":[{\"content\":\"hi\",\"role\":\"user\"}],\"model\":\"gpt-5.2\",\"seed\":9}", "\"max_completion_tokens\"", OPENAI},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char source[512];
        peer_script script = {.answer = words[cases[i].server], .close = true};
        serve(&script, 1);
        snprintf(source, sizeof source, "return llm.chat { model = 'gpt-5.2', stream = true, %s }.text", cases[i].asked);
        policy_world *p = open_policy(source, cases[i].server);
        for (size_t t = 0; t < sizeof p->targets / sizeof *p->targets; t++)
            p->targets[t].facts = facts_of("gpt-5.2");
        ask_policy(p);
        assert_int_equal(parses, 2); /* also where the adapter renames a field of a body that is not written anew */
        if (!memmem(P.last.p, P.last.n, cases[i].sent, strlen(cases[i].sent)) ||
            memmem(P.last.p, P.last.n, cases[i].not_sent, strlen(cases[i].not_sent)))
            fail_msg("%s: sent %.*s", cases[i].asked, (int)P.last.n, P.last.p);
        close_policy(p);
        peer_close(&P);
        memset(&P, 0, sizeof P);
    }
}

/* `message` has one form, whoever answered, and a conversation can go on with it. */
static void calls_have_one_form(void **state) {
    (void)state;
    for (int server = 0; server < DIALECTS; server++) {
        const peer_script scripts[] = {{.answer = calls[server], .close = true}, {.answer = words[server], .close = true}};
        serve(scripts, 2);
        policy_world *p = open_policy("local tools = { { type = 'function', ['function'] = { name = 'look' } } }\n"
                                      "local r = llm.chat { model = 'kimi-k2.5', messages = 'hi', tools = tools }\n"
                                      "local result = { role = 'tool', tool_call_id = r.message.tool_calls[1].id, content = 'seen' }\n"
                                      "local talk = { { role = 'user', content = 'hi' }, r.message, result }\n"
                                      "local s = llm.chat { model = 'kimi-k2.5', messages = talk, tools = tools }\n"
                                      "return json.encode(r.message) .. r.finish .. s.text",
                                      server);
        ask_policy(p);
        const char *wanted =
            "{\\\"content\\\":null,\\\"role\\\":\\\"assistant\\\",\\\"tool_calls\\\":[{\\\"function\\\":{\\\"arguments\\\":"
            "\\\"{\\\\\\\"at\\\\\\\":1}\\\",\\\"name\\\":\\\"look\\\"},\\\"id\\\":\\\"t1\\\",\\\"type\\\":\\\"function\\\"}]}"
            "tool_callsa \\\"word\\\"";
        if (!strstr(p->answer, wanted))
            fail_msg("%s\nwanted %s", p->answer, wanted);
        assert_non_null(memmem(P.last.p, P.last.n, "\"t1\"", 4)); /* the second question has the call of the first answer */
        close_policy(p);
        peer_close(&P);
        memset(&P, 0, sizeof P);
    }
}

/* ---- answers of its own --------------------------------------------------------------------------------------------------- */

/* A policy's own answer is written at once in what the client reads: nothing is parsed but the arguments of a call, once, by an adapter
 * that has them as JSON. */
static void an_answer_of_its_own_costs_none(void **state) {
    (void)state;
    static const char *const ends[DIALECTS][2] = {[OPENAI] = {"\"finish_reason\":\"tool_calls\"}],\"usage\"", "data: [DONE]\n\n"},
                                                  [ANTHROPIC] = {"\"stop_reason\":\"tool_use\"", "event: message_stop\n"}};
    for (int reader = 0; reader < DIALECTS; reader++)
        for (int stream = 0; stream < 2; stream++) {
            policy_world *p = open_policy("return 'only text'", OPENAI);
            p->dialect = plugins[reader]->adapter;
            p->stream = stream;
            ask_policy(p);
            assert_int_equal(parses, 0);
            close_policy(p);
            p = open_policy("return { text = 'a \"word\"', tool_calls = { { name = 'look', arguments = { at = 1 } } } }", OPENAI);
            p->dialect = plugins[reader]->adapter;
            p->stream = stream;
            ask_policy(p);
            assert_true(parses <= (reader == ANTHROPIC));
            if (!strstr(p->answer, "a \\\"word\\\"") || !strstr(p->answer, "\"look\"") || !strstr(p->answer, ends[reader][stream]))
                fail_msg("%s", p->answer);
            close_policy(p);
        }
}

static int load_plugins(void **state) {
    static const char *const names[DIALECTS] = {"openai", "anthropic"};
    yz_diag diag = {0};
    if (pw_load(state) != 0)
        return -1;
    for (int d = 0; d < DIALECTS; d++) {
        plugins[d] = yz_plugin_find(yz_str_of(names[d]), &diag);
        options[d] = plugins[d] ? yz_options_config(plugins[d], NULL, pw_arena, &diag) : NULL;
        if (!options[d])
            return -1;
    }
    return 0;
}

/* Pieces of a stream may end between the halves of a character that JSON spells in two: a function that rewrites sees it whole. */
static void a_rewritten_character_in_two_pieces(void **state) {
    (void)state;
#define PIECE(text) "data: {\"id\":\"c\",\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"" text "\"}}]}\n\n"
    peer_script script = {
        .answer = SSE_HEAD "connection: close\r\n\r\n" PIECE("a \\ud83d") PIECE("\\ude80 b") PIECE("\\uD83D")
            PIECE("c") "data: {\"id\":\"c\",\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n"
                       "data: [DONE]\n\n",
        .close = true};
    serve(&script, 1);
    policy_world *p =
        open_policy("local all = '' local r = next(req)\n"
                    "return r:rewrite(function(piece, last, kind) all = all .. '[' .. piece .. ']' return last and all .. kind or '' end)",
                    OPENAI);
    p->stream = true;
    pw_start(p, "gpt-5.2", "\"stream\":true,\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]");
    for (int i = 0; i < 2000 && !p->c.ended; i++)
        fixture_rest(2);
    assert_int_equal(p->c.ended, 1);
    assert_int_equal(policy_errors(p), 0);
    if (!strstr(p->answer, "[a ][\xF0\x9F\x9A\x80 b][\xEF\xBF\xBD"
                           "c][]text"))
        fail_msg("%s", p->answer);
    close_policy(p);
    peer_close(&P);
    memset(&P, 0, sizeof P);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(a_question_costs_two_parses),     TEST(a_text_is_written_for_its_target),    TEST(calls_have_one_form),
        TEST(an_answer_of_its_own_costs_none), TEST(a_rewritten_character_in_two_pieces),
    };
    return cmocka_run_group_tests(tests, load_plugins, pw_unload);
}
