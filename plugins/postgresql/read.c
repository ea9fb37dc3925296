/* read.c: what the ledger holds, for people and for the audit. Each question is one statement, answered out of one moment. */
#include "postgresql.h"

#include <stdio.h>
#include <stdlib.h>

enum { ROWS = 1000 };

/* clang-format off */
/* What was spent is summed already, of all days that are over: the audit holds that against the holds. */
#define SPENT(what) \
    "coalesce((SELECT p." what " FROM yuzui_usage_part p WHERE part = 3 AND span = 0 AND start = 0 AND p.account = a.id), 0) +" \
    " (SELECT coalesce(sum(u." what "), 0) FROM yuzui_usage u WHERE u.account = a.id AND span = 86400 AND start >= (SELECT yuzui_rolled(86400)))"
static const char ACCOUNTS[] =
    "SELECT name, available + yuzui_lent(a.id), held - yuzui_lent(a.id), created, (SELECT -coalesce(sum(amount), 0) FROM yuzui_entry e WHERE e.account = a.id AND book = 3),"
    " " SPENT("captured") ", " SPENT("refunded") " FROM yuzui_account a WHERE ($1 = '' OR name = $1) AND name > $2 AND $4 = $4 AND $5 = $5 ORDER BY name LIMIT $3::bigint";

/* Likewise in form, without the sums. */
static const char BALANCES[] =
    "SELECT name, available + yuzui_lent(a.id), held - yuzui_lent(a.id), created, 0, 0, 0 FROM yuzui_account a WHERE ($1 = '' OR name = $1) AND $2 = $2 AND $4 = $4 AND $5 = $5"
    " ORDER BY name LIMIT $3::bigint";
static const char BALANCE[] =
    "SELECT name, available + yuzui_lent(a.id), held - yuzui_lent(a.id), created, 0, 0, 0 FROM yuzui_account a WHERE name = $1 AND $2 = $2 AND $4 = $4 AND $5 = $5 LIMIT $3::bigint";

#define HOLDS_OF(which)                                                                                                \
    "SELECT a.name, h.id, request, model, price, detail, amount, captured, absorbed, refunded, state, h.created, ended," \
    " (h.created << 28) | (h.seq & 268435455), h.key"                                                                  \
    " FROM yuzui_hold h JOIN yuzui_account a ON a.id = h.account WHERE " which " AND ($5 = '' OR h.key = $5)"          \
    " AND h.created >= $6::bigint AND h.created < $7::bigint AND ($4::bigint = 0 OR h.created <= $4::bigint >> 28 AND"  \
    " (h.created < $4::bigint >> 28 OR (($4::bigint & 268435455) - (h.seq & 268435455)) & 268435455 BETWEEN 1 AND 134217728))" \
    " ORDER BY h.created DESC, h.seq DESC LIMIT $3::bigint"
/* One each, so that each goes by its index. A place says the time of its hold, and as much of its number as tells it from all others of that
 * second: to look for the hold itself would read all of them, for the want of an index of their numbers. */
static const char HOLDS[] = HOLDS_OF("$1 = $1 AND $2 = $2");
static const char HOLDS_ACCOUNT[] = HOLDS_OF("a.name = $1 AND $2 = $2");
static const char HOLDS_KEY[] = HOLDS_OF("h.key = $5 AND ($1 = '' OR a.name = $1) AND $2 = $2");
static const char HOLDS_ID[] = HOLDS_OF("(h.id = $2 OR h.request = $2) AND ($1 = '' OR a.name = $1)");

