/* What a policy can do, and what becomes of the request when it does it wrong. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "plugin/loader.h"
#include "policy_world.h"

static void asked(policy_world *p, const char *models, const char *log) {
    assert_string_equal(p->asked, models);
    assert_string_equal(p->c.log, log);
    assert_int_equal(policy_errors(p), 0);
    pw_done(p);
}

/* The body as an expression about req must give `wanted`: told by the reason. */
static void expect(const char *expression, const char *members, const char *wanted) {
    char body[4096];
    snprintf(body, sizeof body, "req:because(tostring(%s)) return next(req)", expression);
    policy_world *p = pw_run(body, "gpt-5.2", members, 0);
    const char *mark = strstr(p->note, "; ");
    assert_non_null(mark);
    if (strcmp(mark + 2, wanted) != 0)
        fail_msg("%s is %s, wanted %s", expression, mark + 2, wanted);
    pw_done(p);
}

/* ---- what it sees ------------------------------------------------------------------------------------------------------------ */

static void reads_the_request(void **state) {
    (void)state;
    expect("req.model", PW_HELLO, "gpt-5.2");
    expect("req.messages[1].role", PW_HELLO, "user");
    expect("#req.messages", PW_HELLO, "1");
    expect("req.stream", PW_HELLO, "false");
    expect("req.temperature", PW_HELLO ",\"temperature\":0.5", "0.5");
    expect("req.nothing", PW_HELLO, "nil");
    expect("req.tools[1].type", PW_HELLO ",\"tools\":[{\"type\":\"function\"}]", "function");
    expect("req.headers['x-team']", PW_HELLO, "blue");
    expect("req.headers['X-Team'] .. tostring(req.headers['X-Other']) .. tostring(req.headers[1])", PW_HELLO, "bluenilnil");
    expect("(function() for name, value in pairs(req.headers) do return name .. value end end)()", PW_HELLO, "x-teamblue");
    expect("pcall(function() req.headers['x-team'] = 'red' end) or json.encode(req.headers)", PW_HELLO, "{\"x-team\":\"blue\"}");
    expect("req.key.name .. req.key.tenant", PW_HELLO, "demoacme");
    expect("req.op", PW_HELLO, "chat");
    expect("json.encode(json.decode('[1.5,12345678901234567890,1e400]'))", PW_HELLO, "[1.5,12345678901234567890,1e400]");
    expect("req.id", PW_HELLO, "req-1");
    expect("req.no_cache", PW_HELLO, "false");
    expect("req:known()", PW_HELLO, "true");
    expect("req:known('auto')", PW_HELLO, "false");
}

static void finds_the_question(void **state) {
    (void)state;
    expect("req:question()", PW_HELLO, "hello");
    expect("req:question()", "\"messages\":[{\"role\":\"user\",\"content\":\"a\"},{\"role\":\"assistant\",\"content\":\"b\"}]", "a");
    expect("req:question()", "\"messages\":[{\"role\":\"user\",\"content\":\"a\"},{\"role\":\"user\",\"content\":\"c\"}]", "c");
    expect("req:question()",
           "\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"a\\u0062\"},{\"type\":\"image_url\"},"
           "{\"type\":\"text\",\"text\":\"c\"}]}]",
           "ab?c"); /* the line break cannot stand in a header */
    expect("req:question()",
           "\"messages\":[{\"role\":\"user\",\"content\":\"a\"},{\"role\":\"user\",\"content\":[{\"type\":\"tool_result\","
           "\"content\":\"x\"}]}]",
           "a");
    expect("req:question()", "\"input\":\"from responses\"", "from responses");
    expect("req:question()", "\"contents\":[{\"role\":\"user\",\"parts\":[{\"text\":\"from gemini\"}]}]", "from gemini");
    expect("#req:question()", "\"messages\":[]", "0");
    expect("req:question() == '你好'", "\"messages\":[{\"role\":\"user\",\"content\":\"你好\"}]", "true");
}

