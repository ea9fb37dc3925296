/* vault.c: the folder that documents are kept in, a folder a day and a file a document, and the thread that cleans, seals and writes them:
 * none of that is waited for by a worker.
 *
 * One of a process for each folder, whoever uses it. A user whose config has only been read changes nothing on the disk: it may be that of
 * a check, or of a reload that is refused. The last who closes it waits until what was put is written.
 */
#include "vault.h"

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

enum { WAITING = 16 << 20 /* bytes that may wait */, ID_MOST = 200, CLEAR_S = 3600, FULL_S = 60 /* likewise, while it is full */ };

typedef struct paper {
    struct paper *next;
    char id[ID_MOST + 1];
    int64_t at;
    unsigned kinds;
    STACK_OF(X509) * to;
    yz_buf document;
} paper;

struct vault {
    pthread_mutex_t lock; /* guards all up to the thread's own */
    pthread_cond_t wake, gone;
    vault_user *users;
    pthread_t thread;
    paper *first, **last;
    size_t waiting; /* bytes */
    bool runs, closing, full;
    char folder[FOLDER_MOST];
    _Atomic uint64_t failed;
    /* the thread's own */
    int64_t cleared; /* second */
    int64_t size;    /* bytes of all that is kept, as of the last clearing and what came since */
    bool in_trouble, stuck;
};

static int64_t wall(void) { return yz_clock_wall_ns() / 1000000000; }

/* ---- writing ------------------------------------------------------------------------------------------------------------ */

enum { PATH_MOST = FOLDER_MOST + sizeof(day_name) + ID_MOST + 40 };

/* *path: of the file that was made. A client may say the same id twice. */
static int open_new(const vault *v, const paper *p, char path[PATH_MOST]) {
    day_name day;
    day_of(p->at, day);
    mkdir(v->folder, 0700);
    snprintf(path, PATH_MOST, "%s/%s", v->folder, day);
    if (mkdir(path, 0700) != 0 && errno != EEXIST)
        return -1;
    snprintf(path, PATH_MOST, "%s/%s/%s.cms", v->folder, day, p->id);
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd >= 0 || errno != EEXIST)
        return fd;
    snprintf(path, PATH_MOST, "%s/%s/%s.%lld.cms", v->folder, day, p->id, (long long)yz_clock_ns());
    return open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
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

/* A part of a document is none: it does not stay. NULL, or why it could not be written. */
static const char *write_file(vault *v, const paper *p, yz_str sealed) {
    char path[PATH_MOST];
    int fd = open_new(v, p, path);
    bool well = fd >= 0 && write_all(fd, sealed);
    const char *why = well ? NULL : strerror(errno);
    if (fd >= 0)
        close(fd);
    if (fd >= 0 && !well)
        unlink(path);
    v->size += well ? (int64_t)sealed.n : 0;
    return why;
}

static void report(vault *v, const char *why) {
    if (why)
        atomic_fetch_add(&v->failed, 1);
    if (why && !v->in_trouble)
        yz_log(YZ_LOG_ERROR, "capture: conversations cannot be kept in %s: %s", v->folder, why);
    if (!why && v->in_trouble)
        yz_log(YZ_LOG_WARN, "capture: conversations are kept again in %s", v->folder);
    v->in_trouble = why != NULL;
}

static void write_paper(vault *v, const paper *p) {
    yz_buf clean = {0}, sealed = {0};
    if (!clean_put(&clean, yz_buf_view(&p->document), p->kinds))
        report(v, "what was collected is no JSON");
    else if (!seal_put(&sealed, yz_buf_view(&clean), p->to))
        report(v, "they cannot be encrypted");
    else
        report(v, write_file(v, p, yz_buf_view(&sealed)));
    yz_buf_free(&sealed);
    yz_buf_free(&clean);
}

static void drop(paper *p) {
    sk_X509_pop_free(p->to, X509_free);
    yz_buf_free(&p->document);
    free(p);
}

/* ---- clearing up ---------------------------------------------------------------------------------------------------------- */

