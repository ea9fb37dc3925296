/* cli/bounded.c: see bounded.h. The watchdog of policies ends it: from then on every instruction raises an error, so that no pcall of the
 * test keeps it going.
 */
#include "cli/bounded.h"

#include "base/check.h"
#include "lua/watchdog.h"

#include <lauxlib.h>

#define WORDS "it took more than %d s of CPU time: a loop that does not end?"

int64_t yz_bounded_until(void) { return yz_watch_cpu() + YZ_BOUNDED_MS * 1000LL; }

/* Pushes "file:line: " of the innermost line of Lua; nothing is known: "". */
static void push_place(lua_State *L) {
    lua_Debug at;
    for (int level = 0; lua_getstack(L, level, &at); level++)
        if (lua_getinfo(L, "Sl", &at) && at.currentline > 0 && *at.source == '@') {
            lua_pushfstring(L, "%s:%d: ", at.short_src, at.currentline);
            return;
        }
    lua_pushliteral(L, "");
}

/* Where the error is, while its stack still stands. */
static int on_error(lua_State *L) {
    if (!yz_watch_overrun())
        return 1;
    push_place(L);
    lua_pushfstring(L, WORDS, YZ_BOUNDED_MS / 1000);
    lua_concat(L, 2);
    return 1;
}

int yz_bounded_call(lua_State *L, int n_args, int n_results, int64_t until) {
    int function = lua_gettop(L) - n_args;
    int64_t left = until - yz_watch_cpu();
    yz_watch_held outer = yz_watch_hold();
    lua_pushcfunction(L, on_error);
    lua_insert(L, function);
    yz_watch *watch = yz_watch_enter(L, left > 0 ? left / 1000 : 0);
    YZ_CHECK(watch);
    int status = lua_pcall(L, n_args, n_results, function);
    yz_watch_leave(watch);
    lua_remove(L, function);
    yz_watch_take_up(&outer);
    return status;
}

void yz_bounded_check(lua_State *L, int64_t until) {
    if (yz_watch_cpu() >= until)
        luaL_error(L, WORDS, YZ_BOUNDED_MS / 1000);
}
