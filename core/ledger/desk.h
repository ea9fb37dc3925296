/* ledger/desk.h: work on a ledger that takes its time, on behalf of a call: reading, and posting until it is answered. A few threads of the
 * process do it, in the order it was asked for; they begin with the first question. */
#ifndef YUZUI_LEDGER_DESK_H
#define YUZUI_LEDGER_DESK_H

#include "worker.h"

#include <yuzui/ledger.h>

/* Part of a struct of whoever asks, which lives until `drop`. */
typedef struct yz_errand {
    void (*work)(struct yz_errand *errand);                /* on a thread of the desk; knows nothing of the call */
    void (*done)(yz_call *call, struct yz_errand *errand); /* afterwards on the call's worker, unless the call has ended */
    void (*drop)(struct yz_errand *errand);                /* the last that is called, once, on any thread */
    bool slow;  /* takes minutes, like an audit: one such at a time, so that there is a thread for others */
    bool brief; /* of a row or so, for a client's request: a thousand may wait, which is a second; of others fewer */
    /* the desk's own */
    yz_task task;
    struct yz_errand *next;
    yz_ledger *ledger;
    yz_worker *worker;
    yz_call *call; /* readable while `wait` is pending */
    yz_wait *wait;
} yz_errand;

/* YZ_OK: work, done and drop will be called, none of them from inside. YZ_EAGAIN: too many wait, or the process ends; the errand is still
 * the caller's. A call that has waited for `ms` ends with a time-out, and the work goes on without it. Worker thread. */
int yz_desk_ask(yz_call *call, yz_ledger *ledger, yz_errand *errand, int64_t ms);
/* What has begun is waited for, what has not is dropped. After the workers have stopped, before they are freed. */
void yz_desk_close(void);

#endif
