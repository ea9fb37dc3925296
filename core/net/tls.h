/* net/tls.h: TLS contexts (OpenSSL, 1.2 and 1.3). */
#ifndef YUZUI_NET_TLS_H
#define YUZUI_NET_TLS_H

#include <yuzui/base.h>

typedef struct yz_tls yz_tls;
typedef struct yz_diag yz_diag;

/* For a listener. Reference counted; connections keep the context they began with, so a reload may drop it. */
yz_tls *yz_tls_server(yz_str cert_file, yz_str key_file, yz_diag *diag);
/* For upstreams: verification on unless `insecure`; ca_file empty: the system's. Keeps sessions for resumption. */
yz_tls *yz_tls_client(yz_str ca_file, bool insecure, yz_diag *diag);
yz_tls *yz_tls_ref(yz_tls *tls);
void yz_tls_unref(yz_tls *tls);
/* Is this the reason of a connection to a server that does not speak TLS? */
bool yz_tls_is_plain(const char *reason);
/* Is it that of a client that broke the handshake off since it does not trust our certificate? */
bool yz_tls_is_distrust(const char *reason);

#endif
