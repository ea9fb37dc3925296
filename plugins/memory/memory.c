/* memory.c: a store in this process: bounded bytes, sharded by key, least recently used goes first, entries expire.
 *
 * Sixteen shards, each with a lock of its own that is held for a look-up and never while bytes are copied: a value is a shared
 * blob, so a hit costs one reference. An entry that is larger than an eighth of a shard is not kept, so one answer cannot empty it.
 * A number that is added to is an entry like others, its digits: exact, since it changes under the lock.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <yuzui/plugin.h>

#define SHARDS      16
#define BUCKETS_MIN 64
#define ENTRY_COST  (sizeof(entry) + 64) /* besides key and value: itself, the value's header, two buckets, the allocator's own */

typedef struct memory_config {
    int64_t max;
} memory_config;

typedef struct entry {
    struct entry *chain;         /* next in the bucket */
    struct entry *newer, *older; /* in the order of use */
    uint64_t hash;
    int64_t expires; /* ms, monotonic */
    yz_blob *value;
    size_t cost;
    size_t key_n;
    char key[];
} entry;

typedef struct shard {
    pthread_mutex_t lock;
    entry **buckets;
    size_t n_buckets, n_entries;
    size_t used, max; /* bytes */
    entry *newest, *oldest;
} shard;

typedef struct memory {
    shard shards[SHARDS];
} memory;

/* FNV-1a: keys are HMACs or short names of policies, so nobody outside can choose them to collide. */
static uint64_t hash_of(yz_str key) {
    uint64_t h = 1469598103934665603u;
    for (size_t i = 0; i < key.n; i++)
        h = (h ^ (unsigned char)key.p[i]) * 1099511628211u;
    return h ^ (h >> 29);
}

static shard *shard_of(memory *m, uint64_t hash) { return &m->shards[hash % SHARDS]; }

static entry **bucket_of(shard *s, uint64_t hash) { return &s->buckets[(hash / SHARDS) & (s->n_buckets - 1)]; }

static entry **find(shard *s, uint64_t hash, yz_str key) {
    entry **at = bucket_of(s, hash);
    while (*at && !((*at)->hash == hash && yz_str_eq((yz_str){(*at)->key, (*at)->key_n}, key)))
        at = &(*at)->chain;
    return at;
}

static void unlink_use(shard *s, entry *e) {
    *(e->newer ? &e->newer->older : &s->newest) = e->older;
    *(e->older ? &e->older->newer : &s->oldest) = e->newer;
}

static void link_newest(shard *s, entry *e) {
    e->newer = NULL;
    e->older = s->newest;
    *(s->newest ? &s->newest->newer : &s->oldest) = e;
    s->newest = e;
}

static void drop(shard *s, entry **at) {
    entry *e = *at;
    *at = e->chain;
    unlink_use(s, e);
    s->used -= e->cost;
    s->n_entries--;
    yz_blob_unref(e->value);
    free(e);
}

/* Doubles the table when chains get long. Fails softly: a longer chain is only slower. */
static void grow(shard *s) {
    size_t n = s->n_buckets * 2;
    entry **buckets = calloc(n, sizeof *buckets);
    if (!buckets)
        return;
    entry **old = s->buckets;
    size_t n_old = s->n_buckets;
    s->buckets = buckets;
    s->n_buckets = n;
    for (size_t i = 0; i < n_old; i++)
        for (entry *e = old[i], *next; e; e = next) {
            entry **at = bucket_of(s, e->hash);
            next = e->chain;
            e->chain = *at;
            *at = e;
        }
    free(old);
}

static void memory_close(void *store) {
    memory *m = store;
    for (size_t i = 0; i < SHARDS; i++) {
        shard *s = &m->shards[i];
        while (s->oldest)
            drop(s, find(s, s->oldest->hash, (yz_str){s->oldest->key, s->oldest->key_n}));
        free(s->buckets);
        pthread_mutex_destroy(&s->lock);
    }
    free(m);
}