static void cuts_a_long_question_between_characters(void **state) {
    (void)state;
    policy_world *p = calloc(1, sizeof *p);
    assert_int_equal(pw_open(p, "return function(req, next) local q = req:question() local bad = q:gsub('你', '')\n"
                                "req:because(#q .. ' ' .. #bad .. ' ' .. q:sub(1, 1) .. q:sub(-1)) return next(req) end"),
                     YZ_OK);
    char *members = malloc(300100);
    size_t n = (size_t)sprintf(members, "\"messages\":[{\"role\":\"user\",\"content\":\"a");
    for (int i = 0; i < 90000; i++)
        n += (size_t)sprintf(members + n, "你");
    sprintf(members + n, "z\"}]");
    pw_ask(p, "gpt-5.2", members, 0);
    assert_string_equal(strstr(p->note, "; "), "; 65535 3 az"); /* a, line break, z; every character whole */
    free(members);
    pw_done(p);
}

static void estimates_tokens(void **state) {
    (void)state;
    expect("req:tokens() > 2 and req:tokens() < 12", PW_HELLO, "true");
    expect("req:tokens()", "\"x\":1", "0");
#define PART(part) "\"messages\":[{\"role\":\"user\",\"content\":[" part "]}]"
    expect("req:tokens() >= 1000", PART("{\"type\":\"image_url\",\"image_url\":{\"url\":\"https://a.example/c.png\"}}"), "true");
    expect("req:tokens() >= 1000", PART("{\"type\":\"image\",\"source\":{\"type\":\"url\",\"url\":\"https://a.example/c.png\"}}"), "true");
    expect("req:tokens() < 100", "\"tools\":[{\"source\":{\"type\":\"string\"},\"image_url\":{\"type\":\"string\"}}]", "true");
    policy_world *p = calloc(1, sizeof *p);
    assert_int_equal(pw_open(p, "return function(req, next) req:because(req:tokens()) return next(req) end"), YZ_OK);
    char members[20000];
    size_t n = (size_t)sprintf(members, "\"messages\":[{\"role\":\"user\",\"content\":\"");
    for (int i = 0; i < 1000; i++)
        n += (size_t)sprintf(members + n, "some words ");
    sprintf(members + n, "\"}]");
    pw_ask(p, "gpt-5.2", members, 0);
    int tokens = atoi(strstr(p->note, "; ") + 2);
    assert_in_range(tokens, 1600, 2600); /* 2000 words */
    pw_done(p);
}

/* ---- what it changes ------------------------------------------------------------------------------------------------------------ */

static void chooses_the_model(void **state) {
    (void)state;
    asked(pw_run("req.model = 'kimi-k2.5' return next(req)", "auto", PW_HELLO, 0), "kimi-k2.5 ", "head chunk end");
    asked(pw_run("req.model = 'kimi-k2.5'", "auto", PW_HELLO, 0), "kimi-k2.5 ", "head chunk end"); /* returning nothing passes */
    asked(pw_run("", "gpt-5.2", PW_HELLO, 0), "gpt-5.2 ", "head chunk end");
}

static void changes_the_body(void **state) {
    (void)state;
    policy_world *p = pw_run("req.temperature = 0.25 req.top_p = nil req.no_cache = true\n"
                             "local m = req.messages m[1].content = m[1].content .. ' world' req.messages = m",
                             "gpt-5.2", PW_HELLO ",\"top_p\":1,\"seed\":12345678901234567890,\"stop\":[]", 0);
    assert_non_null(strstr(p->body, "\"temperature\":0.25"));
    assert_non_null(strstr(p->body, "hello world"));
    assert_non_null(strstr(p->body, "12345678901234567890"));
    assert_null(strstr(p->body, "top_p"));
    assert_true(p->no_cache);
    asked(p, "gpt-5.2 ", "head chunk end");
}

static void keeps_what_it_reads(void **state) {
    (void)state;
    policy_world *p =
        pw_run("req.metadata = req.metadata", "gpt-5.2",
               PW_HELLO ",\"metadata\":{\"id\":9007199254740993,\"e\":[],\"o\":{},\"n\":null,\"f\":1.5,\"t\":\"\\u4f60\"}", 0);
    assert_non_null(strstr(p->body, "\"metadata\":{\"e\":[],\"f\":1.5,\"id\":9007199254740993,\"n\":null,\"o\":{},\"t\":\"你\"}"));
    asked(p, "gpt-5.2 ", "head chunk end");
}

