/* ledger_lent.h: what a ledger lends, tried on any ledger: holds that wait for nothing are as good as those that do, whoever dies, however
 * many ask at once, of however many gateways, and whatever becomes of the lease. */
#ifndef LEDGER_LENT_H
#define LEDGER_LENT_H

#include "ledger_property.h"

#include "../../plugins/common/lease.h"
#include "../../plugins/common/writer.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

typedef struct ll_store {
    const lp_store *base;
    int64_t (*leases)(void); /* that have not ended */
    void (*age)(void);       /* a lease's time is over, by the ledger's clock */
    /* Nothing is written from here on; a posting of somebody else's in between; it goes on. */
    void (*stick)(void);
    void (*meanwhile)(const yz_posting *posting);
    void (*go_on)(void);
} ll_store;

/* ---- holds that do not wait ------------------------------------------------------------------------------------------- */

typedef struct ll_covered {
    char id[32];
    yz_posting hold, end;
} ll_covered;

static yz_posting ll_posting(yz_posting_kind kind, const char *id, int64_t amount) {
    return (yz_posting){YZ_POSTING,
                        .kind = kind,
                        .account = YZ_STR("a"),
                        .id = yz_str_of(id),
                        .amount = amount,
                        .expires = yz_clock_wall_ns() / 1000000000 + 3600,
                        .request = YZ_STR("req"),
                        .model = YZ_STR("m"),
                        .price = YZ_STR("p1"),
                        .key = YZ_STR("k")};
}

static yz_posted ll_post(const ll_store *s, void *l, yz_posting p) {
    lp_run run = {.store = s->base, .gateways = {l}};
    return lp_post(&run, 0, &p);
}
static yz_posted ll_hold(const ll_store *s, void *l, const char *id, int64_t amount) {
    return ll_post(s, l, ll_posting(YZ_POSTING_HOLD, id, amount));
}
static yz_posted ll_end(const ll_store *s, void *l, yz_posting_kind kind, const char *id, int64_t amount) {
    return ll_post(s, l, (yz_posting){YZ_POSTING, .kind = kind, .id = yz_str_of(id), .amount = amount, .detail = YZ_STR("{}")});
}

static bool ll_cover(const ll_store *s, void *l, ll_covered *c, const char *id, int64_t amount) {
    snprintf(c->id, sizeof c->id, "%s", id);
    c->hold = ll_posting(YZ_POSTING_HOLD, c->id, amount);
    c->end = (yz_posting){YZ_POSTING, .kind = YZ_POSTING_RELEASE, .id = c->hold.id, .detail = YZ_STR("{}")};
    return s->base->ops->cover(l, &c->hold, &c->end);
}

/* As bill does: a will for more, or the end itself. */
static void ll_will(const ll_store *s, void *l, ll_covered *c, int64_t amount) {
    c->end.kind = YZ_POSTING_CAPTURE;
    c->end.amount = amount;
    assert_int_equal(s->base->ops->will(l, &c->end), c->end.will);
}
static void ll_capture(const ll_store *s, void *l, ll_covered *c, int64_t amount) {
    c->end.kind = YZ_POSTING_CAPTURE;
    c->end.amount = amount;
    assert_int_equal(s->base->ops->post(l, &c->end, NULL, NULL), YZ_OK);
}

static void ll_quiet(const ll_store *s, void *l) {
    for (int i = 0; i < 2; i++)
        ll_end(s, l, YZ_POSTING_RELEASE, "nothing", 0);
}

/* A lease: the first hold waits, and is given back. */
static void ll_begin(const ll_store *s, void *l) {
    static int n;
    char id[32];
    snprintf(id, sizeof id, "first%d-%d", (int)getpid(), ++n);
    assert_int_equal(ll_hold(s, l, id, 1000).code, YZ_OK);
    ll_end(s, l, YZ_POSTING_RELEASE, id, 0); /* answered after the lease was, which was asked for before */
}

static void *ll_open(const ll_store *s) {
    void *l = s->base->open();
    assert_non_null(l);
    return l;
}

