/* shadow: a share of the requests is asked of a second model as well, whose answer nobody gets: what it would take and cost is seen before
 * anybody depends on it.
 *
 * The request itself is passed on and never waits: its shadow is a call of its own (yz_root) that begins on the stage below with the other
 * model's name, so it meets what stands there, a policy too. It may outlive the request, within its deadline. What it says is thrown away
 * as it comes; what is counted is how it went. Nothing of it is in the records of the request.
 */
#include <yuzui/plugin.h>

#include <stdlib.h>

typedef struct config {
    yz_str model;
    yz_list of;
    double share;
    int64_t at_once, per_minute, timeout;
    bool lines;
} config;

static const yz_option options[] = {
    {"model", YZ_OPTION_STRING, offsetof(config, model), .help = "is asked as well", .required = true, .models = true},
    {"share", YZ_OPTION_NUMBER, offsetof(config, share), "1", .help = "of a hundred requests", .min = 0, .max = 100},
    {"of", YZ_OPTION_LIST, offsetof(config, of), .help = "only requests for these models; all, unless said", .models = true},
    {"at_once", YZ_OPTION_INT, offsetof(config, at_once), "4", .help = "shadows of one worker at the same time", .min = 1, .max = 10000},
    {"per_minute", YZ_OPTION_INT, offsetof(config, per_minute), "60", .help = "shadows of one worker in a minute", .min = 1,
     .max = 1000000},
    {"timeout", YZ_OPTION_DURATION, offsetof(config, timeout), "2m", .help = "for one", .min = 1, .max = 3600000},
    {"lines", YZ_OPTION_BOOL, offsetof(config, lines), "true", .help = "a line in the log for each: times and tokens, no words"},
};

typedef struct shadow_stage {
    int64_t running, minute, left;
    yz_counter started, done, failed, skipped, ms, input, output;
} shadow_stage;

typedef struct shadow {
    shadow_stage *stage;
    const config *cfg;
    yz_worker *worker;
    yz_call *root;
    yz_str id; /* of the request */
    int64_t begin, content;
} shadow;

/* ---- the shadow's own events ---------------------------------------------------------------------------------------------- */

static int64_t ms_since(int64_t begin) { return (yz_clock_ns() - begin) / 1000000; }

static void on_head(void *arg, yz_call *child, const yz_head *head) {
    (void)arg;
    (void)child;
    (void)head;
}

static void on_chunk(void *arg, yz_call *child, const yz_chunk *chunk) {
    shadow *s = arg;
    (void)child;
    if (s->content == 0 && chunk->marks & YZ_MARK_CONTENT)
        s->content = ms_since(s->begin);
}

static void on_end(void *arg, yz_call *child, const yz_end *end) {
    shadow *s = arg;
    int64_t ms = ms_since(s->begin), input = yz_usage_count(end->usage, YZ_METER_INPUT),
            output = yz_usage_count(end->usage, YZ_METER_OUTPUT);
    (void)child;
    yz_count(s->worker, s->stage->done, 1);
    yz_count(s->worker, s->stage->ms, (uint64_t)ms);
    yz_count(s->worker, s->stage->input, (uint64_t)input);
    yz_count(s->worker, s->stage->output, (uint64_t)output);
    if (s->cfg->lines)
        yz_log(YZ_LOG_INFO, "shadow of %.*s: %.*s answered in %lld ms, first content after %lld ms, %lld + %lld tokens", YZ_STR_ARGS(s->id),
               YZ_STR_ARGS(s->cfg->model), (long long)ms, (long long)s->content, (long long)input, (long long)output);
    s->stage->running--;
}

static void on_error(void *arg, yz_call *child, const yz_error *error) {
    shadow *s = arg;
    (void)child;
    yz_count(s->worker, s->stage->failed, 1);
    if (s->cfg->lines)
        yz_log(YZ_LOG_INFO, "shadow of %.*s: %.*s failed after %lld ms: %s", YZ_STR_ARGS(s->id), YZ_STR_ARGS(s->cfg->model),
               (long long)ms_since(s->begin), yz_error_word(error->class_));
    s->stage->running--;
}

