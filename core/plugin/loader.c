/* plugin/loader.c: finding and opening plugins.
 *
 * What dlopen gets is a copy of the file in a private folder, named after its content: so a file that was changed in place is
 * another plugin and never a half-written one, the same content is opened once, and nobody can swap it between the check and the
 * opening. Copies are left for the next process: they are as many as there are versions, however often a process is killed. Records
 * are only ever added, newest first, and never freed: other threads walk the list without a lock.
 */
#include "plugin/loader.h"

#include "base/arena.h"
#include "base/beside.h"
#include "base/check.h"
#include "base/diag.h"
#include "base/hmac.h"

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { MAX_FILE = 64 << 20, MAX_FOLDERS = 16 };

typedef struct record {
    const yz_plugin *plugin;
    uint8_t hash[32]; /* of the content; zero for core plugins */
    char *path;       /* NULL for core plugins */
    struct stat st;   /* of the file when it was read last: one that looks the same need not be read again */
    bool settled;     /* it was old by then: a change since would show in its time */
    bool gone;        /* its file was waited for, and did not come back */
    struct record *next;
} record;

static _Atomic(record *) records;
static char *folders[MAX_FOLDERS]; /* of the `plugins` directive, newest first */
static size_t n_folders;
static char private_folder[PATH_MAX];

/* Clocks of file systems tick slowly; a file as young as this may change again within the same tick. */
enum { YOUNG_S = 2 };
enum { GONE_TRIES = 15, GONE_NS = 20000000 };

static void note_stat(record *r, const struct stat *st) {
    r->st = *st;
    r->settled = time(NULL) - st->st_mtim.tv_sec > YOUNG_S;
}

static bool looks_the_same(const record *r, const char *path) {
    struct stat st;
    return r->path && r->settled && strcmp(r->path, path) == 0 && stat(path, &st) == 0 && st.st_ino == r->st.st_ino &&
           st.st_dev == r->st.st_dev && st.st_size == r->st.st_size && st.st_mtim.tv_sec == r->st.st_mtim.tv_sec &&
           st.st_mtim.tv_nsec == r->st.st_mtim.tv_nsec;
}

static void add_record(const yz_plugin *plugin, const uint8_t *hash, const char *path, const struct stat *st) {
    record *added = yz_calloc(1, sizeof(*added));
    added->plugin = plugin;
    if (st)
        note_stat(added, st);
    if (hash)
        memcpy(added->hash, hash, sizeof(added->hash));
    added->path = path ? strdup(path) : NULL;
    YZ_MUST(added->path || !path);
    added->next = atomic_load_explicit(&records, memory_order_relaxed);
    atomic_store_explicit(&records, added, memory_order_release);
}

#define EACH_RECORD(r) for (record *r = atomic_load_explicit(&records, memory_order_acquire); r; r = r->next)

void yz_plugin_add_core(const yz_plugin *plugin) {
    EACH_RECORD (r)
        if (r->plugin == plugin)
            return;
    add_record(plugin, NULL, NULL, NULL);
}

const char *yz_plugin_file(const yz_plugin *plugin) {
    EACH_RECORD (r)
        if (r->plugin == plugin)
            return r->path;
    return NULL;
}

/* ---- the private copy ---------------------------------------------------------------------------------------------------- */

/* Ours, and nobody else may write or look in? */
static bool is_private(const char *path) {
    struct stat st;
    return lstat(path, &st) == 0 && S_ISDIR(st.st_mode) && st.st_uid == geteuid() && (st.st_mode & 077) == 0;
}

static bool make_private_folder(yz_diag *diag) {
    const char *base = getenv("TMPDIR");
    if (!base || !*base)
        base = "/tmp";
    if (private_folder[0] && is_private(private_folder))
        return true;
    snprintf(private_folder, sizeof(private_folder), "%s/yuzui-plugins-%u", base, (unsigned)geteuid());
    if ((mkdir(private_folder, 0700) == 0 || errno == EEXIST) && is_private(private_folder))
        return true;
    snprintf(private_folder, sizeof(private_folder), "%s/yuzui-plugins-XXXXXX", base); /* somebody else took the name */
    if (mkdtemp(private_folder))                                                       /* made with mode 0700 */
        return true;
    yz_diag_error(diag, "cannot make a folder for plugins in %s: %s (TMPDIR names another place)", base, strerror(errno));
    private_folder[0] = '\0';
    return false;
}

