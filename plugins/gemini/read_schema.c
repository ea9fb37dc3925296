/* gemini/read_schema.c: a schema as the API's own clients write it, as JSON Schema.
 *
 * It is OpenAPI's kind: types in capitals, "nullable" beside a type, bounds as strings ("minItems":"2", since they are 64 bits wide).
 * Words are changed only where they are words: what stands under "properties" are names, and what stands under "enum", "default" and
 * "example" are values.
 */
#include "gemini.h"

static void put(yz_buf *out, const yz_json *node);

static void put_key(yz_buf *out, bool *first, yz_str key) {
    yz_buf_lit(out, *first ? "" : ",");
    *first = false;
    yc_put_quoted(out, key);
    yz_buf_char(out, ':');
}

static void put_list(yz_buf *out, const yz_json *list) {
    yz_buf_char(out, '[');
    for (const yz_json *item = list->child; item; item = item->next) {
        yz_buf_lit(out, item == list->child ? "" : ",");
        put(out, item);
    }
    yz_buf_char(out, ']');
}

static void put_names(yz_buf *out, const yz_json *node) {
    bool first = true;
    yz_buf_char(out, '{');
    for (const yz_json *field = node->child; field; field = field->next) {
        put_key(out, &first, yz_json_key(field));
        put(out, field);
    }
    yz_buf_char(out, '}');
}

/* The name of a type; one that nobody knows as it is spelt. */
static yz_str type_of(const yz_json *type) {
    static const char *const words[] = {"STRING", "NUMBER", "INTEGER", "BOOLEAN", "ARRAY", "OBJECT", "NULL"};
    for (size_t i = 0; type->escaped && i < sizeof words / sizeof *words; i++)
        if (yz_json_says(type, words[i]))
            return yz_str_of(words[i]);
    return yz_json_escaped(type);
}

static void put_type(yz_buf *out, const yz_json *type, bool nullable) {
    yz_str word = type_of(type);
    yz_buf_lit(out, nullable ? "[\"" : "\"");
    for (size_t i = 0; i < word.n; i++)
        yz_buf_char(out, (char)(word.p[i] >= 'A' && word.p[i] <= 'Z' ? word.p[i] - 'A' + 'a' : word.p[i]));
    yz_buf_lit(out, nullable ? "\",\"null\"]" : "\"");
}

/* A bound that is a string of digits is the number. */
static void put_bound(yz_buf *out, const yz_json *value) {
    yz_str digits = yz_json_escaped(value);
    bool number = digits.n > 0 && digits.n < 20;
    for (size_t i = 0; i < digits.n; i++)
        number &= digits.p[i] >= '0' && digits.p[i] <= '9';
    yz_buf_str(out, number ? digits : yz_json_raw(value));
}

static void put_field(yz_buf *out, const yz_json *field, bool nullable) {
    yz_str key = yz_json_key(field);
    if (yz_str_is(key, "type") && field->type == YZ_JSON_STRING)
        put_type(out, field, nullable);
    else if (yc_one_of(key, YZ_NAMES("enum", "default", "example", "const", "required")))
        yz_buf_str(out, yz_json_raw(field));
    else if (yc_one_of(key, YZ_NAMES("properties", "$defs", "defs")) && field->type == YZ_JSON_OBJECT)
        put_names(out, field);
    else if (field->type == YZ_JSON_STRING && yz_str_starts(key, "m")) /* minItems, maxLength … */
        put_bound(out, field);
    else if (field->type == YZ_JSON_ARRAY)
        put_list(out, field);
    else
        put(out, field);
}

static yz_str json_name(yz_str key) {
    static const struct {
        const char *theirs, *ours;
    } table[] = {
        {"any_of", "anyOf"},         {"min_items", "minItems"},           {"max_items", "maxItems"},          {"min_length", "minLength"},
        {"max_length", "maxLength"}, {"min_properties", "minProperties"}, {"max_properties", "maxProperties"}};
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (yz_str_is(key, table[i].theirs))
            return yz_str_of(table[i].ours);
    return key;
}

/* Recursion is bounded by the depth of JSON that is read at all. */
static void put(yz_buf *out, const yz_json *node) {
    bool first = true, nullable = yz_json_true(yz_json_get(node, "nullable"));
    if (node->type != YZ_JSON_OBJECT) {
        yz_buf_str(out, yz_json_raw(node));
        return;
    }
    yz_buf_char(out, '{');
    for (const yz_json *field = node->child; field; field = field->next) {
        yz_str key = yz_json_key(field);
        if (yc_one_of(key, YZ_NAMES("nullable", "propertyOrdering", "property_ordering", "example")) ||
            (yz_str_is(key, "type") && yz_json_says(field, "TYPE_UNSPECIFIED")))
            continue;
        put_key(out, &first, json_name(key));
        put_field(out, field, nullable);
    }
    yz_buf_char(out, '}');
}

yz_str gm_read_schema(yz_arena *arena, const yz_json *schema) {
    yz_buf out = {0};
    put(&out, schema);
    yz_str text = yz_dup(arena, yz_buf_view(&out));
    yz_buf_free(&out);
    return text;
}
