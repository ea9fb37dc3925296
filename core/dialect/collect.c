/* dialect/collect.c: events → what was said, as a whole (collect.h has the contract). Kinds of items that have no place in it are passed
 * over: pictures, sound, what is the provider's own. */
#include "dialect/collect.h"

#include "dialect/order.h"
#include "dialect/tool_name.h"

static yz_collected *of(yz_sink *sink) { return (yz_collected *)(void *)((char *)sink - offsetof(yz_collected, in_order)); }

/* The provider may have been given another name for the tool than the client's. */
static yz_str own_name(const yz_collected *c, yz_str name) {
    const yz_chat *chat = yz_tool_name_changed(name) ? yz_request_read(c->request, c->arena)->chat : NULL;
    return chat ? yz_tool_name_own(chat, name, c->arena) : name;
}

static void begin_item(yz_collected *c, const yz_event *event) {
    c->item = event->item;
    if (event->item != YZ_PART_TOOL_CALL)
        return;
    yz_collected_call *call = yz_alloc(c->arena, sizeof *call);
    call->id = yz_dup(c->arena, event->id);
    call->name = yz_dup(c->arena, own_name(c, event->name));
    c->n += event->id.n + event->name.n;
    *c->end = call;
    c->end = &call->next;
}

/* The arguments of the last call: the one that is open. */
static yz_buf *arguments(const yz_collected *c) {
    yz_collected_call *call = c->calls;
    while (call->next)
        call = call->next;
    return &call->arguments;
}

static yz_buf *place_of(yz_collected *c) {
    switch (c->item) {
    case YZ_PART_TEXT:
        return &c->text;
    case YZ_PART_REASONING:
        return &c->reasoning;
    case YZ_PART_REFUSAL:
        return &c->refusal;
    case YZ_PART_TOOL_CALL:
        return arguments(c);
    default:
        return NULL;
    }
}

static void on_event(yz_sink *sink, const yz_event *event) {
    yz_collected *c = of(sink);
    yz_buf *place;
    if (event->choice > 0) /* one answer is asked for */
        return;
    switch (event->kind) {
    case YZ_EVENT_START:
        c->model = yz_dup(c->arena, event->model);
        break;
    case YZ_EVENT_ITEM:
        begin_item(c, event);
        break;
    case YZ_EVENT_DELTA:
        place = place_of(c);
        if (place)
            yz_buf_str(place, event->text);
        c->n += event->text.n;
        break;
    case YZ_EVENT_USAGE:
        yz_usage_merge(&c->usage, event->usage);
        break;
    case YZ_EVENT_FINISH:
        if (c->finish == YZ_FINISH_NONE)
            c->finish = event->finish;
        break;
    default:
        break;
    }
}

static void put(yz_sink *sink, const yz_event *event) { yz_order_put(((yz_collected *)(void *)sink)->order, event); }

static void free_collected(void *arg) {
    yz_collected *c = arg;
    yz_buf_free(&c->text);
    yz_buf_free(&c->reasoning);
    yz_buf_free(&c->refusal);
    for (yz_collected_call *call = c->calls; call; call = call->next)
        yz_buf_free(&call->arguments);
}

yz_collected *yz_collected_new(yz_arena *arena, const yz_request *request) {
    yz_collected *c = yz_alloc(arena, sizeof *c);
    c->sink.emit = put;
    c->in_order.emit = on_event;
    c->arena = arena;
    c->request = request;
    c->end = &c->calls;
    c->order = yz_order_new(arena, &c->in_order);
    yz_on_free(arena, free_collected, c);
    return c;
}
