/* server/meant.h: which path is meant by one that there is not. */
#ifndef YUZUI_SERVER_MEANT_H
#define YUZUI_SERVER_MEANT_H

#include "server/route.h"

/* Those that are most likely meant, "POST /v1/chat/completions or …", in the arena; empty: none is near, or too many are. Worker thread. */
yz_str yz_routes_meant(const yz_routes *routes, yz_str path, yz_arena *arena);

#endif
