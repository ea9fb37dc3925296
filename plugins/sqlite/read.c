/* read.c: what the ledger holds, for people and for the audit; and a copy of it. Each question has a connection of its own and is
 * answered out of one moment of the database, whatever is written meanwhile.
 */
#include "sqlite.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

enum { ROWS = 1000 };

/* ---- rows ----------------------------------------------------------------------------------------------------------- */

/* What was spent is summed already, of all days that are over: the audit holds that against the holds. */
#define SPENT(what)                                                                                                                        \
    "COALESCE((SELECT " what " FROM usage_part WHERE part = 3 AND span = 0 AND start = 0 AND usage_part.account = account.id), 0) +"       \
    " (SELECT COALESCE(SUM(" what "), 0) FROM usage INDEXED BY usage_account WHERE usage.account = account.id AND span = 86400 AND start"  \
    " >= " BOOK_ROLLED("86400") ")"
#define ACCOUNTS_OF(which)                                                                                                                 \
    "SELECT name, available + " BOOK_LENT ", held - " BOOK_LENT ", created,"                                                               \
    " (SELECT -COALESCE(SUM(amount), 0) FROM entry WHERE account = account.id AND book = 3), " SPENT("captured") ", " SPENT(               \
        "refunded") " FROM account WHERE " which " AND name > ?2 ORDER BY name LIMIT ?3"
static const char ACCOUNTS[] = ACCOUNTS_OF("?1 = ?1"), ACCOUNTS_ONE[] = ACCOUNTS_OF("name = ?1");

/* Likewise in form, without the sums. */
static const char BALANCES[] = "SELECT name, available + " BOOK_LENT ", held - " BOOK_LENT
                               ", created, 0, 0, 0 FROM account WHERE ?1 = '' OR name = ?1 ORDER BY name LIMIT ?3";
static const char BALANCE[] = "SELECT name, available + " BOOK_LENT ", held - " BOOK_LENT ", created, 0, 0, 0 FROM account WHERE name = ?1";

#define HOLDS_OF(which, order)                                                                                                             \
    "SELECT account.name, hold.id, request, model, price, detail, amount, captured, absorbed, refunded, state, hold.created, ended,"       \
    " hold.rowid, key FROM hold JOIN account ON account.id = hold.account WHERE " which " AND (?5 = '' OR key = ?5)"                       \
    " ORDER BY " order " LIMIT ?3"
#define BEFORE       "CASE ?4 WHEN 0 THEN 1 << 62 ELSE ?4 END"
#define ITS_TIME     "(SELECT created FROM hold AS h WHERE h.rowid = ?4)"
#define NEWEST_FIRST "hold.created DESC, hold.rowid DESC"
/* Of that time, and in the order NEWEST_FIRST behind the hold at place ?4; the clock may have been set back between them. One bound at each
 * end, for an index has no use for two. */
#define OLDER(created)                                                                                                                     \
    " AND " created " >= ?6 AND " created " < min(?7, coalesce(" ITS_TIME " + 1, 1 << 60))"                                                \
    " AND (hold.rowid < " BEFORE " OR hold.created < " ITS_TIME ")"
/* One each, so that each goes by its index: all of them, in the order in which they were written. */
static const char HOLDS[] = HOLDS_OF("?1 = ?1 AND ?2 = ?2 AND hold.rowid < " BEFORE, "hold.rowid DESC");
static const char HOLDS_TIME[] = HOLDS_OF("?1 = ?1 AND ?2 = ?2" OLDER("hold.created"), NEWEST_FIRST);
static const char HOLDS_ACCOUNT[] = HOLDS_OF("account.name = ?1 AND ?2 = ?2" OLDER("hold.created"), NEWEST_FIRST);
static const char HOLDS_KEY[] =
    HOLDS_OF("hold.key = ?5 AND (?1 = '' OR account.name = ?1) AND ?2 = ?2" OLDER("hold.created"), NEWEST_FIRST);
static const char HOLDS_ID[] =
    HOLDS_OF("(hold.id = ?2 OR hold.request = ?2) AND (?1 = '' OR account.name = ?1)" OLDER("+hold.created"), NEWEST_FIRST);

