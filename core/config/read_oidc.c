/* config/read_oidc.c: single sign-on, which stands in the admin directive: oidc = { issuer = …, client_id = …, url = …, roles = { … } }.
 *
 * What a provider answers is known only when somebody signs in, and that it is away must not keep a gateway from starting. So what is
 * judged here is what the config says alone: addresses that cannot be meant, roles that nobody could have, secrets sent in the clear.
 */
#include "base/hmac.h"
#include "base/reason.h"
#include "config/read.h"
#include "net/tls.h"

#include <stdlib.h>

#define CALLBACK "/console/signed-in" /* a page of the console */

static const yz_option ROLE_OPTIONS[] = {
    {"claim", YZ_OPTION_STRING, offsetof(yz_oidc_role, claim), "groups",
     .help = "the claim that is looked at: its name, or a way to it, such as \"realm_access.roles\""},
    {"value", YZ_OPTION_STRING, offsetof(yz_oidc_role, value), .required = true,
     .help = "what it must be, or hold if it is a list; \"*\": anything"},
    {"role", YZ_OPTION_CHOICE, offsetof(yz_oidc_role, role), "read", .choices = YZ_ADMIN_ROLES,
     .help = "what such a person may: look; also make and change keys; also move money"},
    {"policies", YZ_OPTION_BOOL, offsetof(yz_oidc_role, policies), "false",
     .help = "such a person may also activate versions of policies; for a role from operate on, where edit_policies is said"},
};
static const yz_option_table ROLE_TABLE = YZ_TABLE(ROLE_OPTIONS, yz_oidc_role);

static const yz_option OIDC_OPTIONS[] = {
    {"issuer", YZ_OPTION_STRING, offsetof(yz_oidc_settings, issuer), .required = true,
     .help = "the provider's issuer, letter by letter as it says itself; /.well-known/openid-configuration stands below it"},
    {"client_id", YZ_OPTION_STRING, offsetof(yz_oidc_settings, client_id), .required = true, .help = "as it is registered there"},
    {"client_secret", YZ_OPTION_SECRET, offsetof(yz_oidc_settings, client_secret),
     .help = "as it is registered there; without one it is a public client"},
    {"url", YZ_OPTION_STRING, offsetof(yz_oidc_settings, url), .required = true,
     .help = "the admin address as browsers know it; " CALLBACK " below it is the redirect URI to register"},
    {"scopes", YZ_OPTION_LIST, offsetof(yz_oidc_settings, scopes), "openid profile email", .help = "what is asked for; with openid"},
    {"roles", YZ_OPTION_TABLES, offsetof(yz_oidc_settings, roles), .table = &ROLE_TABLE, .required = true,
     .help = "who may what: the most that one of them gives counts, and whom none fits is not let in"},
    {"name", YZ_OPTION_STRING, offsetof(yz_oidc_settings, name),
     .help = "the claim by which people are named in the audit; not said: the verified email, else preferred_username, else sub"},
    {"session", YZ_OPTION_DURATION, offsetof(yz_oidc_settings, session), "4h", .min = 60000, .max = 86400000,
     .help = "how long it lasts: so long somebody who is no longer let in may stay"},
    {"label", YZ_OPTION_STRING, offsetof(yz_oidc_settings, label),
     .help = "what the button calls the provider; not said: the issuer's host"},
    {"ca", YZ_OPTION_STRING, offsetof(yz_oidc_settings, ca), .help = "PEM file of the authorities to trust instead of the system's"},
};
const yz_option_table yz_oidc_table = YZ_TABLE(OIDC_OPTIONS, yz_oidc_settings);

/* ---- addresses --------------------------------------------------------------------------------------------------------- */

static bool on_this_machine(const yz_url *url) { return yz_read_is_loopback(url->host) || yz_str_is(url->host, "localhost"); }

/* What is in the clear can be read and changed by whoever stands between. */
static bool address_ok(yz_reader *reader, const char *option, yz_str text, yz_url *url) {
    if (!yz_read_url(reader, text, "admin: oidc", option, url))
        return false;
    if (!yz_str_starts(url->scheme, "http"))
        yz_diag_error(reader->diag, "admin: oidc: %s should begin with https://", option);
    else if (url->user.n + url->password.n > 0)
        yz_diag_error(reader->diag, "admin: oidc: %s holds a user or a password, which have no place there", option);
    else if (!url->tls && !on_this_machine(url))
        yz_diag_error(reader->diag,
                      "admin: oidc: %s is \"%.*s\": it should begin with https://; http:// is for this machine alone, to try it", option,
                      YZ_STR_ARGS(text));
    else
        return true;
    return false;
}

/* As a browser writes the origin of what stands there. */
static yz_str origin_of(yz_reader *reader, const yz_url *url) {
    bool v6 = memchr(url->host.p, ':', url->host.n), usual = url->port == (url->tls ? 443 : 80);
    yz_str port = !usual ? yz_format(reader->arena, ":%u", url->port) : (yz_str){0};
    return yz_format(reader->arena, "%.*s://%s%.*s%s%.*s", YZ_STR_ARGS(url->scheme), v6 ? "[" : "", YZ_STR_ARGS(url->host), v6 ? "]" : "",
                     (int)port.n, port.n ? port.p : "");
}

