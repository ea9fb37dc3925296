/* ledger_property.h: any ledger against a simple model of what a ledger is: random postings, repeated ones, two gateways on one ledger,
 * crashes and time that passes. Where the ledger lends, holds are taken out of what it lent as often as it can be done; nothing but who
 * waits is different then, so the model does not know. What the ledger says of every step has to be what the model says, and the audit has
 * to find nothing. A run that fails is shrunk: steps are left out as long as it still fails, and what remains is printed. */
#ifndef LEDGER_PROPERTY_H
#define LEDGER_PROPERTY_H

#include "base/clock.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yuzui/ledger.h>

/* The ledger under test. */
typedef struct lp_store {
    const yz_ledger_ops *ops;
    void (*fresh)(void); /* from now on open opens an empty one */
    void *(*open)(void); /* the same one, for another gateway */
    void (*crash)(void); /* what was acknowledged stays, and nothing else: while it is open. NULL: cannot be played */
    int n_gateways;      /* 0: LP_GATEWAYS */
    int64_t keep;        /* s, as open says: what is older is removed; 0: nothing is. Half a thousand, so that no step is on its edge */
} lp_store;

enum { LP_ACCOUNTS = 3, LP_HOLDS = 150, LP_REFS = 200, LP_JOBS = 40, LP_GATEWAYS = 2 };

#define LP_STEPS(X)   X(CREDIT) X(HOLD) X(CAPTURE) X(RELEASE) X(REFUND) X(JOB) X(REOPEN) X(CRASH) X(TIME)
#define LP_ENUM(name) LP_##name,
typedef enum lp_kind { LP_STEPS(LP_ENUM) LP_KINDS } lp_kind;
#undef LP_ENUM

typedef struct lp_step {
    lp_kind kind;
    int gateway, account, hold, ref, again; /* again: times it is posted beyond the first */
    int64_t amount;                         /* TIME: thousands of seconds; HOLD: of which the last digit is its time; JOB: lp_job_… */
} lp_step;

/* What a JOB is: the ledger's words of it are made of these numbers. */
static int lp_job_of(const lp_step *s) { return (s->hold + s->ref) % LP_JOBS; }
static int64_t lp_job_seen(const lp_step *s) { return s->amount % 4; }
static int64_t lp_job_look(const lp_step *s) { return s->amount / 4 % 3; }
static bool lp_job_has_refund(const lp_step *s) { return s->amount / 12 % 3 > 0; }
static int64_t lp_job_refund(const lp_step *s) { return s->amount / 36 % 3 * 40; } /* 0: all that is left */

typedef struct lp_model {
    bool known[LP_ACCOUNTS];
    int64_t available[LP_ACCOUNTS], held[LP_ACCOUNTS], now;
    struct {
        bool used;
        int of; /* an account, or a hold */
        int64_t amount;
    } credits[LP_REFS], refunds[LP_REFS];
    struct {
        bool used;
        int account;
        int64_t amount, captured, refunded, expires, created, ended;
        yz_hold_state state;
        bool removed;
    } holds[LP_HOLDS];
    struct {
        int64_t revision, look, ended;
        bool removed;
    } jobs[LP_JOBS];
    bool generous; /* a planted mistake: it thinks that any refund is right */
} lp_model;

typedef struct lp_run {
    const lp_store *store;
    void *gateways[LP_GATEWAYS];
    int n_gateways;
    yz_posting covered[LP_HOLDS]; /* holds out of what was lent; kind NONE: it is none. */
    int n_covered;
    char names[LP_ACCOUNTS][16], ids[LP_HOLDS][16];
    lp_model m;
    char why[256];
} lp_run;

/* ---- asking --------------------------------------------------------------------------------------------------------- */

typedef struct lp_answer {
    pthread_mutex_t lock;
    pthread_cond_t wake;
    yz_posted posted;
    bool done;
} lp_answer;

static void lp_on_posted(void *arg, const yz_posted *posted) {
    lp_answer *a = arg;
    pthread_mutex_lock(&a->lock);
    a->posted = *posted;
    a->done = true;
    pthread_cond_signal(&a->wake);
    pthread_mutex_unlock(&a->lock);
}

