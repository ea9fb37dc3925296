/* writer.c: the queue of postings, the thread that has them written, and what it lends to the process.
 *
 * Holds out of a lease, and ends, are nobody's to wait for. So the thread is not woken for each: it naps for some milliseconds and then
 * writes what has come together, and sleeps until it is woken only when nothing came for a while. Whoever waits for an answer wakes it.
 */
#include "writer.h"

#include "lease.h"
#include "queue.h"
#include "wills.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum {
    WAITING = 100000, /* postings that may wait; more are refused */
    SWEEP = 5,        /* seconds between looks at what has expired */
    EXPIRE = 500,     /* holds that end in one transaction, for that reason */
    PAUSE = 100,      /* ms before what failed is tried again */
    TRIES = 50,       /* times it is tried when the ledger closes */
    NAP = 20,         /* ms in which what nobody waits for comes together */
    NAPS = 4,         /* after so many without anything it sleeps */
    AWAY = 2000,      /* ms that a posting waits for what other processes have to give back */
    RETRY = 50,       /* ms between its tries, at most */
    ASIDE = 1000,     /* that wait so; more are refused at once */
    ROLL = 200,       /* ms for what is to be done some time, when it opens */
    STUCK = 2,        /* seconds: a writing that takes longer than that is trouble */
    SPARE = 256,      /* postings whose memory is kept */
    COVERED = 1200,   /* bytes of a hold's texts at most, so that its will has room for them */
};

enum { AWAKE, NAPPING, ASLEEP };
struct writer {
    const writer_store *store;
    void *db;         /* the thread's; before it starts and after it ended, the opener's */
    const char *base; /* of the names of the files of wills; NULL: none are kept */
    wills *wills;
    pthread_t thread;
    pthread_mutex_t lock; /* guards the rest */
    pthread_cond_t wake;
    queue waiting;
    queue spare; /* memory for postings: it was made by workers, and goes back to them */
    queue aside; /* what found too little, and waits for what is lent to other processes */
    bool closing;
    int rests;       /* AWAKE, NAPPING, ASLEEP */
    size_t asked;    /* postings among `waiting` that somebody waits for */
    leases lent;     /* to this process */
    int64_t writing; /* second in which a batch was begun that is not written yet; 0: none */
    bool stuck;      /* what failed is tried again */
    /* the thread's own: */
    queue used;                             /* what was written, and goes to `spare` */
    int64_t swept;                          /* second of the last sweep */
    int64_t looked, retried, caught, pause; /* ms of the last look at what is lent, try of what is aside, and portion; until the next */
    int naps;                               /* in a row, with nothing to do */
    bool behind, in_trouble;                /* more is to be done than there was time for; the log knows */
};

static int64_t writer_now(void) { return yz_clock_wall_ns() / 1000000000; }
static int64_t writer_ms(void) { return yz_clock_ns() / 1000000; }

/* With the lock held. The thread is woken for what somebody waits for, and when nobody else would. */
static void put(writer *w, writer_item *it) {
    queue_put(&w->waiting, it);
    w->asked += it->done != NULL;
    if (w->rests == ASLEEP || (it->done && w->rests == NAPPING)) {
        w->rests = AWAKE;
        pthread_cond_signal(&w->wake);
    }
}

/* ---- lending: with the lock held -------------------------------------------------------------------------------------- */

/* No other has it, of no gateway of a fleet: two in containers have the same id of a process, and start in the same moment. */
static uint64_t new_number(void) {
    uint64_t number = 0;
    while (getentropy(&number, sizeof number) != 0 || (number &= INT64_MAX) == 0)
        ;
    return number;
}

static uint64_t will_of_lease(const writer *w, const lease *l) {
    char id[64];
    snprintf(id, sizeof id, "lease %llu", (unsigned long long)l->number);
    return wills_put(w->wills, l->will,
                     &(yz_posting){YZ_POSTING, .kind = WRITER_RETURN, .id = yz_str_of(id), .amount = (int64_t)l->number});
}

