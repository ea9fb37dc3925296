/* config/script_env.c: the names a config sees.
 *
 * Directives and stages are functions that record how they were called and return an object that takes one more argument; so
 * `provider "x" {…}` and `policy "p.lua" {…}` are one statement each. A name that is neither is reported at once and stands for an object
 * that swallows everything, so that the rest of the file is looked at too.
 */
#include "base/check.h"
#include "config/script_inner.h"
#include "plugin/loader.h"

#include <errno.h>
#include <stdlib.h>

enum { DEPTH = 8, ITEMS = YZ_SCRIPT_ITEMS };

/* ---- values ------------------------------------------------------------------------------------------------------------------ */

static yz_value take_value(lua_State *L, int index, int depth);

/* Memory that outlives the state. What a script says in a loop is bounded like what it holds. */
void *yz_script_take(lua_State *L, size_t size) {
    yz_running *running = yz_running_of(L);
    if (size > YZ_SCRIPT_BYTES - running->taken)
        luaL_error(L, "the config says more than %d MiB", (int)(YZ_SCRIPT_BYTES >> 20));
    running->taken += size;
    return yz_alloc(running->arena, size);
}

static int by_field(const void *a, const void *b) {
    yz_str x = ((const yz_field *)a)->name, y = ((const yz_field *)b)->name;
    int order = memcmp(x.p, y.p, x.n < y.n ? x.n : y.n);
    return order != 0 ? order : (x.n > y.n) - (x.n < y.n);
}

yz_str yz_script_take_text(lua_State *L, int index) {
    size_t n;
    const char *p = lua_tolstring(L, index, &n);
    char *copy = yz_script_take(L, n + 1);
    memcpy(copy, p, n);
    return (yz_str){copy, n};
}

static size_t count_fields(lua_State *L, int index, size_t n_items) {
    size_t n = 0;
    lua_pushnil(L);
    while (lua_next(L, index)) {
        if (lua_type(L, -2) == LUA_TSTRING) {
            n++;
        } else if (lua_type(L, -2) != LUA_TUSERDATA) { /* an unknown name, which has been reported */
            double at = lua_type(L, -2) == LUA_TNUMBER ? lua_tonumber(L, -2) : 0;
            if (at > (double)n_items && at == (double)(int)at)
                luaL_error(L, "a list has entry %d, but what stands before it is nil", (int)at);
            if (!(at >= 1 && at <= (double)n_items))
                luaL_error(L, "a table has a key that is neither a name nor a place in a list");
        }
        if (n > ITEMS)
            luaL_error(L, "a table has more than %d entries", ITEMS);
        lua_pop(L, 1);
    }
    return n;
}

static yz_value take_table(lua_State *L, int index, int depth) {
    yz_value value = {.kind = YZ_VALUE_TABLE, .n_items = lua_objlen(L, index)};
    if (depth >= DEPTH)
        luaL_error(L, "tables are nested more than %d deep, or one holds itself", DEPTH);
    if (value.n_items > ITEMS)
        luaL_error(L, "a list has more than %d entries", ITEMS);
    luaL_checkstack(L, 4, NULL);
    size_t n_fields = count_fields(L, index, value.n_items);
    value.items = yz_script_take(L, (value.n_items + 1) * sizeof(yz_value));
    value.fields = yz_script_take(L, (n_fields + 1) * sizeof(yz_field));
    for (size_t i = 0; i < value.n_items; i++) {
        lua_rawgeti(L, index, (int)i + 1);
        value.items[i] = take_value(L, lua_gettop(L), depth + 1);
        lua_pop(L, 1);
    }
    lua_pushnil(L);
    while (lua_next(L, index)) {
        if (lua_type(L, -2) == LUA_TSTRING) {
            yz_field *field = &value.fields[value.n_fields++];
            field->name = yz_script_take_text(L, -2);
            field->value = take_value(L, lua_gettop(L), depth + 1);
        }
        lua_pop(L, 1);
    }
    qsort(value.fields, value.n_fields, sizeof(yz_field), by_field);
    return value;
}

/* What a userdata of ours stands for, by the name of its metatable. */
static void *object(lua_State *L, int index, const char *kind) {
    void **box = lua_touserdata(L, index);
    if (!box || !lua_getmetatable(L, index))
        return NULL;
    luaL_getmetatable(L, kind);
    bool same = lua_rawequal(L, -1, -2);
    lua_pop(L, 2);
    return same ? *box : NULL;
}

