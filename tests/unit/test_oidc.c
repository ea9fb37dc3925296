/* test_oidc.c: single sign-on without a network: ID tokens that are malformed or lie, the keys of a provider, what a person may, badges,
 * and logins. The whole of it, against a provider, is tests/robust/test_oidc.py. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "admin/badge.h"
#include "base/arena.h"
#include "base/base64.h"
#include "oidc/claims.h"
#include "oidc/jwk.h"
#include "oidc/login.h"
#include "oidc/metadata.h"
#include "oidc/token.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <stdio.h>
#include <stdlib.h>

static yz_arena *arena;
static EVP_PKEY *rsa, *ec;

static yz_str url64(yz_str bytes) {
    yz_buf out = {0};
    yz_put_base64url(&out, bytes);
    yz_str text = yz_dup(arena, yz_buf_view(&out));
    yz_buf_free(&out);
    return text;
}

static const yz_json *parsed(const char *text) {
    yz_json *json = NULL;
    assert_int_equal(yz_json_parse(arena, yz_str_of(text), 0, &json, NULL), YZ_OK);
    return json;
}

#define assert_holds(text, word) assert_non_null(memmem((text).p ? (text).p : "", (text).n, word, strlen(word)))

/* ---- keys ---------------------------------------------------------------------------------------------------------------- */

static yz_str number(const EVP_PKEY *key, const char *name, int n) {
    BIGNUM *value = NULL;
    unsigned char bytes[600];
    assert_int_equal(EVP_PKEY_get_bn_param(key, name, &value), 1);
    n = n ? n : BN_num_bytes(value);
    assert_int_equal(BN_bn2binpad(value, bytes, n), n);
    BN_free(value);
    return url64(yz_str_at((const char *)bytes, (size_t)n));
}

static yz_str jwk_of_rsa(const char *more) {
    return yz_format(arena, "{\"kty\":\"RSA\",\"n\":\"%s\",\"e\":\"%s\"%s}", number(rsa, OSSL_PKEY_PARAM_RSA_N, 0).p,
                     number(rsa, OSSL_PKEY_PARAM_RSA_E, 0).p, more);
}

static yz_str jwk_of_ec(const char *more) {
    return yz_format(arena, "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"%s\",\"y\":\"%s\"%s}", number(ec, OSSL_PKEY_PARAM_EC_PUB_X, 32).p,
                     number(ec, OSSL_PKEY_PARAM_EC_PUB_Y, 32).p, more);
}

static yz_jwks *set_of(yz_str keys) {
    const char *problem;
    yz_jwks *set = yz_jwks_read(yz_format(arena, "{\"keys\":[%.*s]}", YZ_STR_ARGS(keys)), &problem);
    assert_non_null(set);
    return set;
}

static yz_str rsa_signature(const EVP_MD *hash, yz_str text) {
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    unsigned char bytes[512];
    size_t n = sizeof(bytes);
    assert_int_equal(EVP_DigestSignInit(ctx, NULL, hash, NULL, rsa), 1);
    assert_int_equal(EVP_DigestSign(ctx, bytes, &n, (const unsigned char *)text.p, text.n), 1);
    EVP_MD_CTX_free(ctx);
    return yz_dup(arena, yz_str_at((const char *)bytes, n));
}

