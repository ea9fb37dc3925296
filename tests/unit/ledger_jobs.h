/* ledger_jobs.h: jobs, tried on any ledger: of all who would change one at once one does, what its end gives back is given back once, and
 * what is refused has written nothing. */
#ifndef LEDGER_JOBS_H
#define LEDGER_JOBS_H

#include "ledger_property.h"

#include <unistd.h>

typedef struct lj_store {
    const lp_store *base;
    void (*stick)(void); /* nothing is written from here on; */
    void (*go_on)(void); /* it goes on */
} lj_store;

/* ---- posting and asking ------------------------------------------------------------------------------------------------- */

static yz_posting lj_job(const char *id, int64_t seen, int64_t look, const char *detail) {
    return (yz_posting){YZ_POSTING,          .kind = YZ_POSTING_JOB, .account = YZ_STR("acme"), .id = yz_str_of(id),
                        .key = YZ_STR("k1"), .amount = seen,         .expires = look,           .detail = yz_str_of(detail)};
}

static yz_posting lj_refund(const char *id, const char *of, int64_t amount) {
    return (yz_posting){YZ_POSTING, .kind = YZ_POSTING_REFUND, .id = yz_str_of(id), .of = yz_str_of(of), .amount = amount};
}

/* It is told this code and amount. */
static void lj_posts(lp_run *run, yz_posting p, int code, bool before, int64_t amount) {
    yz_posted got = lp_post(run, 0, &p);
    if (got.code != code || got.before != before || got.amount != amount)
        fail_msg("%.*s: code %d before %d amount %lld, should be %d %d %lld", YZ_STR_ARGS(p.id), got.code, got.before,
                 (long long)got.amount, code, before, (long long)amount);
}

enum { LJ_TEXT = 32, LJ_ROWS = 600 };
typedef struct lj_row {
    yz_ledger_row numbers;
    char owner[LJ_TEXT], id[LJ_TEXT], key[LJ_TEXT], detail[LJ_TEXT];
} lj_row;
typedef struct lj_rows {
    lj_row of[LJ_ROWS];
    size_t n;
} lj_rows;

static void lj_copy(char to[LJ_TEXT], yz_str text) { snprintf(to, LJ_TEXT, "%.*s", YZ_STR_ARGS(text)); }

static void lj_on_row(void *arg, const yz_ledger_row *row) {
    lj_rows *all = arg;
    assert_true(all->n < LJ_ROWS);
    lj_row *r = &all->of[all->n++];
    r->numbers = *row;
    lj_copy(r->owner, row->account), lj_copy(r->id, row->id), lj_copy(r->key, row->key), lj_copy(r->detail, row->detail);
}

static const lj_rows *lj_ask(lp_run *run, yz_ledger_query query) {
    static lj_rows rows;
    rows.n = 0;
    query.size = sizeof query, query.what = YZ_LEDGER_JOBS;
    assert_int_equal(run->store->ops->read(run->gateways[0], &query, lj_on_row, &rows), YZ_OK);
    return &rows;
}

static const lj_row *lj_find(lp_run *run, const char *id) {
    const lj_rows *rows = lj_ask(run, (yz_ledger_query){.id = yz_str_of(id)});
    assert_true(rows->n <= 1);
    return rows->n ? rows->of : NULL;
}

/* Account "a" has paid in 1,000,000; h1 was captured at 100,000, h2 released, h3 has expired, h4 is open, and h5 has cost nothing. */
static void lj_open(lp_run *run, const lp_store *store) {
    *run = (lp_run){.store = store};
    store->fresh();
    assert_true(lp_open(run));
    lp_post(run, 0, &(yz_posting){YZ_POSTING, .kind = YZ_POSTING_CREDIT, .account = YZ_STR("a"), .id = YZ_STR("c"), .amount = 1000000});
    for (int i = 1; i <= 5; i++) {
        char id[8];
        snprintf(id, sizeof id, "h%d", i);
        yz_posting p = {YZ_POSTING, .kind = YZ_POSTING_HOLD, .account = YZ_STR("a"), .id = yz_str_of(id), .amount = 100000};
        p.expires = i == 3 ? 1 : INT64_C(4000000000);
        assert_int_equal(lp_post(run, 0, &p).code, YZ_OK);
    }
    const yz_posting ends[] = {{YZ_POSTING, .kind = YZ_POSTING_CAPTURE, .id = YZ_STR("h1"), .amount = 100000},
                               {YZ_POSTING, .kind = YZ_POSTING_RELEASE, .id = YZ_STR("h2")},
                               {YZ_POSTING, .kind = YZ_POSTING_CAPTURE, .id = YZ_STR("h5")}};
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
        assert_int_equal(lp_post(run, 0, &ends[i]).code, YZ_OK);
    lp_close(run); /* whoever opens it ends what has expired */
    assert_true(lp_open(run));
}

