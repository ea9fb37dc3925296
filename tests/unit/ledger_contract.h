/* ledger_contract.h: promises of yuzui/ledger.h that the model of ledger_property.h does not play, tried on any ledger: one winner under
 * one id however many race for it, answers to odd questions, and the holds of a stretch of time. */
#ifndef LEDGER_CONTRACT_H
#define LEDGER_CONTRACT_H

#include "ledger_property.h"

/* ---- one id, one winner --------------------------------------------------------------------------------------------------- */

enum { LC_CLIENTS = 1000, LC_THREADS = 50 };

typedef struct lc_racer {
    lp_run *run;
    int first;
    _Atomic int *won, *refused;
} lc_racer;

static void *lc_race(void *arg) {
    const lc_racer *r = arg;
    for (int i = r->first; i < LC_CLIENTS; i += LC_THREADS) {
        char account[32];
        snprintf(account, sizeof account, "racer-%d", i);
        const yz_posting credit = {YZ_POSTING, .kind = YZ_POSTING_CREDIT, .account = yz_str_of(account), .id = YZ_STR("code 17"),
                                   .amount = 5};
        yz_posted posted = lp_post(r->run, i % LP_GATEWAYS, &credit);
        *r->won += posted.code == YZ_OK && !posted.before;
        *r->refused += posted.code == YZ_EINVAL;
    }
    return NULL;
}

typedef struct lc_sum {
    int64_t rows, available;
} lc_sum;
static void lc_on_account(void *arg, const yz_ledger_row *row) {
    lc_sum *sum = arg;
    sum->rows++;
    sum->available += row->available;
}

/* A code that a thousand redeem at once, over two gateways: each for an account of its own. */
static void lc_one_winner(const lp_store *store) {
    lp_run run = {.store = store};
    lc_racer racers[LC_THREADS];
    pthread_t threads[LC_THREADS];
    _Atomic int won = 0, refused = 0;
    store->fresh();
    assert_true(lp_open(&run));
    for (int i = 0; i < LC_THREADS; i++) {
        racers[i] = (lc_racer){&run, i, &won, &refused};
        assert_int_equal(pthread_create(&threads[i], NULL, lc_race, &racers[i]), 0);
    }
    for (int i = 0; i < LC_THREADS; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(won, 1);
    assert_int_equal(refused, LC_CLIENTS - 1);
    lc_sum sum = {0};
    assert_int_equal(
        store->ops->read(run.gateways[0], &(yz_ledger_query){YZ_LEDGER_QUERY, .what = YZ_LEDGER_BALANCES}, lc_on_account, &sum), YZ_OK);
    assert_int_equal(sum.available, 5);
    assert_int_equal(sum.rows, 1);
    assert_true(lp_audit(&run));
    lp_close(&run);
}

/* ---- odd questions -------------------------------------------------------------------------------------------------------- */

static void lc_on_row(void *arg, const yz_ledger_row *row) {
    (void)row;
    ++*(int *)arg;
}

/* How many rows the answer has. */
static int lc_rows(lp_run *run, yz_ledger_query query) {
    int n = 0;
    query.size = sizeof query;
    assert_int_equal(run->store->ops->read(run->gateways[0], &query, lc_on_row, &n), YZ_OK);
    return n;
}

static void lc_fill(lp_run *run) {
    static const char *const counts[] = {"group a 2026-11", "group a 2026-12", "group a_b", "group a%", "\x7f", "\xef\xbf\xbf"};
    for (int i = 0; i < 3; i++) {
        char id[8];
        snprintf(id, sizeof id, "c%d", i);
        lp_post(run, 0,
                &(yz_posting){YZ_POSTING, .kind = YZ_POSTING_CREDIT, .account = YZ_STR("al'ice"), .id = yz_str_of(id), .amount = 100});
        assert_int_equal(lp_post(run, 0,
                                 &(yz_posting){YZ_POSTING, .kind = YZ_POSTING_RECORD, .account = YZ_STR("key"), .id = YZ_STR("k'%"),
                                               .of = YZ_STR("t"), .amount = i, .detail = i ? YZ_STR("{\"a\":1}") : YZ_STR("{}")})
                             .code,
                         YZ_OK);
    }
    for (int i = 0; i < 2; i++)
        assert_int_equal(lp_post(run, 0,
                                 &(yz_posting){YZ_POSTING, .kind = YZ_POSTING_JOB, .account = YZ_STR("al'ice"),
                                               .id = i ? YZ_STR("j'%") : YZ_STR("j"), .expires = i})
                             .code,
                         YZ_OK);
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        char id[8];
        snprintf(id, sizeof id, "h%zu", i);
        const yz_counted one = {YZ_COUNTED, .name = yz_str_of(counts[i]), .most = 1000}, *const list[] = {&one};
        assert_int_equal(
            lp_post(run, 0,
                    &(yz_posting){YZ_POSTING, .kind = YZ_POSTING_HOLD, .account = YZ_STR("al'ice"), .id = yz_str_of(id), .amount = 1,
                                  .expires = yz_clock_wall_ns() / 1000000000 + 3600, .counts = list, .n_counts = 1})
                .code,
            YZ_OK);
    }
}

