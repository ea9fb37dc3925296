/* clear.c: days that are over are removed, whole: those that are older than is to be kept, and the oldest when all together have grown too
 * large. On the vault's thread.
 */
#include "vault.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { DAYS = 4096 };

static bool is_day(const char *name) {
    static const char form[] = DAY_FORM;
    for (size_t i = 0; i < sizeof form; i++)
        if (form[i] == '0' ? name[i] < '0' || name[i] > '9' : name[i] != form[i])
            return false;
    return true;
}

void day_of(int64_t seconds, day_name day) {
    struct tm t;
    time_t at = (time_t)seconds;
    strftime(day, sizeof(day_name), "%Y-%m-%d", gmtime_r(&at, &t));
}

static DIR *open_day(const char *folder, const char *day) {
    char path[FOLDER_MOST + sizeof(day_name)];
    snprintf(path, sizeof path, "%s/%s", folder, day);
    return opendir(path);
}

static int64_t size_of_day(const char *folder, const char *day) {
    DIR *dir = open_day(folder, day);
    int64_t size = 0;
    struct stat st;
    for (struct dirent *e = dir ? readdir(dir) : NULL; e; e = readdir(dir))
        if (fstatat(dirfd(dir), e->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode))
            size += st.st_size;
    if (dir)
        closedir(dir);
    return size;
}

/* With all its files, whoever put them there. False: it is there still. */
static bool remove_day(const char *folder, const char *day) {
    char path[FOLDER_MOST + sizeof(day_name)];
    DIR *dir = open_day(folder, day);
    for (struct dirent *e = dir ? readdir(dir) : NULL; e; e = readdir(dir))
        if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
            unlinkat(dirfd(dir), e->d_name, 0);
    if (dir)
        closedir(dir);
    snprintf(path, sizeof path, "%s/%s", folder, day);
    return rmdir(path) == 0;
}

static int by_day(const void *a, const void *b) { return memcmp(a, b, sizeof(day_name)); }

/* The oldest first. */
static size_t list_days(const char *folder, day_name days[DAYS]) {
    DIR *dir = opendir(folder);
    size_t n = 0;
    for (struct dirent *e = dir ? readdir(dir) : NULL; e && n < DAYS; e = readdir(dir))
        if (is_day(e->d_name))
            memcpy(days[n++], e->d_name, sizeof(day_name));
    if (dir)
        closedir(dir);
    qsort(days, n, sizeof *days, by_day);
    return n;
}

int64_t clear_days(const char *folder, int64_t now, int64_t keep, int64_t most, day_name stuck) {
    day_name *days = malloc(DAYS * sizeof *days), until, today;
    size_t n = days ? list_days(folder, days) : 0;
    int64_t size = 0;
    stuck[0] = '\0';
    day_of(now - keep / 1000, until);
    day_of(now, today);
    for (size_t i = 0; i < n; i++)
        size += size_of_day(folder, days[i]);
    for (size_t i = 0; i < n && strcmp(days[i], today) < 0 && (strcmp(days[i], until) < 0 || size > most); i++) {
        int64_t own = size_of_day(folder, days[i]);
        if (remove_day(folder, days[i]))
            size -= own;
        else
            memcpy(stuck, days[i], sizeof(day_name));
    }
    free(days);
    return size;
}
