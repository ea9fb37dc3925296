/* The JSON prover, the index it leaves, and writing. */
#include "base/arena.h"
#include "base/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include <time.h>
#include <yuzui/json.h>

/* Parses an exact copy, so that a sanitizer sees reads past the end. */
static int parse(yz_arena *arena, yz_str text, unsigned flags, yz_json **out, yz_json_fault *fault) {
    char *copy = malloc(text.n ? text.n : 1);
    if (text.n)
        memcpy(copy, text.p, text.n);
    yz_on_free(arena, free, copy);
    return yz_json_parse(arena, (yz_str){copy, text.n}, flags, out, fault);
}

static void refused_at(yz_str text, unsigned flags, int code, size_t at) {
    yz_arena *arena = yz_arena_new(NULL);
    yz_json *json;
    yz_json_fault fault = {0};
    int got = parse(arena, text, flags, &json, &fault);
    if (got != code || fault.at != at)
        print_error("<<%.*s>>: %d at %zu (%s)\n", YZ_STR_ARGS(text), got, fault.at, fault.reason ? fault.reason : "");
    assert_int_equal(got, code);
    assert_int_equal(fault.at, at);
    assert_null(json);
    assert_non_null(fault.reason);
    assert_int_equal(parse(arena, text, flags, &json, NULL), code);
    yz_arena_free(arena);
}

static void accepted(yz_str text, unsigned flags, yz_json_type type) {
    yz_arena *arena = yz_arena_new(NULL);
    yz_json *json;
    yz_json_fault fault = {0};
    int got = parse(arena, text, flags, &json, &fault);
    if (got != YZ_OK)
        print_error("<<%.*s>>: %d at %zu (%s)\n", YZ_STR_ARGS(text), got, fault.at, fault.reason);
    assert_int_equal(got, YZ_OK);
    assert_int_equal(json->type, type);
    yz_arena_free(arena);
}

static void values(void **state) {
    (void)state;
    accepted(YZ_STR("null"), 0, YZ_JSON_NULL);
    accepted(YZ_STR(" true\n"), 0, YZ_JSON_TRUE);
    accepted(YZ_STR("\t\r\nfalse"), 0, YZ_JSON_FALSE);
    accepted(YZ_STR("[]"), 0, YZ_JSON_ARRAY);
    accepted(YZ_STR("{ }"), 0, YZ_JSON_OBJECT);
    accepted(YZ_STR("[ [ ] , { } , [ { } ] ]"), 0, YZ_JSON_ARRAY);
    accepted(YZ_STR("\"\""), 0, YZ_JSON_STRING);
    accepted(YZ_STR("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\uD83D\\uDE00\""), 0, YZ_JSON_STRING);
    accepted(YZ_STR("\"\x7F \xC2\x80 \xDF\xBF \xE0\xA0\x80 \xED\x9F\xBF \xEE\x80\x80 \xEF\xBF\xBF \xF0\x90\x80\x80 \xF4\x8F\xBF\xBF\""), 0,
             YZ_JSON_STRING);
    static const char *const numbers[] = {"0",   "-0",    "1",     "-1",     "10",     "0.5",       "-0.0",
                                          "1e5", "1E+05", "1e-99", "1.5e10", "1e-999", "123456789", "1e308"};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        accepted(yz_str_of(numbers[i]), 0, YZ_JSON_NUMBER);
}

