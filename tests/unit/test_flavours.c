/* test_flavours.c: the golden table: what each vendor says, in its own words, and what that means. Bodies are those the servers send (seen
 * on the wire, or in their documentation). The table is printed, so that a run shows it. */
#include "base/arena.h"
#include "base/diag.h"
#include "config/settings.h"
#include "upstream/judge.h"

#include "flavour_rows.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

/* clang-format off */
static const struct {
    const char *flavour, *reason, *meaning;
} finishes[] = {
    {"mistral", "model_length", "length"}, {"mistral", "error", "error"},
    {"deepseek", "insufficient_system_resource", "error"}, {"glm", "sensitive", "filter"},
    {"glm", "network_error", "error"}, {"glm", "model_context_window_exceeded", "length"},
    {"vllm", "abort", "error"}, {"vllm", "repetition", "length"},
    {"sglang", "abort", "error"}, {"ollama", "load", "error"},
    {"gemini", "MAX_TOKENS", "length"}, {"gemini", "SAFETY", "filter"},
    {"gemini", "RECITATION", "filter"}, {"gemini", "MALFORMED_FUNCTION_CALL", "error"},
    {"openrouter", "error", "error"}, {"anthropic", "pause_turn", "stop"},
    {"anthropic", "refusal", "filter"}, {"llama.cpp", "length", "length"},
    {"transformers", "stop", "stop"}, {"litellm", "content_filtered", "filter"},
    {"groq", "tool_calls", "tools"}, {"kimi", "content_filter", "filter"},
    {"qwen", "length", "length"}, {"minimax", "abort", "error"},
    {"xai", "max_tokens", "length"}, {"azure", "content_filter", "filter"},
    {"one-api", "stop", "stop"}, {"openai", "what nobody knows", ""},
    {"openai", "content_filter: SAFETY", "filter"}, {"openai", "function_call_filter: MALFORMED_FUNCTION_CALL", "error"},
    {"openai", "guardrail_intervened", "filter"}, {"openai", "ERROR", "error"},
    {"openai", "server_error", "error"}, {"openai", "timeout", "timeout"},
    {"openai", "Stop", "stop"}, {"openai", "LENGTH", "length"},
    {"openai", "TOOL_CALL", "tools"}, {"openai", "ERROR_TOXIC", "filter"},
    {"openai", "complete", "stop"}, {"anthropic", "malformed_tool_use", "error"},
    {"openai", "what: nobody knows", ""}, {"openai", ": x", ""},
    {"kimi", "engine_overloaded", "overloaded"}, {"openai", "server_busy", "overloaded"},
    {"openai", "internal_server_error", "server"}, {"openai", "system_error", "server"},
    {"openai", "rate_limit", "rate_limit"}, {"openai", "interrupted", "error"},
    {"openai", "quota_exceeded", "quota"}, {"openai", "content_policy_violation", "filter"},
    {"openai", "guardrail", "filter"}, {"openai", "BLOCKED", "filter"},
    {"openai", "sensitive_content", "filter"}, {"vllm", "stop_str", "stop"},
    {"openai", "context_length_exceeded", "length"}, {"openai", "tool-calls", "tools"},
};

/* clang-format on */

static yz_arena *arena;
static yz_settings *settings;

static int read_all(void **state) {
    (void)state;
    yz_diag diag = {0};
    arena = yz_arena_new(NULL);
    settings = yz_settings_read_text("yuzui.lua",
                                     YZ_STR("listen '127.0.0.1:1' chain {}\n"
                                            "provider 'openai' { adapter = 'openai', key = 'k' }\n"
                                            "provider 'anthropic' { adapter = 'anthropic', key = 'k' }\n"
                                            "provider 'gemini' { adapter = 'gemini', key = 'k' }\n"
                                            "provider 'responses' { adapter = 'responses', key = 'k' }\n"
                                            "provider 'groq' { flavour = 'groq', key = 'k', max_tokens_field = 'max_tokens' }\n"
                                            "provider 'near' { adapter = 'openai', base_url = 'https://api.x.ai/v1' }\n"
                                            "flavour 'acme' { source = 's', date = '2026-11', adapter = 'openai',\n"
                                            "  base_url = 'http://127.0.0.1:9/v1', finish = { zap = 'error' } }\n"
                                            "provider 'acme' { flavour = 'acme' }\n"),
                                     arena, &diag);
    if (!settings)
        print_error("%.*s", (int)diag.text.n, diag.text.p);
    yz_diag_free(&diag);
    return settings ? 0 : -1;
}

