/* lua/sandbox.c: makes the state: the environment policies see, and runs under limits.
 *
 * The environment is an empty table before a table of what is allowed: reading an unknown name and writing any name are errors
 * that say what would be right. Library tables are views that refuse assignment, and nothing that a policy reaches writes raw into them
 * (safe_rawset, stock.c). All chunks of a state share it. The JIT is off: compiled loops cannot be stopped. Functions in C either end after
 * a time that memory bounds, ask yz_watch_overrun in their loops, or are written in Lua (stock.c); those that fill the call's arena, where
 * no limit of Lua's memory holds, ask policy_check_arena.
 */
#include "lua/sandbox.h"
#include "base/arena.h"
#include "base/check.h"
#include "config/slip.h"
#include "lua/view.h"
#include "lua/watchdog.h"

#include <luajit.h>
#include <lualib.h>
#include <stdlib.h>

#define IDLE_THREADS 64
#define TRACE_LINES  8
#define STACK_BYTES  (192 << 10) /* of C stack for one run: errors take long to unwind it */

/* ---- the environment ------------------------------------------------------------------------------------------------- */

static int on_view_write(lua_State *L) { return luaL_error(L, "%s is read-only", lua_tostring(L, lua_upvalueindex(1))); }

void yz_lua_freeze(lua_State *L, const char *name) {
    lua_newtable(L); /* the view */
    lua_newtable(L); /* its metatable */
    lua_pushvalue(L, -3);
    lua_setfield(L, -2, "__index");
    lua_pushstring(L, name);
    lua_pushcclosure(L, on_view_write, 1);
    lua_setfield(L, -2, "__newindex");
    lua_pushboolean(L, 0);
    lua_setfield(L, -2, "__metatable");
    lua_setmetatable(L, -2);
    lua_remove(L, -2);
}

static int on_global_write(lua_State *L) {
    const char *name = luaL_checkstring(L, 2);
    if (lua_isfunction(L, 3))
        return luaL_error(
            L, "a policy returns its function: return function(req, next) … end; one for itself is local: local function %s(…)", name);
    return luaL_error(L, "global '%s' cannot be written: globals are read-only in policies; write \"local %s = …\"", name, name);
}

static const struct {
    const char *name, *hint;
} gone[] = {
    {"print", "use log.info(…)"},
    {"io", "policies cannot touch files"},
    {"os", "use time.now() and time.utc(); nothing is run, and a variable is given by the config: options = { name = env.NAME }"},
    {"debug", "it is not part of the sandbox"},
    {"ffi", "it is not part of the sandbox"},
    {"jit", "it is not part of the sandbox"},
    {"package", "use require"},
    {"load", "code comes from files only; use require"},
    {"loadstring", "code comes from files only; use require"},
    {"dofile", "use require"},
    {"loadfile", "use require"},
    {"collectgarbage", "the gateway collects"},
    {"getfenv", "it is not part of the sandbox"},
    {"setfenv", "it is not part of the sandbox"},
    {"newproxy", "it is not part of the sandbox"},
    {"module", "return a table instead"},
};

static int on_unknown(lua_State *L) {
    const char *name = lua_tostring(L, 2);
    for (size_t i = 0; name && i < sizeof gone / sizeof *gone; i++)
        if (strcmp(name, gone[i].name) == 0)
            return luaL_error(L, "'%s' is not there in policies: %s", name, gone[i].hint);
    const char *written = name ? yz_slip_word(name) : NULL;
    if (written)
        return luaL_error(L, "'%s' is not defined: %s", name, written);
    if (name && (strcmp(name, "question") == 0 || strcmp(name, "redact") == 0 || strcmp(name, "conversation") == 0))
        return luaL_error(L, "'%s' is not defined: local %s = require \"yuzui.%s\" brings it", name, name, name);
    return luaL_error(L, "'%s' is not defined (a misspelt name, or a missing local)", name ? name : "?");
}

