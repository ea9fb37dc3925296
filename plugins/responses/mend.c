/* responses/mend.c: a body of this dialect on its way to a provider of it.
 *
 * Thoughts that another vendor signed stand in the client's history in our own wrapping (common/signature.c), which nobody else can read:
 * OpenAI refuses what it has not encrypted, and what it does not know by its id. They are taken out, and with an option of the provider
 * also those that it cannot read itself: servers at home refuse encrypted thoughts, or take them for plain text. Everything else stays as
 * the client spelt it, but where there are tools of a type that the server does not take: such a body is written anew, and so is its
 * answer, as between dialects (read.c, write.c).
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

/* ---- tools of other types ---------------------------------------------------------------------------------------------------- */

static bool takes(const yz_list *types, yz_str type) {
    bool taken = false;
    for (size_t i = 0; i < types->n && !taken; i++)
        taken = yz_str_eq(types->items[i], type);
    return taken;
}

static yz_str without(yz_str type, const char *end) {
    size_t n = strlen(end);
    return type.n > n && memcmp(type.p + type.n - n, end, n) == 0 ? yz_str_at(type.p, type.n - n) : type;
}

/* The type of the tool that an item of the conversation is a call or a result of; empty: it is of none. */
static yz_str tool_type_of(const yz_json *item) {
    static const char *const others[] = {"message", "reasoning", "item_reference", NULL};
    yz_str type = yz_json_escaped(yz_json_get(item, "type"));
    if (type.n == 0 || yc_one_of(type, others))
        return (yz_str){NULL, 0};
    type = without(without(without(type, "_output"), "_call"), "_tool"); /* custom_tool_call_output */
    return yz_str_is(type, "function") && yz_json_given(item, "namespace") ? YZ_STR("namespace") : type;
}

/* Whoever does not know a type refuses it, passes over its tools in silence, or takes it for a function without a name; so it is with calls
 * of such tools, also where they are offered no more. */
bool rs_rewrites(const yz_request *request, const yz_target *target) {
    const yz_list *types = &((const rs_config *)target->provider->config)->tool_types;
    if (types->n == 0 || request->op != YZ_OP_CHAT)
        return false;
    const yz_json *tools = yz_json_get(request->json, "tools"), *input = yz_json_get(request->json, "input");
    bool other = false;
    for (const yz_json *tool = yz_json_is(tools, YZ_JSON_ARRAY) ? tools->child : NULL; tool && !other; tool = tool->next)
        other = !takes(types, yz_json_escaped(yz_json_get(tool, "type")));
    for (const yz_json *item = yz_json_is(input, YZ_JSON_ARRAY) ? input->child : NULL; item && !other; item = item->next)
        other = tool_type_of(item).n > 0 && !takes(types, tool_type_of(item));
    return other;
}

/* ---- the whole ----------------------------------------------------------------------------------------------------------------- */

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
        const yz_json *given = yz_json_get(request->json, field);
        if (!given)
            continue;
        if (!copy)
            copy = yz_request_copy(arena, request);
        bool idle = given->type == YZ_JSON_NULL || (strcmp(field, "tool_choice") == 0 && yz_json_says(given, "auto"));
        yz_request_set(arena, copy, field, (yz_str){NULL, 0});
        if (!idle) /* it says more than what holds without it */
            yz_lose(losses, field);
    }
    int64_t most = target->facts ? target->facts->max_tokens : 0;
    if (most > 0 && yz_json_int(yz_json_get((copy ? copy : request)->json, "max_output_tokens"), 0) > most) {
        copy = copy ? copy : yz_request_copy(arena, request);
        yz_request_set(arena, copy, "max_output_tokens", yz_format(arena, "%lld", (long long)most));
        yz_lose_as(losses, "max_output_tokens", YZ_APPROXIMATED);
    }
    const yz_request *mended = rs_mend_ids(copy ? copy : request, arena);
    return mended ? mended : copy ? copy : request;
}