static yz_posted lp_post(lp_run *run, int gateway, const yz_posting *posting) {
    lp_answer a = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, {YZ_POSTED}, false};
    if (run->store->ops->post(run->gateways[gateway], posting, lp_on_posted, &a) != YZ_OK)
        return (yz_posted){YZ_POSTED, .code = YZ_EIO};
    pthread_mutex_lock(&a.lock);
    while (!a.done)
        pthread_cond_wait(&a.wake, &a.lock);
    pthread_mutex_unlock(&a.lock);
    return a.posted;
}

static void lp_on_fault(void *arg, const yz_ledger_row *row) {
    lp_run *run = arg;
    snprintf(run->why, sizeof run->why, "audit: %.*s %.*s: %.*s", YZ_STR_ARGS(row->account), YZ_STR_ARGS(row->id), YZ_STR_ARGS(row->text));
}

static bool lp_audit(lp_run *run) {
    run->why[0] = 0;
    const yz_ledger_query query = {YZ_LEDGER_QUERY, .what = YZ_LEDGER_FAULTS};
    if (run->store->ops->read(run->gateways[0], &query, lp_on_fault, run) != YZ_OK)
        snprintf(run->why, sizeof run->why, "the audit cannot be read");
    return run->why[0] == 0;
}

static bool lp_open(lp_run *run) {
    run->n_gateways = run->store->n_gateways ? run->store->n_gateways : LP_GATEWAYS;
    for (int i = 0; i < run->n_gateways; i++)
        if (!(run->gateways[i] = run->store->open()))
            return false;
    return true;
}

static void lp_close(lp_run *run) {
    for (int i = 0; i < LP_GATEWAYS; i++)
        if (run->gateways[i])
            run->store->ops->close(run->gateways[i]);
    memset(run->gateways, 0, sizeof run->gateways);
}

/* ---- the model ------------------------------------------------------------------------------------------------------ */

static int64_t lp_least(int64_t a, int64_t b) { return a < b ? a : b; }

typedef struct lp_expected {
    int code, account; /* whose balances are told; -1: not looked at */
    bool before;
    int64_t amount; /* -1: not looked at */
} lp_expected;

static lp_expected lp_credit(lp_model *m, const lp_step *s) {
    if (m->credits[s->ref].used) {
        bool same = m->credits[s->ref].of == s->account && m->credits[s->ref].amount == s->amount;
        return same ? (lp_expected){YZ_OK, s->account, true, s->amount} : (lp_expected){YZ_EINVAL, -1, false, -1};
    }
    m->credits[s->ref].used = true, m->credits[s->ref].of = s->account, m->credits[s->ref].amount = s->amount;
    m->known[s->account] = true;
    m->available[s->account] += s->amount;
    return (lp_expected){YZ_OK, s->account, false, s->amount};
}

static lp_expected lp_hold(lp_model *m, const lp_step *s) {
    __typeof__(&m->holds[0]) h = &m->holds[s->hold];
    if (!h->used && !m->known[s->account])
        return (lp_expected){YZ_ENOTFOUND, -1, false, -1};
    if (h->removed)
        return (lp_expected){YZ_EREMOVED, -1, false, -1};
    if (h->used) {
        bool same = h->account == s->account && h->amount == s->amount;
        return same ? (lp_expected){YZ_OK, s->account, true, -1} : (lp_expected){YZ_EINVAL, -1, false, -1};
    }
    if (m->available[s->account] < s->amount)
        return (lp_expected){YZ_ELIMIT, s->account, false, -1};
    *h = (__typeof__(*h)){
        .used = true, .account = s->account, .amount = s->amount, .expires = m->now + 1 + s->amount % 10, .created = m->now};
    m->available[s->account] -= s->amount, m->held[s->account] += s->amount;
    return (lp_expected){YZ_OK, s->account, false, -1};
}

static void lp_end_hold(lp_model *m, int hold, yz_hold_state state, int64_t cost) {
    __typeof__(&m->holds[0]) h = &m->holds[hold];
    int64_t paid = lp_least(cost, h->amount + m->available[h->account]);
    m->available[h->account] += h->amount - paid;
    m->held[h->account] -= h->amount;
    h->captured = paid;
    h->state = state;
    h->ended = m->now;
}

