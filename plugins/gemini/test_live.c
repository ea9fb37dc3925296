/* Sessions of the gemini adapter, function by function: first messages, what follows them, counts, handles, closes. */
#include "gemini.h"

#include "base/arena.h"
#include "base/diag.h"
#include "plugin/loader.h"
#include "plugin/options.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static const yz_adapter *adapter;
static gm_config config;
static yz_arena *arena;

static int set_up(void **state) {
    (void)state;
    yz_diag diag = {0};
    arena = yz_arena_new(NULL);
    const yz_plugin *plugin = yz_plugin_load(YZ_BUILD_FOLDER "/plugins/gemini.so", &diag);
    assert_non_null(plugin);
    const gm_config *defaults = yz_options_config(plugin, NULL, arena, &diag);
    assert_non_null(defaults);
    config = *defaults;
    adapter = plugin->adapter;
    yz_diag_free(&diag);
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    yz_arena_free(arena);
    return 0;
}

static void assert_str(yz_str seen, const char *wanted) {
    if (!yz_str_is(seen, wanted))
        fail_msg("wanted %s, got %.*s", wanted, YZ_STR_ARGS(seen));
}

/* ---- the first message ---------------------------------------------------------------------------------------------------------- */

static yz_request asked(const char *body) {
    yz_json *root;
    assert_int_equal(yz_json_parse(arena, yz_str_of(body), 0, &root, NULL), YZ_OK);
    return (yz_request){YZ_REQUEST,  .op = YZ_OP_REALTIME, .dialect = adapter, .method = YZ_STR("GET"), .body = yz_str_of(body),
                        .json = root};
}

