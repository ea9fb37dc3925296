/* server/door.h: which chain a request takes, and who is turned away by the head alone, before a body is read or asked for.
 *
 * Bodies are the one large thing that a client makes us hold, and a stranger's is of no use. So the first stages of the chain are asked
 * at the head (yz_filter.on_arrival), as far as each can judge by it. One that refuses whatever may follow gets its call at once, without
 * the body: what it answers, how late, and what is logged and counted of it is the stage's affair as ever. Worker thread. */
#ifndef YUZUI_SERVER_DOOR_H
#define YUZUI_SERVER_DOOR_H

#include "server/exchange.h"

/* The head is read and fits what is asked for, and a body follows. False: it will be refused; chain and reach of the exchange are set. */
bool yz_door_arrive(yz_exchange *exchange);
/* The same of a head that was let in a while ago: keys may have gone since. NULL, with chain and reach as above; or why it is refused, as a
 * config that was loaded meanwhile does not have its key. */
const yz_error *yz_door_again(yz_exchange *exchange);
/* The chain of a request that is whole, or was turned away; and at which of its links it begins. */
const yz_chain *yz_door_chain(const yz_exchange *exchange);
size_t yz_door_link(const yz_exchange *exchange, const yz_chain *chain);

#endif
