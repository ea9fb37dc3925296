/* responses_check.c: what OpenAI's Responses API refuses, and how it says so. From the types of openai-python (ResponseCreateParams and
 * what they name) and the words that users report of the service. */
#include "sim.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#define INVALID "invalid_request_error"

static const cJSON *get(const cJSON *o, const char *name) {
    const cJSON *v = cJSON_GetObjectItemCaseSensitive(o, name);
    return cJSON_IsNull(v) ? NULL : v;
}

/* ---- input -------------------------------------------------------------------------------------------------------------------- */

#define MAX_PENDING 64
typedef struct walk {
    question *q;
    refusal *out;
    const char *due[MAX_PENDING]; /* calls whose outputs are missing */
    size_t n_due, at;
    bool json, reasoned; /* the word was said; the last item is reasoning */
    char where[80];
} walk;

static const char *place(walk *w, const char *field) {
    snprintf(w->where, sizeof w->where, "input[%zu]%s", w->at, field);
    return w->where;
}

static bool lacks(walk *w, const char *field) { return openai_missing(w->out, place(w, field)); }

static bool id_begins(walk *w, const cJSON *item, const char *prefix) {
    const char *id = json_string(item, "id");
    if (!id || !strncmp(id, prefix, strlen(prefix)))
        return true;
    return refuse(w->out, 400, INVALID, "invalid_value", place(w, ".id"), "Invalid '%s': '%.64s'. Expected an ID that begins with '%s'.",
                  w->where, id, prefix);
}

static void say(walk *w, const char *text) {
    buf_adds(&w->q->text, text);
    w->json |= strcasestr(text, "json") != NULL;
}

static bool image(walk *w, const cJSON *p) {
    static const char *const details[] = {"low", "high", "auto", "original", NULL};
    const char *url = json_string(p, "image_url"), *detail = json_string(p, "detail");
    if (detail && !json_list_has(details, detail))
        return refuse(w->out, 400, INVALID, "invalid_value", place(w, ".content.detail"), "Invalid value: '%.40s'.", detail);
    if (!url && !json_string(p, "file_id"))
        return lacks(w, ".content.image_url");
    if (url && strncmp(url, "https://", 8) && strncmp(url, "http://", 7) && (strncmp(url, "data:image/", 11) || !strstr(url, ";base64,")))
        return refuse(w->out, 400, INVALID, "invalid_value", place(w, ".content"),
                      "Invalid '%s.image_url'. Expected a valid URL, but got a value with an invalid format.", w->where);
    return true;
}

static bool file(walk *w, const cJSON *p) {
    const char *data = json_string(p, "file_data");
    if (data && (strncmp(data, "data:", 5) || !json_string(p, "filename")))
        return refuse(w->out, 400, INVALID, "invalid_value", place(w, ".content.file_data"),
                      "Invalid '%s': a data URL and a filename are needed.", w->where);
    return data || json_string(p, "file_id") || json_string(p, "file_url") ? true : lacks(w, ".content.file_id");
}

static bool part(walk *w, const cJSON *p, bool assistant) {
    const char *type = json_string(p, "type"), *text = json_string(p, "text");
    if (!type)
        return lacks(w, ".content.type");
    if (!strcmp(type, assistant ? "output_text" : "input_text")) {
        if (!text)
            return lacks(w, ".content.text");
        say(w, text);
        return true;
    }
    if (assistant && !strcmp(type, "refusal"))
        return json_string(p, "refusal") ? true : lacks(w, ".content.refusal");
    if (!assistant && !strcmp(type, "input_image"))
        return image(w, p);
    if (!assistant && !strcmp(type, "input_file"))
        return file(w, p);
    return refuse(w->out, 400, INVALID, "invalid_value", place(w, ".content"), "Invalid value: '%.40s'. Supported values are: %s.", type,
                  assistant ? "'output_text' and 'refusal'" : "'input_text', 'input_image', and 'input_file'");
}

static bool content(walk *w, const cJSON *c, const char *field, bool assistant) {
    const cJSON *p;
    if (cJSON_IsString(c)) {
        say(w, c->valuestring);
        return true;
    }
    if (!cJSON_IsArray(c))
        return c ? openai_wrong_type(w->out, place(w, field), "one of an array of objects or string") : lacks(w, field);
    cJSON_ArrayForEach(p, c) {
        if (!part(w, p, assistant))
            return false;
    }
    return true;
}

