/* server/server.h: the client side of a worker: listeners, connections, requests, answers.
 *
 * How the room is built: inside core/server a file includes only headers of files further down this list, so each header offers only
 * what the files above it may use. A file reports what happened to those above it by what it returns, or through a hook they gave it
 * (yz_exchange.on_answered, yz_outlet.on_full). `./dev lint` holds the includes against the list.
 *
 *   server       the whole: beginning, a new generation, the drain, the end
 *   listener     listening sockets
 *   connections  all connections of a worker: time, drain, abort
 *   timeouts     how long a client may take
 *   connection   one client's connection: bytes in, requests one after the other
 *   linger       how a connection ends
 *   tls_slip     clients and listeners that do not agree on TLS
 *   unread       requests whose clients have left, and whose answers are wanted whole even so
 *   serve        the course of a request: its head, its body, who answers
 *   probes       the two paths the server answers itself
 *   opening      what a client says in a session: first, perhaps, what it asks for
 *   answer       the root call, and its events on their way to the client
 *   door         which chain a request takes, and whose body is not even asked for
 *   respond      heads and bodies of answers
 *   duplex       an exchange that has become a WebSocket
 *   upload       a form too long to be kept, which streams through
 *   inlet        what a client says while its request runs
 *   exchange     one request and its answer: what all of the above share
 *   front        what all connections of a worker share
 *   unpack       a body that came compressed
 *   intake       the bytes of a request's body, and the limit on those of all
 *   cors         what pages of other origins may do
 *   trial        a request of the console's playground becomes a client's
 *   request      from a head and a body to a yz_request
 *   headers      what the headers of a request say
 *   forwarded    whom a trusted proxy speaks for
 *   known        what the names of headers mean
 *   meant        which path a wrong one is meant for
 *   json_slip    what is meant by a body that is nearly JSON
 *   route        which path is answered by whom
 *   claim        whose request it looks like, where its path does not say
 *   access       the access log
 *   reframe      a stream as one JSON array, where the client reads that
 *   outlet       gathering what is written
 *   refusal      errors the server itself makes
 *   models       the list of models: a link of every chain, used from outside
 */
#ifndef YUZUI_SERVER_SERVER_H
#define YUZUI_SERVER_SERVER_H

#include "generation.h"

typedef struct yz_server yz_server;

/* Opens the listeners of the worker's share (SO_REUSEPORT). Worker thread. NULL: see *code, and the log has said which. */
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
