/* lua/run.c: the life of a policy's coroutine: start, wait, resume, and what its end means. */
#include "lua/run.h"
#include "base/arena.h"
#include "base/check.h"
#include "base/put.h"
#include "base/request.h"
#include "dialect/own_answer.h"
#include "lua/watchdog.h"
#include "worker.h"

#include <stdlib.h>

/* ---- failing ---------------------------------------------------------------------------------------------------------------- */

/* A method that was not called, texts that were added. `req.tokens > 100`: Lua says of a method that was not called no more than that it is
 * a function. */
static const char *about_method(const char *message) {
    bool compared = strstr(message, "attempt to compare ") && strstr(message, "function");
    bool used = strstr(message, "(a function value)") && !strstr(message, "attempt to index");
    if (strstr(message, "attempt to perform arithmetic on") && strstr(message, "a string value"))
        return ": texts are joined with .., not with +";
    return compared || used ? ": a method is called with a colon and ( ), as in req:tokens()" : "";
}

/* A tail call leaves no trace of its line: then the function itself is named. */
static const char *placed(const yz_policy_call *pc, const char *message) {
    lua_State *L = pc->lua->L;
    lua_Debug function;
    const char *more = about_method(message);
    if (*more)
        message = yz_format(yz_call_arena(pc->call), "%s%s", message, more).p;
    if (strstr(message, ".lua:"))
        return message;
    lua_rawgeti(L, LUA_REGISTRYINDEX, pc->policy->function);
    lua_getinfo(L, ">S", &function);
    return yz_format(yz_call_arena(pc->call), "%s (in the function at %s:%d)", message, function.short_src, function.linedefined).p;
}

/* For whoever rehearses it. */
static void note_failure(const yz_policy_call *pc, const char *message) {
    yz_lua *lua = pc->lua;
    if (!lua->outside || lua->failure.n > 0)
        return;
    lua->failure = yz_dup(lua->arena, yz_str_of(message));
    lua->failed = pc->policy->name;
    for (int i = 0; i < pc->n_attempts; i++)
        lua->failure_unsure = lua->failure_unsure || pc->attempts[i]->chat;
}

/* At most one line a second for each policy: a broken one would fill the disk. */
static void log_failure(const yz_policy_call *pc, const char *message) {
    policy *p = pc->policy;
    message = placed(pc, message);
    note_failure(pc, message);
    int64_t now = yz_now(p->worker);
    if (now < p->next_log) {
        p->muted++;
        return;
    }
    if (p->muted)
        yz_log(YZ_LOG_WARN, "policy %.*s failed: %s (and %u more since the last line)", YZ_STR_ARGS(p->name), message, p->muted);
    else
        yz_log(YZ_LOG_WARN, "policy %.*s failed: %s", YZ_STR_ARGS(p->name), message);
    p->muted = 0;
    p->next_log = now + 1000;
}

void policy_release(yz_policy_call *pc, const attempt *keep) {
    for (int i = 0; i < pc->n_attempts; i++)
        if (pc->attempts[i] != keep)
            policy_attempt_cancel(pc->attempts[i]);
    yz_timer_stop(pc->timer);
    pc->timer = NULL;
    policy_http_cancel(pc);
    if (pc->thread)
        yz_lua_thread_give(pc->lua, pc->thread, lua_status(pc->thread->co) == LUA_OK);
    pc->thread = NULL;
}

/* The request as it came, with the default model where nobody serves the one it names. */
static const yz_request *without_policy(yz_policy_call *pc) {
    pc->request = yz_call_request(pc->call);
    pc->draft = NULL;
    policy_fill_model(pc);
    return pc->request;
}

/* Sends the call on. Where children were started already, it is one more child. */
static void go_on(yz_policy_call *pc, const yz_request *request) {
    yz_call *call = pc->call;
    policy_release(pc, NULL);
    if (pc->n_attempts == 0) {
        yz_pass(call, request == yz_call_request(call) ? NULL : request);
        return;
    }
    attempt *a = yz_alloc(yz_call_arena(call), sizeof *a);
    a->request = request;
    a->child = yz_next(call, request);
    pc->adopted = a;
}

/* What it decided, as data. `chosen` is empty when it answers or refuses itself; `failure`: why it could not; NULL: it could. */
static void record_decision(const yz_policy_call *pc, yz_str chosen, const char *failure) {
    yz_str reason = failure ? yz_dup(yz_call_arena(pc->call), yz_str_of(failure)) : pc->reason;
    yz_record_decision(pc->call, &(yz_decision){YZ_DECISION, .policy = pc->policy->name, .asked = yz_call_request(pc->call)->model,
                                                .chosen = chosen, .reason = reason, .failed = failure != NULL});
}

