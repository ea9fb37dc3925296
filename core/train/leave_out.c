/* train/leave_out.c: cross-validation over sources (see leave_out.h). Sources are dealt to groups by size, the largest first, each to the
 * group that is smallest by then, so that the groups are alike and the deal depends on the data alone. */
#include "train/leave_out.h"

#include "base/arena.h"

#include <math.h>
#include <stdlib.h>

#define GROUPS_MAX 9

typedef struct deal {
    unsigned n_groups;
    size_t *rows_of;    /* a source */
    unsigned *group_of; /* a source; UINT_MAX: templates */
} deal;

/* The part of a source's name before "+": variants of one source are left out together. */
static yz_str root(yz_str name) {
    const char *plus = name.n ? memchr(name.p, '+', name.n) : NULL;
    return plus ? (yz_str){name.p, (size_t)(plus - name.p)} : name;
}

static size_t root_source(const yz_rows *rows, size_t source) {
    for (size_t i = 0; i < source; i++)
        if (yz_str_eq(root(rows->sources.items[i]), root(rows->sources.items[source])))
            return i;
    return source;
}

static deal deal_sources(const yz_rows *rows) {
    size_t n = rows->sources.n, real = 0, filled[GROUPS_MAX] = {0};
    deal d = {.rows_of = yz_calloc(n + 1, sizeof(size_t)), .group_of = yz_calloc(n + 1, sizeof(unsigned))};
    for (size_t r = 0; r < rows->n; r++)
        d.rows_of[root_source(rows, rows->items[r].source)] += !rows->items[r].made;
    for (size_t s = 0; s < n; s++) {
        d.group_of[s] = UINT32_MAX;
        real += d.rows_of[s] > 0;
    }
    d.n_groups = real < GROUPS_MAX ? (unsigned)real : GROUPS_MAX;
    for (size_t done = 0; done < real; done++) {
        size_t largest = n;
        unsigned to = 0;
        for (size_t s = 0; s < n; s++)
            if (d.rows_of[s] && d.group_of[s] == UINT32_MAX && (largest == n || d.rows_of[s] > d.rows_of[largest]))
                largest = s;
        for (unsigned g = 1; g < d.n_groups; g++)
            to = filled[g] < filled[to] ? g : to;
        d.group_of[largest] = to;
        filled[to] += d.rows_of[largest];
    }
    for (size_t s = 0; s < n; s++)
        d.group_of[s] = d.group_of[root_source(rows, s)];
    return d;
}

/* ---- figures ---------------------------------------------------------------------------------------------------------------- */

typedef struct tally {
    size_t n, right;
} tally;

static void count(tally *t, bool right) {
    t->n++;
    t->right += right;
}

/* Share and the half width of its 95 % interval, in percent. */
static void print_tally(FILE *out, const char *kind, yz_str name, const tally *t) {
    double share = t->n ? (double)t->right / (double)t->n : 0, half = t->n ? 1.96 * sqrt(share * (1 - share) / (double)t->n) : 0;
    fprintf(out, "%-9s %-28.*s %6zu rows  %5.1f %% +- %.1f\n", kind, YZ_STR_ARGS(name), t->n, 100 * share, 100 * half);
}

static void print_by(FILE *out, const char *kind, const yz_rows *rows, const yz_names *names, const uint8_t *said,
                     size_t (*key)(const yz_row *)) {
    for (size_t i = 0; i < names->n; i++) {
        tally t = {0};
        for (size_t r = 0; r < rows->n; r++)
            if (!rows->items[r].made && key(&rows->items[r]) == i)
                count(&t, said[r] == rows->items[r].label);
        if (t.n)
            print_tally(out, kind, names->items[i].n ? names->items[i] : YZ_STR("-"), &t);
    }
}

static size_t lang_of(const yz_row *row) { return row->lang; }
static size_t label_of(const yz_row *row) { return row->label; }
static size_t source_of(const yz_row *row) { return row->source; }

static void print_confusion(FILE *out, const yz_rows *rows, const uint8_t *said) {
    size_t n = rows->labels.n, cell[YZ_MODEL_LABELS_MAX][YZ_MODEL_LABELS_MAX] = {{0}};
    for (size_t r = 0; r < rows->n; r++)
        if (!rows->items[r].made)
            cell[rows->items[r].label][said[r]]++;
    fprintf(out, "\n%-22s", "is \\ taken for");
    for (size_t k = 0; k < n; k++)
        fprintf(out, " %12.*s", YZ_STR_ARGS(rows->labels.items[k]));
    for (size_t i = 0; i < n; i++) {
        fprintf(out, "\n%-22.*s", YZ_STR_ARGS(rows->labels.items[i]));
        for (size_t k = 0; k < n; k++)
            fprintf(out, " %12zu", cell[i][k]);
    }
    fputc('\n', out);
}

static double print_all(FILE *out, const yz_rows *rows, const uint8_t *said) {
    tally all = {0};
    for (size_t r = 0; r < rows->n; r++)
        if (!rows->items[r].made)
            count(&all, said[r] == rows->items[r].label);
    print_tally(out, "pooled", YZ_STR("sources never seen"), &all);
    print_by(out, "language", rows, &rows->langs, said, lang_of);
    print_by(out, "label", rows, &rows->labels, said, label_of);
    print_by(out, "source", rows, &rows->sources, said, source_of);
    print_confusion(out, rows, said);
    return all.n ? (double)all.right / (double)all.n : 0;
}

/* ---- the rounds ---------------------------------------------------------------------------------------------------------------- */

static void one_round(const yz_matrix *matrix, const yz_fit_plan *plan, const deal *d, unsigned group, bool *left_out, uint8_t *said) {
    const yz_rows *rows = plan->rows;
    yz_fit_plan part = *plan;
    for (size_t r = 0; r < rows->n; r++)
        left_out[r] = !rows->items[r].made && d->group_of[rows->items[r].source] == group;
    part.left_out = left_out;
    double *weights = yz_fit(matrix, &part);
    for (size_t r = 0; r < rows->n; r++)
        if (left_out[r])
            said[r] = (uint8_t)yz_fit_label(matrix, weights, rows->labels.n, r);
    free(weights);
}

int yz_leave_out(const yz_rows *rows, const yz_matrix *matrix, const yz_fit_plan *plan, FILE *out, double *right) {
    deal d = deal_sources(rows);
    int code = YZ_OK;
    if (d.n_groups < 2) {
        fprintf(stderr, "leaving sources out needs rows of at least two sources (the field \"source\"); there are %u\n", d.n_groups);
        code = YZ_EINVAL;
    } else {
        bool *left_out = yz_calloc(rows->n, sizeof *left_out);
        uint8_t *said = yz_calloc(rows->n, sizeof *said);
        for (unsigned g = 0; g < d.n_groups; g++)
            one_round(matrix, plan, &d, g, left_out, said);
        *right = print_all(out, rows, said);
        free(left_out);
        free(said);
    }
    free(d.rows_of);
    free(d.group_of);
    return code;
}
