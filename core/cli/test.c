/* cli/test.c: `yuzui test`: runs *_test.lua files. A test file sees the policy environment and, besides:
 *
 *   test("name", function() … end)
 *   equal(found, wanted)
 *   run("policy.lua", request [, fake_next [, config]]) -> result
 *
 * request is a body (messages may be a string). fake_next(request) plays the providers: it returns { text = …, after = ms } or
 * { error = "class", message =, retry_after =, after = }; without it every model answers "ok". config: { models = {…}, default =, on_error
 * =, options =, time =, memory = }. The result: model, text, error, reason, calls (models asked, in order), ms (played time).
 */
#include "base/arena.h"
#include "base/diag.h"
#include "cli/cli.h"
#include "cli/rehearse.h"
#include "loop/loop.h"
#include "plugin/loader.h"
#include "worker.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

typedef struct runner {
    yz_lua *tests; /* the state of the test files: not limited in time, they are the author's own */
    yz_worker *worker;
    yz_str folder; /* of the test file */
    const char *path;
    yz_dialects dialects; /* of the adapters that can be found */
    unsigned passed, failed;
    /* of the run that is going on */
    int fake;  /* stack index in tests->L */
    int calls; /* likewise: the table of models asked */
} runner;

static runner *running;

/* ---- the fake rest of the chain ---------------------------------------------------------------------------------------------- */

static yz_str text_field(lua_State *L, int table, const char *name, yz_arena *arena) {
    yz_str text = {0};
    lua_getfield(L, table, name);
    if (lua_type(L, -1) == LUA_TSTRING)
        text.p = lua_tolstring(L, -1, &text.n);
    text = yz_dup(arena, text);
    lua_pop(L, 1);
    return text;
}

static void read_fake(lua_State *L, yz_arena *arena, rehearsed *out) {
    int table = lua_gettop(L);
    yz_str word = text_field(L, table, "error", arena);
    out->error.size = sizeof(out->error);
    lua_getfield(L, table, "after");
    out->after = (int64_t)lua_tonumber(L, -1);
    lua_getfield(L, table, "retry_after");
    out->error.retry_after = lua_isnumber(L, -1) ? (int64_t)(lua_tonumber(L, -1) * 1000) : 0;
    out->text = text_field(L, table, "text", arena);
    out->failed = word.n > 0;
    out->error.message = text_field(L, table, "message", arena);
    out->error.class_ = YZ_ERROR_SERVER;
    for (int c = 0; c <= YZ_ERROR_INTERNAL; c++)
        if (yz_str_is(word, yz_error_word((yz_error_class)c)))
            out->error.class_ = (yz_error_class)c;
}

static void leaf(void *arg, yz_call *call, const yz_request *request, rehearsed *out) {
    runner *r = arg;
    lua_State *L = r->tests->L;
    yz_arena *arena = yz_call_arena(call);
    int top = lua_gettop(L);
    lua_pushlstring(L, request->model.p, request->model.n);
    lua_rawseti(L, r->calls, (int)lua_objlen(L, r->calls) + 1);
    if (lua_isnoneornil(L, r->fake)) {
        out->text = YZ_STR("ok");
        return;
    }
    lua_pushvalue(L, r->fake);
    yz_lua_decode(L, arena, request->json);
    lua_pushlstring(L, request->model.p, request->model.n);
    lua_setfield(L, -2, "model");
    lua_pushboolean(L, request->no_cache);
    lua_setfield(L, -2, "no_cache");
    if (lua_pcall(L, 1, 1, 0) == LUA_OK && lua_istable(L, -1)) {
        read_fake(L, arena, out);
    } else {
        out->failed = true;
        const char *message = lua_isstring(L, -1) ? lua_tostring(L, -1) : "the fake next returns a table";
        out->error = (yz_error){YZ_ERROR, .class_ = YZ_ERROR_INTERNAL, .message = yz_dup(arena, yz_str_of(message))};
    }
    lua_settop(L, top);
}

/* ---- the world of one run --------------------------------------------------------------------------------------------------------- */

