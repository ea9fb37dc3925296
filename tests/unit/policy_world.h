/* policy_world.h: one worker, one policy from a text, and a leaf that plays the providers by the model's name:
 * "fail-*" fails with OVERLOADED, "slow-*" answers after 100 ms, "late-*" fails after its head, all others answer at once. */
#ifndef POLICY_WORLD_H
#define POLICY_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tree_world.h"

#include "base/diag.h"
#include "generation.h"
#include "lua/run.h"
#include "plugin/loader.h"

#include <stdlib.h>
#include <unistd.h>

static yz_provider pw_provider = {YZ_PROVIDER, .name = {"sim", 3}};
static const char *const pw_models[] = {"claude-opus-4-6", "fail-a", "fail-b", "gpt-5.2", "kimi-k2.5", "late-a", "slow-a", "slow-b"};
#define PW_MODELS (sizeof pw_models / sizeof *pw_models)

typedef struct policy_world {
    world w;
    yz_worker *worker; /* that of w, unless a test brings its own before pw_open */
    yz_settings settings;
    yz_model_settings models[PW_MODELS];
    yz_target targets[PW_MODELS];
    const yz_target *target_list[PW_MODELS];
    yz_share share;
    yz_chain chain;
    yz_link links[2];
    policy_config config;
    yz_diag diag;
    yz_lua *lua;
    char asked[2048]; /* models the leaf was asked for, with a blank after each */
    char body[65536]; /* the body of the last one */
    bool no_cache;
    int cancelled;
    const yz_adapter *dialect; /* of the client; NULL: one that only has a name */
    bool stream;
    /* the client */
    client c;
    char answer[65536];
    char note[512];
    char records[1024]; /* of all calls, at the end: "because outcome model", with "; " after each, "*" before whose answer it was */
    char decision[512]; /* "asked -> chosen (reason)", " failed" after it if it did */
    char path[256];
} policy_world;

static policy_world *pw_now;
static yz_dialects pw_dialects; /* of all worlds, between pw_load and pw_unload */
static yz_arena *pw_arena;

/* Set-up of a group: what llm.chat and answers of a policy's own need. */
static inline int pw_load(void **state) {
    (void)state;
    const yz_plugin *const *plugins;
    yz_plugin_add_folder(YZ_BUILD_FOLDER "/plugins");
    pw_arena = yz_arena_new(NULL);
    size_t n = yz_plugin_list(YZ_KIND_ANY, &plugins, NULL);
    for (size_t i = 0; i < n; i++)
        yz_dialects_add(&pw_dialects, pw_arena, plugins[i]->adapter);
    return yz_dialects_fallback(&pw_dialects) ? 0 : -1;
}
static inline int pw_unload(void **state) {
    (void)state;
    yz_arena_free(pw_arena);
    pw_dialects = (yz_dialects){0};
    return 0;
}

typedef struct leaf_state {
    const yz_request *request;
} leaf_state;

static inline void leaf_answer(yz_call *call, const yz_request *request) {
    yz_str text = yz_format(
        yz_call_arena(call),
        "{\"id\":\"x\",\"model\":\"%.*s\",\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":\"from %.*s\"},"
        "\"finish_reason\":\"stop\"}],\"usage\":{\"prompt_tokens\":7,\"completion_tokens\":3}}",
        YZ_STR_ARGS(request->model), YZ_STR_ARGS(request->model));
    const yz_target *const *targets;
    yz_targets(call, request->model, &targets);
    yz_send_head(call, &(yz_head){YZ_HEAD, .status = 200, .dialect = request->dialect, .target = targets[0], .length = (int64_t)text.n});
    if (yz_ended(call))
        return;
    if (yz_str_starts(request->model, "late-")) {
        yz_fail(call, YZ_ERROR_BROKEN, "cut");
        return;
    }
    yz_send_chunk(call, &(yz_chunk){YZ_CHUNK, text, YZ_MARK_CONTENT});
    const yz_usage usage = yz_usage_of(7, 3);
    if (!yz_ended(call))
        yz_send_end(call, &(yz_end){YZ_END, .usage = &usage, .finish = YZ_FINISH_STOP});
}

