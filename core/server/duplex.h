/* server/duplex.h: an exchange that has become a WebSocket: what the client says is the body of its request, which has no length and goes
 * on until one side ends it, and the answer is what the provider says. Neither is framed as HTTP.
 * Worker thread. */
#ifndef YUZUI_SERVER_DUPLEX_H
#define YUZUI_SERVER_DUPLEX_H

#include "http/frames.h"
#include "server/exchange.h"
#include "server/inlet.h"

typedef struct yz_duplex {
    yz_inlet inlet;  /* the body of the request */
    yz_frames said;  /* what the client was told */
    yz_frames heard; /* what it says */
    int64_t until;   /* ms: its first message, which says what is asked for, must be there by then; 0: none is waited for (opening.h) */
    yz_str opening;  /* that message; known of the body */
    int64_t counted; /* bytes of a message of the client's under way, in the count of all large bodies */
    char accept[YZ_SOCKET_ACCEPT + 1];
    yz_str protocol; /* of those that the client offered; empty: it offered none */
} yz_duplex;

/* Does the head ask for what this path is? NULL, or why it is refused; then nothing else may be done with it. In the exchange's arena. */
const yz_error *yz_duplex_read(yz_exchange *x);
/* Headers of the 101. */
void yz_duplex_head(const yz_duplex *duplex, yz_buf *out);
/* The provider's bytes are sent to the client. */
void yz_duplex_said(yz_duplex *duplex, yz_str bytes);
/* How a session that fails is ended towards its client: the bytes of a close frame, if one may be put; else none. */
void yz_duplex_close(const yz_duplex *duplex, const yz_error *error, yz_buf *out);

#endif
