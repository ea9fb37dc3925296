/* admin/api.c: a request of /api/v1, from its route to its answer; see api.h. */
#include "admin/api.h"
#include "base/arena.h"
#include "call/tree.h"
#include "generation.h"
#include "people/people.h"

#include <yuzui/json.h>

enum { ASK_MS = 30000, AUDIT_MS = 3600000, BODY_MOST = 64 << 10, TEXT_MOST = 256 << 10 };

/* ---- finding -------------------------------------------------------------------------------------------------------- */

yz_admin_path yz_api_path_at(size_t i) {
    if (i >= yz_api_n_routes)
        return (yz_admin_path){0};
    const yz_api_route *route = &yz_api_routes[i];
    return (yz_admin_path){route->method, route->path, route->body != YZ_API_NO_BODY};
}

/* "/api/v1/keys/{id}/rotate" is "/api/v1/keys/alice/rotate": *name is "alice". */
static bool is_path(const char *pattern, yz_str path, yz_str *name) {
    const char *hole = strstr(pattern, "{id}");
    *name = YZ_STR("");
    if (!hole)
        return yz_str_is(path, pattern);
    size_t before = (size_t)(hole - pattern), after = strlen(hole + 4);
    if (path.n <= before + after || memcmp(path.p, pattern, before) != 0 || memcmp(path.p + path.n - after, hole + 4, after) != 0)
        return false;
    *name = yz_str_at(path.p + before, path.n - before - after);
    return !memchr(name->p, '/', name->n);
}

/* A path without a hole stands before one that has one in the table: the first counts. */
static const yz_api_route *find(const yz_request *request, yz_str *name) {
    yz_str method = yz_str_is(request->method, "HEAD") ? YZ_STR("GET") : request->method;
    for (size_t i = 0; i < yz_api_n_routes; i++)
        if (yz_str_is(method, yz_api_routes[i].method) && is_path(yz_api_routes[i].path, request->path, name))
            return &yz_api_routes[i];
    return NULL;
}

/* ---- answering ------------------------------------------------------------------------------------------------------ */

void yz_api_free(yz_api *api) {
    if (api->out.p)
        explicit_bzero(api->out.p, api->out.n); /* it may tell a key */
    yz_buf_free(&api->out);
    yz_arena_free(api->arena);
}

void yz_api_done(yz_admin_call *a, yz_api *api) {
    if (api->code) {
        yz_admin_refuse(a, api->class_, api->status, api->code, yz_dup(yz_call_arena(a->call), api->why));
        return;
    }
    yz_buf_str(&a->body, yz_buf_view(&api->out));
    if (api->csv)
        a->content_type = YZ_STR("text/csv; charset=utf-8; header=present");
    yz_admin_send(a, api->status ? api->status : api->route->made ? api->route->made : 200);
}

static void work(yz_errand *errand) {
    yz_api *api = (yz_api *)errand;
    api->route->run(api);
}
static void done(yz_call *call, yz_errand *errand) { yz_api_done(yz_state(call), (yz_api *)errand); }
static void drop(yz_errand *errand) { yz_api_free((yz_api *)errand); }

/* ---- asking --------------------------------------------------------------------------------------------------------- */

static yz_api *api_new(const yz_api_route *route, const yz_request *request, const yz_share *share, const yz_admin_bearer *bearer) {
    yz_arena *arena = yz_arena_new(NULL); /* of another thread than the call's */
    yz_api *api = yz_alloc(arena, sizeof *api);
    *api = (yz_api){.errand = {.work = work, .done = done, .drop = drop},
                    .route = route,
                    .arena = arena,
                    .ledger = share->generation->people ? yz_people_ledger(share->generation->people) : NULL,
                    .settings = share->settings,
                    .bearer = *bearer,
                    .by = yz_format(arena, "admin %.*s", YZ_STR_ARGS(bearer->name)),
                    .query = yz_dup(arena, request->query),
                    .text = yz_dup(arena, request->body)};
    return api;
}

/* The body was proved by the server; here it is indexed in memory of our own. */
static bool read_body(yz_api *api) {
    yz_json *json = NULL;
    size_t most = api->route->start ? TEXT_MOST : BODY_MOST; /* a policy's text is in it, escaped */
    if (api->text.n > most)
        yz_api_fail(api, YZ_ERROR_TOO_LARGE, 0, "", yz_format(api->arena, "the body should have at most %zu KiB", most >> 10));
    else if (api->text.n == 0 && api->route->body == YZ_API_NEEDS_BODY)
        yz_api_wrong(api, "the body is empty: it must be a JSON object");
    else if (api->text.n > 0 && yz_json_parse(api->arena, api->text, 0, &json, NULL) != YZ_OK)
        yz_api_wrong(api, "the body is not usable JSON");
    api->body = json;
    return !api->code;
}

/* May this be asked by him? */
static bool allowed(yz_api *api) {
    const yz_admin_bearer *bearer = &api->bearer;
    bool changes = !yz_str_is(yz_str_of(api->route->method), "GET");
    if (changes && !bearer->token)
        yz_api_fail(api, YZ_ERROR_FORBIDDEN, 0, "forbidden",
                    YZ_STR("the admin address has no token, so whoever is on this machine may look, and nobody change the ledger: admin "
                           "\"127.0.0.1:8081\" { token = env \"ADMIN_TOKEN\" }"));
    else if (changes && bearer->role < api->route->role)
        yz_api_fail(api, YZ_ERROR_FORBIDDEN, 0, "role_too_low", yz_admin_too_low(api->arena, bearer, api->route->role));
    else if (!api->ledger && !api->route->at_once)
        yz_api_fail(api, YZ_ERROR_NOT_FOUND, 0, "no_ledger",
                    YZ_STR("there is no ledger: ledger \"sqlite\" { path = \"/var/lib/yuzui/ledger.db\" } makes one"));
    return !api->code;
}

bool yz_api_answer(yz_admin_call *a, const yz_request *request, const yz_admin_bearer *bearer) {
    yz_str name;
    const yz_api_route *route = find(request, &name);
    if (!route)
        return false;
    yz_api *api = api_new(route, request, yz_call_chain(a->call)->share, bearer);
    api->name = yz_dup(api->arena, name);
    bool ok = allowed(api) && yz_api_params_ok(api) && read_body(api);
    if (ok && route->start) {
        if (route->start(a, api))
            return true;
    } else if (ok && !route->at_once) {
        bool audit = yz_str_is(yz_str_of(route->path), "/api/v1/audit");
        api->errand.slow = audit;
        if (yz_desk_ask(a->call, api->ledger, &api->errand, audit ? AUDIT_MS : ASK_MS) == YZ_OK)
            return true;
        yz_api_fail(api, YZ_ERROR_UNAVAILABLE, 0, "", YZ_STR("too many ask the ledger at once: ask again soon"));
    } else if (ok) {
        route->run(api);
    }
    yz_api_done(a, api);
    yz_api_free(api);
    return true;
}
