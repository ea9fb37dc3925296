/* vault.c: the folder that documents are kept in, a folder a day and a file a document, and the thread that seals and writes them: neither
 * the keys' arithmetic nor a slow disk is waited for by a worker. It clears away days that are older than is to be kept, and the oldest
 * when all together have grown too large.
 *
 * One of a process for each folder, whoever opens it; the last who closes it waits until what was put is written.
 */
#include "capture.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { DAY_S = 86400, WAITING = 16 << 20 /* bytes that may wait */, ID_MOST = 100, SWEEP_S = 3600, NAMES = 9 };
#define DAY "0000-00-00"

typedef struct paper {
    struct paper *next;
    char id[ID_MOST + 1];
    int64_t at;
    yz_buf document;
} paper;

struct vault {
    pthread_mutex_t lock; /* guards all up to the thread's own */
    pthread_cond_t wake;
    size_t users;
    pthread_t thread;
    paper *first, **last;
    size_t waiting; /* bytes */
    bool closing, full;
    STACK_OF(X509) * to; /* as the newest config says, likewise: */
    int64_t keep, most;
    char folder[4096];
    _Atomic uint64_t failed;
    /* the thread's own */
    int64_t swept; /* second */
    int64_t size;  /* bytes of all that is kept, as of the last sweep and what came since */
    bool in_trouble;
};

/* ---- clearing up -------------------------------------------------------------------------------------------------------- */

static bool is_day(const char *name) {
    static const char form[] = DAY;
    for (size_t i = 0; i < sizeof form; i++)
        if (form[i] == '0' ? name[i] < '0' || name[i] > '9' : name[i] != form[i])
            return false;
    return true;
}

static void day_of(int64_t seconds, char day[sizeof DAY]) {
    struct tm t;
    time_t at = (time_t)seconds;
    strftime(day, sizeof DAY, "%Y-%m-%d", gmtime_r(&at, &t));
}

/* What the files of a day have; remove: and they are gone, with their folder. */
static int64_t look_at_day(const vault *v, const char *day, bool remove) {
    char path[sizeof v->folder + sizeof DAY];
    snprintf(path, sizeof path, "%s/%s", v->folder, day);
    DIR *dir = opendir(path);
    int64_t size = 0;
    struct stat st;
    for (struct dirent *e = dir ? readdir(dir) : NULL; e; e = readdir(dir)) {
        if (fstatat(dirfd(dir), e->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode))
            size += st.st_size;
        if (remove && e->d_name[0] != '.')
            unlinkat(dirfd(dir), e->d_name, 0);
    }
    if (dir)
        closedir(dir);
    if (remove)
        rmdir(path);
    return size;
}

/* The oldest day there is; false: there is none. *size: of all days. */
static bool find_oldest(const vault *v, char oldest[sizeof DAY], int64_t *size) {
    DIR *dir = opendir(v->folder);
    *size = 0;
    oldest[0] = '\0';
    for (struct dirent *e = dir ? readdir(dir) : NULL; e; e = readdir(dir)) {
        if (!is_day(e->d_name))
            continue;
        *size += look_at_day(v, e->d_name, false);
        if (!oldest[0] || strcmp(e->d_name, oldest) < 0)
            memcpy(oldest, e->d_name, sizeof DAY);
    }
    if (dir)
        closedir(dir);
    return oldest[0];
}

/* Today's stays, however large: then no more is taken. */
static void sweep(vault *v, int64_t keep, int64_t most) {
    char oldest[sizeof DAY], until[sizeof DAY], today[sizeof DAY];
    int64_t now = yz_clock_wall_ns() / 1000000000;
    day_of(now - keep / 1000, until);
    day_of(now, today);
    while (find_oldest(v, oldest, &v->size) && strcmp(oldest, today) < 0 && (strcmp(oldest, until) < 0 || v->size > most))
        look_at_day(v, oldest, true);
    v->swept = now;
}

/* ---- writing ------------------------------------------------------------------------------------------------------------ */

static int open_new(const vault *v, const paper *p) {
    char day[sizeof DAY], path[sizeof v->folder + sizeof DAY + ID_MOST + 16];
    day_of(p->at, day);
    snprintf(path, sizeof path, "%s/%s", v->folder, day);
    if (mkdir(path, 0700) != 0 && errno != EEXIST)
        return -1;
    int fd = -1;
    for (int i = 1; i <= NAMES && fd < 0; i++) { /* a client may say the same id twice */
        if (i == 1)
            snprintf(path, sizeof path, "%s/%s/%s.cms", v->folder, day, p->id);
        else
            snprintf(path, sizeof path, "%s/%s/%s.%d.cms", v->folder, day, p->id, i);
        fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
        if (fd < 0 && errno != EEXIST)
            return -1;
    }
    return fd;
}

static bool write_all(int fd, yz_str bytes) {
    while (bytes.n > 0) {
        ssize_t n = write(fd, bytes.p, bytes.n);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        bytes = yz_str_at(bytes.p + n, bytes.n - (size_t)n);
    }
    return true;
}

static void report(vault *v, bool well, const char *why) {
    if (!well)
        atomic_fetch_add(&v->failed, 1);
    if (!well && !v->in_trouble)
        yz_log(YZ_LOG_ERROR, "capture: conversations cannot be kept in %s: %s", v->folder, why);
    if (well && v->in_trouble)
        yz_log(YZ_LOG_WARN, "capture: conversations are kept again in %s", v->folder);
    v->in_trouble = !well;
}

