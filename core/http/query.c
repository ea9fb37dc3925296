/* http/query.c: see query.h. */
#include "http/query.h"
#include "base/arena.h"
#include "base/text.h"
#include "http/h1.h"

#include <string.h>

bool yz_query_next(yz_str *query, yz_str *name, yz_str *value) {
    if (query->n == 0)
        return false;
    const char *end = memchr(query->p, '&', query->n);
    yz_str pair = {query->p, end ? (size_t)(end - query->p) : query->n};
    const char *equals = pair.n ? memchr(pair.p, '=', pair.n) : NULL;
    *name = yz_str_at(pair.p, equals ? (size_t)(equals - pair.p) : pair.n);
    *value = equals ? yz_str_at(equals + 1, pair.n - name->n - 1) : YZ_STR("");
    size_t past = pair.n + (end != NULL);
    *query = yz_str_at(query->p + past, query->n - past);
    return true;
}

yz_str yz_query_decode(yz_arena *arena, yz_str escaped) {
    char *copy = yz_alloc_bytes(arena, escaped.n + 1);
    yz_str text;
    for (size_t i = 0; i < escaped.n; i++)
        copy[i] = escaped.p[i] == '+' ? ' ' : escaped.p[i];
    return yz_h1_unescape(arena, yz_str_at(copy, escaped.n), &text) == YZ_OK ? text : yz_str_at("\x01", 1);
}

yz_str yz_query_get(yz_arena *arena, yz_str query, const char *name) {
    yz_str one, value;
    while (yz_query_next(&query, &one, &value))
        if (yz_str_is(one, name))
            return yz_query_decode(arena, value);
    return YZ_STR("");
}
