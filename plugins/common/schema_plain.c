/* common/schema_plain.c: a schema for those who take a plainer JSON Schema (Moonshot's): where there is a choice (anyOf), types stand in
 * what may be chosen, not beside it; nothing stands beside a reference ($ref), the whole is none, and all lead to $defs (schema_refs.c);
 * every property, item and choice has a type; and what older drafts of JSON Schema say in other words (definitions, a list as items) is
 * said in those of the newest, without the name of the draft ($schema, $id).
 *
 * A type that is given follows from what else is said: from the values (enum, const), or from a word that one type alone has. Values of
 * several types are as many choices. Where nothing says anything, it is a string, which may hold anything; that is told. What stood beside
 * a reference goes, and is told, the words about it as well: a model reads them. As in every schema, what stands under "properties" and its
 * kin are names, and what stands under "enum" and its kin are values.
 */
#include "schema_plain.h"

#define ONE_OF(key, ...) yc_one_of(key, YZ_NAMES(__VA_ARGS__))

/* Is a type to be given: none; if one follows from what else is said; in any case? */
typedef enum wanted { NO_TYPE, SURE_TYPE, ANY_TYPE } wanted;

void yc_plain_key(yc_plain *p, bool *first, yz_str key) {
    yz_buf_lit(p->out, *first ? "\"" : ",\"");
    *first = false;
    yz_buf_str(p->out, key);
    yz_buf_lit(p->out, "\":");
}

static void put_word(yc_plain *p, bool *first, const char *key, const char *word) {
    yc_plain_key(p, first, yz_str_of(key));
    yz_buf_printf(p->out, "\"%s\"", word);
    p->changed = true;
}

/* ---- types ------------------------------------------------------------------------------------------------------------- */

static const char *const types[] = {"string", "integer", "number", "boolean", "object", "array", "null"};
#define TYPES (sizeof types / sizeof *types)

static size_t type_of(const yz_json *value) {
    yz_str raw = yz_json_raw(value);
    switch (value->type) {
    case YZ_JSON_STRING:
        return 0;
    case YZ_JSON_NUMBER:
        for (size_t i = 0; i < raw.n; i++)
            if (strchr(".eE", raw.p[i]))
                return 2;
        return 1;
    case YZ_JSON_TRUE:
    case YZ_JSON_FALSE:
        return 3;
    case YZ_JSON_OBJECT:
        return 4;
    case YZ_JSON_ARRAY:
        return 5;
    default:
        return 6;
    }
}

/* The type that these values have in common; TYPES: there is none. */
static size_t common_type(const yz_json *values) {
    size_t common = values->child ? type_of(values->child) : TYPES;
    for (const yz_json *value = values->child; value && common < TYPES; value = value->next) {
        size_t type = type_of(value);
        if (type + common == 1 + 2) /* a whole number is a number */
            common = 2;
        else if (type != common)
            common = TYPES;
    }
    return common;
}

/* By a word that one type alone has; NULL: there is none. */
static const char *type_by_words(const yz_json *node) {
    for (const yz_json *field = node->child; field; field = field->next) {
        yz_str key = yz_json_key(field);
        if (ONE_OF(key, "properties", "patternProperties", "additionalProperties", "required", "minProperties", "maxProperties",
                   "propertyNames"))
            return "object";
        if (ONE_OF(key, "items", "prefixItems", "minItems", "maxItems", "uniqueItems", "contains"))
            return "array";
        if (ONE_OF(key, "pattern", "minLength", "maxLength", "format"))
            return "string";
        if (ONE_OF(key, "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"))
            return "number";
    }
    return NULL;
}

/* A choice for the values of each type. */
static void put_choices(yc_plain *p, bool *first, const yz_json *values) {
    yc_plain_key(p, first, YZ_STR("anyOf"));
    const char *before = "[";
    for (size_t type = 0; type < TYPES; type++) {
        bool any = false;
        for (const yz_json *value = values->child; value; value = value->next) {
            if (type_of(value) != type)
                continue;
            if (any)
                yz_buf_char(p->out, ',');
            else
                yz_buf_printf(p->out, "%s{\"type\":\"%s\",\"enum\":[", before, types[type]);
            any = true;
            before = ",";
            yz_buf_str(p->out, yz_json_raw(value));
        }
        yz_buf_lit(p->out, any ? "]}" : "");
    }
    yz_buf_char(p->out, ']');
    p->changed = true;
}

