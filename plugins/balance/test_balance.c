/* test_balance.c: who gets the calls, who is left alone and for how long, and what the client hears when nobody may be asked. The clock,
 * the providers and chance are the test's; days of traffic pass in a moment. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "test_world.h"

/* ---- shares --------------------------------------------------------------------------------------------------------------- */

static void test_one_slow_of_seven_starves_and_comes_back(void **unused) {
    (void)unused;
    fixture f;
    fixture_open(&f, fixture_begin(&f, 7));
    behaves[3].latency = 4000;
    traffic(&f, 150, 10000);
    forget_counts();
    traffic(&f, 150, 30000);
    assert_true(behaves[3].calls * 100 < all_calls()); /* under one in a hundred */
    behaves[3].latency = 400;
    traffic(&f, 150, 30000);
    forget_counts();
    size_t most = 0;
    for (int i = 0; i < 5000; i++) { /* after 30 s it has its share again, and is not trampled down */
        traffic(&f, 1000, 1);
        most = behaves[3].now > most ? behaves[3].now : most;
    }
    assert_true(behaves[3].calls * 7 * 10 > all_calls() * 7 && behaves[3].calls * 7 * 10 < all_calls() * 13);
    assert_true(most < 3 * 1000 * 400 / 1000 / 7);
    fixture_close(&f);
}

/* Of a hundred answers two take seconds, wherever they come from: that says nothing about a target. The far one gets what is left over. */
static void test_a_late_answer_now_and_then_is_no_slow_target(void **unused) {
    (void)unused;
    fixture f;
    fixture_open(&f, fixture_begin(&f, 2));
    behaves[1].latency = 1000;
    size_t far = 0, all = 0;
    for (int i = 0; i < 6000; i++) {
        behaves[0].latency = i % 50 == 0 ? 4000 : 200;
        traffic(&f, 100, 10);
        if (i == 1000)
            forget_counts();
    }
    far = behaves[1].calls, all = all_calls();
    if (far * 20 > all)
        fail_msg("the far one got %zu of %zu", far, all);
    fixture_close(&f);
}

static void test_weights(void **unused) {
    (void)unused;
    fixture f;
    config *cfg = fixture_begin(&f, 3);
    cfg->by = BY_WEIGHT;
    nodes[0].weight = 6;
    nodes[1].weight = 3;
    fixture_open(&f, cfg);
    traffic(&f, 1000, 10000);
    assert_in_range(behaves[0].calls, 5700, 6300);
    assert_in_range(behaves[1].calls, 2700, 3300);
    assert_in_range(behaves[2].calls, 850, 1150);
    fixture_close(&f);
}

static void test_load(void **unused) {
    (void)unused;
    fixture f;
    config *cfg = fixture_begin(&f, 3);
    cfg->by = BY_LOAD;
    behaves[0].latency = 100;
    behaves[1].latency = 200;
    behaves[2].latency = 400;
    fixture_open(&f, cfg);
    traffic(&f, 700, 10000); /* equal loads: shares as 4 to 2 to 1 */
    assert_in_range(behaves[0].calls, 3800, 4200);
    assert_in_range(behaves[2].calls, 900, 1100);
    fixture_close(&f);
}

/* Tiers, and what a target takes at once. */
static void test_spare_targets_take_what_is_too_much(void **unused) {
    (void)unused;
    fixture f;
    config *cfg = fixture_begin(&f, 2);
    nodes[0].concurrency = 10;
    nodes[1].tier = 2;
    nodes[1].concurrency = 5;
    fixture_open(&f, cfg);
    traffic(&f, 20, 5000); /* 8 at once */
    assert_int_equal(behaves[1].calls, 0);
    for (int i = 0; i < 15; i++)
        ask(&f);
    assert_true(behaves[0].now <= 10 && behaves[1].now <= 5);
    assert_int_equal(behaves[0].now, 10);
    client *refused = NULL;
    for (int i = 0; i < 20; i++)
        refused = ask(&f);
    assert_int_equal(refused->error, YZ_ERROR_OVERLOADED);
    assert_non_null(strstr(refused->message, "as many calls as it takes"));
    assert_int_equal(behaves[1].now, 5);
    fixture_close(&f);
}

