/* responses/read.c: a client's Responses request as a neutral one: everything but the items (read_item.c). What only the provider that
 * keeps earlier answers can do is refused, since leaving it out would lose the talk.
 */
#include "responses.h"

static int refuse_early(yz_arena *arena, yz_error *error, const char *param, const char *words) {
    return yz_refuse(arena, error, yz_str_of(param), "%s", words);
}

int rs_accept(yz_request *request, yz_arena *arena, yz_error *error) {
    if (request->op == YZ_OP_STORED)
        return rs_accept_stored(request, arena, error);
    const yz_json *root = request->json, *model = yz_json_get(root, "model"), *stream = yz_json_given(root, "stream");
    const yz_json *input = yz_json_given(root, "input");
    if (!yz_json_is(root, YZ_JSON_OBJECT))
        return refuse_early(arena, error, "", "the body must be a JSON object");
    if (yc_accept_model(root, arena, error) < 0)
        return YZ_EINVAL;
    if (!yz_json_is(model, YZ_JSON_STRING) || model->n <= 2)
        return refuse_early(arena, error, "model", "model must be a string that is not empty");
    if (stream && stream->type != YZ_JSON_TRUE && stream->type != YZ_JSON_FALSE)
        return refuse_early(arena, error, "stream", "stream must be true or false");
    if (rs_accept_ids(request, arena, error) < 0)
        return YZ_EINVAL;
    bool goes_on = yz_json_given(root, RS_PREVIOUS) || yz_json_given(root, RS_CONVERSATION) || yz_json_given(root, "prompt");
    if (!(goes_on && !input) && !yz_json_is(input, YZ_JSON_STRING) && !yz_json_is(input, YZ_JSON_ARRAY))
        return refuse_early(arena, error, "input",
                            yz_format(arena, "input must be a string or a list of items%s", yc_elsewhere(root, "input")).p);
    request->model_node = model;
    request->model = yz_json_text(arena, model);
    request->stream = yz_json_true(stream);
    request->include_usage = true;
    return YZ_OK;
}

/* ---- tools -------------------------------------------------------------------------------------------------------------------------- */

#define ONE_INPUT                                                                                                                          \
    "{\"type\":\"object\",\"properties\":{\"input\":{\"type\":\"string\"}},\"required\":[\"input\"],\"additionalProperties\":false}"

static bool is_allowed(const yz_json *choice, yz_str name) {
    const yz_json *list = yz_json_get(choice, "tools");
    if (!yz_json_says(yz_json_get(choice, "type"), "allowed_tools"))
        return true;
    for (const yz_json *tool = list ? list->child : NULL; tool; tool = tool->next)
        if (yz_str_eq(yz_json_escaped(yz_json_get(tool, "name")), name))
            return true;
    return false;
}

static void add_tool(rs_reader *r, const yz_json *node, yz_str name, bool custom) {
    const yz_json *schema = yz_json_get(node, "parameters");
    yz_tool *tool = yz_tool_add(r->out);
    tool->name = name;
    tool->description = yz_json_escaped(yz_json_get(node, "description"));
    tool->schema = custom ? YZ_STR(ONE_INPUT) : yz_json_is(schema, YZ_JSON_OBJECT) ? yz_json_raw(schema) : (yz_str){NULL, 0};
    tool->strict = custom ? YZ_UNSAID : yz_switch_of(yz_json_get(node, "strict"));
    if (custom && yz_json_says(yz_json_get(yz_json_get(node, "format"), "type"), "grammar"))
        yz_lose(r->losses, "tools.format");
    yc_lose_others(node, "tools", YZ_NAMES("type", "name", "description", "parameters", "strict", "format"), r->arena, r->losses);
}

