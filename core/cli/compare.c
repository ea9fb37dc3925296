/* cli/compare.c: see compare.h.
 *
 * Pairs of tables that are being compared are remembered: one that is met again inside itself is taken for equal there, since what differs
 * would be found where it was met first. So a table in itself comes to an end, and so does one that stands in many places.
 */
#include "cli/compare.h"

#include "base/diag.h"
#include "lua/sandbox.h"

#include <math.h>

enum { DEEPEST = 60, SHOWN = 400 }; /* levels; bytes of a value in a message */

/* ---- where ------------------------------------------------------------------------------------------------------------------- */

typedef struct comparison {
    lua_State *L;
    int met;     /* the table of pairs: found -> wanted -> true */
    yz_buf path; /* of what is compared: [2].name */
    const char *deep;
} comparison;

static bool is_name(yz_str text) {
    bool ok = text.n > 0 && text.n <= 60 && (text.p[0] < '0' || text.p[0] > '9');
    for (size_t i = 0; ok && i < text.n; i++)
        ok = text.p[i] == '_' || (text.p[i] >= '0' && text.p[i] <= '9') || ((text.p[i] | 32) >= 'a' && (text.p[i] | 32) <= 'z');
    return ok;
}

/* A value as it is written, for a message: cut where it is long. */
static void show(lua_State *L, int index, yz_buf *out) {
    size_t before = out->n;
    if (lua_isnil(L, index)) {
        yz_buf_lit(out, "nil");
    } else if (lua_type(L, index) == LUA_TNUMBER) { /* also those that JSON does not have */
        if (isnan(lua_tonumber(L, index)))
            yz_buf_lit(out, "NaN, which equals nothing");
        else
            yz_buf_printf(out, "%.15g", lua_tonumber(L, index));
    } else if (yz_lua_encode(L, index, out)) {
        out->n = before;
        yz_buf_printf(out, "a %s", luaL_typename(L, index));
    } else if (out->n - before > SHOWN) {
        out->n = before + SHOWN;
        while (out->n > before && ((unsigned char)out->p[out->n] & 0xc0) == 0x80) /* whole characters */
            out->n--;
        yz_buf_lit(out, "…");
    }
}

/* The key on top, as a step of the path. */
static void add_step(comparison *c) {
    lua_State *L = c->L;
    yz_str name = {0};
    if (lua_type(L, -1) == LUA_TSTRING)
        name.p = lua_tolstring(L, -1, &name.n);
    if (is_name(name)) {
        yz_buf_printf(&c->path, ".%.*s", YZ_STR_ARGS(name));
        return;
    }
    yz_buf_char(&c->path, '[');
    show(L, lua_gettop(L), &c->path);
    yz_buf_char(&c->path, ']');
}

/* ---- tables ------------------------------------------------------------------------------------------------------------------- */

/* Is this pair being compared already? It is from now on. */
static bool is_met(comparison *c, int found, int wanted) {
    lua_State *L = c->L;
    lua_pushvalue(L, found);
    lua_rawget(L, c->met);
    if (lua_isnil(L, -1)) {
        lua_pop(L, 1);
        lua_newtable(L);
        lua_pushvalue(L, found);
        lua_pushvalue(L, -2);
        lua_rawset(L, c->met);
    }
    lua_pushvalue(L, wanted);
    lua_rawget(L, -2);
    bool met = !lua_isnil(L, -1);
    lua_pop(L, 1);
    lua_pushvalue(L, wanted);
    lua_pushboolean(L, 1);
    lua_rawset(L, -3);
    lua_pop(L, 1);
    return met;
}

/* Are the values equal? If not, the two that differ are left on top of the stack, and the path says where. */
static bool same(comparison *c, int found, int wanted, int depth);

