/* base/json_mend.c: see json_mend.h. A copy of the text, value by value; the depth of the recursion is that of JSON (YZ_JSON_DEPTH).
 *
 * What it lets through unseen (a wrong number, a bad escape) the prover finds afterwards. */
#include "base/json_mend.h"

#include "base/text.h"

#include <yuzui/json.h>

typedef struct mender {
    const char *p, *end;
    yz_buf *out;
    unsigned depth;
} mender;

/* Members of an object so far: where in `out` each begins, with its key. */
typedef struct members {
    size_t n;
    struct {
        size_t at, key_n;
    } list[YZ_JSON_MEND_KEYS];
} members;

static bool value(mender *m);

static char peek(mender *m) {
    while (m->p < m->end && (*m->p == ' ' || *m->p == '\n' || *m->p == '\r' || *m->p == '\t'))
        m->p++;
    return m->p < m->end ? *m->p : 0;
}

static bool take(mender *m, char c) {
    if (peek(m) != c || m->p == m->end)
        return false;
    m->p++;
    return true;
}

/* ---- strings and words ----------------------------------------------------------------------------------------------- */

/* Copies one byte sequence that is no plain text. */
static bool odd_text(mender *m) {
    unsigned char c = (unsigned char)*m->p;
    if (c == '\\') {
        if (m->end - m->p < 2)
            return false;
        yz_buf_put(m->out, m->p, 2);
        m->p += 2;
    } else if (c < 0x20) {
        yz_buf_printf(m->out, "\\u%04x", c);
        m->p++;
    } else {
        size_t n = yz_utf8_length(m->p, m->end);
        yz_buf_put(m->out, n ? m->p : "\xEF\xBF\xBD", n ? n : 3);
        m->p += n ? n : 1;
    }
    return true;
}

static bool string(mender *m) {
    yz_buf_char(m->out, '"');
    m->p++;
    while (m->p < m->end) {
        const char *stop = yz_text_scan(m->p, m->end);
        yz_buf_put(m->out, m->p, (size_t)(stop - m->p));
        m->p = stop;
        if (stop == m->end)
            break;
        if (*stop == '"') {
            m->p++;
            yz_buf_char(m->out, '"');
            return true;
        }
        if (!odd_text(m))
            return false;
    }
    return false;
}

static bool is_of_a_word(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '+' || c == '-' || c == '.';
}

static bool word(mender *m) {
    const char *from = m->p;
    while (m->p < m->end && is_of_a_word(*m->p))
        m->p++;
    yz_str text = {from, (size_t)(m->p - from)};
    bool none = yz_str_is(text, "NaN") || yz_str_is(text, "Infinity") || yz_str_is(text, "-Infinity");
    yz_buf_str(m->out, none ? YZ_STR("null") : text);
    return text.n > 0;
}

/* ---- containers ------------------------------------------------------------------------------------------------------ */

/* Takes member i, and its comma, out of what was written. */
static void drop(mender *m, members *list, size_t i) {
    size_t from = list->list[i].at, to = list->list[i + 1].at, n = to - from;
    memmove(m->out->p + from, m->out->p + to, m->out->n - to);
    m->out->n -= n;
    list->n--;
    for (; i < list->n; i++) {
        list->list[i] = list->list[i + 1];
        list->list[i].at -= n;
    }
}

/* The newest member has a key: one that had it before goes. */
static void drop_twin(mender *m, members *list) {
    size_t newest = list->n - 1, n = list->list[newest].key_n;
    for (size_t i = 0; i < newest; i++)
        if (list->list[i].key_n == n && memcmp(m->out->p + list->list[i].at, m->out->p + list->list[newest].at, n) == 0) {
            drop(m, list, i);
            return;
        }
}

static bool member(mender *m, members *list) {
    size_t at = m->out->n;
    if (peek(m) != '"' || !string(m))
        return false;
    if (list->n < YZ_JSON_MEND_KEYS) { /* twins beyond are the prover's to find */
        list->list[list->n].at = at;
        list->list[list->n++].key_n = m->out->n - at;
        drop_twin(m, list);
    }
    if (!take(m, ':'))
        return false;
    yz_buf_char(m->out, ':');
    return value(m);
}

static bool container(mender *m, char close) {
    members list;
    list.n = 0;
    yz_buf_char(m->out, *m->p++);
    if (++m->depth > YZ_JSON_DEPTH)
        return false;
    for (bool first = true; !take(m, close); first = false) {
        if (!first && !take(m, ','))
            return false;
        if (!first)
            yz_buf_char(m->out, ',');
        if (!(close == '}' ? member(m, &list) : value(m)))
            return false;
    }
    m->depth--;
    yz_buf_char(m->out, close);
    return true;
}

static bool value(mender *m) {
    switch (peek(m)) {
    case '"':
        return string(m);
    case '{':
        return container(m, '}');
    case '[':
        return container(m, ']');
    default:
        return word(m);
    }
}

int yz_json_mend(yz_str text, yz_buf *out) {
    mender m = {.p = text.n ? text.p : "", .out = out};
    m.end = m.p + text.n;
    return value(&m) ? YZ_OK : YZ_EINVAL;
}
