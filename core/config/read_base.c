/* config/read_base.c: base_url as people write it: with and without the version, with the version twice, with the operation at its end.
 * What is meant is plain, so it is done, and said where something was left out; or what would be right is said, where it is another's.
 */
#include "config/read.h"

#include "plugin/loader.h"

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

/* What a path ends in of this route: "/chat/completions", or with a model's name "/models/NAME:generateContent"; empty: something else. */
static yz_str operation_at_end(yz_str path, yz_str route) {
    yz_str operation = operation_of(route);
    const char *name = memmem(operation.p, operation.n, "{model}", 7);
    if (!name)
        return ends_with(path, operation) ? operation : (yz_str){0};
    yz_str before = {operation.p, (size_t)(name - operation.p)}, after = {name + 7, operation.n - before.n - 7};
    if (!ends_with(path, after)) /* nothing stands after it: that is a model, and no operation */
        return (yz_str){0};
    for (size_t at = path.n - after.n; at-- > 0;)
        if (path.n - after.n - at > before.n && memcmp(path.p + at, before.p, before.n) == 0)
            return (yz_str){path.p + at, path.n - at};
    return (yz_str){0};
}

/* The first half of an operation behind a version: "/v1/chat" for "/v1/chat/completions". */
static yz_str half_at_end(yz_str path, yz_str route) {
    yz_str operation = operation_of(route);
    const char *second = operation.n > 1 ? memchr(operation.p + 1, '/', operation.n - 1) : NULL;
    yz_str half = {operation.p, second ? (size_t)(second - operation.p) : 0};
    bool two = second && !memchr(second + 1, '/', operation.n - half.n - 1) && !memchr(half.p, '{', half.n); /* segments, and no names */
    return two && ends_with(path, half) && version_of((yz_str){path.p, path.n - half.n}).n > 0 ? half : (yz_str){0};
}

/* The longest of an adapter's operations. One that is no chat counts behind a version alone: "/models" may be how an API begins. */
static yz_str asked_at_end(yz_str path, const yz_adapter *adapter, bool chats) {
    yz_str found = {0};
    for (size_t i = 0; i < adapter->n_routes; i++) {
        const yz_route *route = &adapter->routes[i];
        yz_str end = strstr(route->path, "{id}") ? YZ_STR("") : operation_at_end(path, yz_str_of(route->path));
        if (end.n == 0 && route->op == YZ_OP_CHAT)
            end = half_at_end(path, yz_str_of(route->path));
        bool counts = route->op == YZ_OP_CHAT || (!chats && version_of((yz_str){path.p, path.n - end.n}).n > 0);
        if (counts && end.n > found.n)
            found = end;
    }
    return found;
}

static void cut_operation(yz_reader *reader, const char *what, yz_provider_settings *out) {
    yz_str *path = &out->base.path, operation = asked_at_end(*path, out->pub.adapter, false);
    if (operation.n == 0)
        return;
    yz_diag_warn(reader->diag, "%s: base_url ends in the operation: %.*s is left out", what, YZ_STR_ARGS(operation));
    path->n -= operation.n;
}

/* Where another dialect asks for chats nothing of this one is found. */
static bool is_of_another(yz_reader *reader, const char *what, const yz_provider_settings *out) {
    const yz_plugin *const *plugins;
    const yz_adapter *own = out->pub.adapter;
    for (size_t i = 0, n = yz_plugin_list(YZ_KIND_ADAPTER, &plugins, NULL); i < n; i++) {
        const yz_adapter *adapter = plugins[i]->adapter;
        yz_str operation = strcmp(adapter->dialect, own->dialect) == 0 ? YZ_STR("") : asked_at_end(out->base.path, adapter, true);
        if (operation.n == 0)
            continue;
        yz_diag_error(
            reader->diag,
            "%s: base_url ends in %.*s, where chats of the dialect %s are asked for, and its adapter speaks %s: adapter = \"%s\" is "
            "meant, or another address; exact_url = true takes this one as it stands",
            what, YZ_STR_ARGS(operation), adapter->dialect, own->dialect, plugins[i]->name);
        return true;
    }
    return false;
}

