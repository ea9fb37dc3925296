/* route.c: which path is answered by whom. The paths are those of the adapters of the current generation, and the server's own.
 *
 * There are about ten, so a table is searched from front to back, by length first; patterns stand after the paths that are what they
 * are. The table changes only when a share is adopted; exchanges copy what they need of a path.
 */
#include "server/route.h"

#include "admin/admin.h"
#include "base/arena.h"
#include "media/media.h"
#include "self/self.h"
#include "server/claim.h"

#include <stdlib.h>

static bool ends(yz_str text, yz_str end) { return text.n >= end.n && (end.n == 0 || memcmp(text.p + text.n - end.n, end.p, end.n) == 0); }
static bool begins(yz_str text, yz_str begin) { return text.n >= begin.n && memcmp(text.p, begin.p, begin.n) == 0; }

/* Cuts a pattern around its {model} or {id}. Of both the {model} is passed over. */
static void cut(yz_path *path) {
    static const char part[] = "{part}", model[] = "{model}";
    const char *from = path->path.p, *id = strstr(from, "{id}"), *hole = strchr(from, '{');
    if (id && hole < id && strncmp(hole, model, sizeof(model) - 1) == 0) {
        path->lead = (yz_str){from, (size_t)(hole - from)};
        from = hole + sizeof(model) - 1;
        hole = id;
    }
    const char *end = hole ? strchr(hole, '}') : NULL;
    if (!end)
        return;
    path->pattern = true;
    path->id = hole == id;
    path->before = (yz_str){from, (size_t)(hole - from)};
    path->after = yz_str_of(end + 1);
    path->part = ends(path->after, yz_str_of(part));
    path->after.n -= path->part ? sizeof(part) - 1 : 0;
}

static bool same(const yz_path *a, const yz_path *b) { return yz_str_eq(a->path, b->path) && yz_str_eq(a->method, b->method); }

/* What says more of a path is looked at before what takes more: "/v1/files/{id}:download" before "/v1/files/{id}". */
static int rank(const yz_path *path) {
    bool says_more = path->lead.n > 0 || (path->id && path->after.n > 0 && path->after.p[0] == ':');
    return !path->pattern ? 0 : says_more ? 1 : 2;
}

/* Several adapters may answer one path, such as the list of models: yz_routes_choose. */
static void add(yz_routes *routes, yz_path path) {
    for (size_t i = 0; i < routes->n; i++) {
        if (!same(&routes->paths[i], &path))
            continue;
        if (!path.adapter || routes->paths[i].adapter == path.adapter)
            return;
        path.shared = routes->paths[i].shared = true;
    }
    if (routes->n == routes->cap) {
        routes->cap = routes->cap ? routes->cap * 2 : 16;
        routes->paths = yz_realloc(routes->paths, routes->cap * sizeof(*routes->paths));
    }
    cut(&path);
    size_t at = routes->n++;
    for (; at > 0 && rank(&routes->paths[at - 1]) > rank(&path); at--)
        routes->paths[at] = routes->paths[at - 1];
    routes->paths[at] = path;
}

static void add_local(yz_routes *routes, const char *method, const char *path, yz_local local, bool body) {
    add(routes, (yz_path){.path = yz_str_of(path), .method = yz_str_of(method), .local = local, .body = body});
}

static void add_adapters(yz_routes *routes, const yz_settings *settings) {
    for (size_t i = 0; i < settings->n_adapters; i++) {
        const yz_adapter *adapter = settings->adapters[i];
        for (size_t k = 0; k < adapter->n_routes; k++) {
            const yz_route *route = &adapter->routes[k];
            add(routes, (yz_path){.path = yz_str_of(route->path),
                                  .method = yz_str_of(route->method),
                                  .op = route->op,
                                  .stream = route->stream,
                                  .form = route->form,
                                  .streams = route->streams,
                                  .opens = route->opens,
                                  .adapter = adapter});
        }
    }
}

