/* config/script.c: the Lua state of a config: made, run under limits, closed. Nothing of it outlives yz_script_run: what was said has
 * been copied into the arena by then, and every block the state gives back is wiped, since keys may have been in it.
 *
 * The limits of instructions and time cannot be caught: the environment has no pcall and no coroutines.
 */
#include "base/source.h"
#include "config/script_inner.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <luajit.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { TICK = 100 }; /* instructions between two looks: each may be a stock function that works on all the memory there is */

static void *allocate(void *ud, void *p, size_t old_size, size_t size) {
    yz_running *running = ud;
    if (size > old_size && running->used + (size - old_size) > YZ_SCRIPT_BYTES)
        return NULL;
    void *to = size > 0 ? malloc(size) : NULL;
    if (size > 0 && !to)
        return NULL;
    if (p) {
        if (to)
            memcpy(to, p, old_size < size ? old_size : size);
        explicit_bzero(p, old_size);
        free(p);
    }
    running->used = running->used - (p ? old_size : 0) + size;
    return to;
}

yz_running *yz_running_of(lua_State *L) {
    void *ud;
    lua_getallocf(L, &ud);
    return ud;
}

static int64_t cpu_ms(void) {
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* The place of the innermost function of the config itself: what runs may be one of ours (yz_script_insert). */
static void push_place(lua_State *L) {
    lua_Debug at;
    for (int level = 0; lua_getstack(L, level, &at); level++)
        if (lua_getinfo(L, "Sl", &at) && at.short_src[0] == '#' && at.currentline > 0) {
            lua_pushfstring(L, "%s:%d: ", at.short_src, at.currentline);
            return;
        }
    lua_pushliteral(L, "");
}

static void on_tick(lua_State *L, lua_Debug *at) {
    (void)at;
    yz_running *running = yz_running_of(L);
    bool many = ++running->ticks >= YZ_SCRIPT_INSTRUCTIONS / TICK;
    if (!many && cpu_ms() - running->began < YZ_SCRIPT_MS)
        return;
    push_place(L);
    lua_pushliteral(L, "the config runs for too long: ");
    if (many)
        lua_pushfstring(L, "%d instructions are allowed; is there a loop that does not end?", YZ_SCRIPT_INSTRUCTIONS);
    else
        lua_pushfstring(L, "%d ms of CPU time are allowed; is there a loop over long texts or lists?", YZ_SCRIPT_MS);
    lua_concat(L, 3);
    lua_error(L);
}

/* ---- places: chunks are called "#N", which Lua never shortens, and N is the file --------------------------------------------- */

/* Takes "#3:17:" off the front of a message. */
static yz_place take_place(const yz_running *running, const char **message) {
    char *end, *line_end;
    if (**message != '#')
        return (yz_place){0};
    unsigned long file = strtoul(*message + 1, &end, 10);
    if (*end != ':' || file >= running->script->n_files)
        return (yz_place){0};
    long line = strtol(end + 1, &line_end, 10);
    if (*line_end != ':' || line_end == end + 1)
        return (yz_place){0};
    *message = line_end + 1 + (line_end[1] == ' ');
    return (yz_place){running->script->files[file].p, (int)line};
}

yz_place yz_running_place(lua_State *L) {
    yz_running *running = yz_running_of(L);
    lua_Debug at;
    for (int level = 1; lua_getstack(L, level, &at); level++) {
        lua_getinfo(L, "Sl", &at);
        if (at.short_src[0] == '#')
            return (yz_place){running->script->files[strtoul(at.short_src + 1, NULL, 10)].p, at.currentline};
    }
    return (yz_place){running->script->files[0].p, 0};
}

static void make_room(yz_running *running) {
    yz_script *script = running->script;
    if (script->n_files < running->cap_files)
        return;
    running->cap_files = running->cap_files ? 2 * running->cap_files : 8;
    yz_str *files = yz_alloc(running->arena, running->cap_files * sizeof(*files));
    yz_source *sources = yz_alloc(running->arena, running->cap_files * sizeof(*sources));
    if (script->n_files > 0) {
        memcpy(files, script->files, script->n_files * sizeof(*files));
        memcpy(sources, running->sources, script->n_files * sizeof(*sources));
    }
    script->files = files;
    running->sources = sources;
}

const yz_look *yz_running_look(yz_running *running, const char *file) {
    for (size_t i = 0; file && i < running->script->n_files; i++) {
        yz_source *source = &running->sources[i];
        if (running->script->files[i].p != file)
            continue;
        if (!source->look) {
            yz_look *look = yz_alloc(running->arena, sizeof(*look));
            *look = yz_look_at(source->text, running->arena);
            source->look = look;
        }
        return source->look;
    }
    return NULL;
}

/* Beyond ASCII stand only strings and comments, and what a word processor made of Lua's own signs. */
static const char *find_alike(yz_running *running, const char *file, yz_str text, int *line) {
    size_t i = 0, at;
    while (i < text.n && (unsigned char)text.p[i] < 0x80)
        i++;
    if (i == text.n)
        return NULL;
    const yz_look *look = yz_running_look(running, file);
    const char *alike = yz_look_alike(look, &at, running->arena);
    *line = alike ? yz_look_line_of(look, at) : 1;
    return alike;
}

int yz_running_load(lua_State *L, const char *file, yz_str text, yz_buf *own) {
    yz_running *running = yz_running_of(L);
    yz_script *script = running->script;
    char name[16];
    int line = 1;
    make_room(running);
    snprintf(name, sizeof(name), "=#%zu", script->n_files);
    running->sources[script->n_files] = (yz_source){.text = text, .own = own ? *own : (yz_buf){0}};
    yz_str kept = yz_dup(running->arena, yz_str_of(file));
    script->files[script->n_files++] = kept;
    const char *fault = yz_source_fault(text);
    if (!fault)
        fault = find_alike(running, kept.p, text, &line);
    if (fault) {
        lua_pushfstring(L, "#%d:%d: %s", (int)script->n_files - 1, line, fault);
        return LUA_ERRSYNTAX;
    }
    int code = luaL_loadbufferx(L, text.p ? text.p : "", text.n, name, "t");
    int vain = code == 0 ? yz_script_text_or(yz_running_look(running, kept.p)) : 0;
    if (vain > 0) {
        yz_diag_at(running->diag, (yz_place){kept.p, vain});
        yz_diag_warn(running->diag,
                     "what stands after \"…\" or is never taken, since a text is never nil: several are a list, { \"a\", \"b\" }");
    }
    return code;
}

bool yz_running_read(const char *file, yz_buf *out) {
    struct stat st;
    int fd = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* a pipe is not waited for */
    if (fd < 0)
        return false;
    if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || st.st_size > (off_t)YZ_SCRIPT_SOURCE) {
        errno = S_ISDIR(st.st_mode) ? EISDIR : S_ISREG(st.st_mode) ? EFBIG : EINVAL;
        close(fd);
        return false;
    }
    ssize_t n;
    while (out->n <= YZ_SCRIPT_SOURCE && (n = read(fd, yz_buf_room(out, 16384), 16384)) > 0)
        out->n += (size_t)n;
    close(fd);
    return true;
}

