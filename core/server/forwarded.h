/* server/forwarded.h: whom a trusted proxy speaks for. Worker thread. */
#ifndef YUZUI_SERVER_FORWARDED_H
#define YUZUI_SERVER_FORWARDED_H

#include "base/network.h"
#include "http/h1.h"

/* The client as X-Forwarded-For has it: the last address in it that is not itself a trusted proxy's, since whatever stands before that the
 * client may have written. `peer` unless that is trusted and says so. A slice of the head, or `peer`. */
yz_str yz_forwarded_client(const yz_network *trusted, size_t n, yz_str peer, const yz_h1_head *head);

#endif
