/* ask.c: questions about records, moves, usage, tries, counts and jobs. read.c takes the rows.
 *
 * Usage is read from sums that are kept for hours and days: of a stretch of time its whole days, and the hours before and after them; by
 * fewer names, where those are all that is asked for; and of many days by 64 and 8 of them, unless days are kept apart.
 */
#include "postgresql.h"

#include "../common/span.h"

#include <stdio.h>
#include <stdlib.h>

enum { ASK_ROWS = 1000, ASK_PARAMS = 12, ASK_NUMBER = 24 };

/* clang-format off */
#define ALL "$1::text, $2::text, $4::bigint, $5::text, $6::text, $7::text, $8::bigint, $9::bigint, $10::bigint, $11::bigint, $12::text"
#define WITH "WITH asked AS (SELECT " ALL ") "
#define RECORD_COLUMNS WITH "SELECT kind, name, revision, detail, writer, created, place FROM "
static const char RECORDS[] =
    RECORD_COLUMNS "yuzui_record WHERE ($1 = '' OR kind = $1) AND ($2 = '' OR name = $2) AND place > $4 ORDER BY place LIMIT $3::bigint";
static const char HISTORY[] =
    RECORD_COLUMNS "yuzui_history WHERE ($1 = '' OR kind = $1) AND ($2 = '' OR name = $2) AND ($4 = 0 OR place < $4) ORDER BY place DESC LIMIT $3::bigint";
static const char MOVES[] =
    WITH "SELECT a.name, ref, CASE WHEN kind = 5 THEN 'refund' WHEN ref LIKE 'transfer %' THEN 'transfer' ELSE 'credit' END, amount, detail, t.created, t.id"
    " FROM yuzui_txn t JOIN yuzui_entry e ON e.txn = t.id AND book = 1 JOIN yuzui_account a ON a.id = e.account WHERE kind IN (1, 5)"
    " AND ($1 = '' OR a.name = $1) AND ($2 = '' OR ref = $2) AND ($4 = 0 OR t.id < $4) ORDER BY t.id DESC LIMIT $3::bigint";
static const char COUNTS[] =
    WITH "SELECT name, amount FROM yuzui_counted WHERE name >= $2 AND name < $12 ORDER BY name LIMIT $3::bigint";
/* One each, so that each goes by its index: $4 is the place, or the moment before which somebody is to look. */
#define JOBS_OF(which) WITH "SELECT owner, id, key, revision, look, detail, created, ended, place FROM yuzui_job WHERE " which " LIMIT $3::bigint"
#define NEWER_LEFT_OUT "place < CASE $4 WHEN 0 THEN 9223372036854775807 ELSE $4 END ORDER BY place DESC"
static const char JOBS[] = JOBS_OF(NEWER_LEFT_OUT), JOBS_OWNER[] = JOBS_OF("owner = $1 AND " NEWER_LEFT_OUT);
static const char JOBS_ONE[] = JOBS_OF("id = $2 AND ($1 = '' OR owner = $1)");
static const char JOBS_DUE[] = JOBS_OF("look > 0 AND look < $4 AND ($1 = '' OR owner = $1) ORDER BY look, place");
/* Accounts by their numbers until all is added up. */
#define USAGE_OF(source) \
    WITH "SELECT CASE WHEN $4 & 1 <> 0 THEN coalesce((SELECT name FROM yuzui_account WHERE id = who), '') ELSE '' END AS a, k, p, m, t, calls, input, cached, output, captured, absorbed, refunded FROM" \
    " (SELECT CASE WHEN $4 & 1 <> 0 THEN account ELSE 0 END AS who, CASE WHEN $4 & 32 <> 0 THEN key ELSE '' END AS k, CASE WHEN $4 & 4 <> 0 THEN provider ELSE '' END AS p," \
    " CASE WHEN $4 & 2 <> 0 THEN model ELSE '' END AS m, CASE WHEN $4 & 8 <> 0 THEN start WHEN $4 & 16 <> 0 THEN start - start % 86400 ELSE 0 END AS t," \
    " sum(calls) AS calls, sum(input) AS input, sum(cached) AS cached, sum(output) AS output, sum(captured) AS captured, sum(absorbed) AS absorbed, sum(refunded) AS refunded" \
    " FROM (" source ") u WHERE ($1 = '' OR account = (SELECT id FROM yuzui_account WHERE name = $1)) AND ($6 = '' OR model = $6) AND ($7 = '' OR provider = $7)" \
    " AND ($12 = '' OR key IN (SELECT jsonb_array_elements_text(CASE $12 WHEN '' THEN '[]' ELSE $12 END::jsonb))) GROUP BY who, k, p, m, t) s ORDER BY t, a, k, p, m LIMIT $3::bigint"
