/* gemini/answers.c: which result answers which call, where clients use an id more than once.
 *
 * Ids come from clients and models, and some count them anew in each turn, or have none. The results of an id up to the next call of it
 * belong to the last calls of that id that have none yet, in their order: the first of two to the first of two, and the only one to the
 * call that was made last, since what was broken off before never got its own. A result that is left over answers nothing; the writer says
 * it as text. All is found in one walk over the conversation.
 */
#include "gemini.h"

typedef struct open_part { /* a call or a result that has no other yet */
    struct open_part *below;
    const yz_part *part;
} open_part;

typedef struct id_state {
    struct id_state *next;
    open_part *calls, *results; /* the last on top */
    size_t n_calls, n_results;
} id_state;

struct gm_answers {
    yz_arena *arena;
    yc_index *ids;   /* id_state */
    yc_index *pairs; /* parts, by the address of the other */
    id_state *first;
};

static void push(yz_arena *arena, open_part **top, size_t *n, const yz_part *part) {
    open_part *one = yz_alloc(arena, sizeof *one);
    *one = (open_part){.below = *top, .part = part};
    *top = one;
    ++*n;
}

static const yz_part *pop(open_part **top, size_t *n) {
    const yz_part *part = (*top)->part;
    *top = (*top)->below;
    --*n;
    return part;
}

static void put_pair(gm_answers *a, const yz_part *key, const yz_part *other) {
    yz_str place = yz_dup(a->arena, yz_str_at((const char *)&key, sizeof key));
    yc_index_put(a->pairs, place, (void *)(uintptr_t)other);
}

/* The results so far find their calls; those that are too many are the last. */
static void settle(gm_answers *a, id_state *id) {
    while (id->n_results > id->n_calls)
        pop(&id->results, &id->n_results);
    while (id->n_results > 0) {
        const yz_part *call = pop(&id->calls, &id->n_calls), *result = pop(&id->results, &id->n_results);
        put_pair(a, call, result);
        put_pair(a, result, call);
    }
}

static id_state *state_of(gm_answers *a, yz_str name) {
    id_state *id = yc_index_get(a->ids, name);
    if (id)
        return id;
    id = yz_alloc(a->arena, sizeof *id);
    *id = (id_state){.next = a->first};
    a->first = id;
    yc_index_put(a->ids, name, id);
    return id;
}

static void take(gm_answers *a, const yz_part *part) {
    if (part->kind != YZ_PART_TOOL_CALL && part->kind != YZ_PART_TOOL_RESULT)
        return;
    id_state *id = state_of(a, part->id);
    if (part->kind == YZ_PART_TOOL_RESULT) {
        push(a->arena, &id->results, &id->n_results, part);
        return;
    }
    settle(a, id);
    push(a->arena, &id->calls, &id->n_calls, part);
}

const gm_answers *gm_answers_of(const yz_chat *chat, yz_arena *arena) {
    gm_answers *a = yz_alloc(arena, sizeof *a);
    *a = (gm_answers){.arena = arena, .ids = yc_index_new(arena), .pairs = yc_index_new(arena)};
    for (const yz_message *m = chat->messages; m; m = m->next)
        for (const yz_part *part = m->parts; part; part = part->next)
            take(a, part);
    for (id_state *id = a->first; id; id = id->next)
        settle(a, id);
    return a;
}

const yz_part *gm_answer(const gm_answers *a, const yz_part *part) {
    return yc_index_get(a->pairs, yz_str_at((const char *)&part, sizeof part));
}
