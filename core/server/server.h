/* server/server.h: the client side of a worker: listeners, connections, requests, answers. */
#ifndef YUZUI_SERVER_SERVER_H
#define YUZUI_SERVER_SERVER_H

#include "config/generation.h"

typedef struct yz_server yz_server;

/* Opens the listeners of the worker's share (SO_REUSEPORT). Worker thread. */
yz_server *yz_server_start(yz_worker *worker, int *code);
/* The worker has adopted a new share: open and close listeners that changed, use its limits and certificates from now on. */
void yz_server_adopt(yz_server *server);
/* Stops accepting, finishes what runs, closes idle connections; on_drained(arg) when none is left. */
void yz_server_drain(yz_server *server, void (*on_drained)(void *arg), void *arg);
/* What is still pending, for the log at the drain deadline; then everything is cancelled. */
void yz_server_abort(yz_server *server);
void yz_server_free(yz_server *server);

#endif
