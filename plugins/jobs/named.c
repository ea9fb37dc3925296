/* named.c: the jobs that a request names in its body, or the one in the path of a request that makes something of it, read from the ledger:
 * only those of who asks, and of its dialect. */
#include "jobs.h"

static void read_next(yz_call *call);

static void on_rows(yz_call *call, void *arg, int code, const yz_ledger_row *const *rows, size_t n) {
    jobs_state *s = yz_state(call);
    const yz_request *request = yz_call_request(call);
    job_row row;
    (void)arg;
    if (code != YZ_OK) {
        yz_fail(call, YZ_ERROR_UNAVAILABLE, "the ledger cannot be read at the moment: ask again soon");
        return;
    }
    if (n == 1 && row_read(yz_call_arena(call), rows[0], &row) && yz_str_eq(row.owner, row_owner(request)) &&
        yz_str_is(row.dialect, request->dialect->dialect))
        s->named.rows[s->named.read] = row;
    s->named.read++;
    read_next(call);
}

static void read_next(yz_call *call) {
    jobs_state *s = yz_state(call);
    const jobs_stage *stage = yz_stage(call);
    named *jobs = &s->named;
    while (jobs->read < jobs->n && !row_is_id(jobs->at[jobs->read]))
        jobs->read++;
    if (jobs->read == jobs->n) {
        jobs->done(call);
        return;
    }
    const yz_ledger_query query = {YZ_LEDGER_QUERY, .what = YZ_LEDGER_JOBS, .id = jobs->at[jobs->read], .limit = 1};
    yz_ledger_look(call, stage->ledger, &query, stage->config->timeout, on_rows, NULL);
}

void named_read(yz_call *call, void (*done)(yz_call *call)) {
    jobs_state *s = yz_state(call);
    yz_arena *arena = yz_call_arena(call);
    const yz_request *request = yz_call_request(call);
    yz_str *at = yz_alloc(arena, NAMED_MOST * sizeof *at);
    bool by_path = request->op != YZ_OP_STORED && request->stored.n > 0;
    size_t n = by_path ? 1 : request->json ? request->dialect->names_jobs(request, arena, at, NAMED_MOST) : 0;
    if (by_path)
        at[0] = request->stored;
    if (n > NAMED_MOST) {
        yz_fail(call, YZ_ERROR_BAD_REQUEST, "%zu jobs are named at once: at most %d may be", n, NAMED_MOST);
        return;
    }
    s->named = (named){.n = n, .at = at, .rows = yz_alloc(arena, (n + 1) * sizeof *s->named.rows), .done = done};
    read_next(call);
}
