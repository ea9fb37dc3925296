/* lua/policy.h: user policies: the `policy` stage, the sandboxed Lua state they run in. */
#ifndef YUZUI_LUA_POLICY_H
#define YUZUI_LUA_POLICY_H

#include "generation.h"

typedef struct yz_lua yz_lua;

/* The Lua state of one generation on one worker, made before its stages are opened (their open loads the policy files into it).
 * Control thread; from publishing on it belongs to the worker. */
yz_lua *yz_lua_new(yz_share *share, yz_diag *diag);
void yz_lua_free(yz_lua *lua);
/* Files loaded so far (policies and what they required), to be watched. */
size_t yz_lua_files(const yz_lua *lua, const yz_str **files);

/* modules.c: for commands: from now on, wherever this file is read, the text of another one is. False: one of the two cannot be read. */
bool yz_lua_instead(const char *file, const char *text);
bool yz_lua_instead_was_read(void);
/* Is it one of those that came with yuzui? */
bool yz_lua_is_library(yz_str path);
/* Has the library a policy of that name, "by-question"? */
bool yz_lua_library_has(const char *name);

#endif