static void earlier_attempts_keep_their_request(void **state) {
    (void)state;
    policy_world *p = pw_run("req.model = 'slow-a' local a = next.start(req) req.model = 'kimi-k2.5' local b = next.start(req)\n"
                             "a:wait() return a",
                             "auto", PW_HELLO, 200);
    assert_non_null(strstr(p->answer, "from slow-a"));
    asked(p, "slow-a kimi-k2.5 ", "head chunk end");
}

/* ---- next ------------------------------------------------------------------------------------------------------------------------- */

static void tries_another_after_an_error(void **state) {
    (void)state;
    policy_world *p = pw_run("req.model = 'fail-a' local res, err = next(req)\n"
                             "if not res then req:because(err.class .. ' ' .. err.code .. ' ' .. err.status .. ' ' .. err.retry_after)\n"
                             "req.model = 'gpt-5.2' return next(req) end return res",
                             "auto", PW_HELLO, 0);
    assert_string_equal(strstr(p->note, "; "), "; upstream_overloaded upstream_overloaded 503 2");
    asked(p, "fail-a gpt-5.2 ", "head chunk end");
}

static void tells_about_the_response(void **state) {
    (void)state;
    policy_world *p =
        pw_run("local res = next(req) req:because(res.model .. ' ' .. res.status .. ' ' .. res.target .. ' ' .. res.provider) return res",
               "gpt-5.2", PW_HELLO, 0);
    assert_string_equal(strstr(p->note, "; "), "; gpt-5.2 200 sim/gpt-5.2 sim");
    asked(p, "gpt-5.2 ", "head chunk end");
}

static void passes_an_error_on(void **state) {
    (void)state;
    asked(pw_run("req.model = 'fail-a' return next(req)", "auto", PW_HELLO, 0), "fail-a ", "error:upstream_overloaded ");
    asked(pw_run("req.model = 'fail-a' local res, err = next(req) return res, err", "auto", PW_HELLO, 0), "fail-a ",
          "error:upstream_overloaded ");
    policy_world *p = pw_run("return nil, { class = 'rate_limited', message = 'too many', retry_after = 1.5 }", "gpt-5.2", PW_HELLO, 0);
    assert_string_equal(p->c.message, "too many");
    asked(p, "", "error:rate_limited ");
    p = pw_run("return nil, 'not today'", "gpt-5.2", PW_HELLO, 0); /* a refusal, and no pass */
    assert_string_equal(p->c.message, "not today");
    asked(p, "", "error:bad_request ");
}

/* What was asked for is bought: a policy that fails after it gives it, and does not buy it again. */
static void fails_with_an_answer_in_hand(void **state) {
    (void)state;
    static const char *const bodies[] = {
        "local r = next(req) req:because(r.modle.x) return r",
        "local r = next(req) error('boom')",
        "local r = next(req) while true do end",
        "next(req) return true",
        "next(req) return req",
        "next(req) return {}",
        "local r = next(req) return r.status",
        "local ok, r = pcall(next, req) return ok",
        "local r = next(req) req.model = 'bad' return next(req)",
        "local r = next(req) r:rewrite(5)",
        "local a = next.start(req) error('boom')",
    };
    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
        policy_world *p = pw_run(bodies[i], "gpt-5.2", PW_HELLO, 0);
        if (strcmp(p->asked, "gpt-5.2 ") != 0 || !strstr(p->c.log, "end") || policy_errors(p) != 1 || !strstr(p->answer, "from gpt-5.2"))
            fail_msg("%s: asked %s, log %s", bodies[i], p->asked, p->c.log);
        pw_done(p);
    }
}

/* Of several the one that has an answer, though a newer one still runs. */
static void gives_the_answer_that_is_there(void **state) {
    (void)state;
    policy_world *p =
        pw_run("local b = next.start(req) b:wait() req.model = 'slow-a' next.start(req) sleep(1) error('x')", "gpt-5.2", PW_HELLO, 5);
    assert_string_equal(p->asked, "gpt-5.2 slow-a ");
    assert_non_null(strstr(p->answer, "from gpt-5.2"));
    pw_done(p);
}

