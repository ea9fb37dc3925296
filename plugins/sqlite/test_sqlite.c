/* test_sqlite.c: the ledger against a simple model of it: random postings, repeated ones, reopenings, and after each round an audit that
 * has to find nothing; and postings of many threads for an account that can pay only some of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/diag.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "../common/lease.c"
#include "../common/queue.c"
#include "../common/span.c"
#include "../common/wills.c"
#include "../common/writer.c"
#include "ask.c"
#include "book.c"
#include "job.c"
#include "lent.c"
#include "post.c"
#include "read.c"
#include "record.c"
#include "remove.c"
#include "sqlite.c"
#include "usage.c"

#include "test_world.h"

/* ---- one of each ---------------------------------------------------------------------------------------------------- */

static void test_each(void **unused) {
    (void)unused;
    ledger *l = opened();
    assert_int_equal(hold(l, "alice", "h0", 1).code, YZ_ENOTFOUND);
    assert_int_equal(credit(l, "alice", "c1", 5 * YZ_USD).available, 5 * YZ_USD);
    yz_posted again = credit(l, "alice", "c1", 5 * YZ_USD);
    assert_true(again.before && again.code == YZ_OK && again.available == 5 * YZ_USD);
    assert_int_equal(credit(l, "alice", "c1", 6 * YZ_USD).code, YZ_EINVAL);
    assert_int_equal(credit(l, "bob", "c1", 5 * YZ_USD).code, YZ_EINVAL);

    assert_int_equal(hold(l, "alice", "h1", 5 * YZ_USD + 1).code, YZ_ELIMIT);
    yz_posted held = hold(l, "alice", "h1", 2 * YZ_USD);
    assert_true(held.code == YZ_OK && held.available == 3 * YZ_USD && held.held == 2 * YZ_USD);
    yz_posted captured = end(l, YZ_POSTING_CAPTURE, "h1", YZ_USD);
    assert_true(captured.code == YZ_OK && captured.amount == YZ_USD && captured.available == 4 * YZ_USD && captured.held == 0);
    yz_posted late = end(l, YZ_POSTING_RELEASE, "h1", 0);
    assert_true(late.before && late.state == YZ_HOLD_CAPTURED && late.amount == YZ_USD && late.available == 4 * YZ_USD);

    assert_int_equal(refund(l, "h1", "r1", YZ_USD + 1).code, YZ_ELIMIT);
    assert_int_equal(refund(l, "h1", "r1", YZ_USD / 2).available, 4 * YZ_USD + YZ_USD / 2);
    assert_true(refund(l, "h1", "r1", YZ_USD / 2).before);
    assert_int_equal(refund(l, "h1", "r2", YZ_USD / 2 + 1).code, YZ_ELIMIT);
    assert_int_equal(refund(l, "h9", "r3", 1).code, YZ_ENOTFOUND);
    assert_int_equal(faults(l), 0);
    sqlite_close(l);
}

/* What a request costs beyond its hold is taken from the account as far as it goes, and never below zero. */
static void test_beyond_the_hold(void **unused) {
    (void)unused;
    ledger *l = opened();
    credit(l, "a", "c", 100);
    hold(l, "a", "h", 60);
    yz_posted p = end(l, YZ_POSTING_CAPTURE, "h", 130);
    assert_true(p.amount == 100 && p.available == 0 && p.held == 0);
    assert_int_equal(refund(l, "h", "r", 101).code, YZ_ELIMIT);
    assert_int_equal(faults(l), 0);
    sqlite_close(l);
}

