/* cli/ledger_read.c: see ledger.h; what a ledger holds: `yuzui balance`, `usage`, `margins`, `moves`, `jobs`, `audit`. */
#include "base/arena.h"
#include "cli/cli.h"
#include "cli/drift.h"
#include "cli/ledger.h"
#include "cli/proof.h"
#include "ledger/ledger.h"
#include "people/margins.h"
#include "people/persons.h"
#include "people/removed.h"
#include "people/rows.h"
#include "people/sums.h"
#include "price/price.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

/* ---- reading -------------------------------------------------------------------------------------------------------- */

/* One JSON object a line. */
static void print_json(const yz_rows *rows, const yz_ledger_row *row, unsigned by) {
    yz_buf out = {0};
    yz_rows_json(rows, row, by, true, &out);
    printf("%.*s\n", YZ_STR_ARGS(yz_buf_view(&out)));
    yz_buf_free(&out);
}

/* row NULL: the names of the columns. */
static void print_csv(const yz_rows *rows, const yz_ledger_row *row, unsigned by) {
    yz_buf out = {0};
    yz_rows_csv(rows, row, by, &out);
    fwrite(out.p, 1, out.n, stdout);
    yz_buf_free(&out);
}

/* For machines: was it printed for one? */
static bool is_printed(const yz_asked *a, const yz_rows *rows, const yz_ledger_row *row, unsigned by) {
    if (a->csv)
        print_csv(rows, row, by);
    else if (a->json)
        print_json(rows, row, by);
    return a->csv || a->json;
}

static void on_account(void *arg, const yz_ledger_row *row) {
    yz_asked *a = arg;
    a->rows++;
    if (is_printed(a, &yz_rows_accounts, row, 0))
        return;
    printf("%-24.*s", YZ_STR_ARGS(yz_cli_plain(a->arena, row->account)));
    yz_print_usd("  available ", row->available, "");
    yz_print_usd("  held ", row->held, "");
    yz_print_usd("  paid in ", row->amount, "");
    yz_print_usd("  charged ", row->captured - row->refunded, " USD\n");
}

static const char *const states[] = {
#define STATE(name, word) word,
    YZ_HOLD_STATES(STATE)
#undef STATE
};

static yz_str when(yz_arena *arena, int64_t seconds) {
    char text[32] = "";
    time_t at = (time_t)seconds;
    struct tm tm;
    if (gmtime_r(&at, &tm))
        strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &tm);
    return yz_dup(arena, yz_str_of(text));
}

static void print_proof(const yz_ledger_row *row) {
    yz_print_usd("  held      ", row->amount, " USD at most\n");
    yz_print_usd("  charged   ", row->captured, " USD");
    if (row->absorbed)
        yz_print_usd("; beyond the account, and lost: ", row->absorbed, " USD");
    if (row->refunded)
        yz_print_usd("; given back: ", row->refunded, " USD");
    printf("\n");
    yz_proof_print(row->detail);
}

static void on_hold(void *arg, const yz_ledger_row *row) {
    yz_asked *a = arg;
    const char *state = (unsigned)row->state < sizeof states / sizeof *states ? states[row->state] : "?";
    a->rows++;
    if (is_printed(a, &yz_rows_charges, row, 0))
        return;
    printf("%.*s  %-12.*s  %-9s", YZ_STR_ARGS(when(a->arena, row->created)), YZ_STR_ARGS(yz_cli_plain(a->arena, row->account)), state);
    yz_print_usd("  ", row->state == YZ_HOLD_OPEN ? row->amount : row->captured - row->refunded, " USD");
    printf("  %.*s  %.*s  %.*s\n", YZ_STR_ARGS(yz_cli_plain(a->arena, row->model)), YZ_STR_ARGS(yz_cli_plain(a->arena, row->id)),
           YZ_STR_ARGS(yz_cli_plain(a->arena, row->request)));
    if (a->proof)
        print_proof(row);
}

static void on_fault(void *arg, const yz_ledger_row *row) {
    yz_asked *a = arg;
    a->rows++;
    if (a->json)
        print_json(&yz_rows_faults, row, 0);
    else
        printf("%.*s%s%.*s: %.*s\n", YZ_STR_ARGS(yz_cli_plain(a->arena, row->account)), row->account.n && row->id.n ? " " : "",
               YZ_STR_ARGS(yz_cli_plain(a->arena, row->id)), YZ_STR_ARGS(yz_cli_plain(a->arena, row->text)));
}

