/* read.c: what the ledger holds, for people and for the audit. Each question is one statement, answered out of one moment. */
#include "postgresql.h"

#include <stdio.h>
#include <stdlib.h>

enum { ROWS = 1000 };

/* clang-format off */
static const char ACCOUNTS[] =
    "SELECT name, available, held, created, (SELECT -coalesce(sum(amount), 0) FROM yuzui_entry e WHERE e.account = a.id AND book = 3),"
    " (SELECT coalesce(sum(captured), 0) FROM yuzui_hold h WHERE h.account = a.id),"
    " (SELECT coalesce(sum(refunded), 0) FROM yuzui_hold h WHERE h.account = a.id)"
    " FROM yuzui_account a WHERE ($1 = '' OR name = $1) AND $2 = $2 ORDER BY name LIMIT $3::bigint";

#define HOLDS_OF(which)                                                                                                \
    "SELECT a.name, h.id, request, model, price, detail, amount, captured, absorbed, refunded, state, h.created, ended" \
    " FROM yuzui_hold h JOIN yuzui_account a ON a.id = h.account WHERE " which " ORDER BY h.created DESC, h.seq DESC LIMIT $3::bigint"
/* One each, so that each goes by its index. */
static const char HOLDS[] = HOLDS_OF("$1 = $1 AND $2 = $2");
static const char HOLDS_ACCOUNT[] = HOLDS_OF("a.name = $1 AND $2 = $2");
static const char HOLDS_ID[] = HOLDS_OF("(h.id = $2 OR h.request = $2) AND ($1 = '' OR a.name = $1)");

/* Everything that has to be so. Each names the account, the id, and what is wrong. */
static const char FAULTS[] =
    "SELECT * FROM (SELECT '' AS account, ref AS id, 'its entries add up to ' || sum(amount) || ' instead of 0' AS fault FROM yuzui_txn t"
    "  JOIN yuzui_entry e ON e.txn = t.id GROUP BY t.id HAVING sum(amount) <> 0"
    " UNION ALL SELECT '', ref, 'a transaction without entries' FROM yuzui_txn t WHERE NOT EXISTS (SELECT 1 FROM yuzui_entry e WHERE e.txn = t.id)"
    " UNION ALL SELECT name, '', 'available is ' || available || ', but its entries say ' || said FROM (SELECT name, available,"
    "  (SELECT coalesce(sum(amount), 0) FROM yuzui_entry e WHERE e.account = a.id AND book = 1) AS said FROM yuzui_account a) x WHERE said <> available"
    " UNION ALL SELECT name, '', 'held is ' || held || ', but its entries say ' || said FROM (SELECT name, held,"
    "  (SELECT coalesce(sum(amount), 0) FROM yuzui_entry e WHERE e.account = a.id AND book = 2) AS said FROM yuzui_account a) x WHERE said <> held"
    " UNION ALL SELECT name, '', 'held is ' || held || ', but its open holds are ' || said FROM (SELECT name, held,"
    "  (SELECT coalesce(sum(amount), 0) FROM yuzui_hold h WHERE h.account = a.id AND state = 0) AS said FROM yuzui_account a) x WHERE said <> held"
    " UNION ALL SELECT '', id, 'held ' || amount || ', but its entries say ' || said FROM (SELECT h.id, h.amount, coalesce((SELECT sum(e.amount)"
    "  FROM yuzui_txn t JOIN yuzui_entry e ON e.txn = t.id WHERE t.kind = 2 AND t.ref = h.id AND e.book = 2), 0) AS said FROM yuzui_hold h) x"
    "  WHERE said <> amount"
    " UNION ALL SELECT '', id, 'its state is ' || state || ', but its end was written ' || ends || ' times' FROM (SELECT h.id, state,"
    "  (SELECT count(*) FROM yuzui_txn t WHERE t.ref = h.id AND t.kind = CASE state WHEN 1 THEN 3 WHEN 2 THEN 4 ELSE 6 END) AS ends,"
    "  (SELECT count(*) FROM yuzui_txn t WHERE t.ref = h.id AND t.kind IN (3, 4, 6)) AS any_end FROM yuzui_hold h) x"
    "  WHERE (any_end <> 0) <> (state <> 0) OR (state <> 0 AND (ends <> 1 OR any_end <> 1))"
    " UNION ALL SELECT '', id, 'cost ' || (captured + absorbed) || ', but its entries say ' || said FROM (SELECT h.id, captured, absorbed,"
    "  coalesce((SELECT sum(e.amount) FROM yuzui_txn t JOIN yuzui_entry e ON e.txn = t.id WHERE t.kind IN (3, 4, 6) AND t.ref = h.id"
    "  AND e.book = 4), 0) AS said FROM yuzui_hold h) x WHERE said <> captured + absorbed"
    " UNION ALL SELECT '', id, 'gave back ' || refunded || ', but its entries say ' || said || ' of ' || captured FROM (SELECT h.id, captured, refunded,"
    "  coalesce((SELECT sum(e.amount) FROM yuzui_txn t JOIN yuzui_entry e ON e.txn = t.id WHERE t.kind = 5 AND t.hold = h.id AND e.book = 1), 0)"
    "  AS said FROM yuzui_hold h) x WHERE said <> refunded OR refunded > captured) f WHERE $1 = $1 AND $2 = $2 LIMIT $3::bigint";
