/* lua/view.c: see view.h.
 *
 * Lua calls __newindex for names alone that a table lacks, so a table that holds what it shows can be written without a word. A view holds
 * nothing. What goes through tables without asking their metatables (`pairs` of LuaJIT, lua_next) would find it empty, and is told here.
 */
#include "lua/view.h"

#include <lauxlib.h>
#include <lua.h>

static char behind; /* its address is where a view's metatable has the table behind it */

static int on_write(lua_State *L) { return luaL_error(L, "%s", lua_tostring(L, lua_upvalueindex(1))); }

void yz_lua_view(lua_State *L, const char *refusal) {
    lua_newtable(L);
    lua_createtable(L, 0, 4);
    lua_pushlightuserdata(L, &behind);
    lua_pushvalue(L, -4);
    lua_rawset(L, -3);
    lua_pushvalue(L, -3);
    lua_setfield(L, -2, "__index");
    lua_pushstring(L, refusal);
    lua_pushcclosure(L, on_write, 1);
    lua_setfield(L, -2, "__newindex");
    lua_pushboolean(L, 0);
    lua_setfield(L, -2, "__metatable");
    lua_setmetatable(L, -2);
    lua_remove(L, -2);
}

static int in_lower_case(lua_State *L) {
    size_t n;
    const char *name = lua_type(L, 2) == LUA_TSTRING ? lua_tolstring(L, 2, &n) : NULL;
    char lower[128];
    if (!name || n > sizeof lower)
        return 0;
    for (size_t i = 0; i < n; i++)
        lower[i] = (char)(name[i] >= 'A' && name[i] <= 'Z' ? name[i] | 0x20 : name[i]);
    lua_pushlstring(L, lower, n);
    lua_rawget(L, 1);
    return 1;
}

void yz_lua_caseless(lua_State *L) {
    lua_createtable(L, 0, 2);
    lua_pushcfunction(L, in_lower_case);
    lua_setfield(L, -2, "__index");
    lua_pushboolean(L, 0);
    lua_setfield(L, -2, "__metatable");
    lua_setmetatable(L, -2);
}

bool yz_lua_behind(lua_State *L, int index) {
    if (!lua_istable(L, index) || !lua_getmetatable(L, index))
        return false;
    lua_pushlightuserdata(L, &behind);
    lua_rawget(L, -2);
    lua_remove(L, -2);
    if (lua_istable(L, -1))
        return true;
    lua_pop(L, 1);
    return false;
}

/* Upvalue: the table behind. What `pairs` gives holds the view, never that table, which could be written. */
static int next_behind(lua_State *L) {
    lua_settop(L, 2);
    return lua_next(L, lua_upvalueindex(1)) ? 2 : 0;
}

/* Upvalue: the stock pairs. */
static int view_pairs(lua_State *L) {
    lua_settop(L, 1);
    if (yz_lua_behind(L, 1)) {
        lua_pushcclosure(L, next_behind, 1);
        lua_pushvalue(L, 1);
        lua_pushnil(L);
        return 3;
    }
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_insert(L, 1);
    lua_call(L, 1, 3);
    return 3;
}

static void see_behind(lua_State *L) {
    lua_settop(L, 2);
    luaL_checktype(L, 1, LUA_TTABLE);
    if (yz_lua_behind(L, 1))
        lua_replace(L, 1);
}

static int view_next(lua_State *L) {
    if (lua_isuserdata(L, 1))
        luaL_error(L, "next is here Lua's own, of tables: what asks the stages below is a policy's second argument, function(req, next)");
    see_behind(L);
    if (lua_next(L, 1))
        return 2;
    lua_pushnil(L);
    return 1;
}

static int view_rawget(lua_State *L) {
    see_behind(L);
    lua_rawget(L, 1);
    return 1;
}

void yz_lua_set_readers(lua_State *L) {
    lua_getglobal(L, "pairs");
    lua_pushcclosure(L, view_pairs, 1);
    lua_setfield(L, -2, "pairs");
    lua_pushcfunction(L, view_next);
    lua_setfield(L, -2, "next");
    lua_pushcfunction(L, view_rawget);
    lua_setfield(L, -2, "rawget");
}
