/* anthropic/decode_same.c: the short way for the events a stream is made of.
 *
 * Nine events in ten are deltas that differ from the one before in nothing but their text. When one was read in full, the bytes
 * before and behind its text are remembered, with what it was read as; an event with the same bytes around a JSON string means the
 * same but for its text, and only that string has to be proven. Anything else takes the long way, and a new block forgets.
 */
#include "anthropic.h"

void an_same_remember(an_decoder *d, yz_str data, const yz_json *text, yz_event_kind kind, unsigned index) {
    size_t before = (size_t)(text->p - data.p), behind = data.n - before - text->n;
    d->same.before = 0;
    if (before + behind > sizeof d->same.bytes)
        return;
    memcpy(d->same.bytes, data.p, before);
    memcpy(d->same.bytes + before, text->p + text->n, behind);
    d->same.before = (uint8_t)before;
    d->same.behind = (uint8_t)behind;
    d->same.kind = (uint8_t)kind;
    d->same.index = (uint8_t)index;
}

/* A JSON string of nothing but plain ASCII needs no more proof than this. */
static bool is_plain_string(yz_str s) {
    if (s.n < 2 || s.p[s.n - 1] != '"')
        return false;
    for (size_t i = 1; i < s.n - 1; i++)
        if ((unsigned char)s.p[i] < 0x20 || (unsigned char)s.p[i] >= 0x7f || s.p[i] == '"' || s.p[i] == '\\')
            return false;
    return true;
}

bool an_same(const an_decoder *d, yz_str data, yz_arena *arena, yz_sink *sink) {
    size_t before = d->same.before, behind = d->same.behind;
    if (before == 0 || data.n <= before + behind || memcmp(data.p, d->same.bytes, before) != 0 ||
        memcmp(data.p + data.n - behind, d->same.bytes + before, behind) != 0)
        return false;
    yz_str string = {data.p + before, data.n - before - behind};
    yz_json *parsed;
    if (string.p[0] != '"')
        return false;
    yz_event event = {.kind = (yz_event_kind)d->same.kind, .index = d->same.index, .text = {string.p + 1, string.n - 2}};
    if (!is_plain_string(string)) {
        if (yz_json_parse(arena, string, YZ_JSON_LONE_SURROGATES, &parsed, NULL) < 0)
            return false;
        event.text = yz_json_escaped(parsed);
    }
    if (event.text.n)
        yz_emit(sink, &event);
    return true;
}
