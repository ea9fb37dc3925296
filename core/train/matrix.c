/* train/matrix.c: the features of all rows, with a number for each distinct hash: in order of appearance, so that nothing depends on
 * where memory lies. */
#include "base/arena.h"
#include "question/features.h"
#include "train/fit.h"

#include <stdlib.h>

typedef struct lookup { /* hash -> column, open addressing */
    uint32_t *slots;    /* column + 1; 0: free */
    size_t mask, cap;   /* cap: columns there is room for */
} lookup;

static void grow(lookup *at, yz_matrix *m) {
    size_t slots = at->mask ? 2 * (at->mask + 1) : 1u << 16;
    free(at->slots);
    at->slots = yz_calloc(slots, sizeof *at->slots);
    at->mask = slots - 1;
    at->cap = slots / 2;
    m->hash = yz_realloc(m->hash, at->cap * sizeof *m->hash);
    m->rows_of = yz_realloc(m->rows_of, at->cap * sizeof *m->rows_of);
    for (size_t c = 0; c < m->n_columns; c++) {
        size_t slot = m->hash[c] & at->mask;
        while (at->slots[slot])
            slot = (slot + 1) & at->mask;
        at->slots[slot] = (uint32_t)c + 1;
    }
}

static uint32_t column_of(lookup *at, yz_matrix *m, uint32_t hash) {
    if (m->n_columns == at->cap)
        grow(at, m);
    size_t slot = hash & at->mask;
    while (at->slots[slot]) {
        if (m->hash[at->slots[slot] - 1] == hash)
            return at->slots[slot] - 1;
        slot = (slot + 1) & at->mask;
    }
    m->hash[m->n_columns] = hash;
    m->rows_of[m->n_columns] = 0;
    at->slots[slot] = (uint32_t)++m->n_columns;
    return (uint32_t)m->n_columns - 1;
}

/* A row counts once for a column, however often the feature stands in it. */
static void count_row(yz_matrix *m, size_t row, uint32_t *last_row) {
    for (size_t i = m->start[row]; i < m->start[row + 1]; i++)
        if (last_row[m->column[i]] != row + 1) {
            last_row[m->column[i]] = (uint32_t)row + 1;
            m->rows_of[m->column[i]]++;
        }
}

void yz_matrix_build(yz_matrix *m, const yz_rows *rows) {
    yz_tokens *tokens = yz_malloc(sizeof *tokens);
    yz_features *features = yz_malloc(sizeof *features);
    lookup at = {0};
    size_t cap = 0, n = 0;
    *m = (yz_matrix){.n_rows = rows->n, .start = yz_calloc(rows->n + 1, sizeof(size_t))};
    for (size_t r = 0; r < rows->n; r++) {
        yz_tokens_read(tokens, yz_ask_of(rows->items[r].text));
        yz_features_of(features, tokens);
        if (n + features->n > cap) {
            cap = 2 * cap + YZ_FEATURES_MAX;
            m->column = yz_realloc(m->column, cap * sizeof *m->column);
        }
        for (unsigned i = 0; i < features->n; i++)
            m->column[n++] = column_of(&at, m, features->hash[i]);
        m->start[r + 1] = n;
    }
    uint32_t *last_row = yz_calloc(m->n_columns + 1, sizeof *last_row);
    for (size_t r = 0; r < rows->n; r++)
        count_row(m, r, last_row);
    free(last_row);
    free(at.slots);
    free(features);
    free(tokens);
}

void yz_matrix_free(yz_matrix *m) {
    free(m->hash);
    free(m->rows_of);
    free(m->start);
    free(m->column);
    *m = (yz_matrix){0};
}
