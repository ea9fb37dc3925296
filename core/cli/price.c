/* cli/price.c: `yuzui price`: what a model costs, and what a request with so many tokens would cost, and how that comes about. Of a
 * config's model every target is shown; without a config, or for a name the config does not know, every seller of the catalogue that has
 * it. */
#include "price/price.h"
#include "base/arena.h"
#include "base/clock.h"
#include "base/diag.h"
#include "cli/cli.h"
#include "config/read.h"
#include "config/settings.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

typedef struct asked {
    const char *config, *model, *at_text;
    const char *input, *output;
    yz_cli_words meters; /* "cached=100" */
    bool json;
    int64_t at; /* Unix seconds */
    yz_usage usage;
} asked;

/* ---- the question --------------------------------------------------------------------------------------------------- */

static bool count_of(const char *text, int64_t *n) {
    char *end;
    long long value = strtoll(text, &end, 10);
    *n = value;
    return *text >= '0' && *text <= '9' && *end == '\0' && value >= 0 && value <= 1000000000000;
}

static bool take_meter(asked *a, yz_str name, const char *count) {
    static const char *const words[] = {
#define METER(name, word) word,
        YZ_METERS(METER)
#undef METER
    };
    int64_t n;
    if (!count_of(count, &n)) {
        yz_cli_wrong_usage("price", "%.*s should be a number of tokens, not \"%s\"", YZ_STR_ARGS(name), count);
        return false;
    }
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (yz_str_is(name, words[i])) {
            yz_usage_set(&a->usage, (yz_meter)i, n);
            return true;
        }
    const char *meant = yz_did_you_mean(name, (const char **)(uintptr_t)words, sizeof words / sizeof *words);
    yz_cli_wrong_usage("price", "there is no meter \"%.*s\"%s%s%s", YZ_STR_ARGS(name), meant ? ": did you mean \"" : "", meant ? meant : "",
                       meant ? "\"?" : "");
    return false;
}

static bool take_meters(asked *a) {
    if ((a->input && !take_meter(a, YZ_STR("input"), a->input)) || (a->output && !take_meter(a, YZ_STR("output"), a->output)))
        return false;
    for (size_t i = 0; i < a->meters.n; i++) {
        const char *equals = strchr(a->meters.items[i], '=');
        if (!equals) {
            yz_cli_wrong_usage("price", "--meter needs a name and a number, as in --meter cached=1000");
            return false;
        }
        if (!take_meter(a, yz_str_at(a->meters.items[i], (size_t)(equals - a->meters.items[i])), equals + 1))
            return false;
    }
    return true;
}

static int read_question(int argc, char **argv, asked *a) {
    const yz_cli_option options[] = {
        {"--config", "-c", .value = &a->config}, {"--input", "-i", .value = &a->input}, {"--output", "-o", .value = &a->output},
        {"--meter", "-m", .words = &a->meters},  {"--at", NULL, .value = &a->at_text},  {"--json", NULL, .flag = &a->json},
    };
    if (yz_cli_options(argc, argv, options, sizeof options / sizeof *options, &a->model) != 0)
        return 2;
    if (!a->model)
        return yz_cli_wrong_usage(argv[0], "which model?");
    a->at = yz_clock_wall_ns() / 1000000000;
    if (a->at_text && !yz_price_time(yz_str_of(a->at_text), &a->at))
        return yz_cli_wrong_usage(argv[0], "--at should be a day such as 2026-11-28 or a moment such as 2026-11-28T16:00:00Z, not \"%s\"",
                                  a->at_text);
    return take_meters(a) ? 0 : 2;
}

/* ---- the answer ----------------------------------------------------------------------------------------------------- */

static void print_usd(const char *before, int64_t nano, const char *after) {
    yz_buf text = {0};
    yz_price_usd(nano, &text);
    printf("%s%.*s%s", before, YZ_STR_ARGS(yz_buf_view(&text)), after);
    yz_buf_free(&text);
}

static void print_rates(const yz_rates *rates, const char *indent) {
    for (yz_rate rate = 0; rate < YZ_RATES_N; rate++) {
        if (rates->of[rate] < 0)
            continue;
        printf("%s%-15s", indent, yz_rate_words[rate]);
        int64_t per = 1000000 / yz_rate_units[rate];
        print_usd("", rates->of[rate] / per,
                  rate == YZ_RATE_REQUEST    ? " USD per request\n"
                  : rate == YZ_RATE_PICTURE  ? " USD per picture\n"
                  : rate == YZ_RATE_SECOND   ? " USD per second\n"
                  : rate == YZ_RATE_SEARCHES ? " USD per thousand\n"
                                             : " USD per million\n");
    }
}

