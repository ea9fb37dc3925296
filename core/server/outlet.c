/* outlet.c: gathering what is written to connections; see outlet.h.
 *
 * The gathered bytes belong to one outlet at a time, so their order on each connection is the order in which they were put. */
#include "server/outlet.h"

#include "base/check.h"

#define DIRECT_BYTES (32 * 1024)  /* longer pieces are written without a copy; a copy of less is cheaper than a write of its own */
#define CORK_BYTES   (64 * 1024)  /* when gathered bytes are written before the turn ends */
#define KEEP_BYTES   (256 * 1024) /* buffers that grew longer are given back */

static void push(yz_outlet *outlet, const yz_str *parts, size_t n) {
    for (size_t i = 0; i < n; i++)
        outlet->written += parts[i].n;
    if (yz_stream_write(outlet->stream, parts, n) || outlet->full)
        return;
    outlet->full = true;
    outlet->on_full(outlet);
}

static void flush(yz_cork *cork) {
    yz_outlet *outlet = cork->outlet;
    cork->outlet = NULL;
    yz_task_drop(&cork->flush);
    if (!outlet)
        return;
    yz_str bytes = yz_buf_view(&cork->bytes);
    cork->bytes.n = 0;
    if (bytes.n)
        push(outlet, &bytes, 1);
    if (cork->bytes.cap > KEEP_BYTES)
        yz_buf_free(&cork->bytes);
}

static void on_flush(yz_task *task) { flush(YZ_CONTAINER(task, yz_cork, flush)); }

void yz_cork_init(yz_cork *cork, yz_turn *turn) { *cork = (yz_cork){.turn = turn, .flush.run = on_flush}; }

void yz_cork_free(yz_cork *cork) {
    yz_task_drop(&cork->flush);
    yz_buf_free(&cork->bytes);
}

yz_buf *yz_outlet_buffer(yz_outlet *outlet) {
    yz_cork *cork = outlet->cork;
    if (cork->outlet != outlet) {
        flush(cork);
        cork->outlet = outlet;
        yz_task_post(cork->turn, &cork->flush);
    }
    return &cork->bytes;
}

/* A long piece: after what is gathered, in one write with it. */
static void send_long(yz_outlet *outlet, yz_str bytes, yz_str tail) {
    yz_buf *out = &outlet->cork->bytes;
    yz_str parts[3] = {yz_buf_view(out), bytes, tail};
    out->n = 0;
    push(outlet, parts, tail.n ? 3 : 2);
}

void yz_outlet_send(yz_outlet *outlet, yz_str bytes) {
    yz_buf *out = yz_outlet_buffer(outlet);
    if (bytes.n > DIRECT_BYTES) {
        send_long(outlet, bytes, (yz_str){0});
        return;
    }
    yz_buf_str(out, bytes);
    if (out->n > CORK_BYTES)
        flush(outlet->cork);
}

/* "1f" and the end of its line; returns what follows. */
static char *put_size(char *p, size_t n) {
    for (unsigned shift = (63u - (unsigned)__builtin_clzll(n | 1)) & ~3u; shift > 0; shift -= 4)
        *p++ = "0123456789abcdef"[n >> shift & 15];
    *p++ = "0123456789abcdef"[n & 15];
    *p++ = '\r';
    *p++ = '\n';
    return p;
}

void yz_outlet_chunk(yz_outlet *outlet, yz_str bytes) {
    yz_buf *out = yz_outlet_buffer(outlet);
    bool gathered = bytes.n <= DIRECT_BYTES;
    size_t room = (gathered ? bytes.n : 0) + 20;
    char *start = out->cap - out->n >= room ? out->p + out->n : yz_buf_room(out, room), *p = put_size(start, bytes.n);
    if (gathered) {
        memcpy(p, bytes.p, bytes.n);
        p += bytes.n;
        *p++ = '\r';
        *p++ = '\n';
    }
    out->n += (size_t)(p - start);
    if (!gathered)
        send_long(outlet, bytes, YZ_STR("\r\n"));
    else if (out->n > CORK_BYTES)
        flush(outlet->cork);
}

void yz_outlet_flush(yz_outlet *outlet) {
    if (outlet->cork->outlet == outlet)
        flush(outlet->cork);
}

void yz_outlet_drop(yz_outlet *outlet) {
    if (outlet->cork->outlet != outlet)
        return;
    outlet->cork->outlet = NULL;
    outlet->cork->bytes.n = 0;
}
