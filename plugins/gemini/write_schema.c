/* gemini/write_schema.c: the schema of structured output, in the words responseJsonSchema takes (ai.google.dev/api/generate-content).
 *
 * "const" is an "enum" of one, "definitions" are "$defs". Every other word it does not take is left out, and w->weakened tells that one of
 * them meant something. Words are changed only where they are words: what stands under "properties" and "$defs" are names.
 */
#include "gemini.h"

static void put(gm_writer *w, const yz_json *node);

static void put_key(const gm_writer *w, bool *first, yz_str key) {
    yz_buf_lit(w->out, *first ? "" : ",");
    *first = false;
    yc_put_quoted(w->out, key);
    yz_buf_char(w->out, ':');
}

static void put_list(gm_writer *w, const yz_json *list) {
    yz_buf_char(w->out, '[');
    for (const yz_json *item = list->child; item; item = item->next) {
        yz_buf_lit(w->out, item == list->child ? "" : ",");
        put(w, item);
    }
    yz_buf_char(w->out, ']');
}

static void put_names(gm_writer *w, const yz_json *node) {
    bool first = true;
    yz_buf_char(w->out, '{');
    for (const yz_json *field = node->child; field; field = field->next) {
        put_key(w, &first, yz_json_key(field));
        put(w, field);
    }
    yz_buf_char(w->out, '}');
}

static void put_ref(const gm_writer *w, const yz_json *value) {
    yz_str ref = yz_json_escaped(value);
    static const char old[] = "#/definitions/";
    bool renamed = yz_str_starts(ref, old);
    yz_buf_lit(w->out, renamed ? "\"#/$defs/" : "\"");
    yz_buf_str(w->out, renamed ? (yz_str){ref.p + sizeof old - 1, ref.n - (sizeof old - 1)} : ref);
    yz_buf_char(w->out, '"');
}

static void put_field(gm_writer *w, const yz_json *field) {
    yz_str key = yz_json_key(field);
    if (yz_str_is(key, "$ref"))
        put_ref(w, field);
    else if (yc_one_of(key, YZ_NAMES("enum", "required", "type", "propertyOrdering")))
        yz_buf_str(w->out, yz_json_raw(field));
    else if (yc_one_of(key, YZ_NAMES("properties", "$defs", "definitions")) && field->type == YZ_JSON_OBJECT)
        put_names(w, field);
    else if (field->type == YZ_JSON_ARRAY)
        put_list(w, field);
    else
        put(w, field);
}

static bool taken(yz_str key) {
    return yc_one_of(key, YZ_NAMES("$id", "$defs", "$ref", "$anchor", "type", "format", "title", "description", "enum", "items",
                                   "prefixItems", "minItems", "maxItems", "minimum", "maximum", "anyOf", "oneOf", "properties",
                                   "additionalProperties", "required", "propertyOrdering", "definitions"));
}

/* Recursion is bounded by the depth of JSON that is read at all. */
static void put(gm_writer *w, const yz_json *node) {
    bool first = true;
    if (node->type != YZ_JSON_OBJECT) {
        yz_buf_str(w->out, yz_json_raw(node));
        return;
    }
    yz_buf_char(w->out, '{');
    for (const yz_json *field = node->child; field; field = field->next) {
        yz_str key = yz_json_key(field);
        if (yz_str_is(key, "const") && !yz_json_get(node, "enum")) {
            put_key(w, &first, YZ_STR("enum"));
            yz_buf_char(w->out, '[');
            yz_buf_str(w->out, yz_json_raw(field));
            yz_buf_char(w->out, ']');
        } else if (taken(key)) {
            put_key(w, &first, yz_str_is(key, "definitions") ? YZ_STR("$defs") : key);
            put_field(w, field);
        } else {
            w->weakened |= !yc_one_of(key, YZ_NAMES("$schema", "$comment", "default", "examples", "const"));
        }
    }
    yz_buf_char(w->out, '}');
}

void gm_put_schema(gm_writer *w, yz_str schema) {
    yz_json *root = NULL;
    if (yz_json_parse(w->arena, schema, YZ_JSON_LONE_SURROGATES, &root, NULL) == YZ_OK && root->type == YZ_JSON_OBJECT)
        put(w, root);
    else
        yz_buf_lit(w->out, "{\"type\":\"object\"}");
}
