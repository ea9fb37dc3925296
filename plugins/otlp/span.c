/* otlp/span.c: every record of a request becomes a span, in the JSON form of OTLP (ids are hex, times are texts of ns).
 *
 * Names of attributes are those of OpenTelemetry's conventions for generative AI where there are any
 * (https://opentelemetry.io/docs/specs/semconv/gen-ai/), else begin with yuzui. The request is a SERVER span, a call to a provider a CLIENT
 * one, and a stage's own call INTERNAL. Nothing of a prompt or an answer is in them.
 */
#include "otlp.h"

enum { INTERNAL = 1, SERVER = 2, CLIENT = 3 };

/* ---- values ------------------------------------------------------------------------------------------------------------- */

/* Inlined, so that the lengths of literals are the compiler's to count: a third of the cost of a span. */
__attribute__((always_inline)) static inline void put(yz_buf *out, const char *text) { yz_buf_put(out, text, strlen(text)); }

static void put_number(yz_buf *out, uint64_t n) {
    char digits[24], *p = digits + sizeof(digits);
    do
        *--p = (char)('0' + n % 10);
    while (n /= 10);
    yz_buf_put(out, p, (size_t)(digits + sizeof(digits) - p));
}

static void put_key(yz_buf *out, const char *name) {
    if (out->p[out->n - 1] != '[')
        yz_buf_char(out, ',');
    put(out, "{\"key\":\"");
    put(out, name);
    put(out, "\",\"value\":{\"");
}

static void text(yz_buf *out, const char *name, yz_str value) {
    if (value.n == 0)
        return;
    put_key(out, name);
    put(out, "stringValue\":");
    yz_buf_json_str(out, value);
    put(out, "}}");
}

static void word(yz_buf *out, const char *name, const char *value) { text(out, name, yz_str_of(value)); }

static void number(yz_buf *out, const char *name, int64_t value) {
    if (value < 0)
        return;
    put_key(out, name);
    put(out, "intValue\":\"");
    put_number(out, (uint64_t)value);
    put(out, "\"}}");
}

static void yes(yz_buf *out, const char *name) {
    put_key(out, name);
    put(out, "boolValue\":true}}");
}

/* ---- ids ---------------------------------------------------------------------------------------------------------------- */

/* What a provider was told, else made of the request's seed and the record's place. */
static uint64_t span_of(const otlp_request *request, const yz_record *record, size_t place) {
    if (record->span != 0)
        return record->span;
    uint64_t x = request->seed + (place + 1) * 0x9e3779b97f4a7c15u;
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
    x = (x ^ x >> 27) * 0x94d049bb133111ebu;
    x ^= x >> 31;
    return x ? x : 1;
}

static void put_id(yz_buf *out, const char *name, uint64_t id) {
    char hex[16];
    otlp_put_hex(hex, id);
    yz_buf_printf(out, ",\"%s\":\"%.16s\"", name, hex);
}

static uint64_t parent_of(const otlp_request *request, const yz_record *record) {
    size_t place = 0;
    for (const yz_record *r = request->first; r; r = r->next, place++)
        if (r == record->parent)
            return span_of(request, r, place);
    return span_of(request, request->first, 0);
}

/* ---- a span --------------------------------------------------------------------------------------------------------------- */

static const char *because_word(yz_because because) {
    static const char *const words[] = {
#define WORD(name, text) text,
        YZ_BECAUSES(WORD)
#undef WORD
    };
    return words[because];
}

static const char *cache_word(yz_cache_state state) {
    static const char *const words[] = {
#define WORD(name, text) text,
        YZ_CACHE_STATES(WORD)
#undef WORD
    };
    return words[state];
}

static const char *finish_word(yz_finish finish) {
    static const char *const words[] = {
#define WORD(name, text) text,
        YZ_FINISHES(WORD)
#undef WORD
    };
    return words[finish];
}

static void put_usage(yz_buf *out, const yz_usage *usage) {
    number(out, "gen_ai.usage.input_tokens", yz_usage_get(usage, YZ_METER_INPUT));
    number(out, "gen_ai.usage.output_tokens", yz_usage_get(usage, YZ_METER_OUTPUT));
    number(out, "gen_ai.usage.cache_read.input_tokens", yz_usage_get(usage, YZ_METER_CACHED));
    number(out, "gen_ai.usage.cache_creation.input_tokens", yz_usage_get(usage, YZ_METER_CACHE_WRITE));
    number(out, "yuzui.usage.reasoning_tokens", yz_usage_get(usage, YZ_METER_REASONING));
}

static void put_finish(yz_buf *out, const yz_record *r) {
    if (r->outcome != YZ_OUTCOME_DONE || r->finish == YZ_FINISH_NONE)
        return;
    put_key(out, "gen_ai.response.finish_reasons");
    put(out, "arrayValue\":{\"values\":[{\"stringValue\":\"");
    put(out, finish_word(r->finish));
    put(out, "\"}]}}}");
}

