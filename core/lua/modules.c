/* lua/modules.c: files: finding policies and what they require, reading them, and loading them as text in the environment.
 *
 * Files are read while a generation is built, on the control thread; a require inside a call finds only what is loaded already, so
 * no call ever waits for a disk. */
#include "base/arena.h"
#include "base/beside.h"
#include "base/reason.h"
#include "base/source.h"
#include "config/slip.h"
#include "lua/sandbox.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- reading ------------------------------------------------------------------------------------------------------------ */

static char instead_of[PATH_MAX];
static yz_buf instead;
static bool instead_read;

bool yz_lua_instead(const char *file, const char *text) {
    return yz_lua_read_file(text, &instead) == YZ_OK && realpath(file, instead_of) != NULL;
}

bool yz_lua_instead_was_read(void) { return instead_read; }

/* Links lead to the same file. */
static bool is_replaced(const char *path) {
    char real[PATH_MAX];
    return *instead_of && realpath(path, real) && strcmp(real, instead_of) == 0;
}

int yz_lua_read_file(const char *path, yz_buf *out) {
    if (is_replaced(path)) {
        instead_read = true;
        yz_buf_str(out, yz_buf_view(&instead));
        return YZ_OK;
    }
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return errno == ENOENT || errno == ENOTDIR ? YZ_ENOTFOUND : YZ_EIO;
    struct stat st;
    int code = fstat(fd, &st) == 0 && S_ISREG(st.st_mode) ? YZ_OK : YZ_EIO;
    while (code == YZ_OK) {
        ssize_t n = read(fd, yz_buf_room(out, 64 * 1024), 64 * 1024);
        if (n == 0)
            break;
        out->n += n > 0 ? (size_t)n : 0;
        code = n < 0 ? YZ_EIO : out->n > YZ_LUA_SOURCE_BYTES ? YZ_ELIMIT : YZ_OK;
    }
    close(fd);
    if (code == YZ_EIO && S_ISDIR(st.st_mode))
        errno = EISDIR;
    return code;
}

static size_t place_of(yz_lua *lua, yz_str path) {
    for (size_t i = 0; i < lua->n_files; i++)
        if (yz_str_eq(lua->files[i], path))
            return i;
    if (lua->n_files == lua->cap_files) {
        lua->cap_files = lua->cap_files ? lua->cap_files * 2 : 8;
        lua->files = yz_realloc(lua->files, lua->cap_files * sizeof *lua->files);
        lua->sources = yz_realloc(lua->sources, lua->cap_files * sizeof *lua->sources);
    }
    lua->files[lua->n_files] = yz_dup(lua->arena, path);
    lua->sources[lua->n_files] = (yz_str){0};
    return lua->n_files++;
}

/* `source`: what it says; empty: it is no Lua. */
static void remember_file(yz_lua *lua, yz_str path, yz_str source) {
    size_t i = place_of(lua, path);
    if (source.n > 0 && lua->sources[i].n == 0)
        lua->sources[i] = yz_dup(lua->arena, source);
}

/* ---- loading ------------------------------------------------------------------------------------------------------------ */

/* Compiles on `co`; leaves the function or an error there. */
static int compile(yz_lua *lua, lua_State *co, yz_str source, const char *name) {
    const char *fault = yz_source_fault(source);
    if (fault) {
        lua_pushfstring(co, "%s: %s", name, fault);
        return LUA_ERRSYNTAX;
    }
    size_t limit = lua->memory.limit;
    if (limit == SIZE_MAX)
        lua->memory.limit = lua->memory.used + YZ_LUA_LOAD_BYTES;
    int status = luaL_loadbufferx(co, source.p ? source.p : "", source.n, yz_format(lua->arena, "@%s", name).p, "t");
    lua->memory.limit = limit;
    if (status == LUA_OK) {
        lua_rawgeti(co, LUA_REGISTRYINDEX, lua->env);
        lua_setfenv(co, -2);
    }
    return status;
}

