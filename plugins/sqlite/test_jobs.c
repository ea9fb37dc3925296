/* test_jobs.c: the jobs of the ledger in a file (ledger_jobs.h), what its tables refuse, what its audit finds, and a disk that is full. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/diag.h"
#include "ledger_jobs.h"

#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
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

static void fresh(void) {
    without_folder(NULL);
    in_new_folder(NULL);
}
static void *open_it(void) { return opened(); }

/* Another process's transaction, during which nobody else writes. */
static book theirs;
static void stick(void) {
    char why[BOOK_WHY];
    assert_int_equal(book_open(&theirs, file, why), YZ_OK);
    assert_int_equal(book_run(&theirs, BOOK_BEGIN, ""), SQLITE_DONE);
}
static void go_on(void) {
    assert_int_equal(book_run(&theirs, BOOK_COMMIT, ""), SQLITE_DONE);
    book_close(&theirs);
}

static const lp_store base = {&ops, fresh, open_it, NULL, 0, 0};
static const lj_store store = {&base, stick, go_on};

static void every_ledgers_jobs(void **unused) {
    (void)unused;
    lj_all(&store);
}

static int run_sql(const char *sql) {
    book b;
    char why[BOOK_WHY];
    assert_int_equal(book_open(&b, file, why), YZ_OK);
    int code = sqlite3_exec(b.db, sql, NULL, NULL, NULL);
    book_close(&b);
    return code;
}

static void tables_and_audit(void **unused) {
    (void)unused;
    static const char *const refused[] = {"UPDATE job SET look = 5 WHERE id = 'over'", "UPDATE job SET detail = '' WHERE id = 'over'",
                                          "DELETE FROM job WHERE id = 'open'", "UPDATE job SET revision = 0 WHERE id = 'open'",
                                          "UPDATE job SET look = -1 WHERE id = 'open'"};
    lp_run run;
    lj_open(&run, &base);
    lj_posts(&run, lj_job("open", 0, 9, "{}"), YZ_OK, false, 1);
    lj_posts(&run, lj_job("over", 0, 0, "{}"), YZ_OK, false, 1);
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
        assert_int_equal(run_sql(refused[i]), SQLITE_CONSTRAINT);
    assert_true(lp_audit(&run));
    assert_int_equal(run_sql("UPDATE job SET ended = 7 WHERE id = 'open'"), SQLITE_OK);
    assert_false(lp_audit(&run));
    assert_non_null(strstr(run.why, "acme open: the job"));
    lp_close(&run);
}

/* How the database goes about it. */
static void plan_of(yz_ledger_query query, char *out, size_t room) {
    book b;
    char why[BOOK_WHY];
    take_row *take;
    query.size = sizeof query, query.what = YZ_LEDGER_JOBS;
    assert_int_equal(book_open_to_read(&b, file, why), YZ_OK);
    char *sql = sqlite3_mprintf("EXPLAIN QUERY PLAN %s", statement_of(&query, false, &take));
    sqlite3_stmt *s = NULL;
    assert_int_equal(sqlite3_prepare_v2(b.db, sql, -1, &s, NULL), SQLITE_OK);
    out[0] = 0;
    for (size_t n; sqlite3_step(s) == SQLITE_ROW;) {
        n = strlen(out);
        snprintf(out + n, room - n, "%s; ", (const char *)sqlite3_column_text(s, 3));
    }
    sqlite3_finalize(s);
    sqlite3_free(sql);
    book_close(&b);
}

/* However many jobs there have been, none is read in vain, and nothing is sorted. */
static void questions_go_by_an_index(void **unused) {
    (void)unused;
    static const struct {
        yz_ledger_query query;
        const char *plan;
    } all[] = {{{.to = 5}, "SEARCH job USING INDEX job_due (look>? AND look<?); "},
               {{.to = 5, .account = {"a", 1}}, "SEARCH job USING INDEX job_due (look>? AND look<?); "},
               {{.account = {"a", 1}}, "SEARCH job USING INDEX job_owner (owner=? AND rowid<?); "},
               {{.id = {"a", 1}}, "SEARCH job USING INDEX sqlite_autoindex_job_1 (id=?); "},
               {{.size = 0}, "SEARCH job USING INTEGER PRIMARY KEY (rowid<?); "}};
    char plan[512];
    sqlite_close(opened());
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        plan_of(all[i].query, plan, sizeof plan);
        assert_string_equal(plan, all[i].plan);
    }
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

/* Who waits is told, and nothing of it is there; what nobody waits for is written once there is room again, with its refund, once. */
static void a_full_disk(void **unused) {
    (void)unused;
    static char text[YZ_LEDGER_DETAIL_MAX];
    lp_run run;
    lj_open(&run, &base);
    lj_posts(&run, lj_job("j", 0, 9, "{}"), YZ_OK, false, 1);
    memset(text, ' ', sizeof text);
    const yz_posting refund = lj_refund("r", "h1", 0), other = lj_refund("other", "h1", 5);
    yz_posting asked = lj_job("asked", 0, 0, "{}"), p = lj_job("j", 1, 0, "{}");
    asked.detail = p.detail = yz_str_at(text, sizeof text), asked.with = &other, p.with = &refund;
    let_grow(false);
    lj_posts(&run, asked, YZ_EIO, false, 0);
    assert_int_equal(sqlite_post(run.gateways[0], &p, NULL, NULL), YZ_OK);
    lj_posts(&run, asked, YZ_EIO, false, 0); /* so the other was tried before */
    assert_null(lj_find(&run, "asked"));
    assert_int_equal(lj_find(&run, "j")->numbers.amount, 1);
    let_grow(true);
    for (int i = 0; i < 500 && lj_find(&run, "j")->numbers.amount < 2; i++)
        usleep(10000);
    lj_posts(&run, p, YZ_OK, true, 2);
    assert_int_equal(lj_available(&run), LJ_AVAILABLE + 100000);
    lj_close(&run);
}

int main(void) {
#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, in_new_folder, without_folder)
    const struct CMUnitTest tests[] = {IN_FOLDER(every_ledgers_jobs), IN_FOLDER(tables_and_audit), IN_FOLDER(questions_go_by_an_index),
                                       IN_FOLDER(a_full_disk)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
