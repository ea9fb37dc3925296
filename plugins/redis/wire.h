/* wire.h: bytes to and from one server over TCP, under TLS where asked (seal.c). One loop, one thread. */
#ifndef REDIS_WIRE_H
#define REDIS_WIRE_H

#include <openssl/ssl.h>
#include <uv.h>
#include <yuzui/plugin.h>

typedef struct redis_wire redis_wire;

/* All are called from the loop, never from inside a function of this header; each may close the wire. */
typedef struct wire_hooks {
    void (*on_open)(void *arg); /* connected; under TLS the server has also shown who it is */
    void (*on_bytes)(void *arg, const char *p, size_t n);
    void (*on_end)(void *arg, const char *why); /* nothing comes any more; it is still to be closed */
} wire_hooks;

/* `tls` NULL: as it is. `host` is who the server should be. NULL: no connection could be begun, and *why says the reason. */
redis_wire *wire_open(uv_loop_t *loop, const struct sockaddr *address, SSL_CTX *tls, const char *host, const wire_hooks *hooks, void *arg,
                      const char **why);
/* Appends to what is sent when the loop polls next, all in one piece. */
void wire_put(redis_wire *wire, const char *p, size_t n);
size_t wire_unsent(const redis_wire *wire);
/* What it waits for, once it has waited too long for being open, in words that stay. */
const char *wire_late(const redis_wire *wire);
/* Nothing is called any more; frees itself when its handle is closed. */
void wire_close(redis_wire *wire);

/* ---- seal.c ---- */

typedef struct seal_config {
    yz_str ca, cert, key; /* PEM files; empty: the system's certificates, and none of our own */
    bool insecure;        /* take any server for the right one */
} seal_config;

/* A context for connections to one server; any thread may use it. NULL: the diag has the reason. */
SSL_CTX *seal_context(const seal_config *config, yz_diag *diag);
/* A session on a connected socket: the handshake is still to be made. NULL: `host` cannot be verified. */
SSL *seal_new(SSL_CTX *context, const char *host, int fd);
/* Why the last operation on it failed, in words that stay. */
const char *seal_why(const SSL *ssl);

#endif
