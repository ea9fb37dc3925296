/* lua/basics.c: the small tables of the environment: log, time, and the stock math with chance of the worker's. */
#include "base/clock.h"
#include "lua/sandbox.h"
#include "worker.h"

#include <time.h>

#define LOG_BYTES 1000

/* ---- log --------------------------------------------------------------------------------------------------------------- */

static int log_line(lua_State *L, yz_log_level level) {
    size_t n;
    luaL_checkstring(L, 1);
    const char *text = lua_tolstring(L, 1, &n);
    luaL_where(L, 1);
    yz_log(level, "policy %s%.*s", lua_tostring(L, -1), (int)(n < LOG_BYTES ? n : LOG_BYTES), text);
    return 0;
}
static int log_debug(lua_State *L) { return log_line(L, YZ_LOG_DEBUG); }
static int log_info(lua_State *L) { return log_line(L, YZ_LOG_INFO); }
static int log_warn(lua_State *L) { return log_line(L, YZ_LOG_WARN); }

static void push_functions(lua_State *L, const luaL_Reg *functions) {
    lua_newtable(L);
    for (const luaL_Reg *f = functions; f->name; f++) {
        lua_pushcfunction(L, f->func);
        lua_setfield(L, -2, f->name);
    }
}

void yz_lua_push_log(lua_State *L) {
    static const luaL_Reg functions[] = {{"debug", log_debug}, {"info", log_info}, {"warn", log_warn}, {NULL, NULL}};
    push_functions(L, functions);
}

/* ---- time -------------------------------------------------------------------------------------------------------------- */

static int64_t wall_of(lua_State *L) {
    const yz_outside *outside = yz_lua_of(L)->outside;
    return outside && outside->now ? outside->now(outside->arg) : yz_clock_wall();
}

static int time_now(lua_State *L) {
    lua_pushnumber(L, (lua_Number)wall_of(L));
    return 1;
}

/* In a rehearsal it is played time that passes. */
static int time_monotonic(lua_State *L) {
    const yz_lua *lua = yz_lua_of(L);
    lua_pushnumber(L, lua->outside ? (lua_Number)yz_now(lua->worker) : (lua_Number)yz_clock_us() / 1000);
    return 1;
}

/* time.utc([seconds]) -> { year, month, day, hour, min, sec, wday } ; wday 1 is Sunday */
static int time_utc(lua_State *L) {
    lua_Number seconds = luaL_optnumber(L, 1, (lua_Number)wall_of(L));
    luaL_argcheck(L, seconds >= 0 && seconds < 253402300800.0, 1, "seconds since 1970, before the year 10000");
    time_t t = (time_t)seconds;
    struct tm tm;
    gmtime_r(&t, &tm);
    const struct {
        const char *name;
        int value;
    } fields[] = {{"year", tm.tm_year + 1900}, {"month", tm.tm_mon + 1}, {"day", tm.tm_mday},     {"hour", tm.tm_hour},
                  {"min", tm.tm_min},          {"sec", tm.tm_sec},       {"wday", tm.tm_wday + 1}};
    lua_newtable(L);
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        lua_pushinteger(L, fields[i].value);
        lua_setfield(L, -2, fields[i].name);
    }
    return 1;
}

void yz_lua_push_time(lua_State *L) {
    static const luaL_Reg functions[] = {{"now", time_now}, {"monotonic", time_monotonic}, {"utc", time_utc}, {NULL, NULL}};
    push_functions(L, functions);
}

/* ---- math ------------------------------------------------------------------------------------------------------------------ */

/* math.random([m [, n]]) from the worker's generator, so that a seed replays a run. */
static int math_random(lua_State *L) {
    yz_lua *lua = yz_lua_of(L);
    uint64_t bits = lua->worker ? yz_random(lua->worker) : (uint64_t)yz_clock_us() * 0x9E3779B97F4A7C15u;
    double unit = (double)(bits >> 11) * 0x1p-53;
    if (lua_isnoneornil(L, 1)) {
        lua_pushnumber(L, unit);
        return 1;
    }
    lua_Number low = luaL_checknumber(L, 1), high = low;
    if (lua_isnoneornil(L, 2))
        low = 1;
    else
        high = luaL_checknumber(L, 2);
    luaL_argcheck(L, low <= high && low > -0x1p52 && high < 0x1p52, 1, "interval is empty or too large");
    lua_pushnumber(L, low + (lua_Number)(int64_t)(unit * (high - low + 1)));
    return 1;
}

void yz_lua_push_math(lua_State *L) {
    static const char *const kept[] = {"abs",   "ceil", "exp", "floor", "fmod", "huge", "log",
                                       "log10", "max",  "min", "modf",  "pi",   "pow",  "sqrt"};
    lua_newtable(L);
    for (size_t i = 0; i < sizeof kept / sizeof *kept; i++) {
        lua_getfield(L, -2, kept[i]);
        lua_setfield(L, -2, kept[i]);
    }
    lua_pushcfunction(L, math_random);
    lua_setfield(L, -2, "random");
    lua_remove(L, -2);
}
