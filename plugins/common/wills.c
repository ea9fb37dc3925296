/* wills.c: the file of wills. A page a will, with two copies in it: a new text is written into the one that does not count, then a single
 * word says that it does. So a process that dies in the middle leaves the old text, never half of each. A checksum tells what a loss of
 * power tore.
 */
#include "wills.h"

#include "writer.h"

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
    WITH_HOLD = 0x10000,
};

/* The texts, one behind the other: id, the hold, detail. */
typedef struct will_copy {
    uint32_t sum;  /* of what follows, as far as it is used */
    uint32_t kind; /* WITH_HOLD added: it says all of the hold */
    int64_t amount;
    uint32_t id_n, detail_n; /* detail_n: of the hold too */
    char text[TEXT];
} will_copy;

/* A hold that may not be written yet; its texts follow: account, request, model, price, key. */
typedef struct will_hold {
    int64_t amount, expires;
    uint64_t lease;
    uint32_t n[5];
} will_hold;

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

static inline uint64_t mixed(uint64_t sum, uint64_t word) {
    sum = (sum ^ word) * 0xff51afd7ed558ccdu;
    return sum ^ sum >> 32;
}

static uint32_t sum_of(const will_copy *copy) {
    const char *at = (const char *)copy + sizeof copy->sum;
    uint64_t sum = 0x9e3779b97f4a7c15u, words[4] = {0};
    size_t left = used_of(copy);
    for (; left >= sizeof words; left -= sizeof words, at += sizeof words) {
        memcpy(words, at, sizeof words);
        sum = mixed(mixed(mixed(mixed(sum, words[0]), words[1]), words[2]), words[3]);
    }
    memset(words, 0, sizeof words);
    memcpy(words, at, left);
    for (size_t i = 0; i * sizeof *words < left; i++)
        sum = mixed(sum, words[i]);
    return (uint32_t)sum;
}

static size_t size_of_hold(const yz_posting *h) {
    return h ? sizeof(will_hold) + h->account.n + h->request.n + h->model.n + h->price.n + h->key.n : 0;
}

static char *put_bytes(char *to, const void *from, size_t n) {
    if (n)
        memcpy(to, from, n);
    return to + n;
}

static char *put_hold(char *to, const yz_posting *h) {
    const yz_str texts[5] = {h->account, h->request, h->model, h->price, h->key};
    will_hold said = {.amount = h->amount, .expires = h->expires, .lease = h->lease};
    for (size_t i = 0; i < 5; i++)
        said.n[i] = (uint32_t)texts[i].n;
    to = put_bytes(to, &said, sizeof said);
    for (size_t i = 0; i < 5; i++)
        to = put_bytes(to, texts[i].p, texts[i].n);
    return to;
}

/* How long it is; 0: it is none. */
static size_t read_hold(yz_str from, yz_posting *h) {
    will_hold said;
    yz_str *const texts[5] = {&h->account, &h->request, &h->model, &h->price, &h->key};
    size_t at = sizeof said;
    if (from.n < at)
        return 0;
    memcpy(&said, from.p, sizeof said);
    *h = (yz_posting){YZ_POSTING, .kind = YZ_POSTING_HOLD, .amount = said.amount, .expires = said.expires, .lease = said.lease};
    for (size_t i = 0; i < 5; at += said.n[i++]) {
        if (said.n[i] > from.n - at)
            return 0;
        *texts[i] = yz_str_at(from.p + at, said.n[i]);
    }
    return at;
}

/* What has no room is left out: without its explanation a charge is still a charge. False: not even that has room. */
static bool write_copy(will_copy *copy, const yz_posting *p) {
    size_t hold = size_of_hold(p->hold), detail = p->id.n + hold + p->detail.n <= TEXT ? p->detail.n : 0;
    if (p->id.n + hold > TEXT)
        return false;
    copy->kind = (uint32_t)p->kind | (hold ? WITH_HOLD : 0);
    copy->amount = p->amount;
    copy->id_n = (uint32_t)p->id.n, copy->detail_n = (uint32_t)(hold + detail);
    char *to = put_bytes(copy->text, p->id.p, p->id.n);
    to = hold ? put_hold(to, p->hold) : to;
    put_bytes(to, p->detail.p, detail);
    copy->sum = sum_of(copy);
    return true;
}

