/* lua/request.c: `req`, what a policy sees of the request.
 *
 * Names the gateway knows (model, messages, key, …) are fields of their own; any other name is a top-level field of the body, read and
 * written as Lua values. Reading builds only what is asked for. Writing makes a changed copy: what `next` was given earlier stays
 * as it was.
 */
#include "base/request.h"
#include "base/diag.h"
#include "lua/run.h"
#include "lua/view.h"

#define REQUEST "yuzui.request"

typedef struct handle {
    uint64_t serial;
} handle;

void policy_request_push(lua_State *L, const yz_policy_call *pc) {
    handle *h = lua_newuserdata(L, sizeof *h);
    h->serial = pc->serial;
    luaL_getmetatable(L, REQUEST);
    lua_setmetatable(L, -2);
}

static void refuse_other(lua_State *L, int arg) {
    luaL_error(L, "req should stand here, as in next(req) and req:question(); here is %s", luaL_typename(L, arg));
}

/* The call whose request stands at `arg`. */
static yz_policy_call *call_of(lua_State *L, int arg) {
    const yz_lua *lua = yz_lua_of(L);
    handle *h = lua_touserdata(L, arg);
    if (!h || !lua_getmetatable(L, arg))
        refuse_other(L, arg);
    if (lua_topointer(L, -1) != lua->request_type) {
        lua_pop(L, 1);
        refuse_other(L, arg);
    }
    lua_pop(L, 1);
    yz_policy_call *pc = lua->current;
    if (!pc || pc->serial != h->serial)
        luaL_error(L, "this request is over: do not keep req for later");
    policy_check_arena(L, pc);
    return pc;
}

void policy_request_check(lua_State *L, int arg) { call_of(L, arg); }

yz_str policy_request_ask(lua_State *L, int arg) {
    yz_policy_call *pc = call_of(L, arg);
    return policy_ask(yz_lua_scratch(pc->lua), pc->request);
}

yz_request *policy_request_draft(yz_policy_call *pc) {
    if (!pc->draft) {
        pc->draft = yz_request_copy(yz_call_arena(pc->call), pc->request);
        pc->request = pc->draft;
    }
    return pc->draft;
}

const char *policy_meant_model(const yz_policy_call *pc, yz_str model) {
    const yz_settings *s = pc->lua->share->settings;
    yz_arena *arena = yz_call_arena(pc->call);
    const char **names = yz_alloc(arena, (s->n_models + 1) * sizeof *names);
    size_t n = 0;
    for (size_t i = 0; i < s->n_models; i++)
        if (!s->models[i].pattern && policy_serves(pc, s->models[i].name)) /* one that somebody answers for */
            names[n++] = s->models[i].name.p;
    const char *meant = yz_did_you_mean(model, names, n);
    return meant ? yz_format(arena, ": did you mean \"%s\"?", meant).p : "";
}

const yz_request *policy_request_take(lua_State *L, yz_policy_call *pc) {
    policy_fill_model(pc);
    if (policy_lost(pc) && policy_chose(pc)) {
        yz_str model = pc->request->model;
        lua_pushlstring(L, pc->model_at.p, pc->model_at.n);
        lua_pushlstring(L, model.p, model.n < 100 ? model.n : 100);
        lua_pushfstring(L, "%sthe model \"%s\" is not configured%s", lua_tostring(L, -2), lua_tostring(L, -1),
                        policy_meant_model(pc, model));
        lua_error(L);
    }
    pc->draft = NULL;
    return pc->request;
}

/* ---- methods --------------------------------------------------------------------------------------------------------------- */

/* Text for a policy: in the scratch arena, and bounded by it. */
static int question(lua_State *L) {
    yz_policy_call *pc = call_of(L, 1);
    pc->lua->text_asked = true;
    yz_str text = policy_question(yz_lua_scratch(pc->lua), pc->request);
    lua_pushlstring(L, text.p ? text.p : "", text.n);
    return 1;
}

static int tokens(lua_State *L) {
    const yz_policy_call *pc = call_of(L, 1);
    const yz_outside *outside = pc->lua->outside;
    int64_t n = outside && outside->tokens ? outside->tokens(outside->arg) : policy_tokens(pc->request);
    lua_pushnumber(L, (lua_Number)n);
    return 1;
}

