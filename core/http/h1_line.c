/* http/h1_line.c: lines, for any split of the bytes.
 *
 * A line that came whole is a slice of the input; only one that came in pieces is copied. A line ends in CR LF and holds no other
 * control byte than TAB: a bare CR, a bare LF, NUL and the like are refused as soon as they are seen, not when the head is whole. Some
 * scripts answer in lines that end in LF alone: a response whose first line does so has such lines throughout.
 */
#include "http/h1_parser.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

static inline bool is_control(unsigned char c) { return c < 0x20 || c == 0x7F; }

#ifdef __SSE2__
/* A bit for each of sixteen bytes that is one. */
static inline unsigned controls_of(__m128i v) {
    const __m128i top = _mm_set1_epi8(0x1F), del = _mm_set1_epi8(0x7F);
    return (unsigned)_mm_movemask_epi8(_mm_or_si128(_mm_cmpeq_epi8(_mm_min_epu8(v, top), v), _mm_cmpeq_epi8(v, del)));
}

/* Of 8 to 16 bytes, as two halves that overlap. */
static inline const char *find_in_short(const char *p, const char *end) {
    int64_t low, high;
    memcpy(&low, p, 8);
    memcpy(&high, end - 8, 8);
    unsigned mask = controls_of(_mm_set_epi64x(high, low));
    return mask & 0xff ? p + __builtin_ctz(mask) : mask ? end - 8 + __builtin_ctz(mask >> 8) : end;
}
#endif

const char *yz_h1_find_control(const char *p, const char *end) {
#ifdef __SSE2__
    for (; end - p >= 16; p += 16) {
        unsigned mask = controls_of(_mm_loadu_si128((const __m128i *)(const void *)p));
        if (mask)
            return p + __builtin_ctz(mask);
    }
    if (end - p >= 8)
        return find_in_short(p, end);
#endif
    while (p < end && !is_control((unsigned char)*p))
        p++;
    return p;
}

bool yz_h1_plain(const char *p, const char *end) {
#ifdef __SSE2__
    for (const __m128i del = _mm_set1_epi8(0x7F), low = _mm_set1_epi8(0x20); end - p >= 16; p += 16) {
        __m128i v = _mm_loadu_si128((const __m128i *)(const void *)p);
        __m128i other = _mm_or_si128(_mm_cmplt_epi8(v, low), _mm_cmpeq_epi8(v, del)); /* signed: bytes >= 0x80 are below any */
        __m128i ends = _mm_or_si128(_mm_cmpeq_epi8(v, _mm_set1_epi8('\r')), _mm_cmpeq_epi8(v, _mm_set1_epi8('\n')));
        if (_mm_movemask_epi8(_mm_andnot_si128(ends, other)) != 0)
            return false;
    }
#endif
    while (p < end && (unsigned char)*p < 0x7F && ((unsigned char)*p >= 0x20 || *p == '\r' || *p == '\n'))
        p++;
    return p == end;
}

/* The line is [p, end) after what is kept. */
static yz_str whole(yz_h1 *h1, const char *p, const char *end) {
    if (h1->partial.n == 0)
        return (yz_str){p, (size_t)(end - p)};
    yz_buf_put(&h1->partial, p, (size_t)(end - p));
    yz_str line = yz_buf_view(&h1->partial);
    h1->partial.n = 0;
    return line;
}

/* Does a line end here, at an LF alone? Where the first of a response does, those of its head all do: one that has both kinds may be two
 * heads in one. */
static bool ends_bare(yz_h1 *h1) {
    if (h1->response && h1->state == YZ_H1_START_LINE)
        h1->said.bare = true;
    return h1->said.bare;
}

/* The length is judged before the byte after it, so that the verdict does not depend on how much came at once. */
int yz_h1_line(yz_h1 *h1, const char **p, const char *end, size_t most, int status, yz_str *line) {
    const char *from = *p, *at = from;
    if (from == end)
        return YZ_H1_MORE;
    if (h1->cr) {
        if (*at != '\n')
            return yz_h1_refuse(h1, YZ_EINVAL, 400, "a CR without an LF");
        h1->cr = false;
        *p = at + 1;
        *line = h1->partial.n ? whole(h1, at, at) : YZ_STR("");
        return YZ_H1_DONE;
    }
    for (;; at++) {
        at = yz_h1_find_control(at, end);
        if (h1->partial.n + (size_t)(at - from) > most)
            return yz_h1_refuse(h1, YZ_ELIMIT, status, "a line is too long");
        if (at == end || *at == '\r')
            break;
        if (*at == '\n' && ends_bare(h1)) {
            *p = at + 1;
            *line = whole(h1, from, at);
            return YZ_H1_DONE;
        }
        if (*at != '\t')
            return yz_h1_refuse(h1, YZ_EINVAL, 400, *at == '\n' ? "a line that ends in LF without CR" : "a control character in a line");
    }
    if (at < end && h1->said.bare && h1->state == YZ_H1_FIELDS)
        return yz_h1_refuse(h1, YZ_EINVAL, 400, "lines of a head that end in two ways");
    if (end - at >= 2) {
        if (at[1] != '\n')
            return yz_h1_refuse(h1, YZ_EINVAL, 400, "a CR without an LF");
        *p = at + 2;
        *line = whole(h1, from, at);
        return YZ_H1_DONE;
    }
    h1->cr = at < end;
    *p = end;
    yz_buf_put(&h1->partial, from, (size_t)(at - from));
    return YZ_H1_MORE;
}
