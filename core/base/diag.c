/* base/diag.c: config errors and warnings, kept as lines of text in the order they were found, and the nearest word to a wrong
 * one. Nothing here prints: whoever asked for the work decides where the lines go. */
#include "base/diag.h"

#include "base/arena.h"

#include <stdio.h>
#include <stdlib.h>

void yz_diag_at(yz_diag *diag, yz_place at) { diag->at = at; }

bool yz_diag_full(const yz_diag *diag) { return yz_diag_count(diag) >= 20; }

void yz_diag_free(yz_diag *diag) {
    yz_buf_free(&diag->text);
    free(diag->lines);
    *diag = (yz_diag){0};
}

size_t yz_diag_count(const yz_diag *diag) { return (size_t)diag->errors + diag->warnings; }

/* The array grows by doubling: it is full when its length is a power of two. */
static yz_diag_line *next_line(yz_diag *diag) {
    size_t n = yz_diag_count(diag);
    if ((n & (n - 1)) == 0)
        diag->lines = yz_realloc(diag->lines, (n ? 2 * n : 1) * sizeof *diag->lines);
    diag->lines[n] = (yz_diag_line){.at = diag->text.n};
    return &diag->lines[n];
}

static void put_place(yz_diag *diag, yz_diag_line *line) {
    if (diag->at.file && diag->at.line > 0) {
        yz_buf_printf(&diag->text, "%s:%d: ", diag->at.file, diag->at.line);
        line->file = strlen(diag->at.file);
        line->number = diag->at.line;
    } else if (diag->at.file) {
        yz_buf_printf(&diag->text, "%s: ", diag->at.file);
    }
    line->said = diag->text.n - line->at;
}

static void add_line(yz_diag *diag, bool warning, const char *fmt, va_list args) {
    yz_diag_line *line = next_line(diag);
    line->warning = warning;
    put_place(diag, line);
    yz_buf_lit(&diag->text, warning ? "warning: " : "error: ");
    line->message = diag->text.n - line->at;
    va_list again;
    va_copy(again, args);
    int n = vsnprintf(NULL, 0, fmt, again);
    va_end(again);
    if (n > 0) {
        char *to = yz_buf_room(&diag->text, (size_t)n + 1);
        vsnprintf(to, (size_t)n + 1, fmt, args);
        diag->text.n += (size_t)n;
    }
    yz_buf_char(&diag->text, '\n');
    line->n = diag->text.n - line->at;
}

void yz_diag_error(yz_diag *diag, const char *fmt, ...) {
    va_list args;
    va_start(args, fmt);
    add_line(diag, false, fmt, args);
    va_end(args);
    diag->errors++;
}

void yz_diag_warn(yz_diag *diag, const char *fmt, ...) {
    va_list args;
    va_start(args, fmt);
    add_line(diag, true, fmt, args);
    va_end(args);
    diag->warnings++;
}

/* ---- order ----------------------------------------------------------------------------------------------------------- */

typedef struct ranked {
    yz_diag_line line;
    size_t rank; /* of the file: the order of the first line that speaks of it */
    size_t order;
} ranked;

static int by_place(const void *a, const void *b) {
    const ranked *x = a, *y = b;
    if (x->rank != y->rank)
        return x->rank < y->rank ? -1 : 1;
    if (x->line.number != y->line.number)
        return x->line.number < y->line.number ? -1 : 1;
    return x->order < y->order ? -1 : x->order > y->order;
}

static size_t rank_of(const yz_diag *diag, size_t n) {
    const char *text = diag->text.p;
    const yz_diag_line *line = &diag->lines[n], *first = diag->lines;
    while (first->file != line->file || memcmp(text + first->at, text + line->at, line->file) != 0)
        first++;
    return (size_t)(first - diag->lines);
}

void yz_diag_sort(yz_diag *diag) {
    size_t n = yz_diag_count(diag);
    if (n == 0)
        return;
    ranked *all = yz_calloc(n, sizeof *all);
    for (size_t i = 0; i < n; i++)
        all[i] = (ranked){.line = diag->lines[i], .rank = rank_of(diag, i), .order = i};
    qsort(all, n, sizeof *all, by_place);
    yz_buf sorted = {0};
    for (size_t i = 0; i < n; i++) {
        diag->lines[i] = all[i].line;
        diag->lines[i].at = sorted.n;
        yz_buf_put(&sorted, diag->text.p + all[i].line.at, all[i].line.n);
    }
    free(all);
    yz_buf_free(&diag->text);
    diag->text = sorted;
}

/* ---- the nearest word ------------------------------------------------------------------------------------------------ */

enum { LONGEST = 40 }; /* longer words are not guessed at */

static size_t least(size_t a, size_t b, size_t c) {
    size_t ab = a < b ? a : b;
    return ab < c ? ab : c;
}

/* Edits (insert, delete, replace, swap of neighbours) between two words of at most LONGEST bytes. */
static size_t edit_distance(yz_str a, yz_str b) {
    size_t d[LONGEST + 1][LONGEST + 1];
    for (size_t i = 0; i <= a.n; i++)
        d[i][0] = i;
    for (size_t j = 0; j <= b.n; j++)
        d[0][j] = j;
    for (size_t i = 1; i <= a.n; i++)
        for (size_t j = 1; j <= b.n; j++) {
            size_t replace = d[i - 1][j - 1] + (a.p[i - 1] != b.p[j - 1]);
            d[i][j] = least(d[i - 1][j] + 1, d[i][j - 1] + 1, replace);
            if (i > 1 && j > 1 && a.p[i - 1] == b.p[j - 2] && a.p[i - 2] == b.p[j - 1] && d[i - 2][j - 2] + 1 < d[i][j])
                d[i][j] = d[i - 2][j - 2] + 1;
        }
    return d[a.n][b.n];
}

const char *yz_did_you_mean(yz_str word, const char *const *candidates, size_t n) {
    const char *best = NULL;
    if (word.n == 0 || word.n > LONGEST)
        return NULL;
    size_t limit = word.n / 3 + 1; /* edits beyond which the word was hardly meant */
    for (size_t i = 0; i < n; i++) {
        yz_str candidate = yz_str_of(candidates[i]);
        size_t apart = candidate.n > word.n ? candidate.n - word.n : word.n - candidate.n;
        if (candidate.n == 0 || candidate.n > LONGEST || apart > limit)
            continue;
        size_t distance = edit_distance(word, candidate);
        if (distance <= limit && distance < candidate.n) {
            limit = distance - (distance > 0); /* only a nearer one replaces it */
            best = candidates[i];
            if (distance == 0)
                break;
        }
    }
    return best;
}
