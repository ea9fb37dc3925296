/* otlp: traces of OpenTelemetry: each request a span, and each call that was made for it another, sent to a collector as OTLP over HTTP.
 *
 * It stands first in a chain, so that its call is the whole request. Whose trace a request belongs to is said by its traceparent header,
 * or begins here; providers are told likewise, each call with a span of its own. What becomes a span is read from the records
 * (yuzui/record.h) when the call has ended, so nothing happens on the way but one call more in the tree.
 */
#include "otlp.h"

#include <stdlib.h>

static const yz_option options[] = {
    {"url", YZ_OPTION_STRING, offsetof(otlp_config, url), "http://127.0.0.1:4318/v1/traces", .help = "where the collector takes traces",
     .url = true},
    {"service", YZ_OPTION_STRING, offsetof(otlp_config, service), "yuzui", .help = "service.name of the spans"},
    {"key", YZ_OPTION_SECRET, offsetof(otlp_config, key), .help = "shown to the collector, as in env \"OTLP_KEY\""},
    {"key_header", YZ_OPTION_STRING, offsetof(otlp_config, header),
     .help = "the header it is shown in, without a prefix; else Authorization: Bearer"},
    {"headers", YZ_OPTION_MAP, offsetof(otlp_config, headers), .help = "more headers for the collector"},
    {"ratio", YZ_OPTION_NUMBER, offsetof(otlp_config, ratio), "1", .help = "the part of the requests that is traced", .max = 1},
    {"follow", YZ_OPTION_BOOL, offsetof(otlp_config, follow), "true",
     .help = "a request with a traceparent is traced if, and only if, that says so"},
    {"failed", YZ_OPTION_BOOL, offsetof(otlp_config, failed), "true", .help = "requests that fail are traced in any case"},
    {"propagate", YZ_OPTION_BOOL, offsetof(otlp_config, propagate), "true", .help = "providers get a traceparent header"},
    {"batch", YZ_OPTION_INT, offsetof(otlp_config, batch), "512", .help = "so many spans are sent at once", .min = 1, .max = 100000},
    {"interval", YZ_OPTION_DURATION, offsetof(otlp_config, interval), "1s", .help = "spans wait so long for others at most", .min = 10,
     .max = 60000},
    {"timeout", YZ_OPTION_DURATION, offsetof(otlp_config, timeout), "10s", .help = "the collector has this long to answer", .min = 100,
     .max = 60000},
    {"queue", YZ_OPTION_SIZE, offsetof(otlp_config, queue), "4MiB",
     .help = "of spans kept by each worker while the collector does not take them; more are dropped, and counted", .min = 65536,
     .max = INT64_C(1) << 30},
};

typedef struct otlp_stage {
    otlp_queue *queue;
} otlp_stage;

/* The state of one call. */
typedef struct otlp_call {
    yz_trace *trace;
    otlp_context client;
    bool has_client;
} otlp_call;

/* As the conventions name them. */
static const char *op_word(yz_op op) {
    switch (op) {
    case YZ_OP_COMPLETION:
        return "text_completion";
    case YZ_OP_EMBEDDING:
        return "embeddings";
    case YZ_OP_CHAT:
        return "chat";
    default:
        return "other";
    }
}

/* ---- the request -------------------------------------------------------------------------------------------------------- */

static bool chosen(yz_worker *worker, double ratio) {
    return ratio >= 1 || (double)(yz_random(worker) >> 11) / (double)(UINT64_C(1) << 53) < ratio;
}

static void begin(yz_call *call, const yz_request *request, otlp_call *s) {
    const otlp_config *config = yz_config(call);
    yz_worker *worker = yz_call_worker(call);
    s->has_client = otlp_context_read(yz_request_header(request, "traceparent"), &s->client);
    s->trace = yz_alloc(yz_call_arena(call), sizeof(*s->trace));
    *s->trace = (yz_trace){YZ_TRACE, .hidden = !config->propagate};
    if (s->has_client) {
        memcpy(s->trace->id, s->client.trace, sizeof(s->trace->id));
        s->trace->state = yz_request_header(request, "tracestate");
    } else {
        otlp_put_hex(s->trace->id, yz_random(worker));
        otlp_put_hex(s->trace->id + 16, yz_random(worker) | 1);
    }
    s->trace->sampled = s->has_client && config->follow ? s->client.sampled : chosen(worker, config->ratio);
}

