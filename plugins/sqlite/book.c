/* book.c: a connection to the file: how it is opened, the shape of its tables, and statements that are prepared once.
 *
 * Write-ahead log and synchronous=FULL: what was committed survives a loss of power, and readers never wait for the writer. Entries and
 * transactions are only ever added, and the tables refuse anything else. Balances beside the entries are there to be quick; the audit
 * computes them anew.
 */
#include "sqlite.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define APPLICATION "0x79757a75" /* "yuzu" */

/* What usage_came and usage_grew add to the parts, of a row that has changed: more(column) is by how much. */
#define CAME(column) "new." column
#define GREW(column) "new." column " - old." column
#define LATE(more)                                                                                                                         \
    "INSERT INTO usage_part SELECT part, " BOOK_PART_NAMES("new.") ", " more("calls") ", " more("input") ", " more("cached") ", " more(    \
        "output") ", " more("captured") ", " more("absorbed") ", " more("refunded") " FROM " BOOK_PARTS                                    \
                                                                                    " WHERE of = new.span" BOOK_PART_ADDS ";"

#define LATE_TRIGGERS                                                                                                                      \
    "CREATE TRIGGER usage_came AFTER INSERT ON usage WHEN new.start < (SELECT until FROM usage_rolled WHERE span = new.span) BEGIN " LATE( \
        CAME) " END;"                                                                                                                      \
              "CREATE TRIGGER usage_grew AFTER UPDATE ON usage WHEN new.start < (SELECT until FROM usage_rolled WHERE span = new.span) "   \
              "BEGIN " LATE(GREW) " END;"

