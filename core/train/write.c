/* train/write.c: weights become bytes: eight bits each, the scale set so that one in two thousand is cut (see write.h). */
#include "train/write.h"

#include "base/arena.h"
#include "question/features.h"

#include <math.h>
#include <stdlib.h>

#define CUT_SHARE 0.0005 /* of the weights: they are so large that they are cut to the greatest byte */

typedef struct candidate {
    uint32_t column;
    double weight; /* how much it matters */
} candidate;

static int by_weight(const void *a, const void *b) {
    const candidate *x = a, *y = b;
    if (x->weight != y->weight)
        return x->weight < y->weight ? 1 : -1;
    return (x->column > y->column) - (x->column < y->column);
}

static int by_size(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x < y) - (x > y);
}

/* A weight beside that of the last label. */
static double relative(const double *weights, size_t n_labels, uint32_t column, size_t label) {
    return weights[column * n_labels + label] - weights[column * n_labels + n_labels - 1];
}

static candidate *choose(const yz_matrix *m, const double *weights, size_t n_labels, size_t *n) {
    candidate *all = yz_calloc(m->n_columns + 1, sizeof *all);
    *n = 0;
    for (uint32_t c = 0; c < m->n_columns; c++) {
        double largest = 0;
        for (size_t k = 0; k + 1 < n_labels; k++)
            largest = fmax(largest, fabs(relative(weights, n_labels, c, k)));
        if (largest > 0)
            all[(*n)++] = (candidate){c, largest * sqrt((double)m->rows_of[c])};
    }
    qsort(all, *n, sizeof *all, by_weight);
    return all;
}

/* What a byte of 1 is worth. */
static double unit_of(const double *weights, size_t n_labels, const candidate *chosen, size_t n) {
    size_t total = n * (n_labels - 1);
    double *sizes = yz_calloc(total + 1, sizeof *sizes);
    for (size_t i = 0; i < total; i++)
        sizes[i] = fabs(relative(weights, n_labels, chosen[i / (n_labels - 1)].column, i % (n_labels - 1)));
    qsort(sizes, total, sizeof *sizes, by_size);
    double unit = sizes[(size_t)((double)total * CUT_SHARE)] / 127;
    free(sizes);
    return unit > 0 ? unit : 1;
}

static int8_t to_byte(double weight, double unit) {
    double scaled = weight / unit;
    return (int8_t)(scaled > 127 ? 127 : scaled < -127 ? -127 : (int)(scaled + (scaled < 0 ? -0.5 : 0.5)));
}

static uint32_t slots_log2_for(size_t n) {
    uint32_t log2 = 4;
    while (((size_t)5 << log2) / 8 < n)
        log2++;
    return log2;
}

static void put_entry(uint8_t *table, const yz_model_head *head, uint32_t hash, const int8_t *bytes) {
    uint32_t mask = (1u << head->slots_log2) - 1, slot = hash & mask;
    uint16_t tag = (uint16_t)(hash >> 16 | 1), there;
    for (;; slot = (slot + 1) & mask) {
        memcpy(&there, table + (size_t)slot * head->stride, sizeof there);
        if (there == tag)
            return; /* two features look the same here: the heavier one came first */
        if (there == 0)
            break;
    }
    memcpy(table + (size_t)slot * head->stride, &tag, sizeof tag);
    memcpy(table + (size_t)slot * head->stride + sizeof tag, bytes, head->n_labels - 1);
}

static yz_model_head head_for(const yz_names *labels, size_t n, double unit) {
    yz_model_head head = {.magic = YZ_MODEL_MAGIC_BYTES, .features = YZ_FEATURES_VERSION, .n_labels = (uint32_t)labels->n};
    size_t bytes = 0;
    for (size_t i = 0; i < labels->n; i++)
        bytes += labels->items[i].n + 1;
    head.label_bytes = (uint32_t)((bytes + 63) / 64 * 64);
    head.slots_log2 = slots_log2_for(n);
    head.stride = (head.n_labels + 2) / 2 * 2;
    head.scale = (float)(unit * YZ_FIT_VALUE);
    return head;
}

void yz_model_write(const yz_matrix *m, const double *weights, const yz_names *labels, size_t entries, yz_buf *out) {
    size_t n;
    candidate *chosen = choose(m, weights, labels->n, &n);
    n = n < entries ? n : entries;
    double unit = unit_of(weights, labels->n, chosen, n);
    yz_model_head head = head_for(labels, n, unit);
    yz_buf_put(out, &head, sizeof head);
    size_t labels_at = out->n, table_bytes = (size_t)head.stride << head.slots_log2;
    memset(yz_buf_room(out, head.label_bytes + table_bytes), 0, head.label_bytes + table_bytes);
    out->n += head.label_bytes + table_bytes;
    for (size_t i = 0; i < labels->n; labels_at += labels->items[i++].n + 1)
        memcpy(out->p + labels_at, labels->items[i].p, labels->items[i].n);
    uint8_t *table = (uint8_t *)out->p + out->n - table_bytes;
    for (size_t i = 0; i < n; i++) {
        int8_t bytes[YZ_MODEL_LABELS_MAX];
        for (size_t k = 0; k + 1 < labels->n; k++)
            bytes[k] = to_byte(relative(weights, labels->n, chosen[i].column, k), unit);
        put_entry(table, &head, m->hash[chosen[i].column], bytes);
    }
    free(chosen);
}
