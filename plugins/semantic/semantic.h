/* semantic.h: the rooms of the semantic cache.
 *
 *   fit.c        may this request be answered by the answer to another question, and what must be equal for it
 *   text.h       a question's words, what of them must be equal, and its embedding without a model
 *   answers.h    vectors and answers, in the memory of the process
 *   semantic.c   the stage: look, ask for an embedding, replay, or pass on and keep what comes
 *
 * A kept answer is what the exact cache keeps, and is given out as that does: common/recorded.h.
 */
#ifndef SEMANTIC_H
#define SEMANTIC_H

#include "../common/recorded.h"
#include "answers.h"
#include "text.h"

typedef struct semantic_config {
    yz_str model;
    int64_t dimensions;
    double threshold; /* 0: the default of the embedding */
    int64_t ttl, entries, memory, max, longest, compare, deadline;
    yz_list of;
} semantic_config;

/* A question that may be answered so. */
typedef struct question {
    yz_str text; /* plain; in the call's arena */
    uint8_t frame[FRAME_SIZE], exact[FRAME_SIZE];
    bool comparable; /* by the embedding without a model: `plain` is it */
    int8_t plain[PLAIN_DIMS];
} question;

/* NULL, and *out is filled; else why not, in a word or two for the note (static). */
const char *question_read(yz_call *call, const yz_request *request, const semantic_config *cfg, question *out);

#endif