static int read_list(rs_reader *r, const yz_json *list, yz_str space, const yz_json *choice) {
    size_t at = 0;
    for (const yz_json *node = list ? list->child : NULL; node; node = node->next, at++) {
        yz_str type = yc_word(r->arena, yz_json_get(node, "type")), name = yz_json_escaped(yz_json_get(node, "name"));
        bool custom = yz_str_is(type, "custom"), inner = yz_str_is(type, "namespace");
        if (type.n == 0 || ((custom || inner || yz_str_is(type, "function")) && name.n == 0))
            return rs_refuse(r, yz_format(r->arena, "tools[%zu]", at), "a tool needs a type, and a function a name");
        if (inner && space.n == 0) {
            int code = read_list(r, yz_json_get(node, "tools"), name, choice);
            if (code < 0)
                return code;
        } else if (!custom && !yz_str_is(type, "function")) { /* it runs at another provider */
            yz_lose(r->losses, yz_format(r->arena, "tools.%.*s", YZ_STR_ARGS(type)).p);
        } else if (is_allowed(choice, name)) {
            add_tool(r, node, rs_full_name(r->arena, space, name), custom);
        }
    }
    return YZ_OK;
}

static int read_choice(rs_reader *r, const yz_json *choice) {
    static const struct {
        const char *word;
        yz_tool_choice choice;
    } table[] = {{"auto", YZ_TOOLS_AUTO}, {"none", YZ_TOOLS_NONE}, {"required", YZ_TOOLS_REQUIRED}};
    yz_str type = yc_word(r->arena, yz_json_get(choice, "type"));
    yz_str word = yz_str_is(type, "allowed_tools") ? yc_word(r->arena, yz_json_get(choice, "mode")) : yc_word(r->arena, choice);
    if (!choice)
        return YZ_OK;
    for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++)
        if (yz_str_is(word, table[i].word)) {
            r->out->tool_choice = table[i].choice;
            return YZ_OK;
        }
    if (yz_str_is(type, "function") || yz_str_is(type, "custom")) {
        r->out->tool_choice = YZ_TOOLS_NAMED;
        r->out->tool_name = yz_json_escaped(yz_json_get(choice, "name"));
        return YZ_OK;
    }
    if (type.n == 0)
        return rs_refuse(r, YZ_STR("tool_choice"), "tool_choice must be \"auto\", \"none\", \"required\", or name a tool");
    yz_lose(r->losses, "tool_choice");
    return YZ_OK;
}

/* ---- small fields ---------------------------------------------------------------------------------------------------------------------
 */

static int read_format(rs_reader *r, const yz_json *text) {
    const yz_json *format = yz_json_given(text, "format"), *schema = yz_json_get(format, "schema");
    yz_str type = yc_word(r->arena, yz_json_get(format, "type"));
    r->out->verbosity = yc_word(r->arena, yz_json_given(text, "verbosity"));
    if (!format || yz_str_is(type, "text"))
        return YZ_OK;
    r->out->json_object = yz_str_is(type, "json_object");
    if (r->out->json_object)
        return YZ_OK;
    if (!yz_str_is(type, "json_schema") || !yz_json_is(schema, YZ_JSON_OBJECT))
        return rs_refuse(r, YZ_STR("text.format"),
                         "text.format must be of type \"text\", \"json_object\" or \"json_schema\" (with schema)");
    r->out->schema_name = yz_json_escaped(yz_json_get(format, "name"));
    r->out->schema = yz_json_raw(schema);
    r->out->schema_strict = yz_switch_of(yz_json_get(format, "strict"));
    return YZ_OK;
}

static int read_numbers(rs_reader *r, const yz_json *root) {
    static const char *const keys[] = {"temperature", "top_p", "top_logprobs"};
    yz_str *const to[] = {&r->out->temperature, &r->out->top_p, &r->out->top_logprobs};
    for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++) {
        const yz_json *node = yz_json_given(root, keys[i]);
        if (node && node->type != YZ_JSON_NUMBER)
            return rs_refuse(r, yz_str_of(keys[i]), "%s must be a number", keys[i]);
        *to[i] = yz_json_raw(node);
    }
    const yz_json *most = yz_json_given(root, "max_output_tokens");
    if (most && yz_json_int(most, 0) < 1)
        return rs_refuse(r, YZ_STR("max_output_tokens"), "max_output_tokens must be a whole number of at least 1");
    r->out->max_tokens = yz_json_int(most, 0);
    return YZ_OK;
}

