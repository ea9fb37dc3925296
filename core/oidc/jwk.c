/* oidc/jwk.c: see jwk.h. The signatures are OpenSSL's; here a key of the set becomes one of OpenSSL's, and a name of RFC 7518 what it
 * means.
 *
 * An algorithm fits one kind of key, and a key whose set says its algorithm fits that one alone. So what a token says of itself never makes
 * a key something that it is not.
 */
#include "oidc/jwk.h"

#include "base/arena.h"
#include "base/base64.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>
#include <yuzui/json.h>

enum { KEYS_MOST = 100, RSA_LEAST = 2048, RSA_MOST = 8192, PART_MOST = 2048 /* bytes of a member, in base64url */ };

typedef struct key {
    struct key *next;
    yz_str kid, alg; /* empty: it has none; it does not say */
    char kind;       /* 'R' RSA, 'E' a NIST curve, 'O' Ed25519 */
    size_t half;     /* of an ES signature: bytes of r, and of s */
    EVP_PKEY *pkey;
} key;

struct yz_jwks {
    yz_arena *arena;
    key *first;
    size_t n;
};

static const struct {
    const char *crv, *group;
    size_t half;
} CURVES[] = {{"P-256", "prime256v1", 32}, {"P-384", "secp384r1", 48}, {"P-521", "secp521r1", 66}};

static const struct {
    const char *alg;
    char kind;
    bool pss;
    const EVP_MD *(*hash)(void);
    size_t half; /* of the one curve that goes with it */
} ALGS[] = {
    {"RS256", 'R', false, EVP_sha256, 0},  {"RS384", 'R', false, EVP_sha384, 0},  {"RS512", 'R', false, EVP_sha512, 0},
    {"PS256", 'R', true, EVP_sha256, 0},   {"PS384", 'R', true, EVP_sha384, 0},   {"PS512", 'R', true, EVP_sha512, 0},
    {"ES256", 'E', false, EVP_sha256, 32}, {"ES384", 'E', false, EVP_sha384, 48}, {"ES512", 'E', false, EVP_sha512, 66},
    {"EdDSA", 'O', false, NULL, 0},
};
enum { N_ALGS = sizeof(ALGS) / sizeof(*ALGS) };

/* ---- keys -------------------------------------------------------------------------------------------------------------- */

/* A member of a key, of base64url; n 0: it is none. */
static yz_str part_of(yz_arena *arena, const yz_json *jwk, const char *name) {
    yz_str text = yz_json_text(arena, yz_json_get(jwk, name));
    size_t n = 0;
    const char *bytes = text.n > 0 && text.n <= PART_MOST ? yz_base64url_read(arena, text, &n) : NULL;
    return bytes ? yz_str_at(bytes, n) : (yz_str){0};
}

static EVP_PKEY *from_params(const char *type, OSSL_PARAM_BLD *build) {
    OSSL_PARAM *params = OSSL_PARAM_BLD_to_param(build);
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
    EVP_PKEY *pkey = NULL;
    if (params && ctx && EVP_PKEY_fromdata_init(ctx) == 1 && EVP_PKEY_fromdata(ctx, &pkey, EVP_PKEY_PUBLIC_KEY, params) != 1)
        pkey = NULL;
    EVP_PKEY_CTX_free(ctx);
    OSSL_PARAM_free(params);
    return pkey;
}

static EVP_PKEY *rsa_of(yz_arena *arena, const yz_json *jwk) {
    yz_str n = part_of(arena, jwk, "n"), e = part_of(arena, jwk, "e");
    if (n.n == 0 || e.n == 0 || e.n > 8)
        return NULL;
    BIGNUM *modulus = BN_bin2bn((const unsigned char *)n.p, (int)n.n, NULL),
           *exponent = BN_bin2bn((const unsigned char *)e.p, (int)e.n, NULL);
    OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
    EVP_PKEY *pkey = NULL;
    int bits = modulus ? BN_num_bits(modulus) : 0;
    if (build && exponent && bits >= RSA_LEAST && bits <= RSA_MOST && BN_is_odd(exponent) && !BN_is_one(exponent) &&
        OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_N, modulus) == 1 &&
        OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_E, exponent) == 1)
        pkey = from_params("RSA", build);
    OSSL_PARAM_BLD_free(build);
    BN_free(modulus);
    BN_free(exponent);
    return pkey;
}

