/* link.c: a connection to the server, and a batch of postings in one trip.
 *
 * All writers of all gateways take one lock, inside their transactions: one batch after another, as in a ledger with one writer. So two
 * batches that touch the same accounts in another order do not deadlock, and a posting sees all that was written before. What it costs is
 * that a fleet has one commit at a time; a batch holds all that waits, so under load batches grow and commits do not.
 */
#include "postgresql.h"

#include <stdio.h>
#include <stdlib.h>

#define CONNECT_S "5"
#define LOCK      "SELECT pg_advisory_xact_lock(8766106170929312117)" /* "yuzuledg" as a number: other users of the database take others */

/* ---- opening -------------------------------------------------------------------------------------------------------- */

/* The server's words on one line: what it adds on lines of its own ("LINE 1: …", "Is the server running …?") is left out. */
static void take_words(pg_link *link, const char *what, const char *text) {
    static const char error[] = "ERROR:  ";
    const char *line = strncmp(text, error, sizeof error - 1) == 0 ? text + sizeof error - 1 : text;
    snprintf(link->why, sizeof link->why, "%s%s%.*s", what, *what ? ": " : "", (int)strcspn(line, "\r\n"), line);
    for (char *at = link->why; *at; at++)
        if ((unsigned char)*at < ' ' || *at == 0x7f)
            *at = ' ';
    for (size_t n = strlen(link->why); n > 0 && link->why[n - 1] == ' ';)
        link->why[--n] = '\0';
}

static bool gave_up(pg_link *link, const char *what) {
    take_words(link, what, link->conn ? PQerrorMessage(link->conn) : "out of memory");
    pg_link_close(link);
    return false;
}

bool pg_link_init(pg_link *link, const char *url, const char *password) {
    *link = (pg_link){.url = strdup(url), .password = password ? strdup(password) : NULL};
    return link->url && (link->password || !password);
}

void pg_link_close(pg_link *link) {
    PQfinish(link->conn);
    link->conn = NULL;
}

void pg_link_free(pg_link *link) {
    pg_link_close(link);
    if (link->password)
        explicit_bzero(link->password, strlen(link->password));
    free(link->password);
    free(link->url);
}

static bool say(pg_link *link, const char *sql) {
    PGresult *result = PQexec(link->conn, sql);
    ExecStatusType status = PQresultStatus(result);
    PQclear(result);
    return status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK;
}

static int64_t number(const PGresult *result, int row, int column) { return strtoll(PQgetvalue(result, row, column), NULL, 10); }

/* -1: it cannot be read. */
static int version_of(pg_link *link) {
    if (!say(link, "CREATE TABLE IF NOT EXISTS yuzui_version (version int NOT NULL)"))
        return -1;
    PGresult *result = PQexec(link->conn, "SELECT coalesce(max(version), 0) FROM yuzui_version");
    int version = PQresultStatus(result) == PGRES_TUPLES_OK ? (int)number(result, 0, 0) : -1;
    PQclear(result);
    return version;
}

/* Inside a transaction that has the lock, so that of several gateways that start at once one does it. */
static bool migrate(pg_link *link) {
    /* To compile one of these questions takes the server longer than to answer it. */
    if (!say(link, "SET client_min_messages = warning; SET jit = off") || !say(link, "BEGIN") || !say(link, LOCK))
        return gave_up(link, "beginning");
    int version = version_of(link);
    if (version < 0)
        return gave_up(link, "reading the version of the tables");
    if (version > pg_version) {
        snprintf(link->why, sizeof link->why, "the tables were written by a newer yuzui: their version is %d, this one knows %d", version,
                 pg_version);
        pg_link_close(link);
        return false;
    }
    for (; version < pg_version; version++) {
        char stamp[64];
        snprintf(stamp, sizeof stamp, "INSERT INTO yuzui_version VALUES (%d)", version + 1);
        if (!say(link, pg_migrations[version].tables) || !say(link, pg_migrations[version].functions) || !say(link, stamp))
            return gave_up(link, "making the tables");
    }
    return say(link, "COMMIT") || gave_up(link, "making the tables");
}

/* What takes a connection and then is silent, or speaks of something else, is hardly a server of this kind. */
static bool told_apart(pg_link *link) {
    size_t n = strlen(link->why);
    bool silent = strstr(link->why, "timeout expired"), other = strstr(link->why, "invalid response");
    if (silent || other)
        snprintf(link->why + n, sizeof link->why - n, "%s: is it PostgreSQL that listens there?", silent ? " after " CONNECT_S " s" : "");
    return false;
}

/* A server that is silent is given up after a few seconds: requests wait for it. */
bool pg_link_open(pg_link *link) {
    if (link->conn)
        return true;
    const char *const names[] = {"dbname", "password", "connect_timeout", "tcp_user_timeout", "client_encoding", "application_name", NULL};
    const char *const values[] = {link->url, link->password, CONNECT_S, "10000", "UTF8", "yuzui", NULL};
    link->conn = PQconnectdbParams(names, values, 1);
    if (PQstatus(link->conn) != CONNECTION_OK)
        return gave_up(link, "connecting") || told_apart(link);
    return migrate(link) && (pg_send_prepare(link) || gave_up(link, "preparing"));
}

/* ---- a batch -------------------------------------------------------------------------------------------------------- */

static bool queue_up(pg_link *link, const char *sql) { return PQsendQueryParams(link->conn, sql, 0, NULL, NULL, NULL, NULL, 0) == 1; }