static void malformed(void **state) {
    (void)state;
    static const struct {
        const char *text;
        size_t at;
    } table[] = {
        {"", 0},
        {"  ", 2},
        {"nul", 0},
        {"nulL", 0},
        {"True", 0},
        {"NaN", 0},
        {"Infinity", 0},
        {"-Infinity", 0},
        {"undefined", 0},
        {"'a'", 0},
        {"1 2", 2},
        {"{} {}", 3},
        {"[] x", 3},
        {"[1,]", 3},
        {"[,1]", 1},
        {"[1 2]", 3},
        {"[1", 2},
        {"[", 1},
        {"]", 0},
        {"[1}", 2},
        {"{", 1},
        {"{\"a\"}", 4},
        {"{\"a\":}", 5},
        {"{\"a\":1,}", 7},
        {"{,}", 1},
        {"{a:1}", 1},
        {"{1:1}", 1},
        {"{\"a\":1]", 6},
        {"{\"a\" 1}", 5},
        {"{\"a\":1", 6},
        {"{\"a", 3},
        {"{\"a\":1 \"b\":2}", 7},
        {"[1]]", 3},
        {"/**/1", 0},
        {"1//", 1},
        {"-", 0},
        {"+1", 0},
        {".5", 0},
        {"1.", 0},
        {"1.e5", 0},
        {"1e", 0},
        {"1e+", 0},
        {"01", 0},
        {"-01", 0},
        {"00", 0},
        {"1.5.5", 3},
        {"0x10", 1},
        {"1_000", 1},
        {"--1", 0},
        {"\"", 1},
        {"\"abc", 4},
        {"\"\\\"", 3},
        {"\"\\", 1},
        {"\"\\x\"", 1},
        {"\"\\u12\"", 1},
        {"\"\\u123g\"", 1},
        {"\"\\U0041\"", 1},
        {"\"a\nb\"", 2},
        {"\"\t\"", 1},
        {"\"\x1F\"", 1},
        {"\xEF\xBB\xBF{}", 0},
        {"\xEF\xBB\xBF", 0},
        {"[1,\x0C 2]", 3},
        {"\xC2\xA0"
         "1",
         0},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        refused_at(yz_str_of(table[i].text), 0, YZ_EINVAL, table[i].at);
    refused_at(YZ_STR("\"a\0b\""), 0, YZ_EINVAL, 2);
    refused_at(YZ_STR("1\0"), 0, YZ_EINVAL, 1);
    refused_at((yz_str){NULL, 0}, 0, YZ_EINVAL, 0);
}

static void utf8(void **state) {
    (void)state;
    static const char *const bad[] = {
        "\x80",
        "\xBF",
        "\xC0\x80",
        "\xC1\xBF",
        "\xC2",
        "\xC2 ",
        "\xE0\x80\x80",
        "\xE0\x9F\xBF",
        "\xE4\xB8",
        "\xE4\xB8 ",
        "\xED\xA0\x80",
        "\xED\xBF\xBF",
        "\xF0\x80\x80\x80",
        "\xF0\x8F\xBF\xBF",
        "\xF0\x9F\x98",
        "\xF4\x90\x80\x80",
        "\xF5\x80\x80\x80",
        "\xF8\x88\x80\x80\x80",
        "\xFE",
        "\xFF",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        for (size_t before = 0; before < 20; before++)
            for (int tail = 0; tail < 2; tail++) { /* at the end of the text, and with more after it */
                char text[80];
                int n = snprintf(text, sizeof text, "\"%.*s%s%s\"", (int)before, "abcdefghijklmnopqrst", bad[i],
                                 tail ? "abcdefghijklmnopqrst" : "");
                refused_at((yz_str){text, (size_t)n}, 0, YZ_EINVAL, before + 1);
                snprintf(text, sizeof text, "\"\xE4\xB8\xAD%.*s\xC3\xA9%s\"", (int)before, "abcdefghijklmnopqrst", bad[i]);
                refused_at(yz_str_of(text), 0, YZ_EINVAL, before + 6);
            }
}

static void surrogates(void **state) {
    (void)state;
    static const char *const lone[] = {"\"\\uD800\"",
                                       "\"\\uDBFFx\"",
                                       "\"\\uDC00\"",
                                       "\"\\uDFFF\\uD83D\"",
                                       "\"\\uD83D\\u0041\"",
                                       "\"\\uD83D\\n\"",
                                       "\"\\ud83d\\ud83d\\ude00\""};
    yz_arena *arena = yz_arena_new(NULL);
    for (size_t i = 0; i < sizeof lone / sizeof *lone; i++) {
        refused_at(yz_str_of(lone[i]), 0, YZ_EINVAL, 1);
        accepted(yz_str_of(lone[i]), YZ_JSON_LONE_SURROGATES, YZ_JSON_STRING);
    }
    yz_json *json;
    assert_int_equal(parse(arena, YZ_STR("\"a\\uD83Db\\uDE00\\ud83d\\ude00\""), YZ_JSON_LONE_SURROGATES, &json, NULL), YZ_OK);
    assert_true(yz_str_is(yz_json_text(arena, json), "a\xEF\xBF\xBD"
                                                     "b\xEF\xBF\xBD\xF0\x9F\x98\x80"));
    yz_arena_free(arena);
}

static void range_of_numbers(void **state) {
    (void)state;
    static const char *const beyond[] = {
        "1e400", "-1e400", "1e309", "1.8e308", "0.001e312", "1e99999999999999999999", "1.7976931348623159e308"};
    static const char *const within[] = {
        "1.7976931348623157e308", "0.0001e312", "0e999999999999999999999", "0.0e999", "1e-99999999999999999999", "-1.7976931348623157e308"};
    for (size_t i = 0; i < sizeof beyond / sizeof *beyond; i++)
        refused_at(yz_str_of(beyond[i]), 0, YZ_EINVAL, 0);
    for (size_t i = 0; i < sizeof beyond / sizeof *beyond; i++) /* paid for */
        accepted(yz_str_of(beyond[i]), YZ_JSON_ANSWERED, YZ_JSON_NUMBER);
    for (size_t i = 0; i < sizeof within / sizeof *within; i++)
        accepted(yz_str_of(within[i]), 0, YZ_JSON_NUMBER);
    char digits[1001];
    memset(digits, '9', 1000);
    digits[308] = 0;
    accepted(yz_str_of(digits), 0, YZ_JSON_NUMBER);
    digits[308] = '9';
    digits[309] = 0;
    refused_at(yz_str_of(digits), 0, YZ_EINVAL, 0);
    memset(digits, '0', 1000);
    digits[1] = '.';
    memcpy(digits + 996, "1e9", 4);
    accepted(yz_str_of(digits), 0, YZ_JSON_NUMBER);
}

static void integers(void **state) {
    (void)state;
    static const struct {
        const char *text;
        int64_t value;
    } table[] = {
        {"0", 0},
        {"-0", 0},
        {"9223372036854775807", INT64_MAX},
        {"-9223372036854775808", INT64_MIN},
        {"9223372036854775808", -7},
        {"-9223372036854775809", -7},
        {"18446744073709551616", -7},
        {"9007199254740993", 9007199254740993},
        {"1.0", 1},
        {"1e3", 1000},
        {"1.50e1", 15},
        {"120e-1", 12},
        {"1200e-2", 12},
        {"125e-1", -7},
        {"0.5", -7},
        {"0.0e5", 0},
        {"0e99999999999999999999", 0},
        {"1e18", 1000000000000000000},
        {"1e19", -7},
        {"1e300", -7},
        {"0.000001e6", 1},
        {"92233720368547758070e-1", INT64_MAX},
        {"\"5\"", -7},
        {"null", -7},
        {"[1]", -7},
    };
    yz_arena *arena = yz_arena_new(NULL);
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        yz_json *json;
        assert_int_equal(parse(arena, yz_str_of(table[i].text), 0, &json, NULL), YZ_OK);
        if (yz_json_int(json, -7) != table[i].value)
            print_error("<<%s>> is %lld\n", table[i].text, (long long)yz_json_int(json, -7));
        assert_true(yz_json_int(json, -7) == table[i].value);
    }
    assert_true(yz_json_int(NULL, 3) == 3);
    yz_arena_free(arena);
}

static void doubles(void **state) {
    (void)state;
    yz_arena *arena = yz_arena_new(NULL);
    yz_json *json;
    assert_int_equal(parse(arena,
                           YZ_STR("[0.1,-1.5e10,1e-999,\"1\",0.1000000000000000055511151231257827021181583404541015625000000000000000]"), 0,
                           &json, NULL),
                     YZ_OK);
    const yz_json *at = json->child;
    assert_true(yz_json_double(at, 9) == 0.1);
    assert_true(yz_json_double(at->next, 9) == -1.5e10);
    assert_true(yz_json_double(at->next->next, 9) == 0);
    assert_true(yz_json_double(at->next->next->next, 9) == 9);
    assert_true(yz_json_double(at->next->next->next->next, 9) == 0.1);
    assert_true(yz_json_double(NULL, 9) == 9);
    yz_arena_free(arena);
}

static void duplicates(void **state) {
    (void)state;
    refused_at(YZ_STR("{\"a\":1,\"a\":2}"), 0, YZ_EINVAL, 8);
    refused_at(YZ_STR("{\"a\":1,\"\\u0061\":2}"), 0, YZ_EINVAL, 8);
    refused_at(YZ_STR("{\"\\u0061\":1,\"a\":2}"), 0, YZ_EINVAL, 13);
    refused_at(YZ_STR("{\"\":1,\"\":2}"), 0, YZ_EINVAL, 7);
    refused_at(YZ_STR("[{\"x\":{\"a\":1,\"b\":2,\"a\":3}}]"), 0, YZ_EINVAL, 20);
    refused_at(YZ_STR("{\"\xE4\xB8\xAD\":1,\"\\u4e2d\":2}"), 0, YZ_EINVAL, 10);
    refused_at(YZ_STR("{\"\\ud83d\\ude00\":1,\"\xF0\x9F\x98\x80\":2}"), 0, YZ_EINVAL, 19);
    accepted(YZ_STR("{\"a\":1,\"A\":2,\"a \":3,\"\\u0000\":4,\"\":5,\"aa\":6}"), 0, YZ_JSON_OBJECT);
    accepted(YZ_STR("{\"a\":{\"a\":{\"a\":1}}}"), 0, YZ_JSON_OBJECT);
    accepted(YZ_STR("[{\"a\":1},{\"a\":1}]"), 0, YZ_JSON_ARRAY);
    for (int n = 2; n < 200; n++) { /* around the limit where comparing changes its way */
        yz_buf text = {0};
        size_t last = 0;
        yz_buf_char(&text, '{');
        for (int i = 0; i < n; i++)
            yz_buf_printf(&text, "\"some_longer_key_%d\":%d,", i, i);
        size_t keep = text.n;
        yz_buf_lit(&text, "\"z\":0}");
        accepted(yz_buf_view(&text), 0, YZ_JSON_OBJECT);
        text.n = keep;
        last = text.n + 1;
        yz_buf_printf(&text, "\"some_longer_key_%d\":0}", n / 2);
        refused_at(yz_buf_view(&text), 0, YZ_EINVAL, last);
        yz_buf_free(&text);
    }
}

/* Around the limits where finding twins changes its way: wherever the first of them stands, and however either is spelled. */
static void twins_among_many(void **state) {
    (void)state;
    static const int counts[] = {15, 16, 17, 500, 2047, 2048, 2049, 70000};
    for (size_t c = 0; c < sizeof counts / sizeof *counts; c++)
        for (int way = 0; way < 6; way++) {
            int n = counts[c], twin = way % 3 == 0 ? 0 : way % 3 == 1 ? n / 2 : n - 1;
            yz_buf text = {0};
            yz_buf_char(&text, '{');
            for (int i = 0; i < n; i++)
                yz_buf_printf(&text, "\"some_longer_key_%d\":%d,", i, i);
            size_t last = text.n + 1;
            yz_buf_printf(&text, "\"some_longer_k%sy_%d\":0}", way < 3 ? "e" : "\\u0065", twin);
            refused_at(yz_buf_view(&text), 0, YZ_EINVAL, last);
            text.p[last] = 'S';
            accepted(yz_buf_view(&text), 0, YZ_JSON_OBJECT);
            yz_buf_free(&text);
        }
}

/* ns of CPU time for each of n keys, the best of three. */
static int64_t ns_per_key(int n) {
    yz_buf text = {0};
    yz_buf_char(&text, '{');
    for (int i = 0; i < n; i++)
        yz_buf_printf(&text, "%s\"%x\":0", i ? "," : "", i);
    yz_buf_char(&text, '}');
    int64_t best = INT64_MAX;
    for (int i = 0; i < 3; i++) {
        yz_arena *arena = yz_arena_new(NULL);
        yz_json *json;
        struct timespec from, to;
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &from);
        assert_int_equal(yz_json_parse(arena, yz_buf_view(&text), 0, &json, NULL), YZ_OK);
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &to);
        assert_int_equal(yz_json_count(json), n);
        int64_t took = ((to.tv_sec - from.tv_sec) * 1000000000 + to.tv_nsec - from.tv_nsec) / n;
        best = took < best ? took : best;
        yz_arena_free(arena);
    }
    yz_buf_free(&text);
    return best;
}

