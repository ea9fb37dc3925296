/* server/route.h: which path is answered by whom: the chain, or the server itself.
 *
 * The table is built from the adapters of a generation when a worker adopts it, and read for every head. Worker thread. */
#ifndef YUZUI_SERVER_ROUTE_H
#define YUZUI_SERVER_ROUTE_H

#include "config/settings.h"
#include "http/h1.h"

/* Who answers a path: a chain of the config, the admin chain, that of keys' owners, that of what jobs have made, the stage that hears
 * providers (yz_filter.hears), or a few lines of the server itself. */
typedef enum yz_local {
    YZ_LOCAL_NONE,
    YZ_LOCAL_ADMIN,
    YZ_LOCAL_SELF,
    YZ_LOCAL_MEDIA,
    YZ_LOCAL_HOOK,
    YZ_LOCAL_HEALTH,
    YZ_LOCAL_READY
} yz_local;

typedef struct yz_path {
    yz_str path; /* as it was declared */
    yz_str method;
    yz_local local;
    yz_op op;                   /* with YZ_LOCAL_NONE */
    bool stream;                /* likewise: the path itself asks for a stream */
    bool form;                  /* likewise: its body may be a form */
    const char *const *streams; /* likewise: names of the files in it that may stream; NULL: it does not */
    bool opens;                 /* likewise: of a session, its first message says what is asked for */
    bool body;                  /* with YZ_LOCAL_ADMIN, YZ_LOCAL_SELF, YZ_LOCAL_HOOK: it may have one */
    const yz_adapter *adapter;  /* likewise */
    bool pattern;               /* one segment holds {model} or is {id} */
    bool id, part;              /* it is {id}; any one segment may stand at the end */
    bool shared;                /* another adapter answers it as well */
    yz_str before, after;       /* what stands around it */
    yz_str lead;                /* of an {id} behind a {model}: what stands before that */
} yz_path;

typedef struct yz_routes {
    yz_path *paths;
    size_t n, cap;
    bool admin; /* of the admin listener */
} yz_routes;

/* Fills anew from the adapters of the settings; `admin`: the paths of the admin listener. */
void yz_routes_build(yz_routes *routes, const yz_settings *settings, bool admin);
void yz_routes_free(yz_routes *routes);
/* The path for this method (HEAD finds GET), or NULL: then *known says whether another method would do. `path` is unescaped. */
const yz_path *yz_routes_find(const yz_routes *routes, yz_str method, yz_str path, bool *known);
/* The same for a path that is nobody's as it stands, but with the version once, or with one, and without slashes too many: half of all
 * clients are given a base URL that others want otherwise. *path becomes what was found. */
const yz_path *yz_routes_guess(const yz_routes *routes, yz_str method, yz_str *path, yz_arena *arena, bool *known);
/* Where several adapters answer the path that was found: the one whose headers the head has, else the fallback, else the first. */
const yz_path *yz_routes_choose(const yz_routes *routes, const yz_path *found, const yz_h1_head *head);
/* The model or the id (path->id) that a path names which was found by a pattern, as a slice of it: never empty. Else empty. */
yz_str yz_path_named(const yz_path *path, yz_str asked);
/* "GET, HEAD, OPTIONS": the methods of a path; `path` "*": of all. */
yz_str yz_routes_allow(const yz_routes *routes, yz_str path, yz_arena *arena);
/* "POST /v1/chat/completions, …" for a 404; at most `most` of them. */
yz_str yz_routes_list(const yz_routes *routes, yz_arena *arena, size_t most);

#endif
