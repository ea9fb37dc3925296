/* common/schema.c: what OpenAI asks of a schema that is to be kept strictly. */
#include "common.h"

static bool all_required(const yz_json *node) {
    const yz_json *properties = node->type == YZ_JSON_OBJECT ? yz_json_get(node, "properties") : NULL;
    bool object = yz_json_is(properties, YZ_JSON_OBJECT) || yz_json_says(yz_json_get(node, "type"), "object");
    if (object && (!yz_json_is(yz_json_get(node, "additionalProperties"), YZ_JSON_FALSE) ||
                   yz_json_count(yz_json_get(node, "required")) < yz_json_count(properties)))
        return false;
    for (const yz_json *child = node->child; child; child = child->next) /* also of values, which look like schemas rarely */
        if (!all_required(child))
            return false;
    return true;
}

bool yc_strict_ok(yz_arena *arena, yz_str schema) {
    yz_json *root = NULL;
    return yz_json_parse(arena, schema, YZ_JSON_LONE_SURROGATES, &root, NULL) == YZ_OK && all_required(root);
}
