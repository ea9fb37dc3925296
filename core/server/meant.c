/* meant.c: which path is meant by one that there is not: for the words of a 404. A path that was cut short ("/v1/chat"), a misspelt one, or
 * a method behind a model's name that there is not ("/v1beta/models/NAME:generate").
 */
#include "server/meant.h"

#include "base/arena.h"
#include "base/diag.h"

enum { MOST = 4 }; /* more than so many are no hint */

static bool begins(yz_str text, yz_str begin) { return text.n > begin.n && memcmp(text.p, begin.p, begin.n) == 0; }

/* What stands behind the name in this path, such as ":generate". */
static yz_str verb_of(yz_str path) {
    const char *slash = path.n > 0 ? memrchr(path.p, '/', path.n) : NULL;
    size_t rest = slash ? (size_t)(path.p + path.n - slash) : 0;
    const char *colon = rest > 0 ? memrchr(slash, ':', rest) : NULL;
    return colon ? (yz_str){colon, (size_t)(path.p + path.n - colon)} : (yz_str){0};
}

typedef struct found {
    yz_buf text;
    size_t n;
    yz_str last;
} found;

static void add(found *f, const yz_path *p) {
    if (f->n > 0 && yz_str_eq(f->last, p->path))
        return; /* of another method, or another adapter's */
    f->last = p->path;
    if (f->n++ < MOST)
        yz_buf_printf(&f->text, "%s%.*s %.*s", f->n > 1 ? " or " : "", YZ_STR_ARGS(p->method), YZ_STR_ARGS(p->path));
}

/* Names in it end in a method that begins as this one does, or that this one begins with. */
static bool has_verb(const yz_path *p, yz_str path, yz_str verb) {
    yz_str before = {path.p, path.n - verb.n};
    return p->pattern && p->after.n > 1 && p->after.p[0] == ':' && begins(before, p->before) &&
           (begins(p->after, verb) || begins(verb, p->after));
}

static const char *nearest(const yz_routes *routes, yz_str path, yz_arena *arena) {
    const char **names = yz_alloc(arena, (routes->n + 1) * sizeof *names);
    size_t n = 0;
    for (size_t i = 0; i < routes->n; i++)
        if (!routes->paths[i].pattern)
            names[n++] = routes->paths[i].path.p; /* literals, and texts of plugins */
    return yz_did_you_mean(path, names, n);
}

static void find(found *f, const yz_routes *routes, yz_str path, yz_arena *arena) {
    yz_str verb = verb_of(path), folder = yz_format(arena, "%.*s/", YZ_STR_ARGS(path));
    for (size_t i = 0; i < routes->n; i++)
        if (verb.n > 1 ? has_verb(&routes->paths[i], path, verb) : !routes->paths[i].pattern && begins(routes->paths[i].path, folder))
            add(f, &routes->paths[i]);
    const char *near = f->n == 0 ? nearest(routes, path, arena) : NULL;
    for (size_t i = 0; i < routes->n && near; i++)
        if (yz_str_is(routes->paths[i].path, near))
            add(f, &routes->paths[i]);
}

static bool ends_with(yz_str path, yz_str end) { return path.n > end.n && end.n > 1 && memcmp(path.p + path.n - end.n, end.p, end.n) == 0; }

/* A path of ours behind something else, as Azure's deployments and relays have it; or Ollama's own. */
static void find_behind(found *f, const yz_routes *routes, yz_str path) {
    bool ollama = yz_str_is(path, "/api/chat") || yz_str_is(path, "/api/generate");
    if (ollama)
        path = YZ_STR("/api/v1/chat/completions");
    for (size_t i = 0; i < routes->n; i++) {
        yz_str own = routes->paths[i].path;
        yz_str rest = begins(own, YZ_STR("/v1/")) ? (yz_str){own.p + 3, own.n - 3} : (yz_str){0};
        const char *second = rest.n > 1 ? memchr(rest.p + 1, '/', rest.n - 1) : NULL; /* one word may be anybody's */
        if (second && !routes->paths[i].pattern && ends_with(path, rest))
            add(f, &routes->paths[i]);
    }
}

yz_str yz_routes_meant(const yz_routes *routes, yz_str path, yz_arena *arena) {
    found f = {0};
    find(&f, routes, path, arena);
    if (f.n == 0 && path.n > 1) /* without its version */
        find(&f, routes, yz_format(arena, "/v1%.*s", YZ_STR_ARGS(path)), arena);
    if (f.n == 0)
        find_behind(&f, routes, path);
    yz_str text = f.n <= MOST ? yz_dup(arena, yz_buf_view(&f.text)) : (yz_str){0};
    yz_buf_free(&f.text);
    return text;
}
