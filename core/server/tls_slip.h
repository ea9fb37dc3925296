/* server/tls_slip.h: a client and a listener that do not agree on TLS. Such a client says no more than that the connection failed, and
 * reads no words of ours, so whoever runs the gateway is told, each kind at most once a minute, since strangers try this as well. */
#ifndef YUZUI_SERVER_TLS_SLIP_H
#define YUZUI_SERVER_TLS_SLIP_H

#include <yuzui/base.h>

typedef struct yz_tls_slips {
    int64_t plain, distrust; /* not before (ms) */
} yz_tls_slips;

/* The first bytes of a connection to a port that speaks plain HTTP: do they begin a TLS handshake (RFC 8446, 5.1)? */
bool yz_tls_slip_begins(yz_str bytes);
/* `listener`: its address, as configured. */
void yz_tls_slip_plain(yz_tls_slips *slips, yz_str listener, int64_t now);
/* A handshake has failed, for a reason of net/tls.h: told if the client does not trust our certificate. */
void yz_tls_slip_failed(yz_tls_slips *slips, yz_str listener, const char *reason, int64_t now);

#endif
