/* form_walk.c: see form_walk.h. A boundary may be cut anywhere, so the last bytes of each portion are looked at again with the next one: as
 * many as a delimiter has, less one. A head is gathered until it is whole: it has a bound of its own. */
#include "http/form_walk.h"

#include "http/form_inner.h"

#include <string.h>

static int refuse(yz_form_walk *w, int code, const char *why) {
    w->why = why;
    return code;
}

int yz_form_walk_begin(yz_form_walk *w, yz_str type) {
    yz_form_reader r = {.rest = {NULL, 0}};
    int code = yz_form_boundary(&r, type);
    if (code < 0)
        return refuse(w, code, r.why);
    memcpy(w->delimiter, "\r\n--", 4);
    memcpy(w->delimiter + 4, r.boundary.p, r.boundary.n);
    w->n_delimiter = 4 + r.boundary.n;
    return YZ_OK;
}

static void take(yz_str *bytes, size_t n) { *bytes = (yz_str){bytes->p + n, bytes->n - n}; }

/* Gathers up to `most` bytes in all. */
static void gather(yz_form_walk *w, yz_str *bytes, size_t most) {
    size_t n = most - w->n_held < bytes->n ? most - w->n_held : bytes->n;
    memcpy(w->held + w->n_held, bytes->p, n);
    w->n_held += n;
    take(bytes, n);
}

static void enter(yz_form_walk *w, yz_form_step step) {
    w->step = step;
    w->n_held = 0;
}

/* ---- the steps: 0 all is read; 1 go on; negative: refused ---------------------------------------------------------------------- */

/* The first delimiter has no line before it. */
static int first(yz_form_walk *w, yz_str *bytes) {
    size_t n = w->n_delimiter - 2;
    gather(w, bytes, n);
    if (memcmp(w->held, w->delimiter + 2, w->n_held) != 0)
        return refuse(w, YZ_EINVAL, "it does not begin with the boundary its Content-Type names");
    if (w->n_held < n)
        return 0;
    enter(w, YZ_FORM_AFTER);
    return 1;
}

static int after(yz_form_walk *w, yz_str *bytes) {
    gather(w, bytes, 2);
    if (w->n_held < 2)
        return 0;
    bool part = memcmp(w->held, "\r\n", 2) == 0;
    if (!part && memcmp(w->held, "--", 2) != 0)
        return refuse(w, YZ_EINVAL, "its boundary is followed by something else than the end of the line");
    if (part && ++w->n_parts > YZ_FORM_FIELDS)
        return refuse(w, YZ_ELIMIT, "it has more than 1000 fields");
    enter(w, part ? YZ_FORM_IN_HEAD : YZ_FORM_LAST);
    return 1;
}

/* Where the head ends that is being gathered; 0: not yet. It may be empty. */
static size_t head_ends(const yz_form_walk *w) {
    if (w->n_held >= 2 && memcmp(w->held, "\r\n", 2) == 0)
        return 2;
    const char *end = memmem(w->held, w->n_held, "\r\n\r\n", 4);
    return end ? (size_t)(end - w->held) + 4 : 0;
}

static int read_head(yz_form_walk *w, size_t n) {
    yz_form_reader r = {.rest = {w->held, n}};
    yz_form_field field = {YZ_FORM_FIELD};
    int code = yz_form_part_head(&r, &field);
    if (code < 0)
        return refuse(w, code, r.why);
    return w->on_part ? w->on_part(w->arg, &field) : YZ_OK;
}

/* What was gathered beyond it belongs to the value, and is given back: it came with the last bytes. */
static int in_head(yz_form_walk *w, yz_str *bytes) {
    gather(w, bytes, sizeof w->held);
    size_t n = head_ends(w);
    if (n == 0)
        return w->n_held < sizeof w->held ? 0 : refuse(w, YZ_ELIMIT, "the head of a part is longer than 8 KiB");
    size_t back = w->n_held - n;
    *bytes = (yz_str){bytes->p - back, bytes->n + back};
    int code = read_head(w, n);
    if (code < 0)
        return code;
    enter(w, YZ_FORM_IN_VALUE);
    memcpy(w->held, "\r\n", w->n_held = 2); /* the line end before the first delimiter may be that of the head */
    return 1;
}

