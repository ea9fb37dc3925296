/* gemini_check.c: what generateContent refuses, and how it says so: the head, the contents, and which parts may stand where.
 *
 * The words are those of the service, as its guides and reports of its users quote them. Its reader takes names in camelCase and as
 * protobuf spells them, and clients mix the two; here they are brought to camelCase first.
 */
#include "sim.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#define INVALID      "INVALID_ARGUMENT"
#define GET(o, name) cJSON_GetObjectItemCaseSensitive(o, name)

bool gemini_check_head(const request *r, refusal *out) {
    str key = http_header(r, "x-goog-api-key"), bearer = http_header(r, "authorization"), type = http_header(r, "content-type");
    if (bearer.p && key.p)
        return refuse(out, 400, INVALID, "", "", "Multiple authentication credentials received. Please pass only one.");
    if (!strncmp(r->path, "/v1/projects/", 13) && !bearer.p)
        return refuse(out, 401, "UNAUTHENTICATED", "", "", "API keys are not supported by this API. Expected OAuth2 access token.");
    if (bearer.n > 7 && !strncmp(bearer.p, "Bearer ", 7)) /* a token of Vertex AI */
        key = (str){bearer.p + 7, bearer.n - 7};
    if (!key.n)
        return refuse(out, 403, "PERMISSION_DENIED", "", "",
                      "Method doesn't allow unregistered callers (callers without established identity). Please use API Key or other form "
                      "of API consumer identity to call this API.");
    if (!script_key_ok(key))
        return refuse(out, 400, INVALID, "API_KEY_INVALID", "", "API key not valid. Please pass a valid API key.");
    if (str_is(r->method, "POST") && !(type.n >= 16 && !strncasecmp(type.p, "application/json", 16)))
        return refuse(out, 400, INVALID, "", "", "Invalid Content-Type: it must be application/json");
    return true;
}

/* Under these stand names of others. */
static bool is_foreign(const char *key) {
    static const char *const names[] = {"args", "response", "labels", "parametersJsonSchema", "responseJsonSchema", NULL};
    return key && json_list_has(names, key);
}

static void to_camel(char *key) {
    char *to = key;
    for (const char *from = key; *from; from++)
        if (*from == '_' && from > key && islower((unsigned char)from[1]))
            *to++ = (char)toupper((unsigned char)*++from);
        else
            *to++ = *from;
    *to = '\0';
}

void gemini_normalise(cJSON *node, bool names) {
    cJSON *child;
    cJSON_ArrayForEach(child, node) {
        if (child->string && !names)
            to_camel(child->string);
        if (!is_foreign(child->string))
            gemini_normalise(child, child->string && !strcmp(child->string, "properties"));
    }
}

bool gemini_unknown(refusal *out, const cJSON *object, const char *const *known, const char *where) {
    const char *name = json_unknown(object, known);
    if (!name)
        return false;
    refuse(out, 400, INVALID, "", "", "Invalid JSON payload received. Unknown name \"%s\"%s%s%s: Cannot find field.", name,
           *where ? " at '" : "", where, *where ? "'" : "");
    return true;
}

/* The walk through the contents. */
typedef struct walk {
    question *q;
    refusal *out;
    char where[64];
    bool model;             /* whose turn */
    const cJSON *calls[64]; /* of the turn before */
    size_t n_calls;
    size_t n_responses, n_others; /* of this turn */
    bool must_sign;               /* a signature is needed beside the first call of each turn */
} walk;

static bool bad(walk *w, const char *words) {
    return refuse(w->out, 400, INVALID, "", "", "* GenerateContentRequest.%s: %s", w->where, words);
}