/* Its will stands before the lease does, so that no death leaves a lease without one. */
static void ask_for(writer *w, lease *l, int64_t amount, int64_t now) {
    char id[64];
    bool first = l->number == 0;
    l->number = first ? new_number() : l->number;
    l->will = first ? will_of_lease(w, l) : l->will;
    int64_t wish = lease_wish(l, amount);
    snprintf(id, sizeof id, "lease %llu %u", (unsigned long long)l->number, ++l->asks);
    writer_item *it =
        l->will ? queue_item(NULL,
                             &(yz_posting){YZ_POSTING, .kind = WRITER_LEASE, .id = yz_str_of(id), .amount = wish,
                                           .account = {l->account, l->account_n}, .lease = l->number, .expires = now + LEASE_LIFE},
                             NULL, NULL)
                : NULL;
    l->asked = it != NULL;
    l->asked_ms = writer_ms();
    if (it) {
        put(w, it);
    } else if (first) {
        wills_drop(w->wills, l->will);
        leases_drop(&w->lent, l);
    }
}

/* Behind all holds out of it that stand in the queue; those that are on their way there are waited for. */
static void give_back(writer *w, lease *l) {
    char id[64];
    l->granted = false, l->leaving = true;
    if (l->on_its_way > 0)
        return;
    snprintf(id, sizeof id, "lease %llu", (unsigned long long)l->number);
    writer_item *it =
        queue_item(NULL, &(yz_posting){YZ_POSTING, .kind = WRITER_RETURN, .id = yz_str_of(id), .amount = (int64_t)l->number}, NULL, NULL);
    if (!it)
        return; /* its time ends it */
    it->will = l->will;
    put(w, it);
    leases_drop(&w->lent, l);
}

/* False: nothing of this account is lent. */
static bool take_back(writer *w, yz_str account) {
    lease *l = leases_find(&w->lent, account);
    bool lent = l && l->number;
    if (lent)
        give_back(w, l);
    return lent;
}

static void look_at_lent(writer *w, int64_t now, bool all) {
    for (size_t i = 0; w->lent.n && i < LEASE_PLACES; i++) {
        lease *l = &w->lent.places[i];
        if (l->account_n == 0 || !(all || lease_is_done(l, now)))
            continue;
        if (l->number)
            give_back(w, l);
        else
            leases_drop(&w->lent, l);
    }
}

/* It may be gone from here since: then it is given back, behind this. */
static void lease_was_answered(writer *w, const writer_item *it) {
    lease *l = leases_find(&w->lent, it->posting.account);
    if (!l || l->number != it->posting.lease)
        return;
    if (l->leaving)
        l->asked = false;
    else
        lease_answered(l, it->posted.code == YZ_OK ? it->posted.amount : 0, it->posting.expires, writer_now());
    if (l->leaving || l->granted)
        return;
    wills_drop(w->wills, l->will); /* refused: there is no such lease */
    l->number = l->will = 0;
}

/* After a hold out of the books: the next ones could be out of a lease. */
static void lend(writer *w, const writer_item *it) {
    const yz_posting *p = &it->posting;
    bool plain = p->kind == YZ_POSTING_HOLD && it->posted.code == YZ_OK && !it->posted.before && p->n_counts == 0 && p->lease == 0;
    if (!w->store->wanted || !w->wills || !it->done || !plain || w->closing)
        return;
    int64_t now = writer_now();
    lease *l = it->posted.available / lease_rich >= p->amount ? leases_make(&w->lent, p->account) : NULL;
    if (!l || !lease_is_worth_it(l, p->amount, it->posted.available, now))
        return;
    l->used = now;
    ask_for(w, l, p->amount, now);
}

/* It would be enough with what is lent to others, who have been told: they give it back within a second. */
static bool waits_for_others(writer *w, writer_item *it) {
    int64_t ms = writer_ms();
    bool enough = it->posted.code == YZ_EAGAIN || it->posted.available >= it->posting.amount;
    it->until = it->until ? it->until : ms + AWAY;
    if (!enough || ms >= it->until || w->closing || w->aside.n >= ASIDE)
        return false;
    queue_put(&w->aside, it);
    return true;
}

