/* test_disk.c: a disk that fails. Between SQLite and its files stands a layer that keeps, beside each, what a loss of power would leave:
 * the pages that a sync has taken to the disk. A sync that fails takes none of them there, and the next one that succeeds knows nothing of
 * them: so do Linux's file systems. What was acknowledged is in what either end leaves, and what was refused in neither. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/diag.h"
#include "base/log.h"

#include <inttypes.h>
#include <stdio.h>
#include <sys/stat.h>

#include "../common/lease.c"
#include "../common/queue.c"
#include "../common/span.c"
#include "../common/wills.c"
#include "../common/writer.c"
#include "ask.c"
#include "book.c"
#include "job.c"
#include "lent.c"
#include "post.c"
#include "read.c"
#include "record.c"
#include "remove.c"
#include "sqlite.c"
#include "usage.c"

#include "test_world.h"

/* ---- the layer ------------------------------------------------------------------------------------------------------ */

enum { PAGE = 4096, PAGES = 16384 };

/* Of a file: what a loss of power leaves of it. */
typedef struct durable {
    const char *end; /* of its name */
    unsigned char *bytes;
    int64_t size, now; /* on the disk; as it is */
    bool dirty[PAGES];
} durable;
static durable durables[] = {{.end = ".db"}, {.end = "-wal"}};

/* What is to happen to syncs; under the lock, as all of this. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static uint64_t dice; /* 0: none fails by chance */
static bool fails;    /* each */
static int fail_next, failed_n;

static uint64_t roll(void) {
    dice = dice * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return dice >> 33;
}

typedef struct layer {
    sqlite3_file base;
    durable *of; /* NULL: a file that nobody asks about */
    sqlite3_file *real;
} layer;

static sqlite3_vfs *below;
#define REAL(f) (((layer *)(f))->real)

static int l_close(sqlite3_file *f) { return REAL(f)->pMethods->xClose(REAL(f)); }
static int l_read(sqlite3_file *f, void *p, int n, sqlite3_int64 at) { return REAL(f)->pMethods->xRead(REAL(f), p, n, at); }
static int l_write(sqlite3_file *f, const void *p, int n, sqlite3_int64 at) {
    durable *d = ((layer *)f)->of;
    pthread_mutex_lock(&lock);
    int code = REAL(f)->pMethods->xWrite(REAL(f), p, n, at);
    for (int64_t page = at / PAGE; d && page <= (at + n - 1) / PAGE; page++)
        d->dirty[page] = true;
    if (d && at + n > d->now)
        d->now = at + n;
    pthread_mutex_unlock(&lock);
    return code;
}
static int l_truncate(sqlite3_file *f, sqlite3_int64 n) {
    durable *d = ((layer *)f)->of;
    if (d)
        d->now = n;
    return REAL(f)->pMethods->xTruncate(REAL(f), n);
}

static void take_page(sqlite3_file *real, durable *d, int64_t page) {
    unsigned char bytes[PAGE];
    REAL(real)->pMethods->xRead(REAL(real), bytes, PAGE, page * PAGE); /* what is beyond the end reads as zeros */
    memcpy(d->bytes + page * PAGE, bytes, PAGE);
    d->dirty[page] = false;
}

static int l_sync(sqlite3_file *f, int flags) {
    durable *d = ((layer *)f)->of;
    if (!d)
        return REAL(f)->pMethods->xSync(REAL(f), flags);
    pthread_mutex_lock(&lock);
    bool bad = fails || fail_next > 0 || (dice && roll() % 4 == 0);
    fail_next -= fail_next > 0;
    failed_n += bad;
    for (int64_t page = 0; !bad && page < PAGES; page++)
        if (d->dirty[page])
            take_page(f, d, page);
    if (bad)
        memset(d->dirty, 0, sizeof d->dirty);
    else
        d->size = d->now;
    pthread_mutex_unlock(&lock);
    errno = bad ? EIO : 0;
    return bad ? SQLITE_IOERR_FSYNC : SQLITE_OK;
}

