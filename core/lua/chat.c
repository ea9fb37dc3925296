/* lua/chat.c: llm.chat{ model = …, messages = …, … }: a question of the policy's own, sent down the rest of the chain as a child of the
 * call (so it is cancelled with it), and read as a whole; and what is common to it and to the steps of steps.c.
 *
 *   -> { text, model, finish, usage = { input, output }, message }, or nil and an error
 *
 * `messages` may be a text: then the question is the gateway's own (dialect/own_question.h), and written for whoever is asked. Else the
 * table is a body in the form of chats that name no dialect (yz_adapter.fallback), whose adapter alone knows what stands in it. Either is
 * proven once. Two fields are ours and go nowhere: `timeout` (ms) and `step`, the name it has in the record of the request. The answer is
 * collected from its events, and `message` is made of them in the form that `messages` takes.
 */
#include "base/request.h"
#include "dialect/collect.h"
#include "dialect/own_question.h"
#include "dialect/read_answer.h"
#include "lua/run.h"

#define CHAT_BYTES (1u << 20) /* of an answer */

typedef struct chat {
    policy_embed *embed;      /* no chat: vectors are asked for; NULL: it is one */
    yz_answer_reader *reader; /* NULL: the answer is of no known dialect */
    yz_collected *answer;
    size_t bytes; /* so far */
    bool done;    /* it is whole */
} chat;

/* ---- asking ------------------------------------------------------------------------------------------------------------------- */

/* Takes a field that is ours out of the table on top, and leaves its value there. */
static void take_field(lua_State *L, const char *name) {
    lua_getfield(L, -1, name);
    lua_pushnil(L);
    lua_setfield(L, -3, name);
}

void policy_asks_own(lua_State *L, yz_policy_call *pc, const char *what, policy_asks *out) {
    take_field(L, "timeout");
    if (!lua_isnil(L, -1)) {
        lua_Number ms = lua_type(L, -1) == LUA_TNUMBER ? lua_tonumber(L, -1) : -1;
        if (!(ms >= 1 && ms <= 600000))
            luaL_error(L, "%s: timeout is a number of milliseconds, 1 to 600000", what);
        out->timeout = (int64_t)ms;
    }
    lua_pop(L, 1);
    take_field(L, "step");
    if (!lua_isnil(L, -1)) {
        yz_str name = {0};
        if (lua_type(L, -1) == LUA_TSTRING)
            name.p = lua_tolstring(L, -1, &name.n);
        if (name.n == 0 || name.n > 64)
            luaL_error(L, "%s: step is a name of 1 to 64 bytes", what);
        out->step = yz_dup(yz_call_arena(pc->call), name);
    }
    lua_pop(L, 1);
}

/* The table at `index`, copied, without what is ours. Leaves it at the top. */
static void copy_table(lua_State *L, int index, const char *what) {
    lua_newtable(L);
    for (lua_pushnil(L); lua_next(L, index); lua_pop(L, 1)) {
        if (lua_type(L, -2) != LUA_TSTRING)
            luaL_error(L, "%s takes a table with names, as in { model = \"…\", messages = \"…\" }", what);
        lua_pushvalue(L, -2);
        lua_pushvalue(L, -2);
        lua_rawset(L, -5);
    }
    lua_pushnil(L);
    lua_setfield(L, -2, "stream");
    lua_getfield(L, -1, "messages");
    if (lua_type(L, -1) != LUA_TSTRING && !lua_istable(L, -1))
        luaL_error(L, "%s: messages is a list of messages, or a string", what);
    lua_pop(L, 1);
}

/* The body of the table at the top of the stack. */
static void set_body(lua_State *L, yz_policy_call *pc, const char *what, yz_request *request) {
    yz_arena *arena = yz_call_arena(pc->call);
    yz_buf *text = yz_lua_text(pc->lua);
    bool plain;
    const char *wrong = yz_lua_encode_chat(L, lua_gettop(L), request->dialect, text, &plain);
    if (wrong)
        luaL_error(L, "%s met %s", what, wrong);
    request->body = yz_dup(arena, yz_buf_view(text));
    yz_json *root;
    if (yz_json_parse(arena, request->body, 0, &root, NULL) != YZ_OK)
        luaL_error(L, "%s: the request is not proper JSON", what);
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
    request->within = pc->request->within;
    request->n_within = pc->request->n_within;
    request->stream = request->include_usage = false;
    request->target = NULL;
    request->upload = NULL;
    request->method = request->path = request->query = (yz_str){0};
    return request;
}

/* Its answer is the client's: streamed as that one wants it. The table is on top of the stack. */
static void stream_as_asked(lua_State *L, const yz_request *client, yz_request *request) {
    request->stream = client->stream;
    request->include_usage = client->include_usage;
    if (client->stream)
        lua_pushboolean(L, true);
    else
        lua_pushnil(L);
    lua_setfield(L, -2, "stream");
}

/* A name that nobody serves is a slip in a policy, whose models are written down. A workflow may have it from an answer or an option, and
 * its steps fail as values: it goes down, and comes back as the error that a client would get. Itself it never reaches. */
static bool may_ask(const yz_policy_call *pc, yz_str model) {
    yz_str own = pc->policy->config->serves;
    return policy_serves(pc, model) || (own.n > 0 && !yz_str_eq(own, model));
}

void policy_check_model(lua_State *L, const yz_policy_call *pc, const char *what, yz_str model) {
    if (model.n == 0)
        luaL_error(L, "%s: model should be the name of a model", what);
    if (!may_ask(pc, model)) {
        lua_pushlstring(L, model.p, model.n < 100 ? model.n : 100);
        luaL_error(L, "%s: the model \"%s\" is not configured", what, lua_tostring(L, -1));
    }
}

