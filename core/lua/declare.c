/* lua/declare.c: a policy declares its options at the top of its file, and what the config gives is checked against them while it is built:
 *
 *   options {
 *     knowledge = { type = "model", default = "kimi-k2.5", help = "answers questions of knowledge" },
 *     patience  = { type = "number", default = 8000, min = 1, max = 600000 },
 *   }
 *
 * So a misspelt option, a word where a number belongs, or a model that nobody serves is found by `yuzui check`, and not when a request
 * needs it. In req.options each has the type it was declared with. A file that declares nothing finds whatever the config says, as text.
 */
#include "base/arena.h"
#include "base/diag.h"
#include "lua/run.h"

#include <stdlib.h>

enum { MOST = 64 };

static const char *const TYPES[] = {"string", "number", "boolean", "model", NULL};

/* ---- declaring --------------------------------------------------------------------------------------------------------------- */

static bool is_one_of(const char *word, const char *const *words) {
    for (; *words; words++)
        if (strcmp(word, *words) == 0)
            return true;
    return false;
}

/* The text of a spec's field, "" where there is none; lives as long as the table. */
static const char *word_of(lua_State *L, int spec, const char *name) {
    lua_getfield(L, spec, name);
    const char *word = lua_type(L, -1) == LUA_TSTRING ? lua_tostring(L, -1) : "";
    lua_pop(L, 1);
    return word;
}

static const char *type_of(lua_State *L, int spec) {
    const char *type = word_of(L, spec, "type");
    return *type ? type : "string";
}

static void check_spec(lua_State *L, const char *name, int spec) {
    static const char *const fields[] = {"type", "default", "help", "choices", "min", "max", "required", NULL};
    if (!lua_istable(L, spec))
        luaL_error(L, "options: %s is a %s, but should be a table such as { type = \"number\", default = 3 }", name,
                   luaL_typename(L, spec));
    for (lua_pushnil(L); lua_next(L, spec); lua_pop(L, 1))
        if (lua_type(L, -2) != LUA_TSTRING || !is_one_of(lua_tostring(L, -2), fields))
            luaL_error(L, "options: %s: an option is described by type, default, help, choices, min, max and required", name);
    lua_getfield(L, spec, "choices");
    if (lua_istable(L, -1) && lua_objlen(L, -1) > MOST)
        luaL_error(L, "options: %s: at most %d choices", name, MOST);
    lua_pop(L, 1);
    if (!is_one_of(type_of(L, spec), TYPES))
        luaL_error(L, "options: %s: its type is \"%s\", but should be string, number, boolean or model", name, type_of(L, spec));
}

/* options { name = { … }, … } */
static int declare(lua_State *L) {
    yz_lua *lua = yz_lua_of(L);
    luaL_checktype(L, 1, LUA_TTABLE);
    if (!lua->loading)
        return luaL_error(L, "options { … } stands at the top of the file, not inside a call");
    if (lua->declared)
        return luaL_error(L, "options is said twice");
    int n = 0;
    for (lua_pushnil(L); lua_next(L, 1); lua_pop(L, 1), n++) {
        if (lua_type(L, -2) != LUA_TSTRING || n == MOST)
            return luaL_error(L, "options takes at most %d options by name, as in options { limit = { type = \"number\" } }", MOST);
        check_spec(L, lua_tostring(L, -2), lua_gettop(L));
    }
    lua_settop(L, 1);
    lua->declared = luaL_ref(L, LUA_REGISTRYINDEX);
    return 0;
}

void policy_declare_push(lua_State *L) { lua_pushcfunction(L, declare); }

/* ---- giving ------------------------------------------------------------------------------------------------------------------- */

typedef struct giving {
    policy *policy;
    yz_diag *diag;
    lua_State *L;
    int specs, out; /* on the stack */
    bool ok;
} giving;

static void tell(giving *g, const char *name, yz_str found, const char *right) {
    yz_diag_error(g->diag, "policy \"%.*s\": options: %s is \"%.*s\", but should be %s", YZ_STR_ARGS(g->policy->name), name,
                  (int)(found.n < 60 ? found.n : 60), found.p, right);
    g->ok = false;
}

static int by_text(const void *a, const void *b) { return strcmp(*(const char *const *)a, *(const char *const *)b); }

