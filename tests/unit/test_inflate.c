/* test_inflate.c: every coding, at every split, cut off, with something after it, and as a bomb. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "http/inflate.h"

#include <brotli/encode.h>
#include <zlib.h>
#include <zstd.h>

#define ROOM ((size_t)1 << 20)

typedef size_t pack(const char *text, size_t n, unsigned char *out);

static size_t pack_zlib(const char *text, size_t n, unsigned char *out, int bits) {
    z_stream z = {0};
    assert_int_equal(deflateInit2(&z, 6, Z_DEFLATED, bits, 8, Z_DEFAULT_STRATEGY), Z_OK);
    z.next_in = (unsigned char *)(uintptr_t)text;
    z.avail_in = (unsigned)n;
    z.next_out = out;
    z.avail_out = ROOM;
    assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
    deflateEnd(&z);
    return ROOM - z.avail_out;
}
static size_t pack_gzip(const char *text, size_t n, unsigned char *out) { return pack_zlib(text, n, out, 15 + 16); }
static size_t pack_deflate(const char *text, size_t n, unsigned char *out) { return pack_zlib(text, n, out, 15); }
static size_t pack_bare(const char *text, size_t n, unsigned char *out) { return pack_zlib(text, n, out, -15); }
static size_t pack_zstd(const char *text, size_t n, unsigned char *out) { return ZSTD_compress(out, ROOM, text, n, 3); }
static size_t pack_brotli(const char *text, size_t n, unsigned char *out) {
    size_t made = ROOM;
    assert_true(BrotliEncoderCompress(5, 22, BROTLI_MODE_TEXT, n, (const uint8_t *)text, &made, out));
    return made;
}

static const struct {
    const char *coding;
    pack *pack;
} codings[] = {{"gzip", pack_gzip},    {"X-GZIP", pack_gzip}, {"deflate", pack_deflate},
               {"deflate", pack_bare}, {"zstd", pack_zstd},   {"br", pack_brotli}};
enum { CODINGS = sizeof codings / sizeof *codings };

static int collect(void *arg, yz_str bytes) {
    assert_true(bytes.n <= YZ_INFLATE_PIECE);
    yz_buf_str(arg, bytes);
    return YZ_OK;
}

static void test_every_split(void **unused) {
    (void)unused;
    static const char text[] = "data: {\"choices\":[{\"delta\":{\"content\":\"the river splits, the river splits\"}}]}\n\n";
    unsigned char *packed = malloc(ROOM);
    for (size_t c = 0; c < CODINGS; c++) {
        size_t n = codings[c].pack(text, sizeof text, packed);
        for (size_t at = 0; at <= n; at++) {
            yz_inflate *f = yz_inflate_new(yz_str_of(codings[c].coding));
            yz_buf out = {0};
            assert_non_null(f);
            assert_int_equal(yz_inflate_feed(f, (yz_str){(char *)packed, at}, ROOM, collect, &out), YZ_OK);
            assert_int_equal(yz_inflate_done(f), at == n);
            assert_int_equal(yz_inflate_feed(f, (yz_str){(char *)packed + at, n - at}, ROOM, collect, &out), YZ_OK);
            assert_true(yz_inflate_done(f));
            assert_int_equal(out.n, sizeof text);
            assert_memory_equal(out.p, text, sizeof text);
            assert_int_equal(yz_inflate_feed(f, YZ_STR("more"), ROOM, collect, &out), YZ_EINVAL);
            yz_buf_free(&out);
            yz_inflate_free(f);
        }
    }
    free(packed);
}

/* What packers that work in blocks write: several members, or frames, one after the other. The others have none. */
static void test_members(void **unused) {
    (void)unused;
    static const char first[] = "{\"model\":\"m\",", second[] = "\"messages\":[]}";
    unsigned char *packed = malloc(ROOM);
    for (size_t c = 0; c < CODINGS; c++) {
        bool many = codings[c].pack == pack_gzip || codings[c].pack == pack_zstd;
        size_t one = codings[c].pack(first, sizeof first - 1, packed), n = one + codings[c].pack(second, sizeof second - 1, packed + one);
        for (size_t at = 0; at <= n; at++) {
            yz_inflate *f = yz_inflate_new(yz_str_of(codings[c].coding));
            yz_buf out = {0};
            int code = yz_inflate_feed(f, (yz_str){(char *)packed, at}, ROOM, collect, &out);
            if (code == YZ_OK)
                code = yz_inflate_feed(f, (yz_str){(char *)packed + at, n - at}, ROOM, collect, &out);
            assert_int_equal(code, many ? YZ_OK : YZ_EINVAL);
            assert_true(!many || (yz_inflate_done(f) && out.n == sizeof first + sizeof second - 2));
            assert_true(!many || memcmp(out.p, "{\"model\":\"m\",\"messages\":[]}", out.n) == 0);
            yz_buf_free(&out);
            yz_inflate_free(f);
        }
        yz_inflate *f = yz_inflate_new(yz_str_of(codings[c].coding));
        yz_buf out = {0};
        if (many && yz_inflate_feed(f, (yz_str){(char *)packed, n - 3}, ROOM, collect, &out) == YZ_OK)
            assert_false(yz_inflate_done(f)); /* the second one is cut off */
        yz_buf_free(&out);
        yz_inflate_free(f);
    }
    free(packed);
}

/* A hundred KiB of input would be a hundred MiB: it stops at what was allowed. */
static void test_bombs(void **unused) {
    (void)unused;
    size_t n = (size_t)64 << 20;
    char *zeros = calloc(1, n);
    unsigned char *packed = malloc(ROOM);
    for (size_t c = 0; c < CODINGS; c++) {
        size_t made = codings[c].pack(zeros, n, packed);
        yz_inflate *f = yz_inflate_new(yz_str_of(codings[c].coding));
        yz_buf out = {0};
        assert_int_equal(yz_inflate_feed(f, (yz_str){(char *)packed, made}, 100000, collect, &out), YZ_ELIMIT);
        assert_true(out.n <= 100000);
        yz_buf_free(&out);
        yz_inflate_free(f);
    }
    free(zeros);
    free(packed);
}

static void test_garbage(void **unused) {
    (void)unused;
    for (size_t c = 0; c < CODINGS; c++) {
        yz_inflate *f = yz_inflate_new(yz_str_of(codings[c].coding));
        yz_buf out = {0};
        assert_true(yz_inflate_feed(f, YZ_STR("\xff\xff\xffthis is no compressed text at all, whatever it says"), ROOM, collect, &out) <
                        0 ||
                    !yz_inflate_done(f));
        yz_buf_free(&out);
        yz_inflate_free(f);
    }
    assert_null(yz_inflate_new(YZ_STR("compress")));
    assert_null(yz_inflate_new(YZ_STR("gzip, br")));
}

static int refuse(void *arg, yz_str bytes) {
    (void)arg;
    (void)bytes;
    return YZ_ECANCELLED;
}
static void test_the_reader_may_stop_it(void **unused) {
    (void)unused;
    unsigned char packed[200];
    size_t n = pack_gzip("hello", 5, packed);
    yz_inflate *f = yz_inflate_new(YZ_STR("gzip"));
    assert_int_equal(yz_inflate_feed(f, (yz_str){(char *)packed, n}, ROOM, refuse, NULL), YZ_ECANCELLED);
    yz_inflate_free(f);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_split),
        cmocka_unit_test(test_members),
        cmocka_unit_test(test_bombs),
        cmocka_unit_test(test_garbage),
        cmocka_unit_test(test_the_reader_may_stop_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
