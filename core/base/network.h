/* base/network.h: networks of addresses, "10.0.0.0/8": which of them an address lies in. */
#ifndef YUZUI_BASE_NETWORK_H
#define YUZUI_BASE_NETWORK_H

#include <yuzui/base.h>

typedef struct yz_network {
    bool six; /* IPv6 */
    unsigned bits;
    uint8_t address[16];
} yz_network;

/* "10.0.0.0/8", "fd00::/8", or an address, which is a network of itself. False: it is none. */
bool yz_network_parse(yz_str text, yz_network *out);
/* Does an address, as text without a port, lie within one of them? An IPv4 one that is written as IPv6 (::ffff:10.0.0.1) is one of IPv4. */
bool yz_network_holds(const yz_network *networks, size_t n, yz_str address);

#endif
