/* base/json.c: the prover. One pass over the bytes, no recursion, nothing copied.
 *
 * The pass keeps a stack of open containers (a fixed array: the depth is limited). Each container carries a small filter over its
 * keys; only when the filter has seen two keys that might be equal are they compared when the container closes (json_twin.c). Keys are
 * compared unescaped.
 *
 * Not here: reading values out of the index (json_read.c) and writing JSON (json_write.c).
 */
#include "base/arena.h"
#include "base/json_twin.h"
#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <yuzui/json.h>

typedef struct frame {
    yz_json *node, *last; /* the container and its last member */
    uint64_t seen;        /* filter over the keys */
    uint32_t count;
    bool suspect; /* two keys may be equal */
    bool escaped; /* a key holds a backslash */
} frame;

typedef struct prover {
    const char *begin, *end;
    yz_arena *arena;
    yz_json *nodes; /* nodes ready to be used */
    size_t n_nodes, batch;
    size_t values;
    unsigned flags;
    unsigned depth;
    int code;
    yz_json_fault fault;
    yz_json *root;
    yz_str key; /* of the value to come */
    bool key_escaped;
    frame *frames; /* YZ_JSON_DEPTH of them, filled when they are used */
} prover;

static const char *fail(prover *ps, int code, const char *at, const char *reason) {
    ps->code = code;
    ps->fault = (yz_json_fault){(size_t)(at - ps->begin), reason};
    return NULL;
}

static inline const char *skip_blanks(const prover *ps, const char *p) {
    while (p < ps->end && (*p == ' ' || *p == '\n' || *p == '\r' || *p == '\t'))
        p++;
    return p;
}

/* ---- strings -------------------------------------------------------------------------------------------------------- */