/* Browsers come to one place: the root of an address. */
static bool url_ok(yz_reader *reader, yz_oidc_settings *oidc) {
    yz_url url;
    if (!address_ok(reader, "url", oidc->url, &url))
        return false;
    if (url.path.n > 0 && !yz_str_is(url.path, "/")) {
        yz_diag_error(reader->diag,
                      "admin: oidc: url should have no path, not \"%.*s\": the console stands at its own /console, and the "
                      "redirect URI is made of url and " CALLBACK,
                      YZ_STR_ARGS(url.path));
        return false;
    }
    oidc->url = origin_of(reader, &url);
    oidc->redirect_uri = yz_format(reader->arena, "%.*s" CALLBACK, YZ_STR_ARGS(oidc->url));
    return true;
}

static void free_tls(void *tls) { yz_tls_unref(tls); }

static bool issuer_ok(yz_reader *reader, yz_oidc_settings *out) {
    static const char well_known[] = "/.well-known/openid-configuration";
    yz_url url;
    if (!address_ok(reader, "issuer", out->issuer, &url))
        return false;
    const char *tail = memmem(out->issuer.p, out->issuer.n, well_known, sizeof(well_known) - 1);
    if (tail) {
        yz_diag_error(reader->diag, "admin: oidc: issuer is the address without %s: \"%.*s\"", well_known, (int)(tail - out->issuer.p),
                      out->issuer.p);
        return false;
    }
    if (out->label.n == 0)
        out->label = url.host;
    yz_str ca = out->ca.n > 0 ? yz_read_file(reader, out->ca, "admin: oidc: ca") : (yz_str){0};
    if (out->ca.n > 0 && (ca.n == 0 || !yz_pem_authorities(reader->diag, "admin: oidc", ca.p)))
        return false;
    out->tls = url.tls ? yz_tls_client(ca, false, reader->diag) : NULL;
    if (out->tls)
        yz_on_free(reader->arena, free_tls, out->tls);
    return out->tls || !url.tls;
}

/* ---- people ------------------------------------------------------------------------------------------------------------ */

static bool role_ok(yz_reader *reader, const yz_oidc_role *role, size_t i) {
    const char *wrong = role->claim.n == 0                              ? "claim should name a claim, such as \"groups\""
                        : role->value.n == 0                            ? "value should say what the claim must be, or \"*\" for anything"
                        : role->policies && role->role == YZ_ADMIN_READ ? "policies = true needs role = \"operate\" or \"money\""
                                                                        : NULL;
    if (wrong)
        yz_diag_error(reader->diag, "admin: oidc: roles[%zu]: %s", i + 1, wrong);
    return !wrong;
}

static bool roles_ok(yz_reader *reader, const yz_tables *roles) {
    if (roles->n == 0) {
        yz_diag_error(reader->diag, "admin: oidc: roles is empty, so that nobody is let in: roles = { { claim = \"groups\", value = "
                                    "\"operators\", role = \"operate\" } }");
        return false;
    }
    for (size_t i = 0; i < roles->n; i++) {
        const yz_oidc_role *role = roles->items[i];
        if (!role_ok(reader, role, i))
            return false;
        bool anybody = yz_str_is(role->value, "*") && (yz_str_is(role->claim, "sub") || yz_str_is(role->claim, "iss"));
        if (anybody && role->role != YZ_ADMIN_READ)
            yz_diag_warn(reader->diag,
                         "admin: oidc: roles[%zu]: whoever has an account at the issuer, be it a stranger, may change what "
                         "serves here: name a group of yours",
                         i + 1);
    }
    return true;
}

static bool scopes_ok(yz_reader *reader, const yz_list *scopes) {
    bool openid = false;
    for (size_t i = 0; i < scopes->n; i++) {
        const yz_str scope = scopes->items[i];
        openid |= yz_str_is(scope, "openid");
        if (scope.n > 0 && !memchr(scope.p, ' ', scope.n))
            continue;
        yz_diag_error(reader->diag, "admin: oidc: scopes[%zu] is \"%.*s\", but should be one word", i + 1, YZ_STR_ARGS(scope));
        return false;
    }
    if (!openid)
        yz_diag_error(reader->diag, "admin: oidc: scopes should hold \"openid\": without it a provider proves nobody");
    return openid;
}

/* ---- all of it --------------------------------------------------------------------------------------------------------- */

static void put_part(yz_buf *out, yz_str part) {
    yz_buf_int(out, (int64_t)part.n); /* so that no two lists of parts are the same bytes */
    yz_buf_char(out, ':');
    yz_buf_str(out, part);
}

/* Whoever is no longer in a role, because the config gives it to others now, is signed in no longer. */
static void take_print(yz_oidc_settings *oidc) {
    yz_buf all = {0};
    put_part(&all, oidc->issuer);
    put_part(&all, oidc->client_id);
    put_part(&all, oidc->name);
    for (size_t i = 0; i < oidc->roles.n; i++) {
        const yz_oidc_role *role = oidc->roles.items[i];
        put_part(&all, role->claim);
        put_part(&all, role->value);
        yz_buf_printf(&all, "%d%d", role->role, role->policies);
    }
    yz_sha256(yz_buf_view(&all), oidc->print);
    yz_buf_free(&all);
}

const yz_oidc_settings *yz_read_oidc(yz_reader *reader, const yz_oidc_settings *said) {
    yz_oidc_settings *oidc = yz_alloc(reader->arena, sizeof(*oidc));
    *oidc = *said;
    if (oidc->client_id.n == 0) {
        yz_diag_error(reader->diag, "admin: oidc: client_id is empty: it is what the provider calls this gateway");
        return NULL;
    }
    if (!url_ok(reader, oidc) || !issuer_ok(reader, oidc) || !roles_ok(reader, &oidc->roles) || !scopes_ok(reader, &oidc->scopes))
        return NULL;
    take_print(oidc);
    return oidc;
}
