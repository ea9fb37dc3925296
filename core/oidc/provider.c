/* oidc/provider.c: see provider.h. */
#include "oidc/provider.h"

#include "base/arena.h"
#include "base/base64.h"
#include "base/secret.h"
#include "oidc/login.h"
#include "upstream/http_client.h"

#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>

enum { METADATA_MS = 3600000, KEYS_MS = 300000, KEYS_AGAIN_MS = 10000, REST_MS = 3000 };

/* ---- as forms write it -------------------------------------------------------------------------------------------------- */

static void put_escaped(yz_buf *out, yz_str text) {
    for (size_t i = 0; i < text.n; i++) {
        char c = text.p[i];
        if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c && strchr("-._~", c)))
            yz_buf_char(out, c);
        else
            yz_buf_printf(out, "%%%02X", (unsigned char)c);
    }
}

static void put_pair(yz_buf *out, const char *name, yz_str value) {
    yz_buf_printf(out, "%s%s=", out->n > 0 && out->p[out->n - 1] != '?' ? "&" : "", name);
    put_escaped(out, value);
}

static yz_str taken(yz_buf *text, yz_arena *arena) {
    yz_str made = yz_dup(arena, yz_buf_view(text));
    OPENSSL_cleanse(text->p, text->n);
    yz_buf_free(text);
    return made;
}

yz_str yz_oidc_address(const yz_oidc_provider *provider, const yz_login *login, yz_arena *arena) {
    const yz_oidc_settings *s = provider->settings;
    yz_buf out = {0}, scopes = {0};
    for (size_t i = 0; i < s->scopes.n; i++)
        yz_buf_printf(&scopes, "%s%.*s", i ? " " : "", YZ_STR_ARGS(s->scopes.items[i]));
    yz_buf_str(&out, provider->metadata.authorization);
    if (!memchr(out.p, '?', out.n))
        yz_buf_char(&out, '?');
    put_pair(&out, "response_type", YZ_STR("code"));
    put_pair(&out, "client_id", s->client_id);
    put_pair(&out, "redirect_uri", s->redirect_uri);
    put_pair(&out, "scope", yz_buf_view(&scopes));
    put_pair(&out, "state", login->state);
    put_pair(&out, "nonce", login->nonce);
    put_pair(&out, "code_challenge", login->challenge);
    put_pair(&out, "code_challenge_method", YZ_STR("S256"));
    yz_buf_free(&scopes);
    return taken(&out, arena);
}

bool yz_oidc_secret_in_body(const yz_oidc_provider *provider) { return provider->basic && !provider->metadata.basic; }

yz_str yz_oidc_redemption(const yz_oidc_provider *provider, const yz_login *login, yz_str code, yz_arena *arena) {
    const yz_oidc_settings *s = provider->settings;
    yz_buf out = {0};
    put_pair(&out, "grant_type", YZ_STR("authorization_code"));
    put_pair(&out, "code", code);
    put_pair(&out, "redirect_uri", s->redirect_uri);
    put_pair(&out, "code_verifier", login->verifier);
    if (!provider->basic || yz_oidc_secret_in_body(provider))
        put_pair(&out, "client_id", s->client_id);
    if (yz_oidc_secret_in_body(provider))
        put_pair(&out, "client_secret", yz_secret_reveal(s->client_secret));
    return taken(&out, arena);
}

/* RFC 6749, 2.3.1: both are escaped before they are put together. */
static yz_secret *basic_of(const yz_oidc_settings *s) {
    yz_buf pair = {0}, text = {0};
    put_escaped(&pair, s->client_id);
    yz_buf_char(&pair, ':');
    put_escaped(&pair, yz_secret_reveal(s->client_secret));
    yz_put_base64(&text, yz_buf_view(&pair));
    yz_secret *made = yz_secret_new(yz_buf_view(&text));
    OPENSSL_cleanse(pair.p, pair.n);
    OPENSSL_cleanse(text.p, text.n);
    yz_buf_free(&pair);
    yz_buf_free(&text);
    return made;
}

/* ---- one of a worker ----------------------------------------------------------------------------------------------------- */