static bool read_file(const char *path, yz_buf *out, struct stat *st, yz_diag *diag) {
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* a pipe is not waited for */
    if (fd < 0 || fstat(fd, st) < 0 || !S_ISREG(st->st_mode) || st->st_size > MAX_FILE) {
        yz_diag_error(diag, "cannot read plugin %s: %s", path, fd < 0 ? strerror(errno) : "not a file of at most 64 MiB");
        if (fd >= 0)
            close(fd);
        return false;
    }
    size_t size = (size_t)st->st_size;
    char *to = yz_buf_room(out, size + 1);
    ssize_t n = 0;
    while (out->n < size && (n = read(fd, to + out->n, size - out->n)) > 0)
        out->n += (size_t)n;
    close(fd);
    if (out->n < size)
        yz_diag_error(diag, "cannot read plugin %s: it changed while it was read", path);
    return out->n == size;
}

/* Never writes over a copy: it has this very content already, and may be mapped, here or by another process. */
static bool write_file(const char *path, yz_str bytes) {
    char making[PATH_MAX + 120];
    struct stat st;
    if (lstat(path, &st) == 0 && S_ISREG(st.st_mode) && (size_t)st.st_size == bytes.n)
        return true;
    snprintf(making, sizeof(making), "%s.%ld", path, (long)getpid());
    unlink(making);
    int fd = open(making, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0500);
    if (fd < 0)
        return false;
    size_t done = 0;
    ssize_t n = 0;
    while (done < bytes.n && (n = write(fd, bytes.p + done, bytes.n - done)) > 0)
        done += (size_t)n;
    if (close(fd) == 0 && done == bytes.n && rename(making, path) == 0)
        return true;
    unlink(making);
    return false;
}

/* ---- opening ------------------------------------------------------------------------------------------------------------- */

/* A plugin that crashes while it is opened ends the process, since it may have broken anything; but the operator learns whose fault it was.
 */
static const int crashes[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT};
enum { N_CRASHES = sizeof(crashes) / sizeof(*crashes) };
static _Thread_local const char *being_opened;

static void on_crash(int number) {
    const char *const parts[] = {"yuzui: the plugin ", being_opened, " crashed while it was opened: remove or mend it\n"};
    for (size_t i = 0; being_opened && i < 3; i++)
        if (write(STDERR_FILENO, parts[i], strlen(parts[i])) < 0)
            break;
    signal(number, SIG_DFL); /* what crashed does it again */
}

static void watch_for_crash(const char *path, struct sigaction before[N_CRASHES]) {
    struct sigaction tell = {.sa_handler = on_crash};
    being_opened = path;
    for (size_t i = 0; i < N_CRASHES; i++)
        sigaction(crashes[i], &tell, &before[i]);
}

static void crash_averted(const struct sigaction before[N_CRASHES]) {
    for (size_t i = 0; i < N_CRASHES; i++)
        sigaction(crashes[i], &before[i], NULL);
    being_opened = NULL;
}

