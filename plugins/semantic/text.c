/* text.c: cuts a text into tokens. First into raw ones (words, characters, numbers, quotations, marks), then the longest run of words that
 * the table knows becomes one. */
#include "text.h"

#define WORDS_MAX 7  /* words of the table's longest item */
#define CHARS_MAX 6  /* characters likewise */
#define WORD_MAX  48 /* bytes of a word that is looked up */

typedef struct raw {
    token_kind kind; /* WORD, CJK, NAME, NUMBER, QUOTED, SYMBOL */
    uint64_t hash;
    uint16_t at, n; /* WORD, NAME, CJK: in `lower` */
} raw;

typedef struct cutter {
    yz_str text;
    size_t at;
    bool begins; /* a sentence begins here */
    bool spaced; /* white space or the beginning stands before */
    size_t n, used;
    raw item[TOKENS_MAX];
    char lower[TEXT_MAX + 1024]; /* words in lower case */
} cutter;

static uint64_t token_hash(token_kind kind, const char *p, size_t n) {
    uint64_t h = 14695981039346656037u ^ (uint64_t)kind * 0x9e3779b97f4a7c15u;
    for (size_t i = 0; i < n; i++)
        h = (h ^ (unsigned char)p[i]) * 1099511628211u;
    return h ^ h >> 29;
}

/* ---- characters ---------------------------------------------------------------------------------------------------------- */

/* The code point at i, and its bytes; what is not UTF-8 is one of one byte. */
static uint32_t point_at(yz_str s, size_t i, size_t *bytes) {
    unsigned char c = (unsigned char)s.p[i];
    size_t n = c < 0x80 ? 1 : c < 0xc2 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : c < 0xf5 ? 4 : 1;
    *bytes = 1;
    if (n == 1 || i + n > s.n)
        return c;
    uint32_t point = c & (0x7fu >> n);
    for (size_t k = 1; k < n; k++) {
        if (((unsigned char)s.p[i + k] & 0xc0) != 0x80)
            return c;
        point = point << 6 | ((unsigned char)s.p[i + k] & 0x3f);
    }
    *bytes = n;
    return point;
}

static bool is_digit(uint32_t c) { return c >= '0' && c <= '9'; }
static bool is_upper(uint32_t c) { return c >= 'A' && c <= 'Z'; }
static bool is_cjk(uint32_t c) { return (c >= 0x3400 && c <= 0x9fff) || (c >= 0x3040 && c <= 0x30ff) || (c >= 0xac00 && c <= 0xd7a3); }
/* Latin, Greek, Cyrillic and whatever else words are written in; marks of the blocks that hold marks alone are none. */
static bool is_letter(uint32_t c) {
    if (c < 0x80)
        return (c >= 'a' && c <= 'z') || is_upper(c);
    return c >= 0xc0 && !is_cjk(c) && !(c >= 0x2000 && c <= 0x303f) && c < 0xfe00;
}
static bool is_apostrophe(uint32_t c) { return c == '\'' || c == 0x2019; }

/* The code point that ends a quotation which begins with this one; 0: it begins none. */
static uint32_t closing(uint32_t c) {
    static const uint32_t pairs[][2] = {{'"', '"'},       {'`', '`'},       {0x201c, 0x201d}, {0x300c, 0x300d},
                                        {0x300e, 0x300f}, {0x300a, 0x300b}, {0xab, 0xbb}};
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
        if (pairs[i][0] == c)
            return pairs[i][1];
    return 0;
}

/* ---- raw tokens ------------------------------------------------------------------------------------------------------------ */

static void add_token(cutter *c, token_kind kind, const char *p, size_t n) {
    if (c->n < TOKENS_MAX)
        c->item[c->n++] = (raw){.kind = kind, .hash = token_hash(kind, p, n), .at = (uint16_t)c->used, .n = (uint16_t)n};
}

/* A word, a character: kept in lower case. */
static void add_kept(cutter *c, token_kind kind, const char *p, size_t n) {
    if (c->used + n > sizeof c->lower || c->n == TOKENS_MAX)
        return;
    for (size_t i = 0; i < n; i++)
        c->lower[c->used + i] = (char)(is_upper((unsigned char)p[i]) ? p[i] + 32 : p[i]);
    add_token(c, kind, c->lower + c->used, n);
    c->used += n;
}

