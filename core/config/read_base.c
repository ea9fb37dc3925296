/* config/read_base.c: base_url as people write it: with and without the version, with the version twice, with the operation at its end.
 * What is meant is always plain, so it is done, and said where something was left out.
 */
#include "config/read.h"

static bool ends_with(yz_str text, yz_str end) {
    return text.n >= end.n && end.n > 0 && memcmp(text.p + text.n - end.n, end.p, end.n) == 0;
}

/* The segment "/v1" or "/v1beta" at the end of a path; empty: it is none. */
static yz_str version_of(yz_str path) {
    const char *slash = path.n > 0 ? memrchr(path.p, '/', path.n) : NULL;
    yz_str last = {slash, slash ? (size_t)(path.p + path.n - slash) : 0};
    return last.n > 2 && last.p[1] == 'v' && last.p[2] >= '0' && last.p[2] <= '9' ? last : (yz_str){0};
}

/* "/v1/v1" is "/v1". */
static void fold_version(yz_str *path) {
    for (;;) {
        yz_str last = version_of(*path), before = {path->p, path->n - last.n};
        if (last.n == 0 || !ends_with(before, last))
            return;
        *path = before;
    }
}

/* The operation of a route without its version: "/chat/completions". */
static yz_str operation_of(yz_str route) {
    const char *second = route.n > 1 ? memchr(route.p + 1, '/', route.n - 1) : NULL;
    yz_str first = {route.p, second ? (size_t)(second - route.p) : 0};
    return version_of(first).n > 0 ? (yz_str){second, route.n - first.n} : route;
}

static void cut_operation(yz_reader *reader, const char *what, yz_provider_settings *out) {
    const yz_adapter *adapter = out->pub.adapter;
    yz_str *path = &out->base.path;
    for (size_t i = 0; i < adapter->n_routes; i++) {
        yz_str operation = operation_of(yz_str_of(adapter->routes[i].path));
        if (adapter->routes[i].op != YZ_OP_CHAT || !ends_with(*path, operation))
            continue;
        yz_diag_warn(reader->diag, "%s: base_url ends in the operation: %.*s is left out", what, YZ_STR_ARGS(operation));
        path->n -= operation.n;
        return;
    }
}

static void mend(yz_reader *reader, const char *what, yz_provider_settings *out) {
    cut_operation(reader, what, out);
    fold_version(&out->base.path);
    if (out->base.path.n == 0 && out->pub.adapter->base_path)
        out->base.path = yz_str_of(out->pub.adapter->base_path);
}

/* An adapter's own address is that of the vendor whose dialect it is: a provider of another flavour would send its key there. */
yz_str yz_read_usual_base(yz_reader *reader, const yz_provider_settings *provider) {
    yz_str usual = yz_str_of(provider->pub.adapter->base_url);
    const char *reason = NULL;
    yz_url url;
    if (usual.n == 0 || !provider->flavour)
        return usual;
    bool own = yz_url_parse(usual, reader->arena, &url, &reason) == YZ_OK && yz_flavour_has_host(provider->flavour, url.host);
    return own ? usual : YZ_STR("");
}

static void tell_no_base(yz_reader *reader, const char *what, const yz_provider_settings *provider) {
    const yz_adapter *adapter = provider->pub.adapter;
    if (provider->flavour && adapter->base_url)
        yz_diag_error(
            reader->diag,
            "%s: base_url is missing: flavour \"%.*s\" names no address for the dialect %s, and %s is another vendor's, who would "
            "get the key",
            what, YZ_STR_ARGS(provider->flavour->name), adapter->dialect, adapter->base_url);
    else
        yz_diag_error(reader->diag, "%s: base_url is missing: its adapter has no address of its own", what);
}

bool yz_read_base(yz_reader *reader, const char *what, yz_str said, yz_provider_settings *out) {
    yz_str base = said.n > 0 ? said : yz_read_usual_base(reader, out);
    if (base.n == 0 && out->pub.adapter->local)
        return true;
    if (base.n == 0) {
        tell_no_base(reader, what, out);
        return false;
    }
    if (!yz_read_url(reader, base, what, "base_url", &out->base))
        return false;
    if (!yz_str_starts(out->base.scheme, "http")) {
        yz_diag_error(reader->diag, "%s: base_url should begin with https:// or http://", what);
        return false;
    }
    if (out->base.user.n + out->base.password.n > 0) {
        yz_diag_error(reader->diag, "%s: base_url: a user or a password in it is not sent: say headers = { authorization = … }", what);
        return false;
    }
    if (!out->exact_url)
        mend(reader, what, out);
    return true;
}