/* One script a version: the file's user_version is how many were run. They are never edited, only followed by another. */
static const char *const MIGRATIONS[] = {
    "CREATE TABLE account (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, available INTEGER NOT NULL DEFAULT 0 CHECK (available >= 0),"
    " held INTEGER NOT NULL DEFAULT 0 CHECK (held >= 0), created INTEGER NOT NULL) STRICT;"
    "CREATE TABLE hold (id TEXT PRIMARY KEY, account INTEGER NOT NULL REFERENCES account, amount INTEGER NOT NULL CHECK (amount > 0),"
    " request TEXT NOT NULL, model TEXT NOT NULL, price TEXT NOT NULL, created INTEGER NOT NULL, expires INTEGER NOT NULL,"
    " state INTEGER NOT NULL DEFAULT 0 CHECK (state BETWEEN 0 AND 3), captured INTEGER NOT NULL DEFAULT 0 CHECK (captured >= 0),"
    " absorbed INTEGER NOT NULL DEFAULT 0 CHECK (absorbed >= 0), refunded INTEGER NOT NULL DEFAULT 0 CHECK (refunded BETWEEN 0 AND "
    "captured),"
    " ended INTEGER NOT NULL DEFAULT 0, detail TEXT NOT NULL DEFAULT '') STRICT;"
    "CREATE INDEX hold_open ON hold (expires) WHERE state = 0;"
    "CREATE INDEX hold_account ON hold (account, created);"
    "CREATE INDEX hold_request ON hold (request);"
    "CREATE INDEX hold_created ON hold (created);"
    "CREATE TABLE txn (id INTEGER PRIMARY KEY, kind INTEGER NOT NULL CHECK (kind BETWEEN 1 AND 6), ref TEXT NOT NULL,"
    " hold TEXT REFERENCES hold, created INTEGER NOT NULL, detail TEXT NOT NULL, UNIQUE (kind, ref)) STRICT;"
    "CREATE UNIQUE INDEX txn_end ON txn (ref) WHERE kind IN (3, 4, 6);" /* a hold ends once */
    "CREATE INDEX txn_hold ON txn (hold);"
    "CREATE TABLE entry (id INTEGER PRIMARY KEY, txn INTEGER NOT NULL REFERENCES txn, book INTEGER NOT NULL CHECK (book BETWEEN 1 AND 5),"
    " account INTEGER NOT NULL REFERENCES account, amount INTEGER NOT NULL CHECK (amount <> 0), UNIQUE (txn, book)) STRICT;"
    "CREATE INDEX entry_account ON entry (account, book);"
    "CREATE TRIGGER entry_update BEFORE UPDATE ON entry BEGIN SELECT RAISE(ABORT, 'entries are only added'); END;"
    "CREATE TRIGGER entry_delete BEFORE DELETE ON entry BEGIN SELECT RAISE(ABORT, 'entries are only added'); END;"
    "CREATE TRIGGER txn_update BEFORE UPDATE ON txn BEGIN SELECT RAISE(ABORT, 'transactions are only added'); END;"
    "CREATE TRIGGER txn_delete BEFORE DELETE ON txn BEGIN SELECT RAISE(ABORT, 'transactions are only added'); END;"
    "CREATE TRIGGER hold_once BEFORE UPDATE OF state ON hold WHEN old.state <> 0 BEGIN SELECT RAISE(ABORT, 'a hold ends once'); END;"
    "CREATE TRIGGER hold_delete BEFORE DELETE ON hold BEGIN SELECT RAISE(ABORT, 'holds are kept'); END;",

    /* Records with their history; what holds are counted in; usage in hours and days. The end of a hold moves its counts and its usage in
     * the same statement, whoever ends it. */
    "CREATE TABLE history (place INTEGER PRIMARY KEY, kind TEXT NOT NULL, name TEXT NOT NULL, revision INTEGER NOT NULL,"
    " writer TEXT NOT NULL, created INTEGER NOT NULL, detail TEXT NOT NULL, UNIQUE (kind, name, revision)) STRICT;"
    "CREATE TABLE record (kind TEXT NOT NULL, name TEXT NOT NULL, revision INTEGER NOT NULL, place INTEGER NOT NULL UNIQUE REFERENCES "
    "history,"
    " writer TEXT NOT NULL, created INTEGER NOT NULL, detail TEXT NOT NULL, PRIMARY KEY (kind, name)) STRICT;"
    "CREATE TRIGGER history_update BEFORE UPDATE ON history BEGIN SELECT RAISE(ABORT, 'history is only added to'); END;"
    "CREATE TRIGGER history_delete BEFORE DELETE ON history BEGIN SELECT RAISE(ABORT, 'history is only added to'); END;"
    "CREATE TABLE counted (name TEXT PRIMARY KEY, amount INTEGER NOT NULL CHECK (amount >= 0)) STRICT, WITHOUT ROWID;"
    "ALTER TABLE hold ADD COLUMN key TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE hold ADD COLUMN counts TEXT NOT NULL DEFAULT '';" /* names, as a JSON array */
    "CREATE INDEX hold_key ON hold (key, created);"
    "CREATE TABLE usage (span INTEGER NOT NULL, start INTEGER NOT NULL, account INTEGER NOT NULL REFERENCES account, key TEXT NOT NULL,"
    " model TEXT NOT NULL, provider TEXT NOT NULL, calls INTEGER NOT NULL, input INTEGER NOT NULL, cached INTEGER NOT NULL,"
    " output INTEGER NOT NULL, captured INTEGER NOT NULL, absorbed INTEGER NOT NULL, refunded INTEGER NOT NULL,"
    " PRIMARY KEY (span, start, account, key, model, provider)) STRICT, WITHOUT ROWID;"
    "CREATE INDEX usage_key ON usage (key, span, start);"
    "CREATE VIEW hold_usage AS SELECT id, span, hold.ended - hold.ended % span AS start, account, CASE key WHEN '' THEN (SELECT name FROM "
    "account"
    " WHERE account.id = hold.account) ELSE key END AS key, model, coalesce(json_extract(said, '$.provider'), '') AS provider,"
    " coalesce(json_extract(said, '$.input'), 0) AS input, coalesce(json_extract(said, '$.cached'), 0) AS cached,"
    " coalesce(json_extract(said, '$.output'), 0) AS output, captured, absorbed, refunded FROM"
    " (SELECT *, CASE WHEN json_valid(detail) THEN detail ELSE '{}' END AS said FROM hold) AS hold, (SELECT 3600 AS span UNION ALL SELECT "
    "86400)"
    " WHERE state = 1;"
    "INSERT INTO usage SELECT span, start, account, key, model, provider, COUNT(*), SUM(input), SUM(cached), SUM(output), SUM(captured),"
    " SUM(absorbed), SUM(refunded) FROM hold_usage GROUP BY span, start, account, key, model, provider;"
    "CREATE TRIGGER hold_ended AFTER UPDATE OF state ON hold BEGIN"
    " UPDATE counted SET amount = amount + new.captured - new.amount WHERE new.counts <> '' AND name IN (SELECT value FROM"
    "  json_each(CASE new.counts WHEN '' THEN '[]' ELSE new.counts END));"
    " INSERT INTO usage SELECT span, start, account, key, model, provider, 1, input, cached, output, captured, absorbed, 0 FROM hold_usage"
    "  WHERE id = new.id ON CONFLICT DO UPDATE SET calls = calls + 1, input = input + excluded.input, cached = cached + excluded.cached,"
    "  output = output + excluded.output, captured = captured + excluded.captured, absorbed = absorbed + excluded.absorbed;"
    " END;"
    "CREATE TRIGGER hold_refunded AFTER UPDATE OF refunded ON hold BEGIN"
    " UPDATE counted SET amount = amount - (new.refunded - old.refunded) WHERE new.counts <> '' AND name IN (SELECT value FROM"
    "  json_each(CASE new.counts WHEN '' THEN '[]' ELSE new.counts END));"
    " UPDATE usage SET refunded = usage.refunded + new.refunded - old.refunded FROM hold_usage AS h WHERE h.id = new.id AND usage.span = "
    "h.span"
    "  AND usage.start = h.start AND usage.account = h.account AND usage.key = h.key AND usage.model = h.model AND usage.provider = "
    "h.provider;"
    " END;",

    /* What is lent to a process. Of a hold that was made out of a lease the lease's entries tell, not its own. */
    "CREATE TABLE lease (number INTEGER PRIMARY KEY, account INTEGER NOT NULL REFERENCES account, rest INTEGER NOT NULL CHECK (rest >= 0),"
    " taken INTEGER NOT NULL CHECK (taken > 0), created INTEGER NOT NULL, expires INTEGER NOT NULL, ended INTEGER NOT NULL DEFAULT 0) "
    "STRICT;"
    "CREATE INDEX lease_open ON lease (expires) WHERE ended = 0;"
    "CREATE INDEX lease_account ON lease (account) WHERE ended = 0;"
    "CREATE TRIGGER lease_once BEFORE UPDATE ON lease WHEN old.ended <> 0 BEGIN SELECT RAISE(ABORT, 'a lease ends once'); END;"
    "CREATE TRIGGER lease_delete BEFORE DELETE ON lease BEGIN SELECT RAISE(ABORT, 'leases are kept'); END;"
    "ALTER TABLE hold ADD COLUMN lease INTEGER NOT NULL DEFAULT 0;",

    /* Leases that were given back before they were there, and never will be; and when what is lent of an account is wanted back. */
    "CREATE TABLE lease_void (number INTEGER PRIMARY KEY) STRICT;"
    "ALTER TABLE account ADD COLUMN wanted INTEGER NOT NULL DEFAULT 0;",

    /* Fewer indexes, and entries in one tree: what is written for every request costs less than what is asked once a day. Usage that its
     * writer has summed is not summed here. */
    "DROP INDEX hold_created; DROP INDEX txn_hold; DROP INDEX entry_account;"
    "CREATE INDEX txn_refund ON txn (hold) WHERE kind = 5;"
    "CREATE TABLE entry_new (txn INTEGER NOT NULL REFERENCES txn, book INTEGER NOT NULL CHECK (book BETWEEN 1 AND 5),"
    " account INTEGER NOT NULL REFERENCES account, amount INTEGER NOT NULL CHECK (amount <> 0), PRIMARY KEY (txn, book)) STRICT, WITHOUT "
    "ROWID;"
    "INSERT INTO entry_new SELECT txn, book, account, amount FROM entry ORDER BY txn, book;"
    "DROP TABLE entry; ALTER TABLE entry_new RENAME TO entry;"
    "CREATE INDEX entry_paid ON entry (account) WHERE book = 3;"
    "CREATE TRIGGER entry_update BEFORE UPDATE ON entry BEGIN SELECT RAISE(ABORT, 'entries are only added'); END;"
    "CREATE TRIGGER entry_delete BEFORE DELETE ON entry BEGIN SELECT RAISE(ABORT, 'entries are only added'); END;"
    "ALTER TABLE hold ADD COLUMN summed INTEGER NOT NULL DEFAULT 0;"
    "DROP TRIGGER hold_ended;"
    "CREATE TRIGGER hold_counted AFTER UPDATE OF state ON hold WHEN new.counts <> '' BEGIN"
    " UPDATE counted SET amount = amount + new.captured - new.amount WHERE name IN (SELECT value FROM json_each(new.counts)); END;"
    "CREATE TRIGGER hold_ended AFTER UPDATE OF state ON hold WHEN new.summed = 0 AND new.state = 1 BEGIN"
    " INSERT INTO usage SELECT span, start, account, key, model, provider, 1, input, cached, output, captured, absorbed, 0 FROM hold_usage"
    "  WHERE id = new.id ON CONFLICT DO UPDATE SET calls = calls + 1, input = input + excluded.input, cached = cached + excluded.cached,"
    "  output = output + excluded.output, captured = captured + excluded.captured, absorbed = absorbed + excluded.absorbed;"
    " END;",

    /* What is asked of a stretch of time, and of one account; of that no request changes a row. */
    "CREATE INDEX hold_created ON hold (created);"
    "CREATE INDEX usage_account ON usage (account, span, start);",

    /* Jobs, in the order in which they were made. */
    "CREATE TABLE job (place INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, owner TEXT NOT NULL, key TEXT NOT NULL,"
    " revision INTEGER NOT NULL CHECK (revision > 0), look INTEGER NOT NULL CHECK (look >= 0), created INTEGER NOT NULL,"
    " ended INTEGER NOT NULL DEFAULT 0, detail TEXT NOT NULL) STRICT;"
    "CREATE INDEX job_due ON job (look) WHERE look > 0;"
    "CREATE INDEX job_owner ON job (owner);" /* and place, which every index has */
    "CREATE TRIGGER job_once BEFORE UPDATE ON job WHEN old.look = 0 BEGIN SELECT RAISE(ABORT, 'a job ends once'); END;"
    "CREATE TRIGGER job_delete BEFORE DELETE ON job BEGIN SELECT RAISE(ABORT, 'jobs are kept'); END;",

    /* Usage of hours and days that are over, by fewer names: 1: by account and key, 2: by model and provider, 3: all of an account. What is
     * before `until` has them; what comes late is added to them. */
    "CREATE TABLE usage_part (part INTEGER NOT NULL, span INTEGER NOT NULL, start INTEGER NOT NULL, account INTEGER NOT NULL,"
    " key TEXT NOT NULL, model TEXT NOT NULL, provider TEXT NOT NULL, calls INTEGER NOT NULL, input INTEGER NOT NULL,"
    " cached INTEGER NOT NULL, output INTEGER NOT NULL, captured INTEGER NOT NULL, absorbed INTEGER NOT NULL, refunded INTEGER NOT NULL,"
    " PRIMARY KEY (part, span, start, account, key, model, provider)) STRICT, WITHOUT ROWID;"
    "CREATE TABLE usage_rolled (span INTEGER PRIMARY KEY, until INTEGER NOT NULL) STRICT;"
    "INSERT INTO usage_rolled VALUES (3600, 0), (86400, 0);" LATE_TRIGGERS
    "CREATE INDEX usage_model ON usage (model, start) WHERE span = 86400;"
    "CREATE INDEX usage_provider ON usage (provider, start) WHERE span = 86400;",

    /* Usage by no name at all: 4. */
    "DROP TRIGGER usage_came; DROP TRIGGER usage_grew;" LATE_TRIGGERS
    "INSERT INTO usage_part SELECT 4, span, start, 0, '', '', '', SUM(calls), SUM(input), SUM(cached), SUM(output), SUM(captured),"
    " SUM(absorbed), SUM(refunded) FROM usage_part WHERE part = 1 GROUP BY span, start;",

    /* What tries cost, by the hour in which their holds ended and by the provider that was asked, as the details of holds say. */
    "CREATE TABLE tried (start INTEGER NOT NULL, provider TEXT NOT NULL, tries INTEGER NOT NULL, amount INTEGER NOT NULL,"
    " estimated INTEGER NOT NULL, unknown INTEGER NOT NULL, PRIMARY KEY (start, provider)) STRICT, WITHOUT ROWID;"
    "CREATE VIEW hold_tries AS SELECT ended.id AS id, start, coalesce(json_extract(try.value, '$.provider'), '') AS provider,"
    " CAST(round(coalesce(json_extract(try.value, '$.usd'), 0) * 1000000000) AS INTEGER) AS amount,"
    " json_extract(try.value, '$.cost') AS cost FROM (SELECT id, ended - ended % 3600 AS start,"
    "  CASE WHEN json_valid(detail) THEN detail ELSE '{}' END AS said FROM hold WHERE state <> 0) AS ended,"
    " json_each(CASE json_type(said, '$.tries') WHEN 'array' THEN json_extract(said, '$.tries') ELSE '[]' END) AS try"
    " WHERE try.type = 'object' AND coalesce(json_extract(try.value, '$.cost'), '') NOT IN ('', 'none');"
    "CREATE VIEW tries_by_hour AS SELECT start, provider, COUNT(*) AS tries, SUM(amount) AS amount,"
    " SUM(CASE cost WHEN 'estimated' THEN amount ELSE 0 END) AS estimated, SUM(cost = 'unknown') AS unknown FROM hold_tries"
    " GROUP BY start, provider;"
    "INSERT INTO tried SELECT * FROM tries_by_hour;"
    "CREATE TRIGGER hold_tried AFTER UPDATE OF state ON hold WHEN new.summed = 0 AND new.detail LIKE '{%' BEGIN"
    " INSERT INTO tried SELECT start, provider, COUNT(*), SUM(amount), SUM(CASE cost WHEN 'estimated' THEN amount ELSE 0 END),"
    "  SUM(cost = 'unknown') FROM hold_tries WHERE id = new.id GROUP BY start, provider ON CONFLICT DO UPDATE SET"
    "  tries = tries + excluded.tries, amount = amount + excluded.amount, estimated = estimated + excluded.estimated,"
    "  unknown = unknown + excluded.unknown;"
    " END;",

    /* What was removed: the ids of holds; what they and their entries came to, by the hour of their end and by account; what their tries
     * did; of counts and leases how much. And since when nothing is complete any more, and by which rule. Only such a hold, its
     * transactions and entries, and a lease that has no holds left, may be deleted. */
    "CREATE TABLE removed_hold (id TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;"
    "CREATE TABLE removed (start INTEGER NOT NULL, account INTEGER NOT NULL REFERENCES account, holds INTEGER NOT NULL,"
    " available INTEGER NOT NULL, held INTEGER NOT NULL, revenue INTEGER NOT NULL, lost INTEGER NOT NULL, captured INTEGER NOT NULL,"
    " refunded INTEGER NOT NULL, CHECK (available + held + revenue = lost), CHECK (revenue - lost = captured),"
    " PRIMARY KEY (start, account)) STRICT, WITHOUT ROWID;"
    "CREATE TABLE removed_tries (start INTEGER NOT NULL, provider TEXT NOT NULL, tries INTEGER NOT NULL, amount INTEGER NOT NULL,"
    " estimated INTEGER NOT NULL, unknown INTEGER NOT NULL, PRIMARY KEY (start, provider)) STRICT, WITHOUT ROWID;"
    "CREATE TABLE removal (until INTEGER NOT NULL, rule TEXT NOT NULL) STRICT; INSERT INTO removal VALUES (0, '');"
    "ALTER TABLE counted ADD COLUMN removed INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE lease ADD COLUMN removed INTEGER NOT NULL DEFAULT 0;"
    "CREATE INDEX lease_over ON lease (ended) WHERE ended <> 0;"
    "CREATE TRIGGER removed_hold_delete BEFORE DELETE ON removed_hold BEGIN SELECT RAISE(ABORT, 'ids of holds are kept'); END;"
    "CREATE TRIGGER removed_hold_update BEFORE UPDATE ON removed_hold BEGIN SELECT RAISE(ABORT, 'ids of holds are kept'); END;"
    "DROP TRIGGER hold_delete;"
    "CREATE TRIGGER hold_delete BEFORE DELETE ON hold WHEN NOT EXISTS (SELECT 1 FROM removed_hold WHERE removed_hold.id = old.id)"
    " BEGIN SELECT RAISE(ABORT, 'holds are kept'); END;"
    "DROP TRIGGER txn_delete;"
    "CREATE TRIGGER txn_delete BEFORE DELETE ON txn WHEN old.kind IN (1, 5) OR (old.hold IS NOT NULL AND NOT EXISTS (SELECT 1 FROM"
    " removed_hold WHERE removed_hold.id = old.hold)) BEGIN SELECT RAISE(ABORT, 'transactions are only added'); END;"
    "DROP TRIGGER entry_delete;"
    "CREATE TRIGGER entry_delete BEFORE DELETE ON entry WHEN EXISTS (SELECT 1 FROM txn WHERE txn.id = old.txn)"
    " BEGIN SELECT RAISE(ABORT, 'entries are only added'); END;"
    "DROP TRIGGER lease_once;"
    "CREATE TRIGGER lease_once BEFORE UPDATE OF account, rest, taken, created, expires, ended ON lease WHEN old.ended <> 0"
    " BEGIN SELECT RAISE(ABORT, 'a lease ends once'); END;"
    "DROP TRIGGER lease_delete;"
    "CREATE TRIGGER lease_delete BEFORE DELETE ON lease WHEN old.ended = 0 OR old.taken <> old.rest + old.removed"
    " BEGIN SELECT RAISE(ABORT, 'leases are kept'); END;",

    /* Usage of 8 and of 64 days, by account and key (1) and by all names (5). */
    "DROP TRIGGER usage_came; DROP TRIGGER usage_grew;" LATE_TRIGGERS "INSERT INTO usage_part SELECT part, " BOOK_PART_NAMES(
        "usage.") ", SUM(calls), SUM(input), SUM(cached), SUM(output), SUM(captured),"
                  " SUM(absorbed), SUM(refunded) FROM usage, " BOOK_PARTS " WHERE span = 86400 AND start < " BOOK_ROLLED(
                      "86400") " AND of = span"
                               " AND up_to > 86400 GROUP BY 1, 2, 3, 4, 5, 6, 7;"
                               "CREATE INDEX usage_part_account ON usage_part (account, span, start) WHERE part = 5;"
                               "CREATE INDEX usage_part_key ON usage_part (key, span, start) WHERE part = 5;",

    /* Jobs that are over, and whose hold is gone, and counts of days and months that are over and have no hold left, may be removed. Ids of
     * jobs stay as those of holds do. */
    "CREATE TABLE removed_job (id TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;"
    "CREATE TRIGGER removed_job_delete BEFORE DELETE ON removed_job BEGIN SELECT RAISE(ABORT, 'ids of jobs are kept'); END;"
    "CREATE TRIGGER removed_job_update BEFORE UPDATE ON removed_job BEGIN SELECT RAISE(ABORT, 'ids of jobs are kept'); END;"
    "DROP TRIGGER job_delete;"
    "CREATE TRIGGER job_delete BEFORE DELETE ON job WHEN old.look <> 0 OR EXISTS (SELECT 1 FROM hold WHERE hold.id = old.id) OR NOT EXISTS"
    " (SELECT 1 FROM removed_job WHERE removed_job.id = old.id UNION ALL SELECT 1 FROM removed_hold WHERE removed_hold.id = old.id)"
    " BEGIN SELECT RAISE(ABORT, 'jobs are kept'); END;"
    "CREATE INDEX job_over ON job (ended) WHERE look = 0;"
    "CREATE INDEX counted_day ON counted (substr(name, -10)) WHERE " BOOK_OF_DAY ";"
    "CREATE INDEX counted_month ON counted (substr(name, -7)) WHERE " BOOK_OF_MONTH ";",
};
enum { VERSION = sizeof(MIGRATIONS) / sizeof(*MIGRATIONS) };

