/* serve.c: who answers a request: nobody (it is refused), OPTIONS, the server itself, or a chain. */
#include "server/serve.h"
#include "server/claim.h"

#include "server/answer.h"
#include "server/cors.h"
#include "server/door.h"
#include "server/duplex.h"
#include "server/forwarded.h"
#include "server/opening.h"
#include "server/probes.h"
#include "server/refusal.h"
#include "server/respond.h"
#include "server/trial.h"
#include "server/unpack.h"
#include "server/upload.h"

static void note_client(yz_exchange *x) {
    if (x->asked.request.client.n == 0)
        x->asked.request.client = yz_dup(x->arena, yz_str_of(yz_stream_peer(x->outlet->stream)));
}

/* Headers are put in another order when they are read: before that. */
static void note_forwarded(yz_exchange *x, const yz_h1_head *head) {
    yz_asked *asked = &x->asked;
    const yz_listen_settings *listen = yz_settings_listen(asked->settings, asked->address);
    if (!listen || listen->n_trusted == 0)
        return;
    yz_str peer = asked->request.client;
    yz_str client = yz_forwarded_client(listen->trusted, listen->n_trusted, peer, head);
    if (client.p == peer.p)
        return;
    asked->via = peer;
    asked->request.client = yz_dup(x->arena, client);
}

bool yz_serve_head(yz_exchange *x, const yz_h1_head *head) {
    yz_asked *asked = &x->asked;
    note_client(x);
    note_forwarded(x, head);
    x->close = !head->keep_alive;
    const yz_error *barred = yz_trial_begin(asked, &head);
    if (!asked->admin && !x->counted) /* a trial */
        yz_exchange_count(x);
    const yz_error *wrong = yz_asked_read_head(asked, asked->admin ? &x->front->admin_routes : &x->front->routes, head);
    if (barred)
        wrong = barred;
    if (!wrong)
        wrong = yz_asked_judge(asked);
    bool session = asked->request.op == YZ_OP_REALTIME && asked->local == YZ_LOCAL_NONE && asked->method != YZ_METHOD_OPTIONS;
    if (!wrong && session)
        wrong = yz_duplex_read(x);
    if (!wrong && session && asked->opens)
        yz_door_arrive(x);
    x->close |= session && wrong; /* what follows was meant for the session */
    if (!wrong && head->has_body && !yz_door_arrive(x))
        return false;
    if (!wrong && head->has_body && !yz_upload_expect(x))
        wrong = yz_intake_expect(&x->body, x->arena, &x->front->limits, head->length);
    if (wrong && !asked->dialect)
        asked->dialect = yz_claim(asked->settings, head);
    x->refusal = wrong;
    return !wrong;
}

bool yz_serve_body(yz_exchange *x, yz_str bytes) {
    x->refusal = yz_intake_add(&x->body, x->arena, &x->front->limits, bytes);
    if (!x->refusal && x->upload_at)
        x->refusal = yz_upload_try(x);
    return !x->refusal;
}

static void options(yz_exchange *x) {
    yz_extra extra = {.headers = {{YZ_STR("allow"), x->asked.allow}}, .n = 1};
    extra.n += yz_cors_preflight(&x->asked, extra.headers + 1);
    yz_respond(x, 204, (yz_str){0}, (yz_str){0}, &extra);
}

static bool is_packed(const yz_exchange *x) { return x->body.n && x->asked.found.coding.n && yz_headers_packed(x->asked.found.coding); }

static const yz_error *unpack(yz_exchange *x, yz_str *body) {
    yz_intake *plain = yz_alloc(x->arena, sizeof(*plain));
    const yz_error *error = yz_unpack(x->asked.found.coding, *body, x->arena, &x->front->limits, plain);
    *body = (yz_str){plain->p, plain->n};
    return error;
}

static void call(yz_exchange *x) {
    yz_str body = {x->body.p, x->body.n};
    const yz_error *error = is_packed(x) ? unpack(x, &body) : NULL;
    if (!error && !x->upload)
        error = yz_asked_read_body(&x->asked, body);
    if (error) {
        yz_respond_error(x, error);
        return;
    }
    yz_answer_start(x);
}

void yz_serve(yz_exchange *x) {
    if (x->refusal)
        yz_respond_error(x, x->refusal);
    else if (x->asked.method == YZ_METHOD_OPTIONS)
        options(x);
    else if (x->asked.local == YZ_LOCAL_HEALTH || x->asked.local == YZ_LOCAL_READY)
        yz_probe_answer(x);
    else if (x->duplex && x->asked.opens)
        yz_opening_begin(x);
    else
        call(x);
}

static yz_error_class class_of(int status) {
    switch (status) {
    case 413:
    case 414:
    case 431:
        return YZ_ERROR_TOO_LARGE;
    case 408:
        return YZ_ERROR_TIMEOUT;
    default:
        return YZ_ERROR_BAD_REQUEST;
    }
}

static yz_error *broken(yz_arena *arena, int status, const char *message) {
    yz_error *error = yz_refusal(arena, class_of(status), status, "%s", message);
    if (status == 408)
        error->code = YZ_STR("request_timeout");
    return error;
}

void yz_serve_broken(yz_exchange *x, int status, const char *message) {
    note_client(x);
    x->close = true;
    yz_respond_error(x, x->refusal ? x->refusal : broken(x->arena, status, message));
}

void yz_serve_turned_away(yz_exchange *x) {
    x->close = true;
    yz_answer_start(x);
}

void yz_serve_crowd(yz_exchange *x) {
    note_client(x);
    x->close = true;
    yz_respond_error(x, yz_refusal_full(x->arena, "connections_full", "too many connections: try again soon"));
}
