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

const yz_cost *charge_cost(const yz_call *call, const yz_price *price, const yz_usage *usage) {
    bill_stage *s = yz_stage(call);
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
    if (price && s->units) {
        units_add(price, yz_call_request(call), s->units, &with_units);
        usage = &with_units;
    }
    const yz_cost *cost = price ? charge_cost(call, price, usage) : NULL;
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

/* A guess never costs more than was set aside for it. */
static charge guessed(const yz_call *call, const yz_record *record, yz_usage *usage) {
    const bill_state *s = yz_state(call);
    if (yz_usage_service(usage) == YZ_SERVICE_UNSAID)
        yz_usage_set_service(usage, s->service);
    charge c = priced(call, record, usage, "estimated");
    if (c.amount > s->held)
        c.amount = s->held;
    return c;
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
    return guessed(call, record, &usage);
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

static bool is_told(const yz_record *r) { return r->source == YZ_SOURCE_PROVIDER || r->source == YZ_SOURCE_JOINED; }

/* By what the provider says. That an answer had to be begun anew never makes it dearer than what was held: the rest is the operator's. */
static charge told(const yz_call *call, const yz_record *answer) {
    const bill_state *s = yz_state(call);
    charge c = priced(call, answer, answer->usage, is_told(answer) ? "provider" : "estimated");
    if (c.amount > s->held && continued(yz_call_record(call), answer))
        c.amount = s->held;
    return c;
}

static bool is_batch(const yz_call *call) {
    const bill_state *s = yz_state(call);
    return s->n_chats > 0;
}

/* All that is held: whoever follows the batch gives back what its chats have not used, when their results are there. */
static charge of_batch(const yz_call *call, const yz_record *answer) {
    const bill_state *s = yz_state(call);
    return (charge){.due = true, .amount = s->held, .by = "batch", .target = s->reading ? s->first : answer->target};
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

/* Has the provider said what is paid for? That pictures have come is seen by us, and is no count of tokens: they are guessed, unless the
 * work is sold by the piece. */
static bool says_enough(const yz_call *call, const yz_record *answer) {
    bill_state *s = yz_state(call);
    const yz_usage *usage = answer->usage;
    if (!usage || yz_usage_get(usage, YZ_METER_INPUT) >= 0 || yz_usage_get(usage, YZ_METER_OUTPUT) >= 0)
        return usage != NULL;
    const yz_price *price = charge_price(call, s, answer->target);
    return s->units ? !price || units_sold(price, s->units) : yz_usage_get(usage, YZ_METER_PICTURES) < 0;
}

charge charge_answer(const yz_call *call, const yz_record *answer) {
    if (is_session(call))
        return of_session(call, answer);
    if (charge_is_second_hand(answer))
        return second_hand(call, answer);
    if (!answer->target)
        return nothing("local");
    if (is_batch(call))
        return of_batch(call, answer);
    if (answer->source == YZ_SOURCE_NONE || !says_enough(call, answer))
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
    const bill_state *s = yz_state(call);
    const yz_record *found = NULL;
    for (const yz_record *r = own; r; r = r->next)
        if (charge_is_below(r, own) && !chats_is_reading(s, r) && r->target && !charge_is_second_hand(r) &&
            r->outcome != YZ_OUTCOME_FAILED && (r->started != YZ_STARTED_NO || r->sent > 0) && has_whole(call, r))
            found = r;
    return found;
}

static bool is_piece_of(const yz_call *call, const yz_record *r, const yz_record *last) {
    return r->target && yz_target_is_sibling(r->target, last->target) && r->because == YZ_BECAUSE_PIECE &&
           r->outcome != YZ_OUTCOME_FAILED && charge_is_below(r, yz_call_record(call)) &&
           (r->usage || (r->parent == last->parent && (r->started != YZ_STARTED_NO || r->sent > 0)));
}

static void add_piece(yz_usage *sum, const yz_usage *one) {
    for (unsigned m = 0; m < YZ_METERS_MAX; m++)
        if (yz_usage_get(one, (yz_meter)m) >= 0)
            yz_usage_set(sum, (yz_meter)m, yz_usage_count(sum, (yz_meter)m) + yz_usage_get(one, (yz_meter)m));
    yz_usage_set_service(sum, yz_usage_service(one));
}

/* Of a request in pieces that ends before they are joined: what those that are over have used, of earlier attempts too, since they are
 * kept. Those under way have as much for their bytes as the others; where there are none, their part of the question. For those that were
 * never asked for nobody pays. */
static charge pieces_so_far(const yz_call *call, const yz_record *last) {
    const yz_record *own = yz_call_record(call);
    yz_usage usage = {0};
    double said = 0, unsaid = 0, body = (double)yz_call_request(call)->body.n, question = (double)charge_question(call);
    for (const yz_record *r = own; r; r = r->next) {
        if (!is_piece_of(call, r, last))
            continue;
        *(r->usage ? &said : &unsaid) += (double)r->to_provider;
        if (r->usage)
            add_piece(&usage, r->usage);
    }
    double input = (double)yz_usage_count(&usage, YZ_METER_INPUT), part = unsaid < body ? unsaid / body : 1;
    double guess = said > 0 && input > 0 ? input * unsaid / said : question * part;
    yz_usage_set(&usage, YZ_METER_INPUT, (int64_t)(input + guess));
    return guessed(call, last, &usage);
}

/* Whatever its provider says of what it has used so far, which some do. */
static charge batch_so_far(const yz_call *call) {
    const bill_state *s = yz_state(call);
    const yz_record *own = yz_call_record(call), *attempt = begun(call, own);
    if (own->outcome == YZ_OUTCOME_FAILED && s->content == 0 && !s->cut)
        return nothing("failed");
    return attempt ? of_batch(call, attempt) : nothing("left");
}

bool charge_is_whole(const yz_call *call, const yz_record *answer) {
    const bill_state *s = yz_state(call);
    return s->finished && answer->target && is_told(answer) && yz_usage_get(answer->usage, YZ_METER_OUTPUT) >= 0;
}

charge charge_so_far(const yz_call *call) {
    const bill_state *s = yz_state(call);
    const yz_record *own = yz_call_record(call), *answer = yz_record_answer(own);
    if (is_session(call))
        return of_session(call, answer);
    if (is_batch(call))
        return batch_so_far(call);
    if (charge_is_second_hand(answer))
        return s->content > 0 ? second_hand(call, answer) : nothing("failed");
    if (charge_is_whole(call, answer))
        return told(call, answer);
    if (own->outcome == YZ_OUTCOME_FAILED && s->content == 0 && !s->cut)
        return nothing("failed");
    const yz_record *attempt = answer->target && has_whole(call, answer) ? answer : begun(call, own);
    if (!attempt)
        return nothing("left");
    return attempt->because == YZ_BECAUSE_PIECE ? pieces_so_far(call, attempt) : estimated(call, attempt);
}

charge charge_call(const yz_call *call) {
    const yz_record *own = yz_call_record(call);
    return own->outcome == YZ_OUTCOME_DONE ? charge_answer(call, yz_record_answer(own)) : charge_so_far(call);
}
