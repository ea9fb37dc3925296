/* openai/plugin.c: the descriptor of the openai adapter: options, routes, endpoints. */
#include "openai.h"

#include <time.h>

static const yz_option options[] = {
    {"max_tokens_field", YZ_OPTION_CHOICE, offsetof(oa_config, max_tokens_field), "auto",
     .help = "how the limit of the answer is spelt; auto: by the model's name", .choices = "auto max_tokens max_completion_tokens"},
    {"system_role", YZ_OPTION_CHOICE, offsetof(oa_config, system_role), "auto",
     .help = "the role of instructions; auto: by the model's name", .choices = "auto system developer"},
    {"late_system", YZ_OPTION_CHOICE, offsetof(oa_config, late_system), "auto",
     .help = "instructions after the first message: kept where they are, or said by the user; auto: kept for OpenAI's own models",
     .choices = "auto keep user"},
    {"send_reasoning", YZ_OPTION_CHOICE, offsetof(oa_config, send_reasoning), "auto",
     .help = "send earlier reasoning back with the assistant's messages; auto: only what a client of this dialect sends itself",
     .choices = "auto never with_calls always"},
    {"reasoning_field", YZ_OPTION_STRING, offsetof(oa_config, reasoning_field), NULL,
     .help = "the field reasoning is sent back in, also what a client of this dialect has in another; not said: reasoning_content, and a "
             "client's stays"},
    {"thinking_fields", YZ_OPTION_CHOICE, offsetof(oa_config, thinking_fields), "auto",
     .help =
         "thinking, reasoning, enable_thinking of a body of this dialect: kept, or said by reasoning_effort; auto: that for OpenAI's own "
         "models, of a client that meant another",
     .choices = "auto keep effort"},
    {"call_ids", YZ_OPTION_CHOICE, offsetof(oa_config, call_ids), "any",
     .help = "ids of tool calls; nine: exactly nine letters and digits (Mistral)", .choices = "any nine"},
    {"tool_names", YZ_OPTION_CHOICE, offsetof(oa_config, tool_names), "any",
     .help = "names of tools; letter: a letter, then letters, digits, '_' and '-', 64 of all; others are exchanged (Kimi)",
     .choices = "any letter"},
    {"schemas", YZ_OPTION_CHOICE, offsetof(oa_config, schemas), "any",
     .help = "JSON Schemas; plain: a type everywhere, inside anyOf and not beside it, and $ref to $defs alone (Kimi)",
     .choices = "any plain"},
    {"content", YZ_OPTION_CHOICE, offsetof(oa_config, content), "any",
     .help =
         "content of messages that are not the user's; text: a string, never a list or null (llama.cpp). given: never null, whoever speaks "
         "(Ollama, vLLM). With both a refusal is content",
     .choices = "any text given"},
    {"arguments", YZ_OPTION_CHOICE, offsetof(oa_config, arguments), "any",
     .help = "arguments of earlier calls; object: a JSON object, so what is none is shown under raw_arguments (Ollama, vLLM)",
     .choices = "any object"},
    {"empty_tools", YZ_OPTION_BOOL, offsetof(oa_config, empty_tools), "true",
     .help = "an empty list of tools, and tool_choice without tools, may be sent; false: they are left out (vLLM)"},
    {"least_tokens", YZ_OPTION_INT, offsetof(oa_config, least_tokens), "0",
     .help =
         "the least limit of an answer that is taken: 0 becomes that, and one below 0, no limit elsewhere, is left out (vLLM: 1); 0: any",
     .min = 0, .max = 1024},
    {"seed_field", YZ_OPTION_STRING, offsetof(oa_config, seed_field), "seed", .help = "how the seed is spelt; random_seed for Mistral"},
    {"forced_tools", YZ_OPTION_BOOL, offsetof(oa_config, forced_tools), "true",
     .help = "a tool may be forced by tool_choice; false: it is only offered (Kimi)"},
    {"drop", YZ_OPTION_LIST, offsetof(oa_config, drop), NULL, .help = "request fields this provider does not take",
     .choices = "temperature top_p seed presence_penalty frequency_penalty max_tokens stop user reasoning_effort response_format tools "
                "tool_choice parallel_tool_calls n logprobs top_logprobs logit_bias metadata store prediction verbosity service_tier "
                "prompt_cache_key safety_identifier modalities audio"},
    {"message_fields", YZ_OPTION_LIST, offsetof(oa_config, message_fields), NULL,
     .help = "fields of messages this provider takes beside role, such as \"content\", or of one role alone \"tool.name\"; empty: any"},
    {"tool_fields", YZ_OPTION_LIST, offsetof(oa_config, tool_fields), NULL,
     .help = "fields of tools this provider takes beside type, such as \"function\", and of functions \"function.name\"; empty: any"},
    {"tool_types", YZ_OPTION_LIST, offsetof(oa_config, tool_types), NULL,
     .help =
         "types of tools this provider takes, such as \"function\"; others are left out, but custom ones: they are asked for as functions "
         "of one text; empty: any"},
    {"include_usage", YZ_OPTION_BOOL, offsetof(oa_config, include_usage), "true",
     .help = "ask for token counts in streams, also when the client does not"},
    {"image_urls", YZ_OPTION_BOOL, offsetof(oa_config, image_urls), "true", .help = "pictures may be https URLs; false: embedded only"},
    {"top_k", YZ_OPTION_BOOL, offsetof(oa_config, top_k), "false", .help = "the provider takes top_k"},
    {"fields", YZ_OPTION_LIST, offsetof(oa_config, fields), NULL,
     .help = "request fields this provider takes beside model, messages and stream, where it refuses all others; empty: any. A client of "
             "this dialect that names the very model has its own way"},
    {"after_tool", YZ_OPTION_CHOICE, offsetof(oa_config, after_tool), "any",
     .help = "who may speak after a tool's result; assistant: not the user, so a word of the assistant's stands between (Mistral)",
     .choices = "any assistant"},
    {"chat_path", YZ_OPTION_STRING, offsetof(oa_config, chat_path), "/chat/completions",
     .help = "path after base_url, may hold a query; {model} is replaced"},
    {"completions_path", YZ_OPTION_STRING, offsetof(oa_config, completions_path), "/completions", .help = "likewise"},
    {"embeddings_path", YZ_OPTION_STRING, offsetof(oa_config, embeddings_path), "/embeddings", .help = "likewise"},
    {"moderations_path", YZ_OPTION_STRING, offsetof(oa_config, moderations_path), "/moderations", .help = "likewise"},
    {"images_path", YZ_OPTION_STRING, offsetof(oa_config, images_path), "/images/generations", .help = "likewise"},
    {"image_edits_path", YZ_OPTION_STRING, offsetof(oa_config, image_edits_path), "/images/edits", .help = "likewise"},
    {"image_variations_path", YZ_OPTION_STRING, offsetof(oa_config, image_variations_path), "/images/variations", .help = "likewise"},
    {"speech_path", YZ_OPTION_STRING, offsetof(oa_config, speech_path), "/audio/speech", .help = "likewise"},
    {"transcriptions_path", YZ_OPTION_STRING, offsetof(oa_config, transcriptions_path), "/audio/transcriptions", .help = "likewise"},
    {"translations_path", YZ_OPTION_STRING, offsetof(oa_config, translations_path), "/audio/translations", .help = "likewise"},
    {"rerank_path", YZ_OPTION_STRING, offsetof(oa_config, rerank_path), "/rerank", .help = "likewise"},
    {"rerank_form", YZ_OPTION_CHOICE, offsetof(oa_config, rerank_form), "jina",
     .help = "whose form its rankings have: Jina's, that of Cohere's v2, or Voyage's", .choices = "jina cohere voyage"},
    {"embeddings_form", YZ_OPTION_CHOICE, offsetof(oa_config, embeddings_form), "openai",
     .help = "how embeddings are asked for; voyage: output_dimension, and no encoding_format but base64", .choices = "openai voyage"},
    {"videos_path", YZ_OPTION_STRING, offsetof(oa_config, videos_path), "/videos", .help = "likewise"},
    {"files_path", YZ_OPTION_STRING, offsetof(oa_config, files_path), "/files", .help = "likewise"},
    {"uploads_path", YZ_OPTION_STRING, offsetof(oa_config, uploads_path), "/uploads", .help = "likewise"},
    {"batches_path", YZ_OPTION_STRING, offsetof(oa_config, batches_path), "/batches", .help = "likewise"},
    {"realtime_path", YZ_OPTION_STRING, offsetof(oa_config, realtime_path), "/realtime",
     .help = "likewise; without {model} it is in the query"},
};

