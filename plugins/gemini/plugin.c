/* gemini/plugin.c: the descriptor of the gemini adapter: options, routes, endpoint, lists of models. */
#include "gemini.h"

static const yz_option options[] = {
    {"project", YZ_OPTION_STRING, offsetof(gm_config, project), "", .help = "of Google Cloud: then the paths are those of Vertex AI"},
    {"location", YZ_OPTION_STRING, offsetof(gm_config, location), "global", .help = "of Vertex AI, with project"},
    {"auth", YZ_OPTION_CHOICE, offsetof(gm_config, auth), "auto",
     .help = "how the key is shown: x-goog-api-key, or as a bearer token; auto: bearer with project", .choices = "auto key bearer"},
    {"drop", YZ_OPTION_LIST, offsetof(gm_config, drop), NULL, .help = "request fields this provider does not take",
     .choices = "temperature top_p top_k seed presence_penalty frequency_penalty stop reasoning_effort response_format logprobs"},
};

/* ---- where a request goes ----------------------------------------------------------------------------------------------------------- */

static bool ends(yz_str text, const char *end) {
    size_t n = strlen(end);
    return text.n >= n && memcmp(text.p + text.n - n, end, n) == 0;
}

/* What is asked of the model, by its name in the path; NULL: there is no such thing. Of two ways to embed it is the client's; that of
 * another dialect asks for several. */
static const char *method_of(const yz_request *request) {
    switch (request->op) {
    case YZ_OP_CHAT:
        return request->stream ? ":streamGenerateContent?alt=sse" : ":generateContent";
    case YZ_OP_COUNT:
        return ":countTokens";
    case YZ_OP_EMBEDDING:
        return ends(request->path, ":batchEmbedContents") || ends(request->path, "/embeddings") ? ":batchEmbedContents" : ":embedContent";
    case YZ_OP_VIDEO:
        return ":predictLongRunning";
    default:
        return NULL;
    }
}

/* Slashes stay: "models/x" and "tunedModels/x" are names as well. */
static void put_model(yz_buf *path, yz_str model) {
    for (size_t i = 0; i < model.n; i++) {
        unsigned char c = (unsigned char)model.p[i];
        bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c && strchr("-._~/@", c));
        if (plain)
            yz_buf_char(path, (char)c);
        else
            yz_buf_printf(path, "%%%02X", c);
    }
}

static yz_str path_of(const gm_config *config, yz_str model, const char *method, yz_arena *arena) {
    bool vertex = config->project.n > 0, whole = memchr(model.p ? model.p : "", '/', model.n) != NULL;
    yz_buf path = {0};
    yz_buf_char(&path, '/');
    if (vertex)
        yz_buf_printf(&path, "projects/%.*s/locations/%.*s/", YZ_STR_ARGS(config->project), YZ_STR_ARGS(config->location));
    if (!whole)
        yz_buf_lit(&path, vertex ? "publishers/google/models/" : "models/");
    put_model(&path, model);
    yz_buf_lit(&path, method);
    yz_str text = yz_dup(arena, yz_buf_view(&path));
    yz_buf_free(&path);
    return text;
}

static int endpoint(const yz_provider *provider, const yz_request *request, const yz_target *target, yz_arena *arena, yz_endpoint *out) {
    const gm_config *config = provider->config;
    bool vertex = config->project.n > 0, bearer = config->auth == GM_AUTH_BEARER || (config->auth == GM_AUTH_AUTO && vertex);
    const char *method = method_of(request);
    if (request->op == YZ_OP_STORED && yz_str_is(request->method, "GET") && vertex) {
        out->credential = bearer ? "bearer" : NULL;
        return gm_endpoint_operation(request, arena, out);
    }
    if (request->op == YZ_OP_STORED && yz_str_is(request->method, "GET")) {
        *out = (yz_endpoint){YZ_ENDPOINT, .method = "GET", .path = gm_stored_path(request, arena), .credential = bearer ? "bearer" : NULL};
        return YZ_OK;
    }
    if (request->op == YZ_OP_REALTIME) {
        gm_endpoint_session(config, request, arena, out);
        out->credential = bearer ? "bearer" : NULL;
        return YZ_OK;
    }
    if (!method)
        return YZ_EUNSUPPORTED;
    *out = (yz_endpoint){YZ_ENDPOINT, .path = path_of(config, target->model, method, arena), .credential = bearer ? "bearer" : NULL};
    return YZ_OK;
}

