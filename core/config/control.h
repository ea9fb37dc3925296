/* config/control.h: what workers may ask of the control thread (the main thread, which builds generations).
 */
#ifndef YUZUI_CONFIG_CONTROL_H
#define YUZUI_CONFIG_CONTROL_H

#include <yuzui/base.h>
#include <yuzui/call.h>

/* Asks for a reload. done(arg, ok, text) is called once, later, on the worker's own thread: ok, the new generation is published and
 * this worker has adopted it; text is one line to show ("generation 7"). Not ok: the old one goes on serving, and text is every
 * error found, "file:line: error: …\n". `text` lives until done returns. Requests that come while one is being built share the next. */
void yz_control_reload(yz_worker *worker, void (*done)(void *arg, bool ok, yz_str text), void *arg);

/* Makes every worker look at the clock again: after yz_clock_skip. Any thread. */
void yz_control_wake(void);

#endif
