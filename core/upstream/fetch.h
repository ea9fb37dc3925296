/* upstream/fetch.h: one HTTP exchange with a server outside, over the worker's pools: what the provider stage and http.fetch are
 * built on. Owns connecting (DNS, race, proxy, TLS), sending, stale-connection replay, reading, and the deadlines. */
#ifndef YUZUI_UPSTREAM_FETCH_H
#define YUZUI_UPSTREAM_FETCH_H

#include "config/settings.h"

typedef struct yz_fetch yz_fetch;

typedef struct yz_fetch_plan {
    const yz_url *url;   /* scheme, host, port; path is in `path` */
    const yz_url *proxy; /* scheme empty or NULL: none */
    struct yz_tls *tls;
    yz_timeouts timeout; /* connect, first_byte, idle, total; first_token is the caller's business */
    int64_t max_connections;
    yz_str method, path;      /* path with its query */
    const yz_header *headers; /* written as they are; Host, Content-Length, Connection are added */
    size_t n_headers;
    const char *auth_header, *auth_prefix; /* with secret */
    const yz_secret *secret;
    const yz_str *body; /* slices, sent in order; must live until the end */
    size_t n_body;
} yz_fetch_plan;

typedef struct yz_fetch_hooks {
    void (*on_head)(void *arg, const yz_h1_head *head); /* lives as long as the fetch */
    void (*on_bytes)(void *arg, yz_str bytes);
    void (*on_end)(void *arg);
    void (*on_error)(void *arg, const yz_error *error); /* CONNECT, TIMEOUT, BROKEN; started says what was sent */
} yz_fetch_hooks;

/* Never calls a hook from inside. Ends once: on_end or on_error; then, or before to cancel, yz_fetch_close. */
yz_fetch *yz_fetch_start(yz_worker *worker, const yz_fetch_plan *plan, const yz_fetch_hooks *hooks, void *arg);
void yz_fetch_pause(yz_fetch *fetch, bool paused);
void yz_fetch_close(yz_fetch *fetch);              /* a connection in mid-exchange is dropped */
const char *yz_fetch_state(const yz_fetch *fetch); /* "connect", "first byte", … for the pending list */

#endif
