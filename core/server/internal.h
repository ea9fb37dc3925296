/* server/internal.h: the structs the files of this folder share, and what each of them offers to the others.
 *
 *   listener    a listening socket
 *   connection  one client's TCP connection: idle, reading a request, answering it, or closing
 *   exchange    one request and its answer, on a connection; lives in the request's arena
 *
 * Who owns what: a connection owns at most one exchange at a time (pipelined requests wait as bytes). An exchange owns its arena
 * until a call is started with it; from then on the call does, and the exchange is memory of a call that is readable until the turn
 * in which it ends is over. Nothing here is freed inside a hook: it is buried at the end of the turn.
 */
#ifndef YUZUI_SERVER_INTERNAL_H
#define YUZUI_SERVER_INTERNAL_H

#include "base/put.h"
#include "dialect/translate.h"
#include "generation.h"
#include "http/h1.h"
#include "net/stream.h"
#include "server/server.h"
#include "worker.h"

typedef struct yz_listener yz_listener;
typedef struct yz_connection yz_connection;
typedef struct yz_exchange yz_exchange;

/* ---- routes --------------------------------------------------------------------------------------------------------- */

/* Who answers a path: the chain, or a few lines of the server itself. */
typedef enum yz_local { YZ_LOCAL_NONE, YZ_LOCAL_HEALTH, YZ_LOCAL_READY, YZ_LOCAL_STATUS, YZ_LOCAL_RELOAD, YZ_LOCAL_SKIP } yz_local;

typedef struct yz_path {
    yz_str path;
    yz_str method;
    yz_local local;
    yz_op op;                  /* with YZ_LOCAL_NONE */
    const yz_adapter *adapter; /* likewise */
} yz_path;

typedef struct yz_routes {
    yz_path *paths;
    size_t n, cap;
} yz_routes;

/* Fills anew from the adapters of the settings; `admin`: the paths of the admin listener. */
void yz_routes_build(yz_routes *routes, const yz_settings *settings, bool admin);
void yz_routes_free(yz_routes *routes);
/* The path for this method (HEAD finds GET), or NULL: then *known tells whether another method would do. */
const yz_path *yz_routes_find(const yz_routes *routes, yz_str method, yz_str path, bool *known);
/* "GET, HEAD, OPTIONS": the methods of a path; `path` "*": of all. */
yz_str yz_routes_allow(const yz_routes *routes, yz_str path, yz_arena *arena);
/* "POST /v1/chat/completions, …" for a 404; at most `most` of them. */
yz_str yz_routes_list(const yz_routes *routes, yz_arena *arena, size_t most);
/* The adapter whose error envelope a client most likely reads, judged by headers and path; NULL if no adapter is loaded. */
const yz_adapter *yz_routes_guess(const yz_settings *settings, const yz_h1_head *head);
/* Likewise from the bytes of a head that could not be read; they may be empty. */
const yz_adapter *yz_routes_guess_raw(const yz_settings *settings, yz_str bytes);

/* ---- the server ----------------------------------------------------------------------------------------------------- */

/* Lines for the access log of one worker; written out when full and once a second. */
typedef struct yz_access {
    yz_buf lines;
    yz_alarm alarm;
    yz_turn *turn;
    uint64_t dropped; /* lines lost because whoever reads stderr does not */
    int fd;
    bool plain;     /* a file: it never makes anybody wait for a reader */
    int64_t second; /* of `time` */
    char time[24];  /* "2026-01-01T00:00:00Z" */
} yz_access;

struct yz_server {
    yz_worker *worker;
    yz_limit_settings limits; /* a copy, changed in place on reload; a parser keeps what it began with */
    yz_routes routes, admin_routes;
    yz_listener *listeners;
    yz_alarm reopen; /* listeners that had no descriptor left to accept with */
    yz_connection *connections;
    size_t n_connections;  /* of clients; admin ones are not counted */
    size_t n_refused;      /* over the limit, on their way out */
    yz_alarm tick;         /* looks for time-outs while there are connections */
    yz_connection *corked; /* whose bytes `out` holds */
    yz_buf out;            /* answers of this turn, not yet written */
    yz_task uncork;
    yz_buf scratch; /* a translated chunk, an error's body: used within one function */
    yz_access access;
    int64_t started; /* ms, monotonic */
    int64_t date_second;
    char date[40]; /* "date: …\r\n" */
    size_t date_n;
    bool draining;
    void (*on_drained)(void *arg);
    void *drained_arg;
    yz_task drained;
};

