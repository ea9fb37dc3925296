/* openai/decode_same.c: the short way for the chunks a stream is made of.
 *
 * Nine chunks in ten differ from the one before in nothing but their text. When a chunk was read in full and held one piece of
 * text and nothing else, what stands before and behind the text is remembered; a chunk with the same bytes around a JSON string is
 * then known to be the same but for its text, and only that string has to be proven. Anything else takes the long way.
 */
#include "openai.h"

/* A chunk of a running stream that says one piece of text, and nothing that counts besides. */
static const yz_json *plain_text(const yz_json *root) {
    const yz_json *choices = yz_json_get(root, "choices");
    if (yz_json_count(choices) != 1 || yz_json_is(yz_json_get(root, "usage"), YZ_JSON_OBJECT) || yz_json_get(root, "x_groq"))
        return NULL;
    const yz_json *choice = choices->child, *delta = yz_json_get(choice, "delta");
    if (yz_json_escaped(yz_json_get(choice, "finish_reason")).n || yz_json_get(choice, "usage") || yz_json_get(choice, "error") ||
        yz_json_get(choice, "text") || yz_json_int(yz_json_get(choice, "index"), 0) != 0)
        return NULL;
    const yz_json *content = yz_json_get(delta, "content");
    return yz_json_count(delta) == 1 && yz_json_escaped(content).n ? content : NULL;
}

void oa_same_remember(oa_decoder *d, yz_str data, const yz_json *root) {
    const yz_json *content = plain_text(root);
    d->same.before = d->same.behind = 0;
    if (!content)
        return;
    size_t before = (size_t)(content->p - data.p), behind = data.n - before - content->n;
    if (before + behind > sizeof d->same.bytes)
        return;
    memcpy(d->same.bytes, data.p, before);
    memcpy(d->same.bytes + before, content->p + content->n, behind);
    d->same.before = (uint16_t)before;
    d->same.behind = (uint16_t)behind;
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

bool oa_same_text(const oa_decoder *d, yz_str data, yz_arena *arena, yz_str *escaped) {
    size_t before = d->same.before, behind = d->same.behind;
    if (before == 0 || data.n <= before + behind || memcmp(data.p, d->same.bytes, before) != 0 ||
        memcmp(data.p + data.n - behind, d->same.bytes + before, behind) != 0)
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