static int memory_open(const void *config, void **store, yz_diag *diag) {
    (void)diag;
    memory *m = calloc(1, sizeof *m);
    if (!m)
        return YZ_EINTERNAL;
    bool whole = true;
    for (size_t i = 0; i < SHARDS; i++) {
        shard *s = &m->shards[i];
        pthread_mutex_init(&s->lock, NULL);
        s->max = (size_t)((const memory_config *)config)->max / SHARDS;
        s->n_buckets = BUCKETS_MIN;
        s->buckets = calloc(BUCKETS_MIN, sizeof *s->buckets);
        whole = whole && s->buckets;
    }
    if (!whole) {
        memory_close(m);
        return YZ_EINTERNAL;
    }
    *store = m;
    return YZ_OK;
}

static int memory_get(void *store, yz_worker *worker, yz_str key, yz_blob **value, yz_reply *reply) {
    (void)reply;
    uint64_t hash = hash_of(key);
    shard *s = shard_of(store, hash);
    int code = YZ_ENOTFOUND;
    pthread_mutex_lock(&s->lock);
    entry **at = find(s, hash, key);
    if (*at && (*at)->expires <= yz_now(worker)) {
        drop(s, at);
    } else if (*at) {
        unlink_use(s, *at);
        link_newest(s, *at);
        *value = yz_blob_ref((*at)->value);
        code = YZ_OK;
    }
    pthread_mutex_unlock(&s->lock);
    return code;
}

/* Borrows the value until it is kept. */
static entry *entry_new(uint64_t hash, yz_str key, yz_blob *value, int64_t expires) {
    entry *e = malloc(sizeof *e + key.n);
    if (!e)
        return NULL;
    *e = (entry){.hash = hash, .expires = expires, .value = value, .key_n = key.n};
    e->cost = ENTRY_COST + key.n + yz_blob_bytes(value).n;
    memcpy(e->key, key.p, key.n);
    return e;
}

/* Takes it in, with a reference to its value, and lets go what is too much. */
static void keep(shard *s, entry *e) {
    yz_blob_ref(e->value);
    if (s->n_entries >= s->n_buckets)
        grow(s);
    entry **at = bucket_of(s, e->hash);
    e->chain = *at;
    *at = e;
    link_newest(s, e);
    s->n_entries++;
    s->used += e->cost;
    while (s->used > s->max)
        drop(s, find(s, s->oldest->hash, (yz_str){s->oldest->key, s->oldest->key_n}));
}

static int memory_put_ack(void *store, yz_worker *worker, yz_str key, yz_blob *value, int64_t ttl, yz_reply *reply) {
    (void)reply;
    uint64_t hash = hash_of(key);
    shard *s = shard_of(store, hash);
    entry *e = entry_new(hash, key, value, yz_now(worker) + ttl);
    if (!e)
        return YZ_EIO;
    pthread_mutex_lock(&s->lock);
    entry **at = find(s, hash, key);
    if (*at)
        drop(s, at);
    bool fits = e->cost <= s->max / 8; /* if not, what it was to replace is not true any more all the same */
    if (fits)
        keep(s, e);
    pthread_mutex_unlock(&s->lock);
    if (fits)
        return YZ_OK;
    free(e);
    return YZ_ELIMIT;
}

static void memory_put(void *store, yz_worker *worker, yz_str key, yz_blob *value, int64_t ttl) {
    memory_put_ack(store, worker, key, value, ttl, NULL);
}

static int memory_remove_ack(void *store, yz_worker *worker, yz_str key, yz_reply *reply) {
    (void)reply;
    uint64_t hash = hash_of(key);
    shard *s = shard_of(store, hash);
    pthread_mutex_lock(&s->lock);
    entry **at = find(s, hash, key);
    bool there = *at && (*at)->expires > yz_now(worker);
    if (*at)
        drop(s, at);
    pthread_mutex_unlock(&s->lock);
    return there ? YZ_OK : YZ_ENOTFOUND;
}

