/* plain.c: the embedding that needs no model (text.h). It is not scaled to length 1: how much two texts differ is to be the same for one
 * word that differs, whether they are long or short. */
#include "text.h"

/* In steps of PLAIN_SCALE. A Chinese word is mostly two characters, so there a pair is a word, and one alone is half of one. */
#define WORD   10
#define PAIR   6
#define SINGLE 5
#define LEAST  20 /* of words alone: "what is it", and any single word, says too little */

static void put_token(int8_t *v, uint64_t hash, int weight) {
    hash *= 0x9e3779b97f4a7c15u;
    int8_t *at = &v[hash >> 32 & (PLAIN_DIMS - 1)];
    int sum = *at + (hash >> 63 ? -weight : weight);
    *at = (int8_t)(sum > 127 ? 127 : sum < -127 ? -127 : sum);
}

/* What the guard holds equal, wherever it stands. */
static bool is_free(token_kind kind) { return kind == TOKEN_FLAG || kind == TOKEN_ASKED; }

bool plain_embed(const tokens *t, int8_t out[PLAIN_DIMS]) {
    const token *before = NULL;
    int said = 0;
    memset(out, 0, PLAIN_DIMS);
    for (size_t i = 0; i < t->n; i++) {
        const token *one = &t->item[i];
        bool cjk = one->kind == TOKEN_CJK;
        said += one->kind == TOKEN_FLAG ? 0 : cjk ? SINGLE : WORD;
        if (is_free(one->kind))
            continue;
        put_token(out, one->hash, cjk ? SINGLE : WORD);
        if (before)
            put_token(out, before->hash * 31 + one->hash, cjk && before->kind == TOKEN_CJK ? WORD : PAIR);
        before = one;
    }
    return said >= LEAST;
}
