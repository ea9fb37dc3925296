/* media/leaf.c: see media.h. What lies at the address is fetched and handed on as it comes, a part of it if a part is asked for, as fast as
 * the client takes it. It shows the place no key, and goes to no private address, whatever a name resolves to, unless the config says so;
 * also where it is sent on, which it is a few times at most.
 *
 * What comes is from strangers, and is served from the gateway's own address: so it is a picture, a sound or a film, or bytes to be kept;
 * no page, nor anything else that a browser would run.
 */
#include "base/arena.h"
#include "base/put.h"
#include "base/request.h"
#include "generation.h"
#include "media/media.h"
#include "upstream/fetch.h"
#include "worker.h"

#include <ctype.h>
#include <yuzui/plugin.h>

enum { CONNECT_MS = 5000, SILENT_MS = 30000, TOTAL_MS = 3600000, WRONG_MS = 1000, CONNECTIONS = 1024, MOST_MOVES = 3 };

typedef struct state {
    yz_call *call;
    const yz_media_settings *settings;
    yz_media media;
    yz_fetch_plan plan;
    yz_url url;
    yz_header range;
    yz_fetch *fetch;
    yz_wait *wait;
    yz_timer *again; /* it is asked for where it was sent on to */
    yz_str to;
    int moves;
} state;

static void refuse(yz_call *call, yz_error_class class_, int status, const char *code, const char *message) {
    yz_send_error(call, &(yz_error){YZ_ERROR, .class_ = class_, .status = status, .code = yz_str_of(code), .message = yz_str_of(message)});
}

/* ---- what comes ------------------------------------------------------------------------------------------------------ */

static bool is_redirect(int status) { return status == 301 || status == 302 || status == 303 || status == 307 || status == 308; }

/* One type and nothing after it, in lower case: browsers read lists, and other spellings, in their own ways. */
static yz_str safe_type(yz_arena *arena, yz_str type) {
    const char *semicolon = type.n ? memchr(type.p, ';', type.n) : NULL;
    type.n = semicolon ? (size_t)(semicolon - type.p) : type.n;
    char *low = yz_alloc_bytes(arena, type.n + 1);
    for (size_t i = 0; i < type.n; i++) {
        low[i] = (char)tolower((unsigned char)type.p[i]);
        if (!isalnum((unsigned char)low[i]) && !strchr("/-.+", low[i]))
            return YZ_STR("application/octet-stream");
    }
    yz_str plain = {low, type.n};
    bool seen = yz_str_starts(plain, "image/") || yz_str_starts(plain, "audio/") || yz_str_starts(plain, "video/");
    return seen && plain.n > 6 && !memmem(plain.p, plain.n, "svg", 3) && !memmem(plain.p, plain.n, "xml", 3)
               ? plain
               : YZ_STR("application/octet-stream");
}

static void fail_status(state *s, int status) {
    if (status == 416)
        refuse(s->call, YZ_ERROR_BAD_REQUEST, 416, "range_not_satisfiable", "it is shorter than the part that was asked for begins");
    else if (status == 403 || status == 404 || status == 410)
        refuse(s->call, YZ_ERROR_NOT_FOUND, 0, "media_gone", "whoever made it does not keep it any more: ask for the job again");
    else
        yz_fail(s->call, YZ_ERROR_SERVER, "the place where it lies answered with status %d", status);
}

static void send_head(state *s, const yz_h1_head *head) {
    yz_arena *arena = yz_call_arena(s->call);
    int64_t left = s->media.expires - yz_clock_wall();
    yz_str lasts = yz_format(arena, "private, max-age=%lld", (long long)(left > 0 ? left : 0));
    const yz_header headers[] = {{YZ_STR("cache-control"), lasts},
                                 {YZ_STR("x-content-type-options"), YZ_STR("nosniff")},
                                 {YZ_STR("content-security-policy"), YZ_STR("default-src 'none'; sandbox")}};
    yz_head up = {YZ_HEAD, .status = head->status, .length = head->length, .headers = headers, .n_headers = 3};
    up.content_type = safe_type(arena, yz_header_find(head->headers, head->n_headers, "content-type"));
    up.part = head->status == 206 ? yz_header_find(head->headers, head->n_headers, "content-range") : YZ_STR("");
    up.parts = head->status == 206 || yz_str_is(yz_header_find(head->headers, head->n_headers, "accept-ranges"), "bytes");
    yz_send_head(s->call, &up);
    if (!yz_ended(s->call) && yz_str_is(yz_call_request(s->call)->method, "HEAD"))
        yz_send_end(s->call, &(yz_end){YZ_END});
}

