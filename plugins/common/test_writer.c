/* test_writer.c: the thread that writes postings, over a database that takes none, or whose answer is lost: what is
 * told of those that were never tried, or perhaps done. */
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

/* A database that writes, and whose answer is lost; then it is away for some tries; then it finds what it has written. */
static int away, tries;
static bool write_and_lose(void *db, writer_item *first, const writer_item *end, int64_t now) {
    (void)db, (void)now;
    bool lost = tries++ == 0, ok = !lost && away-- <= 0;
    for (writer_item *it = first; it != end; it = it->next) {
        it->doubt |= lost;
        it->posted = (yz_posted){YZ_POSTED, .code = ok ? YZ_OK : YZ_EIO, .before = ok};
    }
    return ok;
}
static bool back(void *db) {
    (void)db;
    return away <= 0;
}
static const writer_store forgetful = {
    .name = "forgetful", .batch = 9, .write = write_and_lose, .ready = back, .expire = no_expiry, .why = full};

static yz_posted answers[2];
static _Atomic int answered;
static void on_answer(void *arg, const yz_posted *posted) {
    *(yz_posted *)arg = *posted;
    answered++;
}

/* At once, or when it is back: nobody is told meanwhile that nothing was done, and a hold is its own poster's to give back. */
static void what_may_be_written_is_asked_again(void **state) {
    (void)state;
    for (int i = 0; i < 2; i++) {
        tries = 0, away = 2 * i, answered = 0;
        writer *w = writer_start(&forgetful, NULL, NULL);
        assert_non_null(w);
        yz_posting hold = {YZ_POSTING, .kind = YZ_POSTING_HOLD, .account = YZ_STR("a"), .id = YZ_STR("h"), .amount = 1}, credit = hold;
        credit.kind = YZ_POSTING_CREDIT, credit.id = YZ_STR("c");
        assert_int_equal(writer_post(w, &hold, on_answer, &answers[0]), YZ_OK);
        while (answered < 1)
            usleep(1000);
        assert_int_equal(answers[0].code, YZ_OK);
        assert_false(answers[0].before);
        assert_int_equal(writer_post(w, &credit, on_answer, &answers[1]), YZ_OK); /* the thread counts right who waits */
        while (answered < 2)
            usleep(1000);
        assert_true(answers[1].code == YZ_OK && answers[1].before);
        writer_close(w);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(what_was_never_written_is_not_done),
                                       cmocka_unit_test(what_may_be_written_is_asked_again)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
