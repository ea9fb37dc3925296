/* question/features.h: what the classifier knows of a text: a list of 32-bit hashes.
 *
 * Words alone, in pairs and in threes; how the text begins and ends, as chains and by place; words and pairs of its first and last
 * sentence; and its shape. Training (core/train) and judging use this one function, so they cannot drift apart; a model says by
 * YZ_FEATURES_VERSION which features it was made of.
 */
#ifndef YUZUI_QUESTION_FEATURES_H
#define YUZUI_QUESTION_FEATURES_H

#include "question/tokens.h"

#define YZ_FEATURES_VERSION 1u
#define YZ_FEATURES_MAX     3072 /* of one text: more cannot come of YZ_ASK_CHARS tokens */

typedef struct yz_features {
    uint32_t hash[YZ_FEATURES_MAX];
    unsigned n;
} yz_features;

/* Fills `features` anew. The same hash may stand there more than once. */
void yz_features_of(yz_features *features, const yz_tokens *tokens);

#endif