static int by_name(const void *a, const void *b) {
    const yz_model_settings *x = a, *y = b;
    return strcmp(x->name.p, y->name.p);
}

/* The models of the list on top of the stack, each with one target. */
static void read_models(lua_State *L, yz_arena *arena, yz_settings *settings) {
    static const char *const usual[] = {"claude-opus-4-6", "gpt-5.2", "kimi-k2.5"};
    static const yz_provider provider = {YZ_PROVIDER, .name = {"test", 4}};
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
        yz_target *target = yz_alloc(arena, sizeof *target);
        *target = (yz_target){YZ_TARGET, &provider, name};
        const yz_target **list = yz_alloc(arena, sizeof *list);
        *list = target;
        settings->models[i] = (yz_model_settings){.name = name, .targets = list, .n_targets = 1};
    }
    qsort(settings->models, n, sizeof *settings->models, by_name);
}

static int by_header(const void *a, const void *b) {
    const yz_header *x = a, *y = b;
    return strcmp(x->name.p, y->name.p);
}

static void read_options(lua_State *L, int config, yz_arena *arena, yz_map *map) {
    lua_getfield(L, config, "options");
    if (lua_istable(L, -1)) {
        int table = lua_gettop(L);
        yz_header *items = yz_alloc(arena, 64 * sizeof *items);
        for (lua_pushnil(L); lua_next(L, table) && map->n < 64; lua_pop(L, 1)) {
            lua_pushvalue(L, -2);
            items[map->n].name = yz_dup(arena, yz_str_of(luaL_checkstring(L, -1)));
            lua_pop(L, 1);
            items[map->n++].value = yz_dup(arena, yz_str_of(luaL_checkstring(L, -1)));
        }
        qsort(items, map->n, sizeof *items, by_header);
        map->items = items;
    }
    lua_pop(L, 1);
}

static void read_config(lua_State *L, int config, yz_arena *arena, policy_config *out, yz_settings *settings) {
    out->time = 1000; /* a test may run on a slow machine; the limit has tests of its own */
    out->memory = 8 << 20;
    if (!lua_istable(L, config)) {
        lua_pushnil(L);
        read_models(L, arena, settings);
        lua_pop(L, 1);
        return;
    }
    lua_getfield(L, config, "models");
    read_models(L, arena, settings);
    lua_pop(L, 1);
    out->otherwise = text_field(L, config, "default", arena);
    out->on_error = yz_str_is(text_field(L, config, "on_error", arena), "fail");
    read_options(L, config, arena, &out->options);
}

/* The table at `index` as a body; messages may be a string. */
static yz_str read_body(lua_State *L, int index, yz_arena *arena) {
    lua_getfield(L, index, "messages");
    if (lua_type(L, -1) == LUA_TSTRING) {
        lua_newtable(L);
        lua_newtable(L);
        lua_pushliteral(L, "user");
        lua_setfield(L, -2, "role");
        lua_pushvalue(L, -3);
        lua_setfield(L, -2, "content");
        lua_rawseti(L, -2, 1);
        lua_setfield(L, index, "messages");
    }
    lua_pop(L, 1);
    yz_buf text = {0};
    const char *wrong = yz_lua_encode(L, index, &text);
    yz_str body = yz_dup(arena, yz_buf_view(&text));
    yz_buf_free(&text);
    if (wrong)
        luaL_error(L, "run: the request holds %s", wrong);
    return body;
}

/* ---- run ------------------------------------------------------------------------------------------------------------------------------
 */