/* What those have said whose config is in force; false: there are none. With the lock held. */
static bool in_force(const vault *v, int64_t *keep, int64_t *most) {
    bool any = false;
    *keep = *most = 0;
    for (const vault_user *u = v->users; u; u = u->next) {
        if (!u->live)
            continue;
        any = true;
        *keep = u->keep > *keep ? u->keep : *keep;
        *most = u->most > *most ? u->most : *most;
    }
    return any;
}

static void clear_up(vault *v, int64_t keep, int64_t most) {
    day_name stuck;
    v->size = clear_days(v->folder, wall(), keep, most, stuck);
    v->cleared = wall();
    if (stuck[0] && !v->stuck)
        yz_log(YZ_LOG_ERROR, "capture: %s/%s is over, and cannot be removed: something else is in it", v->folder, stuck);
    v->stuck = stuck[0];
}

static bool is_time_to(const vault *v, int64_t most) {
    int64_t now = wall();
    return v->size > most ? now - v->cleared >= FULL_S || !v->full : now / CLEAR_S != v->cleared / CLEAR_S;
}

/* With the lock held. */
static void tell_full(vault *v, bool full) {
    if (full && !v->full)
        yz_log(YZ_LOG_WARN, "capture: %s has more than it may have (most), and only today's is left: no more is kept", v->folder);
    v->full = full;
}

/* With the lock held, and held again when it returns. */
static void work(vault *v) {
    paper *all = v->first;
    int64_t keep, most;
    bool any = in_force(v, &keep, &most);
    v->first = NULL;
    v->last = &v->first;
    v->waiting = 0;
    pthread_mutex_unlock(&v->lock);
    for (paper *p = all, *next; p; p = next) {
        next = p->next;
        write_paper(v, p);
        drop(p);
    }
    if (any && is_time_to(v, most))
        clear_up(v, keep, most);
    pthread_mutex_lock(&v->lock);
    if (any)
        tell_full(v, v->size > most);
}

static void *run(void *arg) {
    vault *v = arg;
    pthread_mutex_lock(&v->lock);
    while (v->first || !v->closing) {
        struct timespec until = {time(NULL) + FULL_S, 0};
        work(v);
        if (!v->first && !v->closing)
            pthread_cond_timedwait(&v->wake, &v->lock, &until);
    }
    pthread_mutex_unlock(&v->lock);
    return NULL;
}

/* ---- opening -------------------------------------------------------------------------------------------------------------- */

static void init(void *memory, void *arg) {
    vault *v = memory;
    yz_str folder = *(const yz_str *)arg;
    pthread_mutex_init(&v->lock, NULL);
    pthread_cond_init(&v->wake, NULL);
    pthread_cond_init(&v->gone, NULL);
    v->last = &v->first;
    snprintf(v->folder, sizeof v->folder, "%.*s", YZ_STR_ARGS(folder));
}

/* What stands above it: where it can be made, if it is not there. */
static void parent_of(char path[FOLDER_MOST]) {
    char *slash = strrchr(path, '/');
    if (slash)
        slash[slash == path] = '\0';
    else
        memcpy(path, ".", 2);
}

/* It is there and may be written to, or could be made. Nothing is made yet: whoever only checks a config may be somebody else. */
static bool may_be_written(yz_str folder, yz_diag *diag) {
    char path[FOLDER_MOST];
    struct stat st;
    snprintf(path, sizeof path, "%.*s", YZ_STR_ARGS(folder));
    bool there = stat(path, &st) == 0;
    int why = there ? (S_ISDIR(st.st_mode) ? 0 : ENOTDIR) : errno == ENOENT ? 0 : errno;
    if (!there)
        parent_of(path);
    if (!why && access(path, W_OK | X_OK) != 0)
        why = errno;
    if (why)
        yz_diag_error(diag, "capture: folder = \"%.*s\" cannot be written to: %s", YZ_STR_ARGS(folder), strerror(why));
    else if (there && st.st_mode & 077)
        yz_diag_warn(diag, "capture: others than its owner may look into the folder \"%.*s\": chmod 700", YZ_STR_ARGS(folder));
    return !why;
}

