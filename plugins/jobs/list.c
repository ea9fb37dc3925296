/* list.c: the jobs of an owner, the newest first, as the ledger has them: no provider is asked. */
#include "jobs.h"

enum { USUAL = 20, MOST = 100, PAGE = 101, PAGES = 50 };

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

/* How many are asked for; 0: that is no number from 1 to 100. */
static int64_t limit_of(const yz_request *request) {
    yz_str text = param(request, "limit");
    int64_t n = text.n ? 0 : USUAL;
    for (size_t i = 0; i < text.n; i++) {
        n = text.p[i] >= '0' && text.p[i] <= '9' ? n * 10 + (text.p[i] - '0') : MOST + 1;
        if (n > MOST)
            return 0;
    }
    return n;
}

static bool is_listed(yz_call *call, const yz_ledger_row *from, job_row *row) {
    return row_read(yz_call_arena(call), from, row) && yz_str_is(row->dialect, yz_call_request(call)->dialect->dialect);
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

static void add(yz_call *call, const yz_ledger_row *from) {
    jobs_state *s = yz_state(call);
    job_row *row = yz_alloc(yz_call_arena(call), sizeof *row);
    if (!is_listed(call, from, row))
        return;
    row->job.id = row->id;
    s->listed[s->n_listed++] = &row->job;
}

static void on_rows(yz_call *call, void *arg, int code, const yz_ledger_row *const *rows, size_t n) {
    jobs_state *s = yz_state(call);
    size_t most = (size_t)limit_of(yz_call_request(call));
    (void)arg;
    if (code != YZ_OK) {
        unread(call);
        return;
    }
    for (size_t i = 0; i < n && s->n_listed <= most; i++)
        add(call, rows[i]);
    if (s->n_listed <= most && n == PAGE && ++s->pages < PAGES)
        read_from(call, rows[n - 1]->place);
    else
        tell_all(call, s->n_listed < most ? s->n_listed : most, s->n_listed > most);
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
        yz_fail(call, YZ_ERROR_NOT_FOUND, "no job with id '%.*s' was found, which the list should go on after",
                YZ_STR_ARGS(param(request, "after")));
    else
        read_from(call, rows[0]->place);
}

void list(yz_call *call, const yz_request *request) {
    const jobs_stage *stage = yz_stage(call);
    jobs_state *s = yz_state(call);
    s->listed = yz_alloc(yz_call_arena(call), (MOST + 1) * sizeof *s->listed);
    yz_str after = param(request, "after"), order = param(request, "order");
    if (limit_of(request) == 0) {
        yz_fail(call, YZ_ERROR_BAD_REQUEST, "limit must be a number from 1 to %d", MOST);
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
