/* admin/leaf.c: the last stage of the admin chain: which path is answered by whom, and how an answer goes out.
 *
 * An answer is made whole and sent in pieces while the reader takes them. What is answered later (a reload, a question to all workers)
 * is a named wait of the call, which ends with it: a client that leaves cancels the call, and on_close tells whoever was asked.
 */
#include "admin/inner.h"
#include "base/arena.h"
#include "base/clock.h"
#include "call/tree.h"
#include "generation.h"

#include <stdlib.h>

enum {
    PIECE = 64 * 1024,
    FULL_MS = 600000,   /* for a reader that takes nothing: the server has cut it off before */
    RELOAD_MS = 600000, /* until a generation is built */
    GATHER_MS = 1000,   /* until the workers have answered */
};

/* ---- sending ---------------------------------------------------------------------------------------------------------------- */

static void pour(yz_admin_call *a) {
    while (a->sent < a->body.n && !yz_paused(a->call)) {
        size_t left = a->body.n - a->sent, n = left < PIECE ? left : PIECE;
        yz_str piece = {a->body.p + a->sent, n};
        a->sent += n;
        yz_send_chunk(a->call, &(yz_chunk){YZ_CHUNK, .bytes = piece});
        if (yz_ended(a->call))
            return;
    }
    if (a->sent == a->body.n)
        yz_send_end(a->call, &(yz_end){YZ_END});
    else
        a->full = yz_timer_start(a->call, FULL_MS);
}

void yz_admin_send(yz_admin_call *a, int status) {
    yz_str content_type = a->content_type.n ? a->content_type : YZ_STR("application/json");
    yz_send_head(a->call, &(yz_head){YZ_HEAD, .status = status, .content_type = content_type, .length = (int64_t)a->body.n});
    if (!yz_ended(a->call))
        pour(a);
}

void yz_admin_refuse(yz_admin_call *a, yz_error_class class_, int status, const char *code, yz_str message) {
    yz_send_error(a->call, &(yz_error){YZ_ERROR, .class_ = class_, .status = status, .code = yz_str_of(code), .message = message});
}

yz_str yz_admin_too_low(yz_arena *arena, const yz_admin_bearer *bearer, yz_admin_role needed) {
    static const char *const words[] = {"read", "operate", "money"};
    return yz_format(arena, "the token \"%.*s\" has the role %s, and this needs %s", YZ_STR_ARGS(bearer->name), words[bearer->role],
                     words[needed]);
}

static void on_flow(yz_call *call, bool paused) {
    yz_admin_call *a = yz_state(call);
    if (paused || !a->full)
        return;
    yz_timer_stop(a->full);
    a->full = NULL;
    pour(a);
}

static void on_timer(yz_call *call, yz_timer *timer) {
    if (!yz_admin_live_tick(yz_state(call), timer))
        yz_fail(call, YZ_ERROR_TIMEOUT, "the answer was not read");
}

/* ---- all workers ------------------------------------------------------------------------------------------------------------ */

void yz_admin_gather(yz_admin_call *a, yz_str question, void (*ask)(yz_worker *worker, yz_str question, yz_buf *out),
                     void (*answer)(void *arg, const yz_gathered *answers, size_t n)) {
    a->wait = yz_wait_start(a->call, "the workers", 2 * GATHER_MS, NULL, NULL);
    a->gather = yz_gather_start(yz_call_worker(a->call), GATHER_MS, question, ask, answer, a);
}

void yz_admin_waited(yz_admin_call *a) {
    yz_wait *wait = a->wait;
    a->wait = NULL;
    a->gather = NULL;
    yz_wait_done(wait);
}

void yz_admin_put_missing(yz_buf *out, const yz_gathered *answers, size_t n) {
    const char *comma = "";
    yz_buf_lit(out, ",\"missing\":[");
    for (size_t i = 0; i < n; i++) {
        if (answers[i].answered)
            continue;
        yz_buf_printf(out, "%s%u", comma, yz_worker_index(answers[i].worker));
        comma = ",";
    }
    yz_buf_lit(out, "]");
}

/* ---- reload ----------------------------------------------------------------------------------------------------------------- */

/* The control thread answers whether or not the call is still there. */
typedef struct yz_admin_reload {
    yz_admin_call *a; /* NULL: it has ended */
    void (*answer)(yz_admin_call *a, bool ok, yz_str text);
} yz_admin_reload;

static void on_reloaded(void *arg, bool ok, yz_str text) {
    yz_admin_reload *reload = arg;
    yz_admin_call *a = reload->a;
    void (*answer)(yz_admin_call *, bool, yz_str) = reload->answer;
    free(reload);
    if (!a)
        return;
    a->reload = NULL;
    yz_admin_waited(a);
    answer(a, ok, text);
}

void yz_admin_reload_start(yz_admin_call *a, void (*answer)(yz_admin_call *a, bool ok, yz_str text)) {
    a->wait = yz_wait_start(a->call, "the control thread", RELOAD_MS, NULL, NULL);
    a->reload = yz_malloc(sizeof(*a->reload));
    *a->reload = (yz_admin_reload){a, answer};
    yz_control_reload(yz_call_worker(a->call), on_reloaded, a->reload);
}

static void answer_reload(yz_admin_call *a, bool ok, yz_str text) {
    yz_buf_printf(&a->body, "{\"ok\":%s,\"text\":", ok ? "true" : "false");
    yz_buf_json_str(&a->body, text);
    yz_buf_lit(&a->body, "}\n");
    yz_admin_send(a, ok ? 200 : 422);
}

static void reload(yz_admin_call *a, const yz_request *request) {
    (void)request;
    yz_admin_reload_start(a, answer_reload);
}

/* ---- the clock -------------------------------------------------------------------------------------------------------------- */

