/* import_genai.c: the data of genai-prices: [{"id", "models": [{"id", "match", "prices", "price_variants"}]}].
 *
 * `prices` is an object of rates, or a list of them with constraints, of which the last one that holds counts. A constraint is a start date
 * or hours of the day (UTC), never both: so the hours of a list count from its beginning, on every weekday, whatever the vendor does. They
 * are carried as the list says them, and wait for a person. A rate is a number, or a base and tiers, each for the whole request with more
 * input than its start.
 */
#include "price/import.h"

enum { MOST_ENTRIES = 64, MOST_VARIANTS = 16, DAY_MINUTES = 24 * 60 };

/* One of the list, or the only one. */
typedef struct entry {
    bool dated, timed;
    int64_t since;
    int from, to; /* minutes */
    yz_import_rates rates;
} entry;

/* Prices of another service; of what it does not say the base counts. */
typedef struct variant {
    yz_service service;
    int64_t since;
    yz_import_rates rates;
} variant;

typedef struct entries {
    entry *of;
    size_t n;
    variant variants[MOST_VARIANTS];
    size_t n_variants;
} entries;

/* ---- rates ---------------------------------------------------------------------------------------------------------- */

static const struct {
    const char *name;
    yz_rate rate;
    int64_t units;
} PRICES[] = {{"input_mtok", YZ_RATE_INPUT, 1000000},
              {"output_mtok", YZ_RATE_OUTPUT, 1000000},
              {"cache_read_mtok", YZ_RATE_CACHED, 1000000},
              {"cache_write_mtok", YZ_RATE_CACHE_WRITE, 1000000},
              {"cache_write_5m_mtok", YZ_RATE_CACHE_WRITE_5M, 1000000},
              {"cache_write_1h_mtok", YZ_RATE_CACHE_WRITE_1H, 1000000},
              {"input_audio_mtok", YZ_RATE_AUDIO_INPUT, 1000000},
              {"output_audio_mtok", YZ_RATE_AUDIO_OUTPUT, 1000000},
              {"input_image_mtok", YZ_RATE_IMAGE_INPUT, 1000000},
              {"output_image_mtok", YZ_RATE_IMAGE_OUTPUT, 1000000},
              {"output_reasoning_mtok", YZ_RATE_REASONING, 1000000},
              {"web_searches_kcount", YZ_RATE_SEARCHES, 1000},
              {"requests_kcount", YZ_RATE_REQUEST, 1000}};
enum { N_PRICES = sizeof PRICES / sizeof *PRICES };

static bool read_tiers(yz_import *in, yz_import_model *model, const yz_json *said, size_t which, yz_import_rates *rates) {
    const yz_json *list = yz_json_get(said, "tiers");
    if (!yz_json_is(list, YZ_JSON_ARRAY)) {
        yz_import_say(in, model, said, true, "%.*s should be a number, or {\"base\": 3, \"tiers\": [{\"start\": 200000, \"price\": 6}]}",
                      YZ_STR_ARGS(yz_json_key(said)));
        return false;
    }
    for (const yz_json *tier = list->child; tier; tier = tier->next) {
        int64_t start = yz_json_int(yz_json_get(tier, "start"), 0), value;
        const yz_json *price = yz_json_get(tier, "price");
        if (start <= 0 || !price) {
            yz_import_say(in, model, tier, true,
                          "a tier of %.*s should have a start above 0 and a price, as in {\"start\": 200000, \"price\": 6}",
                          YZ_STR_ARGS(yz_json_key(said)));
            return false;
        }
        if (!yz_import_rate(in, model, price, PRICES[which].units, &value))
            return false;
        if (value >= 0 && !yz_import_tier(rates, PRICES[which].rate, start, value))
            yz_import_say(in, model, tier, false, "has more tiers than can be kept");
    }
    return true;
}