static void lj_close(lp_run *run) {
    if (!lp_audit(run))
        fail_msg("%s", run->why);
    lp_close(run);
}

static int64_t lj_available(lp_run *run) {
    yz_posting release = {YZ_POSTING, .kind = YZ_POSTING_RELEASE, .id = YZ_STR("h2")};
    return lp_post(run, 0, &release).available;
}
enum { LJ_AVAILABLE = 800000 };

/* ---- how it stands -------------------------------------------------------------------------------------------------------- */

static void lj_revisions(const lj_store *store) {
    lp_run run;
    lj_open(&run, store->base);
    lj_posts(&run, lj_job("j", 1, 9, "{}"), YZ_EINVAL, false, 0); /* there is none of that revision */
    lj_posts(&run, lj_job("j", 0, 9, "{}"), YZ_OK, false, 1);
    lj_posts(&run, lj_job("j", 0, 9, "{}"), YZ_OK, true, 1);
    lj_posts(&run, lj_job("j", 0, 8, "{}"), YZ_EINVAL, false, 1);
    lj_posts(&run, lj_job("j", 0, 9, "{\"a\":1}"), YZ_EINVAL, false, 1);
    lj_posts(&run, lj_job("j", 1, 9, "{}"), YZ_OK, false, 2); /* with the same words: written all the same */
    lj_posts(&run, lj_job("j", 5, 9, "{}"), YZ_EINVAL, false, 2);
    yz_posting other = lj_job("j", 2, 7, "{}");
    other.account = YZ_STR("else");
    lj_posts(&run, other, YZ_EINVAL, false, 2);
    other.amount = 1, other.expires = 9; /* nor is it told that it was done before */
    lj_posts(&run, other, YZ_EINVAL, false, 2);
    yz_posting by = lj_job("j", 2, 7, "{\"b\":2}");
    by.key = YZ_STR("k2");
    lj_posts(&run, by, YZ_OK, false, 3);
    const lj_row *row = lj_find(&run, "j");
    assert_string_equal(row->owner, "acme");
    assert_string_equal(row->key, "k1");
    assert_string_equal(row->detail, "{\"b\":2}");
    assert_true(row->numbers.amount == 3 && row->numbers.look == 7 && row->numbers.ended == 0 && row->numbers.place > 0);
    assert_in_range(row->numbers.created, 1700000000, INT64_C(8000000000));
    lj_close(&run);
}

static void lj_over(const lj_store *store) {
    lp_run run;
    lj_open(&run, store->base);
    lj_posts(&run, lj_job("j", 0, 9, "{}"), YZ_OK, false, 1);
    lj_posts(&run, lj_job("j", 1, 0, "{}"), YZ_OK, false, 2);
    lj_posts(&run, lj_job("j", 1, 0, "{}"), YZ_OK, true, 2);
    lj_posts(&run, lj_job("j", 2, 9, "{}"), YZ_EINVAL, false, 2);
    lj_posts(&run, lj_job("j", 2, 0, "{}"), YZ_EINVAL, false, 2);
    lj_posts(&run, lj_job("j", 1, 0, "{\"a\":1}"), YZ_EINVAL, false, 2);
    lj_posts(&run, lj_job("at once", 0, 0, "{}"), YZ_OK, false, 1);
    for (int i = 0; i < 2; i++) {
        const lj_row *row = lj_find(&run, i ? "at once" : "j");
        assert_true(row->numbers.look == 0 && row->numbers.ended >= row->numbers.created && row->numbers.ended > 0);
    }
    lj_close(&run);
}

