/* test_lent.c: what a ledger lends: holds that wait for nothing are as good as those that do, whoever dies, however many ask at once, and
 * whatever becomes of the lease. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/diag.h"

#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>

#include "../common/lease.c"
#include "../common/queue.c"
#include "../common/span.c"
#include "../common/wills.c"
#include "../common/writer.c"
#include "ask.c"
#include "book.c"
#include "lent.c"
#include "post.c"
#include "read.c"
#include "record.c"
#include "sqlite.c"

#include "test_world.h"

/* ---- holds that do not wait ------------------------------------------------------------------------------------------- */

typedef struct covered {
    char id[32];
    yz_posting hold, end;
} covered;

static bool try_cover(ledger *l, covered *c, const char *id, int64_t amount) {
    snprintf(c->id, sizeof c->id, "%s", id);
    c->hold = (yz_posting){YZ_POSTING,
                           .kind = YZ_POSTING_HOLD,
                           .account = YZ_STR("a"),
                           .id = yz_str_of(c->id),
                           .amount = amount,
                           .expires = writer_now() + 3600,
                           .request = YZ_STR("req"),
                           .model = YZ_STR("m"),
                           .price = YZ_STR("p1"),
                           .key = YZ_STR("k")};
    c->end = (yz_posting){YZ_POSTING, .kind = YZ_POSTING_RELEASE, .id = c->hold.id, .detail = YZ_STR("{}")};
    return sqlite_cover(l, &c->hold, &c->end);
}

/* As bill does: a will for more, or the end itself. */
static void will_be(ledger *l, covered *c, int64_t amount) {
    c->end.kind = YZ_POSTING_CAPTURE;
    c->end.amount = amount;
    assert_int_equal(sqlite_will(l, &c->end), c->end.will);
}
static void capture(ledger *l, covered *c, int64_t amount) {
    c->end.kind = YZ_POSTING_CAPTURE;
    c->end.amount = amount;
    assert_int_equal(sqlite_post(l, &c->end, NULL, NULL), YZ_OK);
}

/* An account with money and a lease: the first hold waits, and is given back. */
static ledger *lending(int64_t amount) {
    static int n;
    char id[32];
    ledger *l = opened();
    credit(l, "a", "c", amount);
    snprintf(id, sizeof id, "first%d", ++n);
    assert_int_equal(hold(l, "a", id, 1000).code, YZ_OK);
    end(l, YZ_POSTING_RELEASE, id, 0); /* answered after the lease was, which was asked for before */
    return l;
}

static void quiet(ledger *l) {
    for (int i = 0; i < 2; i++)
        end(l, YZ_POSTING_RELEASE, "nothing", 0);
}

static int64_t number(const char *sql) {
    book b;
    char why[256];
    assert_int_equal(book_open_to_read(&b, file, why), YZ_OK);
    int64_t n = pragma_value(&b, sql);
    book_close(&b);
    return n;
}

static void take_account_row(void *arg, const yz_ledger_row *row) { *(yz_ledger_row *)arg = *row; }
static void assert_account(ledger *l, int64_t available, int64_t held) {
    yz_ledger_row row = {YZ_LEDGER_ROW};
    assert_int_equal(sqlite_read(l, &(yz_ledger_query){YZ_LEDGER_QUERY, .what = YZ_LEDGER_ACCOUNTS}, take_account_row, &row), YZ_OK);
    assert_int_equal(row.available, available);
    assert_int_equal(row.held, held);
    assert_int_equal(faults(l), 0);
}

static void test_a_hold_waits_for_nothing(void **unused) {
    (void)unused;
    ledger *l = lending(1000000);
    covered c, other;
    assert_true(try_cover(l, &c, "h1", 1000));
    quiet(l);
    assert_int_equal(number("SELECT COUNT(*) FROM lease WHERE ended = 0 AND rest > 0"), 1);
    assert_account(l, 999000, 1000); /* the rest of the lease may still be held */
    capture(l, &c, 700);
    quiet(l);
    assert_account(l, 999300, 0);
    assert_int_equal(refund(l, "h1", "r1", 100).available, 999400);
    assert_false(try_cover(l, &other, "h2", 900000));         /* more than is lent */
    assert_int_equal(hold(l, "a", "h2", 990000).code, YZ_OK); /* of which what was lent is a part: it came back for this */
    assert_int_equal(number("SELECT COUNT(*) FROM lease WHERE ended = 0"), 0);
    assert_account(l, 9400, 990000);
    sqlite_close(l);
    assert_int_equal(number("SELECT held FROM account"), 990000);
    char name[160];
    snprintf(name, sizeof name, "%s-wills-0", file);
    assert_int_not_equal(access(name, F_OK), 0);
}

