/* upstream/tunnel.h: what is said to a proxy before a connection leads to its server: CONNECT or SOCKS5. No I/O. */
#ifndef YUZUI_UPSTREAM_TUNNEL_H
#define YUZUI_UPSTREAM_TUNNEL_H

#include "config/settings.h"

typedef enum yz_tunnel_step { YZ_TUNNEL_MORE, YZ_TUNNEL_DONE, YZ_TUNNEL_REFUSED } yz_tunnel_step;

/* Zero-initialise. */
typedef struct yz_tunnel {
    const yz_url *proxy, *url;
    yz_buf in;  /* bytes that came and are not used yet; bounded */
    int stage;  /* what was said last */
    bool ended; /* CONNECT: its answer is complete */
    int status;
    yz_h1 *h1;
    yz_arena *arena;
} yz_tunnel;

/* Both addresses must live as long as the tunnel. */
void yz_tunnel_start(yz_tunnel *tunnel, const yz_url *proxy, const yz_url *url);
/* What came (first: nothing) in, what is to be sent out (appended; it may hold a password). REFUSED: *words (static) say why. */
yz_tunnel_step yz_tunnel_bytes(yz_tunnel *tunnel, yz_str bytes, yz_buf *out, const char **words);
void yz_tunnel_free(yz_tunnel *tunnel);

/* "Basic …" of a user and a password, appended. */
void yz_basic_credentials(yz_buf *out, yz_str user, yz_str password);

#endif