bool vault_open(vault_user *user, const capture_config *config, yz_diag *diag) {
    yz_str folder = config->folder;
    user->to = may_be_written(folder, diag) ? seal_read(config->certificate, diag) : NULL;
    if (!user->to)
        return false;
    vault *v = yz_shared("capture", folder, 1, sizeof *v, init, &folder);
    user->vault = v;
    user->keep = config->keep;
    user->most = config->most;
    pthread_mutex_lock(&v->lock);
    user->next = v->users;
    v->users = user;
    pthread_mutex_unlock(&v->lock);
    return true;
}

void vault_live(vault_user *user) {
    vault *v = user->vault;
    pthread_mutex_lock(&v->lock);
    user->live = true;
    while (v->closing) /* a thread that still writes for those who were there before */
        pthread_cond_wait(&v->gone, &v->lock);
    if (!v->runs)
        v->runs = pthread_create(&v->thread, NULL, run, v) == 0;
    if (!v->runs)
        yz_log(YZ_LOG_ERROR, "capture: there is no thread to be had, so nothing is kept");
    pthread_cond_signal(&v->wake);
    pthread_mutex_unlock(&v->lock);
}

static void take_out(vault *v, const vault_user *user) {
    vault_user **at = &v->users;
    while (*at != user)
        at = &(*at)->next;
    *at = user->next;
}

void vault_close(vault_user *user) {
    vault *v = user->vault;
    pthread_mutex_lock(&v->lock);
    take_out(v, user);
    bool last = v->runs && !v->closing && !v->users;
    v->closing |= last;
    pthread_cond_signal(&v->wake);
    pthread_mutex_unlock(&v->lock);
    if (last) {
        pthread_join(v->thread, NULL);
        pthread_mutex_lock(&v->lock);
        v->runs = v->closing = false;
        pthread_cond_broadcast(&v->gone);
        pthread_mutex_unlock(&v->lock);
    }
    sk_X509_pop_free(user->to, X509_free);
}

/* ---- putting -------------------------------------------------------------------------------------------------------------- */

bool vault_full(const vault_user *user) {
    vault *v = user->vault;
    pthread_mutex_lock(&v->lock);
    bool full = v->full;
    pthread_mutex_unlock(&v->lock);
    return full;
}

/* The id as the name of a file: a client may have said it, so what it names of a person is not in it either. */
static void name_of(yz_str id, char name[ID_MOST + 1]) {
    yz_buf clean = {0};
    redact_put(&clean, id, ~0u);
    size_t n = clean.n < ID_MOST ? clean.n : ID_MOST;
    for (size_t i = 0; i < n; i++) {
        char c = clean.p[i];
        bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || (c == '.' && i > 0);
        name[i] = '_';
        if (plain)
            name[i] = c;
    }
    name[n] = '\0';
    yz_buf_free(&clean);
}

static paper *new_paper(const vault_user *user, yz_str id, int64_t at, const yz_buf *document) {
    paper *p = calloc(1, sizeof *p);
    if (!p)
        return NULL;
    *p = (paper){.at = at, .kinds = user->kinds, .to = X509_chain_up_ref(user->to), .document = *document};
    name_of(id, p->id);
    return p;
}

bool vault_put(vault_user *user, yz_str id, int64_t at, yz_buf *document) {
    vault *v = user->vault;
    paper *p = new_paper(user, id, at, document);
    pthread_mutex_lock(&v->lock);
    bool taken = p && p->to && v->runs && !v->full && v->waiting + document->n <= WAITING;
    if (taken) {
        v->waiting += document->n;
        *v->last = p;
        v->last = &p->next;
    }
    pthread_cond_signal(&v->wake); /* also when it is full: there may be room by now */
    pthread_mutex_unlock(&v->lock);
    if (!taken && p)
        drop(p);
    else if (!taken)
        yz_buf_free(document);
    *document = (yz_buf){0};
    return taken;
}

uint64_t vault_failures(vault_user *user) { return atomic_exchange(&user->vault->failed, 0); }
