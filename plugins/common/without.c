/* common/without.c: an object as it stands, but for some of its members: what a relay says about its operator's account there is not for
 * the clients of this gateway.
 */
#include "common.h"

static bool is_listed(yz_str key, const char *const *names) {
    for (; *names; names++)
        if (yz_str_ieq(key, yz_str_of(*names)))
            return true;
    return false;
}

yz_str yc_without(const yz_json *object, const char *const *names, yz_arena *arena) {
    yz_buf out = {0};
    yz_buf_char(&out, '{');
    for (const yz_json *m = yz_json_is(object, YZ_JSON_OBJECT) ? object->child : NULL; m; m = m->next) {
        if (is_listed(yz_json_unescape(arena, yz_json_key(m)), names))
            continue;
        yz_buf_lit(&out, out.n > 1 ? ",\"" : "\"");
        yz_buf_str(&out, yz_json_key(m));
        yz_buf_lit(&out, "\":");
        yz_buf_str(&out, yz_json_raw(m));
    }
    yz_buf_char(&out, '}');
    yz_str text = yz_dup(arena, yz_buf_view(&out));
    yz_buf_free(&out);
    return text;
}