static const yz_plugin *open_copy(const char *copy, unsigned said, const char *path, yz_diag *diag) {
    void *handle = dlopen(copy, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
    if (!handle) {
        const char *reason = dlerror();
        size_t n = strlen(copy);
        if (reason && strncmp(reason, copy, n) == 0) /* the name of the copy says nothing to a reader */
            reason += n + strspn(reason + n, ": ");
        yz_diag_error(diag, "cannot load plugin %s: %s", path, reason ? reason : "dlopen failed");
        return NULL;
    }
    yz_plugin_entry *entry;
    *(void **)&entry = dlsym(handle, YZ_PLUGIN_SYMBOL);
    if (!entry) {
        yz_diag_error(diag, "%s is no yuzui plugin: it does not export " YZ_PLUGIN_SYMBOL " (define it with YZ_PLUGIN)", path);
        dlclose(handle);
        return NULL;
    }
    return yz_plugin_adopt(entry(&yz_host_functions), said, path, diag);
}

static const yz_plugin *load_content(const char *path, yz_str content, const struct stat *st, yz_diag *diag) {
    uint8_t hash[32];
    char copy[PATH_MAX + 80], name[65];
    yz_sha256(content, hash);
    EACH_RECORD (r)
        if (r->path && memcmp(r->hash, hash, sizeof(hash)) == 0) {
            if (strcmp(r->path, path) == 0)
                note_stat(r, st);
            return r->plugin;
        }
    for (size_t i = 0; i < sizeof(hash); i++)
        snprintf(name + 2 * i, 3, "%02x", hash[i]);
    snprintf(copy, sizeof(copy), "%s/%s.so", private_folder, name);
    if (!write_file(copy, content)) {
        yz_diag_error(diag, "cannot copy plugin %s to %s: %s", path, private_folder, strerror(errno));
        return NULL;
    }
    struct sigaction before[N_CRASHES];
    watch_for_crash(path, before);
    const yz_plugin *plugin = open_copy(copy, yz_kinds_said(content), path, diag);
    crash_averted(before);
    if (plugin)
        add_record(plugin, hash, path, st);
    return plugin;
}

const yz_plugin *yz_plugin_load(const char *path, yz_diag *diag) {
    yz_buf content = {0};
    struct stat st;
    const yz_plugin *plugin = NULL;
    EACH_RECORD (r)
        if (looks_the_same(r, path))
            return r->plugin;
    if (read_file(path, &content, &st, diag) && make_private_folder(diag))
        plugin = load_content(path, yz_buf_view(&content), &st, diag);
    yz_buf_free(&content);
    return plugin;
}

/* ---- finding ------------------------------------------------------------------------------------------------------------- */

void yz_plugin_add_folder(const char *folder) {
    for (size_t i = 0; i < n_folders; i++)
        if (strcmp(folders[i], folder) == 0)
            return;
    if (n_folders == MAX_FOLDERS)
        free(folders[--n_folders]);
    memmove(folders + 1, folders, n_folders * sizeof(*folders));
    folders[0] = strdup(folder);
    YZ_MUST(folders[0]);
    n_folders++;
}

/* The i-th folder to search, in `to`; false past the last. */
static bool search_folder(size_t i, char to[PATH_MAX]) {
    if (i < n_folders)
        return snprintf(to, PATH_MAX, "%s", folders[i]) < PATH_MAX;
    const char *named = getenv("YUZUI_PLUGINS");
    switch (i - n_folders) {
    case 0:
        return snprintf(to, PATH_MAX, "%s", named ? named : "") < PATH_MAX;
    case 1: /* a build folder */
        return yz_beside_binary("plugins", to);
    case 2:
        return yz_beside_binary(YZ_PLUGIN_FOLDER, to);
    default:
        return false;
    }
}

static bool find_file(yz_str name, char path[PATH_MAX]) {
    char folder[PATH_MAX];
    if (memchr(name.p, '/', name.n))
        return snprintf(path, PATH_MAX, "%.*s", YZ_STR_ARGS(name)) < PATH_MAX;
    for (size_t i = 0; search_folder(i, folder); i++)
        if (folder[0] && snprintf(path, PATH_MAX, "%s/%.*s.so", folder, YZ_STR_ARGS(name)) < PATH_MAX && access(path, F_OK) == 0)
            return true;
    return false;
}

static const yz_plugin *find_core(yz_str name) {
    EACH_RECORD (r)
        if (!r->path && yz_str_is(name, r->plugin->name))
            return r->plugin;
    return NULL;
}

bool yz_plugin_exists(yz_str name) {
    char path[PATH_MAX];
    return name.n > 0 && (find_core(name) || (find_file(name, path) && access(path, F_OK) == 0));
}

static int by_name(const void *a, const void *b) {
    return strcmp((*(const yz_plugin *const *)a)->name, (*(const yz_plugin *const *)b)->name);
}

static bool listed(const yz_plugin **list, size_t n, const char *name) {
    for (size_t i = 0; i < n; i++)
        if (strcmp(list[i]->name, name) == 0)
            return true;
    return false;
}

static const yz_plugin **the_list; /* what yz_plugin_list returned last */

/* A file that says it is nothing of what is looked for; one that was opened already costs nothing more. */
static bool can_stay_closed(const char *path, unsigned kinds) {
    yz_diag unheard = {0};
    yz_buf content = {0};
    struct stat st;
    EACH_RECORD (r)
        if (looks_the_same(r, path))
            return false;
    unsigned said = read_file(path, &content, &st, &unheard) ? yz_kinds_said(yz_buf_view(&content)) : 0;
    yz_buf_free(&content);
    yz_diag_free(&unheard);
    return said != 0 && (said & kinds) == 0;
}

static void list_one(const yz_plugin *plugin, size_t *n) {
    the_list = yz_realloc(the_list, (*n + 1) * sizeof(*the_list));
    the_list[(*n)++] = plugin;
}

static void list_folder(const char *folder, unsigned kinds, size_t *n, yz_diag *diag) {
    DIR *dir = opendir(folder);
    for (struct dirent *entry = dir ? readdir(dir) : NULL; entry; entry = readdir(dir)) {
        size_t length = strlen(entry->d_name);
        char path[PATH_MAX];
        if (length <= 3 || strcmp(entry->d_name + length - 3, ".so") != 0 ||
            snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name) >= (int)sizeof(path) || can_stay_closed(path, kinds))
            continue;
        yz_diag unheard = {0};
        const yz_plugin *plugin = yz_plugin_load(path, diag ? diag : &unheard);
        yz_diag_free(&unheard);
        if (plugin && yz_kinds_of(plugin) & kinds && !listed(the_list, *n, plugin->name))
            list_one(plugin, n);
    }
    if (dir)
        closedir(dir);
}

