/* gemini_check_config.c: what generateContent refuses of tools, schemas and generationConfig. */
#include "sim.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

#define INVALID      "INVALID_ARGUMENT"
#define GET(o, name) cJSON_GetObjectItemCaseSensitive(o, name)

static bool bad(refusal *out, const char *where, const char *words) {
    return refuse(out, 400, INVALID, "", "", "* GenerateContentRequest.%s: %s", where, words);
}

/* ---- schemas -------------------------------------------------------------------------------------------------------------------- */

/* A schema of the API's own kind: its reader knows no other names. */
static bool own_schema_ok(refusal *out, const cJSON *schema, const char *where, int depth) {
    static const char *const known[] = {"type",     "format",     "title",    "description",      "nullable",      "enum",      "maxItems",
                                        "minItems", "properties", "required", "minProperties",    "maxProperties", "minLength", "maxLength",
                                        "pattern",  "example",    "anyOf",    "propertyOrdering", "default",       "items",     "minimum",
                                        "maximum",  NULL};
    const char *type = json_string(schema, "type");
    const cJSON *properties = GET(schema, "properties"), *one;
    if (gemini_unknown(out, schema, known, where))
        return false;
    if (type && (!strcmp(type, "OBJECT") || !strcmp(type, "object")) && (!properties || !cJSON_GetArraySize(properties)))
        return bad(out, where, "properties: should be non-empty for OBJECT type");
    if (type && (!strcmp(type, "ARRAY") || !strcmp(type, "array")) && !GET(schema, "items"))
        return bad(out, where, "items: missing field.");
    cJSON_ArrayForEach(one, properties) if (depth < 16 && !own_schema_ok(out, one, where, depth + 1)) return false;
    cJSON_ArrayForEach(one, GET(schema, "anyOf")) if (depth < 16 && !own_schema_ok(out, one, where, depth + 1)) return false;
    return !GET(schema, "items") || depth > 15 || own_schema_ok(out, GET(schema, "items"), where, depth + 1);
}

/* A JSON Schema of structured output: the reference lists the words it takes. $schema is not among them, but the guide's own example sends
 * what zod-to-json-schema writes, which has one. */
static bool json_schema_ok(refusal *out, const cJSON *schema, int depth) {
    static const char *const known[] = {"$schema",     "$id",
                                        "$defs",       "$ref",
                                        "$anchor",     "type",
                                        "format",      "title",
                                        "description", "enum",
                                        "items",       "prefixItems",
                                        "minItems",    "maxItems",
                                        "minimum",     "maximum",
                                        "anyOf",       "oneOf",
                                        "properties",  "additionalProperties",
                                        "required",    "propertyOrdering",
                                        NULL};
    static const char *const lists[] = {"properties", "$defs", "anyOf", "oneOf", "prefixItems", NULL};
    const char *name = json_unknown(schema, known);
    if (name)
        return refuse(out, 400, INVALID, "", "", "The specified schema is not supported: unknown keyword \"%s\".", name);
    for (size_t i = 0; lists[i]; i++) {
        const cJSON *one;
        cJSON_ArrayForEach(one, GET(schema, lists[i])) if (depth < 16 && !json_schema_ok(out, one, depth + 1)) return false;
    }
    const cJSON *items = GET(schema, "items");
    return !cJSON_IsObject(items) || depth > 15 || json_schema_ok(out, items, depth + 1);
}

/* ---- tools ------------------------------------------------------------------------------------------------------------------------ */

static bool name_ok(const char *s) {
    size_t n = s ? strlen(s) : 0;
    return n && n <= 64 && (isalpha((unsigned char)*s) || *s == '_') &&
           strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.:-") == n;
}

