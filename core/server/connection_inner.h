/* server/connection_inner.h: the inside of a connection, for the files that share it: connection.c (bytes in, requests out), timeouts.c
 * and connections.c. A connection owns at most one exchange at a time: pipelined requests wait as bytes. */
#ifndef YUZUI_SERVER_CONNECTION_INNER_H
#define YUZUI_SERVER_CONNECTION_INNER_H

#include "server/connection.h"
#include "server/exchange.h"
#include "server/linger.h"

/* Name, word, and the states that may follow. */
/* clang-format off */
#define YZ_FOLLOW(name) (1u << YZ_CONNECTION_##name)
#define YZ_CONNECTION_STATES(X)                                                                                        \
    X(OPENING, "opening", YZ_FOLLOW(IDLE) | YZ_FOLLOW(LINGERING) | YZ_FOLLOW(CLOSED)) /* TLS shakes hands */           \
    X(IDLE, "idle", YZ_FOLLOW(IDLE) | YZ_FOLLOW(READING) | YZ_FOLLOW(ANSWERING) | YZ_FOLLOW(LINGERING) | YZ_FOLLOW(CLOSED)) \
    X(READING, "reading", YZ_FOLLOW(COMPLETE) | YZ_FOLLOW(ANSWERING) | YZ_FOLLOW(CLOSED)) /* a head or a body */       \
    X(COMPLETE, "complete", YZ_FOLLOW(ANSWERING) | YZ_FOLLOW(CLOSED))   /* a whole request, about to be answered */    \
    X(ANSWERING, "answering", YZ_FOLLOW(IDLE) | YZ_FOLLOW(LINGERING) | YZ_FOLLOW(CLOSED))                              \
    X(LINGERING, "lingering", YZ_FOLLOW(CLOSED)) /* the last answer is given: reads and forgets, linger.h */           \
    X(CLOSED, "closed", 0u)                      /* being buried */
/* clang-format on */
typedef enum yz_connection_state {
#define YZ_STATE_ENUM(name, word, next) YZ_CONNECTION_##name,
    YZ_CONNECTION_STATES(YZ_STATE_ENUM)
#undef YZ_STATE_ENUM
} yz_connection_state;

typedef enum yz_connection_kind {
    YZ_KIND_CLIENT,
    YZ_KIND_CROWD /* a client over the limit: its answer says so */,
    YZ_KIND_ADMIN
} yz_connection_kind;

typedef enum yz_input { YZ_INPUT_OPEN, YZ_INPUT_RESTING /* not read for now */, YZ_INPUT_ENDED /* half-closed */ } yz_input;

struct yz_connection {
    yz_connections *all;
    yz_connection *next, *prev;
    yz_outlet out;
    yz_blob *address; /* of its listener, as configured */
    yz_h1 *parser;    /* NULL while idle for long */
    yz_exchange *exchange;
    yz_proof *proof;  /* NULL: no key was shown yet */
    yz_task resume;   /* goes on with `ahead`; later: the burial */
    yz_buf ahead;     /* bytes of requests after the one being answered */
    int64_t deadline; /* of the present state */
    yz_connection_state state;
    yz_connection_kind kind;
    yz_input input;
    struct {
        int64_t since;  /* when its rate was last judged */
        uint64_t bytes; /* that came since then */
    } body;
    struct {
        int64_t moved;  /* when the client last took bytes */
        uint64_t taken; /* what it had taken at the last tick */
    } reader;
    struct {
        int64_t since;    /* when a client that waits was last told anything; 0: none waited at the last tick */
        uint64_t written; /* what it had been told then */
    } quiet;
    yz_linger linger;
};

void yz_connection_enter(yz_connection *connection, yz_connection_state state);
const char *yz_connection_state_word(yz_connection_state state);
/* Between requests, from now on. */
void yz_connection_idle(yz_connection *connection);
/* The server drains: an idle connection closes soon, unless one more request comes. */
void yz_connection_drain(yz_connection *connection);
/* The request cannot be read to its end: answers, and closes. `bytes` are those that came last (yz_asked_guess). */
void yz_connection_refuse(yz_connection *connection, int status, const char *message, yz_str bytes);
/* Half-close after what is queued, then linger. */
void yz_connection_finish(yz_connection *connection);

static inline int64_t yz_connection_now(const yz_connection *connection) { return yz_now(connection->all->front->worker); }

#endif
