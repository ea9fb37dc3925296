/* lua/http.c: http.fetch{ url =, method =, headers =, body =, timeout = }: asks a server that is not a model.
 *
 *   -> { status, headers, body }, or nil and an error
 *
 * Only hosts of the policy's option `hosts`. A host named there in full may be anywhere; one that only matches "*.example.com" must not
 * resolve to a private address, since its owner chooses what it resolves to. No redirects, at most 1 MiB, always a deadline.
 */
#include "base/hops.h"
#include "config/url.h"
#include "lua/run.h"
#include "lua/view.h"
#include "worker.h"

#define DEFAULT_MS 5000
#define LONGEST_MS 60000
#define HEADERS    32

typedef struct fetching {
    yz_policy_call *pc;
    yz_url url;
    yz_fetch_plan plan;
    yz_str text; /* of the body */
    yz_body body;
    yz_header headers[HEADERS + 1]; /* and the gateway's own */
    yz_fetch *fetch;
    yz_wait *wait;
    const yz_h1_head *head;
    yz_buf received;
} fetching;

void policy_http_cancel(yz_policy_call *pc) {
    fetching *f = pc->fetching;
    if (!f)
        return;
    pc->fetching = NULL;
    if (f->fetch)
        yz_fetch_close(f->fetch);
    yz_wait_done(f->wait);
    yz_buf_free(&f->received);
}

/* ---- what comes back -------------------------------------------------------------------------------------------------------------- */

static void finish(fetching *f, int n_results) {
    yz_policy_call *pc = f->pc;
    policy_http_cancel(pc);
    policy_resume(pc, n_results);
}

static void finish_error(fetching *f, const yz_error *error) {
    lua_State *co = policy_stack(f->pc);
    lua_pushnil(co);
    policy_error_push(co, error);
    finish(f, 2);
}

static void fail(fetching *f, yz_error_class class_, const char *reason) {
    finish_error(f, &(yz_error){YZ_ERROR, .class_ = class_, .message = yz_str_of(reason)});
}

static void on_head(void *arg, const yz_h1_head *head) { ((fetching *)arg)->head = head; }

static void on_bytes(void *arg, yz_str bytes) {
    fetching *f = arg;
    if (f->received.n + bytes.n > YZ_LUA_TEXT_BYTES) {
        fail(f, YZ_ERROR_BROKEN, "the body is larger than 1 MiB");
        return;
    }
    yz_buf_str(&f->received, bytes);
}

static void on_end(void *arg) {
    fetching *f = arg;
    lua_State *co = policy_stack(f->pc);
    lua_createtable(co, 0, 3);
    lua_pushinteger(co, f->head->status);
    lua_setfield(co, -2, "status");
    lua_pushlstring(co, f->received.p ? f->received.p : "", f->received.n);
    lua_setfield(co, -2, "body");
    lua_createtable(co, 0, (int)f->head->n_headers);
    for (size_t i = 0; i < f->head->n_headers; i++) {
        lua_pushlstring(co, f->head->headers[i].name.p, f->head->headers[i].name.n);
        lua_pushlstring(co, f->head->headers[i].value.p, f->head->headers[i].value.n);
        lua_rawset(co, -3);
    }
    yz_lua_caseless(co);
    lua_setfield(co, -2, "headers");
    finish(f, 1);
}

static void on_error(void *arg, const yz_error *error) { finish_error(arg, error); }

static const yz_fetch_hooks hooks = {.on_head = on_head, .on_bytes = on_bytes, .on_end = on_end, .on_error = on_error};

/* ---- where it may go ----------------------------------------------------------------------------------------------------------------- */

static bool below(yz_str host, yz_str pattern) { /* pattern "*.example.com" */
    size_t n = pattern.n - 1;
    return host.n > n && yz_str_ieq((yz_str){host.p + host.n - n, n}, (yz_str){pattern.p + 1, n});
}

