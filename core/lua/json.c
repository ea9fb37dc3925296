/* lua/json.c: the json table: json.encode, json.decode, json.array, json.null.
 *
 * Nothing is lost on the way through Lua: arrays stay arrays when they are empty (a metatable marks them), null is json.null, and a
 * number that a double cannot hold keeps its digits (a json.number: tostring gives them, equal digits are equal). Object keys
 * are written in order, so that equal tables make equal text.
 */
#include "lua/sandbox.h"
#include "lua/view.h"
#include "lua/watchdog.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define ARRAY  "yuzui.json.array"
#define NUMBER "yuzui.json.number"
#define VALUES 150000 /* of one document, at most: an index entry each */

/* ---- decoding ------------------------------------------------------------------------------------------------------------ */

static void push_number(lua_State *L, const yz_json *node) {
    size_t digits = 0;
    bool whole = true;
    for (size_t i = 0; i < node->n; i++) {
        whole &= node->p[i] != '.' && (node->p[i] | 32) != 'e';
        digits += node->p[i] >= '0' && node->p[i] <= '9';
    }
    double value = yz_json_double(node, HUGE_VAL);
    if ((!whole || digits <= 15) && isfinite(value)) {
        lua_pushnumber(L, value);
        return;
    }
    lua_createtable(L, 1, 0);
    lua_pushlstring(L, node->p, node->n);
    lua_rawseti(L, -2, 1);
    luaL_getmetatable(L, NUMBER);
    lua_setmetatable(L, -2);
}

static void push_members(lua_State *L, yz_arena *arena, const yz_json *node) {
    bool array = node->type == YZ_JSON_ARRAY;
    int n = 0;
    lua_createtable(L, array ? (int)yz_json_count(node) : 0, 0);
    for (const yz_json *c = node->child; c; c = c->next) {
        if (!array) {
            yz_str key = yz_json_unescape(arena, yz_json_key(c));
            lua_pushlstring(L, key.p, key.n);
        }
        yz_lua_decode(L, arena, c);
        if (array)
            lua_rawseti(L, -2, ++n);
        else
            lua_rawset(L, -3);
    }
    if (array) {
        luaL_getmetatable(L, ARRAY);
        lua_setmetatable(L, -2);
    }
}

void yz_lua_decode(lua_State *L, yz_arena *arena, const yz_json *node) {
    luaL_checkstack(L, 6, "JSON too deep");
    switch (node->type) {
    case YZ_JSON_NULL:
        lua_pushlightuserdata(L, NULL);
        break;
    case YZ_JSON_FALSE:
        lua_pushboolean(L, 0);
        break;
    case YZ_JSON_TRUE:
        lua_pushboolean(L, 1);
        break;
    case YZ_JSON_NUMBER:
        push_number(L, node);
        break;
    case YZ_JSON_STRING: {
        yz_str text = yz_json_text(arena, node);
        lua_pushlstring(L, text.p, text.n);
        break;
    }
    default:
        push_members(L, arena, node);
        break;
    }
}

/* At most this many values: each but the first stands after one of these bytes. */
static size_t count_values(yz_str text) {
    size_t n = 1;
    for (size_t i = 0; i < text.n; i++)
        n += text.p[i] == ',' || text.p[i] == ':' || text.p[i] == '[';
    return n;
}

/* json.decode(text) -> value, or nil and what is wrong */
static int decode(lua_State *L) {
    yz_str text;
    text.p = luaL_checklstring(L, 1, &text.n);
    if (text.n > YZ_LUA_TEXT_BYTES || count_values(text) > VALUES) {
        lua_pushnil(L);
        lua_pushfstring(L, "JSON too large (at most %d bytes and %d values)", (int)YZ_LUA_TEXT_BYTES, VALUES);
        return 2;
    }
    yz_arena *arena = yz_lua_scratch(yz_lua_of(L));
    yz_json *root;
    yz_json_fault fault;
    if (yz_json_parse(arena, text, YZ_JSON_ANSWERED, &root, &fault) != YZ_OK) {
        lua_pushnil(L);
        lua_pushfstring(L, "not JSON: %s at byte %d", fault.reason, (int)fault.at + 1);
        return 2;
    }
    yz_lua_decode(L, arena, root);
    return 1;
}

