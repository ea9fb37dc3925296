/* server/connection.h: one client's connection, as the files above see it: it is accepted, serves requests one at a time and in order,
 * and closes by itself. Worker thread. */
#ifndef YUZUI_SERVER_CONNECTION_H
#define YUZUI_SERVER_CONNECTION_H

#include "server/front.h"
#include "server/tls_slip.h"
#include "server/unread.h"

struct uv_stream_s;

typedef struct yz_connection yz_connection;

/* All connections of a worker: made and looked after by connections.c; each connection enters itself and leaves. */
typedef struct yz_connections {
    yz_front *front;
    yz_connection *list;
    size_t n;         /* of clients; admin ones are not counted */
    yz_unread unread; /* whose clients have left: they count as well */
    size_t n_crowd;   /* over the limit, on their way out */
    yz_alarm tick;    /* looks for time-outs while there are connections */
    yz_task drained;  /* while the server drains: no client's connection is left */
    bool closing;     /* everything ends at once */
    yz_tls_slips slips;
    void (*on_drained)(void *arg);
    void *drained_arg;
} yz_connections;

#define YZ_TICK_MS 500 /* how often time-outs are looked at, and so how exact they are */

/* Takes a connection that waits at a listening socket. `address`: the listener's, as configured; kept. Returns its descriptor, to
 * be compared and not used: it may be closed already. < 0: there was none. */
int yz_connection_accept(yz_connections *all, struct uv_stream_s *listener, yz_tls *tls, bool admin, yz_blob *address);
/* At once. The exchange, if any, ends as cancelled. Silent if it is closed. */
void yz_connection_close(yz_connection *connection);

#endif
