/* config/sense_order.c: stages in an order that defeats one of them. Warnings only: whoever means it is served. Knows the bundled stages by
 * name, no others; and of their options those on which an order depends.
 */
#include "config/read.h"
#include "plugin/option_value.h"

/* ---- on what it depends -------------------------------------------------------------------------------------------------------- */

/* Does a rule count by one of these words, or, with `keys`, bind keys that it names? */
static bool rule_goes_by(const yz_option_table *table, const void *rule, const char *words, bool keys) {
    const yz_option *per = yz_option_of(table->options, table->n_options, "per");
    const yz_option *names = keys ? yz_option_of(table->options, table->n_options, "keys") : NULL;
    yz_str word = per ? yz_option_choice(per, (size_t) * (const int *)(const void *)((const char *)rule + per->offset)) : (yz_str){0};
    return (word.n > 0 && memmem(words, strlen(words), word.p, word.n)) ||
           (names && ((const yz_list *)(const void *)((const char *)rule + names->offset))->n > 0);
}

/* Does some rule of this limit? Without any it counts what keys of a ledger say of themselves. */
static bool goes_by(const yz_settings *s, const yz_stage_settings *limit, const char *words, bool keys) {
    const yz_option *option = NULL;
    const yz_tables *rules = yz_stage_option(limit, "limits", YZ_OPTION_TABLES, &option);
    bool any = rules && rules->n == 0 && s->ledger && strstr(words, "key");
    for (size_t i = 0; rules && !any && i < rules->n; i++)
        any = rule_goes_by(option->table, rules->items[i], words, keys);
    return any;
}

typedef bool depends(const yz_settings *s, const yz_stage_settings *stage, const yz_stage_settings *after);

/* A limit of addresses may stand before it is known whose key it is. */
static bool if_it_counts_keys(const yz_settings *s, const yz_stage_settings *limit, const yz_stage_settings *after) {
    (void)after;
    return goes_by(s, limit, "key tenant label", true);
}

/* One of models and providers may stand where attempts are told apart. */
static bool if_that_counts_clients(const yz_settings *s, const yz_stage_settings *stage, const yz_stage_settings *limit) {
    (void)stage;
    return goes_by(s, limit, "key tenant client label", false);
}

/* Where each model is served by one provider, the choice below it changes nothing. */
static bool if_it_counts_providers(const yz_settings *s, const yz_stage_settings *limit, const yz_stage_settings *after) {
    bool several = false;
    (void)after;
    for (size_t i = 0; i < s->n_models && !several; i++)
        for (size_t k = 1; k < s->models[i].n_targets && !several; k++)
            several = !yz_str_eq(s->models[i].targets[k]->provider->name, s->models[i].targets[0]->provider->name);
    return several && goes_by(s, limit, "provider", false);
}

/* A deadline that is the same for everybody need not know who asks. */
static bool if_it_has_times_of_keys(const yz_settings *s, const yz_stage_settings *deadline, const yz_stage_settings *after) {
    const yz_tables *keys = yz_stage_option(deadline, "keys", YZ_OPTION_TABLES, NULL);
    (void)s;
    (void)after;
    return keys && keys->n > 0;
}

/* ---- the order ------------------------------------------------------------------------------------------------------------------- */

