/* cli/test.c: `yuzui test`: runs *_test.lua files. A test file sees the policy environment and, besides:
 *
 *   test("name", function() … end)
 *   equal(found, wanted)
 *   run("policy.lua", request [, fake_next [, config]]) -> result
 *
 * request is a body (messages may be a string). fake_next plays the providers, config describes the world: played.h. The result: model,
 * text, error, reason, calls (models asked, in order), ms (played time). What its author wrote is bounded in time: bounded.h.
 */
#include "base/arena.h"
#include "base/diag.h"
#include "cli/bounded.h"
#include "cli/cli.h"
#include "cli/compare.h"
#include "cli/played.h"
#include "loop/loop.h"
#include "lua/watchdog.h"
#include "plugin/loader.h"
#include "worker.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct runner {
    yz_lua *tests; /* the state of the test files */
    int64_t until; /* of the test that runs, or of the file outside its tests: bounded.h */
    yz_worker *worker;
    yz_str folder; /* of the test file */
    const char *path;
    yz_dialects dialects; /* of the adapters that can be found */
    unsigned passed, failed;
} runner;

static runner *running;

static bool lists(const yz_adapter *adapter, const char *name) {
    const char *const *field = adapter->chat_fields;
    while (field && *field && strcmp(*field, name) != 0)
        field++;
    return field && *field;
}

/* A field that no client sends, where the name of one that they do is meant. */
static void check_fields(lua_State *L, int index, const yz_adapter *form) {
    const yz_dialects *dialects = &running->dialects;
    size_t n = 0;
    while (form->chat_fields && form->chat_fields[n])
        n++;
    for (lua_pushnil(L); lua_next(L, index); lua_pop(L, 1)) {
        const char *name = lua_type(L, -2) == LUA_TSTRING ? lua_tostring(L, -2) : NULL;
        bool known = !name;
        for (size_t i = 0; i < dialects->n && !known; i++)
            known = lists(dialects->owners[i], name);
        const char *meant = known ? NULL : yz_did_you_mean(yz_str_of(name), form->chat_fields, n);
        if (meant)
            luaL_error(L, "run: the request has a field \"%s\": did you mean \"%s\"?", name, meant);
    }
}

/* The table at `index` as a body of this form; messages may be a string. */
static yz_str read_body(lua_State *L, int index, const yz_adapter *form, yz_arena *arena) {
    yz_buf text = {0};
    bool plain;
    check_fields(L, index, form);
    const char *wrong = yz_lua_encode_chat(L, index, form, &text, &plain);
    yz_str body = yz_dup(arena, yz_buf_view(&text));
    yz_buf_free(&text);
    if (wrong)
        luaL_error(L, "run: the request holds %s", wrong);
    return body;
}

/* ---- run ------------------------------------------------------------------------------------------------------------------------------
 */

