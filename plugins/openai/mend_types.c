/* openai/mend_types.c: tools of a type that the provider does not take (option tool_types), in a body of this dialect on its way to it.
 *
 * OpenAI and Azure take tools of free text beside functions (custom), most others functions alone, and refuse a request for any other type.
 * A custom tool is asked for as a function of one text, and comes back as what the client knows: the request and its answer are written
 * anew then (oa_rewrites_tools), as between dialects. A tool of another type runs where it was meant for, and nowhere else: it is left out
 * where it stands, and told.
 */
#include "mend.h"

#include <stdio.h>

/* However it is spelt: yz_json_says wants a word that ends. */
static bool says(const yz_json *type, yz_str word) {
    char copy[64];
    snprintf(copy, sizeof copy, "%.*s", YZ_STR_ARGS(word));
    return word.n < sizeof copy && yz_json_says(type, copy);
}

/* A tool, a call or a choice; what has no type is a function. */
static bool is_of(const yz_json *node, yz_str word) {
    const yz_json *type = yz_json_given(node, "type");
    return type ? says(type, word) : yz_str_is(word, "function");
}

static bool takes(const oa_config *config, const yz_json *node) {
    bool taken = config->tool_types.n == 0;
    for (size_t i = 0; i < config->tool_types.n && !taken; i++)
        taken = is_of(node, config->tool_types.items[i]);
    return taken;
}

static const yz_json *first_of(const yz_json *object, const char *field) {
    const yz_json *list = yz_json_get(object, field);
    return yz_json_is(list, YZ_JSON_ARRAY) ? list->child : NULL;
}

static bool has_custom(const yz_json *first) {
    for (; first; first = first->next)
        if (is_of(first, YZ_STR("custom")))
            return true;
    return false;
}

bool oa_rewrites_tools(const oa_config *config, const yz_request *request) {
    bool taken = config->tool_types.n == 0;
    for (size_t i = 0; i < config->tool_types.n && !taken; i++)
        taken = yz_str_is(config->tool_types.items[i], "custom");
    if (taken)
        return false;
    bool custom = has_custom(first_of(request->json, "tools"));
    for (const yz_json *m = first_of(request->json, "messages"); m && !custom; m = m->next)
        custom = yz_json_is(m, YZ_JSON_OBJECT) && has_custom(first_of(m, "tool_calls"));
    return custom;
}

/* Does the choice name a tool that is left out? Words, functions and lists of those that are allowed do not. */
static bool names_other(const oa_mending *m, const yz_json *choice) {
    const yz_json *type = yz_json_get(choice, "type");
    return yz_json_escaped(type).n > 0 && !yz_json_says(type, "allowed_tools") && !takes(m->config, choice);
}

static size_t put_taken(const oa_mending *m, const yz_json *first, yz_buf *out) {
    size_t n = 0;
    yz_buf_char(out, '[');
    for (const yz_json *tool = first; tool; tool = tool->next) {
        if (yz_json_is(tool, YZ_JSON_OBJECT) && !takes(m->config, tool)) {
            yz_str type = yz_json_text(m->arena, yz_json_get(tool, "type"));
            yz_lose(m->losses, yz_format(m->arena, "tools.%.*s", YZ_STR_ARGS(type)).p);
            continue;
        }
        yz_buf_lit(out, n++ ? "," : "");
        yz_buf_str(out, yz_json_raw(tool));
    }
    yz_buf_char(out, ']');
    return n;
}

void oa_mend_types(oa_mending *m) {
    const yz_json *first = m->config->tool_types.n ? first_of(m->from->json, "tools") : NULL;
    bool all = true;
    for (const yz_json *tool = first; tool && all; tool = tool->next)
        all = !yz_json_is(tool, YZ_JSON_OBJECT) || takes(m->config, tool);
    if (all)
        return;
    yz_buf taken = {0};
    bool none = put_taken(m, first, &taken) == 0;
    if (none || names_other(m, yz_json_get(m->from->json, "tool_choice")))
        oa_mend_set(m, "tool_choice", (yz_str){NULL, 0});
    oa_mend_set(m, "tools", none ? (yz_str){NULL, 0} : yz_buf_view(&taken));
    if (none)
        oa_mend_set(m, "parallel_tool_calls", (yz_str){NULL, 0});
    yz_buf_free(&taken);
}
