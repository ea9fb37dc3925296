/* server/trial.h: a request of the console's playground: a client's request that comes by the admin listener.
 *
 * A page may ask only where it came from, so the playground cannot reach the address of the clients. What it asks at /try/v1/… of the admin
 * listener is what a client asks at /v1/…: the same paths, keys, chain, limits, log and price. Worker thread. */
#ifndef YUZUI_SERVER_TRIAL_H
#define YUZUI_SERVER_TRIAL_H

#include "server/request.h"

/* Before the head is read, whose headers still stand as they came. Of a path that begins with /try on the admin listener: makes the request
 * one of the clients (asked->admin, asked->address), and *head a copy without that beginning. NULL; or why the request is not let in: it
 * needs what all of the admin listener needs, the admin token in a header of its own, because Authorization has the client's key. */
const yz_error *yz_trial_begin(yz_asked *asked, const yz_h1_head **head);

#endif
