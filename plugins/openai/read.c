/* openai/read.c: a client's Chat Completions request as a neutral one: everything but the messages (read_message.c).
 *
 * Fields the neutral form has no place for are reported as losses in the client's spelling; a field of the wrong type is refused with
 * the message a client of this API expects.
 */
#include "openai.h"

static int refuse_early(yz_arena *arena, yz_error *error, const char *param, const char *message) {
    return yz_refuse(arena, error, yz_str_of(param), "%s", message);
}

#define METADATA "metadata"

/* What is paid for must not be read otherwise by its provider: many do not look at the case of a name, and take the last. */
static const char *const spelt[] = {"size",   "model", "n",      "quality",  "seconds",    "duration",   "resolution", "width",
                                    "height", "input", "prompt", "metadata", "extra_body", "num_frames", "parameters", NULL};

/* Fields of vendors that relays hand on, and by which more could be made than is priced. */
static const char *const unpriced[] = {"extra_body", "num_frames", NULL};

static int refuse_unpriced(yz_str name, yz_arena *arena, yz_error *error) {
    return yz_refuse(
        arena, error, name,
        "%.*s may ask for more than is paid for, and nobody here can read it: how long and how large a film is to be say seconds "
        "and size",
        YZ_STR_ARGS(name));
}

/* A film that its provider gets as it came; one of the older form is written anew. */
static int accept_film(const yz_request *request, yz_arena *arena, yz_error *error) {
    if (oa_is_task(request))
        return oa_accept_task(request->json, arena, error);
    for (size_t i = 0; unpriced[i]; i++)
        if (yz_json_given(request->json, unpriced[i]))
            return refuse_unpriced(yz_str_of(unpriced[i]), arena, error);
    if (!oa_is_noted(yz_json_get(request->json, METADATA), arena))
        return refuse_unpriced(YZ_STR(METADATA), arena, error);
    return YZ_OK;
}

/* Its text is a document to those who read it. */
static bool is_priced(yz_str metadata, yz_arena *arena) {
    yz_json *read;
    return metadata.n > 0 && (yz_json_parse(arena, metadata, YZ_JSON_LONE_SURROGATES, &read, NULL) < 0 || !oa_is_noted(read, arena));
}

/* As it is read from JSON: fields of forms are, too. */
static int accept_fields(yz_request *request, yz_arena *arena, yz_error *error) {
    for (const yz_form_field *f = request->form->fields; f; f = f->next) {
        for (size_t i = 0; spelt[i]; i++)
            if (!yz_str_is(f->name, spelt[i]) && yc_folds_to(f->name, spelt[i]))
                return yc_refuse_near(f->name, spelt[i], arena, error);
        bool noted = yz_str_is(f->name, METADATA);
        if (request->op == YZ_OP_VIDEO && (noted ? f->file || is_priced(f->value, arena) : yc_one_of(f->name, unpriced)))
            return refuse_unpriced(f->name, arena, error);
    }
    return oa_accept_form(request, arena, error);
}

/* Of a chat the model alone: all else that it costs its provider says. */
static int accept_names(const yz_request *request, yz_arena *arena, yz_error *error) {
    bool chats = request->op == YZ_OP_CHAT || request->op == YZ_OP_COMPLETION;
    return chats ? yc_accept_model(request->json, arena, error) : yc_accept_names(request->json, spelt, arena, error);
}

