/* net/dns.h: names to addresses, asynchronously, with a cache of each worker (60 s; 5 s for failures). Equal questions in flight
 * share one look-up. A literal or cached address answers soon, never from inside. */
#ifndef YUZUI_NET_DNS_H
#define YUZUI_NET_DNS_H

#include <sys/socket.h>
#include <yuzui/base.h>
#include <yuzui/call.h>

typedef struct yz_dns yz_dns;
typedef struct yz_dns_query yz_dns_query;

yz_dns *yz_dns_new(yz_worker *worker);
/* No query may be open. Look-ups under way end by themselves: the loop must run until its handles are closed. */
void yz_dns_free(yz_dns *dns);
/* Addresses in the order to try (families alternate, IPv6 first), valid during the hook. n 0: `reason` (static) says why. */
typedef void yz_dns_hook(void *arg, const struct sockaddr_storage *addresses, size_t n, const char *reason);
/* The hook is called once, then the query is gone. */
yz_dns_query *yz_dns_ask(yz_dns *dns, yz_str host, uint16_t port, yz_dns_hook *hook, void *arg);
void yz_dns_forget(yz_dns_query *query); /* before the hook was called: it will not be */

/* address.c: does it lead to this machine, a private network or a link, rather than into the internet? Whatever is not known to be public
 * does. */
bool yz_address_is_private(const struct sockaddr_storage *address);

#endif
