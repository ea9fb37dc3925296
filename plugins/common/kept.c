/* common/kept.c: ids of what a provider keeps, with a word of whose they are.
 *
 * The id a client gets is the provider's with "_yz" and a signature after it, over the provider's name, the tenant and the id itself. Who
 * holds it is found by trying the accounts; nothing is kept here, so it works over reloads, restarts and in every gateway of a fleet that
 * has the same `secret`. Another tenant's id is nobody's, and so is one without a mark, where clients have keys: it may be another's with
 * its mark cut off. Where nobody has a key, ids that do not look so are left as they are: they came from elsewhere. A provider that is such
 * a gateway itself marks its ids as well: then there are two marks, and each takes off its own.
 */
#include "common.h"

#define MARK     "_yz"
#define DIGITS   16 /* of the signature */
#define MARK_ALL (sizeof(MARK) - 1 + DIGITS)

static bool is_hex(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); }

/* Takes the mark off an id; false: it has none. */
static bool take_off(yz_str id, yz_str *bare, yz_str *signature) {
    if (id.n <= MARK_ALL || id.n > YC_MARKED_MAX + MARK_ALL || memcmp(id.p + id.n - MARK_ALL, MARK, sizeof(MARK) - 1) != 0)
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

bool yc_kept_held(const yz_request *request, const yz_target *target, yz_arena *arena, yz_str id, yz_str *bare) {
    yz_str signature;
    *bare = id;
    if (!take_off(id, bare, &signature))
        return !request->key;
    bool speaks = strcmp(target->provider->adapter->dialect, request->dialect->dialect) == 0;
    return speaks && yz_str_eq(sign(arena, request, target, *bare), signature);
}

bool yc_kept_holds(const yz_call *call, const yz_request *request, const yz_target *target, const char *what, yz_error *why) {
    yz_str bare;
    if (request->stored.n == 0)
        return true;
    yz_arena *arena = yz_call_arena(call);
    if (yc_kept_held(request, target, arena, request->stored, &bare))
        return true;
    why->class_ = YZ_ERROR_NOT_FOUND;
    why->message = yz_format(arena, "%s with id '%.*s' not found: no provider here keeps it for you", what, YZ_STR_ARGS(bare));
    return false;
}

yz_str yc_kept_bare(yz_str id) {
    yz_str signature;
    take_off(id, &id, &signature);
    return id;
}

yz_str yc_kept_mark(yz_arena *arena, const yz_request *request, const yz_target *target, yz_str id) {
    size_t most = request->op == YZ_OP_REALTIME ? YC_MARKED_MAX : YC_KEPT_MAX;
    if (id.n == 0 || id.n > most)
        return (yz_str){NULL, 0};
    return yz_format(arena, MARK "%.*s", YZ_STR_ARGS(sign(arena, request, target, id)));
}

bool yc_kept_word(yz_str text) {
    for (size_t i = 0; i < text.n; i++)
        if (!strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.", text.p[i]) || !text.p[i])
            return false;
    return text.n > 0;
}

/* Of the references of Responses, Conversations and Videos (2026-11). */
static bool may_ask(yz_str name) {
    static const char *const known[] = {
        "stream", "starting_after", "include_obfuscation", "include", "include[]", "include%5B%5D", "limit", "order", "after",
        "before", "variant"};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (yz_str_is(name, known[i]))
            return true;
    return false;
}

yz_str yc_kept_query(const yz_request *request, yz_arena *arena) {
    yz_buf kept = {0};
    const char *end = request->query.n ? request->query.p + request->query.n : NULL; /* nothing is not even added to NULL */
    for (const char *p = request->query.p; p && end && p < end;) {
        const char *stop = memchr(p, '&', (size_t)(end - p));
        yz_str pair = {p, (size_t)((stop ? stop : end) - p)};
        const char *equals = pair.n ? memchr(pair.p, '=', pair.n) : NULL;
        if (may_ask((yz_str){pair.p, equals ? (size_t)(equals - pair.p) : pair.n})) {
            yz_buf_lit(&kept, kept.n ? "&" : "");
            yz_buf_str(&kept, pair);
        }
        p = stop ? stop + 1 : end;
    }
    yz_str query = yz_dup(arena, yz_buf_view(&kept));
    yz_buf_free(&kept);
    return query;
}

yz_str yc_kept_rest(const yz_request *request) {
    yz_str path = request->path;
    const char *at = request->stored.n ? memmem(path.p, path.n, request->stored.p, request->stored.n) : NULL;
    if (!at)
        return (yz_str){NULL, 0};
    at += request->stored.n;
    return (yz_str){at, (size_t)(path.p + path.n - at)};
}
