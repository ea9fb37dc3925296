/* http/form_inner.h: how a form is read, for the two who do: form.c, of one that lies there, and form_walk.c, of one that passes. */
#ifndef YUZUI_HTTP_FORM_INNER_H
#define YUZUI_HTTP_FORM_INNER_H

#include "http/form.h"

#define YZ_FORM_BOUNDARY 70 /* characters of one, at most (RFC 2046) */

typedef struct yz_form_reader {
    yz_arena *arena;
    yz_str boundary;
    yz_str rest;     /* what has not been read */
    const char *why; /* static: what is wrong */
    size_t n;        /* parts */
    bool goes_on;    /* more is to come of it */
} yz_form_reader;

/* The boundary that a Content-Type names. */
int yz_form_boundary(yz_form_reader *reader, yz_str type);
/* The head of a part, which begins at `rest`, with the empty line after it. Fills the name, and whether it is a file. */
int yz_form_part_head(yz_form_reader *reader, yz_form_field *field);

/* Does a delimiter stand at `at`, where "--boundary" stands, in a value that begins at `start` (with the line end of its head)? 1: yes; 0:
 * no; negative: after half a line end, which some readers take for a whole one: so the form is refused (YZ_FORM_HALF says so). */
int yz_form_border(const char *start, const char *at);
#define YZ_FORM_HALF "its boundary stands in a value after a carriage return or a line feed alone, which some readers take for its end"

#endif
