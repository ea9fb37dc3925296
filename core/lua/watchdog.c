/* lua/watchdog.c: see watchdog.h.
 *
 * Each thread that runs Lua has a timer over its own CPU time. It rings every RING_US that the thread computes, by a signal to that very
 * thread, and never while the thread sleeps: a gateway without traffic is not woken, and a busy one is interrupted two hundred times a
 * second. The handler looks whether it is still inside the run it found at an earlier ring, and how long that run has computed since.
 *
 * Invariants:
 *   - everything in a slot is touched by its own thread only, by the handler or around it; the handler needs no lock.
 *   - the hook is armed only while `run` is odd, and leave disarms it after making `run` even.
 *   - CPU time, not wall time: a worker that the system did not schedule is not to blame.
 */
#include "lua/watchdog.h"
#include "base/arena.h"
#include "base/check.h"

#include <errno.h>
#include <lua.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#ifndef sigev_notify_thread_id /* the C library of Debian 12 does not name it */
#define sigev_notify_thread_id _sigev_un._tid
#endif

#if defined(__SANITIZE_THREAD__)
#define UNDER_TSAN
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define UNDER_TSAN
#endif
#endif

#define RING_US 5000

struct yz_watch {
    _Atomic uint64_t run; /* counts entries and exits: odd inside */
    _Atomic int64_t limit_us;
    _Atomic bool tripped;  /* set by the handler, cleared on leaving */
    _Atomic int64_t rings; /* that met this run */
    bool cut;              /* the hook has left a coroutine */
    lua_State *L;
    timer_t timer;
    uint64_t seen_run; /* the handler's own: the run of the last ring, and the CPU time when it was first seen */
    int64_t seen_us;
};

static pthread_key_t at_exit; /* of a thread: gives its slot back */
static pthread_once_t once = PTHREAD_ONCE_INIT;
static _Thread_local yz_watch *mine;

static int the_signal(void) {
#ifdef UNDER_TSAN /* which holds most signals back until the thread calls libc, as a Lua loop never does; nobody else wants this one */
    return SIGPIPE;
#else
    return SIGRTMIN + 4;
#endif
}

/* ---- inside the signal --------------------------------------------------------------------------------------------------- */

static void on_hook(lua_State *L, lua_Debug *at) {
    (void)at;
    mine->cut = true;
    lua_yield(L, 0); /* out of the coroutine at once, however deep in pcalls; below a C function this is an error instead */
}

int64_t yz_watch_cpu(void) {
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

/* The run may have begun a whole ring before it was first seen: it is ended early rather than late. */
static bool is_over(yz_watch *watch, uint64_t run) {
    int64_t now = yz_watch_cpu();
    if (run != watch->seen_run) {
        watch->seen_run = run;
        watch->seen_us = now;
        return false;
    }
    return now - watch->seen_us >= atomic_load_explicit(&watch->limit_us, memory_order_relaxed) - RING_US;
}

static void on_signal(int number) {
    (void)number;
    yz_watch *watch = mine;
    int saved = errno;
    uint64_t run = watch ? atomic_load_explicit(&watch->run, memory_order_relaxed) : 0;
    if (run & 1)
        atomic_fetch_add_explicit(&watch->rings, 1, memory_order_relaxed);
    if ((run & 1) && !atomic_load_explicit(&watch->tripped, memory_order_relaxed) && is_over(watch, run)) {
        atomic_store_explicit(&watch->tripped, true, memory_order_relaxed);
        lua_sethook(watch->L, on_hook, LUA_MASKCOUNT, 1); /* may be called from a signal handler */
    }
    errno = saved;
}

/* ---- slots ------------------------------------------------------------------------------------------------------------------ */

static void slot_free(void *arg) {
    yz_watch *watch = arg;
    timer_delete(watch->timer);
    mine = NULL; /* a signal that is still on its way finds nothing */
    atomic_signal_fence(memory_order_seq_cst);
    free(watch);
}

static void init_once(void) {
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
    sigemptyset(&action.sa_mask);
    YZ_MUST(sigaction(the_signal(), &action, NULL) == 0);
    YZ_MUST(pthread_key_create(&at_exit, slot_free) == 0);
}

static void start_timer(yz_watch *watch) {
    struct sigevent event = {.sigev_notify = SIGEV_THREAD_ID, .sigev_signo = the_signal()};
    struct itimerspec every = {.it_interval.tv_nsec = RING_US * 1000L, .it_value.tv_nsec = RING_US * 1000L};
    event.sigev_notify_thread_id = (pid_t)syscall(SYS_gettid);
    YZ_MUST(timer_create(CLOCK_THREAD_CPUTIME_ID, &event, &watch->timer) == 0);
    YZ_MUST(timer_settime(watch->timer, 0, &every, NULL) == 0);
}

static yz_watch *slot_new(void) {
    pthread_once(&once, init_once);
    yz_watch *watch = mine = yz_calloc(1, sizeof *watch);
    pthread_setspecific(at_exit, watch);
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, the_signal());
    pthread_sigmask(SIG_UNBLOCK, &set, NULL);
    start_timer(watch);
    return watch;
}

