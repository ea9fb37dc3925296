/* wire.c: bytes to and from one server.
 *
 *   CONNECTING → SHAKING (only under TLS) → OPEN → SHUT
 *
 * The socket is ours and libuv only polls it, so that OpenSSL may read and write it as we do. What is put is sent when the socket is next
 * found to take it: all commands of one turn of the loop leave together. A poll also asks for room while something waits for it.
 */
#include "wire.h"

#include <errno.h>
#include <limits.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <stdlib.h>
#include <unistd.h>

#define KEPT   ((size_t)64 << 10) /* of the buffer, once all is sent */
#define PIECE  (16 << 10)         /* of one read: a whole TLS record */
#define PIECES 16                 /* read in a row, before others have their turn */

typedef enum phase { CONNECTING, SHAKING, OPEN, SHUT } phase;

struct redis_wire {
    uv_poll_t poll;
    int fd;
    phase phase;
    SSL *ssl;           /* NULL: no TLS */
    const char *broken; /* why it ended, once it has */
    bool blocked;       /* waits for room in the socket */
    bool heard;         /* something came under TLS */
    int events;         /* that are polled for */
    yz_buf out;
    size_t sent; /* of `out` */
    const wire_hooks *hooks;
    void *arg;
};

static const char *system_reason(int code) { return uv_strerror(uv_translate_sys_error(code)); }

/* ---- reading and writing: how many bytes, 0 when the socket has nothing or no room, -1 when it has ended, with the reason in `broken`
 * ---- */

static ssize_t end(redis_wire *wire, const char *why) {
    wire->broken = why;
    return -1;
}

static ssize_t plain_done(redis_wire *wire, ssize_t n) {
    if (n >= 0)
        return n;
    return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR ? 0 : end(wire, system_reason(errno));
}

static ssize_t sealed_done(redis_wire *wire, int done, const size_t *n) {
    int error = done == 1 ? SSL_ERROR_NONE : SSL_get_error(wire->ssl, done);
    wire->blocked = wire->blocked || error == SSL_ERROR_WANT_WRITE;
    if (error == SSL_ERROR_NONE)
        return (ssize_t)*n;
    if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE)
        return 0;
    /* With TLS 1.3 a server looks at our certificate after our handshake is over, and a reset may overtake its alert. */
    if (error == SSL_ERROR_SYSCALL && !ERR_peek_error() && wire->phase == OPEN && !wire->heard && !SSL_get_certificate(wire->ssl))
        return end(wire, "it broke off right after the TLS handshake: certificate required, it seems (cert, key)");
    return end(wire, error == SSL_ERROR_SYSCALL && errno && !ERR_peek_error() ? system_reason(errno) : seal_why(wire->ssl));
}

static ssize_t hear(redis_wire *wire, ssize_t n) {
    wire->heard = wire->heard || n > 0;
    return n;
}

static ssize_t take(redis_wire *wire, char *out, size_t room) {
    size_t n = 0;
    errno = 0;
    ERR_clear_error();
    if (wire->ssl)
        return hear(wire, sealed_done(wire, SSL_read_ex(wire->ssl, out, room, &n), &n));
    ssize_t got = recv(wire->fd, out, room, 0);
    return got == 0 ? end(wire, "it closed the connection") : plain_done(wire, got);
}

static ssize_t give(redis_wire *wire, const char *p, size_t n) {
    size_t done = 0;
    errno = 0;
    ERR_clear_error();
    if (wire->ssl)
        return sealed_done(wire, SSL_write_ex(wire->ssl, p, n, &done), &done);
    ssize_t gone = plain_done(wire, send(wire->fd, p, n, MSG_NOSIGNAL));
    wire->blocked = wire->blocked || (gone >= 0 && (size_t)gone < n);
    return gone;
}

/* ---- what the socket is ready for ------------------------------------------------------------------------------------------ */

static void on_ready(uv_poll_t *poll, int status, int events);

static void wire_poll(redis_wire *wire) {
    int events = wire->phase == CONNECTING ? UV_WRITABLE : UV_READABLE | (wire->blocked ? UV_WRITABLE : 0);
    if (events != wire->events && wire->phase != SHUT)
        uv_poll_start(&wire->poll, events, on_ready);
    wire->events = events;
}

static void write_all(redis_wire *wire) {
    ssize_t n = 1;
    wire->blocked = false;
    while (n > 0 && wire->sent < wire->out.n) {
        n = give(wire, wire->out.p + wire->sent, wire->out.n - wire->sent);
        wire->sent += n > 0 ? (size_t)n : 0;
    }
    if (wire->sent < wire->out.n)
        return;
    wire->sent = wire->out.n = 0;
    if (wire->out.cap > KEPT)
        yz_buf_free(&wire->out);
}

