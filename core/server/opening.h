/* server/opening.h: what a client says in a session. Where its path says so (yz_route.opens), its first message is what it asks for: the
 * handshake is answered at once, and the call starts when that message is there; what is wrong from then on is said by a close frame.
 * All that comes after it, and of other sessions everything, is for the provider. Worker thread. */
#ifndef YUZUI_SERVER_OPENING_H
#define YUZUI_SERVER_OPENING_H

#include "server/exchange.h"

/* The head is fine: answers it, and waits; or lets the stage that refuses it (`reach`) answer. */
void yz_opening_begin(yz_exchange *exchange);
/* Is its first message still to come? */
bool yz_opening_waits(const yz_exchange *exchange);
/* Bytes of the client's, of any session. False: enough is waiting. They may be its end: then it is answered. */
bool yz_opening_put(yz_exchange *exchange, yz_str bytes);
/* Ends one that waits: it has waited too long by `now`, or the gateway stops. */
void yz_opening_tick(yz_exchange *exchange, int64_t now);
void yz_opening_abort(yz_exchange *exchange);

#endif
