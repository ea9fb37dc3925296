/* train/leave_out.h: how well a model of these rows does on sources it has never seen: the honest figure. */
#ifndef YUZUI_TRAIN_LEAVE_OUT_H
#define YUZUI_TRAIN_LEAVE_OUT_H

#include "train/fit.h"

#include <stdio.h>

/* Learns without each group of sources in turn (as many groups as there are sources, nine at most; templates are always learnt), judges
 * what was left out, and prints the share that is right with a 95 % interval, by language, label and source, and which label was taken
 * for which. Needs two sources besides templates: YZ_EINVAL (printed) if there are fewer. *right: the pooled share. */
int yz_leave_out(const yz_rows *rows, const yz_matrix *matrix, const yz_fit_plan *plan, FILE *out, double *right);

#endif
