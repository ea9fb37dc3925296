/* base/arena.c: memory that is freed all at once.
 *
 * An arena lives in its own first block, so a fresh one costs the taking of one block from the worker's pool and a few stores.
 * Objects are taken from the low end of the current block (aligned), text from the high end (unaligned), until the two meet.
 * What is too large for a block comes from malloc and is linked.
 *
 * In debug and sanitizer builds the pool keeps nothing, so that AddressSanitizer sees every use after free; and it learns which
 * bytes of a block have been given out, so that it sees reads and writes past a piece too.
 */
#include "base/arena.h"
#include "base/check.h"

#include <stdio.h>
#include <stdlib.h>

#ifdef __has_feature
#if __has_feature(address_sanitizer)
#define WATCHED
#endif
#endif
#ifdef __SANITIZE_ADDRESS__
#define WATCHED
#endif

#ifdef WATCHED
#include <sanitizer/asan_interface.h>
#define HIDE(p, n) __asan_poison_memory_region(p, n)
#define SHOW(p, n) __asan_unpoison_memory_region(p, n)
#define APART      __attribute__((noinline)) /* where gcc would take hiding for a read of what nobody has set */
#define GAP        16                        /* between two pieces; also rounds text, as shadow memory does not begin inside a word */
#else
#define HIDE(p, n) ((void)(p), (void)(n))
#define SHOW(p, n) ((void)(p), (void)(n))
#define APART
#define GAP 0
#endif

#define BLOCK_SIZE 4096
#define LARGE      (BLOCK_SIZE / 4) /* what does not fit into the current block and is larger than this, gets a malloc of its own */
#define THIN_SIZE  384              /* of a block of a thin arena */
#define THIN_LARGE 32               /* likewise; what such an arena holds is few pieces, most of them larger than this */
#define ALIGNMENT  16

typedef struct block {
    struct block *next;
    size_t size;
} block;

typedef struct disposer {
    struct disposer *next;
    void (*fn)(void *arg);
    void *arg;
} disposer;

struct yz_block_pool {
    block *blocks;
    size_t n, keep;
};

struct yz_arena {
    char *low, *high; /* of the current block: what is free */
    block *blocks;    /* newest first; the last one holds this struct */
    block *large;
    disposer *disposers;
    yz_block_pool *pool;
    size_t size;
    bool thin;
};

_Static_assert(sizeof(block) % ALIGNMENT == 0, "memory after a block's header must be aligned");

/* ---- malloc ------------------------------------------------------------------------------------------------------- */

_Noreturn static void out_of_memory(size_t size) {
    fprintf(stderr, "yuzui: out of memory: %zu bytes\n", size);
    abort();
}

void *yz_malloc(size_t size) {
    void *p = malloc(size ? size : 1);
    if (!p)
        out_of_memory(size);
    return p;
}

void *yz_calloc(size_t count, size_t size) {
    void *p = calloc(count ? count : 1, size ? size : 1);
    if (!p)
        out_of_memory(count * size);
    return p;
}

void *yz_realloc(void *p, size_t size) {
    p = realloc(p, size ? size : 1);
    if (!p)
        out_of_memory(size);
    return p;
}

/* ---- blocks ------------------------------------------------------------------------------------------------------- */

yz_block_pool *yz_block_pool_new(size_t keep) {
    yz_block_pool *pool = yz_calloc(1, sizeof *pool);
#ifndef YZ_DEBUG_CHECKS
    pool->keep = keep;
#else
    (void)keep;
#endif
    return pool;
}

void yz_block_pool_free(yz_block_pool *pool) {
    if (!pool)
        return;
    while (pool->blocks) {
        block *b = pool->blocks;
        pool->blocks = b->next;
        free(b);
    }
    free(pool);
}

static block *block_take(yz_block_pool *pool) {
    if (pool && pool->blocks) {
        block *b = pool->blocks;
        pool->blocks = b->next;
        pool->n--;
        return b;
    }
    block *b = yz_malloc(BLOCK_SIZE);
    b->size = BLOCK_SIZE;
    return b;
}

static block *block_thin(void) {
    block *b = yz_malloc(THIN_SIZE);
    b->size = THIN_SIZE;
    return b;
}

static void block_give(yz_block_pool *pool, block *b) {
    SHOW(b, b->size);
    if (pool && pool->n < pool->keep && b->size == BLOCK_SIZE) {
        b->next = pool->blocks;
        pool->blocks = b;
        pool->n++;
    } else {
        free(b);
    }
}

static void use_block(yz_arena *arena, block *b, size_t header) {
    arena->low = (char *)b + header;
    arena->high = (char *)b + b->size;
    HIDE(arena->low, b->size - header);
}

/* ---- arenas ------------------------------------------------------------------------------------------------------- */

