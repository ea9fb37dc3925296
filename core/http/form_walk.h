/* http/form_walk.h: a form that is not kept: it is read as it passes, portion by portion, however it is cut, and held to the same rules as
 * one that lies there whole (form.h). What it needs for that does not grow with the form. No I/O. */
#ifndef YUZUI_HTTP_FORM_WALK_H
#define YUZUI_HTTP_FORM_WALK_H

#include "http/form.h"

typedef enum yz_form_step {
    YZ_FORM_FIRST, /* before the first boundary */
    YZ_FORM_AFTER, /* behind a boundary: another part, or the end */
    YZ_FORM_IN_HEAD,
    YZ_FORM_IN_VALUE,
    YZ_FORM_LAST, /* behind the last boundary */
} yz_form_step;

/* Zeroed at first, with hook and arg. */
typedef struct yz_form_walk {
    /* A part begins: name and file are set, no value. Negative: the form is refused with that code, and the walk's `why` says why. */
    int (*on_part)(void *arg, const yz_form_field *field);
    void *arg;
    const char *why; /* after a failure: what is wrong */
    yz_form_step step;
    size_t n_parts;
    char delimiter[4 + 70]; /* CR LF -- boundary */
    size_t n_delimiter;
    char held[YZ_FORM_HEAD]; /* of a head that has not ended; or the last bytes, where a boundary may have begun */
    size_t n_held;
} yz_form_walk;

/* The Content-Type names the boundary. Codes are those of yz_form_read. */
int yz_form_walk_begin(yz_form_walk *walk, yz_str type);
/* The next bytes of the form, from its first on. After a failure nothing more may be fed. */
int yz_form_walk_feed(yz_form_walk *walk, yz_str bytes);
/* That was all: YZ_EINVAL if its last boundary has not come. */
int yz_form_walk_end(yz_form_walk *walk);

#endif
