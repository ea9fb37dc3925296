/* metrics/series.c: the table of a worker's series. It only grows, up to YZ_SERIES_MAX. */
#include "metrics/series.h"

#include "base/arena.h"

#include <stdlib.h>

/* The buckets that the conventions advise, and two more for answers that think. */
const double YZ_BOUNDS[YZ_MEASURES][YZ_BUCKETS_MAX] = {
    [YZ_MEASURE_DURATION] = {0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92, 163.84, 327.68},
    [YZ_MEASURE_FIRST] = {0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 30, 60},
    [YZ_MEASURE_EACH] = {0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1, 2.5},
};

yz_metrics *yz_metrics_new(void) { return yz_calloc(1, sizeof(yz_metrics)); }

void yz_metrics_free(yz_metrics *metrics) {
    for (size_t i = 0; metrics && i < sizeof(metrics->buckets) / sizeof(*metrics->buckets); i++)
        for (yz_series *series = metrics->buckets[i], *next; series; series = next) {
            next = series->next;
            free(series);
        }
    free(metrics);
}

static uint64_t mix(uint64_t hash, uint64_t word) {
    hash = (hash ^ word) * 0x9e3779b97f4a7c15u;
    return hash ^ hash >> 32;
}

/* The n bytes at p, 1 to 8 of them; what they are is said by how many they are as well. */
static uint64_t word_of(const char *p, size_t n) {
    uint64_t word = 0;
    uint32_t first, last;
    if (n == sizeof(word)) {
        memcpy(&word, p, sizeof(word));
    } else if (n >= sizeof(first)) {
        memcpy(&first, p, sizeof(first));
        memcpy(&last, p + n - sizeof(last), sizeof(last));
        word = first | (uint64_t)last << 32;
    } else {
        word = (unsigned char)p[0] | (unsigned)(unsigned char)p[n / 2] << 8 | (unsigned)(unsigned char)p[n - 1] << 16;
    }
    return word;
}

static uint64_t hash_of(yz_family family, const yz_str labels[YZ_LABELS_MAX]) {
    uint64_t hash = (uint64_t)family;
    for (size_t k = 0; k < YZ_LABELS_MAX; k++) {
        const char *p = labels[k].p;
        size_t n = labels[k].n;
        hash = mix(hash, n);
        for (; n > 8; p += 8, n -= 8)
            hash = mix(hash, word_of(p, 8));
        hash = n > 0 ? mix(hash, word_of(p, n)) : hash;
    }
    return hash;
}

static bool is(const yz_series *series, uint64_t hash, yz_family family, const yz_str labels[YZ_LABELS_MAX]) {
    bool same = series->hash == hash && series->family == family;
    for (size_t k = 0; same && k < YZ_LABELS_MAX; k++)
        same = yz_str_eq(series->labels[k], labels[k]);
    return same;
}

/* The texts of its labels stand after it, in the same block. */
static yz_series *make(uint64_t hash, yz_family family, const yz_str labels[YZ_LABELS_MAX]) {
    size_t n = 0;
    for (size_t k = 0; k < YZ_LABELS_MAX; k++)
        n += labels[k].n;
    yz_series *series = yz_calloc(1, sizeof(*series) + n);
    char *text = (char *)(series + 1);
    series->family = family;
    series->hash = hash;
    for (size_t k = 0; k < YZ_LABELS_MAX; k++) {
        if (labels[k].n)
            memcpy(text, labels[k].p, labels[k].n);
        series->labels[k] = (yz_str){text, labels[k].n};
        text += labels[k].n;
    }
    return series;
}

yz_series *yz_series_find(yz_metrics *metrics, yz_family family, const yz_str labels[YZ_LABELS_MAX]) {
    static const yz_str other[YZ_LABELS_MAX] = {{"other", 5}, {"other", 5}, {"other", 5}, {0}};
    uint64_t hash = hash_of(family, labels);
    yz_series **at = &metrics->buckets[hash % (sizeof(metrics->buckets) / sizeof(*metrics->buckets))];
    for (yz_series *series = *at; series; series = series->next)
        if (is(series, hash, family, labels))
            return series;
    if (metrics->n >= YZ_SERIES_MAX + YZ_FAMILIES || (metrics->n >= YZ_SERIES_MAX && labels != other))
        return yz_series_find(metrics, family, other);
    yz_series *series = make(hash, family, labels);
    series->next = *at;
    *at = series;
    metrics->n++;
    return series;
}

void yz_histogram_add(yz_histogram *histogram, yz_measure measure, int64_t ns) {
    double seconds = (double)ns / 1e9;
    const double *bounds = YZ_BOUNDS[measure];
    histogram->count++;
    histogram->sum += ns > 0 ? (uint64_t)ns : 0;
    for (size_t i = 0; i < YZ_BUCKETS_MAX && bounds[i] > 0; i++)
        if (seconds <= bounds[i]) {
            histogram->n[i]++;
            return;
        }
}