static bool message(walk *w, const cJSON *item) {
    static const char *const known[] = {"type", "role", "content", "id", "status", "phase", NULL};
    const char *role = json_string(item, "role"), *unknown = json_unknown(item, known);
    bool assistant = role && !strcmp(role, "assistant");
    if (unknown)
        return refuse(w->out, 400, INVALID, "unknown_parameter", place(w, ""), "Unknown parameter: '%s.%.40s'.", w->where, unknown);
    if (!role)
        return lacks(w, ".role");
    if (!assistant && strcmp(role, "user") && strcmp(role, "system") && strcmp(role, "developer"))
        return refuse(w->out, 400, INVALID, "invalid_value", place(w, ".role"),
                      "Invalid value: '%.40s'. Supported values are: 'assistant', 'system', 'developer', and 'user'.", role);
    if (!id_begins(w, item, "msg"))
        return false;
    if (w->reasoned && !assistant)
        return refuse(w->out, 400, INVALID, NULL, "input", "Item of type 'reasoning' was provided without its required following item.");
    w->q->text.n = 0;
    w->q->ends_with_result = false;
    return content(w, get(item, "content"), ".content", assistant);
}

static bool call(walk *w, const cJSON *item, bool custom) {
    const char *id = json_string(item, "call_id"), *name = json_string(item, "name");
    if (!id || !*id)
        return lacks(w, ".call_id");
    if (strlen(id) > 64)
        return refuse(w->out, 400, INVALID, "string_above_max_length", place(w, ".call_id"),
                      "Invalid '%s': string too long. Expected a string with maximum length 64, but got a string with length %zu instead.",
                      w->where, strlen(id));
    if (!name || !openai_name_ok(name, 128))
        return refuse(w->out, 400, INVALID, "invalid_value", place(w, ".name"),
                      "Invalid '%s': string does not match pattern. Expected a string that matches the pattern '^[a-zA-Z0-9_-]+$'.",
                      w->where);
    if (!json_string(item, custom ? "input" : "arguments"))
        return lacks(w, custom ? ".input" : ".arguments");
    if (w->n_due < MAX_PENDING)
        w->due[w->n_due++] = id;
    return id_begins(w, item, custom ? "ctc" : "fc");
}

static bool output(walk *w, const cJSON *item) {
    const char *id = json_string(item, "call_id");
    if (!id)
        return lacks(w, ".call_id");
    size_t i = 0;
    while (i < w->n_due && strcmp(w->due[i], id))
        i++;
    if (i == w->n_due && !w->q->goes_on)
        return refuse(w->out, 400, INVALID, NULL, "input", "No tool call found for function call output with call_id %.64s.", id);
    if (i < w->n_due)
        w->due[i] = w->due[--w->n_due];
    if (!w->q->ends_with_result)
        w->q->text.n = 0;
    w->q->ends_with_result = true;
    return content(w, get(item, "output"), ".output", false);
}

static bool reasoning(walk *w, const cJSON *item) {
    const char *sealed = json_string(item, "encrypted_content"), *id = json_string(item, "id");
    if (!cJSON_IsArray(get(item, "summary")))
        return lacks(w, ".summary");
    if (!id_begins(w, item, "rs"))
        return false;
    if (sealed && strncmp(sealed, RESPONSES_SEAL, strlen(RESPONSES_SEAL)))
        return refuse(w->out, 400, INVALID, "invalid_encrypted_content", NULL,
                      "The encrypted content %.12s... could not be verified. Reason: Encrypted content could not be decrypted or parsed.",
                      sealed);
    if (!sealed && id && w->q->unstored)
        return refuse(
            w->out, 404, INVALID, NULL, "input",
            "Item with id '%.40s' not found. Items are not persisted when `store` is set to false. Try again with `store` set to true, "
            "or remove this item from your input.",
            id);
    w->reasoned = true;
    return true;
}

