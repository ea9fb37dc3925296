/* stream.c: the life of a connection and its reading half.
 *
 * A stream is one allocation around a uv_tcp_t; a queue (outbox.c) and TLS (seal.c) hang off it only while there is one. Bytes are
 * read into the worker's buffer and handed on in the same callback, so an idle connection costs its struct alone.
 *
 * Invariants:
 *   - hooks run from callbacks of the loop or from the task queue, never from inside a function the owner calls;
 *   - after yz_stream_close no hook runs, and the memory goes when the loop reports the handle closed;
 *   - on_broken (or on_open with a code) is called once and is the last event.
 */
#include "base/arena.h"
#include "base/check.h"
#include "net/stream_inner.h"

#include <poll.h>
#include <stdlib.h>

yz_io *yz_io_new(void) {
    yz_io *io = yz_calloc(1, sizeof *io);
    io->read = yz_malloc(YZ_IO_READ);
    return io;
}

void yz_io_free(yz_io *io) {
    if (!io)
        return;
    free(io->read);
    free(io->plain);
    free(io->gather);
    yz_buf_free(&io->sealed);
    free(io);
}

static yz_stream *stream_of(void *handle) { return ((uv_handle_t *)handle)->data; }

static void tell_open(yz_stream *stream) {
    stream->open_due = false;
    if (stream->phase == YZ_STREAM_OPEN) {
        stream->was_open = true;
        stream->hooks->on_open(stream->arg, YZ_OK, "");
    }
}

static void tell_broken(yz_stream *stream) {
    if (stream->was_open)
        stream->hooks->on_broken(stream->arg, stream->code, stream->reason);
    else
        stream->hooks->on_open(stream->arg, stream->code, stream->reason);
}

static void take_bytes(yz_stream *stream, const char *p, size_t n) {
    if (stream->seal) {
        yz_seal_bytes(stream, p, n);
        return;
    }
    stream->received += n;
    stream->hooks->on_bytes(stream->arg, p, n);
}

/* Not from inside a function of the owner's. */
static void hear_out(yz_stream *stream, int uv_code) {
    uv_os_fd_t fd;
    ssize_t n = uv_fileno((const uv_handle_t *)&stream->tcp, &fd) == 0;
    while (n > 0 && stream->phase == YZ_STREAM_OPEN && stream->want_read && !stream->eof)
        if ((n = recv(fd, stream->worker->io->read, YZ_IO_READ, MSG_DONTWAIT)) > 0)
            take_bytes(stream, stream->worker->io->read, (size_t)n);
    if (stream->phase == YZ_STREAM_OPEN)
        yz_stream_break_uv(stream, uv_code, true);
}

static void run_task(yz_task *task) {
    yz_stream *stream = YZ_CONTAINER(task, yz_stream, task);
    if (stream->open_due)
        tell_open(stream);
    if (stream->deaf && stream->phase == YZ_STREAM_OPEN) {
        hear_out(stream, stream->deaf);
        return;
    }
    if (stream->phase == YZ_STREAM_BROKEN)
        tell_broken(stream);
}

static void follow(yz_stream *stream);

static void post(yz_stream *stream) { yz_task_post(&stream->worker->turn, &stream->task); }

void yz_stream_break(yz_stream *stream, int code, const char *reason, bool now) {
    if (stream->phase >= YZ_STREAM_BROKEN)
        return;
    stream->phase = YZ_STREAM_BROKEN;
    stream->code = code;
    stream->reason = reason;
    uv_read_stop((uv_stream_t *)&stream->tcp);
    if (now)
        tell_broken(stream);
    else
        post(stream);
}

void yz_stream_break_uv(yz_stream *stream, int uv_code, bool now) {
    yz_stream_break(stream, uv_code == UV_ETIMEDOUT ? YZ_ETIMEOUT : YZ_EIO, uv_strerror(uv_code), now);
}

void yz_stream_break_write(yz_stream *stream, int uv_code, bool now) {
    if (!stream->hears || stream->phase != YZ_STREAM_OPEN) {
        yz_stream_break_uv(stream, uv_code, now);
    } else if (now) {
        hear_out(stream, uv_code);
    } else {
        stream->deaf = uv_code;
        post(stream);
    }
}

void yz_stream_hear_out(yz_stream *stream) { stream->hears = true; }

void yz_stream_opened(yz_stream *stream) {
    stream->phase = YZ_STREAM_OPEN;
    follow(stream);
    tell_open(stream);
}

void yz_stream_opened_plain(yz_stream *stream) {
    yz_seal_free(stream->seal);
    stream->seal = NULL;
    stream->phase = YZ_STREAM_OPEN;
    stream->open_due = false;
    stream->was_open = true;
    follow(stream);
    stream->hooks->on_open(stream->arg, YZ_EUNSUPPORTED, "plain HTTP where TLS is spoken");
}

void yz_stream_ended(yz_stream *stream) {
    if (stream->eof || stream->phase != YZ_STREAM_OPEN)
        return;
    stream->eof = true;
    follow(stream);
    stream->hooks->on_eof(stream->arg);
}

/* ---- reading --------------------------------------------------------------------------------------------------------- */

