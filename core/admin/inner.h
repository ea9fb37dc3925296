/* admin/inner.h: what the answers of this room share: a call of the leaf, and how it is answered. Worker thread. */
#ifndef YUZUI_ADMIN_INNER_H
#define YUZUI_ADMIN_INNER_H

#include "admin/admin.h"
#include "config/settings.h"
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
    struct yz_admin_errand *errand; /* errand.h: a process is waited for; NULL: none is */
    size_t limit;                   /* requests.c: how many are wanted */
} yz_admin_call;

/* guard.c: who asks. */
typedef struct yz_admin_bearer {
    bool policies;      /* may activate versions of policies, where the config lets anybody */
    bool token;         /* by a token or a badge; false: the config has none, and whoever is on this machine may ask */
    yz_str name;        /* of the token; of whoever has the badge */
    yz_admin_role role; /* without a token: OPERATE, but nothing that changes the ledger */
} yz_admin_bearer;
/* False: nobody that is known. The name of a badge is in the arena; NULL: it is not wanted. */
bool yz_admin_bearer_of(const yz_settings *settings, yz_str credential, yz_arena *arena, yz_admin_bearer *bearer);

yz_str yz_admin_too_low(yz_arena *arena, const yz_admin_bearer *bearer, yz_admin_role needed);

typedef void yz_admin_answer(yz_admin_call *a, const yz_request *request);

/* Sends a->body with this status, no faster than it is read. */
void yz_admin_send(yz_admin_call *a, int status);
/* Refuses instead; status 0: the class's; code "": likewise. */
void yz_admin_refuse(yz_admin_call *a, yz_error_class class_, int status, const char *code, yz_str message);
/* Asks all workers (yz_gather_start) and then calls answer(a, answers, n); the call may end before, then never. */
void yz_admin_gather(yz_admin_call *a, yz_str question, void (*ask)(yz_worker *worker, yz_str question, yz_buf *out),
                     void (*answer)(void *arg, const yz_gathered *answers, size_t n));
/* The workers or the control thread have answered: they are waited for no longer. Before the answer is sent. */
void yz_admin_waited(yz_admin_call *a);
/* ,"missing":[2,5]: who did not answer. */
void yz_admin_put_missing(yz_buf *out, const yz_gathered *answers, size_t n);

/* leaf.c: asks the control thread for a reload; the call may end before, then nothing is answered. */
void yz_admin_reload_start(yz_admin_call *a, void (*answer)(yz_admin_call *a, bool ok, yz_str text));

/* errand.c: the call has ended: the process is not wanted any more. */
void yz_admin_errand_leave(struct yz_admin_errand *errand);

/* live.c: a timer of the call rang; false: it is another one. */
bool yz_admin_live_tick(yz_admin_call *a, const yz_timer *timer);

/* status.c: GET /status; calls.c: GET /calls; metrics.c: GET /metrics; live.c: GET /live; requests.c: GET /requests, POST /calls/cancel */
yz_admin_answer yz_admin_status, yz_admin_calls, yz_admin_metrics, yz_admin_live, yz_admin_requests, yz_admin_cancel;
enum { YZ_ADMIN_LAST_MOST = 2000 };
/* requests.c: a question to the workers (a size_t: how many), and what they say to it, put together, the newest first. */
void yz_admin_ask_last(yz_worker *worker, yz_str question, yz_buf *out);
void yz_admin_put_last(yz_buf *out, const yz_gathered *answers, size_t n, size_t limit, const char *between);
/* rehearse.c: GET /policies, POST /policies/replay, POST /policies/check, POST /policies/explain */
yz_admin_answer yz_admin_policies, yz_admin_check, yz_admin_explain, yz_admin_replay;

/* api.c: the paths of /api/v1. */
yz_admin_path yz_api_path_at(size_t i);
/* False: it is none of them. */
bool yz_api_answer(yz_admin_call *a, const yz_request *request, const yz_admin_bearer *bearer);

#endif
