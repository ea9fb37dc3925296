/* ask.c: a request about a job: how it stands, what it made, or that it is not needed any more. Only its owner's. */
#include "jobs.h"

static void not_found(yz_call *call) {
    yz_fail(call, YZ_ERROR_NOT_FOUND, "no job with id '%.*s' was found", YZ_STR_ARGS(yz_call_request(call)->stored));
}

/* As it stands in the ledger, in the client's dialect; of one that has just begun with what could not be asked of its provider. */
void tell(yz_call *call, const job_row *row) {
    const yz_request *request = yz_call_request(call);
    const yz_head *heard = ((jobs_state *)yz_state(call))->answer.head;
    yz_buf out = {0};
    yz_job job = row->job;
    job.id = row->id;
    request->dialect->write_job(request, &job, &out);
    send_document(call, &out, heard);
}

void tell_heard(yz_call *call, const collected *answer, const job_row *row, const yz_job *said) {
    job_row told = *row;
    if (said->told.n == 0) {
        collect_send(call, answer, said->id_at, row->id);
        return;
    }
    told.job.told = collect_told(answer, yz_call_arena(call), said, row->id, row->job.from);
    tell(call, &told);
}

static void on_looked(yz_call *call, look *l) {
    if (l->heard)
        tell_heard(call, &l->answer, &l->row, &l->row.job);
    else
        tell(call, &l->row);
}

static void how_it_stands(yz_call *call, const job_row *row) {
    jobs_state *s = yz_state(call);
    if (row->job.id.n == 0 || row_was_just_seen(((const jobs_stage *)yz_stage(call))->config, row)) {
        tell(call, row);
        return;
    }
    s->step = STEP_LOOK;
    s->looks = yz_alloc(yz_call_arena(call), sizeof *s->looks);
    *s->looks = (look){.row = *row, .done = on_looked};
    look_start(call, s->looks);
}

/* Does the request ask for what was made? */
static bool asks_for_piece(const yz_call *call) {
    const jobs_state *s = yz_state(call);
    return yz_call_request(call)->piece > 0 || s->rest.n > 0;
}

/* A batch is not deleted but called off, as long as it goes on. */
static bool asks_to_cancel(const yz_call *call) {
    const jobs_state *s = yz_state(call);
    return yz_call_request(call)->dialect->read_result && yz_str_is(yz_call_request(call)->method, "POST") && yz_str_is(s->rest, "/cancel");
}

/* Where its provider has what is asked for; empty: it has no such thing. */
static yz_str place_of(const yz_call *call, const job_row *row) {
    const jobs_state *s = yz_state(call);
    unsigned piece = yz_call_request(call)->piece;
    if (piece > 0 && piece <= row->job.n_made)
        return row->job.made[piece - 1];
    if (row_is_told(row) && !asks_to_cancel(call))
        return YZ_STR("");
    return yz_format(yz_call_arena(call), "%.*s%.*s", YZ_STR_ARGS(row->job.path), YZ_STR_ARGS(s->rest));
}

static void nothing_such(yz_call *call, const job_row *row) {
    if (asks_for_piece(call))
        yz_fail(call, YZ_ERROR_NOT_FOUND, "the job has no such piece: its provider has made %zu, and keeps nothing else of it",
                row->job.n_made);
    else
        yz_fail(call, YZ_ERROR_BAD_REQUEST, "its provider forgets it by itself, and cannot be asked to do so before");
}

/* … and is it a small document, of which not all is for its client? */
static bool asks_for_paper(const yz_call *call) {
    const jobs_state *s = yz_state(call);
    const char *const *paper = yz_call_request(call)->dialect->job_papers;
    while (paper && *paper && !yz_str_is(s->rest, *paper))
        paper++;
    return paper && *paper;
}

/* What it made stands in the answer to how it stands. */
static void relay_inside(yz_call *call, const yz_request *request, size_t number) {
    jobs_state *s = yz_state(call);
    s->step = STEP_PIECE;
    s->piece = (inner){.wanted = number, .in = {.name = request->dialect->job_bytes}};
    s->child = yz_next(call, request);
}

/* To the account that keeps it. What names the job comes back with its own id; what it made as it comes: a film is long. */
static void relay(yz_call *call, const job_row *row) {
    jobs_state *s = yz_state(call);
    yz_str place = place_of(call, row);
    const yz_request *request = look_request(call, row, yz_call_request(call), place);
    if (place.n == 0) {
        nothing_such(call, row);
    } else if (!request) {
        not_found(call);
    } else if (request->dialect->job_bytes && piece_number(place) > 0) {
        relay_inside(call, request, piece_number(place));
    } else if (asks_for_piece(call) && !asks_for_paper(call) && !asks_to_cancel(call)) {
        yz_pass(call, request);
    } else {
        s->step = STEP_RELAY;
        s->row = *row;
        collect_for(&s->answer, request->dialect);
        s->child = yz_next(call, request);
    }
}

static void tell_paper(yz_call *call, const yz_job *said) {
    yz_buf out = {0};
    yz_buf_str(&out, said->told);
    send_document(call, &out, NULL);
}

