/* openai/encode_document.c: what was collected of an answer as one document; what a stream's last chunks say likewise. */
#include "openai.h"

void oa_put_head(const oa_encoder *e, const char *object, yz_buf *out) {
    yz_buf_lit(out, "{\"id\":\"");
    yz_buf_str(out, e->id);
    yz_buf_printf(out, "\",\"object\":\"%s\",\"created\":%lld,\"model\":\"", object, (long long)e->created);
    yz_buf_str(out, e->model);
    yz_buf_lit(out, "\"");
}

/* One detail: always, or only where it is known. */
static void put_detail(const yz_usage *u, yz_meter meter, const char *before, bool always, yz_buf *out) {
    if (always || yz_usage_get(u, meter) >= 0)
        yz_buf_printf(out, "%s%lld", before, (long long)yz_usage_count(u, meter));
}

void oa_put_usage(const yz_usage *u, yz_buf *out) {
    int64_t in = yz_usage_count(u, YZ_METER_INPUT), output = yz_usage_count(u, YZ_METER_OUTPUT);
    yz_buf_printf(out, "\"usage\":{\"prompt_tokens\":%lld,\"completion_tokens\":%lld,\"total_tokens\":%lld", (long long)in,
                  (long long)output, (long long)(in + output));
    put_detail(u, YZ_METER_CACHED, ",\"prompt_tokens_details\":{\"cached_tokens\":", true, out);
    put_detail(u, YZ_METER_CACHE_WRITE, ",\"cache_write_tokens\":", false, out);
    put_detail(u, YZ_METER_AUDIO_INPUT, ",\"audio_tokens\":", false, out);
    put_detail(u, YZ_METER_IMAGE_INPUT, ",\"image_tokens\":", false, out);
    put_detail(u, YZ_METER_REASONING, "},\"completion_tokens_details\":{\"reasoning_tokens\":", true, out);
    put_detail(u, YZ_METER_AUDIO_OUTPUT, ",\"audio_tokens\":", false, out);
    put_detail(u, YZ_METER_IMAGE_OUTPUT, ",\"image_tokens\":", false, out);
    put_detail(u, YZ_METER_PREDICTION_ACCEPTED, ",\"accepted_prediction_tokens\":", false, out);
    put_detail(u, YZ_METER_PREDICTION_REJECTED, ",\"rejected_prediction_tokens\":", false, out);
    yz_buf_lit(out, "}}");
}

const char *oa_finish_word(const oa_out_choice *c) {
    switch (c->finish) {
    case YZ_FINISH_LENGTH:
    case YZ_FINISH_OTHER: /* nobody knows what it means: so not that the answer is whole */
        return "length";
    case YZ_FINISH_FILTER:
        return "content_filter";
    default:
        return c->n_calls ? "tool_calls" : "stop";
    }
}

static void put_string(const char *key, const yz_buf *text, yz_buf *out) {
    yz_buf_printf(out, ",\"%s\":\"", key);
    yz_buf_str(out, yz_buf_view(text));
    yz_buf_char(out, '"');
}

static void put_call(const oa_out_call *call, yz_buf *out) {
    yz_buf_lit(out, "{\"id\":\"");
    yz_buf_str(out, call->id);
    yz_buf_lit(out, call->custom ? "\",\"type\":\"custom\",\"custom\":{\"name\":\"" : "\",\"type\":\"function\",\"function\":{\"name\":\"");
    yz_buf_str(out, call->name);
    yz_buf_lit(out, call->custom ? "\",\"input\":\"" : "\",\"arguments\":\"");
    yz_buf_str(out, call->args.n || call->custom ? yz_buf_view(&call->args) : YZ_STR("{}"));
    yz_buf_lit(out, "\"}");
    oa_put_call_signature(call->signature, out);
    yz_buf_char(out, '}');
}

static void put_calls(const oa_out_choice *c, yz_buf *out) {
    yz_buf_lit(out, ",\"tool_calls\":[");
    for (unsigned i = 0; i < c->n_calls; i++) {
        yz_buf_lit(out, i ? "," : "");
        put_call(&c->calls[i], out);
    }
    yz_buf_char(out, ']');
}

static void put_choice(const oa_encoder *e, oa_out_choice *c, yz_buf *out) {
    bool more = c->n_calls || c->refusal.n || c->audio.n;
    yz_buf_printf(out, "{\"index\":%u,\"message\":{\"role\":\"assistant\"", c->choice);
    if (c->text.n || !more)
        put_string("content", &c->text, out);
    else
        yz_buf_lit(out, ",\"content\":null");
    if (c->refusal.n)
        put_string("refusal", &c->refusal, out);
    else
        yz_buf_lit(out, ",\"refusal\":null");
    if (c->reasoning.n)
        put_string(c->short_name ? "reasoning" : "reasoning_content", &c->reasoning, out);
    oa_put_more(e, c, out);
    if (c->n_calls)
        put_calls(c, out);
    yz_buf_lit(out, "},\"logprobs\":");
    oa_put_logprobs(c, out);
    yz_buf_printf(out, ",\"finish_reason\":\"%s\"}", oa_finish_word(c));
}

void oa_encode_document(oa_encoder *e, yz_buf *out) {
    oa_put_head(e, "chat.completion", out);
    yz_buf_lit(out, ",\"choices\":[");
    for (oa_out_choice *c = &e->choices; c; c = c->next) {
        put_choice(e, c, out);
        yz_buf_lit(out, c->next ? "," : "");
    }
    yz_buf_lit(out, "],");
    oa_put_usage(&e->usage, out);
    yz_buf_char(out, '}');
}
