/* dialect/embed.c: see embed.h; and the lists of yuzui/embed.h. */
#include "dialect/embed.h"

#define APPEND(type, list)                                                                                                                 \
    type *made = yz_alloc(arena, sizeof(type)), **end = &(list);                                                                           \
    made->size = sizeof(type);                                                                                                             \
    while (*end)                                                                                                                           \
        end = &(*end)->next;                                                                                                               \
    return *end = made

static yz_embed_input *append_input(yz_arena *arena, yz_embed *embed) { APPEND(yz_embed_input, embed->inputs); }
static yz_vector *append_vector(yz_arena *arena, yz_embedded *answer) { APPEND(yz_vector, answer->vectors); }

yz_embed_input *yz_embed_add(yz_arena *arena, yz_embed *embed, yz_str text) {
    yz_embed_input *input = append_input(arena, embed);
    input->text = text;
    return input;
}

yz_vector *yz_vector_add(yz_arena *arena, yz_embedded *answer, yz_str values) {
    yz_vector *vector = append_vector(arena, answer);
    vector->values = values;
    return vector;
}

/* ---- between dialects --------------------------------------------------------------------------------------------------- */

bool yz_embed_crosses(const yz_adapter *client, const yz_adapter *provider) {
    return client && client->read_embed && client->write_embedded && provider->write_embed && provider->read_embedded;
}

int yz_embed_write(const yz_request *request, const yz_target *target, yz_arena *arena, yz_losses *losses, yz_buf *out, yz_error *error) {
    yz_embed embed = {.size = sizeof(embed)};
    int code = request->dialect->read_embed(request, arena, losses, &embed, error);
    if (code == YZ_OK)
        code = target->provider->adapter->write_embed(target->provider, &embed, target, arena, losses, out);
    return code;
}

static size_t count_inputs(const yz_embed *embed) {
    size_t n = 0;
    for (const yz_embed_input *input = embed->inputs; input; input = input->next)
        n++;
    return n;
}

static size_t count_vectors(const yz_embedded *answer) {
    size_t n = 0;
    for (const yz_vector *vector = answer->vectors; vector; vector = vector->next)
        n++;
    return n;
}

/* A list of numbers, and of one at least. The text is a list of JSON already: of all that may stand in one, only numbers have no other
 * letters than these. */
static bool is_vector(yz_str raw) {
    static const char letters[] = "0123456789+-.eE, \t\r\n";
    bool digits = false;
    if (raw.n < 2 || raw.p[0] != '[')
        return false;
    for (size_t i = 1; i + 1 < raw.n; i++) {
        if (!memchr(letters, raw.p[i], sizeof(letters) - 1))
            return false;
        digits |= raw.p[i] >= '0' && raw.p[i] <= '9';
    }
    return digits;
}

static bool are_vectors(const yz_embedded *answer) {
    for (const yz_vector *vector = answer->vectors; vector; vector = vector->next)
        if (!is_vector(vector->values))
            return false;
    return true;
}

int yz_embed_answer(const yz_request *request, const yz_adapter *provider, yz_str body, yz_arena *arena, yz_buf *out) {
    yz_embed embed = {.size = sizeof(embed)};
    yz_embedded answer = {.size = sizeof(answer)};
    yz_error error = {YZ_ERROR};
    yz_losses losses = {YZ_LOSSES, .arena = arena};
    yz_json *json;
    if (request->dialect->read_embed(request, arena, &losses, &embed, &error) < 0 ||
        yz_json_parse(arena, body, YZ_JSON_ANSWERED, &json, NULL) < 0)
        return YZ_EINVAL;
    if (provider->read_embedded(json, arena, &answer) < 0 || count_vectors(&answer) != count_inputs(&embed) || !are_vectors(&answer))
        return YZ_EINVAL;
    request->dialect->write_embedded(request, &embed, &answer, arena, out);
    return YZ_OK;
}
