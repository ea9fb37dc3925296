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

/* From the end, by the marker's last byte: a fifth of the instructions of looking for it from the beginning. */
static const char *after_last(yz_str text, yz_str marker, const char *otherwise) {
    const char *found;
    for (size_t n = text.n; n >= marker.n; n = (size_t)(found - text.p)) {
        found = memrchr(text.p + marker.n - 1, marker.p[marker.n - 1], n - (marker.n - 1));
        if (!found)
            break;
        if (memcmp(found - (marker.n - 1), marker.p, marker.n) == 0)
            return found + 1;
    }
    return otherwise;
}

yz_str yz_ask_of(yz_str text) {
    const yz_str markers[] = {YZ_STR("[user]"), YZ_STR("User:"), YZ_STR("Human:"), YZ_STR("用户："), YZ_STR("# 用户输入\n")};
    const yz_str turns[] = {YZ_STR("Assistant:"), YZ_STR("助手：")}; /* of the one who is to answer */
    const char *start = text.p, *end = text.p + text.n;
    for (size_t i = 0; i < sizeof markers / sizeof *markers && text.n; i++) {
        const char *p = after_last(text, markers[i], start);
        start = p > start ? p : start;
    }
    while (start < end && is_blank((uint8_t)*start))
        start++;
    while (start < end && is_blank((uint8_t)end[-1]))
        end--;
    for (size_t i = 0; i < sizeof turns / sizeof *turns; i++)
        if ((size_t)(end - start) > turns[i].n && memcmp(end - turns[i].n, turns[i].p, turns[i].n) == 0)
            end -= turns[i].n;
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
    if ((size_t)(end - p) <= n) /* no character is less than a byte */
        return end;
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

static bool is_letter(uint32_t c) { return (c | 32) - 'a' < 26; }
static bool is_digit(uint32_t c) { return c - '0' < 10; }
static bool is_space(uint32_t c) { return c == ' ' || c - '\t' < 5 || c == 0x3000 || c == 0xa0; }
enum { OPERATOR = 1, CODE = 2, QUOTE = 4, END = 8 };

/* What a mark is, of the above. */
static unsigned kinds_of(uint32_t c) {
    static const uint8_t ascii[128] = {
        ['+'] = OPERATOR,
        ['-'] = OPERATOR,
        ['*'] = OPERATOR,
        ['/'] = OPERATOR,
        ['^'] = OPERATOR,
        ['{'] = CODE,
        ['}'] = CODE,
        ['['] = CODE,
        [']'] = CODE,
        ['('] = CODE,
        [')'] = CODE,
        [';'] = CODE,
        ['_'] = CODE,
        ['\\'] = CODE,
        ['"'] = QUOTE,
        ['='] = OPERATOR | CODE,
        ['<'] = OPERATOR | CODE,
        ['>'] = OPERATOR | CODE,
    };
    if (c < 128)
        return ascii[c];
    switch (c) {
    case 0xd7:
    case 0xf7:
    case 0x2264:
    case 0x2265:
    case 0x221a:
        return OPERATOR;
    case 0x201c:
    case 0x201d:
    case 0x300c:
        return QUOTE;
    case 0x3002:
    case 0xff01:
    case 0xff1f:
    case 0xff1b:
        return END;
    default:
        return 0;
    }
}

static void count_mark(scan *s, uint32_t c) {
    unsigned kinds = kinds_of(c);
    yz_shape *shape = &s->out->shape;
    shape->operators += (kinds & OPERATOR) != 0;
    shape->code_marks += (kinds & CODE) != 0;
    shape->quote |= (kinds & QUOTE) != 0;
    shape->question_marks += c == '?' || c == 0xff1f;
    shape->fence |= c == '`' && s->before[0] == '`' && s->before[1] == '`';
    shape->latex += c == '$' && s->before[0] != '$';
    shape->latex += c == '\\' && s->at + 1 < s->end && is_letter(s->at[1]) ? 2 : 0;
    s->sentence_over |= (kinds & END) != 0;
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
        uint32_t c = *p | 32u;
        if (!is_letter(c)) {
            bool inner = *p == '\'' && p + 1 < s->end && is_letter(p[1]) && p > s->at;
            if (!inner)
                break;
            c = *p;
        }
        hash = (hash ^ c) * 16777619u;
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
