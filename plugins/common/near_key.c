/* common/near_key.c: keys that one reader takes for another's. Many servers read the names of fields without looking at their case (Go's
 * encoding/json, and .NET as it is mostly set up), so what is to be taken out of a request, or exchanged in it, might pass in another
 * spelling.
 */
#include "common.h"

static bool is_plain(yz_str key) {
    for (size_t i = 0; i < key.n; i++)
        if ((unsigned char)key.p[i] >= 0x80)
            return false;
    return true;
}

/* What is not plain may be folded to anything: Go takes "ſ" for an s, and the sign of the kelvin for a k. */
yz_str yc_near_key(const yz_json *body, const char *const *names, yz_arena *arena) {
    for (const yz_json *m = yz_json_is(body, YZ_JSON_OBJECT) ? body->child : NULL; m; m = m->next) {
        yz_str key = yz_json_unescape(arena, yz_json_key(m));
        if (!is_plain(key))
            return key;
        for (const char *const *name = names; *name; name++)
            if (!yz_str_is(key, *name) && yz_str_ieq(key, yz_str_of(*name)))
                return key;
    }
    return YZ_STR("");
}
