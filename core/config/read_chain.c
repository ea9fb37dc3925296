/* config/read_chain.c: chains, stores, and which adapters are served. */
#include "config/read.h"
#include "plugin/loader.h"

#include <stdlib.h>

static void watch_plugin(yz_reader *reader, const yz_plugin *plugin) {
    if (yz_plugin_file(plugin))
        yz_settings_watch(reader->settings, reader->arena, yz_str_of(yz_plugin_file(plugin)));
}

/* The table with one more field in front. */
static yz_value *with_field(yz_arena *arena, const yz_value *table, const char *name, const yz_value *value) {
    yz_value *out = yz_alloc(arena, sizeof(*out));
    size_t n = table ? table->n_fields : 0;
    *out = table ? *table : (yz_value){.kind = YZ_VALUE_TABLE};
    out->fields = yz_alloc(arena, (n + 1) * sizeof(*out->fields));
    out->fields[0] = (yz_field){yz_str_of(name), *value};
    if (n > 0)
        memcpy(out->fields + 1, table->fields, n * sizeof(*out->fields));
    out->n_fields = n + 1;
    return out;
}

const void *yz_read_plugin_options(yz_reader *reader, const yz_statement *statement) {
    const yz_plugin *plugin = statement->plugin;
    const yz_value *table = yz_read_arg(statement, 0);
    bool short_form = table && (table->kind == YZ_VALUE_STRING || table->kind == YZ_VALUE_ENV);
    bool taken = plugin->n_options > 0 && plugin->options[0].type == YZ_OPTION_STRING;
    if (table && table->kind != YZ_VALUE_TABLE && !(short_form && taken)) {
        const char *option = yz_option_likely(plugin->options, plugin->n_options, table);
        yz_diag_error(reader->diag, "%s takes its options in braces, each with its name, as in %s {%s%s%s}, not %.*s", plugin->name,
                      plugin->name, option ? " " : "", option ? option : "", option ? " = … " : "",
                      YZ_STR_ARGS(yz_value_describe(reader->arena, table)));
        return NULL;
    }
    if (!yz_read_no_more(reader, statement, short_form ? 2 : 1))
        return NULL;
    if (short_form) {
        const yz_value *rest = yz_read_arg(statement, 1);
        if (rest && rest->kind != YZ_VALUE_TABLE) {
            yz_diag_error(reader->diag, "%s: its options should be a table, not %.*s", plugin->name,
                          YZ_STR_ARGS(yz_value_describe(reader->arena, rest)));
            return NULL;
        }
        if (yz_value_get(rest, plugin->options[0].name)) {
            yz_diag_error(reader->diag, "%s: %s is said twice: by the string and in the table", plugin->name, plugin->options[0].name);
            return NULL;
        }
        table = with_field(reader->arena, rest, plugin->options[0].name, table);
    }
    return yz_options_config(plugin, table, reader->arena, reader->diag);
}

/* ---- chains ---------------------------------------------------------------------------------------------------------------- */

static void read_stage(yz_reader *reader, yz_statement *statement, yz_chain_settings *chain) {
    yz_diag_at(reader->diag, statement->at);
    if (!statement->plugin) {
        yz_diag_error(reader->diag, "%s is a directive, no stage: it stands by itself, outside the chain", statement->name.p);
        return;
    }
    statement->used = true;
    const void *config = yz_read_plugin_options(reader, statement);
    if (!config)
        return;
    watch_plugin(reader, statement->plugin);
    chain->stages[chain->n_stages++] = (yz_stage_settings){.at = statement->at, .plugin = statement->plugin, .config = config};
}

static void read_stages(yz_reader *reader, const yz_statement *statement, const char *what, const yz_value *list,
                        yz_chain_settings *chain) {
    chain->stages = yz_alloc(reader->arena, (list->n_items + 1) * sizeof(yz_stage_settings));
    for (size_t i = 0; i < list->n_items; i++) {
        const yz_value *item = &list->items[i];
        yz_diag_at(reader->diag, statement->at);
        if (item->kind == YZ_VALUE_STATEMENT)
            read_stage(reader, (yz_statement *)(uintptr_t)item->statement, chain);
        else if (item->kind == YZ_VALUE_OTHER)
            yz_diag_error(reader->diag, "%s: entry %zu is a stage without its options: write { } after its name, as in auth {}", what,
                          i + 1);
        else if (item->kind != YZ_VALUE_NIL) /* an unknown name, which has been reported */
            yz_diag_error(reader->diag, "%s: entry %zu should be a stage, such as auth {}, not %.*s%s", what, i + 1,
                          YZ_STR_ARGS(yz_value_describe(reader->arena, item)),
                          item->kind == YZ_VALUE_TABLE && item->n_fields > 0 ? ": options follow their stage without a comma" : "");
    }
    yz_diag_at(reader->diag, statement->at);
}

