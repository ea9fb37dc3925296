/* Hostile policies: each is ended within its time and memory, the request goes on, and the next request is served. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "policy_world.h"

#include <time.h>

#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
#define TEST_SLACK 6 /* every copy costs several times as much */
#else
#define TEST_SLACK 1
#endif

typedef struct hostile {
    const char *name, *body; /* the body of the policy function */
} hostile;

/* `#t` is 2^29, though it holds thirty values: the length is found by doubling. */
#define SEEMS_LONG "local t = {} for i = 29, 0, -1 do t[2 ^ i] = i end "

static const hostile hostiles[] = {
    {"endless loop", "while true do end"},
    {"endless repeat", "local i = 0 repeat i = i + 1 until false"},
    {"endless for", "for i = 1, math.huge do end"},
    {"loop in pcall", "pcall(function() while true do end end)"},
    {"pcall in a loop", "while true do pcall(function() while true do end end) end"},
    {"pcall of error in a loop", "while true do pcall(error, 'x') end"},
    {"loop in xpcall's handler", "xpcall(error, function() while true do end end)"},
    {"xpcall handlers all the way", "local function h() return xpcall(error, h) end while true do xpcall(error, h) end"},
    {"loop in a coroutine", "coroutine.wrap(function() while true do end end)()"},
    {"coroutines in a loop", "while true do pcall(coroutine.wrap(function() error('x') end)) end"},
    {"resume in a loop",
     "local co = coroutine.create(function() while true do coroutine.yield() end end) while true do coroutine.resume(co) end"},
    {"nested coroutines", "local function f() return coroutine.wrap(f)() end f()"},
    {"nested coroutines in pcall", "local function f() return pcall(coroutine.wrap(f)) end while true do f() end"},
    {"loop in __index", "local t = setmetatable({}, {__index = function() while true do end end}) return t.x"},
    {"loop in __newindex", "local t = setmetatable({}, {__newindex = function() while true do end end}) t.x = 1"},
    {"loop in __tostring", "return tostring(setmetatable({}, {__tostring = function() while true do end end}))"},
    {"loop in an error object", "error(setmetatable({}, {__tostring = function() while true do end end}))"},
    {"loop in __eq", "local m = {__eq = function() while true do end end} return setmetatable({}, m) == setmetatable({}, m)"},
    {"loop in __concat", "return setmetatable({}, {__concat = function() while true do end end}) .. 'x'"},
    {"loop in __call", "return setmetatable({}, {__call = function() while true do end end})()"},
    {"loop in gsub's function", "return (('x'):gsub('x', function() while true do end end))"},
    {"loop in sort's function", "table.sort({3, 2, 1}, function() while true do end end)"},
    {"sort of much", "local t = {} for i = 1, 200000 do t[i] = (i * 7919) % 200003 end while true do table.sort(t) end"},
    {"string.rep", "return ('x'):rep(1e9)"},
    {"string.rep of nothing", "while true do (''):rep(1e9) end"},
    {"many string.rep", "local t = {} for i = 1, 1e6 do t[i] = ('x'):rep(100000 + i) end"},
    {"doubling a string", "local s = 'x' while true do s = s .. s end"},
    {"growing a table", "local t = {} while true do t[#t + 1] = {} end"},
    {"growing in pcall", "local t = {} while true do pcall(function() while true do t[#t + 1] = ('x'):rep(1000 + #t) end end) end"},
    {"table.concat", "local t = {} for i = 1, 1000 do t[i] = ('x'):rep(100000) end return #table.concat(t)"},
    {"exponential find", "return (('a'):rep(60)):find(('a?'):rep(60) .. ('a'):rep(60))"},
    {"polynomial match", "return (('a'):rep(4000)):match('.-.-.-.-.-.-b')"},
    {"polynomial gsub", "return ((('a'):rep(200000)):gsub('a*b', ''))"},
    {"polynomial gmatch", "for _ in (('a'):rep(200000)):gmatch('a*b') do end"},
    {"balanced match", "return (('('):rep(200000)):find('%b()')"},
    {"plain find of much", "local s = ('a'):rep(1000000) local p = ('a'):rep(500000) .. 'b' while true do s:find(p, 1, true) end"},
    {"format of much", "local s = ('x'):rep(1000000) while true do local t = string.format('%s%s%s', s, s, s) end"},
    {"deep recursion", "local function f() return 1 + f() end return f()"},
    {"recursion in pcall", "local function f() pcall(f) pcall(f) end f()"},
    {"recursion through gsub", "local function f() return (('x'):gsub('x', f)) end return f()"},
    {"recursion through tostring", "local t = setmetatable({}, {__tostring = function(t) return tostring(t) end}) return tostring(t)"},
    {"recursion through format", "local t t = setmetatable({}, {__tostring = function() return ('%s'):format(t) end}) return tostring(t)"},
    {"recursion through sort", "local function f() table.sort({2, 1, 3}, f) end f()"},
    {"recursion through coroutines",
     "local n, last = 0, function() while true do end end for i = 1, 900 do local l = last last = coroutine.wrap(function() "
     "l() end) end last()"},
    {"yield to nobody", "coroutine.yield(1)"},
    {"unpack of much", "return unpack({}, 1, 1e7)"},
    {"deep JSON", "local t = {} t.t = t return json.encode(t)"},
    {"JSON that grows", "local s = ('x'):rep(1000000) local t = {} for i = 1, 1000 do t[i] = s end return json.encode(t)"},
    {"JSON of many values", "local list = json.decode('[' .. ('1,'):rep(500000) .. '1]')"},
    {"table.insert at the front", "local t = {} while true do table.insert(t, 1, 0) end"},
    {"writing a global", "x = 1"},
    {"writing into string", "string.find = nil"},
    {"rawset of the environment", "rawset(_G, 'x', 1)"},
    {"reaching for io", "io.open('/etc/passwd')"},
    {"reaching for os.execute", "os.execute('true')"},
    {"reaching for ffi", "require('ffi')"},
    {"reaching for load", "load('return 1')()"},
    {"string.dump", "string.dump(function() end)"},
    {"bytecode module", "require('../../etc/passwd')"},
    {"many attempts", "while true do next.start(req) end"},
    {"closures of closures", "local f = function() end while true do local g = f f = function() return g() end end"},
    {"keeping what it allocates", "kept = kept"},
    {"pcall in a loop in xpcall's handler", "xpcall(error, function() while true do pcall(error, 'x') end end)"},
    {"xpcall in a loop in xpcall's handler",
     "local function h() while true do xpcall(error, h) end end while true do xpcall(error, h) end"},
    {"table.insert far below", "table.insert({}, -2147483648, 1)"},
    {"table.insert far out of range", "table.insert({}, -1e300, 1)"},
    {"table.insert at a NaN", "table.insert({}, 0/0, 1)"},
    {"table.insert in pcall", "while true do pcall(table.insert, {1}, -1e9, 1) end"},
    {"table.insert into a list that seems long", SEEMS_LONG "table.insert(t, 1, 0)"},
    {"table.remove from a list that seems long", SEEMS_LONG "table.remove(t, 1)"},
    {"table.sort of a list that seems long", SEEMS_LONG "table.sort(t, function() return false end)"},
    {"table.concat of a list that seems long", SEEMS_LONG "return table.concat(t)"},
    {"table.concat far out of range", "return table.concat({}, 'x', -2147483648, 2147483647)"},
    {"unpack of a list that seems long", SEEMS_LONG "return unpack(t)"},
    {"unpack far out of range", "return unpack({}, -2147483648, 2147483647)"},
    {"maxn of much", "local t = {} for i = 1, 200000 do t[i] = i end while true do table.maxn(t) end"},
    {"next of a list that seems long", SEEMS_LONG "return next.first(t)"},
    {"JSON of a list that seems long", SEEMS_LONG "return json.encode(t)"},
    {"sort with a C function", "local t = {} for i = 1, 200000 do t[i] = i end while true do table.sort(t, pcall) end"},
    {"gsub with a C function", "local s = ('x'):rep(1000000) while true do s:gsub('.', pcall) end"},
    {"gsub with a long replacement", "local s, r = ('x'):rep(1000000), ('y'):rep(1000000) return s:gsub('x', r)"},
    {"JSON of a table that was large",
     "local t = {} for i = 1, 100000 do t['k' .. i] = 1 end for i = 1, 100000 do t['k' .. i] = nil end local l = {} for i = 1, 100000 do "
     "l[i] = t end return json.encode(l)"},
    {"an answer with a table that was large",
     "local t = {} for i = 1, 60000 do t['k' .. i] = 1 end for i = 1, 60000 do t['k' .. i] = nil end local l = {} for i = 1, 60000 do "
     "l[i] = t end return { tool_calls = { { name = 'x', arguments = l } } }"},
    {"an answer with one call many times", "local a, l = ('x'):rep(100000), {} for i = 1, 100000 do l[i] = { name = 'x', arguments = { a, "
                                           "a, a, a } } if i > 100 then l[i] = l[1] "
                                           "end end return { tool_calls = l }"},
    {"an answer with calls that seem many", SEEMS_LONG "return { tool_calls = t }"},
    {"work between sleeps", "while true do local t = time.monotonic() while time.monotonic() - t < 30 do end sleep(0) end"},
    {"short work between sleeps", "while true do for i = 1, 100000 do end pcall(sleep, 0) end"},
    {"setting a field for ever", "local s = ('x'):rep(100000) while true do req.user = s end"},
    {"giving reasons for ever", "while true do req:because(('x'):rep(120)) end"},
    {"storing for ever", "local s = ('x'):rep(1000000) while true do pcall(store.put, 'k', s) end"},
};
#define HOSTILES (sizeof hostiles / sizeof *hostiles)

