/* price/cost.h: what the two ways to add up a cost share: of a request that costs one set of rates, and of one whose tokens cost more the
 * further behind they stand.
 */
#ifndef YUZUI_PRICE_COST_H
#define YUZUI_PRICE_COST_H

#include "price/price.h"

/* 10^-15 USD: sixteen parts of 2^50 units at 10^18 each are below 2^114. */
typedef __int128 yz_price_wide;

/* A usage in parts that share nothing, by rate. */
typedef struct yz_price_parts {
    int64_t n[YZ_RATES_N];
    int64_t input; /* all of it */
    bool odd;
} yz_price_parts;

/* -1: the price says nothing about it. */
int64_t yz_price_rate_of(const yz_price *price, const yz_price_tier *tier, yz_rate rate);
/* The highest of these rates. */
int64_t yz_price_dearest(const yz_price *price, const yz_price_tier *tier, yz_rate first, yz_rate last);

/* ---- marginal.c ------------------------------------------------------------------------------------------------------ */

/* So many units at a rate, behind an edge. */
typedef struct yz_price_slice {
    yz_rate rate;
    int64_t n;
    const yz_price_tier *tier; /* NULL: before the first edge */
} yz_price_slice;
typedef void yz_price_slice_fn(void *arg, const yz_price_slice *slice);

/* Of a marginal price: cuts the parts at its edges, in the order in which they stand in the context. What has no place there (searches, the
 * request, pictures and their like) comes last, before the first edge. */
void yz_price_slices(const yz_price *price, const yz_price_parts *parts, yz_price_slice_fn *fn, void *arg);
/* The most that so many tokens can cost. */
yz_price_wide yz_price_marginal_most(const yz_price *price, int64_t input, int64_t output);

#endif
