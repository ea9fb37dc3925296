/* list.c: the jobs of an owner, the newest first, as the ledger has them: no provider is asked. A page is those behind an id, or, as one
 * dialect has it, those just before one, which are counted from the newest on. */
#include "jobs.h"

enum { USUAL = 20, MOST = 100, PAGE = 101, PAGES = 50 };

static int64_t most_of(const yz_request *request) { return request->dialect->jobs_most ? (int64_t)request->dialect->jobs_most : MOST; }

static yz_str param(const yz_request *request, const char *name) {
    yz_str rest = request->query;
    size_t n = strlen(name);
    while (rest.n) {
        const char *end = memchr(rest.p, '&', rest.n);
        yz_str one = {rest.p, end ? (size_t)(end - rest.p) : rest.n};
        if (one.n > n && one.p[n] == '=' && memcmp(one.p, name, n) == 0)
            return yz_str_at(one.p + n + 1, one.n - n - 1);
        size_t taken = one.n + (end != NULL);
        rest = yz_str_at(rest.p + taken, rest.n - taken);
    }
    return yz_str_at(NULL, 0);
}

/* After which; each dialect has its own name for it. */
static yz_str after_of(const yz_request *request) {
    yz_str after = param(request, "after");
    return after.n ? after : param(request, "after_id");
}

/* How many are asked for; 0: that is no number from 1 to as many as there may be. */
static int64_t limit_of(const yz_request *request) {
    yz_str text = param(request, "limit");
    int64_t n = text.n ? 0 : USUAL;
    for (size_t i = 0; i < text.n; i++) {
        n = text.p[i] >= '0' && text.p[i] <= '9' ? n * 10 + (text.p[i] - '0') : most_of(request) + 1;
        if (n > most_of(request))
            return 0;
    }
    return n;
}

static bool is_listed(yz_call *call, const yz_ledger_row *from, job_row *row) {
    const yz_request *request = yz_call_request(call);
    bool read = row_read(yz_call_arena(call), from, row) && yz_str_is(row->dialect, request->dialect->dialect);
    return read && (request->begun_by == YZ_OP_CHAT || request->begun_by == row_begun_by(row->id));
}

static void tell_all(yz_call *call, size_t n, bool more) {
    const yz_request *request = yz_call_request(call);
    const jobs_state *s = yz_state(call);
    yz_buf out = {0};
    request->dialect->write_jobs(request, s->listed, n, more, &out);
    send_document(call, &out, NULL);
}

static void unread(yz_call *call) { yz_fail(call, YZ_ERROR_UNAVAILABLE, "the ledger cannot be read at the moment: ask again soon"); }

static void read_from(yz_call *call, int64_t place);

/* Of those before an id the last ones are told: earlier ones make room for them. */
static void put(jobs_state *s, const yz_job *job, size_t most) {
    if (s->before.n > 0 && s->n_listed == most) {
        memmove(s->listed, s->listed + 1, (most - 1) * sizeof *s->listed);
        s->n_listed--;
        s->skipped = true;
    }
    s->listed[s->n_listed++] = job;
}

static void add(yz_call *call, const yz_ledger_row *from, size_t most) {
    jobs_state *s = yz_state(call);
    job_row *row = yz_alloc(yz_call_arena(call), sizeof *row);
    if (!is_listed(call, from, row))
        return;
    row->job.id = row->id;
    put(s, &row->job, most);
}

/* True: the page is whole. */
static bool take(yz_call *call, const yz_ledger_row *from, size_t most) {
    jobs_state *s = yz_state(call);
    if (s->before.n > 0 && yz_str_eq(from->id, s->before)) {
        tell_all(call, s->n_listed, s->skipped);
        return true;
    }
    add(call, from, most);
    if (s->before.n > 0 || s->n_listed <= most)
        return false;
    tell_all(call, most, true);
    return true;
}

static void not_listed(yz_call *call, yz_str id) {
    yz_fail(call, YZ_ERROR_NOT_FOUND, "no job with id '%.*s' was found, which the list should go on from", YZ_STR_ARGS(id));
}

static void on_rows(yz_call *call, void *arg, int code, const yz_ledger_row *const *rows, size_t n) {
    jobs_state *s = yz_state(call);
    size_t most = (size_t)limit_of(yz_call_request(call));
    (void)arg;
    if (code != YZ_OK) {
        unread(call);
        return;
    }
    for (size_t i = 0; i < n; i++)
        if (take(call, rows[i], most))
            return;
    if (n == PAGE && ++s->pages < PAGES)
        read_from(call, rows[n - 1]->place);
    else if (s->before.n > 0)
        not_listed(call, s->before);
    else
        tell_all(call, s->n_listed, false);
}

/* Those before this place; 0: the newest. The owner's jobs of other dialects stand among them, so it may take several pages. */
static void read_from(yz_call *call, int64_t place) {
    const jobs_stage *stage = yz_stage(call);
    const yz_ledger_query query = {YZ_LEDGER_QUERY, .what = YZ_LEDGER_JOBS, .account = row_owner(yz_call_request(call)), .limit = PAGE,
                                   .place = place};
    yz_ledger_look(call, stage->ledger, &query, stage->config->timeout, on_rows, NULL);
}

static void on_after(yz_call *call, void *arg, int code, const yz_ledger_row *const *rows, size_t n) {
    const yz_request *request = yz_call_request(call);
    (void)arg;
    if (code != YZ_OK)
        unread(call);
    else if (n == 0 || !yz_str_eq(rows[0]->account, row_owner(request)))
        not_listed(call, after_of(request));
    else
        read_from(call, rows[0]->place);
}

void list(yz_call *call, const yz_request *request) {
    const jobs_stage *stage = yz_stage(call);
    jobs_state *s = yz_state(call);
    s->listed = yz_alloc(yz_call_arena(call), (size_t)(most_of(request) + 1) * sizeof *s->listed);
    s->before = param(request, "before_id");
    yz_str after = after_of(request), order = param(request, "order");
    if (limit_of(request) == 0) {
        yz_fail(call, YZ_ERROR_BAD_REQUEST, "limit must be a number from 1 to %lld", (long long)most_of(request));
    } else if (after.n && s->before.n) {
        yz_fail(call, YZ_ERROR_BAD_REQUEST, "a list goes on after an id, or before one: not both");
    } else if (order.n && !yz_str_is(order, "desc")) {
        yz_fail(call, YZ_ERROR_BAD_REQUEST, "order must be \"desc\", the newest first, not \"%.*s\"", (int)(order.n < 20 ? order.n : 20),
                order.p);
    } else if (after.n) {
        const yz_ledger_query query = {YZ_LEDGER_QUERY, .what = YZ_LEDGER_JOBS, .id = after, .limit = 1};
        yz_ledger_look(call, stage->ledger, &query, stage->config->timeout, on_after, NULL);
    } else {
        read_from(call, 0);
    }
}
