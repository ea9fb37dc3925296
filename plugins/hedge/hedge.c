/* hedge: asks a second target when the first one is slower than this model usually is, and takes whoever answers first.
 *
 * Usually is measured: a histogram of the times to the first content of each model, recent ones only. The second try costs money, so
 * a budget holds it to a share of the requests, or to a few where there are few. The slower one is cancelled the moment the other has its
 * first content. The head of an answer is held back below until its first content, so a head that arrives here is that moment.
 */
#include "../common/once.h"

#include <stdlib.h>

typedef struct config {
    int64_t after, least;
    double percentile, budget, floor;
    int64_t samples;
} config;

static const yz_option options[] = {
    {"after", YZ_OPTION_DURATION, offsetof(config, after), "0ms",
     .help = "the second target is asked after this; 0: after `percentile` of the model's recent times", .max = 3600000},
    {"percentile", YZ_OPTION_NUMBER, offsetof(config, percentile), "0.95", .help = "later than such a share of the recent answers is late",
     .max = 1},
    {"samples", YZ_OPTION_INT, offsetof(config, samples), "50", .help = "answers of a model before `percentile` is believed", .min = 1,
     .max = 500},
    {"least", YZ_OPTION_DURATION, offsetof(config, least), "50ms", .help = "nobody is late before this", .min = 1, .max = 3600000},
    {"budget", YZ_OPTION_NUMBER, offsetof(config, budget), "0.05", .help = "second calls allowed, as a share of the requests", .max = 1},
    {"floor", YZ_OPTION_NUMBER, offsetof(config, floor), "0.1",
     .help = "second calls allowed where that is less: so many a second, per worker, and a few at the start", .max = 1000},
};

/* ---- what is usual ------------------------------------------------------------------------------------------------------ */

/* Buckets grow by an eighth: 64 for each factor of 1,000, from 1 ms on. */
enum { BUCKETS = 120, RECENT = 1024, SETTLED = 16 };

typedef struct histogram { /* of one model, for documents and streams apart */
    yz_str model;
    struct {
        uint32_t n[BUCKETS], all;
        int64_t late; /* ms, as of the last time that it was worked out; 0: it was not */
        uint32_t old; /* answers since */
    } of[2];
} histogram;

typedef struct hedge_stage { /* on one worker */
    yz_counter hedges, wins, dry;
    double purse;  /* second calls that may be made now */
    double recent; /* requests of the last ten seconds or so, older ones fading */
    int64_t met;   /* when the last of them came; ms; 0: none has */
    histogram *models;
    size_t n;
} hedge_stage;

static int64_t edges[BUCKETS]; /* ms: the upper edge of each bucket */

static void make_edges(void) {
    double edge = 1;
    for (size_t i = 0; i < BUCKETS; i++, edge *= 1.125)
        edges[i] = (int64_t)edge + 1;
}

static void learn(histogram *h, bool stream, int64_t ms) {
    size_t low = 0, high = BUCKETS - 1;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (edges[middle] >= ms)
            high = middle;
        else
            low = middle + 1;
    }
    h->of[stream].n[low]++;
    h->of[stream].old++;
    if (++h->of[stream].all < RECENT)
        return;
    h->of[stream].all = 0; /* older ones count half, again and again */
    for (size_t i = 0; i < BUCKETS; i++)
        h->of[stream].all += h->of[stream].n[i] /= 2;
}

static int64_t percentile(const config *cfg, const histogram *h, bool stream) {
    double below = cfg->percentile * h->of[stream].all;
    uint32_t sum = 0;
    size_t i = 0;
    while (i < BUCKETS - 1 && (sum += h->of[stream].n[i]) < below)
        i++;
    return edges[i] > cfg->least ? edges[i] : cfg->least;
}

/* ms after which an answer of the model is late; 0: nobody knows. A few answers move it hardly, so it is not worked out for each request.
 */
static int64_t usual(const config *cfg, histogram *h, bool stream) {
    if (cfg->after > 0)
        return cfg->after;
    if (!h || h->of[stream].all < (uint32_t)cfg->samples)
        return h ? h->of[stream].late : 0; /* also right after the older ones were halved */
    if (h->of[stream].late == 0 || h->of[stream].old >= SETTLED) {
        h->of[stream].late = percentile(cfg, h, stream);
        h->of[stream].old = 0;
    }
    return h->of[stream].late;
}

static histogram *histogram_of(hedge_stage *stage, yz_str model) {
    for (size_t i = 0; i < stage->n; i++)
        if (yz_str_eq(stage->models[i].model, model))
            return &stage->models[i];
    return NULL;
}

