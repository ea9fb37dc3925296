/* anthropic/read.c: a client's Messages request as a neutral one: everything but the content blocks (read_block.c).
 *
 * Fields the neutral form has no place for are reported as losses in the client's spelling.
 */
#include "anthropic.h"

int an_accept(yz_request *request, yz_arena *arena, yz_error *error) {
    const yz_json *root = request->json;
    an_reader r = {.arena = arena, .error = error};
    if (request->op == YZ_OP_BATCH || request->op == YZ_OP_STORED)
        return an_accept_kept(request, arena, error);
    if (!yz_json_is(root, YZ_JSON_OBJECT))
        return an_refuse(&r, YZ_STR(""), "the body must be a JSON object");
    if (yc_accept_model(root, arena, error) < 0)
        return YZ_EINVAL;
    const yz_json *model = yz_json_get(root, "model"), *stream = yz_json_given(root, "stream");
    if (!yz_json_is(model, YZ_JSON_STRING) || model->n <= 2)
        return an_refuse(&r, YZ_STR("model"), "model: must be a string that is not empty");
    if (stream && stream->type != YZ_JSON_TRUE && stream->type != YZ_JSON_FALSE)
        return an_refuse(&r, YZ_STR("stream"), "stream: must be true or false");
    if (!yz_json_is(yz_json_get(root, "messages"), YZ_JSON_ARRAY))
        return an_refuse(&r, YZ_STR("messages"), "messages: must be a list%s", yc_elsewhere(root, "messages"));
    request->model_node = model;
    request->model = yz_json_text(arena, model);
    request->stream = yz_json_true(stream);
    return YZ_OK;
}

/* ---- messages -------------------------------------------------------------------------------------------------------------- */

static int read_system(an_reader *r, const yz_json *root) {
    const yz_json *system = yz_json_given(root, "system");
    if (!system)
        return YZ_OK;
    return an_read_content(r, system, yz_message_add(r->out, YZ_ROLE_SYSTEM));
}

static int read_messages(an_reader *r, const yz_json *root) {
    const yz_json *list = yz_json_get(root, "messages");
    if (yz_json_count(list) == 0)
        return an_refuse(r, YZ_STR("messages"), "messages: at least one message is required");
    int code = read_system(r, root);
    for (const yz_json *node = list->child; node && code == YZ_OK; node = node->next, r->at++) {
        yz_str role = yc_word(r->arena, yz_json_get(node, "role"));
        const yz_json *content = yz_json_given(node, "content");
        bool user = yz_str_is(role, "user"), system = yz_str_is(role, "system");
        if ((!user && !system && !yz_str_is(role, "assistant")) || !content)
            return an_refuse(r, yz_format(r->arena, "messages.%zu", r->at), "messages.%zu: needs a role (user, assistant) and content",
                             r->at);
        yc_lose_others(node, "messages", YZ_NAMES("role", "content"), r->arena, r->losses);
        code = an_read_content(r, content, yz_message_add(r->out, user ? YZ_ROLE_USER : system ? YZ_ROLE_SYSTEM : YZ_ROLE_ASSISTANT));
    }
    return code;
}

/* ---- tools ------------------------------------------------------------------------------------------------------------------- */

static int read_tools(an_reader *r, const yz_json *root) {
    const yz_json *tools = yz_json_given(root, "tools");
    if (!tools)
        return YZ_OK;
    if (tools->type != YZ_JSON_ARRAY)
        return an_refuse(r, YZ_STR("tools"), "tools: must be a list");
    for (const yz_json *node = tools->child; node; node = node->next) {
        const yz_json *type = yz_json_given(node, "type"), *name = yz_json_get(node, "name"), *schema = yz_json_get(node, "input_schema");
        if (type && !yz_json_says(type, "custom")) { /* a tool that runs at Anthropic: it has no schema to offer */
            yz_lose(r->losses, yz_format(r->arena, "tools.%.*s", YZ_STR_ARGS(yz_json_escaped(type))).p);
            continue;
        }
        if (!yz_json_is(name, YZ_JSON_STRING) || name->n <= 2)
            return an_refuse(r, YZ_STR("tools"), "tools: each needs a name");
        yz_tool *tool = yz_tool_add(r->out);
        tool->name = yz_json_escaped(name);
        tool->description = yz_json_escaped(yz_json_get(node, "description"));
        tool->schema = yz_json_is(schema, YZ_JSON_OBJECT) ? yz_json_raw(schema) : (yz_str){NULL, 0};
        tool->strict = yz_switch_of(yz_json_get(node, "strict"));
        tool->cache = yz_json_raw(yz_json_given(node, "cache_control"));
        yc_lose_others(node, "tools", YZ_NAMES("type", "name", "description", "input_schema", "strict", "cache_control"), r->arena,
                       r->losses);
    }
    return YZ_OK;
}