/* The first delimiter that ends in the n bytes at `start`, behind the first `known` of them, which were looked at before. 1: *end is where
 * it ends; 0: there is none. */
static int find(yz_form_walk *w, const char *start, size_t known, size_t n, size_t *end) {
    const char *dashes = w->delimiter + 2;
    size_t length = w->n_delimiter - 2, from = known > length ? known - length + 1 : 0;
    for (const char *p = start + from; (p = memmem(p, (size_t)(start + n - p), dashes, length)); p++) {
        int border = yz_form_border(start, p);
        if (border < 0)
            return refuse(w, YZ_EINVAL, YZ_FORM_HALF);
        *end = (size_t)(p - start) + length;
        if (border > 0)
            return 1;
    }
    return 0;
}

/* One that begins in what is held, and ends in `bytes`. */
static int ends_here(yz_form_walk *w, yz_str *bytes) {
    char both[2 * sizeof w->delimiter];
    size_t n = bytes->n < w->n_delimiter - 1 ? bytes->n : w->n_delimiter - 1, held = w->n_held, end;
    memcpy(both, w->held, held);
    memcpy(both + held, bytes->p, n);
    int found = find(w, both, held, held + n, &end);
    if (found > 0)
        take(bytes, end - held);
    if (found != 0)
        return found;
    size_t keep = held + n < w->n_delimiter - 1 ? held + n : w->n_delimiter - 1;
    memcpy(w->held, both + held + n - keep, keep); /* right, if that was all of them */
    w->n_held = keep;
    return 0;
}

static int in_value(yz_form_walk *w, yz_str *bytes) {
    size_t most = w->n_delimiter - 1, end;
    int found = ends_here(w, bytes);
    if (found == 0 && bytes->n > most) {
        found = find(w, bytes->p, most, bytes->n, &end);
        if (found > 0)
            take(bytes, end);
        else
            memcpy(w->held, bytes->p + bytes->n - most, w->n_held = most);
    }
    if (found > 0)
        enter(w, YZ_FORM_AFTER);
    else if (found == 0)
        take(bytes, bytes->n);
    return found;
}

/* One line end may stand behind it. */
static int last(yz_form_walk *w, yz_str *bytes) {
    gather(w, bytes, 2);
    if (bytes->n > 0 || memcmp(w->held, "\r\n", w->n_held) != 0)
        return refuse(w, YZ_EINVAL, "something stands after its last boundary");
    return 0;
}

static int step(yz_form_walk *w, yz_str *bytes) {
    switch (w->step) {
    case YZ_FORM_FIRST:
        return first(w, bytes);
    case YZ_FORM_AFTER:
        return after(w, bytes);
    case YZ_FORM_IN_HEAD:
        return in_head(w, bytes);
    case YZ_FORM_IN_VALUE:
        return in_value(w, bytes);
    default:
        return last(w, bytes);
    }
}

int yz_form_walk_feed(yz_form_walk *w, yz_str bytes) {
    int code = 1;
    while (code > 0 && bytes.n > 0)
        code = step(w, &bytes);
    return code < 0 ? code : YZ_OK;
}

/* The words are those that are said of a form that lies there cut off like this. */
int yz_form_walk_end(yz_form_walk *w) {
    switch (w->step) {
    case YZ_FORM_FIRST:
        return refuse(w, YZ_EINVAL, "it does not begin with the boundary its Content-Type names");
    case YZ_FORM_AFTER:
        return refuse(w, YZ_EINVAL, "its boundary is followed by something else than the end of the line");
    case YZ_FORM_IN_HEAD:
        return refuse(w, YZ_EINVAL, "it ends within the head of a part");
    case YZ_FORM_IN_VALUE:
        return refuse(w, YZ_EINVAL, "it ends before its last boundary");
    default:
        return w->n_held == 1 ? refuse(w, YZ_EINVAL, "something stands after its last boundary") : YZ_OK;
    }
}
