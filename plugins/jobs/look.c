/* look.c: how a job stands. Whoever wants to know, a client or the stage itself, takes it first: he writes that he looks, at the revision
 * he has seen. So of many who ask at once one asks the provider. What it says is written at the revision that he wrote: it is the first who
 * finds it over that ends it, once, and what was charged for one that came to nothing is given back in that very step.
 */
#include "jobs.h"

enum {
    ASK_MS = 10000, /* a provider has this long to say how one stands */
    GONE_TIMES = 5, /* a server in between says 404 once in a while */
    GONE_S = 120,   /* a job that is younger may not have come around in the provider's own house */
    CHARGED_S = 600 /* a charge that is not there by then was never made */
};

void look_finish(yz_call *call, look *l) {
    l->done(call, l);
    yz_buf_free(&l->answer.bytes);
    settle_free(l->settling);
}

/* ---- what is written of it -------------------------------------------------------------------------------------------- */

static void write_seen(yz_call *call, look *l);

/* Nothing was charged for it under its id, or that is no longer kept: nothing is to be given back. A charge may still be on its way to the
 * ledger. */
static bool was_never_charged(const look *l, int code) {
    return l->back && (code == YZ_ENOTFOUND || code == YZ_EREMOVED) && (l->seen.cost.n == 0 || row_wall() - l->seen.created > CHARGED_S);
}

static void on_seen(yz_call *call, void *arg, const yz_posted *posted) {
    look *l = arg;
    const jobs_stage *stage = yz_stage(call);
    if (was_never_charged(l, posted->code)) {
        if (posted->code == YZ_EREMOVED && l->seen.cost.n > 0)
            yz_log(YZ_LOG_ERROR,
                   "jobs: %.*s failed, and its charge is no longer kept (keep of the ledger): nothing was given back, a credit would",
                   YZ_STR_ARGS(l->row.id));
        l->back = false;
        write_seen(call, l);
        return;
    }
    l->written = posted->code == YZ_OK || posted->code == YZ_EINVAL;
    if (posted->code == YZ_OK) {
        l->seen.revision = posted->amount;
        l->row = l->seen;
        l->heard = l->row.job.id_at.n > 0;
        if (!posted->before && yz_job_over(l->row.job.state))
            row_count_end(stage, &l->row, l->back || l->part > 0);
    } else if (posted->code != YZ_EINVAL) { /* it stands as it was, and is looked at again */
        yz_count(stage->worker, stage->unwritten, 1);
    }
    look_finish(call, l);
}

static void write_seen(yz_call *call, look *l) {
    const jobs_stage *stage = yz_stage(call);
    yz_arena *arena = yz_call_arena(call);
    bool settled = l->part > 0 || l->used.input > 0 || l->used.output > 0;
    const yz_posting *p = settled ? row_posting_part(arena, &l->seen, l->part, l->why, &l->used) : row_posting(arena, &l->seen, l->back);
    yz_ledger_ask(call, stage->ledger, p, stage->config->timeout, on_seen, l);
}

static void ends(yz_call *call, look *l) {
    l->back = row_came_to_nothing(&l->seen);
    l->seen.job.ended = l->seen.job.ended ? l->seen.job.ended : row_wall();
    l->seen.look = row_wall(); /* if somebody is to be told */
    write_seen(call, l);
}

static void give_up(yz_call *call, look *l, yz_job_state state, yz_str code, yz_str message) {
    l->seen.job.id_at.n = l->seen.job.told.n = 0; /* that is not what the provider says */
    l->seen.job.state = state;
    l->seen.job.code = code;
    l->seen.job.message = message;
    yz_log(YZ_LOG_WARN, "jobs: %.*s at %.*s is given up: %.*s", YZ_STR_ARGS(l->seen.id), YZ_STR_ARGS(l->seen.provider),
           YZ_STR_ARGS(message));
    ends(call, l);
}

/* It goes on; or its time is over, and this was the last look. */
static void goes_on(yz_call *call, look *l) {
    const jobs_stage *stage = yz_stage(call);
    int64_t now = row_wall();
    if (now >= l->seen.until && l->seen.settles == 0) {
        give_up(call, l, YZ_JOB_EXPIRED, YZ_STR("expired"), YZ_STR("it was not over in time"));
        return;
    }
    row_next_look(stage->config, &l->seen, now);
    write_seen(call, l);
}

void look_goes_on(yz_call *call, look *l) { goes_on(call, l); }

void look_settled(yz_call *call, look *l, int64_t part, yz_str why, const job_usage *used) {
    l->seen.job.state = YZ_JOB_SUCCEEDED;
    l->seen.job.ended = l->row.settles;
    l->seen.look = row_wall(); /* if somebody is to be told */
    l->part = part;
    l->why = why;
    l->used = *used;
    write_seen(call, l);
}

/* ---- the provider's answer -------------------------------------------------------------------------------------------- */

void look_head(yz_call *call, look *l, const yz_head *head) {
    if (!l->settling)
        collect_head(yz_call_arena(call), &l->answer, head);
}

void look_chunk(yz_call *call, look *l, const yz_chunk *chunk) {
    if (l->settling)
        settle_chunk(call, l, chunk->bytes);
    else
        collect_chunk(&l->answer, chunk);
}

/* What it says of this job. YZ_EINVAL: it says something else. */
static int heard(yz_call *call, const look *l, yz_job *said) {
    yz_arena *arena = yz_call_arena(call);
    const yz_json *root = collect_document(&l->answer, arena);
    const yz_adapter *dialect = row_speaker(call, &l->row);
    int code = root && dialect ? dialect->read_job(yz_call_request(call), root, arena, said) : YZ_EINVAL;
    return code == YZ_OK && !yz_str_eq(said->id, l->row.job.id) ? YZ_EINVAL : code;
}

