/* postgresql.h: the parts of the postgresql ledger.
 *
 *   postgresql.c  the plugin: options, and what the writer's thread (common/writer.h) asks of the database
 *   schema.c      the tables, and the function in the database that does a posting
 *   schema_records.c  tables and functions of records, counts and usage
 *   schema_leases.c  the table and functions of what is lent, and holds as they are now
 *   schema_jobs.c  the table and functions of jobs
 *   schema_parts.c  the table and functions of usage by fewer names and of more days
 *   schema_tries.c  the table and function of what tries cost
 *   schema_removed.c  the tables of what is older than is kept, and the function that removes it
 *   link.c        a connection: opening, migrations, a batch in one pipeline
 *   send.c        a posting, in libpq's words
 *   read.c        accounts, holds, the audit
 *   ask.c         records, moves, usage, counts, jobs
 */
#ifndef YUZUI_POSTGRESQL_H
#define YUZUI_POSTGRESQL_H

#include "../common/writer.h"

#include <libpq-fe.h>
#include <yuzui/ledger.h>
#include <yuzui/plugin.h>

typedef struct pg_config {
    yz_str url, wills;
    int64_t keep; /* ms; 0: for ever */
    const yz_secret *password;
} pg_config;

/* ---- schema.c ------------------------------------------------------------------------------------------------------- */

/* What makes a version of the one before; never edited, only followed by another. */
typedef struct pg_migration {
    const char *tables, *functions;
} pg_migration;
extern const pg_migration pg_migrations[];
extern const int pg_version;
/* schema_records.c: the second version */
extern const char pg_records[], pg_record_functions[];
/* schema_leases.c: the third */
extern const char pg_leases[], pg_lease_functions[];
/* schema_jobs.c: the fifth, and the twelfth */
extern const char pg_jobs[], pg_job_functions[], pg_jobs_removed[], pg_job_functions_removed[], pg_job_used[], pg_job_used_functions[];
/* schema_parts.c: the sixth, the seventh and the eleventh */
extern const char pg_parts[], pg_part_functions[], pg_parts_again[], pg_part_functions_again[], pg_parts_long[];
/* clang-format off */
/* The parts: 1: by account and key, 2: by model and provider, 3: all of an account, 4: by no name (which came with the seventh version), 5: by all
 * names (which came with the eleventh, as did stretches of 8 and of 64 days). Which spans of usage go into which of each. */
#define PG_PARTS \
    "(VALUES (1, 3600, 3600), (1, 86400, 86400), (1, 86400, 691200), (1, 86400, 5529600), (2, 3600, 3600), (2, 86400, 86400), (3, 86400, 0), (4, 3600, 3600)," \
    " (4, 86400, 86400), (5, 86400, 691200), (5, 86400, 5529600)) AS p (part, of, up_to)"
/* clang-format on */
/* schema_tries.c: the eighth */
extern const char pg_tries[], pg_try_functions[];
/* schema_removed.c: the ninth; the tenth is what of the third and the fifth knows of it */
extern const char pg_removed[], pg_removed_functions[], pg_lease_functions_again[], pg_job_functions_again[];

/* ---- link.c --------------------------------------------------------------------------------------------------------- */

enum { PG_WHY = 256 };

/* A connection; the server is what `url` says, in libpq's words. One thread at a time. */
typedef struct pg_link {
    char *url, *password; /* password NULL: none */
    PGconn *conn;         /* NULL: not connected */
    char why[PG_WHY];     /* the last failure */
} pg_link;

bool pg_link_init(pg_link *link, const char *url, const char *password); /* copies both */
void pg_link_free(pg_link *link);
/* Connects unless it is, and for the first time brings the tables to today's shape. */
bool pg_link_open(pg_link *link);
void pg_link_close(pg_link *link);
/* Writes the postings from first until end in one transaction, and says in each how it went. False: nothing of it happened, or (the
 * connection was lost) perhaps all of it, which they say themselves (`doubt`): to post it again is right in both cases. */
bool pg_link_write(pg_link *link, writer_item *first, const writer_item *end, int64_t now);
/* Ends the holds whose time is over, at most `most`. Their number, or -1. */
int pg_link_expire(pg_link *link, int64_t now, int most);
/* Gives an hour or a day that is over its sums by fewer names. 1: there are more; 0: none; -1: it failed. */
int pg_link_roll(pg_link *link);
/* Removes some of what was made and has ended `keep` seconds ago; rule: which says so, in words. Likewise. */
int pg_link_remove(pg_link *link, int64_t keep, const char *rule);
/* Calls told(arg, number, account) for each lease that somebody wants back. */
void pg_link_wanted(pg_link *link, writer_told *told, void *arg);

/* ---- send.c --------------------------------------------------------------------------------------------------------- */

bool pg_text_ok(yz_str text);         /* does the database take it: UTF-8 without zero bytes? */
bool pg_send_ok(const yz_posting *p); /* is it well formed? */
bool pg_send_prepare(pg_link *link);  /* the statements */
/* Queues one up; its result is code, before, state, amount, available, held, counted, absorbed. final: as in writer.h. */
bool pg_send(const pg_link *link, const yz_posting *p, bool final, int64_t now);

/* ---- read.c --------------------------------------------------------------------------------------------------------- */

int pg_read(pg_link *link, const yz_ledger_query *query, yz_ledger_on_row *on_row, void *arg);

/* ---- ask.c ---------------------------------------------------------------------------------------------------------- */

typedef void take_row(const PGresult *r, int i, yz_ledger_row *row);
yz_str pg_text_at(const PGresult *r, int row, int column);
int64_t pg_number_at(const PGresult *r, int row, int column);
/* Asks a question that is not read.c's own. */
PGresult *pg_ask(const pg_link *link, const yz_ledger_query *query, take_row **take);
char *pg_copy(yz_str text); /* with a NUL; NULL: no memory */

#endif
