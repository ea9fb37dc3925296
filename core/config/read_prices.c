/* config/read_prices.c: what a config and the files of prices/ say about prices. A file is run as a config that knows one directive, prices
 * "SELLER" {…}; the seller is a provider's name, or the flavour of any number of providers. */
#include "config/read_prices.h"
#include "base/beside.h"
#include "config/read.h"
#include "config/script_inner.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

enum { OF_CONFIG, BESIDE_CONFIG, INSTALLED };

typedef struct said_tier {
    int64_t above;
    bool marginal;
    said_rates rates;
} said_tier;

typedef struct said_model {
    yz_str name;
    yz_list also;
    yz_str from, ends, successor;
    bool free;
    said_rates rates;
    yz_tables tiers, windows, services, sizes, regions;
} said_model;

typedef struct said_prices {
    yz_str source, date;
    yz_list holidays;
    yz_tables models;
} said_prices;

static const yz_option TIER_OPTIONS[] = {
    {"above", YZ_OPTION_INT, offsetof(said_tier, above), .help = "for requests with more input than that, in tokens", .min = 1,
     .max = INT64_C(1) << 40, .required = true},
    {"marginal", YZ_OPTION_BOOL, offsetof(said_tier, marginal), "false",
     .help = "only the tokens behind the first `above` ones cost its rates, not the whole request"},
    RATES(said_tier),
};
const yz_option_table yz_tier_table = YZ_TABLE(TIER_OPTIONS, said_tier);

static const yz_option MODEL_OPTIONS[] = {
    {"name", YZ_OPTION_STRING, offsetof(said_model, name), .help = "the seller's name for it", .required = true},
    {"also", YZ_OPTION_LIST, offsetof(said_model, also), .help = "other names for the same"},
    {"from", YZ_OPTION_STRING, offsetof(said_model, from),
     .help = "counts from then on: 2026-11-28 or 2026-11-28T16:00:00Z, UTC; unless said, from the beginning"},
    {"free", YZ_OPTION_BOOL, offsetof(said_model, free), "false", .help = "it costs nothing, and that is no mistake"},
    {"ends", YZ_OPTION_STRING, offsetof(said_model, ends), .help = "from then on the seller does not serve it, as from"},
    {"successor", YZ_OPTION_STRING, offsetof(said_model, successor), .help = "what the seller says to use instead"},
    {"windows", YZ_OPTION_TABLES, offsetof(said_model, windows), .help = "other rates at some hours", .table = &yz_window_table},
    {"tiers", YZ_OPTION_TABLES, offsetof(said_model, tiers), .help = "other rates for longer requests", .table = &yz_tier_table},
    {"services", YZ_OPTION_TABLES, offsetof(said_model, services), .help = "what batch, flex, priority or fast cost",
     .table = &yz_service_table},
    {"sizes", YZ_OPTION_TABLES, offsetof(said_model, sizes), .help = "other rates for pictures and films of some size or quality",
     .table = &yz_size_table},
    {"regions", YZ_OPTION_TABLES, offsetof(said_model, regions), .help = "where its provider is of another region, so many times as much",
     .table = &yz_region_table},
    RATES(said_model),
};
static const yz_option_table MODELS = YZ_TABLE(MODEL_OPTIONS, said_model);

static const yz_option PRICES_OPTIONS[] = {
    {"source", YZ_OPTION_STRING, offsetof(said_prices, source), .help = "where that is known from", .required = true},
    {"date", YZ_OPTION_STRING, offsetof(said_prices, date), .help = "when it stood there: YYYY-MM-DD", .required = true},
    {"holidays", YZ_OPTION_LIST, offsetof(said_prices, holidays), .help = "days such as 2026-10-01, for windows that ask for them"},
    {"models", YZ_OPTION_TABLES, offsetof(said_prices, models), .help = "a row a model and version", .required = true, .table = &MODELS},
};

/* ---- one row -------------------------------------------------------------------------------------------------------- */

bool yz_read_rates(const yz_row_reader *r, yz_str model, const said_rates *said, const char *where, yz_rates *out) {
    bool ok = true;
    for (yz_rate rate = 0; rate < YZ_RATES_N; rate++) {
        const char *fault = NULL;
        out->of[rate] = -1;
        if (said->of[rate] != -1)
            fault = yz_price_rate(said->of[rate], yz_rate_units[rate], &out->of[rate]);
        if (fault)
            yz_diag_error(r->diag, "prices \"%.*s\": %s%s of \"%.*s\" is %.15g, which %s", YZ_STR_ARGS(r->seller), where,
                          yz_rate_words[rate], YZ_STR_ARGS(model), said->of[rate], fault);
        ok &= !fault;
    }
    return ok;
}

static bool wrong_tiers(const yz_row_reader *r, yz_str model, const char *what) {
    yz_diag_error(r->diag, "prices \"%.*s\": the tiers of \"%.*s\" %s", YZ_STR_ARGS(r->seller), YZ_STR_ARGS(model), what);
    return false;
}

