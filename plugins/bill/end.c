/* end.c: the end of a hold. It is posted once, behind the answer's back; and as long as it is not, the hold has a will, so that a process
 * that is killed leaves what has to be charged to the next one: the same charge as if the client had left at that moment.
 */
#include "bill.h"

/* The explanation is in *detail, and lives as long. */
static yz_posting ending(yz_call *call, const charge *c, bool whole, yz_buf *detail) {
    const bill_state *s = yz_state(call);
    if (whole)
        charge_explain(call, c, detail);
    else
        charge_explain_briefly(call, c, detail);
    return (yz_posting){YZ_POSTING,
                        .kind = c->due ? YZ_POSTING_CAPTURE : YZ_POSTING_RELEASE,
                        .id = s->id,
                        .amount = c->due ? c->amount : 0,
                        .detail = yz_buf_view(detail),
                        .will = s->will,
                        .hold = s->hold};
}

bool end_cover(yz_call *call, yz_posting *hold) {
    bill_state *s = yz_state(call);
    const bill_stage *stage = yz_stage(call);
    charge unsent = {.by = "unsent"};
    yz_buf detail = {0};
    yz_posting end = ending(call, &unsent, false, &detail);
    bool covered = yz_ledger_cover(stage->ledger, hold, &end);
    s->hold = covered ? hold : NULL;
    s->will = covered ? end.will : yz_ledger_will(stage->ledger, &end);
    yz_buf_free(&detail);
    return covered;
}

void end_will(yz_call *call, bool all) {
    bill_state *s = yz_state(call);
    const bill_stage *stage = yz_stage(call);
    charge c = charge_so_far(call);
    yz_buf detail = {0};
    yz_posting end = ending(call, &c, all, &detail);
    s->will = yz_ledger_will(stage->ledger, &end);
    yz_buf_free(&detail);
}

void end_forget(yz_call *call) {
    bill_state *s = yz_state(call);
    const bill_stage *stage = yz_stage(call);
    if (s->will)
        yz_ledger_will(stage->ledger, &(yz_posting){YZ_POSTING, .kind = YZ_POSTING_NONE, .will = s->will});
    s->will = 0;
}

void end_post(yz_call *call, const charge *c) {
    bill_state *s = yz_state(call);
    const bill_stage *stage = yz_stage(call);
    if (!s->holds || s->ended)
        return;
    yz_buf detail = {0};
    yz_posting end = ending(call, c, true, &detail);
    s->ended = true;
    yz_ledger_post(stage->ledger, &end);
    yz_buf_free(&detail);
    yz_count(yz_call_worker(call), stage->unpriced, c->unpriced);
    yz_count(yz_call_worker(call), stage->estimated, c->due && strcmp(c->by, "estimated") == 0);
}
