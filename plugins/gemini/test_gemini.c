/* The gemini adapter, what the recordings cannot show: models, paths and keys, framing, what is forwarded, signatures, errors, limits. */
#include "field.c"
#include "model.c"

#include "base/arena.h"
#include "base/diag.h"
#include "cli/conform.h"
#include "plugin/loader.h"
#include "plugin/options.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static const yz_adapter *adapter;
static const gm_config *defaults;
static yz_arena *arena;

static int set_up(void **state) {
    (void)state;
    yz_diag diag = {0};
    arena = yz_arena_new(NULL);
    const yz_plugin *plugin = yz_plugin_load(YZ_BUILD_FOLDER "/plugins/gemini.so", &diag);
    assert_non_null(plugin);
    defaults = yz_options_config(plugin, NULL, arena, &diag);
    assert_non_null(defaults);
    assert_null(yz_options_fault(plugin->options, plugin->n_options, plugin->config_size, arena));
    adapter = plugin->adapter;
    yz_diag_free(&diag);
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    yz_arena_free(arena);
    return 0;
}

#define assert_str(s, c)                                                                                                                   \
    do {                                                                                                                                   \
        yz_str seen_ = (s);                                                                                                                \
        if (!yz_str_is(seen_, c))                                                                                                          \
            fail_msg("wanted %s, got %.*s", c, YZ_STR_ARGS(seen_));                                                                        \
    } while (0)

static const yz_json *json(const char *text) {
    yz_json *root;
    assert_int_equal(yz_json_parse(arena, yz_str_of(text), 0, &root, NULL), YZ_OK);
    return root;
}

/* ---- models, fields ----------------------------------------------------------------------------------------------------------- */

static void models_are_told_by_name(void **state) {
    (void)state;
    const struct {
        const char *name;
        int version;
    } table[] = {{"gemini-2.5-pro", 25},
                 {"gemini-3-flash-preview", 30},
                 {"gemini-3.1-pro-preview", 31},
                 {"gemini-2.0-flash-001", 20},
                 {"gemini-flash-latest", 99},
                 {"models/gemini-1.5-pro", 15},
                 {"gemma-3-27b-it", 0},
                 {"", 0},
                 {"gemini-", 99}};
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (gm_version(yz_str_of(table[i].name)) != table[i].version)
            fail_msg("%s is %d", table[i].name, gm_version(yz_str_of(table[i].name)));
}

static void thinking_stays_within_what_a_model_takes(void **state) {
    (void)state;
    yz_str flash = YZ_STR("gemini-2.5-flash"), lite = YZ_STR("gemini-2.5-flash-lite"), pro = YZ_STR("gemini-2.5-pro"), none = YZ_STR("");
    assert_int_equal(gm_budget(flash, YZ_STR("none"), 0), 0);
    assert_int_equal(gm_budget(pro, YZ_STR("none"), 0), 128); /* always thinks */
    assert_int_equal(gm_budget(flash, YZ_STR("max"), 0), 24576);
    assert_int_equal(gm_budget(pro, YZ_STR("xhigh"), 0), 32768);
    assert_int_equal(gm_budget(flash, none, 100000), 24576);
    assert_int_equal(gm_budget(lite, none, 100), 512);
    assert_string_equal(gm_level(YZ_STR("gemini-3-flash"), YZ_STR("none"), 0), "MINIMAL");
    assert_string_equal(gm_level(YZ_STR("gemini-3-pro"), YZ_STR("minimal"), 0), "LOW");
    assert_string_equal(gm_level(YZ_STR("gemini-3-pro"), YZ_STR("medium"), 0), "HIGH");
    assert_string_equal(gm_level(YZ_STR("gemini-3.1-pro"), YZ_STR("medium"), 0), "MEDIUM");
    assert_string_equal(gm_level(YZ_STR("gemini-3-flash"), none, 1024), "LOW");
}

static void fields_have_two_spellings(void **state) {
    (void)state;
    const yz_json *root = json("{\"max_output_tokens\":1,\"topP\":2,\"top_k\":null,\"topK\":3}");
    assert_int_equal(yz_json_int(gm_get(root, "maxOutputTokens"), 0), 1);
    assert_int_equal(yz_json_int(gm_get(root, "topP"), 0), 2);
    assert_int_equal(yz_json_int(gm_get(root, "topK"), 0), 3);
    assert_null(gm_get(root, "aFieldWithANameThatIsLongerThanAnyFieldOfThisDialectHasEverBeenOrWillBeInAllOfItsVersions"));
    assert_null(gm_get(root, "ABCDEFGHIJKLMNOPQRSTUVWXYZABCDEFGHIJKLMNOPQRSTUVWXYZ"));
    assert_null(gm_get(root, "seed"));
}