static int l_size(sqlite3_file *f, sqlite3_int64 *n) { return REAL(f)->pMethods->xFileSize(REAL(f), n); }
static int l_lock(sqlite3_file *f, int how) { return REAL(f)->pMethods->xLock(REAL(f), how); }
static int l_unlock(sqlite3_file *f, int how) { return REAL(f)->pMethods->xUnlock(REAL(f), how); }
static int l_reserved(sqlite3_file *f, int *out) { return REAL(f)->pMethods->xCheckReservedLock(REAL(f), out); }
static int l_control(sqlite3_file *f, int op, void *arg) {
    if (op != SQLITE_FCNTL_LAST_ERRNO || !failed_n)
        return REAL(f)->pMethods->xFileControl(REAL(f), op, arg);
    *(int *)arg = EIO;
    return SQLITE_OK;
}
static int l_sector(sqlite3_file *f) { return REAL(f)->pMethods->xSectorSize(REAL(f)); }
static int l_traits(sqlite3_file *f) { return REAL(f)->pMethods->xDeviceCharacteristics(REAL(f)); }
static int l_shm_map(sqlite3_file *f, int page, int n, int grow, void volatile **out) {
    return REAL(f)->pMethods->xShmMap(REAL(f), page, n, grow, out);
}
static int l_shm_lock(sqlite3_file *f, int at, int n, int flags) { return REAL(f)->pMethods->xShmLock(REAL(f), at, n, flags); }
static void l_shm_barrier(sqlite3_file *f) { REAL(f)->pMethods->xShmBarrier(REAL(f)); }
static int l_shm_unmap(sqlite3_file *f, int gone) { return REAL(f)->pMethods->xShmUnmap(REAL(f), gone); }

static const sqlite3_io_methods methods = {2,          l_close,       l_read,      l_write,   l_truncate, l_sync,   l_size,
                                           l_lock,     l_unlock,      l_reserved,  l_control, l_sector,   l_traits, l_shm_map,
                                           l_shm_lock, l_shm_barrier, l_shm_unmap, NULL,      NULL};

static durable *durable_of(const char *name) {
    size_t n = name ? strlen(name) : 0;
    for (size_t i = 0; i < 2; i++)
        if (n > 4 && strncmp(name, file, strlen(file)) == 0 && strcmp(name + n - strlen(durables[i].end), durables[i].end) == 0)
            return &durables[i];
    return NULL;
}

static int l_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *f, int flags, int *out) {
    (void)vfs;
    layer *l = (layer *)f;
    l->real = (sqlite3_file *)(l + 1);
    l->of = durable_of(name);
    int code = below->xOpen(below, name, l->real, flags, out);
    f->pMethods = l->real->pMethods ? &methods : NULL;
    return code;
}

static int l_delete(sqlite3_vfs *vfs, const char *name, int sync) {
    (void)vfs;
    durable *d = durable_of(name);
    if (d) {
        d->size = d->now = 0;
        memset(d->dirty, 0, sizeof d->dirty);
    }
    return below->xDelete(below, name, sync);
}

static void be_quiet(void) { yz_log_level_set((yz_log_level)(YZ_LOG_ERROR + 1)); }

static sqlite3_vfs above;

static int put_layer(void **unused) {
    (void)unused;
    below = sqlite3_vfs_find(NULL);
    above = *below;
    above.zName = "failing";
    above.szOsFile = (int)sizeof(layer) + below->szOsFile;
    above.xOpen = l_open, above.xDelete = l_delete;
    for (size_t i = 0; i < 2; i++)
        durables[i].bytes = calloc(PAGES, PAGE);
    return sqlite3_vfs_register(&above, 1);
}

static int on_failing_disk(void **unused) {
    for (size_t i = 0; i < 2; i++) {
        durables[i].size = durables[i].now = 0;
        memset(durables[i].bytes, 0, (size_t)PAGES * PAGE);
        memset(durables[i].dirty, 0, sizeof durables[i].dirty);
    }
    dice = 0, fails = false, fail_next = failed_n = 0;
    return in_new_folder(unused);
}

/* ---- what the ends leave -------------------------------------------------------------------------------------------- */

static char left[128];

