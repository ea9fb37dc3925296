/* ledger_removed.h: what is older than is kept, tried on any ledger: what was told of sums, balances, counts, tries and moves is told after
 * it is gone as before, the audit finds nothing, nothing happens a second time under an id that is gone, and what does not add up stays. */
#ifndef LEDGER_REMOVED_H
#define LEDGER_REMOVED_H

#include "ledger_property.h"

enum { LR_OLD = 260, LR_NEW = 5, LR_KEEP = 2500, LR_USD = 1000000 };

typedef struct lr_store {
    const lp_store *base;
    int64_t *keep;                  /* of what base->open opens from now on, seconds */
    int64_t (*rows)(const char *);  /* of a table: "hold", "txn", "entry", "lease", "job", "counted" */
    void (*harm)(const char *hold); /* says of a hold that it cost one more than it did */
} lr_store;

/* ---- asking ------------------------------------------------------------------------------------------------------------- */

static void lr_on_row(void *arg, const yz_ledger_row *r) {
    yz_buf_printf(arg, "%.*s %.*s %.*s %.*s %.*s: %lld %lld %lld %lld %lld %lld %lld %lld %lld %lld at %lld\n", YZ_STR_ARGS(r->account),
                  YZ_STR_ARGS(r->id), YZ_STR_ARGS(r->key), YZ_STR_ARGS(r->model), YZ_STR_ARGS(r->provider), (long long)r->available,
                  (long long)r->held, (long long)r->amount, (long long)r->captured, (long long)r->absorbed, (long long)r->refunded,
                  (long long)r->calls, (long long)r->input, (long long)r->cached, (long long)r->output, (long long)r->created);
}

/* All that stays, as text. */
static yz_buf lr_said(lp_run *run) {
    static const yz_ledger_query all[] = {
        {YZ_LEDGER_QUERY, .what = YZ_LEDGER_ACCOUNTS},
        {YZ_LEDGER_QUERY, .what = YZ_LEDGER_BALANCES},
        {YZ_LEDGER_QUERY, .what = YZ_LEDGER_USAGE, .by = YZ_USAGE_BY_HOUR | YZ_USAGE_BY_KEY | YZ_USAGE_BY_MODEL},
        {YZ_LEDGER_QUERY, .what = YZ_LEDGER_USAGE, .by = YZ_USAGE_BY_DAY | YZ_USAGE_BY_ACCOUNT},
        {YZ_LEDGER_QUERY, .what = YZ_LEDGER_TRIES, .by = YZ_USAGE_BY_HOUR},
        {YZ_LEDGER_QUERY, .what = YZ_LEDGER_COUNTS, .id = {"*", 1}},
        {YZ_LEDGER_QUERY, .what = YZ_LEDGER_MOVES}};
    yz_buf out = {0};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        assert_int_equal(run->store->ops->read(run->gateways[0], &all[i], lr_on_row, &out), YZ_OK);
    yz_buf_char(&out, 0);
    return out;
}

typedef struct lr_removed {
    int64_t calls, created;
    char id[32], rule[48];
} lr_removed;

static void lr_on_removed(void *arg, const yz_ledger_row *row) {
    lr_removed *r = arg;
    r->calls = row->calls, r->created = row->created;
    snprintf(r->id, sizeof r->id, "%.*s", YZ_STR_ARGS(row->id)), snprintf(r->rule, sizeof r->rule, "%.*s", YZ_STR_ARGS(row->text));
}

static lr_removed lr_ask(lp_run *run, const char *id) {
    lr_removed r = {0};
    const yz_ledger_query query = {YZ_LEDGER_QUERY, .what = YZ_LEDGER_REMOVED, .id = yz_str_of(id)};
    assert_int_equal(run->store->ops->read(run->gateways[0], &query, lr_on_removed, &r), YZ_OK);
    return r;
}

static int lr_faults(lp_run *run) { return lp_audit(run) ? 0 : 1; }

/* ---- what is there ------------------------------------------------------------------------------------------------------- */

static int lr_code(lp_run *run, yz_posting p) {
    p.size = sizeof p;
    return lp_post(run, 0, &p).code;
}

