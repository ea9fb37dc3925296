/* openai/film_notes.c: the `metadata` of a film. The API only keeps it; relays hand it on to vendors, as fields of theirs: how long a film
 * is, how large, by which model. So what could be such a field by its name is not taken, in any spelling; a note is.
 */
#include "openai.h"

#include <ctype.h>

enum { LONGEST = 64 };

/* In small letters, without what joins words; false: it is longer than what anybody would call a note. */
static bool plainly(yz_str key, char out[LONGEST + 1]) {
    size_t n = 0;
    for (size_t i = 0; i < key.n; i++) {
        unsigned char c = (unsigned char)key.p[i];
        if (strchr("_-. ", c))
            continue;
        if (n == LONGEST)
            return false;
        out[n++] = (char)tolower(c);
    }
    out[n] = 0;
    return true;
}

static bool is_priced(yz_str key, yz_arena *arena) {
    static const char *const within[] = {"second", "duration", "length", "resolution", "quality", "width",    "height", "size",
                                         "frame",  "pixel",    "model",  "fps",        "sampl",   "numberof", "audio",  NULL};
    static const char *const whole[] = {"n",    "sec",  "secs",     "time",   "count",     "num", "batch",
                                        "mode", "tier", "provider", "engine", "extrabody", NULL};
    char word[LONGEST + 1];
    yz_str name = yz_json_unescape(arena, key);
    if (!plainly(name, word))
        return true;
    for (size_t i = 0; within[i]; i++)
        if (strstr(word, within[i]))
            return true;
    return yc_one_of(yz_str_of(word), whole) || yc_folds_to(name, "seconds") || yc_folds_to(name, "size") || yc_folds_to(name, "pixels");
}

/* Also of what is within it, since a vendor's fields may be. */
static bool is_noted(const yz_json *node, yz_arena *arena) {
    for (const yz_json *child = node->type >= YZ_JSON_ARRAY ? node->child : NULL; child; child = child->next)
        if (is_priced(yz_json_key(child), arena) || !is_noted(child, arena))
            return false;
    return true;
}

bool oa_is_noted(const yz_json *metadata, yz_arena *arena) {
    return !metadata || yz_json_is(metadata, YZ_JSON_NULL) || (yz_json_is(metadata, YZ_JSON_OBJECT) && is_noted(metadata, arena));
}
