/* openai/encode_signature.c: signatures in a dialect that has no field of its own for them.
 *
 * That of a call stands where Google's own endpoint for this dialect has it, and clients that know Gemini send it back:
 *   tool_calls[].extra_content.google.thought_signature       in the call's first chunk
 * Those of thoughts, and encrypted thoughts, stand where OpenRouter has them:
 *   reasoning_details[] {type: "reasoning.text", text, signature, format} or {type: "reasoning.encrypted", data, format}
 * (those of OpenAI, whose text is a summary beside them) whole, in one chunk when the thoughts have ended. A client that sends back the
 * messages it got, as SDKs make them, keeps both. The formats say whose they are.
 */
#include "openai.h"

static const struct {
    const char *vendor, *format;
} formats[] = {{"anthropic", "anthropic-claude-v1"}, {"google", "google-gemini-v1"}, {"openai", "openai-responses-v1"}};
#define FORMATS (sizeof formats / sizeof *formats)

static const char *format_of(yz_str vendor) {
    for (size_t i = 0; i < FORMATS; i++)
        if (yz_str_is(vendor, formats[i].vendor))
            return formats[i].format;
    return NULL;
}

bool oa_signature_fits(const oa_out_choice *c, const yz_event *event) {
    if (c->item == YZ_PART_TOOL_CALL)
        return yz_str_is(event->signed_by, "google");
    return c->item == YZ_PART_REASONING && format_of(event->signed_by);
}

void oa_put_call_signature(yz_str signature, yz_buf *out) {
    if (signature.n == 0)
        return;
    yz_buf_lit(out, ",\"extra_content\":{\"google\":{\"thought_signature\":\"");
    yz_buf_str(out, signature);
    yz_buf_lit(out, "\"}}");
}

static void put_detail(const oa_out_choice *c, yz_buf *out) {
    yz_str text = yz_buf_view(&c->whole);
    bool encrypted = text.n == 0 || yz_str_is(c->signed_by, "openai"); /* the text is a summary beside it */
    yz_buf_lit(out, encrypted ? "{\"type\":\"reasoning.encrypted\",\"data\":\"" : "{\"type\":\"reasoning.text\",\"text\":\"");
    yz_buf_str(out, encrypted ? c->signature : text);
    if (!encrypted) {
        yz_buf_lit(out, "\",\"signature\":\"");
        yz_buf_str(out, c->signature);
    }
    yz_buf_printf(out, "\",\"format\":\"%s\",\"index\":%u}", format_of(c->signed_by), c->n_details);
}

void oa_end_thoughts(oa_encoder *e, oa_out_choice *c, yz_buf *out) {
    if (c->signature.n == 0)
        return;
    if (c->whole.n >= OA_KEPT_MAX) { /* not all of what is signed is here */
        yc_lose_named(e->info, YZ_STR("thinking.signature"), "thinking.signature");
        return;
    }
    if (e->info->stream) {
        oa_chunk_begin(c, out);
        yz_buf_lit(out, "{\"reasoning_details\":[");
        put_detail(c, out);
        yz_buf_lit(out, "]}");
        oa_chunk_end(e, c, out);
    } else {
        yz_buf_lit(&c->details, c->details.n ? "," : "");
        put_detail(c, &c->details);
    }
    c->n_details++;
}
