/* retry: tries a failed call again, if that can help, costs nobody twice unasked, and does not feed a storm.
 *
 * A second attempt is a fresh child, so nothing is ever reset. An attempt is made only while nothing has gone up to the client;
 * a provider's head is held back below until the first content, so that covers "200, then an error" as well.
 *
 * The budget holds retries to a share of the requests of the last ten seconds. It counts per worker: no lock, and every worker sees
 * the same mixture of traffic.
 */
#include "../common/once.h"

#include <stdlib.h>

enum { BRIEF_MS = 1000 };             /* a pause that a provider asks for, shorter than any that Retry-After can say in seconds */
enum { UNLESS_TIMEOUT, RETRY, FAIL }; /* the words of `ambiguous`, in their order */

typedef struct config {
    int64_t attempts;
    int64_t base, cap, retry_after;
    double budget;
    int64_t floor;
    int ambiguous;
    int64_t client_attempts;
    int64_t rate_limit, timeout, connect, broken, overloaded, server; /* attempts for the class; 0: `attempts` */
} config;

static const yz_option options[] = {
    {"attempts", YZ_OPTION_INT, offsetof(config, attempts), "3", .help = "how often a request is sent at most, the first time included",
     .min = 1, .max = 20},
    {"base", YZ_OPTION_DURATION, offsetof(config, base), "100ms", .help = "longest pause before the second attempt; doubles with each",
     .min = 1, .max = 60000},
    {"cap", YZ_OPTION_DURATION, offsetof(config, cap), "5s", .help = "longest pause of all", .min = 1, .max = 600000},
    {"retry_after", YZ_OPTION_DURATION, offsetof(config, retry_after), "10s",
     .help = "a provider that asks for a longer pause is not tried again", .max = 600000},
    {"budget", YZ_OPTION_NUMBER, offsetof(config, budget), "0.2", .help = "retries allowed, as a share of the requests of the last 10 s",
     .max = 10},
    {"floor", YZ_OPTION_INT, offsetof(config, floor), "10",
     .help = "retries allowed whatever the budget: so many a second, counted over 10 s, per worker", .max = 1000000},
    {"ambiguous", YZ_OPTION_CHOICE, offsetof(config, ambiguous), "unless_timeout",
     .help = "when the provider may have begun to work: try again, fail, or try again unless it timed out",
     .choices = "unless_timeout retry fail"},
    {"client_attempts", YZ_OPTION_INT, offsetof(config, client_attempts), "0",
     .help = "attempts, at most, for a client that tries again itself, as the official SDKs do; 0: as for any other", .max = 20},
    {"rate_limit", YZ_OPTION_INT, offsetof(config, rate_limit), "0",
     .help = "attempts for this class of error; 0: as `attempts`, 1: never again", .max = 20},
    {"timeout", YZ_OPTION_INT, offsetof(config, timeout), "0", .help = "likewise", .max = 20},
    {"connect", YZ_OPTION_INT, offsetof(config, connect), "0", .help = "likewise", .max = 20},
    {"broken", YZ_OPTION_INT, offsetof(config, broken), "0", .help = "likewise", .max = 20},
    {"overloaded", YZ_OPTION_INT, offsetof(config, overloaded), "0", .help = "likewise", .max = 20},
    {"server", YZ_OPTION_INT, offsetof(config, server), "0", .help = "likewise", .max = 20},
};

/* ---- the budget ----------------------------------------------------------------------------------------------------- */

enum { WINDOW = 10 }; /* seconds, a slot each */

/* How fast the answers of a model have been lately, documents and streams apart: the fastest of these and of those before. */
typedef struct pace {
    yz_str model;
    struct {
        int64_t least, before; /* ms to the first content; 0: nobody knows */
        uint32_t n;            /* answers since `before` was put aside */
    } of[2];
} pace;

typedef struct budget { /* the stage on one worker */
    yz_counter retries;
    pace *paces;
    size_t n_paces;
    int64_t second; /* of the newest slot */
    struct {
        int64_t requests, retries;
    } slots[WINDOW];
} budget;