/* 0, or 2: reported. */
static int read_limit(const yz_asked *a, int64_t *limit) {
    char *end = NULL;
    errno = 0;
    *limit = a->limit ? strtoll(a->limit, &end, 10) : 0;
    if (!a->limit || (*end == '\0' && *limit > 0 && errno == 0))
        return 0;
    return yz_cli_wrong_usage(a->command, "--limit should be a number above zero, not \"%s\"", a->limit);
}

/* Likewise. */
static int read_times(const yz_asked *a, yz_ledger_query *query) {
    const char *const said[] = {a->from, a->until}, *const names[] = {"--from", "--until"};
    int64_t *const times[] = {&query->from, &query->to};
    for (size_t i = 0; i < 2; i++)
        if (said[i] && (!yz_price_time(yz_str_of(said[i]), times[i]) || *times[i] == 0))
            return yz_cli_wrong_usage(a->command,
                                      "%s should be a day such as 2026-11-28, or a moment of UTC such as 2026-11-28T15:04:05Z, not \"%s\"",
                                      names[i], said[i]);
    const char *fault = yz_sums_time_fault(query->from, query->to);
    return fault ? yz_cli_wrong_usage(a->command, "%s", fault) : 0;
}

enum { MOST_ROWS = 1000 }; /* without --limit: as the ledger has it */

/* Nobody takes the first thousand for all. */
static void tell_limit(const yz_asked *a, int64_t limit) {
    if ((int64_t)a->rows == (limit ? limit : MOST_ROWS))
        fprintf(stderr, "yuzui %s: these are %zu rows, and there may be more: --limit N\n", a->command, a->rows);
}

/* The exit code; 2: wrong usage was reported. What is read is printed by on_row, as rows of this kind. */
static int ask(yz_asked *a, yz_ledger_query *query, const yz_rows *rows, yz_ledger_on_row *on_row) {
    int wrong = read_limit(a, &query->limit);
    query->account = yz_str_of(a->rest ? a->rest : "");
    if (wrong || !yz_asked_open(a))
        return wrong ? wrong : 1;
    if (a->csv)
        print_csv(rows, NULL, 0);
    int code = yz_ledger_read(a->ledger, query, on_row, a);
    if (code != YZ_OK)
        fprintf(stderr, "yuzui %s: the ledger cannot be read\n", a->command);
    else
        tell_limit(a, query->limit);
    return code == YZ_OK ? 0 : 1;
}

int yz_cli_balance(int argc, char **argv) {
    yz_asked a;
    yz_ledger_query query = {YZ_LEDGER_QUERY, .what = YZ_LEDGER_ACCOUNTS};
    if (yz_asked_read(argc, argv, &a) != 0)
        return 2;
    int code = ask(&a, &query, &yz_rows_accounts, on_account);
    if (code == 0 && a.rows == 0)
        fprintf(stderr, a.rest ? "yuzui balance: there is no account \"%s\"\n" : "yuzui balance: there are no accounts\n", a.rest);
    return yz_asked_done(&a, code == 0 && a.rest && a.rows == 0 ? 1 : code);
}

/* ---- credits, refunds, transfers -------------------------------------------------------------------------------------- */

static void on_move(void *arg, const yz_ledger_row *row) {
    yz_asked *a = arg;
    yz_buf note = {0};
    a->rows++;
    if (is_printed(a, &yz_rows_moves, row, 0))
        return;
    printf("%.*s  %-12.*s  %-8.*s", YZ_STR_ARGS(when(a->arena, row->created)), YZ_STR_ARGS(yz_cli_plain(a->arena, row->account)),
           YZ_STR_ARGS(row->model));
    yz_print_usd("  ", row->amount, " USD");
    yz_rows_note(row->detail, &note);
    printf("  %.*s  %.*s\n", YZ_STR_ARGS(yz_cli_plain(a->arena, row->id)), YZ_STR_ARGS(yz_cli_plain(a->arena, yz_buf_view(&note))));
    yz_buf_free(&note);
}

