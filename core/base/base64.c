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

/* ---- for tokens and addresses ------------------------------------------------------------------------------------------ */

static const char url_digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

void yz_put_base64url(yz_buf *out, yz_str bytes) {
    unsigned value = 0, bits = 0;
    for (size_t i = 0; i < bytes.n; i++) {
        value = value << 8 | (unsigned char)bytes.p[i];
        for (bits += 8; bits >= 6; bits -= 6)
            yz_buf_char(out, url_digits[value >> (bits - 6) & 63]);
    }
    if (bits > 0)
        yz_buf_char(out, url_digits[value << (6 - bits) & 63]);
}

const char *yz_base64url_read(yz_arena *arena, yz_str text, size_t *n) {
    char *bytes = yz_alloc_bytes(arena, text.n / 4 * 3 + 3);
    unsigned value = 0, bits = 0;
    *n = 0;
    for (size_t i = 0; i < text.n; i++) {
        const char *digit = memchr(url_digits, text.p[i], 64);
        if (!digit)
            return NULL;
        value = value << 6 | (unsigned)(digit - url_digits);
        bits += 6;
        if (bits >= 8)
            bytes[(*n)++] = (char)(value >> (bits -= 8) & 255);
    }
    bool whole = bits < 6 && (value & ((1u << bits) - 1)) == 0;
    return whole ? bytes : NULL;
}