static void base64_comes_in_two_alphabets(void **state) {
    (void)state;
    assert_str(gm_base64(arena, YZ_STR("_-8=")), "/+8=");
    assert_str(gm_base64(arena, YZ_STR("/+8=")), "/+8=");
    assert_int_equal(gm_base64(arena, YZ_STR("a b")).n, 0);
    assert_int_equal(gm_base64(arena, YZ_STR("a\\\"")).n, 0);
}

static void signatures_of_others_pass_through_and_come_back(void **state) {
    (void)state;
    yz_str carried = gm_foreign_signature(arena, YZ_STR("Eo+/AA=="), YZ_STR("anthropic"));
    assert_int_equal(carried.n % 4, 0); /* base64 as a whole, which SDKs decode */
    assert_str(gm_signed_by(arena, &carried), "anthropic");
    assert_str(carried, "Eo+/AA==");
    carried = gm_foreign_signature(arena, YZ_STR("gAAA-_A="), YZ_STR("openai")); /* the other alphabet */
    assert_int_equal(carried.n % 4, 0);
    assert_int_equal(gm_base64(arena, carried).n, carried.n);
    assert_str(gm_signed_by(arena, &carried), "openai");
    assert_str(carried, "gAAA-_A=");
    carried = yz_dup(arena, gm_foreign_signature(arena, YZ_STR("gAAA-_A="), YZ_STR("openai")));
    for (size_t i = 0; i < carried.n; i++) /* an SDK spells it in its own alphabet */
        if (carried.p[i] == '+' || carried.p[i] == '/')
            ((char *)carried.p)[i] = carried.p[i] == '+' ? '-' : '_';
    gm_signed_by(arena, &carried);
    assert_str(carried, "gAAA-_A=");
    assert_int_equal(gm_foreign_signature(arena, YZ_STR("not base64"), YZ_STR("anthropic")).n, 0);
    assert_int_equal(gm_foreign_signature(arena, YZ_STR("AAAA"), YZ_STR("acme")).n, 0);
    yz_str own = YZ_STR("CiQB");
    assert_str(gm_signed_by(arena, &own), "google");
    assert_str(own, "CiQB");
}

/* ---- where a request goes -------------------------------------------------------------------------------------------------------- */

static const char *path_of(const gm_config *config, const char *model, yz_op op, bool stream, const char *asked) {
    static yz_endpoint endpoint;
    yz_provider provider = {YZ_PROVIDER, .adapter = adapter, .config = config};
    yz_target target = {YZ_TARGET, .provider = &provider, .model = yz_str_of(model)};
    yz_request request = {YZ_REQUEST, .dialect = adapter, .op = op, .stream = stream, .path = yz_str_of(asked)};
    if (adapter->endpoint(&provider, &request, &target, arena, &endpoint) != YZ_OK)
        return "none";
    return yz_format(arena, "%.*s %s", YZ_STR_ARGS(endpoint.path),
                     endpoint.credential ? endpoint.credential : adapter->credentials[0].header)
        .p;
}

static void paths_and_keys(void **state) {
    (void)state;
    gm_config vertex = *defaults;
    vertex.project = YZ_STR("p-1");
    vertex.location = YZ_STR("europe-west4");
    assert_string_equal(path_of(defaults, "gemini-2.5-flash", YZ_OP_CHAT, false, ""),
                        "/models/gemini-2.5-flash:generateContent x-goog-api-key");
    assert_string_equal(path_of(defaults, "tunedModels/a b", YZ_OP_CHAT, true, ""),
                        "/tunedModels/a%20b:streamGenerateContent?alt=sse x-goog-api-key");
    assert_string_equal(path_of(defaults, "e", YZ_OP_EMBEDDING, false, "/v1/models/x:batchEmbedContents"),
                        "/models/e:batchEmbedContents x-goog-api-key");
    assert_string_equal(path_of(defaults, "e", YZ_OP_EMBEDDING, false, "/v1/models/x:embedContent"),
                        "/models/e:embedContent x-goog-api-key");
    assert_string_equal(path_of(&vertex, "gemini-2.5-pro", YZ_OP_CHAT, false, ""),
                        "/projects/p-1/locations/europe-west4/publishers/google/models/gemini-2.5-pro:generateContent bearer");
    assert_string_equal(path_of(defaults, "m", YZ_OP_MODERATION, false, ""), "none");
    assert_string_equal(path_of(&vertex, "veo-3.1", YZ_OP_VIDEO, false, ""),
                        "/projects/p-1/locations/europe-west4/publishers/google/models/veo-3.1:predictLongRunning bearer");
    vertex.auth = GM_AUTH_KEY;
    assert_non_null(strstr(path_of(&vertex, "m", YZ_OP_CHAT, false, ""), "x-goog-api-key"));
}

