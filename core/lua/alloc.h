/* lua/alloc.h: the allocator of a Lua state: counts bytes, and refuses what passes the limit.
 *
 * The limit holds only while policy code runs: then a refusal is a Lua error ("not enough memory"), which the run's protected call
 * catches. The gateway's own work on the state between runs is small and bounded by itself, and must not fail.
 */
#ifndef YUZUI_LUA_ALLOC_H
#define YUZUI_LUA_ALLOC_H

#include <stdbool.h>
#include <stddef.h>

typedef struct yz_lua_memory {
    size_t used;  /* bytes the state holds */
    size_t limit; /* SIZE_MAX: none */
    size_t peak;  /* the most it held since peak was last set */
    bool refused; /* something was refused since this was last cleared */
} yz_lua_memory;

/* A lua_Alloc; `ud` points to a yz_lua_memory. */
void *yz_lua_alloc(void *ud, void *p, size_t old_size, size_t size);

#endif