typedef struct chain_options {
    yz_list operations, models;
} chain_options;

static const yz_option CHAIN_OPTIONS[] = {
    {"operations", YZ_OPTION_LIST, offsetof(chain_options, operations), "all", .choices = YZ_OPERATIONS,
     .help = "what may be asked for; anything else is refused"},
    {"models", YZ_OPTION_LIST, offsetof(chain_options, models),
     .help = "models whose requests it takes; a name ending in * takes every model it begins"},
};
const yz_option_rows yz_chain_rows = YZ_ROWS(CHAIN_OPTIONS);

static void read_chain_options(yz_reader *reader, const char *what, const yz_value *list, yz_chain_settings *chain) {
    if (chain->name.n == 0 && yz_value_get(list, "models")) {
        yz_diag_error(reader->diag, "chain: models are for a chain with a name, as in chain \"batch\" { models = { \"batch-*\" }, … }: the "
                                    "one without takes what no other does");
        return;
    }
    for (size_t i = 0; i < list->n_fields; i++) {
        yz_str name = list->fields[i].name;
        if (yz_str_is(name, "models") || yz_str_is(name, "operations") || !yz_plugin_exists(name))
            continue;
        yz_diag_error(reader->diag, "%s: %.*s is a stage, and stands in the list without a =: %.*s { … }", what, YZ_STR_ARGS(name),
                      YZ_STR_ARGS(name));
        return;
    }
    chain_options options = {0};
    yz_value fields = {.kind = YZ_VALUE_TABLE, .fields = list->fields, .n_fields = list->n_fields};
    yz_option_set set = {CHAIN_OPTIONS, chain->name.n > 0 ? 2 : 1, &options}; /* models are for those with a name */
    yz_options_fill(&set, 1, &fields, what, reader->arena, reader->diag);
    yz_read_check_patterns(reader, yz_format(reader->arena, "%s: models", what).p, &options.models);
    chain->models = options.models;
    chain->refuses = ~yz_operations_of(&options.operations);
}

/* False, with an error: there is one of that name. */
static bool is_new(yz_reader *reader, const char *what, yz_str name) {
    const yz_settings *s = reader->settings;
    for (size_t i = 0; i < s->n_chains; i++) {
        if (!yz_str_eq(s->chains[i].name, name))
            continue;
        yz_diag_error(reader->diag, "%s is there twice: first in line %d%s", what, s->chains[i].at.line,
                      name.n > 0 ? "" : "; another one needs a name, as in chain \"batch\" { … }");
        return false;
    }
    return true;
}

void yz_read_chain(yz_reader *reader, const yz_statement *statement) {
    yz_settings *s = reader->settings;
    const yz_value *first = yz_read_arg(statement, 0);
    bool named = first && (first->kind == YZ_VALUE_STRING || first->kind == YZ_VALUE_ENV);
    yz_chain_settings chain = {.at = statement->at};
    if (named)
        chain.name =
            yz_dup(reader->arena, yz_read_name(reader, statement, "a name, as in chain \"batch\" { auth {}, retry { attempts = 9 } }"));
    if (named && chain.name.n == 0)
        return;
    const char *what = named ? yz_format(reader->arena, "chain \"%.*s\"", YZ_STR_ARGS(chain.name)).p : "chain";
    const yz_value *list = yz_read_arg(statement, named);
    if (!is_new(reader, what, chain.name))
        return;
    if (list && list->kind == YZ_VALUE_TABLE) {
        read_stages(reader, statement, what, list, &chain);
        read_chain_options(reader, what, list, &chain);
    } else {
        yz_diag_error(reader->diag, "%s needs a list of stages, as in %s { auth {}, retry { attempts = 3 } }", what, what);
    }
    s->chains[s->n_chains] = chain; /* also when it is wrong: others may name it without a second error */
    if (!named)
        s->default_chain = &s->chains[s->n_chains];
    s->n_chains++;
    yz_read_no_more(reader, statement, named ? 2 : 1);
}

