/* fallback: when a target fails, the next target of the model; when there is none left, the next model by rule.
 *
 * Only while nothing has gone up to the client. The first attempt costs nothing: no copy of the request, unless the first target
 * cannot serve it. When everything has failed the client gets the first error, which is about the model it asked for.
 */
#include "../common/once.h"

#include <stdlib.h>

typedef struct config {
    yz_map models; /* model -> the model after it */
    yz_list on;
} config;

static const yz_option options[] = {
    {"models", YZ_OPTION_MAP, offsetof(config, models), NULL, .help = "the model to try when every target of a model has failed",
     .models = true},
    {"on", YZ_OPTION_LIST, offsetof(config, on), NULL,
     .help = "the classes of error that lead to the next target; all of them unless said"},
};

/* The classes that another target may not suffer from, by the words of `on`. */
static const struct {
    const char *word;
    yz_error_class class_;
} classes[] = {
    {"rate_limit", YZ_ERROR_RATE_LIMIT},
    {"quota", YZ_ERROR_QUOTA},
    {"auth", YZ_ERROR_UPSTREAM_AUTH},
    {"connect", YZ_ERROR_CONNECT},
    {"broken", YZ_ERROR_BROKEN},
    {"timeout", YZ_ERROR_TIMEOUT},
    {"overloaded", YZ_ERROR_OVERLOADED},
    {"server", YZ_ERROR_SERVER},
    {"context_length", YZ_ERROR_CONTEXT_LENGTH},
    {"context_length", YZ_ERROR_TOO_LARGE}, /* a provider's 413: in bytes what the other is in tokens */
    {"content_policy", YZ_ERROR_CONTENT_POLICY},
    {"unsupported", YZ_ERROR_UNSUPPORTED},
    {"not_found", YZ_ERROR_NOT_FOUND},
};
enum { CLASSES = sizeof classes / sizeof *classes };

typedef struct fallback_stage { /* on one worker */
    yz_counter fallbacks;
} fallback_stage;

typedef struct state {
    yz_str model;             /* whose targets are being tried */
    size_t next;              /* where among them to look for the next one */
    size_t tries;             /* children that were started for this model: never more than it has targets; SIZE_MAX: no more */
    size_t hops;              /* models after the first */
    const yz_target *chosen;  /* by a stage above: tried first */
    const yz_error *first;    /* what went wrong first */
    const yz_target *limited; /* whose account refused last: its key, its limit, its money */
    const yz_target *paused;  /* who was left because it asked for a pause that nobody sat out: asked again when all others have failed */
    yz_str paused_model;      /* … as a target of this one */
    int64_t paused_until;     /* … not before this; ms */
    bool returned;            /* it was */
    yz_str story;             /* "openai rate_limited, backup upstream_timeout" */
} state;

static bool wanted(const config *cfg, yz_error_class class_) {
    for (size_t c = 0; c < CLASSES; c++) {
        if (classes[c].class_ != class_)
            continue;
        if (cfg->on.n == 0)
            return true;
        for (size_t i = 0; i < cfg->on.n; i++)
            if (yz_str_is(cfg->on.items[i], classes[c].word))
                return true;
    }
    return false;
}

static const yz_str *model_after(const config *cfg, yz_str model) {
    for (size_t i = 0; i < cfg->models.n; i++)
        if (yz_str_eq(cfg->models.items[i].name, model))
            return &cfg->models.items[i].value;
    return NULL;
}

/* The next target of this model, in order, that nobody has asked: a balancer below may have taken them in another order. */
static const yz_target *next_of_model(yz_call *call) {
    state *s = yz_state(call);
    const yz_target *const *targets;
    size_t n = yz_targets(call, s->model, &targets);
    for (size_t i = 0; i < n && s->tries < n; i++) {
        const yz_target *target = targets[s->next++ % n];
        if (s->limited && target->node.n > 0 && yz_target_is_sibling(target, s->limited))
            continue; /* another address of the account that has just said no */
        if (target == s->chosen || yz_record_tried(call, target) || !yz_serves(call, target, yz_call_request(call)))
            continue;
        s->tries++;
        return target;
    }
    return NULL;
}

/* The next target to try, moving from model to model; NULL when there is none left. */
static const yz_target *advance(yz_call *call) {
    state *s = yz_state(call);
    const config *cfg = yz_config(call);
    for (;;) {
        const yz_target *target = next_of_model(call);
        if (target)
            return target;
        const yz_str *model = model_after(cfg, s->model);
        if (!model || s->hops++ >= cfg->models.n)
            return NULL;
        s->model = *model;
        s->next = s->tries = 0;
    }
}

static void start(yz_call *call, const yz_target *target, yz_because because) {
    const state *s = yz_state(call);
    yz_request *request = yz_request_copy(yz_call_arena(call), yz_call_request(call));
    request->model = s->model;
    request->target = target;
    request->target_free = true;
    yz_next_because(call, request, because);
}

static void on_call(yz_call *call, const yz_request *request) {
    state *s = yz_state(call);
    s->model = request->model;
    s->chosen = request->target;
    const yz_target *const *targets;
    if (!s->chosen && yz_targets(call, s->model, &targets) > 0) {
        const yz_target *target = advance(call); /* targets[0], unless that one cannot serve it */
        if (target && (target != targets[0] || s->hops > 0)) {
            start(call, target, YZ_BECAUSE_FIRST);
            return;
        }
    }
    yz_next(call, NULL); /* as it is: the first target, the chosen one, or an error that says why there is none */
}

