/* test_fallback.c: the order of targets and models, what leads on and what does not, and what the client is told in the end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/check.h"
#include "tree_leaf.h"

#include <yuzui/plugin.h>

static char complaint[512];
static void diag_into_complaint(yz_diag *diag, const char *fmt, ...) {
    (void)diag;
    va_list args;
    va_start(args, fmt);
    vsnprintf(complaint, sizeof complaint, fmt, args);
    va_end(args);
}

/* The generation: model m has three targets, n has one, alone has one, nothing else is known. */
static int no_embeddings(const yz_provider *provider, const yz_request *request, const yz_target *target, yz_arena *arena,
                         yz_endpoint *out) {
    (void)provider;
    (void)target;
    (void)arena;
    (void)out;
    return request->op == YZ_OP_EMBEDDING ? YZ_EUNSUPPORTED : YZ_OK;
}
static int write_anything(const yz_provider *provider, const yz_chat *chat, const yz_target *target, yz_arena *arena, yz_losses *losses,
                          yz_buf *out) {
    (void)provider;
    (void)chat;
    (void)target;
    (void)arena;
    (void)losses;
    (void)out;
    return YZ_OK;
}
static const yz_adapter openai = {YZ_ADAPTER, .dialect = "openai-chat", .write = write_anything};
static const yz_adapter small = {YZ_ADAPTER, .dialect = "openai-chat", .endpoint = no_embeddings};
static const yz_adapter anthropic = {YZ_ADAPTER, .dialect = "anthropic-messages", .write = write_anything};
static const yz_adapter mute = {YZ_ADAPTER, .dialect = "mute"};
static const yz_provider one = {YZ_PROVIDER, YZ_STR("one"), &openai, NULL}, two = {YZ_PROVIDER, YZ_STR("two"), &small, NULL},
                         three = {YZ_PROVIDER, YZ_STR("three"), &anthropic, NULL}, dumb = {YZ_PROVIDER, YZ_STR("dumb"), &mute, NULL};
static const yz_target t1 = {YZ_TARGET, &one, YZ_STR("m")}, t2 = {YZ_TARGET, &two, YZ_STR("m-2")}, t3 = {YZ_TARGET, &three, YZ_STR("m-3")},
                       t4 = {YZ_TARGET, &dumb, YZ_STR("x")}, t5 = {YZ_TARGET, &three, YZ_STR("n-3")};
static const yz_target *const of_m[] = {&t1, &t2, &t3}, *const of_n[] = {&t5}, *const of_dumb[] = {&t4, &t1};

static size_t test_targets(const yz_call *call, yz_str model, const yz_target *const **targets) {
    (void)call;
    *targets = yz_str_is(model, "n") ? of_n : yz_str_is(model, "dumb") ? of_dumb : of_m;
    return yz_str_is(model, "m") ? 3 : yz_str_is(model, "n") ? 1 : yz_str_is(model, "dumb") ? 2 : 0;
}

/* As the provider stage does it: a call without a target asks the first one. */
static bool test_tried(const yz_call *call, const yz_target *target) {
    const yz_target *const *targets;
    if (yz_record_tried(call, target))
        return true;
    for (const yz_record *r = yz_call_record(call)->next; r; r = r->next)
        if (!r->target && r->outcome == YZ_OUTCOME_FAILED && test_targets(call, r->model, &targets) > 0 && targets[0] == target)
            return true;
    return false;
}

#define yz_diag_error   diag_into_complaint
#define yz_targets      test_targets
#define yz_record_tried test_tried
#include "fallback.c"

static const leaf_outcome server_error = {LEAF_FAIL, YZ_ERROR_SERVER, YZ_STARTED_MAYBE, 0};
static const leaf_outcome rate_limited = {LEAF_FAIL, YZ_ERROR_RATE_LIMIT, YZ_STARTED_NO, 9000};
static const leaf_outcome bad_request = {LEAF_FAIL, YZ_ERROR_BAD_REQUEST, YZ_STARTED_NO, 0};

static void fallback_open(rig *r, const config *cfg) {
    void *stage = NULL;
    assert_int_equal(open_stage(NULL, cfg, &stage, NULL), YZ_OK);
    rig_open(r, &filter, cfg, stage);
    r->request.dialect = &openai;
}

static void fallback_close(rig *r) {
    void *stage = r->links[0].stage;
    rig_close(r);
    free(stage);
}

static void test_nothing_fails(void **unused) {
    (void)unused;
    config cfg = {0};
    rig r;
    fallback_open(&r, &cfg);
    rig_start(&r);
    assert_string_equal(r.c.log, "head hello end");
    assert_string_equal(r.plan.seen[0], "m"); /* the request as it came: no copy, the provider stage takes the first target */
    fallback_close(&r);
}

