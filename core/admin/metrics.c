/* admin/metrics.c: GET /metrics: what a monitoring system reads. Series are each worker's own and added up here; counters are those
 * of /status. A worker that does not answer is missing from the series of this time, and counted in yuzui_workers_missing. */
#include "metrics/metrics.h"
#include "admin/inner.h"
#include "control.h"
#include "generation.h"
#include "worker.h"

#include <inttypes.h>

static void ask(yz_worker *worker, yz_str question, yz_buf *out) {
    (void)question;
    if (worker->metrics)
        yz_metrics_write(worker->metrics, out);
}

static void put_counter(yz_buf *out, const char *name, const char *help, uint64_t n) {
    yz_buf_printf(out, "# HELP yuzui_%s_total %s\n# TYPE yuzui_%s_total counter\nyuzui_%s_total %" PRIu64 "\n", name, help, name, name, n);
}

static void put_gauge(yz_buf *out, const char *name, const char *help, uint64_t n) {
    yz_buf_printf(out, "# HELP yuzui_%s %s\n# TYPE yuzui_%s gauge\nyuzui_%s %" PRIu64 "\n", name, help, name, name, n);
}

static uint64_t declared(const yz_gathered *answers, size_t n, yz_counter slot) {
    uint64_t sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += atomic_load_explicit(&answers[i].worker->declared[slot], memory_order_relaxed);
    return sum;
}

static void put_counters(yz_buf *out, const yz_gathered *answers, size_t n) {
    yz_counters sum = {0};
#define ADD(name, help)                                                                                                                    \
    for (size_t i = 0; i < n; i++)                                                                                                         \
        sum.name += atomic_load_explicit(&answers[i].worker->counters.name, memory_order_relaxed);                                         \
    put_counter(out, #name, help, sum.name);
    YZ_COUNTERS(ADD)
#undef ADD
    put_gauge(out, "in_flight", "requests under way", sum.begun - sum.requests - sum.cancelled);
    for (yz_counter slot = 1; yz_counter_at(slot).name; slot++)
        put_counter(out, yz_counter_at(slot).name, yz_counter_at(slot).help, declared(answers, n, slot));
}

static void put_stores(yz_buf *out, const yz_share *share, int64_t now) {
    yz_buf unread = {0};
    put_gauge(out, "stores_away", "stores that cannot be reached", yz_share_put_stores(share, now, &unread));
    yz_buf_free(&unread);
}

static void answer(void *arg, const yz_gathered *answers, size_t n) {
    yz_admin_call *a = arg;
    const yz_worker *worker = yz_call_worker(a->call);
    yz_metrics *all = yz_metrics_new();
    uint64_t missing = 0;
    for (size_t i = 0; i < n; i++) {
        missing += !answers[i].answered;
        if (answers[i].answered)
            yz_metrics_read(all, answers[i].answer);
    }
    yz_metrics_print(all, &a->body);
    yz_metrics_free(all);
    put_counters(&a->body, answers, n);
    put_gauge(&a->body, "workers", "worker threads", n);
    put_gauge(&a->body, "workers_missing", "workers that did not answer this time", missing);
    put_gauge(&a->body, "generation", "the config in force: 1, 2, 3 …", yz_call_chain(a->call)->share->generation->number);
    put_gauge(&a->body, "uptime_seconds", "since the worker that answers began", (uint64_t)(yz_now(worker) - worker->started) / 1000);
    put_gauge(&a->body, "reload_failed", "1: the last reload failed, and an older config goes on serving", yz_control_reload_failed() > 0);
    put_gauge(&a->body, "reload_failed_at_seconds", "when it did, Unix time; 0: it did not", (uint64_t)yz_control_reload_failed());
    put_stores(&a->body, yz_call_chain(a->call)->share, yz_now(worker));
    yz_buf_lit(&a->body,
               "# HELP yuzui_build_info the version\n# TYPE yuzui_build_info gauge\nyuzui_build_info{version=\"" YZ_VERSION "\"} 1\n");
    a->content_type = YZ_STR("text/plain; version=0.0.4; charset=utf-8");
    yz_admin_waited(a);
    yz_admin_send(a, 200);
}

void yz_admin_metrics(yz_admin_call *a, const yz_request *request) {
    (void)request;
    yz_admin_gather(a, (yz_str){0}, ask, answer);
}
