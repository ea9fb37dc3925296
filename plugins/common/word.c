/* common/word.c: words of a request, such as roles and types. JSON may spell them with escapes, and whoever parses it takes "\\u0075ser"
 * for "user"; so what is read here must be read likewise, or a provider sees another request.
 */
#include "common.h"

static bool is_plain(yz_str text) {
    for (size_t i = 0; i < text.n; i++) {
        unsigned char c = (unsigned char)text.p[i];
        if (c < ' ' || c >= 0x7f || c == '"' || c == '\\')
            return false;
    }
    return true;
}

bool yc_one_of(yz_str word, const char *const *words) {
    for (; *words; words++)
        if (yz_str_is(word, *words))
            return true;
    return false;
}

yz_str yc_word(yz_arena *arena, const yz_json *node) {
    yz_str text = yz_json_text(arena, node);
    return is_plain(text) ? text : yz_json_escaped(node);
}
