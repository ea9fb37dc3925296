/* jobs: what a provider goes on with after it has answered, such as a film, is followed to its end: kept in the ledger from before it is
 * begun, asked for under an id of the gateway's own, by its owner alone, and paid back once if it comes to nothing.
 *
 * It stands above `bill`: what that charges is charged under the job's id, and so can be given back with the job's end.
 */
#include "jobs.h"

#include <stdlib.h>

static const yz_option options[] = {
    {"every", YZ_OPTION_DURATION, offsetof(jobs_config, every), "2s",
     .help = "a young job is looked after so often, one that takes long less often", .min = 1000, .max = 3600000},
    {"slowest", YZ_OPTION_DURATION, offsetof(jobs_config, slowest), "30s", .help = "and at least so often", .min = 1000, .max = 3600000},
    {"most", YZ_OPTION_DURATION, offsetof(jobs_config, most), "2h",
     .help = "a job that is not over by then is given up: it has expired, and is paid back", .min = 1000, .max = INT64_C(7) * 86400000},
    {"unsure", YZ_OPTION_DURATION, offsetof(jobs_config, unsure), "30m",
     .help = "likewise one whose provider never said that it had begun; longer than any request takes", .min = 1000, .max = 86400000},
    {"timeout", YZ_OPTION_DURATION, offsetof(jobs_config, timeout), "5s", .help = "the ledger has this long to answer", .min = 1,
     .max = 60000},
    {"hooks", YZ_OPTION_LIST, offsetof(jobs_config, hooks), NULL,
     .help = "what addresses may begin with that clients have told how a job ended: \"https://hooks.example/\"; none: nobody is told"},
    {"hook_key", YZ_OPTION_SECRET, offsetof(jobs_config, hook_key), NULL, .help = "signs what they are told (x-yuzui-signature)"},
    {"heard_at", YZ_OPTION_STRING, offsetof(jobs_config, heard_at), "",
     .help = "how providers reach this gateway, https://gateway.example: they are told an address there, to say how a job stands"},
    {"hooks_private", YZ_OPTION_BOOL, offsetof(jobs_config, hooks_private), "false",
     .help = "their names may resolve to private addresses"},
};

/* Does it begin something that its dialect can be asked for? */
static bool begins(const yz_request *request) {
    const yz_adapter *dialect = request->dialect;
    bool settles = request->op == YZ_OP_BATCH && dialect && dialect->read_result;
    return (yz_op_begins(request->op) || settles) && dialect && dialect->read_job;
}

static bool is_about_one(const yz_request *request) {
    return request->op == YZ_OP_STORED && row_is_id(request->stored) && request->dialect && request->dialect->write_job;
}

static bool is_for_all(const yz_request *request) {
    return request->op == YZ_OP_STORED && request->stored.n == 0 && yz_str_is(request->method, "GET") && request->dialect &&
           request->dialect->write_jobs;
}

static bool is_for_several(const yz_request *request) {
    return request->op == YZ_OP_STORED && request->stored.n == 0 && yz_str_is(request->method, "POST") && request->dialect &&
           request->dialect->names_jobs && request->dialect->write_jobs;
}

static void on_call(yz_call *call, const yz_request *request) {
    if (request->wake && request->stored.n > 0)
        heard_knock(call, request);
    else if (request->wake)
        due(call);
    else if (begins(request))
        begin(call, request);
    else if (is_about_one(request))
        ask(call, request);
    else if (is_for_all(request))
        list(call, request);
    else if (is_for_several(request))
        several(call);
    else
        yz_pass(call, NULL);
}

/* ---- events: of the request that begins one, of one that is passed on, of those that are looked at ---------------------- */

static look *looked_at_by(const jobs_state *s, const yz_call *child) {
    look *l = s->looks;
    while (l && l->child != child)
        l = l->next;
    return l;
}

static void on_head(yz_call *call, yz_call *child, const yz_head *head) {
    jobs_state *s = yz_state(call);
    look *l = looked_at_by(s, child);
    if (l)
        look_head(call, l, head);
    else if (s->step != STEP_PIECE)
        collect_head(yz_call_arena(call), &s->answer, head);
}

static void on_chunk(yz_call *call, yz_call *child, const yz_chunk *chunk) {
    jobs_state *s = yz_state(call);
    look *l = looked_at_by(s, child);
    if (l)
        look_chunk(call, l, chunk);
    else if (s->step == STEP_PIECE)
        piece_chunk(call, chunk->bytes);
    else
        collect_chunk(&s->answer, chunk);
}

