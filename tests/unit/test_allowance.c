/* test_allowance.c: what is left of limits, in the headers of two dialects; and how long an answer may be, by what its dialect calls it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/arena.h"
#include "dialect/allowance.h"

static const char *const names[] = {"x-most-requests", "x-left-requests", "x-reset-requests", "", "x-left-tokens", "x-reset-tokens", NULL};
static const yz_adapter durations = {YZ_ADAPTER, .quota_headers = names};
static const yz_adapter moments = {YZ_ADAPTER, .quota_headers = names, .quota_moments = true};
static const yz_adapter silent = {YZ_ADAPTER};

static void writes(const yz_adapter *adapter, const yz_allowance *allowance, const char *expected) {
    yz_buf out = {0};
    yz_allowance_write(adapter, allowance, 784111777, &out);
    yz_buf_char(&out, 0);
    assert_string_equal(out.p, expected);
    yz_buf_free(&out);
}

static void headers(void **state) {
    (void)state;
    yz_allowance a = {.known = 1u << YZ_QUOTA_REQUESTS | 1u << YZ_QUOTA_TOKENS | 1u << YZ_QUOTA_INPUT_TOKENS};
    a.of[YZ_QUOTA_REQUESTS] = (yz_quota){.most = 100, .left = 0, .reset = 3723001};
    a.of[YZ_QUOTA_TOKENS] = (yz_quota){.most = 2000, .left = 1500, .reset = 250};
    a.of[YZ_QUOTA_INPUT_TOKENS] = (yz_quota){.most = 1, .left = 1}; /* the dialect has no name for it */
    writes(&durations, &a,
           "x-most-requests: 100\r\nx-left-requests: 0\r\nx-reset-requests: 1h2m4s\r\nx-left-tokens: 1500\r\nx-reset-tokens: 250ms\r\n");
    writes(&moments, &a,
           "x-most-requests: 100\r\nx-left-requests: 0\r\nx-reset-requests: 1994-11-06T09:51:41Z\r\nx-left-tokens: 1500\r\n"
           "x-reset-tokens: 1994-11-06T08:49:38Z\r\n");
    writes(&silent, &a, "");
    writes(&durations, &(yz_allowance){.known = 1u << YZ_QUOTA_TOKENS, .of[YZ_QUOTA_TOKENS] = {.left = 7}}, "x-left-tokens: 7\r\n");
}

static int64_t most(const yz_adapter *adapter, const char *body) {
    yz_arena *arena = yz_arena_new(NULL);
    yz_json *json = NULL;
    assert_int_equal(yz_json_parse(arena, yz_str_of(body), 0, &json, NULL), YZ_OK);
    yz_request request = {YZ_REQUEST, .dialect = adapter, .json = json};
    int64_t n = yz_request_most_output(&request);
    yz_arena_free(arena);
    return n;
}

static void longest_answer(void **state) {
    (void)state;
    static const char *const fields[] = {"most", "form.most", "form.inner.most", NULL};
    static const yz_adapter a = {YZ_ADAPTER, .most_output_fields = fields};
    assert_int_equal(most(&a, "{\"most\":5,\"form\":{\"most\":6}}"), 5);
    assert_int_equal(most(&a, "{\"most\":null,\"form\":{\"most\":6}}"), 6);
    assert_int_equal(most(&a, "{\"form\":{\"inner\":{\"most\":7}}}"), 7);
    assert_int_equal(most(&a, "{\"form\":[],\"most\":\"5\"}"), 0);
    assert_int_equal(most(&silent, "{\"most\":5}"), 0);
    assert_int_equal(yz_request_most_output(&(yz_request){YZ_REQUEST, .dialect = &a}), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(headers), cmocka_unit_test(longest_answer)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