static bool read_price(yz_import *in, yz_import_model *model, const yz_json *m, yz_import_rates *rates) {
    size_t i = 0;
    while (i < N_PRICES && !yz_str_is(yz_json_key(m), PRICES[i].name))
        i++;
    if (yz_json_is(m, YZ_JSON_NULL))
        return true;
    if (i == N_PRICES) {
        yz_import_say(in, model, m, false, "%.*s has no unit here: not carried", YZ_STR_ARGS(yz_json_key(m)));
        return true;
    }
    int64_t *rate = &rates->base.of[PRICES[i].rate];
    if (!yz_json_is(m, YZ_JSON_OBJECT)) {
        bool ok = yz_import_rate(in, model, m, PRICES[i].units, rate);
        if (ok && PRICES[i].rate == YZ_RATE_REQUEST && *rate % 1000000 != 0) {
            yz_import_say(in, model, m, false, "%s is less than a nano-USD a request somewhere: not carried", PRICES[i].name);
            *rate = -1;
        }
        return ok;
    }
    const yz_json *base = yz_json_get(m, "base");
    if (!base) {
        yz_import_say(in, model, m, true, "%.*s has tiers without a base", YZ_STR_ARGS(yz_json_key(m)));
        return false;
    }
    return yz_import_rate(in, model, base, PRICES[i].units, rate) && read_tiers(in, model, m, i, rates);
}

static bool read_rates(yz_import *in, yz_import_model *model, const yz_json *said, yz_import_rates *rates) {
    memset(rates->base.of, 0xff, sizeof rates->base.of);
    if (!yz_json_is(said, YZ_JSON_OBJECT)) {
        yz_import_say(in, model, said, true, "prices should be an object such as {\"input_mtok\": 1.75, \"output_mtok\": 14}");
        return false;
    }
    for (const yz_json *m = said->child; m; m = m->next)
        if (!read_price(in, model, m, rates))
            return false;
    return true;
}

/* ---- constraints ---------------------------------------------------------------------------------------------------- */

/* "16:30:00Z", "16:30", "16:30:00+00:00". */
static bool read_clock(yz_str text, int *minutes) {
    static const char form[] = "00:00";
    if (text.n < 5)
        return false;
    for (size_t i = 0; i < 5; i++)
        if (form[i] == '0' ? text.p[i] < '0' || text.p[i] > '9' : text.p[i] != ':')
            return false;
    yz_str rest = yz_str_at(text.p + 5, text.n - 5);
    if (yz_str_starts(rest, ":00"))
        rest = yz_str_at(rest.p + 3, rest.n - 3);
    *minutes = ((text.p[0] - '0') * 10 + text.p[1] - '0') * 60 + (text.p[3] - '0') * 10 + text.p[4] - '0';
    return *minutes < DAY_MINUTES && (rest.n == 0 || yz_str_is(rest, "Z") || yz_str_is(rest, "+00:00"));
}

static bool read_constraint(yz_import *in, yz_import_model *model, const yz_json *said, entry *e) {
    const yz_json *date = yz_json_given(said, "start_date"), *start = yz_json_given(said, "start_time"),
                  *end = yz_json_given(said, "end_time");
    e->dated = date != NULL;
    e->timed = start || end;
    for (const yz_json *m = said->child; m; m = m->next)
        if (!yz_str_is(yz_json_key(m), "start_date") && !yz_str_is(yz_json_key(m), "start_time") &&
            !yz_str_is(yz_json_key(m), "end_time")) {
            yz_import_say(in, model, m, true, "the constraint \"%.*s\" is not known here, and a price without it would count too often",
                          YZ_STR_ARGS(yz_json_key(m)));
            return false;
        }
    bool ok = e->dated != e->timed && (!date || yz_price_time(yz_json_escaped(date), &e->since)) &&
              (!e->timed || (read_clock(yz_json_escaped(start), &e->from) && read_clock(yz_json_escaped(end), &e->to)));
    if (!ok)
        yz_import_say(in, model, said, true,
                      "a constraint should be a start_date such as \"2026-11-28\", or start_time and end_time in whole minutes UTC such as "
                      "\"16:30:00Z\"");
    return ok;
}

