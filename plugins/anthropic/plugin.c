/* anthropic/plugin.c: the descriptor of the anthropic adapter: options, route, endpoint. */
#include "anthropic.h"

#include <time.h>

static const yz_option options[] = {
    {"version", YZ_OPTION_STRING, offsetof(an_config, version), "2023-06-01", .help = "the anthropic-version of translated requests"},
    {"max_tokens", YZ_OPTION_INT, offsetof(an_config, max_tokens), "0",
     .help = "limit of an answer where the client gives none; 0: by the model (4096 to 32000)", .max = 1000000},
    {"drop", YZ_OPTION_LIST, offsetof(an_config, drop), NULL, .help = "request fields this provider does not take",
     .choices = "temperature top_p top_k reasoning_effort user"},
    {"tool_names", YZ_OPTION_CHOICE, offsetof(an_config, tool_names), "any",
     .help = "names of tools; letter: a letter, then letters, digits, '_' and '-', 64 of all; others are exchanged (Kimi)",
     .choices = "any letter"},
    {"schemas", YZ_OPTION_CHOICE, offsetof(an_config, schemas), "any",
     .help = "JSON Schemas of tools; plain: a type everywhere, inside anyOf and not beside it, and $ref to $defs alone (Kimi)",
     .choices = "any plain"},
    {"forced_tools", YZ_OPTION_BOOL, offsetof(an_config, forced_tools), "true",
     .help = "a tool may be forced by tool_choice; false: it is only offered (Kimi)"},
    {"path", YZ_OPTION_STRING, offsetof(an_config, path), "/v1/messages", .help = "path after base_url, may hold a query"},
};

yz_str an_beside(yz_str path, yz_str more, yz_arena *arena) {
    const char *query = memchr(path.p, '?', path.n);
    size_t n = query ? (size_t)(query - path.p) : path.n;
    return yz_format(arena, "%.*s%.*s%.*s", (int)n, path.p, YZ_STR_ARGS(more), (int)(path.n - n), path.p + n);
}

/* The service's own, which its SDKs pass over wherever it comes. */
static const char *heartbeat(const yz_request *request) {
    (void)request;
    return "event: ping\ndata: {\"type\": \"ping\"}\n\n";
}

static void write_count(int64_t tokens, yz_buf *out) { yz_buf_printf(out, "{\"input_tokens\":%lld}", (long long)tokens); }

static int endpoint(const yz_provider *provider, const yz_request *request, const yz_target *target, yz_arena *arena, yz_endpoint *out) {
    const an_config *config = provider->config;
    (void)target; /* named in the body */
    *out = (yz_endpoint){YZ_ENDPOINT, .path = config->path};
    if (request->op == YZ_OP_STORED && request->stored.n == 0) /* a list */
        return YZ_EUNSUPPORTED;
    switch (request->op) {
    case YZ_OP_CHAT:
        break;
    case YZ_OP_COUNT:
        out->path = an_beside(config->path, YZ_STR("/count_tokens"), arena);
        break;
    case YZ_OP_BATCH:
    case YZ_OP_STORED:
        an_endpoint_kept(config, request, arena, out);
        break;
    default:
        return YZ_EUNSUPPORTED;
    }
    out->headers[out->n_headers++] = (yz_header){YZ_STR("anthropic-version"), config->version}; /* a body that is forwarded has its own */
    return YZ_OK;
}

/* The Models API (docs.claude.com, "List models" and "Get a model"). */
static void write_model(const yz_listed *model, int64_t now, yz_buf *out) {
    struct tm tm;
    char text[32];
    time_t seconds = (time_t)now;
    gmtime_r(&seconds, &tm);
    strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm);
    yz_buf_lit(out, "{\"type\":\"model\",\"id\":");
    yz_buf_json_str(out, model->name);
    yz_buf_lit(out, ",\"display_name\":");
    yz_buf_json_str(out, model->name);
    yz_buf_printf(out, ",\"created_at\":\"%s\"}", text);
}

static void write_end(const char *field, const yz_str *name, yz_buf *out) {
    yz_buf_printf(out, ",\"%s\":", field);
    if (name)
        yz_buf_json_str(out, *name);
    else
        yz_buf_lit(out, "null");
}

/* All of them in one page, whatever limit was asked for: `has_more` says so. */
static void write_models(const yz_listed *const *models, size_t n, int64_t now, yz_buf *out) {
    yz_buf_lit(out, "{\"data\":[");
    for (size_t i = 0; i < n; i++) {
        yz_buf_lit(out, i ? "," : "");
        write_model(models[i], now, out);
    }
    yz_buf_lit(out, "],\"has_more\":false");
    write_end("first_id", n > 0 ? &models[0]->name : NULL, out);
    write_end("last_id", n > 0 ? &models[n - 1]->name : NULL, out);
    yz_buf_lit(out, "}");
}