static void write_file(const char *name, const char *end, const void *bytes, size_t n) {
    char path[160];
    snprintf(path, sizeof path, "%s%s", name, end);
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(bytes, 1, n, f), n);
    fclose(f);
}

static size_t read_file(const char *name, const char *end, unsigned char *bytes) {
    char path[160];
    snprintf(path, sizeof path, "%s%s", name, end);
    FILE *f = fopen(path, "rb");
    size_t n = f ? fread(bytes, 1, (size_t)PAGES * PAGE, f) : 0;
    if (f)
        fclose(f);
    return n;
}

static void loss_of_power(void) {
    snprintf(left, sizeof left, "%s/power.db", folder);
    write_file(left, "", durables[0].bytes, (size_t)durables[0].size);
    write_file(left, "-wal", durables[1].bytes, (size_t)durables[1].size);
}

static void sudden_death(void) {
    snprintf(left, sizeof left, "%s/killed.db", folder);
    unsigned char *bytes = malloc((size_t)PAGES * PAGE);
    static const char *const ends[] = {"", "-wal"};
    for (size_t i = 0; i < 2; i++) {
        size_t n = read_file(file, ends[i], bytes);
        write_file(left, ends[i], bytes, n);
    }
    free(bytes);
}

static ledger *opened_at(const char *path) {
    void *l = NULL;
    yz_diag diag = {0};
    if (sqlite_open(&(config){.path = yz_str_of(path)}, &l, &diag) != YZ_OK)
        fail_msg("%.*s", (int)diag.text.n, diag.text.p);
    yz_diag_free(&diag);
    return l;
}

static void remove_at(const char *path) {
    static const char *const ends[] = {"", "-wal", "-shm", "-wills-0"};
    char name[160];
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        snprintf(name, sizeof name, "%s%s", path, ends[i]);
        unlink(name);
    }
}

/* ---- what was said -------------------------------------------------------------------------------------------------- */

enum { SAID = 400 };
static int said[SAID], said_n; /* the codes of holds h0, h1, … */

static void hold_next(ledger *l) {
    char id[32];
    snprintf(id, sizeof id, "h%d", said_n);
    said[said_n++] = hold(l, "a", id, 10).code;
}

static void take_state(void *arg, const yz_ledger_row *row) { *(yz_hold_state *)arg = row->state; }
static int state_of(yz_hold_state *state, ledger *l, const char *id) {
    *state = YZ_HOLD_STATES_N;
    return sqlite_read(l, &(yz_ledger_query){YZ_LEDGER_QUERY, .what = YZ_LEDGER_HOLDS, .id = yz_str_of(id)}, take_state, state);
}

static void is_what_was_said(const char *path) {
    ledger *l = opened_at(path);
    assert_int_equal(faults(l), 0);
    for (int i = 0; i < said_n; i++) {
        char id[32];
        yz_hold_state state;
        snprintf(id, sizeof id, "h%d", i);
        assert_int_equal(state_of(&state, l, id), YZ_OK);
        if ((state == YZ_HOLD_STATES_N) != (said[i] != YZ_OK))
            fail_msg("%s: hold %s was %s, and is %s", path, id, said[i] == YZ_OK ? "acknowledged" : "refused",
                     state == YZ_HOLD_STATES_N ? "not there" : "there");
    }
    sqlite_close(l);
    remove_at(path);
}

static void judge(void) {
    uint64_t before = dice;
    bool failed_before = fails;
    loss_of_power();
    sudden_death();
    dice = 0, fails = false;
    is_what_was_said(left);
    snprintf(left, sizeof left, "%s/power.db", folder);
    is_what_was_said(left);
    dice = before, fails = failed_before;
}

/* ---- the tests ------------------------------------------------------------------------------------------------------ */

static void begin(ledger *l) {
    said_n = 0;
    assert_int_equal(credit(l, "a", "c", 1000000).code, YZ_OK);
    for (int i = 0; i < 5; i++)
        hold_next(l);
}