static const char *const TEXTS[] = {
#define BOOK_TEXT(name, text) text,
    BOOK_STATEMENTS(BOOK_TEXT)
#undef BOOK_TEXT
};

#define DAMAGED                                                                                                                            \
    ": the file is damaged: stop yuzui, move it and its -wal and -shm away, and put the last copy that `yuzui backup` made in its place"

/* What the system said about the log, or else about the file: of a commit SQLite only keeps that it failed. */
static int system_error(const book *b) {
    sqlite3_file *log = NULL;
    int number = 0;
    if (sqlite3_file_control(b->db, "main", SQLITE_FCNTL_JOURNAL_POINTER, &log) == SQLITE_OK && log && log->pMethods)
        log->pMethods->xFileControl(log, SQLITE_FCNTL_LAST_ERRNO, &number);
    return number ? number : sqlite3_system_errno(b->db);
}

void book_why(const book *b, const char *path, const char *doing, char *why, size_t room) {
    int code = b->db ? sqlite3_errcode(b->db) & 0xff : SQLITE_NOMEM;
    snprintf(why, room, "%s: %s%s%s", path, doing, *doing ? ": " : "", b->db ? sqlite3_errmsg(b->db) : "out of memory");
    size_t n = strlen(why);
    int number = code == SQLITE_IOERR || code == SQLITE_CANTOPEN ? system_error(b) : 0;
    if (number)
        snprintf(why + n, room - n, ": %s", strerror(number));
    else if (code == SQLITE_CORRUPT || code == SQLITE_NOTADB)
        snprintf(why + n, room - n, DAMAGED);
}

