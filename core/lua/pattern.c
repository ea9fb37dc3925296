/* lua/pattern.c: see pattern.h. A recursive matcher: one level for each repeated or capturing item of the pattern, never for a
 * byte of the subject; every step looks at the time limit now and then. */
#include "lua/pattern.h"
#include "lua/watchdog.h"

#include <ctype.h>
#include <pthread.h>

static const char *match(yz_pattern *m, const char *s, const char *p);

static const char *fail(yz_pattern *m, const char *reason) {
    if (!m->fault)
        m->fault = reason;
    return NULL;
}

static const char *subject_end(const yz_pattern *m) { return m->subject.p + m->subject.n; }
static const char *pattern_end(const yz_pattern *m) { return m->pattern.p + m->pattern.n; }

static bool step(yz_pattern *m) {
    if ((++m->steps & 1023) == 0 && yz_watch_overrun())
        fail(m, "the time limit was passed");
    return m->fault == NULL;
}

/* The end of the set that begins at p. NULL: malformed. */
static const char *set_end(yz_pattern *m, const char *p) {
    const char *end = pattern_end(m);
    p++;
    if (p < end && *p == '^')
        p++;
    do { /* a ']' right at the beginning stands for itself */
        if (p >= end || (*p++ == '%' && p++ >= end)) {
            fail(m, "malformed pattern (missing ']')");
            return NULL;
        }
    } while (p >= end || *p != ']');
    return p + 1;
}

static void add_bit(uint64_t bits[4], unsigned char c) { bits[c >> 6] |= (uint64_t)1 << (c & 63); }

static bool has_bit(const uint64_t bits[4], unsigned char c) { return bits[c >> 6] >> (c & 63) & 1; }

static void add_range(uint64_t bits[4], unsigned first, unsigned last) {
    for (unsigned c = first; c <= last; c = (c | 63) + 1) {
        unsigned stop = last < (c | 63) ? last : c | 63;
        bits[c >> 6] |= UINT64_MAX >> (63 - (stop - c)) << (c & 63);
    }
}

/* Classes of the C locale, as bits: index 2 * (letter - 'a'), and after it the inverse. */
static uint64_t classes[52][4];
static pthread_once_t classes_once = PTHREAD_ONCE_INIT;

static void fill_classes(void) {
    for (unsigned c = 0; c < 128; c++) {
        const struct {
            char letter;
            bool yes;
        } all[] = {{'a', isalpha((int)c)}, {'c', iscntrl((int)c)}, {'d', isdigit((int)c)}, {'g', isgraph((int)c)}, {'l', islower((int)c)},
                   {'p', ispunct((int)c)}, {'s', isspace((int)c)}, {'u', isupper((int)c)}, {'w', isalnum((int)c)}, {'x', isxdigit((int)c)}};
        for (size_t i = 0; i < sizeof all / sizeof *all; i++)
            if (all[i].yes)
                add_bit(classes[2 * (all[i].letter - 'a')], (unsigned char)c);
    }
    for (const char *letter = "acdglpsuwx"; *letter; letter++)
        for (int i = 0; i < 4; i++)
            classes[2 * (*letter - 'a') + 1][i] = ~classes[2 * (*letter - 'a')][i];
}

/* The bits of `%letter`; NULL: it stands for the letter itself. */
static const uint64_t *class_bits(char letter) {
    static const char known[] = "acdglpsuwx";
    char small = (char)(letter | 32);
    if (!letter || !strchr(known, small) || !((small >= 'a' && small <= 'z') && (letter == small || letter == small - 32)))
        return NULL;
    return classes[2 * (small - 'a') + (letter != small)];
}

/* The set whose '[' is at p and whose ']' is at last. */
static void read_set(const char *p, const char *last, uint64_t bits[4]) {
    memset(bits, 0, 4 * sizeof *bits);
    bool inverted = *++p == '^';
    p += inverted;
    while (p < last) {
        const uint64_t *class_ = *p == '%' ? class_bits(p[1]) : NULL;
        if (class_) {
            for (int i = 0; i < 4; i++)
                bits[i] |= class_[i];
            p += 2;
        } else if (*p == '%') {
            add_bit(bits, (unsigned char)p[1]);
            p += 2;
        } else if (p + 2 < last && p[1] == '-') {
            add_range(bits, (unsigned char)p[0], (unsigned char)p[2]);
            p += 3;
        } else {
            add_bit(bits, (unsigned char)*p++);
        }
    }
    for (int i = 0; inverted && i < 4; i++)
        bits[i] = ~bits[i];
}

/* The bits of the set at p, and where it ends; `scratch` where there is no room to keep them. NULL: malformed. */
static const uint64_t *set_at(yz_pattern *m, const char *p, uint64_t scratch[4], const char **end) {
    yz_pattern_sets *sets = m->sets;
    ptrdiff_t at = p - m->pattern.p;
    for (uint32_t i = 0; i < sets->n; i++) {
        if (sets->set[i].at == at) {
            *end = m->pattern.p + sets->set[i].end;
            return sets->set[i].bits;
        }
    }
    *end = set_end(m, p);
    if (!*end)
        return NULL;
    bool room = sets->n < YZ_PATTERN_SETS;
    uint64_t *bits = room ? sets->set[sets->n].bits : scratch;
    read_set(p, *end - 1, bits);
    if (room) {
        sets->set[sets->n].at = at;
        sets->set[sets->n++].end = *end - m->pattern.p;
    }
    return bits;
}

/* A single-character item: where it ends, and what it takes. */
typedef struct item {
    const char *p, *end;
    const uint64_t *bits; /* of a set or class */
    uint64_t scratch[4];
} item;

