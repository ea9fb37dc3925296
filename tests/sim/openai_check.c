/* openai_check.c: what the OpenAI API refuses, and how it says so. */
#include "sim.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#define INVALID "invalid_request_error"

bool openai_check_head(const request *r, refusal *out) {
    str key = http_header(r, "authorization"), type = http_header(r, "content-type");
    if (http_header(r, "x-api-key").p)
        return refuse(out, 400, INVALID, "sim_foreign_credential", NULL, "x-api-key does not belong in a request to OpenAI");
    if (key.n < 8 || strncmp(key.p, "Bearer ", 7) != 0)
        return refuse(out, 401, INVALID, NULL, NULL,
                      "You didn't provide an API key. You need to provide your API key in an Authorization header using Bearer auth "
                      "(i.e. Authorization: Bearer YOUR_KEY).");
    str bare = {key.p + 7, key.n - 7};
    if (!script_key_ok(bare)) /* the real service shows the ends of the key, so a gateway has something to scrub */
        return refuse(
            out, 401, INVALID, "invalid_api_key", NULL,
            "Incorrect API key provided: %.*s****%.*s. You can find your API key at https://platform.openai.com/account/api-keys.",
            (int)(bare.n < 8 ? bare.n : 8), bare.p, (int)(bare.n < 4 ? 0 : 4), bare.p + (bare.n < 4 ? 0 : bare.n - 4));
    bool part = !strncmp(r->path, "/v1/uploads/", 12) && strstr(r->path, "/parts");
    bool takes_form = media_takes_form(media_find(r->path)) || !strcmp(r->path, "/v1/files") || part;
    bool form = takes_form && type.n > 19 && !strncasecmp(type.p, "multipart/form-data", 19);
    bool json = type.n >= 16 && !strncasecmp(type.p, "application/json", 16);
    if (str_is(r->method, "POST") && (r->chunked || r->length > 0) && !form && !json)
        return refuse(out, 400, INVALID, NULL, NULL, "you must provide a JSON body with content-type application/json");
    return true;
}

bool openai_wrong_type(refusal *out, const char *param, const char *expected) {
    return refuse(out, 400, INVALID, "invalid_type", param, "Invalid type for '%s': expected %s.", param, expected);
}

bool openai_missing(refusal *out, const char *param) {
    return refuse(out, 400, INVALID, "missing_required_parameter", param, "Missing required parameter: '%s'.", param);
}

static bool numbers(const cJSON *body, refusal *out) {
    static const struct {
        const char *name;
        double min, max;
        bool whole;
    } ranges[] = {{"temperature", 0, 2, false},           {"top_p", 0, 1, false},
                  {"presence_penalty", -2, 2, false},     {"n", 1, 128, true},
                  {"max_tokens", 1, 1e9, true},           {"frequency_penalty", -2, 2, false},
                  {"seed", -9.3e18, 9.3e18, true},        {"top_logprobs", 0, 20, true},
                  {"max_completion_tokens", 1, 1e9, true}};
    const char *problem;
    for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++)
        if (!json_range(body, ranges[i].name, ranges[i].min, ranges[i].max, ranges[i].whole, &problem))
            return refuse(out, 400, INVALID, "decimal_out_of_range", ranges[i].name, "Invalid '%s': %s (%g to %g).", ranges[i].name,
                          problem, ranges[i].min, ranges[i].max);
    return true;
}

bool openai_booleans(const cJSON *body, const char *const *names, refusal *out) {
    for (; *names; names++) {
        const cJSON *v = cJSON_GetObjectItemCaseSensitive(body, *names);
        if (v && !cJSON_IsBool(v) && !cJSON_IsNull(v))
            return openai_wrong_type(out, *names, "a boolean");
    }
    return true;
}