static int drop_all(void **state) {
    (void)state;
    yz_arena_free(arena);
    return 0;
}

static const yz_provider_settings *provider(const char *name) {
    for (size_t i = 0; i < settings->n_providers; i++)
        if (yz_str_is(settings->providers[i]->pub.name, name))
            return settings->providers[i];
    fail_msg("no provider %s", name);
    return NULL;
}

typedef struct catcher {
    yz_sink sink;
    yz_error *error;
} catcher;

static void catch_error(yz_sink *sink, const yz_event *event) {
    if (event->kind == YZ_EVENT_ERROR)
        ((catcher *)sink)->error = yz_error_copy(arena, event->error);
}

static yz_error judged(const row *r) {
    yz_provider_settings as = *provider(r->adapter ? r->adapter : "openai");
    yz_json *json = NULL;
    yz_error error = {YZ_ERROR};
    as.flavour = r->flavour ? yz_flavours_find(as.flavours, yz_str_of(r->flavour)) : NULL;
    if (r->flavour && !as.flavour)
        fail_msg("there is no flavour %s", r->flavour);
    if (r->body && yz_json_parse(arena, yz_str_of(r->body), 0, &json, NULL) != YZ_OK)
        fail_msg("no JSON: %s", r->body);
    if (r->status == 200) {
        catcher c = {.sink.emit = catch_error};
        as.pub.adapter->decode_body(yz_alloc(arena, as.pub.adapter->decoder_size), json, arena, &c.sink);
        if (!c.error)
            fail_msg("not seen as an error: %s", r->body);
        error = *c.error;
    } else {
        as.pub.adapter->read_error(r->status, json, arena, &error);
    }
    yz_error_judge(&error, &as);
    return error;
}

static void golden_errors(void **state) {
    (void)state;
    unsigned wrong = 0;
    for (size_t i = 0; i < sizeof errors / sizeof *errors; i++) {
        const row *r = &errors[i];
        yz_error error = judged(r);
        bool right = strcmp(yz_error_word(error.class_), r->word) == 0;
        printf("%-13s %3d %-24s %.60s\n", r->flavour ? r->flavour : "-", r->status, yz_error_word(error.class_), r->body ? r->body : "");
        if (!right)
            printf("%-13s     ^ should be %s\n", "", r->word);
        assert_true(error.message.n > 0);
        wrong += !right;
    }
    assert_int_equal(wrong, 0);
}

/* A code for any failure goes no further where it is known what it was. */
static void codes_that_mislead(void **state) {
    (void)state;
    static const struct {
        int status;
        const char *code, *kept;
    } cases[] = {{400, "invalid_request_error", "invalid_request_error"},
                 {402, "invalid_request_error", ""},
                 {400, "api_error", ""},
                 {429, "server_error", ""},
                 {429, "rate_limit_exceeded", "rate_limit_exceeded"},
                 {422, "timeout", ""},
                 {400, "x_y", "x_y"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        row r = {NULL, NULL, cases[i].status, yz_format(arena, E("no", ",\"code\":\"%s\""), cases[i].code).p, ""};
        yz_error error = judged(&r);
        if (!yz_str_is(error.code, cases[i].kept))
            fail_msg("%d %s: %.*s", cases[i].status, cases[i].code, YZ_STR_ARGS(error.code));
    }
}

static void golden_finishes(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof finishes / sizeof *finishes; i++) {
        const yz_flavour *own = yz_flavours_find(&settings->flavours, yz_str_of(finishes[i].flavour));
        yz_str meaning = yz_flavours_finish(&settings->flavours, own, yz_str_of(finishes[i].reason));
        printf("%-13s %-30s %.*s\n", finishes[i].flavour, finishes[i].reason, YZ_STR_ARGS(meaning));
        if (!own || !yz_str_is(meaning, finishes[i].meaning))
            fail_msg("%s: %s should be \"%s\"", finishes[i].flavour, finishes[i].reason, finishes[i].meaning);
    }
}

