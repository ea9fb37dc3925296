/* find, match and gmatch of policies against the stock ones: the same results for many patterns and subjects. */
#include "lua/sandbox.h"

#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const char script[] =
    "local items = { 'a', '.', '%a', '%W', '[%w_]', '[^a-c]', '[]x]', '[!-/:-@]', '[\\228-\\233]', '[\\128-\\191]', '[c-a]',\n"
    "  '[ -\\200]' }\n"
    "local endings = { '', '+', '*', '-', '?', '+b', '*$', '+()', '-c' }\n"
    "local subjects = { '', 'a', ' ', 'abc', 'aaa b_2, ccc!', '--]x--', 'a\\0b\\0c', '\\231\\154\\132 x\\228\\189\\160\\229', 'b' }\n"
    "local function all(lib, s, p)\n"
    "  local out = {}\n"
    "  for a, b in lib.gmatch(s, p) do out[#out + 1] = tostring(a) .. '|' .. tostring(b) end\n"
    "  for at = 1, #s + 1 do\n"
    "    for _, f in ipairs { 'find', 'match' } do\n"
    "      local a, b, c, d = lib[f](s, p, at)\n"
    "      out[#out + 1] = table.concat({ tostring(a), tostring(b), tostring(c), tostring(d) }, '|')\n"
    "    end\n"
    "  end\n"
    "  return table.concat(out, ';')\n"
    "end\n"
    "local n = 0\n"
    "for _, item in ipairs(items) do for _, ending in ipairs(endings) do for _, start in ipairs { '', '(', 'b' } do\n"
    "  local p = start .. item .. ending .. (start == '(' and ')' or '')\n"
    "  for _, s in ipairs(subjects) do\n"
    "    local want, got = all(string, s, p), all(own, s, p)\n"
    "    if want ~= got then error(('%q in %q: %s instead of %s'):format(p, s, got, want)) end\n"
    "    n = n + 1\n"
    "  end\n"
    "end end end\n"
    "return n\n";

static void results_are_those_of_stock_lua(void **state) {
    (void)state;
    lua_State *L = luaL_newstate();
    luaL_openlibs(L);
    lua_getglobal(L, "string");
    yz_lua_push_string(L);
    lua_setglobal(L, "own");
    if (luaL_loadstring(L, script) != 0 || lua_pcall(L, 0, 1, 0) != 0)
        fail_msg("%s", lua_tostring(L, -1));
    assert_int_equal(lua_tointeger(L, -1), 12 * 9 * 3 * 9);
    lua_close(L);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(results_are_those_of_stock_lua)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