/* ---- the budget --------------------------------------------------------------------------------------------------------- */

enum { SPAN = 10000, LEAST_PURSE = 10, FEW = 3, LONG = 3600000 };

/* Each request puts its share in. What is not spent is kept for the span alone: a target that falls silent makes many requests late at
 * once, and a quiet hour is no licence. Where requests are so rare that their share is next to nothing, time puts in instead of them, up to
 * a few: so a gateway of one request a minute can hedge that, and a busy one has no more than its share. */
static void put_in(hedge_stage *stage, const config *cfg, int64_t now) {
    int64_t gone = stage->met > 0 ? now - stage->met : LONG; /* at the start the purse holds a few */
    stage->recent = (gone < SPAN ? stage->recent * (double)(SPAN - gone) / SPAN : 0) + 1;
    stage->met = now;
    double share = cfg->budget, most = share * stage->recent > LEAST_PURSE ? share * stage->recent : LEAST_PURSE;
    double by_time = cfg->floor * (double)gone / 1000, few = cfg->floor * SPAN / 1000 > FEW ? cfg->floor * SPAN / 1000 : FEW;
    double then = stage->purse + share < most ? stage->purse + share : most;
    double waited = stage->purse + by_time < few ? stage->purse + by_time : few;
    stage->purse = by_time > share && waited > then ? waited : then;
}

/* ---- a request ---------------------------------------------------------------------------------------------------------- */

typedef struct state {
    yz_timer *timer;
    yz_call *first, *second; /* NULL: not started, or failed */
    yz_call *winner;
    const yz_record *leg; /* of the second, until it is settled what it was */
    bool out;             /* it was sent to somebody */
    int64_t begin;
} state;

static void on_call(yz_call *call, const yz_request *request) {
    hedge_stage *stage = yz_stage(call);
    const config *cfg = yz_config(call);
    state *s = yz_state(call);
    s->begin = yz_now(yz_call_worker(call));
    put_in(stage, cfg, s->begin);
    int64_t late = usual(cfg, histogram_of(stage, request->model), request->stream);
    if (late > 0 && late < yz_time_left(call))
        s->timer = yz_timer_start(call, late);
    s->first = yz_next(call, NULL);
}

/* The next target in order that was not asked; a balancer below may take another one. NULL: there is none. */
static const yz_target *other_target(yz_call *call) {
    const yz_request *request = yz_call_request(call);
    const yz_target *const *targets;
    size_t n = yz_targets(call, request->model, &targets);
    for (size_t i = 0; i < n; i++)
        if (!yz_record_tried(call, targets[i]) && yz_serves(call, targets[i], request))
            return targets[i];
    return NULL;
}

/* May the provider act on the world while it answers: with tools that it calls itself, on servers of others? */
static bool acts(const yz_request *request) {
    if (yz_json_count(yz_json_get(request->json, "mcp_servers")) > 0)
        return true;
    const yz_json *tools = yz_json_get(request->json, "tools");
    for (const yz_json *tool = yz_json_is(tools, YZ_JSON_ARRAY) ? tools->child : NULL; tool; tool = tool->next)
        if (yz_json_says(yz_json_get(tool, "type"), "mcp"))
            return true;
    return false;
}

static void on_timer(yz_call *call, yz_timer *timer) {
    (void)timer;
    hedge_stage *stage = yz_stage(call);
    const yz_request *asked = yz_call_request(call);
    state *s = yz_state(call);
    s->timer = NULL;
    bool once = yz_committed(call) || once_made(asked) || acts(asked) || asked->upload;
    const yz_target *target = once ? NULL : other_target(call);
    if (!target)
        return;
    if (stage->purse < 1) {
        yz_count(yz_call_worker(call), stage->dry, 1);
        return;
    }
    stage->purse -= 1;
    yz_note(call, "hedge", YZ_STR("asked"));
    s->second = yz_next_target(call, target, true, YZ_BECAUSE_HEDGE);
    s->leg = yz_call_record(s->second);
}

/* Did the second call get as far as to a provider? A balancer may know of nobody else who is in use, a limit may have nothing left. */
static bool went_out(const yz_record *leg) {
    for (const yz_record *r = leg; r; r = r->next)
        for (const yz_record *above = yz_record_attempt(r) ? r : NULL; above; above = above->parent)
            if (above == leg)
                return true;
    return false;
}

/* Something has become of the second call: what was sent to nobody cost nothing. */
static void settle(yz_call *call) {
    hedge_stage *stage = yz_stage(call);
    state *s = yz_state(call);
    if (!s->leg)
        return;
    s->out = went_out(s->leg);
    s->leg = NULL;
    if (s->out) {
        yz_count(yz_call_worker(call), stage->hedges, 1);
    } else {
        stage->purse += 1;
        yz_note(call, "hedge", YZ_STR("nobody"));
    }
}