static bool function_ok(const cJSON *f, size_t i, refusal *out) {
    static const char *const known[] = {"name",     "description",        "parameters", "parametersJsonSchema",
                                        "response", "responseJsonSchema", "behavior",   NULL};
    char where[80];
    snprintf(where, sizeof where, "tools[0].function_declarations[%zu]", i);
    if (gemini_unknown(out, f, known, where))
        return false;
    if (!name_ok(json_string(f, "name")))
        return bad(
            out, where,
            "name: [FIELD_INVALID] Invalid function name. Must start with a letter or an underscore. Must be alphanumeric (a-z, A-Z, 0-9), "
            "underscores (_), dots (.), colons (:), or dashes (-), with a maximum length of 64.");
    if (GET(f, "parameters") && GET(f, "parametersJsonSchema"))
        return bad(out, where, "parameters and parameters_json_schema are mutually exclusive");
    strncat(where, ".parameters", sizeof where - strlen(where) - 1);
    if (GET(f, "parametersJsonSchema") && !cJSON_IsObject(GET(f, "parametersJsonSchema")))
        return bad(out, where, "schema must be an object");
    return !GET(f, "parameters") || own_schema_ok(out, GET(f, "parameters"), where, 0);
}

static const cJSON *declared(const cJSON *functions, const char *name) {
    const cJSON *f;
    cJSON_ArrayForEach(f, functions) if (name && json_string(f, "name") && !strcmp(json_string(f, "name"), name)) return f;
    return NULL;
}

static bool choice_ok(const cJSON *body, question *q, refusal *out) {
    static const char *const known[] = {"functionCallingConfig", "retrievalConfig", NULL}, *const inner[] = {"mode", "allowedFunctionNames",
                                                                                                             NULL};
    static const char *const modes[] = {"AUTO", "ANY", "NONE", "VALIDATED", NULL};
    const cJSON *config = GET(body, "toolConfig"), *calling = GET(config, "functionCallingConfig"),
                *names = GET(calling, "allowedFunctionNames"), *name;
    const char *mode = json_string(calling, "mode");
    if (gemini_unknown(out, config, known, "tool_config") || gemini_unknown(out, calling, inner, "tool_config.function_calling_config"))
        return false;
    if (mode && !json_list_has(modes, mode))
        return refuse(out, 400, INVALID, "", "", "Invalid value at 'tool_config.function_calling_config.mode', \"%s\"", mode);
    if (calling && !q->tools)
        return refuse(out, 400, INVALID, "", "", "Function calling config is set without function_declarations.");
    if (names && (!mode || (strcmp(mode, "ANY") && strcmp(mode, "VALIDATED"))))
        return bad(out, "tool_config.function_calling_config",
                   "allowed_function_names should only be set when the function calling mode is ANY or VALIDATED");
    cJSON_ArrayForEach(name, names) if (!declared(q->tools, name->valuestring)) return refuse(
        out, 400, INVALID, "", "", "The allowed function name `%s` is not in function_declarations.",
        cJSON_IsString(name) ? name->valuestring : "");
    q->tool_forced = mode && !strcmp(mode, "ANY");
    if (cJSON_GetArraySize(names) == 1)
        snprintf(q->only, sizeof q->only, "%s", cJSON_GetArrayItem(names, 0)->valuestring);
    if (mode && !strcmp(mode, "NONE"))
        q->tools = NULL;
    return true;
}

static bool tools_ok(const cJSON *body, question *q, refusal *out) {
    static const char *const known[] = {"functionDeclarations", "googleSearch",          "codeExecution",
                                        "urlContext",           "googleSearchRetrieval", NULL};
    const cJSON *tools = GET(body, "tools"), *tool, *f;
    cJSON_ArrayForEach(tool, tools) {
        size_t i = 0;
        if (gemini_unknown(out, tool, known, "tools[0]"))
            return false;
        cJSON_ArrayForEach(f, GET(tool, "functionDeclarations")) {
            if (!function_ok(f, i++, out))
                return false;
            if (declared(GET(tool, "functionDeclarations"), json_string(f, "name")) != f)
                return refuse(out, 400, INVALID, "", "", "Duplicate function declaration found: %s", json_string(f, "name"));
        }
        if (GET(tool, "functionDeclarations"))
            q->tools = GET(tool, "functionDeclarations");
    }
    return choice_ok(body, q, out);
}

/* ---- generationConfig -------------------------------------------------------------------------------------------------------------- */

