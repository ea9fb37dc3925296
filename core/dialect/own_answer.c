/* dialect/own_answer.c: an answer of the gateway's own: its events, and their bytes by the encoder of the client's dialect. */
#include "dialect/own_answer.h"

static void free_bytes(void *arg) { yz_buf_free(&((yz_own_answer *)arg)->bytes); }

yz_own_answer *yz_own_answer_new(const yz_request *request, yz_arena *arena, int64_t now) {
    yz_losses *losses = yz_losses_new(arena);
    yz_encoder *encoder = yz_encoder_new(request, now, arena, losses);
    if (!encoder)
        return NULL;
    yz_own_answer *answer = yz_alloc(arena, sizeof *answer);
    answer->arena = arena;
    answer->request = request;
    answer->encoder = encoder;
    answer->losses = losses;
    yz_on_free(arena, free_bytes, answer);
    return answer;
}

static void add(yz_own_answer *answer, yz_event event) {
    yz_event *kept = yz_event_copy(answer->arena, &event);
    if (answer->last)
        answer->last->next = kept;
    else
        answer->first = kept;
    answer->last = kept;
}

static void add_item(yz_own_answer *answer, yz_event item, yz_str text) {
    item.kind = YZ_EVENT_ITEM;
    item.index = answer->items++;
    add(answer, item);
    if (text.n)
        add(answer, (yz_event){YZ_EVENT, .kind = YZ_EVENT_DELTA, .index = item.index, .text = yz_json_escape(answer->arena, text)});
    add(answer, (yz_event){YZ_EVENT, .kind = YZ_EVENT_ITEM_END, .index = item.index});
}

void yz_own_answer_text(yz_own_answer *answer, yz_str text) { add_item(answer, (yz_event){YZ_EVENT, .item = YZ_PART_TEXT}, text); }

void yz_own_answer_call(yz_own_answer *answer, yz_str id, yz_str name, yz_str arguments) {
    yz_arena *arena = answer->arena;
    answer->calls = true;
    add_item(answer, (yz_event){YZ_EVENT, .item = YZ_PART_TOOL_CALL, .id = yz_json_escape(arena, id), .name = yz_json_escape(arena, name)},
             arguments);
}

static void write_all(yz_own_answer *answer) {
    for (const yz_event *event = answer->first; event; event = event->next)
        yz_encoder_put(answer->encoder, event, &answer->bytes);
}

void yz_own_answer_end(yz_own_answer *answer, yz_str model, const yz_usage *usage) {
    const yz_request *request = answer->request;
    answer->usage = usage ? *usage : yz_usage_of(0, 0);
    yz_finish finish = answer->calls ? YZ_FINISH_TOOLS : YZ_FINISH_STOP;
    add(answer, (yz_event){YZ_EVENT, .kind = YZ_EVENT_USAGE, .usage = &answer->usage});
    add(answer, (yz_event){YZ_EVENT, .kind = YZ_EVENT_FINISH, .finish = finish});
    add(answer, (yz_event){YZ_EVENT, .kind = YZ_EVENT_DONE});
    yz_event *start =
        yz_event_copy(answer->arena, &(yz_event){YZ_EVENT, .kind = YZ_EVENT_START, .model = yz_json_escape(answer->arena, model)});
    start->next = answer->first;
    answer->first = start;
    write_all(answer);
    answer->head = (yz_head){YZ_HEAD,
                             .status = 200,
                             .stream = request->stream,
                             .dialect = request->dialect,
                             .content_type = request->stream ? YZ_STR("text/event-stream") : YZ_STR("application/json"),
                             .length = request->stream ? -1 : (int64_t)answer->bytes.n,
                             .losses = answer->losses->names,
                             .n_losses = answer->losses->n};
    answer->chunk = (yz_chunk){YZ_CHUNK, yz_buf_view(&answer->bytes), YZ_MARK_CONTENT | YZ_MARK_FINISH | YZ_MARK_USAGE, answer->first};
    answer->end = (yz_end){YZ_END, .usage = &answer->usage, .finish = finish};
}
