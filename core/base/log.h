/* base/log.h: the core's side of the log. */
#ifndef YUZUI_BASE_LOG_H
#define YUZUI_BASE_LOG_H

#include <yuzui/base.h>

/* Lines below this level are dropped. At first YZ_LOG_INFO. Any thread. */
void yz_log_level_set(yz_log_level level);
/* Would a line of this level be written? */
bool yz_log_wants(yz_log_level level);
/* Where lines go from now on: the end of this file, made if need be; NULL: stderr. False: it cannot be opened (errno says why), and nothing
 * changes. Control thread. */
bool yz_log_open(const char *path);
/* The same file anew: whoever rotates logs has moved it. */
bool yz_log_reopen(void);
/* Where lines go: the same number through all changes, but for the first file that is opened. Any thread. */
int yz_log_fd(void);
/* Lines as JSON, {"time":…,"level":…,"message":…}, or as plain text, which they are at first. */
void yz_log_json(bool json);
/* fn(arg) runs on this thread before each of its lines: whoever gathers lines of the same log writes them out, so that they stay in order.
 * NULL: no more. */
void yz_log_before(void (*fn)(void *arg), void *arg);

#endif
