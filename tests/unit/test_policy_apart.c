/* What requests do not share, what nobody can write, and what a policy forgets: the sandbox as seen by clumsy policies. Those that loop
 * and grow are in test_sandbox.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "policy_world.h"

#define HELLO "\"messages\":[{\"role\":\"user\",\"content\":\"hello\"}]"

static policy_world *opened(const char *source) {
    policy_world *p = calloc(1, sizeof *p);
    if (pw_open(p, source) != YZ_OK) {
        yz_buf_char(&p->diag.text, 0);
        fail_msg("%s: %s", source, p->diag.text.p);
    }
    return p;
}

static void done(policy_world *p) {
    assert_int_equal(yz_call_count(&p->w.worker), 0);
    pw_close(p);
    free(p);
}

/* The policy gives its reason as x-yuzui-policy. */
static void expect_reason(const char *body, const char *reason) {
    char source[2048], right[256];
    snprintf(source, sizeof source, "return function(req, next) %s end", body);
    policy_world *p = opened(source);
    pw_ask(p, "gpt-5.2", HELLO, 0);
    snprintf(right, sizeof right, "; %s", reason);
    const char *found = strchr(p->note, ';');
    if (!found || strcmp(found, right) != 0)
        fail_msg("%s: %s", body, p->note);
    done(p);
}

/* ---- what nobody can write ------------------------------------------------------------------------------------------------------ */

static void shared_tables_cannot_be_written(void **state) {
    (void)state;
    static const char *const tables[] = {"math", "string", "table", "bit",      "coroutine", "json", "log",        "time",
                                         "llm",  "http",   "store", "classify", "_G",        "next", "req.options"};
    static const char *const ways[] = {"table.insert(t, 1)",
                                       "table.insert(t, 1, 1)",
                                       "t[1] = 1",
                                       "t.x = 1",
                                       "rawset(t, 1, 1)",
                                       "setmetatable(t, {})",
                                       "json.array(t)",
                                       "table.sort(t) error()",
                                       "table.remove(t, 1) error()",
                                       "table.concat(t) error()"};
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++)
        for (size_t j = 0; j < sizeof ways / sizeof *ways; j++) {
            char body[512];
            snprintf(body, sizeof body,
                     "local t = %s local ok = pcall(function() %s end) "
                     "req:because(tostring(ok) .. ' ' .. tostring(rawget(t, 1)) .. ' ' .. tostring(next == t or getmetatable(t)))",
                     tables[i], ways[j]);
            expect_reason(body, strcmp(tables[i], "next") == 0 ? "false nil true" : "false nil false");
        }
}

static void metatables_of_texts_are_out_of_reach(void **state) {
    (void)state;
    expect_reason("req:because(tostring(getmetatable('')) .. tostring(pcall(setmetatable, '', {})))", "falsefalse");
}

/* ---- stock functions that are written anew ---------------------------------------------------------------------------------------- */

static void table_insert_is_the_stock_one(void **state) {
    (void)state;
    expect_reason("local t = {} table.insert(t, 'b') table.insert(t, 1, 'a') table.insert(t, 3, 'd') table.insert(t, 3, 'c') "
                  "table.insert(t, 5.9, 'e') req:because(table.concat(t) .. #t)",
                  "abcde5");
    expect_reason("local t = { n = 1 } table.insert(t, 4, 'x') req:because(tostring(t[1]) .. t[4])", "nilx");
    expect_reason("local t = json.array() table.insert(t, 1) req:because(json.encode(t))", "[1]");
    expect_reason("local ok, why = pcall(table.insert, {}, 1, 2, 3) req:because(why)",
                  "table.insert takes a table, a position and a value");
    expect_reason("local ok, why = pcall(table.insert, nil, 1) req:because(why)", "table.insert takes a table, here is a nil");
    expect_reason("local t = {} table.insert(t, nil) req:because(#t)", "0");
}

