/* oidc/token.h: an ID token (OpenID Connect Core 1.0, sections 2 and 3.1.3.7): read, and held against what was asked for.
 *
 * A token is read (yz_id_token_read), its signature checked by the provider's keys (jwk.h), then what it says (yz_id_token_wrong). Nothing
 * that it says may be believed before the last one has found nothing. No I/O. */
#ifndef YUZUI_OIDC_TOKEN_H
#define YUZUI_OIDC_TOKEN_H

#include <yuzui/json.h>

#define YZ_ID_TOKEN_MOST ((size_t)64 << 10) /* bytes */

typedef struct yz_id_token {
    yz_str alg, kid; /* kid empty: it names no key */
    yz_str text;     /* that is signed */
    yz_str signature;
    const yz_json *claims; /* an object */
} yz_id_token;

/* All of it in the arena, or in `text`. NULL; or what is wrong with it (static). */
const char *yz_id_token_read(yz_str text, yz_arena *arena, yz_id_token *out);

typedef struct yz_id_wanted {
    yz_str issuer, client_id, nonce;
    int64_t now; /* Unix seconds */
} yz_id_wanted;
/* What of its claims is not as it should be, in words, in the arena; empty: all is as it should be. Clocks may differ by a minute. */
yz_str yz_id_token_wrong(const yz_json *claims, const yz_id_wanted *wanted, yz_arena *arena);

#endif