void policy_log_failure(yz_policy_call *pc, const char *message) {
    yz_count(pc->policy->worker, pc->policy->errors, 1);
    log_failure(pc, message);
}

/* The newest attempt that has an answer, else the newest that may still get one. */
static attempt *unreturned(const yz_policy_call *pc) {
    attempt *found = NULL;
    for (int i = pc->n_attempts - 1; i >= 0; i--) {
        attempt *a = pc->attempts[i];
        if (!a->chat && a->state == ATTEMPT_HEAD)
            return a;
        if (!a->chat && a->state == ATTEMPT_RUNS && !found)
            found = a;
    }
    return found;
}

/* What was asked for is the answer, though the policy did not return it: the same question would be asked, and paid, once more. */
static void give_unreturned(yz_policy_call *pc, attempt *a, const char *message) {
    record_decision(pc, a->request->model, message);
    policy_note(pc, a->child);
    policy_release(pc, a);
    policy_adopt(pc, a);
}

/* That nobody serves "auto" would be true, and hide what happened: choosing who does was the policy's. */
static yz_str without_model(const yz_policy_call *pc, const yz_request *request) {
    return yz_format(
        yz_call_arena(pc->call),
        "the routing policy failed (%.*s), and without it nobody serves the model \"%.*s\": whoever runs the gateway finds why in "
        "its log",
        YZ_STR_ARGS(pc->policy->name), (int)(request->model.n < 100 ? request->model.n : 100), request->model.p);
}

void policy_failed(yz_policy_call *pc, const char *message) {
    attempt *a = policy_fails(pc->policy) ? NULL : unreturned(pc);
    if (a) {
        policy_log_failure(pc, yz_format(yz_call_arena(pc->call), "%s; its client gets what next had asked for (%.*s)", message,
                                         (int)(a->at.n > 2 ? a->at.n - 2 : 0), a->at.p)
                                   .p);
        give_unreturned(pc, a, message);
        return;
    }
    policy_log_failure(pc, message);
    const yz_request *request = policy_fails(pc->policy) ? NULL : without_policy(pc);
    bool lost = request && policy_lost(pc);
    if (request && !lost) {
        record_decision(pc, request->model, message);
        policy_note(pc, NULL);
        go_on(pc, request);
        return;
    }
    record_decision(pc, (yz_str){0}, message);
    policy_note(pc, NULL);
    yz_call *call = pc->call;
    policy_release(pc, NULL);
    yz_error error = policy_failure(pc->policy);
    if (lost)
        error.message = without_model(pc, request);
    yz_send_error(call, &error);
}

/* ---- what a policy's return means --------------------------------------------------------------------------------------------- */

static void leave_note(yz_policy_call *pc, yz_str chosen, const yz_call *child) {
    record_decision(pc, chosen, NULL);
    policy_note(pc, child);
}

/* A model that nobody serves is the policy's failure only if it chose it: what the client asked for is the client's. */
static void pass_on(yz_policy_call *pc) {
    policy_fill_model(pc);
    const yz_request *request = pc->request;
    if (policy_lost(pc) && policy_chose(pc)) {
        const char *what = yz_str_eq(request->model, pc->policy->config->serves)
                               ? "the model that it is itself: it sets req.model, or returns an answer"
                               : "which is not configured";
        policy_failed(pc, yz_format(yz_call_arena(pc->call), "%.*sit left the model \"%.*s\", %s%s", YZ_STR_ARGS(pc->model_at),
                                    (int)(request->model.n < 100 ? request->model.n : 100), request->model.p, what,
                                    policy_meant_model(pc, request->model))
                              .p);
        return;
    }
    leave_note(pc, request->model, NULL);
    go_on(pc, request);
}

/* `next(req)` without its return. */
static void forgot_to_return(yz_policy_call *pc, attempt *a, const char *message) {
    if (policy_fails(pc->policy)) {
        policy_failed(pc, message);
        return;
    }
    policy_log_failure(pc, message);
    give_unreturned(pc, a, message);
}

static void returned_nothing(yz_policy_call *pc) {
    attempt *a = unreturned(pc);
    if (!a) {
        pass_on(pc);
        return;
    }
    yz_str message = yz_format(yz_call_arena(pc->call),
                               "%.*sthe policy returned nothing, though it had called next here: write \"return next(req)\", or return "
                               "the response; an attempt that is not wanted is cancelled: attempt:cancel()",
                               YZ_STR_ARGS(a->at));
    forgot_to_return(pc, a, message.p);
}

