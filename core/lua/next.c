/* lua/next.c: `next`, and the attempts it starts.
 *
 *   next(req)            -> response, or nil and an error
 *   next.start(req)      -> an attempt that runs meanwhile
 *   attempt:wait([ms])   -> response, or nil and an error (class "waiting" when ms passed first: it goes on running)
 *   attempt:cancel()
 *   response:rewrite(f)  -> the response, whose answer f changes as it comes (rewrite.c)
 *   next.first({a, …} [, ms]) -> the first that answers, the others are cancelled; nil and the last error when all failed
 *
 * A response is the attempt itself, once its head is there. Its answer is held (and the provider's socket stopped) until the policy
 * returns it; then it goes up in C. `return next(req)` as the last thing a policy does is a pass: nothing of it ever comes back.
 */
#include "base/check.h"
#include "lua/run.h"

#define ATTEMPT "yuzui.attempt"
#define NEXT    "yuzui.next"

typedef struct handle {
    uint64_t serial;
    int index;
} handle;

static int index_of(const yz_policy_call *pc, const attempt *a) {
    int i = 0;
    while (i < pc->n_attempts && pc->attempts[i] != a)
        i++;
    return i;
}

void policy_attempt_push(lua_State *L, const yz_policy_call *pc, const attempt *a) {
    handle *h = lua_newuserdata(L, sizeof *h);
    *h = (handle){pc->serial, index_of(pc, a)};
    luaL_getmetatable(L, ATTEMPT);
    lua_setmetatable(L, -2);
}

static handle *handle_at(lua_State *L, int index) {
    handle *h = lua_touserdata(L, index);
    if (!h || lua_islightuserdata(L, index) || !lua_getmetatable(L, index))
        return NULL;
    luaL_getmetatable(L, ATTEMPT);
    bool same = lua_rawequal(L, -1, -2);
    lua_pop(L, 2);
    return same ? h : NULL;
}

attempt *policy_attempt_at(lua_State *L, const yz_policy_call *pc, int index) {
    handle *h = handle_at(L, index);
    return h && h->serial == pc->serial ? pc->attempts[h->index] : NULL;
}

/* The attempt that a method or field is asked of. */
static attempt *attempt_of(lua_State *L, int index, yz_policy_call **pc) {
    handle *h = handle_at(L, index);
    if (!h)
        luaL_error(L, "an attempt should stand here, as in next.start(req):wait(2000); here is %s", luaL_typename(L, index));
    *pc = yz_lua_of(L)->current;
    if (!*pc || (*pc)->serial != h->serial)
        luaL_error(L, "this response is of a request that is over");
    (*pc)->attempts[h->index]->looked = true;
    return (*pc)->attempts[h->index];
}

attempt *policy_attempt_find(const yz_policy_call *pc, const yz_call *child) {
    for (int i = 0; i < pc->n_attempts; i++)
        if (pc->attempts[i]->child == child)
            return pc->attempts[i];
    return pc->adopted;
}

static void free_held(void *arg) { yz_buf_free(&((attempt *)arg)->held); }

void policy_attempt_room(lua_State *L, const yz_policy_call *pc, int n) {
    if (pc->n_attempts + n > POLICY_ATTEMPTS)
        luaL_error(L, "a policy may start %d attempts in one call", POLICY_ATTEMPTS);
}

attempt *policy_attempt_start(yz_policy_call *pc, const yz_request *request, yz_because because) {
    YZ_MUST(pc->n_attempts < POLICY_ATTEMPTS);
    yz_arena *arena = yz_call_arena(pc->call);
    if (!pc->attempts)
        pc->attempts = yz_alloc(arena, POLICY_ATTEMPTS * sizeof(attempt *));
    attempt *a = yz_alloc(arena, sizeof *a);
    yz_on_free(arena, free_held, a);
    a->request = request;
    pc->attempts[pc->n_attempts++] = a;
    a->child = yz_next_because(pc->call, request, because);
    return a;
}

