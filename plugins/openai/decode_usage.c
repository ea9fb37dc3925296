/* openai/decode_usage.c: token counts. Everybody spells the details differently; a number that cannot be is treated as not said. */
#include "openai.h"

/* Keeps a count that was given: the last one wins. */
static void keep(int64_t *field, const yz_json *node) {
    int64_t value = yz_json_int(node, -1);
    if (value >= 0 && value < INT64_MAX / 4)
        *field = value + 1;
}

void oa_read_usage(oa_decoder *d, const yz_json *usage) {
    const yz_json *in = yz_json_get(usage, "prompt_tokens_details"), *out = yz_json_get(usage, "completion_tokens_details");
    yz_usage *u = &d->usage;
    keep(&u->input, yz_json_get(usage, "prompt_tokens"));
    keep(&u->output, yz_json_get(usage, "completion_tokens"));
    keep(&u->cached, yz_json_get(usage, "cached_tokens"));           /* Kimi */
    keep(&u->cached, yz_json_get(usage, "prompt_cache_hit_tokens")); /* DeepSeek */
    keep(&u->cached, yz_json_get(in, "cached_tokens"));
    keep(&u->cache_written, yz_json_get(in, "cache_write_tokens"));
    keep(&u->reasoning, yz_json_get(out, "reasoning_tokens"));
    /* xAI counts reasoning beside the completion, which shows in the total. */
    int64_t total = yz_json_int(yz_json_get(usage, "total_tokens"), -1);
    if (u->input && u->output && u->reasoning > 1 && total == u->input + u->output + u->reasoning - 3)
        u->output += u->reasoning - 1;
    if (u->input && u->cached > u->input)
        u->cached = u->input;
}

yz_usage oa_usage(const oa_decoder *d) {
    const yz_usage *u = &d->usage;
    return (yz_usage){.input = u->input - 1,
                      .cached = u->cached - 1,
                      .cache_written = u->cache_written - 1,
                      .output = u->output - 1,
                      .reasoning = u->reasoning - 1};
}