static void write_paper(vault *v, const paper *p, STACK_OF(X509) * to) {
    yz_buf sealed = {0};
    bool closed = seal_put(&sealed, yz_buf_view(&p->document), to);
    int fd = closed ? open_new(v, p) : -1, why = errno;
    bool well = fd >= 0 && write_all(fd, yz_buf_view(&sealed));
    if (fd >= 0) {
        why = errno;
        close(fd);
    }
    v->size += well ? (int64_t)sealed.n : 0;
    report(v, well, closed ? strerror(why) : "its certificate is not one to encrypt for");
    yz_buf_free(&sealed);
}

static void drop(paper *p) {
    yz_buf_free(&p->document);
    free(p);
}

static STACK_OF(X509) * same(STACK_OF(X509) * certificates) { return X509_chain_up_ref(certificates); }

/* With the lock held, and held again when it returns. */
static void write_some(vault *v) {
    paper *all = v->first;
    STACK_OF(X509) *to = same(v->to);
    int64_t keep = v->keep, most = v->most;
    v->first = NULL;
    v->last = &v->first;
    v->waiting = 0;
    pthread_mutex_unlock(&v->lock);
    for (paper *p = all, *next; p; p = next) {
        next = p->next;
        write_paper(v, p, to);
        drop(p);
    }
    sk_X509_pop_free(to, X509_free);
    int64_t now = yz_clock_wall_ns() / 1000000000;
    if (v->size > most || now / SWEEP_S != v->swept / SWEEP_S)
        sweep(v, keep, most);
    pthread_mutex_lock(&v->lock);
    v->full = v->size > most;
}

static void *run(void *arg) {
    vault *v = arg;
    pthread_mutex_lock(&v->lock);
    while (v->first || !v->closing) {
        struct timespec until = {time(NULL) + SWEEP_S, 0};
        if (!v->first)
            pthread_cond_timedwait(&v->wake, &v->lock, &until);
        write_some(v);
    }
    pthread_mutex_unlock(&v->lock);
    return NULL;
}

/* ---- opening -------------------------------------------------------------------------------------------------------------- */

static void init(void *memory, void *arg) {
    vault *v = memory;
    (void)arg;
    pthread_mutex_init(&v->lock, NULL);
    pthread_cond_init(&v->wake, NULL);
    v->last = &v->first;
}

static bool make_folder(yz_str folder, yz_diag *diag) {
    char path[4096];
    snprintf(path, sizeof path, "%.*s", YZ_STR_ARGS(folder));
    if (folder.n >= sizeof path || (mkdir(path, 0700) != 0 && errno != EEXIST) || access(path, W_OK | X_OK) != 0) {
        yz_diag_error(diag, "capture: folder = \"%.*s\" cannot be written to: %s", YZ_STR_ARGS(folder), strerror(errno));
        return false;
    }
    return true;
}

/* With the lock held. False: no thread. */
static bool take_in(vault *v, const capture_config *config, STACK_OF(X509) * to) {
    sk_X509_pop_free(v->to, X509_free);
    v->to = to;
    v->keep = config->keep;
    v->most = config->most;
    if (v->users > 0)
        return true;
    snprintf(v->folder, sizeof v->folder, "%.*s", YZ_STR_ARGS(config->folder));
    v->closing = false;
    v->swept = 0; /* at once */
    return pthread_create(&v->thread, NULL, run, v) == 0;
}

vault *vault_open(const capture_config *config, yz_diag *diag) {
    STACK_OF(X509) *to = make_folder(config->folder, diag) ? seal_read(config->certificate, diag) : NULL;
    if (!to)
        return NULL;
    vault *v = yz_shared("capture", config->folder, 1, sizeof *v, init, NULL);
    pthread_mutex_lock(&v->lock);
    bool well = take_in(v, config, to);
    v->users += well;
    pthread_mutex_unlock(&v->lock);
    if (!well)
        yz_diag_error(diag, "capture: there is no thread to be had");
    return well ? v : NULL;
}

void vault_close(vault *v) {
    if (!v)
        return;
    pthread_mutex_lock(&v->lock);
    bool last = --v->users == 0;
    v->closing = last;
    pthread_cond_signal(&v->wake);
    pthread_mutex_unlock(&v->lock);
    if (last)
        pthread_join(v->thread, NULL);
}

/* The id as the name of a file: a client may have said it. */
static void name_of(yz_str id, char name[ID_MOST + 1]) {
    size_t n = id.n < ID_MOST ? id.n : ID_MOST;
    for (size_t i = 0; i < n; i++) {
        char c = id.p[i];
        bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '_';
        name[i] = plain ? c : '_';
    }
    name[n] = '\0';
}

bool vault_put(vault *v, yz_str id, int64_t at, yz_buf *document) {
    paper *p = calloc(1, sizeof *p);
    bool taken = false;
    pthread_mutex_lock(&v->lock);
    if (p && !v->full && v->waiting + document->n <= WAITING) {
        name_of(id, p->id);
        p->at = at;
        p->document = *document;
        v->waiting += document->n;
        *v->last = p;
        v->last = &p->next;
        pthread_cond_signal(&v->wake);
        taken = true;
    }
    pthread_mutex_unlock(&v->lock);
    if (!taken) {
        yz_buf_free(document);
        free(p);
    }
    *document = (yz_buf){0};
    return taken;
}

uint64_t vault_failures(vault *v) { return atomic_exchange(&v->failed, 0); }
