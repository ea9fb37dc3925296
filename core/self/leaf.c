/* self/leaf.c: see self.h.
 *
 * A wrong key waits before it is told so: else these paths would be a faster way to guess one than a chain with `auth` is.
 */
#include "base/arena.h"
#include "base/request.h"
#include "generation.h"
#include "people/people.h"
#include "self/inner.h"
#include "self/self.h"

#include <yuzui/plugin.h>

enum { ASK_MS = 30000, WRONG_MS = 1000, BODY_MOST = 4096, EVENT_MOST = 262144 };

static const struct {
    yz_self_path path;
    void (*run)(yz_self *self);
} paths[] = {
    {{"GET", "/v1/balance", false}, yz_self_balance},
    {{"GET", "/v1/usage", false}, yz_self_usage},
    {{"GET", "/v1/usage/{id}", false}, yz_self_charge},
    {{"GET", "/v1/dashboard/billing/subscription", false}, yz_self_subscription},
    {{"GET", "/v1/dashboard/billing/usage", false}, yz_self_billed},
    {{"GET", "/dashboard/billing/subscription", false}, yz_self_subscription},
    {{"GET", "/dashboard/billing/usage", false}, yz_self_billed},
    {{"POST", "/v1/redeem", true}, yz_self_redeem},
    {{"POST", "/v1/payments/{id}", true}, yz_self_pay},
};
enum { N_PATHS = sizeof paths / sizeof *paths };

yz_self_path yz_self_path_at(size_t i) { return i < N_PATHS ? paths[i].path : (yz_self_path){0}; }

/* ---- answering ------------------------------------------------------------------------------------------------------------ */

void yz_self_fail(yz_self *self, yz_error_class class_, int status, const char *code, yz_str why) {
    self->class_ = class_;
    self->status = status;
    self->code = code;
    self->why = why;
}

static void refuse(yz_call *call, yz_error_class class_, int status, const char *code, yz_str why) {
    yz_send_error(call, &(yz_error){YZ_ERROR, .class_ = class_, .status = status, .code = yz_str_of(code), .message = why});
}

static void answer(yz_call *call, const yz_self *self) {
    yz_str body = yz_dup(yz_call_arena(call), yz_buf_view(&self->out));
    if (self->code) {
        refuse(call, self->class_, self->status, self->code, yz_dup(yz_call_arena(call), self->why));
        return;
    }
    yz_send_head(call, &(yz_head){YZ_HEAD, .status = 200, .content_type = YZ_STR("application/json"), .length = (int64_t)body.n});
    if (!yz_ended(call))
        yz_send_chunk(call, &(yz_chunk){YZ_CHUNK, .bytes = body});
    if (!yz_ended(call))
        yz_send_end(call, &(yz_end){YZ_END});
}

static void done(yz_call *call, yz_errand *errand) { answer(call, (yz_self *)errand); }
static void drop(yz_errand *errand) {
    yz_self *self = (yz_self *)errand;
    yz_buf_free(&self->out);
    yz_arena_free(self->arena);
}

/* ---- asking --------------------------------------------------------------------------------------------------------------- */

typedef struct question {
    yz_self self; /* first */
    void (*run)(yz_self *self);
    yz_str text;
} question;

static void work(yz_errand *errand) {
    question *q = (question *)errand;
    yz_json *json = NULL;
    if (q->text.n > 0 && yz_json_parse(q->self.arena, q->text, 0, &json, NULL) != YZ_OK)
        json = NULL; /* the server has proven it; of a body that is none the path says what is missing */
    q->self.body = json;
    q->run(&q->self);
}

/* Who pays, as the stage says that charges in the default chain. */
static yz_str account_of(yz_call *call, const yz_request *request) {
    const yz_chain_settings *chain = yz_call_chain(call)->share->settings->default_chain;
    yz_request asked = *request;
    for (size_t i = 0; i < chain->n_stages; i++) {
        const yz_filter *filter = chain->stages[i].plugin->filter;
        yz_estimate out = {YZ_ESTIMATE, .most = -1};
        if (filter->size <= offsetof(yz_filter, estimate) || !filter->estimate)
            continue;
        filter->estimate(chain->stages[i].config, call, &asked, &out);
        if (out.account.n > 0)
            return out.account;
    }
    return request->key->account.n ? request->key->account : request->key->name;
}