/* A number is each vendor's own: what 1113 says at one means nothing at another. */
static void numbers_are_the_vendors_own(void **state) {
    (void)state;
    const row glm = {"glm", NULL, 429, "{\"error\":{\"code\":\"1113\",\"message\":\"m\"}}", NULL};
    const row other = {"mistral", NULL, 429, "{\"error\":{\"code\":\"1113\",\"message\":\"m\"}}", NULL};
    assert_int_equal(judged(&glm).class_, YZ_ERROR_QUOTA);
    assert_int_equal(judged(&other).class_, YZ_ERROR_RATE_LIMIT);
}

/* What a client wrote, and a provider quotes, says nothing of the account; what a relay quotes of another's error does. */
static void quoted_words_are_the_clients_own(void **state) {
    (void)state;
    static const struct {
        const char *message, *code;
        yz_error_class class_;
    } said[] = {
        {"Invalid value: 'insufficient balance'. Supported values are: 'auto' and 'default'.", "invalid_value", YZ_ERROR_BAD_REQUEST},
        {"Invalid value: insufficient balance", "invalid_value", YZ_ERROR_BAD_REQUEST},
        {"service_tier: Input should be 'auto', got 'invalid api key'", "", YZ_ERROR_BAD_REQUEST},
        {"unknown tier \"model is overloaded\"", "", YZ_ERROR_BAD_REQUEST},
        {"no tier `insufficient balance`, don't ask for it", "", YZ_ERROR_BAD_REQUEST},
        {"we don't serve you: insufficient balance, don't ask", "", YZ_ERROR_QUOTA},
        {"BadRequestError - {\"type\":\"error\",\"error\":{\"message\":\"Your credit balance is too low\"}}", "", YZ_ERROR_QUOTA},
        {"Error code: 400 - {'error': {'message': 'Your credit balance is too low'}}", "", YZ_ERROR_QUOTA},
        {"[{'type': 'extra_forbidden', 'loc': ('body', 'x'), 'input': 'insufficient balance'}]", "", YZ_ERROR_BAD_REQUEST},
        {"Invalid value for 'model': 'insufficient balance'", "", YZ_ERROR_BAD_REQUEST},
        {"no tier \xe2\x80\x9cinsufficient balance\xe2\x80\x9d here", "", YZ_ERROR_BAD_REQUEST},
        {"Error code: 400 - {'error': {'message': \"Your account's credit balance is too low, and that's it.\"}}", "", YZ_ERROR_QUOTA},
        {"wrapped: {\\\"error\\\":{\\\"message\\\":\\\"Your credit balance is too low\\\"}}", "", YZ_ERROR_QUOTA},
        {"{\"message\":\t\"Your credit balance is too low\"}", "", YZ_ERROR_QUOTA},
        {"Provider returned error: 'insufficient balance'", "", YZ_ERROR_QUOTA},
        {"'insufficient balance'", "", YZ_ERROR_QUOTA},
        {"'an apostrophe that is not closed: insufficient balance", "", YZ_ERROR_QUOTA},
    };
    yz_provider_settings as = *provider("openai");
    for (size_t i = 0; i < sizeof said / sizeof *said; i++) {
        yz_error error = {YZ_ERROR, .class_ = YZ_ERROR_BAD_REQUEST, .said = 400, .message = yz_str_of(said[i].message),
                          .code = yz_str_of(said[i].code)};
        yz_error_judge(&error, &as);
        if (error.class_ != said[i].class_)
            fail_msg("%s: %s", said[i].message, yz_error_word(error.class_));
    }
}

/* What an error means is said at its beginning: megabytes of it are not searched, whatever patterns there are. */
static void long_messages_are_judged_by_their_beginning(void **state) {
    (void)state;
    size_t n = 8 << 20;
    char *text = yz_alloc(arena, n + 1);
    static const char words[] = "Input length exceeds this model's maximum context length";
    for (int at_end = 0; at_end < 2; at_end++) {
        memset(text, 'x', n);
        memcpy(text + (at_end ? n - sizeof words : 0), words, sizeof words - 1);
        yz_provider_settings as = *provider("openai");
        yz_error error = {YZ_ERROR, .class_ = YZ_ERROR_BAD_REQUEST, .status = 400, .message = {text, n}};
        yz_error_judge(&error, &as);
        assert_int_equal(error.class_, at_end ? YZ_ERROR_BAD_REQUEST : YZ_ERROR_CONTEXT_LENGTH);
        assert_int_equal(error.message.n, n); /* the message itself stays */
    }
}

