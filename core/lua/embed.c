/* lua/embed.c: llm.embed{ model = …, text = … }: what texts mean, as vectors of a model that makes such; asked as llm.chat asks (chat.c).
 *
 *   text = "…"            -> a vector, or nil and an error
 *   text = { "…", "…" }   -> a list of vectors, in that order
 *
 * A vector is a value like any other: it may be kept, also for later requests. a:near(b) says how much two mean the same, from -1 to 1: the
 * cosine of what is between them. Its numbers are not given out: what would be done with them in Lua is done here, a hundred times faster.
 */
#include "dialect/embed.h"
#include "lua/run.h"

#include <math.h>

#define VECTOR "vector"
enum { TEXTS_MOST = 64, TEXT_MOST = 32 << 10, NUMBERS_MOST = 4096, ANSWER_MOST = 4 << 20, FIRST_ROOM = 32 << 10 };

/* Of length 1. */
typedef struct vector {
    size_t n;
    float number[];
} vector;

struct policy_embed {
    size_t n;  /* texts */
    bool list; /* they were one */
    const yz_adapter *spoken;
    char *bytes; /* of the answer, in the call's arena */
    size_t n_bytes, room;
    vector **vectors;
};

/* ---- vectors -------------------------------------------------------------------------------------------------------------------- */

static size_t bytes_of(size_t n) { return sizeof(vector) + n * sizeof(float); }

/* False: all of its numbers are 0, or one is none. */
static bool make_unit(vector *v) {
    double square = 0;
    for (size_t i = 0; i < v->n; i++)
        square += (double)v->number[i] * (double)v->number[i];
    double length = sqrt(square);
    for (size_t i = 0; i < v->n && length > 0; i++)
        v->number[i] = (float)((double)v->number[i] / length);
    return length > 0 && isfinite(length);
}

static const vector *vector_at(lua_State *L, int index, const char *what) {
    const vector *v = lua_touserdata(L, index);
    bool same = false;
    if (v && !lua_islightuserdata(L, index) && lua_getmetatable(L, index)) {
        luaL_getmetatable(L, VECTOR);
        same = lua_rawequal(L, -1, -2);
        lua_pop(L, 2);
    }
    if (!same)
        luaL_error(L, "%s: a vector of llm.embed is needed, not a %s", what, luaL_typename(L, index));
    return v;
}

static int near(lua_State *L) {
    const vector *a = vector_at(L, 1, "near"), *b = vector_at(L, 2, "near");
    double sum = 0;
    if (a->n != b->n)
        return luaL_error(L, "near: vectors of %d and of %d numbers: they are not of one model", (int)a->n, (int)b->n);
    for (size_t i = 0; i < a->n; i++)
        sum += (double)a->number[i] * (double)b->number[i];
    lua_pushnumber(L, sum);
    return 1;
}

static int count(lua_State *L) {
    lua_pushinteger(L, (lua_Integer)vector_at(L, 1, "#")->n);
    return 1;
}

void policy_embed_open(lua_State *L) {
    luaL_newmetatable(L, VECTOR);
    lua_newtable(L);
    lua_pushcfunction(L, near);
    lua_setfield(L, -2, "near");
    lua_setfield(L, -2, "__index");
    lua_pushcfunction(L, count);
    lua_setfield(L, -2, "__len");
    lua_pushliteral(L, VECTOR);
    lua_setfield(L, -2, "__metatable");
    lua_pop(L, 1);
}

/* ---- the answer comes ------------------------------------------------------------------------------------------------------------ */

policy_embed *policy_embed_new(yz_arena *arena, size_t texts, bool list) {
    policy_embed *e = yz_alloc(arena, sizeof *e);
    e->n = texts;
    e->list = list;
    return e;
}

void policy_embed_head(policy_embed *e, const yz_head *head) { e->spoken = head->dialect; }

bool policy_embed_chunk(policy_embed *e, yz_arena *arena, yz_str bytes) {
    if (e->n_bytes + bytes.n > ANSWER_MOST)
        return false;
    if (e->n_bytes + bytes.n > e->room) {
        size_t room = e->room ? 2 * e->room : FIRST_ROOM;
        room = room < e->n_bytes + bytes.n ? e->n_bytes + bytes.n : room;
        char *more = yz_alloc_bytes(arena, room);
        memcpy(more, e->bytes ? e->bytes : "", e->n_bytes);
        e->bytes = more;
        e->room = room;
    }
    memcpy(e->bytes + e->n_bytes, bytes.p, bytes.n);
    e->n_bytes += bytes.n;
    return true;
}

static vector *read_vector(yz_arena *arena, const yz_vector *from) {
    float *numbers = yz_alloc(arena, NUMBERS_MOST * sizeof *numbers);
    int n = yz_own_embed_numbers(arena, from, numbers, NUMBERS_MOST);
    vector *v = n > 0 ? yz_alloc(arena, bytes_of((size_t)n)) : NULL;
    if (!v)
        return NULL;
    v->n = (size_t)n;
    memcpy(v->number, numbers, (size_t)n * sizeof *numbers);
    return make_unit(v) ? v : NULL;
}

const char *policy_embed_end(policy_embed *e, yz_arena *arena) {
    const yz_vector *from = yz_own_embed_read(arena, e->spoken, yz_str_at(e->bytes, e->n_bytes));
    e->vectors = yz_alloc(arena, e->n * sizeof *e->vectors);
    for (size_t i = 0; i < e->n; i++, from = from->next) {
        e->vectors[i] = from ? read_vector(arena, from) : NULL;
        if (!e->vectors[i])
            return "its answer holds no vector for each text, of at most 4096 numbers";
    }
    return NULL;
}