/* What is said of a hold that is not there. */
static lp_expected lp_gone(const lp_model *m, int hold) {
    return (lp_expected){m->holds[hold].removed ? YZ_EREMOVED : YZ_ENOTFOUND, -1, false, -1};
}

static lp_expected lp_end(lp_model *m, const lp_step *s) {
    __typeof__(&m->holds[0]) h = &m->holds[s->hold];
    if (!h->used || h->removed)
        return lp_gone(m, s->hold);
    bool before = h->state != YZ_HOLD_OPEN;
    if (!before)
        lp_end_hold(m, s->hold, s->kind == LP_CAPTURE ? YZ_HOLD_CAPTURED : YZ_HOLD_RELEASED, s->kind == LP_CAPTURE ? s->amount : 0);
    return (lp_expected){YZ_OK, h->account, before, h->captured};
}

static lp_expected lp_refund(lp_model *m, const lp_step *s) {
    __typeof__(&m->holds[0]) h = &m->holds[s->hold];
    if (!h->used)
        return lp_gone(m, s->hold);
    if (m->refunds[s->ref].used) {
        int64_t was = m->refunds[s->ref].amount;
        bool same = m->refunds[s->ref].of == s->hold && (was == s->amount || s->amount == 0);
        return same ? (lp_expected){YZ_OK, h->account, true, was} : (lp_expected){YZ_EINVAL, -1, false, -1};
    }
    if (h->removed)
        return lp_gone(m, s->hold);
    int64_t rest = h->captured - h->refunded, amount = s->amount ? s->amount : rest;
    if (amount == 0 && h->state != YZ_HOLD_OPEN)
        return (lp_expected){YZ_OK, h->account, false, 0};
    if (!m->generous && (amount == 0 || amount > rest))
        return (lp_expected){YZ_ELIMIT, -1, false, -1};
    m->refunds[s->ref].used = true, m->refunds[s->ref].of = s->hold, m->refunds[s->ref].amount = amount;
    h->refunded += amount;
    m->available[h->account] += amount;
    return (lp_expected){YZ_OK, h->account, false, amount};
}

static lp_expected lp_job(lp_model *m, const lp_step *s) {
    __typeof__(&m->jobs[0]) j = &m->jobs[lp_job_of(s)];
    int64_t seen = lp_job_seen(s), look = lp_job_look(s);
    if (j->removed)
        return (lp_expected){YZ_EREMOVED, -1, false, 0};
    if (j->revision == seen + 1 && j->look == look)
        return (lp_expected){YZ_OK, -1, true, j->revision};
    if (j->revision != seen || (j->revision && j->look == 0))
        return (lp_expected){YZ_EINVAL, -1, false, j->revision};
    lp_step refund = *s;
    refund.amount = lp_job_refund(s);
    int code = lp_job_has_refund(s) ? lp_refund(m, &refund).code : YZ_OK;
    if (code != YZ_OK)
        return (lp_expected){code, -1, false, j->revision};
    j->revision++, j->look = look, j->ended = m->now;
    return (lp_expected){YZ_OK, -1, false, j->revision};
}

/* Out of what is lent, at the gateway that has it. A will stands meanwhile, and is dropped: the steps end the hold. */
static bool lp_cover(lp_run *run, const lp_step *s, const yz_posting *posting) {
    const yz_ledger_ops *ops = run->store->ops;
    yz_posting hold = *posting, end = {YZ_POSTING, .kind = YZ_POSTING_RELEASE, .id = posting->id, .detail = YZ_STR("{}")};
    if (!ops->cover || s->again || run->m.holds[s->hold].used || !ops->cover(run->gateways[s->gateway % run->n_gateways], &hold, &end))
        return false;
    ops->will(run->gateways[s->gateway % run->n_gateways], &(yz_posting){YZ_POSTING, .kind = YZ_POSTING_NONE, .will = end.will});
    run->covered[s->hold] = hold;
    run->n_covered++;
    return true;
}

