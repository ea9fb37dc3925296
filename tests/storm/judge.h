/* judge.h: what an answer is: whole, one well-formed error, or broken. */
#ifndef JUDGE_H
#define JUDGE_H

#include "sim.h"

typedef enum verdict { WHOLE, ERROR_ANSWER, ERROR_EVENT, BROKEN } verdict;

typedef struct asked {
    bool anthropic, stream;
    char text[64];
    const char *models[8]; /* those that may have answered */
    size_t n_models;
    int64_t words;
} asked;

/* `why`: for BROKEN, what is wrong; for an error, its code. */
verdict judge(const asked *a, int status, bool event_stream, char *body, size_t n, char why[160]);

#endif