/* Names that are no names, places that are no places: an answer without rows, never a failure, and never somebody else's rows. */
static void lc_odd_questions(const lp_store *store) {
    static char longest[100000];
    static const char *const strange[] = {"'", "\"", "%", "_", "\\", "';--", "nobody", " al'ice", "AL'ICE", "\xff", "\xc3", "\xed\xa0\x80"};
    static const yz_ledger_what all[] = {YZ_LEDGER_ACCOUNTS, YZ_LEDGER_BALANCES, YZ_LEDGER_HOLDS,  YZ_LEDGER_RECORDS, YZ_LEDGER_HISTORY,
                                         YZ_LEDGER_MOVES,    YZ_LEDGER_USAGE,    YZ_LEDGER_COUNTS, YZ_LEDGER_JOBS};
    lp_run run = {.store = store};
    store->fresh();
    assert_true(lp_open(&run));
    lc_fill(&run);
    memset(longest, 'x', sizeof longest);
    for (size_t w = 0; w < sizeof all / sizeof *all; w++) {
        for (size_t i = 0; i < sizeof strange / sizeof *strange; i++) {
            yz_ledger_query query = {.what = all[w], .id = yz_str_of(strange[i]), .by = YZ_USAGE_BY_KEY};
            if (all[w] != YZ_LEDGER_ACCOUNTS && all[w] != YZ_LEDGER_BALANCES && all[w] != YZ_LEDGER_USAGE)
                assert_int_equal(lc_rows(&run, query), 0);
            query = (yz_ledger_query){.what = all[w], .account = yz_str_of(strange[i]), .by = YZ_USAGE_BY_KEY};
            if (all[w] != YZ_LEDGER_COUNTS)
                assert_int_equal(lc_rows(&run, query), 0);
            query = (yz_ledger_query){.what = all[w], .key = yz_str_of(strange[i]), .model = yz_str_of(strange[i]), .by = YZ_USAGE_BY_KEY};
            lc_rows(&run, query);
        }
        lc_rows(&run, (yz_ledger_query){.what = all[w], .account = {longest, sizeof longest}, .id = {longest, sizeof longest}});
        lc_rows(&run, (yz_ledger_query){.what = all[w], .account = {"al\0ice", 6}, .id = {"c\0", 2}});
        lc_rows(&run, (yz_ledger_query){.what = all[w], .place = INT64_MAX, .limit = INT64_MAX, .from = INT64_MIN, .to = INT64_MAX});
        lc_rows(&run, (yz_ledger_query){.what = all[w], .place = INT64_MIN, .limit = INT64_MIN, .from = INT64_MAX, .to = INT64_MIN});
    }
    assert_int_equal(lc_rows(&run, (yz_ledger_query){.what = YZ_LEDGER_MOVES}), 3);
    assert_int_equal(lc_rows(&run, (yz_ledger_query){.what = YZ_LEDGER_MOVES, .account = YZ_STR("al'ice"), .limit = 2}), 2);
    assert_int_equal(lc_rows(&run, (yz_ledger_query){.what = YZ_LEDGER_MOVES, .id = YZ_STR("c1")}), 1);
    assert_int_equal(lc_rows(&run, (yz_ledger_query){.what = YZ_LEDGER_MOVES, .place = 1}), 0);
    assert_int_equal(lc_rows(&run, (yz_ledger_query){.what = YZ_LEDGER_HISTORY}), 3);
    assert_int_equal(lc_rows(&run, (yz_ledger_query){.what = YZ_LEDGER_HISTORY, .account = YZ_STR("key"), .id = YZ_STR("k'%")}), 3);
    assert_int_equal(lc_rows(&run, (yz_ledger_query){.what = YZ_LEDGER_HISTORY, .account = YZ_STR("key"), .id = YZ_STR("k'")}), 0);
    assert_int_equal(lc_rows(&run, (yz_ledger_query){.what = YZ_LEDGER_RECORDS, .id = YZ_STR("k'%")}), 1);
    assert_int_equal(lc_rows(&run, (yz_ledger_query){.what = YZ_LEDGER_JOBS}), 2);
    assert_int_equal(lc_rows(&run, (yz_ledger_query){.what = YZ_LEDGER_JOBS, .id = YZ_STR("j'%")}), 1);
    assert_int_equal(lc_rows(&run, (yz_ledger_query){.what = YZ_LEDGER_JOBS, .to = INT64_MAX}), 1);
    assert_int_equal(lc_rows(&run, (yz_ledger_query){.what = YZ_LEDGER_JOBS, .account = YZ_STR("al'ice"), .place = 1}), 0);
    static const struct {
        const char *name;
        int rows;
    } counts[] = {{"*", 6},  {"group a *", 2}, {"group a_*", 1},     {"group a%*", 1}, {"group a%", 1},         {"group a", 0},
                  {"**", 0}, {"\x7f*", 1},     {"\xef\xbf\xbf*", 1}, {"\xff*", 0},     {"\xf4\x8f\xbf\xbf*", 0}};
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
        if (lc_rows(&run, (yz_ledger_query){.what = YZ_LEDGER_COUNTS, .id = yz_str_of(counts[i].name)}) != counts[i].rows)
            fail_msg("COUNTS of \"%s\" should have %d rows", counts[i].name, counts[i].rows);
    lp_close(&run);
}