static void test_order_of_targets(void **unused) {
    (void)unused;
    config cfg = {0};
    rig r;
    fallback_open(&r, &cfg);
    r.plan.outcomes[0] = rate_limited;
    r.plan.outcomes[1] = server_error;
    r.plan.outcomes[2].kind = LEAF_HANG;
    rig_start(&r);
    assert_int_equal(r.plan.calls, 3);
    assert_string_equal(r.plan.seen[1], "m@two");
    assert_string_equal(r.plan.seen[2], "m@three");
    /* A failure that names no target is that of the model: all of its targets rested, or were full. */
    assert_true(yz_str_is(*rig_note(&r, "fallback"), "m rate_limited, two upstream_error"));
    const yz_record *root = yz_call_record(r.c.call);
    assert_int_equal(root->next->because, YZ_BECAUSE_FIRST);
    assert_int_equal(root->next->error, YZ_ERROR_RATE_LIMIT);
    assert_int_equal(root->next->next->because, YZ_BECAUSE_FALLBACK);
    assert_int_equal(root->next->next->error, YZ_ERROR_SERVER);
    assert_int_equal(root->next->next->next->because, YZ_BECAUSE_FALLBACK);
    assert_int_equal(root->next->next->next->outcome, YZ_OUTCOME_RUNNING);
    assert_int_equal(world_counter(&r.w, "fallbacks"), 2);
    fallback_close(&r);
}

static void test_client_gets_the_first_error(void **unused) {
    (void)unused;
    config cfg = {0};
    rig r;
    fallback_open(&r, &cfg);
    r.plan.outcomes[0] = rate_limited;
    r.plan.outcomes[1] = r.plan.outcomes[2] = server_error;
    rig_start(&r);
    assert_int_equal(r.plan.calls, 3);
    assert_string_equal(r.c.log, "error:rate_limited");
    fallback_close(&r);
}

static const yz_header rules[] = {{YZ_STR("m"), YZ_STR("unknown")}, {YZ_STR("unknown"), YZ_STR("n")}};

static void test_then_the_next_model(void **unused) {
    (void)unused;
    config cfg = {.models = {rules, 2}};
    rig r;
    fallback_open(&r, &cfg);
    for (int i = 0; i < 3; i++)
        r.plan.outcomes[i] = server_error;
    rig_start(&r);
    assert_string_equal(r.c.log, "head hello end");
    assert_int_equal(r.plan.calls, 4);
    assert_string_equal(r.plan.seen[3], "n@three"); /* by way of a model that has no target */
    fallback_close(&r);
}

/* When all targets of the model are out of use, none of them is asked by way of trial: the next model is. */
static void test_nowhere_leads_to_the_next_model(void **unused) {
    (void)unused;
    config cfg = {.models = {rules, 2}};
    rig r;
    fallback_open(&r, &cfg);
    r.plan.outcomes[0] = server_error;
    r.plan.nowhere = true;
    rig_start(&r);
    assert_int_equal(r.plan.calls, 2);
    assert_string_equal(r.plan.seen[1], "n@three");
    fallback_close(&r);
    cfg.models.n = 0;
    fallback_open(&r, &cfg);
    r.plan.outcomes[0] = server_error;
    r.plan.nowhere = true;
    rig_start(&r);
    assert_int_equal(r.plan.calls, 1);
    assert_string_equal(r.c.log, "error:upstream_error");
    fallback_close(&r);
}

/* When a retry below has nothing left to spend, and would have asked the others itself, asking them here would only go round its budget.
 * Without a balancer they are asked as ever: this stage alone knows of them. */
static void test_what_is_spent_is_spent(void **unused) {
    (void)unused;
    config cfg = {0};
    for (int elsewhere = 0; elsewhere < 2; elsewhere++) {
        rig r;
        fallback_open(&r, &cfg);
        r.plan.outcomes[0] = server_error;
        r.plan.spent = true;
        r.plan.elsewhere = elsewhere;
        rig_start(&r);
        assert_int_equal(r.plan.calls, elsewhere ? 1 : 2);
        fallback_close(&r);
    }
}

static void test_unknown_model_falls_back_by_rule(void **unused) {
    (void)unused;
    config cfg = {.models = {rules, 2}};
    rig r;
    fallback_open(&r, &cfg);
    r.request.model = YZ_STR("unknown");
    r.plan.outcomes[0] = (leaf_outcome){LEAF_FAIL, YZ_ERROR_NOT_FOUND, YZ_STARTED_NO, 0};
    rig_start(&r);
    assert_string_equal(r.c.log, "head hello end");
    assert_string_equal(r.plan.seen[1], "n@three");
    fallback_close(&r);
}