static void push_result(lua_State *L, const rehearsal *r, int calls) {
    static const char *const fields[] = {"model", "text", "message", "error", "request", "reason", "calls", "ms", "policy_failed", NULL};
    static const char *const of_error[] = {"class", "code", "message", "status", "retry_after", NULL};
    lua_newtable(L);
    int table = lua_gettop(L);
    yz_compare_fields(L, table, "a result of run", fields);
    if (r->failed) {
        policy_error_push(L, &r->error);
        yz_compare_fields(L, table + 1, "the error of a result", of_error);
        lua_setfield(L, table, "error");
    } else if (r->served) {
        lua_pushlstring(L, r->served->model.p, r->served->model.n);
        lua_setfield(L, table, "model");
        yz_lua_decode(L, r->arena, r->served->json);
        lua_setfield(L, table, "request");
    }
    if (r->answer && !r->failed) {
        policy_collected_push(L, r->arena, r->answer, YZ_STR(""), NULL);
        lua_getfield(L, -1, "text");
        lua_setfield(L, table, "text");
        lua_getfield(L, -1, "message");
        lua_setfield(L, table, "message");
        lua_settop(L, table);
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

static const char *play(runner *run, yz_played *p, rehearsal *r, policy_config *config, yz_settings *settings, const yz_request *request) {
    yz_share share = {.settings = settings, .worker = run->worker};
    yz_diag diag = {0};
    const char *wrong = NULL;
    void *stage = NULL;
    share.lua = yz_lua_new(&share, &diag);
    p->turn = &run->worker->turn;
    yz_played_outside(p);
    share.lua->outside = &p->outside;
    if (yz_policy_plugin.filter->open(run->worker, config, &stage, &diag) == YZ_OK) {
        yz_link links[2] = {{.filter = yz_policy_plugin.filter, .name = "policy", .config = config, .stage = stage}};
        r->worker = run->worker;
        r->share = &share;
        r->links = links;
        r->n_policies = 1;
        bool ended = rehearse(r, request);
        wrong = p->wrong ? p->wrong : ended ? NULL : "the policy did not come to an end";
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
    if (lua_gettop(L) > 4)
        return luaL_error(L, "run takes a file, a request, a fake and a table of settings: a fifth argument is one too many");
    yz_bounded_check(L, me->until);
    lua_settop(L, 4);
    lua_newtable(L);
    yz_arena *arena = yz_arena_new(NULL);
    yz_on_free(me->tests->arena, free_arena, arena); /* lives until the file is done: errors of Lua leave from anywhere */
    yz_settings *settings = yz_alloc(arena, sizeof *settings);
    settings->folder = me->folder;
    settings->dialects = me->dialects;
    policy_config *config = yz_alloc(arena, sizeof *config);
    config->file = yz_dup(arena, yz_str_of(luaL_checkstring(L, 1)));
    const yz_adapter *form = yz_dialects_fallback(&settings->dialects);
    yz_request *request = rehearsal_request(arena, settings, form, read_body(L, 2, form, arena));
    yz_played *p = yz_alloc(arena, sizeof *p);
    *p = (yz_played){.L = L, .arena = arena, .until = me->until, .fake = 3, .config = 4, .calls = 5};
    yz_played_config(p, config, settings, request);
    rehearsal *r = yz_alloc(arena, sizeof *r);
    r->leaf = yz_played_leaf;
    r->arg = p;
    r->arena = arena;
    yz_watch_held outer = yz_watch_hold(); /* the policy has limits of its own, when it is loaded and when it runs */
    const char *wrong = play(me, p, r, config, settings, request);
    yz_watch_take_up(&outer);
    if (wrong)
        return luaL_error(L, "%s", wrong);
    push_result(L, r, 5);
    return 1;
}

/* ---- what else a test file may call ------------------------------------------------------------------------------------------------ */

static int test(lua_State *L) {
    const char *name = luaL_checkstring(L, 1);
    luaL_checktype(L, 2, LUA_TFUNCTION);
    lua_pushvalue(L, 2);
    int64_t outside = running->until, began = yz_watch_cpu();
    running->until = yz_bounded_until();
    int status = yz_bounded_call(L, 0, 0, running->until);
    running->until = outside + yz_watch_cpu() - began; /* what is outside the test has not run meanwhile */
    if (status == LUA_OK) {
        running->passed++;
        return 0;
    }
    running->failed++;
    printf("FAILED  %s: %s\n        %s\n", running->path, name, lua_isstring(L, -1) ? lua_tostring(L, -1) : luaL_typename(L, -1));
    return 0;
}

/* The environment of test files: the policies', and three functions more. */
static void extend_environment(yz_lua *lua) {
    static const luaL_Reg functions[] = {{"test", test}, {"run", run}, {"equal", yz_compare_equal}, {NULL, NULL}};
    lua_State *L = lua->L;
    lua_newtable(L);
    for (const luaL_Reg *w = functions; w->name; w++) {
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
    lua_State *L = r->tests->L;
    const char *wrong = yz_lua_compile_file(r->tests, path);
    r->until = yz_bounded_until();
    if (!wrong && yz_bounded_call(L, 0, 0, r->until) != LUA_OK)
        wrong = lua_isstring(L, -1) ? lua_tostring(L, -1) : "an error that is not text";
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
    size_t n = yz_plugin_list(YZ_KIND_ADAPTER, &plugins, NULL);
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
        fprintf(stderr,
                "yuzui test: no *_test.lua with a test in %s: those of policy.lua stand beside it in policy_test.lua (docs/policies.md)\n",
                path);
    return r.failed > 0 || r.passed == 0;
}

int yz_cli_test(int argc, char **argv) {
    const char *path;
    if (yz_cli_options(argc, argv, NULL, 0, &path) != 0)
        return 2;
    if (!path && access("policies", F_OK) != 0)
        return yz_cli_wrong_usage(argv[0], "of what? There is no folder policies here, so it needs a file or folder with *_test.lua");
    return test_policies(path ? path : "policies");
}