static bool is_searched(const char *path) {
    char folder[PATH_MAX];
    size_t length = (size_t)(strrchr(path, '/') - path);
    for (size_t i = 0; search_folder(i, folder); i++)
        if (strlen(folder) == length && strncmp(path, folder, length) == 0)
            return true;
    return false;
}

/* Is the file there? Whoever links it anew takes it away first: it is waited for, a moment, and once. */
static bool comes_back(record *r) {
    for (int i = 0; i < GONE_TRIES && access(r->path, F_OK) != 0 && !r->gone; i++)
        nanosleep(&(struct timespec){.tv_nsec = GONE_NS}, NULL);
    r->gone = access(r->path, F_OK) != 0;
    return !r->gone;
}

/* A plugin that was loaded and is not found now. One that was taken away is gone; one whose file cannot be loaded is being written, and
 * serves on as it was. */
static void list_lost(unsigned kinds, size_t *n, yz_diag *diag) {
    EACH_RECORD (r) {
        if (!r->path || !(yz_kinds_of(r->plugin) & kinds) || !strchr(r->path, '/') || listed(the_list, *n, r->plugin->name) ||
            !is_searched(r->path) || !comes_back(r))
            continue;
        yz_diag unheard = {0};
        const yz_plugin *plugin = yz_plugin_load(r->path, &unheard);
        if (!plugin || (strcmp(plugin->name, r->plugin->name) == 0 && yz_kinds_of(plugin) & kinds))
            list_one(plugin ? plugin : r->plugin, n);
        if (!plugin && diag)
            yz_diag_warn(diag, "plugin %s: %s cannot be loaded: the one that was loaded before serves on", r->plugin->name, r->path);
        yz_diag_free(&unheard);
    }
}

size_t yz_plugin_list(unsigned kinds, const yz_plugin *const **plugins, yz_diag *diag) {
    char folder[PATH_MAX];
    size_t n = 0;
    EACH_RECORD (r)
        if (!r->path && yz_kinds_of(r->plugin) & kinds)
            list_one(r->plugin, &n);
    for (size_t i = 0; search_folder(i, folder); i++)
        if (folder[0])
            list_folder(folder, kinds, &n, diag);
    list_lost(kinds, &n, diag);
    if (n > 0)
        qsort(the_list, n, sizeof(*the_list), by_name);
    *plugins = the_list;
    return n;
}

static void tell_missing(yz_str name, yz_diag *diag) {
    const yz_plugin *const *list;
    size_t n = yz_plugin_list(YZ_KIND_ANY, &list, NULL);
    const char **names = yz_calloc(n + 1, sizeof(*names));
    yz_buf all = {0};
    for (size_t i = 0; i < n; i++) {
        names[i] = list[i]->name;
        const char *kind = list[i]->adapter ? "adapter" : list[i]->store ? "store" : list[i]->ledger ? "ledger" : "stage";
        yz_buf_printf(&all, "%s%s (%s)", i > 0 ? ", " : "", names[i], kind);
    }
    const char *meant = yz_did_you_mean(name, names, n);
    if (meant)
        yz_diag_error(diag, "there is no plugin \"%.*s\": did you mean \"%s\"?", YZ_STR_ARGS(name), meant);
    else
        yz_diag_error(diag, "there is no plugin \"%.*s\": found are %.*s (the directive `plugins` and YUZUI_PLUGINS name more folders)",
                      YZ_STR_ARGS(name), YZ_STR_ARGS(yz_buf_view(&all)));
    yz_buf_free(&all);
    free(names);
}

const yz_plugin *yz_plugin_find(yz_str name, yz_diag *diag) {
    char path[PATH_MAX];
    const yz_plugin *plugin = find_core(name);
    if (plugin)
        return plugin;
    if (name.n == 0 || !find_file(name, path)) {
        tell_missing(name, diag);
        return NULL;
    }
    plugin = yz_plugin_load(path, diag);
    if (plugin && !memchr(name.p, '/', name.n) && !yz_str_is(name, plugin->name)) {
        yz_diag_error(diag, "plugin %s calls itself \"%s\": the file should be %s.so", path, plugin->name, plugin->name);
        return NULL;
    }
    return plugin;
}
