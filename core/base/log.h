/* base/log.h: the core's side of the log. */
#ifndef YUZUI_BASE_LOG_H
#define YUZUI_BASE_LOG_H

#include <yuzui/base.h>

/* Lines below this level are dropped. At first YZ_LOG_INFO. Any thread. */
void yz_log_level_set(yz_log_level level);
/* Would a line of this level be written? */
bool yz_log_wants(yz_log_level level);
/* fn(arg) runs on this thread before each of its lines: whoever gathers lines of the same log writes them out, so that they stay in order.
 * NULL: no more. */
void yz_log_before(void (*fn)(void *arg), void *arg);

#endif
