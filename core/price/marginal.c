/* marginal.c: prices of which each tier is for the tokens behind its edge, and not for the whole request.
 *
 * What a token costs depends on its place in the context. The input comes first: what the cache held, since a cache holds beginnings, then
 * what was written into it, the longer-lived before the shorter-lived, as vendors have them in a row, then the rest, of which pictures and
 * sound count as the last, since nobody says where they stand. The output follows. So one token more never changes what the others cost.
 */
#include "price/cost.h"

/* clang-format off */
static const yz_rate in_order[] = {
    YZ_RATE_CACHED, YZ_RATE_CACHE_WRITE_1H, YZ_RATE_CACHE_WRITE_5M, YZ_RATE_CACHE_WRITE, YZ_RATE_INPUT, YZ_RATE_IMAGE_INPUT,
    YZ_RATE_AUDIO_INPUT, YZ_RATE_REASONING, YZ_RATE_OUTPUT, YZ_RATE_IMAGE_OUTPUT, YZ_RATE_AUDIO_OUTPUT,
};
static const yz_rate without_place[] = {YZ_RATE_SEARCHES, YZ_RATE_REQUEST, YZ_RATE_PICTURE, YZ_RATE_SECOND, YZ_RATE_CHARACTERS};
/* clang-format on */
#define COUNT(list) (sizeof(list) / sizeof *(list))

/* How many of `n` tokens that follow the first `at` ones stand before edge number `next` (none is behind the last). */
static int64_t before_edge(const yz_price *price, size_t next, int64_t at, int64_t n) {
    if (next >= price->n_tiers || price->tiers[next].above - at >= n)
        return n;
    return price->tiers[next].above > at ? price->tiers[next].above - at : 0;
}

static const yz_price_tier *tier_before(const yz_price *price, size_t next) { return next > 0 ? &price->tiers[next - 1] : NULL; }

void yz_price_slices(const yz_price *price, const yz_price_parts *parts, yz_price_slice_fn *fn, void *arg) {
    int64_t at = 0; /* so many tokens stand before */
    size_t next = 0;
    for (size_t i = 0; i < COUNT(in_order); i++)
        for (int64_t left = parts->n[in_order[i]]; left > 0;) {
            int64_t n = before_edge(price, next, at, left);
            if (n > 0)
                fn(arg, &(yz_price_slice){in_order[i], n, tier_before(price, next)});
            at += n, left -= n;
            next += left > 0;
        }
    for (size_t i = 0; i < COUNT(without_place); i++)
        if (parts->n[without_place[i]] > 0)
            fn(arg, &(yz_price_slice){without_place[i], parts->n[without_place[i]], NULL});
}

/* Where a tier is cheaper than one before it, fewer tokens of input move the output to a dearer place: so no place counts as cheaper than
 * one before it. */
yz_price_wide yz_price_marginal_most(const yz_price *price, int64_t input, int64_t output) {
    yz_price_wide sum = 0;
    int64_t at = 0, most_in = 0, most_out = 0, request = yz_price_rate_of(price, NULL, YZ_RATE_REQUEST);
    for (size_t next = 0; next <= price->n_tiers && at < input + output; next++) {
        int64_t in = yz_price_dearest(price, tier_before(price, next), YZ_RATE_INPUT, YZ_RATE_IMAGE_INPUT),
                out = yz_price_dearest(price, tier_before(price, next), YZ_RATE_OUTPUT, YZ_RATE_IMAGE_OUTPUT);
        int64_t n = before_edge(price, next, at, input + output - at), of_input = at >= input ? 0 : n < input - at ? n : input - at;
        most_in = in > most_in ? in : most_in;
        most_out = out > most_out ? out : most_out;
        sum += (yz_price_wide)of_input * most_in + (yz_price_wide)(n - of_input) * most_out;
        at += n;
    }
    return sum + (request > 0 ? request : 0);
}