/* req:because("…"): why; shown in the response header x-yuzui-policy, the access log, and by explain. */
static int because(lua_State *L) {
    yz_policy_call *pc = call_of(L, 1);
    size_t n;
    const char *text = luaL_checklstring(L, 2, &n);
    n = n < 120 ? n : 120;
    char *copy = yz_alloc_bytes(yz_call_arena(pc->call), n + 1);
    for (size_t i = 0; i < n; i++)
        copy[i] = text[i] >= 0x20 && text[i] < 0x7f ? text[i] : '?'; /* it becomes a header */
    pc->reason = (yz_str){copy, n};
    return 0;
}

/* req:known(model): is this model configured? */
static int known(lua_State *L) {
    yz_policy_call *pc = call_of(L, 1);
    yz_str model = pc->request->model;
    if (!lua_isnoneornil(L, 2))
        model.p = luaL_checklstring(L, 2, &model.n);
    lua_pushboolean(L, policy_serves(pc, model));
    return 1;
}

static int texts(lua_State *L) {
    yz_policy_call *pc = call_of(L, 1);
    pc->lua->text_asked = true;
    return policy_texts_get(L, pc);
}
static int estimate(lua_State *L) { return policy_money_estimate(L, call_of(L, 1)); }
static int set_texts(lua_State *L) { return policy_texts_set(L, call_of(L, 1)); }

/* ---- fields ------------------------------------------------------------------------------------------------------------------ */

enum { PASSED = 32, PASSED_BYTES = 1000, PROVIDERS = 64 }; /* values, and bytes of one; names of providers */

/* req:pass(name, value): for the stages below, in req.passed of a policy there; nil takes it away. */
static int pass(lua_State *L) {
    yz_policy_call *pc = call_of(L, 1);
    yz_str name, value = {0};
    name.p = luaL_checklstring(L, 2, &name.n);
    luaL_argcheck(L, name.n > 0 && name.n <= 64, 2, "a name of 1 to 64 bytes");
    if (!lua_isnoneornil(L, 3))
        value.p = luaL_checklstring(L, 3, &value.n);
    luaL_argcheck(L, value.n <= PASSED_BYTES, 3, "a text of at most 1000 bytes");
    yz_arena *arena = yz_call_arena(pc->call);
    yz_request *request = policy_request_draft(pc);
    yz_header *all = yz_alloc(arena, (request->n_passed + 1) * sizeof *all);
    size_t n = 0;
    for (size_t i = 0; i < request->n_passed; i++)
        if (!yz_str_eq(request->passed[i].name, name))
            all[n++] = request->passed[i];
    luaL_argcheck(L, n < PASSED, 2, "a request is given at most 32 values");
    if (value.p)
        all[n++] = (yz_header){yz_dup(arena, name), yz_dup(arena, value)};
    request->passed = all;
    request->n_passed = n;
    if (request->trace && yz_str_is(name, "trace")) /* who traces stands above, where nothing is passed to */
        request->trace->sampled = yz_str_is(value, "yes");
    return 0;
}

enum {
    FIELD_MODEL = 1,
    FIELD_STREAM,
    FIELD_HEADERS,
    FIELD_KEY,
    FIELD_OP,
    FIELD_ID,
    FIELD_NO_CACHE,
    FIELD_OPTIONS,
    FIELD_PASSED,
    FIELD_PROVIDERS
};
static const struct {
    const char *name;
    int field;
} own_fields[] = {{"model", FIELD_MODEL},
                  {"stream", FIELD_STREAM},
                  {"headers", FIELD_HEADERS},
                  {"key", FIELD_KEY},
                  {"op", FIELD_OP},
                  {"id", FIELD_ID},
                  {"no_cache", FIELD_NO_CACHE},
                  {"options", FIELD_OPTIONS},
                  {"passed", FIELD_PASSED},
                  {"providers", FIELD_PROVIDERS}};

static void push_str(lua_State *L, yz_str s) { lua_pushlstring(L, s.p ? s.p : "", s.n); }

static void push_texts(lua_State *L, const yz_header *items, size_t n) {
    lua_createtable(L, 0, (int)n);
    for (size_t i = 0; i < n; i++) {
        push_str(L, items[i].name);
        push_str(L, items[i].value);
        lua_rawset(L, -3);
    }
}

#define HEADERS_REFUSAL                                                                                                                    \
    "req.headers is what the client sent and cannot be changed: what every request to a provider carries is said by headers = { … } of " \
    "that provider, in the config; req:pass(name, value) tells policies and stages below"
