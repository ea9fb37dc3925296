/* ledger_sums.h: sums of usage, tried on any ledger: whatever they are kept apart by, whoever and whenever they are asked for, they are
 * what the charges add up to; before an hour or a day has its sums by fewer names, after it has, and when a refund or a clock that was set
 * back changes one that has. And what tries cost is what the details of holds say. */
#ifndef LEDGER_SUMS_H
#define LEDGER_SUMS_H

#include "ledger_property.h"

typedef struct ls_store {
    const lp_store *base;
    int64_t (*rolled)(void); /* until when all usage has its sums by fewer names: Unix seconds */
} ls_store;

enum { LS_CHARGES = 160, LS_DAYS = 170, LS_QUESTIONS = 400, LS_DAY = 86400, LS_HOUR = 3600, LS_ROWS = 4 * LS_CHARGES };

typedef struct ls_charge {
    int64_t hour, amount, refunded, input;
    int account, key, model, provider;
} ls_charge;
typedef struct ls_try {
    int64_t hour, amount;
    int provider, cost; /* an index of ls_costs */
} ls_try;
static const char *const ls_costs[] = {"confirmed", "estimated", "unknown", "none"};

typedef struct ls_world {
    lp_run run;
    yz_rng rng;
    ls_charge of[LS_CHARGES];
    int n, n_tries;
    ls_try tries[4 * LS_CHARGES];
    int64_t first; /* hour of the first day */
} ls_world;

static int ls_draw(ls_world *w, int n) { return (int)(yz_rng_next(&w->rng) % (uint64_t)n); }
static int64_t ls_now(void) { return yz_clock_wall_ns() / 1000000000; }
static void ls_go_to(int64_t at) { yz_clock_skip((at - ls_now()) * 1000); }

static const char *ls_name(const char *what, int i) {
    static char names[256][4][8]; /* they stay */
    char *name = names[(unsigned char)*what][i];
    snprintf(name, sizeof names[0][0], "%s%d", what, i);
    return name;
}

/* ---- charging ------------------------------------------------------------------------------------------------------------ */

/* Up to three, also of a provider whose name needs an escape, and with an amount that is not told in digits alone. */
static void ls_put_tries(ls_world *w, int64_t hour, yz_buf *out) {
    yz_buf_lit(out, ",\"tries\":[");
    for (int i = 0, n = ls_draw(w, 4); i < n; i++) {
        ls_try *t = &w->tries[w->n_tries];
        *t = (ls_try){hour, ls_draw(w, 3000000), ls_draw(w, 3), ls_draw(w, 4)};
        w->n_tries += t->cost < 3;
        yz_buf_printf(out, "%s{\"provider\":\"%sp%d\",\"cost\":\"%s\",\"usd\":%d.%09d%s}", i ? "," : "", t->provider == 2 ? "\\\"" : "",
                      t->provider, ls_costs[t->cost], 0, (int)t->amount, t->amount % 7 ? "" : "e0");
    }
    yz_buf_lit(out, "]}");
}

/* A request that came to nothing; what was tried for it cost all the same. */
static void ls_fail_at(ls_world *w, int64_t hour, int i) {
    char id[16];
    yz_buf detail = {0};
    snprintf(id, sizeof id, "f%d", i);
    yz_posting p = {YZ_POSTING,          .kind = YZ_POSTING_HOLD, .account = YZ_STR("a0"),
                    .id = yz_str_of(id), .amount = 2000,          .expires = INT64_C(4000000000)};
    assert_int_equal(lp_post(&w->run, 0, &p).code, YZ_OK);
    yz_buf_lit(&detail, "{\"by\":\"nobody\"");
    ls_put_tries(w, hour, &detail);
    p = (yz_posting){YZ_POSTING, .kind = YZ_POSTING_RELEASE, .id = yz_str_of(id), .detail = yz_buf_view(&detail)};
    assert_int_equal(lp_post(&w->run, 0, &p).code, YZ_OK);
    yz_buf_free(&detail);
}

