/* test_limit_store.c: limits that are counted in a store, which answers, or is away. */
#include "test_world.h"

static void test_store(void **unused) {
    (void)unused;
    static const limit_rule rules[] = {{.per = PER_KEY, .most = {3, 0, 5}, .window = 60000}};
    fixture f;
    fixture_open(&f, rules, 1, "redis");
    for (int i = 0; i < 3; i++)
        assert_int_equal(ask(&f), 0);
    assert_int_equal(ask(&f), YZ_ERROR_RATE_LIMIT);
    assert_int_equal(fake.sums[0], 3); /* the fourth gave back what it took */
    assert_int_equal(fake.sums[1], 0);
    assert_int_equal(fake.ttls[0], 60000);
    assert_true(yz_str_starts(fake.keys[0], "limit:") && fake.keys[0].n == 38);
    fixture_close(&f);
    fake_close();
}

/* Calls at once hold leases in a store, renewed while they last; who is refused has none, and who ends gives it back. */
static void test_calls_hold_leases(void **unused) {
    (void)unused;
    static const limit_rule rules[] = {{.per = PER_KEY, .most = {0, 0, 2}, .window = 60000}};
    fixture f;
    fixture_open(&f, rules, 1, "redis");
    f.r.plan.outcomes[0].kind = LEAF_HANG;
    client first, second;
    client_start(&first, &f.r.w, &f.r.chain, &f.r.request);
    client_start(&second, &f.r.w, &f.r.chain, &f.r.request);
    world_settle(&f.r.w);
    assert_int_equal(fake.sums[0], 2);
    assert_true(yz_str_starts(fake.keys[0], "lease:") && fake.keys[0].n == 38);
    assert_int_equal(ask(&f), YZ_ERROR_RATE_LIMIT);
    assert_non_null(strstr(f.r.c.message, "2 requests at once for this key"));
    assert_int_equal(fake.released, 0);
    assert_int_equal(fake.renewed, 0);
    for (int i = 0; i < 6; i++) /* a minute: each of both is renewed twice in each lease at least */
        world_pass(&f.r.w, fake.ttls[0] / 3);
    assert_int_equal(fake.renewed, 12);
    yz_cancel(first.call);
    yz_cancel(second.call);
    world_settle(&f.r.w);
    assert_int_equal(fake.sums[0], 0);
    assert_int_equal(fake.released, 2);
    world_pass(&f.r.w, 2 * fake.ttls[0]);
    assert_int_equal(fake.renewed, 12);
    fixture_close(&f);
    fake_close();
}

/* A call that came while the store was away is known to it when it is back; and given back. */
static void test_leases_of_a_store_that_was_away(void **unused) {
    (void)unused;
    static const limit_rule rules[] = {{.per = PER_KEY, .most = {0, 0, 2}, .window = 60000}};
    fixture f;
    fixture_open(&f, rules, 1, "redis");
    f.r.plan.outcomes[0].kind = LEAF_HANG;
    fake.away = true;
    client first;
    client_start(&first, &f.r.w, &f.r.chain, &f.r.request);
    world_settle(&f.r.w);
    assert_int_equal(f.r.plan.calls, 1);
    world_pass(&f.r.w, RENEW_MS);
    assert_int_equal(fake.renewed, 1);
    yz_cancel(first.call);
    world_settle(&f.r.w);
    assert_int_equal(fake.released, 1);
    fixture_close(&f);
    fake_close();
}

static void test_store_that_is_away(void **unused) {
    (void)unused;
    static const limit_rule rules[] = {{.per = PER_KEY, .most = {1}, .window = 60000}};
    fixture f;
    fixture_open(&f, rules, 1, "redis");
    fake.away = true;
    assert_int_equal(ask(&f), 0);
    assert_int_equal(ask(&f), 0);
    f.cfg.unavailable = REFUSE;
    assert_int_equal(ask(&f), YZ_ERROR_UNAVAILABLE);
    assert_int_equal(f.r.c.retry_after, 1000);
    fixture_close(&f);
    fake_close();
}

