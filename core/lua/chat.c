/* lua/chat.c: llm.chat{ model = …, messages = …, … }: a question of the policy's own, sent down the rest of the chain as a child of the
 * call (so it is cancelled with it), and read as a whole.
 *
 *   -> { text, model, finish, usage = { input, output }, message }, or nil and an error
 */
#include "base/request.h"
#include "dialect/translate.h"
#include "lua/run.h"
#include "plugin/loader.h"

#define CHAT_BYTES (1u << 20) /* of an answer */

typedef struct chat {
    yz_translator *translator;
    yz_buf document;
} chat;

static void free_document(void *arg) { yz_buf_free(&((chat *)arg)->document); }

/* ---- asking ------------------------------------------------------------------------------------------------------------------- */

/* The table at 1 as a request body. messages may be a string: one message of a user. `stream` is ours. Leaves it at the top. */
static void normalise(lua_State *L) {
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
    if (lua_type(L, -1) == LUA_TSTRING) {
        lua_createtable(L, 1, 0);
        lua_createtable(L, 0, 2);
        lua_pushliteral(L, "user");
        lua_setfield(L, -2, "role");
        lua_pushvalue(L, -3);
        lua_setfield(L, -2, "content");
        lua_rawseti(L, -2, 1);
        lua_setfield(L, -3, "messages");
    } else if (!lua_istable(L, -1)) {
        luaL_error(L, "llm.chat: messages is a list of messages, or a string");
    }
    lua_pop(L, 1);
}

static yz_request *make_request(lua_State *L, yz_policy_call *pc) {
    yz_arena *arena = yz_call_arena(pc->call);
    yz_request *request = yz_request_copy(arena, yz_call_request(pc->call));
    request->dialects = &pc->lua->share->settings->dialects;
    request->dialect = yz_dialects_fallback(request->dialects);
    if (!request->dialect)
        luaL_error(L, "llm.chat needs the adapter of chats that name no dialect, which is not loaded");
    normalise(L);
    yz_buf *text = yz_lua_text(pc->lua);
    const char *wrong = yz_lua_encode(L, -1, text);
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
    request->op = YZ_OP_CHAT;
    request->stream = false;
    request->target = NULL;
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
    attempt *a = policy_attempt_start(L, pc, make_request(L, pc));
    a->chat = yz_alloc(yz_call_arena(pc->call), sizeof *a->chat);
    yz_on_free(yz_call_arena(pc->call), free_document, a->chat);
    pc->waits_for = a;
    return policy_wait_for(L, pc, WAIT_CHAT);
}

void policy_chat_push(lua_State *L) {
    lua_newtable(L);
    lua_pushcfunction(L, ask);
    lua_setfield(L, -2, "chat");
}

/* ---- the answer ------------------------------------------------------------------------------------------------------------------ */

static void give_error(yz_policy_call *pc, attempt *a, const yz_error *error) {
    a->error = *error;
    policy_attempt_cancel(a);
    a->state = ATTEMPT_FAILED;
    yz_buf_free(&a->chat->document);
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
    a->chat->translator = yz_translator_new(yz_call_arena(pc->call), a->request, head, yz_clock_wall());
}

static void after_piece(yz_policy_call *pc, attempt *a, int code, const yz_error *error) {
    if (code < 0 && error)
        give_error(pc, a, error);
    else if (code < 0)
        broken(pc, a, "the answer is not what its dialect says");
    else if (a->chat->document.n > CHAT_BYTES)
        broken(pc, a, "the answer is longer than 1 MiB");
}

void policy_chat_chunk(yz_policy_call *pc, attempt *a, const yz_chunk *chunk) {
    const yz_error *error = NULL;
    int code = YZ_OK;
    if (yz_translator_forwards(a->chat->translator))
        yz_buf_str(&a->chat->document, chunk->bytes);
    else
        code = yz_translator_chunk(a->chat->translator, chunk, &a->chat->document, &error);
    after_piece(pc, a, code, error);
}

static void set_text(lua_State *L, const char *name, yz_str text) {
    lua_pushlstring(L, text.p ? text.p : "", text.n);
    lua_setfield(L, -2, name);
}

static void push_count(lua_State *L, const char *name, int64_t n) {
    if (n < 0)
        return;
    lua_pushnumber(L, (lua_Number)n);
    lua_setfield(L, -2, name);
}

static void push_usage(lua_State *L, const yz_usage *usage) {
    lua_createtable(L, 0, 2);
    push_count(L, "input", yz_usage_get(usage, YZ_METER_INPUT));
    push_count(L, "output", yz_usage_get(usage, YZ_METER_OUTPUT));
}

static void push_answer(yz_policy_call *pc, const yz_json *root, const yz_usage *usage) {
    lua_State *co = policy_stack(pc);
    yz_arena *arena = yz_call_arena(pc->call);
    const yz_json *choices = yz_json_get(root, "choices"), *choice = choices ? choices->child : NULL;
    const yz_json *message = yz_json_get(choice, "message");
    lua_createtable(co, 0, 5);
    set_text(co, "text", yz_json_text(arena, yz_json_get(message, "content")));
    set_text(co, "model", yz_json_text(arena, yz_json_get(root, "model")));
    set_text(co, "finish", yz_json_text(arena, yz_json_get(choice, "finish_reason")));
    push_usage(co, usage);
    lua_setfield(co, -2, "usage");
    if (message) {
        yz_lua_decode(co, arena, message);
        lua_setfield(co, -2, "message");
    }
}

void policy_chat_end(yz_policy_call *pc, attempt *a, const yz_end *end) {
    chat *c = a->chat;
    const yz_error *error = NULL;
    if (!yz_translator_forwards(c->translator)) {
        int code = yz_translator_end(c->translator, &c->document, &error);
        if (code < 0) {
            after_piece(pc, a, code, error);
            return;
        }
    }
    yz_json *root;
    yz_arena *arena = yz_call_arena(pc->call);
    yz_str document = yz_dup(arena, yz_buf_view(&c->document));
    yz_buf_free(&c->document);
    if (document.n > CHAT_BYTES || yz_json_parse(arena, document, YZ_JSON_LONE_SURROGATES, &root, NULL) != YZ_OK) {
        broken(pc, a, "the answer is not JSON, or too long");
        return;
    }
    push_answer(pc, root, end->usage);
    policy_resume(pc, 1);
}
