/* dial.c: a name is looked up, its addresses race, the winner speaks to the proxy and then shakes hands.
 *
 * The race: the first address starts at once, the next when the one before failed or 250 ms passed; the first to connect wins and
 * the others are closed. TLS starts after the race, so an address that accepts and then says nothing costs its time-out: the
 * deadline belongs to the caller.
 */
#include "upstream/dial.h"

#include "base/arena.h"
#include "base/check.h"
#include "net/dns.h"
#include "upstream/proxy_handshake.h"
#include "worker.h"

#include <stdlib.h>

#define HEAD_START_MS 250
#define MAX_RUNNERS   8

typedef struct runner {
    struct yz_dial *dial;
    yz_stream *stream; /* NULL: not started, or failed */
} runner;

struct yz_dial {
    yz_worker *worker;
    yz_dial_plan plan;
    yz_dial_hook *hook;
    void *arg;
    yz_dns_query *query;
    yz_alarm next_start;
    runner runners[MAX_RUNNERS];
    struct sockaddr_storage addresses[MAX_RUNNERS];
    size_t n, started, running;
    yz_stream *stream; /* the winner */
    yz_proxy_handshake handshake;
    yz_task bury;
    const char *state;
};

static bool proxied(const yz_dial *dial) { return dial->plan.proxy && dial->plan.proxy->scheme.n; }

static void forget(yz_task *task) {
    yz_dial *dial = YZ_CONTAINER(task, yz_dial, bury);
    yz_proxy_handshake_free(&dial->handshake);
    free(dial);
}

/* Lets go of everything but the winner's stream. */
static void wind_up(yz_dial *dial) {
    if (dial->query)
        yz_dns_forget(dial->query);
    dial->query = NULL;
    yz_alarm_drop(&dial->worker->turn, &dial->next_start);
    for (size_t i = 0; i < dial->started; i++) {
        if (dial->runners[i].stream)
            yz_stream_close(dial->runners[i].stream);
        dial->runners[i].stream = NULL;
    }
    dial->running = 0;
}

static void end(yz_dial *dial, yz_stream *stream, const char *reason) {
    wind_up(dial);
    if (!stream && dial->stream)
        yz_stream_close(dial->stream);
    dial->stream = NULL;
    yz_task_bury(&dial->worker->turn, &dial->bury);
    dial->hook(dial->arg, stream, reason);
}

/* ---- after the race -------------------------------------------------------------------------------------------------- */

static void on_secured(void *arg, int code, const char *reason) {
    yz_dial *dial = arg;
    end(dial, code == YZ_OK ? dial->stream : NULL, reason);
}

static void on_secure_broken(void *arg, int code, const char *reason) {
    (void)code;
    end(arg, NULL, reason);
}

static void on_early_bytes(void *arg, const char *p, size_t n) {
    (void)p, (void)n;
    end(arg, NULL, "the server spoke before it was asked");
}

static void on_early_eof(void *arg) { end(arg, NULL, "the server closed at once"); }
static void on_nothing(void *arg) { (void)arg; }

static const yz_stream_hooks secure_hooks = {on_secured, on_early_bytes, on_early_eof, on_nothing, on_secure_broken};

static void secure(yz_dial *dial) {
    if (!dial->plan.url->tls) {
        end(dial, dial->stream, "");
        return;
    }
    char host[256];
    yz_str name = dial->plan.url->host;
    if (!dial->plan.tls || name.n >= sizeof host) {
        end(dial, NULL, "TLS is not set up for this address");
        return;
    }
    memcpy(host, name.p, name.n);
    host[name.n] = 0;
    dial->state = "TLS";
    yz_stream_own(dial->stream, &secure_hooks, dial);
    yz_stream_start_tls(dial->stream, dial->plan.tls, host);
}

/* Gives the handshake what came and follows its answer. */
static void on_proxy_bytes(void *arg, const char *p, size_t n) {
    yz_dial *dial = arg;
    yz_buf out = {0};
    const char *reason = NULL;
    yz_proxy_step step = yz_proxy_handshake_bytes(&dial->handshake, (yz_str){p, n}, &out, &reason);
    if (out.n) {
        yz_str bytes = yz_buf_view(&out);
        yz_stream_write(dial->stream, &bytes, 1);
        explicit_bzero(out.p, out.n); /* it may hold a password */
    }
    yz_buf_free(&out);
    if (step == YZ_PROXY_DONE)
        secure(dial);
    else if (step == YZ_PROXY_REFUSED)
        end(dial, NULL, reason);
}

