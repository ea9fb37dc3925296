/* lua/collected.c: a whole answer as a policy and its tests see it. */
#include "dialect/collect.h"
#include "lua/run.h"

static void set_text(lua_State *L, const char *name, yz_str text) {
    lua_pushlstring(L, text.p ? text.p : "", text.n);
    lua_setfield(L, -2, name);
}

static void set_escaped(lua_State *L, const char *name, yz_str escaped, yz_arena *arena) {
    set_text(L, name, yz_json_unescape(arena, escaped));
}

static void set_count(lua_State *L, const char *name, int64_t n) {
    if (n < 0)
        return;
    lua_pushnumber(L, (lua_Number)n);
    lua_setfield(L, -2, name);
}

/* ---- the message ----------------------------------------------------------------------------------------------------------------- */

static void push_call(lua_State *L, yz_arena *arena, const yz_collected_call *call, int n) {
    lua_createtable(L, 0, 3);
    if (call->id.n)
        set_escaped(L, "id", call->id, arena);
    else
        set_text(L, "id", yz_format(arena, "call_%d", n)); /* results are matched by it */
    set_text(L, "type", YZ_STR("function"));
    lua_createtable(L, 0, 2);
    set_escaped(L, "name", call->name, arena);
    set_escaped(L, "arguments", call->arguments.n ? yz_buf_view(&call->arguments) : YZ_STR("{}"), arena);
    lua_setfield(L, -2, "function");
}

static void set_calls(lua_State *L, yz_arena *arena, const yz_collected *answer) {
    int n = 0;
    lua_newtable(L);
    for (const yz_collected_call *call = answer->calls; call; call = call->next) {
        push_call(L, arena, call, ++n);
        lua_rawseti(L, -2, n);
    }
    lua_setfield(L, -2, "tool_calls");
}

/* In the form that llm.chat's `messages` takes, so that a conversation can go on with it. */
static void push_message(lua_State *L, yz_arena *arena, const yz_collected *answer) {
    luaL_checkstack(L, 8, "an answer");
    lua_createtable(L, 0, 4);
    set_text(L, "role", YZ_STR("assistant"));
    if (answer->text.n || (!answer->calls && !answer->refusal.n)) {
        set_escaped(L, "content", yz_buf_view(&answer->text), arena);
    } else {
        lua_pushlightuserdata(L, NULL); /* json.null */
        lua_setfield(L, -2, "content");
    }
    if (answer->refusal.n)
        set_escaped(L, "refusal", yz_buf_view(&answer->refusal), arena);
    if (answer->reasoning.n)
        set_escaped(L, "reasoning_content", yz_buf_view(&answer->reasoning), arena);
    if (answer->calls)
        set_calls(L, arena, answer);
}

/* ---- the whole ------------------------------------------------------------------------------------------------------------------- */

static yz_str finish_word(const yz_collected *answer) {
    switch (answer->finish) {
    case YZ_FINISH_LENGTH:
        return YZ_STR("length");
    case YZ_FINISH_FILTER:
        return YZ_STR("content_filter");
    default:
        return answer->calls ? YZ_STR("tool_calls") : YZ_STR("stop");
    }
}

void policy_collected_push(lua_State *L, yz_arena *arena, const yz_collected *answer, yz_str model, const yz_usage *usage) {
    luaL_checkstack(L, 8, "an answer");
    lua_createtable(L, 0, 5);
    set_escaped(L, "text", yz_buf_view(&answer->text), arena);
    if (answer->model.n)
        set_escaped(L, "model", answer->model, arena);
    else
        set_text(L, "model", model);
    set_text(L, "finish", finish_word(answer));
    lua_createtable(L, 0, 2);
    set_count(L, "input", yz_usage_get(usage, YZ_METER_INPUT));
    set_count(L, "output", yz_usage_get(usage, YZ_METER_OUTPUT));
    lua_setfield(L, -2, "usage");
    push_message(L, arena, answer);
    lua_setfield(L, -2, "message");
}
