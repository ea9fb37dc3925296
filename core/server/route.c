/* route.c: which path is answered by whom. The paths are those of the adapters of the current generation, and the server's own.
 *
 * There are about ten, so a table is searched from front to back, by length first. The table changes only when a share is adopted;
 * exchanges copy what they need of a path.
 */
#include "server/route.h"

#include "base/arena.h"

#include <stdlib.h>

static void add(yz_routes *routes, yz_path path) {
    for (size_t i = 0; i < routes->n; i++)
        if (yz_str_eq(routes->paths[i].path, path.path) && yz_str_eq(routes->paths[i].method, path.method))
            return;
    if (routes->n == routes->cap) {
        routes->cap = routes->cap ? routes->cap * 2 : 16;
        routes->paths = yz_realloc(routes->paths, routes->cap * sizeof(*routes->paths));
    }
    routes->paths[routes->n++] = path;
}

static void add_local(yz_routes *routes, const char *method, const char *path, yz_local local) {
    add(routes, (yz_path){.path = yz_str_of(path), .method = yz_str_of(method), .local = local});
}

static void add_adapters(yz_routes *routes, const yz_settings *settings) {
    for (size_t i = 0; i < settings->n_adapters; i++) {
        const yz_adapter *adapter = settings->adapters[i];
        for (size_t k = 0; k < adapter->n_routes; k++) {
            const yz_route *route = &adapter->routes[k];
            add(routes, (yz_path){.path = yz_str_of(route->path), .method = yz_str_of(route->method), .op = route->op, .adapter = adapter});
        }
    }
}

void yz_routes_build(yz_routes *routes, const yz_settings *settings, bool admin) {
    routes->n = 0;
    if (!admin)
        add_adapters(routes, settings);
    add_local(routes, "GET", "/healthz", YZ_LOCAL_HEALTH);
    add_local(routes, "GET", "/readyz", YZ_LOCAL_READY);
    if (!admin)
        return;
    add_local(routes, "GET", "/status", YZ_LOCAL_STATUS);
    add_local(routes, "POST", "/reload", YZ_LOCAL_RELOAD);
    const char *test = getenv("YUZUI_TEST_CLOCK");
    if (test && strcmp(test, "1") == 0)
        add_local(routes, "POST", "/test/skip", YZ_LOCAL_SKIP);
}

void yz_routes_free(yz_routes *routes) {
    free(routes->paths);
    *routes = (yz_routes){0};
}

const yz_path *yz_routes_find(const yz_routes *routes, yz_str method, yz_str path, bool *known) {
    *known = false;
    for (size_t i = 0; i < routes->n; i++) {
        const yz_path *p = &routes->paths[i];
        if (!yz_str_eq(p->path, path))
            continue;
        if (yz_str_eq(p->method, method) || (yz_str_is(method, "HEAD") && yz_str_is(p->method, "GET")))
            return p;
        *known = true;
    }
    return NULL;
}

yz_str yz_routes_allow(const yz_routes *routes, yz_str path, yz_arena *arena) {
    bool get = false, post = false, all = yz_str_is(path, "*");
    for (size_t i = 0; i < routes->n; i++) {
        if (!all && !yz_str_eq(routes->paths[i].path, path))
            continue;
        get |= yz_str_is(routes->paths[i].method, "GET");
        post |= yz_str_is(routes->paths[i].method, "POST");
    }
    return yz_format(arena, "%s%sOPTIONS", get ? "GET, HEAD, " : "", post ? "POST, " : "");
}

yz_str yz_routes_list(const yz_routes *routes, yz_arena *arena, size_t most) {
    yz_buf text = {0};
    for (size_t i = 0; i < routes->n && i < most; i++)
        yz_buf_printf(&text, "%s%.*s %.*s", i ? ", " : "", YZ_STR_ARGS(routes->paths[i].method), YZ_STR_ARGS(routes->paths[i].path));
    if (routes->n > most)
        yz_buf_printf(&text, ", and %zu more", routes->n - most);
    yz_str list = yz_dup(arena, yz_buf_view(&text));
    yz_buf_free(&text);
    return list;
}

static const yz_adapter *by_dialect(const yz_settings *settings, const char *dialect) {
    for (size_t i = 0; i < settings->n_adapters; i++)
        if (strcmp(settings->adapters[i]->dialect, dialect) == 0 && settings->adapters[i]->write_error)
            return settings->adapters[i];
    return NULL;
}

static bool contains(yz_str text, yz_str part) { return text.n >= part.n && memmem(text.p, text.n, part.p, part.n) != NULL; }

static const yz_adapter *adapter_for(const yz_settings *settings, const char *dialect) {
    const yz_adapter *adapter = by_dialect(settings, dialect);
    if (!adapter)
        adapter = by_dialect(settings, "openai-chat");
    for (size_t i = 0; !adapter && i < settings->n_adapters; i++)
        if (settings->adapters[i]->write_error)
            adapter = settings->adapters[i];
    return adapter;
}

const yz_adapter *yz_routes_guess(const yz_settings *settings, const yz_h1_head *head) {
    const char *dialect = "openai-chat";
    for (size_t i = 0; i < head->n_headers; i++) {
        yz_str name = head->headers[i].name;
        if (yz_str_is(name, "anthropic-version") || yz_str_is(name, "x-api-key"))
            dialect = "anthropic-messages";
        else if (yz_str_is(name, "x-goog-api-key"))
            dialect = "gemini-generate";
    }
    if (contains(head->target, YZ_STR("/v1beta/")))
        dialect = "gemini-generate";
    else if (contains(head->target, YZ_STR("/messages")))
        dialect = "anthropic-messages";
    return adapter_for(settings, dialect);
}

const yz_adapter *yz_routes_guess_raw(const yz_settings *settings, yz_str bytes) {
    const char *end = bytes.n ? memchr(bytes.p, '\n', bytes.n) : NULL;
    yz_str line = {bytes.p, end ? (size_t)(end - bytes.p) : bytes.n};
    if (contains(line, YZ_STR("/v1beta/")))
        return adapter_for(settings, "gemini-generate");
    bool anthropic = contains(line, YZ_STR("/messages")) || contains(bytes, YZ_STR("\nanthropic-version:"));
    return adapter_for(settings, anthropic ? "anthropic-messages" : "openai-chat");
}