/* model, stream, stream_options, stop: shared by chat and legacy completions. */
static bool common(const cJSON *body, const char *const *known, question *q, refusal *out) {
    static const char *const stream_fields[] = {"include_usage", "include_obfuscation", NULL};
    static const char *const flags[] = {"stream", "logprobs", "store", "parallel_tool_calls", NULL};
    const char *unknown = json_unknown(body, known), *model = json_string(body, "model");
    if (unknown)
        return refuse(out, 400, INVALID, "unknown_parameter", unknown, "Unknown parameter: '%s'.", unknown);
    if (!cJSON_GetObjectItemCaseSensitive(body, "model"))
        return refuse(out, 400, INVALID, NULL, NULL, "you must provide a model parameter");
    if (!model)
        return openai_wrong_type(out, "model", "a string");
    if (!script_model_ok(model))
        return refuse(out, 404, INVALID, "model_not_found", NULL, "The model `%s` does not exist or you do not have access to it.", model);
    snprintf(q->model, sizeof q->model, "%s", model);
    if (!numbers(body, out))
        return false;
    bool legacy = cJSON_GetObjectItemCaseSensitive(body, "prompt") != NULL; /* its logprobs is a number */
    if (!legacy && !openai_booleans(body, flags, out))
        return false;
    q->stream = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(body, "stream"));
    const cJSON *so = cJSON_GetObjectItemCaseSensitive(body, "stream_options");
    if (so && !cJSON_IsNull(so)) {
        if (!cJSON_IsObject(so))
            return openai_wrong_type(out, "stream_options", "an object");
        if (!q->stream)
            return refuse(out, 400, INVALID, NULL, "stream_options",
                          "The 'stream_options' parameter is only allowed when 'stream' is enabled.");
        if (json_unknown(so, stream_fields))
            return refuse(out, 400, INVALID, "unknown_parameter", "stream_options", "Unknown parameter: 'stream_options.%s'.",
                          json_unknown(so, stream_fields));
        q->include_usage = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(so, "include_usage"));
    }
    const cJSON *stop = cJSON_GetObjectItemCaseSensitive(body, "stop"), *s, *n = cJSON_GetObjectItemCaseSensitive(body, "n");
    if (stop && !cJSON_IsString(stop) && !cJSON_IsArray(stop) && !cJSON_IsNull(stop))
        return openai_wrong_type(out, "stop", "a string or an array of strings");
    if (cJSON_GetArraySize(stop) > 4)
        return refuse(out, 400, INVALID, "array_above_max_length", "stop",
                      "Invalid 'stop': array too long. Expected an array with maximum length 4.");
    cJSON_ArrayForEach(s, stop) {
        if (!cJSON_IsString(s))
            return openai_wrong_type(out, "stop", "an array of strings");
    }
    q->n = cJSON_IsNumber(n) ? (size_t)n->valuedouble : 1;
    return true;
}

/* One part of a message's content. Only a user may show images, sound and files; only an assistant refuses. */
static bool part(const cJSON *p, const char *role, const char *where, question *q, refusal *out) {
    const char *type = json_string(p, "type");
    bool user = !strcmp(role, "user"), assistant = !strcmp(role, "assistant");
    if (!type)
        return openai_missing(out, where);
    if (!strcmp(type, "text")) {
        const char *text = json_string(p, "text");
        if (!text)
            return openai_wrong_type(out, where, "a string in 'text'");
        buf_adds(&q->text, text);
        return true;
    }
    if (!strcmp(type, "refusal") && assistant)
        return json_string(p, "refusal") ? true : openai_missing(out, where);
    const char *field = !strcmp(type, "image_url")     ? "image_url"
                        : !strcmp(type, "input_audio") ? "input_audio"
                        : !strcmp(type, "file")        ? "file"
                                                       : NULL;
    if (!field || !user)
        return refuse(out, 400, INVALID, "invalid_value", where, "Invalid value: '%s'. Supported values for role '%s' are: 'text'.", type,
                      role);
    const cJSON *value = cJSON_GetObjectItemCaseSensitive(p, field);
    if (!cJSON_IsObject(value))
        return openai_wrong_type(out, where, "an object");
    const char *url = json_string(value, "url");
    if (!strcmp(type, "image_url") &&
        (!url || (strncmp(url, "https://", 8) && strncmp(url, "http://", 7) && strncmp(url, "data:image/", 11))))
        return refuse(out, 400, INVALID, "invalid_image_url", where, "Failed to download image: neither http(s) nor data URL.");
    return true;
}

