/* config/url.h: addresses of servers as they are written in the config and in the environment. */
#ifndef YUZUI_CONFIG_URL_H
#define YUZUI_CONFIG_URL_H

#include <yuzui/base.h>

typedef struct yz_url {
    bool tls;
    yz_str scheme; /* http https socks5 */
    yz_str user, password;
    yz_str host; /* without brackets */
    uint16_t port;
    yz_str path; /* without a trailing slash */
} yz_url;

/* Reads "http[s]://[user[:password]@]host[:port][/path]" or "socks5://…" (port 1080 unless said). Everything is copied into the
 * arena; user and password are percent-decoded, host is lower case. No query, no fragment, no control bytes, no dot segments.
 * YZ_EINVAL with *reason (static): what is wrong. */
int yz_url_parse(yz_str text, yz_arena *arena, yz_url *out, const char **reason);

/* The address of one resource, for one request: as above, and then its path with the query goes to *target as it is sent, "/" at least.
 * At most 8 KiB; no fragment, and no byte in it that must be percent-encoded. */
int yz_url_split(yz_str text, yz_arena *arena, yz_url *out, yz_str *target, const char **reason);

#endif
