/* admin/badge.c: see badge.h. "yzb1.UNTIL.RP.NAME.SIGNATURE": seconds, a digit each for the role and for policies, the name in base64url.
 *
 * The key is made of the process's secret by its HMAC over bytes that no credential, no prompt and no name can be (they are no UTF-8): so
 * nothing else that is hashed with that secret can become this key, whoever chooses what is hashed.
 */
#include "admin/badge.h"

#include "base/arena.h"
#include "base/base64.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdlib.h>
#include <yuzui/call.h>

static const char BADGE[] = "badge";
#define HEAD "yzb1."

/* ---- signatures ------------------------------------------------------------------------------------------------------- */

void yz_badge_sign(const yz_oidc_settings *oidc, const char *purpose, yz_str text, uint8_t out[32]) {
    uint8_t key[32];
    unsigned n = 32;
    yz_buf all = {0};
    yz_hmac(YZ_STR("\xff\0yuzui: single sign-on"), key);
    yz_buf_put(&all, oidc->print, sizeof(oidc->print));
    yz_buf_put(&all, purpose, strlen(purpose) + 1);
    yz_buf_str(&all, text);
    HMAC(EVP_sha256(), key, sizeof(key), (const unsigned char *)all.p, all.n, out, &n);
    OPENSSL_cleanse(key, sizeof(key));
    yz_buf_free(&all);
}

void yz_badge_put_signature(const yz_oidc_settings *oidc, const char *purpose, yz_buf *text) {
    uint8_t signature[32];
    yz_badge_sign(oidc, purpose, yz_buf_view(text), signature);
    yz_buf_char(text, '.');
    yz_put_base64url(text, yz_str_at((const char *)signature, sizeof(signature)));
}

yz_str yz_badge_signed(const yz_oidc_settings *oidc, const char *purpose, yz_str text) {
    uint8_t right[32];
    const char *dot = text.n ? memrchr(text.p, '.', text.n) : NULL;
    if (!dot || text.n > 4096)
        return (yz_str){0};
    yz_str said = {text.p, (size_t)(dot - text.p)};
    yz_arena *arena = yz_arena_new(NULL);
    size_t n;
    const char *shown = yz_base64url_read(arena, yz_str_at(dot + 1, text.n - said.n - 1), &n);
    yz_badge_sign(oidc, purpose, said, right);
    bool ours = shown && n == sizeof(right) && CRYPTO_memcmp(shown, right, n) == 0;
    yz_arena_free(arena);
    return ours ? said : (yz_str){0};
}

/* ---- badges ------------------------------------------------------------------------------------------------------------ */

yz_str yz_badge_make(const yz_oidc_settings *oidc, const yz_badge *badge, yz_arena *arena) {
    yz_buf text = {0};
    yz_buf_printf(&text, HEAD "%lld.%d%d.", (long long)badge->until, (int)badge->role, badge->policies);
    yz_put_base64url(&text, badge->name);
    yz_badge_put_signature(oidc, BADGE, &text);
    yz_str made = yz_dup(arena, yz_buf_view(&text));
    yz_buf_free(&text);
    return made;
}

/* The part up to the next dot, or the end. */
static yz_str next_part(yz_str *rest) {
    const char *dot = rest->n ? memchr(rest->p, '.', rest->n) : NULL;
    yz_str part = {rest->p, dot ? (size_t)(dot - rest->p) : rest->n};
    size_t n = part.n + (dot != NULL);
    *rest = (yz_str){rest->p + n, rest->n - n};
    return part;
}

bool yz_badge_read(const yz_oidc_settings *oidc, yz_str text, int64_t now, yz_arena *arena, yz_badge *badge) {
    yz_str rest = yz_str_starts(text, HEAD) ? yz_badge_signed(oidc, BADGE, text) : (yz_str){0};
    if (rest.n == 0)
        return false;
    rest = (yz_str){rest.p + sizeof(HEAD) - 1, rest.n - (sizeof(HEAD) - 1)}; /* from here on all of it is as it was made */
    badge->until = strtoll(next_part(&rest).p, NULL, 10);
    yz_str rights = next_part(&rest), name = next_part(&rest);
    badge->role = (yz_admin_role)(rights.p[0] - '0');
    badge->policies = rights.p[1] == '1';
    badge->name = (yz_str){0};
    if (arena)
        badge->name.p = yz_base64url_read(arena, name, &badge->name.n);
    return badge->until > now;
}
