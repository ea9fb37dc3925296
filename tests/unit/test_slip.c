/* test_slip.c: habits of other languages, and words of other gateways, in a config and in a policy: each is answered with what Lua, or
 * yuzui, has for it, at its own line. Nothing is said of what is right.
 */
#include "config/slip.h"
#include "config_world.h"

#include <lauxlib.h>
#include <lua.h>
#include <stdlib.h>
#include <string.h>

/* What is said of a text that Lua refuses, and of which line. */
static const char *slip_of(const char *text, int *line) {
    lua_State *L = luaL_newstate();
    const char *found = NULL, *said_at;
    *line = 0;
    if (luaL_loadbuffer(L, text, strlen(text), "=t") != 0) {
        said_at = yz_dup(arena, yz_str_of(lua_tostring(L, -1))).p;
        *line = atoi(said_at + 2);
        yz_look look = yz_look_at(yz_str_of(text), arena);
        found = yz_slip(&look, strchr(said_at + 2, ':') + 2, arena, line);
    }
    lua_close(L);
    return found;
}

static void test_signs_and_words(void **state) {
    static const struct {
        const char *text;
        int line;
        const char *said;
    } rows[] = {
        {"if a != b then end", 1, "\"is not\" is written ~="},
        {"if a <> b then end", 1, "\"is not\" is written ~="},
        {"if a === b then end", 1, "a comparison is written =="},
        {"if a = b then end", 1, "a comparison is written =="},
        {"if a is nil then end", 1, "a comparison is written =="},
        {"if a && b then end", 1, "&& is written and"},
        {"local x = a || b", 1, "|| is written or"},
        {"local x = a ?? b", 1, "?? is written or"},
        {"local x = a ? 1 : 2", 1, "there is no a ? b : c"},
        {"if !a then end", 1, "! is written not"},
        {"local n = 0\nn += 1", 2, "there is no +="},
        {"local n = 0\nn++\nlocal m", 2, "there is no ++"},
        {"local x = 2 ** 3", 1, "a power is written ^"},
        {"local f = x => x", 1, "there is no =>"},
        {"var x = 1", 1, "a variable is made by local"},
        {"local y = 1\nconst x = 1", 2, "a variable is made by local"},
        {"def f(x)\n  return x\nend", 1, "a function is written local function"},
        {"if a then\n  b()\nelse if c then\n  d()\nend", 3, "else if begins an if within the else"},
        {"if a then\n  b()\nelif c then\n  d()\nend", 3, "it is written elseif"},
        {"if (a) {\n  b()\n}", 1, "a block is then … end"},
        {"while a:\n  b()", 1, "no colon ends a line: a block is then … end"},
        {"local function f() {\n  return 1\n}", 1, "a block is then … end"},
        {"for (i = 0; i < 3; i++) do end", 1, "there is no ++"},
        {"for (i = 0, 3) do end", 1, "it is written for i = 1, 10 do"},
        {"for i = 1, 3 do continue end", 1, "there is no continue"},
        {"switch (a) {}\nlocal x", 1, NULL}, /* which is a call, for Lua: the name is answered when it runs */
        {"throw 'x', 1", 1, "it is written error"},
        {"import json\nlocal x", 1, "there is no import"},
        {"return f\nlocal x = 1", 2, "the return of line 1 ends the file"},
        {"local f = function(x)\n  return x\n  x.y = 1\nend", 2, "a return is the last of its block"},
        {"local x = 1\nend", 2, "it is one end too many"},
        {"if a then\n  b()", 2, NULL},
        {"local f = function(x)\n  return x", 2, NULL},
        {"local s = 'a != b' ..", 1, NULL}, /* in a text */
        {"-- a != b\nlocal x =", 2, NULL},
        {"local match = 1\nmatch = = 2", 2, NULL}, /* a variable of that name */
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int line;
        const char *found = slip_of(rows[i].text, &line);
        bool right = rows[i].said ? found && strstr(found, rows[i].said) && line == rows[i].line : !found;
        if (!right)
            fail_msg("for: %s\nsaid:     %d: %s\nexpected: %d: %s", rows[i].text, line, found, rows[i].line, rows[i].said);
    }
}

static void test_in_a_config(void **state) {
#define FIRST "listen '127.0.0.1:1' chain {}\n"
    static const struct {
        const char *text, *said; /* the first line of it */
    } rows[] = {
        {FIRST "local a = env.X ? 1 : 2", "yuzui.lua:2: error: there is no a ? b : c, which is written a and b or c\n"},
        {FIRST "if env.X != 'a' then workers(2) end", "yuzui.lua:2: error: \"is not\" is written ~="},
        {FIRST "if env.X == 'a' {\n  workers(2)\n}", "yuzui.lua:2: error: a block is then … end"},
        {FIRST "model 'x': 'openai'", "yuzui.lua:2: error: what model takes follows its name without a colon\n"},
        {FIRST "model = 'x' { 'openai' }", "yuzui.lua:2: error: what model takes follows it without a =\n"},
        {FIRST "provider 'o' { adapter = 'openai', key = null }", "yuzui.lua:2: error: null is written nil, or the option is left out\n"},
        {FIRST "provider 'o' { adapter = 'openai', key = None }", "yuzui.lua:2: error: None is written nil, or the option is left out\n"},
        {FIRST "for m in { 'a', 'b' } do model(m) { 'o' } end", "yuzui.lua:2: error: a list is gone through by ipairs"},
        {FIRST "for i in range(3) do workers(i) end", "yuzui.lua:2: error: it is written for i = 1, 10 do … end\n"},
        {FIRST "key('team-' + 'x') {}", "yuzui.lua:2: error: texts are joined with .., not with +\n"},
        {FIRST "model f'gpt' { 'o' }", "yuzui.lua:2: error: values are put into a text with .., as in \"gpt-\" .. n\n"},
        {FIRST "local a = ('x'):match('x')",
         "yuzui.lua:2: error: attempt to call method 'match' (a nil value): of Lua's functions a config has"},
        {FIRST "server { port = 8080 }", "yuzui.lua:2: error: there is no directive or stage \"server\": the address that it serves is "
                                         "said by listen \"127.0.0.1:8080\"\n"},
        {FIRST "default_model 'x'",
         "yuzui.lua:2: error: there is no directive or stage \"default_model\": what answers where nobody chose"},
        {FIRST "print 'x'", "yuzui.lua:2: error: there is no directive or stage \"print\": a config prints nothing"},
        {FIRST "log { level = debug }", "yuzui.lua:2: error: there is no directive or stage \"debug\" (`yuzui help config`"},
        {FIRST "try { }", "yuzui.lua:2: error: there is no try"},
        {FIRST "require 'keys.lua'", "yuzui.lua:2: error: require takes a name without .lua, and dots for folders: require \"keys\"\n"},
        {FIRST "return { workers = 4 }", "yuzui.lua:1: error: a config returns nothing: its directives stand by themselves"},
        {"local function route(req, next)\n  return next(req)\nend\nreturn route", "yuzui.lua:1: error: this file returns a function"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        diag.text.n = 0;
        diag.errors = diag.warnings = 0;
        bool ok = yz_settings_read_text("yuzui.lua", yz_str_of(rows[i].text), arena, &diag) != NULL;
        if (ok || strncmp(said(), rows[i].said, strlen(rows[i].said)) != 0)
            fail_msg("for: %s\nsaid:     %s\nexpected: %s", rows[i].text, said(), rows[i].said);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_signs_and_words, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_in_a_config, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
