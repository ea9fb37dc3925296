/* config/script.h: running yuzui.lua. The script only says things: every directive it calls is recorded with its place, and checked
 * later, in C. It runs in a sandbox: text chunks, an allow-list of functions, a cap on memory, on instructions and on CPU time. */
#ifndef YUZUI_CONFIG_SCRIPT_H
#define YUZUI_CONFIG_SCRIPT_H

#include "base/value.h"

#define YZ_SCRIPT_BYTES        (32u << 20) /* what the Lua state may hold, and what may be copied out of it */
#define YZ_SCRIPT_INSTRUCTIONS 10000000
#define YZ_SCRIPT_MS           3000 /* CPU time */
#define YZ_SCRIPT_RECORDS      20000
#define YZ_SCRIPT_SOURCE       (4u << 20) /* of one file */

typedef struct yz_script {
    yz_statement *statements; /* in the order they were called */
    yz_str *files;            /* absolute or relative to the process: the config and what it required */
    size_t n_files;
    yz_list unset; /* variables of the environment that it read and that are not set */
} yz_script;

/* Runs `text`, the content of `file`. `folder` (with its slash, or empty) is where relative paths and require begin. False: the script
 * itself failed, and diag has the errors; what it said up to there is in *out, but is not complete. Unknown names are reported too, but
 * do not stop it. */
bool yz_script_run(const char *file, yz_str text, yz_str folder, const char *const *directives, size_t n_directives, yz_arena *arena,
                   yz_diag *diag, yz_script *out);

/* Pushes table.insert, written in Lua: the stock function moves as many places as it is told in one instruction, which no limit can cut. */
struct lua_State;
void yz_script_insert(struct lua_State *L);

#endif
