/* begin.c: a request that begins a job. It is written before anything goes to a provider, and again before the client is told its id: so
 * one that a provider has begun is not forgotten, and one that it may have begun is not begun again. A client that leaves meanwhile does
 * not stop it: the provider would go on, and be paid, for nobody.
 */
#include "jobs.h"

/* ---- before ----------------------------------------------------------------------------------------------------------- */

static void on_written(yz_call *call, void *arg, const yz_posted *posted) {
    jobs_state *s = yz_state(call);
    const jobs_stage *stage = yz_stage(call);
    (void)arg;
    if (posted->code != YZ_OK) {
        yz_fail(call, YZ_ERROR_UNAVAILABLE, "the ledger cannot keep this job at the moment, so it was not begun");
        return;
    }
    s->row.revision = posted->amount;
    yz_count(yz_call_worker(call), stage->begun, 1);
    yz_request *followed = yz_request_copy(yz_call_arena(call), s->asked);
    followed->job = s->row.id;
    followed->hook = heard_address(stage->config, yz_call_arena(call), s->row.id);
    s->child = yz_next(call, followed);
}

enum { BATCH_S = 30 * 3600 }; /* a provider works on one for a day */

static void write_it(yz_call *call) {
    jobs_state *s = yz_state(call);
    const yz_request *request = s->asked;
    const jobs_stage *stage = yz_stage(call);
    yz_arena *arena = yz_call_arena(call);
    int64_t now = row_wall(), most = stage->config->most / 1000;
    most = request->op == YZ_OP_BATCH && most < BATCH_S ? BATCH_S : most;
    s->step = STEP_BEGIN;
    s->row = (job_row){
        .hook = s->hook,
        .id = row_new_id(arena, yz_call_worker(call), yz_call_request(call)),
        .owner = row_owner(request),
        .key = request->key ? request->key->name : YZ_STR(""),
        .created = now,
        .look = now + stage->config->unsure / 1000,
        .until = now + most,
        .dialect = yz_str_of(request->dialect->dialect),
        .request = request->id,
        .asked = request->model,
        .job = {YZ_JOB, .state = YZ_JOB_SUBMITTING, .model = request->model, .created = now, .from = yz_call_request(call)->stored}};
    yz_ledger_ask(call, stage->ledger, row_posting(arena, &s->row, false), stage->config->timeout, on_written, NULL);
}

/* Who is to be told its end is kept here, and not told to the provider. */
static void take_hook(yz_call *call) {
    jobs_state *s = yz_state(call);
    const jobs_stage *stage = yz_stage(call);
    yz_arena *arena = yz_call_arena(call);
    s->hook = stage->http ? hook_of(stage->config, s->asked, arena) : YZ_STR("");
    if (s->hook.n == 0)
        return;
    yz_request *without = yz_request_copy(arena, s->asked);
    yz_request_set(arena, without, s->asked->dialect->hook_field, YZ_STR(""));
    s->asked = without;
}

static void go_on(yz_call *call) {
    take_hook(call);
    write_it(call);
}

static void on_named(yz_call *call) {
    jobs_state *s = yz_state(call);
    s->asked = earlier_request(call, &s->named);
    if (s->asked)
        go_on(call);
}

static void on_earlier(yz_call *call) {
    jobs_state *s = yz_state(call);
    s->asked = earlier_anew(call, &s->named.rows[0]);
    if (s->asked)
        go_on(call);
}

void begin(yz_call *call, const yz_request *request) {
    jobs_state *s = yz_state(call);
    s->asked = request;
    if (request->stored.n > 0 && request->op != YZ_OP_BATCH) { /* that of a batch is a file */
        named_read(call, on_earlier);
        return;
    }
    if (request->dialect->names_jobs)
        named_read(call, on_named);
    else
        go_on(call);
}

/* ---- after ------------------------------------------------------------------------------------------------------------ */

/* How long and how large it is to be: a provider of another dialect does not say. */
static void learn_from_client(yz_call *call, job_row *row) {
    const yz_request *request = yz_call_request(call);
    yz_arena *arena = yz_call_arena(call);
    yz_film film = {YZ_FILM};
    yz_error error = {YZ_ERROR};
    bool asks = request->op == YZ_OP_VIDEO && request->dialect->read_film;
    if (!asks || request->dialect->read_film(request, arena, yz_losses_new(arena), &film, &error) != YZ_OK)
        return;
    row->job.seconds = row->job.seconds.n ? row->job.seconds : film.seconds;
    row->job.extent = row->job.extent.n ? row->job.extent : film.extent;
}

