/* cli/played_fakes.c: what a test says instead of providers, hosts, stores and the clock. Values pass between the policy's state and the
 * test's as JSON, since two states share none.
 */
#include "base/arena.h"
#include "base/diag.h"
#include "cli/bounded.h"
#include "cli/played.h"

static yz_str text_field(lua_State *L, int table, const char *name, yz_arena *arena) {
    yz_str text = {0};
    lua_getfield(L, table, name);
    if (lua_type(L, -1) == LUA_TSTRING)
        text.p = lua_tolstring(L, -1, &text.n);
    text = yz_dup(arena, text);
    lua_pop(L, 1);
    return text;
}

/* From `least` on, up to `most`; 0: it is not said. */
static lua_Number number_field(lua_State *L, int table, const char *name, lua_Number least, lua_Number most) {
    lua_getfield(L, table, name);
    lua_Number n = lua_type(L, -1) == LUA_TNUMBER ? lua_tonumber(L, -1) : 0;
    if (!lua_isnil(L, -1) && (lua_type(L, -1) != LUA_TNUMBER || !(n >= least && n <= most)))
        luaL_error(L, "the fake's %s is %s, but should be a number from %d to %d", name,
                   lua_type(L, -1) == LUA_TNUMBER ? lua_tostring(L, -1) : luaL_typename(L, -1), (int)least, (int)most);
    lua_pop(L, 1);
    return n;
}

/* ---- errors ------------------------------------------------------------------------------------------------------------------- */

/* The class of this word; an error in Lua if there is none. */
static yz_error_class class_of(lua_State *L, yz_str word) {
    enum { CLASSES = YZ_ERROR_INTERNAL + 1 };
    const char *words[CLASSES];
    for (int c = 0; c < CLASSES; c++) {
        words[c] = yz_error_word((yz_error_class)c);
        if (yz_str_is(word, words[c]))
            return (yz_error_class)c;
    }
    const char *meant = yz_did_you_mean(word, words, CLASSES);
    luaL_error(L, "the fake's error \"%s\" is no class of errors%s%s%s", word.p, meant ? ": did you mean \"" : "", meant ? meant : "",
               meant ? "\"?" : "");
    return YZ_ERROR_INTERNAL;
}

static yz_error error_of(lua_State *L, int table, yz_str word, yz_arena *arena) {
    return (yz_error){YZ_ERROR,
                      .class_ = class_of(L, word),
                      .message = text_field(L, table, "message", arena),
                      .code = text_field(L, table, "code", arena),
                      .status = (int)number_field(L, table, "status", 100, 599),
                      .retry_after = (int64_t)(number_field(L, table, "retry_after", 0, 86400) * 1000)};
}

/* ---- providers ---------------------------------------------------------------------------------------------------------------- */

typedef struct reading {
    yz_arena *arena;
    rehearsed *out;
} reading;

/* The vectors of the table at `table`, one for each text: lists of numbers. */
static const yz_vector *vectors_of(lua_State *L, int table, yz_arena *arena) {
    yz_embedded all = {.size = sizeof all};
    lua_getfield(L, table, "vectors");
    for (int i = 1; lua_istable(L, -1) && i <= (int)lua_objlen(L, -1); i++) {
        yz_buf text = {0};
        lua_rawgeti(L, -1, i);
        const char *wrong = yz_lua_encode(L, lua_gettop(L), &text);
        yz_str values = yz_dup(arena, yz_buf_view(&text));
        yz_buf_free(&text);
        if (wrong || values.n == 0 || values.p[0] != '[')
            luaL_error(L, "the fake's vectors are lists of numbers, as in { vectors = { { 1, 0 }, { 0, 1 } } }");
        yz_vector_add(arena, &all, values);
        lua_pop(L, 1);
    }
    lua_pop(L, 1);
    return all.vectors;
}

