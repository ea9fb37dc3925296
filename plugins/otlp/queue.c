/* otlp/queue.c: spans on their way to the collector, for one stage on one worker.
 *
 * They are gathered as protobuf; when there are enough, or after a while, they become one request. A collector that does not answer, or is
 * too busy, gets the same batch again after a pause that doubles up to a minute; meanwhile what comes waits, up to a bound. What the
 * collector refuses for good is dropped: it would refuse it again. Nothing here ever makes a request wait.
 */
#include "otlp.h"
#include "proto.h"

#include <stdlib.h>
#include <uv.h>

enum { PAUSE_MS = 1000, PAUSE_MOST_MS = 60000 };

struct otlp_queue {
    yz_worker *worker;
    const otlp_config *config;
    yz_http *http;
    yz_http_exchange *exchange; /* under way; NULL: none */
    uv_timer_t *timer;          /* of the worker's loop, made by its own thread; NULL: not yet */
    yz_buf spans, batch;        /* gathered; under way, or to be sent again: a whole body */
    size_t n_spans, n_batch;
    int64_t pause;  /* ms, before the next try; 0: the last one went well */
    int64_t try_at; /* ms: not before that */
    bool said;      /* the log knows that the collector is gone */
    yz_counter sent, dropped, failed;
};

otlp_queue *otlp_queue_open(yz_worker *worker, const otlp_config *config, yz_diag *diag) {
    bool http = yz_str_starts(config->url, "http://") || yz_str_starts(config->url, "https://");
    if (!http) {
        yz_diag_error(diag, "otlp: url \"%.*s\" should be that of a collector, such as \"http://127.0.0.1:4318/v1/traces\"",
                      YZ_STR_ARGS(config->url));
        return NULL;
    }
    otlp_queue *queue = calloc(1, sizeof(*queue));
    if (!queue || !(queue->http = yz_http_open(worker, diag))) {
        free(queue);
        return NULL;
    }
    queue->worker = worker;
    queue->config = config;
    queue->sent = yz_counter_declare("otlp_sent", "spans that the collector of traces has taken");
    queue->dropped = yz_counter_declare("otlp_dropped", "spans that were lost: the collector was gone too long, or refused them");
    queue->failed = yz_counter_declare("otlp_failed", "requests to the collector of traces that failed");
    return queue;
}

static void on_closed(uv_handle_t *handle) { free(handle); }

void otlp_queue_close(otlp_queue *queue) {
    yz_count(queue->worker, queue->dropped, queue->n_spans + queue->n_batch);
    yz_http_close(queue->http);
    if (queue->timer) {
        queue->timer->data = NULL;
        uv_close((uv_handle_t *)queue->timer, on_closed);
    }
    yz_buf_free(&queue->spans);
    yz_buf_free(&queue->batch);
    free(queue);
}

/* ---- sending ------------------------------------------------------------------------------------------------------------ */

static void say(otlp_queue *queue, const char *what, int status) {
    if (!queue->said && status)
        yz_log(YZ_LOG_WARN, "otlp: the collector of traces answers %d: %s", status, what);
    else if (!queue->said)
        yz_log(YZ_LOG_WARN, "otlp: the collector of traces cannot be reached: %s", what);
    queue->said = true;
}

static void try_later(otlp_queue *queue) {
    queue->pause = queue->pause == 0 ? PAUSE_MS : queue->pause * 2 < PAUSE_MOST_MS ? queue->pause * 2 : PAUSE_MOST_MS;
    queue->try_at = yz_now(queue->worker) + queue->pause;
    yz_count(queue->worker, queue->failed, 1);
}

static void forget_batch(otlp_queue *queue, yz_counter counter) {
    yz_count(queue->worker, counter, queue->n_batch);
    queue->batch.n = 0;
    queue->n_batch = 0;
}

static void on_answer(void *arg, const yz_http_answer *answer) {
    otlp_queue *queue = arg;
    queue->exchange = NULL;
    int status = answer->status;
    if (status == 429 || status == 502 || status == 503 || status == 504) {
        say(queue, "it is asked again later", status);
        try_later(queue);
        return;
    }
    bool taken = status >= 200 && status < 300;
    if (!taken)
        say(queue, "these spans are dropped", status);
    else if (queue->said)
        yz_log(YZ_LOG_INFO, "otlp: the collector of traces takes spans again");
    if (!taken)
        yz_count(queue->worker, queue->failed, 1);
    queue->said = !taken;
    queue->pause = 0;
    forget_batch(queue, taken ? queue->sent : queue->dropped);
}