/* What the provider has said; unknown, if that cannot be read. */
static void learn(yz_call *call, job_row *row) {
    jobs_state *s = yz_state(call);
    const jobs_stage *stage = yz_stage(call);
    yz_arena *arena = yz_call_arena(call);
    const yz_request *request = yz_call_request(call);
    const yz_json *root = collect_document(&s->answer, arena);
    yz_job said = {YZ_JOB};
    row->provider = s->answer.head->target ? s->answer.head->target->provider->name : YZ_STR("");
    row->cost = yz_noted(call, "cost");
    row->begun = row_wall();
    row->job.state = YZ_JOB_UNKNOWN;
    const yz_adapter *speaker = s->answer.head->dialect ? s->answer.head->dialect : request->dialect;
    yz_str speaks = yz_str_of(strcmp(speaker->dialect, request->dialect->dialect) == 0 ? "" : speaker->dialect);
    if (!root || !row->provider.n || !speaker->read_job || speaker->read_job(request, root, arena, &said) != YZ_OK)
        return;
    row_learn(row, &said, speaks);
    if (speaks.n > 0)
        learn_from_client(call, row);
    row_next_look(stage->config, row, row->begun);
    if (settle_is_due(speaker, row, &said))
        settle_later(row, row->begun);
}

/* The client gets its id also when the ledger has not said yet that it keeps the job: it is tried until it does. */
static void on_known(yz_call *call, void *arg, const yz_posted *posted) {
    const jobs_state *s = yz_state(call);
    const jobs_stage *stage = yz_stage(call);
    if (posted->code == YZ_EINVAL) {
        yz_fail(call, YZ_ERROR_ANSWERED, "it took so long to begin this job that it was given up");
        return;
    }
    if (posted->code != YZ_OK) {
        yz_log(YZ_LOG_WARN, "jobs: %.*s was begun, and the ledger has not kept that yet: %s", YZ_STR_ARGS(s->row.id),
               yz_result_text(posted->code));
        yz_ledger_post(stage->ledger, arg);
    }
    if (yz_job_over(s->row.job.state))
        row_count_end(stage, &s->row, ((const yz_posting *)arg)->with != NULL);
    if (s->row.job.id_at.n > 0)
        tell_heard(call, &s->answer, &s->row, &s->row.job);
    else /* what it says cannot be read, and would name no id that is good here */
        tell(call, &s->row);
}

void begin_end(yz_call *call) {
    jobs_state *s = yz_state(call);
    const jobs_stage *stage = yz_stage(call);
    learn(call, &s->row);
    bool back = s->row.cost.n > 0 && (row_came_to_nothing(&s->row) || s->row.job.again);
    const yz_posting *p = row_posting(yz_call_arena(call), &s->row, back);
    yz_ledger_ask(call, stage->ledger, p, stage->config->timeout, on_known, (void *)(uintptr_t)p);
}

/* Nobody waits for this to be written: the client is told no id. Whether it was begun all the same is never known, so it is given up later,
 * with the charge, if one was made. */
void begin_error(yz_call *call, const yz_error *error) {
    jobs_state *s = yz_state(call);
    const jobs_stage *stage = yz_stage(call);
    bool sure = error->started == YZ_STARTED_NO || error->said >= 400;
    s->row.job.state = sure ? YZ_JOB_FAILED : YZ_JOB_UNKNOWN;
    s->row.hook = YZ_STR(""); /* who began it is told at once */
    s->row.job.code = error->code.n ? error->code : yz_str_of(yz_error_word(error->class_));
    s->row.provider = error->target ? error->target->provider->name : YZ_STR("");
    learn_from_client(call, &s->row); /* lists have it, too */
    yz_count(yz_call_worker(call), stage->failed, sure);
    if (s->row.revision)
        yz_ledger_post(stage->ledger, row_posting(yz_call_arena(call), &s->row, false));
    yz_send_error(call, error);
}
