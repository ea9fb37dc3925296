/* oidc/oidc.h: single sign-on at the admin listener's console: OpenID Connect's authorization code flow with PKCE.
 *
 *   GET  /oidc          is it offered, and how is the button called?
 *   POST /oidc/begin    → the provider's address to go to, and the login that the page's tab keeps
 *   POST /oidc/finish   Authorization: Bearer LOGIN, x-yuzui-answer: the query that the provider sent the browser back with
 *                       → a badge (admin/badge.h), which the page shows from then on as it would an admin token
 *
 * None takes a body, and none needs a token, so a stranger's is never read. The provider sends browsers back to a page of the console,
 * which asks for the end itself: so neither code nor badge is ever in an address that we write, nor in a cookie, nor in a log.
 *
 * Files, from top to bottom: stage.c, trip.c; provider.c; metadata.c, login.c, token.c, jwk.c, claims.c without I/O. */
#ifndef YUZUI_OIDC_OIDC_H
#define YUZUI_OIDC_OIDC_H

#include <yuzui/call.h>

/* The stage between the guard of the admin listener and its answers. Its config: yz_oidc_settings. */
extern const yz_filter yz_oidc_filter;

#endif
