/* catalogue.c: prices by seller, model and time. What an operator says about a model replaces all that is shipped about it, past and future
 * versions too: half of one price list and half of another would be nobody's. */
#include "price/price.h"

#include <stdlib.h>

static int order(yz_str a, yz_str b) {
    size_t n = a.n < b.n ? a.n : b.n;
    int first = n > 0 ? memcmp(a.p, b.p, n) : 0;
    return first ? first : a.n < b.n ? -1 : a.n > b.n;
}

static int by_name(const yz_price_row *a, yz_str seller, yz_str model) {
    int first = order(a->seller, seller);
    return first ? first : order(a->model, model);
}

const char *yz_prices_add(yz_prices *prices, const yz_price_row *row, yz_arena *arena) {
    for (size_t i = 0; i < prices->n; i++) {
        const yz_price_row *other = &prices->rows[i];
        if (other->layer == row->layer && by_name(other, row->seller, row->model) == 0 && other->price->from == row->price->from)
            return "is there twice from the same time on";
    }
    if ((prices->n & (prices->n - 1)) == 0) { /* 0, 1, 2, 4, 8 …: full */
        yz_price_row *more = yz_alloc(arena, (prices->n ? 2 * prices->n : 1) * sizeof *more);
        if (prices->n)
            memcpy(more, prices->rows, prices->n * sizeof *more);
        prices->rows = more;
    }
    prices->rows[prices->n++] = *row;
    return NULL;
}

/* ---- sorting -------------------------------------------------------------------------------------------------------- */

static int by_all(const void *left, const void *right) {
    const yz_price_row *a = left, *b = right;
    int first = by_name(a, b->seller, b->model);
    if (first)
        return first;
    if (a->layer != b->layer)
        return a->layer < b->layer ? -1 : 1;
    return a->price->from < b->price->from ? -1 : a->price->from > b->price->from;
}

void yz_prices_sort(yz_prices *prices) {
    if (prices->n == 0)
        return;
    qsort(prices->rows, prices->n, sizeof *prices->rows, by_all);
    size_t kept = 1;
    for (size_t i = 1; i < prices->n; i++) {
        const yz_price_row *row = &prices->rows[i], *last = &prices->rows[kept - 1];
        if (by_name(last, row->seller, row->model) != 0 || last->layer == row->layer)
            prices->rows[kept++] = *row;
    }
    prices->n = kept;
}

const yz_price *yz_price_in(const yz_price *price, yz_str region) {
    for (size_t i = 0; price && region.n > 0 && i < price->n_regions; i++)
        if (yz_str_eq(price->regions[i].region, region))
            return price->regions[i].price;
    return price;
}

const yz_price *yz_prices_find(const yz_prices *prices, yz_str seller, yz_str model, int64_t at) {
    size_t low = 0, high = prices->n; /* behind the last version that counts already */
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const yz_price_row *row = &prices->rows[middle];
        int there = by_name(row, seller, model);
        if (there < 0 || (there == 0 && row->price->from <= at))
            low = middle + 1;
        else
            high = middle;
    }
    if (low == 0 || by_name(&prices->rows[low - 1], seller, model) != 0)
        return NULL;
    return yz_price_at(prices->rows[low - 1].price, at);
}