static void lj_malformed(const lj_store *store) {
    static char longest[YZ_LEDGER_DETAIL_MAX + 1];
    lp_run run;
    lj_open(&run, store->base);
    const yz_posting refund = lj_refund("r", "h1", 1), nameless = lj_refund("r", "", 1), below = lj_refund("r", "h1", -1),
                     credit = {YZ_POSTING, .kind = YZ_POSTING_CREDIT, .account = YZ_STR("a"), .id = YZ_STR("c9"), .amount = 1};
    yz_posting odd[] = {
        lj_job("", 0, 9, "{}"),  lj_job("j", -1, 9, "{}"), lj_job("j", 0, -9, "{}"), lj_job("j", 0, 9, "{}"), lj_job("j", 0, 9, "{}"),
        lj_job("j", 0, 9, "{}"), lj_job("j", 0, 9, "{}"),  lj_job("j", 0, 9, "{}"),  lj_refund("r", "h1", 1), credit};
    memset(longest, ' ', sizeof longest);
    odd[3].account = YZ_STR("");
    odd[4].detail = yz_str_at(longest, sizeof longest);
    odd[5].with = &credit, odd[6].with = &nameless, odd[7].with = &below, odd[8].with = &refund, odd[9].with = &refund;
    for (size_t i = 0; i < sizeof odd / sizeof *odd; i++)
        if (lp_post(&run, 0, &odd[i]).code != YZ_EINVAL)
            fail_msg("%zu should be refused", i);
    yz_posting deep = lj_job("j", 0, 9, "{}"), inner = refund;
    deep.with = &inner, inner.with = &refund;
    assert_int_equal(store->base->ops->post(run.gateways[0], &deep, NULL, NULL), YZ_EINVAL);
    assert_null(lj_find(&run, "j"));
    assert_int_equal(lj_available(&run), LJ_AVAILABLE);
    longest[0] = '{', longest[sizeof longest - 2] = '}'; /* as long as may be, with a refund behind it */
    yz_posting most = lj_job("long", 0, 0, "");
    most.detail = yz_str_at(longest, sizeof longest - 1), most.with = &refund;
    lj_posts(&run, most, YZ_OK, false, 1);
    assert_int_equal(lj_available(&run), LJ_AVAILABLE + 1);
    lj_close(&run);
}

/* ---- reading --------------------------------------------------------------------------------------------------------------- */

enum { LJ_JOBS = 500, LJ_PAGE = 7, LJ_LATE = 9000 };

/* Half are over; a fifth are another's. Who is to be looked after first was not made first. */
static int64_t lj_look(int i) { return i % 2 ? 0 : LJ_LATE + (i * 7919) % LJ_JOBS / 2; }

static void lj_fill(lp_run *run) {
    for (int i = 0; i < LJ_JOBS; i++) {
        char id[16];
        snprintf(id, sizeof id, "j%d", i);
        yz_posting p = lj_job(id, 0, lj_look(i), "{}");
        p.account = i % 5 ? YZ_STR("acme") : YZ_STR("else");
        assert_int_equal(lp_post(run, i % run->n_gateways, &p).code, YZ_OK);
    }
}

static void lj_reads_due(lp_run *run) {
    const lj_rows *rows = lj_ask(run, (yz_ledger_query){.to = LJ_LATE});
    assert_int_equal(rows->n, 0); /* before that moment, not in it */
    rows = lj_ask(run, (yz_ledger_query){.to = LJ_LATE + 1});
    assert_true(rows->n > 0 && rows->n < 5 && rows->of[0].numbers.look == LJ_LATE);
    rows = lj_ask(run, (yz_ledger_query){.to = LJ_LATE + LJ_JOBS});
    assert_int_equal(rows->n, LJ_JOBS / 2);
    for (size_t i = 1; i < rows->n; i++)
        assert_true(rows->of[i - 1].numbers.look <= rows->of[i].numbers.look);
    rows = lj_ask(run, (yz_ledger_query){.to = LJ_LATE + LJ_JOBS, .limit = 3});
    assert_int_equal(rows->n, 3);
    assert_int_equal(rows->of[0].numbers.look, LJ_LATE);
    rows = lj_ask(run, (yz_ledger_query){.to = LJ_LATE + LJ_JOBS, .account = YZ_STR("else")});
    assert_int_equal(rows->n, LJ_JOBS / 10);
}

/* Page by page, the newest first. */
static void lj_reads_owner(lp_run *run, yz_str owner, int expected) {
    int64_t place = 0;
    int n = 0, last = LJ_JOBS;
    for (const lj_rows *rows; (rows = lj_ask(run, (yz_ledger_query){.account = owner, .limit = LJ_PAGE, .place = place}))->n > 0;) {
        assert_true(rows->n <= LJ_PAGE);
        for (size_t i = 0; i < rows->n; i++, n++) {
            const lj_row *row = &rows->of[i];
            int number = atoi(row->id + 1);
            assert_true(number < last && (place == 0 || row->numbers.place < place));
            assert_true(owner.n == 0 || yz_str_eq(yz_str_of(row->owner), owner));
            assert_int_equal(row->numbers.look, lj_look(number));
            last = number, place = row->numbers.place;
        }
    }
    assert_int_equal(n, expected);
}