static void was_asked_again(yz_call *call, look *l) {
    if (l->tells)
        hook_tell(call, l);
    else
        look_finish(call, l);
}

/* What is over stays as it was found, whatever its provider says later. */
static void end_again(yz_call *call, look *l) {
    yz_job said = {YZ_JOB};
    l->heard = heard(call, l, &said) == YZ_OK && said.state == l->row.job.state;
    l->row.job.id_at = said.id_at;
    l->row.job.told = said.told;
    was_asked_again(call, l);
}

/* A provider that says again and again that it knows no such job has lost it. */
static void unknown(yz_call *call, look *l) {
    l->seen.gone++;
    if (l->seen.gone >= GONE_TIMES && row_wall() - l->seen.created > GONE_S)
        give_up(call, l, YZ_JOB_FAILED, YZ_STR("lost"), YZ_STR("its provider does not know it any more"));
    else
        goes_on(call, l);
}

void look_end(yz_call *call, look *l) {
    yz_job said = {YZ_JOB};
    l->child = NULL;
    if (l->over || l->settling) {
        if (l->over)
            end_again(call, l);
        else
            settle_end(call, l);
        return;
    }
    int code = heard(call, l, &said);
    if (code != YZ_OK) {
        if (code == YZ_ENOTFOUND)
            unknown(call, l);
        else
            goes_on(call, l);
        return;
    }
    row_learn(&l->seen, &said, l->seen.speaks);
    l->seen.gone = 0;
    if (settle_is_due(row_speaker(call, &l->row), &l->row, &said)) {
        settle_later(&l->seen, row_wall());
        write_seen(call, l);
    } else if (yz_job_over(said.state))
        ends(call, l);
    else
        goes_on(call, l);
}

/* Any other trouble is its own, and passes. */
void look_error(yz_call *call, look *l, const yz_error *error) {
    l->child = NULL;
    if (l->over)
        was_asked_again(call, l);
    else if (l->settling)
        goes_on(call, l);
    else if (error->said == 404 || (error->target && error->class_ == YZ_ERROR_NOT_FOUND))
        unknown(call, l);
    else
        goes_on(call, l);
}

/* ---- asking ----------------------------------------------------------------------------------------------------------- */

const yz_request *look_request(yz_call *call, const job_row *row, const yz_request *from, yz_str path) {
    yz_arena *arena = yz_call_arena(call);
    const yz_request *own = yz_call_request(call);
    const yz_adapter *dialect = row_speaker(call, row);
    if (!dialect || !dialect->read_job || path.n == 0)
        return NULL;
    yz_request *request = from ? yz_request_copy(arena, from) : yz_alloc(arena, sizeof *request);
    if (!from)
        *request = (yz_request){YZ_REQUEST, .op = YZ_OP_STORED, .method = YZ_STR("GET"), .id = own->id, .dialects = own->dialects};
    request->no_cache = true;
    request->dialect = dialect;
    request->keeper = row->provider;
    request->stored = row->job.id;
    request->path = path;
    return request;
}

static bool ask_at(yz_call *call, look *l, yz_str path, int64_t ms) {
    const yz_request *request = look_request(call, &l->row, NULL, path);
    if (!request)
        return false;
    collect_for(&l->answer, request->dialect);
    l->child = yz_next(call, request);
    yz_deadline(l->child, ms);
    return true;
}

static bool look_ask(yz_call *call, look *l) { return ask_at(call, l, l->row.job.path, ASK_MS); }

void look_ask_for(yz_call *call, look *l, yz_str path, int64_t ms) {
    if (!ask_at(call, l, path, ms))
        goes_on(call, l);
}

void look_again(yz_call *call, look *l) {
    l->over = true;
    if (!look_ask(call, l))
        was_asked_again(call, l);
}

/* What it made is its provider's to say; that it made nothing is known. */
static void tell_end(yz_call *call, look *l) {
    l->tells = true;
    if (l->row.job.state == YZ_JOB_SUCCEEDED)
        look_again(call, l);
    else
        hook_tell(call, l);
}

static void on_taken(yz_call *call, void *arg, const yz_posted *posted) {
    look *l = arg;
    l->written = posted->code == YZ_OK || posted->code == YZ_EINVAL;
    if (posted->code != YZ_OK) { /* another looks, or the ledger is away */
        look_finish(call, l);
        return;
    }
    l->row.revision = l->seen.revision = posted->amount;
    if (yz_job_over(l->row.job.state))
        tell_end(call, l);
    else if (l->row.settles > 0)
        settle(call, l);
    else if (!look_ask(call, l))
        goes_on(call, l);
}

void look_start(yz_call *call, look *l) {
    const jobs_stage *stage = yz_stage(call);
    yz_arena *arena = yz_call_arena(call);
    l->seen = l->row;
    l->seen.by = YZ_STR("");                                      /* what is found stands: nobody is at it any more */
    if (l->row.job.id.n == 0 && !yz_job_over(l->row.job.state)) { /* nobody can be asked */
        give_up(call, l, YZ_JOB_EXPIRED, YZ_STR("outcome_unknown"),
                YZ_STR("its provider's answer was lost when it was begun, so nobody knows whether it was: nothing of it stays charged"));
        return;
    }
    job_row taken = l->row;
    taken.look = row_wall() + TAKEN_S + (l->row.settles > 0 ? settle_deadline() / 1000 : 0);
    taken.by = row_new_word(arena, stage->worker);
    yz_ledger_ask(call, stage->ledger, row_posting(arena, &taken, false), stage->config->timeout, on_taken, l);
}
