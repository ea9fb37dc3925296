/* config/sense_models.c: options of stages that name models: a misspelt one would be found when it is needed most, after everything else
 * has failed. Knows no stage: which options name models is declared by their plugins.
 */
#include "config/read.h"

typedef struct naming {
    yz_reader *reader;
    const yz_chain_settings *chain;
    const yz_stage_settings *at;
    const char *stage, *option;
    const char *const *names; /* of all models */
} naming;

/* Does a stage answer for it: a workflow, or a policy below that may choose another? */
static bool is_served(const naming *n, const yz_model_settings *model) {
    const yz_settings *s = n->reader->settings;
    size_t below = (size_t)(n->at - n->chain->stages) + 1;
    if (model->n_targets > 0 || yz_chain_find_stage(n->chain, "policy", below))
        return true;
    for (size_t i = 0; i < s->n_chains; i++)
        for (const yz_stage_settings *w = yz_chain_find_stage(&s->chains[i], "workflow", 0); w;
             w = yz_chain_find_stage(&s->chains[i], "workflow", (size_t)(w - s->chains[i].stages) + 1)) {
            const yz_str *own = yz_stage_option(w, "model", YZ_OPTION_STRING, NULL);
            if (own && yz_str_eq(*own, model->name))
                return true;
        }
    return false;
}

/* It is what is asked instead of another one: so somebody should serve it. */
static void check_served(const naming *n, yz_str model) {
    const yz_model_settings *found = model.n > 0 ? yz_model_find(n->reader->settings, model) : NULL;
    if (found && !is_served(n, found) && !yz_diag_full(n->reader->diag))
        yz_diag_warn(n->reader->diag,
                     "%s: %s: the model \"%.*s\" has no targets, so nobody answers for it; one that a provider serves is wanted", n->stage,
                     n->option, YZ_STR_ARGS(model));
}

/* What one model is wanted for. */
static bool is_pattern(const naming *n, yz_str model) {
    if (model.n == 0 || model.p[model.n - 1] != '*' || yz_diag_full(n->reader->diag))
        return false;
    yz_diag_error(n->reader->diag, "%s: %s: \"%.*s\" stands for many models: the name of one is wanted", n->stage, n->option,
                  YZ_STR_ARGS(model));
    return true;
}

static void check_name(const naming *n, yz_str model) {
    const yz_settings *s = n->reader->settings;
    const yz_model_settings *found = model.n > 0 ? yz_model_find(s, model) : NULL;
    const char *meant = found && !yz_str_eq(found->name, model) ? yz_did_you_mean(model, n->names, s->n_models) : NULL;
    if (meant && !strchr(meant, '*') && !yz_diag_full(n->reader->diag))
        yz_diag_warn(n->reader->diag,
                     "%s: %s: \"%.*s\" is served by the pattern \"%.*s\" alone; did you mean \"%s\"? If not, model \"%.*s\" { … } says so",
                     n->stage, n->option, YZ_STR_ARGS(model), YZ_STR_ARGS(found->name), meant, YZ_STR_ARGS(model));
    if (model.n == 0 || found)
        return;
    const char *what = yz_format(n->reader->arena, "%s: %s", n->stage, n->option).p;
    yz_read_tell_unknown(n->reader, what, "model", model, n->names, s->n_models);
}

static void check_option(const naming *n, const yz_option *option, const void *config) {
    const void *field = (const char *)config + option->offset;
    if (option->type == YZ_OPTION_STRING) {
        if (is_pattern(n, *(const yz_str *)field))
            return;
        check_name(n, *(const yz_str *)field);
        check_served(n, *(const yz_str *)field);
    }
    const yz_list *list = option->type == YZ_OPTION_LIST ? field : NULL;
    for (size_t i = 0; list && i < list->n; i++)
        check_name(n, list->items[i]);
    const yz_map *map = option->type == YZ_OPTION_MAP ? field : NULL;
    for (size_t i = 0; map && i < map->n; i++) {
        check_name(n, map->items[i].name);
        if (is_pattern(n, map->items[i].value))
            continue;
        check_name(n, map->items[i].value);
        check_served(n, map->items[i].value);
    }
}

void yz_read_model_names(yz_reader *reader) {
    const yz_settings *s = reader->settings;
    const char **names = yz_alloc(reader->arena, (s->n_models + 1) * sizeof(*names));
    for (size_t i = 0; i < s->n_models; i++)
        names[i] = s->models[i].name.p;
    for (size_t i = 0; i < s->n_chains; i++)
        for (size_t k = 0; k < s->chains[i].n_stages; k++) {
            const yz_stage_settings *stage = &s->chains[i].stages[k];
            yz_diag_at(reader->diag, stage->at);
            for (size_t o = 0; o < stage->plugin->n_options; o++) {
                const yz_option *option = &stage->plugin->options[o];
                if (option->models)
                    check_option(&(naming){reader, &s->chains[i], stage, stage->plugin->name, option->name, names}, option, stage->config);
            }
        }
}
