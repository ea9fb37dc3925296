/* oidc/metadata.h: what a provider says of itself (OpenID Connect Discovery 1.0), read. No I/O. */
#ifndef YUZUI_OIDC_METADATA_H
#define YUZUI_OIDC_METADATA_H

#include "config/settings.h"

typedef struct yz_oidc_metadata {
    yz_str authorization, token, keys; /* addresses */
    yz_str userinfo;                   /* empty: it has none */
    bool basic, post;                  /* how the client's secret may be shown */
    bool says_issuer;                  /* its answers name it (RFC 9207) */
} yz_oidc_metadata;

/* Empty: it is usable, and *out filled; or why not. All in the arena. */
yz_str yz_oidc_metadata_read(const yz_oidc_settings *oidc, yz_str document, yz_arena *arena, yz_oidc_metadata *out);

#endif
