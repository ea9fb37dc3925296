/* guard.c: what two questions must share to be compared at all. Embeddings of "in 2023" and "in 2024", "with" and "without", "EUR to USD"
 * and "USD to EUR" lie side by side, however good the model is; so this is no matter of nearness: it is part of the key. Of each kind the
 * order counts, between kinds it does not. */
#include "text.h"

static void mix(uint64_t *sum, uint64_t hash) { *sum = (*sum ^ hash) * 0x9e3779b97f4a7c15u + 0x7f4a7c15u; }

/* What follows a direction: the next token that says something; of Chinese, two characters. */
static void mix_next(uint64_t *sum, const tokens *t, size_t i) {
    mix(sum, t->item[i].hash);
    for (size_t k = i + 1; k < t->n && k <= i + 2; k++) {
        mix(sum, t->item[k].hash);
        if (t->item[k].kind != TOKEN_CJK)
            return;
    }
}

void guard_put(const tokens *t, yz_buf *out) {
    uint64_t numbers = 1, names = 2, quoted = 3, marks = 4, symbols = 5, directions = 6, asked = 7, flags = 0;
    for (size_t i = 0; i < t->n; i++) {
        const token *one = &t->item[i];
        switch (one->kind) {
        case TOKEN_NUMBER:
            mix(&numbers, one->hash);
            break;
        case TOKEN_NAME:
            mix(&names, one->hash);
            break;
        case TOKEN_QUOTED:
            mix(&quoted, one->hash);
            break;
        case TOKEN_MARK:
            mix(&marks, one->hash);
            break;
        case TOKEN_ASKED:
            mix(&asked, one->hash);
            break;
        case TOKEN_SYMBOL:
            mix(&symbols, one->hash);
            break;
        case TOKEN_DIRECTION:
            mix_next(&directions, t, i);
            break;
        case TOKEN_FLAG:
            flags |= (uint64_t)1 << one->hash % 64;
            break;
        default:
            break;
        }
    }
    const uint64_t all[] = {numbers, names, quoted, marks, symbols, directions, asked, flags, t->chinese};
    yz_buf_put(out, all, sizeof all);
}
