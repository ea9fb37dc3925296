/* net/tls_inner.h: the inside of a TLS context, for seal.c. */
#ifndef YUZUI_NET_TLS_INNER_H
#define YUZUI_NET_TLS_INNER_H

#include "net/tls.h"

#include <openssl/ssl.h>

SSL_CTX *yz_tls_context(const yz_tls *tls);
bool yz_tls_is_server(const yz_tls *tls);
bool yz_tls_is_insecure(const yz_tls *tls);
/* Sessions of a client context, one for each host. Any thread. */
SSL_SESSION *yz_tls_session_find(yz_tls *tls, const char *host);               /* a reference, or NULL */
void yz_tls_session_keep(yz_tls *tls, const char *host, SSL_SESSION *session); /* the reference passes over */
/* Where a client connection's host is kept for the session callback: SSL_set_ex_data. */
int yz_tls_host_index(void);

/* tls_reason.c: why OpenSSL stopped, for its errors of this thread. `verified`: the certificate is looked at. Static. */
const char *yz_tls_reason(const SSL *ssl, bool client, bool verified);
/* A server answered the first bytes of a handshake with these, which failed for that reason: did it speak plain HTTP? Then that is it. */
const char *yz_tls_reason_of_answer(const char *p, size_t n, const char *reason);

#endif