/* Half a million keys in one object take about as long per key as a thousand. */
static void many_keys_are_not_quadratic(void **state) {
    (void)state;
    int64_t few = ns_per_key(1000), many = ns_per_key(500000);
    print_message("%d ns a key among 1000, %d among 500000\n", (int)few, (int)many);
    assert_true(many < 5 * few + 20);
}

static void limits(void **state) {
    (void)state;
    char deep[2 * YZ_JSON_DEPTH + 3];
    memset(deep, '[', YZ_JSON_DEPTH);
    memset(deep + YZ_JSON_DEPTH, ']', YZ_JSON_DEPTH);
    accepted((yz_str){deep, 2 * YZ_JSON_DEPTH}, 0, YZ_JSON_ARRAY);
    memset(deep, '[', YZ_JSON_DEPTH + 1);
    memset(deep + YZ_JSON_DEPTH + 1, ']', YZ_JSON_DEPTH + 1);
    refused_at((yz_str){deep, 2 * YZ_JSON_DEPTH + 2}, 0, YZ_ELIMIT, YZ_JSON_DEPTH);
    yz_buf text = {0};
    yz_buf_lit(&text, "[0");
    for (int i = 2; i < YZ_JSON_VALUES; i++)
        yz_buf_lit(&text, ",0");
    yz_buf_char(&text, ']');
    accepted(yz_buf_view(&text), 0, YZ_JSON_ARRAY);
    text.n--;
    yz_buf_lit(&text, ",0]");
    refused_at(yz_buf_view(&text), 0, YZ_ELIMIT, text.n - 2);
    yz_buf_free(&text);
}