static void keys_that_are_left_out(void **state) {
    (void)state;
    static const char *const left_out[] = {
        "", "null", "1", "[]", "{}", "{\"kty\":\"oct\",\"k\":\"c2VjcmV0\"}", "{\"kty\":\"RSA\"}",
        "{\"kty\":\"RSA\",\"n\":\"AQAB\",\"e\":\"AQAB\"}", "{\"kty\":\"RSA\",\"n\":\"!\",\"e\":\"AQAB\"}",
        "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"AA\",\"y\":\"AA\"}", "{\"kty\":\"EC\",\"crv\":\"secp256k1\",\"x\":\"AA\",\"y\":\"AA\"}",
        /* no point of the curve */
        "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAE\",\"y\":"
        "\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAE\"}",
        "{\"kty\":\"OKP\",\"crv\":\"X25519\",\"x\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAE\"}",
        "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"AA\"}"};
    for (size_t i = 0; i < sizeof(left_out) / sizeof(*left_out); i++) {
        yz_jwks *set = set_of(yz_str_of(left_out[i]));
        assert_int_equal(yz_jwks_count(set), 0);
        yz_jwks_free(set);
    }
    yz_str uses[] = {jwk_of_rsa(",\"use\":\"enc\""), jwk_of_rsa(",\"key_ops\":[\"encrypt\"]")};
    for (size_t i = 0; i < 2; i++) {
        yz_jwks *set = set_of(uses[i]);
        assert_int_equal(yz_jwks_count(set), 0);
        yz_jwks_free(set);
    }
    const char *problem;
    assert_null(yz_jwks_read(YZ_STR("{"), &problem));
    assert_null(yz_jwks_read(YZ_STR("{\"keys\":{}}"), &problem));
    yz_buf many = {0};
    for (int i = 0; i < 101; i++)
        yz_buf_printf(&many, "%s{\"kty\":\"oct\"}", i ? "," : "{\"keys\":[");
    yz_buf_lit(&many, "]}");
    assert_null(yz_jwks_read(yz_buf_view(&many), &problem));
    assert_string_equal(problem, "it has more than 100 keys");
    yz_buf_free(&many);
}

static void a_signature_and_its_key(void **state) {
    (void)state;
    yz_str text = YZ_STR("what is signed"), signature = rsa_signature(EVP_sha256(), text);
    yz_jwks *set = set_of(yz_format(arena, "%s,%s", jwk_of_rsa(",\"kid\":\"a\"").p, jwk_of_ec(",\"kid\":\"b\"").p));
    assert_int_equal(yz_jwks_count(set), 2);
    assert_true(yz_jwks_verify(set, YZ_STR("RS256"), YZ_STR("a"), text, signature));
    assert_true(yz_jwks_verify(set, YZ_STR("RS256"), YZ_STR(""), text, signature)); /* it names no key: any that fits */
    assert_true(yz_jwks_verify(set, YZ_STR("RS512"), YZ_STR("a"), text, rsa_signature(EVP_sha512(), text)));
    static const char *const others[][2] = {{"RS512", "a"}, {"PS256", "a"}, {"ES256", "a"}, {"ES256", "b"}, {"RS256", "b"}, {"RS256", "c"},
                                            {"HS256", "a"}, {"none", "a"},  {"rs256", "a"}, {"", "a"},      {"EdDSA", "a"}};
    for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++)
        assert_false(yz_jwks_verify(set, yz_str_of(others[i][0]), yz_str_of(others[i][1]), text, signature));
    assert_false(yz_jwks_verify(set, YZ_STR("RS256"), YZ_STR("a"), YZ_STR("what is signeD"), signature));
    assert_false(yz_jwks_verify(set, YZ_STR("RS256"), YZ_STR("a"), text, YZ_STR("")));
    char zeros[64] = {0};
    assert_false(yz_jwks_verify(set, YZ_STR("ES256"), YZ_STR("b"), text, yz_str_at(zeros, 64))); /* r = s = 0 */
    assert_false(yz_jwks_verify(set, YZ_STR("ES256"), YZ_STR("b"), text, yz_str_at(zeros, 63)));
    yz_jwks_free(set);
    set = set_of(jwk_of_rsa(",\"alg\":\"PS256\"")); /* it is for another algorithm */
    assert_false(yz_jwks_verify(set, YZ_STR("RS256"), YZ_STR(""), text, signature));
    yz_jwks_free(set);
}

/* ---- tokens -------------------------------------------------------------------------------------------------------------- */

static yz_str token_of(const char *header, const char *claims, const char *signature) {
    return yz_format(arena, "%s.%s.%s", url64(yz_str_of(header)).p, url64(yz_str_of(claims)).p, signature);
}

