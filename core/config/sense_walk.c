/* config/sense_walk.c: walks the options of all stages, those in their tables too. Knows no stage. */
#include "config/sense_walk.h"

const void *yz_option_field(const yz_option_place *at, const yz_option *option) { return (const char *)at->config + option->offset; }

/* Looks at every option, and at those of the tables in it. */
static void walk(const yz_option_place *at, yz_option_looker *look) {
    for (size_t i = 0; i < at->n_options; i++) {
        const yz_option *option = &at->options[i];
        const void *field = yz_option_field(at, option);
        yz_option_place inside = {.reader = at->reader, .chain = at->chain, .stage = at->stage};
        if (option->table) {
            inside.options = option->table->options;
            inside.n_options = option->table->n_options;
        }
        const yz_tables *tables = option->type == YZ_OPTION_TABLES ? field : NULL;
        for (size_t k = 0; tables && k < tables->n; k++) {
            inside.path = yz_format(at->reader->arena, "%s%s[%zu].", at->path, option->name, k + 1).p;
            inside.config = tables->items[k];
            walk(&inside, look);
        }
        if (option->type == YZ_OPTION_TABLE && (inside.config = *(const void *const *)field)) {
            inside.path = yz_format(at->reader->arena, "%s%s.", at->path, option->name).p;
            walk(&inside, look);
        }
        look(at, option, field);
    }
}

void yz_walk_options(yz_reader *reader, yz_option_looker *look) {
    for (size_t i = 0; i < reader->settings->n_chains; i++)
        for (size_t k = 0; k < reader->settings->chains[i].n_stages; k++) {
            const yz_chain_settings *chain = &reader->settings->chains[i];
            const yz_stage_settings *stage = &chain->stages[k];
            const char *path = yz_format(reader->arena, "%s: ", stage->plugin->name).p;
            yz_diag_at(reader->diag, stage->at);
            walk(&(yz_option_place){reader, chain, stage, path, stage->plugin->options, stage->plugin->n_options, stage->config}, look);
        }
}

bool yz_name_fits(yz_str pattern, yz_str name) {
    bool any = pattern.n > 0 && pattern.p[pattern.n - 1] == '*';
    return any ? name.n >= pattern.n - 1 && memcmp(name.p, pattern.p, pattern.n - 1) == 0 : yz_str_eq(pattern, name);
}
