/* config/look.h: a config's text as code, looked at beside Lua: for messages that say what was meant where Lua says what it stumbled over.
 * Knows strings, comments and brackets, nothing of meaning. */
#ifndef YUZUI_CONFIG_LOOK_H
#define YUZUI_CONFIG_LOOK_H

#include <yuzui/base.h>

typedef struct yz_look {
    yz_str text;
    int broken;       /* the first line in which a string is not finished; 0: none */
    const char *code; /* as long as the text: what stands in a string is _, what stands in a comment a blank, lines stay lines */
} yz_look;

yz_look yz_look_at(yz_str text, yz_arena *arena);

size_t yz_look_line_begin(const yz_look *look, int line); /* text.n: there is none */
size_t yz_look_line_end(const yz_look *look, size_t at);  /* of the line this place is in: its newline, or the end */
int yz_look_line_of(const yz_look *look, size_t at);
/* The last line before this one that holds code; 0: none. */
int yz_look_line_before(const yz_look *look, int line);
/* The first byte of code at or after `at`, and the last one before it, blanks and newlines skipped; 0: there is none. */
char yz_look_next(const yz_look *look, size_t at, size_t *found);
char yz_look_last(const yz_look *look, size_t at, size_t *found);

/* The line of the { that is most likely never closed, if more are opened than closed; 0: none. A } that stands further left than the line
 * its { is in tells that one between was forgotten, and so does one of the names at the very left. */
int yz_look_unclosed(const yz_look *look, const char *const *names, size_t n_names);

/* Is this place in the braces of a directive or stage, as in provider "x" { … }, and not in a table that a variable keeps? */
bool yz_look_in_call(const yz_look *look, size_t at);

/* The name of the directive or stage in whose outermost braces this place is; empty: of none, or of one with its argument in ( ). */
yz_str yz_look_callee(const yz_look *look, size_t at);

/* The first sign outside of strings and comments that looks like one of Lua's and is none, such as a typographic quotation mark: says so,
 * in the arena, and *at has its place. NULL: there is none. */
const char *yz_look_alike(const yz_look *look, size_t *at, yz_arena *arena);

#endif