static void skip(yz_admin_call *a, const yz_request *request) {
    yz_str query = request->query;
    int64_t ms = 0;
    bool good = yz_str_starts(query, "ms=") && query.n > 3 && query.n < 15;
    for (size_t i = 3; good && i < query.n; i++) {
        good = query.p[i] >= '0' && query.p[i] <= '9';
        ms = ms * 10 + (query.p[i] - '0');
    }
    if (!good) {
        yz_fail(a->call, YZ_ERROR_BAD_REQUEST, "say how far: /test/skip?ms=1000");
        return;
    }
    yz_buf_lit(&a->body, "{\"ok\":true}\n");
    yz_admin_send(a, 200);
    yz_clock_skip(ms);
    yz_control_wake();
}

/* ---- the console -------------------------------------------------------------------------------------------------------------- */

/* Its plugin stands before this leaf, and takes these paths if it is there. */
static void no_console(yz_admin_call *a, const yz_request *request) {
    (void)request;
    yz_fail(a->call, YZ_ERROR_NOT_FOUND, "this gateway has no console: its plugin is not installed, or was built without Node.js");
}

/* ---- single sign-on ----------------------------------------------------------------------------------------------------------- */

/* Likewise: its stage (oidc/stage.c) takes these paths where the config has it. */
static void no_sign_on(yz_admin_call *a, const yz_request *request) {
    if (!yz_str_is(request->path, "/oidc")) {
        yz_fail(a->call, YZ_ERROR_NOT_FOUND, "this gateway has no single sign-on: admin \"…\" { oidc = { issuer = … } } makes it");
        return;
    }
    yz_buf_lit(&a->body, "{\"offered\":false}\n");
    yz_admin_send(a, 200);
}

/* ---- paths ------------------------------------------------------------------------------------------------------------------ */

static const struct {
    yz_admin_path at;
    yz_admin_answer *answer;
    yz_admin_role role; /* that it needs */
} PATHS[] = {
    {{"GET", "/status", false}, yz_admin_status, YZ_ADMIN_READ},
    {{"GET", "/calls", false}, yz_admin_calls, YZ_ADMIN_READ},
    {{"GET", "/metrics", false}, yz_admin_metrics, YZ_ADMIN_READ},
    {{"GET", "/live", false}, yz_admin_live, YZ_ADMIN_READ},
    {{"GET", "/requests", false}, yz_admin_requests, YZ_ADMIN_READ},
    {{"POST", "/calls/cancel", false}, yz_admin_cancel, YZ_ADMIN_OPERATE},
    {{"GET", "/policies", false}, yz_admin_policies, YZ_ADMIN_READ},
    {{"POST", "/policies/check", true}, yz_admin_check, YZ_ADMIN_OPERATE},
    {{"POST", "/policies/explain", true}, yz_admin_explain, YZ_ADMIN_OPERATE},
    {{"POST", "/policies/replay", true}, yz_admin_replay, YZ_ADMIN_OPERATE},
    {{"GET", "/console", false}, no_console, YZ_ADMIN_READ},
    {{"GET", "/console/{id}", false}, no_console, YZ_ADMIN_READ},
    {{"GET", "/oidc", false}, no_sign_on, YZ_ADMIN_READ},
    {{"POST", "/oidc/begin", true}, no_sign_on, YZ_ADMIN_READ},
    {{"POST", "/oidc/finish", true}, no_sign_on, YZ_ADMIN_READ},
    {{"POST", "/reload", false}, reload, YZ_ADMIN_OPERATE},
    {{"POST", "/test/skip", false}, skip, YZ_ADMIN_READ}, /* the last one: for tests */
};
enum { N_PATHS = sizeof(PATHS) / sizeof(*PATHS) };

static size_t n_paths(void) {
    const char *test = getenv("YUZUI_TEST_CLOCK");
    return test && strcmp(test, "1") == 0 ? N_PATHS : N_PATHS - 1;
}

yz_admin_path yz_admin_path_at(size_t i) { return i < n_paths() ? PATHS[i].at : yz_api_path_at(i - n_paths()); }

static void on_call(yz_call *call, const yz_request *request) {
    yz_admin_call *a = yz_state(call);
    yz_admin_bearer bearer;
    a->call = call;
    yz_admin_bearer_of(yz_call_chain(call)->share->settings, request->credential, yz_call_arena(call),
                       &bearer); /* the guard has let it in */
    for (size_t i = 0; i < n_paths(); i++)
        if (yz_str_is(request->path, PATHS[i].at.path)) {
            if (bearer.role >= PATHS[i].role)
                PATHS[i].answer(a, request);
            else
                yz_admin_refuse(a, YZ_ERROR_FORBIDDEN, 0, "role_too_low", yz_admin_too_low(yz_call_arena(call), &bearer, PATHS[i].role));
            return;
        }
    if (yz_str_starts(request->path, "/console/"))
        no_console(a, request);
    else if (!yz_api_answer(a, request, &bearer))
        yz_fail(call, YZ_ERROR_NOT_FOUND, "there is no such path here");
}

/* Whoever was asked something may answer later: it finds nobody. */
static void on_close(yz_call *call) {
    yz_admin_call *a = yz_state(call);
    if (a->gather)
        yz_gather_cancel(a->gather);
    if (a->reload)
        a->reload->a = NULL;
    if (a->errand)
        yz_admin_errand_leave(a->errand);
    if (a->wait)
        yz_admin_waited(a);
    yz_buf_free(&a->body);
}

const yz_filter yz_admin_leaf = {
    YZ_FILTER, .call_size = sizeof(yz_admin_call), .on_call = on_call, .on_timer = on_timer, .on_close = on_close, .on_flow = on_flow};
