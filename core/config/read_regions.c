/* config/read_regions.c: what a model costs in other regions: so many times all of it, with its tiers, hours and services. Which region
 * serves is what the config says of the provider, or of its node; so each target has one price, known before anything is asked.
 */
#include "config/read_prices.h"

typedef struct said_region {
    yz_str name;
    double times;
} said_region;

static const yz_option REGION_OPTIONS[] = {
    {"name", YZ_OPTION_STRING, offsetof(said_region, name), .help = "as a provider, or a node, says it: region = \"eu\"", .required = true},
    {"times", YZ_OPTION_NUMBER, offsetof(said_region, times), "-1", .help = "it costs so many times as much there, as in 1.1"},
};
const yz_option_table yz_region_table = YZ_TABLE(REGION_OPTIONS, said_region);

static bool wrong(const yz_row_reader *r, const yz_price *price, const said_region *said, const char *what) {
    yz_diag_error(r->diag, "prices \"%.*s\": the region \"%.*s\" of \"%.*s\" %s", YZ_STR_ARGS(r->seller), YZ_STR_ARGS(said->name),
                  YZ_STR_ARGS(price->model), what);
    return false;
}

/* Its hash is of its own numbers; what stands behind that (a window, a service) stays, and the region is the last. */
static yz_str name_of(yz_arena *arena, const yz_price *elsewhere, const yz_price *own, yz_str region) {
    yz_str name = yz_price_name(arena, own);
    return yz_format(arena, "%.*s%.*s+%.*s", YZ_STR_ARGS(name), (int)(elsewhere->id.n - name.n), elsewhere->id.p + name.n,
                     YZ_STR_ARGS(region));
}

static bool sizes_in(yz_arena *arena, const yz_price *elsewhere, const yz_price_at_region *at, yz_price *own);

static yz_price *price_in(yz_arena *arena, const yz_price *elsewhere, const yz_price_at_region *at) {
    yz_price *own = yz_alloc(arena, sizeof *own);
    *own = *elsewhere;
    own->windows = NULL, own->n_windows = 0;
    own->regions = NULL, own->n_regions = 0;
    own->region = at->region, own->region_times = at->times;
    if (!yz_price_times_all(arena, elsewhere, at->times, own))
        return NULL;
    own->id = name_of(arena, elsewhere, own, at->region);
    own->services = yz_alloc(arena, (elsewhere->n_services + 1) * sizeof *own->services);
    for (size_t i = 0; i < elsewhere->n_services; i++) {
        own->services[i] = elsewhere->services[i];
        own->services[i].price = price_in(arena, elsewhere->services[i].price, at);
        if (!own->services[i].price)
            return NULL;
    }
    return sizes_in(arena, elsewhere, at, own) ? own : NULL;
}

static bool sizes_in(yz_arena *arena, const yz_price *elsewhere, const yz_price_at_region *at, yz_price *own) {
    if (elsewhere->n_sizes == 0)
        return true;
    own->sizes = yz_alloc(arena, elsewhere->n_sizes * sizeof *own->sizes);
    bool ok = (own->any_size = price_in(arena, elsewhere->any_size, at)) != NULL;
    for (size_t i = 0; i < elsewhere->n_sizes; i++) {
        own->sizes[i] = elsewhere->sizes[i];
        ok = (own->sizes[i].price = price_in(arena, elsewhere->sizes[i].price, at)) != NULL && ok;
    }
    return ok;
}

static bool read_region(const yz_row_reader *r, const said_region *said, const yz_price *price, yz_price_at_region *out) {
    *out = (yz_price_at_region){.region = said->name};
    if (said->name.n == 0)
        return wrong(r, price, said, "has an empty name");
    if (yz_price_rate(said->times, 1000000, &out->times) || out->times == 0)
        return wrong(r, price, said, "should say times, a number above 0 with at most nine digits after the point, as in times = 1.1");
    out->price = price_in(r->arena, price, out);
    return out->price || wrong(r, price, said, "would cost what is no whole number of nano-USD: another number of times is wanted");
}

static bool read_all(const yz_row_reader *r, const yz_tables *said, yz_price *price) {
    price->regions = yz_alloc(r->arena, (said->n + 1) * sizeof *price->regions);
    price->n_regions = said->n;
    for (size_t i = 0; i < said->n; i++) {
        const said_region *one = said->items[i];
        for (size_t k = 0; k < i; k++)
            if (yz_str_eq(((const said_region *)said->items[k])->name, one->name))
                return wrong(r, price, one, "is there twice");
        if (!read_region(r, one, price, &price->regions[i]))
            return false;
    }
    return true;
}

bool yz_read_regions(const yz_row_reader *r, const yz_tables *said, yz_price *price) {
    for (size_t i = 0; i < price->n_windows && said->n > 0; i++) {
        yz_price *own = yz_alloc(r->arena, sizeof *own);
        *own = *price->windows[i].price;
        if (!read_all(r, said, own))
            return false;
        price->windows[i].price = own;
    }
    return said->n == 0 || read_all(r, said, price);
}
