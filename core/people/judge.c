/* people/judge.c: what a key may do, by all that binds it: the first refusal counts, and names who it is of. */
#include "people/address.h"

#include <yuzui/call.h>

static bool is_meant(yz_str pattern, yz_str model) {
    bool begins = pattern.n > 0 && pattern.p[pattern.n - 1] == '*';
    size_t n = begins ? pattern.n - 1 : pattern.n;
    return (begins ? model.n >= n : model.n == n) && (n == 0 || memcmp(model.p, pattern.p, n) == 0);
}

static bool any_meant(const yz_str *patterns, size_t n, yz_str model) {
    for (size_t i = 0; i < n; i++)
        if (is_meant(patterns[i], model))
            return true;
    return false;
}

/* Which of what binds it does not allow the model; n_scopes: the key's own list does not; -1: all allow it. */
static int not_allowing(const yz_key *key, yz_str model) {
    for (size_t i = 0; i < key->n_scopes; i++)
        if (key->scopes[i]->n_models > 0 && !any_meant(key->scopes[i]->models, key->scopes[i]->n_models, model))
            return (int)i;
    return any_meant(key->models, key->n_models, model) ? -1 : (int)key->n_scopes;
}

bool yz_key_allows(const yz_key *key, yz_str model) { return not_allowing(key, model) < 0; }

static bool comes_from(const yz_scope *scope, yz_str client) {
    for (size_t i = 0; i < scope->n_addresses; i++)
        if (yz_address_in(client, scope->addresses[i]))
            return true;
    return scope->n_addresses == 0;
}

static int refuse(yz_error *error, yz_error_class class_, const char *code, yz_str message) {
    *error = (yz_error){YZ_ERROR, .class_ = class_, .code = yz_str_of(code), .message = message};
    return YZ_EINVAL;
}

static int judge_scope(yz_arena *arena, const yz_scope *scope, const yz_request *request, int64_t now, yz_error *error) {
    const char *kind = scope->kind;
    yz_str name = scope->name;
    if (scope->disabled)
        return refuse(error, YZ_ERROR_FORBIDDEN, "key_disabled", yz_format(arena, "the %s \"%.*s\" is disabled", kind, YZ_STR_ARGS(name)));
    if (scope->expires && now >= scope->expires)
        return refuse(error, YZ_ERROR_AUTH, "key_expired", yz_format(arena, "the %s \"%.*s\" has expired", kind, YZ_STR_ARGS(name)));
    if (!comes_from(scope, request->client))
        return refuse(error, YZ_ERROR_FORBIDDEN, "address_not_allowed",
                      yz_format(arena, "the %s \"%.*s\" may not be used from %.*s", kind, YZ_STR_ARGS(name), YZ_STR_ARGS(request->client)));
    return YZ_OK;
}

/* The names that whoever refused does allow: whose key it is may see them in the list of models, too. */
static yz_str those_of(yz_arena *arena, const yz_key *key, size_t who) {
    enum { SHOWN = 8 };
    const yz_str *models = who < key->n_scopes ? key->scopes[who]->models : key->models;
    size_t n = who < key->n_scopes ? key->scopes[who]->n_models : key->n_models;
    yz_buf text = {0};
    for (size_t i = 0; i < n && i < SHOWN; i++)
        yz_buf_printf(&text, "%s%.*s", i > 0 ? ", " : ": it may use ", YZ_STR_ARGS(models[i]));
    if (n > SHOWN)
        yz_buf_printf(&text, " and %zu more", n - SHOWN);
    yz_str out = yz_dup(arena, yz_buf_view(&text));
    yz_buf_free(&text);
    return out;
}

static int judge_model(yz_arena *arena, const yz_key *key, const yz_request *request, yz_error *error) {
    yz_str model = request->model;
    int who = not_allowing(key, model);
    if (who < 0)
        return YZ_OK;
    bool own = who == 0 || who == (int)key->n_scopes;
    const char *kind = own ? "key" : key->scopes[who]->kind;
    yz_str name = own ? key->name : key->scopes[who]->name;
    if (yz_request_nameless(request))
        return refuse(error, YZ_ERROR_FORBIDDEN, "",
                      yz_format(arena, "the %s \"%.*s\" may not use all models, and this names none, so it could be for any", kind,
                                YZ_STR_ARGS(name)));
    return refuse(error, YZ_ERROR_FORBIDDEN, "",
                  yz_format(arena, "the %s \"%.*s\" may not use the model \"%.*s\"%.*s", kind, YZ_STR_ARGS(name),
                            (int)(model.n < 100 ? model.n : 100), model.p, YZ_STR_ARGS(those_of(arena, key, (size_t)who))));
}

int yz_key_judge(yz_arena *arena, const yz_key *key, const yz_request *request, bool head, yz_error *error) {
    int64_t now = key->n_scopes ? yz_clock_wall_ns() / 1000000000 : 0;
    for (size_t i = 0; i < key->n_scopes; i++)
        if (judge_scope(arena, key->scopes[i], request, now, error) != YZ_OK)
            return YZ_EINVAL;
    /* what is stored is its tenant's alone (adapter.h) */
    if (request->op == YZ_OP_MODELS || request->op == YZ_OP_STORED || request->stored.n > 0 || (head && request->model.n == 0))
        return YZ_OK;
    return judge_model(arena, key, request, error);
}
