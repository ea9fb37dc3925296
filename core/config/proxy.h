/* config/proxy.h: which proxy a server is reached through when the config names none. */
#ifndef YUZUI_CONFIG_PROXY_H
#define YUZUI_CONFIG_PROXY_H

#include "config/url.h"

/* The proxy the environment asks for: HTTPS_PROXY for https, HTTP_PROXY for http (lower case names first, as curl does; HTTP_PROXY
 * in lower case only, since a CGI server sets the other from a header), then ALL_PROXY; none for hosts in NO_PROXY ("*", names and
 * their subdomains, addresses, host:port). Reads the environment: at start, by the control thread. Scheme empty: none.
 * An address that cannot be used (not http:// or socks5://) gives none, and *complaint (may be NULL) says why, in the arena. */
yz_url yz_proxy_from_env(const yz_url *url, yz_arena *arena, yz_str *complaint);

#endif
