/* server/timeouts.h: how long a client may take over what it does. Worker thread. */
#ifndef YUZUI_SERVER_TIMEOUTS_H
#define YUZUI_SERVER_TIMEOUTS_H

#include "server/connection.h"

/* Looks at one connection: one that has taken too long is refused or closed. Every YZ_TICK_MS. */
void yz_connection_tick(yz_connection *connection, int64_t now);

#endif
