/* responses/mend.c: a body of this dialect on its way to a provider of it.
 *
 * Thoughts that another vendor signed stand in the client's history in our own wrapping (common/signature.c), which nobody else can read:
 * OpenAI refuses what it has not encrypted, and what it does not know by its id. They are taken out, and with an option of the provider
 * also those that it cannot read itself: servers at home refuse encrypted thoughts, or take them for plain text. Everything else stays as
 * the client spelt it.
 */
#include "responses.h"

static bool is_reasoning(const yz_json *item) { return yz_json_says(yz_json_get(item, "type"), "reasoning"); }

static yz_str sealed_of(const yz_json *item) { return yz_json_escaped(yz_json_get(item, "encrypted_content")); }

/* Thoughts that encode.c wrote and nobody signed: by their id OpenAI would look for them, and refuse what it does not find. */
static bool is_unsigned(const yz_json *item) {
    return sealed_of(item).n == 0 && yz_str_starts(yz_json_escaped(yz_json_get(item, "id")), RS_REASONING_ID);
}

/* Must this item be left out, or written anew? */
static bool is_concerned(int send, const yz_json *item) {
    if (!is_reasoning(item))
        return false;
    if (send == RS_SEND_NEVER)
        return true;
    if (send == RS_SEND_TEXT)
        return sealed_of(item).n > 0 || yz_json_count(yz_json_get(item, "content")) == 0;
    return yc_is_foreign_signature(sealed_of(item)) || is_unsigned(item);
}

/* Its thoughts as content, for who reads them as text. False: it has none. */
static bool put_as_text(const yz_json *item, yz_buf *out) {
    const yz_json *content = yz_json_get(item, "content"), *summary = yz_json_get(item, "summary");
    const yz_json *list = yz_json_count(content) ? content : summary;
    size_t at = out->n;
    bool any = false;
    yz_buf_lit(out, "{\"type\":\"reasoning\",\"summary\":[],\"content\":[");
    for (const yz_json *part = list ? list->child : NULL; part; part = part->next) {
        yz_str text = yz_json_escaped(yz_json_get(part, "text"));
        if (text.n == 0)
            continue;
        yz_buf_lit(out, any ? ",{\"type\":\"reasoning_text\",\"text\":" : "{\"type\":\"reasoning_text\",\"text\":");
        yc_put_quoted(out, text);
        yz_buf_char(out, '}');
        any = true;
    }
    yz_buf_lit(out, "]}");
    if (!any)
        out->n = at;
    return any;
}

/* False: nothing in it is concerned. */
static bool mend_input(int send, const yz_json *input, yz_buf *out) {
    bool changed = false;
    for (const yz_json *item = yz_json_is(input, YZ_JSON_ARRAY) ? input->child : NULL; item && !changed; item = item->next)
        changed = is_concerned(send, item);
    if (!changed)
        return false;
    yz_buf_char(out, '[');
    for (const yz_json *item = input->child; item; item = item->next) {
        size_t at = out->n;
        if (at > 1)
            yz_buf_char(out, ',');
        if (!is_concerned(send, item))
            yz_buf_str(out, yz_json_raw(item));
        else if (send != RS_SEND_TEXT || !put_as_text(item, out))
            out->n = at;
    }
    yz_buf_char(out, ']');
    return true;
}

const yz_request *rs_mend(const yz_request *request, const yz_target *target, yz_arena *arena, yz_losses *losses) {
    const rs_config *config = target->provider->config;
    yz_request *copy = NULL;
    yz_buf input = {0};
    if (request->op != YZ_OP_CHAT && request->op != YZ_OP_COMPACT)
        return request;
    int send = config->send_reasoning == RS_SEND_AUTO ? RS_SEND_ENCRYPTED : config->send_reasoning; /* the client's own stay */
    if (mend_input(send, yz_json_get(request->json, "input"), &input)) {
        copy = yz_request_copy(arena, request);
        yz_request_set(arena, copy, "input", yz_dup(arena, yz_buf_view(&input)));
    }
    yz_buf_free(&input);
    for (size_t i = 0; i < config->drop.n; i++) {
        const char *field = yz_dup(arena, config->drop.items[i]).p;
        if (!yz_json_get(request->json, field))
            continue;
        if (!copy)
            copy = yz_request_copy(arena, request);
        yz_request_set(arena, copy, field, (yz_str){NULL, 0});
        yz_lose(losses, field);
    }
    int64_t most = target->facts ? target->facts->max_tokens : 0;
    if (most > 0 && yz_json_int(yz_json_get((copy ? copy : request)->json, "max_output_tokens"), 0) > most) {
        copy = copy ? copy : yz_request_copy(arena, request);
        yz_request_set(arena, copy, "max_output_tokens", yz_format(arena, "%lld", (long long)most));
        yz_lose(losses, "max_output_tokens");
    }
    const yz_request *mended = rs_mend_ids(copy ? copy : request, arena);
    return mended ? mended : copy ? copy : request;
}