#define ROW "SELECT start, account, key, model, provider, calls, input, cached, output, captured, absorbed, refunded FROM "
#define BETWEEN(span, from, to) "span = " span " AND start >= " from " AND start < " to
#define SPANS(days, hours) days("86400", "$9", "$10") " UNION ALL " hours("3600", "$8", "$9") " UNION ALL " hours("3600", "$10", "$11")
/* One each, so that each goes by its index. Of a model or a provider there are indexes of days alone: they are few. */
#define ANY(span, from, to)         ROW "yuzui_usage WHERE " BETWEEN(span, from, to)
#define OF_KEY(span, from, to)      ROW "yuzui_usage WHERE key = $5 AND " BETWEEN(span, from, to)
#define OF_ACCOUNT(span, from, to)  ROW "yuzui_usage WHERE account = (SELECT id FROM yuzui_account WHERE name = $1) AND " BETWEEN(span, from, to)
#define OF_MODEL(span, from, to)    ROW "yuzui_usage WHERE model = $6 AND " BETWEEN(span, from, to)
#define OF_PROVIDER(span, from, to) ROW "yuzui_usage WHERE provider = $7 AND " BETWEEN(span, from, to)
/* By fewer names, as far as there are such sums; the last hour or day has none. */
#define ROLLED(span) "(SELECT yuzui_rolled(" span "))"
#define PART(part, span, from, to) \
    ROW "yuzui_usage_part WHERE part = " part " AND " BETWEEN(span, from, "least(" to ", " ROLLED(span) ")") " UNION ALL " ANY(span, "greatest(" from ", " ROLLED(span) ")", to)
#define BY_WHO(span, from, to)  PART("1", span, from, to)
#define BY_WHAT(span, from, to) PART("2", span, from, to)
#define BY_NONE(span, from, to) PART("4", span, from, to)
/* Of 8 and 64 days. */
#define OF_PART(part, span, from, to) ROW "yuzui_usage_part WHERE part = " part " AND " BETWEEN(span, from, to)
#define LONG(span, from, to)            OF_PART("5", span, from, to)
#define LONG_BY_WHO(span, from, to)     OF_PART("1", span, from, to)
#define LONG_OF_KEY(span, from, to)     LONG(span, from, to) " AND key = $5"
#define LONG_OF_ACCOUNT(span, from, to) LONG(span, from, to) " AND account = (SELECT id FROM yuzui_account WHERE name = $1)"
#define WHOLE(days, stretches, hours) \
    USAGE_STRETCHES(days, stretches, "least", "greatest", "$9", "$10", ROLLED("86400")) " UNION ALL " hours("3600", "$8", "$9") " UNION ALL " hours("3600", "$10", "$11")
static usage_statements USAGE = USAGE_STATEMENTS(USAGE_OF, SPANS, WHOLE);
/* Kept by the hour: a row for each provider. */
static const char TRIED[] =
    WITH "SELECT provider, CASE WHEN $4 & 8 <> 0 THEN start WHEN $4 & 16 <> 0 THEN start - start % 86400 ELSE 0 END AS t, sum(tries), sum(amount), sum(estimated),"
    " sum(unknown) FROM yuzui_tried WHERE start >= $8 AND start < $11 AND ($7 = '' OR provider = $7) GROUP BY t, provider ORDER BY t, provider LIMIT $3::bigint";
static const char REMOVED[] =
    WITH "SELECT until, rule, (SELECT coalesce(sum(holds), 0) FROM yuzui_removed), coalesce((SELECT id FROM yuzui_removed_hold WHERE id = $2), '') FROM yuzui_removal"
    " WHERE until > 1 LIMIT $3::bigint";
/* clang-format on */

static void take_record(const PGresult *r, int i, yz_ledger_row *row) {
    row->account = pg_text_at(r, i, 0);
    row->id = pg_text_at(r, i, 1);
    row->amount = pg_number_at(r, i, 2);
    row->detail = pg_text_at(r, i, 3);
    row->text = pg_text_at(r, i, 4);
    row->created = pg_number_at(r, i, 5);
    row->place = pg_number_at(r, i, 6);
}

static void take_move(const PGresult *r, int i, yz_ledger_row *row) {
    row->account = pg_text_at(r, i, 0);
    row->id = pg_text_at(r, i, 1);
    row->model = pg_text_at(r, i, 2);
    row->amount = pg_number_at(r, i, 3);
    row->detail = pg_text_at(r, i, 4);
    row->created = pg_number_at(r, i, 5);
    row->place = pg_number_at(r, i, 6);
}

static void take_count(const PGresult *r, int i, yz_ledger_row *row) {
    row->id = pg_text_at(r, i, 0);
    row->amount = pg_number_at(r, i, 1);
}

