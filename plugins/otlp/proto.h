/* otlp/proto.h: protobuf's wire format (https://protobuf.dev/programming-guides/encoding/), as much as spans need.
 *
 * A field is a tag (number and kind) and a value; a message within a message is its length and its bytes. Every tag here is one byte.
 */
#ifndef OTLP_PROTO_H
#define OTLP_PROTO_H

#include <yuzui/plugin.h>

enum { PROTO_VARINT = 0, PROTO_FIXED64 = 1, PROTO_BYTES = 2 };
#define PROTO_TAG(field, kind) (char)((field) << 3 | (kind)) /* of fields up to 15 */

/* Bytes of a number as a varint. */
static inline size_t proto_size(uint64_t n) {
    size_t size = 1;
    while (n >>= 7)
        size++;
    return size;
}

/* These write at p, and return where it goes on. */
static inline char *proto_varint(char *p, uint64_t n) {
    for (; n >= 0x80; n >>= 7)
        *p++ = (char)(n | 0x80);
    *p++ = (char)n;
    return p;
}

static inline char *proto_number(char *p, int field, uint64_t n) {
    *p++ = PROTO_TAG(field, PROTO_VARINT);
    return proto_varint(p, n);
}

static inline char *proto_fixed(char *p, int field, uint64_t n) {
    *p++ = PROTO_TAG(field, PROTO_FIXED64);
    for (int i = 0; i < 8; i++, n >>= 8)
        *p++ = (char)n;
    return p;
}

/* The beginning of a field of n bytes, which follow. */
static inline char *proto_head(char *p, int field, size_t n) {
    *p++ = PROTO_TAG(field, PROTO_BYTES);
    return proto_varint(p, n);
}

static inline char *proto_bytes(char *p, int field, const void *bytes, size_t n) {
    p = proto_head(p, field, n);
    memcpy(p, bytes, n);
    return p + n;
}

/* A message whose length is not known before its end: where its bytes begin. */
size_t proto_open(yz_buf *out, int field);
void proto_close(yz_buf *out, size_t at);

/* Text, which a reader insists is UTF-8: bytes that are none become '?'. */
char *proto_plain(char *p, yz_str text);
static inline char *proto_text(char *p, int field, yz_str text) { return proto_plain(proto_head(p, field, text.n), text); }

#endif
