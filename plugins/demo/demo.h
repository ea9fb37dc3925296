/* demo/demo.h: what the files of the demo provider share.
 *
 *   demo.c     the filter that answers in place of a network: pace, faults, the descriptor
 *   compose.c  what the answer says
 */
#ifndef DEMO_DEMO_H
#define DEMO_DEMO_H

#include <yuzui/plugin.h>

typedef struct demo_config {
    int64_t delay, pace; /* ms: before the answer, between its pieces */
} demo_config;

/* An answer, as plain text. The same request gets the same answer. */
typedef struct demo_answer {
    yz_str reasoning, text;
    yz_str tool;      /* escaped name of the tool to call; empty: none */
    yz_str arguments; /* of it: JSON */
    yz_finish finish;
    yz_usage usage;
} demo_answer;

void demo_compose(const yz_request *request, const yz_chat *chat, yz_arena *arena, demo_answer *out);
/* Bytes of the next piece of a text: about a word. */
size_t demo_piece(yz_str text);

/* value.c: a value that fits a JSON Schema, as far as its types go. */
void demo_value(const yz_json *schema, unsigned depth, yz_buf *out);

#endif