/* Vertex AI is asked for an operation by its name, where that says; what is none has no place there. */
static void operations_of_vertex(void **state) {
    (void)state;
    gm_config vertex = *defaults;
    vertex.project = YZ_STR("p-1");
    const yz_provider provider = {YZ_PROVIDER, .config = &vertex};
    const yz_target target = {YZ_TARGET, .provider = &provider};
    yz_endpoint out = {YZ_ENDPOINT};
    yz_request request = {YZ_REQUEST, .dialect = adapter, .op = YZ_OP_STORED, .method = YZ_STR("GET"),
                          .path = YZ_STR("/v1beta/projects/7/locations/l/publishers/google/models/veo/operations/o-1#2")};
    assert_int_equal(adapter->endpoint(&provider, &request, &target, arena, &out), YZ_OK);
    assert_string_equal(out.method, "POST");
    assert_true(yz_str_is(out.path, "/projects/7/locations/l/publishers/google/models/veo:fetchPredictOperation"));
    assert_true(yz_str_is(out.body, "{\"operationName\":\"projects/7/locations/l/publishers/google/models/veo/operations/o-1\"}"));
    request.path = YZ_STR("/v1beta/models/veo/operations/o-1");
    assert_int_equal(adapter->endpoint(&provider, &request, &target, arena, &out), YZ_EUNSUPPORTED);
}

static void the_query_chooses_the_framing(void **state) {
    (void)state;
    const struct {
        const char *query;
        yz_framing framing;
    } table[] = {{"alt=sse", YZ_FRAMING_EVENTS},
                 {"a=b&alt=sse&c", YZ_FRAMING_EVENTS},
                 {"", YZ_FRAMING_ARRAY},
                 {"alt=json", YZ_FRAMING_ARRAY},
                 {"alt=ssee", YZ_FRAMING_ARRAY}};
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        yz_request request = {YZ_REQUEST, .query = yz_str_of(table[i].query)};
        if (adapter->framing(&request) != table[i].framing)
            fail_msg("?%s is %d", table[i].query, adapter->framing(&request));
    }
}

static const char *mended(const char *body) {
    yz_provider provider = {YZ_PROVIDER, .adapter = adapter, .config = defaults};
    yz_target target = {YZ_TARGET, .provider = &provider, .model = YZ_STR("emb-2")};
    yz_request request = {YZ_REQUEST, .dialect = adapter, .op = YZ_OP_EMBEDDING, .body = yz_str_of(body), .json = json(body)};
    return yz_dup(arena, adapter->mend(&request, &target, arena, yz_losses_new(arena))->body).p;
}

static void a_repeated_model_is_the_targets(void **state) {
    (void)state;
    assert_string_equal(mended("{\"content\":{ \"parts\":[]}}"), "{\"content\":{ \"parts\":[]}}");
    assert_string_equal(mended("{\"model\":\"models/emb-2\", \"a\":1}"), "{\"model\":\"models/emb-2\", \"a\":1}");
    assert_string_equal(mended("{\"model\":\"models/e\",\"a\":1}"), "{\"model\":\"models/emb-2\",\"a\":1}");
    assert_string_equal(mended("{\"requests\":[{\"model\":\"models/e\",\"content\":{ }},{\"content\":1.0}]}"),
                        "{\"requests\":[{\"model\":\"models/emb-2\",\"content\":{ }},{\"content\":1.0}]}");
}

/* ---- writing for models that differ ----------------------------------------------------------------------------------------------------
 */

