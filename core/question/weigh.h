/* question/weigh.h: the sums of a model's weights over a text's features, where a model has three labels, as the one that is shipped.
 *
 * Its table then has entries of one word: a tag of 16 bits (0: free), the weight of the first label and that of the second, a signed byte
 * each. A feature stands in the slot that its hash says, or in the next one that was free.
 */
#ifndef YUZUI_QUESTION_WEIGH_H
#define YUZUI_QUESTION_WEIGH_H

#include "question/features.h"

typedef struct yz_weights {
    int32_t first, second;
    unsigned known; /* features that the table has */
} yz_weights;

/* entries: mask + 1 of them, at any address; at least one of them is free. */
yz_weights yz_weigh(const uint8_t *entries, uint32_t mask, const yz_features *features);
/* The same, one feature at a time from number `from` on: what machines without AVX2 do. */
yz_weights yz_weigh_each(const uint8_t *entries, uint32_t mask, const yz_features *features, unsigned from);

#endif
