/* anthropic/mend_vendor.c: what Claude alone understands, in a body of this dialect that goes to another vendor's server.
 *
 * Claude Code writes for Claude whatever model it is told to use: tools that are loaded when they are looked for (defer_loading), results
 * that name such tools (tool_reference), options of one turn (output_config on a message). Others refuse what they do not know, or pass
 * over it, and then a search for tools has found nothing. So what a block of such a kind names is said as a text, "[tool_reference: Grep]",
 * as where the request is translated (core/dialect/opaque.c); the options go; both are told. All other bytes stay as they came.
 */
#include "anthropic.h"

static bool is(const yz_json *node, const char *key, const char *word) { return yz_json_says(yz_json_get(node, key), word); }

static const yz_json *first_of(const yz_json *list) { return yz_json_is(list, YZ_JSON_ARRAY) ? list->child : NULL; }

/* ---- tools ------------------------------------------------------------------------------------------------------------------ */

/* Of a function; a tool that runs at the server has fields of its own, but for when it is loaded and who may call it. */
static bool takes(const yz_json *tool, yz_str key) {
    static const char *const known[] = {"type", "name", "description", "input_schema", "strict", "cache_control", NULL};
    const yz_json *type = yz_json_given(tool, "type");
    if (type && !yz_json_says(type, "custom"))
        return !yz_str_is(key, "defer_loading") && !yz_str_is(key, "allowed_callers");
    return yc_one_of(key, known);
}

static void lose_field(const yz_json *field, const char *what, yz_str key, yz_arena *arena, yz_losses *losses) {
    if (field->type != YZ_JSON_NULL && field->type != YZ_JSON_FALSE)
        yz_lose(losses, yz_format(arena, "%s.%.*s", what, YZ_STR_ARGS(key)).p);
}

static void mend_tools(const yz_json *tools, yc_patched *p, yz_arena *arena, yz_losses *losses) {
    for (const yz_json *tool = first_of(tools); tool; tool = tool->next) {
        yz_buf left = {0};
        bool all = true;
        yz_buf_char(&left, '{');
        for (const yz_json *field = yz_json_is(tool, YZ_JSON_OBJECT) ? tool->child : NULL; field; field = field->next) {
            yz_str key = yz_json_unescape(arena, yz_json_key(field));
            if (!takes(tool, key)) {
                lose_field(field, "tools", key, arena, losses);
                all = false;
                continue;
            }
            yz_buf_lit(&left, left.n > 1 ? ",\"" : "\"");
            yz_buf_str(&left, yz_json_key(field));
            yz_buf_lit(&left, "\":");
            yz_buf_str(&left, yz_json_raw(field));
        }
        yz_buf_char(&left, '}');
        if (!all)
            yc_patch(p, yz_json_raw(tool), yz_buf_view(&left));
        yz_buf_free(&left);
    }
}

/* ---- messages --------------------------------------------------------------------------------------------------------------- */

/* What any server of this dialect knows within a result, or takes for what it is. */
static bool is_known(const yz_json *block) {
    static const char *const known[] = {"text", "image", "document", "search_result", NULL};
    const yz_json *type = yz_json_get(block, "type");
    bool any = !yz_json_is(type, YZ_JSON_STRING);
    for (const char *const *word = known; *word && !any; word++)
        any = yz_json_says(type, *word);
    return any;
}

static void name_blocks(const yz_json *list, const char *what, yc_patched *p, yz_arena *arena, yz_losses *losses) {
    static const char *const keys[] = {"tool_name", "name", "title", "file_id", "url"};
    for (const yz_json *block = first_of(list); block; block = block->next) {
        if (is_known(block))
            continue;
        yz_str type = yz_json_escaped(yz_json_get(block, "type")), name = {NULL, 0};
        for (size_t i = 0; name.n == 0 && i < sizeof keys / sizeof *keys; i++)
            name = yz_json_escaped(yz_json_get(block, keys[i]));
        yc_patch(
            p, yz_json_raw(block),
            yz_format(arena, "{\"type\":\"text\",\"text\":\"[%.*s%s%.*s]\"}", YZ_STR_ARGS(type), name.n ? ": " : "", YZ_STR_ARGS(name)));
        yz_lose_as(losses, yz_format(arena, "%s.%.*s", what, YZ_STR_ARGS(yz_json_unescape(arena, type))).p, YZ_APPROXIMATED);
    }
}

static void name_all(const yz_json *messages, yc_patched *p, yz_arena *arena, yz_losses *losses) {
    for (const yz_json *message = first_of(messages); message; message = message->next) {
        const yz_json *content = yz_json_get(message, "content");
        if (is(message, "role", "system")) {
            name_blocks(content, "content", p, arena, losses);
            continue;
        }
        for (const yz_json *block = first_of(content); block; block = block->next)
            if (is(block, "type", "tool_result"))
                name_blocks(yz_json_get(block, "content"), "tool_result", p, arena, losses);
    }
}

/* Of the user and the assistant: instructions are written anew (mend.c). */
static void drop_options(const yz_json *messages, yc_patched *p, yz_arena *arena, yz_losses *losses) {
    for (const yz_json *message = first_of(messages); message; message = message->next) {
        const yz_json *options = yz_json_get(message, "output_config");
        if (!options || is(message, "role", "system"))
            continue;
        lose_field(options, "messages", YZ_STR("output_config"), arena, losses);
        yc_patch(p, yz_json_raw(message), an_without(message, "output_config", arena));
    }
}

const yz_request *an_mend_for_vendor(const yz_request *request, yz_arena *arena, yz_losses *losses) {
    static const struct {
        const char *field;
        void (*mend)(const yz_json *value, yc_patched *p, yz_arena *arena, yz_losses *losses);
    } fields[] = {{"tools", mend_tools}, {"messages", name_all}, {"messages", drop_options}};
    yz_request *copy = NULL;
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        const yz_json *value = yz_json_get((copy ? copy : request)->json, fields[i].field);
        yc_patched p = {.at = yz_json_raw(value).p};
        fields[i].mend(value, &p, arena, losses);
        if (yc_end_patching(&p, value)) {
            copy = copy ? copy : yz_request_copy(arena, request);
            yz_request_set(arena, copy, fields[i].field, yz_buf_view(&p.out));
        }
        yz_buf_free(&p.out);
    }
    return copy ? copy : request;
}
