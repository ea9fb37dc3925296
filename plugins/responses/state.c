/* responses/state.c: answers and conversations that a provider keeps, and whose they are (common/kept.c).
 *
 * A response that is stored can be gone on from (previous_response_id), read, cancelled and deleted, but only at the account that stored
 * it; likewise a conversation. So the id a client gets says whose it is, and on its way to the provider it is its own again.
 */
#include "responses.h"

static bool not_found(yz_arena *arena, yz_error *why, yz_str bare, const char *what) {
    why->class_ = YZ_ERROR_NOT_FOUND;
    why->message = yz_format(arena, "%s with id '%.*s' not found: no provider here keeps it for you", what, YZ_STR_ARGS(bare));
    return false;
}

static const yz_json *conversation_of(const yz_json *body) {
    const yz_json *node = yz_json_given(body, "conversation");
    return yz_json_is(node, YZ_JSON_OBJECT) ? yz_json_get(node, "id") : node;
}

int rs_accept_ids(const yz_request *request, yz_arena *arena, yz_error *error) {
    const yz_json *previous = yz_json_given(request->json, RS_PREVIOUS), *conversation = yz_json_given(request->json, RS_CONVERSATION);
    if (previous && !yz_json_is(previous, YZ_JSON_STRING))
        return yz_refuse(arena, error, YZ_STR(RS_PREVIOUS), RS_PREVIOUS " must be a string: the id of an answer, as in \"resp_…\"");
    if (conversation && !yz_json_is(conversation_of(request->json), YZ_JSON_STRING))
        return yz_refuse(arena, error, YZ_STR(RS_CONVERSATION),
                         RS_CONVERSATION " must be a string, or an object with one as its id: the id of a conversation, as in \"conv_…\"");
    return YZ_OK;
}

bool rs_holds(const yz_call *call, const yz_request *request, const yz_target *target, yz_error *why) {
    yz_str bare = request->stored;
    if (!yc_files_held(call, request, target, why))
        return false;
    if (bare.n)
        return yc_kept_held(request, target, yz_call_arena(call), bare, &bare) ||
               not_found(yz_call_arena(call), why, bare, yz_str_starts(bare, "conv") ? "Conversation" : "Response");
    const yz_json *previous = yz_json_given(request->json, RS_PREVIOUS), *conversation = conversation_of(request->json);
    if (!previous && !conversation)
        return true;
    yz_arena *arena = yz_call_arena(call);
    if (conversation && !yc_kept_held(request, target, arena, yz_json_escaped(conversation), &bare)) {
        why->param = YZ_STR(RS_CONVERSATION);
        return not_found(arena, why, bare, "Conversation");
    }
    if (!previous || yc_kept_held(request, target, arena, yz_json_escaped(previous), &bare))
        return true;
    why->class_ = YZ_ERROR_BAD_REQUEST;
    why->code = YZ_STR("previous_response_not_found");
    why->param = YZ_STR(RS_PREVIOUS);
    why->message =
        yz_format(arena, "Previous response with id '%.*s' not found: no provider of this model keeps it for you. Send all items in input.",
                  YZ_STR_ARGS(bare));
    return false;
}

/* ---- on its way to the provider ---------------------------------------------------------------------------------------- */

/* The body's ids that say whose they are, as the provider knows them; NULL: there are none. */
const yz_request *rs_mend_ids(const yz_request *request, yz_arena *arena) {
    static const char *const fields[] = {RS_PREVIOUS, RS_CONVERSATION};
    const yz_json *nodes[] = {yz_json_given(request->json, RS_PREVIOUS), conversation_of(request->json)};
    yz_request *copy = NULL;
    for (size_t i = 0; i < 2; i++) {
        yz_str id = yz_json_escaped(nodes[i]), bare = yc_kept_bare(id);
        if (bare.n == id.n)
            continue;
        copy = copy ? copy : yz_request_copy(arena, request);
        yz_request_set(arena, copy, fields[i], yz_format(arena, "\"%.*s\"", YZ_STR_ARGS(bare)));
    }
    return copy;
}

/* ---- on its way to the client ------------------------------------------------------------------------------------------ */

/* Only these events bring a response. In text the quotes would be escaped. */
static bool has_response(yz_str data) { return memmem(data.p, data.n, "\"response\"", 10) != NULL; }

/* May there be an id in it that a client can name later? */
static bool may_be_kept(const yz_request *request, yz_str data) {
    if (request->op == YZ_OP_STORED)
        return !request->stream || has_response(data);
    return request->op == YZ_OP_CHAT && !yz_json_is(yz_json_get(request->json, "store"), YZ_JSON_FALSE) && has_response(data);
}

typedef struct stamps {
    const yz_request *request;
    const yz_target *target;
    yz_arena *arena;
    yz_splice *const *out;
    size_t n, most;
} stamps;

/* In the order they stand. */
static void add(stamps *s, const yz_json *id) {
    yz_str plain = yz_json_escaped(id);
    bool known = yz_str_starts(plain, "resp") || yz_str_starts(plain, "conv");
    yz_str mark = known && s->n < s->most ? yc_kept_mark(s->arena, s->request, s->target, plain) : (yz_str){NULL, 0};
    if (mark.n == 0)
        return;
    size_t at = s->n++;
    for (; at > 0 && s->out[at - 1]->at.p > plain.p; at--) {
        s->out[at]->at = s->out[at - 1]->at;
        s->out[at]->with = s->out[at - 1]->with;
    }
    s->out[at]->at = (yz_str){plain.p + plain.n, 0};
    s->out[at]->with = mark;
}

size_t rs_stamp(const yz_request *request, const yz_target *target, yz_str data, yz_arena *arena, yz_splice *const *out, size_t most) {
    stamps s = {request, target, arena, out, 0, most};
    yz_json *root;
    if (!may_be_kept(request, data) || yz_json_parse(arena, data, YZ_JSON_ANSWERED, &root, NULL) < 0)
        return 0;
    const yz_json *response = yz_json_get(root, "response");
    response = response ? response : root;
    add(&s, yz_json_get(response, "id"));
    add(&s, yz_json_get(response, RS_PREVIOUS));
    add(&s, conversation_of(response));
    return s.n;
}