/* ---- holds of a stretch of time --------------------------------------------------------------------------------------------- */

enum { LC_HOLDS = 300, LC_PAGE = 7, LC_YEARS = 100000000 /* s */ };

typedef struct lc_hold {
    int64_t created;
    int number;
    bool second, other; /* of the second account; of the other key */
} lc_hold;

typedef struct lc_holds {
    lc_hold of[2 * LC_HOLDS];
    size_t n;
    int64_t place;
} lc_holds;

static void lc_on_hold(void *arg, const yz_ledger_row *row) {
    lc_holds *all = arg;
    assert_true(all->n < sizeof all->of / sizeof *all->of);
    all->of[all->n++] = (lc_hold){row->created, atoi(row->id.p + 1), yz_str_is(row->account, "second"), yz_str_is(row->key, "other")};
    all->place = row->place;
}

/* Page by page. */
static void lc_read_holds(lp_run *run, yz_ledger_query query, lc_holds *out) {
    *out = (lc_holds){0};
    query.size = sizeof query;
    query.what = YZ_LEDGER_HOLDS;
    query.limit = LC_PAGE;
    for (size_t before = 1; before != out->n;) {
        before = out->n;
        query.place = out->place;
        assert_int_equal(run->store->ops->read(run->gateways[0], &query, lc_on_hold, out), YZ_OK);
        assert_true(out->n - before <= LC_PAGE);
    }
}