static bool thinking_ok(const cJSON *config, const char *model, refusal *out) {
    static const char *const known[] = {"includeThoughts", "thinkingBudget", "thinkingLevel", NULL};
    static const char *const levels[] = {"MINIMAL", "LOW", "MEDIUM", "HIGH", "minimal", "low", "medium", "high", NULL};
    const cJSON *thinking = GET(config, "thinkingConfig"), *budget = GET(thinking, "thinkingBudget");
    const char *level = json_string(thinking, "thinkingLevel");
    bool three = !strncmp(model, "gemini-3", 8), pro = strstr(model, "-pro") != NULL;
    if (gemini_unknown(out, thinking, known, "generation_config.thinking_config"))
        return false;
    if (thinking && !three && strncmp(model, "gemini-2.5", 10) != 0)
        return refuse(out, 400, INVALID, "", "", "Unable to submit request because Thinking is not supported by this model.");
    if (level && budget)
        return refuse(out, 400, INVALID, "", "", "You can only set only one of thinking budget and thinking level.");
    if (level && !json_list_has(levels, level))
        return refuse(out, 400, INVALID, "", "", "Invalid value at 'generation_config.thinking_config.thinking_level', \"%s\"", level);
    if (level && (!three || (pro && (level[0] == 'M' || level[0] == 'm') && level[1] != 'E' && level[1] != 'e')))
        return refuse(out, 400, INVALID, "", "", "Thinking level %s is not supported for this model.", level);
    if (!cJSON_IsNumber(budget) || budget->valuedouble < 0)
        return true;
    double least = pro ? 128 : strstr(model, "-lite") ? 512 : 1, most = pro ? 32768 : 24576;
    if (budget->valuedouble == 0 && pro)
        return refuse(out, 400, INVALID, "", "", "Budget 0 is invalid. This model only works in thinking mode.");
    if (budget->valuedouble != 0 && (budget->valuedouble < least || budget->valuedouble > most))
        return refuse(out, 400, INVALID, "", "", "The thinking budget %d is invalid. Please choose a value between %d and %d.",
                      budget->valueint, (int)least, (int)most);
    return true;
}

static bool form_ok(const cJSON *config, const question *q, refusal *out) {
    const char *type = json_string(config, "responseMimeType");
    const cJSON *own = GET(config, "responseSchema"), *json = GET(config, "responseJsonSchema");
    bool is_json = type && !strcmp(type, "application/json");
    if (type && !is_json && strcmp(type, "text/plain") && strcmp(type, "text/x.enum"))
        return bad(out, "generation_config.response_mime_type",
                   "allowed mimetypes are `text/plain`, `application/json`, `application/xml`, `application/yaml` and `text/x.enum`.");
    if (own && json)
        return refuse(out, 400, INVALID, "", "", "response_schema and response_json_schema are mutually exclusive.");
    if ((own || json) && !is_json && !(type && own))
        return refuse(out, 400, INVALID, "", "", "response_mime_type must be `application/json` when a response schema is set.");
    if (is_json && q->tools && strncmp(q->model, "gemini-3", 8) != 0)
        return refuse(out, 400, INVALID, "", "", "Function calling with a response mime type: 'application/json' is unsupported");
    return json ? json_schema_ok(out, json, 0) : !own || own_schema_ok(out, own, "generation_config.response_schema", 0);
}

static bool numbers_ok(const cJSON *config, question *q, refusal *out) {
    static const struct {
        const char *name;
        double min, max;
        bool whole;
    } table[] = {{"temperature", 0, 2, false},
                 {"topP", 0, 1, false},
                 {"topK", 1, 1000, false},
                 {"candidateCount", 1, 8, true},
                 {"maxOutputTokens", 1, 1e6, true},
                 {"seed", -2147483648.0, 2147483647.0, true},
                 {"presencePenalty", -2, 1.9999, false},
                 {"frequencyPenalty", -2, 1.9999, false},
                 {"logprobs", 0, 20, true}};
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        const char *problem;
        if (!json_range(config, table[i].name, table[i].min, table[i].max, table[i].whole, &problem))
            return refuse(out, 400, INVALID, "", "", "* GenerateContentRequest.generation_config.%s: %s", table[i].name, problem);
    }
    const cJSON *max = GET(config, "maxOutputTokens"), *n = GET(config, "candidateCount"), *stop = GET(config, "stopSequences"), *one;
    if (GET(config, "logprobs") && !cJSON_IsTrue(GET(config, "responseLogprobs")))
        return refuse(out, 400, INVALID, "", "", "Logprobs is set but response_logprobs is not.");
    if (cJSON_GetArraySize(stop) > 5)
        return bad(out, "generation_config.stop_sequences", "must have at most 5 items.");
    cJSON_ArrayForEach(one, stop) if (!cJSON_IsString(one) || !*one->valuestring) return bad(out, "generation_config.stop_sequences",
                                                                                             "must not be empty.");
    q->max_tokens = max ? (int64_t)max->valuedouble : 0;
    q->n = n ? (size_t)n->valuedouble : 1;
    return true;
}