int yz_cli_moves(int argc, char **argv) {
    yz_asked a;
    yz_ledger_query query = {YZ_LEDGER_QUERY, .what = YZ_LEDGER_MOVES};
    if (yz_asked_read(argc, argv, &a) != 0)
        return 2;
    int code = ask(&a, &query, &yz_rows_moves, on_move);
    if (code == 0 && a.rows == 0)
        fprintf(stderr, a.rest ? "yuzui moves: nothing was paid into or out of an account \"%s\"\n" : "yuzui moves: there are none\n",
                a.rest);
    return yz_asked_done(&a, code == 0 && a.rest && a.rows == 0 ? 1 : code);
}

/* ---- jobs ------------------------------------------------------------------------------------------------------------- */

static yz_str said(yz_asked *a, const yz_json *detail, const char *name) {
    yz_str text = yz_json_text(a->arena, yz_json_get(detail, name));
    return text.n ? yz_cli_plain(a->arena, text) : YZ_STR("-");
}

static void on_job(void *arg, const yz_ledger_row *row) {
    yz_asked *a = arg;
    yz_json *detail = NULL;
    a->rows++;
    if (is_printed(a, &yz_rows_jobs, row, 0))
        return;
    if (yz_json_parse(a->arena, yz_dup(a->arena, row->detail), 0, &detail, NULL) != YZ_OK)
        detail = NULL;
    printf("%.*s  %-42.*s  %-12.*s  %-10.*s  %.*s/%.*s", YZ_STR_ARGS(when(a->arena, row->created)),
           YZ_STR_ARGS(yz_cli_plain(a->arena, row->id)), YZ_STR_ARGS(yz_cli_plain(a->arena, row->account)),
           YZ_STR_ARGS(said(a, detail, "state")), YZ_STR_ARGS(said(a, detail, "provider")), YZ_STR_ARGS(said(a, detail, "model")));
    printf("  %.*s USD  %.*s\n", YZ_STR_ARGS(said(a, detail, "cost")), YZ_STR_ARGS(said(a, detail, "code")));
}

int yz_cli_jobs(int argc, char **argv) {
    yz_asked a;
    yz_ledger_query query = {YZ_LEDGER_QUERY, .what = YZ_LEDGER_JOBS};
    if (yz_asked_read(argc, argv, &a) != 0)
        return 2;
    int code = ask(&a, &query, &yz_rows_jobs, on_job);
    if (code == 0 && a.rows == 0)
        fprintf(stderr, a.rest ? "yuzui jobs: \"%s\" has begun none\n" : "yuzui jobs: there are none\n", a.rest);
    return yz_asked_done(&a, code == 0 && a.rest && a.rows == 0 ? 1 : code);
}

/* ---- sums ----------------------------------------------------------------------------------------------------------- */

static void on_sum(void *arg, const yz_ledger_row *row) {
    yz_asked *a = arg;
    const struct {
        unsigned by;
        yz_str text;
    } parts[] = {{YZ_USAGE_BY_ACCOUNT, row->account},
                 {YZ_USAGE_BY_KEY, row->key},
                 {YZ_USAGE_BY_MODEL, row->model},
                 {YZ_USAGE_BY_PROVIDER, row->provider},
                 {YZ_ROWS_BY_LABEL, row->text}};
    a->rows++;
    if (is_printed(a, &yz_rows_sums, row, a->csv ? a->columns : a->columns | ~YZ_ROWS_BY_LABEL))
        return;
    if (row->created)
        printf("%.16s  ", when(a->arena, row->created).p);
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        if (a->columns & parts[i].by)
            printf("%-20.*s  ", YZ_STR_ARGS(parts[i].text.n ? yz_cli_plain(a->arena, parts[i].text) : YZ_STR("-")));
    printf("%8lld requests  %10lld in  %10lld out", (long long)row->calls, (long long)row->input, (long long)row->output);
    yz_print_usd("  ", row->captured - row->refunded, " USD\n");
}

/* No key has it: that is a slip of the pen, and not a sum of nothing. */
static int tell_sums(const yz_asked *a, const yz_sums *sums, int64_t limit, int code) {
    if (code != YZ_OK)
        fprintf(stderr, "yuzui usage: %s\n", sums->why ? sums->why : "the ledger cannot be read");
    else if (a->label && sums->keys == 0)
        fprintf(stderr, "yuzui usage: no key has the label %s, by itself or by a group\n", a->label);
    else if (a->rows == 0)
        fprintf(stderr, "yuzui usage: there is no ended request of that kind\n");
    else
        tell_limit(a, limit);
    if (code == YZ_OK && sums->apart.n > 0 && sums->parted == 0)
        fprintf(stderr, "yuzui usage: no key has a label %.*s, by itself or by a group\n", YZ_STR_ARGS(sums->apart));
    return code != YZ_OK || (a->label && sums->keys == 0) ? 1 : 0;
}

