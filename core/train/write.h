/* train/write.h: from weights to a model file (question/model.h says what stands in it). */
#ifndef YUZUI_TRAIN_WRITE_H
#define YUZUI_TRAIN_WRITE_H

#include "train/fit.h"

/* Appends a model to `out`: the `entries` features that matter most (a feature's largest weight times the root of the rows it occurs
 * in), in a table at most five eighths full. */
void yz_model_write(const yz_matrix *matrix, const double *weights, const yz_names *labels, size_t entries, yz_buf *out);

#endif