static void tokens_that_are_none(void **state) {
    (void)state;
    yz_id_token token;
    const struct {
        yz_str text;
        const char *word;
    } all[] = {{YZ_STR(""), "three parts"},
               {YZ_STR("."), "three parts"},
               {YZ_STR(".."), "first part"},
               {YZ_STR("a.b.c.d.e"), "three parts"},
               {YZ_STR("e30=.e30.AA"), "first part"},
               {YZ_STR("e31.e30.AA"), "first part"}, /* spare bits: another spelling of {} */
               {YZ_STR("e30.e30.AA"), "no alg"},
               {token_of("[]", "{}", "AA"), "first part"},
               {token_of("{\"alg\":1}", "{}", "AA"), "no alg"},
               {token_of("{\"alg\":\"none\"}", "{}", ""), "not signed"},
               {token_of("{\"alg\":\"NoNe\"}", "{}", ""), "not signed"},
               {token_of("{\"alg\":\"HS256\"}", "{}", "AA"), "shared secret"},
               {token_of("{\"alg\":\"RS1\"}", "{}", "AA"), "its alg is none of"},
               {token_of("{\"alg\":\"RS256\",\"alg\":\"none\"}", "{}", "AA"), "first part"}, /* twice: nobody reads another one than we */
               {token_of("{\"alg\":\"RS256\",\"crit\":[\"exp\"]}", "{}", "AA"), "crit"},
               {token_of("{\"alg\":\"RS256\",\"kid\":7}", "{}", "AA"), "kid"},
               {token_of("{\"alg\":\"RS256\"}", "[]", "AA"), "second part"},
               {token_of("{\"alg\":\"RS256\"}", "{\"sub\":\"a\",\"sub\":\"b\"}", "AA"), "second part"},
               {token_of("{\"alg\":\"RS256\"}", "{}", ""), "third part"},
               {token_of("{\"alg\":\"RS256\"}", "{}", "A"), "third part"},
               {token_of("{\"alg\":\"RS256\"}", "{}", "A A"), "third part"}};
    for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++) {
        const char *wrong = yz_id_token_read(all[i].text, arena, &token);
        assert_non_null(wrong);
        if (!strstr(wrong, all[i].word))
            fail_msg("%.*s: %s", YZ_STR_ARGS(all[i].text), wrong);
    }
    char *long_one = malloc(YZ_ID_TOKEN_MOST + 1);
    memset(long_one, 'A', YZ_ID_TOKEN_MOST + 1);
    assert_non_null(strstr(yz_id_token_read(yz_str_at(long_one, YZ_ID_TOKEN_MOST + 1), arena, &token), "larger"));
    free(long_one);
    assert_null(yz_id_token_read(token_of("{\"alg\":\"RS256\",\"kid\":\"k\"}", "{\"a\":1}", "AAA"), arena, &token));
    assert_true(yz_str_is(token.kid, "k") && token.signature.n == 2);
}

/* Every single byte of a signed token changed: none is taken. */
static void a_token_with_a_byte_changed(void **state) {
    (void)state;
    yz_jwks *set = set_of(jwk_of_rsa(""));
    yz_str part = token_of("{\"alg\":\"RS256\"}", "{\"sub\":\"alice\"}", "");
    part.n--;
    yz_str text = yz_format(arena, "%.*s.%s", YZ_STR_ARGS(part), url64(rsa_signature(EVP_sha256(), part)).p);
    yz_id_token token;
    assert_null(yz_id_token_read(text, arena, &token));
    assert_true(yz_jwks_verify(set, token.alg, token.kid, token.text, token.signature));
    char *copy = malloc(text.n);
    for (size_t i = 0; i < text.n; i++) {
        memcpy(copy, text.p, text.n);
        copy[i] = copy[i] == 'A' ? 'B' : 'A';
        if (!yz_id_token_read(yz_str_at(copy, text.n), arena, &token))
            assert_false(yz_jwks_verify(set, token.alg, token.kid, token.text, token.signature));
    }
    free(copy);
    yz_jwks_free(set);
}