/* Upvalue: the stock tostring. A __tostring that calls tostring nests on the C stack. */
static int safe_tostring(lua_State *L) {
    luaL_checkany(L, 1);
    lua_settop(L, 1);
    if (lua_getmetatable(L, 1)) {
        yz_lua_check_stack(L);
        lua_settop(L, 1);
    }
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_insert(L, 1);
    lua_call(L, 1, 1);
    return 1;
}

static int safe_rawset(lua_State *L) {
    luaL_checktype(L, 1, LUA_TTABLE);
    luaL_checkany(L, 3);
    if (luaL_getmetafield(L, 1, "__metatable"))
        return luaL_error(L, "rawset: this table is protected");
    lua_settop(L, 3);
    lua_rawset(L, 1);
    return 1;
}

static void open_stock(lua_State *L) {
    static const luaL_Reg stock[] = {{"", luaopen_base},
                                     {LUA_TABLIBNAME, luaopen_table},
                                     {LUA_STRLIBNAME, luaopen_string},
                                     {LUA_MATHLIBNAME, luaopen_math},
                                     {LUA_BITLIBNAME, luaopen_bit}};
    for (size_t i = 0; i < sizeof stock / sizeof *stock; i++) {
        lua_pushcfunction(L, stock[i].func);
        lua_pushstring(L, stock[i].name);
        lua_call(L, 1, 0);
    }
    luaJIT_setmode(L, 0, LUAJIT_MODE_ENGINE | LUAJIT_MODE_OFF);
}

/* With the table of what is allowed on top: stock table `name`, changed by `change`, as a read-only view. */
static void add_stock(lua_State *L, const char *name, void (*change)(lua_State *L)) {
    lua_getglobal(L, name);
    if (change)
        change(L);
    yz_lua_freeze(L, name);
    lua_setfield(L, -2, name);
}

static void add_own(lua_State *L, const char *name, void (*push)(lua_State *L)) {
    push(L);
    yz_lua_freeze(L, name);
    lua_setfield(L, -2, name);
}

/* Text methods: ("x"):rep(3) must meet the same functions as string.rep, and nobody may change them. */
static void set_string_metatable(lua_State *L) {
    lua_pushliteral(L, "");
    lua_getmetatable(L, -1);
    lua_getglobal(L, "string");
    yz_lua_push_string(L);
    lua_pushvalue(L, -1);
    lua_setglobal(L, "string"); /* where add_stock finds it */
    lua_setfield(L, -2, "__index");
    lua_pushboolean(L, 0);
    lua_setfield(L, -2, "__metatable");
    lua_pop(L, 2);
}

/* Pushes the environment. */
static void push_environment(lua_State *L) {
    static const char *const kept[] = {"assert", "error",        "getmetatable", "ipairs", "pcall",  "rawequal",
                                       "select", "setmetatable", "tonumber",     "type",   "unpack", "_VERSION"};
    lua_newtable(L); /* what is allowed */
    for (size_t i = 0; i < sizeof kept / sizeof *kept; i++) {
        lua_getglobal(L, kept[i]);
        lua_setfield(L, -2, kept[i]);
    }
    yz_lua_set_readers(L);
    lua_getglobal(L, "tostring");
    lua_pushcclosure(L, safe_tostring, 1);
    lua_setfield(L, -2, "tostring");
    lua_pushcfunction(L, safe_rawset);
    lua_setfield(L, -2, "rawset");
    yz_lua_push_xpcall(L);
    lua_setfield(L, -2, "xpcall");
    lua_pushcfunction(L, yz_lua_require);
    lua_setfield(L, -2, "require");
    set_string_metatable(L);
    add_stock(L, "string", NULL);
    add_stock(L, "table", yz_lua_push_table);
    add_stock(L, "math", yz_lua_push_math);
    add_stock(L, "bit", NULL);
    add_stock(L, "coroutine", yz_lua_push_coroutine);
    add_own(L, "json", yz_lua_push_json);
    add_own(L, "log", yz_lua_push_log);
    add_own(L, "time", yz_lua_push_time);
    add_own(L, "utf8", yz_lua_push_utf8);
    yz_lua_push_api(L);
    lua_newtable(L); /* unknown names */
    lua_pushcfunction(L, on_unknown);
    lua_setfield(L, -2, "__index");
    lua_setmetatable(L, -2);

    lua_newtable(L); /* the environment itself stays empty */
    lua_newtable(L);
    lua_pushvalue(L, -3);
    lua_setfield(L, -2, "__index");
    lua_pushcfunction(L, on_global_write);
    lua_setfield(L, -2, "__newindex");
    lua_pushboolean(L, 0);
    lua_setfield(L, -2, "__metatable");
    lua_setmetatable(L, -2);
    lua_pushvalue(L, -1);
    lua_setfield(L, -3, "_G");
    lua_remove(L, -2);
}

