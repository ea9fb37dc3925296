/* versions/put.c: keeping a text as a version, and putting it in its file's place; see versions.h.
 *
 * The order is what makes it safe: the text as a file of its own, the line that names it, and only then the exchange. Whoever is killed in
 * between leaves a version that nothing serves, never a text that serves and is no version.
 */
#include "versions/inner.h"

#include "base/arena.h"
#include "base/clock.h"

#include <yuzui/json.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* ---- one at a time ---------------------------------------------------------------------------------------------------------- */

static int make_folders(yz_versions *v) {
    char *path = yz_alloc_bytes(v->arena, v->folder.n + 1);
    memcpy(path, v->folder.p, v->folder.n + 1);
    for (char *at = path + 1;; at++) {
        if (*at != '/' && *at)
            continue;
        char end = *at;
        *at = 0;
        if (mkdir(path, 0750) < 0 && errno != EEXIST)
            return yz_versions_fail(v, YZ_EIO, "cannot make", path);
        *at = end;
        if (!end)
            return YZ_OK;
    }
}

int yz_versions_lock(yz_versions *v) {
    int code = make_folders(v);
    if (code != YZ_OK)
        return code;
    const char *path = yz_format(v->arena, "%.*s/lock", YZ_STR_ARGS(v->root)).p;
    v->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0640);
    if (v->lock < 0)
        return yz_versions_fail(v, YZ_EIO, "cannot write", path);
    if (flock(v->lock, LOCK_EX | LOCK_NB) < 0) {
        v->why = yz_format(v->arena, "somebody else activates a version at this moment: look again").p;
        return YZ_EAGAIN;
    }
    return yz_versions_look(v);
}

void yz_versions_close(yz_versions *v) {
    if (v->lock >= 0)
        close(v->lock);
    v->lock = -1;
}

int yz_versions_base(yz_versions *v, yz_str base) {
    if (yz_str_eq(base, v->hash))
        return YZ_OK;
    if (v->current)
        v->why = yz_format(v->arena, "%s has changed since you looked: version %lld by %.*s stands there, of %.*s", v->file.p,
                           (long long)v->current->number, YZ_STR_ARGS(v->current->by), YZ_STR_ARGS(v->current->time))
                     .p;
    else
        v->why = yz_format(v->arena, "%s has changed since you looked: it was edited in its place, not from here", v->file.p).p;
    return YZ_EAGAIN;
}

/* ---- writing ---------------------------------------------------------------------------------------------------------------- */

static int write_all(int fd, yz_str text) {
    while (text.n > 0) {
        ssize_t n = write(fd, text.p, text.n);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -1;
        text = yz_str_at(text.p + n, text.n - (size_t)n);
    }
    return fsync(fd);
}

/* A whole file beside its place, not yet there. `like`: whose rights and owner it takes; NULL: our own. NULL: v->why. */
static const char *write_beside(yz_versions *v, const char *path, yz_str text, const struct stat *like) {
    char *beside = (char *)(uintptr_t)yz_format(v->arena, "%s.XXXXXX", path).p;
    int fd = mkostemp(beside, O_CLOEXEC);
    if (fd < 0) {
        yz_versions_fail(v, YZ_EIO, "cannot write beside", path);
        return NULL;
    }
    bool ok = write_all(fd, text) == 0 && fchmod(fd, like ? like->st_mode & 0777 : 0640) == 0;
    if (ok && like && fchown(fd, like->st_uid, like->st_gid) < 0)
        ok = fchown(fd, (uid_t)-1, like->st_gid) == 0 || errno == EPERM; /* only root may give a file away */
    if (!ok) {
        yz_versions_fail(v, YZ_EIO, "cannot write", beside);
        unlink(beside);
    }
    close(fd);
    return ok ? beside : NULL;
}

static void sync_folder_of(yz_versions *v, const char *path) {
    const char *slash = strrchr(path, '/');
    const char *folder = yz_dup(v->arena, yz_str_at(path, slash > path ? (size_t)(slash - path) : 1)).p;
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return;
    fsync(fd);
    close(fd);
}