/* Everything that has to be so. Each names the account, the id, and what is wrong. */
static const char FAULTS[] =
    "SELECT '', ref, 'its entries add up to ' || SUM(amount) || ' instead of 0' FROM txn JOIN entry ON entry.txn = txn.id"
    " GROUP BY txn.id HAVING SUM(amount) <> 0"
    " UNION ALL SELECT '', ref, 'a transaction without entries' FROM txn WHERE NOT EXISTS (SELECT 1 FROM entry WHERE txn = txn.id)"
    " UNION ALL SELECT name, '', 'available is ' || available || ', but its entries say ' || said FROM (SELECT name, available,"
    " COALESCE(sums.amount, 0) AS said FROM account LEFT JOIN (SELECT account, SUM(amount) AS amount FROM (SELECT account, amount FROM "
    "entry"
    " WHERE book = 1 UNION ALL SELECT account, available FROM removed) GROUP BY account) AS sums ON sums.account = account.id)"
    " WHERE said <> available"
    " UNION ALL SELECT name, '', 'held is ' || held || ', but its entries say ' || said FROM (SELECT name, held,"
    " COALESCE(sums.amount, 0) AS said FROM account LEFT JOIN (SELECT account, SUM(amount) AS amount FROM (SELECT account, amount FROM "
    "entry"
    " WHERE book = 2 UNION ALL SELECT account, held FROM removed) GROUP BY account) AS sums ON sums.account = account.id)"
    " WHERE said <> held"
    " UNION ALL SELECT name, '', 'held is ' || held || ', but its open holds are ' || said FROM (SELECT name, held - " BOOK_LENT " AS held,"
    " (SELECT COALESCE(SUM(amount), 0) FROM hold WHERE account = account.id AND state = 0) AS said FROM account) WHERE said <> held"
    " UNION ALL SELECT '', 'lease ' || number, 'took ' || taken || ', but has ' || rest || ' and holds of ' || said FROM (SELECT number, "
    "taken,"
    " rest, COALESCE(sums.amount, 0) + removed AS said FROM lease LEFT JOIN (SELECT lease, SUM(amount) AS amount FROM hold WHERE lease > 0"
    " GROUP BY lease) AS sums ON sums.lease = number) WHERE taken <> rest + said"
    " UNION ALL SELECT '', 'lease ' || number, 'took ' || taken || ', but its entries say ' || said FROM (SELECT number, taken,"
    " (SELECT SUM(entry.amount) FROM txn JOIN entry ON entry.txn = txn.id AND entry.book = 2 WHERE txn.kind = 2"
    " AND txn.ref >= 'lease ' || number || ' ' AND txn.ref < 'lease ' || number || '!') AS said FROM lease) WHERE said IS NOT taken"
    " UNION ALL SELECT '', 'lease ' || number, 'gave back ' || rest || ', but its entries say ' || said FROM (SELECT number, rest,"
    " COALESCE((SELECT SUM(entry.amount) FROM txn JOIN entry ON entry.txn = txn.id AND entry.book = 1 WHERE txn.kind = 4"
    " AND txn.ref = 'lease ' || number), 0) AS said FROM lease WHERE ended <> 0) WHERE said <> rest"
    " UNION ALL SELECT '', id, 'its lease ' || lease || ' is not there' FROM hold WHERE lease > 0"
    " AND NOT EXISTS (SELECT 1 FROM lease WHERE number = hold.lease AND lease.account = hold.account)"
    " UNION ALL SELECT '', id, 'held ' || amount || ', but its entries say ' || said FROM (SELECT hold.id, hold.amount,"
    " COALESCE((SELECT SUM(entry.amount) FROM txn JOIN entry ON entry.txn = txn.id WHERE txn.kind = 2 AND txn.ref = hold.id"
    " AND entry.book = 2), 0) AS said FROM hold WHERE lease = 0) WHERE said <> amount"
    " UNION ALL SELECT '', id, 'nothing is held for it, and it has not ended' FROM hold WHERE lease < 0 AND state = 0"
    " UNION ALL SELECT '', id, 'its state is ' || state || ', but its end was written ' || ends || ' times' FROM (SELECT hold.id, state,"
    " (SELECT COUNT(*) FROM txn WHERE ref = hold.id AND kind = CASE state WHEN 1 THEN 3 WHEN 2 THEN 4 ELSE 6 END) AS ends,"
    " (SELECT COUNT(*) FROM txn WHERE ref = hold.id AND kind IN (3, 4, 6)) AS any_end FROM hold)"
    " WHERE any_end <> (state <> 0) OR (state <> 0 AND ends <> 1)"
    " UNION ALL SELECT '', id, 'cost ' || (captured + absorbed) || ', but its entries say ' || said FROM (SELECT hold.id, captured, "
    "absorbed,"
    " COALESCE((SELECT SUM(entry.amount) FROM txn JOIN entry ON entry.txn = txn.id WHERE txn.kind IN (3, 4, 6) AND txn.ref = hold.id"
    " AND entry.book = 4), 0) AS said FROM hold) WHERE said <> captured + absorbed"
    " UNION ALL SELECT '', id, 'gave back ' || refunded || ', but its entries say ' || said || ' of ' || captured FROM (SELECT hold.id,"
    " captured, refunded, COALESCE((SELECT SUM(entry.amount) FROM txn JOIN entry ON entry.txn = txn.id WHERE txn.kind = 5 AND"
    " txn.hold = hold.id AND entry.book = 1), 0) AS said FROM hold) WHERE said <> refunded OR refunded > captured"
    " UNION ALL SELECT owner, id, 'the job is to be looked after at ' || look || ', but ended at ' || ended FROM job WHERE (look = 0) <> "
    "(ended <> 0)"
    " UNION ALL SELECT '', name, 'counts ' || amount || ', but its holds say ' || said FROM (SELECT counted.name, amount, removed +"
    " COALESCE(sums.said, 0) AS said FROM counted LEFT JOIN (SELECT value AS name, SUM(CASE state WHEN 0 THEN amount ELSE captured -"
    " refunded END) AS said FROM hold, json_each(CASE counts WHEN '' THEN '[]' ELSE counts END) GROUP BY value) AS sums ON sums.name ="
    " counted.name) WHERE said <> amount"
    " UNION ALL SELECT (SELECT name FROM account WHERE id = account), span || ' ' || start, 'its usage is ' || SUM(used) || ', but its "
    "holds "
    "say ' || SUM(said) FROM (SELECT span, start, account, captured + absorbed - refunded AS used, 0 AS said FROM usage"
    " UNION ALL SELECT span, start, account, 0, captured + absorbed - refunded FROM hold_usage"
    " UNION ALL SELECT span, start - start % span, account, 0, revenue - refunded FROM removed, (SELECT 3600 AS span UNION ALL SELECT "
    "86400)"
    ") GROUP BY span, start, account"
    " HAVING SUM(used) <> SUM(said)"
    " UNION ALL SELECT '', span || ' ' || start, 'by fewer names (' || part || ') its usage is ' || SUM(used) || ' in ' || SUM(calls) || ' "
    "requests, but by all of them '"
    " || SUM(said) || ' in ' || SUM(counted) FROM (SELECT part, span, start, SUM(captured + absorbed - refunded) AS used, SUM(calls) AS "
    "calls,"
    " 0 AS said, 0 AS counted FROM usage_part GROUP BY part, span, start UNION ALL SELECT part, up_to, " BOOK_PART_START(
        "start") ", 0, 0,"
                 " used, calls FROM (SELECT usage.span AS span, start, SUM(captured + absorbed - refunded) AS used, SUM(calls) AS calls "
                 "FROM usage JOIN"
                 " usage_rolled ON usage_rolled.span = usage.span WHERE start < until GROUP BY usage.span, start), " BOOK_PARTS
                 " WHERE of = span)" /* added up as they lie before they are compared */
                 " GROUP BY part, span, start HAVING SUM(used) <> SUM(said) OR SUM(calls) <> SUM(counted)"
                 " UNION ALL SELECT '', provider || ' ' || start, 'its ' || SUM(tries) || ' tries cost ' || SUM(amount) || ', but its "
                 "holds say ' || "
                 "SUM(said) || ' tries, ' || SUM(cost)"
                 " FROM (SELECT start, provider, tries, amount, estimated, unknown, 0 AS said, 0 AS cost, 0 AS guessed, 0 AS unsaid FROM "
                 "tried"
                 " UNION ALL SELECT start, provider, 0, 0, 0, 0, tries, amount, estimated, unknown FROM tries_by_hour"
                 " UNION ALL SELECT start, provider, 0, 0, 0, 0, tries, amount, estimated, unknown FROM removed_tries) GROUP BY start, "
                 "provider"
                 " HAVING SUM(tries) <> SUM(said) OR SUM(amount) <> SUM(cost) OR SUM(estimated) <> SUM(guessed) OR SUM(unknown) <> "
                 "SUM(unsaid)"
                 " UNION ALL SELECT '', id, 'it was removed, and is there' FROM hold WHERE EXISTS (SELECT 1 FROM removed_hold WHERE "
                 "removed_hold.id ="
                 " hold.id)"
                 " UNION ALL SELECT owner, id, 'it was removed, and is there' FROM job WHERE EXISTS (SELECT 1 FROM removed_job WHERE "
                 "removed_job.id = job.id)"
                 " UNION ALL SELECT '', '', said || ' holds were removed, but the ids of ' || kept || ' are kept' FROM (SELECT (SELECT"
                 " COALESCE(SUM(holds), 0) FROM removed) AS said, (SELECT COUNT(*) FROM removed_hold) AS kept) WHERE said <> kept"
                 " UNION ALL SELECT '', '', (SELECT file FROM pragma_database_list WHERE name = 'main') || ' is damaged: ' || "
                 "integrity_check ||"
                 " ': put the last copy that `yuzui backup` made in its place, without the -wal and -shm of this one' FROM "
                 "pragma_integrity_check WHERE "
                 "integrity_check <> 'ok'"
                 " UNION ALL SELECT '', '', 'a row of ' || \"table\" || ' leads to one of ' || parent || ' that is not there' FROM "
                 "pragma_foreign_key_check AS f WHERE NOT (\"table\" = 'txn' AND parent = 'hold' AND EXISTS (SELECT 1 FROM txn JOIN "
                 "removed_hold ON"
                 " removed_hold.id = txn.hold WHERE txn.id = f.\"rowid\"))"
                 " LIMIT ?3";

