/* sqlite.h: the parts of the sqlite ledger.
 *
 *   sqlite.c   the plugin: options, and what the writer's thread (common/writer.h) asks of the database
 *   book.c     a connection: opening, migrations, statements
 *   post.c     what each kind of posting does to the books
 *   lent.c     what is lent, and holds out of it
 *   record.c   records, and the counts of holds
 *   job.c      jobs, and what is posted with them
 *   usage.c    sums of usage
 *   remove.c   what is older than is kept
 *   read.c     accounts, holds, the audit, a copy
 *   ask.c      records, moves, usage, counts, jobs
 */
#ifndef YUZUI_SQLITE_H
#define YUZUI_SQLITE_H

#include "../common/writer.h"

#include <sqlite3.h>
#include <yuzui/ledger.h>
#include <yuzui/plugin.h>

/* ---- book.c --------------------------------------------------------------------------------------------------------- */

/* Of an account: what leases may still hold. It is a part of `held`; to whoever asks it is available. */
#define BOOK_LENT "(SELECT COALESCE(SUM(rest), 0) FROM lease WHERE lease.account = account.id AND lease.ended = 0)"

/* Usage by fewer names or of more days (usage_part): 1 by account and key, 2 by model and provider, 3 of an account for all time, 4 by no
 * name, 5 by all names. Which spans of usage go into which of each; what a row is called there; how it is added to. */
#define BOOK_PARTS                                                                                                                         \
    "(SELECT 1 AS part, 3600 AS of, 3600 AS up_to UNION ALL SELECT 1, 86400, 86400 UNION ALL SELECT 1, 86400, 691200"                      \
    " UNION ALL SELECT 1, 86400, 5529600 UNION ALL SELECT 2, 3600, 3600 UNION ALL SELECT 2, 86400, 86400 UNION ALL SELECT 3, 86400, 0"     \
    " UNION ALL SELECT 4, 3600, 3600 UNION ALL SELECT 4, 86400, 86400 UNION ALL SELECT 5, 86400, 691200"                                   \
    " UNION ALL SELECT 5, 86400, 5529600)"
#define BOOK_PART_START(start) "CASE up_to WHEN 0 THEN 0 ELSE " start " - " start " % up_to END"
#define BOOK_PART_NAMES(row)                                                                                                               \
    "up_to, " BOOK_PART_START(row "start") ", CASE WHEN part IN (1, 3, 5) THEN " row                                                       \
                                           "account ELSE 0 END, CASE WHEN part IN (1, 5) THEN " row                                        \
                                           "key ELSE '' END, CASE WHEN part IN (2, 5) THEN " row                                           \
                                           "model ELSE '' END, CASE WHEN part IN (2, 5) THEN " row "provider ELSE '' END"
#define BOOK_PART_ADDS                                                                                                                     \
    " ON CONFLICT DO UPDATE SET calls = calls + excluded.calls, input = input + excluded.input, cached = cached + excluded.cached,"        \
    " output = output + excluded.output, captured = captured + excluded.captured, absorbed = absorbed + excluded.absorbed,"                \
    " refunded = refunded + excluded.refunded"
/* Until when usage of that span has its parts. */
#define BOOK_ROLLED(span) "(SELECT until FROM usage_rolled WHERE span = " span ")"

/* What was held out of a hold's account, and what its end did to it: the transactions that go with it. Its refunds stay. */
/* A hold that adds up, as the audit wants it; what does not is not removed, the audit finds it. */
#define BOOK_ENTRIES(which, of)                                                                                                            \
    "coalesce((SELECT SUM(entry.amount) FROM txn JOIN entry ON entry.txn = txn.id WHERE " which " AND entry.book = " of "), 0)"
