/* openai/decode_usage.c: token counts. Everybody spells the details differently; a number that cannot be is treated as not said. */
#include "openai.h"

/* As pictures and sound are counted, which have the names of the Responses API, but for one letter. */
static void read_media(yz_usage *u, const yz_json *usage) {
    const yz_json *in = yz_json_get(usage, "input_tokens_details"), *sound = yz_json_get(usage, "input_token_details");
    yz_usage_read(u, YZ_METER_INPUT, usage, "input_tokens");
    yz_usage_read(u, YZ_METER_OUTPUT, usage, "output_tokens");
    yz_usage_read(u, YZ_METER_IMAGE_INPUT, in, "image_tokens");
    yz_usage_read(u, YZ_METER_AUDIO_INPUT, sound, "audio_tokens");
    yz_usage_read(u, YZ_METER_IMAGE_OUTPUT, yz_json_get(usage, "output_tokens_details"), "image_tokens");
}

void oa_read_usage(oa_decoder *d, const yz_json *usage) {
    const yz_json *in = yz_json_get(usage, "prompt_tokens_details"), *out = yz_json_get(usage, "completion_tokens_details");
    yz_usage *u = &d->usage;
    yz_usage_read(u, YZ_METER_INPUT, usage, "prompt_tokens");
    yz_usage_read(u, YZ_METER_OUTPUT, usage, "completion_tokens");
    yz_usage_read(u, YZ_METER_CACHED, usage, "cached_tokens");           /* Kimi */
    yz_usage_read(u, YZ_METER_CACHED, usage, "prompt_cache_hit_tokens"); /* DeepSeek */
    yz_usage_read(u, YZ_METER_CACHED, in, "cached_tokens");
    yz_usage_read(u, YZ_METER_CACHE_WRITE, in, "cache_write_tokens");
    yz_usage_read(u, YZ_METER_CACHE_WRITE, in, "cache_creation_tokens");       /* LiteLLM */
    yz_usage_read(u, YZ_METER_CACHE_WRITE, in, "cache_creation_input_tokens"); /* Qwen */
    yz_usage_read(u, YZ_METER_CACHE_WRITE_5M, yz_json_get(in, "cache_creation"), "ephemeral_5m_input_tokens");
    yz_usage_read(u, YZ_METER_AUDIO_INPUT, in, "audio_tokens");
    yz_usage_read(u, YZ_METER_IMAGE_INPUT, in, "image_tokens");
    yz_usage_read(u, YZ_METER_REASONING, out, "reasoning_tokens");
    yz_usage_read(u, YZ_METER_AUDIO_OUTPUT, out, "audio_tokens");
    yz_usage_read(u, YZ_METER_IMAGE_OUTPUT, out, "image_tokens");
    yz_usage_read(u, YZ_METER_PREDICTION_ACCEPTED, out, "accepted_prediction_tokens");
    yz_usage_read(u, YZ_METER_PREDICTION_REJECTED, out, "rejected_prediction_tokens");
    yz_usage_read(u, YZ_METER_SEARCHES, usage, "num_sources_used");                                    /* xAI */
    yz_usage_read(u, YZ_METER_SEARCHES, yz_json_get(usage, "server_tool_use"), "web_search_requests"); /* OpenRouter */
    read_media(u, usage);
    /* xAI counts reasoning beside the completion, which shows in the total. */
    int64_t total = yz_json_int(yz_json_get(usage, "total_tokens"), -1), input = yz_usage_get(u, YZ_METER_INPUT),
            output = yz_usage_get(u, YZ_METER_OUTPUT), reasoning = yz_usage_get(u, YZ_METER_REASONING);
    if (input >= 0 && output >= 0 && reasoning > 0 && total == input + output + reasoning)
        yz_usage_set(u, YZ_METER_OUTPUT, output + reasoning);
    yc_usage_bound(u);
}
