/* lua/policy.c: the stage `policy "file.lua" {…}`: its options, opening the file, and the events of calls, which go to run.c and
 * next.c. A policy sees chat requests, and others if its option `operations` names them; the rest passes it by.
 */
#include "base/arena.h"
#include "base/check.h"
#include "base/diag.h"
#include "lua/run.h"
#include "net/tls.h"

#include <stdlib.h>

static const yz_option options[] = {
    {.name = "file",
     .type = YZ_OPTION_STRING,
     .offset = offsetof(policy_config, file),
     .required = true,
     .help = "the Lua file: absolute, relative to the config, or of the library"},
    {.name = "default",
     .type = YZ_OPTION_STRING,
     .offset = offsetof(policy_config, otherwise),
     .models = true,
     .help = "the model when the policy fails and the client asked for none that is configured"},
    {.name = "on_error",
     .type = YZ_OPTION_CHOICE,
     .offset = offsetof(policy_config, on_error),
     .otherwise = "continue",
     .choices = "continue fail",
     .help = "when the policy fails: go on as if it were not there, or fail the request"},
    {.name = "time",
     .type = YZ_OPTION_DURATION,
     .offset = offsetof(policy_config, time),
     .otherwise = "50ms",
     .min = 5,
     .max = 10000,
     .help = "CPU time one run may take, until it waits or returns"},
    {.name = "call_time",
     .type = YZ_OPTION_DURATION,
     .offset = offsetof(policy_config, call_time),
     .otherwise = "0ms",
     .max = 60000,
     .help = "CPU time all runs of one call may take; 0: four times time"},
    {.name = "answer_time",
     .type = YZ_OPTION_DURATION,
     .offset = offsetof(policy_config, answer_time),
     .otherwise = "2s",
     .min = 5,
     .max = 600000,
     .help = "CPU time that rewriting one answer may take"},
    {.name = "memory",
     .type = YZ_OPTION_SIZE,
     .offset = offsetof(policy_config, memory),
     .otherwise = "8MiB",
     .min = 64 << 10,
     .max = 48 << 20,
     .help = "memory one call may take"},
    {.name = "hosts",
     .type = YZ_OPTION_LIST,
     .offset = offsetof(policy_config, hosts),
     .help = "hosts http.fetch may ask: \"api.example.com\", or \"*.example.com\" for all below"},
    {.name = "store",
     .type = YZ_OPTION_STRING,
     .offset = offsetof(policy_config, store),
     .help = "the store of store.get and store.put, such as \"memory\""},
    {.name = "operations",
     .type = YZ_OPTION_LIST,
     .offset = offsetof(policy_config, operations),
     .otherwise = "chat",
     .choices = YZ_OPERATIONS,
     .help = "which requests it sees: chat, embedding, …; \"all\": every one"},
    {.name = "options", .type = YZ_OPTION_TREE, .offset = offsetof(policy_config, options), .help = "what the policy finds in req.options"},
};

/* ---- opening ------------------------------------------------------------------------------------------------------------- */

static yz_str stem(yz_arena *arena, yz_str file) {
    const char *slash = memrchr(file.p, '/', file.n);
    yz_str name = slash ? (yz_str){slash + 1, file.n - (size_t)(slash + 1 - file.p)} : file;
    if (name.n > 4 && memcmp(name.p + name.n - 4, ".lua", 4) == 0)
        name.n -= 4;
    return yz_dup(arena, name);
}