static void the_first_wins(void **state) {
    (void)state;
    policy_world *p = pw_run("req.model = 'slow-a' local a = next.start(req) req.model = 'gpt-5.2' local b = next.start(req)\n"
                             "local res = next.first { a, b } assert(res == b) return res",
                             "auto", PW_HELLO, 0);
    assert_int_equal(p->cancelled, 2); /* the loser at once; the winner at its end */
    asked(p, "slow-a gpt-5.2 ", "head chunk end");
    p = pw_run("req.model = 'fail-a' local a = next.start(req) req.model = 'fail-b' local b = next.start(req)\n"
               "local res, err = next.first { a, b } assert(not res) return nil, err",
               "auto", PW_HELLO, 0);
    asked(p, "fail-a fail-b ", "error:upstream_overloaded ");
}

static void hedges(void **state) {
    (void)state;
    policy_world *p = pw_run("req.model = 'slow-a' local a = next.start(req)\n"
                             "local res, err = a:wait(30) assert(not res and err.class == 'waiting')\n"
                             "req.model = 'gpt-5.2' return next.first { a, next.start(req) }",
                             "auto", PW_HELLO, 50);
    assert_non_null(strstr(p->answer, "from gpt-5.2"));
    asked(p, "slow-a gpt-5.2 ", "head chunk end");
}

static void cancels(void **state) {
    (void)state;
    asked(pw_run("req.model = 'slow-a' local a = next.start(req) sleep(1) a:cancel() local res, err = a:wait() assert(not res)\n"
                 "req.model = 'gpt-5.2' return next(req)",
                 "auto", PW_HELLO, 5),
          "slow-a gpt-5.2 ", "head chunk end"); /* a pass after an attempt is one more attempt */
}

static void holds_an_answer_until_it_is_wanted(void **state) {
    (void)state;
    asked(pw_run("local res = next(req) sleep(50) return res", "gpt-5.2", PW_HELLO, 40), "gpt-5.2 ", "");
    asked(pw_run("local res = next(req) sleep(50) return res", "gpt-5.2", PW_HELLO, 60), "gpt-5.2 ", "head chunk end");
    asked(pw_run("local res = next(req) sleep(50) return res", "late-a", PW_HELLO, 60), "late-a ", "head error:upstream_broken ");
    asked(pw_run("local a = next.start(req) return a", "slow-a", PW_HELLO, 150), "slow-a ", "head chunk end"); /* adopted while it runs */
}

static void ends_with_its_client(void **state) {
    (void)state;
    static const char *const bodies[] = {"sleep(1000)", "req.model = 'slow-a' local r = next(req) return r",
                                         "req.model = 'slow-a' return next(req)",
                                         "req.model = 'slow-a' local a = next.start(req) sleep(5000)"};
    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
        policy_world *p = pw_run(bodies[i], "gpt-5.2", PW_HELLO, 10);
        yz_cancel(p->c.call);
        world_pass(&p->w, 10000);
        assert_string_equal(p->c.log, "");
        assert_int_equal(yz_call_count(&p->w.worker), 0);
        pw_done(p);
    }
}

/* ---- answers of its own ------------------------------------------------------------------------------------------------------------ */

static void answers_itself(void **state) {
    (void)state;
    policy_world *p = pw_run("return 'no \"models\" here'", "gpt-5.2", PW_HELLO, 0);
    assert_non_null(strstr(p->answer, "\"content\":\"no \\\"models\\\" here\""));
    assert_non_null(strstr(p->answer, "\"finish_reason\":\"stop\""));
    asked(p, "", "head chunk end");
    p = pw_run("return { text = 'hm', model = 'house', tool_calls = { { name = 'f', arguments = { x = 1 } } } }", "gpt-5.2", PW_HELLO, 0);
    assert_non_null(strstr(p->answer, "\"model\":\"house\""));
    assert_non_null(
        strstr(p->answer,
               "\"tool_calls\":[{\"id\":\"call_1\",\"type\":\"function\",\"function\":{\"name\":\"f\",\"arguments\":\"{\\\"x\\\":1}\"}}]"));
    yz_json *root;
    yz_arena *arena = yz_arena_new(NULL);
    assert_int_equal(yz_json_parse(arena, yz_str_of(p->answer), 0, &root, NULL), YZ_OK);
    yz_arena_free(arena);
    asked(p, "", "head chunk end");
}