int oa_accept(yz_request *request, yz_arena *arena, yz_error *error) {
    if (request->op == YZ_OP_MODELS)
        return YZ_OK;
    if (request->op == YZ_OP_STORED)
        return oa_accept_stored(request, arena, error);
    if (request->op == YZ_OP_FILE)
        return oa_is_upload(request) ? oa_accept_upload(request, arena, error) : oa_accept_file(request, arena, error);
    if (request->op == YZ_OP_BATCH)
        return oa_accept_batch(request, arena, error);
    if (request->op == YZ_OP_REALTIME)
        return oa_accept_session(request, arena, error);
    if (oa_remix_of(request).n > 0)
        return oa_accept_remix(request, arena, error);
    if (request->form)
        return accept_fields(request, arena, error);
    const yz_json *root = request->json;
    if (!yz_json_is(root, YZ_JSON_OBJECT))
        return refuse_early(arena, error, "", "the body must be a JSON object");
    if (accept_names(request, arena, error) < 0)
        return YZ_EINVAL;
    const yz_json *model = yz_json_get(root, "model"), *stream = yz_json_get(root, "stream");
    if (!model && request->op == YZ_OP_MODERATION) { /* the one operation whose model is optional */
        request->model = YZ_STR("omni-moderation-latest");
        return YZ_OK;
    }
    if (!model)
        return refuse_early(arena, error, "model", "you must provide a model parameter");
    if (!yz_json_is(model, YZ_JSON_STRING) || model->n <= 2)
        return refuse_early(arena, error, "model", "model must be a string that is not empty");
    if (stream && stream->type != YZ_JSON_TRUE && stream->type != YZ_JSON_FALSE && stream->type != YZ_JSON_NULL)
        return refuse_early(arena, error, "stream", "stream must be true or false");
    if (request->op == YZ_OP_CHAT && !yz_json_is(yz_json_get(root, "messages"), YZ_JSON_ARRAY))
        return refuse_early(arena, error, "messages", yz_format(arena, "messages must be a list%s", yc_elsewhere(root, "messages")).p);
    if (request->op == YZ_OP_VIDEO && accept_film(request, arena, error) < 0)
        return YZ_EINVAL;
    if (request->op == YZ_OP_SPEECH && yz_json_escaped(yz_json_get(root, "input")).n == 0) /* it is paid for by its length */
        return refuse_early(arena, error, "input", "input must be a text that is not empty: what is to be spoken");
    request->model_node = model;
    request->model = yz_json_text(arena, model);
    request->stream = yz_json_true(stream) || (request->op == YZ_OP_SPEECH && yz_json_says(yz_json_get(root, "stream_format"), "sse"));
    request->include_usage = yz_json_true(yz_json_get(yz_json_get(root, "stream_options"), "include_usage"));
    return YZ_OK;
}

/* ---- small fields --------------------------------------------------------------------------------------------------------- */

static int read_numbers(oa_reader *r, const yz_json *root) {
    yz_chat *c = r->out;
    const struct {
        const char *key;
        yz_str *to;
    } table[] = {{"temperature", &c->temperature},
                 {"top_p", &c->top_p},
                 {"top_k", &c->top_k},
                 {"seed", &c->seed},
                 {"presence_penalty", &c->presence_penalty},
                 {"frequency_penalty", &c->frequency_penalty}};
    for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
        const yz_json *node = yz_json_given(root, table[i].key);
        if (node && node->type != YZ_JSON_NUMBER)
            return oa_refuse(r, yz_str_of(table[i].key), "%s must be a number", table[i].key);
        *table[i].to = yz_json_raw(node);
    }
    return YZ_OK;
}

static int read_counts(oa_reader *r, const yz_json *root) {
    static const char *const keys[] = {"max_completion_tokens", "max_tokens", "n"};
    for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++) {
        const yz_json *node = yz_json_given(root, keys[i]);
        if (node && yz_json_int(node, 0) < 1)
            return oa_refuse(r, yz_str_of(keys[i]), "%s must be a whole number of at least 1", keys[i]);
    }
    r->out->max_tokens = yz_json_int(yz_json_given(root, "max_completion_tokens"), yz_json_int(yz_json_given(root, "max_tokens"), 0));
    r->out->n = yz_json_int(yz_json_given(root, "n"), 0);
    return YZ_OK;
}

