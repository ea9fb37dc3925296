/* cli/bounded.h: what the author of a test has written, bounded in time: a loop without an end should name its line, not hang whoever runs
 * the tests. CPU time, so that a busy machine fails no test.
 */
#ifndef YUZUI_CLI_BOUNDED_H
#define YUZUI_CLI_BOUNDED_H

#include <lua.h>
#include <stdbool.h>
#include <stdint.h>

#define YZ_BOUNDED_MS 5000 /* of one test, with the policies that it runs; likewise of what a file does outside its tests */

/* When a bound that begins now is over: CPU time of this thread. */
int64_t yz_bounded_until(void);
/* lua_pcall, until then. Whose run this is inside is set aside meanwhile. The error of what took too long says so, and where it stood. */
int yz_bounded_call(lua_State *L, int n_args, int n_results, int64_t until);
/* An error if that time is over: for what a loop may call without end. */
void yz_bounded_check(lua_State *L, int64_t until);

#endif