static bool read_entry(yz_import *in, yz_import_model *model, const yz_json *said, entry *e) {
    const yz_json *constraint = yz_json_given(said, "constraint");
    for (const yz_json *m = said->child; m; m = m->next)
        if (!yz_str_is(yz_json_key(m), "constraint") && !yz_str_is(yz_json_key(m), "prices"))
            yz_import_unknown(in, "an entry of prices", m);
    return (!constraint || read_constraint(in, model, constraint, e)) && read_rates(in, model, yz_json_get(said, "prices"), &e->rates);
}

static bool read_entries(yz_import *in, yz_import_model *model, const yz_json *prices, entries *out) {
    bool list = yz_json_is(prices, YZ_JSON_ARRAY);
    size_t n = list ? yz_json_count(prices) : 1;
    if (n > MOST_ENTRIES) {
        yz_import_say(in, model, prices, true, "has %zu entries of prices; at most %d are read", n, MOST_ENTRIES);
        return false;
    }
    out->of = yz_alloc(in->arena, (n + 1) * sizeof *out->of);
    if (!list) {
        out->n = 1;
        return read_rates(in, model, prices, &out->of[0].rates);
    }
    for (const yz_json *e = prices->child; e; e = e->next)
        if (!read_entry(in, model, e, &out->of[out->n++]))
            return false;
    return true;
}

/* What a window does not say costs here as outside of it, there as what it is part of: so it says all that the base says. */
static yz_rates filled(const yz_rates *window, const yz_rates *base) {
    static const yz_rate parents[] = {
#define PARENT(name, word, parent, units) YZ_RATE_##parent,
        YZ_RATES(PARENT)
#undef PARENT
    };
    yz_rates all = *window;
    for (yz_rate rate = 0; rate < YZ_RATES_N; rate++)
        for (yz_rate at = rate; all.of[rate] < 0 && base->of[rate] >= 0 && parents[at] != at;) {
            at = parents[at];
            all.of[rate] = window->of[at];
        }
    return all;
}

/* ---- variants ------------------------------------------------------------------------------------------------------- */

/* {"service_tier": "flex"}, {"processing": "batch"}, {"speed": "fast"}; UNSAID: something else. */
static yz_service service_of(const yz_json *when) {
    const yz_json *word = when ? when->child : NULL;
    yz_str key = word ? yz_json_key(word) : YZ_STR("");
    bool known = yz_str_is(key, "service_tier") || yz_str_is(key, "processing") || yz_str_is(key, "speed");
    return known && !word->next ? yz_service_of(yz_json_escaped(word)) : YZ_SERVICE_UNSAID;
}

static bool read_variant(yz_import *in, yz_import_model *model, const yz_json *said, entries *all) {
    const yz_json *when = yz_json_get(said, "when"), *constraint = yz_json_given(said, "constraint");
    variant *v = &all->variants[all->n_variants];
    entry dates = {0};
    if ((constraint && !read_constraint(in, model, constraint, &dates)) || !read_rates(in, model, yz_json_get(said, "prices"), &v->rates))
        return false;
    v->service = service_of(when);
    v->since = dates.since;
    bool standard = v->service == YZ_SERVICE_STANDARD && !yz_json_get(said, "prices")->child;
    if (v->service > YZ_SERVICE_STANDARD && v->service < YZ_SERVICE_OTHER && !dates.timed && all->n_variants + 1 < MOST_VARIANTS)
        all->n_variants++;
    else if (!standard)
        yz_import_say(in, model, said, false, "has other prices where %.*s: not carried",
                      (int)(yz_json_raw(when).n < 200 ? yz_json_raw(when).n : 200), yz_json_raw(when).p);
    return true;
}

static bool read_variants(yz_import *in, yz_import_model *model, const yz_json *list, entries *all) {
    for (const yz_json *v = list ? list->child : NULL; v; v = v->next)
        if (!read_variant(in, model, v, all))
            return false;
    return true;
}

