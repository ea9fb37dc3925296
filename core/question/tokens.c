/* question/tokens.c: one pass over at most YZ_ASK_CHARS code points (see tokens.h). No memory is allocated.
 *
 * A sentence ends at a line's end, after one of the marks 。！？； and after . ! ? before white space; it begins with the next token that
 * is a word, a number or a CJK character, so that quotes and brackets stay with the sentence they close.
 */
#include "question/tokens.h"

#define SEEN_SLOTS 2048 /* over twice the tokens of a text: chains stay short */

typedef struct scan {
    yz_tokens *out;
    const uint8_t *at, *end;
    uint32_t before[2];        /* the last two code points, the newest first */
    uint16_t seen[SEEN_SLOTS]; /* number of a token, plus one */
    bool line_start;           /* nothing of this line was seen yet */
    bool sentence_over, sentence_filled;
} scan;

/* ---- the ask ---------------------------------------------------------------------------------------------------------- */

static bool is_blank(uint8_t c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

static const char *after_last(yz_str text, yz_str marker, const char *otherwise) {
    const char *p = text.p, *end = text.p + text.n, *found;
    while (p < end && (found = memmem(p, (size_t)(end - p), marker.p, marker.n)))
        p = otherwise = found + marker.n;
    return otherwise;
}

yz_str yz_ask_of(yz_str text) {
    const yz_str markers[] = {YZ_STR("[user]"), YZ_STR("User:"), YZ_STR("用户：")};
    const char *start = text.p, *end = text.p + text.n;
    for (size_t i = 0; i < sizeof markers / sizeof *markers && text.n; i++) {
        const char *p = after_last(text, markers[i], start);
        start = p > start ? p : start;
    }
    while (start < end && is_blank((uint8_t)*start))
        start++;
    while (start < end && is_blank((uint8_t)end[-1]))
        end--;
    return (yz_str){start, (size_t)(end - start)};
}

/* ---- code points -------------------------------------------------------------------------------------------------------- */

static bool is_tail(uint8_t c) { return (c & 0xc0) == 0x80; }

/* The code point at p and its length; bytes that are not UTF-8 are one U+FFFD each. */
static uint32_t code_point(const uint8_t *p, const uint8_t *end, unsigned *length) {
    unsigned n = *p < 0x80 ? 1 : *p >= 0xf0 ? 4 : *p >= 0xe0 ? 3 : *p >= 0xc0 ? 2 : 0;
    *length = 1;
    if (n == 1)
        return *p;
    if (n == 0 || (size_t)(end - p) < n)
        return 0xfffd;
    uint32_t c = *p & (0xffu >> (n + 1));
    for (unsigned i = 1; i < n; i++) {
        if (!is_tail(p[i]))
            return 0xfffd;
        c = c << 6 | (p[i] & 0x3fu);
    }
    *length = n;
    return c;
}

static const uint8_t *skip_chars(const uint8_t *p, const uint8_t *end, unsigned n) {
    for (; p < end; p++)
        if (!is_tail(*p) && n-- == 0)
            break;
    return p;
}

static const uint8_t *back_chars(const uint8_t *start, const uint8_t *p, unsigned n) {
    while (p > start && n)
        n -= !is_tail(*--p);
    return p;
}

/* ---- marks of a shape --------------------------------------------------------------------------------------------------- */

static bool is_letter(uint32_t c) { return (c | 32) >= 'a' && (c | 32) <= 'z' && c < 0x80; }
static bool is_digit(uint32_t c) { return c >= '0' && c <= '9'; }
static bool is_space(uint32_t c) { return c == ' ' || (c >= '\t' && c <= '\r') || c == 0x3000 || c == 0xa0; }
static bool is_any(uint32_t c, const uint32_t *list) {
    for (; *list; list++)
        if (*list == c)
            return true;
    return false;
}

static void count_mark(scan *s, uint32_t c) {
    static const uint32_t operators[] = {'+', '-', '*', '/', '=', '<', '>', '^', 0xd7, 0xf7, 0x2264, 0x2265, 0x221a, 0};
    static const uint32_t code_marks[] = {'{', '}', '[', ']', '(', ')', ';', '_', '\\', '=', '<', '>', 0};
    static const uint32_t quotes[] = {'"', 0x201c, 0x201d, 0x300c, 0};
    static const uint32_t ends[] = {0x3002, 0xff01, 0xff1f, 0xff1b, 0};
    yz_shape *shape = &s->out->shape;
    shape->operators += is_any(c, operators);
    shape->code_marks += is_any(c, code_marks);
    shape->quote |= is_any(c, quotes);
    shape->question_marks += c == '?' || c == 0xff1f;
    shape->fence |= c == '`' && s->before[0] == '`' && s->before[1] == '`';
    shape->latex += c == '$' && s->before[0] != '$';
    shape->latex += c == '\\' && s->at + 1 < s->end && is_letter(s->at[1]) ? 2 : 0;
    s->sentence_over |= is_any(c, ends);
}

/* "- ", "* ", "• ", "1. ", "2) ", "a) " at the beginning of a line. */
static bool begins_list(const scan *s, uint32_t c, const uint8_t *after) {
    if (!s->line_start || after >= s->end)
        return false;
    if (c == '-' || c == '*' || c == 0x2022)
        return *after == ' ';
    bool point = *after == '.' || *after == ')';
    if (is_digit(c))
        return point && after + 1 < s->end && after[1] == ' ';
    return (c | 32) >= 'a' && (c | 32) <= 'd' && (point || *after == ':');
}

/* ---- tokens --------------------------------------------------------------------------------------------------------------- */

static bool is_fresh(scan *s, uint32_t hash) {
    unsigned slot = yz_hash_mix(hash, 99) % SEEN_SLOTS;
    for (; s->seen[slot]; slot = (slot + 1) % SEEN_SLOTS)
        if (s->out->item[s->seen[slot] - 1].hash == hash)
            return false;
    s->seen[slot] = (uint16_t)(s->out->n + 1);
    return true;
}

static void add(scan *s, uint32_t hash, bool content) {
    yz_tokens *t = s->out;
    if (content && s->sentence_over) {
        t->sentences += s->sentence_filled;
        s->sentence_over = s->sentence_filled = false;
    }
    s->sentence_filled |= content;
    bool fresh = is_fresh(s, hash);
    t->item[t->n++] = (yz_token){.hash = hash, .sentence = (uint16_t)(t->sentences - 1), .fresh = fresh};
}

static void took(scan *s, uint32_t c) {
    s->before[1] = s->before[0];
    s->before[0] = c;
    s->line_start = false;
}

/* A word, with an apostrophe inside: "what's". */
static const uint8_t *word(scan *s) {
    const uint8_t *p = s->at;
    uint32_t hash = 2166136261u;
    bool after_space = s->before[0] == ' ' || s->before[0] == '\n';
    if (*p < 'a' && s->out->n > 0 && p + 1 < s->end && p[1] >= 'a' && p[1] <= 'z' && after_space)
        s->out->shape.proper = true;
    for (; p < s->end; p++) {
        bool inner = *p == '\'' && p + 1 < s->end && is_letter(p[1]) && p > s->at;
        if (!is_letter(*p) && !inner)
            break;
        hash = (hash ^ (inner ? *p : (uint32_t)(*p | 32))) * 16777619u;
    }
    s->out->shape.list |= p == s->at + 1 && begins_list(s, *s->at, p);
    s->out->shape.words++;
    s->out->shape.chars += (unsigned)(p - s->at) - 1;
    add(s, hash, true);
    took(s, 'a');
    return p;
}

static const uint8_t *number(scan *s) {
    const uint8_t *p = s->at;
    while (p < s->end && is_digit(*p))
        p++;
    s->out->shape.list |= begins_list(s, '0', p);
    s->out->shape.numbers++;
    s->out->shape.chars += (unsigned)(p - s->at) - 1;
    add(s, p - s->at < 3 ? 0x30 : 0x3030, true);
    took(s, '0');
    return p;
}

static void mark(scan *s, uint32_t c, const uint8_t *after) {
    bool cjk = yz_is_cjk(c);
    s->out->shape.cjk += cjk;
    s->out->shape.list |= begins_list(s, c, after);
    if (!cjk)
        count_mark(s, c);
    add(s, yz_hash_mix(77, c), cjk);
    took(s, c);
}

static void blank(scan *s, uint32_t c) {
    if (c == '\n') {
        s->out->shape.lines++;
        s->line_start = true;
    }
    s->sentence_over |= c == '\n' || s->before[0] == '.' || s->before[0] == '!' || s->before[0] == '?';
    s->before[1] = s->before[0];
    s->before[0] = c == '\n' ? c : ' ';
}

static void read_part(scan *s, const uint8_t *start, const uint8_t *end) {
    yz_shape *shape = &s->out->shape;
    s->at = start, s->end = end;
    while (s->at < s->end && s->out->n < YZ_ASK_CHARS) {
        unsigned length;
        uint32_t c = code_point(s->at, s->end, &length);
        if (is_space(c)) {
            blank(s, c);
            s->at += length;
            continue;
        }
        shape->first = shape->first ? shape->first : c;
        shape->last = c;
        shape->chars++;
        shape->colon |= s->before[0] == ':' || s->before[0] == 0xff1a;
        if (is_letter(c)) {
            s->at = word(s);
            shape->last = s->at[-1];
        } else if (is_digit(c)) {
            s->at = number(s);
        } else {
            mark(s, c, s->at + length);
            s->at += length;
        }
    }
}

void yz_tokens_read(yz_tokens *tokens, yz_str ask) {
    scan s = {.out = tokens, .before = {' ', ' '}, .line_start = true};
    const uint8_t *start = (const uint8_t *)ask.p, *end = start + ask.n;
    tokens->n = 0;
    tokens->sentences = 1;
    tokens->shape = (yz_shape){.bytes = ask.n};
    if (ask.n == 0)
        return;
    const uint8_t *middle = skip_chars(start, end, YZ_ASK_CHARS);
    if (middle == end) {
        read_part(&s, start, end);
    } else {
        read_part(&s, start, skip_chars(start, end, YZ_ASK_HEAD));
        blank(&s, '\n');
        read_part(&s, back_chars(start, end, YZ_ASK_TAIL), end);
    }
}
