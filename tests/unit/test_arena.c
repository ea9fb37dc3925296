/* Arenas: alignment, growth, large pieces, disposers, pools. */
#include "base/arena.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

static void pieces_do_not_overlap(void **state) {
    (void)state;
    yz_block_pool *pool = yz_block_pool_new(8);
    for (int round = 0; round < 5; round++) { /* then a thin one, and one that becomes it */
        yz_arena *arena = round == 3 ? yz_arena_new_thin() : yz_arena_new(pool);
        struct piece {
            unsigned char *p;
            size_t n;
        } pieces[2000];
        for (size_t i = 0; i < 2000; i++) {
            size_t n = (i * 7919) % 97 + (i % 100 == 0 ? 3000 : 0) + (i % 500 == 0 ? 100000 : 0);
            bool text = i % 3 == 0;
            if (round == 4 && i == 1000)
                yz_arena_thin(arena);
            unsigned char *p = text ? (unsigned char *)yz_alloc_bytes(arena, n) : yz_alloc(arena, n);
            assert_non_null(p);
            if (!text) {
                assert_int_equal((uintptr_t)p % 16, 0);
                for (size_t k = 0; k < n; k++)
                    assert_int_equal(p[k], 0);
            }
            memset(p, (int)(i & 0xFF), n);
            pieces[i] = (struct piece){p, n};
        }
        for (size_t i = 0; i < 2000; i++)
            for (size_t k = 0; k < pieces[i].n; k++)
                assert_int_equal(pieces[i].p[k], i & 0xFF);
        yz_arena_free(arena);
    }
    yz_block_pool_free(pool);
}

static void a_fresh_arena_is_one_block(void **state) {
    (void)state;
    yz_arena *arena = yz_arena_new(NULL);
    assert_int_equal(yz_arena_size(arena), 4096);
    yz_alloc(arena, 1000);
    yz_alloc_bytes(arena, 1000);
    assert_int_equal(yz_arena_size(arena), 4096);
    yz_alloc(arena, 100000);
    assert_true(yz_arena_size(arena) >= 104096 && yz_arena_size(arena) < 104200);
    yz_alloc(arena, 1500); /* the block is still used after a large piece */
    assert_true(yz_arena_size(arena) < 104200);
    yz_arena_free(arena);
    yz_arena_free(NULL);
}

static void a_thin_arena_is_small(void **state) {
    (void)state;
    yz_block_pool *pool = yz_block_pool_new(8);
    yz_arena *arena = yz_arena_new_thin(), *became = yz_arena_new(pool);
    assert_true(yz_arena_is_thin(arena) && !yz_arena_is_thin(became));
    for (int i = 0; i < 10; i++)
        yz_alloc(arena, 100);
    assert_true(yz_arena_size(arena) < 1600);
    yz_alloc(became, 3000);
    yz_arena_thin(became);
    yz_alloc(became, 900);
    assert_int_equal(yz_arena_size(became), 4096); /* what it has is used */
    yz_alloc(became, 1000);
    assert_true(yz_arena_size(became) < 5200);
    yz_arena_reset(became);
    assert_int_equal(yz_arena_size(became), 4096);
    yz_arena_free(became);
    yz_arena_free(arena);
    arena = yz_arena_new(pool); /* of the pool, whose blocks are of one size */
    assert_true(yz_arena_size(arena) == 4096 && !yz_arena_is_thin(arena));
    yz_arena_free(arena);
    yz_block_pool_free(pool);
}

static void text(void **state) {
    (void)state;
    yz_arena *arena = yz_arena_new(NULL);
    yz_str s = yz_dup(arena, YZ_STR("abc"));
    assert_string_equal(s.p, "abc");
    assert_int_equal(s.n, 3);
    s = yz_dup(arena, (yz_str){NULL, 0});
    assert_string_equal(s.p, "");
    s = yz_format(arena, "%s-%d", "x", 5);
    assert_string_equal(s.p, "x-5");
    assert_int_equal(s.n, 3);
    for (int n = 250; n < 260; n++) { /* around the size of the buffer it tries first */
        s = yz_format(arena, "%*d", n, 7);
        assert_int_equal(s.n, n);
        assert_int_equal(strlen(s.p), n);
    }
    s = yz_format(arena, "%*d", 9000, 7);
    assert_int_equal(s.n, 9000);
    assert_int_equal(s.p[8999], '7');
    yz_arena_free(arena);
}

static char order[8];
static void note(void *arg) { strncat(order, arg, 1); }

static void disposers_run_last_first(void **state) {
    (void)state;
    order[0] = 0;
    yz_arena *arena = yz_arena_new(NULL);
    yz_on_free(arena, note, "a");
    yz_alloc(arena, 5000);
    yz_on_free(arena, note, "b");
    yz_on_free(arena, note, "c");
    assert_string_equal(order, "");
    yz_arena_free(arena);
    assert_string_equal(order, "cba");
}

static void reset_is_like_new(void **state) {
    (void)state;
    order[0] = 0;
    yz_block_pool *pool = yz_block_pool_new(4);
    yz_arena *arena = yz_arena_new(pool);
    yz_on_free(arena, note, "x");
    for (int i = 0; i < 100; i++)
        yz_alloc(arena, 500);
    yz_alloc(arena, 50000);
    yz_arena_reset(arena);
    assert_string_equal(order, "x");
    assert_int_equal(yz_arena_size(arena), 4096);
    char *p = yz_alloc(arena, 3000);
    memset(p, 1, 3000);
    assert_int_equal(yz_arena_size(arena), 4096);
    yz_arena_free(arena);
    assert_string_equal(order, "x");
    yz_block_pool_free(pool);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pieces_do_not_overlap), cmocka_unit_test(a_fresh_arena_is_one_block), cmocka_unit_test(text),
        cmocka_unit_test(a_thin_arena_is_small), cmocka_unit_test(disposers_run_last_first),   cmocka_unit_test(reset_is_like_new),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