static void tell_unknown(giving *g, yz_str name) {
    const char *names[MOST + 1] = {0};
    size_t n = 0;
    lua_State *L = g->L;
    for (lua_pushnil(L); lua_next(L, g->specs); lua_pop(L, 1))
        names[n++] = lua_tostring(L, -2);
    qsort(names, n, sizeof *names, by_text);
    const char *meant = yz_did_you_mean(name, names, n);
    yz_buf list = {0};
    for (size_t i = 0; i < n; i++)
        yz_buf_printf(&list, "%s%s", i ? ", " : "", names[i]);
    if (meant)
        yz_diag_error(g->diag, "policy \"%.*s\": options: there is no \"%.*s\": did you mean \"%s\"?", YZ_STR_ARGS(g->policy->name),
                      YZ_STR_ARGS(name), meant);
    else
        yz_diag_error(g->diag, "policy \"%.*s\": options: there is no \"%.*s\": it takes %.*s", YZ_STR_ARGS(g->policy->name),
                      YZ_STR_ARGS(name), YZ_STR_ARGS(yz_buf_view(&list)));
    yz_buf_free(&list);
    g->ok = false;
}

static bool check_model(giving *g, const char *name, yz_str model, bool otherwise) {
    const yz_settings *s = g->policy->lua->share ? g->policy->lua->share->settings : NULL;
    if (!s || yz_model_find(s, model))
        return true;
    const char **names = yz_calloc(s->n_models + 1, sizeof *names);
    for (size_t i = 0; i < s->n_models; i++)
        names[i] = s->models[i].name.p;
    const char *meant = otherwise ? NULL : yz_did_you_mean(model, names, s->n_models);
    if (meant)
        yz_diag_error(g->diag, "policy \"%.*s\": options: %s: there is no model \"%.*s\": did you mean \"%s\"?",
                      YZ_STR_ARGS(g->policy->name), name, YZ_STR_ARGS(model), meant);
    else
        yz_diag_error(g->diag,
                      "policy \"%.*s\": options: %s%s: there is no model \"%.*s\": configure it, or name one that is: options = { %s = "
                      "\"%s\" }",
                      YZ_STR_ARGS(g->policy->name), name, otherwise ? ", which is not said" : "", YZ_STR_ARGS(model), name,
                      s->n_models > 0 ? names[0] : "…");
    free(names);
    g->ok = false;
    return false;
}

static bool give_number(giving *g, const char *name, int spec, yz_str text) {
    lua_State *L = g->L;
    char *end;
    const char *copy = yz_dup(g->policy->lua->arena, text).p;
    double number = strtod(copy, &end);
    lua_getfield(L, spec, "min");
    lua_getfield(L, spec, "max");
    double min = lua_isnumber(L, -2) ? lua_tonumber(L, -2) : -1e300, max = lua_isnumber(L, -1) ? lua_tonumber(L, -1) : 1e300;
    lua_pop(L, 2);
    if (text.n == 0 || *end || !(number >= min && number <= max)) {
        bool bounded = min > -1e300 || max < 1e300;
        tell(g, name, text, bounded ? yz_format(g->policy->lua->arena, "a number from %.14g to %.14g", min, max).p : "a number");
        return false;
    }
    lua_pushnumber(L, number);
    return true;
}

static bool give_boolean(giving *g, const char *name, yz_str text) {
    bool yes = yz_str_is(text, "true") || yz_str_is(text, "yes"), no = yz_str_is(text, "false") || yz_str_is(text, "no");
    if (!yes && !no) {
        tell(g, name, text, "true or false");
        return false;
    }
    lua_pushboolean(g->L, yes);
    return true;
}

/* One of the choices, where there are any. */
static bool give_string(giving *g, const char *name, int spec, yz_str text) {
    lua_State *L = g->L;
    yz_buf list = {0};
    bool found = false;
    lua_getfield(L, spec, "choices");
    size_t n = lua_istable(L, -1) ? lua_objlen(L, -1) : 0;
    for (size_t i = 1; i <= n; i++) {
        lua_rawgeti(L, -1, (int)i);
        yz_str choice = yz_str_of(lua_type(L, -1) == LUA_TSTRING ? lua_tostring(L, -1) : "");
        found = found || yz_str_eq(choice, text);
        yz_buf_printf(&list, "%s\"%.*s\"", i == 1 ? "one of " : ", ", YZ_STR_ARGS(choice));
        lua_pop(L, 1);
    }
    lua_pop(L, 1);
    bool good = n == 0 || found;
    if (!good)
        tell(g, name, text, yz_dup(g->policy->lua->arena, yz_buf_view(&list)).p);
    yz_buf_free(&list);
    if (good)
        lua_pushlstring(L, text.p ? text.p : "", text.n);
    return good;
}