/* An account with money, and a lease of it. */
static void *ll_lending(const ll_store *s, int64_t amount) {
    void *l = ll_open(s);
    assert_int_equal(ll_post(s, l, ll_posting(YZ_POSTING_CREDIT, "c", amount)).code, YZ_OK);
    ll_begin(s, l);
    return l;
}

static void ll_on_account(void *arg, const yz_ledger_row *row) { *(yz_ledger_row *)arg = *row; }
static void ll_on_fault(void *arg, const yz_ledger_row *row) {
    print_error("fault: %.*s %.*s: %.*s\n", YZ_STR_ARGS(row->account), YZ_STR_ARGS(row->id), YZ_STR_ARGS(row->text));
    ++*(int *)arg;
}
static void ll_account(const ll_store *s, void *l, int64_t available, int64_t held) {
    yz_ledger_row row = {YZ_LEDGER_ROW};
    int faults = 0;
    assert_int_equal(s->base->ops->read(l, &(yz_ledger_query){YZ_LEDGER_QUERY, .what = YZ_LEDGER_ACCOUNTS}, ll_on_account, &row), YZ_OK);
    assert_int_equal(row.available, available);
    assert_int_equal(row.held, held);
    assert_int_equal(s->base->ops->read(l, &(yz_ledger_query){YZ_LEDGER_QUERY, .what = YZ_LEDGER_FAULTS}, ll_on_fault, &faults), YZ_OK);
    assert_int_equal(faults, 0);
}

typedef struct ll_one {
    int64_t captured, absorbed, amount;
    yz_hold_state state;
    int n;
    bool whole;
} ll_one;
static void ll_on_hold(void *arg, const yz_ledger_row *row) {
    bool whole = yz_str_eq(row->request, YZ_STR("req")) && yz_str_eq(row->model, YZ_STR("m")) && yz_str_eq(row->price, YZ_STR("p1")) &&
                 yz_str_eq(row->key, YZ_STR("k"));
    *(ll_one *)arg = (ll_one){row->captured, row->absorbed, row->amount, row->state, ((ll_one *)arg)->n + 1, whole};
}
static ll_one ll_find(const ll_store *s, void *l, const char *id) {
    ll_one one = {0};
    s->base->ops->read(l, &(yz_ledger_query){YZ_LEDGER_QUERY, .what = YZ_LEDGER_HOLDS, .id = yz_str_of(id)}, ll_on_hold, &one);
    return one;
}

static void ll_no_leases_soon(const ll_store *s) {
    for (int i = 0; i < 100 && s->leases() > 0; i++)
        usleep(50000);
    assert_int_equal(s->leases(), 0);
}

static void ll_waits_for_nothing(const ll_store *s) {
    void *l = ll_lending(s, 1000000);
    ll_covered c, other;
    assert_true(ll_cover(s, l, &c, "h1", 1000));
    ll_quiet(s, l);
    assert_int_equal(s->leases(), 1);
    ll_account(s, l, 999000, 1000); /* the rest of the lease may still be held */
    ll_capture(s, l, &c, 700);
    ll_quiet(s, l);
    ll_account(s, l, 999300, 0);
    yz_posting refund = {YZ_POSTING, .kind = YZ_POSTING_REFUND, .of = YZ_STR("h1"), .id = YZ_STR("r1"), .amount = 100};
    assert_int_equal(ll_post(s, l, refund).available, 999400);
    assert_false(ll_cover(s, l, &other, "h2", 900000));        /* more than is lent */
    assert_int_equal(ll_hold(s, l, "h2", 990000).code, YZ_OK); /* of which what was lent is a part: it came back for this */
    assert_int_equal(s->leases(), 0);
    ll_account(s, l, 9400, 990000);
    s->base->ops->close(l);
    assert_int_equal(s->leases(), 0);
}