static void ask(yz_call *call, const yz_request *request, const yz_payment_settings *payment, void (*run)(yz_self *self)) {
    yz_arena *arena = yz_arena_new(NULL); /* of another thread than the call's */
    question *q = yz_alloc(arena, sizeof *q);
    yz_people *people = yz_call_chain(call)->share->generation->people;
    *q = (question){.self = {.errand = {.work = work, .done = done, .drop = drop},
                             .arena = arena,
                             .ledger = people ? yz_people_ledger(people) : NULL,
                             .key = yz_dup(arena, payment ? payment->name : request->key->name),
                             .query = yz_dup(arena, request->query),
                             .id = yz_dup(arena, request->stored),
                             .account = payment ? YZ_STR("") : yz_dup(arena, account_of(call, request)),
                             .payment = payment},
                    .run = run,
                    .text = yz_dup(arena, request->body)};
    if (q->self.ledger && yz_desk_ask(call, q->self.ledger, &q->self.errand, ASK_MS) == YZ_OK)
        return;
    yz_arena_free(arena);
    refuse(call, YZ_ERROR_UNAVAILABLE, 0, "unavailable", YZ_STR("too many ask the ledger at once: ask again soon"));
}

/* ---- the stage ------------------------------------------------------------------------------------------------------------ */

static void refuse_key(yz_call *call) { yz_fail(call, YZ_ERROR_AUTH, "this API key is not known here"); }

static void on_timer(yz_call *call, yz_timer *timer) {
    (void)timer;
    refuse_key(call);
}

/* Who signs shows no key. The settings live as long as the call, which waits for the errand. */
static void on_event(yz_call *call, const yz_request *request) {
    const yz_payment_settings *p = yz_call_chain(call)->share->settings->payments;
    while (p && !yz_str_eq(p->name, request->stored))
        p = p->next;
    const char *fault = p ? yz_self_payment_fault(p, request, yz_clock_wall()) : NULL;
    if (!p)
        yz_fail(call, YZ_ERROR_NOT_FOUND, "the config has no payments of that name");
    else if (request->body.n > EVENT_MOST)
        refuse(call, YZ_ERROR_TOO_LARGE, 0, "", YZ_STR("the body should have at most 256 KiB"));
    else if (fault)
        refuse(call, YZ_ERROR_AUTH, 0, "signature_invalid", yz_str_of(fault));
    else
        ask(call, request, p, yz_self_pay);
}

/* A path with an {id} is as it says up to there, and has one. */
static bool asks_for(const yz_request *request, const yz_self_path *path) {
    size_t n = strcspn(path->path, "{");
    bool same = path->path[n]
                    ? request->stored.n > 0 && yz_str_eq(yz_str_at(request->path.p, n < request->path.n ? n : 0), yz_str_at(path->path, n))
                    : yz_str_is(request->path, path->path);
    return same && yz_str_is(request->method, path->method);
}

static void on_call(yz_call *call, const yz_request *request) {
    if (yz_str_starts(request->path, "/v1/payments/")) {
        on_event(call, request);
        return;
    }
    yz_request *known = yz_request_copy(yz_call_arena(call), request);
    yz_error error = {YZ_ERROR};
    size_t i = 0;
    while (i < N_PATHS && !asks_for(request, &paths[i].path))
        i++;
    known->key = request->credential.n ? yz_key_find(call, request->credential) : NULL;
    if (request->credential.n == 0)
        yz_fail(call, YZ_ERROR_AUTH, "no API key: send one as \"Authorization: Bearer KEY\"");
    else if (!known->key)
        yz_timer_start(call, WRONG_MS);
    else if (yz_key_judge(yz_call_arena(call), known->key, known, true, &error) != YZ_OK)
        yz_send_error(call, &error);
    else if (i == N_PATHS)
        yz_fail(call, YZ_ERROR_NOT_FOUND, "this path is not answered for this method");
    else if (request->body.n > BODY_MOST)
        refuse(call, YZ_ERROR_TOO_LARGE, 0, "", YZ_STR("the body should have at most 4 KiB"));
    else
        ask(call, known, NULL, paths[i].run);
}

const yz_filter yz_self_leaf = {YZ_FILTER, .on_call = on_call, .on_timer = on_timer};
