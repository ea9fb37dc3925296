/* train/fit.h: from rows to weights: softmax regression over hashed features, the same to the last bit on every machine.
 *
 *   columns   a feature is kept when it occurs in enough rows, of more than one source where there are several; duplicates count
 *   weights   a row weighs (rows of its source, language and label) ^ -0.5, then labels and languages are balanced
 *   fitting   AdaGrad, a little L2, half of the features dropped at random in each step, the mean of a few seeds
 */
#ifndef YUZUI_TRAIN_FIT_H
#define YUZUI_TRAIN_FIT_H

#include "train/rows.h"

typedef struct yz_matrix { /* the features of all rows */
    size_t n_rows, n_columns;
    uint32_t *hash;    /* of a column */
    uint32_t *rows_of; /* rows a column occurs in */
    size_t *start;     /* of a row's columns in `column`; n_rows + 1 of them */
    uint32_t *column;
} yz_matrix;

typedef struct yz_fit_plan {
    const yz_rows *rows;
    const bool *left_out; /* a row that is not learnt from, or NULL */
    unsigned min_rows;    /* a column is kept that occurs in so many */
    unsigned seeds, epochs;
    double rate, l2, dropout, made_weight; /* made_weight: of rows from templates, beside 1 */
} yz_fit_plan;
#define YZ_FIT_PLAN(data)                                                                                                                  \
    { .rows = (data), .min_rows = 2, .seeds = 4, .epochs = 3, .rate = 0.1, .l2 = 3e-3, .dropout = 0.6, .made_weight = 1.5 }

#define YZ_FIT_VALUE 4.0 /* a row's features have the value YZ_FIT_VALUE / sqrt(their number) */

void yz_matrix_build(yz_matrix *matrix, const yz_rows *rows);
void yz_matrix_free(yz_matrix *matrix);

/* Weights, n_columns times n_labels; those of columns that are not kept are 0. malloc's. */
double *yz_fit(const yz_matrix *matrix, const yz_fit_plan *plan);
/* The label that the weights say for a row of the matrix. */
unsigned yz_fit_label(const yz_matrix *matrix, const double *weights, size_t n_labels, size_t row);

/* exp for arguments up to 0, by IEEE arithmetic alone. */
double yz_fit_exp(double x);

#endif
