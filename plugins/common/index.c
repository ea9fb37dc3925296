/* common/index.c: what is found by an id or a name that a client chose, in as many steps whether it chose ten or a hundred thousand.
 *
 * A table of open slots, half of them free at least, in the arena of whoever asks. The hash has a seed that the gateway's secret makes, so
 * that nobody can choose keys that meet.
 */
#include "common.h"

typedef struct slot {
    yz_str key; /* p NULL: free */
    uint64_t hash;
    void *value;
} slot;

struct yc_index {
    yz_arena *arena;
    uint64_t seed;
    size_t n, slots; /* slots: a power of two */
    slot *table;
};

yc_index *yc_index_new(yz_arena *arena) {
    enum { FEW = 8 };
    yc_index *index = yz_alloc(arena, sizeof *index);
    index->arena = arena;
    index->slots = FEW;
    index->table = yz_alloc(arena, FEW * sizeof *index->table);
    uint8_t digest[32];
    yz_hmac(yz_str_at((const char *)&index, sizeof(index)), digest);
    memcpy(&index->seed, digest, sizeof(index->seed));
    return index;
}

static uint64_t mix(uint64_t a, uint64_t b) {
    __uint128_t product = (__uint128_t)a * b;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static uint64_t hash_of(const yc_index *index, yz_str key) {
    uint64_t h = index->seed ^ key.n;
    for (size_t i = 0; i < key.n; i += 8) {
        uint64_t word = 0;
        memcpy(&word, key.p + i, key.n - i < 8 ? key.n - i : 8);
        h = mix(h ^ word, 0x9E3779B97F4A7C15u);
    }
    return mix(h, index->seed | 1);
}

/* The slot of a key, or the free one where it would go. */
static slot *find(const yc_index *index, yz_str key, uint64_t hash) {
    size_t at = hash & (index->slots - 1);
    while (index->table[at].key.p && (index->table[at].hash != hash || !yz_str_eq(index->table[at].key, key)))
        at = (at + 1) & (index->slots - 1);
    return &index->table[at];
}

static void grow(yc_index *index) {
    slot *old = index->table;
    size_t slots = index->slots;
    index->slots *= 2;
    index->table = yz_alloc(index->arena, index->slots * sizeof *index->table);
    for (size_t i = 0; i < slots; i++)
        if (old[i].key.p)
            *find(index, old[i].key, old[i].hash) = old[i];
}

void *yc_index_get(const yc_index *index, yz_str key) { return find(index, key, hash_of(index, key))->value; }

void yc_index_put(yc_index *index, yz_str key, void *value) {
    if (2 * (index->n + 1) > index->slots)
        grow(index);
    uint64_t hash = hash_of(index, key);
    slot *s = find(index, key, hash);
    index->n += !s->key.p;
    *s = (slot){.key = key.p ? key : YZ_STR(""), .hash = hash, .value = value};
}
