/* charge.c: who owes what for a call that has ended.
 *
 * A client pays for the answer it got, once: for the attempt whose answer went up, and not for attempts that failed or lost a race. If it
 * left, or the answer broke off, it pays for its question and for what it had been sent, by the provider's count where there is one, else
 * by an estimate that says so: the same whichever side closed first. What never began, or failed before anything came, costs nothing.
 */
#include "bill.h"

enum {
    BYTES_OF_TEXT = BILL_BYTES_OF_TEXT,
    BYTES_OF_EVENT = 40,   /* of a stream that nobody decodes */
    BYTES_OF_SESSION = 500 /* events of text take about half for a token, sound six times that, at four times the price */
};

static charge nothing(const char *by) { return (charge){.by = by}; }

const yz_price *charge_price(const yz_call *call, bill_state *s, const yz_target *target) {
    if (s->priced != target) {
        s->price = yz_price_find(call, target, s->at);
        s->priced = target;
    }
    return s->price;
}

const yz_cost *charge_cost(bill_state *s, const yz_price *price, const yz_usage *usage) {
    if (s->cost_price != price || memcmp(&s->cost_usage, usage, sizeof *usage) != 0) {
        s->cost = (yz_cost){YZ_COST};
        (void)yz_price_cost(price, usage, &s->cost); /* more than a billion USD is a billion */
        s->cost_price = price;
        s->cost_usage = *usage;
    }
    return &s->cost;
}

/* Prices what was used, as of the time the request began. */
static charge priced(const yz_call *call, const yz_record *record, const yz_usage *usage, const char *by) {
    bill_state *s = yz_state(call);
    const yz_price *price = record->target ? charge_price(call, s, record->target) : NULL;
    yz_usage with_units = *usage;
    if (price && s->units.known) {
        units_add(price, yz_call_request(call), &s->units, &with_units);
        usage = &with_units;
    }
    const yz_cost *cost = price ? charge_cost(s, price, usage) : NULL;
    return (charge){.due = cost != NULL,
                    .amount = cost ? budget_marked_up(yz_call_request(call)->key, cost->total) : 0,
                    .by = by,
                    .unpriced = !cost || cost->unpriced != 0,
                    .price = price,
                    .target = record->target,
                    .usage = *usage};
}

int64_t charge_question(const yz_call *call) {
    const bill_state *s = yz_state(call);
    const bill_config *cfg = yz_config(call);
    return (int64_t)((double)s->input * cfg->bytes_per_token / BYTES_OF_TEXT);
}

/* What a provider said of an attempt that did not end well may lack the end: that is guessed. */
static charge estimated(const yz_call *call, const yz_record *record) {
    const bill_state *s = yz_state(call);
    yz_usage usage = {0};
    yz_usage_merge(&usage, record->usage);
    if (yz_usage_get(&usage, YZ_METER_INPUT) < 0)
        yz_usage_set(&usage, YZ_METER_INPUT, charge_question(call));
    int64_t sent = record->text > 0 ? (int64_t)record->text / BYTES_OF_TEXT
                                    : s->content / (yz_call_request(call)->stream ? BYTES_OF_EVENT : BYTES_OF_TEXT);
    if (sent > yz_usage_count(&usage, YZ_METER_OUTPUT))
        yz_usage_set(&usage, YZ_METER_OUTPUT, sent);
    if (yz_usage_service(&usage) == YZ_SERVICE_UNSAID)
        yz_usage_set_service(&usage, s->service);
    charge c = priced(call, record, &usage, "estimated");
    if (c.amount > s->held) /* a guess never costs more than was set aside for it */
        c.amount = s->held;
    return c;
}

/* From a cache, or the work of another request: nothing was used for this one. As if asked anew is a guess where nobody said what was used.
 */
static charge second_hand(const yz_call *call, const yz_record *answer) {
    const bill_config *cfg = yz_config(call);
    const char *by = answer->source == YZ_SOURCE_SHARED ? "shared" : "cached";
    if (cfg->hits != CHARGE)
        return nothing(by);
    return answer->usage ? priced(call, answer, answer->usage, by) : estimated(call, answer);
}

bool charge_is_second_hand(const yz_record *record) {
    return record->source == YZ_SOURCE_CACHED || record->source == YZ_SOURCE_SHARED || record->cache == YZ_CACHE_HIT;
}

/* Did another attempt begin this answer, and fail in the middle? What it had sent was then asked of this one as input once more. */
static bool continued(const yz_record *own, const yz_record *answer) {
    for (const yz_record *r = own; r && r != answer; r = r->next)
        if (r->target && r->outcome == YZ_OUTCOME_FAILED && r->content > 0)
            return true;
    return false;
}

