/* oidc/claims.h: who somebody is and what he may, by the claims that a provider makes about him. No I/O. */
#ifndef YUZUI_OIDC_CLAIMS_H
#define YUZUI_OIDC_CLAIMS_H

#include "admin/badge.h"

#include <yuzui/json.h>

/* Fills the name ("oidc:alice@example.com", so that it is never that of a token) and what he may, the most that one of the config's roles
 * gives. Empty; or why he is not let in: what was found, and what would be right. All in the arena. */
yz_str yz_claims_badge(const yz_oidc_settings *oidc, const yz_json *claims, yz_arena *arena, yz_badge *out);

/* Does a claim that the config looks at, or one that could name the person, stand nowhere in these? */
bool yz_claims_lack(const yz_oidc_settings *oidc, const yz_json *claims, yz_arena *arena);

#endif
