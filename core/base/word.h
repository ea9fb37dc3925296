/* base/word.h: are two words the same? The names of notes and dialects, on every request's way: most differ in their first letter. */
#ifndef YUZUI_BASE_WORD_H
#define YUZUI_BASE_WORD_H

#include <stdbool.h>
#include <string.h>

static inline bool yz_word_is(const char *a, const char *b) { return a == b || (a[0] == b[0] && strcmp(a, b) == 0); }

#endif