static void return_error(yz_policy_call *pc, lua_State *co) {
    yz_call *call = pc->call;
    yz_error error;
    yz_str unknown = policy_error_read(co, 2, yz_call_arena(call), &error);
    if (unknown.n) { /* the client is refused all the same: that much was meant */
        yz_count(pc->policy->worker, pc->policy->errors, 1);
        log_failure(
            pc, yz_format(yz_call_arena(call), "the error it returned has the class \"%.*s\", which there is not", YZ_STR_ARGS(unknown)).p);
    }
    leave_note(pc, (yz_str){0}, NULL);
    policy_release(pc, NULL);
    yz_send_error(call, &error);
}

/* Writing it may take long (a table that stands in many places), so it is a run as any other, though no Lua runs. */
static void answer_itself(yz_policy_call *pc, lua_State *co) {
    yz_call *call = pc->call;
    yz_own_answer *answer = NULL;
    yz_watch *watch = yz_watch_enter(co, pc->policy->config->time);
    const char *wrong = policy_answer(pc, co, 1, &answer);
    yz_watch_leave(watch);
    if (wrong) {
        policy_failed(pc, wrong);
        return;
    }
    leave_note(pc, (yz_str){0}, NULL);
    policy_release(pc, NULL);
    yz_send_head(call, &answer->head);
    yz_send_chunk(call, &answer->chunk);
    yz_send_end(call, &answer->end);
}

static void returned(yz_policy_call *pc) {
    lua_State *co = policy_stack(pc);
    attempt *a = policy_attempt_at(co, pc, 1);
    if (pc->tail) {
        pass_on(pc);
    } else if (a && !a->chat && a->state != ATTEMPT_CANCELLED) {
        leave_note(pc, a->request->model, a->child);
        policy_release(pc, a);
        policy_adopt(pc, a);
    } else if (a) {
        policy_failed(pc, a->chat ? "it returned a step of llm.start instead of its answer: local answer = step:wait(), return answer.text"
                                  : "it returned an attempt that it had cancelled");
    } else if (lua_isnoneornil(co, 1) && (lua_istable(co, 2) || lua_type(co, 2) == LUA_TSTRING)) {
        return_error(pc, co);
    } else if (lua_isnoneornil(co, 1) && lua_isnoneornil(co, 2)) {
        returned_nothing(pc);
    } else if (lua_isnoneornil(co, 1)) {
        policy_failed(pc,
                      yz_format(yz_call_arena(pc->call),
                                "it returned nil and a %s; an error is a table, as in nil, { class = \"bad_request\", message = \"…\" }",
                                luaL_typename(co, 2))
                          .p);
    } else if (yz_call_request(pc->call)->op != YZ_OP_CHAT) {
        policy_failed(pc, yz_format(yz_call_arena(pc->call), "it answered itself, but what is asked for is %s, not chat",
                                    yz_op_word(yz_call_request(pc->call)->op))
                              .p);
    } else {
        answer_itself(pc, co);
    }
}

/* ---- running -------------------------------------------------------------------------------------------------------------------- */

static int64_t bytes_left(const yz_policy_call *pc) {
    int64_t left = pc->policy->config->memory - (pc->bytes > 0 ? pc->bytes : 0);
    return left > 0 ? left : 0;
}

/* A policy that always takes all its time would hold the worker, and everybody on it: it rests for a while, and fails meanwhile. A run that
 * only waits has not shown yet that its call keeps to its time. */
static void note_time(policy *p, yz_run_end end) {
    if (end == YZ_RUN_WAITS)
        return;
    p->late = end == YZ_RUN_TIME ? p->late + 1 : 0;
    if (p->late < POLICY_LATE)
        return;
    p->late = 0;
    p->rests_until = yz_now(p->worker) + POLICY_REST_MS;
    yz_log(YZ_LOG_WARN, "policy %.*s took too long %d times in a row: it is not asked for the next %d s", YZ_STR_ARGS(p->name), POLICY_LATE,
           POLICY_REST_MS / 1000);
}

/* CPU time that all runs of one call may take. */
static int64_t call_time(const policy_config *config) {
    int64_t most = config->call_time > 0 ? config->call_time : 4 * config->time;
    return most > config->time ? most : config->time;
}

static bool out_of_time(yz_policy_call *pc) {
    int64_t most = call_time(pc->policy->config);
    if (pc->spent_ms < most)
        return false;
    note_time(pc->policy, YZ_RUN_TIME);
    policy_failed(pc, yz_format(yz_call_arena(pc->call), "its runs in one call took more than %lld ms of CPU time", (long long)most).p);
    return true;
}

