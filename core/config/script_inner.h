/* config/script_inner.h: what script.c (running) and script_env.c (the names a script sees) share. */
#ifndef YUZUI_CONFIG_SCRIPT_INNER_H
#define YUZUI_CONFIG_SCRIPT_INNER_H

#include "config/script.h"

#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>

typedef struct yz_running {
    yz_arena *arena;
    yz_diag *diag;
    yz_script *script;
    yz_str folder;
    const char *const *directives;
    size_t n_directives;
    yz_statement *last;
    size_t n_records;
    size_t cap_files;
    size_t used;   /* bytes of the Lua state */
    size_t taken;  /* bytes copied out of it */
    long ticks;    /* of the count hook */
    int64_t began; /* ms of CPU time of this thread */
} yz_running;

yz_running *yz_running_of(lua_State *L);
/* Where the Lua code that called the running C function stands. */
yz_place yz_running_place(lua_State *L);
/* Compiles a chunk of the next file number; pushes the function or the message. */
int yz_running_load(lua_State *L, const char *file, yz_str text);
bool yz_running_read(const char *file, yz_buf *out); /* errno tells */

/* What would be right, for the end of Lua's message about this line; may be empty. The line before it counts too: Lua often notices at
 * the next word. In the arena, or static. */
const char *yz_script_hint(const yz_running *running, const char *message, yz_str line, yz_str before);

/* Makes the environment of the script and leaves it on the stack. */
void yz_script_env(lua_State *L);

#endif
