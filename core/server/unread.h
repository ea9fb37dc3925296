/* server/unread.h: exchanges whose client has left and whose call goes on because a stage wants the answer whole (yz_filter.on_leave): to
 * know what it used, and so what it costs. Nothing is written any more; the log line comes when the call has ended.
 *
 * Each counts as a connection until then: for the limit of connections, so that whoever asks and leaves fills no more of the gateway than
 * whoever stays, and for a server that drains, which waits for it as for any request. Worker thread. */
#ifndef YUZUI_SERVER_UNREAD_H
#define YUZUI_SERVER_UNREAD_H

#include "server/exchange.h"

/* All of a worker. */
typedef struct yz_unread {
    yz_exchange *first;
    size_t n;
    void (*on_last)(struct yz_unread *unread); /* the last one has ended; never from inside yz_unread_take */
} yz_unread;

/* The client of this exchange is gone, its connection closes. True: the call goes on, and the exchange ends by itself. False: nobody wants
 * the rest, and whoever made the exchange ends it. */
bool yz_unread_take(yz_unread *unread, yz_exchange *exchange);
/* Ends them all, as if nobody had wanted the rest. */
void yz_unread_abort(yz_unread *unread);

#endif