bool policy_http_host_ok(yz_str item) {
    if (yz_str_starts(item, "*."))
        item = (yz_str){item.p + 2, item.n - 2};
    bool six = item.n > 1 && memchr(item.p, ':', item.n) != memrchr(item.p, ':', item.n);
    for (size_t i = 0; i < item.n; i++) {
        char c = item.p[i];
        bool letter = (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
        if (!letter && c != '-' && c != '_' && !(c == '.' && i > 0) && !(c == ':' && six))
            return false;
    }
    return item.n > 0;
}

/* 0: not allowed; 1: by a pattern; 2: named in full. */
static int allowed(const yz_list *hosts, yz_str host) {
    int best = 0;
    for (size_t i = 0; i < hosts->n; i++) {
        yz_str item = hosts->items[i];
        if (yz_str_ieq(item, host))
            return 2;
        if (yz_str_starts(item, "*.") && below(host, item))
            best = 1;
    }
    return best;
}

/* ---- the arguments ------------------------------------------------------------------------------------------------------------------- */

static yz_str field(lua_State *L, const char *name, const char *otherwise) {
    yz_str text = yz_str_of(otherwise);
    lua_getfield(L, 1, name);
    if (lua_isstring(L, -1))
        text.p = lua_tolstring(L, -1, &text.n);
    else if (!lua_isnil(L, -1))
        luaL_error(L, "http.fetch: %s is a string, not a %s", name, luaL_typename(L, -1));
    lua_pop(L, 1);
    return text;
}

/* A misspelt option would be one that is left out. */
static void check_names(lua_State *L) {
    for (lua_pushnil(L); lua_next(L, 1); lua_pop(L, 1)) {
        static const char *const names[] = {"url", "method", "headers", "body", "timeout"};
        const char *name = lua_type(L, -2) == LUA_TSTRING ? lua_tostring(L, -2) : "1";
        size_t i = 0;
        while (i < sizeof names / sizeof *names && strcmp(name, names[i]) != 0)
            i++;
        if (i == sizeof names / sizeof *names)
            luaL_error(L, "http.fetch: there is no option \"%s\": the options are url, method, headers, body, timeout", name);
    }
}

static void read_url(lua_State *L, yz_arena *arena, fetching *f) {
    yz_str url = field(L, "url", "");
    const char *begin = "it should begin with http:// or https://", *reason = begin;
    bool scheme = url.n > 0 && memmem(url.p, url.n, "://", 3);
    if (!scheme || yz_url_split(url, arena, &f->url, &f->plan.path, &reason) != YZ_OK)
        luaL_error(L, "http.fetch: the url is not understood: %s", reason);
    if (!yz_str_starts(f->url.scheme, "http"))
        luaL_error(L, "http.fetch: the url is not understood: %s", begin);
}

/* Those of the message's frame, and who is asking. */
static bool ours(yz_str name) {
    return yz_h1_framing(name) || yz_str_ieq(name, YZ_STR("user-agent")) || yz_str_ieq(name, YZ_STR("x-yuzui-hops"));
}

static void read_headers(lua_State *L, yz_arena *arena, fetching *f) {
    lua_getfield(L, 1, "headers");
    if (lua_isnil(L, -1)) {
        lua_pop(L, 1);
        return;
    }
    luaL_argcheck(L, lua_istable(L, -1), 1, "headers is a table of strings");
    if (yz_lua_behind(L, -1)) /* req.headers, as they are */
        lua_replace(L, -2);
    int table = lua_gettop(L);
    for (lua_pushnil(L); lua_next(L, table); lua_pop(L, 1)) {
        if (lua_type(L, -2) != LUA_TSTRING || lua_type(L, -1) != LUA_TSTRING || f->plan.n_headers == HEADERS)
            luaL_error(L, "http.fetch: headers is a table of at most %d strings", HEADERS);
        yz_header *h = &f->headers[f->plan.n_headers++];
        h->name.p = lua_tolstring(L, -2, &h->name.n);
        h->value.p = lua_tolstring(L, -1, &h->value.n);
        if (!yz_h1_name_ok(h->name) || !yz_h1_value_ok(h->value) || ours(h->name))
            luaL_error(L, "http.fetch: a header with a name or value that cannot be sent");
        h->name = yz_dup(arena, h->name);
        h->value = yz_dup(arena, h->value);
    }
    lua_pop(L, 1);
}

/* Whoever is asked may be a gateway too, or this one: it counts. */
static void count_hop(yz_arena *arena, fetching *f) {
    yz_str hops = yz_hops_next(arena, yz_call_request(f->pc->call));
    f->headers[f->plan.n_headers++] = (yz_header){YZ_STR("x-yuzui-hops"), hops};
    f->plan.headers = f->headers;
}

static int64_t read_timeout(lua_State *L) {
    lua_getfield(L, 1, "timeout");
    lua_Number ms = lua_isnil(L, -1) ? DEFAULT_MS : lua_type(L, -1) == LUA_TNUMBER ? lua_tonumber(L, -1) : 0;
    lua_pop(L, 1);
    if (!(ms >= 1 && ms <= LONGEST_MS))
        luaL_error(L, "http.fetch: timeout is a number of milliseconds, 1 to %d", LONGEST_MS);
    return (int64_t)ms;
}

static void on_late(void *arg) {
    fail(arg, YZ_ERROR_TIMEOUT, "the deadline passed"); /* closes the exchange first: nothing outside writes any more */
}

static yz_str upper(yz_arena *arena, yz_str text) {
    char *copy = yz_alloc_bytes(arena, text.n + 1);
    for (size_t i = 0; i < text.n; i++)
        copy[i] = text.p[i] >= 'a' && text.p[i] <= 'z' ? (char)(text.p[i] - 32) : text.p[i];
    return (yz_str){copy, text.n};
}

static int fetch(lua_State *L) {
    yz_policy_call *pc = policy_current(L, "http.fetch");
    if (!lua_istable(L, 1))
        return luaL_error(L, "http.fetch takes a table, as in http.fetch { url = \"https://…\" }");
    lua_settop(L, 1);
    check_names(L);
    yz_arena *arena = yz_call_arena(pc->call);
    fetching *f = yz_alloc(arena, sizeof *f);
    f->pc = pc;
    read_url(L, arena, f);
    int how = allowed(&pc->policy->config->hosts, f->url.host);
    if (how == 0 && !(pc->lua->outside && pc->lua->outside->fetch))
        return luaL_error(L, "http.fetch: the host \"%s\" is not in this policy's hosts", f->url.host.n < 200 ? f->url.host.p : "");
    f->plan.method = upper(arena, field(L, "method", "GET"));
    if (f->plan.method.n > 16 || !yz_h1_name_ok(f->plan.method) || yz_str_is(f->plan.method, "CONNECT"))
        return luaL_error(L, "http.fetch: the method is not one that can be sent");
    read_headers(L, arena, f);
    f->text = yz_dup(arena, field(L, "body", ""));
    luaL_argcheck(L, f->text.n <= YZ_LUA_TEXT_BYTES, 1, "a body of at most 1 MiB");
    int64_t ms = read_timeout(L);
    f->plan.url = &f->url;
    f->plan.tls = f->url.tls ? pc->policy->tls : NULL;
    f->plan.public_only = how == 1;
    f->plan.max_connections = 16;
    f->body = (yz_body){YZ_BODY, .known = &f->text, .n_known = 1, .length = (int64_t)f->text.n};
    f->plan.body = f->text.n ? &f->body : NULL;
    if (pc->lua->outside) {
        pc->lua->outside_asked = true;
        if (pc->lua->outside->fetch)
            return pc->lua->outside->fetch(pc->lua->outside->arg, L);
        lua_pushnil(L);
        policy_error_push(
            L, &(yz_error){YZ_ERROR, .class_ = YZ_ERROR_UNAVAILABLE, .message = YZ_STR("nothing outside is asked in a rehearsal")});
        return 2;
    }
    count_hop(arena, f);
    f->plan.timeout = (yz_timeouts){.connect = ms, .first_byte = ms, .idle = ms, .total = ms};
    f->wait = yz_wait_start(pc->call, "http.fetch", ms, on_late, f);
    pc->fetching = f;
    f->fetch = yz_fetch_start(pc->policy->worker, &f->plan, &hooks, f);
    return policy_wait_for(L, pc, WAIT_FETCH);
}

void policy_http_push(lua_State *L) {
    lua_newtable(L);
    lua_pushcfunction(L, fetch);
    lua_setfield(L, -2, "fetch");
}
