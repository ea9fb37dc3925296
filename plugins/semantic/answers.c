/* answers.c: see answers.h. One lock: many may look at once, one may put. What is held under it is bounded: `compare` products of vectors.
 */
#include "answers.h"

#include <pthread.h>
#include <stdlib.h>

#define BUCKETS 16384u
#define LAYOUT  1  /* of the shared memory */
#define REPLACE 64 /* so many of the newest of a bucket are looked at for one with the same words; another one does no harm */

typedef struct entry {
    struct entry *chain, **link; /* of its bucket, newest first, and what points to it */
    struct entry *newer, *older; /* of all */
    uint8_t frame[FRAME_SIZE], exact[FRAME_SIZE];
    uint64_t space;
    vector vector; /* its numbers stand behind the entry */
    int64_t stored;
    int64_t cost; /* bytes */
    yz_blob *answer;
    char id[ID_MAX + 1];
} entry;

struct answers {
    pthread_rwlock_t lock;
    int64_t entries, bytes, most_entries, most_bytes;
    entry *newest, *oldest;
    entry *bucket[BUCKETS];
};

static void init(void *memory, void *arg) {
    (void)arg;
    pthread_rwlock_init(&((answers *)memory)->lock, NULL);
}

static entry **bucket_of(answers *a, const uint8_t frame[FRAME_SIZE]) {
    uint32_t hash;
    memcpy(&hash, frame, sizeof hash); /* it is an HMAC: any bytes of it are as good */
    return &a->bucket[hash % BUCKETS];
}

/* ---- under the lock, alone ------------------------------------------------------------------------------------------------ */

static void take_out(answers *a, entry *e) {
    *e->link = e->chain;
    if (e->chain)
        e->chain->link = e->link;
    *(e->newer ? &e->newer->older : &a->newest) = e->older;
    *(e->older ? &e->older->newer : &a->oldest) = e->newer;
    a->entries--;
    a->bytes -= e->cost;
    yz_blob_unref(e->answer);
    free(e);
}

static void shrink(answers *a) {
    while (a->oldest && (a->entries > a->most_entries || a->bytes > a->most_bytes))
        take_out(a, a->oldest);
}

static void put_in(answers *a, entry *e) {
    entry **bucket = bucket_of(a, e->frame);
    e->chain = *bucket;
    e->link = bucket;
    if (e->chain)
        e->chain->link = &e->chain;
    *bucket = e;
    e->older = a->newest;
    *(e->older ? &e->older->newer : &a->oldest) = e;
    a->newest = e;
    a->entries++;
    a->bytes += e->cost;
}

/* ---- for everybody ----------------------------------------------------------------------------------------------------------- */

answers *answers_open(yz_str name, int64_t entries, int64_t bytes) {
    answers *a = yz_shared("semantic", name, LAYOUT, sizeof *a, init, NULL);
    pthread_rwlock_wrlock(&a->lock);
    a->most_entries = entries;
    a->most_bytes = bytes;
    shrink(a);
    pthread_rwlock_unlock(&a->lock);
    return a;
}

static bool same_frame(const entry *e, const entry_key *key) { return memcmp(e->frame, key->frame, FRAME_SIZE) == 0; }
static bool same_words(const entry *e, const entry_key *key) { return memcmp(e->exact, key->exact, FRAME_SIZE) == 0; }

static const entry *nearest(answers *a, const entry_key *key, int64_t compare, int64_t oldest, float *nearness) {
    const entry *best = NULL;
    for (const entry *e = *bucket_of(a, key->frame); e && compare > 0; e = e->chain) {
        if (!same_frame(e, key) || e->stored < oldest)
            continue;
        compare--;
        bool comparable = key->vector.n > 0 && e->space == key->space && e->vector.n == key->vector.n;
        float near = same_words(e, key) ? 1 : comparable ? vector_nearness(&e->vector, &key->vector, key->absolute) : -1;
        if (near > *nearness) {
            *nearness = near;
            best = e;
        }
        if (near >= 1)
            break;
    }
    return best;
}

void answers_find(answers *a, const entry_key *key, float threshold, int64_t compare, int64_t ttl, int64_t now, found *out) {
    *out = (found){.nearest = -1};
    pthread_rwlock_rdlock(&a->lock);
    const entry *best = nearest(a, key, compare, now - ttl, &out->nearest);
    if (best && out->nearest >= threshold) {
        out->answer = yz_blob_ref(best->answer);
        memcpy(out->id, best->id, sizeof out->id);
    }
    pthread_rwlock_unlock(&a->lock);
}

static entry *new_entry(const entry_key *key, yz_blob *answer, yz_str id, int64_t now) {
    size_t room = (key->vector.n + VECTOR_PAD - 1) / VECTOR_PAD * VECTOR_PAD;
    entry *e = calloc(1, sizeof *e + room);
    if (!e)
        return NULL;
    memcpy(e->frame, key->frame, FRAME_SIZE);
    memcpy(e->exact, key->exact, FRAME_SIZE);
    e->space = key->space;
    e->vector = key->vector;
    e->vector.q = (int8_t *)(e + 1);
    if (key->vector.n > 0)
        memcpy(e->vector.q, key->vector.q, key->vector.n);
    e->stored = now;
    e->cost = (int64_t)(sizeof *e + room + yz_blob_bytes(answer).n);
    e->answer = yz_blob_ref(answer);
    if (id.n > 0)
        memcpy(e->id, id.p, id.n < ID_MAX ? id.n : ID_MAX);
    return e;
}

void answers_put(answers *a, const entry_key *key, yz_blob *answer, yz_str id, int64_t now) {
    entry *e = new_entry(key, answer, id, now);
    if (!e)
        return;
    pthread_rwlock_wrlock(&a->lock);
    entry *old = *bucket_of(a, key->frame);
    for (int i = 0; old && i < REPLACE; i++) {
        entry *next = old->chain;
        if (same_frame(old, key) && same_words(old, key) && old->space == key->space)
            take_out(a, old);
        old = next;
    }
    put_in(a, e);
    shrink(a);
    pthread_rwlock_unlock(&a->lock);
}

void answers_size(answers *a, int64_t *entries, int64_t *bytes) {
    pthread_rwlock_rdlock(&a->lock);
    *entries = a->entries;
    *bytes = a->bytes;
    pthread_rwlock_unlock(&a->lock);
}