static void on_head(void *arg, const yz_h1_head *head) {
    state *s = arg;
    if (yz_ended(s->call))
        return;
    if (is_redirect(head->status)) {
        s->to = yz_dup(yz_call_arena(s->call), yz_header_find(head->headers, head->n_headers, "location"));
        s->again = yz_timer_start(s->call, 0); /* what calls us is a hook of the exchange that is to be closed */
    } else if (head->status == 200 || head->status == 206) {
        send_head(s, head);
    } else {
        fail_status(s, head->status);
    }
}

static void on_bytes(void *arg, yz_str bytes) {
    state *s = arg;
    if (!yz_ended(s->call) && !s->again)
        yz_send_chunk(s->call, &(yz_chunk){YZ_CHUNK, .bytes = bytes, .marks = YZ_MARK_CONTENT});
}

static void on_end(void *arg) {
    state *s = arg;
    if (!yz_ended(s->call) && !s->again)
        yz_send_end(s->call, &(yz_end){YZ_END});
}

static void on_error(void *arg, const yz_error *error) {
    state *s = arg;
    if (!yz_ended(s->call) && !s->again)
        yz_fail(s->call, error->class_, "the place where it lies: %.*s", YZ_STR_ARGS(error->message));
}

/* ---- asking ---------------------------------------------------------------------------------------------------------- */

/* With If-Range a part is wanted of what was seen before alone: nothing is said here of what that was, so all of it is sent. */
static yz_str range_of(const yz_request *request) {
    yz_str range = yz_request_header(request, "range");
    return yz_h1_range_ok(range) && yz_request_header(request, "if-range").n == 0 ? range : YZ_STR("");
}

/* Where a redirect leads that does not name a host, as RFC 3986 has it; of one that does the address itself. Without a fragment. */
static yz_str resolved(const state *s, yz_str to) {
    yz_arena *arena = yz_call_arena(s->call);
    const char *hash = to.n ? memchr(to.p, '#', to.n) : NULL;
    to.n = hash ? (size_t)(hash - to.p) : to.n;
    if (yz_str_starts(to, "//"))
        return yz_format(arena, "%.*s:%.*s", YZ_STR_ARGS(s->url.scheme), YZ_STR_ARGS(to));
    size_t scheme = 0;
    while (scheme < to.n && (isalnum((unsigned char)to.p[scheme]) || strchr("+-.", to.p[scheme])))
        scheme++;
    if (s->plan.path.n == 0 || yz_str_starts(to, "/") || (scheme < to.n && to.p[scheme] == ':'))
        return to;
    yz_str base = s->plan.path;
    const char *query = memchr(base.p, '?', base.n);
    base.n = query ? (size_t)(query - base.p) : base.n;
    while (!yz_str_starts(to, "?") && base.n > 1 && base.p[base.n - 1] != '/')
        base.n--;
    for (; yz_str_starts(to, "../"); to = yz_str_at(to.p + 3, to.n - 3))
        for (base.n -= base.n > 1; base.n > 1 && base.p[base.n - 1] != '/';)
            base.n--;
    return yz_format(arena, "%.*s%.*s", YZ_STR_ARGS(base), YZ_STR_ARGS(to));
}

