/* answers.h: vectors and the answers that belong to them, in the memory of the process: all workers and generations share it.
 *
 * An entry has a frame: whatever must be equal (whose it is, the conversation, the options, the guard of guard.c). Only entries of one
 * frame, and of one space (which model made the vector, and how many numbers it has), are compared, newest first, no more than `compare` of
 * them: so a look-up is bounded. The oldest entries go first.
 */
#ifndef SEMANTIC_ANSWERS_H
#define SEMANTIC_ANSWERS_H

#include <yuzui/plugin.h>

#define FRAME_SIZE 32
#define DIMS_MAX   4096
#define ID_MAX     64 /* bytes of a request's id that are kept */

/* A vector in small numbers: n of them, each worth `scale`. */
typedef struct vector {
    int8_t *q;  /* in memory for a multiple of VECTOR_PAD numbers, those behind the last one 0 */
    uint32_t n; /* 0: there is none */
    float scale;
    int64_t square; /* the sum of the squares of q */
} vector;
#define VECTOR_PAD 64u

/* What is looked for, or kept. */
typedef struct entry_key {
    uint8_t frame[FRAME_SIZE];
    uint8_t exact[FRAME_SIZE]; /* of the text: the same words are the same question, and need no vector */
    uint64_t space;
    vector vector;
    bool absolute; /* nearness goes by the difference, not by the angle (plain.c) */
} entry_key;

typedef struct found {
    yz_blob *answer; /* a reference; NULL: none is near enough */
    float nearest;   /* of those compared; -1: there was none */
    char id[ID_MAX + 1];
} found;

typedef struct answers answers;

/* Those of that name. Control thread. Its bounds are those that were said last. */
answers *answers_open(yz_str name, int64_t entries, int64_t bytes);
/* The nearest entry that is not older than ttl (ms) if it is as near as `threshold`; or one with the same words, whose nearness is 1. With
 * `key.vector.n` 0 only the latter. */
void answers_find(answers *a, const entry_key *key, float threshold, int64_t compare, int64_t ttl, int64_t now, found *out);
/* Keeps an answer, in place of the one with the same words. */
void answers_put(answers *a, const entry_key *key, yz_blob *answer, yz_str id, int64_t now);
/* How much is in it now. */
void answers_size(answers *a, int64_t *entries, int64_t *bytes);

/* The vector of n numbers, in `room`, which has place for DIMS_MAX bytes. Numbers that are none, or too large, are 0. */
vector vector_of(const float *numbers, size_t n, int8_t *room);
/* Of numbers that are small already. */
vector vector_small(int8_t *q, size_t n, float scale);
/* 1: the same; less, the less they are alike. Both have the same n. */
float vector_nearness(const vector *a, const vector *b, bool absolute);

#endif
