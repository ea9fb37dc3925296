/* lua/steps.c: several questions of a policy's own, as the steps of a workflow need them.
 *
 *   llm.start { … }             -> a step that runs meanwhile; step:wait([ms]) gives what llm.chat gives, step:cancel() ends it
 *   llm.all({ {…}, … } [, n])   -> answers, errors: two tables by the places of the questions; at most n of them run at once
 *   llm.answer { … }            -> a response, or nil and an error, as from next: its answer is to be the client's, so it is streamed to
 * one that wants a stream, in that one's dialect
 *
 * Each is a child of the call, so whatever ends the call ends them: a client that leaves, a deadline, an answer that is returned early.
 */
#include "base/request.h"
#include "lua/run.h"

enum { FAN_OUT = 4 }; /* at once, unless said */

/* What llm.all asks, in order; those before `next` have been started. */
struct policy_fan {
    policy_asks asks[POLICY_ATTEMPTS];
    attempt *steps[POLICY_ATTEMPTS];
    int n, next, most;
};

static int start(lua_State *L) {
    yz_policy_call *pc = policy_current(L, "llm.start");
    lua_settop(L, 1);
    policy_asks asks = policy_chat_read(L, pc, 1, "llm.start", false);
    policy_attempt_room(L, pc, 1);
    policy_attempt_push(L, pc, policy_chat_start(pc, &asks, false));
    return 1;
}

static int answer(lua_State *L) {
    yz_policy_call *pc = policy_current(L, "llm.answer");
    if (yz_call_request(pc->call)->op != YZ_OP_CHAT)
        return luaL_error(L, "llm.answer answers a chat, but what is asked for is %s", yz_op_word(yz_call_request(pc->call)->op));
    lua_settop(L, 1);
    policy_asks asks = policy_chat_read(L, pc, 1, "llm.answer", true);
    policy_attempt_room(L, pc, 1);
    attempt *a = policy_chat_start(pc, &asks, true);
    policy_attempt_where(L, pc, a);
    pc->waits_for = a;
    return policy_wait_for(L, pc, WAIT_ATTEMPT);
}

/* ---- all ---------------------------------------------------------------------------------------------------------------------- */

static void start_more(yz_policy_call *pc) {
    struct policy_fan *fan = pc->fan;
    int running = 0;
    for (int i = 0; i < fan->next; i++)
        running += !policy_chat_settled(fan->steps[i]);
    for (; fan->next < fan->n && running < fan->most; running++) {
        fan->steps[fan->next] = policy_chat_start(pc, &fan->asks[fan->next], false);
        fan->next++;
    }
}

static bool over(const struct policy_fan *fan) {
    for (int i = 0; i < fan->next; i++)
        if (!policy_chat_settled(fan->steps[i]))
            return false;
    return fan->next == fan->n;
}

static int push_all(lua_State *L, const yz_policy_call *pc) {
    const struct policy_fan *fan = pc->fan;
    luaL_checkstack(L, 8, "answers");
    lua_createtable(L, fan->n, 0);
    lua_createtable(L, 0, 0);
    int errors = lua_gettop(L);
    for (int i = 0; i < fan->n; i++) {
        bool answered = policy_chat_result(L, pc, fan->steps[i]) == 1; /* else nil and an error */
        lua_rawseti(L, answered ? errors - 1 : errors, i + 1);
        lua_settop(L, errors);
    }
    return 2;
}

void policy_steps_settled(yz_policy_call *pc) {
    start_more(pc);
    if (over(pc->fan))
        policy_resume(pc, push_all(policy_stack(pc), pc));
}

static int all(lua_State *L) {
    yz_policy_call *pc = policy_current(L, "llm.all");
    lua_settop(L, 2);
    size_t n = lua_istable(L, 1) ? lua_objlen(L, 1) : 0;
    if (n == 0 || n > POLICY_ATTEMPTS)
        return luaL_error(L, "llm.all takes a list of 1 to %d questions, as in llm.all { { model = \"…\", messages = \"…\" }, … }",
                          POLICY_ATTEMPTS);
    int most = (int)luaL_optinteger(L, 2, FAN_OUT);
    luaL_argcheck(L, most >= 1 && most <= POLICY_ATTEMPTS, 2, "how many run at once: 1 to 32");
    policy_attempt_room(L, pc, (int)n);
    struct policy_fan *fan = yz_alloc(yz_call_arena(pc->call), sizeof *fan);
    fan->n = (int)n;
    fan->most = most;
    for (int i = 0; i < fan->n; i++) {
        lua_rawgeti(L, 1, i + 1);
        fan->asks[i] = policy_chat_read(L, pc, 3, "llm.all", false);
        lua_settop(L, 2);
    }
    pc->fan = fan;
    start_more(pc);
    return policy_wait_for(L, pc, WAIT_ALL);
}

void policy_steps_add(lua_State *L) {
    static const luaL_Reg functions[] = {{"start", start}, {"all", all}, {"answer", answer}, {NULL, NULL}};
    for (const luaL_Reg *f = functions; f->name; f++) {
        lua_pushcfunction(L, f->func);
        lua_setfield(L, -2, f->name);
    }
}
