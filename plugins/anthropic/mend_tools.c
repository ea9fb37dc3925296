/* anthropic/mend_tools.c: tools as a provider's options say that it takes them, in a body of this dialect on its way to it: schemas, names,
 * and a choice that forces one. Vendors have the same rules at both of their addresses (Kimi).
 *
 * Names are exchanged where they stand, by the rule that all dialects share (yz_tool_name), and the host puts the client's back in the
 * answer. All other bytes stay. Tools that run at the server have names of its own.
 */
#include "anthropic.h"

static const yz_json *first_of(const yz_json *list) { return yz_json_is(list, YZ_JSON_ARRAY) ? list->child : NULL; }

static bool is_function(const yz_json *tool) {
    const yz_json *type = yz_json_given(tool, "type");
    return yz_json_is(tool, YZ_JSON_OBJECT) && (!type || yz_json_says(type, "custom"));
}

/* ---- names ------------------------------------------------------------------------------------------------------------------ */

static void see_tools(yc_names *w, const yz_json *tools) {
    for (const yz_json *tool = first_of(tools); tool; tool = tool->next)
        if (is_function(tool))
            yc_see_name(w, yz_json_get(tool, "name"));
}

static void see_choice(yc_names *w, const yz_json *choice) {
    if (yz_json_says(yz_json_get(choice, "type"), "tool"))
        yc_see_name(w, yz_json_get(choice, "name"));
}

static void see_messages(yc_names *w, const yz_json *messages) {
    for (const yz_json *message = first_of(messages); message; message = message->next)
        for (const yz_json *block = first_of(yz_json_get(message, "content")); block; block = block->next)
            if (yz_json_says(yz_json_get(block, "type"), "tool_use"))
                yc_see_name(w, yz_json_get(block, "name"));
}

static const struct {
    const char *name;
    void (*see)(yc_names *w, const yz_json *value);
} fields[] = {{"tools", see_tools}, {"tool_choice", see_choice}, {"messages", see_messages}};

const yz_request *an_mend_names(const yz_request *request, const an_config *config, yz_arena *arena) {
    yz_request *copy = NULL;
    for (size_t i = 0; config->tool_names == AN_NAMES_LETTER && i < sizeof fields / sizeof *fields; i++) {
        const yz_json *value = yz_json_get((copy ? copy : request)->json, fields[i].name);
        yc_patched patched = {.at = yz_json_raw(value).p};
        yc_names w = {.arena = arena, .patched = &patched};
        fields[i].see(&w, value);
        if (yc_end_patching(&patched, value)) {
            copy = copy ? copy : yz_request_copy(arena, request);
            yz_request_set(arena, copy, fields[i].name, yz_buf_view(&patched.out));
        }
        yz_buf_free(&patched.out);
    }
    return copy ? copy : request;
}

size_t an_renamed(const yz_request *request, const yz_target *target, yz_arena *arena, yz_str *at, size_t most) {
    const an_config *config = target->provider->config;
    yc_names w = {.arena = arena, .at = at, .most = most};
    for (size_t i = 0; request->op == YZ_OP_CHAT && config->tool_names == AN_NAMES_LETTER && i < sizeof fields / sizeof *fields; i++)
        fields[i].see(&w, yz_json_get(request->json, fields[i].name));
    return w.n;
}

/* ---- schemas, choice ---------------------------------------------------------------------------------------------------------- */

static const yz_request *with_plain_schemas(const yz_request *request, yz_arena *arena, yz_losses *losses) {
    const yz_json *tools = yz_json_get(request->json, "tools");
    yc_patched patched = {.at = yz_json_raw(tools).p};
    yz_request *copy = NULL;
    for (const yz_json *tool = first_of(tools); tool; tool = tool->next) {
        const yz_json *schema = is_function(tool) ? yz_json_get(tool, "input_schema") : NULL;
        bool lost = false;
        yz_str raw = yz_json_raw(schema), plain = schema ? yc_plain_schema(arena, raw, &lost) : raw;
        if (plain.p == raw.p)
            continue;
        if (lost)
            yz_lose_as(losses, "tools.input_schema", YZ_APPROXIMATED);
        yc_patch(&patched, raw, plain);
    }
    if (yc_end_patching(&patched, tools)) {
        copy = yz_request_copy(arena, request);
        yz_request_set(arena, copy, "tools", yz_buf_view(&patched.out));
    }
    yz_buf_free(&patched.out);
    return copy ? copy : request;
}

/* A tool that must be called is only offered. */
static const yz_request *with_free_choice(const yz_request *request, yz_arena *arena, yz_losses *losses) {
    const yz_json *choice = yz_json_get(request->json, "tool_choice"), *type = yz_json_get(choice, "type");
    if (!yz_json_says(type, "any") && !yz_json_says(type, "tool"))
        return request;
    yz_request *copy = yz_request_copy(arena, request);
    bool single = yz_json_true(yz_json_get(choice, "disable_parallel_tool_use"));
    yz_request_set(arena, copy, "tool_choice",
                   single ? YZ_STR("{\"type\":\"auto\",\"disable_parallel_tool_use\":true}") : YZ_STR("{\"type\":\"auto\"}"));
    yz_lose_as(losses, "tool_choice", YZ_APPROXIMATED);
    return copy;
}

const yz_request *an_mend_tools(const yz_request *request, const an_config *config, yz_arena *arena, yz_losses *losses) {
    request = config->schemas == AN_SCHEMAS_PLAIN ? with_plain_schemas(request, arena, losses) : request;
    return config->forced_tools ? request : with_free_choice(request, arena, losses);
}
