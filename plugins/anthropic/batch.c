/* anthropic/batch.c: Message Batches: many chats in one request, worked on within a day, and asked for by the id of the batch (API
 * reference, "Message Batches", 2026-11). Forwarded to a provider of this dialect, each chat as it would be by itself (mend.c).
 *
 * One model chooses who is asked, and is what a key may ask for or not, so the chats of a batch are all for one: others go into batches of
 * their own. The account that works on a batch keeps it, and its id says which one that is, and whose (common/kept.c). Nothing lists
 * batches: the provider's list is that of its account, with what other tenants have there.
 */
#include "anthropic.h"

#define BATCHES "/v1/messages/batches"

/* ---- from the client ------------------------------------------------------------------------------------------------------ */

static const yz_json *model_of(const yz_json *item) { return yz_json_get(yz_json_get(item, "params"), "model"); }

/* The list of chats, each of which names a model; NULL: it is refused. */
static const yz_json *chats_of(const yz_request *request, yz_arena *arena, yz_error *error) {
    const yz_json *list = yz_json_get(request->json, "requests");
    if (!yz_json_is(list, YZ_JSON_ARRAY) || !list->child) {
        yz_refuse(arena, error, YZ_STR("requests"), "requests: must be a list of at least one request");
        return NULL;
    }
    size_t i = 0;
    for (const yz_json *item = list->child; item; item = item->next, i++) {
        if (yz_json_is(model_of(item), YZ_JSON_STRING) && model_of(item)->n > 2)
            continue;
        yz_refuse(arena, error, yz_format(arena, "requests.%zu.params.model", i),
                  "requests.%zu.params.model: must be a string that is not empty", i);
        return NULL;
    }
    return list;
}

static int accept_batch(yz_request *request, yz_arena *arena, yz_error *error) {
    const yz_json *list = chats_of(request, arena, error);
    if (!list)
        return YZ_EINVAL;
    yz_str first = yz_json_text(arena, model_of(list->child));
    size_t i = 1;
    for (const yz_json *item = list->child->next; item; item = item->next, i++) {
        yz_str model = yz_json_text(arena, model_of(item));
        if (!yz_str_eq(model, first))
            return yz_refuse(arena, error, yz_format(arena, "requests.%zu.params.model", i),
                             "requests.%zu.params.model: a batch here is for one model, and this one is for \"%.*s\", not \"%.*s\"; send "
                             "another batch for that",
                             i, YZ_STR_ARGS(first), YZ_STR_ARGS(model));
    }
    request->model = first;
    return YZ_OK;
}

int an_accept_kept(yz_request *request, yz_arena *arena, yz_error *error) {
    if (request->op == YZ_OP_BATCH)
        return accept_batch(request, arena, error);
    if (!yc_kept_word(request->stored))
        return yz_refuse(arena, error, YZ_STR(""), "an id is made of letters, digits, '_', '-' and '.'");
    return YZ_OK;
}

bool an_holds(const yz_call *call, const yz_request *request, const yz_target *target, yz_error *why) {
    return yc_kept_holds(call, request, target, "Message batch", why);
}

/* ---- to the provider ------------------------------------------------------------------------------------------------------ */

/* A chat of the batch as the target takes it, with the name that the model has there. `chat` is the batch's request as one of them. */
static void put_chat(yz_request *chat, const yz_json *item, const yz_target *target, yz_losses *losses, yz_buf *out) {
    yz_arena *scratch = yz_arena_open(); /* there may be a hundred thousand */
    chat->json = yz_json_get(item, "params");
    chat->body = yz_json_raw(chat->json);
    chat->model_node = model_of(item);
    const yz_request *mended = an_mend(chat, target, scratch, losses);
    yz_str body = yz_json_raw(mended->json), name = yz_json_raw(mended->model_node);
    yz_buf_put(out, body.p, (size_t)(name.p - body.p));
    yz_buf_json_str(out, target->model);
    yz_buf_put(out, name.p + name.n, (size_t)(body.p + body.n - (name.p + name.n)));
    yz_arena_free(scratch);
}

const yz_request *an_mend_batch(const yz_request *request, const yz_target *target, yz_arena *arena, yz_losses *losses) {
    const yz_json *list = yz_json_get(request->json, "requests");
    yz_request *chat = yz_request_copy(arena, request);
    yz_str raw = yz_json_raw(list);
    const char *done = raw.p;
    yz_buf out = {0};
    chat->op = YZ_OP_CHAT;
    for (const yz_json *item = list ? list->child : NULL; item; item = item->next) {
        yz_str params = yz_json_raw(yz_json_get(item, "params"));
        yz_buf_put(&out, done, (size_t)(params.p - done));
        put_chat(chat, item, target, losses, &out);
        done = params.p + params.n;
    }
    yz_buf_put(&out, done, (size_t)(raw.p + raw.n - done));
    yz_request *mended = yz_request_copy(arena, request);
    yz_request_set(arena, mended, "requests", yz_buf_view(&out));
    yz_buf_free(&out);
    return mended;
}

void an_endpoint_kept(const an_config *config, const yz_request *request, yz_arena *arena, yz_endpoint *out) {
    yz_str query = yc_kept_query(request, arena);
    if (request->op == YZ_OP_BATCH) {
        out->path = an_beside(config->path, YZ_STR("/batches"), arena);
        return;
    }
    yz_str rest = yz_format(arena, "/batches/%.*s%.*s%s%.*s", YZ_STR_ARGS(yc_kept_bare(request->stored)),
                            YZ_STR_ARGS(yc_kept_rest(request)), query.n ? "?" : "", YZ_STR_ARGS(query));
    out->path = an_beside(config->path, rest, arena);
    out->method = yz_str_is(request->method, "DELETE") ? "DELETE" : yz_str_is(request->method, "POST") ? "POST" : "GET";
}

/* ---- to the client -------------------------------------------------------------------------------------------------------- */

/* The id says whose it is, and the results are asked for here: at a path alone, which clients put behind their base address. */
size_t an_stamp(const yz_request *request, const yz_target *target, yz_str data, yz_arena *arena, yz_splice *const *out, size_t most) {
    yz_json *batch;
    if (most < 2 || yz_json_parse(arena, data, YZ_JSON_LONE_SURROGATES, &batch, NULL) < 0)
        return 0;
    yz_str id = yz_json_escaped(yz_json_get(batch, "id")), url = yz_json_escaped(yz_json_get(batch, "results_url"));
    yz_str mark = yc_kept_word(id) ? yc_kept_mark(arena, request, target, id) : YZ_STR(""); /* else the client could not ask for it */
    if (mark.n == 0)
        return 0;
    size_t at_id = url.n > 0 && url.p < id.p; /* in the order they stand */
    out[at_id]->at = (yz_str){id.p + id.n, 0};
    out[at_id]->with = mark;
    if (url.n == 0)
        return 1;
    out[!at_id]->at = url;
    out[!at_id]->with = yz_format(arena, BATCHES "/%.*s%.*s/results", YZ_STR_ARGS(id), YZ_STR_ARGS(mark));
    return 2;
}
