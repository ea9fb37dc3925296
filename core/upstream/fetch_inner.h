/* upstream/fetch_inner.h: the inside of a fetch, shared by fetch.c (its course) and request_head.c (what is sent). */
#ifndef YUZUI_UPSTREAM_FETCH_INNER_H
#define YUZUI_UPSTREAM_FETCH_INNER_H

#include "call/turn.h"
#include "upstream/fetch.h"
#include "upstream/pool.h"

typedef enum yz_fetch_phase {
    YZ_FETCH_CONNECT, /* waits for a connection */
    YZ_FETCH_SEND,    /* the socket has not taken all of the request */
    YZ_FETCH_FIRST,   /* waits for the head of the answer */
    YZ_FETCH_ANSWER,
    YZ_FETCH_COMPLETE, /* the parser has seen its end, in this read */
    YZ_FETCH_ENDED,    /* told, or about to be */
    YZ_FETCH_CLOSED,
} yz_fetch_phase;

struct yz_fetch { /* in its own arena */
    yz_worker *worker;
    yz_arena *arena;
    yz_fetch_plan plan;
    const yz_fetch_hooks *hooks;
    void *arg;
    yz_task task; /* tells the error; at last, frees */
    yz_alarm alarm;
    yz_wish *wish;
    yz_pooled *conn;
    yz_fetch_phase phase;
    int64_t began, mark;  /* ms: start, and the last sign of life */
    size_t part, part_at; /* how far the body is sent */
    uint64_t received;    /* by the connection, before this exchange */
    bool head_sent, sent, replayed, paused;
    uint8_t looks;         /* turns since the deadline passed */
    const char *objection; /* why a head was refused: static */
    yz_h1_head head;
    yz_error error;
};

/* fetch.c: tables whose functions need each other */
extern const yz_stream_hooks yz_fetch_stream_hooks;
yz_arena *yz_fetch_on_begin(void *conn);
int yz_fetch_on_head(void *conn, const yz_h1_head *head);
int yz_fetch_on_body(void *conn, yz_str bytes);
void yz_fetch_on_end(void *conn);
void yz_fetch_send(yz_fetch *fetch);

/* request_head.c */
const char *yz_fetch_check_plan(const yz_fetch_plan *plan); /* NULL: may be sent; else what may not stand in a head (static) */
void yz_fetch_write_head(const yz_fetch *fetch, yz_buf *out);

#endif