static void on_alloc(uv_handle_t *handle, size_t size, uv_buf_t *buf) {
    (void)size;
    yz_stream *stream = stream_of(handle);
    if (stream->into && !stream->seal)
        *buf = uv_buf_init(stream->into, (unsigned)stream->into_n);
    else
        *buf = uv_buf_init(stream->worker->io->read, YZ_IO_READ);
}

/* libuv reports the end of a connection that was reset right after bytes it just read as an orderly one (it does not read again when
 * the poll said "hung up"). The socket knows better. */
static bool was_reset(const yz_stream *stream) {
    uv_os_fd_t fd;
    int error = 0;
    socklen_t size = sizeof error;
    if (uv_fileno((const uv_handle_t *)&stream->tcp, &fd) != 0 || getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) != 0)
        return false;
    return error != 0;
}

static void on_read(uv_stream_t *handle, ssize_t n, const uv_buf_t *buf) {
    yz_stream *stream = stream_of(handle);
    if (n == 0)
        return;
    stream->into = NULL;
    if (stream->open_due && stream->phase == YZ_STREAM_OPEN)
        tell_open(stream); /* bytes were faster than the task */
    if (stream->phase >= YZ_STREAM_BROKEN)
        return;
    if (n == UV_EOF && was_reset(stream))
        n = UV_ECONNRESET;
    if (n == UV_EOF && stream->seal) {
        yz_seal_eof(stream);
    } else if (n == UV_EOF) {
        yz_stream_ended(stream);
    } else if (n < 0) {
        yz_stream_break_uv(stream, (int)n, true);
    } else {
        yz_turn *turn = &stream->worker->turn;
        take_bytes(stream, buf->base, (size_t)n);
        /* A full buffer: libuv reads on at once, 32 times, before anything else has its turn. What came is passed on first, while it is in
         * the cache and so that whoever is full can say so: 2 MiB would lie there otherwise. */
        if ((size_t)n == YZ_IO_READ)
            yz_turn_run(turn, yz_clock_ms());
    }
}

/* Starts or stops reading, as phase and want_read ask for. */
static void follow(yz_stream *stream) {
    bool shaking = stream->phase == YZ_STREAM_SHAKING;
    bool reads = !stream->eof && (shaking || (stream->phase == YZ_STREAM_OPEN && stream->want_read));
    if (reads)
        uv_read_start((uv_stream_t *)&stream->tcp, on_alloc, on_read);
    else
        uv_read_stop((uv_stream_t *)&stream->tcp);
}

void yz_stream_read(yz_stream *stream, bool on) {
    if (stream->want_read == on)
        return;
    stream->want_read = on;
    if (stream->phase == YZ_STREAM_OPEN)
        follow(stream);
}

void yz_stream_read_into(yz_stream *stream, char *p, size_t n) {
    stream->into = n ? p : NULL;
    stream->into_n = n < YZ_IO_INTO ? n : YZ_IO_INTO;
}

/* ---- opening --------------------------------------------------------------------------------------------------------- */

static yz_stream *stream_new(yz_worker *worker, const yz_stream_hooks *hooks, void *arg) {
    YZ_MUST(worker->io != NULL);
    yz_stream *stream = yz_calloc(1, sizeof *stream);
    stream->worker = worker;
    stream->hooks = hooks;
    stream->arg = arg;
    stream->task.run = run_task;
    stream->want_read = true;
    stream->open_due = true;
    YZ_MUST(uv_tcp_init(worker->loop, &stream->tcp) == 0);
    stream->tcp.data = stream;
    return stream;
}

static void on_closed(uv_handle_t *handle) {
    yz_stream *stream = stream_of(handle);
    yz_outbox_free(stream->out);
    yz_seal_free(stream->seal);
    free(stream);
}

static void name_peer(yz_stream *stream) {
    struct sockaddr_storage address;
    int size = sizeof address;
    if (uv_tcp_getpeername(&stream->tcp, (struct sockaddr *)&address, &size) != 0)
        return;
    const struct sockaddr_in6 *six = (const struct sockaddr_in6 *)&address;
    if (address.ss_family == AF_INET6 && IN6_IS_ADDR_V4MAPPED(&six->sin6_addr)) /* IPv4 on a socket of both families */
        uv_inet_ntop(AF_INET, six->sin6_addr.s6_addr + 12, stream->peer, sizeof stream->peer);
    else if (address.ss_family == AF_INET6)
        uv_ip6_name(six, stream->peer, sizeof stream->peer);
    else
        uv_ip4_name((const struct sockaddr_in *)&address, stream->peer, sizeof stream->peer);
}

/* The connection stands: plain ones are open, the others shake hands. */
static void stand(yz_stream *stream, yz_tls *tls, const char *host) {
    stream->phase = tls ? YZ_STREAM_SHAKING : YZ_STREAM_OPEN;
    follow(stream);
    if (tls && yz_seal_start(stream, tls, host) != YZ_OK)
        yz_stream_break(stream, YZ_EINTERNAL, "TLS could not be set up", false);
}