static yz_request said(yz_arena *arena, const char *first, const char *later) {
    yz_request request = {YZ_REQUEST, .dialect = &openai, .model = YZ_STR("m"), .client = yz_str_of(first)};
    (void)arena;
    (void)later;
    return request;
}

static void test_conversations_stay(void **unused) {
    (void)unused;
    fixture f;
    config *cfg = fixture_begin(&f, 5);
    cfg->by = BY_CONVERSATION;
    fixture_open(&f, cfg);
    size_t used = 0;
    for (int i = 0; i < 40; i++) {
        f.request = said(f.arena, yz_format(f.arena, "192.0.2.%d", i).p, "");
        forget_counts();
        for (int turn = 0; turn < 5; turn++)
            ask(&f);
        for (size_t k = 0; k < n_nodes; k++) {
            assert_true(behaves[k].calls == 0 || behaves[k].calls == 5);
            used |= behaves[k].calls ? (size_t)1 << k : 0;
        }
    }
    assert_int_equal(used, 31);
    fixture_close(&f);
}

/* Each conversation has its target, and a target has as many of them as its weight says. */
static void test_conversations_by_weight(void **unused) {
    (void)unused;
    fixture f;
    config *cfg = fixture_begin(&f, 3);
    cfg->by = BY_CONVERSATION;
    nodes[0].weight = 6;
    nodes[1].weight = 3;
    fixture_open(&f, cfg);
    for (int i = 0; i < 2000; i++) {
        f.request = said(f.arena, yz_format(f.arena, "192.0.2.%d", i).p, "");
        ask(&f);
        pass(&f, 5);
    }
    assert_in_range(behaves[0].calls, 1110, 1290); /* 1200, 600, 200 */
    assert_in_range(behaves[1].calls, 530, 670);
    assert_in_range(behaves[2].calls, 160, 240);
    fixture_close(&f);
}

/* The cheapest ones share by latency; a dearer one is asked when they cannot be, and one without a price last. */
static void test_the_cheapest(void **unused) {
    (void)unused;
    fixture f;
    config *cfg = fixture_begin(&f, 4);
    cfg->by = BY_PRICE;
    fixture_open(&f, cfg);
    prices[0] = 0, prices[1] = 30, prices[2] = 10, prices[3] = 10;
    traffic(&f, 100, 10000);
    assert_int_equal(behaves[0].calls + behaves[1].calls, 0);
    assert_true(behaves[2].calls > 300 && behaves[3].calls > 300);
    behaves[2] = behaves[3] = (behaviour){.latency = 5, .fails = YZ_ERROR_CONNECT};
    again_tries = 3;
    traffic(&f, 100, 4000);
    assert_true(behaves[1].calls > 300);
    behaves[1] = (behaviour){.latency = 5, .fails = YZ_ERROR_CONNECT};
    traffic(&f, 100, 3000);
    assert_true(behaves[0].calls > 200);
    memset(prices, 0, sizeof prices);
    fixture_close(&f);
}

/* ---- health --------------------------------------------------------------------------------------------------------------- */

static void test_a_dead_target_is_left_alone_and_tried_by_single_calls(void **unused) {
    (void)unused;
    fixture f;
    config *cfg = fixture_begin(&f, 3);
    fixture_open(&f, cfg);
    behaves[1] = (behaviour){.latency = 5, .fails = YZ_ERROR_CONNECT};
    again_tries = 2;
    traffic(&f, 100, 10000);
    assert_true(behaves[1].calls < 60); /* it failed its five (and those under way), then only probes */
    forget_counts();
    traffic(&f, 100, 60000);
    assert_true(behaves[1].calls <= 7); /* out for ever longer */
    for (size_t i = 0; i < f.started && i < CLIENTS; i++)
        assert_true(!f.clients[i].ended || f.clients[i].error == 0);
    behaves[1] = (behaviour){.latency = 400, .well = true};
    traffic(&f, 100, 75000); /* at most a minute out, then ten seconds of slow start */
    forget_counts();
    traffic(&f, 100, 10000);
    assert_true(behaves[1].calls > 200);
    fixture_close(&f);
}