/* The table on top, which the fake gave; under lua_pcall. */
static int read_fake(lua_State *L) {
    static const char *const names[] = {"text", "vectors", "error", "message", "code", "status", "retry_after", "after", NULL};
    reading *r = lua_touserdata(L, 1);
    if (!lua_istable(L, 2))
        return luaL_error(L,
                          "the fake should return a table such as { text = \"hi\", after = 200 } or { error = \"rate_limited\" }, not a %s",
                          luaL_typename(L, 2));
    yz_played_check(L, 2, "the fake's answer", names);
    yz_str word = text_field(L, 2, "error", r->arena);
    r->out->after = (int64_t)number_field(L, 2, "after", 0, 86400000);
    r->out->text = text_field(L, 2, "text", r->arena);
    r->out->vectors = vectors_of(L, 2, r->arena);
    r->out->failed = word.n > 0;
    if (r->out->failed && (r->out->text.n > 0 || r->out->vectors))
        return luaL_error(L, "the fake's answer has both %s and error: a provider answers or fails",
                          r->out->text.n > 0 ? "text" : "vectors");
    if (r->out->failed)
        r->out->error = error_of(L, 2, word, r->arena);
    return 0;
}

static void push_request(lua_State *L, yz_arena *arena, const yz_request *request) {
    yz_lua_decode(L, arena, request->json);
    lua_pushlstring(L, request->model.p, request->model.n);
    lua_setfield(L, -2, "model");
    lua_pushboolean(L, request->no_cache);
    lua_setfield(L, -2, "no_cache");
}

void yz_played_leaf(void *arg, yz_call *call, const yz_request *request, rehearsed *out) {
    yz_played *p = arg;
    lua_State *L = p->L;
    yz_arena *arena = yz_call_arena(call);
    int top = lua_gettop(L);
    lua_pushlstring(L, request->model.p, request->model.n);
    lua_rawseti(L, p->calls, (int)lua_objlen(L, p->calls) + 1);
    out->text = YZ_STR("ok");
    if (lua_isnoneornil(L, p->fake))
        return;
    reading r = {arena, out};
    lua_pushcfunction(L, read_fake);
    lua_pushlightuserdata(L, &r);
    lua_pushvalue(L, p->fake);
    push_request(L, arena, request);
    bool ok = yz_bounded_call(L, 1, 1, p->until) == LUA_OK && lua_pcall(L, 2, 0, 0) == LUA_OK;
    if (!ok && !p->wrong)
        p->wrong = yz_format(p->arena, "%s", lua_isstring(L, -1) ? lua_tostring(L, -1) : "the fake failed without a text").p;
    if (!ok)
        out->error = (yz_error){YZ_ERROR, .class_ = YZ_ERROR_INTERNAL, .message = YZ_STR("the fake failed")};
    out->failed = out->failed || !ok;
    lua_settop(L, top);
}

/* ---- hosts ---------------------------------------------------------------------------------------------------------------------- */

/* Moves the value on top of one state to the other; false: it is none that can. */
static bool move(yz_played *p, lua_State *from, lua_State *to) {
    yz_buf text = {0};
    yz_json *json = NULL;
    bool ok = !yz_lua_encode(from, lua_gettop(from), &text) &&
              yz_json_parse(p->arena, yz_dup(p->arena, yz_buf_view(&text)), 0, &json, NULL) == YZ_OK;
    yz_buf_free(&text);
    lua_pop(from, 1);
    if (ok)
        yz_lua_decode(to, p->arena, json);
    return ok;
}

/* Calls the function on top with the value below it, both in the test's state; leaves one value. */
static bool call_fake(yz_played *p) {
    lua_insert(p->L, -2);
    if (yz_bounded_call(p->L, 1, 1, p->until) == LUA_OK && lua_istable(p->L, -1))
        return true;
    if (!p->wrong)
        p->wrong = yz_format(p->arena, "%s", lua_isstring(p->L, -1) ? lua_tostring(p->L, -1) : "the fake fetch should return a table").p;
    lua_settop(p->L, p->calls);
    return false;
}

static int fetch(void *arg, lua_State *L) {
    yz_played *p = arg;
    lua_settop(L, 1);
    if (!move(p, L, p->L))
        return luaL_error(L, "http.fetch: its table holds what is no plain value");
    lua_getfield(p->L, p->config, "fetch");
    bool ok = call_fake(p);
    if (ok) {
        lua_getfield(p->L, -1, "error");
        bool failed = lua_type(p->L, -1) == LUA_TSTRING;
        lua_pop(p->L, 1);
        yz_str word = text_field(p->L, lua_gettop(p->L), "error", p->arena);
        if (failed)
            lua_pushnil(L);
        ok = move(p, p->L, L);
        if (failed) { /* { error = "upstream_timeout", message = … }: an error has its class there */
            lua_pushlstring(L, word.p, word.n);
            lua_setfield(L, -2, "class");
            return 2;
        }
    }
    if (!ok)
        return luaL_error(L, "http.fetch: the fake failed");
    return 1;
}

