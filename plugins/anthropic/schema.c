/* anthropic/schema.c: JSON Schemas as this API takes them.
 *
 * Words of the schema language are changed only where they are words: what stands under "properties", "$defs" and "definitions" are
 * names, and what stands under "const", "enum", "default" and "examples" are values.
 */
#include "anthropic.h"

#define ONE_OF(key, ...) yc_one_of(key, YZ_NAMES(__VA_ARGS__))

static void put_key(const an_writer *w, bool *first, yz_str key) {
    if (!*first)
        yz_buf_char(w->out, ',');
    *first = false;
    yc_put_quoted(w->out, key);
    yz_buf_char(w->out, ':');
}

static yz_json *parse(const an_writer *w, yz_str schema) {
    yz_json *root = NULL;
    if (schema.n == 0 || yz_json_parse(w->arena, schema, YZ_JSON_LONE_SURROGATES, &root, NULL) < 0 || root->type != YZ_JSON_OBJECT)
        return NULL;
    return root;
}

/* ---- tools ------------------------------------------------------------------------------------------------------------------------- */

void an_put_input_schema(const an_writer *w, yz_str schema) {
    const yz_json *root = parse(w, schema);
    bool first = true, properties = false;
    yz_buf_lit(w->out, "{");
    put_key(w, &first, YZ_STR("type"));
    yz_buf_lit(w->out, "\"object\"");
    for (const yz_json *field = root ? root->child : NULL; field; field = field->next) {
        yz_str key = yz_json_key(field);
        if (yz_str_is(key, "type"))
            continue;
        if (ONE_OF(key, "anyOf", "oneOf", "allOf")) { /* refused at the top */
            yz_lose_as(w->losses, "tools.function.parameters", YZ_APPROXIMATED);
            continue;
        }
        properties |= yz_str_is(key, "properties");
        put_key(w, &first, key);
        yz_buf_str(w->out, yz_json_raw(field));
    }
    if (!properties) {
        put_key(w, &first, YZ_STR("properties"));
        yz_buf_lit(w->out, "{}");
    }
    yz_buf_char(w->out, '}');
}

/* ---- structured output ----------------------------------------------------------------------------------------------------------------
 */

static void clean(an_writer *w, const yz_json *node);

static void clean_list(an_writer *w, const yz_json *list) {
    yz_buf_char(w->out, '[');
    for (const yz_json *item = list->child; item; item = item->next) {
        if (item != list->child)
            yz_buf_char(w->out, ',');
        clean(w, item);
    }
    yz_buf_char(w->out, ']');
}

static void clean_names(an_writer *w, const yz_json *node) {
    bool first = true;
    yz_buf_char(w->out, '{');
    for (const yz_json *field = node->child; field; field = field->next) {
        put_key(w, &first, yz_json_key(field));
        clean(w, field);
    }
    yz_buf_char(w->out, '}');
}

/* Bounds and patterns are refused; "format" is taken for a few words only. */
static bool taken(const yz_json *field) {
    yz_str key = yz_json_key(field);
    if (ONE_OF(key, "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "minLength", "maxLength", "pattern",
               "minItems", "maxItems", "uniqueItems", "minProperties", "maxProperties", "additionalProperties", "propertyNames",
               "patternProperties", "$schema", "$id", "$comment"))
        return false;
    if (yz_str_is(key, "format") && yz_json_is(field, YZ_JSON_STRING))
        return ONE_OF(yz_json_escaped(field), "date-time", "time", "date", "duration", "email", "hostname", "uri", "ipv4", "ipv6", "uuid");
    return true;
}

static bool is_closing(const yz_json *field) {
    return yz_str_is(yz_json_key(field), "additionalProperties") && field->type == YZ_JSON_FALSE;
}

/* May be left out, or stands there anyway. */
static bool says_little(const yz_json *field) { return ONE_OF(yz_json_key(field), "$schema", "$id", "$comment") || is_closing(field); }

static bool is_object_schema(const yz_json *node) {
    const yz_json *type = yz_json_get(node, "type");
    if (yz_json_says(type, "object") || yz_json_is(yz_json_get(node, "properties"), YZ_JSON_OBJECT))
        return true;
    for (const yz_json *t = yz_json_is(type, YZ_JSON_ARRAY) ? type->child : NULL; t; t = t->next)
        if (yz_json_says(t, "object"))
            return true;
    return false;
}

/* Recursion is bounded by the depth of JSON that is read at all. */
static void clean(an_writer *w, const yz_json *node) {
    if (node->type != YZ_JSON_OBJECT) {
        yz_buf_str(w->out, yz_json_raw(node));
        return;
    }
    bool first = true;
    yz_buf_char(w->out, '{');
    for (const yz_json *field = node->child; field; field = field->next) {
        yz_str key = yz_json_key(field);
        bool choice = yz_str_is(key, "oneOf");
        if (!taken(field) || (choice && yz_json_get(node, "anyOf"))) {
            w->weakened |= !says_little(field);
            w->opened |= !is_closing(field);
            continue;
        }
        if (choice)
            key = YZ_STR("anyOf");
        put_key(w, &first, key);
        if (ONE_OF(key, "const", "enum", "default", "examples"))
            yz_buf_str(w->out, yz_json_raw(field));
        else if (ONE_OF(key, "properties", "$defs", "definitions") && field->type == YZ_JSON_OBJECT)
            clean_names(w, field);
        else if (field->type == YZ_JSON_ARRAY)
            clean_list(w, field);
        else
            clean(w, field);
    }
    if (is_object_schema(node)) {
        w->opened |= !yz_json_is(yz_json_get(node, "additionalProperties"), YZ_JSON_FALSE);
        put_key(w, &first, YZ_STR("additionalProperties"));
        yz_buf_lit(w->out, "false");
    }
    yz_buf_char(w->out, '}');
}

bool an_put_strict_schema(an_writer *w, yz_str schema) {
    const yz_json *root = parse(w, schema);
    an_writer probe = *w;
    yz_buf cleaned = {0};
    probe.out = &cleaned;
    probe.weakened = probe.opened = false;
    an_put_output_schema(&probe, schema);
    bool fits = !probe.weakened && !yz_json_get(root, "anyOf") && !yz_json_get(root, "oneOf") && !yz_json_get(root, "allOf");
    if (fits && probe.opened)
        yz_buf_str(w->out, yz_buf_view(&cleaned));
    else
        an_put_input_schema(w, schema);
    yz_buf_free(&cleaned);
    return fits;
}

void an_put_output_schema(an_writer *w, yz_str schema) {
    const yz_json *root = parse(w, schema);
    w->opened |= !root;
    if (root)
        clean(w, root);
    else
        yz_buf_lit(w->out, "{\"type\":\"object\",\"properties\":{},\"additionalProperties\":false}");
}
