/* admin.c: the paths the server answers itself: probes on every listener, and on the admin listener status, reload and, for tests
 * with YUZUI_TEST_CLOCK=1, the clock.
 *
 * The admin listener must not be a way in for web pages: a request with an Origin is refused, and without a token so is one whose
 * Host is a name, because a page may point a name of its own at a loopback address.
 */
#include "server/admin.h"

#include "base/check.h"
#include "control.h"
#include "server/refusal.h"
#include "server/respond.h"

#include <inttypes.h>
#include <openssl/crypto.h>
#include <stdlib.h>

#define JSON YZ_STR("application/json")

/* ---- who may ---------------------------------------------------------------------------------------------------------- */

static bool host_is_address(yz_str host) {
    if (yz_str_starts(host, "["))
        return true;
    const char *colon = host.n ? memchr(host.p, ':', host.n) : NULL;
    if (colon)
        host.n = (size_t)(colon - host.p);
    bool digits = host.n > 0;
    for (size_t i = 0; i < host.n; i++)
        digits &= (host.p[i] >= '0' && host.p[i] <= '9') || host.p[i] == '.';
    return digits || yz_str_ieq(host, YZ_STR("localhost"));
}

static bool token_is(yz_str shown, yz_str token) {
    uint8_t a[32], b[32];
    yz_hmac(shown, a); /* equal lengths, and nothing to learn from when they differ */
    yz_hmac(token, b);
    return CRYPTO_memcmp(a, b, sizeof(a)) == 0;
}

const yz_error *yz_admin_guard(const yz_asked *asked) {
    if (asked->local == YZ_LOCAL_NONE || asked->local == YZ_LOCAL_HEALTH || asked->local == YZ_LOCAL_READY)
        return NULL;
    yz_str token = asked->settings->admin_token;
    if (asked->found.origin.n)
        return yz_refusal(asked->arena, YZ_ERROR_FORBIDDEN, 0, "the admin listener does not answer web pages");
    if (token.n && !token_is(asked->request.credential, token))
        return yz_refusal(asked->arena, YZ_ERROR_AUTH, 0, "the admin listener wants its token: Authorization: Bearer TOKEN");
    if (!token.n && asked->head->minor > 0 && !host_is_address(yz_request_header(&asked->request, "host")))
        return yz_refusal(asked->arena, YZ_ERROR_FORBIDDEN, 0, "ask the admin listener by its address, not by a name");
    return NULL;
}

/* ---- status --------------------------------------------------------------------------------------------------------- */

#define READ(worker, name) atomic_load_explicit(&(worker)->counters.name, memory_order_relaxed)

static uint64_t sum_declared(const yz_generation *generation, yz_counter slot) {
    uint64_t sum = 0;
    for (size_t i = 0; i < generation->n_shares; i++)
        sum += atomic_load_explicit(&generation->shares[i].worker->declared[slot], memory_order_relaxed);
    return sum;
}

