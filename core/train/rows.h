/* train/rows.h: labelled questions: read from JSON lines, or made from templates.
 *
 * A line is {"text": …, "label": …, "lang": …, "source": …}; the last two are optional. `source` says where a text comes from: texts of one
 * source are alike in more than their label, so it counts when rows are weighed and when whole sources are left out. Templates are
 * one source. Everything here runs in a command, on one thread; errors are printed with file and line, and end the reading.
 */
#ifndef YUZUI_TRAIN_ROWS_H
#define YUZUI_TRAIN_ROWS_H

#include "question/model.h"

typedef struct yz_row {
    yz_str text;
    uint16_t label, lang, source; /* numbers of names */
    bool made;                    /* from a template */
} yz_row;

typedef struct yz_names {
    yz_str *items;
    size_t n, cap;
} yz_names;

typedef struct yz_rows {
    yz_row *items;
    size_t n, cap;
    yz_names labels, langs, sources; /* in order of appearance; labels are sorted by yz_rows_sort_labels */
    yz_arena *arena;                 /* texts and names */
} yz_rows;

#define YZ_NAMES_MAX 4096

void yz_rows_free(yz_rows *rows);
/* YZ_OK, or an error that was printed. */
int yz_rows_read(yz_rows *rows, const char *path);
/* Makes `n` rows of every template file in a folder (templates.c says how they are written), equally many a label and language. */
int yz_rows_make(yz_rows *rows, const char *folder, size_t n, uint64_t seed);
/* Adds one row; copies nothing but the names. */
int yz_rows_add(yz_rows *rows, yz_str text, yz_str label, yz_str lang, yz_str source, bool made);
/* Labels by name, so that a model does not depend on the order of its data; "default", where there is one, comes last. */
void yz_rows_sort_labels(yz_rows *rows);

#endif