/* What nobody waits for is written too. */
static void lp_quiet_one(lp_run *run, int gateway) {
    for (int twice = 0; twice < 2; twice++)
        lp_post(run, gateway, &(yz_posting){YZ_POSTING, .kind = YZ_POSTING_RELEASE, .id = YZ_STR("nothing")});
}
static void lp_quiet(lp_run *run) {
    for (int i = 0; i < run->n_gateways; i++)
        lp_quiet_one(run, i);
}

/* ---- a step --------------------------------------------------------------------------------------------------------- */

static bool lp_compare(lp_run *run, const yz_posted *got, lp_expected want) {
    const lp_model *m = &run->m;
    if (got->code != want.code || got->before != want.before) {
        snprintf(run->why, sizeof run->why, "code %d before %d, should be %d %d", got->code, got->before, want.code, want.before);
        return false;
    }
    if (want.amount >= 0 && got->amount != want.amount) {
        snprintf(run->why, sizeof run->why, "amount %lld, should be %lld", (long long)got->amount, (long long)want.amount);
        return false;
    }
    if (want.account >= 0 && (got->available != m->available[want.account] || got->held != m->held[want.account])) {
        snprintf(run->why, sizeof run->why, "available %lld held %lld, should be %lld %lld", (long long)got->available,
                 (long long)got->held, (long long)m->available[want.account], (long long)m->held[want.account]);
        return false;
    }
    return true;
}

static lp_expected lp_expect(lp_model *m, const lp_step *s) {
    return s->kind == LP_CREDIT   ? lp_credit(m, s)
           : s->kind == LP_HOLD   ? lp_hold(m, s)
           : s->kind == LP_REFUND ? lp_refund(m, s)
           : s->kind == LP_JOB    ? lp_job(m, s)
                                  : lp_end(m, s);
}

/* The same posting from `s->again + 1` gateways in turn. */
static bool lp_post_again(lp_run *run, const lp_step *s, const yz_posting *p) {
    for (int i = 0; i <= s->again; i++) {
        lp_expected want = lp_expect(&run->m, s);
        yz_posted got = lp_post(run, (s->gateway + i) % run->n_gateways, p);
        if (!lp_compare(run, &got, want))
            return false;
    }
    return true;
}

static bool lp_post_job(lp_run *run, const lp_step *s) {
    char id[16], of[16], ref[16];
    snprintf(id, sizeof id, "j%d", lp_job_of(s)), snprintf(of, sizeof of, "h%d", s->hold), snprintf(ref, sizeof ref, "r%d", s->ref);
    const yz_posting refund = {YZ_POSTING,          .kind = YZ_POSTING_REFUND,  .id = yz_str_of(ref),
                               .of = yz_str_of(of), .amount = lp_job_refund(s), .detail = YZ_STR("{}")};
    return lp_post_again(run, s,
                         &(yz_posting){YZ_POSTING, .kind = YZ_POSTING_JOB, .account = YZ_STR("owner"), .id = yz_str_of(id),
                                       .amount = lp_job_seen(s), .expires = lp_job_look(s), .detail = YZ_STR("{}"),
                                       .with = lp_job_has_refund(s) ? &refund : NULL});
}

static bool lp_post_step(lp_run *run, const lp_step *s) {
    if (s->kind == LP_JOB)
        return lp_post_job(run, s);
    char ref[16], *account = run->names[s->account], *hold = run->ids[s->hold];
    snprintf(account, sizeof run->names[0], "a%d", s->account), snprintf(hold, sizeof run->ids[0], "h%d", s->hold);
    snprintf(ref, sizeof ref, "r%d", s->ref);
    bool by_ref = s->kind == LP_CREDIT || s->kind == LP_REFUND, ends = s->kind == LP_CAPTURE || s->kind == LP_RELEASE;
    yz_posting p = {YZ_POSTING, .id = yz_str_of(by_ref ? ref : hold), .amount = s->amount, .detail = YZ_STR("{}")};
    static const yz_posting_kind kinds[] = {YZ_POSTING_CREDIT, YZ_POSTING_HOLD, YZ_POSTING_CAPTURE, YZ_POSTING_RELEASE, YZ_POSTING_REFUND};
    p.kind = kinds[s->kind];
    if (s->kind == LP_CREDIT || s->kind == LP_HOLD)
        p.account = yz_str_of(account);
    if (s->kind == LP_HOLD)
        p.expires = yz_clock_wall_ns() / 1000000000 + 1000 * (1 + s->amount % 10);
    if (s->kind == LP_REFUND)
        p.of = yz_str_of(hold);
    if (ends && run->covered[s->hold].kind)
        p.hold = &run->covered[s->hold];
    if (s->kind == LP_HOLD && lp_cover(run, s, &p)) {
        bool ok = lp_hold(&run->m, s).code == YZ_OK;
        snprintf(run->why, sizeof run->why, "it was covered, and there is not that much");
        if (run->n_gateways > 1) /* another one may be asked next, and sees what is written */
            lp_quiet_one(run, s->gateway % run->n_gateways);
        return ok;
    }
    return lp_post_again(run, s, &p);
}

