/* cli/played_world.c: the fourth argument of `run`: models, options of the policy, who asks, and the like. */
#include "base/arena.h"
#include "base/diag.h"
#include "cli/played.h"

#include <ctype.h>
#include <stdlib.h>

enum { MOST_ENTRIES = 64 };

void yz_played_check(lua_State *L, int table, const char *what, const char *const *names) {
    size_t n = 0;
    while (names[n])
        n++;
    for (lua_pushnil(L); lua_next(L, table); lua_pop(L, 1)) {
        const char *name = lua_type(L, -2) == LUA_TSTRING ? lua_tostring(L, -2) : "[a place in a list]";
        bool known = false;
        for (size_t i = 0; i < n; i++)
            known = known || strcmp(names[i], name) == 0;
        const char *meant = known ? NULL : yz_did_you_mean(yz_str_of(name), names, n);
        if (meant)
            luaL_error(L, "%s has no field \"%s\": did you mean \"%s\"?", what, name, meant);
        if (!known)
            luaL_error(L, "%s has no field \"%s\"", what, name);
    }
}

/* ---- models --------------------------------------------------------------------------------------------------------------------- */

static int by_name(const void *a, const void *b) {
    const yz_model_settings *x = a, *y = b;
    return strcmp(x->name.p, y->name.p);
}

static yz_model_settings make_model(yz_arena *arena, yz_str name) {
    static const yz_provider provider = {YZ_PROVIDER, .name = {"test", 4}};
    yz_target *target = yz_alloc(arena, sizeof *target);
    *target = (yz_target){YZ_TARGET, &provider, name};
    const yz_target **list = yz_alloc(arena, sizeof *list);
    *list = target;
    return (yz_model_settings){.name = name, .targets = list, .n_targets = 1};
}

/* The models of the list on top of the stack, each with one target; nil: the usual ones. */
static void read_models(lua_State *L, yz_arena *arena, yz_settings *settings) {
    static const char *const usual[] = {"claude-opus-4-6", "gpt-5.2", "kimi-k2.5"};
    bool said = lua_istable(L, -1);
    size_t n = said ? lua_objlen(L, -1) : sizeof usual / sizeof *usual;
    settings->models = yz_alloc(arena, (n + 1) * sizeof *settings->models);
    settings->n_models = n;
    for (size_t i = 0; i < n; i++) {
        yz_str name = yz_str_of(said ? "" : usual[i]);
        if (said) {
            lua_rawgeti(L, -1, (int)i + 1);
            name = yz_dup(arena, yz_str_of(luaL_checkstring(L, -1)));
            lua_pop(L, 1);
        }
        settings->models[i] = make_model(arena, name);
    }
    qsort(settings->models, n, sizeof *settings->models, by_name);
}

/* ---- tables of texts -------------------------------------------------------------------------------------------------------------- */

static int by_header(const void *a, const void *b) {
    const yz_header *x = a, *y = b;
    return strcmp(x->name.p, y->name.p);
}

/* The entries of the table in this field, as texts, sorted. */
static yz_map read_map(lua_State *L, int config, const char *field, yz_arena *arena) {
    yz_map map = {0};
    lua_getfield(L, config, field);
    if (lua_istable(L, -1)) {
        int table = lua_gettop(L);
        yz_header *items = yz_alloc(arena, MOST_ENTRIES * sizeof *items);
        for (lua_pushnil(L); lua_next(L, table) && map.n < MOST_ENTRIES; lua_pop(L, 1)) {
            lua_pushvalue(L, -2);
            items[map.n].name = yz_dup(arena, yz_str_of(luaL_checkstring(L, -1)));
            lua_pop(L, 1);
            if (lua_isboolean(L, -1))
                lua_pushstring(L, lua_toboolean(L, -1) ? "true" : "false");
            else
                lua_pushvalue(L, -1);
            items[map.n++].value = yz_dup(arena, yz_str_of(luaL_checkstring(L, -1)));
            lua_pop(L, 1);
        }
        qsort(items, map.n, sizeof *items, by_header);
        map.items = items;
    }
    lua_pop(L, 1);
    return map;
}

static yz_str read_text(lua_State *L, int table, const char *name, yz_arena *arena) {
    lua_getfield(L, table, name);
    yz_str text = yz_dup(arena, yz_str_of(lua_type(L, -1) == LUA_TSTRING ? lua_tostring(L, -1) : ""));
    lua_pop(L, 1);
    return text;
}

/* As a policy finds them in service: names in lower case. */
static void read_headers(lua_State *L, int config, yz_arena *arena, yz_request *request) {
    yz_map headers = read_map(L, config, "headers", arena);
    yz_header *lower = yz_alloc(arena, (headers.n + 1) * sizeof *lower);
    for (size_t i = 0; i < headers.n; i++) {
        char *name = yz_alloc_bytes(arena, headers.items[i].name.n + 1);
        for (size_t k = 0; k < headers.items[i].name.n; k++)
            name[k] = (char)tolower((unsigned char)headers.items[i].name.p[k]);
        lower[i] = (yz_header){{name, headers.items[i].name.n}, headers.items[i].value};
    }
    request->headers = lower;
    request->n_headers = headers.n;
}

