/* yuzui/embed.h: texts and their embeddings in neutral form: what adapters of two dialects hand to each other. Text is escaped, numbers are
 * raw, as in chat.h; empty, NULL or 0 is "not said".
 *
 *   here         Chat Completions' API   generateContent's API
 *   inputs       input                   content, requests[].content
 *   dimensions   dimensions              outputDimensionality
 *   task, title  -                       taskType, title
 *   user         user                    -
 *   base64       encoding_format         -
 *   single       -                       embedContent, not batchEmbedContents
 */
#ifndef YUZUI_EMBED_H
#define YUZUI_EMBED_H

#include <yuzui/base.h>
#include <yuzui/json.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct yz_embed_input {
    size_t size;
    struct yz_embed_input *next;
    yz_str text;
} yz_embed_input;

typedef struct yz_embed {
    size_t size;
    yz_embed_input *inputs; /* the first; there is one at least */
    int64_t dimensions;
    yz_str task, title, user;
    bool base64; /* the client wants each vector as base64 of its floats of 32 bits, least byte first */
    bool single; /* it asked for one vector, and is answered with one */
} yz_embed;
yz_embed_input *yz_embed_add(yz_arena *arena, yz_embed *embed, yz_str text); /* appends an input */

typedef struct yz_vector {
    size_t size;
    struct yz_vector *next;
    yz_str values; /* raw: the list of its numbers */
} yz_vector;

typedef struct yz_embedded {
    size_t size;
    yz_vector *vectors; /* as many as inputs, in their order */
    int64_t tokens;     /* of the inputs; 0: not said */
} yz_embedded;
yz_vector *yz_vector_add(yz_arena *arena, yz_embedded *answer, yz_str values);

#ifdef __cplusplus
}
#endif
#endif
