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

static void put_value(const yz_json *value, const char *const *names, bool deep, yz_arena *arena, yz_buf *out);

static void put_members(const yz_json *object, const char *const *names, bool deep, yz_arena *arena, yz_buf *out) {
    bool any = false;
    yz_buf_char(out, '{');
    for (const yz_json *m = object->child; m; m = m->next) {
        if (is_listed(yz_json_unescape(arena, yz_json_key(m)), names))
            continue;
        yz_buf_lit(out, any ? ",\"" : "\"");
        any = true;
        yz_buf_str(out, yz_json_key(m));
        yz_buf_lit(out, "\":");
        put_value(m, names, deep, arena, out);
    }
    yz_buf_char(out, '}');
}

static void put_items(const yz_json *list, const char *const *names, bool deep, yz_arena *arena, yz_buf *out) {
    yz_buf_char(out, '[');
    for (const yz_json *item = list->child; item; item = item->next) {
        yz_buf_lit(out, item == list->child ? "" : ",");
        put_value(item, names, deep, arena, out);
    }
    yz_buf_char(out, ']');
}

/* Also within what stands in it, as deep as a document may be (yz_json_parse). */
static void put_value(const yz_json *value, const char *const *names, bool deep, yz_arena *arena, yz_buf *out) {
    if (deep && yz_json_is(value, YZ_JSON_OBJECT))
        put_members(value, names, deep, arena, out);
    else if (deep && yz_json_is(value, YZ_JSON_ARRAY))
        put_items(value, names, deep, arena, out);
    else
        yz_buf_str(out, yz_json_raw(value));
}

yz_str yc_without(const yz_json *object, const char *const *names, bool deep, yz_arena *arena) {
    yz_buf out = {0};
    if (yz_json_is(object, YZ_JSON_OBJECT))
        put_members(object, names, deep, arena, &out);
    else
        yz_buf_lit(&out, "{}");
    yz_str text = yz_dup(arena, yz_buf_view(&out));
    yz_buf_free(&out);
    return text;
}