void yz_script_push_object(lua_State *L, void *what, const char *kind) {
    *(void **)lua_newuserdata(L, sizeof(void *)) = what;
    luaL_getmetatable(L, kind);
    lua_setmetatable(L, -2);
}

/* A copy of the text for each place that names it, and no other: whoever reads a key wipes the text it came in. */
static yz_value take_variable(lua_State *L, const yz_value *variable) {
    yz_value value = *variable;
    if (value.has_text) {
        yz_str text = yz_str_of(getenv(value.name.p));
        value.text = (yz_str){memcpy(yz_script_take(L, text.n + 1), text.p, text.n), text.n};
    }
    return value;
}

static yz_value take_value(lua_State *L, int index, int depth) {
    switch (lua_type(L, index)) {
    case LUA_TNIL:
        return (yz_value){.kind = YZ_VALUE_NIL};
    case LUA_TBOOLEAN:
        return (yz_value){.kind = YZ_VALUE_BOOL, .truth = lua_toboolean(L, index)};
    case LUA_TNUMBER:
        return (yz_value){.kind = YZ_VALUE_NUMBER, .number = lua_tonumber(L, index)};
    case LUA_TSTRING:
        return (yz_value){.kind = YZ_VALUE_STRING, .text = yz_script_take_text(L, index)};
    case LUA_TTABLE:
        return take_table(L, index, depth);
    case LUA_TUSERDATA: {
        const yz_value *variable = object(L, index, "variable");
        yz_statement *statement = object(L, index, "statement");
        if (variable)
            return take_variable(L, variable);
        if (statement)
            return (yz_value){.kind = YZ_VALUE_STATEMENT, .statement = statement};
        return (yz_value){.kind = YZ_VALUE_NIL}; /* an unknown name, reported already */
    }
    default:
        return (yz_value){.kind = YZ_VALUE_OTHER, .text = yz_str_of(lua_typename(L, lua_type(L, index)))};
    }
}

/* ---- directives and stages --------------------------------------------------------------------------------------------------- */

static void add_args(lua_State *L, yz_statement *statement) {
    enum { MOST = sizeof(statement->args) / sizeof(*statement->args) };
    for (int i = 2; i <= lua_gettop(L); i++) {
        if (statement->n_args == MOST)
            luaL_error(L, "%s has too many arguments", statement->name.p);
        statement->args[statement->n_args++] = take_value(L, i, 0);
    }
    yz_running *running = yz_running_of(L);
    if (!running->unset)
        return;
    const yz_unset **end = &statement->unset;
    while (*end)
        end = (const yz_unset **)(uintptr_t) & (*end)->next;
    *end = running->unset;
    running->unset = NULL;
}

/* Takes effect at once: the stages that follow may come from there. */
static void add_plugin_folders(const yz_running *running, const yz_value *value) {
    for (size_t i = 0; value->kind == YZ_VALUE_TABLE && i < value->n_items; i++)
        add_plugin_folders(running, &value->items[i]);
    if (!yz_value_is_text(value) || value->text.n == 0)
        return;
    bool absolute = value->text.p[0] == '/';
    yz_plugin_add_folder(
        yz_format(running->arena, "%.*s%.*s", absolute ? 0 : (int)running->folder.n, running->folder.p, YZ_STR_ARGS(value->text)).p);
}

/* A directive or a stage is called: upvalue 1 its name, upvalue 2 its plugin or NULL. Argument 1 is moved up to leave place for self. */
static int call_name(lua_State *L) {
    yz_running *running = yz_running_of(L);
    if (running->n_records++ == YZ_SCRIPT_RECORDS)
        return luaL_error(L, "the config has more than %d directives", YZ_SCRIPT_RECORDS);
    yz_statement *statement = yz_script_take(L, sizeof(*statement));
    statement->name = yz_script_take_text(L, lua_upvalueindex(1));
    statement->plugin = lua_touserdata(L, lua_upvalueindex(2));
    statement->at = yz_running_place(L);
    lua_pushnil(L);
    lua_insert(L, 1);
    add_args(L, statement);
    *(running->last ? &running->last->next : &running->script->statements) = statement;
    running->last = statement;
    if (!statement->plugin && yz_str_is(statement->name, "plugins") && statement->n_args > 0)
        add_plugin_folders(running, &statement->args[0]);
    yz_script_push_object(L, statement, "statement");
    return 1;
}