#define BOOK_SOUND                                                                                                                         \
    "(lease <> 0 OR hold.amount = " BOOK_ENTRIES(                                                                                          \
        "txn.kind = 2 AND txn.ref = hold.id",                                                                                              \
        "2") ")"                                                                                                                           \
             " AND captured + absorbed = " BOOK_ENTRIES(                                                                                   \
                 "txn.kind IN (3, 4, 6) AND txn.ref = hold.id",                                                                            \
                 "4") " AND refunded = " BOOK_ENTRIES("txn.kind = 5 AND txn.hold = hold.id",                                               \
                                                      "1") " AND refunded <= captured"                                                     \
                                                           " AND (SELECT group_concat(kind) FROM txn WHERE ref = hold.id AND kind IN (3, " \
                                                           "4, 6)) = CASE state WHEN 1 THEN '3' WHEN 2 THEN '4' ELSE '6' END"
/* Counts of one day, or of one month (yuzui/ledger.h, yz_counted). */
#define BOOK_OF_DAY   "name GLOB '* [0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]'"
#define BOOK_OF_MONTH "name GLOB '* [0-9][0-9][0-9][0-9]-[0-9][0-9]'"
/* Of a job that is not over something may have to be given back. */
#define BOOK_NO_JOB         "NOT EXISTS (SELECT 1 FROM job WHERE job.id = hold.id AND (job.look <> 0 OR job.ended >= ?1))"
#define BOOK_TXNS_OF(going) going " AS g CROSS JOIN txn ON txn.ref = g.id AND txn.kind IN (2, 3, 4, 6) AND txn.hold = g.id"

/* remove.c: what goes is picked into tables of this connection alone (BOOK_OWN_TABLES), and added up, before it goes. */
/* clang-format off */
#define BOOK_OWN_TABLES \
    "CREATE TEMP TABLE going (hold INTEGER PRIMARY KEY, id TEXT NOT NULL, account INTEGER NOT NULL, start INTEGER NOT NULL, created INTEGER NOT NULL);" \
    "CREATE TEMP TABLE going_job (place INTEGER PRIMARY KEY, id TEXT NOT NULL);"                                       \
    "CREATE TEMP TABLE going_lease (number INTEGER PRIMARY KEY, start INTEGER NOT NULL);"                              \
    "CREATE TEMP TABLE going_txn (id INTEGER PRIMARY KEY, start INTEGER NOT NULL);"