/* Tried again, and written: nobody need know but the log. */
static void test_fails_once(void **unused) {
    (void)unused;
    ledger *l = opened();
    begin(l);
    fail_next = 1;
    hold_next(l);
    assert_int_equal(said[said_n - 1], YZ_OK);
    assert_int_equal(failed_n, 1);
    judge();
    hold_next(l);
    judge();
    sqlite_close(l);
}

static void test_fails_for_good(void **unused) {
    (void)unused;
    ledger *l = opened();
    begin(l);
    fails = true;
    for (int i = 0; i < 3; i++) {
        hold_next(l);
        assert_int_equal(said[said_n - 1], YZ_EIO);
        judge();
    }
    assert_non_null(strstr(sqlite_why(l), "ledger.db"));
    assert_non_null(strstr(sqlite_why(l), strerror(EIO)));
    sqlite_post(l, &(yz_posting){YZ_POSTING, .kind = YZ_POSTING_CAPTURE, .id = YZ_STR("h0"), .amount = 7}, NULL, NULL);
    usleep(300000);
    judge();
    fails = false;
    yz_posted p = end(l, YZ_POSTING_RELEASE, "h0", 0);
    for (int i = 0; i < 200 && !p.before; i++) {
        usleep(10000);
        p = end(l, YZ_POSTING_RELEASE, "h0", 0);
    }
    assert_true(p.state == YZ_HOLD_CAPTURED && p.amount == 7);
    hold_next(l);
    assert_int_equal(said[said_n - 1], YZ_OK);
    judge();
    sqlite_close(l);
}

static void take_job_row(void *arg, const yz_ledger_row *row) { *(int64_t *)arg = row->amount; }
static int64_t revision_of_job(ledger *l) {
    int64_t revision = 0;
    yz_ledger_query query = {YZ_LEDGER_QUERY, .what = YZ_LEDGER_JOBS, .id = YZ_STR("j")};
    assert_int_equal(sqlite_read(l, &query, take_job_row, &revision), YZ_OK);
    return revision;
}

/* In what either end leaves, a job is over and paid back, or neither. */
static void job_is_whole(bool over) {
    loss_of_power();
    sudden_death();
    for (int i = 0; i < 2; i++) {
        snprintf(left, sizeof left, "%s/%s.db", folder, i ? "power" : "killed");
        bool failed_before = fails;
        fails = false;
        ledger *l = opened_at(left);
        assert_int_equal(revision_of_job(l), over ? 2 : 1);
        assert_int_equal(end(l, YZ_POSTING_RELEASE, "h1", 0).available, 1000000 - 37 + (over ? 7 : 0));
        assert_int_equal(faults(l), 0);
        sqlite_close(l);
        remove_at(left);
        fails = failed_before;
    }
}

static void test_job_fails(void **unused) {
    (void)unused;
    const yz_posting refund = {YZ_POSTING, .kind = YZ_POSTING_REFUND, .id = YZ_STR("r"), .of = YZ_STR("h0")};
    yz_posting job = {YZ_POSTING, .kind = YZ_POSTING_JOB, .account = YZ_STR("acme"), .id = YZ_STR("j"), .expires = 9};
    ledger *l = opened();
    begin(l);
    assert_int_equal(end(l, YZ_POSTING_CAPTURE, "h0", 7).code, YZ_OK);
    assert_int_equal(end(l, YZ_POSTING_RELEASE, "h1", 0).code, YZ_OK);
    assert_int_equal(posted_now(l, job).code, YZ_OK);
    fails = true;
    job.amount = 1, job.expires = 0, job.with = &refund;
    assert_int_equal(posted_now(l, job).code, YZ_EIO);
    job_is_whole(false);
    assert_int_equal(sqlite_post(l, &job, NULL, NULL), YZ_OK); /* nobody waits: it is tried until it is written */
    usleep(300000);
    job_is_whole(false);
    fails = false;
    for (int i = 0; i < 500 && revision_of_job(l) < 2; i++)
        usleep(10000);
    job_is_whole(true);
    yz_posted p = posted_now(l, job);
    assert_true(p.before && p.code == YZ_OK && p.amount == 2);
    job_is_whole(true);
    sqlite_close(l);
}

