/* The JSON prover: what it accepts must survive being read, written anew from the index, and proven again. The first byte is the
 * flags. */
#include "base/arena.h"
#include "base/check.h"

#include <yuzui/json.h>

/* Writes a value anew: strings unescaped and escaped again, no blanks. */
static void write_value(yz_arena *arena, const yz_json *node, yz_buf *out) {
    bool object = node->type == YZ_JSON_OBJECT;
    YZ_MUST(node->n > 0);
    if (node->type == YZ_JSON_STRING) {
        yz_buf_json_str(out, yz_json_text(arena, node));
        return;
    }
    if (node->type != YZ_JSON_ARRAY && !object) {
        (void)yz_json_int(node, 0);
        YZ_MUST(node->type != YZ_JSON_NUMBER || yz_json_double(node, 0) - yz_json_double(node, 0) == 0); /* finite */
        yz_buf_str(out, yz_json_raw(node));
        return;
    }
    yz_buf_char(out, object ? '{' : '[');
    for (const yz_json *m = node->child; m; m = m->next) {
        YZ_MUST(m->p > node->p && m->p + m->n < node->p + node->n && (m->key_p != NULL) == object);
        if (m != node->child)
            yz_buf_char(out, ',');
        if (object) {
            yz_buf_json_str(out, yz_json_unescape(arena, yz_json_key(m)));
            yz_buf_char(out, ':');
        }
        write_value(arena, m, out);
    }
    yz_buf_char(out, object ? '}' : ']');
}

static bool same(const yz_json *a, const yz_json *b) {
    if (a->type != b->type)
        return false;
    const yz_json *x = a->child, *y = b->child;
    for (; x && y; x = x->next, y = y->next)
        if (!same(x, y))
            return false;
    return !x && !y;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size == 0)
        return 0;
    yz_arena *arena = yz_arena_new(NULL);
    yz_str text = {(const char *)data + 1, size - 1};
    yz_json *json, *again;
    yz_json_fault fault = {SIZE_MAX, NULL};
    int code = yz_json_parse(arena, text, data[0] & YZ_JSON_ANSWERED, &json, &fault);
    if (code == YZ_OK) {
        yz_buf out = {0};
        write_value(arena, json, &out);
        YZ_MUST(yz_json_parse(arena, yz_buf_view(&out), YZ_JSON_WIDE_NUMBERS, &again, &fault) == YZ_OK && same(json, again));
        yz_buf_free(&out);
    } else {
        YZ_MUST(fault.reason && fault.at <= text.n && !json);
    }
    yz_buf plain = {0}; /* any bytes at all, written as text, make a valid string */
    yz_buf_json_str(&plain, text);
    YZ_MUST(yz_json_parse(arena, yz_buf_view(&plain), 0, &again, &fault) == YZ_OK && again->type == YZ_JSON_STRING);
    yz_buf_free(&plain);
    yz_arena_free(arena);
    return 0;
}
