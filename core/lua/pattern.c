/* lua/pattern.c: see pattern.h. A recursive matcher: one level for each repeated or capturing item of the pattern, never for a
 * byte of the subject; every step looks at the time limit now and then. */
#include "lua/pattern.h"
#include "lua/watchdog.h"

#include <ctype.h>

static const char *match(yz_pattern *m, const char *s, const char *p);

static const char *fail(yz_pattern *m, const char *words) {
    if (!m->fault)
        m->fault = words;
    return NULL;
}

static const char *subject_end(const yz_pattern *m) { return m->subject.p + m->subject.n; }
static const char *pattern_end(const yz_pattern *m) { return m->pattern.p + m->pattern.n; }

static bool step(yz_pattern *m) {
    if ((++m->steps & 1023) == 0 && yz_watch_overrun())
        fail(m, "the time limit was passed");
    return m->fault == NULL;
}

/* The end of the single-character item that begins at p. NULL: malformed. */
static const char *item_end(yz_pattern *m, const char *p) {
    const char *end = pattern_end(m);
    char first = *p++;
    if (first == '%')
        return p < end ? p + 1 : fail(m, "malformed pattern (ends with '%')");
    if (first != '[')
        return p;
    if (p < end && *p == '^')
        p++;
    do { /* a ']' right at the beginning stands for itself */
        if (p >= end)
            return fail(m, "malformed pattern (missing ']')");
        if (*p++ == '%' && p++ >= end)
            return fail(m, "malformed pattern (missing ']')");
    } while (p >= end || *p != ']');
    return p + 1;
}

static bool in_class(unsigned char c, char class_) {
    bool yes;
    switch (tolower((unsigned char)class_)) {
    case 'a':
        yes = isalpha(c);
        break;
    case 'c':
        yes = iscntrl(c);
        break;
    case 'd':
        yes = isdigit(c);
        break;
    case 'g':
        yes = isgraph(c);
        break;
    case 'l':
        yes = islower(c);
        break;
    case 'p':
        yes = ispunct(c);
        break;
    case 's':
        yes = isspace(c);
        break;
    case 'u':
        yes = isupper(c);
        break;
    case 'w':
        yes = isalnum(c);
        break;
    case 'x':
        yes = isxdigit(c);
        break;
    default:
        return (char)c == class_;
    }
    return isupper((unsigned char)class_) ? !yes : yes;
}

/* Is c in the set whose '[' is at p and whose ']' is at last? */
static bool in_set(unsigned char c, const char *p, const char *last) {
    bool wanted = true;
    p++;
    if (*p == '^') {
        wanted = false;
        p++;
    }
    while (p < last) {
        if (*p == '%') {
            if (in_class(c, p[1]))
                return wanted;
            p += 2;
        } else if (p + 2 < last && p[1] == '-') {
            if ((unsigned char)p[0] <= c && c <= (unsigned char)p[2])
                return wanted;
            p += 3;
        } else {
            if ((unsigned char)*p == c)
                return wanted;
            p++;
        }
    }
    return !wanted;
}

static bool item_matches(const yz_pattern *m, const char *s, const char *p, const char *end) {
    if (s >= subject_end(m))
        return false;
    unsigned char c = (unsigned char)*s;
    switch (*p) {
    case '.':
        return true;
    case '%':
        return in_class(c, p[1]);
    case '[':
        return in_set(c, p, end - 1);
    default:
        return (unsigned char)*p == c;
    }
}

static const char *match_balanced(yz_pattern *m, const char *s, const char *p) {
    if (p + 1 >= pattern_end(m))
        return fail(m, "malformed pattern (missing arguments to '%b')");
    if (s >= subject_end(m) || *s != p[0])
        return NULL;
    size_t open = 1;
    while (++s < subject_end(m)) {
        if (!step(m))
            return NULL;
        if (*s == p[1]) {
            if (--open == 0)
                return s + 1;
        } else if (*s == p[0]) {
            open++;
        }
    }
    return NULL;
}

/* `%f[set]` at p ("%f"): s is a border into the set. Where the pattern goes on, or NULL. */
static const char *match_frontier(yz_pattern *m, const char *s, const char *p) {
    p += 2;
    if (p >= pattern_end(m) || *p != '[')
        return fail(m, "malformed pattern (missing '[' after '%f')");
    const char *end = item_end(m, p);
    if (!end)
        return NULL;
    unsigned char before = s == m->subject.p ? 0 : (unsigned char)s[-1];
    unsigned char after = s == subject_end(m) ? 0 : (unsigned char)*s;
    return !in_set(before, p, end - 1) && in_set(after, p, end - 1) ? end : NULL;
}