static inline void leaf_call(yz_call *call, const yz_request *request) {
    policy_world *p = pw_now;
    size_t n = strlen(p->asked);
    snprintf(p->asked + n, sizeof p->asked - n, "%.*s ", YZ_STR_ARGS(request->model));
    snprintf(p->body, sizeof p->body, "%.*s", YZ_STR_ARGS(request->body));
    p->no_cache = request->no_cache;
    ((leaf_state *)yz_state(call))->request = request;
    if (yz_str_starts(request->model, "fail-"))
        yz_send_error(call, &(yz_error){YZ_ERROR, .class_ = YZ_ERROR_OVERLOADED, .message = YZ_STR("busy"), .retry_after = 2000});
    else if (yz_str_starts(request->model, "slow-"))
        yz_timer_start(call, 100);
    else
        leaf_answer(call, request);
}

static inline void leaf_timer(yz_call *call, yz_timer *timer) {
    (void)timer;
    leaf_answer(call, ((leaf_state *)yz_state(call))->request);
}

static inline void leaf_cancel(yz_call *call) {
    (void)call;
    pw_now->cancelled++;
}

static const yz_filter pw_leaf = {YZ_FILTER, .call_size = sizeof(leaf_state), .on_call = leaf_call, .on_timer = leaf_timer,
                                  .on_close = leaf_cancel};

/* Opens the policy in `source`; with the config as it is in p->config. The code of opening it. */
static inline int pw_open(policy_world *p, const char *source) {
    world_open(&p->w);
    p->worker = p->worker ? p->worker : &p->w.worker;
    pw_now = p;
    p->settings.folder = YZ_STR("/nowhere");
    for (size_t i = 0; i < PW_MODELS; i++) {
        p->targets[i] = (yz_target){YZ_TARGET, &pw_provider, yz_str_of(pw_models[i])};
        p->target_list[i] = &p->targets[i];
        p->models[i] = (yz_model_settings){.name = yz_str_of(pw_models[i]), .targets = &p->target_list[i], .n_targets = 1};
    }
    p->settings.models = p->models;
    p->settings.dialects = pw_dialects;
    p->settings.n_models = PW_MODELS;
    p->share = (yz_share){.settings = &p->settings, .worker = p->worker};
    p->chain = (yz_chain){.links = p->links, .n = 2, .share = &p->share};
    snprintf(p->path, sizeof p->path, "/tmp/yuzui-policy-%d.lua", (int)getpid());
    FILE *file = fopen(p->path, "w");
    fwrite(source, 1, strlen(source), file);
    fclose(file);
    p->config.file = yz_str_of(p->path);
    if (!p->config.time)
        p->config.time = 50;
    if (!p->config.answer_time)
        p->config.answer_time = 2000;
    if (!p->config.memory)
        p->config.memory = 8 << 20;
    p->lua = yz_lua_new(&p->share, &p->diag);
    p->share.lua = p->lua;
    void *stage = NULL;
    int code = yz_policy_plugin.filter->open(p->worker, &p->config, &stage, &p->diag);
    p->links[0] = (yz_link){.filter = yz_policy_plugin.filter, .name = "policy", .config = &p->config, .stage = stage};
    p->links[1] = (yz_link){.filter = &pw_leaf, .name = "leaf"};
    unlink(p->path);
    return code;
}

static inline uint64_t policy_errors(const policy_world *p) { return world_counter(&p->w, "policy_errors"); }

static inline void pw_close(policy_world *p) {
    if (p->links[0].stage)
        yz_policy_plugin.filter->close(p->links[0].stage);
    yz_lua_free(p->lua);
    yz_diag_free(&p->diag);
    world_close(&p->w);
}

