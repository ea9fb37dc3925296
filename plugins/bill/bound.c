/* bound.c: what a request may cost at most. Every number that a client can choose is bounded before it multiplies anything. */
#include "bill.h"

enum { MOST_CHOICES = 1000 };

int64_t bound_input(const yz_request *request, double bytes_per_token) {
    double tokens = (double)units_bytes(request) / bytes_per_token + 1;
    return tokens < (double)BOUND_MOST ? (int64_t)tokens : BOUND_MOST;
}

/* What a request may say about what it costs, in the spellings of all dialects. */
enum { NOTHING, LENGTH, CHOICES, GROUP, SERVICE, SERVICE_TOO, SPEED };
static const struct {
    const char *name;
    uint32_t n;
    int what;
} fields[] = {
#define FIELD(name, what)                                                                                                                  \
    { name, sizeof(name) - 1, what }
    FIELD("max_tokens", LENGTH),
    FIELD("max_completion_tokens", LENGTH),
    FIELD("max_output_tokens", LENGTH),
    FIELD("maxOutputTokens", LENGTH),
    FIELD("n", CHOICES),
    FIELD("best_of", CHOICES),
    FIELD("candidateCount", CHOICES),
    FIELD("candidate_count", CHOICES),
    FIELD("sampleCount", CHOICES),
    FIELD("sample_count", CHOICES),
    FIELD("numberOfVideos", CHOICES),
    FIELD("number_of_videos", CHOICES),
    FIELD("parameters", GROUP),
    FIELD("generationConfig", GROUP),
    FIELD("generation_config", GROUP),
    FIELD("service_tier", SERVICE),
    FIELD("serviceTier", SERVICE_TOO),
    FIELD("speed", SPEED),
#undef FIELD
};

static int what_is(const yz_json *object, const yz_json *member) {
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        if (member->key_escaped ? yz_json_get(object, fields[i].name) == member
                                : member->key_n == fields[i].n && memcmp(member->key_p, fields[i].name, fields[i].n) == 0)
            return fields[i].what;
    return NOTHING;
}

/* Digits, at most `most`; anything else counts as `most`. */
static int64_t number_of_text(yz_str text, int64_t most) {
    int64_t n = 0;
    for (size_t i = 0; i < text.n; i++) {
        char c = text.p[i];
        n = c >= '0' && c <= '9' ? n * 10 + (c - '0') : most;
        if (n >= most)
            return most;
    }
    return n;
}

/* A number may be a text, as in the JSON of protocol buffers, and providers that are not strict take more than that; so what is no whole
 * number up to the bound counts as the bound, never as unsaid. */
static void raise_to(int64_t *to, const yz_json *value, int64_t most) {
    int64_t n = yz_json_is(value, YZ_JSON_NULL)     ? 0
                : yz_json_is(value, YZ_JSON_STRING) ? number_of_text(yz_json_escaped(value), most)
                                                    : yz_json_int(value, most);
    n = n < most ? n : most;
    *to = n > *to ? n : *to;
}

/* Of a service_tier. OpenAI takes "fast" for "priority", and its answers say that (openai-python 3.57, completion_create_params.py). */
static yz_service tier_of(yz_str word) {
    yz_service service = yz_service_of(word);
    return service == YZ_SERVICE_FAST ? YZ_SERVICE_PRIORITY : service;
}

/* The largest of the fields that say it, at the top and in the groups that a dialect may have. */
static void look_into(const yz_json *object, bool top, bound_asked *out) {
    yz_service services[3] = {YZ_SERVICE_UNSAID};
    for (const yz_json *m = yz_json_is(object, YZ_JSON_OBJECT) ? object->child : NULL; m; m = m->next) {
        int what = what_is(object, m);
        if (what == LENGTH)
            raise_to(&out->length, m, BOUND_MOST);
        else if (what == CHOICES)
            raise_to(&out->choices, m, MOST_CHOICES);
        else if (what == GROUP && top)
            look_into(m, false, out);
        else if (what == SPEED)
            services[2] = yz_json_says(m, "fast") ? YZ_SERVICE_FAST : YZ_SERVICE_UNSAID;
        else if (what != NOTHING && what != GROUP)
            services[what - SERVICE] = tier_of(yz_json_escaped(m));
    }
    for (size_t i = 0; top && i < 3 && out->service == YZ_SERVICE_UNSAID; i++)
        out->service = services[i];
}

