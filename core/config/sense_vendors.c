/* config/sense_vendors.c: a provider whose parts belong to different vendors: a flavour, an adapter, or a key that do not go with the
 * address. Warnings only: what a vendor speaks where is what flavours/ knows of it. Knows no vendor.
 */
#include "base/secret.h"
#include "config/read.h"
#include "plugin/loader.h"

static yz_str path_of(yz_reader *reader, yz_str address) {
    const char *reason = NULL;
    yz_url url = {0};
    return yz_url_parse(address, reader->arena, &url, &reason) == YZ_OK ? url.path : (yz_str){0};
}

static bool has_path(yz_str path, yz_str begin) {
    return path.n >= begin.n && (begin.n == 0 || memcmp(path.p, begin.p, begin.n) == 0) && (path.n == begin.n || path.p[begin.n] == '/');
}

/* The plugin of an adapter; with `host` the adapter whose own address has it. NULL: none. */
static const yz_plugin *plugin_of(yz_reader *reader, const yz_adapter *adapter, yz_str host) {
    const yz_plugin *const *plugins;
    const char *reason = NULL;
    yz_url url;
    for (size_t i = 0, n = yz_plugin_list(YZ_KIND_ADAPTER, &plugins, NULL); i < n; i++) {
        const char *own = plugins[i]->adapter->base_url;
        bool there = host.n > 0 && own && yz_url_parse(yz_str_of(own), reader->arena, &url, &reason) == YZ_OK && yz_str_eq(url.host, host);
        if (plugins[i]->adapter == adapter && (host.n == 0 || there))
            return plugins[i];
        if (!adapter && there)
            return plugins[i];
    }
    return NULL;
}

/* ---- the flavour ---------------------------------------------------------------------------------------------------------------- */

static void check_flavour(yz_reader *reader, const char *what, const yz_provider_settings *p, const yz_flavour *vendor) {
    if (p->flavour && vendor != p->flavour)
        yz_diag_warn(reader->diag,
                     "%s: %.*s is an address of flavour \"%.*s\", not of \"%.*s\", whose ways and errors it does not have: flavour = "
                     "\"%.*s\" is meant, or another base_url",
                     what, YZ_STR_ARGS(p->base.host), YZ_STR_ARGS(vendor->name), YZ_STR_ARGS(p->flavour->name), YZ_STR_ARGS(vendor->name));
}

/* ---- the adapter ---------------------------------------------------------------------------------------------------------------- */

/* Does the vendor's catalogue lead to this adapter for some models? */
static bool reaches_models(const yz_flavour *vendor, yz_str adapter) {
    for (size_t i = 0; i < vendor->models.n; i++)
        if (yz_str_eq(vendor->models.items[i].value, adapter))
            return true;
    return false;
}

/* As whoever knows the host alone has it. */
static bool is_bare(yz_str path) { return path.n == 0 || yz_str_is(path, "/v1"); }

/* An adapter of another dialect that the vendor serves at a path of its own, where this address is; p NULL: none. */
static yz_str other_at(yz_reader *reader, const yz_provider_settings *p, const yz_flavour *vendor, yz_str adapter) {
    yz_str usual = path_of(reader, yz_flavour_address(vendor, adapter));
    if (is_bare(usual) && is_bare(p->base.path)) /* its own, with the version or without */
        return (yz_str){0};
    for (size_t i = 0; i < vendor->addresses.n; i++) {
        yz_str path = path_of(reader, vendor->addresses.items[i].value);
        if (path.n > 0 && !yz_str_eq(vendor->addresses.items[i].name, adapter) && has_path(p->base.path, path) && !has_path(usual, path))
            return vendor->addresses.items[i].name;
    }
    return (yz_str){0};
}

static void tell_no_adapter(yz_reader *reader, const char *what, const yz_provider_settings *p, const yz_flavour *vendor, yz_str adapter) {
    const yz_plugin *own = plugin_of(reader, NULL, p->base.host);
    yz_str first = vendor->adapter.n > 0 ? vendor->adapter : own ? yz_str_of(own->name) : (yz_str){0};
    yz_buf right = {0};
    if (first.n > 0)
        yz_buf_printf(&right, "adapter = \"%.*s\"", YZ_STR_ARGS(first));
    for (size_t i = 0; i < vendor->addresses.n; i++)
        yz_buf_printf(&right, "%sadapter = \"%.*s\" at %.*s", right.n > 0 ? ", or " : "", YZ_STR_ARGS(vendor->addresses.items[i].name),
                      YZ_STR_ARGS(vendor->addresses.items[i].value));
    yz_diag_warn(reader->diag, "%s: adapter \"%.*s\" is not known to be spoken at %.*s (flavour \"%.*s\"): %.*s is meant", what,
                 YZ_STR_ARGS(adapter), YZ_STR_ARGS(p->base.host), YZ_STR_ARGS(vendor->name), YZ_STR_ARGS(yz_buf_view(&right)));
    yz_buf_free(&right);
}