static int call_again(lua_State *L) {
    add_args(L, object(L, 1, "statement"));
    lua_settop(L, 1);
    return 1;
}

/* As the iterator of a loop it ends it at once. */
static int swallow(lua_State *L) {
    if (lua_gettop(L) == 3 && lua_isnil(L, 2))
        return 0;
    lua_settop(L, 1);
    return 1;
}

/* #retry {}: whoever comments a stage out with # finds that the rest is read. */
static int take_length(lua_State *L) { return luaL_error(L, "a comment begins with --, not with #"); }

static bool is_directive(const yz_running *running, const char *name) {
    for (size_t i = 0; i < running->n_directives; i++)
        if (strcmp(running->directives[i], name) == 0)
            return true;
    return false;
}

static void tell_unknown(lua_State *L, yz_running *running, const char *name) {
    const yz_plugin *const *plugins;
    size_t n_plugins = yz_plugin_list(YZ_KIND_STAGE, &plugins, NULL), n = running->n_directives;
    yz_place at = yz_running_place(L);
    const yz_look *look = yz_running_look(running, at.file);
    const char *right = look ? yz_script_name_hint(running, look, at.line, name) : NULL;
    if (right) {
        yz_diag_error(running->diag, "%s", right);
        return;
    }
    const char **names = yz_script_take(L, (n + n_plugins + 1) * sizeof(*names));
    memcpy(names, running->directives, n * sizeof(*names));
    names[n++] = "env";
    for (size_t i = 0; i < n_plugins; i++)
        if (plugins[i]->filter)
            names[n++] = plugins[i]->name;
    const char *meant = yz_did_you_mean(yz_str_of(name), names, n);
    if (meant)
        yz_diag_error(running->diag, "there is no directive or stage \"%s\": did you mean \"%s\"?", name, meant);
    else
        yz_diag_error(running->diag,
                      "there is no directive or stage \"%s\" (`yuzui help config` lists the directives, `yuzui plugins` the stages); a "
                      "text stands in "
                      "quotes: \"%s\"",
                      name, name);
}

/* A plugin that is no stage: hardly ever called, most often a text without its quotes. */
static void tell_no_stage(yz_running *running, yz_place at, const yz_plugin *plugin) {
    const yz_look *look = yz_running_look(running, at.file);
    const char *text = look ? yz_script_text_hint(running, look, at.line, plugin->name) : NULL;
    if (text)
        yz_diag_error(running->diag, "%s", text);
    else
        yz_diag_error(running->diag, "\"%s\" is %s", plugin->name,
                      plugin->adapter ? "an adapter, no stage: its name stands in quotes, as in adapter = \"…\""
                      : plugin->store ? "a store, no stage: its name stands in quotes, as in store = \"…\""
                                      : "a ledger, no stage: it is a directive of its own, ledger \"…\"");
}

static bool is_plugin(const char *name) { return strlen(name) <= 40 && !strchr(name, '/') && yz_plugin_exists(yz_str_of(name)); }

/* A name the environment does not hold: a directive, a stage, or a mistake. */
static int find_name(lua_State *L) {
    yz_running *running = yz_running_of(L);
    const yz_plugin *plugin = NULL;
    const char *name = lua_type(L, 2) == LUA_TSTRING ? lua_tostring(L, 2) : "?";
    if (!is_directive(running, name)) {
        if (yz_diag_full(running->diag))
            return luaL_error(L, "too many errors: what follows is not read");
        yz_diag_at(running->diag, yz_running_place(L));
        if (is_plugin(name)) {
            plugin = yz_plugin_find(yz_str_of(name), running->diag);
            if (plugin && !plugin->filter)
                tell_no_stage(running, yz_running_place(L), plugin);
            plugin = plugin && plugin->filter ? plugin : NULL;
        } else {
            tell_unknown(L, running, name);
        }
        if (!plugin) {
            yz_script_push_object(L, NULL, "unknown");
            return 1;
        }
    }
    lua_pushvalue(L, 2);
    lua_pushlightuserdata(L, (void *)(uintptr_t)plugin);
    lua_pushcclosure(L, call_name, 2);
    return 1;
}

