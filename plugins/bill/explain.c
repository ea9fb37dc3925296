/* explain.c: why a request costs what it does, as JSON that the ledger keeps with its end: who says what was used, the parts of the sum,
 * and everything that was asked of providers for it, also what the client does not pay.
 */
#include "bill.h"

enum { TRIES = 16 }; /* that are told one by one; all of them count */

static void put_text(yz_buf *out, const char *name, yz_str text) {
    yz_buf_printf(out, ",\"%s\":", name);
    yz_buf_json_str(out, text);
}

/* What everybody reports, as the ledger's sums of usage read it. */
static void put_counts(yz_buf *out, const yz_usage *usage) {
    static const struct {
        const char *name;
        yz_meter meter;
    } counts[] = {{"input", YZ_METER_INPUT}, {"cached", YZ_METER_CACHED}, {"output", YZ_METER_OUTPUT}};
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
        if (yz_usage_get(usage, counts[i].meter) >= 0)
            yz_buf_printf(out, ",\"%s\":%lld", counts[i].name, (long long)yz_usage_get(usage, counts[i].meter));
}

/* What an attempt cost the operator. */
typedef struct upstream {
    const char *state; /* confirmed: the provider has said all; estimated: at least this; unknown: it may have cost something; none */
    int64_t amount;
} upstream;

static upstream upstream_of(const yz_call *call, const yz_record *r) {
    const bill_state *s = yz_state(call);
    const yz_price *price = yz_price_find(call, r->target, s->at);
    bool whole = r->outcome == YZ_OUTCOME_DONE || (s->finished && r == yz_record_answer(yz_call_record(call)));
    if (!price || !r->usage)
        return (upstream){r->started == YZ_STARTED_NO && r->outcome != YZ_OUTCOME_DONE ? "none" : "unknown", 0};
    yz_cost cost = {YZ_COST};
    (void)yz_price_cost(price, r->usage, &cost);
    return (upstream){whole && r->source == YZ_SOURCE_PROVIDER ? "confirmed" : "estimated", cost.total};
}

static void put_try(const yz_record *r, const upstream *u, bool first, yz_buf *out) {
    static const char *const because[] = {
#define WORD(name, word) word,
        YZ_BECAUSES(WORD)};
    static const char *const outcomes[] = {YZ_OUTCOMES(WORD)};
#undef WORD
    yz_buf_printf(out, "%s{\"because\":\"%s\",\"outcome\":\"%s\",\"status\":%d", first ? "" : ",", because[r->because],
                  outcomes[r->outcome], r->status);
    put_text(out, "provider", r->target->provider->name);
    put_text(out, "model", r->target->model);
    if (r->id.n)
        put_text(out, "id", r->id);
    put_counts(out, r->usage);
    yz_buf_printf(out, ",\"cost\":\"%s\",\"usd\":", u->state);
    yz_price_usd(u->amount, out);
    yz_buf_char(out, '}');
}

static bool is_try(const yz_record *r, const yz_record *own) {
    for (const yz_record *above = r; above != own; above = above->parent)
        if (!above)
            return false;
    return r->target && r->source != YZ_SOURCE_CACHED && r->source != YZ_SOURCE_SHARED;
}

/* What every attempt cost the operator, as far as it is known: losers and failures too. */
static void put_tries(const yz_call *call, yz_buf *out) {
    const yz_record *own = yz_call_record(call);
    int n = 0, unknown = 0;
    int64_t sum = 0;
    yz_buf_lit(out, ",\"tries\":[");
    for (const yz_record *r = own; r; r = r->next) {
        if (!is_try(r, own))
            continue;
        upstream u = upstream_of(call, r);
        if (n < TRIES)
            put_try(r, &u, n == 0, out);
        n++;
        unknown += strcmp(u.state, "unknown") == 0;
        sum = u.amount < INT64_MAX - sum ? sum + u.amount : INT64_MAX;
    }
    yz_buf_printf(out, "],\"attempts\":%d,\"attempts_unknown\":%d,\"attempts_usd\":", n, unknown);
    yz_price_usd(sum, out);
}

/* What the price was multiplied by. */
static void put_markup(const yz_call *call, yz_buf *out) {
    const yz_key *key = yz_call_request(call)->key;
    if (!key || key->markup == 0)
        return;
    yz_buf_lit(out, ",\"markup\":");
    yz_price_usd(key->markup * 1000, out);
}

void charge_explain(const yz_call *call, const charge *c, yz_buf *out) {
    const bill_state *s = yz_state(call);
    yz_buf_printf(out, "{\"by\":\"%s\"", c->by);
    if (s->disconnect)
        yz_buf_printf(out, ",\"disconnect\":\"%s\"", s->disconnect);
    if (s->instead)
        put_text(out, "downgraded_from", yz_call_request(call)->model);
    if (c->target) {
        put_text(out, "provider", c->target->provider->name);
        put_text(out, "model", c->target->model);
        put_counts(out, &c->usage);
        put_markup(call, out);
    }
    if (c->price) {
        yz_buf_lit(out, ",\"cost\":");
        yz_price_explain(c->price, &c->usage, out);
    }
    put_tries(call, out);
    yz_buf_char(out, '}');
}
