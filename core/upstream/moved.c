/* moved.c: what a provider has made may lie at another of its paths than where it is asked for: it answers with a redirect then, which is
 * followed, a few times, as long as it leads to the same server. Nobody else is shown the provider's key, and nothing is fetched from a
 * place that a provider names and the config does not. Where anything else is asked for a redirect stays an error: it is a wrong base_url.
 */
#include "base/put.h"
#include "upstream/provider_inner.h"

enum { MOST_MOVES = 3 };

static bool is_redirect(int status) { return status == 301 || status == 302 || status == 303 || status == 307 || status == 308; }

/* The path with its query, if it is at the same server; false: it is not, or is no address. */
static bool same_server(const yz_leaf *leaf, yz_str to, yz_str *path) {
    const yz_url *base = &leaf->provider->base;
    const char *reason;
    yz_url url;
    bool path_alone = to.n > 1 && to.p[0] == '/' && to.p[1] != '/';
    yz_str whole = path_alone ? yz_join(leaf->arena, YZ_STR("http://same"), YZ_STR(""), to) : to;
    if (yz_url_split(whole, leaf->arena, &url, path, &reason) < 0)
        return false;
    return path_alone || (url.user.n == 0 && url.tls == base->tls && url.port == base->port && yz_str_eq(url.host, base->host));
}

bool yz_leaf_moves(yz_leaf *leaf, const yz_h1_head *head) {
    if (!leaf->plan.moves || !is_redirect(head->status))
        return false;
    yz_str path;
    if (!same_server(leaf, yz_header_find(head->headers, head->n_headers, "location"), &path)) {
        yz_leaf_fail(leaf, YZ_ERROR_ANSWERED, "it says that this lies at another server: nothing is fetched from there");
    } else if (leaf->moves++ == MOST_MOVES) {
        yz_leaf_fail(leaf, YZ_ERROR_ANSWERED, "it sends from one place to the next: more than %d redirects", MOST_MOVES);
    } else {
        leaf->plan.path = path;
        leaf->again = yz_timer_start(leaf->call, 0); /* what calls us is a hook of the exchange that is to be closed */
    }
    return true;
}
