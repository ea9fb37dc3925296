/* admin/inner.h: what the answers of this room share: a call of the leaf, and how it is answered. Worker thread. */
#ifndef YUZUI_ADMIN_INNER_H
#define YUZUI_ADMIN_INNER_H

#include "admin/admin.h"
#include "control.h"

typedef struct yz_admin_call {
    yz_call *call;
    yz_buf body;                    /* of the answer: freed with the call */
    size_t sent;                    /* of it */
    yz_str content_type;            /* empty: JSON */
    yz_timer *full;                 /* the reader is full; NULL: it is not */
    yz_wait *wait;                  /* for the control thread or the workers; NULL: none */
    yz_gather *gather;              /* the workers are asked; NULL: they are not */
    struct yz_admin_reload *reload; /* leaf.c: the control thread is asked; NULL: it is not */
    struct yz_admin_live *live;     /* live.c: it is told what happens, until it goes; NULL: it is not */
    size_t limit;                   /* requests.c: how many are wanted */
} yz_admin_call;

typedef void yz_admin_answer(yz_admin_call *a, const yz_request *request);

/* Sends a->body with this status, no faster than it is read. */
void yz_admin_send(yz_admin_call *a, int status);
/* Asks all workers (yz_gather_start) and then calls answer(a, answers, n); the call may end before, then never. */
void yz_admin_gather(yz_admin_call *a, yz_str question, void (*ask)(yz_worker *worker, yz_str question, yz_buf *out),
                     void (*answer)(void *arg, const yz_gathered *answers, size_t n));
/* The workers or the control thread have answered: they are waited for no longer. Before the answer is sent. */
void yz_admin_waited(yz_admin_call *a);
/* ,"missing":[2,5]: who did not answer. */
void yz_admin_put_missing(yz_buf *out, const yz_gathered *answers, size_t n);

/* live.c: a timer of the call rang; false: it is another one. */
bool yz_admin_live_tick(yz_admin_call *a, const yz_timer *timer);

/* status.c: GET /status; calls.c: GET /calls; metrics.c: GET /metrics; live.c: GET /live; requests.c: GET /requests, POST /calls/cancel */
yz_admin_answer yz_admin_status, yz_admin_calls, yz_admin_metrics, yz_admin_live, yz_admin_requests, yz_admin_cancel;

#endif
