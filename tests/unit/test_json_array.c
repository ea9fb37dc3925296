/* Streams framed as a JSON array: each is fed at every split point and byte by byte, and must yield the same values. */
#include "http/json_array.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

typedef struct record {
    yz_buf text; /* "value$" per value */
    int n, stop_at;
} record;

static int on_value(void *arg, yz_str value) {
    record *r = arg;
    yz_buf_str(&r->text, value);
    yz_buf_lit(&r->text, "$");
    return ++r->n == r->stop_at ? YZ_ECANCELLED : YZ_OK;
}

/* In memory of its own, so that reading past its end is seen. */
static int feed_copy(yz_json_array *array, const char *p, size_t n, record *r) {
    char *copy = malloc(n ? n : 1);
    memcpy(copy, p, n);
    int code = yz_json_array_feed(array, (yz_str){copy, n}, on_value, r);
    free(copy);
    return code;
}

/* Feeds text in pieces: the first of `first` bytes, the others of `piece`. Returns the values, the result and whether it ended. */
static char *run(yz_str text, size_t first, size_t piece, size_t limit, int stop_at) {
    yz_json_array array = {.limit = limit};
    record r = {.stop_at = stop_at};
    int code = YZ_OK;
    for (size_t at = 0; at < text.n && code == YZ_OK;) {
        size_t n = at == 0 ? first : piece;
        n = n < text.n - at ? n : text.n - at;
        code = feed_copy(&array, text.p + at, n, &r);
        at += n;
    }
    yz_buf_printf(&r.text, "%d%s", code, yz_json_array_ended(&array) ? " ended" : "");
    yz_json_array_free(&array);
    yz_buf_char(&r.text, 0);
    return r.text.p;
}

static void expect_all(const char *chars, size_t limit, int stop_at, const char *wanted) {
    yz_str text = yz_str_of(chars);
    for (size_t cut = 1; cut <= text.n + 1; cut++) { /* at last: byte by byte */
        char *got = cut <= text.n ? run(text, cut, text.n, limit, stop_at) : run(text, 1, 1, limit, stop_at);
        assert_string_equal(got, wanted);
        free(got);
    }
}
static void expect(const char *chars, const char *wanted) { expect_all(chars, 0, 0, wanted); }

static void values(void **state) {
    (void)state;
    expect("[]", "0 ended");
    expect(" \r\n[ \t] \n", "0 ended");
    expect("[{}]", "{}$0 ended");
    expect("[{\"a\":1}\n,\r\n{\"b\":[{},[2]]}\n]\n", "{\"a\":1}${\"b\":[{},[2]]}$0 ended");
    expect("[{\"a\":\"}]{[\\\"\\\\\"},{\"\\\\\":\"\\u007d\"}]", "{\"a\":\"}]{[\\\"\\\\\"}${\"\\\\\":\"\\u007d\"}$0 ended");
    expect("[{\"a\":\"\xE9\xB1\xBC\"}", "{\"a\":\"\xE9\xB1\xBC\"}$0"); /* cut off between values */
    expect("[{\"a\":", "0");                                           /* and inside of one */
}

static void one_object_alone(void **state) {
    (void)state;
    expect(" {\"error\":{\"code\":400}}\n", "{\"error\":{\"code\":400}}$0 ended");
    expect("{\"error\":", "0");
    expect("{}{}", "{}$-1 ended");
    expect("{},", "{}$-1 ended");
}

static void what_is_no_array_of_objects(void **state) {
    (void)state;
    expect("x", "-1");
    expect("data: {}", "-1");
    expect("[1]", "-1");
    expect("[,{}]", "-1");
    expect("[{},]", "{}$-1");
    expect("[{} {}]", "{}$-1");
    expect("[{}]]", "{}$-1 ended");
    expect("[{}],", "{}$-1 ended");
}

static void limits(void **state) {
    (void)state;
    expect_all("[{\"a\":1},{\"a\":1}]", 7, 0, "{\"a\":1}${\"a\":1}$0 ended");
    expect_all("[{\"a\":1},{\"a\":12}]", 7, 0, "{\"a\":1}$-2");
    expect_all("[{},{},{}]", 0, 2, "{}${}$-8");
}

static void from_and_to_events(void **state) {
    (void)state;
    yz_buf out = {0};
    yz_json_array_event(YZ_STR("{\n  \"a\": \"b\\n\"\r\n}"), &out);
    assert_true(yz_str_is(yz_buf_view(&out), "data: {   \"a\": \"b\\n\"  }\n\n"));
    out.n = 0;
    bool begun = false;
    yz_json_array_put(&begun, YZ_STR("{\"a\":1}"), &out);
    yz_json_array_put(&begun, YZ_STR("{}"), &out);
    yz_json_array_close(&begun, &out);
    assert_true(yz_str_is(yz_buf_view(&out), "[{\"a\":1},\n{}]\n"));
    char *got = run(yz_buf_view(&out), 1, 1, 0, 0);
    assert_string_equal(got, "{\"a\":1}${}$0 ended"); /* what is written is read */
    free(got);
    out.n = 0;
    begun = false;
    yz_json_array_close(&begun, &out);
    assert_true(yz_str_is(yz_buf_view(&out), "[]\n"));
    yz_buf_free(&out);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values), cmocka_unit_test(one_object_alone),   cmocka_unit_test(what_is_no_array_of_objects),
        cmocka_unit_test(limits), cmocka_unit_test(from_and_to_events),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