static void fetch(state *s, yz_str from) {
    static const yz_fetch_hooks hooks = {.on_head = on_head, .on_bytes = on_bytes, .on_end = on_end, .on_error = on_error};
    const char *reason = NULL;
    yz_call *call = s->call;
    bool same_place = from.n > 1 && from.p[0] == '/' && from.p[1] != '/';
    yz_url same;
    s->range = (yz_header){YZ_STR("range"), range_of(yz_call_request(call))};
    s->plan = (yz_fetch_plan){.url = &s->url,
                              .timeout = {.connect = CONNECT_MS, .first_byte = SILENT_MS, .idle = SILENT_MS, .total = TOTAL_MS},
                              .max_connections = CONNECTIONS,
                              .moves = true,
                              .part = s->range.value.n > 0,
                              .public_only = !s->settings->reach_private,
                              .method = YZ_STR("GET"),
                              .headers = &s->range,
                              .n_headers = s->range.value.n > 0};
    if (same_place)
        from = yz_join(yz_call_arena(call), YZ_STR("http://same"), YZ_STR(""), from);
    bool odd = yz_url_split(from, yz_call_arena(call), same_place ? &same : &s->url, &s->plan.path, &reason) != YZ_OK ||
               !yz_str_starts(s->url.scheme, "http") || s->url.user.n + s->url.password.n > 0;
    if (odd) {
        yz_fail(call, YZ_ERROR_SERVER, "what its maker says of where it lies cannot be asked for: %s",
                reason ? reason : "it begins neither with http:// nor with https://, or names a user");
        return;
    }
    s->plan.tls = s->url.tls ? s->settings->tls : NULL;
    s->wait = yz_wait_start(call, "media", TOTAL_MS + SILENT_MS, NULL, NULL);
    s->fetch = yz_fetch_start(yz_call_worker(call), &s->plan, &hooks, s);
    if (yz_paused(call))
        yz_fetch_pause(s->fetch, true);
}

static void let_go(state *s) {
    if (s->fetch)
        yz_fetch_close(s->fetch);
    if (s->wait)
        yz_wait_done(s->wait);
    s->fetch = NULL;
    s->wait = NULL;
}

static void move_on(state *s) {
    s->again = NULL;
    let_go(s);
    if (s->moves++ == MOST_MOVES)
        yz_fail(s->call, YZ_ERROR_SERVER, "it is sent from one place to the next: more than %d redirects", MOST_MOVES);
    else
        fetch(s, resolved(s, s->to));
}

/* ---- the stage ------------------------------------------------------------------------------------------------------- */

/* A wrong key waits before it is told so: else this path would be a faster way to guess one than a chain with `auth` is. */
static void on_timer(yz_call *call, yz_timer *timer) {
    state *s = yz_state(call);
    if (s->again == timer)
        move_on(s);
    else
        yz_fail(call, YZ_ERROR_AUTH, "this API key is not known here; none is needed for this address");
}

static void on_call(yz_call *call, const yz_request *request) {
    state *s = yz_state(call);
    yz_error why = {YZ_ERROR};
    s->call = call;
    s->settings = yz_call_chain(call)->share->settings->media;
    const yz_key *key = request->credential.n ? yz_key_find(call, request->credential) : NULL;
    if (!s->settings) {
        yz_fail(call, YZ_ERROR_NOT_FOUND, "the config has no media");
    } else if (!yz_media_read(s->settings, request->stored, yz_clock_wall(), yz_call_arena(call), &s->media, &why)) {
        yz_send_error(call, &why);
    } else if (request->credential.n && !key) {
        yz_timer_start(call, WRONG_MS);
    } else if (key && !yz_str_eq(key->tenant, s->media.owner)) {
        refuse(call, YZ_ERROR_FORBIDDEN, 0, "media_of_another", "this address was given to another tenant than that of your key");
    } else {
        yz_note(call, "owner", s->media.owner);
        fetch(s, s->media.url);
    }
}

static void on_close(yz_call *call) { let_go(yz_state(call)); }

static void on_flow(yz_call *call, bool paused) {
    state *s = yz_state(call);
    if (s->fetch)
        yz_fetch_pause(s->fetch, paused);
}

const yz_filter yz_media_leaf = {
    YZ_FILTER, .call_size = sizeof(state), .on_call = on_call, .on_timer = on_timer, .on_close = on_close, .on_flow = on_flow};

yz_str yz_media_address(const yz_call *call, yz_str owner, yz_str url) {
    const yz_share *share = yz_call_chain(call)->share;
    const yz_media_settings *settings = share ? share->settings->media : NULL;
    return settings ? yz_media_sign(settings, owner, url, yz_clock_wall(), yz_call_arena(call)) : YZ_STR("");
}