static const char *written(const char *model, const yz_chat *chat) {
    yz_provider provider = {YZ_PROVIDER, .adapter = adapter, .config = defaults};
    yz_target target = {YZ_TARGET, .provider = &provider, .model = yz_str_of(model)};
    yz_losses losses = {YZ_LOSSES, .arena = arena};
    yz_buf out = {0};
    assert_int_equal(adapter->write(&provider, chat, &target, arena, &losses, &out), YZ_OK);
    const char *text = yz_dup(arena, yz_buf_view(&out)).p;
    yz_buf_free(&out);
    return text;
}

/* A turn of calls, the first one signed by `by`, and two results in the other order, one with a picture. */
static yz_chat *a_turn(const char *by) {
    yz_chat *chat = yz_chat_new(arena);
    yz_part_add(yz_message_add(chat, YZ_ROLE_USER), YZ_PART_TEXT)->text = YZ_STR("x");
    yz_message *turn = yz_message_add(chat, YZ_ROLE_ASSISTANT), *back = yz_message_add(chat, YZ_ROLE_USER);
    static const char *const ids[] = {"c1", "c2"};
    for (size_t i = 0; i < 2; i++) {
        yz_part *call = yz_part_add(turn, YZ_PART_TOOL_CALL);
        call->id = yz_str_of(ids[i]);
        call->name = YZ_STR("f");
        if (i == 0) {
            call->signature = YZ_STR("SIGN");
            call->signed_by = yz_str_of(by);
        }
    }
    for (size_t i = 2; i-- > 0;) {
        yz_part *result = yz_part_add(back, YZ_PART_TOOL_RESULT);
        result->id = yz_str_of(ids[i]);
        yz_part_add_to(result, YZ_PART_TEXT)->text = yz_str_of(ids[i]);
        if (i == 0) {
            yz_part *image = yz_part_add_to(result, YZ_PART_IMAGE);
            image->media_type = YZ_STR("image/png");
            image->data = YZ_STR("AAAA");
        }
    }
    return chat;
}

static void calls_are_signed_as_the_model_wants(void **state) {
    (void)state;
    const char *own = written("gemini-3-flash", a_turn("google")), *foreign = written("gemini-3-flash", a_turn("anthropic")),
               *old = written("gemini-2.5-flash", a_turn("anthropic"));
    assert_non_null(strstr(
        own, "\"id\":\"c1\",\"args\":{}},\"thoughtSignature\":\"SIGN\"},{\"functionCall\":{\"name\":\"f\",\"id\":\"c2\",\"args\":{}}}"));
    assert_non_null(strstr(foreign, "\"thoughtSignature\":\"skip_thought_signature_validator\"},{\"functionCall\""));
    assert_null(strstr(foreign, "SIGN\""));
    assert_null(strstr(old, "thoughtSignature"));
}

static void results_go_in_the_order_of_their_calls(void **state) {
    (void)state;
    const char *new = written("gemini-3-flash", a_turn("google")), *old = written("gemini-2.5-flash", a_turn("google"));
    assert_non_null(
        strstr(new, "{\"role\":\"user\",\"parts\":[{\"functionResponse\":{\"name\":\"f\",\"id\":\"c1\",\"response\":{\"output\":\"c1\"},"
                    "\"parts\":[{\"inlineData\":{\"mimeType\":\"image/png\",\"data\":\"AAAA\"}}]}},{\"functionResponse\":{\"name\":\"f\","
                    "\"id\":\"c2\",\"response\":{\"output\":\"c2\"}}}]}"));
    assert_non_null(strstr(old, "\"response\":{\"output\":\"c2\"}}},{\"inlineData\":{\"mimeType\":\"image/png\",\"data\":\"AAAA\"}}]}"));
}

static void a_call_without_a_result_gets_one(void **state) {
    (void)state;
    yz_chat *chat = yz_chat_new(arena);
    yz_part_add(yz_message_add(chat, YZ_ROLE_USER), YZ_PART_TEXT)->text = YZ_STR("x");
    yz_part *call = yz_part_add(yz_message_add(chat, YZ_ROLE_ASSISTANT), YZ_PART_TOOL_CALL);
    call->id = call->name = YZ_STR("f");
    yz_part_add(yz_message_add(chat, YZ_ROLE_USER), YZ_PART_TEXT)->text = YZ_STR("never mind");
    assert_non_null(
        strstr(written("gemini-2.5-flash", chat), "\"response\":{\"error\":\"there is no result\"}}},{\"text\":\"never mind\"}]}"));
}

