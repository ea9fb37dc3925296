/* lua/options.h: what declare.c (options { … } at the top of a policy's file) and options.c (what the config gives) share. Internal to
 * lua/. A declaration is a Lua table, its "spec" an index on the stack: { type =, default =, help =, choices =, min =, max =, required =,
 * of =, fields = }. All reads are raw. */
#ifndef YUZUI_LUA_OPTIONS_H
#define YUZUI_LUA_OPTIONS_H

#include "lua/run.h"

#define POLICY_OPTIONS      64 /* of one table */
#define POLICY_OPTION_DEPTH 4  /* tables in tables */

void policy_spec_field(lua_State *L, int spec, const char *name); /* pushes it, or nil */
/* The text of a field, "" where there is none; lives as long as the spec. */
const char *policy_spec_word(lua_State *L, int spec, const char *name);
const char *policy_spec_type(lua_State *L, int spec); /* "string" unless said */

#endif