static void test_classes(void **unused) {
    (void)unused;
    const yz_str only[] = {YZ_STR("timeout"), YZ_STR("rate_limit")};
    config all = {0}, some = {.on = {only, 2}};
    const struct {
        const config *cfg;
        leaf_outcome outcome;
        size_t calls;
    } cases[] = {{&all, bad_request, 1},
                 {&all, rate_limited, 2},
                 {&all, {LEAF_FAIL, YZ_ERROR_CONTEXT_LENGTH, YZ_STARTED_NO, 0}, 2},
                 {&all, {LEAF_FAIL, YZ_ERROR_CONTENT_POLICY, YZ_STARTED_NO, 0}, 2},
                 {&all, {LEAF_FAIL, YZ_ERROR_UPSTREAM_AUTH, YZ_STARTED_NO, 0}, 2},
                 {&all, {LEAF_FAIL, YZ_ERROR_AUTH, YZ_STARTED_NO, 0}, 1},
                 {&all, {LEAF_FAIL, YZ_ERROR_INTERNAL, YZ_STARTED_NO, 0}, 1},
                 {&all, {LEAF_FAIL_AFTER_HEAD, YZ_ERROR_BROKEN, YZ_STARTED_YES, 0}, 1},
                 {&some, {LEAF_FAIL, YZ_ERROR_TIMEOUT, YZ_STARTED_MAYBE, 0}, 2},
                 {&some, rate_limited, 2},
                 {&some, server_error, 1}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        rig r;
        fallback_open(&r, cases[i].cfg);
        r.plan.outcomes[0] = cases[i].outcome;
        rig_start(&r);
        assert_int_equal(r.c.ended, 1);
        assert_int_equal(r.plan.calls, cases[i].calls);
        fallback_close(&r);
    }
}

static void test_a_stop_in_the_middle(void **unused) {
    (void)unused;
    config cfg = {0};
    rig r;
    fallback_open(&r, &cfg);
    r.plan.outcomes[0] = server_error;
    r.plan.outcomes[1] = bad_request;
    rig_start(&r);
    assert_int_equal(r.plan.calls, 2);
    assert_string_equal(r.c.log, "error:upstream_error");
    fallback_close(&r);
}

static void test_chosen_target_comes_first(void **unused) {
    (void)unused;
    config cfg = {0};
    rig r;
    fallback_open(&r, &cfg);
    r.request.target = &t2;
    r.plan.outcomes[0] = r.plan.outcomes[1] = server_error;
    rig_start(&r);
    assert_int_equal(r.plan.calls, 3);
    assert_string_equal(r.plan.seen[0], "m@two");
    assert_string_equal(r.plan.seen[1], "m@one");
    assert_string_equal(r.plan.seen[2], "m@three");
    fallback_close(&r);
}

static void test_targets_that_cannot_serve(void **unused) {
    (void)unused;
    config cfg = {0};
    rig r;
    fallback_open(&r, &cfg);
    r.request.op = YZ_OP_EMBEDDING; /* two has none; three speaks another dialect */
    r.plan.outcomes[0] = server_error;
    rig_start(&r);
    assert_int_equal(r.plan.calls, 1);
    fallback_close(&r);
    fallback_open(&r, &cfg);
    r.request.model = YZ_STR("dumb"); /* its first target cannot even chat */
    rig_start(&r);
    assert_string_equal(r.c.log, "head hello end");
    assert_string_equal(r.plan.seen[0], "dumb@one");
    fallback_close(&r);
}

static void test_options_are_checked(void **unused) {
    (void)unused;
    void *stage = NULL;
    const yz_str typo[] = {YZ_STR("rate_limits")};
    config cfg = {.on = {typo, 1}};
    assert_int_equal(open_stage(NULL, &cfg, &stage, NULL), YZ_EINVAL);
    assert_string_equal(complaint,
                        "fallback: on: \"rate_limits\" is no class of error; these are: rate_limit quota auth connect broken timeout "
                        "overloaded server context_length content_policy unsupported not_found");
    const yz_header circle[] = {{YZ_STR("a"), YZ_STR("b")}, {YZ_STR("b"), YZ_STR("c")}, {YZ_STR("c"), YZ_STR("b")}};
    cfg = (config){.models = {circle, 3}};
    assert_int_equal(open_stage(NULL, &cfg, &stage, NULL), YZ_EINVAL);
    assert_non_null(strstr(complaint, "\"b\" leads back to itself"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nothing_fails),
        cmocka_unit_test(test_order_of_targets),
        cmocka_unit_test(test_client_gets_the_first_error),
        cmocka_unit_test(test_then_the_next_model),
        cmocka_unit_test(test_nowhere_leads_to_the_next_model),
        cmocka_unit_test(test_what_is_spent_is_spent),
        cmocka_unit_test(test_unknown_model_falls_back_by_rule),
        cmocka_unit_test(test_classes),
        cmocka_unit_test(test_a_stop_in_the_middle),
        cmocka_unit_test(test_chosen_target_comes_first),
        cmocka_unit_test(test_targets_that_cannot_serve),
        cmocka_unit_test(test_options_are_checked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
