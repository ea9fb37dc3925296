/* lua/watchdog.h: the time limit of Lua code, in CPU time of the thread that runs it.
 *
 * A thread that runs Lua has a slot, made at its first run and freed with the thread. Entering and leaving count one number up (odd:
 * inside), so the hot path is a few stores. A timer over the thread's own CPU time looks at the slot every few milliseconds that the thread
 * computes; when it finds itself inside the same run after too much CPU time, it arms a count hook. From then on every instruction yields
 * out of its coroutine (or, where a C function is below, raises an error), from inside pcall too, until the run is left. C functions that
 * may loop for long ask yz_watch_overrun themselves.
 */
#ifndef YUZUI_LUA_WATCHDOG_H
#define YUZUI_LUA_WATCHDOG_H

#include <stdbool.h>
#include <stdint.h>

struct lua_State;
typedef struct yz_watch yz_watch;

/* Begins a run of at most `ms` of CPU time on this thread. Runs do not nest within one thread: the outer one's limit holds then,
 * and NULL is returned. */
yz_watch *yz_watch_enter(struct lua_State *L, int64_t ms);
/* Ends it (NULL: does nothing). True if the limit was passed. */
bool yz_watch_leave(yz_watch *watch);
/* Before or after leaving: did the hook end it by a yield? */
bool yz_watch_cut(const yz_watch *watch);
/* After leaving: about how many ms of CPU time the run took. Counted in rings of 5 ms, for whoever rings meet: nothing is measured where
 * nothing is due, and a sum over many runs is right though a single one may be off by a ring. */
int64_t yz_watch_spent(const yz_watch *watch);
/* Another's code runs for a while inside this thread's run (a policy below a test, a test's fake below the policy): the run is set aside,
 * and its time stands still until it is taken up again with what yz_watch_hold gave. */
typedef struct yz_watch_held {
    struct lua_State *L; /* NULL: there was no run */
    int64_t left_us, rings;
    bool cut;
} yz_watch_held;
yz_watch_held yz_watch_hold(void);
/* Takes up what was set aside; nothing was: does nothing. */
void yz_watch_take_up(const yz_watch_held *held);
/* CPU time of this thread, in us. */
int64_t yz_watch_cpu(void);
/* Has the run of this thread passed its limit? For loops in C, which no hook can cut. */
bool yz_watch_overrun(void);

#endif
