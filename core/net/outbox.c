/* outbox.c: the writing half of a connection.
 *
 * Bytes go to the socket at once. What it does not take is copied into one growing buffer; at most one write of the loop is under
 * way, and whatever is queued meanwhile goes with the next. The outbox exists only while something waits.
 */
#include "base/arena.h"
#include "net/stream_inner.h"

#include <stdlib.h>

struct yz_outbox {
    uv_write_t req;
    yz_buf flight; /* with the loop, until on_written */
    yz_buf wait;
};

#define MAX_PARTS 16 /* handed to the kernel at once */

static void start(yz_stream *stream);

static void empty(yz_stream *stream) {
    yz_outbox_free(stream->out);
    stream->out = NULL;
    if (stream->finishing)
        yz_outbox_shutdown(stream);
    if (stream->want_drain) {
        stream->want_drain = false;
        stream->hooks->on_drain(stream->arg);
    }
}

static void on_written(uv_write_t *req, int status) {
    yz_stream *stream = req->data;
    if (stream->phase >= YZ_STREAM_BROKEN)
        return;
    if (status < 0)
        yz_stream_break_write(stream, status, true);
    else if (stream->out->wait.n)
        start(stream);
    else
        empty(stream);
}

static void start(yz_stream *stream) {
    yz_outbox *out = stream->out;
    yz_buf swap = out->flight;
    out->flight = out->wait;
    out->wait = swap;
    out->wait.n = 0;
    out->req.data = stream;
    uv_buf_t buf = {.base = out->flight.p, .len = out->flight.n};
    int code = uv_write(&out->req, (uv_stream_t *)&stream->tcp, &buf, 1, on_written);
    if (code < 0) {
        out->flight.n = 0;
        yz_stream_break_write(stream, code, false);
    }
}

static void queue(yz_stream *stream, const yz_str *parts, size_t n, size_t skip) {
    bool idle = !stream->out;
    if (idle)
        stream->out = yz_calloc(1, sizeof *stream->out);
    for (size_t i = 0; i < n; i++) {
        size_t cut = skip < parts[i].n ? skip : parts[i].n;
        skip -= cut;
        yz_buf_put(&stream->out->wait, parts[i].p + cut, parts[i].n - cut);
    }
    if (idle)
        start(stream);
}

/* Offers up to MAX_PARTS to the socket. Returns the bytes it took, or a negative code. */
static int offer(yz_stream *stream, const yz_str *parts, size_t n, size_t *bytes) {
    uv_buf_t bufs[MAX_PARTS];
    *bytes = 0;
    for (size_t i = 0; i < n; i++) {
        union {
            const char *in;
            char *out;
        } p = {.in = parts[i].p};
        bufs[i] = (uv_buf_t){.base = p.out, .len = parts[i].n};
        *bytes += parts[i].n;
    }
    if (*bytes == 0)
        return 0;
    int took = uv_try_write((uv_stream_t *)&stream->tcp, bufs, (unsigned)n);
    return took == UV_EAGAIN ? 0 : took;
}

void yz_outbox_send(yz_stream *stream, const yz_str *parts, size_t n) {
    while (n > 0 && !stream->out) {
        size_t count = n < MAX_PARTS ? n : MAX_PARTS, bytes;
        int took = offer(stream, parts, count, &bytes);
        if (took < 0) {
            yz_stream_break_write(stream, took, false);
            return;
        }
        if ((size_t)took < bytes) {
            queue(stream, parts, n, (size_t)took);
            return;
        }
        parts += count;
        n -= count;
    }
    if (n > 0)
        queue(stream, parts, n, 0);
}

size_t yz_outbox_queued(const yz_stream *stream) {
    return stream->out ? uv_stream_get_write_queue_size((const uv_stream_t *)&stream->tcp) + stream->out->wait.n : 0;
}

static void on_shutdown(uv_shutdown_t *req, int status) {
    (void)status; /* a peer that is gone is found by reading */
    free(req);
}

void yz_outbox_shutdown(yz_stream *stream) {
    if (stream->out)
        return; /* when it is empty */
    uv_shutdown_t *req = yz_malloc(sizeof *req);
    if (uv_shutdown(req, (uv_stream_t *)&stream->tcp, on_shutdown) != 0)
        free(req);
}

void yz_outbox_free(yz_outbox *out) {
    if (!out)
        return;
    yz_buf_free(&out->flight);
    yz_buf_free(&out->wait);
    free(out);
}
