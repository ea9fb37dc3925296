/* server/duplex.h: an exchange that has become a WebSocket: what the client says is the body of its request, which has no length and goes
 * on until one side ends it, and the answer is what the provider says. Both are the bytes they are; neither is framed as HTTP.
 *
 * So much of the client's as nobody has taken waits here, and no more: then its connection is not read. Worker thread. */
#ifndef YUZUI_SERVER_DUPLEX_H
#define YUZUI_SERVER_DUPLEX_H

#include "http/frames.h"
#include "server/exchange.h"

#include <yuzui/body.h>

typedef struct yz_duplex {
    yz_body body;       /* of the request */
    yz_buf fresh;       /* that came since the last pull */
    yz_buf lent;        /* what the reader of the body was given, until its next pull */
    size_t given;       /* of lent */
    int64_t full_since; /* ms: since then its connection is not read, so that nobody would see the client leave; 0: it is */
    yz_turn *turn;
    yz_task more; /* tells the reader that there is more */
    yz_body_reader *reader;
    bool waits;                   /* the reader does */
    void (*on_room)(void *owner); /* the connection may be read again */
    void *owner;
    yz_frames said; /* what the client was told */
    char accept[YZ_SOCKET_ACCEPT + 1];
    yz_str protocol; /* of those that the client offered; empty: it offered none */
} yz_duplex;

/* Does the head ask for what this path is? NULL, or why it is refused; then nothing else may be done with it. In the exchange's arena. */
const yz_error *yz_duplex_read(yz_exchange *x);
/* The client's bytes. False: enough is waiting; on_room says when there is room again. */
bool yz_duplex_put(yz_duplex *duplex, yz_str bytes);
/* Headers of the 101. */
void yz_duplex_head(const yz_duplex *duplex, yz_buf *out);
/* The provider's bytes are sent to the client. */
void yz_duplex_said(yz_duplex *duplex, yz_str bytes);
/* How a session that fails is ended towards its client: the bytes of a close frame, if one may be put; else none. */
void yz_duplex_close(const yz_duplex *duplex, const yz_error *error, yz_buf *out);

#endif
