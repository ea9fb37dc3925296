/* base/json_read.c: values out of a JSON index. */
#include "base/arena.h"

#include <math.h>
#include <stdlib.h>
#include <yuzui/json.h>

/* ---- escapes -------------------------------------------------------------------------------------------------------- */

static int32_t unit_at(const char *p, const char *end) {
    if (end - p < 6 || p[0] != '\\' || p[1] != 'u')
        return -1;
    int32_t unit = 0;
    for (int i = 2; i < 6; i++) {
        char c = p[i];
        int digit = c >= '0' && c <= '9' ? c - '0' : (c | 0x20) >= 'a' && (c | 0x20) <= 'f' ? (c | 0x20) - 'a' + 10 : -1;
        if (digit < 0)
            return -1;
        unit = unit * 16 + digit;
    }
    return unit;
}

/* The character of the escape sequence at p; returns its length. What is no escape sequence stands for itself. */
static size_t read_escape(const char *p, const char *end, uint32_t *character) {
    static const char names[] = "\"\\/bfnrt", values[] = "\"\\/\b\f\n\r\t";
    int32_t unit = unit_at(p, end);
    if (unit >= 0xD800 && unit < 0xDC00) {
        int32_t low = unit_at(p + 6, end);
        if (low >= 0xDC00 && low < 0xE000) {
            *character = 0x10000u + (((uint32_t)unit & 0x3FF) << 10) + ((uint32_t)low & 0x3FF);
            return 12;
        }
    }
    if (unit >= 0) {
        *character = (unit & 0xF800) == 0xD800 ? 0xFFFD : (uint32_t)unit;
        return 6;
    }
    const char *name = end - p >= 2 && p[1] ? strchr(names, p[1]) : NULL;
    *character = name ? (unsigned char)values[name - names] : '\\';
    return name ? 2 : 1;
}

static char *put_utf8(char *out, uint32_t c) {
    if (c < 0x80) {
        *out++ = (char)c;
    } else if (c < 0x800) {
        *out++ = (char)(0xC0 | c >> 6);
        *out++ = (char)(0x80 | (c & 0x3F));
    } else if (c < 0x10000) {
        *out++ = (char)(0xE0 | c >> 12);
        *out++ = (char)(0x80 | (c >> 6 & 0x3F));
        *out++ = (char)(0x80 | (c & 0x3F));
    } else {
        *out++ = (char)(0xF0 | c >> 18);
        *out++ = (char)(0x80 | (c >> 12 & 0x3F));
        *out++ = (char)(0x80 | (c >> 6 & 0x3F));
        *out++ = (char)(0x80 | (c & 0x3F));
    }
    return out;
}

/* No sequence is shorter than the bytes it stands for, so the result is never longer than the source. */
yz_str yz_json_unescape(yz_arena *arena, yz_str escaped) {
    if (escaped.n == 0)
        return (yz_str){"", 0};
    char *to = yz_alloc_bytes(arena, escaped.n + 1), *out = to;
    const char *p = escaped.p, *end = p + escaped.n;
    while (p < end) {
        const char *slash = memchr(p, '\\', (size_t)(end - p));
        size_t run = (size_t)((slash ? slash : end) - p);
        memcpy(out, p, run);
        out += run;
        p += run;
        if (slash) {
            uint32_t character;
            p += read_escape(p, end, &character);
            out = put_utf8(out, character);
        }
    }
    *out = 0;
    return (yz_str){to, (size_t)(out - to)};
}

yz_str yz_json_escape(yz_arena *arena, yz_str plain) {
    yz_buf buf = {0};
    yz_buf_json(&buf, plain);
    yz_str escaped = yz_dup(arena, yz_buf_view(&buf));
    yz_buf_free(&buf);
    return escaped;
}

yz_str yz_json_text(yz_arena *arena, const yz_json *node) {
    yz_str escaped = yz_json_escaped(node);
    return node && node->escaped ? yz_json_unescape(arena, escaped) : escaped;
}

/* ---- members -------------------------------------------------------------------------------------------------------- */