/* Every fourth sync fails, also those that take the log into the file. */
static void test_fails_by_chance(void **unused) {
    int rounds = getenv("YUZUI_LONG") ? 200 : 2;
    be_quiet();
    for (int round = 1; round <= rounds; round++) {
        if (round > 1)
            on_failing_disk(unused);
        ledger *l = opened();
        begin(l);
        sqlite3_exec(l->book.db, "PRAGMA wal_autocheckpoint = 20", NULL, NULL, NULL); /* nothing is posted now */
        dice = (uint64_t)round * 77;
        for (int i = 0; i < 120; i++) {
            hold_next(l);
            if (i % 3 == 0) {
                char id[32];
                snprintf(id, sizeof id, "h%d", i / 3);
                if (said[i / 3] == YZ_OK)
                    sqlite_post(l, &(yz_posting){YZ_POSTING, .kind = YZ_POSTING_CAPTURE, .id = yz_str_of(id), .amount = 7}, NULL, NULL);
            }
            if (i % 20 == 19)
                judge();
        }
        assert_in_range(failed_n, 10, INT32_MAX);
        dice = 0;
        sqlite_close(l);
        is_what_was_said(file);
        without_folder(unused);
    }
    in_new_folder(unused);
}

/* ---- damage --------------------------------------------------------------------------------------------------------- */

static void garble(const char *end, int64_t at, size_t n, int with) {
    char path[160];
    snprintf(path, sizeof path, "%s%s", file, end);
    FILE *f = fopen(path, "r+b");
    assert_non_null(f);
    fseek(f, (long)at, SEEK_SET);
    for (size_t i = 0; i < n; i++)
        fputc(with < 0 ? (int)(roll() & 0xff) : with, f);
    fclose(f);
}

/* Each page of the file, one at a time, becomes zeros or noise: it is not opened, or the audit finds it, or (a page that is not used) the
 * balance is what it was. */
static void test_damaged_pages(void **unused) {
    (void)unused;
    be_quiet();
    ledger *l = opened();
    begin(l);
    for (int i = 0; i < 150; i++)
        hold_next(l);
    sqlite_close(l);
    unsigned char *bytes = calloc(PAGES, PAGE);
    size_t n = read_file(file, "", bytes);
    int refused = 0, found = 0;
    for (size_t page = 0; page < n / PAGE; page++)
        for (int with = -1; with <= 0; with++) {
            dice = 5 + page;
            write_file(file, "", bytes, n);
            garble("", (int64_t)page * PAGE, PAGE, with);
            dice = 0;
            void *opened_ledger = NULL;
            yz_diag diag = {0};
            if (sqlite_open(&(config){.path = yz_str_of(file)}, &opened_ledger, &diag) != YZ_OK) {
                if (!strstr(diag.text.p, "ledger.db") || !strstr(diag.text.p, "yuzui backup"))
                    fail_msg("page %zu: %.*s", page, (int)diag.text.n, diag.text.p);
                refused++;
            } else {
                int here = 0;
                int code = sqlite_read(opened_ledger, &(yz_ledger_query){YZ_LEDGER_QUERY, .what = YZ_LEDGER_FAULTS}, count_fault, &here);
                if (code == YZ_OK && here == 0)
                    fail_msg("page %zu is garbled, and nobody has noticed", page);
                found++;
                sqlite_close(opened_ledger);
            }
            yz_diag_free(&diag);
            remove_at(file);
        }
    free(bytes);
    print_message("of %zu pages, twice garbled: %d times it was not opened, %d times the audit found it\n", n / PAGE, refused, found);
    assert_in_range(refused, 4, INT32_MAX);
}

int main(void) {
#define ON_FAILING_DISK(test) cmocka_unit_test_setup_teardown(test, on_failing_disk, without_folder)
    const struct CMUnitTest tests[] = {
        ON_FAILING_DISK(test_fails_once),      ON_FAILING_DISK(test_fails_for_good), ON_FAILING_DISK(test_job_fails),
        ON_FAILING_DISK(test_fails_by_chance), ON_FAILING_DISK(test_damaged_pages),
    };
    return cmocka_run_group_tests(tests, put_layer, NULL);
}
