/* test_beside.c: whom a hedge may have, and who is left for a retry while a hedge is under way. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "test_world.h"

/* A second call 100 ms after the first; whoever answers first has it. As the stage `hedge` does. */
typedef struct hedging {
    yz_call *legs[2];
    bool answered;
} hedging;
static const char *hedge_refused; /* what was said to the second call, when that was at once */

static void hedging_call(yz_call *call, const yz_request *request) {
    (void)request;
    ((hedging *)yz_state(call))->legs[0] = yz_next(call, NULL);
    yz_timer_start(call, 100);
}
static void hedging_timer(yz_call *call, yz_timer *timer) {
    (void)timer;
    hedging *h = yz_state(call);
    if (!h->answered)
        h->legs[1] = yz_next_target(call, &nodes[1], true, YZ_BECAUSE_HEDGE);
}
static void hedging_head(yz_call *call, yz_call *child, const yz_head *head) {
    hedging *h = yz_state(call);
    h->answered = true;
    for (int i = 0; i < 2; i++)
        if (h->legs[i] && h->legs[i] != child)
            yz_cancel(h->legs[i]);
    yz_send_head(call, head);
}
static void hedging_error(yz_call *call, yz_call *child, const yz_error *error) {
    hedging *h = yz_state(call);
    h->legs[child == h->legs[1]] = NULL;
    if (error->nowhere && error->retry_after == 0 && !error->target)
        hedge_refused = yz_format(yz_call_arena(call), "%.*s", YZ_STR_ARGS(error->message)).p;
    if (!h->legs[0] && !h->legs[1])
        yz_send_error(call, error);
}
static const yz_filter hedging_filter = {YZ_FILTER,
                                         .call_size = sizeof(hedging),
                                         .on_call = hedging_call,
                                         .on_timer = hedging_timer,
                                         .on_head = hedging_head,
                                         .on_error = hedging_error};

/* Asks again after each failure, when the pause is over that was asked for. As the stage `retry` does. */
static void patient_call(yz_call *call, const yz_request *request) {
    (void)request;
    yz_next(call, NULL);
}
static void patient_error(yz_call *call, yz_call *child, const yz_error *error) {
    (void)child;
    yz_timer_start(call, error->elsewhere ? 0 : error->retry_after + 1);
}
static void patient_timer(yz_call *call, yz_timer *timer) {
    (void)timer;
    yz_next_because(call, NULL, YZ_BECAUSE_RETRY);
}
static const yz_filter patient_filter = {YZ_FILTER, .on_call = patient_call, .on_error = patient_error, .on_timer = patient_timer};

static yz_link four[4];

/* hedge, retry with two attempts, balance. */
static config *begin_hedged(fixture *f) {
    config *cfg = fixture_begin(f, 2);
    cfg->by = BY_WEIGHT;
    nodes[1].tier = 2; /* the first one is the first, unless it is out of use */
    again_tries = 2;
    hedge_refused = NULL;
    return cfg;
}
static void open_hedged(fixture *f, const config *cfg) {
    fixture_open(f, cfg);
    four[0] = (yz_link){&hedging_filter, "hedge", NULL, NULL};
    memcpy(four + 1, f->links, sizeof f->links);
    f->chain = (yz_chain){.links = four, .n = 4};
}

static void take_out(const fixture *f, size_t who, bool asked) {
    health *h = balance_member(f->links[1].stage, &nodes[who])->own;
    HEALTH_SET(h->outs, 1);
    HEALTH_SET(h->until, clock_ms + 60000);
    HEALTH_SET(h->asked, asked);
}

