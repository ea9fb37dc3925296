/* test_migration.c: a file of every version that there ever was, with money in it, is opened by this one: nothing of it changes, what was
 * posted stays posted, and what was open goes on. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/diag.h"

#include <sys/stat.h>

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
#include "usage.c"

#include "test_world.h"

/* As the first version wrote it: alice has paid in 10 USD; h1 held 4, cost 3, and 1 of them was given back; h2 holds 2 and is open. bob has
 * paid in 1, and h3 was released. */
static const char OF_THE_FIRST[] =
    "INSERT INTO account VALUES (1, 'alice', 6000000000, 2000000000, 1700000000), (2, 'bob', 1000000000, 0, 1700000000);"
    "INSERT INTO hold VALUES"
    " ('h1', 1, 4000000000, 'r1', 'gpt', 'p1', 1700000000, 1700003600, 1, 3000000000, 0, 1000000000, 1700007200,"
    "  '{\"provider\":\"openai\",\"input\":100,\"cached\":20,\"output\":50}'),"
    " ('h2', 1, 2000000000, 'r2', 'gpt', 'p1', 1700000000, 4000000000, 0, 0, 0, 0, 0, ''),"
    " ('h3', 2, 1000000000, 'r3', 'gpt', 'p1', 1700000000, 1700003600, 2, 0, 0, 0, 1700000001, '{}');"
    "INSERT INTO txn VALUES (1, 1, 'c1', NULL, 1700000000, ''), (2, 1, 'c2', NULL, 1700000000, ''), (3, 2, 'h1', 'h1', 1700000000, ''),"
    " (4, 2, 'h2', 'h2', 1700000000, ''), (5, 2, 'h3', 'h3', 1700000000, ''), (6, 3, 'h1', 'h1', 1700007200, ''),"
    " (7, 4, 'h3', 'h3', 1700000001, ''), (8, 5, 'f1', 'h1', 1700009000, '');"
    "INSERT INTO entry (txn, book, account, amount) VALUES (1, 1, 1, 10000000000), (1, 3, 1, -10000000000), (2, 1, 2, 1000000000),"
    " (2, 3, 2, -1000000000), (3, 1, 1, -4000000000), (3, 2, 1, 4000000000), (4, 1, 1, -2000000000), (4, 2, 1, 2000000000),"
    " (5, 1, 2, -1000000000), (5, 2, 2, 1000000000), (6, 1, 1, 1000000000), (6, 2, 1, -4000000000), (6, 4, 1, 3000000000),"
    " (7, 1, 2, 1000000000), (7, 2, 2, -1000000000), (8, 1, 1, 1000000000), (8, 4, 1, -1000000000);";

static void run_script(sqlite3 *db, const char *script) {
    char *why = NULL;
    if (sqlite3_exec(db, script, NULL, NULL, &why) != SQLITE_OK)
        fail_msg("%s", why);
}

static void write_version(int64_t version) {
    char stamp[96];
    sqlite3 *db;
    assert_int_equal(sqlite3_open(file, &db), SQLITE_OK);
    for (int64_t i = 0; i < version; i++) {
        run_script(db, MIGRATIONS[i]);
        if (i == 0)
            run_script(db, OF_THE_FIRST);
    }
    snprintf(stamp, sizeof stamp, "PRAGMA user_version = %lld; PRAGMA application_id = " APPLICATION, (long long)version);
    run_script(db, stamp);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static void keep_row(void *arg, const yz_ledger_row *row) { *(yz_ledger_row *)arg = *row; }

/* The one row that the question has, but for its texts. */
static yz_ledger_row row_of(ledger *l, yz_ledger_query query) {
    yz_ledger_row row = {0};
    query.size = sizeof query;
    assert_int_equal(sqlite_read(l, &query, keep_row, &row), YZ_OK);
    return row;
}

static void assert_kept(ledger *l) {
    yz_ledger_row alice = row_of(l, (yz_ledger_query){.what = YZ_LEDGER_ACCOUNTS, .account = YZ_STR("alice")});
    yz_ledger_row bob = row_of(l, (yz_ledger_query){.what = YZ_LEDGER_ACCOUNTS, .account = YZ_STR("bob")});
    yz_ledger_row used = row_of(l, (yz_ledger_query){.what = YZ_LEDGER_USAGE, .by = YZ_USAGE_BY_HOUR, .key = YZ_STR("alice")});
    yz_ledger_row h1 = row_of(l, (yz_ledger_query){.what = YZ_LEDGER_HOLDS, .id = YZ_STR("r1")});
    assert_int_equal(alice.available, 6 * YZ_USD);
    assert_int_equal(alice.held, 2 * YZ_USD);
    assert_int_equal(alice.amount, 10 * YZ_USD);
    assert_int_equal(alice.captured, 3 * YZ_USD);
    assert_int_equal(alice.refunded, 1 * YZ_USD);
    assert_int_equal(bob.available, 1 * YZ_USD);
    assert_int_equal(used.created, 1700006400); /* the hour in which it ended */
    assert_int_equal(used.calls, 1);
    assert_int_equal(used.input, 100);
    assert_int_equal(used.cached, 20);
    assert_int_equal(used.output, 50);
    assert_int_equal(used.captured, 3 * YZ_USD);
    assert_int_equal(used.refunded, 1 * YZ_USD);
    assert_int_equal(h1.captured, 3 * YZ_USD);
    assert_int_equal(h1.state, YZ_HOLD_CAPTURED);
    assert_int_equal(faults(l), 0);
}

static void assert_goes_on(ledger *l) {
    assert_true(credit(l, "alice", "c1", 10 * YZ_USD).before);
    assert_int_equal(credit(l, "alice", "c1", 9 * YZ_USD).code, YZ_EINVAL);
    assert_true(refund(l, "h1", "f1", 1 * YZ_USD).before);
    assert_int_not_equal(refund(l, "h1", "f2", 3 * YZ_USD).code, YZ_OK);
    assert_int_equal(refund(l, "h1", "f3", 2 * YZ_USD).code, YZ_OK);
    assert_true(end(l, YZ_POSTING_RELEASE, "h3", 0).before);
    assert_int_equal(end(l, YZ_POSTING_CAPTURE, "h2", 1 * YZ_USD).code, YZ_OK);
    assert_int_equal(hold(l, "alice", "h4", 9 * YZ_USD).code, YZ_OK); /* 6 + 2 + the half of h2's */
    assert_int_equal(hold(l, "alice", "h5", 1).code, YZ_ELIMIT);
    assert_int_equal(end(l, YZ_POSTING_RELEASE, "h4", 0).code, YZ_OK);
    yz_ledger_row used = row_of(l, (yz_ledger_query){.what = YZ_LEDGER_USAGE, .by = YZ_USAGE_BY_KEY, .key = YZ_STR("alice")});
    assert_int_equal(used.calls, 2);
    assert_int_equal(used.captured, 4 * YZ_USD);
    assert_int_equal(used.refunded, 3 * YZ_USD);
    assert_int_equal(faults(l), 0);
}

static void each_version_is_opened(void **unused) {
    for (int64_t version = 1; version <= VERSION; version++) {
        if (version > 1) {
            without_folder(unused);
            in_new_folder(unused);
        }
        write_version(version);
        for (int i = 0; i < 2; i++) {
            ledger *l = opened();
            assert_kept(l);
            sqlite_close(l);
        }
        ledger *l = opened();
        assert_goes_on(l);
        sqlite_close(l);
        l = opened();
        assert_int_equal(faults(l), 0);
        sqlite_close(l);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test_setup_teardown(each_version_is_opened, in_new_folder, without_folder)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
