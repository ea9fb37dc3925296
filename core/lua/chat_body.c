/* lua/chat_body.c: a chat as policies and their tests say it, as a body: the table's fields as they are, but for `messages` that are a text
 * alone, which the adapter of the form puts into it. */
#include "dialect/own_question.h"
#include "lua/sandbox.h"

static const char *encode_with(lua_State *L, int index, const yz_adapter *form, yz_str question, yz_buf *out) {
    lua_pushnil(L);
    lua_setfield(L, index, "messages");
    const char *wrong = yz_lua_encode(L, index, out);
    if (wrong)
        return wrong;
    if (out->p[0] != '{')
        return "a list where a request is needed";
    return yz_own_question_put(form, yz_lua_scratch(yz_lua_of(L)), question, out) < 0 ? "a text where messages are needed" : NULL;
}

const char *yz_lua_encode_chat(lua_State *L, int index, const yz_adapter *form, yz_buf *out, bool *text) {
    luaL_checkstack(L, 4, "a chat");
    lua_getfield(L, index, "messages");
    *text = lua_type(L, -1) == LUA_TSTRING;
    yz_str question = {0};
    if (*text)
        question.p = lua_tolstring(L, -1, &question.n);
    const char *wrong = *text ? encode_with(L, index, form, question, out) : yz_lua_encode(L, index, out);
    lua_pop(L, 1); /* the text, which had to stay where it is */
    return wrong;
}
