/* responses/plugin.c: the descriptor of the openai-responses adapter: its route and its two halves towards clients. */
#include "responses.h"

static const yz_route routes[] = {
    {.method = "POST", .path = "/v1/responses", .op = YZ_OP_CHAT},
    {.method = "POST", .path = "/responses", .op = YZ_OP_CHAT},
    {.method = "POST", .path = "/openai/v1/responses", .op = YZ_OP_CHAT},
};

/* Of the API reference of Responses (2026-11), and client_metadata, which Codex sends. */
static const char *const chat_fields[] = {"background",
                                          "client_metadata",
                                          "conversation",
                                          "include",
                                          "input",
                                          "instructions",
                                          "max_output_tokens",
                                          "max_tool_calls",
                                          "metadata",
                                          "model",
                                          "parallel_tool_calls",
                                          "previous_response_id",
                                          "prompt",
                                          "prompt_cache_key",
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

static const yz_adapter adapter = {
    YZ_ADAPTER,
    .dialect = RS_DIALECT,
    .chat_fields = chat_fields,
    YZ_ROUTES(routes),
    .accept = rs_accept,
    .read = rs_read,
    .encoder_size = sizeof(rs_encoder),
    .encode_open = rs_encode_open,
    .encode = rs_encode,
    .write_error = rs_write_error,
    .claim_targets = YZ_NAMES("/responses"),
    .delivery_fields = YZ_NAMES("stream", "stream_options"),
};

YZ_PLUGIN(.name = "responses", .summary = "Responses, for clients: Codex and the SDKs of OpenAI", .version = "0.1.0", .adapter = &adapter)
