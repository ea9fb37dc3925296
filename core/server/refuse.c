/* refuse.c: how a connection ends: the answer is out, our side is half-closed, and what the client still sends is read and forgotten
 * up to a bound, until it closes too.
 *
 * Without that reading the kernel would answer unread bytes with a reset, which destroys the answer before the client has read
 * it. The bound is there because a client that goes on sending has been refused already.
 */
#include "server/internal.h"

#define FORGET_BYTES (256 * 1024)
#define FORGET_MS    2000
#define CROWD        64 /* connections over the limit that may be told so at the same time */
#define CROWDED                                                                                                                            \
    "{\"error\":{\"message\":\"too many connections: try again "                                                                           \
    "soon\",\"type\":\"server_error\",\"param\":null,\"code\":\"unavailable\"}}\n"

void yz_refuse_begin(yz_connection *c) {
    c->state = YZ_CONNECTION_CLOSING;
    c->since = yz_now(c->server->worker);
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
    if (c->body > FORGET_BYTES)
        yz_connection_close(c);
}

void yz_refuse_tick(yz_connection *c, int64_t now) {
    if (yz_stream_queued(c->stream) > 0) {
        c->since = now; /* still taking the answer: the write time-out watches that */
        return;
    }
    if (c->eof || now - c->since >= FORGET_MS)
        yz_connection_close(c);
}

void yz_refuse_crowd(yz_connection *c) {
    YZ_COUNT(c->server->worker, refused);
    if (c->server->n_refused > CROWD) {
        yz_connection_close(c);
        return;
    }
    static const char answer[] = "HTTP/1.1 503 Service Unavailable\r\ncontent-type: application/json\r\ncontent-length: 117\r\n"
                                 "retry-after: 1\r\nconnection: close\r\n\r\n" CROWDED;
    _Static_assert(sizeof(CROWDED) - 1 == 117, "content-length");
    yz_stream_write(c->stream, &(yz_str){answer, sizeof(answer) - 1}, 1);
    c->written += sizeof(answer) - 1;
    yz_refuse_begin(c);
}
