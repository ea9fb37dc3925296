/* base/json_twin.c: see json_twin.h.
 *
 * Few keys are compared each with each. Many are hashed, with a seed of this very object, so that nobody can choose keys that meet. The
 * hashes are laid apart by their first bits, and each part is looked through with a table that fits the nearest cache: with one table for
 * half a million keys every look would be a trip to memory, and a stranger's request would cost a tenth of a second.
 */
#include "base/json_twin.h"
#include "base/arena.h"
#include "base/clock.h"

#include <stdlib.h>

#define PAIRWISE 16   /* keys compared each with each, at most */
#define ONE_PART 2048 /* hashes that need no laying apart */
#define PARTS    256

typedef struct finder {
    yz_arena *arena;
    const yz_json *object;
    size_t count;
    uint64_t seed;
    uint64_t *hashes; /* of all members, in order */
    uint64_t *apart;  /* the same, part after part */
    size_t ends[PARTS + 1];
    uint32_t *table; /* of a part: 0, or the place of a hash, from 1 */
    size_t slots;
} finder;

static yz_str plain_key(const finder *f, const yz_json *m) {
    return m->key_escaped ? yz_json_unescape(f->arena, yz_json_key(m)) : yz_json_key(m);
}

static uint64_t mix(uint64_t a, uint64_t b) {
    __uint128_t product = (__uint128_t)a * b;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static uint64_t hash_key(yz_str key, uint64_t seed) {
    uint64_t h = seed ^ key.n;
    while (key.n > 0) {
        uint64_t w = 0;
        size_t n = key.n < 8 ? key.n : 8;
        memcpy(&w, key.p, n);
        h = mix(h ^ w, 0x9E3779B97F4A7C15u);
        key.p += n;
        key.n -= n;
    }
    return mix(h, seed | 1);
}

static void hash_all(finder *f) {
    size_t i = 0;
    for (const yz_json *m = f->object->child; m; m = m->next)
        f->hashes[i++] = hash_key(plain_key(f, m), f->seed);
}

/* Counts, adds up, lays apart. The size of the largest part. */
static size_t lay_apart(finder *f) {
    size_t at[PARTS], most = 0;
    for (size_t i = 0; i < f->count; i++)
        f->ends[(f->hashes[i] >> 56) + 1]++;
    for (size_t p = 0; p < PARTS; p++) {
        most = f->ends[p + 1] > most ? f->ends[p + 1] : most;
        at[p] = f->ends[p];
        f->ends[p + 1] += f->ends[p];
    }
    for (size_t i = 0; i < f->count; i++)
        f->apart[at[f->hashes[i] >> 56]++] = f->hashes[i];
    return most;
}

static void make_table(finder *f, size_t most) {
    f->slots = 64;
    while (f->slots < most * 2)
        f->slots *= 2;
    f->table = yz_calloc(f->slots, sizeof *f->table);
}

/* The member of the second of two equal hashes, if its key is equal too: by then it nearly always is. */
static const yz_json *second_with(const finder *f, uint64_t hash) {
    const yz_json *first = NULL;
    size_t i = 0;
    for (const yz_json *m = f->object->child; m; m = m->next) {
        if (f->hashes[i++] != hash)
            continue;
        if (first && yz_str_eq(plain_key(f, first), plain_key(f, m)))
            return m;
        first = first ? first : m;
    }
    return NULL;
}

/* The twin among the n hashes; the table is empty, and left full. */
static const yz_json *look_through(const finder *f, const uint64_t *hashes, size_t n) {
    for (size_t i = 0; i < n; i++) {
        size_t at = hashes[i] & (f->slots - 1);
        for (; f->table[at]; at = (at + 1) & (f->slots - 1)) {
            const yz_json *twin = hashes[f->table[at] - 1] == hashes[i] ? second_with(f, hashes[i]) : NULL;
            if (twin)
                return twin;
        }
        f->table[at] = (uint32_t)i + 1;
    }
    return NULL;
}

static const yz_json *by_hash(finder *f) {
    const yz_json *twin = NULL;
    f->hashes = yz_malloc((f->count > ONE_PART ? 2 : 1) * f->count * sizeof *f->hashes);
    yz_secure_random(&f->seed, sizeof f->seed);
    hash_all(f);
    if (f->count <= ONE_PART) {
        make_table(f, f->count);
        twin = look_through(f, f->hashes, f->count);
    } else {
        f->apart = f->hashes + f->count;
        make_table(f, lay_apart(f));
        for (size_t p = 0; p < PARTS && !twin; p++) {
            memset(f->table, 0, f->slots * sizeof *f->table);
            twin = look_through(f, f->apart + f->ends[p], f->ends[p + 1] - f->ends[p]);
        }
    }
    free(f->table);
    free(f->hashes);
    return twin;
}

const yz_json *yz_json_twin(yz_arena *arena, const yz_json *object, size_t count, bool escaped) {
    if (escaped || count > PAIRWISE)
        return by_hash(&(finder){.arena = arena, .object = object, .count = count});
    for (const yz_json *a = object->child; a; a = a->next)
        for (const yz_json *b = a->next; b; b = b->next)
            if (yz_str_eq(yz_json_key(a), yz_json_key(b)))
                return b;
    return NULL;
}
