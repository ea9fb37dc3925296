/* server/listener.h: the listening sockets of one worker, kept as the settings say. Worker thread. */
#ifndef YUZUI_SERVER_LISTENER_H
#define YUZUI_SERVER_LISTENER_H

#include "server/connection.h"

typedef struct yz_listener yz_listener;

typedef struct yz_listeners {
    yz_worker *worker;
    yz_connections *connections; /* where accepted ones go */
    yz_listener *list;
    yz_alarm reopen; /* those that rest, for want of descriptors */
    uint64_t said;   /* when the log last said so, in ms of the loop; 0: never */
} yz_listeners;

void yz_listeners_init(yz_listeners *listeners, yz_worker *worker, yz_connections *connections);
/* Opens and closes listeners so that they match the settings. Returns the first error; then what could be opened
 * is open, and the old ones stay. */
int yz_listeners_adopt(yz_listeners *listeners, const yz_settings *settings);
void yz_listeners_close(yz_listeners *listeners, bool admin_too);
/* The port of the first one. 0: there is none. */
unsigned yz_listeners_port(const yz_listeners *listeners, bool admin);
/* Can only this machine reach what listens there? */
bool yz_loopback(yz_str host);

#endif
