/* openai/mend_names.c: names of tools that the provider refuses, in a body of this dialect on its way to it (option tool_names).
 *
 * They are exchanged where they stand, by the rule that all dialects share (yz_tool_name), so a name is the same wherever it is said: among
 * the tools, in the choice, in calls that were made and in their results, also in the older form (functions). All other bytes of these
 * fields stay, and what no other dialect can say stays with them: a vendor's own tools, an answer that is begun (partial). Names of a
 * vendor's own tools begin with "$", and are no names of functions. The host puts the client's names back in the answer.
 */
#include "mend.h"

static void see(yc_names *w, const yz_json *name) {
    yz_str plain = yz_json_text(w->arena, name);
    if (plain.n > 0 && plain.p[0] != '$')
        yc_see_name(w, name);
}

/* A tool, a call or a choice: {"type":"function","function":{"name"}}. */
static void see_function(yc_names *w, const yz_json *node) {
    const yz_json *type = yz_json_given(node, "type");
    if (!type || yz_json_says(type, "function"))
        see(w, yz_json_get(yz_json_get(node, "function"), "name"));
}

static void see_functions(yc_names *w, const yz_json *list) {
    for (const yz_json *node = yz_json_is(list, YZ_JSON_ARRAY) ? list->child : NULL; node; node = node->next)
        see_function(w, node);
}

/* In the order of its members, as a message. */
static void see_choice(yc_names *w, const yz_json *choice) {
    const yz_json *allowed = yz_json_get(choice, "allowed_tools"), *function = yz_json_get(choice, "function");
    for (const yz_json *member = yz_json_is(choice, YZ_JSON_OBJECT) ? choice->child : NULL; member; member = member->next) {
        if (member == allowed)
            see_functions(w, yz_json_get(allowed, "tools"));
        else if (member == function)
            see_function(w, choice);
    }
}

static void see_old_functions(yc_names *w, const yz_json *list) {
    for (const yz_json *function = yz_json_is(list, YZ_JSON_ARRAY) ? list->child : NULL; function; function = function->next)
        see(w, yz_json_get(function, "name"));
}

static void see_named(yc_names *w, const yz_json *choice) { see(w, yz_json_get(choice, "name")); }

/* In the order of its members, which are exchanged one after the other. A result names its tool; the name of anybody else is his own. */
static void see_message(yc_names *w, const yz_json *message) {
    const yz_json *role = yz_json_get(message, "role"), *calls = yz_json_get(message, "tool_calls");
    const yz_json *call = yz_json_get(message, "function_call"), *name = yz_json_get(message, "name");
    bool result = yz_json_says(role, "tool") || yz_json_says(role, "function");
    for (const yz_json *member = message->child; member; member = member->next) {
        if (member == calls)
            see_functions(w, calls);
        else if (member == call)
            see_named(w, call);
        else if (member == name && result)
            see(w, name);
    }
}

static void see_messages(yc_names *w, const yz_json *messages) {
    for (const yz_json *message = yz_json_is(messages, YZ_JSON_ARRAY) ? messages->child : NULL; message; message = message->next)
        if (yz_json_is(message, YZ_JSON_OBJECT))
            see_message(w, message);
}

static const struct {
    const char *name;
    void (*see)(yc_names *w, const yz_json *value);
} fields[] = {{"tools", see_functions},
              {"tool_choice", see_choice},
              {"functions", see_old_functions},
              {"function_call", see_named},
              {"messages", see_messages}};

void oa_mend_names(oa_mending *m) {
    for (size_t i = 0; m->config->tool_names == OA_NAMES_LETTER && i < sizeof fields / sizeof *fields; i++) {
        const yz_json *value = oa_mend_get(m, fields[i].name);
        yc_patched patched = {.at = yz_json_raw(value).p};
        yc_names w = {.arena = m->arena, .patched = &patched};
        fields[i].see(&w, value);
        oa_end_patching(m, &patched, fields[i].name, value);
    }
}

size_t oa_renamed(const yz_request *request, const yz_target *target, yz_arena *arena, yz_str *at, size_t most) {
    const oa_config *config = target->provider->config;
    yc_names w = {.arena = arena, .at = at, .most = most};
    for (size_t i = 0; request->op == YZ_OP_CHAT && config->tool_names == OA_NAMES_LETTER && i < sizeof fields / sizeof *fields; i++)
        fields[i].see(&w, yz_json_get(request->json, fields[i].name));
    return w.n;
}
