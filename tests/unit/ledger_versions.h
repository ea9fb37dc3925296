/* ledger_versions.h: what a ledger that an older version has written has to say after it was opened, and what has to go on. In it alice has
 * paid in 10 USD; h1 held 4, cost 3 (gpt at openai: 100 in, 20 of them cached, 50 out), and 1 of them was given back (f1); h2 holds 2 and
 * is open. bob has paid in 1, and h3 was released. */
#ifndef LEDGER_VERSIONS_H
#define LEDGER_VERSIONS_H

#include "ledger_property.h"

#define LV_USD INT64_C(1000000000)

static void lv_keep_row(void *arg, const yz_ledger_row *row) { *(yz_ledger_row *)arg = *row; }

/* The one row that the question has, but for its texts. */
static yz_ledger_row lv_row(const lp_store *store, void *l, yz_ledger_query query) {
    yz_ledger_row row = {0};
    query.size = sizeof query;
    assert_int_equal(store->ops->read(l, &query, lv_keep_row, &row), YZ_OK);
    return row;
}

static void lv_count_fault(void *arg, const yz_ledger_row *row) {
    print_error("fault: %.*s %.*s: %.*s\n", YZ_STR_ARGS(row->account), YZ_STR_ARGS(row->id), YZ_STR_ARGS(row->text));
    ++*(int *)arg;
}

static void lv_count_row(void *arg, const yz_ledger_row *row) {
    (void)row;
    ++*(int *)arg;
}

static void lv_adds_up(const lp_store *store, void *l) {
    int n = 0;
    assert_int_equal(store->ops->read(l, &(yz_ledger_query){YZ_LEDGER_QUERY, .what = YZ_LEDGER_FAULTS}, lv_count_fault, &n), YZ_OK);
    assert_int_equal(n, 0);
}

static void lv_assert_kept(const lp_store *store, void *l) {
    yz_ledger_row alice = lv_row(store, l, (yz_ledger_query){.what = YZ_LEDGER_ACCOUNTS, .account = YZ_STR("alice")});
    yz_ledger_row bob = lv_row(store, l, (yz_ledger_query){.what = YZ_LEDGER_ACCOUNTS, .account = YZ_STR("bob")});
    yz_ledger_row used = lv_row(store, l, (yz_ledger_query){.what = YZ_LEDGER_USAGE, .by = YZ_USAGE_BY_HOUR, .key = YZ_STR("alice")});
    yz_ledger_row h1 = lv_row(store, l, (yz_ledger_query){.what = YZ_LEDGER_HOLDS, .id = YZ_STR("r1")});
    assert_int_equal(alice.available, 6 * LV_USD);
    assert_int_equal(alice.held, 2 * LV_USD);
    assert_int_equal(alice.amount, 10 * LV_USD);
    assert_int_equal(alice.captured, 3 * LV_USD);
    assert_int_equal(alice.refunded, 1 * LV_USD);
    assert_int_equal(bob.available, 1 * LV_USD);
    assert_int_equal(used.created, 1700006400); /* the hour in which it ended */
    assert_int_equal(used.calls, 1);
    assert_int_equal(used.input, 100);
    assert_int_equal(used.cached, 20);
    assert_int_equal(used.output, 50);
    assert_int_equal(used.captured, 3 * LV_USD);
    assert_int_equal(used.refunded, 1 * LV_USD);
    assert_int_equal(h1.captured, 3 * LV_USD);
    assert_int_equal(h1.state, YZ_HOLD_CAPTURED);
    int n = 0;
    yz_ledger_query then = {YZ_LEDGER_QUERY, .what = YZ_LEDGER_HOLDS, .from = 1700000000, .to = 1700000001};
    assert_int_equal(store->ops->read(l, &then, lv_count_row, &n), YZ_OK);
    assert_int_equal(n, 3);
    then.from = 1700000001, then.to = 0;
    assert_int_equal(store->ops->read(l, &then, lv_count_row, &n), YZ_OK);
    assert_int_equal(n, 3);
    lv_adds_up(store, l);
}

static yz_posted lv_move(const lp_store *store, void *l, yz_posting_kind kind, const char *id, const char *of, int64_t amount) {
    lp_run run = {.store = store, .gateways = {l}};
    return lp_post(&run, 0,
                   &(yz_posting){YZ_POSTING, .kind = kind, .account = YZ_STR("alice"), .id = yz_str_of(id), .of = yz_str_of(of),
                                 .amount = amount, .expires = INT64_C(4000000000)});
}

static void lv_assert_goes_on(const lp_store *store, void *l) {
    assert_true(lv_move(store, l, YZ_POSTING_CREDIT, "c1", "", 10 * LV_USD).before);
    assert_int_equal(lv_move(store, l, YZ_POSTING_CREDIT, "c1", "", 9 * LV_USD).code, YZ_EINVAL);
    assert_true(lv_move(store, l, YZ_POSTING_REFUND, "f1", "h1", 1 * LV_USD).before);
    assert_int_not_equal(lv_move(store, l, YZ_POSTING_REFUND, "f2", "h1", 3 * LV_USD).code, YZ_OK);
    assert_int_equal(lv_move(store, l, YZ_POSTING_REFUND, "f3", "h1", 2 * LV_USD).code, YZ_OK);
    assert_true(lv_move(store, l, YZ_POSTING_RELEASE, "h3", "", 0).before);
    yz_posted h2 = lv_move(store, l, YZ_POSTING_CAPTURE, "h2", "", 1 * LV_USD);
    assert_int_equal(h2.code, YZ_OK);
    assert_int_equal(h2.available, 9 * LV_USD); /* 6 + 2 + the half of h2's */
    assert_int_equal(lv_move(store, l, YZ_POSTING_HOLD, "h4", "", 9 * LV_USD).code, YZ_OK);
    assert_int_equal(lv_move(store, l, YZ_POSTING_HOLD, "h5", "", 1).code, YZ_ELIMIT);
    assert_int_equal(lv_move(store, l, YZ_POSTING_RELEASE, "h4", "", 0).code, YZ_OK);
    const yz_posting rest = {YZ_POSTING, .kind = YZ_POSTING_REFUND, .id = YZ_STR("f4"), .of = YZ_STR("h2"), .amount = 0};
    lp_run run = {.store = store, .gateways = {l}};
    assert_int_equal(
        lp_post(&run, 0, &(yz_posting){YZ_POSTING, .kind = YZ_POSTING_JOB, .account = YZ_STR("alice"), .id = YZ_STR("j1"), .with = &rest})
            .code,
        YZ_OK);
    assert_int_equal(lv_row(store, l, (yz_ledger_query){.what = YZ_LEDGER_JOBS, .id = YZ_STR("j1")}).amount, 1);
    yz_ledger_row used = lv_row(store, l, (yz_ledger_query){.what = YZ_LEDGER_USAGE, .by = YZ_USAGE_BY_KEY, .key = YZ_STR("alice")});
    assert_int_equal(used.calls, 2);
    assert_int_equal(used.captured, 4 * LV_USD);
    assert_int_equal(used.refunded, 4 * LV_USD);
    lv_adds_up(store, l);
}

#endif