/* Moves the window to now, and returns the slot of this second. */
static size_t budget_slot(budget *b, yz_worker *worker) {
    int64_t second = yz_now(worker) / 1000;
    if (second - b->second >= WINDOW)
        memset(b->slots, 0, sizeof b->slots);
    else
        for (int64_t s = b->second + 1; s <= second; s++)
            memset(&b->slots[s % WINDOW], 0, sizeof b->slots[0]);
    b->second = second;
    return (size_t)(second % WINDOW);
}

static bool budget_take(budget *b, yz_worker *worker, const config *cfg) {
    size_t now = budget_slot(b, worker);
    int64_t requests = 0, retries = 0;
    for (size_t i = 0; i < WINDOW; i++) {
        requests += b->slots[i].requests;
        retries += b->slots[i].retries;
    }
    if ((double)retries >= (double)(cfg->floor * WINDOW) + cfg->budget * (double)requests)
        return false;
    b->slots[now].retries++;
    return true;
}

/* ---- what can still be in time ----------------------------------------------------------------------------------------- */

enum { LATELY = 64 };

static pace *pace_of(const budget *b, yz_str model) {
    for (size_t i = 0; i < b->n_paces; i++)
        if (yz_str_eq(b->paces[i].model, model))
            return &b->paces[i];
    return NULL;
}

static void learn(pace *p, bool stream, int64_t ms) {
    if (p->of[stream].n++ >= LATELY) {
        p->of[stream].before = p->of[stream].least;
        p->of[stream].least = 0;
        p->of[stream].n = 1;
    }
    int64_t least = p->of[stream].least;
    if (least == 0 || ms < least)
        p->of[stream].least = ms > 0 ? ms : 1;
}

/* Would an attempt that begins in `ms` be in time, if it were as fast as any? */
static bool in_time(yz_call *call, int64_t ms) {
    const yz_request *request = yz_call_request(call);
    int64_t left = yz_time_left(call);
    const pace *p = left < INT64_MAX ? pace_of(yz_stage(call), request->model) : NULL;
    int64_t least = p ? p->of[request->stream].least : 0, before = p ? p->of[request->stream].before : 0;
    int64_t fastest = least == 0 || (before > 0 && before < least) ? before : least;
    return ms + fastest < left;
}

/* ---- the stage ------------------------------------------------------------------------------------------------------ */

typedef struct state {
    int64_t attempts; /* made so far */
    int64_t begun;    /* the last one, ms */
    int64_t waited;   /* before attempts, ms */
    bool sat_out;     /* a pause that a provider asked for */
} state;

/* What the provider says of another try goes before what its class says; but it says so of itself, and nothing of another target. */
static yz_again said(const yz_error *error) { return error->elsewhere ? YZ_AGAIN_UNSAID : error->again; }

/* Does this client try again itself? Its attempts and ours multiply. Clients made from the OpenAI and Anthropic SDKs say so in a header. */
static bool tries_again(const yz_request *request) {
    static const char *const agents[] = {"OpenAI/",     "AsyncOpenAI/", "Anthropic/", "AsyncAnthropic/", "ai/",  "ai-sdk/",
                                         "claude-cli/", "codex",        "GeminiCLI/", "litellm/",        "Codex"};
    if (yz_request_header(request, "x-stainless-retry-count").n > 0)
        return true;
    yz_str agent = yz_request_header(request, "user-agent");
    for (size_t i = 0; i < sizeof agents / sizeof *agents; i++)
        if (yz_str_starts(agent, agents[i]))
            return true;
    return false;
}

