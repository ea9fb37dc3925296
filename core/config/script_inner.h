/* config/script_inner.h: what script.c (running) and script_env.c (the names a script sees) share. */
#ifndef YUZUI_CONFIG_SCRIPT_INNER_H
#define YUZUI_CONFIG_SCRIPT_INNER_H

#include "config/look.h"
#include "config/script.h"

#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>

#define YZ_SCRIPT_ITEMS 10000 /* of one list or table */

typedef struct yz_source {
    yz_str text;
    yz_buf own;          /* holds it, unless the caller does; wiped at the end: it may hold keys */
    const yz_look *look; /* made when something is asked of it */
} yz_source;

typedef struct yz_running {
    yz_arena *arena;
    yz_diag *diag;
    yz_script *script;
    yz_str folder;
    const char *const *directives;
    size_t n_directives;
    yz_statement *last;
    yz_unset *unset, *last_unset; /* for the directive or stage that is called next */
    size_t n_records;
    yz_source *sources; /* of script->files */
    size_t cap_files;
    size_t used;   /* bytes of the Lua state */
    size_t taken;  /* bytes copied out of it */
    long ticks;    /* of the count hook */
    int64_t began; /* ms of CPU time of this thread */
} yz_running;

yz_running *yz_running_of(lua_State *L);
/* Where the Lua code that called the running C function stands. */
yz_place yz_running_place(lua_State *L);
/* Compiles a chunk of the next file number; pushes the function or the message. `own` is NULL, or holds the text, and is taken over. */
int yz_running_load(lua_State *L, const char *file, yz_str text, yz_buf *own);
/* The text of a file as code; NULL: of none that was loaded. */
const yz_look *yz_running_look(yz_running *running, const char *file);
bool yz_running_read(const char *file, yz_buf *out); /* errno tells */

/* What most often is meant where Lua says this of a line. */
typedef struct yz_hint {
    const char *instead; /* says it better than Lua; NULL: */
    const char *more;    /* goes to the end of Lua's message; may be empty */
    int line;            /* what it speaks of */
} yz_hint;
yz_hint yz_script_hint(const yz_running *running, const yz_look *look, int line, const char *message);
/* script_elsewhere.c: of a word that is no directive, what other programs mean by it; NULL: nothing that is known. */
const char *yz_script_elsewhere(const char *name);
/* What else may be meant by a name that is no directive or stage; NULL: nothing that is known. */
const char *yz_script_name_hint(const yz_running *running, const yz_look *look, int line, const char *name);

/* Of a plugin's name that stands as a value, without the quotes of a text; NULL: it does not, as far as the line tells. */
const char *yz_script_text_hint(const yz_running *running, const yz_look *look, int line, const char *name);

/* Stands env.NAME alone, as an option's value, an entry of a list or an argument, and not in `env.NAME or "…"`? Then *option has the
 * option's name, or is empty. */
bool yz_script_alone(const yz_look *look, int line, const char *name, yz_str *option);
/* The first line in which a text stands before an `or`, which is never taken; 0: none. */
int yz_script_text_or(const yz_look *look);
/* Does the line say `env "…" or …`, which never takes what stands after the or? */
bool yz_script_vain_or(const yz_look *look, int line);

/* script_env.c: memory that outlives the state; what a script says in a loop is bounded like what it holds. Raises an error when it is. */
void *yz_script_take(lua_State *L, size_t size);
yz_str yz_script_take_text(lua_State *L, int index); /* a copy in it */
void yz_script_push_object(lua_State *L, void *what, const char *kind);
/* script_variable.c: pushes env, a table that is called and indexed. */
void yz_script_variables(lua_State *L);

/* Makes the environment of the script and leaves it on the stack. */
void yz_script_env(lua_State *L);

#endif
