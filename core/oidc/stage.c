/* oidc/stage.c: the stage of the admin listener's chain that signs people in: its three paths; all else it passes on. See oidc.h.
 *
 * The guard above it has refused the pages of others. Who asks from an address that is not the config's `url` is told where to go: the
 * provider would send him there, and the tab that has begun the login would wait here.
 */
#include "call/tree.h"
#include "oidc/oidc.h"
#include "oidc/trip.h"

static int open_stage(yz_worker *worker, const void *config, void **stage, yz_diag *diag) {
    *stage = yz_oidc_provider_open(worker, config, diag);
    return *stage ? YZ_OK : YZ_EINVAL;
}

static void close_stage(void *stage) { yz_oidc_provider_close(stage); }

static yz_str header_of(const yz_request *request, const char *name) {
    for (size_t i = 0; i < request->n_headers; i++)
        if (yz_str_is(request->headers[i].name, name))
            return request->headers[i].value;
    return (yz_str){0};
}

static void offer(yz_call *call, const yz_oidc_settings *settings) {
    yz_buf out = {0};
    yz_buf_lit(&out, "{\"offered\":true,\"label\":");
    yz_buf_json_str(&out, settings->label);
    yz_buf_lit(&out, ",\"url\":");
    yz_buf_json_str(&out, settings->url);
    yz_buf_lit(&out, "}\n");
    yz_oidc_answer(call, &out);
}

/* NULL; or why it cannot be begun or ended from there. A request without an Origin is no browser's. */
static bool is_elsewhere(const yz_oidc_settings *settings, const yz_request *request) {
    yz_str origin = header_of(request, "origin");
    return origin.n > 0 && !yz_str_ieq(origin, settings->url);
}

static void on_call(yz_call *call, const yz_request *request) {
    yz_oidc_trip *trip = yz_state(call);
    bool begin = yz_str_is(request->path, "/oidc/begin"), finish = yz_str_is(request->path, "/oidc/finish");
    if (!begin && !finish && !yz_str_is(request->path, "/oidc")) {
        yz_pass(call, NULL);
        return;
    }
    trip->call = call;
    trip->provider = yz_stage(call);
    const yz_oidc_settings *settings = trip->provider->settings;
    if (!begin && !finish)
        offer(call, settings);
    else if (is_elsewhere(settings, request))
        yz_oidc_refuse(call, YZ_ERROR_FORBIDDEN, "oidc_elsewhere",
                       yz_format(yz_call_arena(call), "single sign-on works at %.*s/console, the `url` of the config's oidc",
                                 YZ_STR_ARGS(settings->url)));
    else if (begin)
        yz_oidc_begin(trip);
    else
        yz_oidc_finish(trip, request->credential, header_of(request, "x-yuzui-answer"));
}

static void on_close(yz_call *call) { yz_oidc_trip_close(yz_state(call)); }

const yz_filter yz_oidc_filter = {
    YZ_FILTER, .call_size = sizeof(yz_oidc_trip), .open = open_stage, .close = close_stage, .on_call = on_call, .on_close = on_close};