void policy_attempt_cancel(attempt *a) {
    if (a->state == ATTEMPT_RUNS || a->state == ATTEMPT_HEAD) {
        yz_cancel(a->child);
        a->state = ATTEMPT_CANCELLED;
    }
    yz_buf_free(&a->held);
}

/* What was held goes the way of what comes: through the policy's function. */
static void adopt_rewritten(yz_call *call, attempt *a) {
    if (!policy_rewrite_begin(a->rewrite))
        return;
    if (a->held.n)
        policy_rewrite_chunk(a->rewrite, &(yz_chunk){YZ_CHUNK, yz_buf_view(&a->held), a->marks});
    yz_buf_free(&a->held);
    if (yz_ended(call))
        return;
    if (a->ended)
        policy_rewrite_end(a->rewrite, &a->end);
    else if (a->failed_late)
        yz_send_error(call, &a->error);
    else
        yz_flow(a->child, yz_paused(call));
}

void policy_adopt(yz_policy_call *pc, attempt *a) {
    yz_call *call = pc->call;
    pc->adopted = a;
    if (a->state == ATTEMPT_FAILED) {
        yz_send_error(call, &a->error);
        return;
    }
    if (a->state != ATTEMPT_HEAD)
        return; /* its events go up as they come */
    yz_call_record(call)->answer = yz_call_record(a->child);
    if (a->rewrite) {
        adopt_rewritten(call, a);
        return;
    }
    yz_send_head(call, &a->head);
    if (a->held.n && !yz_ended(call))
        yz_send_chunk(call, &(yz_chunk){YZ_CHUNK, yz_buf_view(&a->held), a->marks});
    yz_buf_free(&a->held);
    if (yz_ended(call))
        return;
    if (a->ended)
        yz_send_end(call, &a->end);
    else if (a->failed_late)
        yz_send_error(call, &a->error);
    else
        yz_flow(a->child, yz_paused(call));
}

/* ---- errors ------------------------------------------------------------------------------------------------------------------- */

static void set_text(lua_State *L, const char *name, yz_str text) {
    lua_pushlstring(L, text.p ? text.p : "", text.n);
    lua_setfield(L, -2, name);
}

void policy_error_push(lua_State *L, const yz_error *error) {
    yz_str word = yz_str_of(yz_error_word(error->class_));
    lua_createtable(L, 0, 5);
    set_text(L, "class", word);
    set_text(L, "code", error->code.n ? error->code : word);
    set_text(L, "message", error->message);
    lua_pushinteger(L, yz_error_status(error));
    lua_setfield(L, -2, "status");
    if (error->retry_after > 0) {
        lua_pushnumber(L, (lua_Number)(error->retry_after == 1 ? 0 : error->retry_after) / 1000);
        lua_setfield(L, -2, "retry_after");
    }
}

static yz_str text_of(lua_State *L, int index, const char *name, yz_arena *arena, size_t most) {
    yz_str text = {0};
    lua_pushstring(L, name);
    lua_rawget(L, index);
    if (lua_type(L, -1) == LUA_TSTRING)
        text.p = lua_tolstring(L, -1, &text.n);
    if (text.n > most)
        text.n = most;
    text = yz_dup(arena, text);
    lua_pop(L, 1);
    return text;
}

static lua_Number number_of(lua_State *L, int index, const char *name) {
    lua_pushstring(L, name);
    lua_rawget(L, index);
    lua_Number n = lua_type(L, -1) == LUA_TNUMBER ? lua_tonumber(L, -1) : -1;
    lua_pop(L, 1);
    return n;
}