static const char *match_back_reference(yz_pattern *m, const char *s, char digit) {
    int i = digit - '1';
    if (i < 0 || i >= m->n_captures || m->captures[i].n == YZ_CAPTURE_OPEN)
        return fail(m, "invalid capture index in pattern");
    const yz_capture *c = &m->captures[i];
    size_t n = c->n > 0 ? (size_t)c->n : 0;
    return (size_t)(subject_end(m) - s) >= n && memcmp(s, c->p, n) == 0 ? s + n : NULL;
}

static const char *open_capture(yz_pattern *m, const char *s, const char *p, ptrdiff_t n) {
    if (m->n_captures >= YZ_PATTERN_CAPTURES)
        return fail(m, "too many captures");
    m->captures[m->n_captures++] = (yz_capture){s, n};
    const char *end = match(m, s, p);
    if (!end)
        m->n_captures--;
    return end;
}

static const char *close_capture(yz_pattern *m, const char *s, const char *p) {
    int i = m->n_captures - 1;
    while (i >= 0 && m->captures[i].n != YZ_CAPTURE_OPEN)
        i--;
    if (i < 0)
        return fail(m, "invalid pattern capture");
    m->captures[i].n = s - m->captures[i].p;
    const char *end = match(m, s, p);
    if (!end)
        m->captures[i].n = YZ_CAPTURE_OPEN;
    return end;
}

static const char *repeat_greedy(yz_pattern *m, const char *s, const char *p, const char *end, ptrdiff_t least) {
    ptrdiff_t n = 0;
    while (step(m) && item_matches(m, s + n, p, end))
        n++;
    for (; n >= least && step(m); n--) {
        const char *found = match(m, s + n, end + 1);
        if (found)
            return found;
    }
    return NULL;
}

static const char *repeat_lazy(yz_pattern *m, const char *s, const char *p, const char *end) {
    while (step(m)) {
        const char *found = match(m, s, end + 1);
        if (found)
            return found;
        if (!item_matches(m, s, p, end))
            return NULL;
        s++;
    }
    return NULL;
}

/* A single-character item at p, whose end is known, with the suffix behind it. *rest: where the pattern goes on in this level. */
static const char *match_item(yz_pattern *m, const char *s, const char *p, const char *end, const char **rest) {
    char suffix = end < pattern_end(m) ? *end : 0;
    *rest = NULL;
    switch (suffix) {
    case '*':
        return repeat_greedy(m, s, p, end, 0);
    case '+':
        return repeat_greedy(m, s, p, end, 1);
    case '-':
        return repeat_lazy(m, s, p, end);
    case '?':
        if (item_matches(m, s, p, end)) {
            const char *found = match(m, s + 1, end + 1);
            if (found || m->fault)
                return found;
        }
        *rest = end + 1;
        return s;
    default:
        if (!item_matches(m, s, p, end))
            return NULL;
        *rest = end;
        return s + 1;
    }
}

/* `%b`, `%f` and back references at p ("%x"): the place in the subject behind it, with *rest set; NULL: no match. */
static const char *match_special(yz_pattern *m, const char *s, const char *p, const char **rest) {
    if (p[1] == 'b') {
        *rest = p + 4;
        return match_balanced(m, s, p + 2);
    }
    if (p[1] == 'f') {
        *rest = match_frontier(m, s, p);
        return *rest ? s : NULL;
    }
    *rest = p + 2;
    return match_back_reference(m, s, p[1]);
}

static bool special(const yz_pattern *m, const char *p) {
    return *p == '%' && p + 1 < pattern_end(m) && (p[1] == 'b' || p[1] == 'f' || isdigit((unsigned char)p[1]));
}

static const char *match_here(yz_pattern *m, const char *s, const char *p) {
    while (p < pattern_end(m)) {
        if (!step(m))
            return NULL;
        if (*p == '(') {
            bool position = p + 1 < pattern_end(m) && p[1] == ')';
            return open_capture(m, s, p + (position ? 2 : 1), position ? YZ_CAPTURE_POSITION : YZ_CAPTURE_OPEN);
        }
        if (*p == ')')
            return close_capture(m, s, p + 1);
        if (*p == '$' && p + 1 == pattern_end(m))
            return s == subject_end(m) ? s : NULL;
        const char *rest;
        if (special(m, p)) {
            s = match_special(m, s, p, &rest);
        } else {
            const char *end = item_end(m, p);
            s = end ? match_item(m, s, p, end, &rest) : NULL;
            if (s && !rest)
                return s; /* the repetition has matched all that follows, too */
        }
        if (!s)
            return NULL;
        p = rest;
    }
    return s;
}

static const char *match(yz_pattern *m, const char *s, const char *p) {
    if (++m->depth > YZ_PATTERN_DEPTH)
        return fail(m, "pattern too complex");
    const char *end = match_here(m, s, p);
    m->depth--;
    return m->fault ? NULL : end;
}

const char *yz_pattern_at(yz_pattern *m, const char *at) {
    m->n_captures = 0;
    m->depth = 0;
    return match(m, at, m->pattern.p);
}
