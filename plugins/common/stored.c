/* common/stored.c: what of an account a body would have its provider read: a file, an earlier answer, a conversation, a prompt, a
 * container, a store of vectors, a sound that was said before. A chat by itself that names one is judged by whose it is (kept.c), and goes
 * with the provider's own id. A line of a batch is worked on later, at an account that others use as well, with nobody between: so it names
 * none.
 *
 * In doubt it is one: names are compared without looking at their case, since servers may read them so. Only what is described, noted, or
 * the arguments of a call is passed over, which no provider reads anything by. */
#include "common.h"

static bool is_named(const yz_json *value) {
    return value->type != YZ_JSON_NULL && (value->type != YZ_JSON_STRING || value->n > 2) && value->type != YZ_JSON_FALSE;
}

static bool is_among(yz_str key, const char *const *names) {
    while (*names && !yz_str_ieq(key, yz_str_of(*names)))
        names++;
    return *names != NULL;
}

/* A text is its id, and an object may have one. */
static bool has_id(const yz_json *value) {
    const yz_json *id = yz_json_is(value, YZ_JSON_OBJECT) ? yz_json_get(value, "id") : value;
    return yz_json_is(id, YZ_JSON_STRING) && id->n > 2;
}

static bool names_one(const yz_json *member, yz_str key, bool top) {
    static const char *const anywhere[] = {"file_id", "file_ids", "vector_store_ids", NULL};
    static const char *const first[] = {"previous_response_id", "conversation", NULL};
    if (is_among(key, anywhere) || (top && is_among(key, first)))
        return is_named(member);
    if (top && yz_str_ieq(key, YZ_STR("prompt"))) /* of completions it is a text or a list */
        return yz_json_is(member, YZ_JSON_OBJECT);
    if (yz_str_ieq(key, YZ_STR("container")))
        return has_id(member);
    if (yz_str_ieq(key, YZ_STR("audio")) || yz_str_ieq(key, YZ_STR("voice"))) /* of an earlier answer; somebody's own */
        return yz_json_is(member, YZ_JSON_OBJECT) && has_id(member);
    return yz_str_ieq(key, YZ_STR("type")) && yz_json_says(member, "item_reference");
}

static bool is_passed_over(const yz_json *object, yz_str key, bool top) {
    static const char *const described[] = {"parameters", "input_schema", "schema", "json_schema", "metadata", NULL};
    yz_str type = yz_json_escaped(yz_json_get(object, "type"));
    bool called = type.n >= 8 && memcmp(type.p + type.n - 8, "tool_use", 8) == 0;
    return yc_one_of(key, described) || (called && !top && yz_str_is(key, "input"));
}

static yz_str find(const yz_json *node, bool top, yz_arena *arena) {
    bool object = yz_json_is(node, YZ_JSON_OBJECT);
    yz_str found = YZ_STR("");
    if (!object && !yz_json_is(node, YZ_JSON_ARRAY))
        return found;
    for (const yz_json *child = node->child; child && found.n == 0; child = child->next) {
        yz_str key = object ? yz_json_unescape(arena, yz_json_key(child)) : YZ_STR("");
        if (object && names_one(child, key, top))
            return yz_str_ieq(key, YZ_STR("type")) ? YZ_STR("item_reference") : key;
        if (!object || !is_passed_over(node, key, top))
            found = find(child, false, arena); /* no deeper than a body may be */
    }
    return found;
}

/* An item that is only its id is one of an earlier answer, whose type may be left out. */
static bool has_reference(const yz_json *body) {
    const yz_json *input = yz_json_get(body, "input");
    for (const yz_json *i = yz_json_is(input, YZ_JSON_ARRAY) ? input->child : NULL; i; i = i->next)
        if (yz_json_is(i, YZ_JSON_OBJECT) && yz_json_is(yz_json_get(i, "id"), YZ_JSON_STRING) && !yz_json_given(i, "type") &&
            !yz_json_given(i, "role"))
            return true;
    return false;
}

yz_str yc_names_stored(const yz_json *body, yz_arena *arena) {
    yz_str found = find(body, true, arena);
    return found.n == 0 && has_reference(body) ? YZ_STR("item_reference") : found;
}