yz_stream *yz_stream_accept(yz_worker *worker, uv_stream_t *listener, yz_tls *tls, const yz_stream_hooks *hooks, void *arg) {
    yz_stream *stream = stream_new(worker, hooks, arg);
    if (uv_accept(listener, (uv_stream_t *)&stream->tcp) != 0) {
        stream->phase = YZ_STREAM_CLOSED;
        uv_close((uv_handle_t *)&stream->tcp, on_closed);
        return NULL;
    }
    uv_tcp_nodelay(&stream->tcp, 1);
    name_peer(stream);
    stand(stream, tls, NULL);
    if (!tls)
        post(stream);
    return stream;
}

int yz_stream_fd(const yz_stream *stream) {
    uv_os_fd_t fd;
    return uv_fileno((const uv_handle_t *)&stream->tcp, &fd) == 0 ? fd : -1;
}

bool yz_stream_left(const yz_stream *stream) {
    struct pollfd peer = {.fd = yz_stream_fd(stream), .events = POLLRDHUP};
    return peer.fd >= 0 && poll(&peer, 1, 0) > 0 && peer.revents & (POLLRDHUP | POLLHUP | POLLERR);
}

/* What a connection in the making needs, until the loop reports on it. */
typedef struct yz_connecting {
    uv_connect_t req;
    yz_stream *stream;
    yz_tls *tls;
    char host[];
} yz_connecting;

static void connecting_free(yz_connecting *connecting) {
    if (connecting->tls)
        yz_tls_unref(connecting->tls);
    free(connecting);
}

static void on_connect(uv_connect_t *req, int status) {
    yz_connecting *connecting = req->data;
    yz_stream *stream = connecting->stream;
    if (stream->phase == YZ_STREAM_CONNECTING) {
        if (status < 0)
            yz_stream_break_uv(stream, status, true);
        else {
            name_peer(stream);
            stand(stream, connecting->tls, connecting->host);
            if (stream->phase == YZ_STREAM_OPEN)
                tell_open(stream);
        }
    }
    connecting_free(connecting);
}

yz_stream *yz_stream_connect(yz_worker *worker, const struct sockaddr *address, yz_tls *tls, const char *host, const yz_stream_hooks *hooks,
                             void *arg) {
    yz_stream *stream = stream_new(worker, hooks, arg);
    uv_tcp_nodelay(&stream->tcp, 1);
    size_t n = tls ? strlen(host) + 1 : 0;
    yz_connecting *connecting = yz_malloc(sizeof *connecting + n);
    connecting->req.data = connecting;
    connecting->stream = stream;
    connecting->tls = tls ? yz_tls_ref(tls) : NULL;
    if (tls)
        memcpy(connecting->host, host, n);
    int code = uv_tcp_connect(&connecting->req, &stream->tcp, address, on_connect);
    if (code < 0) {
        connecting_free(connecting);
        yz_stream_break_uv(stream, code, false);
    }
    return stream;
}

void yz_stream_start_tls(yz_stream *stream, yz_tls *tls, const char *host) {
    if (stream->phase != YZ_STREAM_OPEN || !YZ_CHECK(!stream->seal))
        return;
    stream->open_due = true;
    stream->was_open = false;
    stand(stream, tls, host);
}

/* ---- the rest -------------------------------------------------------------------------------------------------------- */

void yz_stream_own(yz_stream *stream, const yz_stream_hooks *hooks, void *arg) {
    stream->hooks = hooks;
    stream->arg = arg;
}

bool yz_stream_write(yz_stream *stream, const yz_str *parts, size_t n) {
    if (stream->phase != YZ_STREAM_OPEN || stream->deaf || !YZ_CHECK(!stream->finishing))
        return true; /* what broke it is reported, or about to be */
    if (stream->seal)
        yz_seal_write(stream, parts, n);
    else
        yz_outbox_send(stream, parts, n);
    if (yz_outbox_queued(stream) <= YZ_STREAM_HIGH)
        return true;
    stream->want_drain = true;
    return false;
}

size_t yz_stream_queued(const yz_stream *stream) { return yz_outbox_queued(stream); }

void yz_stream_finish(yz_stream *stream) {
    if (stream->phase != YZ_STREAM_OPEN || stream->finishing)
        return;
    if (stream->seal)
        yz_seal_finish(stream);
    stream->finishing = true;
    yz_outbox_shutdown(stream);
}

void yz_stream_close(yz_stream *stream) {
    if (!YZ_CHECK(stream->phase != YZ_STREAM_CLOSED))
        return;
    if (stream->phase == YZ_STREAM_OPEN && stream->seal && !stream->finishing && !stream->out)
        yz_seal_finish(stream); /* so that the peer knows an end from a cut */
    stream->phase = YZ_STREAM_CLOSED;
    yz_task_drop(&stream->task);
    uv_close((uv_handle_t *)&stream->tcp, on_closed);
}

uint64_t yz_stream_received(const yz_stream *stream) { return stream->received; }
const char *yz_stream_peer(const yz_stream *stream) { return stream->peer; }
bool yz_stream_resumed(const yz_stream *stream) { return stream->seal && yz_seal_resumed(stream->seal); }
