/* server/connections.h: all connections of a worker together: their time-outs, the drain, the end. Worker thread. */
#ifndef YUZUI_SERVER_CONNECTIONS_H
#define YUZUI_SERVER_CONNECTIONS_H

#include "server/connection.h"

void yz_connections_init(yz_connections *all, yz_front *front);
/* The front drains: idle connections close soon; on_drained(arg), never from inside, when no client's connection is left. */
void yz_connections_drain(yz_connections *all, void (*on_drained)(void *arg), void *arg);
/* Logs what is still pending and cancels it; clients get an error, or an error event, before the close. */
void yz_connections_abort(yz_connections *all);
/* At once. Their memory goes with the turn. */
void yz_connections_close(yz_connections *all);

#endif