static void push_vector(lua_State *L, const vector *v) {
    memcpy(lua_newuserdata(L, bytes_of(v->n)), v, bytes_of(v->n));
    luaL_getmetatable(L, VECTOR);
    lua_setmetatable(L, -2);
}

void policy_embed_result(lua_State *L, const policy_embed *e) {
    if (!e->list) {
        push_vector(L, e->vectors[0]);
        return;
    }
    lua_createtable(L, (int)e->n, 0);
    for (size_t i = 0; i < e->n; i++) {
        push_vector(L, e->vectors[i]);
        lua_rawseti(L, -2, (int)i + 1);
    }
}

/* ---- asking --------------------------------------------------------------------------------------------------------------------- */

/* The text on top of the stack; it is popped. */
static yz_str take_text(lua_State *L, yz_arena *arena) {
    yz_str text = {0};
    if (lua_type(L, -1) == LUA_TSTRING)
        text.p = lua_tolstring(L, -1, &text.n);
    if (text.n == 0 || text.n > TEXT_MOST)
        luaL_error(L, "llm.embed: a text of 1 to %d bytes is needed", TEXT_MOST);
    text = yz_dup(arena, text);
    lua_pop(L, 1);
    return text;
}

/* Those of the table in `text`, of the table at 1. Returns how many. */
static size_t take_texts(lua_State *L, yz_arena *arena, yz_str **texts, bool *list) {
    lua_getfield(L, 1, "text");
    *list = lua_istable(L, -1);
    size_t n = *list ? lua_objlen(L, -1) : 1;
    if (n < 1 || n > TEXTS_MOST)
        luaL_error(L, "llm.embed: text is a text, or a list of 1 to %d", TEXTS_MOST);
    *texts = yz_alloc(arena, n * sizeof **texts);
    if (!*list) {
        (*texts)[0] = take_text(L, arena);
        return 1;
    }
    for (size_t i = 0; i < n; i++) {
        lua_rawgeti(L, -1, (int)i + 1);
        (*texts)[i] = take_text(L, arena);
    }
    lua_pop(L, 1);
    return n;
}

static yz_str take_model(lua_State *L, const yz_policy_call *pc) {
    yz_str model = {0};
    lua_getfield(L, 1, "model");
    if (lua_type(L, -1) == LUA_TSTRING)
        model.p = lua_tolstring(L, -1, &model.n);
    policy_check_model(L, pc, "llm.embed", model);
    model = yz_dup(yz_call_arena(pc->call), model);
    lua_pop(L, 1);
    return model;
}

static int64_t take_dimensions(lua_State *L) {
    lua_getfield(L, 1, "dimensions");
    lua_Number n = lua_isnil(L, -1) ? 0 : lua_type(L, -1) == LUA_TNUMBER ? lua_tonumber(L, -1) : -1;
    if (!(n >= 0 && n <= NUMBERS_MOST))
        luaL_error(L, "llm.embed: dimensions is a number, at most %d", NUMBERS_MOST);
    lua_pop(L, 1);
    return (int64_t)n;
}

/* A slip in a field's name would be a question that means something else. */
static void check_fields(lua_State *L) {
    static const char *const names[] = {"model", "text", "dimensions", "timeout", "step"};
    for (lua_pushnil(L); lua_next(L, 1); lua_pop(L, 1)) {
        const char *name = lua_type(L, -2) == LUA_TSTRING ? lua_tostring(L, -2) : "[a place in a list]";
        bool known = false;
        for (size_t i = 0; i < sizeof names / sizeof *names; i++)
            known = known || strcmp(name, names[i]) == 0;
        if (!known)
            luaL_error(L, "llm.embed knows no field \"%s\": it takes model, text, dimensions, timeout and step", name);
    }
}

/* timeout and step, from a table of their own: the policy's is not to be changed. */
static void take_own(lua_State *L, yz_policy_call *pc, policy_asks *asks) {
    static const char *const own[] = {"timeout", "step"};
    lua_newtable(L);
    for (size_t i = 0; i < sizeof own / sizeof *own; i++) {
        lua_getfield(L, 1, own[i]);
        lua_setfield(L, -2, own[i]);
    }
    policy_asks_own(L, pc, "llm.embed", asks);
    lua_pop(L, 1);
}

static int embed(lua_State *L) {
    yz_policy_call *pc = policy_current(L, "llm.embed");
    policy_asks asks = {0};
    lua_settop(L, 1);
    if (!lua_istable(L, 1))
        return luaL_error(L, "llm.embed takes a table, as in { model = \"…\", text = \"…\" }, not a %s", luaL_typename(L, 1));
    luaL_checkstack(L, 8, "a question");
    check_fields(L);
    policy_check_arena(L, pc);
    yz_arena *arena = yz_call_arena(pc->call);
    yz_str model = take_model(L, pc), *texts;
    int64_t dimensions = take_dimensions(L);
    asks.texts = take_texts(L, arena, &texts, &asks.list);
    take_own(L, pc, &asks);
    yz_request *request = yz_own_embed(pc->call, model, texts, asks.texts, dimensions);
    if (!request)
        return luaL_error(L, "llm.embed needs an adapter that can ask for embeddings, which is not loaded");
    request->within = pc->request->within;
    request->n_within = pc->request->n_within;
    asks.request = request;
    policy_attempt_room(L, pc, 1);
    pc->waits_for = policy_chat_start(pc, &asks, false);
    return policy_wait_for(L, pc, WAIT_CHAT);
}

void policy_embed_add(lua_State *L) {
    lua_pushcfunction(L, embed);
    lua_setfield(L, -2, "embed");
}
