/* price/price.h: prices as the core keeps them, and the catalogue they stand in. Immutable once read; any thread may look. */
#ifndef YUZUI_PRICE_PRICE_H
#define YUZUI_PRICE_PRICE_H

#include "price/zone.h"

#include <yuzui/price.h>

/* What a price may say: name (as in the config), the rate that stands for it where it says nothing (itself: none does), and how many units
 * it is asked for (in the config: USD per so many). */
/* clang-format off */
#define YZ_RATES(X)                                                                                                    \
    X(INPUT, "input", INPUT, 1000000)                                                                                  \
    X(CACHED, "cached", INPUT, 1000000)                                                                                \
    X(CACHE_WRITE, "cache_write", INPUT, 1000000)                                                                      \
    X(CACHE_WRITE_5M, "cache_write_5m", CACHE_WRITE, 1000000)                                                          \
    X(CACHE_WRITE_1H, "cache_write_1h", CACHE_WRITE, 1000000)                                                          \
    X(AUDIO_INPUT, "audio_input", INPUT, 1000000)                                                                      \
    X(IMAGE_INPUT, "image_input", INPUT, 1000000)                                                                      \
    X(OUTPUT, "output", OUTPUT, 1000000)                                                                               \
    X(REASONING, "reasoning", OUTPUT, 1000000)                                                                         \
    X(AUDIO_OUTPUT, "audio_output", OUTPUT, 1000000)                                                                   \
    X(IMAGE_OUTPUT, "image_output", OUTPUT, 1000000)                                                                   \
    X(SEARCHES, "searches", SEARCHES, 1000)                                                                            \
    X(REQUEST, "request", REQUEST, 1)                                                                                  \
    X(PICTURE, "picture", PICTURE, 1)                                                                                  \
    X(SECOND, "second", SECOND, 1)                                                                                     \
    X(CHARACTERS, "characters", CHARACTERS, 1000000)
/* clang-format on */
typedef enum yz_rate {
#define YZ_RATE_ENUM(name, word, parent, units) YZ_RATE_##name,
    YZ_RATES(YZ_RATE_ENUM)
#undef YZ_RATE_ENUM
        YZ_RATES_N
} yz_rate;
extern const char *const yz_rate_words[YZ_RATES_N];
extern const int64_t yz_rate_units[YZ_RATES_N];

/* Nano-USD per million tokens, searches, requests, pictures, seconds or characters; -1: not said. At most 10^18. */
typedef struct yz_rates {
    int64_t of[YZ_RATES_N];
} yz_rates;

/* For a request with more input than this, all of it costs these rates, and the price's own where these say nothing. Of a marginal price:
 * only its tokens behind the first `above` ones (marginal.c). */
typedef struct yz_price_tier {
    int64_t above; /* tokens, all kinds of input */
    yz_rates rates;
} yz_price_tier;

/* Does a window count on the seller's holidays? In the order of the words of its option. */
typedef enum yz_price_holidays { YZ_HOLIDAYS_TOO, YZ_HOLIDAYS_SKIP, YZ_HOLIDAYS_ONLY } yz_price_holidays;

/* Hours at which another price counts. */
typedef struct yz_price_window {
    yz_str name, zone_name; /* as they were said */
    const yz_zone *zone;    /* whose clock, and whose days */
    int from, to;           /* minutes of the day; `to` not later than `from`: of the next day */
    unsigned weekdays;      /* bit 0: Sundays */
    yz_price_holidays holidays;
    const yz_price *price; /* with a name of its own, and no windows */
} yz_price_window;

/* What another service of the seller costs (batch, flex, priority, fast). */
typedef struct yz_price_at_service {
    yz_service service;
    int64_t times;         /* nano: so many times the standard one; 0: it has rates of its own */
    const yz_price *price; /* with a name of its own, and no windows or services */
} yz_price_at_service;

/* What pictures or films of some size, or quality, cost; either empty: of any. */
typedef struct yz_price_at_size {
    yz_str size, quality;
    const yz_price *price; /* with a name of its own, and no sizes */
} yz_price_at_size;

/* What it costs where the provider, or the node of it, that serves is of this region. */
typedef struct yz_price_at_region {
    yz_str region;
    int64_t times;         /* nano: so many times as much as elsewhere */
    const yz_price *price; /* with a name of its own and services, and no windows or regions */
} yz_price_at_region;

