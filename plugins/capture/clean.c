/* clean.c: every text of a document looked through, plain, so that no escape and no border of a stream's pieces hides a word; keys and
 * numbers too, and JSON that stands in a text, as the arguments of a tool do. On the vault's thread: it takes milliseconds where texts are
 * long.
 */
#include "capture.h"

enum { DEEPEST = 4 }; /* JSON in a text in JSON … */

typedef struct cleaning {
    yz_arena *arena;
    unsigned kinds;
    unsigned keys; /* that were changed so far */
} cleaning;

static void put_value(cleaning *c, const yz_json *value, int depth, yz_buf *out);

/* A text that is JSON is told as such again. */
static bool put_inner(cleaning *c, yz_str plain, int depth, yz_buf *out) {
    yz_json *inner;
    bool may_be = plain.n > 1 && (plain.p[0] == '{' || plain.p[0] == '[');
    if (!may_be || depth == DEEPEST || yz_json_parse(c->arena, plain, YZ_JSON_ANSWERED, &inner, NULL) != YZ_OK)
        return false;
    yz_buf text = {0};
    put_value(c, inner, depth + 1, &text);
    yz_buf_json_str(out, yz_buf_view(&text));
    yz_buf_free(&text);
    return true;
}

static void put_text(cleaning *c, yz_str plain, int depth, yz_buf *out) {
    yz_buf clean = {0};
    if (put_inner(c, plain, depth, out))
        return;
    redact_put(&clean, plain, c->kinds);
    yz_buf_json_str(out, yz_buf_view(&clean));
    yz_buf_free(&clean);
}

/* Two that were different stay so. */
static void put_key(cleaning *c, yz_str plain, yz_buf *out) {
    yz_buf clean = {0};
    redact_put(&clean, plain, c->kinds);
    if (!yz_str_eq(yz_buf_view(&clean), plain))
        yz_buf_printf(&clean, " %u", ++c->keys);
    yz_buf_json_str(out, yz_buf_view(&clean));
    yz_buf_free(&clean);
}

/* A number may be one of a card, or of a phone: then it is a text. */
static void put_number(cleaning *c, yz_str raw, yz_buf *out) {
    yz_buf clean = {0};
    redact_put(&clean, raw, c->kinds);
    if (yz_str_eq(yz_buf_view(&clean), raw))
        yz_buf_str(out, raw);
    else
        yz_buf_json_str(out, yz_buf_view(&clean));
    yz_buf_free(&clean);
}

static void put_members(cleaning *c, const yz_json *parent, int depth, yz_buf *out) {
    bool object = yz_json_is(parent, YZ_JSON_OBJECT);
    yz_buf_char(out, object ? '{' : '[');
    for (const yz_json *m = parent->child; m; m = m->next) {
        yz_buf_lit(out, m == parent->child ? "" : ",");
        if (object) {
            put_key(c, yz_json_unescape(c->arena, yz_json_key(m)), out);
            yz_buf_char(out, ':');
        }
        put_value(c, m, depth, out);
    }
    yz_buf_char(out, object ? '}' : ']');
}

static void put_value(cleaning *c, const yz_json *value, int depth, yz_buf *out) {
    if (yz_json_is(value, YZ_JSON_OBJECT) || yz_json_is(value, YZ_JSON_ARRAY))
        put_members(c, value, depth, out);
    else if (yz_json_is(value, YZ_JSON_STRING))
        put_text(c, yz_json_text(c->arena, value), depth, out);
    else if (yz_json_is(value, YZ_JSON_NUMBER))
        put_number(c, yz_json_raw(value), out);
    else
        yz_buf_str(out, yz_json_raw(value));
}

bool clean_put(yz_buf *out, yz_str document, unsigned kinds) {
    yz_json *root;
    cleaning c = {.arena = yz_arena_open(), .kinds = kinds};
    bool reads = yz_json_parse(c.arena, document, YZ_JSON_ANSWERED, &root, NULL) == YZ_OK;
    if (reads) {
        put_value(&c, root, 0, out);
        yz_buf_char(out, '\n');
    }
    yz_arena_free(c.arena);
    return reads;
}
