/* wills.c: the file of wills. A page a will, with two copies in it: a new text is written into the one that does not count, then a single
 * word says that it does. So a process that dies in the middle leaves the old text, never half of each. A checksum tells what a loss of
 * power tore.
 */
#include "wills.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    PLACE = 4096,   /* bytes of a will */
    PLACES = 65536, /* that may stand at once */
    GROW = 64,      /* by so many the file grows */
    FILES = 100,    /* processes that may have one */
    TEXT = PLACE / 2 - 32,
};

/* Both texts, one behind the other: id, detail. */
typedef struct will_copy {
    uint32_t sum; /* of what follows, as far as it is used */
    uint32_t kind;
    int64_t amount;
    uint32_t id_n, detail_n;
    char text[TEXT];
} will_copy;

typedef struct place {
    _Atomic uint32_t counts; /* 0: empty; 1, 2: this copy */
    uint32_t unused;
    will_copy copies[2];
} place;
_Static_assert(sizeof(place) <= PLACE && ATOMIC_INT_LOCK_FREE == 2, "a will has a page of its own, and one word says which text counts");

struct wills {
    char *base, *path; /* path NULL: there is no file yet */
    int fd;
    char *map;
    pthread_mutex_t lock; /* guards what follows */
    uint32_t made;        /* places that the file has room for */
    uint32_t *idle, n_idle;
    bool failed;
};

/* ---- texts ---------------------------------------------------------------------------------------------------------- */

static size_t used_of(const will_copy *copy) { return offsetof(will_copy, text) - sizeof copy->sum + copy->id_n + copy->detail_n; }

static uint32_t sum_of(const will_copy *copy) {
    const char *at = (const char *)copy + sizeof copy->sum;
    uint64_t sum = 0x9e3779b97f4a7c15u, word;
    for (size_t left = used_of(copy); left > 0;) {
        size_t n = left < sizeof word ? left : sizeof word;
        word = 0;
        memcpy(&word, at, n);
        sum = (sum ^ word) * 0xff51afd7ed558ccdu;
        sum ^= sum >> 32;
        at += n, left -= n;
    }
    return (uint32_t)sum;
}

/* What has no room is left out: without its explanation a charge is still a charge. */
static void write_copy(will_copy *copy, const yz_posting *p) {
    size_t detail = p->id.n + p->detail.n <= TEXT ? p->detail.n : 0;
    copy->kind = (uint32_t)p->kind;
    copy->amount = p->amount;
    copy->id_n = (uint32_t)p->id.n, copy->detail_n = (uint32_t)detail;
    memcpy(copy->text, p->id.p, p->id.n);
    if (detail)
        memcpy(copy->text + p->id.n, p->detail.p, detail);
    copy->sum = sum_of(copy);
}

static bool read_copy(const will_copy *copy, yz_posting *p) {
    if ((size_t)copy->id_n + copy->detail_n > TEXT || copy->sum != sum_of(copy))
        return false;
    *p = (yz_posting){YZ_POSTING, .kind = (yz_posting_kind)copy->kind, .amount = copy->amount, .id = {copy->text, copy->id_n}};
    p->detail = yz_str_at(copy->text + copy->id_n, copy->detail_n);
    return p->kind == YZ_POSTING_CAPTURE || p->kind == YZ_POSTING_RELEASE;
}

/* ---- the file ------------------------------------------------------------------------------------------------------- */

static char *path_of(const char *base, int n) {
    size_t room = strlen(base) + 16;
    char *path = malloc(room);
    if (path)
        snprintf(path, room, "%s-wills-%d", base, n);
    return path;
}

/* Has the file at path, if nobody has and it is still the one there. -1: no. */
static int lock_file(const char *path, int flags) {
    int fd = open(path, O_RDWR | O_CLOEXEC | flags, 0600);
    struct stat ours, there;
    if (fd < 0)
        return -1;
    if (flock(fd, LOCK_EX | LOCK_NB) == 0 && fstat(fd, &ours) == 0 && stat(path, &there) == 0 && ours.st_ino == there.st_ino &&
        ours.st_dev == there.st_dev)
        return fd;
    close(fd);
    return -1;
}

static bool begin_file(wills *w) {
    for (int n = 0; n < FILES && !w->path; n++) {
        w->path = path_of(w->base, n);
        w->fd = w->path ? lock_file(w->path, O_CREAT | O_EXCL) : -1;
        if (w->fd < 0) {
            free(w->path);
            w->path = NULL;
        }
    }
    void *map = w->path ? mmap(NULL, (size_t)PLACE * PLACES, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, w->fd, 0) : MAP_FAILED;
    w->map = map == MAP_FAILED ? NULL : map;
    w->idle = w->map ? malloc(PLACES * sizeof *w->idle) : NULL;
    return w->idle != NULL;
}

