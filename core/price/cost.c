/* cost.c: from what was used to what it costs.
 *
 * Meters overlap (all input holds the cached one), rates do not: first the usage is cut into parts that share nothing, each with a rate of
 * its own. All products are added up in 128 bits as 10^-15 USD, and rounded once. Nothing here is a floating-point number.
 */
#include "price/cost.h"
#include "base/arena.h"
#include "base/record.h"

#include <yuzui/ledger.h>

typedef yz_price_wide wide;
typedef yz_price_parts parts;

enum { MILLION = 1000000 };
#define MOST_UNITS (INT64_C(1) << 50)

static const yz_rate parents[] = {
#define PARENT(name, word, parent, units) YZ_RATE_##parent,
    YZ_RATES(PARENT)
#undef PARENT
};
const char *const yz_rate_words[] = {
#define WORD(name, word, parent, units) word,
    YZ_RATES(WORD)
#undef WORD
};
const int64_t yz_rate_units[] = {
#define UNITS(name, word, parent, units) units,
    YZ_RATES(UNITS)
#undef UNITS
};

const char *const yz_service_words[] = {
#define WORD(name, word) word,
    YZ_SERVICES(WORD)
#undef WORD
};

/* ---- services ------------------------------------------------------------------------------------------------------- */

yz_service yz_service_of(yz_str word) {
    static const char *const words[][4] = {
        {"", "auto"},
        {"default", "standard", "standard_only", "on_demand"},
        {"batch"},
        {"flex", "on_demand_flex"},
        {"priority", "on_demand_priority"},
        {"fast"},
    };
    for (size_t service = 0; service < sizeof words / sizeof *words; service++)
        for (size_t i = 0; i < 4 && words[service][i]; i++)
            if (yz_str_ieq(word, yz_str_of(words[service][i])))
                return (yz_service)service;
    return YZ_SERVICE_OTHER;
}

const yz_price *yz_price_service(const yz_price *price, yz_service service) {
    if (service == YZ_SERVICE_UNSAID || service == YZ_SERVICE_STANDARD)
        return price;
    for (size_t i = 0; i < price->n_services; i++)
        if (price->services[i].service == service)
            return price->services[i].price;
    return NULL;
}

/* The price of the service that answered; of the standard one where it has none. */
static const yz_price *of_service(const yz_price *price, const yz_usage *usage) {
    const yz_price *found = yz_price_service(price, yz_usage_service(usage));
    return found ? found : price;
}

/* ---- rates ---------------------------------------------------------------------------------------------------------- */

/* Of the whole request; a marginal price has none of that kind. */
static const yz_price_tier *tier_of(const yz_price *price, int64_t input) {
    const yz_price_tier *found = NULL;
    for (size_t i = 0; i < price->n_tiers && !price->marginal && input > price->tiers[i].above; i++)
        found = &price->tiers[i];
    return found;
}

int64_t yz_price_rate_of(const yz_price *price, const yz_price_tier *tier, yz_rate rate) {
    for (;; rate = parents[rate]) {
        int64_t said = tier && tier->rates.of[rate] >= 0 ? tier->rates.of[rate] : price->rates.of[rate];
        if (said >= 0 || parents[rate] == rate)
            return said;
    }
}

/* ---- parts ---------------------------------------------------------------------------------------------------------- */

static int64_t count(const yz_usage *usage, yz_meter meter) {
    int64_t n = yz_usage_count(usage, meter);
    return n < MOST_UNITS ? n : MOST_UNITS;
}

/* What is left of a whole when its parts are taken out. */
static int64_t rest(parts *p, int64_t whole, int64_t inside) {
    p->odd |= inside > whole;
    return inside < whole ? whole - inside : 0;
}

