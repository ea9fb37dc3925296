/* dialect/same.c: the short way of a decoder (yuzui/adapter.h has the contract).
 *
 * Nine events in ten of a stream differ from the one before in nothing but their text. When one was read in full, the bytes around
 * its text are kept; an event with the same bytes around a JSON string then says the same but for that string, which alone has to be
 * proven. What the bytes around it mean is the adapter's business: it remembers only events that say one piece of text.
 */
#include <yuzui/adapter.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

void yz_same_remember(yz_same *same, yz_str data, const yz_json *text) {
    same->before = same->after = 0;
    if (!text)
        return;
    size_t before = (size_t)(text->p - data.p), after = data.n - before - text->n;
    if (before + after > sizeof(same->bytes))
        return;
    memcpy(same->bytes, data.p, before);
    memcpy(same->bytes + before, text->p + text->n, after);
    same->before = (uint16_t)before;
    same->after = (uint16_t)after;
}

#ifdef __SSE2__
/* Which of the 16 bytes at p are not plain: a bit for each. */
static inline unsigned odd_bytes(const char *p) {
    __m128i v = _mm_loadu_si128((const __m128i *)(const void *)p);
    __m128i low = _mm_cmplt_epi8(v, _mm_set1_epi8(0x20)); /* signed: from 0x80 on as well */
    __m128i odd = _mm_or_si128(_mm_cmpeq_epi8(v, _mm_set1_epi8('"')), _mm_cmpeq_epi8(v, _mm_set1_epi8('\\')));
    return (unsigned)_mm_movemask_epi8(_mm_or_si128(_mm_or_si128(low, odd), _mm_cmpeq_epi8(v, _mm_set1_epi8(0x7f))));
}
#endif

/* Nothing but printable ASCII, without quotes and backslashes. What stands between `end` and `stop` may be read as well. */
static bool is_plain(const char *p, const char *end, const char *stop) {
#ifdef __SSE2__
    for (; end - p >= 16; p += 16)
        if (odd_bytes(p))
            return false;
    if (stop - p >= 16)
        return (odd_bytes(p) & ((1u << (end - p)) - 1)) == 0;
#else
    (void)stop;
#endif
    for (; p < end; p++)
        if ((unsigned char)*p < 0x20 || (unsigned char)*p >= 0x7f || *p == '"' || *p == '\\')
            return false;
    return true;
}

/* A JSON string of nothing but plain ASCII needs no more proof than this. */
static bool is_plain_string(yz_str s, const char *stop) {
    return s.n >= 2 && s.p[s.n - 1] == '"' && is_plain(s.p + 1, s.p + s.n - 1, stop);
}

bool yz_same_text(const yz_same *same, yz_str data, yz_arena *arena, yz_str *escaped) {
    size_t before = same->before, after = same->after;
    if (before == 0 || data.n <= before + after || memcmp(data.p, same->bytes, before) != 0 ||
        memcmp(data.p + data.n - after, same->bytes + before, after) != 0)
        return false;
    yz_str middle = {data.p + before, data.n - before - after};
    if (middle.p[0] != '"')
        return false;
    if (is_plain_string(middle, data.p + data.n)) {
        *escaped = (yz_str){middle.p + 1, middle.n - 2};
        return true;
    }
    yz_json *string;
    if (yz_json_parse(arena, middle, YZ_JSON_LONE_SURROGATES, &string, NULL) < 0)
        return false;
    *escaped = yz_json_escaped(string);
    return true;
}