static bool is_stage(const char *name) {
    yz_diag unheard = {0};
    const yz_plugin *plugin = is_plugin(name) ? yz_plugin_find(yz_str_of(name), &unheard) : NULL;
    yz_diag_free(&unheard);
    return plugin && plugin->filter;
}

/* `workers = 4` would do nothing, in silence. */
static int set_name(lua_State *L) {
    const char *name = lua_type(L, 2) == LUA_TSTRING ? lua_tostring(L, 2) : "";
    bool directive = is_directive(yz_running_of(L), name);
    if (directive || is_stage(name))
        return luaL_error(L, "%s is a %s: what it takes follows it without a =, as in %s", name, directive ? "directive" : "stage",
                          directive ? "workers(4) or log { level = \"warn\" }" : "chain { retry { attempts = 3 } }");
    lua_rawset(L, 1);
    return 0;
}

/* ---- require ----------------------------------------------------------------------------------------------------------------- */

/* "team.keys" -> FOLDER/team/keys.lua: never outside the folder, since no part may be empty or begin with a dot. */
static const char *module_file(lua_State *L, const char *name) {
    yz_running *running = yz_running_of(L);
    yz_str path = yz_format(running->arena, "%.*s%s.lua", YZ_STR_ARGS(running->folder), name);
    char *p = (char *)(uintptr_t)path.p + running->folder.n;
    bool empty = true;
    for (const char *c = name; *c; c++, p++) {
        bool dot = *c == '.';
        if (dot ? empty : !(*c == '_' || *c == '-' || (*c >= '0' && *c <= '9') || (*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z')))
            luaL_error(L, "require takes names such as \"keys\" or \"team.keys\", not \"%s\"", name);
        if (dot)
            *p = '/';
        empty = dot;
    }
    if (empty)
        luaL_error(L, "require takes names such as \"keys\" or \"team.keys\", not \"%s\"", name);
    return path.p;
}

/* What is there for policies alone. */
static const char *about_module(const char *name) {
    static const char *const modules[] = {"question", "redact", "conversation", "bandit",   "llm",
                                          "http",     "store",  "json",         "classify", "time"};
    for (size_t i = 0; i < sizeof modules / sizeof *modules; i++)
        if (strcmp(name, modules[i]) == 0 || (strncmp(name, "yuzui.", 6) == 0 && strcmp(name + 6, modules[i]) == 0))
            return ": it is for policies, in whose files it stands, as in local question = require \"yuzui.question\"";
    return "";
}

static int call_require(lua_State *L) {
    const char *name = luaL_checkstring(L, 1);
    lua_settop(L, 1);
    lua_getfield(L, LUA_REGISTRYINDEX, "modules");
    lua_getfield(L, 2, name);
    if (!lua_isnil(L, 3))
        return 1;
    size_t n = strlen(name);
    if (n > 4 && strcmp(name + n - 4, ".lua") == 0)
        return luaL_error(L, "require takes a name without .lua, and dots for folders: require \"%s\"",
                          yz_format(yz_running_of(L)->arena, "%.*s", (int)n - 4, name).p);
    const char *file = module_file(L, name);
    yz_buf text = {0};
    if (!yz_running_read(file, &text))
        return luaL_error(L, "cannot read %s: %s%s", file, strerror(errno), about_module(name));
    int code = yz_running_load(L, file, yz_buf_view(&text), &text);
    if (code != 0)
        return lua_error(L);
    lua_getfield(L, LUA_REGISTRYINDEX, "env");
    lua_setfenv(L, -2);
    lua_pushboolean(L, true); /* a module that requires itself gets this */
    lua_setfield(L, 2, name);
    lua_call(L, 0, 1);
    if (lua_isnil(L, -1)) {
        lua_pop(L, 1);
        lua_pushboolean(L, true);
    }
    lua_pushvalue(L, -1);
    lua_setfield(L, 2, name);
    return 1;
}

/* ---- the environment --------------------------------------------------------------------------------------------------------- */

void yz_script_insert(lua_State *L) {
    static const char text[] = "local select, type, error = select, type, error\n"
                               "return function(t, ...)\n"
                               "  if type(t) ~= 'table' then error('table.insert takes a table, here is a ' .. type(t), 2) end\n"
                               "  local n, at, value = select('#', ...), ...\n"
                               "  if n == 1 then\n"
                               "    t[#t + 1] = at\n"
                               "    return\n"
                               "  end\n"
                               "  if n ~= 2 then error('table.insert takes a table, a position and a value', 2) end\n"
                               "  if type(at) ~= 'number' or at ~= at then error('table.insert: the position is no number', 2) end\n"
                               "  at = at - at % 1\n"
                               "  for i = #t, at, -1 do t[i + 1] = t[i] end\n"
                               "  t[at] = value\n"
                               "end\n";
    YZ_MUST(luaL_loadbuffer(L, text, sizeof text - 1, "=stock") == 0);
    lua_call(L, 0, 1);
}

/* Copies the named members of the stock table `from` (NULL: of the globals) into the table on top. */
static void copy_names(lua_State *L, const char *from, const char *const *names) {
    lua_getglobal(L, from ? from : "_G");
    for (; *names; names++) {
        lua_getfield(L, -1, *names);
        lua_setfield(L, -3, *names);
    }
    lua_pop(L, 1);
}

static void copy_library(lua_State *L, const char *library, const char *const *names) {
    lua_newtable(L);
    copy_names(L, library, names);
    lua_setfield(L, -2, library);
}

static void add_metatable(lua_State *L, const char *kind, lua_CFunction call, lua_CFunction joined) {
    luaL_newmetatable(L, kind);
    lua_pushcfunction(L, take_length);
    lua_setfield(L, -2, "__len");
    if (call) {
        lua_pushcfunction(L, call);
        lua_setfield(L, -2, "__call");
    }
    if (joined) {
        lua_pushcfunction(L, joined);
        lua_setfield(L, -2, "__concat");
        lua_pushcfunction(L, joined);
        lua_setfield(L, -2, "__index");
    }
    lua_pop(L, 1);
}

/* What is made of an unknown name (gpt-5.2, in which Lua sees a subtraction) is no second error. */
static void add_arithmetic(lua_State *L, const char *kind) {
    static const char *const names[] = {"__add", "__sub", "__mul", "__div", "__mod", "__pow", "__unm", "__len", NULL};
    luaL_getmetatable(L, kind);
    for (const char *const *name = names; *name; name++) {
        lua_pushcfunction(L, swallow);
        lua_setfield(L, -2, *name);
    }
    lua_pop(L, 1);
}

void yz_script_env(lua_State *L) {
    /* What could run without end in one instruction (patterns) or reach outside is not here. */
    static const char *const basics[] = {"pairs",  "ipairs", "next",  "type",   "tostring", "tonumber",
                                         "select", "unpack", "error", "assert", NULL};
    static const char *const strings[] = {"format", "sub", "upper", "lower", "len", "byte", "char", "reverse", "rep", NULL};
    static const char *const tables[] = {"concat", "remove", "sort", NULL};
    static const char *const maths[] = {"floor", "ceil", "max", "min", "abs", "huge", NULL};
    add_metatable(L, "statement", call_again, NULL);
    add_metatable(L, "unknown", swallow, swallow);
    add_arithmetic(L, "unknown");
    lua_newtable(L);
    lua_setfield(L, LUA_REGISTRYINDEX, "modules");
    lua_newtable(L);
    copy_names(L, NULL, basics);
    copy_library(L, "string", strings);
    copy_library(L, "table", tables);
    lua_getfield(L, -1, "table");
    yz_script_insert(L);
    lua_setfield(L, -2, "insert");
    lua_pop(L, 1);
    copy_library(L, "math", maths);
    yz_script_variables(L);
    lua_setfield(L, -2, "env");
    lua_pushcfunction(L, call_require);
    lua_setfield(L, -2, "require");
    lua_pushliteral(L, ""); /* methods of strings come from the short list too */
    lua_getmetatable(L, -1);
    lua_getfield(L, -3, "string");
    lua_setfield(L, -2, "__index");
    lua_pop(L, 2);
    lua_newtable(L);
    lua_pushcfunction(L, find_name);
    lua_setfield(L, -2, "__index");
    lua_pushcfunction(L, set_name);
    lua_setfield(L, -2, "__newindex");
    lua_setmetatable(L, -2);
}
