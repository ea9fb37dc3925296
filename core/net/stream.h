/* net/stream.h: a TCP connection, plain or TLS, seen by the server and the upstream client alike.
 *
 * Reading goes through one buffer per worker, so an idle connection holds none. Writing sends at once what the socket takes and
 * queues a copy of the rest. TCP_NODELAY is always set. No hook is called from inside a function of this header, and none after
 * yz_stream_close. The worker's `io` (net/io.h) must stand before its first connection.
 *
 * A TLS peer that closes without close_notify has cut its answer: that is on_broken, not on_eof.
 */
#ifndef YUZUI_NET_STREAM_H
#define YUZUI_NET_STREAM_H

#include <yuzui/base.h>
#include <yuzui/call.h>

struct uv_stream_s;
struct sockaddr;

typedef struct yz_stream yz_stream;
typedef struct yz_tls yz_tls; /* net/tls.h: a context, for a listener or for upstreams */

typedef struct yz_stream_hooks {
    /* Connected and, with TLS, shaken hands; or failed: then broken. YZ_EUNSUPPORTED at a listener with TLS: the peer speaks plain HTTP.
     * Then the connection is open and plain, so that it can be told; the bytes that showed it are gone. */
    void (*on_open)(void *arg, int code, const char *reason);
    void (*on_bytes)(void *arg, const char *p, size_t n);       /* the bytes live until it returns */
    void (*on_eof)(void *arg);                                  /* the peer will send no more */
    void (*on_drain)(void *arg);                                /* the queue is empty again after yz_stream_write returned false */
    void (*on_broken)(void *arg, int code, const char *reason); /* reset or the like: only yz_stream_close is left to do */
} yz_stream_hooks;

#define YZ_STREAM_HIGH (256 * 1024) /* queued bytes above which yz_stream_write asks for a rest */

/* Takes a connection from a listener; tls NULL: plain. on_open follows. NULL: accept failed. Reading starts at once. */
yz_stream *yz_stream_accept(yz_worker *worker, struct uv_stream_s *listener, yz_tls *tls, const yz_stream_hooks *hooks, void *arg);
/* Its descriptor; -1: it has none. */
int yz_stream_fd(const yz_stream *stream);
/* Begins to connect. With tls: SNI and certificate check for `host` after the connection stands. */
yz_stream *yz_stream_connect(yz_worker *worker, const struct sockaddr *address, yz_tls *tls, const char *host, const yz_stream_hooks *hooks,
                             void *arg);
/* Puts TLS on an open plain stream (after a CONNECT). on_open is called again. */
void yz_stream_start_tls(yz_stream *stream, yz_tls *tls, const char *host);
/* Whose events these are from now on: for pooled connections. */
void yz_stream_own(yz_stream *stream, const yz_stream_hooks *hooks, void *arg);

/* What the peer said before it broke the connection is wanted: where writing fails, that is read first, and on_broken follows it. A server
 * that refuses a long request says why, closes, and has not read the rest: the kernel answers that with a reset. */
void yz_stream_hear_out(yz_stream *stream);

/* Sends the parts in order. False: more than YZ_STREAM_HIGH bytes wait, stop until on_drain. Errors come through on_broken. */
bool yz_stream_write(yz_stream *stream, const yz_str *parts, size_t n);
size_t yz_stream_queued(const yz_stream *stream);
void yz_stream_read(yz_stream *stream, bool on); /* back-pressure: stop and start reading */
/* Has the peer closed its side, or broken the connection? To be asked of a stream that is not read, and so hears of neither. */
bool yz_stream_left(const yz_stream *stream);
/* The next read goes to `p`, at most `n` bytes (NULL: to the worker's buffer again), and is reported by on_bytes as any other: so a long
 * body is not copied. A hint only: with TLS bytes come from elsewhere. It holds for one read, and must be taken back before p goes. */
void yz_stream_read_into(yz_stream *stream, char *p, size_t n);
void yz_stream_finish(yz_stream *stream); /* half-close after what is queued */
/* At once: silent from now on, what is still queued is lost (a TLS peer is notified, when nothing is). Memory goes later by itself. */
void yz_stream_close(yz_stream *stream);
/* Bytes received so far (after TLS), and the peer's address as text ("1.2.3.4", "::1"). */
uint64_t yz_stream_received(const yz_stream *stream);
const char *yz_stream_peer(const yz_stream *stream);
bool yz_stream_resumed(const yz_stream *stream); /* its TLS session is one from before */

#endif
