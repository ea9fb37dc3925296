/* people/address.c: see address.h. An address is 16 bytes, IPv4 in its place inside IPv6, so that there is one comparison. */
#include "people/address.h"

#include <arpa/inet.h>

enum { BITS = 128, FOUR = 96 }; /* of an address; before those of an IPv4 one */

/* The bytes of an address; *four: it is an IPv4 one. */
static bool read_address(yz_str text, uint8_t out[16], bool *four) {
    char copy[INET6_ADDRSTRLEN];
    if (text.n == 0 || text.n >= sizeof copy)
        return false;
    memcpy(copy, text.p, text.n);
    copy[text.n] = 0;
    static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
    memcpy(out, mapped, sizeof mapped);
    if (inet_pton(AF_INET, copy, out + sizeof mapped) == 1)
        return *four = true;
    *four = false;
    return inet_pton(AF_INET6, copy, out) == 1;
}

static bool read_bits(yz_str text, int most, int *bits) {
    *bits = 0;
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] < '0' || text.p[i] > '9' || i > 2)
            return false;
        *bits = *bits * 10 + (text.p[i] - '0');
    }
    return text.n > 0 && *bits <= most;
}

/* The address of a range, and how many of its bits count. */
static bool read_range(yz_str range, uint8_t out[16], int *bits) {
    const char *slash = range.n ? memchr(range.p, '/', range.n) : NULL;
    size_t n = slash ? (size_t)(slash - range.p) : range.n;
    bool four;
    if (!read_address(yz_str_at(range.p, n), out, &four))
        return false;
    *bits = BITS;
    if (!slash)
        return true;
    if (!read_bits(yz_str_at(slash + 1, range.n - n - 1), four ? BITS - FOUR : BITS, bits))
        return false;
    *bits += four ? FOUR : 0;
    return true;
}

static bool bit(const uint8_t *p, int i) { return p[i / 8] >> (7 - i % 8) & 1; }

bool yz_address_range_ok(yz_str range) {
    uint8_t address[16];
    int bits;
    if (!read_range(range, address, &bits))
        return false;
    for (int i = bits; i < BITS; i++)
        if (bit(address, i))
            return false;
    return true;
}

bool yz_address_in(yz_str address, yz_str range) {
    uint8_t a[16], r[16];
    bool four;
    int bits;
    if (!read_address(address, a, &four) || !read_range(range, r, &bits))
        return false;
    for (int i = 0; i < bits; i++)
        if (bit(a, i) != bit(r, i))
            return false;
    return true;
}
