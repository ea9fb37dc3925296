/* address.c: which addresses lead to this machine, its network or a link, and not into the internet. */
#include "net/dns.h"

#include <arpa/inet.h>

static bool private_v4(uint32_t a) {
    static const struct {
        uint32_t net, mask;
    } ranges[] = {{0x00000000, 0xff000000}, {0x0a000000, 0xff000000}, {0x64400000, 0xffc00000}, {0x7f000000, 0xff000000},
                  {0xa9fe0000, 0xffff0000}, {0xac100000, 0xfff00000}, {0xc0000000, 0xffffff00}, {0xc0a80000, 0xffff0000},
                  {0xc6120000, 0xfffe0000}, {0xe0000000, 0xe0000000}};
    for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++)
        if ((a & ranges[i].mask) == ranges[i].net)
            return true;
    return false;
}

static uint32_t v4(const uint8_t *b) { return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3]; }

bool yz_address_is_private(const struct sockaddr_storage *address) {
    if (address->ss_family == AF_INET)
        return private_v4(ntohl(((const struct sockaddr_in *)(const void *)address)->sin_addr.s_addr));
    static const uint8_t nat64[12] = {0x00, 0x64, 0xff, 0x9b};
    const struct in6_addr *a6 = &((const struct sockaddr_in6 *)(const void *)address)->sin6_addr;
    const uint8_t *b = a6->s6_addr;
    if (IN6_IS_ADDR_V4MAPPED(a6) || memcmp(b, nat64, 12) == 0)
        return private_v4(v4(b + 12));
    if (b[0] == 0x20 && b[1] == 0x02) /* 6to4 */
        return private_v4(v4(b + 2));
    return (b[0] & 0xe0) != 0x20; /* only 2000::/3 is public */
}