static bool content(const cJSON *m, const char *role, bool may_be_null, size_t i, question *q, refusal *out) {
    const cJSON *c = cJSON_GetObjectItemCaseSensitive(m, "content"), *p;
    char where[64];
    snprintf(where, sizeof where, "messages.[%zu].content", i);
    q->text.n = 0;
    if (!c || cJSON_IsNull(c))
        return may_be_null ? true : refuse(out, 400, INVALID, NULL, where, "Invalid value for 'content': expected a string, got null.");
    if (cJSON_IsString(c)) {
        buf_adds(&q->text, c->valuestring);
        return true;
    }
    if (!cJSON_IsArray(c))
        return openai_wrong_type(out, where, "a string or an array of objects");
    if (!cJSON_GetArraySize(c))
        return refuse(out, 400, INVALID, "empty_array", where, "Invalid '%s': empty array. Expected an array with minimum length 1.",
                      where);
    cJSON_ArrayForEach(p, c) {
        if (!part(p, role, where, q, out))
            return false;
    }
    return true;
}

typedef struct pending { /* tool calls whose results are due */
    const char *ids[64];
    size_t n;
} pending;

static bool calls(const cJSON *m, size_t i, pending *due, refusal *out) {
    const cJSON *list = cJSON_GetObjectItemCaseSensitive(m, "tool_calls"), *call;
    char where[64];
    snprintf(where, sizeof where, "messages.[%zu].tool_calls", i);
    if (list && !cJSON_IsNull(list) && !cJSON_IsArray(list))
        return openai_wrong_type(out, where, "an array");
    if (cJSON_IsArray(list) && !cJSON_GetArraySize(list))
        return refuse(out, 400, INVALID, "empty_array", where, "Invalid '%s': empty array. Expected an array with minimum length 1.",
                      where);
    cJSON_ArrayForEach(call, list) {
        const cJSON *f = cJSON_GetObjectItemCaseSensitive(call, "function");
        const char *id = json_string(call, "id"), *type = json_string(call, "type"), *name = json_string(f, "name");
        if (!id || !type || strcmp(type, "function") != 0)
            return openai_missing(out, where);
        if (!name || !*name || !json_string(f, "arguments"))
            return openai_wrong_type(out, where, "a function with a name and arguments as a string");
        if (strlen(id) > 40)
            return refuse(out, 400, INVALID, "string_above_max_length", where,
                          "Invalid '%s': string too long. Expected a string with maximum length 40.", where);
        if (due->n < 64)
            due->ids[due->n++] = id;
    }
    return true;
}

static bool tool_result(const cJSON *m, size_t i, pending *due, refusal *out) {
    const char *id = json_string(m, "tool_call_id");
    char where[64];
    snprintf(where, sizeof where, "messages.[%zu].role", i);
    if (!id)
        return openai_missing(out, "messages.tool_call_id");
    for (size_t k = 0; k < due->n; k++) {
        if (due->ids[k] && !strcmp(due->ids[k], id)) {
            due->ids[k] = NULL;
            return true;
        }
    }
    return refuse(out, 400, INVALID, NULL, where,
                  "Invalid parameter: messages with role 'tool' must be a response to a preceding message with 'tool_calls'.");
}

static bool answered(pending *due, refusal *out) {
    for (size_t k = 0; k < due->n; k++)
        if (due->ids[k])
            return refuse(out, 400, INVALID, NULL, "messages",
                          "An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'. The "
                          "following tool_call_ids did not have response messages: %s",
                          due->ids[k]);
    due->n = 0;
    return true;
}