static bool blob_ok(walk *w, const cJSON *blob) {
    static const char *const known[] = {"mimeType", "data", "displayName", NULL};
    const char *type = json_string(blob, "mimeType"), *data = json_string(blob, "data");
    if (gemini_unknown(w->out, blob, known, w->where))
        return false;
    if (!type || !strchr(type, '/'))
        return bad(w, "Unable to process input: mime_type is required");
    if (!data || !*data || strlen(data) % 4 ||
        strspn(data, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=_-") != strlen(data))
        return refuse(w->out, 400, INVALID, "", "", "Invalid value at '%s.inline_data.data' (TYPE_BYTES), Base64 decoding failed",
                      w->where);
    return true;
}

static bool file_ok(walk *w, const cJSON *file) {
    static const char *const known[] = {"mimeType", "fileUri", "displayName", NULL};
    if (gemini_unknown(w->out, file, known, w->where))
        return false;
    return json_string(file, "fileUri") ? true : bad(w, "file_uri must not be empty");
}

static bool signature_ok(walk *w, const cJSON *part, bool first_call) {
    const char *signature = json_string(part, "thoughtSignature");
    const cJSON *call = GET(part, "functionCall");
    bool skips =
        signature && (!strcmp(signature, "skip_thought_signature_validator") || !strcmp(signature, "context_engineering_is_the_way_to_go"));
    if (signature && !skips && strcmp(signature, GEMINI_SIGNATURE) != 0)
        return refuse(w->out, 400, INVALID, "", "", "Thought signature is not valid.");
    if (first_call && w->must_sign && !signature)
        return refuse(
            w->out, 400, INVALID, "", "",
            "Function call is missing a thought_signature in functionCall parts. This is required for tools to work correctly, and "
            "missing thought_signature may lead to degraded model performance. Additional data, function call `%s`, position 1.",
            json_string(call, "name"));
    return true;
}

static bool call_ok(walk *w, const cJSON *call) {
    static const char *const known[] = {"id", "name", "args", NULL};
    const cJSON *args = GET(call, "args");
    if (gemini_unknown(w->out, call, known, w->where))
        return false;
    if (!w->model)
        return bad(w, "function calls can only be in turns of the model");
    if (!json_string(call, "name"))
        return bad(w, "function_call.name must not be empty");
    if (args && !cJSON_IsObject(args))
        return refuse(w->out, 400, INVALID, "", "", "Invalid value at '%s.function_call.args' (type.googleapis.com/google.protobuf.Struct)",
                      w->where);
    if (w->n_calls < 64)
        w->calls[w->n_calls++] = call;
    return true;
}

static bool response_parts_ok(walk *w, const cJSON *parts) {
    const cJSON *part;
    cJSON_ArrayForEach(part, parts) {
        const cJSON *blob = GET(part, "inlineData");
        if (strncmp(w->q->model, "gemini-3", 8) != 0)
            return bad(w, "Multimodal function responses are not supported by this model");
        if (blob ? !blob_ok(w, blob) : !GET(part, "fileData"))
            return false;
    }
    return true;
}

static bool response_ok(walk *w, const cJSON *said) {
    static const char *const known[] = {"id", "name", "response", "parts", "willContinue", "scheduling", NULL};
    const char *name = json_string(said, "name"), *id = json_string(said, "id");
    const cJSON *response = GET(said, "response"), *call = w->n_responses < w->n_calls ? w->calls[w->n_responses] : NULL;
    w->n_responses++;
    if (gemini_unknown(w->out, said, known, w->where))
        return false;
    if (w->model || !call)
        return refuse(w->out, 400, INVALID, "", "",
                      "Please ensure that function response turn comes immediately after a function call turn.");
    if (!name || strcmp(name, json_string(call, "name")) != 0)
        return bad(w, "function_response.name must be the name of its call, in the order of the calls");
    if (id && json_string(call, "id") && strcmp(id, json_string(call, "id")) != 0)
        return bad(w, "function_response.id must be the id of its call");
    if (!cJSON_IsObject(response))
        return refuse(w->out, 400, INVALID, "", "",
                      "Invalid value at '%s.function_response.response' (type.googleapis.com/google.protobuf.Struct)", w->where);
    const char *text = json_string(response, "output"), *of = json_string(response, "name");
    if (!text && of && !strcmp(of, name))
        text = json_string(response, "content"); /* as the Vercel AI SDK wraps a result */
    char *whole = text ? NULL : cJSON_PrintUnformatted(response);
    buf_adds(&w->q->text, text ? text : whole);
    free(whole);
    return response_parts_ok(w, GET(said, "parts"));
}

static bool part_ok(walk *w, const cJSON *part, bool *called) {
    static const char *const known[] = {"text",
                                        "thought",
                                        "thoughtSignature",
                                        "inlineData",
                                        "fileData",
                                        "functionCall",
                                        "functionResponse",
                                        "executableCode",
                                        "codeExecutionResult",
                                        "videoMetadata",
                                        NULL};
    const cJSON *call = GET(part, "functionCall"), *said = GET(part, "functionResponse"), *blob = GET(part, "inlineData"),
                *file = GET(part, "fileData");
    const char *text = json_string(part, "text");
    int data = !!call + !!said + !!blob + !!file + !!text + !!GET(part, "executableCode") + !!GET(part, "codeExecutionResult");
    if (gemini_unknown(w->out, part, known, w->where))
        return false;
    if (data != 1)
        return bad(w, data ? "oneof field 'data' is already set. Cannot set it twice"
                           : "required oneof field 'data' must have one initialized field");
    if (!signature_ok(w, part, call && !*called))
        return false;
    *called |= call != NULL;
    w->n_others += !said;
    if (call)
        return call_ok(w, call);
    if (said)
        return response_ok(w, said);
    if (blob)
        return blob_ok(w, blob);
    if (file)
        return file_ok(w, file);
    if (text && !*text && !GET(part, "thoughtSignature"))
        return bad(w, "Unable to submit request because it must have a text parameter that is not empty");
    if (text && !w->model)
        buf_adds(&w->q->text, text);
    return true;
}

static bool content_ok(walk *w, const cJSON *content, size_t i) {
    static const char *const known[] = {"role", "parts", NULL};
    const char *role = json_string(content, "role");
    const cJSON *parts = GET(content, "parts"), *part;
    size_t due = w->n_calls, k = 0;
    bool called = false, was_model = w->model;
    snprintf(w->where, sizeof w->where, "contents[%zu]", i);
    if (gemini_unknown(w->out, content, known, w->where))
        return false;
    if (role && strcmp(role, "user") && strcmp(role, "model"))
        return refuse(w->out, 400, INVALID, "", "", "Please use a valid role: user, model.");
    w->model = role && !strcmp(role, "model");
    if (!cJSON_IsArray(parts) || !cJSON_GetArraySize(parts))
        return bad(w, "parts: contents.parts must not be empty.");
    if (i && was_model == w->model)
        return refuse(w->out, 400, INVALID, "", "", "Please ensure that multiturn requests alternate between user and model.");
    w->n_responses = w->n_others = 0;
    if (w->model)
        w->n_calls = 0;
    else
        w->q->text.n = 0;
    cJSON_ArrayForEach(part, parts) {
        snprintf(w->where, sizeof w->where, "contents[%zu].parts[%zu]", i, k++);
        if (!part_ok(w, part, &called))
            return false;
    }
    if (w->model && called && i == 0)
        return refuse(w->out, 400, INVALID, "", "",
                      "Please ensure that function call turn comes immediately after a user turn or after a function response turn.");
    if (!w->model && due && w->n_responses != due)
        return refuse(
            w->out, 400, INVALID, "", "",
            "Please ensure that the number of function response parts is equal to the number of function call parts of the function "
            "call turn.");
    if (!w->model)
        w->n_calls = 0;
    w->q->ends_with_result = w->n_responses > 0;
    return true;
}

/* The last content in which a user says something that is no result: the calls behind it belong to the turn under way. */
static size_t current_turn(const cJSON *contents) {
    const cJSON *content, *part;
    size_t i = 0, last = 0;
    cJSON_ArrayForEach(content, contents) {
        const char *role = json_string(content, "role");
        bool results = false;
        cJSON_ArrayForEach(part, GET(content, "parts")) results |= GET(part, "functionResponse") != NULL;
        if ((!role || !strcmp(role, "user")) && !results)
            last = i;
        i++;
    }
    return last;
}

bool gemini_check_contents(const cJSON *body, question *q, refusal *out) {
    walk w = {.q = q, .out = out};
    const cJSON *contents = GET(body, "contents"), *content, *system = GET(body, "systemInstruction"), *part;
    static const char *const known[] = {"role", "parts", NULL}, *const text[] = {"text", NULL};
    size_t i = 0, turn = current_turn(contents);
    if (!cJSON_IsArray(contents) || !cJSON_GetArraySize(contents))
        return refuse(out, 400, INVALID, "", "", "* GenerateContentRequest.contents: contents is not specified\n");
    cJSON_ArrayForEach(content, contents) {
        w.must_sign = i > turn && !strncmp(q->model, "gemini-3", 8);
        if (!content_ok(&w, content, i++))
            return false;
    }
    if (system && (gemini_unknown(out, system, known, "system_instruction") || !cJSON_GetArraySize(GET(system, "parts"))))
        return out->status ? false
                           : refuse(out, 400, INVALID, "", "", "* GenerateContentRequest.system_instruction.parts: must not be empty.");
    cJSON_ArrayForEach(part, GET(system, "parts")) {
        if (gemini_unknown(out, part, text, "system_instruction.parts"))
            return false;
        if (!json_string(part, "text") || !*json_string(part, "text"))
            return refuse(out, 400, INVALID, "", "", "* GenerateContentRequest.system_instruction.parts: must have text.");
    }
    return true;
}
