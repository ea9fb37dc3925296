/* moved.c: what a provider has made may lie at another of its paths than where it is asked for: it answers with a redirect then, which is
 * followed, a few times. Within the same server it is asked for as before. Where the config has `media` it may lead elsewhere, as relays
 * send on to where the films lie: nobody there is shown the provider's key or headers, and it is no private address unless `media` says so.
 * What such a place says of the request says nothing of the provider. Where anything else is asked for a redirect stays an error: it is a
 * wrong base_url.
 */
#include "base/put.h"
#include "generation.h"
#include "upstream/provider_inner.h"

enum { MOST_MOVES = 3 };

static bool is_redirect(int status) { return status == 301 || status == 302 || status == 303 || status == 307 || status == 308; }

/* Where it leads: *path, with its query, at *url. False: that is no address, or names a user. */
static bool read_place(const yz_leaf *leaf, yz_str to, yz_url *url, yz_str *path) {
    const char *reason;
    bool path_alone = to.n > 1 && to.p[0] == '/' && to.p[1] != '/';
    yz_str whole =
        path_alone ? yz_join(leaf->arena, YZ_STR("http://same"), YZ_STR(""), to) : yz_dup(leaf->arena, to); /* outlives the head */
    if (yz_url_split(whole, leaf->arena, url, path, &reason) < 0)
        return false;
    if (path_alone)
        *url = *leaf->plan.url;
    return path_alone || (yz_str_starts(url->scheme, "http") && url->user.n + url->password.n == 0);
}

static bool is_same(const yz_url *one, const yz_url *other) {
    return one->tls == other->tls && one->port == other->port && yz_str_eq(one->host, other->host);
}

/* Of what was sent only which part is wanted goes along. */
static void keep_range(yz_leaf *leaf) {
    yz_header *list = yz_alloc(leaf->arena, 2 * sizeof *list);
    size_t n = 0;
    for (size_t i = 0; i < leaf->plan.n_headers && n < 2; i++)
        if (yz_str_is(leaf->plan.headers[i].name, "range") || yz_str_is(leaf->plan.headers[i].name, "if-range"))
            list[n++] = leaf->plan.headers[i];
    leaf->plan.headers = list;
    leaf->plan.n_headers = n;
}

/* Another server is asked from here on. False: the config does not let it. */
static bool go_away(yz_leaf *leaf, const yz_url *to) {
    const yz_media_settings *media = yz_call_chain(leaf->call)->share->settings->media;
    if (!media)
        return false;
    if (!leaf->elsewhere) {
        keep_range(leaf);
        leaf->elsewhere = yz_alloc(leaf->arena, sizeof *leaf->elsewhere);
    }
    *leaf->elsewhere = *to;
    leaf->plan.url = leaf->elsewhere;
    leaf->plan.proxy = NULL;
    leaf->plan.tls = to->tls ? media->tls : NULL;
    leaf->plan.secret = NULL;
    leaf->plan.signer = NULL;
    leaf->plan.public_only = !media->reach_private;
    return true;
}

bool yz_leaf_moves(yz_leaf *leaf, const yz_h1_head *head) {
    if (!leaf->plan.moves || !is_redirect(head->status))
        return false;
    yz_str path;
    yz_url url;
    if (!read_place(leaf, yz_header_find(head->headers, head->n_headers, "location"), &url, &path)) {
        yz_leaf_fail(leaf, YZ_ERROR_ANSWERED, "it says that this lies elsewhere, at what is no address");
    } else if (leaf->moves++ == MOST_MOVES) {
        yz_leaf_fail(leaf, YZ_ERROR_ANSWERED, "it sends from one place to the next: more than %d redirects", MOST_MOVES);
    } else if (!is_same(leaf->plan.url, &url) && !go_away(leaf, &url)) {
        yz_leaf_fail(leaf, YZ_ERROR_ANSWERED,
                     "it says that this lies at another server: nothing is fetched from there, unless the config has `media`");
    } else {
        leaf->plan.path = path;
        leaf->again = yz_timer_start(leaf->call, 0); /* what calls us is a hook of the exchange that is to be closed */
    }
    return true;
}

static void refuse(yz_leaf *leaf, yz_error_class class_, int status, const char *code, const char *message) {
    yz_error error = {YZ_ERROR, .class_ = class_, .status = status, .code = yz_str_of(code), .message = yz_str_of(message)};
    error.started = YZ_STARTED_YES;
    error.target = leaf->elsewhere ? NULL : leaf->target;
    if (status == 416) {
        yz_header *whole = yz_alloc(leaf->arena, sizeof *whole);
        yz_str said = yz_header_find(leaf->head->headers, leaf->head->n_headers, "content-range");
        *whole = (yz_header){YZ_STR("content-range"), yz_dup(leaf->arena, said)};
        error.headers = whole;
        error.n_headers = said.n > 0;
    }
    yz_send_error(leaf->call, &error);
}

bool yz_leaf_no_piece(yz_leaf *leaf) {
    int status = leaf->head->status;
    if (!leaf->plan.moves || status < 400)
        return false;
    if (status == 416)
        refuse(leaf, YZ_ERROR_BAD_REQUEST, 416, "range_not_satisfiable", "it is shorter than the part that was asked for begins");
    else if (leaf->elsewhere && (status == 403 || status == 404 || status == 410))
        refuse(leaf, YZ_ERROR_NOT_FOUND, 0, "media_gone", "whoever made it does not keep it any more: ask for the job again");
    else if (leaf->elsewhere)
        yz_fail(leaf->call, YZ_ERROR_SERVER, "the place where it lies answered with status %d", status);
    return yz_ended(leaf->call);
}