/* What found too little is posted again behind what was lent and comes back. */
static bool again_with_lent(writer *w, writer_item *it) {
    const yz_posting *p = &it->posting;
    bool held = it->done && it->posted.code == YZ_ELIMIT && it->posted.count == 0;
    bool short_ = it->posted.code == YZ_EAGAIN || (held && (p->kind == YZ_POSTING_HOLD || p->kind == YZ_POSTING_TRANSFER));
    if (!short_ || it->final)
        return false;
    bool any = w->lent.n > 0;
    if (p->account.n || p->hold)
        any = take_back(w, p->hold ? p->hold->account : p->account);
    else
        look_at_lent(w, 0, true);
    if (!any && waits_for_others(w, it))
        return true;
    it->final = !any;
    if (!any && it->posted.code != YZ_EAGAIN)
        return false;
    put(w, it);
    return true;
}

/* ---- writing -------------------------------------------------------------------------------------------------------- */

static void tell_trouble(writer *w, bool trouble) {
    if (trouble && !w->in_trouble)
        yz_log(YZ_LOG_ERROR, "%s: the ledger cannot be written: %s", w->store->name, w->store->why(w->db));
    else if (!trouble && w->in_trouble)
        yz_log(YZ_LOG_WARN, "%s: the ledger can be written again", w->store->name);
    w->in_trouble = trouble;
}

static void write_each(writer *w, writer_item *first) {
    bool all = true;
    for (writer_item *it = first; it; it = it->next) {
        bool ok = w->store->write(w->db, it, it->next, writer_now());
        if (!ok)
            it->posted = (yz_posted){YZ_POSTED, .code = YZ_EIO};
        all &= ok;
    }
    tell_trouble(w, !all);
}

/* True: it is not finished. */
static bool settle_lent(writer *w, writer_item *it) {
    yz_posting_kind kind = it->posting.kind;
    bool matters = it->posted.code != YZ_OK || kind == WRITER_LEASE || (kind == YZ_POSTING_HOLD && it->done);
    if (!w->store->wanted || !matters) /* most of a batch: the workers have the lock for themselves */
        return false;
    pthread_mutex_lock(&w->lock);
    bool again = again_with_lent(w, it);
    if (it->posting.kind == WRITER_LEASE)
        lease_was_answered(w, it);
    else
        lend(w, it);
    pthread_mutex_unlock(&w->lock);
    return again;
}

/* Its refusal harms nobody: a lease is only not lent, and a hold that came too late is written with its end, if that costs anything. */
static bool may_be_refused(const writer_item *it) {
    const yz_posting *p = &it->posting;
    bool late = (p->kind == YZ_POSTING_HOLD && p->lease != 0) || (p->hold && it->posted.code == YZ_ENOTFOUND);
    return p->kind == WRITER_LEASE || p->kind == WRITER_RETURN || late;
}

/* What is nobody's to handle the log has: an end that could not be posted, and a loss. */
static void tell_log(const writer *w, const writer_item *it) {
    const yz_posting *p = &it->posting;
    if (!it->done && it->posted.code != YZ_OK && !may_be_refused(it))
        yz_log(YZ_LOG_ERROR, "%s: a posting for %.*s was refused: %s", w->store->name, YZ_STR_ARGS(p->id), yz_result_text(it->posted.code));
    if (it->posted.code == YZ_OK && !it->posted.before && it->posted.absorbed > 0)
        yz_log(YZ_LOG_ERROR, "%s: of a charge of %lld nano-USD for %.*s the account could pay %lld: %lld are the operator's loss",
               w->store->name, (long long)p->amount, YZ_STR_ARGS(p->id), (long long)it->posted.amount, (long long)it->posted.absorbed);
}

/* The second try of a hold finds what the first one wrote. It is the same call's, whose id no other has: nobody else gives it back. */
static void finish(writer *w, writer_item *it) {
    if (it->doubt && it->posting.kind == YZ_POSTING_HOLD)
        it->posted.before = false;
    if (settle_lent(w, it))
        return;
    tell_log(w, it);
    if (it->done)
        it->done(it->arg, &it->posted);
    if (it->will && it->posted.code != YZ_EIO) /* what could not be written is for the next process */
        wills_drop(w->wills, it->will);
    if (queue_is_usual(it) && w->used.n < SPARE)
        queue_put(&w->used, it);
    else
        free(it);
}

