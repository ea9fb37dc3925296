/* control/runs.c: see runs.h.
 *
 * A file is called PID.run and holds four lines: the config, the admin address, "tls" or "plain", and the time the process began, so that a
 * number that another process has got since is not taken for it. Folders, the first that can be used: the one systemd made
 * (RuntimeDirectory=), the user's own, root's, one below /tmp.
 */
#include "control/runs.h"

#include "base/arena.h"
#include "base/log.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PLACES = 4, FILE_BYTES = 8192 };

static char own_file[512];
static bool muted;

/* ---- places ---------------------------------------------------------------------------------------------------------------- */

/* The folders, in the order they are tried; a place whose variable is not set is empty. */
static void places(yz_arena *arena, yz_str out[PLACES]) {
    const char *runtime = getenv("RUNTIME_DIRECTORY"), *user = getenv("XDG_RUNTIME_DIR");
    out[0] = runtime ? (yz_str){runtime, strcspn(runtime, ":")} : YZ_STR("");
    out[1] = user && *user ? yz_format(arena, "%s/yuzui", user) : YZ_STR("");
    out[2] = YZ_STR("/run/yuzui");
    out[3] = yz_format(arena, "/tmp/yuzui-%u", (unsigned)geteuid());
    out[0] = yz_dup(arena, out[0]);
}

yz_str yz_runs_places(yz_arena *arena) {
    yz_str all[PLACES], list = YZ_STR("");
    places(arena, all);
    for (size_t i = 0; i < PLACES; i++)
        if (all[i].n > 0)
            list = yz_format(arena, "%.*s%s%.*s", YZ_STR_ARGS(list), list.n > 0 ? ", " : "", YZ_STR_ARGS(all[i]));
    return list;
}

/* A folder that is ours, made if need be: what somebody else put under our name in /tmp is not used. */
static bool usable(const char *folder) {
    struct stat st;
    if (mkdir(folder, 0755) < 0 && errno != EEXIST)
        return false;
    return lstat(folder, &st) == 0 && S_ISDIR(st.st_mode) && st.st_uid == geteuid() && access(folder, W_OK) == 0;
}

/* ---- processes ------------------------------------------------------------------------------------------------------------- */

/* When a process began, as the kernel counts it; 0: there is none of that number. */
static unsigned long long began(long pid) {
    char path[64], text[1024];
    snprintf(path, sizeof(path), "/proc/%ld/stat", pid);
    FILE *file = fopen(path, "re");
    size_t n = file ? fread(text, 1, sizeof(text) - 1, file) : 0;
    if (file)
        fclose(file);
    text[n] = '\0';
    const char *p = strrchr(text, ')'); /* the name before it may hold anything */
    for (int field = 2; p && field < 22; field++)
        p = strchr(p + 1, ' ');
    return p ? strtoull(p + 1, NULL, 10) : 0;
}

static bool read_file(const char *path, char text[FILE_BYTES]) {
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    ssize_t n = fd < 0 ? -1 : read(fd, text, FILE_BYTES - 1);
    if (fd >= 0)
        close(fd);
    text[n > 0 ? n : 0] = '\0';
    return n > 0;
}

static yz_str next_line(char **rest) {
    char *line = *rest, *end = strchr(line, '\n');
    size_t n = end ? (size_t)(end - line) : strlen(line);
    *rest = line + n + (end != NULL);
    return (yz_str){line, n};
}

/* What the file says, if its process still is the one that wrote it. */
static bool read_run(yz_arena *arena, const char *path, long pid, yz_run *run) {
    char text[FILE_BYTES], *rest = text;
    if (!read_file(path, text))
        return false;
    yz_str config = next_line(&rest), admin = next_line(&rest), form = next_line(&rest), time = next_line(&rest);
    *run = (yz_run){pid, yz_dup(arena, config), yz_dup(arena, admin), yz_str_is(form, "tls"), NULL};
    unsigned long long now = began(pid);
    return now != 0 && strtoull(yz_dup(arena, time).p, NULL, 10) == now;
}

static void look_into(yz_arena *arena, const char *folder, const char *config, yz_run ***end) {
    DIR *dir = opendir(folder);
    for (struct dirent *entry; dir && (entry = readdir(dir));) {
        char *dot;
        long pid = strtol(entry->d_name, &dot, 10);
        if (pid <= 0 || strcmp(dot, ".run") != 0)
            continue;
        yz_run *run = yz_alloc(arena, sizeof(*run));
        const char *path = yz_format(arena, "%s/%s", folder, entry->d_name).p;
        if (!read_run(arena, path, pid, run)) {
            unlink(path); /* of a process that was killed; others' stay, as they may */
            continue;
        }
        if (config && !yz_str_is(run->config, config))
            continue;
        **end = run;
        *end = &run->next;
    }
    if (dir)
        closedir(dir);
}

yz_run *yz_runs_find(yz_arena *arena, const char *config) {
    yz_str all[PLACES];
    yz_run *first = NULL, **end = &first;
    char *full = config ? realpath(config, NULL) : NULL;
    places(arena, all);
    for (size_t i = 0; i < PLACES; i++) {
        bool seen = false;
        for (size_t k = 0; k < i; k++)
            seen = seen || yz_str_eq(all[k], all[i]);
        if (all[i].n > 0 && !seen)
            look_into(arena, all[i].p, full ? full : config, &end);
    }
    free(full);
    return first;
}

/* ---- this process ---------------------------------------------------------------------------------------------------------- */

/* Written beside and renamed, so that nobody reads half of it. */
static bool write_file(const char *path, const yz_settings *settings) {
    const yz_listen_settings *admin = settings->admin;
    char beside[600];
    snprintf(beside, sizeof(beside), "%s.new", path);
    int fd = open(beside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644);
    FILE *file = fd < 0 ? NULL : fdopen(fd, "w");
    if (!file)
        return false;
    fprintf(file, "%.*s\n%.*s\n%s\n%llu\n", YZ_STR_ARGS(settings->file), admin ? (int)admin->address.n : 0, admin ? admin->address.p : "",
            admin && admin->tls ? "tls" : "plain", began((long)getpid()));
    bool ok = fclose(file) == 0 && rename(beside, path) == 0;
    if (!ok)
        unlink(beside);
    return ok;
}

void yz_runs_enter(const yz_settings *settings) {
    yz_arena *arena = yz_arena_new(NULL);
    yz_str all[PLACES];
    places(arena, all);
    for (size_t i = 0; i < PLACES && own_file[0] == '\0'; i++)
        if (all[i].n > 0 && all[i].n < sizeof(own_file) - 32 && usable(all[i].p))
            snprintf(own_file, sizeof(own_file), "%s/%ld.run", all[i].p, (long)getpid());
    if ((own_file[0] == '\0' || !write_file(own_file, settings)) && !muted) {
        muted = true;
        yz_log(YZ_LOG_WARN, "`yuzui reload` and `yuzui status` need --admin to find this process: it cannot leave a file in any of %s",
               yz_runs_places(arena).p);
    }
    yz_arena_free(arena);
}

void yz_runs_leave(void) {
    if (own_file[0] != '\0')
        unlink(own_file);
    own_file[0] = '\0';
}
