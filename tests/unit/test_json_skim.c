/* Long JSON looked at as it passes: for every split the same verdict and the same copy; garbage is found where it stands. */
#include "base/arena.h"
#include "base/json_mend.h"
#include "base/json_skim.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

/* In memory of its own, so that reading past its end is seen. */
static int feed(yz_json_skim *skim, const char *p, size_t n) {
    char *copy = malloc(n ? n : 1);
    memcpy(copy, p, n);
    int code = yz_json_skim_feed(skim, (yz_str){copy, n});
    free(copy);
    return code;
}

/* Of text in two pieces, the first of `first` bytes, or byte by byte (SIZE_MAX). */
static int run(yz_str text, size_t first, yz_json_skim *skim) {
    int code = YZ_OK;
    *skim = (yz_json_skim){0};
    if (first == SIZE_MAX) {
        for (size_t i = 0; i < text.n && code == YZ_OK; i++)
            code = feed(skim, text.p + i, 1);
        return code;
    }
    code = feed(skim, text.p, first);
    return code == YZ_OK ? feed(skim, text.p + first, text.n - first) : code;
}

/* The copy, or NULL: it is no JSON, or not complete. */
static char *skimmed(const char *text) {
    char *wanted = NULL;
    for (size_t first = 0; first <= strlen(text) + 1; first++) {
        yz_json_skim skim;
        int code = run(yz_str_of(text), first > strlen(text) ? SIZE_MAX : first, &skim);
        char *got = code == YZ_OK && yz_json_skim_done(&skim) ? strndup(skim.copy.p, skim.copy.n) : NULL;
        if (first && (!got != !wanted || (got && strcmp(got, wanted) != 0)))
            fail_msg("%s, cut at %zu: %s, else %s", text, first, got ? got : "-", wanted ? wanted : "-");
        if (first)
            free(got);
        else
            wanted = got;
        yz_json_skim_free(&skim);
    }
    return wanted;
}

static void short_texts_are_kept(void **state) {
    (void)state;
    static const char *const texts[] = {"{\"a\":[1,{\"b\":null},\"x\\\"y\",[],{}],\"c\":-1.5e3,\"d\":\"\\u00e4\"}", "[]", "\"x\"",
                                        "[true,false]"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        char *got = skimmed(texts[i]);
        assert_non_null(got);
        assert_string_equal(got, texts[i]);
        free(got);
    }
    char *got = skimmed(" { \"a\" : [ 1 , 2 ] , \"b\" : NaN } </html>");
    assert_string_equal(got, "{\"a\":[1,2],\"b\":NaN}");
    free(got);
}

static void garbage_is_found(void **state) {
    (void)state;
    static const char *const texts[] = {"",         "{",    "[",          "xxxx",  "{\"a\"",   "{\"a\":", "{\"a\":1",
                                        "[1",       "[1,]", "{\"a\":1,}", "{a:1}", "[1 2]",    "<html>",  "{\"a\" 1}",
                                        "[\"a",     "[}",   "{]",         "]",     "{,}",      "[,1]",    "{\"a\":1 \"b\":2}",
                                        "data: {}", "[1}",  "{\"a\"]",    "\"a",   "{\"a\":1]"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        char *got = skimmed(texts[i]);
        if (got)
            fail_msg("%s: %s", texts[i], got);
    }
}

/* Strings are cut, lists of numbers too; what is left can be proven and says the rest. */
static void long_ones_are_cut(void **state) {
    (void)state;
    yz_buf text = {0};
    yz_buf_lit(&text, "{\"text\":\"");
    for (int i = 0; i < 300000; i++)
        yz_buf_lit(&text, "\\u00e4 \xe4\xbd\xa0 \\\\\\\" x");
    yz_buf_lit(&text, "\",\"list\":[0.5");
    for (int i = 0; i < 300000; i++)
        yz_buf_printf(&text, ",%d.25", i);
    yz_buf_lit(&text, "],\"lists\":[[1,2],[3,4]],\"usage\":{\"n\":7}}");
    size_t firsts[] = {0, 1, 10, 1000, 1001, 1002, 1003, 1004, 1005, 5000000, SIZE_MAX};
    for (size_t i = 0; i < sizeof firsts / sizeof *firsts; i++) {
        yz_json_skim skim;
        yz_buf mended = {0};
        assert_int_equal(run(yz_buf_view(&text), firsts[i], &skim), YZ_OK);
        assert_true(yz_json_skim_done(&skim) && !skim.full && skim.copy.n < 2 * YZ_SKIM_TEXT + 200);
        assert_int_equal(yz_json_mend(yz_buf_view(&skim.copy), &mended), YZ_OK);
        yz_arena *arena = yz_arena_new(NULL);
        yz_json *json;
        assert_int_equal(yz_json_parse(arena, yz_buf_view(&mended), 0, &json, NULL), YZ_OK);
        assert_int_equal(yz_json_count(yz_json_get(json, "list")), YZ_SKIM_NUMBERS);
        assert_int_equal(yz_json_count(yz_json_get(json, "lists")), 2);
        assert_int_equal(yz_json_int(yz_json_get(yz_json_get(json, "usage"), "n"), -1), 7);
        yz_arena_free(arena);
        yz_buf_free(&mended);
        yz_json_skim_free(&skim);
    }
    yz_buf_free(&text);
}

