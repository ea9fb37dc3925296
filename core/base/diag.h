/* base/diag.h: config errors and warnings as they are found: file, line, what was found, what would be right. */
#ifndef YUZUI_BASE_DIAG_H
#define YUZUI_BASE_DIAG_H

#include <yuzui/plugin.h>

typedef struct yz_place { /* where in the config something was said */
    const char *file;
    int line;
} yz_place;

/* One error or warning: where it stands in the text, and what the text says of it. */
typedef struct yz_diag_line {
    size_t at, n;         /* in bytes of the text, the newline included */
    size_t said, message; /* from `at`: where "error: …" begins, after the place, and the message itself */
    size_t file;          /* length of the file's name it begins with; 0: it has no line in a file */
    int number;           /* of that line */
    bool warning;
} yz_diag_line;

struct yz_diag {
    yz_buf text;         /* lines "file:line: error: …\n" */
    yz_diag_line *lines; /* yz_diag_count of them, in the order of the text */
    unsigned errors, warnings;
    yz_place at; /* where yz_diag_error and yz_diag_warn say it is; set by whoever walks the config */
};
void yz_diag_at(yz_diag *diag, yz_place at);
void yz_diag_free(yz_diag *diag);
size_t yz_diag_count(const yz_diag *diag); /* errors and warnings */
/* Enough has been said: a loop in a config can be wrong a million times, and each guess at what was meant costs. */
bool yz_diag_full(const yz_diag *diag);
/* Puts the lines in the order of the places they speak of, file by file, in the order the files are first spoken of (lines without
 * a place count as one file more). Those of one place stay in the order they came. */
void yz_diag_sort(yz_diag *diag);
/* The candidate nearest to `word` by edit distance, if it is near enough to be meant; NULL otherwise. */
const char *yz_did_you_mean(yz_str word, const char *const *candidates, size_t n);

#endif