/* Room on the disk is taken before it is written to: in a mapped file a full disk would be a signal. */
static bool grow(wills *w) {
    if (w->failed || (!w->map && !begin_file(w)) || w->made + GROW > PLACES ||
        posix_fallocate(w->fd, (off_t)w->made * PLACE, (off_t)GROW * PLACE) != 0) {
        if (!w->failed)
            yz_log(YZ_LOG_ERROR, "no file %s-wills-… can be written: should this process die, what it is about to charge is lost", w->base);
        w->failed = w->made == 0; /* a disk that is full may have room later */
        return false;
    }
    for (uint32_t i = GROW; i-- > 0;)
        w->idle[w->n_idle++] = w->made + i;
    w->made += GROW;
    return true;
}

static place *place_at(const wills *w, uint32_t index) { return (place *)(void *)(w->map + (size_t)index * PLACE); }

/* ---- the interface -------------------------------------------------------------------------------------------------- */

wills *wills_new(const char *base) {
    wills *w = calloc(1, sizeof *w);
    if (!w || !(w->base = strdup(base))) {
        free(w);
        return NULL;
    }
    w->fd = -1;
    pthread_mutex_init(&w->lock, NULL);
    return w;
}

void wills_close(wills *w) {
    if (!w)
        return;
    if (w->path && w->n_idle == w->made)
        unlink(w->path);
    if (w->map)
        munmap(w->map, (size_t)PLACE * PLACES);
    if (w->fd >= 0)
        close(w->fd);
    pthread_mutex_destroy(&w->lock);
    free(w->idle);
    free(w->path);
    free(w->base);
    free(w);
}

uint64_t wills_put(wills *w, uint64_t number, const yz_posting *posting) {
    if (posting->id.n == 0 || posting->id.n > YZ_LEDGER_NAME_MAX)
        return 0;
    if (number == 0) {
        pthread_mutex_lock(&w->lock);
        number = w->n_idle > 0 || grow(w) ? (uint64_t)w->idle[--w->n_idle] + 1 : 0;
        pthread_mutex_unlock(&w->lock);
        if (number == 0)
            return 0;
    }
    place *p = place_at(w, (uint32_t)(number - 1)); /* of one hold, and so of one thread at a time */
    uint32_t next = atomic_load_explicit(&p->counts, memory_order_relaxed) == 1 ? 2 : 1;
    write_copy(&p->copies[next - 1], posting);
    atomic_store_explicit(&p->counts, next, memory_order_release);
    return number;
}

void wills_drop(wills *w, uint64_t number) {
    if (number == 0)
        return;
    atomic_store_explicit(&place_at(w, (uint32_t)(number - 1))->counts, 0, memory_order_release);
    pthread_mutex_lock(&w->lock);
    w->idle[w->n_idle++] = (uint32_t)(number - 1);
    pthread_mutex_unlock(&w->lock);
}

/* ---- after a death -------------------------------------------------------------------------------------------------- */

/* False: something is still to be done. */
static bool carry_out(const char *map, size_t places, wills_carry *carry, void *arg, int *n) {
    bool all = true;
    for (size_t i = 0; i < places; i++) {
        const place *p = (const place *)(const void *)(map + i * PLACE);
        uint32_t counts = atomic_load(&p->counts);
        yz_posting posting;
        if ((counts != 1 && counts != 2) || !read_copy(&p->copies[counts - 1], &posting))
            continue;
        bool done = carry(arg, &posting);
        all = all && done;
        *n += done;
    }
    return all;
}

static void recover_file(const char *path, int fd, wills_carry *carry, void *arg, int *n) {
    struct stat st;
    size_t places = fstat(fd, &st) == 0 ? (size_t)st.st_size / PLACE : 0;
    void *map = places ? mmap(NULL, places * PLACE, PROT_READ, MAP_SHARED, fd, 0) : MAP_FAILED;
    if (places && map == MAP_FAILED)
        return;
    if (!places || carry_out(map, places, carry, arg, n))
        unlink(path);
    if (places)
        munmap(map, places * PLACE);
}

int wills_recover(const char *base, wills_carry *carry, void *arg) {
    int n = 0;
    for (int i = 0; i < FILES; i++) {
        char *path = path_of(base, i);
        int fd = path ? lock_file(path, 0) : -1;
        if (fd >= 0) {
            recover_file(path, fd, carry, arg, &n);
            close(fd);
        }
        free(path);
    }
    return n;
}
