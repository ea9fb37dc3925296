/* test_hedge.c: when a second target is asked, who wins, what it costs. The clock and the providers are the test's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/check.h"
#include "base/diag.h"
#include "plugin/options.h"
#include "tree_leaf.h"

#include <yuzui/plugin.h>

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
static const yz_provider one = {YZ_PROVIDER, YZ_STR("one"), &openai, NULL}, two = {YZ_PROVIDER, YZ_STR("two"), &openai, NULL};
static const yz_target t1 = {YZ_TARGET, &one, YZ_STR("m")}, t2 = {YZ_TARGET, &two, YZ_STR("m")};
static const yz_target *const both[] = {&t1, &t2};
static size_t n_targets = 2;

static size_t test_targets(const yz_call *call, yz_str model, const yz_target *const **targets) {
    (void)call;
    (void)model;
    *targets = both;
    return n_targets;
}
static void test_models_each(void (*fn)(void *arg, yz_str model, const yz_target *const *targets, size_t n), void *arg) {
    fn(arg, YZ_STR("m"), both, n_targets);
}
/* What was noted last; the call itself is gone when it has ended. */
static char noted[16];
static void test_note(yz_call *call, const char *name, yz_str value) {
    (void)call;
    assert_string_equal(name, "hedge");
    snprintf(noted, sizeof noted, "%.*s", YZ_STR_ARGS(value));
}
#define yz_note        test_note
#define yz_targets     test_targets
#define yz_models_each test_models_each
#include "hedge.c"

/* The providers: the first takes what `first_ms` says for each request, the second always `second_ms`; negative: it fails after that. */
static int64_t first_ms, second_ms;
static size_t firsts, seconds, cancelled;
static int64_t on_its_way_ms; /* until the second one is asked: a stage between waits for something */
static bool nobody;           /* a balancer knows of nobody who could be asked second */

typedef struct leaf_state {
    bool asked, answered;
} leaf_state;

static void leaf_ask(yz_call *call) {
    const yz_target *target = yz_call_request(call)->target ? yz_call_request(call)->target : &t1;
    ((leaf_state *)yz_state(call))->asked = true;
    yz_call_record(call)->target = target;
    yz_call_record(call)->asked = 1;
    int64_t ms = target == &t2 ? second_ms : first_ms;
    (*(target == &t2 ? &seconds : &firsts))++;
    yz_timer_start(call, ms < 0 ? -ms : ms);
}
static void leaf_answer(yz_call *call, yz_timer *timer) {
    (void)timer;
    if (!((leaf_state *)yz_state(call))->asked) {
        leaf_ask(call);
        return;
    }
    ((leaf_state *)yz_state(call))->answered = true;
    int64_t ms = yz_call_request(call)->target == &t2 ? second_ms : first_ms;
    yz_head head = {YZ_HEAD, .status = 200};
    yz_chunk chunk = {YZ_CHUNK, .bytes = yz_call_request(call)->target == &t2 ? YZ_STR("two") : YZ_STR("one")};
    if (ms < 0) {
        yz_fail(call, YZ_ERROR_SERVER, "planned");
        return;
    }
    yz_send_head(call, &head);
    yz_send_chunk(call, &chunk);
    yz_send_end(call, &(yz_end){YZ_END});
}
static void leaf_call_late(yz_call *call, const yz_request *request) {
    const yz_target *target = request->target ? request->target : &t1;
    if (target == &t2 && nobody) {
        const yz_error none = {YZ_ERROR, .class_ = YZ_ERROR_OVERLOADED, .nowhere = true};
        yz_send_error(call, &none);
        return;
    }
    if (target == &t2 && on_its_way_ms > 0)
        yz_timer_start(call, on_its_way_ms);
    else
        leaf_ask(call);
}
static void leaf_close(yz_call *call) { cancelled += !((leaf_state *)yz_state(call))->answered; }
static const yz_filter late_leaf = {YZ_FILTER, .call_size = sizeof(leaf_state), .on_call = leaf_call_late, .on_timer = leaf_answer,
                                    .on_close = leaf_close};

static config defaults(void) {
    yz_arena *arena = yz_arena_new(NULL);
    yz_diag diag = {0};
    config copy = *(const config *)yz_options_config(yuzui_plugin(NULL), NULL, arena, &diag);
    yz_arena_free(arena);
    return copy;
}