static void lj_reading(const lj_store *store) {
    lp_run run;
    lj_open(&run, store->base);
    lj_fill(&run);
    lj_reads_due(&run);
    lj_reads_owner(&run, YZ_STR("acme"), LJ_JOBS * 4 / 5);
    lj_reads_owner(&run, YZ_STR("else"), LJ_JOBS / 5);
    lj_reads_owner(&run, YZ_STR(""), LJ_JOBS);
    assert_int_equal(lj_ask(&run, (yz_ledger_query){.id = YZ_STR("j3"), .account = YZ_STR("acme")})->n, 1);
    assert_int_equal(lj_ask(&run, (yz_ledger_query){.id = YZ_STR("j3"), .account = YZ_STR("else")})->n, 0);
    int64_t place = lj_find(&run, "j4")->numbers.place; /* that of its creation, whatever is written later */
    lj_posts(&run, lj_job("j4", 1, 0, "{}"), YZ_OK, false, 2);
    assert_int_equal(lj_find(&run, "j4")->numbers.place, place);
    assert_int_equal(lj_ask(&run, (yz_ledger_query){.to = LJ_LATE + LJ_JOBS})->n, LJ_JOBS / 2 - 1);
    lj_close(&run);
}

/* ---- what is given back ---------------------------------------------------------------------------------------------------- */

/* A refund of all that is left, in each state that a hold may have. */
static void lj_rest(const lj_store *store) {
    lp_run run;
    lj_open(&run, store->base);
    lj_posts(&run, lj_refund("r2", "h2", 0), YZ_OK, false, 0);
    lj_posts(&run, lj_refund("r3", "h3", 0), YZ_OK, false, 0);
    lj_posts(&run, lj_refund("r4", "h4", 0), YZ_ELIMIT, false, 0);
    lj_posts(&run, lj_refund("r5", "h5", 0), YZ_OK, false, 0);
    lj_posts(&run, lj_refund("r9", "h9", 0), YZ_ENOTFOUND, false, 0);
    lj_posts(&run, lj_refund("part", "h1", 30000), YZ_OK, false, 30000);
    lj_posts(&run, lj_refund("part", "h1", 0), YZ_OK, true, 30000);
    lj_posts(&run, lj_refund("part", "h2", 0), YZ_EINVAL, false, 0);
    lj_posts(&run, lj_refund("rest", "h1", 0), YZ_OK, false, 70000);
    lj_posts(&run, lj_refund("rest", "h1", 0), YZ_OK, true, 70000);
    lj_posts(&run, lj_refund("rest", "h1", 70000), YZ_OK, true, 70000);
    lj_posts(&run, lj_refund("rest", "h1", 60000), YZ_EINVAL, false, 0);
    lj_posts(&run, lj_refund("more", "h1", 0), YZ_OK, false, 0);
    yz_posted told = lp_post(&run, 0, &(yz_posting){YZ_POSTING, .kind = YZ_POSTING_REFUND, .id = YZ_STR("r2"), .of = YZ_STR("h2")});
    assert_true(told.state == YZ_HOLD_RELEASED && told.available == LJ_AVAILABLE + 100000 && told.held == 100000);
    assert_int_equal(lj_available(&run), LJ_AVAILABLE + 100000);
    lj_close(&run);
}

static void lj_both(const lj_store *store) {
    lp_run run;
    lj_open(&run, store->base);
    const yz_posting refund = lj_refund("r", "h1", 0), again = lj_refund("again", "h1", 5);
    yz_posting p = lj_job("j", 0, 9, "{}");
    lj_posts(&run, p, YZ_OK, false, 1);
    p = lj_job("j", 1, 0, "{\"failed\":1}");
    p.with = &again;
    lj_posts(&run, p, YZ_OK, false, 2);
    assert_int_equal(lj_available(&run), LJ_AVAILABLE + 5);
    p.with = &refund; /* what is posted with what was done before was done, too */
    lj_posts(&run, p, YZ_OK, true, 2);
    assert_int_equal(lj_available(&run), LJ_AVAILABLE + 5);
    lj_posts(&run, refund, YZ_OK, false, 99995);
    p = lj_job("k", 0, 0, "{}");
    p.with = &refund; /* paid back by somebody else, under the same id: the job is written */
    lj_posts(&run, p, YZ_OK, false, 1);
    assert_int_equal(lj_available(&run), LJ_AVAILABLE + 100000);
    lj_close(&run);
}