static bool any_hears(const yz_settings *settings) {
    for (size_t i = 0; i < settings->n_chains; i++)
        for (size_t k = 0; k < settings->chains[i].n_stages; k++)
            if (settings->chains[i].stages[k].plugin->filter->hears)
                return true;
    return false;
}

void yz_routes_build(yz_routes *routes, const yz_settings *settings, bool admin) {
    routes->n = 0;
    routes->admin = admin;
    if (!admin)
        add_adapters(routes, settings);
    add_local(routes, "GET", "/healthz", YZ_LOCAL_HEALTH, false);
    add_local(routes, "GET", "/readyz", YZ_LOCAL_READY, false);
    yz_self_path own;
    for (size_t i = 0; !admin && settings->ledger && (own = yz_self_path_at(i)).path; i++)
        add_local(routes, own.method, own.path, YZ_LOCAL_SELF, own.body);
    if (!admin && settings->ledger && settings->account_page && settings->console) { /* the plugin answers, before that leaf */
        add_local(routes, "GET", "/account", YZ_LOCAL_SELF, false);
        add_local(routes, "GET", "/account/{id}", YZ_LOCAL_SELF, false);
    }
    if (!admin && settings->media)
        add_local(routes, "GET", YZ_MEDIA_ROUTE, YZ_LOCAL_MEDIA, false);
    if (!admin && any_hears(settings))
        add_local(routes, "POST", "/v1/hooks/{id}", YZ_LOCAL_HOOK, true);
    if (!admin)
        return;
    yz_admin_path path;
    for (size_t i = 0; (path = yz_admin_path_at(i)).path; i++)
        add_local(routes, path.method, path.path, YZ_LOCAL_ADMIN, path.body);
}

void yz_routes_free(yz_routes *routes) {
    free(routes->paths);
    *routes = (yz_routes){0};
}

/* Without the one segment at the end that is anything; empty: there is none. */
static yz_str without_part(yz_str asked) {
    const char *slash = memrchr(asked.p, '/', asked.n);
    size_t n = slash ? (size_t)(slash - asked.p) + 1 : asked.n;
    return (yz_str){asked.p, n < asked.n ? n : 0};
}

/* From where its {model} ends, which has one byte at least; empty: it has none. */
static yz_str behind_model(const yz_path *path, yz_str asked) {
    size_t lead = path->lead.n;
    if (!begins(asked, path->lead) || asked.n <= lead + 1)
        return (yz_str){NULL, 0};
    const char *from = asked.p + lead + 1, *found = memmem(from, asked.n - lead - 1, path->before.p, path->before.n);
    return found ? (yz_str){found, (size_t)(asked.p + asked.n - found)} : (yz_str){NULL, 0};
}

yz_str yz_path_named(const yz_path *path, yz_str asked) {
    asked = path->part ? without_part(asked) : asked;
    asked = path->lead.n ? behind_model(path, asked) : asked;
    size_t around = path->before.n + path->after.n;
    if (!path->pattern || asked.n <= around || !begins(asked, path->before) || !ends(asked, path->after))
        return (yz_str){NULL, 0};
    yz_str name = {asked.p + path->before.n, asked.n - around};
    bool segment = path->id || (path->after.n > 0 && path->after.p[0] == '/'), slashes = memchr(name.p, '/', name.n);
    bool wrong = segment ? slashes : name.p[0] == '/' || name.p[name.n - 1] == '/';
    return wrong ? (yz_str){NULL, 0} : name;
}

static bool matches(const yz_path *path, yz_str asked) {
    return path->pattern ? yz_path_named(path, asked).n > 0 : yz_str_eq(path->path, asked);
}

const yz_path *yz_routes_find(const yz_routes *routes, yz_str method, yz_str path, bool *known) {
    *known = false;
    for (size_t i = 0; i < routes->n; i++) {
        const yz_path *p = &routes->paths[i];
        if (!matches(p, path))
            continue;
        if (yz_str_eq(p->method, method) || (yz_str_is(method, "HEAD") && yz_str_is(p->method, "GET")))
            return p;
        *known = true;
    }
    return NULL;
}

