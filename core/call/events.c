/* call/events.c: what goes up: head, chunks, end, error.
 *
 * An event climbs from the call that sent it to the nearest stage above that has a hook for it, in one loop: a stage without the
 * hook costs a few loads. On its way it marks what it passes: a head marks calls as committed, an end or error closes them.
 *
 * The order of events is checked here (one head, then chunks, then one end), because a filter that breaks it would corrupt what the
 * client reads: the call that broke it ends with an internal error instead. Every event is widened first (base/record.h), so what a hook
 * gets has its full size.
 */
#include "base/record.h"
#include "base/request.h"
#include "call/node.h"

#include <stdio.h>

void yz_call_commit(yz_call *call) {
    for (; call && !call->taken; call = call->parent ? call->parent : call->tree->like)
        call->taken = true;
}

void yz_send_head(yz_call *call, const yz_head *head) {
    yz_head room;
    YZ_WIDE(head, &room);
    if (!call_may_act(call))
        return;
    record_headed(call, head);
    for (;;) {
        if (call->headed) {
            call_misused(call, "sent a second head");
            return;
        }
        call->headed = true;
        yz_call *up = call->parent;
        if (!up) {
            call->above->on_head(call->arg, call, head);
            return;
        }
        const yz_filter *filter = call_filter(up);
        bool open = !up->headed;
        if (open)
            up->record.answer = &call->record;
        if (filter->on_head) {
            filter->on_head(up, call, head);
            if (open && !up->headed)
                up->record.answer = NULL; /* the stage has kept it */
            return;
        }
        call = up;
    }
}

void yz_send_chunk(yz_call *call, const yz_chunk *chunk) {
    yz_chunk room;
    YZ_WIDE(chunk, &room);
    if (!call_may_act(call))
        return;
    bool first = chunk->marks & YZ_MARK_CONTENT && call->record.content == 0; /* or those above have it as well */
    for (;;) {
        if (!call->headed) {
            call_misused(call, "sent a chunk before a head");
            return;
        }
        if (first && call->record.content == 0)
            call->record.content = yz_turn_ns(call_turn(call));
        yz_call *up = call->parent;
        if (!up) {
            call->tree->sent += chunk->bytes.n;
            call->above->on_chunk(call->arg, call, chunk);
            return;
        }
        const yz_filter *filter = call_filter(up);
        if (filter->on_chunk) {
            filter->on_chunk(up, call, chunk);
            return;
        }
        call = up;
    }
}

static void climb_error(yz_call *call, const yz_error *error) {
    for (;;) {
        record_failed(call, error);
        call_close(call, YZ_OUTCOME_FAILED);
        yz_call *up = call->parent;
        if (!up) {
            call->above->on_error(call->arg, call, error);
            return;
        }
        const yz_filter *filter = call_filter(up);
        if (filter->on_error) {
            error = yz_error_copy(yz_call_arena(up), error); /* the arena it came from goes with the call that failed */
            call_unwait(up);
            filter->on_error(up, call, error);
            return;
        }
        call = up;
    }
}

void yz_send_end(yz_call *call, const yz_end *end) {
    yz_end room;
    YZ_WIDE(end, &room);
    if (!call_may_act(call))
        return;
    call->own_end = true;
    if (call->headed)
        record_answered(call, end);
    for (;;) {
        if (!call->headed) {
            call_misused(call, "ended without a head");
            return;
        }
        call->record.finish = end->finish;
        call_close(call, YZ_OUTCOME_DONE);
        yz_call *up = call->parent;
        if (!up) {
            call->above->on_end(call->arg, call, end);
            return;
        }
        const yz_filter *filter = call_filter(up);
        if (filter->on_end) {
            call_unwait(up);
            filter->on_end(up, call, end);
            return;
        }
        call = up;
    }
}

void yz_send_error(yz_call *call, const yz_error *error) {
    yz_error room;
    YZ_WIDE(error, &room);
    if (!call_may_act(call))
        return;
    call->own_end = true;
    climb_error(call, error);
}

void yz_fail(yz_call *call, yz_error_class class_, const char *fmt, ...) {
    if (!call_may_act(call))
        return;
    char text[512];
    va_list args;
    va_start(args, fmt);
    int n = vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    size_t length = n < 0 ? 0 : (size_t)n < sizeof text ? (size_t)n : sizeof text - 1;
    yz_error error = {YZ_ERROR, .class_ = class_, .message = yz_dup(yz_call_arena(call), (yz_str){text, length})};
    call->own_end = true;
    climb_error(call, &error);
}

void call_break(yz_call *call, const yz_error *error) { climb_error(call, error); }

void yz_call_abort(yz_call *root, const yz_error *error) {
    if (!root->ended)
        call_break(root, error);
}

void call_misused(yz_call *call, const char *what) {
    yz_log(YZ_LOG_ERROR, "stage %s %s: the call ends with an internal error", call->link->name, what);
    yz_error error = {YZ_ERROR, .class_ = YZ_ERROR_INTERNAL,
                      .message = yz_format(yz_call_arena(call), "internal error in stage %s", call->link->name)};
    call_break(call, &error);
}