#define FIRST_HEADER ((sizeof(block) + sizeof(yz_arena) + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT)

APART static yz_arena *arena_in(block *b, yz_block_pool *pool) {
    b->next = NULL;
    yz_arena *arena = (yz_arena *)(void *)(b + 1);
    *arena = (yz_arena){.blocks = b, .pool = pool, .size = b->size};
    use_block(arena, b, FIRST_HEADER);
    return arena;
}

yz_arena *yz_arena_new(yz_block_pool *pool) { return arena_in(block_take(pool), pool); }

yz_arena *yz_arena_new_thin(void) {
    yz_arena *arena = arena_in(block_thin(), NULL);
    arena->thin = true;
    return arena;
}

void yz_arena_thin(yz_arena *arena) { arena->thin = true; }
bool yz_arena_is_thin(const yz_arena *arena) { return arena->thin; }

void yz_arena_reset(yz_arena *arena) {
    while (arena->disposers) {
        disposer *d = arena->disposers;
        arena->disposers = d->next;
        d->fn(d->arg);
    }
    while (arena->large) {
        block *b = arena->large;
        arena->large = b->next;
        free(b);
    }
    while (arena->blocks->next) {
        block *b = arena->blocks;
        arena->blocks = b->next;
        block_give(arena->pool, b);
    }
    arena->size = arena->blocks->size;
    use_block(arena, arena->blocks, FIRST_HEADER);
}

yz_arena *yz_arena_open(void) { return yz_arena_new(NULL); }

void yz_arena_free(yz_arena *arena) {
    if (!arena)
        return;
    yz_arena_reset(arena);
    block_give(arena->pool, arena->blocks);
}

size_t yz_arena_size(const yz_arena *arena) { return arena->size; }

/* Memory of its own for something large. */
static void *take_large(yz_arena *arena, size_t size) {
    YZ_MUST(size < SIZE_MAX / 2);
    block *b = yz_malloc(sizeof *b + size);
    b->size = sizeof *b + size;
    b->next = arena->large;
    arena->large = b;
    arena->size += b->size;
    return b + 1;
}

static void next_block(yz_arena *arena) {
    block *b = arena->thin ? block_thin() : block_take(arena->pool);
    b->next = arena->blocks;
    arena->blocks = b;
    arena->size += b->size;
    use_block(arena, b, sizeof *b);
}

/* Bytes a piece takes from a block. */
static inline size_t with_gap(size_t size, size_t alignment) { return (size + GAP + alignment - 1) & ~(alignment - 1); }

/* Makes room for `taken` bytes in the current block; false: the piece must be a large one. */
static bool room_for(yz_arena *arena, size_t size, size_t taken) {
    if (taken <= (size_t)(arena->high - arena->low))
        return true;
    if (size > (arena->thin ? THIN_LARGE : LARGE))
        return false;
    next_block(arena);
    return true;
}

void *yz_alloc_raw(yz_arena *arena, size_t size) {
    size_t taken = with_gap(size, ALIGNMENT);
    if (size > BLOCK_SIZE || !room_for(arena, size, taken))
        return take_large(arena, size);
    void *p = arena->low;
    arena->low += taken;
    SHOW(p, size);
    return p;
}

void *yz_alloc(yz_arena *arena, size_t size) {
    void *p = yz_alloc_raw(arena, size);
    memset(p, 0, size);
    return p;
}

char *yz_alloc_bytes(yz_arena *arena, size_t size) {
    size_t taken = with_gap(size, GAP ? 8 : 1);
    if (size > BLOCK_SIZE || !room_for(arena, size, taken))
        return take_large(arena, size);
    arena->high -= taken;
    SHOW(arena->high, size);
    return arena->high;
}

yz_str yz_dup(yz_arena *arena, yz_str s) {
    char *p = yz_alloc_bytes(arena, s.n + 1);
    if (s.n)
        memcpy(p, s.p, s.n);
    p[s.n] = 0;
    return (yz_str){p, s.n};
}

yz_str yz_format(yz_arena *arena, const char *fmt, ...) {
    char small[256];
    va_list args, again;
    va_start(args, fmt);
    va_copy(again, args);
    int n = vsnprintf(small, sizeof small, fmt, args);
    va_end(args);
    YZ_MUST(n >= 0);
    yz_str s = {small, (size_t)n};
    if (s.n < sizeof small) {
        s = yz_dup(arena, s);
    } else {
        char *p = yz_alloc_bytes(arena, s.n + 1);
        vsnprintf(p, s.n + 1, fmt, again);
        s.p = p;
    }
    va_end(again);
    return s;
}

void yz_on_free(yz_arena *arena, void (*fn)(void *arg), void *arg) {
    disposer *d = yz_alloc_raw(arena, sizeof *d);
    *d = (disposer){arena->disposers, fn, arg};
    arena->disposers = d;
}
