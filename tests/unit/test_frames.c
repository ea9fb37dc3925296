/* Frames of a WebSocket: fed whole, at every split and byte by byte, they say the same; what is no frame is refused. */
#include "base/check.h"
#include "http/frames.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

static yz_buf told; /* "text|text|" */

static void on_text(void *arg, yz_str text) {
    (void)arg;
    yz_buf_str(&told, text);
    yz_buf_char(&told, '|');
}

/* In pieces of so many bytes, the first of `first`. */
static int feed(yz_frames *f, yz_str bytes, size_t piece, size_t first) {
    int code = YZ_OK;
    for (size_t at = 0; at < bytes.n && code == YZ_OK;) {
        size_t n = at == 0 && first ? first : piece;
        n = n < bytes.n - at ? n : bytes.n - at;
        char *copy = malloc(n); /* exact, so that a sanitizer sees reads past the end */
        memcpy(copy, bytes.p + at, n);
        code = yz_frames_feed(f, (yz_str){copy, n});
        free(copy);
        at += n;
    }
    return code;
}

static void expect(yz_str bytes, int code, const char *texts, bool between) {
    for (size_t cut = 0; cut <= bytes.n; cut++) {
        yz_frames f = {.on_text = on_text, .most = 1000};
        told.n = 0;
        int got = cut == bytes.n ? feed(&f, bytes, 1, 0) : feed(&f, bytes, bytes.n, cut);
        yz_buf_char(&told, 0);
        if (got != code || strcmp(told.p, texts) != 0 || (code == YZ_OK && yz_frames_between(&f) != between))
            fail_msg("cut at %zu: %d, \"%s\", between: %d", cut, got, told.p, yz_frames_between(&f));
        yz_frames_free(&f);
    }
    yz_buf_free(&told);
}
#define BYTES(text) ((yz_str){text, sizeof(text) - 1})

static void messages(void **state) {
    (void)state;
    expect(BYTES("\x81\x05hello"), YZ_OK, "hello|", true);
    expect(BYTES("\x81\x05hello\x81\x00\x81\x01x"), YZ_OK, "hello||x|", true);
    expect(BYTES("\x01\x03hel\x80\x02lo"), YZ_OK, "hello|", true);
    expect(BYTES("\x01\x03hel\x89\x02ok\x00\x01l\x8a\x00\x80\x01o"), YZ_OK, "hello|", true); /* pings between the frames of a message */
    expect(BYTES("\x01\x00\x80\x02ok"), YZ_OK, "ok|", true);
    expect(BYTES("\x82\x03\x00\x01\x02\x81\x01y"), YZ_OK, "y|", true); /* bytes are no text */
    expect(BYTES("\x81\x85"
                 "abcd"
                 "hello"),
           YZ_OK, "", true); /* a client's: masked, and not read */
    expect(BYTES("\x81\x05hel"), YZ_OK, "", false);
    expect(BYTES("\x81"), YZ_OK, "", false);
    expect(BYTES("\x01\x05hello"), YZ_OK, "", true);     /* a control frame may stand between frames */
    expect(BYTES("\x88\x02\x03\xe8"), YZ_OK, "", false); /* nothing comes after a close */
}

static void lengths(void **state) {
    (void)state;
    static const size_t sizes[] = {125, 126, 1000, 1001, 65535, 65536, 70000};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        size_t n = sizes[i];
        yz_buf frame = {0};
        yz_buf_char(&frame, (char)0x81);
        yz_buf_char(&frame, (char)(n < 126 ? n : n < 65536 ? 126 : 127));
        for (int shift = n < 126 ? -8 : n < 65536 ? 8 : 56; shift >= 0; shift -= 8)
            yz_buf_char(&frame, (char)(n >> shift & 255));
        for (size_t k = 0; k < n; k++)
            yz_buf_char(&frame, 'a');
        yz_buf_lit(&frame, "\x81\x01z");
        for (size_t piece = 1; piece <= frame.n; piece = piece * 3 + 1) {
            yz_frames f = {.on_text = on_text, .most = 1000};
            told.n = 0;
            assert_int_equal(feed(&f, yz_buf_view(&frame), piece, 0), YZ_OK);
            assert_int_equal(told.n, (n <= 1000 ? n + 1 : 0) + 2); /* longer ones are passed over, and the next one is read */
            assert_true(yz_frames_between(&f));
            yz_frames_free(&f);
        }
        yz_buf_free(&frame);
    }
    yz_buf_free(&told);
}

