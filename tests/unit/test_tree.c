/* test_tree.c: each rule, each verb and each misuse of the call tree, with a clock of its own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tree_world.h"

/* A stage whose hooks are written where they are tested: config points to a `script`. */
typedef struct script {
    void (*call)(yz_call *call, struct script *s);
    void (*timer)(yz_call *call, struct script *s, yz_timer *timer);
    void (*error)(yz_call *call, struct script *s, yz_call *child, const yz_error *error);
    void (*cancel)(yz_call *call, struct script *s);
    void (*flow)(yz_call *call, struct script *s, bool paused);
    yz_call *seen, *child, *other;
    yz_hold *hold;
    yz_timer *timer_set;
    const yz_error *kept;
    int calls, errors, cancels, timers, lates, flows;
    bool in_hook, paused;
} script;

static script *script_of(const yz_call *call) { return (script *)(uintptr_t)yz_config(call); }

static void on_call(yz_call *call, const yz_request *request) {
    (void)request;
    script *s = script_of(call);
    s->seen = call;
    s->calls++;
    s->in_hook = true;
    if (s->call)
        s->call(call, s);
    s->in_hook = false;
}
static void on_error(yz_call *call, yz_call *child, const yz_error *error) {
    script *s = script_of(call);
    assert_false(s->in_hook);
    s->errors++;
    if (s->error)
        s->error(call, s, child, error);
    else
        yz_send_error(call, error);
}
static void on_timer(yz_call *call, yz_timer *timer) {
    script *s = script_of(call);
    s->timers++;
    if (s->timer)
        s->timer(call, s, timer);
}
static void on_cancel(yz_call *call) {
    script *s = script_of(call);
    assert_false(s->in_hook);
    s->cancels++;
    if (s->cancel)
        s->cancel(call, s);
}
static void on_flow(yz_call *call, bool paused) {
    script *s = script_of(call);
    assert_false(s->in_hook);
    s->flows++;
    s->paused = paused;
    if (s->flow)
        s->flow(call, s, paused);
}

static const yz_filter watching = {
    YZ_FILTER, .call_size = 64, .on_call = on_call, .on_error = on_error, .on_timer = on_timer, .on_cancel = on_cancel};
static const yz_filter leaf = {YZ_FILTER,         .call_size = 64, .on_call = on_call, .on_timer = on_timer, .on_cancel = on_cancel,
                               .on_flow = on_flow};
static const yz_filter plain = {YZ_FILTER, .on_call = on_call};

static void answer(yz_call *call) {
    yz_head head = {.status = 200};
    yz_chunk chunk = {.bytes = YZ_STR("hello")};
    yz_end end = {.usage = YZ_USAGE_UNKNOWN};
    yz_send_head(call, &head);
    yz_send_chunk(call, &chunk);
    yz_send_end(call, &end);
}

static void do_next(yz_call *call, script *s) { s->child = yz_next(call, NULL); }
static void do_answer(yz_call *call, script *s) {
    (void)s;
    answer(call);
}

static void test_answer_climbs(void **state) {
    (void)state;
    world w;
    world_open(&w);
    script top = {.call = do_next}, bottom = {.call = do_answer};
    yz_link links[] = {{&watching, "top", &top, NULL}, {&leaf, "bottom", &bottom, NULL}};
    yz_chain chain = {.links = links, .n = 2};
    yz_request request = {.model = YZ_STR("m")};
    client c;
    client_start(&c, &w, &chain, &request);
    assert_int_equal(top.calls, 0); /* rule 2: nothing happens inside the starter */
    world_settle(&w);
    assert_string_equal(c.log, "head hello end");
    assert_int_equal(c.ended, 1);
    assert_int_equal(top.cancels, 1);
    assert_int_equal(bottom.cancels, 1);
    assert_int_equal(yz_call_count(&w.worker), 0);
    world_close(&w);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_answer_climbs),
    };
    (void)plain;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
