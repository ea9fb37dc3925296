/* otlp/proto.c: what of protobuf's wire format is more than a line. */
#include "proto.h"

enum { GUESS = 2 }; /* bytes of a length: a span has some hundreds */

size_t proto_open(yz_buf *out, int field) {
    yz_buf_char(out, PROTO_TAG(field, PROTO_BYTES));
    yz_buf_put(out, "\0\0", GUESS);
    return out->n;
}

void proto_close(yz_buf *out, size_t at) {
    size_t n = out->n - at, size = proto_size(n);
    yz_buf_room(out, size);
    if (size != GUESS)
        memmove(out->p + at - GUESS + size, out->p + at, n);
    proto_varint(out->p + at - GUESS, n);
    out->n += size - GUESS;
}

/* Bytes of the sequence of UTF-8 at p; 0: it is none. */
static size_t sequence(const unsigned char *p, size_t left) {
    size_t n = p[0] < 0x80 ? 1 : p[0] < 0xc2 ? 0 : p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : p[0] < 0xf5 ? 4 : 0;
    if (n > left)
        return 0;
    for (size_t i = 1; i < n; i++)
        if ((p[i] & 0xc0) != 0x80)
            return 0;
    bool overlong = (p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xf0 && p[1] < 0x90);
    bool outside = (p[0] == 0xed && p[1] > 0x9f) || (p[0] == 0xf4 && p[1] > 0x8f); /* surrogates; beyond U+10FFFF */
    return overlong || outside ? 0 : n;
}

/* Eight bytes at a time. */
static bool is_ascii(yz_str text) {
    uint64_t any = 0, some = 0;
    size_t i = 0;
    for (; i + sizeof(some) <= text.n; i += sizeof(some), any |= some)
        memcpy(&some, text.p + i, sizeof(some));
    for (; i < text.n; i++)
        any |= (unsigned char)text.p[i];
    return (any & 0x8080808080808080u) == 0;
}

char *proto_plain(char *at, yz_str text) {
    if (text.n > 0)
        memcpy(at, text.p, text.n);
    for (size_t i = 0, left = is_ascii(text) ? 0 : text.n, n; i < left; i += n)
        if ((n = sequence((unsigned char *)at + i, text.n - i)) == 0)
            at[i] = '?', n = 1;
    return at + text.n;
}
