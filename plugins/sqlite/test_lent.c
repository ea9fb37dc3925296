/* test_lent.c: what the ledger in a file lends (ledger_lent.h). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/diag.h"
#include "ledger_lent.h"

#include <stdio.h>

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

static char folder[64], file[96];

static void remove_folder(void) {
    static const char *const ends[] = {"", "-wal", "-shm", "-wills-0", "-wills-1"};
    char name[128];
    for (size_t i = 0; folder[0] && i < sizeof ends / sizeof *ends; i++) {
        snprintf(name, sizeof name, "%s%s", file, ends[i]);
        unlink(name);
    }
    rmdir(folder);
}

static void fresh(void) {
    remove_folder();
    strcpy(folder, "/tmp/test_lent.XXXXXX");
    assert_non_null(mkdtemp(folder));
    snprintf(file, sizeof file, "%s/ledger.db", folder);
}

static void *open_it(void) {
    void *l = NULL;
    yz_diag diag = {0};
    if (sqlite_open(&(config){.path = yz_str_of(file)}, &l, &diag) != YZ_OK)
        print_error("%.*s\n", (int)diag.text.n, diag.text.p);
    yz_diag_free(&diag);
    return l;
}

static const lp_store base = {&ops, fresh, open_it, NULL, 0, 0};

static int64_t number(const char *sql) {
    book b;
    char why[256];
    assert_int_equal(book_open_to_read(&b, file, why), YZ_OK);
    int64_t n = pragma_value(&b, sql);
    book_close(&b);
    return n;
}
static int64_t leases_open(void) { return number("SELECT COUNT(*) FROM lease WHERE ended = 0"); }
static void age(void) { yz_clock_skip((LEASE_LIFE + 1) * 1000); }

/* Another process's transaction, during which nobody else writes. */
static book theirs;
static void stick(void) {
    char why[256];
    assert_int_equal(book_open(&theirs, file, why), YZ_OK);
    assert_int_equal(book_run(&theirs, BOOK_BEGIN, ""), SQLITE_DONE);
}
static void meanwhile(const yz_posting *posting) {
    yz_posted posted;
    assert_true(lent_expire(&theirs, writer_now()) > 0);
    assert_int_equal(post_one(&theirs, posting, true, writer_now(), &posted), YZ_OK);
    assert_int_equal(posted.code, YZ_OK);
}
static void go_on(void) {
    assert_int_equal(book_run(&theirs, BOOK_COMMIT, ""), SQLITE_DONE);
    book_close(&theirs);
}

static const ll_store store = {&base, leases_open, age, stick, meanwhile, go_on};

static void lending(void **unused) {
    (void)unused;
    ll_all(&store);
    remove_folder();
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(lending)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
