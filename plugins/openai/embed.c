/* openai/embed.c: embeddings, both ways: a client's request and its answer, a provider's request and its answer. The SDKs of OpenAI ask for
 * vectors as base64 unless told otherwise; providers of other dialects say numbers, so they are packed here. */
#include "openai.h"

/* ---- towards clients --------------------------------------------------------------------------------------------------- */

static int read_inputs(const yz_json *input, yz_arena *arena, yz_embed *out, yz_error *error) {
    const yz_json *one = yz_json_is(input, YZ_JSON_ARRAY) ? input->child : input;
    if (!one)
        return yz_refuse(arena, error, YZ_STR("input"), "input must be a string, or a list of strings that is not empty");
    for (; one; one = one == input ? NULL : one->next) {
        if (!yz_json_is(one, YZ_JSON_STRING))
            return yz_refuse(arena, error, YZ_STR("input"),
                             "input must be text for a model of this provider: numbers of tokens mean something to OpenAI's models alone");
        if (one->n <= 2)
            return yz_refuse(arena, error, YZ_STR("input"), "input cannot be an empty string");
        yz_embed_add(arena, out, yz_json_escaped(one));
    }
    return YZ_OK;
}

/* What is of the wrong kind is no option that was not said: the client would take the vectors for what it meant. */
static int read_form(const yz_json *root, yz_arena *arena, yz_embed *out, yz_error *error) {
    const yz_json *dimensions = yz_json_given(root, "dimensions"), *format = yz_json_given(root, "encoding_format");
    yz_str word = yc_word(arena, format);
    out->dimensions = yz_json_int(dimensions, 0);
    out->base64 = yz_str_is(word, "base64");
    if (dimensions && out->dimensions < 1)
        return yz_refuse(arena, error, YZ_STR("dimensions"), "dimensions must be a whole number of at least 1");
    if (format && !out->base64 && !yz_str_is(word, "float"))
        return yz_refuse(arena, error, YZ_STR("encoding_format"), "encoding_format must be \"float\" or \"base64\"");
    return YZ_OK;
}

int oa_read_embed(const yz_request *request, yz_arena *arena, yz_losses *losses, yz_embed *out, yz_error *error) {
    static const char *const known[] = {"input", "model", "dimensions", "encoding_format", "user", NULL};
    const yz_json *root = request->json;
    if (read_form(root, arena, out, error) < 0)
        return YZ_EINVAL;
    out->user = yz_json_escaped(yz_json_get(root, "user"));
    for (const yz_json *field = root->child; field; field = field->next)
        if (!yc_one_of(yz_json_key(field), known))
            yz_lose(losses, yz_dup(arena, yz_json_key(field)).p);
    return read_inputs(yz_json_get(root, "input"), arena, out, error);
}

static void put_base64(const uint8_t *bytes, size_t n, yz_buf *out) {
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (size_t i = 0; i < n; i += 3) {
        uint32_t bits = (uint32_t)bytes[i] << 16 | (i + 1 < n ? (uint32_t)bytes[i + 1] << 8 : 0) | (i + 2 < n ? bytes[i + 2] : 0);
        yz_buf_char(out, digits[bits >> 18]);
        yz_buf_char(out, digits[bits >> 12 & 63]);
        yz_buf_char(out, i + 1 < n ? digits[bits >> 6 & 63] : '=');
        yz_buf_char(out, i + 2 < n ? digits[bits & 63] : '=');
    }
}

static void put_packed(yz_str values, yz_arena *arena, yz_buf *out) {
    yz_json *list;
    size_t n = 0;
    if (yz_json_parse(arena, values, YZ_JSON_ANSWERED, &list, NULL) < 0)
        return;
    uint8_t *bytes = yz_alloc(arena, 4 * (size_t)yz_json_count(list) + 4);
    for (const yz_json *value = list->child; value; value = value->next) {
        float number = (float)yz_json_double(value, 0);
        uint32_t bits;
        memcpy(&bits, &number, sizeof(bits));
        for (int k = 0; k < 4; k++)
            bytes[n++] = (uint8_t)(bits >> 8 * k);
    }
    put_base64(bytes, n, out);
}

void oa_write_embedded(const yz_request *request, const yz_embed *asked, const yz_embedded *answer, yz_arena *arena, yz_buf *out) {
    size_t index = 0;
    yz_buf_lit(out, "{\"object\":\"list\",\"data\":[");
    for (const yz_vector *vector = answer->vectors; vector; vector = vector->next) {
        yz_buf_printf(out, "%s{\"object\":\"embedding\",\"index\":%zu,\"embedding\":", index ? "," : "", index);
        index++;
        yz_buf_lit(out, asked->base64 ? "\"" : "");
        if (asked->base64)
            put_packed(vector->values, arena, out);
        else
            yz_buf_str(out, vector->values);
        yz_buf_lit(out, asked->base64 ? "\"}" : "}");
    }
    yz_buf_lit(out, "],\"model\":");
    yz_buf_json_str(out, request->model);
    yz_buf_printf(out, ",\"usage\":{\"prompt_tokens\":%lld,\"total_tokens\":%lld}}", (long long)answer->tokens, (long long)answer->tokens);
}