static int load(policy *p, yz_diag *diag) {
    const char *tried = "";
    const char *path = yz_lua_find_policy(p->lua, p->config->file, &tried);
    if (!path) {
        const char *meant = yz_lua_meant_policy(p->lua, p->config->file);
        if (p->config->file.n > 1 && p->config->file.p[0] == '~')
            yz_diag_error(diag, "policy \"%.*s\": ~ is a shell's word for a folder, and not known here: the whole path, as in \"%s%.*s\"",
                          YZ_STR_ARGS(p->config->file), getenv("HOME") && p->config->file.p[1] == '/' ? getenv("HOME") : "/home/you",
                          (int)(p->config->file.n - 1), p->config->file.p + 1);
        else if (meant)
            yz_diag_error(diag, "policy \"%.*s\": no such file: did you mean \"%s\"?", YZ_STR_ARGS(p->config->file), meant);
        else
            yz_diag_error(diag, "policy \"%.*s\": no such file; looked at %s", YZ_STR_ARGS(p->config->file), tried);
        return YZ_ENOTFOUND;
    }
    p->path = yz_dup(p->lua->arena, yz_str_of(path));
    p->lua->declared = 0;
    const char *wrong = yz_lua_load_file(p->lua, path);
    int declared = p->lua->declared;
    if (wrong) {
        yz_diag_error(diag, "policy \"%.*s\": %s", YZ_STR_ARGS(p->config->file), wrong);
        return YZ_EINVAL;
    }
    if (!lua_isfunction(p->lua->L, -1)) {
        yz_diag_error(diag, "policy \"%.*s\": the file returns %s%s, not a function; a policy is `return function(req, next) … end`",
                      YZ_STR_ARGS(p->config->file), lua_isnil(p->lua->L, -1) ? "" : "a ",
                      lua_isnil(p->lua->L, -1) ? "nothing" : luaL_typename(p->lua->L, -1));
        lua_pop(p->lua->L, 1);
        return YZ_EINVAL;
    }
    p->function = luaL_ref(p->lua->L, LUA_REGISTRYINDEX);
    return policy_declared_options(p, declared, diag);
}

static int check_hosts(const policy *p, yz_diag *diag) {
    for (size_t i = 0; i < p->config->hosts.n; i++)
        if (!policy_http_host_ok(p->config->hosts.items[i])) {
            yz_diag_error(diag, "policy: hosts: \"%.*s\" is no host: a name or address without scheme, port and path, or \"*.example.com\"",
                          YZ_STR_ARGS(p->config->hosts.items[i]));
            return YZ_EINVAL;
        }
    return YZ_OK;
}

static int open_outside(policy *p, yz_diag *diag) {
    if (p->lua->outside)
        return YZ_OK;
    if (p->config->store.n && !(p->store = yz_store_find(p->worker, p->config->store, diag)))
        return YZ_EINVAL;
    if (p->config->hosts.n && !(p->tls = yz_tls_client((yz_str){0}, false, diag)))
        return YZ_EINVAL;
    return YZ_OK;
}

static void close_stage(void *stage) {
    policy *p = stage;
    yz_tls_unref(p->tls);
    free(p);
}

static int on_open(yz_worker *worker, const void *config, void **stage, yz_diag *diag) {
    policy *p = yz_calloc(1, sizeof *p);
    p->config = config;
    p->worker = worker;
    p->lua = yz_lua_newest();
    if (!YZ_CHECK(p->lua != NULL)) {
        yz_diag_error(diag, "policy: no Lua state was made for this worker");
        free(p);
        return YZ_EINTERNAL;
    }
    p->name = stem(p->lua->arena, p->config->file);
    p->errors = yz_counter_declare("policy_errors", "policies that failed");
    int code = policy_place(p, diag);
    if (code == YZ_OK)
        code = check_hosts(p, diag);
    if (code == YZ_OK)
        code = load(p, diag);
    if (code == YZ_OK)
        code = open_outside(p, diag);
    if (code != YZ_OK) {
        close_stage(p);
        return code;
    }
    *stage = p;
    return YZ_OK;
}

/* ---- the events of a call -------------------------------------------------------------------------------------------------- */

static void on_call(yz_call *call, const yz_request *request) {
    policy *p = yz_stage(call);
    if (policy_passes_by(p, request)) {
        yz_pass(call, NULL);
        return;
    }
    yz_policy_call *pc = yz_state(call);
    pc->call = call;
    pc->policy = p;
    pc->lua = pc->policy->lua;
    pc->request = request;
    if (p->config->timeout > 0)
        yz_deadline(call, p->config->timeout);
    policy_start(pc);
}

