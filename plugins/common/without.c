/* common/without.c: an object as it stands, but for some of its members: what a relay says about its operator's account there is not for
 * the clients of this gateway.
 */
#include "common.h"

static bool is_listed(yz_str key, const char *const *names) {
    for (; names && *names; names++)
        if (yz_str_ieq(key, yz_str_of(*names)))
            return true;
    return false;
}

static void put_value(const yz_json *value, const yc_hidden *hidden, yz_arena *arena, yz_buf *out);

static void put_members(const yz_json *object, const yc_hidden *hidden, bool top, yz_arena *arena, yz_buf *out) {
    bool any = false;
    yz_buf_char(out, '{');
    for (const yz_json *m = object->child; m; m = m->next) {
        yz_str key = yz_json_unescape(arena, yz_json_key(m));
        if (is_listed(key, hidden->anywhere) || (top && is_listed(key, hidden->at_top)))
            continue;
        yz_buf_lit(out, any ? ",\"" : "\"");
        any = true;
        yz_buf_str(out, yz_json_key(m));
        yz_buf_lit(out, "\":");
        put_value(m, hidden, arena, out);
    }
    yz_buf_char(out, '}');
}

static void put_items(const yz_json *list, const yc_hidden *hidden, yz_arena *arena, yz_buf *out) {
    yz_buf_char(out, '[');
    for (const yz_json *item = list->child; item; item = item->next) {
        yz_buf_lit(out, item == list->child ? "" : ",");
        put_value(item, hidden, arena, out);
    }
    yz_buf_char(out, ']');
}

/* As deep as a document may be (yz_json_parse). */
static void put_value(const yz_json *value, const yc_hidden *hidden, yz_arena *arena, yz_buf *out) {
    if (yz_json_is(value, YZ_JSON_OBJECT))
        put_members(value, hidden, false, arena, out);
    else if (yz_json_is(value, YZ_JSON_ARRAY))
        put_items(value, hidden, arena, out);
    else
        yz_buf_str(out, yz_json_raw(value));
}

yz_str yc_without(const yz_json *object, const yc_hidden *hidden, yz_arena *arena) {
    yz_buf out = {0};
    if (yz_json_is(object, YZ_JSON_OBJECT))
        put_members(object, hidden, true, arena, &out);
    else
        yz_buf_lit(&out, "{}");
    yz_str text = yz_dup(arena, yz_buf_view(&out));
    yz_buf_free(&out);
    return text;
}
