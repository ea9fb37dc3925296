/* oidc/token.c: see token.h. The form is JWS compact (RFC 7515): three parts of base64url with dots between. */
#include "oidc/token.h"

#include "base/base64.h"
#include "oidc/jwk.h"

#include <openssl/crypto.h>

enum {
    SKEW = 60,        /* seconds that clocks may differ */
    OLDEST = 600,     /* seconds since it was issued: it was made for this very login */
    PARTS_SHOWN = 200 /* bytes of what a token says that a message repeats */
};

/* ---- reading ----------------------------------------------------------------------------------------------------------- */

/* A part that is a JSON object; NULL: it is none. */
static const yz_json *object_of(yz_arena *arena, yz_str part) {
    size_t n;
    yz_json *json = NULL;
    const char *bytes = yz_base64url_read(arena, part, &n);
    return bytes && yz_json_parse(arena, yz_str_at(bytes, n), 0, &json, NULL) == YZ_OK && yz_json_is(json, YZ_JSON_OBJECT) ? json : NULL;
}

static const char *read_header(yz_arena *arena, const yz_json *header, yz_id_token *out) {
    const yz_json *alg = yz_json_get(header, "alg"), *kid = yz_json_given(header, "kid");
    if (!yz_json_is(alg, YZ_JSON_STRING))
        return "its header has no alg";
    out->alg = yz_json_text(arena, alg);
    out->kid = yz_json_text(arena, kid);
    if (kid && out->kid.n == 0)
        return "the kid of its header is no text";
    if (yz_str_ieq(out->alg, YZ_STR("none")))
        return "it is not signed (alg none)";
    if (yz_str_starts(out->alg, "HS"))
        return "it is signed with a shared secret (alg HS…), which proves nothing here: let the provider sign with RS256 or ES256";
    if (!yz_jws_alg_known(out->alg))
        return "its alg is none of RS256, PS256, ES256 (or their 384 and 512) and EdDSA";
    return yz_json_get(header, "crit") ? "its header has crit, extensions that must be understood and are not" : NULL;
}

const char *yz_id_token_read(yz_str text, yz_arena *arena, yz_id_token *out) {
    if (text.n > YZ_ID_TOKEN_MOST)
        return "it is larger than 64 KiB";
    const char *end = text.p + text.n, *first = text.n ? memchr(text.p, '.', text.n) : NULL;
    const char *second = first ? memchr(first + 1, '.', (size_t)(end - first - 1)) : NULL;
    if (!second || memchr(second + 1, '.', (size_t)(end - second - 1)))
        return "it is not three parts with dots between (an encrypted one has five: let the provider only sign)";
    const yz_json *header = object_of(arena, yz_str_at(text.p, (size_t)(first - text.p)));
    if (!header)
        return "its first part is no JSON object in base64url";
    const char *wrong = read_header(arena, header, out);
    if (wrong)
        return wrong;
    out->text = yz_str_at(text.p, (size_t)(second - text.p));
    out->claims = object_of(arena, yz_str_at(first + 1, (size_t)(second - first - 1)));
    if (!out->claims)
        return "its second part is no JSON object in base64url";
    out->signature.p = yz_base64url_read(arena, yz_str_at(second + 1, (size_t)(end - second - 1)), &out->signature.n);
    return out->signature.p && out->signature.n > 0 ? NULL : "its third part, the signature, is empty or no base64url";
}

/* ---- claims ------------------------------------------------------------------------------------------------------------ */

static yz_str shown(yz_str text) { return (yz_str){text.p, text.n < PARTS_SHOWN ? text.n : PARTS_SHOWN}; }

static bool holds(yz_arena *arena, const yz_json *aud, yz_str client_id) {
    if (yz_json_is(aud, YZ_JSON_STRING))
        return yz_str_eq(yz_json_text(arena, aud), client_id);
    for (const yz_json *one = yz_json_is(aud, YZ_JSON_ARRAY) ? aud->child : NULL; one; one = one->next)
        if (yz_json_is(one, YZ_JSON_STRING) && yz_str_eq(yz_json_text(arena, one), client_id))
            return true;
    return false;
}