bool yz_read_tiers(const yz_row_reader *r, yz_str model, const yz_tables *tiers, yz_price *price) {
    price->n_tiers = tiers->n;
    price->marginal = false;
    price->tiers = yz_alloc(r->arena, (tiers->n + 1) * sizeof *price->tiers);
    for (size_t i = 0; i < tiers->n; i++) {
        const said_tier *said = tiers->items[i];
        price->tiers[i].above = said->above;
        if (i > 0 && said->above <= price->tiers[i - 1].above)
            return wrong_tiers(r, model, "should begin with the lowest");
        if (i > 0 && said->marginal != price->marginal)
            return wrong_tiers(r, model, "should all be marginal = true, or none of them");
        for (yz_rate rate = YZ_RATE_SEARCHES; said->marginal && rate < YZ_RATES_N; rate++)
            if (said->rates.of[rate] != -1)
                return wrong_tiers(r, model,
                                   "are marginal, for the tokens behind an edge: searches, request, picture, second and characters stand "
                                   "behind none");
        price->marginal = said->marginal;
        if (!yz_read_rates(r, model, &said->rates, "tiers.", &price->tiers[i].rates))
            return false;
    }
    return true;
}

/* Nothing, or zeros, is what catalogues say of models whose price they do not know. */
static bool check_row(const yz_row_reader *r, const said_model *model, const yz_price *price) {
    int64_t most = 0;
    for (yz_rate rate = 0; rate < YZ_RATES_N; rate++)
        most = price->rates.of[rate] > most ? price->rates.of[rate] : most;
    if (model->free == (most == 0))
        return true;
    if (model->free)
        yz_diag_error(r->diag, "prices \"%.*s\": \"%.*s\" is said to be free, but it has a price", YZ_STR_ARGS(r->seller),
                      YZ_STR_ARGS(model->name));
    else
        yz_diag_error(r->diag, "prices \"%.*s\": \"%.*s\" has no price above zero: leave it out, or say free = true",
                      YZ_STR_ARGS(r->seller), YZ_STR_ARGS(model->name));
    return false;
}

static bool read_moment(const yz_row_reader *r, const said_model *model, const char *name, yz_str said, int64_t *at) {
    if (said.n == 0 || yz_price_time(said, at))
        return true;
    yz_diag_error(
        r->diag,
        "prices \"%.*s\": %s of \"%.*s\" is \"%.*s\", but should be a day such as 2026-11-28 or a moment such as 2026-11-28T16:00:00Z",
        YZ_STR_ARGS(r->seller), name, YZ_STR_ARGS(model->name), YZ_STR_ARGS(said));
    return false;
}

static void add(const yz_row_reader *r, yz_str name, const yz_price *price) {
    const char *fault =
        yz_prices_add(r->prices, &(yz_price_row){.seller = r->seller, .model = name, .price = price, .layer = r->layer}, r->arena);
    if (fault)
        yz_diag_error(r->diag, "prices \"%.*s\": \"%.*s\" %s", YZ_STR_ARGS(r->seller), YZ_STR_ARGS(name), fault);
}

static void free_rates(yz_price *price) {
    if (price->rates.of[YZ_RATE_INPUT] < 0)
        price->rates.of[YZ_RATE_INPUT] = 0;
    if (price->rates.of[YZ_RATE_OUTPUT] < 0)
        price->rates.of[YZ_RATE_OUTPUT] = 0;
}

static void read_row(const yz_row_reader *r, const said_model *model) {
    yz_price *price = yz_alloc(r->arena, sizeof *price);
    *price = (yz_price){.seller = r->seller, .model = model->name, .source = r->source, .date = r->date, .successor = model->successor};
    if (!yz_read_rates(r, model->name, &model->rates, "", &price->rates) || !yz_read_tiers(r, model->name, &model->tiers, price) ||
        !read_moment(r, model, "from", model->from, &price->from) || !read_moment(r, model, "ends", model->ends, &price->ends) ||
        !check_row(r, model, price))
        return;
    if (model->free)
        free_rates(price);
    if (!yz_read_windows(r, &model->windows, price) || !yz_read_services(r, &model->services, price) ||
        !yz_read_sizes(r, &model->sizes, price) || !yz_read_regions(r, &model->regions, price))
        return;
    add(r, model->name, price);
    for (size_t i = 0; i < model->also.n; i++)
        add(r, model->also.items[i], price);
}

