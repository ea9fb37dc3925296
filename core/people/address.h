/* people/address.h: IP addresses, and ranges of them: "192.0.2.7", "10.0.0.0/8", "2001:db8::/32". */
#ifndef YUZUI_PEOPLE_ADDRESS_H
#define YUZUI_PEOPLE_ADDRESS_H

#include <yuzui/base.h>

/* Is this an address, or a range without bits behind its prefix? */
bool yz_address_range_ok(yz_str range);
/* Is the address in the range? An IPv4 address that is written as IPv6 (::ffff:192.0.2.1) is the IPv4 one. What is malformed is in none. */
bool yz_address_in(yz_str address, yz_str range);

#endif
