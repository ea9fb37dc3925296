/* backlog.c: events that a slow rider has not had yet.
 *
 * A rider that was given events has not read the bytes, so what it misses while it rests must be kept as events too. They are copied
 * only then, and given back as soon as nobody needs them any more; the bytes beside them are the flight's.
 */
#include "cache.h"

void backlog_add(backlog *b, size_t start, size_t end, const yz_event *events) {
    if (!b->arena)
        b->arena = yz_arena_open();
    batch *new = yz_alloc(b->arena, sizeof *new);
    *new = (batch){.start = start, .end = end};
    yz_event *last = NULL;
    for (; events; events = events->next) {
        yz_event *copy = yz_event_copy(b->arena, events);
        if (last)
            last->next = copy;
        else
            new->events = copy;
        last = copy;
    }
    if (b->last)
        b->last->next = new;
    else
        b->first = new;
    b->last = new;
}

const batch *backlog_from(const backlog *b, size_t start) {
    const batch *at = b->first;
    while (at && at->start < start)
        at = at->next;
    return at;
}

void backlog_clear(backlog *b) {
    if (b->arena)
        yz_arena_free(b->arena);
    *b = (backlog){NULL, NULL, NULL};
}
