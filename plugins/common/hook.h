/* common/hook.h: a webhook: telling the operator's own server what has happened.
 *
 * One POST of a small JSON object, from the worker that noticed; nobody waits for it, and one that fails is not sent again: it is news, not
 * a record. That it failed is counted, and the log has a line for the first of a row, without the address, which may hold a secret.
 */
#ifndef COMMON_HOOK_H
#define COMMON_HOOK_H

#include <stdatomic.h>
#include <yuzui/plugin.h>

typedef struct hook {
    const char *stage;    /* whose it is, for the log: "balance" */
    const char *instead;  /* where what was lost stands all the same, for the log */
    yz_str url;           /* empty: nobody is told */
    const yz_secret *key; /* shown there as a bearer token; NULL: none is */
    yz_counter untold;
    /* hook_open's */
    yz_worker *worker;
    yz_http *http;
    _Atomic bool *deaf; /* it did not take the last news; shared by all workers */
} hook;

/* The parts above `worker` are said. False: it cannot be, which was reported. Control thread. */
bool hook_open(hook *h, yz_worker *worker, yz_diag *diag);
/* Sends a JSON object, to which it adds the member "gateway": the name of the machine, or of the container, so that a fleet's news can be
 * told apart. The hook stays where it is until hook_close. */
void hook_send(const hook *h, yz_buf *object);
void hook_close(hook *h); /* also of one that was not opened, or all zero */

#endif