/* ---- towards providers ------------------------------------------------------------------------------------------------- */

int oa_write_embed(const yz_provider *provider, const yz_embed *embed, const yz_target *target, yz_arena *arena, yz_losses *losses,
                   yz_buf *out) {
    bool voyage = provider && ((const oa_config *)provider->config)->embeddings_form == OA_EMBEDDINGS_VOYAGE;
    (void)arena;
    if (voyage && embed->user.n)
        yz_lose(losses, "user");
    if (embed->task.n)
        yz_lose(losses, "taskType");
    if (embed->title.n)
        yz_lose(losses, "title");
    yz_buf_lit(out, "{\"model\":");
    yz_buf_json_str(out, target->model);
    yz_buf_lit(out, ",\"input\":[");
    for (const yz_embed_input *input = embed->inputs; input; input = input->next) {
        yc_put_quoted(out, input->text);
        yz_buf_lit(out, input->next ? "," : "");
    }
    yz_buf_lit(out, voyage ? "]" : "],\"encoding_format\":\"float\"");
    if (embed->dimensions > 0)
        yz_buf_printf(out, ",\"%s\":%lld", voyage ? "output_dimension" : "dimensions", (long long)embed->dimensions);
    if (embed->user.n && !voyage) {
        yz_buf_lit(out, ",\"user\":");
        yc_put_user(out, embed->user);
    }
    yz_buf_char(out, '}');
    return YZ_OK;
}

/* A body that is forwarded to Voyage, which has other names for two fields, and says numbers unless it is asked for base64. */
const yz_request *oa_mend_embed(const yz_request *request, const yz_target *target, yz_arena *arena, yz_losses *losses) {
    const yz_json *format = yz_json_get(request->json, "encoding_format"), *user = yz_json_get(request->json, "user"),
                  *dimensions = yz_json_get(request->json, "dimensions");
    bool numbers = format && yz_str_is(yc_word(arena, format), "float");
    if (((const oa_config *)target->provider->config)->embeddings_form != OA_EMBEDDINGS_VOYAGE || !(numbers || user || dimensions))
        return request;
    yz_request *copy = yz_request_copy(arena, request);
    if (numbers)
        yz_request_set(arena, copy, "encoding_format", YZ_STR(""));
    if (user) {
        yz_lose(losses, "user");
        yz_request_set(arena, copy, "user", YZ_STR(""));
    }
    if (dimensions) {
        yz_request_set(arena, copy, "output_dimension", yz_json_raw(dimensions));
        yz_request_set(arena, copy, "dimensions", YZ_STR(""));
    }
    return copy;
}

/* By `index`, should a server mix them. */
int oa_read_embedded(const yz_json *body, yz_arena *arena, yz_embedded *out) {
    const yz_json *data = yz_json_get(body, "data");
    size_t n = yz_json_is(data, YZ_JSON_ARRAY) ? (size_t)yz_json_count(data) : 0;
    const yz_json **vectors = yz_alloc(arena, (n + 1) * sizeof(*vectors));
    int64_t at = 0;
    for (const yz_json *one = n ? data->child : NULL; one; one = one->next, at++) {
        int64_t index = yz_json_int(yz_json_get(one, "index"), at);
        const yz_json *vector = yz_json_get(one, "embedding");
        if (index < 0 || index >= (int64_t)n || !yz_json_is(vector, YZ_JSON_ARRAY))
            return YZ_EINVAL;
        vectors[index] = vector;
    }
    for (size_t i = 0; i < n; i++)
        if (!vectors[i])
            return YZ_EINVAL;
        else
            yz_vector_add(arena, out, yz_json_raw(vectors[i]));
    const yz_json *usage = yz_json_get(body, "usage"), *tokens = yz_json_get(usage, "prompt_tokens");
    out->tokens = yz_json_int(tokens ? tokens : yz_json_get(usage, "total_tokens"), 0); /* of Voyage and Jina */
    return n ? YZ_OK : YZ_EINVAL;
}

/* ---- in pieces --------------------------------------------------------------------------------------------------------- */

/* A list of numbers is one input: its tokens. */
const yz_json *oa_embed_list(const yz_request *request) {
    const yz_json *input = yz_json_get(request->json, "input");
    bool several =
        yz_json_is(input, YZ_JSON_ARRAY) && (yz_json_is(input->child, YZ_JSON_STRING) || yz_json_is(input->child, YZ_JSON_ARRAY));
    return several ? input : NULL;
}

int oa_join_embedded(const yz_str *answers, const size_t *inputs, size_t n, yz_arena *arena, yz_buf *out) {
    return yc_join(&(yc_joint){"data", "index", "usage"}, answers, inputs, n, arena, out);
}