static int ask_sums(yz_asked *a) {
    yz_sums sums = {0};
    yz_ledger_query query = {YZ_LEDGER_QUERY,
                             .what = YZ_LEDGER_USAGE,
                             .account = yz_str_of(a->rest ? a->rest : ""),
                             .key = yz_str_of(a->key ? a->key : ""),
                             .model = yz_str_of(a->model ? a->model : ""),
                             .provider = yz_str_of(a->provider ? a->provider : "")};
    if (!yz_rows_by(yz_str_of(a->by), &a->columns, &sums.apart) || a->columns == 0)
        return yz_cli_wrong_usage(a->command, "--by should be some of " YZ_ROWS_BY_WORDS ", with commas between, not \"%s\"", a->by);
    if (a->label && !yz_label_read(yz_str_of(a->label), &sums.label, &sums.value))
        return yz_cli_wrong_usage(a->command, "--label should be a label and its value, such as tier=gold, not \"%s\"", a->label);
    if (read_times(a, &query) != 0 || read_limit(a, &query.limit) != 0)
        return 2;
    if (!yz_asked_open(a))
        return 1;
    query.by = a->columns & ~YZ_ROWS_BY_LABEL;
    query.limit = query.limit ? query.limit : MOST_ROWS;
    sums.ledger = a->ledger, sums.settings = a->settings, sums.arena = a->arena;
    if (a->csv)
        print_csv(&yz_rows_sums, NULL, a->columns);
    return tell_sums(a, &sums, query.limit, yz_sums_read(&sums, &query, on_sum, a));
}

/* ---- single requests -------------------------------------------------------------------------------------------------- */

/* A list that begins before what is complete looks as if all were there. */
static void tell_removed(const yz_asked *a, int64_t from, FILE *out) {
    yz_removed r;
    if (yz_removed_read(a->ledger, YZ_STR(""), a->arena, &r) == YZ_OK && from < r.until)
        fprintf(out, "%lld requests from before %.*s were removed (%.*s of the ledger): sums of them are kept\n", (long long)r.calls,
                YZ_STR_ARGS(when(a->arena, r.until)), YZ_STR_ARGS(r.rule));
}

/* What stands there is no account, so it is the id of a request, which is explained. */
static int explain(yz_asked *a) {
    const yz_ledger_query query = {YZ_LEDGER_QUERY, .what = YZ_LEDGER_HOLDS, .id = yz_str_of(a->rest)};
    a->proof = true;
    int code = yz_ledger_read(a->ledger, &query, on_hold, a) == YZ_OK ? 0 : 1;
    if (code == 0 && a->rows == 0)
        fprintf(stderr, "yuzui usage: %s\n",
                yz_removed_why(a->ledger, query.id, a->arena,
                               yz_format(a->arena, "\"%s\" is neither an account with requests nor the id of one", a->rest).p)
                    .p);
    return a->rows == 0 ? 1 : code;
}

static int ask_requests(yz_asked *a) {
    yz_ledger_query query = {YZ_LEDGER_QUERY, .what = YZ_LEDGER_HOLDS, .id = yz_str_of(a->id ? a->id : ""),
                             .key = yz_str_of(a->key ? a->key : "")};
    if (a->model || a->provider || a->label)
        return yz_cli_wrong_usage(a->command, "--model, --provider and --label belong to --by");
    if (read_times(a, &query) != 0)
        return 2;
    int code = ask(a, &query, &yz_rows_charges, on_hold);
    if (code == 0 && a->rows == 0 && a->rest && !a->id && !a->key && !a->from && !a->until)
        return explain(a);
    if (code == 0 && a->rows == 0)
        fprintf(stderr, "yuzui usage: %s\n", yz_removed_why(a->ledger, query.id, a->arena, "there is no request of that kind").p);
    else if (code == 0 && (query.from || query.to))
        tell_removed(a, query.from, stderr);
    return code;
}