static void test_malformed(void **unused) {
    (void)unused;
    ledger *l = opened();
    assert_int_equal(credit(l, "a", "", 1).code, YZ_EINVAL);
    assert_int_equal(credit(l, "", "c", 1).code, YZ_EINVAL);
    assert_int_equal(credit(l, "a", "c", 0).code, YZ_EINVAL);
    assert_int_equal(credit(l, "a", "c", -1).code, YZ_EINVAL);
    assert_int_equal(credit(l, "a", "c", INT64_MAX).code, YZ_EINVAL);
    for (int i = 0; i < 4; i++) {
        char id[8];
        snprintf(id, sizeof id, "c%d", i);
        assert_int_equal(credit(l, "a", id, YZ_LEDGER_AMOUNT_MAX).code, YZ_OK);
    }
    assert_int_equal(credit(l, "a", "c9", 1).code, YZ_ELIMIT);
    assert_int_equal(end(l, YZ_POSTING_CAPTURE, "nothing", 1).code, YZ_ENOTFOUND);
    assert_int_equal(faults(l), 0);
    sqlite_close(l);
}

/* ---- time, files ---------------------------------------------------------------------------------------------------- */

static void test_expired(void **unused) {
    (void)unused;
    ledger *l = opened();
    credit(l, "a", "c", 100);
    yz_posted p = posted_now(
        l, (yz_posting){.kind = YZ_POSTING_HOLD, .account = YZ_STR("a"), .id = YZ_STR("h"), .amount = 70, .expires = writer_now() - 1});
    assert_int_equal(p.held, 70);
    sqlite_close(l); /* as if the gateway had died */
    l = opened();
    p = end(l, YZ_POSTING_CAPTURE, "h", 50);
    assert_true(p.before && p.state == YZ_HOLD_EXPIRED && p.amount == 0 && p.available == 100 && p.held == 0);
    assert_int_equal(faults(l), 0);
    sqlite_close(l);
}