/* By what the provider says. That an answer had to be begun anew never makes it dearer than what was held: the rest is the operator's. */
static charge told(const yz_call *call, const yz_record *answer) {
    const bill_state *s = yz_state(call);
    charge c = priced(call, answer, answer->usage, answer->source == YZ_SOURCE_PROVIDER ? "provider" : "estimated");
    if (c.amount > s->held && continued(yz_call_record(call), answer))
        c.amount = s->held;
    return c;
}

static bool is_session(const yz_call *call) { return yz_call_request(call)->op == YZ_OP_REALTIME; }

/* Of answers in a session some said what they used so that it cannot be read: as much as the others did, one by the other; where there are
 * none, by what went either way. */
static yz_usage guess_session(const yz_call *call, const yz_record *answer) {
    const bill_state *s = yz_state(call);
    yz_usage guess = {0};
    yz_usage_merge(&guess, answer->usage);
    for (unsigned m = 0; m < YZ_METERS_MAX && answer->said > 0; m++) {
        double n = (double)yz_usage_get(&guess, (yz_meter)m) * answer->unread / answer->said;
        if (n > 0)
            yz_usage_set(&guess, (yz_meter)m, yz_usage_get(&guess, (yz_meter)m) + (int64_t)n);
    }
    if (answer->said > 0)
        return guess;
    yz_usage_set(&guess, YZ_METER_INPUT, (int64_t)answer->to_provider / BYTES_OF_SESSION + 1);
    yz_usage_set(&guess, YZ_METER_OUTPUT, s->content / BYTES_OF_SESSION + 1);
    return guess;
}

/* What each response has used is said at its end, so what was said is all that is known; of one under way nothing is guessed from the sound
 * that came. A guess never makes it dearer than what was held. */
static charge of_session(const yz_call *call, const yz_record *answer) {
    const bill_state *s = yz_state(call);
    bool said = answer->target && answer->usage && answer->source == YZ_SOURCE_PROVIDER;
    charge c = said ? told(call, answer) : nothing("unused");
    if (!answer->target || answer->unread == 0)
        return c;
    yz_usage guess = guess_session(call, answer);
    int64_t most = s->held > c.amount ? s->held : c.amount;
    c = priced(call, answer, &guess, "estimated");
    c.amount = c.amount < most ? c.amount : most;
    return c;
}

charge charge_answer(const yz_call *call, const yz_record *answer) {
    if (is_session(call))
        return of_session(call, answer);
    if (charge_is_second_hand(answer))
        return second_hand(call, answer);
    if (!answer->target)
        return nothing("local");
    if (!answer->usage || answer->source == YZ_SOURCE_NONE)
        return estimated(call, answer);
    return told(call, answer);
}

bool charge_is_below(const yz_record *record, const yz_record *above) {
    while (record && record != above)
        record = record->parent;
    return record != NULL;
}

/* Of an upload that passes through a provider has nothing to work on before its end is there, unless it has said something all the same. */
static bool has_whole(const yz_call *call, const yz_record *r) {
    const yz_request *request = yz_call_request(call);
    return !request->upload || r->sent > 0 || r->first > 0;
}

/* The attempt that a client who left was waiting for: the last one that a provider may have begun. One that has failed is none. */
static const yz_record *begun(const yz_call *call, const yz_record *own) {
    const yz_record *found = NULL;
    for (const yz_record *r = own; r; r = r->next)
        if (charge_is_below(r, own) && r->target && !charge_is_second_hand(r) && r->outcome != YZ_OUTCOME_FAILED &&
            (r->started != YZ_STARTED_NO || r->sent > 0) && has_whole(call, r))
            found = r;
    return found;
}

bool charge_is_whole(const yz_call *call, const yz_record *answer) {
    const bill_state *s = yz_state(call);
    return s->finished && answer->target && answer->source == YZ_SOURCE_PROVIDER && yz_usage_get(answer->usage, YZ_METER_OUTPUT) >= 0;
}

charge charge_so_far(const yz_call *call) {
    const bill_state *s = yz_state(call);
    const yz_record *own = yz_call_record(call), *answer = yz_record_answer(own);
    if (is_session(call))
        return of_session(call, answer);
    if (charge_is_second_hand(answer))
        return s->content > 0 ? second_hand(call, answer) : nothing("failed");
    if (charge_is_whole(call, answer))
        return told(call, answer);
    if (own->outcome == YZ_OUTCOME_FAILED && s->content == 0 && !s->cut)
        return nothing("failed");
    const yz_record *attempt = answer->target && has_whole(call, answer) ? answer : begun(call, own);
    return attempt ? estimated(call, attempt) : nothing("left");
}

charge charge_call(const yz_call *call) {
    const yz_record *own = yz_call_record(call);
    return own->outcome == YZ_OUTCOME_DONE ? charge_answer(call, yz_record_answer(own)) : charge_so_far(call);
}