static void lp_count_row(void *arg, const yz_ledger_row *row) {
    (void)row;
    ++*(int *)arg;
}

static bool lp_is_left(lp_run *run, yz_ledger_what what, int left) {
    const yz_ledger_query query = {YZ_LEDGER_QUERY, .what = what};
    int rows = -1;
    for (int64_t end = yz_clock_ns() + INT64_C(30000000000); rows != left && yz_clock_ns() < end; lp_quiet_one(run, 0)) {
        rows = 0;
        run->store->ops->read(run->gateways[0], &query, lp_count_row, &rows);
    }
    snprintf(run->why, sizeof run->why, "%d %s are left, there should be %d", rows, what == YZ_LEDGER_JOBS ? "jobs" : "holds", left);
    return rows == left;
}

/* Old things go, by the ledger's own thread: so it is waited for. Exactly those: what is left is counted. */
static bool lp_forget(lp_run *run) {
    int left = 0, jobs = 0;
    for (int h = 0; h < LP_HOLDS; h++) {
        __typeof__(&run->m.holds[0]) it = &run->m.holds[h];
        bool old = it->used && it->state != YZ_HOLD_OPEN && 1000 * (run->m.now - it->created) > run->store->keep &&
                   1000 * (run->m.now - it->ended) > run->store->keep;
        it->removed |= run->store->keep && old;
        left += it->used && !it->removed;
    }
    for (int i = 0; i < LP_JOBS; i++) {
        __typeof__(&run->m.jobs[0]) it = &run->m.jobs[i];
        bool old = it->revision && it->look == 0 && 1000 * (run->m.now - it->ended) > run->store->keep;
        it->removed |= run->store->keep && old;
        jobs += it->revision && !it->removed;
    }
    return lp_is_left(run, YZ_LEDGER_HOLDS, left) && lp_is_left(run, YZ_LEDGER_JOBS, jobs);
}

static bool lp_do(lp_run *run, const lp_step *s) {
    if (s->kind < LP_REOPEN)
        return lp_post_step(run, s);
    lp_quiet(run);
    if (s->kind == LP_CRASH && run->store->crash)
        run->store->crash();
    lp_close(run);
    if (s->kind == LP_TIME) {
        yz_clock_skip(s->amount * 1000000);
        run->m.now += s->amount;
        for (int h = 0; h < LP_HOLDS; h++)
            if (run->m.holds[h].used && run->m.holds[h].state == YZ_HOLD_OPEN && run->m.holds[h].expires <= run->m.now)
                lp_end_hold(&run->m, h, YZ_HOLD_EXPIRED, 0);
    }
    snprintf(run->why, sizeof run->why, "it does not open");
    return lp_open(run) && (s->kind != LP_TIME || lp_forget(run));
}

static int lp_covered; /* holds, in all runs */

/* The step that failed, or -1. */
static int lp_play(const lp_store *store, const lp_step *steps, int n, bool generous, char why[256]) {
    lp_run run = {.store = store, .m.generous = generous};
    int failed = -1;
    store->fresh();
    if (!lp_open(&run))
        failed = 0;
    for (int i = 0; failed < 0 && i < n; i++)
        if (!lp_do(&run, &steps[i]) || (i % 500 == 499 && (lp_quiet(&run), !lp_audit(&run))))
            failed = i;
    if (failed < 0 && (lp_quiet(&run), !lp_audit(&run)))
        failed = n - 1;
    memcpy(why, run.why, sizeof run.why);
    lp_covered += run.n_covered;
    lp_close(&run);
    return failed;
}

