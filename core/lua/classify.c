/* lua/classify.c: classify.open(file): a model of questions (question/model.h), for policies and the modules they require.
 *
 *   local model = classify.open "yuzui/question.model"   -- at the top of the file: beside the policy, or in the library
 *   local label, margin, more = model:judge(req)         -- or a text
 *
 * margin: 0 is a toss-up, 1 is sure. more: { second =, probability =, language =, code =, chars =, difficulty = }, made only for who asks
 * for it: model:judge(req, true). A model is mapped read-only, so all workers share its memory; it is watched as the policy's own file is.
 */
#include "lua/run.h"
#include "question/model.h"

#define MODEL "yuzui.model"

typedef struct handle {
    yz_model *model;
} handle;

static yz_model *model_at(lua_State *L, int arg) {
    handle *h = lua_touserdata(L, arg);
    luaL_getmetatable(L, MODEL);
    if (!h || !lua_getmetatable(L, arg) || !lua_rawequal(L, -1, -2))
        luaL_error(L, "a model should stand here, as in model:judge(req)");
    lua_pop(L, 2);
    return h->model;
}

static int on_collect(lua_State *L) {
    handle *h = lua_touserdata(L, 1);
    yz_model_close(h->model);
    h->model = NULL;
    return 0;
}

static int open_model(lua_State *L) {
    yz_lua *lua = yz_lua_of(L);
    yz_str name;
    name.p = luaL_checklstring(L, 1, &name.n);
    if (!lua->loading)
        return luaL_error(L, "classify.open \"%s\": models are opened at the top of the file, not inside a call", name.p);
    if (name.n > 200 || strstr(name.p, "..") || strlen(name.p) != name.n)
        return luaL_error(L, "classify.open: a file's name is like \"yuzui/question.model\"");
    const char *path = yz_lua_find_file(lua, name), *why;
    if (!path)
        return luaL_error(L, "classify.open: there is no \"%s\" beside the policy or in the library", name.p);
    handle *h = lua_newuserdata(L, sizeof *h);
    h->model = NULL;
    luaL_getmetatable(L, MODEL);
    lua_setmetatable(L, -2);
    h->model = yz_model_open(path, &why);
    if (!h->model)
        return luaL_error(L, "classify.open: %s: %s", path, why);
    return 1;
}

static void push_label(lua_State *L, const yz_model *model, unsigned label) {
    yz_str name = yz_model_label(model, label);
    lua_pushlstring(L, name.p, name.n);
}

static void push_more(lua_State *L, const yz_model *model, const yz_judgement *said) {
    lua_createtable(L, 0, 6);
    push_label(L, model, said->second);
    lua_setfield(L, -2, "second");
    lua_pushnumber(L, said->probability);
    lua_setfield(L, -2, "probability");
    lua_pushstring(L, said->language);
    lua_setfield(L, -2, "language");
    lua_pushboolean(L, said->code);
    lua_setfield(L, -2, "code");
    lua_pushnumber(L, (lua_Number)said->chars);
    lua_setfield(L, -2, "chars");
    lua_pushnumber(L, said->difficulty);
    lua_setfield(L, -2, "difficulty");
}

static int judge(lua_State *L) {
    const yz_model *model = model_at(L, 1);
    bool more = lua_toboolean(L, 3); /* before what is answered is pushed, to that place too */
    yz_str text = {0};
    yz_judgement said;
    if (lua_type(L, 2) == LUA_TSTRING)
        text.p = lua_tolstring(L, 2, &text.n);
    else
        text = policy_request_ask(L, 2);
    yz_model_judge(model, text, &said);
    push_label(L, model, said.label);
    lua_pushnumber(L, said.margin);
    if (!more)
        return 2;
    push_more(L, model, &said);
    return 3;
}

void policy_classify_open(lua_State *L) {
    luaL_newmetatable(L, MODEL);
    lua_newtable(L);
    lua_pushcfunction(L, judge);
    lua_setfield(L, -2, "judge");
    lua_setfield(L, -2, "__index");
    lua_pushcfunction(L, on_collect);
    lua_setfield(L, -2, "__gc");
    lua_pushliteral(L, "model");
    lua_setfield(L, -2, "__metatable");
    lua_pop(L, 1);
}

void policy_classify_push(lua_State *L) {
    lua_newtable(L);
    lua_pushcfunction(L, open_model);
    lua_setfield(L, -2, "open");
}
