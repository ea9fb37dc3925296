/* base/base64.c: base64.h has the contract. */
#include "base/base64.h"

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void yz_base64_feed(yz_base64_look *look, yz_str piece) {
    for (size_t i = 0; i < piece.n && !look->broken; i++) {
        bool pad = piece.p[i] == '=';
        look->broken = pad ? ++look->pads > 2 : look->pads > 0 || !memchr(digits, piece.p[i], 64);
    }
    look->n += piece.n;
}

void yz_put_base64(yz_buf *out, yz_str bytes) {
    for (size_t i = 0; i < bytes.n; i += 3) {
        unsigned value = (unsigned)(unsigned char)bytes.p[i] << 16;
        if (i + 1 < bytes.n)
            value |= (unsigned)(unsigned char)bytes.p[i + 1] << 8;
        if (i + 2 < bytes.n)
            value |= (unsigned char)bytes.p[i + 2];
        yz_buf_char(out, digits[value >> 18]);
        yz_buf_char(out, digits[value >> 12 & 63]);
        yz_buf_char(out, i + 1 < bytes.n ? digits[value >> 6 & 63] : '=');
        yz_buf_char(out, i + 2 < bytes.n ? digits[value & 63] : '=');
    }
}
