/* server/admin.h: the paths the server answers itself: probes on every listener; status, reload and, for tests, the clock on the admin
 * listener. Worker thread. */
#ifndef YUZUI_SERVER_ADMIN_H
#define YUZUI_SERVER_ADMIN_H

#include "server/exchange.h"

/* Refuses what may not use the admin listener; NULL: it may. */
const yz_error *yz_admin_guard(const yz_asked *asked);
/* Answers a request for one of the server's own paths, at once or later. */
void yz_local_run(yz_exchange *exchange);

#endif