static void hedge_open(rig *r, const config *cfg) {
    void *stage = NULL;
    assert_int_equal(open_stage(NULL, cfg, &stage, NULL), YZ_OK);
    rig_open(r, &filter, cfg, stage);
    r->links[1].filter = &late_leaf;
    r->request.size = sizeof r->request;
    r->request.dialect = &openai;
    firsts = seconds = cancelled = 0;
    first_ms = second_ms = 100;
    nobody = false;
}
static void hedge_close(rig *r) {
    world_pass(&r->w, 100000);
    filter.close(r->links[0].stage);
    rig_close(r);
}

static int64_t ask(rig *r) { /* ms until it had ended */
    int64_t begin = r->w.now;
    rig_start(r);
    while (!r->c.ended)
        world_pass(&r->w, 1);
    world_pass(&r->w, 1);
    return r->w.now - begin - 1;
}

static void test_second_target_wins(void **unused) {
    (void)unused;
    config cfg = defaults();
    cfg.after = 200;
    rig r;
    hedge_open(&r, &cfg);
    for (int i = 0; i < 30; i++)
        assert_int_equal(ask(&r), 100); /* in time: nobody else is asked */
    assert_int_equal(seconds, 0);
    first_ms = 5000;
    assert_int_equal(ask(&r), 300);
    assert_string_equal(r.c.log, "head two end");
    assert_int_equal(seconds, 1);
    assert_int_equal(cancelled, 1);
    assert_int_equal(world_counter(&r.w, "hedge_wins"), 1);
    hedge_close(&r);
}

static void test_first_target_wins_after_all(void **unused) {
    (void)unused;
    config cfg = defaults();
    cfg.after = 200;
    rig r;
    hedge_open(&r, &cfg);
    ((hedge_stage *)r.links[0].stage)->purse = 5;
    first_ms = 250;
    assert_int_equal(ask(&r), 250);
    assert_string_equal(r.c.log, "head one end");
    assert_int_equal(seconds, 1);
    assert_int_equal(cancelled, 1);
    hedge_close(&r);
}

static void test_one_failure_is_not_the_end(void **unused) {
    (void)unused;
    config cfg = defaults();
    cfg.after = 200;
    rig r;
    hedge_open(&r, &cfg);
    ((hedge_stage *)r.links[0].stage)->purse = 5;
    first_ms = -250;
    assert_int_equal(ask(&r), 300);
    assert_string_equal(r.c.log, "head two end");
    first_ms = 400, second_ms = -50;
    assert_int_equal(ask(&r), 400);
    assert_string_equal(r.c.log, "head one end");
    first_ms = -400;
    ask(&r);
    assert_string_equal(r.c.log, "error:upstream_error");
    first_ms = -10; /* before the time: an error is a retry's or a fallback's */
    seconds = 0;
    assert_int_equal(ask(&r), 10);
    assert_int_equal(seconds, 0);
    hedge_close(&r);
}

/* What is said of it in the end, and what it cost of the budget. */
static void test_what_became_of_it(void **unused) {
    (void)unused;
    static const struct {
        int64_t first, second;
        bool nobody;
        const char *note;
        int asked, won;
    } cases[] = {{100, 100, false, "", 0, 0},     {5000, 100, false, "won", 1, 1},    {250, 100, false, "lost", 1, 0},
                 {400, -50, false, "lost", 1, 0}, {-400, -50, false, "failed", 1, 0}, {-250, -100, false, "failed", 1, 0},
                 {-250, 100, false, "won", 1, 1}, {400, 100, true, "nobody", 0, 0},   {-400, 100, true, "nobody", 0, 0}};
    config cfg = defaults();
    cfg.after = 200;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        rig r;
        hedge_open(&r, &cfg);
        hedge_stage *stage = r.links[0].stage;
        stage->purse = 5;
        first_ms = cases[i].first, second_ms = cases[i].second, nobody = cases[i].nobody;
        noted[0] = 0;
        ask(&r);
        assert_string_equal(noted, cases[i].note);
        assert_int_equal(world_counter(&r.w, "hedges"), cases[i].asked);
        assert_int_equal(world_counter(&r.w, "hedge_wins"), cases[i].won);
        assert_int_equal((int)stage->purse, 5 - cases[i].asked);
        hedge_close(&r);
    }
}