/* ---- listeners ------------------------------------------------------------------------------------------------------ */

struct yz_listener {
    yz_server *server;
    yz_listener *next;
    struct uv_tcp_s *handle; /* NULL: it rests until `reopen` rings */
    char *address;           /* as configured */
    yz_tls *tls;             /* a reference; NULL: plain */
    bool admin;
    bool wanted; /* while adopting */
};

/* Opens and closes listeners so that they match the settings. Returns the first error; then what could be opened is open, and the old
 * ones stay. */
int yz_listeners_adopt(yz_server *server, const yz_settings *settings);
void yz_listeners_close(yz_server *server, bool admin_too);
void yz_listeners_reopen(yz_server *server); /* those that rest */

#define YZ_TICK_MS 500 /* how often time-outs are looked at, and so how exact they are */

/* ---- connections ---------------------------------------------------------------------------------------------------- */

typedef enum yz_connection_state {
    YZ_CONNECTION_IDLE,      /* between requests */
    YZ_CONNECTION_READING,   /* a head or a body */
    YZ_CONNECTION_ANSWERING, /* the request is complete; its answer is not */
    YZ_CONNECTION_CLOSING,   /* the last answer is given; reads and forgets until the client closes, or a bound */
} yz_connection_state;

struct yz_connection {
    yz_server *server;
    yz_connection *next, *prev;
    yz_stream *stream; /* NULL once closed: the struct is being buried */
    yz_h1 *parser;     /* NULL while idle for long */
    yz_exchange *exchange;
    yz_task resume;   /* goes on with `ahead`; later: the burial */
    yz_buf ahead;     /* bytes of requests behind the one being answered */
    int64_t deadline; /* of the present state */
    int64_t since;    /* when the body's rate was last judged, or the last byte to be forgotten came */
    int64_t moved;    /* when the client last took bytes */
    uint64_t written; /* bytes given to the stream */
    uint64_t taken;   /* of these, what the client had taken at the last tick */
    uint64_t body;    /* bytes of a body since then; while closing: bytes forgotten */
    uint8_t state;    /* yz_connection_state */
    bool admin, refused;
    bool open;     /* TLS has shaken hands */
    bool complete; /* the parser has seen a whole request */
    bool blocked;  /* the stream asked for a rest */
    bool unread;   /* reading is stopped */
    bool eof;      /* the client has half-closed */
};

void yz_connection_accept(yz_listener *listener);
/* The answer is complete and given to the stream: next request, or closing. */
void yz_connection_answered(yz_connection *connection, bool close);
/* The server drains: an idle connection closes soon, unless one more request comes. */
void yz_connection_drain(yz_connection *connection);
/* Half-close behind what is queued, then read and forget up to a bound. */
void yz_connection_finish(yz_connection *connection);
/* At once. The exchange, if any, ends as cancelled. */
void yz_connection_close(yz_connection *connection);
/* Time-outs of one connection. */
void yz_connection_tick(yz_connection *connection, int64_t now);

/* refuse.c: the reading of a connection that has nothing more to say. */
void yz_refuse_begin(yz_connection *connection);
void yz_refuse_bytes(yz_connection *connection, size_t n);
void yz_refuse_tick(yz_connection *connection, int64_t now);

/* ---- exchanges ------------------------------------------------------------------------------------------------------ */

struct yz_exchange {
    yz_connection *connection;
    yz_server *server;
    yz_share *share; /* a reference */
    yz_arena *arena;
    yz_call *call;          /* the root, if one was started: for its notes, also after its end */
    void *waiting;          /* admin.c: what waits for the control thread */
    yz_task burial;         /* frees the arena, if no call does */
    const yz_h1_head *head; /* NULL until it is complete */
    yz_request request;
    const yz_adapter *dialect; /* of errors; NULL: the built-in envelope */
    yz_local local;
    yz_str origin;
    const yz_error *refusal; /* found in the head: told once the request is complete, or at once if a body would follow */
    yz_str allow;            /* for a 405 or OPTIONS */
    char *body;
    size_t body_n, body_cap;
    size_t body_held; /* what of it counts towards the limit on all bodies */
    bool body_heap;   /* body is malloc's, freed with the arena */
    /* the answer */
    yz_translator *translator;
    const yz_head *up;      /* what came up: a copy */
    int64_t length;         /* -1: unknown */
    uint64_t sent;          /* bytes of the body, before framing */
    int64_t started, first; /* ms; first: of the first content, 0 none yet */
    int status;             /* 0: no head written yet */
    yz_usage usage;
    bool owns_arena;
    bool running;   /* the call has not ended */
    bool only_head; /* HEAD */
    bool options;
    bool chunked;
    bool close;   /* after this answer */
    bool untaken; /* more of the request would follow: refusing means closing */
    yz_str code;  /* of an error, for the access log */
};

