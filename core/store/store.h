/* store/store.h: the core's side of stores: one instance per process for each distinct configuration, shared by generations and
 * workers; and who still uses it, so that a worker's sockets are closed on the worker's own thread. */
#ifndef YUZUI_STORE_STORE_H
#define YUZUI_STORE_STORE_H

#include "config/settings.h"

#include <yuzui/store.h>

/* The stores one share (a generation on a worker) has found. */
typedef struct yz_store_set yz_store_set;

/* Control thread, while a share is built: from begin to end, yz_store_find looks in these settings and records what it hands out. What is
 * wrong with a declared store is told at its own line, once. */
yz_store_set *yz_store_set_begin(const yz_settings *settings, yz_worker *worker);
void yz_store_set_unused(yz_diag *diag); /* before the end: warns of stores that nobody has asked for */
void yz_store_set_end(void);
/* Any thread, while the share is open: its stores as the members of a JSON list: {"store":NAME}, of one out of reach with "away_ms" and
 * "because". Returns how many those are. */
size_t yz_store_set_away(const yz_store_set *set, int64_t now, yz_buf *out);
/* For `yuzui check`, of a worker that was not started, whose thread this is then: asks each store of the set something, which makes those
 * that are elsewhere connect, waits for the answers or `ms`, and calls `tell` for each that is out of reach, with why. */
void yz_store_set_try(yz_store_set *set, int64_t ms, void (*tell)(void *arg, yz_str name, yz_str why), void *arg);
/* Worker thread when the share closes (control thread for a share that was never published): leaves and releases them all. */
void yz_store_set_close(yz_store_set *set, bool published);

#endif