static void test_nobody_for_a_hedge(void **unused) {
    (void)unused;
    for (int asked = 0; asked < 2; asked++) {
        fixture f;
        open_hedged(&f, begin_hedged(&f));
        take_out(&f, 1, asked);
        behaves[0].latency = 5000;
        client *c = ask(&f);
        pass(&f, 200);
        assert_int_equal(behaves[0].calls, 1); /* the same one twice would answer as late */
        assert_int_equal(behaves[1].calls, 0); /* and who is out of use is for those who have nobody else */
        assert_string_equal(hedge_refused, "no provider of \"m\" is in use but those that are asked already");
        pass(&f, 5000);
        assert_string_equal(c->log, "head hello end");
        assert_int_equal(world_counter(&f.w, "balance_refused"), 0);
        fixture_close(&f);
    }
}

static void test_a_hedge_takes_the_other_one(void **unused) {
    (void)unused;
    fixture f;
    open_hedged(&f, begin_hedged(&f));
    behaves[0].latency = 5000;
    client *c = ask(&f);
    pass(&f, 500);
    assert_string_equal(c->log, "head hello end");
    assert_int_equal(behaves[0].calls, 1);
    assert_int_equal(behaves[1].calls, 1);
    fixture_close(&f);
}

/* The first call fails while the hedge is under way: its retry goes back to its own target, or nowhere. */
static void test_a_retry_leaves_the_hedge_its_target(void **unused) {
    (void)unused;
    for (int out = 0; out < 2; out++) {
        fixture f;
        config *cfg = begin_hedged(&f);
        cfg->failures = out ? 1 : 100;
        open_hedged(&f, cfg);
        behaves[0] = (behaviour){.latency = 200, .fails = YZ_ERROR_SERVER};
        behaves[1].latency = 1000;
        client *c = ask(&f);
        pass(&f, 1000);
        assert_int_equal(behaves[0].calls, out ? 1 : 2);
        assert_int_equal(behaves[1].calls, 1);
        pass(&f, 500);
        assert_string_equal(c->log, "head hello end");
        fixture_close(&f);
    }
}

/* And the hedge's retry does not go to the target that is late. */
static void test_a_retry_of_the_hedge(void **unused) {
    (void)unused;
    fixture f;
    config *cfg = begin_hedged(&f);
    cfg->failures = 100;
    open_hedged(&f, cfg);
    behaves[0].latency = 5000;
    behaves[1] = (behaviour){.latency = 100, .fails = YZ_ERROR_SERVER};
    client *c = ask(&f);
    pass(&f, 1000);
    assert_int_equal(behaves[0].calls, 1);
    assert_int_equal(behaves[1].calls, 2);
    pass(&f, 5000);
    assert_string_equal(c->log, "head hello end");
    fixture_close(&f);
}

/* Both failed, and the last one asked for a pause, which was waited for: it is his turn, not that of the first one. */
static void test_whom_was_waited_for(void **unused) {
    (void)unused;
    fixture f;
    config *cfg = fixture_begin(&f, 2);
    nodes[1].tier = 2;
    cfg->failures = 100;
    fixture_open(&f, cfg);
    f.links[0].filter = &patient_filter;
    behaves[0] = (behaviour){.latency = 5, .fails = YZ_ERROR_SERVER};
    behaves[1] = (behaviour){.latency = 5, .fails = YZ_ERROR_RATE_LIMIT, .retry_after = 2000};
    client *c = ask(&f);
    pass(&f, 100);
    behaves[1].well = true;
    pass(&f, 2500);
    assert_string_equal(c->log, "head hello end");
    assert_int_equal(behaves[0].calls, 1);
    assert_int_equal(behaves[1].calls, 2);
    fixture_close(&f);
}

/* It asked for a pause, and another one's is over sooner: that one is waited for. */
static void test_the_first_pause_to_end(void **unused) {
    (void)unused;
    fixture f;
    config *cfg = fixture_begin(&f, 2);
    nodes[1].tier = 2;
    fixture_open(&f, cfg);
    behaves[0] = (behaviour){.latency = 5, .fails = YZ_ERROR_RATE_LIMIT, .retry_after = 5000};
    behaves[1] = (behaviour){.latency = 5, .fails = YZ_ERROR_RATE_LIMIT, .retry_after = 9000};
    ask(&f);
    pass(&f, 1000);
    assert_int_equal(behaves[0].calls, 1);
    f.links[0].filter = &patient_filter;
    client *c = ask(&f);
    pass(&f, 100);
    assert_int_equal(behaves[1].calls, 1);
    behaves[0].well = behaves[1].well = true;
    pass(&f, 4500);
    assert_string_equal(c->log, "head hello end");
    assert_int_equal(behaves[0].calls, 2);
    assert_int_equal(behaves[1].calls, 1);
    fixture_close(&f);
}

