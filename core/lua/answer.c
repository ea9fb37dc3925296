/* lua/answer.c: an answer a policy makes itself: written as a document of the dialect for chats that name none (yz_adapter.fallback), which
 * the edge translates for clients of other dialects and for streams. */
#include "lua/run.h"
#include "plugin/loader.h"

/* Raw: nothing here runs under limits, so no metamethod of the policy's may be called. */
static void raw_field(lua_State *L, int index, const char *name) {
    lua_pushstring(L, name);
    lua_rawget(L, index);
}

static yz_str text_field(lua_State *L, int index, const char *name) {
    yz_str text = {0};
    raw_field(L, index, name);
    if (lua_type(L, -1) == LUA_TSTRING)
        text.p = lua_tolstring(L, -1, &text.n);
    lua_pop(L, 1); /* the table keeps it alive */
    return text;
}

/* The arguments of the tool call at `call`: text as it is, a table as JSON; as a JSON string. */
static const char *write_arguments(lua_State *L, int call, yz_buf *out) {
    yz_buf arguments = {0};
    const char *wrong = NULL;
    raw_field(L, call, "arguments");
    if (lua_istable(L, -1))
        wrong = yz_lua_encode(L, -1, &arguments);
    else
        yz_buf_lit(&arguments, lua_type(L, -1) == LUA_TSTRING ? lua_tostring(L, -1) : "{}");
    yz_buf_json_str(out, yz_buf_view(&arguments));
    yz_buf_free(&arguments);
    return wrong;
}

/* tool_calls = { { name = "…", arguments = { … } or "…", id = "…" }, … } */
static const char *write_tools(lua_State *L, int list, yz_buf *out) {
    size_t n = lua_objlen(L, list);
    yz_buf_lit(out, ",\"tool_calls\":[");
    for (size_t i = 1; i <= n; i++) {
        lua_rawgeti(L, list, (int)i);
        int call = lua_gettop(L);
        yz_str name = lua_istable(L, call) ? text_field(L, call, "name") : (yz_str){0};
        if (name.n == 0)
            return "tool_calls is a list of { name = \"…\", arguments = { … } }";
        yz_str id = text_field(L, call, "id");
        yz_buf_lit(out, i > 1 ? ",{\"id\":" : "{\"id\":");
        if (id.n)
            yz_buf_json_str(out, id);
        else
            yz_buf_printf(out, "\"call_%zu\"", i);
        yz_buf_lit(out, ",\"type\":\"function\",\"function\":{\"name\":");
        yz_buf_json_str(out, name);
        yz_buf_lit(out, ",\"arguments\":");
        const char *wrong = write_arguments(L, call, out);
        if (wrong)
            return wrong;
        yz_buf_lit(out, "}}");
        lua_settop(L, call - 1);
    }
    yz_buf_char(out, ']');
    return NULL;
}

static const char *write_document(yz_policy_call *pc, lua_State *L, int index, yz_buf *out, bool *tools) {
    yz_str text = {0}, model = pc->request->model;
    *tools = false;
    if (lua_type(L, index) == LUA_TSTRING) {
        text.p = lua_tolstring(L, index, &text.n);
    } else {
        text = text_field(L, index, "text");
        yz_str said = text_field(L, index, "model");
        model = said.n ? said : model;
        raw_field(L, index, "tool_calls");
        *tools = lua_istable(L, -1);
    }
    if (!text.p && !*tools)
        return "the answer it returned has no text";
    yz_buf_printf(out, "{\"id\":\"chatcmpl-%.*s\",\"object\":\"chat.completion\",\"created\":%lld,\"model\":", YZ_STR_ARGS(pc->request->id),
                  (long long)yz_clock_wall());
    yz_buf_json_str(out, model);
    yz_buf_lit(out, ",\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":");
    if (text.p)
        yz_buf_json_str(out, text);
    else
        yz_buf_lit(out, "null");
    if (*tools) {
        const char *wrong = write_tools(L, lua_gettop(L), out);
        if (wrong)
            return wrong;
    }
    yz_buf_printf(out, "},\"finish_reason\":\"%s\"}],\"usage\":{\"prompt_tokens\":0,\"completion_tokens\":0,\"total_tokens\":0}}",
                  *tools ? "tool_calls" : "stop");
    return NULL;
}

const char *policy_answer(yz_policy_call *pc, lua_State *L, int index) {
    int type = lua_type(L, index);
    if (type != LUA_TSTRING && type != LUA_TTABLE)
        return yz_format(
                   yz_call_arena(pc->call),
                   "it returned a %s; a policy returns nothing, a response, nil and an error, or an answer (text, or a table with text)",
                   luaL_typename(L, index))
            .p;
    const yz_adapter *dialect = yz_dialects_fallback(&pc->lua->share->settings->dialects);
    if (!dialect)
        return "an answer of its own needs the adapter of chats that name no dialect, which is not loaded";
    yz_buf document = {0};
    bool tools;
    const char *wrong = write_document(pc, L, index, &document, &tools);
    yz_call *call = pc->call;
    const yz_usage nothing = yz_usage_of(0, 0);
    if (!wrong) {
        policy_release(pc, NULL);
        yz_head head = {YZ_HEAD, .status = 200, .dialect = dialect, .content_type = YZ_STR("application/json"),
                        .length = (int64_t)document.n};
        yz_send_head(call, &head);
        yz_send_chunk(call, &(yz_chunk){YZ_CHUNK, yz_buf_view(&document), YZ_MARK_CONTENT | YZ_MARK_FINISH | YZ_MARK_USAGE});
        yz_send_end(call, &(yz_end){YZ_END, .usage = &nothing, .finish = tools ? YZ_FINISH_TOOLS : YZ_FINISH_STOP});
    }
    yz_buf_free(&document);
    return wrong;
}