/* ---- running ----------------------------------------------------------------------------------------------------------------- */

static int run_protected(lua_State *L) {
    yz_str *source = lua_touserdata(L, 1);
    const char *file = lua_touserdata(L, 2);
    lua_settop(L, 0);
    luaL_openlibs(L);
    luaJIT_setmode(L, 0, LUAJIT_MODE_ENGINE | LUAJIT_MODE_OFF); /* compiled loops call no hook; opening the libraries turns it on */
    yz_script_env(L);
    lua_pushvalue(L, 1);
    lua_setfield(L, LUA_REGISTRYINDEX, "env");
    if (yz_running_load(L, file, *source, NULL) != 0)
        return lua_error(L);
    lua_pushvalue(L, 1);
    lua_setfenv(L, -2);
    lua_call(L, 0, 1);
    if (lua_isfunction(L, -1))
        return luaL_error(L,
                          "#0:%d: this file returns a function, as a policy does: a config names it in its chain, as in chain { policy "
                          "\"route.lua\" {} }, and `yuzui check` of the config tries it",
                          1);
    if (lua_istable(L, -1))
        return luaL_error(L, "#0:%d: a config returns nothing: its directives stand by themselves, as in listen \"127.0.0.1:8080\"", 1);
    return 0;
}

/* How much of Lua's message may be shown: a string it stumbled over, as in an unfinished one, may be a key. */
static size_t telling(const char *message) {
    const char *near = strstr(message, " near '");
    return near && (near[7] == '"' || near[7] == '\'' || isdigit((unsigned char)near[7])) ? (size_t)(near - message) : strlen(message);
}

static void tell_failure(yz_running *running, lua_State *L, int code) {
    const char *message = lua_tostring(L, -1);
    yz_place at = {running->script->n_files > 0 ? running->script->files[0].p : NULL, 0};
    if (code == LUA_ERRMEM || (message && strcmp(message, "not enough memory") == 0)) {
        yz_diag_at(running->diag, at);
        yz_diag_error(running->diag, "the config needs more than %u MiB of memory", YZ_SCRIPT_BYTES >> 20);
        return;
    }
    yz_place said = message ? take_place(running, &message) : (yz_place){0};
    const yz_look *look = message ? yz_running_look(running, said.file) : NULL;
    yz_hint hint = look ? yz_script_hint(running, look, said.line, message) : (yz_hint){.more = "", .line = said.line};
    yz_diag_at(running->diag, said.file ? (yz_place){said.file, hint.line} : at);
    if (hint.instead)
        yz_diag_error(running->diag, "%s", hint.instead);
    else if (message)
        yz_diag_error(running->diag, "%.*s%s", (int)telling(message), message, hint.more);
    else
        yz_diag_error(running->diag, "the config called error without a text");
}

static void forget_sources(yz_running *running) {
    for (size_t i = 0; i < running->script->n_files; i++) {
        yz_buf *own = &running->sources[i].own;
        if (own->p)
            explicit_bzero(own->p, own->n);
        yz_buf_free(own);
    }
}

bool yz_script_run(const char *file, yz_str text, yz_str folder, const char *const *directives, size_t n_directives, yz_arena *arena,
                   yz_diag *diag, yz_script *out) {
    yz_running running = {.arena = arena,
                          .diag = diag,
                          .script = out,
                          .began = cpu_ms(),
                          .folder = folder,
                          .directives = directives,
                          .n_directives = n_directives};
    *out = (yz_script){0};
    lua_State *L = lua_newstate(allocate, &running);
    if (!L) {
        yz_diag_error(diag, "cannot make a Lua state");
        return false;
    }
    lua_sethook(L, on_tick, LUA_MASKCOUNT, TICK);
    lua_pushcfunction(L, run_protected);
    lua_pushlightuserdata(L, &text);
    lua_pushlightuserdata(L, (void *)(uintptr_t)file);
    int code = lua_pcall(L, 2, 0, 0);
    if (code != 0)
        tell_failure(&running, L, code);
    lua_sethook(L, NULL, 0, 0);
    lua_close(L);
    forget_sources(&running);
    return code == 0;
}