static int failed(const book *b, const char *path, const char *doing, char *why) {
    book_why(b, path, doing, why, BOOK_WHY);
    return YZ_EIO;
}

/* A number a PRAGMA tells; -1: it failed. */
static int64_t pragma_value(const book *b, const char *pragma) {
    sqlite3_stmt *s = NULL;
    int64_t value = -1;
    if (sqlite3_prepare_v2(b->db, pragma, -1, &s, NULL) == SQLITE_OK && sqlite3_step(s) == SQLITE_ROW)
        value = sqlite3_column_int64(s, 0);
    sqlite3_finalize(s);
    return value;
}

/* In the format of the log and of its index (https://sqlite.org/walformat.html): the length of what is committed. */
static sqlite3_int64 committed(const unsigned char *index) {
    enum { LOG_HEAD = 32, FRAME_HEAD = 24, AT_PAGE_SIZE = 14, AT_FRAMES = 16 };
    uint16_t page;
    uint32_t frames;
    memcpy(&page, index + AT_PAGE_SIZE, sizeof page);
    memcpy(&frames, index + AT_FRAMES, sizeof frames);
    sqlite3_int64 bytes = page == 1 ? 65536 : page;
    return frames ? LOG_HEAD + frames * (FRAME_HEAD + bytes) : 0; /* none: all of it is in the file, and the next one writes a head anew */
}

