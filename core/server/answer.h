/* server/answer.h: the root call of an exchange, and how its events become the client's answer. Worker thread. */
#ifndef YUZUI_SERVER_ANSWER_H
#define YUZUI_SERVER_ANSWER_H

#include "server/exchange.h"

/* Starts the call; its answer follows, never from inside. */
void yz_answer_start(yz_exchange *exchange);
/* A client that waits for its stream, and has been told nothing for long, gets a sign of life in its own dialect; if nothing was said yet,
 * the head first: a success, whatever comes. Nothing happens where no sign is safe, and while the client does not read. */
void yz_answer_heartbeat(yz_exchange *exchange);
/* Ends a call that runs: 503, or an error event in a stream that has begun. The exchange is answered. */
void yz_answer_abort(yz_exchange *exchange);
/* The exchange fails by what its client says, or does not say; its call, if one runs, is cancelled. */
void yz_answer_refuse(yz_exchange *exchange, const yz_error *error);
/* The same of a session whose provider takes nothing of what its client says. */
void yz_answer_stalled(yz_exchange *exchange);

#endif