#define PASSED_REFUSAL "req.passed is what policies above passed, and cannot be changed: req:pass(name, value) passes something down"
#define KEY_REFUSAL    "req.key is whose key this is, and cannot be changed: names and tags are said by the key, in the config"

static void push_key(lua_State *L, const yz_key *key) {
    if (!key) {
        lua_pushnil(L);
        return;
    }
    lua_createtable(L, 0, 3);
    push_texts(L, key->tags, key->n_tags);
    yz_lua_view(L, KEY_REFUSAL);
    lua_setfield(L, -2, "tags");
    push_str(L, key->name);
    lua_setfield(L, -2, "name");
    push_str(L, key->tenant);
    lua_setfield(L, -2, "tenant");
    policy_money_of_key(L);
    yz_lua_view(L, KEY_REFUSAL);
}

/* nil: any may be asked. */
static void push_providers(lua_State *L, const yz_request *request) {
    if (request->n_within == 0) {
        lua_pushnil(L);
        return;
    }
    lua_createtable(L, (int)request->n_within, 0);
    for (size_t i = 0; i < request->n_within; i++) {
        push_str(L, request->within[i]);
        lua_rawseti(L, -2, (int)i + 1);
    }
}

/* Is there a provider of this name? Without settings (a rehearsal, a test) it is taken for one. */
static bool is_provider(const yz_policy_call *pc, yz_str name) {
    const yz_settings *s = pc->lua->share->settings;
    bool found = s->n_providers == 0;
    for (size_t i = 0; i < s->n_providers; i++)
        found = found || yz_str_eq(s->providers[i]->pub.name, name);
    return found;
}

/* req.providers = { "azure-eu", … }: nobody below asks any other. What a policy above has said can be narrowed, never widened. */
static void set_providers(lua_State *L, yz_policy_call *pc) {
    size_t n = lua_istable(L, 3) ? lua_objlen(L, 3) : 0, kept = 0;
    if (n == 0 || n > PROVIDERS)
        luaL_error(L, "req.providers is a list of 1 to %d names of providers, not a %s", PROVIDERS, luaL_typename(L, 3));
    yz_arena *arena = yz_call_arena(pc->call);
    yz_request *request = policy_request_draft(pc);
    yz_str *names = yz_alloc(arena, n * sizeof *names);
    for (size_t i = 0; i < n; i++) {
        yz_str name = {0};
        lua_rawgeti(L, 3, (int)i + 1);
        if (lua_type(L, -1) == LUA_TSTRING)
            name.p = lua_tolstring(L, -1, &name.n);
        if (name.n == 0 || !is_provider(pc, name))
            luaL_error(L, "req.providers: there is no provider \"%s\"", name.n ? name.p : luaL_typename(L, -1));
        if (yz_request_within(request, name))
            names[kept++] = yz_dup(arena, name);
        lua_pop(L, 1);
    }
    if (kept == 0)
        luaL_error(L, "req.providers: none of these is among those that a policy before this one left");
    request->within = names;
    request->n_within = kept;
    if (request->target && !yz_request_within(request, request->target->provider->name))
        request->target = NULL;
}

/* req:targets([model]): who serves it, in order of preference: { { provider =, model =, node = }, … }. */
static int targets(lua_State *L) {
    yz_policy_call *pc = call_of(L, 1);
    yz_str model = pc->request->model;
    const yz_target *const *list = NULL;
    if (!lua_isnoneornil(L, 2))
        model.p = luaL_checklstring(L, 2, &model.n);
    size_t n = yz_targets(pc->call, model, &list);
    lua_createtable(L, (int)n, 0);
    for (size_t i = 0, at = 0; i < n; i++) {
        if (!yz_request_within(pc->request, list[i]->provider->name))
            continue;
        lua_createtable(L, 0, 2);
        push_str(L, list[i]->provider->name);
        lua_setfield(L, -2, "provider");
        push_str(L, list[i]->model);
        lua_setfield(L, -2, "model");
        if (list[i]->node.n > 0) {
            push_str(L, list[i]->node);
            lua_setfield(L, -2, "node");
        }
        lua_rawseti(L, -2, (int)++at);
    }
    return 1;
}

