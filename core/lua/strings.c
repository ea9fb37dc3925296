/* lua/strings.c: the string table of policies: the stock functions that take linear time, and find, match, gmatch, gsub and rep of our
 * own, which obey the limits. Same results as stock Lua 5.1. */
#include "lua/pattern.h"
#include "lua/sandbox.h"
#include "lua/watchdog.h"

#include <yuzui/base.h>

static void refuse(lua_State *L, const yz_pattern *m) {
    if (m->fault)
        luaL_error(L, "%s", m->fault);
}

/* Pushes capture i; the whole match where the pattern has none. */
static void push_capture(lua_State *L, yz_pattern *m, int i, const char *s, const char *e) {
    if (i >= m->n_captures) {
        if (i != 0)
            luaL_error(L, "invalid capture index");
        lua_pushlstring(L, s, (size_t)(e - s));
        return;
    }
    const yz_capture *c = &m->captures[i];
    if (c->n == YZ_CAPTURE_OPEN)
        luaL_error(L, "unfinished capture");
    if (c->n == YZ_CAPTURE_POSITION)
        lua_pushinteger(L, c->p - m->subject.p + 1);
    else
        lua_pushlstring(L, c->p, (size_t)c->n);
}

static int push_captures(lua_State *L, yz_pattern *m, const char *s, const char *e, bool whole) {
    if (m->n_captures == 0 && whole) {
        lua_pushlstring(L, s, (size_t)(e - s));
        return 1;
    }
    int n = m->n_captures;
    luaL_checkstack(L, n, "too many captures");
    for (int i = 0; i < n; i++)
        push_capture(L, m, i, s, e);
    return n;
}

/* Reads subject and pattern; true if the pattern is anchored. */
static bool prepare(lua_State *L, yz_pattern *m, yz_pattern_sets *sets) {
    *m = (yz_pattern){.sets = sets};
    sets->n = 0;
    sets->run = NULL;
    m->subject.p = luaL_checklstring(L, 1, &m->subject.n);
    m->pattern.p = luaL_checklstring(L, 2, &m->pattern.n);
    if (m->pattern.n == 0 || m->pattern.p[0] != '^')
        return false;
    m->pattern.p++;
    m->pattern.n--;
    return true;
}

static size_t start_of(lua_State *L, int arg, size_t n) {
    lua_Number init = luaL_optnumber(L, arg, 1);
    if (init < 0)
        init += (lua_Number)n + 1;
    if (init < 1)
        return 0;
    return init > (lua_Number)n + 1 ? n : (size_t)init - 1;
}

/* The first match at or after `at`. */
static const char *search(lua_State *L, yz_pattern *m, const char *at, bool anchored, const char **e) {
    const char *s = at;
    if (anchored)
        *e = yz_pattern_at(m, at);
    else
        s = yz_pattern_search(m, at, e);
    refuse(L, m);
    return *e ? s : NULL;
}

static bool is_plain(yz_str pattern) {
    for (size_t i = 0; i < pattern.n; i++)
        if (pattern.p[i] && strchr("^$*+?.([%-", pattern.p[i]))
            return false;
    return true;
}

static int find_plain(lua_State *L, yz_str s, yz_str what, size_t from) {
    const char *at = what.n ? memmem(s.p + from, s.n - from, what.p, what.n) : s.p + from;
    if (!at) {
        lua_pushnil(L);
        return 1;
    }
    lua_pushinteger(L, at - s.p + 1);
    lua_pushinteger(L, at - s.p + (ptrdiff_t)what.n);
    return 2;
}

static int find_or_match(lua_State *L, bool find) {
    yz_pattern m;
    yz_pattern_sets sets;
    bool anchored = prepare(L, &m, &sets);
    size_t from = start_of(L, 3, m.subject.n);
    if (find && (lua_toboolean(L, 4) || (!anchored && is_plain(m.pattern)))) {
        if (anchored) {
            m.pattern.p--;
            m.pattern.n++;
        }
        return find_plain(L, m.subject, m.pattern, from);
    }
    const char *e = NULL;
    const char *s = search(L, &m, m.subject.p + from, anchored, &e);
    if (!s) {
        lua_pushnil(L);
        return 1;
    }
    if (!find)
        return push_captures(L, &m, s, e, true);
    lua_pushinteger(L, s - m.subject.p + 1);
    lua_pushinteger(L, e - m.subject.p);
    return 2 + push_captures(L, &m, s, e, false);
}

static int str_find(lua_State *L) { return find_or_match(L, true); }
static int str_match(lua_State *L) { return find_or_match(L, false); }

/* What a gmatch remembers between two matches. Its strings are kept alive by the iterator's other upvalues. */
typedef struct walk {
    yz_str subject, pattern;
    size_t at;
    yz_pattern_sets sets;
} walk;

/* Upvalues: the walk, subject, pattern. */
static int gmatch_next(lua_State *L) {
    walk *w = lua_touserdata(L, lua_upvalueindex(1));
    if (w->at > w->subject.n)
        return 0;
    yz_pattern m;
    m.sets = &w->sets;
    m.steps = 0;
    m.fault = NULL;
    m.subject = w->subject;
    m.pattern = w->pattern;
    const char *e = NULL;
    const char *s = search(L, &m, m.subject.p + w->at, false, &e);
    if (!s)
        return 0;
    w->at = (size_t)(e - m.subject.p) + (e == s ? 1 : 0); /* past an empty match */
    return push_captures(L, &m, s, e, true);
}