/* Attempts this error allows in all; 1: what went wrong once will go wrong again. */
static int64_t attempts_after(const config *cfg, const yz_error *error) {
    int64_t attempts;
    if (said(error) == YZ_AGAIN_NO)
        return 1;
    switch (error->class_) {
    case YZ_ERROR_RATE_LIMIT:
        attempts = cfg->rate_limit;
        break;
    case YZ_ERROR_TIMEOUT:
        attempts = cfg->timeout;
        break;
    case YZ_ERROR_CONNECT:
        attempts = cfg->connect;
        break;
    case YZ_ERROR_BROKEN:
        attempts = cfg->broken;
        break;
    case YZ_ERROR_OVERLOADED:
        attempts = cfg->overloaded;
        break;
    case YZ_ERROR_SERVER:
        attempts = cfg->server;
        break;
    case YZ_ERROR_QUOTA:
        return 1;
    default:
        return said(error) == YZ_AGAIN_YES ? cfg->attempts : 1;
    }
    return attempts ? attempts : cfg->attempts;
}

/* Likewise, for this client. */
static int64_t attempts_for(const config *cfg, const yz_request *request, const yz_error *error) {
    int64_t attempts = attempts_after(cfg, error);
    bool fewer = cfg->client_attempts > 0 && cfg->client_attempts < attempts && tries_again(request);
    return fewer ? cfg->client_attempts : attempts;
}

static bool may_repeat(const config *cfg, const yz_request *request, const yz_error *error) {
    if (!once_repeats(request, error))
        return false;
    if (error->started == YZ_STARTED_NO || cfg->ambiguous == RETRY)
        return true;
    return cfg->ambiguous == UNLESS_TIMEOUT && error->class_ != YZ_ERROR_TIMEOUT;
}

/* How long the next attempt must wait for the provider's sake: not at all if it goes to another one. */
static int64_t asked_for(const yz_error *error) { return error->elsewhere ? 0 : error->retry_after; }

/* Full jitter: anything up to the pause, so that clients which failed together do not come back together. */
static int64_t pause_before(yz_call *call, const config *cfg, int64_t attempts, int64_t retry_after) {
    int64_t longest = cfg->base;
    for (int64_t i = 1; i < attempts && longest < cfg->cap; i++)
        longest *= 2;
    if (longest > cfg->cap)
        longest = cfg->cap;
    int64_t jitter = (int64_t)(yz_random(yz_call_worker(call)) % (uint64_t)(longest + 1));
    return retry_after > 0 ? retry_after + jitter : jitter;
}

/* The request for the next attempt. What is sent again below, because a pooled connection was dead, is an attempt too: the last one, and
 * one of work that must not be begun twice, is sent once. */
static const yz_request *as_sent(yz_call *call, const yz_request *request) {
    const config *cfg = yz_config(call);
    const state *s = yz_state(call);
    const yz_error dead = {YZ_ERROR, .class_ = YZ_ERROR_BROKEN};
    if (cfg->ambiguous != FAIL && s->attempts < attempts_for(cfg, request, &dead))
        return NULL; /* as it is */
    yz_request *once = yz_request_copy(yz_call_arena(call), request);
    once->once = true;
    return once;
}

static void on_call(yz_call *call, const yz_request *request) {
    budget *b = yz_stage(call);
    state *s = yz_state(call);
    b->slots[budget_slot(b, yz_call_worker(call))].requests++;
    s->attempts = 1;
    s->begun = yz_now(yz_call_worker(call));
    yz_next(call, as_sent(call, request));
}

static void on_head(yz_call *call, yz_call *child, const yz_head *head) {
    const yz_request *request = yz_call_request(call);
    pace *p = pace_of(yz_stage(call), request->model);
    (void)child;
    if (p)
        learn(p, request->stream, yz_now(yz_call_worker(call)) - ((const state *)yz_state(call))->begun);
    yz_send_head(call, head);
}

/* Sitting out what a provider asks for is for those who have nowhere else to go; and for once: who asks again then did not keep his word,
 * and may never do, while the client waits. */
static bool sits_out(yz_call *call, const config *cfg, const yz_error *error) {
    int64_t ms = asked_for(error);
    bool once_more = ((const state *)yz_state(call))->sat_out;
    return ms <= cfg->retry_after && (ms < BRIEF_MS || (!once_more && !yz_elsewhere(call, error)));
}