static void thinking_is_asked_in_the_models_way(void **state) {
    (void)state;
    yz_chat *chat = yz_chat_new(arena);
    chat->effort = YZ_STR("low");
    chat->max_tokens = 100;
    assert_non_null(strstr(written("gemini-3-flash", chat),
                           "{\"maxOutputTokens\":100,\"thinkingConfig\":{\"thinkingLevel\":\"LOW\",\"includeThoughts\":true}}"));
    assert_non_null(strstr(written("gemini-2.5-pro", chat),
                           "{\"maxOutputTokens\":1124,\"thinkingConfig\":{\"thinkingBudget\":1024,\"includeThoughts\":true}}"));
    assert_null(strstr(written("gemini-2.0-flash", chat), "thinkingConfig"));
}

static void only_known_modalities_are_written(void **state) {
    (void)state;
    yz_chat *chat = yz_chat_new(arena);
    chat->modalities = YZ_STR("[\"text\",\"odd\\nword\",\"audio\"]"); /* an escape has no capitals */
    assert_non_null(strstr(written("gemini-2.5-flash", chat), "{\"responseModalities\":[\"TEXT\",\"AUDIO\"]}"));
    chat->modalities = YZ_STR("[\"odd\"]");
    assert_null(strstr(written("gemini-2.5-flash", chat), "responseModalities"));
}

/* ---- answers ------------------------------------------------------------------------------------------------------------------------- */

#define EVENT(json) "data: " json "\n\n"
#define SAYS(text)  EVENT("{\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"" text "\"}]}}]}")

static yz_recording played(const char *stream) {
    yz_recording r;
    yz_recording_init(&r, arena);
    yz_play_stream(adapter, yz_str_of(stream), NULL, 0, &r);
    return r;
}

static void a_stream_without_its_reason_is_not_whole(void **state) {
    (void)state;
    yz_recording cut = played(SAYS("a"));
    assert_false(cut.done || cut.failed);
    void *decoder = yz_alloc(arena, adapter->decoder_size);
    static const char *const events[] = {"{\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"a\"}]}}]}",
                                         "{\"candidates\":[{\"finishReason\":\"STOP\"}]}"};
    for (size_t i = 0; i < 2; i++) {
        assert_false(adapter->decode_complete(NULL, decoder));
        assert_int_equal(adapter->decode_event(decoder, YZ_STR(""), yz_str_of(events[i]), arena, &cut.sink), YZ_OK);
    }
    assert_true(adapter->decode_complete(NULL, decoder)); /* though its token counts never came */
}

static void too_many_calls_are_refused(void **state) {
    (void)state;
    yz_buf stream = {0};
    yz_buf_lit(&stream, "data: {\"candidates\":[{\"content\":{\"parts\":[");
    for (size_t i = 0; i <= YZ_CALLS_MAX; i++)
        yz_buf_lit(&stream, i ? ",{\"functionCall\":{\"name\":\"f\"}}" : "{\"functionCall\":{\"name\":\"f\"}}");
    yz_buf_lit(&stream, "]}}]}\n\n");
    yz_buf_char(&stream, '\0');
    assert_int_equal(played(stream.p).code, YZ_ELIMIT);
    yz_buf_free(&stream);
    assert_int_equal(played(EVENT("{\"candidates\":[{\"index\":8}]}")).code, YZ_ELIMIT);
}

/* ---- errors ----------------------------------------------------------------------------------------------------------------------------
 */

static yz_error read_error(int status, const char *body) {
    yz_error e = {YZ_ERROR, .class_ = yz_error_class_of(status)};
    adapter->read_error(status, json(body), arena, &e);
    return e;
}