static yz_posting lr_hold(const char *id, int i, const yz_counted *const *counts) {
    return (yz_posting){YZ_POSTING,
                        .kind = YZ_POSTING_HOLD,
                        .account = i % 2 ? YZ_STR("a0") : YZ_STR("a1"),
                        .id = yz_str_of(id),
                        .amount = 100 + i,
                        .expires = yz_clock_wall_ns() / 1000000000 + 600,
                        .request = YZ_STR("r"),
                        .model = i % 3 ? YZ_STR("m") : YZ_STR("n"),
                        .key = i % 5 ? YZ_STR("k") : YZ_STR("l"),
                        .counts = counts,
                        .n_counts = i % 4 == 0 ? 2 : 0};
}

/* Most cost something, of some there is a refund; some are counted, some out of what is lent, some are released. */
static void lr_request(lp_run *run, int i, bool lent) {
    char id[16], ref[16], detail[256];
    const yz_counted day = {YZ_COUNTED, .name = i % 40 ? YZ_STR("day") : YZ_STR("other \"day\""), .most = INT64_MAX},
                     ever = {YZ_COUNTED, .name = YZ_STR("ever"), .most = INT64_MAX}, *const counts[] = {&day, &ever};
    snprintf(id, sizeof id, "h%d", i), snprintf(ref, sizeof ref, "f%d", i);
    snprintf(detail, sizeof detail,
             "{\"provider\":\"p%d\",\"input\":%d,\"output\":7,\"tries\":[{\"provider\":\"q\",\"cost\":\"unknown\",\"usd\":0},{\"provider\":"
             "\"p%d\",\"cost\":\"%s\",\"usd\":0.00000000%d}]}",
             i % 2, i, i % 2, i % 6 ? "confirmed" : "estimated", i % 10);
    yz_posting hold = lr_hold(id, i, counts),
               end = {YZ_POSTING, .kind = i % 7 == 3 ? YZ_POSTING_RELEASE : YZ_POSTING_CAPTURE, .id = hold.id,
                      .amount = i % 13 == 5 ? 5 * LR_USD : 50 + i, .detail = yz_str_of(detail)};
    bool covered = lent && hold.n_counts == 0 && run->store->ops->cover(run->gateways[0], &hold, &end);
    if (!covered)
        assert_int_equal(lr_code(run, hold), YZ_OK);
    assert_int_equal(lr_code(run, end), YZ_OK);
    if (covered)
        run->store->ops->will(run->gateways[0], &(yz_posting){YZ_POSTING, .kind = YZ_POSTING_NONE, .will = end.will});
    run->n_covered += covered;
    if (i % 11 == 0 && end.kind == YZ_POSTING_CAPTURE)
        assert_int_equal(lr_code(run, (yz_posting){.kind = YZ_POSTING_REFUND, .id = yz_str_of(ref), .of = hold.id, .amount = 20}), YZ_OK);
}

static void lr_open(lp_run *run, const lr_store *store, int64_t keep) {
    lp_close(run);
    *store->keep = keep;
    assert_true(lp_open(run));
}

/* By its own thread: at most `all` go, in portions. */
static void lr_wait(lp_run *run, int64_t all) {
    lr_removed r = {0};
    for (int64_t end = yz_clock_ns() + INT64_C(60000000000); r.calls < all && yz_clock_ns() < end; lp_quiet_one(run, 0))
        r = lr_ask(run, "");
    assert_int_equal(r.calls, all);
}

static void lr_fill(lp_run *run, const lr_store *store) {
    lr_open(run, store, 0);
    for (int i = 0; i < 2; i++)
        lp_post(run, 0,
                &(yz_posting){YZ_POSTING, .kind = YZ_POSTING_CREDIT, .account = i ? YZ_STR("a1") : YZ_STR("a0"),
                              .id = i ? YZ_STR("c1") : YZ_STR("c0"), .amount = 100 * LR_USD});
    for (int i = 0; i < LR_OLD; i++) {
        lr_request(run, i, true);
        if (i % 20 == 19)
            yz_clock_skip(600000);
    }
    lp_quiet(run);
    lp_close(run);
    yz_clock_skip(3000000);
    lr_open(run, store, 0);
}

/* ---- the tests ----------------------------------------------------------------------------------------------------------- */

