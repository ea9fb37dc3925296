/* server/exchange.h: one request and its answer, on a connection. It lives in the request's arena.
 *
 * Who owns what: an exchange owns its arena until a call is started with it; from then on the call does, and the exchange is memory
 * of a call that is readable until the turn in which it ends is over. Nothing is freed inside a hook: it is buried at the end of the
 * turn.
 *
 * An exchange knows no connection: it has an outlet to write to, and says by on_answered that its answer is whole. Whoever made it
 * then ends it, once: by yz_exchange_end, as also when the client leaves before.
 */
#ifndef YUZUI_SERVER_EXCHANGE_H
#define YUZUI_SERVER_EXCHANGE_H

#include "config/proof.h"
#include "dialect/translate.h"
#include "generation.h"
#include "server/front.h"
#include "server/intake.h"
#include "server/reframe.h"
#include "server/request.h"

typedef struct yz_exchange yz_exchange;

/* What becomes of an exchange: name, word, and the states that may follow. */
/* clang-format off */
#define YZ_EXCHANGE_STATES(X)                                                                                              \
    X(READING, "reading", 1u << YZ_EXCHANGE_LOCAL | 1u << YZ_EXCHANGE_CALLING | 1u << YZ_EXCHANGE_ENDED) /* or is refused */ \
    X(LOCAL, "local", 1u << YZ_EXCHANGE_ENDED)                               /* the server answers itself */               \
    X(CALLING, "calling", 1u << YZ_EXCHANGE_SETTLED | 1u << YZ_EXCHANGE_ENDED)                           /* its call runs */ \
    X(SETTLED, "settled", 1u << YZ_EXCHANGE_ENDED)         /* its call has ended or was cancelled: the rest is written */ \
    X(ENDED, "ended", 0u)
/* clang-format on */
typedef enum yz_exchange_state {
#define YZ_STATE_ENUM(name, word, next) YZ_EXCHANGE_##name,
    YZ_EXCHANGE_STATES(YZ_STATE_ENUM)
#undef YZ_STATE_ENUM
} yz_exchange_state;

/* How the client finds the end of an answer's body. */
typedef enum yz_body_framing {
    YZ_BODY_NONE, /* no head is written yet */
    YZ_BODY_LENGTH,
    YZ_BODY_CHUNKED,
    YZ_BODY_CLOSE, /* HTTP/1.0: the connection's end is the body's */
} yz_body_framing;

struct yz_exchange {
    yz_front *front;
    yz_outlet *outlet;
    yz_share *share; /* a reference */
    yz_arena *arena;
    yz_exchange_state state;
    yz_task burial; /* frees the arena, if no call does */
    /* The answer is given to the outlet, or cut short (then `close`). Called once at most, as a function's last act. */
    void (*on_answered)(void *owner, bool close);
    void *owner;
    bool counted;  /* among the requests: those of operators are not */
    yz_call *call; /* the root, if one was started: for its record and notes, also after its end */

    /* serve.c: the question */
    yz_asked asked;
    yz_intake body;
    const yz_error *refusal; /* found in the head or while the body came */

    /* door.c */
    yz_proof **proof;      /* the connection's */
    const yz_chain *chain; /* that its call takes; NULL: not known before the body */
    size_t reach;          /* turned away at the head: how many stages of the chain its call reaches; else 0 */

    /* answer.c: what came up */
    yz_translator *translator;
    const yz_head *up;           /* a copy */
    yz_reframe *reframe;         /* NULL: the client reads what is written */
    struct yz_media_pass *media; /* exchanges addresses in it; NULL: there are none that are the gateway's to serve */

    struct yz_duplex *duplex; /* it asks for a WebSocket; NULL: it does not */
    struct yz_upload *upload; /* its body streams; NULL: it does not, or does not yet */
    struct yz_inlet *inlet;   /* of either: what comes from the client belongs to it */
    size_t upload_at;         /* so much of its body must have come before it may stream; 0: it may not */

    /* respond.c: what went out */
    int status; /* 0: no head is written yet */
    yz_body_framing framing;
    bool close;         /* after this answer */
    int64_t length;     /* of the body, as promised; -1: unknown */
    uint64_t sent;      /* bytes of the body, before framing */
    uint64_t forwarded; /* of these, as the provider sent them */
    yz_str code;        /* of an error, for the access log */

    int64_t started, started_ns; /* on the monotonic clock; the first in ms */

    int64_t left; /* the client has left: ns; 0: it has not */
    /* unread.c */
    struct yz_unread *unread; /* the client has left, the call goes on: there is no outlet; NULL: it has not */
    yz_exchange *unread_next, **unread_link;
};

/* Begins with the first byte of a request. `admin`: it comes by the admin listener; `address`: the listener's, which stays readable;
 * `proof`: the connection's. */
yz_exchange *yz_exchange_new(yz_front *front, yz_outlet *outlet, bool admin, yz_str address, yz_proof **proof);
void yz_exchange_count(
    yz_exchange *x); /* it is a client's, and counts from now on; done for those that do not come in at the admin address */
/* Another state: the present one must allow it. */
void yz_exchange_enter(yz_exchange *exchange, yz_exchange_state state);
const char *yz_exchange_state_word(yz_exchange_state state);
/* The answer is given, or the client is gone (gone): logs, counts, cancels what still runs. The exchange is of no use afterwards. */
void yz_exchange_end(yz_exchange *exchange, bool gone);
/* The reader is full (paused), or reads again. */
void yz_exchange_flow(yz_exchange *exchange, bool paused);
/* The answer is an error, or fails in its middle: for the log. */
void yz_exchange_failed(yz_exchange *exchange, const yz_error *error);
/* What the translation has lost so far, "a, b;approximated", safe in a header; empty: nothing. */
yz_str yz_exchange_lost(const yz_exchange *exchange);

#endif
