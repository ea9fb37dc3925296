/* config/read_sizes.c: what pictures and films of other sizes and qualities cost. */
#include "config/read_prices.h"

typedef struct said_size {
    yz_str size, quality;
    double picture, second;
} said_size;

static const yz_option SIZE_OPTIONS[] = {
    {"size", YZ_OPTION_STRING, offsetof(said_size, size), .help = "as requests say it, as in \"1024x1792\"; any unless said"},
    {"quality", YZ_OPTION_STRING, offsetof(said_size, quality), .help = "as requests say it, as in \"hd\"; any unless said"},
    {"picture", YZ_OPTION_NUMBER, offsetof(said_size, picture), "-1", .help = "USD per picture"},
    {"second", YZ_OPTION_NUMBER, offsetof(said_size, second), "-1", .help = "USD per second of a film"},
};
const yz_option_table yz_size_table = YZ_TABLE(SIZE_OPTIONS, said_size);

static bool wrong(const yz_row_reader *r, const yz_price *price, const char *what) {
    yz_diag_error(r->diag, "prices \"%.*s\": the sizes of \"%.*s\" %s", YZ_STR_ARGS(r->seller), YZ_STR_ARGS(price->model), what);
    return false;
}

static yz_price *copy_of(const yz_row_reader *r, const yz_price *price) {
    yz_price *own = yz_alloc(r->arena, sizeof *own);
    *own = *price;
    own->sizes = NULL, own->n_sizes = 0;
    return own;
}

static bool read_size(const yz_row_reader *r, const said_size *said, const yz_price *price, yz_price_at_size *out) {
    yz_price *own = copy_of(r, price);
    said_rates rates;
    yz_rates read;
    for (yz_rate rate = 0; rate < YZ_RATES_N; rate++)
        rates.of[rate] = -1;
    rates.of[YZ_RATE_PICTURE] = said->picture, rates.of[YZ_RATE_SECOND] = said->second;
    if ((said->picture == -1 && said->second == -1) || (said->size.n == 0 && said->quality.n == 0))
        return wrong(r, price,
                     "should each say a size or a quality, and picture or second, as in { size = \"1024x1792\", picture = 0.08 }");
    if (!yz_read_rates(r, price->model, &rates, "sizes.", &read))
        return false;
    for (yz_rate rate = 0; rate < YZ_RATES_N; rate++)
        own->rates.of[rate] = read.of[rate] >= 0 ? read.of[rate] : own->rates.of[rate];
    own->size = said->size, own->quality = said->quality;
    own->id = yz_format(r->arena, "%.*s+%.*s%s%.*s", YZ_STR_ARGS(yz_price_name(r->arena, own)), YZ_STR_ARGS(said->size),
                        said->size.n && said->quality.n ? "-" : "", YZ_STR_ARGS(said->quality));
    *out = (yz_price_at_size){said->size, said->quality, own};
    return true;
}

bool yz_read_sizes(const yz_row_reader *r, const yz_tables *said, yz_price *price) {
    if (said->n == 0)
        return true;
    if (price->n_windows || price->n_services)
        return wrong(r, price, "stand beside windows or services; one row can have one of them");
    yz_price *any = copy_of(r, price);
    yz_price_at_size *sizes = yz_alloc(r->arena, said->n * sizeof *sizes);
    for (size_t i = 0; i < said->n; i++) {
        if (!read_size(r, said->items[i], price, &sizes[i]))
            return false;
        for (yz_rate rate = YZ_RATE_PICTURE; rate <= YZ_RATE_SECOND; rate++)
            if (sizes[i].price->rates.of[rate] > any->rates.of[rate])
                any->rates.of[rate] = sizes[i].price->rates.of[rate];
    }
    any->id = yz_format(r->arena, "%.*s+any", YZ_STR_ARGS(yz_price_name(r->arena, any)));
    price->any_size = any;
    price->sizes = sizes, price->n_sizes = said->n;
    return true;
}