static bool message(const cJSON *m, size_t i, pending *due, question *q, refusal *out) {
    static const char *const known[] = {"role",         "content",           "name",  "tool_calls",
                                        "tool_call_id", "refusal",           "audio", "function_call",
                                        "annotations",  "reasoning_content", NULL};
    const char *role = json_string(m, "role");
    char where[64];
    snprintf(where, sizeof where, "messages[%zu]", i);
    if (!cJSON_IsObject(m))
        return openai_wrong_type(out, where, "an object");
    if (!role)
        return openai_missing(out, where);
    if (json_unknown(m, known))
        return refuse(out, 400, INVALID, "unknown_parameter", where, "Unknown parameter: '%s.%s'.", where, json_unknown(m, known));
    if (!strcmp(role, "tool"))
        return tool_result(m, i, due, out) && content(m, role, false, i, q, out) && (q->ends_with_result = true);
    if (!answered(due, out))
        return false;
    q->ends_with_result = false;
    if (cJSON_GetObjectItemCaseSensitive(m, "tool_call_id"))
        return refuse(out, 400, INVALID, "unknown_parameter", where, "Unknown parameter: '%s.tool_call_id'.", where);
    if (!strcmp(role, "assistant")) {
        const cJSON *c = cJSON_GetObjectItemCaseSensitive(m, "tool_calls");
        bool speechless = cJSON_GetArraySize(c) > 0 || json_string(m, "refusal") || cJSON_GetObjectItemCaseSensitive(m, "function_call");
        return calls(m, i, due, out) && content(m, role, speechless, i, q, out);
    }
    if (strcmp(role, "system") && strcmp(role, "developer") && strcmp(role, "user") && strcmp(role, "function"))
        return refuse(out, 400, INVALID, "invalid_value", where,
                      "Invalid value: '%s'. Supported values are: 'system', 'assistant', 'user', 'function', 'tool', and 'developer'.",
                      role);
    if (cJSON_GetObjectItemCaseSensitive(m, "tool_calls"))
        return refuse(out, 400, INVALID, "unknown_parameter", where, "Unknown parameter: '%s.tool_calls'.", where);
    return content(m, role, false, i, q, out);
}

bool openai_name_ok(const char *name, size_t max) {
    size_t n = strlen(name);
    return n && n <= max && strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-") == n;
}

/* With strict every object names all it may hold. */
bool openai_strict_ok(const cJSON *schema) {
    const cJSON *c, *properties = cJSON_GetObjectItemCaseSensitive(schema, "properties");
    const char *type = json_string(schema, "type");
    if (type && !strcmp(type, "object") &&
        (!cJSON_IsFalse(cJSON_GetObjectItemCaseSensitive(schema, "additionalProperties")) ||
         cJSON_GetArraySize(cJSON_GetObjectItemCaseSensitive(schema, "required")) < cJSON_GetArraySize(properties)))
        return false;
    cJSON_ArrayForEach(c, schema) {
        if (!openai_strict_ok(c))
            return false;
    }
    return true;
}

static bool tools(const cJSON *body, question *q, refusal *out) {
    static const char *const known[] = {"name", "description", "parameters", "strict", NULL};
    const cJSON *list = cJSON_GetObjectItemCaseSensitive(body, "tools"), *t;
    if (!list || cJSON_IsNull(list))
        return true;
    if (!cJSON_IsArray(list))
        return openai_wrong_type(out, "tools", "an array of objects");
    if (!cJSON_GetArraySize(list))
        return refuse(out, 400, INVALID, "empty_array", "tools", "Invalid 'tools': empty array. Expected an array with minimum length 1.");
    cJSON_ArrayForEach(t, list) {
        const cJSON *f = cJSON_GetObjectItemCaseSensitive(t, "function");
        const char *type = json_string(t, "type"), *name = json_string(f, "name");
        if (!type)
            return openai_missing(out, "tools[0].type");
        if (!strcmp(type, "custom"))
            continue;
        if (strcmp(type, "function") != 0 || !cJSON_IsObject(f))
            return openai_missing(out, "tools[0].function");
        if (!name || !openai_name_ok(name, 64))
            return refuse(out, 400, INVALID, "invalid_value", "tools[0].function.name",
                          "Invalid 'tools[0].function.name': string does not match pattern. Expected a string that matches the pattern "
                          "'^[a-zA-Z0-9_-]+$'.");
        if (json_unknown(f, known))
            return refuse(out, 400, INVALID, "unknown_parameter", "tools[0].function", "Unknown parameter: 'tools[0].function.%s'.",
                          json_unknown(f, known));
        const cJSON *p = cJSON_GetObjectItemCaseSensitive(f, "parameters");
        const char *object = json_string(p, "type");
        if (p && (!cJSON_IsObject(p) || (cJSON_GetArraySize(p) && (!object || strcmp(object, "object") != 0))))
            return refuse(out, 400, INVALID, "invalid_function_parameters", "tools[0].function.parameters",
                          "Invalid schema for function '%s': schema must be a JSON Schema of 'type: \"object\"'.", name);
        if (cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(f, "strict")) && (!p || !openai_strict_ok(p)))
            return refuse(out, 400, INVALID, "invalid_function_parameters", "tools[0].function.parameters",
                          "Invalid schema for function '%s': 'additionalProperties' is required to be supplied and to be false, and "
                          "'required' to include every key in properties.",
                          name);
    }
    q->tools = cJSON_GetObjectItemCaseSensitive(body, "tools");
    return true;
}