#define REMOVE_STATEMENTS(X)                                                                                           \
    X(GOING, "INSERT INTO temp.going SELECT rowid, id, account, ended - ended % 3600, created FROM hold INDEXED BY hold_created WHERE created < ?1 AND state <> 0" \
             " AND ended < ?1 AND " BOOK_NO_JOB " AND " BOOK_SOUND " ORDER BY created LIMIT ?2")                                                              \
    X(GOING_TXNS, "INSERT INTO temp.going_txn SELECT txn.id, start FROM " BOOK_TXNS_OF("temp.going"))                  \
    X(GONE_IDS, "INSERT INTO removed_hold SELECT id FROM temp.going")                                                  \
    X(GONE_TRIES, "INSERT INTO removed_tries SELECT t.start, provider, COUNT(*), SUM(amount), SUM(CASE cost WHEN 'estimated' THEN amount ELSE 0 END), SUM(cost = 'unknown')" \
                  " FROM temp.going AS g CROSS JOIN hold_tries AS t ON t.id = g.id GROUP BY t.start, provider ON CONFLICT DO UPDATE SET tries = tries + excluded.tries," \
                  " amount = amount + excluded.amount, estimated = estimated + excluded.estimated, unknown = unknown + excluded.unknown") \
    X(GONE_COUNTS, "UPDATE counted SET removed = removed + s.amount FROM (SELECT value AS name, SUM(captured - refunded) AS amount FROM temp.going AS g CROSS JOIN hold" \
                   " ON hold.rowid = g.hold AND counts <> '', json_each(CASE counts WHEN '' THEN '[]' ELSE counts END) GROUP BY value) AS s WHERE counted.name = s.name") \
    X(GONE_LENT, "UPDATE lease SET removed = removed + s.amount FROM (SELECT lease, SUM(amount) AS amount FROM temp.going AS g CROSS JOIN hold ON hold.rowid = g.hold" \
                 " AND lease > 0 GROUP BY lease) AS s WHERE lease.number = s.lease")                                   \
    X(GOING_LEASES, "INSERT INTO temp.going_lease SELECT number, ended - ended % 3600 FROM lease INDEXED BY lease_over WHERE ended <> 0 AND ended < ?1" \
                    " AND taken = rest + removed ORDER BY ended LIMIT ?2")                                             \
    X(GOING_LEASE_TXNS, "INSERT INTO temp.going_txn SELECT txn.id, start FROM temp.going_lease CROSS JOIN txn ON txn.kind = 2 AND txn.hold IS NULL" \
                        " AND txn.ref >= 'lease ' || number || ' ' AND txn.ref < 'lease ' || number || '!' UNION ALL SELECT txn.id, start FROM temp.going_lease" \
                        " CROSS JOIN txn ON txn.kind = 4 AND txn.hold IS NULL AND txn.ref = 'lease ' || number")       \
    X(GONE_SUMS, "INSERT INTO removed SELECT start, account, SUM(holds), SUM(available), SUM(held), SUM(revenue), SUM(lost), SUM(captured), SUM(refunded) FROM" \
                 " (SELECT g.start AS start, hold.account AS account, 1 AS holds, 0 AS available, 0 AS held, 0 AS revenue, 0 AS lost, captured, refunded FROM" \
                 " temp.going AS g CROSS JOIN hold ON hold.rowid = g.hold UNION ALL SELECT g.start, account, 0, CASE book WHEN 1 THEN amount ELSE 0 END," \
                 " CASE book WHEN 2 THEN amount ELSE 0 END, CASE book WHEN 4 THEN amount ELSE 0 END, CASE book WHEN 5 THEN -amount ELSE 0 END, 0, 0" \
                 " FROM temp.going_txn AS g CROSS JOIN entry ON entry.txn = g.id) GROUP BY start, account ON CONFLICT DO UPDATE SET holds = holds + excluded.holds," \
                 " available = available + excluded.available, held = held + excluded.held, revenue = revenue + excluded.revenue, lost = lost + excluded.lost," \
                 " captured = captured + excluded.captured, refunded = refunded + excluded.refunded")                  \
    X(GONE_TXNS, "DELETE FROM txn WHERE id IN (SELECT id FROM temp.going_txn)")                                        \
    X(GONE_ENTRIES, "DELETE FROM entry WHERE txn IN (SELECT id FROM temp.going_txn)")                                  \
    X(GONE_HOLDS, "DELETE FROM hold WHERE rowid IN (SELECT hold FROM temp.going)")                                     \
    X(GONE_LEASES, "DELETE FROM lease WHERE number IN (SELECT number FROM temp.going_lease)")                          \
    X(REMOVAL, "UPDATE removal SET until = max(until, ?1), rule = ?2")                                                 \
    X(GOING_JOBS, "INSERT INTO temp.going_job SELECT place, id FROM job INDEXED BY job_over WHERE look = 0 AND ended < ?1 AND NOT EXISTS (SELECT 1 FROM hold" \
                  " WHERE hold.id = job.id) ORDER BY ended LIMIT ?2")                                                  \
    X(GONE_JOB_IDS, "INSERT INTO removed_job SELECT id FROM temp.going_job AS g WHERE NOT EXISTS (SELECT 1 FROM removed_hold WHERE removed_hold.id = g.id)") \
    X(GONE_JOBS, "DELETE FROM job WHERE place IN (SELECT place FROM temp.going_job)")                                  \
    X(GONE_DAYS, "DELETE FROM counted WHERE name IN (SELECT name FROM counted INDEXED BY counted_day WHERE " BOOK_OF_DAY " AND substr(name, -10) <" \
                 " strftime('%Y-%m-%d', ?1, 'unixepoch') AND amount = removed ORDER BY substr(name, -10) LIMIT ?2)")    \
    X(GONE_MONTHS, "DELETE FROM counted WHERE name IN (SELECT name FROM counted INDEXED BY counted_month WHERE " BOOK_OF_MONTH " AND substr(name, -7) <" \
                   " strftime('%Y-%m', ?1, 'unixepoch') AND amount = removed ORDER BY substr(name, -7) LIMIT ?2)")      \
    X(GOING_LAST, "SELECT COUNT(*), coalesce(MAX(created), 0), (SELECT COUNT(*) FROM temp.going_lease) FROM temp.going") \
    X(GOING_CLEAR_JOBS, "DELETE FROM temp.going_job")                                                                  \
    X(GOING_CLEAR, "DELETE FROM temp.going")                                                                           \
    X(GOING_CLEAR_LEASES, "DELETE FROM temp.going_lease")                                                              \
    X(GOING_CLEAR_TXNS, "DELETE FROM temp.going_txn")

