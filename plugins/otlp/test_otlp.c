/* test_otlp.c: trace context, and records as spans. The way to a collector is tested against one: tests/see. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "otlp.h"

#include "context.c"
#include "span.c"

static bool reads(const char *text, const char *trace, bool sampled) {
    otlp_context c;
    return otlp_context_read(yz_str_of(text), &c) && memcmp(c.trace, trace, 32) == 0 && c.sampled == sampled;
}

#define TRACE "0af7651916cd43dd8448eb211c80319c"
#define SPAN  "b7ad6b7169203331"

static void trace_context(void **state) {
    (void)state;
    otlp_context c;
    assert_true(reads("00-" TRACE "-" SPAN "-01", TRACE, true));
    assert_true(reads("00-" TRACE "-" SPAN "-00", TRACE, false));
    assert_true(reads("00-" TRACE "-" SPAN "-03", TRACE, true)); /* other flags mean nothing to us */
    assert_true(reads("cc-" TRACE "-" SPAN "-01-what-comes", TRACE, true));
    static const char *const wrong[] = {
        "",
        "00-" TRACE "-" SPAN "-01-more", /* this version has no more */
        "ff-" TRACE "-" SPAN "-01",
        "cc-" TRACE "-" SPAN "-01.more",
        "00-00000000000000000000000000000000-" SPAN "-01",
        "00-" TRACE "-0000000000000000-01",
        "00-0AF7651916CD43DD8448EB211C80319C-" SPAN "-01", /* upper case */
        "00-" TRACE "-" SPAN "-0g",
        "0x-" TRACE "-" SPAN "-01",
        "00_" TRACE "_" SPAN "_01",
    };
    for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
        assert_false(otlp_context_read(yz_str_of(wrong[i]), &c));
}

static void records_are_spans(void **state) {
    (void)state;
    const yz_provider provider = {YZ_PROVIDER, .name = YZ_STR("open\"ai")};
    const yz_target target = {YZ_TARGET, .provider = &provider, .model = YZ_STR("gpt-5.2")};
    const yz_usage usage = yz_usage_of(3, 5);
    yz_record root = {.size = sizeof(root), .stage = "otlp", .outcome = YZ_OUTCOME_DONE, .begin = 1000, .end = 9000},
              failed = {.size = sizeof(root),
                        .stage = "provider",
                        .parent = &root,
                        .outcome = YZ_OUTCOME_FAILED,
                        .target = &target,
                        .error = YZ_ERROR_RATE_LIMIT,
                        .status = 429,
                        .begin = 1000,
                        .asked = 1200,
                        .connect = 1500,
                        .end = 2000,
                        .span = 0xabc},
              good = {.size = sizeof(root),
                      .stage = "provider",
                      .parent = &root,
                      .outcome = YZ_OUTCOME_DONE,
                      .target = &target,
                      .because = YZ_BECAUSE_RETRY,
                      .status = 200,
                      .finish = YZ_FINISH_STOP,
                      .usage = &usage,
                      .source = YZ_SOURCE_PROVIDER,
                      .begin = 3000,
                      .asked = 3000,
                      .connect = 3000,
                      .content = 7000,
                      .end = 8000};
    root.next = &failed;
    failed.next = &good;
    root.answer = &good;
    yz_trace trace = {YZ_TRACE, .sampled = true};
    memcpy(trace.id, TRACE, 32);
    yz_buf out = {0};
    otlp_request request = {.trace = &trace,
                            .seed = 7,
                            .id = YZ_STR("r"),
                            .op = YZ_STR("chat"),
                            .model = YZ_STR("gpt-5.2"),
                            .first = &root,
                            .wall = 1000000000};
    assert_int_equal(otlp_put_spans(&out, &request), 3);
    yz_buf_char(&out, 0);
    assert_non_null(strstr(out.p, "{\"traceId\":\"" TRACE "\",\"spanId\":\""));
    assert_non_null(
        strstr(out.p, "\"name\":\"chat gpt-5.2\",\"kind\":2,\"startTimeUnixNano\":\"1000001000\",\"endTimeUnixNano\":\"1000009000\""));
    assert_non_null(strstr(out.p, "\"spanId\":\"0000000000000abc\""));
    assert_non_null(strstr(out.p, "{\"key\":\"gen_ai.provider.name\",\"value\":{\"stringValue\":\"open\\\"ai\"}}"));
    assert_non_null(strstr(out.p, "{\"key\":\"error.type\",\"value\":{\"stringValue\":\"rate_limited\"}}"));
    assert_non_null(strstr(out.p, "{\"key\":\"gen_ai.usage.output_tokens\",\"value\":{\"intValue\":\"5\"}}"));
    assert_non_null(strstr(out.p, ",\"status\":{\"code\":2}}"));
    assert_non_null(strstr(out.p, "{\"name\":\"first_content\",\"timeUnixNano\":\"1000007000\"}"));
    yz_buf_free(&out);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(trace_context),
        cmocka_unit_test(records_are_spans),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