static inline void pw_head(void *arg, yz_call *child, const yz_head *head) {
    policy_world *p = arg;
    (void)head;
    client_log(&p->c, "head ");
    p->note[0] = 0;
    for (const yz_note_entry *n = yz_call_notes(child); n; n = n->next)
        if (strcmp(n->name, "policy") == 0)
            snprintf(p->note, sizeof p->note, "%.*s", YZ_STR_ARGS(n->value));
}
static inline void pw_chunk(void *arg, yz_call *child, const yz_chunk *chunk) {
    policy_world *p = arg;
    (void)child;
    client_log(&p->c, "chunk ");
    size_t n = strlen(p->answer);
    snprintf(p->answer + n, sizeof p->answer - n, "%.*s", YZ_STR_ARGS(chunk->bytes));
}
static inline void pw_look(policy_world *p, const yz_call *root) {
    static const char *const becauses[] = {
#define BECAUSE_WORD(name, word) word,
        YZ_BECAUSES(BECAUSE_WORD)
#undef BECAUSE_WORD
    };
    static const char *const outcomes[] = {
#define OUTCOME_WORD(name, word) word,
        YZ_OUTCOMES(OUTCOME_WORD)
#undef OUTCOME_WORD
    };
    const yz_record *first = yz_call_record(root), *answer = yz_record_answer(first);
    yz_buf text = {0};
    for (const yz_record *r = first; r; r = r->next)
        yz_buf_printf(&text, "%s%s %s %.*s; ", r == answer ? "*" : "", becauses[r->because], outcomes[r->outcome], YZ_STR_ARGS(r->model));
    snprintf(p->records, sizeof p->records, "%.*s", YZ_STR_ARGS(yz_buf_view(&text)));
    yz_buf_free(&text);
    const yz_decision *d = first->decision;
    p->decision[0] = 0;
    if (d)
        snprintf(p->decision, sizeof p->decision, "%.*s -> %.*s (%.*s)%s", YZ_STR_ARGS(d->asked), YZ_STR_ARGS(d->chosen),
                 YZ_STR_ARGS(d->reason), d->failed ? " failed" : "");
}
static inline void pw_end(void *arg, yz_call *child, const yz_end *end) {
    pw_look(arg, child);
    client_end(&((policy_world *)arg)->c, child, end);
}
static inline void pw_error(void *arg, yz_call *child, const yz_error *error) {
    policy_world *p = arg;
    pw_look(p, child);
    client_log(&p->c, "error:%.*s ", YZ_STR_ARGS(error->code.n ? error->code : yz_str_of(yz_error_word(error->class_))));
    snprintf(p->c.message, sizeof p->c.message, "%.*s", YZ_STR_ARGS(error->message));
    p->c.ended++;
    (void)child;
}

/* Starts a request with this model and these further members of the body ("\"messages\":[…]"). */
static inline yz_call *pw_start(policy_world *p, const char *model, const char *members) {
    static const yz_adapter dialect = {YZ_ADAPTER, .dialect = "openai-chat"};
    static const yz_parent parent = {YZ_PARENT, .on_head = pw_head, .on_chunk = pw_chunk, .on_end = pw_end, .on_error = pw_error};
    static const yz_header headers[] = {{{"x-team", 6}, {"blue", 4}}};
    static const yz_header tags[] = {{{"tier", 4}, {"gold", 4}}};
    static const yz_key key = {YZ_KEY, .name = {"demo", 4}, .tenant = {"acme", 4}, .tags = tags, .n_tags = 1};
    memset(&p->c, 0, sizeof p->c);
    p->asked[0] = p->body[0] = p->answer[0] = p->note[0] = 0;
    p->cancelled = 0;
    yz_arena *arena = yz_arena_new(p->worker->blocks);
    yz_request *request = yz_alloc(arena, sizeof *request);
    request->size = sizeof *request;
    request->dialect = p->dialect ? p->dialect : &dialect;
    request->dialects = &p->settings.dialects;
    request->stream = p->stream;
    request->id = YZ_STR("req-1");
    request->body = yz_format(arena, "{\"model\":\"%s\"%s%s}", model, members ? "," : "", members ? members : "");
    yz_json *root = NULL;
    if (yz_json_parse(arena, request->body, 0, &root, NULL) != YZ_OK)
        abort();
    request->json = root;
    request->model_node = yz_json_get(root, "model");
    request->model = yz_json_text(arena, request->model_node);
    request->headers = headers;
    request->n_headers = 1;
    request->key = &key;
    return p->c.call = yz_call_start(p->worker, &p->chain, 0, request, arena, &parent, p);
}

/* … and lets `ms` pass. */
static inline void pw_ask(policy_world *p, const char *model, const char *members, int64_t ms) {
    pw_start(p, model, members);
    world_pass(&p->w, ms);
}

#define PW_HELLO "\"messages\":[{\"role\":\"user\",\"content\":\"hello\"}]"

/* Opens a policy whose function has this body, and asks it once. */
static inline policy_world *pw_run(const char *body, const char *model, const char *members, int64_t ms) {
    policy_world *p = calloc(1, sizeof *p);
    char source[8192];
    snprintf(source, sizeof source, "return function(req, next)\n%s\nend\n", body);
    int code = pw_open(p, source);
    if (code != YZ_OK)
        fail_msg("open: %.*s", YZ_STR_ARGS(yz_buf_view(&p->diag.text)));
    pw_ask(p, model, members, ms);
    return p;
}

static inline void pw_done(policy_world *p) {
    if (!p->c.ended && p->w.worker.calls > 0) {
        yz_cancel(p->c.call);
        world_settle(&p->w);
    }
    assert_int_equal(yz_call_count(&p->w.worker), 0);
    pw_close(p);
    free(p);
}

#endif