/* "doesn't" is does and not, "what's" is what is, "I'd" is I would. `end` is after the last letter before the apostrophe. */
static size_t end_of_short(cutter *c, size_t begin, size_t end, token_kind kind) {
    size_t bytes, after = end;
    point_at(c->text, end, &bytes);
    after += bytes;
    size_t rest = after;
    while (rest < c->text.n && is_letter((unsigned char)c->text.p[rest]) && (unsigned char)c->text.p[rest] < 0x80)
        rest++;
    const char *p = c->text.p + after;
    size_t n = rest - after;
    bool not = n == 1 && (*p == 't' || *p == 'T') && (c->text.p[end - 1] | 32) == 'n';
    add_kept(c, kind, c->text.p + begin, end - begin - (not &&end - begin > 1));
    if (not )
        add_kept(c, TOKEN_WORD, "not", 3);
    else if (n == 1 && (*p | 32) == 's')
        add_kept(c, TOKEN_WORD, "is", 2);
    else if (n == 1 && (*p | 32) == 'd')
        add_kept(c, TOKEN_WORD, "would", 5);
    else if (n == 2 && (p[0] | 32) == 'l' && (p[1] | 32) == 'l')
        add_kept(c, TOKEN_WORD, "will", 4);
    return rest;
}

/* Names: what has a capital within (iPhone, USD), a digit or '_' within (utf8, max_len), or begins with one inside of a sentence. */
static token_kind kind_of_word(const cutter *c, size_t end) {
    yz_str word = {c->text.p + c->at, end - c->at};
    bool inner = false;
    for (size_t i = 1; i < word.n; i++)
        inner |= is_upper((unsigned char)word.p[i]) || is_digit((unsigned char)word.p[i]) || word.p[i] == '_';
    bool capital = is_upper((unsigned char)word.p[0]);
    return inner || (capital && !c->begins && word.n > 1) ? TOKEN_NAME : TOKEN_WORD;
}

static void cut_word(cutter *c) {
    size_t end = c->at, bytes = 0;
    uint32_t point = 0;
    while (end < c->text.n && (is_letter(point = point_at(c->text, end, &bytes)) || (end > c->at && (is_digit(point) || point == '_'))))
        end += bytes;
    token_kind kind = kind_of_word(c, end);
    if (end + 1 < c->text.n && is_apostrophe(point_at(c->text, end, &bytes))) {
        c->at = end_of_short(c, c->at, end, kind);
        return;
    }
    add_kept(c, kind, c->text.p + c->at, end - c->at);
    c->at = end;
}

/* 1,000 and 1.5 and 12:30 are one; a dot at its end is none of it. */
static void cut_number(cutter *c) {
    char digits[64];
    size_t n = 0, end = c->at;
    for (; end < c->text.n; end++) {
        unsigned char ch = (unsigned char)c->text.p[end];
        bool inside =
            (ch == '.' || ch == ',' || ch == ':' || ch == '/') && end + 1 < c->text.n && is_digit((unsigned char)c->text.p[end + 1]);
        if (!is_digit(ch) && !inside)
            break;
        if (ch != ',' && n < sizeof digits)
            digits[n++] = (char)ch;
    }
    add_token(c, TOKEN_NUMBER, digits, n);
    c->at = end;
}

/* A quotation, if one begins here and ends: false, it does not. */
static bool cut_quoted(cutter *c, uint32_t point, size_t bytes) {
    uint32_t end = closing(point);
    size_t from = c->at + bytes, b;
    for (size_t i = from; end && i < c->text.n; i += b) {
        if (point_at(c->text, i, &b) != end)
            continue;
        if (i > from)
            add_token(c, TOKEN_QUOTED, c->text.p + from, i - from);
        c->at = i + b;
        return true;
    }
    return false;
}

/* A mark: some end a sentence, some stand for something, the others are nothing. */
static void cut_mark(cutter *c, uint32_t point, size_t bytes) {
    bool letter_before = c->at > 0 && is_letter((unsigned char)c->text.p[c->at - 1]);
    if (point == '.' || point == '!' || point == '?' || point == '\n' || point == ':' || point == 0x3002 || point == 0xff01 ||
        point == 0xff1f)
        c->begins = true;
    else if ((point > ' ' && point < 0x7f && strchr("+*/=<>^&|~#@$%\\{}[]", (int)point)) || point == 0x20ac || point == 0xa3 ||
             point == 0xa5 || (point == '-' && !letter_before))
        add_token(c, TOKEN_SYMBOL, c->text.p + c->at, bytes);
    c->at += bytes;
}

