/* test_metrics.c: which series a request goes into, that workers' series add up, and the text a monitoring system reads. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "metrics/series.h"

#define MS INT64_C(1000000)

static const yz_provider provider = {YZ_PROVIDER, .name = {"open\"ai", 7}};
static const yz_target target = {YZ_TARGET, .provider = &provider, .model = {"gpt-5.2", 7}};

static yz_usage usage;
static yz_record attempt(yz_outcome outcome, yz_error_class error) {
    return (yz_record){.target = &target,
                       .outcome = outcome,
                       .error = error,
                       .begin = 1000 * MS,
                       .asked = 1000 * MS,
                       .connect = 1001 * MS,
                       .content = outcome == YZ_OUTCOME_DONE ? 1300 * MS : 0,
                       .last = 2300 * MS,
                       .end = 2301 * MS};
}

/* A stream whose first attempt failed: 300 ms to the first content, then 100 tokens in a second. */
static void add_stream(yz_metrics *metrics) {
    usage = yz_usage_of(1000, 101);
    yz_usage_set(&usage, YZ_METER_CACHED, 600);
    yz_record failed = attempt(YZ_OUTCOME_FAILED, YZ_ERROR_RATE_LIMIT), good = attempt(YZ_OUTCOME_DONE, 0);
    good.usage = &usage;
    good.source = YZ_SOURCE_PROVIDER;
    yz_record root = {.outcome = YZ_OUTCOME_DONE, .begin = 1000 * MS, .content = 1300 * MS, .end = 2301 * MS, .answer = &good};
    root.next = &failed;
    failed.next = &good;
    failed.parent = good.parent = &root;
    yz_metrics_add(metrics,
                   &(yz_metrics_request){
                       .op = "chat", .model = YZ_STR("gpt"), .key = YZ_STR("alice"), .stream = true, .ns = 1301 * MS, .record = &root});
}

static bool has(const yz_metrics *metrics, const char *line) {
    yz_buf out = {0};
    yz_metrics_print(metrics, &out);
    yz_buf_char(&out, '\0');
    bool found = strstr(out.p, line) != NULL;
    if (!found)
        print_message("no line %sin\n%s", line, out.p);
    yz_buf_free(&out);
    return found;
}

static void test_a_stream_with_a_retry(void **unused) {
    (void)unused;
    yz_metrics *m = yz_metrics_new();
    add_stream(m);
#define SERVER "{gen_ai_operation_name=\"chat\",gen_ai_request_model=\"gpt\""
#define CLIENT "{gen_ai_operation_name=\"chat\",gen_ai_provider_name=\"open\\\"ai\",gen_ai_request_model=\"gpt-5.2\""
    assert_true(has(m, "# TYPE gen_ai_server_request_duration_seconds histogram\n"));
    assert_true(has(m, "gen_ai_server_request_duration_seconds_bucket" SERVER ",le=\"1.28\"} 0\n"));
    assert_true(has(m, "gen_ai_server_request_duration_seconds_bucket" SERVER ",le=\"2.56\"} 1\n"));
    assert_true(has(m, "gen_ai_server_request_duration_seconds_bucket" SERVER ",le=\"+Inf\"} 1\n"));
    assert_true(has(m, "gen_ai_server_request_duration_seconds_sum" SERVER "} 1.301000000\n"));
    assert_true(has(m, "gen_ai_server_time_to_first_token_seconds_bucket" SERVER ",le=\"0.25\"} 0\n"));
    assert_true(has(m, "gen_ai_server_time_to_first_token_seconds_bucket" SERVER ",le=\"0.5\"} 1\n"));
    assert_true(has(m, "gen_ai_server_time_per_output_token_seconds_bucket" SERVER ",le=\"0.01\"} 1\n")); /* exactly 10 ms */
    assert_true(has(m, "gen_ai_client_operation_duration_seconds_count" CLIENT ",error_type=\"rate_limited\"} 1\n"));
    assert_true(has(m, "gen_ai_client_operation_duration_seconds_count" CLIENT "} 1\n"));
    assert_true(has(m, "yuzui_tokens_total{gen_ai_provider_name=\"open\\\"ai\",gen_ai_request_model=\"gpt-5.2\",gen_ai_token_type=\"input_"
                       "cached\"} 600\n"));
    assert_true(has(m, "yuzui_key_requests_total{key=\"alice\"} 1\n"));
    assert_true(has(m, "yuzui_key_tokens_total{key=\"alice\",gen_ai_token_type=\"output\"} 101\n"));
    yz_metrics_free(m);
}

