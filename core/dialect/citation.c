/* dialect/citation.c: which words of a text rest on a source, in characters or in bytes (yuzui/answer.h has the contract). Some dialects
 * count one, some the other, and text is kept escaped. */
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

/* The place `wanted`, counted as the source does, counted as it is asked for. */
static int64_t convert(yz_str text, int64_t wanted, bool from_bytes, bool to_bytes) {
    size_t n_chars = 0, n_bytes = 0, at = 0;
    while (at < text.n && (int64_t)(from_bytes ? n_bytes : n_chars) < wanted)
        at += step(text, at, &n_chars, &n_bytes);
    while (wanted > 0 && at < text.n && goes_on(text, at))
        at += step(text, at, &n_chars, &n_bytes);
    return (int64_t)(to_bytes ? n_bytes : n_chars);
}

void yz_citation_place(const yz_citation *citation, yz_str text, bool bytes, int64_t *from, int64_t *to) {
    *from = convert(text, citation->from, citation->bytes, bytes);
    *to = citation->to > 0 ? convert(text, citation->to, citation->bytes, bytes) : (int64_t)yz_escaped_length(text, bytes);
    if (*from > *to)
        *from = *to;
}