static void xpcall_is_the_stock_one(void **state) {
    (void)state;
    expect_reason("local a, b, c = xpcall(function(x, y) return x, y end, error, 1, 2) req:because(tostring(a) .. b .. c)", "true12");
    expect_reason("local ok, why = xpcall(error, function(e) return e .. '!' end, 'x', 0) req:because(tostring(ok) .. why)", "falsex!");
    expect_reason("local ok, why = xpcall(error, function(e) error('worse', 0) end) req:because(tostring(ok) .. why)", "falseworse");
    expect_reason("local _, why = xpcall(function() local x = nil + 1 end, function(e) return (e:gsub('^.*:', '')) end) req:because(why)",
                  " attempt to perform arithmetic on a nil value");
    expect_reason("local ok, r = xpcall(function() return next(req) end, error) req:because(tostring(ok) .. r.status) return r", "true200");
}

static void sort_takes_functions_in_c(void **state) {
    (void)state;
    expect_reason("local t = { 3, 1, 2 } table.sort(t) local u = { 3, 1, 2 } table.sort(u, function(a, b) return a > b end) "
                  "local ok = pcall(table.sort, { 1, 2, 3 }, error) req:because(table.concat(t) .. table.concat(u) .. tostring(ok))",
                  "123321false");
}

static void coroutines_are_the_stock_ones(void **state) {
    (void)state;
    expect_reason("local co = coroutine.create(function(a) local b = coroutine.yield(a + 1) return b * 2 end) "
                  "local _, x = coroutine.resume(co, 1) local _, y = coroutine.resume(co, 4) local ok, why = coroutine.resume(co) "
                  "req:because(x .. y .. tostring(ok) .. why .. coroutine.status(co))",
                  "28falsecannot resume dead coroutinedead");
    expect_reason("local f = coroutine.wrap(function() for i = 1, 3 do coroutine.yield(i) end end) req:because(f() .. f() .. f())", "123");
    expect_reason("local f = coroutine.wrap(function() error('x', 0) end) local ok, why = pcall(f) req:because(why)", "x");
    expect_reason("local ok, why = pcall(function() coroutine.wrap(5) end) req:because((why:gsub('^.*lua:%d+: ', '')))",
                  "a coroutine is made of a function, here is a number");
    expect_reason("local ok, why = pcall(coroutine.resume, nil) req:because((why:gsub('^.*lua:%d+: ', '')))",
                  "this coroutine is not one that the policy made");
}

/* ---- utf8 ---------------------------------------------------------------------------------------------------------------------------- */