static void on_proxy_open(void *arg, int code, const char *reason) { (void)arg, (void)code, (void)reason; }
static void on_proxy_eof(void *arg) { end(arg, NULL, "the proxy closed the connection"); }
static void on_proxy_broken(void *arg, int code, const char *reason) {
    (void)code, (void)reason;
    end(arg, NULL, "the proxy broke the connection");
}
static const yz_stream_hooks proxy_hooks = {on_proxy_open, on_proxy_bytes, on_proxy_eof, on_nothing, on_proxy_broken};

static void won(yz_dial *dial, runner *winner) {
    dial->stream = winner->stream;
    winner->stream = NULL;
    wind_up(dial);
    bool plain_by_http = proxied(dial) && yz_str_is(dial->plan.proxy->scheme, "http") && !dial->plan.url->tls;
    if (!proxied(dial) || plain_by_http) {
        secure(dial);
        return;
    }
    dial->state = "proxy";
    yz_stream_own(dial->stream, &proxy_hooks, dial);
    yz_proxy_handshake_start(&dial->handshake, dial->plan.proxy, dial->plan.url);
    on_proxy_bytes(dial, NULL, 0);
}

/* ---- the race -------------------------------------------------------------------------------------------------------- */

static void start_next(yz_dial *dial);

static void on_connected(void *arg, int code, const char *reason) {
    runner *at = arg;
    yz_dial *dial = at->dial;
    if (code == YZ_OK) {
        won(dial, at);
        return;
    }
    yz_stream_close(at->stream);
    at->stream = NULL;
    dial->running--;
    if (dial->started < dial->n)
        start_next(dial);
    else if (dial->running == 0)
        end(dial, NULL, reason);
}

static void on_race_bytes(void *arg, const char *p, size_t n) { (void)arg, (void)p, (void)n; }
static void on_race_eof(void *arg) { (void)arg; }
static void on_race_broken(void *arg, int code, const char *reason) { (void)arg, (void)code, (void)reason; }
/* A runner is taken over or closed the moment it is open: the other hooks cannot run. */
static const yz_stream_hooks race_hooks = {on_connected, on_race_bytes, on_race_eof, on_nothing, on_race_broken};

static void on_head_start_over(yz_alarm *alarm) { start_next(YZ_CONTAINER(alarm, yz_dial, next_start)); }

static void start_next(yz_dial *dial) {
    if (dial->started == dial->n)
        return;
    runner *at = &dial->runners[dial->started];
    const struct sockaddr *address = (const struct sockaddr *)&dial->addresses[dial->started];
    dial->started++;
    dial->running++;
    at->dial = dial;
    at->stream = yz_stream_connect(dial->worker, address, NULL, NULL, &race_hooks, at);
    if (dial->started < dial->n)
        yz_alarm_set(&dial->worker->turn, &dial->next_start, HEAD_START_MS);
    else
        yz_alarm_drop(&dial->worker->turn, &dial->next_start);
}

static void on_addresses(void *arg, const struct sockaddr_storage *addresses, size_t n, const char *reason) {
    yz_dial *dial = arg;
    dial->query = NULL;
    if (n == 0) {
        end(dial, NULL, reason);
        return;
    }
    for (size_t i = 0; dial->plan.public_only && i < n; i++)
        if (yz_address_is_private(&addresses[i])) {
            end(dial, NULL, "its address is private, which only a host that is named in full may have");
            return;
        }
    dial->n = n < MAX_RUNNERS ? n : MAX_RUNNERS;
    memcpy(dial->addresses, addresses, dial->n * sizeof *addresses);
    dial->state = "connect";
    start_next(dial);
}

/* ---- the outside ----------------------------------------------------------------------------------------------------- */

yz_dial *yz_dial_start(yz_worker *worker, const yz_dial_plan *plan, yz_dial_hook *hook, void *arg) {
    yz_dial *dial = yz_calloc(1, sizeof *dial);
    dial->worker = worker;
    dial->plan = *plan;
    dial->hook = hook;
    dial->arg = arg;
    dial->next_start.ring = on_head_start_over;
    dial->bury.run = forget;
    dial->state = "name";
    const yz_url *first = proxied(dial) ? plan->proxy : plan->url;
    dial->query = yz_dns_ask(worker->dns, first->host, first->port, on_addresses, dial);
    return dial;
}

void yz_dial_stop(yz_dial *dial) {
    wind_up(dial);
    if (dial->stream)
        yz_stream_close(dial->stream);
    dial->stream = NULL;
    yz_task_bury(&dial->worker->turn, &dial->bury);
}

const char *yz_dial_state(const yz_dial *dial) { return dial->state; }