/* Some while nothing happens, in a burst, over minutes; a clock that is set back, and one that was years ahead. */
static void lc_write_holds(lp_run *run, yz_rng *rng) {
    for (int i = 0; i < LC_HOLDS; i++) {
        char id[16];
        int64_t some = (int64_t)(yz_rng_next(rng) % 600);
        yz_clock_skip(1000 * (i % 50 == 17 ? LC_YEARS : i % 50 == 19 ? -LC_YEARS : i % 20 == 11 ? -some : i % 3 == 0 ? some / 6 : 0));
        snprintf(id, sizeof id, "h%d", i);
        const yz_posting hold = {YZ_POSTING,
                                 .kind = YZ_POSTING_HOLD,
                                 .account = i % 2 ? YZ_STR("second") : YZ_STR("first"),
                                 .key = i % 5 ? YZ_STR("one") : YZ_STR("other"),
                                 .id = yz_str_of(id),
                                 .amount = 1,
                                 .expires = INT64_C(4000000000)};
        assert_int_equal(lp_post(run, 0, &hold).code, YZ_OK);
    }
}

static void lc_try_stretch(lp_run *run, const lc_holds *all, int64_t from, int64_t to, int which) {
    static lc_holds got;
    bool by_account = which % 3 == 1, by_key = which % 3 == 2, seen[LC_HOLDS] = {false};
    size_t expected = 0;
    lc_read_holds(
        run,
        (yz_ledger_query){
            .from = from, .to = to, .account = by_account ? YZ_STR("second") : YZ_STR(""), .key = by_key ? YZ_STR("other") : YZ_STR("")},
        &got);
    for (size_t i = 0; i < all->n; i++) {
        const lc_hold *h = &all->of[i];
        expected += h->created >= from && (to == 0 || h->created < to) && (!by_account || h->second) && (!by_key || h->other);
    }
    assert_int_equal(got.n, expected);
    for (size_t i = 0; i < got.n; i++) {
        const lc_hold *h = &got.of[i];
        assert_false(seen[h->number]);
        seen[h->number] = true;
        assert_true(h->created >= from && (to == 0 || h->created < to) && (!by_account || h->second) && (!by_key || h->other));
    }
}

/* Of any stretch exactly its holds, each once, whatever the clock did. */
static void lc_times(const lp_store *store) {
    static lc_holds all;
    lp_run run = {.store = store};
    yz_rng rng;
    store->fresh();
    assert_true(lp_open(&run));
    yz_rng_seed(&rng, 9);
    for (int i = 0; i < 2; i++)
        lp_post(&run, 0,
                &(yz_posting){YZ_POSTING, .kind = YZ_POSTING_CREDIT, .account = i ? YZ_STR("second") : YZ_STR("first"),
                              .id = i ? YZ_STR("c2") : YZ_STR("c1"), .amount = 1000});
    lc_write_holds(&run, &rng);
    lc_read_holds(&run, (yz_ledger_query){.size = 0}, &all);
    assert_int_equal(all.n, LC_HOLDS);
    for (int i = 0; i < 300; i++) {
        int64_t a = all.of[yz_rng_next(&rng) % all.n].created, b = all.of[yz_rng_next(&rng) % all.n].created;
        int64_t from = (a < b ? a : b) + (int64_t)(yz_rng_next(&rng) % 3) - 1, to = (a < b ? b : a) + (int64_t)(yz_rng_next(&rng) % 3);
        lc_try_stretch(&run, &all, i % 7 == 0 ? 0 : from, i % 11 == 0 ? 0 : to, i);
    }
    assert_true(lp_audit(&run));
    lp_close(&run);
}

#endif
