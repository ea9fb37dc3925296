/* neutral.c: one reading of a request, and what was written from it (neutral.h has the contract).
 *
 * Everything but the written bodies is in the arena of the place. They are long, and not all of them are needed to the end, so they
 * are buffers of their own.
 */
#include "dialect/neutral.h"

#include "base/arena.h"
#include "dialect/chat.h"
#include "dialect/losses.h"
#include "dialect/tool_name.h"

/* The place of this request's body; a new one, for whoever asks alone, if it brings none. */
static struct yz_neutral *place_of(const yz_request *request, yz_arena *arena) {
    if (request->neutral && request->neutral->json == request->json)
        return request->neutral;
    yz_request copy = *request;
    yz_request_place(arena, &copy);
    return copy.neutral;
}

/* ---- reading --------------------------------------------------------------------------------------------------------- */

static int read_chat(const yz_request *request, yz_arena *arena, yz_losses *losses, yz_chat *chat, yz_error *error) {
    bool talks = request->op == YZ_OP_CHAT || request->op == YZ_OP_IMAGE;
    if (talks && request->json && request->dialect->read)
        return yz_chat_read(request, arena, losses, chat, error);
    *error = (yz_error){YZ_ERROR, .class_ = YZ_ERROR_UNSUPPORTED, .message = YZ_STR("this kind of request cannot be translated")};
    return YZ_EUNSUPPORTED;
}

static const yz_reading *reading_of(struct yz_neutral *place, const yz_request *request) {
    if (place->reading)
        return place->reading;
    yz_arena *arena = place->arena;
    yz_reading *reading = yz_alloc(arena, sizeof *reading);
    yz_losses *losses = yz_losses_new(arena);
    yz_error *error = yz_alloc(arena, sizeof *error);
    yz_chat *chat = yz_chat_new(arena);
    *error = (yz_error){YZ_ERROR, .class_ = YZ_ERROR_BAD_REQUEST};
    int code = read_chat(request, arena, losses, chat, error);
    *reading = (yz_reading){sizeof *reading, code, code < 0 ? NULL : chat, code < 0 ? error : NULL, losses};
    return place->reading = reading;
}

const yz_reading *yz_request_read(const yz_request *request, yz_arena *arena) { return reading_of(place_of(request, arena), request); }

/* ---- writing --------------------------------------------------------------------------------------------------------- */

static void free_written(void *arg) {
    for (yz_written *w = ((struct yz_neutral *)arg)->written; w; w = w->next)
        yz_buf_free(&w->body);
}

/* Gives back what nobody uses, but for the last one used and some short ones. */
static void trim(struct yz_neutral *place) {
    size_t kept = 0;
    for (yz_written **at = &place->written, *w; (w = *at);) {
        if (w != place->written && !w->users && kept + w->body.cap > YZ_WRITTEN_KEPT) {
            yz_buf_free(&w->body);
            *at = w->next;
            continue;
        }
        kept += w->users || w == place->written ? 0 : w->body.cap;
        at = &w->next;
    }
}

/* What was written for this target, taken out of the list; NULL: nothing. */
static yz_written *take(struct yz_neutral *place, const yz_target *target) {
    for (yz_written **at = &place->written, *w; (w = *at); at = &w->next)
        if (w->provider == target->provider && yz_str_eq(w->model, target->model)) {
            *at = w->next;
            return w;
        }
    return NULL;
}

static void write_body(yz_written *w, const yz_reading *reading, const yz_target *target, yz_arena *arena) {
    w->reading = reading;
    w->losses = (yz_losses){YZ_LOSSES, .arena = arena};
    yz_losses_copy(&w->losses, reading->losses->names, reading->losses->n);
    if ((w->code = reading->code) < 0)
        return;
    const yz_chat *chat = yz_tool_names_fit(reading->chat, arena);
    w->code = yz_chat_write(chat, target, arena, &w->losses, &w->body);
    if (w->code < 0)
        yz_buf_free(&w->body);
}

static yz_written *write_new(struct yz_neutral *place, const yz_request *request, const yz_target *target) {
    if (!place->disposed)
        yz_on_free(place->arena, free_written, place);
    place->disposed = true;
    yz_written *w = yz_alloc(place->arena, sizeof *w);
    w->provider = target->provider;
    w->model = yz_dup(place->arena, target->model);
    w->place = place;
    write_body(w, reading_of(place, request), target, place->arena);
    return w;
}

yz_written *yz_request_write(const yz_request *request, yz_arena *arena, const yz_target *target) {
    struct yz_neutral *place = place_of(request, arena);
    yz_written *w = take(place, target);
    if (!w)
        w = write_new(place, request, target);
    w->users++;
    w->next = place->written;
    place->written = w;
    trim(place);
    return w;
}

void yz_written_done(yz_written *w) {
    if (!w)
        return;
    w->users--;
    trim(w->place);
}
