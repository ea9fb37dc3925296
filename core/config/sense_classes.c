/* config/sense_classes.c: keys, or values of a label, that `shed` is to serve both first and last: they go first, and what says that they
 * go last counts for nothing. A warning only. Knows the bundled shed by name.
 */
#include "config/sense_walk.h"

/* The pattern whose names are all among those that this one stands for; NULL: none. */
static const yz_str *inside(const yz_list *list, yz_str pattern) {
    for (size_t i = 0; i < list->n; i++)
        if (yz_name_fits(list->items[i], pattern))
            return &list->items[i];
    return NULL;
}

static void check_classes(yz_reader *reader, const yz_chain_settings *chain, const yz_stage_settings *shed) {
    const yz_list *high = yz_stage_option(shed, "high", YZ_OPTION_LIST, NULL), *low = yz_stage_option(shed, "low", YZ_OPTION_LIST, NULL);
    for (size_t i = 0; high && low && i < low->n && !yz_diag_full(reader->diag); i++) {
        const yz_str *first = inside(high, low->items[i]);
        if (!first)
            continue;
        yz_diag_at(reader->diag, shed->at);
        yz_diag_warn(reader->diag,
                     "%s: shed: \"%.*s\" in low counts for nothing, since \"%.*s\" in high goes first: leave one of them away",
                     yz_chain_words(reader, chain), YZ_STR_ARGS(low->items[i]), YZ_STR_ARGS(*first));
    }
}

void yz_read_class_sense(yz_reader *reader, const yz_chain_settings *chain) {
    for (size_t i = 0; i < chain->n_stages; i++)
        if (strcmp(chain->stages[i].plugin->name, "shed") == 0)
            check_classes(reader, chain, &chain->stages[i]);
}
