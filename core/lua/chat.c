/* lua/chat.c: llm.chat{ model = …, messages = …, … }: a question of the policy's own, sent down the rest of the chain as a child of the
 * call (so it is cancelled with it), and read as a whole.
 *
 *   -> { text, model, finish, usage = { input, output }, message }, or nil and an error
 *
 * `messages` may be a text: then the question is the gateway's own (dialect/own_question.h), and written for whoever is asked. Else the
 * table is a body in the form of chats that name no dialect (yz_adapter.fallback), whose adapter alone knows what stands in it. Either is
 * proven once. The answer is collected from its events, and `message` is made of them in the form that `messages` takes.
 */
#include "base/request.h"
#include "dialect/collect.h"
#include "dialect/own_question.h"
#include "dialect/read_answer.h"
#include "lua/run.h"

#define CHAT_BYTES (1u << 20) /* of an answer */

typedef struct chat {
    yz_answer_reader *reader; /* NULL: the answer is of no known dialect */
    yz_collected *answer;
    size_t bytes; /* so far */
} chat;

/* ---- asking ------------------------------------------------------------------------------------------------------------------- */

/* The table at 1, copied: what is ours is left out of it. Leaves it at the top. */
static void copy_table(lua_State *L) {
    lua_newtable(L);
    for (lua_pushnil(L); lua_next(L, 1); lua_pop(L, 1)) {
        if (lua_type(L, -2) != LUA_TSTRING)
            luaL_error(L, "llm.chat takes a table with names, as in { model = \"…\", messages = \"…\" }");
        lua_pushvalue(L, -2);
        lua_pushvalue(L, -2);
        lua_rawset(L, -5);
    }
    lua_pushnil(L);
    lua_setfield(L, -2, "stream");
    lua_getfield(L, -1, "messages");
    if (lua_type(L, -1) != LUA_TSTRING && !lua_istable(L, -1))
        luaL_error(L, "llm.chat: messages is a list of messages, or a string");
    lua_pop(L, 1);
}

/* The body of the table at the top of the stack. */
static void set_body(lua_State *L, yz_policy_call *pc, yz_request *request) {
    yz_arena *arena = yz_call_arena(pc->call);
    yz_buf *text = yz_lua_text(pc->lua);
    bool plain;
    const char *wrong = yz_lua_encode_chat(L, lua_gettop(L), request->dialect, text, &plain);
    if (wrong)
        luaL_error(L, "llm.chat met %s", wrong);
    request->body = yz_dup(arena, yz_buf_view(text));
    yz_json *root;
    if (yz_json_parse(arena, request->body, 0, &root, NULL) != YZ_OK)
        luaL_error(L, "llm.chat: the request is not proper JSON");
    request->json = root;
    yz_request_place(arena, request);
    request->model_node = yz_json_get(root, "model");
    request->model = yz_json_text(arena, request->model_node);
    if (plain)
        yz_own_question(request);
}

/* Nothing of the client's own request but who asks. */
static yz_request *new_request(yz_policy_call *pc) {
    yz_request *request = yz_request_copy(yz_call_arena(pc->call), yz_call_request(pc->call));
    request->dialects = &pc->lua->share->settings->dialects;
    request->dialect = yz_dialects_fallback(request->dialects);
    request->op = YZ_OP_CHAT;
    request->stream = request->include_usage = false;
    request->events = true;
    request->target = NULL;
    request->upload = NULL;
    request->method = request->path = request->query = (yz_str){0};
    return request;
}

static yz_request *make_request(lua_State *L, yz_policy_call *pc) {
    yz_request *request = new_request(pc);
    if (!request->dialect)
        luaL_error(L, "llm.chat needs the adapter of chats that name no dialect, which is not loaded");
    copy_table(L);
    set_body(L, pc, request);
    const yz_target *const *targets;
    if (request->model.n == 0)
        luaL_error(L, "llm.chat: model should be the name of a model");
    if (yz_targets(pc->call, request->model, &targets) == 0) {
        lua_pushlstring(L, request->model.p, request->model.n < 100 ? request->model.n : 100);
        luaL_error(L, "llm.chat: the model \"%s\" is not configured", lua_tostring(L, -1));
    }
    return request;
}

static int ask(lua_State *L) {
    yz_policy_call *pc = policy_current(L, "llm.chat");
    if (!lua_istable(L, 1))
        return luaL_error(L, "llm.chat takes a table, as in llm.chat { model = \"…\", messages = \"…\" }");
    lua_settop(L, 1);
    attempt *a = policy_attempt_start(L, pc, make_request(L, pc), YZ_BECAUSE_QUESTION);
    a->chat = yz_alloc(yz_call_arena(pc->call), sizeof *a->chat);
    a->chat->answer = yz_collected_new(yz_call_arena(pc->call), a->request);
    pc->waits_for = a;
    return policy_wait_for(L, pc, WAIT_CHAT);
}

void policy_chat_push(lua_State *L) {
    lua_newtable(L);
    lua_pushcfunction(L, ask);
    lua_setfield(L, -2, "chat");
}

/* ---- the answer comes ----------------------------------------------------------------------------------------------------------- */

static void give_error(yz_policy_call *pc, attempt *a, const yz_error *error) {
    a->error = *error;
    policy_attempt_cancel(a);
    a->state = ATTEMPT_FAILED;
    if (pc->wait != WAIT_CHAT || pc->waits_for != a)
        return;
    lua_State *co = policy_stack(pc);
    lua_pushnil(co);
    policy_error_push(co, &a->error);
    policy_resume(pc, 2);
}

static void broken(yz_policy_call *pc, attempt *a, const char *reason) {
    give_error(pc, a, &(yz_error){YZ_ERROR, .class_ = YZ_ERROR_BROKEN, .message = yz_str_of(reason)});
}

void policy_chat_failed(yz_policy_call *pc, attempt *a) {
    yz_error error = a->error;
    give_error(pc, a, &error);
}

void policy_chat_head(yz_policy_call *pc, attempt *a, const yz_head *head) {
    a->chat->reader = yz_answer_reader_new(yz_call_arena(pc->call), a->request, head, &a->chat->answer->sink);
}

void policy_chat_chunk(yz_policy_call *pc, attempt *a, const yz_chunk *chunk) {
    chat *c = a->chat;
    const yz_error *error = NULL;
    c->bytes += chunk->events ? 0 : chunk->bytes.n;
    if (!c->reader)
        broken(pc, a, "no adapter can read the answer");
    else if (yz_answer_reader_chunk(c->reader, chunk, &error) < 0)
        give_error(pc, a, error);
    else if (c->bytes > CHAT_BYTES || c->answer->n > CHAT_BYTES)
        broken(pc, a, "the answer is longer than 1 MiB");
}

void policy_chat_end(yz_policy_call *pc, attempt *a, const yz_end *end) {
    chat *c = a->chat;
    const yz_error *error = NULL;
    if (!c->reader) {
        broken(pc, a, "no adapter can read the answer");
    } else if (yz_answer_reader_end(c->reader, &error) < 0) {
        give_error(pc, a, error);
    } else {
        policy_collected_push(policy_stack(pc), yz_call_arena(pc->call), c->answer, a->request->model, end->usage);
        policy_resume(pc, 1);
    }
}