yz_str text_at(sqlite3_stmt *s, int column) {
    const char *p = (const char *)sqlite3_column_text(s, column);
    return yz_str_at(p ? p : "", (size_t)sqlite3_column_bytes(s, column));
}

static void take_account(sqlite3_stmt *s, yz_ledger_row *row) {
    row->account = text_at(s, 0);
    row->available = sqlite3_column_int64(s, 1);
    row->held = sqlite3_column_int64(s, 2);
    row->created = sqlite3_column_int64(s, 3);
    row->amount = sqlite3_column_int64(s, 4);
    row->captured = sqlite3_column_int64(s, 5);
    row->refunded = sqlite3_column_int64(s, 6);
}

static void take_hold(sqlite3_stmt *s, yz_ledger_row *row) {
    row->account = text_at(s, 0);
    row->id = text_at(s, 1);
    row->request = text_at(s, 2);
    row->model = text_at(s, 3);
    row->price = text_at(s, 4);
    row->detail = text_at(s, 5);
    row->amount = sqlite3_column_int64(s, 6);
    row->captured = sqlite3_column_int64(s, 7);
    row->absorbed = sqlite3_column_int64(s, 8);
    row->refunded = sqlite3_column_int64(s, 9);
    row->state = (yz_hold_state)sqlite3_column_int64(s, 10);
    row->created = sqlite3_column_int64(s, 11);
    row->ended = sqlite3_column_int64(s, 12);
    row->place = sqlite3_column_int64(s, 13);
    row->key = text_at(s, 14);
}

