/* lua/sandbox.h: the sandboxed Lua state of policies: one for each generation and worker. Internal to lua/.
 *
 * Terms: a *run* is one stretch of Lua code, from entering a coroutine until it waits, returns or fails; limits hold for runs.
 * `current` is the call whose run it is. Nothing in Lua holds a pointer into a call: objects handed to policies hold its serial
 * number (run.h).
 *
 * The sandbox contains accidents, not attackers: policies are the operator's own code.
 */
#ifndef YUZUI_LUA_SANDBOX_H
#define YUZUI_LUA_SANDBOX_H

#include "lua/alloc.h"
#include "lua/policy.h"

#include <lauxlib.h>
#include <lua.h>

#define YZ_LUA_STATE_BYTES  (64u << 20) /* what one state may hold, all its policies together */
#define YZ_LUA_SOURCE_BYTES (1u << 20)  /* of one file */
#define YZ_LUA_TEXT_BYTES   (1u << 20)  /* of a string made by string.rep, of a document for json.decode, of a fetched body */
#define YZ_LUA_LOAD_BYTES   (16u << 20)
#ifndef YZ_LUA_LOAD_MS     /* the fuzz build sets less: many files that it tries take all they may */
#define YZ_LUA_LOAD_MS 250 /* CPU time a file may take to load, with what it requires */
#endif

struct yz_policy_call;

typedef struct yz_lua_thread { /* a coroutine, kept for reuse */
    lua_State *co;
    int ref;
    struct yz_lua_thread *next;
} yz_lua_thread;

/* What a rehearsal (`yuzui explain`, `yuzui test`) answers instead of hosts, stores and the clock; NULL: as if nobody answered. Each gets
 * `arg` and the coroutine, with the Lua function's own arguments on its stack, and returns how many results it pushed. */
typedef struct yz_outside {
    void *arg;
    int (*fetch)(void *arg, lua_State *L);                                  /* http.fetch */
    int (*store)(void *arg, lua_State *L, const char *what, yz_str tenant); /* "get", "put", "remove", "add" */
    int64_t (*now)(void *arg);                                              /* time.now: Unix seconds */
    bool (*estimate)(void *arg, yz_str model, double *usd);                 /* req:estimate; false: no price */
    bool (*balance)(void *arg, double *usd);                                /* req.key.balance; false: not known */
    int64_t (*tokens)(void *arg);                                           /* req:tokens; NULL: those of the body */
} yz_outside;

struct yz_lua {
    yz_lua_memory memory;
    lua_State *L;
    yz_share *share;
    yz_worker *worker;
    yz_arena *arena;         /* file names and the like */
    yz_arena *scratch;       /* freed when the next user asks for it */
    yz_buf text;             /* scratch for text that grows; its users bound it */
    yz_str *files, *sources; /* what was loaded from where, as it was then; no source: it is no Lua */
    size_t n_files, cap_files;
    struct yz_policy_call *current; /* NULL while files are loaded */
    bool loading;
    const yz_outside *outside; /* a rehearsal: what stands in for the world outside; NULL: the world itself */
    bool outside_asked;        /* … and whether anything was asked of it */
    bool text_asked;           /* a rehearsal: a policy has read what the request says */
    yz_str failure, failed;    /* a rehearsal: why a policy failed, with its place, and which: the first of them */
    bool failure_unsure;       /* … after an answer that was made up for it */
    yz_str folder;             /* while loading: where require looks first */
    yz_lua_thread *idle;       /* finished coroutines */
    size_t n_idle;
    int env;                  /* registry: the environment of all chunks */
    int modules;              /* registry: what require has loaded */
    int declared;             /* registry: what the file being loaded has said with options { … }; 0: nothing */
    int coroutines;           /* made since the current call began */
    int64_t spent_ms;         /* CPU time of the last run, about */
    const char *stack;        /* the C stack where the run began */
    uint64_t serial;          /* of the newest call */
    const void *request_type; /* the metatable of requests: a policy asks one eight times */
};

static inline yz_lua *yz_lua_of(lua_State *L) {
    void *ud;
    lua_getallocf(L, &ud);
    return ud;
}

typedef enum yz_run_end { YZ_RUN_DONE, YZ_RUN_WAITS, YZ_RUN_FAILED, YZ_RUN_TIME, YZ_RUN_MEMORY } yz_run_end;

