/* known.c: balances as they were last read, for those who must not wait (policies). Who asks gets what is known, and what is older than
 * FRESH_MS is read again behind his back: by one thread a ledger, which is made when somebody first asks. So a ledger whose
 * balances nobody asks for costs nothing.
 */
#include "base/arena.h"
#include "base/clock.h"
#include "ledger/instance.h"
#include "ledger/ledger.h"

#include <pthread.h>
#include <stdlib.h>

enum { BUCKETS = 1024, MOST = 65536, FRESH_MS = 500, OLD_MS = 60000 };

typedef struct account {
    struct account *next;   /* of its bucket */
    struct account *queued; /* next in the queue */
    bool waits;             /* it is in the queue, or being read */
    int64_t read;           /* ms; 0: never */
    int64_t available;
    size_t name_n;
    char name[];
} account;

struct yz_known {
    yz_ledger *ledger;
    pthread_t thread;
    pthread_mutex_t lock; /* of what follows */
    pthread_cond_t wake;
    bool closing;
    size_t n;
    account *first, **last; /* the queue: what is to be read */
    account *buckets[BUCKETS];
};

/* ---- reading -------------------------------------------------------------------------------------------------------- */

static void on_row(void *arg, const yz_ledger_row *row) { *(int64_t *)arg = row->available; }

/* Accounts are never freed while the thread runs, so the name can be read without the lock. An account that is not there has nothing. */
static void read_one(yz_known *known, account *a) {
    int64_t available = 0;
    const yz_ledger_query query = {YZ_LEDGER_QUERY, .what = YZ_LEDGER_BALANCES, .account = {a->name, a->name_n}, .limit = 1};
    pthread_mutex_unlock(&known->lock);
    int code = yz_ledger_read(known->ledger, &query, on_row, &available);
    pthread_mutex_lock(&known->lock);
    a->waits = false;
    if (code != YZ_OK) /* the ledger's plugin has said why */
        return;
    a->available = available;
    a->read = yz_clock_ms();
}

static void *run(void *arg) {
    yz_known *known = arg;
    pthread_mutex_lock(&known->lock);
    while (!known->closing) {
        account *a = known->first;
        if (!a) {
            pthread_cond_wait(&known->wake, &known->lock);
            continue;
        }
        known->first = a->queued;
        if (!known->first)
            known->last = &known->first;
        read_one(known, a);
    }
    pthread_mutex_unlock(&known->lock);
    return NULL;
}

/* ---- opening and closing -------------------------------------------------------------------------------------------- */

static void known_free(yz_known *known) {
    for (size_t i = 0; i < BUCKETS; i++)
        for (account *a = known->buckets[i], *next; a; a = next) {
            next = a->next;
            free(a);
        }
    pthread_cond_destroy(&known->wake);
    pthread_mutex_destroy(&known->lock);
    free(known);
}

/* Of this ledger; two who ask first at once agree on one. NULL: there is no thread to be had. */
static yz_known *known_of(yz_ledger *ledger) {
    static pthread_mutex_t making = PTHREAD_MUTEX_INITIALIZER;
    yz_known *known = atomic_load_explicit(&ledger->known, memory_order_acquire);
    if (known)
        return known;
    pthread_mutex_lock(&making);
    known = atomic_load(&ledger->known);
    if (!known) {
        known = yz_calloc(1, sizeof *known);
        known->ledger = ledger;
        known->last = &known->first;
        pthread_mutex_init(&known->lock, NULL);
        pthread_cond_init(&known->wake, NULL);
        if (pthread_create(&known->thread, NULL, run, known) == 0) {
            atomic_store_explicit(&ledger->known, known, memory_order_release);
        } else {
            known_free(known);
            known = NULL;
        }
    }
    pthread_mutex_unlock(&making);
    return known;
}

void yz_known_close(yz_known *known) {
    if (!known)
        return;
    pthread_mutex_lock(&known->lock);
    known->closing = true;
    pthread_cond_signal(&known->wake);
    pthread_mutex_unlock(&known->lock);
    pthread_join(known->thread, NULL);
    known_free(known);
}

/* ---- asking --------------------------------------------------------------------------------------------------------- */

static size_t bucket_of(yz_str name) {
    uint64_t h = UINT64_C(14695981039346656037);
    for (size_t i = 0; i < name.n; i++)
        h = (h ^ (unsigned char)name.p[i]) * UINT64_C(1099511628211);
    return h % BUCKETS;
}

/* NULL: it is new, and there are too many. */
static account *find_or_add(yz_known *known, yz_str name) {
    account **at = &known->buckets[bucket_of(name)];
    for (account *a = *at; a; a = a->next)
        if (yz_str_eq((yz_str){a->name, a->name_n}, name))
            return a;
    if (known->n == MOST)
        return NULL;
    account *a = yz_calloc(1, sizeof *a + name.n);
    a->name_n = name.n;
    memcpy(a->name, name.p, name.n);
    a->next = *at;
    known->n++;
    return *at = a;
}

static void want(yz_known *known, account *a) {
    a->waits = true;
    a->queued = NULL;
    *known->last = a;
    known->last = &a->queued;
    pthread_cond_signal(&known->wake);
}

bool yz_ledger_known(yz_ledger *ledger, yz_str name, int64_t *available) {
    yz_known *known = name.n > 0 && name.n <= YZ_LEDGER_NAME_MAX ? known_of(ledger) : NULL;
    bool found = false;
    if (!known)
        return false;
    int64_t now = yz_clock_ms();
    pthread_mutex_lock(&known->lock);
    account *a = find_or_add(known, name);
    if (a) {
        found = a->read != 0 && now - a->read <= OLD_MS;
        *available = a->available;
        if (!a->waits && (a->read == 0 || now - a->read >= FRESH_MS))
            want(known, a);
    }
    pthread_mutex_unlock(&known->lock);
    return found;
}
