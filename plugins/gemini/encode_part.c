/* gemini/encode_part.c: one item as a part, token counts and finish reasons in this dialect's words. */
#include "gemini.h"

static void put_string(const char *before, yz_str escaped, yz_buf *out) {
    yz_buf_lit(out, before);
    yz_buf_str(out, escaped);
    yz_buf_char(out, '"');
}

/* The arguments are text; here an object is wanted. */
static void put_args(yz_arena *arena, yz_str escaped, yz_buf *out) {
    yz_json *root;
    yz_str text = yz_json_unescape(arena, escaped);
    yz_buf_lit(out, ",\"args\":");
    if (escaped.n == 0) {
        yz_buf_lit(out, "{}");
    } else if (yz_json_parse(arena, text, YZ_JSON_ANSWERED, &root, NULL) == YZ_OK && root->type == YZ_JSON_OBJECT) {
        for (size_t i = 0; i < root->n; i++) /* on one line */
            yz_buf_char(out, root->p[i] == '\n' || root->p[i] == '\r' ? ' ' : root->p[i]);
    } else { /* no object: shown as it came, under a name of its own */
        put_string("{\"raw_arguments\":\"", escaped, out);
        yz_buf_char(out, '}');
    }
}

static void put_call(const gm_encoder *e, const gm_out_candidate *c, yz_buf *out) {
    put_string("\"functionCall\":{\"name\":\"", c->name, out);
    if (c->id.n)
        put_string(",\"id\":\"", c->id, out);
    put_args(e->info->arena, yz_buf_view(&c->text), out);
    yz_buf_char(out, '}');
}

static void put_blob(const gm_out_candidate *c, yz_buf *out) {
    yz_str type = c->name.n ? c->name : c->item == YZ_PART_IMAGE ? YZ_STR("image/png") : YZ_STR("audio/wav");
    put_string("\"inlineData\":{\"mimeType\":\"", type, out);
    put_string(",\"data\":\"", yz_buf_view(&c->text), out);
    yz_buf_char(out, '}');
}

void gm_put_part(const gm_encoder *e, gm_out_candidate *c, yz_buf *out) {
    if (c->item == YZ_PART_OPAQUE) {
        for (size_t i = 0; i < c->raw.n; i++)
            yz_buf_char(out, c->raw.p[i] == '\n' || c->raw.p[i] == '\r' ? ' ' : c->raw.p[i]);
        return;
    }
    yz_buf_char(out, '{');
    if (c->item == YZ_PART_TOOL_CALL)
        put_call(e, c, out);
    else if (c->item == YZ_PART_IMAGE || c->item == YZ_PART_AUDIO)
        put_blob(c, out);
    else
        put_string("\"text\":\"", yz_buf_view(&c->text), out);
    if (c->item == YZ_PART_REASONING)
        yz_buf_lit(out, ",\"thought\":true");
    if (c->signature.n)
        put_string(",\"thoughtSignature\":\"", c->signature, out);
    yz_buf_char(out, '}');
}

/* ---- counts --------------------------------------------------------------------------------------------------------------------- */

static void put_count(const char *key, int64_t n, yz_buf *out) { yz_buf_printf(out, ",\"%s\":%lld", key, (long long)(n > 0 ? n : 0)); }

/* By modality, where more than text is known of; text is the rest. */
static void put_details(const char *key, int64_t all, int64_t audio, int64_t image, yz_buf *out) {
    int64_t text = all - audio - image;
    if (audio == 0 && image == 0)
        return;
    yz_buf_printf(out, ",\"%s\":[{\"modality\":\"TEXT\",\"tokenCount\":%lld}", key, (long long)(text > 0 ? text : 0));
    if (audio > 0)
        yz_buf_printf(out, ",{\"modality\":\"AUDIO\",\"tokenCount\":%lld}", (long long)audio);
    if (image > 0)
        yz_buf_printf(out, ",{\"modality\":\"IMAGE\",\"tokenCount\":%lld}", (long long)image);
    yz_buf_char(out, ']');
}

void gm_put_usage(const yz_usage *u, yz_buf *out) {
    int64_t input = yz_usage_count(u, YZ_METER_INPUT), output = yz_usage_count(u, YZ_METER_OUTPUT),
            tool = yz_usage_count(u, YZ_METER_TOOL_PROMPT), thoughts = yz_usage_count(u, YZ_METER_REASONING);
    yz_buf_printf(out, "\"usageMetadata\":{\"promptTokenCount\":%lld", (long long)(input > tool ? input - tool : 0));
    put_count("candidatesTokenCount", output - thoughts, out);
    put_count("totalTokenCount", input + output, out);
    if (yz_usage_get(u, YZ_METER_CACHED) > 0)
        put_count("cachedContentTokenCount", yz_usage_get(u, YZ_METER_CACHED), out);
    if (thoughts > 0)
        put_count("thoughtsTokenCount", thoughts, out);
    if (tool > 0)
        put_count("toolUsePromptTokenCount", tool, out);
    put_details("promptTokensDetails", input - tool, yz_usage_count(u, YZ_METER_AUDIO_INPUT), yz_usage_count(u, YZ_METER_IMAGE_INPUT), out);
    put_details("candidatesTokensDetails", output - thoughts, yz_usage_count(u, YZ_METER_AUDIO_OUTPUT),
                yz_usage_count(u, YZ_METER_IMAGE_OUTPUT), out);
    yz_buf_char(out, '}');
}

const char *gm_finish_word(yz_finish finish) {
    switch (finish) {
    case YZ_FINISH_LENGTH:
        return "MAX_TOKENS";
    case YZ_FINISH_FILTER:
        return "SAFETY";
    case YZ_FINISH_OTHER:
        return "OTHER";
    default:
        return "STOP";
    }
}
