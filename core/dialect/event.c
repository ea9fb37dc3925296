/* dialect/event.c: copies of events (yuzui/answer.h has the contract). */
#include <yuzui/answer.h>

#include "base/record.h"
#include "base/request.h"

yz_event *yz_event_copy(yz_arena *arena, const yz_event *event) {
    yz_event *copy = yz_alloc(arena, sizeof *copy), room;
    *copy = *YZ_WIDE(event, &room);
    copy->text = yz_dup(arena, event->text);
    copy->id = yz_dup(arena, event->id);
    copy->name = yz_dup(arena, event->name);
    copy->model = yz_dup(arena, event->model);
    copy->usage = yz_usage_copy(arena, event->usage);
    copy->error = event->error ? yz_error_copy(arena, event->error) : NULL;
    return copy;
}