static void print_end(const asked *a, const yz_price *price) {
    char day[16] = "";
    time_t at = (time_t)price->ends;
    struct tm tm;
    if (gmtime_r(&at, &tm))
        strftime(day, sizeof day, "%Y-%m-%d", &tm);
    printf("  %-15s%s%s%.*s\n", price->ends <= a->at ? "ended" : "ends", day, price->successor.n ? "; its seller says to use " : "",
           YZ_STR_ARGS(price->successor));
}

static void print_price(const asked *a, const yz_price *price) {
    printf("%.*s\n  source         %.*s (%.*s)\n", YZ_STR_ARGS(price->id), YZ_STR_ARGS(price->source), YZ_STR_ARGS(price->date));
    print_rates(&price->rates, "  ");
    for (size_t i = 0; i < price->n_tiers; i++) {
        printf(price->marginal ? "  for the tokens behind the first %lld:\n" : "  with more than %lld tokens of input, for all of it:\n",
               (long long)price->tiers[i].above);
        print_rates(&price->tiers[i].rates, "    ");
    }
    for (size_t i = 0; i < price->n_regions; i++) {
        printf("  in region %.*s: ", YZ_STR_ARGS(price->regions[i].region));
        print_usd("", price->regions[i].times, " times as much\n");
    }
    if (price->ends)
        print_end(a, price);
}

static void print_cost(const asked *a, const yz_price *price) {
    yz_cost cost = {YZ_COST};
    int code = yz_price_cost(price, &a->usage, &cost);
    print_usd("  this request   ", cost.total, code == YZ_OK ? " USD\n" : " USD or more\n");
    if (cost.unpriced)
        printf("  some of it has no price, and is not in the sum\n");
    if (cost.odd)
        printf("  its parts are more than the whole: the parts were priced\n");
}

static void show(const asked *a, const yz_price *price) {
    yz_buf text = {0};
    if (a->json) {
        yz_price_explain(price, &a->usage, &text);
        printf("%.*s\n", YZ_STR_ARGS(yz_buf_view(&text)));
    } else {
        print_price(a, price);
        if (a->usage.known)
            print_cost(a, price);
    }
    yz_buf_free(&text);
}

static size_t show_targets(const asked *a, const yz_settings *settings) {
    const yz_model_settings *model = yz_model_find(settings, yz_str_of(a->model));
    size_t shown = 0;
    for (size_t i = 0; model && i < model->n_targets; i++) {
        const yz_target *target = model->targets[i];
        const yz_price *price = yz_settings_price(settings, target, a->at);
        if (price)
            show(a, price);
        else
            fprintf(stderr, "yuzui price: no price is known of %.*s at %.*s\n", YZ_STR_ARGS(target->model),
                    YZ_STR_ARGS(target->provider->name));
        shown += price != NULL;
    }
    return shown;
}

static size_t show_sellers(const asked *a, const yz_prices *prices) {
    size_t shown = 0;
    for (size_t i = 0; i < prices->n; i++) {
        const yz_price_row *row = &prices->rows[i];
        if (yz_str_is(row->model, a->model) && yz_prices_find(prices, row->seller, row->model, a->at) == yz_price_at(row->price, a->at)) {
            show(a, yz_price_at(row->price, a->at));
            shown++;
        }
    }
    return shown;
}

static size_t show_all(const asked *a, yz_arena *arena, yz_diag *diag) {
    if (a->config) {
        const yz_settings *settings = yz_settings_read(a->config, arena, diag);
        size_t shown = settings ? show_targets(a, settings) : 0;
        return shown || !settings ? shown : show_sellers(a, &settings->prices);
    }
    yz_prices prices = {0};
    yz_prices_read_all(&prices, YZ_STR("."), arena, diag);
    return show_sellers(a, &prices);
}

int yz_cli_price(int argc, char **argv) {
    if (argc > 1 && strcmp(argv[1], "import") == 0)
        return yz_cli_price_import(argc, argv);
    asked a = {0};
    int code = read_question(argc, argv, &a);
    if (code != 0)
        return code;
    yz_arena *arena = yz_arena_new(NULL);
    yz_diag diag = {0};
    size_t shown = show_all(&a, arena, &diag);
    fwrite(diag.text.p ? diag.text.p : "", 1, diag.text.n, stderr);
    if (shown == 0 && diag.errors == 0)
        fprintf(stderr, "yuzui price: no price is known of \"%s\"; prices \"SELLER\" { … } in the config says one (docs/prices.md)\n",
                a.model);
    bool ok = shown > 0 && diag.errors == 0;
    yz_diag_free(&diag);
    yz_arena_free(arena);
    return ok ? 0 : 1;
}