static void on_end(yz_call *call, yz_call *child, const yz_end *end) {
    jobs_state *s = yz_state(call);
    look *l = looked_at_by(s, child);
    (void)end;
    if (l)
        look_end(call, l);
    else if (s->step == STEP_BEGIN)
        begin_end(call);
    else if (s->step == STEP_PIECE)
        piece_end(call);
    else
        relay_end(call);
}

static void on_error(yz_call *call, yz_call *child, const yz_error *error) {
    jobs_state *s = yz_state(call);
    look *l = looked_at_by(s, child);
    if (l)
        look_error(call, l, error);
    else if (s->step == STEP_BEGIN)
        begin_error(call, error);
    else
        yz_send_error(call, error);
}

/* The provider is to say the id, whoever waits for it; and whoever has taken a job to look at it does. Deadlines bound both. */
static bool on_leave(yz_call *call) {
    const jobs_state *s = yz_state(call);
    return s->step == STEP_BEGIN || s->step == STEP_LOOK;
}

static void on_close(yz_call *call) {
    jobs_state *s = yz_state(call);
    yz_buf_free(&s->answer.bytes);
    for (look *l = s->looks; l; l = l->next) {
        yz_buf_free(&l->answer.bytes);
        settle_free(l->settling);
    }
}

/* ---- opening ---------------------------------------------------------------------------------------------------------- */

static int64_t wake(void *stage) {
    const jobs_stage *own = stage;
    return yz_worker_index(own->worker) == 0 ? own->config->every : 0;
}

static int open_stage(yz_worker *worker, const void *cfg, void **out, yz_diag *diag) {
    const jobs_config *config = cfg;
    const char *fault = hook_fault(config);
    if (fault) {
        yz_diag_error(diag, "jobs: %s", fault);
        return YZ_EINVAL;
    }
    yz_ledger *ledger = yz_ledger_find(worker, diag);
    yz_http *http = ledger && config->hooks.n > 0 ? yz_http_open(worker, diag) : NULL;
    jobs_stage *stage = ledger && (http || config->hooks.n == 0) ? calloc(1, sizeof *stage) : NULL;
    if (!stage)
        return YZ_EINVAL;
    *stage = (jobs_stage){.ledger = ledger, .config = cfg, .worker = worker, .http = http};
    stage->begun = yz_counter_declare("jobs_begun", "jobs that were to be begun at a provider");
    stage->succeeded = yz_counter_declare("jobs_succeeded", "jobs that made what they were to make");
    stage->failed = yz_counter_declare("jobs_failed", "jobs that failed or were cancelled, or that no provider began");
    stage->expired = yz_counter_declare("jobs_expired", "jobs that were given up: not over in time, or never said to have begun");
    stage->refunded = yz_counter_declare(
        "jobs_refunded", "jobs whose charge was given back: all of it where they came to nothing, of a batch what it has not used");
    stage->unwritten = yz_counter_declare("jobs_unwritten", "looks at a job that the ledger could not write: it is looked at again");
    stage->told = yz_counter_declare("jobs_told", "ends of jobs that an address of a client's has taken");
    stage->untold = yz_counter_declare("jobs_untold", "ends of jobs that such an address did not take, however often it was tried");
    stage->heard = yz_counter_declare("jobs_heard", "times that a provider has said that something has come of a job");
    *out = stage;
    return YZ_OK;
}

static void close_stage(void *arg) {
    jobs_stage *stage = arg;
    yz_http_close(stage->http);
    hooks_close(stage);
    free(stage);
}

static void describe(const void *config, const yz_question *question, yz_buf *out) {
    (void)config;
    if (begins(question->request))
        yz_buf_lit(out, "follows the job to its end, and pays it back if it comes to nothing");
}

static const yz_filter filter = {YZ_FILTER,
                                 .call_size = sizeof(jobs_state),
                                 .open = open_stage,
                                 .close = close_stage,
                                 .on_call = on_call,
                                 .on_head = on_head,
                                 .on_chunk = on_chunk,
                                 .on_end = on_end,
                                 .on_error = on_error,
                                 .on_close = on_close,
                                 .on_leave = on_leave,
                                 .describe = describe,
                                 .wake = wake,
                                 .hears = true};

YZ_PLUGIN_KINDS("stage");
YZ_PLUGIN(.name = "jobs", .summary = "follow what a provider goes on with after its answer, such as a film, and pay back what fails",
          .version = "0.1.0", .config_size = sizeof(jobs_config), YZ_OPTIONS(options), .filter = &filter)
