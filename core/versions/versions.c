/* versions/versions.c: looking: a file, its versions and who made them; see versions.h. */
#include "versions/inner.h"

#include "base/arena.h"
#include "base/hmac.h"

#include <yuzui/json.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

int yz_versions_fail(yz_versions *v, int code, const char *what, const char *path) {
    v->why = yz_format(v->arena, "%s %s: %s", what, path, strerror(errno)).p;
    return code;
}

static yz_str hash_of(yz_arena *arena, yz_str text) {
    uint8_t hash[32];
    char *hex = yz_alloc_bytes(arena, 65);
    yz_sha256(text, hash);
    for (size_t i = 0; i < sizeof hash; i++) {
        hex[2 * i] = "0123456789abcdef"[hash[i] >> 4];
        hex[2 * i + 1] = "0123456789abcdef"[hash[i] & 15];
    }
    hex[64] = 0;
    return yz_str_at(hex, 64);
}

int yz_versions_read(const char *path, size_t most, yz_arena *arena, yz_str *text) {
    yz_buf bytes = {0};
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    struct stat st;
    ssize_t n = fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) ? 1 : -1;
    while (n > 0 && bytes.n <= most && (n = read(fd, yz_buf_room(&bytes, 65536), 65536)) > 0)
        bytes.n += (size_t)n;
    int code = n < 0 ? (fd < 0 && errno == ENOENT ? YZ_ENOTFOUND : YZ_EIO) : bytes.n > most ? YZ_ELIMIT : YZ_OK, saved = errno;
    if (fd >= 0)
        close(fd);
    if (code == YZ_OK)
        *text = yz_dup(arena, yz_buf_view(&bytes));
    yz_buf_free(&bytes);
    errno = saved;
    return code;
}

/* ---- the list --------------------------------------------------------------------------------------------------------------- */

static bool read_line(yz_versions *v, yz_str line, yz_version *out) {
    yz_json *json = NULL;
    if (yz_json_parse(v->arena, line, 0, &json, NULL) != YZ_OK)
        return false;
    *out = (yz_version){.number = yz_json_int(yz_json_get(json, "version"), 0),
                        .time = yz_json_text(v->arena, yz_json_get(json, "time")),
                        .by = yz_json_text(v->arena, yz_json_get(json, "by")),
                        .of = yz_json_int(yz_json_get(json, "of"), 0),
                        .note = yz_json_text(v->arena, yz_json_get(json, "note")),
                        .hash = yz_json_text(v->arena, yz_json_get(json, "sha256")),
                        .bytes = yz_json_int(yz_json_get(json, "bytes"), 0)};
    return out->number > 0 && out->hash.n == 64;
}

void yz_version_json(const yz_version *version, yz_buf *out) {
    yz_buf_printf(out, "{\"version\":%lld,\"time\":", (long long)version->number);
    yz_buf_json_str(out, version->time);
    yz_buf_lit(out, ",\"by\":");
    yz_buf_json_str(out, version->by);
    if (version->of)
        yz_buf_printf(out, ",\"of\":%lld", (long long)version->of);
    yz_buf_lit(out, ",\"note\":");
    yz_buf_json_str(out, version->note);
    yz_buf_lit(out, ",\"sha256\":");
    yz_buf_json_str(out, version->hash);
    yz_buf_printf(out, ",\"bytes\":%lld}", (long long)version->bytes);
}

void yz_versions_add(yz_versions *v, const yz_version *version) {
    size_t current = v->current ? (size_t)(v->current - v->all) : v->n;
    if ((v->n & (v->n - 1)) == 0) { /* a power of two: it is full */
        yz_version *more = yz_alloc(v->arena, (v->n ? 2 * v->n : 1) * sizeof *more);
        if (v->n > 0)
            memcpy(more, v->all, v->n * sizeof *more);
        v->all = more;
    }
    v->all[v->n] = *version;
    bool now = yz_str_eq(version->hash, v->hash), before = current < v->n;
    v->current = now ? &v->all[v->n] : before ? &v->all[current] : NULL;
    v->n++;
}

/* A line that a loss of power has torn says nothing. */
static int read_list(yz_versions *v) {
    const char *path = yz_format(v->arena, "%.*s/" YZ_VERSIONS_LIST, YZ_STR_ARGS(v->folder)).p;
    yz_str list = {0};
    yz_version version;
    int code = yz_versions_read(path, YZ_VERSIONS_LIST_MAX, v->arena, &list);
    v->n = 0;
    v->all = NULL;
    v->current = NULL;
    while (list.n > 0) {
        const char *end = memchr(list.p, '\n', list.n);
        yz_str line = {list.p, end ? (size_t)(end - list.p) : list.n};
        if (read_line(v, line, &version))
            yz_versions_add(v, &version);
        list = end ? yz_str_at(end + 1, list.n - line.n - 1) : YZ_STR("");
    }
    return code == YZ_OK || code == YZ_ENOTFOUND ? YZ_OK : yz_versions_fail(v, YZ_EIO, "cannot read", path);
}

/* ---- looking ---------------------------------------------------------------------------------------------------------------- */

int yz_versions_look(yz_versions *v) {
    int code = yz_versions_read(v->file.p, YZ_VERSION_TEXT_MAX, v->arena, &v->text);
    if (code == YZ_ELIMIT)
        v->why = yz_format(v->arena, "%s is longer than %d bytes", v->file.p, YZ_VERSION_TEXT_MAX).p;
    if (code != YZ_OK)
        return code == YZ_ELIMIT ? code : yz_versions_fail(v, code, "cannot read", v->file.p);
    v->hash = hash_of(v->arena, v->text);
    return read_list(v);
}

int yz_versions_open(yz_versions *v, yz_arena *arena, yz_str folder, yz_str file) {
    char real[PATH_MAX];
    *v = (yz_versions){.arena = arena, .lock = -1};
    const char *path = yz_dup(arena, file).p;
    if (!realpath(path, real))
        return yz_versions_fail(v, errno == ENOENT ? YZ_ENOTFOUND : YZ_EIO, "cannot find", path);
    v->file = yz_dup(arena, yz_str_of(real));
    v->root = yz_dup(arena, folder);
    v->folder = yz_format(arena, "%.*s%s", YZ_STR_ARGS(folder), real);
    return yz_versions_look(v);
}

const char *yz_versions_path(yz_versions *v, int64_t number) {
    return yz_format(v->arena, "%.*s/%04lld.lua", YZ_STR_ARGS(v->folder), (long long)number).p;
}

int yz_versions_text(yz_versions *v, int64_t number, yz_str *text) {
    bool known = false;
    for (size_t i = 0; i < v->n; i++)
        known |= v->all[i].number == number;
    if (known && yz_versions_read(yz_versions_path(v, number), YZ_VERSION_TEXT_MAX, v->arena, text) == YZ_OK)
        return YZ_OK;
    v->why = yz_format(v->arena, "%s has no version %lld", v->file.p, (long long)number).p;
    return YZ_ENOTFOUND;
}

yz_str yz_versions_hash(yz_arena *arena, yz_str text) { return hash_of(arena, text); }
