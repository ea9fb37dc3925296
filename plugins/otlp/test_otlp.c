/* test_otlp.c: trace context, and records as spans. The way to a collector is tested against one: tests/see. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "otlp.h"

#include "context.c"
#include "proto.c"
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
    yz_buf out = {0};
    otlp_request request = {.trace = {0x0a, 0xf7, [15] = 0x9c},
                            .parent = 0x0102030405060708,
                            .seed = 7,
                            .id = YZ_STR("r\xc3"), /* no UTF-8 */
                            .op = YZ_STR("chat"),
                            .model = YZ_STR("gpt-5.2"),
                            .first = &root,
                            .wall = 1000000000};
    assert_int_equal(otlp_put_spans(&out, &request), 3);
#define HAS(bytes) assert_non_null(memmem(out.p, out.n, bytes, sizeof(bytes) - 1))
    HAS("\x0a\x10\x0a\xf7\0\0\0\0\0\0\0\0\0\0\0\0\0\x9c\x12\x08"); /* trace_id, span_id */
    HAS("\x22\x08\1\2\3\4\5\6\7\x08\x2a\x0c"
        "chat gpt-5.2\x30\2");                                             /* parent_span_id, name, kind */
    HAS("\x30\2\x39\xe8\xcd\x9a\x3b\0\0\0\0\x41\x28\xed\x9a\x3b\0\0\0\0"); /* 1000001000 and 1000009000 ns */
    HAS("\x12\x08\0\0\0\0\0\0\x0a\xbc\x22\x08");                           /* the span that the provider was told */
    HAS("\x4a\x21\x0a\x14gen_ai.provider.name\x12\x09\x0a\x07open\"ai");   /* an attribute: pair, key, value, text */
    HAS("\x0a\x0a"
        "error.type\x12\x0e\x0a\x0crate_limited");
    HAS("\x0a\x1agen_ai.usage.output_tokens\x12\2\x18\5");
    HAS("\x0a\x1egen_ai.response.finish_reasons\x12\x0a\x2a\x08\x0a\x06\x0a\x04stop");
    HAS("\x0a\x10yuzui.request.id\x12\4\x0a\2r?");
    HAS("\x7a\2\x18\2"); /* status: an error */
    HAS("\x5a\x18\x09\x58\xe5\x9a\x3b\0\0\0\0\x12\x0d"
        "first_content");
    yz_buf_free(&out);
}

/* Lengths of every size stand before what they are of. */
static void messages_within_messages(void **state) {
    (void)state;
    static const size_t sizes[] = {0, 1, 127, 128, 16383, 16384, 3000000};
    for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
        yz_buf out = {0};
        size_t at = proto_open(&out, 3);
        memset(yz_buf_room(&out, sizes[i]), 'x', sizes[i]);
        out.n += sizes[i];
        proto_close(&out, at);
        char head[16], *end = proto_head(head, 3, sizes[i]);
        size_t n = (size_t)(end - head);
        assert_int_equal(out.n, n + sizes[i]);
        assert_memory_equal(out.p, head, n);
        for (size_t k = n; k < out.n; k++)
            assert_int_equal(out.p[k], 'x');
        yz_buf_free(&out);
    }
}

static void texts_are_utf8(void **state) {
    (void)state;
    static const char *const texts[][2] = {{"a\xc3\xa4\xe9\xb1\xbc\xf0\x9f\x90\x9f", "a\xc3\xa4\xe9\xb1\xbc\xf0\x9f\x90\x9f"},
                                           {"a\xff"
                                            "b",
                                            "a?b"},
                                           {"\xc3", "?"},
                                           {"\xc0\xaf", "??"},
                                           {"\xed\xa0\x80.", "???."},
                                           {"\xe0\x80\x80", "???"},
                                           {"\xf4\x90\x80\x80", "????"},
                                           {"\xf0\x9f\x90", "???"}};
    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
        char out[32] = {0};
        *proto_plain(out, yz_str_of(texts[i][0])) = 0;
        assert_string_equal(out, texts[i][1]);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(trace_context),
        cmocka_unit_test(records_are_spans),
        cmocka_unit_test(messages_within_messages),
        cmocka_unit_test(texts_are_utf8),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