/* The bytes of a version that a path begins with ("/v1", "/v1beta" before another segment); 0: there is none. */
static size_t version_of(yz_str path) {
    size_t n = 2;
    if (path.n < 3 || path.p[0] != '/' || path.p[1] != 'v' || path.p[2] < '0' || path.p[2] > '9')
        return 0;
    while (n < path.n && ((path.p[n] >= '0' && path.p[n] <= '9') || (path.p[n] >= 'a' && path.p[n] <= 'z')))
        n++;
    return n < path.n && path.p[n] == '/' ? n : 0;
}

/* One slash where several stand, none at the end, one version: the last, which a client puts behind its base URL. */
static yz_str tidied(yz_str path, yz_arena *arena) {
    char *copy = yz_alloc_bytes(arena, path.n + 1);
    size_t n = 0;
    for (size_t i = 0; i < path.n; i++)
        if (path.p[i] != '/' || n == 0 || copy[n - 1] != '/')
            copy[n++] = path.p[i];
    n -= n > 1 && copy[n - 1] == '/';
    yz_str out = {copy, n};
    for (size_t first; (first = version_of(out)) > 0 && version_of(yz_str_at(out.p + first, out.n - first)) > 0;)
        out = yz_str_at(out.p + first, out.n - first);
    return out;
}

const yz_path *yz_routes_guess(const yz_routes *routes, yz_str method, yz_str *path, yz_arena *arena, bool *known) {
    yz_str tidy = tidied(*path, arena);
    const yz_path *found = yz_routes_find(routes, method, tidy, known);
    if (!found && !*known) {
        tidy = yz_format(arena, "/v1%.*s", YZ_STR_ARGS(tidy));
        found = yz_routes_find(routes, method, tidy, known);
    }
    if (found || *known)
        *path = tidy;
    return found;
}

const yz_path *yz_routes_choose(const yz_routes *routes, const yz_path *found, const yz_h1_head *head) {
    const yz_path *chosen = found;
    for (size_t i = 0; i < routes->n && found->shared; i++) {
        const yz_path *p = &routes->paths[i];
        if (!same(p, found) || !p->adapter)
            continue;
        if (yz_claims(p->adapter, head))
            return p;
        chosen = p->adapter->fallback ? p : chosen;
    }
    return chosen;
}

yz_str yz_routes_allow(const yz_routes *routes, yz_str path, yz_arena *arena) {
    bool get = false, post = false, patch = false, remove = false, all = yz_str_is(path, "*");
    for (size_t i = 0; i < routes->n; i++) {
        if (!all && !matches(&routes->paths[i], path))
            continue;
        get |= yz_str_is(routes->paths[i].method, "GET");
        post |= yz_str_is(routes->paths[i].method, "POST");
        patch |= yz_str_is(routes->paths[i].method, "PATCH");
        remove |= yz_str_is(routes->paths[i].method, "DELETE");
    }
    return yz_format(arena, "%s%s%s%sOPTIONS", get ? "GET, HEAD, " : "", post ? "POST, " : "", patch ? "PATCH, " : "",
                     remove ? "DELETE, " : "");
}

/* Does an adapter before this one answer the path as well? */
static bool repeats(const yz_routes *routes, size_t i) {
    for (size_t k = 0; k < i; k++)
        if (same(&routes->paths[k], &routes->paths[i]))
            return true;
    return false;
}

yz_str yz_routes_list(const yz_routes *routes, yz_arena *arena, size_t most) {
    yz_buf text = {0};
    size_t n = 0;
    for (size_t i = 0; i < routes->n; i++)
        if (!repeats(routes, i) && n++ < most)
            yz_buf_printf(&text, "%s%.*s %.*s", n > 1 ? ", " : "", YZ_STR_ARGS(routes->paths[i].method),
                          YZ_STR_ARGS(routes->paths[i].path));
    if (n > most)
        yz_buf_printf(&text, ", and %zu more", n - most);
    yz_str list = yz_dup(arena, yz_buf_view(&text));
    yz_buf_free(&text);
    return list;
}