/* Statements that are prepared once for a connection: name, text. */
#define BOOK_STATEMENTS(X)                                                                                             \
    X(BEGIN, "BEGIN IMMEDIATE")                                                                                        \
    X(COMMIT, "COMMIT")                                                                                                \
    X(ROLLBACK, "ROLLBACK")                                                                                            \
    X(ACCOUNT, "SELECT id, available, held, " BOOK_LENT ", wanted FROM account WHERE name = ?")                                  \
    X(ACCOUNT_OF, "SELECT id, available, held, " BOOK_LENT ", wanted FROM account WHERE id = ?")                       \
    X(ACCOUNT_WANT, "UPDATE account SET wanted = ?2 WHERE id = ?1 AND wanted <> ?2")                                   \
    X(WANTED, "SELECT lease.number, account.name FROM lease CROSS JOIN account ON account.id = lease.account WHERE lease.ended = 0 AND account.wanted > ?") \
    X(ACCOUNT_NEW, "INSERT INTO account (name, created) VALUES (?, ?)")                                                \
    X(ACCOUNT_MOVE, "UPDATE account SET available = available + ?2, held = held + ?3 WHERE id = ?1 AND available + ?2 >= 0 AND held + ?3 >= 0") \
    X(TXN, "SELECT txn.hold, entry.account, entry.amount FROM txn JOIN entry ON entry.txn = txn.id WHERE txn.kind = ? AND txn.ref = ? AND entry.book = ?") \
    X(TXN_NEW, "INSERT INTO txn (kind, ref, hold, created, detail) VALUES (?, ?, ?, ?, ?)")                            \
    X(ENTRY_NEW, "INSERT INTO entry (txn, book, account, amount) VALUES (?, ?, ?, ?)")                                 \
    X(ENTRIES_OF_CAPTURE, "INSERT INTO entry (txn, book, account, amount) VALUES (?1, 1, ?2, ?3), (?1, 2, ?2, ?4), (?1, 4, ?2, ?5)") \
    X(HOLD, "SELECT hold.account, hold.amount, hold.state, hold.captured, hold.refunded, account.available, account.held, " BOOK_LENT ", hold.lease, " \
            "hold.key, hold.model FROM hold JOIN account ON account.id = hold.account WHERE hold.id = ?")                                   \
    X(HOLD_NEW, "INSERT INTO hold (id, account, amount, request, model, price, created, expires, lease, key, counts) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)") \
    X(HOLD_END, "UPDATE hold SET state = ?2, captured = ?3, absorbed = ?4, ended = ?5, detail = ?6, summed = ?7 WHERE id = ?1 AND state = 0") \
    X(HOLD_USED,                                                                                                       \
      "UPDATE usage SET input = usage.input + ?2, cached = usage.cached + ?3, output = usage.output + ?4 FROM hold_usage AS h WHERE" \
      " h.id = ?1 AND usage.span = h.span AND usage.start = h.start AND usage.account = h.account AND usage.key = h.key AND"          \
      " usage.model = h.model AND usage.provider = h.provider")                                                         \
    X(HOLD_REFUND, "UPDATE hold SET refunded = refunded + ?2 WHERE id = ?1 AND refunded + ?2 <= captured")            \
    X(COUNT, "SELECT amount FROM counted WHERE name = ?")                                                              \
    X(COUNT_ADD, "INSERT INTO counted (name, amount) VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET amount = amount + ?2") \
    X(USAGE_ADD, "INSERT INTO usage (span, start, account, key, model, provider, calls, input, cached, output, captured, absorbed, refunded)" \
                 " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, 0) ON CONFLICT DO UPDATE SET calls = calls + ?7, input = input + ?8," \
                 " cached = cached + ?9, output = output + ?10, captured = captured + ?11, absorbed = absorbed + ?12") \
    X(TRIED_ADD, "INSERT INTO tried (start, provider, tries, amount, estimated, unknown) VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT DO UPDATE SET" \
                 " tries = tries + ?3, amount = amount + ?4, estimated = estimated + ?5, unknown = unknown + ?6")     \
    X(RECORD, "SELECT revision, detail FROM record WHERE kind = ? AND name = ?")                                       \
    X(RECORD_PUT, "INSERT INTO record (kind, name, revision, place, writer, created, detail) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)" \
                  " ON CONFLICT (kind, name) DO UPDATE SET revision = ?3, place = ?4, writer = ?5, created = ?6, detail = ?7") \
    X(HISTORY_NEW, "INSERT INTO history (kind, name, revision, writer, created, detail) VALUES (?, ?, ?, ?, ?, ?)")    \
    X(JOB, "SELECT owner, revision, look, detail FROM job WHERE id = ?")                                               \
    X(JOB_NEW, "INSERT INTO job (id, owner, key, revision, look, created, ended, detail) VALUES (?, ?, ?, ?, ?, ?, ?, ?)") \
    X(JOB_PUT, "UPDATE job SET revision = ?2, look = ?3, ended = ?4, detail = ?5 WHERE id = ?1")                       \
    X(LEASE, "SELECT account, rest, ended FROM lease WHERE number = ?")                                                \
    X(LEASE_NEW, "INSERT INTO lease (number, account, rest, taken, created, expires) VALUES (?1, ?2, ?3, ?3, ?4, ?5)") \
    X(LEASE_MORE, "UPDATE lease SET rest = rest + ?2, taken = taken + ?2, expires = ?3 WHERE number = ?1 AND ended = 0") \
    X(LEASE_USE, "UPDATE lease SET rest = rest - ?3 WHERE number = ?1 AND account = ?2 AND ended = 0 AND rest >= ?3")  \
    X(LEASE_VOID, "INSERT OR IGNORE INTO lease_void (number) VALUES (?)")                                              \
    X(LEASE_IS_VOID, "SELECT 1 FROM lease_void WHERE number = ?")                                                      \
    X(LEASE_END, "UPDATE lease SET ended = ?2 WHERE number = ?1 AND ended = 0")                                        \
    X(LEASE_EXPIRED, "SELECT number FROM lease WHERE ended = 0 AND expires <= ? LIMIT 1")                              \
    X(EXPIRED, "SELECT id FROM hold WHERE state = 0 AND expires <= ? ORDER BY expires LIMIT 1")                      \
    X(JOB_REMOVED, "SELECT 1 FROM removed_job WHERE id = ?1 UNION ALL SELECT 1 FROM removed_hold WHERE id = ?1")       \
    X(REMOVED, "SELECT 1 FROM removed_hold WHERE id = ?")                                                              \
    REMOVE_STATEMENTS(X)                                                                                               \
    X(ROLLED, "SELECT until, (SELECT MIN(start) FROM usage WHERE usage.span = usage_rolled.span AND start >= until AND start < ?2) FROM usage_rolled WHERE span = ?1") \
    X(ROLL, "INSERT INTO usage_part SELECT part, " BOOK_PART_NAMES("usage.") ", SUM(calls), SUM(input), SUM(cached), SUM(output), SUM(captured), SUM(absorbed)," \
            " SUM(refunded) FROM usage, " BOOK_PARTS " WHERE span = ?1 AND start = ?2 AND of = span GROUP BY 1, 2, 3, 4, 5, 6, 7" BOOK_PART_ADDS) \
    X(ROLLED_UNTIL, "UPDATE usage_rolled SET until = ?2 WHERE span = ?1")