static void cut_input(parts *p, const yz_usage *usage) {
    int64_t short_lived = count(usage, YZ_METER_CACHE_WRITE_5M), long_lived = count(usage, YZ_METER_CACHE_WRITE_1H);
    int64_t classes = short_lived + long_lived, written = count(usage, YZ_METER_CACHE_WRITE);
    p->n[YZ_RATE_CACHE_WRITE_5M] = short_lived;
    p->n[YZ_RATE_CACHE_WRITE_1H] = long_lived;
    p->n[YZ_RATE_CACHE_WRITE] = written > classes ? written - classes : 0;
    p->n[YZ_RATE_CACHED] = count(usage, YZ_METER_CACHED);
    p->n[YZ_RATE_AUDIO_INPUT] = count(usage, YZ_METER_AUDIO_INPUT);
    p->n[YZ_RATE_IMAGE_INPUT] = count(usage, YZ_METER_IMAGE_INPUT);
    int64_t inside = (written > classes ? written : classes) + p->n[YZ_RATE_CACHED] + p->n[YZ_RATE_AUDIO_INPUT] + p->n[YZ_RATE_IMAGE_INPUT];
    p->input = count(usage, YZ_METER_INPUT);
    p->n[YZ_RATE_INPUT] = rest(p, p->input, inside);
    p->input = inside > p->input ? inside : p->input;
}

static parts cut(const yz_usage *usage) {
    parts p = {.n[YZ_RATE_REQUEST] = 1,
               .n[YZ_RATE_SEARCHES] = count(usage, YZ_METER_SEARCHES),
               .n[YZ_RATE_PICTURE] = count(usage, YZ_METER_PICTURES),
               .n[YZ_RATE_SECOND] = count(usage, YZ_METER_SECONDS),
               .n[YZ_RATE_CHARACTERS] = count(usage, YZ_METER_CHARACTERS)};
    cut_input(&p, usage);
    p.n[YZ_RATE_REASONING] = count(usage, YZ_METER_REASONING);
    p.n[YZ_RATE_AUDIO_OUTPUT] = count(usage, YZ_METER_AUDIO_OUTPUT);
    p.n[YZ_RATE_IMAGE_OUTPUT] = count(usage, YZ_METER_IMAGE_OUTPUT);
    int64_t inside = p.n[YZ_RATE_REASONING] + p.n[YZ_RATE_AUDIO_OUTPUT] + p.n[YZ_RATE_IMAGE_OUTPUT];
    p.n[YZ_RATE_OUTPUT] = rest(&p, count(usage, YZ_METER_OUTPUT), inside);
    return p;
}

static uint64_t meter_of(yz_rate rate) {
    static const yz_meter meters[] = {
        [YZ_RATE_INPUT] = YZ_METER_INPUT,
        [YZ_RATE_CACHED] = YZ_METER_CACHED,
        [YZ_RATE_CACHE_WRITE] = YZ_METER_CACHE_WRITE,
        [YZ_RATE_CACHE_WRITE_5M] = YZ_METER_CACHE_WRITE_5M,
        [YZ_RATE_CACHE_WRITE_1H] = YZ_METER_CACHE_WRITE_1H,
        [YZ_RATE_AUDIO_INPUT] = YZ_METER_AUDIO_INPUT,
        [YZ_RATE_IMAGE_INPUT] = YZ_METER_IMAGE_INPUT,
        [YZ_RATE_OUTPUT] = YZ_METER_OUTPUT,
        [YZ_RATE_REASONING] = YZ_METER_REASONING,
        [YZ_RATE_AUDIO_OUTPUT] = YZ_METER_AUDIO_OUTPUT,
        [YZ_RATE_IMAGE_OUTPUT] = YZ_METER_IMAGE_OUTPUT,
        [YZ_RATE_SEARCHES] = YZ_METER_SEARCHES,
        [YZ_RATE_PICTURE] = YZ_METER_PICTURES,
        [YZ_RATE_SECOND] = YZ_METER_SECONDS,
        [YZ_RATE_CHARACTERS] = YZ_METER_CHARACTERS,
    };
    return rate == YZ_RATE_REQUEST ? 0 : (uint64_t)1 << meters[rate];
}

/* Tokens and units count the same work: of two counts that a provider says, a seller asks for one, and the other lacks no price. */
static uint64_t lacking(const yz_price *price, const parts *p, uint64_t unpriced) {
    uint64_t tokens = 0, units = 0;
    bool by_tokens = false, by_units = false;
    for (yz_rate rate = 0; rate < YZ_RATES_N; rate++) {
        if (rate == YZ_RATE_SEARCHES || rate == YZ_RATE_REQUEST)
            continue;
        bool priced = p->n[rate] > 0 && yz_price_rate_of(price, NULL, rate) >= 0;
        if (rate < YZ_RATE_SEARCHES)
            tokens |= meter_of(rate), by_tokens |= priced;
        else
            units |= meter_of(rate), by_units |= priced;
    }
    return unpriced & ~(by_units ? tokens : by_tokens ? units : 0);
}