static yz_str audience_wrong(const yz_json *claims, const yz_id_wanted *wanted, yz_arena *arena) {
    const yz_json *aud = yz_json_get(claims, "aud"), *azp = yz_json_given(claims, "azp");
    if (!holds(arena, aud, wanted->client_id))
        return yz_format(arena, "it is meant for another client (aud %.*s), not for \"%.*s\"", YZ_STR_ARGS(shown(yz_json_raw(aud))),
                         YZ_STR_ARGS(wanted->client_id));
    if (azp ? !yz_str_eq(yz_json_text(arena, azp), wanted->client_id) : yz_json_count(aud) > 1)
        return yz_format(arena, "it was issued to another client (azp %.*s), not to \"%.*s\"",
                         YZ_STR_ARGS(azp ? shown(yz_json_raw(azp)) : YZ_STR("is missing")), YZ_STR_ARGS(wanted->client_id));
    return (yz_str){0};
}

/* Seconds since 1970, fractions left out; -1: it is no number. */
static int64_t date_of(const yz_json *claims, const char *name) {
    const yz_json *node = yz_json_get(claims, name);
    double n = yz_json_is(node, YZ_JSON_NUMBER) ? yz_json_double(node, -1) : -1;
    return n >= 0 && n < 1e15 ? (int64_t)n : -1;
}

static yz_str dates_wrong(const yz_json *claims, int64_t now, yz_arena *arena) {
    int64_t exp = date_of(claims, "exp"), iat = date_of(claims, "iat"), nbf = date_of(claims, "nbf");
    if (exp < 0 || iat < 0)
        return yz_format(arena, "it has no %s, which must be a number of seconds", exp < 0 ? "exp" : "iat");
    if (exp <= now - SKEW)
        return yz_format(arena, "it has expired %lld seconds ago (exp): are the clocks of both machines right?", (long long)(now - exp));
    if (iat > now + SKEW || nbf > now + SKEW)
        return yz_format(arena, "it is from %lld seconds ahead (%s): are the clocks of both machines right?",
                         (long long)((nbf > iat ? nbf : iat) - now), nbf > iat ? "nbf" : "iat");
    if (yz_json_given(claims, "nbf") && nbf < 0)
        return YZ_STR("its nbf is no number of seconds");
    if (iat < now - OLDEST)
        return yz_format(arena, "it was issued %lld seconds ago (iat), and not for this login", (long long)(now - iat));
    return (yz_str){0};
}

static bool same_secret(yz_str a, yz_str b) { return a.n == b.n && a.n > 0 && CRYPTO_memcmp(a.p, b.p, a.n) == 0; }

yz_str yz_id_token_wrong(const yz_json *claims, const yz_id_wanted *wanted, yz_arena *arena) {
    yz_str iss = yz_json_text(arena, yz_json_get(claims, "iss")), sub = yz_json_text(arena, yz_json_get(claims, "sub"));
    if (!yz_str_eq(iss, wanted->issuer))
        return yz_format(arena, "it is of another issuer (iss \"%.*s\"), not of \"%.*s\"", YZ_STR_ARGS(shown(iss)),
                         YZ_STR_ARGS(wanted->issuer));
    yz_str wrong = audience_wrong(claims, wanted, arena);
    if (wrong.n == 0)
        wrong = dates_wrong(claims, wanted->now, arena);
    if (wrong.n > 0)
        return wrong;
    if (!same_secret(yz_json_text(arena, yz_json_get(claims, "nonce")), wanted->nonce))
        return YZ_STR("its nonce is not the one of this login");
    return sub.n == 0 || sub.n > 255 ? YZ_STR("it has no sub of 1 to 255 bytes: it is about nobody") : (yz_str){0};
}
