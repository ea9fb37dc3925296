/* due.c: the stage's own work: jobs that nobody asks for are looked after all the same, so that each ends, and is paid back if it came to
 * nothing. One worker of a process does it; several gateways on one ledger share the work, for a job is taken by one at a time (look.c).
 */
#include "jobs.h"

enum { AT_ONCE = 128, ROUNDS = 64 }; /* of one call: what is left is for the next */

static void read_due(yz_call *call);

static void end(yz_call *call) {
    yz_send_head(call, &(yz_head){YZ_HEAD, .status = 200});
    yz_send_end(call, &(yz_end){YZ_END});
}

/* Where as many were due as are taken at once, there may be more. */
static void round_ends(yz_call *call) {
    jobs_state *s = yz_state(call);
    bool more = s->full && ++s->rounds < ROUNDS;
    s->looks = NULL;
    if (more)
        read_due(call);
    else
        end(call);
}

static void on_looked(yz_call *call, look *l) {
    jobs_state *s = yz_state(call);
    s->full &= l->written;
    if (--s->running == 0)
        round_ends(call);
}

static void on_rows(yz_call *call, void *arg, int code, const yz_ledger_row *const *rows, size_t n) {
    jobs_state *s = yz_state(call);
    yz_arena *arena = yz_call_arena(call);
    (void)arg;
    s->full = n == AT_ONCE;
    for (size_t i = 0; code == YZ_OK && i < n; i++) {
        look *l = yz_alloc(arena, sizeof *l);
        *l = (look){.done = on_looked, .next = s->looks};
        if (!row_read(arena, rows[i], &l->row))
            continue;
        s->looks = l;
        s->running++;
    }
    if (s->running == 0)
        end(call);
    for (look *l = s->looks; l; l = l->next)
        look_start(call, l);
}

static void read_due(yz_call *call) {
    const jobs_stage *stage = yz_stage(call);
    const yz_ledger_query query = {YZ_LEDGER_QUERY, .what = YZ_LEDGER_JOBS, .to = row_wall() + 1, .limit = AT_ONCE};
    yz_ledger_look(call, stage->ledger, &query, stage->config->timeout, on_rows, NULL);
}

void due(yz_call *call) {
    jobs_state *s = yz_state(call);
    s->step = STEP_LOOK;
    read_due(call);
}