static void what_a_token_says(void **state) {
    (void)state;
    const yz_id_wanted wanted = {YZ_STR("https://i.example"), YZ_STR("me"), YZ_STR("n-1"), 1000000};
#define CLAIMS(iss, aud, exp, iat, more) "{\"iss\":\"" iss "\",\"aud\":" aud ",\"exp\":" exp ",\"iat\":" iat more "}"
#define NONCE                            ",\"nonce\":\"n-1\",\"sub\":\"u\""
    static const char *const good[] = {
        CLAIMS("https://i.example", "\"me\"", "1000300", "1000000", NONCE),
        CLAIMS("https://i.example", "[\"me\"]", "999941", "999401", NONCE),
        CLAIMS("https://i.example", "[\"x\",\"me\"]", "1000300.5", "1000060", NONCE ",\"azp\":\"me\",\"nbf\":1000060")};
    static const char *const bad[] = {CLAIMS("https://i.example/", "\"me\"", "1000300", "1000000", NONCE),
                                      CLAIMS("https://i.example", "\"m\"", "1000300", "1000000", NONCE),
                                      CLAIMS("https://i.example", "[]", "1000300", "1000000", NONCE),
                                      CLAIMS("https://i.example", "[[\"me\"]]", "1000300", "1000000", NONCE),
                                      CLAIMS("https://i.example", "{\"a\":\"me\"}", "1000300", "1000000", NONCE),
                                      CLAIMS("https://i.example", "[\"me\",\"x\"]", "1000300", "1000000", NONCE),
                                      CLAIMS("https://i.example", "\"me\"", "1000300", "1000000", NONCE ",\"azp\":\"x\""),
                                      CLAIMS("https://i.example", "\"me\"", "999940", "999900", NONCE),
                                      CLAIMS("https://i.example", "\"me\"", "\"1000300\"", "1000000", NONCE),
                                      CLAIMS("https://i.example", "\"me\"", "-1", "1000000", NONCE),
                                      CLAIMS("https://i.example", "\"me\"", "1e300", "1000000", NONCE),
                                      CLAIMS("https://i.example", "\"me\"", "1000300", "1000061", NONCE),
                                      CLAIMS("https://i.example", "\"me\"", "1000300", "999399", NONCE),
                                      CLAIMS("https://i.example", "\"me\"", "1000300", "1000000", NONCE ",\"nbf\":1000061"),
                                      CLAIMS("https://i.example", "\"me\"", "1000300", "1000000", NONCE ",\"nbf\":\"x\""),
                                      CLAIMS("https://i.example", "\"me\"", "1000300", "1000000", ",\"sub\":\"u\""),
                                      CLAIMS("https://i.example", "\"me\"", "1000300", "1000000", ",\"nonce\":\"n-2\",\"sub\":\"u\""),
                                      CLAIMS("https://i.example", "\"me\"", "1000300", "1000000", ",\"nonce\":\"n-1\""),
                                      CLAIMS("https://i.example", "\"me\"", "1000300", "1000000", ",\"nonce\":\"n-1\",\"sub\":\"\""),
                                      "{}"};
    for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++) {
        yz_str wrong = yz_id_token_wrong(parsed(good[i]), &wanted, arena);
        if (wrong.n > 0)
            fail_msg("%s: %.*s", good[i], YZ_STR_ARGS(wrong));
    }
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
        if (yz_id_token_wrong(parsed(bad[i]), &wanted, arena).n == 0)
            fail_msg("taken: %s", bad[i]);
}

/* ---- people, badges, logins ------------------------------------------------------------------------------------------------ */

static const yz_oidc_role ROLES[] = {{YZ_STR("groups"), YZ_STR("ops"), YZ_ADMIN_OPERATE, false},
                                     {YZ_STR("groups"), YZ_STR("money"), YZ_ADMIN_MONEY, true},
                                     {YZ_STR("email"), YZ_STR("a@x.example"), YZ_ADMIN_MONEY, false},
                                     {YZ_STR("a.b"), YZ_STR("*"), YZ_ADMIN_READ, false}};
static const void *const ROLE_ITEMS[] = {&ROLES[0], &ROLES[1], &ROLES[2], &ROLES[3]};
static yz_oidc_settings settings = {.issuer = YZ_STR("https://i.example"), .client_id = YZ_STR("me"), .roles = {ROLE_ITEMS, 4}};

