/* config/read_services.c: what other services of a seller cost: batch, flex, priority, fast. One is so many times the standard price, with
 * its tiers and hours, or has rates of its own, and then tiers of its own, or none: vendors do not serve every length at every service.
 */
#include "config/read_prices.h"

enum { FIRST = YZ_SERVICE_BATCH };

typedef struct said_service {
    int name;
    double times;
    said_rates rates;
    yz_tables tiers;
} said_service;

static const yz_option SERVICE_OPTIONS[] = {
    {"name", YZ_OPTION_CHOICE, offsetof(said_service, name), .help = "which", .required = true, .choices = "batch flex priority fast"},
    {"times", YZ_OPTION_NUMBER, offsetof(said_service, times), "-1", .help = "it costs so many times the standard one, as in 0.5 or 2"},
    {"tiers", YZ_OPTION_TABLES, offsetof(said_service, tiers), .help = "other rates of it for longer requests", .table = &yz_tier_table},
    RATES(said_service),
};
const yz_option_table yz_service_table = YZ_TABLE(SERVICE_OPTIONS, said_service);

static bool wrong(const yz_row_reader *r, const yz_price *price, const said_service *said, const char *what) {
    yz_diag_error(r->diag, "prices \"%.*s\": the service \"%s\" of \"%.*s\" %s", YZ_STR_ARGS(r->seller),
                  yz_service_words[FIRST + said->name], YZ_STR_ARGS(price->model), what);
    return false;
}

static bool says_rates(const said_service *said) {
    bool any = said->tiers.n > 0;
    for (yz_rate rate = 0; rate < YZ_RATES_N; rate++)
        any |= said->rates.of[rate] != -1;
    return any;
}

static bool rates_of(const yz_row_reader *r, const said_service *said, yz_price *own) {
    yz_rates rates;
    if (!yz_read_rates(r, own->model, &said->rates, "services.", &rates) || !yz_read_tiers(r, own->model, &said->tiers, own))
        return false;
    for (yz_rate rate = 0; rate < YZ_RATES_N; rate++)
        if (rates.of[rate] >= 0)
            own->rates.of[rate] = rates.of[rate];
    return true;
}

static bool read_service(const yz_row_reader *r, const said_service *said, const yz_price *price, yz_price_at_service *out) {
    yz_price *own = yz_alloc(r->arena, sizeof *own);
    const char *fault = NULL;
    *own = *price;
    own->windows = NULL, own->n_windows = 0;
    own->services = NULL, own->n_services = 0;
    *out = (yz_price_at_service){.service = (yz_service)(FIRST + said->name), .price = own};
    if ((said->times != -1) == says_rates(said))
        return wrong(r, price, said, "should say times, as in times = 0.5, or rates of its own");
    if (said->times == -1) {
        if (!rates_of(r, said, own))
            return false;
    } else if ((fault = yz_price_rate(said->times, 1000000, &out->times)) || out->times == 0) {
        return wrong(r, price, said, "should say times as a number above 0 with at most nine digits after the point");
    } else if (!yz_price_times_all(r->arena, price, out->times, own)) {
        return wrong(r, price, said, "would cost what is no whole number of nano-USD: it should say its rates");
    }
    own->id = yz_format(r->arena, "%.*s+%s", YZ_STR_ARGS(price->id), yz_service_words[out->service]);
    return true;
}

static bool read_all(const yz_row_reader *r, const yz_tables *said, yz_price *price) {
    price->services = yz_alloc(r->arena, (said->n + 1) * sizeof *price->services);
    for (size_t i = 0; i < said->n; i++) {
        const said_service *one = said->items[i];
        for (size_t k = 0; k < i; k++)
            if (((const said_service *)said->items[k])->name == one->name)
                return wrong(r, price, one, "is there twice");
        if (!read_service(r, one, price, &price->services[i]))
            return false;
    }
    price->n_services = said->n;
    return true;
}

/* A service with rates of its own has them at every hour; which, nobody has said. */
static bool read_of_windows(const yz_row_reader *r, const yz_tables *said, yz_price *price) {
    for (size_t i = 0; i < said->n && price->n_windows; i++)
        if (((const said_service *)said->items[i])->times == -1)
            return wrong(r, price, said->items[i],
                         "should say times, since the row has windows: its own rates would count at which hours?");
    for (size_t i = 0; i < price->n_windows; i++) {
        yz_price *own = yz_alloc(r->arena, sizeof *own);
        *own = *price->windows[i].price;
        if (!read_all(r, said, own))
            return false;
        price->windows[i].price = own;
    }
    return true;
}

bool yz_read_services(const yz_row_reader *r, const yz_tables *said, yz_price *price) {
    price->id = yz_price_name(r->arena, price);
    return said->n == 0 || (read_of_windows(r, said, price) && read_all(r, said, price));
}
