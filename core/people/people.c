/* people/people.c: one thread a ledger reads what was written since it last looked, and makes a new directory of it; workers take the new
 * one over when they next look somebody up.
 *
 * A directory is counted by views: a worker's seat has one, and so has every call that found a key, by its arena. Views are a worker's own
 * and not atomic; only the last one of a worker touches the directory's count.
 */
#include "people/people.h"
#include "base/arena.h"
#include "base/clock.h"
#include "base/diag.h"
#include "ledger/ledger.h"
#include "people/warn.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

enum { ROWS = 10000, WARN_MS = 2000 }; /* rows read at once; how often budgets are looked at */

struct yz_people {
    yz_ledger *ledger;
    size_t users; /* with the lock of all */
    pthread_t thread;
    pthread_mutex_t lock; /* guards what follows */
    pthread_cond_t wake;
    bool closing, woken;
    yz_directory *now;
    _Atomic uint64_t version; /* of now */
    yz_register *reg;         /* the thread's own, as is what follows */
    int64_t place;            /* up to where it has read */
    size_t taken;
    bool in_trouble;
    yz_warner *warner;
    int64_t warn_next; /* ms */
    yz_people *next;
};

static pthread_mutex_t all_lock = PTHREAD_MUTEX_INITIALIZER; /* guards the list */
static yz_people *all;

/* ---- reading ------------------------------------------------------------------------------------------------------------ */

static void on_row(void *arg, const yz_ledger_row *row) {
    yz_people *p = arg;
    p->place = row->place;
    p->taken++;
    if (yz_str_is(row->account, "key") || yz_str_is(row->account, "group"))
        yz_register_put(p->reg, yz_str_is(row->account, "key") ? YZ_PERSON_KEY : YZ_PERSON_GROUP, row->id, row->amount, row->detail);
}

/* Reads on to the end. False: it could not. */
static bool read_new(yz_people *p, bool *news) {
    *news = false;
    do {
        p->taken = 0;
        yz_ledger_query query = {YZ_LEDGER_QUERY, .what = YZ_LEDGER_RECORDS, .place = p->place, .limit = ROWS};
        if (yz_ledger_read(p->ledger, &query, on_row, p) != YZ_OK)
            return false;
        *news |= p->taken > 0;
    } while (p->taken == ROWS);
    return true;
}

static void publish(yz_people *p) {
    yz_directory *next = yz_directory_new(p->reg), *old;
    pthread_mutex_lock(&p->lock);
    old = p->now;
    p->now = next;
    atomic_fetch_add(&p->version, 1);
    pthread_mutex_unlock(&p->lock);
    yz_directory_unref(old);
}

static bool look(yz_people *p) {
    bool news, ok = read_new(p, &news);
    if (news)
        publish(p);
    if (!ok && !p->in_trouble)
        yz_log(YZ_LOG_ERROR, "the keys in the ledger cannot be read: those known last go on being good");
    else if (ok && p->in_trouble)
        yz_log(YZ_LOG_WARN, "the keys in the ledger can be read again");
    p->in_trouble = !ok;
    return ok;
}

static void wait_a_little(yz_people *p) {
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += YZ_PEOPLE_POLL_MS * INT64_C(1000000);
    if (until.tv_nsec >= 1000000000)
        until.tv_sec++, until.tv_nsec -= 1000000000;
    while (!p->closing && !p->woken && pthread_cond_timedwait(&p->wake, &p->lock, &until) == 0)
        ;
    p->woken = false;
}

static void warn(yz_people *p) {
    if (yz_clock_ms() < p->warn_next)
        return;
    yz_warner_look(p->warner, p->reg, yz_clock_wall_ns() / 1000000000);
    p->warn_next = yz_clock_ms() + WARN_MS;
}

static void *follow(void *arg) {
    yz_people *p = arg;
    pthread_mutex_lock(&p->lock);
    while (!p->closing) {
        wait_a_little(p);
        if (p->closing)
            break;
        pthread_mutex_unlock(&p->lock);
        look(p);
        warn(p);
        pthread_mutex_lock(&p->lock);
    }
    pthread_mutex_unlock(&p->lock);
    return NULL;
}

/* ---- opening and closing ------------------------------------------------------------------------------------------------- */

static void people_free(yz_people *p) {
    yz_directory_unref(p->now);
    yz_warner_free(p->warner);
    yz_register_free(p->reg);
    pthread_cond_destroy(&p->wake);
    pthread_mutex_destroy(&p->lock);
    yz_ledger_unuse(p->ledger);
    free(p);
}

