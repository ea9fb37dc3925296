/* test_postgresql.c: the ledger on a real server, which the test starts: what every ledger has to do (ledger_property.h), many gateways at
 * once for an account that can pay only some, and a server that goes away. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/diag.h"
#include "ledger_contract.h"
#include "ledger_jobs.h"
#include "ledger_lent.h"
#include "ledger_removed.h"
#include "ledger_sums.h"
#include "ledger_versions.h"

#include <glob.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../common/lease.c"
#include "../common/queue.c"
#include "../common/span.c"
#include "../common/wills.c"
#include "../common/writer.c"
#include "ask.c"
#include "link.c"
#include "read.c"
#include "schema.c"
#include "schema_jobs.c"
#include "schema_leases.c"
#include "schema_parts.c"
#include "schema_records.c"
#include "schema_removed.c"
#include "schema_tries.c"
#include "send.c"
#undef OK
#include "postgresql.c"

/* ---- a server ------------------------------------------------------------------------------------------------------- */

static char folder[64], bin[256], url[256], other_url[320], wills_path[128];
static pid_t server;
static int schemas;
static int64_t keep; /* s */

static bool find_server(void) {
    glob_t found;
    if (glob("/usr/lib/postgresql/*/bin/postgres", 0, NULL, &found) != 0)
        return false;
    snprintf(bin, sizeof bin, "%s", found.gl_pathv[found.gl_pathc - 1]);
    *strrchr(bin, '/') = 0;
    globfree(&found);
    return true;
}

/* It refuses to run as root. */
static pid_t start(const char *const argv[]) {
    pid_t pid = fork();
    if (pid != 0)
        return pid;
    const struct passwd *user = getuid() == 0 ? getpwnam("nobody") : NULL;
    if (user && (setgroups(0, NULL) != 0 || setgid(user->pw_gid) != 0 || setuid(user->pw_uid) != 0))
        _exit(126);
    if (!freopen("/dev/null", "w", stdout) || !freopen("/dev/null", "r", stdin) || chdir(folder) != 0)
        _exit(126);
    dup2(1, 2);
    execv(argv[0], (char *const *)(uintptr_t)argv);
    _exit(127);
}

