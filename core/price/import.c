/* import.c: what the readers of other people's price lists share: notes, numbers, zeros, tiers. */
#include "price/import.h"
#include "base/arena.h"

#include <stdio.h>

/* ---- notes ---------------------------------------------------------------------------------------------------------- */

size_t yz_import_line(yz_import *in, const yz_json *at) {
    if (!at)
        return 0;
    if (!in->counted || at->p < in->counted) /* mostly one walks forward */
        in->counted = in->text.p, in->lines = 1;
    for (; in->counted < at->p; in->counted++)
        in->lines += *in->counted == '\n';
    return in->lines;
}

static void say(yz_import *in, const yz_import_model *model, const yz_json *at, bool fault, yz_str text) {
    yz_import_note *note = yz_alloc(in->arena, sizeof *note);
    *note = (yz_import_note){.line = yz_import_line(in, at), .fault = fault, .text = text};
    if (at) {
        const char *begin = at->p;
        while (begin > in->text.p && begin[-1] != '\n')
            begin--;
        note->column = (size_t)(at->p - begin) + 1;
    }
    if (model)
        note->seller = model->seller, note->model = model->model;
    *in->last = note;
    in->last = &note->next;
    in->faults += fault;
}

void yz_import_say(yz_import *in, const yz_import_model *model, const yz_json *at, bool fault, const char *fmt, ...) {
    char text[512];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    say(in, model, at, fault, yz_dup(in->arena, yz_str_of(text)));
}

void yz_import_unknown(yz_import *in, const char *where, const yz_json *member) {
    yz_str text =
        yz_format(in->arena, "%s has a field \"%.*s\" that is not known here, and was not read", where, YZ_STR_ARGS(yz_json_key(member)));
    for (const yz_import_note *note = in->notes; note; note = note->next)
        if (yz_str_eq(note->text, text))
            return;
    say(in, NULL, member, false, text);
}

/* ---- models --------------------------------------------------------------------------------------------------------- */

yz_str yz_import_seller_of(yz_import *in, yz_str theirs) {
    for (size_t i = 0; i < in->n_sellers; i++)
        if (yz_str_eq(in->sellers[i].theirs, theirs))
            return in->sellers[i].ours;
    if (in->n_sellers == 0)
        return theirs;
    if (in->n_others < sizeof in->others / sizeof *in->others)
        in->others[in->n_others++] = theirs;
    return yz_str_at(NULL, 0);
}

yz_import_model *yz_import_model_new(yz_import *in, yz_str seller, yz_str model, const yz_json *at) {
    yz_import_model *made = yz_alloc(in->arena, sizeof *made);
    *made = (yz_import_model){.seller = seller, .model = model, .line = yz_import_line(in, at)};
    for (size_t i = 0; i < in->n_free; i++)
        made->free |= yz_str_is(model, in->free[i]);
    return made;
}

const yz_import_model *yz_import_find(const yz_import *in, yz_str seller, yz_str model) {
    for (const yz_import_model *m = in->models; m; m = m->next)
        if (yz_str_eq(m->seller, seller) && yz_str_eq(m->model, model))
            return m;
    return NULL;
}

void yz_import_add(yz_import *in, yz_import_model *model) {
    if (yz_import_find(in, model->seller, model->model)) {
        yz_import_say(in, model, NULL, true, "is there twice: two sellers of the file are one here, or the file repeats itself");
        return;
    }
    *in->end = model;
    in->end = &model->next;
}

/* ---- numbers -------------------------------------------------------------------------------------------------------- */

bool yz_import_rate(yz_import *in, yz_import_model *model, const yz_json *value, int64_t units, int64_t *rate) {
    yz_str literal = yz_json_is(value, YZ_JSON_STRING) ? yz_json_escaped(value) : yz_json_raw(value), name = yz_json_key(value);
    const char *fault = "should be a number of USD";
    bool exact = true;
    *rate = -1;
    if (yz_json_is(value, YZ_JSON_NULL))
        return true;
    if (yz_json_is(value, YZ_JSON_NUMBER) || yz_json_is(value, YZ_JSON_STRING))
        fault = yz_price_decimal(literal, units, rate, &exact);
    if (fault) {
        yz_import_say(in, model, value, true, "%.*s is %.*s, which %s", YZ_STR_ARGS(name), (int)(literal.n < 60 ? literal.n : 60),
                      literal.p, fault);
        return false;
    }
    if (!exact) {
        yz_import_say(in, model, value, false, "%.*s is %.*s, no whole number of nano-USD per million: rounded, half to even",
                      YZ_STR_ARGS(name), YZ_STR_ARGS(literal));
        model->kept = yz_format(in->arena, "%.*s%s%.*s %.*s", YZ_STR_ARGS(model->kept), model->kept.n ? ", " : "", YZ_STR_ARGS(name),
                                YZ_STR_ARGS(literal));
    }
    return true;
}

bool yz_import_tier(yz_import_rates *rates, yz_rate rate, int64_t above, int64_t value) {
    if (rates->n_tiers == sizeof rates->tiers / sizeof *rates->tiers)
        return false;
    rates->tiers[rates->n_tiers].rate = rate;
    rates->tiers[rates->n_tiers].above = above;
    rates->tiers[rates->n_tiers++].value = value;
    return true;
}