yz_str oa_expand(yz_arena *arena, yz_str path, yz_str model) {
    const char *hole = path.n ? memmem(path.p, path.n, "{model}", 7) : NULL;
    if (!hole)
        return path;
    yz_buf buf = {0};
    yz_buf_put(&buf, path.p, (size_t)(hole - path.p));
    for (size_t i = 0; i < model.n; i++) {
        unsigned char c = (unsigned char)model.p[i];
        bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || strchr("-._~", c);
        if (plain && c)
            yz_buf_char(&buf, (char)c);
        else
            yz_buf_printf(&buf, "%%%02X", c);
    }
    yz_buf_put(&buf, hole + 7, path.n - (size_t)(hole - path.p) - 7);
    yz_str expanded = yz_dup(arena, yz_buf_view(&buf));
    yz_buf_free(&buf);
    return expanded;
}

/* Where each operation is asked for. */
static const struct {
    yz_op op;
    size_t option;
} places[] = {
    {YZ_OP_CHAT, offsetof(oa_config, chat_path)},
    {YZ_OP_COMPLETION, offsetof(oa_config, completions_path)},
    {YZ_OP_EMBEDDING, offsetof(oa_config, embeddings_path)},
    {YZ_OP_MODERATION, offsetof(oa_config, moderations_path)},
    {YZ_OP_IMAGE, offsetof(oa_config, images_path)},
    {YZ_OP_IMAGE_EDIT, offsetof(oa_config, image_edits_path)},
    {YZ_OP_IMAGE_VARIATION, offsetof(oa_config, image_variations_path)},
    {YZ_OP_SPEECH, offsetof(oa_config, speech_path)},
    {YZ_OP_TRANSCRIPTION, offsetof(oa_config, transcriptions_path)},
    {YZ_OP_TRANSLATION, offsetof(oa_config, translations_path)},
    {YZ_OP_RERANK, offsetof(oa_config, rerank_path)},
    {YZ_OP_VIDEO, offsetof(oa_config, videos_path)},
    {YZ_OP_FILE, offsetof(oa_config, files_path)},
    {YZ_OP_BATCH, offsetof(oa_config, batches_path)},
};

