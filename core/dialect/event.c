/* dialect/event.c: copies of events (yuzui/answer.h has the contract). */
#include <yuzui/answer.h>

#include "base/arena.h"
#include "base/record.h"
#include "base/request.h"

/* Most events have one string: an empty one costs nothing. */
static yz_str keep(yz_arena *arena, yz_str s) { return s.n ? yz_dup(arena, s) : (yz_str){0}; }

static const yz_citation *keep_citations(yz_arena *arena, const yz_citation *citations) {
    const yz_citation *first = NULL, **end = &first;
    for (const yz_citation *at = citations; at; at = at->next) {
        yz_citation *copy = yz_alloc(arena, sizeof *copy), room;
        const yz_citation *c = at;
        *copy = *YZ_WIDE(c, &room);
        copy->next = NULL;
        copy->url = keep(arena, c->url);
        copy->title = keep(arena, c->title);
        copy->quote = keep(arena, c->quote);
        *end = copy;
        end = &copy->next;
    }
    return first;
}

/* Nine events in ten are pieces of text: of what they point to, only that has to be looked at. */
static bool is_text_alone(const yz_event *e) {
    size_t others = e->id.n | e->name.n | e->model.n | e->media_type.n | e->raw.n | e->dialect.n | e->signed_by.n | e->list.n;
    return others == 0 && !e->citations && !e->usage && !e->error;
}

yz_event *yz_event_copy(yz_arena *arena, const yz_event *event) {
    yz_event *copy = yz_alloc_raw(arena, sizeof *copy), room;
    *copy = *YZ_WIDE(event, &room);
    copy->next = NULL;
    copy->text = keep(arena, event->text);
    if (is_text_alone(event))
        return copy;
    copy->id = keep(arena, event->id);
    copy->name = keep(arena, event->name);
    copy->model = keep(arena, event->model);
    copy->media_type = keep(arena, event->media_type);
    copy->raw = keep(arena, event->raw);
    copy->dialect = keep(arena, event->dialect);
    copy->signed_by = keep(arena, event->signed_by);
    copy->list = keep(arena, event->list);
    copy->citations = keep_citations(arena, event->citations);
    copy->usage = yz_usage_copy(arena, event->usage);
    copy->error = event->error ? yz_error_copy(arena, event->error) : NULL;
    return copy;
}
