/* server/server_inner.h: what a server is made of: for server.c and tests. */
#ifndef YUZUI_SERVER_SERVER_INNER_H
#define YUZUI_SERVER_SERVER_INNER_H

#include "server/connections.h"
#include "server/listener.h"
#include "server/server.h"

struct yz_server {
    yz_front front;
    yz_listeners listeners;
    yz_connections connections;
};

#endif