static bool read_item(yz_pattern *m, const char *p, item *it) {
    it->p = p;
    it->bits = NULL;
    if (*p == '[') {
        it->bits = set_at(m, p, it->scratch, &it->end);
        return it->bits != NULL;
    }
    it->end = p + 1;
    if (*p == '%') {
        if (++it->end > pattern_end(m))
            return fail(m, "malformed pattern (ends with '%')");
        it->bits = class_bits(p[1]);
    }
    return true;
}

static inline bool item_matches(const yz_pattern *m, const char *s, const item *it) {
    if (s >= subject_end(m))
        return false;
    unsigned char c = (unsigned char)*s;
    if (it->bits)
        return has_bit(it->bits, c);
    if (*it->p == '.')
        return true;
    return (unsigned char)it->p[*it->p == '%'] == c;
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
    uint64_t scratch[4];
    const char *end;
    const uint64_t *bits = set_at(m, p, scratch, &end);
    if (!bits)
        return NULL;
    unsigned char before = s == m->subject.p ? 0 : (unsigned char)s[-1];
    unsigned char after = s == subject_end(m) ? 0 : (unsigned char)*s;
    return !has_bit(bits, before) && has_bit(bits, after) ? end : NULL;
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

static const char *repeat_greedy(yz_pattern *m, const char *s, const item *it, ptrdiff_t least) {
    ptrdiff_t n = 0;
    while (step(m) && item_matches(m, s + n, it))
        n++;
    if (it->end + 1 == pattern_end(m) && !m->fault) /* nothing follows that could want some of it back */
        return n >= least ? s + n : NULL;
    for (; n >= least && step(m); n--) {
        const char *found = match(m, s + n, it->end + 1);
        if (found)
            return found;
    }
    return NULL;
}

static const char *repeat_lazy(yz_pattern *m, const char *s, const item *it) {
    while (step(m)) {
        const char *found = match(m, s, it->end + 1);
        if (found)
            return found;
        if (!item_matches(m, s, it))
            return NULL;
        s++;
    }
    return NULL;
}

/* A single-character item with the suffix after it. *rest: where the pattern goes on in this level; NULL: it has matched to its end. */
static const char *match_item(yz_pattern *m, const char *s, const item *it, const char **rest) {
    char suffix = it->end < pattern_end(m) ? *it->end : 0;
    *rest = NULL;
    switch (suffix) {
    case '*':
        return repeat_greedy(m, s, it, 0);
    case '+':
        return repeat_greedy(m, s, it, 1);
    case '-':
        return repeat_lazy(m, s, it);
    case '?':
        if (item_matches(m, s, it)) {
            const char *found = match(m, s + 1, it->end + 1);
            if (found || m->fault)
                return found;
        }
        *rest = it->end + 1;
        return s;
    default:
        if (!item_matches(m, s, it))
            return NULL;
        *rest = it->end;
        return s + 1;
    }
}

/* `%b`, `%f` and back references at p ("%x"): the place in the subject after it, with *rest set; NULL: no match. */
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
            item it;
            s = read_item(m, p, &it) ? match_item(m, s, &it, &rest) : NULL;
            if (s && !rest)
                return s;
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

static const char *match_at(yz_pattern *m, const char *at) {
    m->n_captures = 0;
    m->depth = 0;
    return match(m, at, m->pattern.p);
}

const char *yz_pattern_at(yz_pattern *m, const char *at) {
    pthread_once(&classes_once, fill_classes);
    return match_at(m, at);
}

/* Does every match begin with a byte of the pattern's first item? Then *it is that item. */
static bool begins_plainly(yz_pattern *m, item *it) {
    const char *p = m->pattern.p;
    if (m->pattern.n == 0 || *p == '(' || *p == ')' || (*p == '$' && m->pattern.n == 1) || special(m, p) || !read_item(m, p, it))
        return false;
    char suffix = it->end < pattern_end(m) ? *it->end : 0;
    return suffix != '*' && suffix != '?' && suffix != '-';
}

/* The first place from s on whose byte is, or is not, among the bits. One pass, as memchr makes it: it takes no steps. */
static inline const char *run_end(const yz_pattern *m, const char *s, const uint64_t *bits, bool among) {
    while (s < subject_end(m) && has_bit(bits, (unsigned char)*s) == among)
        s++;
    return s;
}

/* The first place from s on where a match may begin, going by its first item. */
static const char *next_start(const yz_pattern *m, const char *s, const item *first) {
    if (first->bits)
        return run_end(m, s, first->bits, false);
    while (s < subject_end(m) && !item_matches(m, s, first))
        s++;
    return s;
}

/* The pattern is a set and a '+', as in "[%w_]+": its next match is the next run of such bytes. */
static const char *search_run(yz_pattern *m, const char *at, const char **end) {
    const uint64_t *bits = m->sets->run;
    m->n_captures = 0;
    const char *found = run_end(m, at, bits, false);
    *end = found < subject_end(m) ? run_end(m, found + 1, bits, true) : NULL;
    return *end ? found : NULL;
}

static bool is_run(const yz_pattern *m, const item *it) {
    return it->bits && it->bits != it->scratch && it->end + 1 == pattern_end(m) && *it->end == '+';
}

const char *yz_pattern_search(yz_pattern *m, const char *at, const char **end) {
    if (m->sets->run)
        return search_run(m, at, end);
    pthread_once(&classes_once, fill_classes);
    item first;
    bool plain = begins_plainly(m, &first);
    if (plain && is_run(m, &first)) {
        m->sets->run = first.bits;
        return search_run(m, at, end);
    }
    for (; !m->fault; at++) {
        if (plain)
            at = next_start(m, at, &first);
        *end = match_at(m, at);
        if (*end)
            return at;
        if (at >= subject_end(m))
            return NULL;
    }
    return NULL;
}
