/* question/weigh.c: eight features at a time where the processor has AVX2, which is asked at run time (see weigh.h).
 *
 * A question of 170 bytes costs 1,900 instructions so, 6,900 one by one; most of the time goes with branches nobody can foresee, which are
 * not there. The same features are given to both ways in tests/unit/test_question.c.
 */
#include "question/weigh.h"

#include <string.h>

#define AHEAD 8 /* features whose entries are on their way from memory */

yz_weights yz_weigh_each(const uint8_t *entries, uint32_t mask, const yz_features *features, unsigned from) {
    yz_weights sums = {0};
    for (unsigned i = from; i < features->n; i++) {
        if (i + AHEAD < features->n)
            __builtin_prefetch(entries + (size_t)(features->hash[i + AHEAD] & mask) * 4);
        uint32_t slot = features->hash[i] & mask, wanted = features->hash[i] >> 16 | 1, e;
        while (memcpy(&e, entries + (size_t)slot * 4, 4), (e & 0xffff) != wanted && (e & 0xffff) != 0)
            slot = (slot + 1) & mask;
        if (e & 0xffff) {
            sums.first += (int8_t)(e >> 16);
            sums.second += (int8_t)(e >> 24);
            sums.known++;
        }
    }
    return sums;
}

#ifdef __x86_64__
#include <immintrin.h>

#define WITH_AVX2 __attribute__((target("avx2")))

WITH_AVX2 static int32_t sum_of(__m256i v) {
    int32_t lane[8], sum = 0;
    _mm256_storeu_si256((__m256i *)(void *)lane, v);
    for (int i = 0; i < 8; i++)
        sum += lane[i];
    return sum;
}

WITH_AVX2 static yz_weights weigh_eights(const uint8_t *entries, uint32_t mask, const yz_features *features) {
    const __m256i masks = _mm256_set1_epi32((int32_t)mask), low = _mm256_set1_epi32(0xffff), one = _mm256_set1_epi32(1),
                  none = _mm256_setzero_si256();
    __m256i first = none, second = none, known = none;
    unsigned i = 0;
    for (; i + 8 <= features->n; i += 8) {
        __m256i hash = _mm256_loadu_si256((const __m256i *)(const void *)(features->hash + i));
        __m256i slot = _mm256_and_si256(hash, masks), wanted = _mm256_or_si256(_mm256_srli_epi32(hash, 16), one),
                open = _mm256_cmpeq_epi32(none, none);
        do { /* once for most eights: whoever is found, or has come upon a free slot, is no longer asked for */
            __m256i e = _mm256_mask_i32gather_epi32(none, (const int *)(const void *)entries, slot, open, 4);
            __m256i tag = _mm256_and_si256(e, low), hit = _mm256_and_si256(_mm256_cmpeq_epi32(tag, wanted), open);
            first = _mm256_add_epi32(first, _mm256_and_si256(_mm256_srai_epi32(_mm256_slli_epi32(e, 8), 24), hit));
            second = _mm256_add_epi32(second, _mm256_and_si256(_mm256_srai_epi32(e, 24), hit));
            known = _mm256_sub_epi32(known, hit);
            open = _mm256_andnot_si256(_mm256_or_si256(hit, _mm256_cmpeq_epi32(tag, none)), open);
            slot = _mm256_and_si256(_mm256_add_epi32(slot, one), masks);
        } while (_mm256_movemask_epi8(open) != 0);
    }
    yz_weights rest = yz_weigh_each(entries, mask, features, i);
    return (yz_weights){rest.first + sum_of(first), rest.second + sum_of(second), rest.known + (unsigned)sum_of(known)};
}

yz_weights yz_weigh(const uint8_t *entries, uint32_t mask, const yz_features *features) {
    return __builtin_cpu_supports("avx2") ? weigh_eights(entries, mask, features) : yz_weigh_each(entries, mask, features, 0);
}
#else
yz_weights yz_weigh(const uint8_t *entries, uint32_t mask, const yz_features *features) {
    return yz_weigh_each(entries, mask, features, 0);
}
#endif