static int endpoint(const yz_provider *provider, const yz_request *request, const yz_target *target, yz_arena *arena, yz_endpoint *out) {
    if (request->op == YZ_OP_STORED && request->stored.n == 0) /* a list */
        return YZ_EUNSUPPORTED;
    if (request->op == YZ_OP_STORED) {
        *out = (yz_endpoint){YZ_ENDPOINT};
        oa_endpoint_stored(provider->config, request, arena, out);
        return YZ_OK;
    }
    if (request->op == YZ_OP_FILE && oa_is_upload(request)) {
        *out = (yz_endpoint){YZ_ENDPOINT, .path = ((const oa_config *)provider->config)->uploads_path};
        return YZ_OK;
    }
    if (request->op == YZ_OP_REALTIME) {
        oa_endpoint_session(provider->config, request, target, arena, out);
        return YZ_OK;
    }
    yz_str remixed = oa_remix_of(request);
    if (remixed.n > 0) {
        yz_str path = oa_expand(arena, ((const oa_config *)provider->config)->videos_path, target->model);
        *out = (yz_endpoint){YZ_ENDPOINT, .path = yz_format(arena, "%.*s/%.*s/remix", YZ_STR_ARGS(path), YZ_STR_ARGS(remixed))};
        return YZ_OK;
    }
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        if (places[i].op != request->op)
            continue;
        const yz_str *path = (const yz_str *)(const void *)((const char *)provider->config + places[i].option);
        *out = (yz_endpoint){YZ_ENDPOINT, .path = oa_expand(arena, *path, target->model)};
        return YZ_OK;
    }
    return YZ_EUNSUPPORTED;
}

