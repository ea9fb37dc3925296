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
    {"responses_path", YZ_OPTION_STRING, offsetof(rs_config, responses_path), "/responses",
     .help = "path after base_url, may hold a query"},
};

static int endpoint(const yz_provider *provider, const yz_request *request, const yz_target *target, yz_arena *arena, yz_endpoint *out) {
    const rs_config *config = provider->config;
    (void)target;
    (void)arena;
    if (request->op != YZ_OP_CHAT)
        return YZ_EUNSUPPORTED;
    *out = (yz_endpoint){YZ_ENDPOINT, .path = config->responses_path};
    return YZ_OK;
}

static const yz_route routes[] = {
    {.method = "POST", .path = "/v1/responses", .op = YZ_OP_CHAT},
    {.method = "POST", .path = "/responses", .op = YZ_OP_CHAT},
    {.method = "POST", .path = "/openai/v1/responses", .op = YZ_OP_CHAT},
};

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
    .writes = "tools tool_choice parallel_tool_calls max_tokens temperature top_p n user reasoning_effort response_format verbosity "
              "service_tier prompt_cache_key metadata",
    .mend = rs_mend,
    .holds = rs_holds,
    .stamp = rs_stamp,
    .decoder_size = sizeof(rs_decoder),
    .decoder_zeroed = offsetof(rs_decoder, open),
    .decode_event = rs_decode_event,
    .decode_body = rs_decode_body,
    .read_error = oa_read_error,
    .chat_fields = chat_fields,
    YZ_ROUTES(routes),
    .accept = rs_accept,
    .read = rs_read,
    .encoder_size = sizeof(rs_encoder),
    .encode_open = rs_encode_open,
    .encode = rs_encode,
    .write_error = rs_write_error,
    .claim_targets = YZ_NAMES("/responses"),
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

YZ_PLUGIN(.name = "responses", .summary = "Responses: OpenAI and everybody compatible with it", .version = "0.1.0",
          .config_size = sizeof(rs_config), YZ_OPTIONS(options), .adapter = &adapter)