static EVP_PKEY *curve_of(yz_arena *arena, const yz_json *jwk, size_t *half) {
    yz_str crv = yz_json_text(arena, yz_json_get(jwk, "crv")), x = part_of(arena, jwk, "x"), y = part_of(arena, jwk, "y");
    for (size_t i = 0; i < sizeof(CURVES) / sizeof(*CURVES); i++) {
        unsigned char point[1 + 2 * 66] = {4}; /* uncompressed */
        if (!yz_str_is(crv, CURVES[i].crv) || x.n != CURVES[i].half || y.n != CURVES[i].half)
            continue;
        *half = CURVES[i].half;
        memcpy(point + 1, x.p, x.n);
        memcpy(point + 1 + x.n, y.p, y.n);
        OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
        EVP_PKEY *pkey = NULL;
        if (build && OSSL_PARAM_BLD_push_utf8_string(build, OSSL_PKEY_PARAM_GROUP_NAME, CURVES[i].group, 0) == 1 &&
            OSSL_PARAM_BLD_push_octet_string(build, OSSL_PKEY_PARAM_PUB_KEY, point, 1 + 2 * *half) == 1)
            pkey = from_params("EC", build);
        OSSL_PARAM_BLD_free(build);
        return pkey;
    }
    return NULL;
}

static EVP_PKEY *edwards_of(yz_arena *arena, const yz_json *jwk) {
    yz_str crv = yz_json_text(arena, yz_json_get(jwk, "crv")), x = part_of(arena, jwk, "x");
    return yz_str_is(crv, "Ed25519") && x.n == 32 ? EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, (const unsigned char *)x.p, x.n)
                                                  : NULL;
}

static bool names(yz_arena *arena, const yz_json *list, const char *word) {
    for (const yz_json *one = yz_json_is(list, YZ_JSON_ARRAY) ? list->child : NULL; one; one = one->next)
        if (yz_str_is(yz_json_text(arena, one), word))
            return true;
    return false;
}

/* Is it for signatures, as far as it says what it is for? */
static bool is_to_sign(yz_arena *arena, const yz_json *jwk) {
    const yz_json *use = yz_json_given(jwk, "use"), *ops = yz_json_given(jwk, "key_ops");
    return (!use || yz_str_is(yz_json_text(arena, use), "sig")) && (!ops || names(arena, ops, "verify"));
}

static void add(yz_jwks *keys, const yz_json *jwk) {
    yz_arena *arena = keys->arena;
    yz_str kty = yz_json_text(arena, yz_json_get(jwk, "kty"));
    key one = {
        .next = keys->first, .kid = yz_json_text(arena, yz_json_get(jwk, "kid")), .alg = yz_json_text(arena, yz_json_get(jwk, "alg"))};
    if (!is_to_sign(arena, jwk))
        return;
    one.kind = yz_str_is(kty, "RSA") ? 'R' : yz_str_is(kty, "EC") ? 'E' : yz_str_is(kty, "OKP") ? 'O' : 0;
    one.pkey = one.kind == 'R'   ? rsa_of(arena, jwk)
               : one.kind == 'E' ? curve_of(arena, jwk, &one.half)
               : one.kind == 'O' ? edwards_of(arena, jwk)
                                 : NULL;
    if (!one.pkey)
        return;
    keys->first = yz_alloc(arena, sizeof(one));
    *keys->first = one;
    keys->n++;
}

yz_jwks *yz_jwks_read(yz_str document, const char **problem) {
    yz_arena *arena = yz_arena_new(NULL);
    yz_str text = yz_dup(arena, document); /* names of keys are slices of it */
    yz_json *json = NULL;
    bool parsed = yz_json_parse(arena, text, YZ_JSON_LONE_SURROGATES, &json, NULL) == YZ_OK;
    const yz_json *list = parsed ? yz_json_get(json, "keys") : NULL;
    *problem = !parsed                            ? "it is no JSON"
               : !yz_json_is(list, YZ_JSON_ARRAY) ? "it has no list \"keys\""
               : yz_json_count(list) > KEYS_MOST  ? "it has more than 100 keys"
                                                  : NULL;
    if (*problem) {
        yz_arena_free(arena);
        return NULL;
    }
    yz_jwks *keys = yz_alloc(arena, sizeof(*keys));
    keys->arena = arena;
    for (const yz_json *jwk = list->child; jwk; jwk = jwk->next)
        add(keys, jwk);
    ERR_clear_error(); /* of keys that were left out */
    return keys;
}