static void push_result(lua_State *L, const rehearsal *r, int calls) {
    lua_newtable(L);
    int table = lua_gettop(L);
    if (r->failed) {
        policy_error_push(L, &r->error);
        lua_setfield(L, table, "error");
    } else if (r->served) {
        lua_pushlstring(L, r->served->model.p, r->served->model.n);
        lua_setfield(L, table, "model");
        yz_lua_decode(L, r->arena, r->served->json);
        lua_setfield(L, table, "request");
    }
    yz_json *root;
    if (r->body.n && yz_json_parse(r->arena, r->body, 0, &root, NULL) == YZ_OK) {
        const yz_json *choices = yz_json_get(root, "choices");
        yz_lua_decode(L, r->arena, yz_json_get(choices->child, "message"));
        lua_getfield(L, -1, "content");
        lua_setfield(L, table, "text");
        lua_setfield(L, table, "message");
    }
    lua_pushlstring(L, r->reason.p ? r->reason.p : "", r->reason.n);
    lua_setfield(L, table, "reason");
    lua_pushvalue(L, calls);
    lua_setfield(L, table, "calls");
    lua_pushnumber(L, (lua_Number)r->now);
    lua_setfield(L, table, "ms");
    lua_pushboolean(L, r->policy_failed);
    lua_setfield(L, table, "policy_failed");
}

static const char *play(runner *run, rehearsal *r, policy_config *config, yz_settings *settings, const yz_request *request) {
    yz_share share = {.settings = settings, .worker = run->worker};
    yz_diag diag = {0};
    const char *wrong = NULL;
    void *stage = NULL;
    share.lua = yz_lua_new(&share, &diag);
    share.lua->offline = true;
    if (yz_policy_plugin.filter->open(run->worker, config, &stage, &diag) == YZ_OK) {
        yz_link links[2] = {{.filter = yz_policy_plugin.filter, .name = "policy", .config = config, .stage = stage}};
        r->worker = run->worker;
        r->share = &share;
        r->links = links;
        r->n_policies = 1;
        if (!rehearse(r, request))
            wrong = "the policy did not come to an end";
        r->share = NULL; /* both end with this function */
        r->links = NULL;
        yz_policy_plugin.filter->close(stage);
    } else {
        wrong = yz_dup(r->arena, yz_buf_view(&diag.text)).p;
    }
    yz_lua_free(share.lua);
    yz_diag_free(&diag);
    return wrong;
}

static void free_arena(void *arena) { yz_arena_free(arena); }

static int run(lua_State *L) {
    runner *me = running;
    luaL_checktype(L, 2, LUA_TTABLE);
    lua_settop(L, 4);
    lua_newtable(L);
    me->fake = 3;
    me->calls = 5;
    yz_arena *arena = yz_arena_new(NULL);
    yz_on_free(me->tests->arena, free_arena, arena); /* lives until the file is done: errors of Lua leave from anywhere */
    yz_settings *settings = yz_alloc(arena, sizeof *settings);
    settings->folder = me->folder;
    settings->dialects = me->dialects;
    policy_config *config = yz_alloc(arena, sizeof *config);
    config->file = yz_dup(arena, yz_str_of(luaL_checkstring(L, 1)));
    read_config(L, 4, arena, config, settings);
    yz_request *request = rehearsal_request(arena, settings, read_body(L, 2, arena));
    rehearsal *r = yz_alloc(arena, sizeof *r);
    r->leaf = leaf;
    r->arg = me;
    r->arena = arena;
    const char *wrong = play(me, r, config, settings, request);
    if (wrong)
        return luaL_error(L, "%s", wrong);
    push_result(L, r, 5);
    return 1;
}

/* ---- what else a test file may call ------------------------------------------------------------------------------------------------ */

static int equal(lua_State *L) {
    luaL_checkany(L, 2);
    if (lua_equal(L, 1, 2))
        return 0;
    yz_buf text = {0};
    yz_buf_lit(&text, "found ");
    if (yz_lua_encode(L, 1, &text))
        yz_buf_lit(&text, luaL_typename(L, 1));
    yz_buf_lit(&text, ", wanted ");
    if (yz_lua_encode(L, 2, &text))
        yz_buf_lit(&text, luaL_typename(L, 2));
    luaL_where(L, 1);
    lua_pushlstring(L, text.p, text.n);
    yz_buf_free(&text);
    lua_concat(L, 2);
    return lua_error(L);
}

static int test(lua_State *L) {
    const char *name = luaL_checkstring(L, 1);
    luaL_checktype(L, 2, LUA_TFUNCTION);
    lua_pushvalue(L, 2);
    if (lua_pcall(L, 0, 0, 0) == LUA_OK) {
        running->passed++;
        return 0;
    }
    running->failed++;
    printf("FAILED  %s: %s\n        %s\n", running->path, name, lua_isstring(L, -1) ? lua_tostring(L, -1) : luaL_typename(L, -1));
    return 0;
}