static bool item(walk *w, const cJSON *i) {
    static const char *const others[] = {"item_reference",
                                         "web_search_call",
                                         "file_search_call",
                                         "computer_call",
                                         "computer_call_output",
                                         "code_interpreter_call",
                                         "image_generation_call",
                                         "local_shell_call",
                                         "local_shell_call_output",
                                         "shell_call",
                                         "shell_call_output",
                                         "apply_patch_call",
                                         "apply_patch_call_output",
                                         "mcp_call",
                                         "mcp_list_tools",
                                         "mcp_approval_request",
                                         "mcp_approval_response",
                                         "compaction",
                                         NULL};
    const char *type = json_string(i, "type");
    bool reasoned = w->reasoned;
    if (!cJSON_IsObject(i))
        return openai_wrong_type(w->out, place(w, ""), "an input item");
    if ((!type && get(i, "role")) || (type && !strcmp(type, "message"))) {
        bool fine = message(w, i);
        w->reasoned = false;
        return fine;
    }
    w->reasoned = false;
    if (type && (!strcmp(type, "function_call") || !strcmp(type, "custom_tool_call")))
        return call(w, i, *type == 'c');
    if (type && !strcmp(type, "reasoning"))
        return reasoning(w, i);
    if (reasoned)
        return refuse(w->out, 400, INVALID, NULL, "input", "Item of type 'reasoning' was provided without its required following item.");
    if (type && (!strcmp(type, "function_call_output") || !strcmp(type, "custom_tool_call_output")))
        return output(w, i);
    if (type && json_list_has(others, type))
        return true;
    return refuse(w->out, 400, INVALID, "invalid_value", place(w, ""), "Invalid value: '%.40s'.", type ? type : "");
}

static bool input(const cJSON *body, question *q, refusal *out) {
    const cJSON *list = get(body, "input"), *i;
    walk w = {.q = q, .out = out};
    const char *instructions = json_string(body, "instructions"), *format = json_string(get(get(body, "text"), "format"), "type");
    bool empty = !list || (cJSON_IsArray(list) && !cJSON_GetArraySize(list));
    if (empty && !q->goes_on && !get(body, "prompt"))
        return refuse(out, 400, INVALID, "missing_required_parameter", "input",
                      "One of \"input\" or \"previous_response_id\" or 'prompt' or 'conversation_id' must be provided.");
    if (list && !cJSON_IsString(list) && !cJSON_IsArray(list))
        return openai_wrong_type(out, "input", "one of a list of input items or string");
    if (cJSON_IsString(list))
        say(&w, list->valuestring);
    if (cJSON_IsArray(list))
        cJSON_ArrayForEach(i, list) {
            if (!item(&w, i))
                return false;
            w.at++;
        }
    if (w.reasoned)
        return refuse(out, 400, INVALID, NULL, "input", "Item of type 'reasoning' was provided without its required following item.");
    if (w.n_due)
        return refuse(out, 400, INVALID, NULL, "input", "No tool output found for function call %.64s.", w.due[0]);
    if (format && !strcmp(format, "json_object") && !w.json && !(instructions && strcasestr(instructions, "json")))
        return refuse(out, 400, INVALID, NULL, "input",
                      "Response input messages must contain the word 'json' in some form to use 'text.format' of type 'json_object'.");
    return true;
}

/* ---- tools -------------------------------------------------------------------------------------------------------------------- */

static bool function(const cJSON *t, size_t i, refusal *out) {
    static const char *const known[] = {"type",          "name",          "description", "parameters", "strict", "allowed_callers",
                                        "defer_loading", "output_schema", NULL};
    const char *name = json_string(t, "name"), *unknown = json_unknown(t, known);
    const cJSON *p = get(t, "parameters");
    char where[48];
    snprintf(where, sizeof where, "tools[%zu]", i);
    if (unknown)
        return refuse(out, 400, INVALID, "unknown_parameter", where, "Unknown parameter: '%s.%.40s'.", where, unknown);
    if (!name)
        return refuse(out, 400, INVALID, "missing_required_parameter", where, "Missing required parameter: '%s.name'.", where);
    if (!openai_name_ok(name, 128))
        return refuse(out, 400, INVALID, "invalid_value", where,
                      "Invalid '%s.name': string does not match pattern. Expected a string that matches the pattern '^[a-zA-Z0-9_-]+$'.",
                      where);
    if (p && (!cJSON_IsObject(p) || (cJSON_GetArraySize(p) && (!json_string(p, "type") || strcmp(json_string(p, "type"), "object")))))
        return refuse(out, 400, INVALID, "invalid_function_parameters", where,
                      "Invalid schema for function '%s': schema must be a JSON Schema of 'type: \"object\"'.", name);
    if (cJSON_IsTrue(get(t, "strict")) && (!p || !openai_strict_ok(p)))
        return refuse(out, 400, INVALID, "invalid_function_parameters", where,
                      "Invalid schema for function '%s': In context=(), 'additionalProperties' is required to be supplied and to be false.",
                      name);
    return true;
}