const yz_chain_settings *yz_read_chain_named(yz_reader *reader, const char *directive, yz_str name) {
    const yz_settings *s = reader->settings;
    const char **names = yz_alloc(reader->arena, (s->n_chains + 1) * sizeof(*names));
    size_t n = 0;
    if (name.n == 0)
        return NULL;
    for (size_t i = 0; i < s->n_chains; i++) {
        if (yz_str_eq(s->chains[i].name, name))
            return &s->chains[i];
        if (s->chains[i].name.n > 0)
            names[n++] = s->chains[i].name.p;
    }
    yz_read_tell_unknown(reader, directive, "chain", name, names, n);
    return NULL;
}

typedef struct pattern {
    yz_str text;
    const yz_chain_settings *chain;
} pattern;

static int by_text(const void *a, const void *b) {
    const pattern *x = a, *y = b;
    int order = strcmp(x->text.p, y->text.p);
    return order != 0 ? order : (x->chain > y->chain) - (x->chain < y->chain);
}

/* Of two patterns that both fit the longer counts; two that are the same leave it open. */
void yz_read_finish_chains(yz_reader *reader) {
    const yz_settings *s = reader->settings;
    size_t n = 0, all = 0;
    for (size_t i = 0; i < s->n_chains; i++)
        all += s->chains[i].models.n;
    pattern *patterns = yz_alloc(reader->arena, (all + 1) * sizeof(*patterns));
    for (size_t i = 0; i < s->n_chains; i++)
        for (size_t k = 0; k < s->chains[i].models.n; k++)
            patterns[n++] = (pattern){s->chains[i].models.items[k], &s->chains[i]};
    qsort(patterns, n, sizeof(*patterns), by_text);
    for (size_t i = 1; i < n; i++) {
        const pattern *one = &patterns[i - 1], *two = &patterns[i];
        if (!yz_str_eq(one->text, two->text))
            continue;
        yz_diag_at(reader->diag, two->chain->at);
        yz_diag_error(reader->diag, "chain \"%.*s\": models: \"%.*s\" is there twice: chain \"%.*s\" (line %d) takes it too",
                      YZ_STR_ARGS(two->chain->name), YZ_STR_ARGS(two->text), YZ_STR_ARGS(one->chain->name), one->chain->at.line);
    }
}

/* ---- stores ---------------------------------------------------------------------------------------------------------------- */

static const yz_option STORE_OPTIONS[] = {
    {"kind", YZ_OPTION_STRING, YZ_OPTION_ELSEWHERE, .help = "the plugin that keeps it; the store's own name unless said"},
};

/* By its kind, or by its name where that is one. */
static const yz_plugin *find_store(yz_reader *reader, const char *what, yz_str name, const yz_value *table) {
    const yz_value *kind = yz_value_get(table, "kind"), *url = yz_value_get(table, "url");
    bool said = yz_value_is_text(kind) && kind->text.n > 0;
    if (said || (!kind && (yz_plugin_exists(name) || memchr(name.p, '/', name.n))))
        return yz_read_plugin_of(reader, what, YZ_KIND_STORE, said ? kind->text : name);
    bool redis = yz_value_is_text(url) && yz_str_starts(url->text, "redis") && yz_plugin_exists(YZ_STR("redis"));
    const char *given = redis ? "redis" : yz_read_plugins_of(reader, YZ_KIND_STORE, "\" or \"").p;
    if (kind)
        yz_diag_error(reader->diag, "%s: kind should be the name of a store plugin, \"%s\", not %.*s", what, given,
                      YZ_STR_ARGS(yz_value_describe(reader->arena, kind)));
    else
        yz_diag_error(reader->diag, "%s: of what kind? Its name is that of no store plugin, so kind = \"%s\" says it", what, given);
    return NULL;
}