/* The environment of test files: the policies', and three functions more. */
static void extend_environment(yz_lua *lua) {
    static const luaL_Reg words[] = {{"test", test}, {"run", run}, {"equal", equal}, {NULL, NULL}};
    lua_State *L = lua->L;
    lua_newtable(L);
    for (const luaL_Reg *w = words; w->name; w++) {
        lua_pushcfunction(L, w->func);
        lua_setfield(L, -2, w->name);
    }
    lua_newtable(L);
    lua_rawgeti(L, LUA_REGISTRYINDEX, lua->env);
    lua_setfield(L, -2, "__index");
    lua_setmetatable(L, -2);
    yz_lua_freeze(L, "the test's environment");
    lua->env = luaL_ref(L, LUA_REGISTRYINDEX);
}

static void run_file(runner *r, const char *path) {
    yz_share share = {.worker = r->worker};
    r->path = path;
    r->tests = yz_lua_new(&share, NULL);
    extend_environment(r->tests);
    const char *slash = strrchr(path, '/');
    r->folder = slash ? yz_dup(r->tests->arena, (yz_str){path, (size_t)(slash - path)}) : YZ_STR(".");
    running = r;
    const char *wrong = yz_lua_load_unlimited(r->tests, path);
    if (wrong) {
        r->failed++;
        printf("FAILED  %s\n        %s\n", path, wrong);
    }
    running = NULL;
    yz_lua_free(r->tests);
}

/* ---- finding test files ---------------------------------------------------------------------------------------------------------------
 */

static bool ends_in(const char *name, const char *tail) {
    size_t n = strlen(name), m = strlen(tail);
    return n >= m && strcmp(name + n - m, tail) == 0;
}

static int by_text(const void *a, const void *b) { return strcmp(*(const char *const *)a, *(const char *const *)b); }

static void run_folder(runner *r, const char *folder, int depth, yz_arena *arena) {
    DIR *dir = opendir(folder);
    const char *names[512];
    size_t n = 0;
    for (struct dirent *entry; dir && n < 512 && (entry = readdir(dir));)
        if (entry->d_name[0] != '.')
            names[n++] = yz_format(arena, "%s/%s", folder, entry->d_name).p;
    if (dir)
        closedir(dir);
    qsort(names, n, sizeof *names, by_text);
    for (size_t i = 0; i < n; i++) {
        struct stat info;
        if (stat(names[i], &info) == 0 && S_ISDIR(info.st_mode) && depth < 4)
            run_folder(r, names[i], depth + 1, arena);
        else if (ends_in(names[i], "_test.lua"))
            run_file(r, names[i]);
    }
}

/* For llm.chat and answers of a policy's own. */
static void find_dialects(yz_dialects *dialects, yz_arena *arena) {
    const yz_plugin *const *plugins;
    size_t n = yz_plugin_list(&plugins, NULL);
    for (size_t i = 0; i < n; i++)
        yz_dialects_add(dialects, arena, plugins[i]->adapter);
}

static int test_policies(const char *path) {
    yz_arena *arena = yz_arena_new(NULL);
    runner r = {.worker = yz_worker_new(0)};
    find_dialects(&r.dialects, arena);
    struct stat info;
    if (stat(path, &info) == 0 && S_ISDIR(info.st_mode))
        run_folder(&r, path, 0, arena);
    else
        run_file(&r, path);
    printf("%u passed, %u failed\n", r.passed, r.failed);
    yz_worker_free(r.worker);
    yz_arena_free(arena);
    if (r.passed + r.failed == 0)
        fprintf(stderr, "yuzui test: no *_test.lua with a test in %s\n", path);
    return r.failed > 0 || r.passed == 0;
}

int yz_cli_test(int argc, char **argv) {
    const char *path;
    if (yz_cli_options(argc, argv, NULL, 0, &path) != 0)
        return 2;
    return test_policies(path ? path : "policies");
}
