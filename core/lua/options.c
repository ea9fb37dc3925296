/* lua/options.c: what a policy finds in req.options: what the config says, checked against what the file declares (declare.c).
 *
 * So a misspelt option, a word where a number belongs, or a model that nobody serves is found by `yuzui check`, and not when a request
 * needs it. Each value has the type it was declared with; a file that declares nothing finds whatever the config says, as text.
 *
 * The config's values are leaves by their way (YZ_TREE_SEP), and so are defaults, so that there is one way to check both. Nothing here runs
 * under limits: reads are raw, and what is walked is bounded.
 */
#include "lua/options.h"
#include "base/arena.h"
#include "base/diag.h"
#include "plugin/loader.h"

#include <stdlib.h>

enum { LEAVES = 1000 }; /* of a default */

typedef struct giving {
    policy *policy;
    yz_diag *diag;
    lua_State *L;
    const yz_map *map; /* the leaves that are looked at */
    bool otherwise;    /* they are a default's */
    bool ok;
} giving;

/* ---- leaves ------------------------------------------------------------------------------------------------------------------- */

static yz_str way_to(yz_arena *arena, yz_str path, yz_str name) {
    return path.n ? yz_format(arena, "%.*s%c%.*s", YZ_STR_ARGS(path), YZ_TREE_SEP, YZ_STR_ARGS(name)) : yz_dup(arena, name);
}

static yz_str below(const giving *g, yz_str path, yz_str name) { return way_to(g->policy->lua->arena, path, name); }

/* A way as people write it: "tiers.gold". */
static const char *shown(const giving *g, yz_str path) {
    char *text = (char *)(uintptr_t)yz_dup(g->policy->lua->arena, path).p;
    for (size_t i = 0; i < path.n; i++)
        text[i] = text[i] == YZ_TREE_SEP ? '.' : text[i];
    return text;
}

static const yz_str *leaf(const giving *g, yz_str path) {
    for (size_t i = 0; i < g->map->n; i++)
        if (yz_str_eq(g->map->items[i].name, path))
            return &g->map->items[i].value;
    return NULL;
}

/* What of a leaf's way comes after `path`; its `p` is NULL when it is not below it. */
static yz_str rest_of(yz_str way, yz_str path) {
    if (path.n == 0)
        return way;
    if (way.n <= path.n || memcmp(way.p, path.p, path.n) != 0 || way.p[path.n] != YZ_TREE_SEP)
        return (yz_str){0};
    return (yz_str){way.p + path.n + 1, way.n - path.n - 1};
}

static bool is_table(const giving *g, yz_str path) {
    for (size_t i = 0; i < g->map->n; i++)
        if (rest_of(g->map->items[i].name, path).p)
            return true;
    return false;
}

/* The name after `*last` of those directly below the path, in order; false: there is no other. Begin with an empty one. */
static bool next_name(const giving *g, yz_str path, yz_str *last) {
    bool passed = last->n == 0;
    for (size_t i = 0; i < g->map->n; i++) {
        yz_str name = rest_of(g->map->items[i].name, path);
        const char *end = name.n ? memchr(name.p, YZ_TREE_SEP, name.n) : NULL;
        name.n = end ? (size_t)(end - name.p) : name.n;
        bool same = yz_str_eq(name, *last);
        if (name.n > 0 && passed && !same) {
            *last = name;
            return true;
        }
        passed = passed || same;
    }
    return false;
}

/* ---- messages ------------------------------------------------------------------------------------------------------------------- */

static void tell(giving *g, const char *name, yz_str found, const char *right) {
    yz_diag_error(g->diag, "policy \"%.*s\": options: %s is \"%.*s\", but should be %s", YZ_STR_ARGS(g->policy->name), name,
                  (int)(found.n < 60 ? found.n : 60), found.p, right);
    g->ok = false;
}

static void tell_kind(giving *g, yz_str path, const char *found, const char *right) {
    yz_diag_error(g->diag, "policy \"%.*s\": options: %s is %s, but should be a %s", YZ_STR_ARGS(g->policy->name), shown(g, path), found,
                  right);
    g->ok = false;
}

static int by_text(const void *a, const void *b) { return strcmp(*(const char *const *)a, *(const char *const *)b); }