/* ---- random steps, and fewer ----------------------------------------------------------------------------------------- */

static int64_t lp_pick(uint64_t *seed, int64_t below) {
    *seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (int64_t)((*seed >> 33) % (uint64_t)below);
}

static lp_step lp_random(uint64_t *seed) {
    static const struct {
        lp_kind kind;
        int64_t until;
    } kinds[] = {{LP_CREDIT, 150}, {LP_HOLD, 470},   {LP_CAPTURE, 720}, {LP_RELEASE, 820}, {LP_REFUND, 900},
                 {LP_JOB, 980},    {LP_REOPEN, 985}, {LP_CRASH, 993},   {LP_TIME, 1000}};
    int64_t dice = lp_pick(seed, 1000);
    size_t k = 0;
    while (dice >= kinds[k].until)
        k++;
    lp_step s = {.kind = kinds[k].kind,
                 .gateway = (int)lp_pick(seed, LP_GATEWAYS),
                 .account = (int)lp_pick(seed, LP_ACCOUNTS),
                 .hold = (int)lp_pick(seed, LP_HOLDS),
                 .ref = (int)lp_pick(seed, LP_REFS),
                 .again = lp_pick(seed, 5) == 0};
    s.amount = 1 + lp_pick(seed, s.kind == LP_TIME ? 4 : s.kind == LP_CREDIT ? 3000 : 800);
    if (s.kind == LP_REFUND && lp_pick(seed, 4) == 0)
        s.amount = 0; /* all that is left */
    return s;
}

static void lp_print(const lp_step *steps, int n) {
    static const char *const names[] = {
#define LP_NAME(name) #name,
        LP_STEPS(LP_NAME)
#undef LP_NAME
    };
    for (int i = 0; i < n; i++)
        fprintf(stderr, "  %-8s account %d hold %d ref %d amount %lld gateway %d again %d\n", names[steps[i].kind], steps[i].account,
                steps[i].hold, steps[i].ref, (long long)steps[i].amount, steps[i].gateway, steps[i].again);
}

/* Leaves out steps as long as the rest fails: halves first, single ones in the end. Returns how many are left. */
static int lp_shrink(const lp_store *store, lp_step *steps, int n, bool generous) {
    lp_step *fewer = calloc((size_t)n, sizeof *fewer);
    char why[256];
    for (int chunk = n / 2 > 0 ? n / 2 : 1; chunk > 0;) {
        bool any = false;
        for (int from = 0; from < n && n > 1;) {
            int gone = chunk < n - from ? chunk : n - from, left = n - gone;
            memcpy(fewer, steps, (size_t)from * sizeof *steps);
            memcpy(fewer + from, steps + from + gone, (size_t)(left - from) * sizeof *steps);
            int failed = left > 0 ? lp_play(store, fewer, left, generous, why) : -1;
            if (failed < 0) {
                from += chunk;
                continue;
            }
            n = failed + 1; /* what follows the failure is not needed */
            memcpy(steps, fewer, (size_t)n * sizeof *steps);
            any = true;
        }
        chunk = any && chunk == 1 ? 1 : chunk / 2;
    }
    free(fewer);
    return n;
}

/* n random steps. 0, or how many are left of those that fail; they are printed. */
__attribute__((unused)) static int lp_check(const lp_store *store, uint64_t seed, int n, bool generous) {
    lp_step *steps = calloc((size_t)n, sizeof *steps);
    char why[256];
    uint64_t at = seed;
    for (int i = 0; i < n; i++)
        steps[i] = lp_random(&at);
    int failed = lp_play(store, steps, n, generous, why), left = 0;
    if (failed >= 0) {
        left = lp_shrink(store, steps, failed + 1, generous);
        lp_play(store, steps, left, generous, why);
        fprintf(stderr, "seed %llu, %d steps are enough: %s\n", (unsigned long long)seed, left, why);
        lp_print(steps, left);
    }
    free(steps);
    return left;
}

#endif
