/* cli/compare.h: `equal` of a test file, and results that know their fields. */
#ifndef YUZUI_CLI_COMPARE_H
#define YUZUI_CLI_COMPARE_H

#include <lua.h>

/* equal(found, wanted): an error that says what was found, what was wanted, and of tables where they differ. Tables are equal that hold
 * equal values under equal keys, whatever they are inside one another; those that hold themselves are equal if no way through them differs.
 */
int yz_compare_equal(lua_State *L);
/* The table at `index` has these fields and no others (NULL at the end): reading another is an error that says which is meant. One of them
 * that is nil is nil. `what` begins the message. Both live as long as the state. */
void yz_compare_fields(lua_State *L, int index, const char *what, const char *const *names);

#endif
