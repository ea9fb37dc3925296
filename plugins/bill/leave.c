/* leave.c: a client that leaves in the middle of its answer. `cut` closes the provider's connection at once, and what was used is guessed
 * from what has come. `drain` reads on, for nobody, so that the provider says what it was: most say so at the end only. How far is bounded,
 * by time and by tokens; at the bound it is cut as if the client had left then.
 *
 * Nothing is read on for that no provider has begun: it would be begun for nobody.
 */
#include "bill.h"

#include <stdlib.h>

static bool runs(const yz_record *r) {
    return r->target && r->outcome == YZ_OUTCOME_RUNNING && (r->started != YZ_STARTED_NO || r->sent > 0);
}

/* Is there a provider that works for this call, also by the work of another request that it shares? */
static bool is_begun(const yz_record *own) {
    for (const yz_record *r = own; r; r = r->next) {
        if (!charge_is_below(r, own))
            continue;
        for (const yz_record *work = r->shared; work; work = work->next)
            if (runs(work))
                return true;
        if (runs(r))
            return true;
    }
    return false;
}

static int64_t text_so_far(const yz_call *call) { return (int64_t)yz_record_answer(yz_call_record(call))->text; }

/* The word is in the log and in the explanation of the charge. */
static void leave_note(yz_call *call, const char *word) {
    bill_state *s = yz_state(call);
    s->disconnect = word;
    yz_note(call, "disconnect", yz_str_of(word));
}

bool leave_on_leave(yz_call *call) {
    const bill_config *cfg = yz_config(call);
    bill_state *s = yz_state(call);
    if (!s->holds || s->ended || yz_record_answer(yz_call_record(call))->whole) /* it goes on by itself, to its counts */
        return false;
    if (cfg->disconnect == CUT || !is_begun(yz_call_record(call))) {
        leave_note(call, "cut");
        return false;
    }
    s->drain = yz_timer_start(call, cfg->drain_time);
    s->text_left = text_so_far(call);
    leave_note(call, "drain");
    return true;
}

static void cut(yz_call *call, const char *word) {
    bill_state *s = yz_state(call);
    const bill_stage *stage = yz_stage(call);
    s->drain = NULL;
    s->cut = true;
    leave_note(call, word);
    yz_count(yz_call_worker(call), stage->cut, 1);
    yz_fail(call, YZ_ERROR_TIMEOUT, "the client has left, and the rest of its answer took longer than bill's drain_time or drain_tokens");
}

void leave_on_timer(yz_call *call, yz_timer *timer) {
    (void)timer;
    cut(call, "drain_time");
}

bool leave_goes_on(yz_call *call) {
    const bill_config *cfg = yz_config(call);
    const bill_state *s = yz_state(call);
    if (!s->drain || (text_so_far(call) - s->text_left) / BILL_BYTES_OF_TEXT <= cfg->drain_tokens)
        return true;
    cut(call, "drain_tokens");
    return false;
}

void leave_ended(yz_call *call) {
    const bill_state *s = yz_state(call);
    const bill_stage *stage = yz_stage(call);
    if (!s->drain)
        return;
    leave_note(call, "drained");
    yz_count(yz_call_worker(call), stage->drained, 1);
}
