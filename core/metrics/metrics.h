/* metrics/metrics.h: what requests took and used, in series that a monitoring system reads: histograms and sums by a few labels.
 *
 * Each worker has series of its own and adds to them at the end of every request, without a lock; whoever shows them lets each worker write
 * its own (yz_metrics_write) and adds them up (yz_metrics_read). The values of labels come from the config, or are one of a few words: so
 * the number of series is bounded, and by YZ_SERIES_MAX in any case: what is too much is counted under "other".
 *
 * Names and labels follow OpenTelemetry's conventions for generative AI where there are any:
 * https://opentelemetry.io/docs/specs/semconv/gen-ai/
 */
#ifndef YUZUI_METRICS_METRICS_H
#define YUZUI_METRICS_METRICS_H

#include <yuzui/record.h>

#define YZ_SERIES_MAX 2000

typedef struct yz_metrics yz_metrics;

/* What became of one request of a client. Empty texts: not known. */
typedef struct yz_metrics_request {
    const char *op; /* "chat", or NULL: it never got that far */
    yz_str model;   /* asked for, if it may be shown */
    yz_str error;   /* the code the client got; empty: none */
    yz_str key;     /* the name of who asked */
    bool stream;
    int64_t ns;              /* how long it took */
    uint64_t lost[3];        /* fields that the translation lost: dropped, approximated, emulated (yz_loss) */
    const yz_record *record; /* of the root call; NULL: there was none */
} yz_metrics_request;

yz_metrics *yz_metrics_new(void);
void yz_metrics_free(yz_metrics *metrics);
/* Counts a request, and each call to a provider among its records. Worker thread. */
void yz_metrics_add(yz_metrics *metrics, const yz_metrics_request *request);

/* All series as bytes, for another thread of this process. */
void yz_metrics_write(const yz_metrics *metrics, yz_buf *out);
/* Adds what yz_metrics_write wrote. */
void yz_metrics_read(yz_metrics *into, yz_str bytes);
/* The text that Prometheus reads (version 0.0.4): a # HELP and # TYPE line for each name, then its series. */
void yz_metrics_print(const yz_metrics *metrics, yz_buf *out);
/* One label's value there: backslashes, quotes and line ends are escaped. */
void yz_metrics_put_label(yz_buf *out, yz_str value);

#endif
