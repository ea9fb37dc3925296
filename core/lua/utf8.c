/* lua/utf8.c: the table utf8 of policies: that of Lua 5.3 (len, codes, char, codepoint, offset, charpattern), and sub and cut.
 *
 * What is no UTF-8 is an error, but for len, which says where, and offset, which only looks at beginnings. All of it is one pass.
 */
#include "base/text.h"
#include "lua/sandbox.h"

typedef struct text {
    const char *begin, *end;
} text;

static text text_at(lua_State *L, int arg) {
    size_t n;
    const char *p = luaL_checklstring(L, arg, &n);
    return (text){p, p + n};
}

static bool goes_on(const char *p) { return ((unsigned char)*p & 0xC0) == 0x80; }

/* Bytes of the character at p, which is not the end; 0: none begins there. */
static size_t length(const char *p, const char *end) { return (unsigned char)*p < 0x80 ? 1 : yz_utf8_length(p, end); }

static size_t checked_length(lua_State *L, text s, const char *p) {
    size_t n = length(p, s.end);
    if (n == 0)
        luaL_error(L, "utf8: byte %d is no UTF-8", (int)(p - s.begin) + 1);
    return n;
}

static uint32_t code_of(const char *at, size_t n) {
    static const unsigned char first[] = {0, 0x7F, 0x1F, 0x0F, 0x07};
    const unsigned char *p = (const unsigned char *)at;
    uint32_t code = p[0] & first[n];
    for (size_t i = 1; i < n; i++)
        code = code << 6 | (p[i] & 0x3F);
    return code;
}

/* A place from 1, or from the end where it is negative, as an offset; beyond either end: out of range. */
static ptrdiff_t place(lua_State *L, int arg, lua_Number otherwise, size_t n) {
    lua_Number at = luaL_optnumber(L, arg, otherwise);
    if (at < 0)
        at += (lua_Number)n + 1;
    luaL_argcheck(L, at >= 0 && at <= (lua_Number)n + 1, arg, "out of range");
    return (ptrdiff_t)at - 1;
}

/* utf8.len(s [, i [, j]]) -> characters that begin from i to j; nil and the place of a wrong byte */
static int len(lua_State *L) {
    text s = text_at(L, 1);
    size_t bytes = (size_t)(s.end - s.begin), n = 0;
    ptrdiff_t from = place(L, 2, 1, bytes), to = place(L, 3, -1, bytes);
    luaL_argcheck(L, from >= 0, 2, "out of range");
    for (const char *p = s.begin + from; p < s.end && p - s.begin <= to; n++) {
        size_t one = length(p, s.end);
        if (one == 0) {
            lua_pushnil(L);
            lua_pushinteger(L, p - s.begin + 1);
            return 2;
        }
        p += one;
    }
    lua_pushinteger(L, (lua_Integer)n);
    return 1;
}

/* utf8.codepoint(s [, i [, j]]) -> the codes of the characters that begin from i to j */
static int codepoint(lua_State *L) {
    text s = text_at(L, 1);
    size_t bytes = (size_t)(s.end - s.begin);
    ptrdiff_t from = place(L, 2, 1, bytes);
    ptrdiff_t to = place(L, 3, (lua_Number)from + 1, bytes);
    luaL_argcheck(L, from >= 0 && to < (ptrdiff_t)bytes, 2, "out of range");
    int n = 0;
    for (const char *p = s.begin + from; p < s.end && p - s.begin <= to; n++) {
        size_t one = checked_length(L, s, p);
        luaL_checkstack(L, 1, "utf8.codepoint: too many characters");
        lua_pushinteger(L, (lua_Integer)code_of(p, one));
        p += one;
    }
    return n;
}

/* utf8.char(code, …) -> text */
static int character(lua_State *L) {
    luaL_Buffer out;
    int n = lua_gettop(L);
    yz_lua_check_stack(L); /* a buffer of 8 KiB follows */
    luaL_buffinit(L, &out);
    for (int i = 1; i <= n; i++) {
        lua_Number said = luaL_checknumber(L, i);
        luaL_argcheck(L, said >= 0 && said <= 0x10FFFF && !(said >= 0xD800 && said < 0xE000), i, "no character has this code");
        uint32_t c = (uint32_t)said;
        size_t bytes = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
        static const unsigned char first[] = {0, 0, 0xC0, 0xE0, 0xF0};
        luaL_addchar(&out, (char)(first[bytes] | c >> 6 * (bytes - 1)));
        for (size_t k = bytes - 1; k-- > 0;)
            luaL_addchar(&out, (char)(0x80 | (c >> 6 * k & 0x3F)));
    }
    luaL_pushresult(&out);
    return 1;
}