/* ---- sums ----------------------------------------------------------------------------------------------------------- */

/* The one place where money is rounded: half up. */
static int rounded(wide sum, int64_t *total) {
    wide nano =
        sum <= INT64_MAX - MILLION ? (int64_t)(sum + MILLION / 2) / MILLION : (sum + MILLION / 2) / MILLION; /* 64 bits are faster */
    *total = nano <= YZ_LEDGER_AMOUNT_MAX ? (int64_t)nano : YZ_LEDGER_AMOUNT_MAX;
    return nano <= YZ_LEDGER_AMOUNT_MAX ? YZ_OK : YZ_ELIMIT;
}

typedef struct slice_sum {
    const yz_price *price;
    yz_cost *cost;
    wide sum;
} slice_sum;

static void add_slice(void *arg, const yz_price_slice *slice) {
    slice_sum *s = arg;
    int64_t per = yz_price_rate_of(s->price, slice->tier, slice->rate);
    if (per >= 0)
        s->sum += (wide)slice->n * per;
    else
        s->cost->unpriced |= meter_of(slice->rate);
}

static int cost_of_slices(const yz_price *price, const parts *p, yz_cost *cost) {
    slice_sum s = {price, cost, 0};
    yz_price_slices(price, p, add_slice, &s);
    cost->unpriced = cost->unpriced ? lacking(price, p, cost->unpriced) : 0;
    return rounded(s.sum, &cost->total);
}

static int cost_of(const yz_price *price, const yz_price_tier *tier, const parts *p, yz_cost *cost) {
    wide sum = 0;
    *cost = (yz_cost){YZ_COST, .odd = p->odd};
    if (price->marginal)
        return cost_of_slices(price, p, cost);
    for (yz_rate rate = 0; rate < YZ_RATES_N; rate++) {
        if (p->n[rate] == 0)
            continue;
        int64_t per = yz_price_rate_of(price, tier, rate);
        if (per >= 0)
            sum += (wide)p->n[rate] * per;
        else
            cost->unpriced |= meter_of(rate);
    }
    if (cost->unpriced)
        cost->unpriced = lacking(price, p, cost->unpriced);
    return rounded(sum, &cost->total);
}

int yz_price_cost(const yz_price *standard, const yz_usage *usage, yz_cost *cost) {
    parts p = cut(usage);
    const yz_price *price = of_service(standard, usage);
    yz_cost known;
    int code = cost_of(price, tier_of(price, p.input), &p, &known);
    known.unpriced |= yz_price_service(standard, yz_usage_service(usage)) ? 0 : YZ_UNPRICED_SERVICE;
    yz_fill(cost, &known, sizeof known);
    return code;
}

int64_t yz_price_dearest(const yz_price *price, const yz_price_tier *tier, yz_rate first, yz_rate last) {
    int64_t most = 0;
    for (yz_rate rate = first; rate <= last; rate++) {
        int64_t per = yz_price_rate_of(price, tier, rate);
        most = per > most ? per : most;
    }
    return most;
}

int yz_price_most(const yz_price *price, int64_t input, int64_t output, int64_t *most) {
    wide highest = 0;
    input = input < 0 ? 0 : input < MOST_UNITS ? input : MOST_UNITS;
    output = output < 0 ? 0 : output < MOST_UNITS ? output : MOST_UNITS;
    if (price->marginal)
        return rounded(yz_price_marginal_most(price, input, output), most);
    for (size_t i = 0; i <= price->n_tiers; i++) { /* less input than that may cost more where a lower tier is dearer */
        const yz_price_tier *tier = i > 0 ? &price->tiers[i - 1] : NULL;
        if (tier && input <= tier->above)
            break;
        int64_t per_request = yz_price_rate_of(price, tier, YZ_RATE_REQUEST);
        wide sum = (wide)input * yz_price_dearest(price, tier, YZ_RATE_INPUT, YZ_RATE_IMAGE_INPUT) +
                   (wide)output * yz_price_dearest(price, tier, YZ_RATE_OUTPUT, YZ_RATE_IMAGE_OUTPUT) + (per_request > 0 ? per_request : 0);
        highest = sum > highest ? sum : highest;
    }
    return rounded(highest, most);
}

/* ---- for people ----------------------------------------------------------------------------------------------------- */

