/* metrics/series.h: what the files of this room share: series, and the table of them. */
#ifndef YUZUI_METRICS_SERIES_H
#define YUZUI_METRICS_SERIES_H

#include "metrics/metrics.h"

/* Families of series: the labels each has, and its histograms. */
typedef enum yz_family {
    YZ_FAMILY_REQUEST,  /* op, model, error: what clients got */
    YZ_FAMILY_PROVIDER, /* op, provider, its model, error: each call to a provider */
    YZ_FAMILY_TOKENS,   /* provider, its model, kind: tokens used there */
    YZ_FAMILY_KEY,      /* key: requests and tokens of who asked */
    YZ_FAMILY_LOST,     /* model, how: what translations lost */
    YZ_FAMILIES
} yz_family;

#define YZ_LABELS_MAX 4

/* The histograms a series may have, each with bounds of its own. */
typedef enum yz_measure { YZ_MEASURE_DURATION, YZ_MEASURE_FIRST, YZ_MEASURE_EACH, YZ_MEASURES } yz_measure;
#define YZ_BUCKETS_MAX 20

typedef struct yz_histogram {
    uint64_t n[YZ_BUCKETS_MAX]; /* up to each bound, not cumulative; what is above the last counts in `count` alone */
    uint64_t count, sum;        /* sum: ns */
} yz_histogram;

typedef struct yz_series {
    yz_family family;
    uint64_t hash;
    uint64_t count, tokens[2]; /* tokens: input, output; of YZ_FAMILY_TOKENS the first one */
    yz_histogram histograms[YZ_MEASURES];
    struct yz_series *next; /* in its bucket */
    yz_str labels[YZ_LABELS_MAX];
} yz_series;

struct yz_metrics {
    yz_series *buckets[1024];
    size_t n;
};

extern const double YZ_BOUNDS[YZ_MEASURES][YZ_BUCKETS_MAX]; /* seconds; 0: no more */

/* The series with these labels, made if need be. */
yz_series *yz_series_find(yz_metrics *metrics, yz_family family, const yz_str labels[YZ_LABELS_MAX]);
void yz_histogram_add(yz_histogram *histogram, yz_measure measure, int64_t ns);

#endif
