/* gemini/read.c: a client's generateContent request as a neutral one: everything but the parts (read_part.c).
 *
 * Names come in camelCase or as protobuf spells them, lists as lists or as their only value, and schemas with types in capitals. What the
 * neutral form has no place for is reported as lost in the client's own path ("generationConfig.mediaResolution").
 */
#include "gemini.h"

static int refuse_early(yz_arena *arena, yz_error *error, const char *param, const char *words) {
    return yz_refuse(arena, error, yz_str_of(param), "%s", words);
}

/* What a film costs, and what a chat may: in whichever of its two spellings, and in no third one. */
static int accept_film(const yz_json *root, yz_arena *arena, yz_error *error) {
    const yz_json *parameters = yz_json_given(root, "parameters");
    int code = yc_accept_names(root, YZ_NAMES("instances", "parameters", "model", "seconds", "duration", "durationSeconds", "resolution"),
                               arena, error);
    return code < 0 ? code
                    : yc_accept_names(parameters,
                                      YZ_NAMES("durationSeconds", "duration_seconds", "duration", "seconds", "sampleCount", "sample_count",
                                               "numberOfVideos", "number_of_videos", "resolution", "quality", "size"),
                                      arena, error);
}

int gm_accept(yz_request *request, yz_arena *arena, yz_error *error) {
    const yz_json *root = request->json;
    if (request->op == YZ_OP_MODELS)
        return YZ_OK;
    if (request->op == YZ_OP_REALTIME)
        return gm_accept_session(request, arena, error);
    if (request->op == YZ_OP_STORED)
        return gm_accept_stored(request, arena, error);
    if (!yz_json_is(root, YZ_JSON_OBJECT))
        return refuse_early(arena, error, "", "the body must be a JSON object");
    if (request->op == YZ_OP_CHAT && (!gm_get(root, "contents") || gm_get(root, "contents")->type < YZ_JSON_ARRAY))
        return refuse_early(
            arena, error, "contents",
            yz_format(arena, "contents is not specified: it must be a list of contents, each with parts%s", yc_elsewhere(root, "contents"))
                .p);
    if (request->op == YZ_OP_VIDEO && accept_film(root, arena, error) < 0)
        return YZ_EINVAL;
    request->include_usage = true;
    return YZ_OK;
}

/* Without alt=sse a stream is one JSON array. */
yz_framing gm_framing(const yz_request *request) {
    yz_str rest = request->query;
    while (rest.n) {
        const char *end = memchr(rest.p, '&', rest.n);
        yz_str one = {rest.p, end ? (size_t)(end - rest.p) : rest.n};
        if (yz_str_is(one, "alt=sse"))
            return YZ_FRAMING_EVENTS;
        size_t taken = one.n + (end != NULL);
        rest = (yz_str){rest.p + taken, rest.n - taken};
    }
    return YZ_FRAMING_ARRAY;
}

/* ---- contents ------------------------------------------------------------------------------------------------------------------- */

static int read_content(gm_reader *r, const yz_json *content) {
    const yz_json *role = gm_get(content, "role"), *parts = gm_get(content, "parts");
    yz_str word = yc_word(r->arena, role);
    bool model = yz_str_is(word, "model"), user = word.n == 0 || yc_one_of(word, YZ_NAMES("user", "function", "tool"));
    if (!yz_json_is(content, YZ_JSON_OBJECT))
        return gm_refuse(r, YZ_STR("contents"), "contents[%zu] must be an object with role and parts", r->at);
    if (!model && !user)
        return gm_refuse(r, YZ_STR("contents"), "contents[%zu].role must be \"user\" or \"model\", not \"%.*s\"", r->at,
                         (int)(word.n < 40 ? word.n : 40), word.p);
    return gm_read_parts(r, parts, yz_message_add(r->out, model ? YZ_ROLE_ASSISTANT : YZ_ROLE_USER));
}

static int read_contents(gm_reader *r, const yz_json *root) {
    const yz_json *system = gm_get(root, "systemInstruction"), *contents = gm_get(root, "contents");
    int code = system ? gm_read_parts(r, yz_json_is(system, YZ_JSON_OBJECT) ? gm_get(system, "parts") : system,
                                      yz_message_add(r->out, YZ_ROLE_SYSTEM))
                      : YZ_OK;
    for (const yz_json *c = gm_first(contents); c && code == YZ_OK; c = gm_next(contents, c), r->at++)
        code = read_content(r, c);
    return code;
}