/* shutdown_date: of OpenAI's description of its API (2026-11), where it is known. */
static void write_model(const yz_listed *model, int64_t now, yz_buf *out) {
    time_t ends = (time_t)model->ends;
    struct tm tm;
    char day[24];
    yz_buf_lit(out, "{\"id\":");
    yz_buf_json_str(out, model->name);
    yz_buf_printf(out, ",\"object\":\"model\",\"created\":%lld,\"owned_by\":\"yuzui\"", (long long)now);
    if (ends && gmtime_r(&ends, &tm) && strftime(day, sizeof day, "%Y-%m-%d", &tm) > 0)
        yz_buf_printf(out, ",\"shutdown_date\":\"%s\"", day);
    yz_buf_lit(out, "}");
}

static void write_models(const yz_listed *const *models, size_t n, int64_t now, yz_buf *out) {
    yz_buf_lit(out, "{\"object\":\"list\",\"data\":[");
    for (size_t i = 0; i < n; i++) {
        yz_buf_lit(out, i ? "," : "");
        write_model(models[i], now, out);
    }
    yz_buf_lit(out, "]}");
}

static void write_question(yz_str escaped, yz_buf *out) {
    yz_buf_lit(out, "\"messages\":[{\"role\":\"user\",\"content\":\"");
    yz_buf_str(out, escaped);
    yz_buf_lit(out, "\"}]");
}

/* A comment: its SDKs, and all clients of vendors that send such comments, pass over it. */
static const char *heartbeat(const yz_request *request) {
    (void)request;
    return ": keep-alive\n\n";
}

static bool rewrites(const yz_request *request, const yz_target *target) {
    if (request->op == YZ_OP_CHAT)
        return oa_rewrites_tools(target->provider->config, request);
    return request->op == YZ_OP_VIDEO && oa_is_task(request);
}

static const yz_route routes[] = {
    {.method = "POST", .path = "/v1/chat/completions", .op = YZ_OP_CHAT},
    {.method = "POST", .path = "/v1/completions", .op = YZ_OP_COMPLETION},
    {.method = "POST", .path = "/v1/embeddings", .op = YZ_OP_EMBEDDING},
    {.method = "POST", .path = "/v1/moderations", .op = YZ_OP_MODERATION},
    {.method = "POST", .path = "/v1/images/generations", .op = YZ_OP_IMAGE},
    {.method = "POST", .path = "/v1/images/edits", .op = YZ_OP_IMAGE_EDIT, .form = true, .streams = YZ_NAMES("image", "image[]", "mask")},
    {.method = "POST", .path = "/v1/images/variations", .op = YZ_OP_IMAGE_VARIATION, .form = true, .streams = YZ_NAMES("image")},
    {.method = "POST", .path = "/v1/audio/speech", .op = YZ_OP_SPEECH},
    {.method = "POST", .path = "/v1/audio/transcriptions", .op = YZ_OP_TRANSCRIPTION, .form = true, .streams = YZ_NAMES("file")},
    {.method = "POST", .path = "/v1/audio/translations", .op = YZ_OP_TRANSLATION, .form = true, .streams = YZ_NAMES("file")},
    {.method = "POST", .path = "/v1/rerank", .op = YZ_OP_RERANK}, /* of Jina, Voyage and vLLM; OpenAI has none */
    {.method = "POST", .path = "/v2/rerank", .op = YZ_OP_RERANK}, /* of Cohere */
    {.method = "POST", .path = "/v1/videos", .op = YZ_OP_VIDEO, .form = true, .streams = YZ_NAMES("input_reference")},
    {.method = "GET", .path = "/v1/videos", .op = YZ_OP_STORED}, /* of the gateway's own jobs: a provider's list has everybody's */
    {.method = "GET", .path = "/v1/videos/{id}", .op = YZ_OP_STORED},
    {.method = "DELETE", .path = "/v1/videos/{id}", .op = YZ_OP_STORED},
    {.method = "GET", .path = "/v1/videos/{id}/content", .op = YZ_OP_STORED},
    {.method = "POST", .path = "/v1/videos/{id}/remix", .op = YZ_OP_VIDEO},
    {.method = "POST", .path = "/v1/video/generations", .op = YZ_OP_VIDEO}, /* of relays, before the Videos API */
    {.method = "GET", .path = "/v1/video/generations/{id}", .op = YZ_OP_STORED},
    {.method = "POST", .path = "/v1/files", .op = YZ_OP_FILE, .form = true, .streams = YZ_NAMES("file")},
    {.method = "GET", .path = "/v1/files/{id}", .op = YZ_OP_STORED},
    {.method = "DELETE", .path = "/v1/files/{id}", .op = YZ_OP_STORED},
    {.method = "GET", .path = "/v1/files/{id}/content", .op = YZ_OP_STORED},
    {.method = "POST", .path = "/v1/uploads", .op = YZ_OP_FILE},
    {.method = "POST", .path = "/v1/uploads/{id}/parts", .op = YZ_OP_STORED, .form = true, .streams = YZ_NAMES("data")},
    {.method = "POST", .path = "/v1/uploads/{id}/complete", .op = YZ_OP_STORED},
    {.method = "POST", .path = "/v1/uploads/{id}/cancel", .op = YZ_OP_STORED},
    {.method = "POST", .path = "/v1/batches", .op = YZ_OP_BATCH},
    {.method = "GET", .path = "/v1/batches", .op = YZ_OP_STORED}, /* likewise */
    {.method = "GET", .path = "/v1/batches/{id}", .op = YZ_OP_STORED},
    {.method = "POST", .path = "/v1/batches/{id}/cancel", .op = YZ_OP_STORED},
    {.method = "GET", .path = "/v1/realtime", .op = YZ_OP_REALTIME},
    {.method = "GET", .path = "/v1/models", .op = YZ_OP_MODELS},
    {.method = "GET", .path = "/v1/models/{model}", .op = YZ_OP_MODELS},
};