static bool tools(const cJSON *body, question *q, refusal *out) {
    static const char *const others[] = {
        "custom",      "namespace", "web_search",  "web_search_preview",   "file_search", "code_interpreter", "image_generation", "mcp",
        "local_shell", "shell",     "apply_patch", "computer_use_preview", NULL};
    const cJSON *list = get(body, "tools"), *t;
    size_t i = 0;
    if (list && !cJSON_IsArray(list))
        return openai_wrong_type(out, "tools", "an array of objects");
    cJSON_ArrayForEach(t, list) {
        const char *type = json_string(t, "type");
        if (!type)
            return openai_missing(out, "tools[0].type");
        if (!strcmp(type, "function") ? !function(t, i++, out) : !json_list_has(others, type))
            return out->status ? false : refuse(out, 400, INVALID, "invalid_value", "tools", "Invalid value: '%.40s'.", type);
    }
    if (cJSON_GetArraySize(list))
        q->tools = cJSON_GetObjectItemCaseSensitive(body, "tools");
    return true;
}

static bool offered(const question *q, const char *type, const char *name) {
    const cJSON *t;
    cJSON_ArrayForEach(t, q->tools) {
        const char *own = json_string(t, "name"), *kind = json_string(t, "type");
        if (kind && !strcmp(kind, type) && (!name || (own && !strcmp(own, name))))
            return true;
    }
    return false;
}

static bool tool_choice(const cJSON *body, question *q, refusal *out) {
    const cJSON *c = get(body, "tool_choice");
    const char *word = cJSON_IsString(c) ? c->valuestring : NULL, *type = json_string(c, "type"), *name = json_string(c, "name");
    if (!c)
        return true;
    if (word) {
        if (strcmp(word, "auto") && strcmp(word, "none") && strcmp(word, "required"))
            return refuse(out, 400, INVALID, "invalid_value", "tool_choice",
                          "Invalid value: '%.40s'. Supported values are: 'none', 'auto', and 'required'.", word);
        q->tool_forced = !strcmp(word, "required");
        if (q->tool_forced && !q->tools)
            return refuse(out, 400, INVALID, NULL, "tool_choice", "Tool choice 'required' must be specified with 'tools' parameter.");
        if (!strcmp(word, "none"))
            q->tools = NULL;
        return true;
    }
    if (!type)
        return openai_missing(out, "tool_choice.type");
    if (!strcmp(type, "allowed_tools"))
        return true;
    bool named = !strcmp(type, "function") || !strcmp(type, "custom");
    if (named && !name)
        return openai_missing(out, "tool_choice.name");
    if (!offered(q, type, named ? name : NULL))
        return refuse(out, 400, INVALID, NULL, "tool_choice", "Tool choice '%.40s' not found in 'tools' parameter.", named ? name : type);
    q->tool_forced = true;
    snprintf(q->only, sizeof q->only, "%s", named ? name : "");
    return true;
}

/* ---- form, reasoning, limits --------------------------------------------------------------------------------------------------- */

static bool form(const cJSON *body, refusal *out) {
    static const char *const fields[] = {"format", "verbosity", NULL}, *const levels[] = {"low", "medium", "high", NULL},
                             *const known[] = {"type", "name", "schema", "strict", "description", NULL};
    const cJSON *text = get(body, "text"), *f = get(text, "format");
    const char *type = json_string(f, "type"), *verbosity = json_string(text, "verbosity"), *name = json_string(f, "name");
    if (text && (!cJSON_IsObject(text) || json_unknown(text, fields)))
        return refuse(out, 400, INVALID, "unknown_parameter", "text", "Unknown parameter: 'text.%.40s'.",
                      cJSON_IsObject(text) ? json_unknown(text, fields) : "");
    if (verbosity && !json_list_has(levels, verbosity))
        return refuse(out, 400, INVALID, "invalid_value", "text.verbosity", "Invalid value: '%.40s'.", verbosity);
    if (!f || (type && (!strcmp(type, "text") || !strcmp(type, "json_object"))))
        return true;
    if (!type || strcmp(type, "json_schema"))
        return refuse(out, 400, INVALID, "invalid_value", "text.format.type",
                      "Invalid value: '%.40s'. Supported values are: 'json_object', 'json_schema', and 'text'.", type ? type : "");
    if (!name || !cJSON_IsObject(get(f, "schema")))
        return openai_missing(out, name ? "text.format.schema" : "text.format.name");
    if (json_unknown(f, known) || !openai_name_ok(name, 64))
        return refuse(out, 400, INVALID, "invalid_value", "text.format", "Invalid 'text.format': '%.40s'.",
                      json_unknown(f, known) ? json_unknown(f, known) : name);
    if (cJSON_IsTrue(get(f, "strict")) && !openai_strict_ok(get(f, "schema")))
        return refuse(out, 400, INVALID, "invalid_json_schema", "text.format.schema",
                      "Invalid schema for response_format '%s': 'additionalProperties' is required to be supplied and to be false.", name);
    return true;
}