static bool send_all(pg_link *link, const writer_item *first, const writer_item *end, int64_t now) {
    if (!PQenterPipelineMode(link->conn) || !queue_up(link, "BEGIN") || !queue_up(link, LOCK))
        return false;
    for (const writer_item *it = first; it != end; it = it->next)
        if (pg_send_ok(&it->posting) && !pg_send(link, &it->posting, it->final, now))
            return false;
    return queue_up(link, "COMMIT") && PQpipelineSync(link->conn);
}

/* The result of the next command, and the NULL behind it. NULL: it failed, or the connection did. */
static PGresult *next_result(pg_link *link, ExecStatusType wanted) {
    PGresult *result = PQgetResult(link->conn);
    if (PQresultStatus(result) != wanted) {
        take_words(link, "", result ? PQresultErrorMessage(result) : PQerrorMessage(link->conn));
        PQclear(result);
        return NULL;
    }
    PQclear(PQgetResult(link->conn));
    return result;
}

static bool expect(pg_link *link, ExecStatusType wanted) {
    PGresult *result = next_result(link, wanted);
    PQclear(result);
    return result != NULL;
}

static bool take_post(pg_link *link, yz_posted *posted) {
    PGresult *result = next_result(link, PGRES_TUPLES_OK);
    if (!result)
        return false;
    *posted = (yz_posted){YZ_POSTED,
                          .code = (int)number(result, 0, 0),
                          .before = PQgetvalue(result, 0, 1)[0] == 't',
                          .state = (yz_hold_state)number(result, 0, 2),
                          .amount = number(result, 0, 3),
                          .available = number(result, 0, 4),
                          .held = number(result, 0, 5),
                          .count = (size_t)number(result, 0, 6),
                          .absorbed = number(result, 0, 7)};
    PQclear(result);
    return true;
}

static bool take_all(pg_link *link, writer_item *first, const writer_item *end) {
    bool ok = expect(link, PGRES_COMMAND_OK) && expect(link, PGRES_TUPLES_OK);
    for (writer_item *it = first; ok && it != end; it = it->next)
        if (pg_send_ok(&it->posting))
            ok = take_post(link, &it->posted);
        else
            it->posted = (yz_posted){YZ_POSTED, .code = YZ_EINVAL};
    if (!ok || !expect(link, PGRES_COMMAND_OK))
        return false;
    PGresult *sync = PQgetResult(link->conn);
    ok = PQresultStatus(sync) == PGRES_PIPELINE_SYNC;
    PQclear(sync);
    return ok && PQexitPipelineMode(link->conn);
}

/* The COMMIT was on its way, and the server has not said what became of it. */
static void doubt_all(writer_item *first, const writer_item *end) {
    for (writer_item *it = first; it != end; it = it->next)
        it->doubt = true;
}

/* After a failure the connection is closed: the server undoes what was not committed, and nothing of the pipeline is left to read. */
bool pg_link_write(pg_link *link, writer_item *first, const writer_item *end, int64_t now) {
    if (!pg_link_open(link))
        return false;
    bool sent = send_all(link, first, end, now);
    if (sent && take_all(link, first, end))
        return true;
    if (sent && PQstatus(link->conn) == CONNECTION_BAD)
        doubt_all(first, end);
    pg_link_close(link);
    return false;
}

/* What a function of the database answers, in a transaction that has the lock; -1: it failed. */
static int call(pg_link *link, const char *question, const char *doing) {
    if (!pg_link_open(link))
        return -1;
    if (!say(link, "BEGIN") || !say(link, LOCK)) {
        gave_up(link, doing);
        return -1;
    }
    PGresult *result = PQexec(link->conn, question);
    int n = PQresultStatus(result) == PGRES_TUPLES_OK ? (int)number(result, 0, 0) : -1;
    PQclear(result);
    if (n >= 0 && say(link, "COMMIT"))
        return n;
    gave_up(link, doing);
    return -1;
}

int pg_link_expire(pg_link *link, int64_t now, int most) {
    char question[96];
    snprintf(question, sizeof question, "SELECT yuzui_expire(%lld, %d)", (long long)now, most);
    return call(link, question, "looking for what has expired");
}

int pg_link_roll(pg_link *link) { return call(link, "SELECT yuzui_roll()", "summing what is over"); }

int pg_link_remove(pg_link *link, int64_t keep, const char *rule) {
    enum { MOST = 200 }; /* some tens of milliseconds' worth: the fleet waits */
    char question[256];
    snprintf(question, sizeof question, "SELECT CASE yuzui_remove(%lld, '%s', %d) WHEN 1 THEN 1 ELSE yuzui_remove_rest(%lld, %d) END",
             (long long)keep, rule, MOST, (long long)keep, MOST);
    return call(link, question, "removing what is older than is kept");
}

void pg_link_wanted(pg_link *link, writer_told *told, void *arg) {
    static const char QUESTION[] = "SELECT l.number, a.name FROM yuzui_lease l JOIN yuzui_account a ON a.id = l.account WHERE l.ended = 0 "
                                   "AND a.wanted > yuzui_clock() - 10";
    if (!pg_link_open(link))
        return;
    PGresult *result = PQexec(link->conn, QUESTION);
    bool ok = PQresultStatus(result) == PGRES_TUPLES_OK;
    for (int i = 0; ok && i < PQntuples(result); i++)
        told(arg, (uint64_t)number(result, i, 0), yz_str_at(PQgetvalue(result, i, 1), (size_t)PQgetlength(result, i, 1)));
    PQclear(result);
    if (!ok)
        gave_up(link, "looking for what others want back");
}
