/* otlp/context.c: W3C trace context, https://www.w3.org/TR/trace-context/ : 00-TRACE-PARENT-FLAGS. */
#include "otlp.h"

static bool read_hex(const char *p, size_t n) {
    bool zero = true;
    for (size_t i = 0; i < n; i++) {
        if (!((p[i] >= '0' && p[i] <= '9') || (p[i] >= 'a' && p[i] <= 'f')))
            return false;
        zero &= p[i] == '0';
    }
    return !zero;
}

static int digit(char c) { return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1; }

/* A later version may have more after a dash, and means the same by what this one knows. */
bool otlp_context_read(yz_str text, otlp_context *out) {
    enum { LENGTH = 55 };
    if (text.n < LENGTH || digit(text.p[0]) < 0 || digit(text.p[1]) < 0 || memcmp(text.p, "ff", 2) == 0)
        return false;
    bool first = memcmp(text.p, "00", 2) == 0;
    if ((first && text.n > LENGTH) || (text.n > LENGTH && text.p[LENGTH] != '-'))
        return false;
    if (text.p[2] != '-' || text.p[35] != '-' || text.p[52] != '-' || !read_hex(text.p + 3, 32) || !read_hex(text.p + 36, 16))
        return false;
    int high = digit(text.p[53]), low = digit(text.p[54]);
    if (high < 0 || low < 0)
        return false;
    memcpy(out->trace, text.p + 3, sizeof(out->trace));
    memcpy(out->parent, text.p + 36, sizeof(out->parent));
    out->sampled = low & 1;
    return true;
}

void otlp_put_hex(char *out, uint64_t n) {
    for (size_t i = 16; i-- > 0; n >>= 4)
        out[i] = "0123456789abcdef"[n & 15];
}

uint64_t otlp_hex(const char *p) {
    uint64_t n = 0;
    for (size_t i = 0; i < 16; i++)
        n = n << 4 | (uint64_t)digit(p[i]);
    return n;
}
