/* answer.c: what the model "says": a text that follows from the request, so that a client can check that it got all of it, and
 * tool calls where the question names a tool. */
#include "sim.h"

#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

/* A value for a property of a tool's schema. Whole numbers lie past 2^53, where careless readers lose digits. */
static void argument(const cJSON *schema, uint64_t hash, buf *out) {
    const cJSON *choices = cJSON_GetObjectItemCaseSensitive(schema, "enum");
    const char *type = json_string(schema, "type");
    const cJSON *first = choices ? cJSON_GetArrayItem(choices, 0) : NULL;
    if (cJSON_IsString(first))
        buf_json(out, first->valuestring, strlen(first->valuestring));
    else if (type && !strcasecmp(type, "integer"))
        buf_adds(out, "9007199254740993");
    else if (type && !strcasecmp(type, "number"))
        buf_adds(out, "1.5");
    else if (type && !strcasecmp(type, "boolean"))
        buf_adds(out, "true");
    else if (type && !strcasecmp(type, "array"))
        buf_adds(out, "[]");
    else if (type && !strcasecmp(type, "object"))
        buf_adds(out, "{}");
    else
        buf_printf(out, "\"v%04x 鱼\\n\"", (unsigned)(hash & 0xffff));
}

static const cJSON *function_of(const question *q, const cJSON *tool) {
    return q->dialect == OPENAI ? cJSON_GetObjectItemCaseSensitive(tool, "function") : tool;
}

/* Arguments that the schema of a tool allows. */
static char *arguments(const question *q, const cJSON *function, uint64_t hash) {
    const cJSON *schema = cJSON_GetObjectItemCaseSensitive(function, q->dialect == ANTHROPIC ? "input_schema" : "parameters");
    if (q->dialect == GEMINI && !schema)
        schema = cJSON_GetObjectItemCaseSensitive(function, "parametersJsonSchema");
    const cJSON *properties = cJSON_GetObjectItemCaseSensitive(schema, "properties"), *property;
    buf args = {0};
    buf_adds(&args, "{");
    cJSON_ArrayForEach(property, properties) {
        if (args.n > 1)
            buf_adds(&args, ",");
        buf_json(&args, property->string, strlen(property->string));
        buf_adds(&args, ":");
        argument(property, hash, &args);
    }
    buf_adds(&args, "}");
    return args.p;
}

static void call_tool(const question *q, const fault *f, const cJSON *tool, uint64_t hash, answer *out) {
    const cJSON *function = function_of(q, tool);
    const char *name = json_string(function, "name");
    if (!name || out->n_calls == MAX_CALLS)
        return;
    tool_call *call = &out->calls[out->n_calls];
    snprintf(call->name, sizeof call->name, "%s", name);
    snprintf(call->id, sizeof call->id, "%s%016llx%02zu", q->dialect == ANTHROPIC ? "toolu_" : "call_", (unsigned long long)hash,
             out->n_calls);
    call->args = f->call_args ? cJSON_PrintUnformatted(f->call_args) : arguments(q, function, hash + out->n_calls);
    out->n_calls++;
}

/* Does the model call this tool? The script may say so; else the user's text names it, or it is the one that is forced. */
static bool wants(const question *q, const fault *f, const char *name) {
    if (f->call)
        return !strcmp(f->call, name);
    return q->only[0] ? !strcmp(q->only, name) : q->text.p && strstr(q->text.p, name);
}

/* When a call is forced and none is named, the first tool is called. */
static void call_tools(const question *q, const fault *f, uint64_t hash, answer *out) {
    if (!q->tools || q->ends_with_result)
        return;
    const cJSON *tool;
    cJSON_ArrayForEach(tool, q->tools) {
        const char *name = json_string(function_of(q, tool), "name");
        if (name && wants(q, f, name))
            call_tool(q, f, tool, hash, out);
    }
    if (!out->n_calls && q->tool_forced)
        call_tool(q, f, cJSON_GetArrayItem(q->tools, 0), hash, out);
}

void answer_make(const question *q, const fault *f, size_t body, answer *out) {
    *out = (answer){.created = wall_us() / 1000000};
    snprintf(out->model, sizeof out->model, "%s", q->model);
    uint64_t hash = answer_hash(q->model, q->text.p ? q->text.p : "", q->text.n);
    snprintf(out->id, sizeof out->id, "%s%016llx%06x",
             q->dialect == ANTHROPIC   ? "msg_"
             : q->dialect == OPENAI    ? "chatcmpl-"
             : q->dialect == RESPONSES ? "resp_"
                                       : "",
             (unsigned long long)hash, (unsigned)(sim_totals.requests & 0xffffff));
    call_tools(q, f, hash, out);
    int64_t n = f->words >= 0 ? f->words : 120;
    out->finish = "stop";
    if (q->max_tokens > 0 && q->max_tokens < n) {
        n = q->max_tokens;
        out->finish = "length";
    }
    if (out->n_calls)
        out->finish = "tool_calls";
    else if (f->text)
        buf_adds(&out->text, f->text);
    else
        answer_text(hash, n, &out->text);
    if (f->finish[0])
        out->finish = f->finish;
    out->reasoning = f->reasoning;
    out->chunks = f->chunks > 0 ? f->chunks : 8;
    out->prompt_tokens = f->prompt_tokens >= 0 ? f->prompt_tokens : (int64_t)(body / 4 + 1);
    out->completion_tokens = f->completion_tokens >= 0 ? f->completion_tokens : out->n_calls ? (int64_t)(20 * out->n_calls) : n;
    out->cached_tokens = f->cached_tokens;
}

/* Where piece i begins: moved forward to the start of a character. */
static size_t cut(const answer *a, int64_t i) {
    size_t at = (size_t)((double)a->text.n * (double)i / (double)a->chunks);
    if (i >= a->chunks)
        return a->text.n;
    while (at < a->text.n && ((unsigned char)a->text.p[at] & 0xc0) == 0x80)
        at++;
    return at;
}

str answer_piece(const answer *a, int64_t i) {
    size_t from = cut(a, i);
    return (str){a->text.p + from, cut(a, i + 1) - from};
}

void answer_free(answer *a) {
    buf_free(&a->text);
    for (size_t i = 0; i < a->n_calls; i++)
        free(a->calls[i].args);
}