static void the_index(void **state) {
    (void)state;
    yz_arena *arena = yz_arena_new(NULL);
    yz_json *json;
    yz_str text = YZ_STR(" {\"model\" : \"gpt\\n\", \"n\":[ 1 , {\"x\":null} ],\"\\u0074rue\":true,\"id\":12345678901234567890 } ");
    assert_int_equal(yz_json_parse(arena, text, 0, &json, NULL), YZ_OK);
    assert_ptr_equal(json->p, text.p + 1);
    assert_int_equal(json->n, text.n - 2);
    assert_int_equal(yz_json_count(json), 4);
    const yz_json *model = yz_json_get(json, "model");
    assert_true(yz_str_is(yz_json_raw(model), "\"gpt\\n\""));
    assert_true(yz_str_is(yz_json_escaped(model), "gpt\\n"));
    assert_true(yz_str_is(yz_json_text(arena, model), "gpt\n"));
    assert_true(model->escaped);
    assert_true(yz_str_is(yz_json_raw(yz_json_get(json, "n")), "[ 1 , {\"x\":null} ]"));
    assert_true(yz_json_is(yz_json_get(yz_json_get(json, "n")->child->next, "x"), YZ_JSON_NULL));
    assert_true(yz_json_true(yz_json_get(json, "true"))); /* however it is spelt */
    assert_true(yz_str_is(yz_json_raw(yz_json_get(json, "id")), "12345678901234567890"));
    assert_null(yz_json_get(json, "mode"));
    yz_json *words;
    assert_int_equal(
        yz_json_parse(arena, YZ_STR("[\"user\",\"\\u0075ser\",\"user\\u0000\",\"us\",\"users\",\"\\u00fcser\",7,\"\"]"), 0, &words, NULL),
        YZ_OK);
    unsigned says = 0, at = 0;
    for (const yz_json *word = words->child; word; word = word->next, at++)
        says |= (unsigned)yz_json_says(word, "user") << at;
    assert_int_equal(says, 3); /* however it is spelt, and nothing else */
    assert_false(yz_json_says(NULL, "user"));
    assert_null(yz_json_get(json, "models"));
    assert_null(yz_json_get(json, "tru"));
    assert_null(yz_json_get(model, "x"));
    assert_null(yz_json_get(NULL, "x"));
    assert_int_equal(yz_json_text(arena, yz_json_get(json, "n")).n, 0);
    assert_int_equal(yz_json_raw(NULL).n, 0);
    assert_null(yz_json_get(json, "n")->child->key_p);
    yz_arena_free(arena);
}

