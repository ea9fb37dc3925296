/* ask.c: questions about records, moves, usage, tries, counts and jobs: their statements, and how a row is taken. read.c asks them.
 *
 * Usage is read from sums that are kept for hours and days: of a stretch of time its whole days, and the hours before and after them; by
 * fewer names, where those are all that is asked for; and of many days by 64 and 8 of them, unless days are kept apart.
 */
#include "sqlite.h"

#include "../common/span.h"

enum { ASK_ROWS = 1000 };

#define RECORD_COLUMNS "SELECT kind, name, revision, detail, writer, created, place FROM "

static const char RECORDS[] =
    RECORD_COLUMNS "record WHERE (?1 = '' OR kind = ?1) AND (?2 = '' OR name = ?2) AND place > ?4 ORDER BY place LIMIT ?3";
static const char RECORDS_ONE[] = RECORD_COLUMNS "record WHERE kind = ?1 AND name = ?2 AND place > ?4 ORDER BY place LIMIT ?3";
static const char HISTORY[] = RECORD_COLUMNS
    "history WHERE (?1 = '' OR kind = ?1) AND (?2 = '' OR name = ?2) AND (?4 = 0 OR place < ?4) ORDER BY place DESC LIMIT ?3";
static const char MOVES[] =
    "SELECT account.name, ref, CASE WHEN kind = 5 THEN 'refund' WHEN ref LIKE 'transfer %' THEN 'transfer' ELSE 'credit' END, amount, "
    "detail,"
    " txn.created, txn.id FROM txn JOIN entry ON entry.txn = txn.id AND book = 1 JOIN account ON account.id = entry.account"
    " WHERE kind IN (1, 5) AND (?1 = '' OR account.name = ?1) AND (?2 = '' OR ref = ?2) AND (?4 = 0 OR txn.id < ?4) ORDER BY txn.id DESC "
    "LIMIT ?3";
static const char COUNTS[] = "SELECT name, amount FROM counted WHERE name = ?2 ORDER BY name LIMIT ?3";
static const char COUNTS_FROM[] = "SELECT name, amount FROM counted WHERE name >= ?2 AND name < ?5 ORDER BY name LIMIT ?3";

/* One each, so that each goes by its index: ?4 is the place, or the moment before which somebody is to look. */
#define JOBS_OF(which) "SELECT owner, id, key, revision, look, detail, created, ended, place FROM job WHERE " which " LIMIT ?3"
#define NEWER_LEFT_OUT "place < CASE ?4 WHEN 0 THEN 1 << 62 ELSE ?4 END ORDER BY place DESC"
static const char JOBS[] = JOBS_OF(NEWER_LEFT_OUT), JOBS_OWNER[] = JOBS_OF("owner = ?1 AND " NEWER_LEFT_OUT);
static const char JOBS_ONE[] = JOBS_OF("id = ?2 AND (?1 = '' OR owner = ?1) AND ?4 = ?4");
static const char JOBS_DUE[] = JOBS_OF("look > 0 AND look < ?4 AND (?1 = '' OR owner = ?1) ORDER BY look, place");

#define ITS_ID "(SELECT id FROM account WHERE name = ?1)"
/* Accounts by their numbers until all is added up. */
#define USAGE_OF(source)                                                                                                                   \
    "SELECT CASE WHEN ?4 & 1 THEN coalesce((SELECT name FROM account WHERE id = who), '') ELSE '' END AS a, k, p, m, t, calls, input, "    \
    "cached, output, captured, absorbed,"                                                                                                  \
    " refunded FROM (SELECT CASE WHEN ?4 & 1 THEN account ELSE 0 END AS who, CASE WHEN ?4 & 32 THEN key ELSE '' END AS k,"                 \
    " CASE WHEN ?4 & 4 THEN provider ELSE '' END AS p, CASE WHEN ?4 & 2 THEN model ELSE '' END AS m,"                                      \
    " CASE WHEN ?4 & 8 THEN start WHEN ?4 & 16 THEN start - start % 86400 ELSE 0 END AS t, SUM(calls) AS calls, SUM(input) AS input,"      \
    " SUM(cached) AS cached, SUM(output) AS output, SUM(captured) AS captured, SUM(absorbed) AS absorbed, SUM(refunded) AS refunded"       \
    " FROM (" source ") AS u WHERE (?1 = '' OR account = " ITS_ID ") AND (?6 = '' OR model = ?6) AND (?7 = '' OR provider = ?7)"           \
    " AND (?12 = '' OR key IN (SELECT value FROM json_each(CASE ?12 WHEN '' THEN '[]' ELSE ?12 END))) GROUP BY who, k, p, m, t) ORDER BY " \
    "t, a, k, p, m LIMIT ?3"
