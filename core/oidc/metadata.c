/* oidc/metadata.c: see metadata.h. A document that names another issuer, or leads out of TLS, is another one than was asked for. */
#include "oidc/metadata.h"

#include <yuzui/json.h>

static bool lists(const yz_json *document, const char *name, const char *word, yz_arena *arena) {
    const yz_json *list = yz_json_get(document, name);
    for (const yz_json *one = yz_json_is(list, YZ_JSON_ARRAY) ? list->child : NULL; one; one = one->next)
        if (yz_str_is(yz_json_text(arena, one), word))
            return true;
    return false;
}

/* An address of the document; empty in *out: it has none. False: it has one that cannot be meant. */
static bool address(const yz_oidc_settings *oidc, const yz_json *document, const char *name, yz_arena *arena, yz_str *out) {
    yz_url url;
    yz_str target;
    const char *reason;
    *out = yz_json_text(arena, yz_json_given(document, name));
    return out->n == 0 || (yz_url_split(*out, arena, &url, &target, &reason) == YZ_OK && yz_str_starts(url.scheme, "http") &&
                           (url.tls || !oidc->tls) && url.user.n + url.password.n == 0);
}

static yz_str read_addresses(const yz_oidc_settings *oidc, const yz_json *document, yz_arena *arena, yz_oidc_metadata *out) {
    const struct {
        const char *name;
        yz_str *into;
        bool needed;
    } all[] = {{"authorization_endpoint", &out->authorization, true},
               {"token_endpoint", &out->token, true},
               {"jwks_uri", &out->keys, true},
               {"userinfo_endpoint", &out->userinfo, false}};
    for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++) {
        if (!address(oidc, document, all[i].name, arena, all[i].into))
            return yz_format(arena, "its discovery document has a %s that is no %s address", all[i].name,
                             oidc->tls ? "https://" : "http(s)://");
        if (all[i].needed && all[i].into->n == 0)
            return yz_format(arena, "its discovery document has no %s", all[i].name);
    }
    return (yz_str){0};
}

yz_str yz_oidc_metadata_read(const yz_oidc_settings *oidc, yz_str text, yz_arena *arena, yz_oidc_metadata *out) {
    yz_json *document = NULL;
    *out = (yz_oidc_metadata){0};
    if (yz_json_parse(arena, yz_dup(arena, text), YZ_JSON_LONE_SURROGATES, &document, NULL) != YZ_OK ||
        !yz_json_is(document, YZ_JSON_OBJECT))
        return YZ_STR("what it says at /.well-known/openid-configuration is no JSON object");
    yz_str issuer = yz_json_text(arena, yz_json_get(document, "issuer"));
    if (!yz_str_eq(issuer, oidc->issuer))
        return yz_format(arena, "it calls itself \"%.*s\", and the config's issuer is \"%.*s\": both must be the same, letter by letter",
                         (int)(issuer.n < 200 ? issuer.n : 200), issuer.n ? issuer.p : "", YZ_STR_ARGS(oidc->issuer));
    yz_str wrong = read_addresses(oidc, document, arena, out);
    const yz_json *ways = yz_json_given(document, "token_endpoint_auth_methods_supported");
    out->basic = !ways || lists(document, "token_endpoint_auth_methods_supported", "client_secret_basic", arena);
    out->post = ways && lists(document, "token_endpoint_auth_methods_supported", "client_secret_post", arena);
    out->says_issuer = yz_json_true(yz_json_get(document, "authorization_response_iss_parameter_supported"));
    if (wrong.n == 0 && oidc->client_secret && !out->basic && !out->post)
        wrong = YZ_STR("it takes a client's secret neither as client_secret_basic nor as client_secret_post");
    return wrong;
}
