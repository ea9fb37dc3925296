/* dialect/own_answer.h: an answer of the gateway's own: put together from what it says, and written once, in the form its request wants:
 *
 *   yz_own_answer *answer = yz_own_answer_new(request, arena, now);
 *   yz_own_answer_text(answer, text);
 *   yz_own_answer_end(answer, model, NULL);
 *   … send answer->head, answer->chunk, answer->end
 */
#ifndef YUZUI_DIALECT_OWN_ANSWER_H
#define YUZUI_DIALECT_OWN_ANSWER_H

#include <yuzui/adapter.h>

/* In the arena, which must outlive the sending, as must the request. */
typedef struct yz_own_answer {
    /* filled by yz_own_answer_end */
    yz_head head;
    yz_chunk chunk; /* all of it: bytes, and the same as events */
    yz_end end;
    /* the rest is own_answer.c's */
    yz_arena *arena;
    const yz_request *request;
    yz_encoder *encoder;
    yz_losses *losses;
    yz_event *first, *last;
    yz_buf bytes;
    yz_usage usage;
    unsigned items;
    bool calls;
} yz_own_answer;

/* now: Unix seconds. NULL: nobody can write the dialect of the request. */
yz_own_answer *yz_own_answer_new(const yz_request *request, yz_arena *arena, int64_t now);
/* All strings are plain, and copied. */
void yz_own_answer_text(yz_own_answer *answer, yz_str text);
/* A call of a tool. `arguments`: the text of a JSON object. */
void yz_own_answer_call(yz_own_answer *answer, yz_str id, yz_str name, yz_str arguments);
/* It is whole: writes it. usage NULL: nothing was used. */
void yz_own_answer_end(yz_own_answer *answer, yz_str model, const yz_usage *usage);

#endif
