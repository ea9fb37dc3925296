/* http/json_array.c: the values of a streamed JSON array, found where they lie: only one that came in pieces is copied. */
#include "http/json_array.h"

#define LIMIT_DEFAULT ((size_t)1 << 20)

enum { BEGIN, FIRST, NEXT, INSIDE, AFTER, ENDED }; /* FIRST, NEXT: a value is wanted; FIRST: or the end */

static bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

/* One byte between values. False: it cannot stand here. */
static bool between(yz_json_array *a, char c) {
    if (is_space(c))
        return true;
    if (c == '{' && a->state <= NEXT) {
        a->bare = a->state == BEGIN;
        a->state = INSIDE;
    } else if (c == '[' && a->state == BEGIN) {
        a->state = FIRST;
    } else if (c == ',' && a->state == AFTER) {
        a->state = NEXT;
    } else if (c == ']' && (a->state == FIRST || a->state == AFTER)) {
        a->state = ENDED;
    } else {
        return false;
    }
    return true;
}

/* What follows the end of the value under way, or NULL if it is not in [p, end). */
static const char *find_value_end(yz_json_array *a, const char *p, const char *end) {
    for (; p < end; p++) {
        if (a->string) {
            bool escaped = a->escape;
            a->escape = !escaped && *p == '\\';
            a->string = escaped || *p != '"';
        } else if (*p == '"') {
            a->string = true;
        } else if (*p == '{' || *p == '[') {
            a->depth++;
        } else if ((*p == '}' || *p == ']') && --a->depth == 0) {
            return p + 1;
        }
    }
    return NULL;
}

int yz_json_array_feed(yz_json_array *a, yz_str bytes, yz_json_array_sink on_value, void *arg) {
    const char *p = bytes.n ? bytes.p : "", *end = p + bytes.n;
    size_t limit = a->limit ? a->limit : LIMIT_DEFAULT;
    while (p < end) {
        if (a->state != INSIDE) {
            if (!between(a, *p))
                return YZ_EINVAL;
            p += a->state != INSIDE; /* its brace is the value's */
            continue;
        }
        const char *stop = find_value_end(a, p, end);
        yz_str value = {p, (size_t)((stop ? stop : end) - p)};
        if (a->pending.n + value.n > limit)
            return YZ_ELIMIT;
        if (!stop || a->pending.n) {
            yz_buf_str(&a->pending, value);
            value = yz_buf_view(&a->pending);
        }
        if (!stop)
            return YZ_OK;
        a->pending.n = 0; /* the bytes stay until the next feed */
        a->state = a->bare ? ENDED : AFTER;
        int code = on_value(arg, value);
        if (code < 0)
            return code;
        p = stop;
    }
    return YZ_OK;
}

bool yz_json_array_ended(const yz_json_array *a) { return a->state == ENDED; }

void yz_json_array_free(yz_json_array *a) { yz_buf_free(&a->pending); }

void yz_json_array_event(yz_str value, yz_buf *out) {
    yz_buf_lit(out, "data: ");
    size_t start = out->n;
    yz_buf_str(out, value);
    for (size_t i = start; i < out->n; i++)
        if (out->p[i] == '\n' || out->p[i] == '\r')
            out->p[i] = ' ';
    yz_buf_lit(out, "\n\n");
}

void yz_json_array_put(bool *begun, yz_str value, yz_buf *out) {
    yz_buf_lit(out, *begun ? ",\n" : "[");
    *begun = true;
    yz_buf_str(out, value);
}

void yz_json_array_close(bool *begun, yz_buf *out) {
    yz_buf_lit(out, *begun ? "]\n" : "[]\n");
    *begun = true;
}
