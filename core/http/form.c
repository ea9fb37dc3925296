/* form.c: a form, part by part; see form.h. A delimiter is "CR LF -- boundary", and what stands before the first one is its CR LF alone,
 * left out: so the body begins with "--boundary". */
#include "http/form_inner.h"

#include <string.h>

#define MEDIA_TYPE "multipart/form-data"

static int refuse(yz_form_reader *r, int code, const char *why) {
    r->why = why;
    return code;
}

/* ---- values with parameters: `form-data; name="a"; filename="b"` ---------------------------------------------------- */

static void skip_blanks(yz_str *text) {
    while (text->n && (*text->p == ' ' || *text->p == '\t'))
        text->p++, text->n--;
}

static bool is_token(char c) { return c > ' ' && c < 127 && !strchr("()<>@,;:\\\"/[]?=", c); }

static yz_str token(yz_str *text) {
    size_t n = 0;
    while (n < text->n && is_token(text->p[n]))
        n++;
    yz_str found = {text->p, n};
    text->p += n;
    text->n -= n;
    return found;
}

/* Behind the opening quote. The value stands as it was sent: a quote in it is escaped, in one of two ways (%22, or a backslash). */
static bool quoted(yz_str *text, yz_str *value) {
    for (size_t i = 1; i < text->n; i++) {
        if (text->p[i] == '\\' && i + 1 < text->n) {
            i++;
        } else if (text->p[i] == '"') {
            *value = (yz_str){text->p + 1, i - 1};
            text->p += i + 1;
            text->n -= i + 1;
            return true;
        }
    }
    return false;
}

/* The next parameter. 0: there is none; negative: what stands there is none. */
static int parameter(yz_str *text, yz_str *name, yz_str *value) {
    skip_blanks(text);
    if (text->n == 0)
        return 0;
    if (*text->p != ';')
        return YZ_EINVAL;
    text->p++, text->n--;
    skip_blanks(text);
    *name = token(text);
    if (name->n == 0 || text->n < 2 || *text->p != '=')
        return YZ_EINVAL;
    text->p++, text->n--;
    if (*text->p == '"')
        return quoted(text, value) ? 1 : YZ_EINVAL;
    *value = token(text);
    return value->n ? 1 : YZ_EINVAL;
}

/* RFC 2231: a name that ends in "*", or in "*0", "*1*", says its value in pieces or in another coding, which not all read. */
static bool is_extended(yz_str name) { return memchr(name.p, '*', name.n) != NULL; }

bool yz_form_is(yz_str type) {
    size_t n = sizeof(MEDIA_TYPE) - 1;
    return type.n >= n && yz_str_ieq((yz_str){type.p, n}, YZ_STR(MEDIA_TYPE)) && (type.n == n || strchr("; \t", type.p[n]));
}

/* What RFC 2046 allows in a boundary, but for blanks. */
static bool is_boundary(yz_str boundary) {
    for (size_t i = 0; i < boundary.n; i++)
        if (!is_token(boundary.p[i]) && !strchr("(),/:=?", boundary.p[i]))
            return false;
    return boundary.n > 0 && boundary.n <= YZ_FORM_BOUNDARY;
}

int yz_form_boundary(yz_form_reader *r, yz_str type) {
    yz_str rest = {type.p + sizeof(MEDIA_TYPE) - 1, type.n - (sizeof(MEDIA_TYPE) - 1)}, name, value;
    int code;
    while ((code = parameter(&rest, &name, &value)) > 0) {
        if (is_extended(name)) /* some read "boundary*" as the boundary, and see another form */
            return refuse(r, YZ_EINVAL, "its Content-Type has a parameter with a '*' in its name");
        if (memchr(value.p, ';', value.n) || memchr(value.p, '\\', value.n)) /* some look for the boundary within quotes, too */
            return refuse(r, YZ_EINVAL, "its Content-Type has a parameter with a ';' or a backslash in its value");
        if (!yz_str_ieq(name, YZ_STR("boundary")))
            continue;
        if (r->boundary.n)
            return refuse(r, YZ_EINVAL, "its Content-Type names two boundaries");
        r->boundary = value;
    }
    if (code < 0 || !is_boundary(r->boundary))
        return refuse(r, YZ_EINVAL, "its Content-Type names no boundary of 1 to 70 characters");
    return YZ_OK;
}