/* Vendors have a branch for clients of other dialects ("/v1beta/openai", "/anthropic"), where their own is not spoken. */
static bool is_branch_of_another(yz_reader *reader, const char *what, const yz_provider_settings *out) {
    const yz_plugin *const *plugins;
    const yz_adapter *own = out->pub.adapter;
    yz_str path = out->base.path;
    const char *slash = path.n > 0 ? memrchr(path.p, '/', path.n) : NULL;
    yz_str last = slash ? yz_str_at(slash + 1, (size_t)(path.p + path.n - slash - 1)) : YZ_STR("");
    for (size_t i = 0, n = last.n ? yz_plugin_list(YZ_KIND_ADAPTER, &plugins, NULL) : 0; i < n; i++) {
        const yz_adapter *adapter = plugins[i]->adapter;
        bool same = adapter->base_url && own->base_url && strcmp(adapter->base_url, own->base_url) == 0; /* one vendor's two dialects */
        if (!yz_str_is(last, plugins[i]->name) || strcmp(adapter->dialect, own->dialect) == 0 || same)
            continue;
        yz_diag_error(reader->diag,
                      "%s: base_url ends in /%.*s, where the dialect %s is spoken, and its adapter speaks %s: leave /%.*s out, or say "
                      "adapter = \"%s\"; exact_url = true takes this one as it stands",
                      what, YZ_STR_ARGS(last), adapter->dialect, own->dialect, YZ_STR_ARGS(last), plugins[i]->name);
        return true;
    }
    return false;
}

static bool mend(yz_reader *reader, const char *what, yz_provider_settings *out) {
    cut_operation(reader, what, out);
    if (is_of_another(reader, what, out) || is_branch_of_another(reader, what, out))
        return false;
    fold_version(&out->base.path);
    if (out->base.path.n == 0 && out->pub.adapter->base_path)
        out->base.path = yz_str_of(out->pub.adapter->base_path);
    return true;
}

/* A query belongs elsewhere. Its values may be keys, and are not shown, nor is a password. */
static bool has_query(yz_reader *reader, const char *what, yz_str base, const yz_adapter *adapter) {
    const char *mark = memchr(base.p, '?', base.n), *end = base.p + base.n;
    if (!mark || memchr(base.p, '@', base.n))
        return false;
    yz_str address = {base.p, (size_t)(mark - base.p)};
    address.n -= asked_at_end(address, adapter, false).n;
    yz_buf names = {0};
    for (const char *p = mark + 1; p < end;) {
        const char *next = memchr(p, '&', (size_t)(end - p)), *equals = memchr(p, '=', (size_t)((next ? next : end) - p));
        yz_buf_printf(&names, "%s[\"%.*s\"] = …", names.n ? ", " : "", (int)((equals ? equals : next ? next : end) - p), p);
        p = next ? next + 1 : end;
    }
    yz_diag_error(
        reader->diag,
        "%s: base_url: a query is no part of it: %.*s is the address, and what goes along with every request stands in query = { %.*s }",
        what, YZ_STR_ARGS(address), YZ_STR_ARGS(yz_buf_view(&names)));
    yz_buf_free(&names);
    return true;
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
    if (has_query(reader, what, base, out->pub.adapter) || !yz_read_url(reader, base, what, "base_url", &out->base))
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
        return mend(reader, what, out);
    if (out->flavour && yz_flavour_has_host(out->flavour, out->base.host)) /* the flavour says so: of the version, not of a chat's path */
        cut_operation(reader, what, out);
    return true;
}

bool yz_read_url(yz_reader *reader, yz_str text, const char *what, const char *option, yz_url *out) {
    const char *reason = "malformed";
    if (yz_url_parse(text, reader->arena, out, &reason) == YZ_OK)
        return true;
    if (!memmem(text.p, text.n, "://", 3)) {
        bool proxy = strcmp(option, "proxy") == 0;
        yz_diag_error(reader->diag, "%s: %s should begin with %s", what, option,
                      proxy ? "http:// or socks5://, as in \"http://127.0.0.1:3128\""
                            : "https:// or http://, as in \"https://api.example.com/v1\"");
        return false;
    }
    yz_diag_error(reader->diag, "%s: %s: %s", what, option, reason); /* the address itself may hold a password */
    return false;
}
