/* config/sense_labels.c: labels that nobody can have, and values of one that nobody's has: what goes by them binds nobody. A label is a
 * word that a policy above passed on, or a tag of the key; only where no policy can, and no ledger keeps keys, is it known who has which.
 * Knows by name the bundled stages limit and shed, whose option `label` it is, and those that surely pass no word on.
 */
#include "config/sense_walk.h"

#include <stdlib.h>

/* Can a stage above this one pass a label on? Of one that is not ours nobody knows. */
static bool may_be_passed(const yz_chain_settings *chain, const yz_stage_settings *before) {
    static const char *const silent[] = {"auth",  "balance", "bill", "cache",  "console", "deadline", "fallback",
                                         "hedge", "limit",   "otlp", "rescue", "retry",   "shadow",   "shed"};
    for (const yz_stage_settings *stage = chain->stages; stage < before; stage++) {
        size_t i = 0;
        while (i < sizeof silent / sizeof *silent && strcmp(stage->plugin->name, silent[i]) != 0)
            i++;
        if (i == sizeof silent / sizeof *silent)
            return true;
    }
    return false;
}

typedef struct words { /* tags, or values of one, that keys here have, each once */
    const char **items;
    size_t n;
} words;

static void add(words *all, yz_str word) {
    for (size_t i = 0; i < all->n; i++)
        if (yz_str_is(word, all->items[i]))
            return;
    all->items[all->n++] = word.p;
}

static int by_word(const void *a, const void *b) { return strcmp(*(const char *const *)a, *(const char *const *)b); }

/* The names of all tags of keys that may take the chain; with a name the values of that one. */
static words tags_of(const yz_option_place *at, yz_str name) {
    const yz_settings *s = at->reader->settings;
    size_t most = 0;
    for (size_t i = 0; i < s->n_keys; i++)
        most += s->keys[i].pub.n_tags;
    words all = {.items = yz_alloc(at->reader->arena, (most + 1) * sizeof *all.items)};
    for (size_t i = 0; i < s->n_keys; i++)
        for (size_t k = 0; k < s->keys[i].pub.n_tags && yz_chain_may_take(s, at->chain, &s->keys[i]); k++) {
            const yz_header *tag = &s->keys[i].pub.tags[k];
            if (name.n == 0 || yz_str_eq(tag->name, name))
                add(&all, name.n == 0 ? tag->name : tag->value);
        }
    qsort(all.items, all.n, sizeof *all.items, by_word);
    return all;
}

/* `begin`: what is wrong, whole; then what was meant, or what there is. */
static void tell(const yz_option_place *at, const char *begin, yz_str said, const words *all) {
    enum { SHOWN = 8 };
    const char *meant = yz_did_you_mean(said, all->items, all->n);
    yz_buf list = {0};
    for (size_t i = 0; i < all->n && i < SHOWN; i++)
        yz_buf_printf(&list, "%s%s", i > 0 ? ", " : "", all->items[i]);
    if (all->n > SHOWN)
        yz_buf_printf(&list, " and %zu more", all->n - SHOWN);
    if (meant)
        yz_diag_warn(at->reader->diag, "%s: did you mean \"%s\"?", begin, meant);
    else
        yz_diag_warn(at->reader->diag, "%s%s%.*s", begin, all->n > 0 ? ": there are " : "", YZ_STR_ARGS(yz_buf_view(&list)));
    yz_buf_free(&list);
}

static void check_values(const yz_option_place *at, const char *option, const yz_list *values, yz_str label, const words *all) {
    for (size_t i = 0; i < values->n && !yz_diag_full(at->reader->diag); i++) {
        size_t k = 0;
        while (k < all->n && !yz_name_fits(values->items[i], yz_str_of(all->items[k])))
            k++;
        if (k == all->n)
            tell(at,
                 yz_format(at->reader->arena, "%s%s: no key that comes here has a tag %.*s = \"%.*s\"", at->path, option,
                           YZ_STR_ARGS(label), YZ_STR_ARGS(values->items[i]))
                     .p,
                 values->items[i], all);
    }
}

static void look_for_labels(const yz_option_place *at, const yz_option *option, const void *field) {
    const yz_settings *s = at->reader->settings;
    bool ours = strcmp(at->stage->plugin->name, "limit") == 0 || strcmp(at->stage->plugin->name, "shed") == 0;
    if (!ours || strcmp(option->name, "label") != 0 || option->type != YZ_OPTION_STRING || s->ledger || s->n_keys == 0)
        return;
    yz_str label = *(const yz_str *)field;
    if (label.n == 0 || may_be_passed(at->chain, at->stage))
        return;
    if (!yz_chain_find_stage(at->chain, "auth", 0)) {
        yz_diag_warn(at->reader->diag,
                     "%slabel: nobody has a label here: %s has neither auth {}, which knows tags of keys, nor a policy above", at->path,
                     yz_chain_words(at->reader, at->chain));
        return;
    }
    words names = tags_of(at, YZ_STR("")), values = tags_of(at, label);
    if (values.n == 0) {
        tell(at,
             yz_format(at->reader->arena, "%slabel: no key that comes here has a tag \"%.*s\", and no policy stands above", at->path,
                       YZ_STR_ARGS(label))
                 .p,
             label, &names);
        return;
    }
    for (size_t i = 0; i < at->n_options; i++) {
        const yz_option *beside = &at->options[i];
        bool of_label = (beside->unless && strcmp(beside->unless, "label") == 0) || strcmp(beside->name, "values") == 0;
        if (of_label && beside->type == YZ_OPTION_LIST)
            check_values(at, beside->name, yz_option_field(at, beside), label, &values);
    }
}

void yz_read_label_sense(yz_reader *reader) { yz_walk_options(reader, look_for_labels); }
