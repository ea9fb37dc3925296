/* dialect/same.c: the short way of a decoder (yuzui/adapter.h has the contract).
 *
 * Nine events in ten of a stream differ from the one before in nothing but their text. When one was read in full, the bytes around
 * its text are kept; an event with the same bytes around a JSON string then says the same but for that string, which alone has to be
 * proven. What the bytes around it mean is the adapter's business: it remembers only events that say one piece of text.
 */
#include <yuzui/adapter.h>

void yz_same_remember(yz_same *same, yz_str data, const yz_json *text) {
    same->before = same->behind = 0;
    if (!text)
        return;
    size_t before = (size_t)(text->p - data.p), behind = data.n - before - text->n;
    if (before + behind > sizeof(same->bytes))
        return;
    memcpy(same->bytes, data.p, before);
    memcpy(same->bytes + before, text->p + text->n, behind);
    same->before = (uint16_t)before;
    same->behind = (uint16_t)behind;
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

bool yz_same_text(const yz_same *same, yz_str data, yz_arena *arena, yz_str *escaped) {
    size_t before = same->before, behind = same->behind;
    if (before == 0 || data.n <= before + behind || memcmp(data.p, same->bytes, before) != 0 ||
        memcmp(data.p + data.n - behind, same->bytes + before, behind) != 0)
        return false;
    yz_str middle = {data.p + before, data.n - before - behind};
    if (middle.p[0] != '"')
        return false;
    if (is_plain_string(middle)) {
        *escaped = (yz_str){middle.p + 1, middle.n - 2};
        return true;
    }
    yz_json *string;
    if (yz_json_parse(arena, middle, YZ_JSON_LONE_SURROGATES, &string, NULL) < 0)
        return false;
    *escaped = yz_json_escaped(string);
    return true;
}
