/* midjourney/plugin.c: the dialect that relays of Midjourney speak (midjourney-proxy, its successors, new-api, 2026-11): pictures that are
 * drawn step by step, each step from the one before, begun by a request and asked for until they are there. Midjourney itself has no public
 * interface, so what stands behind it is such a relay, or another gateway.
 *
 * Requests and answers go through as they are. What is done with ids, and with the money, the stage jobs does; so without that stage
 * nothing of this dialect is served: a relay's own ids would be good for every client that has seen them.
 */
#include "midjourney.h"

/* ---- from the client ------------------------------------------------------------------------------------------------------ */

/* Of these nothing may pass in another spelling: ids that are exchanged, and what goes to no provider. */
static const char *const kept_back[] = {"notifyHook", "accountFilter", NULL};
static const char *const spelt[] = {"taskId", "ids", "content", "prompt", "action", "customId", "notifyHook", "accountFilter", NULL};

static int accept(yz_request *request, yz_arena *arena, yz_error *error) {
    yz_str speed;
    if (yc_relayed_spelling(request->json, spelt, arena, error) != YZ_OK)
        return YZ_EINVAL;
    if (request->op == YZ_OP_DRAWING)
        return mj_accept_action(request, arena, error);
    request->path = mj_path(request->path, &speed); /* how one stands is the same at every speed */
    bool names = request->stored.n == 0 && yz_str_is(request->method, "POST");
    return names ? yc_relayed_ids(request, arena, error) : YZ_OK;
}

static size_t names_jobs(const yz_request *request, yz_arena *arena, yz_str *at, size_t most) {
    size_t n = 0;
    (void)arena;
    if (request->op == YZ_OP_DRAWING) {
        yz_str speed, path = mj_path(request->path, &speed), task = yz_json_escaped(yz_json_get(request->json, "taskId"));
        yz_str changed = yz_str_is(path, "/mj/submit/simple-change") ? mj_changed(request->json) : YZ_STR("");
        const yz_str both[] = {task.p < changed.p ? task : changed, task.p < changed.p ? changed : task}; /* in the order they stand */
        for (size_t i = 0; i < 2; i++)
            if (both[i].n > 0)
                at[n++] = both[i];
        return n;
    }
    return yc_relayed_named(request, at, most);
}

static bool holds(const yz_call *call, const yz_request *request, const yz_target *target, yz_error *why) {
    (void)call, (void)target;
    return yc_relayed_holds(
        request, YZ_STR("pictures are drawn after the answer, and nobody here follows them: the chain needs the stage jobs, and a ledger"),
        why);
}

/* ---- to the provider ------------------------------------------------------------------------------------------------------ */

static int endpoint(const yz_provider *provider, const yz_request *request, const yz_target *target, yz_arena *arena, yz_endpoint *out) {
    yz_str speed, path = mj_path(request->path, &speed), rest = yc_kept_rest(request);
    (void)provider, (void)target; /* no model is named */
    *out = (yz_endpoint){YZ_ENDPOINT, .path = request->path};
    if (request->op == YZ_OP_DRAWING) {
        if (yz_str_is(path, "/mj/submit/swap-face")) /* the name that few relays know */
            out->path = yz_format(arena, "%.*s/mj/insight-face/swap", (int)(path.p - request->path.p), request->path.p);
        return YZ_OK;
    }
    if (request->op != YZ_OP_STORED || request->stored.n == 0)
        return YZ_EUNSUPPORTED;
    out->method = "GET";
    out->path = yz_format(arena, "/mj/task/%.*s%.*s", YZ_STR_ARGS(request->stored), YZ_STR_ARGS(rest.n > 0 ? rest : YZ_STR("/fetch")));
    return YZ_OK;
}

/* ---- the adapter ---------------------------------------------------------------------------------------------------------- */

#define POST(at, where)                                                                                                                    \
    { .method = "POST", .path = at where, .op = YZ_OP_DRAWING }
#define PLACES(at)                                                                                                                         \
    POST(at, "/submit/imagine"), POST(at, "/submit/change"), POST(at, "/submit/simple-change"), POST(at, "/submit/action"),                \
        POST(at, "/submit/modal"), POST(at, "/submit/blend"), POST(at, "/submit/describe"), POST(at, "/submit/shorten"),                   \
        POST(at, "/submit/edits"), POST(at, "/submit/video"), POST(at, "/submit/swap-face"), POST(at, "/insight-face/swap"),               \
        {.method = "POST", .path = at "/task/list-by-condition", .op = YZ_OP_STORED},                                                      \
        {.method = "POST", .path = at "/task/list-by-ids", .op = YZ_OP_STORED},                                                            \
        {.method = "GET", .path = at "/task/list", .op = YZ_OP_STORED},                                                                    \
        {.method = "GET", .path = at "/task/{id}/fetch", .op = YZ_OP_STORED}, {                                                            \
        .method = "GET", .path = at "/task/{id}" MJ_SEED, .op = YZ_OP_STORED                                                               \
    }

static const yz_route routes[] = {PLACES("/mj"), PLACES("/mj-fast/mj"), PLACES("/mj-turbo/mj"), PLACES("/mj-relax/mj")};

static const char *const *media_fields(const yz_request *request) {
    static const char *const names[] = {"imageUrl",  "imageUrls", "image_url",  "image_urls",    "ImageUrl",     "videoUrl",
                                        "videoUrls", "video_url", "video_urls", "url",           "thumbnailUrl", "thumbnail_url",
                                        "thumbnail", "thumb",     "webp",       "proxyImageUrl", "gridImageUrl", "cdnImage",
                                        "cdnUrl",    "links",     NULL};
    (void)request;
    return names;
}

static const yz_adapter adapter = {
    YZ_ADAPTER,
    .dialect = "midjourney",
    .endpoint = endpoint,
    .decode_body = mj_decode_body,
    .read_error = mj_read_error,
    .refuses = mj_refuses,
    YZ_ROUTES(routes),
    YZ_CREDENTIALS({"mj-api-secret", "mj-api-secret", NULL, NULL}, {"bearer", "authorization", "Bearer ", NULL}),
    .key_headers = YZ_NAMES("mj-api-secret"),
    .accept = accept,
    .holds = holds,
    .write_error = mj_write_error,
    .read_job = mj_read_job,
    .write_job = mj_write_job,
    .write_jobs = mj_write_jobs,
    .names_jobs = names_jobs,
    .job_rest = "/fetch",
    .job_papers = YZ_NAMES(MJ_SEED),
    .kept_back = kept_back,
    .hook_field = "notifyHook",
    .media_fields = media_fields,
    .claim_targets = YZ_NAMES("/mj/", "/mj-"),
};

YZ_PLUGIN_KINDS("adapter");
YZ_PLUGIN(.name = "midjourney", .summary = "pictures drawn step by step, by the protocol that relays of Midjourney speak",
          .version = "0.1.0", .adapter = &adapter)
