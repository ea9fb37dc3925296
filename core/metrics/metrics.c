/* metrics/metrics.c: what of a request goes into which series. */
#include "metrics/metrics.h"

#include "metrics/series.h"

static bool used_now(const yz_record *r) { return r->source == YZ_SOURCE_PROVIDER || r->source == YZ_SOURCE_ESTIMATED; }

static const char *op_of(const yz_metrics_request *request) { return request->op ? request->op : "none"; }

/* ns between two pieces of text, on average; 0: there were not two. */
static int64_t each(const yz_record *r) {
    int64_t output = yz_usage_count(r->usage, YZ_METER_OUTPUT);
    return output > 1 && r->content > 0 && r->last > r->content ? (r->last - r->content) / (output - 1) : 0;
}

/* ---- towards clients ---------------------------------------------------------------------------------------------------- */

static void add_request(yz_metrics *metrics, const yz_metrics_request *request) {
    const yz_record *root = request->record;
    const yz_str labels[YZ_LABELS_MAX] = {yz_str_of(op_of(request)), request->model, request->error};
    yz_series *series = yz_series_find(metrics, YZ_FAMILY_REQUEST, labels);
    series->count++;
    yz_histogram_add(&series->histograms[YZ_MEASURE_DURATION], YZ_MEASURE_DURATION, request->ns);
    if (!root || !request->stream || root->content == 0)
        return;
    yz_histogram_add(&series->histograms[YZ_MEASURE_FIRST], YZ_MEASURE_FIRST, root->content - root->begin);
    int64_t ns = each(yz_record_answer(root));
    if (ns > 0)
        yz_histogram_add(&series->histograms[YZ_MEASURE_EACH], YZ_MEASURE_EACH, ns);
}

static void add_key(yz_metrics *metrics, const yz_metrics_request *request) {
    const yz_str labels[YZ_LABELS_MAX] = {request->key};
    yz_series *series = yz_series_find(metrics, YZ_FAMILY_KEY, labels);
    series->count++;
    for (const yz_record *r = request->record; r; r = r->next)
        if (used_now(r)) {
            series->tokens[0] += (uint64_t)yz_usage_count(r->usage, YZ_METER_INPUT);
            series->tokens[1] += (uint64_t)yz_usage_count(r->usage, YZ_METER_OUTPUT);
        }
}

static void add_lost(yz_metrics *metrics, const yz_metrics_request *request) {
    static const yz_str hows[] = {{"dropped", 7}, {"approximated", 12}, {"emulated", 8}};
    for (size_t i = 0; i < sizeof(hows) / sizeof(*hows); i++) {
        const yz_str labels[YZ_LABELS_MAX] = {request->model, hows[i]};
        if (request->lost[i] > 0)
            yz_series_find(metrics, YZ_FAMILY_LOST, labels)->count += request->lost[i];
    }
}

/* ---- towards providers -------------------------------------------------------------------------------------------------- */

static void add_tokens(yz_metrics *metrics, const yz_record *r) {
    static const struct {
        yz_meter meter;
        yz_str kind;
    } kinds[] = {{YZ_METER_INPUT, {"input", 5}},
                 {YZ_METER_OUTPUT, {"output", 6}},
                 {YZ_METER_CACHED, {"input_cached", 12}},
                 {YZ_METER_REASONING, {"output_reasoning", 16}}};
    for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
        int64_t n = yz_usage_count(r->usage, kinds[i].meter);
        if (n == 0)
            continue;
        const yz_str labels[YZ_LABELS_MAX] = {r->target->provider->name, r->target->model, kinds[i].kind};
        yz_series_find(metrics, YZ_FAMILY_TOKENS, labels)->tokens[0] += (uint64_t)n;
    }
}

static yz_str outcome_of(const yz_record *r) {
    if (r->outcome == YZ_OUTCOME_FAILED)
        return yz_str_of(yz_error_word(r->error));
    return r->outcome == YZ_OUTCOME_DONE ? YZ_STR("") : YZ_STR("cancelled");
}

static void add_provider(yz_metrics *metrics, const yz_metrics_request *request, const yz_record *r) {
    const yz_str labels[YZ_LABELS_MAX] = {yz_str_of(op_of(request)), r->target->provider->name, r->target->model, outcome_of(r)};
    yz_series *series = yz_series_find(metrics, YZ_FAMILY_PROVIDER, labels);
    series->count++;
    yz_histogram_add(&series->histograms[YZ_MEASURE_DURATION], YZ_MEASURE_DURATION, r->end - r->asked);
    if (r->content > 0)
        yz_histogram_add(&series->histograms[YZ_MEASURE_FIRST], YZ_MEASURE_FIRST, r->content - r->asked);
    if (used_now(r))
        add_tokens(metrics, r);
}

void yz_metrics_add(yz_metrics *metrics, const yz_metrics_request *request) {
    add_request(metrics, request);
    if (request->key.n > 0)
        add_key(metrics, request);
    add_lost(metrics, request);
    for (const yz_record *r = request->record; r; r = r->next)
        if (yz_record_attempt(r))
            add_provider(metrics, request, r);
}
