/* gemini/mend.c: a body of this dialect that is forwarded. The model stands in the path, which the endpoint writes anew; where the body
 * repeats it (as requests of embeddings do), it must be the same there, so it becomes the target's. What the option `drop` names is left
 * out: a policy or an alias may send here what was written for another model. All other values stay byte for byte.
 */
#include "gemini.h"

static yz_str resource(yz_str model, yz_arena *arena) {
    yz_buf name = {0};
    yz_buf_lit(&name, "\"");
    if (!yz_str_starts(model, "models/"))
        yz_buf_lit(&name, "models/");
    yz_buf_json(&name, model);
    yz_buf_lit(&name, "\"");
    yz_str raw = yz_dup(arena, yz_buf_view(&name));
    yz_buf_free(&name);
    return raw;
}

static void put_mended(const yz_json *object, yz_str name, yz_buf *out) {
    const yz_json *model = yz_json_get(object, "model");
    yz_buf_char(out, '{');
    for (const yz_json *field = object->child; field; field = field->next) {
        yz_buf_lit(out, field == object->child ? "" : ",");
        yc_put_quoted(out, yz_json_key(field));
        yz_buf_char(out, ':');
        yz_buf_str(out, field == model ? name : yz_json_raw(field));
    }
    yz_buf_char(out, '}');
}

static bool differs(const yz_json *object, yz_str name) {
    const yz_json *model = yz_json_given(object, "model");
    return model && !yz_str_eq(yz_json_raw(model), name);
}

/* Requests inside of the body: those of a batch, or the one whose tokens are counted. */
static void mend_inner(yz_request *mended, const char *field, yz_str name, yz_arena *arena) {
    const yz_json *inner = yz_json_given(mended->json, field);
    bool list = yz_json_is(inner, YZ_JSON_ARRAY), any = false;
    yz_buf out = {0};
    yz_buf_lit(&out, list ? "[" : "");
    for (const yz_json *one = list ? inner->child : inner; one; one = list ? one->next : NULL) {
        any |= differs(one, name);
        if (one->type == YZ_JSON_OBJECT)
            put_mended(one, name, &out);
        else
            yz_buf_str(&out, yz_json_raw(one));
        yz_buf_lit(&out, list && one->next ? "," : "");
    }
    yz_buf_lit(&out, list ? "]" : "");
    if (any)
        yz_request_set(arena, mended, field, yz_buf_view(&out));
    yz_buf_free(&out);
}

/* ---- what the provider's options say that it does not take -------------------------------------------------------------------------- */

/* Is this member of generationConfig, in either spelling, what the option calls `name`? */
static bool is_called(yz_str member, yz_str name) {
    static const struct {
        const char *name, *camel, *snake;
    } table[] = {
        {"temperature", "temperature", "temperature"},
        {"top_p", "topP", "top_p"},
        {"top_k", "topK", "top_k"},
        {"seed", "seed", "seed"},
        {"presence_penalty", "presencePenalty", "presence_penalty"},
        {"frequency_penalty", "frequencyPenalty", "frequency_penalty"},
        {"stop", "stopSequences", "stop_sequences"},
        {"reasoning_effort", "thinkingConfig", "thinking_config"},
        {"response_format", "responseMimeType", "response_mime_type"},
        {"response_format", "responseSchema", "response_schema"},
        {"response_format", "responseJsonSchema", "response_json_schema"},
        {"logprobs", "logprobs", "logprobs"},
        {"logprobs", "responseLogprobs", "response_logprobs"},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (yz_str_is(name, table[i].name) && (yz_str_is(member, table[i].camel) || yz_str_is(member, table[i].snake)))
            return true;
    return false;
}

static bool is_dropped(const gm_config *config, yz_str member) {
    for (size_t i = 0; i < config->drop.n; i++)
        if (is_called(member, config->drop.items[i]))
            return true;
    return false;
}

/* A limit that is greater than what the model may answer. */
static bool is_too_much(const yz_target *target, const yz_json *member) {
    int64_t most = target->facts ? target->facts->max_tokens : 0;
    yz_str key = yz_json_key(member);
    return most > 0 && (yz_str_is(key, "maxOutputTokens") || yz_str_is(key, "max_output_tokens")) && yz_json_int(member, 0) > most;
}

/* The generation config as this target takes it. */
static const yz_request *mend_config(const yz_request *request, const yz_target *target, yz_arena *arena, yz_losses *losses) {
    const gm_config *config = target->provider->config;
    const yz_json *camel = yz_json_given(request->json, "generationConfig");
    const yz_json *given = camel ? camel : yz_json_given(request->json, "generation_config");
    bool any = false;
    if ((config->drop.n == 0 && !target->facts) || !yz_json_is(given, YZ_JSON_OBJECT))
        return request;
    yz_buf left = {0};
    yz_buf_char(&left, '{');
    for (const yz_json *member = given->child; member; member = member->next) {
        bool much = is_too_much(target, member), gone = is_dropped(config, yz_json_key(member));
        any |= much || gone;
        if (much || gone)
            yz_lose_as(losses, yz_dup(arena, yz_json_key(member)).p, gone ? YZ_DROPPED : YZ_APPROXIMATED);
        if (gone)
            continue;
        yz_buf_lit(&left, left.n > 1 ? "," : "");
        yc_put_quoted(&left, yz_json_key(member));
        yz_buf_char(&left, ':');
        if (much)
            yz_buf_int(&left, target->facts->max_tokens);
        else
            yz_buf_str(&left, yz_json_raw(member));
    }
    yz_buf_char(&left, '}');
    yz_request *copy = any ? yz_request_copy(arena, request) : NULL;
    if (copy)
        yz_request_set(arena, copy, camel ? "generationConfig" : "generation_config", yz_buf_view(&left));
    yz_buf_free(&left);
    return copy ? copy : request;
}

const yz_request *gm_mend(const yz_request *request, const yz_target *target, yz_arena *arena, yz_losses *losses) {
    if (request->op == YZ_OP_REALTIME)
        return gm_mend_session(request, target, arena);
    if (request->op == YZ_OP_VIDEO)
        return gm_mend_film(request, target, arena, losses);
    request = mend_config(request, target, arena, losses);
    yz_str name = resource(target->model, arena);
    const yz_json *root = request->json;
    if (!yz_json_given(root, "model") && !yz_json_given(root, "requests") && !yz_json_given(root, "generateContentRequest"))
        return request;
    yz_request *mended = yz_request_copy(arena, request);
    if (differs(root, name))
        yz_request_set(arena, mended, "model", name);
    mend_inner(mended, "requests", name, arena);
    mend_inner(mended, "generateContentRequest", name, arena);
    return mended;
}
