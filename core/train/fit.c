/* train/fit.c: softmax regression (see fit.h). One thread, one order, IEEE arithmetic only: no libm but sqrt, which is exact. */
#include "train/fit.h"

#include "base/arena.h"
#include "base/clock.h"

#include <math.h>
#include <stdlib.h>

#define SMALL_GRADIENT 2e-3 /* a row that is right is passed over */
#define RATE_DECAY     0.9  /* an epoch */

typedef struct fit {
    const yz_matrix *m;
    const yz_fit_plan *plan;
    size_t n_labels;
    bool *kept; /* columns */
    double *row_weight;
    double *weights, *squares; /* of one seed; squares: AdaGrad's sums */
    uint32_t *order;
    size_t n_order;
    uint32_t *taken; /* columns of the row under way that were not dropped */
    yz_rng rng;
    double rate;
} fit;

/* ---- what is kept, and what it weighs ------------------------------------------------------------------------------------------ */

static bool is_learnt(const fit *f, size_t row) { return !f->plan->left_out || !f->plan->left_out[row]; }

/* In enough rows, and of two sources, if there are two. */
static void keep_columns(fit *f) {
    const yz_matrix *m = f->m;
    const yz_rows *rows = f->plan->rows;
    uint32_t *count = yz_calloc(m->n_columns + 1, sizeof *count);
    int32_t *source = yz_calloc(m->n_columns + 1, sizeof *source); /* number + 1; -1: two or more */
    uint32_t *last_row = yz_calloc(m->n_columns + 1, sizeof *last_row);
    bool several = rows->sources.n > 1;
    for (size_t r = 0; r < m->n_rows; r++)
        for (size_t i = m->start[r]; is_learnt(f, r) && i < m->start[r + 1]; i++) {
            uint32_t c = m->column[i];
            int32_t from = rows->items[r].source + 1;
            count[c] += last_row[c] != r + 1;
            last_row[c] = (uint32_t)r + 1;
            source[c] = source[c] == 0 || source[c] == from ? from : -1;
        }
    for (size_t c = 0; c < m->n_columns; c++)
        f->kept[c] = count[c] >= f->plan->min_rows && (!several || source[c] == -1);
    free(count);
    free(source);
    free(last_row);
}

/* Which of the groups (source, language, label) a row is of, as an index. */
static size_t group_of(const yz_rows *rows, const yz_row *row) {
    return ((size_t)row->source * rows->langs.n + row->lang) * rows->labels.n + row->label;
}

static size_t balance_of(const yz_rows *rows, const yz_row *row) { return (size_t)row->lang * rows->labels.n + row->label; }

static void weigh_rows(fit *f) {
    const yz_rows *rows = f->plan->rows;
    size_t n_groups = rows->sources.n * rows->langs.n * rows->labels.n, n_sums = rows->langs.n * rows->labels.n;
    double *group = yz_calloc(n_groups, sizeof *group), *sum = yz_calloc(n_sums, sizeof *sum), learnt = 0, used = 0;
    for (size_t r = 0; r < rows->n; r++)
        group[group_of(rows, &rows->items[r])] += is_learnt(f, r);
    for (size_t r = 0; r < rows->n; r++) {
        const yz_row *row = &rows->items[r];
        double n = group[group_of(rows, row)];
        f->row_weight[r] = is_learnt(f, r) ? (row->made ? f->plan->made_weight : 1) / sqrt(n) : 0;
        sum[balance_of(rows, row)] += f->row_weight[r];
        learnt += is_learnt(f, r);
    }
    for (size_t i = 0; i < n_sums; i++)
        used += sum[i] > 0;
    for (size_t r = 0; r < rows->n; r++)
        if (f->row_weight[r] > 0)
            f->row_weight[r] *= learnt / used / sum[balance_of(rows, &rows->items[r])];
    free(group);
    free(sum);
}

/* ---- fitting -------------------------------------------------------------------------------------------------------------------- */

double yz_fit_exp(double x) {
    const double ln2_high = 0x1.62e42fee00000p-1, ln2_low = 0x1.a39ef35793c76p-33;
    if (x < -700)
        return 0;
    double k = (double)(int64_t)(x * 1.4426950408889634 - 0.5), r = (x - k * ln2_high) - k * ln2_low, sum = 1, term = 1;
    for (int i = 1; i < 16; i++)
        sum += term *= r / i;
    return ldexp(sum, (int)k);
}

static void sum_up(const double *weights, size_t n_labels, const uint32_t *columns, size_t n, double *z) {
    for (size_t k = 0; k < n_labels; k++)
        z[k] = 0;
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < n_labels; k++)
            z[k] += weights[columns[i] * n_labels + k];
}