policy_asks policy_chat_read(lua_State *L, yz_policy_call *pc, int index, const char *what, bool for_client) {
    policy_asks asks = {0};
    yz_request *request = new_request(pc);
    if (!request->dialect)
        luaL_error(L, "%s needs the adapter of chats that name no dialect, which is not loaded", what);
    if (!lua_istable(L, index))
        luaL_error(L, "%s takes a table, as in { model = \"…\", messages = \"…\" }, not a %s", what, luaL_typename(L, index));
    luaL_checkstack(L, 12, "a question");
    copy_table(L, index, what);
    policy_asks_own(L, pc, what, &asks);
    request->events = !for_client;
    if (for_client)
        stream_as_asked(L, yz_call_request(pc->call), request);
    set_body(L, pc, what, request);
    lua_pop(L, 1);
    policy_check_model(L, pc, what, request->model);
    asks.request = request;
    return asks;
}

attempt *policy_chat_start(yz_policy_call *pc, const policy_asks *asks, bool for_client) {
    yz_arena *arena = yz_call_arena(pc->call);
    attempt *a = policy_attempt_start(pc, asks->request, for_client ? YZ_BECAUSE_POLICY : YZ_BECAUSE_QUESTION);
    if (!for_client) {
        a->chat = yz_alloc(arena, sizeof *a->chat);
        a->chat->embed = asks->texts > 0 ? policy_embed_new(arena, asks->texts, asks->list) : NULL;
        a->chat->answer = a->chat->embed ? NULL : yz_collected_new(arena, a->request);
    }
    if (asks->timeout > 0)
        yz_deadline(a->child, asks->timeout);
    yz_call_record(a->child)->label = asks->step;
    return a;
}

static int ask(lua_State *L) {
    yz_policy_call *pc = policy_current(L, "llm.chat");
    lua_settop(L, 1);
    policy_asks asks = policy_chat_read(L, pc, 1, "llm.chat", false);
    policy_attempt_room(L, pc, 1);
    pc->waits_for = policy_chat_start(pc, &asks, false);
    return policy_wait_for(L, pc, WAIT_CHAT);
}

void policy_chat_push(lua_State *L) {
    lua_newtable(L);
    lua_pushcfunction(L, ask);
    lua_setfield(L, -2, "chat");
    policy_embed_add(L);
    policy_steps_add(L);
}

/* ---- the answer comes ----------------------------------------------------------------------------------------------------------- */

bool policy_chat_settled(const attempt *a) { return a->state == ATTEMPT_FAILED || a->state == ATTEMPT_CANCELLED || a->chat->done; }

int policy_chat_result(lua_State *L, const yz_policy_call *pc, const attempt *a) {
    if (a->chat->done && a->chat->embed) {
        policy_embed_result(L, a->chat->embed);
        return 1;
    }
    if (a->chat->done) {
        policy_collected_push(L, yz_call_arena(pc->call), a->chat->answer, a->request->model, a->end.usage);
        return 1;
    }
    lua_pushnil(L);
    policy_attempt_error(L, a);
    return 2;
}

/* It has an answer, or failed: whoever waits is told. */
static void settled(yz_policy_call *pc, attempt *a) {
    if (pc->wait == WAIT_CHAT && pc->waits_for == a)
        policy_resume(pc, policy_chat_result(policy_stack(pc), pc, a));
    else if (pc->wait == WAIT_ALL)
        policy_steps_settled(pc);
}

static void give_error(yz_policy_call *pc, attempt *a, const yz_error *error) {
    a->error = *error;
    policy_attempt_cancel(a);
    a->state = ATTEMPT_FAILED;
    settled(pc, a);
}

static void broken(yz_policy_call *pc, attempt *a, const char *reason) {
    give_error(pc, a, &(yz_error){YZ_ERROR, .class_ = YZ_ERROR_BROKEN, .message = yz_str_of(reason)});
}

void policy_chat_failed(yz_policy_call *pc, attempt *a) {
    yz_error error = a->error;
    give_error(pc, a, &error);
}

void policy_chat_head(yz_policy_call *pc, attempt *a, const yz_head *head) {
    if (a->chat->embed)
        policy_embed_head(a->chat->embed, head);
    else
        a->chat->reader = yz_answer_reader_new(yz_call_arena(pc->call), a->request, head, &a->chat->answer->sink);
}

void policy_chat_chunk(yz_policy_call *pc, attempt *a, const yz_chunk *chunk) {
    chat *c = a->chat;
    const yz_error *error = NULL;
    c->bytes += chunk->events ? 0 : chunk->bytes.n;
    if (c->embed) {
        if (!policy_embed_chunk(c->embed, yz_call_arena(pc->call), chunk->bytes))
            broken(pc, a, "the vectors are longer than 4 MiB");
        return;
    }
    if (!c->reader)
        broken(pc, a, "no adapter can read the answer");
    else if (yz_answer_reader_chunk(c->reader, chunk, &error) < 0)
        give_error(pc, a, error);
    else if (c->bytes > CHAT_BYTES || c->answer->n > CHAT_BYTES)
        broken(pc, a, "the answer is longer than 1 MiB");
}

void policy_chat_end(yz_policy_call *pc, attempt *a) {
    chat *c = a->chat;
    const yz_error *error = NULL;
    const char *wrong = c->embed ? policy_embed_end(c->embed, yz_call_arena(pc->call)) : NULL;
    if (wrong) {
        broken(pc, a, wrong);
    } else if (c->embed) {
        c->done = true;
        settled(pc, a);
    } else if (!c->reader) {
        broken(pc, a, "no adapter can read the answer");
    } else if (yz_answer_reader_end(c->reader, &error) < 0) {
        give_error(pc, a, error);
    } else {
        c->done = true;
        settled(pc, a);
    }
}