static void no_frames(void **state) {
    (void)state;
    expect(BYTES("\xc1\x00"), YZ_EINVAL, "", false); /* an extension nobody agreed on */
    expect(BYTES("\x83\x00"), YZ_EINVAL, "", false); /* unknown opcodes */
    expect(BYTES("\x8b\x00"), YZ_EINVAL, "", false);
    expect(BYTES("\x80\x00"), YZ_EINVAL, "", false);         /* goes on with nothing */
    expect(BYTES("\x01\x00\x81\x00"), YZ_EINVAL, "", false); /* a message within one */
    expect(BYTES("\x09\x00"), YZ_EINVAL, "", false);         /* a ping in pieces */
    expect(BYTES("\x89\x7e\x00\x7e"), YZ_EINVAL, "", false); /* a long ping */
    expect(BYTES("\x81\x7f\xff\xff\xff\xff\xff\xff\xff\xff"), YZ_EINVAL, "", false);
    expect(BYTES("\x81\x01x\x88\x00\x81\x01y"), YZ_EINVAL, "x|", false); /* after a close */
}

static void on_close(void *arg, unsigned code, yz_str reason) {
    (void)arg;
    yz_buf_printf(&told, "[%u %.*s]", code, YZ_STR_ARGS(reason));
}

/* A client's, whose frames are masked, and read all the same; and messages of bytes. */
static void expect_client(yz_str bytes, int code, const char *texts) {
    for (size_t cut = 0; cut <= bytes.n; cut++) {
        yz_frames f = {.on_text = on_text, .on_close = on_close, .most = 1000, .widest = 20, .client = true, .binary = true};
        told.n = 0;
        int got = cut == bytes.n ? feed(&f, bytes, 1, 0) : feed(&f, bytes, bytes.n, cut);
        yz_buf_char(&told, 0);
        if (got != code || strcmp(told.p, texts) != 0)
            fail_msg("cut at %zu: %d, \"%s\"", cut, got, told.p);
        yz_frames_free(&f);
    }
    yz_buf_free(&told);
}

static void client(void **state) {
    (void)state;
    yz_buf out = {0};
    yz_frames_message(&out, false, YZ_STR("hello, there"), "abcd");
    expect_client(yz_buf_view(&out), YZ_OK, "hello, there|");
    yz_frames_message(&out, true, YZ_STR("bytes"), "\0\xff\x7f ");
    yz_frames_message(&out, true, YZ_STR(""), "wxyz");
    expect_client(yz_buf_view(&out), YZ_OK, "hello, there|bytes||");
    yz_buf_lit(&out, "\x81\x01x"); /* not masked */
    expect_client(yz_buf_view(&out), YZ_EINVAL, "hello, there|bytes||");
    yz_buf_free(&out);
    expect_client(BYTES("\x01\x82\0\0\0\0he\x89\x80\0\0\0\0\x80\x83\0\0\0\0llo"), YZ_OK, "hello|"); /* a ping between */
    expect_client(BYTES("\x01\x82\0\0\0\0he\x88\x85\0\0\0\0\x03\xe8"
                        "bye"),
                  YZ_OK, "[1000 bye]"); /* a close frame, within a message */
    expect_client(BYTES("\x88\x80\0\0\0\0"), YZ_OK, "[1005 ]");
    expect_client(BYTES("\x82\x95\0\0\0\0"), YZ_EINVAL, ""); /* longer than 20 bytes */
}

