/* config/script_variable.c: env "NAME" and env.NAME, and what of a variable that is not set is to be told. */
#include "config/script_inner.h"

#include <ctype.h>
#include <stdlib.h>

/* Remembers a variable that is asked for and not set. */
static void note_unset(lua_State *L, const char *name) {
    yz_list *unset = &yz_running_of(L)->script->unset;
    for (size_t i = 0; i < unset->n; i++)
        if (yz_str_is(unset->items[i], name))
            return;
    if (unset->n == YZ_SCRIPT_ITEMS)
        return;
    if ((unset->n & (unset->n - 1)) == 0) { /* 0, 1, 2, 4 …: full */
        yz_str *more = yz_script_take(L, (unset->n > 0 ? 2 * unset->n : 1) * sizeof(*more));
        if (unset->n > 0)
            memcpy(more, unset->items, unset->n * sizeof(*more));
        unset->items = more;
    }
    ((yz_str *)(uintptr_t)unset->items)[unset->n++] = yz_dup(yz_running_of(L)->arena, yz_str_of(name));
}

/* An option that names it alone is as if it was not said, in silence: whoever reads it tells. */
static void note_alone(lua_State *L, const char *name) {
    yz_running *running = yz_running_of(L);
    yz_place at = yz_running_place(L);
    const yz_look *look = yz_running_look(running, at.file);
    yz_str option;
    if (!look || !yz_script_alone(look, at.line, name, &option))
        return;
    yz_unset *unset = yz_script_take(L, sizeof *unset);
    *unset = (yz_unset){.variable = yz_dup(running->arena, yz_str_of(name)), .option = yz_dup(running->arena, option), .at = at};
    *(running->unset ? &running->last_unset->next : &running->unset) = unset;
    running->last_unset = unset;
}

/* env "NAME" is never nil. */
static void miss_variable(lua_State *L, const char *name) {
    yz_running *running = yz_running_of(L);
    yz_place at = yz_running_place(L);
    const yz_look *look = yz_running_look(running, at.file);
    note_unset(L, name);
    if (!look || !yz_script_vain_or(look, at.line) || yz_diag_full(running->diag))
        return;
    yz_diag_at(running->diag, at);
    yz_diag_warn(running->diag, "what stands after env \"%s\" or is never taken: (env.%s or …) takes it", name, name);
}

static bool is_name(const char *name) {
    size_t n = 0;
    while (isalnum((unsigned char)name[n]) || name[n] == '_')
        n++;
    return name[n] == '\0' && !isdigit((unsigned char)*name);
}

/* env "NAME": an object that knows whether the variable is set. */
static int call_env(lua_State *L) {
    if (lua_type(L, 2) != LUA_TSTRING || lua_objlen(L, 2) == 0)
        return luaL_error(L, "env needs the name of a variable, as in env \"OPENAI_API_KEY\"");
    const char *name = lua_tostring(L, 2), *text = getenv(name);
    const char *meant = yz_value_variable(yz_running_of(L)->arena, yz_str_of(name));
    if (meant)
        return luaL_error(L, "env takes the name alone: env \"%s\"", meant);
    if (!text && !is_name(name)) /* not shown: it may be the key itself */
        return luaL_error(L, "env takes the name of a variable, such as \"OPENAI_API_KEY\"; a key itself stands there without env");
    yz_value *value = yz_script_take(L, sizeof(*value));
    value->kind = YZ_VALUE_ENV;
    value->name = yz_script_take_text(L, 2);
    value->has_text = text && *text; /* an empty variable counts as not set */
    if (!value->has_text)
        miss_variable(L, value->name.p);
    value->text = YZ_STR(""); /* take_variable fills it in */
    yz_script_push_object(L, value, "variable");
    return 1;
}

/* env.NAME: the text, or nil. */
static int index_env(lua_State *L) {
    const char *text = lua_type(L, 2) == LUA_TSTRING ? getenv(lua_tostring(L, 2)) : NULL;
    if (text && *text)
        lua_pushstring(L, text);
    else
        lua_pushnil(L);
    if (lua_isnil(L, -1) && lua_type(L, 2) == LUA_TSTRING) {
        note_unset(L, lua_tostring(L, 2));
        note_alone(L, lua_tostring(L, 2));
    }
    return 1;
}

static int misuse_env(lua_State *L) {
    return luaL_error(L, "env \"NAME\" is a value for an option, not a string: env.NAME is a string, or nil when the variable is not set");
}

void yz_script_variables(lua_State *L) {
    luaL_newmetatable(L, "variable");
    lua_pushcfunction(L, misuse_env);
    lua_setfield(L, -2, "__concat");
    lua_pushcfunction(L, misuse_env);
    lua_setfield(L, -2, "__index");
    lua_pop(L, 1);
    lua_newtable(L);
    lua_newtable(L);
    lua_pushcfunction(L, call_env);
    lua_setfield(L, -2, "__call");
    lua_pushcfunction(L, index_env);
    lua_setfield(L, -2, "__index");
    lua_setmetatable(L, -2);
}