/* ---- models ---------------------------------------------------------------------------------------------------------------------------
 */

static void put_listed(yz_str name, yz_buf *out) {
    yz_buf_lit(out, "{\"name\":\"models/");
    yz_buf_json(out, name);
    yz_buf_lit(out, "\",\"displayName\":");
    yz_buf_json_str(out, name);
    yz_buf_lit(out, ",\"supportedGenerationMethods\":[\"generateContent\",\"streamGenerateContent\"]}");
}

static void write_model(const yz_listed *model, int64_t now, yz_buf *out) {
    (void)now;
    put_listed(model->name, out);
}

static void write_models(const yz_listed *const *models, size_t n, int64_t now, yz_buf *out) {
    (void)now;
    yz_buf_lit(out, "{\"models\":[");
    for (size_t i = 0; i < n; i++) {
        yz_buf_lit(out, i ? "," : "");
        put_listed(models[i]->name, out);
    }
    yz_buf_lit(out, "]}");
}

static void write_count(int64_t tokens, yz_buf *out) { yz_buf_printf(out, "{\"totalTokens\":%lld}", (long long)tokens); }

/* Its SDKs fail at comments, and an empty chunk ({}) makes chats of the one for JavaScript forget the turn; empty lines all of them pass
 * over, but the old one for JavaScript (@google/generative-ai), which gets nothing. */
static const char *heartbeat(const yz_request *request) {
    yz_str client = yz_request_header(request, "x-goog-api-client");
    return client.n >= 9 && memmem(client.p, client.n, "genai-js/", 9) ? NULL : "\n\n";
}

/* Of both versions, since SDKs differ in which they ask. */
#define METHOD(version, name, what, streams)                                                                                               \
    { .method = "POST", .path = "/" version "/models/{model}:" name, .op = (what), .stream = (streams) }
#define VERSION(version)                                                                                                                   \
    METHOD(version, "generateContent", YZ_OP_CHAT, false), METHOD(version, "streamGenerateContent", YZ_OP_CHAT, true),                     \
        METHOD(version, "countTokens", YZ_OP_COUNT, false), METHOD(version, "embedContent", YZ_OP_EMBEDDING, false),                       \
        METHOD(version, "batchEmbedContents", YZ_OP_EMBEDDING, false), METHOD(version, "predictLongRunning", YZ_OP_VIDEO, false),          \
        {.method = "GET", .path = "/" version "/models/{model}/operations/{id}", .op = YZ_OP_STORED},                                      \
        {.method = "GET", .path = "/" version "/files/{id}:download", .op = YZ_OP_STORED},                                                 \
        {.method = "GET", .path = "/" version "/models", .op = YZ_OP_MODELS}, {                                                            \
        .method = "GET", .path = "/" version "/models/{model}", .op = YZ_OP_MODELS                                                         \
    }

/* Sessions, as the Gemini API names them, and Vertex AI. */
#define LIVE(name)                                                                                                                         \
    { .method = "GET", .path = "/ws/google." name, .op = YZ_OP_REALTIME, .opens = true }

static const yz_route routes[] = {VERSION("v1beta"),
                                  VERSION("v1"),
                                  LIVE("ai.generativelanguage.v1beta.GenerativeService.BidiGenerateContent"),
                                  LIVE("ai.generativelanguage.v1alpha.GenerativeService.BidiGenerateContent"),
                                  LIVE("ai.generativelanguage.v1.GenerativeService.BidiGenerateContent"),
                                  LIVE("cloud.aiplatform.v1beta1.LlmBidiService/BidiGenerateContent"),
                                  LIVE("cloud.aiplatform.v1.LlmBidiService/BidiGenerateContent")};