/* Turns sums into the gradient of a row; returns how large it is. */
static double gradient(const fit *f, size_t row, double value, double *z) {
    double most = z[0] * value, total = 0, size = 0;
    for (size_t k = 0; k < f->n_labels; k++) {
        z[k] *= value;
        most = z[k] > most ? z[k] : most;
    }
    for (size_t k = 0; k < f->n_labels; k++)
        total += z[k] = yz_fit_exp(z[k] - most);
    for (size_t k = 0; k < f->n_labels; k++) {
        z[k] = (z[k] / total - (k == f->plan->rows->items[row].label)) * f->row_weight[row];
        size += fabs(z[k]);
    }
    return size;
}

static void step(fit *f, size_t row) {
    const yz_matrix *m = f->m;
    uint64_t keep_above = (uint64_t)(f->plan->dropout * 4294967296.0);
    size_t n = 0;
    for (size_t i = m->start[row]; i < m->start[row + 1]; i++)
        if (f->kept[m->column[i]] && yz_rng_next(&f->rng) >> 32 >= keep_above)
            f->taken[n++] = m->column[i];
    if (n == 0)
        return;
    double z[YZ_MODEL_LABELS_MAX], value = YZ_FIT_VALUE / sqrt((double)n);
    sum_up(f->weights, f->n_labels, f->taken, n, z);
    if (gradient(f, row, value, z) < SMALL_GRADIENT)
        return;
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < f->n_labels; k++) {
            size_t at = f->taken[i] * f->n_labels + k;
            double d = z[k] * value;
            f->squares[at] += d * d;
            f->weights[at] -= f->rate / sqrt(f->squares[at]) * (d + f->plan->l2 * f->weights[at]);
        }
}

static void shuffle(fit *f) {
    for (size_t i = f->n_order; i-- > 1;) {
        size_t k = (size_t)(yz_rng_next(&f->rng) % (i + 1));
        uint32_t swapped = f->order[i];
        f->order[i] = f->order[k];
        f->order[k] = swapped;
    }
}

static void fit_one_seed(fit *f, uint64_t seed) {
    size_t n = f->m->n_columns * f->n_labels;
    memset(f->weights, 0, n * sizeof *f->weights);
    for (size_t i = 0; i < n; i++)
        f->squares[i] = 1e-2;
    yz_rng_seed(&f->rng, seed);
    f->rate = f->plan->rate;
    for (unsigned e = 0; e < f->plan->epochs; e++, f->rate *= RATE_DECAY) {
        shuffle(f);
        for (size_t i = 0; i < f->n_order; i++)
            step(f, f->order[i]);
    }
}

static void prepare(fit *f) {
    const yz_matrix *m = f->m;
    size_t n = m->n_columns * f->n_labels + 1, longest = 0;
    f->kept = yz_calloc(m->n_columns + 1, sizeof *f->kept);
    f->row_weight = yz_calloc(m->n_rows + 1, sizeof *f->row_weight);
    f->weights = yz_calloc(n, sizeof *f->weights);
    f->squares = yz_calloc(n, sizeof *f->squares);
    f->order = yz_calloc(m->n_rows + 1, sizeof *f->order);
    for (size_t r = 0; r < m->n_rows; r++) {
        if (is_learnt(f, r))
            f->order[f->n_order++] = (uint32_t)r;
        size_t length = m->start[r + 1] - m->start[r];
        longest = length > longest ? length : longest;
    }
    f->taken = yz_calloc(longest + 1, sizeof *f->taken);
}

double *yz_fit(const yz_matrix *matrix, const yz_fit_plan *plan) {
    fit f = {.m = matrix, .plan = plan, .n_labels = plan->rows->labels.n};
    size_t n = matrix->n_columns * f.n_labels;
    double *mean = yz_calloc(n + 1, sizeof *mean);
    prepare(&f);
    keep_columns(&f);
    weigh_rows(&f);
    for (unsigned s = 0; s < plan->seeds; s++) {
        fit_one_seed(&f, s + 1);
        for (size_t i = 0; i < n; i++)
            mean[i] += f.kept[i / f.n_labels] ? f.weights[i] / plan->seeds : 0;
    }
    free(f.kept);
    free(f.row_weight);
    free(f.weights);
    free(f.squares);
    free(f.order);
    free(f.taken);
    return mean;
}

unsigned yz_fit_label(const yz_matrix *m, const double *weights, size_t n_labels, size_t row) {
    double z[YZ_MODEL_LABELS_MAX];
    unsigned best = 0;
    sum_up(weights, n_labels, m->column + m->start[row], m->start[row + 1] - m->start[row], z);
    for (unsigned k = 1; k < n_labels; k++)
        best = z[k] > z[best] ? k : best;
    return best;
}