static void cut(cutter *c) {
    while (c->at < c->text.n) {
        size_t bytes;
        uint32_t point = point_at(c->text, c->at, &bytes);
        bool begins = c->begins;
        if (is_cjk(point)) {
            add_kept(c, TOKEN_CJK, c->text.p + c->at, bytes);
            c->at += bytes;
        } else if (is_letter(point)) {
            cut_word(c);
        } else if (is_digit(point)) {
            cut_number(c);
        } else if (!cut_quoted(c, point, bytes)) {
            cut_mark(c, point, bytes);
            continue;
        }
        if (begins)
            c->begins = false;
    }
}

/* ---- words of the table --------------------------------------------------------------------------------------------------- */

/* Raw tokens of the same script that stand together, joined as the table spells them; the most that it knows. 0: none. */
static size_t known(const cutter *c, size_t i, token_kind *kind, uint32_t *item) {
    char joined[WORD_MAX];
    size_t n = 0, best = 0;
    bool cjk = c->item[i].kind == TOKEN_CJK;
    for (size_t k = 0; k < (cjk ? CHARS_MAX : WORDS_MAX) && i + k < c->n; k++) {
        const raw *r = &c->item[i + k];
        if ((cjk && r->kind != TOKEN_CJK) || (!cjk && r->kind != TOKEN_WORD && r->kind != TOKEN_NAME) || n + r->n + 1 > sizeof joined)
            break;
        if (k > 0 && !cjk)
            joined[n++] = '_';
        memcpy(joined + n, c->lower + r->at, r->n);
        n += r->n;
        if (word_find((yz_str){joined, n}, kind, item))
            best = k + 1;
    }
    if (best == 0)
        return 0;
    n = 0; /* the last look was not the best */
    for (size_t k = 0; k < best; k++) {
        if (k > 0 && !cjk)
            joined[n++] = '_';
        memcpy(joined + n, c->lower + c->item[i + k].at, c->item[i + k].n);
        n += c->item[i + k].n;
    }
    word_find((yz_str){joined, n}, kind, item);
    return best;
}

/* A word without its ending: sorts, sorted and sorting are sort. Rough, and the same for all. */
static size_t stem(const char *p, size_t n) {
    if (n > 4 && memcmp(p + n - 3, "ies", 3) == 0)
        return n - 3;
    if (n > 5 && memcmp(p + n - 3, "ing", 3) == 0)
        n -= 3;
    else if (n > 4 && memcmp(p + n - 2, "ed", 2) == 0)
        n -= 2;
    else if (n > 3 && p[n - 1] == 's' && p[n - 2] != 's' && p[n - 2] != 'u' && p[n - 2] != 'i')
        n -= 1;
    if (n > 4 && p[n - 1] == p[n - 2] && p[n - 1] != 's' && p[n - 1] != 'l' && p[n - 1] != 'e')
        n -= 1;
    return n > 3 && (p[n - 1] == 'e' || p[n - 1] == 'y') ? n - 1 : n;
}

static token other(const cutter *c, const raw *r) {
    token t = {.kind = r->kind, .hash = r->hash};
    if (r->kind == TOKEN_WORD || r->kind == TOKEN_NAME)
        t.hash = token_hash(TOKEN_WORD, c->lower + r->at, stem(c->lower + r->at, r->n));
    return t;
}

void tokens_read(tokens *out, yz_str text) {
    cutter c;
    c.text = (yz_str){text.p, text.n < TEXT_MAX ? text.n : TEXT_MAX};
    c.at = c.n = c.used = 0;
    c.begins = true;
    cut(&c);
    out->n = 0;
    out->chinese = false;
    for (size_t i = 0, taken; i < c.n; i += taken) {
        token_kind kind = TOKEN_WORD;
        uint32_t item = 0;
        raw *r = &c.item[i];
        out->chinese |= r->kind == TOKEN_CJK;
        taken = r->kind == TOKEN_CJK || r->kind == TOKEN_WORD || r->kind == TOKEN_NAME ? known(&c, i, &kind, &item) : 0;
        if (taken == 0) {
            out->item[out->n++] = other(&c, r);
            taken = 1;
        } else if (kind != TOKEN_FILLER) {
            out->item[out->n++] = (token){kind, token_hash(kind, (const char *)&item, sizeof item)};
        }
    }
}