/* Everything that has to be so. Each names the account, the id, and what is wrong. */
static const char FAULTS[] =
    "SELECT * FROM (SELECT '' AS account, ref AS id, 'its entries add up to ' || sum(amount) || ' instead of 0' AS fault FROM yuzui_txn t"
    "  JOIN yuzui_entry e ON e.txn = t.id GROUP BY t.id HAVING sum(amount) <> 0"
    " UNION ALL SELECT '', ref, 'a transaction without entries' FROM yuzui_txn t WHERE NOT EXISTS (SELECT 1 FROM yuzui_entry e WHERE e.txn = t.id)"
    " UNION ALL SELECT name, '', 'available is ' || available || ', but its entries say ' || said FROM (SELECT name, available,"
    "  (SELECT coalesce(sum(amount), 0) FROM yuzui_entry e WHERE e.account = a.id AND book = 1) +"
    "  (SELECT coalesce(sum(r.available), 0) FROM yuzui_removed r WHERE r.account = a.id) AS said FROM yuzui_account a) x WHERE said <> available"
    " UNION ALL SELECT name, '', 'held is ' || held || ', but its entries say ' || said FROM (SELECT name, held,"
    "  (SELECT coalesce(sum(amount), 0) FROM yuzui_entry e WHERE e.account = a.id AND book = 2) +"
    "  (SELECT coalesce(sum(r.held), 0) FROM yuzui_removed r WHERE r.account = a.id) AS said FROM yuzui_account a) x WHERE said <> held"
    " UNION ALL SELECT name, '', 'held is ' || held || ', but its open holds are ' || said FROM (SELECT name, held - yuzui_lent(a.id) AS held,"
    "  (SELECT coalesce(sum(amount), 0) FROM yuzui_hold h WHERE h.account = a.id AND state = 0) AS said FROM yuzui_account a) x WHERE said <> held"
    " UNION ALL SELECT '', id, 'held ' || amount || ', but its entries say ' || said FROM (SELECT h.id, h.amount, coalesce((SELECT sum(e.amount)"
    "  FROM yuzui_txn t JOIN yuzui_entry e ON e.txn = t.id WHERE t.kind = 2 AND t.ref = h.id AND e.book = 2), 0) AS said FROM yuzui_hold h WHERE lease = 0) x"
    "  WHERE said <> amount"
    " UNION ALL SELECT '', 'lease ' || number, 'took ' || taken || ', but has ' || rest || ' and holds of ' || said FROM (SELECT number, taken, rest,"
    "  coalesce(s.amount, 0) + removed AS said FROM yuzui_lease l LEFT JOIN (SELECT lease, sum(amount) AS amount FROM yuzui_hold WHERE lease > 0 GROUP BY lease) s"
    "  ON s.lease = l.number) x WHERE taken <> rest + said"
    " UNION ALL SELECT '', 'lease ' || number, 'took ' || taken || ', but its entries say ' || said FROM (SELECT number, taken, coalesce(s.amount, 0) AS said"
    "  FROM yuzui_lease l LEFT JOIN (SELECT split_part(t.ref, ' ', 2) AS lease, sum(e.amount) AS amount FROM yuzui_txn t JOIN yuzui_entry e ON e.txn = t.id AND"
    "  e.book = 2 WHERE t.kind = 2 AND t.hold IS NULL AND t.ref LIKE 'lease %' GROUP BY 1) s ON s.lease = l.number::text) x WHERE said <> taken"
    " UNION ALL SELECT '', 'lease ' || number, 'gave back ' || rest || ', but its entries say ' || said FROM (SELECT number, rest, coalesce((SELECT sum(e.amount)"
    "  FROM yuzui_txn t JOIN yuzui_entry e ON e.txn = t.id WHERE t.kind = 4 AND t.ref = 'lease ' || number AND e.book = 1), 0) AS said FROM yuzui_lease"
    "  WHERE ended <> 0) x WHERE said <> rest"
    " UNION ALL SELECT '', id, 'its lease ' || lease || ' is not there' FROM yuzui_hold h WHERE lease > 0"
    "  AND NOT EXISTS (SELECT 1 FROM yuzui_lease l WHERE l.number = h.lease AND l.account = h.account)"
    " UNION ALL SELECT '', id, 'nothing is held for it, and it has not ended' FROM yuzui_hold WHERE lease < 0 AND state = 0"
    " UNION ALL SELECT '', id, 'its state is ' || state || ', but its end was written ' || ends || ' times' FROM (SELECT h.id, state,"
    "  (SELECT count(*) FROM yuzui_txn t WHERE t.ref = h.id AND t.kind = CASE state WHEN 1 THEN 3 WHEN 2 THEN 4 ELSE 6 END) AS ends,"
    "  (SELECT count(*) FROM yuzui_txn t WHERE t.ref = h.id AND t.kind IN (3, 4, 6)) AS any_end FROM yuzui_hold h) x"
    "  WHERE (any_end <> 0) <> (state <> 0) OR (state <> 0 AND (ends <> 1 OR any_end <> 1))"
    " UNION ALL SELECT '', id, 'cost ' || (captured + absorbed) || ', but its entries say ' || said FROM (SELECT h.id, captured, absorbed,"
    "  coalesce((SELECT sum(e.amount) FROM yuzui_txn t JOIN yuzui_entry e ON e.txn = t.id WHERE t.kind IN (3, 4, 6) AND t.ref = h.id"
    "  AND e.book = 4), 0) AS said FROM yuzui_hold h) x WHERE said <> captured + absorbed"
    " UNION ALL SELECT '', id, 'gave back ' || refunded || ', but its entries say ' || said || ' of ' || captured FROM (SELECT h.id, captured, refunded,"
    "  coalesce((SELECT sum(e.amount) FROM yuzui_txn t JOIN yuzui_entry e ON e.txn = t.id WHERE t.kind = 5 AND t.hold = h.id AND e.book = 1), 0)"
    "  AS said FROM yuzui_hold h) x WHERE said <> refunded OR refunded > captured"
    " UNION ALL SELECT owner, id, 'the job is to be looked after at ' || look || ', but ended at ' || ended FROM yuzui_job WHERE (look = 0) <> (ended <> 0)"
    " UNION ALL SELECT '', name, 'counts ' || amount || ', but its holds say ' || said FROM (SELECT c.name, amount, removed + coalesce(x.said, 0) AS said"
    "  FROM yuzui_counted c LEFT JOIN (SELECT n, sum(CASE state WHEN 0"
    "  THEN amount ELSE captured - refunded END) AS said FROM yuzui_hold, unnest(counts) n GROUP BY n) x ON x.n = c.name) y WHERE said <> amount"
    " UNION ALL SELECT (SELECT name FROM yuzui_account a WHERE a.id = x.account), span || ' ' || start, 'its usage is ' || coalesce(used, 0) || ', but its"
    "  holds say ' || coalesce(said, 0) FROM (SELECT * FROM (SELECT span, start, account, sum(captured) + sum(absorbed) - sum(refunded) AS used FROM"
    "  yuzui_usage GROUP BY span, start, account) u FULL JOIN (SELECT span, start, account, sum(captured) + sum(absorbed) - sum(refunded) AS said FROM"
    "  (SELECT span, start, account, captured, absorbed, refunded FROM yuzui_hold_usage UNION ALL SELECT span, start - start % span, account, captured, lost, refunded"
    "  FROM yuzui_removed, (VALUES (3600), (86400)) AS s (span)) z GROUP BY span, start, account) h USING (span, start, account)) x WHERE coalesce(said, 0) <> coalesce(used, 0)"
    " UNION ALL SELECT '', span || ' ' || start, 'by fewer names (' || part || ') its usage is ' || sum(used) || ' in ' || sum(calls) || ' requests, but by all of them '"
    "  || sum(said) || ' in ' || sum(counted) FROM (SELECT part, span, start, sum(captured + absorbed - refunded) AS used, sum(calls) AS calls, 0 AS said, 0 AS counted FROM"
    "  yuzui_usage_part GROUP BY part, span, start"
    "  UNION ALL SELECT part, up_to, CASE up_to WHEN 0 THEN 0 ELSE start - start % up_to END, 0, 0, used, calls FROM"
    "  (SELECT u.span, start, sum(captured + absorbed - refunded) AS used, sum(calls) AS calls FROM yuzui_usage u JOIN yuzui_usage_rolled r ON r.span = u.span"
    "  WHERE start < until GROUP BY u.span, start) u JOIN " PG_PARTS " ON of = u.span) x"
    "  GROUP BY part, span, start HAVING sum(used) <> sum(said) OR sum(calls) <> sum(counted)"
    " UNION ALL SELECT '', provider || ' ' || start, 'its ' || sum(tries) || ' tries cost ' || sum(amount) || ', but its holds say ' || sum(said) || ' tries, ' || sum(cost)"
    "  FROM (SELECT start, provider, tries, amount, estimated, unknown, 0 AS said, 0 AS cost, 0 AS guessed, 0 AS unsaid FROM yuzui_tried"
    "  UNION ALL SELECT start, provider, 0, 0, 0, 0, 1, amount, CASE cost WHEN 'estimated' THEN amount ELSE 0 END, (cost = 'unknown')::int FROM yuzui_hold_tries"
    "  UNION ALL SELECT start, provider, 0, 0, 0, 0, tries, amount, estimated, unknown FROM yuzui_removed_tries) x"
    "  GROUP BY start, provider HAVING sum(tries) <> sum(said) OR sum(amount) <> sum(cost) OR sum(estimated) <> sum(guessed) OR sum(unknown) <> sum(unsaid)"
    " UNION ALL SELECT '', id, 'it was removed, and is there' FROM yuzui_hold h WHERE EXISTS (SELECT 1 FROM yuzui_removed_hold r WHERE r.id = h.id)"
    " UNION ALL SELECT owner, id, 'it was removed, and is there' FROM yuzui_job j WHERE EXISTS (SELECT 1 FROM yuzui_removed_job r WHERE r.id = j.id)"
    " UNION ALL SELECT '', '', said || ' holds were removed, but the ids of ' || kept || ' are kept' FROM (SELECT (SELECT coalesce(sum(holds), 0) FROM yuzui_removed)"
    "  AS said, (SELECT count(*) FROM yuzui_removed_hold) AS kept) x WHERE said <> kept"
    " UNION ALL SELECT '', ref, 'it is about ' || hold || ', which is not there' FROM yuzui_txn t WHERE hold IS NOT NULL AND NOT EXISTS (SELECT 1 FROM yuzui_hold h"
    "  WHERE h.id = t.hold) AND NOT EXISTS (SELECT 1 FROM yuzui_removed_hold r WHERE r.id = t.hold)) f"
    " WHERE $1 = $1 AND $2 = $2 AND $4 = $4 AND $5 = $5 LIMIT $3::bigint";