static bool ran(const char *const argv[]) {
    int status;
    return waitpid(start(argv), &status, 0) > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static bool start_server(void) {
    char program[300], data[128];
    snprintf(program, sizeof program, "%s/postgres", bin), snprintf(data, sizeof data, "%s/data", folder);
    const char *const argv[] = {program, "-D", data, "-k", folder, "-c", "listen_addresses=", "-c", "fsync=off", "-c", "max_connections=50",
                                NULL};
    server = start(argv);
    for (int i = 0; i < 600; i++) {
        PGPing ping = PQping(url);
        if (ping == PQPING_OK)
            return true;
        usleep(50000);
    }
    return false;
}

static void stop_server(void) {
    kill(server, SIGINT);
    waitpid(server, NULL, 0);
}

static int set_up(void **state) {
    (void)state;
    strcpy(folder, "/tmp/test_postgresql.XXXXXX");
    if (!find_server() || !mkdtemp(folder) || chmod(folder, 0777) != 0)
        return -1;
    char program[300], data[128];
    snprintf(program, sizeof program, "%s/initdb", bin), snprintf(data, sizeof data, "%s/data", folder);
    snprintf(url, sizeof url, "postgresql:///postgres?host=%s&user=yuzui", folder);
    const char *const argv[] = {program, "-D", data, "-A", "trust", "-U", "yuzui", "-E", "UTF8", "--locale=C", "--no-sync", NULL};
    return ran(argv) && start_server() ? 0 : -1;
}

static int tear_down(void **state) {
    (void)state;
    char command[128];
    stop_server();
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    return system(command);
}

static void sql(const char *text) {
    PGconn *conn = PQconnectdb(url);
    PGresult *result = PQexec(conn, text);
    if (PQresultStatus(result) != PGRES_COMMAND_OK && PQresultStatus(result) != PGRES_TUPLES_OK)
        fail_msg("%s: %s", text, PQerrorMessage(conn));
    PQclear(result);
    PQfinish(conn);
}

/* Each ledger is a schema of its own. */
static void fresh(void) {
    char text[128];
    snprintf(text, sizeof text, "SET client_min_messages = error; DROP SCHEMA IF EXISTS ledger_%d CASCADE; CREATE SCHEMA ledger_%d",
             schemas, schemas + 1);
    sql(text);
    snprintf(other_url, sizeof other_url, "%s&options=-csearch_path%%3Dledger_%d", url, ++schemas);
    snprintf(wills_path, sizeof wills_path, "%s/ledger-%d", folder, schemas);
}

/* The clock that old things go by is the server's: it is told what time the test says it is. */
static void set_clock(void) {
    char text[256];
    PGconn *conn = PQconnectdb(other_url);
    snprintf(text, sizeof text,
             "CREATE OR REPLACE FUNCTION yuzui_clock() RETURNS bigint LANGUAGE sql VOLATILE AS $$ SELECT extract(epoch FROM "
             "clock_timestamp())::bigint + %lld $$",
             (long long)(yz_clock_wall_ns() / 1000000000 - time(NULL)));
    PQclear(PQexec(conn, text));
    PQfinish(conn);
}

static void *open_it(void) {
    void *l = NULL;
    yz_diag diag = {0};
    if (postgresql_open(&(pg_config){.url = yz_str_of(other_url), .wills = yz_str_of(wills_path), .keep = keep * 1000}, &l, &diag) != YZ_OK)
        print_error("%.*s\n", (int)diag.text.n, diag.text.p);
    yz_diag_free(&diag);
    if (l && keep)
        set_clock(), postgresql_serve(l);
    return l;
}

/* All connections are gone, as after a fail-over. */
static void crash(void) {
    sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND application_name = 'yuzui'");
}

static const lp_store store = {&ops, fresh, open_it, crash, 0, 0}, forgetful = {&ops, fresh, open_it, crash, 0, 2500};

/* ---- tests ---------------------------------------------------------------------------------------------------------- */

static bool is_long(void) { return getenv("YUZUI_LONG") && strcmp(getenv("YUZUI_LONG"), "1") == 0; }

static void it_does_what_the_model_does(void **state) {
    (void)state;
    lease_rich = YZ_LEDGER_TOTAL_MAX; /* nothing is lent */
    for (uint64_t seed = 1; seed <= (is_long() ? 6700 : 2); seed++)
        assert_int_equal(lp_check(&store, seed, is_long() ? 1500 : 600, false), 0);
    lease_rich = 32;
}

/* Time passes, and what is older than is kept goes: nothing else is different. */
static void old_things_go(void **state) {
    (void)state;
    keep = forgetful.keep;
    for (uint64_t seed = 101; seed <= 100 + (is_long() ? 3300 : 2); seed++)
        assert_int_equal(lp_check(&forgetful, seed, is_long() ? 1500 : 600, false), 0);
    keep = 0;
}

static yz_posted post_now(void *l, yz_posting p) {
    lp_run run = {.store = &store, .gateways = {l}};
    p.size = sizeof p;
    return lp_post(&run, 0, &p);
}

static yz_posted hold(void *l, const char *id, int64_t amount) {
    return post_now(l, (yz_posting){.kind = YZ_POSTING_HOLD,
                                    .account = YZ_STR("a"),
                                    .id = yz_str_of(id),
                                    .amount = amount,
                                    .expires = writer_now() + 3600,
                                    .request = YZ_STR("req"),
                                    .model = YZ_STR("m"),
                                    .price = YZ_STR("p")});
}

enum { GATEWAYS = 3, THREADS = 9, EACH = 30, AFFORDED = 37 };
typedef struct client {
    pthread_t thread;
    void *l;
    int number, admitted;
} client;

static void *client_run(void *arg) {
    client *c = arg;
    for (int i = 0; i < EACH; i++) {
        char id[32];
        snprintf(id, sizeof id, "t%d-%d", c->number, i);
        yz_posted p = hold(c->l, id, 10);
        if (p.code != YZ_OK && p.code != YZ_ELIMIT)
            return c;
        c->admitted += p.code == YZ_OK;
        if (p.code == YZ_OK) /* nobody waits for the end */
            postgresql_post(c->l, &(yz_posting){YZ_POSTING, .kind = YZ_POSTING_CAPTURE, .id = yz_str_of(id), .amount = 10}, NULL, NULL);
    }
    return NULL;
}

static void sum_captured(void *arg, const yz_ledger_row *row) { *(int64_t *)arg += row->captured; }
static void count_fault(void *arg, const yz_ledger_row *row) {
    print_error("fault: %.*s %.*s: %.*s\n", YZ_STR_ARGS(row->account), YZ_STR_ARGS(row->id), YZ_STR_ARGS(row->text));
    ++*(int *)arg;
}
static int faults(void *l) {
    int n = 0;
    assert_int_equal(postgresql_read(l, &(yz_ledger_query){YZ_LEDGER_QUERY, .what = YZ_LEDGER_FAULTS}, count_fault, &n), YZ_OK);
    return n;
}

/* Several gateways on one ledger: exactly as many as the account can pay are admitted. */
static void exactly_as_many(void **state) {
    (void)state;
    fresh();
    void *gateways[GATEWAYS];
    client clients[THREADS];
    int admitted = 0;
    for (int i = 0; i < GATEWAYS; i++)
        assert_non_null(gateways[i] = open_it());
    post_now(gateways[0], (yz_posting){.kind = YZ_POSTING_CREDIT, .account = YZ_STR("a"), .id = YZ_STR("c"), .amount = AFFORDED * 10 + 9});
    for (int i = 0; i < THREADS; i++) {
        clients[i] = (client){.l = gateways[i % GATEWAYS], .number = i};
        pthread_create(&clients[i].thread, NULL, client_run, &clients[i]);
    }
    for (int i = 0; i < THREADS; i++) {
        void *failed;
        pthread_join(clients[i].thread, &failed);
        assert_null(failed);
        admitted += clients[i].admitted;
    }
    assert_int_equal(admitted, AFFORDED);
    for (int i = 0; i < GATEWAYS; i++)
        postgresql_close(gateways[i]); /* writes what nobody waited for */
    void *l = open_it();
    int64_t captured = 0;
    assert_int_equal(
        postgresql_read(l, &(yz_ledger_query){YZ_LEDGER_QUERY, .what = YZ_LEDGER_HOLDS, .account = YZ_STR("a")}, sum_captured, &captured),
        YZ_OK);
    assert_int_equal(captured, AFFORDED * 10);
    assert_int_equal(faults(l), 0);
    postgresql_close(l);
}

/* Who waits is told; what nobody waits for is written when the server is back. */
static void a_server_that_goes_away(void **state) {
    (void)state;
    fresh();
    void *l = open_it();
    post_now(l, (yz_posting){.kind = YZ_POSTING_CREDIT, .account = YZ_STR("a"), .id = YZ_STR("c"), .amount = 1000});
    assert_int_equal(hold(l, "h1", 100).code, YZ_OK);
    crash();
    assert_int_equal(hold(l, "h2", 100).code, YZ_OK); /* on a new connection */
    stop_server();
    assert_int_equal(hold(l, "h3", 100).code, YZ_EIO);
    postgresql_post(l, &(yz_posting){YZ_POSTING, .kind = YZ_POSTING_CAPTURE, .id = YZ_STR("h1"), .amount = 70}, NULL, NULL);
    usleep(300000);
    assert_true(start_server());
    yz_posted p = {YZ_POSTED};
    for (int i = 0; i < 200 && !p.before; i++) {
        p = post_now(l, (yz_posting){.kind = YZ_POSTING_RELEASE, .id = YZ_STR("h1")});
        assert_true(p.code != YZ_OK || p.before); /* it was captured before anybody could release it: postings keep their order */
        usleep(50000);
    }
    assert_true(p.before && p.state == YZ_HOLD_CAPTURED && p.amount == 70 && p.available == 830 && p.held == 100);
    assert_int_equal(faults(l), 0);
    postgresql_close(l);
}

/* What a client put into a name or an id cannot make the ledger fail. */
static void odd_texts(void **state) {
    (void)state;
    fresh();
    void *l = open_it();
    post_now(l, (yz_posting){.kind = YZ_POSTING_CREDIT, .account = YZ_STR("a"), .id = YZ_STR("c"), .amount = 1000});
    static const char *const odd[] = {"\xff\xfe",
                                      "\xc0\x80",
                                      "\xed\xa0\x80",
                                      "\xf4\x90\x80\x80",
                                      "\xe4\xb8",
                                      "caf\xc3\xa9 '; DROP TABLE yuzui_entry; --",
                                      "\xe4\xbd\xa0\xf0\x9f\x98\x80"};
    for (size_t i = 0; i < sizeof odd / sizeof *odd; i++) {
        char id[16];
        snprintf(id, sizeof id, "h%zu", i);
        yz_posted p = post_now(l, (yz_posting){.kind = YZ_POSTING_HOLD,
                                               .account = YZ_STR("a"),
                                               .id = yz_str_of(id),
                                               .amount = 1,
                                               .expires = writer_now() + 60,
                                               .request = yz_str_of(odd[i]),
                                               .model = yz_str_of(odd[i])});
        assert_int_equal(p.code, YZ_OK);
    }
    const yz_str zero = {"a\0b", 3};
    assert_int_equal(post_now(l, (yz_posting){.kind = YZ_POSTING_HOLD, .account = zero, .id = YZ_STR("z"), .amount = 1}).code, YZ_EINVAL);
    assert_int_equal(post_now(l, (yz_posting){.kind = YZ_POSTING_HOLD, .account = YZ_STR("\xff"), .id = YZ_STR("z"), .amount = 1}).code,
                     YZ_EINVAL);
    assert_int_equal(
        post_now(l, (yz_posting){.kind = YZ_POSTING_CREDIT, .account = YZ_STR("a"), .id = YZ_STR("m"), .amount = INT64_MAX}).code,
        YZ_EINVAL);
    assert_int_equal(faults(l), 0);
    postgresql_close(l);
}

/* Each change of the balances behind the entries' backs is found; entries refuse to change. */
static void the_audit_finds(void **state) {
    (void)state;
    static const char *const harms[] = {"UPDATE yuzui_account SET available = available + 1",
                                        "UPDATE yuzui_account SET held = held + 1",
                                        "UPDATE yuzui_hold SET captured = captured + 1",
                                        "UPDATE yuzui_hold SET refunded = 1",
                                        "INSERT INTO yuzui_txn (kind, ref, created, detail) VALUES (1, 'x', 0, '')",
                                        "INSERT INTO yuzui_entry (txn, book, account, amount) VALUES (1, 5, 1, 7)",
                                        "UPDATE yuzui_usage SET captured = captured + 1",
                                        "DELETE FROM yuzui_usage WHERE span = 86400",
                                        "INSERT INTO yuzui_usage VALUES (86400, 0, 1, 'a', 'm', 'p', 1, 0, 0, 0, 5, 0, 0)"};
    for (size_t i = 0; i < sizeof harms / sizeof *harms; i++) {
        fresh();
        void *l = open_it();
        post_now(l, (yz_posting){.kind = YZ_POSTING_CREDIT, .account = YZ_STR("a"), .id = YZ_STR("c"), .amount = 100});
        hold(l, "h", 10);
        post_now(l, (yz_posting){.kind = YZ_POSTING_CAPTURE, .id = YZ_STR("h"), .amount = 5});
        assert_int_equal(faults(l), 0);
        PGconn *conn = PQconnectdb(other_url);
        PGresult *result = PQexec(conn, harms[i]);
        assert_int_equal(PQresultStatus(result), PGRES_COMMAND_OK);
        PQclear(result);
        result = PQexec(conn, i % 2 ? "UPDATE yuzui_entry SET amount = 1" : "DELETE FROM yuzui_txn");
        assert_int_equal(PQresultStatus(result), PGRES_FATAL_ERROR);
        PQclear(result);
        PQfinish(conn);
        assert_true(faults(l) > 0);
        postgresql_close(l);
    }
}

/* It lends as much as it can, to two gateways: who lacks what the other has gets it. */
static void lent_or_not_is_the_same(void **state) {
    (void)state;
    lease_rich = 1, lease_share = 2, lease_look = 1;
    lp_covered = 0;
    for (uint64_t seed = 1; seed <= (is_long() ? 3300 : 1); seed++)
        assert_int_equal(lp_check(&store, seed, is_long() ? 1500 : 600, false), 0);
    assert_in_range(lp_covered, 20, INT32_MAX);
    print_message("%d holds were covered\n", lp_covered);
    lease_rich = 32, lease_share = 8, lease_look = 500;
}

/* ---- what is lent (ledger_lent.h) ------------------------------------------------------------------------------------- */

static PGconn *theirs;

static int64_t say_there(const char *text) {
    PGresult *result = PQexec(theirs, text);
    if (PQresultStatus(result) != PGRES_COMMAND_OK && PQresultStatus(result) != PGRES_TUPLES_OK)
        fail_msg("%s: %s", text, PQerrorMessage(theirs));
    int64_t n = PQntuples(result) ? number(result, 0, 0) : 0;
    PQclear(result);
    return n;
}
static int64_t say_once(const char *text) {
    theirs = PQconnectdb(other_url);
    int64_t n = say_there(text);
    PQfinish(theirs);
    theirs = NULL;
    return n;
}

static int64_t leases_open(void) { return say_once("SELECT count(*) FROM yuzui_lease WHERE ended = 0"); }
static const char AGE[] = "UPDATE yuzui_lease SET expires = 0 WHERE ended = 0";
static void age(void) {
    if (theirs)
        say_there(AGE);
    else
        say_once(AGE);
}

/* Another gateway's transaction, during which nobody else writes. */
static void stick(void) {
    theirs = PQconnectdb(other_url);
    say_there("BEGIN"), say_there(LOCK);
}
static void meanwhile(const yz_posting *p) {
    char text[256];
    say_there("SELECT yuzui_expire(1, 100)");
    snprintf(text, sizeof text, "SELECT code FROM yuzui_hold('a', '%.*s', %lld, 1::bigint << 60, '', '', '', 0, '', '{}', '{}', 0)",
             YZ_STR_ARGS(p->id), (long long)p->amount);
    assert_int_equal(say_there(text), YZ_OK);
}
static void go_on(void) {
    say_there("COMMIT");
    PQfinish(theirs);
    theirs = NULL;
}

static const ll_store lent_store = {&store, leases_open, age, stick, meanwhile, go_on};

static void lending(void **state) {
    (void)state;
    ll_all(&lent_store);
}

/* ---- jobs (ledger_jobs.h) ------------------------------------------------------------------------------------------------ */

static const lj_store job_store = {&store, stick, go_on};

static void jobs(void **state) {
    (void)state;
    lj_all(&job_store);
}

static void tables_and_audit_of_jobs(void **state) {
    (void)state;
    static const char *const refused[] = {"UPDATE yuzui_job SET look = 5 WHERE id = 'over'",
                                          "UPDATE yuzui_job SET detail = '' WHERE id = 'over'", "DELETE FROM yuzui_job WHERE id = 'open'",
                                          "UPDATE yuzui_job SET revision = 0 WHERE id = 'open'",
                                          "UPDATE yuzui_job SET look = -1 WHERE id = 'open'"};
    lp_run run;
    lj_open(&run, &store);
    lj_posts(&run, lj_job("open", 0, 9, "{}"), YZ_OK, false, 1);
    lj_posts(&run, lj_job("over", 0, 0, "{}"), YZ_OK, false, 1);
    PGconn *conn = PQconnectdb(other_url);
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        PGresult *result = PQexec(conn, refused[i]);
        assert_int_equal(PQresultStatus(result), PGRES_FATAL_ERROR);
        PQclear(result);
    }
    PQfinish(conn);
    assert_true(lp_audit(&run));
    say_once("UPDATE yuzui_job SET ended = 7 WHERE id = 'open'");
    assert_false(lp_audit(&run));
    assert_non_null(strstr(run.why, "acme open: the job"));
    lp_close(&run);
}