static bool tool_choice(const cJSON *body, question *q, refusal *out) {
    const cJSON *c = cJSON_GetObjectItemCaseSensitive(body, "tool_choice"),
                *p = cJSON_GetObjectItemCaseSensitive(body, "parallel_tool_calls");
    if (p && !cJSON_IsNull(p) && !q->tools)
        return refuse(out, 400, INVALID, NULL, "parallel_tool_calls",
                      "Invalid value for 'parallel_tool_calls': 'parallel_tool_calls' is only allowed when 'tools' are specified.");
    if (!c || cJSON_IsNull(c))
        return true;
    if (!q->tools)
        return refuse(out, 400, INVALID, NULL, "tool_choice",
                      "Invalid value for 'tool_choice': 'tool_choice' is only allowed when 'tools' are specified.");
    if (cJSON_IsString(c)) {
        if (strcmp(c->valuestring, "auto") && strcmp(c->valuestring, "none") && strcmp(c->valuestring, "required"))
            return refuse(out, 400, INVALID, "invalid_value", "tool_choice",
                          "Invalid value: '%s'. Supported values are: 'none', 'auto', and 'required'.", c->valuestring);
        q->tool_forced = !strcmp(c->valuestring, "required");
        if (!strcmp(c->valuestring, "none"))
            q->tools = NULL;
        return true;
    }
    const char *type = json_string(c, "type"), *name = json_string(cJSON_GetObjectItemCaseSensitive(c, "function"), "name");
    if (type && (!strcmp(type, "allowed_tools") || !strcmp(type, "custom")))
        return true;
    if (!type || strcmp(type, "function") != 0 || !name)
        return openai_missing(out, "tool_choice.function.name");
    const cJSON *t;
    bool found = false;
    cJSON_ArrayForEach(t, q->tools) {
        const char *n = json_string(cJSON_GetObjectItemCaseSensitive(t, "function"), "name");
        found |= n && !strcmp(n, name);
    }
    if (!found)
        return refuse(out, 400, INVALID, NULL, "tool_choice", "Tool choice '%s' not found in 'tools' parameter.", name);
    q->tool_forced = true;
    snprintf(q->only, sizeof q->only, "%s", name);
    return true;
}

static bool response_format(const cJSON *body, refusal *out) {
    const cJSON *f = cJSON_GetObjectItemCaseSensitive(body, "response_format");
    if (!f || cJSON_IsNull(f))
        return true;
    const char *type = json_string(f, "type");
    if (!type || (strcmp(type, "text") && strcmp(type, "json_object") && strcmp(type, "json_schema")))
        return refuse(out, 400, INVALID, "invalid_value", "response_format.type", "Invalid value for 'response_format.type'.");
    const cJSON *schema = cJSON_GetObjectItemCaseSensitive(f, "json_schema");
    if (!strcmp(type, "json_schema") && !json_string(schema, "name"))
        return openai_missing(out, "response_format.json_schema.name");
    if (cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(schema, "strict")) &&
        !openai_strict_ok(cJSON_GetObjectItemCaseSensitive(schema, "schema")))
        return refuse(out, 400, INVALID, NULL, "response_format", "Invalid schema for response_format '%s'.", json_string(schema, "name"));
    return true;
}

bool openai_reasons(const char *model) {
    return (model[0] == 'o' && model[1] >= '1' && model[1] <= '9') || (!strncmp(model, "gpt-5", 5) && strncmp(model, "gpt-5-chat", 10));
}

bool openai_effort_ok(const char *model, const char *effort) {
    static const char *const o[] = {"low", "medium", "high", NULL}, *const five[] = {"minimal", "low", "medium", "high", NULL},
                             *const five_1[] = {"none", "low", "medium", "high", NULL}, *const later[] = {"none", "low",   "medium",
                                                                                                          "high", "xhigh", NULL};
    if (!effort)
        return true;
    if (!strncmp(model, "gpt-5.", 6))
        return json_list_has(strncmp(model, "gpt-5.1", 7) ? later : five_1, effort);
    return json_list_has(model[0] == 'o' ? o : five, effort);
}

