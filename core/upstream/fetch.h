/* upstream/fetch.h: one HTTP exchange with a server outside, over the worker's pools: what the provider stage and http.fetch are
 * built on. Owns connecting (DNS, race, proxy, TLS), sending, stale-connection replay, reading, and the deadlines.
 *
 * It holds no answer: bytes are handed on as they are read, at most one read (64 KiB) at a time. Of a request it queues at most
 * YZ_STREAM_HIGH plus one portion (256 KiB) in front of the socket: it pulls from the body only while the socket takes more. An answer with
 * a Content-Encoding is refused, since none was asked for; a redirect is an error unless the plan says otherwise, and is
 * never followed here.
 */
#ifndef YUZUI_UPSTREAM_FETCH_H
#define YUZUI_UPSTREAM_FETCH_H

#include "base/credential.h"
#include "config/settings.h"

#include <yuzui/record.h>

typedef struct yz_fetch yz_fetch;

typedef struct yz_fetch_plan { /* what it points to must live as long as the fetch */
    const yz_url *url;         /* scheme, host, port; path is in `path` */
    const yz_url *proxy;       /* scheme empty or NULL: none */
    struct yz_tls *tls;
    yz_timeouts timeout; /* connect, first_byte, idle, total, 0: none; first_token and stall are the caller's business */
    int64_t max_connections;
    bool patient;             /* `idle` begins with the first yz_fetch_alive: how long that may take is the caller's business */
    bool once;                /* no replay; so over no connection that was used before, which may be dead */
    bool upgrade;             /* asks for a WebSocket: after 101 the bytes of body and answer are that */
    bool reticent;            /* of the body no more than its known bytes goes out until yz_fetch_go_on */
    bool moves;               /* a redirect is the caller's business: it comes as a head */
    bool part;                /* a part is asked for (Range): the answer may be one (206) */
    bool public_only;         /* go to no private address, whatever the name resolves to */
    yz_str method, path;      /* path with its query */
    const yz_header *headers; /* written as they are; Host, User-Agent and the framing of the body are added */
    size_t n_headers;
    const char *auth_header, *auth_prefix; /* with secret */
    const yz_signer *signer;               /* likewise; NULL: the key as it is */
    const yz_secret *secret;
    const yz_body *body; /* NULL: none */
    yz_record *record;   /* of a call: times, bytes and started are written into it as they happen; NULL: nobody wants them */
} yz_fetch_plan;

typedef struct yz_fetch_hooks {
    void (*on_head)(void *arg, const yz_h1_head *head); /* final, no redirect; lives as long as the fetch */
    void (*on_bytes)(void *arg, yz_str bytes);          /* they stay until the on_batch or on_end that follows */
    void (*on_batch)(void *arg); /* that was all of one read: hand on what was put together. Not before on_end. May be NULL */
    void (*on_end)(void *arg);
    void (*on_error)(void *arg,
                     const yz_error *error); /* class and text: YZ_FAULTS (classify.h). started: NO nothing was sent, else MAYBE */
    /* A byte of a body that cannot be read again goes out. The only hook that may be called from inside. May be NULL. */
    void (*on_taken)(void *arg);
    /* The pooled connection was dead, and the request will be sent again: nobody knows if the server has read it. May be NULL. */
    void (*on_resent)(void *arg);
} yz_fetch_hooks;

/* Never calls a hook from inside, but on_taken. Ends once: on_end or on_error; then, or before to cancel, yz_fetch_close. */
yz_fetch *yz_fetch_start(yz_worker *worker, const yz_fetch_plan *plan, const yz_fetch_hooks *hooks, void *arg);
void yz_fetch_pause(yz_fetch *fetch, bool paused); /* a paused fetch has no idle deadline */
/* The answer goes on: what came is more of what was asked for, which only the caller can tell from keep-alives. `total` counts anew from
 * here. Cheap: for every read. */
void yz_fetch_alive(yz_fetch *fetch);
void yz_fetch_go_on(yz_fetch *fetch); /* what a reticent fetch keeps back goes out from here on */
/* From on_batch: the answer may be over by what it says itself (`over`), and if so its end is not waited for longer than some seconds,
 * whatever else comes, until this is taken back. */
void yz_fetch_over(yz_fetch *fetch, bool over);
/* From on_bytes, of the first bytes of a body: are they of a coding that the head does not say? Then they, and all that follows, come to
 * on_bytes anew as what was packed, and false is said of that. */
bool yz_fetch_unpack(yz_fetch *fetch, yz_str first);
void yz_fetch_close(yz_fetch *fetch); /* a connection in mid-exchange is dropped */
/* As yz_fetch_close, from on_batch, when the answer is complete by what it says itself, though not yet by HTTP: the connection is kept
 * if that end follows at once (yz_pooled_linger). */
void yz_fetch_leave(yz_fetch *fetch);
const char *yz_fetch_state(const yz_fetch *fetch); /* "connect", "first byte", … for the pending list */
/* After on_error: why the server could not be reached, in words that name no address (static); NULL: something else failed. */
const char *yz_fetch_unreached(const yz_fetch *fetch);
bool yz_fetch_sends(const yz_fetch *fetch); /* a body that streams is still on its way */
bool yz_fetch_told(const yz_fetch *fetch);  /* the known bytes of the body are with the socket, and not read again */
bool yz_fetch_sent(const yz_fetch *fetch);  /* a byte of the request may have reached the server */
int yz_fetch_resent(const yz_fetch *fetch); /* how often it was sent again, since a pooled connection was dead */

#endif