static int push_own(lua_State *L, yz_policy_call *pc, int field) {
    const yz_request *request = pc->request;
    switch (field) {
    case FIELD_MODEL:
        push_str(L, request->model);
        break;
    case FIELD_STREAM:
        lua_pushboolean(L, request->stream);
        break;
    case FIELD_HEADERS:
        push_texts(L, request->headers, request->n_headers);
        yz_lua_caseless(L);
        yz_lua_view(L, HEADERS_REFUSAL);
        break;
    case FIELD_KEY:
        push_key(L, request->key);
        break;
    case FIELD_OP:
        lua_pushstring(L, yz_op_word(request->op));
        break;
    case FIELD_ID:
        push_str(L, request->id);
        break;
    case FIELD_NO_CACHE:
        lua_pushboolean(L, request->no_cache);
        break;
    case FIELD_PASSED:
        push_texts(L, request->passed, request->n_passed);
        yz_lua_view(L, PASSED_REFUSAL);
        break;
    case FIELD_PROVIDERS:
        push_providers(L, request);
        break;
    default:
        lua_rawgeti(L, LUA_REGISTRYINDEX, pc->policy->options);
        break;
    }
    return 1;
}

static int push_body_field(lua_State *L, const yz_policy_call *pc, const char *name) {
    const yz_json *node = yz_json_get(pc->request->json, name);
    pc->lua->text_asked = true;
    if (node)
        yz_lua_decode(L, yz_lua_scratch(pc->lua), node);
    else
        lua_pushnil(L);
    return 1;
}

/* ---- names of body fields ------------------------------------------------------------------------------------------------------ */

static bool lists(const yz_adapter *adapter, const char *name) {
    const char *const *field = adapter->chat_fields;
    while (field && *field && strcmp(*field, name) != 0)
        field++;
    return !field || *field;
}

/* May a policy read it? Any dialect's will do: a policy may look for both `system` and `messages`. */
static bool can_be_read(const yz_policy_call *pc, const char *name) {
    const yz_settings *s = pc->lua->share ? pc->lua->share->settings : NULL;
    bool found = pc->request->op != YZ_OP_CHAT || lists(pc->request->dialect, name);
    for (size_t i = 0; s && !found && i < s->n_adapters; i++)
        found = s->adapters[i]->chat_fields && lists(s->adapters[i], name);
    return found;
}

/* What is most likely meant by a name that the request does not have. */
static const char *guess(const yz_policy_call *pc, const char *name) {
    static const char *const own[] = {"model",   "stream",   "headers",   "key",     "op",      "id",    "no_cache",
                                      "options", "question", "tokens",    "because", "known",   "texts", "set_texts",
                                      "pass",    "passed",   "providers", "targets", "estimate"};
    enum { OWN = sizeof own / sizeof *own, MOST = 200 };
    const char *names[OWN + MOST];
    size_t n = OWN;
    memcpy(names, own, sizeof own);
    for (const char *const *field = pc->request->dialect->chat_fields; field && *field && n < OWN + MOST; field++)
        names[n++] = *field;
    return yz_did_you_mean(yz_str_of(name), names, n);
}

static void refuse_field(lua_State *L, const yz_policy_call *pc, const char *name, bool write) {
    const char *meant = guess(pc, name);
    if (meant)
        luaL_error(L, "req has no field \"%s\": did you mean \"%s\"?", name, meant);
    luaL_error(L, "req has no field \"%s\" where the client speaks %s; req:%s(\"%s\"%s) %s it all the same", name,
               pc->request->dialect->dialect, write ? "set" : "get", name, write ? ", …" : "", write ? "sets" : "reads");
}

/* Upvalue: name -> method, or number of an own field. */
static int on_index(lua_State *L) {
    yz_policy_call *pc = call_of(L, 1);
    const char *name = luaL_checkstring(L, 2);
    lua_pushvalue(L, 2);
    lua_rawget(L, lua_upvalueindex(1));
    if (lua_type(L, -1) == LUA_TFUNCTION)
        return 1;
    if (lua_type(L, -1) == LUA_TNUMBER)
        return push_own(L, pc, (int)lua_tointeger(L, -1));
    if (!yz_json_get(pc->request->json, name) && !can_be_read(pc, name))
        refuse_field(L, pc, name, false);
    return push_body_field(L, pc, name);
}

static bool is_name(const char *name) {
    size_t n = strlen(name);
    return n > 0 && n <= 100 && strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") == n;
}

