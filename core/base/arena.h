/* base/arena.h: the core's side of arenas: making and freeing them, and where their blocks come from. */
#ifndef YUZUI_BASE_ARENA_H
#define YUZUI_BASE_ARENA_H

#include <yuzui/base.h>

/* Blocks of one size, kept for reuse: one pool per worker, not thread-safe. NULL pool: straight from malloc. */
typedef struct yz_block_pool yz_block_pool;
yz_block_pool *yz_block_pool_new(size_t keep /* blocks kept at most */);
void yz_block_pool_free(yz_block_pool *pool);

yz_arena *yz_arena_new(yz_block_pool *pool);
/* What lives long and is many, such as a session, has little room to spare: from here on such an arena takes small blocks, of malloc. */
yz_arena *yz_arena_new_thin(void);
void yz_arena_thin(yz_arena *arena);
bool yz_arena_is_thin(const yz_arena *arena);
/* yz_arena_free (yuzui/base.h) runs the disposers, last first. */
size_t yz_arena_size(const yz_arena *arena); /* bytes taken from the pool or malloc */
/* As good as freed and made anew, but keeps its first block: for scratch memory of one event after another. */
void yz_arena_reset(yz_arena *arena);

/* Like yz_alloc, but not zeroed: for memory that is filled at once. */
void *yz_alloc_raw(yz_arena *arena, size_t size);

/* malloc that never returns NULL: for small blocks of our own; what a peer sizes must be bounded first. */
void *yz_malloc(size_t size);
void *yz_calloc(size_t count, size_t size);
void *yz_realloc(void *p, size_t size);

#endif