typedef struct lj_later {
    yz_posted posted;
    _Atomic bool done;
} lj_later;
static void lj_on_later(void *arg, const yz_posted *posted) {
    lj_later *later = arg;
    later->posted = *posted;
    later->done = true;
}

/* In the middle of a batch: the rest of it is written, and of the job and its refund nothing. */
static void lj_refused(const lj_store *store) {
    static lj_later answers[7];
    lp_run run;
    lj_open(&run, store->base);
    const yz_posting refunds[] = {lj_refund("r1", "h4", 0), lj_refund("r2", "h9", 5), lj_refund("r3", "h1", 100001),
                                  lj_refund("c", "h1", 7)};
    static const int codes[] = {YZ_OK, YZ_ELIMIT, YZ_ENOTFOUND, YZ_ELIMIT, YZ_OK, YZ_EINVAL, YZ_OK};
    yz_posting all[7];
    for (int i = 0; i < 7; i++)
        all[i] = lj_job((const char *[]){"first", "j1", "j2", "j3", "j4", "j1", "last"}[i], i == 5, i == 2 ? 0 : 9, "{}");
    for (int i = 0; i < 4; i++)
        all[i + 1].with = &refunds[i];
    memset(answers, 0, sizeof answers);
    store->stick();
    for (int i = 0; i < 7; i++)
        assert_int_equal(store->base->ops->post(run.gateways[0], &all[i], lj_on_later, &answers[i]), YZ_OK);
    store->go_on();
    for (int i = 0; i < 7; i++) {
        while (!answers[i].done)
            usleep(1000);
        if (answers[i].posted.code != codes[i] || answers[i].posted.amount != (codes[i] == YZ_OK))
            fail_msg("%d: code %d amount %lld", i, answers[i].posted.code, (long long)answers[i].posted.amount);
        if (i != 5)
            assert_int_equal(lj_find(&run, all[i].id.p) != NULL, codes[i] == YZ_OK);
    }
    assert_int_equal(lj_available(&run), LJ_AVAILABLE + 7);
    lj_posts(&run, lj_job("j1", 0, 9, "{}"), YZ_OK, false, 1); /* nothing of it had stayed */
    lj_close(&run);
}

/* Its charge and what is given back of it stand in one batch, as the first of its hour: what was used says both. */
static void lj_soon(const lj_store *store) {
    static lj_later answers[3];
    lp_run run;
    lj_open(&run, store->base);
    yz_posting hold = {YZ_POSTING,         .kind = YZ_POSTING_HOLD, .account = YZ_STR("a"), .id = YZ_STR("soon"),
                       .key = YZ_STR("k"), .model = YZ_STR("film"), .amount = 50,           .expires = INT64_C(4000000000)};
    assert_int_equal(lp_post(&run, 0, &hold).code, YZ_OK);
    const yz_posting refund = lj_refund("r", "soon", 0);
    yz_posting all[] = {
        lj_job("first", 0, 9, "{}"),
        {YZ_POSTING, .kind = YZ_POSTING_CAPTURE, .id = YZ_STR("soon"), .amount = 40, .detail = YZ_STR("{\"provider\":\"p\"}")},
        lj_job("j", 0, 0, "{}")};
    all[2].with = &refund;
    memset(answers, 0, sizeof answers);
    store->stick();
    for (int i = 0; i < 3; i++)
        assert_int_equal(store->base->ops->post(run.gateways[0], &all[i], lj_on_later, &answers[i]), YZ_OK);
    store->go_on();
    for (int i = 0; i < 3; i++) {
        while (!answers[i].done)
            usleep(1000);
        assert_int_equal(answers[i].posted.code, YZ_OK);
    }
    assert_int_equal(lj_available(&run), LJ_AVAILABLE);
    lj_close(&run);
}

/* ---- many at once ------------------------------------------------------------------------------------------------------------ */

enum { LJ_TRIES = 1000, LJ_THREADS = 20 };

typedef struct lj_racer {
    lp_run *run;
    int first;
    _Atomic int *won, *before, *refused;
} lj_racer;