const yz_adapter gm_adapter = {
    YZ_ADAPTER,
    .dialect = GM_DIALECT,
    .base_url = "https://generativelanguage.googleapis.com/v1beta",
    .base_path = "/v1beta",
    .endpoint = endpoint,
    .write = gm_write,
    .writes = "tools tool_choice parallel_tool_calls max_tokens temperature top_p top_k seed presence_penalty frequency_penalty n stop "
              "reasoning_effort reasoning.summary response_format logprobs top_logprobs service_tier metadata modalities audio "
              "safety_settings cached_content",
    .mend = gm_mend,
    .decoder_size = sizeof(gm_decoder),
    .decode_event = gm_decode_event,
    .decode_body = gm_decode_body,
    .decode_complete = gm_decode_complete,
    .foreign_done = true,
    .decode_end = gm_decode_end,
    .read_error = gm_read_error,
    YZ_ROUTES(routes),
    YZ_CREDENTIALS({"x-goog-api-key", "x-goog-api-key", NULL, NULL}, {"bearer", "authorization", "Bearer ", NULL}),
    .accept = gm_accept,
    .read = gm_read,
    .encoder_size = sizeof(gm_encoder),
    .encode_open = gm_encode_open,
    .encode = gm_encode,
    .write_error = gm_write_error,
    .write_models = write_models,
    .write_model = write_model,
    .claim_targets =
        YZ_NAMES("/v1beta/", ":generateContent", ":streamGenerateContent", ":countTokens", ":predictLongRunning", ".GenerativeService."),
    .claim_headers = YZ_NAMES("x-goog-api-key", "x-goog-api-client"),
    .key_headers = YZ_NAMES("x-goog-api-key"),
    .key_params = YZ_NAMES("key"),
    .chat_fields = YZ_NAMES("contents", "systemInstruction", "system_instruction", "tools", "toolConfig", "tool_config", "generationConfig",
                            "generation_config", "safetySettings", "safety_settings", "cachedContent", "cached_content", "labels",
                            "serviceTier", "service_tier", "store", "model"),
    .framing = gm_framing,
    .write_count = write_count,
    .bare_events = true,
    .turns = "contents",
    .answer_turn = YZ_NAMES("{\"role\":\"model\",\"parts\":[{\"text\":\"", "\"}]}"),
    .user_turn = YZ_NAMES("{\"role\":\"user\",\"parts\":[{\"text\":\"", "\"}]}"),
    .most_output_fields = YZ_NAMES("generationConfig.maxOutputTokens", "generation_config.max_output_tokens",
                                   "generationConfig.max_output_tokens", "generation_config.maxOutputTokens"),
    .several = true,
    .heartbeat = heartbeat,
    .read_embed = gm_read_embed,
    .write_embedded = gm_write_embedded,
    .write_embed = gm_write_embed,
    .read_embedded = gm_read_embedded,
    .embed_list = gm_embed_list,
    .join_embedded = gm_join_embedded,
    .holds = gm_holds,
    .stamp = gm_stamp,
    .stamped = UINT64_C(1) << YZ_OP_REALTIME,
    .read_session = gm_read_session,
    .read_close = gm_read_close,
    .accept_said = gm_accept_said,
    .read_job = gm_read_job,
    .write_job = gm_write_job,
    .job_bytes = GM_FILM_BYTES,
    .read_film = gm_read_film,
    .write_film = gm_write_film,
};

YZ_PLUGIN_KINDS("adapter");
YZ_PLUGIN(.name = "gemini", .summary = "generateContent: the Gemini API and Vertex AI", .version = "0.1.0",
          .config_size = sizeof(gm_config), YZ_OPTIONS(options), .adapter = &gm_adapter)
