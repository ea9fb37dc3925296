/* server/server.h: the client side of a worker: listeners, connections, requests, answers. */
#ifndef YUZUI_SERVER_SERVER_H
#define YUZUI_SERVER_SERVER_H

#include "generation.h"

typedef struct yz_server yz_server;

/* Opens the listeners of the worker's share (SO_REUSEPORT). Worker thread. NULL: *code tells, and the log has said which. */
yz_server *yz_server_start(yz_worker *worker, int *code);
/* The worker has adopted a new share: open and close listeners that changed, use its limits and certificates from now on. */
void yz_server_adopt(yz_server *server);
/* Stops accepting (but for the admin listener, where /readyz now says 503), finishes what runs, soon closes idle connections;
 * on_drained(arg), never from inside, when no client's connection is left. */
void yz_server_drain(yz_server *server, void (*on_drained)(void *arg), void *arg);
/* Logs what is still pending at the drain deadline and cancels it; clients get an error, or an error event, before the close. */
void yz_server_abort(yz_server *server);
/* Closes everything. What is left of connections goes with the next yz_turn_run and the loop's close callbacks. */
void yz_server_free(yz_server *server);
/* The port of the first listener: for tests that listen on port 0. 0: none. */
unsigned yz_server_port(const yz_server *server, bool admin);

#endif
