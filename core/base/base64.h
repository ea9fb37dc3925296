/* base/base64.h: bytes as base64 (RFC 4648), with its padding. */
#ifndef YUZUI_BASE_BASE64_H
#define YUZUI_BASE_BASE64_H

#include <yuzui/base.h>

/* What n bytes become: how many. */
static inline size_t yz_base64_length(size_t n) { return (n + 2) / 3 * 4; }
void yz_put_base64(yz_buf *out, yz_str bytes);

#endif
