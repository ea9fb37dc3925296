/* test_citation.c: places in escaped text, in characters and in bytes; the text of a custom tool's call. */
#include "base/arena.h"

#include <yuzui/answer.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void lengths(void **state) {
    (void)state;
    static const struct {
        const char *escaped;
        size_t chars, bytes;
    } table[] = {
        {"", 0, 0},
        {"abc", 3, 3},
        {"鱼嘴", 2, 6},
        {"\\u9c7c", 1, 3},
        {"\\u00e9\\n\\\"\\\\", 4, 5},
        {"🐟a", 2, 5},
        {"\\ud83d\\ude00", 1, 4},
        {"\\u0000\\u007f", 2, 2},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        assert_int_equal(yz_escaped_length(yz_str_of(table[i].escaped), false), table[i].chars);
        assert_int_equal(yz_escaped_length(yz_str_of(table[i].escaped), true), table[i].bytes);
    }
}

static void places(void **state) {
    (void)state;
    static const char text[] = "鱼\\ud83d\\ude00 \\u00e9x"; /* bytes 3, 4, 1, 2, 1 */
    static const struct {
        int64_t from, to;
        bool bytes, wanted_bytes;
        int64_t is_from, is_to;
    } table[] = {
        {0, 0, false, false, 0, 5}, {0, 0, true, true, 0, 11},   {1, 2, false, true, 3, 7},    {3, 7, true, false, 1, 2},
        {0, 1, false, true, 0, 3},  {3, 4, false, true, 8, 10},  {8, 10, true, false, 3, 4},   {2, 99, false, false, 2, 5},
        {9, 3, false, false, 3, 3}, {4, 5, false, true, 10, 11}, {99, 0, false, true, 11, 11},
    };
    yz_arena *arena = yz_arena_new(NULL);
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        yz_citation c = {YZ_CITATION, .from = table[i].from, .to = table[i].to, .bytes = table[i].bytes};
        int64_t from, to;
        yz_citation_place(&c, yz_places_new(arena, yz_str_of(text)), table[i].wanted_bytes, &from, &to);
        assert_int_equal(from, table[i].is_from);
        assert_int_equal(to, table[i].is_to);
    }
    yz_arena_free(arena);
}

/* A long text has marks in it: wherever the place is, it is what walking there counts. */
static void places_in_a_long_text(void **state) {
    (void)state;
    static const char piece[] = "鱼\\ud83d\\ude00 \\u00e9x\\n🐟"; /* 7 characters, 3 + 4 + 1 + 2 + 1 + 1 + 4 bytes */
    static const int64_t bytes[] = {0, 3, 7, 8, 10, 11, 12};
    yz_arena *arena = yz_arena_new(NULL);
    yz_buf text = {0};
    for (int i = 0; i < 500; i++)
        yz_buf_lit(&text, piece);
    const yz_places *places = yz_places_new(arena, yz_buf_view(&text));
    for (int64_t i = 1; i < 3500; i++) {
        int64_t at = i / 7 * 16 + bytes[i % 7], from, to;
        yz_citation chars = {YZ_CITATION, .from = i - 1, .to = i}, in_bytes = {YZ_CITATION, .from = at, .bytes = true};
        yz_citation_place(&chars, places, true, &from, &to);
        assert_int_equal(to, at);
        yz_citation_place(&in_bytes, places, false, &from, &to);
        assert_int_equal(from, i);
        assert_int_equal(to, 3500);
    }
    yz_buf_free(&text);
    yz_arena_free(arena);
}

static void a_copy_has_all_sources(void **state) {
    (void)state;
    yz_arena *arena = yz_arena_new(NULL);
    yz_citation second = {YZ_CITATION, .url = YZ_STR("u2")},
                first = {YZ_CITATION, .next = &second, .url = YZ_STR("u1"), .title = YZ_STR("t"), .to = 3};
    yz_event event = {YZ_EVENT, .kind = YZ_EVENT_ANNOTATION, .citations = &first, .list = YZ_STR("[1]")};
    const yz_event *copy = yz_event_copy(arena, &event);
    const yz_citation *c = copy->citations;
    assert_true(c != &first && yz_str_is(c->url, "u1") && yz_str_is(c->title, "t") && c->to == 3);
    assert_true(c->next && c->next != &second && yz_str_is(c->next->url, "u2") && !c->next->next);
    assert_true(yz_str_is(copy->list, "[1]"));
    yz_arena_free(arena);
}

static void custom_inputs(void **state) {
    (void)state;
    yz_arena *arena = yz_arena_new(NULL);
    assert_true(yz_str_is(yz_custom_input(arena, YZ_STR("{\\\"input\\\":\\\"a \\\\\\\"b\\\\\\\"\\\\n\\\"}")), "a \\\"b\\\"\\n"));
    assert_true(yz_str_is(yz_custom_input(arena, YZ_STR("print(1)")), "print(1)"));
    assert_true(yz_str_is(yz_custom_input(arena, YZ_STR("{\\\"x\\\":1}")), "{\\\"x\\\":1}"));
    yz_arena_free(arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(lengths), cmocka_unit_test(places), cmocka_unit_test(places_in_a_long_text),
                                       cmocka_unit_test(a_copy_has_all_sources), cmocka_unit_test(custom_inputs)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
