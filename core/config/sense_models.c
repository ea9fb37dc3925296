/* config/sense_models.c: options of stages that name models: a misspelt one would be found when it is needed most, after everything else
 * has failed. Knows no stage: which options name models is declared by their plugins.
 */
#include "config/read.h"

typedef struct naming {
    yz_reader *reader;
    const char *stage, *option;
    const char *const *names; /* of all models */
} naming;

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
    if (option->type == YZ_OPTION_STRING)
        check_name(n, *(const yz_str *)field);
    const yz_list *list = option->type == YZ_OPTION_LIST ? field : NULL;
    for (size_t i = 0; list && i < list->n; i++)
        check_name(n, list->items[i]);
    const yz_map *map = option->type == YZ_OPTION_MAP ? field : NULL;
    for (size_t i = 0; map && i < map->n; i++) {
        check_name(n, map->items[i].name);
        check_name(n, map->items[i].value);
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
                    check_option(&(naming){reader, stage->plugin->name, option->name, names}, option, stage->config);
            }
        }
}