static void test_the_last_one_is_never_out(void **unused) {
    (void)unused;
    fixture f;
    config *cfg = fixture_begin(&f, 2);
    fixture_open(&f, cfg);
    behaves[0] = behaves[1] = (behaviour){.latency = 5, .fails = YZ_ERROR_SERVER};
    traffic(&f, 100, 10000);
    assert_int_equal(all_calls(), 1000);
    fixture_close(&f);
}

/* What was under way when a target was put out says nothing new, whichever way it ends: not that it is worse than that, nor that it is
 * well. */
static void test_stragglers_are_old_news(void **unused) {
    (void)unused;
    fixture f;
    config *cfg = fixture_begin(&f, 2);
    fixture_open(&f, cfg);
    const health *own = balance_member(f.links[1].stage, &nodes[0])->own;
    behaves[0] = (behaviour){.latency = 4000, .fails = YZ_ERROR_TIMEOUT};
    f.request.target = &nodes[0];
    for (int i = 0; i < 20; i++) { /* twenty calls, which end over two seconds */
        ask(&f);
        pass(&f, 100);
    }
    pass(&f, 3000); /* ten have failed, the fifth of them put it out */
    int64_t until = HEALTH_GET(own->until);
    assert_int_equal(HEALTH_GET(own->outs), 1);
    assert_int_equal(until - HEALTH_GET(own->since), cfg->cool_off);
    behaves[0].well = true;
    pass(&f, 1500); /* the others were answered */
    assert_int_equal(HEALTH_GET(own->outs), 1);
    assert_int_equal(HEALTH_GET(own->until), until);
    behaves[0].latency = 400;
    pass(&f, until - clock_ms);
    traffic(&f, 10, 3000); /* one that was sent since */
    assert_int_equal(HEALTH_GET(own->outs), 0);
    fixture_close(&f);
}

/* All are down for a minute, while everybody above tries again: the providers are asked hardly more often than by the clients alone, a
 * client hears when it is worth while, and as soon as they are well, so is everybody. */
static void test_no_storm(void **unused) {
    (void)unused;
    fixture f;
    config *cfg = fixture_begin(&f, 7);
    fixture_open(&f, cfg);
    again_tries = 7;
    traffic(&f, 200, 10000);
    forget_counts();
    for (size_t i = 0; i < 7; i++)
        behaves[i] = (behaviour){.latency = 20, .fails = YZ_ERROR_CONNECT};
    for (int second = 0; second < 60; second++) {
        forget_counts();
        traffic(&f, 200, 1000);
        assert_true(all_calls() <= (second == 0 ? 300 : 220)); /* the first five failures of each are news */
    }
    assert_in_range(last_wait, 1, 60000);
    for (size_t i = 0; i < 7; i++)
        behaves[i] = (behaviour){.latency = 400, .well = true};
    traffic(&f, 200, 5000);
    size_t before = f.started;
    traffic(&f, 200, 5000);
    pass(&f, 1000);
    for (size_t i = before; i < f.started; i++)
        assert_int_equal(f.clients[i % CLIENTS].error, 0);
    fixture_close(&f);
}

static void test_a_pause_that_is_asked_for_is_kept(void **unused) {
    (void)unused;
    fixture f;
    config *cfg = fixture_begin(&f, 2);
    fixture_open(&f, cfg);
    behaves[0] = (behaviour){.latency = 5, .fails = YZ_ERROR_RATE_LIMIT, .retry_after = 20000};
    again_tries = 2;
    traffic(&f, 100, 1000);
    assert_true(behaves[0].calls < 10);
    forget_counts();
    traffic(&f, 100, 18500);
    assert_int_equal(behaves[0].calls, 0);
    behaves[0] = (behaviour){.latency = 400, .well = true};
    pass(&f, 1000);
    traffic(&f, 100, 5000);
    assert_true(behaves[0].calls > 100);
    fixture_close(&f);
}