static void errors_are_what_they_say(void **state) {
    (void)state;
#define REFUSED(status, words, more) "{\"error\":{\"code\":400,\"message\":\"" words "\",\"status\":\"" status "\"" more "}}"
    yz_error e =
        read_error(400, REFUSED("INVALID_ARGUMENT", "API key not valid.",
                                ",\"details\":[{\"@type\":\"type.googleapis.com/google.rpc.ErrorInfo\",\"reason\":\"API_KEY_INVALID\"}]"));
    assert_int_equal(e.class_, YZ_ERROR_UPSTREAM_AUTH);
    assert_int_equal(yz_error_status(&e), 502);
    e = read_error(400, "[" REFUSED("INVALID_ARGUMENT", "The input token count exceeds the maximum number of tokens allowed", "") "]");
    assert_int_equal(e.class_, YZ_ERROR_CONTEXT_LENGTH);
    assert_int_equal(yz_error_status(&e), 400);
    e = read_error(429,
                   REFUSED("RESOURCE_EXHAUSTED", "slow", ",\"details\":[{\"@type\":\"x/google.rpc.RetryInfo\",\"retryDelay\":\"34.4s\"}]"));
    assert_int_equal(e.class_, YZ_ERROR_RATE_LIMIT);
    assert_int_equal(e.retry_after, 34400);
    e = read_error(503, REFUSED("UNAVAILABLE", "The model is overloaded.", ""));
    assert_int_equal(e.class_, YZ_ERROR_OVERLOADED);
    e = read_error(403, REFUSED("PERMISSION_DENIED", "no", ""));
    assert_int_equal(yz_error_status(&e), 502);
}

static yz_error inside;

static void put(yz_sink *sink, const yz_event *event) {
    (void)sink;
    if (event->kind == YZ_EVENT_ERROR)
        inside = *event->error;
}

