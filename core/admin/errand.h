/* admin/errand.h: what takes its time on behalf of a call of the admin listener: a process of our own program, reading and writing files.
 * It runs on a thread of libuv's pool, which also needs those threads for names: a few run at once. A client that leaves ends it. */
#ifndef YUZUI_ADMIN_ERRAND_H
#define YUZUI_ADMIN_ERRAND_H

#include "admin/inner.h"

#include <stdatomic.h>
#include <uv.h>

enum { YZ_ERRAND_WORDS = 20 };

struct yz_admin_errand {
    yz_arena *arena;                                                  /* it lives there itself, on one thread at a time */
    void (*work)(struct yz_admin_errand *errand);                     /* on the pool's thread; NULL: yz_admin_errand_command */
    void (*answer)(yz_admin_call *a, struct yz_admin_errand *errand); /* on the worker's, if the call is still there */
    void (*left)(struct yz_admin_errand *errand, yz_worker *worker);  /* instead, if it is not; NULL: nothing is to be done */
    bool reads;                                                       /* files alone, and so it is done at once: it takes nobody's turn */
    void *arg;                                                        /* of whoever runs it */
    /* the command */
    char *argv[YZ_ERRAND_WORDS];
    size_t n;
    yz_str input;
    yz_str draft_of, draft; /* --instead: this text for that file; empty: none */
    yz_str folder;          /* where it stands meanwhile */
    yz_buf said;
    const char *problem; /* NULL: it went well */
    /* the errand's own */
    uv_work_t task;
    yz_admin_call *a; /* NULL: it has ended. The worker's */
    yz_worker *worker;
    _Atomic bool stop;
};

/* `yuzui COMMAND --config FILE`, with the file of the config that serves. */
struct yz_admin_errand *yz_admin_errand_new(const yz_admin_call *a, const char *command);
/* An option with a value; empty: it is left out. */
void yz_admin_errand_say(struct yz_admin_errand *errand, const char *option, yz_str value);
/* Takes it over, or refuses and frees it. */
void yz_admin_errand_start(yz_admin_call *a, struct yz_admin_errand *errand);
/* Runs the command and waits for it. The pool's thread. */
void yz_admin_errand_command(struct yz_admin_errand *errand);

#endif