static const char *unsupported(const cJSON *body, const char *name, bool here) {
    const cJSON *v = cJSON_GetObjectItemCaseSensitive(body, name);
    return here && v && !cJSON_IsNull(v) ? name : NULL;
}

/* What depends on the model's family. */
static bool family(const cJSON *body, const question *q, refusal *out) {
    const cJSON *old = cJSON_GetObjectItemCaseSensitive(body, "max_tokens"),
                *max = cJSON_GetObjectItemCaseSensitive(body, "max_completion_tokens");
    if (cJSON_IsNumber(old) && cJSON_IsNumber(max))
        return refuse(out, 400, INVALID, "invalid_parameter_combination", "max_tokens",
                      "Setting 'max_tokens' and 'max_completion_tokens' at the same time is not supported.");
    bool reasons = openai_reasons(q->model), o = reasons && q->model[0] == 'o';
    if (cJSON_IsNumber(old) && reasons)
        return refuse(out, 400, INVALID, "unsupported_parameter", "max_tokens",
                      "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.");
    const char *effort = json_string(body, "reasoning_effort");
    if (effort && !reasons && (!strncmp(q->model, "gpt-4", 5) || !strncmp(q->model, "gpt-3", 5)))
        return refuse(out, 400, INVALID, NULL, NULL, "Unrecognized request argument supplied: reasoning_effort");
    if (reasons && !openai_effort_ok(q->model, effort))
        return refuse(out, 400, INVALID, "unsupported_value", "reasoning_effort",
                      "Unsupported value: 'reasoning_effort' does not support '%s' with this model.", effort);
    bool samples = !reasons || (!strncmp(q->model, "gpt-5.", 6) && (!effort || !strcmp(effort, "none")));
    static const struct {
        const char *name;
        double fallback;
    } sampling[] = {{"temperature", 1}, {"top_p", 1}, {"presence_penalty", 0}, {"frequency_penalty", 0}};
    for (size_t i = 0; i < sizeof sampling / sizeof *sampling && !samples; i++) {
        const cJSON *v = cJSON_GetObjectItemCaseSensitive(body, sampling[i].name);
        if (cJSON_IsNumber(v) && fabs(v->valuedouble - sampling[i].fallback) > 1e-9)
            return refuse(out, 400, INVALID, "unsupported_value", sampling[i].name,
                          "Unsupported value: '%s' does not support %g with this model. Only the default (%g) value is supported.",
                          sampling[i].name, v->valuedouble, sampling[i].fallback);
    }
    const char *unknown = unsupported(body, "stop", reasons && strncmp(q->model, "o1", 2) != 0);
    if (!unknown)
        unknown = unsupported(body, "parallel_tool_calls", o);
    return unknown ? refuse(out, 400, INVALID, "unsupported_parameter", unknown,
                            "Unsupported parameter: '%s' is not supported with this model.", unknown)
                   : true;
}

static const char *const chat_fields[] = {"messages",
                                          "model",
                                          "audio",
                                          "frequency_penalty",
                                          "function_call",
                                          "functions",
                                          "logit_bias",
                                          "logprobs",
                                          "max_completion_tokens",
                                          "max_tokens",
                                          "metadata",
                                          "modalities",
                                          "moderation",
                                          "n",
                                          "parallel_tool_calls",
                                          "prediction",
                                          "presence_penalty",
                                          "prompt_cache_key",
                                          "prompt_cache_options",
                                          "prompt_cache_retention",
                                          "reasoning_effort",
                                          "response_format",
                                          "safety_identifier",
                                          "seed",
                                          "service_tier",
                                          "stop",
                                          "store",
                                          "stream",
                                          "stream_options",
                                          "temperature",
                                          "tool_choice",
                                          "tools",
                                          "top_logprobs",
                                          "top_p",
                                          "user",
                                          "verbosity",
                                          "web_search_options",
                                          NULL};