/* In an answer with status 200: the code says the status, in a number or a text, and else the word does. */
static void errors_inside_say_their_status(void **state) {
    (void)state;
    static const struct {
        const char *error;
        yz_error_class class_;
        int said;
    } cases[] = {
        {"\"code\":\"503\",\"message\":\"busy\"", YZ_ERROR_OVERLOADED, 503},
        {"\"code\":\"429\",\"message\":\"slow\",\"status\":\"x\"", YZ_ERROR_RATE_LIMIT, 429},
        {"\"code\":429,\"message\":\"slow\"", YZ_ERROR_RATE_LIMIT, 429},
        {"\"code\":\"400\",\"message\":\"no\",\"status\":\"INTERNAL\"", YZ_ERROR_BAD_REQUEST, 400},
        {"\"code\":\"x\",\"message\":\"no\",\"status\":\"UNAVAILABLE\"", YZ_ERROR_OVERLOADED, 0},
        {"\"code\":\"1302\",\"message\":\"no\"", YZ_ERROR_SERVER, 0}, /* no status of HTTP */
        {"\"message\":\"no\"", YZ_ERROR_SERVER, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        yz_sink sink = {.emit = put};
        inside = (yz_error){YZ_ERROR};
        const yz_json *body = json(yz_format(arena, "{\"error\":{%s}}", cases[i].error).p);
        adapter->decode_body(yz_alloc(arena, adapter->decoder_size), body, arena, &sink);
        if (inside.class_ != cases[i].class_ || inside.said != cases[i].said)
            fail_msg("%s: %s (%d)", cases[i].error, yz_error_word(inside.class_), inside.said);
    }
}

static void errors_are_written_as_the_api_does(void **state) {
    (void)state;
    yz_buf out = {0};
    yz_error e = {YZ_ERROR, .class_ = YZ_ERROR_RATE_LIMIT, .message = YZ_STR("a \"b\""), .param = YZ_STR("contents"), .retry_after = 3250};
    adapter->write_error(&e, 429, YZ_STR("r-1"), &out);
    assert_str(
        yz_buf_view(&out),
        "{\"error\":{\"code\":429,\"message\":\"a \\\"b\\\"\",\"status\":\"RESOURCE_EXHAUSTED\",\"details\":[{\"@type\":"
        "\"type.googleapis.com/google.rpc.ErrorInfo\",\"reason\":\"rate_limited\",\"domain\":\"yuzui\",\"metadata\":{\"requestId\":\"r-1\","
        "\"field\":\"contents\"}},{\"@type\":\"type.googleapis.com/google.rpc.RetryInfo\",\"retryDelay\":\"3.250s\"}]}}");
    yz_buf_free(&out);
}

/* ---- films ---------------------------------------------------------------------------------------------------------------------- */

static yz_job job_of(const char *body) {
    yz_job job = {YZ_JOB};
    assert_int_equal(adapter->read_job(NULL, json(body), arena, &job), YZ_OK);
    return job;
}

/* What a provider says becomes part of a path that is asked with its key. */
static void names_of_operations_are_paths(void **state) {
    (void)state;
    static const char *const wrong[] = {"{}",
                                        "{\"name\":\"\"}",
                                        "{\"name\":7}",
                                        "{\"name\":\"models/veo/operations/../x\"}",
                                        "{\"name\":\"models//operations/x\"}",
                                        "{\"name\":\"/operations/x\"}",
                                        "{\"name\":\"operations/x/\"}",
                                        "{\"name\":\"operations/x?key=1\"}",
                                        "{\"name\":\"operations/a b\"}"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        yz_job job = {YZ_JOB};
        if (adapter->read_job(NULL, json(wrong[i]), arena, &job) != YZ_EINVAL)
            fail_msg("taken: %s", wrong[i]);
    }
    yz_job job = job_of("{\"name\":\"models/veo-3.1/operations/ab-1_2\"}");
    assert_str(job.id, "ab-1_2");
    assert_str(job.path, "/v1beta/models/veo-3.1/operations/ab-1_2");
    assert_int_equal(job.state, YZ_JOB_RUNNING);
    assert_true(job.withheld);
    assert_str(job_of("{\"name\":\"operations/z\",\"done\":false}").path, "/v1beta/operations/z");
}

#define SAMPLES(list) "{\"name\":\"operations/z\",\"done\":true,\"response\":{\"generateVideoResponse\":{\"generatedSamples\":" list "}}}"
#define SAMPLE(uri)   "{\"video\":{\"uri\":\"" uri "\"}}"

/* Wherever a film is said to lie, only the name of its file is taken: it is asked for at the provider that was configured. */
static void films_are_files_of_the_provider(void **state) {
    (void)state;
    yz_job job =
        job_of(SAMPLES("[" SAMPLE("https://g/v1beta/files/ab1:download?alt=media") "," SAMPLE("http://elsewhere/x/files/cd2") "]"));
    assert_int_equal(job.state, YZ_JOB_SUCCEEDED);
    assert_int_equal(job.n_made, 2);
    assert_str(job.made[0], "/v1beta/files/ab1:download");
    assert_str(job.made[1], "/v1beta/files/cd2:download");
    static const char *const wrong[] = {"gs://b/a.mp4", "https://g/files/", "https://g/files/../x", "https://g/files/a%2fb",
                                        "https://g/files/.x"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        job = job_of(yz_format(arena,
                               "{\"name\":\"operations/z\",\"done\":true,\"response\":{\"generateVideoResponse\":{\"generatedSamples\":"
                               "[{\"video\":{\"uri\":\"%s\"}}]}}}",
                               wrong[i])
                         .p);
        if (job.state != YZ_JOB_FAILED || job.n_made > 0)
            fail_msg("taken: %s", wrong[i]);
    }
    assert_int_equal(job_of(SAMPLES("[]")).state, YZ_JOB_FAILED);
    assert_int_equal(job_of("{\"name\":\"operations/z\",\"done\":true}").state, YZ_JOB_FAILED);
    assert_int_equal(job_of("{\"name\":\"operations/z\",\"done\":true,\"error\":{\"code\":1,\"message\":\"m\"}}").state, YZ_JOB_CANCELLED);
}

static const char *told(yz_job job) {
    yz_buf out = {0};
    job.model = YZ_STR("veo"), job.id = YZ_STR("video_1");
    adapter->write_job(&(yz_request){YZ_REQUEST}, &job, &out);
    yz_buf_char(&out, 0);
    const char *text = yz_dup(arena, yz_buf_view(&out)).p;
    yz_buf_free(&out);
    return text;
}

static void films_are_told_in_words_of_this_dialect(void **state) {
    (void)state;
    const yz_str made[] = {YZ_STR("/v1beta/files/secret:download")};
#define NAMED(rest) "{\"name\":\"models/veo/operations/video_1\"" rest "}"
    assert_string_equal(told((yz_job){YZ_JOB, .state = YZ_JOB_UNKNOWN}), NAMED(""));
    assert_string_equal(told((yz_job){YZ_JOB, .state = YZ_JOB_FAILED, .code = YZ_STR("lost"), .message = YZ_STR("m")}),
                        NAMED(",\"done\":true,\"error\":{\"code\":5,\"message\":\"m\"}"));
    assert_string_equal(told((yz_job){YZ_JOB, .state = YZ_JOB_EXPIRED}),
                        NAMED(",\"done\":true,\"error\":{\"code\":4,\"message\":\"the provider did not say why\"}"));
    assert_string_equal(told((yz_job){YZ_JOB, .state = YZ_JOB_FAILED, .code = YZ_STR("invalid_argument"), .message = YZ_STR("m")}),
                        NAMED(",\"done\":true,\"error\":{\"code\":3,\"message\":\"m\"}"));
    const char *film = told((yz_job){YZ_JOB, .state = YZ_JOB_SUCCEEDED, .made = made, .n_made = 1});
    assert_non_null(strstr(film, "\"uri\":\"https://localhost/v1beta/files/1videox5f1:download?alt=media\""));
    assert_null(strstr(film, "secret"));
}

static yz_str film_body(const yz_film *film, yz_losses *losses) {
    const gm_config *config = defaults;
    const yz_provider provider = {YZ_PROVIDER, .adapter = adapter, .config = config};
    const yz_target target = {YZ_TARGET, .provider = &provider, .model = YZ_STR("veo")};
    yz_buf out = {0};
    assert_int_equal(adapter->write_film(&provider, film, &target, arena, losses, &out), YZ_OK);
    yz_str body = yz_dup(arena, yz_buf_view(&out));
    yz_buf_free(&out);
    return body;
}

static void sizes_become_shapes(void **state) {
    (void)state;
    const struct {
        const char *extent, *parameters;
        const char *lost;
    } rows[] = {{"1280x720", "\"aspectRatio\":\"16:9\",\"resolution\":\"720p\"", ""},
                {"1080x1920", "\"aspectRatio\":\"9:16\",\"resolution\":\"1080p\"", ""},
                {"3840x2160", "\"aspectRatio\":\"16:9\",\"resolution\":\"4k\"", ""},
                {"1792x1024", "\"aspectRatio\":\"16:9\",\"resolution\":\"720p\"", "size;approximated"},
                {"640x360", "\"aspectRatio\":\"16:9\",\"resolution\":\"720p\"", "size;approximated"},
                {"1080x1080", "\"aspectRatio\":\"16:9\",\"resolution\":\"1080p\"", "size;approximated"},
                {"7680x4320", "\"aspectRatio\":\"16:9\",\"resolution\":\"4k\"", "size;approximated"},
                {"large", "", "size"},
                {"1280x", "", "size"},
                {"1x2x3", "", "size"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const yz_film film = {YZ_FILM, .prompt = YZ_STR("p"), .seconds = YZ_STR("4"), .extent = yz_str_of(rows[i].extent)};
        yz_losses *losses = yz_losses_new(arena);
        assert_str(film_body(&film, losses),
                   yz_format(arena, "{\"instances\":[{\"prompt\":\"p\"}],\"parameters\":{\"sampleCount\":1,\"durationSeconds\":4%s%s}}",
                             *rows[i].parameters ? "," : "", rows[i].parameters)
                       .p);
        assert_str(losses->n ? losses->names[0] : YZ_STR(""), rows[i].lost);
        assert_true(losses->n <= 1);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(models_are_told_by_name),
        cmocka_unit_test(thinking_stays_within_what_a_model_takes),
        cmocka_unit_test(fields_have_two_spellings),
        cmocka_unit_test(base64_comes_in_two_alphabets),
        cmocka_unit_test(signatures_of_others_pass_through_and_come_back),
        cmocka_unit_test(paths_and_keys),
        cmocka_unit_test(operations_of_vertex),
        cmocka_unit_test(the_query_chooses_the_framing),
        cmocka_unit_test(a_repeated_model_is_the_targets),
        cmocka_unit_test(calls_are_signed_as_the_model_wants),
        cmocka_unit_test(results_go_in_the_order_of_their_calls),
        cmocka_unit_test(a_call_without_a_result_gets_one),
        cmocka_unit_test(thinking_is_asked_in_the_models_way),
        cmocka_unit_test(only_known_modalities_are_written),
        cmocka_unit_test(a_stream_without_its_reason_is_not_whole),
        cmocka_unit_test(too_many_calls_are_refused),
        cmocka_unit_test(errors_are_what_they_say),
        cmocka_unit_test(errors_inside_say_their_status),
        cmocka_unit_test(errors_are_written_as_the_api_does),
        cmocka_unit_test(names_of_operations_are_paths),
        cmocka_unit_test(films_are_files_of_the_provider),
        cmocka_unit_test(films_are_told_in_words_of_this_dialect),
        cmocka_unit_test(sizes_become_shapes),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