static void take_job(const PGresult *r, int i, yz_ledger_row *row) {
    row->account = pg_text_at(r, i, 0);
    row->id = pg_text_at(r, i, 1);
    row->key = pg_text_at(r, i, 2);
    row->amount = pg_number_at(r, i, 3);
    row->look = pg_number_at(r, i, 4);
    row->detail = pg_text_at(r, i, 5);
    row->created = pg_number_at(r, i, 6);
    row->ended = pg_number_at(r, i, 7);
    row->place = pg_number_at(r, i, 8);
}

static void take_tries(const PGresult *r, int i, yz_ledger_row *row) {
    int64_t *const numbers[] = {&row->created, &row->calls, &row->amount, &row->held, &row->input};
    row->provider = pg_text_at(r, i, 0);
    for (int c = 0; c < 5; c++)
        *numbers[c] = pg_number_at(r, i, 1 + c);
}

static void take_removed(const PGresult *r, int i, yz_ledger_row *row) {
    row->created = pg_number_at(r, i, 0);
    row->text = pg_text_at(r, i, 1);
    row->calls = pg_number_at(r, i, 2);
    row->id = pg_text_at(r, i, 3);
}

static void take_usage(const PGresult *r, int i, yz_ledger_row *row) {
    yz_str *const texts[] = {&row->account, &row->key, &row->provider, &row->model};
    int64_t *const numbers[] = {&row->created, &row->calls,    &row->input,    &row->cached,
                                &row->output,  &row->captured, &row->absorbed, &row->refunded};
    for (int c = 0; c < 4; c++)
        *texts[c] = pg_text_at(r, i, c);
    for (int c = 0; c < 8; c++)
        *numbers[c] = pg_number_at(r, i, 4 + c);
}

static const char *statement_of(const yz_ledger_query *query, take_row **take) {
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
        return COUNTS;
    case YZ_LEDGER_JOBS:
        *take = take_job;
        return query->id.n ? JOBS_ONE : query->to ? JOBS_DUE : query->account.n ? JOBS_OWNER : JOBS;
    default:
        *take = take_record;
        return query->what == YZ_LEDGER_HISTORY ? HISTORY : RECORDS;
    }
}

/* Names from *from on and before *end: those that begin with what stands before a *, or the one that is said. */
static void range_of(yz_str pattern, char **from, char **end) {
    bool begins = pattern.n > 0 && pattern.p[pattern.n - 1] == '*';
    yz_str name = yz_str_at(pattern.p, begins ? pattern.n - 1 : pattern.n);
    size_t room = name.n + sizeof COUNT_LAST;
    *from = pg_copy(name);
    *end = malloc(room);
    if (*end)
        snprintf(*end, room, "%.*s%s", YZ_STR_ARGS(name), begins ? COUNT_LAST : "\x01");
}

static int64_t fourth_of(const yz_ledger_query *query) {
    bool due = query->what == YZ_LEDGER_JOBS && query->to;
    return query->what == YZ_LEDGER_USAGE || query->what == YZ_LEDGER_TRIES ? (int64_t)query->by : due ? query->to : query->place;
}

PGresult *pg_ask(const pg_link *link, const yz_ledger_query *query, take_row **take) {
    char numbers[6][ASK_NUMBER],
        *texts[6] = {pg_copy(query->account), NULL, pg_copy(query->key), pg_copy(query->model), pg_copy(query->provider), NULL};
    int64_t spans[4];
    const int64_t said[] = {query->limit > 0 ? query->limit : ASK_ROWS, fourth_of(query)};
    yz_buf keys = {0};
    usage_spans(query, spans);
    usage_keys(query, &keys);
    if (query->what == YZ_LEDGER_COUNTS)
        range_of(query->id, &texts[1], &texts[5]);
    else
        texts[1] = pg_copy(query->id), texts[5] = pg_copy(yz_buf_view(&keys));
    for (int i = 0; i < 6; i++)
        snprintf(numbers[i], ASK_NUMBER, "%lld", (long long)(i < 2 ? said[i] : spans[i - 2]));
    bool ok = true;
    for (int i = 0; i < 6; i++)
        ok &= texts[i] != NULL;
    const char *const values[ASK_PARAMS] = {texts[0], texts[1],   numbers[0], numbers[1], texts[2],   texts[3],
                                            texts[4], numbers[2], numbers[3], numbers[4], numbers[5], texts[5]};
    PGresult *result = ok ? PQexecParams(link->conn, statement_of(query, take), ASK_PARAMS, NULL, values, NULL, NULL, 0) : NULL;
    for (int i = 0; i < 6; i++)
        free(texts[i]);
    yz_buf_free(&keys);
    return result;
}