static void cut(const book *b) {
    enum { REGION = 32768 };
    sqlite3_file *f = NULL, *log = NULL;
    volatile void *index = NULL;
    sqlite3_file_control(b->db, "main", SQLITE_FCNTL_FILE_POINTER, &f);
    sqlite3_file_control(b->db, "main", SQLITE_FCNTL_JOURNAL_POINTER, &log);
    if (f && f->pMethods && log && log->pMethods && f->pMethods->xShmMap(f, 0, REGION, 0, &index) == SQLITE_OK && index)
        log->pMethods->xTruncate(log, committed((const unsigned char *)index));
}

void book_cut(const book *b) {
    if (sqlite3_exec(b->db, "BEGIN IMMEDIATE", NULL, NULL, NULL) == SQLITE_OK) /* else somebody writes there */
        cut(b);
    if (!sqlite3_get_autocommit(b->db))
        sqlite3_exec(b->db, "ROLLBACK", NULL, NULL, NULL);
}

bool book_touch(const book *b) {
    char stamp[64];
    bool ok = sqlite3_exec(b->db, "BEGIN IMMEDIATE", NULL, NULL, NULL) == SQLITE_OK;
    snprintf(stamp, sizeof stamp, "PRAGMA user_version = %lld", (long long)(ok ? pragma_value(b, "PRAGMA user_version") : 0));
    ok = ok && sqlite3_exec(b->db, stamp, NULL, NULL, NULL) == SQLITE_OK && sqlite3_exec(b->db, "COMMIT", NULL, NULL, NULL) == SQLITE_OK;
    if (!sqlite3_get_autocommit(b->db))
        sqlite3_exec(b->db, "ROLLBACK", NULL, NULL, NULL);
    return ok;
}