/* utf8.offset(s, n [, i]) -> the place in bytes where the n-th character from i on begins; n 0: the one that i stands in; nil: none */
static int offset(lua_State *L) {
    text s = text_at(L, 1);
    lua_Number n = luaL_checknumber(L, 2);
    ptrdiff_t bytes = s.end - s.begin, at = place(L, 3, n > 0 ? 1 : (lua_Number)bytes + 1, (size_t)bytes);
    luaL_argcheck(L, at >= 0, 3, "out of range");
    if (n == 0) {
        while (at > 0 && at < bytes && goes_on(s.begin + at))
            at--;
        lua_pushinteger(L, at + 1);
        return 1;
    }
    luaL_argcheck(L, at == bytes || !goes_on(s.begin + at), 3, "the place is inside a character");
    for (; n < 0 && at > 0; n++)
        do
            at--;
        while (at > 0 && goes_on(s.begin + at));
    for (; n > 1 && at < bytes; n--)
        do
            at++;
        while (at < bytes && goes_on(s.begin + at));
    if (n == 0 || n == 1)
        lua_pushinteger(L, at + 1);
    else
        lua_pushnil(L);
    return 1;
}

/* The iterator of codes: s, the place of the last character (0: none yet) -> place, code */
static int next_code(lua_State *L) {
    text s = text_at(L, 1);
    lua_Number last = luaL_checknumber(L, 2);
    luaL_argcheck(L, last >= 0 && last <= (lua_Number)(s.end - s.begin), 2, "out of range");
    const char *p = s.begin + (size_t)last;
    while (last > 0 && p < s.end && goes_on(p))
        p++;
    if (p == s.end)
        return 0;
    size_t n = checked_length(L, s, p);
    lua_pushinteger(L, p - s.begin + 1);
    lua_pushinteger(L, (lua_Integer)code_of(p, n));
    return 2;
}

/* for place, code in utf8.codes(s) do … end */
static int codes(lua_State *L) {
    luaL_checkstring(L, 1);
    lua_pushcfunction(L, next_code);
    lua_pushvalue(L, 1);
    lua_pushinteger(L, 0);
    return 3;
}

/* The place n characters after p, or the end. */
static const char *skip(lua_State *L, text s, const char *p, lua_Number n) {
    for (; n >= 1 && p < s.end; n--)
        p += checked_length(L, s, p);
    return p;
}

/* utf8.sub(s, i [, j]): as string.sub, but i and j count characters */
static int sub(lua_State *L) {
    text s = text_at(L, 1);
    lua_Number i = luaL_checknumber(L, 2), j = luaL_optnumber(L, 3, -1), n = 0;
    if (i < 0 || j < 0)
        for (const char *p = s.begin; p < s.end; n++)
            p += checked_length(L, s, p);
    i = i < 0 ? i + n + 1 : i;
    j = j < 0 ? j + n + 1 : j;
    i = i < 1 ? 1 : i;
    const char *from = skip(L, s, s.begin, i - 1);
    const char *to = j >= i ? skip(L, s, from, j - i + 1) : from;
    lua_pushlstring(L, from, (size_t)(to - from));
    return 1;
}

/* utf8.cut(s, bytes): the most whole characters that fit; bytes that are no UTF-8 may be cut anywhere */
static int cut(lua_State *L) {
    text s = text_at(L, 1);
    lua_Number most = luaL_checknumber(L, 2);
    size_t n = (size_t)(s.end - s.begin);
    luaL_argcheck(L, most >= 0, 2, "a number of bytes");
    if (most < (lua_Number)n) {
        n = (size_t)most;
        for (int i = 0; i < 3 && n > 0 && goes_on(s.begin + n); i++)
            n--;
    }
    lua_pushlstring(L, s.begin, n);
    return 1;
}

void yz_lua_push_utf8(lua_State *L) {
    static const luaL_Reg functions[] = {
        {"len", len}, {"codepoint", codepoint}, {"char", character}, {"offset", offset}, {"codes", codes}, {"sub", sub}, {"cut", cut},
        {NULL, NULL}};
    lua_newtable(L);
    for (const luaL_Reg *f = functions; f->name; f++) {
        lua_pushcfunction(L, f->func);
        lua_setfield(L, -2, f->name);
    }
    lua_pushliteral(L, "[%z\x01-\x7F\xC2-\xF4][\x80-\xBF]*");
    lua_setfield(L, -2, "charpattern");
}
