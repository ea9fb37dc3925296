/* control/runs.h: which yuzui run on this machine: each leaves a small file while it serves, so that `yuzui reload` and `yuzui status` find
 * it without reading its config, whose environment they do not have. No secret is in it. */
#ifndef YUZUI_CONTROL_RUNS_H
#define YUZUI_CONTROL_RUNS_H

#include "config/settings.h"

typedef struct yz_run {
    long pid;
    yz_str config; /* absolute path */
    yz_str admin;  /* its address; empty: none */
    bool tls;      /* … and it speaks TLS there */
    struct yz_run *next;
} yz_run;

/* This process serves: writes its file anew, after the start and each reload. What keeps it from that is logged once, and does no harm.
 * Control thread. */
void yz_runs_enter(const yz_settings *settings);
/* Takes the file away again. */
void yz_runs_leave(void);

/* Those that run now, in the arena; `config` NULL: of any config, else of that file. */
yz_run *yz_runs_find(yz_arena *arena, const char *config);
/* The folders that are looked at, for a message. In the arena. */
yz_str yz_runs_places(yz_arena *arena);

#endif
