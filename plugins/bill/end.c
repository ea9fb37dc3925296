/* end.c: the end of a hold. It is posted once, behind the answer's back; and as long as it is not, the hold has a will, so that a process
 * that is killed leaves what has to be charged to the next one: the same charge as if the client had left at that moment.
 */
#include "bill.h"

static yz_posting ending(yz_call *call, const charge *c, yz_str detail) {
    const bill_state *s = yz_state(call);
    return (yz_posting){YZ_POSTING,       .kind = c->due ? YZ_POSTING_CAPTURE : YZ_POSTING_RELEASE,
                        .id = s->id,      .amount = c->due ? c->amount : 0,
                        .detail = detail, .will = s->will,
                        .hold = s->hold};
}

bool end_cover(yz_call *call, yz_posting *hold) {
    bill_state *s = yz_state(call);
    const bill_stage *stage = yz_stage(call);
    const charge unsent = {.by = "unsent"};
    yz_buf detail = {0};
    if (s->instead) /* else there is nothing to tell */
        charge_explain_briefly(call, &unsent, &detail);
    yz_posting end = ending(call, &unsent, s->instead ? yz_buf_view(&detail) : YZ_STR("{\"by\":\"unsent\"}"));
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
    if (all)
        charge_explain(call, &c, &detail);
    else
        charge_explain_briefly(call, &c, &detail);
    yz_posting end = ending(call, &c, yz_buf_view(&detail));
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

/* How far off the guess of a question's length is, where the provider says what it was: so whoever runs this knows what estimates are
 * worth. */
static void count_guess(const yz_call *call, const charge *c) {
    const bill_stage *stage = yz_stage(call);
    yz_worker *worker = yz_call_worker(call);
    int64_t said = yz_usage_get(&c->usage, YZ_METER_INPUT), guessed = charge_question(call);
    if (!c->due || said < 0 || yz_call_request(call)->op == YZ_OP_REALTIME || strcmp(c->by, "provider") != 0)
        return;
    yz_count(worker, stage->tokens_said, (uint64_t)said);
    yz_count(worker, stage->tokens_guessed, (uint64_t)guessed);
    yz_count(worker, stage->tokens_off, (uint64_t)(said > guessed ? said - guessed : guessed - said));
}

void end_post(yz_call *call, const charge *c) {
    bill_state *s = yz_state(call);
    const bill_stage *stage = yz_stage(call);
    if (!s->holds || s->ended)
        return;
    yz_buf detail = {0};
    charge_explain(call, c, &detail);
    yz_posting end = ending(call, c, yz_buf_view(&detail));
    s->ended = true;
    yz_ledger_post(stage->ledger, &end);
    yz_buf_free(&detail);
    yz_count(yz_call_worker(call), stage->unpriced, c->unpriced);
    yz_count(yz_call_worker(call), stage->estimated, c->due && strcmp(c->by, "estimated") == 0);
    count_guess(call, c);
}