/* A stage that stands before the other does not do what one would think; of several reasons the gravest comes first. */
static const struct order {
    const char *stage, *after, *why;
    depends *when; /* NULL: always */
} ORDER[] = {
    {"policy", "auth", "the policy runs before anybody knows who asks", NULL},
    {"cache", "auth", "answers are given to anybody, with a key or without", NULL},
    {"semantic", "auth", "answers are given to anybody, with a key or without", NULL},
    {"limit", "auth", "it is not known yet whose key it is, and addresses are counted", if_it_counts_keys},
    {"limit", "balance", "it is not known yet which provider is chosen, and a model's first one is counted", if_it_counts_providers},
    {"limit", "fallback", "it is not known yet which provider is asked, and a model's first one is counted", if_it_counts_providers},
    {"deadline", "auth", "it is not known yet whose key it is, and no time of its keys counts", if_it_has_times_of_keys},
    {"shed", "auth", "strangers take places and nobody goes first, since it is not known yet whose key it is", NULL},
    {"workflow", "auth", "its steps are asked before anybody knows who asks", NULL},
    {"shadow", "auth", "what strangers ask is asked of the other model, which is paid for", NULL},
    {"fallback", "auth", "the key is looked at again for each target, and a stranger's refusal is what it acts on", NULL},
    {"retry", "auth", "the key is looked at again for each attempt", NULL},
    {"hedge", "auth", "the key is looked at for both of a race, and a refusal counts as a fast answer", NULL},
    {"rescue", "auth", "the key is looked at again for the rest of an answer that broke off", NULL},
    {"balance", "auth", "the refusals of strangers count as the work of a target", NULL},
    {"cache", "policy", "an answer is kept for the model asked for, whatever the policy would choose", NULL},
    {"semantic", "policy", "an answer is kept for the model asked for, whatever the policy would choose", NULL},
    {"fallback", "policy", "targets are chosen before the policy has chosen the model", NULL},
    {"retry", "policy", "the policy runs again for each attempt", NULL},
    {"hedge", "policy", "the policy runs for both of a race", NULL},
    {"balance", "policy", "a target is chosen before the policy has chosen the model", NULL},
    {"rescue", "policy", "the policy runs again for the rest of an answer that broke off", NULL},
    {"rescue", "bill", "the rest of an answer that broke off is a charge of its own", NULL},
    {"jobs", "auth", "it is not known yet whose job it is, and anybody may ask for it", NULL},
    {"bill", "jobs", "what it charges for a job has another id, and is not given back when the job fails", NULL},
    {"retry", "jobs", "each attempt is a job of its own", NULL},
    {"fallback", "jobs", "each target's is a job of its own", NULL},
    {"bill", "auth", "it is not known yet whose account pays", NULL},
    {"bill", "policy", "money is held for the model asked for, whatever the policy would choose", NULL},
    {"retry", "bill", "each attempt is a charge of its own", NULL},
    {"fallback", "bill", "each target is a charge of its own", NULL},
    {"hedge", "bill", "both of a race are charged", NULL},
    {"shadow", "bill", "what it asks is charged to the client", NULL},
    {"cache", "bill", "what the cache answers is never charged, nor stands in the ledger", NULL},
    {"semantic", "bill", "what it answers is never charged, nor stands in the ledger", NULL},
    {"retry", "fallback", "each of its attempts asks all targets again", NULL},
    {"fallback", "cache", "the cache is asked again for each target", NULL},
    {"retry", "cache", "the cache is asked again for each attempt", NULL},
    {"fallback", "semantic", "an embedding is asked for again for each target", NULL},
    {"retry", "semantic", "an embedding is asked for again for each attempt", NULL},
    {"hedge", "semantic", "both of a race ask for an embedding", NULL},
    {"shed", "semantic", "what it could answer at once waits in the queue", NULL},
    {"hedge", "cache", "the cache is asked again when its answer is late", NULL},
    {"balance", "cache", "what the cache answers counts as the work of a target, which seems fast", NULL},
    {"rescue", "cache", "the cache is asked for the rest of an answer, and keeps none that was joined", NULL},
    {"shed", "cache", "what the cache could answer at once waits in the queue", NULL},
    {"shadow", "cache", "what the cache answers is asked of the other model, too", NULL},
    {"hedge", "fallback", "both of a race try all targets", NULL},
    {"retry", "hedge", "each of its attempts is a race of its own", NULL},
    {"balance", "fallback", "one choice holds for all targets it would try", NULL},
    {"balance", "retry", "each of its attempts goes to the same target", NULL},
    {"balance", "hedge", "the second call of a race goes past the choice", NULL},
    {"workflow", "deadline", "each of its questions has all of the time, and their sum has no end", NULL},
    {"retry", "deadline", "each attempt has all of the time", NULL},
    {"fallback", "deadline", "each target has all of the time", NULL},
    {"hedge", "deadline", "the second call of a race has all of the time again", NULL},
    {"rescue", "deadline", "the rest of an answer that broke off has all of the time again", NULL},
    {"cache", "deadline", "whoever shares the answer to another's request waits for it past the deadline", NULL},
    {"balance", "deadline", "a target that was too slow for the deadline is not known to be slow", NULL},
    {"shed", "deadline", "nobody's time is known while they wait, and it begins after that", NULL},
    {"retry", "shed", "each attempt waits in the queue again", NULL},
    {"fallback", "shed", "each target waits in the queue again", NULL},
    {"hedge", "shed", "both of a race take a place, when there are too few", NULL},
    {"rescue", "shed", "the rest of an answer that broke off waits in the queue", NULL},
    {"balance", "shed", "whoever waits in the queue counts as the work of a target, which seems slow", NULL},
    {"fallback", "rescue", "it finds no other target for the rest of an answer that broke off", NULL},
    {"balance", "rescue", "the rest of an answer that broke off is asked of the same target", NULL},
    {"retry", "rescue", "the rest of an answer that broke off is asked for once, and not again", NULL},
    {"retry", "limit", "each attempt counts as a request", if_that_counts_clients},
    {"fallback", "limit", "each target counts as a request", if_that_counts_clients},
    {"hedge", "limit", "both of a race count as requests", if_that_counts_clients},
    {"rescue", "limit", "the rest of an answer that broke off counts as a request", if_that_counts_clients},
    {"retry", "shadow", "each attempt is asked of the other model, too", NULL},
    {"fallback", "shadow", "each target's request is asked of the other model, too", NULL},
};

#define USUAL "auth, deadline, policy, limit, jobs, bill, cache, shed, rescue, fallback, hedge, retry, balance"