/* ---- encoding ------------------------------------------------------------------------------------------------------------ */

static const char *encode_value(lua_State *L, int index, yz_buf *out, int depth);

static const char *encode_number(lua_Number n, yz_buf *out) {
    char text[40];
    if (!isfinite(n))
        return "infinity or NaN, which JSON does not have";
    if (n == floor(n) && fabs(n) < 1e15) {
        snprintf(text, sizeof text, "%.0f", n);
    } else {
        snprintf(text, sizeof text, "%.15g", n);
        if (strtod(text, NULL) != n)
            snprintf(text, sizeof text, "%.17g", n);
    }
    yz_buf_lit(out, text);
    return NULL;
}

static bool has_metatable(lua_State *L, int index, const char *name) {
    if (!lua_getmetatable(L, index))
        return false;
    luaL_getmetatable(L, name);
    bool same = lua_rawequal(L, -1, -2);
    lua_pop(L, 2);
    return same;
}

static const char *encode_array(lua_State *L, int index, size_t n, yz_buf *out, int depth) {
    yz_buf_char(out, '[');
    for (size_t i = 1; i <= n; i++) {
        if (i > 1)
            yz_buf_char(out, ',');
        lua_rawgeti(L, index, (int)i);
        const char *wrong = encode_value(L, lua_gettop(L), out, depth);
        lua_pop(L, 1);
        if (wrong)
            return wrong;
    }
    yz_buf_char(out, ']');
    return NULL;
}

static int compare_keys(const void *a, const void *b) {
    const yz_str *x = a, *y = b;
    size_t n = x->n < y->n ? x->n : y->n;
    int order = n ? memcmp(x->p, y->p, n) : 0;
    return order ? order : (x->n > y->n) - (x->n < y->n);
}

/* The keys of the table, sorted. They stay where they are as long as the table does. */
static const char *object_keys(lua_State *L, int index, yz_arena *arena, size_t count, yz_str **keys) {
    if (count > VALUES)
        return "a table of more than 150000 members";
    *keys = yz_alloc(arena, (count ? count : 1) * sizeof **keys);
    size_t n = 0;
    for (lua_pushnil(L); lua_next(L, index); lua_pop(L, 1)) {
        if (lua_type(L, -2) != LUA_TSTRING) {
            lua_pop(L, 2);
            return "a table that is neither a list nor has only text keys";
        }
        (*keys)[n].p = lua_tolstring(L, -2, &(*keys)[n].n);
        n++;
    }
    qsort(*keys, n, sizeof **keys, compare_keys);
    return NULL;
}

static const char *encode_object(lua_State *L, int index, size_t count, yz_buf *out, int depth) {
    yz_arena *arena = yz_lua_of(L)->scratch; /* made by yz_lua_encode */
    yz_str *keys;
    const char *wrong = object_keys(L, index, arena, count, &keys);
    if (wrong)
        return wrong;
    yz_buf_char(out, '{');
    for (size_t i = 0; i < count; i++) {
        if (i)
            yz_buf_char(out, ',');
        yz_buf_json_str(out, keys[i]);
        yz_buf_char(out, ':');
        lua_pushlstring(L, keys[i].p, keys[i].n);
        lua_rawget(L, index);
        wrong = encode_value(L, lua_gettop(L), out, depth);
        lua_pop(L, 1);
        if (wrong)
            return wrong;
    }
    yz_buf_char(out, '}');
    return NULL;
}

static const char *encode_table(lua_State *L, int index, yz_buf *out, int depth) {
    if (depth >= YZ_JSON_DEPTH)
        return "a table nested too deeply (or in itself)";
    if (!lua_checkstack(L, 8))
        return "a table nested too deeply";
    if (yz_lua_behind(L, index)) {
        const char *wrong = encode_table(L, lua_gettop(L), out, depth);
        lua_pop(L, 1);
        return wrong;
    }
    if (has_metatable(L, index, NUMBER)) {
        lua_rawgeti(L, index, 1);
        size_t n;
        const char *digits = lua_tolstring(L, -1, &n);
        yz_buf_put(out, digits, n);
        lua_pop(L, 1);
        return NULL;
    }
    size_t listed = lua_objlen(L, index), count = 0;
    for (lua_pushnil(L); lua_next(L, index); lua_pop(L, 1))
        count++;
    if ((listed > 0 && listed == count) || (count == 0 && has_metatable(L, index, ARRAY)))
        return encode_array(L, index, listed, out, depth + 1);
    return encode_object(L, index, count, out, depth + 1);
}