/* ---- parts ------------------------------------------------------------------------------------------------------------ */

/* The line that begins here, without its end. */
static bool line(yz_form_reader *r, yz_str *out) {
    const char *end = r->rest.n ? memmem(r->rest.p, r->rest.n, "\r\n", 2) : NULL;
    if (!end)
        return false;
    *out = (yz_str){r->rest.p, (size_t)(end - r->rest.p)};
    r->rest = (yz_str){end + 2, r->rest.n - out->n - 2};
    return true;
}

/* What every reader takes for a file has a name of a file, not an empty one, and not in the extended form alone. */
static int file_name(yz_form_reader *r, yz_str name, yz_str text, bool *plain) {
    if (text.n == 0)
        return refuse(r, YZ_EINVAL, "a part has an empty filename, which some read as a field and some as a file");
    if (!is_extended(name) && *plain)
        return refuse(r, YZ_EINVAL, "a part has two filenames");
    *plain |= !is_extended(name);
    return YZ_OK;
}

static int disposition(yz_form_reader *r, yz_str value, yz_form_field *field) {
    yz_str word = token(&value), name, text;
    bool plain = false;
    if (!yz_str_ieq(word, YZ_STR("form-data")))
        return refuse(r, YZ_EINVAL, "the Content-Disposition of a part is not form-data");
    int code;
    while ((code = parameter(&value, &name, &text)) > 0) {
        if (yz_str_ieq(name, YZ_STR("filename")) || yz_str_ieq(name, YZ_STR("filename*"))) {
            field->file = true;
            if (file_name(r, name, text, &plain) < 0)
                return YZ_EINVAL;
        } else if (is_extended(name)) {
            return refuse(r, YZ_EINVAL, "the Content-Disposition of a part has a parameter with a '*' in its name");
        } else if (yz_str_ieq(name, YZ_STR("name"))) {
            if (field->name.p)
                return refuse(r, YZ_EINVAL, "a part has two names");
            field->name = text;
        }
    }
    if (code < 0 || field->name.n == 0)
        return refuse(r, YZ_EINVAL, "a part has no name, or its Content-Disposition cannot be read");
    return field->file && !plain ? refuse(r, YZ_EINVAL, "a part has a filename* and no filename, which some read as a field") : YZ_OK;
}

/* A line end of half, or a NUL, ends the line for some. */
static bool is_plain_line(yz_str text) {
    for (size_t i = 0; i < text.n; i++)
        if (((unsigned char)text.p[i] < ' ' && text.p[i] != '\t') || text.p[i] == 127)
            return false;
    return true;
}

static int head_line(yz_form_reader *r, yz_str text, yz_form_field *field) {
    if (!is_plain_line(text))
        return refuse(r, YZ_EINVAL, "the head of a part has a control character in it");
    yz_str name = token(&text);
    if (name.n == 0 || text.n == 0 || *text.p != ':')
        return refuse(r, YZ_EINVAL, "the head of a part has a line that is no header");
    if (!yz_str_ieq(name, YZ_STR("content-disposition")))
        return YZ_OK;
    if (field->name.p)
        return refuse(r, YZ_EINVAL, "a part has two headers Content-Disposition");
    text.p++, text.n--;
    skip_blanks(&text);
    return disposition(r, text, field);
}

int yz_form_part_head(yz_form_reader *r, yz_form_field *field) {
    const char *start = r->rest.p;
    for (yz_str text; line(r, &text);) {
        if ((size_t)(r->rest.p - start) > YZ_FORM_HEAD)
            return refuse(r, YZ_ELIMIT, "the head of a part is longer than 8 KiB");
        if (text.n == 0)
            return field->name.p ? YZ_OK : refuse(r, YZ_EINVAL, "a part has no Content-Disposition");
        int code = head_line(r, text, field);
        if (code < 0)
            return code;
    }
    return refuse(r, YZ_EINVAL, "it ends within the head of a part");
}

int yz_form_border(const char *start, const char *at) {
    if (at - start >= 2 && at[-2] == '\r' && at[-1] == '\n')
        return 1;
    return at > start && (at[-1] == '\n' || at[-1] == '\r') ? YZ_EINVAL : 0;
}