static void asks_a_model_of_its_own(void **state) {
    (void)state;
    policy_world *p =
        pw_run("local r = llm.chat { model = 'kimi-k2.5', messages = 'classify: ' .. req:question(), temperature = 0 }\n"
               "req:because(r.text .. ' ' .. r.finish .. ' ' .. r.usage.input .. '+' .. r.usage.output .. ' ' .. r.model) return next(req)",
               "gpt-5.2", PW_HELLO, 0);
    assert_string_equal(strstr(p->note, "; "), "; from kimi-k2.5 stop 7+3 kimi-k2.5");
    asked(p, "kimi-k2.5 gpt-5.2 ", "head chunk end");
    p = pw_run("local r, err = llm.chat { model = 'fail-a', messages = 'x' } req:because(err.class) return next(req)", "gpt-5.2", PW_HELLO,
               0);
    assert_string_equal(strstr(p->note, "; "), "; upstream_overloaded");
    asked(p, "fail-a gpt-5.2 ", "head chunk end");
}

/* ---- failing ---------------------------------------------------------------------------------------------------- */

static void failed(policy_world *p, const char *models, const char *log) {
    assert_string_equal(p->asked, models);
    assert_string_equal(p->c.log, log);
    assert_int_equal(policy_errors(p), 1);
    pw_done(p);
}

static void an_error_never_fails_a_request(void **state) {
    (void)state;
    static const char *const bodies[] = {
        "error('x')",
        "error()",
        "error({})",
        "local x = nil; x.y = 1",
        "req.model = 'nobody' return next(req)",
        "req.model = 'nobody'",
        "return 5",
        "return true",
        "return {}",
        "return function() end",
        "req.model = 5",
        "req.model = ''",
        "req.stream = true",
        "req.messages = print_",
        "next()",
        "next(5)",
        "next.start()",
        "next.first {}",
        "next.first { 1 }",
        "coroutine.yield()",
        "coroutine.wrap(function() next(req) end)()",
        "sleep(-1)",
        "local a = next.start(req) a:cancel() return a",
        "http.fetch { url = 'http://example.com/' }",
        "store.get('x')",
        "llm.chat {}",
        "llm.chat { model = 'nobody', messages = 'x' }",
        "for i = 1, 2000 do sleep(0) end",
        "json.encode(req)",
        "req['a b'] = 1",
        "return { tool_calls = { 1 } }",
        "require 'yuzui.question'",
    };
    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
        policy_world *p = pw_run(bodies[i], "gpt-5.2", PW_HELLO, 5000);
        if (strcmp(p->c.log, "head chunk end") != 0 || !strstr(p->asked, "gpt-5.2 ") || policy_errors(p) != 1 || !strstr(p->note, "failed"))
            fail_msg("%s: \"%s\" by \"%s\", %d errors, %s", bodies[i], p->c.log, p->asked, (int)policy_errors(p), p->note);
        pw_done(p);
    }
}

static void fails_after_a_wait(void **state) {
    (void)state;
    failed(pw_run("local r = next(req) error('later')", "gpt-5.2", PW_HELLO, 0), "gpt-5.2 ", "head chunk end");
    failed(pw_run("sleep(5) error('later')", "gpt-5.2", PW_HELLO, 10), "gpt-5.2 ", "head chunk end");
}

static void takes_the_default_for_unknown_models(void **state) {
    (void)state;
    policy_world *p = calloc(1, sizeof *p);
    p->config.otherwise = YZ_STR("kimi-k2.5");
    assert_int_equal(pw_open(p, "return function(req, next) if req.temperature then error('x') end end"), YZ_OK);
    pw_ask(p, "auto", PW_HELLO ",\"temperature\":1", 0);
    assert_string_equal(p->asked, "kimi-k2.5 ");
    pw_ask(p, "gpt-5.2", PW_HELLO ",\"temperature\":1", 0);
    assert_string_equal(p->asked, "gpt-5.2 ");
    pw_ask(p, "auto", PW_HELLO, 0); /* left unknown by the policy */
    assert_string_equal(p->asked, "kimi-k2.5 ");
    assert_int_equal(policy_errors(p), 2); /* not asking for one that exists is no mistake of the policy's */
    pw_done(p);
}

