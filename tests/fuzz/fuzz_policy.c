/* Any text as a policy file: it must be loaded or refused within its limits, and what it defines must run within them; the state serves
 * on. The first byte chooses between policy, JSON and patterns. */
#include "lua/sandbox.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static yz_lua *state(void) {
    static yz_lua *lua;
    static unsigned uses;
    if (lua && ++uses < 500)
        return lua;
    yz_lua_free(lua);
    uses = 0;
    return lua = yz_lua_new(NULL, NULL);
}

static void run(yz_lua *lua, const char *prefix, const uint8_t *data, size_t size, const char *suffix) {
    yz_buf source = {0};
    yz_buf_lit(&source, prefix);
    yz_buf_put(&source, data, size);
    yz_buf_lit(&source, suffix);
    if (!yz_lua_load_text(lua, yz_buf_view(&source), "fuzz"))
        lua_settop(lua->L, 0);
    yz_buf_free(&source);
}

/* data as a Lua string: "\001\002…". */
static void quoted(yz_buf *out, const uint8_t *data, size_t size) {
    yz_buf_char(out, '"');
    for (size_t i = 0; i < size; i++)
        yz_buf_printf(out, "\\%03u", data[i]);
    yz_buf_char(out, '"');
}

/* find must agree with itself: what match says is where find says. */
static void try_pattern(yz_lua *lua, const uint8_t *data, size_t size) {
    yz_buf text = {0};
    size_t n = size > 0 ? data[0] % 32 : 0;
    n = n < size ? n : size;
    yz_buf_lit(&text, "local p, s = ");
    quoted(&text, data, n);
    yz_buf_lit(&text, ", ");
    quoted(&text, data + n, size - n < 300 ? size - n : 300);
    yz_buf_lit(&text, "\nlocal ok, a, b = pcall(string.find, s, p) if ok and a then assert(a >= 1 and b <= #s and b >= a - 1) end\n"
                      "pcall(string.gsub, s, p, '%0') pcall(string.match, s, p) for _ in string.gmatch(s, p) do end return true");
    run(lua, "", (const uint8_t *)text.p, text.n, "");
    yz_buf_free(&text);
}

static void try_json(yz_lua *lua, const uint8_t *data, size_t size) {
    yz_buf text = {0};
    quoted(&text, data, size < 2000 ? size : 2000);
    run(lua, "local v = json.decode(", (const uint8_t *)text.p, text.n,
        ") if v ~= nil then local once = json.encode(v) assert(json.encode(json.decode(once)) == once) end return true");
    yz_buf_free(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size == 0)
        return 0;
    yz_lua *lua = state();
    switch (data[0] % 3) {
    case 0:
        run(lua, "", data + 1, size - 1, "");
        break;
    case 1:
        try_pattern(lua, data + 1, size - 1);
        break;
    default:
        try_json(lua, data + 1, size - 1);
        break;
    }
    size_t kept = lua->memory.used;
    if (!yz_lua_load_text(lua, YZ_STR("return 1 + 1"), "after"))
        lua_settop(lua->L, 0);
    else
        abort(); /* it must serve on */
    if (kept > YZ_LUA_STATE_BYTES)
        abort();
    return 0;
}
