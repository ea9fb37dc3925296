/* net/stream_inner.h: the inside of a connection, shared by the files that implement it: stream.c (life and reading), outbox.c
 * (writing) and seal.c (TLS on top). */
#ifndef YUZUI_NET_STREAM_INNER_H
#define YUZUI_NET_STREAM_INNER_H

#include "call/turn.h"
#include "net/io.h"
#include "net/stream.h"
#include "net/tls.h"
#include "worker.h"

#include <netinet/in.h>
#include <uv.h>

typedef struct yz_outbox yz_outbox;
typedef struct yz_seal yz_seal;

typedef enum yz_stream_phase {
    YZ_STREAM_CONNECTING,
    YZ_STREAM_SHAKING, /* the TLS handshake runs */
    YZ_STREAM_OPEN,
    YZ_STREAM_BROKEN, /* reported, or about to be */
    YZ_STREAM_CLOSED,
} yz_stream_phase;

struct yz_stream {
    uv_tcp_t tcp;
    yz_worker *worker;
    const yz_stream_hooks *hooks;
    void *arg;
    yz_task task;   /* reports what must not be reported from inside: open_due, or that it broke */
    yz_outbox *out; /* NULL: nothing is queued */
    yz_seal *seal;  /* TLS; NULL: plain */
    uint64_t received;
    char *into; /* where the next plain read goes, at most into_n bytes; NULL: the worker's buffer */
    size_t into_n;
    const char *reason; /* why it broke: static */
    int code;
    uint8_t phase;
    bool was_open; /* it broke after on_open: on_broken, else on_open with the code */
    bool open_due; /* on_open is still to be called */
    bool want_read, want_drain, finishing, eof;
    bool hears; /* yz_stream_hear_out */
    int deaf;   /* writing failed with this code: the peer is heard out, and then it is broken; 0: it did not */
    char peer[INET6_ADDRSTRLEN];
};

/* ---- stream.c */
/* The stream is of no further use. Reported from the task queue, or at once when `now` (from a callback of the loop). */
void yz_stream_break(yz_stream *stream, int code, const char *reason, bool now);
void yz_stream_break_uv(yz_stream *stream, int uv_code, bool now);
void yz_stream_break_write(yz_stream *stream, int uv_code, bool now); /* likewise: writing failed */
void yz_stream_opened(yz_stream *stream);                             /* the handshake is done: calls on_open at once */
/* A listener's peer speaks plain HTTP where TLS was due: the seal is gone, and it goes on without. Calls on_open at once. */
void yz_stream_opened_plain(yz_stream *stream);
void yz_stream_ended(yz_stream *stream); /* calls on_eof at once */

/* ---- outbox.c */
/* Sends bytes as they are; queues a copy of what the socket does not take. */
void yz_outbox_send(yz_stream *stream, const yz_str *parts, size_t n);
size_t yz_outbox_queued(const yz_stream *stream);
void yz_outbox_shutdown(yz_stream *stream); /* half-closes now, or after what is queued */
void yz_outbox_free(yz_outbox *out);

/* ---- seal.c */
/* Begins the handshake; `host` (may be NULL for a listener's side) is what a client's certificate check wants. */
int yz_seal_start(yz_stream *stream, yz_tls *tls, const char *host);
void yz_seal_bytes(yz_stream *stream, const char *p, size_t n); /* encrypted bytes came */
void yz_seal_eof(yz_stream *stream);
void yz_seal_write(yz_stream *stream, const yz_str *parts, size_t n);
void yz_seal_finish(yz_stream *stream); /* sends close_notify */
bool yz_seal_resumed(const yz_seal *seal);
void yz_seal_free(yz_seal *seal);

#endif