/* However many jobs there have been, none is read in vain. */
static void questions_of_jobs_go_by_an_index(void **state) {
    (void)state;
    static const struct {
        yz_ledger_query query;
        const char *index;
    } all[] = {{{.to = 500}, "Index Scan using yuzui_job_due"},
               {{.account = {"o7", 2}}, "Index Scan Backward using yuzui_job_owner"},
               {{.id = {"j7", 2}}, "Index Scan using yuzui_job_pkey"},
               {{.size = 0}, "Index Scan Backward using yuzui_job_place_key"}};
    fresh();
    postgresql_close(open_it());
    say_once("INSERT INTO yuzui_job (id, owner, key, revision, look, created, detail) SELECT 'j' || i, 'o' || i % 100, '', 1,"
             " CASE i % 20 WHEN 0 THEN i ELSE 0 END, 1, '' FROM generate_series(1, 20000) i; ANALYZE yuzui_job");
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        char sql[1000], plan[2000] = "", *account = pg_copy(all[i].query.account), *id = pg_copy(all[i].query.id);
        take_row *take;
        yz_ledger_query query = all[i].query;
        query.what = YZ_LEDGER_JOBS;
        snprintf(sql, sizeof sql, "EXPLAIN %s", statement_of(&query, &take));
        const char *const values[ASK_PARAMS] = {account, id, "10", query.to ? "500" : "0", "", "", "", "0", "0", "0", "0", ""};
        PGconn *conn = PQconnectdb(other_url);
        PGresult *result = PQexecParams(conn, sql, ASK_PARAMS, NULL, values, NULL, NULL, 0);
        for (int row = 0; row < PQntuples(result); row++)
            strncat(plan, PQgetvalue(result, row, 0), sizeof plan - strlen(plan) - 1);
        if (!strstr(plan, all[i].index) || strstr(plan, "Seq Scan"))
            fail_msg("%s: %s%s", sql, plan, PQresultErrorMessage(result));
        PQclear(result);
        PQfinish(conn);
        free(account);
        free(id);
    }
}

