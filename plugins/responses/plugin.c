/* responses/plugin.c: the descriptor of the openai-responses adapter: options, routes, endpoint. */
#include "responses.h"

static const yz_option options[] = {
    {"system_role", YZ_OPTION_CHOICE, offsetof(rs_config, system_role), "auto",
     .help = "the role of instructions that come later; auto: by the model's name", .choices = "auto system developer"},
    {"send_reasoning", YZ_OPTION_CHOICE, offsetof(rs_config, send_reasoning), "auto",
     .help = "send earlier thoughts back: encrypted, as this provider gave them; as text (vLLM, llama.cpp); never. auto: encrypted to "
             "OpenAI's thinking models, known by name; what a client of this dialect sends itself stays",
     .choices = "auto encrypted text never"},
    {"drop", YZ_OPTION_LIST, offsetof(rs_config, drop), NULL, .help = "request fields this provider does not take",
     .choices = "client_metadata include max_output_tokens max_tool_calls metadata parallel_tool_calls prompt_cache_key "
                "prompt_cache_retention reasoning safety_identifier service_tier store stream_options temperature text tool_choice tools "
                "top_logprobs top_p truncation user"},
    {"tool_types", YZ_OPTION_LIST, offsetof(rs_config, tool_types), NULL,
     .help = "types of tools this provider takes, such as \"function\"; a request with others is written anew: namespaces and custom "
             "tools as functions, the rest left out; empty: any"},
    {"responses_path", YZ_OPTION_STRING, offsetof(rs_config, responses_path), "/responses",
     .help = "path after base_url, may hold a query"},
};

/* "/responses?x=y" is "/responses/compact?x=y". */
static yz_str beside(yz_str path, const char *more, yz_arena *arena) {
    const char *mark = memchr(path.p, '?', path.n);
    size_t n = mark ? (size_t)(mark - path.p) : path.n;
    return yz_format(arena, "%.*s%s%.*s", (int)n, path.p, more, (int)(path.n - n), path.p + n);
}

static int endpoint(const yz_provider *provider, const yz_request *request, const yz_target *target, yz_arena *arena, yz_endpoint *out) {
    const rs_config *config = provider->config;
    (void)target;
    *out = (yz_endpoint){YZ_ENDPOINT, .path = config->responses_path};
    switch (request->op) {
    case YZ_OP_CHAT:
        return YZ_OK;
    case YZ_OP_COMPACT:
        out->path = beside(config->responses_path, "/compact", arena);
        return YZ_OK;
    case YZ_OP_STORED:
        rs_endpoint_stored(config, request, arena, out);
        return YZ_OK;
    default:
        return YZ_EUNSUPPORTED;
    }
}

/* All of them under each prefix that people configure. */
#define STORED(verb, way)                                                                                                                  \
    { .method = verb, .path = way, .op = YZ_OP_STORED }
#define UNDER(prefix)                                                                                                                      \
    {.method = "POST", .path = prefix "/responses", .op = YZ_OP_CHAT},                                                                     \
        {.method = "POST", .path = prefix "/responses/compact", .op = YZ_OP_COMPACT},                                                      \
        {.method = "POST", .path = prefix "/responses/input_tokens", .op = YZ_OP_COUNT}, STORED("GET", prefix "/responses/{id}"),          \
        STORED("DELETE", prefix "/responses/{id}"), STORED("GET", prefix "/responses/{id}/input_items"),                                   \
        STORED("POST", prefix "/responses/{id}/cancel"), STORED("POST", prefix RS_CONVERSATIONS),                                          \
        STORED("GET", prefix RS_CONVERSATIONS "/{id}"), STORED("POST", prefix RS_CONVERSATIONS "/{id}"),                                   \
        STORED("DELETE", prefix RS_CONVERSATIONS "/{id}"), STORED("GET", prefix RS_CONVERSATIONS "/{id}/items"),                           \
        STORED("POST", prefix RS_CONVERSATIONS "/{id}/items"), STORED("GET", prefix RS_CONVERSATIONS "/{id}/items/{part}"),                \
        STORED("DELETE", prefix RS_CONVERSATIONS "/{id}/items/{part}")

static const yz_route routes[] = {UNDER("/v1"), UNDER(""), UNDER("/openai/v1")};