/* Those that count from `day` on; the last of a service wins. */
static void add_services(yz_import *in, yz_import_model *model, const yz_json *at, const entries *all, int64_t day, yz_price *price) {
    price->services = yz_alloc(in->arena, (all->n_variants + 1) * sizeof *price->services);
    for (size_t i = 0; i < all->n_variants; i++) {
        const variant *v = &all->variants[i];
        yz_import_rates rates = v->rates;
        size_t place = 0;
        if (v->since > day)
            continue;
        if (price->n_windows) {
            yz_import_say(in, model, at, false, "has hours and prices of services at once: the services are not carried");
            return;
        }
        for (yz_rate rate = 0; rate < YZ_RATES_N; rate++)
            if (v->rates.base.of[rate] < 0)
                rates.base.of[rate] = price->rates.of[rate];
        while (place < price->n_services && price->services[place].service != v->service)
            place++;
        price->services[place] = (yz_price_at_service){.service = v->service, .price = yz_import_price(in, model, day, &rates)};
        price->n_services += place == price->n_services;
    }
}

/* ---- versions ------------------------------------------------------------------------------------------------------- */

/* The entry that counts from a day on at hours that no entry names: the last one that holds then. -1: none. */
static int base_at(const entries *all, int64_t day) {
    int found = -1;
    for (size_t i = 0; i < all->n; i++)
        if (!all->of[i].timed && all->of[i].since <= day)
            found = (int)i;
    return found;
}

static void add_window(yz_import *in, const yz_import_model *model, const entry *e, yz_price *price) {
    yz_price_window *w = &price->windows[price->n_windows++];
    yz_import_rates rates = {.base = filled(&e->rates.base, &price->rates)};
    yz_price *own = yz_import_price(in, model, price->from, &rates);
    *w = (yz_price_window){.name = yz_format(in->arena, "from-%02d%02d", e->from / 60, e->from % 60),
                           .zone_name = YZ_STR("UTC"),
                           .zone = yz_zone_rule(in->arena, YZ_STR("UTC0")),
                           .from = e->from,
                           .to = e->to,
                           .weekdays = 0x7f,
                           .price = own};
    own->id = yz_format(in->arena, "%.*s+%.*s", YZ_STR_ARGS(own->id), YZ_STR_ARGS(w->name));
}

/* The hours of entries behind the base, the last of them first. False: they cannot be carried. */
static bool add_windows(yz_import *in, yz_import_model *model, const yz_json *at, const entries *all, int base, yz_price *price) {
    price->windows = yz_alloc(in->arena, (all->n + 1) * sizeof *price->windows);
    for (size_t i = all->n; i-- > (size_t)base + 1;) {
        const entry *e = &all->of[i];
        if (!e->timed || e->from == e->to) /* from == to: never, there */
            continue;
        if (e->rates.n_tiers || price->n_tiers) {
            yz_import_say(in, model, at, false, "has hours and tiers at once, which is not carried: left out");
            return false;
        }
        add_window(in, model, e, price);
    }
    if (price->n_windows && !model->waits.n)
        model->waits = YZ_STR("its hours have no first day, weekdays or holidays: the seller's own page may say some");
    return true;
}

static bool make_versions(yz_import *in, yz_import_model *model, const yz_json *at, entries *all) {
    model->versions = yz_alloc(in->arena, (all->n + 1) * sizeof *model->versions);
    for (int64_t day = 0, next; day != INT64_MAX; day = next) {
        int base = base_at(all, day);
        next = INT64_MAX;
        for (size_t i = 0; i < all->n; i++)
            if (!all->of[i].timed && all->of[i].since > day && all->of[i].since < next)
                next = all->of[i].since;
        for (size_t i = 0; i < all->n_variants; i++)
            if (all->variants[i].since > day && all->variants[i].since < next)
                next = all->variants[i].since;
        if (base < 0)
            continue; /* the first has a date: before it there is no price */
        if (!yz_import_worth(in, model, at, &all->of[base].rates))
            return false;
        yz_price *price = yz_import_price(in, model, day, &all->of[base].rates);
        if (!add_windows(in, model, at, all, base, price))
            return false;
        add_services(in, model, at, all, day, price);
        model->versions[model->n_versions++] = price;
    }
    if (model->n_versions == 0)
        yz_import_say(in, model, at, false, "has no price outside of some hours: left out");
    return model->n_versions > 0;
}