static void memory_remove(void *store, yz_worker *worker, yz_str key) { memory_remove_ack(store, worker, key, NULL); }

/* ---- numbers --------------------------------------------------------------------------------------------------------- */

/* As Redis has it: digits and nothing else, a minus in front of them if need be, no zero in front of others. */
static bool read_number(yz_str text, int64_t *out) {
    bool minus = text.n > 0 && text.p[0] == '-';
    int64_t value = 0;
    for (size_t i = minus; i < text.n; i++) {
        int digit = text.p[i] - '0';
        if (digit < 0 || digit > 9 || (digit == 0 && i == minus && (minus || text.n > 1)) || __builtin_mul_overflow(value, 10, &value) ||
            __builtin_sub_overflow(value, digit, &value)) /* counts down: there is one more below zero than above */
            return false;
    }
    if (text.n == minus || (!minus && value == INT64_MIN))
        return false;
    *out = minus ? value : -value;
    return true;
}

static yz_blob *number_blob(int64_t number) {
    char text[24];
    int n = snprintf(text, sizeof text, "%lld", (long long)number);
    return yz_blob_new((yz_str){text, (size_t)n});
}

/* With the shard's lock held. */
static int add_to(shard *s, entry *e, int64_t delta, int64_t *sum) {
    int64_t number;
    if (!read_number(yz_blob_bytes(e->value), &number) || __builtin_add_overflow(number, delta, &number))
        return YZ_EINVAL;
    yz_blob *old = e->value;
    size_t cost = e->cost - yz_blob_bytes(old).n;
    e->value = number_blob(number);
    cost += yz_blob_bytes(e->value).n;
    yz_blob_unref(old);
    s->used += cost - e->cost; /* a number is a few bytes: the next put sees to what is too much */
    e->cost = cost;
    unlink_use(s, e);
    link_newest(s, e);
    *sum = number;
    return YZ_OK;
}

static int begin_number(shard *s, uint64_t hash, yz_str key, int64_t delta, int64_t expires, int64_t *sum) {
    yz_blob *value = number_blob(delta);
    entry *e = entry_new(hash, key, value, expires);
    int code = !e ? YZ_EIO : e->cost > s->max / 8 ? YZ_ELIMIT : YZ_OK;
    if (code == YZ_OK)
        keep(s, e);
    else
        free(e);
    yz_blob_unref(value);
    *sum = delta;
    return code;
}

static int memory_add(void *store, yz_worker *worker, yz_str key, int64_t delta, int64_t ttl, int64_t *sum, yz_reply *reply) {
    (void)reply;
    uint64_t hash = hash_of(key);
    shard *s = shard_of(store, hash);
    int64_t now = yz_now(worker);
    pthread_mutex_lock(&s->lock);
    entry **at = find(s, hash, key);
    if (*at && (*at)->expires <= now)
        drop(s, at);
    at = find(s, hash, key);
    int code = *at ? add_to(s, *at, delta, sum) : begin_number(s, hash, key, delta, now + ttl, sum);
    pthread_mutex_unlock(&s->lock);
    return code;
}

static const yz_store_ops memory_store = {
    YZ_STORE,          .open = memory_open,     .close = memory_close,     .get = memory_get,
    .put = memory_put, .remove = memory_remove, .put_ack = memory_put_ack, .remove_ack = memory_remove_ack,
    .add = memory_add};

static const yz_option options[] = {
    {.name = "max",
     .type = YZ_OPTION_SIZE,
     .offset = offsetof(memory_config, max),
     .otherwise = "128MiB",
     .help = "bytes kept at most, all entries together",
     .min = 64 * 1024,
     .max = INT64_C(1) << 40},
};

YZ_PLUGIN_KINDS("store");
YZ_PLUGIN(.name = "memory", .summary = "a store in this process: bounded, least recently used goes first", .version = "0.1",
          .config_size = sizeof(memory_config), YZ_OPTIONS(options), .store = &memory_store)
