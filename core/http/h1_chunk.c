/* http/h1_chunk.c: the line before a chunk: its size and its extensions, which are checked and dropped. */
#include "http/h1_parser.h"

#define SIZE_DIGITS 16

/* Each chunk may cost some bytes that are not data; a flood of tiny ones that is mostly such bytes is refused. */
#define OVERHEAD_FREE ((size_t)64 * 1024)

static int bad(yz_h1 *h1, const char *reason) { return yz_h1_refuse(h1, YZ_EINVAL, 400, reason); }

/* A quoted string at p; returns the place after it, or NULL. The line holds no control bytes. */
static const char *skip_quoted(const char *p, const char *end) {
    for (p++; p < end && *p != '"'; p++)
        if (*p == '\\' && ++p == end)
            return NULL;
    return p < end ? p + 1 : NULL;
}

static const char *skip_token(const char *p, const char *end) {
    while (p < end && yz_h1_token[(unsigned char)*p])
        p++;
    return p;
}

/* *( ";" name [ "=" ( token / quoted ) ] ), without the blanks the grammar tolerates. */
static bool extensions_ok(const char *p, const char *end) {
    while (p < end) {
        if (*p != ';')
            return false;
        const char *name = ++p;
        p = skip_token(p, end);
        if (p == name)
            return false;
        if (p == end || *p != '=')
            continue;
        const char *value = ++p;
        p = p < end && *p == '"' ? skip_quoted(p, end) : skip_token(p, end);
        if (!p || p == value)
            return false;
    }
    return true;
}

int yz_h1_chunk_line(yz_h1 *h1, yz_str line) {
    static const signed char unit[256] = {
        ['0'] = 1,  ['1'] = 2,  ['2'] = 3,  ['3'] = 4,  ['4'] = 5,  ['5'] = 6,  ['6'] = 7,  ['7'] = 8,  ['8'] = 9,  ['9'] = 10, ['a'] = 11,
        ['b'] = 12, ['c'] = 13, ['d'] = 14, ['e'] = 15, ['f'] = 16, ['A'] = 11, ['B'] = 12, ['C'] = 13, ['D'] = 14, ['E'] = 15, ['F'] = 16};
    uint64_t size = 0;
    size_t i = 0;
    for (; i < line.n && unit[(unsigned char)line.p[i]]; i++) {
        if (i == SIZE_DIGITS)
            return bad(h1, "a chunk size with too many digits");
        size = size << 4 | (uint64_t)(unit[(unsigned char)line.p[i]] - 1);
    }
    if (i == 0)
        return bad(h1, "a chunk without a size");
    if (size > INT64_MAX / 2)
        return bad(h1, "a chunk size beyond all bounds");
    if (!extensions_ok(line.p + i, line.p + line.n))
        return bad(h1, "malformed chunk extensions");
    if (h1->most >= 0 && (int64_t)size > h1->most - h1->body)
        return yz_h1_refuse(h1, YZ_ELIMIT, 413, "the body is too long");
    h1->overhead += line.n + 4;
    if (h1->overhead > OVERHEAD_FREE && (int64_t)(h1->overhead - OVERHEAD_FREE) > h1->body)
        return yz_h1_refuse(h1, YZ_ELIMIT, 400, "too many tiny chunks");
    h1->left = (int64_t)size;
    return YZ_OK;
}