/* Gives a schema without one its type. Returns a list of values that was written as choices, and is not to be written again; or NULL. */
static const yz_json *give_type(yc_plain *p, bool *first, const yz_json *node, wanted how) {
    const yz_json *values = yz_json_get(node, "enum"), *value = yz_json_get(node, "const");
    const char *word = type_by_words(node);
    if (value) {
        word = types[type_of(value)];
    } else if (yz_json_is(values, YZ_JSON_ARRAY) && values->child) {
        size_t type = common_type(values);
        if (type == TYPES) {
            put_choices(p, first, values);
            return values;
        }
        word = types[type];
    } else if (!word && how == ANY_TYPE) {
        word = node == p->root ? "object" : "string";
        p->lost |= node != p->root;
    }
    if (word)
        put_word(p, first, "type", word);
    return NULL;
}

/* ---- schemas ----------------------------------------------------------------------------------------------------------- */

static void put_schema(yc_plain *p, const yz_json *node, const yz_json *type, wanted how);

static void put_list(yc_plain *p, const yz_json *list, const yz_json *type, wanted how) {
    yz_buf_char(p->out, '[');
    for (const yz_json *item = list->child; item; item = item->next) {
        if (item != list->child)
            yz_buf_char(p->out, ',');
        put_schema(p, item, type, how);
    }
    yz_buf_char(p->out, ']');
}

static void put_names(yc_plain *p, const yz_json *names) {
    bool first = true;
    yz_buf_char(p->out, '{');
    for (const yz_json *field = names->child; field; field = field->next) {
        yc_plain_key(p, &first, yz_json_key(field));
        put_schema(p, field, NULL, ANY_TYPE);
    }
    yz_buf_char(p->out, '}');
}

/* The word of the newest draft for a keyword; empty: it goes, or is written elsewhere. */
static yz_str word_of(const yc_plain *p, const yz_json *node, yz_str key) {
    if (ONE_OF(key, "$schema", "$id") || (node == p->root && ONE_OF(key, "$defs", "definitions")))
        return YZ_STR("");
    if (!ONE_OF(key, "items", "additionalItems") || !yz_json_is(yz_json_get(node, "items"), YZ_JSON_ARRAY) ||
        yz_json_get(node, "prefixItems"))
        return key;
    return yz_str_is(key, "items") ? YZ_STR("prefixItems") : YZ_STR("items");
}

/* What a keyword says, whose schemas have a type of their own or are to be given one. `type`: of what may be chosen. */
static void put_value(yc_plain *p, yz_str word, const yz_json *value, const yz_json *type) {
    bool any = value->type == YZ_JSON_OBJECT && !value->child;
    if (ONE_OF(word, "const", "enum", "default", "examples")) {
        yz_buf_str(p->out, yz_json_raw(value));
    } else if (ONE_OF(word, "properties", "patternProperties", "$defs", "definitions") && value->type == YZ_JSON_OBJECT) {
        put_names(p, value);
    } else if (yz_str_is(word, "additionalProperties") && any) { /* it says the same, and needs no type */
        yz_buf_lit(p->out, "true");
        p->changed = true;
    } else if (value->type == YZ_JSON_ARRAY) {
        bool choice = ONE_OF(word, "anyOf", "oneOf", "prefixItems");
        put_list(p, value, type, choice ? ANY_TYPE : yz_str_is(word, "allOf") ? SURE_TYPE : NO_TYPE);
    } else {
        put_schema(p, value, NULL, yz_str_is(word, "items") ? ANY_TYPE : yz_str_is(word, "additionalProperties") ? SURE_TYPE : NO_TYPE);
    }
}

static void put_members(yc_plain *p, const yz_json *node, const yz_json *type, wanted how, bool *first) {
    const yz_json *own = yz_json_get(node, "type"), *choice = yz_json_get(node, "anyOf"), *written = NULL;
    bool moves = own && yz_json_is(choice, YZ_JSON_ARRAY);
    if (type && !own && !choice) {
        yc_plain_key(p, first, YZ_STR("type"));
        yz_buf_str(p->out, yz_json_raw(type));
    } else if (!own && !choice && !yz_json_get(node, "oneOf") && !yz_json_get(node, "allOf") && how != NO_TYPE) {
        written = give_type(p, first, node, how);
    }
    for (const yz_json *field = node->child; field; field = field->next) {
        yz_str key = yz_json_key(field), word = word_of(p, node, key);
        p->changed |= !yz_str_eq(key, word) && !ONE_OF(key, "$defs", "definitions");
        if ((field == own && moves) || word.n == 0 || field == written)
            continue;
        yc_plain_key(p, first, word);
        put_value(p, word, field, field == choice ? (own ? own : type) : NULL);
    }
    p->changed |= moves;
}