/* The first call fails while the second one has not got as far as to a provider: it goes on, and counts. */
static void test_the_second_goes_on(void **unused) {
    (void)unused;
    config cfg = defaults();
    cfg.after = 200;
    rig r;
    hedge_open(&r, &cfg);
    hedge_stage *stage = r.links[0].stage;
    stage->purse = 5;
    on_its_way_ms = 300, first_ms = -400, second_ms = 100;
    assert_int_equal(ask(&r), 600);
    assert_string_equal(noted, "won");
    assert_int_equal(world_counter(&r.w, "hedges"), 1);
    assert_int_equal((int)stage->purse, 4);
    on_its_way_ms = 0;
    hedge_close(&r);
}

/* Who is full now may be free soon: while the first one is late, it is tried again. */
static void test_nobody_now_is_somebody_soon(void **unused) {
    (void)unused;
    config cfg = defaults();
    cfg.after = 200;
    rig r;
    hedge_open(&r, &cfg);
    ((hedge_stage *)r.links[0].stage)->purse = 5;
    first_ms = 5000, nobody = true;
    rig_start(&r);
    world_pass(&r.w, 300);
    assert_string_equal(noted, "nobody");
    nobody = false;
    world_pass(&r.w, 300);
    assert_string_equal(noted, "won");
    assert_int_equal(r.w.now > 0 && r.c.ended, 1);
    assert_int_equal(world_counter(&r.w, "hedges"), 1);
    hedge_close(&r);
}

static void test_no_other_target(void **unused) {
    (void)unused;
    config cfg = defaults();
    cfg.after = 200;
    rig r;
    n_targets = 1;
    hedge_open(&r, &cfg);
    ((hedge_stage *)r.links[0].stage)->purse = 5;
    first_ms = 1000;
    assert_int_equal(ask(&r), 1000);
    hedge_close(&r);
    n_targets = 2;
}

/* A bimodal provider: three of a hundred answers take four seconds. */
static void test_the_tail_is_cut_within_the_budget(void **unused) {
    (void)unused;
    config cfg = defaults();
    rig r;
    hedge_open(&r, &cfg);
    yz_rng rng;
    yz_rng_seed(&rng, 3);
    size_t late = 0, asked = 4000;
    second_ms = 300;
    for (size_t i = 0; i < asked; i++) {
        first_ms = yz_rng_next(&rng) % 100 < 3 ? 4000 : 200 + (int64_t)(yz_rng_next(&rng) % 200);
        late += ask(&r) >= 2000 && i >= 100;
    }
    assert_true(late * 100 < asked); /* p99 is under half of 4 s */
    assert_true(seconds * 100 <= asked * 5 && seconds > asked / 100 * 2);
    hedge_close(&r);
}

/* When all are slow, that is how it is: the budget holds, and slow becomes usual. */
static void test_a_slow_hour_does_not_double_the_load(void **unused) {
    (void)unused;
    config cfg = defaults();
    rig r;
    hedge_open(&r, &cfg);
    for (int i = 0; i < 500; i++)
        ask(&r);
    first_ms = second_ms = 3000;
    seconds = 0;
    for (int i = 0; i < 1000; i++)
        ask(&r);
    assert_true(seconds <= 60);
    hedge_close(&r);
}

/* A busy gateway may spend in a moment what ten seconds of its requests allow, and no more; a quiet hour adds nothing. */
static void test_the_budget_is_that_of_ten_seconds(void **unused) {
    (void)unused;
    config cfg = defaults();
    hedge_stage stage = {0};
    int64_t now = 1000;
    for (int i = 0; i < 60000; i++)
        put_in(&stage, &cfg, now += i % 2 ? 3 : 5); /* 250 a second, for four minutes */
    assert_in_range((int)stage.purse, 115, 130);
    put_in(&stage, &cfg, now += 3600000);
    assert_in_range((int)stage.purse, 9, 10);
}

/* How many of n requests, so many ms apart, the purse buys a second call for, if each wants one. */
static size_t bought(const config *cfg, size_t n, int64_t apart) {
    hedge_stage stage = {0};
    size_t hedges = 0;
    for (size_t i = 0; i < n; i++) {
        put_in(&stage, cfg, 1000000 + (int64_t)i * apart);
        if (stage.purse >= 1) {
            stage.purse -= 1;
            hedges++;
        }
    }
    return hedges;
}