void yz_read_store(yz_reader *reader, const yz_statement *statement) {
    yz_settings *s = reader->settings;
    yz_str name = yz_read_name(reader, statement, "a name, as in store \"shared\" { kind = \"redis\", url = \"redis://127.0.0.1:6379\" }");
    const yz_value *table = yz_read_arg(statement, 1);
    if (name.n == 0 || !yz_read_no_more(reader, statement, 2))
        return;
    const char *what = yz_format(reader->arena, "store \"%.*s\"", YZ_STR_ARGS(name)).p;
    const yz_plugin *plugin = find_store(reader, what, name, table);
    if (!plugin)
        return;
    for (size_t i = 0; i < s->n_stores; i++)
        if (yz_str_eq(s->stores[i].name, name)) {
            yz_diag_error(reader->diag, "store \"%.*s\" is there twice: first in line %d", YZ_STR_ARGS(name), s->stores[i].at.line);
            return;
        }
    void *config = yz_alloc(reader->arena, plugin->config_size + 1);
    yz_option_set sets[] = {{STORE_OPTIONS, 1, NULL}, {plugin->options, plugin->n_options, config}};
    if (!yz_options_fill(sets, 2, table, what, reader->arena, reader->diag))
        return;
    watch_plugin(reader, plugin);
    s->stores[s->n_stores++] =
        (yz_store_settings){.at = statement->at, .name = yz_dup(reader->arena, name), .plugin = plugin, .config = config};
}

void yz_read_ledger(yz_reader *reader, const yz_statement *statement) {
    yz_settings *s = reader->settings;
    yz_str name = yz_read_name(reader, statement, "a name, as in ledger \"sqlite\" { path = \"/var/lib/yuzui/ledger.db\" }");
    if (name.n == 0 || !yz_read_no_more(reader, statement, 2))
        return;
    const char *what = yz_format(reader->arena, "ledger \"%.*s\"", YZ_STR_ARGS(name)).p;
    const yz_plugin *plugin = yz_read_plugin_of(reader, what, YZ_KIND_LEDGER, name);
    if (!plugin)
        return;
    void *config = yz_alloc(reader->arena, plugin->config_size + 1);
    yz_option_set set = {plugin->options, plugin->n_options, config};
    if (!yz_options_fill(&set, 1, yz_read_arg(statement, 1), what, reader->arena, reader->diag))
        return;
    watch_plugin(reader, plugin);
    s->ledger = yz_alloc(reader->arena, sizeof(*s->ledger));
    *s->ledger = (yz_store_settings){.at = statement->at, .name = yz_dup(reader->arena, name), .plugin = plugin, .config = config};
}

/* ---- adapters -------------------------------------------------------------------------------------------------------------- */

static void add_adapter(yz_reader *reader, const yz_adapter *adapter) {
    yz_settings *s = reader->settings;
    yz_dialects_add(&s->dialects, reader->arena, adapter);
    if (!adapter || adapter->n_routes == 0)
        return;
    for (size_t i = 0; i < s->n_adapters; i++)
        if (s->adapters[i] == adapter || strcmp(s->adapters[i]->dialect, adapter->dialect) == 0)
            return;
    s->adapters[s->n_adapters++] = adapter;
}

void yz_read_adapters(yz_reader *reader) {
    yz_settings *s = reader->settings;
    yz_diag broken = {0};
    const yz_plugin *const *plugins;
    size_t n = yz_plugin_list(YZ_KIND_ADAPTER, &plugins, &broken);
    s->adapters = yz_alloc(reader->arena, (n + s->n_providers + 1) * sizeof(*s->adapters));
    for (size_t i = 0; i < s->n_providers; i++)
        add_adapter(reader, s->providers[i]->pub.adapter);
    for (size_t i = 0; i < n; i++) {
        add_adapter(reader, plugins[i]->adapter);
        if (plugins[i]->adapter && plugins[i]->adapter->n_routes > 0)
            watch_plugin(reader, plugins[i]);
    }
    /* A plugin nobody asked for does not stop the others. */
    yz_diag_at(reader->diag, (yz_place){0});
    for (char *line = broken.text.p, *end; broken.text.n > 0 && line < broken.text.p + broken.text.n; line = end + 1) {
        end = memchr(line, '\n', (size_t)(broken.text.p + broken.text.n - line));
        line += strncmp(line, "error: ", 7) == 0 ? 7 : strlen("warning: ");
        yz_diag_warn(reader->diag, "%.*s", (int)(end - line), line);
    }
    yz_diag_free(&broken);
}