/* Puts the option into the result. */
static void give(giving *g, const char *name, int spec, yz_str text, bool otherwise) {
    const char *type = type_of(g->L, spec);
    bool pushed = strcmp(type, "number") == 0    ? give_number(g, name, spec, text)
                  : strcmp(type, "boolean") == 0 ? give_boolean(g, name, text)
                  : strcmp(type, "model") == 0   ? check_model(g, name, text, otherwise) && give_string(g, name, spec, text)
                                                 : give_string(g, name, spec, text);
    if (pushed)
        lua_setfield(g->L, g->out, name);
}

/* What holds for an option that the config does not give: its default, which is written as a value of its type. */
static void give_default(giving *g, const char *name, int spec) {
    lua_State *L = g->L;
    lua_getfield(L, spec, "default");
    int type = lua_type(L, -1);
    if (type == LUA_TSTRING || type == LUA_TNUMBER) {
        lua_pushvalue(L, -1);
        size_t n;
        const char *p = lua_tolstring(L, -1, &n);
        give(g, name, spec, yz_dup(g->policy->lua->arena, (yz_str){p, n}), true);
        lua_pop(L, 1);
    } else if (type == LUA_TBOOLEAN) {
        give(g, name, spec, lua_toboolean(L, -1) ? YZ_STR("true") : YZ_STR("false"), true);
    }
    lua_pop(L, 1);
    lua_getfield(L, spec, "required");
    bool required = lua_toboolean(L, -1);
    lua_pop(L, 1);
    if (type != LUA_TNIL || !required)
        return;
    const char *help = word_of(L, spec, "help");
    yz_diag_error(g->diag, "policy \"%.*s\": options: %s is missing%s%s", YZ_STR_ARGS(g->policy->name), name, *help ? ": " : "", help);
    g->ok = false;
}

static const yz_str *given(const yz_map *map, const char *name) {
    for (size_t i = 0; i < map->n; i++)
        if (yz_str_is(map->items[i].name, name))
            return &map->items[i].value;
    return NULL;
}

static void give_all(giving *g, const yz_map *map) {
    lua_State *L = g->L;
    for (size_t i = 0; i < map->n; i++) {
        lua_pushlstring(L, map->items[i].name.p, map->items[i].name.n);
        lua_rawget(L, g->specs);
        if (lua_isnil(L, -1))
            tell_unknown(g, map->items[i].name);
        lua_pop(L, 1);
    }
    for (lua_pushnil(L); lua_next(L, g->specs); lua_pop(L, 1)) {
        const char *name = lua_tostring(L, -2);
        const yz_str *text = given(map, name);
        if (text)
            give(g, name, lua_gettop(L), *text, false);
        else
            give_default(g, name, lua_gettop(L));
    }
}

static void give_as_text(lua_State *L, const yz_map *map) {
    for (size_t i = 0; i < map->n; i++) {
        lua_pushlstring(L, map->items[i].name.p, map->items[i].name.n);
        lua_pushlstring(L, map->items[i].value.p, map->items[i].value.n);
        lua_rawset(L, -3);
    }
}

int policy_declared_options(policy *p, int declared, yz_diag *diag) {
    lua_State *L = p->lua->L;
    giving g = {.policy = p, .diag = diag, .L = L, .ok = true};
    int top = lua_gettop(L);
    if (declared)
        lua_rawgeti(L, LUA_REGISTRYINDEX, declared);
    g.specs = lua_gettop(L);
    lua_newtable(L);
    g.out = lua_gettop(L);
    if (declared)
        give_all(&g, &p->config->options);
    else
        give_as_text(L, &p->config->options);
    yz_lua_freeze(L, "req.options");
    p->options = luaL_ref(L, LUA_REGISTRYINDEX);
    lua_settop(L, top);
    if (declared)
        luaL_unref(L, LUA_REGISTRYINDEX, declared);
    return g.ok ? YZ_OK : YZ_EINVAL;
}