/* What most often is meant where Lua stumbles in a policy: words of other languages. */
static const char *hint(const char *message) {
    static const struct {
        const char *says, *hint;
    } table[] = {
        {"'<name>' expected near '('", "; a policy is `return function(req, next) … end`"},
        {"near '!'", "; \"is not\" is written ~=, and \"not\" as not"},
        {"function arguments expected", "; a method is called with ( ), as in req:tokens()"},
        {"'then' expected near '='", "; a comparison is written =="},
        {"'=' expected near '+'", "; there is no += : x = x + 1"},
        {"'=' expected near '-'", "; there is no -= : x = x - 1"},
        {"near ':'", "; no colon ends a line: a block is then … end, do … end, or function() … end"},
        {"near '&'", "; && is written and"},
        {"near '|'", "; || is written or"},
        {"near '{'", "; a block is then … end, do … end, or function() … end, without braces"},
        {"'end' expected", ": an if, for or function above has no end"},
        {"near '#'", "; a comment begins with --"},
        {"near '/'", "; a comment begins with --"},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (strstr(message, table[i].says))
            return table[i].hint;
    return "";
}

/* "dir/file.lua:7: message": the habits of other languages, else what is known of the message alone. */
static const char *with_hint(yz_lua *lua, yz_str source, const char *name, const char *said) {
    char *end;
    size_t n = strlen(name);
    long line = strncmp(said, name, n) == 0 && said[n] == ':' ? strtol(said + n + 1, &end, 10) : 0;
    if (line <= 0 || line > INT_MAX || end[0] != ':')
        return yz_format(lua->arena, "%s%s", said, hint(said)).p;
    yz_look look = yz_look_at(source, lua->arena);
    int at = (int)line;
    const char *slip = yz_slip(&look, end + 2, lua->arena, &at);
    if (!slip)
        return yz_format(lua->arena, "%s%s", said, hint(said)).p;
    return at == line ? yz_format(lua->arena, "%s; %s", said, slip).p : yz_format(lua->arena, "%s; line %d: %s", said, at, slip).p;
}

const char *yz_lua_load_text(yz_lua *lua, yz_str source, const char *name) {
    yz_lua_thread *thread = yz_lua_thread_take(lua);
    lua_State *co = thread->co;
    const char *wrong = NULL;
    lua->loading = true;
    lua->coroutines = 0;
    if (compile(lua, co, source, name) != LUA_OK) {
        const char *said = lua_isstring(co, -1) ? lua_tostring(co, -1) : "out of memory";
        wrong = with_hint(lua, source, name, said);
    } else {
        yz_run_end end = yz_lua_run(lua, co, 0, YZ_LUA_LOAD_MS, YZ_LUA_LOAD_BYTES);
        if (end == YZ_RUN_WAITS)
            wrong = yz_format(lua->arena, "%s: it waits while it is loaded; wait only inside the policy function", name).p;
        else if (end != YZ_RUN_DONE)
            wrong = yz_lua_failure(lua->arena, end, co, YZ_LUA_LOAD_MS, YZ_LUA_LOAD_BYTES).p;
        if (end == YZ_RUN_TIME || end == YZ_RUN_MEMORY)
            yz_lua_collect(lua);
    }
    lua->loading = false;
    if (!wrong) {
        lua_settop(co, 1);
        lua_xmove(co, lua->L, 1);
    }
    yz_lua_thread_give(lua, thread, !wrong);
    return wrong;
}

static const char *read_words(yz_lua *lua, int code, const char *path) {
    if (code == YZ_ELIMIT)
        return yz_format(lua->arena, "%s is larger than %u bytes", path, YZ_LUA_SOURCE_BYTES).p;
    return yz_format(lua->arena, "cannot read %s: %s", path, code == YZ_ENOTFOUND ? "no such file" : yz_file_reason(errno)).p;
}

/* What messages call a file: from its last folder on. */
static const char *display_name(const char *path) {
    const char *slash = strrchr(path, '/');
    while (slash && slash > path && slash[-1] != '/')
        slash--;
    return slash ? slash : path;
}

static yz_str folder_of(yz_lua *lua, const char *path) {
    const char *slash = strrchr(path, '/');
    return slash ? yz_dup(lua->arena, (yz_str){path, slash == path ? 1 : (size_t)(slash - path)}) : YZ_STR(".");
}

const char *yz_lua_load_file(yz_lua *lua, const char *path) {
    yz_buf source = {0};
    int code = yz_lua_read_file(path, &source);
    const char *wrong;
    if (code == YZ_OK) {
        remember_file(lua, yz_str_of(path), yz_buf_view(&source));
        yz_str before = lua->folder;
        lua->folder = folder_of(lua, path);
        wrong = yz_lua_load_text(lua, yz_buf_view(&source), display_name(path));
        lua->folder = before;
    } else {
        wrong = read_words(lua, code, path);
    }
    yz_buf_free(&source);
    return wrong;
}

const char *yz_lua_compile_file(yz_lua *lua, const char *path) {
    yz_buf source = {0};
    int code = yz_lua_read_file(path, &source);
    const char *wrong = code == YZ_OK ? NULL : read_words(lua, code, path);
    lua->folder = folder_of(lua, path);
    lua->loading = true;
    if (!wrong && compile(lua, lua->L, yz_buf_view(&source), display_name(path)) != LUA_OK)
        wrong = yz_format(lua->arena, "%s", lua_isstring(lua->L, -1) ? lua_tostring(lua->L, -1) : "out of memory").p;
    yz_buf_free(&source);
    return wrong;
}

/* ---- finding ------------------------------------------------------------------------------------------------------------ */

/* The library's folders, one after the other; false after the last. */
static bool library_folder(int i, char to[PATH_MAX]) {
    const char *chosen = getenv("YUZUI_POLICIES");
    switch (i) {
    case 0:
        return snprintf(to, PATH_MAX, "%s", chosen ? chosen : "") < PATH_MAX;
    case 1: /* the binary runs from its build folder */
        return yz_beside_binary("../policies", to);
    case 2:
        return yz_beside_binary(YZ_POLICY_FOLDER, to);
    default:
        return false;
    }
}

static const char *existing(yz_lua *lua, yz_str folder, yz_str name) {
    if (folder.n == 0)
        return NULL;
    const char *path = yz_format(lua->arena, "%.*s/%.*s", YZ_STR_ARGS(folder), YZ_STR_ARGS(name)).p;
    return access(path, F_OK) == 0 ? path : NULL;
}

static const char *find_in_library(yz_lua *lua, yz_str name) {
    char folder[PATH_MAX];
    for (int i = 0; library_folder(i, folder); i++) {
        const char *path = existing(lua, yz_str_of(folder), name);
        if (path)
            return path;
    }
    return NULL;
}

bool yz_lua_is_library(yz_str path) {
    char folder[PATH_MAX], real[PATH_MAX], file[PATH_MAX];
    if (path.n >= PATH_MAX || snprintf(folder, sizeof folder, "%.*s", YZ_STR_ARGS(path)) < 0 || !realpath(folder, file))
        return false;
    for (int i = 0; library_folder(i, folder); i++) {
        size_t n = *folder && realpath(folder, real) ? strlen(real) : 0;
        if (n > 0 && strncmp(file, real, n) == 0 && file[n] == '/')
            return true;
    }
    return false;
}

bool yz_lua_library_has(const char *name) {
    char folder[PATH_MAX], file[PATH_MAX];
    for (int i = 0; library_folder(i, folder); i++)
        if (*folder && (size_t)snprintf(file, sizeof file, "%s/%s.lua", folder, name) < sizeof file && access(file, R_OK) == 0)
            return true;
    return false;
}

const char *yz_lua_find_policy(yz_lua *lua, yz_str name, const char **tried) {
    const yz_settings *settings = lua->share ? lua->share->settings : NULL;
    yz_str folder = settings && settings->folder.n ? settings->folder : YZ_STR(".");
    const char *path;
    if (name.n && name.p[0] == '/') {
        path = yz_dup(lua->arena, name).p;
        *tried = path;
        return access(path, F_OK) == 0 ? path : NULL;
    }
    if ((path = existing(lua, folder, name)))
        return path;
    yz_str short_name = yz_str_starts(name, "policies/") ? (yz_str){name.p + 9, name.n - 9} : name;
    if ((path = find_in_library(lua, short_name)))
        return path;
    char installed[PATH_MAX];
    yz_beside_binary(YZ_POLICY_FOLDER, installed);
    *tried = yz_format(lua->arena, "%.*s/%.*s, and the library (YUZUI_POLICIES, beside the binary, %s)", YZ_STR_ARGS(folder),
                       YZ_STR_ARGS(name), installed)
                 .p;
    return NULL;
}

enum { FILES_MOST = 200 }; /* names that are looked through for one that may be meant */

typedef struct near_names {
    const char *stems[FILES_MOST], *before[FILES_MOST]; /* "by-question", "policies/" */
    size_t n;
} near_names;

static void add_names(yz_lua *lua, const char *folder, const char *before, near_names *names) {
    DIR *dir = opendir(folder);
    struct dirent *entry;
    while (dir && names->n < FILES_MOST && (entry = readdir(dir))) {
        size_t length = strlen(entry->d_name);
        if (length <= 4 || strcmp(entry->d_name + length - 4, ".lua") != 0)
            continue;
        names->before[names->n] = before;
        names->stems[names->n++] = yz_dup(lua->arena, (yz_str){entry->d_name, length - 4}).p;
    }
    if (dir)
        closedir(dir);
}

const char *yz_lua_meant_policy(yz_lua *lua, yz_str name) {
    const yz_settings *settings = lua->share ? lua->share->settings : NULL;
    const char *folder = settings && settings->folder.n ? yz_dup(lua->arena, settings->folder).p : ".";
    near_names *names = yz_alloc(lua->arena, sizeof *names);
    char library[PATH_MAX];
    const char *slash = name.n > 0 ? memrchr(name.p, '/', name.n) : NULL, *found = NULL;
    yz_str stem = slash ? (yz_str){slash + 1, name.n - (size_t)(slash + 1 - name.p)} : name;
    if (slash == name.p || name.n == 0)
        return NULL;
    if (stem.n > 4 && memcmp(stem.p + stem.n - 4, ".lua", 4) == 0)
        stem.n -= 4;
    names->n = 0;
    add_names(lua, folder, "", names);
    add_names(lua, yz_format(lua->arena, "%s/policies", folder).p, "policies/", names);
    for (int i = 0; library_folder(i, library); i++)
        add_names(lua, library, "policies/", names);
    for (size_t i = 0; i < names->n && !found; i++) /* in another folder, or without its .lua */
        found = yz_str_is(stem, names->stems[i]) ? names->stems[i] : NULL;
    found = found ? found : yz_did_you_mean(stem, names->stems, names->n);
    for (size_t i = 0; found && i < names->n; i++)
        if (names->stems[i] == found)
            return yz_format(lua->arena, "%s%s.lua", names->before[i], found).p;
    return NULL;
}

/* ---- require ------------------------------------------------------------------------------------------------------------ */

static bool module_name_ok(yz_str name) {
    if (name.n == 0 || name.n > 100 || name.p[0] == '.' || name.p[name.n - 1] == '.')
        return false;
    for (size_t i = 0; i < name.n; i++) {
        bool dot = name.p[i] == '.';
        if (!isalnum((unsigned char)name.p[i]) && name.p[i] != '_' && name.p[i] != '-' && !dot)
            return false;
        if (dot && name.p[i + 1 < name.n ? i + 1 : i] == '.')
            return false;
    }
    return true;
}

/* yuzui.question -> FOLDER/yuzui/question.lua */
static const char *find_module(yz_lua *lua, yz_str name) {
    char *file = yz_alloc_bytes(lua->arena, name.n + 5);
    for (size_t i = 0; i < name.n; i++)
        file[i] = name.p[i] == '.' ? '/' : name.p[i];
    memcpy(file + name.n, ".lua", 5);
    yz_str relative = {file, name.n + 4};
    const char *path = existing(lua, lua->folder, relative);
    return path ? path : find_in_library(lua, relative);
}

const char *yz_lua_find_file(yz_lua *lua, yz_str name) {
    const char *path = existing(lua, lua->folder, name);
    path = path ? path : find_in_library(lua, name);
    if (path)
        remember_file(lua, yz_str_of(path), (yz_str){0});
    return path;
}

/* Loads the module's file in the run that asked for it, so that one limit covers the whole. Pushes its value. What the library gives is
 * for all chains: none of them changes it. */
static void load_module(lua_State *L, yz_lua *lua, const char *name, const char *path) {
    yz_buf *source = &lua->text; /* so that nothing leaks when Lua throws */
    source->n = 0;
    int code = yz_lua_read_file(path, source);
    if (code != YZ_OK)
        luaL_error(L, "%s", read_words(lua, code, path));
    remember_file(lua, yz_str_of(path), yz_buf_view(source));
    if (compile(lua, L, yz_buf_view(source), display_name(path)) != LUA_OK)
        lua_error(L);
    lua_call(L, 0, 1);
    if (lua_isnil(L, -1)) {
        lua_pop(L, 1);
        lua_pushboolean(L, 1);
    }
    if (lua_istable(L, -1) && yz_lua_is_library(yz_str_of(path)))
        yz_lua_freeze(L, name);
}

int yz_lua_require(lua_State *L) {
    yz_lua *lua = yz_lua_of(L);
    yz_lua_check_stack(L);
    yz_str name;
    name.p = luaL_checklstring(L, 1, &name.n);
    lua_settop(L, 1);
    lua_rawgeti(L, LUA_REGISTRYINDEX, lua->modules);
    lua_pushvalue(L, 1);
    lua_rawget(L, 2);
    if (lua_islightuserdata(L, 3))
        return luaL_error(L, "require: \"%s\" requires itself, perhaps through another module", name.p);
    if (!lua_isnil(L, 3))
        return 1;
    lua_settop(L, 2);
    if (!module_name_ok(name))
        return luaL_error(L, "require: a module's name is like \"yuzui.question\"");
    if (!lua->loading)
        return luaL_error(L, "require \"%s\": modules are loaded at the top of the file, not inside a call", name.p);
    const char *path = find_module(lua, name);
    if (!path) {
        yz_str own = yz_format(lua->arena, "yuzui.%s", name.p);
        bool library = find_module(lua, own) != NULL, file = name.n > 4 && memcmp(name.p + name.n - 4, ".lua", 4) == 0;
        return luaL_error(L, "require: there is no \"%s\" beside the policy or in the library%s%s%s", name.p,
                          library ? ": require \""
                          : file  ? ": it takes a name without .lua"
                                  : "",
                          library ? own.p : "", library ? "\" brings it" : "");
    }
    lua_pushvalue(L, 1);
    lua_pushlightuserdata(L, lua); /* being loaded */
    lua_rawset(L, 2);
    load_module(L, lua, name.p, path);
    lua_pushvalue(L, 1);
    lua_pushvalue(L, 3);
    lua_rawset(L, 2);
    return 1;
}