/* Both want a pause: nobody is asked, and the client hears how long. */
static void test_all_pause(void **unused) {
    (void)unused;
    fixture f;
    config *cfg = fixture_begin(&f, 2);
    fixture_open(&f, cfg);
    behaves[0] = (behaviour){.latency = 1, .fails = YZ_ERROR_RATE_LIMIT, .retry_after = 20000};
    behaves[1] = (behaviour){.latency = 1, .fails = YZ_ERROR_RATE_LIMIT, .retry_after = 9000};
    again_tries = 2;
    ask(&f);
    pass(&f, 1000);
    assert_int_equal(all_calls(), 2);
    client *c = ask(&f);
    assert_int_equal(all_calls(), 2);
    assert_int_equal(c->error, YZ_ERROR_RATE_LIMIT);
    assert_non_null(strstr(c->message, "8.0 s"));
    fixture_close(&f);
}

static void test_an_empty_account_is_the_provider_s(void **unused) {
    (void)unused;
    fixture f;
    config *cfg = fixture_begin(&f, 2);
    fixture_open(&f, cfg);
    nodes[1].provider = &providers[0]; /* too late: the stage knows the old one; so open anew */
    filter.close(f.links[1].stage);
    nodes[1].model = YZ_STR("m-large");
    void *stage = NULL;
    assert_int_equal(open_stage(NULL, cfg, &stage, NULL), YZ_OK);
    f.links[1].stage = stage;
    behaves[0] = behaves[1] = (behaviour){.latency = 1, .fails = YZ_ERROR_QUOTA};
    ask(&f);
    pass(&f, 100);
    const member *m = balance_member(stage, &nodes[0]), *other = balance_member(stage, &nodes[1]);
    assert_ptr_equal(m->account, other->account);
    assert_ptr_not_equal(m->own, other->own);
    assert_true(HEALTH_GET(m->account->until) > clock_ms + 50000);
    assert_int_equal(HEALTH_GET(m->own->until), 0);
    fixture_close(&f);
}

static void test_client_errors_say_nothing_about_a_target(void **unused) {
    (void)unused;
    fixture f;
    config *cfg = fixture_begin(&f, 2);
    fixture_open(&f, cfg);
    behaves[0] = behaves[1] = (behaviour){.latency = 1, .fails = YZ_ERROR_BAD_REQUEST};
    traffic(&f, 100, 1000);
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(HEALTH_GET(balance_member(f.links[1].stage, &nodes[i])->own->failures[1]), 0);
    fixture_close(&f);
}

/* ---- attempts of one request ---------------------------------------------------------------------------------------------- */

/* Each answer begins, and breaks in the middle: that is no less a row of failures than if none began; and one that ends well ends it. */
static void test_answers_that_break_are_failures(void **unused) {
    (void)unused;
    fixture f;
    config *cfg = fixture_begin(&f, 2);
    fixture_open(&f, cfg);
    const member *m = balance_member(f.links[1].stage, &nodes[0]);
    const yz_error broken = {YZ_ERROR, .class_ = YZ_ERROR_BROKEN, .target = &nodes[0]};
    for (int i = 1; i <= 2 * cfg->failures; i++) { /* but one each 11 s is none of a window full of them */
        clock_ms += 11000;
        int64_t row = HEALTH_GET(m->own->failures[1]);
        assert_int_equal(health_answered(cfg, m, true, 1000, clock_ms - 1, clock_ms).target, 0);
        bool out = i != 3 && health_failed(cfg, m, &broken, true, clock_ms - 1, clock_ms, row);
        assert_int_equal(health_answered(cfg, m, false, 1000, clock_ms - 1, clock_ms).target, 0); /* documents are well */
        assert_int_equal(out, i == 3 + cfg->failures);                                            /* the third ended well */
        if (out)
            break;
    }
    assert_true(HEALTH_GET(m->own->until) > clock_ms);
    fixture_close(&f);
}

static void test_an_attempt_goes_where_none_went(void **unused) {
    (void)unused;
    fixture f;
    config *cfg = fixture_begin(&f, 3);
    cfg->failures = 10000;
    cfg->ratio_calls = 60000;
    fixture_open(&f, cfg);
    for (size_t i = 0; i < 3; i++)
        behaves[i] = (behaviour){.latency = 1, .fails = YZ_ERROR_SERVER};
    again_tries = 3;
    for (int i = 0; i < 20; i++) {
        forget_counts();
        ask(&f);
        pass(&f, 10);
        for (size_t k = 0; k < 3; k++)
            assert_int_equal(behaves[k].calls, 1);
        assert_false(last_elsewhere); /* the last one had nowhere to go */
    }
    again_tries = 1;
    ask(&f);
    pass(&f, 10);
    assert_true(last_elsewhere);
    fixture_close(&f);
}