/* ---- migrations ----------------------------------------------------------------------------------------------------- */

static bool migrate_once(const book *b, int64_t version) {
    char stamp[96];
    snprintf(stamp, sizeof stamp, "PRAGMA user_version = %lld; PRAGMA application_id = " APPLICATION, (long long)version + 1);
    return sqlite3_exec(b->db, MIGRATIONS[version], NULL, NULL, NULL) == SQLITE_OK &&
           sqlite3_exec(b->db, stamp, NULL, NULL, NULL) == SQLITE_OK;
}

/* Inside a transaction, so that of several processes that start at once one does it. */
static int migrate_inside(const book *b, const char *path, char *why) {
    int64_t version = pragma_value(b, "PRAGMA user_version");
    bool other = pragma_value(b, "PRAGMA schema_version") > 0 && pragma_value(b, "PRAGMA application_id") != strtol(APPLICATION, NULL, 16);
    if (version < 0)
        return failed(b, path, "reading its version", why);
    if (other) {
        snprintf(why, BOOK_WHY, "%s is a database of something else", path);
        return YZ_EIO;
    }
    if (version > VERSION) {
        snprintf(why, BOOK_WHY, "%s was written by a newer yuzui: its version is %lld, this one knows %d", path, (long long)version,
                 VERSION);
        return YZ_EIO;
    }
    for (; version < VERSION; version++)
        if (!migrate_once(b, version))
            return failed(b, path, "making its tables", why);
    return YZ_OK;
}

