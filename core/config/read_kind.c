/* config/read_kind.c: which plugin serves as a store, a ledger or an adapter: one that is missing or misspelt is told with those of its
 * kind, not with every plugin there is.
 */
#include "config/read.h"
#include "plugin/loader.h"

static const char *word_of(unsigned kind) {
    return kind == YZ_KIND_ADAPTER ? "adapter" : kind == YZ_KIND_STORE ? "store" : kind == YZ_KIND_LEDGER ? "ledger" : "stage";
}

yz_str yz_read_plugins_of(yz_reader *reader, unsigned kind, const char *between) {
    const yz_plugin *const *list;
    size_t n = yz_plugin_list(kind, &list, NULL);
    yz_str all = YZ_STR("");
    for (size_t i = 0; i < n; i++)
        all = yz_format(reader->arena, "%.*s%s%s", YZ_STR_ARGS(all), i > 0 ? between : "", list[i]->name);
    return all;
}

static void tell_missing(yz_reader *reader, const char *what, unsigned kind, yz_str name) {
    const yz_plugin *const *list;
    size_t n = yz_plugin_list(kind, &list, NULL);
    const char **names = yz_alloc(reader->arena, (n + 1) * sizeof *names);
    for (size_t i = 0; i < n; i++)
        names[i] = list[i]->name;
    const char *meant = yz_did_you_mean(name, names, n);
    if (meant)
        yz_diag_error(reader->diag, "%s: there is no %s \"%.*s\": did you mean \"%s\"?", what, word_of(kind), YZ_STR_ARGS(name), meant);
    else
        yz_diag_error(reader->diag,
                      "%s: there is no %s \"%.*s\": there are %.*s (the directive `plugins` and YUZUI_PLUGINS name more folders)", what,
                      word_of(kind), YZ_STR_ARGS(name), YZ_STR_ARGS(yz_read_plugins_of(reader, kind, ", ")));
}

const yz_plugin *yz_read_plugin_of(yz_reader *reader, const char *what, unsigned kind, yz_str name) {
    bool path = name.n > 0 && memchr(name.p, '/', name.n);
    if (!path && !yz_plugin_exists(name)) {
        tell_missing(reader, what, kind, name);
        return NULL;
    }
    const yz_plugin *plugin = yz_plugin_find(path ? yz_settings_path(reader->settings, reader->arena, name) : name, reader->diag);
    if (!plugin || (yz_kinds_of(plugin) & kind))
        return plugin;
    unsigned found = yz_kinds_of(plugin);
    yz_diag_error(reader->diag, "%s: \"%s\" is no %s but %s %s: there are %.*s", what, plugin->name, word_of(kind),
                  found & YZ_KIND_ADAPTER ? "an" : "a",
                  word_of(found & YZ_KIND_ADAPTER ? YZ_KIND_ADAPTER
                          : found & YZ_KIND_STORE ? YZ_KIND_STORE
                                                  : found & YZ_KIND_LEDGER),
                  YZ_STR_ARGS(yz_read_plugins_of(reader, kind, ", ")));
    return NULL;
}
