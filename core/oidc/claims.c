/* oidc/claims.c: see claims.h. An e-mail address counts only if the provider says that it has verified it: else whoever may write one into
 * his account would be whoever he writes. */
#include "oidc/claims.h"

#define PREFIX "oidc:"

enum { SHOWN = 300 /* bytes of a claim that a message repeats */, VALUES_SHOWN = 8 };

/* The claim of that name; else, as in "realm_access.roles", what lies on the way of names with dots between. NULL: there is none. */
static const yz_json *claim_at(const yz_json *object, yz_str path, yz_arena *arena) {
    const yz_json *found = yz_json_given(object, yz_dup(arena, path).p);
    for (size_t i = 1; !found && i + 1 < path.n; i++) {
        const yz_json *inner = path.p[i] == '.' ? yz_json_given(object, yz_dup(arena, yz_str_at(path.p, i)).p) : NULL;
        if (yz_json_is(inner, YZ_JSON_OBJECT))
            found = claim_at(inner, yz_str_at(path.p + i + 1, path.n - i - 1), arena);
    }
    return found;
}

/* Some providers say it as a text. */
static bool email_verified(const yz_json *claims, yz_arena *arena) {
    const yz_json *said = yz_json_get(claims, "email_verified");
    return yz_json_true(said) || yz_str_is(yz_json_text(arena, said), "true");
}

static bool is_email(yz_str claim) { return yz_str_is(claim, "email"); }

static bool is_value(const yz_json *node, yz_str wanted, yz_arena *arena) {
    bool text = yz_json_is(node, YZ_JSON_STRING);
    yz_str value = text ? yz_json_text(arena, node) : yz_json_raw(node);
    bool plain = text || yz_json_is(node, YZ_JSON_NUMBER) || yz_json_true(node);
    return plain && value.n > 0 && (yz_str_is(wanted, "*") || yz_str_eq(value, wanted));
}

static bool fits(const yz_oidc_role *role, const yz_json *claims, yz_arena *arena) {
    const yz_json *node = claim_at(claims, role->claim, arena);
    if (is_email(role->claim) && !email_verified(claims, arena))
        return false;
    bool found = is_value(node, role->value, arena);
    for (const yz_json *one = yz_json_is(node, YZ_JSON_ARRAY) ? node->child : NULL; one && !found; one = one->next)
        found = is_value(one, role->value, arena);
    return found;
}

bool yz_claims_lack(const yz_oidc_settings *oidc, const yz_json *claims, yz_arena *arena) {
    bool named = yz_json_given(claims, "email") || yz_json_given(claims, "preferred_username");
    bool lacks = oidc->name.n > 0 ? !claim_at(claims, oidc->name, arena) : !named;
    for (size_t i = 0; i < oidc->roles.n && !lacks; i++)
        lacks = !claim_at(claims, ((const yz_oidc_role *)oidc->roles.items[i])->claim, arena);
    return lacks || (yz_json_given(claims, "email") && !yz_json_given(claims, "email_verified"));
}

/* ---- the name ---------------------------------------------------------------------------------------------------------- */

static yz_str name_of(const yz_oidc_settings *oidc, const yz_json *claims, yz_arena *arena) {
    static const char *const usual[] = {"email", "preferred_username", "sub"};
    bool verified = email_verified(claims, arena);
    if (oidc->name.n > 0)
        return verified || !is_email(oidc->name) ? yz_json_text(arena, claim_at(claims, oidc->name, arena)) : (yz_str){0};
    yz_str name = {0};
    for (size_t i = verified ? 0 : 1; i < 3 && name.n == 0; i++)
        name = yz_json_text(arena, yz_json_get(claims, usual[i]));
    return name;
}

/* One line of the audit, and never more. */
static bool is_line(yz_str name) {
    for (size_t i = 0; i < name.n; i++)
        if ((unsigned char)name.p[i] < 0x20 || name.p[i] == 0x7f)
            return false;
    return name.n > 0 && name.n + sizeof(PREFIX) - 1 <= YZ_ADMIN_NAME_MAX;
}