static void words_of_the_provider_survive(void **state) {
    (void)state;
    static const struct {
        const char *body, *message;
    } table[] = {
        {"{\"detail\":\"Not Found\"}", "Not Found"},
        {"{\"detail\":[{\"loc\":[\"body\",\"messages\",0,\"role\"],\"msg\":\"field required\"},{\"msg\":\"too\"}]}",
         "body.messages.0.role: field required; too"},
        {"{\"error\":{\"message\":{\"detail\":\"deep\"}}}", "deep"},
        {"{\"errors\":[{\"message\":\"one\"},\"two\"]}", "one; two"},
        {"{\"error\":\"a text\"}", "a text"},
        {"{\"status\":\"failure\",\"message\":\"Something went wrong\"}", "Something went wrong"},
        {"{\"error\":{\"message\":\"Provider returned error\",\"metadata\":{\"raw\":\"{\\\"error\\\":{\\\"message\\\":\\\"inner\\\"}}\"}}}",
         "Provider returned error: inner"},
        {"{\"error\":{\"message\":\"Provider returned error\",\"metadata\":{\"raw\":{\"error\":{\"message\":\"inner\"}}}}}",
         "Provider returned error: inner"},
        {"{\"Response\":{\"Error\":{\"Code\":\"x\",\"Message\":\"of the cloud\"},\"RequestId\":\"r\"}}", "of the cloud"},
        {"\"just this\"", "just this"},
        {"{\"error\":\"invalid_client\",\"error_description\":\"who?\"}", "invalid_client: who?"},
        {"{\"type\":\"u\",\"title\":\"T\",\"status\":400,\"errors\":{\"model\":[\"The model field is required.\",\"x\"],\"n\":\"y\"}}",
         "model: The model field is required.; x; n: y"},
        {"{\"fault\":{\"faultstring\":\"Invalid ApiKey\",\"detail\":{\"errorcode\":\"x\"}}}", "Invalid ApiKey"},
        {"{\"error\":{\"code\":\"c\",\"message\":null,\"innererror\":{\"message\":\"inner\"}}}", "inner"},
        {"{\"error\":{\"message\":\"bad_response\",\"upstream_error\":{\"message\":\"inner\"}}}", "bad_response: inner"},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        yz_json *json;
        yz_error error = {YZ_ERROR};
        assert_int_equal(yz_json_parse(arena, yz_str_of(table[i].body), 0, &json, NULL), YZ_OK);
        assert_true(yz_error_read(json, arena, &error));
        assert_string_equal(yz_dup(arena, error.message).p, table[i].message);
    }
}

/* With a status that says that it is an error, whatever its shape. */
static void words_under_a_status_survive(void **state) {
    (void)state;
    static const struct {
        const char *body, *message;
    } table[] = {
        {"{\"errorMessage\":\"a\"}", "a"}, {"{\"errMsg\":\"a\"}", "a"},
        {"[\"a\",\"b\"]", "a; b"},         {"{\"non_field_errors\":[\"a\"]}", "a"},
        {"{\"err\":\"a\"}", "a"},          {"{\"header\":{\"code\":10013,\"message\":\"a\"}}", "a"},
        {"{\"message\":[\"a\"]}", "a"},    {"{\"error_description\":\"a\"}", "a"},
        {"{\"cause\":\"a\"}", "a"},        {"{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"a prompt\"}]}", ""},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        yz_json *json;
        yz_error error = {YZ_ERROR, .said = 400};
        assert_int_equal(yz_json_parse(arena, yz_str_of(table[i].body), 0, &json, NULL), YZ_OK);
        assert_true(yz_error_read(json, arena, &error));
        assert_string_equal(yz_dup(arena, error.message).p, table[i].message);
    }
}

static void answers_are_no_errors(void **state) {
    (void)state;
    static const char *const table[] = {
        "{\"choices\":[{\"message\":{\"content\":\"x\"}}],\"base_resp\":{\"status_code\":0,\"status_msg\":\"\"}}",
        "{\"choices\":[{\"message\":{\"content\":\"x\"}}],\"code\":1,\"message\":\"m\"}",
        "{\"error\":null,\"id\":\"x\"}",
        "{\"errors\":[]}",
        "{}",
        "[]",
        "{\"type\":\"ping\"}",
        "{\"code\":0,\"message\":\"success\"}",
        "{\"code\":\"200\",\"msg\":\"ok\"}",
        "{\"Response\":{\"RequestId\":\"r\"}}"};
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        yz_json *json;
        yz_error error = {YZ_ERROR};
        assert_int_equal(yz_json_parse(arena, yz_str_of(table[i]), 0, &json, NULL), YZ_OK);
        if (yz_error_read(json, arena, &error))
            fail_msg("taken for an error: %s", table[i]);
    }
}

