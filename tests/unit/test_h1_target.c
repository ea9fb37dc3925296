/* test_h1_target.c: the path and the query of a request's target, and what may not stand in one. */
#include "base/arena.h"
#include "http/h1.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void targets(void **state) {
    (void)state;
    static const struct {
        const char *target, *path, *query; /* path NULL: refused */
    } table[] = {
        {"/", "/", ""},
        {"/v1/chat/completions?a=b%20c", "/v1/chat/completions", "a=b%20c"},
        {"/a%62%20%E4%B8%AD?", "/ab \xE4\xB8\xAD", ""},
        {"/a?b?c", "/a", "b?c"},
        {"/...", "/...", ""},
        {"/.a/b..", "/.a/b..", ""},
        {"//a", "//a", ""},
        {"*", "*", ""},
        {"http://h", "/", ""},
        {"https://h?x", "/", "x"},
        {"http://h:1/y?z", "/y", "z"},
        {"", NULL, NULL},
        {"?x", NULL, NULL},
        {"a", NULL, NULL},
        {"/%", NULL, NULL},
        {"/%4", NULL, NULL},
        {"/%4g", NULL, NULL},
        {"/a%00", NULL, NULL},
        {"/a%0A", NULL, NULL},
        {"/a%7F", NULL, NULL},
        {"/a%5Cb", NULL, NULL},
        {"/a\\b", NULL, NULL},
        {"/%FF", NULL, NULL},
        {"/%C0%AF", NULL, NULL},
        {"/%ED%A0%80", NULL, NULL},
        {"/a/../b", NULL, NULL},
        {"/..", NULL, NULL},
        {"/.", NULL, NULL},
        {"/a/./b", NULL, NULL},
        {"/a/%2e%2E/b", NULL, NULL},
        {"/a%2Fb", NULL, NULL},
        {"/a?b=%zz", NULL, NULL},
        {"/a?b=%4", NULL, NULL},
        {"/a%2F..%2Fb", NULL, NULL},
        {"http://h/../x", NULL, NULL},
    };
    yz_arena *arena = yz_arena_new(NULL);
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        yz_str path, query;
        int code = yz_h1_target(arena, yz_str_of(table[i].target), &path, &query);
        if ((code == YZ_OK) != (table[i].path != NULL))
            print_error("target <<%s>>: %d\n", table[i].target, code);
        assert_int_equal(code, table[i].path ? YZ_OK : YZ_EINVAL);
        if (code == YZ_OK) {
            assert_true(yz_str_is(path, table[i].path));
            assert_true(yz_str_is(query, table[i].query));
        }
    }
    yz_arena_free(arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(targets)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