/* `where`: "" or "tiers.gold." */
static void tell_unknown(giving *g, const char *where, yz_str name, int specs) {
    const char *names[POLICY_OPTIONS + 1] = {0};
    size_t n = 0;
    lua_State *L = g->L;
    for (lua_pushnil(L); lua_next(L, specs); lua_pop(L, 1))
        names[n++] = lua_tostring(L, -2);
    qsort(names, n, sizeof *names, by_text);
    const char *meant = yz_did_you_mean(name, names, n);
    yz_buf list = {0};
    for (size_t i = 0; i < n; i++)
        yz_buf_printf(&list, "%s%s", i ? ", " : "", names[i]);
    if (meant)
        yz_diag_error(g->diag, "policy \"%.*s\": options: there is no \"%s%.*s\": did you mean \"%s\"?", YZ_STR_ARGS(g->policy->name),
                      where, YZ_STR_ARGS(name), meant);
    else
        yz_diag_error(g->diag, "policy \"%.*s\": options: there is no \"%s%.*s\": it takes %.*s", YZ_STR_ARGS(g->policy->name), where,
                      YZ_STR_ARGS(name), YZ_STR_ARGS(yz_buf_view(&list)));
    yz_buf_free(&list);
    g->ok = false;
}

/* ---- values of one kind ------------------------------------------------------------------------------------------------------------ */

/* Can a request for it be served below the policy? One without targets is a name that another policy or a workflow has to know. */
static bool is_served(const policy *p, const yz_model_settings *model) {
    bool served = model->n_targets > 0 || p->more;
    for (size_t i = 0; i < p->n_below && !served; i++)
        served = p->below[i].plugin == &yz_workflow_plugin && yz_str_eq(((const policy_config *)p->below[i].config)->serves, model->name);
    return served;
}

static bool check_model(giving *g, const char *name, yz_str model) {
    const yz_settings *s = g->policy->lua->share ? g->policy->lua->share->settings : NULL;
    const yz_model_settings *found = s ? yz_model_find(s, model) : NULL;
    if (s && model.n > 0 && model.p[model.n - 1] == '*') {
        tell(g, name, model, "the name of one model: a * stands for many");
        return false;
    }
    if (!s || (found && is_served(g->policy, found)))
        return true;
    const char **names = yz_calloc(s->n_models + 1, sizeof *names);
    size_t n = 0;
    for (size_t i = 0; i < s->n_models; i++)
        if (s->models[i].n_targets > 0 && !s->models[i].pattern) /* one that somebody answers for */
            names[n++] = s->models[i].name.p;
    const char *meant = g->otherwise ? NULL : yz_did_you_mean(model, names, n);
    if (found)
        yz_diag_error(g->diag,
                      "policy \"%.*s\": options: %s%s: the model \"%.*s\" has no targets, so nobody answers for it; one that a provider "
                      "serves is wanted, such as \"%s\"",
                      YZ_STR_ARGS(g->policy->name), name, g->otherwise ? ", which is not said" : "", YZ_STR_ARGS(model),
                      n > 0 ? names[0] : "…");
    else if (meant)
        yz_diag_error(g->diag, "policy \"%.*s\": options: %s: there is no model \"%.*s\": did you mean \"%s\"?",
                      YZ_STR_ARGS(g->policy->name), name, YZ_STR_ARGS(model), meant);
    else
        yz_diag_error(g->diag,
                      "policy \"%.*s\": options: %s%s: there is no model \"%.*s\": configure it, or name one that is: options = { %s = "
                      "\"%s\" }",
                      YZ_STR_ARGS(g->policy->name), name, g->otherwise ? ", which is not said" : "", YZ_STR_ARGS(model), name,
                      n > 0 ? names[0] : "…");
    free(names);
    g->ok = false;
    return false;
}

