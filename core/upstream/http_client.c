/* upstream/http_client.c: the HTTP client of plugins (yuzui/http.h): a fetch whose answer is gathered for whoever asked.
 *
 * Invariants:
 *   - an exchange stands in its client's list from its start until it ends, and ends once: by its hook, by its call's end, by a cancel, or
 *     by the close of its client;
 *   - it has left the list, and counts as ended, before its hook runs, so that the hook may do anything;
 *   - its memory goes at the end of the turn, so that a hook may run inside a fetch's.
 * The fetch checks what is sent (request_head.c); here is checked what a plan can say and a fetch plan cannot.
 */
#include "upstream/http_client.h"
#include "base/arena.h"
#include "base/check.h"
#include "base/record.h"
#include "call/tree.h"
#include "net/tls.h"
#include "upstream/fetch.h"
#include "worker.h"

#include <stdlib.h>

enum {
    CONNECT_MS = 5000,
    TOTAL_MS = 30000,
    TOTAL_MAX_MS = 600000,
    SPARE_MS = 5000, /* the call's wait is later than the fetch's own deadline, which says more */
    CONNECTIONS = 16,
    HEADERS_MAX = 64,
};
#define BODY_BYTES ((size_t)1 << 20)
#define BODY_MAX   ((size_t)64 << 20)

struct yz_http {
    yz_worker *worker;
    yz_tls *tls;
    yz_http_exchange *running;
};

struct yz_http_exchange { /* in its own arena */
    yz_worker *worker;
    yz_arena *arena;
    yz_call *call; /* with a wait; NULL: the worker's own */
    yz_wait *wait;
    yz_http_hooks hooks;
    void *arg;
    yz_fetch_plan plan;
    yz_url url;
    yz_str text;
    yz_body body;
    yz_fetch *fetch;
    const yz_h1_head *head; /* the fetch's */
    yz_buf received;
    size_t max;
    yz_task task; /* reports what was wrong from the start; at last, frees */
    yz_error error;
    bool ended;
    yz_http_exchange *next, **link; /* in its client's list */
};

/* ---- the client ------------------------------------------------------------------------------------------------------ */

yz_http *yz_http_open_as(yz_worker *worker, yz_tls *tls) {
    yz_http *http = yz_calloc(1, sizeof(*http));
    http->worker = worker;
    http->tls = yz_tls_ref(tls);
    return http;
}

yz_http *yz_http_open(yz_worker *worker, yz_diag *diag) {
    yz_tls *tls = yz_tls_client(YZ_STR(""), false, diag);
    yz_http *http = tls ? yz_http_open_as(worker, tls) : NULL;
    if (tls)
        yz_tls_unref(tls);
    return http;
}

void yz_http_close(yz_http *http) {
    if (!http)
        return;
    while (http->running)
        yz_http_cancel(http->running);
    yz_tls_unref(http->tls);
    free(http);
}

/* ---- ending ---------------------------------------------------------------------------------------------------------- */

static void forget(yz_task *task) { yz_arena_free(YZ_CONTAINER(task, yz_http_exchange, task)->arena); }

/* It counts as ended from now on. */
static void leave_list(yz_http_exchange *x) {
    x->ended = true;
    *x->link = x->next;
    if (x->next)
        x->next->link = x->link;
}

static void release(yz_http_exchange *x) {
    if (x->fetch)
        yz_fetch_close(x->fetch);
    if (x->wait)
        yz_wait_done(x->wait);
    yz_buf_free(&x->received);
    yz_task_drop(&x->task);
    x->task.run = forget;
    yz_task_bury(&x->worker->turn, &x->task);
}

void yz_http_cancel(yz_http_exchange *x) {
    if (x->ended)
        return;
    leave_list(x);
    release(x);
}

/* Of a call that has ended no hook is called, though its exchange is only cancelled later in the turn. */
static bool is_wanted(const yz_http_exchange *x) { return !x->call || !yz_ended(x->call); }