bool openai_check_chat(const cJSON *body, question *q, refusal *out) {
    if (!common(body, chat_fields, q, out))
        return false;
    const cJSON *list = cJSON_GetObjectItemCaseSensitive(body, "messages"), *m;
    if (!list)
        return openai_missing(out, "messages");
    if (!cJSON_IsArray(list))
        return openai_wrong_type(out, "messages", "an array of objects");
    if (!cJSON_GetArraySize(list))
        return refuse(out, 400, INVALID, "empty_array", "messages",
                      "Invalid 'messages': empty array. Expected an array with minimum length 1.");
    pending due = {.n = 0};
    size_t i = 0;
    cJSON_ArrayForEach(m, list) {
        if (!message(m, i++, &due, q, out))
            return false;
    }
    if (!answered(&due, out) || !tools(body, q, out) || !tool_choice(body, q, out) || !response_format(body, out) || !family(body, q, out))
        return false;
    const cJSON *max = cJSON_GetObjectItemCaseSensitive(body, "max_completion_tokens");
    if (!cJSON_IsNumber(max))
        max = cJSON_GetObjectItemCaseSensitive(body, "max_tokens");
    q->max_tokens = cJSON_IsNumber(max) ? (int64_t)max->valuedouble : 0;
    return true;
}

bool openai_check_completion(const cJSON *body, question *q, refusal *out) {
    static const char *const known[] = {"model",
                                        "prompt",
                                        "best_of",
                                        "echo",
                                        "frequency_penalty",
                                        "logit_bias",
                                        "logprobs",
                                        "max_tokens",
                                        "n",
                                        "presence_penalty",
                                        "seed",
                                        "stop",
                                        "stream",
                                        "stream_options",
                                        "suffix",
                                        "temperature",
                                        "top_p",
                                        "user",
                                        NULL};
    const cJSON *prompt = cJSON_GetObjectItemCaseSensitive(body, "prompt");
    if (!common(body, known, q, out))
        return false;
    if (!prompt)
        return openai_missing(out, "prompt");
    if (!cJSON_IsString(prompt) && !cJSON_IsArray(prompt))
        return openai_wrong_type(out, "prompt", "a string or an array");
    if (cJSON_IsString(prompt))
        buf_adds(&q->text, prompt->valuestring);
    const cJSON *max = cJSON_GetObjectItemCaseSensitive(body, "max_tokens");
    q->max_tokens = cJSON_IsNumber(max) ? (int64_t)max->valuedouble : 16;
    return true;
}

bool openai_check_embedding(const cJSON *body, refusal *out) {
    static const char *const known[] = {"input", "model", "dimensions", "encoding_format", "user", NULL};
    const cJSON *input = cJSON_GetObjectItemCaseSensitive(body, "input");
    const char *format = json_string(body, "encoding_format");
    if (json_unknown(body, known))
        return refuse(out, 400, INVALID, "unknown_parameter", json_unknown(body, known), "Unknown parameter: '%s'.",
                      json_unknown(body, known));
    if (!json_string(body, "model"))
        return refuse(out, 400, INVALID, NULL, NULL, "you must provide a model parameter");
    if (!input)
        return openai_missing(out, "input");
    if ((cJSON_IsString(input) && !input->valuestring[0]) || (cJSON_IsArray(input) && !cJSON_GetArraySize(input)) ||
        (!cJSON_IsString(input) && !cJSON_IsArray(input)))
        return refuse(out, 400, INVALID, NULL, "input",
                      "'$.input' is invalid. Please check the API reference: https://platform.openai.com/docs/api-reference.");
    if (cJSON_IsArray(input) && cJSON_IsString(cJSON_GetArrayItem(input, 0)) && cJSON_GetArraySize(input) > 2048)
        return refuse(
            out, 400, INVALID, NULL, "input",
            "Invalid 'input': array too long. Expected an array with maximum length 2048, but got an array with length %d instead.",
            cJSON_GetArraySize(input));
    if (format && strcmp(format, "float") && strcmp(format, "base64"))
        return refuse(out, 400, INVALID, "invalid_value", "encoding_format",
                      "Invalid value: '%s'. Supported values are: 'float' and 'base64'.", format);
    return true;
}

bool openai_check_moderation(const cJSON *body, refusal *out) {
    static const char *const known[] = {"input", "model", NULL};
    const cJSON *input = cJSON_GetObjectItemCaseSensitive(body, "input");
    if (json_unknown(body, known))
        return refuse(out, 400, INVALID, "unknown_parameter", json_unknown(body, known), "Unknown parameter: '%s'.",
                      json_unknown(body, known));
    if (!input)
        return openai_missing(out, "input");
    return cJSON_IsString(input) || cJSON_IsArray(input) ? true : openai_wrong_type(out, "input", "a string or an array");
}