void policy_resume(yz_policy_call *pc, int n_results) {
    yz_lua *lua = pc->lua;
    lua_State *co = policy_stack(pc);
    const policy_config *config = pc->policy->config;
    if (out_of_time(pc))
        return;
    yz_timer_stop(pc->timer);
    pc->timer = NULL;
    pc->wait = WAIT_NOTHING;
    pc->waits_for = NULL;
    pc->stays = false;
    lua->current = pc;
    size_t before = lua->memory.used;
    yz_run_end end = yz_lua_run(lua, co, n_results, config->time, bytes_left(pc));
    pc->bytes += (int64_t)lua->memory.used - (int64_t)before;
    pc->spent_ms += lua->spent_ms;
    lua->current = NULL;
    note_time(pc->policy, end);
    if (end == YZ_RUN_WAITS && pc->stays)
        return;
    if (end == YZ_RUN_DONE) {
        returned(pc);
        return;
    }
    const char *message = "it yielded to nobody";
    if (end != YZ_RUN_WAITS)
        message = yz_lua_failure(yz_call_arena(pc->call), end, co, config->time, config->memory).p;
    if (pc->forgotten)
        forgot_to_return(pc, pc->forgotten, message);
    else
        policy_failed(pc, message);
    if (end == YZ_RUN_TIME || end == YZ_RUN_MEMORY)
        yz_lua_collect(lua);
}

void policy_start(yz_policy_call *pc) {
    yz_lua *lua = pc->lua;
    if (yz_now(pc->policy->worker) < pc->policy->rests_until) {
        policy_failed(pc, "it rests, as it took too long before");
        return;
    }
    pc->serial = ++lua->serial;
    pc->arena_limit = yz_arena_size(yz_call_arena(pc->call)) + 8 * pc->request->body.n + POLICY_ARENA;
    pc->thread = yz_lua_thread_take(lua);
    lua->coroutines = 0;
    lua_State *co = policy_stack(pc);
    lua_rawgeti(co, LUA_REGISTRYINDEX, pc->policy->function);
    policy_request_push(co, pc);
    policy_next_push(co);
    policy_resume(pc, 2);
}

void policy_check_arena(lua_State *L, const yz_policy_call *pc) {
    if (yz_arena_size(yz_call_arena(pc->call)) > pc->arena_limit)
        luaL_error(L, "a policy may write %d MiB and eight times the request in one call", (int)(POLICY_ARENA >> 20));
}

yz_policy_call *policy_current(lua_State *L, const char *what) {
    yz_lua *lua = yz_lua_of(L);
    yz_lua_check_stack(L);
    if (!lua->current)
        luaL_error(L, "%s works only inside the policy function, while a request is there", what);
    if (!yz_lua_is_policy_thread(lua, L))
        luaL_error(L, "%s cannot wait inside a coroutine the policy made", what);
    policy_check_arena(L, lua->current);
    return lua->current;
}

int policy_wait_for(lua_State *L, yz_policy_call *pc, policy_wait kind) {
    if (++pc->waits > POLICY_WAITS) {
        policy_http_cancel(pc); /* it may have begun for this wait; the policy may catch the error and begin another */
        return luaL_error(L, "a policy may wait %d times in one call", POLICY_WAITS);
    }
    pc->wait = kind;
    pc->stays = true;
    return lua_yield(L, 0);
}

uint64_t yz_lua_owner(const yz_lua *lua) { return lua->current ? lua->current->serial : 0; }

bool yz_lua_is_policy_thread(const yz_lua *lua, const lua_State *L) {
    return lua->current && lua->current->thread && lua->current->thread->co == L;
}

/* ---- the environment -------------------------------------------------------------------------------------------------------------- */

/* sleep(ms) */
static int sleep_ms(lua_State *L) {
    yz_policy_call *pc = policy_current(L, "sleep");
    lua_Number ms = luaL_checknumber(L, 1);
    luaL_argcheck(L, ms >= 0 && ms <= 60000, 1, "0 to 60000 milliseconds");
    pc->timer = yz_timer_start(pc->call, (int64_t)ms);
    return policy_wait_for(L, pc, WAIT_SLEEP);
}

static void add(lua_State *L, const char *name, void (*push)(lua_State *L)) {
    push(L);
    yz_lua_freeze(L, name);
    lua_setfield(L, -2, name);
}

void yz_lua_push_api(lua_State *L) {
    add(L, "llm", policy_chat_push);
    add(L, "http", policy_http_push);
    add(L, "store", policy_store_push);
    add(L, "classify", policy_classify_push);
    policy_declare_push(L);
    lua_setfield(L, -2, "options");
    policy_counter_push(L);
    lua_setfield(L, -2, "counter");
    lua_pushcfunction(L, sleep_ms);
    lua_setfield(L, -2, "sleep");
}

void yz_lua_open_objects(lua_State *L) {
    policy_request_open(L);
    policy_money_open(L);
    policy_next_open(L);
    policy_classify_open(L);
    policy_embed_open(L);
}
