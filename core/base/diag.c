/* base/diag.c: config errors and warnings, kept as lines of text in the order they were found, and the nearest word to a wrong
 * one. Nothing here prints: whoever asked for the work decides where the lines go. */
#include "base/diag.h"

#include "base/arena.h"

#include <stdio.h>
#include <stdlib.h>

void yz_diag_at(yz_diag *diag, yz_place at) { diag->at = at; }

bool yz_diag_full(const yz_diag *diag) { return diag->errors + diag->warnings >= 20; }

void yz_diag_free(yz_diag *diag) {
    yz_buf_free(&diag->text);
    *diag = (yz_diag){0};
}

static void add_line(yz_diag *diag, const char *level, const char *fmt, va_list args) {
    if (diag->at.file && diag->at.line > 0)
        yz_buf_printf(&diag->text, "%s:%d: ", diag->at.file, diag->at.line);
    else if (diag->at.file)
        yz_buf_printf(&diag->text, "%s: ", diag->at.file);
    yz_buf_printf(&diag->text, "%s: ", level);
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
}

void yz_diag_error(yz_diag *diag, const char *fmt, ...) {
    va_list args;
    va_start(args, fmt);
    add_line(diag, "error", fmt, args);
    va_end(args);
    diag->errors++;
}

void yz_diag_warn(yz_diag *diag, const char *fmt, ...) {
    va_list args;
    va_start(args, fmt);
    add_line(diag, "warning", fmt, args);
    va_end(args);
    diag->warnings++;
}

/* ---- order ----------------------------------------------------------------------------------------------------------- */

typedef struct line {
    yz_str text; /* with its newline */
    yz_str file; /* "yuzui.lua" */
    size_t rank; /* of the file: the order of the first line that speaks of it */
    long number;
    size_t order;
} line;

static int by_place(const void *a, const void *b) {
    const line *x = a, *y = b;
    if (x->rank != y->rank)
        return x->rank < y->rank ? -1 : 1;
    if (x->number != y->number)
        return x->number < y->number ? -1 : 1;
    return x->order < y->order ? -1 : x->order > y->order;
}

static size_t rank_of(const line *lines, size_t n) {
    size_t first = 0;
    while (!yz_str_eq(lines[first].file, lines[n].file))
        first++;
    return first;
}

static line read_line(yz_str text, size_t order) {
    line l = {.text = text, .order = order};
    for (size_t i = 0; i + 1 < text.n; i++)
        if (text.p[i] == ':' && text.p[i + 1] >= '0' && text.p[i + 1] <= '9') {
            l.file = (yz_str){text.p, i};
            l.number = strtol(text.p + i + 1, NULL, 10);
            break;
        } else if (text.p[i] == ':') {
            break;
        }
    return l;
}

void yz_diag_sort(yz_diag *diag) {
    size_t n = 0;
    yz_str rest = yz_buf_view(&diag->text);
    yz_buf sorted = {0};
    line *lines = yz_calloc(diag->errors + diag->warnings + 1, sizeof(*lines));
    while (rest.n > 0 && n < diag->errors + diag->warnings) {
        const char *end = memchr(rest.p, '\n', rest.n);
        size_t length = end ? (size_t)(end - rest.p) + 1 : rest.n;
        lines[n] = read_line((yz_str){rest.p, length}, n);
        lines[n].rank = rank_of(lines, n);
        rest = (yz_str){rest.p + length, rest.n - length};
        n++;
    }
    qsort(lines, n, sizeof(*lines), by_place);
    for (size_t i = 0; i < n; i++)
        yz_buf_str(&sorted, lines[i].text);
    yz_buf_str(&sorted, rest);
    free(lines);
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