/* Every request, or with --by sums of them. */
int yz_cli_usage(int argc, char **argv) {
    yz_asked a;
    if (yz_asked_read(argc, argv, &a) != 0)
        return 2;
    if (a.by && a.id)
        return yz_cli_wrong_usage(a.command, "--id is of one request, --by of sums");
    return yz_asked_done(&a, a.by ? ask_sums(&a) : ask_requests(&a));
}

/* ---- margins ---------------------------------------------------------------------------------------------------------- */

static void on_margin(void *arg, const yz_ledger_row *row) {
    yz_asked *a = arg;
    a->rows++;
    if (is_printed(a, &yz_rows_margins, row, a->columns))
        return;
    if (a->columns)
        printf("%.16s  ", when(a->arena, row->created).p);
    printf("%-20.*s  %8lld requests  %8lld tries", YZ_STR_ARGS(row->provider.n ? yz_cli_plain(a->arena, row->provider) : YZ_STR("-")),
           (long long)row->calls, (long long)row->output);
    yz_print_usd("  charged ", row->captured - row->refunded, "");
    yz_print_usd("  cost ", row->amount, "");
    yz_print_usd("  margin ", row->available, " USD");
    if (row->input)
        printf("  (%lld of unknown cost)", (long long)row->input);
    printf("\n");
}

int yz_cli_margins(int argc, char **argv) {
    yz_asked a;
    yz_ledger_query time = {YZ_LEDGER_QUERY};
    if (yz_asked_read(argc, argv, &a) != 0)
        return 2;
    if (a.rest)
        return yz_cli_wrong_usage(argv[0], "it is of all providers: \"%s\" is one argument too many", a.rest);
    if (!yz_margins_by(yz_str_of(a.by ? a.by : ""), &a.columns))
        return yz_cli_wrong_usage(argv[0], "--by should be " YZ_MARGINS_BY_WORDS ", not \"%s\"", a.by);
    if (read_times(&a, &time) != 0)
        return 2;
    if (!yz_asked_open(&a))
        return yz_asked_done(&a, 1);
    yz_margins m = {.ledger = a.ledger, .arena = a.arena, .from = time.from, .to = time.to, .by = a.columns, .limit = SIZE_MAX};
    if (a.csv)
        print_csv(&yz_rows_margins, NULL, a.columns);
    int code = yz_margins_read(&m, on_margin, &a);
    if (code != YZ_OK)
        fprintf(stderr, "yuzui margins: the ledger cannot be read\n");
    else if (a.rows == 0)
        fprintf(stderr, "yuzui margins: no request has ended then\n");
    else if (m.more)
        fprintf(stderr, "yuzui margins: these are not all: ask for less time\n");
    return yz_asked_done(&a, code == YZ_OK ? 0 : 1);
}

/* ---- the audit -------------------------------------------------------------------------------------------------------- */

/* Against a provider's own count: 1 if they differ. */
static int drift(yz_asked *a) {
    yz_arena *arena = yz_arena_new(NULL);
    yz_export export;
    yz_str fault;
    bool ok = yz_export_read(a->export, arena, &export, &fault);
    if (!ok)
        fprintf(stderr, "yuzui audit: %s: %.*s\n", a->export, YZ_STR_ARGS(fault));
    int n = ok ? yz_drift_print(a->ledger, &export, a->provider, a->json, arena) : 1;
    if (n < 0)
        fprintf(stderr, "yuzui audit: the ledger cannot be read\n");
    yz_arena_free(arena);
    return n == 0 ? 0 : 1;
}

int yz_cli_audit(int argc, char **argv) {
    yz_asked a;
    yz_ledger_query query = {YZ_LEDGER_QUERY, .what = YZ_LEDGER_FAULTS};
    if (yz_asked_read(argc, argv, &a) != 0)
        return 2;
    if (a.rest)
        return yz_cli_wrong_usage(argv[0], "it is of the whole ledger: \"%s\" is one argument too many", a.rest);
    if (a.provider && !a.export)
        return yz_cli_wrong_usage(argv[0], "--provider belongs to --provider-export");
    int code = ask(&a, &query, &yz_rows_faults, on_fault);
    if (code == 0 && !a.json)
        printf(a.rows ? "%zu faults\n" : "the ledger adds up: every balance is the sum of its entries\n", a.rows);
    if (code == 0 && !a.json)
        tell_removed(&a, 0, stdout);
    if (code == 0 && a.rows == 0 && a.export)
        code = drift(&a);
    return yz_asked_done(&a, code == 0 && a.rows ? 1 : code);
}
