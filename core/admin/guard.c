/* admin/guard.c: who may use the admin listener.
 *
 * It must not be a way in for web pages: a request with another page's Origin is refused, and without a token so is one whose Host is a
 * name, because a page may point a name of its own at a loopback address. Whoever sends no Host at all (HTTP/1.0) is no browser. Our own
 * page, the console, has the Origin that the Host names. Its files are anybody's, as they tell nothing; what it asks needs the token as
 * ever, but where it asks for a badge that is as good as one (admin/badge.h).
 */
#include "admin/badge.h"
#include "admin/inner.h"
#include "base/clock.h"
#include "call/tree.h"
#include "generation.h"

#include <openssl/crypto.h>

static bool host_is_address(yz_str host) {
    if (yz_str_starts(host, "["))
        return true;
    const char *colon = host.n ? memchr(host.p, ':', host.n) : NULL;
    if (colon)
        host.n = (size_t)(colon - host.p);
    bool digits = host.n > 0;
    for (size_t i = 0; i < host.n; i++)
        digits &= (host.p[i] >= '0' && host.p[i] <= '9') || host.p[i] == '.';
    return digits || yz_str_ieq(host, YZ_STR("localhost"));
}

/* "http://127.0.0.1:8081" is what a page of the host "127.0.0.1:8081" says. */
static bool is_own(yz_str origin, yz_str host) {
    size_t scheme = yz_str_starts(origin, "https://") ? 8 : yz_str_starts(origin, "http://") ? 7 : 0;
    return scheme > 0 && host.n > 0 && yz_str_ieq((yz_str){origin.p + scheme, origin.n - scheme}, host);
}

static bool is_console(yz_str path) { return yz_str_is(path, "/console") || yz_str_starts(path, "/console/"); }

/* Where somebody is before he has a badge: core/oidc/. */
static bool is_sign_on(yz_str path) { return yz_str_is(path, "/oidc") || yz_str_starts(path, "/oidc/"); }

static bool token_is(yz_str shown, yz_str token) {
    uint8_t a[32], b[32];
    yz_hmac(shown, a); /* equal lengths, and nothing to learn from when they differ */
    yz_hmac(token, b);
    return CRYPTO_memcmp(a, b, sizeof(a)) == 0;
}

static bool by_badge(const yz_settings *settings, yz_str credential, yz_arena *arena, yz_admin_bearer *bearer) {
    yz_badge badge;
    if (!settings->oidc || !yz_badge_read(settings->oidc, credential, yz_clock_wall_ns() / 1000000000, arena, &badge))
        return false;
    *bearer = (yz_admin_bearer){.policies = badge.policies, .token = true, .name = badge.name, .role = badge.role};
    return true;
}

/* All tokens are looked at, so that time tells nothing. */
bool yz_admin_bearer_of(const yz_settings *settings, yz_str credential, yz_arena *arena, yz_admin_bearer *bearer) {
    const yz_admin_token *found = NULL, first = {YZ_STR("admin"), settings->admin_token, YZ_ADMIN_MONEY, true};
    bool any = first.token.n > 0 || settings->admin_tokens.n > 0;
    if (first.token.n > 0 && token_is(credential, first.token))
        found = &first;
    for (size_t i = 0; i < settings->admin_tokens.n; i++) {
        const yz_admin_token *one = settings->admin_tokens.items[i];
        if (token_is(credential, one->token))
            found = one;
    }
    *bearer = (yz_admin_bearer){.token = found != NULL, .role = YZ_ADMIN_OPERATE};
    if (found)
        *bearer = (yz_admin_bearer){found->policies, true, found->name, (yz_admin_role)found->role};
    return found || !any || by_badge(settings, credential, arena, bearer);
}

static const yz_admin_refusal of_a_page = {YZ_ERROR_FORBIDDEN, "origin_not_allowed", "the admin listener does not answer pages of others"},
                              by_a_name = {YZ_ERROR_FORBIDDEN, "host_not_allowed", "ask the admin listener by its address, not by a name"},
                              no_token = {YZ_ERROR_AUTH, NULL, "the admin listener wants its token: Authorization: Bearer TOKEN"},
                              other_token = {YZ_ERROR_AUTH, NULL, "this is none of the admin listener's tokens"};

const yz_admin_refusal *yz_admin_why_not(const yz_settings *settings, const yz_header *headers, size_t n, yz_str path, yz_str shown) {
    yz_admin_bearer bearer;
    bool known = yz_admin_bearer_of(settings, shown, NULL, &bearer);
    yz_str origin = {0}, host = {0};
    bool named = false;
    for (size_t i = 0; i < n; i++) {
        const yz_header *header = &headers[i];
        if (yz_str_is(header->name, "origin"))
            origin = origin.n > 0 || header->value.n == 0 ? YZ_STR("null") : header->value; /* two are nobody's */
        if (!yz_str_is(header->name, "host"))
            continue;
        host = header->value;
        named |= !host_is_address(host);
    }
    if (origin.n > 0 && !is_own(origin, host))
        return &of_a_page;
    if (known && !bearer.token)
        return named ? &by_a_name : NULL;
    return is_console(path) || is_sign_on(path) || known ? NULL : shown.n > 0 ? &other_token : &no_token;
}

static void on_call(yz_call *call, const yz_request *request) {
    const yz_admin_refusal *why =
        yz_admin_why_not(yz_call_chain(call)->share->settings, request->headers, request->n_headers, request->path, request->credential);
    if (why)
        yz_send_error(call, &(yz_error){YZ_ERROR, .class_ = why->class_, .code = why->code ? yz_str_of(why->code) : (yz_str){0},
                                        .message = yz_str_of(why->message)});
    else
        yz_pass(call, NULL);
}

/* Who has no token is refused by the head: nobody's body is read. */
static bool on_arrival(yz_arrival *arrival) {
    const yz_request *request = arrival->request;
    return !yz_admin_why_not(arrival->settings, request->headers, request->n_headers, request->path, request->credential);
}

const yz_filter yz_admin_guard = {YZ_FILTER, .on_call = on_call, .on_arrival = on_arrival};