/* What nobody waits for is written when the server is back, with its refund, once. */
static void a_job_waits_for_its_server(void **state) {
    (void)state;
    lp_run run;
    lj_open(&run, &store);
    lj_posts(&run, lj_job("j", 0, 9, "{}"), YZ_OK, false, 1);
    const yz_posting refund = lj_refund("r", "h1", 0);
    yz_posting p = lj_job("j", 1, 0, "{}");
    p.with = &refund;
    stop_server();
    lj_posts(&run, p, YZ_EIO, false, 0);
    for (int i = 0; i < 3; i++)
        assert_int_equal(postgresql_post(run.gateways[i % run.n_gateways], &p, NULL, NULL), YZ_OK);
    usleep(300000);
    assert_true(start_server());
    for (int i = 0; i < 500 && lj_find(&run, "j")->numbers.amount < 2; i++)
        usleep(10000);
    lj_posts(&run, p, YZ_OK, true, 2);
    assert_int_equal(lj_available(&run), LJ_AVAILABLE + 100000);
    lj_close(&run);
}

static void a_server_that_is_not_there(void **state) {
    (void)state;
    void *l = NULL;
    yz_diag diag = {0};
    assert_int_equal(postgresql_open(&(pg_config){.url = YZ_STR("postgresql:///x?host=/nowhere")}, &l, &diag), YZ_EIO);
    assert_int_equal(diag.errors, 1);
    yz_diag_free(&diag);
}

