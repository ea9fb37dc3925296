/* dialect/own_embed.c: the gateway asks for an embedding itself (yuzui/adapter.h has the contract). As with its own chats, the question is
 * written in the form of those who name no dialect, and the provider stage translates it for whoever is asked. */
#include "base/dialects.h"
#include "base/request.h"
#include "dialect/embed.h"

static int write_body(const yz_adapter *form, yz_arena *arena, yz_str model, const yz_str *texts, size_t n, int64_t dimensions,
                      yz_buf *out) {
    const yz_target target = {YZ_TARGET, .model = model};
    yz_embed embed = {.size = sizeof(embed), .dimensions = dimensions};
    if (!form || !form->write_embed || !form->read_embed)
        return YZ_EUNSUPPORTED;
    for (size_t i = 0; i < n; i++)
        yz_embed_add(arena, &embed, yz_json_escape(arena, texts[i]));
    return form->write_embed(NULL, &embed, &target, arena, yz_losses_new(arena), out);
}

yz_request *yz_own_embed(const yz_call *like, yz_str model, const yz_str *texts, size_t n, int64_t dimensions) {
    const yz_request *asker = yz_call_request(like);
    yz_arena *arena = yz_call_arena(like);
    const yz_adapter *form = asker->dialects ? yz_dialects_fallback(asker->dialects) : NULL;
    yz_buf body = {0};
    yz_json *root;
    int code = write_body(form, arena, model, texts, n, dimensions, &body);
    yz_str bytes = yz_dup(arena, yz_buf_view(&body));
    yz_buf_free(&body);
    if (code != YZ_OK || yz_json_parse(arena, bytes, 0, &root, NULL) != YZ_OK)
        return NULL;
    yz_request *request = yz_request_copy(arena, asker);
    request->dialect = form;
    request->op = YZ_OP_EMBEDDING;
    request->stream = request->include_usage = request->events = request->target_free = false;
    request->target = NULL;
    request->upload = NULL;
    request->form = NULL;
    request->model_field = NULL;
    request->method = request->path = request->query = request->stored = (yz_str){0};
    request->body = bytes;
    request->json = root;
    request->model = yz_dup(arena, model);
    request->model_node = yz_json_get(root, "model");
    yz_request_place(arena, request);
    return request;
}

yz_request *yz_embed_request(const yz_call *like, yz_str model, yz_str text, int64_t dimensions) {
    return yz_own_embed(like, model, &text, 1, dimensions);
}

int yz_own_embed_numbers(yz_arena *arena, const yz_vector *vector, float *out, size_t most) {
    yz_json *list;
    size_t n = 0;
    if (yz_json_parse(arena, vector->values, 0, &list, NULL) < 0 || list->type != YZ_JSON_ARRAY)
        return YZ_EINVAL;
    for (const yz_json *value = list->child; value; value = value->next) {
        if (value->type != YZ_JSON_NUMBER)
            return YZ_EINVAL;
        if (n == most)
            return YZ_ELIMIT;
        out[n++] = (float)yz_json_double(value, 0);
    }
    return n > 0 ? (int)n : YZ_EINVAL;
}

const yz_vector *yz_own_embed_read(yz_arena *arena, const yz_adapter *dialect, yz_str body) {
    yz_embedded answer = {.size = sizeof(answer)};
    yz_json *json;
    if (!dialect || !dialect->read_embedded || yz_json_parse(arena, body, 0, &json, NULL) < 0 ||
        dialect->read_embedded(json, arena, &answer) < 0)
        return NULL;
    return answer.vectors;
}

int yz_embed_numbers(yz_arena *arena, const yz_adapter *dialect, yz_str body, float *out, size_t most) {
    const yz_vector *first = yz_own_embed_read(arena, dialect, body);
    return first ? yz_own_embed_numbers(arena, first, out, most) : YZ_EINVAL;
}