/* ---- the state ------------------------------------------------------------------------------------------------------- */

static _Thread_local yz_lua *newest; /* see yz_lua_newest */

yz_lua *yz_lua_newest(void) { return newest; }

yz_lua *yz_lua_new(yz_share *share, yz_diag *diag) {
    yz_lua *lua = yz_calloc(1, sizeof *lua);
    lua->memory.limit = SIZE_MAX;
    lua->L = lua_newstate(yz_lua_alloc, &lua->memory);
    if (!lua->L) {
        if (diag)
            yz_diag_error(diag, "this LuaJIT takes no allocator of its host (it was built without GC64): memory could not be limited");
        free(lua);
        return NULL;
    }
    lua->share = share;
    lua->worker = share ? share->worker : NULL;
    lua->arena = yz_arena_new(NULL);
    open_stock(lua->L);
    yz_lua_json_open(lua->L);
    yz_lua_open_objects(lua->L);
    push_environment(lua->L);
    lua->env = luaL_ref(lua->L, LUA_REGISTRYINDEX);
    lua_newtable(lua->L);
    lua->modules = luaL_ref(lua->L, LUA_REGISTRYINDEX);
    newest = lua;
    return lua;
}

void yz_lua_free(yz_lua *lua) {
    if (!lua)
        return;
    if (newest == lua)
        newest = NULL;
    lua_close(lua->L);
    while (lua->idle) {
        yz_lua_thread *next = lua->idle->next;
        free(lua->idle);
        lua->idle = next;
    }
    if (lua->scratch)
        yz_arena_free(lua->scratch);
    yz_buf_free(&lua->text);
    free(lua->files);
    free(lua->sources);
    yz_arena_free(lua->arena);
    free(lua);
}

size_t yz_lua_files(const yz_lua *lua, const yz_str **files) {
    *files = lua->files;
    return lua->n_files;
}

yz_arena *yz_lua_scratch(yz_lua *lua) {
    if (lua->scratch)
        yz_arena_reset(lua->scratch);
    else
        lua->scratch = yz_arena_new(NULL);
    return lua->scratch;
}

yz_buf *yz_lua_text(yz_lua *lua) {
    if (lua->text.cap > 64 * 1024)
        yz_buf_free(&lua->text);
    lua->text.n = 0;
    return &lua->text;
}

/* ---- coroutines ------------------------------------------------------------------------------------------------------- */

yz_lua_thread *yz_lua_thread_take(yz_lua *lua) {
    yz_lua_thread *thread = lua->idle;
    if (thread) {
        lua->idle = thread->next;
        lua->n_idle--;
        return thread;
    }
    thread = yz_calloc(1, sizeof *thread);
    thread->co = lua_newthread(lua->L);
    thread->ref = luaL_ref(lua->L, LUA_REGISTRYINDEX);
    return thread;
}