/* Nothing happens a second time: not under the id of what is gone, nor under one of money that came. */
static void lr_stays_done(lp_run *run) {
    const yz_posting refund = {YZ_POSTING, .kind = YZ_POSTING_REFUND, .id = YZ_STR("new"), .of = YZ_STR("h8")};
    yz_posting hold = lr_hold("h9", 9, NULL), late = hold;
    late.lease = 77;
    assert_int_equal(lr_code(run, hold), YZ_EREMOVED);
    assert_int_equal(lr_code(run, (yz_posting){.kind = YZ_POSTING_CAPTURE, .id = hold.id, .amount = 3, .hold = &late}), YZ_EREMOVED);
    assert_int_equal(lr_code(run, (yz_posting){.kind = YZ_POSTING_CAPTURE, .id = hold.id, .amount = 3}), YZ_EREMOVED);
    assert_int_equal(lr_code(run, (yz_posting){.kind = YZ_POSTING_RELEASE, .id = hold.id}), YZ_EREMOVED);
    assert_int_equal(lr_code(run, refund), YZ_EREMOVED);
    assert_int_equal(lr_code(run, (yz_posting){.kind = YZ_POSTING_JOB, .account = YZ_STR("o"), .id = YZ_STR("j"), .with = &refund}),
                     YZ_EREMOVED);
    const yz_posting credit = {YZ_POSTING, .kind = YZ_POSTING_CREDIT, .account = YZ_STR("a0"), .id = YZ_STR("c0"), .amount = 100 * LR_USD},
                     given = {YZ_POSTING, .kind = YZ_POSTING_REFUND, .id = YZ_STR("f0"), .of = YZ_STR("h0"), .amount = 20};
    yz_posted same = lp_post(run, 0, &given);
    assert_true(same.code == YZ_OK && same.before && same.amount == 20 && same.available > 0);
    assert_true(lp_post(run, 0, &credit).before);
    char kept[16];
    snprintf(kept, sizeof kept, "h%d", LR_OLD + 1);
    assert_int_equal(lr_code(run, (yz_posting){.kind = YZ_POSTING_REFUND, .id = YZ_STR("f0"), .of = yz_str_of(kept), .amount = 20}),
                     YZ_EINVAL);
}

static void lr_old_requests_go(const lr_store *store) {
    lp_run run = {.store = store->base};
    store->base->fresh();
    lr_fill(&run, store);
    int64_t newer = store->rows("lease");
    assert_in_range(newer, 2, LR_OLD);
    for (int i = LR_OLD; i < LR_OLD + LR_NEW; i++)
        lr_request(&run, i, false);
    yz_buf before = lr_said(&run);
    int64_t moves = store->rows("txn"), entries = store->rows("entry");
    assert_in_range(run.n_covered, 50, LR_OLD);
    newer = store->rows("lease") - newer; /* newer ones, which stay */
    assert_int_equal(lr_ask(&run, "h9").calls, 0);
    assert_int_equal(lr_faults(&run), 0);
    for (int again = 0; again < 3; again++) { /* the rule may be taken back: what is gone is gone */
        lr_open(&run, store, again == 1 ? 0 : LR_KEEP);
        lr_wait(&run, LR_OLD);
        yz_buf after = lr_said(&run);
        assert_string_equal(before.p, after.p);
        yz_buf_free(&after);
        assert_int_equal(lr_faults(&run), 0);
        assert_int_equal(store->rows("hold"), LR_NEW);
        assert_int_equal(store->rows("lease"), newer);
        assert_in_range(store->rows("txn"), 1, moves - LR_OLD);
        assert_in_range(store->rows("entry"), 1, entries - 2 * LR_OLD);
        lr_stays_done(&run);
    }
    assert_string_equal(lr_ask(&run, "h9").id, "h9");
    assert_string_equal(lr_ask(&run, "h1000").id, "");
    assert_string_equal(lr_ask(&run, "").rule, "keep = \"2500s\"");
    assert_in_range(lr_ask(&run, "").created, 1, yz_clock_wall_ns() / 1000000000 - LR_KEEP);
    assert_int_equal(lr_faults(&run), 0);
    yz_buf_free(&before);
    lp_close(&run);
}

/* What does not add up is not removed: the audit finds it as it is. Nor is what a job that is not over was charged. */
static void lr_faults_stay(const lr_store *store) {
    lp_run run = {.store = store->base};
    store->base->fresh();
    lr_fill(&run, store);
    store->harm("h1");
    const yz_posting job = {YZ_POSTING,         .kind = YZ_POSTING_JOB, .account = YZ_STR("o"),
                            .id = YZ_STR("h2"), .expires = 9,           .detail = YZ_STR("{}")};
    assert_int_equal(lr_code(&run, job), YZ_OK);
    lr_open(&run, store, LR_KEEP);
    lr_wait(&run, LR_OLD - 2);
    lp_quiet(&run);
    assert_int_equal(store->rows("hold"), 2);
    assert_int_equal(lr_faults(&run), 1);
    const yz_posting refund = {YZ_POSTING, .kind = YZ_POSTING_REFUND, .id = YZ_STR("late"), .of = YZ_STR("h2")};
    assert_int_equal(lr_code(&run, refund), YZ_OK);
    lp_close(&run);
    *store->keep = 0;
}

