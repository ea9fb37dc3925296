/* cache.c: the stage: asks the store; on a hit replays the recorded answer, otherwise rides on a flight (see flight.c), its own or
 * that of an identical request. What the store does wrong (slow, gone, garbage) is a miss.
 */
#include "cache.h"

#include <stdlib.h>

static int cache_open(yz_worker *worker, const void *config, void **out, yz_diag *diag) {
    const cache_config *c = config;
    yz_store *store = yz_store_find(worker, c->store, diag);
    if (!store)
        return YZ_ENOTFOUND;
    cache_stage *stage = calloc(1, sizeof *stage);
    if (!stage)
        return YZ_EINTERNAL;
    stage->config = c;
    stage->store = store;
    stage->hits = yz_counter_declare("cache_hits", "answers from a cache");
    stage->misses = yz_counter_declare("cache_misses", "cache look-ups that found nothing");
    *out = stage;
    return YZ_OK;
}

static void on_value(yz_call *call, void *arg, int code, yz_blob *value) {
    (void)arg;
    cache_call *cc = yz_state(call);
    yc_recorded r;
    if (code == YZ_OK && yc_recorded_read(yz_blob_bytes(value), cc->key, &r) && yc_serves(call, &r)) {
        yz_count(yz_call_worker(call), ((const cache_stage *)yz_stage(call))->hits, 1);
        yc_replay(call, &r);
    } else {
        flight_join(call, cc, yz_stage(call), yz_call_request(call));
    }
}

static void on_call(yz_call *call, const yz_request *request) {
    cache_call *cc = yz_state(call);
    cache_stage *stage = yz_stage(call);
    cc->self = call;
    if (request->no_cache || !yc_request_key(call, request, NULL, cc->key)) {
        yz_call_record(call)->cache = YZ_CACHE_BYPASS;
        yz_note(call, "cache", YZ_STR("bypass"));
        yz_pass(call, NULL);
        return;
    }
    if (stage->config->coalesce && flight_find(stage, cc->key, request->hops))
        flight_join(call, cc, stage, request);
    else
        yz_store_get(call, stage->store, (yz_str){(const char *)cc->key, YC_KEY_SIZE}, stage->config->deadline, on_value, NULL);
}

static void on_close(yz_call *call) { flight_leave(yz_state(call)); }

static void on_flow(yz_call *call, bool paused) {
    (void)paused;
    flight_flow(yz_state(call));
}

static const yz_filter filter = {
    YZ_FILTER,         .call_size = sizeof(cache_call), .open = cache_open, .close = free, .on_call = on_call, .on_close = on_close,
    .on_flow = on_flow};

static const yz_option options[] = {
    {.name = "ttl",
     .type = YZ_OPTION_DURATION,
     .offset = offsetof(cache_config, ttl),
     .otherwise = "1h",
     .help = "how long an answer may be served again",
     .min = 1000,
     .max = INT64_C(366) * 86400 * 1000},
    {.name = "store",
     .type = YZ_OPTION_STRING,
     .offset = offsetof(cache_config, store),
     .otherwise = "memory",
     .help = "where answers are kept: a store declared by `store NAME {…}`, or \"memory\" or \"redis\" with their defaults"},
    {.name = "deadline",
     .type = YZ_OPTION_DURATION,
     .offset = offsetof(cache_config, deadline),
     .otherwise = "50ms",
     .help = "a store that takes longer is a miss",
     .min = 1,
     .max = 10000},
    {.name = "max",
     .type = YZ_OPTION_SIZE,
     .offset = offsetof(cache_config, max),
     .otherwise = "1MiB",
     .help = "longer answers are neither stored nor shared",
     .min = 1024,
     .max = 64 * 1024 * 1024},
    {.name = "coalesce",
     .type = YZ_OPTION_BOOL,
     .offset = offsetof(cache_config, coalesce),
     .otherwise = "true",
     .help = "identical requests in flight share one call to the provider"},
};

YZ_PLUGIN_KINDS("stage");
YZ_PLUGIN(.name = "cache", .summary = "answers the same question from a store, and asks a provider once for many who ask at once",
          .version = "0.1", .config_size = sizeof(cache_config), YZ_OPTIONS(options), .filter = &filter)