/* ---- tools ------------------------------------------------------------------------------------------------------------------------ */

static bool is_allowed(const yz_json *allowed, yz_str name) {
    for (const yz_json *a = gm_first(allowed); a; a = gm_next(allowed, a))
        if (yz_str_eq(yz_json_escaped(a), name))
            return true;
    return !allowed;
}

static int read_function(gm_reader *r, const yz_json *node, const yz_json *allowed) {
    yz_str name = yz_json_escaped(gm_get(node, "name"));
    const yz_json *json = gm_get(node, "parametersJsonSchema"), *own = gm_get(node, "parameters");
    if (name.n == 0)
        return gm_refuse(r, YZ_STR("tools"), "tools.functionDeclarations: each needs a name");
    if (!is_allowed(allowed, name))
        return YZ_OK;
    yz_tool *tool = yz_tool_add(r->out);
    tool->name = name;
    tool->description = yz_json_escaped(gm_get(node, "description"));
    tool->schema = json ? yz_json_raw(json) : own ? gm_read_schema(r->arena, own) : (yz_str){NULL, 0};
    if (gm_get(node, "response") || gm_get(node, "responseJsonSchema"))
        yz_lose(r->losses, "tools.functionDeclarations.response");
    yc_lose_others(node, "tools.functionDeclarations",
                   YZ_NAMES("name", "description", "parameters", "parametersJsonSchema", "parameters_json_schema", "response",
                            "responseJsonSchema", "response_json_schema"),
                   r->arena, r->losses);
    return YZ_OK;
}

/* One value of tools: functions, and whatever runs at Google, which has no schema to offer. */
static int read_tool(gm_reader *r, const yz_json *tool, const yz_json *allowed) {
    const yz_json *functions = gm_get(tool, "functionDeclarations");
    int code = YZ_OK;
    for (const yz_json *f = gm_first(functions); f && code == YZ_OK; f = gm_next(functions, f))
        code = read_function(r, f, allowed);
    for (const yz_json *field = yz_json_is(tool, YZ_JSON_OBJECT) ? tool->child : NULL; field; field = field->next)
        if (!yc_one_of(yz_json_key(field), YZ_NAMES("functionDeclarations", "function_declarations")) && field->type != YZ_JSON_NULL)
            yz_lose(r->losses, yz_format(r->arena, "tools.%.*s", YZ_STR_ARGS(yz_json_key(field))).p);
    return code;
}

static int read_tools(gm_reader *r, const yz_json *root) {
    const yz_json *tools = gm_get(root, "tools"), *config = gm_get(gm_get(root, "toolConfig"), "functionCallingConfig"),
                  *names = gm_get(config, "allowedFunctionNames");
    yz_str mode = yc_word(r->arena, gm_get(config, "mode"));
    size_t n = yz_json_is(names, YZ_JSON_ARRAY) ? yz_json_count(names) : names != NULL;
    bool any = yz_str_is(mode, "ANY"), one = any && n == 1;
    int code = YZ_OK;
    if (mode.n && !any && !yc_one_of(mode, YZ_NAMES("AUTO", "NONE", "VALIDATED", "MODE_UNSPECIFIED")))
        return gm_refuse(r, YZ_STR("toolConfig"), "toolConfig.functionCallingConfig.mode must be AUTO, ANY, NONE or VALIDATED");
    for (const yz_json *t = gm_first(tools); t && code == YZ_OK; t = gm_next(tools, t))
        code = read_tool(r, t, n && !one ? names : NULL);
    if (one) {
        r->out->tool_choice = YZ_TOOLS_NAMED;
        r->out->tool_name = yz_json_escaped(gm_first(names));
    } else if (mode.n && !yz_str_is(mode, "MODE_UNSPECIFIED")) {
        r->out->tool_choice = any ? YZ_TOOLS_REQUIRED : yz_str_is(mode, "NONE") ? YZ_TOOLS_NONE : YZ_TOOLS_AUTO;
    }
    return code;
}

