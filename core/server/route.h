/* server/route.h: which path is answered by whom: the chain, or the server itself.
 *
 * The table is built from the adapters of a generation when a worker adopts it, and read for every head. Worker thread. */
#ifndef YUZUI_SERVER_ROUTE_H
#define YUZUI_SERVER_ROUTE_H

#include "config/settings.h"
#include "http/h1.h"

/* Who answers a path: the chain, or a few lines of the server itself. */
typedef enum yz_local { YZ_LOCAL_NONE, YZ_LOCAL_HEALTH, YZ_LOCAL_READY, YZ_LOCAL_STATUS, YZ_LOCAL_RELOAD, YZ_LOCAL_SKIP } yz_local;

typedef struct yz_path {
    yz_str path;
    yz_str method;
    yz_local local;
    yz_op op;                  /* with YZ_LOCAL_NONE */
    const yz_adapter *adapter; /* likewise */
} yz_path;

typedef struct yz_routes {
    yz_path *paths;
    size_t n, cap;
} yz_routes;

/* Fills anew from the adapters of the settings; `admin`: the paths of the admin listener. */
void yz_routes_build(yz_routes *routes, const yz_settings *settings, bool admin);
void yz_routes_free(yz_routes *routes);
/* The path for this method (HEAD finds GET), or NULL: then *known says whether another method would do. */
const yz_path *yz_routes_find(const yz_routes *routes, yz_str method, yz_str path, bool *known);
/* "GET, HEAD, OPTIONS": the methods of a path; `path` "*": of all. */
yz_str yz_routes_allow(const yz_routes *routes, yz_str path, yz_arena *arena);
/* "POST /v1/chat/completions, …" for a 404; at most `most` of them. */
yz_str yz_routes_list(const yz_routes *routes, yz_arena *arena, size_t most);
/* The adapter whose error envelope a client most likely reads, judged by headers and path; NULL if no adapter is loaded. */
const yz_adapter *yz_routes_guess(const yz_settings *settings, const yz_h1_head *head);
/* Likewise from the bytes of a head that could not be read; they may be empty. */
const yz_adapter *yz_routes_guess_raw(const yz_settings *settings, yz_str bytes);

#endif