static void test_who_is_insisted_on_is_asked(void **unused) {
    (void)unused;
    fixture f;
    config *cfg = fixture_begin(&f, 3);
    fixture_open(&f, cfg);
    f.request.target = &nodes[2];
    traffic(&f, 100, 1000);
    assert_int_equal(behaves[2].calls, 100);
    f.request.target_free = true;
    traffic(&f, 100, 1000);
    assert_true(behaves[2].calls < 170);
    fixture_close(&f);
}

/* A call that a client leaves before it was answered teaches that it would have taken longer. */
static void test_given_up_is_slow(void **unused) {
    (void)unused;
    fixture f;
    config *cfg = fixture_begin(&f, 1);
    fixture_open(&f, cfg);
    behaves[0].latency = 9000;
    client *c = ask(&f);
    pass(&f, 3000);
    yz_cancel(c->call);
    pass(&f, 1);
    assert_in_range(health_latency(cfg, balance_member(f.links[1].stage, &nodes[0])->own, true, clock_ms), 2900000, 3100000);
    fixture_close(&f);
}

/* A target that loses every race is cut off each time before its time is known: it goes out of use all the same, if others are fast. */
static void test_who_loses_every_race_goes_out(void **unused) {
    (void)unused;
    for (int others = 0; others < 2; others++) {
        fixture f;
        config *cfg = fixture_begin(&f, 2);
        fixture_open(&f, cfg);
        behaves[1].latency = 300;
        f.request.target = &nodes[1];
        traffic(&f, 10, others ? 1000 : 0);
        pass(&f, 500);
        f.request.target = &nodes[0];
        behaves[0].latency = 9000;
        for (int i = 0; i < 5; i++) {
            client *c = ask(&f);
            pass(&f, 700);
            yz_cancel(c->call);
            pass(&f, 1);
        }
        assert_int_equal(HEALTH_GET(balance_member(f.links[1].stage, &nodes[0])->own->outs), others);
        fixture_close(&f);
    }
}

static void test_refuses_cool_offs_in_the_wrong_order(void **unused) {
    (void)unused;
    fixture f;
    config *cfg = fixture_begin(&f, 1);
    cfg->cool_off_most = 1;
    void *stage = NULL;
    assert_int_equal(open_stage(NULL, cfg, &stage, NULL), YZ_EINVAL);
    assert_non_null(strstr(complaint, "cool_off_most is 1 ms"));
    yz_arena_free(f.arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_slow_of_seven_starves_and_comes_back),
        cmocka_unit_test(test_a_late_answer_now_and_then_is_no_slow_target),
        cmocka_unit_test(test_weights),
        cmocka_unit_test(test_load),
        cmocka_unit_test(test_spare_targets_take_what_is_too_much),
        cmocka_unit_test(test_conversations_stay),
        cmocka_unit_test(test_conversations_by_weight),
        cmocka_unit_test(test_the_cheapest),
        cmocka_unit_test(test_a_dead_target_is_left_alone_and_tried_by_single_calls),
        cmocka_unit_test(test_the_last_one_is_never_out),
        cmocka_unit_test(test_stragglers_are_old_news),
        cmocka_unit_test(test_no_storm),
        cmocka_unit_test(test_a_pause_that_is_asked_for_is_kept),
        cmocka_unit_test(test_all_pause),
        cmocka_unit_test(test_an_empty_account_is_the_provider_s),
        cmocka_unit_test(test_client_errors_say_nothing_about_a_target),
        cmocka_unit_test(test_answers_that_break_are_failures),
        cmocka_unit_test(test_an_attempt_goes_where_none_went),
        cmocka_unit_test(test_who_is_insisted_on_is_asked),
        cmocka_unit_test(test_given_up_is_slow),
        cmocka_unit_test(test_who_loses_every_race_goes_out),
        cmocka_unit_test(test_refuses_cool_offs_in_the_wrong_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