void yz_jwks_free(yz_jwks *keys) {
    for (key *k = keys ? keys->first : NULL; k; k = k->next)
        EVP_PKEY_free(k->pkey);
    if (keys)
        yz_arena_free(keys->arena);
}

size_t yz_jwks_count(const yz_jwks *keys) { return keys->n; }

/* ---- signatures -------------------------------------------------------------------------------------------------------- */

static size_t alg_of(yz_str alg) {
    size_t i = 0;
    while (i < N_ALGS && !yz_str_is(alg, ALGS[i].alg))
        i++;
    return i;
}

bool yz_jws_alg_known(yz_str alg) { return alg_of(alg) < N_ALGS; }

static bool fits(const key *k, size_t alg, yz_str kid) {
    bool named = kid.n == 0 || yz_str_eq(k->kid, kid), said = k->alg.n == 0 || yz_str_is(k->alg, ALGS[alg].alg);
    return named && said && k->kind == ALGS[alg].kind && k->half == ALGS[alg].half;
}

bool yz_jwks_has(const yz_jwks *keys, yz_str alg, yz_str kid) {
    size_t a = alg_of(alg);
    const key *k = a < N_ALGS ? keys->first : NULL;
    while (k && !fits(k, a, kid))
        k = k->next;
    return k != NULL;
}

/* r and s one after the other, as RFC 7518 has them, in the DER that OpenSSL reads. */
static int der_of(yz_str signature, size_t half, unsigned char **der) {
    ECDSA_SIG *pair = ECDSA_SIG_new();
    BIGNUM *r = BN_bin2bn((const unsigned char *)signature.p, (int)half, NULL);
    BIGNUM *s = BN_bin2bn((const unsigned char *)signature.p + half, (int)half, NULL);
    int n = -1;
    if (pair && r && s && ECDSA_SIG_set0(pair, r, s) == 1) {
        r = s = NULL; /* the pair's now */
        n = i2d_ECDSA_SIG(pair, der);
    }
    BN_free(r);
    BN_free(s);
    ECDSA_SIG_free(pair);
    return n;
}

static bool made_by(const key *k, size_t alg, yz_str text, yz_str signature) {
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    EVP_PKEY_CTX *how = NULL;
    const EVP_MD *hash = ALGS[alg].hash ? ALGS[alg].hash() : NULL;
    unsigned char *der = NULL;
    const unsigned char *p = (const unsigned char *)signature.p;
    int n = (int)signature.n;
    bool ok = ctx && EVP_DigestVerifyInit(ctx, &how, hash, NULL, k->pkey) == 1;
    if (ok && ALGS[alg].pss)
        ok = EVP_PKEY_CTX_set_rsa_padding(how, RSA_PKCS1_PSS_PADDING) == 1 &&
             EVP_PKEY_CTX_set_rsa_pss_saltlen(how, RSA_PSS_SALTLEN_DIGEST) == 1;
    if (ok && k->half > 0) {
        n = signature.n == 2 * k->half ? der_of(signature, k->half, &der) : -1;
        p = der;
    }
    ok = ok && n > 0 && EVP_DigestVerify(ctx, p, (size_t)n, (const unsigned char *)text.p, text.n) == 1;
    OPENSSL_free(der);
    EVP_MD_CTX_free(ctx);
    ERR_clear_error();
    return ok;
}

bool yz_jwks_verify(const yz_jwks *keys, yz_str alg, yz_str kid, yz_str text, yz_str signature) {
    size_t a = alg_of(alg);
    for (const key *k = a < N_ALGS && signature.n > 0 && signature.n <= RSA_MOST / 8 ? keys->first : NULL; k; k = k->next)
        if (fits(k, a, kid) && made_by(k, a, text, signature))
            return true;
    return false;
}