/* `n` of a form; the largest counts if it stands there twice. */
static int64_t times_of_form(const yz_request *request) {
    int64_t most = 0;
    for (const yz_form_field *f = request->form ? request->form->fields : NULL; f; f = f->next) {
        int64_t times = yz_str_is(f->name, "n") ? number_of_text(f->value, MOST_CHOICES) : 0;
        most = times > most ? times : most;
    }
    return most;
}

bound_asked bound_read(const yz_request *request) {
    bound_asked asked = {0};
    look_into(request->json, true, &asked);
    if (!request->json)
        asked.choices = times_of_form(request);
    return asked;
}

int64_t bound_output(const yz_request *request, const bound_asked *asked, int64_t unless_said) {
    bool none =
        request->op == YZ_OP_EMBEDDING || request->op == YZ_OP_MODERATION || request->op == YZ_OP_RERANK || request->op == YZ_OP_STORED;
    return none ? 0 : (asked->length > 0 ? asked->length : unless_said) * (asked->choices > 0 ? asked->choices : 1);
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

bool bound_is_followed(const yz_request *request) {
    return request->op == YZ_OP_BATCH && request->job.n > 0 && request->dialect &&
           (request->dialect->batch_chat || chats_lie_apart(request));
}

void bound_chats(const bill_config *cfg, const yz_call *call, const yz_request *request, bill_state *s) {
    const yz_json *body, *chat = NULL;
    size_t n = 0;
    while ((chat = request->dialect->batch_chat(request, chat, &body)))
        n++;
    s->chats = yz_alloc(yz_call_arena(call), (n + 1) * sizeof *s->chats);
    s->n_chats = 0;
    s->service = YZ_SERVICE_BATCH;
    while (s->n_chats < n && (chat = request->dialect->batch_chat(request, chat, &body))) {
        yz_request one = {YZ_REQUEST, .op = YZ_OP_CHAT, .json = body, .body = yz_json_raw(body)};
        bound_asked asked = bound_read(&one);
        s->chats[s->n_chats++] = (bound_chat){bound_line(&one, cfg), bound_output(&one, &asked, cfg->answer_tokens)};
    }
}

/* Its chats are worked on at the price of batches alone. */
static bool most_of_batch(const yz_price *price, const bill_state *s, int64_t *most) {
    const yz_price *service = yz_price_service(price, YZ_SERVICE_BATCH);
    *most = 0;
    for (size_t i = 0; service && i < s->n_chats; i++) {
        int64_t cost = 0;
        yz_price_most(service, s->chats[i].input, s->chats[i].output, &cost);
        *most = cost < YZ_LEDGER_AMOUNT_MAX - *most ? *most + cost : YZ_LEDGER_AMOUNT_MAX;
    }
    return service != NULL;
}

/* What it costs at most, at the dearer of the two. False: nobody has said what the service costs. */
static bool most_of(const yz_price *price, const bill_state *s, int64_t output, int64_t *most) {
    if (s->n_chats > 0)
        return most_of_batch(price, s, most);
    const yz_price *service = yz_price_service(price, s->service);
    int64_t other = 0;
    yz_price_most(price, s->input, output, most);
    *most += units_most(price, s->units) + units_most_pictures(price, s->pictures);
    if (service && service != price) {
        yz_price_most(service, s->input, output, &other);
        other += units_most(service, s->units) + units_most_pictures(service, s->pictures);
    }
    *most = other > *most ? other : *most;
    if (*most == 0 && units_other(price)) /* it is sold by a piece that nobody counts of this work: that is no price */
        return false;
    return service != NULL;
}

int bound_cost(const yz_call *call, const yz_request *request, bill_state *s, int64_t output, int64_t *most, const yz_target **unpriced) {
    const yz_target *const *targets = NULL;
    size_t n = targets_of(call, request, &targets), ended = 0, asked = 0;
    *most = 0;
    *unpriced = NULL;
    s->first = n > 0 ? targets[0] : NULL;
    for (size_t i = 0; i < n; i++) {
        const yz_price *price = charge_price(call, s, targets[i]);
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
            if (!most_of(price, s, output, &cost))
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