/* ---- generationConfig -------------------------------------------------------------------------------------------------------------- */

static int read_numbers(gm_reader *r, const yz_json *config) {
    yz_chat *c = r->out;
    const struct {
        const char *key;
        yz_str *raw;
        int64_t *count;
    } table[] = {{"temperature", &c->temperature, NULL},
                 {"topP", &c->top_p, NULL},
                 {"topK", &c->top_k, NULL},
                 {"seed", &c->seed, NULL},
                 {"presencePenalty", &c->presence_penalty, NULL},
                 {"frequencyPenalty", &c->frequency_penalty, NULL},
                 {"logprobs", &c->top_logprobs, NULL},
                 {"maxOutputTokens", NULL, &c->max_tokens},
                 {"candidateCount", NULL, &c->n}};
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        const yz_json *node = gm_get(config, table[i].key);
        bool counted = table[i].count != NULL;
        if (node && (counted ? yz_json_int(node, 0) < 1 : node->type != YZ_JSON_NUMBER))
            return gm_refuse(r, yz_format(r->arena, "generationConfig.%s", table[i].key), "generationConfig.%s must be a %s", table[i].key,
                             counted ? "whole number of at least 1" : "number");
        if (counted)
            *table[i].count = yz_json_int(node, 0);
        else
            *table[i].raw = yz_json_raw(node);
    }
    c->logprobs = yz_json_true(gm_get(config, "responseLogprobs"));
    return YZ_OK;
}

static int read_stop(gm_reader *r, const yz_json *config) {
    const yz_json *stop = gm_get(config, "stopSequences");
    for (const yz_json *s = gm_first(stop); s; s = gm_next(stop, s)) {
        if (s->type != YZ_JSON_STRING)
            return gm_refuse(r, YZ_STR("generationConfig.stopSequences"), "generationConfig.stopSequences must be a list of strings");
        yz_stop_add(r->out, yz_json_escaped(s));
    }
    return YZ_OK;
}

static void read_form(gm_reader *r, const yz_json *config) {
    const yz_json *json = gm_get(config, "responseJsonSchema"), *own = gm_get(config, "responseSchema");
    yz_str type = yc_word(r->arena, gm_get(config, "responseMimeType"));
    if (!json)
        json = gm_get(config, "_responseJsonSchema"); /* as older SDKs spell it */
    if (yz_str_is(type, "application/json") && (json || own)) {
        r->out->schema = json ? yz_json_raw(json) : gm_read_schema(r->arena, own);
        r->out->schema_name = yz_json_escaped(yz_json_get(json ? json : own, "title"));
        if (r->out->schema_name.n == 0 || r->out->schema_name.n > 64 || memchr(r->out->schema_name.p, ' ', r->out->schema_name.n))
            r->out->schema_name = YZ_STR("answer");
    } else if (yz_str_is(type, "application/json")) {
        r->out->json_object = true;
    } else if (type.n && !yz_str_is(type, "text/plain")) {
        yz_lose(r->losses, "generationConfig.responseMimeType");
    }
}

static void read_thinking(gm_reader *r, const yz_json *config) {
    const yz_json *thinking = gm_get(config, "thinkingConfig");
    yz_str level = yz_json_text(r->arena, gm_get(thinking, "thinkingLevel"));
    int64_t budget = yz_json_int(gm_get(thinking, "thinkingBudget"), -1); /* -1: the model decides */
    char *effort = yz_alloc_bytes(r->arena, level.n);
    for (size_t i = 0; i < level.n; i++)
        effort[i] = (char)(level.p[i] >= 'A' && level.p[i] <= 'Z' ? level.p[i] - 'A' + 'a' : level.p[i]);
    yz_str word = {effort, level.n};
    if (yc_one_of(word, YZ_NAMES("minimal", "low", "medium", "high")))
        r->out->effort = word;
    else if (budget == 0)
        r->out->effort = YZ_STR("none");
    else if (budget > 0)
        r->out->thinking_budget = budget;
    if (yz_json_true(gm_get(thinking, "includeThoughts")) && !yz_str_is(r->out->effort, "none"))
        r->out->summary = YZ_STR("auto");
}