/* hold: room for its hold. */
static bool read_copy(const will_copy *copy, yz_posting *p, yz_posting *hold) {
    if ((size_t)copy->id_n + copy->detail_n > TEXT || copy->sum != sum_of(copy))
        return false;
    uint32_t kind = copy->kind & (WITH_HOLD - 1);
    *p = (yz_posting){YZ_POSTING, .kind = (yz_posting_kind)kind, .amount = copy->amount, .id = {copy->text, copy->id_n}};
    p->detail = yz_str_at(copy->text + copy->id_n, copy->detail_n);
    if (copy->kind & WITH_HOLD) {
        size_t n = read_hold(p->detail, hold);
        if (n == 0)
            return false;
        hold->id = p->id;
        p->hold = hold;
        p->detail = yz_str_at(p->detail.p + n, p->detail.n - n);
    }
    return kind == YZ_POSTING_CAPTURE || kind == YZ_POSTING_RELEASE || kind == WRITER_RETURN;
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
    bool new_here = number == 0;
    if (new_here) {
        pthread_mutex_lock(&w->lock);
        number = w->n_idle > 0 || grow(w) ? (uint64_t)w->idle[--w->n_idle] + 1 : 0;
        pthread_mutex_unlock(&w->lock);
        if (number == 0)
            return 0;
    }
    place *p = place_at(w, (uint32_t)(number - 1)); /* of one hold, and so of one thread at a time */
    uint32_t next = atomic_load_explicit(&p->counts, memory_order_relaxed) == 1 ? 2 : 1;
    if (!write_copy(&p->copies[next - 1], posting)) {
        wills_drop(w, new_here ? number : 0);
        return 0;
    }
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

typedef struct carrying {
    wills_carry *carry;
    void *arg;
    int n;
    bool left; /* something is still to be done */
} carrying;

/* Of one sort: ends of holds, or what was lent. */
static void carry_out(const char *map, size_t places, bool lent, carrying *c) {
    for (size_t i = 0; i < places; i++) {
        const place *p = (const place *)(const void *)(map + i * PLACE);
        uint32_t counts = atomic_load(&p->counts);
        yz_posting posting, hold;
        if ((counts != 1 && counts != 2) || !read_copy(&p->copies[counts - 1], &posting, &hold) || (posting.kind == WRITER_RETURN) != lent)
            continue;
        bool done = c->carry(c->arg, &posting);
        c->left |= !done;
        c->n += done && !lent;
    }
}

/* What was lent comes last: holds were taken out of it. */
static void recover_file(const char *path, int fd, carrying *c) {
    struct stat st;
    size_t places = fstat(fd, &st) == 0 ? (size_t)st.st_size / PLACE : 0;
    void *map = places ? mmap(NULL, places * PLACE, PROT_READ, MAP_SHARED, fd, 0) : MAP_FAILED;
    if (places && map == MAP_FAILED)
        return;
    c->left = false;
    if (places)
        carry_out(map, places, false, c);
    if (places && !c->left)
        carry_out(map, places, true, c);
    if (!c->left)
        unlink(path);
    if (places)
        munmap(map, places * PLACE);
}

int wills_recover(const char *base, wills_carry *carry, void *arg) {
    carrying c = {.carry = carry, .arg = arg};
    for (int i = 0; i < FILES; i++) {
        char *path = path_of(base, i);
        int fd = path ? lock_file(path, 0) : -1;
        if (fd >= 0) {
            recover_file(path, fd, &c);
            close(fd);
        }
        free(path);
    }
    return c.n;
}