/* Is this escaped text the plain one? */
static bool is_spelt(yz_str escaped, const char *plain, size_t n) {
    const char *p = escaped.p, *end = p + escaped.n;
    for (size_t i = 0; i < n; i++) {
        uint32_t character = 0;
        if (p < end && *p == '\\')
            p += read_escape(p, end, &character);
        else if (p < end)
            character = (unsigned char)*p++;
        else
            return false;
        if (character != (unsigned char)plain[i])
            return false;
    }
    return p == end;
}

const yz_json *yz_json_get(const yz_json *node, const char *key) {
    if (!yz_json_is(node, YZ_JSON_OBJECT))
        return NULL;
    size_t n = strlen(key);
    for (const yz_json *m = node->child; m; m = m->next) {
        if (m->key_n == n && (n == 0 || *m->key_p == *key) && memcmp(m->key_p, key, n) == 0) /* the first byte spares most calls */
            return m;
        if (m->key_escaped && is_spelt(yz_json_key(m), key, n))
            return m;
    }
    return NULL;
}

const yz_json *yz_json_given(const yz_json *node, const char *key) {
    const yz_json *value = yz_json_get(node, key);
    return value && value->type != YZ_JSON_NULL ? value : NULL;
}

bool yz_json_says(const yz_json *node, const char *word) {
    if (!yz_json_is(node, YZ_JSON_STRING))
        return false;
    yz_str escaped = yz_json_escaped(node);
    return node->escaped ? is_spelt(escaped, word, strlen(word)) : yz_str_is(escaped, word);
}

/* ---- numbers -------------------------------------------------------------------------------------------------------- */

/* value = value * 10^power; false when that does not fit. */
static bool scale(uint64_t *value, int64_t power) {
    if (*value == 0)
        return true;
    for (; power > 0; power--)
        if (__builtin_mul_overflow(*value, 10u, value))
            return false;
    return power == 0;
}

/* The digits of p, without the sign, as value * 10^power, where value does not end in a zero. False: too many digits. */
static bool read_decimal(const char *p, const char *end, uint64_t *value, int64_t *power) {
    int64_t zeros = 0; /* seen and not yet multiplied into value: they may be the last */
    bool point = false;
    *value = 0;
    *power = 0;
    for (; p < end && *p != 'e' && *p != 'E'; p++) {
        if (*p == '.') {
            point = true;
            continue;
        }
        *power -= point;
        if (*p == '0') {
            zeros++;
            continue;
        }
        if (!scale(value, zeros + 1) || __builtin_add_overflow(*value, (uint64_t)(*p - '0'), value))
            return false;
        zeros = 0;
    }
    *power += zeros;
    int64_t exponent = 0;
    bool negative = end - p > 1 && p[1] == '-';
    for (; p < end; p++)
        if (*p >= '0' && *p <= '9' && exponent < INT64_MAX / 100)
            exponent = exponent * 10 + (*p - '0');
    *power += negative ? -exponent : exponent;
    return true;
}

int64_t yz_json_int(const yz_json *node, int64_t otherwise) {
    if (!yz_json_is(node, YZ_JSON_NUMBER))
        return otherwise;
    const char *p = node->p, *end = p + node->n;
    bool negative = *p == '-';
    uint64_t value;
    int64_t power;
    if (!read_decimal(p + negative, end, &value, &power) || !scale(&value, power))
        return otherwise;
    if (value > (uint64_t)INT64_MAX + negative)
        return otherwise;
    return negative ? (int64_t)(0 - value) : (int64_t)value;
}

double yz_json_double(const yz_json *node, double otherwise) {
    if (!yz_json_is(node, YZ_JSON_NUMBER))
        return otherwise;
    char small[64], *text = node->n < sizeof small ? small : yz_malloc((size_t)node->n + 1);
    memcpy(text, node->p, node->n);
    text[node->n] = 0;
    double value = strtod(text, NULL);
    if (text != small)
        free(text);
    return isfinite(value) ? value : otherwise;
}
