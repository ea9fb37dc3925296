/* test_capture.c: words that are taken out of a text, what is left standing, and that a hostile text costs no more than its length. The
 * stage itself is tried from outside: tests/robust/test_capture.py. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "capture.h"

#include "redact.c"

static const unsigned ALL = (1u << KINDS) - 1;

static void becomes(const char *text, const char *clean) {
    yz_buf out = {0};
    redact_put(&out, yz_str_of(text), ALL);
    yz_buf_char(&out, '\0');
    assert_string_equal(out.p, clean);
    yz_buf_free(&out);
}

static void what_is_taken_out(void **state) {
    (void)state;
    static const char *const known[][2] = {
        {"write to bob.smith+x@mail.example.co.uk.", "write to <EMAIL>."},
        {"bob@example.com", "<EMAIL>"},
        {"写信给bob@example.com。", "写信给<EMAIL>。"},
        {"DE89 3704 0044 0532 0130 00 AND MORE", "<IBAN> AND MORE"},
        {"GB33BUKB20201555555555", "<IBAN>"},
        {"card 4111 1111 1111 1111, exp 12/27", "card <CARD>, exp 12/27"},
        {"4111-1111-1111-1111", "<CARD>"},
        {"11010519491231002X", "<ID_CN>"},
        {"from 10.0.0.1:80", "from <IP>:80"},
        {"+49 30 1234567 is it", "<PHONE> is it"},
        {"(030) 123 4567", "<PHONE>"},
        {"call 13812345678", "call <PHONE>"},
        {"555-867-5309", "<PHONE>"},
        {"use sk-proj-0123456789abcdef", "use <SECRET>"},
        {"AKIAIOSFODNN7EXAMPLEX", "<SECRET>"},
        {"eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abcdefghijk", "<SECRET>"},
        {"-----BEGIN RSA PRIVATE KEY-----\nMIIB\n-----END RSA PRIVATE KEY-----\nafter", "<SECRET>\nafter"},
        {"-----BEGIN PRIVATE KEY-----\nMIIB", "<SECRET>"},
        {"-----BEGIN PGP PRIVATE KEY BLOCK-----\nx\n-----END PGP PRIVATE KEY BLOCK-----x", "<SECRET>x"},
        {"sk_live_0123456789abcdef gsk_0123456789abcdef", "<SECRET> <SECRET>"},
        {"_bob@example.com_", "<EMAIL>_"},
        {"4111  1111 1111  1111", "<CARD>"},
        {"+49.30.1234567", "<PHONE>"},
        {"\\n4111 1111 1111 1111\\tsk-0123456789abcdef\\nbob@example.com", "\\n<CARD>\\t<SECRET>\\n<EMAIL>"},
        /* neighbours: what the first has cut into is not left standing */
        {"+49 30 1234567 4111 1111 1111 1111", "<PHONE>"},
        {"555-867-5309 4111-1111-1111-1111", "<CARD>"},
        {"13812345678 13912345678", "<PHONE>"},
        {"030 1234567 030 7654321", "<PHONE>"},
        {"+4930123456789 4930123456788", "<PHONE>"},
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        becomes(known[i][0], known[i][1]);
}

static void what_stays(void **state) {
    (void)state;
    static const char *const plain[] = {
        "",
        "2026-11-30 and 12:30",
        "version 1.2.3.4444",
        "999.1.2.3",
        "a@b",
        "user@localhost",
        "4111 1111 1111 1112", /* the check digit is wrong */
        "GB33BUKB20201555555556",
        "1234567890123", /* a number like any other */
        "123456789012345678",
        "order 1730000000",
        "x4111111111111111", /* inside of a word */
        "12 34 56",
        "sk-short",
        "-----BEGIN CERTIFICATE-----",
        "eyJ.a.b",
        "\xff\xfe",
    };
    for (size_t i = 0; i < sizeof plain / sizeof *plain; i++)
        becomes(plain[i], plain[i]);
}

static void only_the_kinds_that_are_wanted(void **state) {
    (void)state;
    yz_buf out = {0};
    redact_put(&out, YZ_STR("bob@example.com at 10.0.0.1"), redact_kind(YZ_STR("ip")));
    assert_true(yz_str_is(yz_buf_view(&out), "bob@example.com at <IP>"));
    yz_buf_free(&out);
    assert_int_equal(redact_kind(YZ_STR("name")), 0);
    for (size_t i = 0; i < KINDS; i++)
        assert_non_null(strstr(redact_names(), kinds_known[i].name));
}

/* What each shape reads from a word's beginning is bounded, so texts that are all beginnings are done in a moment; without that they would
 * take longer than a test may. */
static void a_hostile_text(void **state) {
    (void)state;
    static const char *const pieces[] = {
        "a.",  "sk-", "eyJ-", "1 ", "+", "A1", "-----BEGIN PRIVATE KEY", "a@a.", "0-", "-----BEGIN PRIVATE KEY-----END -----x",
        "+1 ", "\\n"};
    enum { N = 1 << 19 };
    char *text = malloc(N);
    for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++) {
        size_t n = strlen(pieces[i]);
        for (size_t at = 0; at < N; at++)
            text[at] = pieces[i][at % n];
        yz_buf out = {0};
        redact_put(&out, yz_str_at(text, N), ALL);
        assert_true(out.n > 0);
        yz_buf_free(&out);
    }
    free(text);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_taken_out),
        cmocka_unit_test(what_stays),
        cmocka_unit_test(only_the_kinds_that_are_wanted),
        cmocka_unit_test(a_hostile_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