static int migrate(const book *b, const char *path, char *why) {
    if (sqlite3_exec(b->db, "BEGIN IMMEDIATE", NULL, NULL, NULL) != SQLITE_OK)
        return failed(b, path, "writing to it", why);
    int code = migrate_inside(b, path, why);
    if (code == YZ_OK && sqlite3_exec(b->db, "COMMIT", NULL, NULL, NULL) != SQLITE_OK)
        code = failed(b, path, "making its tables", why);
    if (code != YZ_OK)
        sqlite3_exec(b->db, "ROLLBACK", NULL, NULL, NULL);
    return code;
}

/* ---- opening -------------------------------------------------------------------------------------------------------- */

/* Nobody else may read who paid what; SQLite would make it readable for all. Its other files take the mode of this one. */
static int make_file(const char *path, char *why) {
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0) {
        snprintf(why, BOOK_WHY, "%s: %s", path, strerror(errno));
        return YZ_EIO;
    }
    close(fd);
    return YZ_OK;
}

static int prepare_all(book *b, const char *path, char *why) {
    for (size_t i = 0; i < BOOK_STATEMENTS_N; i++)
        if (sqlite3_prepare_v3(b->db, TEXTS[i], -1, SQLITE_PREPARE_PERSISTENT, &b->statements[i], NULL) != SQLITE_OK)
            return failed(b, path, TEXTS[i], why);
    return YZ_OK;
}