/* The next delimiter: what stands before it goes to `before`. 0: there is none. */
static int delimiter(yz_form_reader *r, yz_str *before) {
    const char *start = r->rest.p, *end = r->rest.p + r->rest.n;
    for (const char *p = start; (p = memmem(p, (size_t)(end - p), r->boundary.p, r->boundary.n)); p++) {
        int border = p - start >= 2 && memcmp(p - 2, "--", 2) == 0 ? yz_form_border(start, p - 2) : 0;
        if (border < 0)
            return refuse(r, YZ_EINVAL, YZ_FORM_HALF);
        if (border == 0)
            continue;
        *before = (yz_str){start, (size_t)(p - 4 - start)};
        r->rest.p = p + r->boundary.n;
        r->rest.n = (size_t)(end - r->rest.p);
        return 1;
    }
    return 0;
}

/* Behind a delimiter. 1: a part follows; 0: that was the last one. */
static int after_delimiter(yz_form_reader *r) {
    yz_str rest = r->rest;
    if (rest.n >= 2 && memcmp(rest.p, "\r\n", 2) == 0) {
        r->rest = (yz_str){rest.p + 2, rest.n - 2};
        return 1;
    }
    if (rest.n < 2 || memcmp(rest.p, "--", 2) != 0)
        return refuse(r, YZ_EINVAL, "its boundary is followed by something else than the end of the line");
    bool ends = rest.n == 2 || (rest.n == 4 && memcmp(rest.p + 2, "\r\n", 2) == 0);
    return ends ? 0 : refuse(r, YZ_EINVAL, "something stands after its last boundary");
}

static int part(yz_form_reader *r, const yz_form_field ***last) {
    if (++r->n > YZ_FORM_FIELDS)
        return refuse(r, YZ_ELIMIT, "it has more than 1000 fields");
    yz_form_field *field = yz_alloc(r->arena, sizeof(*field));
    *field = (yz_form_field){YZ_FORM_FIELD};
    int code = yz_form_part_head(r, field);
    if (code < 0)
        return code;
    /* The line end before the first delimiter may be that of an empty head. */
    r->rest = (yz_str){r->rest.p - 2, r->rest.n + 2};
    yz_str value = r->rest;
    int found = delimiter(r, &value);
    if (found < 0)
        return found;
    field->open = found == 0;
    if (field->open && !r->goes_on)
        return refuse(r, YZ_EINVAL, "it ends before its last boundary");
    field->value = value.n ? (yz_str){value.p + 2, value.n - 2} : YZ_STR("");
    **last = field;
    *last = &field->next;
    return field->open ? 0 : after_delimiter(r);
}

static int read_form(yz_form_reader r, yz_str type, const yz_form **form, const char **why) {
    yz_form *made = yz_alloc(r.arena, sizeof(*made));
    *made = (yz_form){YZ_FORM, .type = type};
    yz_str body = r.rest;
    const yz_form_field **last = &made->fields;
    int code = yz_form_boundary(&r, type);
    size_t n = r.boundary.n + 2;
    if (code == YZ_OK && (body.n < n || memcmp(body.p, "--", 2) != 0 || memcmp(body.p + 2, r.boundary.p, r.boundary.n) != 0))
        code = refuse(&r, YZ_EINVAL, "it does not begin with the boundary its Content-Type names");
    if (code == YZ_OK) {
        r.rest = (yz_str){body.p + n, body.n - n};
        code = after_delimiter(&r);
    }
    while (code > 0)
        code = part(&r, &last);
    *form = made;
    *why = r.why;
    return code;
}

int yz_form_read(yz_arena *arena, yz_str type, yz_str body, const yz_form **form, const char **why) {
    return read_form((yz_form_reader){.arena = arena, .rest = body}, type, form, why);
}

bool yz_form_read_known(yz_arena *arena, yz_str type, yz_str known, const yz_form **form) {
    const char *why;
    const yz_form_field *last = NULL;
    if (read_form((yz_form_reader){.arena = arena, .rest = known, .goes_on = true}, type, form, &why) < 0)
        return false;
    for (const yz_form_field *f = (*form)->fields; f; f = f->next)
        last = f;
    return last && last->open;
}