yz_str policy_error_read(lua_State *L, int index, yz_arena *arena, yz_error *error) {
    *error = (yz_error){YZ_ERROR, .class_ = YZ_ERROR_BAD_REQUEST};
    if (lua_type(L, index) == LUA_TSTRING) {
        error->message = yz_dup(arena, yz_str_of(lua_tostring(L, index)));
        return YZ_STR("");
    }
    yz_str word = text_of(L, index, "class", arena, 64), unknown = word;
    for (int c = 0; c <= YZ_ERROR_INTERNAL; c++)
        if (yz_str_is(word, yz_error_word((yz_error_class)c))) {
            error->class_ = (yz_error_class)c;
            unknown = YZ_STR("");
        }
    error->code = text_of(L, index, "code", arena, 64);
    error->message = text_of(L, index, "message", arena, 1000);
    if (!error->message.n)
        error->message = YZ_STR("the routing policy refused the request");
    lua_Number status = number_of(L, index, "status"), seconds = number_of(L, index, "retry_after");
    if (status >= 400 && status <= 599)
        error->status = (int)status;
    if (seconds >= 0 && seconds <= 86400)
        error->retry_after = seconds > 0 ? (int64_t)(seconds * 1000) : 1;
    return unknown;
}

/* ---- waiting -------------------------------------------------------------------------------------------------------------------- */

static bool settled(const attempt *a) { return a->state != ATTEMPT_RUNS; }

void policy_attempt_error(lua_State *L, const attempt *a) {
    if (a->state == ATTEMPT_CANCELLED)
        policy_error_push(
            L, &(yz_error){YZ_ERROR, .class_ = YZ_ERROR_INTERNAL, .code = YZ_STR("cancelled"), .message = YZ_STR("it was cancelled")});
    else
        policy_error_push(L, &a->error);
}

/* What waiting for a settled attempt gives: one or two values. */
static int push_result(lua_State *L, const yz_policy_call *pc, const attempt *a) {
    if (a->state == ATTEMPT_HEAD) {
        policy_attempt_push(L, pc, a);
        return 1;
    }
    lua_pushnil(L);
    policy_attempt_error(L, a);
    return 2;
}

static int push_still_waiting(lua_State *L) {
    lua_pushnil(L);
    lua_createtable(L, 0, 2);
    set_text(L, "class", YZ_STR("waiting"));
    set_text(L, "message", YZ_STR("no answer yet"));
    return 2;
}

static void start_timer(lua_State *L, yz_policy_call *pc, int arg) {
    if (lua_isnoneornil(L, arg))
        return;
    lua_Number ms = lua_type(L, arg) == LUA_TNUMBER ? lua_tonumber(L, arg) : -1;
    if (!(ms >= 0 && ms <= 600000))
        luaL_error(L, "the time to wait is a number of milliseconds, 0 to 600000");
    pc->timer = yz_timer_start(pc->call, (int64_t)ms);
}

/* Of those next.first waits for: the first with an answer; else NULL, with the last failure once all have failed. */
static attempt *first_of(const yz_policy_call *pc, attempt **last_failed) {
    *last_failed = NULL;
    bool running = false;
    for (int i = 0; i < pc->n_first; i++) {
        attempt *a = pc->attempts[pc->first[i]];
        if (a->state == ATTEMPT_HEAD)
            return a;
        running |= a->state == ATTEMPT_RUNS;
        *last_failed = a;
    }
    if (running)
        *last_failed = NULL;
    return NULL;
}

static void cancel_losers(yz_policy_call *pc, const attempt *winner) {
    for (int i = 0; i < pc->n_first; i++)
        if (pc->attempts[pc->first[i]] != winner)
            policy_attempt_cancel(pc->attempts[pc->first[i]]);
}

void policy_on_settled(yz_policy_call *pc, attempt *a) {
    if (pc->wait == WAIT_ATTEMPT && pc->waits_for == a) {
        policy_resume(pc, push_result(policy_stack(pc), pc, a));
    } else if (pc->wait == WAIT_FIRST) {
        attempt *failed, *winner = first_of(pc, &failed);
        if (winner)
            cancel_losers(pc, winner);
        if (winner || failed)
            policy_resume(pc, push_result(policy_stack(pc), pc, winner ? winner : failed));
    }
}

void policy_on_wait_over(yz_policy_call *pc) {
    if (pc->wait == WAIT_SLEEP)
        policy_resume(pc, 0);
    else if (pc->wait == WAIT_ATTEMPT || pc->wait == WAIT_FIRST || pc->wait == WAIT_CHAT)
        policy_resume(pc, push_still_waiting(policy_stack(pc)));
}