static void unescaping(void **state) {
    (void)state;
    yz_arena *arena = yz_arena_new(NULL);
    yz_str got = yz_json_unescape(arena, YZ_STR("\\\"\\\\\\/\\b\\f\\n\\r\\t\\u0041\\u00e9\\u4E2d\\ud83d\\ude00\\u0000x"));
    assert_true(yz_str_eq(got, YZ_STR("\"\\/\b\f\n\r\tA\xC3\xA9\xE4\xB8\xAD\xF0\x9F\x98\x80\0x")));
    /* text that was not proven: what is no escape stands for itself */
    assert_true(yz_str_is(yz_json_unescape(arena, YZ_STR("\\")), "\\"));
    assert_true(yz_str_is(yz_json_unescape(arena, YZ_STR("a\\q\\u12")), "a\\q\\u12"));
    assert_true(yz_str_is(yz_json_unescape(arena, YZ_STR("\\ud83d\\u0041")), "\xEF\xBF\xBD"
                                                                             "A"));
    assert_true(yz_str_is(yz_json_unescape(arena, YZ_STR("")), ""));
    yz_arena_free(arena);
}

static void writing(void **state) {
    (void)state;
    yz_buf buf = {0};
    yz_buf_json_str(&buf, YZ_STR("a\"\\/\b\f\n\r\t\x01\x1F\x7F\xC3\xA9\xE4\xB8\xAD\xF0\x9F\x98\x80 and some more text \"quoted\""));
    assert_true(
        yz_str_is(yz_buf_view(&buf),
                  "\"a\\\"\\\\/\\b\\f\\n\\r\\t\\u0001\\u001f\x7F\xC3\xA9\xE4\xB8\xAD\xF0\x9F\x98\x80 and some more text \\\"quoted\\\"\""));
    buf.n = 0;
    yz_buf_json(&buf, YZ_STR("\xFF\xE4\xB8\xC3\xA9\xED\xA0\x80"
                             "x\0"));
    assert_true(
        yz_str_eq(yz_buf_view(&buf), YZ_STR("\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xC3\xA9\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBDx\\u0000")));
    buf.n = 0;
    yz_buf_json(&buf, (yz_str){NULL, 0});
    assert_int_equal(buf.n, 0);
    yz_buf_free(&buf);
}