yz_oidc_provider *yz_oidc_provider_open(yz_worker *worker, const yz_oidc_settings *settings, yz_diag *diag) {
    yz_http *http = settings->tls ? yz_http_open_as(worker, settings->tls) : yz_http_open(worker, diag);
    if (!http)
        return NULL;
    yz_oidc_provider *provider = yz_calloc(1, sizeof(*provider));
    *provider = (yz_oidc_provider){.worker = worker, .settings = settings, .http = http};
    provider->basic = settings->client_secret ? basic_of(settings) : NULL;
    provider->signed_in = yz_counter_declare("oidc_signed_in", "people who have signed in to the console by single sign-on");
    provider->refused = yz_counter_declare("oidc_refused", "people whom the provider knows and no role of the config's oidc fits");
    provider->failed =
        yz_counter_declare("oidc_failed", "sign-ins that failed otherwise: the provider, a token, an answer of another login");
    return provider;
}

void yz_oidc_provider_close(yz_oidc_provider *provider) {
    yz_http_close(provider->http);
    yz_secret_free(provider->basic);
    yz_jwks_free(provider->keys);
    if (provider->documents)
        yz_arena_free(provider->documents);
    free(provider);
}

/* ---- what it says of itself ---------------------------------------------------------------------------------------------- */

static bool within(const yz_oidc_provider *provider, int64_t at, int64_t ms) { return at > 0 && yz_now(provider->worker) - at < ms; }

bool yz_oidc_metadata_fresh(const yz_oidc_provider *provider) { return within(provider, provider->metadata_at, METADATA_MS); }

bool yz_oidc_keys_fresh(const yz_oidc_provider *provider, yz_str alg, yz_str kid) {
    bool known = provider->keys && yz_jwks_has(provider->keys, alg, kid);
    return within(provider, provider->keys_at, known ? KEYS_MS : KEYS_AGAIN_MS);
}

bool yz_oidc_rests(const yz_oidc_provider *provider) { return within(provider, provider->failed_at, REST_MS); }

static bool fail(yz_oidc_provider *provider, const char *what, yz_str why) {
    snprintf(provider->why, sizeof(provider->why), "%s of the provider %.*s: %.*s", what, YZ_STR_ARGS(provider->settings->issuer),
             YZ_STR_ARGS(why));
    provider->failed_at = yz_now(provider->worker);
    yz_log(YZ_LOG_WARN, "single sign-on: %s", provider->why);
    return false;
}

void yz_oidc_no_answer(yz_oidc_provider *provider, const char *what, const yz_error *error) { fail(provider, what, error->message); }

static bool answered_well(yz_oidc_provider *provider, const char *what, const yz_http_answer *answer) {
    char why[60];
    if (answer->status == 200)
        return true;
    snprintf(why, sizeof(why), "it was answered with %d", answer->status);
    return fail(provider, what, yz_str_of(why));
}

bool yz_oidc_take_metadata(yz_oidc_provider *provider, const yz_http_answer *answer) {
    static const char what[] = "the discovery document";
    yz_oidc_metadata metadata;
    if (!answered_well(provider, what, answer))
        return false;
    yz_arena *arena = yz_arena_new(NULL);
    yz_str wrong = yz_oidc_metadata_read(provider->settings, answer->body, arena, &metadata);
    if (wrong.n > 0) {
        fail(provider, what, wrong);
        yz_arena_free(arena);
        return false;
    }
    if (provider->documents)
        yz_arena_free(provider->documents);
    provider->documents = arena;
    provider->metadata = metadata;
    provider->metadata_at = yz_now(provider->worker);
    provider->failed_at = 0;
    return true;
}

bool yz_oidc_take_keys(yz_oidc_provider *provider, const yz_http_answer *answer) {
    const char *problem;
    if (!answered_well(provider, "the keys", answer))
        return false;
    yz_jwks *keys = yz_jwks_read(answer->body, &problem);
    if (!keys)
        return fail(provider, "the keys", yz_str_of(problem));
    yz_jwks_free(provider->keys);
    provider->keys = keys;
    provider->keys_at = yz_now(provider->worker);
    return true;
}
