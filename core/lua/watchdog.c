/* lua/watchdog.c: see watchdog.h.
 *
 * Invariants:
 *   - only a slot's own thread writes `run`, `L`, `cut` and `tripped`; the watchdog writes `condemned`; so the handler, which runs on
 *     the slot's own thread, needs no lock, and a signal that comes late finds another run and does nothing.
 *   - the hook is armed only while `run` is odd, and leave disarms it after making `run` even.
 *   - CPU time, not wall time: a worker that the system did not schedule is not to blame.
 * The watchdog sleeps without a tick when no run was seen for a while; enter wakes it.
 */
#include "lua/watchdog.h"
#include "base/arena.h"
#include "base/check.h"
#include "lua/policy.h"

#include <errno.h>
#include <lauxlib.h>
#include <lua.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#if defined(__SANITIZE_THREAD__)
#define UNDER_TSAN
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define UNDER_TSAN
#endif
#endif

#define TICK_US    5000
#define IDLE_TICKS 60 /* without any run before the watchdog stops ticking */

struct yz_watch {
    _Atomic uint64_t run;       /* counts entries and exits: odd inside */
    _Atomic uint64_t condemned; /* the run that has passed its limit */
    _Atomic int64_t limit_us;
    atomic_bool tripped; /* set by the handler, and cleared on leaving, on the slot's own thread */
    bool cut;            /* the hook has left a coroutine */
    lua_State *L;
    pid_t tid;
    clockid_t clock;
    uint64_t seen_run; /* the watchdog's own: what it saw last, and the CPU time then */
    int64_t seen_us;
    struct yz_watch *next, *prev;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* the list, started, stopping */
static pthread_cond_t wake = PTHREAD_COND_INITIALIZER;
static yz_watch *slots;
static bool started, stopping;
static atomic_bool asleep;
static pthread_t thread;
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

static int64_t cpu_us(clockid_t clock) {
    struct timespec t;
    if (clock_gettime(clock, &t) != 0)
        return 0;
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

/* ---- on the thread that runs Lua ------------------------------------------------------------------------------------- */

static void on_hook(lua_State *L, lua_Debug *at) {
    (void)at;
    mine->cut = true;
    lua_yield(L, 0); /* out of the coroutine at once, however deep in pcalls; below a C function this is an error instead */
}

static void on_signal(int number) {
    (void)number;
    yz_watch *watch = mine;
    int saved = errno;
    if (watch) {
        uint64_t run = atomic_load_explicit(&watch->run, memory_order_relaxed);
        bool condemned = atomic_load_explicit(&watch->condemned, memory_order_relaxed) == run;
        if ((run & 1) && condemned && !atomic_load_explicit(&watch->tripped, memory_order_relaxed)) {
            atomic_store_explicit(&watch->tripped, true, memory_order_relaxed);
            lua_sethook(watch->L, on_hook, LUA_MASKCOUNT, 1); /* may be called from a signal handler */
        }
    }
    errno = saved;
}

static void slot_free(void *arg) {
    yz_watch *watch = arg;
    pthread_mutex_lock(&lock);
    if (watch->prev)
        watch->prev->next = watch->next;
    else
        slots = watch->next;
    if (watch->next)
        watch->next->prev = watch->prev;
    pthread_mutex_unlock(&lock);
    mine = NULL;
    free(watch);
}

static void init_once(void) {
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
    sigemptyset(&action.sa_mask);
    YZ_MUST(sigaction(the_signal(), &action, NULL) == 0);
    YZ_MUST(pthread_key_create(&at_exit, slot_free) == 0);
}

static yz_watch *slot_new(void) {
    yz_lua_watchdog_start();
    yz_watch *watch = yz_calloc(1, sizeof *watch);
    watch->tid = (pid_t)syscall(SYS_gettid);
    YZ_MUST(pthread_getcpuclockid(pthread_self(), &watch->clock) == 0);
    pthread_mutex_lock(&lock);
    watch->next = slots;
    if (slots)
        slots->prev = watch;
    slots = watch;
    pthread_mutex_unlock(&lock);
    pthread_setspecific(at_exit, watch);
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, the_signal());
    pthread_sigmask(SIG_UNBLOCK, &set, NULL);
    return mine = watch;
}

static void wake_up(void) {
    pthread_mutex_lock(&lock);
    atomic_store(&asleep, false);
    pthread_cond_signal(&wake);
    pthread_mutex_unlock(&lock);
}

yz_watch *yz_watch_enter(lua_State *L, int64_t ms) {
    yz_watch *watch = mine ? mine : slot_new();
    uint64_t run = atomic_load_explicit(&watch->run, memory_order_relaxed);
    if (run & 1)
        return NULL;
    watch->L = L;
    watch->cut = false;
    atomic_store_explicit(&watch->limit_us, ms * 1000, memory_order_relaxed);
    atomic_store(&watch->run, run + 1); /* in order with the look at asleep */
    if (atomic_load(&asleep))
        wake_up();
    return watch;
}

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

bool yz_watch_cut(const yz_watch *watch) { return watch && watch->cut; }

bool yz_watch_overrun(void) { return mine && atomic_load_explicit(&mine->tripped, memory_order_relaxed); }

/* ---- the watchdog thread --------------------------------------------------------------------------------------------- */

/* Looks at one slot; true if anything ran there since the last look. */
static bool look(yz_watch *watch) {
    uint64_t run = atomic_load(&watch->run);
    bool inside = run & 1;
    if (run != watch->seen_run) {
        watch->seen_run = run;
        watch->seen_us = inside ? cpu_us(watch->clock) : 0;
        return true;
    }
    if (!inside)
        return false;
    /* The run may have begun a tick before it was seen, and the next look is a tick away: end it early rather than late. */
    int64_t limit = atomic_load_explicit(&watch->limit_us, memory_order_relaxed) - 2 * TICK_US;
    if (cpu_us(watch->clock) - watch->seen_us >= limit) {
        atomic_store_explicit(&watch->condemned, run, memory_order_relaxed);
        syscall(SYS_tgkill, getpid(), watch->tid, the_signal());
    }
    return true;
}

static bool look_at_all(void) {
    bool active = false;
    for (yz_watch *watch = slots; watch; watch = watch->next)
        active |= look(watch);
    return active;
}

static void sleep_until_woken(void) {
    atomic_store(&asleep, true);
    while (!look_at_all() && atomic_load(&asleep) && !stopping)
        pthread_cond_wait(&wake, &lock);
    atomic_store(&asleep, false);
}

static void *watch_all(void *arg) {
    (void)arg;
    int quiet = 0;
    pthread_mutex_lock(&lock);
    while (!stopping) {
        pthread_mutex_unlock(&lock);
        nanosleep(&(struct timespec){.tv_nsec = TICK_US * 1000L}, NULL);
        pthread_mutex_lock(&lock);
        quiet = look_at_all() ? 0 : quiet + 1;
        if (quiet > IDLE_TICKS && !stopping) {
            sleep_until_woken();
            quiet = 0;
        }
    }
    pthread_mutex_unlock(&lock);
    return NULL;
}

int yz_lua_watchdog_start(void) {
    pthread_once(&once, init_once);
    int code = YZ_OK;
    pthread_mutex_lock(&lock);
    if (!started) {
        sigset_t all, before; /* signals are for the main thread: the watchdog takes none */
        sigfillset(&all);
        pthread_sigmask(SIG_BLOCK, &all, &before);
        stopping = false;
        code = pthread_create(&thread, NULL, watch_all, NULL) == 0 ? YZ_OK : YZ_EIO;
        started = code == YZ_OK;
        pthread_sigmask(SIG_SETMASK, &before, NULL);
    }
    pthread_mutex_unlock(&lock);
    return code;
}

void yz_lua_watchdog_stop(void) {
    pthread_mutex_lock(&lock);
    bool was = started;
    stopping = true;
    started = false;
    pthread_cond_signal(&wake);
    pthread_mutex_unlock(&lock);
    if (was)
        pthread_join(thread, NULL);
}