/* request.c: from a head to a yz_request. Returns NULL or why the request is refused. */
const yz_error *yz_exchange_read_head(yz_exchange *exchange, const yz_h1_head *head);
/* Who asks, and how it is to be answered, by what has been read of a head that will never be whole. */
void yz_exchange_guess(yz_exchange *exchange, const yz_h1_head *seen, yz_str bytes);
void yz_exchange_name(yz_exchange *exchange); /* gives the request an id, if the client gave none that is well formed */
yz_error *yz_exchange_error(yz_exchange *exchange, yz_error_class class_, int status, const char *fmt, ...) YZ_PRINTF(4, 5);
/* 503: a limit of the gateway is reached; `code` is static. */
yz_error *yz_exchange_full(yz_exchange *exchange, const char *code, const char *words);

/* body.c: the bytes of a request's body, and the limit on those of all requests together. */
/* A body is about to come: NULL, or why it cannot be taken. */
const yz_error *yz_exchange_expect_body(yz_exchange *exchange);
/* YZ_ELIMIT: there is no room, and `refusal` says so. */
int yz_exchange_add_body(yz_exchange *exchange, yz_str bytes);
/* The body is complete: proves and indexes it. NULL or why the request is refused. */
const yz_error *yz_exchange_read_body(yz_exchange *exchange);

/* exchange.c: its life. */
yz_exchange *yz_exchange_new(yz_connection *connection);
/* The request is complete: answer it. */
void yz_exchange_run(yz_exchange *exchange);
/* The answer is given, or the client is gone (gone): log, count, forget. The connection has no exchange afterwards. */
void yz_exchange_end(yz_exchange *exchange, bool gone);
void yz_exchange_flow(yz_exchange *exchange, bool paused);
/* What the translation has lost so far, "a, b", safe in a header; empty: nothing. */
yz_str yz_exchange_lost(const yz_exchange *exchange);

/* respond.c: writing. */
typedef struct yz_extra {
    yz_header headers[6];
    size_t n;
} yz_extra;
/* Writes the head once. length -1: chunked, or until close. */
void yz_respond_head(yz_exchange *exchange, int status, yz_str content_type, int64_t length, const yz_extra *extra);
void yz_respond_bytes(yz_exchange *exchange, yz_str bytes);
/* The body is complete: the last chunk, if chunked; then the exchange ends. */
void yz_respond_end(yz_exchange *exchange);
/* A whole answer. */
void yz_respond(yz_exchange *exchange, int status, yz_str content_type, yz_str body, const yz_extra *extra);
/* A whole answer in the client's envelope; only before a head has been written. */
void yz_respond_error(yz_exchange *exchange, const yz_error *error);
/* Interim answer to Expect: 100-continue. */
void yz_respond_continue(yz_connection *connection);
/* Writes out what this turn has gathered. */
void yz_uncork(yz_server *server);

/* answer.c: the events of the root call. */
extern const yz_parent yz_answer_parent;
/* Ends a running exchange: 503, or an error event in a stream that has begun. */
void yz_answer_abort(yz_exchange *exchange);

/* cors.c */
void yz_cors_headers(const yz_exchange *exchange, yz_buf *out);
void yz_cors_options(yz_exchange *exchange);

/* access.c */
void yz_access_init(yz_access *access, yz_turn *turn, int fd);
void yz_access_add(yz_access *access, const yz_exchange *exchange, bool gone);
void yz_access_free(yz_access *access);

/* admin.c: the server's own paths. */
void yz_local_run(yz_exchange *exchange);
void yz_local_forget(yz_exchange *exchange);
/* Refuses what may not use the admin listener; NULL: it may. */
const yz_error *yz_admin_guard(yz_exchange *exchange);
bool yz_loopback(yz_str host);

#endif
