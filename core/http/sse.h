/* http/sse.h: server-sent events, incremental, for any split of the bytes: LF, CR LF and CR lines, comments, several data lines,
 * a leading BOM, a last event without its blank line. An event longer than the limit is refused.
 *
 * The events, their raw bytes included, do not depend on how the stream was split. So an event whose blank line ends in a CR that is
 * the last byte seen waits for the next byte, which may be the LF of this line end, or for the end of the stream.
 */
#ifndef YUZUI_HTTP_SSE_H
#define YUZUI_HTTP_SSE_H

#include <yuzui/base.h>

typedef struct yz_sse_event {
    yz_str name; /* of `event:`; empty if none */
    yz_str data; /* `data:` lines joined with LF */
    yz_str raw;  /* the bytes as they came, from the line after the last event to the blank line, comments included, a BOM not */
    bool has_data;
} yz_sse_event;

typedef int (*yz_sse_sink)(void *arg, const yz_sse_event *event);

/* Zero-initialise, set limit. */
typedef struct yz_sse {
    size_t limit;   /* bytes of one event at most; 0: 1 MiB */
    yz_buf pending; /* the beginning of an event whose end has not come */
    yz_buf joined;  /* data of an event with several data lines */
    uint8_t bom;    /* bytes of a byte order mark seen at the start; 3: it, or something else, was there */
    bool started;   /* this event has a line that is not blank */
    bool open;      /* the line under way has bytes */
    bool after_cr;  /* the last byte was a CR */
} yz_sse;

/* Calls on_event for each complete event (comments and retry: alone too, with has_data false), in order. A negative return of
 * on_event stops and is returned; the rest of `bytes` is dropped. YZ_ELIMIT: an event is too long. Slices live until on_event
 * returns; it must not free the reader. */
int yz_sse_feed(yz_sse *sse, yz_str bytes, yz_sse_sink on_event, void *arg);
/* The stream ended: delivers a last event that lacked its blank line, if it has data. *left: bytes that make no event. */
int yz_sse_end(yz_sse *sse, yz_sse_sink on_event, void *arg, size_t *left);
void yz_sse_free(yz_sse *sse);

#endif