static void take_fault(sqlite3_stmt *s, yz_ledger_row *row) {
    row->account = text_at(s, 0);
    row->id = text_at(s, 1);
    row->text = text_at(s, 2);
}

/* ---- asking --------------------------------------------------------------------------------------------------------- */

static const char *question(const yz_ledger_query *query, take_row **take) {
    *take = query->what == YZ_LEDGER_HOLDS ? take_hold : query->what == YZ_LEDGER_FAULTS ? take_fault : take_account;
    if (query->what == YZ_LEDGER_ACCOUNTS)
        return query->account.n ? ACCOUNTS_ONE : ACCOUNTS;
    if (query->what == YZ_LEDGER_BALANCES)
        return query->account.n ? BALANCE : BALANCES;
    if (query->what == YZ_LEDGER_FAULTS)
        return FAULTS;
    return query->id.n                ? HOLDS_ID
           : query->key.n             ? HOLDS_KEY
           : query->account.n         ? HOLDS_ACCOUNT
           : query->from || query->to ? HOLDS_TIME
                                      : HOLDS;
}

static sqlite3_stmt *prepare_own(const book *b, const yz_ledger_query *query, take_row **take) {
    sqlite3_stmt *s = NULL;
    if (sqlite3_prepare_v2(b->db, question(query, take), -1, &s, NULL) != SQLITE_OK)
        return NULL;
    sqlite3_bind_text64(s, 1, query->account.n ? query->account.p : "", query->account.n, SQLITE_STATIC, SQLITE_UTF8);
    sqlite3_bind_text64(s, 2, query->id.n ? query->id.p : "", query->id.n, SQLITE_STATIC, SQLITE_UTF8);
    sqlite3_bind_int64(s, 3, query->limit > 0 ? query->limit : ROWS);
    if (query->what == YZ_LEDGER_HOLDS) {
        sqlite3_bind_int64(s, 4, query->place);
        sqlite3_bind_text64(s, 5, query->key.n ? query->key.p : "", query->key.n, SQLITE_STATIC, SQLITE_UTF8);
        sqlite3_bind_int64(s, 6, query->from);
        sqlite3_bind_int64(s, 7, query->to ? query->to : INT64_MAX);
    }
    return s;
}

