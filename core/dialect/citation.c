/* dialect/citation.c: which words of a text rest on a source, in characters or in bytes (yuzui/answer.h has the contract). Some dialects
 * count one, some the other, and text is kept escaped. A provider chooses how
 * many sources an answer has, so the counts at places not far from one another are noted once, and a citation's is found by halving. */
#include <yuzui/answer.h>

#include <string.h>

/* Bytes of UTF-8 of a code point. */
static size_t width(unsigned c) { return c < 0x80 ? 1 : c < 0x800 ? 2 : 3; }

static unsigned hex(const char *p) {
    unsigned value = 0;
    for (int i = 0; i < 4; i++) {
        unsigned char c = (unsigned char)p[i];
        value = value * 16 + (unsigned)(c <= '9' ? c - '0' : (c | 32) - 'a' + 10);
    }
    return value;
}

/* One step over escaped text that was proven: how many of its bytes, and what they stand for. The second half of a pair is no character of
 * its own; its bytes are those that make the first one's three a character of four. */
static size_t step(yz_str text, size_t at, size_t *chars, size_t *bytes) {
    unsigned char c = (unsigned char)text.p[at];
    bool escaped = c == '\\', unicode = escaped && at + 5 < text.n && text.p[at + 1] == 'u';
    if (unicode) {
        unsigned value = hex(text.p + at + 2);
        bool low = value >= 0xdc00 && value < 0xe000;
        *chars += !low;
        *bytes += low ? 1 : width(value);
        return 6;
    }
    *chars += (c & 0xc0) != 0x80;
    *bytes += 1;
    return escaped && at + 1 < text.n ? 2 : 1;
}

/* Of text without escapes. */
static size_t plain_chars(const char *p, size_t n) {
    size_t chars = 0;
    for (size_t i = 0; i < n; i++)
        chars += ((unsigned char)p[i] & 0xc0) != 0x80;
    return chars;
}

size_t yz_escaped_length(yz_str escaped, bool bytes) {
    size_t n_chars = 0, n_bytes = 0;
    for (size_t at = 0; at < escaped.n;) {
        const char *escape = memchr(escaped.p + at, '\\', escaped.n - at);
        size_t plain = (escape ? (size_t)(escape - escaped.p) : escaped.n) - at;
        n_bytes += plain;
        n_chars += bytes ? 0 : plain_chars(escaped.p + at, plain);
        at += plain;
        if (escape)
            at += step(escaped, at, &n_chars, &n_bytes);
    }
    return bytes ? n_bytes : n_chars;
}

/* Is what stands there more of the character before it? */
static bool goes_on(yz_str text, size_t at) {
    size_t n_chars = 0, n_bytes = 0;
    step(text, at, &n_chars, &n_bytes);
    return n_chars == 0;
}

/* ---- the places of a text ----------------------------------------------------------------------------------------------- */

#define FAR 512 /* bytes between two marks, about */

typedef struct mark {
    size_t at, chars, bytes; /* so much of the text holds so many */
} mark;

struct yz_places {
    yz_str text;
    mark *marks; /* the first is the beginning, the last the end */
    size_t n;
};

yz_places *yz_places_new(yz_arena *arena, yz_str text) {
    yz_places *places = yz_alloc(arena, sizeof *places);
    *places = (yz_places){.text = text, .marks = yz_alloc(arena, (text.n / FAR + 2) * sizeof(mark))};
    mark now = {0};
    places->marks[places->n++] = now;
    for (size_t noted = 0; now.at < text.n;) {
        now.at += step(text, now.at, &now.chars, &now.bytes);
        if (now.at - noted < FAR && now.at < text.n)
            continue;
        places->marks[places->n++] = now;
        noted = now.at;
    }
    return places;
}

static int64_t count_of(const mark *m, bool bytes) { return (int64_t)(bytes ? m->bytes : m->chars); }

/* The last mark that is before the place `wanted`. */
static mark before(const yz_places *places, int64_t wanted, bool bytes) {
    size_t from = 0, to = places->n;
    while (to - from > 1) {
        size_t middle = from + (to - from) / 2;
        if (count_of(&places->marks[middle], bytes) < wanted)
            from = middle;
        else
            to = middle;
    }
    return places->marks[from];
}

/* The place `wanted`, counted as the source does, counted as it is asked for. */
static int64_t convert(const yz_places *places, int64_t wanted, bool from_bytes, bool to_bytes) {
    yz_str text = places->text;
    mark now = before(places, wanted, from_bytes);
    while (now.at < text.n && count_of(&now, from_bytes) < wanted)
        now.at += step(text, now.at, &now.chars, &now.bytes);
    while (wanted > 0 && now.at < text.n && goes_on(text, now.at))
        now.at += step(text, now.at, &now.chars, &now.bytes);
    return count_of(&now, to_bytes);
}

void yz_citation_place(const yz_citation *citation, const yz_places *places, bool bytes, int64_t *from, int64_t *to) {
    *from = convert(places, citation->from, citation->bytes, bytes);
    *to = citation->to > 0 ? convert(places, citation->to, citation->bytes, bytes) : count_of(&places->marks[places->n - 1], bytes);
    if (*from > *to)
        *from = *to;
}
