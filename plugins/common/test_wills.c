/* test_wills.c: the file of wills: what a process that is gone has left there, whole or not, and how it grows. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "wills.c"

static char folder[64], base[96];

static int in_new_folder(void **state) {
    (void)state;
    strcpy(folder, "/tmp/test_wills.XXXXXX");
    assert_non_null(mkdtemp(folder));
    snprintf(base, sizeof base, "%s/ledger", folder);
    return 0;
}
static int without_folder(void **state) {
    (void)state;
    return rmdir(folder); /* whatever happened, no file is left */
}

/* ---- what is found -------------------------------------------------------------------------------------------------- */

static struct {
    int n;
    int64_t sum;
    char last[64];
    size_t detail;
    bool refuse;
} found;

static bool take(void *arg, const yz_posting *p) {
    (void)arg;
    found.n++;
    found.sum += p->amount;
    found.detail = p->detail.n;
    snprintf(found.last, sizeof found.last, "%.*s", YZ_STR_ARGS(p->id));
    return !found.refuse;
}

static int recovered(void) {
    memset(&found, 0, sizeof found);
    return wills_recover(base, take, NULL);
}

static yz_posting capture(const char *id, int64_t amount) {
    return (yz_posting){YZ_POSTING, .kind = YZ_POSTING_CAPTURE, .id = yz_str_of(id), .amount = amount, .detail = YZ_STR("{}")};
}

/* As a process that is killed: the lock is gone, and the file stays. */
static void die(wills *w) {
    w->n_idle = 0;
    w->made = w->made ? w->made : 1;
    wills_close(w);
}

static void what_stands_is_carried_out(void **state) {
    (void)state;
    wills *w = wills_new(base);
    yz_posting p = capture("one", 1);
    uint64_t one = wills_put(w, 0, &p);
    assert_int_not_equal(one, 0);
    p = capture("one", 10);
    assert_int_equal(wills_put(w, one, &p), one);
    p = capture("two", 100);
    uint64_t two = wills_put(w, 0, &p);
    p = capture("three", 1000);
    wills_put(w, 0, &p);
    wills_drop(w, two);
    assert_int_equal(recovered(), 0); /* it lives */
    die(w);
    assert_int_equal(recovered(), 2);
    assert_int_equal(found.sum, 1010);
    assert_int_equal(recovered(), 0);
}

static void what_cannot_be_posted_stays(void **state) {
    (void)state;
    wills *w = wills_new(base);
    yz_posting p = capture("one", 1);
    wills_put(w, 0, &p);
    die(w);
    memset(&found, 0, sizeof found);
    found.refuse = true;
    assert_int_equal(wills_recover(base, take, NULL), 0);
    assert_int_equal(found.n, 1);
    assert_int_equal(recovered(), 1);
}

/* At every byte of a new text, whatever stands there, the old one counts until the word says otherwise; and a torn one counts not at all.
 */
static void a_text_is_whole_or_not_there(void **state) {
    (void)state;
    wills *w = wills_new(base);
    yz_posting p = capture("one", 1);
    uint64_t one = wills_put(w, 0, &p);
    place *at = place_at(w, (uint32_t)one - 1);
    memset(&at->copies[1], 0xff, sizeof at->copies[1]); /* half a text, in the copy that does not count */
    die(w);
    assert_int_equal(recovered(), 1);
    assert_int_equal(found.sum, 1);
    for (size_t byte = 0; byte < 40; byte++) {
        w = wills_new(base);
        p = capture("a-name-of-some-length", 5);
        uint64_t number = wills_put(w, 0, &p);
        at = place_at(w, (uint32_t)number - 1);
        will_copy *copy = &at->copies[atomic_load(&at->counts) - 1];
        if (byte < sizeof copy->sum + used_of(copy))
            ((char *)copy)[byte] ^= 0x40;
        die(w);
        int n = recovered();
        if (n != 0)
            fail_msg("a text whose byte %zu is torn was posted: %s, %lld", byte, found.last, (long long)found.sum);
    }
}

static void it_grows_and_places_are_used_again(void **state) {
    (void)state;
    wills *w = wills_new(base);
    static uint64_t numbers[1000];
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < 1000; i++) {
            yz_posting p = capture("many", 1);
            assert_int_not_equal(numbers[i] = wills_put(w, 0, &p), 0);
        }
        for (int i = 0; i < (round < 2 ? 1000 : 400); i++)
            wills_drop(w, numbers[i]);
    }
    assert_in_range(w->made, 1000, 1000 + GROW);
    die(w);
    assert_int_equal(recovered(), 600);
}

static void long_details_are_left_out(void **state) {
    (void)state;
    static char long_text[TEXT];
    memset(long_text, 'x', sizeof long_text);
    wills *w = wills_new(base);
    yz_posting p = capture("one", 7);
    p.detail = yz_str_at(long_text, TEXT - 3);
    wills_put(w, 0, &p);
    die(w);
    assert_int_equal(recovered(), 1);
    assert_int_equal(found.detail, TEXT - 3);
    w = wills_new(base);
    p.detail = yz_str_at(long_text, TEXT);
    wills_put(w, 0, &p);
    die(w);
    assert_int_equal(recovered(), 1);
    assert_int_equal(found.detail, 0);
    assert_int_equal(found.sum, 7);
}

static void without_a_folder_there_are_none(void **state) {
    (void)state;
    wills *w = wills_new("/nonexistent/folder/ledger");
    yz_posting p = capture("one", 7);
    assert_int_equal(wills_put(w, 0, &p), 0);
    wills_drop(w, 0);
    wills_close(w);
}

#define WILLS_TEST(f) cmocka_unit_test_setup_teardown(f, in_new_folder, without_folder)

int main(void) {
    const struct CMUnitTest tests[] = {
        WILLS_TEST(what_stands_is_carried_out),   WILLS_TEST(what_cannot_be_posted_stays),
        WILLS_TEST(a_text_is_whole_or_not_there), WILLS_TEST(it_grows_and_places_are_used_again),
        WILLS_TEST(long_details_are_left_out),    WILLS_TEST(without_a_folder_there_are_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
