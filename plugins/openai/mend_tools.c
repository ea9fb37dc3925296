/* openai/mend_tools.c: fields of tools that the provider refuses, in a body of this dialect on its way to it (option tool_fields).
 *
 * Some refuse every field that they do not know, and clients of other vendors write more: cache_control, defer_loading, input_examples. A
 * function is written anew without those, its other members as they came; a tool of another type is the vendor's own, and stays.
 */
#include "mend.h"

/* `within`: "function." for its members. */
static bool takes(const oa_mending *m, const char *within, yz_str key) {
    const yz_list *fields = &m->config->tool_fields;
    size_t n = strlen(within);
    bool taken = n == 0 && yz_str_is(key, "type");
    for (size_t i = 0; i < fields->n && !taken; i++) {
        yz_str name = fields->items[i];
        taken = yz_str_starts(name, within) && yz_str_eq(yz_str_at(name.p + n, name.n - n), key);
    }
    return taken;
}

static bool is_function(const yz_json *tool) {
    const yz_json *type = yz_json_given(tool, "type");
    return yz_json_is(tool, YZ_JSON_OBJECT) && (!type || yz_json_says(type, "function"));
}

static bool takes_all(const oa_mending *m, const char *within, const yz_json *object) {
    for (const yz_json *field = yz_json_is(object, YZ_JSON_OBJECT) ? object->child : NULL; field; field = field->next)
        if (!takes(m, within, oa_plain_key(m, field)))
            return false;
    return true;
}

/* A hint for a cache changes no answer. */
static void lose(const oa_mending *m, const char *within, const yz_json *field) {
    yz_str key = oa_plain_key(m, field);
    if (!oa_is_empty(field) && !yz_str_is(key, "cache_control"))
        yz_lose(m->losses, yz_format(m->arena, "tools.%s%.*s", within, YZ_STR_ARGS(key)).p);
}

static void put_taken(const oa_mending *m, const char *within, const yz_json *object, yz_buf *out) {
    const yz_json *function = *within ? NULL : yz_json_get(object, "function");
    const char *comma = "{\"";
    for (const yz_json *field = object->child; field; field = field->next) {
        if (!takes(m, within, oa_plain_key(m, field))) {
            lose(m, within, field);
            continue;
        }
        yz_buf_lit(out, comma);
        comma = ",\"";
        yz_buf_str(out, yz_json_key(field));
        yz_buf_lit(out, "\":");
        if (field == function && yz_json_is(function, YZ_JSON_OBJECT))
            put_taken(m, "function.", function, out);
        else
            yz_buf_str(out, yz_json_raw(field));
    }
    yz_buf_lit(out, *comma == '{' ? "{}" : "}");
}

void oa_mend_tools(oa_mending *m) {
    const yz_json *tools = m->config->tool_fields.n ? oa_mend_get(m, "tools") : NULL;
    yc_patched patched = {.at = yz_json_raw(tools).p};
    for (const yz_json *tool = yz_json_is(tools, YZ_JSON_ARRAY) ? tools->child : NULL; tool; tool = tool->next) {
        if (!is_function(tool) || (takes_all(m, "", tool) && takes_all(m, "function.", yz_json_get(tool, "function"))))
            continue;
        yz_buf taken = {0};
        put_taken(m, "", tool, &taken);
        yc_patch(&patched, yz_json_raw(tool), yz_buf_view(&taken));
        yz_buf_free(&taken);
    }
    oa_end_patching(m, &patched, "tools", tools);
}