/* At that hour, well inside. */
static void ls_charge_at(ls_world *w, int64_t hour) {
    ls_charge *c = &w->of[w->n];
    char id[16];
    yz_buf detail = {0};
    *c = (ls_charge){.hour = hour,
                     .amount = 1 + ls_draw(w, 1000),
                     .input = ls_draw(w, 50),
                     .account = ls_draw(w, 2),
                     .key = ls_draw(w, 4),
                     .model = ls_draw(w, 3),
                     .provider = ls_draw(w, 2)};
    snprintf(id, sizeof id, "s%d", w->n++);
    yz_buf_printf(&detail, "{\"provider\":\"p%d\",\"input\":%d,\"cached\":1,\"output\":2", c->provider, (int)c->input);
    ls_put_tries(w, hour, &detail);
    ls_go_to(hour + 60 + ls_draw(w, 3000));
    yz_posting p = {YZ_POSTING,
                    .kind = YZ_POSTING_HOLD,
                    .account = yz_str_of(ls_name("a", c->account)),
                    .key = yz_str_of(ls_name("k", c->key)),
                    .model = yz_str_of(ls_name("m", c->model)),
                    .id = yz_str_of(id),
                    .amount = 2000,
                    .expires = INT64_C(4000000000)};
    assert_int_equal(lp_post(&w->run, 0, &p).code, YZ_OK);
    p = (yz_posting){YZ_POSTING, .kind = YZ_POSTING_CAPTURE, .id = yz_str_of(id), .amount = c->amount, .detail = yz_buf_view(&detail)};
    assert_int_equal(lp_post(&w->run, 0, &p).code, YZ_OK);
    yz_buf_free(&detail);
    if (w->n % 3 == 0)
        ls_fail_at(w, hour, w->n);
}

static void ls_refund(ls_world *w, int i) {
    ls_charge *c = &w->of[i];
    char id[16], of[16];
    int64_t amount = c->refunded + 1 > c->amount ? 0 : 1;
    snprintf(id, sizeof id, "r%d %lld", i, (long long)c->refunded), snprintf(of, sizeof of, "s%d", i);
    if (amount == 0)
        return;
    c->refunded += amount;
    assert_int_equal(
        lp_post(&w->run, 0,
                &(yz_posting){YZ_POSTING, .kind = YZ_POSTING_REFUND, .id = yz_str_of(id), .of = yz_str_of(of), .amount = amount})
            .code,
        YZ_OK);
}

/* ---- asking -------------------------------------------------------------------------------------------------------------- */

typedef struct ls_row {
    char names[4][8]; /* of account, key, model, provider */
    int64_t time, calls, input, captured, refunded;
} ls_row;
typedef struct ls_rows {
    ls_row of[LS_ROWS];
    size_t n;
} ls_rows;

static void ls_on_row(void *arg, const yz_ledger_row *row) {
    ls_rows *all = arg;
    const yz_str names[] = {row->account, row->key, row->model, row->provider};
    assert_true(all->n < LS_ROWS);
    ls_row *r = &all->of[all->n++];
    *r = (ls_row){.time = row->created, .calls = row->calls, .input = row->input, .captured = row->captured, .refunded = row->refunded};
    for (int i = 0; i < 4; i++)
        snprintf(r->names[i], sizeof r->names[i], "%.*s", YZ_STR_ARGS(names[i]));
    assert_int_equal(row->output, 2 * row->calls);
}

static bool ls_is(yz_str only, const char *name) { return only.n == 0 || yz_str_is(only, name); }

/* What the charges say. */
static void ls_expect(const ls_world *w, const yz_ledger_query *q, ls_rows *out) {
    out->n = 0;
    for (int i = 0; i < w->n; i++) {
        const ls_charge *c = &w->of[i];
        ls_row row = {.time = q->by & YZ_USAGE_BY_HOUR ? c->hour : q->by & YZ_USAGE_BY_DAY ? c->hour - c->hour % LS_DAY : 0};
        const char *const names[] = {ls_name("a", c->account), ls_name("k", c->key), ls_name("m", c->model), ls_name("p", c->provider)};
        static const unsigned bits[] = {YZ_USAGE_BY_ACCOUNT, YZ_USAGE_BY_KEY, YZ_USAGE_BY_MODEL, YZ_USAGE_BY_PROVIDER};
        bool among = q->keys == NULL;
        for (size_t k = 0; k < q->n_keys; k++)
            among |= yz_str_is(q->keys[k], names[1]);
        if (!among || c->hour < q->from || (q->to && c->hour >= q->to) || !ls_is(q->account, names[0]) || !ls_is(q->key, names[1]) ||
            !ls_is(q->model, names[2]) || !ls_is(q->provider, names[3]))
            continue;
        for (int k = 0; k < 4; k++)
            snprintf(row.names[k], sizeof row.names[k], "%s", q->by & bits[k] ? names[k] : "");
        size_t at = 0;
        while (at < out->n && (out->of[at].time != row.time || memcmp(out->of[at].names, row.names, sizeof row.names) != 0))
            at++;
        if (at == out->n)
            out->of[out->n++] = row;
        ls_row *sum = &out->of[at];
        sum->calls++, sum->input += c->input, sum->captured += c->amount, sum->refunded += c->refunded;
    }
}