static int read_stop(oa_reader *r, const yz_json *root) {
    const yz_json *stop = yz_json_given(root, "stop");
    bool list = yz_json_is(stop, YZ_JSON_ARRAY);
    for (const yz_json *s = list ? stop->child : stop; s; s = list ? s->next : NULL) {
        if (s->type != YZ_JSON_STRING)
            return oa_refuse(r, YZ_STR("stop"), "stop must be a string or a list of strings");
        yz_stop_add(r->out, yz_json_escaped(s));
    }
    return YZ_OK;
}

static int read_format(oa_reader *r, const yz_json *root) {
    const yz_json *format = yz_json_given(root, "response_format");
    yz_str type = yc_word(r->arena, yz_json_get(format, "type"));
    if (!format || yz_str_is(type, "text"))
        return YZ_OK;
    if (yz_str_is(type, "json_object")) {
        r->out->json_object = true;
        return YZ_OK;
    }
    const yz_json *spec = yz_json_get(format, "json_schema"), *schema = yz_json_get(spec, "schema");
    if (!yz_str_is(type, "json_schema") || !yz_json_is(spec, YZ_JSON_OBJECT))
        return oa_refuse(r, YZ_STR("response_format"),
                         "response_format.type must be \"text\", \"json_object\" or \"json_schema\" (with json_schema)");
    r->out->schema_name = yz_json_escaped(yz_json_get(spec, "name"));
    r->out->schema = yz_json_is(schema, YZ_JSON_OBJECT) ? yz_json_raw(schema) : YZ_STR("{\"type\":\"object\"}");
    r->out->schema_strict = yz_switch_of(yz_json_get(spec, "strict"));
    return YZ_OK;
}

/* ---- tools ------------------------------------------------------------------------------------------------------------------ */

/* {"type":"allowed_tools","allowed_tools":{"mode","tools":[{"type","function":{"name"}}]}}: the other tools are left out. NULL: no such
 * choice. */
static const yz_json *allowed_tools(const yz_json *root) {
    const yz_json *choice = yz_json_given(root, "tool_choice");
    return yz_json_says(yz_json_get(choice, "type"), "allowed_tools") ? yz_json_get(choice, "allowed_tools") : NULL;
}

static bool is_allowed(const yz_json *allowed, yz_str name) {
    const yz_json *list = yz_json_get(allowed, "tools");
    for (const yz_json *t = list ? list->child : NULL; t; t = t->next)
        if (yz_str_eq(yz_json_escaped(yz_json_get(yz_json_get(t, "function"), "name")), name) ||
            yz_str_eq(yz_json_escaped(yz_json_get(yz_json_get(t, "custom"), "name")), name))
            return true;
    return !allowed;
}

/* A tool that takes free text is a function of one text; the grammar of it nobody else can hold to. */
static void read_custom(oa_reader *r, const yz_json *custom, yz_tool *tool) {
    const yz_json *format = yz_json_given(custom, "format");
    yz_lose_as(r->losses, "tools.custom", YZ_EMULATED);
    tool->schema = YZ_STR(YZ_CUSTOM_SCHEMA);
    if (format && !yz_json_says(yz_json_get(format, "type"), "text"))
        yz_lose(r->losses, "tools.custom.format");
}