/* clang-format on */

/* ---- rows ----------------------------------------------------------------------------------------------------------- */

yz_str pg_text_at(const PGresult *r, int row, int column) {
    return yz_str_at(PQgetvalue(r, row, column), (size_t)PQgetlength(r, row, column));
}
int64_t pg_number_at(const PGresult *r, int row, int column) { return strtoll(PQgetvalue(r, row, column), NULL, 10); }

static void take_account(const PGresult *r, int i, yz_ledger_row *row) {
    row->account = pg_text_at(r, i, 0);
    row->available = pg_number_at(r, i, 1);
    row->held = pg_number_at(r, i, 2);
    row->created = pg_number_at(r, i, 3);
    row->amount = pg_number_at(r, i, 4);
    row->captured = pg_number_at(r, i, 5);
    row->refunded = pg_number_at(r, i, 6);
}

static void take_hold(const PGresult *r, int i, yz_ledger_row *row) {
    yz_str *const texts[] = {&row->account, &row->id, &row->request, &row->model, &row->price, &row->detail};
    int64_t *const numbers[] = {&row->amount, &row->captured, &row->absorbed, &row->refunded};
    for (int c = 0; c < 6; c++)
        *texts[c] = pg_text_at(r, i, c);
    for (int c = 0; c < 4; c++)
        *numbers[c] = pg_number_at(r, i, 6 + c);
    row->state = (yz_hold_state)pg_number_at(r, i, 10);
    row->created = pg_number_at(r, i, 11);
    row->ended = pg_number_at(r, i, 12);
    row->place = pg_number_at(r, i, 13);
    row->key = pg_text_at(r, i, 14);
}