#define ROW                     "SELECT start, account, key, model, provider, calls, input, cached, output, captured, absorbed, refunded FROM "
#define HOURS_BEFORE(of)        of("3600", "?8", "?9")
#define DAYS(of)                of("86400", "?9", "?10")
#define HOURS_AFTER(of)         of("3600", "?10", "?11")
#define BETWEEN(span, from, to) "span = " span " AND start >= " from " AND start < " to
#define SPANS(days, hours)      DAYS(days) " UNION ALL " HOURS_BEFORE(hours) " UNION ALL " HOURS_AFTER(hours)
/* One each, so that each goes by its index. Of a model or a provider there are indexes of days alone: they are few. */
#define ANY(span, from, to)         ROW "usage WHERE ?5 = ?5 AND " BETWEEN(span, from, to)
#define OF_KEY(span, from, to)      ROW "usage INDEXED BY usage_key WHERE key = ?5 AND " BETWEEN(span, from, to)
#define OF_ACCOUNT(span, from, to)  ROW "usage INDEXED BY usage_account WHERE ?5 = ?5 AND account = " ITS_ID " AND " BETWEEN(span, from, to)
#define OF_MODEL(span, from, to)    ROW "usage INDEXED BY usage_model WHERE model = ?6 AND " BETWEEN(span, from, to)
#define OF_PROVIDER(span, from, to) ROW "usage INDEXED BY usage_provider WHERE provider = ?7 AND " BETWEEN(span, from, to)
/* By fewer names, as far as there are such sums; the last hour or day has none. */
#define PART(part, span, from, to)                                                                                                         \
    ROW "usage_part WHERE part = " part " AND " BETWEEN(span, from, "min(" to ", " BOOK_ROLLED(span) ")") " UNION ALL " ANY(               \
        span, "max(" from ", " BOOK_ROLLED(span) ")", to)
#define BY_WHO(span, from, to)  PART("1", span, from, to)
#define BY_WHAT(span, from, to) PART("2", span, from, to)
#define BY_NONE(span, from, to) PART("4", span, from, to)
/* Of 8 and 64 days. */
#define OF_PART(part, span, from, to) "part = " part " AND " BETWEEN(span, from, to)
#define LONG(span, from, to)          ROW "usage_part WHERE " OF_PART("5", span, from, to)
#define LONG_BY_WHO(span, from, to)   ROW "usage_part WHERE " OF_PART("1", span, from, to)
#define LONG_OF_KEY(span, from, to)   ROW "usage_part INDEXED BY usage_part_key WHERE key = ?5 AND " OF_PART("5", span, from, to)
#define LONG_OF_ACCOUNT(span, from, to)                                                                                                    \
    ROW "usage_part INDEXED BY usage_part_account WHERE account = " ITS_ID " AND " OF_PART("5", span, from, to)
#define WHOLE(days, stretches, hours)                                                                                                      \
    USAGE_STRETCHES(days, stretches, "min", "max", "?9", "?10", BOOK_ROLLED("86400"))                                                      \
    " UNION ALL " HOURS_BEFORE(hours) " UNION ALL " HOURS_AFTER(hours)
static usage_statements USAGE = USAGE_STATEMENTS(USAGE_OF, SPANS, WHOLE);

/* Kept by the hour: a row for each provider. */
static const char TRIED[] = "SELECT provider, CASE WHEN ?4 & 8 THEN start WHEN ?4 & 16 THEN start - start % 86400 ELSE 0 END AS t, "
                            "SUM(tries), SUM(amount), SUM(estimated),"
                            " SUM(unknown) FROM tried WHERE start >= ?8 AND start < ?11 AND (?7 = '' OR provider = ?7) GROUP BY t, "
                            "provider ORDER BY t, provider LIMIT ?3";

static const char REMOVED[] =
    "SELECT until, rule, (SELECT COALESCE(SUM(holds), 0) FROM removed), coalesce((SELECT id FROM removed_hold WHERE id = ?2), '')"
    " FROM removal WHERE until > 1 LIMIT ?3";

static void take_record(sqlite3_stmt *s, yz_ledger_row *row) {
    row->account = text_at(s, 0);
    row->id = text_at(s, 1);
    row->amount = sqlite3_column_int64(s, 2);
    row->detail = text_at(s, 3);
    row->text = text_at(s, 4);
    row->created = sqlite3_column_int64(s, 5);
    row->place = sqlite3_column_int64(s, 6);
}

static void take_move(sqlite3_stmt *s, yz_ledger_row *row) {
    row->account = text_at(s, 0);
    row->id = text_at(s, 1);
    row->model = text_at(s, 2);
    row->amount = sqlite3_column_int64(s, 3);
    row->detail = text_at(s, 4);
    row->created = sqlite3_column_int64(s, 5);
    row->place = sqlite3_column_int64(s, 6);
}

static void take_count(sqlite3_stmt *s, yz_ledger_row *row) {
    row->id = text_at(s, 0);
    row->amount = sqlite3_column_int64(s, 1);
}