static bool thinking(const cJSON *body, question *q, refusal *out) {
    static const char *const fields[] = {"effort", "summary", "generate_summary", "context", "mode", NULL}, *const kinds[] = {
                                                                                                                "auto", "concise",
                                                                                                                "detailed", NULL};
    const cJSON *r = get(body, "reasoning"), *v, *include = get(body, "include");
    const char *effort = json_string(r, "effort"), *kind = json_string(r, "summary");
    bool reasons = openai_reasons(q->model);
    if (r && (!cJSON_IsObject(r) || json_unknown(r, fields)))
        return refuse(out, 400, INVALID, "unknown_parameter", "reasoning", "Unknown parameter: 'reasoning'.");
    if ((effort || kind) && !reasons)
        return refuse(out, 400, INVALID, "unsupported_parameter", effort ? "reasoning.effort" : "reasoning.summary",
                      "Unsupported parameter: '%s' is not supported with this model.", effort ? "reasoning.effort" : "reasoning.summary");
    if (effort && !openai_effort_ok(q->model, effort))
        return refuse(out, 400, INVALID, "unsupported_value", "reasoning.effort",
                      "Unsupported value: '%.40s' is not supported with the '%s' model.", effort, q->model);
    if (kind && !json_list_has(kinds, kind))
        return refuse(out, 400, INVALID, "invalid_value", "reasoning.summary", "Invalid value: '%.40s'.", kind);
    cJSON_ArrayForEach(v, include) {
        const char *word = cJSON_IsString(v) ? v->valuestring : "";
        q->sealed |= !strcmp(word, "reasoning.encrypted_content");
        if (!strchr(word, '.'))
            return refuse(out, 400, INVALID, "invalid_value", "include", "Invalid value: '%.40s'.", word);
    }
    if (q->sealed && !reasons)
        return refuse(out, 400, INVALID, NULL, "include", "Encrypted content is not supported with this model.");
    bool samples = !reasons || (!strncmp(q->model, "gpt-5.", 6) && (!effort || !strcmp(effort, "none")));
    for (size_t i = 0; i < 2 && !samples; i++) {
        const char *name = i ? "top_p" : "temperature";
        if (cJSON_IsNumber(get(body, name)) && fabs(get(body, name)->valuedouble - 1) > 1e-9)
            return refuse(out, 400, INVALID, "unsupported_parameter", name, "Unsupported parameter: '%s' is not supported with this model.",
                          name);
    }
    return true;
}

static bool numbers(const cJSON *body, refusal *out) {
    static const struct {
        const char *name;
        double min, max;
        bool whole;
    } ranges[] = {{"temperature", 0, 2, false},
                  {"top_p", 0, 1, false},
                  {"max_output_tokens", 16, 1e9, true},
                  {"top_logprobs", 0, 20, true},
                  {"max_tool_calls", 1, 1e6, true}};
    const char *problem;
    for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++)
        if (!json_range(body, ranges[i].name, ranges[i].min, ranges[i].max, ranges[i].whole, &problem))
            return refuse(out, 400, INVALID, "integer_below_min_value", ranges[i].name, "Invalid '%s': %s (%g to %g).", ranges[i].name,
                          problem, ranges[i].min, ranges[i].max);
    return true;
}

static bool texts(const cJSON *body, refusal *out) {
    static const char *const names[] = {"user", "safety_identifier", "prompt_cache_key"};
    const cJSON *metadata = get(body, "metadata"), *v;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const cJSON *t = get(body, names[i]);
        if (t && !cJSON_IsString(t))
            return openai_wrong_type(out, names[i], "a string");
        if (t && strlen(t->valuestring) > 64)
            return refuse(out, 400, INVALID, "string_above_max_length", names[i],
                          "Invalid '%s': string too long. Expected a string with maximum length 64.", names[i]);
    }
    if (metadata && (!cJSON_IsObject(metadata) || cJSON_GetArraySize(metadata) > 16))
        return refuse(out, 400, INVALID, "object_above_max_properties", "metadata", "Invalid 'metadata': too many properties.");
    cJSON_ArrayForEach(v, metadata) {
        if (!cJSON_IsString(v) || strlen(v->valuestring) > 512)
            return openai_wrong_type(out, "metadata", "a string of at most 512 characters");
    }
    return true;
}

