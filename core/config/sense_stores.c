/* config/sense_stores.c: a store that is made to be shared, in a config that nobody can share it with: what is kept there goes by names
 * that are made with `secret`, and without one every process makes up its own. A warning only: one gateway alone still counts right, until
 * it starts anew. Knows the bundled stages that name so what they keep; policies keep theirs by plain names.
 */
#include "config/read.h"
#include "plugin/loader.h"

static const struct { const char *stage, *what; /* what it keeps */ } NAMING[] = {{"limit", "counts"}, {"cache", "answers"}};

/* The plugin of that store: of a declared one, else the one of that name; NULL: there is none, which is told where it is opened. */
static const yz_plugin *plugin_of(const yz_settings *s, yz_str name) {
    for (size_t i = 0; i < s->n_stores; i++)
        if (yz_str_eq(s->stores[i].name, name))
            return s->stores[i].plugin;
    if (!yz_plugin_exists(name))
        return NULL;
    yz_diag unsaid = {0};
    const yz_plugin *plugin = yz_plugin_find(name, &unsaid); /* of all there are this one alone is opened: others map libraries */
    yz_diag_free(&unsaid);
    return plugin;
}

static bool is_shared(const yz_settings *s, const yz_stage_settings *stage, yz_str *name) {
    const yz_str *store = yz_stage_option(stage, "store", YZ_OPTION_STRING, NULL);
    const yz_plugin *plugin = store && store->n > 0 ? plugin_of(s, *store) : NULL;
    *name = store ? *store : (yz_str){0};
    return plugin && plugin->store && plugin->store->shared;
}

/* Once for each stage that has one: the first. */
void yz_read_store_sense(yz_reader *reader) {
    const yz_settings *s = reader->settings;
    for (size_t k = 0; k < sizeof(NAMING) / sizeof(*NAMING) && !s->has_secret; k++) {
        const yz_stage_settings *found = NULL;
        yz_str store;
        for (size_t i = 0; i < s->n_chains && !found; i++) {
            const yz_stage_settings *stage = yz_chain_find_stage(&s->chains[i], NAMING[k].stage, 0);
            while (stage && !is_shared(s, stage, &store))
                stage = yz_chain_find_stage(&s->chains[i], NAMING[k].stage, (size_t)(stage - s->chains[i].stages) + 1);
            found = stage;
        }
        if (!found)
            continue;
        yz_diag_at(reader->diag, found->at);
        yz_diag_warn(
            reader->diag,
            "%s: no other gateway finds its %s in the store \"%.*s\", nor this one after a restart, since the config has no secret, by "
            "which they are named: secret(env \"YUZUI_SECRET\"), of 16 bytes or more and the same on every gateway, says one",
            NAMING[k].stage, NAMING[k].what, YZ_STR_ARGS(store));
    }
}