static void a_provider_takes_what_its_flavour_says(void **state) {
    (void)state;
    const yz_provider_settings *groq = provider("groq"), *acme = provider("acme");
    assert_true(yz_str_is(groq->base.host, "api.groq.com"));
    assert_true(yz_str_is(groq->base.path, "/openai/v1"));
    assert_true(yz_str_is(groq->flavour->name, "groq"));
    assert_true(yz_str_is(provider("near")->flavour->name, "xai")); /* by its host */
    assert_true(yz_str_is(provider("openai")->flavour->name, "openai"));
    assert_true(yz_str_is(acme->base.host, "127.0.0.1"));
    assert_true(yz_str_is(yz_flavours_finish(acme->flavours, acme->flavour, YZ_STR("zap")), "error"));
}

/* What a config says that is wrong, and its answer. */
static void mistakes_are_answered(void **state) {
    (void)state;
    static const struct {
        const char *text, *said;
    } table[] = {
        {"provider 'a' { flavour = 'grok', adapter = 'openai' }", "there is no flavour \"grok\": flavour = \"xai\" is meant"},
        {"provider 'a' { flavour = 3 }", "flavour should be the name of one, such as \"groq\", not the number 3"},
        {"flavour 'a' { source = 's', date = 'd', errors = { { code = { '1' }, class = 'money' } } }",
         "errors[1].class is \"money\", but should be one of context_length"},
        {"flavour 'a' { source = 's', date = 'd', errors = { { class = 'quota' } } }", "errors[1] fits every error"},
        {"flavour 'a' { source = 's', date = 'd', finish = { x = 'y' } }", "finish.x is \"y\", but should be one of stop length"},
        {"flavour 'a' { source = 's', date = 'd', catalogue = { { names = { 'x' } }, { names = { 'y' }, nonsense = 1 } } }",
         "there is no option \"catalogue[2].nonsense\""},
        {"flavour 'a' { source = 's', date = 'd', catalogue = { 'x' } }", "catalogue[1]"},
        {"flavour 'a' { source = 's', date = 'd', adapter_options = { responses = 3 } }",
         "adapter_options.responses should be a table of options"},
        {"flavour 'a' { source = 's', date = 'd', adapter = 'openai', adapter_options = { openai = {} } }",
         "adapter_options.openai is of its own adapter"},
        {"flavour 'a' { source = 's', date = 'd', adapter = 'openai', adapter_options = { responses = { nonsense = 1 } } } "
         "provider 'p' { flavour = 'a', adapter = 'responses', base_url = 'http://127.0.0.1:1', key = 'k' } model 'm' { 'p' } chain {}",
         "nonsense"},
        {"flavour 'a' {}", "the option \"source\" is missing"},
        {"flavour 'a' { source = 's', date = 'd' } flavour 'a' { source = 's', date = 'd' }", "is there twice: first in line 1"},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        yz_diag diag = {0};
        assert_null(yz_settings_read_text("yuzui.lua", yz_str_of(table[i].text), arena, &diag));
        yz_buf_char(&diag.text, '\0');
        if (!strstr(diag.text.p, table[i].said))
            fail_msg("for: %s\nsaid: %s", table[i].text, diag.text.p);
        yz_diag_free(&diag);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(golden_errors),
        cmocka_unit_test(codes_that_mislead),
        cmocka_unit_test(golden_finishes),
        cmocka_unit_test(numbers_are_the_vendors_own),
        cmocka_unit_test(words_of_the_provider_survive),
        cmocka_unit_test(words_under_a_status_survive),
        cmocka_unit_test(quoted_words_are_the_clients_own),
        cmocka_unit_test(long_messages_are_judged_by_their_beginning),
        cmocka_unit_test(answers_are_no_errors),
        cmocka_unit_test(a_provider_takes_what_its_flavour_says),
        cmocka_unit_test(mistakes_are_answered),
    };
    return cmocka_run_group_tests(tests, read_all, drop_all);
}