static void put_provider(yz_buf *out, const otlp_request *request, const yz_record *r) {
    text(out, "gen_ai.operation.name", request->op);
    text(out, "gen_ai.provider.name", r->target->provider->name);
    text(out, "gen_ai.request.model", r->target->model);
    if (r->status > 0)
        number(out, "http.response.status_code", r->status);
    put_finish(out, r);
}

static void put_request(yz_buf *out, const otlp_request *request, const yz_record *r) {
    const yz_record *answer = yz_record_answer(r);
    text(out, "gen_ai.operation.name", request->op);
    text(out, "gen_ai.request.model", request->model);
    if (answer->target)
        text(out, "gen_ai.response.model", answer->target->model);
    text(out, "yuzui.request.id", request->id);
    text(out, "yuzui.key", request->key);
    text(out, "yuzui.dialect", request->dialect);
    if (request->stream)
        yes(out, "yuzui.stream");
    if (answer != r && answer->usage)
        put_usage(out, answer->usage);
    put_finish(out, answer);
}

static void put_decision(yz_buf *out, const yz_decision *decision) {
    text(out, "yuzui.policy", decision->policy);
    if (!yz_str_eq(decision->chosen, decision->asked)) /* else it may be a name that nobody knows */
        text(out, "yuzui.policy.chosen", decision->chosen);
    text(out, "yuzui.policy.reason", decision->reason);
    if (decision->failed)
        yes(out, "yuzui.policy.failed");
}

static void put_attributes(yz_buf *out, const otlp_request *request, const yz_record *r, int kind) {
    put(out, ",\"attributes\":[");
    if (kind == SERVER)
        put_request(out, request, r);
    else
        word(out, "yuzui.because", because_word(r->because));
    if (kind == CLIENT)
        put_provider(out, request, r);
    if (r->usage)
        put_usage(out, r->usage);
    if (r->cache)
        word(out, "yuzui.cache", cache_word(r->cache));
    if (r->decision)
        put_decision(out, r->decision);
    if (r->outcome == YZ_OUTCOME_FAILED)
        word(out, "error.type", yz_error_word(r->error));
    else if (r->outcome == YZ_OUTCOME_CANCELLED)
        word(out, "error.type", "cancelled");
    put(out, "]");
}

static void put_time(yz_buf *out, const char *name, const otlp_request *request, int64_t at) {
    put(out, ",\"");
    put(out, name);
    put(out, "\":\"");
    put_number(out, (uint64_t)(request->wall + at));
    yz_buf_char(out, '"');
}

/* When it got on. */
static void put_events(yz_buf *out, const otlp_request *request, const yz_record *r) {
    const struct {
        const char *name;
        int64_t at;
    } events[] = {{"connected", r->connect}, {"sent", r->sent}, {"first_byte", r->first}, {"first_content", r->content}};
    const char *open = ",\"events\":[{\"name\":\"";
    bool any = false;
    for (size_t i = 0; i < sizeof(events) / sizeof(*events); i++) {
        if (events[i].at == 0)
            continue;
        put(out, any ? ",{\"name\":\"" : open);
        put(out, events[i].name);
        yz_buf_char(out, '"');
        put_time(out, "timeUnixNano", request, events[i].at);
        yz_buf_char(out, '}');
        any = true;
    }
    if (any)
        yz_buf_char(out, ']');
}

static void put_name(yz_buf *out, const otlp_request *request, const yz_record *r, int kind) {
    yz_str model = kind == CLIENT ? r->target->model : request->model;
    put(out, ",\"name\":\"");
    if (kind == INTERNAL) {
        yz_buf_json(out, yz_str_of(r->stage));
    } else {
        yz_buf_json(out, request->op);
        yz_buf_char(out, ' ');
        yz_buf_json(out, model);
    }
    put(out, "\",\"kind\":");
    put_number(out, (uint64_t)kind);
}

static void put_span(yz_buf *out, const otlp_request *request, const yz_record *r, size_t place) {
    int kind = place == 0 ? SERVER : yz_record_attempt(r) ? CLIENT : INTERNAL;
    put(out, "{\"traceId\":\"");
    yz_buf_put(out, request->trace->id, 32);
    yz_buf_char(out, '"');
    put_id(out, "spanId", span_of(request, r, place));
    if (place > 0)
        put_id(out, "parentSpanId", parent_of(request, r));
    else if (request->client)
        yz_buf_printf(out, ",\"parentSpanId\":\"%.16s\"", request->client->parent);
    put_name(out, request, r, kind);
    put_time(out, "startTimeUnixNano", request, r->begin);
    put_time(out, "endTimeUnixNano", request, r->end ? r->end : r->begin);
    put_attributes(out, request, r, kind);
    put_events(out, request, r);
    if (r->outcome == YZ_OUTCOME_FAILED)
        put(out, ",\"status\":{\"code\":2}");
    put(out, "},");
}

size_t otlp_put_spans(yz_buf *out, const otlp_request *request) {
    enum { MOST = 64 };
    size_t n = 0;
    for (const yz_record *r = request->first; r && n < MOST; r = r->next, n++)
        put_span(out, request, r, n);
    return n;
}