static void read_prices(yz_prices *prices, const yz_statement *statement, int layer, yz_arena *arena, yz_diag *diag) {
    const yz_value *name = statement->n_args > 0 ? &statement->args[0] : NULL;
    if (!yz_value_is_text(name) || name->text.n == 0 || statement->n_args > 2) {
        yz_diag_error(diag,
                      "prices needs a seller and what it asks, as in prices \"openai\" { source = \"…\", date = \"2026-11-28\", models = "
                      "{ { name = \"gpt-5.2\", input = 1.75, output = 14 } } }");
        return;
    }
    said_prices *said = yz_alloc(arena, sizeof *said);
    yz_option_set set = {PRICES_OPTIONS, sizeof PRICES_OPTIONS / sizeof *PRICES_OPTIONS, said};
    const yz_value *table = statement->n_args > 1 ? &statement->args[1] : NULL;
    int64_t day;
    if (!yz_options_fill(&set, 1, table, yz_format(arena, "prices \"%.*s\"", YZ_STR_ARGS(name->text)).p, arena, diag))
        return;
    if (!yz_price_time(said->date, &day))
        yz_diag_error(diag, "prices \"%.*s\": date is \"%.*s\", but should be a day such as 2026-11-28", YZ_STR_ARGS(name->text),
                      YZ_STR_ARGS(said->date));
    yz_row_reader r = {.prices = prices,
                       .arena = arena,
                       .diag = diag,
                       .seller = yz_dup(arena, name->text),
                       .source = said->source,
                       .date = said->date,
                       .layer = layer};
    if (!yz_read_holidays(&r, &said->holidays))
        return;
    for (size_t i = 0; i < said->models.n; i++)
        read_row(&r, said->models.items[i]);
}

void yz_read_prices(yz_reader *reader, const yz_statement *statement) {
    read_prices(&reader->settings->prices, statement, OF_CONFIG, reader->arena, reader->diag);
}

/* ---- files ---------------------------------------------------------------------------------------------------------- */

static void read_file(yz_prices *prices, const char *path, int layer, yz_arena *arena, yz_diag *diag) {
    static const char *const directives[] = {"prices"};
    yz_buf text = {0};
    yz_script script;
    const char *kept = yz_dup(arena, yz_str_of(path)).p;
    yz_diag_at(diag, (yz_place){kept, 0});
    if (!yz_running_read(kept, &text)) {
        yz_diag_error(diag, "cannot read the prices %s", kept);
    } else if (yz_script_run(kept, yz_buf_view(&text), YZ_STR(""), directives, 1, arena, diag, &script)) {
        for (const yz_statement *statement = script.statements; statement; statement = statement->next) {
            yz_diag_at(diag, statement->at);
            read_prices(prices, statement, layer, arena, diag);
        }
    }
    yz_buf_free(&text);
}

static int is_lua(const struct dirent *entry) {
    size_t n = strlen(entry->d_name);
    return entry->d_name[0] != '.' && n > 4 && strcmp(entry->d_name + n - 4, ".lua") == 0;
}

/* False: the folder is not there. */
static bool read_folder_but(yz_prices *prices, const char *folder, const char *but, int layer, yz_arena *arena, yz_diag *diag) {
    struct dirent **entries;
    int n = scandir(folder, &entries, is_lua, alphasort);
    for (int i = 0; i < n; i++) {
        char path[PATH_MAX];
        bool wanted = !but || strcmp(entries[i]->d_name, but) != 0;
        if (wanted && snprintf(path, sizeof path, "%s/%s", folder, entries[i]->d_name) < (int)sizeof path)
            read_file(prices, path, layer, arena, diag);
        free(entries[i]);
    }
    if (n >= 0)
        free(entries);
    return n >= 0;
}

static bool read_folder(yz_prices *prices, const char *folder, int layer, yz_arena *arena, yz_diag *diag) {
    return read_folder_but(prices, folder, NULL, layer, arena, diag);
}

/* The first of these folders that is there: a build has its own, and what is installed is the same. */
static void read_installed(yz_prices *prices, yz_arena *arena, yz_diag *diag) {
    const char *chosen = getenv("YUZUI_PRICES");
    char folder[PATH_MAX];
    if (chosen && *chosen && read_folder(prices, chosen, INSTALLED, arena, diag))
        return;
    if (yz_beside_binary("../prices", folder) && read_folder(prices, folder, INSTALLED, arena, diag))
        return;
    if (yz_beside_binary(YZ_DATA_FOLDER "/prices", folder))
        read_folder(prices, folder, INSTALLED, arena, diag);
}

void yz_prices_read_file(yz_prices *prices, const char *path, yz_arena *arena, yz_diag *diag) {
    read_file(prices, path, BESIDE_CONFIG, arena, diag);
}

void yz_prices_read_folder(yz_prices *prices, const char *folder, const char *but, yz_arena *arena, yz_diag *diag) {
    read_folder_but(prices, folder, but, BESIDE_CONFIG, arena, diag);
}

void yz_prices_read_all(yz_prices *prices, yz_str config_folder, yz_arena *arena, yz_diag *diag) {
    read_folder(prices, yz_format(arena, "%.*s/prices", YZ_STR_ARGS(config_folder)).p, BESIDE_CONFIG, arena, diag);
    read_installed(prices, arena, diag);
    yz_prices_sort(prices);
}
