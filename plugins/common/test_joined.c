/* test_joined.c: answers to the pieces of a request as one: in their order, counted on, and no text taken for another. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/arena.h"
#include "joined.c"

static const yc_joint joint = {"data", "index", "usage"}, bare = {"embeddings", NULL, "usageMetadata"};

/* "" where they cannot be joined. */
static const char *joined(yz_arena *arena, const yc_joint *j, const char *a, size_t na, const char *b, size_t nb) {
    yz_buf out = {0};
    const yz_str answers[] = {yz_str_of(a), yz_str_of(b)};
    const size_t inputs[] = {na, nb};
    int code = yc_join(j, answers, inputs, 2, arena, &out);
    yz_str text = code == YZ_OK ? yz_dup(arena, yz_buf_view(&out)) : YZ_STR("");
    yz_buf_free(&out);
    return text.p;
}

static void pieces_are_joined(void **state) {
    (void)state;
    yz_arena *arena = yz_arena_new(NULL);
    assert_string_equal(joined(arena, &joint,
                               "{\"object\":\"list\",\"data\":[{\"index\":1,\"e\":\"b]\\\"\"},{\"e\":[0.5,-1],\"index\": "
                               "0}],\"usage\":{\"n\":2,\"of\":{\"x\":1}}}",
                               2, " { \"usage\" : {\"n\":40} , \"data\" : [ {\"index\" : 0 } ] } ", 1),
                        "{\"object\":\"list\",\"data\":[{\"e\":[0.5,-1],\"index\": 0},{\"index\":1,\"e\":\"b]\\\"\"},{\"index\" : 2 "
                        "}],\"usage\":{\"n\":42}}");
    assert_string_equal(
        joined(arena, &bare, "{\"embeddings\":[{\"values\":[1]}]}", 1, "{\"embeddings\":[{\"values\":[2]},{\"index\":9}]}", 2),
        "{\"embeddings\":[{\"values\":[1]},{\"values\":[2]},{\"index\":9}]}");
    /* one without places comes in its order */
    assert_string_equal(joined(arena, &joint, "{\"data\":[{\"e\":1},{\"e\":2}]}", 2, "{\"data\":[7]}", 1),
                        "{\"data\":[{\"e\":1},{\"e\":2},7]}");
    yz_arena_free(arena);
}

/* One vector too few or too many, a place twice or nowhere, no list; and texts that end anywhere, or are no JSON at all. */
static void what_is_no_answer_is_not_joined(void **state) {
    (void)state;
    static const char *const wrong[] = {"{\"data\":[]}",
                                        "{\"data\":[{\"index\":0}]}",
                                        "{\"data\":[{\"index\":0},{\"index\":0}]}",
                                        "{\"data\":[{\"index\":0},{\"index\":2}]}",
                                        "{\"data\":[{\"index\":0},{\"index\":-1}]}",
                                        "{\"data\":[{\"index\":0},{\"index\":99999999999999999999999}]}",
                                        "{\"data\":[1,2,3]}",
                                        "{\"data\":{}}",
                                        "{\"datum\":[1,2]}",
                                        "[]",
                                        "",
                                        "{",
                                        "{\"data\"",
                                        "{\"data\":",
                                        "{\"data\":[",
                                        "{\"data\":[{\"a\":\"",
                                        "{\"data\":[{\"a\":\"\\",
                                        "}]",
                                        "\"",
                                        "{\"data\":[1,]]",
                                        "{,,,:"};
    yz_arena *arena = yz_arena_new(NULL);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        assert_string_equal(joined(arena, &joint, wrong[i], 2, "{\"data\":[1]}", 1), "");
        assert_string_equal(joined(arena, &joint, "{\"data\":[1]}", 1, wrong[i], 2), "");
    }
    yz_arena_free(arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(pieces_are_joined), cmocka_unit_test(what_is_no_answer_is_not_joined)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