void yz_lua_thread_give(yz_lua *lua, yz_lua_thread *thread, bool reusable) {
    if (reusable && lua->n_idle < IDLE_THREADS) {
        lua_settop(thread->co, 0);
        thread->next = lua->idle;
        lua->idle = thread;
        lua->n_idle++;
        return;
    }
    luaL_unref(lua->L, LUA_REGISTRYINDEX, thread->ref);
    free(thread);
}

/* ---- runs --------------------------------------------------------------------------------------------------------------- */

static size_t memory_limit(const yz_lua *lua, int64_t bytes) {
    size_t limit = lua->memory.used + (bytes > 0 ? (size_t)bytes : 0);
    return limit < YZ_LUA_STATE_BYTES ? limit : YZ_LUA_STATE_BYTES;
}

yz_run_end yz_lua_run(yz_lua *lua, lua_State *co, int n_args, int64_t time_ms, int64_t bytes) {
    yz_lua_memory *memory = &lua->memory;
    memory->limit = memory_limit(lua, bytes);
    memory->refused = false;
    lua->stack = (const char *)__builtin_frame_address(0);
    yz_watch *watch = yz_watch_enter(co, time_ms);
    int status = lua_resume(co, n_args);
    bool late = yz_watch_leave(watch);
    lua->spent_ms = yz_watch_spent(watch);
    memory->limit = SIZE_MAX;
    if (status == LUA_OK)
        return YZ_RUN_DONE;
    if (status == LUA_YIELD)
        return late && yz_watch_cut(watch) ? YZ_RUN_TIME : YZ_RUN_WAITS;
    return late ? YZ_RUN_TIME : memory->refused ? YZ_RUN_MEMORY : YZ_RUN_FAILED;
}

void yz_lua_check_stack(lua_State *L) {
    ptrdiff_t depth = yz_lua_of(L)->stack - (const char *)__builtin_frame_address(0);
    if (depth > STACK_BYTES)
        luaL_error(L, "too many calls between Lua and C inside one another");
}

void yz_lua_collect(yz_lua *lua) { lua_gc(lua->L, LUA_GCCOLLECT, 0); }

static yz_str short_text(yz_str s, size_t most) { return s.n > most ? (yz_str){s.p, most} : s; }

/* Where the coroutine stands: "policies/x.lua:12 < policies/x.lua:30". No names of values, no addresses. */
static yz_str trace(yz_arena *arena, lua_State *co) {
    yz_buf out = {0};
    lua_Debug at;
    int n = 0;
    for (int level = 0; level < 200 && n < TRACE_LINES && lua_getstack(co, level, &at); level++) {
        if (!lua_getinfo(co, "Sl", &at) || at.currentline <= 0 || *at.source != '@')
            continue;
        yz_buf_printf(&out, "%s%s:%d", n++ ? " < " : "", at.short_src, at.currentline);
    }
    yz_str text = yz_dup(arena, yz_buf_view(&out));
    yz_buf_free(&out);
    return text;
}

yz_str yz_lua_failure(yz_arena *arena, yz_run_end end, lua_State *co, int64_t time_ms, int64_t bytes) {
    yz_str message = {0}, place = trace(arena, co);
    if (end == YZ_RUN_TIME)
        message = yz_format(arena, "it took more than %lld ms of CPU time", (long long)time_ms);
    else if (end == YZ_RUN_MEMORY)
        message = yz_format(arena, "it wanted more than %lld KiB of memory", (long long)(bytes >> 10));
    else if (lua_type(co, -1) == LUA_TSTRING)
        message.p = lua_tolstring(co, -1, &message.n);
    else
        message = yz_format(arena, "an error that is a %s, not text", luaL_typename(co, -1));
    message = short_text(message, 400);
    bool said = message.n > place.n && memcmp(message.p, place.p, place.n) == 0 && message.p[place.n] == ':';
    if (place.n == 0 || said)
        return yz_dup(arena, message);
    return yz_format(arena, "%.*s (at %.*s)", YZ_STR_ARGS(message), YZ_STR_ARGS(place));
}