static void test_what_is_counted_is_not_covered(void **unused) {
    (void)unused;
    ledger *l = lending(1000000);
    const yz_counted budget = {YZ_COUNTED, .name = YZ_STR("key k total"), .most = 10};
    const yz_counted *counts[] = {&budget};
    yz_posting p = {YZ_POSTING,  .kind = YZ_POSTING_HOLD, .account = YZ_STR("a"), .id = YZ_STR("h"),
                    .amount = 5, .counts = counts,        .n_counts = 1};
    yz_posting e = {YZ_POSTING, .kind = YZ_POSTING_RELEASE, .id = YZ_STR("h")};
    assert_false(sqlite_cover(l, &p, &e));
    sqlite_close(l);
}

/* A charge beyond its hold is paid out of what was lent, before the operator loses it. */
static void test_a_charge_beyond_the_hold(void **unused) {
    (void)unused;
    lease_rich = 2, lease_share = 1; /* all of it is lent, but what the first hold gave back */
    ledger *l = lending(17000);
    covered c;
    assert_true(try_cover(l, &c, "h", 1000));
    quiet(l);
    assert_int_equal(number("SELECT available FROM account"), 1000);
    capture(l, &c, 15000);
    quiet(l);
    assert_account(l, 2000, 0);
    assert_int_equal(number("SELECT absorbed FROM hold WHERE id = 'h'"), 0);
    sqlite_close(l);
}

/* ---- deaths ------------------------------------------------------------------------------------------------------------ */

static void lend_and_die(void) {
    ledger *l = lending(1000000);
    covered c[5];
    for (int i = 1; i < 5; i++) {
        char id[8];
        snprintf(id, sizeof id, "h%d", i);
        if (i > 2)
            quiet(l); /* what follows is not on the disk yet when it dies */
        if (!try_cover(l, &c[i], id, 1000))
            _exit(2);
    }
    will_be(l, &c[2], 20);
    will_be(l, &c[3], 30);
    capture(l, &c[4], 40);
    raise(SIGKILL);
}

static void take_charge(void *arg, const yz_ledger_row *row) {
    int64_t *charged = arg;
    if (row->id.p[0] == 'h')
        charged[row->id.p[1] - '0'] = row->state == YZ_HOLD_OPEN ? -1 : row->captured;
}

