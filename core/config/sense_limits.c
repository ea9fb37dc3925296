/* config/sense_limits.c: two limits of one chain that count the same thing for the same people: they are one count, and each request adds
 * to it twice, so that half as many pass as either says. Warnings only. Knows the bundled limit by name, and that all but the numbers of an
 * entry of its `limits` makes it what it is.
 */
#include "config/read.h"

typedef struct rule { /* an entry, and where it stands */
    const yz_stage_settings *stage;
    const yz_option_table *table;
    const void *config;
    size_t place; /* in its stage, from 1 */
} rule;

static bool same_list(const yz_list *a, const yz_list *b) {
    bool same = a->n == b->n;
    for (size_t i = 0; same && i < a->n; i++)
        same = yz_str_eq(a->items[i], b->items[i]);
    return same;
}

/* Whom it binds and how long it counts: is that the same? */
static bool same_field(const yz_option *option, const void *a, const void *b) {
    switch (option->type) {
    case YZ_OPTION_CHOICE:
        return *(const int *)a == *(const int *)b;
    case YZ_OPTION_DURATION:
        return *(const int64_t *)a == *(const int64_t *)b;
    case YZ_OPTION_STRING:
        return yz_str_eq(*(const yz_str *)a, *(const yz_str *)b);
    case YZ_OPTION_LIST:
        return same_list(a, b);
    default:
        return true;
    }
}

/* What both of them limit: "requests"; NULL: nothing, or they differ in more than their numbers. */
static const char *counted_by_both(const rule *a, const rule *b) {
    const char *both = NULL;
    for (size_t i = 0; i < a->table->n_options; i++) {
        const yz_option *option = &a->table->options[i];
        const void *of_a = (const char *)a->config + option->offset, *of_b = (const char *)b->config + option->offset;
        if (option->type == YZ_OPTION_INT && !both && *(const int64_t *)of_a > 0 && *(const int64_t *)of_b > 0)
            both = option->name;
        if (!same_field(option, of_a, of_b))
            return NULL;
    }
    return both;
}

/* Do both stages count in this process, or in one store? */
static bool count_together(const rule *a, const rule *b) {
    const yz_str *store_a = yz_stage_option(a->stage, "store", YZ_OPTION_STRING, NULL);
    const yz_str *store_b = yz_stage_option(b->stage, "store", YZ_OPTION_STRING, NULL);
    return store_a && store_b && yz_str_eq(*store_a, *store_b);
}

static void check_rule(yz_reader *reader, const yz_chain_settings *chain, const rule *rules, size_t n, const rule *last) {
    for (size_t i = 0; i < n; i++) {
        const char *both = count_together(&rules[i], last) ? counted_by_both(&rules[i], last) : NULL;
        if (!both)
            continue;
        const char *other = rules[i].stage == last->stage ? "" : " of the limit above it";
        yz_diag_at(reader->diag, last->stage->at);
        yz_diag_warn(
            reader->diag,
            "%s: limit: limits[%zu] counts the %s that limits[%zu]%s counts: they are one count, to which everything adds twice, so half "
            "as much passes; leave one of them away",
            yz_chain_words(reader, chain), last->place, both, rules[i].place, other);
        return;
    }
}

/* Keys and groups of a ledger may have limits of their own, which it counts as well. */
static void check_any(yz_reader *reader, const yz_chain_settings *chain, const yz_stage_settings *stage, const yz_tables *limits) {
    if (limits->n > 0 || reader->settings->ledger)
        return;
    yz_diag_at(reader->diag, stage->at);
    yz_diag_warn(reader->diag, "%s: limit {} limits nothing: limits = { { requests = 60, window = \"1m\" } } says what is too much",
                 yz_chain_words(reader, chain));
}

void yz_read_limit_sense(yz_reader *reader, const yz_chain_settings *chain) {
    size_t most = 0, n = 0;
    for (size_t i = 0; i < chain->n_stages; i++) {
        const yz_tables *limits = yz_stage_option(&chain->stages[i], "limits", YZ_OPTION_TABLES, NULL);
        most += limits ? limits->n : 0;
    }
    rule *rules = yz_alloc(reader->arena, (most + 1) * sizeof *rules);
    for (size_t i = 0; i < chain->n_stages; i++) {
        const yz_stage_settings *stage = &chain->stages[i];
        const yz_option *option = NULL;
        const yz_tables *limits =
            strcmp(stage->plugin->name, "limit") == 0 ? yz_stage_option(stage, "limits", YZ_OPTION_TABLES, &option) : NULL;
        if (limits)
            check_any(reader, chain, stage, limits);
        for (size_t k = 0; limits && k < limits->n && !yz_diag_full(reader->diag); k++) {
            rules[n] = (rule){stage, option->table, limits->items[k], k + 1};
            check_rule(reader, chain, rules, n, &rules[n]);
            n++;
        }
    }
}
