/* explain.c: why a request costs what it does, as JSON that the ledger keeps with its end: who says what was used, the parts of the sum,
 * and everything that was asked of providers for it, also what the client does not pay.
 */
#include "bill.h"

enum { TRIES = 16 }; /* that are told one by one; all of them count */

enum { ROOM = 1024 }; /* bytes that an explanation has at first: most fit */

/* ,"name": of a name that is a literal. */
#define PUT_NAME(out, name) yz_buf_put(out, ",\"" name "\":", sizeof(name) + 3)

/* A word of ours, which needs no escape. */
static void put_word(yz_buf *out, const char *word) {
    yz_buf_char(out, '"');
    yz_buf_lit(out, word);
    yz_buf_char(out, '"');
}

static void put_count(yz_buf *out, const char *name, size_t n, int64_t count) {
    if (count < 0)
        return;
    yz_buf_put(out, name, n);
    yz_buf_int(out, count);
}

/* What everybody reports, as the ledger's sums of usage read it. */
static void put_counts(yz_buf *out, const yz_usage *usage) {
#define COUNT(name, meter) put_count(out, ",\"" name "\":", sizeof(name) + 3, yz_usage_get(usage, meter))
    COUNT("input", YZ_METER_INPUT);
    COUNT("cached", YZ_METER_CACHED);
    COUNT("output", YZ_METER_OUTPUT);
#undef COUNT
}

static void put_usd(const bill_state *s, int64_t amount, yz_buf *out) {
    if (s->said_usd.n && s->said == amount) /* most: one attempt, which costs what the client pays */
        yz_buf_str(out, s->said_usd);
    else
        yz_price_usd(amount, out);
}

/* What an attempt cost the operator. */
typedef struct upstream {
    const char *state; /* confirmed: the provider has said all; estimated: at least this; unknown: it may have cost something; none */
    int64_t amount;
} upstream;

/* Of the answer that the client gets it is known before its record knows. */
static bool is_done(const yz_call *call, const yz_record *r) {
    const bill_state *s = yz_state(call);
    return r->outcome == YZ_OUTCOME_DONE || (s->finished && r == yz_record_answer(yz_call_record(call)));
}

static upstream upstream_of(const yz_call *call, const yz_record *r) {
    bill_state *s = yz_state(call);
    const yz_price *price = charge_price(call, s, r->target);
    bool whole = is_done(call, r);
    if (!price || !r->usage)
        return (upstream){r->started == YZ_STARTED_NO && r->outcome != YZ_OUTCOME_DONE ? "none" : "unknown", 0};
    return (upstream){whole && r->source == YZ_SOURCE_PROVIDER ? "confirmed" : "estimated", charge_cost(call, price, r->usage)->total};
}

static void put_try(const yz_call *call, const yz_record *r, const upstream *u, bool first, yz_buf *out) {
    static const char *const because[] = {
#define WORD(name, word) word,
        YZ_BECAUSES(WORD)};
    static const char *const outcomes[] = {YZ_OUTCOMES(WORD)};
#undef WORD
    yz_buf_lit(out, first ? "{\"because\":\"" : ",{\"because\":\"");
    yz_buf_lit(out, because[r->because]);
    yz_buf_char(out, '"');
    PUT_NAME(out, "outcome"), put_word(out, outcomes[is_done(call, r) ? YZ_OUTCOME_DONE : r->outcome]);
    PUT_NAME(out, "status"), yz_buf_int(out, r->status);
    PUT_NAME(out, "provider"), yz_buf_json_str(out, r->target->provider->name);
    PUT_NAME(out, "model"), yz_buf_json_str(out, r->target->model);
    if (r->id.n)
        PUT_NAME(out, "id"), yz_buf_json_str(out, r->id);
    put_counts(out, r->usage);
    PUT_NAME(out, "cost"), put_word(out, u->state);
    PUT_NAME(out, "usd");
    put_usd(yz_state(call), u->amount, out);
    yz_buf_char(out, '}');
}

static bool is_try(const bill_state *s, const yz_record *r, const yz_record *own) {
    for (const yz_record *above = r; above != own; above = above->parent)
        if (!above)
            return false;
    return r->target && r->source != YZ_SOURCE_JOINED && !charge_is_second_hand(r) && !chats_is_reading(s, r);
}

/* What every attempt cost the operator, as far as it is known: losers and failures too. */
static void put_tries(const yz_call *call, yz_buf *out) {
    const yz_record *own = yz_call_record(call);
    int n = 0, unknown = 0;
    int64_t sum = 0;
    yz_buf_lit(out, ",\"tries\":[");
    for (const yz_record *r = own; r; r = r->next) {
        if (!is_try(yz_state(call), r, own))
            continue;
        upstream u = upstream_of(call, r);
        if (n < TRIES)
            put_try(call, r, &u, n == 0, out);
        n++;
        unknown += strcmp(u.state, "unknown") == 0;
        sum = u.amount < INT64_MAX - sum ? sum + u.amount : INT64_MAX;
    }
    yz_buf_char(out, ']');
    PUT_NAME(out, "attempts"), yz_buf_int(out, n);
    PUT_NAME(out, "attempts_unknown"), yz_buf_int(out, unknown);
    PUT_NAME(out, "attempts_usd");
    put_usd(yz_state(call), sum, out);
}

/* What the price was multiplied by. */
static void put_markup(const yz_call *call, yz_buf *out) {
    const yz_key *key = yz_call_request(call)->key;
    if (!key || key->markup == 0)
        return;
    yz_buf_lit(out, ",\"markup\":");
    yz_price_usd(key->markup * 1000, out);
}

/* Of a batch what its share is reckoned by when it is over: its chats, and what they may have cost before the mark-up. */
static void put_batch(const bill_state *s, yz_buf *out) {
    PUT_NAME(out, "chats"), yz_buf_int(out, (int64_t)s->n_chats);
    PUT_NAME(out, "most_nano"), yz_buf_int(out, s->unmarked);
}

/* Who says so, and what was used. */
static void put_used(const yz_call *call, const charge *c, yz_buf *out) {
    const bill_state *s = yz_state(call);
    yz_buf_room(out, ROOM);
    yz_buf_lit(out, "{\"by\":\"");
    yz_buf_lit(out, c->by);
    yz_buf_char(out, '"');
    if (s->disconnect)
        PUT_NAME(out, "disconnect"), put_word(out, s->disconnect);
    if (s->downgraded)
        PUT_NAME(out, "downgraded_from"), yz_buf_json_str(out, yz_call_request(call)->model);
    if (s->redirected_from.n)
        PUT_NAME(out, "redirected_from"), yz_buf_json_str(out, s->redirected_from);
    if (s->n_chats > 0)
        put_batch(s, out);
    if (c->target) {
        PUT_NAME(out, "provider"), yz_buf_json_str(out, c->target->provider->name);
        PUT_NAME(out, "model"), yz_buf_json_str(out, c->target->model);
        put_counts(out, &c->usage);
        put_markup(call, out);
    }
}

void charge_explain(const yz_call *call, const charge *c, yz_buf *out) {
    put_used(call, c, out);
    if (c->price) {
        PUT_NAME(out, "cost");
        yz_price_explain(c->price, &c->usage, out);
    }
    put_tries(call, out);
    yz_buf_char(out, '}');
}

void charge_explain_briefly(const yz_call *call, const charge *c, yz_buf *out) {
    put_used(call, c, out);
    yz_buf_char(out, '}');
}