static int read_tool(oa_reader *r, const yz_json *node, size_t at, const yz_json *allowed) {
    const yz_json *custom = yz_json_get(node, "custom"), *f = custom ? custom : yz_json_get(node, "function");
    const yz_json *schema = yz_json_get(f, "parameters"), *name = yz_json_get(f, "name");
    yz_str type = yc_word(r->arena, yz_json_given(node, "type"));
    if (!f && type.n > 0 && !yz_str_is(type, "function") && !yz_str_is(type, "custom")) { /* it runs at its own vendor */
        yz_lose(r->losses, yz_format(r->arena, "tools.%.*s", YZ_STR_ARGS(type)).p);
        return YZ_OK;
    }
    if (!yz_json_is(f, YZ_JSON_OBJECT))
        return oa_refuse(r, yz_format(r->arena, "tools[%zu].type", at), "a tool must be of type \"function\" or \"custom\"");
    if (!yz_json_is(name, YZ_JSON_STRING) || name->n <= 2)
        return oa_refuse(r, yz_format(r->arena, "tools[%zu].%s.name", at, custom ? "custom" : "function"), "a tool needs a name");
    if (!is_allowed(allowed, yz_json_escaped(name)))
        return YZ_OK;
    yz_tool *tool = yz_tool_add(r->out);
    tool->name = yz_json_escaped(name);
    tool->description = yz_json_escaped(yz_json_get(f, "description"));
    tool->schema = yz_json_is(schema, YZ_JSON_OBJECT) ? yz_json_raw(schema) : (yz_str){NULL, 0};
    tool->strict = yz_switch_of(yz_json_get(f, "strict"));
    tool->cache = yz_json_raw(yz_json_given(node, "cache_control"));
    if (custom)
        read_custom(r, custom, tool);
    yc_lose_others(node, "tools", YZ_NAMES("type", "function", "custom", "cache_control"), r->arena, r->losses);
    yc_lose_others(f, custom ? "tools.custom" : "tools.function", YZ_NAMES("name", "description", "parameters", "strict", "format"),
                   r->arena, r->losses);
    return YZ_OK;
}

static int read_tools(oa_reader *r, const yz_json *root) {
    const yz_json *tools = yz_json_given(root, "tools"), *allowed = allowed_tools(root);
    size_t at = 0;
    int code = YZ_OK;
    r->out->parallel_tools = yz_switch_of(yz_json_get(root, "parallel_tool_calls"));
    if (!tools)
        return YZ_OK;
    if (tools->type != YZ_JSON_ARRAY)
        return oa_refuse(r, YZ_STR("tools"), "tools must be a list");
    for (const yz_json *node = tools->child; node && code == YZ_OK; node = node->next)
        code = read_tool(r, node, at++, allowed);
    return code;
}

static int read_allowed(oa_reader *r, const yz_json *allowed) {
    if (!yz_json_is(yz_json_get(allowed, "tools"), YZ_JSON_ARRAY))
        return oa_refuse(r, YZ_STR("tool_choice"), "tool_choice.allowed_tools.tools must be a list");
    r->out->tool_choice = yz_json_says(yz_json_get(allowed, "mode"), "required") ? YZ_TOOLS_REQUIRED : YZ_TOOLS_AUTO;
    return YZ_OK;
}

static int read_tool_choice(oa_reader *r, const yz_json *root) {
    const yz_json *choice = yz_json_given(root, "tool_choice");
    yz_str word = yc_word(r->arena, choice), type = yc_word(r->arena, yz_json_get(choice, "type"));
    if (!choice)
        return YZ_OK;
    if (yz_str_is(word, "auto"))
        r->out->tool_choice = YZ_TOOLS_AUTO;
    else if (yz_str_is(word, "none"))
        r->out->tool_choice = YZ_TOOLS_NONE;
    else if (yz_str_is(word, "required") || yz_str_is(word, "any"))
        r->out->tool_choice = YZ_TOOLS_REQUIRED;
    else if (yz_str_is(type, "allowed_tools"))
        return read_allowed(r, yz_json_get(choice, "allowed_tools"));
    else if (yz_str_is(type, "function") || yz_str_is(type, "custom")) {
        r->out->tool_choice = YZ_TOOLS_NAMED;
        r->out->tool_name = yz_json_escaped(yz_json_get(yz_json_get(choice, yz_dup(r->arena, type).p), "name"));
    } else
        return oa_refuse(r, YZ_STR("tool_choice"), "tool_choice must be \"auto\", \"none\", \"required\", or name a function");
    return YZ_OK;
}

/* ---- all of it ---------------------------------------------------------------------------------------------------------------- */

