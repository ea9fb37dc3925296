/* otlp/otlp.h: what the files of this plugin share.
 *
 *   otlp.c    the stage: whose trace a request belongs to, whether it is kept, and the end of its call
 *   span.c    the records of a request as spans, in the protobuf of OTLP
 *   proto.c   as much of protobuf as these need
 *   queue.c   spans on their way to the collector: gathered, sent, tried again, bounded
 *   context.c W3C trace context
 */
#ifndef OTLP_H
#define OTLP_H

#include <yuzui/plugin.h>

typedef struct otlp_config {
    yz_str url, service, header;
    const yz_secret *key;
    yz_map headers;
    double ratio;
    bool follow, failed, propagate;
    int64_t interval, timeout; /* ms */
    int64_t batch;             /* spans */
    int64_t queue;             /* bytes */
} otlp_config;

/* ---- context.c */
/* What a client said of the trace its request belongs to. */
typedef struct otlp_context {
    char trace[32], parent[16]; /* lower case hex */
    bool sampled;
} otlp_context;
/* Reads a traceparent header; false: it is none. */
bool otlp_context_read(yz_str text, otlp_context *out);
void otlp_put_hex(char *out, uint64_t n); /* 16 digits */
uint64_t otlp_hex(const char *p);         /* 16 digits */

/* ---- span.c */
typedef struct otlp_request {
    unsigned char trace[16];
    uint64_t parent;           /* the client's span; 0: the trace begins here */
    uint64_t seed;             /* of the ids of spans */
    yz_str id, op, model, key; /* model: one that may be shown */
    yz_str dialect;
    bool stream;
    const yz_record *first; /* of the records; its span is the request's */
    int64_t wall;           /* what turns a time of the monotonic clock into Unix time, ns */
} otlp_request;
/* Appends spans as what they are in a ScopeSpans, fields of number OTLP_SPANS, and returns how many there are. */
enum { OTLP_SPANS = 2 };
size_t otlp_put_spans(yz_buf *out, const otlp_request *request);

/* ---- queue.c */
typedef struct otlp_queue otlp_queue;
/* Control thread, while the stage is opened. NULL: reported. */
otlp_queue *otlp_queue_open(yz_worker *worker, const otlp_config *config, yz_diag *diag);
/* Worker thread, or the control thread if it never served. What has not been sent is lost. */
void otlp_queue_close(otlp_queue *queue);
/* Where spans are appended; otlp_queue_added follows. NULL: it is full, and that is counted. Worker thread. */
yz_buf *otlp_queue_room(otlp_queue *queue);
void otlp_queue_added(otlp_queue *queue, size_t spans);
void otlp_queue_show(const otlp_queue *queue, yz_buf *out);

#endif
