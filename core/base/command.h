/* base/command.h: runs a program and waits for what it says. For the control thread alone: it blocks. */
#ifndef YUZUI_BASE_COMMAND_H
#define YUZUI_BASE_COMMAND_H

#include <yuzui/base.h>

/* Runs argv (ended by NULL; the program is looked for in PATH) with an empty input, and appends what it writes to its output; what it
 * writes to stderr goes to ours. NULL, or what went wrong, in the arena: it cannot be run, ends with a status, takes longer than `ms`
 * (then it and what it started are killed), or says more than `most` bytes. */
const char *yz_command_run(char *const *argv, int64_t ms, size_t most, yz_buf *out, yz_arena *arena);

#endif