/* The torn end of a line of before, if there is one, is ended first. */
static int append_line(yz_versions *v, const yz_version *version) {
    const char *path = yz_format(v->arena, "%.*s/" YZ_VERSIONS_LIST, YZ_STR_ARGS(v->folder)).p;
    int fd = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0640);
    char last = '\n';
    off_t end = fd >= 0 ? lseek(fd, 0, SEEK_END) : 0;
    yz_buf line = {0};
    bool ok = fd >= 0 && (end <= 0 || pread(fd, &last, 1, end - 1) == 1);
    if (last != '\n')
        yz_buf_char(&line, '\n');
    yz_version_json(version, &line);
    yz_buf_char(&line, '\n');
    ok = ok && write_all(fd, yz_buf_view(&line)) == 0;
    int code = ok ? YZ_OK : yz_versions_fail(v, YZ_EIO, "cannot write", path);
    if (fd >= 0)
        close(fd);
    yz_buf_free(&line);
    sync_folder_of(v, path);
    return code;
}

static yz_str now_of(yz_arena *arena) {
    char text[32];
    time_t now = (time_t)yz_clock_wall();
    struct tm tm;
    gmtime_r(&now, &tm);
    strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &tm);
    return yz_dup(arena, yz_str_of(text));
}

static int keep(yz_versions *v, const yz_version_new *made) {
    yz_version version = {.number = 1, .time = now_of(v->arena), .by = made->by, .of = made->of, .note = made->note};
    for (size_t i = 0; i < v->n; i++)
        version.number = v->all[i].number >= version.number ? v->all[i].number + 1 : version.number;
    version.hash = yz_versions_hash(v->arena, made->text);
    version.bytes = (int64_t)made->text.n;
    const char *path = yz_versions_path(v, version.number), *beside = write_beside(v, path, made->text, NULL);
    if (!beside)
        return YZ_EIO;
    if (rename(beside, path) < 0)
        return yz_versions_fail(v, YZ_EIO, "cannot write", path);
    int code = append_line(v, &version);
    if (code == YZ_OK)
        yz_versions_add(v, &version);
    return code;
}

/* Where a file system cannot exchange, it is put over the other. */
static int exchange(const char *a, const char *b) {
    if (renameat2(AT_FDCWD, a, AT_FDCWD, b, RENAME_EXCHANGE) == 0)
        return 0;
    return errno == EINVAL || errno == ENOSYS ? rename(a, b) : -1;
}

/* What comes out must be what was looked at: else an editor was faster, and gets his text back. */
static int put_in_place(yz_versions *v, yz_str text) {
    struct stat like;
    yz_str out = v->text;
    const char *beside = stat(v->file.p, &like) == 0 ? write_beside(v, v->file.p, text, &like) : NULL;
    if (!beside)
        return YZ_EIO;
    int code = exchange(beside, v->file.p) == 0 ? YZ_OK : yz_versions_fail(v, YZ_EIO, "cannot put in its place", v->file.p);
    if (code == YZ_OK && access(beside, F_OK) == 0)
        code = yz_versions_read(beside, (size_t)like.st_size + (64 << 20), v->arena, &out);
    if (code == YZ_OK && !yz_str_eq(out, v->text)) {
        exchange(beside, v->file.p);
        v->why = yz_format(v->arena, "%s has changed in this very moment: it was edited in its place", v->file.p).p;
        code = YZ_EAGAIN;
    }
    unlink(beside);
    sync_folder_of(v, v->file.p);
    return code;
}

int yz_versions_put(yz_versions *v, const yz_version_new *made) {
    int code = YZ_OK;
    if (yz_str_eq(made->text, v->text)) {
        v->why = yz_format(v->arena, "%s says exactly that already", v->file.p).p;
        return YZ_EINVAL;
    }
    if (!v->current)
        code = keep(v, &(yz_version_new){v->text, YZ_STR("found"), YZ_STR(""), 0});
    if (code == YZ_OK)
        code = keep(v, made);
    if (code == YZ_OK)
        code = put_in_place(v, made->text);
    if (code != YZ_OK)
        return code;
    v->text = made->text;
    v->hash = v->all[v->n - 1].hash;
    v->current = &v->all[v->n - 1];
    return YZ_OK;
}