/* An estimate: no provider is asked, since most of this dialect do not know the question. */
static void write_count(int64_t tokens, yz_buf *out) {
    yz_buf_printf(out, "{\"object\":\"response.input_tokens\",\"input_tokens\":%lld}", (long long)tokens);
}

/* Of the API reference of Responses (2026-11), and client_metadata, which Codex sends. */
static const char *const chat_fields[] = {"background",
                                          "client_metadata",
                                          "context_management",
                                          "conversation",
                                          "include",
                                          "input",
                                          "instructions",
                                          "max_output_tokens",
                                          "max_tool_calls",
                                          "metadata",
                                          "model",
                                          "moderation",
                                          "parallel_tool_calls",
                                          "previous_response_id",
                                          "prompt",
                                          "prompt_cache_key",
                                          "prompt_cache_options",
                                          "prompt_cache_retention",
                                          "reasoning",
                                          "safety_identifier",
                                          "service_tier",
                                          "store",
                                          "stream",
                                          "stream_options",
                                          "temperature",
                                          "text",
                                          "tool_choice",
                                          "tools",
                                          "top_logprobs",
                                          "top_p",
                                          "truncation",
                                          "user",
                                          NULL};

/* A comment: its SDKs, and Codex, pass over it. */
static const char *heartbeat(const yz_request *request) {
    (void)request;
    return ": keep-alive\n\n";
}

static const yz_adapter adapter = {
    YZ_ADAPTER,
    .dialect = RS_DIALECT,
    .base_url = "https://api.openai.com/v1",
    .base_path = "/v1",
    .endpoint = endpoint,
    .write = rs_write,
    .writes = "tools tool_choice parallel_tool_calls max_tokens temperature top_p n user reasoning_effort reasoning.summary "
              "response_format verbosity "
              "service_tier prompt_cache_key metadata",
    .mend = rs_mend,
    .rewrites = rs_rewrites,
    .holds = rs_holds,
    .stamp = rs_stamp,
    .decoder_size = sizeof(rs_decoder),
    .decoder_zeroed = offsetof(rs_decoder, open),
    .decode_event = rs_decode_event,
    .decode_body = rs_decode_body,
    .finish_words = YZ_NAMES("", "max_output_tokens", "", "content_filter"), /* of incomplete_details */
    .read_error = oa_read_error,
    .chat_fields = chat_fields,
    YZ_ROUTES(routes),
    .accept = rs_accept,
    .read = rs_read,
    .encoder_size = sizeof(rs_encoder),
    .encode_open = rs_encode_open,
    .encode = rs_encode,
    .write_error = rs_write_error,
    .write_count = write_count,
    .claim_targets = YZ_NAMES("/responses", RS_CONVERSATIONS),
    .key_headers = YZ_NAMES("api-key"), /* clients of Azure, pointed here */
    .delivery_fields = YZ_NAMES("stream", "stream_options"),
    YZ_CREDENTIALS({"bearer", "authorization", "Bearer ", NULL}, {"api-key", "api-key", NULL, NULL}), /* Azure */
    .reset_headers = YZ_NAMES("x-ratelimit-reset-requests", "x-ratelimit-reset-tokens", "x-ratelimit-reset"),
    .quota_headers = YZ_NAMES("x-ratelimit-limit-requests", "x-ratelimit-remaining-requests", "x-ratelimit-reset-requests",
                              "x-ratelimit-limit-tokens", "x-ratelimit-remaining-tokens", "x-ratelimit-reset-tokens"),
    .turns = "input",
    .answer_turn = YZ_NAMES("{\"role\":\"assistant\",\"content\":\"", "\"}"),
    .user_turn = YZ_NAMES("{\"role\":\"user\",\"content\":\"", "\"}"),
    .most_output_fields = YZ_NAMES("max_output_tokens"),
    .limit_headers = YZ_NAMES("x-ratelimit-*"),
    .heartbeat = heartbeat,
};

YZ_PLUGIN_KINDS("adapter");
YZ_PLUGIN(.name = "responses", .summary = "Responses: OpenAI and everybody compatible with it", .version = "0.1.0",
          .config_size = sizeof(rs_config), YZ_OPTIONS(options), .adapter = &adapter)