static void what_a_person_may(void **state) {
    (void)state;
    static const struct {
        const char *claims, *name;
        int role; /* -1: not let in */
        bool policies;
    } all[] = {{"{\"sub\":\"u\",\"groups\":[\"x\",\"ops\"]}", "oidc:u", YZ_ADMIN_OPERATE, false},
               {"{\"sub\":\"u\",\"groups\":\"ops\",\"preferred_username\":\"al\"}", "oidc:al", YZ_ADMIN_OPERATE, false},
               {"{\"sub\":\"u\",\"groups\":[\"money\",\"ops\"]}", "oidc:u", YZ_ADMIN_MONEY, true},
               {"{\"sub\":\"u\",\"groups\":[\"ops \"]}", NULL, -1, false},
               {"{\"sub\":\"u\",\"groups\":[\"Ops\"]}", NULL, -1, false},
               {"{\"sub\":\"u\",\"groups\":{\"ops\":true}}", NULL, -1, false},
               {"{\"sub\":\"u\",\"groups\":[[\"ops\"]]}", NULL, -1, false},
               {"{\"sub\":\"u\",\"email\":\"a@x.example\",\"email_verified\":true}", "oidc:a@x.example", YZ_ADMIN_MONEY, false},
               {"{\"sub\":\"u\",\"email\":\"a@x.example\",\"email_verified\":\"true\"}", "oidc:a@x.example", YZ_ADMIN_MONEY, false},
               {"{\"sub\":\"u\",\"email\":\"a@x.example\",\"email_verified\":false}", NULL, -1, false},
               {"{\"sub\":\"u\",\"email\":\"a@x.example\"}", NULL, -1, false},
               {"{\"sub\":\"u\",\"a\":{\"b\":1}}", "oidc:u", YZ_ADMIN_READ, false},
               {"{\"sub\":\"u\",\"a.b\":true}", "oidc:u", YZ_ADMIN_READ, false},
               {"{\"sub\":\"u\",\"a\":{\"b\":\"\"}}", NULL, -1, false},
               {"{\"sub\":\"u\",\"a\":{\"b\":false}}", NULL, -1, false},
               {"{\"sub\":\"u\\u0000\",\"groups\":\"ops\"}", NULL, -1, false},
               {"{\"groups\":\"ops\"}", NULL, -1, false}};
    for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++) {
        yz_badge badge = {0};
        yz_str why = yz_claims_badge(&settings, parsed(all[i].claims), arena, &badge);
        if ((why.n == 0) != (all[i].role >= 0))
            fail_msg("%s: %.*s", all[i].claims, YZ_STR_ARGS(why));
        if (why.n > 0)
            continue;
        assert_true(yz_str_is(badge.name, all[i].name));
        assert_int_equal(badge.role, all[i].role);
        assert_int_equal(badge.policies, all[i].policies);
    }
    yz_badge badge;
    yz_str why = yz_claims_badge(&settings, parsed("{\"sub\":\"u\",\"groups\":[\"x\"],\"email\":\"b@x.example\"}"), arena, &badge);
    assert_holds(why, "groups is [\"x\"]; right would be \"ops\" (operate), \"money\" (money)");
    assert_holds(why, "email is \"b@x.example\", which the provider has not verified");
    assert_holds(why, "a.b is missing");
    assert_null(memmem(why.p, why.n, "a@x", 3)); /* whose address would be right is nobody's business */
}

static void badges(void **state) {
    (void)state;
    yz_oidc_settings other = settings;
    other.print[0]++;
    const yz_badge made = {YZ_STR("oidc:\xe5\xbc\xa0.\xe4\xb8\x89"), YZ_ADMIN_MONEY, true, 5000};
    yz_badge read;
    yz_str text = yz_badge_make(&settings, &made, arena);
    assert_true(yz_badge_read(&settings, text, 4999, arena, &read));
    assert_true(yz_str_eq(read.name, made.name) && read.role == YZ_ADMIN_MONEY && read.policies && read.until == 5000);
    assert_true(yz_badge_read(&settings, text, 0, NULL, &read));
    assert_false(yz_badge_read(&settings, text, 5000, arena, &read));
    assert_false(yz_badge_read(&other, text, 4999, arena, &read)); /* the config gives roles to others now */
    char *copy = malloc(text.n);
    for (size_t i = 0; i < text.n; i++) {
        memcpy(copy, text.p, text.n);
        copy[i] = copy[i] == 'A' ? 'B' : 'A';
        assert_false(yz_badge_read(&settings, yz_str_at(copy, text.n), 0, arena, &read));
        assert_false(yz_badge_read(&settings, yz_str_at(text.p, i), 0, arena, &read));
    }
    free(copy);
}

