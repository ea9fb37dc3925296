/* metrics/print.c: series from one thread to another, and as the text that Prometheus reads.
 *
 * https://prometheus.io/docs/instrumenting/exposition_formats/ : all series of a name stand together, after its help and type.
 */
#include "metrics/series.h"

#include <inttypes.h>

/* ---- between threads ---------------------------------------------------------------------------------------------------- */

/* A series as it lies in memory, its texts after it; what points somewhere is set anew by the reader. */
void yz_metrics_write(const yz_metrics *metrics, yz_buf *out) {
    for (size_t i = 0; i < sizeof(metrics->buckets) / sizeof(*metrics->buckets); i++)
        for (const yz_series *series = metrics->buckets[i]; series; series = series->next) {
            yz_buf_put(out, series, sizeof(*series));
            for (size_t k = 0; k < YZ_LABELS_MAX; k++)
                yz_buf_str(out, series->labels[k]);
        }
}

static void add(yz_series *into, const yz_series *from) {
    into->count += from->count;
    into->tokens[0] += from->tokens[0];
    into->tokens[1] += from->tokens[1];
    for (size_t m = 0; m < YZ_MEASURES; m++) {
        into->histograms[m].count += from->histograms[m].count;
        into->histograms[m].sum += from->histograms[m].sum;
        for (size_t i = 0; i < YZ_BUCKETS_MAX; i++)
            into->histograms[m].n[i] += from->histograms[m].n[i];
    }
}

void yz_metrics_read(yz_metrics *into, yz_str bytes) {
    const char *p = bytes.p;
    while (p < bytes.p + bytes.n) {
        yz_series series;
        memcpy(&series, p, sizeof(series));
        p += sizeof(series);
        for (size_t k = 0; k < YZ_LABELS_MAX; k++) {
            series.labels[k].p = p;
            p += series.labels[k].n;
        }
        add(yz_series_find(into, series.family, series.labels), &series);
    }
}

/* ---- text --------------------------------------------------------------------------------------------------------------- */

static const char *const labels_of[YZ_FAMILIES][YZ_LABELS_MAX] = {
    [YZ_FAMILY_REQUEST] = {"gen_ai_operation_name", "gen_ai_request_model", "error_type"},
    [YZ_FAMILY_PROVIDER] = {"gen_ai_operation_name", "gen_ai_provider_name", "gen_ai_request_model", "error_type"},
    [YZ_FAMILY_TOKENS] = {"gen_ai_provider_name", "gen_ai_request_model", "gen_ai_token_type"},
    [YZ_FAMILY_KEY] = {"key"},
    [YZ_FAMILY_LOST] = {"gen_ai_request_model", "how"},
};

void yz_metrics_put_label(yz_buf *out, yz_str value) {
    for (size_t i = 0; i < value.n; i++) {
        if (value.p[i] == '\n')
            yz_buf_lit(out, "\\n");
        else if (value.p[i] == '"' || value.p[i] == '\\')
            yz_buf_printf(out, "\\%c", value.p[i]);
        else
            yz_buf_char(out, value.p[i]);
    }
}

/* Empty ones are left out, as the format has it. */
static void put_labels(yz_buf *out, const yz_series *series) {
    const char *comma = "";
    for (size_t k = 0; k < YZ_LABELS_MAX && labels_of[series->family][k]; k++) {
        if (series->labels[k].n == 0)
            continue;
        yz_buf_printf(out, "%s%s=\"", comma, labels_of[series->family][k]);
        yz_metrics_put_label(out, series->labels[k]);
        yz_buf_char(out, '"');
        comma = ",";
    }
}