static void on_error(void *arg, const yz_error *error) {
    otlp_queue *queue = arg;
    queue->exchange = NULL;
    say(queue, yz_error_word(error->class_), 0);
    try_later(queue);
}

/* The resource that all spans are of: one attribute, the service's name. */
static void put_resource(yz_buf *out, yz_str service) {
    enum { RESOURCE = 1, ATTRIBUTE = 1, KEY = 1, VALUE = 2, TEXT = 1, HEADS = 32 };
    static const char name[] = "service.name";
    size_t resource = proto_open(out, RESOURCE), attribute = proto_open(out, ATTRIBUTE);
    char *p = proto_bytes(yz_buf_room(out, HEADS + sizeof(name) + service.n), KEY, name, strlen(name));
    p = proto_head(p, VALUE, 1 + proto_size(service.n) + service.n);
    out->n = (size_t)(proto_text(p, TEXT, service) - out->p);
    proto_close(out, attribute);
    proto_close(out, resource);
}

static void put_scope(yz_buf *out) {
    enum { SCOPE = 1, NAME = 1, ROOM = 16 };
    size_t scope = proto_open(out, SCOPE);
    out->n = (size_t)(proto_text(yz_buf_room(out, ROOM), NAME, YZ_STR("yuzui")) - out->p);
    proto_close(out, scope);
}

static void make_batch(otlp_queue *queue) {
    enum { RESOURCE_SPANS = 1, SCOPE_SPANS = 2 };
    yz_buf *out = &queue->batch;
    size_t all = proto_open(out, RESOURCE_SPANS);
    put_resource(out, queue->config->service);
    size_t spans = proto_open(out, SCOPE_SPANS);
    put_scope(out);
    yz_buf_put(out, queue->spans.p, queue->spans.n);
    proto_close(out, spans);
    proto_close(out, all);
    queue->n_batch = queue->n_spans;
    queue->spans.n = 0;
    queue->n_spans = 0;
}

static void send_batch(otlp_queue *queue) {
    static const yz_http_hooks hooks = {YZ_HTTP_HOOKS, .on_answer = on_answer, .on_error = on_error};
    const otlp_config *config = queue->config;
    if (queue->exchange || yz_now(queue->worker) < queue->try_at || (queue->batch.n == 0 && queue->n_spans == 0))
        return;
    if (queue->batch.n == 0)
        make_batch(queue);
    yz_header headers[17] = {{YZ_STR("content-type"), YZ_STR("application/x-protobuf")}};
    size_t n = 1;
    for (size_t i = 0; i < config->headers.n && n < sizeof(headers) / sizeof(*headers); i++)
        headers[n++] = config->headers.items[i];
    const char *header = config->header.n > 0 ? config->header.p : NULL;
    queue->exchange = yz_http_start(queue->http, NULL,
                                    &(yz_http_plan){YZ_HTTP_PLAN, .url = config->url, .headers = headers, .n_headers = n,
                                                    .body = yz_buf_view(&queue->batch), .secret = config->key, .secret_header = header,
                                                    .total = config->timeout, .max_body = 65536},
                                    &hooks, queue);
}

/* ---- gathering ---------------------------------------------------------------------------------------------------------- */

static void on_tick(uv_timer_t *timer) {
    otlp_queue *queue = timer->data;
    if (!queue)
        return;
    send_batch(queue);
    if (queue->n_spans == 0 && queue->batch.n == 0)
        uv_timer_stop(timer); /* an idle gateway is not woken */
}

static void start_timer(otlp_queue *queue) {
    if (!queue->timer) {
        queue->timer = malloc(sizeof(*queue->timer));
        if (!queue->timer)
            return;
        uv_timer_init(yz_worker_loop(queue->worker), queue->timer);
        queue->timer->data = queue;
    }
    uint64_t interval = (uint64_t)queue->config->interval;
    if (!uv_is_active((uv_handle_t *)queue->timer))
        uv_timer_start(queue->timer, on_tick, interval, interval);
}

yz_buf *otlp_queue_room(otlp_queue *queue) {
    if (queue->spans.n + queue->batch.n < (size_t)queue->config->queue)
        return &queue->spans;
    yz_count(queue->worker, queue->dropped, 1);
    return NULL;
}

void otlp_queue_added(otlp_queue *queue, size_t spans) {
    queue->n_spans += spans;
    start_timer(queue);
    if (queue->n_spans >= (size_t)queue->config->batch)
        send_batch(queue);
}

void otlp_queue_show(const otlp_queue *queue, yz_buf *out) {
    yz_buf_printf(out, "{\"spans_waiting\":%zu,\"collector\":\"%s\"}", queue->n_spans + queue->n_batch,
                  queue->pause ? "gone" : "takes them");
}
