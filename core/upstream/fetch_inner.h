/* upstream/fetch_inner.h: the inside of a fetch, shared by
 *
 *   fetch.c          its course: a connection, the end
 *   fetch_send.c     the request
 *   request_head.c   the head of the request
 *   fetch_answer.c   what the connection says: the answer, or its end
 *   fetch_deadline.c its deadlines
 */
#ifndef YUZUI_UPSTREAM_FETCH_INNER_H
#define YUZUI_UPSTREAM_FETCH_INNER_H

#include "base/check.h"
#include "call/turn.h"
#include "http/inflate.h"
#include "upstream/classify.h"
#include "upstream/fetch.h"
#include "upstream/pool.h"

typedef enum yz_fetch_phase {
    YZ_FETCH_CONNECT, /* waits for a connection */
    YZ_FETCH_SEND,    /* the socket has not taken all of the request */
    YZ_FETCH_FIRST,   /* waits for the head of the answer */
    YZ_FETCH_ANSWER,
    YZ_FETCH_COMPLETE, /* the parser has seen its end, in this read */
    YZ_FETCH_ENDED,    /* reported, or about to be */
    YZ_FETCH_CLOSED,
} yz_fetch_phase;

struct yz_fetch { /* in its own arena */
    yz_worker *worker;
    yz_arena *arena;
    yz_fetch_plan plan;
    const yz_fetch_hooks *hooks;
    void *arg;
    yz_task task; /* reports the error; at last, frees */
    yz_alarm alarm;
    yz_pool_waiter *waiter;
    yz_pooled *conn;
    yz_fetch_phase phase;
    int64_t began, mark;   /* ms: start, and the last sign of life */
    int64_t sent_at;       /* ms: all of the request is sent; 0: not yet */
    int64_t gained;        /* ms: the last yz_fetch_alive; 0: none yet */
    int64_t over_at;       /* ms: since when nothing may come any more but the end; 0: it may */
    yz_body_reader reader; /* of the plan's body */
    uint64_t received;     /* by the connection, before this exchange */
    bool head_sent, sent, replayed, paused;
    bool resting;          /* the socket wants a rest, the body is paused */
    bool goes_on;          /* the rest of a body that was kept back may go out */
    bool starved;          /* nothing is there of the body: it will say when */
    uint8_t looks;         /* turns since the deadline passed */
    yz_fault fault;        /* why a head was refused */
    const char *unreached; /* why there was no connection; NULL: there was one, or none was tried */
    yz_h1_head head;
    yz_inflate *inflate; /* of an answer that came compressed, though none was asked for */
    bool unpacks;        /* its first bytes have been looked at: what they say counts */
    bool vague;          /* nobody knows the coding that it says: its first bytes will tell, */
    uint8_t n_first;     /* of which so many have come */
    char first[YZ_INFLATE_SURE];
    bool junk;          /* something else came behind all of it: it is passed over */
    yz_arena *inflated; /* what it made of the read under way */
    yz_error error;
};

/* ---- fetch.c */
int64_t yz_fetch_now(const yz_fetch *fetch); /* ms: the turn's time */
/* Ends with an error: the text of the fault, then the rest. It is reported from the task queue, so this may be called from anywhere. */
void yz_fetch_fail(yz_fetch *fetch, yz_fault fault, const char *fmt, ...) YZ_PRINTF(3, 4);
/* What happens, in the record of the plan, if there is one. */
void yz_fetch_record_written(const yz_fetch *fetch, size_t n); /* bytes are with the socket */
void yz_fetch_record_sent(const yz_fetch *fetch);              /* and with them the whole request */
void yz_fetch_record_read(const yz_fetch *fetch, size_t n);
void yz_fetch_replay(yz_fetch *fetch); /* drops the connection and sends the request anew on a fresh one */

/* ---- fetch_send.c */
void yz_fetch_rewind(yz_fetch *fetch);        /* the request begins at its first byte: before the first connection, and the next */
void yz_fetch_send(yz_fetch *fetch);          /* until all is with the socket, it wants a rest, or no more is there; may fail */
bool yz_fetch_is_sent(const yz_fetch *fetch); /* the socket has taken all of it */

/* ---- request_head.c */
const char *yz_fetch_check_plan(const yz_fetch_plan *plan); /* NULL: may be sent; else what may not stand in a head (static) */
void yz_fetch_write_head(const yz_fetch *fetch, yz_buf *out);

/* ---- fetch_answer.c */
extern const yz_stream_hooks yz_fetch_stream_hooks; /* of a connection whose user is a fetch */
yz_h1 *yz_fetch_parser(yz_pooled *conn);            /* a new one for this connection */

/* ---- fetch_deadline.c */
/* Sets the alarm for the nearest deadline unless it will ring before that anyway. After each step of the exchange. */
void yz_fetch_watch(yz_fetch *fetch);
void yz_fetch_on_alarm(yz_alarm *alarm);

#endif