/* A chat of a hundred thousand small values, in lists or in objects, and after it what is wrong with it. */
static void many_small_ones_are_left_out(void **state) {
    (void)state;
    static const char *const begins[] = {"[", "{", "{\"a\":[{"}, *const ends[] = {"{\"z\":[]}]", "\"z\":{\"y\":[{}]}}", "\"z\":0}]}"};
    static const char *const items[] = {"{\"role\":\"user\",\"n\":[\"x\",{\"y\":1}]},", "{\"v\":[1,\"x\"]},", "[[],{}],"};
    for (size_t form = 0; form < 3; form++) {
        yz_buf text = {0};
        yz_buf_printf(&text, "{\"error\":{\"details\":{\"input\":%s", begins[form]);
        for (int i = 0; i < 100000; i++) {
            if (form)
                yz_buf_printf(&text, "\"k%d\":", i);
            yz_buf_lit(&text, items[form]);
        }
        yz_buf_printf(&text, "%s},\"list\":[1,2],\"message\":\"too long\",\"more\":{\"list\":[{\"code\":6},{\"code\":7}]}},\"status\":400}",
                      ends[form]);
        size_t firsts[] = {0, 1, 1000000, 600001, SIZE_MAX};
        for (size_t i = 0; i < sizeof firsts / sizeof *firsts; i++) {
            yz_json_skim skim;
            assert_int_equal(run(yz_buf_view(&text), firsts[i], &skim), YZ_OK);
            assert_true(yz_json_skim_done(&skim) && !skim.full && skim.copy.n < YZ_SKIM_MUCH + 1000);
            yz_arena *arena = yz_arena_new(NULL);
            yz_json *json;
            assert_int_equal(yz_json_parse(arena, yz_buf_view(&skim.copy), 0, &json, NULL), YZ_OK);
            const yz_json *error = yz_json_get(json, "error"), *input = yz_json_get(yz_json_get(error, "details"), "input");
            assert_true(yz_str_is(yz_json_text(arena, yz_json_get(error, "message")), "too long"));
            assert_int_equal(yz_json_int(yz_json_get(yz_json_get(yz_json_get(error, "more"), "list")->child->next, "code"), -1), 7);
            assert_int_equal(yz_json_int(yz_json_get(json, "status"), -1), 400);
            input = form == 2 ? yz_json_get(input, "a")->child : input;
            assert_true(yz_json_count(input) > 1000 && yz_json_count(input) < 100000);
            yz_arena_free(arena);
            yz_json_skim_free(&skim);
        }
        yz_buf_free(&text);
    }
}

/* What is kept is bounded, whatever comes, and so is the depth. */
static void is_bounded(void **state) {
    (void)state;
    yz_json_skim skim = {0};
    assert_int_equal(feed(&skim, "{", 1), YZ_OK);
    for (int i = 0; i < 200000; i++)
        assert_int_equal(feed(&skim, "\"key\":\"value12\",", 16), YZ_OK);
    assert_int_equal(feed(&skim, "\"key\":1}", 8), YZ_OK);
    assert_true(yz_json_skim_done(&skim) && skim.full && skim.copy.n <= YZ_SKIM_COPY);
    yz_json_skim_free(&skim);
    for (size_t depth = YZ_JSON_DEPTH; depth <= YZ_JSON_DEPTH + 1; depth++) {
        int code = YZ_OK;
        skim = (yz_json_skim){0};
        for (size_t i = 0; i < depth && code == YZ_OK; i++)
            code = feed(&skim, i % 2 ? "[" : "{\"a\":", i % 2 ? 1 : 5);
        assert_int_equal(code, depth <= YZ_JSON_DEPTH ? YZ_OK : YZ_EINVAL);
        yz_json_skim_free(&skim);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(short_texts_are_kept),         cmocka_unit_test(garbage_is_found), cmocka_unit_test(long_ones_are_cut),
        cmocka_unit_test(many_small_ones_are_left_out), cmocka_unit_test(is_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