/* Each has a refund of its own, which there is enough for. Some say the same as others. */
static void *lj_race(void *arg) {
    const lj_racer *r = arg;
    for (int i = r->first; i < LJ_TRIES; i += LJ_THREADS) {
        char id[32], detail[32];
        snprintf(id, sizeof id, "refund %d", i), snprintf(detail, sizeof detail, "{\"by\":%d}", i % 3);
        const yz_posting refund = lj_refund(id, "h1", 10);
        yz_posting p = lj_job("j", 1, 0, detail);
        p.with = &refund;
        yz_posted posted = lp_post(r->run, i % r->run->n_gateways, &p);
        *r->won += posted.code == YZ_OK && !posted.before;
        *r->before += posted.code == YZ_OK && posted.before;
        *r->refused += posted.code == YZ_EINVAL && posted.amount == 2;
    }
    return NULL;
}

static void lj_one_winner(const lj_store *store) {
    lp_run run;
    lj_racer racers[LJ_THREADS];
    pthread_t threads[LJ_THREADS];
    _Atomic int won = 0, before = 0, refused = 0;
    lj_open(&run, store->base);
    lj_posts(&run, lj_job("j", 0, 9, "{}"), YZ_OK, false, 1);
    for (int i = 0; i < LJ_THREADS; i++) {
        racers[i] = (lj_racer){&run, i, &won, &before, &refused};
        assert_int_equal(pthread_create(&threads[i], NULL, lj_race, &racers[i]), 0);
    }
    for (int i = 0; i < LJ_THREADS; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(won, 1);
    assert_in_range(before, LJ_TRIES / 3 - 1, LJ_TRIES / 3);
    assert_int_equal(won + before + refused, LJ_TRIES);
    assert_int_equal(lj_available(&run), LJ_AVAILABLE + 10);
    lj_close(&run);
}

/* What becomes known with a job's end stands in the sums of the charge that it is of, once, in hours as in days, with its refund or
 * without; of a job that is refused, and of a hold that was not charged, nothing does. */
static void lj_sum(lp_run *run, unsigned by, int64_t calls, int64_t input, int64_t cached, int64_t output) {
    lj_rows rows = {0};
    const yz_ledger_query query = {YZ_LEDGER_QUERY, .what = YZ_LEDGER_USAGE, .account = YZ_STR("a"), .by = by};
    assert_int_equal(run->store->ops->read(run->gateways[0], &query, lj_on_row, &rows), YZ_OK);
    assert_int_equal(rows.n, 1);
    const yz_ledger_row *r = &rows.of[0].numbers;
    if (r->calls != calls || r->input != input || r->cached != cached || r->output != output)
        fail_msg("%lld calls, %lld tokens in, %lld cached, %lld out", (long long)r->calls, (long long)r->input, (long long)r->cached,
                 (long long)r->output);
}

static void lj_used(const lj_store *store) {
    lp_run run;
    lj_open(&run, store->base);
    const yz_posting refund = lj_refund("r", "h1", 40000);
    yz_posting p = lj_job("h1", 0, 9, "{}"), end = lj_job("h1", 1, 0, "{}");
    lj_posts(&run, p, YZ_OK, false, 1);
    end.with = &refund, end.input = 110, end.cached = 100, end.output = 5;
    p.amount = 7, p.input = 1000; /* at another revision */
    lj_posts(&run, p, YZ_EINVAL, false, 1);
    lj_posts(&run, end, YZ_OK, false, 2);
    lj_posts(&run, end, YZ_OK, true, 2);
    lj_sum(&run, YZ_USAGE_BY_DAY, 2, 110, 100, 5);
    lj_sum(&run, YZ_USAGE_BY_HOUR, 2, 110, 100, 5);
    yz_posting alone = lj_job("h5", 0, 0, "{}"), released = lj_job("h2", 0, 0, "{}"), none = lj_job("nobody", 0, 0, "{}");
    alone.input = 7, released.input = 500, none.input = 500;
    lj_posts(&run, alone, YZ_OK, false, 1);
    lj_posts(&run, released, YZ_OK, false, 1);
    lj_posts(&run, none, YZ_OK, false, 1);
    lj_sum(&run, YZ_USAGE_BY_DAY, 2, 117, 100, 5);
    lj_close(&run);
}

static inline void lj_all(const lj_store *store) {
    lj_revisions(store);
    lj_over(store);
    lj_malformed(store);
    lj_reading(store);
    lj_rest(store);
    lj_both(store);
    lj_refused(store);
    lj_soon(store);
    lj_one_winner(store);
    lj_used(store);
}

#endif
