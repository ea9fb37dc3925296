/* JSON of careless servers: what is mended, what stays broken, and that no input makes it slow, or read past its end. */
#include "base/arena.h"
#include "base/json_mend.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <yuzui/json.h>

#include <cmocka.h>

/* Of a copy in memory of its own. */
static int mend(yz_str text, yz_buf *out) {
    char *copy = malloc(text.n ? text.n : 1);
    memcpy(copy, text.p ? text.p : "", text.n);
    int code = yz_json_mend((yz_str){copy, text.n}, out);
    free(copy);
    return code;
}

static bool proven(yz_buf *text) {
    yz_arena *arena = yz_arena_new(NULL);
    yz_json *json;
    int code = yz_json_parse(arena, yz_buf_view(text), YZ_JSON_LONE_SURROGATES, &json, NULL);
    yz_arena_free(arena);
    return code == YZ_OK;
}

static void is_mended(void **state) {
    (void)state;
    static const struct {
        const char *from, *to;
    } cases[] = {
        {" { \"a\" : [ 1 , -2.5e3 , true , null , \"x\" ] , \"b\" : { } }\n", "{\"a\":[1,-2.5e3,true,null,\"x\"],\"b\":{}}"},
        {"{\"a\":1}garbage", "{\"a\":1}"},
        {"{\"a\":1}{\"a\":2}", "{\"a\":1}"},
        {"[NaN,Infinity,-Infinity,\"NaN\"]", "[null,null,null,\"NaN\"]"},
        {"{\"a\":1,\"b\":2,\"a\":3}", "{\"b\":2,\"a\":3}"},
        {"{\"a\":1,\"a\":{\"b\":1,\"b\":2},\"c\":3,\"a\":[4]}", "{\"c\":3,\"a\":[4]}"},
        {"{\"a\":{\"x\":1,\"x\":2},\"b\":{\"x\":1}}", "{\"a\":{\"x\":2},\"b\":{\"x\":1}}"},
        {"[\"a\xff\xe4\xbd\xa0\xe4\xbd\"]", "[\"a\xef\xbf\xbd\xe4\xbd\xa0\xef\xbf\xbd\xef\xbf\xbd\"]"},
        {"[\"a\n\tb\\n\"]", "[\"a\\u000a\\u0009b\\n\"]"},
        {"[\"\\\"\\\\\"]", "[\"\\\"\\\\\"]"},
        {"\"text\"", "\"text\""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        yz_buf out = {0};
        assert_int_equal(mend(yz_str_of(cases[i].from), &out), YZ_OK);
        if (!yz_str_is(yz_buf_view(&out), cases[i].to))
            fail_msg("%s became %.*s", cases[i].from, (int)out.n, out.p);
        assert_true(proven(&out));
        yz_buf_free(&out);
    }
}

static void stays_broken(void **state) {
    (void)state;
    static const char *const texts[] = {"",         " ",          "{",         "[",          "{\"a\"", "{\"a\":", "{\"a\":1", "[1",
                                        "[1,]",     "{\"a\":1,}", "{a:1}",     "{1:2}",      "[\"a",   "[\"a\\",  "[1 2]",    "<html>",
                                        "data: {}", "{\"a\" 1}",  "[\"\\x\"]", "[\"\\u1\"]", "[01]",   "[nul]",   "]",        "}"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        yz_buf out = {0};
        if (mend(yz_str_of(texts[i]), &out) == YZ_OK && proven(&out))
            fail_msg("%s became %.*s", texts[i], (int)out.n, out.p);
        yz_buf_free(&out);
    }
}

/* Nested as deep as the prover goes, and deeper; objects of more members than are compared. */
static void is_bounded(void **state) {
    (void)state;
    for (size_t depth = YZ_JSON_DEPTH - 1; depth <= YZ_JSON_DEPTH + 1; depth++) {
        yz_buf text = {0}, out = {0};
        memset(yz_buf_room(&text, depth), '[', depth);
        text.n = depth;
        memset(yz_buf_room(&text, depth), ']', depth);
        text.n = 2 * depth;
        assert_int_equal(mend(yz_buf_view(&text), &out), depth <= YZ_JSON_DEPTH ? YZ_OK : YZ_EINVAL);
        yz_buf_free(&text);
        yz_buf_free(&out);
    }
    yz_buf text = {0}, out = {0};
    yz_buf_lit(&text, "{\"first\":1,\"first\":2");
    for (int i = 0; i < 300000; i++)
        yz_buf_printf(&text, ",\"k%d\":%d", i, i);
    yz_buf_lit(&text, "}");
    assert_int_equal(mend(yz_buf_view(&text), &out), YZ_OK);
    assert_true(proven(&out));
    assert_memory_equal(out.p, "{\"first\":2,\"k0\":0,", 18);
    yz_buf_free(&text);
    yz_buf_free(&out);
}

/* Cut anywhere it is read to its end and no further. */
static void cut_anywhere(void **state) {
    (void)state;
    static const char text[] = "{\"a\":[1,NaN,\"\\u00e4\xff\"],\"a\":{\"b\":null,\"b\":-Infinity}} x";
    for (size_t n = 0; n < sizeof text - 1; n++) {
        yz_buf out = {0};
        mend((yz_str){text, n}, &out);
        yz_buf_free(&out);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(is_mended),
        cmocka_unit_test(stays_broken),
        cmocka_unit_test(is_bounded),
        cmocka_unit_test(cut_anywhere),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
