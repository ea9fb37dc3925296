/* anthropic_check.c: what the Messages API refuses, and how it says so. */
#include "sim.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#define INVALID      "invalid_request_error"
#define GET(o, name) cJSON_GetObjectItemCaseSensitive(o, name)

bool anthropic_check_head(const request *r, refusal *out) {
    str key = http_header(r, "x-api-key"), bearer = http_header(r, "authorization"), version = http_header(r, "anthropic-version"),
        type = http_header(r, "content-type");
    if (bearer.p && key.p)
        return refuse(out, 400, INVALID, "", "", "authorization and x-api-key: one credential too many");
    if (bearer.n > 7 && !strncmp(bearer.p, "Bearer ", 7)) /* the newer clients send it so */
        key = (str){bearer.p + 7, bearer.n - 7};
    if (!key.n)
        return refuse(out, 401, "authentication_error", "", "", "x-api-key header is required");
    if (!script_key_ok(key))
        return refuse(out, 401, "authentication_error", "", "", "invalid x-api-key");
    if (!version.n)
        return refuse(out, 400, INVALID, "", "", "anthropic-version: header is required");
    if (!str_is(version, "2023-06-01") && !str_is(version, "2026-10-21"))
        return refuse(out, 400, INVALID, "", "", "anthropic-version: \"%.*s\" is not a valid version", (int)version.n, version.p);
    bool bare = strstr(r->path, "/cancel") != NULL; /* it takes no body */
    if (str_is(r->method, "POST") && !bare && !(type.n >= 16 && !strncasecmp(type.p, "application/json", 16)))
        return refuse(out, 400, INVALID, "", "", "content-type: must be application/json");
    return true;
}

static bool bad(refusal *out, const char *where, const char *what) { return refuse(out, 400, INVALID, "", "", "%s: %s", where, what); }
static bool extra(refusal *out, const char *where, const char *field) {
    return refuse(out, 400, INVALID, "", "", "%s%s%s: Extra inputs are not permitted", where, *where ? "." : "", field);
}

static bool blank(const char *s) {
    while (isspace((unsigned char)*s))
        s++;
    return !*s;
}

static bool id_ok(const char *s, size_t max) {
    size_t n = strlen(s);
    return n && n <= max && strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-") == n;
}

/* The walk through the messages. */
typedef struct walk {
    question *q;
    refusal *out;
    const char *due[64]; /* tool_use ids of the message before */
    size_t n_due;
    const char *used[256]; /* of this message, and all before for uniqueness */
    size_t n_used, first_used;
    int cache_controls;
    bool results_over; /* another block stood before */
    size_t n_results;
    bool assistant;
    char where[64];
} walk;

static bool text_ok(walk *w, const char *text) {
    if (!text)
        return bad(w->out, w->where, "text: Field required");
    if (!*text)
        return refuse(w->out, 400, INVALID, "", "", "messages: text content blocks must be non-empty");
    if (blank(text))
        return refuse(w->out, 400, INVALID, "", "", "messages: text content blocks must contain non-whitespace text");
    buf_adds(&w->q->text, text);
    return true;
}