bool yz_import_worth(yz_import *in, yz_import_model *model, const yz_json *at, yz_import_rates *rates) {
    bool said = false, worth = false;
    for (yz_rate rate = 0; rate < YZ_RATES_N; rate++) {
        said |= rates->base.of[rate] >= 0;
        worth |= rates->base.of[rate] > 0;
    }
    if (!worth) {
        if (!model->free)
            yz_import_say(in, model, at, false, "%s, which is no price: left out, unless --free MODEL says that it costs nothing",
                          said ? "costs zero" : "says nothing that can be carried");
        return model->free;
    }
    model->free = false;
    for (yz_rate rate = 0; rate < YZ_RATES_N; rate++)
        if (rate != YZ_RATE_INPUT && rate != YZ_RATE_OUTPUT && rates->base.of[rate] == 0) {
            yz_import_say(in, model, at, false, "%s is zero beside a price: taken for unsaid", yz_rate_words[rate]);
            rates->base.of[rate] = -1;
        }
    return true;
}

/* ---- prices --------------------------------------------------------------------------------------------------------- */

/* Of one rate what counts above so many tokens; -1: its own, without tiers. */
static int64_t above(const yz_import_rates *rates, yz_rate rate, int64_t tokens) {
    int64_t best = 0, value = -1;
    for (size_t i = 0; i < rates->n_tiers; i++)
        if (rates->tiers[i].rate == rate && rates->tiers[i].above <= tokens && rates->tiers[i].above > best)
            best = rates->tiers[i].above, value = rates->tiers[i].value;
    return value;
}

/* Every rate may have its own tiers: each edge of one of them is an edge of the price. */
static void join_tiers(const yz_import *in, const yz_import_rates *rates, yz_price *price) {
    price->tiers = yz_alloc(in->arena, (rates->n_tiers + 1) * sizeof *price->tiers);
    for (int64_t edge = 0;;) {
        int64_t next = INT64_MAX;
        for (size_t i = 0; i < rates->n_tiers; i++)
            if (rates->tiers[i].above > edge && rates->tiers[i].above < next)
                next = rates->tiers[i].above;
        if (next == INT64_MAX)
            return;
        yz_price_tier *tier = &price->tiers[price->n_tiers++];
        tier->above = edge = next;
        for (yz_rate rate = 0; rate < YZ_RATES_N; rate++)
            tier->rates.of[rate] = above(rates, rate, edge);
    }
}

yz_price *yz_import_price(const yz_import *in, const yz_import_model *model, int64_t from, const yz_import_rates *rates) {
    yz_price *price = yz_alloc(in->arena, sizeof *price);
    *price = (yz_price){.seller = model->seller, .model = model->model, .from = from, .rates = rates->base};
    if (model->free)
        price->rates.of[YZ_RATE_INPUT] = price->rates.of[YZ_RATE_OUTPUT] = 0;
    join_tiers(in, rates, price);
    price->id = yz_price_name(in->arena, price);
    return price;
}

/* ---- names ---------------------------------------------------------------------------------------------------------- */

/* Does an earlier model go by that name? */
static bool is_taken(const yz_import *in, const yz_import_model *model, yz_str name) {
    for (const yz_import_model *m = in->models; m != model; m = m->next)
        for (size_t i = 0; i < m->n_also; i++)
            if (yz_str_eq(m->seller, model->seller) && yz_str_eq(m->also[i], name))
                return true;
    return false;
}

/* A name that two models go by would have two prices: it stays with the model that is called so, or with the first. */
static void settle_names(yz_import *in) {
    for (yz_import_model *m = in->models; m; m = m->next) {
        size_t kept = 0;
        for (size_t i = 0; i < m->n_also; i++) {
            if (yz_import_find(in, m->seller, m->also[i]) || is_taken(in, m, m->also[i]))
                yz_import_say(in, m, NULL, false, "also goes by \"%.*s\", as another model does: left to that one",
                              YZ_STR_ARGS(m->also[i]));
            else
                m->also[kept++] = m->also[i];
        }
        m->n_also = kept;
    }
}

/* ---- the file ------------------------------------------------------------------------------------------------------- */

void yz_import_read(yz_import *in, yz_str text) {
    yz_json *root;
    yz_json_fault why = {0};
    in->text = text;
    in->end = &in->models;
    in->last = &in->notes;
    if (text.n >= 3 && memcmp(text.p, "\xef\xbb\xbf", 3) == 0)
        in->text = text = yz_str_at(text.p + 3, text.n - 3);
    if (yz_json_parse(in->arena, text, 0, &root, &why) != YZ_OK) {
        const yz_json place = {.p = text.p + (why.at < text.n ? why.at : text.n)};
        yz_import_say(in, NULL, &place, true, "it should be JSON, as genai-prices and models.dev publish it: %s",
                      why.reason ? why.reason : "it is not");
    } else if (yz_json_is(root, YZ_JSON_ARRAY)) {
        in->format = "genai-prices";
        yz_import_genai(in, root);
    } else if (yz_json_is(root, YZ_JSON_OBJECT)) {
        in->format = "models.dev";
        yz_import_models_dev(in, root);
    } else {
        yz_import_say(in, NULL, root, true, "it should be an array of providers (genai-prices) or an object of them (models.dev)");
    }
    settle_names(in);
}