/* ---- who asks ----------------------------------------------------------------------------------------------------------------------- */

static void read_key(lua_State *L, int config, yz_arena *arena, yz_request *request) {
    static const char *const names[] = {"name", "tenant", "tags", "balance", NULL};
    lua_getfield(L, config, "key");
    if (lua_istable(L, -1)) {
        int table = lua_gettop(L);
        yz_played_check(L, table, "run: config.key", names);
        yz_key *key = yz_alloc(arena, sizeof *key);
        static const yz_str all = {"*", 1};
        *key = (yz_key){YZ_KEY, .name = read_text(L, table, "name", arena), .tenant = read_text(L, table, "tenant", arena), .models = &all,
                        .n_models = 1};
        yz_map tags = read_map(L, table, "tags", arena);
        key->tags = tags.items;
        key->n_tags = tags.n;
        if (key->tenant.n == 0)
            key->tenant = key->name;
        request->key = key;
    }
    lua_pop(L, 1);
}

static void read_clock(yz_played *p) {
    lua_State *L = p->L;
    lua_getfield(L, p->config, "now");
    p->has_now = lua_type(L, -1) == LUA_TNUMBER;
    p->now = p->has_now ? (int64_t)lua_tonumber(L, -1) : 0;
    lua_pop(L, 1);
}

/* ---- the whole ------------------------------------------------------------------------------------------------------------------------
 */

static const struct {
    const char *name;
    int type;
    const char *expected;
} FIELDS[] = {
    {"models", LUA_TTABLE, "a list of models"},
    {"workflow", LUA_TSTRING, "the model that the file is, as in \"workflow/service-desk\""},
    {"default", LUA_TSTRING, "a model"},
    {"on_error", LUA_TSTRING, "\"continue\" or \"fail\""},
    {"options", LUA_TTABLE, "a table"},
    {"key", LUA_TTABLE, "a table such as { name = \"team\", tenant = \"shop\", tags = { tier = \"gold\" } }"},
    {"headers", LUA_TTABLE, "a table of strings"},
    {"store", LUA_TTABLE, "a table, which is the store"},
    {"fetch", LUA_TFUNCTION, "a function that gets what http.fetch was given"},
    {"now", LUA_TNUMBER, "Unix seconds"},
    {"estimates", LUA_TTABLE, "a table of what a request may cost at each model, as in { [\"gpt-5.2\"] = 0.02 }"},
};
enum { N_FIELDS = sizeof FIELDS / sizeof *FIELDS };

static void check_config(lua_State *L, int config) {
    const char *names[N_FIELDS + 1] = {0};
    for (size_t i = 0; i < N_FIELDS; i++)
        names[i] = FIELDS[i].name;
    if (!lua_istable(L, config))
        luaL_error(L, "run: its fourth argument is a table such as { models = { \"small\" } }, not a %s", luaL_typename(L, config));
    yz_played_check(L, config, "run: config", names);
    for (size_t i = 0; i < N_FIELDS; i++) {
        lua_getfield(L, config, FIELDS[i].name);
        if (!lua_isnil(L, -1) && lua_type(L, -1) != FIELDS[i].type)
            luaL_error(L, "run: config.%s is a %s, but should be %s", FIELDS[i].name, luaL_typename(L, -1), FIELDS[i].expected);
        lua_pop(L, 1);
    }
}

void yz_played_config(yz_played *p, policy_config *out, yz_settings *settings, yz_request *request) {
    lua_State *L = p->L;
    yz_arena *arena = p->arena;
    bool said = !lua_isnoneornil(L, p->config);
    out->time = 1000; /* a test may run on a slow machine; the limit has tests of its own */
    out->memory = 8 << 20;
    out->answer_time = 10000;
    if (said)
        check_config(L, p->config);
    if (said)
        lua_getfield(L, p->config, "models");
    else
        lua_pushnil(L);
    read_models(L, arena, settings);
    lua_pop(L, 1);
    if (!said)
        return;
    yz_str on_error = read_text(L, p->config, "on_error", arena);
    if (on_error.n > 0 && !yz_str_is(on_error, "fail") && !yz_str_is(on_error, "continue"))
        luaL_error(L, "run: config.on_error is \"%s\", but should be \"continue\" or \"fail\"", on_error.p);
    out->on_error = yz_str_is(on_error, "fail");
    out->otherwise = read_text(L, p->config, "default", arena);
    out->serves = read_text(L, p->config, "workflow", arena);
    lua_getfield(L, p->config, "options");
    if (lua_istable(L, -1) && !policy_options_flatten(L, lua_gettop(L), YZ_STR(""), arena, &out->options))
        luaL_error(L, "run: config.options holds what cannot stand in a config");
    lua_pop(L, 1);
    read_headers(L, p->config, arena, request);
    read_key(L, p->config, arena, request);
    read_clock(p);
}
