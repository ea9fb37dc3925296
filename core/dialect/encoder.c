/* dialect/encoder.c: an encoder and what stands before it: the items in order, the client's own names of tools, and names of what is lost
 * that may stand in a header (yuzui/adapter.h has the contract). */
#include "dialect/encoder.h"

#include "base/dialects.h"
#include "base/record.h"
#include "dialect/order.h"
#include "dialect/tool_name.h"

struct yz_encoder {
    yz_sink sink; /* first: the events in order come here */
    const yz_adapter *to;
    void *state;
    yz_encode_info info;
    yz_order *order;
    yz_buf *out; /* during a call */
};

/* The adapter that can write a dialect: its own, or the one that owns it where the request was asked. */
static const yz_adapter *encoder_of(const yz_adapter *adapter, const yz_request *request) {
    if (!adapter || (adapter->encode && adapter->encode_open))
        return adapter;
    const yz_adapter *owner = request ? yz_dialects_find(request->dialects, yz_str_of(adapter->dialect)) : NULL;
    return owner && owner->encode && owner->encode_open ? owner : NULL;
}

/* The provider may have chosen the name: it ends in a header, so it is a word or none. */
static yz_str word(yz_str name) {
    size_t n = 0;
    for (; n < name.n && n < 63; n++) {
        char c = name.p[n];
        if (!(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') && !(c >= '0' && c <= '9') && c != '_' && c != '.' && c != '-')
            break;
    }
    return (yz_str){name.p, n};
}

static void lose(const yz_encoder *e, yz_str name, yz_loss how) {
    yz_str w = word(name);
    if (w.n)
        yz_lose_as(e->info.losses, yz_dup(e->info.arena, w).p, how);
}

/* The name the client gave a tool, where the provider was given another (dialect/tool_name.h). */
static yz_str own_name(const yz_encoder *e, yz_str name) {
    return e->info.chat && yz_tool_name_changed(name) ? yz_tool_name_own(e->info.chat, name, e->info.arena) : name;
}

static void in_order(yz_sink *sink, const yz_event *event) {
    yz_encoder *e = (yz_encoder *)(void *)sink;
    bool call = event->kind == YZ_EVENT_ITEM && event->item == YZ_PART_TOOL_CALL;
    if (event->kind == YZ_EVENT_FINISH_WORD)
        return;
    if (event->kind == YZ_EVENT_LOST) {
        lose(e, event->text, event->loss);
        return;
    }
    if (event->choice > 0 && !e->to->several) {
        if (event->kind == YZ_EVENT_ITEM)
            lose(e, YZ_STR("choices"), YZ_DROPPED);
        return;
    }
    if (!call && event->name.n == 0) {
        e->to->encode(e->state, event, e->out);
        return;
    }
    yz_event own = *event;
    own.name = call ? own_name(e, event->name) : word(event->name);
    e->to->encode(e->state, &own, e->out);
}

yz_encoder *yz_encoder_open(const yz_adapter *adapter, const yz_encode_info *info) {
    const yz_adapter *to = encoder_of(adapter, info->request);
    if (!to)
        return NULL;
    yz_encoder *e = yz_alloc(info->arena, sizeof *e);
    e->sink.emit = in_order;
    e->to = to;
    e->info = *info;
    e->order = yz_order_new(info->arena, &e->sink);
    e->state = yz_alloc(info->arena, to->encoder_size ? to->encoder_size : 1);
    to->encode_open(e->state, &e->info);
    return e;
}

yz_encoder *yz_encoder_new(const yz_request *request, int64_t now, yz_arena *arena, yz_losses *losses) {
    return yz_encoder_goes_on(request, now, arena, losses, 0);
}

yz_encoder *yz_encoder_goes_on(const yz_request *request, int64_t now, yz_arena *arena, yz_losses *losses, uint64_t forwarded) {
    const yz_chat *asked = yz_request_read(request, arena)->chat;
    const yz_encode_info info = {
        YZ_ENCODE_INFO,          .stream = request->stream, .include_usage = request->stream && asked && asked->include_usage,
        .model = request->model, .request_id = request->id, .now = now,
        .arena = arena,          .losses = losses,          .request = request,
        .chat = asked,           .forwarded = forwarded};
    return yz_encoder_open(request->dialect, &info);
}

void yz_encoder_put(yz_encoder *encoder, const yz_event *event, yz_buf *out) {
    yz_event room;
    YZ_WIDE(event, &room);
    if (event->citations) /* they are records of their own */
        event = yz_event_copy(encoder->info.arena, event);
    encoder->out = out;
    yz_order_put(encoder->order, event);
}
