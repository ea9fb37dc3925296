/* gemini/embed.c: embeddings, both ways. A client asks for one (embedContent) or several (batchEmbedContents); a provider is always asked
 * for several, since one is a list of one. */
#include "gemini.h"

/* ---- towards clients --------------------------------------------------------------------------------------------------- */

/* The texts of a content as one, as the API takes them. */
static yz_str text_of(const yz_json *content, yz_arena *arena) {
    const yz_json *parts = gm_get(content, "parts"), *part = yz_json_is(parts, YZ_JSON_ARRAY) ? parts->child : parts;
    yz_str text = {NULL, 0};
    if (yz_json_is(content, YZ_JSON_STRING))
        return yz_json_escaped(content);
    for (; part; part = part == parts ? NULL : part->next) {
        yz_str more = yz_json_escaped(gm_get(part, "text"));
        text = text.n ? yz_format(arena, "%.*s\\n%.*s", YZ_STR_ARGS(text), YZ_STR_ARGS(more)) : more;
    }
    return text;
}

static int read_one(const yz_json *one, yz_arena *arena, yz_embed *out, yz_error *error) {
    yz_str text = text_of(gm_get(one, "content"), arena), task = yz_json_escaped(gm_get(one, "taskType"));
    const yz_json *dimensions = gm_get(one, "outputDimensionality");
    if (yz_json_is(dimensions, YZ_JSON_NULL))
        dimensions = NULL;
    if (text.n == 0)
        return yz_refuse(arena, error, YZ_STR("content"), "content must have parts with text: this model embeds nothing else");
    int64_t wanted = dimensions ? yz_json_int(dimensions, 0) : 0;
    if (dimensions && wanted < 1)
        return yz_refuse(arena, error, YZ_STR("outputDimensionality"), "outputDimensionality must be a whole number of at least 1");
    if (out->inputs && wanted != out->dimensions)
        return yz_refuse(arena, error, YZ_STR("outputDimensionality"),
                         "outputDimensionality must be the same in all requests of a batch: this model takes one for all");
    yz_embed_add(arena, out, text);
    out->task = task.n ? task : out->task;
    out->title = yz_json_escaped(gm_get(one, "title"));
    out->dimensions = wanted;
    return YZ_OK;
}

int gm_read_embed(const yz_request *request, yz_arena *arena, yz_losses *losses, yz_embed *out, yz_error *error) {
    const yz_json *requests = gm_get(request->json, "requests");
    (void)losses;
    out->single = !requests;
    if (out->single)
        return read_one(request->json, arena, out, error);
    if (!yz_json_is(requests, YZ_JSON_ARRAY) || !requests->child)
        return yz_refuse(arena, error, YZ_STR("requests"), "requests must be a list that is not empty");
    int code = YZ_OK;
    for (const yz_json *one = requests->child; one && code == YZ_OK; one = one->next)
        code = read_one(one, arena, out, error);
    return code;
}

void gm_write_embedded(const yz_request *request, const yz_embed *asked, const yz_embedded *answer, yz_arena *arena, yz_buf *out) {
    (void)request;
    (void)arena;
    yz_buf_lit(out, asked->single ? "{\"embedding\":" : "{\"embeddings\":[");
    for (const yz_vector *vector = answer->vectors; vector; vector = asked->single ? NULL : vector->next) {
        yz_buf_printf(out, "{\"values\":%.*s}", YZ_STR_ARGS(vector->values));
        yz_buf_lit(out, vector->next && !asked->single ? "," : "");
    }
    yz_buf_lit(out, asked->single ? "" : "]");
    if (answer->tokens > 0)
        yz_buf_printf(out, ",\"usageMetadata\":{\"promptTokenCount\":%lld}", (long long)answer->tokens);
    yz_buf_char(out, '}');
}

/* ---- towards providers ------------------------------------------------------------------------------------------------- */

static void put_one(const yz_embed *embed, yz_str model, yz_str text, yz_buf *out) {
    bool whole = model.n && memchr(model.p, '/', model.n);
    yz_buf_lit(out, "{\"model\":\"");
    yz_buf_lit(out, whole ? "" : "models/");
    yz_buf_json(out, model);
    yz_buf_lit(out, "\",\"content\":{\"parts\":[{\"text\":");
    yc_put_quoted(out, text);
    yz_buf_lit(out, "}]}");
    if (embed->dimensions > 0)
        yz_buf_printf(out, ",\"outputDimensionality\":%lld", (long long)embed->dimensions);
    yz_buf_char(out, '}');
}

int gm_write_embed(const yz_provider *provider, const yz_embed *embed, const yz_target *target, yz_arena *arena, yz_losses *losses,
                   yz_buf *out) {
    const gm_config *config = provider->config;
    (void)arena;
    if (config->project.n) { /* Vertex AI has another operation for each kind of model */
        yz_lose(losses, "embeddings on Vertex AI");
        return YZ_EUNSUPPORTED;
    }
    if (embed->user.n)
        yz_lose(losses, "user");
    yz_buf_lit(out, "{\"requests\":[");
    for (const yz_embed_input *input = embed->inputs; input; input = input->next) {
        put_one(embed, target->model, input->text, out);
        yz_buf_lit(out, input->next ? "," : "");
    }
    yz_buf_lit(out, "]}");
    return YZ_OK;
}

int gm_read_embedded(const yz_json *body, yz_arena *arena, yz_embedded *out) {
    const yz_json *list = gm_get(body, "embeddings");
    for (const yz_json *one = yz_json_is(list, YZ_JSON_ARRAY) ? list->child : NULL; one; one = one->next) {
        const yz_json *values = gm_get(one, "values");
        if (!yz_json_is(values, YZ_JSON_ARRAY))
            return YZ_EINVAL;
        yz_vector_add(arena, out, yz_json_raw(values));
    }
    out->tokens = yz_json_int(gm_get(gm_get(body, "usageMetadata"), "promptTokenCount"), 0);
    return out->vectors ? YZ_OK : YZ_EINVAL;
}

/* ---- in pieces --------------------------------------------------------------------------------------------------------- */

const yz_json *gm_embed_list(const yz_request *request) {
    const yz_json *requests = gm_get(request->json, "requests");
    return yz_json_is(requests, YZ_JSON_ARRAY) ? requests : NULL;
}

int gm_join_embedded(const yz_str *answers, const size_t *inputs, size_t n, yz_arena *arena, yz_buf *out) {
    return yc_join(&(yc_joint){"embeddings", NULL, "usageMetadata"}, answers, inputs, n, arena, out);
}
