/* lua/alloc.c: see alloc.h. */
#include "lua/alloc.h"

#include "base/arena.h"

#include <stdint.h>
#include <stdlib.h>

void *yz_lua_alloc(void *ud, void *p, size_t old_size, size_t size) {
    yz_lua_memory *memory = ud;
    if (size == 0) {
        free(p);
        memory->used -= p ? old_size : 0;
        return NULL;
    }
    size_t base = p ? memory->used - old_size : memory->used;
    bool limited = memory->limit != SIZE_MAX;
    if (limited && size > old_size && (base > memory->limit || size > memory->limit - base)) {
        memory->refused = true;
        return NULL;
    }
    void *q = limited ? realloc(p, size) : yz_realloc(p, size); /* between runs there is no one to catch a Lua error */
    if (!q) {
        memory->refused = true;
        return NULL;
    }
    memory->used = base + size;
    if (memory->used > memory->peak)
        memory->peak = memory->used;
    return q;
}