static int64_t cpu_us(void) {
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static int64_t worst_us;
static size_t worst_bytes;

static void run_hostile(const hostile *h) {
    policy_world *p = calloc(1, sizeof *p);
    char source[1024];
    snprintf(source, sizeof source, "return function(req, next)\nif req.model == 'gpt-5.2' then return next(req) end\n%s\nend\n", h->body);
    assert_int_equal(pw_open(p, source), YZ_OK);
    p->config.otherwise = YZ_STR("kimi-k2.5");
    p->dialect = yz_dialects_fallback(&pw_dialects);
    size_t before = p->lua->memory.used;
    p->lua->memory.peak = before;
    int64_t start = cpu_us();
    pw_ask(p, "auto", "\"messages\":[]", 1000);
    int64_t took = cpu_us() - start;
    size_t grew = p->lua->memory.peak - before;
    worst_us = took > worst_us ? took : worst_us;
    worst_bytes = grew > worst_bytes ? grew : worst_bytes;
    if (strcmp(p->c.log, "head chunk end") != 0 || strcmp(p->asked, "kimi-k2.5 ") != 0)
        fail_msg("%s: the request got \"%s\" by \"%s\"", h->name, p->c.log, p->asked);
    assert_in_range(policy_errors(p), 0, 1); /* none: it came to its end, as what catches its own errors may */
    if (grew > (8u << 20) + 65536)
        fail_msg("%s: took %zu bytes", h->name, grew);
    if (took > 50000 * TEST_SLACK * 6) /* a shared machine may keep the timer waiting; the report has the figure */
        fail_msg("%s: took %lld us of CPU", h->name, (long long)took);
    pw_ask(p, "gpt-5.2", "\"messages\":[]", 0); /* the worker serves on */
    assert_string_equal(p->c.log, "head chunk end");
    assert_string_equal(p->asked, "gpt-5.2 ");
    assert_int_equal(yz_call_count(&p->w.worker), 0);
    pw_close(p);
    free(p);
}

static void hostile_policies_are_ended(void **state) {
    (void)state;
    for (size_t i = 0; i < HOSTILES; i++) {
        int64_t us = worst_us;
        run_hostile(&hostiles[i]);
        if (worst_us > us)
            print_message("worst so far: %s, %lld us of CPU\n", hostiles[i].name, (long long)worst_us);
    }
    print_message("%zu hostile policies; the worst took %lld us of CPU, %zu bytes\n", HOSTILES, (long long)worst_us, worst_bytes);
}

/* ---- while files are loaded -------------------------------------------------------------------------------------------------- */

static const hostile at_load[] = {
    {"endless loop", "while true do end"},
    {"pcall in a loop", "while true do pcall(function() while true do end end) end"},
    {"loop in xpcall's handler", "xpcall(error, function() while true do pcall(error, 'x') end end)"},
    {"xpcall handlers all the way", "local function h() while true do xpcall(error, h) end end xpcall(error, h)"},
    {"table.insert far below", "table.insert({}, -2147483648, 1)"},
    {"table.insert in pcall", "while true do pcall(table.insert, {1}, -1e9, 1) end"},
    {"table.remove from a list that seems long", SEEMS_LONG "table.remove(t, 1)"},
    {"sort with a C function", "local t = {} for i = 1, 200000 do t[i] = i end while true do table.sort(t, pcall) end"},
    {"exponential find", "return (('a'):rep(60)):find(('a?'):rep(60) .. ('a'):rep(60))"},
    {"loop in gsub's function", "return (('x'):gsub('x', function() while true do pcall(error) end end))"},
    {"coroutines in a loop", "while true do pcall(coroutine.wrap(function() while true do pcall(error) end end)) end"},
    {"choices that seem many", SEEMS_LONG "for i = 29, 0, -1 do t[2 ^ i] = 'x' end options { a = { choices = t, default = 'x' } }"},
    {"writing into math", "table.insert(math, 1)"},
};

/* The file is refused within the limit of loading, with `body` at its top or in a module that it requires: below C, as there. */
static void load_hostile(const hostile *h, bool module) {
    policy_world *p = calloc(1, sizeof *p);
    char source[1024], path[64];
    snprintf(path, sizeof path, "/tmp/yuzui_hostile_%d.lua", (int)getpid());
    FILE *file = fopen(path, "w");
    fprintf(file, "%s\n", h->body);
    fclose(file);
    if (module)
        snprintf(source, sizeof source, "require 'yuzui_hostile_%d' return function() end\n", (int)getpid());
    else
        snprintf(source, sizeof source, "do %s end return function() end\n", h->body);
    int64_t start = cpu_us();
    int code = pw_open(p, source);
    int64_t took = cpu_us() - start;
    unlink(path);
    if (code == YZ_OK)
        fail_msg("%s: was loaded", h->name);
    pw_close(p);
    *p = (policy_world){0};
    if (took > (YZ_LUA_LOAD_MS * 1000 + 50000) * TEST_SLACK * 2)
        fail_msg("%s: took %lld us of CPU", h->name, (long long)took);
    assert_int_equal(pw_open(p, "return function() end"), YZ_OK); /* the thread that loads goes on */
    pw_close(p);
    free(p);
}

static void hostile_files_are_refused(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof at_load / sizeof *at_load; i++) {
        load_hostile(&at_load[i], false);
        load_hostile(&at_load[i], true);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(hostile_policies_are_ended), cmocka_unit_test(hostile_files_are_refused)};
    return cmocka_run_group_tests(tests, pw_load, pw_unload);
}