/* What a client misspelt is the client's: the stage below says so, and the policy has not failed. */
static void leaves_a_misspelt_model_to_its_client(void **state) {
    (void)state;
    static const char *const bodies[] = {"return next(req)", "", "local r, err = next(req) return r, err"};
    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
        policy_world *p = calloc(1, sizeof *p);
        char source[200];
        snprintf(source, sizeof source, "return function(req, next) %s end", bodies[i]);
        p->config.on_error = 1;
        assert_int_equal(pw_open(p, source), YZ_OK);
        pw_ask(p, "fail-c", PW_HELLO, 0); /* nobody serves it: the leaf of this test fails by the name alone */
        assert_string_equal(p->asked, "fail-c ");
        assert_int_equal(policy_errors(p), 0);
        pw_done(p);
    }
}

static void fails_if_told_to(void **state) {
    (void)state;
    policy_world *p = calloc(1, sizeof *p);
    p->config.on_error = 1;
    assert_int_equal(pw_open(p, "return function(req, next) error('x') end"), YZ_OK);
    pw_ask(p, "gpt-5.2", PW_HELLO, 0);
    failed(p, "", "error:policy_error ");
}

static void a_policy_that_is_always_slow_rests(void **state) {
    (void)state;
    policy_world *p = calloc(1, sizeof *p);
    p->config.time = 5;
    assert_int_equal(pw_open(p, "return function(req, next) req:because('ran') while req.temperature do end return next(req) end"), YZ_OK);
    for (int i = 0; i < 2; i++)
        pw_ask(p, "gpt-5.2", PW_HELLO ",\"temperature\":1", 0);
    pw_ask(p, "gpt-5.2", PW_HELLO, 0); /* in between it is quick: it goes on */
    assert_non_null(strstr(p->note, "; ran"));
    for (int i = 0; i < 3; i++)
        pw_ask(p, "gpt-5.2", PW_HELLO ",\"temperature\":1", 0);
    pw_ask(p, "gpt-5.2", PW_HELLO, 9000);
    assert_non_null(strstr(p->note, "; failed"));
    assert_string_equal(p->c.log, "head chunk end");
    pw_ask(p, "gpt-5.2", PW_HELLO, 1001);
    assert_non_null(strstr(p->note, "; failed"));
    pw_ask(p, "gpt-5.2", PW_HELLO, 0);
    assert_non_null(strstr(p->note, "; ran"));
    pw_done(p);
}

static void requests_do_not_meet(void **state) {
    (void)state;
    policy_world *p = calloc(1, sizeof *p);
    assert_int_equal(
        pw_open(p, "local kept, count = nil, 0\n"
                   "return function(req, next) count = count + 1 if kept then req:because(kept.model) end kept = req return next(req) end"),
        YZ_OK);
    pw_ask(p, "gpt-5.2", PW_HELLO, 0);
    assert_int_equal(policy_errors(p), 0);
    pw_ask(p, "gpt-5.2", PW_HELLO, 0);
    assert_int_equal(policy_errors(p), 1);
    assert_string_equal(p->c.log, "head chunk end");
    pw_done(p);
}

/* ---- opening ---------------------------------------------------------------------------------------------------------------------------
 */

