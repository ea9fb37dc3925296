/* test_property.c: the ledger against the model of ledger_property.h; ten million steps take YUZUI_LONG=1. In memory where the machine has
 * such a folder: what is tried is what is written, not that a disk holds it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/diag.h"
#include "ledger_contract.h"
#include "ledger_removed.h"
#include "ledger_sums.h"

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

static char folder[64], file[128];
static int64_t keep; /* s */
static int crashes;

static void remove_files(void) {
    static const char *const ends[] = {"", "-wal", "-shm"};
    char name[160];
    for (size_t i = 0; i < 3; i++) {
        snprintf(name, sizeof name, "%s%s", file, ends[i]);
        unlink(name);
    }
}

static void fresh(void) {
    remove_files();
    snprintf(file, sizeof file, "%s/ledger.db", folder);
    remove_files();
    crashes = 0;
}

static void *open_it(void) {
    void *l = NULL;
    yz_diag diag = {0};
    if (sqlite_open(&(config){.path = yz_str_of(file), .keep = keep * 1000}, &l, &diag) != YZ_OK)
        print_error("%.*s\n", (int)diag.text.n, diag.text.p);
    yz_diag_free(&diag);
    if (l)
        sqlite_serve(l);
    return l;
}

static void copy(const char *from, const char *to, const char *end) {
    char source[160], target[160], bytes[65536];
    snprintf(source, sizeof source, "%s%s", from, end), snprintf(target, sizeof target, "%s%s", to, end);
    FILE *in = fopen(source, "rb"), *out = in ? fopen(target, "wb") : NULL;
    for (size_t n; in && out && (n = fread(bytes, 1, sizeof bytes, in)) > 0;)
        fwrite(bytes, 1, n, out);
    if (out)
        fclose(out);
    if (in)
        fclose(in);
}

/* The files as they are at this moment, nothing closed, are what a process that is killed leaves. The old ones go on and are forgotten. */
static void crash(void) {
    char next[128], old[128];
    snprintf(next, sizeof next, "%s/after-%d.db", folder, ++crashes);
    copy(file, next, "");
    copy(file, next, "-wal");
    copy(file, next, "-wills-0");
    memcpy(old, file, sizeof old);
    remove_files(); /* open files stay, for whoever has them open */
    memcpy(file, next, sizeof file);
}

static const lp_store store = {&ops, fresh, open_it, crash, 0, 0}, one_gateway = {&ops, fresh, open_it, crash, 1, 0};
static const lp_store forgetful = {&ops, fresh, open_it, crash, 0, 2500}, forgetful_alone = {&ops, fresh, open_it, crash, 1, 2500};

static int in_folder(void **state) {
    (void)state;
    struct stat st;
    strcpy(folder, stat("/dev/shm", &st) == 0 ? "/dev/shm/test_property.XXXXXX" : "/tmp/test_property.XXXXXX");
    assert_non_null(mkdtemp(folder));
    snprintf(file, sizeof file, "%s/ledger.db", folder);
    return 0;
}
static int out_of_folder(void **state) {
    (void)state;
    remove_files();
    return rmdir(folder);
}

static bool is_long(void) { return getenv("YUZUI_LONG") && strcmp(getenv("YUZUI_LONG"), "1") == 0; }

static void it_does_what_the_model_does(void **state) {
    (void)state;
    lease_rich = YZ_LEDGER_TOTAL_MAX; /* nothing is lent */
    for (uint64_t seed = 1; seed <= (is_long() ? 6700 : 4); seed++)
        assert_int_equal(lp_check(&store, seed, 1500, false), 0);
}

/* It lends as much as it can: holds come out of it, what it lacks is given back for. */
static void lent_or_not_is_the_same(void **state) {
    (void)state;
    lease_rich = 1, lease_share = 2;
    lp_covered = 0;
    for (uint64_t seed = 1; seed <= (is_long() ? 3300 : 4); seed++)
        assert_int_equal(lp_check(&one_gateway, seed, 1500, false), 0);
    assert_in_range(lp_covered, 100, INT32_MAX);
    print_message("%d holds were covered\n", lp_covered);
}

