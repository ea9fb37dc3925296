/* local.c: exact counts for all workers of this process.
 *
 * A table of sets of eight entries, found by a hash of whom they count for; it never grows. An entry is taken for a moment by an atomic
 * flag: a few dozen instructions, and only by those who are counted for the same. When a set is full, the entry that was idle the longest
 * makes room; one with calls under way stays, if any other can go.
 */
#include "limit.h"

#include <stdatomic.h>

#define SETS 8192
#define WAYS 8

typedef struct entry {
    int64_t used;
    int64_t running;            /* calls under way */
    int64_t newest;             /* number of the newest slot */
    int64_t sum;                /* of all slots */
    int64_t n[LIMIT_SLOTS + 1]; /* by slot number modulo its length */
} entry;

typedef struct set {
    atomic_flag busy;
    uint64_t ids[WAYS]; /* of the entries; 0: free. Beside each other, so that one look finds it */
    entry entries[WAYS];
} set;

static set *sets;

void local_open(void) { sets = yz_shared("limit", YZ_STR("counts"), 2, SETS * sizeof(set), NULL, NULL); }

static set *set_take(uint64_t id) {
    set *s = &sets[id % SETS];
    while (atomic_flag_test_and_set_explicit(&s->busy, memory_order_acquire))
        ;
    return s;
}
static void set_give(set *s) { atomic_flag_clear_explicit(&s->busy, memory_order_release); }

/* Does a have to go before b? */
static bool goes_first(const entry *a, const entry *b) { return (a->running > 0) != (b->running > 0) ? b->running > 0 : a->used < b->used; }

static entry *find(set *s, uint64_t id, int64_t now) {
    size_t oldest = 0;
    for (size_t i = 0; i < WAYS; i++)
        if (s->ids[i] == id) {
            s->entries[i].used = now;
            return &s->entries[i];
        }
    for (size_t i = 1; i < WAYS && s->ids[oldest] != 0; i++)
        if (s->ids[i] == 0 || goes_first(&s->entries[i], &s->entries[oldest]))
            oldest = i;
    s->ids[oldest] = id;
    s->entries[oldest] = (entry){.used = now};
    return &s->entries[oldest];
}

/* Moves the window on to now. A worker's clock may be a little behind another's: it never moves back. */
static void advance(entry *e, int64_t slot) {
    if (slot - e->newest > LIMIT_SLOTS) {
        memset(e->n, 0, sizeof e->n);
        e->sum = 0;
    } else {
        for (int64_t s = e->newest + 1; s <= slot; s++) {
            e->sum -= e->n[s % (LIMIT_SLOTS + 1)];
            e->n[s % (LIMIT_SLOTS + 1)] = 0;
        }
    }
    if (slot > e->newest)
        e->newest = slot;
}

static void put(entry *e, int64_t slot, int64_t more) {
    e->n[slot % (LIMIT_SLOTS + 1)] += more;
    e->sum += more;
}

static int64_t slot_ms(int64_t window) { return window > LIMIT_SLOTS ? (window + LIMIT_SLOTS - 1) / LIMIT_SLOTS : 1; }

/* When enough of the oldest slots have left the window. */
static int64_t wait_for(const entry *e, int64_t excess, int64_t width, int64_t now) {
    for (int64_t s = e->newest - LIMIT_SLOTS; s <= e->newest; s++) {
        excess -= s >= 0 ? e->n[s % (LIMIT_SLOTS + 1)] : 0;
        if (excess <= 0)
            return (s + LIMIT_SLOTS + 1) * width - now;
    }
    return (LIMIT_SLOTS + 1) * width; /* it is more than the limit by itself */
}

bool local_take(uint64_t id, int64_t n, int64_t most, int64_t window, int64_t now, taken *out, int64_t *left, int64_t *wait) {
    int64_t width = slot_ms(window);
    set *s = set_take(id);
    entry *e = find(s, id, now);
    advance(e, now / width);
    int64_t sum = e->sum;
    bool fits = sum + n <= most;
    if (fits)
        put(e, e->newest, n);
    else
        *wait = wait_for(e, sum + n - most, width, now);
    *left = fits ? most - sum - n : most > sum ? most - sum : 0;
    *out = (taken){.id = id, .slot = e->newest, .n = fits ? n : 0};
    set_give(s);
    return fits;
}

void local_correct(const taken *what, int64_t window, int64_t now, int64_t more) {
    set *s = set_take(what->id);
    entry *e = find(s, what->id, now);
    advance(e, now / slot_ms(window));
    if (what->slot + LIMIT_SLOTS >= e->newest && what->slot <= e->newest) {
        int64_t n = e->n[what->slot % (LIMIT_SLOTS + 1)];
        put(e, what->slot, n + more > 0 ? more : -n); /* the entry may be another one by now, made anew */
    }
    set_give(s);
}

bool local_enter(uint64_t id, int64_t most, int64_t now) {
    set *s = set_take(id);
    entry *e = find(s, id, now);
    bool fits = e->running < most;
    e->running += fits;
    set_give(s);
    return fits;
}

void local_leave(uint64_t id, int64_t now) {
    set *s = set_take(id);
    entry *e = find(s, id, now);
    if (e->running > 0)
        e->running--;
    set_give(s);
}
