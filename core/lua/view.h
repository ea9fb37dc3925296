/* lua/view.h: tables that a policy may read and not write. A view is empty itself and answers from the table behind it, so that a write to
 * a name that is there is seen as well as one to a new name. Internal to lua/.
 */
#ifndef YUZUI_LUA_VIEW_H
#define YUZUI_LUA_VIEW_H

#include <stdbool.h>

struct lua_State;

/* Replaces the table on top by a view of it. A write is an error in these words. */
void yz_lua_view(struct lua_State *L, const char *refusal);
/* Pushes the table behind the view at `index`; false, and nothing pushed: no view of yz_lua_view stands there. For C code that goes through
 * a table which a policy gave: it is never handed to the policy itself. */
bool yz_lua_behind(struct lua_State *L, int index);
/* The table on top is asked for a name that it lacks once more in lower case: names of HTTP have no case. */
void yz_lua_caseless(struct lua_State *L);
/* Sets `pairs`, `next` and `rawget`, which see what is behind a view, in the table on top. */
void yz_lua_set_readers(struct lua_State *L);

#endif
