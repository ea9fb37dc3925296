/* common/schema_plain.c: a schema for those who take a plainer JSON Schema (Moonshot's): where there is a choice (anyOf), types stand in
 * what may be chosen, not beside it; nothing stands beside a reference ($ref); and what older drafts of JSON Schema say in other words
 * (definitions, a list as items) is said in those of the newest, without the name of the draft ($schema, $id).
 *
 * The type is only moved, so the meaning stays. What stood beside a reference goes, and is told, the words about it as well: a model reads
 * them.
 * As in every schema, what stands under "properties" and its kin are names, and what stands under "enum" and its kin are values.
 */
#include "common.h"

typedef struct plain {
    yz_buf *out;
    bool changed, lost;
    bool defs; /* "definitions" become "$defs": not so where the schema has both */
} plain;

#define OLD_DEFS "#/definitions/"

static bool one_of(yz_str key, const char *const *words, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (yz_str_is(key, words[i]))
            return true;
    return false;
}
#define ONE_OF(key, ...) one_of(key, (const char *const[]){__VA_ARGS__}, sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *))

static void put_key(plain *p, bool *first, yz_str key) {
    yz_buf_lit(p->out, *first ? "\"" : ",\"");
    *first = false;
    yz_buf_str(p->out, key);
    yz_buf_lit(p->out, "\":");
}

static void put_schema(plain *p, const yz_json *node, const yz_json *type);

static void put_list(plain *p, const yz_json *list, const yz_json *type) {
    yz_buf_char(p->out, '[');
    for (const yz_json *item = list->child; item; item = item->next) {
        if (item != list->child)
            yz_buf_char(p->out, ',');
        put_schema(p, item, type);
    }
    yz_buf_char(p->out, ']');
}

static void put_names(plain *p, const yz_json *names) {
    bool first = true;
    yz_buf_char(p->out, '{');
    for (const yz_json *field = names->child; field; field = field->next) {
        put_key(p, &first, yz_json_key(field));
        put_schema(p, field, NULL);
    }
    yz_buf_char(p->out, '}');
}

static void put_reference(plain *p, const yz_json *node, const yz_json *reference) {
    yz_str to = yz_json_escaped(reference);
    bool moved = p->defs && yz_str_starts(to, OLD_DEFS);
    yz_buf_lit(p->out, moved ? "{\"$ref\":\"#/$defs/" : "{\"$ref\":\"");
    yz_buf_str(p->out, moved ? yz_str_at(to.p + strlen(OLD_DEFS), to.n - strlen(OLD_DEFS)) : to);
    yz_buf_lit(p->out, "\"}");
    p->changed |= moved;
    for (const yz_json *field = node->child; field; field = field->next) {
        p->changed |= field != reference;
        p->lost |= field != reference && !ONE_OF(yz_json_key(field), "$comment", "$schema", "$id");
    }
}

/* The word of the newest draft for a keyword; empty: it goes. */
static yz_str word_of(const plain *p, const yz_json *node, yz_str key) {
    bool tuple = yz_json_is(yz_json_get(node, "items"), YZ_JSON_ARRAY) && !yz_json_get(node, "prefixItems");
    if (ONE_OF(key, "$schema", "$id"))
        return YZ_STR("");
    if (p->defs && yz_str_is(key, "definitions"))
        return YZ_STR("$defs");
    if (tuple && ONE_OF(key, "items", "additionalItems"))
        return yz_str_is(key, "items") ? YZ_STR("prefixItems") : YZ_STR("items");
    return key;
}

/* `type`: of the schema whose choice this is; NULL: none. Recursion is bounded by the depth of JSON that is read at all. */
static void put_schema(plain *p, const yz_json *node, const yz_json *type) {
    const yz_json *reference = yz_json_get(node, "$ref"), *own = yz_json_get(node, "type"), *choice = yz_json_get(node, "anyOf");
    bool moves = own && yz_json_is(choice, YZ_JSON_ARRAY), first = true;
    if (node->type != YZ_JSON_OBJECT) {
        yz_buf_str(p->out, yz_json_raw(node));
        return;
    }
    if (yz_json_is(reference, YZ_JSON_STRING)) {
        put_reference(p, node, reference);
        return;
    }
    yz_buf_char(p->out, '{');
    if (type && !own && !choice) {
        put_key(p, &first, YZ_STR("type"));
        yz_buf_str(p->out, yz_json_raw(type));
    }
    for (const yz_json *field = node->child; field; field = field->next) {
        yz_str key = yz_json_key(field), word = word_of(p, node, key);
        p->changed |= !yz_str_eq(key, word);
        if ((field == own && moves) || word.n == 0)
            continue;
        put_key(p, &first, word);
        if (ONE_OF(key, "const", "enum", "default", "examples"))
            yz_buf_str(p->out, yz_json_raw(field));
        else if (ONE_OF(key, "properties", "patternProperties", "$defs", "definitions") && field->type == YZ_JSON_OBJECT)
            put_names(p, field);
        else if (field->type == YZ_JSON_ARRAY)
            put_list(p, field, field == choice ? (own ? own : type) : NULL);
        else
            put_schema(p, field, NULL);
    }
    yz_buf_char(p->out, '}');
    p->changed |= moves;
}

yz_str yc_plain_schema(yz_arena *arena, yz_str schema, bool *lost) {
    yz_json *root = NULL;
    yz_buf out = {0};
    plain p = {.out = &out};
    if (schema.n == 0 || yz_json_parse(arena, schema, YZ_JSON_LONE_SURROGATES, &root, NULL) < 0)
        return schema;
    p.defs = !yz_json_get(root, "definitions") || !yz_json_get(root, "$defs");
    put_schema(&p, root, NULL);
    if (p.changed)
        schema = yz_dup(arena, yz_buf_view(&out));
    *lost |= p.lost;
    yz_buf_free(&out);
    return schema;
}
