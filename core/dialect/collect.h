/* dialect/collect.h: a whole answer, collected from its events: for those in the core who want to know what was said, and do not pass it
 * on as it comes (llm.chat, `yuzui test`, `yuzui explain`). Of several answers (n) it is the first. */
#ifndef YUZUI_DIALECT_COLLECT_H
#define YUZUI_DIALECT_COLLECT_H

#include <yuzui/adapter.h>

typedef struct yz_collected_call {
    yz_str id, name;  /* escaped; the name is the one the client gave its tool. id empty: the provider gave none */
    yz_buf arguments; /* escaped JSON text; empty means {} */
    struct yz_collected_call *next;
} yz_collected_call;

typedef struct yz_collected yz_collected;
struct yz_collected {
    yz_sink sink;                    /* first: takes the events of a decoder, in any order */
    yz_str model;                    /* escaped; empty: it was not said */
    yz_buf text, reasoning, refusal; /* escaped */
    yz_collected_call *calls;
    yz_finish finish;
    yz_usage usage;
    size_t n; /* bytes of all of it so far */
    /* the rest is collect.c's */
    struct yz_order *order;
    yz_sink in_order;
    yz_arena *arena;
    const yz_request *request;
    yz_collected_call **end;
    yz_part_kind item;
};

/* An empty one in the arena, for an answer to `request`, which outlives it. */
yz_collected *yz_collected_new(yz_arena *arena, const yz_request *request);

#endif