static void a_first_message_names_a_model(void **state) {
    (void)state;
    const struct {
        const char *body, *model, *param;
    } rows[] = {
        {"{\"setup\":{\"model\":\"models/m\"}}", "m", NULL},
        {"{\"setup\":{\"model\":\"m\"}}", "m", NULL},
        {"{\"setup\":{\"model\":\"publishers/google/models/m\"}}", "m", NULL},
        {"{\"setup\":{\"model\":\"projects/p/locations/l/publishers/google/models/m\"}}", "m", NULL},
        {"{\"setup\":{\"model\":\"tunedModels/m\"}}", "tunedModels/m", NULL},
        {"{\"setup\":{\"model\":\"models/m\",\"sessionResumption\":null}}", "m", NULL},
        {"{\"setup\":{\"model\":\"models/m\",\"session_resumption\":{\"handle\":\"h\"}}}", "m", NULL},
        {"{\"setup\":{\"model\":\"models/\"}}", NULL, "setup.model"},
        {"{\"setup\":{\"model\":[\"m\"]}}", NULL, "setup.model"},
        {"{\"setup\":{}}", NULL, "setup.model"},
        {"{\"setup\":[]}", NULL, "setup"},
        {"{}", NULL, "setup"},
        {"{\"setup\":{\"model\":\"m\"},\"realtimeInput\":{}}", NULL, "setup"},
        {"{\"setup\":{\"model\":\"m\",\"sessionResumption\":\"h\"}}", NULL, "setup.sessionResumption"},
        {"{\"setup\":{\"model\":\"m\",\"sessionResumption\":{\"handle\":1}}}", NULL, "setup.sessionResumption"},
        {"{\"setup\":{\"model\":\"m\",\"sessionResumption\":{},\"session_resumption\":{}}}", NULL, "setup.sessionResumption"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        yz_request request = asked(rows[i].body);
        yz_error error = {YZ_ERROR};
        int code = adapter->accept(&request, arena, &error);
        if ((code == YZ_OK) != (rows[i].model != NULL))
            fail_msg("%s: %d", rows[i].body, code);
        assert_str(rows[i].model ? request.model : error.param, rows[i].model ? rows[i].model : rows[i].param);
    }
}

static void a_first_message_is_written_for_its_provider(void **state) {
    (void)state;
    const struct {
        const char *project, *model, *body;
    } rows[] = {
        {"", "voice", "{\"setup\":{\"tools\":[ 1 ],\"model\":\"models/voice\",\"x\":2}}"},
        {"", "tunedModels/v", "{\"setup\":{\"tools\":[ 1 ],\"model\":\"tunedModels/v\",\"x\":2}}"},
        {"p", "voice", "{\"setup\":{\"tools\":[ 1 ],\"model\":\"projects/p/locations/l/publishers/google/models/voice\",\"x\":2}}"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        gm_config own = config;
        own.project = yz_str_of(rows[i].project), own.location = YZ_STR("l");
        const yz_provider provider = {YZ_PROVIDER, .adapter = adapter, .config = &own};
        const yz_target target = {YZ_TARGET, .provider = &provider, .model = yz_str_of(rows[i].model)};
        yz_request request = asked("{\"setup\":{\"tools\":[ 1 ],\"model\":\"models/named\",\"x\":2}}");
        assert_str(adapter->mend(&request, &target, arena, NULL)->body, rows[i].body);
        yz_endpoint at = {YZ_ENDPOINT};
        assert_int_equal(adapter->endpoint(&provider, &request, &target, arena, &at), YZ_OK);
        assert_str(at.path, *rows[i].project ? "/ws/google.cloud.aiplatform.v1beta1.LlmBidiService/BidiGenerateContent"
                                             : "/ws/google.ai.generativelanguage.v1beta.GenerativeService.BidiGenerateContent");
        assert_true(at.unversioned);
    }
}

/* ---- what follows it ------------------------------------------------------------------------------------------------------------ */

static void a_later_message_is_no_setup(void **state) {
    (void)state;
    const struct {
        const char *text;
        bool passes;
    } rows[] = {
        {"{\"realtimeInput\":{\"audio\":{\"data\":\"AAAA\"}}}", true},
        {"{\"clientContent\":{\"turns\":[{\"parts\":[{\"text\":\"a setup: {\\\"setup\\\": 1}\"}]}]}}", true},
        {"no JSON, and none of ours to judge", true},
        {"{\"setup\":{}}", false},
        {" { \"clientContent\" : {}, \"setup\" : null }", false},
        {"{\"\\u0073etup\":{}}", false},
        {"{setup:{}}", false},
        {"{'s\\x65tup':{}}", false},
        {"{\"setup\":{},\"setup\":{}}", false},
        {"[\"setup\"]", true},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        yz_error error = {YZ_ERROR};
        if ((adapter->accept_said(yz_str_of(rows[i].text), arena, &error) == YZ_OK) != rows[i].passes)
            fail_msg("%s", rows[i].text);
        assert_true(rows[i].passes || (error.class_ == YZ_ERROR_BAD_REQUEST && error.message.n));
    }
}

/* ---- counts --------------------------------------------------------------------------------------------------------------------- */

typedef struct heard {
    yz_sink sink;
    yz_usage usage;
    int used, lost;
} heard;

static void hear(yz_sink *sink, const yz_event *event) {
    heard *h = (heard *)sink;
    h->used += event->kind == YZ_EVENT_USAGE;
    h->lost += event->kind == YZ_EVENT_LOST;
    if (event->kind == YZ_EVENT_USAGE)
        h->usage = *event->usage;
}

static heard read_one(const char *text) {
    heard h = {.sink.emit = hear};
    adapter->read_session(yz_str_of(text), arena, &h.sink);
    return h;
}

static void each_count_is_read_once(void **state) {
    (void)state;
    heard h = read_one(
        "{\"serverContent\":{},\"usageMetadata\":{\"promptTokenCount\":140,\"cachedContentTokenCount\":30,\"responseTokenCount\":50,"
        "\"toolUsePromptTokenCount\":8,\"thoughtsTokenCount\":7,\"promptTokensDetails\":[{\"modality\":\"AUDIO\",\"tokenCount\":80}],"
        "\"cacheTokensDetails\":[{\"modality\":\"AUDIO\",\"tokenCount\":10}],"
        "\"responseTokensDetails\":[{\"modality\":\"AUDIO\",\"tokenCount\":30}]}}");
    assert_true(h.used == 1 && h.lost == 0);
    assert_int_equal(yz_usage_get(&h.usage, YZ_METER_INPUT), 148);
    assert_int_equal(yz_usage_get(&h.usage, YZ_METER_CACHED), 30);
    assert_int_equal(yz_usage_get(&h.usage, YZ_METER_AUDIO_INPUT), 70);
    assert_int_equal(yz_usage_get(&h.usage, YZ_METER_OUTPUT), 57);
    assert_int_equal(yz_usage_get(&h.usage, YZ_METER_AUDIO_OUTPUT), 30);
    h = read_one("{\"usage_metadata\":{\"prompt_token_count\":2147483647,\"cached_content_token_count\":2147483647}}");
    assert_true(h.used == 1 && h.lost == 0);
    assert_int_equal(yz_usage_get(&h.usage, YZ_METER_INPUT), INT32_MAX);
    h = read_one("{\"usageMetadata\":{\"promptTokenCount\":5,\"cachedContentTokenCount\":9}}");
    assert_int_equal(yz_usage_get(&h.usage, YZ_METER_CACHED), 5);
}

static void counts_that_are_none_are_told_as_lost(void **state) {
    (void)state;
    static const char *const silent[] = {"{\"serverContent\":{}}", "{\"usageMetadata\":null}",
                                         "{\"serverContent\":{\"modelTurn\":{\"parts\":[{\"text\":\"usageMetadata\"}]}}}", ""};
    static const char *const lost[] = {"{\"usageMetadata\":\"many\"}",
                                       "{\"usageMetadata\":[]}",
                                       "{\"usageMetadata\":{}}",
                                       "{\"usageMetadata\":{\"promptTokenCount\":\"7\"}}",
                                       "{\"usageMetadata\":{\"promptTokenCount\":-1}}",
                                       "{\"usageMetadata\":{\"promptTokenCount\":7,\"responseTokenCount\":2147483648}}",
                                       "{\"usageMetadata\":{\"promptTokenCount\":1e99}}",
                                       "{\"usageMetadata\":{\"prompt_token_count\":1099511627776}}",
                                       "{\"usageMetadata\":{\"promptTokenCount\":7}",
                                       "usageMetadata"};
    for (size_t i = 0; i < sizeof silent / sizeof *silent; i++) {
        heard h = read_one(silent[i]);
        if (h.used || h.lost)
            fail_msg("%s", silent[i]);
    }
    for (size_t i = 0; i < sizeof lost / sizeof *lost; i++) {
        heard h = read_one(lost[i]);
        if (h.used || h.lost != 1)
            fail_msg("%s", lost[i]);
    }
}

/* ---- closes --------------------------------------------------------------------------------------------------------------------- */

static void closes_are_read_by_how_they_begin(void **state) {
    (void)state;
    const struct {
        const char *reason;
        yz_error_class class_;
    } rows[] = {
        {"API key not valid. Please pass a valid API key.", YZ_ERROR_UPSTREAM_AUTH},
        {"You exceeded your current quota, please check", YZ_ERROR_RATE_LIMIT},
        {"Resource has been exhausted (e.g. check quota).", YZ_ERROR_RATE_LIMIT},
        {"models/m is not found for API version v1beta", YZ_ERROR_NOT_FOUND},
        {"models/m is lazy", YZ_ERROR_SERVER},
        {"Unknown name \"API key \": RESOURCE_EXHAUSTED", YZ_ERROR_SERVER},
        {"", YZ_ERROR_SERVER},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        yz_error error = {YZ_ERROR, .class_ = YZ_ERROR_SERVER};
        adapter->read_close(1011, yz_str_of(rows[i].reason), arena, &error);
        if (error.class_ != rows[i].class_)
            fail_msg("%s: %s", rows[i].reason, yz_error_word(error.class_));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_first_message_names_a_model),         cmocka_unit_test(a_first_message_is_written_for_its_provider),
        cmocka_unit_test(a_later_message_is_no_setup),           cmocka_unit_test(each_count_is_read_once),
        cmocka_unit_test(counts_that_are_none_are_told_as_lost), cmocka_unit_test(closes_are_read_by_how_they_begin),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
