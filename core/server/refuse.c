/* refuse.c: how a connection ends: the answer is out, our side is half-closed, and what the client still sends is read and forgotten
 * up to a bound, until it closes too.
 *
 * Without that reading the kernel would answer unread bytes with a reset, which destroys the answer before the client has read
 * it. The bound is there because a client that goes on sending has been refused already.
 */
#include "server/internal.h"

#define FORGET_BYTES (1024 * 1024)
#define QUIET_MS     2000 /* without a byte */
#define FORGET_MS    5000 /* in all */

void yz_refuse_begin(yz_connection *c) {
    c->state = YZ_CONNECTION_CLOSING;
    c->since = yz_now(c->server->worker);
    c->deadline = c->since + FORGET_MS;
    c->body = 0;
    yz_buf_free(&c->ahead);
    yz_stream_finish(c->stream);
    if (c->unread) {
        c->unread = false;
        yz_stream_read(c->stream, true);
    }
    if (c->eof && yz_stream_queued(c->stream) == 0)
        yz_connection_close(c);
}

void yz_refuse_bytes(yz_connection *c, size_t n) {
    c->body += n;
    c->since = yz_now(c->server->worker);
    if (c->body > FORGET_BYTES)
        yz_connection_close(c);
}

void yz_refuse_tick(yz_connection *c, int64_t now) {
    if (yz_stream_queued(c->stream) > 0) {
        c->since = now; /* still taking the answer: the write time-out watches that */
        c->deadline = now + FORGET_MS;
        return;
    }
    if (c->eof || now - c->since >= QUIET_MS || now >= c->deadline)
        yz_connection_close(c);
}
