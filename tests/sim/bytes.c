/* bytes.c: buffers, slices, JSON strings, UTF-8. */
#include "sim.h"

#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

void *sim_alloc(size_t n) {
    void *p = calloc(1, n ? n : 1);
    if (!p)
        abort();
    return p;
}

char *buf_room(buf *b, size_t n) {
    if (b->n + n > b->cap) {
        size_t cap = b->cap ? b->cap : 512;
        while (cap < b->n + n)
            cap *= 2;
        b->p = realloc(b->p, cap);
        if (!b->p)
            abort();
        b->cap = cap;
    }
    return b->p + b->n;
}

void buf_add(buf *b, const char *p, size_t n) {
    char *room = buf_room(b, n + 1);
    if (n)
        memcpy(room, p, n);
    room[n] = 0; /* so that a buffer can be read as a string */
    b->n += n;
}

void buf_adds(buf *b, const char *s) { buf_add(b, s, strlen(s)); }

void buf_printf(buf *b, const char *fmt, ...) {
    va_list ap;
    va_start(ap, fmt);
    char *room = buf_room(b, 256);
    int n = vsnprintf(room, 256, fmt, ap);
    va_end(ap);
    if (n >= 256) {
        room = buf_room(b, (size_t)n + 1);
        va_start(ap, fmt);
        vsnprintf(room, (size_t)n + 1, fmt, ap);
        va_end(ap);
    }
    b->n += (size_t)n;
}

void buf_json(buf *b, const char *p, size_t n) {
    static const char hex[] = "0123456789abcdef";
    char *room = buf_room(b, n * 6 + 2), *o = room;
    *o++ = '"';
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)p[i];
        if (c == '"' || c == '\\') {
            *o++ = '\\';
            *o++ = (char)c;
        } else if (c == '\n') {
            *o++ = '\\';
            *o++ = 'n';
        } else if (c < 0x20) {
            memcpy(o, "\\u00", 4);
            o[4] = hex[c >> 4];
            o[5] = hex[c & 15];
            o += 6;
        } else {
            *o++ = (char)c;
        }
    }
    *o++ = '"';
    b->n += (size_t)(o - room);
}

void buf_free(buf *b) {
    free(b->p);
    *b = (buf){0};
}

bool str_is(str s, const char *word) { return s.n == strlen(word) && !memcmp(s.p, word, s.n); }
bool str_iis(str s, const char *word) { return s.n == strlen(word) && !strncasecmp(s.p, word, s.n); }

/* Length of the character at p, 0 if it is none: overlong forms, surrogates and values past U+10FFFF are refused. */
static size_t utf8_char(const unsigned char *p, size_t n) {
    unsigned c = p[0];
    if (c < 0x80)
        return 1;
    size_t len = c >= 0xf0 ? 4 : c >= 0xe0 ? 3 : 2;
    if (c < 0xc2 || c > 0xf4 || n < len)
        return 0;
    for (size_t i = 1; i < len; i++)
        if ((p[i] & 0xc0) != 0x80)
            return 0;
    if ((c == 0xe0 && p[1] < 0xa0) || (c == 0xed && p[1] > 0x9f) || (c == 0xf0 && p[1] < 0x90) || (c == 0xf4 && p[1] > 0x8f))
        return 0;
    return len;
}

bool utf8_ok(const char *p, size_t n) {
    for (size_t i = 0; i < n;) {
        size_t len = utf8_char((const unsigned char *)p + i, n - i);
        if (!len)
            return false;
        i += len;
    }
    return true;
}