/* Time passes, and what is older than is kept goes: nothing else is different. */
static void old_things_go(void **state) {
    (void)state;
    keep = forgetful.keep;
    lease_rich = YZ_LEDGER_TOTAL_MAX;
    for (uint64_t seed = 101; seed <= 100 + (is_long() ? 3300 : 3); seed++)
        assert_int_equal(lp_check(&forgetful, seed, 1500, false), 0);
    lease_rich = 1, lease_share = 2;
    for (uint64_t seed = 201; seed <= 200 + (is_long() ? 1700 : 3); seed++)
        assert_int_equal(lp_check(&forgetful_alone, seed, 1500, false), 0);
    keep = 0;
}

/* The test of the test: against a model that allows any refund, it fails, and what is left is what is needed for it. */
static void a_mistake_is_found_and_shrunk(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed <= 3; seed++)
        assert_in_range(lp_check(&store, seed, 400, true), 1, 4);
}

static void one_winner(void **state) {
    (void)state;
    lc_one_winner(&store);
}
static void odd_questions(void **state) {
    (void)state;
    lc_odd_questions(&store);
}
static void holds_by_time(void **state) {
    (void)state;
    lc_times(&one_gateway);
}

/* A number that the file says; or a change of it. */
static int64_t ask_file(const char *sql) {
    sqlite3 *db;
    sqlite3_stmt *s = NULL;
    assert_int_equal(sqlite3_open(file, &db), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &s, NULL), SQLITE_OK);
    int64_t n = sqlite3_step(s) == SQLITE_ROW ? sqlite3_column_int64(s, 0) : -1;
    sqlite3_finalize(s);
    sqlite3_close(db);
    return n;
}
static int64_t rolled(void) { return ask_file("SELECT MIN(until) FROM usage_rolled"); }
static void sums(void **state) {
    (void)state;
    ls_sums(&(ls_store){&one_gateway, rolled});
}

static int64_t rows_of(const char *table) {
    char sql[64];
    snprintf(sql, sizeof sql, "SELECT COUNT(*) FROM %s", table);
    return ask_file(sql);
}
static void harm(const char *id) {
    char sql[96];
    snprintf(sql, sizeof sql, "UPDATE hold SET captured = captured + 1 WHERE id = '%s'", id);
    ask_file(sql);
}
static const lr_store removing = {&one_gateway, &keep, rows_of, harm};
static void old_requests_go(void **state) {
    (void)state;
    lease_rich = 1, lease_share = 2;
    lr_old_requests_go(&removing);
}
static void faults_stay(void **state) {
    (void)state;
    lr_faults_stay(&removing);
}
static void old_jobs_go(void **state) {
    (void)state;
    lr_old_jobs_go(&removing);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(it_does_what_the_model_does, in_folder, out_of_folder),
        cmocka_unit_test_setup_teardown(lent_or_not_is_the_same, in_folder, out_of_folder),
        cmocka_unit_test_setup_teardown(old_things_go, in_folder, out_of_folder),
        cmocka_unit_test_setup_teardown(a_mistake_is_found_and_shrunk, in_folder, out_of_folder),
        cmocka_unit_test_setup_teardown(one_winner, in_folder, out_of_folder),
        cmocka_unit_test_setup_teardown(odd_questions, in_folder, out_of_folder),
        cmocka_unit_test_setup_teardown(holds_by_time, in_folder, out_of_folder),
        cmocka_unit_test_setup_teardown(old_requests_go, in_folder, out_of_folder),
        cmocka_unit_test_setup_teardown(faults_stay, in_folder, out_of_folder),
        cmocka_unit_test_setup_teardown(old_jobs_go, in_folder, out_of_folder),
        cmocka_unit_test_setup_teardown(sums, in_folder, out_of_folder),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
