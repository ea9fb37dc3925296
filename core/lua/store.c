/* lua/store.c: store.get(key), store.put(key, value [, ttl]), store.remove(key), store.add(key [, delta [, ttl]]): a few bytes, and
 * numbers, kept between requests. Keys are spread by
 * policy and tenant, so that a policy can read neither a cache's entries nor those of another tenant. */
#include "lua/run.h"

#define KEY_BYTES   512
#define VALUE_BYTES (1u << 20)
#define GET_MS      1000
#define WHOLE       9007199254740992.0 /* 2^53: a number of Lua holds every whole one below */

/* The policy call, and the whole key in the arena. */
static yz_policy_call *prepare(lua_State *L, const char *what, yz_str *key) {
    yz_policy_call *pc = policy_current(L, what);
    const yz_outside *outside = pc->lua->outside;
    if (!pc->policy->store && !(outside && outside->store))
        luaL_error(L, "%s: this policy has no store; give it one: policy \"%s.lua\" { store = \"memory\" }", what, pc->policy->name.p);
    size_t n;
    const char *name = luaL_checklstring(L, 1, &n);
    luaL_argcheck(L, n > 0 && n <= KEY_BYTES, 1, "a key of 1 to 512 bytes");
    const yz_key *who = yz_call_request(pc->call)->key;
    yz_str tenant = who ? who->tenant : (yz_str){0};
    *key = yz_format(yz_call_arena(pc->call), "policy:%.*s:%zu:%.*s:%.*s", YZ_STR_ARGS(pc->policy->name), tenant.n, YZ_STR_ARGS(tenant),
                     (int)n, name);
    return pc;
}

/* A rehearsal answers itself, with as many results as *out says. */
static bool rehearsed(lua_State *L, const yz_policy_call *pc, const char *what, int *out) {
    const yz_outside *outside = pc->lua->outside;
    if (!outside)
        return false;
    const yz_key *who = yz_call_request(pc->call)->key;
    pc->lua->outside_asked = true;
    *out = outside->store ? outside->store(outside->arg, L, what, who ? who->tenant : (yz_str){0}) : 0;
    return true;
}

static void on_value(yz_call *call, void *arg, int code, yz_blob *value) {
    (void)arg;
    yz_policy_call *pc = yz_state(call);
    if (pc->wait != WAIT_STORE)
        return;
    lua_State *co = policy_stack(pc);
    yz_str bytes = code == YZ_OK ? yz_blob_bytes(value) : (yz_str){0};
    if (code == YZ_OK && bytes.n <= VALUE_BYTES)
        lua_pushlstring(co, bytes.p ? bytes.p : "", bytes.n);
    else
        lua_pushnil(co);
    policy_resume(pc, 1);
}

/* Waits. nil: not there, or the store did not answer within a second. */
static int get(lua_State *L) {
    yz_str key;
    yz_policy_call *pc = prepare(L, "store.get", &key);
    int n;
    if (rehearsed(L, pc, "get", &n))
        return n;
    yz_store_get(pc->call, pc->policy->store, key, GET_MS, on_value, NULL);
    return policy_wait_for(L, pc, WAIT_STORE);
}

/* ttl in seconds, default one hour, at most 30 days. Does not wait. */
static int put(lua_State *L) {
    yz_str key, value;
    yz_policy_call *pc = prepare(L, "store.put", &key);
    value.p = luaL_checklstring(L, 2, &value.n);
    luaL_argcheck(L, value.n <= VALUE_BYTES, 2, "a value of at most 1 MiB");
    lua_Number ttl = luaL_optnumber(L, 3, 3600);
    luaL_argcheck(L, ttl > 0 && ttl <= 30 * 86400, 3, "seconds, at most 30 days");
    int n;
    if (rehearsed(L, pc, "put", &n))
        return n;
    yz_blob *blob = yz_blob_new(value);
    yz_store_put(yz_call_worker(pc->call), pc->policy->store, key, blob, (int64_t)(ttl * 1000));
    yz_blob_unref(blob);
    return 0;
}

static const char *add_fault(int code) {
    switch (code) {
    case YZ_EUNSUPPORTED:
        return "this store has no numbers";
    case YZ_EINVAL:
        return "what stands there is no number that this can be added to";
    case YZ_ETIMEOUT:
        return "the store did not answer in time";
    default:
        return "the store cannot be reached";
    }
}

static void on_sum(yz_call *call, void *arg, int code, int64_t sum) {
    (void)arg;
    yz_policy_call *pc = yz_state(call);
    if (pc->wait != WAIT_STORE)
        return;
    lua_State *co = policy_stack(pc);
    if (code == YZ_OK) {
        lua_pushnumber(co, (lua_Number)sum);
        policy_resume(pc, 1);
        return;
    }
    lua_pushnil(co);
    lua_pushstring(co, add_fault(code));
    policy_resume(pc, 2);
}

/* Waits. The sum; nil and why. */
static int add(lua_State *L) {
    yz_str key;
    yz_policy_call *pc = prepare(L, "store.add", &key);
    lua_Number delta = luaL_optnumber(L, 2, 1), ttl = luaL_optnumber(L, 3, 3600);
    luaL_argcheck(L, delta > -WHOLE && delta < WHOLE && delta == (lua_Number)(int64_t)delta, 2, "a whole number");
    luaL_argcheck(L, ttl >= 0.001 && ttl <= 30 * 86400, 3, "seconds, at most 30 days");
    int n;
    if (rehearsed(L, pc, "add", &n)) {
        if (n == 0)
            lua_pushnumber(L, delta); /* as if the store were empty, which is what get says too */
        return n == 0 ? 1 : n;
    }
    yz_store_add_ack(pc->call, pc->policy->store, key, (int64_t)delta, (int64_t)(ttl * 1000), GET_MS, on_sum, NULL);
    return policy_wait_for(L, pc, WAIT_STORE);
}

static int remove_(lua_State *L) {
    yz_str key;
    yz_policy_call *pc = prepare(L, "store.remove", &key);
    int n;
    if (rehearsed(L, pc, "remove", &n))
        return n;
    yz_store_remove(yz_call_worker(pc->call), pc->policy->store, key);
    return 0;
}

void policy_store_push(lua_State *L) {
    lua_newtable(L);
    lua_pushcfunction(L, get);
    lua_setfield(L, -2, "get");
    lua_pushcfunction(L, put);
    lua_setfield(L, -2, "put");
    lua_pushcfunction(L, remove_);
    lua_setfield(L, -2, "remove");
    lua_pushcfunction(L, add);
    lua_setfield(L, -2, "add");
}