/* ---- next ------------------------------------------------------------------------------------------------------------------------ */

static int wait_for_attempt(lua_State *L, yz_policy_call *pc, attempt *a) {
    pc->waits_for = a;
    return policy_wait_for(L, pc, a->chat ? WAIT_CHAT : WAIT_ATTEMPT);
}

static const yz_request *argument(lua_State *L, yz_policy_call *pc, int arg) {
    policy_request_check(L, arg);
    return policy_request_take(L, pc);
}

/* Is the function that runs now called as the last thing its coroutine does (a tail call of the policy)? */
static bool is_last(lua_State *L) {
    lua_Debug caller;
    return lua_getstack(L, 1, &caller) == 0;
}

void policy_attempt_where(lua_State *L, const yz_policy_call *pc, attempt *a) {
    luaL_where(L, 1);
    a->at = yz_dup(yz_call_arena(pc->call), yz_str_of(lua_tostring(L, -1)));
    lua_pop(L, 1);
}

static attempt *start(lua_State *L, yz_policy_call *pc, const yz_request *request) {
    policy_attempt_room(L, pc, 1);
    attempt *a = policy_attempt_start(pc, request, YZ_BECAUSE_POLICY);
    policy_attempt_where(L, pc, a);
    return a;
}

/* The answer of a call of next that the policy has neither read nor returned: asking again would pay for it, and for another one. */
static attempt *forgotten(const yz_policy_call *pc) {
    for (int i = 0; i < pc->n_attempts; i++)
        if (pc->attempts[i]->called && !pc->attempts[i]->looked && pc->attempts[i]->state == ATTEMPT_HEAD)
            return pc->attempts[i];
    return NULL;
}

static void check_forgotten(lua_State *L, yz_policy_call *pc) {
    pc->forgotten = forgotten(pc);
    if (pc->forgotten)
        luaL_error(L, "%s",
                   yz_format(yz_call_arena(pc->call),
                             "%.*snext was called here, and again before its answer was read or returned, which would pay for both: write "
                             "\"return next(req)\", or read the answer (response.status), or cancel it (response:cancel())",
                             YZ_STR_ARGS(pc->forgotten->at))
                       .p);
}

/* next(req): the table itself stands before the arguments. */
static int next_call(lua_State *L) {
    yz_policy_call *pc = policy_current(L, "next");
    const yz_request *request = argument(L, pc, 2);
    check_forgotten(L, pc);
    if (is_last(L)) {
        pc->tail = true;
        return 0;
    }
    attempt *a = start(L, pc, request);
    a->called = true;
    return wait_for_attempt(L, pc, a);
}

static int next_start(lua_State *L) {
    yz_policy_call *pc = policy_current(L, "next.start");
    policy_attempt_push(L, pc, start(L, pc, argument(L, pc, 1)));
    return 1;
}

static int next_first(lua_State *L) {
    yz_policy_call *pc = policy_current(L, "next.first");
    size_t n = lua_istable(L, 1) ? lua_objlen(L, 1) : 0;
    if (n == 0 || n > POLICY_ATTEMPTS)
        return luaL_error(L, "next.first takes a list of attempts, as in next.first { a, b }");
    pc->n_first = 0;
    for (size_t i = 1; i <= n; i++) {
        lua_rawgeti(L, 1, (int)i);
        yz_policy_call *same;
        attempt *a = attempt_of(L, -1, &same);
        if (a->chat)
            return luaL_error(L, "next.first takes attempts of next.start, not steps of llm.start");
        pc->first[pc->n_first++] = index_of(pc, a);
        lua_pop(L, 1);
    }
    attempt *failed, *winner = first_of(pc, &failed);
    if (winner)
        cancel_losers(pc, winner);
    if (winner || failed)
        return push_result(L, pc, winner ? winner : failed);
    start_timer(L, pc, 2);
    return policy_wait_for(L, pc, WAIT_FIRST);
}