static bool stream(const cJSON *body, question *q, refusal *out) {
    static const char *const flags[] = {"stream", "store", "background", "parallel_tool_calls", NULL}, *const fields[] = {
                                                                                                           "include_obfuscation", NULL};
    const cJSON *options = get(body, "stream_options");
    if (!openai_booleans(body, flags, out))
        return false;
    q->stream = cJSON_IsTrue(get(body, "stream"));
    q->unstored = cJSON_IsFalse(get(body, "store"));
    if (options && !q->stream)
        return refuse(out, 400, INVALID, NULL, "stream_options",
                      "The 'stream_options' parameter is only allowed when 'stream' is enabled.");
    if (options && json_unknown(options, fields))
        return refuse(out, 400, INVALID, "unknown_parameter", "stream_options", "Unknown parameter: 'stream_options.%.40s'.",
                      json_unknown(options, fields));
    return true;
}

/* What an earlier answer is gone on from: only those that were stored are known. */
static bool previous(const cJSON *body, question *q, refusal *out) {
    const char *id = json_string(body, "previous_response_id");
    const cJSON *conversation = get(body, "conversation");
    const char *talk = cJSON_IsObject(conversation) ? json_string(conversation, "id") : json_string(body, "conversation");
    q->goes_on = id || talk;
    q->background = cJSON_IsTrue(get(body, "background"));
    snprintf(q->previous, sizeof q->previous, "%s", id ? id : "");
    snprintf(q->conversation, sizeof q->conversation, "%s", talk ? talk : "");
    if (q->background && q->unstored)
        return refuse(out, 400, INVALID, NULL, "background", "Background mode requires store=true.");
    if (id && talk)
        return refuse(out, 400, INVALID, "mutually_exclusive_parameters", "conversation",
                      "Mutually exclusive parameters: 'previous_response_id' and 'conversation'.");
    if (talk && !stored_has(q->account, talk))
        return refuse(out, 404, INVALID, NULL, NULL, "Conversation with id '%.64s' not found.", talk);
    if (id && strncmp(id, "resp", 4))
        return refuse(out, 400, INVALID, "invalid_value", "previous_response_id",
                      "Invalid 'previous_response_id': '%.64s'. Expected an ID that begins with 'resp'.", id);
    if (id && !stored_has(q->account, id))
        return refuse(out, 400, INVALID, "previous_response_not_found", "previous_response_id",
                      "Previous response with id '%.64s' not found.", id);
    return true;
}

bool responses_check(const cJSON *body, question *q, refusal *out) {
    static const char *const known[] = {"background",
                                        "context_management",
                                        "conversation",
                                        "include",
                                        "input",
                                        "instructions",
                                        "max_output_tokens",
                                        "max_tool_calls",
                                        "metadata",
                                        "model",
                                        "moderation",
                                        "parallel_tool_calls",
                                        "previous_response_id",
                                        "prompt",
                                        "prompt_cache_key",
                                        "prompt_cache_options",
                                        "prompt_cache_retention",
                                        "reasoning",
                                        "safety_identifier",
                                        "service_tier",
                                        "store",
                                        "stream",
                                        "stream_options",
                                        "temperature",
                                        "text",
                                        "tool_choice",
                                        "tools",
                                        "top_logprobs",
                                        "top_p",
                                        "truncation",
                                        "user",
                                        "client_metadata",
                                        NULL};
    const char *unknown = json_unknown(body, known), *model = json_string(body, "model");
    if (unknown)
        return refuse(out, 400, INVALID, "unknown_parameter", unknown, "Unknown parameter: '%.64s'.", unknown);
    if (!model)
        return openai_missing(out, "model");
    if (!script_model_ok(model))
        return refuse(out, 400, INVALID, "model_not_found", "model", "The requested model '%.64s' does not exist.", model);
    snprintf(q->model, sizeof q->model, "%s", model);
    const cJSON *max = get(body, "max_output_tokens");
    q->n = 1;
    q->max_tokens = cJSON_IsNumber(max) ? (int64_t)max->valuedouble : 0;
    return stream(body, q, out) && numbers(body, out) && texts(body, out) && previous(body, q, out) && thinking(body, q, out) &&
           input(body, q, out) && tools(body, q, out) && tool_choice(body, q, out) && form(body, out);
}