static const yz_parent parent = {YZ_PARENT, on_head, on_chunk, on_end, on_error};

/* ---- choosing ------------------------------------------------------------------------------------------------------------------ */

static bool is_of(const config *cfg, yz_str model) {
    bool found = cfg->of.n == 0;
    for (size_t i = 0; i < cfg->of.n; i++)
        found = found || yz_str_eq(cfg->of.items[i], model);
    return found;
}

static bool drawn(yz_worker *worker, double share) { return (double)(yz_random(worker) >> 11) < share / 100 * 9007199254740992.0; }

/* A minute's budget does not wait for the next one. */
static bool in_budget(shadow_stage *stage, const config *cfg, yz_worker *worker) {
    int64_t minute = yz_now(worker) / 60000;
    if (minute != stage->minute) {
        stage->minute = minute;
        stage->left = cfg->per_minute;
    }
    if (stage->running >= cfg->at_once || stage->left <= 0)
        return false;
    stage->left--;
    return true;
}

/* Its memory is that of the call, which stays as long as the shadow. */
static void start(yz_call *call, const yz_request *request) {
    shadow_stage *stage = yz_stage(call);
    yz_arena *arena = yz_call_arena(call);
    shadow *s = yz_alloc(arena, sizeof *s);
    *s = (shadow){.stage = stage, .cfg = yz_config(call), .worker = yz_call_worker(call), .id = request->id, .begin = yz_clock_ns()};
    yz_request *other = yz_request_copy(arena, request);
    other->model = s->cfg->model;
    other->target = NULL;
    other->trace = NULL;
    other->no_cache = true;
    stage->running++;
    yz_count(s->worker, stage->started, 1);
    s->root = yz_root(call, other, &parent, s);
    yz_deadline(s->root, s->cfg->timeout);
}

static void on_call(yz_call *call, const yz_request *request) {
    const config *cfg = yz_config(call);
    shadow_stage *stage = yz_stage(call);
    yz_worker *worker = yz_call_worker(call);
    if (request->op == YZ_OP_CHAT && !request->upload && is_of(cfg, request->model) && drawn(worker, cfg->share)) {
        if (in_budget(stage, cfg, worker))
            start(call, request);
        else
            yz_count(worker, stage->skipped, 1);
    }
    yz_pass(call, NULL);
}

static int open_stage(yz_worker *worker, const void *cfg, void **out, yz_diag *diag) {
    (void)worker;
    (void)cfg;
    (void)diag;
    shadow_stage *stage = calloc(1, sizeof *stage);
    if (!stage)
        return YZ_ELIMIT;
    stage->minute = -1;
    stage->started = yz_counter_declare("shadow_started", "requests that a second model was asked as well");
    stage->done = yz_counter_declare("shadow_done", "shadows that were answered");
    stage->failed = yz_counter_declare("shadow_failed", "shadows that failed");
    stage->skipped = yz_counter_declare("shadow_skipped", "shadows not begun: at_once or per_minute was reached");
    stage->ms = yz_counter_declare("shadow_ms", "milliseconds that the answers of shadows took, all together");
    stage->input = yz_counter_declare("shadow_input_tokens", "input tokens of shadows");
    stage->output = yz_counter_declare("shadow_output_tokens", "output tokens of shadows");
    *out = stage;
    return YZ_OK;
}

static void describe(const void *config_, const yz_question *question, yz_buf *out) {
    (void)question;
    const config *cfg = config_;
    yz_buf_printf(out, "%g of a hundred requests also to %.*s, whose answers nobody gets", cfg->share, YZ_STR_ARGS(cfg->model));
}

static const yz_filter filter = {YZ_FILTER, .open = open_stage, .close = free, .on_call = on_call, .describe = describe};

YZ_PLUGIN_KINDS("stage");
YZ_PLUGIN(.name = "shadow", .summary = "asks a second model as well, whose answer nobody gets", .version = "1.0",
          .config_size = sizeof(config), YZ_OPTIONS(options), .filter = &filter)