/* Of the API reference of Chat Completions (2026-11), then of vLLM, llama.cpp, OpenRouter, DeepSeek, Moonshot, Qwen, Mistral and Groq. */
static const char *const chat_fields[] = {
    "messages", "model", "audio", "frequency_penalty", "function_call", "functions", "logit_bias", "logprobs", "max_completion_tokens",
    "max_tokens", "metadata", "modalities", "moderation", "n", "parallel_tool_calls", "prediction", "presence_penalty", "prompt_cache_key",
    "prompt_cache_options", "prompt_cache_retention", "reasoning_effort", "response_format", "safety_identifier", "seed", "service_tier",
    "stop", "store", "stream", "stream_options", "temperature", "tool_choice", "tools", "top_logprobs", "top_p", "user", "verbosity",
    "web_search_options",
    /* vendors */
    "add_generation_prompt", "best_of", "cache_control", "chat_template", "chat_template_kwargs", "citation_options", "compound_custom",
    "continue_final_message", "documents", "dry_multiplier", "enable_search", "enable_thinking", "extra_body", "guided_choice",
    "guided_grammar", "guided_json", "guided_regex", "grammar", "ignore_eos", "image", "include_reasoning", "json_schema", "length_penalty",
    "min_p", "min_tokens", "mirostat", "models", "output_config", "plugins", "preset", "priority", "prompt_mode", "provider", "random_seed",
    "reasoning", "reasoning_format", "repetition_penalty", "repeat_penalty", "route", "safe_prompt", "search_options", "search_parameters",
    "skip_special_tokens", "stop_token_ids", "structured_outputs", "thinking", "thinking_budget", "thinking_token_budget", "top_a", "top_k",
    "transforms", "truncate_prompt_tokens", "usage", "use_beam_search", "vl_high_resolution_images", NULL};

