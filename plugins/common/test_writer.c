/* test_writer.c: the thread that writes postings, over a database that takes none: what is told of those that were never tried. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lease.c"
#include "queue.c"
#include "wills.c"
#include "writer.c"

static bool write_none(void *db, writer_item *first, const writer_item *end, int64_t now) {
    (void)db, (void)now;
    for (writer_item *it = first; it != end; it = it->next)
        it->posted = (yz_posted){YZ_POSTED, .code = YZ_EIO};
    return false;
}
static bool never(void *db) {
    (void)db;
    return false;
}
static int no_expiry(void *db, int64_t now, int most) {
    (void)db, (void)now, (void)most;
    return 0;
}
static const char *full(void *db) {
    (void)db;
    return "the disk is full";
}
static const writer_store broken = {.name = "broken", .batch = 2, .write = write_none, .ready = never, .expire = no_expiry, .why = full};

static int told;
static void on_done(void *arg, const yz_posted *posted) {
    (void)arg;
    told = posted->code;
}

static int carried;
static bool carry(void *arg, const yz_posting *posting) {
    (void)arg;
    carried += posting->kind == YZ_POSTING_CAPTURE;
    return true;
}

/* More wait than one transaction takes, so most of them are never tried: their charges are for the next process. */
static void what_was_never_written_is_not_done(void **state) {
    (void)state;
    char folder[] = "/tmp/test_writer.XXXXXX", base[64];
    assert_non_null(mkdtemp(folder));
    snprintf(base, sizeof base, "%s/ledger", folder);
    writer *w = writer_start(&broken, NULL, base);
    assert_non_null(w);
    for (int i = 0; i < 5; i++) {
        char id[8];
        snprintf(id, sizeof id, "h%d", i);
        yz_posting end = {YZ_POSTING, .kind = YZ_POSTING_CAPTURE, .id = yz_str_of(id), .amount = 1, .detail = YZ_STR("{}")};
        assert_int_equal(writer_post(w, &end, NULL, NULL), YZ_OK);
    }
    yz_posting credit = {YZ_POSTING, .kind = YZ_POSTING_CREDIT, .account = YZ_STR("a"), .id = YZ_STR("c"), .amount = 1};
    told = YZ_OK;
    assert_int_equal(writer_post(w, &credit, on_done, NULL), YZ_OK);
    writer_close(w);
    assert_int_equal(told, YZ_EIO);
    wills_recover(base, carry, NULL);
    assert_int_equal(carried, 5);
    assert_int_equal(rmdir(folder), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(what_was_never_written_is_not_done)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