/* clang-format on */
typedef enum book_statement {
#define BOOK_ENUM(name, text) BOOK_##name,
    BOOK_STATEMENTS(BOOK_ENUM)
#undef BOOK_ENUM
        BOOK_STATEMENTS_N
} book_statement;

/* The books of the ledger, as the entries number them. */
typedef enum book_name { BOOK_AVAILABLE = 1, BOOK_HELD, BOOK_PAID, BOOK_REVENUE, BOOK_ABSORBED } book_name;

/* The lease of a hold that was written with its end, after its own had ended and the account had spent what came back: nothing was set
 * aside for it. */
enum { LEASE_LATE = -1 };

/* The kind of a transaction that ends a hold because its time is over; the others are those of yz_posting_kind. */
enum { TXN_EXPIRE = YZ_POSTING_EXPIRE };

/* Sums of one transaction: calls, input, cached, output, captured, absorbed, of an hour, an account, a key, a model and a provider. */
enum { USAGE_ROWS = 32, USAGE_NAMES = 400, USAGE_SUMS = 6 };
typedef struct usage_row {
    int64_t start, account, sums[USAGE_SUMS];
    size_t n[3]; /* of key, model, provider, which stand one behind the other */
    char names[USAGE_NAMES];
} usage_row;
/* And of an hour and a provider: tries, what they cost, what of that is estimated, tries of unknown cost. */
enum { TRIED_SUMS = 4, TRIED_NAME = 200, TRIED_MOST = 16 /* of one hold */ };
typedef struct tried_row {
    int64_t start, sums[TRIED_SUMS];
    size_t n;
    char provider[TRIED_NAME];
} tried_row;
typedef struct usage_sums {
    size_t n, n_tried;
    usage_row rows[USAGE_ROWS];
    tried_row tried[USAGE_ROWS];
    yz_arena *arena; /* NULL: none is needed yet */
} usage_sums;

