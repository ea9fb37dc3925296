/* oidc/provider.h: what a worker knows of the provider, and asking it. One for each generation and worker; worker thread.
 *
 * What the provider says of itself is asked when somebody signs in, and kept: its document for an hour, its keys for five minutes, or until
 * a token names one that is not there, but then at most every ten seconds. A provider that does not answer is asked again after three. */
#ifndef YUZUI_OIDC_PROVIDER_H
#define YUZUI_OIDC_PROVIDER_H

#include "oidc/jwk.h"
#include "oidc/metadata.h"

#include <yuzui/call.h>
#include <yuzui/http.h>

typedef struct yz_oidc_provider {
    yz_worker *worker;
    const yz_oidc_settings *settings;
    yz_http *http;
    yz_secret *basic;    /* the client's id and secret, as Basic shows them; NULL: a public client */
    yz_arena *documents; /* of metadata */
    yz_oidc_metadata metadata;
    int64_t metadata_at, keys_at; /* ms; 0: never */
    yz_jwks *keys;
    int64_t failed_at; /* ms, when it last did not say what it is; 0: it did */
    char why[400];     /* and why */
    size_t running;    /* logins under way */
    yz_counter signed_in, refused, failed;
} yz_oidc_provider;

/* NULL: reported. Control thread. */
yz_oidc_provider *yz_oidc_provider_open(yz_worker *worker, const yz_oidc_settings *settings, yz_diag *diag);
void yz_oidc_provider_close(yz_oidc_provider *provider);

bool yz_oidc_metadata_fresh(const yz_oidc_provider *provider);
/* Are the keys new enough for a token of this alg and kid, or too new to be asked for again? */
bool yz_oidc_keys_fresh(const yz_oidc_provider *provider, yz_str alg, yz_str kid);
/* Takes what was answered. False: it is of no use, and provider->why says why. */
bool yz_oidc_take_metadata(yz_oidc_provider *provider, const yz_http_answer *answer);
bool yz_oidc_take_keys(yz_oidc_provider *provider, const yz_http_answer *answer);
/* It was asked for one of both (`what`) and did not answer. */
void yz_oidc_no_answer(yz_oidc_provider *provider, const char *what, const yz_error *error);
/* Has it failed just now, so that nobody needs to ask again? */
bool yz_oidc_rests(const yz_oidc_provider *provider);

/* Where a browser goes to sign in. */
struct yz_login;
yz_str yz_oidc_address(const yz_oidc_provider *provider, const struct yz_login *login, yz_arena *arena);
/* What the token endpoint is sent. */
yz_str yz_oidc_redemption(const yz_oidc_provider *provider, const struct yz_login *login, yz_str code, yz_arena *arena);
/* Does the client's secret stand in that, since the provider takes it nowhere else? Else it goes in a header. */
bool yz_oidc_secret_in_body(const yz_oidc_provider *provider);

#endif
