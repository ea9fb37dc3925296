/* heard.c: providers that say by themselves when something has come of a job, to an address that they were told with it. It is signed for
 * that job, so nobody else can have it looked at; and that is all that it does: the provider is asked how the job stands, as for a client
 * who asks, by the same function, and what stood in the body is not read. However often it is said, a job is asked for once a second at
 * most.
 */
#include "jobs.h"

enum { DIGITS = 32 }; /* of the signature */

static void put_digits(const jobs_config *config, yz_arena *arena, yz_str id, char digits[DIGITS]) {
    uint8_t digest[32];
    yz_sign(yz_secret_reveal(config->hook_key), yz_format(arena, "heard\n%.*s", YZ_STR_ARGS(id)), digest);
    for (size_t i = 0; i < DIGITS; i++)
        digits[i] = "0123456789abcdef"[digest[i / 2] >> (i % 2 ? 0 : 4) & 15];
}

yz_str heard_address(const jobs_config *config, yz_arena *arena, yz_str id) {
    char digits[DIGITS];
    yz_str base = config->heard_at;
    if (base.n == 0)
        return base;
    base.n -= base.p[base.n - 1] == '/';
    put_digits(config, arena, id, digits);
    return yz_format(arena, "%.*s/v1/hooks/%.*s-%.*s", YZ_STR_ARGS(base), YZ_STR_ARGS(id), DIGITS, digits);
}

/* The job that an address is for; empty: it is none of ours. All of its letters are compared, whichever is wrong. */
static yz_str job_of(const jobs_config *config, yz_arena *arena, yz_str said) {
    char digits[DIGITS], wrong = 0;
    yz_str id = {said.p, said.n > DIGITS + 1 ? said.n - DIGITS - 1 : 0};
    if (config->heard_at.n == 0 || !row_is_id(id) || said.p[id.n] != '-')
        return YZ_STR("");
    put_digits(config, arena, id, digits);
    for (size_t i = 0; i < DIGITS; i++)
        wrong = (char)(wrong | (digits[i] ^ said.p[id.n + 1 + i]));
    return wrong ? YZ_STR("") : id;
}

static void answer(yz_call *call) {
    yz_send_head(call, &(yz_head){YZ_HEAD, .status = 204});
    yz_send_end(call, &(yz_end){YZ_END});
}

static void on_looked(yz_call *call, look *l) {
    (void)l;
    answer(call);
}

static void not_found(yz_call *call) { yz_fail(call, YZ_ERROR_NOT_FOUND, "this address is no job's"); }

/* One that is being begun is known soon, and what is over stays so. */
static bool is_under_way(const job_row *row) { return row->job.id.n > 0 && !yz_job_over(row->job.state); }

/* Does the stage look at it in the next second? */
static bool is_due_soon(const job_row *row) { return row->look == row_wall() + 1; }

/* It was seen within this second, before this was said perhaps: the stage looks at it in the next, unless somebody is at it. Nobody waits
 * for that to be written; a version that is written meanwhile goes first. */
static void look_soon(jobs_stage *stage, yz_arena *arena, const job_row *row) {
    job_row sooner = *row;
    int64_t now = row_wall();
    bool taken = row->by.n > 0 && row->look > now;
    sooner.look = now + 1;
    if (!taken)
        yz_ledger_post(stage->ledger, row_posting(arena, &sooner, false));
}

static void look_now(yz_call *call, const job_row *row) {
    jobs_state *s = yz_state(call);
    s->step = STEP_LOOK;
    s->looks = yz_alloc(yz_call_arena(call), sizeof *s->looks);
    *s->looks = (look){.row = *row, .done = on_looked};
    look_start(call, s->looks);
}

static void on_rows(yz_call *call, void *arg, int code, const yz_ledger_row *const *rows, size_t n) {
    jobs_stage *stage = yz_stage(call);
    job_row row;
    (void)arg;
    if (code != YZ_OK) {
        yz_fail(call, YZ_ERROR_UNAVAILABLE, "the ledger cannot be read at the moment: say it again soon");
    } else if (n != 1 || !row_read(yz_call_arena(call), rows[0], &row)) {
        not_found(call);
    } else if (!is_under_way(&row) || is_due_soon(&row)) {
        answer(call);
    } else if (row_was_just_seen(stage->config, &row)) {
        look_soon(stage, yz_call_arena(call), &row);
        answer(call);
    } else {
        look_now(call, &row);
    }
}

void heard_knock(yz_call *call, const yz_request *request) {
    const jobs_stage *stage = yz_stage(call);
    const yz_ledger_query query = {YZ_LEDGER_QUERY, .what = YZ_LEDGER_JOBS,
                                   .id = job_of(stage->config, yz_call_arena(call), request->stored), .limit = 1};
    if (query.id.n == 0) {
        not_found(call);
        return;
    }
    yz_count(yz_call_worker(call), stage->heard, 1);
    yz_ledger_look(call, stage->ledger, &query, stage->config->timeout, on_rows, NULL);
}