enum { BOOK_WHY = 512 };

/* A connection. One thread at a time. */
typedef struct book {
    sqlite3 *db;
    sqlite3_stmt *statements[BOOK_STATEMENTS_N];
    usage_sums usage; /* of the transaction */
} book;

/* Opens the file, makes it if there is none, and brings its tables to today's shape. YZ_OK, or YZ_EIO with a reason in
 * why[BOOK_WHY]. */
int book_open(book *b, const char *path, char *why);
/* Opens a file that is there, to read. Likewise. */
int book_open_to_read(book *b, const char *path, char *why);
void book_close(book *b);
/* Says what failed last: the file, what was being done (or ""), the database's words and the system's, and of a damaged file what to do. */
void book_why(const book *b, const char *path, const char *doing, char *why, size_t room);
/* Takes away what stands in the log behind the last commit. */
void book_cut(const book *b);
/* Commits a change that changes nothing. False: it failed. */
bool book_touch(const book *b);
/* Binds and steps once: "i" an int64_t, "s" a yz_str, which lives until book_done, "n" one that is NULL when it is empty. SQLITE_ROW (read
 * with book_int and book_text until book_done), SQLITE_DONE (nothing more to do), or an error. */
int book_run(book *b, book_statement which, const char *types, ...);
int64_t book_int(const book *b, book_statement which, int column);
yz_str book_text(const book *b, book_statement which, int column); /* valid until book_done */
void book_done(const book *b, book_statement which);

/* ---- post.c --------------------------------------------------------------------------------------------------------- */

/* What the books say of an account. */
typedef struct account_row {
    int64_t id, available, held;
    int64_t lent;   /* of held */
    int64_t wanted; /* when somebody last found too little, while enough was lent: Unix seconds */
} account_row;

/* A movement between the books of one account: its amounts add up to nothing. */
typedef struct movement {
    int kind;    /* of the transaction */
    yz_str ref;  /* its id */
    yz_str hold; /* that it is about; empty: none */
    yz_str detail;
    int64_t account, now;
    int64_t available, held, paid, revenue, absorbed; /* what each book gains */
} movement;

/* Does a posting, inside a transaction. YZ_OK: *posted says how it went, also when it was refused. YZ_EIO: the database failed, and the
 * transaction is to be rolled back. final: as in writer.h. now: Unix seconds. */