static void ll_counted_is_not_covered(const ll_store *s) {
    void *l = ll_lending(s, 1000000);
    const yz_counted budget = {YZ_COUNTED, .name = YZ_STR("key k total"), .most = 10};
    const yz_counted *counts[] = {&budget};
    yz_posting p = ll_posting(YZ_POSTING_HOLD, "h", 5), e = {YZ_POSTING, .kind = YZ_POSTING_RELEASE, .id = YZ_STR("h")};
    p.counts = counts, p.n_counts = 1;
    assert_false(s->base->ops->cover(l, &p, &e));
    s->base->ops->close(l);
}

/* A charge beyond its hold is paid out of what was lent, before the operator loses it. */
static void ll_beyond_the_hold(const ll_store *s) {
    lease_rich = 2, lease_share = 1; /* all of it is lent, but what the first hold gave back */
    void *l = ll_lending(s, 17000);
    ll_covered c;
    assert_true(ll_cover(s, l, &c, "h", 1000));
    ll_quiet(s, l);
    ll_capture(s, l, &c, 15000);
    ll_quiet(s, l);
    ll_account(s, l, 2000, 0);
    assert_int_equal(ll_find(s, l, "h").absorbed, 0);
    s->base->ops->close(l);
}

/* ---- deaths ------------------------------------------------------------------------------------------------------------ */

static void ll_lend_and_die(const ll_store *s) {
    void *l = ll_lending(s, 1000000);
    ll_covered c[5];
    for (int i = 1; i < 5; i++) {
        char id[8];
        snprintf(id, sizeof id, "h%d", i);
        if (i > 2)
            ll_quiet(s, l); /* what follows is not on the disk yet when it dies */
        if (!ll_cover(s, l, &c[i], id, 1000))
            _exit(2);
    }
    ll_will(s, l, &c[2], 20);
    ll_will(s, l, &c[3], 30);
    ll_capture(s, l, &c[4], 40);
    raise(SIGKILL);
}

