/* sqlite.c: a ledger in one file: options, and what the writer's thread (common/writer.h) has this database do. */
#include "sqlite.h"

#include "../common/keep.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

enum { BATCH = 1000 };

typedef struct config {
    yz_str path;
    int64_t keep; /* ms; 0: for ever */
} config;

static const yz_option options[] = {
    {"path", YZ_OPTION_STRING, offsetof(config, path), .help = "absolute path of the database; made if it is not there", .required = true},
    {"keep", YZ_OPTION_DURATION, offsetof(config, keep),
     .help = "requests that are older are removed but for what they came to, as in \"400d\"; not said: none is", KEEP_BOUNDS},
};

typedef struct ledger {
    char *path;
    book book; /* the writer's */
    writer *writer;
    int64_t keep; /* seconds; 0: for ever */
    char rule[KEEP_RULE];
    atomic_bool serves; /* a gateway does, and not a command */
    bool stuck;         /* nothing can be removed, and the log knows */
    bool works;         /* the disk does, as far as the last failure has shown */
    char why[BOOK_WHY]; /* the last failure */
} ledger;

/* ---- what the writer asks for --------------------------------------------------------------------------------------- */

static void roll_back(book *b) {
    if (!sqlite3_get_autocommit(b->db)) /* a full disk may have rolled it back already */
        book_run(b, BOOK_ROLLBACK, "");
}

static const char *sqlite_why(void *arg) { return ((const ledger *)arg)->why; }

/* Says what failed while the database still knows, and undoes it. A commit of which only the sync failed stands in the log, whole: whoever
 * read that after a crash would find written what was refused. So it is cut off. What the failed sync did not take to the disk is all
 * behind the last commit, and written anew by the next; so a sync that succeeds may be believed, and one of nothing says if the disk works.
 */
static void undo(ledger *l) {
    book *b = &l->book;
    bool disk = (sqlite3_errcode(b->db) & 0xff) == SQLITE_IOERR;
    book_why(b, l->path, "", l->why, sizeof l->why);
    roll_back(b);
    if (disk)
        book_cut(b);
    l->works = !disk || book_touch(b);
}

static bool sqlite_write(void *arg, writer_item *first, const writer_item *end, int64_t now) {
    ledger *l = arg;
    book *b = &l->book;
    bool ok = book_run(b, BOOK_BEGIN, "") == SQLITE_DONE;
    for (writer_item *it = first; ok && it != end; it = it->next)
        ok = post_one(b, &it->posting, it->final, now, &it->posted) == YZ_OK;
    ok = ok && usage_write(b) && book_run(b, BOOK_COMMIT, "") == SQLITE_DONE;
    if (!ok)
        undo(l);
    usage_forget(b);
    return ok;
}

/* Of what fails, one posting alone may not, unless it is the disk that fails. */
static bool sqlite_ready(void *arg) { return ((const ledger *)arg)->works; }

static int sqlite_expire(void *arg, int64_t now, int most) {
    ledger *l = arg;
    book *b = &l->book;
    int n = book_run(b, BOOK_BEGIN, "") == SQLITE_DONE ? post_expire(b, now, most) : YZ_EIO;
    if (n >= 0 && lent_expire(b, now) < 0)
        n = YZ_EIO;
    if (n >= 0 && book_run(b, BOOK_COMMIT, "") != SQLITE_DONE)
        n = YZ_EIO;
    if (n < 0)
        undo(l);
    return n;
}

/* What does not add up is not removed, and all behind it waits: the log has to know. */
static int remove_kept(ledger *l, int64_t now) {
    int n = remove_old(&l->book, now - l->keep, yz_str_of(l->rule));
    if (n < 0 && !l->stuck)
        yz_log(YZ_LOG_ERROR, "sqlite: %s: what is older than %s cannot be removed: %s; `yuzui audit` says what does not add up", l->path,
               l->rule, sqlite3_errmsg(l->book.db));
    l->stuck = n < 0;
    return n;
}