/* ["TEXT","AUDIO"] in the small letters of Chat Completions; text alone is nothing special. The voice likewise. */
static void read_modalities(gm_reader *r, const yz_json *config) {
    const yz_json *list = gm_get(config, "responseModalities"), *speech = gm_get(config, "speechConfig");
    const yz_json *name = gm_get(gm_get(gm_get(speech, "voiceConfig"), "prebuiltVoiceConfig"), "voiceName");
    bool more = false;
    yz_buf out = {0};
    for (const yz_json *m = gm_first(list); m; m = gm_next(list, m)) {
        yz_str word = yc_word(r->arena, m);
        more |= !yz_str_is(word, "TEXT");
        yz_buf_lit(&out, out.n ? ",\"" : "[\"");
        for (size_t i = 0; i < word.n; i++)
            yz_buf_char(&out, (char)(word.p[i] >= 'A' && word.p[i] <= 'Z' ? word.p[i] - 'A' + 'a' : word.p[i]));
        yz_buf_char(&out, '"');
    }
    yz_buf_char(&out, ']');
    if (more)
        r->out->modalities = yz_dup(r->arena, yz_buf_view(&out));
    yz_buf_free(&out);
    if (name)
        r->out->voice = yz_format(r->arena, "{\"voice\":%.*s,\"format\":\"wav\"}", YZ_STR_ARGS(yz_json_raw(name)));
    else if (speech)
        yz_lose(r->losses, "generationConfig.speechConfig");
}

/* ---- all of it --------------------------------------------------------------------------------------------------------------------- */

static void lose_others(gm_reader *r, const yz_json *node, const char *const *read, const char *before) {
    for (const yz_json *field = yz_json_is(node, YZ_JSON_OBJECT) ? node->child : NULL; field; field = field->next) {
        bool known = field->type <= YZ_JSON_FALSE;
        for (const char *const *name = read; *name && !known; name++)
            known = gm_get(node, *name) == field;
        if (!known)
            yz_lose(r->losses, yz_format(r->arena, "%s%.*s", before, YZ_STR_ARGS(yz_json_key(field))).p);
    }
}

static int read_config(gm_reader *r, const yz_json *root) {
    const yz_json *config = gm_get(root, "generationConfig");
    int code = read_numbers(r, config);
    if (code == YZ_OK)
        code = read_stop(r, config);
    if (code < 0)
        return code;
    read_form(r, config);
    read_thinking(r, config);
    read_modalities(r, config);
    lose_others(r, config,
                YZ_NAMES("temperature", "topP", "topK", "seed", "presencePenalty", "frequencyPenalty", "logprobs", "maxOutputTokens",
                         "candidateCount", "responseLogprobs", "stopSequences", "responseMimeType", "responseSchema", "responseJsonSchema",
                         "_responseJsonSchema", "thinkingConfig", "responseModalities", "speechConfig"),
                "generationConfig.");
    return YZ_OK;
}

int gm_read(const yz_request *request, yz_arena *arena, yz_losses *losses, yz_chat *out, yz_error *error) {
    const yz_json *root = request->json;
    gm_reader r = {.arena = arena, .losses = losses, .out = out, .error = error};
    r.by_id = yc_index_new(arena);
    r.by_name = yc_index_new(arena);
    r.begun = yc_index_new(arena);
    out->stream = request->stream;
    out->include_usage = true; /* always reported in this dialect */
    out->source = root;
    int code = read_contents(&r, root);
    if (code == YZ_OK)
        code = read_tools(&r, root);
    if (code == YZ_OK)
        code = read_config(&r, root);
    if (code < 0)
        return code;
    out->safety = yz_json_raw(gm_get(root, "safetySettings"));
    out->metadata = yz_json_raw(gm_get(root, "labels"));
    out->tier = yz_json_escaped(gm_get(root, "serviceTier"));
    out->cached = yz_json_escaped(gm_get(root, "cachedContent"));
    lose_others(&r, root,
                YZ_NAMES("model", "contents", "systemInstruction", "tools", "toolConfig", "generationConfig", "safetySettings", "labels",
                         "serviceTier", "cachedContent"),
                "");
    return YZ_OK;
}