/* Before the library is used for the first time in this process: nobody asks how much memory it has, and to count it costs a lock each
 * time. */
static pthread_once_t configured = PTHREAD_ONCE_INIT;
static void configure(void) { sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0); }

static int open_file(book *b, const char *path, int flags, char *why) {
    memset(b, 0, sizeof *b);
    pthread_once(&configured, configure);
    if (sqlite3_open_v2(path, &b->db, flags | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK)
        return failed(b, path, "opening it", why);
    sqlite3_busy_timeout(b->db, 10000);
    return YZ_OK;
}

/* What balances and refusals are read from is whole, or the ledger is not opened. These tables are small; the others are the audit's. */
static int look_at_tables(const book *b, const char *path, char *why) {
    static const char *const checks[] = {"PRAGMA integrity_check(account)", "PRAGMA integrity_check(counted)",
                                         "PRAGMA integrity_check(record)"};
    for (size_t i = 0; i < sizeof checks / sizeof *checks; i++) {
        sqlite3_stmt *s = NULL;
        int code = sqlite3_prepare_v2(b->db, checks[i], -1, &s, NULL);
        code = code == SQLITE_OK ? sqlite3_step(s) : code;
        const char *found = code == SQLITE_ROW ? (const char *)sqlite3_column_text(s, 0) : NULL;
        bool whole = found && strcmp(found, "ok") == 0;
        if (!whole && found)
            snprintf(why, BOOK_WHY, "%s: %.80s" DAMAGED, path, found);
        else if (!whole)
            book_why(b, path, "checking it", why, BOOK_WHY);
        sqlite3_finalize(s);
        if (!whole)
            return YZ_EIO;
    }
    return YZ_OK;
}

static int set_up(book *b, const char *path, char *why) {
    static const char PRAGMAS[] =
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = OFF; PRAGMA cell_size_check = ON;";
    if (sqlite3_exec(b->db, PRAGMAS, NULL, NULL, NULL) != SQLITE_OK)
        return failed(b, path, "setting it up", why);
    int code = migrate(b, path, why);
    code = code == YZ_OK ? look_at_tables(b, path, why) : code;
    if (code == YZ_OK && sqlite3_exec(b->db, "PRAGMA temp_store = MEMORY; " BOOK_OWN_TABLES, NULL, NULL, NULL) != SQLITE_OK)
        return failed(b, path, "setting it up", why);
    return code == YZ_OK ? prepare_all(b, path, why) : code;
}

int book_open(book *b, const char *path, char *why) {
    int code = make_file(path, why);
    if (code != YZ_OK)
        return code;
    code = open_file(b, path, SQLITE_OPEN_READWRITE, why);
    if (code == YZ_OK)
        code = set_up(b, path, why);
    if (code != YZ_OK)
        book_close(b);
    return code;
}

int book_open_to_read(book *b, const char *path, char *why) {
    int code = open_file(b, path, SQLITE_OPEN_READONLY, why);
    if (code != YZ_OK)
        book_close(b);
    return code;
}

void book_close(book *b) {
    for (size_t i = 0; i < BOOK_STATEMENTS_N; i++)
        sqlite3_finalize(b->statements[i]);
    sqlite3_close(b->db);
    memset(b, 0, sizeof *b);
}

/* ---- statements ----------------------------------------------------------------------------------------------------- */

int book_run(book *b, book_statement which, const char *types, ...) {
    sqlite3_stmt *s = b->statements[which];
    va_list args;
    va_start(args, types);
    for (int i = 0; types[i]; i++) {
        if (types[i] == 'i') {
            sqlite3_bind_int64(s, i + 1, va_arg(args, int64_t));
        } else {
            yz_str text = va_arg(args, yz_str);
            if (types[i] == 's' || text.n)
                sqlite3_bind_text64(s, i + 1, text.n ? text.p : "", text.n, SQLITE_STATIC, SQLITE_UTF8);
        }
    }
    va_end(args);
    int code = sqlite3_step(s);
    if (code != SQLITE_ROW) {
        sqlite3_reset(s);
        sqlite3_clear_bindings(s);
    }
    return code;
}

int64_t book_int(const book *b, book_statement which, int column) { return sqlite3_column_int64(b->statements[which], column); }

yz_str book_text(const book *b, book_statement which, int column) {
    sqlite3_stmt *s = b->statements[which];
    const char *p = (const char *)sqlite3_column_text(s, column);
    return yz_str_at(p ? p : "", (size_t)sqlite3_column_bytes(s, column));
}

void book_done(const book *b, book_statement which) {
    sqlite3_reset(b->statements[which]);
    sqlite3_clear_bindings(b->statements[which]);
}
