/* import_models_dev.c: the api.json of models.dev: {"acme": {"id", "models": {"fast-1": {"id", "cost": {…}}}}}, USD per million tokens.
 *
 * It has no dates, hours or service tiers. Of tiers it does not say whether they count for the whole request: they are taken so, strictly
 * above, as vendors ask it. `context_over_200k` beside them is wrong in its name (mostly it starts at 272,000), and is never taken.
 */
#include "price/import.h"

typedef struct cost_field {
    const char *name;
    yz_rate rate;
} cost_field;

static const cost_field COSTS[] = {{"input", YZ_RATE_INPUT},
                                   {"output", YZ_RATE_OUTPUT},
                                   {"cache_read", YZ_RATE_CACHED},
                                   {"cache_write", YZ_RATE_CACHE_WRITE},
                                   {"reasoning", YZ_RATE_REASONING},
                                   {"input_audio", YZ_RATE_AUDIO_INPUT},
                                   {"output_audio", YZ_RATE_AUDIO_OUTPUT}};

static const cost_field *find_cost(yz_str name) {
    for (size_t i = 0; i < sizeof COSTS / sizeof *COSTS; i++)
        if (yz_str_is(name, COSTS[i].name))
            return &COSTS[i];
    return NULL;
}

static bool is_one_of(yz_str name, const char *const *names, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (yz_str_is(name, names[i]))
            return true;
    return false;
}

/* ---- costs ---------------------------------------------------------------------------------------------------------- */

static bool read_tier(yz_import *in, yz_import_model *model, const yz_json *said, yz_import_rates *rates) {
    const yz_json *tier = yz_json_get(said, "tier"), *type = yz_json_given(tier, "type");
    int64_t above = yz_json_int(yz_json_get(tier, "size"), 0), value;
    if (above <= 0 || (type && !yz_str_is(yz_json_escaped(type), "context"))) {
        yz_import_say(in, model, said, true,
                      "a tier should say from which size of the context on it counts: \"tier\": {\"type\": \"context\", \"size\": 200000}");
        return false;
    }
    for (const yz_json *m = said->child; m; m = m->next) {
        const cost_field *cost = find_cost(yz_json_key(m));
        if (m == tier)
            continue;
        if (!cost)
            yz_import_unknown(in, "a tier", m);
        else if (!yz_import_rate(in, model, m, 1000000, &value))
            return false;
        else if (value > 0 && !yz_import_tier(rates, cost->rate, above, value))
            yz_import_say(in, model, m, false, "has more tiers than can be kept");
    }
    return true;
}

static bool read_tiers(yz_import *in, yz_import_model *model, const yz_json *tiers, yz_import_rates *rates) {
    for (const yz_json *tier = tiers->child; tier; tier = tier->next)
        if (!read_tier(in, model, tier, rates))
            return false;
    return true;
}

static bool read_cost(yz_import *in, yz_import_model *model, const yz_json *cost, yz_import_rates *rates) {
    const yz_json *tiers = yz_json_given(cost, "tiers");
    for (const yz_json *m = cost->child; m; m = m->next) {
        const cost_field *known = find_cost(yz_json_key(m));
        if (known && !yz_import_rate(in, model, m, 1000000, &rates->base.of[known->rate]))
            return false;
        if (yz_str_is(yz_json_key(m), "context_over_200k") && !tiers)
            yz_import_say(in, model, m, false,
                          "context_over_200k without tiers: left out, since where it begins is not what its name says");
        else if (!known && m != tiers && !yz_str_is(yz_json_key(m), "context_over_200k"))
            yz_import_unknown(in, "a cost", m);
    }
    return !tiers || read_tiers(in, model, tiers, rates);
}