/* ---- who is not let in ------------------------------------------------------------------------------------------------- */

static bool said_before(const yz_oidc_settings *oidc, size_t i) {
    const yz_oidc_role *role = oidc->roles.items[i];
    for (size_t k = 0; k < i; k++)
        if (yz_str_eq(((const yz_oidc_role *)oidc->roles.items[k])->claim, role->claim))
            return true;
    return false;
}

static void put_found(yz_buf *out, const yz_json *claims, yz_str claim, yz_arena *arena) {
    yz_str found = yz_json_raw(claim_at(claims, claim, arena));
    yz_buf_printf(out, "%.*s is %.*s%s", YZ_STR_ARGS(claim), (int)(found.n < SHOWN ? found.n : SHOWN), found.n ? found.p : "",
                  found.n > SHOWN ? "…"
                  : found.n       ? ""
                                  : "missing");
    if (is_email(claim) && found.n && !email_verified(claims, arena))
        yz_buf_lit(out, ", which the provider has not verified (email_verified)");
}

/* Addresses and subjects are people: they are not told to a stranger. */
static void put_wanted(yz_buf *out, const yz_oidc_settings *oidc, yz_str claim) {
    size_t n = 0;
    if (is_email(claim) || yz_str_is(claim, "sub"))
        return;
    for (size_t i = 0; i < oidc->roles.n; i++) {
        const yz_oidc_role *role = oidc->roles.items[i];
        if (!yz_str_eq(role->claim, claim))
            continue;
        if (n++ < VALUES_SHOWN)
            yz_buf_printf(out, "%s\"%.*s\" (%s)", n == 1 ? "; right would be " : ", ", YZ_STR_ARGS(role->value),
                          (const char *const[]){"read", "operate", "money"}[role->role]);
    }
    if (n > VALUES_SHOWN)
        yz_buf_printf(out, " or one of %zu more", n - VALUES_SHOWN);
}

static yz_str why_not(const yz_oidc_settings *oidc, const yz_json *claims, yz_str name, yz_arena *arena) {
    yz_buf text = {0};
    yz_buf_printf(&text, "the provider knows you as %.*s, but no role of this gateway fits: ", YZ_STR_ARGS(name));
    for (size_t i = 0; i < oidc->roles.n; i++) {
        yz_str claim = ((const yz_oidc_role *)oidc->roles.items[i])->claim;
        if (said_before(oidc, i))
            continue;
        if (i > 0)
            yz_buf_lit(&text, ". ");
        put_found(&text, claims, claim, arena);
        put_wanted(&text, oidc, claim);
    }
    yz_str said = yz_dup(arena, yz_buf_view(&text));
    yz_buf_free(&text);
    return said;
}

yz_str yz_claims_badge(const yz_oidc_settings *oidc, const yz_json *claims, yz_arena *arena, yz_badge *out) {
    yz_str name = name_of(oidc, claims, arena);
    bool any = false;
    if (!is_line(name))
        return yz_format(
            arena,
            "the provider gives no name for the audit: %.*s should be a text of 1 to %zu bytes, without control bytes%s; `name` "
            "of the config's oidc says which claim",
            YZ_STR_ARGS(oidc->name.n ? oidc->name : YZ_STR("email, preferred_username or sub")), YZ_ADMIN_NAME_MAX - sizeof(PREFIX) + 1,
            is_email(oidc->name) ? ", and verified (email_verified)" : "");
    *out = (yz_badge){.name = yz_format(arena, PREFIX "%.*s", YZ_STR_ARGS(name))};
    for (size_t i = 0; i < oidc->roles.n; i++) {
        const yz_oidc_role *role = oidc->roles.items[i];
        if (!fits(role, claims, arena))
            continue;
        out->role = any && out->role > (yz_admin_role)role->role ? out->role : (yz_admin_role)role->role;
        out->policies |= role->policies;
        any = true;
    }
    return !any ? why_not(oidc, claims, name, arena) : (yz_str){0};
}