/* An amount of 10^-9 USD without the zeros that say nothing. */
void yz_price_usd(int64_t nano, yz_buf *out) {
    uint64_t size = nano < 0 ? 0 - (uint64_t)nano : (uint64_t)nano;
    uint32_t part = (uint32_t)(size % 1000000000);
    char digits[10] = ".";
    size_t n = part ? sizeof digits : 0;
    for (; n > 0 && part % 1000 == 0; n -= 3)
        part /= 1000;
    for (; n > 0 && part % 10 == 0; n--)
        part /= 10;
    for (size_t i = n; i > 1; part /= 10)
        digits[--i] = (char)('0' + part % 10);
    if (nano < 0)
        yz_buf_char(out, '-');
    yz_buf_int(out, (int64_t)(size / 1000000000));
    yz_buf_put(out, digits, n);
}

/* ,{"meter":"input","n":812,"usd_per_million":1.75}; above: of a marginal price, behind which edge these are; 0: before the first. */
static void explain_part(yz_rate rate, int64_t n, int64_t per, int64_t above, yz_buf *out) {
    yz_buf_lit(out, "{\"meter\":\"");
    yz_buf_lit(out, yz_rate_words[rate]);
    yz_buf_lit(out, "\",\"n\":");
    yz_buf_int(out, n);
    if (above > 0) {
        yz_buf_lit(out, ",\"above\":");
        yz_buf_int(out, above);
    }
    if (per >= 0) {
        bool each = rate == YZ_RATE_PICTURE || rate == YZ_RATE_SECOND;
        yz_buf_lit(out, each ? ",\"usd_each\":" : ",\"usd_per_million\":");
        yz_price_usd(each ? per / MILLION : per, out);
    }
    yz_buf_char(out, '}');
}

typedef struct explanation {
    const yz_price *price;
    const yz_price_tier *whole; /* of the whole request */
    yz_buf *out;
    bool some;
} explanation;

static void explain_slice(void *arg, const yz_price_slice *slice) {
    explanation *e = arg;
    int64_t per = yz_price_rate_of(e->price, slice->tier, slice->rate);
    if (slice->rate == YZ_RATE_REQUEST && per <= 0)
        return;
    if (e->some)
        yz_buf_char(e->out, ',');
    explain_part(slice->rate, slice->n, per, slice->tier && !e->whole ? slice->tier->above : 0, e->out);
    e->some = true;
}

void yz_price_explain(const yz_price *standard, const yz_usage *usage, yz_buf *out) {
    parts p = cut(usage);
    const yz_price *price = of_service(standard, usage);
    yz_service service = yz_usage_service(usage);
    const yz_price_tier *tier = tier_of(price, p.input);
    yz_cost cost;
    (void)cost_of(price, tier, &p, &cost);
    yz_buf_lit(out, "{\"price\":");
    yz_buf_json_str(out, price->id);
    if (price->size.n > 0)
        yz_buf_lit(out, ",\"size\":"), yz_buf_json_str(out, price->size);
    if (price->quality.n > 0)
        yz_buf_lit(out, ",\"quality\":"), yz_buf_json_str(out, price->quality);
    if (price->region.n > 0) {
        yz_buf_lit(out, ",\"region\":");
        yz_buf_json_str(out, price->region);
        yz_buf_lit(out, ",\"region_times\":");
        yz_price_usd(price->region_times, out);
    }
    if (service > YZ_SERVICE_STANDARD && service < YZ_SERVICES_NAMED)
        yz_buf_printf(out, ",\"service\":\"%s\"%s", yz_service_words[service],
                      yz_price_service(standard, service) ? "" : ",\"service_unpriced\":true");
    yz_buf_lit(out, ",\"usd\":");
    yz_price_usd(cost.total, out);
    yz_buf_lit(out, ",\"parts\":[");
    explanation e = {price, tier, out, false};
    if (price->marginal)
        yz_price_slices(price, &p, explain_slice, &e);
    for (yz_rate rate = 0; rate < YZ_RATES_N && !price->marginal; rate++)
        if (p.n[rate] > 0)
            explain_slice(&e, &(yz_price_slice){rate, p.n[rate], tier});
    yz_buf_lit(out, cost.odd ? "],\"odd\":\"its parts are more than the whole: the parts were priced\"}" : "]}");
}

yz_str yz_price_id(const yz_price *price) { return price->id; }
