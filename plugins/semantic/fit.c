/* fit.c: whether a request may be answered by the answer to another one, and its frame: what must be equal for it.
 *
 * Only the last turn's text may differ: whose request it is, model, options, system prompt and earlier turns are compared as the exact
 * cache compares them, byte for byte, with that text cut out of the body; in its place stands what of it must be equal (guard.c). What the
 * answer would do besides being read (call tools, be held by a provider), what cannot be read whole, and what is more than a text, is left
 * alone.
 */
#include "semantic.h"

static bool is_text(const yz_part *part) { return part && !part->next && part->kind == YZ_PART_TEXT && part->text.n > 0; }

/* The one text of the last turn, if that is the user's; NULL: it is none. */
static const yz_part *last_text(const yz_chat *chat) {
    const yz_message *last = chat->messages;
    while (last && last->next)
        last = last->next;
    return last && last->role == YZ_ROLE_USER && is_text(last->parts) ? last->parts : NULL;
}

static const char *unfit(const yz_reading *reading) {
    const yz_chat *chat = reading->chat;
    if (reading->code != YZ_OK || reading->losses->n > 0)
        return "fields";
    if (chat->tools || chat->tool_choice != YZ_TOOLS_UNSAID)
        return "tools";
    if (chat->n > 1 || chat->logprobs)
        return "choices";
    if (chat->previous.n || chat->cached.n)
        return "kept elsewhere";
    if (chat->modalities.n || chat->voice.n)
        return "no text";
    return last_text(chat) ? NULL : "no text";
}

static bool frame_of(yz_call *call, const yz_request *request, const yz_part *part, const tokens *words, uint8_t frame[FRAME_SIZE]) {
    yz_buf guard = {0};
    guard_put(words, &guard);
    yc_hole hole = {.at = part->text.p, .instead = yz_buf_view(&guard)};
    bool made = yc_request_key(call, request, &hole, frame) && hole.met;
    yz_buf_free(&guard);
    return made;
}

const char *question_read(yz_call *call, const yz_request *request, const semantic_config *cfg, question *out) {
    if (request->no_cache)
        return "as asked";
    if (!request->json || request->upload)
        return "fields";
    const yz_reading *reading = yz_request_read(request, yz_call_arena(call));
    const char *why = unfit(reading);
    if (why)
        return why;
    const yz_part *part = last_text(reading->chat);
    out->text = yz_json_unescape(yz_call_arena(call), part->text);
    if ((int64_t)out->text.n > cfg->longest)
        return "long";
    tokens words;
    tokens_read(&words, out->text);
    if (!frame_of(call, request, part, &words, out->frame))
        return "fields";
    yz_hmac(out->text, out->exact);
    out->comparable = plain_embed(&words, out->plain);
    return out->comparable || cfg->model.n > 0 ? NULL : "says little";
}