int post_one(book *b, const yz_posting *posting, bool final, int64_t now, yz_posted *posted);
/* Ends the holds whose time is over, inside a transaction: at most `most`. Their number, or YZ_EIO. */
int post_expire(book *b, int64_t now, int most);
/* YZ_OK, YZ_ENOTFOUND, YZ_EIO. */
int post_find_account(book *b, yz_str name, account_row *row);
/* What may be posted. */
bool post_is_well_formed(const yz_posting *p);
/* A REFUND. As post_one; what is refused has written nothing. */
int post_refund(book *b, const yz_posting *p, int64_t now, yz_posted *posted);
/* Writes a transaction and its entries, and the account's balances along with them. YZ_OK or YZ_EIO. */
int post_move(book *b, const movement *m);

/* ---- lent.c --------------------------------------------------------------------------------------------------------- */

/* A LEASE, a RETURN (writer.h). As post_one. */
int lent_take(book *b, const yz_posting *posting, int64_t now, yz_posted *posted);
int lent_return(book *b, const yz_posting *posting, int64_t now, yz_posted *posted);
/* What was lent of an account is wanted back. */
int lent_want(book *b, int64_t account, int64_t now);
/* Calls told(arg, number, account) for each lease of which that was said in the last seconds. */
void lent_wanted(book *b, int64_t now, writer_told *told, void *arg);
/* Takes a hold's amount out of its lease. YZ_OK; YZ_ENOTFOUND: it has ended, or that much is not in it; YZ_EIO. */
int lent_use(book *b, const yz_posting *hold, int64_t account);
/* Ends the leases whose time is over. Their number, or YZ_EIO. */
int lent_expire(book *b, int64_t now);

/* ---- record.c ------------------------------------------------------------------------------------------------------- */

/* A RECORD. Likewise. */
int record_post(book *b, const yz_posting *posting, int64_t now, yz_posted *posted);
/* May a hold be counted in all it brings? *posted says which refuses it, if one does; else its code stays YZ_OK. Likewise. */
int count_check(book *b, const yz_posting *posting, yz_posted *posted);
/* Counts a hold that was written. What its end changes is a trigger's work. */
int count_hold(book *b, const yz_posting *posting);
/* The names of what it is counted in, as the hold's row has them. */
void count_names(const yz_posting *posting, yz_buf *out);

/* ---- job.c ---------------------------------------------------------------------------------------------------------- */

/* A JOB. As post_one. */
int job_post(book *b, const yz_posting *posting, int64_t now, yz_posted *posted);

/* ---- usage.c -------------------------------------------------------------------------------------------------------- */

/* Of a capture. */
typedef struct usage_said {
    int64_t account, captured, absorbed;
    yz_str key, model;
} usage_said;

/* Adds it to the sums of this transaction, and what its tries cost. False: the table's triggers are to do both. */
bool usage_add(book *b, const usage_said *said, yz_str detail, int64_t now);
/* Of a hold that ended otherwise, only what its tries cost. Likewise. */
bool usage_add_tries(book *b, yz_str detail, int64_t now);
/* Before a transaction is committed, and before a refund in it. False: the database failed. */
bool usage_write(book *b);
/* After it, or instead. */
void usage_forget(book *b);

/* Gives the hours and days that are over their sums by fewer names, inside a transaction: one of them at a time. 1: there are more; 0:
 * none; YZ_EIO. */
int usage_roll(book *b, int64_t now);

/* ---- remove.c ------------------------------------------------------------------------------------------------------- */

/* Removes some of what was made and has ended before that moment, inside a transaction; rule: which says so, in words. 1: there is more; 0:
 * there is not; YZ_EIO. */
int remove_old(book *b, int64_t before, yz_str rule);

/* ---- read.c --------------------------------------------------------------------------------------------------------- */

/* The ops of the same names, on the file at path. */
int read_rows(const char *path, const yz_ledger_query *query, yz_ledger_on_row *on_row, void *arg);
int read_backup(const char *path, yz_str file);

/* ---- ask.c ---------------------------------------------------------------------------------------------------------- */

/* The statement that answers a question that is not read.c's own, with everything bound, and what takes a row of it; NULL: it cannot be
 * prepared. Whoever asks finalizes it. */
typedef void take_row(sqlite3_stmt *s, yz_ledger_row *row);
sqlite3_stmt *ask_prepare(const book *b, const yz_ledger_query *query, take_row **take);
yz_str text_at(sqlite3_stmt *s, int column);

#endif
