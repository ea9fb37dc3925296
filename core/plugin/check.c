/* plugin/check.c: is a descriptor one that this yuzui can run? Asked once, when a plugin is loaded, so that nobody else has to. The
 * tables are copied: those of a plugin built for an older minor are shorter, also row by row, and what they lack shall read as zero. */
#include "base/arena.h"
#include "base/credential.h"
#include "plugin/kinds.h"
#include "plugin/loader.h"
#include "plugin/options.h"

#include <stdlib.h>

enum { NESTED_MAX = 8 }; /* levels of option tables that are copied */

typedef struct adopted {
    yz_plugin plugin; /* first: what the rest of yuzui sees */
    yz_filter filter, local;
    yz_adapter adapter;
    yz_store_ops store;
    yz_ledger_ops ledger;
} adopted;

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

/* The table of functions only grows, so what a plugin was built for is how ours begins. Another beginning: it would call wrong ones. */
static bool check_functions(const yz_plugin *plugin, const char *file, yz_diag *diag) {
    static const char ours[] = YZ_HOST_NAMES;
    size_t n = plugin->functions ? strlen(plugin->functions) : 0;
    if (n > 0 && n < sizeof ours && memcmp(ours, plugin->functions, n) == 0)
        return true;
    yz_diag_error(diag,
                  "plugin %s was built against other headers than this yuzui's, though both say plugin interface %u.%u: build it again",
                  file, YZ_ABI_MAJOR, YZ_ABI_MINOR);
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

/* `least`: without that much it is no such table. A longer one than ours belongs to a newer minor than it says. */
static bool copy_table(void *to, size_t ours, const void *from, size_t found, size_t least, const char *what, const char *file,
                       yz_diag *diag) {
    if (found < least || found > ours) {
        yz_diag_error(
            diag, "plugin %s: its %s has %zu bytes, but should have %zu: build it against this yuzui's headers, and set its size with %s",
            file, what, found, ours, "YZ_PLUGIN, YZ_FILTER, YZ_ADAPTER and YZ_STORE");
        return false;
    }
    memcpy(to, from, found);
    return true;
}
#define COPY(to, from, last, what)                                                                                                         \
    copy_table(to, sizeof(*(to)), from, (from)->size, offsetof(__typeof__(*(to)), last) + sizeof((to)->last), what, file, diag)

/* The rows of a static table, as wide as ours: themselves, or a copy. NULL, reported: they are of no width that can be. */
static const void *wide_rows(const void *rows, size_t n, size_t width, size_t ours, const char *macro, const char *file, yz_diag *diag) {
    if (n == 0 || width == ours)
        return rows;
    if (width == 0 || width > ours) {
        yz_diag_error(diag,
                      "plugin %s: the rows of a table have %zu bytes, but should have %zu: build it against this yuzui's headers, and "
                      "name the table with %s",
                      file, width, ours, macro);
        return NULL;
    }
    char *wide = yz_calloc(n, ours);
    for (size_t i = 0; i < n; i++)
        memcpy(wide + i * ours, (const char *)rows + i * width, width);
    return wide;
}

static const yz_option *wide_options(const yz_option *rows, size_t n, size_t width, unsigned depth, const char *file, yz_diag *diag);

static const yz_option_table *wide_table(const yz_option_table *given, unsigned depth, const char *file, yz_diag *diag) {
    yz_option_table *wide = yz_calloc(1, sizeof(*wide));
    if (COPY(wide, given, option_size, "table of options"))
        wide->options = wide_options(wide->options, wide->n_options, wide->option_size, depth, file, diag);
    wide->option_size = sizeof(yz_option);
    if (!wide->options)
        wide->n_options = 0; /* and so it is refused */
    return wide;
}

/* The options of a plugin or of a nested table. Tables that lead back to themselves end at a depth that options_fault.c refuses. */
static const yz_option *wide_options(const yz_option *rows, size_t n, size_t width, unsigned depth, const char *file, yz_diag *diag) {
    const yz_option *wide = wide_rows(rows, n, width, sizeof(yz_option), "YZ_OPTIONS", file, diag);
    yz_option *own = NULL;
    for (size_t i = 0; wide && i < n; i++) {
        if (!wide[i].table || depth > NESTED_MAX)
            continue;
        if (!own) {
            own = yz_calloc(n, sizeof(*own));
            memcpy(own, wide, n * sizeof(*own));
        }
        own[i].table = wide_table(wide[i].table, depth + 1, file, diag);
    }
    if (own && wide != rows)
        free((yz_option *)(uintptr_t)wide); /* a copy already */
    return own ? own : wide;
}

static bool copy_rows(adopted *a, const char *file, yz_diag *diag) {
    yz_plugin *p = &a->plugin;
    yz_adapter *d = &a->adapter;
    p->options = wide_options(p->options, p->n_options, p->option_size, 0, file, diag);
    d->routes = wide_rows(d->routes, d->n_routes, d->route_size, sizeof(yz_route), "YZ_ROUTES", file, diag);
    d->credentials = wide_rows(d->credentials, d->n_credentials, d->credential_size, sizeof(yz_credential), "YZ_CREDENTIALS", file, diag);
    p->option_size = sizeof(yz_option);
    d->route_size = sizeof(yz_route);
    d->credential_size = sizeof(yz_credential);
    return (p->options || p->n_options == 0) && (d->routes || d->n_routes == 0) && (d->credentials || d->n_credentials == 0);
}

static bool copy_parts(adopted *a, const char *file, yz_diag *diag) {
    yz_plugin *plugin = &a->plugin;
    if ((plugin->filter && !COPY(&a->filter, plugin->filter, on_call, "filter")) ||
        (plugin->adapter && !COPY(&a->adapter, plugin->adapter, local, "adapter")) ||
        (a->adapter.local && !COPY(&a->local, a->adapter.local, on_call, "local filter")) ||
        (plugin->store && !COPY(&a->store, plugin->store, remove, "store")) ||
        (plugin->ledger && !COPY(&a->ledger, plugin->ledger, backup, "ledger")))
        return false;
    plugin->filter = plugin->filter ? &a->filter : NULL;
    plugin->adapter = plugin->adapter ? &a->adapter : NULL;
    a->adapter.local = a->adapter.local ? &a->local : NULL;
    plugin->store = plugin->store ? &a->store : NULL;
    plugin->ledger = plugin->ledger ? &a->ledger : NULL;
    return copy_rows(a, file, diag);
}

/* One {model} at most, and one {id}, which stands behind it, in a path that begins with a slash: what server/route.c can match. */
static bool route_ok(const yz_route *route) {
    const char *open = route->path ? strchr(route->path, '{') : NULL, *id_behind = open ? strstr(open, "/{id}") : NULL;
    if (!route->method || !route->path || *route->path != '/')
        return false;
    if (!open)
        return true;
    if (id_behind && strncmp(open, "{model}/", 8) == 0 && id_behind > open + 7)
        open = id_behind + 1;
    const char *rest = strchr(open, '}');
    bool id = strncmp(open, "{id}", 4) == 0 && open[-1] == '/' && strchr("/:", open[4]);
    if (!rest || (!id && strncmp(open, "{model}", 7) != 0))
        return false;
    const char *more = strpbrk(rest + 1, "{}");
    return !more || (id && more > rest + 2 && more[-1] == '/' && strcmp(more, "{part}") == 0);
}

static bool only_has(const char *text, const char *allowed) { return text && *text && text[strspn(text, allowed)] == '\0'; }

/* What can stand in a head, and what this yuzui can do. */
static const char *credential_fault(const yz_adapter *adapter) {
    for (size_t i = 0; i < adapter->n_credentials; i++) {
        const yz_credential *row = &adapter->credentials[i];
        if (!row->name || !only_has(row->header, "abcdefghijklmnopqrstuvwxyz0123456789-_"))
            return "its adapter has a credential without a name, or whose header is not a word in lower case";
        if (yz_credential_find(adapter, row->name) != row)
            return "its adapter has two credentials of one name";
        for (const char *c = row->prefix; c && *c; c++)
            if (*c < ' ' || *c > '~')
                return "its adapter has a credential whose prefix holds bytes that may not stand in a header";
        if (!yz_signer_find(row->signer))
            return "its adapter has a credential with a signer that this yuzui does not know: update yuzui";
    }
    return NULL;
}

static size_t names(const char *const *list) {
    size_t n = 0;
    while (list[n])
        n++;
    return n;
}

static const char *adapter_fault(const yz_adapter *adapter) {
    if (adapter->local && !adapter->local->on_call)
        return "its adapter's local filter has no on_call";
    if (!adapter->dialect)
        return "its adapter names no dialect";
    if (!adapter->endpoint && !adapter->local && adapter->n_routes == 0)
        return "its adapter has neither an endpoint nor a local filter nor routes";
    if (adapter->n_routes > 0 && (!adapter->accept || !adapter->write_error))
        return "its adapter has routes, but lacks accept or write_error";
    for (size_t i = 0; i < adapter->n_routes; i++)
        if (!route_ok(&adapter->routes[i]))
            return "its adapter has a route without a method, or whose path does not begin with / or is no pattern with one {model} or "
                   "{id}";
    if (adapter->decoder_zeroed > adapter->decoder_size)
        return "its adapter zeroes more of a decoder than there is";
    if (adapter->finish_words && names(adapter->finish_words) != YZ_FINISH_OTHER - YZ_FINISH_STOP)
        return "its adapter has finish_words that are not four: for STOP, LENGTH, TOOLS and FILTER";
    return credential_fault(adapter);
}

static bool check_parts(const yz_plugin *plugin, const char *file, yz_diag *diag) {
    if (!plugin->filter && !plugin->adapter && !plugin->store && !plugin->ledger) {
        yz_diag_error(diag, "plugin %s has neither a filter nor an adapter nor a store nor a ledger", file);
        return false;
    }
    const char *fault = NULL;
    if (plugin->filter && !plugin->filter->on_call)
        fault = "its filter has no on_call";
    else if (plugin->adapter)
        fault = adapter_fault(plugin->adapter);
    if (!fault && plugin->store &&
        (!plugin->store->open || !plugin->store->close || !plugin->store->get || !plugin->store->put || !plugin->store->remove))
        fault = "its store lacks one of open, close, get, put, remove";
    if (!fault && plugin->ledger && (!plugin->ledger->open || !plugin->ledger->close || !plugin->ledger->post || !plugin->ledger->read))
        fault = "its ledger lacks one of open, close, post, read";
    if (fault)
        yz_diag_error(diag, "plugin %s: %s", file, fault);
    return !fault;
}

static bool check_options(const yz_plugin *plugin, const char *file, yz_diag *diag) {
    yz_arena *arena = yz_arena_new(NULL);
    const char *fault = yz_options_fault(plugin->options, plugin->n_options, plugin->config_size, arena);
    if (fault)
        yz_diag_error(diag, "plugin %s: %s", file, fault);
    yz_arena_free(arena);
    return !fault;
}

const yz_plugin *yz_plugin_adopt(const yz_plugin *given, unsigned said, const char *file, yz_diag *diag) {
    if (!given) {
        yz_diag_error(diag, "plugin %s returned no descriptor", file);
        return NULL;
    }
    if (!check_abi(given, file, diag) || !check_functions(given, file, diag))
        return NULL;
    adopted *a = yz_calloc(1, sizeof(*a));
    yz_plugin *plugin = &a->plugin;
    if (COPY(plugin, given, filter, "descriptor") && check_name(plugin, file, diag) && copy_parts(a, file, diag) &&
        check_parts(plugin, file, diag) && check_options(plugin, file, diag) && yz_kinds_check(plugin, said, file, diag))
        return plugin;
    free(a);
    return NULL;
}
