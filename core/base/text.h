/* base/text.h: fast scanning of JSON text: runs of plain bytes and of valid UTF-8. */
#ifndef YUZUI_BASE_TEXT_H
#define YUZUI_BASE_TEXT_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

/* May this byte stand in a JSON string as it is, and is it ASCII? */
static inline bool yz_text_plain(unsigned char c) { return c >= 0x20 && c < 0x80 && c != '"' && c != '\\'; }

#ifdef __SSE2__
/* Marks the bytes of sixteen that are not plain. */
static inline __m128i yz_text_hits_of(__m128i v) {
    __m128i hit = _mm_or_si128(_mm_cmpeq_epi8(v, _mm_set1_epi8('"')), _mm_cmpeq_epi8(v, _mm_set1_epi8('\\')));
    return _mm_or_si128(hit, _mm_cmplt_epi8(v, _mm_set1_epi8(0x20))); /* signed: bytes >= 0x80 are negative */
}

static inline __m128i yz_text_hits(const char *p) { return yz_text_hits_of(_mm_loadu_si128((const __m128i *)(const void *)p)); }

/* A run of 8 to 16 bytes, as two halves that overlap. */
static inline const char *yz_text_scan_short(const char *p, const char *end) {
    int64_t low, high;
    memcpy(&low, p, 8);
    memcpy(&high, end - 8, 8);
    unsigned mask = (unsigned)_mm_movemask_epi8(yz_text_hits_of(_mm_set_epi64x(high, low)));
    return mask & 0xff ? p + __builtin_ctz(mask) : mask ? end - 8 + __builtin_ctz(mask >> 8) : end;
}

static inline bool yz_text_plain_64(const char *p) {
    __m128i first = _mm_or_si128(yz_text_hits(p), yz_text_hits(p + 16)), second = _mm_or_si128(yz_text_hits(p + 32), yz_text_hits(p + 48));
    return _mm_movemask_epi8(_mm_or_si128(first, second)) == 0;
}
#endif

/* Passes over blocks of plain bytes, as far as that is quicker than sixteen bytes at a time (text_long.c); p, if it is not. */
const char *yz_text_long(const char *p, const char *end);

/* The first byte from p on that is a quote, a backslash, a control byte or not ASCII; or end. Most runs are shorter than sixteen bytes;
 * those that are not are often very long. */
static inline const char *yz_text_scan(const char *p, const char *end) {
#ifdef __SSE2__
    const char *start = p;
    for (bool first = true; end - p >= 16; p += 16, first = false) {
        unsigned mask = (unsigned)_mm_movemask_epi8(yz_text_hits(p));
        if (mask)
            return p + __builtin_ctz(mask);
        if (!first || end - p < 80 || !yz_text_plain_64(p + 16))
            continue;
        p = yz_text_long(p + 80, end) - 16;
        while (end - p >= 80 && yz_text_plain_64(p + 16))
            p += 64;
    }
    if (end - p >= 8)
        return yz_text_scan_short(p, end);
    if (p > start && p < end) { /* the last sixteen, of which the first are known to be plain */
        unsigned mask = (unsigned)_mm_movemask_epi8(yz_text_hits(end - 16));
        return mask ? end - 16 + __builtin_ctz(mask) : end;
    }
#else
    const uint64_t ones = 0x0101010101010101u, tops = 0x8080808080808080u;
    for (; end - p >= 8; p += 8) {
        uint64_t v;
        memcpy(&v, p, 8);
        uint64_t quote = v ^ (ones * '"'), slash = v ^ (ones * '\\');
        /* Exact for ASCII bytes below the first hit, which is all that is needed: a hit only ends the run of words. */
        if (((v | (v - ones * 0x20) | (quote - ones) | (slash - ones)) & tops) != 0)
            break;
    }
#endif
    while (p < end && yz_text_plain((unsigned char)*p))
        p++;
    return p;
}

/* Bytes of the UTF-8 sequence at p, which begins with a byte >= 0x80; 0 if it is not valid. */
static inline size_t yz_utf8_length(const char *at, const char *end) {
    const unsigned char *p = (const unsigned char *)at;
    size_t left = (size_t)(end - at);
    if (p[0] < 0xC2)
        return 0;
    if (p[0] < 0xE0)
        return left >= 2 && (p[1] & 0xC0) == 0x80 ? 2 : 0;
    if (p[0] < 0xF0) {
        if (left < 3 || (p[1] & 0xC0) != 0x80 || (p[2] & 0xC0) != 0x80)
            return 0;
        bool overlong = p[0] == 0xE0 && p[1] < 0xA0, surrogate = p[0] == 0xED && p[1] >= 0xA0;
        return overlong || surrogate ? 0 : 3;
    }
    if (p[0] > 0xF4 || left < 4 || (p[1] & 0xC0) != 0x80 || (p[2] & 0xC0) != 0x80 || (p[3] & 0xC0) != 0x80)
        return 0;
    bool overlong = p[0] == 0xF0 && p[1] < 0x90, beyond = p[0] == 0xF4 && p[1] >= 0x90;
    return overlong || beyond ? 0 : 4;
}

/* Passes over valid UTF-8 sequences that are not ASCII. The text is broken where the result points at a byte >= 0x80. */
static inline const char *yz_utf8_skip(const char *p, const char *end) {
    for (;;) {
        while (end - p >= 4) { /* three bytes: most of the world's scripts */
            uint32_t w;
            memcpy(&w, p, 4);
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
            if ((w & 0xC0C0F0) != 0x8080E0)
                break;
            uint32_t top = (w & 0xF) << 6 | (w >> 8 & 0x3F); /* the upper ten bits of the character */
#else
            if ((w & 0xF0C0C000) != 0xE0808000)
                break;
            uint32_t top = (w >> 24 & 0xF) << 6 | (w >> 16 & 0x3F);
#endif
            if (top < 0x20 || (top & 0x3E0) == 0x360) /* overlong, surrogate */
                return p;
            p += 3;
        }
        if (p == end || (unsigned char)*p < 0x80)
            return p;
        size_t n = yz_utf8_length(p, end);
        if (n == 0)
            return p;
        p += n;
    }
}

#endif
