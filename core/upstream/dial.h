/* upstream/dial.h: from an address to an open connection: names, the race between addresses, the proxy, TLS. */
#ifndef YUZUI_UPSTREAM_DIAL_H
#define YUZUI_UPSTREAM_DIAL_H

#include "config/settings.h"
#include "net/stream.h"

typedef struct yz_dial yz_dial;

typedef struct yz_dial_plan { /* the addresses must live as long as the dial */
    const yz_url *url;
    const yz_url *proxy; /* NULL or scheme empty: none. http:// carries plain requests itself and tunnels the others */
    struct yz_tls *tls;  /* with url->tls */
    bool public_only;    /* fail if any address the name resolves to is private; only without a proxy, which resolves by itself */
} yz_dial_plan;

/* Called once, never from inside yz_dial_start; then the dial is gone. The stream (open; to be taken over with yz_stream_own) or
 * NULL with a reason (static) that names no address. */
typedef void yz_dial_hook(void *arg, yz_stream *stream, const char *reason);

/* There is no deadline here: whoever dials has one, and then calls yz_dial_stop. */
yz_dial *yz_dial_start(yz_worker *worker, const yz_dial_plan *plan, yz_dial_hook *hook, void *arg);
void yz_dial_stop(yz_dial *dial);
const char *yz_dial_state(const yz_dial *dial); /* "name", "connect", "proxy", "TLS": what it waits for */

#endif
