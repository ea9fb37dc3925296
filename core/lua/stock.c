/* lua/stock.c: stock functions that would loop in C, or call back from C, written in Lua: xpcall, table.insert, what table.sort
 * compares with, and the table coroutine.
 *
 * The time limit cuts between two instructions of Lua (watchdog.h). A stock function that moves 2^31 places is one instruction, and the
 * handler of the stock xpcall runs below C, where the cut is an error that the handler can catch, for ever. In Lua neither is possible;
 * and a write that is no raw write respects what is read-only.
 *
 * A coroutine belongs to the call that made it, since what it does belongs to that call's request; one made while a file is loaded
 * belongs to the file. The stock coroutine.running would hand out the coroutine of the policy itself: nobody but run.c resumes that.
 */
#include "base/check.h"
#include "config/script.h"
#include "lua/sandbox.h"

#define COROUTINES 1000 /* one call may make: each nested one needs C stack */

/* Runs Lua text of ours with the n values on top as its arguments; leaves its one result. What it makes is no part of a traceback. */
static void run_text(lua_State *L, const char *text, int n) {
    YZ_MUST(luaL_loadbuffer(L, text, strlen(text), "=stock") == 0);
    lua_insert(L, -n - 1);
    lua_call(L, n, 1);
}

/* ---- xpcall ---------------------------------------------------------------------------------------------------------------- */

void yz_lua_push_xpcall(lua_State *L) {
    static const char text[] = "local pcall = pcall\n"
                               "local function finish(handler, ok, ...)\n"
                               "  if ok then return true, ... end\n"
                               "  local _, message = pcall(handler, ...)\n"
                               "  return false, message\n"
                               "end\n"
                               "return function(f, handler, ...) return finish(handler, pcall(f, ...)) end\n";
    run_text(L, text, 0);
}

/* ---- table ------------------------------------------------------------------------------------------------------------------ */

/* Upvalues: the stock sort, `<` in Lua, what makes a Lua function of a C function: so every comparison can be cut. */
static int sort(lua_State *L) {
    yz_lua_check_stack(L);
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 2);
    if (lua_isnil(L, 2)) {
        lua_pop(L, 1);
        lua_pushvalue(L, lua_upvalueindex(2));
    } else if (lua_iscfunction(L, 2)) {
        lua_pushvalue(L, lua_upvalueindex(3));
        lua_insert(L, 2);
        lua_call(L, 1, 1);
    }
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_insert(L, 1);
    lua_call(L, 2, 0);
    return 0;
}

void yz_lua_push_table(lua_State *L) {
    static const char *const kept[] = {"concat", "maxn", "remove"};
    lua_newtable(L);
    for (size_t i = 0; i < sizeof kept / sizeof *kept; i++) {
        lua_getfield(L, -2, kept[i]);
        lua_setfield(L, -2, kept[i]);
    }
    lua_getglobal(L, "unpack");
    lua_setfield(L, -2, "unpack");
    yz_script_insert(L);
    lua_setfield(L, -2, "insert");
    lua_getfield(L, -2, "sort");
    run_text(L, "return function(a, b) return a < b end", 0);
    run_text(L, "return function(f) return function(a, b) return f(a, b) end end", 0);
    lua_pushcclosure(L, sort, 3);
    lua_setfield(L, -2, "sort");
    lua_remove(L, -2);
}

/* ---- coroutine --------------------------------------------------------------------------------------------------------------- */

static void count_coroutine(lua_State *L) {
    if (++yz_lua_of(L)->coroutines > COROUTINES)
        luaL_error(L, "a policy may make %d coroutines in one call", COROUTINES);
}

/* Upvalue: the stock create or wrap. */
static int counted(lua_State *L) {
    yz_lua_check_stack(L);
    count_coroutine(L);
    luaL_checktype(L, 1, LUA_TFUNCTION);
    lua_settop(L, 1);
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_insert(L, 1);
    lua_call(L, 1, 1);
    return 1;
}

static int co_yield (lua_State *L) {
    yz_lua *lua = yz_lua_of(L);
    if (L == lua->L || yz_lua_is_policy_thread(lua, L))
        return luaL_error(L, "coroutine.yield outside of a coroutine the policy made: there is nobody to yield to");
    return lua_yield(L, lua_gettop(L));
}

/* Whose coroutine is made or resumed now: the number of the current call, or 0 while a file is loaded. */
static int owner(lua_State *L) {
    lua_pushnumber(L, (lua_Number)yz_lua_owner(yz_lua_of(L)));
    return 1;
}

void yz_lua_push_coroutine(lua_State *L) {
    static const char text[] = "local stock, create, wrap, yield, owner = ...\n"
                               "local resume, error, type = stock.resume, error, type\n"
                               "local made = setmetatable({}, { __mode = 'k' })\n"
                               "local function check(whose)\n"
                               "  if whose == 0 or whose == owner() then return end\n"
                               "  if not whose then error('this coroutine is not one that the policy made', 3) end\n"
                               "  error('this coroutine belongs to a request that is over: do not keep coroutines for later', 3)\n"
                               "end\n"
                               "local function made_of(f)\n"
                               "  if type(f) == 'function' then return f end\n"
                               "  error('a coroutine is made of a function, here is a ' .. type(f), 3)\n"
                               "end\n"
                               "return {\n"
                               "  running = stock.running, status = stock.status, yield = yield,\n"
                               "  create = function(f)\n"
                               "    local co = create(made_of(f))\n"
                               "    made[co] = owner()\n"
                               "    return co\n"
                               "  end,\n"
                               "  resume = function(co, ...)\n"
                               "    check(made[co])\n"
                               "    return resume(co, ...)\n"
                               "  end,\n"
                               "  wrap = function(f)\n"
                               "    local step, whose = wrap(made_of(f)), owner()\n"
                               "    return function(...)\n"
                               "      check(whose)\n"
                               "      return step(...)\n"
                               "    end\n"
                               "  end,\n"
                               "}\n";
    lua_getfield(L, -1, "create");
    lua_pushcclosure(L, counted, 1);
    lua_getfield(L, -2, "wrap");
    lua_pushcclosure(L, counted, 1);
    lua_pushcfunction(L, co_yield );
    lua_pushcfunction(L, owner);
    run_text(L, text, 5);
}