/* Tells everybody. What failed stays in `again` if nobody waits for it, or nobody knows whether it is written. */
static void finish_all(writer *w, queue *taken, queue *again) {
    for (writer_item *it; (it = queue_take(taken));)
        if ((!it->done || it->doubt) && it->posted.code == YZ_EIO)
            queue_put(again, it);
        else
            finish(w, it);
}

static void write_batch(writer *w, queue *taken, queue *again) {
    bool written = w->store->write(w->db, taken->first, NULL, writer_now());
    tell_trouble(w, !written); /* also of a failure that the next try does not meet: a disk that fails once will again */
    if (!written && w->store->ready(w->db))
        write_each(w, taken->first);
    else if (!written)
        queue_fail(taken);
    finish_all(w, taken, again);
}

/* ---- what a process leaves behind ------------------------------------------------------------------------------------ */

/* Of a process that is dead. A hold that is not there was never written, and one that has ended keeps its end; what was lent is given
 * back. */
static bool carry_out_one(void *arg, const yz_posting *posting) {
    writer *w = arg;
    writer_item it = {.posting = *posting, .final = true};
    bool written = w->store->write(w->db, &it, NULL, writer_now());
    tell_trouble(w, !written); /* once, not for each: it is tried again every few seconds */
    return written;
}

static void carry_out_wills(writer *w) {
    int n = w->base ? wills_recover(w->base, carry_out_one, w) : 0;
    if (n > 0)
        yz_log(YZ_LOG_WARN, "%s: the last process ended before %d holds had; they are ended as it would have, had it been told to",
               w->store->name, n);
}

/* A portion of what is to be done some time. True: there is more. What fails is tried again later. */
static bool portion(writer *w) { return w->behind = w->store->roll && w->store->roll(w->db, writer_now()) > 0; }

/* A fifth of the thread's time, as long as there is more. */
static void catch_up(writer *w) {
    int64_t began = writer_ms();
    if (began - w->caught < w->pause && began >= w->caught)
        return;
    portion(w);
    w->caught = writer_ms();
    w->pause = w->behind ? 4 * (w->caught - began) : SWEEP * 1000;
}

/* Ends what has expired. A hold that a request still needs does not: its time is longer than the request's. */
static void sweep(writer *w) {
    int64_t now = writer_now();
    if (now - w->swept < SWEEP && now >= w->swept)
        return;
    w->swept = now;
    carry_out_wills(w);
    int n, sum = 0;
    while ((n = w->store->expire(w->db, now, EXPIRE)) > 0)
        sum += n;
    if (sum > 0)
        yz_log(YZ_LOG_WARN, "%s: %d holds had expired, and were released", w->store->name, sum);
}

/* ---- the thread ----------------------------------------------------------------------------------------------------- */

static void wait_for(writer *w, int64_t ms) {
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += ms / 1000;
    until.tv_nsec += ms % 1000 * 1000000;
    if (until.tv_nsec >= 1000000000)
        until.tv_sec++, until.tv_nsec -= 1000000000;
    pthread_cond_timedwait(&w->wake, &w->lock, &until);
}

static int64_t retry_ms(void) { return lease_look < RETRY ? lease_look : RETRY; }

/* With the lock held. */
static void try_aside(writer *w) {
    int64_t ms = writer_ms();
    if (w->aside.n == 0 || (ms - w->retried < retry_ms() && ms >= w->retried && !w->closing))
        return;
    w->retried = ms;
    w->asked += queue_asked(&w->aside);
    queue_put_before(&w->waiting, &w->aside);
}