static bool source_ok(walk *w, const cJSON *b, bool image) {
    static const char *const images[] = {"image/jpeg", "image/png", "image/gif", "image/webp", NULL};
    const cJSON *s = GET(b, "source");
    const char *type = json_string(s, "type"), *media = json_string(s, "media_type"), *data = json_string(s, "data"),
               *url = json_string(s, "url");
    if (!type)
        return bad(w->out, w->where, "source.type: Field required");
    if (!strcmp(type, "base64")) {
        if (!media || !data || !*data)
            return bad(w->out, w->where, "source.base64: media_type and data are required");
        if (image ? !json_list_has(images, media) : strcmp(media, "application/pdf") != 0)
            return bad(w->out, w->where,
                       "source.base64.media_type: Input should be 'image/jpeg', 'image/png', 'image/gif' or 'image/webp'");
        if (strspn(data, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=") != strlen(data))
            return bad(w->out, w->where, "source.base64.data: invalid base64 data");
        return true;
    }
    if (!strcmp(type, "url"))
        return url && !strncmp(url, "https://", 8) ? true : bad(w->out, w->where, "source.url: Only HTTPS URLs are supported");
    if (!image && !strcmp(type, "text"))
        return data && media ? true : bad(w->out, w->where, "source.text: media_type and data are required");
    return !strcmp(type, "file") || !strcmp(type, "content") ? true : bad(w->out, w->where, "source: unknown type");
}

static bool result_parts(walk *w, const cJSON *c) {
    const cJSON *p;
    if (cJSON_IsString(c)) {
        buf_adds(&w->q->text, c->valuestring);
        return true;
    }
    if (!cJSON_IsArray(c))
        return bad(w->out, w->where, "tool_result.content: Input should be a valid string or list");
    cJSON_ArrayForEach(p, c) {
        const char *type = json_string(p, "type");
        if (!type || (strcmp(type, "text") && strcmp(type, "image") && strcmp(type, "document") && strcmp(type, "search_result")))
            return bad(w->out, w->where, "tool_result.content: unknown block type");
        if (!strcmp(type, "text") ? !text_ok(w, json_string(p, "text")) : !source_ok(w, p, !strcmp(type, "image")))
            return false;
    }
    return true;
}

static bool tool_result(walk *w, const cJSON *b) {
    static const char *const known[] = {"type", "tool_use_id", "content", "is_error", "cache_control", NULL};
    const char *id = json_string(b, "tool_use_id");
    if (json_unknown(b, known))
        return extra(w->out, w->where, json_unknown(b, known));
    if (w->assistant)
        return bad(w->out, w->where, "`tool_result` blocks can only be in `user` messages");
    if (!id)
        return bad(w->out, w->where, "tool_result.tool_use_id: Field required");
    for (size_t i = 0; i < w->n_due; i++) {
        if (w->due[i] && !strcmp(w->due[i], id)) {
            if (w->results_over)
                return bad(w->out, w->where, "`tool_result` blocks must come first in the message that answers `tool_use`");
            w->due[i] = NULL;
            w->n_results++;
            const cJSON *c = GET(b, "content");
            return !c || result_parts(w, c);
        }
    }
    return refuse(
        w->out, 400, INVALID, "", "",
        "%s: unexpected `tool_use_id` found in `tool_result` blocks: %s. Each `tool_result` block must have a corresponding `tool_use` "
        "block in the previous message.",
        w->where, id);
}

static bool tool_use(walk *w, const cJSON *b) {
    static const char *const known[] = {"type", "id", "name", "input", "cache_control", "caller", "toolset_name", NULL};
    const char *id = json_string(b, "id"), *name = json_string(b, "name");
    if (json_unknown(b, known))
        return extra(w->out, w->where, json_unknown(b, known));
    if (!w->assistant)
        return bad(w->out, w->where, "`tool_use` blocks can only be in `assistant` messages");
    if (!id || !id_ok(id, 256))
        return bad(w->out, w->where, "tool_use.id: String should match pattern '^[a-zA-Z0-9_-]+$'");
    if (!name || !id_ok(name, 200))
        return bad(w->out, w->where, "tool_use.name: String should match pattern '^[a-zA-Z0-9_-]{1,200}$'");
    if (!cJSON_IsObject(GET(b, "input")))
        return bad(w->out, w->where, "tool_use.input: Input should be a valid dictionary");
    for (size_t i = 0; i < w->n_used; i++)
        if (!strcmp(w->used[i], id))
            return refuse(w->out, 400, INVALID, "", "", "messages: `tool_use` ids must be unique");
    if (w->n_used < 256)
        w->used[w->n_used++] = id;
    return true;
}

static bool cache_control(walk *w, const cJSON *b) {
    const cJSON *c = GET(b, "cache_control");
    if (!c || cJSON_IsNull(c))
        return true;
    const char *type = json_string(c, "type");
    if (!type || strcmp(type, "ephemeral") != 0)
        return bad(w->out, w->where, "cache_control.type: Input should be 'ephemeral'");
    if (++w->cache_controls > 4)
        return refuse(w->out, 400, INVALID, "", "", "A maximum of 4 blocks with cache_control may be provided. Found %d.",
                      w->cache_controls);
    return true;
}

static bool block(walk *w, const cJSON *b) {
    static const char *const text_fields[] = {"type", "text", "cache_control", "citations", NULL};
    static const char *const image_fields[] = {"type", "source", "cache_control", "transformations", NULL};
    static const char *const document_fields[] = {"type", "source", "cache_control", "citations", "context", "title", NULL};
    const char *type = json_string(b, "type"), *unknown = NULL;
    if (!type)
        return bad(w->out, w->where, "type: Field required");
    if (!cache_control(w, b))
        return false;
    if (!strcmp(type, "tool_result"))
        return tool_result(w, b);
    w->results_over = true;
    if (!strcmp(type, "tool_use"))
        return tool_use(w, b);
    if (!strcmp(type, "text"))
        return (unknown = json_unknown(b, text_fields)) ? extra(w->out, w->where, unknown) : text_ok(w, json_string(b, "text"));
    if (!strcmp(type, "image") || !strcmp(type, "document")) {
        bool image = *type == 'i';
        unknown = json_unknown(b, image ? image_fields : document_fields);
        if (w->assistant)
            return bad(w->out, w->where, "images and documents can only be in `user` messages");
        return unknown ? extra(w->out, w->where, unknown) : source_ok(w, b, image);
    }
    if (!strcmp(type, "thinking")) {
        const char *signature = json_string(b, "signature");
        return w->assistant && signature && *signature
                   ? true
                   : bad(w->out, w->where, "thinking.signature: Invalid `signature` in `thinking` block");
    }
    if (!strcmp(type, "redacted_thinking"))
        return json_string(b, "data") ? true : bad(w->out, w->where, "redacted_thinking.data: Field required");
    return refuse(w->out, 400, INVALID, "", "", "%s: Input tag '%s' found using 'type' does not match any of the expected tags", w->where,
                  type);
}

static bool all_answered(walk *w, size_t i) {
    for (size_t k = 0; k < w->n_due; k++)
        if (w->due[k])
            return refuse(
                w->out, 400, INVALID, "", "",
                "messages.%zu: `tool_use` ids were found without `tool_result` blocks immediately after: %s. Each `tool_use` block must "
                "have a corresponding `tool_result` block in the next message.",
                i - 1, w->due[k]);
    return true;
}

/* Opus 4.8 was the first; of later families all but Sonnet 5 are sure to. */
static bool takes_late_system(const char *model) {
    static const char *const newer[] = {"claude-opus-4-8",   "claude-opus-5", "claude-haiku-5",
                                        "claude-sonnet-5-5", "claude-fable-", "claude-mythos-"};
    for (size_t i = 0; i < sizeof newer / sizeof *newer; i++)
        if (strstr(model, newer[i]))
            return true;
    return false;
}

/* Instructions amid the messages: right after the user, before the assistant or at the end. */
static bool late_system(walk *w, const cJSON *m, size_t i) {
    static const char *const known[] = {"role", "content", "output_config", NULL};
    const cJSON *content = GET(m, "content"), *b;
    if (json_unknown(m, known))
        return extra(w->out, w->where, json_unknown(m, known));
    const char *before = m->prev && i ? json_string(m->prev, "role") : NULL, *after = m->next ? json_string(m->next, "role") : NULL;
    if (!takes_late_system(w->q->model))
        return refuse(w->out, 400, INVALID, "", "", "messages.%zu: role 'system' is not supported on this model", i);
    if (!i)
        return refuse(w->out, 400, INVALID, "", "", "messages.0: use the top-level 'system' parameter for the initial system prompt");
    if (!before || strcmp(before, "user") || (after && strcmp(after, "assistant")))
        return refuse(w->out, 400, INVALID, "", "",
                      "messages.%zu: a system message must follow a user message, and precede an assistant message or end the list", i);
    if (cJSON_IsString(content))
        return *content->valuestring || bad(w->out, w->where, "system messages must have non-empty content");
    if (cJSON_IsArray(content) && !cJSON_GetArraySize(content) && GET(m, "output_config"))
        return true; /* it only sets options of the turn */
    if (!cJSON_IsArray(content) || !cJSON_GetArraySize(content))
        return bad(w->out, w->where, "system messages must have non-empty content");
    cJSON_ArrayForEach(b, content) if (!json_string(b, "type") || strcmp(json_string(b, "type"), "text") || !json_string(b, "text") ||
                                       blank(json_string(b, "text"))) return bad(w->out, w->where, "system messages hold text blocks only");
    return true;
}

static bool message(walk *w, const cJSON *m, size_t i, bool last) {
    static const char *const known[] = {"role", "content", NULL};
    const char *role = json_string(m, "role");
    snprintf(w->where, sizeof w->where, "messages.%zu", i);
    if (role && !strcmp(role, "system"))
        return late_system(w, m, i);
    if (json_unknown(m, known))
        return extra(w->out, w->where, json_unknown(m, known));
    if (!role || (strcmp(role, "user") && strcmp(role, "assistant")))
        return bad(w->out, w->where, "role: Input should be 'user' or 'assistant'");
    w->assistant = !strcmp(role, "assistant");
    if (!i && w->assistant)
        return refuse(w->out, 400, INVALID, "", "", "messages: first message must use the \"user\" role");
    w->results_over = false;
    w->n_results = 0;
    w->first_used = w->n_used;
    w->q->text.n = 0;
    const cJSON *c = GET(m, "content"), *b;
    if (cJSON_IsString(c)) {
        if (!*c->valuestring && last && w->assistant)
            return true;
        if (!text_ok(w, c->valuestring))
            return false;
    } else if (!cJSON_IsArray(c)) {
        return bad(w->out, w->where, "content: Input should be a valid list");
    } else if (!cJSON_GetArraySize(c) && !(last && w->assistant)) {
        return bad(w->out, w->where, "all messages must have non-empty content except for the optional final assistant message");
    }
    size_t k = 0;
    if (cJSON_IsArray(c)) {
        cJSON_ArrayForEach(b, c) {
            snprintf(w->where, sizeof w->where, "messages.%zu.content.%zu", i, k++);
            if (!block(w, b))
                return false;
        }
    }
    if (!all_answered(w, i))
        return false;
    w->n_due = 0;
    for (size_t u = w->first_used; u < w->n_used && w->n_due < 64; u++)
        w->due[w->n_due++] = w->used[u];
    w->q->ends_with_result = w->n_results > 0;
    return true;
}

static bool messages(walk *w, const cJSON *body) {
    const cJSON *list = GET(body, "messages"), *m;
    if (!list)
        return bad(w->out, "messages", "Field required");
    if (!cJSON_IsArray(list))
        return bad(w->out, "messages", "Input should be a valid list");
    size_t n = (size_t)cJSON_GetArraySize(list), i = 0;
    if (!n)
        return refuse(w->out, 400, INVALID, "", "", "messages: at least one message is required");
    cJSON_ArrayForEach(m, list) {
        if (!message(w, m, i, i + 1 == n))
            return false;
        i++;
    }
    if (w->n_due)
        return all_answered(w, n);
    if (w->assistant && w->q->text.n && isspace((unsigned char)w->q->text.p[w->q->text.n - 1]))
        return refuse(w->out, 400, INVALID, "", "", "messages: final assistant content cannot end with trailing whitespace");
    return true;
}

static bool system_text(walk *w, const cJSON *body) {
    const cJSON *s = GET(body, "system"), *b;
    if (!s || cJSON_IsString(s))
        return true;
    if (!cJSON_IsArray(s))
        return bad(w->out, "system", "Input should be a valid list");
    cJSON_ArrayForEach(b, s) {
        const char *type = json_string(b, "type");
        if (!type || strcmp(type, "text") != 0)
            return bad(w->out, "system.0.type", "Input should be 'text'");
        const char *text = json_string(b, "text");
        if (!text || !*text)
            return refuse(w->out, 400, INVALID, "", "", "system: text content blocks must be non-empty");
        if (!cache_control(w, b))
            return false;
    }
    return true;
}

/* What output can be held to: no bounds, and objects that are closed. */
static bool grammar_ok(walk *w, const cJSON *schema) {
    static const char *const refused[] = {"minimum",   "maximum",  "exclusiveMinimum", "exclusiveMaximum", "multipleOf",
                                          "minLength", "maxItems", "maxLength",        "minProperties",    NULL};
    const cJSON *c;
    const char *type = json_string(schema, "type");
    for (size_t i = 0; refused[i]; i++)
        if (cJSON_IsNumber(GET(schema, refused[i])))
            return refuse(w->out, 400, INVALID, "", "", "%s: For this type, property '%s' is not supported", w->where, refused[i]);
    if (type && !strcmp(type, "object") && !cJSON_IsFalse(GET(schema, "additionalProperties")))
        return bad(w->out, w->where, "For 'object' type, 'additionalProperties' must be explicitly set to false");
    cJSON_ArrayForEach(c, schema) {
        if (!grammar_ok(w, c))
            return false;
    }
    return true;
}

static bool output_config(walk *w, const cJSON *body) {
    static const char *const known[] = {"effort", "format", "task_budget", NULL};
    static const char *const efforts[] = {"low", "medium", "high", "xhigh", "max", NULL};
    const cJSON *config = GET(body, "output_config"), *format = GET(config, "format");
    const char *effort = json_string(config, "effort"), *type = json_string(format, "type");
    snprintf(w->where, sizeof w->where, "output_config");
    if (json_unknown(config, known))
        return extra(w->out, w->where, json_unknown(config, known));
    if (effort && !json_list_has(efforts, effort))
        return bad(w->out, "output_config.effort", "Input should be 'low', 'medium', 'high', 'xhigh' or 'max'");
    if (!format || cJSON_IsNull(format))
        return true;
    if (!type || strcmp(type, "json_schema") != 0 || !cJSON_IsObject(GET(format, "schema")))
        return bad(w->out, "output_config.format", "Input should be of type 'json_schema', with a schema");
    return grammar_ok(w, GET(format, "schema"));
}

static bool tools(walk *w, const cJSON *body) {
    static const char *const known[] = {"name",          "description",           "input_schema",   "cache_control",   "strict", "type",
                                        "defer_loading", "eager_input_streaming", "input_examples", "allowed_callers", NULL};
    const cJSON *list = GET(body, "tools"), *t, *u;
    if (!list)
        return true;
    if (!cJSON_IsArray(list))
        return bad(w->out, "tools", "Input should be a valid list");
    size_t i = 0;
    cJSON_ArrayForEach(t, list) {
        const char *name = json_string(t, "name"), *type = json_string(t, "type");
        snprintf(w->where, sizeof w->where, "tools.%zu", i++);
        if (type && strcmp(type, "custom") != 0)
            continue; /* a server tool */
        if (json_unknown(t, known))
            return extra(w->out, w->where, json_unknown(t, known));
        if (!name || !id_ok(name, 128))
            return bad(w->out, w->where, "custom.name: String should match pattern '^[a-zA-Z0-9_-]{1,128}$'");
        const cJSON *schema = GET(t, "input_schema");
        const char *object = json_string(schema, "type");
        if (!object || strcmp(object, "object") != 0)
            return bad(w->out, w->where, "custom.input_schema.type: Input should be 'object'");
        if (GET(schema, "oneOf") || GET(schema, "anyOf") || GET(schema, "allOf"))
            return bad(w->out, w->where, "custom.input_schema: input_schema does not support oneOf, allOf, or anyOf at the top level");
        if (cJSON_IsTrue(GET(t, "strict")) && !grammar_ok(w, schema))
            return false;
        for (u = t->next; u; u = u->next)
            if (json_string(u, "name") && !strcmp(json_string(u, "name"), name))
                return refuse(w->out, 400, INVALID, "", "", "tools: Tool names must be unique.");
        if (!cache_control(w, t))
            return false;
    }
    w->q->tools = cJSON_GetArraySize(list) ? (cJSON *)(uintptr_t)list : NULL;
    return true;
}

static bool tool_choice(walk *w, const cJSON *body) {
    static const char *const known[] = {"type", "name", "disable_parallel_tool_use", NULL};
    const cJSON *c = GET(body, "tool_choice"), *t;
    if (!c || cJSON_IsNull(c))
        return true;
    const char *type = json_string(c, "type"), *name = json_string(c, "name");
    if (!type || (strcmp(type, "auto") && strcmp(type, "any") && strcmp(type, "tool") && strcmp(type, "none")))
        return bad(w->out, "tool_choice", "Input tag does not match any of the expected tags: 'auto', 'any', 'tool', 'none'");
    if (json_unknown(c, known))
        return extra(w->out, "tool_choice", json_unknown(c, known));
    if (!w->q->tools)
        return refuse(w->out, 400, INVALID, "", "", "tool_choice: may only be specified while providing tools");
    if (!strcmp(type, "none")) {
        w->q->tools = NULL;
        return true;
    }
    w->q->tool_forced = strcmp(type, "auto") != 0;
    if (strcmp(type, "tool") != 0)
        return true;
    bool found = false;
    cJSON_ArrayForEach(t, w->q->tools) found |= name && json_string(t, "name") && !strcmp(json_string(t, "name"), name);
    if (!found)
        return refuse(w->out, 400, INVALID, "", "", "tool_choice.name: Tool '%s' not found in provided tools", name ? name : "");
    snprintf(w->q->only, sizeof w->q->only, "%s", name);
    return true;
}

/* A budget wants the last words to begin with thoughts, where they are the assistant's. */
static bool begun_thoughtlessly(const cJSON *body) {
    const cJSON *messages = GET(body, "messages"), *last = cJSON_GetArrayItem(messages, cJSON_GetArraySize(messages) - 1);
    const char *role = json_string(last, "role"), *first = json_string(cJSON_GetArrayItem(GET(last, "content"), 0), "type");
    return role && !strcmp(role, "assistant") && !(first && strstr(first, "thinking"));
}

static bool thinking(walk *w, const cJSON *body, double max_tokens) {
    const cJSON *t = GET(body, "thinking"), *budget = GET(t, "budget_tokens"), *temperature = GET(body, "temperature");
    const char *type = json_string(t, "type");
    if (!t || cJSON_IsNull(t))
        return true;
    if (!type || (strcmp(type, "enabled") && strcmp(type, "disabled") && strcmp(type, "adaptive") && strcmp(type, "between_tools")))
        return bad(w->out, "thinking", "Input tag does not match any of the expected tags");
    if (!strcmp(type, "disabled"))
        return true;
    if (!strcmp(type, "enabled")) {
        if (!cJSON_IsNumber(budget) || budget->valuedouble < 1024)
            return bad(w->out, "thinking.enabled.budget_tokens", "Input should be greater than or equal to 1024");
        if (budget->valuedouble >= max_tokens)
            return refuse(w->out, 400, INVALID, "", "", "`max_tokens` must be greater than `thinking.budget_tokens`.");
        if (begun_thoughtlessly(body))
            return bad(
                w->out, "messages",
                "Expected `thinking` or `redacted_thinking`, but found `text`. When `thinking` is enabled, a final `assistant` message "
                "must start with a thinking block");
    }
    if (cJSON_IsNumber(temperature) && temperature->valuedouble < 1)
        return refuse(w->out, 400, INVALID, "", "", "`temperature` may only be set to 1 when thinking is enabled.");
    if (GET(body, "top_k"))
        return refuse(w->out, 400, INVALID, "", "", "`top_k` must be unset when thinking is enabled.");
    return w->q->tool_forced ? refuse(w->out, 400, INVALID, "", "", "Thinking may not be enabled when tool_choice forces tool use.") : true;
}

/* The newest models refuse sampling parameters; those before refuse two of them together. */
static bool sampling(walk *w, const cJSON *body) {
    static const char *const strict[] = {"claude-opus-4-7", "claude-opus-5", "claude-sonnet-5", "claude-haiku-5", NULL};
    static const char *const either[] = {"claude-opus-4-1",   "claude-opus-4-5",  "claude-opus-4-6",
                                         "claude-sonnet-4-5", "claude-haiku-4-5", NULL};
    static const char *const names[] = {"temperature", "top_p", "top_k", NULL};
    for (size_t i = 0; strict[i]; i++)
        for (size_t k = 0; names[k]; k++)
            if (!strncmp(w->q->model, strict[i], strlen(strict[i])) && GET(body, names[k]))
                return refuse(w->out, 400, INVALID, "", "", "`%s` is not supported by this model.", names[k]);
    for (size_t i = 0; either[i]; i++)
        if (!strncmp(w->q->model, either[i], strlen(either[i])) && GET(body, "temperature") && GET(body, "top_p"))
            return refuse(w->out, 400, INVALID, "", "",
                          "`temperature` and `top_p` cannot both be specified for this model. Please use only one.");
    const char *problem;
    if (!json_range(body, "temperature", 0, 1, false, &problem))
        return bad(w->out, "temperature", "range: 0..1");
    if (!json_range(body, "top_p", 0, 1, false, &problem))
        return bad(w->out, "top_p", "range: 0..1");
    return json_range(body, "top_k", 0, 1e9, true, &problem) ? true : bad(w->out, "top_k", "Input should be a valid integer");
}

static bool the_rest(walk *w, const cJSON *body) {
    static const char *const metadata_fields[] = {"user_id", NULL};
    const cJSON *stops = GET(body, "stop_sequences"), *s, *stream = GET(body, "stream"), *metadata = GET(body, "metadata");
    const char *tier = json_string(body, "service_tier"), *user = json_string(metadata, "user_id");
    if (stops && !cJSON_IsArray(stops))
        return bad(w->out, "stop_sequences", "Input should be a valid list");
    cJSON_ArrayForEach(s, stops) {
        if (!cJSON_IsString(s) || blank(s->valuestring))
            return refuse(w->out, 400, INVALID, "", "", "stop_sequences: each stop sequence must contain non-whitespace");
    }
    if (stream && !cJSON_IsBool(stream))
        return bad(w->out, "stream", "Input should be a valid boolean");
    if (json_unknown(metadata, metadata_fields))
        return extra(w->out, "metadata", json_unknown(metadata, metadata_fields));
    if (user && strlen(user) > 256)
        return bad(w->out, "metadata.user_id", "String should have at most 256 characters");
    if (tier && strcmp(tier, "auto") && strcmp(tier, "standard_only"))
        return bad(w->out, "service_tier", "Input should be 'auto' or 'standard_only'");
    w->q->stream = cJSON_IsTrue(stream);
    return true;
}

bool anthropic_check(const cJSON *body, question *q, refusal *out) {
    static const char *const known[] = {"max_tokens",    "messages", "model",           "cache_control", "container", "diagnostics",
                                        "inference_geo", "metadata", "output_config",   "service_tier",  "speed",     "stop_sequences",
                                        "stream",        "system",   "thinking",        "tool_choice",   "tools",     "temperature",
                                        "top_p",         "top_k",    "user_profile_id", "workspace_id",  NULL};
    const char *unknown = json_unknown(body, known), *model = json_string(body, "model"), *problem;
    const cJSON *max = GET(body, "max_tokens");
    walk w = {.q = q, .out = out};
    q->n = 1;
    if (unknown)
        return extra(out, "", unknown);
    if (!model)
        return bad(out, "model", "Field required");
    if (!script_model_ok(model))
        return refuse(out, 404, "not_found_error", "", "", "model: %s", model);
    snprintf(q->model, sizeof q->model, "%s", model);
    if (!max)
        return bad(out, "max_tokens", "Field required");
    if (!json_range(body, "max_tokens", 1, 200000, true, &problem) || !cJSON_IsNumber(max))
        return bad(out, "max_tokens", "Input should be greater than or equal to 1");
    q->max_tokens = (int64_t)max->valuedouble;
    return messages(&w, body) && system_text(&w, body) && tools(&w, body) && tool_choice(&w, body) && output_config(&w, body) &&
           thinking(&w, body, max->valuedouble) && sampling(&w, body) && the_rest(&w, body);
}