static void put_histogram(yz_buf *out, const char *name, const yz_series *series, yz_measure measure) {
    const yz_histogram *histogram = &series->histograms[measure];
    yz_buf labels = {0};
    uint64_t sum = 0;
    if (histogram->count == 0)
        return;
    put_labels(&labels, series);
    for (size_t i = 0; i < YZ_BUCKETS_MAX && YZ_BOUNDS[measure][i] > 0; i++)
        yz_buf_printf(out, "%s_bucket{%.*s%sle=\"%g\"} %" PRIu64 "\n", name, YZ_STR_ARGS(labels), labels.n ? "," : "",
                      YZ_BOUNDS[measure][i], sum += histogram->n[i]);
    yz_buf_printf(out, "%s_bucket{%.*s%sle=\"+Inf\"} %" PRIu64 "\n", name, YZ_STR_ARGS(labels), labels.n ? "," : "", histogram->count);
    yz_buf_printf(out, "%s_sum{%.*s} %.9f\n", name, YZ_STR_ARGS(labels), (double)histogram->sum / 1e9);
    yz_buf_printf(out, "%s_count{%.*s} %" PRIu64 "\n", name, YZ_STR_ARGS(labels), histogram->count);
    yz_buf_free(&labels);
}

static void put_counter(yz_buf *out, const char *name, const yz_series *series, uint64_t n, const char *more) {
    yz_buf_printf(out, "%s{", name);
    put_labels(out, series);
    yz_buf_printf(out, "%s} %" PRIu64 "\n", more, n);
}

/* One name: its series are those of a family. */
typedef struct metric {
    const char *name, *help;
    yz_family family;
    bool histogram;
    yz_measure measure;
    unsigned token; /* of a counter: 0: `count`; 1: tokens[0]; 2: both, by kind */
} metric;

static const metric metrics_printed[] = {
    {"gen_ai_server_request_duration_seconds", "how long requests of clients took", YZ_FAMILY_REQUEST, true, YZ_MEASURE_DURATION, 0},
    {"gen_ai_server_time_to_first_token_seconds", "until the first content of a stream went to the client", YZ_FAMILY_REQUEST, true,
     YZ_MEASURE_FIRST, 0},
    {"gen_ai_server_time_per_output_token_seconds", "between two tokens of a stream after the first", YZ_FAMILY_REQUEST, true,
     YZ_MEASURE_EACH, 0},
    {"gen_ai_client_operation_duration_seconds", "how long calls to providers took, every attempt", YZ_FAMILY_PROVIDER, true,
     YZ_MEASURE_DURATION, 0},
    {"gen_ai_client_time_to_first_token_seconds", "until the first content of a provider's answer", YZ_FAMILY_PROVIDER, true,
     YZ_MEASURE_FIRST, 0},
    {"yuzui_tokens_total", "tokens used at providers; cached and reasoning ones are among input and output", YZ_FAMILY_TOKENS, false, 0, 1},
    {"yuzui_key_requests_total", "requests of a key", YZ_FAMILY_KEY, false, 0, 0},
    {"yuzui_key_tokens_total", "tokens used at providers for a key", YZ_FAMILY_KEY, false, 0, 2},
    {"yuzui_lost_fields_total", "fields that translations lost: dropped, approximated or emulated", YZ_FAMILY_LOST, false, 0, 0},
};

static void put_series(yz_buf *out, const metric *m, const yz_series *series) {
    if (m->histogram) {
        put_histogram(out, m->name, series, m->measure);
    } else if (m->token == 2) {
        put_counter(out, m->name, series, series->tokens[0], ",gen_ai_token_type=\"input\"");
        put_counter(out, m->name, series, series->tokens[1], ",gen_ai_token_type=\"output\"");
    } else {
        put_counter(out, m->name, series, m->token ? series->tokens[0] : series->count, "");
    }
}

void yz_metrics_print(const yz_metrics *metrics, yz_buf *out) {
    for (size_t k = 0; k < sizeof(metrics_printed) / sizeof(*metrics_printed); k++) {
        const metric *m = &metrics_printed[k];
        yz_buf_printf(out, "# HELP %s %s\n# TYPE %s %s\n", m->name, m->help, m->name, m->histogram ? "histogram" : "counter");
        for (size_t i = 0; i < sizeof(metrics->buckets) / sizeof(*metrics->buckets); i++)
            for (const yz_series *series = metrics->buckets[i]; series; series = series->next)
                if (series->family == m->family)
                    put_series(out, m, series);
    }
}
