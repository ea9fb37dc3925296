/* lua/declare.c: a policy declares its options at the top of its file:
 *
 *   options {
 *     knowledge = { type = "model", default = "kimi-k2.5", help = "answers questions of knowledge" },
 *     patience  = { type = "number", default = 8000, min = 1, max = 600000 },
 *     tiers     = { type = "map", of = { type = "table", fields = { model = { type = "model" }, seats = { type = "number" } } } },
 *   }
 *
 * Here a declaration is checked for being one; options.c gives what the config says by it. Raw reads only: what is checked here is read
 * again where no limit holds, so no metamethod of the policy's may be called.
 */
#include "lua/options.h"

static const char *const TYPES[] = {"string", "number", "boolean", "model", "list", "map", "table", NULL};

/* ---- reading a declaration ---------------------------------------------------------------------------------------------------- */

static bool is_one_of(const char *word, const char *const *words) {
    for (; *words; words++)
        if (strcmp(word, *words) == 0)
            return true;
    return false;
}

void policy_spec_field(lua_State *L, int spec, const char *name) {
    lua_pushstring(L, name);
    lua_rawget(L, spec);
}

const char *policy_spec_word(lua_State *L, int spec, const char *name) {
    policy_spec_field(L, spec, name);
    const char *word = lua_type(L, -1) == LUA_TSTRING ? lua_tostring(L, -1) : "";
    lua_pop(L, 1);
    return word;
}

const char *policy_spec_type(lua_State *L, int spec) {
    const char *type = policy_spec_word(L, spec, "type");
    return *type ? type : "string";
}

/* ---- declaring --------------------------------------------------------------------------------------------------------------- */

static void check_spec(lua_State *L, const char *name, int spec, int depth);

static void check_specs(lua_State *L, int specs, int depth) {
    int n = 0;
    for (lua_pushnil(L); lua_next(L, specs); lua_pop(L, 1), n++) {
        if (lua_type(L, -2) != LUA_TSTRING || n == POLICY_OPTIONS)
            luaL_error(L, "options takes at most %d options by name, as in options { limit = { type = \"number\" } }", POLICY_OPTIONS);
        check_spec(L, lua_tostring(L, -2), lua_gettop(L), depth);
    }
}

/* What is inside of a list, a map or a table. */
static void check_inside(lua_State *L, const char *name, int spec, int depth) {
    const char *type = policy_spec_type(L, spec);
    bool table = strcmp(type, "table") == 0, inside = table || strcmp(type, "list") == 0 || strcmp(type, "map") == 0;
    if (!inside)
        return;
    luaL_checkstack(L, 8, "options");
    if (depth == POLICY_OPTION_DEPTH)
        luaL_error(L, "options: %s: options are nested at most %d deep", name, POLICY_OPTION_DEPTH);
    policy_spec_field(L, spec, table ? "fields" : "of");
    if (!lua_istable(L, -1))
        luaL_error(L, "options: %s: a %s has %s", name, type,
                   table ? "fields, as in fields = { seats = { type = \"number\" } }"
                         : "values of one kind, as in of = { type = \"model\" }");
    if (table)
        check_specs(L, lua_gettop(L), depth + 1);
    else
        check_spec(L, name, lua_gettop(L), depth + 1);
    lua_pop(L, 1);
}

static void check_spec(lua_State *L, const char *name, int spec, int depth) {
    static const char *const names[] = {"type", "default", "help", "choices", "min", "max", "required", "of", "fields", NULL};
    if (!lua_istable(L, spec))
        luaL_error(L, "options: %s is a %s, but should be a table such as { type = \"number\", default = 3 }", name,
                   luaL_typename(L, spec));
    for (lua_pushnil(L); lua_next(L, spec); lua_pop(L, 1))
        if (lua_type(L, -2) != LUA_TSTRING || !is_one_of(lua_tostring(L, -2), names))
            luaL_error(L, "options: %s: an option is described by type, default, help, choices, min, max, required, of and fields", name);
    policy_spec_field(L, spec, "choices");
    if (lua_istable(L, -1) && lua_objlen(L, -1) > POLICY_OPTIONS)
        luaL_error(L, "options: %s: at most %d choices", name, POLICY_OPTIONS);
    lua_pop(L, 1);
    if (!is_one_of(policy_spec_type(L, spec), TYPES))
        luaL_error(L, "options: %s: its type is \"%s\", but should be string, number, boolean, model, list, map or table", name,
                   policy_spec_type(L, spec));
    check_inside(L, name, spec, depth);
}

/* options { name = { … }, … } */
static int declare(lua_State *L) {
    yz_lua *lua = yz_lua_of(L);
    luaL_checktype(L, 1, LUA_TTABLE);
    if (!lua->loading)
        return luaL_error(L, "options { … } stands at the top of the file, not inside a call");
    if (lua->declared)
        return luaL_error(L, "options is said twice");
    lua_settop(L, 1);
    check_specs(L, 1, 0);
    lua->declared = luaL_ref(L, LUA_REGISTRYINDEX);
    return 0;
}

void policy_declare_push(lua_State *L) { lua_pushcfunction(L, declare); }