static void one_winner(void **state) {
    (void)state;
    lc_one_winner(&store);
}
static void odd_questions(void **state) {
    (void)state;
    lc_odd_questions(&store);
}
static int64_t rolled(void) { return say_once("SELECT min(until) FROM yuzui_usage_rolled"); }
static void sums(void **state) {
    (void)state;
    ls_sums(&(ls_store){&store, rolled});
}

static void holds_by_time(void **state) {
    (void)state;
    lc_times(&store);
}

#include "test_removed.h"
#include "test_versions.h"

int main(void) {
    if (!find_server()) {
        fprintf(stderr, "there is no PostgreSQL server in /usr/lib/postgresql\n");
        return getenv("CI") ? 1 : 0;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_does_what_the_model_does),
        cmocka_unit_test(old_things_go),
        cmocka_unit_test(old_requests_go),
        cmocka_unit_test(faults_stay),
        cmocka_unit_test(old_jobs_go),
        cmocka_unit_test(lent_or_not_is_the_same),
        cmocka_unit_test(exactly_as_many),
        cmocka_unit_test(lending),
        cmocka_unit_test(jobs),
        cmocka_unit_test(tables_and_audit_of_jobs),
        cmocka_unit_test(questions_of_jobs_go_by_an_index),
        cmocka_unit_test(a_job_waits_for_its_server),
        cmocka_unit_test(odd_texts),
        cmocka_unit_test(the_audit_finds),
        cmocka_unit_test(one_winner),
        cmocka_unit_test(odd_questions),
        cmocka_unit_test(holds_by_time),
        cmocka_unit_test(sums),
        cmocka_unit_test(each_version_is_opened),
        cmocka_unit_test(a_server_that_is_not_there),
        cmocka_unit_test(a_server_that_goes_away),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
