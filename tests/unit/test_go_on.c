/* test_go_on.c: a request that asks for the rest of an answer, in dialects whose turns look different. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/arena.h"

#include <yuzui/adapter.h>

static const char *const said[] = {"{\"by\":\"it\",\"say\":\"", "\"}", NULL}, *const asked[] = {"{\"by\":\"me\",\"say\":\"", "\"}", NULL};
static const yz_adapter dialect = {YZ_ADAPTER, .turns = "turns", .answer_turn = said, .user_turn = asked};
static const yz_adapter mute = {YZ_ADAPTER};

static int go_on(const yz_adapter *adapter, const char *body, const char *text, const char *ask, const char *expected) {
    yz_arena *arena = yz_arena_new(NULL);
    yz_json *json = NULL;
    assert_int_equal(yz_json_parse(arena, yz_str_of(body), 0, &json, NULL), YZ_OK);
    yz_request request = {YZ_REQUEST, .dialect = adapter, .body = yz_str_of(body), .json = json};
    int code = yz_request_go_on(arena, &request, yz_str_of(text), yz_str_of(ask));
    if (code == YZ_OK)
        assert_memory_equal(request.body.p, expected, strlen(expected) + 1);
    yz_arena_free(arena);
    return code;
}

static void turns(void **state) {
    (void)state;
    assert_int_equal(
        go_on(&dialect, "{\"turns\":[{\"by\":\"me\"}],\"x\":1}", "a\\nb", "go \"on\"",
              "{\"turns\":[{\"by\":\"me\"},{\"by\":\"it\",\"say\":\"a\\nb\"},{\"by\":\"me\",\"say\":\"go \\\"on\\\"\"}],\"x\":1}"),
        YZ_OK);
    assert_int_equal(go_on(&dialect, "{\"turns\":\"hi \\u00e9\"}", "a", "",
                           "{\"turns\":[{\"by\":\"me\",\"say\":\"hi \\u00e9\"},{\"by\":\"it\",\"say\":\"a\"}]}"),
                     YZ_OK);
}

static void what_has_none(void **state) {
    (void)state;
    assert_int_equal(go_on(&dialect, "{\"turns\":[]}", "a", "", NULL), YZ_EINVAL);
    assert_int_equal(go_on(&dialect, "{\"turns\":7}", "a", "", NULL), YZ_EINVAL);
    assert_int_equal(go_on(&dialect, "{\"x\":1}", "a", "", NULL), YZ_EINVAL);
    assert_int_equal(go_on(&mute, "{\"turns\":[1]}", "a", "", NULL), YZ_EUNSUPPORTED);
    assert_int_equal(go_on(&dialect, "{\"turns\":[1]}", "a\"},{", "", NULL), YZ_EINVAL); /* what is not escaped text */
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(turns), cmocka_unit_test(what_has_none)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