static int ls_order(const void *a, const void *b) {
    const ls_row *x = a, *y = b;
    return x->time != y->time ? (x->time > y->time) - (x->time < y->time) : memcmp(x->names, y->names, sizeof x->names);
}

static void ls_compare(ls_rows *got, ls_rows *wanted) {
    assert_int_equal(got->n, wanted->n);
    qsort(got->of, got->n, sizeof *got->of, ls_order);
    qsort(wanted->of, wanted->n, sizeof *wanted->of, ls_order);
    for (size_t i = 0; i < got->n; i++)
        assert_memory_equal(&got->of[i], &wanted->of[i], sizeof got->of[i]);
}

static void ls_ask(ls_world *w) {
    static ls_rows got, wanted;
    yz_ledger_query q = {YZ_LEDGER_QUERY, .what = YZ_LEDGER_USAGE, .by = (unsigned)ls_draw(w, 64), .limit = LS_ROWS};
    int64_t from = w->first + LS_HOUR * ls_draw(w, 24 * LS_DAYS), to = from + LS_HOUR * (1 + ls_draw(w, 24 * LS_DAYS));
    q.from = ls_draw(w, 3) ? from : 0, q.to = ls_draw(w, 3) ? to : 0;
    q.account = yz_str_of(ls_draw(w, 4) ? "" : ls_name("a", ls_draw(w, 2)));
    q.key = yz_str_of(ls_draw(w, 4) ? "" : ls_name("k", ls_draw(w, 4)));
    q.model = yz_str_of(ls_draw(w, 4) ? "" : ls_name("m", ls_draw(w, 3)));
    q.provider = yz_str_of(ls_draw(w, 4) ? "" : ls_name("p", ls_draw(w, 2)));
    const yz_str keys[] = {yz_str_of(ls_name("k", ls_draw(w, 4))), YZ_STR("n\"o"), yz_str_of(ls_name("k", ls_draw(w, 4)))};
    if (ls_draw(w, 3) == 0)
        q.keys = keys, q.n_keys = (size_t)ls_draw(w, 4);
    got.n = 0;
    memset(got.of, 0, sizeof got.of), memset(wanted.of, 0, sizeof wanted.of);
    assert_int_equal(w->run.store->ops->read(w->run.gateways[0], &q, ls_on_row, &got), YZ_OK);
    ls_expect(w, &q, &wanted);
    ls_compare(&got, &wanted);
}

/* ---- what tries cost ------------------------------------------------------------------------------------------------------ */

static void ls_on_tries(void *arg, const yz_ledger_row *row) {
    ls_rows *all = arg;
    assert_true(all->n < LS_ROWS);
    ls_row *r = &all->of[all->n++];
    *r = (ls_row){.time = row->created, .calls = row->calls, .captured = row->amount, .refunded = row->held, .input = row->input};
    snprintf(r->names[0], sizeof r->names[0], "%.*s", YZ_STR_ARGS(row->provider));
}

static void ls_expect_tries(const ls_world *w, const yz_ledger_query *q, ls_rows *out) {
    out->n = 0;
    for (int i = 0; i < w->n_tries; i++) {
        const ls_try *t = &w->tries[i];
        ls_row row = {.time = q->by & YZ_USAGE_BY_HOUR ? t->hour : q->by & YZ_USAGE_BY_DAY ? t->hour - t->hour % LS_DAY : 0};
        snprintf(row.names[0], sizeof row.names[0], "%sp%d", t->provider == 2 ? "\"" : "", t->provider);
        if (t->hour < q->from || (q->to && t->hour >= q->to) || !ls_is(q->provider, row.names[0]))
            continue;
        size_t at = 0;
        while (at < out->n && (out->of[at].time != row.time || memcmp(out->of[at].names, row.names, sizeof row.names) != 0))
            at++;
        if (at == out->n)
            out->of[out->n++] = row;
        ls_row *sum = &out->of[at];
        sum->calls++, sum->captured += t->amount, sum->refunded += t->cost == 1 ? t->amount : 0, sum->input += t->cost == 2;
    }
}

