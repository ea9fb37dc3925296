/* upstream/proxy_handshake.h: what is said to a proxy before a connection leads to its server: CONNECT or SOCKS5. No I/O. */
#ifndef YUZUI_UPSTREAM_PROXY_HANDSHAKE_H
#define YUZUI_UPSTREAM_PROXY_HANDSHAKE_H

#include "config/settings.h"

typedef enum yz_proxy_step { YZ_PROXY_MORE, YZ_PROXY_DONE, YZ_PROXY_REFUSED } yz_proxy_step;

/* Zero-initialise. */
typedef struct yz_proxy_handshake {
    const yz_url *proxy, *url;
    yz_buf in;  /* bytes that came and are not used yet; bounded */
    int stage;  /* what was said last */
    bool ended; /* CONNECT: its answer is complete */
    int status;
    yz_h1 *h1;
    yz_arena *arena;
} yz_proxy_handshake;

/* Both addresses must live as long as the handshake. */
void yz_proxy_handshake_start(yz_proxy_handshake *hs, const yz_url *proxy, const yz_url *url);
/* What came (first: nothing) in, what is to be sent out (appended; it may hold a password). REFUSED: *reason (static) says why. */
yz_proxy_step yz_proxy_handshake_bytes(yz_proxy_handshake *hs, yz_str bytes, yz_buf *out, const char **reason);
void yz_proxy_handshake_free(yz_proxy_handshake *hs);

/* "Basic …" of a user and a password, appended. */
void yz_basic_credentials(yz_buf *out, yz_str user, yz_str password);

#endif
