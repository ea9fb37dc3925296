/* lua/counter.c: counter(name, help): a number that only grows, for what a policy wants to know about itself in service.
 *
 *   local asked = counter("question_asked", "questions that a model was asked about")   -- at the top of a file
 *   asked()    asked(3)
 *
 * It is shown as policy_question_asked by GET /status and the metrics, as the sum over all workers, and lasts over reloads. */
#include "lua/run.h"

static int add(lua_State *L) {
    lua_Number n = luaL_optnumber(L, 1, 1);
    luaL_argcheck(L, n >= 0 && n <= 1e9, 1, "a number from 0 to 1000000000");
    yz_count(yz_lua_of(L)->worker, (yz_counter)lua_tointeger(L, lua_upvalueindex(1)), (uint64_t)n);
    return 0;
}

static int declare(lua_State *L) {
    yz_lua *lua = yz_lua_of(L);
    size_t n;
    const char *name = luaL_checklstring(L, 1, &n), *help = luaL_checkstring(L, 2);
    if (!lua->loading)
        return luaL_error(L, "counter \"%s\": counters are made at the top of the file, not inside a call", name);
    if (n == 0 || n > 50 || strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_") != n)
        return luaL_error(L, "counter: a name has 1 to 50 lower case letters, digits and _, as in counter(\"question_asked\", \"…\")");
    lua_pushinteger(L, (lua_Integer)yz_counter_declare(yz_format(lua->arena, "policy_%s", name).p, help));
    lua_pushcclosure(L, add, 1);
    return 1;
}

void policy_counter_push(lua_State *L) { lua_pushcfunction(L, declare); }
