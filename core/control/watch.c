/* control/watch.c: file watch: the folders are watched, since editors replace files by renaming; what counts is the content.
 *
 * An event starts a timer of 100 ms, and moves it if it is about a file of ours: a log that grows in the same folder puts nothing off.
 * When it rings, every file is looked at: stat first, and if that differs, a hash of the content. A slow poll does the same, for file
 * systems without events and for links that lead elsewhere.
 */
#include "control/watch.h"

#include "base/arena.h"
#include "base/check.h"
#include "base/hmac.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <uv.h>

enum { SETTLE_MS = 100, POLL_MS = 2000, MAX_FILE = 64 << 20 };

typedef struct file {
    char *path;
    struct stat st; /* zero: absent */
    uint8_t hash[32];
} file;

typedef struct folder {
    uv_fs_event_t event; /* first: freed by its close callback */
    char *path;
    struct folder *next;
} folder;

struct yz_watcher {
    uv_loop_t *loop;
    void (*changed)(void *arg);
    void *arg;
    uv_timer_t settle, poll;
    int open; /* timers not yet closed */
    file *files;
    size_t n_files;
    folder *folders;
    bool eager, sign;
};

/* ---- what a file is now ---------------------------------------------------------------------------------------------------- */

static void hash_file(const char *path, uint8_t out[32]) {
    yz_buf content = {0};
    ssize_t n = 0;
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    bool regular = fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode); /* of a pipe or a device there is no content to compare */
    while (regular && content.n < MAX_FILE && (n = read(fd, yz_buf_room(&content, 65536), 65536)) > 0)
        content.n += (size_t)n;
    if (fd >= 0)
        close(fd);
    yz_sha256(yz_buf_view(&content), out);
    if (content.p)
        explicit_bzero(content.p, content.n); /* a config may hold keys */
    yz_buf_free(&content);
}

static bool same_stat(const struct stat *a, const struct stat *b) {
    return a->st_ino == b->st_ino && a->st_size == b->st_size && a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
           a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

/* Looks again; true if the content is another one. */
static bool look(file *f) {
    struct stat st;
    uint8_t hash[32] = {0};
    if (stat(f->path, &st) < 0)
        memset(&st, 0, sizeof(st));
    if (same_stat(&st, &f->st))
        return false;
    f->st = st;
    if (st.st_ino != 0)
        hash_file(f->path, hash);
    bool same = memcmp(hash, f->hash, sizeof(hash)) == 0;
    memcpy(f->hash, hash, sizeof(hash));
    return !same;
}

static void check(yz_watcher *watcher) {
    bool changed = watcher->sign && watcher->eager;
    watcher->sign = false;
    for (size_t i = 0; i < watcher->n_files; i++)
        changed = look(&watcher->files[i]) || changed;
    if (changed)
        watcher->changed(watcher->arg);
}

static void on_timer(uv_timer_t *timer) { check(timer->data); }

/* ---- folders --------------------------------------------------------------------------------------------------------------- */

static bool ends_with(const char *name, const char *end) {
    size_t n = strlen(name), k = strlen(end);
    return n > k && strcmp(name + n - k, end) == 0;
}

static void on_event(uv_fs_event_t *event, const char *name, int events, int status) {
    yz_watcher *watcher = event->data;
    (void)events, (void)status;
    bool ours = !name || ends_with(name, ".lua") || ends_with(name, ".so");
    watcher->sign |= ours;
    if (ours || !uv_is_active((uv_handle_t *)&watcher->settle))
        uv_timer_start(&watcher->settle, on_timer, SETTLE_MS, 0);
}

static void on_folder_closed(uv_handle_t *handle) {
    folder *f = (folder *)(void *)handle;
    free(f->path);
    free(f);
}

static void close_folder(folder *f) { uv_close((uv_handle_t *)&f->event, on_folder_closed); }

static void add_folder(yz_watcher *watcher, const char *path, size_t n) {
    for (folder *f = watcher->folders; f; f = f->next)
        if (strlen(f->path) == n && memcmp(f->path, path, n) == 0)
            return;
    folder *f = yz_calloc(1, sizeof(*f));
    f->path = strndup(path, n);
    YZ_MUST(f->path);
    uv_fs_event_init(watcher->loop, &f->event);
    f->event.data = watcher;
    uv_fs_event_start(&f->event, on_event, n > 0 ? f->path : ".", 0); /* failing is no harm: there is the poll */
    f->next = watcher->folders;
    watcher->folders = f;
}

/* ---- the watcher ----------------------------------------------------------------------------------------------------------- */

yz_watcher *yz_watcher_new(uv_loop_t *loop, void (*changed)(void *arg), void *arg) {
    yz_watcher *watcher = yz_calloc(1, sizeof(*watcher));
    watcher->loop = loop;
    watcher->changed = changed;
    watcher->arg = arg;
    uv_timer_init(loop, &watcher->settle);
    uv_timer_init(loop, &watcher->poll);
    watcher->settle.data = watcher->poll.data = watcher;
    uv_timer_start(&watcher->poll, on_timer, POLL_MS, POLL_MS);
    watcher->open = 2;
    return watcher;
}

static void forget(yz_watcher *watcher) {
    for (size_t i = 0; i < watcher->n_files; i++)
        free(watcher->files[i].path);
    free(watcher->files);
    watcher->files = NULL;
    watcher->n_files = 0;
}

void yz_watcher_mark(yz_watcher *watcher, bool eager) {
    watcher->eager = eager;
    for (size_t i = 0; i < watcher->n_files; i++)
        look(&watcher->files[i]);
}

/* Folders are only added: a folder that holds no watched file any more costs a few looks for nothing. */
void yz_watcher_set(yz_watcher *watcher, const yz_str *files, size_t n) {
    forget(watcher);
    watcher->files = yz_calloc(n + 1, sizeof(*watcher->files));
    for (size_t i = 0; i < n; i++) {
        const char *slash = memrchr(files[i].p, '/', files[i].n);
        watcher->files[i].path = strndup(files[i].p, files[i].n);
        YZ_MUST(watcher->files[i].path);
        watcher->n_files = i + 1;
        add_folder(watcher, files[i].p, slash ? (size_t)(slash - files[i].p) + (slash == files[i].p) : 0);
    }
    yz_watcher_mark(watcher, false);
}

static void on_timer_closed(uv_handle_t *handle) {
    yz_watcher *watcher = handle->data;
    if (--watcher->open == 0)
        free(watcher);
}

void yz_watcher_free(yz_watcher *watcher) {
    forget(watcher);
    for (folder *f = watcher->folders, *next; f; f = next) {
        next = f->next;
        close_folder(f);
    }
    uv_close((uv_handle_t *)&watcher->settle, on_timer_closed);
    uv_close((uv_handle_t *)&watcher->poll, on_timer_closed);
}
