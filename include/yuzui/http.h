/* yuzui/http.h: asking a server outside: probes of a balancer, webhooks, a service that moderates or counts tokens.
 *
 * A client belongs to one stage on one worker: opened while the stage is opened, closed while it is closed. Its exchanges share the
 * worker's connections with the gateway's own; an exchange has a deadline always, its answer a bound, redirects are not followed, and
 * certificates are checked against the system's authorities. Proxies of the environment are not used.
 */
#ifndef YUZUI_HTTP_H
#define YUZUI_HTTP_H

#include <yuzui/call.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct yz_http yz_http;
typedef struct yz_http_exchange yz_http_exchange;

/* Control thread, while a filter is opened. NULL: the reason was reported. */
yz_http *yz_http_open(yz_worker *worker, yz_diag *diag);
/* While the filter is closed: cancels what still runs. NULL is allowed. */
void yz_http_close(yz_http *http);

/* One request. All of it is copied but the secret, which must live as long as the exchange, as that of an option does. */
typedef struct yz_http_plan {
    size_t size;
    yz_str url;               /* "https://host[:port]/path?query", http likewise; no user, no fragment */
    yz_str method;            /* empty: GET, with a body POST */
    const yz_header *headers; /* host, content-length and others of the message's frame are not for a plan to set */
    size_t n_headers;
    yz_str body;
    const yz_secret *secret;   /* sent as secret_header: secret_prefix secret. NULL: none */
    const char *secret_header; /* NULL: "authorization", and then the prefix is "Bearer " */
    const char *secret_prefix; /* NULL: nothing */
    /* ms. 0: 5 s to connect, 30 s in total, and between no other deadline. A total of more than 10 minutes counts as that. */
    int64_t connect, first_byte, idle, total;
    int64_t max_body; /* bytes of the answer. 0: 1 MiB; more than 64 MiB counts as that */
    bool public_only; /* go to no private address, whatever the name resolves to: for a url that somebody else has written */
} yz_http_plan;
#define YZ_HTTP_PLAN .size = sizeof(yz_http_plan)

/* A whole answer, of any status but 3xx. Made by the host; lives until the hook returns. */
typedef struct yz_http_answer {
    size_t size;
    int status;
    const yz_header *headers; /* names in lower case */
    size_t n_headers;
    yz_str body;
} yz_http_answer;

/* One of them is called, once, from the loop; with it the exchange ends, and its handle is to be forgotten. Both optional: a webhook may
 * not care. Errors: CONNECT, TIMEOUT, BROKEN, SERVER (a redirect), INTERNAL (the plan cannot be sent), UNAVAILABLE (a rehearsal). */
typedef struct yz_http_hooks {
    size_t size;
    void (*on_answer)(void *arg, const yz_http_answer *answer);
    void (*on_error)(void *arg, const yz_error *error);
} yz_http_hooks;
#define YZ_HTTP_HOOKS .size = sizeof(yz_http_hooks)

/* Worker thread. With a call it is asked on its behalf: the call waits for it, and when the call ends first the exchange is cancelled and
 * no hook is called. With NULL it is the worker's own, and goes on until it ends or the client is closed. Never calls a hook from
 * inside. hooks NULL: nobody cares. */
yz_http_exchange *yz_http_start(yz_http *http, yz_call *call, const yz_http_plan *plan, const yz_http_hooks *hooks, void *arg);
/* Before its hook: no hook is called any more, and a connection in mid-exchange is dropped. */
void yz_http_cancel(yz_http_exchange *exchange);

#ifdef __cplusplus
}
#endif
#endif