/* Nothing was used for what a cache had, and nobody was asked. */
static void test_a_cache_hit_is_no_call_to_a_provider(void **unused) {
    (void)unused;
    yz_metrics *m = yz_metrics_new();
    usage = yz_usage_of(10, 20);
    yz_record root = {.outcome = YZ_OUTCOME_DONE, .target = &target, .cache = YZ_CACHE_HIT, .usage = &usage, .source = YZ_SOURCE_CACHED};
    yz_metrics_add(m, &(yz_metrics_request){.op = "chat", .model = YZ_STR("gpt"), .key = YZ_STR("bob"), .record = &root});
    assert_true(has(m, "yuzui_key_tokens_total{key=\"bob\",gen_ai_token_type=\"input\"} 0\n"));
    assert_int_equal(m->n, 2); /* the request and the key */
    yz_metrics_free(m);
}

static void test_what_translations_lost(void **unused) {
    (void)unused;
    yz_metrics *m = yz_metrics_new();
    yz_metrics_add(m, &(yz_metrics_request){.op = "chat", .model = YZ_STR("gpt"), .ns = MS});
    assert_int_equal(m->n, 1); /* no series for what lost nothing */
    yz_metrics_add(m, &(yz_metrics_request){.op = "chat", .model = YZ_STR("gpt"), .ns = MS, .lost = {2, 1, 0}});
    yz_metrics_add(m, &(yz_metrics_request){.op = "chat", .model = YZ_STR("gpt"), .ns = MS, .lost = {3, 0, 1}});
    assert_true(has(m, "yuzui_lost_fields_total{gen_ai_request_model=\"gpt\",how=\"dropped\"} 5\n"));
    assert_true(has(m, "yuzui_lost_fields_total{gen_ai_request_model=\"gpt\",how=\"approximated\"} 1\n"));
    assert_true(has(m, "yuzui_lost_fields_total{gen_ai_request_model=\"gpt\",how=\"emulated\"} 1\n"));
    yz_metrics_free(m);
}

static void test_refused_without_a_call(void **unused) {
    (void)unused;
    yz_metrics *m = yz_metrics_new();
    yz_metrics_add(m, &(yz_metrics_request){.error = YZ_STR("bad_request"), .ns = 5 * MS});
    assert_true(
        has(m, "gen_ai_server_request_duration_seconds_bucket{gen_ai_operation_name=\"none\",error_type=\"bad_request\",le=\"0.01\"} 1\n"));
    yz_metrics_free(m);
}

static void test_workers_add_up(void **unused) {
    (void)unused;
    yz_metrics *a = yz_metrics_new(), *b = yz_metrics_new(), *all = yz_metrics_new();
    add_stream(a);
    add_stream(a);
    add_stream(b);
    yz_metrics_add(b, &(yz_metrics_request){.op = "models", .ns = MS});
    yz_buf bytes = {0};
    yz_metrics_write(a, &bytes);
    yz_metrics_read(all, yz_buf_view(&bytes));
    bytes.n = 0;
    yz_metrics_write(b, &bytes);
    yz_metrics_read(all, yz_buf_view(&bytes));
    yz_buf_free(&bytes);
    assert_true(has(all, "gen_ai_server_request_duration_seconds_count" SERVER "} 3\n"));
    assert_true(has(all, "yuzui_key_tokens_total{key=\"alice\",gen_ai_token_type=\"input\"} 3000\n"));
    assert_true(has(all, "gen_ai_server_request_duration_seconds_count{gen_ai_operation_name=\"models\"} 1\n"));
    yz_metrics_free(a);
    yz_metrics_free(b);
    yz_metrics_free(all);
}

static void test_the_number_of_series_is_bounded(void **unused) {
    (void)unused;
    yz_metrics *m = yz_metrics_new();
    char name[32];
    for (int i = 0; i < 3 * YZ_SERIES_MAX; i++) {
        int n = snprintf(name, sizeof name, "model-%d", i);
        yz_metrics_add(m, &(yz_metrics_request){.op = "chat", .model = {name, (size_t)n}, .ns = MS});
    }
    assert_true(m->n <= YZ_SERIES_MAX + YZ_FAMILIES);
    assert_true(has(m, "gen_ai_server_request_duration_seconds_count{gen_ai_operation_name=\"other\",gen_ai_request_model=\"other\",error_"
                       "type=\"other\"} 4000\n"));
    yz_metrics_free(m);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_translations_lost),
        cmocka_unit_test(test_a_stream_with_a_retry),
        cmocka_unit_test(test_a_cache_hit_is_no_call_to_a_provider),
        cmocka_unit_test(test_refused_without_a_call),
        cmocka_unit_test(test_workers_add_up),
        cmocka_unit_test(test_the_number_of_series_is_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
