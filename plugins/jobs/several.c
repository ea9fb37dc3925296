/* several.c: a request about several jobs at once. Each is looked at as one that is asked for alone; those that are not of who asks are not
 * in the answer, and neither is one whose provider cannot say at the moment what it has made.
 */
#include "jobs.h"

static bool is_told(const look *l) {
    bool unheard = l->row.job.state == YZ_JOB_SUCCEEDED && !l->heard;
    return l->row.id.n > 0 && !unheard;
}

static void tell_all(yz_call *call) {
    const jobs_state *s = yz_state(call);
    const yz_request *request = yz_call_request(call);
    const yz_job **jobs = yz_alloc(yz_call_arena(call), (s->n_all + 1) * sizeof *jobs);
    size_t n = 0;
    yz_buf out = {0};
    for (size_t i = 0; i < s->n_all; i++)
        if (is_told(&s->all[i]))
            jobs[n++] = &s->all[i].row.job;
    request->dialect->write_jobs(request, jobs, n, false, &out);
    send_document(call, &out, NULL);
}

/* The answer that was heard is gone after this. */
static void on_looked(yz_call *call, look *l) {
    jobs_state *s = yz_state(call);
    yz_job *job = &l->row.job;
    job->told = l->heard ? collect_told(&l->answer, yz_call_arena(call), job, l->row.id, job->from) : YZ_STR("");
    job->id = l->row.id;
    if (--s->running == 0)
        tell_all(call);
}

static void look_at(yz_call *call, look *l) {
    const jobs_stage *stage = yz_stage(call);
    const job_row *row = &l->row;
    bool over = yz_job_over(row->job.state);
    if (row->id.n == 0 || row_came_to_nothing(row) || row->job.id.n == 0 || (!over && row_was_just_seen(stage->config, row)))
        on_looked(call, l);
    else if (over)
        look_again(call, l);
    else
        look_start(call, l);
}

/* One that is named twice is looked at, and told, once. */
static bool stood_before(const jobs_state *s, size_t i) {
    for (size_t k = 0; k < i; k++)
        if (yz_str_eq(s->all[k].row.id, s->all[i].row.id))
            return true;
    return false;
}

static void on_named(yz_call *call) {
    jobs_state *s = yz_state(call);
    s->step = STEP_LOOK;
    s->n_all = s->named.n;
    s->all = yz_alloc(yz_call_arena(call), (s->n_all + 1) * sizeof *s->all);
    s->running = s->n_all + 1; /* this one too, so that none of them is the last before all are begun */
    for (size_t i = 0; i < s->n_all; i++) {
        s->all[i] = (look){.row = s->named.rows[i], .done = on_looked, .next = s->looks};
        if (stood_before(s, i))
            s->all[i].row.id = YZ_STR("");
        s->looks = &s->all[i];
    }
    for (size_t i = 0; i < s->n_all; i++)
        look_at(call, &s->all[i]);
    if (--s->running == 0)
        tell_all(call);
}

void several(yz_call *call) { named_read(call, on_named); }
