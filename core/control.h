/* control.h: the control thread: the main thread, which builds generations, receives signals and watches files, and what workers
 * may ask of it. */
#ifndef YUZUI_CONTROL_H
#define YUZUI_CONTROL_H

#include "config/settings.h"

#include <yuzui/base.h>
#include <yuzui/call.h>

/* Serves a config until SIGTERM or SIGINT and the drain after it. on_ready is called once all workers accept connections, with the
 * number of workers and what the config warned of. Returns the exit code. */
int yz_control_run(const char *file, void (*on_ready)(const yz_settings *settings, size_t n_workers));

/* Asks for a reload. done(arg, ok, text) is called once, later, on the worker's own thread: ok, the new generation is published and
 * this worker has adopted it; text is one line to show ("generation 7"). Not ok: the old one goes on serving, and text is every
 * error found, "file:line: error: …\n". `text` lives until done returns. Requests that come while one is being built share the next. */
void yz_control_reload(yz_worker *worker, void (*done)(void *arg, bool ok, yz_str text), void *arg);

/* control/outcome.c: keeps what came of a reload; `why`, a literal, is what it was for. Control thread. */
void yz_control_reloaded(bool ok, const char *why, yz_str text);
/* The last one: {"ok":BOOL,"at":UNIX_SECONDS,"why":WHY,"text":"generation 7", or every error found}; null: there was none. Any thread. */
void yz_control_put_reload(yz_buf *out);
/* When it failed, Unix seconds; 0: it did not, or there was none. Any thread. */
int64_t yz_control_reload_failed(void);

/* What one worker answered to yz_gather_start. */
typedef struct yz_gathered {
    const yz_worker *worker;
    bool answered; /* false: it did not in time, or has stopped */
    yz_str answer;
} yz_gathered;

typedef struct yz_gather yz_gather;

/* Asks all workers, and gathers what they say. ask(worker, question, out) runs on the thread of each, the asker's too, and appends its
 * answer; it must not wait. `question` are bytes that it needs for that, copied. done(arg, answers, n) is called once, later, on the
 * asker's own thread: when all have answered, or after `ms`, whatever some of them may be stuck in. `answers` are in the order of the
 * workers and live until done returns. Worker thread. */
yz_gather *yz_gather_start(yz_worker *asker, int64_t ms, yz_str question, void (*ask)(yz_worker *worker, yz_str question, yz_buf *out),
                           void (*done)(void *arg, const yz_gathered *answers, size_t n), void *arg);
/* Nobody wants the answers any more: done will not be called. Before done was; on the asker's thread. */
void yz_gather_cancel(yz_gather *gather);

/* Makes every worker look at the clock again: after yz_clock_skip. Any thread. */
void yz_control_wake(void);

#endif