static void test_who_asks_rarely_can_hedge(void **unused) {
    (void)unused;
    config cfg = defaults();
    assert_int_equal(bought(&cfg, 10, 60000), 10);            /* one a minute */
    assert_int_equal(bought(&cfg, 1, 1), 1);                  /* the very first */
    assert_in_range(bought(&cfg, 60, 1000), 3 + 5, 3 + 6);    /* one a second: a few, then one in ten seconds */
    assert_in_range(bought(&cfg, 10000, 100), 500, 3 + 500);  /* ten a second: their share */
    assert_in_range(bought(&cfg, 100000, 2), 5000, 3 + 5000); /* 500 a second: their share */
    cfg.budget = 0;
    assert_in_range(bought(&cfg, 3600, 1000), 3 + 359, 3 + 360);
    cfg = defaults();
    cfg.floor = 0;
    assert_int_equal(bought(&cfg, 19, 60000), 0); /* by their share alone: each twentieth */
    assert_int_equal(bought(&cfg, 21, 60000), 1);
}

/* As it is met by users: the first request of a day, of a gateway that has just been started. */
static void test_the_first_request_can_be_hedged(void **unused) {
    (void)unused;
    config cfg = defaults();
    cfg.after = 200;
    rig r;
    hedge_open(&r, &cfg);
    first_ms = 5000;
    for (int i = 0; i < 5; i++) {
        assert_int_equal(ask(&r), 300);
        world_pass(&r.w, 60000);
    }
    assert_int_equal(world_counter(&r.w, "hedge_dry"), 0);
    hedge_close(&r);
}

static void test_unknown_is_not_late(void **unused) {
    (void)unused;
    config cfg = defaults();
    rig r;
    hedge_open(&r, &cfg);
    ((hedge_stage *)r.links[0].stage)->purse = 5;
    first_ms = 60000;
    ask(&r);
    assert_int_equal(seconds, 0);
    hedge_close(&r);
}

/* What a provider that has begun it makes anew each time, or does to the world outside, is begun once, however late it is. */
static void test_what_is_not_begun_twice(void **unused) {
    (void)unused;
    static const struct {
        yz_op op;
        const char *body;
        size_t seconds;
    } cases[] = {
        {YZ_OP_CHAT, "{\"input\":\"x\",\"background\":false,\"tools\":[{\"type\":\"function\",\"name\":\"mcp\"}],\"mcp_servers\":[]}", 1},
        {YZ_OP_CHAT, "{\"input\":\"x\",\"background\":true}", 0},
        {YZ_OP_CHAT, "{\"input\":\"x\",\"tools\":[{\"type\":\"function\"},{\"type\":\"mcp\",\"server_label\":\"crm\"}]}", 0},
        {YZ_OP_CHAT, "{\"messages\":[],\"mcp_servers\":[{\"type\":\"url\",\"name\":\"crm\"}]}", 0},
        {YZ_OP_IMAGE, "{\"prompt\":\"x\"}", 0},
        {YZ_OP_STORED, "{}", 0},
        {YZ_OP_EMBEDDING, "{}", 1}};
    config cfg = defaults();
    cfg.after = 200;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        rig r;
        yz_json *json = NULL;
        yz_arena *arena = yz_arena_new(NULL);
        hedge_open(&r, &cfg);
        assert_int_equal(yz_json_parse(arena, yz_str_of(cases[i].body), 0, &json, NULL), YZ_OK);
        ((hedge_stage *)r.links[0].stage)->purse = 5;
        r.request.json = json;
        r.request.op = cases[i].op;
        r.request.method = YZ_STR("POST");
        first_ms = 5000;
        ask(&r);
        if (seconds != cases[i].seconds)
            fail_msg("%s: asked %zu times more", cases[i].body, seconds);
        hedge_close(&r);
        yz_arena_free(arena);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_second_target_wins),
        cmocka_unit_test(test_first_target_wins_after_all),
        cmocka_unit_test(test_one_failure_is_not_the_end),
        cmocka_unit_test(test_what_became_of_it),
        cmocka_unit_test(test_the_second_goes_on),
        cmocka_unit_test(test_nobody_now_is_somebody_soon),
        cmocka_unit_test(test_no_other_target),
        cmocka_unit_test(test_the_tail_is_cut_within_the_budget),
        cmocka_unit_test(test_a_slow_hour_does_not_double_the_load),
        cmocka_unit_test(test_the_budget_is_that_of_ten_seconds),
        cmocka_unit_test(test_who_asks_rarely_can_hedge),
        cmocka_unit_test(test_the_first_request_can_be_hedged),
        cmocka_unit_test(test_unknown_is_not_late),
        cmocka_unit_test(test_what_is_not_begun_twice),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
