/* question/features.c: from tokens to features (see features.h). Words of a long text count once; pairs and threes count while one of
 * their words is new, so that a pasted document does not drown the question. */
#include "question/features.h"

#include <math.h>

#define EDGE     6  /* tokens at each end whose place counts */
#define CHAIN    5  /* tokens of the chains at both ends */
#define SENTENCE 40 /* tokens of the first and of the last sentence */

/* What a hash is about: features of different kinds never meet. */
enum {
    ONE = 1,
    TWO,
    THREE,
    BEGINNING = 10,
    ENDING,
    PLACE,
    PLACE_FROM_END,
    FIRST_SENTENCE,
    ONLY_SENTENCE,
    LAST_SENTENCE,
    PAIR_OF_SENTENCE = 10, /* added to the three above */
    SHAPE = 30,
    SHAPE_IN_WORDS,
    SHAPE_IN_CHINESE,
    SHAPE_OF_QUESTION = 40, /* and three more, by what else is the case */
};

static void put(yz_features *f, uint32_t hash) {
    if (f->n < YZ_FEATURES_MAX)
        f->hash[f->n++] = hash;
}

static uint32_t of_two(uint32_t kind, uint32_t a, uint32_t b) { return yz_hash_mix(yz_hash_mix(kind, a), b); }

static void put_words(yz_features *f, const yz_token *t, unsigned n) {
    if (f->n + 3 * (size_t)n > YZ_FEATURES_MAX)
        return;
    uint32_t *to = f->hash + f->n; /* kept out of memory: a third of the instructions of three passes that put() each */
    for (unsigned i = 0; i < n; i++)
        if (t[i].fresh)
            *to++ = yz_hash_mix(ONE, t[i].hash);
    for (unsigned i = 0; i + 1 < n; i++)
        if (t[i].fresh || t[i + 1].fresh)
            *to++ = of_two(TWO, t[i].hash, t[i + 1].hash);
    for (unsigned i = 0; i + 2 < n; i++)
        if (t[i].fresh || t[i + 1].fresh || t[i + 2].fresh)
            *to++ = yz_hash_mix(of_two(THREE, t[i].hash, t[i + 1].hash), t[i + 2].hash);
    f->n = (unsigned)(to - f->hash);
}

static void put_edges(yz_features *f, const yz_token *t, unsigned n) {
    uint32_t begins = BEGINNING, ends = ENDING;
    for (unsigned i = 0; i < CHAIN && i < n; i++) {
        put(f, begins = yz_hash_mix(begins, t[i].hash));
        put(f, ends = yz_hash_mix(ends, t[n - 1 - i].hash));
    }
    for (unsigned i = 0; i < EDGE && i < n; i++) {
        put(f, yz_hash_mix(PLACE, t[i].hash));
        put(f, yz_hash_mix(PLACE_FROM_END, t[n - 1 - i].hash));
    }
}

static void put_sentence(yz_features *f, uint32_t kind, const yz_token *t, unsigned n) {
    for (unsigned i = 0; i < n && i < SENTENCE; i++) {
        put(f, yz_hash_mix(kind, t[i].hash));
        if (i + 1 < n && i + 1 < SENTENCE)
            put(f, of_two(kind + PAIR_OF_SENTENCE, t[i].hash, t[i + 1].hash));
    }
}

static void put_sentences(yz_features *f, const yz_tokens *t) {
    unsigned first = 0, last = t->n;
    while (first < t->n && t->item[first].sentence == 0)
        first++;
    while (last > 0 && t->item[last - 1].sentence == t->sentences - 1)
        last--;
    put_sentence(f, t->sentences > 1 ? FIRST_SENTENCE : ONLY_SENTENCE, t->item, first);
    if (t->sentences > 1)
        put_sentence(f, LAST_SENTENCE, t->item + last, t->n - last);
}

/* ---- shape --------------------------------------------------------------------------------------------------------------- */

static uint32_t at_most(unsigned n, unsigned most) { return n < most ? n : most; }

/* floor(per_doubling * log2(n + 1)), at most `most`. */
static uint32_t log_step(size_t n, double per_doubling, unsigned most) {
    return at_most((unsigned)(per_doubling * log2((double)n + 1) + 1e-9), most);
}

static bool asks(const yz_shape *s) { return s->last == '?' || s->last == 0xff1f; }

static void put_shape(yz_features *f, const yz_tokens *t) {
    const yz_shape *s = &t->shape;
    bool ends = s->last == '.' || s->last == '!' || s->last == 0x3002 || s->last == 0xff01, chinese = s->cjk * 4 > s->chars;
    const uint32_t marks[] = {
        100 + log_step(s->bytes, 2, 20),
        130 + at_most(s->numbers, 6),
        140 + (t->n ? 10 * s->numbers / t->n : 0),
        155 + at_most(s->operators, 5),
        165 + log_step(s->code_marks, 1.5, 8),
        180 + at_most(s->question_marks, 3),
        185 + at_most(s->lines, 5),
        192 + at_most(t->sentences - 1, 5),
        asks(s) ? 204
        : ends  ? 205
                : 206,
        chinese ? 208 : 209,
        s->fence ? 200 : 0,
        s->quote ? 201 : 0,
        s->colon ? 202 : 0,
        s->list ? 203 : 0,
        s->first >= 'A' && s->first <= 'Z' ? 207 : 0,
        s->proper ? 210 : 0,
        s->latex >= 2 ? 211 : 0,
    };
    uint32_t question = SHAPE_OF_QUESTION + 2u * asks(s) + (s->numbers > 0);
    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++)
        if (marks[i]) {
            put(f, yz_hash_mix(SHAPE, marks[i]));
            put(f, yz_hash_mix(chinese ? SHAPE_IN_CHINESE : SHAPE_IN_WORDS, marks[i]));
        }
    put(f, yz_hash_mix(question, marks[0])); /* by its size */
    put(f, yz_hash_mix(question, marks[1]));
    put(f, yz_hash_mix(question, marks[7]));
}

void yz_features_of(yz_features *features, const yz_tokens *tokens) {
    features->n = 0;
    put_words(features, tokens->item, tokens->n);
    put_edges(features, tokens->item, tokens->n);
    put_sentences(features, tokens);
    put_shape(features, tokens);
}