/* A while, and until OpenSSL has handed out what it holds: no poll tells of that. */
static void read_some(redis_wire *wire) {
    char bytes[PIECE];
    ssize_t n = PIECE;
    for (int i = 0; wire->phase == OPEN && ((n == PIECE && i < PIECES) || (wire->ssl && SSL_has_pending(wire->ssl))); i++) {
        n = take(wire, bytes, sizeof bytes);
        if (n <= 0)
            return;
        wire->hooks->on_bytes(wire->arg, bytes, (size_t)n);
    }
}

static void shake(redis_wire *wire) {
    static const size_t whole = 1;
    errno = 0;
    ERR_clear_error();
    if (sealed_done(wire, SSL_do_handshake(wire->ssl), &whole) != 1)
        return;
    wire->phase = OPEN;
    wire->hooks->on_open(wire->arg);
}

static void connected(redis_wire *wire) {
    int code = 0;
    socklen_t n = sizeof code;
    if (getsockopt(wire->fd, SOL_SOCKET, SO_ERROR, &code, &n) != 0 || code != 0) {
        end(wire, system_reason(code ? code : errno));
        return;
    }
    wire->phase = wire->ssl ? SHAKING : OPEN;
    if (!wire->ssl)
        wire->hooks->on_open(wire->arg);
}

static void on_ready(uv_poll_t *poll, int status, int events) {
    redis_wire *wire = poll->data;
    wire->blocked = false;
    if (wire->phase == CONNECTING)
        connected(wire);
    if (wire->phase == SHAKING && !wire->broken)
        shake(wire);
    else if (wire->phase == OPEN && !wire->broken && (status < 0 || (events & UV_READABLE)))
        read_some(wire);
    if (wire->phase == OPEN && !wire->broken)
        write_all(wire);
    if (status < 0 && !wire->broken) /* libuv polls no more; what it says is always EBADF */
        end(wire, "the connection broke");
    if (wire->phase != SHUT && wire->broken)
        wire->hooks->on_end(wire->arg, wire->broken);
    wire_poll(wire);
}

/* ---- birth and death ------------------------------------------------------------------------------------------------------- */

static void on_closed(uv_handle_t *handle) { free(handle->data); }

static int begin(redis_wire *wire, uv_loop_t *loop, const struct sockaddr *address, const char **why) {
    int one = 1;
    socklen_t n = address->sa_family == AF_INET6 ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in);
    wire->fd = socket(address->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (wire->fd >= 0)
        setsockopt(wire->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (wire->fd < 0 || (connect(wire->fd, address, n) != 0 && errno != EINPROGRESS)) {
        *why = system_reason(errno);
        return YZ_EIO;
    }
    return uv_poll_init(loop, &wire->poll, wire->fd) == 0 ? YZ_OK : YZ_EIO;
}

redis_wire *wire_open(uv_loop_t *loop, const struct sockaddr *address, SSL_CTX *tls, const char *host, const wire_hooks *hooks, void *arg,
                      const char **why) {
    redis_wire *wire = calloc(1, sizeof *wire);
    if (!wire)
        return NULL;
    *why = "no connection could be opened";
    wire->hooks = hooks;
    wire->arg = arg;
    int code = begin(wire, loop, address, why);
    if (code == YZ_OK) {
        wire->poll.data = wire;
        wire->ssl = tls ? seal_new(tls, host, wire->fd) : NULL;
    }
    if (code == YZ_OK && (!tls || wire->ssl)) {
        wire_poll(wire);
        return wire;
    }
    if (wire->fd >= 0)
        close(wire->fd);
    if (code == YZ_OK)
        uv_close((uv_handle_t *)&wire->poll, on_closed);
    else
        free(wire);
    return NULL;
}

void wire_put(redis_wire *wire, const char *p, size_t n) {
    if (wire->sent > wire->out.n / 2) { /* before it grows */
        wire->out.n -= wire->sent;
        memmove(wire->out.p, wire->out.p + wire->sent, wire->out.n);
        wire->sent = 0;
    }
    yz_buf_put(&wire->out, p, n);
    wire->blocked = true;
    wire_poll(wire);
}

size_t wire_unsent(const redis_wire *wire) { return wire->out.n - wire->sent; }

const char *wire_late(const redis_wire *wire) {
    if (wire->phase == SHAKING)
        return "it does not answer the TLS handshake: does it speak TLS on this port? Without, the url begins with redis://";
    return wire->phase == CONNECTING ? "connecting took too long" : "it took too long to answer the first command";
}

void wire_close(redis_wire *wire) {
    if (wire->ssl && wire->phase == OPEN && !wire->broken)
        SSL_shutdown(wire->ssl);
    ERR_clear_error();
    wire->phase = SHUT;
    SSL_free(wire->ssl);
    wire->ssl = NULL;
    yz_buf_free(&wire->out);
    uv_poll_stop(&wire->poll);
    uv_close((uv_handle_t *)&wire->poll, on_closed);
    close(wire->fd);
}
