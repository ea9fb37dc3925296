/* config/sense_targets.c: targets that are told apart by weight, tier or concurrency where nobody looks at that, a target that a model has
 * twice, and a race that has no second runner. Warnings only. Knows the bundled stages balance and hedge by name, and those that lead to
 * other models than the client names.
 */
#include "config/read.h"

static bool is_named(const yz_settings *s, const yz_chain_settings *chain) {
    bool named = chain == s->default_chain;
    for (size_t i = 0; i < s->n_listens && !named; i++)
        named = s->listens[i].chain == chain;
    for (size_t i = 0; i < s->n_keys && !named; i++)
        named = s->keys[i].chain == chain;
    return named;
}

/* May a request for this model go through this chain? One that is taken for the model alone serves others, too, if a stage leads there. */
bool yz_chain_leads_to(const yz_settings *s, const yz_chain_settings *chain, const yz_model_settings *model) {
    static const char *const leading[] = {"policy", "workflow", "fallback", "bill", "shadow"};
    const yz_key taken = {YZ_KEY, .models = chain->models.items, .n_models = chain->models.n};
    bool leads = is_named(s, chain) || (chain->models.n > 0 && yz_key_allows(&taken, model->name));
    for (size_t i = 0; i < sizeof(leading) / sizeof(*leading) && !leads; i++)
        leads = chain->models.n > 0 && yz_chain_find_stage(chain, leading[i], 0);
    return leads;
}

static void check_told_apart(yz_reader *reader, const yz_model_settings *model) {
    const yz_settings *s = reader->settings;
    bool leads = false, balanced = false;
    for (size_t i = 0; i < s->n_chains; i++) {
        bool here = yz_chain_leads_to(s, &s->chains[i], model);
        leads = leads || here;
        balanced = balanced || (here && yz_chain_find_stage(&s->chains[i], "balance", 0));
    }
    if (!leads || balanced)
        return;
    yz_diag_at(reader->diag, model->at);
    yz_diag_warn(reader->diag,
                 "model \"%.*s\": %s of its target \"%.*s\" counts for nothing: targets are asked in their order, unless balance {} stands "
                 "at the end "
                 "of the chain",
                 YZ_STR_ARGS(model->name), model->told_apart, YZ_STR_ARGS(model->told_of->provider->name));
}

/* The place of the target that this one is once more; n: it is there once. Nodes of a provider are targets of their own. */
static size_t same_before(const yz_model_settings *model, size_t n) {
    size_t i = 0;
    while (i < n &&
           (model->targets[i]->provider != model->targets[n]->provider || !yz_str_eq(model->targets[i]->model, model->targets[n]->model)))
        i++;
    return i;
}

/* Whoever asks another target after a failure, or beside one that is late, asks the same one again. */
static void check_once(yz_reader *reader, const yz_model_settings *model) {
    for (size_t i = 1; i < model->n_targets; i++) {
        size_t first = same_before(model, i);
        if (first == i)
            continue;
        yz_diag_at(reader->diag, model->at);
        yz_diag_warn(
            reader->diag,
            "model \"%.*s\": targets %zu and %zu are the same, %.*s: what is asked of another target after a failure, or beside a late "
            "one, is asked of it again; leave one away (weight = 2 doubles a share)",
            YZ_STR_ARGS(model->name), first + 1, i + 1, YZ_STR_ARGS(yz_target_name(reader->arena, model->targets[i])));
        return;
    }
}

/* Does the catalogue of its flavour know it with what stands before the slash, as "groq/compound"? */
static bool is_whole_name(const yz_flavour *flavour, yz_str model) {
    for (size_t i = 0; flavour && i < flavour->catalogue.n; i++) {
        const yz_flavour_model *row = flavour->catalogue.items[i];
        for (size_t k = 0; k < row->names.n; k++) {
            yz_str name = row->names.items[k];
            const char *slash = name.n > 0 ? memchr(name.p, '/', name.n) : NULL;
            size_t n = slash ? (size_t)(slash - name.p) + 1 : 0;
            if (n > 1 && model.n > n && memcmp(model.p, name.p, n) == 0)
                return true;
        }
    }
    return false;
}

/* "PROVIDER/gpt-5.2" { "PROVIDER" }: the provider is asked for a model of just that name, which it hardly has. */
static void check_path(yz_reader *reader, const yz_model_settings *model) {
    const char *slash = memchr(model->name.p, '/', model->name.n);
    yz_str before = {model->name.p, slash ? (size_t)(slash - model->name.p) : 0};
    for (size_t i = 0; slash && slash[1] && slash[1] != '*' && i < model->n_targets; i++) {
        const yz_provider_settings *p = (const yz_provider_settings *)model->targets[i]->provider;
        bool asked = yz_str_eq(model->targets[i]->model, model->name) && yz_str_eq(p->pub.name, before) && !p->pub.adapter->local;
        if (!asked || is_whole_name(p->flavour, model->name))
            continue;
        yz_diag_at(reader->diag, model->at);
        yz_diag_warn(reader->diag,
                     "model \"%.*s\": provider \"%.*s\" is asked for a model of just that name; { { \"%.*s\", as = \"%s\" } } asks it for "
                     "\"%s\"",
                     YZ_STR_ARGS(model->name), YZ_STR_ARGS(before), YZ_STR_ARGS(before), slash + 1, slash + 1);
        return;
    }
}

/* A hedge where every model has one target, or none, since only policies know it. */
static void check_hedge(yz_reader *reader, const yz_chain_settings *chain) {
    const yz_settings *s = reader->settings;
    const yz_stage_settings *hedge = yz_chain_find_stage(chain, "hedge", 0);
    const yz_model_settings *first = NULL;
    bool several = false;
    for (size_t i = 0; i < s->n_models; i++) {
        if (!yz_chain_leads_to(s, chain, &s->models[i]))
            continue;
        first = first || s->models[i].n_targets == 0 ? first : &s->models[i];
        several = several || s->models[i].n_targets > 1;
    }
    if (!hedge || !first || several)
        return;
    yz_diag_at(reader->diag, hedge->at);
    yz_diag_warn(reader->diag,
                 "%s: hedge asks nobody a second time, since every model has one target: model \"%.*s\" { \"%.*s\", \"another\" }",
                 yz_chain_words(reader, chain), YZ_STR_ARGS(first->name), YZ_STR_ARGS(first->targets[0]->provider->name));
}

void yz_read_target_sense(yz_reader *reader) {
    const yz_settings *s = reader->settings;
    for (size_t i = 0; i < s->n_models; i++) {
        check_once(reader, &s->models[i]);
        check_path(reader, &s->models[i]);
        if (s->models[i].told_apart)
            check_told_apart(reader, &s->models[i]);
    }
    for (size_t i = 0; i < s->n_chains; i++)
        check_hedge(reader, &s->chains[i]);
}