/* With the lock held, before and after: until there is something to write. */
static void rest(writer *w) {
    if (w->asked || w->closing)
        return;
    bool naps = w->waiting.n || w->behind || w->naps < NAPS;
    w->rests = naps ? NAPPING : ASLEEP;
    wait_for(w, naps ? NAP : w->aside.n ? retry_ms() : w->lent.n ? lease_look : SWEEP * 1000);
    if (!naps && w->waiting.n && !w->asked && !w->closing) { /* the first after a while: more may come */
        w->rests = NAPPING;
        wait_for(w, NAP);
    }
    w->rests = AWAKE;
    w->naps = w->waiting.n ? 0 : w->naps + naps;
}

static void on_wanted(void *arg, uint64_t number, yz_str account) {
    writer *w = arg;
    pthread_mutex_lock(&w->lock);
    lease *l = leases_find(&w->lent, account);
    if (l && l->number == number)
        give_back(w, l);
    pthread_mutex_unlock(&w->lock);
}

/* At what is lent: what nobody needs, and what others want, is given back. */
static void look(writer *w) {
    int64_t ms = writer_ms();
    if (ms - w->looked < lease_look && ms >= w->looked)
        return;
    w->looked = ms;
    w->store->wanted(w->db, writer_now(), on_wanted, w);
    pthread_mutex_lock(&w->lock);
    look_at_lent(w, writer_now(), false);
    pthread_mutex_unlock(&w->lock);
}

/* With the lock held, before and after. */
static void write_waiting(writer *w, queue *again) {
    queue taken;
    queue_split(&w->waiting, &taken, w->store->batch);
    w->asked -= queue_asked(&taken);
    w->writing = taken.n ? writer_now() : 0;
    bool lent = w->lent.n > 0;
    pthread_mutex_unlock(&w->lock);
    if (taken.n)
        write_batch(w, &taken, again);
    sweep(w);
    catch_up(w);
    if (lent)
        look(w);
    pthread_mutex_lock(&w->lock);
    if (w->spare.n < SPARE)
        queue_put_before(&w->spare, &w->used);
    w->writing = 0;
    w->stuck = again->n > 0;
}

/* None of them is written, whether or not it was tried, so their wills stay. */
static void give_up(writer *w, queue *again) {
    queue_fail(again);
    for (writer_item *it; (it = queue_take(again));)
        finish(w, it);
}

static void *run(void *arg) {
    writer *w = arg;
    queue again;
    queue_reset(&again);
    int last = 0;
    pthread_setname_np(pthread_self(), "ledger");
    pthread_mutex_lock(&w->lock);
    while (!w->closing || (w->waiting.n + w->aside.n && last < TRIES)) {
        rest(w);
        try_aside(w);
        write_waiting(w, &again);
        if (again.n) {
            last += w->closing;
            w->asked += queue_asked(&again);
            queue_put_before(&w->waiting, &again);
            wait_for(w, PAUSE);
        }
    }
    pthread_mutex_unlock(&w->lock);
    give_up(w, &w->waiting);
    give_up(w, &w->aside);
    return NULL;
}

/* ---- wills ---------------------------------------------------------------------------------------------------------- */

/* The end of a hold that nobody waits for is its will, from before this returns until it is written. */
static void keep_end(writer *w, writer_item *it, const yz_posting *posting) {
    bool ends = posting->kind == YZ_POSTING_CAPTURE || posting->kind == YZ_POSTING_RELEASE;
    it->will = posting->will;
    if (w->wills && ends && !it->done) {
        uint64_t made = wills_put(w->wills, posting->will, posting);
        it->will = made ? made : posting->will;
    }
}

uint64_t writer_will(writer *w, const yz_posting *posting) {
    if (!w->wills)
        return 0;
    if (posting->kind != YZ_POSTING_NONE)
        return wills_put(w->wills, posting->will, posting);
    wills_drop(w->wills, posting->will);
    return 0;
}

/* ---- the interface -------------------------------------------------------------------------------------------------- */

static void free_writer(writer *w) {
    queue_put_before(&w->spare, &w->used);
    for (writer_item *it; (it = queue_take(&w->spare));)
        free(it);
    wills_close(w->wills);
    leases_free(&w->lent);
    pthread_cond_destroy(&w->wake);
    pthread_mutex_destroy(&w->lock);
    free(w);
}