static void put_counters(const yz_generation *generation, yz_buf *out) {
    const char *comma = "";
#define SUM(name, help)                                                                                                                    \
    {                                                                                                                                      \
        uint64_t sum = 0;                                                                                                                  \
        for (size_t i = 0; i < generation->n_shares; i++)                                                                                  \
            sum += READ(generation->shares[i].worker, name);                                                                               \
        yz_buf_printf(out, "%s\"%s\":%" PRIu64, comma, #name, sum);                                                                        \
        comma = ",";                                                                                                                       \
    }
    YZ_COUNTERS(SUM)
#undef SUM
    for (yz_counter slot = 1; yz_counter_at(slot).name; slot++)
        yz_buf_printf(out, ",\"%s\":%" PRIu64, yz_counter_at(slot).name, sum_declared(generation, slot));
}

/* What each of them counts. */
static void put_help(yz_buf *out) {
    const char *comma = "";
#define HELP(name, help)                                                                                                                   \
    yz_buf_printf(out, "%s\"%s\":\"%s\"", comma, #name, help);                                                                             \
    comma = ",";
    YZ_COUNTERS(HELP)
#undef HELP
    for (yz_counter slot = 1; yz_counter_at(slot).name; slot++) {
        yz_buf_printf(out, ",\"%s\":", yz_counter_at(slot).name);
        yz_buf_json_str(out, yz_str_of(yz_counter_at(slot).help));
    }
}

/* Requests begun and not yet ended, over all workers. The counters are read one after the other, so this is an estimate under load. */
static uint64_t in_flight(const yz_generation *generation) {
    uint64_t n = 0;
    for (size_t i = 0; i < generation->n_shares; i++) {
        const yz_worker *worker = generation->shares[i].worker;
        n += READ(worker, begun) - READ(worker, requests) - READ(worker, cancelled);
    }
    return n;
}

static void status(yz_exchange *x) {
    const yz_generation *generation = x->share->generation;
    yz_buf *out = &x->front->scratch;
    out->n = 0;
    yz_buf_printf(out, "{\"version\":\"%s\",\"generation\":%" PRIu64 ",\"uptime_s\":%" PRId64 ",\"workers\":%zu,\"in_flight\":%" PRIu64,
                  YZ_VERSION, generation->number, (yz_now(x->front->worker) - x->front->started) / 1000, generation->n_shares,
                  in_flight(generation));
    yz_buf_printf(out, ",\"draining\":%s,\"counters\":{", x->front->draining ? "true" : "false");
    put_counters(generation, out);
    yz_buf_lit(out, "},\"help\":{");
    put_help(out);
    yz_buf_lit(out, "}}\n");
    yz_respond(x, 200, JSON, yz_buf_view(out), NULL);
}

/* ---- reload --------------------------------------------------------------------------------------------------------- */

/* The control thread answers later, whether or not the client is still there. */
typedef struct waiting {
    yz_exchange *exchange; /* NULL: gone */
} waiting;

static void on_reloaded(void *arg, bool ok, yz_str text) {
    waiting *w = arg;
    yz_exchange *x = w->exchange;
    free(w);
    if (!x)
        return;
    x->waiting = NULL;
    yz_buf *out = &x->front->scratch;
    out->n = 0;
    yz_buf_printf(out, "{\"ok\":%s,\"text\":", ok ? "true" : "false");
    yz_buf_json_str(out, text);
    yz_buf_lit(out, "}\n");
    yz_respond(x, ok ? 200 : 422, JSON, yz_buf_view(out), NULL);
}

static void forget(void *arg) { ((waiting *)arg)->exchange = NULL; }

static void reload(yz_exchange *x) {
    waiting *w = yz_malloc(sizeof(*w));
    w->exchange = x;
    x->waiting = w;
    x->forget = forget;
    yz_control_reload(x->front->worker, on_reloaded, w);
}

/* ---- the clock ------------------------------------------------------------------------------------------------------ */

static void skip(yz_exchange *x) {
    int64_t ms = 0;
    bool good = yz_str_starts(x->asked.request.query, "ms=") && x->asked.request.query.n > 3 && x->asked.request.query.n < 15;
    for (size_t i = 3; good && i < x->asked.request.query.n; i++) {
        good = x->asked.request.query.p[i] >= '0' && x->asked.request.query.p[i] <= '9';
        ms = ms * 10 + (x->asked.request.query.p[i] - '0');
    }
    if (!good) {
        yz_respond_error(x, yz_refusal(x->arena, YZ_ERROR_BAD_REQUEST, 0, "say how far: /test/skip?ms=1000"));
        return;
    }
    yz_respond(x, 200, JSON, YZ_STR("{\"ok\":true}\n"), NULL);
    yz_clock_skip(ms);
    yz_control_wake();
}

void yz_local_run(yz_exchange *x) {
    yz_exchange_enter(x, YZ_EXCHANGE_LOCAL);
    switch (x->asked.local) {
    case YZ_LOCAL_NONE:
        break;
    case YZ_LOCAL_HEALTH:
        yz_respond(x, 200, JSON, YZ_STR("{\"status\":\"ok\"}\n"), NULL);
        break;
    case YZ_LOCAL_READY:
        if (x->front->draining)
            yz_respond(x, 503, JSON, YZ_STR("{\"status\":\"draining\"}\n"), NULL);
        else
            yz_respond(x, 200, JSON, YZ_STR("{\"status\":\"ready\"}\n"), NULL);
        break;
    case YZ_LOCAL_STATUS:
        status(x);
        break;
    case YZ_LOCAL_RELOAD:
        reload(x);
        break;
    case YZ_LOCAL_SKIP:
        skip(x);
        break;
    }
}
