/* text.h: a question as the semantic cache sees it: tokens, what of them two questions must share to be compared at all, and a vector.
 *
 *   words.c    the words that count for more, or for nothing
 *   text.c     a text cut into tokens
 *   guard.c    what must not differ
 *   plain.c    the embedding that needs no model
 */
#ifndef SEMANTIC_TEXT_H
#define SEMANTIC_TEXT_H

#include <yuzui/base.h>

typedef enum token_kind {
    TOKEN_FILLER,    /* says nothing: left out */
    TOKEN_MARK,      /* one of the words that turn the meaning: not, Monday, most, French … */
    TOKEN_ASKED,     /* likewise: when, who, how many. Where it stands says nothing: "when did he die", "he died when?" */
    TOKEN_FLAG,      /* likewise, but how often and where does not matter */
    TOKEN_DIRECTION, /* likewise, with what follows it: to, than, from … */
    TOKEN_SAME,      /* one of several words for the same thing */
    TOKEN_WORD,      /* any other word */
    TOKEN_CJK,       /* any other Chinese character */
    TOKEN_NAME,      /* a word that is written as a name: in capitals, or capitalised within a sentence, or with digits or marks inside */
    TOKEN_NUMBER,
    TOKEN_QUOTED, /* what stands in quotation marks, or as code */
    TOKEN_SYMBOL, /* + = < … */
} token_kind;

typedef struct token {
    token_kind kind;
    uint64_t hash; /* equal for what counts as equal */
} token;

#define TEXT_MAX   4096 /* bytes of a text */
#define TOKENS_MAX 2048 /* no text has more: a word and the mark after it are two bytes, a negation makes two of six */

typedef struct tokens {
    size_t n;
    bool chinese; /* some of it is */
    token item[TOKENS_MAX];
} tokens;

/* Is it one of the table's words (joined by '_'), and which? Any thread. */
bool word_find(yz_str word, token_kind *kind, uint32_t *item);

/* Cuts a plain text of at most TEXT_MAX bytes. Any bytes will do. */
void tokens_read(tokens *out, yz_str text);

/* What must be equal for two texts to be compared: numbers, names, quotations, the words that turn the meaning, directions, language.
 * Appended, as bytes. */
void guard_put(const tokens *t, yz_buf *out);

#define PLAIN_DIMS  512
#define PLAIN_SCALE 0.1f /* what a 1 of such a vector is worth */
/* The embedding that needs no model: words, without those that say nothing or are equal by the guard, alone and in pairs, hashed. Two texts
 * are as near as they have words in common; of what words mean it knows only the table. False: there is too little to compare. */
bool plain_embed(const tokens *t, int8_t out[PLAIN_DIMS]);

#endif
