/* test_workflow.c: steps of a policy's own (llm.start, llm.all, llm.answer), and a file that is a model. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "policy_world.h"

static policy_world *open_workflow(const char *body, const char *serves) {
    policy_world *p = calloc(1, sizeof *p);
    char source[2048];
    snprintf(source, sizeof source, "return function(req, next)\n%s\nend\n", body);
    p->config.serves = yz_str_of(serves);
    assert_int_equal(pw_open(p, source), YZ_OK);
    return p;
}

static void close_workflow(policy_world *p) {
    assert_int_equal(yz_call_count(&p->w.worker), 0);
    pw_close(p);
    free(p);
}

/* A workflow of this body: what its client saw within `ms`, what was in its answer or in the message of its error, and its records. */
static void expect(const char *body, int64_t ms, const char *log, const char *said, const char *records) {
    policy_world *p = open_workflow(body, "workflow/w");
    pw_ask(p, "workflow/w", "\"messages\":[{\"role\":\"user\",\"content\":\"hello\"}]", ms);
    assert_string_equal(p->c.log, log);
    if (!strstr(p->answer, said) && !strstr(p->c.message, said))
        fail_msg("\"%s\" is not in: %s %s", said, p->answer, p->c.message);
    if (records)
        assert_string_equal(p->records, records);
    close_workflow(p);
}

#define STEP(name, model) "{ step = '" name "', model = '" model "', messages = 'x' }"

static void steps_run_beside_each_other(void **state) {
    (void)state;
    expect("local a, b = llm.start " STEP("a", "slow-a") ", llm.start " STEP("b", "slow-b") " return a:wait().text .. ' ' .. b:wait().text",
           100, "head chunk end", "from slow-a from slow-b", "*first done workflow/w; question done slow-a; question done slow-b; ");
}

static void a_step_may_be_waited_for_as_often_as_one_likes(void **state) {
    (void)state;
    expect("local a = llm.start " STEP("a", "slow-a") " local _, err = a:wait(10) local r = a:wait()"
                                                      " return err.class .. ' ' .. r.text .. ' ' .. a:wait().text",
           100, "head chunk end", "waiting from slow-a from slow-a", NULL);
}

static void a_step_is_cancelled(void **state) {
    (void)state;
    expect("local a = llm.start " STEP("a", "slow-a") " a:cancel() local r, err = a:wait() return tostring(r) .. ' ' .. err.code", 0,
           "head chunk end", "nil cancelled", "*first done workflow/w; question cancelled slow-a; ");
    expect("llm.start " STEP("a", "slow-a") " return 'done'", 0, "head chunk end", "done",
           "*first done workflow/w; question cancelled slow-a; ");
}

static void a_step_has_a_deadline(void **state) {
    (void)state;
    expect("local r, err = llm.chat { model = 'slow-a', messages = 'x', timeout = 20 } return tostring(r) .. ' ' .. err.class", 20,
           "head chunk end", "nil upstream_timeout", NULL);
}

static void all_gives_answers_and_errors_by_place(void **state) {
    (void)state;
    expect("local ok, bad = llm.all { " STEP("a", "fail-a") ", " STEP("b", "kimi-k2.5") ", " STEP(
               "c", "late-a") " }"
                              " return tostring(ok[1]) .. bad[1].class .. ' ' .. ok[2].text .. tostring(bad[2]) .. ' ' .. tostring(ok[3]) "
                              ".. bad[3].class",
           0, "head chunk end", "nilupstream_overloaded from kimi-k2.5nil nilupstream_broken", NULL);
}

static void all_keeps_to_its_fan_out(void **state) {
    (void)state;
    static const char body[] = "llm.all({ " STEP("a", "slow-a") ", " STEP("b", "slow-b") ", " STEP("c", "slow-a") " }, %d) return 'over'";
    for (int at_once = 1; at_once <= 3; at_once++) {
        char text[512];
        snprintf(text, sizeof text, body, at_once);
        policy_world *p = open_workflow(text, "workflow/w");
        pw_ask(p, "workflow/w", "\"messages\":[]", 99);
        assert_int_equal(strlen(p->asked), (size_t)at_once * 7); /* "slow-a " each */
        world_pass(&p->w, (3 + at_once - 1) / at_once * 100 - 99);
        assert_string_equal(p->c.log, "head chunk end");
        close_workflow(p);
    }
}

static void who_leaves_ends_all_steps(void **state) {
    (void)state;
    policy_world *p = open_workflow(
        "llm.all({ " STEP("a", "slow-a") ", " STEP("b", "slow-b") ", " STEP("c", "slow-a") " }, 2) return 'over'", "workflow/w");
    pw_ask(p, "workflow/w", "\"messages\":[]", 50);
    yz_cancel(p->c.call);
    world_pass(&p->w, 500);
    assert_int_equal(p->cancelled, 2);
    assert_string_equal(p->asked, "slow-a slow-b ");
    close_workflow(p);
}