/* One step ends where a frame does. */
static void steps(void **state) {
    (void)state;
    yz_frames f = {.on_text = on_text, .most = 1000};
    yz_str bytes = BYTES("\x01\x02he\x89\x00\x80\x01y\x88\x02\x03\xe8\x81\x00");
    static const size_t lengths[] = {4, 2, 3, 4};
    static const bool controls[] = {false, true, false, true};
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(yz_frames_step(&f, bytes), lengths[i]);
        assert_int_equal(yz_frames_is_control(&f), controls[i]);
        assert_int_equal(yz_frames_is_close(&f), i == 3);
        assert_int_equal(yz_frames_over(&f), i == 3);
        assert_int_equal(f.open, i < 2);
        bytes = (yz_str){bytes.p + lengths[i], bytes.n - lengths[i]};
    }
    assert_int_equal(f.begun, 1);
    assert_int_equal(yz_frames_step(&f, bytes), 0); /* after a close */
    yz_frames_free(&f);
    yz_buf_free(&told);
}

/* Nothing is looked at any more, in whatever pieces it comes. */
static void after_the_fault(void **state) {
    (void)state;
    static const char *const bad[] = {"\xc1\x01", "\x88\x02\x03\xe8"}; /* no frame; a close frame, with more behind it */
    for (size_t i = 0; i < 2; i++) {
        yz_frames f = {.on_text = on_text, .most = 1000};
        (void)yz_frames_feed(&f, yz_str_of(bad[i]));
        for (int n = 0; n < 5000; n++)
            assert_int_equal(yz_frames_feed(&f, YZ_STR("A")), i == 1 && n == 0 ? YZ_OK : YZ_EINVAL);
        assert_false(yz_frames_between(&f));
        yz_frames_free(&f);
    }
}

static void closing(void **state) {
    (void)state;
    yz_buf out = {0};
    yz_frames_close(&out, 1001, YZ_STR("bye"));
    assert_int_equal(out.n, 7);
    assert_memory_equal(out.p,
                        "\x88\x05\x03\xe9"
                        "bye",
                        7);
    out.n = 0;
    char reason[200];
    for (size_t i = 0; i < sizeof reason; i += 2)
        memcpy(reason + i, "\xc3\xa9", 2); /* é */
    yz_frames_close(&out, 1011, (yz_str){reason, sizeof reason});
    assert_int_equal(out.n, 4 + 122); /* whole characters */
    yz_frames f = {0};
    assert_int_equal(yz_frames_feed(&f, yz_buf_view(&out)), YZ_OK);
    yz_buf_free(&out);
}

static void handshake(void **state) {
    (void)state;
    char accept[YZ_SOCKET_ACCEPT + 1];
    yz_socket_accept(YZ_STR("dGhlIHNhbXBsZSBub25jZQ=="), accept); /* RFC 6455, section 1.3 */
    assert_string_equal(accept, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    assert_true(yz_socket_key_ok(YZ_STR("dGhlIHNhbXBsZSBub25jZQ==")));
    static const char *const bad[] = {"",
                                      "dGhlIHNhbXBsZSBub25jZQ",
                                      "dGhlIHNhbXBsZSBub25jZQ=",
                                      "dGhlIHNhbXBsZSBub25jZWFh",
                                      "dGhlIHNhbXBs!SBub25jZQ==",
                                      "dGhlIHNhbXBsZSBub25jZQ==AA=="};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(yz_socket_key_ok(yz_str_of(bad[i])));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(messages), cmocka_unit_test(lengths),         cmocka_unit_test(no_frames), cmocka_unit_test(client),
        cmocka_unit_test(steps),    cmocka_unit_test(after_the_fault), cmocka_unit_test(closing),   cmocka_unit_test(handshake),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
