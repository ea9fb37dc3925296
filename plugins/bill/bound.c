/* bound.c: what a request may cost at most. Every number that a client can choose is bounded before it multiplies anything. */
#include "bill.h"

enum { MOST_CHOICES = 1000 };
#define MOST_TOKENS INT64_C(1000000000)

int64_t bound_input(const yz_request *request, double bytes_per_token) {
    double bytes = (double)(request->upload && request->upload->length > (int64_t)request->body.n ? request->upload->length
                                                                                                  : (int64_t)request->body.n);
    double tokens = bytes / bytes_per_token + 1;
    return tokens < (double)MOST_TOKENS ? (int64_t)tokens : MOST_TOKENS;
}

static int64_t field(const yz_json *json, const char *name, int64_t most) {
    int64_t n = yz_json_int(yz_json_get(json, name), 0);
    return n < 0 ? 0 : n < most ? n : most;
}

/* The largest of the fields that say it, at the top and in the groups that a dialect may have, in either spelling. */
static int64_t largest(const yz_json *json, const char *const *names, size_t n, int64_t most) {
    const yz_json *const groups[] = {json, yz_json_get(json, "generationConfig"), yz_json_get(json, "generation_config")};
    int64_t found = 0;
    for (size_t g = 0; g < 3; g++)
        for (size_t i = 0; groups[g] && i < n; i++) {
            int64_t value = field(groups[g], names[i], most);
            found = value > found ? value : found;
        }
    return found;
}

/* `n` of a form: what is no number up to the bound counts as the bound. */
static int64_t times_of_form(const yz_request *request) {
    const yz_form_field *n = request->form ? yz_form_find(request->form, "n") : NULL;
    int64_t times = 0;
    for (size_t i = 0; n && i < n->value.n; i++) {
        char c = n->value.p[i];
        times = c >= '0' && c <= '9' ? times * 10 + (c - '0') : MOST_CHOICES;
        if (times >= MOST_CHOICES)
            return MOST_CHOICES;
    }
    return times;
}

int64_t bound_output(const yz_request *request, int64_t unless_said) {
    static const char *const lengths[] = {"max_tokens", "max_completion_tokens", "max_output_tokens", "maxOutputTokens"};
    static const char *const choices[] = {"n", "best_of", "candidateCount", "candidate_count"};
    bool none =
        request->op == YZ_OP_EMBEDDING || request->op == YZ_OP_MODERATION || request->op == YZ_OP_RERANK || request->op == YZ_OP_STORED;
    if (none)
        return 0;
    int64_t tokens = request->json ? largest(request->json, lengths, 4, MOST_TOKENS) : 0;
    int64_t times = request->json ? largest(request->json, choices, 4, MOST_CHOICES) : times_of_form(request);
    return (tokens > 0 ? tokens : unless_said) * (times > 0 ? times : 1);
}

static size_t targets_of(const yz_call *call, const yz_request *request, const yz_target *const **targets) {
    if (!request->target || request->target_free)
        return yz_targets(call, request->model, targets);
    *targets = &request->target;
    return 1;
}

/* The call may be another stage's, with other providers in its request. */
static bool may_be_asked(const yz_request *request, const yz_target *target) {
    for (size_t i = 0; i < request->n_within; i++)
        if (yz_str_eq(request->within[i], target->provider->name))
            return true;
    return request->n_within == 0;
}

/* The service that the request asks for; the provider may serve it or the standard one. */
yz_service bound_service(const yz_request *request) {
    static const char *const names[] = {"service_tier", "serviceTier"};
    for (size_t i = 0; i < 2; i++) {
        yz_service asked = yz_service_of(yz_json_escaped(yz_json_get(request->json, names[i])));
        if (asked != YZ_SERVICE_UNSAID)
            return asked;
    }
    return yz_str_is(yz_json_escaped(yz_json_get(request->json, "speed")), "fast") ? YZ_SERVICE_FAST : YZ_SERVICE_UNSAID;
}

/* What it costs at most, at the dearer of the two. False: nobody has said what the service costs. */
static bool most_of(const yz_price *price, const yz_request *request, int64_t input, int64_t output, int64_t *most) {
    const yz_price *service = yz_price_service(price, bound_service(request));
    int64_t other = 0;
    yz_price_most(price, input, output, most);
    if (service && service != price)
        yz_price_most(service, input, output, &other);
    *most = other > *most ? other : *most;
    return service != NULL;
}

int bound_cost(const yz_call *call, const yz_request *request, const bill_state *s, int64_t output, int64_t *most,
               const yz_target **unpriced) {
    const yz_target *const *targets = NULL;
    size_t n = targets_of(call, request, &targets), ended = 0, asked = 0;
    *most = 0;
    *unpriced = NULL;
    for (size_t i = 0; i < n; i++) {
        const yz_price *price = yz_price_find(call, targets[i], s->at);
        int64_t cost;
        yz_str successor;
        if (!may_be_asked(request, targets[i]))
            continue;
        asked++;
        if (!price) {
            *unpriced = targets[i];
        } else if (yz_price_ended(price, s->at, &successor)) { /* it refuses, and another may serve */
            ended++;
        } else {
            if (!most_of(price, request, s->input, output, &cost))
                *unpriced = targets[i];
            *most = cost > *most ? cost : *most;
        }
    }
    if (asked > 0 && ended == asked) {
        *unpriced = targets[0];
        return YZ_EUNSUPPORTED;
    }
    return *unpriced ? YZ_ENOTFOUND : YZ_OK;
}

bool bound_serves(const yz_call *call, const yz_request *request) {
    const yz_target *const *targets = NULL;
    size_t n = targets_of(call, request, &targets);
    for (size_t i = 0; i < n; i++)
        if (may_be_asked(request, targets[i]))
            return true;
    return false;
}