static yz_people *people_new(yz_ledger *ledger) {
    yz_people *p = yz_calloc(1, sizeof *p);
    p->ledger = ledger;
    p->reg = yz_register_new();
    p->warner = yz_warner_new(ledger);
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&p->wake, &monotonic);
    pthread_condattr_destroy(&monotonic);
    pthread_mutex_init(&p->lock, NULL);
    publish(p);
    return p;
}

/* With the lock of all held. Takes the ledger. */
static yz_people *find_or_start(yz_ledger *ledger, yz_diag *diag) {
    for (yz_people *p = all; p; p = p->next)
        if (p->ledger == ledger) {
            yz_ledger_unuse(ledger); /* p uses it */
            return p;
        }
    yz_people *p = people_new(ledger);
    bool read = look(p);
    if (!read || pthread_create(&p->thread, NULL, follow, p) != 0) {
        yz_diag_error(diag,
                      read ? "no thread can be made to follow the ledger" : "the keys in the ledger cannot be read; the log says why");
        people_free(p);
        return NULL;
    }
    p->next = all;
    return all = p;
}

yz_people *yz_people_use(const yz_settings *settings, yz_diag *diag) {
    yz_ledger *ledger = yz_ledger_use(settings, diag);
    if (!ledger)
        return NULL;
    pthread_mutex_lock(&all_lock);
    yz_people *p = find_or_start(ledger, diag);
    if (p)
        p->users++;
    pthread_mutex_unlock(&all_lock);
    return p;
}

static bool leave(yz_people *p) {
    pthread_mutex_lock(&all_lock);
    bool last = --p->users == 0;
    for (yz_people **at = &all; last && *at; at = &(*at)->next)
        if (*at == p) {
            *at = p->next;
            break;
        }
    pthread_mutex_unlock(&all_lock);
    return last;
}

void yz_people_unuse(yz_people *p) {
    if (!p || !leave(p))
        return;
    pthread_mutex_lock(&p->lock);
    p->closing = true;
    pthread_cond_signal(&p->wake);
    pthread_mutex_unlock(&p->lock);
    pthread_join(p->thread, NULL);
    people_free(p);
}

yz_ledger *yz_people_ledger(const yz_people *people) { return people->ledger; }

void yz_people_wake(yz_people *p) {
    pthread_mutex_lock(&p->lock);
    p->woken = true;
    pthread_cond_signal(&p->wake);
    pthread_mutex_unlock(&p->lock);
}

void yz_people_wake_all(void) {
    pthread_mutex_lock(&all_lock);
    for (yz_people *p = all; p; p = p->next)
        yz_people_wake(p);
    pthread_mutex_unlock(&all_lock);
}

/* ---- looking up ---------------------------------------------------------------------------------------------------------- */

typedef struct view {
    yz_directory *directory;
    uint64_t version;
    size_t refs;
} view;

struct yz_people_seat {
    yz_people *people;
    view *view;
};

static void view_unref(void *arg) {
    view *v = arg;
    if (--v->refs > 0)
        return;
    yz_directory_unref(v->directory);
    free(v);
}

static void take_newest(yz_people_seat *seat) {
    yz_people *p = seat->people;
    view *v = yz_malloc(sizeof *v);
    pthread_mutex_lock(&p->lock);
    *v = (view){p->now, atomic_load(&p->version), 1};
    yz_directory_ref(v->directory);
    pthread_mutex_unlock(&p->lock);
    if (seat->view)
        view_unref(seat->view);
    seat->view = v;
}

yz_people_seat *yz_people_seat_new(yz_people *people) {
    yz_people_seat *seat = yz_calloc(1, sizeof *seat);
    seat->people = people;
    return seat;
}

void yz_people_seat_free(yz_people_seat *seat) {
    if (seat && seat->view)
        view_unref(seat->view);
    free(seat);
}

const yz_member *yz_people_find(yz_people_seat *seat, yz_str credential, yz_arena *arena) {
    if (!seat)
        return NULL;
    if (!seat->view || seat->view->version != atomic_load_explicit(&seat->people->version, memory_order_acquire))
        take_newest(seat);
    const yz_member *found = yz_directory_find(seat->view->directory, credential, yz_clock_wall_ns() / 1000000000);
    if (found) {
        seat->view->refs++;
        yz_on_free(arena, view_unref, seat->view);
    }
    return found;
}