static void put_reference(yc_plain *p, const yz_json *node, const yz_json *reference) {
    yz_buf_lit(p->out, "{\"$ref\":\"");
    yz_buf_str(p->out, yc_plain_reference(p, reference));
    yz_buf_lit(p->out, "\"}");
    for (const yz_json *field = node->child; field; field = field->next) {
        bool defs = node == p->root && ONE_OF(yz_json_key(field), "$defs", "definitions");
        p->changed |= field != reference;
        p->lost |= field != reference && !defs && !ONE_OF(yz_json_key(field), "$comment", "$schema", "$id");
    }
}

/* A schema itself, whether or not it has moved. Recursion is bounded by the depth of JSON that is read at all. */
static void put_whole_schema(yc_plain *p, const yz_json *node, const yz_json *type, wanted how) {
    const yz_json *reference = yz_json_get(node, "$ref");
    bool first = true;
    if (node->type == YZ_JSON_TRUE && how == ANY_TYPE) {
        yz_buf_lit(p->out, "{\"type\":\"string\"}");
        p->changed = p->lost = true;
        return;
    }
    if (node->type != YZ_JSON_OBJECT) {
        yz_buf_str(p->out, yz_json_raw(node));
        return;
    }
    if (yz_json_is(reference, YZ_JSON_STRING)) {
        put_reference(p, node, reference);
        return;
    }
    yz_buf_char(p->out, '{');
    put_members(p, node, type, how, &first);
    yz_buf_char(p->out, '}');
}

/* `type`: of the schema whose choice this is; NULL: none. */
static void put_schema(yc_plain *p, const yz_json *node, const yz_json *type, wanted how) {
    yz_str moved = yc_plain_moved_to(p, node);
    if (moved.n == 0) {
        put_whole_schema(p, node, type, how);
        return;
    }
    yz_buf_printf(p->out, "{\"$ref\":\"%.*s\"}", YZ_STR_ARGS(moved));
    p->lost |= type && !yz_json_get(node, "type"); /* that of its neighbours */
}

void yc_plain_definition(yc_plain *p, const yz_json *node, bool whole) {
    if (whole)
        put_whole_schema(p, node, NULL, ANY_TYPE);
    else
        put_schema(p, node, NULL, ANY_TYPE);
}

/* ---- the whole --------------------------------------------------------------------------------------------------------- */

/* Stands in the place of the whole what that refers to, with what else the whole says; what both say, the former says. */
static void put_whole(yc_plain *p, const yz_json *meant, bool *first) {
    const yz_json *root = p->root;
    put_members(p, meant, NULL, ANY_TYPE, first);
    for (const yz_json *field = meant == root ? NULL : root->child; field; field = field->next) {
        yz_str key = yz_json_key(field);
        if (ONE_OF(key, "$ref", "$defs", "definitions", "$schema", "$id", "$comment"))
            continue;
        const yz_json *other = yc_plain_child(p, meant, yz_json_unescape(p->arena, key));
        p->lost |= other && !yz_str_eq(yz_json_raw(other), yz_json_raw(field));
        if (other)
            continue;
        yc_plain_key(p, first, key);
        put_value(p, key, field, NULL);
    }
    p->changed |= meant != root;
}

yz_str yc_plain_schema(yz_arena *arena, yz_str schema, bool *lost) {
    yz_json *root = NULL;
    yz_buf out = {0};
    bool first = true;
    if (schema.n == 0 || yz_json_parse(arena, schema, YZ_JSON_LONE_SURROGATES, &root, NULL) < 0 || root->type != YZ_JSON_OBJECT)
        return schema;
    yc_plain p = {.arena = arena, .root = root, .out = &out};
    const yz_json *meant = yc_plain_meant(&p);
    if (!meant) /* a reference that leads nowhere: who gets it says so */
        return schema;
    yz_buf_char(&out, '{');
    put_whole(&p, meant, &first);
    yc_plain_definitions(&p, &first);
    yz_buf_char(&out, '}');
    if (p.changed)
        schema = yz_dup(arena, yz_buf_view(&out));
    *lost |= p.lost;
    yz_buf_free(&out);
    return schema;
}