/* Whatever text is written reads back as it was. */
static void round_trips(void **state) {
    (void)state;
    yz_rng rng;
    yz_rng_init(&rng, 1);
    for (int round = 0; round < 3000; round++) {
        yz_buf plain = {0}, json = {0};
        size_t n = yz_rng_next(&rng) % 60;
        for (size_t i = 0; i < n; i++) {
            static const char *const bits[] = {
                "a", "\"", "\\", "\n", "\x01", "\xC3\xA9", "\xE4\xB8\xAD", "\xF0\x9F\x98\x80", " ", "long plain text "};
            yz_buf_lit(&plain, bits[yz_rng_next(&rng) % 10]);
        }
        yz_buf_json_str(&json, yz_buf_view(&plain));
        yz_arena *arena = yz_arena_new(NULL);
        yz_json *node;
        assert_int_equal(parse(arena, yz_buf_view(&json), 0, &node, NULL), YZ_OK);
        assert_true(yz_str_eq(yz_json_text(arena, node), yz_buf_view(&plain)));
        yz_arena_free(arena);
        yz_buf_free(&plain);
        yz_buf_free(&json);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values),
        cmocka_unit_test(malformed),
        cmocka_unit_test(utf8),
        cmocka_unit_test(surrogates),
        cmocka_unit_test(integers),
        cmocka_unit_test(range_of_numbers),
        cmocka_unit_test(doubles),
        cmocka_unit_test(duplicates),
        cmocka_unit_test(twins_among_many),
        cmocka_unit_test(many_keys_are_not_quadratic),
        cmocka_unit_test(limits),
        cmocka_unit_test(the_index),
        cmocka_unit_test(unescaping),
        cmocka_unit_test(writing),
        cmocka_unit_test(round_trips),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
