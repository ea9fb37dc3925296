/* test_migration.c: a file of every version that there ever was, with money in it, is opened by this one: nothing of it changes, what was
 * posted stays posted, and what was open goes on. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/diag.h"
#include "ledger_versions.h"

#include <sys/stat.h>

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

/* What ledger_versions.h expects, as the first version wrote it. */
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

/* What the eleventh made of its day when that was over; the twelfth sums it further. */
static const char OF_THE_ELEVENTH[] =
#define DAY_SUMS "calls, input, cached, output, captured, absorbed, refunded FROM usage WHERE span = 86400"
    "INSERT INTO usage_part SELECT 1, 86400, start, account, key, '', '', " DAY_SUMS ";"
    "INSERT INTO usage_part SELECT 2, 86400, start, 0, '', model, provider, " DAY_SUMS ";"
    "INSERT INTO usage_part SELECT 3, 0, 0, account, '', '', '', " DAY_SUMS ";"
    "INSERT INTO usage_part SELECT 4, 86400, start, 0, '', '', '', " DAY_SUMS ";"
#undef DAY_SUMS
    "UPDATE usage_rolled SET until = 1700092800 WHERE span = 86400;";
enum { ELEVENTH = 11 };

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
        if (i + 1 == ELEVENTH)
            run_script(db, OF_THE_ELEVENTH);
    }
    snprintf(stamp, sizeof stamp, "PRAGMA user_version = %lld; PRAGMA application_id = " APPLICATION, (long long)version);
    run_script(db, stamp);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static const lp_store store = {.ops = &ops};

static void each_version_is_opened(void **unused) {
    for (int64_t version = 1; version <= VERSION; version++) {
        if (version > 1) {
            without_folder(unused);
            in_new_folder(unused);
        }
        write_version(version);
        for (int i = 0; i < 2; i++) {
            ledger *l = opened();
            lv_assert_kept(&store, l);
            sqlite_close(l);
        }
        ledger *l = opened();
        lv_assert_goes_on(&store, l);
        sqlite_close(l);
        l = opened();
        lv_adds_up(&store, l);
        sqlite_close(l);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test_setup_teardown(each_version_is_opened, in_new_folder, without_folder)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
