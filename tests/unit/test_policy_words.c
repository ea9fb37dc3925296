/* What a policy is told, and its operator, when it does something wrong. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "policy_world.h"

/* What the log says of a policy that fails. */
static void logged(const char *body, const char *words) {
    char text[2000];
    FILE *file = tmpfile();
    int err = dup(2);
    dup2(fileno(file), 2);
    pw_done(pw_run(body, "gpt-5.2", PW_HELLO, 0));
    dup2(err, 2);
    close(err);
    rewind(file);
    text[fread(text, 1, sizeof text - 1, file)] = 0;
    fclose(file);
    if (!strstr(text, words))
        fail_msg("%s: expected \"%s\" in \"%s\"", body, words, text);
}

static void a_failure_is_told_with_its_place(void **state) {
    (void)state;
    logged("local x = req.messages[9].content", ".lua:2: attempt to index a nil value");
    logged("return next()", "req should stand here, as in next(req) and req:question(); here is no value (in the function at");
    logged("req.model = 'nope' return next(req)", ".lua:2: the model \"nope\" is not configured");
    logged("req.model = 'nope'\nlocal x = 1\nreturn (next(req))", ".lua:2: the model \"nope\" is not configured");
    logged("req.model = 'gpt5.2' return next(req)", "the model \"gpt5.2\" is not configured: did you mean \"gpt-5.2\"?");
    logged("req.model = 'gpt5.2'", "it left the model \"gpt5.2\", which is not configured: did you mean \"gpt-5.2\"?");
    logged("return 'gpt-5.2'",
           "it returned \"gpt-5.2\", which would be the answer's text, and is the name of a model: req.model = \"gpt-5.2\" "
           "chooses it");
    logged("if req.tokens > 5 then return next(req) end", ": a method is called with a colon and ( ), as in req:tokens()");
    logged("local n = req.tokens + 5", ": a method is called with a colon and ( ), as in req:tokens()");
    logged("req.model = 'nope'\nlocal x = 1", ".lua:2: it left the model \"nope\", which is not configured");
    logged("local r = next(req)\nerror('boom')", ".lua:3: boom; its client gets what next had asked for (");
    logged("req.model = 'gpt' + 'x'", ".lua:2: attempt to perform arithmetic on a string value: texts are joined with .., not with +");
    logged("if req.model == None then return next(req) end", "'None' is not defined: it is written nil, or what it is said of is left out");
    logged("if question.kind(req) then return next(req) end",
           "'question' is not defined: local question = require \"yuzui.question\" brings it");
    logged("return nil, 5", "it returned nil and a number; an error is a table");
    logged("return nil, { class = 'rate_limit' }",
           "the error it returned has the class \"rate_limit\", which there is not (in the function at");
}

static void misuse_is_told(void **state) {
    (void)state;
    static const struct {
        const char *call, *words;
    } wrong[] = {
        {"next(5)", "here is number"},
        {"req.question()", "here is no value"},
        {"next.start()", "here is no value"},
        {"next.first {}", "next.first takes a list of attempts, as in next.first { a, b }"},
        {"next.first { 5 }", "an attempt should stand here, as in next.start(req):wait(2000); here is number"},
        {"next.start(req):wait('2s')", "the time to wait is a number of milliseconds, 0 to 600000"},
        {"llm.chat('hi')", "llm.chat takes a table"},
        {"llm.chat { messages = 'hi' }", "llm.chat: model should be the name of a model"},
        {"llm.chat { model = 'nope', messages = 'hi' }", "llm.chat: the model \"nope\" is not configured"},
        {"http.fetch 'http://a'", "http.fetch takes a table"},
        {"http.fetch { ulr = 'http://a' }", "http.fetch: there is no option \"ulr\""},
        {"http.fetch { url = 'a' }", "it should begin with http:// or https://"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        char body[400];
        snprintf(body, sizeof body, "local ok, why = pcall(function() %s end) req:because(why:gsub('^.-:%%d+: ', '')) return next(req)",
                 wrong[i].call);
        policy_world *p = pw_run(body, "gpt-5.2", PW_HELLO, 0);
        if (!strstr(p->note, wrong[i].words))
            fail_msg("%s: expected \"%s\" in \"%s\"", wrong[i].call, wrong[i].words, p->note);
        pw_done(p);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_failure_is_told_with_its_place),
        cmocka_unit_test(misuse_is_told),
    };
    return cmocka_run_group_tests(tests, pw_load, pw_unload);
}