/* The values under the key on top, of both tables; takes the key away if they are equal. */
static bool same_field(comparison *c, int found, int wanted, int depth) {
    lua_State *L = c->L;
    size_t before = c->path.n;
    int key = lua_gettop(L);
    add_step(c);
    lua_pushvalue(L, key);
    lua_rawget(L, found);
    lua_pushvalue(L, key);
    lua_rawget(L, wanted);
    if (!same(c, key + 1, key + 2, depth))
        return false;
    c->path.n = before;
    lua_settop(L, key - 1);
    return true;
}

/* Every key of the table at `of`, in both. */
static bool same_keys(comparison *c, int of, int found, int wanted, int depth) {
    lua_State *L = c->L;
    for (lua_pushnil(L); lua_next(L, of);) {
        lua_pop(L, 1);
        lua_pushvalue(L, -1);
        if (!same_field(c, found, wanted, depth))
            return false;
    }
    return true;
}

static bool same(comparison *c, int found, int wanted, int depth) {
    lua_State *L = c->L;
    luaL_checkstack(L, 12, "equal");
    if (lua_equal(L, found, wanted))
        return true;
    bool tables = lua_istable(L, found) && lua_istable(L, wanted);
    if (tables && depth < DEEPEST)
        return is_met(c, found, wanted) ||
               (same_keys(c, wanted, found, wanted, depth + 1) && same_keys(c, found, found, wanted, depth + 1));
    c->deep = tables ? "more tables inside one another than equal goes through" : NULL;
    lua_pushvalue(L, found);
    lua_pushvalue(L, wanted);
    return false;
}

int yz_compare_equal(lua_State *L) {
    luaL_checkany(L, 2);
    lua_settop(L, 2);
    lua_newtable(L);
    comparison c = {.L = L, .met = 3};
    if (same(&c, 1, 2, 0)) {
        yz_buf_free(&c.path);
        return 0;
    }
    yz_buf text = {0};
    int top = lua_gettop(L);
    if (c.path.n > 0)
        yz_buf_printf(&text, "the tables differ at %.*s: ", (int)c.path.n, c.path.p);
    if (c.deep) {
        yz_buf_lit(&text, c.deep);
    } else {
        yz_buf_lit(&text, "found ");
        show(L, top - 1, &text);
        yz_buf_lit(&text, ", wanted ");
        show(L, top, &text);
    }
    luaL_where(L, 1);
    lua_pushlstring(L, text.p, text.n);
    yz_buf_free(&text);
    yz_buf_free(&c.path);
    lua_concat(L, 2);
    return lua_error(L);
}

/* ---- results ------------------------------------------------------------------------------------------------------------------- */

/* Upvalues: how the message begins, and the list of names. */
static int on_unknown(lua_State *L) {
    const char *what = lua_tostring(L, lua_upvalueindex(1)), *const *names = lua_touserdata(L, lua_upvalueindex(2));
    const char *name = lua_type(L, 2) == LUA_TSTRING ? lua_tostring(L, 2) : NULL;
    size_t n = 0;
    bool known = false;
    for (; names[n]; n++)
        known = known || (name && strcmp(names[n], name) == 0);
    if (known)
        return 0;
    const char *meant = name ? yz_did_you_mean(yz_str_of(name), names, n) : NULL;
    yz_buf text = {0};
    for (size_t i = 0; !meant && i < n; i++)
        yz_buf_printf(&text, "%s%s", i ? ", " : "", names[i]);
    lua_pushlstring(L, text.p ? text.p : "", text.n);
    yz_buf_free(&text);
    if (meant)
        return luaL_error(L, "%s has no field \"%s\": did you mean \"%s\"?", what, name, meant);
    return luaL_error(L, "%s has no field \"%s\": there are %s", what, name ? name : luaL_typename(L, 2), lua_tostring(L, -1));
}

void yz_compare_fields(lua_State *L, int index, const char *what, const char *const *names) {
    lua_createtable(L, 0, 1);
    lua_pushstring(L, what);
    lua_pushlightuserdata(L, (void *)(uintptr_t)names);
    lua_pushcclosure(L, on_unknown, 2);
    lua_setfield(L, -2, "__index");
    lua_setmetatable(L, index);
}