/* The gravest reason why this stage of the chain should not stand before another one; NULL: there is none. */
static const struct order *fault_of(const yz_settings *s, const yz_chain_settings *chain, const yz_stage_settings *stage) {
    for (size_t k = 0; k < sizeof(ORDER) / sizeof(*ORDER); k++) {
        if (strcmp(stage->plugin->name, ORDER[k].stage) != 0)
            continue;
        const yz_stage_settings *after = yz_chain_find_stage(chain, ORDER[k].after, 0); /* the first of several counts */
        if (after > stage && (!ORDER[k].when || ORDER[k].when(s, stage, after)))
            return &ORDER[k];
    }
    return NULL;
}

static void check_order(yz_reader *reader, const yz_chain_settings *chain) {
    for (size_t i = 0; i < chain->n_stages; i++) {
        const struct order *fault = fault_of(reader->settings, chain, &chain->stages[i]);
        if (!fault)
            continue;
        yz_diag_at(reader->diag, chain->stages[i].at);
        yz_diag_warn(reader->diag, "%s: %s stands before %s, so %s; the usual order is " USUAL, yz_chain_words(reader, chain), fault->stage,
                     fault->after, fault->why);
    }
}

/* ---- twice in one chain ------------------------------------------------------------------------------------------------------------- */

/* Stages of which a second one is never meant. */
static const struct twice {
    const char *stage, *why;
} TWICE[] = {
    {"auth", "the second asks what the first has found out; leave one away"},
    {"bill", "one request has one charge; leave one away"},
    {"jobs", "one job is followed as two, and its client has the id of the one that never ends"},
    {"hedge", "up to four are asked at once"},
    {"retry", "their attempts multiply"}, /* they do not add up */
};

static const yz_stage_settings *second_of(const yz_chain_settings *chain, const yz_stage_settings *first) {
    return first ? yz_chain_find_stage(chain, first->plugin->name, (size_t)(first - chain->stages) + 1) : NULL;
}

static void check_twice(yz_reader *reader, const yz_chain_settings *chain, const struct twice *twice) {
    const yz_stage_settings *first = yz_chain_find_stage(chain, twice->stage, 0), *second = second_of(chain, first);
    const yz_stage_settings *policy = first ? yz_chain_find_stage(chain, "policy", (size_t)(first - chain->stages)) : NULL;
    bool asks_anew = policy && policy < second && strcmp(twice->stage, "auth") == 0; /* whether the key may use what was chosen */
    if (!second || asks_anew)
        return;
    yz_diag_at(reader->diag, second->at);
    yz_diag_warn(reader->diag, "%s: %s stands in it twice: %s", yz_chain_words(reader, chain), twice->stage, twice->why);
}

static bool holds(const yz_list *list, yz_str word) {
    for (size_t i = 0; i < list->n; i++)
        if (yz_str_eq(list->items[i], word))
            return true;
    return false;
}

/* Does the second one go on wherever the first would: after every error, to every model? None of `on` is all of them. */
static bool does_all_of(const yz_stage_settings *first, const yz_stage_settings *second) {
    const yz_list *on = yz_stage_option(first, "on", YZ_OPTION_LIST, NULL), *on2 = yz_stage_option(second, "on", YZ_OPTION_LIST, NULL);
    const yz_map *models = yz_stage_option(first, "models", YZ_OPTION_MAP, NULL);
    const yz_map *models2 = yz_stage_option(second, "models", YZ_OPTION_MAP, NULL);
    bool all = on && on2 && models && models2 && (on2->n == 0 || on->n > 0);
    for (size_t i = 0; all && on2->n > 0 && i < on->n; i++)
        all = holds(on2, on->items[i]);
    for (size_t i = 0; all && i < models->n; i++) {
        size_t k = 0;
        while (k < models2->n &&
               (!yz_str_eq(models2->items[k].name, models->items[i].name) || !yz_str_eq(models2->items[k].value, models->items[i].value)))
            k++;
        all = k < models2->n;
    }
    return all;
}

/* The second hears of each failure before the first does; what it has tried, nobody asks again. */
static void check_fallbacks(yz_reader *reader, const yz_chain_settings *chain, const yz_stage_settings *first,
                            const yz_stage_settings *second) {
    if (!does_all_of(first, second))
        return;
    yz_diag_at(reader->diag, first->at);
    yz_diag_warn(
        reader->diag,
        "%s: fallback stands in it twice: the first never acts, since the second has asked every target when it hears of a failure; "
        "leave the first away",
        yz_chain_words(reader, chain));
}

static void check_once(yz_reader *reader, const yz_chain_settings *chain) {
    for (size_t k = 0; k < sizeof TWICE / sizeof *TWICE; k++)
        check_twice(reader, chain, &TWICE[k]);
    const yz_stage_settings *first = yz_chain_find_stage(chain, "fallback", 0), *second = second_of(chain, first);
    if (second)
        check_fallbacks(reader, chain, first, second);
}

void yz_read_order_sense(yz_reader *reader, const yz_chain_settings *chain) {
    check_order(reader, chain);
    check_once(reader, chain);
}