static const char *encode_value(lua_State *L, int index, yz_buf *out, int depth) {
    if (out->n > YZ_LUA_ENCODE_BYTES)
        return "more text than fits (8 MiB)";
    if (yz_watch_overrun())
        return "too much for the time limit";
    switch (lua_type(L, index)) {
    case LUA_TNIL:
        yz_buf_lit(out, "null");
        return NULL;
    case LUA_TBOOLEAN:
        yz_buf_lit(out, lua_toboolean(L, index) ? "true" : "false");
        return NULL;
    case LUA_TNUMBER:
        return encode_number(lua_tonumber(L, index), out);
    case LUA_TSTRING: {
        yz_str text;
        text.p = lua_tolstring(L, index, &text.n);
        yz_buf_json_str(out, text);
        return NULL;
    }
    case LUA_TLIGHTUSERDATA:
        if (lua_touserdata(L, index))
            return "a userdata";
        yz_buf_lit(out, "null");
        return NULL;
    case LUA_TTABLE:
        return encode_table(L, index, out, depth);
    default:
        return lua_type(L, index) == LUA_TFUNCTION ? "a function" : "an object of the gateway";
    }
}

const char *yz_lua_encode(lua_State *L, int index, yz_buf *out) {
    yz_lua_scratch(yz_lua_of(L));
    if (index < 0)
        index = lua_gettop(L) + index + 1;
    return encode_value(L, index, out, 0);
}

/* json.encode(value) -> text; what cannot be encoded is an error */
static int encode(lua_State *L) {
    luaL_checkany(L, 1);
    yz_buf *text = yz_lua_text(yz_lua_of(L));
    const char *wrong = yz_lua_encode(L, 1, text);
    if (wrong)
        return luaL_error(L, "json.encode met %s", wrong);
    lua_pushlstring(L, text->p, text->n);
    return 1;
}

/* ---- the table ------------------------------------------------------------------------------------------------------------- */

/* json.array([t]) -> t, marked as a list, so that it is one even when it is empty */
static int array(lua_State *L) {
    if (lua_isnoneornil(L, 1)) {
        lua_settop(L, 0);
        lua_newtable(L);
    }
    luaL_checktype(L, 1, LUA_TTABLE);
    if (luaL_getmetafield(L, 1, "__metatable") && !has_metatable(L, 1, ARRAY))
        return luaL_error(L, "json.array: this table is protected");
    lua_settop(L, 1);
    luaL_getmetatable(L, ARRAY);
    lua_setmetatable(L, 1);
    return 1;
}

static int number_text(lua_State *L) {
    lua_rawgeti(L, 1, 1);
    return 1;
}

static int number_equal(lua_State *L) {
    lua_rawgeti(L, 1, 1);
    lua_rawgeti(L, 2, 1);
    lua_pushboolean(L, lua_rawequal(L, -1, -2));
    return 1;
}

void yz_lua_json_open(lua_State *L) {
    luaL_newmetatable(L, ARRAY);
    lua_pushliteral(L, "json.array");
    lua_setfield(L, -2, "__metatable");
    luaL_newmetatable(L, NUMBER);
    lua_pushliteral(L, "json.number");
    lua_setfield(L, -2, "__metatable");
    lua_pushcfunction(L, number_text);
    lua_setfield(L, -2, "__tostring");
    lua_pushcfunction(L, number_equal);
    lua_setfield(L, -2, "__eq");
    lua_pop(L, 2);
}

void yz_lua_push_json(lua_State *L) {
    static const luaL_Reg functions[] = {{"encode", encode}, {"decode", decode}, {"array", array}, {NULL, NULL}};
    lua_newtable(L);
    for (const luaL_Reg *f = functions; f->name; f++) {
        lua_pushcfunction(L, f->func);
        lua_setfield(L, -2, f->name);
    }
    lua_pushlightuserdata(L, NULL);
    lua_setfield(L, -2, "null");
}