static const yz_route routes[] = {
    {.method = "POST", .path = "/v1/messages", .op = YZ_OP_CHAT},
    {.method = "POST", .path = "/v1/messages/count_tokens", .op = YZ_OP_COUNT},
    {.method = "POST", .path = "/v1/messages/batches", .op = YZ_OP_BATCH},
    {.method = "GET", .path = "/v1/messages/batches", .op = YZ_OP_STORED}, /* of the gateway's own jobs: a provider's has everybody's */
    {.method = "GET", .path = "/v1/messages/batches/{id}", .op = YZ_OP_STORED},
    {.method = "DELETE", .path = "/v1/messages/batches/{id}", .op = YZ_OP_STORED},
    {.method = "GET", .path = "/v1/messages/batches/{id}/results", .op = YZ_OP_STORED},
    {.method = "POST", .path = "/v1/messages/batches/{id}/cancel", .op = YZ_OP_STORED},
    {.method = "GET", .path = "/v1/models", .op = YZ_OP_MODELS},
    {.method = "GET", .path = "/v1/models/{model}", .op = YZ_OP_MODELS},
};

const yz_adapter an_adapter = {
    YZ_ADAPTER,
    .dialect = "anthropic-messages",
    .base_url = "https://api.anthropic.com",
    .endpoint = endpoint,
    .write = an_write,
    .writes = "tools tool_choice parallel_tool_calls max_tokens temperature top_p top_k n stop user reasoning_effort reasoning.summary "
              "response_format",
    .mend = an_mend,
    .holds = an_holds,
    .stamp = an_stamp,
    .read_job = an_read_job,
    .write_job = an_write_job,
    .write_jobs = an_write_jobs,
    .jobs_most = 1000,
    .batch_chat = an_batch_chat,
    .read_result = an_read_result,
    .stamped = (uint64_t)1 << YZ_OP_BATCH | (uint64_t)1 << YZ_OP_STORED,
    .decoder_size = sizeof(an_decoder),
    .decode_event = an_decode_event,
    .decode_body = an_decode_body,
    .decode_complete = an_decode_complete,
    .foreign_done = true,
    .renamed = an_renamed,
    .finish_words = YZ_NAMES("end_turn", "max_tokens", "tool_use", "refusal"),
    .read_error = an_read_error,
    YZ_ROUTES(routes),
    YZ_CREDENTIALS({"x-api-key", "x-api-key", NULL, NULL}, {"bearer", "authorization", "Bearer ", NULL}), /* OAuth */
    .accept = an_accept,
    .read = an_read,
    .encoder_size = sizeof(an_encoder),
    .encode_open = an_encode_open,
    .encode = an_encode,
    .write_error = an_write_error,
    .overloaded = 529,
    .chat_fields = YZ_NAMES("model", "messages", "max_tokens", "cache_control", "container", "context_management", "fallbacks",
                            "inference_geo", "mcp_servers", "metadata", "output_config", "output_format", "service_tier", "speed",
                            "stop_sequences", "stream", "system", "temperature", "thinking", "tool_choice", "tools", "top_k", "top_p"),
    .write_models = write_models,
    .write_count = write_count,
    .heartbeat = heartbeat,
    .write_model = write_model,
    .claim_targets = YZ_NAMES("/messages"),
    .claim_headers = YZ_NAMES("anthropic-version", "x-api-key"),
    .key_headers = YZ_NAMES("x-api-key"),
    .body_headers = YZ_NAMES("anthropic-version", "anthropic-beta"),
    .delivery_fields = YZ_NAMES("stream"),
    .reset_headers = YZ_NAMES("anthropic-ratelimit-unified-reset", "anthropic-ratelimit-requests-reset", "anthropic-ratelimit-tokens-reset",
                              "anthropic-ratelimit-input-tokens-reset", "anthropic-ratelimit-output-tokens-reset"),
    .limit_headers = YZ_NAMES("anthropic-ratelimit-*"),
    .quota_headers =
        YZ_NAMES("anthropic-ratelimit-requests-limit", "anthropic-ratelimit-requests-remaining", "anthropic-ratelimit-requests-reset",
                 "anthropic-ratelimit-tokens-limit", "anthropic-ratelimit-tokens-remaining", "anthropic-ratelimit-tokens-reset",
                 "anthropic-ratelimit-input-tokens-limit", "anthropic-ratelimit-input-tokens-remaining",
                 "anthropic-ratelimit-input-tokens-reset", "anthropic-ratelimit-output-tokens-limit",
                 "anthropic-ratelimit-output-tokens-remaining", "anthropic-ratelimit-output-tokens-reset"),
    .quota_moments = true,
    .turns = "messages",
    .answer_turn = YZ_NAMES("{\"role\":\"assistant\",\"content\":\"", "\"}"),
    .stream_end = "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n",
    .user_turn = YZ_NAMES("{\"role\":\"user\",\"content\":\"", "\"}"),
    .most_output_fields = YZ_NAMES("max_tokens"),
};

YZ_PLUGIN_KINDS("adapter");
YZ_PLUGIN(.name = "anthropic", .summary = "Messages: Anthropic and everybody compatible with it", .version = "0.1.0",
          .config_size = sizeof(an_config), YZ_OPTIONS(options), .adapter = &an_adapter)