struct yz_price {
    yz_str id, seller, model;
    yz_str source, date; /* where the numbers are from, and when they stood there */
    int64_t from;        /* Unix seconds: counts from then on, until the next version does; 0: from the beginning */
    yz_rates rates;
    yz_price_tier *tiers; /* the lowest first */
    size_t n_tiers;
    bool marginal;            /* each tier is for the tokens behind its edge, not for the whole request */
    yz_price_window *windows; /* the first that holds counts */
    size_t n_windows;
    yz_price_at_service *services;
    size_t n_services;
    yz_price_at_region *regions; /* a window has its own */
    size_t n_regions;
    yz_price_at_size *sizes; /* the first that fits counts; then there are no windows or services */
    size_t n_sizes;
    const yz_price *any_size; /* as dear as the dearest of them: for what fits none */
    yz_str size, quality;     /* of one of those: which; empty: it is none */
    yz_str region;            /* of one of those: which; empty: it is none */
    int64_t region_times;     /* and so many times as much, in nano */
    const int64_t *holidays;  /* of the seller: days since 1970-01-01 */
    size_t n_holidays;
    int64_t ends;     /* Unix seconds: from then on the seller does not serve the model; 0: not said */
    yz_str successor; /* what it says to use instead; empty: nothing */
};

/* ---- numbers -------------------------------------------------------------------------------------------------------- */

/* USD as a config says it, per `units`, to nano-USD per million. The digits count that tell the number from its neighbours (15), not the
 * bits of the double. NULL, or what is wrong with it. */
const char *yz_price_rate(double usd, int64_t units, int64_t *rate);
/* Likewise of a decimal as it stands in a text ("0.27", "2.5e-06"), digit by digit, never through a double. *exact: false: there is no such
 * whole number of nano-USD, and it was rounded, half to even. */
const char *yz_price_decimal(yz_str text, int64_t units, int64_t *rate, bool *exact);
/* A day ("2026-11-28", its beginning) or a moment ("2026-11-28T16:00:00Z"), UTC, to Unix seconds. False: malformed. */
bool yz_price_time(yz_str text, int64_t *seconds);
/* An amount of USD as somebody writes it ("12", "0.5") to nano-USD, exactly. False: malformed, more than nine digits after the point, or
 * too much. */
bool yz_price_amount(yz_str text, int64_t *nano);
/* A rate times a number (nano). False: it is no whole nano-USD any more, or too much. */
bool yz_price_times(int64_t rate, int64_t times, int64_t *out);
extern const char *const yz_service_words[YZ_SERVICES_NAMED];
/* All rates of a price and its tiers, so many times, into `own`, which is a copy of it. False: as yz_price_times. */
bool yz_price_times_all(yz_arena *arena, const yz_price *price, int64_t times, yz_price *own);
/* Names a price after what it says. */
yz_str yz_price_name(yz_arena *arena, const yz_price *price);

/* ---- the catalogue -------------------------------------------------------------------------------------------------- */

typedef struct yz_price_row {
    yz_str seller, model; /* the model's own name, or another one it goes by */
    const yz_price *price;
    int layer; /* of one seller and model only those of the lowest layer count */
} yz_price_row;

typedef struct yz_prices {
    yz_price_row *rows; /* once sorted: by seller, model, time */
    size_t n;
} yz_prices;

/* Adds a row. NULL, or why not: the same seller, model and time is there already in this layer. */
const char *yz_prices_add(yz_prices *prices, const yz_price_row *row, yz_arena *arena);
/* When all are there: drops what a lower layer replaces, and sorts. */
void yz_prices_sort(yz_prices *prices);
/* The price that counts at a moment: its own, or of a window that holds then. NULL stays NULL. */
const yz_price *yz_price_at(const yz_price *price, int64_t at);
/* What it costs in a region (empty: none is said): the price itself where it names no such region. NULL stays NULL. */
const yz_price *yz_price_in(const yz_price *price, yz_str region);
/* What the pictures or the film that this request (NULL: none) asks for cost by the piece; the price itself for all others. NULL stays
 * NULL. */
const yz_price *yz_price_of_size(const yz_price *price, const yz_request *request);
/* NULL: none is known at that time. */
const yz_price *yz_prices_find(const yz_prices *prices, yz_str seller, yz_str model, int64_t at);

#endif
