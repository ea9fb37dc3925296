/* lua/answer.c: an answer a policy makes itself, written in the dialect and the form its client asked for. */
#include "dialect/own_answer.h"
#include "lua/run.h"

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

#define CALLS 128 /* of one answer */

/* The call at `index`, the n-th. Its arguments: text as it is, a table as JSON, of which `left` bytes may still come. */
static const char *add_call(lua_State *L, int index, size_t n, yz_arena *arena, yz_own_answer *answer, size_t *left) {
    yz_str name = lua_istable(L, index) ? text_field(L, index, "name") : (yz_str){0};
    if (name.n == 0)
        return "tool_calls is a list of { name = \"…\", arguments = { … } }";
    yz_str id = text_field(L, index, "id"), arguments = text_field(L, index, "arguments");
    yz_buf text = {0};
    raw_field(L, index, "arguments");
    const char *wrong = lua_istable(L, -1) ? yz_lua_encode(L, -1, &text) : NULL;
    yz_str said = text.n ? yz_buf_view(&text) : arguments;
    size_t size = id.n + name.n + said.n;
    if (!wrong && size > *left)
        wrong = "an answer with more than 8 MiB of tool_calls";
    if (!wrong)
        yz_own_answer_call(answer, id.n ? id : yz_format(arena, "call_%zu", n), name, said);
    *left -= wrong ? 0 : size;
    yz_buf_free(&text);
    return wrong;
}

/* tool_calls = { { name = "…", arguments = { … } or "…", id = "…" }, … } */
static const char *add_calls(lua_State *L, int list, yz_arena *arena, yz_own_answer *answer) {
    size_t n = lua_objlen(L, list), left = YZ_LUA_ENCODE_BYTES;
    const char *wrong = n > CALLS ? "an answer with more than 128 tool_calls" : NULL;
    for (size_t i = 1; i <= n && !wrong; i++) {
        lua_rawgeti(L, list, (int)i);
        int call = lua_gettop(L);
        wrong = add_call(L, call, i, arena, answer, &left);
        lua_settop(L, call - 1);
    }
    return wrong;
}

/* What the string or table at `index` says; *model too, if it says that. */
static const char *fill(lua_State *L, int index, yz_arena *arena, yz_own_answer *answer, yz_str *model) {
    yz_str text = {0}, said = {0};
    bool calls = false;
    if (lua_type(L, index) == LUA_TSTRING) {
        text.p = lua_tolstring(L, index, &text.n);
    } else {
        text = text_field(L, index, "text");
        said = text_field(L, index, "model");
        raw_field(L, index, "tool_calls");
        calls = lua_istable(L, -1);
    }
    if (!text.p && !calls)
        return "the answer it returned has no text";
    *model = said.n ? said : *model;
    if (text.p)
        yz_own_answer_text(answer, text);
    return calls ? add_calls(L, lua_gettop(L), arena, answer) : NULL;
}

static bool is_model(const yz_policy_call *pc, lua_State *L, int index) {
    yz_str text = {0};
    text.p = lua_tolstring(L, index, &text.n);
    const yz_settings *s = pc->lua->share->settings;
    for (size_t i = 0; i < s->n_models; i++)
        if (yz_str_eq(s->models[i].name, text))
            return true;
    return false;
}

const char *policy_answer(yz_policy_call *pc, lua_State *L, int index, yz_own_answer **out) {
    int type = lua_type(L, index);
    yz_call *call = pc->call;
    yz_arena *arena = yz_call_arena(call);
    if (type == LUA_TUSERDATA)
        return "it returned an object, such as req, which is no answer: return next(req) asks for one";
    if (type != LUA_TSTRING && type != LUA_TTABLE)
        return yz_format(
                   arena,
                   "it returned a %s; a policy returns nothing, a response, nil and an error, or an answer (text, or a table with text)",
                   luaL_typename(L, index))
            .p;
    if (type == LUA_TSTRING && is_model(pc, L, index))
        return yz_format(arena,
                         "it returned \"%s\", which would be the answer's text, and is the name of a model: req.model = \"%s\" chooses it",
                         lua_tostring(L, index), lua_tostring(L, index))
            .p;
    yz_own_answer *answer = yz_own_answer_new(yz_call_request(call), arena, yz_clock_wall());
    if (!answer)
        return "it answered itself, but no adapter that is loaded can write the client's dialect";
    yz_str model = pc->request->model;
    const char *wrong = fill(L, index, arena, answer, &model);
    if (wrong)
        return wrong;
    yz_own_answer_end(answer, model, NULL);
    *out = answer;
    return NULL;
}