static void check_adapter(yz_reader *reader, const char *what, const yz_provider_settings *p, const yz_flavour *vendor) {
    const yz_plugin *plugin = plugin_of(reader, p->pub.adapter, YZ_STR(""));
    yz_str adapter = plugin ? yz_str_of(plugin->name) : (yz_str){0}, address = {0};
    for (size_t i = 0; i < vendor->addresses.n; i++)
        address = yz_str_eq(vendor->addresses.items[i].name, adapter) ? vendor->addresses.items[i].value : address;
    if (!plugin || (vendor->base_url.n == 0 && !plugin_of(reader, NULL, p->base.host)))
        return; /* an address of a customer's own, of which nothing is known */
    bool own = yz_str_eq(vendor->adapter, adapter) || plugin_of(reader, p->pub.adapter, p->base.host) || reaches_models(vendor, adapter);
    yz_str other = own ? other_at(reader, p, vendor, adapter) : (yz_str){0};
    yz_str usual = own && other.n == 0 && yz_str_eq(vendor->adapter, adapter) ? path_of(reader, vendor->base_url) : (yz_str){0};
    if (other.n > 0)
        yz_diag_warn(reader->diag, "%s: adapter = \"%.*s\" is spoken at this base_url, not \"%.*s\"", what, YZ_STR_ARGS(other),
                     YZ_STR_ARGS(adapter));
    else if (usual.n > 0 && is_bare(p->base.path) && !is_bare(usual))
        yz_diag_warn(reader->diag, "%s: the API of this vendor begins at %.*s, not at this base_url", what, YZ_STR_ARGS(vendor->base_url));
    else if (!own && address.n == 0)
        tell_no_adapter(reader, what, p, vendor, adapter);
    else if (!own && !has_path(p->base.path, path_of(reader, address)))
        yz_diag_warn(reader->diag, "%s: adapter \"%.*s\" is spoken there at %.*s, not at this base_url", what, YZ_STR_ARGS(adapter),
                     YZ_STR_ARGS(address));
}

/* ---- the key -------------------------------------------------------------------------------------------------------------------- */

/* The flavour whose keys begin like this one, of several the one that knows the longest beginning; NULL: none. */
static const yz_flavour *flavour_of_key(const yz_flavours *all, yz_str key) {
    const yz_flavour *found = NULL;
    size_t longest = 0;
    for (size_t i = 0; i < all->n; i++)
        for (size_t k = 0; k < all->items[i]->keys.n; k++) {
            yz_str begin = all->items[i]->keys.items[k];
            if (begin.n > longest && key.n > begin.n && memcmp(key.p, begin.p, begin.n) == 0) {
                found = all->items[i];
                longest = begin.n;
            }
        }
    return found;
}

static void check_keys(yz_reader *reader, const char *what, const yz_provider_settings *p, const yz_flavour *vendor) {
    for (size_t i = 0; i < p->n_keys; i++) {
        const yz_flavour *issuer = flavour_of_key(p->flavours, yz_secret_reveal(p->keys[i]));
        if (!issuer || issuer == vendor)
            continue;
        yz_diag_warn(reader->diag,
                     "%s: its key begins like one of flavour \"%.*s\", and %.*s is an address of \"%.*s\", who would be shown it", what,
                     YZ_STR_ARGS(issuer->name), YZ_STR_ARGS(p->base.host), YZ_STR_ARGS(vendor->name));
        return;
    }
}

void yz_read_vendor_sense(yz_reader *reader, const char *what, const yz_provider_settings *p) {
    const yz_flavour *vendor = p->flavours ? yz_flavours_of_host(p->flavours, p->base.host) : NULL;
    if (!vendor)
        return;
    check_flavour(reader, what, p, vendor);
    check_adapter(reader, what, p, vendor);
    check_keys(reader, what, p, vendor);
}
