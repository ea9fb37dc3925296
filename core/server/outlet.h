/* server/outlet.h: the way out of a connection. Small pieces are gathered: what one turn says to one connection is one write at the end
 * of the turn (head, first bytes, last chunk). There is one such buffer, the cork, for the whole worker, because events for one
 * connection come in a row; when another connection wants it, it is written out first. Long pieces are not copied into it: they go out
 * after it in one gathered write.
 *
 * Nothing here knows for which request it writes. Worker thread.
 */
#ifndef YUZUI_SERVER_OUTLET_H
#define YUZUI_SERVER_OUTLET_H

#include "call/turn.h"
#include "net/stream.h"

typedef struct yz_outlet yz_outlet;

/* One for a worker. */
typedef struct yz_cork {
    yz_turn *turn;
    yz_outlet *outlet; /* whose bytes these are; NULL: nobody's */
    yz_buf bytes;      /* of this turn, not yet written */
    yz_task flush;
} yz_cork;

void yz_cork_init(yz_cork *cork, yz_turn *turn);
void yz_cork_free(yz_cork *cork);

/* One for a connection, in its memory. */
struct yz_outlet {
    yz_cork *cork;
    yz_stream *stream; /* NULL: closed, nothing may be written any more */
    uint64_t written;  /* bytes given to the stream */
    bool full;         /* the stream asked for a rest; whoever gets its on_drain sets it back */
    /* It has just become full. Called from inside a write: it may pause who writes, and must not close the stream. */
    void (*on_full)(yz_outlet *outlet);
};

/* Where small pieces are put: appended to, and not kept beyond that. */
yz_buf *yz_outlet_buffer(yz_outlet *outlet);
/* A piece of any length. */
void yz_outlet_send(yz_outlet *outlet, yz_str bytes);
/* The same as a chunk of HTTP/1.1; not empty. */
void yz_outlet_chunk(yz_outlet *outlet, yz_str bytes);
/* Writes out what is gathered for it. */
void yz_outlet_flush(yz_outlet *outlet);
/* Forgets what is gathered for it: the connection closes. */
void yz_outlet_drop(yz_outlet *outlet);

#endif