/* The format knows one cache write. Where longer ones cost more, that would charge too little for them. */
static void write_for_an_hour(yz_import *in, yz_import_model *model, const yz_json *at, yz_import_rates *rates) {
    int64_t input = rates->base.of[YZ_RATE_INPUT];
    if (in->write_1h == 0 || input <= 0 || rates->base.of[YZ_RATE_CACHE_WRITE] <= 0)
        return;
    __int128 product = (__int128)input * in->write_1h;
    rates->base.of[YZ_RATE_CACHE_WRITE_1H] = (int64_t)(product / 1000000000);
    yz_import_say(in, model, at, false, "cache_write_1h is not of the file: it is %s", "so many times the input as --cache-write-1h says");
}

/* ---- models --------------------------------------------------------------------------------------------------------- */

/* Modes such as "fast" have a cost of their own, by a word in the request. */
static void tell_modes(yz_import *in, const yz_import_model *model, const yz_json *said) {
    const yz_json *modes = yz_json_get(yz_json_get(said, "experimental"), "modes");
    for (const yz_json *mode = modes ? modes->child : NULL; mode; mode = mode->next)
        if (yz_json_get(mode, "cost"))
            yz_import_say(in, model, mode, false, "the mode \"%.*s\" has a price of its own, which is not carried",
                          YZ_STR_ARGS(yz_json_key(mode)));
}

static void read_model(yz_import *in, yz_str seller, const yz_json *said) {
    static const char *const others[] = {"attachment", "id",           "last_updated",     "limit",     "modalities",        "name",
                                         "reasoning",  "open_weights", "release_date",     "tool_call", "temperature",       "family",
                                         "knowledge",  "interleaved",  "provider",         "status",    "structured_output", "experimental",
                                         "cost",       "description",  "reasoning_options"};
    yz_str name = yz_json_unescape(in->arena, yz_json_key(said));
    yz_import_model *model = yz_import_model_new(in, seller, name, said);
    yz_import_rates rates = {0};
    const yz_json *cost = yz_json_given(said, "cost");
    memset(rates.base.of, 0xff, sizeof rates.base.of);
    for (const yz_json *m = said->child; m; m = m->next)
        if (!is_one_of(yz_json_key(m), others, sizeof others / sizeof *others))
            yz_import_unknown(in, "a model", m);
    if (!yz_json_is(said, YZ_JSON_OBJECT) || (cost && !yz_json_is(cost, YZ_JSON_OBJECT))) {
        yz_import_say(in, model, said, true, "should be an object with a cost, as in {\"cost\": {\"input\": 1.75, \"output\": 14}}");
        return;
    }
    if (cost && !read_cost(in, model, cost, &rates))
        return;
    if (yz_str_is(yz_json_escaped(yz_json_get(said, "status")), "deprecated"))
        yz_import_say(in, model, said, false, "is called deprecated, without a day on which it ends");
    tell_modes(in, model, said);
    if (!yz_import_worth(in, model, said, &rates))
        return;
    write_for_an_hour(in, model, said, &rates);
    model->versions = yz_alloc(in->arena, sizeof *model->versions);
    model->versions[model->n_versions++] = yz_import_price(in, model, 0, &rates);
    yz_import_add(in, model);
}

void yz_import_models_dev(yz_import *in, const yz_json *root) {
    static const char *const others[] = {"id", "env", "npm", "api", "name", "doc", "models"};
    for (const yz_json *seller = root->child; seller; seller = seller->next) {
        const yz_json *models = yz_json_get(seller, "models");
        yz_str ours = yz_import_seller_of(in, yz_json_unescape(in->arena, yz_json_key(seller)));
        if (!yz_json_is(models, YZ_JSON_OBJECT)) {
            yz_import_say(in, NULL, seller, true,
                          "\"%.*s\" should be a provider of models.dev, {\"id\": …, \"models\": {…}}; is this file its api.json?",
                          YZ_STR_ARGS(yz_json_key(seller)));
            return;
        }
        for (const yz_json *m = seller->child; m; m = m->next)
            if (!is_one_of(yz_json_key(m), others, sizeof others / sizeof *others))
                yz_import_unknown(in, "a provider", m);
        for (const yz_json *model = ours.n ? models->child : NULL; model; model = model->next)
            read_model(in, ours, model);
    }
}
