/* loop/post.h: the core's side of what other threads post to a worker (yz_worker_post, yuzui/call.h). */
#ifndef YUZUI_LOOP_POST_H
#define YUZUI_LOOP_POST_H

#include "worker.h"

void yz_posts_init(yz_worker *worker);
/* Runs what has been posted so far, oldest first; what is posted meanwhile waits for the next time. Worker thread, when it was woken. */
void yz_posts_run(yz_worker *worker);
/* From now on yz_worker_post refuses and wakes nobody; what came before runs now. Worker thread as it ends, while its loop still lives
 * (or the control thread, of a worker that was never started). */
void yz_posts_close(yz_worker *worker);

#endif