static void bad_files_are_refused(void **state) {
    (void)state;
    static const struct {
        const char *source, *words;
    } bad[] = {
        {"return function(req, next) x = = 1 end", ":1:"},
        {"return 5", "returns a number, not a function"},
        {"", "not a function"},
        {"x = 1 return function() end", "write \"local x"},
        {"while true do end", "CPU time"},
        {"local t = {} for i = 1, 1e9 do t[i] = {} end", "memory"},
        {"sleep(1)", "inside the policy function"},
        {"return require 'nowhere'", "there is no \"nowhere\""},
        {"return require '../x'", "a module's name"},
        {"\x1bLJ\x02", "is compiled Lua"},
        {"error({})", "a table, not text"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        policy_world *p = calloc(1, sizeof *p);
        assert_int_not_equal(pw_open(p, bad[i].source), YZ_OK);
        yz_buf_char(&p->diag.text, 0);
        if (!strstr(p->diag.text.p, bad[i].words))
            fail_msg("%s: %s", bad[i].source, p->diag.text.p);
        pw_done(p);
    }
}

static void a_missing_file_says_where_it_looked(void **state) {
    (void)state;
    policy_world *p = calloc(1, sizeof *p);
    assert_int_equal(pw_open(p, "return function() end"), YZ_OK);
    policy_config config = p->config;
    config.file = YZ_STR("policies/nowhere.lua");
    void *stage;
    assert_int_not_equal(yz_policy_plugin.filter->open(&p->w.worker, &config, &stage, &p->diag), YZ_OK);
    yz_buf_char(&p->diag.text, 0);
    assert_non_null(strstr(p->diag.text.p, "/nowhere/policies/nowhere.lua"));
    pw_done(p);
}

static void options_that_can_do_nothing_are_refused(void **state) {
    (void)state;
    static const struct {
        const char *otherwise, *host, *words;
    } bad[] = {
        {"gpt-5.2", "api.example.com", "no such file"}, /* it was removed once it was read: the options are fine */
        {"", "*.example.com", "no such file"},
        {"", "::1", "no such file"},
        {"", "https://api.example.com/", "hosts: \"https://api.example.com/\" is no host"},
        {"", "api.example.com:443", "is no host"},
        {"", "*", "is no host"},
        {"", "api.*.com", "is no host"},
        {"", "", "is no host"},
    };
    policy_world *p = calloc(1, sizeof *p);
    assert_int_equal(pw_open(p, "return function() end"), YZ_OK);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        policy_config config = p->config;
        yz_str host = yz_str_of(bad[i].host);
        void *stage;
        config.otherwise = yz_str_of(bad[i].otherwise);
        config.hosts = (yz_list){&host, 1};
        p->diag.text.n = 0;
        int code = yz_policy_plugin.filter->open(&p->w.worker, &config, &stage, &p->diag);
        yz_buf_char(&p->diag.text, 0);
        assert_int_not_equal(code, YZ_OK);
        if (!strstr(p->diag.text.p, bad[i].words))
            fail_msg("%s %s: %s", bad[i].otherwise, bad[i].host, p->diag.text.p);
    }
    pw_done(p);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_the_request),
        cmocka_unit_test(finds_the_question),
        cmocka_unit_test(cuts_a_long_question_between_characters),
        cmocka_unit_test(estimates_tokens),
        cmocka_unit_test(chooses_the_model),
        cmocka_unit_test(changes_the_body),
        cmocka_unit_test(keeps_what_it_reads),
        cmocka_unit_test(earlier_attempts_keep_their_request),
        cmocka_unit_test(tries_another_after_an_error),
        cmocka_unit_test(tells_about_the_response),
        cmocka_unit_test(passes_an_error_on),
        cmocka_unit_test(fails_with_an_answer_in_hand),
        cmocka_unit_test(gives_the_answer_that_is_there),
        cmocka_unit_test(the_first_wins),
        cmocka_unit_test(hedges),
        cmocka_unit_test(cancels),
        cmocka_unit_test(holds_an_answer_until_it_is_wanted),
        cmocka_unit_test(ends_with_its_client),
        cmocka_unit_test(answers_itself),
        cmocka_unit_test(asks_a_model_of_its_own),
        cmocka_unit_test(an_error_never_fails_a_request),
        cmocka_unit_test(fails_after_a_wait),
        cmocka_unit_test(takes_the_default_for_unknown_models),
        cmocka_unit_test(leaves_a_misspelt_model_to_its_client),
        cmocka_unit_test(fails_if_told_to),
        cmocka_unit_test(a_policy_that_is_always_slow_rests),
        cmocka_unit_test(requests_do_not_meet),
        cmocka_unit_test(bad_files_are_refused),
        cmocka_unit_test(a_missing_file_says_where_it_looked),
        cmocka_unit_test(options_that_can_do_nothing_are_refused),
    };
    return cmocka_run_group_tests(tests, pw_load, pw_unload);
}
