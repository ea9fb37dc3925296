/* question/tokens.h: a text as the classifier sees it: what is asked of a long text, cut into tokens, and its shape.
 *
 * Tokens: a word of ASCII letters in lower case (with 's and 't), a run of digits as one of two tokens (short, long), every CJK character,
 * every other mark. White space is none. A token is known by a 32-bit hash; equal texts give equal tokens on every machine.
 */
#ifndef YUZUI_QUESTION_TOKENS_H
#define YUZUI_QUESTION_TOKENS_H

#include <yuzui/base.h>

#define YZ_ASK_CHARS 650 /* code points looked at; of longer texts YZ_ASK_HEAD and YZ_ASK_TAIL */
#define YZ_ASK_HEAD  400
#define YZ_ASK_TAIL  250

typedef struct yz_token {
    uint32_t hash;
    uint16_t sentence; /* its number: 0, 1, 2 … */
    bool fresh;        /* the first of its hash in this text */
} yz_token;

/* Counts over the part that is looked at; `bytes` over the whole ask. */
typedef struct yz_shape {
    unsigned chars, cjk, words, numbers, operators, code_marks, question_marks, lines, latex;
    size_t bytes;
    uint32_t first, last; /* code points that are not white space; 0: there is none */
    bool fence, quote, colon, list, proper;
} yz_shape;

typedef struct yz_tokens {
    yz_token item[YZ_ASK_CHARS + 1];
    unsigned n, sentences; /* sentences: at least 1 */
    yz_shape shape;
} yz_tokens;

/* The ask of a text: what stands after the last "[user]", "User:", "Human:", "用户：" or "# 用户输入", without white space around it, and
 * without the name of whoever is to answer ("Assistant:", "助手：") at its end. */
yz_str yz_ask_of(yz_str text);
/* Cuts an ask into tokens. Any bytes will do: what is not UTF-8 counts as one mark a byte. */
void yz_tokens_read(yz_tokens *tokens, yz_str ask);

/* Two hashes as one; the order counts. */
static inline uint32_t yz_hash_mix(uint32_t a, uint32_t b) {
    a ^= b * 0xcc9e2d51u;
    a = (a << 15 | a >> 17) * 0x1b873593u;
    return a ^ a >> 14;
}
static inline bool yz_is_cjk(uint32_t c) { return c >= 0x3400 && c <= 0x9fff; }

#endif
