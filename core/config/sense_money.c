/* config/sense_money.c: models that have no price, in a config that charges for them: it would be found out by the first who asks for one.
 * Knows the bundled bill stage by name, and its option `unpriced`, whose first word is what it does unless told otherwise: refuse.
 */
#include "base/clock.h"
#include "config/read.h"

#define SHOWN 4

enum { DAY = 86400, WARNED = 30 }; /* days before a model's end */

/* The first target of a model without a price now; NULL: all have one. */
static const yz_target *unpriced(const yz_settings *s, const yz_model_settings *model, int64_t now) {
    for (size_t i = 0; i < model->n_targets && !model->pattern; i++)
        if (!yz_settings_price(s, model->targets[i], now))
            return model->targets[i];
    return NULL;
}

static bool refuses(const yz_stage_settings *bill) {
    const int *unpriced_is = yz_stage_option(bill, "unpriced", YZ_OPTION_CHOICE, NULL);
    return unpriced_is && *unpriced_is == 0;
}

/* A provider of a region that its price does not know costs as elsewhere: mostly a name that is spelt otherwise. */
static void warn_of_regions(yz_reader *reader, int64_t now) {
    const yz_settings *s = reader->settings;
    for (size_t i = 0; i < s->n_models; i++)
        for (size_t t = 0; t < s->models[i].n_targets; t++) {
            const yz_target *target = s->models[i].targets[t];
            const yz_provider_settings *provider = (const yz_provider_settings *)target->provider;
            const yz_price *price = yz_settings_price(s, target, now);
            if (!price || price->n_regions == 0 || provider->region.n == 0)
                continue;
            yz_diag_at(reader->diag, provider->at);
            yz_diag_warn(reader->diag,
                         "model \"%.*s\": the price of \"%.*s\" names regions, but not \"%.*s\", of which %.*s is: it costs as elsewhere; "
                         "regions = { { name = \"%.*s\", times = 1 } } says so",
                         YZ_STR_ARGS(s->models[i].name), YZ_STR_ARGS(target->model), YZ_STR_ARGS(provider->region),
                         YZ_STR_ARGS(target->provider->name), YZ_STR_ARGS(provider->region));
        }
}

/* Is there a model of this name, so that a client, or bill's redirect, is served by asking for it? */
static bool is_served(const yz_settings *s, yz_str name) {
    const yz_model_settings *model = yz_model_find(s, name);
    return model && model->n_targets > 0;
}

/* Each end once, a month before it comes, and from then on. */
static void warn_of_ends(yz_reader *reader, int64_t now) {
    const yz_settings *s = reader->settings;
    for (size_t i = 0; i < s->n_models; i++)
        for (size_t t = 0; t < s->models[i].n_targets && !s->models[i].pattern; t++) {
            const yz_target *target = s->models[i].targets[t];
            const yz_price *price = yz_settings_price(s, target, now);
            if (!price || price->ends == 0 || price->ends - now > WARNED * DAY)
                continue;
            int64_t days = (price->ends - now) / DAY;
            yz_diag_at(reader->diag, s->models[i].at);
            bool none = price->successor.n && !is_served(s, price->successor);
            yz_diag_warn(reader->diag, "model \"%.*s\": %.*s serves \"%.*s\" %s%lld days%s%.*s%s%s", YZ_STR_ARGS(s->models[i].name),
                         YZ_STR_ARGS(target->provider->name), YZ_STR_ARGS(target->model),
                         now < price->ends ? "for another " : "no longer, since ", (long long)(days < 0 ? -days : days),
                         price->successor.n ? "; it says to use \"" : "", YZ_STR_ARGS(price->successor), price->successor.n ? "\"" : "",
                         none ? ", but no model of this config has that name, so nobody can be sent there" : "");
        }
}

void yz_read_money_sense(yz_reader *reader) {
    const yz_settings *s = reader->settings;
    const yz_stage_settings *bill = NULL;
    const yz_target *first = NULL;
    int64_t now = yz_clock_wall();
    size_t n = 0;
    warn_of_ends(reader, now);
    warn_of_regions(reader, now);
    yz_buf names = {0};
    for (size_t i = 0; i < s->n_chains && !bill; i++)
        bill = yz_chain_find_stage(&s->chains[i], "bill", 0);
    for (size_t i = 0; bill && refuses(bill) && i < s->n_models; i++) {
        const yz_target *target = unpriced(s, &s->models[i], now);
        first = first ? first : target;
        if (target && n++ < SHOWN)
            yz_buf_printf(&names, "%s\"%.*s\"", n > 1 ? ", " : "", YZ_STR_ARGS(s->models[i].name));
    }
    if (n > SHOWN)
        yz_buf_printf(&names, " and %zu more", n - SHOWN);
    if (first) {
        yz_diag_at(reader->diag, bill->at);
        yz_diag_warn(reader->diag,
                     "bill: requests for %.*s are refused, since what they cost is not known: prices \"%.*s\" { …, models = { { name = "
                     "\"%.*s\", … } } } says it, or unpriced = \"allow\" lets them through for nothing",
                     YZ_STR_ARGS(yz_buf_view(&names)), YZ_STR_ARGS(first->provider->name), YZ_STR_ARGS(first->model));
    }
    yz_buf_free(&names);
}