const yz_adapter oa_adapter = {
    YZ_ADAPTER,
    .dialect = "openai-chat",
    .base_url = "https://api.openai.com/v1",
    .base_path = "/v1",
    .heartbeat = heartbeat,
    .read_embed = oa_read_embed,
    .write_embedded = oa_write_embedded,
    .write_embed = oa_write_embed,
    .read_embedded = oa_read_embedded,
    .embed_list = oa_embed_list,
    .join_embedded = oa_join_embedded,
    .read_job = oa_read_job,
    .write_job = oa_write_job,
    .write_jobs = oa_write_jobs,
    .batch_file = oa_batch_file,
    .batch_line = oa_batch_chat,
    .read_result = oa_read_result,
    .read_film = oa_read_film,
    .write_film = oa_write_film,
    .rewrites = rewrites,
    .media_fields = oa_media_fields,
    .renamed = oa_renamed,
    .chat_fields = chat_fields,
    .endpoint = endpoint,
    .write = oa_write,
    .writes =
        "tools tool_choice parallel_tool_calls max_tokens temperature top_p top_k seed presence_penalty frequency_penalty n stop user "
        "reasoning_effort response_format logit_bias logprobs top_logprobs verbosity service_tier prompt_cache_key metadata "
        "modalities audio prediction",
    .mend = oa_mend,
    .holds = oa_holds,
    .stamp = oa_stamp,
    .stamped = (uint64_t)1 << YZ_OP_RERANK | (uint64_t)1 << YZ_OP_VIDEO | (uint64_t)1 << YZ_OP_FILE | (uint64_t)1 << YZ_OP_BATCH |
               (uint64_t)1 << YZ_OP_STORED,
    .ask_usage = oa_ask_usage,
    .decoder_size = sizeof(oa_decoder),
    .decoder_zeroed = offsetof(oa_decoder, same.bytes),
    .decode_event = oa_decode_event,
    .decode_body = oa_decode_body,
    .decode_complete = oa_decode_complete,
    .decode_end = oa_decode_end,
    .stream_end = "data: [DONE]\n\n",
    .finish_words = YZ_NAMES("stop", "length", "tool_calls", "content_filter"),
    .read_error = oa_read_error,
    YZ_ROUTES(routes),
    YZ_CREDENTIALS({"bearer", "authorization", "Bearer ", NULL}, {"api-key", "api-key", NULL, NULL}, /* Azure */
                   {"basic", "authorization", "Basic ", "basic"}), /* servers of one's own, behind a proxy that asks for a password */
    .accept = oa_accept,
    .read = oa_read,
    .encoder_size = sizeof(oa_encoder),
    .encode_open = oa_encode_open,
    .encode = oa_encode,
    .write_error = oa_write_error,
    .write_models = write_models,
    .write_model = write_model,
    .fallback = true,
    .several = true,
    .write_question = write_question,
    .read_session = oa_read_session,
    .key_protocol = "openai-insecure-api-key.",
    .key_headers = YZ_NAMES("api-key"), /* clients of Azure, pointed here */
    .delivery_fields = YZ_NAMES("stream", "stream_options"),
    .reset_headers = YZ_NAMES("x-ratelimit-reset-requests", "x-ratelimit-reset-tokens", "x-ratelimit-reset"),
    .limit_headers = YZ_NAMES("x-ratelimit-*", "ratelimitbysize-*", "ratelimitbyreq-*"),
    .quota_headers = YZ_NAMES("x-ratelimit-limit-requests", "x-ratelimit-remaining-requests", "x-ratelimit-reset-requests",
                              "x-ratelimit-limit-tokens", "x-ratelimit-remaining-tokens", "x-ratelimit-reset-tokens"),
    .turns = "messages",
    .answer_turn = YZ_NAMES("{\"role\":\"assistant\",\"content\":\"", "\"}"),
    .user_turn = YZ_NAMES("{\"role\":\"user\",\"content\":\"", "\"}"),
    .most_output_fields = YZ_NAMES("max_completion_tokens", "max_tokens"),
};

YZ_PLUGIN_KINDS("adapter");
YZ_PLUGIN(.name = "openai", .summary = "Chat Completions: OpenAI and everybody compatible with it", .version = "0.1.0",
          .config_size = sizeof(oa_config), YZ_OPTIONS(options), .adapter = &oa_adapter)
