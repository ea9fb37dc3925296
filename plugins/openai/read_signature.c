/* openai/read_signature.c: signatures that a client sends back in the places where encode_signature.c, Google and OpenRouter put them. */
#include "openai.h"

yz_str oa_vendor_of(yz_str format) {
    static const struct {
        const char *begins, *vendor;
    } table[] = {{"anthropic-claude", "anthropic"}, {"google-gemini", "google"}, {"openai-responses", "openai"}};
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (yz_str_starts(format, table[i].begins))
            return yz_str_of(table[i].vendor);
    return YZ_STR("");
}

static bool is_encrypted(const yz_json *detail) { return yz_json_says(yz_json_get(detail, "type"), "reasoning.encrypted"); }

/* Thoughts with their signatures; they are the same that stand in the message in clear. */
static bool read_signed(yz_message *message, const yz_json *details) {
    bool any = false;
    for (const yz_json *d = yz_json_is(details, YZ_JSON_ARRAY) ? details->child : NULL; d; d = d->next) {
        yz_str vendor = oa_vendor_of(yz_json_escaped(yz_json_get(d, "format"))), signature = yz_json_escaped(yz_json_get(d, "signature"));
        if (is_encrypted(d) || vendor.n == 0 || signature.n == 0)
            continue;
        yz_part *part = yz_part_add(message, YZ_PART_REASONING);
        part->text = yz_json_escaped(yz_json_get(d, "text"));
        part->signature = signature;
        part->signed_by = vendor;
        any = true;
    }
    return any;
}

void oa_read_thoughts(yz_message *message, yz_str text, const yz_json *details) {
    yz_part *part = !read_signed(message, details) && text.n ? yz_part_add(message, YZ_PART_REASONING) : NULL;
    if (part)
        part->text = text;
    for (const yz_json *d = yz_json_is(details, YZ_JSON_ARRAY) ? details->child : NULL; d; d = d->next) {
        yz_str vendor = oa_vendor_of(yz_json_escaped(yz_json_get(d, "format"))), sealed = yz_json_escaped(yz_json_get(d, "data"));
        if (vendor.n == 0 || sealed.n == 0)
            continue;
        if (!part || part->signature.n) {
            yz_str clear = part ? YZ_STR("") : text;
            part = yz_part_add(message, YZ_PART_REASONING);
            part->text = clear;
        }
        part->signature = sealed;
        part->signed_by = vendor;
    }
}

void oa_read_call_signature(yz_part *call, const yz_json *node) {
    const yz_json *google = yz_json_get(yz_json_get(node, "extra_content"), "google");
    call->signature = yz_json_escaped(yz_json_given(google, "thought_signature"));
    call->signed_by = call->signature.n ? YZ_STR("google") : YZ_STR("");
}
