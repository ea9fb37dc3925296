/* common/replay.c: a recorded answer, given out again (recorded.h). It goes up as it was kept, in the dialect of who answered and with that
 * target: the edge turns it into the client's, as it does with any answer. */
#include "recorded.h"

bool yc_wants_usage(const yz_request *request) { return request->stream && request->include_usage; }

bool yc_other_form(yz_call *call, const yz_request *request) {
    const yz_reading *reading = yz_request_read(request, yz_call_arena(call));
    return reading->code == YZ_OK && reading->losses->n == 0 && reading->chat->n <= 1 && !reading->chat->logprobs;
}

static const yz_target *target_of(yz_call *call, const yc_recorded *r) {
    const yz_target *const *targets;
    size_t n = yz_targets(call, yz_call_request(call)->model, &targets);
    for (size_t i = 0; i < n; i++)
        if (yz_str_eq(targets[i]->provider->name, r->provider) && yz_str_eq(targets[i]->model, r->model))
            return targets[i];
    return NULL;
}

static const yz_adapter *dialect_of(yz_call *call, const yc_recorded *r) { return r->dialect.n ? yz_dialect_find(call, r->dialect) : NULL; }

/* A stream without its usage event cannot serve a client that wants one. */
bool yc_serves(yz_call *call, const yc_recorded *r) {
    const yz_request *request = yz_call_request(call);
    if (r->stream && yc_wants_usage(request) && !r->usage_event)
        return false;
    if (r->stream && !request->stream && !r->usage.known)
        return false; /* a document would have to say that nothing was used */
    bool own_form = r->stream == request->stream && (!r->stream || r->usage_event == yc_wants_usage(request));
    if (!own_form && yz_str_is(r->dialect, request->dialect->dialect) && !yc_other_form(call, request))
        return false;
    return r->dialect.n == 0 || dialect_of(call, r) != NULL;
}

/* The names of a record, in the call's arena. */
static yz_str *read_losses(yz_call *call, const yc_recorded *r, size_t *n) {
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

/* As the provider stage does: a client sees who answered, also when that was yesterday. */
static void note(yz_call *call, const yc_recorded *r) {
    int64_t age = yz_clock_wall() - r->stored;
    yz_note(call, "cache", YZ_STR("hit"));
    yz_note(call, "age", yz_format(yz_call_arena(call), "%lld", (long long)(age > 0 ? age : 0)));
    yz_note(call, "model", yz_call_request(call)->model);
    yz_note(call, "target", yz_format(yz_call_arena(call), "%.*s/%.*s", YZ_STR_ARGS(r->provider), YZ_STR_ARGS(r->model)));
}

void yc_replay(yz_call *call, const yc_recorded *r) {
    const yz_request *request = yz_call_request(call);
    const yz_target *target = target_of(call, r);
    yz_record *own = yz_call_record(call);
    own->cache = YZ_CACHE_HIT;
    own->target = target;
    yz_record_usage(call, &r->usage, YZ_SOURCE_CACHED);
    note(call, r);
    yz_head head = {YZ_HEAD,
                    .status = r->status,
                    .stream = r->stream,
                    .reencode = r->stream && r->usage_event && request->stream && !yc_wants_usage(request),
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