static void test_killed(void **unused) {
    (void)unused;
    pid_t child = fork();
    if (child == 0) {
        lend_and_die();
        _exit(1);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    assert_int_equal(number("SELECT COUNT(*) FROM lease WHERE ended = 0"), 1);
    for (int again = 0; again < 2; again++) {
        ledger *l = opened();
        int64_t charged[5] = {0};
        assert_int_equal(sqlite_read(l, &(yz_ledger_query){YZ_LEDGER_QUERY, .what = YZ_LEDGER_HOLDS}, take_charge, charged), YZ_OK);
        assert_true(charged[1] == 0 && charged[2] == 20 && charged[3] == 30 && charged[4] == 40);
        assert_int_equal(number("SELECT COUNT(*) FROM lease WHERE ended = 0"), 0);
        assert_account(l, 1000000 - 90, 0);
        sqlite_close(l);
    }
    assert_int_equal(number("SELECT COUNT(*) FROM hold WHERE request = 'req' AND model = 'm' AND price = 'p1' AND key = 'k'"), 4);
}

/* ---- the end of a lease ------------------------------------------------------------------------------------------------ */

static void test_what_is_not_used_comes_back(void **unused) {
    (void)unused;
    ledger *l = lending(1000000);
    covered c;
    assert_true(try_cover(l, &c, "h", 1000));
    yz_clock_skip(5000);
    for (int i = 0; i < 100 && number("SELECT COUNT(*) FROM lease WHERE ended = 0"); i++)
        usleep(50000);
    assert_int_equal(number("SELECT COUNT(*) FROM lease WHERE ended = 0"), 0);
    assert_account(l, 999000, 1000);
    capture(l, &c, 1000);
    quiet(l);
    assert_account(l, 999000, 0);
    sqlite_close(l);
}

/* Long before its time is over nothing is taken out of it any more; and whoever comes after that has no part of it. */
static void test_fenced(void **unused) {
    (void)unused;
    ledger *l = lending(1000000);
    covered c, late;
    assert_true(try_cover(l, &c, "h1", 1000));
    quiet(l);
    yz_clock_skip((LEASE_LIFE / 2 + 1) * 1000);
    assert_false(try_cover(l, &late, "h2", 1000));
    assert_int_equal(number("SELECT COUNT(*) FROM lease WHERE ended = 0"), 1);
    yz_clock_skip(LEASE_LIFE * 1000);
    ledger *other = opened(); /* ends what has expired */
    assert_int_equal(number("SELECT COUNT(*) FROM lease WHERE ended = 0"), 0);
    assert_account(l, 999000, 1000);
    /* a hold that was on its way all that time: it asks the books like any other */
    yz_posting p = c.hold;
    p.id = YZ_STR("h3");
    p.amount = 999001;
    assert_int_equal(posted_now(l, p).code, YZ_ELIMIT);
    p.amount = 999000;
    assert_int_equal(posted_now(l, p).code, YZ_OK);
    assert_account(l, 0, 1000000);
    sqlite_close(other);
    sqlite_close(l);
}

/* ---- at once ----------------------------------------------------------------------------------------------------------- */

enum { CLIENTS = 8, TRIES_EACH = 60 };

typedef struct asker {
    ledger *l;
    int number, admitted, covered;
    bool charges; /* gives half of each back */
} asker;

static void *ask_often(void *arg) {
    asker *a = arg;
    for (int i = 0; i < TRIES_EACH; i++) {
        char id[32];
        covered c;
        snprintf(id, sizeof id, "t%d-%d", a->number, i);
        if (try_cover(a->l, &c, id, 100)) {
            a->admitted++, a->covered++;
            if (a->charges)
                capture(a->l, &c, 100);
        } else if (hold(a->l, "a", id, 100).code == YZ_OK) {
            a->admitted++;
        }
    }
    return NULL;
}

/* Money for k holds, many more are asked for, by many at once: k are admitted. */
static void test_exactly_as_many(void **unused) {
    (void)unused;
    lease_rich = 2, lease_share = 2;
    int covered_ones = 0;
    for (int k = 5; k < CLIENTS * TRIES_EACH; k += 97) {
        in_new_folder(NULL);
        ledger *l = opened();
        credit(l, "a", "c", 100 * k);
        asker askers[CLIENTS];
        pthread_t threads[CLIENTS];
        for (int i = 0; i < CLIENTS; i++) {
            askers[i] = (asker){.l = l, .number = i, .charges = i % 2};
            pthread_create(&threads[i], NULL, ask_often, &askers[i]);
        }
        int admitted = 0;
        for (int i = 0; i < CLIENTS; i++) {
            pthread_join(threads[i], NULL);
            admitted += askers[i].admitted;
            covered_ones += askers[i].covered;
        }
        assert_int_equal(admitted, k);
        quiet(l);
        assert_int_equal(faults(l), 0);
        sqlite_close(l);
        assert_int_equal(number("SELECT available FROM account"), 0);
        without_folder(NULL);
    }
    assert_in_range(covered_ones, 10, INT32_MAX);
}

static int with_defaults(void **state) {
    lease_rich = 32, lease_share = 8;
    return in_new_folder(state);
}

int main(void) {
#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, with_defaults, without_folder)
    const struct CMUnitTest tests[] = {
        IN_FOLDER(test_a_hold_waits_for_nothing),    IN_FOLDER(test_what_is_counted_is_not_covered),
        IN_FOLDER(test_a_charge_beyond_the_hold),    IN_FOLDER(test_killed),
        IN_FOLDER(test_what_is_not_used_comes_back), IN_FOLDER(test_fenced),
        cmocka_unit_test(test_exactly_as_many),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
