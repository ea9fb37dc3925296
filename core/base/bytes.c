/* base/bytes.c: texts of result codes, slices, growing buffers and shared bytes. */
#include "base/arena.h"
#include "base/check.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <yuzui/base.h>

const char *yz_result_text(int code) {
    switch (code) {
#define RESULT_CASE(name, value, text)                                                                                                     \
    case value:                                                                                                                            \
        return text;
        YZ_RESULTS(RESULT_CASE)
#undef RESULT_CASE
    default:
        return "unknown error";
    }
}

static inline unsigned char lower(char c) {
    unsigned char u = (unsigned char)c;
    return u >= 'A' && u <= 'Z' ? (unsigned char)(u | 0x20) : u;
}

bool yz_str_ieq(yz_str a, yz_str b) {
    if (a.n != b.n)
        return false;
    for (size_t i = 0; i < a.n; i++)
        if (a.p[i] != b.p[i] && lower(a.p[i]) != lower(b.p[i]))
            return false;
    return true;
}

/* ---- growing buffers ------------------------------------------------------------------------------------------------ */

char *yz_buf_room(yz_buf *buf, size_t more) {
    if (buf->cap - buf->n < more) {
        YZ_MUST(more < SIZE_MAX / 4 && buf->n < SIZE_MAX / 4);
        size_t cap = buf->cap ? buf->cap : 128;
        while (cap - buf->n < more)
            cap += cap / 2;
        buf->p = yz_realloc(buf->p, cap);
        buf->cap = cap;
    }
    return buf->p ? buf->p + buf->n : NULL;
}

void yz_buf_free(yz_buf *buf) {
    free(buf->p);
    *buf = (yz_buf){0};
}

void yz_buf_printf(yz_buf *buf, const char *fmt, ...) {
    va_list args, again;
    va_start(args, fmt);
    va_copy(again, args);
    size_t room = buf->cap - buf->n;
    int n = vsnprintf(room ? buf->p + buf->n : NULL, room, fmt, args);
    va_end(args);
    YZ_MUST(n >= 0);
    if ((size_t)n >= room) {
        char *p = yz_buf_room(buf, (size_t)n + 1);
        vsnprintf(p, (size_t)n + 1, fmt, again);
    }
    va_end(again);
    buf->n += (size_t)n;
}

/* ---- shared bytes --------------------------------------------------------------------------------------------------- */

struct yz_blob {
    atomic_size_t refs;
    size_t n;
    char bytes[];
};

yz_blob *yz_blob_new(yz_str bytes) {
    yz_blob *blob = yz_malloc(sizeof *blob + bytes.n);
    atomic_init(&blob->refs, 1);
    blob->n = bytes.n;
    if (bytes.n)
        memcpy(blob->bytes, bytes.p, bytes.n);
    return blob;
}

yz_blob *yz_blob_ref(yz_blob *blob) {
    atomic_fetch_add_explicit(&blob->refs, 1, memory_order_relaxed);
    return blob;
}

void yz_blob_unref(yz_blob *blob) {
    if (blob && atomic_fetch_sub_explicit(&blob->refs, 1, memory_order_acq_rel) == 1)
        free(blob);
}

yz_str yz_blob_bytes(const yz_blob *blob) { return (yz_str){blob->bytes, blob->n}; }
