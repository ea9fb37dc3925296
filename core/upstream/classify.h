/* upstream/classify.h: what a failure upstream means to a stage that may try again: its class, and whether work that costs money may
 * have begun. Facts and tables only, no I/O. How long to wait is retry_after.h; what a client may read is scrub.h.
 *
 * Two kinds of failure come here: faults of an exchange, which this side found, and answers with status >= 400. Everything that is
 * decided about either is decided by the typed cause; texts are for people.
 */
#ifndef YUZUI_UPSTREAM_CLASSIFY_H
#define YUZUI_UPSTREAM_CLASSIFY_H

#include <yuzui/request.h>

/* Faults of an exchange: name, error class, since when its deadline counts, text.
 *
 * since: START, the exchange; LIFE, the last sign of life; GAIN, the last piece of the answer that said something; NEVER: it has no
 * deadline. The text begins the error's message; a reason or a time may follow it. Work may have begun (MAYBE) as soon as a byte of the
 * request was sent, whatever the fault; before, it has not.
 */
/* clang-format off */
#define YZ_FAULTS(X)                                                                                                   \
    X(PLAN,         INTERNAL, NEVER, "the request cannot be sent")           /* it holds what may not stand in a head */ \
    X(CONNECT,      CONNECT,  NEVER, "no connection")                                                                  \
    X(CONNECT_LATE, TIMEOUT,  START, "no connection")                                                                  \
    X(SEND_LATE,    TIMEOUT,  LIFE,  "the request was not taken")                                                      \
    X(ANSWER_LATE,  TIMEOUT,  LIFE,  "no answer")                                                                      \
    X(SILENCE,      TIMEOUT,  LIFE,  "silence in the middle of the answer")                                            \
    X(TOTAL_LATE,   TIMEOUT,  GAIN,  "the answer was not complete")                                                    \
    X(CUT_BEFORE,   BROKEN,   NEVER, "the connection ended before an answer")                                          \
    X(CUT_WITHIN,   BROKEN,   NEVER, "the connection ended in the middle of its answer")                               \
    X(ENCODED,      BROKEN,   NEVER, "its answer is neither JSON nor events, in a content-encoding that nobody knows here") \
    X(INFLATED,     BROKEN,   NEVER, "its answer does not fit its content-encoding")                                   \
    X(PARTIAL,      BROKEN,   NEVER, "it answered with a part of the answer (206), which was not asked for")           \
    X(REDIRECT,     SERVER,   NEVER, "it answered with a redirect, which is never followed; its base_url is probably not right") \
    X(LIMIT,        BROKEN,   NEVER, "its answer passed a limit")                                                      \
    X(BODY,         BAD_REQUEST, NEVER, "the body of the request failed")                                              \
    X(BODY_LONG,    TOO_LARGE, NEVER, "the body of the request is too long")                                           \
    X(BODY_LATE,    BAD_REQUEST, NEVER, "the body of the request did not come")                                        \
    X(BODY_FULL,    UNAVAILABLE, NEVER, "the body of the request was not taken")                                       \
    X(BODY_GONE,    INTERNAL, NEVER, "the body of the request cannot be sent again")                                   \
    X(GARBLED,      BROKEN,   NEVER, "")                                     /* the parser's reason says it all */
/* clang-format on */
typedef enum yz_fault {
    YZ_FAULT_NONE,
#define YZ_FAULT_ENUM(name, class_, since, text) YZ_FAULT_##name,
    YZ_FAULTS(YZ_FAULT_ENUM)
#undef YZ_FAULT_ENUM
} yz_fault;

typedef enum yz_fault_since { YZ_SINCE_NEVER, YZ_SINCE_START, YZ_SINCE_LIFE, YZ_SINCE_GAIN } yz_fault_since;

typedef struct yz_fault_kind {
    yz_error_class class_;
    yz_fault_since since;
    const char *text;
} yz_fault_kind;

const yz_fault_kind *yz_fault_kind_of(yz_fault fault); /* not for NONE */

/* The head of an answer that cannot be used, whatever its body; NONE: it can. */
yz_fault yz_fault_of_head(int status);

/* Of an answer with status >= 400 (its class, before an adapter reads the body, is yz_error_class_of's). A server that refuses has not
 * begun, one that fails may have. */
yz_started yz_status_started(int status);
/* It refuses the credentials, which are the gateway's and not the client's, whatever the body calls it. */
bool yz_status_is_credentials(int status);
/* It has found that the request goes round in circles. */
bool yz_status_is_loop(int status);
/* May the message of its body reach a client? What a failing server says is about itself. */
bool yz_status_explains(int status);

#endif