/* ---- jobs and counts ------------------------------------------------------------------------------------------------------ */

static void lr_job(lp_run *run, const char *id, int64_t look, int code) {
    assert_int_equal(
        lr_code(run,
                (yz_posting){.kind = YZ_POSTING_JOB, .account = YZ_STR("o"), .id = yz_str_of(id), .expires = look, .detail = YZ_STR("{}")}),
        code);
}

/* Counted in a day and a month that are over, in a day to come, and for ever. */
static void lr_counted(lp_run *run, const char *id, int64_t expires, bool ends) {
    static const yz_counted names[] = {{YZ_COUNTED, .name = {"key k 2001-02-03", 16}, .most = INT64_MAX},
                                       {YZ_COUNTED, .name = {"key k 2001-02", 13}, .most = INT64_MAX},
                                       {YZ_COUNTED, .name = {"key k 2999-01-01", 16}, .most = INT64_MAX},
                                       {YZ_COUNTED, .name = {"key k total", 11}, .most = INT64_MAX},
                                       {YZ_COUNTED, .name = {"key open 2001-02-03", 19}, .most = INT64_MAX}};
    const yz_counted *const done[] = {&names[0], &names[1], &names[2], &names[3]}, *const open[] = {&names[4]};
    yz_posting hold = lr_hold(id, 1, ends ? done : open);
    hold.n_counts = ends ? 4 : 1, hold.expires = expires;
    assert_int_equal(lr_code(run, hold), YZ_OK);
    if (ends)
        assert_int_equal(lr_code(run, (yz_posting){.kind = YZ_POSTING_CAPTURE, .id = hold.id, .amount = 60}), YZ_OK);
}

/* A job goes when it is over for so long, and its hold is gone; one that somebody looks after, or whose hold is open, stays. So does what
 * is counted for ever, in a day to come, or in one of which a hold is there. */
static void lr_old_jobs_go(const lr_store *store) {
    lp_run run = {.store = store->base};
    store->base->fresh();
    lr_open(&run, store, 0);
    assert_int_equal(lr_code(&run, (yz_posting){.kind = YZ_POSTING_CREDIT, .account = YZ_STR("a0"), .id = YZ_STR("c"), .amount = LR_USD}),
                     YZ_OK);
    lr_counted(&run, "ended", INT64_C(4000000000), true), lr_counted(&run, "open", INT64_C(4000000000), false);
    lr_job(&run, "ended", 0, YZ_OK), lr_job(&run, "open", 0, YZ_OK), lr_job(&run, "free", 0, YZ_OK), lr_job(&run, "looked", 9, YZ_OK);
    lp_quiet(&run);
    lp_close(&run);
    yz_clock_skip(3000000);
    lr_open(&run, store, 0);
    lr_job(&run, "new", 0, YZ_OK);
    assert_true(store->rows("job") == 5 && store->rows("counted") == 5);
    lr_open(&run, store, LR_KEEP);
    for (int64_t end = yz_clock_ns() + INT64_C(60000000000); store->rows("counted") > 3 && yz_clock_ns() < end; lp_quiet_one(&run, 0))
        ;
    for (int again = 0; again < 2; again++) {
        assert_int_equal(store->rows("job"), 3); /* open, looked, new */
        assert_int_equal(store->rows("counted"), 3);
        assert_int_equal(lr_faults(&run), 0);
        lr_job(&run, "ended", 9, YZ_EREMOVED), lr_job(&run, "free", 9, YZ_EREMOVED), lr_job(&run, "open", 9, YZ_EINVAL);
        lr_open(&run, store, LR_KEEP);
    }
    assert_int_equal(lr_code(&run, (yz_posting){.kind = YZ_POSTING_RELEASE, .id = YZ_STR("open")}), YZ_OK);
    assert_int_equal(lr_faults(&run), 0);
    lp_close(&run);
    *store->keep = 0;
}

#endif
