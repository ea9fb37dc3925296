/* openai/decode_same.c: which chunks are remembered for the short way (yz_same): those of one piece of text and nothing else.
 *
 * OpenAI pads its chunks with a field "obfuscation" of random letters after everything else. It means nothing and never repeats,
 * so what is remembered and compared is the chunk without it and without its closing brace.
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

/* The chunk without its closing brace and without the padding before it; empty if it has no such end. */
static yz_str unpadded(yz_str data) {
    static const char key[] = ",\"obfuscation\":\"";
    const size_t n_key = sizeof(key) - 1;
    if (data.n < 2 || data.p[data.n - 1] != '}')
        return (yz_str){NULL, 0};
    data.n--;
    if (data.p[data.n - 1] != '"')
        return data;
    size_t at = data.n - 1;
    while (at > 0 && ((data.p[at - 1] >= '0' && data.p[at - 1] <= '9') || (data.p[at - 1] >= 'A' && data.p[at - 1] <= 'Z') ||
                      (data.p[at - 1] >= 'a' && data.p[at - 1] <= 'z')))
        at--;
    if (at >= n_key && memcmp(data.p + at - n_key, key, n_key) == 0)
        data.n = at - n_key;
    return data;
}

void oa_same_remember(oa_decoder *d, yz_str data, const yz_json *root) {
    const yz_json *content = plain_text(root);
    data = unpadded(data);
    yz_same_remember(&d->same, data, content && content->p + content->n <= data.p + data.n ? content : NULL);
}

bool oa_same_text(const oa_decoder *d, yz_str data, yz_arena *arena, yz_str *escaped) {
    return d->same.before && yz_same_text(&d->same, unpadded(data), arena, escaped);
}
