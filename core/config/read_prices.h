/* config/read_prices.h: what the files that read prices share: rates as they are said, windows, services, sizes, regions. */
#ifndef YUZUI_CONFIG_READ_PRICES_H
#define YUZUI_CONFIG_READ_PRICES_H

#include "plugin/options.h"
#include "price/price.h"

/* As it is said: USD; -1: not said. */
typedef struct said_rates {
    double of[YZ_RATES_N];
} said_rates;

#define RATES(type)                                                                                                                        \
    {"input", YZ_OPTION_NUMBER, offsetof(type, rates.of[YZ_RATE_INPUT]), "-1",                                                             \
     .help = "USD per million tokens, as are those that follow"},                                                                          \
        {"cached", YZ_OPTION_NUMBER, offsetof(type, rates.of[YZ_RATE_CACHED]), "-1", .help = "input read from the vendor's cache"},        \
        {"cache_write", YZ_OPTION_NUMBER, offsetof(type, rates.of[YZ_RATE_CACHE_WRITE]), "-1", .help = "input written into it"},           \
        {"cache_write_5m", YZ_OPTION_NUMBER, offsetof(type, rates.of[YZ_RATE_CACHE_WRITE_5M]), "-1", .help = "… for five minutes"},        \
        {"cache_write_1h", YZ_OPTION_NUMBER, offsetof(type, rates.of[YZ_RATE_CACHE_WRITE_1H]), "-1", .help = "… for an hour"},             \
        {"audio_input", YZ_OPTION_NUMBER, offsetof(type, rates.of[YZ_RATE_AUDIO_INPUT]), "-1", .help = "audio in the input"},              \
        {"image_input", YZ_OPTION_NUMBER, offsetof(type, rates.of[YZ_RATE_IMAGE_INPUT]), "-1", .help = "pictures in the input"},           \
        {"output", YZ_OPTION_NUMBER, offsetof(type, rates.of[YZ_RATE_OUTPUT]), "-1", .help = "output"},                                    \
        {"reasoning", YZ_OPTION_NUMBER, offsetof(type, rates.of[YZ_RATE_REASONING]), "-1", .help = "thoughts in the output"},              \
        {"audio_output", YZ_OPTION_NUMBER, offsetof(type, rates.of[YZ_RATE_AUDIO_OUTPUT]), "-1", .help = "audio in the output"},           \
        {"image_output", YZ_OPTION_NUMBER, offsetof(type, rates.of[YZ_RATE_IMAGE_OUTPUT]), "-1", .help = "pictures in the output"},        \
        {"searches", YZ_OPTION_NUMBER, offsetof(type, rates.of[YZ_RATE_SEARCHES]), "-1", .help = "USD per thousand searches of the web"},  \
        {"request", YZ_OPTION_NUMBER, offsetof(type, rates.of[YZ_RATE_REQUEST]), "-1", .help = "USD per request"},                         \
        {"picture", YZ_OPTION_NUMBER, offsetof(type, rates.of[YZ_RATE_PICTURE]), "-1", .help = "USD per picture that is made"},            \
        {"second", YZ_OPTION_NUMBER, offsetof(type, rates.of[YZ_RATE_SECOND]), "-1", .help = "USD per second of sound or film"}, {         \
        "characters", YZ_OPTION_NUMBER, offsetof(type, rates.of[YZ_RATE_CHARACTERS]), "-1",                                                \
            .help = "USD per million characters that are spoken"                                                                           \
    }

/* Where rows are read from, and to. */
typedef struct yz_row_reader {
    yz_prices *prices;
    yz_arena *arena;
    yz_diag *diag;
    yz_str seller, source, date;
    int layer;
    const int64_t *holidays; /* days since 1970-01-01 */
    size_t n_holidays;
} yz_row_reader;

/* Rates of a model, or of the part of it that `where` names ("tiers."). False: one is malformed, and diag says which. */
bool yz_read_rates(const yz_row_reader *r, yz_str model, const said_rates *said, const char *where, yz_rates *out);

/* Tiers of a row, or of a service of it. Likewise. */
extern const yz_option_table yz_tier_table;
bool yz_read_tiers(const yz_row_reader *r, yz_str model, const yz_tables *said, yz_price *price);

extern const yz_option_table yz_service_table;
/* What other services of the seller cost; rates, tiers and windows of the row are read already. Likewise. */
bool yz_read_services(const yz_row_reader *r, const yz_tables *said, yz_price *price);

extern const yz_option_table yz_size_table;
/* What pictures and films of other sizes cost; windows and services of the row are read already. Likewise. */
bool yz_read_sizes(const yz_row_reader *r, const yz_tables *said, yz_price *price);

extern const yz_option_table yz_region_table;
/* What it costs in other regions; all else of the row is read already. Likewise. */
bool yz_read_regions(const yz_row_reader *r, const yz_tables *said, yz_price *price);

extern const yz_option_table yz_window_table;
/* The windows of a row whose own rates are read already. Likewise. */
bool yz_read_windows(const yz_row_reader *r, const yz_tables *said, yz_price *price);
/* The seller's holidays, into *r. Likewise. */
bool yz_read_holidays(yz_row_reader *r, const yz_list *said);

#endif