static int read_tool_choice(an_reader *r, const yz_json *root) {
    const yz_json *choice = yz_json_given(root, "tool_choice");
    yz_str type = yc_word(r->arena, yz_json_get(choice, "type"));
    if (!choice)
        return YZ_OK;
    if (yz_str_is(type, "auto"))
        r->out->tool_choice = YZ_TOOLS_AUTO;
    else if (yz_str_is(type, "any"))
        r->out->tool_choice = YZ_TOOLS_REQUIRED;
    else if (yz_str_is(type, "none"))
        r->out->tool_choice = YZ_TOOLS_NONE;
    else if (yz_str_is(type, "tool")) {
        r->out->tool_choice = YZ_TOOLS_NAMED;
        r->out->tool_name = yz_json_escaped(yz_json_get(choice, "name"));
    } else
        return an_refuse(r, YZ_STR("tool_choice"), "tool_choice.type: must be auto, any, tool or none");
    if (yz_json_true(yz_json_get(choice, "disable_parallel_tool_use")))
        r->out->parallel_tools = YZ_OFF;
    return YZ_OK;
}

/* ---- the rest -------------------------------------------------------------------------------------------------------------------- */

static int read_numbers(an_reader *r, const yz_json *root) {
    const struct {
        const char *key;
        yz_str *to;
    } table[] = {{"temperature", &r->out->temperature}, {"top_p", &r->out->top_p}, {"top_k", &r->out->top_k}};
    for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
        const yz_json *node = yz_json_given(root, table[i].key);
        if (node && node->type != YZ_JSON_NUMBER)
            return an_refuse(r, yz_str_of(table[i].key), "%s: must be a number", table[i].key);
        *table[i].to = yz_json_raw(node);
    }
    const yz_json *max = yz_json_given(root, "max_tokens");
    if (!max || yz_json_int(max, 0) < 1)
        return an_refuse(r, YZ_STR("max_tokens"), "max_tokens: a whole number of at least 1 is required");
    r->out->max_tokens = yz_json_int(max, 0);
    return YZ_OK;
}

static int read_stop(an_reader *r, const yz_json *root) {
    const yz_json *stop = yz_json_given(root, "stop_sequences");
    for (const yz_json *s = stop ? stop->child : NULL; s; s = s->next) {
        if (s->type != YZ_JSON_STRING)
            return an_refuse(r, YZ_STR("stop_sequences"), "stop_sequences: must be a list of strings");
        yz_stop_add(r->out, yz_json_escaped(s));
    }
    return YZ_OK;
}

static void read_thinking(an_reader *r, const yz_json *root) {
    const yz_json *thinking = yz_json_given(root, "thinking"), *config = yz_json_given(root, "output_config"),
                  *format = yz_json_given(config, "format");
    yz_str type = yc_word(r->arena, yz_json_get(thinking, "type"));
    r->out->effort = yc_word(r->arena, yz_json_get(config, "effort"));
    if (yz_json_says(yz_json_get(thinking, "display"), "summarized"))
        r->out->summary = YZ_STR("auto");
    if (yz_str_is(type, "disabled"))
        r->out->effort = YZ_STR("none");
    else if (yz_str_is(type, "enabled") && yz_json_int(yz_json_get(thinking, "budget_tokens"), -1) == 0)
        r->out->effort = YZ_STR("none");
    else if (yz_str_is(type, "enabled"))
        r->out->thinking_budget = yz_json_int(yz_json_get(thinking, "budget_tokens"), 0);
    else if (yz_str_is(type, "adaptive") && r->out->effort.n == 0)
        r->out->effort = YZ_STR("high"); /* what the API takes when nothing is said */
    else if (thinking && !yz_str_is(type, "adaptive"))
        yz_lose(r->losses, "thinking");
    for (const yz_json *field = config ? config->child : NULL; field; field = field->next)
        if (!yz_str_is(yz_json_key(field), "effort") && !yz_str_is(yz_json_key(field), "format"))
            yz_lose_as(r->losses, "output_config", yz_json_given(config, "effort") || format ? YZ_APPROXIMATED : YZ_DROPPED);
    const yz_json *schema = yz_json_get(format, "schema");
    if (yz_json_is(schema, YZ_JSON_OBJECT)) {
        r->out->schema = yz_json_raw(schema);
        r->out->schema_strict = YZ_ON; /* this dialect always holds the output to it */
    }
}

static const char *const known[] = {
    "model",          "messages", "system",      "max_tokens", "stream",        "temperature", "top_p",         "top_k",
    "stop_sequences", "tools",    "tool_choice", "thinking",   "output_config", "metadata",    "cache_control", NULL,
};

int an_read(const yz_request *request, yz_arena *arena, yz_losses *losses, yz_chat *out, yz_error *error) {
    const yz_json *root = request->json;
    out->stream = request->stream;
    out->include_usage = true; /* always reported in this dialect */
    out->source = root;
    an_reader r = {.arena = arena, .losses = losses, .out = out, .error = error};
    int code = read_messages(&r, root);
    if (code == YZ_OK)
        code = read_tools(&r, root);
    if (code == YZ_OK)
        code = read_tool_choice(&r, root);
    if (code == YZ_OK)
        code = read_numbers(&r, root);
    if (code == YZ_OK)
        code = read_stop(&r, root);
    if (code < 0)
        return code;
    read_thinking(&r, root);
    out->user = yz_json_escaped(yz_json_get(yz_json_get(root, "metadata"), "user_id"));
    for (const yz_json *field = root->child; field; field = field->next)
        if (field->type != YZ_JSON_NULL && !yc_one_of(yz_json_key(field), known))
            yz_lose(losses, yz_dup(arena, yz_json_key(field)).p);
    return YZ_OK;
}