/* Sums first: what is removed has them, or the next day's would be late. */
static int sqlite_roll(void *arg, int64_t now) {
    ledger *l = arg;
    book *b = &l->book;
    int n = book_run(b, BOOK_BEGIN, "") == SQLITE_DONE ? usage_roll(b, now) : YZ_EIO;
    if (n == 0 && l->keep && atomic_load(&l->serves))
        n = remove_kept(l, now);
    if (n >= 0 && book_run(b, BOOK_COMMIT, "") != SQLITE_DONE)
        n = YZ_EIO;
    if (n < 0)
        undo(l);
    return n;
}

static void sqlite_wanted(void *arg, int64_t now, writer_told *told, void *told_arg) {
    lent_wanted(&((ledger *)arg)->book, now, told, told_arg);
}

static const writer_store store_ops = {"sqlite", BATCH, sqlite_write, sqlite_ready, sqlite_expire, sqlite_roll, sqlite_why, sqlite_wanted};

/* ---- the interface -------------------------------------------------------------------------------------------------- */

static void free_ledger(ledger *l) {
    book_close(&l->book);
    free(l->path);
    free(l);
}

static int start(ledger *l, yz_diag *diag) {
    char why[BOOK_WHY];
    if (book_open(&l->book, l->path, why) != YZ_OK) {
        yz_diag_error(diag, "sqlite: %s", why);
        return YZ_EIO;
    }
    l->writer = writer_start(&store_ops, l, l->path);
    if (!l->writer)
        yz_diag_error(diag, "sqlite: no thread can be made");
    return l->writer ? YZ_OK : YZ_EIO;
}

static int sqlite_open(const void *cfg, void **out, yz_diag *diag) {
    yz_str path = ((const config *)cfg)->path;
    if (path.n == 0 || path.p[0] != '/' || memchr(path.p, 0, path.n)) {
        yz_diag_error(diag, "sqlite: path should be absolute, as in \"/var/lib/yuzui/ledger.db\", not \"%.*s\"", YZ_STR_ARGS(path));
        return YZ_EINVAL;
    }
    ledger *l = calloc(1, sizeof *l);
    if (l)
        l->keep = keep_read(((const config *)cfg)->keep, l->rule);
    if (!l || !(l->path = strndup(path.p, path.n))) {
        free(l);
        return YZ_ELIMIT;
    }
    int code = start(l, diag);
    if (code != YZ_OK) {
        free_ledger(l);
        return code;
    }
    *out = l;
    return YZ_OK;
}

static void sqlite_serve(void *arg) { atomic_store(&((ledger *)arg)->serves, true); }

static void sqlite_close(void *arg) {
    ledger *l = arg;
    writer_close(l->writer);
    free_ledger(l);
}

static int sqlite_post(void *arg, const yz_posting *posting, yz_ledger_done *done, void *done_arg) {
    return writer_post(((ledger *)arg)->writer, posting, done, done_arg);
}

static uint64_t sqlite_will(void *arg, const yz_posting *posting) { return writer_will(((ledger *)arg)->writer, posting); }

static bool sqlite_cover(void *arg, yz_posting *hold, yz_posting *end) { return writer_cover(((ledger *)arg)->writer, hold, end); }

static int sqlite_read(void *arg, const yz_ledger_query *query, yz_ledger_on_row *on_row, void *row_arg) {
    return read_rows(((const ledger *)arg)->path, query, on_row, row_arg);
}

static int sqlite_backup(void *arg, yz_str file) { return read_backup(((const ledger *)arg)->path, file); }

static const yz_ledger_ops ops = {YZ_LEDGER,           .open = sqlite_open,   .close = sqlite_close,
                                  .post = sqlite_post, .read = sqlite_read,   .backup = sqlite_backup,
                                  .will = sqlite_will, .cover = sqlite_cover, .serve = sqlite_serve};

YZ_PLUGIN_KINDS("ledger");
YZ_PLUGIN(.name = "sqlite", .summary = "a ledger in one file: prepaid money, held, charged and given back", .version = "1.0",
          .config_size = sizeof(config), YZ_OPTIONS(options), .ledger = &ops)
