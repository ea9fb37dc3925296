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

/* Several codings, said in the order in which they were applied; words for none; one that is said twice. */
static void test_lists(void **unused) {
    (void)unused;
    static const char text[] = "{\"choices\":[]}";
    unsigned char *once = malloc(ROOM), *twice = malloc(ROOM);
    size_t n = pack_gzip(text, sizeof text - 1, once);
    struct {
        const char *said;
        unsigned char *packed;
        size_t n;
    } table[] = {{"gzip, identity", once, n},
                 {"identity,gzip;q=1", once, n},
                 {"gzip, gzip", once, n},
                 {"gzip, GZIP", twice, pack_gzip((char *)once, n, twice)}};
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        for (size_t at = 0; at <= table[i].n; at++) {
            bool none;
            yz_inflate *f = yz_inflate_list(yz_str_of(table[i].said), &none);
            yz_buf out = {0};
            assert_true(f && !none);
            assert_int_equal(yz_inflate_feed(f, (yz_str){(char *)table[i].packed, at}, ROOM, collect, &out), YZ_OK);
            assert_int_equal(yz_inflate_feed(f, (yz_str){(char *)table[i].packed + at, table[i].n - at}, ROOM, collect, &out), YZ_OK);
            assert_true(yz_inflate_done(f) && out.n == sizeof text - 1 && memcmp(out.p, text, out.n) == 0);
            yz_buf_free(&out);
            yz_inflate_free(f);
        }
    bool none;
    yz_inflate *f = yz_inflate_list(YZ_STR("gzip, br"), &none);
    size_t packed = pack_brotli((char *)once, n, twice);
    yz_buf out = {0};
    assert_int_equal(yz_inflate_feed(f, (yz_str){(char *)twice, packed}, ROOM, collect, &out), YZ_OK);
    assert_true(yz_inflate_done(f) && out.n == sizeof text - 1);
    assert_false(yz_inflate_over(f) && !yz_inflate_done(f));
    yz_buf_free(&out);
    yz_inflate_free(f);
    assert_null(yz_inflate_list(YZ_STR("identity, none"), &none));
    assert_true(none);
    assert_null(yz_inflate_list(YZ_STR("gzip, compress"), &none));
    assert_null(yz_inflate_list(YZ_STR("gzip, br, gzip"), &none));
    assert_false(none);
    free(once);
    free(twice);
}

/* What follows the end, and is no other member, can be told from one that breaks off. */
static void test_over(void **unused) {
    (void)unused;
    unsigned char packed[400];
    size_t n = pack_gzip("hello", 5, packed), both = n + pack_gzip("hello", 5, packed + n);
    for (size_t at = 1; at < both; at++) {
        yz_inflate *f = yz_inflate_new(YZ_STR("gzip"));
        yz_buf out = {0};
        assert_int_equal(yz_inflate_feed(f, (yz_str){(char *)packed, at}, ROOM, collect, &out), YZ_OK);
        assert_int_equal(yz_inflate_over(f), at == n || (at > n && out.n == 5));
        yz_buf_free(&out);
        yz_inflate_free(f);
    }
    yz_inflate *f = yz_inflate_new(YZ_STR("gzip"));
    yz_buf out = {0};
    assert_int_equal(yz_inflate_feed(f, (yz_str){(char *)packed, n}, ROOM, collect, &out), YZ_OK);
    assert_int_equal(yz_inflate_feed(f, YZ_STR("<!-- 5 ms -->"), ROOM, collect, &out), YZ_EINVAL);
    assert_true(yz_inflate_over(f));
    yz_buf_free(&out);
    yz_inflate_free(f);
}

