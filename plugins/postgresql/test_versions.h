/* test_versions.h: tables of every version that there ever was, with money in them, are opened by this one: nothing of it changes, what was
 * posted stays posted, and what was open goes on. After test_postgresql.c's helpers. */

/* What ledger_versions.h expects, written by the first version's own function. */
static const char *const OF_THE_FIRST[] = {"yuzui_post(1, 'alice', 'c1', '', 10000000000, 0, '', '', '', '', 1700000000)",
                                           "yuzui_post(1, 'bob', 'c2', '', 1000000000, 0, '', '', '', '', 1700000000)",
                                           "yuzui_post(2, 'alice', 'h1', '', 4000000000, 1700003600, 'r1', 'gpt', 'p1', '', 1700000000)",
                                           "yuzui_post(2, 'alice', 'h2', '', 2000000000, 4000000000, 'r2', 'gpt', 'p1', '', 1700000000)",
                                           "yuzui_post(2, 'bob', 'h3', '', 1000000000, 1700003600, 'r3', 'gpt', 'p1', '', 1700000000)",
                                           "yuzui_post(3, '', 'h1', '', 3000000000, 0, '', '', '', "
                                           "'{\"provider\":\"openai\",\"input\":100,\"cached\":20,\"output\":50}', 1700007200)",
                                           "yuzui_post(4, '', 'h3', '', 0, 0, '', '', '', '{}', 1700000001)",
                                           "yuzui_post(5, '', 'f1', 'h1', 1000000000, 0, '', '', '', '', 1700009000)"};

/* What the tenth made of its day when that was over; the eleventh sums it further. */
static const char OF_THE_TENTH[] =
#define DAY_SUMS "calls, input, cached, output, captured, absorbed, refunded FROM yuzui_usage WHERE span = 86400"
    "INSERT INTO yuzui_usage_part SELECT 1, 86400, start, account, key, '', '', " DAY_SUMS ";"
    "INSERT INTO yuzui_usage_part SELECT 2, 86400, start, 0, '', model, provider, " DAY_SUMS ";"
    "INSERT INTO yuzui_usage_part SELECT 3, 0, 0, account, '', '', '', " DAY_SUMS ";"
    "INSERT INTO yuzui_usage_part SELECT 4, 86400, start, 0, '', '', '', " DAY_SUMS ";"
#undef DAY_SUMS
    "UPDATE yuzui_usage_rolled SET until = 1700092800 WHERE span = 86400;";
enum { TENTH = 10 };

static void run_script(PGconn *conn, const char *script) {
    PGresult *result = PQexec(conn, script);
    if (PQresultStatus(result) != PGRES_COMMAND_OK && PQresultStatus(result) != PGRES_TUPLES_OK)
        fail_msg("%s: %s", script, PQerrorMessage(conn));
    PQclear(result);
}

static void post_first(PGconn *conn) {
    for (size_t i = 0; i < sizeof OF_THE_FIRST / sizeof *OF_THE_FIRST; i++) {
        char script[400];
        snprintf(script, sizeof script, "SELECT code FROM %s", OF_THE_FIRST[i]);
        PGresult *result = PQexec(conn, script);
        if (PQntuples(result) != 1 || strcmp(PQgetvalue(result, 0, 0), "0") != 0)
            fail_msg("%s: %s", script, PQerrorMessage(conn));
        PQclear(result);
    }
}

static void write_version(int version) {
    char stamp[64];
    PGconn *conn = PQconnectdb(other_url);
    run_script(conn, "CREATE TABLE yuzui_version (version int NOT NULL)");
    for (int i = 0; i < version; i++) {
        run_script(conn, pg_migrations[i].tables);
        run_script(conn, pg_migrations[i].functions);
        if (i == 0)
            post_first(conn);
        if (i + 1 == TENTH)
            run_script(conn, OF_THE_TENTH);
        snprintf(stamp, sizeof stamp, "INSERT INTO yuzui_version VALUES (%d)", i + 1);
        run_script(conn, stamp);
    }
    PQfinish(conn);
}

static void each_version_is_opened(void **unused) {
    (void)unused;
    for (int version = 1; version <= pg_version; version++) {
        fresh();
        write_version(version);
        for (int i = 0; i < 2; i++) {
            void *l = open_it();
            lv_assert_kept(&store, l);
            postgresql_close(l);
        }
        void *l = open_it();
        lv_assert_goes_on(&store, l);
        postgresql_close(l);
        l = open_it();
        lv_adds_up(&store, l);
        postgresql_close(l);
    }
}