writer *writer_start(const writer_store *store, void *db, const char *wills_base) {
    writer *w = calloc(1, sizeof *w);
    if (!w)
        return NULL;
    *w = (writer){.store = store, .db = db, .base = wills_base};
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&w->wake, &monotonic);
    pthread_condattr_destroy(&monotonic);
    pthread_mutex_init(&w->lock, NULL);
    queue_reset(&w->waiting);
    queue_reset(&w->aside);
    queue_reset(&w->spare);
    queue_reset(&w->used);
    sweep(w);
    for (int64_t end = writer_ms() + ROLL; portion(w) && writer_ms() < end;)
        ;
    w->wills = wills_base ? wills_new(wills_base) : NULL;
    if ((w->wills || !wills_base) && pthread_create(&w->thread, NULL, run, w) == 0)
        return w;
    free_writer(w);
    return NULL;
}

void writer_close(writer *w) {
    pthread_mutex_lock(&w->lock);
    look_at_lent(w, 0, true);
    w->closing = true;
    pthread_cond_signal(&w->wake);
    pthread_mutex_unlock(&w->lock);
    pthread_join(w->thread, NULL);
    free_writer(w);
}

int writer_post(writer *w, const yz_posting *posting, yz_ledger_done *done, void *arg) {
    if (posting->n_counts > YZ_LEDGER_COUNTS_MAX || (posting->with && posting->with->with))
        return YZ_EINVAL;
    pthread_mutex_lock(&w->lock);
    writer_item *spare = queue_take(&w->spare);
    pthread_mutex_unlock(&w->lock);
    writer_item *it = queue_item(spare, posting, done, arg);
    if (!it)
        return YZ_EAGAIN;
    keep_end(w, it, posting);
    pthread_mutex_lock(&w->lock);
    bool full = w->waiting.n >= WAITING && done;
    if (!full)
        put(w, it);
    pthread_mutex_unlock(&w->lock);
    if (full)
        free(it);
    return full ? YZ_EAGAIN : YZ_OK;
}

/* ---- covering -------------------------------------------------------------------------------------------------------- */

/* With the lock held. While nothing can be written nothing is held in its stead. NULL: nothing is lent, or not enough. */
static lease *take_lent(writer *w, const yz_posting *hold, int64_t now) {
    bool writes = !w->closing && !w->stuck && w->waiting.n < WAITING && (w->writing == 0 || now - w->writing < STUCK);
    lease *l = writes ? leases_find(&w->lent, hold->account) : NULL;
    if (!l || !lease_take(l, hold->amount, now, writer_ms()))
        return NULL;
    if (lease_runs_low(l, now))
        ask_for(w, l, hold->amount, now);
    return l;
}

/* With the lock held: it stands in the queue, or was not held. */
static void arrived(writer *w, lease *l, int64_t back) {
    l->left += back;
    l->on_its_way--;
    if (l->leaving)
        give_back(w, l);
}

bool writer_cover(writer *w, yz_posting *hold, yz_posting *end) {
    if (!w->store->wanted || !w->wills || hold->n_counts || hold->amount <= 0 || queue_texts(hold) > COVERED)
        return false;
    pthread_mutex_lock(&w->lock);
    lease *l = take_lent(w, hold, writer_now());
    hold->lease = l ? l->number : 0;
    writer_item *spare = l ? queue_take(&w->spare) : NULL;
    pthread_mutex_unlock(&w->lock);
    if (!l)
        return false;
    end->hold = hold;
    writer_item *it = queue_item(spare, hold, NULL, NULL);
    uint64_t will = it ? wills_put(w->wills, end->will, end) : 0; /* before the hold can be written */
    if (it && !will) {
        free(it);
        it = NULL;
    }
    end->will = will ? will : end->will;
    pthread_mutex_lock(&w->lock);
    if (it)
        put(w, it);
    arrived(w, l, it ? 0 : hold->amount);
    pthread_mutex_unlock(&w->lock);
    if (!it) {
        hold->lease = 0;
        end->hold = NULL;
    }
    return it != NULL;
}
