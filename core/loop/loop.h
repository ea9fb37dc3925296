/* loop/loop.h: worker threads: making them, giving them orders, ending them. All of it is for the control thread. */
#ifndef YUZUI_LOOP_LOOP_H
#define YUZUI_LOOP_LOOP_H

#include "worker.h"

/* A worker with its loop, not yet running: so that stages can be opened for it. Never NULL. */
yz_worker *yz_worker_new(unsigned index);

/* Starts the thread; a generation must have been published. It adopts its share and opens its listeners. YZ_OK, or what the server
 * said; then the thread has ended. on_stopped(arg) is called on the worker's thread as its last act. */
int yz_worker_start(yz_worker *worker, void (*on_stopped)(void *arg), void *arg);

void yz_worker_drain(yz_worker *worker); /* no new requests; stops when those that run have ended */
void yz_worker_abort(yz_worker *worker); /* prints what is pending, cancels it, stops */

/* Joins the thread, if it was started, and frees. */
void yz_worker_free(yz_worker *worker);

#endif