static void on_error(yz_call *call, yz_call *child, const yz_error *error) {
    (void)child;
    const config *cfg = yz_config(call);
    state *s = yz_state(call);
    s->attempts += error->resent;
    int64_t asked = sits_out(call, cfg, error) ? asked_for(error) : -1;
    bool again = !yz_committed(call) && !error->nowhere && s->attempts < attempts_for(cfg, yz_call_request(call), error) &&
                 may_repeat(cfg, yz_call_request(call), error) && (asked >= 0 || error->others);
    if (again && error->others && (asked < 0 || !in_time(call, asked)))
        asked = 0; /* somebody else, who failed before, can be asked again instead */
    int64_t ms = again && !error->elsewhere ? pause_before(call, cfg, s->attempts, asked) : 0;
    if (!again || !in_time(call, ms)) {
        yz_send_error(call, error);
        return;
    }
    /* What no provider was asked for multiplies nobody's load. */
    if (error->target && !budget_take(yz_stage(call), yz_call_worker(call), cfg)) {
        yz_error *spent = yz_error_copy(yz_call_arena(call), error);
        spent->spent = true;
        yz_send_error(call, spent);
        return;
    }
    s->waited += ms;
    s->sat_out |= asked >= BRIEF_MS;
    yz_timer_start(call, ms);
}

static void on_timer(yz_call *call, yz_timer *timer) {
    (void)timer;
    const budget *b = yz_stage(call);
    state *s = yz_state(call);
    s->attempts++;
    if (s->waited > 0)
        yz_note(call, "waited", yz_format(yz_call_arena(call), "%lld", (long long)s->waited));
    s->begun = yz_now(yz_call_worker(call));
    yz_count(yz_call_worker(call), b->retries, 1);
    yz_next_because(call, as_sent(call, yz_call_request(call)), YZ_BECAUSE_RETRY);
}

static void count_model(void *arg, yz_str model, const yz_target *const *targets, size_t n) {
    budget *b = arg;
    (void)targets;
    (void)n;
    if (b->paces)
        b->paces[b->n_paces].model = model;
    b->n_paces++;
}

static void close_stage(void *stage) {
    budget *b = stage;
    free(b->paces);
    free(b);
}

static int open_stage(yz_worker *worker, const void *cfg, void **stage, yz_diag *diag) {
    (void)worker; /* it is running: nothing of it may be read here */
    const config *c = cfg;
    if (c->cap < c->base) {
        yz_diag_error(diag, "retry: cap is shorter than base (%lld ms < %lld ms)", (long long)c->cap, (long long)c->base);
        return YZ_EINVAL;
    }
    budget *b = calloc(1, sizeof *b);
    if (!b)
        return YZ_ELIMIT;
    yz_models_each(count_model, b);
    b->paces = calloc(b->n_paces + 1, sizeof *b->paces);
    if (!b->paces) {
        free(b);
        return YZ_ELIMIT;
    }
    b->n_paces = 0;
    yz_models_each(count_model, b);
    b->retries = yz_counter_declare("retries", "attempts after the first");
    *stage = b;
    return YZ_OK;
}

static void describe(const void *cfg, const yz_question *question, yz_buf *out) {
    const config *c = cfg;
    (void)question;
    yz_buf_printf(out,
                  "up to %lld attempts, with pauses of its own of up to %lld ms; one that a provider asks for is waited for up to %lld ms, "
                  "where nobody else can be asked; %.0f %% more calls at most, or %lld a second",
                  (long long)c->attempts, (long long)c->cap, (long long)c->retry_after, c->budget * 100, (long long)c->floor);
}

static const yz_filter filter = {YZ_FILTER,           .call_size = sizeof(state), .open = open_stage,   .close = close_stage,
                                 .on_call = on_call,  .on_head = on_head,         .on_error = on_error, .on_timer = on_timer,
                                 .describe = describe};

YZ_PLUGIN_KINDS("stage");
YZ_PLUGIN(.name = "retry", .summary = "tries failed calls again, with jitter, a budget, and only when nothing has been sent to the client",
          .version = "1.0", .config_size = sizeof(config), YZ_OPTIONS(options), .filter = &filter)
