/* Has an answer said something, and all of it? */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/arena.h"
#include "upstream/saying.h"

static void end(yz_saying *s, yz_finish finish, const char *word, unsigned choice, yz_arena *arena) {
    yz_event event = {YZ_EVENT, .kind = YZ_EVENT_FINISH, .finish = finish, .name = yz_str_of(word), .choice = choice};
    yz_saying_hear(s, &event, arena);
}

/* An item of this kind, whose deltas are the text's bytes one by one where `small`, though never amid an escape. */
static void hear(yz_saying *s, yz_part_kind kind, unsigned index, const char *escaped, bool small) {
    yz_saying_hear(s, &(yz_event){YZ_EVENT, .kind = YZ_EVENT_ITEM, .item = kind, .index = index}, NULL);
    for (const char *p = escaped; *p;) {
        size_t n = !small ? strlen(p) : *p != '\\' ? 1 : p[1] == 'u' ? 6 : 2;
        yz_saying_hear(s, &(yz_event){YZ_EVENT, .kind = YZ_EVENT_DELTA, .index = index, .text = {p, n}}, NULL);
        p += n;
    }
}

static void test_one_item(void **state) {
    (void)state;
    static const struct {
        yz_part_kind kind;
        const char *escaped;
        bool whole;
    } table[] = {
        {YZ_PART_TEXT, "hi", true},
        {YZ_PART_TEXT, "", false},
        {YZ_PART_TEXT, " \\n\\t\\r\\u000a ", false},
        {YZ_PART_TEXT, " \\n.", true},
        {YZ_PART_TEXT, "鱼", true},
        {YZ_PART_TEXT, "\\u9c7c", true},
        {YZ_PART_TEXT, "<think>hm</think>", false},
        {YZ_PART_TEXT, "\\u003cthink\\u003ehm</think>\\n", false},
        {YZ_PART_TEXT, "\\n<think>hm</think>\\n\\n42", true},
        {YZ_PART_TEXT, "<think>hm <b </think >", false},
        {YZ_PART_TEXT, "<thin", false},
        {YZ_PART_TEXT, "<thing>", true},
        {YZ_PART_TEXT, "1 <think>", true},
        {YZ_PART_REASONING, "hm", false},
        {YZ_PART_OPAQUE, "", false},
        {YZ_PART_REFUSAL, "no", true},
        {YZ_PART_IMAGE, "", true},
        {YZ_PART_TOOL_CALL, "", true},
        {YZ_PART_TOOL_CALL, "{}", true},
        {YZ_PART_TOOL_CALL, "{\\\"a\\\":", false},
        {YZ_PART_TOOL_CALL, "{\\\"a\\\":\\\"}", false},
        {YZ_PART_TOOL_CALL, "{\\\"a\\\":\\\"\\\\\\\"}{\\\"}", true},
        {YZ_PART_TOOL_CALL, "{\\u0022a\\u0022:[1,{\\u0022b\\u0022:\\u0022]\\u0022}]}", true},
        {YZ_PART_TOOL_CALL, "{\\\"a\\\":[1}]", true}, /* closed as often as opened: what is wrong in it is the model's */
        {YZ_PART_TOOL_CALL, "print('{')", true},      /* of a tool that takes text */
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        for (int small = 0; small < 2; small++) {
            yz_saying s = {0};
            bool call = table[i].kind == YZ_PART_TOOL_CALL;
            hear(&s, table[i].kind, 3, table[i].escaped, small);
            end(&s, call ? YZ_FINISH_TOOLS : YZ_FINISH_STOP, "", 0, NULL);
            if (yz_saying_whole(&s, false) != table[i].whole)
                fail_msg("%s, %s", table[i].escaped, small ? "byte by byte" : "at once");
        }
}

static void test_several(void **state) {
    (void)state;
    yz_saying s = {0};
    assert_false(yz_saying_whole(&s, false));
    hear(&s, YZ_PART_TEXT, 0, "hi", false);
    assert_true(yz_saying_whole(&s, false));
    end(&s, YZ_FINISH_TOOLS, "", 0, NULL);
    assert_false(yz_saying_whole(&s, false)); /* and no tool */
    hear(&s, YZ_PART_TOOL_CALL, 1, "{\\\"a\\\":", false);
    assert_false(yz_saying_whole(&s, false));
    assert_true(yz_saying_whole(&s, true)); /* a long document, of whose texts the beginnings are seen */
    hear(&s, YZ_PART_TOOL_CALL, 2, "{}", false);
    assert_false(yz_saying_whole(&s, false)); /* the first stays broken */
    s = (yz_saying){0};
    hear(&s, YZ_PART_TOOL_CALL, 0, "{}", false);
    hear(&s, YZ_PART_TOOL_CALL, 1, "{}", false);
    assert_true(yz_saying_whole(&s, false));
    s = (yz_saying){0};
    hear(&s, YZ_PART_TEXT, 0, "let me see", false);
    end(&s, YZ_FINISH_STOP, "pause_turn", 0, NULL);
    assert_false(yz_saying_whole(&s, false));
}

/* Each of several answers, however their pieces are mixed. */
static void test_choices(void **state) {
    (void)state;
    static const struct {
        yz_part_kind kind;
        const char *second;
        bool whole;
    } table[] = {{YZ_PART_TEXT, "B", true},          {YZ_PART_TEXT, "", false},       {YZ_PART_REASONING, "hm", false},
                 {YZ_PART_TEXT, "<think>hm", false}, {YZ_PART_TOOL_CALL, "{}", true}, {YZ_PART_TOOL_CALL, "{\\\"a", false}};
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        for (unsigned turned = 0; turned < 2; turned++) {
            yz_saying s = {0};
            yz_arena *arena = yz_arena_new(NULL);
            yz_event item = {YZ_EVENT, .kind = YZ_EVENT_ITEM, .item = YZ_PART_TEXT, .index = 0, .choice = turned};
            yz_event other = {YZ_EVENT, .kind = YZ_EVENT_ITEM, .item = table[i].kind, .index = 1, .choice = !turned};
            yz_event said = {YZ_EVENT, .kind = YZ_EVENT_DELTA, .text = YZ_STR("A")};
            yz_event more = {YZ_EVENT, .kind = YZ_EVENT_DELTA, .index = 1, .text = yz_str_of(table[i].second)};
            yz_saying_hear(&s, &item, arena);
            yz_saying_hear(&s, &other, arena);
            yz_saying_hear(&s, &said, arena); /* that the item is of a choice is said where it begins */
            yz_saying_hear(&s, &more, arena);
            end(&s, YZ_FINISH_STOP, "", turned, arena);
            end(&s, table[i].kind == YZ_PART_TOOL_CALL ? YZ_FINISH_TOOLS : YZ_FINISH_STOP, "", !turned, arena);
            assert_int_equal(yz_saying_whole(&s, false), table[i].whole);
            end(&s, YZ_FINISH_STOP, "", 2, arena); /* one that never began */
            assert_false(yz_saying_whole(&s, false));
            yz_arena_free(arena);
        }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_one_item), cmocka_unit_test(test_several), cmocka_unit_test(test_choices)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
