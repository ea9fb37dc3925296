/* test_policy_record.c: every call that a policy starts has its record, as has what it decided. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "policy_world.h"

/* Opens a policy whose function has this body, asks it for `model`, and compares what its records say in the end (policy_world.h). */
static void expect(const char *body, const char *model, const char *records, const char *decision) {
    policy_world *p = calloc(1, sizeof *p);
    char source[1024];
    snprintf(source, sizeof source, "return function(req, next)\n%s\nend\n", body);
    assert_int_equal(pw_open(p, source), YZ_OK);
    pw_ask(p, model, "\"messages\":[{\"role\":\"user\",\"content\":\"hello\"}]", 0);
    assert_string_equal(p->records, records);
    if (!strstr(p->decision, decision)) /* why it failed names a file that has another name each time */
        fail_msg("%s, not %s", p->decision, decision);
    assert_int_equal(yz_call_count(&p->w.worker), 0);
    pw_close(p);
    free(p);
}

static void a_race(void **state) {
    (void)state;
    expect("req.model = 'slow-a' local a = next.start(req) req.model = 'gpt-5.2' local b = next.start(req)\n"
           "req:because('race') return (next.first { a, b })",
           "auto", "first done auto; policy cancelled slow-a; *policy done gpt-5.2; ", "auto -> gpt-5.2 (race)");
}

static void a_question_of_its_own(void **state) {
    (void)state;
    expect("llm.chat { model = 'kimi-k2.5', messages = 'x' } req.model = 'gpt-5.2' return next(req)", "auto",
           "first done auto; question done kimi-k2.5; *first done gpt-5.2; ", "auto -> gpt-5.2 ()");
}

/* No call is started: the request itself goes on, or ends here. */
static void no_call_of_its_own(void **state) {
    (void)state;
    expect("return next(req)", "gpt-5.2", "*first done gpt-5.2; ", "gpt-5.2 -> gpt-5.2 ()");
    expect("return 'no model needed'", "auto", "*first done auto; ", "auto ->  ()");
    expect("return nil, { class = 'forbidden' }", "auto", "*first failed auto; ", "auto ->  ()");
}

static void a_policy_that_failed(void **state) {
    (void)state;
    expect("error('x')", "gpt-5.2", "*first done gpt-5.2; ", ".lua:2: x) failed");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_race),
        cmocka_unit_test(a_question_of_its_own),
        cmocka_unit_test(no_call_of_its_own),
        cmocka_unit_test(a_policy_that_failed),
    };
    return cmocka_run_group_tests(tests, pw_load, pw_unload);
}