/* clang-format on */

/* ---- rows ----------------------------------------------------------------------------------------------------------- */

static yz_str text_at(const PGresult *r, int row, int column) {
    return yz_str_at(PQgetvalue(r, row, column), (size_t)PQgetlength(r, row, column));
}
static int64_t number_at(const PGresult *r, int row, int column) { return strtoll(PQgetvalue(r, row, column), NULL, 10); }

static void take_account(const PGresult *r, int i, yz_ledger_row *row) {
    row->account = text_at(r, i, 0);
    row->available = number_at(r, i, 1);
    row->held = number_at(r, i, 2);
    row->created = number_at(r, i, 3);
    row->amount = number_at(r, i, 4);
    row->captured = number_at(r, i, 5);
    row->refunded = number_at(r, i, 6);
}

static void take_hold(const PGresult *r, int i, yz_ledger_row *row) {
    yz_str *const texts[] = {&row->account, &row->id, &row->request, &row->model, &row->price, &row->detail};
    int64_t *const numbers[] = {&row->amount, &row->captured, &row->absorbed, &row->refunded};
    for (int c = 0; c < 6; c++)
        *texts[c] = text_at(r, i, c);
    for (int c = 0; c < 4; c++)
        *numbers[c] = number_at(r, i, 6 + c);
    row->state = (yz_hold_state)number_at(r, i, 10);
    row->created = number_at(r, i, 11);
    row->ended = number_at(r, i, 12);
}

static void take_fault(const PGresult *r, int i, yz_ledger_row *row) {
    row->account = text_at(r, i, 0);
    row->id = text_at(r, i, 1);
    row->text = text_at(r, i, 2);
}

/* ---- asking --------------------------------------------------------------------------------------------------------- */

typedef void take_row(const PGresult *r, int i, yz_ledger_row *row);

static const char *question(const yz_ledger_query *query, take_row **take) {
    *take = query->what == YZ_LEDGER_ACCOUNTS ? take_account : query->what == YZ_LEDGER_HOLDS ? take_hold : take_fault;
    if (query->what == YZ_LEDGER_ACCOUNTS)
        return ACCOUNTS;
    if (query->what == YZ_LEDGER_FAULTS)
        return FAULTS;
    return query->id.n ? HOLDS_ID : query->account.n ? HOLDS_ACCOUNT : HOLDS;
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

int pg_read(pg_link *link, const yz_ledger_query *query, yz_ledger_on_row *on_row, void *arg) {
    take_row *take;
    const char *sql = question(query, &take);
    char limit[24], *account = strndup(query->account.n ? query->account.p : "", query->account.n),
                    *id = strndup(query->id.n ? query->id.p : "", query->id.n);
    snprintf(limit, sizeof limit, "%lld", (long long)(query->limit > 0 ? query->limit : ROWS));
    int code = YZ_EIO;
    if (account && id && pg_link_open(link)) {
        const char *const values[] = {account, id, limit};
        code = tell(PQexecParams(link->conn, sql, 3, NULL, values, NULL, NULL, 0), take, on_row, arg);
    } else {
        yz_log(YZ_LOG_ERROR, "postgresql: %s", link->why);
    }
    free(account);
    free(id);
    return code;
}
