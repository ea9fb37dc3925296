/* responses/state.c: answers and conversations that a provider keeps, and whose they are.
 *
 * A response that is stored can be gone on from (previous_response_id), read, cancelled and deleted, but only at the account that stored
 * it; likewise a conversation. So the id a client gets says whose it is: "resp_…" with "_yz" and a signature after it, over the provider's
 * name, the tenant and the id itself. Who holds it is found by trying the accounts; nothing is kept here, so it works over reloads,
 * restarts and in every gateway of a fleet that has the same `secret`. Another tenant's id is nobody's, and so is one without a mark,
 * where clients have keys: it may be another's with its mark cut off. Where nobody has a key, ids that do not look so are left as they
 * are: they came from elsewhere. On its way to the provider the id is its own again.
 */
#include "responses.h"

#define MARK     "_yz"
#define DIGITS   16 /* of the signature */
#define MARK_ALL (sizeof(MARK) - 1 + DIGITS)
#define ID_MAX   200 /* a longer one is left as it is */

static bool is_hex(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); }

/* Takes the mark off an id; false: it has none. */
static bool take_off(yz_str id, yz_str *bare, yz_str *signature) {
    if (id.n <= MARK_ALL || id.n > ID_MAX + MARK_ALL || memcmp(id.p + id.n - MARK_ALL, MARK, sizeof(MARK) - 1) != 0)
        return false;
    *signature = (yz_str){id.p + id.n - DIGITS, DIGITS};
    *bare = (yz_str){id.p, id.n - MARK_ALL};
    for (size_t i = 0; i < DIGITS; i++)
        if (!is_hex(signature->p[i]))
            return false;
    return true;
}

static yz_str sign(yz_arena *arena, const yz_request *request, const yz_target *target, yz_str id) {
    yz_str tenant = request->key ? request->key->tenant : YZ_STR("");
    uint8_t digest[32];
    char digits[DIGITS];
    yz_hmac(yz_format(arena, "kept answer\n%.*s\n%.*s\n%.*s", YZ_STR_ARGS(target->provider->name), YZ_STR_ARGS(tenant), YZ_STR_ARGS(id)),
            digest);
    for (size_t i = 0; i < DIGITS; i++)
        digits[i] = "0123456789abcdef"[digest[i / 2] >> (i % 2 ? 0 : 4) & 15];
    return yz_dup(arena, (yz_str){digits, DIGITS});
}

/* ---- whose it is ----------------------------------------------------------------------------------------------------- */

static bool speaks(const yz_target *target) { return strcmp(target->provider->adapter->dialect, RS_DIALECT) == 0; }

/* *bare is the id as far as it can be told. */
static bool held(const yz_request *request, const yz_target *target, yz_arena *arena, yz_str id, yz_str *bare) {
    yz_str signature;
    *bare = id;
    if (!take_off(id, bare, &signature))
        return !request->key;
    return speaks(target) && yz_str_eq(sign(arena, request, target, *bare), signature);
}

static bool not_found(yz_arena *arena, yz_error *why, yz_str bare, const char *what) {
    why->class_ = YZ_ERROR_NOT_FOUND;
    why->message = yz_format(arena, "%s with id '%.*s' not found: no provider here keeps it for you", what, YZ_STR_ARGS(bare));
    return false;
}

static const yz_json *conversation_of(const yz_json *body) {
    const yz_json *node = yz_json_given(body, "conversation");
    return yz_json_is(node, YZ_JSON_OBJECT) ? yz_json_get(node, "id") : node;
}

bool rs_holds(const yz_request *request, const yz_target *target, yz_arena *arena, yz_error *why) {
    yz_str bare = request->stored;
    if (bare.n)
        return held(request, target, arena, bare, &bare) ||
               not_found(arena, why, bare, yz_str_starts(bare, "conv") ? "Conversation" : "Response");
    const yz_json *previous = yz_json_given(request->json, RS_PREVIOUS), *conversation = conversation_of(request->json);
    if (conversation && !held(request, target, arena, yz_json_escaped(conversation), &bare)) {
        why->param = YZ_STR(RS_CONVERSATION);
        return not_found(arena, why, bare, "Conversation");
    }
    if (!previous || held(request, target, arena, yz_json_escaped(previous), &bare))
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

yz_str rs_bare_id(yz_str id) {
    yz_str signature;
    take_off(id, &id, &signature);
    return id;
}

/* The body's ids that say whose they are, as the provider knows them; NULL: there are none. */
const yz_request *rs_mend_ids(const yz_request *request, yz_arena *arena) {
    static const char *const fields[] = {RS_PREVIOUS, RS_CONVERSATION};
    const yz_json *nodes[] = {yz_json_given(request->json, RS_PREVIOUS), conversation_of(request->json)};
    yz_request *copy = NULL;
    for (size_t i = 0; i < 2; i++) {
        yz_str id = yz_json_escaped(nodes[i]), bare = rs_bare_id(id);
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
    yz_str plain = yz_json_escaped(id), bare, signature;
    bool known = yz_str_starts(plain, "resp") || yz_str_starts(plain, "conv");
    if (!known || plain.n > ID_MAX || s->n == s->most || take_off(plain, &bare, &signature))
        return;
    size_t at = s->n++;
    for (; at > 0 && s->out[at - 1]->at.p > plain.p; at--) {
        s->out[at]->at = s->out[at - 1]->at;
        s->out[at]->with = s->out[at - 1]->with;
    }
    s->out[at]->at = (yz_str){plain.p + plain.n, 0};
    s->out[at]->with = yz_format(s->arena, MARK "%.*s", YZ_STR_ARGS(sign(s->arena, s->request, s->target, plain)));
}

size_t rs_stamp(const yz_request *request, const yz_target *target, yz_str data, yz_arena *arena, yz_splice *const *out, size_t most) {
    stamps s = {request, target, arena, out, 0, most};
    yz_json *root;
    if (!may_be_kept(request, data) || yz_json_parse(arena, data, YZ_JSON_LONE_SURROGATES, &root, NULL) < 0)
        return 0;
    const yz_json *response = yz_json_get(root, "response");
    response = response ? response : root;
    add(&s, yz_json_get(response, "id"));
    add(&s, yz_json_get(response, RS_PREVIOUS));
    add(&s, conversation_of(response));
    return s.n;
}