static int str_gmatch(lua_State *L) {
    walk from = {0};
    from.subject.p = luaL_checklstring(L, 1, &from.subject.n);
    from.pattern.p = luaL_checklstring(L, 2, &from.pattern.n);
    lua_settop(L, 2);
    *(walk *)lua_newuserdata(L, sizeof(walk)) = from;
    lua_insert(L, 1);
    lua_pushcclosure(L, gmatch_next, 3);
    return 1;
}

static void add_template(lua_State *L, luaL_Buffer *out, yz_pattern *m, const char *s, const char *e) {
    yz_str t;
    t.p = lua_tolstring(L, 3, &t.n);
    for (size_t i = 0; i < t.n; i++) {
        if (t.p[i] != '%') {
            luaL_addchar(out, t.p[i]);
        } else if (++i < t.n && t.p[i] >= '1' && t.p[i] <= '9') {
            push_capture(L, m, t.p[i] - '1', s, e);
            luaL_addvalue(out);
        } else if (i < t.n && t.p[i] == '0') {
            luaL_addlstring(out, s, (size_t)(e - s));
        } else {
            luaL_addchar(out, i < t.n ? t.p[i] : '%');
        }
    }
}

static void add_replacement(lua_State *L, luaL_Buffer *out, yz_pattern *m, const char *s, const char *e) {
    int type = lua_type(L, 3);
    if (type == LUA_TTABLE) {
        push_capture(L, m, 0, s, e);
        lua_gettable(L, 3);
    } else if (type == LUA_TFUNCTION) {
        lua_pushvalue(L, 3);
        lua_call(L, push_captures(L, m, s, e, true), 1);
    } else {
        add_template(L, out, m, s, e);
        return;
    }
    if (!lua_toboolean(L, -1)) {
        lua_pop(L, 1);
        lua_pushlstring(L, s, (size_t)(e - s));
    } else if (!lua_isstring(L, -1)) {
        luaL_error(L, "invalid replacement value (a %s)", luaL_typename(L, -1));
    }
    luaL_addvalue(out);
}

static int str_gsub(lua_State *L) {
    yz_lua_check_stack(L); /* a buffer of 8 KiB follows */
    yz_pattern m;
    yz_pattern_sets sets;
    bool anchored = prepare(L, &m, &sets);
    int type = lua_type(L, 3);
    luaL_argcheck(L, type == LUA_TNUMBER || type == LUA_TSTRING || type == LUA_TTABLE || type == LUA_TFUNCTION, 3,
                  "string, function or table expected");
    lua_Number most = luaL_optnumber(L, 4, (lua_Number)m.subject.n + 1);
    const char *s = m.subject.p, *last = s + m.subject.n;
    lua_Number n = 0;
    luaL_Buffer out;
    luaL_buffinit(L, &out);
    while (n < most) {
        const char *e = yz_pattern_at(&m, s);
        refuse(L, &m);
        if (e) {
            n++;
            add_replacement(L, &out, &m, s, e);
        }
        if (e && e > s)
            s = e;
        else if (s < last)
            luaL_addchar(&out, *s++);
        else
            break;
        if (anchored)
            break;
    }
    luaL_addlstring(&out, s, (size_t)(last - s));
    luaL_pushresult(&out);
    lua_pushnumber(L, n);
    return 2;
}

/* Upvalue: the stock function. */
static int str_rep(lua_State *L) {
    size_t n, n_between = 0;
    luaL_checklstring(L, 1, &n);
    lua_Number times = luaL_checknumber(L, 2);
    luaL_optlstring(L, 3, "", &n_between);
    lua_settop(L, 3);
    if (times < 1 || n + n_between == 0) {
        lua_pushliteral(L, "");
        return 1;
    }
    if ((lua_Number)(n + n_between) * times > YZ_LUA_TEXT_BYTES)
        return luaL_error(L, "string.rep makes at most %d bytes", (int)YZ_LUA_TEXT_BYTES);
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_insert(L, 1);
    if (lua_isnil(L, 4))
        lua_settop(L, 3);
    lua_call(L, lua_gettop(L) - 1, 1);
    return 1;
}

/* Upvalue: the stock function, which calls __tostring. */
static int str_format(lua_State *L) {
    yz_lua_check_stack(L);
    luaL_checkstring(L, 1);
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_insert(L, 1);
    lua_call(L, lua_gettop(L) - 1, 1);
    return 1;
}

void yz_lua_push_string(lua_State *L) {
    static const char *const kept[] = {"byte", "char", "len", "lower", "reverse", "sub", "upper"};
    static const luaL_Reg own[] = {{"find", str_find}, {"match", str_match}, {"gmatch", str_gmatch}, {"gsub", str_gsub}, {NULL, NULL}};
    lua_newtable(L);
    for (size_t i = 0; i < sizeof kept / sizeof *kept; i++) {
        lua_getfield(L, -2, kept[i]);
        lua_setfield(L, -2, kept[i]);
    }
    for (const luaL_Reg *f = own; f->name; f++) {
        lua_pushcfunction(L, f->func);
        lua_setfield(L, -2, f->name);
    }
    lua_getfield(L, -2, "rep");
    lua_pushcclosure(L, str_rep, 1);
    lua_setfield(L, -2, "rep");
    lua_getfield(L, -2, "format");
    lua_pushcclosure(L, str_format, 1);
    lua_setfield(L, -2, "format");
    lua_remove(L, -2);
}