/* Resumes a coroutine under limits. What it returned, yielded, or its error, is on its stack. */
yz_run_end yz_lua_run(yz_lua *lua, lua_State *co, int n_args, int64_t time_ms, int64_t bytes);
/* What went wrong, "file:line: message", then a traceback; bounded; in the arena. `co` holds the error on top. */
yz_str yz_lua_failure(yz_arena *arena, yz_run_end end, lua_State *co, int64_t time_ms, int64_t bytes);
/* For C functions that call Lua: an error when such calls are nested too deeply for the C stack. */
void yz_lua_check_stack(lua_State *L);
/* After a run was ended by a limit: gives back what it left. */
void yz_lua_collect(yz_lua *lua);

yz_lua_thread *yz_lua_thread_take(yz_lua *lua);
/* `reusable`: it has finished. Otherwise it is left to the collector. */
void yz_lua_thread_give(yz_lua *lua, yz_lua_thread *thread, bool reusable);

/* An arena and a buffer for temporary things, emptied by each call: never hold either across another user. */
yz_arena *yz_lua_scratch(yz_lua *lua);
yz_buf *yz_lua_text(yz_lua *lua);

/* Loads and runs a file; what it returned is left on L's stack (one value). NULL on success, else what is wrong (in lua->arena). */
const char *yz_lua_load_file(yz_lua *lua, const char *path);
/* Likewise, from memory. `name` is what messages call it. */
const char *yz_lua_load_text(yz_lua *lua, yz_str source, const char *name);

/* Compiles a file, whose function is left on L's stack: for test files, which say themselves what bounds hold for them. */
const char *yz_lua_compile_file(yz_lua *lua, const char *path);

/* ---- the tables of the environment: each pushes one table on L, once per state */
void yz_lua_push_string(lua_State *L);    /* strings.c; expects the stock table on top and replaces it */
void yz_lua_push_json(lua_State *L);      /* json.c */
void yz_lua_push_log(lua_State *L);       /* basics.c */
void yz_lua_push_time(lua_State *L);      /* basics.c */
void yz_lua_push_utf8(lua_State *L);      /* utf8.c */
void yz_lua_push_coroutine(lua_State *L); /* stock.c; expects the stock table on top and replaces it */
void yz_lua_push_table(lua_State *L);     /* stock.c; likewise */
void yz_lua_push_xpcall(lua_State *L);    /* stock.c: the function */
void yz_lua_push_math(lua_State *L);      /* basics.c; likewise */
int yz_lua_require(lua_State *L);         /* modules.c: the function */

/* Replaces the table on top by a read-only view of it. */
void yz_lua_freeze(lua_State *L, const char *name);

/* json.c, for the other files. Encode appends the value at `index`; NULL, or what cannot be encoded. */
#define YZ_LUA_ENCODE_BYTES (8u << 20) /* of the text */
const char *yz_lua_encode(lua_State *L, int index, yz_buf *out);
/* Appends a chat (chat_body.c): the table at `index` (absolute, and the caller's own: it is changed), whose `messages` may be a text, which
 * *text says. `form`: the adapter of its form; NULL: there is none. */
const char *yz_lua_encode_chat(lua_State *L, int index, const yz_adapter *form, yz_buf *out, bool *text);
void yz_lua_decode(lua_State *L, yz_arena *arena, const yz_json *node); /* pushes; the arena is scratch */
void yz_lua_json_open(lua_State *L);                                    /* its metatables, once per state */

/* The rest of the environment, for policies: with the table of what is allowed on top (run.c), and the metatables of the objects
 * they meet, once per state. */
void yz_lua_push_api(lua_State *L);
void yz_lua_open_objects(lua_State *L);
/* The number of the call that runs now, which never comes again; 0: none, a file is being loaded. */
uint64_t yz_lua_owner(const yz_lua *lua);
/* Is this the coroutine of a policy call itself, rather than one the policy made? */
bool yz_lua_is_policy_thread(const yz_lua *lua, const lua_State *L);
/* The state made last on this thread, for the stages that are opened next. */
yz_lua *yz_lua_newest(void);

/* modules.c */
int yz_lua_read_file(const char *path, yz_buf *out); /* bounded; YZ_ENOTFOUND, YZ_ELIMIT, YZ_EIO */
/* The policy file of this name: absolute, or relative to the config's folder, or of the library. NULL: *tried says where. */
const char *yz_lua_find_policy(yz_lua *lua, yz_str name, const char **tried);
/* The policy that a name no file has may mean, of those beside the config and in the library; NULL: none is near. */
const char *yz_lua_meant_policy(yz_lua *lua, yz_str name);
/* A file that what is being loaded names: beside it, or in the library; from then on it is watched. NULL: there is none. */
const char *yz_lua_find_file(yz_lua *lua, yz_str name);

#endif
