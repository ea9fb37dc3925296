/* responses/tool.c: the two kinds of tools other dialects do not know, and what stands for them there. A custom tool takes free text: it
 * becomes a function of one text "input". A namespace groups functions: they get names of the form NAMESPACE__NAME. Both are undone in
 * the answer by looking at the client's request. A grammar of a custom tool is lost (read.c says so).
 */
#include "responses.h"

#define BETWEEN "__"

yz_str rs_full_name(yz_arena *arena, yz_str space, yz_str name) {
    return space.n ? yz_format(arena, "%.*s" BETWEEN "%.*s", YZ_STR_ARGS(space), YZ_STR_ARGS(name)) : name;
}

/* Is `name` the function of this namespace? Then what it is called inside. */
static bool inside(yz_str space, yz_str name, yz_str *inner) {
    size_t n = space.n + sizeof(BETWEEN) - 1;
    if (name.n <= n || memcmp(name.p, space.p, space.n) != 0 || memcmp(name.p + space.n, BETWEEN, sizeof(BETWEEN) - 1) != 0)
        return false;
    *inner = (yz_str){name.p + n, name.n - n};
    return true;
}

static bool has_tool(const yz_json *list, yz_str name, bool *custom) {
    for (const yz_json *tool = list ? list->child : NULL; tool; tool = tool->next)
        if (yz_str_eq(yz_json_escaped(yz_json_get(tool, "name")), name)) {
            *custom = yz_json_says(yz_json_get(tool, "type"), "custom");
            return true;
        }
    return false;
}

rs_tool rs_tool_of(const yz_json *body, yz_str name) {
    const yz_json *tools = yz_json_get(body, "tools");
    rs_tool tool = {.name = name};
    if (has_tool(tools, name, &tool.custom))
        return tool;
    for (const yz_json *node = tools ? tools->child : NULL; node; node = node->next) {
        yz_str space = yz_json_escaped(yz_json_get(node, "name")), inner;
        if (!yz_json_says(yz_json_get(node, "type"), "namespace") || !inside(space, name, &inner))
            continue;
        if (has_tool(yz_json_get(node, "tools"), inner, &tool.custom))
            return (rs_tool){.custom = tool.custom, .name = inner, .space = space};
    }
    return tool;
}

yz_str rs_custom_input(yz_arena *arena, yz_str args) {
    yz_json *object;
    yz_str plain = yz_json_unescape(arena, args);
    if (yz_json_parse(arena, plain, YZ_JSON_ANSWERED, &object, NULL) < 0)
        return args;
    const yz_json *input = yz_json_get(object, "input");
    return yz_json_is(input, YZ_JSON_STRING) ? yz_json_escaped(input) : args;
}