static void utf8_counts_characters(void **state) {
    (void)state;
    static const struct {
        const char *code, *result;
    } cases[] = {
        {"utf8.len('h\xC3\xA9llo \xE4\xB8\xAD\xF0\x9F\x98\x80')", "8"},
        {"utf8.len('')", "0"},
        {"utf8.len('a\xC3\xA9', 2)", "1"},
        {"utf8.len('ab\xFFz')", "nil 3"},
        {"utf8.len('\xED\xA0\x80')", "nil 1"},
        {"utf8.len('abc', 5)", "error"},
        {"utf8.sub('h\xC3\xA9llo', 2, 3) == '\xC3\xA9l'", "true"},
        {"utf8.sub('\xE4\xB8\xAD\xE6\x96\x87\xE5\xAD\x97', -2) == '\xE6\x96\x87\xE5\xAD\x97'", "true"},
        {"utf8.sub('abc', 0) .. utf8.sub('abc', 5) .. utf8.sub('abc', 2, 1) .. utf8.sub('abc', -9, 99)", "abcabc"},
        {"utf8.sub('a\xFF', 1)", "error"},
        {"#utf8.cut('\xE4\xB8\xAD\xE6\x96\x87', 5)", "3"},
        {"utf8.cut('abc', 2) .. utf8.cut('abc', 9) .. utf8.cut('abc', 0)", "ababc"},
        {"#utf8.cut('\xBF\xBF\xBF\xBF\xBF\xBF', 5)", "2"},
        {"utf8.codepoint('\xE4\xB8\xAD')", "20013"},
        {"utf8.codepoint('a\xF0\x9F\x98\x80', 1, -1)", "97 128512"},
        {"utf8.char(97, 233, 20013, 128512) == 'a\xC3\xA9\xE4\xB8\xAD\xF0\x9F\x98\x80'", "true"},
        {"utf8.char(0xD800)", "error"},
        {"utf8.char(1114112)", "error"},
        {"utf8.offset('a\xC3\xA9z', 3)", "4"},
        {"utf8.offset('a\xC3\xA9z', -2)", "2"},
        {"utf8.offset('a\xC3\xA9z', 0, 3)", "2"},
        {"utf8.offset('a\xC3\xA9z', 9)", "nil"},
        {"utf8.offset('a\xC3\xA9z', 1, 3)", "error"},
        {"(function() local t = {} for p, c in utf8.codes('a\xC3\xA9z') do t[#t + 1] = p .. '=' .. c end return table.concat(t, ',') "
         "end)()",
         "1=97,2=233,4=122"},
        {"(function() for _ in utf8.codes('a\xFF') do end end)()", "error"},
        {"(function() local n = 0 for _ in ('a\xC3\xA9\xE4\xB8\xAD'):gmatch(utf8.charpattern) do n = n + 1 end return n end)()", "3"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char body[1024];
        snprintf(body, sizeof body,
                 "local r = { pcall(function() return %s end) } local n = r[1] and select('#', (function() return %s end)()) or 0 "
                 "for i = 2, n + 1 do r[i] = tostring(r[i]) end req:because(r[1] and table.concat(r, ' ', 2, n + 1) or 'error')",
                 cases[i].code, cases[i].code);
        expect_reason(body, cases[i].result);
    }
}

static void a_key_has_tags(void **state) {
    (void)state;
    expect_reason("req:because(req.key.name .. req.key.tags.tier .. tostring(req.key.tags.none))", "demogoldnil");
}

static void values_are_passed(void **state) {
    (void)state;
    expect_reason("req:pass('a', 1) req:pass('b', 'x') req:pass('a', 2) req:pass('b') req:because(req.passed.a .. tostring(req.passed.b))",
                  "2nil");
    expect_reason("local n = 0 while pcall(req.pass, req, 'k' .. n, n) do n = n + 1 end req:because(n)", "32");
    expect_reason("req:because(tostring(pcall(req.pass, req, '', 'x')) .. tostring(pcall(req.pass, req, 'x', ('x'):rep(1001))) .. "
                  "tostring(pcall(function() req.passed = {} end)))",
                  "falsefalsefalse");
}

/* ---- coroutines belong to a call ------------------------------------------------------------------------------------------------------
 */

#define OVER "this coroutine belongs to a request that is over: do not keep coroutines for later"

static void expect_second(const char *source, const char *log_of_note) {
    policy_world *p = opened(source);
    pw_ask(p, "gpt-5.2", HELLO, 0);
    assert_int_equal(policy_errors(p), 0);
    pw_ask(p, "gpt-5.2", HELLO, 0);
    const char *found = strchr(p->note, ';');
    if (!found || !strstr(found, log_of_note))
        fail_msg("%s: %s", source, p->note);
    done(p);
}

static void a_kept_coroutine_is_not_resumed_by_another_request(void **state) {
    (void)state;
    static const char reason[] = "if kept then local ok, why = pcall(resume, kept) req:because(why) end";
    char source[1024];
    snprintf(source, sizeof source,
             "local kept, resume = nil, coroutine.resume return function(req, next) %s "
             "kept = coroutine.create(function() coroutine.yield(req) end) coroutine.resume(kept) return next(req) end",
             reason);
    expect_second(source, OVER);
    snprintf(source, sizeof source,
             "local kept, resume = nil, function(f) return f() end return function(req, next) %s "
             "kept = coroutine.wrap(function() coroutine.yield(req) end) kept() return next(req) end",
             reason);
    expect_second(source, OVER);
}

/* coroutine.running() in the policy function itself is the policy's own coroutine, which waits while others run. */
static void the_coroutine_of_a_waiting_policy_cannot_be_resumed(void **state) {
    (void)state;
    policy_world *p =
        opened("local kept return function(req, next) if kept then req:because(select(2, pcall(coroutine.resume, kept, 'x'))) "
               "return next(req) end kept = coroutine.running() local r = next(req) return r end");
    pw_start(p, "slow-a", HELLO);
    world_pass(&p->w, 10);
    pw_ask(p, "gpt-5.2", HELLO, 0);
    assert_non_null(strstr(p->note, "; this coroutine is not one that the policy made"));
    world_pass(&p->w, 1000);
    assert_int_equal(policy_errors(p), 0);
    done(p);
}

static void a_generator_of_the_file_serves_all_requests(void **state) {
    (void)state;
    expect_second("local number = coroutine.wrap(function() local i = 0 while true do i = i + 1 coroutine.yield(i) end end) "
                  "return function(req, next) req:because('n' .. number()) return next(req) end",
                  "; n2");
}

/* ---- time of a call --------------------------------------------------------------------------------------------------------------------
 */

#define BUSY "local t = time.monotonic() while time.monotonic() - t < 12 do end "

static void the_runs_of_a_call_are_bounded_together(void **state) {
    (void)state;
    policy_world *p = calloc(1, sizeof *p);
    p->config.time = 40;
    p->config.call_time = 60;
    assert_int_equal(pw_open(p, "local rounds = 0 return function(req, next) for i = 1, req.temperature do " BUSY
                                "rounds = rounds + 1 sleep(0) end req:because('ran') return next(req) end"),
                     YZ_OK);
    pw_ask(p, "gpt-5.2", HELLO ",\"temperature\":2", 100);
    assert_non_null(strstr(p->note, "; ran"));
    for (int i = 0; i < 3; i++) { /* and then it rests, as if one run had been too long */
        pw_ask(p, "gpt-5.2", HELLO ",\"temperature\":60", 100);
        assert_non_null(strstr(p->note, "; failed"));
        assert_string_equal(p->c.log, "head chunk end");
    }
    pw_ask(p, "gpt-5.2", HELLO ",\"temperature\":0", 100);
    assert_non_null(strstr(p->note, "; failed"));
    done(p);
}

/* ---- what it forgets
 * --------------------------------------------------------------------------------------------------------------------- */

static void an_answer_that_is_not_returned_is_not_bought_twice(void **state) {
    (void)state;
    policy_world *p = opened("return function(req, next)\n  req.model = 'kimi-k2.5'\n  next(req)\nend");
    pw_ask(p, "gpt-5.2", HELLO, 0);
    assert_string_equal(p->asked, "kimi-k2.5 ");
    assert_string_equal(p->c.log, "head chunk end");
    assert_int_equal(policy_errors(p), 1);
    assert_non_null(strstr(p->note, "; failed"));
    assert_non_null(strstr(p->decision, "gpt-5.2 -> kimi-k2.5 ("));
    assert_non_null(strstr(p->decision, "the policy returned nothing, though it had called next here"));
    done(p);
}

static void an_attempt_that_still_runs_is_the_answer_too(void **state) {
    (void)state;
    policy_world *p = opened("return function(req, next)\n  req.model = 'slow-a'\n  next.start(req)\nend");
    pw_ask(p, "gpt-5.2", HELLO, 1000);
    assert_string_equal(p->asked, "slow-a ");
    assert_string_equal(p->c.log, "head chunk end");
    assert_int_equal(policy_errors(p), 1);
    done(p);
}

static void a_guard_that_forgets_to_return_fails(void **state) {
    (void)state;
    policy_world *p = calloc(1, sizeof *p);
    p->config.on_error = 1;
    assert_int_equal(pw_open(p, "return function(req, next) next(req) end"), YZ_OK);
    pw_ask(p, "gpt-5.2", HELLO, 0);
    assert_string_equal(p->c.log, "error:policy_error ");
    done(p);
}

/* An answer that nobody looked at, and the same question again: the first is the answer, and the second is not asked. */
static void asking_again_without_a_look_is_an_error(void **state) {
    (void)state;
    static const char *const ends[] = {"return next(req)", "local b = next(req) return b"};
    for (size_t i = 0; i < 2; i++) {
        char source[200];
        snprintf(source, sizeof source, "return function(req, next)\n  req.model = 'kimi-k2.5'\n  local a = next(req)\n  %s\nend", ends[i]);
        policy_world *p = opened(source);
        pw_ask(p, "gpt-5.2", HELLO, 0);
        assert_string_equal(p->asked, "kimi-k2.5 ");
        assert_string_equal(p->c.log, "head chunk end");
        assert_int_equal(policy_errors(p), 1);
        assert_non_null(strstr(p->decision, "next was called here, and again before"));
        done(p);
    }
}

static void a_look_is_enough_to_ask_again(void **state) {
    (void)state;
    static const char *const looks[] = {"if a.status == 200 then return next(req) end", "a:cancel() return next(req)",
                                        "local s = a.provider return next(req)"};
    for (size_t i = 0; i < 3; i++) {
        char source[200];
        snprintf(source, sizeof source,
                 "return function(req, next) req.model = 'kimi-k2.5' local a = next(req) req.model = 'gpt-5.2' %s end", looks[i]);
        policy_world *p = opened(source);
        pw_ask(p, "gpt-5.2", HELLO, 0);
        assert_string_equal(p->asked, "kimi-k2.5 gpt-5.2 ");
        assert_int_equal(policy_errors(p), 0);
        done(p);
    }
}

static void what_failed_or_was_cancelled_may_be_forgotten(void **state) {
    (void)state;
    policy_world *p = opened("return function(req, next)\n  req.model = 'fail-a' next(req) req.model = 'slow-a' next.start(req):cancel()\n"
                             "req.model = 'gpt-5.2' end");
    pw_ask(p, "kimi-k2.5", HELLO, 1000);
    assert_string_equal(p->asked, "fail-a gpt-5.2 ");
    assert_string_equal(p->c.log, "head chunk end");
    assert_int_equal(policy_errors(p), 0);
    done(p);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shared_tables_cannot_be_written),
        cmocka_unit_test(metatables_of_texts_are_out_of_reach),
        cmocka_unit_test(table_insert_is_the_stock_one),
        cmocka_unit_test(xpcall_is_the_stock_one),
        cmocka_unit_test(sort_takes_functions_in_c),
        cmocka_unit_test(coroutines_are_the_stock_ones),
        cmocka_unit_test(utf8_counts_characters),
        cmocka_unit_test(a_key_has_tags),
        cmocka_unit_test(values_are_passed),
        cmocka_unit_test(a_kept_coroutine_is_not_resumed_by_another_request),
        cmocka_unit_test(the_coroutine_of_a_waiting_policy_cannot_be_resumed),
        cmocka_unit_test(a_generator_of_the_file_serves_all_requests),
        cmocka_unit_test(the_runs_of_a_call_are_bounded_together),
        cmocka_unit_test(an_answer_that_is_not_returned_is_not_bought_twice),
        cmocka_unit_test(an_attempt_that_still_runs_is_the_answer_too),
        cmocka_unit_test(a_guard_that_forgets_to_return_fails),
        cmocka_unit_test(asking_again_without_a_look_is_an_error),
        cmocka_unit_test(a_look_is_enough_to_ask_again),
        cmocka_unit_test(what_failed_or_was_cancelled_may_be_forgotten),
    };
    return cmocka_run_group_tests(tests, pw_load, pw_unload);
}
