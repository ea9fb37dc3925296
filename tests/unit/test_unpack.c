/* test_unpack.c: bodies of requests that come compressed: what they become, and what is refused. */
#include "base/arena.h"
#include "server/headers.h"
#include "server/unpack.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>
#include <zlib.h>
#include <zstd.h>

#define KIB ((size_t)1024)
static const yz_limit_settings limits = {.http = {.body = 1 << 20}, .bodies = 2 << 20};
static char text[3 << 20], packed[4 << 20];

static yz_str gzip(yz_str plain) {
    z_stream z = {0};
    assert_int_equal(deflateInit2(&z, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
    z.next_in = (unsigned char *)(uintptr_t)plain.p;
    z.avail_in = (unsigned)plain.n;
    z.next_out = (unsigned char *)packed;
    z.avail_out = sizeof packed;
    assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
    deflateEnd(&z);
    return (yz_str){packed, sizeof packed - z.avail_out};
}
static yz_str zstd(yz_str plain) { return (yz_str){packed, ZSTD_compress(packed, sizeof packed, plain.p, plain.n, 3)}; }

typedef yz_str pack(yz_str plain);
static const struct {
    const char *coding;
    pack *pack;
} codings[] = {{"gzip", gzip}, {"X-GZIP", gzip}, {"zstd", zstd}};
#define EACH_CODING(i) for (size_t i = 0; i < sizeof codings / sizeof *codings; i++)

/* What nobody can guess: it shrinks little. */
static yz_str noise(size_t n) {
    uint32_t seed = 1;
    for (size_t i = 0; i < n; i++)
        text[i] = (char)('a' + ((seed = seed * 1664525 + 1013904223) >> 24) % 26);
    return (yz_str){text, n};
}

static const yz_error *unpacked(const char *coding, yz_str from, yz_arena *arena, yz_intake **out) {
    *out = yz_alloc(arena, sizeof **out);
    return yz_unpack(yz_str_of(coding), from, arena, &limits, *out);
}

static void a_body_is_what_it_was(void **state) {
    (void)state;
    static const size_t sizes[] = {1, 1000, 64 * 1024, 1 << 20};
    EACH_CODING(c)
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        yz_arena *arena = yz_arena_new(NULL);
        yz_intake *plain;
        yz_str want = noise(sizes[i]);
        assert_null(unpacked(codings[c].coding, codings[c].pack(want), arena, &plain));
        assert_int_equal(plain->n, want.n);
        assert_memory_equal(plain->p, want.p, want.n);
        yz_arena_free(arena);
    }
}

static void more_than_a_body_may_have_is_refused(void **state) {
    (void)state;
    EACH_CODING(c) {
        yz_arena *arena = yz_arena_new(NULL);
        yz_intake *plain;
        const yz_error *error = unpacked(codings[c].coding, codings[c].pack(noise((1 << 20) + 1)), arena, &plain);
        assert_non_null(error);
        assert_int_equal(yz_error_status(error), 413);
        yz_arena_free(arena);
    }
}

/* A MiB of one letter is within the limit of a body, and made of a thousandth of that. */
static void a_bomb_is_refused(void **state) {
    (void)state;
    memset(text, 'x', sizeof text);
    EACH_CODING(c) {
        yz_arena *arena = yz_arena_new(NULL);
        yz_intake *plain;
        const yz_error *error = unpacked(codings[c].coding, codings[c].pack((yz_str){text, 1 << 20}), arena, &plain);
        assert_non_null(error);
        assert_int_equal(yz_error_status(error), 413);
        assert_true(plain->n <= 64 * KIB + 2048 * 100);
        yz_arena_free(arena);
    }
}

/* What is unpacked counts towards the limit on all bodies, and counts no longer when its request is over. */
static void the_limit_of_all_holds(void **state) {
    (void)state;
    for (int round = 0; round < 2; round++) {
        yz_arena *arenas[3];
        const yz_error *error = NULL;
        yz_str body = zstd(noise(900 * KIB));
        for (int i = 0; i < 3; i++) {
            yz_intake *plain;
            arenas[i] = yz_arena_new(NULL);
            error = unpacked("zstd", body, arenas[i], &plain);
            assert_true(i == 2 || !error);
        }
        assert_non_null(error);
        assert_int_equal(yz_error_status(error), 503);
        for (int i = 0; i < 3; i++)
            yz_arena_free(arenas[i]);
    }
}

static void what_is_not_whole_is_refused(void **state) {
    (void)state;
    EACH_CODING(c) {
        yz_arena *arena = yz_arena_new(NULL);
        yz_intake *plain;
        yz_str whole = codings[c].pack(noise(1000));
        yz_str wrong[] = {{whole.p, whole.n - 1}, {whole.p, 3}, {whole.p, whole.n + 1}, YZ_STR("{\"model\":\"m\"}")};
        for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
            const yz_error *error = unpacked(codings[c].coding, wrong[i], arena, &plain);
            assert_non_null(error);
            assert_int_equal(yz_error_status(error), 400);
        }
        yz_arena_free(arena);
    }
}

static void which_codings(void **state) {
    (void)state;
    static const char *const not_taken[] = {"br", "deflate", "gzip, gzip", "gzip, identity", "identity", "", "zst"};
    EACH_CODING(c)
    assert_true(yz_headers_packed(yz_str_of(codings[c].coding)));
    for (size_t i = 0; i < sizeof not_taken / sizeof *not_taken; i++)
        assert_false(yz_headers_packed(yz_str_of(not_taken[i])));
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_body_is_what_it_was), cmocka_unit_test(more_than_a_body_may_have_is_refused),
                                       cmocka_unit_test(a_bomb_is_refused),     cmocka_unit_test(the_limit_of_all_holds),
                                       cmocka_unit_test(which_codings),         cmocka_unit_test(what_is_not_whole_is_refused)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