static void steps_have_labels_in_the_record(void **state) {
    (void)state;
    policy_world *p =
        open_workflow("llm.all { " STEP("look up", "kimi-k2.5") ", " STEP("mood", "slow-a") " }\n"
                                                                                            "return llm.answer " STEP("answer", "slow-b"),
                      "workflow/w");
    pw_start(p, "workflow/w", "\"messages\":[]");
    world_pass(&p->w, 150);
    char labels[256] = "";
    for (const yz_record *r = yz_call_record(p->c.call)->next; r; r = r->next)
        snprintf(labels + strlen(labels), sizeof labels - strlen(labels), "%.*s=%.*s ", YZ_STR_ARGS(r->label), YZ_STR_ARGS(r->model));
    assert_string_equal(labels, "look up=kimi-k2.5 mood=slow-a answer=slow-b ");
    world_pass(&p->w, 50);
    assert_string_equal(p->c.log, "head chunk end");
    close_workflow(p);
}

static void the_last_step_is_the_answer(void **state) {
    (void)state;
    expect("return llm.answer " STEP("a", "kimi-k2.5"), 0, "head chunk end", "from kimi-k2.5",
           "first done workflow/w; *policy done kimi-k2.5; ");
    expect("return llm.answer " STEP("a", "fail-a"), 0, "error:upstream_overloaded ", "busy", NULL);
    expect("local r, err = llm.answer " STEP("a", "fail-a") " return r or llm.answer " STEP("b", "gpt-5.2"), 0, "head chunk end",
           "from gpt-5.2", NULL);
}

static void a_workflow_that_fails_fails_the_request(void **state) {
    (void)state;
    expect("error('x')", 0, "error:workflow_error ", "the gateway's log says where", "*first failed workflow/w; ");
    expect("return", 0, "error:workflow_error ", "workflow failed", NULL);
    expect("return next(req)", 0, "error:workflow_error ", "workflow failed", NULL);
    expect("return llm.start " STEP("a", "slow-a"), 0, "error:workflow_error ", "workflow failed", NULL);
    expect("local s = llm.start " STEP("a", "slow-a") " return (next.first { s })", 0, "error:workflow_error ", "workflow failed", NULL);
    expect("return llm.answer { model = 'workflow/w', messages = 'x' }", 0, "error:workflow_error ", "workflow failed", NULL); /* itself */
    expect("local t = {} for i = 1, 33 do t[i] = " STEP("a", "slow-a") " end llm.all(t)", 0, "error:workflow_error ", "workflow failed",
           NULL);
    expect("return llm.chat { model = 'kimi-k2.5', messages = 'x', timeout = 0 }", 0, "error:workflow_error ", "workflow failed", NULL);
}

static void it_may_choose_another_model(void **state) {
    (void)state;
    expect("req.model = 'gpt-5.2' return next(req)", 0, "head chunk end", "from gpt-5.2", "*first done gpt-5.2; ");
}

static void other_requests_pass_it_by(void **state) {
    (void)state;
    policy_world *p = open_workflow("error('never run')", "workflow/w");
    pw_ask(p, "gpt-5.2", "\"messages\":[]", 0);
    assert_string_equal(p->c.log, "head chunk end");
    assert_int_equal(policy_errors(p), 0);
    close_workflow(p);
}

static void all_of_it_has_a_deadline(void **state) {
    (void)state;
    policy_world *p = calloc(1, sizeof *p);
    p->config.serves = YZ_STR("workflow/w");
    p->config.timeout = 150;
    assert_int_equal(pw_open(p, "return function() while true do llm.chat { model = 'slow-a', messages = 'x' } end end"), YZ_OK);
    pw_ask(p, "workflow/w", "\"messages\":[]", 150);
    assert_string_equal(p->c.log, "error:upstream_timeout ");
    close_workflow(p);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(steps_run_beside_each_other),
        cmocka_unit_test(a_step_may_be_waited_for_as_often_as_one_likes),
        cmocka_unit_test(a_step_is_cancelled),
        cmocka_unit_test(a_step_has_a_deadline),
        cmocka_unit_test(all_gives_answers_and_errors_by_place),
        cmocka_unit_test(all_keeps_to_its_fan_out),
        cmocka_unit_test(who_leaves_ends_all_steps),
        cmocka_unit_test(steps_have_labels_in_the_record),
        cmocka_unit_test(the_last_step_is_the_answer),
        cmocka_unit_test(a_workflow_that_fails_fails_the_request),
        cmocka_unit_test(it_may_choose_another_model),
        cmocka_unit_test(other_requests_pass_it_by),
        cmocka_unit_test(all_of_it_has_a_deadline),
    };
    return cmocka_run_group_tests(tests, pw_load, pw_unload);
}
