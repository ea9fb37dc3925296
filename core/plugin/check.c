/* plugin/check.c: is a descriptor one that this yuzui can run? Asked once, when a plugin is loaded, so that nobody else has to. */
#include "base/arena.h"
#include "plugin/loader.h"
#include "plugin/options.h"

static bool check_abi(const yz_plugin *plugin, const char *file, yz_diag *diag) {
    if (plugin->abi_major == YZ_ABI_MAJOR && plugin->abi_minor <= YZ_ABI_MINOR)
        return true;
    bool newer = plugin->abi_major > YZ_ABI_MAJOR || plugin->abi_major == YZ_ABI_MAJOR;
    yz_diag_error(diag, "plugin %s was built for plugin interface %u.%u, but this yuzui offers %u.%u: %s", file, plugin->abi_major,
                  plugin->abi_minor, YZ_ABI_MAJOR, YZ_ABI_MINOR,
                  newer ? "update yuzui, or build the plugin against this yuzui's headers"
                        : "build the plugin against this yuzui's headers");
    return false;
}

static bool check_name(const yz_plugin *plugin, const char *file, yz_diag *diag) {
    const char *name = plugin->name;
    size_t n = name ? strnlen(name, 41) : 0;
    bool ok = n > 0 && n <= 40 && name[0] >= 'a' && name[0] <= 'z';
    for (size_t i = 0; ok && i < n; i++)
        ok = (name[i] >= 'a' && name[i] <= 'z') || (name[i] >= '0' && name[i] <= '9') || name[i] == '_';
    if (!ok)
        yz_diag_error(diag, "plugin %s has no proper name: one to 40 lower-case letters, digits or _, beginning with a letter", file);
    if (ok && (!plugin->summary || !plugin->version)) {
        yz_diag_error(diag, "plugin %s has no %s", file, plugin->summary ? "version" : "summary");
        return false;
    }
    return ok;
}

/* A table of a size this yuzui does not know would be read beyond its end. */
static bool check_size(size_t found, size_t right, const char *what, const char *file, yz_diag *diag) {
    if (found != right)
        yz_diag_error(
            diag, "plugin %s: its %s has %zu bytes, but should have %zu: build it against this yuzui's headers, and set its size with %s",
            file, what, found, right, "YZ_PLUGIN, YZ_FILTER, YZ_ADAPTER and YZ_STORE");
    return found == right;
}

static bool check_parts(const yz_plugin *plugin, const char *file, yz_diag *diag) {
    if (!plugin->filter && !plugin->adapter && !plugin->store) {
        yz_diag_error(diag, "plugin %s has neither a filter nor an adapter nor a store", file);
        return false;
    }
    if ((plugin->filter && !check_size(plugin->filter->size, sizeof(yz_filter), "filter", file, diag)) ||
        (plugin->adapter && !check_size(plugin->adapter->size, sizeof(yz_adapter), "adapter", file, diag)) ||
        (plugin->store && !check_size(plugin->store->size, sizeof(yz_store_ops), "store", file, diag)))
        return false;
    const char *fault = NULL;
    if (plugin->filter && !plugin->filter->on_call)
        fault = "its filter has no on_call";
    else if (plugin->adapter && !plugin->adapter->dialect)
        fault = "its adapter names no dialect";
    else if (plugin->adapter && !plugin->adapter->endpoint && !plugin->adapter->local && plugin->adapter->n_routes == 0)
        fault = "its adapter has neither an endpoint nor a local filter nor routes";
    else if (plugin->adapter && plugin->adapter->n_routes > 0 &&
             (!plugin->adapter->routes || !plugin->adapter->accept || !plugin->adapter->write_error))
        fault = "its adapter has routes, but lacks accept or write_error";
    else if (plugin->store &&
             (!plugin->store->open || !plugin->store->close || !plugin->store->get || !plugin->store->put || !plugin->store->remove))
        fault = "its store lacks one of open, close, get, put, remove";
    if (fault)
        yz_diag_error(diag, "plugin %s: %s", file, fault);
    return !fault;
}

bool yz_plugin_check(const yz_plugin *plugin, const char *file, yz_diag *diag) {
    if (!plugin) {
        yz_diag_error(diag, "plugin %s returned no descriptor", file);
        return false;
    }
    if (!check_abi(plugin, file, diag) || !check_size(plugin->size, sizeof(yz_plugin), "descriptor", file, diag) ||
        !check_name(plugin, file, diag) || !check_parts(plugin, file, diag))
        return false;
    yz_arena *arena = yz_arena_new(NULL);
    const char *fault = yz_options_fault(plugin->options, plugin->n_options, plugin->config_size, arena);
    if (fault)
        yz_diag_error(diag, "plugin %s: %s", file, fault);
    yz_arena_free(arena);
    return !fault;
}