static void end_with_error(yz_http_exchange *x, const yz_error *error) {
    leave_list(x);
    if (x->hooks.on_error && is_wanted(x))
        x->hooks.on_error(x->arg, error);
    release(x);
}

static void on_close(void *arg) { yz_http_cancel(arg); }

static void on_late(void *arg) {
    end_with_error(arg, &(yz_error){YZ_ERROR, .class_ = YZ_ERROR_TIMEOUT, .message = YZ_STR("the deadline passed")});
}

/* ---- the answer ------------------------------------------------------------------------------------------------------ */

static void on_head(void *arg, const yz_h1_head *head) { ((yz_http_exchange *)arg)->head = head; }

static void on_bytes(void *arg, yz_str bytes) {
    yz_http_exchange *x = arg;
    if (bytes.n <= x->max - x->received.n) {
        yz_buf_str(&x->received, bytes);
        return;
    }
    yz_error error = {YZ_ERROR, .class_ = YZ_ERROR_BROKEN, .started = YZ_STARTED_MAYBE};
    error.message = yz_format(x->arena, "its answer is larger than %zu bytes", x->max);
    end_with_error(x, &error);
}

static void on_end(void *arg) {
    yz_http_exchange *x = arg;
    yz_http_answer answer = {.size = sizeof(answer),
                             .status = x->head->status,
                             .headers = x->head->headers,
                             .n_headers = x->head->n_headers,
                             .body = yz_buf_view(&x->received)};
    leave_list(x);
    if (x->hooks.on_answer && is_wanted(x))
        x->hooks.on_answer(x->arg, &answer);
    release(x);
}

static void on_error(void *arg, const yz_error *error) { end_with_error(arg, error); }

static const yz_fetch_hooks fetch_hooks = {.on_head = on_head, .on_bytes = on_bytes, .on_end = on_end, .on_error = on_error};

/* ---- the plan -------------------------------------------------------------------------------------------------------- */

static int64_t at_most(int64_t said, int64_t otherwise, int64_t most) { return said <= 0 ? otherwise : said < most ? said : most; }

static const char *read_target(yz_http_exchange *x, const yz_http_plan *plan) {
    const char *reason;
    if (yz_url_split(plan->url, x->arena, &x->url, &x->plan.path, &reason) != YZ_OK)
        return reason;
    if (!yz_str_starts(x->url.scheme, "http"))
        return "its url does not begin with http:// or https://";
    if (x->url.user.n + x->url.password.n > 0)
        return "its url holds a user or a password, which belong in a header";
    x->plan.method = plan->method.n ? yz_dup(x->arena, plan->method) : plan->body.n ? YZ_STR("POST") : YZ_STR("GET");
    return yz_str_ieq(x->plan.method, YZ_STR("connect")) ? "its method is CONNECT" : NULL;
}

static const char *read_headers(yz_http_exchange *x, const yz_http_plan *plan) {
    if (plan->n_headers > HEADERS_MAX)
        return "it has more than 64 headers";
    yz_header *headers = yz_alloc(x->arena, (plan->n_headers + 1) * sizeof(*headers));
    for (size_t i = 0; i < plan->n_headers; i++)
        headers[i] = (yz_header){yz_dup(x->arena, plan->headers[i].name), yz_dup(x->arena, plan->headers[i].value)};
    x->plan.headers = headers;
    x->plan.n_headers = plan->n_headers;
    return NULL;
}

static const char *read_secret(yz_http_exchange *x, const yz_http_plan *plan) {
    if (!plan->secret)
        return NULL;
    const char *prefix = plan->secret_prefix ? plan->secret_prefix : plan->secret_header ? "" : "Bearer ";
    yz_str header = yz_dup(x->arena, yz_str_of(plan->secret_header ? plan->secret_header : "authorization"));
    if (!yz_h1_name_ok(header) || yz_h1_framing(header) || !yz_h1_value_ok(yz_str_of(prefix)))
        return "the header of its secret holds bytes that may not stand in it, or is not for a plan to set";
    x->plan.secret = plan->secret;
    x->plan.auth_header = header.p;
    x->plan.auth_prefix = yz_dup(x->arena, yz_str_of(prefix)).p;
    return NULL;
}