static int attempt_wait(lua_State *L) {
    yz_policy_call *pc;
    attempt *a = attempt_of(L, 1, &pc);
    policy_current(L, "wait");
    if (a->chat && policy_chat_settled(a))
        return policy_chat_result(L, pc, a);
    if (!a->chat && settled(a))
        return push_result(L, pc, a);
    start_timer(L, pc, 2);
    return wait_for_attempt(L, pc, a);
}

static int attempt_cancel(lua_State *L) {
    yz_policy_call *pc;
    policy_attempt_cancel(attempt_of(L, 1, &pc));
    return 0;
}

/* ---- the fields of a response -------------------------------------------------------------------------------------------------- */

static int attempt_index(lua_State *L) {
    yz_policy_call *pc;
    attempt *a = attempt_of(L, 1, &pc);
    const char *name = luaL_checkstring(L, 2);
    bool there = a->state == ATTEMPT_HEAD;
    const yz_target *target = there ? a->head.target : NULL;
    lua_pushvalue(L, 2);
    lua_rawget(L, lua_upvalueindex(1)); /* methods */
    if (!lua_isnil(L, -1))
        return 1;
    if (strcmp(name, "model") == 0)
        lua_pushlstring(L, a->request->model.p, a->request->model.n);
    else if (strcmp(name, "status") == 0 && there)
        lua_pushinteger(L, a->head.status);
    else if (strcmp(name, "provider") == 0 && target)
        lua_pushlstring(L, target->provider->name.p, target->provider->name.n);
    else if (strcmp(name, "target") == 0 && target)
        lua_pushstring(L, yz_target_name(yz_call_arena(pc->call), target).p);
    else
        lua_pushnil(L);
    return 1;
}

static int attempt_equal(lua_State *L) {
    handle *a = handle_at(L, 1), *b = handle_at(L, 2);
    lua_pushboolean(L, a && b && a->serial == b->serial && a->index == b->index);
    return 1;
}

void policy_next_push(lua_State *L) { lua_getfield(L, LUA_REGISTRYINDEX, "yuzui.next.table"); }

static int attempt_rewrite(lua_State *L) {
    yz_policy_call *pc;
    attempt *a = attempt_of(L, 1, &pc);
    return policy_rewrite_set(L, pc, a);
}

static void open_attempt(lua_State *L) {
    luaL_newmetatable(L, ATTEMPT);
    lua_newtable(L);
    lua_pushcfunction(L, attempt_wait);
    lua_setfield(L, -2, "wait");
    lua_pushcfunction(L, attempt_cancel);
    lua_setfield(L, -2, "cancel");
    lua_pushcfunction(L, attempt_rewrite);
    lua_setfield(L, -2, "rewrite");
    lua_pushcclosure(L, attempt_index, 1);
    lua_setfield(L, -2, "__index");
    lua_pushcfunction(L, attempt_equal);
    lua_setfield(L, -2, "__eq");
    lua_pushliteral(L, "response");
    lua_setfield(L, -2, "__metatable");
    lua_pop(L, 1);
}

static int next_write(lua_State *L) { return luaL_error(L, "next is read-only"); }

void policy_next_open(lua_State *L) {
    open_attempt(L);
    lua_newtable(L); /* next itself: an empty table before its functions */
    lua_newtable(L);
    lua_newtable(L);
    lua_pushcfunction(L, next_start);
    lua_setfield(L, -2, "start");
    lua_pushcfunction(L, next_first);
    lua_setfield(L, -2, "first");
    lua_setfield(L, -2, "__index");
    lua_pushcfunction(L, next_call);
    lua_setfield(L, -2, "__call");
    lua_pushcfunction(L, next_write);
    lua_setfield(L, -2, "__newindex");
    lua_pushboolean(L, 0);
    lua_setfield(L, -2, "__metatable");
    lua_setmetatable(L, -2);
    lua_setfield(L, LUA_REGISTRYINDEX, "yuzui.next.table");
}
