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

static const yz_target *target_of(yz_call *call, const record *r) {
    const yz_target *const *targets;
    size_t n = yz_targets(call, yz_call_request(call)->model, &targets);
    for (size_t i = 0; i < n; i++)
        if (yz_str_eq(targets[i]->provider->name, r->provider) && yz_str_eq(targets[i]->model, r->model))
            return targets[i];
    return NULL;
}

static const yz_adapter *dialect_of(yz_call *call, const record *r) { return r->dialect.n ? yz_dialect_find(call, r->dialect) : NULL; }

/* May this record answer this request? A stream without its usage event cannot serve a client that wants one. */
static bool serves(yz_call *call, const record *r) {
    const yz_request *request = yz_call_request(call);
    if (r->stream && cache_wants_usage(request) && !r->usage_event)
        return false;
    if (r->stream && !request->stream && !r->usage.known)
        return false; /* a document would have to say that nothing was used */
    bool own_form = r->stream == request->stream && (!r->stream || r->usage_event == cache_wants_usage(request));
    if (!own_form && yz_str_is(r->dialect, request->dialect->dialect) && !cache_other_form(call, request))
        return false;
    return r->dialect.n == 0 || dialect_of(call, r) != NULL;
}

/* The names of a record, in the call's arena. */
static yz_str *read_losses(yz_call *call, const record *r, size_t *n) {
    yz_arena *arena = yz_call_arena(call);
    size_t lines = 0;
    for (size_t i = 0; i < r->losses.n; i++)
        lines += r->losses.p[i] == '\n';
    yz_str *losses = yz_alloc(arena, (lines + 1) * sizeof *losses), rest = r->losses;
    for (*n = 0; *n < lines; ++*n) {
        size_t name = (size_t)((const char *)memchr(rest.p, '\n', rest.n) - rest.p);
        losses[*n] = yz_dup(arena, (yz_str){rest.p, name});
        rest = (yz_str){rest.p + name + 1, rest.n - name - 1};
    }
    return losses;
}

/* What was used then is not used again: the usage is there to be seen, not to be charged. */
static void record_hit(yz_call *call, const record *r, const yz_target *target) {
    yz_record *own = yz_call_record(call);
    own->cache = YZ_CACHE_HIT;
    own->target = target;
    yz_record_usage(call, &r->usage, YZ_SOURCE_CACHED);
    yz_count(yz_call_worker(call), ((const cache_stage *)yz_stage(call))->hits, 1);
}

static void replay(yz_call *call, const record *r) {
    const yz_request *request = yz_call_request(call);
    int64_t age = yz_clock_wall() - r->stored;
    const yz_target *target = target_of(call, r);
    record_hit(call, r, target);
    yz_note(call, "cache", YZ_STR("hit"));
    yz_note(call, "age", yz_format(yz_call_arena(call), "%lld", (long long)(age > 0 ? age : 0)));
    /* As the provider stage does: a client sees who answered, also when that was yesterday. */
    yz_note(call, "model", request->model);
    yz_note(call, "target", yz_format(yz_call_arena(call), "%.*s/%.*s", YZ_STR_ARGS(r->provider), YZ_STR_ARGS(r->model)));
    yz_head head = {YZ_HEAD,
                    .status = r->status,
                    .stream = r->stream,
                    .reencode = r->stream && r->usage_event && request->stream && !cache_wants_usage(request),
                    .dialect = dialect_of(call, r),
                    .target = target,
                    .content_type = yz_dup(yz_call_arena(call), r->content_type), /* the record goes, the head may be kept */
                    .length = (int64_t)r->body.n};
    head.losses = read_losses(call, r, &head.n_losses);
    yz_send_head(call, &head);
    if (!yz_ended(call) && r->body.n)
        yz_send_chunk(call, &(yz_chunk){YZ_CHUNK, .bytes = r->body, .marks = YZ_MARK_CONTENT});
    if (!yz_ended(call))
        yz_send_end(call, &(yz_end){YZ_END, .usage = &r->usage, .finish = r->finish});
}

static void on_value(yz_call *call, void *arg, int code, yz_blob *value) {
    (void)arg;
    cache_call *cc = yz_state(call);
    record r;
    if (code == YZ_OK && record_read(yz_blob_bytes(value), cc->key, &r) && serves(call, &r))
        replay(call, &r);
    else
        flight_join(call, cc, yz_stage(call), yz_call_request(call));
}

static void on_call(yz_call *call, const yz_request *request) {
    cache_call *cc = yz_state(call);
    cache_stage *stage = yz_stage(call);
    cc->self = call;
    if (request->no_cache || !cache_key(call, request, cc->key)) {
        yz_call_record(call)->cache = YZ_CACHE_BYPASS;
        yz_note(call, "cache", YZ_STR("bypass"));
        yz_pass(call, NULL);
        return;
    }
    if (stage->config->coalesce && flight_find(stage, cc->key, request->hops))
        flight_join(call, cc, stage, request);
    else
        yz_store_get(call, stage->store, (yz_str){(const char *)cc->key, KEY_SIZE}, stage->config->deadline, on_value, NULL);
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