static int ask(const book *b, const char *path, const yz_ledger_query *query, yz_ledger_on_row *on_row, void *arg) {
    take_row *take = NULL;
    bool own = query->what <= YZ_LEDGER_FAULTS || query->what == YZ_LEDGER_BALANCES;
    sqlite3_stmt *s = own ? prepare_own(b, query, &take) : ask_prepare(b, query, &take);
    int code = SQLITE_ERROR;
    if (s) {
        while ((code = sqlite3_step(s)) == SQLITE_ROW) {
            yz_ledger_row row = {YZ_LEDGER_ROW};
            take(s, &row);
            on_row(arg, &row);
        }
    }
    if (code != SQLITE_DONE) {
        char why[BOOK_WHY];
        book_why(b, path, "reading the ledger", why, sizeof why);
        yz_log(YZ_LOG_ERROR, "sqlite: %s", why);
    }
    sqlite3_finalize(s);
    return code == SQLITE_DONE ? YZ_OK : YZ_EIO;
}

static int open_to_read(book *b, const char *path) {
    char why[BOOK_WHY];
    int code = book_open_to_read(b, path, why);
    if (code != YZ_OK)
        yz_log(YZ_LOG_ERROR, "sqlite: %s", why);
    return code;
}

int read_rows(const char *path, const yz_ledger_query *query, yz_ledger_on_row *on_row, void *arg) {
    book b;
    int code = open_to_read(&b, path);
    if (code != YZ_OK)
        return code;
    code = ask(&b, path, query, on_row, arg);
    book_close(&b);
    return code;
}

/* ---- a copy --------------------------------------------------------------------------------------------------------- */

static int copy_into(const book *b, const char *name) {
    sqlite3_stmt *s = NULL;
    int code = sqlite3_prepare_v2(b->db, "VACUUM INTO ?", -1, &s, NULL);
    if (code == SQLITE_OK) {
        sqlite3_bind_text(s, 1, name, -1, SQLITE_STATIC);
        code = sqlite3_step(s);
    }
    if (code != SQLITE_DONE)
        yz_log(YZ_LOG_ERROR, "sqlite: copying the ledger to %s: %s", name, sqlite3_errmsg(b->db));
    sqlite3_finalize(s);
    return code == SQLITE_DONE ? YZ_OK : YZ_EIO;
}

/* Empty, for nobody but its owner, as the ledger is: it has every balance, and the hashes of keys and codes. */
static int make_empty(const char *name) {
    int fd = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd >= 0) {
        close(fd);
        return YZ_OK;
    }
    if (errno == EEXIST)
        return YZ_EINVAL;
    yz_log(YZ_LOG_ERROR, "sqlite: copying the ledger to %s: %s", name, strerror(errno));
    return YZ_EIO;
}

int read_backup(const char *path, yz_str file) {
    char *name = strndup(file.n ? file.p : "", file.n);
    int code = name && *name ? make_empty(name) : YZ_EINVAL;
    if (code != YZ_OK) {
        free(name);
        return code;
    }
    book b;
    code = open_to_read(&b, path);
    if (code == YZ_OK) {
        code = copy_into(&b, name);
        book_close(&b);
    }
    if (code != YZ_OK) /* half a copy is none */
        unlink(name);
    free(name);
    return code;
}