/* NULL: it can be tried; else what is wrong with it. */
static const char *read_plan(yz_http_exchange *x, const yz_http *http, const yz_http_plan *plan) {
    const char *reason = read_target(x, plan);
    reason = reason ? reason : read_headers(x, plan);
    reason = reason ? reason : read_secret(x, plan);
    if (reason)
        return reason;
    x->text = yz_dup(x->arena, plan->body);
    x->body = (yz_body){YZ_BODY, .known = &x->text, .n_known = 1, .length = (int64_t)x->text.n};
    x->plan.body = x->text.n ? &x->body : NULL;
    x->plan.url = &x->url;
    x->plan.tls = x->url.tls ? http->tls : NULL;
    x->plan.public_only = plan->public_only;
    x->plan.max_connections = CONNECTIONS;
    x->plan.timeout = (yz_timeouts){.connect = at_most(plan->connect, CONNECT_MS, TOTAL_MAX_MS),
                                    .first_byte = at_most(plan->first_byte, 0, TOTAL_MAX_MS),
                                    .idle = at_most(plan->idle, 0, TOTAL_MAX_MS),
                                    .total = at_most(plan->total, TOTAL_MS, TOTAL_MAX_MS)};
    x->max = (size_t)at_most(plan->max_body, (int64_t)BODY_BYTES, (int64_t)BODY_MAX);
    return NULL;
}

/* ---- starting -------------------------------------------------------------------------------------------------------- */

static void report_fault(yz_task *task) {
    yz_http_exchange *x = YZ_CONTAINER(task, yz_http_exchange, task);
    end_with_error(x, &x->error);
}

static yz_http_exchange *exchange_new(yz_http *http, const yz_http_hooks *hooks, void *arg) {
    yz_arena *arena = yz_arena_new(http->worker->blocks);
    yz_http_exchange *x = yz_alloc(arena, sizeof(*x));
    yz_http_hooks room;
    x->worker = http->worker;
    x->arena = arena;
    x->arg = arg;
    if (hooks) {
        YZ_WIDE(hooks, &room);
        x->hooks = *hooks;
    }
    x->next = http->running;
    x->link = &http->running;
    if (x->next)
        x->next->link = &x->next;
    http->running = x;
    return x;
}

static void fail_later(yz_http_exchange *x, yz_error_class class_, yz_str message) {
    x->error = (yz_error){YZ_ERROR, .class_ = class_, .message = message, .started = YZ_STARTED_NO};
    x->task.run = report_fault;
    yz_task_post(&x->worker->turn, &x->task);
}

yz_http_exchange *yz_http_start(yz_http *http, yz_call *call, const yz_http_plan *plan, const yz_http_hooks *hooks, void *arg) {
    yz_http_exchange *x = exchange_new(http, hooks, arg);
    yz_http_plan room;
    YZ_WIDE(plan, &room);
    if (call && yz_ended(call)) {
        yz_http_cancel(x);
        return x;
    }
    const char *reason = read_plan(x, http, plan);
    if (call) {
        x->call = call;
        x->wait = yz_wait_start(call, "http", at_most(plan->total, TOTAL_MS, TOTAL_MAX_MS) + SPARE_MS, on_late, x);
        yz_wait_on_close(x->wait, on_close);
    }
    if (reason)
        fail_later(x, YZ_ERROR_INTERNAL, yz_format(x->arena, "the request cannot be sent: %s", reason));
    else if (!x->worker->pools)
        fail_later(x, YZ_ERROR_UNAVAILABLE, YZ_STR("nothing outside is asked in a rehearsal"));
    else
        x->fetch = yz_fetch_start(x->worker, &x->plan, &fetch_hooks, x);
    return x;
}