static void ls_ask_tries(ls_world *w) {
    static ls_rows got, wanted;
    static const unsigned by[] = {0, YZ_USAGE_BY_DAY, YZ_USAGE_BY_HOUR, YZ_USAGE_BY_PROVIDER};
    yz_ledger_query q = {YZ_LEDGER_QUERY, .what = YZ_LEDGER_TRIES, .by = by[ls_draw(w, 4)], .limit = LS_ROWS};
    int64_t from = w->first + LS_HOUR * ls_draw(w, 24 * LS_DAYS), to = from + LS_HOUR * (1 + ls_draw(w, 24 * LS_DAYS));
    q.from = ls_draw(w, 3) ? from : 0, q.to = ls_draw(w, 3) ? to : 0;
    q.provider = yz_str_of(ls_draw(w, 4) ? "" : ls_name("p", ls_draw(w, 2)));
    got.n = 0;
    memset(got.of, 0, sizeof got.of), memset(wanted.of, 0, sizeof wanted.of);
    assert_int_equal(w->run.store->ops->read(w->run.gateways[0], &q, ls_on_tries, &got), YZ_OK);
    ls_expect_tries(w, &q, &wanted);
    ls_compare(&got, &wanted);
}

static void ls_on_account(void *arg, const yz_ledger_row *row) {
    int64_t *sums = arg;
    sums[2 * (row->account.p[1] - '0')] = row->captured, sums[2 * (row->account.p[1] - '0') + 1] = row->refunded;
}

static void ls_ask_all(ls_world *w) {
    int64_t told[4] = {0}, sums[4] = {0};
    for (int i = 0; i < LS_QUESTIONS; i++)
        ls_ask(w), ls_ask_tries(w);
    const yz_ledger_query q = {YZ_LEDGER_QUERY, .what = YZ_LEDGER_ACCOUNTS};
    assert_int_equal(w->run.store->ops->read(w->run.gateways[0], &q, ls_on_account, told), YZ_OK);
    for (int i = 0; i < w->n; i++)
        sums[2 * w->of[i].account] += w->of[i].amount, sums[2 * w->of[i].account + 1] += w->of[i].refunded;
    assert_memory_equal(told, sums, sizeof told);
    if (!lp_audit(&w->run))
        fail_msg("%s", w->run.why);
}

/* ---- the test ------------------------------------------------------------------------------------------------------------ */

/* Whoever opens it makes some of the sums. */
static void ls_roll(ls_world *w, const ls_store *store, int64_t until) {
    for (int i = 0; i < 200 && store->rolled() < until; i++) {
        lp_close(&w->run);
        assert_true(lp_open(&w->run));
    }
    assert_true(store->rolled() >= until);
}

static void ls_sums(const ls_store *store) {
    ls_world *w = calloc(1, sizeof *w);
    w->run = (lp_run){.store = store->base};
    yz_rng_seed(&w->rng, 11);
    store->base->fresh();
    int64_t began = ls_now(),
            day = began - began % LS_DAY - (LS_DAYS + 14) * LS_DAY; /* long ago, also for a server with a clock of its own */
    w->first = day;
    ls_go_to(day);
    assert_true(lp_open(&w->run));
    for (int i = 0; i < 2; i++)
        lp_post(&w->run, 0,
                &(yz_posting){YZ_POSTING, .kind = YZ_POSTING_CREDIT, .account = yz_str_of(ls_name("a", i)),
                              .id = yz_str_of(ls_name("c", i)), .amount = 1000000});
    for (int i = 0; i < LS_CHARGES / 2; i++)
        ls_charge_at(w, day + LS_HOUR * (24 * LS_DAYS * i / (LS_CHARGES / 2)));
    for (int i = 0; i < 20; i++)
        ls_refund(w, ls_draw(w, w->n));
    ls_ask_all(w); /* some of them by way of those that are there already */
    ls_go_to(day + LS_DAY * LS_DAYS + LS_HOUR);
    ls_roll(w, store, day + LS_DAY * LS_DAYS);
    ls_ask_all(w);
    for (int i = 0; i < 20; i++)
        ls_refund(w, ls_draw(w, w->n));
    while (w->n < LS_CHARGES) /* the clock is set back */
        ls_charge_at(w, day + LS_HOUR * ls_draw(w, 24 * LS_DAYS));
    ls_ask_all(w);
    ls_go_to(began);
    lp_close(&w->run);
    free(w);
}

#endif
