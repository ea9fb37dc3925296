/* gemini/decode_part.c: the parts of a candidate as items.
 *
 * Neighbouring texts are one item, as are neighbouring thoughts. A thoughtSignature is of the part beside it: it ends a text, so that
 * what is signed and what is not stay apart; on an empty text it is of the text before it, or of none. What only Google can read (code
 * that ran there, its result, kinds that come later) is an opaque item.
 */
#include "gemini.h"

#include <stdio.h>

void gm_end_text(gm_candidate *c, yz_sink *sink) {
    if (c->open)
        yz_emit(sink, &(yz_event){YZ_EVENT, .kind = YZ_EVENT_ITEM_END, .index = c->open - 1});
    c->open = 0;
    c->sealed = false;
    c->bytes += c->open_bytes;
    c->open_bytes = 0;
}

/* An item begins: its number. */
static unsigned begin(gm_decoder *d, unsigned choice, yz_event *item, yz_sink *sink) {
    gm_candidate *c = &d->candidates[choice];
    gm_end_text(c, sink);
    c->said = true;
    item->kind = YZ_EVENT_ITEM;
    item->choice = choice;
    item->index = d->n_items++;
    yz_emit(sink, item);
    return item->index;
}

static void piece(unsigned index, yz_str text, yz_sink *sink) {
    if (text.n)
        yz_emit(sink, &(yz_event){YZ_EVENT, .kind = YZ_EVENT_DELTA, .index = index, .text = text});
}

static void end(unsigned index, yz_sink *sink) { yz_emit(sink, &(yz_event){YZ_EVENT, .kind = YZ_EVENT_ITEM_END, .index = index}); }

static void sign(unsigned index, const yz_json *part, yz_arena *arena, yz_sink *sink) {
    yz_str signature = yz_json_escaped(gm_get(part, "thoughtSignature"));
    yz_str vendor = gm_signed_by(arena, &signature);
    if (signature.n)
        yz_emit(sink, &(yz_event){YZ_EVENT, .kind = YZ_EVENT_SIGNATURE, .index = index, .text = signature, .signed_by = vendor});
}

unsigned gm_text_item(gm_decoder *d, unsigned choice, yz_part_kind kind, yz_sink *sink) {
    gm_candidate *c = &d->candidates[choice];
    if (!c->open || c->kind != kind) {
        c->open = begin(d, choice, &(yz_event){YZ_EVENT, .item = kind}, sink) + 1;
        c->kind = kind;
    }
    return c->open - 1;
}

static void text(gm_decoder *d, unsigned choice, const yz_json *part, yz_arena *arena, yz_sink *sink) {
    gm_candidate *c = &d->candidates[choice];
    yz_str words = yz_json_escaped(yz_json_get(part, "text"));
    bool is_signed = yz_json_escaped(gm_get(part, "thoughtSignature")).n > 0;
    yz_part_kind kind = yz_json_true(yz_json_get(part, "thought")) ? YZ_PART_REASONING : YZ_PART_TEXT;
    if (words.n == 0 && !is_signed)
        return;
    if (words.n == 0 && c->open)
        kind = c->kind;
    else if (c->sealed)
        gm_end_text(c, sink);
    unsigned index = gm_text_item(d, choice, kind, sink);
    piece(index, words, sink);
    if (kind == YZ_PART_TEXT)
        c->open_bytes += yz_escaped_length(words, true);
    if (!is_signed)
        return;
    sign(index, part, arena, sink);
    c->sealed = true;
}

static int call(gm_decoder *d, unsigned choice, const yz_json *part, const yz_json *call, yz_arena *arena, yz_sink *sink) {
    const yz_json *args = yz_json_given(call, "args");
    if (d->n_calls == YZ_CALLS_MAX)
        return YZ_ELIMIT;
    d->n_calls++;
    d->candidates[choice].calls = true;
    unsigned index = begin(d, choice,
                           &(yz_event){YZ_EVENT, .item = YZ_PART_TOOL_CALL, .id = yz_json_escaped(yz_json_get(call, "id")),
                                       .name = yz_json_escaped(yz_json_get(call, "name"))},
                           sink);
    sign(index, part, arena, sink); /* first: some dialects have a place for it at a call's beginning alone */
    if (yz_json_is(args, YZ_JSON_OBJECT) && args->child) {
        yz_buf buf = {0};
        yz_buf_json(&buf, yz_json_raw(args));
        piece(index, yz_buf_view(&buf), sink);
        yz_buf_free(&buf);
    }
    end(index, sink);
    return YZ_OK;
}

static void opaque(gm_decoder *d, unsigned choice, const yz_json *part, yz_sink *sink) {
    char name[64];
    yz_str what = {NULL, 0};
    for (const yz_json *field = part->child; field && what.n == 0; field = field->next)
        if (!yc_one_of(yz_json_key(field), YZ_NAMES("thought", "thoughtSignature", "thought_signature")))
            what = yz_json_key(field);
    if (what.n == 0)
        return;
    int n = snprintf(name, sizeof name, "parts.%.*s", (int)(what.n < 40 ? what.n : 40), what.p);
    end(begin(d, choice,
              &(yz_event){YZ_EVENT, .item = YZ_PART_OPAQUE, .raw = yz_json_raw(part), .dialect = YZ_STR(GM_DIALECT),
                          .signed_by = YZ_STR(GM_SIGNER), .name = {name, (size_t)n}},
              sink),
        sink);
}

/* A picture or sound; other kinds of file, and those that are thoughts, are for Google's own clients. */
static void blob(gm_decoder *d, unsigned choice, const yz_json *part, const yz_json *blob, yz_arena *arena, yz_sink *sink) {
    yz_str type = yz_json_escaped(gm_get(blob, "mimeType")), data = yz_json_escaped(yz_json_get(blob, "data"));
    bool image = yz_str_starts(type, "image/"), audio = yz_str_starts(type, "audio/");
    if ((!image && !audio) || yz_json_true(yz_json_get(part, "thought"))) { /* a sketch on the way is no result */
        opaque(d, choice, part, sink);
        return;
    }
    d->n_pictures += image;
    unsigned index = begin(d, choice, &(yz_event){YZ_EVENT, .item = image ? YZ_PART_IMAGE : YZ_PART_AUDIO, .media_type = type}, sink);
    piece(index, data, sink);
    sign(index, part, arena, sink);
    end(index, sink);
}

/* A picture may lie at Google, too: it was made all the same. */
static void file(gm_decoder *d, unsigned choice, const yz_json *part, yz_sink *sink) {
    yz_str type = yz_json_escaped(gm_get(gm_get(part, "fileData"), "mimeType"));
    d->n_pictures += yz_str_starts(type, "image/") && !yz_json_true(yz_json_get(part, "thought"));
    opaque(d, choice, part, sink);
}

int gm_decode_part(gm_decoder *d, unsigned choice, const yz_json *part, yz_arena *arena, yz_sink *sink) {
    const yz_json *function = gm_get(part, "functionCall"), *data = gm_get(part, "inlineData");
    if (!yz_json_is(part, YZ_JSON_OBJECT))
        return YZ_OK;
    if (yz_json_is(function, YZ_JSON_OBJECT))
        return call(d, choice, part, function, arena, sink);
    if (yz_json_is(yz_json_get(part, "text"), YZ_JSON_STRING))
        text(d, choice, part, arena, sink);
    else if (yz_json_is(data, YZ_JSON_OBJECT))
        blob(d, choice, part, data, arena, sink);
    else
        file(d, choice, part, sink);
    return YZ_OK;
}
