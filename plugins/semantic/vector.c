/* vector.c: vectors in bytes. A number of an embedding is kept as the 127th part of the largest one: of vectors with hundreds of numbers
 * their angle stays the same to the third decimal, and they take a quarter of the room and of the time. */
#include "answers.h"

#include <math.h>

/* A constant count, and products in 16 bits, where they fit: so compilers make vector instructions of it. */
static int32_t block_product(const int8_t *a, const int8_t *b) {
    int32_t sum = 0;
    for (int i = 0; i < (int)VECTOR_PAD; i++)
        sum += (int16_t)(a[i] * b[i]);
    return sum;
}

static int64_t product(const int8_t *a, const int8_t *b, size_t n) {
    int64_t sum = 0;
    for (size_t i = 0; i < n; i += VECTOR_PAD)
        sum += block_product(a + i, b + i);
    return sum;
}

vector vector_small(int8_t *q, size_t n, float scale) { return (vector){q, (uint32_t)n, scale, product(q, q, n)}; }

vector vector_of(const float *numbers, size_t n, int8_t *room) {
    float largest = 0;
    for (size_t i = 0; i < n; i++)
        if (isfinite(numbers[i]) && fabsf(numbers[i]) > largest)
            largest = fabsf(numbers[i]);
    memset(room, 0, DIMS_MAX);
    for (size_t i = 0; largest > 0 && i < n; i++)
        if (isfinite(numbers[i]))
            room[i] = (int8_t)lrintf(numbers[i] / largest * 127);
    return vector_small(room, n, largest / 127);
}

float vector_nearness(const vector *a, const vector *b, bool absolute) {
    double dot = (double)product(a->q, b->q, a->n);
    if (absolute) {
        double apart = (double)a->square * a->scale * a->scale + (double)b->square * b->scale * b->scale - 2 * dot * a->scale * b->scale;
        return apart < 10 ? (float)(1 - apart / 10) : 0;
    }
    double lengths = sqrt((double)a->square) * sqrt((double)b->square);
    return lengths > 0 ? (float)(dot / lengths) : 0;
}