/* It is noted; a call that has ended is gone with its notes, so this one hangs. */
static void test_that_it_was_away_is_noted(void **unused) {
    (void)unused;
    static const limit_rule rules[] = {{.per = PER_KEY, .most = {1}, .window = 60000}};
    fixture f;
    fixture_open(&f, rules, 1, "redis");
    f.r.plan.outcomes[0].kind = LEAF_HANG;
    fake.away = true;
    rig_start(&f.r);
    assert_true(yz_str_is(*rig_note(&f.r, "limit"), "store unavailable, let through"));
    yz_cancel(f.r.c.call);
    f.r.c.ended = 1;
    world_settle(&f.r.w);
    fixture_close(&f);
    fake_close();
}

/* The client leaves before the store has answered: its place is given back all the same. */
static void test_client_leaves_while_the_store_is_asked(void **unused) {
    (void)unused;
    static const limit_rule rules[] = {{.per = PER_KEY, .most = {0, 0, 5}, .window = 60000}};
    fixture f;
    fixture_open(&f, rules, 1, "redis");
    client_start(&f.r.c, &f.r.w, &f.r.chain, &f.r.request);
    yz_turn_run(&f.r.w.worker.turn, f.r.w.now);
    yz_cancel(f.r.c.call);
    f.r.c.ended = 1;
    world_settle(&f.r.w);
    assert_int_equal(fake.sums[0], 0);
    fixture_close(&f);
    fake_close();
}

static void test_options_are_checked(void **unused) {
    (void)unused;
    static const limit_rule nothing = {.per = PER_KEY, .window = 60000}, some = {.most = {1}, .window = 60000};
    const void *items[] = {&some, &nothing};
    config cfg = {.limits = {items, 2}};
    void *stage = NULL;
    assert_int_equal(open_stage(NULL, &cfg, &stage, NULL), YZ_EINVAL);
    assert_string_equal(complaint, "limit: limits[2] limits nothing: say requests, tokens or concurrency");
    static const limit_rule nameless = {.per = PER_LABEL, .most = {1}};
    items[1] = &nameless;
    assert_int_equal(open_stage(NULL, &cfg, &stage, NULL), YZ_EINVAL);
    assert_string_equal(complaint, "limit: limits[2] counts per label: say which one, as in label = \"tier\"");
    cfg = (config){.limits = {items, 1}, .store = YZ_STR("files")};
    store_can_count = false;
    assert_int_equal(open_stage(NULL, &cfg, &stage, NULL), YZ_EINVAL);
    assert_string_equal(complaint,
                        "limit: the store \"files\" cannot count in windows; redis can, and without a store this process counts by itself");
    store_can_count = true;
    store_can_lease = false;
    assert_int_equal(open_stage(NULL, &cfg, &stage, NULL), YZ_OK); /* no rule needs any */
    close_stage(stage);
    world w;
    world_open(&w);
    *complaint = 0;
    const config here = {.limits = {items, 1}, .unavailable = REFUSE};
    assert_int_equal(open_stage(&w.worker, &here, &stage, NULL), YZ_OK);
    assert_string_equal(complaint,
                        "limit: unavailable = \"refuse\" is about a store, and none is said: this process counts by itself and is "
                        "never away; store = \"redis\" names one");
    close_stage(stage);
    world_close(&w);
    static const limit_rule at_once = {.per = PER_KEY, .most = {0, 0, 1}};
    items[0] = &at_once;
    assert_int_equal(open_stage(NULL, &cfg, &stage, NULL), YZ_EINVAL);
    assert_non_null(strstr(complaint, "cannot give leases, by which requests at once are counted; redis can"));
    store_can_lease = true;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_store),
        cmocka_unit_test(test_calls_hold_leases),
        cmocka_unit_test(test_store_that_is_away),
        cmocka_unit_test(test_that_it_was_away_is_noted),
        cmocka_unit_test(test_leases_of_a_store_that_was_away),
        cmocka_unit_test(test_client_leaves_while_the_store_is_asked),
        cmocka_unit_test(test_options_are_checked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