/* In the gateway's words; the next look writes it down. */
static void tell_now(yz_call *call, const yz_job *said) {
    const jobs_state *s = yz_state(call);
    job_row told = s->row;
    row_learn(&told, said, told.speaks);
    tell(call, &told);
}

/* What is over stays as it was found, whatever its provider says later. */
void relay_end(yz_call *call) {
    const jobs_state *s = yz_state(call);
    yz_arena *arena = yz_call_arena(call);
    const yz_request *request = yz_call_request(call);
    const yz_json *root = collect_document(&s->answer, arena);
    yz_job said = {YZ_JOB};
    bool reads = yz_str_is(request->method, "GET");
    bool reads_so = root && request->dialect->read_job(request, root, arena, &said) == YZ_OK;
    bool names = reads_so && yz_str_eq(said.id, s->row.job.id);
    if (reads_so && asks_for_paper(call))
        tell_paper(call, &said);
    else if (names && said.withheld)
        tell_now(call, &said);
    else if (names && (!reads || s->row.settles > 0 || (said.state == s->row.job.state && said.id_at.n > 0)))
        tell_heard(call, &s->answer, &s->row, &said);
    else if (reads && !asks_for_paper(call))
        tell(call, &s->row);
    else
        yz_fail(call, YZ_ERROR_ANSWERED, "its provider's answer is not about this job");
}

static void found(yz_call *call, const job_row *row) {
    bool reads = yz_str_is(yz_call_request(call)->method, "GET"), over = yz_job_over(row->job.state), nothing = row_came_to_nothing(row);
    bool piece = asks_for_piece(call);
    if (row->settles > 0 && !over && !reads && !asks_to_cancel(call))
        yz_fail(call, YZ_ERROR_BAD_REQUEST, "what it cost is being reckoned up from its results, which takes a moment: ask again soon");
    else if (!over && !asks_to_cancel(call) && (!reads || (piece && row_is_told(row))))
        yz_fail(call, YZ_ERROR_BAD_REQUEST, "the job is not over yet: it is %s", row_state_word(row->job.state));
    else if (nothing && piece)
        yz_fail(call, YZ_ERROR_BAD_REQUEST, "there is nothing to get: the job is %s", row_state_word(row->job.state));
    else if (reads && !piece && ((over && (nothing || row_is_told(row))) || (row->settles > 0 && row_is_told(row))))
        tell(call, row);
    else if (nothing && row->job.id.n == 0)
        tell(call, row);
    else if (!over && !piece && row->settles == 0)
        how_it_stands(call, row);
    else
        relay(call, row);
}

/* Where the id stands in the path: the last place, since what stands before may say the same. NULL: nowhere. */
static const char *place_in(yz_str path, yz_str id) {
    const char *found = NULL;
    for (const char *p = path.p; id.n > 0 && path.n > 0 && (p = memmem(p, (size_t)(path.p + path.n - p), id.p, id.n)) != NULL; p++)
        found = p;
    return found;
}

/* Is it asked for where such jobs are, "/v1/videos/", and not as something else that a provider keeps? One that never began has no place.
 */
static bool is_its_place(const yz_request *request, const yz_job *job) {
    if (request->begun_by != YZ_OP_CHAT)
        return request->begun_by == row_begun_by(request->stored);
    const char *at = place_in(request->path, request->stored);
    size_t before = at ? (size_t)(at - request->path.p) : 0;
    return job->path.n == 0 || (job->path.n == before + job->id.n && memcmp(job->path.p, request->path.p, before) == 0);
}

static void on_rows(yz_call *call, void *arg, int code, const yz_ledger_row *const *rows, size_t n) {
    const yz_request *request = yz_call_request(call);
    job_row row;
    (void)arg;
    if (code != YZ_OK) {
        yz_fail(call, YZ_ERROR_UNAVAILABLE, "the ledger cannot be read at the moment: ask again soon");
        return;
    }
    bool mine = n == 1 && row_read(yz_call_arena(call), rows[0], &row) && is_its_place(request, &row.job) &&
                yz_str_eq(row.owner, row_owner(request)) && yz_str_is(row.dialect, request->dialect->dialect);
    if (mine)
        found(call, &row);
    else
        not_found(call);
}

/* What stands behind the id: "/content"; nothing where that only asks how it stands. */
static yz_str rest_of(const yz_request *request) {
    const char *at = place_in(request->path, request->stored);
    size_t before = at ? (size_t)(at - request->path.p) + request->stored.n : request->path.n;
    yz_str rest = yz_str_at(request->path.p + before, request->path.n - before);
    return request->dialect->job_rest && yz_str_is(rest, request->dialect->job_rest) ? YZ_STR("") : rest;
}

void ask(yz_call *call, const yz_request *request) {
    jobs_state *s = yz_state(call);
    const jobs_stage *stage = yz_stage(call);
    s->rest = rest_of(request);
    const yz_ledger_query query = {YZ_LEDGER_QUERY, .what = YZ_LEDGER_JOBS, .id = request->stored, .limit = 1};
    yz_ledger_look(call, stage->ledger, &query, stage->config->timeout, on_rows, NULL);
}
