/* base/network.c: see network.h. */
#include "base/network.h"

#include <arpa/inet.h>

static bool parse_address(yz_str text, yz_network *out) {
    char name[64];
    if (text.n == 0 || text.n >= sizeof(name))
        return false;
    memcpy(name, text.p, text.n);
    name[text.n] = 0;
    out->six = memchr(name, ':', text.n) != NULL;
    out->bits = out->six ? 128 : 32;
    if (inet_pton(out->six ? AF_INET6 : AF_INET, name, out->address) != 1)
        return false;
    static const uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};
    if (out->six && memcmp(out->address, mapped, sizeof(mapped)) == 0) {
        memmove(out->address, out->address + sizeof(mapped), 4);
        out->six = false;
        out->bits = 32;
    }
    return true;
}

bool yz_network_parse(yz_str text, yz_network *out) {
    const char *slash = text.n > 0 ? memchr(text.p, '/', text.n) : NULL;
    memset(out, 0, sizeof(*out));
    if (!parse_address((yz_str){text.p, slash ? (size_t)(slash - text.p) : text.n}, out))
        return false;
    unsigned bits = 0;
    size_t digits = slash ? text.n - (size_t)(slash + 1 - text.p) : 0;
    for (size_t i = 0; i < digits; i++) {
        if (slash[1 + i] < '0' || slash[1 + i] > '9' || digits > 3)
            return false;
        bits = bits * 10 + (unsigned)(slash[1 + i] - '0');
    }
    if (slash && (digits == 0 || bits > out->bits))
        return false;
    out->bits = slash ? bits : out->bits;
    return true;
}

static bool holds(const yz_network *network, const yz_network *address) {
    unsigned bytes = network->bits / 8, rest = network->bits % 8;
    if (network->six != address->six || memcmp(network->address, address->address, bytes) != 0)
        return false;
    return rest == 0 || (network->address[bytes] ^ address->address[bytes]) >> (8 - rest) == 0;
}

bool yz_network_holds(const yz_network *networks, size_t n, yz_str text) {
    yz_network address;
    if (n == 0 || !parse_address(text, &address))
        return false;
    for (size_t i = 0; i < n; i++)
        if (holds(&networks[i], &address))
            return true;
    return false;
}