static void logins(void **state) {
    (void)state;
    yz_login begun = yz_login_begin(&settings, 1000, arena), second = yz_login_begin(&settings, 1000, arena), resumed;
    assert_null(yz_login_resume(&settings, begun.text, begun.state, 1000 + YZ_LOGIN_SECONDS - 1, arena, &resumed));
    assert_true(yz_str_eq(resumed.verifier, begun.verifier) && yz_str_eq(resumed.nonce, begun.nonce));
    assert_true(begun.verifier.n == 43 && begun.challenge.n == 43);
    assert_false(yz_str_eq(begun.state, second.state) || yz_str_eq(begun.state, begun.nonce) || yz_str_eq(begun.nonce, begun.verifier));
    assert_null(memmem(begun.text.p, begun.text.n, begun.verifier.p, begun.verifier.n));
    assert_non_null(yz_login_resume(&settings, begun.text, begun.state, 1000 + YZ_LOGIN_SECONDS, arena, &resumed));
    assert_non_null(yz_login_resume(&settings, begun.text, second.state, 1000, arena, &resumed));
    assert_non_null(yz_login_resume(&settings, begun.text, YZ_STR(""), 1000, arena, &resumed));
    assert_non_null(yz_login_resume(&settings, YZ_STR(""), begun.state, 1000, arena, &resumed));
    yz_badge badge;
    assert_false(yz_badge_read(&settings, begun.text, 0, arena, &badge)); /* what is signed for one thing is nothing for another */
    yz_str forged = yz_badge_make(&settings, &(yz_badge){YZ_STR("a"), YZ_ADMIN_READ, false, 5000}, arena);
    forged = yz_format(arena, "yzl1.%.*s", (int)forged.n - 5, forged.p + 5);
    assert_non_null(yz_login_resume(&settings, forged, begun.state, 1000, arena, &resumed));
}

static void what_a_provider_says_of_itself(void **state) {
    (void)state;
    yz_oidc_metadata metadata;
    settings.tls = (struct yz_tls *)&metadata; /* the issuer is asked by TLS */
#define DOCUMENT(iss, a, t, k) "{\"issuer\":\"" iss "\",\"authorization_endpoint\":" a ",\"token_endpoint\":" t ",\"jwks_uri\":" k "}"
#define A                      "\"https://i.example/a?x=1\""
    static const char *const bad[] = {"",
                                      "[]",
                                      "{}",
                                      DOCUMENT("https://i.example/", A, A, A),
                                      DOCUMENT("https://i.example", "null", A, A),
                                      DOCUMENT("https://i.example", A, "7", A),
                                      DOCUMENT("https://i.example", A, A, "\"http://i.example/k\""),
                                      DOCUMENT("https://i.example", "\"javascript:alert(1)\"", A, A),
                                      DOCUMENT("https://i.example", A, "\"https://u:p@i.example/\"", A),
                                      DOCUMENT("https://i.example", "\"https://i.example/a b\"", A, A)};
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
        if (yz_oidc_metadata_read(&settings, yz_str_of(bad[i]), arena, &metadata).n == 0)
            fail_msg("taken: %s", bad[i]);
    assert_int_equal(yz_oidc_metadata_read(&settings, YZ_STR(DOCUMENT("https://i.example", A, A, A)), arena, &metadata).n, 0);
    assert_true(metadata.basic && !metadata.post && !metadata.says_issuer && metadata.userinfo.n == 0);
    settings.tls = NULL;
}

static int open_world(void **state) {
    (void)state;
    arena = yz_arena_new(NULL);
    rsa = rsa ? rsa : EVP_RSA_gen(2048);
    ec = ec ? ec : EVP_EC_gen("P-256");
    return rsa && ec ? 0 : 1;
}

static int close_world(void **state) {
    (void)state;
    yz_arena_free(arena);
    return 0;
}

static int free_keys(void **state) {
    (void)state;
    EVP_PKEY_free(rsa);
    EVP_PKEY_free(ec);
    return 0;
}

#define T(name) cmocka_unit_test_setup_teardown(name, open_world, close_world)

int main(void) {
    const struct CMUnitTest tests[] = {T(keys_that_are_left_out),
                                       T(a_signature_and_its_key),
                                       T(tokens_that_are_none),
                                       T(a_token_with_a_byte_changed),
                                       T(what_a_token_says),
                                       T(what_a_person_may),
                                       T(badges),
                                       T(logins),
                                       T(what_a_provider_says_of_itself)};
    return cmocka_run_group_tests(tests, NULL, free_keys);
}