/* ---- stores and the clock --------------------------------------------------------------------------------------------------------- */

/* Adds to the number under the key on top, in the table below it: as text, since that is what a get gives. */
static int add(lua_State *L, lua_State *to) {
    lua_pushvalue(L, -1);
    lua_rawget(L, -3);
    bool ok = lua_isnil(L, -1) || lua_isnumber(L, -1);
    lua_Number sum = lua_tonumber(L, -1) + luaL_optnumber(to, 2, 1);
    lua_pop(L, 1);
    if (!ok) {
        lua_pop(L, 2);
        lua_pushnil(to);
        lua_pushliteral(to, "what stands there is no number that this can be added to");
        return 2;
    }
    lua_pushfstring(L, "%f", sum);
    lua_rawset(L, -3);
    lua_pop(L, 1);
    lua_pushnumber(to, sum);
    return 1;
}

/* The test's own table: what the policy puts is found there afterwards. */
static int store(void *arg, lua_State *L, const char *what, yz_str tenant) {
    yz_played *p = arg;
    size_t n;
    const char *key = luaL_checklstring(L, 1, &n);
    (void)tenant; /* there is but one in a run */
    lua_getfield(p->L, p->config, "store");
    lua_pushlstring(p->L, key, n);
    if (strcmp(what, "get") == 0) {
        lua_rawget(p->L, -2);
        const char *value = lua_type(p->L, -1) == LUA_TSTRING ? lua_tolstring(p->L, -1, &n) : NULL;
        if (value)
            lua_pushlstring(L, value, n);
        else
            lua_pushnil(L);
        lua_pop(p->L, 2);
        return 1;
    }
    if (strcmp(what, "add") == 0)
        return add(p->L, L);
    if (strcmp(what, "put") == 0) {
        const char *value = luaL_checklstring(L, 2, &n);
        lua_pushlstring(p->L, value, n);
    } else {
        lua_pushnil(p->L);
    }
    lua_rawset(p->L, -3);
    lua_pop(p->L, 1);
    return 0;
}

static int64_t now(void *arg) {
    const yz_played *p = arg;
    return p->now + (yz_turn_now(p->turn) - p->began) / 1000;
}

/* ---- money ------------------------------------------------------------------------------------------------------------------------- */

/* The number on top, which it takes away with `below` more. */
static bool take_number(lua_State *L, int below, double *out) {
    bool found = lua_type(L, -1) == LUA_TNUMBER;
    *out = lua_tonumber(L, -1);
    lua_pop(L, 1 + below);
    return found;
}

static bool estimate(void *arg, yz_str model, double *usd) {
    const yz_played *p = arg;
    lua_getfield(p->L, p->config, "estimates");
    lua_pushlstring(p->L, model.p, model.n);
    lua_rawget(p->L, -2);
    return take_number(p->L, 1, usd);
}

static bool balance(void *arg, double *usd) {
    const yz_played *p = arg;
    lua_getfield(p->L, p->config, "key");
    lua_getfield(p->L, -1, "balance");
    return take_number(p->L, 1, usd);
}

static bool has(const yz_played *p, const char *name, int type) {
    if (!lua_istable(p->L, p->config))
        return false;
    lua_getfield(p->L, p->config, name);
    bool found = lua_type(p->L, -1) == type;
    lua_pop(p->L, 1);
    return found;
}

void yz_played_outside(yz_played *p) {
    p->began = yz_turn_now(p->turn);
    p->outside = (yz_outside){.arg = p,
                              .fetch = has(p, "fetch", LUA_TFUNCTION) ? fetch : NULL,
                              .store = has(p, "store", LUA_TTABLE) ? store : NULL,
                              .now = p->has_now ? now : NULL,
                              .estimate = has(p, "estimates", LUA_TTABLE) ? estimate : NULL,
                              .balance = has(p, "key", LUA_TTABLE) ? balance : NULL};
}
