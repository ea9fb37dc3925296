/* dialect/items.c: where items begin and end, for decoders of dialects that do not say it (yuzui/answer.h has the contract). */
#include <yuzui/answer.h>

void yz_emit_broken(yz_sink *sink, yz_str message) {
    yz_error error = {YZ_ERROR, .class_ = YZ_ERROR_BROKEN, .message = message, .started = YZ_STARTED_YES};
    yz_emit(sink, &(yz_event){YZ_EVENT, .kind = YZ_EVENT_ERROR, .error = &error});
}

void yz_items_end(yz_items *items, yz_sink *sink) {
    if (!items->open)
        return;
    yz_event event = {YZ_EVENT, .kind = YZ_EVENT_ITEM_END, .index = items->open - 1};
    items->open = 0;
    yz_emit(sink, &event);
}

static void begin(yz_items *items, yz_sink *sink, yz_part_kind kind) {
    yz_items_end(items, sink);
    items->kind = kind;
    items->open = ++items->n;
    yz_emit(sink, &(yz_event){YZ_EVENT, .kind = YZ_EVENT_ITEM, .index = items->open - 1, .item = kind});
}

void yz_items_put(yz_items *items, yz_sink *sink, yz_part_kind kind, yz_str text) {
    if (text.n == 0)
        return;
    if (!items->open || items->kind != kind)
        begin(items, sink, kind);
    yz_emit(sink, &(yz_event){YZ_EVENT, .kind = YZ_EVENT_DELTA, .index = items->open - 1, .text = text});
}

/* ---- arguments -------------------------------------------------------------------------------------------------------- */

enum { BEGUN = 1, STRING = 2, ESCAPE = 4, LOST = 8, WHOLE = 16 };

/* One character of the JSON text. */
static void follow(yz_whole *w, char c) {
    if (w->flags & ESCAPE) {
        w->flags &= ~(uint32_t)ESCAPE;
    } else if (w->flags & STRING) {
        w->flags |= c == '\\' ? ESCAPE : 0;
        w->flags &= c == '"' ? ~(uint32_t)STRING : ~(uint32_t)0;
    } else if (c == '"') {
        w->flags |= STRING;
    } else if (c == '{' || c == '[') {
        w->depth++;
        w->flags |= BEGUN;
    } else if ((c == '}' || c == ']') && w->depth > 0) {
        w->flags |= --w->depth == 0 && w->flags & BEGUN ? WHOLE : 0;
    }
}

/* In escaped JSON a quote is \" and a backslash \\; pieces end between characters, so an escape is whole. */
bool yz_whole_put(yz_whole *w, yz_str piece) {
    for (size_t i = 0; i < piece.n && !(w->flags & (LOST | WHOLE)); i++) {
        char c = piece.p[i];
        if (c == '\\') {
            c = i + 1 < piece.n ? piece.p[++i] : 'u';
            if (c == 'u' && i + 2 < piece.n && piece.p[i + 1] == '0' && piece.p[i + 2] == '0')
                w->flags |= LOST;
        } else if (c == '"') {
            w->flags |= LOST;
        }
        follow(w, c);
    }
    return w->flags & WHOLE;
}