static void take_job(sqlite3_stmt *s, yz_ledger_row *row) {
    row->account = text_at(s, 0);
    row->id = text_at(s, 1);
    row->key = text_at(s, 2);
    row->amount = sqlite3_column_int64(s, 3);
    row->look = sqlite3_column_int64(s, 4);
    row->detail = text_at(s, 5);
    row->created = sqlite3_column_int64(s, 6);
    row->ended = sqlite3_column_int64(s, 7);
    row->place = sqlite3_column_int64(s, 8);
}

static void take_tries(sqlite3_stmt *s, yz_ledger_row *row) {
    int64_t *const numbers[] = {&row->created, &row->calls, &row->amount, &row->held, &row->input};
    row->provider = text_at(s, 0);
    for (int i = 0; i < 5; i++)
        *numbers[i] = sqlite3_column_int64(s, 1 + i);
}

static void take_removed(sqlite3_stmt *s, yz_ledger_row *row) {
    row->created = sqlite3_column_int64(s, 0);
    row->text = text_at(s, 1);
    row->calls = sqlite3_column_int64(s, 2);
    row->id = text_at(s, 3);
}

static void take_usage(sqlite3_stmt *s, yz_ledger_row *row) {
    yz_str *const texts[] = {&row->account, &row->key, &row->provider, &row->model};
    int64_t *const numbers[] = {&row->created, &row->calls,    &row->input,    &row->cached,
                                &row->output,  &row->captured, &row->absorbed, &row->refunded};
    for (int i = 0; i < 4; i++)
        *texts[i] = text_at(s, i);
    for (int i = 0; i < 8; i++)
        *numbers[i] = sqlite3_column_int64(s, 4 + i);
}

static const char *statement_of(const yz_ledger_query *query, bool begins, take_row **take) {
    switch (query->what) {
    case YZ_LEDGER_MOVES:
        *take = take_move;
        return MOVES;
    case YZ_LEDGER_USAGE:
        *take = take_usage;
        return usage_of(query, USAGE);
    case YZ_LEDGER_TRIES:
        *take = take_tries;
        return TRIED;
    case YZ_LEDGER_REMOVED:
        *take = take_removed;
        return REMOVED;
    case YZ_LEDGER_COUNTS:
        *take = take_count;
        return begins ? COUNTS_FROM : COUNTS;
    case YZ_LEDGER_JOBS:
        *take = take_job;
        return query->id.n ? JOBS_ONE : query->to ? JOBS_DUE : query->account.n ? JOBS_OWNER : JOBS;
    default:
        *take = take_record;
        return query->what == YZ_LEDGER_HISTORY ? HISTORY : query->account.n && query->id.n ? RECORDS_ONE : RECORDS;
    }
}

static void bind_text(sqlite3_stmt *s, int i, yz_str text) {
    sqlite3_bind_text64(s, i, text.n ? text.p : "", text.n, SQLITE_TRANSIENT, SQLITE_UTF8);
}

/* "key a *" becomes what is from "key a " on, and before "key a " and the last character that there is. */
static void bind_range(sqlite3_stmt *s, yz_str pattern) {
    char end[YZ_LEDGER_COUNT_NAME_MAX + sizeof COUNT_LAST];
    size_t n = pattern.n - 1;
    memcpy(end, pattern.p, n);
    memcpy(end + n, COUNT_LAST, sizeof COUNT_LAST - 1);
    bind_text(s, 2, yz_str_at(pattern.p, n));
    bind_text(s, 5, yz_str_at(end, n + sizeof COUNT_LAST - 1));
}

static void bind_usage(sqlite3_stmt *s, const yz_ledger_query *query) {
    int64_t spans[4];
    yz_buf keys = {0};
    usage_spans(query, spans);
    usage_keys(query, &keys);
    sqlite3_bind_int64(s, 4, query->by);
    bind_text(s, 5, query->key);
    bind_text(s, 6, query->model);
    bind_text(s, 7, query->provider);
    for (int i = 0; i < 4; i++)
        sqlite3_bind_int64(s, 8 + i, spans[i]);
    bind_text(s, 12, yz_buf_view(&keys));
    yz_buf_free(&keys);
}

sqlite3_stmt *ask_prepare(const book *b, const yz_ledger_query *query, take_row **take) {
    sqlite3_stmt *s = NULL;
    yz_str id = query->id;
    bool begins = id.n > 0 && id.n <= YZ_LEDGER_COUNT_NAME_MAX && id.p[id.n - 1] == '*';
    if (sqlite3_prepare_v2(b->db, statement_of(query, begins, take), -1, &s, NULL) != SQLITE_OK)
        return NULL;
    bind_text(s, 1, query->account);
    bind_text(s, 2, id);
    sqlite3_bind_int64(s, 3, query->limit > 0 ? query->limit : ASK_ROWS);
    if (query->what == YZ_LEDGER_USAGE || query->what == YZ_LEDGER_TRIES)
        bind_usage(s, query);
    else
        sqlite3_bind_int64(s, 4, query->what == YZ_LEDGER_JOBS && query->to ? query->to : query->place);
    if (query->what == YZ_LEDGER_COUNTS && begins)
        bind_range(s, id);
    return s;
}
