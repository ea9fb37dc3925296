/* server/serve.h: the course of a request: its head, its body, and who answers it. Worker thread. */
#ifndef YUZUI_SERVER_SERVE_H
#define YUZUI_SERVER_SERVE_H

#include "server/exchange.h"

/* The head is complete. False: the request is refused, `refusal` says why or, where that is for its chain, `reach` how far it gets
 * (yz_serve_turned_away); its body, if one comes, need not be taken. */
bool yz_serve_head(yz_exchange *exchange, const yz_h1_head *head);
/* Bytes of the body. False: they cannot be kept, and `refusal` says why. */
bool yz_serve_body(yz_exchange *exchange, yz_str bytes);
/* The request is whole: answers it, now or later. */
void yz_serve(yz_exchange *exchange);
/* The request cannot be read to its end: answers with the refusal that was found before, or with this status and message, and closes. */
void yz_serve_broken(yz_exchange *exchange, int status, const char *message);
/* A stage of its chain refuses it whatever its body is: lets that stage answer, and closes. */
void yz_serve_turned_away(yz_exchange *exchange);
/* Its connection is one too many: answers so, and closes. */
void yz_serve_crowd(yz_exchange *exchange);

#endif