/* The target to ask after this error; NULL: none. */
static const yz_target *target_after(yz_call *call, const yz_error *error) {
    state *s = yz_state(call);
    if (error->nowhere || (error->spent && error->elsewhere))
        s->tries = SIZE_MAX; /* none of this model's targets: what fails everywhere is not to be asked by every request everywhere */
    if (error->class_ == YZ_ERROR_RATE_LIMIT || error->class_ == YZ_ERROR_QUOTA || error->class_ == YZ_ERROR_UPSTREAM_AUTH)
        s->limited = error->target;
    bool over = yz_committed(call) || !once_repeats(yz_call_request(call), error) || !wanted(yz_config(call), error->class_);
    return over ? NULL : advance(call);
}

static bool elsewhere(yz_call *call, const yz_error *error) {
    state *s = yz_state(call);
    const state now = *s;
    if (s->returned || !error->target)
        return false;
    bool any = target_after(call, error) != NULL;
    *s = now;
    if (any && !s->paused) {
        s->paused = error->target;
        s->paused_model = s->model;
        s->paused_until = yz_now(yz_call_worker(call)) + error->retry_after;
    }
    return any;
}

/* All others have failed: the one that was not waited for is, if there is time. */
static bool goes_back(yz_call *call, const yz_error *error) {
    state *s = yz_state(call);
    int64_t ms = s->paused_until - yz_now(yz_call_worker(call));
    if (!s->paused || s->returned || yz_committed(call) || !once_repeats(yz_call_request(call), error) || ms >= yz_time_left(call))
        return false;
    s->returned = true;
    s->model = s->paused_model;
    yz_timer_start(call, ms > 1 ? ms : 1);
    return true;
}

static void on_error(yz_call *call, yz_call *child, const yz_error *error) {
    (void)child;
    state *s = yz_state(call);
    const yz_target *target = target_after(call, error);
    if (!s->first)
        s->first = error;
    if (!target && goes_back(call, error))
        return;
    if (!target) {
        yz_send_error(call, yz_committed(call) ? error : s->first);
        return;
    }
    yz_str who = error->target ? error->target->provider->name : s->model;
    s->story = yz_format(yz_call_arena(call), "%.*s%s%.*s %s", YZ_STR_ARGS(s->story), s->story.n ? ", " : "", YZ_STR_ARGS(who),
                         yz_error_word(error->class_));
    yz_note(call, "fallback", s->story);
    yz_count(yz_call_worker(call), ((const fallback_stage *)yz_stage(call))->fallbacks, 1);
    start(call, target, YZ_BECAUSE_FALLBACK);
}

static void on_timer(yz_call *call, yz_timer *timer) {
    (void)timer;
    start(call, ((const state *)yz_state(call))->paused, YZ_BECAUSE_RETRY);
}

/* ---- checking the options ------------------------------------------------------------------------------------------- */

static int check_classes(const config *cfg, yz_diag *diag) {
    for (size_t i = 0; i < cfg->on.n; i++) {
        bool known = false;
        for (size_t c = 0; c < CLASSES; c++)
            known = known || yz_str_is(cfg->on.items[i], classes[c].word);
        if (known)
            continue;
        yz_buf words = {0};
        for (size_t c = 0; c < CLASSES; c++)
            if (c == 0 || strcmp(classes[c].word, classes[c - 1].word) != 0) /* one word may be several classes, one after the other */
                yz_buf_printf(&words, "%s%s", c ? " " : "", classes[c].word);
        yz_diag_error(diag, "fallback: on: \"%.*s\" is no class of error; these are: %.*s", YZ_STR_ARGS(cfg->on.items[i]), (int)words.n,
                      words.p);
        yz_buf_free(&words);
        return YZ_EINVAL;
    }
    return YZ_OK;
}

static int check_models(const config *cfg, yz_diag *diag) {
    for (size_t i = 0; i < cfg->models.n; i++) {
        yz_str from = cfg->models.items[i].name;
        const yz_str *model = &cfg->models.items[i].value;
        for (size_t hops = 0; model && hops < cfg->models.n; hops++, model = model_after(cfg, *model))
            if (yz_str_eq(*model, from)) {
                yz_diag_error(diag, "fallback: models: \"%.*s\" leads back to itself; a rule should lead to a model not tried before",
                              YZ_STR_ARGS(from));
                return YZ_EINVAL;
            }
    }
    return YZ_OK;
}

static int open_stage(yz_worker *worker, const void *cfg, void **stage, yz_diag *diag) {
    (void)worker;
    int code = check_classes(cfg, diag);
    if (code == YZ_OK)
        code = check_models(cfg, diag);
    if (code < 0)
        return code;
    fallback_stage *opened = calloc(1, sizeof *opened);
    if (!opened)
        return YZ_ELIMIT;
    opened->fallbacks = yz_counter_declare("fallbacks", "targets after the first");
    *stage = opened;
    return YZ_OK;
}

static const yz_filter filter = {YZ_FILTER,          .call_size = sizeof(state), .open = open_stage,   .close = free,
                                 .on_call = on_call, .on_error = on_error,       .on_timer = on_timer, .elsewhere = elsewhere};

YZ_PLUGIN_KINDS("stage");
YZ_PLUGIN(.name = "fallback", .summary = "goes to the next target, then to the next model, when one fails", .version = "1.0",
          .config_size = sizeof(config), YZ_OPTIONS(options), .filter = &filter)
