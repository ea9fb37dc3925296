/* responses/state.c: answers that a provider keeps, and whose they are.
 *
 * A response that is stored can be gone on from (previous_response_id), but only at the account that stored it. So the id a client gets
 * says whose it is: "resp_…" with "_yz" and a signature after it, over the provider's name, the tenant and the id itself. Who holds it is
 * found by trying the providers of the model; nothing is kept here, so it works over reloads, restarts and in every gateway of a fleet
 * that has the same `secret`. Another tenant's id is nobody's, and so is one without a mark, where clients have keys: it may be another's
 * with its mark cut off. Where nobody has a key, ids that do not look so are left as they are: they came from elsewhere. On its way to
 * the provider the id is its own again.
 */
#include "responses.h"

#define MARK     "_yz"
#define DIGITS   16 /* of the signature */
#define MARK_ALL (sizeof(MARK) - 1 + DIGITS)
#define ID_MAX   200 /* a longer one is left as it is */
#define FIELD    "previous_response_id"

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

bool rs_holds(const yz_request *request, const yz_target *target, yz_arena *arena, yz_error *why) {
    const yz_json *node = yz_json_given(request->json, FIELD);
    yz_str bare = yz_json_escaped(node), signature;
    if (!node)
        return true;
    bool marked = take_off(bare, &bare, &signature);
    if (!marked && !request->key)
        return true;
    if (marked && strcmp(target->provider->adapter->dialect, RS_DIALECT) == 0 && yz_str_eq(sign(arena, request, target, bare), signature))
        return true;
    why->class_ = YZ_ERROR_BAD_REQUEST;
    why->code = YZ_STR("previous_response_not_found");
    why->param = YZ_STR(FIELD);
    why->message =
        yz_format(arena, "Previous response with id '%.*s' not found: no provider of this model keeps it for you. Send all items in input.",
                  YZ_STR_ARGS(bare));
    return false;
}

yz_str rs_bare_id(const yz_json *node) {
    yz_str bare, signature;
    return take_off(yz_json_escaped(node), &bare, &signature) ? bare : (yz_str){NULL, 0};
}

/* Only these events bring a response. In text the quotes would be escaped. */
static bool has_response(yz_str data) {
    const char *at = memmem(data.p, data.n, "\"response\"", 10);
    return at != NULL;
}

bool rs_stamp(const yz_request *request, const yz_target *target, yz_str data, yz_arena *arena, yz_splice *out) {
    yz_json *root;
    if (request->op != YZ_OP_CHAT || yz_json_is(yz_json_get(request->json, "store"), YZ_JSON_FALSE) || !has_response(data))
        return false; /* it is not kept */
    if (yz_json_parse(arena, data, YZ_JSON_LONE_SURROGATES, &root, NULL) < 0)
        return false;
    const yz_json *response = yz_json_get(root, "response"), *id = yz_json_get(response ? response : root, "id");
    yz_str plain = yz_json_escaped(id), bare, signature;
    if (!yz_str_starts(plain, "resp") || plain.n > ID_MAX || take_off(plain, &bare, &signature))
        return false;
    out->at = (yz_str){plain.p + plain.n, 0};
    out->with = yz_format(arena, MARK "%.*s", YZ_STR_ARGS(sign(arena, request, target, plain)));
    return true;
}
