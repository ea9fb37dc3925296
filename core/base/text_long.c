/* base/text_long.c: the long way of yz_text_scan (base/text.h), 128 bytes at a time where the processor has AVX2, which is asked at run
 * time.
 *
 * A text of 200 KB costs 50,000 instructions so, 150,000 by sixteen bytes. It may stop before the end of the run, never after it: the
 * caller goes on from there. The same text is given to both ways in tests/unit/test_text.c.
 */
#include "base/text.h"

#ifdef __x86_64__
#include <immintrin.h>

#define WITH_AVX2 __attribute__((target("avx2")))

WITH_AVX2 static inline __m256i load(const char *p) { return _mm256_loadu_si256((const __m256i *)(const void *)p); }

/* Marks quotes and backslashes. */
WITH_AVX2 static inline __m256i marks(__m256i v) {
    return _mm256_or_si256(_mm256_cmpeq_epi8(v, _mm256_set1_epi8('"')), _mm256_cmpeq_epi8(v, _mm256_set1_epi8('\\')));
}

WITH_AVX2 static const char *pass_avx2(const char *p, const char *end) {
    for (; end - p >= 128; p += 128) {
        __m256i a = load(p), b = load(p + 32), c = load(p + 64), d = load(p + 96);
        __m256i hits = _mm256_or_si256(_mm256_or_si256(marks(a), marks(b)), _mm256_or_si256(marks(c), marks(d)));
        __m256i least = _mm256_min_epi8(_mm256_min_epi8(a, b), _mm256_min_epi8(c, d)); /* signed: bytes >= 0x80 are less than any */
        if (_mm256_movemask_epi8(_mm256_or_si256(hits, _mm256_cmpgt_epi8(_mm256_set1_epi8(0x20), least))) != 0)
            break;
    }
    return p;
}

const char *yz_text_long(const char *p, const char *end) { return __builtin_cpu_supports("avx2") ? pass_avx2(p, end) : p; }
#else
const char *yz_text_long(const char *p, const char *end) {
    (void)end;
    return p;
}
#endif