/* One that is out for its failures is back before the pause is over: the pause is waited for all the same. */
static void test_who_is_out_is_not_waited_for(void **unused) {
    (void)unused;
    fixture f;
    config *cfg = fixture_begin(&f, 2);
    nodes[1].tier = 2;
    fixture_open(&f, cfg);
    f.links[0].filter = &patient_filter;
    take_out(&f, 1, false);
    HEALTH_SET(balance_member(f.links[1].stage, &nodes[1])->own->until, clock_ms + 3000);
    behaves[0] = (behaviour){.latency = 5, .fails = YZ_ERROR_RATE_LIMIT, .retry_after = 5000};
    behaves[1] = (behaviour){.latency = 5, .fails = YZ_ERROR_SERVER};
    client *c = ask(&f);
    pass(&f, 100);
    behaves[0].well = true;
    pass(&f, 4800);
    assert_int_equal(behaves[1].calls, 0);
    pass(&f, 700); /* it may be asked then, whether it is back */
    assert_string_equal(c->log, "head hello end");
    assert_int_equal(behaves[0].calls, 2);
    fixture_close(&f);
}

/* It asked for a pause, and one that failed before is in use: whoever does not wait can ask that one again, and is told so. */
static void test_others_are_told(void **unused) {
    (void)unused;
    fixture f;
    config *cfg = fixture_begin(&f, 2);
    nodes[1].tier = 2;
    cfg->failures = 100;
    again_tries = 2;
    fixture_open(&f, cfg);
    behaves[0] = (behaviour){.latency = 50, .fails = YZ_ERROR_SERVER};
    behaves[1] = (behaviour){.latency = 50, .fails = YZ_ERROR_RATE_LIMIT, .retry_after = 20000};
    ask(&f);
    pass(&f, 60);
    assert_true(last_elsewhere && !last_others);
    pass(&f, 100);
    assert_true(!last_elsewhere && last_others);
    fixture_close(&f);
}

/* A retry and a hedge that begin in the same moment take different targets. */
static void test_in_the_same_moment(void **unused) {
    (void)unused;
    for (int third = 0; third < 2; third++) {
        fixture f;
        config *cfg = fixture_begin(&f, 2 + (size_t)third);
        cfg->by = BY_WEIGHT;
        cfg->failures = 100;
        again_tries = 2;
        nodes[1].tier = 2;
        open_hedged(&f, cfg);
        behaves[0] = (behaviour){.latency = 100, .fails = YZ_ERROR_SERVER};
        if (third)
            nodes[2].tier = 3;
        behaves[1].latency = 1000;
        client *c = ask(&f);
        pass(&f, 150);
        assert_true(behaves[1].now <= 1 && behaves[2].now <= 1);
        pass(&f, 2000);
        assert_string_equal(c->log, "head hello end");
        fixture_close(&f);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nobody_for_a_hedge),
        cmocka_unit_test(test_a_hedge_takes_the_other_one),
        cmocka_unit_test(test_a_retry_leaves_the_hedge_its_target),
        cmocka_unit_test(test_a_retry_of_the_hedge),
        cmocka_unit_test(test_whom_was_waited_for),
        cmocka_unit_test(test_the_first_pause_to_end),
        cmocka_unit_test(test_who_is_out_is_not_waited_for),
        cmocka_unit_test(test_others_are_told),
        cmocka_unit_test(test_in_the_same_moment),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