/* Fields that are passed on as they are, where the provider takes them. */
static void read_wishes(oa_reader *r, const yz_json *root) {
    yz_chat *c = r->out;
    const struct {
        const char *key;
        yz_str *raw, *escaped;
    } table[] = {{"logit_bias", &c->logit_bias, NULL},
                 {"top_logprobs", &c->top_logprobs, NULL},
                 {"metadata", &c->metadata, NULL},
                 {"modalities", &c->modalities, NULL},
                 {"audio", &c->voice, NULL},
                 {"prediction", &c->prediction, NULL},
                 {"verbosity", NULL, &c->verbosity},
                 {"service_tier", NULL, &c->tier},
                 {"prompt_cache_key", NULL, &c->cache_key}};
    for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
        const yz_json *node = yz_json_given(root, table[i].key);
        if (table[i].raw && node && node->type != YZ_JSON_FALSE)
            *table[i].raw = yz_json_raw(node);
        else if (table[i].escaped)
            *table[i].escaped = yc_word(r->arena, node);
    }
    c->logprobs = yz_json_true(yz_json_get(root, "logprobs"));
    const yz_json *user = yz_json_given(root, "safety_identifier");
    c->user = yz_json_escaped(user ? user : yz_json_given(root, "user"));
    c->include_usage = yz_json_true(yz_json_get(yz_json_get(root, "stream_options"), "include_usage"));
}

/* Fields that were read, or that ask for nothing the answer would show. */
static const char *const known[] = {
    "model",
    "messages",
    "stream",
    "stream_options",
    "temperature",
    "top_p",
    "top_k",
    "seed",
    "presence_penalty",
    "frequency_penalty",
    "n",
    "stop",
    "max_tokens",
    "max_completion_tokens",
    "tools",
    "tool_choice",
    "parallel_tool_calls",
    "user",
    "safety_identifier",
    "reasoning_effort",
    "response_format",
    "cache_control",
    "logit_bias",
    "logprobs",
    "top_logprobs",
    "metadata",
    "modalities",
    "audio",
    "prediction",
    "verbosity",
    "service_tier",
    "prompt_cache_key",
    "reasoning",
    "thinking",
    "output_config",
    "enable_thinking",
    "thinking_budget",
    NULL,
};

static void tell_losses(oa_reader *r, const yz_json *root) {
    for (const yz_json *field = root->child; field; field = field->next)
        if (field->type != YZ_JSON_NULL && field->type != YZ_JSON_FALSE && !yc_one_of(yz_json_key(field), known))
            yz_lose(r->losses, yz_dup(r->arena, yz_json_key(field)).p);
}

int oa_read(const yz_request *request, yz_arena *arena, yz_losses *losses, yz_chat *out, yz_error *error) {
    if (request->op == YZ_OP_IMAGE)
        return oa_read_picture(request, arena, losses, out, error);
    const yz_json *root = request->json;
    out->stream = request->stream;
    out->source = root;
    oa_reader r = {.arena = arena, .losses = losses, .out = out, .error = error};
    if (yz_json_given(root, "functions")) /* the answer would have to be in the old form as well */
        return oa_refuse(&r, YZ_STR("functions"), "functions is out of use: this model takes tools");
    int code = oa_read_messages(&r, yz_json_get(root, "messages"));
    if (code == YZ_OK)
        code = read_numbers(&r, root);
    if (code == YZ_OK)
        code = read_counts(&r, root);
    if (code == YZ_OK)
        code = read_stop(&r, root);
    if (code == YZ_OK)
        code = read_format(&r, root);
    if (code == YZ_OK)
        code = read_tools(&r, root);
    if (code == YZ_OK)
        code = read_tool_choice(&r, root);
    if (code < 0)
        return code;
    read_wishes(&r, root);
    oa_read_effort(&r, root);
    tell_losses(&r, root);
    return YZ_OK;
}