static void test_entries_stay(void **unused) {
    (void)unused;
    ledger *l = opened();
    credit(l, "a", "c", 100);
    hold(l, "a", "h", 10);
    end(l, YZ_POSTING_RELEASE, "h", 0);
    sqlite_close(l);
    book b;
    char why[256];
    assert_int_equal(book_open(&b, file, why), YZ_OK);
    assert_int_not_equal(sqlite3_exec(b.db, "DELETE FROM entry", NULL, NULL, NULL), SQLITE_OK);
    assert_int_not_equal(sqlite3_exec(b.db, "UPDATE entry SET amount = 1", NULL, NULL, NULL), SQLITE_OK);
    assert_int_not_equal(sqlite3_exec(b.db, "DELETE FROM txn", NULL, NULL, NULL), SQLITE_OK);
    assert_int_not_equal(sqlite3_exec(b.db, "UPDATE hold SET state = 1", NULL, NULL, NULL), SQLITE_OK);
    book_close(&b);
    struct stat st;
    assert_int_equal(stat(file, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
}

/* Each change of the balances behind the entries' backs is found. */
static void test_audit_finds(void **unused) {
    (void)unused;
    static const char *const harms[] = {"UPDATE account SET available = available + 1",
                                        "UPDATE account SET held = held + 1",
                                        "UPDATE hold SET captured = captured + 1",
                                        "UPDATE hold SET refunded = 1",
                                        "INSERT INTO txn (kind, ref, created, detail) VALUES (1, 'x', 0, '')",
                                        "INSERT INTO entry (txn, book, account, amount) VALUES (1, 5, 1, 7)",
                                        "UPDATE usage SET captured = captured + 1",
                                        "DELETE FROM usage WHERE span = 86400",
                                        "INSERT INTO usage VALUES (86400, 0, 1, 'a', 'm', 'p', 1, 0, 0, 0, 5, 0, 0)"};
    for (size_t i = 0; i < sizeof harms / sizeof *harms; i++) {
        in_new_folder(NULL);
        ledger *l = opened();
        credit(l, "a", "c", 100);
        hold(l, "a", "h", 10);
        end(l, YZ_POSTING_CAPTURE, "h", 5);
        assert_int_equal(faults(l), 0);
        sqlite_close(l);
        book b;
        char why[256];
        assert_int_equal(book_open(&b, file, why), YZ_OK);
        assert_int_equal(sqlite3_exec(b.db, harms[i], NULL, NULL, NULL), SQLITE_OK);
        book_close(&b);
        l = opened();
        assert_true(faults(l) > 0);
        sqlite_close(l);
        without_folder(NULL);
    }
    in_new_folder(NULL);
}

static int64_t number(const char *sql) {
    book b;
    char why[256];
    assert_int_equal(book_open_to_read(&b, file, why), YZ_OK);
    int64_t n = pragma_value(&b, sql);
    book_close(&b);
    return n;
}

/* Summed by the writer or, where something is unusual, by the trigger: it is what the holds say, each once. */
static void test_usage_is_summed(void **unused) {
    (void)unused;
    static const char *const details[] = {"{\"by\":\"provider\",\"provider\":\"p\",\"input\":3,\"cached\":1,\"output\":2}",
                                          "{\"provider\":\"p\",\"input\":4,\"output\":2}",
                                          "{\"provider\":\"a\\\"b\",\"input\":5}",
                                          "no object",
                                          "{\"input\":1}",
                                          "{\"provider\":\"q\"}",
                                          ""};
    static char longest[USAGE_NAMES + 1];
    ledger *l = opened();
    credit(l, "a", "c", 1000000);
    memset(longest, 'm', USAGE_NAMES);
    for (int i = 0; i < 60; i++) {
        char id[16], key[16];
        snprintf(id, sizeof id, "h%d", i), snprintf(key, sizeof key, i % 3 ? "k%d" : "", i / 10);
        yz_posting p = {.kind = YZ_POSTING_HOLD,
                        .account = YZ_STR("a"),
                        .id = yz_str_of(id),
                        .amount = 100,
                        .expires = writer_now() + 60,
                        .model = yz_str_of(i % 9 ? "m" : longest),
                        .key = yz_str_of(key)};
        assert_int_equal(posted_now(l, p).code, YZ_OK);
        p = (yz_posting){YZ_POSTING, .kind = i % 10 ? YZ_POSTING_CAPTURE : YZ_POSTING_RELEASE, .id = yz_str_of(id), .amount = 90 + i,
                         .detail = yz_str_of(details[i % 7])};
        assert_int_equal(sqlite_post(l, &p, NULL, NULL), YZ_OK); /* many in one transaction */
    }
    end(l, YZ_POSTING_CAPTURE, "h1", 0);
    assert_int_equal(faults(l), 0);
    assert_int_equal(number("SELECT SUM(calls) FROM usage WHERE span = 3600"), 54);
    assert_int_equal(
        number("SELECT COUNT(*) FROM (SELECT span, start, account, key, model, provider, calls, input, cached, output, captured,"
               " absorbed FROM usage EXCEPT SELECT span, start, account, key, model, provider, COUNT(*), SUM(input), SUM(cached),"
               " SUM(output), SUM(captured), SUM(absorbed) FROM hold_usage GROUP BY 1, 2, 3, 4, 5, 6)"),
        0);
    assert_in_range(number("SELECT COUNT(*) FROM hold WHERE summed = 1"), 20, 50);
    sqlite_close(l);
}

static void test_backup(void **unused) {
    (void)unused;
    ledger *l = opened();
    credit(l, "a", "c", 100);
    char copy[128];
    snprintf(copy, sizeof copy, "%s/copy.db", folder);
    assert_int_equal(sqlite_backup(l, yz_str_of(copy)), YZ_OK);
    assert_int_equal(sqlite_backup(l, yz_str_of(copy)), YZ_EINVAL);
    struct stat st;
    assert_int_equal(stat(copy, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_int_equal(sqlite_backup(l, YZ_STR("/nowhere/copy.db")), YZ_EIO);
    assert_int_equal(sqlite_backup(l, YZ_STR("")), YZ_EINVAL);
    credit(l, "a", "c2", 100);
    sqlite_close(l);
    snprintf(file, sizeof file, "%s", copy);
    l = opened();
    assert_int_equal(credit(l, "a", "c", 100).available, 100);
    assert_int_equal(faults(l), 0);
    sqlite_close(l);
    snprintf(file, sizeof file, "%s/ledger.db", folder);
}

/* ---- against a model ------------------------------------------------------------------------------------------------ */

enum { ACCOUNTS_N = 3, HOLDS_N = 60, STEPS = 1500 };

typedef struct model {
    int64_t available[ACCOUNTS_N], held[ACCOUNTS_N];
    bool known[ACCOUNTS_N];
    struct {
        int account; /* -1: never held */
        yz_hold_state state;
        int64_t amount, captured, refunded;
    } holds[HOLDS_N];
} model;

static uint64_t seed;
static int64_t pick(int64_t below) {
    seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (int64_t)((seed >> 33) % (uint64_t)below);
}

static int64_t at_most(int64_t a, int64_t b) { return a < b ? a : b; }

static void step_credit(ledger *l, model *m, int step) {
    int a = (int)pick(ACCOUNTS_N);
    int64_t amount = 1 + pick(1000);
    char account[8], id[16];
    snprintf(account, sizeof account, "a%d", a), snprintf(id, sizeof id, "c%d", step);
    m->available[a] += amount, m->known[a] = true;
    for (int times = 0; times < 1 + (int)pick(2); times++)
        assert_int_equal(credit(l, account, id, amount).available, m->available[a]);
}

static void step_hold(ledger *l, model *m) {
    int a = (int)pick(ACCOUNTS_N), h = (int)pick(HOLDS_N);
    int64_t amount = 1 + pick(800);
    char account[8], id[16];
    snprintf(account, sizeof account, "a%d", a), snprintf(id, sizeof id, "h%d", h);
    yz_posted p = hold(l, account, id, amount);
    if (m->holds[h].account >= 0) {
        assert_int_equal(p.code, m->holds[h].account == a && m->holds[h].amount == amount ? YZ_OK : YZ_EINVAL);
        return;
    }
    assert_int_equal(p.code, !m->known[a] ? YZ_ENOTFOUND : m->available[a] < amount ? YZ_ELIMIT : YZ_OK);
    if (p.code != YZ_OK)
        return;
    m->holds[h].account = a, m->holds[h].amount = amount;
    m->available[a] -= amount, m->held[a] += amount;
    assert_true(p.available == m->available[a] && p.held == m->held[a]);
}

static void model_end(model *m, int h, bool capture, int64_t cost) {
    int a = m->holds[h].account;
    int64_t paid = capture ? at_most(cost, m->holds[h].amount + m->available[a]) : 0;
    m->available[a] += m->holds[h].amount - paid;
    m->held[a] -= m->holds[h].amount;
    m->holds[h].captured = paid;
    m->holds[h].state = capture ? YZ_HOLD_CAPTURED : YZ_HOLD_RELEASED;
}

static void step_end(ledger *l, model *m) {
    int h = (int)pick(HOLDS_N);
    bool capture = pick(3) > 0;
    int64_t cost = pick(1200);
    char id[16];
    snprintf(id, sizeof id, "h%d", h);
    yz_posted p = end(l, capture ? YZ_POSTING_CAPTURE : YZ_POSTING_RELEASE, id, cost);
    if (m->holds[h].account < 0) {
        assert_int_equal(p.code, YZ_ENOTFOUND);
        return;
    }
    assert_int_equal(p.before, m->holds[h].state != YZ_HOLD_OPEN);
    if (!p.before)
        model_end(m, h, capture, cost);
    int a = m->holds[h].account;
    assert_true(p.state == m->holds[h].state && p.amount == m->holds[h].captured);
    assert_true(p.available == m->available[a] && p.held == m->held[a]);
}

static void step_refund(ledger *l, model *m, int step) {
    int h = (int)pick(HOLDS_N);
    int64_t amount = 1 + pick(500);
    char of[16], id[16];
    snprintf(of, sizeof of, "h%d", h), snprintf(id, sizeof id, "r%d", step);
    yz_posted p = refund(l, of, id, amount);
    bool fits = m->holds[h].account >= 0 && m->holds[h].refunded + amount <= m->holds[h].captured;
    assert_int_equal(p.code, m->holds[h].account < 0 ? YZ_ENOTFOUND : fits ? YZ_OK : YZ_ELIMIT);
    if (!fits)
        return;
    m->holds[h].refunded += amount;
    m->available[m->holds[h].account] += amount;
    assert_int_equal(p.available, m->available[m->holds[h].account]);
    assert_true(refund(l, of, id, amount).before);
}

static void run_model(uint64_t from) {
    seed = from;
    model m = {0};
    for (int h = 0; h < HOLDS_N; h++)
        m.holds[h].account = -1;
    ledger *l = opened();
    for (int step = 0; step < STEPS; step++) {
        int64_t what = pick(100);
        if (what < 15) {
            step_credit(l, &m, step);
        } else if (what < 50) {
            step_hold(l, &m);
        } else if (what < 85) {
            step_end(l, &m);
        } else if (what < 99) {
            step_refund(l, &m, step);
        } else {
            sqlite_close(l);
            l = opened();
        }
    }
    assert_int_equal(faults(l), 0);
    sqlite_close(l);
}

static void test_model(void **unused) {
    (void)unused;
    for (uint64_t from = 1; from <= 3; from++) {
        in_new_folder(NULL);
        print_message("seed %" PRIu64 "\n", from);
        run_model(from);
        without_folder(NULL);
    }
    in_new_folder(NULL);
}

/* ---- many at once --------------------------------------------------------------------------------------------------- */

enum { THREADS = 8, EACH = 25, AFFORDED = 37 };

typedef struct client {
    pthread_t thread;
    ledger *l;
    int number, admitted;
} client;

static void *client_run(void *arg) {
    client *c = arg;
    for (int i = 0; i < EACH; i++) {
        char id[32];
        snprintf(id, sizeof id, "t%d-%d", c->number, i);
        yz_posted p = hold(c->l, "a", id, 10);
        if (p.code != YZ_OK && p.code != YZ_ELIMIT)
            return c;
        c->admitted += p.code == YZ_OK;
        /* Nobody waits for the end. */
        if (p.code == YZ_OK)
            sqlite_post(c->l, &(yz_posting){YZ_POSTING, .kind = YZ_POSTING_CAPTURE, .id = yz_str_of(id), .amount = 10}, NULL, NULL);
    }
    return NULL;
}

static void count_captured(void *arg, const yz_ledger_row *row) { *(int64_t *)arg += row->captured; }

static void test_exactly_as_many(void **unused) {
    (void)unused;
    ledger *one = opened(), *two = opened(); /* as two gateways would */
    credit(one, "a", "c", AFFORDED * 10 + 9);
    client clients[THREADS];
    for (int i = 0; i < THREADS; i++) {
        clients[i] = (client){.l = i % 2 ? one : two, .number = i};
        assert_int_equal(pthread_create(&clients[i].thread, NULL, client_run, &clients[i]), 0);
    }
    int admitted = 0;
    for (int i = 0; i < THREADS; i++) {
        void *failed_client;
        pthread_join(clients[i].thread, &failed_client);
        assert_null(failed_client);
        admitted += clients[i].admitted;
    }
    assert_int_equal(admitted, AFFORDED);
    sqlite_close(two);
    sqlite_close(one); /* writes what nobody waited for */
    ledger *l = opened();
    int64_t captured = 0;
    assert_int_equal(
        sqlite_read(l, &(yz_ledger_query){YZ_LEDGER_QUERY, .what = YZ_LEDGER_HOLDS, .account = YZ_STR("a")}, count_captured, &captured),
        YZ_OK);
    assert_int_equal(captured, AFFORDED * 10);
    assert_int_equal(faults(l), 0);
    sqlite_close(l);
}

/* ---- a full disk ---------------------------------------------------------------------------------------------------- */

/* No file of this process grows beyond what the log has now. */
static void let_grow(bool yes) {
    char name[128];
    struct stat st = {0};
    struct rlimit limit;
    snprintf(name, sizeof name, "%s-wal", file);
    getrlimit(RLIMIT_FSIZE, &limit);
    limit.rlim_cur = yes || stat(name, &st) != 0 ? limit.rlim_max : (rlim_t)st.st_size;
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

/* Holds are refused, nothing of them stays, and the end of a request waits until there is room again. */
static void test_full_disk(void **unused) {
    (void)unused;
    ledger *l = opened();
    credit(l, "a", "c", 1000);
    assert_int_equal(hold(l, "a", "first", 100).code, YZ_OK);
    let_grow(false);
    int64_t held_n = 1;
    yz_posted p;
    char id[YZ_LEDGER_NAME_MAX];
    do {
        snprintf(id, sizeof id, "h%0150" PRId64, held_n);
        p = hold(l, "a", id, 1);
    } while (p.code == YZ_OK && ++held_n < 1000);
    assert_int_equal(p.code, YZ_EIO);
    char long_detail[YZ_LEDGER_DETAIL_MAX];
    memset(long_detail, ' ', sizeof long_detail);
    sqlite_post(l,
                &(yz_posting){YZ_POSTING, .kind = YZ_POSTING_CAPTURE, .id = YZ_STR("first"), .amount = 60,
                              .detail = {long_detail, sizeof long_detail}},
                NULL, NULL);
    assert_int_equal(hold(l, "a", id, 1).code, YZ_EIO); /* so the end was tried before */
    let_grow(true);
    for (int i = 0; i < 500; i++) {
        p = end(l, YZ_POSTING_RELEASE, "first", 0);
        if (p.code == YZ_OK)
            break;
        usleep(10000);
    }
    assert_true(p.before && p.state == YZ_HOLD_CAPTURED && p.amount == 60);
    assert_true(p.available == 1000 - 60 - (held_n - 1) && p.held == held_n - 1);
    assert_int_equal(hold(l, "a", id, 1).code, YZ_OK);
    assert_int_equal(faults(l), 0);
    sqlite_close(l);
}

static void test_refused_files(void **unused) {
    (void)unused;
    void *l = NULL;
    yz_diag diag = {0};
    assert_int_equal(sqlite_open(&(config){.path = YZ_STR("ledger.db")}, &l, &diag), YZ_EINVAL);
    FILE *f = fopen(file, "w");
    fputs("this is no database, but a text that is longer than the head of one: a hundred bytes and some more of them", f);
    fclose(f);
    assert_int_equal(sqlite_open(&(config){.path = yz_str_of(file)}, &l, &diag), YZ_EIO);
    assert_int_equal(diag.errors, 2);
    yz_diag_free(&diag);
}

/* ---- wills ---------------------------------------------------------------------------------------------------------- */

static uint64_t will(ledger *l, yz_posting_kind kind, const char *id, int64_t amount, uint64_t number) {
    return sqlite_will(
        l, &(yz_posting){YZ_POSTING, .kind = kind, .id = yz_str_of(id), .amount = amount, .detail = YZ_STR("{\"w\":1}"), .will = number});
}

/* A gateway with several holds under way, that is killed. */
static void live_and_die(void) {
    ledger *l = opened();
    credit(l, "a", "c1", YZ_USD);
    for (int i = 1; i <= 6; i++)
        hold(l, "a", (char[]){'h', (char)('0' + i), 0}, 1000);
    will(l, YZ_POSTING_CAPTURE, "h1", 10, 0);
    uint64_t second = will(l, YZ_POSTING_RELEASE, "h2", 0, 0);
    will(l, YZ_POSTING_CAPTURE, "h2", 20, second);
    uint64_t third = will(l, YZ_POSTING_CAPTURE, "h3", 30, 0);
    will(l, YZ_POSTING_NONE, "", 0, third);
    uint64_t fourth = will(l, YZ_POSTING_CAPTURE, "h4", 40, 0);
    assert_int_equal(end(l, YZ_POSTING_CAPTURE, "h4", 44).code, YZ_OK); /* its will is overtaken */
    (void)fourth;
    book other; /* nothing is written from here on: what is posted is in this process's memory, and a will */
    char why[256];
    assert_int_equal(book_open(&other, file, why), YZ_OK);
    assert_int_equal(book_run(&other, BOOK_BEGIN, ""), SQLITE_DONE);
    uint64_t fifth = will(l, YZ_POSTING_RELEASE, "h5", 0, 0);
    sqlite_post(
        l, &(yz_posting){YZ_POSTING, .kind = YZ_POSTING_CAPTURE, .id = YZ_STR("h5"), .amount = 50, .detail = YZ_STR("{}"), .will = fifth},
        NULL, NULL);
    sqlite_post(l, &(yz_posting){YZ_POSTING, .kind = YZ_POSTING_CAPTURE, .id = YZ_STR("h6"), .amount = 60, .detail = YZ_STR("{}")}, NULL,
                NULL);
    will(l, YZ_POSTING_CAPTURE, "never-held", 70, 0);
    raise(SIGKILL);
}

static void take_state(void *arg, const yz_ledger_row *row) {
    int64_t *charged = arg;
    charged[row->id.p[1] - '0'] = row->state == YZ_HOLD_OPEN ? -1 : row->captured;
}

static void test_wills(void **unused) {
    (void)unused;
    pid_t child = fork();
    if (child == 0) {
        live_and_die();
        _exit(1);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    for (int again = 0; again < 2; again++) { /* a second time nothing is left to do */
        ledger *l = opened();
        int64_t charged[10] = {0};
        assert_int_equal(sqlite_read(l, &(yz_ledger_query){YZ_LEDGER_QUERY, .what = YZ_LEDGER_HOLDS}, take_state, charged), YZ_OK);
        static const int64_t expected[10] = {0, 10, 20, -1, 44, 50, 60};
        for (int i = 1; i <= 6; i++)
            if (charged[i] != expected[i])
                fail_msg("h%d: %lld", i, (long long)charged[i]);
        assert_int_equal(faults(l), 0);
        sqlite_close(l);
    }
}

/* A gateway that lives keeps its wills: another one that opens the same ledger does not carry them out. */
static void test_wills_of_the_living(void **unused) {
    (void)unused;
    ledger *l = opened();
    credit(l, "a", "c1", YZ_USD);
    hold(l, "a", "h1", 1000);
    uint64_t number = will(l, YZ_POSTING_CAPTURE, "h1", 10, 0);
    assert_int_not_equal(number, 0);
    ledger *other = opened();
    assert_int_equal(
        posted_now(other, (yz_posting){.kind = YZ_POSTING_CREDIT, .account = YZ_STR("a"), .id = YZ_STR("c2"), .amount = 1}).held, 1000);
    sqlite_close(other);
    assert_int_equal(end(l, YZ_POSTING_RELEASE, "h1", 0).state, YZ_HOLD_RELEASED);
    will(l, YZ_POSTING_NONE, "", 0, number);
    sqlite_close(l);
    char name[160];
    snprintf(name, sizeof name, "%s-wills-0", file);
    assert_int_not_equal(access(name, F_OK), 0);
}

int main(void) {
#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, in_new_folder, without_folder)
    const struct CMUnitTest tests[] = {
        IN_FOLDER(test_each),         IN_FOLDER(test_beyond_the_hold),     IN_FOLDER(test_malformed),       IN_FOLDER(test_expired),
        IN_FOLDER(test_entries_stay), IN_FOLDER(test_audit_finds),         IN_FOLDER(test_usage_is_summed), IN_FOLDER(test_backup),
        IN_FOLDER(test_model),        IN_FOLDER(test_exactly_as_many),     IN_FOLDER(test_refused_files),   IN_FOLDER(test_full_disk),
        IN_FOLDER(test_wills),        IN_FOLDER(test_wills_of_the_living),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
