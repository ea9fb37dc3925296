/* oidc/login.h: a login that has begun: what is kept of it, and what is made of that.
 *
 * The gateway keeps nothing. The page's tab keeps the login, a random number with a date, signed; state, nonce and the PKCE verifier are
 * made of it with the gateway's secret, so that every worker, and every gateway of a fleet, makes the same. The page, and whoever reads
 * over its shoulder, never sees the verifier; and a page that has not begun a login (because a link led to its end) has none to show. */
#ifndef YUZUI_OIDC_LOGIN_H
#define YUZUI_OIDC_LOGIN_H

#include "config/settings.h"

#define YZ_LOGIN_SECONDS 600 /* from its begin to its end: somebody types a password, and looks for his phone */

typedef struct yz_login {
    yz_str text;                              /* what the page keeps */
    yz_str state, nonce, verifier, challenge; /* base64url of 32 bytes each */
} yz_login;

/* `now`: Unix seconds. All in the arena. */
yz_login yz_login_begin(const yz_oidc_settings *oidc, int64_t now, yz_arena *arena);
/* What was begun, from what the page kept and the state that came back. NULL; or why it is nothing (static). */
const char *yz_login_resume(const yz_oidc_settings *oidc, yz_str text, yz_str state, int64_t now, yz_arena *arena, yz_login *out);

#endif