static void take_fault(const PGresult *r, int i, yz_ledger_row *row) {
    row->account = pg_text_at(r, i, 0);
    row->id = pg_text_at(r, i, 1);
    row->text = pg_text_at(r, i, 2);
}

/* ---- asking --------------------------------------------------------------------------------------------------------- */

static const char *question(const yz_ledger_query *query, take_row **take) {
    *take = query->what == YZ_LEDGER_HOLDS ? take_hold : query->what == YZ_LEDGER_FAULTS ? take_fault : take_account;
    if (query->what == YZ_LEDGER_ACCOUNTS)
        return ACCOUNTS;
    if (query->what == YZ_LEDGER_BALANCES)
        return query->account.n ? BALANCE : BALANCES;
    if (query->what == YZ_LEDGER_FAULTS)
        return FAULTS;
    return query->id.n ? HOLDS_ID : query->key.n ? HOLDS_KEY : query->account.n ? HOLDS_ACCOUNT : HOLDS;
}

static int tell(PGresult *result, take_row *take, yz_ledger_on_row *on_row, void *arg) {
    bool ok = PQresultStatus(result) == PGRES_TUPLES_OK;
    for (int i = 0; ok && i < PQntuples(result); i++) {
        yz_ledger_row row = {YZ_LEDGER_ROW};
        take(result, i, &row);
        on_row(arg, &row);
    }
    if (!ok)
        yz_log(YZ_LOG_ERROR, "postgresql: reading the ledger: %s", PQresultErrorMessage(result));
    PQclear(result);
    return ok ? YZ_OK : YZ_EIO;
}

