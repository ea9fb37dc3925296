/* server/probes.h: the two paths the server answers itself, on every listener and before any chain: does the process live, does it take
 * requests. Worker thread. */
#ifndef YUZUI_SERVER_PROBES_H
#define YUZUI_SERVER_PROBES_H

#include "server/exchange.h"

/* Answers at once. */
void yz_probe_answer(yz_exchange *exchange);

#endif