static void on_head(yz_call *call, yz_call *child, const yz_head *head) {
    yz_policy_call *pc = yz_state(call);
    attempt *a = policy_attempt_find(pc, child);
    if (a == pc->adopted) {
        yz_send_head(call, head);
        return;
    }
    a->head = *head;
    a->state = ATTEMPT_HEAD;
    if (a->chat) {
        policy_chat_head(pc, a, head);
        return;
    }
    yz_flow(child, true); /* until somebody wants it */
    policy_on_settled(pc, a);
}

static void on_chunk(yz_call *call, yz_call *child, const yz_chunk *chunk) {
    yz_policy_call *pc = yz_state(call);
    if (pc->adopted && pc->adopted->child == child) {
        if (pc->adopted->rewrite)
            policy_rewrite_chunk(pc->adopted->rewrite, chunk);
        else
            yz_send_chunk(call, chunk);
        return;
    }
    attempt *a = policy_attempt_find(pc, child);
    if (a->chat) {
        policy_chat_chunk(pc, a, chunk);
        return;
    }
    yz_buf_str(&a->held, chunk->bytes);
    a->marks |= chunk->marks;
}

static void on_end(yz_call *call, yz_call *child, const yz_end *end) {
    yz_policy_call *pc = yz_state(call);
    attempt *a = policy_attempt_find(pc, child);
    a->ended = true;
    a->end = *yz_end_copy(yz_call_arena(call), end);
    if (a == pc->adopted && a->rewrite)
        policy_rewrite_end(a->rewrite, end);
    else if (a == pc->adopted)
        yz_send_end(call, end);
    else if (a->chat)
        policy_chat_end(pc, a);
}

static void on_error(yz_call *call, yz_call *child, const yz_error *error) {
    yz_policy_call *pc = yz_state(call);
    attempt *a = policy_attempt_find(pc, child);
    if (a == pc->adopted) {
        yz_send_error(call, error);
        return;
    }
    a->error = *error;
    if (a->chat) {
        a->state = ATTEMPT_FAILED;
        policy_chat_failed(pc, a);
    } else if (a->state == ATTEMPT_HEAD) {
        a->failed_late = true;
    } else {
        a->state = ATTEMPT_FAILED;
        policy_on_settled(pc, a);
    }
}

static void on_timer(yz_call *call, yz_timer *timer) {
    yz_policy_call *pc = yz_state(call);
    if (timer != pc->timer)
        return;
    pc->timer = NULL;
    policy_on_wait_over(pc);
}

static void on_close(yz_call *call) {
    yz_policy_call *pc = yz_state(call);
    if (pc->call)
        policy_release(pc, pc->adopted);
    for (int i = 0; i < pc->n_attempts; i++)
        if (pc->attempts[i]->rewrite)
            policy_rewrite_free(pc->attempts[i]->rewrite);
}

/* Held attempts stay held. */
static void on_flow(yz_call *call, bool paused) {
    yz_policy_call *pc = yz_state(call);
    if (pc->adopted)
        yz_flow(pc->adopted->child, paused);
}

const yz_filter policy_filter = {
    YZ_FILTER,
    .call_size = sizeof(yz_policy_call),
    .open = on_open,
    .close = close_stage,
    .on_call = on_call,
    .on_head = on_head,
    .on_chunk = on_chunk,
    .on_end = on_end,
    .on_error = on_error,
    .on_timer = on_timer,
    .on_close = on_close,
    .on_flow = on_flow,
};

const yz_plugin yz_policy_plugin = {
    .abi_major = YZ_ABI_MAJOR,
    .abi_minor = YZ_ABI_MINOR,
    .size = sizeof(yz_plugin),
    .name = "policy",
    .summary = "a Lua script that looks at a request and decides",
    .version = "1",
    .config_size = sizeof(policy_config),
    YZ_OPTIONS(options),
    .filter = &policy_filter,
};