/* With a NUL. */
char *pg_copy(yz_str text) { return strndup(text.n ? text.p : "", text.n); }

static PGresult *ask_own(const pg_link *link, const yz_ledger_query *query, take_row **take) {
    char limit[24], before[24], from[24], to[24], *account = pg_copy(query->account), *id = pg_copy(query->id), *key = pg_copy(query->key);
    snprintf(limit, sizeof limit, "%lld", (long long)(query->limit > 0 ? query->limit : ROWS));
    snprintf(before, sizeof before, "%lld", (long long)query->place);
    snprintf(from, sizeof from, "%lld", (long long)query->from);
    snprintf(to, sizeof to, "%lld", (long long)(query->to ? query->to : INT64_MAX));
    const char *const values[] = {account, id, limit, before, key, from, to};
    int n = query->what == YZ_LEDGER_HOLDS ? 7 : 5;
    PGresult *result = account && id && key ? PQexecParams(link->conn, question(query, take), n, NULL, values, NULL, NULL, 0) : NULL;
    free(account);
    free(id);
    free(key);
    return result;
}

/* Nothing is called what the database does not take: of such a name there are no rows. */
static bool can_be_asked(const yz_ledger_query *query) {
    const yz_str names[] = {query->account, query->id, query->key, query->model, query->provider};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (!pg_text_ok(names[i]))
            return false;
    for (size_t i = 0; i < query->n_keys; i++)
        if (!pg_text_ok(query->keys[i]))
            return false;
    return true;
}

int pg_read(pg_link *link, const yz_ledger_query *query, yz_ledger_on_row *on_row, void *arg) {
    take_row *take = NULL;
    bool own = query->what <= YZ_LEDGER_FAULTS || query->what == YZ_LEDGER_BALANCES;
    if (!can_be_asked(query))
        return YZ_OK;
    if (!pg_link_open(link)) {
        yz_log(YZ_LOG_ERROR, "postgresql: %s", link->why);
        return YZ_EIO;
    }
    PGresult *result = own ? ask_own(link, query, &take) : pg_ask(link, query, &take);
    return tell(result, take, on_row, arg);
}