/* Wrong sums and lengths behind a text: of an answer it is read all the same, at whatever place it is split; of a request it is refused. */
static void test_wrong_sums(void **unused) {
    (void)unused;
    static const char text[] = "{\"choices\":[]}";
    unsigned char packed[400];
    for (size_t c = 0; c < 3; c++) {
        bool none, zlib = codings[c].pack == pack_deflate;
        size_t n = codings[c].pack(text, sizeof text - 1, packed), tail = zlib ? 4 : 8;
        for (size_t wrong = n - tail; wrong < n; wrong++) {
            packed[wrong] ^= 0x55;
            for (size_t at = 0; at <= n; at++) {
                yz_inflate *f = yz_inflate_list(yz_str_of(codings[c].coding), &none);
                yz_buf out = {0};
                assert_int_equal(yz_inflate_feed(f, (yz_str){(char *)packed, at}, ROOM, collect, &out), YZ_OK);
                assert_int_equal(yz_inflate_feed(f, (yz_str){(char *)packed + at, n - at}, ROOM, collect, &out), YZ_OK);
                assert_true(yz_inflate_done(f) && out.n == sizeof text - 1 && memcmp(out.p, text, out.n) == 0);
                yz_buf_free(&out);
                yz_inflate_free(f);
            }
            yz_inflate *strict = yz_inflate_new(yz_str_of(codings[c].coding));
            yz_buf out = {0};
            assert_int_equal(yz_inflate_feed(strict, (yz_str){(char *)packed, n}, ROOM, collect, &out), YZ_EINVAL);
            yz_buf_free(&out);
            yz_inflate_free(strict);
            packed[wrong] ^= 0x55;
        }
    }
}

/* Likewise the sum that a zstd frame may have. */
static void test_wrong_zstd_sum(void **unused) {
    (void)unused;
    static const char text[] = "{\"choices\":[]}";
    unsigned char packed[400];
    ZSTD_CCtx *z = ZSTD_createCCtx();
    ZSTD_CCtx_setParameter(z, ZSTD_c_checksumFlag, 1);
    size_t n = ZSTD_compress2(z, packed, sizeof packed, text, sizeof text - 1);
    ZSTD_freeCCtx(z);
    packed[n - 1] ^= 0x55;
    for (size_t at = 0; at <= n; at++) {
        bool none;
        yz_inflate *f = yz_inflate_list(YZ_STR("zstd"), &none);
        yz_buf out = {0};
        assert_int_equal(yz_inflate_feed(f, (yz_str){(char *)packed, at}, ROOM, collect, &out), YZ_OK);
        assert_int_equal(yz_inflate_feed(f, (yz_str){(char *)packed + at, n - at}, ROOM, collect, &out), YZ_OK);
        assert_true(yz_inflate_done(f) && out.n == sizeof text - 1 && memcmp(out.p, text, out.n) == 0);
        yz_buf_free(&out);
        yz_inflate_free(f);
    }
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

/* A body whose coding nobody knows: is it one? */
static void plain_bodies(void **state) {
    (void)state;
    static const struct {
        const char *first;
        bool plain;
    } table[] = {{"", true},
                 {"{", true},
                 {"{}", true},
                 {" \r\n{\"a\":1}", true},
                 {"\xEF\xBB\xBF{\"a\":1}", true},
                 {"[{\"error\":1}]", true},
                 {"{\"\xe9\xb1\xbc\":1}", true},
                 {"{\"abcdefghijkl\xe9\xb1\xbc\":1}", true},
                 {"data: {\"a\":1}", true},
                 {"event: x\ndata: 1", true},
                 {": ping\n\n", true},
                 {"1a;chunk-signature=0\r\n{}", false},
                 {"<html>", false},
                 {"\x1f\x9d\x90{", false},
                 {"{\x01\x02", false},
                 {"{\xff\xfe\xfd\xfc", false},
                 {"ID3\x04", false}};
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (yz_inflate_plain(yz_str_of(table[i].first)) != table[i].plain)
            fail_msg("%s", table[i].first);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_split), cmocka_unit_test(test_members),        cmocka_unit_test(test_bombs),
        cmocka_unit_test(test_garbage),     cmocka_unit_test(test_lists),          cmocka_unit_test(test_over),
        cmocka_unit_test(test_wrong_sums),  cmocka_unit_test(test_wrong_zstd_sum), cmocka_unit_test(test_the_reader_may_stop_it),
        cmocka_unit_test(plain_bodies),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