static void ll_killed(const ll_store *s) {
    pid_t child = fork();
    if (child == 0) {
        ll_lend_and_die(s);
        _exit(1);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    assert_int_equal(s->leases(), 1);
    for (int again = 0; again < 2; again++) {
        void *l = ll_open(s);
        static const int64_t charged[] = {0, 0, 20, 30, 40};
        for (int i = 1; i < 5; i++) {
            char id[8];
            snprintf(id, sizeof id, "h%d", i);
            ll_one one = ll_find(s, l, id);
            assert_true(one.n == 1 && one.captured == charged[i] && one.state != YZ_HOLD_OPEN && one.whole);
        }
        assert_int_equal(s->leases(), 0);
        ll_account(s, l, 1000000 - 90, 0);
        s->base->ops->close(l);
    }
}

/* ---- the end of a lease ------------------------------------------------------------------------------------------------ */

static void ll_unused_comes_back(const ll_store *s) {
    void *l = ll_lending(s, 1000000);
    ll_covered c;
    assert_true(ll_cover(s, l, &c, "h", 1000));
    yz_clock_skip(5000);
    ll_no_leases_soon(s);
    ll_account(s, l, 999000, 1000);
    ll_capture(s, l, &c, 1000);
    ll_quiet(s, l);
    ll_account(s, l, 999000, 0);
    s->base->ops->close(l);
}

/* Long before its time is over nothing is taken out of it any more; and whoever comes after that has no part of it. */
static void ll_fenced(const ll_store *s) {
    lease_look = 1000000; /* it gives nothing back by itself */
    void *l = ll_lending(s, 1000000);
    ll_covered c, late;
    assert_true(ll_cover(s, l, &c, "h1", 1000));
    ll_quiet(s, l);
    yz_clock_skip((LEASE_LIFE / 2 + 1) * 1000);
    assert_false(ll_cover(s, l, &late, "h2", 1000));
    s->age();
    void *other = ll_open(s); /* ends what has expired */
    assert_int_equal(s->leases(), 0);
    ll_account(s, l, 999000, 1000);
    /* a hold that was on its way all that time: it asks the books like any other */
    yz_posting p = c.hold;
    p.id = YZ_STR("h3");
    p.amount = 999001;
    assert_int_equal(ll_post(s, l, p).code, YZ_ELIMIT);
    p.amount = 999000;
    assert_int_equal(ll_post(s, l, p).code, YZ_OK);
    ll_account(s, l, 0, 1000000);
    s->base->ops->close(other);
    s->base->ops->close(l);
}

/* A lease that was given back before it was there, because a failure held it up, never is. */
static void ll_given_back_before(const ll_store *s) {
    void *l = ll_lending(s, 1000000);
    yz_posting back = {YZ_POSTING, .kind = WRITER_RETURN, .id = YZ_STR("lease 7"), .amount = 7},
               lent = ll_posting(WRITER_LEASE, "lease 7 1", 800);
    lent.lease = 7;
    for (int i = 0; i < 2; i++)
        assert_int_equal(ll_post(s, l, back).code, YZ_OK);
    assert_int_equal(ll_post(s, l, lent).code, YZ_ELIMIT);
    lent.lease = 8;
    lent.id = YZ_STR("lease 8 1");
    for (int i = 0; i < 2; i++) /* again, as after a connection that was lost before its answer came */
        assert_int_equal(ll_post(s, l, lent).amount, 800);
    assert_int_equal(s->leases(), 2);
    back.amount = 8;
    assert_int_equal(ll_post(s, l, back).code, YZ_OK);
    s->base->ops->close(l);
    l = ll_open(s);
    ll_account(s, l, 1000000, 0);
    s->base->ops->close(l);
}

/* The writer is stuck for longer than a lease lasts, and what was lent is spent meanwhile: the charge is in the ledger, the account pays
 * what it can, and the rest is told. */
static void ll_stuck(const ll_store *s, int64_t spent, int64_t pays) {
    void *l = ll_lending(s, 1000000);
    ll_covered c, free_;
    s->stick();
    assert_true(ll_cover(s, l, &c, "h1", 1000));
    assert_true(ll_cover(s, l, &free_, "h2", 1000));
    s->age();
    yz_posting other = ll_posting(YZ_POSTING_HOLD, "other", spent);
    s->meanwhile(&other);
    s->go_on();
    ll_capture(s, l, &c, 700);
    s->base->ops->post(l, &free_.end, NULL, NULL);
    ll_quiet(s, l);
    ll_one one = ll_find(s, l, "h1");
    assert_true(one.n == 1 && one.captured == pays && one.absorbed == 700 - pays && one.state == YZ_HOLD_CAPTURED && one.whole);
    ll_account(s, l, 1000000 - spent - pays, spent);
    ll_end(s, l, YZ_POSTING_RELEASE, "other", 0);
    assert_true(ll_post(s, l, c.end).before);
    s->base->ops->close(l);
}

static void ll_late(const ll_store *s) {
    lease_look = 1000000;
    ll_stuck(s, 1000000, 0);
    s->base->fresh();
    ll_stuck(s, 999600, 400);
    s->base->fresh();
    ll_stuck(s, 990000, 700);
}

/* ---- at once, and of several gateways ---------------------------------------------------------------------------------- */

/* One gateway lacks what is lent to another: it waits until that gives it back, which is soon. */
static void ll_wanted(const ll_store *s) {
    lease_look = 100;
    void *l = ll_lending(s, 1000000), *other = ll_open(s);
    ll_covered c;
    assert_true(ll_cover(s, l, &c, "h1", 1000));
    int64_t began = yz_clock_ms();
    assert_int_equal(ll_hold(s, other, "all", 999000).code, YZ_OK);
    assert_in_range(yz_clock_ms() - began, 0, 2000);
    ll_account(s, l, 0, 1000000);
    assert_int_equal(ll_hold(s, other, "more", 1).code, YZ_ELIMIT);
    ll_end(s, other, YZ_POSTING_CAPTURE, "all", 999000);
    ll_capture(s, l, &c, 1000);
    ll_quiet(s, l);
    ll_account(s, l, 0, 0);
    s->base->ops->close(other);
    s->base->ops->close(l);
}

enum { LL_CLIENTS = 8, LL_EACH = 60 };

typedef struct ll_asker {
    const ll_store *store;
    void *l;
    int number, admitted, covered;
    bool charges;
} ll_asker;

static void *ll_ask_often(void *arg) {
    ll_asker *a = arg;
    for (int i = 0; i < LL_EACH; i++) {
        char id[32];
        ll_covered c;
        snprintf(id, sizeof id, "t%d-%d", a->number, i);
        if (ll_cover(a->store, a->l, &c, id, 100)) {
            a->admitted++, a->covered++;
            if (a->charges)
                ll_capture(a->store, a->l, &c, 100);
        } else if (ll_hold(a->store, a->l, id, 100).code == YZ_OK) {
            a->admitted++;
        }
    }
    return NULL;
}

/* How many of them were covered. */
static int ll_round(const ll_store *s, int n_gateways, int k) {
    void *l[LP_GATEWAYS] = {0};
    ll_asker askers[LL_CLIENTS];
    pthread_t threads[LL_CLIENTS];
    int admitted = 0, covered = 0;
    for (int i = 0; i < n_gateways; i++)
        l[i] = ll_open(s);
    ll_post(s, l[0], ll_posting(YZ_POSTING_CREDIT, "c", 100 * k));
    for (int i = 0; i < LL_CLIENTS; i++) {
        askers[i] = (ll_asker){.store = s, .l = l[i % n_gateways], .number = i, .charges = i / n_gateways % 2};
        pthread_create(&threads[i], NULL, ll_ask_often, &askers[i]);
    }
    for (int i = 0; i < LL_CLIENTS; i++) {
        pthread_join(threads[i], NULL);
        admitted += askers[i].admitted;
        covered += askers[i].covered;
    }
    assert_int_equal(admitted, k);
    for (int i = 0; i < n_gateways; i++)
        ll_quiet(s, l[i]);
    yz_ledger_row row = {YZ_LEDGER_ROW};
    s->base->ops->read(l[0], &(yz_ledger_query){YZ_LEDGER_QUERY, .what = YZ_LEDGER_ACCOUNTS}, ll_on_account, &row);
    ll_account(s, l[0], 0, row.held);
    assert_int_equal(row.held + row.captured, 100 * k);
    for (int i = 0; i < n_gateways; i++)
        s->base->ops->close(l[i]);
    return covered;
}

/* Money for k holds, many more are asked for, by many at once: k are admitted. */
static void ll_exactly_as_many(const ll_store *s) {
    lease_rich = 2, lease_share = 2, lease_look = 5;
    int covered = 0;
    for (int k = 5, round = 0; k < LL_CLIENTS * LL_EACH; k += 97, round++) {
        s->base->fresh();
        covered += ll_round(s, 1 + round % 2, k);
    }
    assert_in_range(covered, 10, INT32_MAX);
    print_message("%d holds were covered\n", covered);
}

/* ---- all of them --------------------------------------------------------------------------------------------------------- */

#define LL_TESTS(X)                                                                                                                        \
    X(ll_waits_for_nothing)                                                                                                                \
    X(ll_counted_is_not_covered)                                                                                                           \
    X(ll_beyond_the_hold)                                                                                                                  \
    X(ll_killed)                                                                                                                           \
    X(ll_unused_comes_back)                                                                                                                \
    X(ll_fenced)                                                                                                                           \
    X(ll_given_back_before)                                                                                                                \
    X(ll_late)                                                                                                                             \
    X(ll_wanted)                                                                                                                           \
    X(ll_exactly_as_many)

static void ll_all(const ll_store *s) {
    static const struct {
        const char *name;
        void (*run)(const ll_store *s);
    } tests[] = {
#define LL_TEST(name) {#name, name},
        LL_TESTS(LL_TEST)
#undef LL_TEST
    };
    for (size_t i = 0; i < sizeof tests / sizeof *tests; i++) {
        print_message("%s\n", tests[i].name);
        lease_rich = 32, lease_share = 8, lease_look = 500;
        s->base->fresh();
        tests[i].run(s);
    }
}

#endif
