/* base/base64.h: bytes as base64 (RFC 4648), with its padding; and as base64url, without. */
#ifndef YUZUI_BASE_BASE64_H
#define YUZUI_BASE_BASE64_H

#include <yuzui/base.h>

/* What n bytes become: how many. */
static inline size_t yz_base64_length(size_t n) { return (n + 2) / 3 * 4; }
void yz_put_base64(yz_buf *out, yz_str bytes);

/* Of section 5, without padding: what stands in tokens and addresses. */
void yz_put_base64url(yz_buf *out, yz_str bytes);
/* The bytes, in the arena; NULL: it is none. Each text of bytes is taken in one spelling alone: no padding, no blanks, no spare bits. */
const char *yz_base64url_read(yz_arena *arena, yz_str text, size_t *n);

/* Text that comes in pieces: is it base64? Begins as zeros. */
typedef struct yz_base64_look {
    size_t n; /* letters so far, padding included */
    unsigned pads;
    bool broken;
} yz_base64_look;
void yz_base64_feed(yz_base64_look *look, yz_str piece);
/* Is what came whole, with its padding, and not empty? */
static inline bool yz_base64_whole(const yz_base64_look *look) { return !look->broken && look->n > 0 && look->n % 4 == 0; }

#endif