static void on_call(yz_call *call, const yz_request *request) {
    otlp_call *s = yz_state(call);
    begin(call, request, s);
    yz_request *traced = yz_request_copy(yz_call_arena(call), request);
    traced->trace = s->trace;
    yz_next(call, traced);
}

/* ---- its end ------------------------------------------------------------------------------------------------------------ */

/* A model that the config knows, or "auto"; any other name may hold anything. */
static yz_str shown(const yz_call *call, yz_str model) {
    const yz_target *const *targets;
    return model.n == 0 || yz_str_is(model, "auto") || yz_targets(call, model, &targets) > 0 ? model : YZ_STR("?");
}

static void read_trace(const yz_trace *trace, unsigned char *out) {
    for (int half = 0; half < 2; half++)
        for (uint64_t i = 0, n = otlp_hex(trace->id + 16 * half); i < 8; i++)
            *out++ = (unsigned char)(n >> (56 - 8 * i));
}

static void on_close(yz_call *call) {
    const otlp_config *config = yz_config(call);
    const otlp_stage *stage = yz_stage(call);
    const otlp_call *s = yz_state(call);
    const yz_request *request = yz_call_request(call);
    const yz_record *record = yz_call_record(call);
    bool failed = config->failed && record->outcome == YZ_OUTCOME_FAILED;
    yz_buf *out = s->trace && (s->trace->sampled || failed) ? otlp_queue_room(stage->queue) : NULL;
    if (!out)
        return;
    otlp_request traced = {.parent = s->has_client ? otlp_hex(s->client.parent) : 0,
                           .seed = yz_random(yz_call_worker(call)),
                           .id = request->id,
                           .op = yz_str_of(op_word(request->op)),
                           .model = shown(call, request->model),
                           .key = request->key ? request->key->name : (yz_str){0},
                           .dialect = yz_str_of(request->dialect ? request->dialect->dialect : ""),
                           .stream = request->stream,
                           .first = record,
                           .wall = yz_clock_wall_ns() - yz_clock_ns()};
    read_trace(s->trace, traced.trace);
    otlp_queue_added(stage->queue, otlp_put_spans(out, &traced));
}

/* ---- opening ------------------------------------------------------------------------------------------------------------ */

static int open_stage(yz_worker *worker, const void *config, void **out, yz_diag *diag) {
    otlp_stage *stage = calloc(1, sizeof(*stage));
    if (stage)
        stage->queue = otlp_queue_open(worker, config, diag);
    if (!stage || !stage->queue) {
        free(stage);
        return YZ_EINVAL;
    }
    *out = stage;
    return YZ_OK;
}

static void close_stage(void *arg) {
    otlp_stage *stage = arg;
    otlp_queue_close(stage->queue);
    free(stage);
}

static void show(void *arg, yz_buf *out) { otlp_queue_show(((otlp_stage *)arg)->queue, out); }

static void describe(const void *cfg, const yz_question *question, yz_buf *out) {
    (void)question;
    const otlp_config *config = cfg;
    yz_buf_printf(out, "traces %g of the requests", config->ratio);
}

/* Whoever is below may refuse a request by its head, body unread: this stage lets any pass. */
static bool on_arrival(yz_arrival *arrival) {
    (void)arrival;
    return true;
}

static const yz_filter filter = {YZ_FILTER,           .call_size = sizeof(otlp_call), .open = open_stage,   .close = close_stage,
                                 .on_call = on_call,  .on_arrival = on_arrival,       .on_close = on_close, .show = show,
                                 .describe = describe};

YZ_PLUGIN_KINDS("stage");
YZ_PLUGIN(.name = "otlp", .summary = "Traces of OpenTelemetry: every request with all its calls, to a collector", .version = "0.1.0",
          .config_size = sizeof(otlp_config), YZ_OPTIONS(options), .filter = &filter)