/* ---- around a run -------------------------------------------------------------------------------------------------------------- */

static yz_watch *enter(lua_State *L, int64_t us, int64_t rings, bool cut) {
    yz_watch *watch = mine ? mine : slot_new();
    uint64_t run = atomic_load_explicit(&watch->run, memory_order_relaxed);
    if (run & 1)
        return NULL;
    watch->L = L;
    watch->cut = cut;
    atomic_store_explicit(&watch->rings, rings, memory_order_relaxed);
    atomic_store_explicit(&watch->limit_us, us, memory_order_relaxed);
    atomic_signal_fence(memory_order_seq_cst);
    atomic_store_explicit(&watch->run, run + 1, memory_order_relaxed);
    return watch;
}

yz_watch *yz_watch_enter(lua_State *L, int64_t ms) { return enter(L, ms * 1000, 0, false); }

bool yz_watch_leave(yz_watch *watch) {
    if (!watch)
        return false;
    uint64_t run = atomic_load_explicit(&watch->run, memory_order_relaxed);
    atomic_store_explicit(&watch->run, run + 1, memory_order_relaxed);
    atomic_signal_fence(memory_order_seq_cst);
    if (!atomic_load_explicit(&watch->tripped, memory_order_relaxed))
        return false;
    lua_sethook(watch->L, NULL, 0, 0);
    atomic_store_explicit(&watch->tripped, false, memory_order_relaxed);
    return true;
}

/* A run that has passed its limit goes on as one that is out of time. */
yz_watch_held yz_watch_hold(void) {
    yz_watch *watch = mine;
    uint64_t run = watch ? atomic_load_explicit(&watch->run, memory_order_relaxed) : 0;
    if (!(run & 1))
        return (yz_watch_held){0};
    int64_t limit = atomic_load_explicit(&watch->limit_us, memory_order_relaxed), rings = yz_watch_spent(watch) / (RING_US / 1000);
    bool late = yz_watch_leave(watch);
    int64_t spent = watch->seen_run == run ? yz_watch_cpu() - watch->seen_us : 0;
    return (yz_watch_held){watch->L, late || spent > limit ? 0 : limit - spent, rings, watch->cut};
}

void yz_watch_take_up(const yz_watch_held *held) {
    if (held->L)
        enter(held->L, held->left_us, held->rings, held->cut);
}

bool yz_watch_cut(const yz_watch *watch) { return watch && watch->cut; }

int64_t yz_watch_spent(const yz_watch *watch) {
    return watch ? atomic_load_explicit(&watch->rings, memory_order_relaxed) * (RING_US / 1000) : 0;
}

bool yz_watch_overrun(void) { return mine && atomic_load_explicit(&mine->tripped, memory_order_relaxed); }
