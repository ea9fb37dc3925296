/* base/command.h: runs a program and waits for what it says. For the control thread, and threads of libuv's pool: it blocks. */
#ifndef YUZUI_BASE_COMMAND_H
#define YUZUI_BASE_COMMAND_H

#include <yuzui/base.h>

typedef struct yz_command {
    char *const *argv;        /* ended by NULL; the program is looked for in PATH */
    yz_str input;             /* what it reads; empty: nothing */
    bool errors;              /* what it writes to stderr is taken, too; else it goes to ours */
    int64_t ms;               /* it may take */
    size_t most;              /* bytes it may say */
    const _Atomic bool *stop; /* set by another thread: nobody wants it any more; NULL: somebody does */
} yz_command;

/* Runs it, and appends what it says. NULL, or what went wrong, in the arena: it cannot be run, ends with a status, takes too long or is
 * stopped (then it and what it started are killed), or says too much. */
const char *yz_command_run(const yz_command *command, yz_buf *out, yz_arena *arena);

#endif