static void note_outcome(yz_call *call, const char *outcome) {
    if (((const state *)yz_state(call))->out)
        yz_note(call, "hedge", yz_str_of(outcome));
}

/* The time of the first one; or that it would have taken longer than this. */
static void learn_first(yz_call *call) {
    const state *s = yz_state(call);
    const yz_request *request = yz_call_request(call);
    histogram *h = histogram_of(yz_stage(call), request->model);
    if (h)
        learn(h, request->stream, yz_now(yz_call_worker(call)) - s->begin);
}

static void on_head(yz_call *call, yz_call *child, const yz_head *head) {
    const hedge_stage *stage = yz_stage(call);
    state *s = yz_state(call);
    yz_call *loser = child == s->first ? s->second : s->first;
    s->winner = child;
    yz_timer_stop(s->timer);
    s->timer = NULL;
    learn_first(call);
    settle(call);
    note_outcome(call, child == s->second ? "won" : "lost");
    if (child == s->second)
        yz_count(yz_call_worker(call), stage->wins, 1);
    if (loser)
        yz_cancel(loser);
    yz_send_head(call, head);
}

enum { AGAIN_MS = 250 }; /* who is full or out of use now may be free soon */

/* One of two has failed: the other one may still answer. */
static void on_error(yz_call *call, yz_call *child, const yz_error *error) {
    state *s = yz_state(call);
    bool answers = s->winner == child;
    if (child == s->second)
        settle(call);
    if (child == s->first)
        s->first = NULL;
    else
        s->second = NULL;
    if (!answers && s->first && !s->out && error->nowhere)
        s->timer = yz_timer_start(call, AGAIN_MS);
    if (!answers && (s->first || s->second))
        return;
    if (!answers)
        note_outcome(call, "failed");
    yz_send_error(call, error);
}

static void on_close(yz_call *call) { settle(call); }

/* ---- opening ------------------------------------------------------------------------------------------------------------ */

static void add_model(void *arg, yz_str model, const yz_target *const *targets, size_t n) {
    hedge_stage *stage = arg;
    (void)targets;
    if (stage->models && n > 1)
        stage->models[stage->n].model = model;
    stage->n += n > 1; /* with one target there is no other to ask */
}

static void close_stage(void *arg) {
    hedge_stage *stage = arg;
    free(stage->models);
    free(stage);
}

static int open_stage(yz_worker *worker, const void *cfg, void **out, yz_diag *diag) {
    (void)worker;
    (void)cfg;
    (void)diag;
    hedge_stage *stage = calloc(1, sizeof *stage);
    if (!stage)
        return YZ_ELIMIT;
    make_edges();
    yz_models_each(add_model, stage);
    stage->models = calloc(stage->n + 1, sizeof *stage->models);
    if (!stage->models) {
        free(stage);
        return YZ_ELIMIT;
    }
    stage->n = 0;
    yz_models_each(add_model, stage);
    stage->hedges = yz_counter_declare("hedges", "second targets asked because the first was late");
    stage->wins = yz_counter_declare("hedge_wins", "answers that came from the second target");
    stage->dry = yz_counter_declare("hedge_dry", "second targets not asked because the budget was used up");
    *out = stage;
    return YZ_OK;
}

static void describe(const void *cfg, const yz_question *question, yz_buf *out) {
    const config *c = cfg;
    if (question->n_targets < 2) {
        yz_buf_lit(out, "nobody is asked a second time: the model has one target");
        return;
    }
    if (c->after > 0)
        yz_buf_printf(out, "a second target when there is no content after %lld ms", (long long)c->after);
    else
        yz_buf_printf(out, "a second target when there is no content after the time that %.0f %% of the model's recent answers took",
                      c->percentile * 100);
    yz_buf_printf(out, "; for at most %.1f %% of the requests, or %g a second", c->budget * 100, c->floor);
}

static const yz_filter filter = {
    YZ_FILTER,          .call_size = sizeof(state), .open = open_stage,   .close = close_stage, .on_call = on_call,
    .on_head = on_head, .on_error = on_error,       .on_timer = on_timer, .on_close = on_close, .describe = describe};

YZ_PLUGIN_KINDS("stage");
YZ_PLUGIN(.name = "hedge", .summary = "asks a second target when the first one is late, and takes whoever answers first", .version = "1.0",
          .config_size = sizeof(config), YZ_OPTIONS(options), .filter = &filter)
