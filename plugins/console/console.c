/* console: the page an operator looks at, on the admin listener: /console. It stands between the guard of that listener and its answers,
 * takes the paths of its files and passes all else on.
 *
 * The files are in this object, so the page needs nothing from elsewhere, and its policy (CSP) forbids it everything else: no script but
 * its own, no frame around it, no address but this one. It has no session of its own: what it asks, it asks with the admin token, or the
 * badge of whoever has signed in at a provider, which the page keeps for its tab and sends as a header. So there is no cookie that another
 * page could make a browser send.
 */
#include "console.h"

#include <yuzui/plugin.h>

#define ROOT    "/console"
#define ACCOUNT "/account" /* on the listeners of requests: the page of a key's owner, where the config lets it be there */

static yz_header headers_of(const char *name, const char *value) { return (yz_header){yz_str_of(name), yz_str_of(value)}; }

static const console_asset *named(yz_str name) {
    for (size_t i = 0; i < console_n_assets; i++)
        if (yz_str_is(name, console_assets[i].name))
            return &console_assets[i];
    return NULL;
}

static bool is_below(yz_str path, const char *root) {
    size_t n = strlen(root);
    return yz_str_starts(path, root) && (path.n == n || path.p[n] == '/');
}

/* Owners of keys get their page and what it needs, and nothing of the operator's. */
static const console_asset *find(yz_str path, bool account) {
    size_t root = account ? sizeof(ACCOUNT) - 1 : sizeof(ROOT) - 1;
    yz_str name = {path.p + root, path.n - root};
    if (name.n <= 1 || (!account && yz_str_is(name, "/signed-in"))) /* where a provider of single sign-on sends browsers back to */
        return account ? named(YZ_STR("account.html")) : &console_assets[0];
    name = yz_str_at(name.p + 1, name.n - 1);
    if (account && !yz_str_is(name, "account.js") && !yz_str_is(name, "style.css") && !yz_str_is(name, "icon.svg"))
        return NULL;
    return named(name);
}

static void answer(yz_call *call, const console_asset *asset) {
    const yz_header headers[] = {
        headers_of("content-security-policy",
                   "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; "
                   "form-action 'none'; frame-ancestors 'none'"),
        headers_of("x-content-type-options", "nosniff"),
        headers_of("x-frame-options", "DENY"),
        headers_of("referrer-policy", "no-referrer"),
        headers_of("cross-origin-opener-policy", "same-origin"),
        headers_of("cross-origin-resource-policy", "same-origin"),
        headers_of("cache-control", "no-cache"),
        headers_of("etag", asset->tag),
    };
    const yz_head head = {YZ_HEAD,
                          .status = 200,
                          .content_type = yz_str_of(asset->type),
                          .length = (int64_t)asset->n,
                          .headers = headers,
                          .n_headers = sizeof(headers) / sizeof(*headers)};
    yz_send_head(call, &head);
    if (!yz_ended(call))
        yz_send_chunk(call, &(yz_chunk){YZ_CHUNK, .bytes = yz_str_at((const char *)asset->bytes, asset->n)});
    if (!yz_ended(call))
        yz_send_end(call, &(yz_end){YZ_END});
}

static void on_call(yz_call *call, const yz_request *request) {
    bool account = is_below(request->path, ACCOUNT);
    if (!account && !is_below(request->path, ROOT)) {
        yz_pass(call, NULL);
        return;
    }
    const console_asset *asset = find(request->path, account);
    if (asset)
        answer(call, asset);
    else
        yz_fail(call, YZ_ERROR_NOT_FOUND, "the console has no such file");
}

static const yz_filter filter = {YZ_FILTER, .on_call = on_call};

YZ_PLUGIN_KINDS("stage");
YZ_PLUGIN(.name = "console", .summary = "The page an operator looks at: /console on the admin listener", .version = "0.1.0",
          .filter = &filter)