static bool give_number(giving *g, const char *name, int spec, yz_str text) {
    lua_State *L = g->L;
    char *end;
    const char *copy = yz_dup(g->policy->lua->arena, text).p;
    double number = strtod(copy, &end);
    policy_spec_field(L, spec, "min");
    policy_spec_field(L, spec, "max");
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
    policy_spec_field(L, spec, "choices");
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

static bool give_one(giving *g, yz_str path, int spec) {
    const char *type = policy_spec_type(g->L, spec), *name = shown(g, path);
    const yz_str *text = leaf(g, path);
    if (!text) {
        tell_kind(g, path, "a table", type);
        return false;
    }
    if (strcmp(type, "number") == 0)
        return give_number(g, name, spec, *text);
    if (strcmp(type, "boolean") == 0)
        return give_boolean(g, name, *text);
    return (strcmp(type, "model") != 0 || check_model(g, name, *text)) && give_string(g, name, spec, *text);
}

/* ---- lists, maps, tables --------------------------------------------------------------------------------------------------------- */

static bool give(giving *g, yz_str path, int spec);
static void give_fields(giving *g, yz_str path, int specs, int out);

static void give_list(giving *g, yz_str path, int of, int out) {
    yz_str name = {0};
    int n = 0, named = 0;
    while (next_name(g, path, &name))
        named++;
    for (;; n++) {
        yz_str item = below(g, path, yz_format(g->policy->lua->arena, "%d", n + 1));
        if (!leaf(g, item) && !is_table(g, item))
            break;
        if (give(g, item, of))
            lua_rawseti(g->L, out, n + 1);
    }
    if (n != named)
        tell_kind(g, path, "a table with names", "list");
}

static void give_map(giving *g, yz_str path, int of, int out) {
    for (yz_str name = {0}; next_name(g, path, &name);)
        if (give(g, below(g, path, name), of)) {
            lua_pushlstring(g->L, name.p, name.n);
            lua_insert(g->L, -2);
            lua_rawset(g->L, out);
        }
}

/* The value at this place, of its type; false: nothing is pushed, and why is told. */
static bool give(giving *g, yz_str path, int spec) {
    lua_State *L = g->L;
    const char *type = policy_spec_type(L, spec);
    bool list = strcmp(type, "list") == 0, map = strcmp(type, "map") == 0, table = strcmp(type, "table") == 0;
    if (!list && !map && !table)
        return give_one(g, path, spec);
    if (!is_table(g, path)) {
        tell_kind(g, path, "one value", type);
        return false;
    }
    lua_checkstack(L, 12);
    lua_newtable(L);
    int out = lua_gettop(L);
    policy_spec_field(L, spec, table ? "fields" : "of");
    if (list)
        give_list(g, path, out + 1, out);
    else if (map)
        give_map(g, path, out + 1, out);
    else
        give_fields(g, path, out + 1, out);
    lua_settop(L, out);
    return true;
}

/* ---- defaults --------------------------------------------------------------------------------------------------------------------- */

static bool flatten(lua_State *L, int index, yz_str path, yz_arena *arena, yz_header *items, size_t *n, int depth) {
    int type = lua_type(L, index);
    if (*n == LEAVES || depth > POLICY_OPTION_DEPTH || !lua_checkstack(L, 8))
        return false;
    if (type != LUA_TTABLE) {
        size_t length;
        if (type == LUA_TBOOLEAN)
            lua_pushstring(L, lua_toboolean(L, index) ? "true" : "false");
        else
            lua_pushvalue(L, index); /* a number would become a text where it stands */
        const char *p = type == LUA_TBOOLEAN || type == LUA_TNUMBER || type == LUA_TSTRING ? lua_tolstring(L, -1, &length) : NULL;
        if (p)
            items[(*n)++] = (yz_header){path, yz_dup(arena, (yz_str){p, length})};
        lua_pop(L, 1);
        return p != NULL;
    }
    if (path.n > 0)
        items[(*n)++] = (yz_header){way_to(arena, path, YZ_STR("")), YZ_STR("")};
    bool ok = true;
    for (lua_pushnil(L); ok && lua_next(L, index); lua_pop(L, 1)) {
        lua_pushvalue(L, -2);
        size_t length;
        const char *name = lua_tolstring(L, -1, &length);
        yz_str way = name ? way_to(arena, path, (yz_str){name, length}) : path;
        lua_pop(L, 1);
        ok = name && flatten(L, lua_gettop(L), way, arena, items, n, depth + 1);
        if (!ok) {
            lua_pop(L, 2);
            break;
        }
    }
    return ok;
}

static int by_way(const void *a, const void *b) {
    yz_str x = ((const yz_header *)a)->name, y = ((const yz_header *)b)->name;
    int order = memcmp(x.p, y.p, x.n < y.n ? x.n : y.n);
    return order ? order : (x.n > y.n) - (x.n < y.n);
}

bool policy_options_flatten(lua_State *L, int index, yz_str path, yz_arena *arena, yz_map *out) {
    yz_header *items = yz_alloc(arena, LEAVES * sizeof *items);
    size_t n = 0;
    if (!flatten(L, index, path, arena, items, &n, 0))
        return false;
    qsort(items, n, sizeof *items, by_way);
    *out = (yz_map){items, n};
    return true;
}

/* What holds for an option that the config does not give: its default, which is written as a value of its type. */
static bool give_default(giving *g, yz_str path, int spec) {
    lua_State *L = g->L;
    policy_spec_field(L, spec, "default");
    yz_map leaves;
    bool said = !lua_isnil(L, -1);
    bool good = said && policy_options_flatten(L, lua_gettop(L), path, g->policy->lua->arena, &leaves);
    lua_pop(L, 1);
    if (good) {
        giving other = {.policy = g->policy, .diag = g->diag, .L = L, .map = &leaves, .otherwise = true, .ok = true};
        good = give(&other, path, spec);
        g->ok = g->ok && other.ok;
        return good;
    }
    if (said)
        tell_kind(g, path, "by default nothing that can stand in a config", policy_spec_type(L, spec));
    policy_spec_field(L, spec, "required");
    bool required = lua_toboolean(L, -1);
    lua_pop(L, 1);
    if (said || !required)
        return false;
    const char *help = policy_spec_word(L, spec, "help");
    yz_diag_error(g->diag, "policy \"%.*s\": options: %s is missing%s%s", YZ_STR_ARGS(g->policy->name), shown(g, path), *help ? ": " : "",
                  help);
    g->ok = false;
    return false;
}

/* ---- all of them --------------------------------------------------------------------------------------------------------------------- */

/* What is said at this place and not declared. */
static void refuse_unknown(giving *g, yz_str path, int specs) {
    for (yz_str name = {0}; next_name(g, path, &name);) {
        lua_pushlstring(g->L, name.p, name.n);
        lua_rawget(g->L, specs);
        if (lua_isnil(g->L, -1))
            tell_unknown(g, path.n ? yz_format(g->policy->lua->arena, "%s.", shown(g, path)).p : "", name, specs);
        lua_pop(g->L, 1);
    }
}

static void give_fields(giving *g, yz_str path, int specs, int out) {
    lua_State *L = g->L;
    refuse_unknown(g, path, specs);
    for (lua_pushnil(L); lua_next(L, specs); lua_pop(L, 1)) {
        int spec = lua_gettop(L);
        yz_str at = below(g, path, yz_str_of(lua_tostring(L, -2)));
        bool given = leaf(g, at) || is_table(g, at);
        if (given ? give(g, at, spec) : give_default(g, at, spec)) {
            lua_pushvalue(L, -3);
            lua_insert(L, -2);
            lua_rawset(L, out);
        }
    }
}

/* Without a declaration: tables in tables of texts. */
static void give_as_text(giving *g, yz_str path, int out) {
    lua_State *L = g->L;
    lua_checkstack(L, 8);
    for (yz_str name = {0}; next_name(g, path, &name);) {
        yz_str at = below(g, path, name);
        const yz_str *text = leaf(g, at);
        lua_pushlstring(L, name.p, name.n);
        if (path.n > 0 && lua_isnumber(L, -1)) { /* a place in a list */
            lua_pushnumber(L, lua_tonumber(L, -1));
            lua_remove(L, -2);
        }
        if (text) {
            lua_pushlstring(L, text->p, text->n);
        } else {
            lua_newtable(L);
            give_as_text(g, at, lua_gettop(L));
        }
        lua_rawset(L, out);
    }
}

/* ---- req.options ----------------------------------------------------------------------------------------------------------------------
 */

/* A copy of the table on top, in its place: it stays whoever changes what he was given. */
static void copy_table(lua_State *L) {
    luaL_checkstack(L, 6, "req.options");
    lua_newtable(L);
    for (lua_pushnil(L); lua_next(L, -3);) {
        if (lua_istable(L, -1))
            copy_table(L);
        lua_pushvalue(L, -2);
        lua_insert(L, -2);
        lua_rawset(L, -4);
    }
    lua_remove(L, -2);
}

/* Upvalue: the table of all options. */
static int on_index(lua_State *L) {
    lua_settop(L, 2);
    lua_rawget(L, lua_upvalueindex(1));
    if (lua_istable(L, -1))
        copy_table(L);
    return 1;
}

static int on_write(lua_State *L) { return luaL_error(L, "req.options is read-only"); }

/* Replaces the table on top by what a policy sees of it. */
static void make_view(lua_State *L) {
    lua_newtable(L);
    lua_newtable(L);
    lua_pushvalue(L, -3);
    lua_pushcclosure(L, on_index, 1);
    lua_setfield(L, -2, "__index");
    lua_pushcfunction(L, on_write);
    lua_setfield(L, -2, "__newindex");
    lua_pushboolean(L, 0);
    lua_setfield(L, -2, "__metatable");
    lua_setmetatable(L, -2);
    lua_remove(L, -2);
}

int policy_declared_options(policy *p, int declared, yz_diag *diag) {
    lua_State *L = p->lua->L;
    giving g = {.policy = p, .diag = diag, .L = L, .map = &p->config->options, .ok = true};
    int top = lua_gettop(L);
    if (declared)
        lua_rawgeti(L, LUA_REGISTRYINDEX, declared);
    else
        lua_pushnil(L);
    lua_newtable(L);
    if (declared)
        give_fields(&g, YZ_STR(""), top + 1, top + 2);
    else
        give_as_text(&g, YZ_STR(""), top + 2);
    make_view(L);
    p->options = luaL_ref(L, LUA_REGISTRYINDEX);
    lua_settop(L, top);
    if (declared)
        luaL_unref(L, LUA_REGISTRYINDEX, declared);
    return g.ok ? YZ_OK : YZ_EINVAL;
}
