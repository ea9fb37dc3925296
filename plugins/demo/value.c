/* demo/value.c: a value that fits a JSON Schema, as far as its types go: enough for clients that parse what a tool or a structured
 * answer brings. Not a validator: words it does not know are passed over.
 */
#include "demo.h"

#define DEPTH_MAX 16

static yz_str type_of(const yz_json *schema) {
    const yz_json *type = yz_json_get(schema, "type");
    if (yz_json_is(type, YZ_JSON_ARRAY)) /* the first that is not null */
        for (type = type->child; type && type->next && yz_str_is(yz_json_escaped(type), "null");)
            type = type->next;
    if (type)
        return yz_json_escaped(type);
    return yz_json_get(schema, "properties") ? YZ_STR("object") : YZ_STR("string");
}

static void object(const yz_json *schema, unsigned depth, yz_buf *out) {
    const yz_json *properties = yz_json_get(schema, "properties");
    yz_buf_char(out, '{');
    for (const yz_json *p = properties ? properties->child : NULL; p; p = p->next) {
        if (p != properties->child)
            yz_buf_char(out, ',');
        yz_buf_char(out, '"');
        yz_buf_str(out, yz_json_key(p));
        yz_buf_lit(out, "\":");
        demo_value(p, depth + 1, out);
    }
    yz_buf_char(out, '}');
}

void demo_value(const yz_json *schema, unsigned depth, yz_buf *out) {
    static const char *const choices[] = {"anyOf", "oneOf", "allOf"};
    const yz_json *fixed = yz_json_get(schema, "const"), *list = yz_json_get(schema, "enum");
    if (!fixed && yz_json_is(list, YZ_JSON_ARRAY))
        fixed = list->child;
    if (fixed || depth > DEPTH_MAX) {
        yz_buf_str(out, fixed ? yz_json_raw(fixed) : YZ_STR("null"));
        return;
    }
    for (size_t i = 0; i < sizeof(choices) / sizeof(*choices); i++) {
        const yz_json *of = yz_json_get(schema, choices[i]);
        if (yz_json_is(of, YZ_JSON_ARRAY) && of->child && !yz_json_get(schema, "type")) {
            demo_value(of->child, depth + 1, out);
            return;
        }
    }
    yz_str type = type_of(schema);
    if (yz_str_is(type, "object")) {
        object(schema, depth, out);
    } else if (yz_str_is(type, "array")) {
        yz_buf_char(out, '[');
        if (yz_json_get(schema, "items"))
            demo_value(yz_json_get(schema, "items"), depth + 1, out);
        yz_buf_char(out, ']');
    } else {
        yz_buf_lit(out, yz_str_is(type, "integer")   ? "1"
                        : yz_str_is(type, "number")  ? "1.5"
                        : yz_str_is(type, "boolean") ? "true"
                        : yz_str_is(type, "null")    ? "null"
                                                     : "\"demo\"");
    }
}