/* ---- names ---------------------------------------------------------------------------------------------------------- */

/* Whole names become names; a clause that takes beginnings, parts or patterns does not: it would take names nobody has heard of. */
static bool take_names(yz_import *in, yz_import_model *model, const yz_json *match) {
    bool all = true;
    const yz_json *equals = yz_json_get(match, "equals"), *any = yz_json_get(match, "or");
    yz_str name = yz_json_text(in->arena, equals);
    if (name.n && !yz_str_eq(name, model->model) && model->n_also < sizeof model->also / sizeof *model->also)
        model->also[model->n_also++] = name;
    for (const yz_json *m = any ? any->child : NULL; m; m = m->next)
        all &= take_names(in, model, m);
    return (equals || any) && all;
}

static bool is_one_of(yz_str name, const char *const *names, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (yz_str_is(name, names[i]))
            return true;
    return false;
}

static void read_model(yz_import *in, yz_str seller, const yz_json *said) {
    static const char *const known[] = {"id",         "match",          "name",           "description", "context_window",
                                        "deprecated", "price_comments", "price_variants", "prices"};
    yz_str id = yz_json_text(in->arena, yz_json_get(said, "id"));
    yz_import_model *model = yz_import_model_new(in, seller, id, said);
    const yz_json *prices = yz_json_given(said, "prices"), *match = yz_json_given(said, "match");
    entries all = {0};
    if (id.n == 0 || !prices) {
        yz_import_say(in, model, said, true, "a model should have an id and prices");
        return;
    }
    for (const yz_json *m = said->child; m; m = m->next)
        if (!is_one_of(yz_json_key(m), known, sizeof known / sizeof *known))
            yz_import_unknown(in, "a model", m);
    if (!read_entries(in, model, prices, &all) || !read_variants(in, model, yz_json_given(said, "price_variants"), &all))
        return;
    if (match && !take_names(in, model, match))
        yz_import_say(in, model, match, false, "goes by beginnings or patterns of names, too: only whole names are taken");
    if (yz_json_true(yz_json_get(said, "deprecated")))
        yz_import_say(in, model, said, false, "is called deprecated, without a day on which it ends");
    if (make_versions(in, model, said, &all))
        yz_import_add(in, model);
}

void yz_import_genai(yz_import *in, const yz_json *root) {
    static const char *const known[] = {"id",
                                        "name",
                                        "api_pattern",
                                        "pricing_urls",
                                        "description",
                                        "model_match",
                                        "provider_match",
                                        "extractors",
                                        "models",
                                        "price_comments",
                                        "fallback_model_providers"};
    for (const yz_json *seller = root->child; seller; seller = seller->next) {
        const yz_json *models = yz_json_get(seller, "models");
        yz_str id = yz_json_text(in->arena, yz_json_get(seller, "id")), ours;
        if (id.n == 0 || !yz_json_is(models, YZ_JSON_ARRAY)) {
            yz_import_say(in, NULL, seller, true, "it should be a provider of genai-prices, {\"id\": \"acme\", \"models\": […]}");
            return;
        }
        for (const yz_json *m = seller->child; m; m = m->next)
            if (!is_one_of(yz_json_key(m), known, sizeof known / sizeof *known))
                yz_import_unknown(in, "a provider", m);
        ours = yz_import_seller_of(in, id);
        for (const yz_json *model = ours.n ? models->child : NULL; model; model = model->next)
            read_model(in, ours, model);
    }
}