static int hex_digit(char c) {
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The four digits after \u, or -1. */
static int32_t hex4(const char *p, const char *end) {
    if (end - p < 4)
        return -1;
    int32_t unit = 0;
    for (int i = 0; i < 4; i++) {
        int digit = hex_digit(p[i]);
        if (digit < 0)
            return -1;
        unit = unit * 16 + digit;
    }
    return unit;
}

/* Passes over the escape sequence at p. */
static const char *skip_escape(prover *ps, const char *p) {
    if (ps->end - p < 2)
        return fail(ps, YZ_EINVAL, p, "the text ends inside a string");
    static const bool simple[256] = {
        ['"'] = true, ['\\'] = true, ['/'] = true, ['b'] = true, ['f'] = true, ['n'] = true, ['r'] = true, ['t'] = true};
    if (simple[(unsigned char)p[1]])
        return p + 2;
    if (p[1] != 'u')
        return fail(ps, YZ_EINVAL, p, "no such escape sequence");
    int32_t unit = hex4(p + 2, ps->end);
    if (unit < 0)
        return fail(ps, YZ_EINVAL, p, "\\u needs four hexadecimal digits");
    if ((unit & 0xF800) != 0xD800 || (ps->flags & YZ_JSON_LONE_SURROGATES))
        return p + 6;
    bool high = unit < 0xDC00;
    if (high && ps->end - p >= 8 && p[6] == '\\' && p[7] == 'u' && (hex4(p + 8, ps->end) & 0xFC00) == 0xDC00)
        return p + 12;
    return fail(ps, YZ_EINVAL, p, "half of a surrogate pair");
}

/* From after the opening quote to the closing one. */
static const char *skip_string(prover *ps, const char *p, bool *escaped) {
    for (;;) {
        p = yz_text_scan(p, ps->end);
        if (p == ps->end)
            return fail(ps, YZ_EINVAL, p, "the text ends inside a string");
        unsigned char c = (unsigned char)*p;
        if (c == '"')
            return p;
        if (c == '\\') {
            *escaped = true;
            if (!(p = skip_escape(ps, p)))
                return NULL;
        } else if (c >= 0x80) {
            p = yz_utf8_skip(p, ps->end);
            if (p < ps->end && (unsigned char)*p >= 0x80)
                return fail(ps, YZ_EINVAL, p, "not valid UTF-8");
        } else {
            return fail(ps, YZ_EINVAL, p, "a control character in a string must be escaped");
        }
    }
}

/* ---- numbers -------------------------------------------------------------------------------------------------------- */

static const char *skip_digits(const prover *ps, const char *p) {
    while (p < ps->end && *p >= '0' && *p <= '9')
        p++;
    return p;
}

/* Is the number at p, proven to be one, within the range of a double? Only its leading digits and its power of ten matter. */
static bool in_range(const char *p, const char *end) {
    char digits[64] = "0.";
    size_t n = 2;
    int64_t power = 0, exponent = 0;
    bool point = false, leading = true;
    for (; p < end && *p != 'e' && *p != 'E'; p++) {
        if (*p == '.')
            point = true;
        if (*p < '0' || *p > '9')
            continue;
        leading = leading && *p == '0';
        if (point ? leading : !leading)
            power += point ? -1 : 1;
        if (!leading && n < 48)
            digits[n++] = *p;
    }
    if (p < end) {
        bool negative = p[1] == '-';
        for (p++; p < end; p++)
            if (*p >= '0' && *p <= '9' && exponent < INT64_MAX / 100)
                exponent = exponent * 10 + (*p - '0');
        power += negative ? -exponent : exponent;
    }
    if (leading || power < 309)
        return true;
    if (power > 309)
        return false;
    snprintf(digits + n, sizeof digits - n, "e309");
    double value = strtod(digits, NULL);
    return value <= 1.7976931348623157e308;
}

static const char *skip_number(prover *ps, const char *p) {
    const char *from = p;
    if (*p == '-')
        p++;
    const char *digits = p;
    p = skip_digits(ps, p);
    if (p == digits)
        return fail(ps, YZ_EINVAL, from, "not a JSON value");
    if (*digits == '0' && p - digits > 1)
        return fail(ps, YZ_EINVAL, from, "a number with a leading zero");
    bool exponent = false;
    if (p < ps->end && *p == '.') {
        digits = ++p;
        if ((p = skip_digits(ps, p)) == digits)
            return fail(ps, YZ_EINVAL, from, "a number without a digit after its point");
    }
    if (p < ps->end && (*p == 'e' || *p == 'E')) {
        exponent = true;
        p++;
        if (p < ps->end && (*p == '+' || *p == '-'))
            p++;
        digits = p;
        if ((p = skip_digits(ps, p)) == digits)
            return fail(ps, YZ_EINVAL, from, "a number without digits in its exponent");
    }
    if (!(ps->flags & YZ_JSON_WIDE_NUMBERS) && (exponent || p - from > 300) && !in_range(from, p))
        return fail(ps, YZ_EINVAL, from, "a number beyond the range of a double");
    return p;
}

/* ---- duplicate keys ------------------------------------------------------------------------------------------------- */

/* Remembers a key in the frame's filter. */
static inline void note_key(frame *f, yz_str key, bool escaped) {
    uint64_t w = 0;
    if (key.n >= 8) {
        memcpy(&w, key.p, 8);
    } else if (key.n >= 4) {
        uint32_t first, last; /* they may overlap */
        memcpy(&first, key.p, 4);
        memcpy(&last, key.p + key.n - 4, 4);
        w = (uint64_t)last << 32 | first;
    } else if (key.n > 0) {
        w = (uint64_t)(unsigned char)key.p[0] << 16 | (uint64_t)(unsigned char)key.p[key.n / 2] << 8 | (unsigned char)key.p[key.n - 1];
    }
    uint64_t bit = (uint64_t)1 << ((w ^ key.n << 17) * 0x9E3779B97F4A7C15u >> 58);
    f->suspect |= escaped || (f->seen & bit);
    f->escaped |= escaped;
    f->seen |= bit;
}

/* ---- values --------------------------------------------------------------------------------------------------------- */

/* A node for the value at p, added after its siblings. */
static yz_json *new_node(prover *ps, const char *p) {
    if (ps->values++ == YZ_JSON_VALUES) {
        fail(ps, YZ_ELIMIT, p, "too many values in one text");
        return NULL;
    }
    if (ps->n_nodes == 0) {
        ps->nodes = yz_alloc_raw(ps->arena, ps->batch * sizeof *ps->nodes);
        ps->n_nodes = ps->batch;
        ps->batch = ps->batch < 512 ? ps->batch * 2 : 512;
    }
    yz_json *node = ps->nodes++;
    ps->n_nodes--;
    *node = (yz_json){.p = p};
    if (ps->depth == 0) {
        ps->root = node;
        return node;
    }
    frame *f = &ps->frames[ps->depth - 1];
    if (f->node->type == YZ_JSON_OBJECT) {
        node->key_p = ps->key.p;
        node->key_n = (uint32_t)ps->key.n;
        node->key_escaped = ps->key_escaped;
    }
    if (f->last)
        f->last->next = node;
    else
        f->node->child = node;
    f->last = node;
    f->count++;
    return node;
}

/* From where a key should stand to after its colon. */
static const char *read_key(prover *ps, const char *p) {
    p = skip_blanks(ps, p);
    if (p == ps->end || *p != '"')
        return fail(ps, YZ_EINVAL, p, p == ps->end ? "the text ends inside an object" : "a key in quotes must stand here");
    bool escaped = false;
    const char *close = skip_string(ps, p + 1, &escaped);
    if (!close)
        return NULL;
    ps->key = (yz_str){p + 1, (size_t)(close - p - 1)};
    ps->key_escaped = escaped;
    note_key(&ps->frames[ps->depth - 1], ps->key, escaped);
    p = skip_blanks(ps, close + 1);
    if (p == ps->end || *p != ':')
        return fail(ps, YZ_EINVAL, p, "a colon must stand here");
    return p + 1;
}

/* Closes the innermost container; p is its closing bracket. */
static const char *close_container(prover *ps, const char *p) {
    frame *f = &ps->frames[ps->depth - 1];
    const yz_json *twin = f->suspect ? yz_json_twin(ps->arena, f->node, f->count, f->escaped) : NULL;
    if (twin)
        return fail(ps, YZ_EINVAL, twin->key_p, "a key stands twice in one object");
    f->node->n = (uint32_t)(p + 1 - f->node->p);
    ps->depth--;
    return p + 1;
}

/* Opens a container at p; if it is empty, closes it again. *opened: members follow. */
static const char *open_container(prover *ps, yz_json *node, const char *p, bool *opened) {
    if (ps->depth == YZ_JSON_DEPTH)
        return fail(ps, YZ_ELIMIT, p, "nested too deeply");
    ps->frames[ps->depth++] = (frame){.node = node};
    char bracket = *p == '{' ? '}' : ']';
    p = skip_blanks(ps, p + 1);
    if (p < ps->end && *p == bracket)
        return close_container(ps, p);
    *opened = true;
    return p;
}

static const char *read_word(prover *ps, const char *p, const char *word, size_t n) {
    if ((size_t)(ps->end - p) < n || memcmp(p, word, n) != 0)
        return fail(ps, YZ_EINVAL, p, "not a JSON value");
    return p + n;
}

static const char *read_value(prover *ps, const char *p, bool *opened) {
    p = skip_blanks(ps, p);
    if (p == ps->end)
        return fail(ps, YZ_EINVAL, p, "the text ends where a value must stand");
    yz_json *node = new_node(ps, p);
    if (!node)
        return NULL;
    const char *from = p;
    switch (*p) {
    case '"':
        node->type = YZ_JSON_STRING;
        p = skip_string(ps, p + 1, &node->escaped);
        p = p ? p + 1 : NULL;
        break;
    case '{':
    case '[':
        node->type = *p == '{' ? YZ_JSON_OBJECT : YZ_JSON_ARRAY;
        return open_container(ps, node, p, opened);
    case 't':
        node->type = YZ_JSON_TRUE;
        p = read_word(ps, p, "true", 4);
        break;
    case 'f':
        node->type = YZ_JSON_FALSE;
        p = read_word(ps, p, "false", 5);
        break;
    case 'n':
        node->type = YZ_JSON_NULL;
        p = read_word(ps, p, "null", 4);
        break;
    default:
        node->type = YZ_JSON_NUMBER;
        p = skip_number(ps, p);
    }
    if (p)
        node->n = (uint32_t)(p - from);
    return p;
}

/* After a value: closes what ends here. Returns the place after the comma before the next value, or NULL: done, or failed. */
static const char *after_value(prover *ps, const char *p) {
    while (ps->depth > 0) {
        p = skip_blanks(ps, p);
        if (p == ps->end)
            return fail(ps, YZ_EINVAL, p, "the text ends inside an object or array");
        bool object = ps->frames[ps->depth - 1].node->type == YZ_JSON_OBJECT;
        if (*p == ',')
            return p + 1;
        if (*p != (object ? '}' : ']'))
            return fail(ps, YZ_EINVAL, p, object ? "a comma or } must stand here" : "a comma or ] must stand here");
        if (!(p = close_container(ps, p)))
            return NULL;
    }
    p = skip_blanks(ps, p);
    return p == ps->end ? NULL : fail(ps, YZ_EINVAL, p, "something stands after the value");
}

static void prove(prover *ps) {
    const char *p = ps->begin;
    if (ps->end - p >= 3 && memcmp(p, "\xEF\xBB\xBF", 3) == 0) {
        fail(ps, YZ_EINVAL, p, "a byte order mark must not stand here");
        return;
    }
    do {
        if (ps->depth > 0 && ps->frames[ps->depth - 1].node->type == YZ_JSON_OBJECT && !(p = read_key(ps, p)))
            return;
        bool opened = false;
        p = read_value(ps, p, &opened);
        if (p && !opened)
            p = after_value(ps, p);
    } while (p);
}

int yz_json_parse(yz_arena *arena, yz_str text, unsigned flags, yz_json **out, yz_json_fault *fault) {
    frame frames[YZ_JSON_DEPTH];
    const char *begin = text.n ? text.p : "";
    prover ps = {.begin = begin,
                 .end = begin + text.n,
                 .arena = arena,
                 .batch = text.n / 24 < 72 ? text.n / 24 + 8 : 80,
                 .flags = flags,
                 .frames = frames};
    if (text.n > UINT32_MAX)
        fail(&ps, YZ_ELIMIT, ps.begin, "a text of more than 4 GiB");
    else
        prove(&ps);
    *out = ps.code == YZ_OK ? ps.root : NULL;
    if (ps.code != YZ_OK && fault)
        *fault = ps.fault;
    return ps.code;
}
