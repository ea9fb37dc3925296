/* server/respond.h: writing the answer of an exchange. A head is written once, from values; nothing of another head is ever copied.
 *
 * The order is: one head, bytes, the end; or a whole answer at once. The end of an answer is reported by the exchange's on_answered,
 * as the last act of the function that writes it: after that the exchange may be gone. Worker thread. */
#ifndef YUZUI_SERVER_RESPOND_H
#define YUZUI_SERVER_RESPOND_H

#include "server/exchange.h"

typedef struct yz_extra {
    yz_header headers[8];
    size_t n;
    const yz_error *failed; /* whose limit_headers go along; NULL: nobody's */
} yz_extra;

/* Writes the head. length -1: chunked, or until close. `extra` may be NULL; its values are safe in a header. */
void yz_respond_head(yz_exchange *exchange, int status, yz_str content_type, int64_t length, const yz_extra *extra);
void yz_respond_bytes(yz_exchange *exchange, yz_str bytes);
/* The body is complete: the last chunk, if chunked; then on_answered. */
void yz_respond_end(yz_exchange *exchange);
/* The answer cannot be completed: on_answered with `close`, so that whoever reads it sees that it is not whole. */
void yz_respond_cut(yz_exchange *exchange);
/* A whole answer. */
void yz_respond(yz_exchange *exchange, int status, yz_str content_type, yz_str body, const yz_extra *extra);
/* A whole answer in the client's envelope; only before a head has been written. */
void yz_respond_error(yz_exchange *exchange, const yz_error *error);
/* Interim answer to Expect: 100-continue. */
void yz_respond_continue(yz_outlet *outlet);

#endif