static void set_body_field(lua_State *L, yz_policy_call *pc, const char *name) {
    if (!is_name(name))
        luaL_error(L, "\"%s\" is not the name of a request field", name);
    yz_buf *text = yz_lua_text(pc->lua);
    if (!lua_isnil(L, 3)) {
        const char *wrong = yz_lua_encode(L, 3, text);
        if (wrong)
            luaL_error(L, "req.%s was set to %s", name, wrong);
    }
    yz_arena *arena = yz_call_arena(pc->call);
    if (yz_request_set(arena, policy_request_draft(pc), name, yz_dup(arena, yz_buf_view(text))) != YZ_OK)
        luaL_error(L, "req.%s cannot be set in this request", name);
}

static void set_model(lua_State *L, yz_policy_call *pc) {
    size_t n;
    if (lua_type(L, 3) != LUA_TSTRING)
        luaL_error(L, "req.model was set to a %s; it is the name of a model", luaL_typename(L, 3));
    const char *model = lua_tolstring(L, 3, &n);
    if (n == 0 || n > 256)
        luaL_error(L, "req.model was set to a name of %d bytes", (int)n);
    if (yz_str_eq(pc->request->model, (yz_str){model, n}))
        return;
    yz_request *request = policy_request_draft(pc);
    request->model = yz_dup(yz_call_arena(pc->call), (yz_str){model, n});
    request->target = NULL; /* it belonged to the model before */
    if (policy_lost(pc)) {  /* reported when it is used: it may be looked at by req:known first */
        luaL_where(L, 1);
        pc->model_at = yz_dup(yz_call_arena(pc->call), yz_str_of(lua_tostring(L, -1)));
        lua_pop(L, 1);
    }
}

static int on_newindex(lua_State *L) {
    yz_policy_call *pc = call_of(L, 1);
    const char *name = luaL_checkstring(L, 2);
    lua_pushvalue(L, 2);
    lua_rawget(L, lua_upvalueindex(1));
    int field = lua_type(L, -1) == LUA_TNUMBER ? (int)lua_tointeger(L, -1) : 0;
    if (field == FIELD_MODEL)
        set_model(L, pc);
    else if (field == FIELD_PROVIDERS)
        set_providers(L, pc);
    else if (field == FIELD_NO_CACHE)
        policy_request_draft(pc)->no_cache = lua_toboolean(L, 3);
    else if (field || lua_type(L, -1) == LUA_TFUNCTION)
        return luaL_error(L, "req.%s cannot be changed", name);
    else if (pc->request->op == YZ_OP_CHAT && !yz_json_get(pc->request->json, name) && is_name(name) && !lists(pc->request->dialect, name))
        refuse_field(L, pc, name, true);
    else
        set_body_field(L, pc, name);
    return 0;
}

/* req:get("name"), req:set("name", value): fields that no list holds, of a vendor's own. */
static int get(lua_State *L) { return push_body_field(L, call_of(L, 1), luaL_checkstring(L, 2)); }

static int set(lua_State *L) {
    yz_policy_call *pc = call_of(L, 1);
    const char *name = luaL_checkstring(L, 2);
    lua_settop(L, 3);
    if (strcmp(name, "model") == 0)
        set_model(L, pc);
    else
        set_body_field(L, pc, name);
    return 0;
}

void policy_request_open(lua_State *L) {
    static const luaL_Reg methods[] = {{"question", question}, {"tokens", tokens},   {"because", because},   {"known", known},
                                       {"get", get},           {"set", set},         {"texts", texts},       {"set_texts", set_texts},
                                       {"pass", pass},         {"targets", targets}, {"estimate", estimate}, {NULL, NULL}};
    luaL_newmetatable(L, REQUEST);
    yz_lua_of(L)->request_type = lua_topointer(L, -1);
    lua_newtable(L); /* names */
    for (const luaL_Reg *m = methods; m->name; m++) {
        lua_pushcfunction(L, m->func);
        lua_setfield(L, -2, m->name);
    }
    for (size_t i = 0; i < sizeof own_fields / sizeof *own_fields; i++) {
        lua_pushinteger(L, own_fields[i].field);
        lua_setfield(L, -2, own_fields[i].name);
    }
    lua_pushvalue(L, -1);
    lua_pushcclosure(L, on_index, 1);
    lua_setfield(L, -3, "__index");
    lua_pushcclosure(L, on_newindex, 1);
    lua_setfield(L, -2, "__newindex");
    lua_pushliteral(L, "request");
    lua_setfield(L, -2, "__metatable");
    lua_pop(L, 1);
}
