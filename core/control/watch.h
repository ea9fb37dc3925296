/* control/watch.h: noticing when files change, whatever way an editor or a deployment changes them. Control thread. */
#ifndef YUZUI_CONTROL_WATCH_H
#define YUZUI_CONTROL_WATCH_H

#include <yuzui/base.h>

struct uv_loop_s;
typedef struct yz_watcher yz_watcher;

/* changed(arg) is called when the content of a watched file is another one than it was, 100 ms after the last sign of it. */
yz_watcher *yz_watcher_new(struct uv_loop_s *loop, void (*changed)(void *arg), void *arg);
/* Watches these files from now on, as they are now. */
void yz_watcher_set(yz_watcher *watcher, const yz_str *files, size_t n);
/* Those files as they are now; `eager`: any Lua file or plugin beside them counts as well, since a build failed and the file at fault
 * may be one that is not known yet. */
void yz_watcher_mark(yz_watcher *watcher, bool eager);
/* Closes its handles: the loop must run once more, then the memory goes by itself. */
void yz_watcher_free(yz_watcher *watcher);

#endif