static bool config_ok(const cJSON *body, question *q, refusal *out) {
    static const char *const known[] = {"temperature",
                                        "topP",
                                        "topK",
                                        "candidateCount",
                                        "maxOutputTokens",
                                        "seed",
                                        "presencePenalty",
                                        "frequencyPenalty",
                                        "logprobs",
                                        "responseLogprobs",
                                        "stopSequences",
                                        "responseMimeType",
                                        "responseSchema",
                                        "responseJsonSchema",
                                        "thinkingConfig",
                                        "responseModalities",
                                        "speechConfig",
                                        "mediaResolution",
                                        "imageConfig",
                                        "enableEnhancedCivicAnswers",
                                        NULL};
    static const char *const modalities[] = {"TEXT", "IMAGE", "AUDIO", NULL};
    const cJSON *config = GET(body, "generationConfig"), *one;
    if (gemini_unknown(out, config, known, "generation_config") || !numbers_ok(config, q, out) || !form_ok(config, q, out))
        return false;
    cJSON_ArrayForEach(one, GET(config, "responseModalities")) {
        if (!cJSON_IsString(one) || !json_list_has(modalities, one->valuestring))
            return refuse(out, 400, INVALID, "", "", "Invalid value at 'generation_config.response_modalities[0]'");
        q->paints |= !strcmp(one->valuestring, "IMAGE");
    }
    if (q->paints && !strstr(q->model, "image"))
        return refuse(out, 400, INVALID, "", "", "Model does not support the requested response modalities: image");
    return thinking_ok(config, q->model, out);
}

bool gemini_check(const cJSON *body, question *q, refusal *out) {
    static const char *const known[] = {"model",          "contents",      "systemInstruction", "tools", "toolConfig", "generationConfig",
                                        "safetySettings", "cachedContent", "serviceTier",       "store", NULL};
    static const char *const tiers[] = {"standard", "flex", "priority", NULL};
    const char *tier = json_string(body, "serviceTier");
    if (!script_model_ok(q->model) || strncmp(q->model, "gemini", 6) != 0)
        return refuse(
            out, 404, "NOT_FOUND", "", "",
            "models/%s is not found for API version v1beta, or is not supported for generateContent. Call ListModels to see the list of "
            "available models and their supported methods.",
            q->model);
    if (gemini_unknown(out, body, known, ""))
        return false;
    if (tier && !json_list_has(tiers, tier))
        return refuse(out, 400, INVALID, "", "", "Invalid value at 'service_tier', \"%s\"", tier);
    return gemini_check_contents(body, q, out) && tools_ok(body, q, out) && config_ok(body, q, out);
}

bool gemini_check_embedding(const cJSON *body, const char *model, refusal *out) {
    char name[128];
    const cJSON *requests = GET(body, "requests"), *one;
    snprintf(name, sizeof name, "models/%s", model);
    if (!requests && !GET(body, "content"))
        return refuse(out, 400, INVALID, "", "", "* EmbedContentRequest.content: contents is not specified\n");
    if (cJSON_GetArraySize(requests) > 100)
        return refuse(out, 400, INVALID, "", "", "* BatchEmbedContentsRequest.requests: at most 100 requests can be in one batch\n");
    cJSON_ArrayForEach(one, requests) {
        if (!json_string(one, "model") || strcmp(json_string(one, "model"), name) != 0)
            return refuse(out, 400, INVALID, "", "", "* BatchEmbedContentsRequest.requests[0].model: must match the model of the path");
        if (!GET(one, "content"))
            return refuse(out, 400, INVALID, "", "", "* BatchEmbedContentsRequest.requests[0].content: contents is not specified\n");
    }
    return true;
}
