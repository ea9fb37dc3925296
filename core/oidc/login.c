/* oidc/login.c: see login.h. "yzl1.UNTIL.RANDOM.SIGNATURE". */
#include "oidc/login.h"

#include "admin/badge.h"
#include "base/base64.h"
#include "base/clock.h"
#include "base/hmac.h"

#include <openssl/crypto.h>
#include <stdlib.h>

#define HEAD "yzl1."
static const char LOGIN[] = "login";

static yz_str base64url(yz_arena *arena, const uint8_t bytes[32]) {
    yz_buf text = {0};
    yz_put_base64url(&text, yz_str_at((const char *)bytes, 32));
    yz_str made = yz_dup(arena, yz_buf_view(&text));
    yz_buf_free(&text);
    return made;
}

static yz_str derived(const yz_oidc_settings *oidc, const char *purpose, yz_str text, yz_arena *arena) {
    uint8_t bytes[32];
    yz_badge_sign(oidc, purpose, text, bytes);
    return base64url(arena, bytes);
}

static yz_login of(const yz_oidc_settings *oidc, yz_str text, yz_arena *arena) {
    uint8_t hash[32];
    yz_login login = {.text = text,
                      .state = derived(oidc, "state", text, arena),
                      .nonce = derived(oidc, "nonce", text, arena),
                      .verifier = derived(oidc, "verifier", text, arena)};
    yz_sha256(login.verifier, hash);
    login.challenge = base64url(arena, hash);
    return login;
}

yz_login yz_login_begin(const yz_oidc_settings *oidc, int64_t now, yz_arena *arena) {
    uint8_t random[32];
    yz_buf text = {0};
    yz_secure_random(random, sizeof(random));
    yz_buf_printf(&text, HEAD "%lld.", (long long)now + YZ_LOGIN_SECONDS);
    yz_put_base64url(&text, yz_str_at((const char *)random, sizeof(random)));
    yz_badge_put_signature(oidc, LOGIN, &text);
    yz_str kept = yz_dup(arena, yz_buf_view(&text));
    yz_buf_free(&text);
    return of(oidc, kept, arena);
}

const char *yz_login_resume(const yz_oidc_settings *oidc, yz_str text, yz_str state, int64_t now, yz_arena *arena, yz_login *out) {
    yz_str begun = yz_str_starts(text, HEAD) ? yz_badge_signed(oidc, LOGIN, text) : (yz_str){0};
    if (begun.n == 0)
        return "this login was not begun here, or before the gateway was started anew or its oidc changed: begin again (several gateways "
               "behind one address need the same `secret` in their configs)";
    if (strtoll(begun.p + sizeof(HEAD) - 1, NULL, 10) <= now)
        return "this login was begun more than ten minutes ago: begin again";
    *out = of(oidc, text, arena);
    bool same = state.n == out->state.n && CRYPTO_memcmp(state.p, out->state.p, state.n) == 0;
    return same ? NULL : "the answer belongs to another login (its state is another one): begin again";
}
