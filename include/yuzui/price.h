/* yuzui/price.h: what a request costs. A price is a version that never changes: what counted when a request began counts for it to the end.
 *
 * Amounts are whole nano-USD (10^-9 USD) in int64_t. A rate is nano-USD per million tokens, so that the smallest that vendors ask is a
 * whole number. A cost is the sum of tokens times rates, with 128 bits on the way, rounded once, half up, at the end.
 */
#ifndef YUZUI_PRICE_H
#define YUZUI_PRICE_H

#include <yuzui/call.h>
#include <yuzui/record.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct yz_price yz_price;

/* What was used, priced. */
typedef struct yz_cost {
    size_t size;
    int64_t total;     /* nano-USD */
    uint64_t unpriced; /* bit m (yz_meter): some of it was used, the price says nothing about it, and it is not in total;
                        * YZ_UNPRICED_SERVICE: a service answered that it says nothing about, and total is what the standard one costs */
    bool odd;          /* the parts of the input, or of the output, are more than the whole: the parts were priced */
} yz_cost;
#define YZ_COST             .size = sizeof(yz_cost)
#define YZ_UNPRICED_SERVICE (UINT64_C(1) << 63)

/* The price that counts at a moment (Unix seconds) for what a target serves; NULL: none is known. It lives as long as the call. */
const yz_price *yz_price_find(const yz_call *call, const yz_target *target, int64_t at);
/* The name of the version: "openai/gpt-5.2@2025-12-11#1f0e3a77"; the last part differs whenever a rate does. Lives as long as the price. */
yz_str yz_price_id(const yz_price *price);
/* Does its seller no longer serve the model at that moment? *successor: what it says to use instead; empty: nothing. */
bool yz_price_ended(const yz_price *price, int64_t at, yz_str *successor);
/* What that service costs: the price itself for the standard one and UNSAID. NULL: it is not known. */
const yz_price *yz_price_service(const yz_price *price, yz_service service);
/* What was said of a usage, priced, at the service that it names. YZ_OK; YZ_ELIMIT: it is more than a billion USD, and total is that. */
int yz_price_cost(const yz_price *price, const yz_usage *usage, yz_cost *cost);
/* The most that so many tokens can cost, whatever kind of input and output they turn out to be. Likewise. */
int yz_price_most(const yz_price *price, int64_t input, int64_t output, int64_t *most);
/* How the cost came about, as a JSON object: {"price":…,"usd":…,"parts":[{"meter":"input","n":812,"usd_per_million":1.75},…]}.
 * Of a region also "region" and "region_times", by which the rates of its parts are multiplied already; of marginal tiers "above" in a
 * part. */
void yz_price_explain(const yz_price *price, const yz_usage *usage, yz_buf *out);
/* An amount as USD, exactly: "0.0014", "-3", "12.000000001". */
void yz_price_usd(int64_t nano, yz_buf *out);

#ifdef __cplusplus
}
#endif
#endif
