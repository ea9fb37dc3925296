/* base/put.h: what the hot path would otherwise ask printf for: numbers and texts joined. */
#ifndef YUZUI_BASE_PUT_H
#define YUZUI_BASE_PUT_H

#include <yuzui/base.h>

/* On every request's way: printf would be the most expensive part of it. */
static inline void yz_put_number(yz_buf *out, uint64_t value, unsigned base) {
    char digits[24], *p = digits + sizeof(digits);
    do
        *--p = "0123456789abcdef"[value % base];
    while (value /= base);
    yz_buf_put(out, p, (size_t)(digits + sizeof(digits) - p));
}

/* A line of an HTTP head. The name is `prefix` and `name`; `value` must be safe in a header. */
static inline void yz_put_header(yz_buf *out, yz_str prefix, yz_str name, yz_str value) {
    char *p = yz_buf_room(out, prefix.n + name.n + value.n + 4), *start = p;
    if (prefix.n)
        memcpy(p, prefix.p, prefix.n);
    p += prefix.n;
    memcpy(p, name.p, name.n);
    p += name.n;
    *p++ = ':';
    *p++ = ' ';
    if (value.n)
        memcpy(p, value.p, value.n);
    p += value.n;
    *p++ = '\r';
    *p++ = '\n';
    out->n += (size_t)(p - start);
}

/* "a", "between" and "b" in one piece of the arena. */
static inline yz_str yz_join(yz_arena *arena, yz_str a, yz_str between, yz_str b) {
    char *p = yz_alloc_bytes(arena, a.n + between.n + b.n + 1), *at = p;
    const yz_str parts[] = {a, between, b};
    for (size_t i = 0; i < 3; i++) {
        if (parts[i].n)
            memcpy(at, parts[i].p, parts[i].n);
        at += parts[i].n;
    }
    *at = 0;
    return (yz_str){p, (size_t)(at - p)};
}

#endif
