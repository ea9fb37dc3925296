/* otlp/span.c: every record of a request becomes a span, in OTLP's protobuf
 * (https://github.com/open-telemetry/opentelemetry-proto: trace/v1/trace.proto and common/v1/common.proto have the numbers).
 *
 * Names of attributes are those of OpenTelemetry's conventions for generative AI where there are any
 * (https://opentelemetry.io/docs/specs/semconv/gen-ai/), else begin with yuzui. The request is a SERVER span, a call to a provider a CLIENT
 * one, and a stage's own call INTERNAL. Nothing of a prompt or an answer is in them.
 */
#include "otlp.h"
#include "proto.h"

enum { INTERNAL = 1, SERVER = 2, CLIENT = 3 };

/* Numbers of fields, by message. */
enum { SPAN_TRACE = 1, SPAN_ID = 2, SPAN_PARENT = 4, SPAN_NAME = 5, SPAN_KIND = 6, SPAN_START = 7, SPAN_END = 8, SPAN_ATTRIBUTE = 9 };
enum { SPAN_EVENT = 11, SPAN_STATUS = 15, EVENT_TIME = 1, EVENT_NAME = 2, STATUS_CODE = 3, STATUS_ERROR = 2 };
enum { PAIR_KEY = 1, PAIR_VALUE = 2, VALUE_TEXT = 1, VALUE_BOOL = 2, VALUE_INT = 3, VALUE_LIST = 5, LIST_ITEM = 1 };
enum { HEADS = 32 }; /* bytes that tags and lengths of an attribute take at most */

/* ---- attributes --------------------------------------------------------------------------------------------------------- */

/* Of a span's twenty attributes each name is a literal: where these are inlined, it and its length are constants, and no call is left. That
 * halves what a trace costs. */
#define INLINED static inline __attribute__((always_inline))

INLINED char *room(yz_buf *out, size_t n) { return out->cap - out->n >= n ? out->p + out->n : yz_buf_room(out, n); }

static void end_at(yz_buf *out, const char *p) { out->n = (size_t)(p - out->p); }

/* The beginning of an attribute up to its value, of which `n` bytes follow. */
INLINED char *put_key(yz_buf *out, yz_str name, size_t n) {
    char *p = room(out, HEADS + name.n + n);
    p = proto_head(p, SPAN_ATTRIBUTE, 1 + proto_size(name.n) + name.n + 1 + proto_size(n) + n);
    p = proto_bytes(p, PAIR_KEY, name.p, name.n);
    return proto_head(p, PAIR_VALUE, n);
}

INLINED void put_text(yz_buf *out, yz_str name, yz_str value) {
    if (value.n > 0)
        end_at(out, proto_text(put_key(out, name, 1 + proto_size(value.n) + value.n), VALUE_TEXT, value));
}

INLINED void put_number(yz_buf *out, yz_str name, int64_t value) {
    if (value >= 0)
        end_at(out, proto_number(put_key(out, name, 1 + proto_size((uint64_t)value)), VALUE_INT, (uint64_t)value));
}

/* A list of one text. */
static void put_list(yz_buf *out, yz_str name, yz_str value) {
    size_t item = 1 + proto_size(value.n) + value.n, list = 1 + proto_size(item) + item;
    char *p = proto_head(put_key(out, name, 1 + proto_size(list) + list), VALUE_LIST, list);
    end_at(out, proto_text(proto_head(p, LIST_ITEM, item), VALUE_TEXT, value));
}

/* Literals bring their length with them. */
#define text(out, name, value)   put_text(out, YZ_STR(name), value)
#define number(out, name, value) put_number(out, YZ_STR(name), value)
#define yes(out, name)           end_at(out, proto_number(put_key(out, YZ_STR(name), 2), VALUE_BOOL, 1))

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

/* The eight bytes of an id, the highest first. */
static char *put_id(char *p, int field, uint64_t id) {
    p = proto_head(p, field, sizeof(id));
    for (int shift = 56; shift >= 0; shift -= 8)
        *p++ = (char)(id >> shift);
    return p;
}

static uint64_t parent_of(const otlp_request *request, const yz_record *record) {
    size_t place = 0;
    for (const yz_record *r = request->first; r; r = r->next, place++)
        if (r == record->parent)
            return span_of(request, r, place);
    return span_of(request, request->first, 0);
}

/* ---- a span --------------------------------------------------------------------------------------------------------------- */

#define LITERAL(text)                                                                                                                      \
    { (text), sizeof(text) - 1 } /* in a table, where YZ_STR cannot stand */

