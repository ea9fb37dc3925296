/* Answers that pass, in which places are told: the same however they are cut, and nothing else of them changes. */
#include "base/arena.h"
#include "base/secret.h"
#include "media/media.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static yz_arena *arena;
static yz_media_settings settings;
static const char *const fields[] = {"url", "urls", NULL};

static int set_up(void **state) {
    (void)state;
    arena = yz_arena_new(NULL);
    settings = (yz_media_settings){
        .sign = yz_secret_new(YZ_STR("a key of sixteen bytes")), .base_url = YZ_STR("https://gw.example"), .expires = 604800000};
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    yz_secret_free((yz_secret *)settings.sign);
    yz_arena_free(arena);
    return 0;
}

/* In pieces of so many bytes, each in memory of its own, so that nobody reads behind it. */
static yz_str passed(yz_str text, size_t piece) {
    yz_media_pass *pass = yz_media_pass_new(&settings, fields, YZ_STR("alice"), arena);
    yz_buf out = {0};
    for (size_t at = 0; at < text.n; at += piece) {
        size_t n = text.n - at < piece ? text.n - at : piece;
        char *own = malloc(n);
        assert_non_null(own);
        memcpy(own, text.p + at, n);
        yz_buf_str(&out, yz_media_pass_put(pass, yz_str_at(own, n)));
        free(own);
    }
    yz_buf_str(&out, yz_media_pass_end(pass));
    yz_str all = yz_dup(arena, yz_buf_view(&out));
    yz_buf_free(&out);
    return all;
}

/* @ stands for the place, and for what is told of it. */
static yz_str with(const char *text, yz_str what) {
    yz_buf out = {0};
    for (; *text; text++)
        if (*text == '@')
            yz_buf_str(&out, what);
        else
            yz_buf_char(&out, *text);
    yz_str all = yz_dup(arena, yz_buf_view(&out));
    yz_buf_free(&out);
    return all;
}

static void expect(const char *text, yz_str place, yz_str told) {
    yz_str from = with(text, place), to = with(text, told);
    for (size_t piece = 1; piece <= from.n; piece += piece < 40 ? 1 : 97)
        if (!yz_str_eq(passed(from, piece), to))
            fail_msg("%s in pieces of %zu: %.*s", text, piece, YZ_STR_ARGS(passed(from, piece)));
}

static void places_are_exchanged_and_nothing_else(void **state) {
    (void)state;
    static const char *const texts[] = {
        "{\"data\":[{\"url\":\"@\"},{ \"url\" : \"@\" ,\"n\":1}]}",
        "{\"urls\":[\"@\", \"@\"],\"x\":[]}",
        "{\"urls\":{\"a\":[1]},\"url\":null,\"url\":[\"@\"]}",
        "data: {\"type\":\"done\",\"url\":\"@\"}\r\n\r\nevent: \"url\": odd\ndata: {\"url\":\"@\"}\n\n",
        "\"url\n:\"\n{\"url\":\"@\"}", /* a text that is never closed is none */
    };
    yz_str place = YZ_STR("https://cdn.example/a.png?x=1&y=2");
    yz_str told = yz_media_sign(&settings, YZ_STR("alice"), place, yz_clock_wall(), arena);
    assert_true(told.n > 0);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        expect(texts[i], place, told);
    for (size_t i = 0; i < 3; i++)
        expect(texts[i], YZ_STR("https:\\/\\/cdn.example\\/a.png?x=1\\u0026y=2"), told);
}

static void what_is_none_stays(void **state) {
    (void)state;
    static const char *const texts[] = {
        "{\"uri\":\"@\",\"x\":\"url\",\"y\":[\"url\",\"@\"],\"u\\u0072l\":\"@\",\"xurl\":\"@\",\"url\\\"\":\"@\",\"prompt\":\"\\\"url\\\":"
        "\\\"@\\\"\"}",
        "{\"url\":{\"x\":\"@\"},\"urls\":[],\"x\":\"@\",\"urls\":[{\"x\":\"@\"},\"@\"]}",
        "{\"url\":1,\"x\":\"@\"}",
        "@",
        "\"url\"\"@\"",
        "{\"url\":\"@",
    };
    yz_str place = YZ_STR("https://cdn.example/a.png");
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        expect(texts[i], place, place);
    static const char *const others[] = {"data:image/png;base64,AA==",      "",      "a cat",
                                         "https://gw.example/v1/media/x/y", "\\u00", "\\uD800 \\\\\\\""};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        expect("{\"url\":\"@\",\"urls\":[\"@\"]}", yz_str_of(others[i]), yz_str_of(others[i]));
}

/* Nothing of it is held that could not be an address, and one that breaks off loses nothing. */
static void long_texts_pass(void **state) {
    (void)state;
    static char picture[300000], place[20000];
    memset(picture, 'A', sizeof picture - 1);
    memset(place, 'a', sizeof place - 1);
    memcpy(place, "https://cdn.example/", 20);
    expect("{\"b64_json\":\"@\",\"url\":\"data:image/png;base64,@\"}", yz_str_of(picture), yz_str_of(picture));
    expect("{\"url\":\"@\",\"x\":1}", yz_str_of(place), yz_str_of(place));
    yz_media_pass *pass = yz_media_pass_new(&settings, fields, YZ_STR("alice"), arena);
    assert_true(yz_str_is(yz_media_pass_put(pass, YZ_STR("{\"url\":\"data:")), "{\"url\":"));
    for (int i = 0, n = 0; i < 100; i++, n = 0) {
        yz_str out = yz_media_pass_put(pass, yz_str_at(picture, 1000));
        n = (int)out.n;
        assert_true(i < 20 ? n == 0 || n > 12000 || n == 1000 : n == 1000);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(places_are_exchanged_and_nothing_else),
        cmocka_unit_test(what_is_none_stays),
        cmocka_unit_test(long_texts_pass),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