static void read_wishes(rs_reader *r, const yz_json *root) {
    yz_chat *c = r->out;
    const yz_json *reasoning = yz_json_given(root, "reasoning"), *user = yz_json_given(root, "safety_identifier");
    c->parallel_tools = yz_switch_of(yz_json_get(root, "parallel_tool_calls"));
    c->effort = yc_word(r->arena, yz_json_given(reasoning, "effort"));
    c->summary = yc_word(r->arena, yz_json_given(reasoning, "summary"));
    c->tier = yc_word(r->arena, yz_json_given(root, "service_tier"));
    c->cache_key = yz_json_escaped(yz_json_given(root, "prompt_cache_key"));
    c->user = yz_json_escaped(user ? user : yz_json_given(root, "user"));
    c->metadata = yz_json_raw(yz_json_given(root, "metadata"));
    c->include_usage = true;
}

/* Fields that were read, or that ask for nothing the answer would show. */
static const char *const known[] = {"model",
                                    "input",
                                    "instructions",
                                    "stream",
                                    "tools",
                                    "tool_choice",
                                    "parallel_tool_calls",
                                    "text",
                                    "temperature",
                                    "top_p",
                                    "top_logprobs",
                                    "max_output_tokens",
                                    "reasoning",
                                    "service_tier",
                                    "prompt_cache_key",
                                    "prompt_cache_retention",
                                    "safety_identifier",
                                    "user",
                                    "metadata",
                                    "store",
                                    "include",
                                    "client_metadata",
                                    "stream_options",
                                    "truncation",
                                    NULL};

static void tell_losses(const rs_reader *r, const yz_json *root) {
    for (const yz_json *field = root->child; field; field = field->next) {
        bool asks = field->type != YZ_JSON_NULL && field->type != YZ_JSON_FALSE;
        if (asks && !yc_one_of(yz_json_key(field), known))
            yz_lose(r->losses, yz_dup(r->arena, yz_json_key(field)).p);
    }
}

static int refuse_state(rs_reader *r, const yz_json *root) {
    static const char *const keys[] = {"previous_response_id", "conversation", "prompt"};
    for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++)
        if (yz_json_given(root, keys[i]))
            return rs_refuse(r, yz_str_of(keys[i]),
                             "this model is served through another API, which keeps nothing: send all items in input");
    if (yz_json_true(yz_json_get(root, "background")))
        return rs_refuse(r, YZ_STR("background"), "this model is served through another API, which cannot answer in the background");
    return YZ_OK;
}

int rs_read(const yz_request *request, yz_arena *arena, yz_losses *losses, yz_chat *out, yz_error *error) {
    const yz_json *root = request->json, *instructions = yz_json_given(root, "instructions"), *choice = yz_json_given(root, "tool_choice");
    rs_reader r = {.arena = arena, .losses = losses, .out = out, .error = error};
    out->stream = request->stream;
    out->source = root;
    if (yz_json_escaped(instructions).n)
        yz_part_add(yz_message_add(out, YZ_ROLE_SYSTEM), YZ_PART_TEXT)->text = yz_json_escaped(instructions);
    int code = refuse_state(&r, root);
    if (code == YZ_OK)
        code = rs_read_input(&r, yz_json_get(root, "input"));
    if (code == YZ_OK)
        code = read_list(&r, yz_json_given(root, "tools"), (yz_str){NULL, 0}, choice);
    if (code == YZ_OK)
        code = read_choice(&r, choice);
    if (code == YZ_OK)
        code = read_format(&r, yz_json_given(root, "text"));
    if (code == YZ_OK)
        code = read_numbers(&r, root);
    if (code < 0)
        return code;
    read_wishes(&r, root);
    tell_losses(&r, root);
    return YZ_OK;
}
