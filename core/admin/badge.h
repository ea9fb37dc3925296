/* admin/badge.h: badges: what somebody who has signed in at an OpenID provider shows instead of an admin token.
 *
 * A badge says who has it, what he may and until when, and is signed with the gateway's secret. So nothing is kept of it, and every worker
 * takes it, also after a reload, and every gateway of a fleet that has the same `secret`. It cannot be taken back, but by its time, by
 * another secret, or by a change of what the config's `oidc` says of issuer and roles. Any thread. */
#ifndef YUZUI_ADMIN_BADGE_H
#define YUZUI_ADMIN_BADGE_H

#include "config/settings.h"

typedef struct yz_badge {
    yz_str name;
    yz_admin_role role;
    bool policies;
    int64_t until; /* Unix seconds */
} yz_badge;

/* In the arena. Its name has 1 to YZ_ADMIN_NAME_MAX bytes. */
yz_str yz_badge_make(const yz_oidc_settings *oidc, const yz_badge *badge, yz_arena *arena);
/* False: it is none of ours, or its time is over. `now`: Unix seconds. The name is in the arena; NULL: it is not wanted. */
bool yz_badge_read(const yz_oidc_settings *oidc, yz_str text, int64_t now, yz_arena *arena, yz_badge *badge);

/* A signature of ours under a text, for one purpose: what is signed for one is nothing for another. */
void yz_badge_sign(const yz_oidc_settings *oidc, const char *purpose, yz_str text, uint8_t out[32]);
/* The text before the last dot of "TEXT.SIGNATURE", if the signature behind it is ours; empty: it is not. Constant time in the signature.
 */
yz_str yz_badge_signed(const yz_oidc_settings *oidc, const char *purpose, yz_str text);
/* Adds ".SIGNATURE" to it. */
void yz_badge_put_signature(const yz_oidc_settings *oidc, const char *purpose, yz_buf *text);

#endif