static yz_str because_word(yz_because because) {
    static const yz_str words[] = {
#define WORD(name, text) LITERAL(text),
        YZ_BECAUSES(WORD)
#undef WORD
    };
    return words[because];
}

static yz_str cache_word(yz_cache_state state) {
    static const yz_str words[] = {
#define WORD(name, text) LITERAL(text),
        YZ_CACHE_STATES(WORD)
#undef WORD
    };
    return words[state];
}

static yz_str finish_word(yz_finish finish) {
    static const yz_str words[] = {
#define WORD(name, text) LITERAL(text),
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
    put_list(out, YZ_STR("gen_ai.response.finish_reasons"), finish_word(r->finish));
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
    if (kind == SERVER)
        put_request(out, request, r);
    else
        text(out, "yuzui.because", because_word(r->because));
    if (kind == CLIENT)
        put_provider(out, request, r);
    if (r->usage)
        put_usage(out, r->usage);
    if (r->cache)
        text(out, "yuzui.cache", cache_word(r->cache));
    if (r->decision)
        put_decision(out, r->decision);
    if (r->outcome == YZ_OUTCOME_FAILED)
        text(out, "error.type", yz_str_of(yz_error_word(r->error)));
    else if (r->outcome == YZ_OUTCOME_CANCELLED)
        text(out, "error.type", YZ_STR("cancelled"));
}

static uint64_t wall(const otlp_request *request, int64_t at) { return (uint64_t)(request->wall + at); }

INLINED void put_event(yz_buf *out, const otlp_request *request, yz_str name, int64_t at) {
    if (at == 0)
        return;
    size_t all = 9 + 1 + proto_size(name.n) + name.n;
    char *p = proto_fixed(proto_head(room(out, HEADS + name.n), SPAN_EVENT, all), EVENT_TIME, wall(request, at));
    end_at(out, proto_bytes(p, EVENT_NAME, name.p, name.n));
}

/* When it got on. */
static void put_events(yz_buf *out, const otlp_request *request, const yz_record *r) {
    put_event(out, request, YZ_STR("connected"), r->connect);
    put_event(out, request, YZ_STR("sent"), r->sent);
    put_event(out, request, YZ_STR("first_byte"), r->first);
    put_event(out, request, YZ_STR("first_content"), r->content);
}

/* A stage's name, or "chat gpt-5.2". */
static void put_name(yz_buf *out, const otlp_request *request, const yz_record *r, int kind) {
    yz_str stage = yz_str_of(r->stage), op = request->op, model = kind == CLIENT ? r->target->model : request->model;
    if (kind == INTERNAL) {
        end_at(out, proto_bytes(room(out, HEADS + stage.n), SPAN_NAME, stage.p, stage.n));
        return;
    }
    size_t at = proto_open(out, SPAN_NAME);
    yz_buf_str(out, op);
    yz_buf_char(out, ' ');
    char *p = room(out, model.n);
    end_at(out, proto_plain(p, model));
    proto_close(out, at);
}

static void put_ids(yz_buf *out, const otlp_request *request, const yz_record *r, size_t place) {
    char *p = room(out, 3 * HEADS);
    p = proto_bytes(p, SPAN_TRACE, request->trace, sizeof(request->trace));
    p = put_id(p, SPAN_ID, span_of(request, r, place));
    if (place > 0)
        p = put_id(p, SPAN_PARENT, parent_of(request, r));
    else if (request->parent)
        p = put_id(p, SPAN_PARENT, request->parent);
    end_at(out, p);
}

static void put_span(yz_buf *out, const otlp_request *request, const yz_record *r, size_t place) {
    int kind = place == 0 ? SERVER : yz_record_attempt(r) ? CLIENT : INTERNAL;
    size_t at = proto_open(out, OTLP_SPANS);
    put_ids(out, request, r, place);
    put_name(out, request, r, kind);
    char *p = proto_number(room(out, HEADS), SPAN_KIND, (uint64_t)kind);
    p = proto_fixed(p, SPAN_START, wall(request, r->begin));
    end_at(out, proto_fixed(p, SPAN_END, wall(request, r->end ? r->end : r->begin)));
    put_attributes(out, request, r, kind);
    put_events(out, request, r);
    if (r->outcome == YZ_OUTCOME_FAILED)
        end_at(out, proto_number(proto_head(room(out, HEADS), SPAN_STATUS, 2), STATUS_CODE, STATUS_ERROR));
    proto_close(out, at);
}

size_t otlp_put_spans(yz_buf *out, const otlp_request *request) {
    enum { MOST = 64 };
    size_t n = 0;
    for (const yz_record *r = request->first; r && n < MOST; r = r->next, n++)
        put_span(out, request, r, n);
    return n;
}
