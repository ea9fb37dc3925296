/* cli/ledger.c: the money of a config's ledger: `yuzui credit`, `transfer`, `refund`, `balance`, `usage`, `audit`, `backup`. They open the
 * ledger themselves, beside a yuzui that runs or without one. */
#include "ledger/ledger.h"
#include "base/arena.h"
#include "base/clock.h"
#include "base/diag.h"
#include "cli/cli.h"
#include "cli/drift.h"
#include "cli/proof.h"
#include "config/settings.h"
#include "people/money.h"
#include "people/payback.h"
#include "people/rows.h"
#include "price/price.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

typedef struct asked {
    unsigned columns; /* of sums: YZ_USAGE_BY_… */
    const char *command, *config, *rest, *amount, *id, *note, *limit, *export, *provider, *to, *by, *from, *until, *refund, *key, *model;
    bool json, csv, fresh, proof;
    yz_arena *arena;
    const yz_settings *settings;
    yz_ledger *ledger;
    size_t rows;
} asked;

/* ---- opening -------------------------------------------------------------------------------------------------------- */

static bool open_ledger(asked *a) {
    yz_diag diag = {0};
    a->arena = yz_arena_new(NULL);
    const yz_settings *settings = yz_settings_read(a->config ? a->config : "yuzui.lua", a->arena, &diag);
    a->settings = settings;
    a->ledger = settings ? yz_ledger_use(settings, &diag) : NULL;
    if (!a->ledger)
        fwrite(diag.text.p ? diag.text.p : "", 1, diag.text.n, stderr);
    yz_diag_free(&diag);
    return a->ledger != NULL;
}

static int done(asked *a, int code) {
    if (a->ledger)
        yz_ledger_unuse(a->ledger);
    if (a->arena)
        yz_arena_free(a->arena);
    return code;
}

/* 0, or 2: wrong usage was reported. */
static int read_options(int argc, char **argv, asked *a) {
    const yz_cli_option options[] = {
        {"--config", "-c", .value = &a->config},
        {"--usd", NULL, .value = &a->amount},
        {"--to", NULL, .value = &a->to},
        {"--by", NULL, .value = &a->by},
        {"--from", NULL, .value = &a->from},
        {"--until", NULL, .value = &a->until},
        {"--id", NULL, .value = &a->id},
        {"--note", NULL, .value = &a->note},
        {"--limit", NULL, .value = &a->limit},
        {"--json", NULL, .flag = &a->json},
        {"--provider-export", NULL, .value = &a->export},
        {"--provider", NULL, .value = &a->provider},
        {"--key", NULL, .value = &a->key},
        {"--model", NULL, .value = &a->model},
        {"--csv", NULL, .flag = &a->csv},
        {"--new", NULL, .flag = &a->fresh},
        {"--refund", NULL, .value = &a->refund},
    };
    *a = (asked){.command = argv[0]};
    return yz_cli_options(argc, argv, options, sizeof options / sizeof *options, &a->rest);
}

/* ---- postings ------------------------------------------------------------------------------------------------------- */

/* The poster's own: whoever repeats a command that may have been done says the id again. */
static yz_str id_of(const asked *a) {
    unsigned char bytes[8] = {0};
    int fd = open("/dev/urandom", O_RDONLY | O_CLOEXEC);
    bool ok = fd >= 0 && read(fd, bytes, sizeof bytes) == (ssize_t)sizeof bytes;
    if (fd >= 0)
        close(fd);
    if (a->id)
        return yz_str_of(a->id);
    uint64_t random;
    memcpy(&random, bytes, sizeof random);
    return yz_format(a->arena, "cli-%llx-%016llx", (unsigned long long)yz_clock_wall_ns(), ok ? (unsigned long long)random : 0ULL);
}

static void print_usd(const char *before, int64_t nano, const char *after) {
    yz_buf text = {0};
    yz_price_usd(nano, &text);
    printf("%s%.*s%s", before, YZ_STR_ARGS(yz_buf_view(&text)), after);
    yz_buf_free(&text);
}

static void put_usd(yz_buf *out, const char *name, int64_t nano) {
    yz_buf_printf(out, ",\"%s\":", name);
    yz_price_usd(nano, out);
}

/* As the admin API answers. */
static void print_posted_json(const yz_money_move *move, const yz_posted *posted) {
    yz_buf out = {0};
    yz_buf_lit(&out, "{\"id\":");
    yz_buf_json_str(&out, move->id);
    yz_buf_printf(&out, ",\"before\":%s", posted->before ? "true" : "false");
    put_usd(&out, "usd", move->amount);
    put_usd(&out, "available", posted->available);
    put_usd(&out, "held", posted->held);
    printf("%.*s}\n", YZ_STR_ARGS(yz_buf_view(&out)));
    yz_buf_free(&out);
}

static int post(asked *a, const yz_money_move *move) {
    yz_money m = {.ledger = a->ledger, .settings = a->settings, .by = YZ_STR("cli"), .arena = a->arena};
    int code = yz_money_do(&m, move);
    if (code != YZ_OK) {
        bool unknown = move->kind == YZ_POSTING_CREDIT && code == YZ_ENOTFOUND;
        fprintf(stderr, "yuzui %s: %s%s\n", a->command, m.why, unknown ? ". With --new it is made all the same" : "");
        return 1;
    }
    if (a->json) {
        print_posted_json(move, &m.posted);
        return 0;
    }
    print_usd(m.posted.before ? "done before: " : "", move->amount,
              move->kind == YZ_POSTING_CREDIT     ? " USD paid in; "
              : move->kind == YZ_POSTING_TRANSFER ? " USD moved; "
                                                  : " USD given back; ");
    print_usd("available ", m.posted.available, " USD, ");
    print_usd("held ", m.posted.held, " USD");
    printf(" (id %.*s)\n", YZ_STR_ARGS(yz_cli_plain(a->arena, move->id)));
    return 0;
}

static void print_payback_json(yz_str id, const yz_payback *p) {
    yz_buf out = {0};
    yz_buf_lit(&out, "{\"id\":");
    yz_buf_json_str(&out, id);
    yz_buf_printf(&out, ",\"before\":%s,\"account\":", p->before ? "true" : "false");
    yz_buf_json_str(&out, p->account);
    put_usd(&out, "taken", p->taken);
    put_usd(&out, "missing", p->missing);
    printf("%.*s}\n", YZ_STR_ARGS(yz_buf_view(&out)));
    yz_buf_free(&out);
}

/* `yuzui credit --refund CREDIT`: who paid has it back. */
static int take_back(asked *a) {
    int64_t amount = 0;
    if (a->rest || !a->amount || a->fresh)
        return yz_cli_wrong_usage(a->command,
                                  "--refund takes the id of a credit and --usd AMOUNT, and no account: it is that of the credit");
    if (!yz_price_amount(yz_str_of(a->amount), &amount) || amount <= 0)
        return yz_cli_wrong_usage(a->command, "--usd should be an amount above zero such as 12.5, not \"%s\"", a->amount);
    if (!open_ledger(a))
        return done(a, 1);
    yz_str id = id_of(a);
    yz_payback p = {.ledger = a->ledger, .by = YZ_STR("cli"), .arena = a->arena};
    if (yz_payback_credit(&p, yz_str_of(a->refund), id, amount) != YZ_OK) {
        fprintf(stderr, "yuzui %s: %s\n", a->command, p.why);
        return done(a, 1);
    }
    if (a->json) {
        print_payback_json(id, &p);
        return done(a, 0);
    }
    print_usd(p.before ? "done before: " : "", p.taken, " USD taken back");
    printf(" from %.*s", YZ_STR_ARGS(yz_cli_plain(a->arena, p.account)));
    if (p.missing > 0)
        print_usd("; spent or held already: ", p.missing, " USD");
    printf(" (id %.*s)\n", YZ_STR_ARGS(yz_cli_plain(a->arena, id)));
    return done(a, 0);
}

static int move(int argc, char **argv, yz_posting_kind kind) {
    asked a;
    int64_t amount = 0;
    if (read_options(argc, argv, &a) != 0)
        return 2;
    if (a.refund)
        return kind == YZ_POSTING_CREDIT ? take_back(&a) : yz_cli_wrong_usage(argv[0], "--refund belongs to credit");
    if (!a.rest || !a.amount)
        return yz_cli_wrong_usage(argv[0], "it needs %s and --usd AMOUNT",
                                  kind == YZ_POSTING_REFUND ? "the id of a request" : "an account");
    if ((kind == YZ_POSTING_TRANSFER) != (a.to != NULL))
        return yz_cli_wrong_usage(argv[0], a.to ? "--to belongs to transfer" : "to which account? --to ACCOUNT");
    if (!yz_price_amount(yz_str_of(a.amount), &amount) || amount <= 0)
        return yz_cli_wrong_usage(
            argv[0], "--usd should be an amount above zero such as 12.5, with up to nine digits after the point, not \"%s\"", a.amount);
    if (!open_ledger(&a))
        return done(&a, 1);
    yz_money_move move = {.kind = kind, .amount = amount, .id = id_of(&a), .note = yz_str_of(a.note ? a.note : ""), .fresh = a.fresh};
    *(kind == YZ_POSTING_REFUND ? &move.request : &move.account) = yz_str_of(a.rest);
    move.to = yz_str_of(a.to ? a.to : "");
    return done(&a, post(&a, &move));
}

int yz_cli_credit(int argc, char **argv) { return move(argc, argv, YZ_POSTING_CREDIT); }
int yz_cli_refund(int argc, char **argv) { return move(argc, argv, YZ_POSTING_REFUND); }
int yz_cli_transfer(int argc, char **argv) { return move(argc, argv, YZ_POSTING_TRANSFER); }

/* ---- reading -------------------------------------------------------------------------------------------------------- */

/* One JSON object a line. */
static void print_json(const yz_rows *rows, const yz_ledger_row *row, unsigned by) {
    yz_buf out = {0};
    yz_rows_json(rows, row, by, true, &out);
    printf("%.*s\n", YZ_STR_ARGS(yz_buf_view(&out)));
    yz_buf_free(&out);
}

/* The names of the columns before the first. */
static void print_csv(const asked *a, const yz_rows *rows, const yz_ledger_row *row, unsigned by) {
    yz_buf out = {0};
    if (a->rows == 1)
        yz_rows_csv(rows, NULL, by, &out);
    yz_rows_csv(rows, row, by, &out);
    fwrite(out.p, 1, out.n, stdout);
    yz_buf_free(&out);
}

/* For machines: was it printed for one? */
static bool is_printed(const asked *a, const yz_rows *rows, const yz_ledger_row *row, unsigned by) {
    if (a->csv)
        print_csv(a, rows, row, by);
    else if (a->json)
        print_json(rows, row, by);
    return a->csv || a->json;
}

static void on_account(void *arg, const yz_ledger_row *row) {
    asked *a = arg;
    a->rows++;
    if (is_printed(a, &yz_rows_accounts, row, 0))
        return;
    printf("%-24.*s", YZ_STR_ARGS(yz_cli_plain(a->arena, row->account)));
    print_usd("  available ", row->available, "");
    print_usd("  held ", row->held, "");
    print_usd("  paid in ", row->amount, "");
    print_usd("  charged ", row->captured - row->refunded, " USD\n");
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
    print_usd("  held      ", row->amount, " USD at most\n");
    print_usd("  charged   ", row->captured, " USD");
    if (row->absorbed)
        print_usd("; beyond the account, and lost: ", row->absorbed, " USD");
    if (row->refunded)
        print_usd("; given back: ", row->refunded, " USD");
    printf("\n");
    yz_proof_print(row->detail);
}

static void on_hold(void *arg, const yz_ledger_row *row) {
    asked *a = arg;
    const char *state = (unsigned)row->state < sizeof states / sizeof *states ? states[row->state] : "?";
    a->rows++;
    if (is_printed(a, &yz_rows_charges, row, 0))
        return;
    printf("%.*s  %-12.*s  %-9s", YZ_STR_ARGS(when(a->arena, row->created)), YZ_STR_ARGS(yz_cli_plain(a->arena, row->account)), state);
    print_usd("  ", row->state == YZ_HOLD_OPEN ? row->amount : row->captured - row->refunded, " USD");
    printf("  %.*s  %.*s  %.*s\n", YZ_STR_ARGS(yz_cli_plain(a->arena, row->model)), YZ_STR_ARGS(yz_cli_plain(a->arena, row->id)),
           YZ_STR_ARGS(yz_cli_plain(a->arena, row->request)));
    if (a->proof)
        print_proof(row);
}
static void on_fault(void *arg, const yz_ledger_row *row) {
    asked *a = arg;
    a->rows++;
    if (a->json)
        print_json(&yz_rows_faults, row, 0);
    else
        printf("%.*s%s%.*s: %.*s\n", YZ_STR_ARGS(yz_cli_plain(a->arena, row->account)), row->account.n && row->id.n ? " " : "",
               YZ_STR_ARGS(yz_cli_plain(a->arena, row->id)), YZ_STR_ARGS(yz_cli_plain(a->arena, row->text)));
}

static bool limit_of(const asked *a, int64_t *limit) {
    char *end;
    *limit = a->limit ? strtoll(a->limit, &end, 10) : 0;
    return !a->limit || (*end == '\0' && *limit > 0);
}

/* -1: nothing was read, and why was printed; else the exit code is the caller's. */
enum { MOST_ROWS = 1000 }; /* without --limit: as the ledger has it */

/* Nobody takes the first thousand for all. */
static void tell_limit(const asked *a, int64_t limit) {
    if ((int64_t)a->rows == (limit ? limit : MOST_ROWS))
        fprintf(stderr, "yuzui %s: these are %zu rows, and there may be more: --limit N\n", a->command, a->rows);
}

static int ask(int argc, char **argv, yz_ledger_what what, yz_ledger_on_row *on_row, asked *a) {
    yz_ledger_query query = {YZ_LEDGER_QUERY, .what = what};
    if (read_options(argc, argv, a) != 0)
        return 2;
    if (!limit_of(a, &query.limit))
        return yz_cli_wrong_usage(argv[0], "--limit should be a number above zero, not \"%s\"", a->limit);
    query.account = yz_str_of(a->rest ? a->rest : "");
    query.id = yz_str_of(a->id ? a->id : "");
    query.key = yz_str_of(a->key ? a->key : "");
    if (!open_ledger(a))
        return 1;
    int code = yz_ledger_read(a->ledger, &query, on_row, a);
    if (code != YZ_OK)
        fprintf(stderr, "yuzui %s: the ledger cannot be read\n", argv[0]);
    else
        tell_limit(a, query.limit);
    return code == YZ_OK ? 0 : 1;
}

int yz_cli_balance(int argc, char **argv) {
    asked a = {0};
    int code = ask(argc, argv, YZ_LEDGER_ACCOUNTS, on_account, &a);
    if (code == 0 && a.rows == 0)
        fprintf(stderr, a.rest ? "yuzui balance: there is no account \"%s\"\n" : "yuzui balance: there are no accounts\n", a.rest);
    return done(&a, code == 0 && a.rest && a.rows == 0 ? 1 : code);
}

/* ---- sums ----------------------------------------------------------------------------------------------------------- */

static void on_sum(void *arg, const yz_ledger_row *row) {
    asked *a = arg;
    a->rows++;
    if (is_printed(a, &yz_rows_sums, row, a->csv ? a->columns : ~0U))
        return;
    if (row->created)
        printf("%.16s  ", when(a->arena, row->created).p);
    const yz_str texts[] = {row->account, row->key, row->model, row->provider};
    for (size_t i = 0; i < 4; i++)
        if (texts[i].n)
            printf("%-20.*s  ", YZ_STR_ARGS(yz_cli_plain(a->arena, texts[i])));
    printf("%8lld requests  %10lld in  %10lld out", (long long)row->calls, (long long)row->input, (long long)row->output);
    print_usd("  ", row->captured - row->refunded, " USD\n");
}

static int ask_sums(asked *a) {
    yz_ledger_query query = {YZ_LEDGER_QUERY,
                             .what = YZ_LEDGER_USAGE,
                             .account = yz_str_of(a->rest ? a->rest : ""),
                             .key = yz_str_of(a->key ? a->key : ""),
                             .model = yz_str_of(a->model ? a->model : ""),
                             .provider = yz_str_of(a->provider ? a->provider : "")};
    if (!yz_rows_by(yz_str_of(a->by), &query.by) || query.by == 0)
        return yz_cli_wrong_usage(a->command, "--by should be some of account, key, model, provider, hour, day, not \"%s\"", a->by);
    if ((a->from && !yz_price_time(yz_str_of(a->from), &query.from)) || (a->until && !yz_price_time(yz_str_of(a->until), &query.to)))
        return yz_cli_wrong_usage(a->command, "--from and --until should be a day such as 2026-11-28, or a moment of UTC");
    if (!limit_of(a, &query.limit))
        return yz_cli_wrong_usage(a->command, "--limit should be a number above zero, not \"%s\"", a->limit);
    a->columns = query.by;
    if (!open_ledger(a))
        return 1;
    int code = yz_ledger_read(a->ledger, &query, on_sum, a);
    if (code != YZ_OK)
        fprintf(stderr, "yuzui %s: the ledger cannot be read\n", a->command);
    else
        tell_limit(a, query.limit);
    return code == YZ_OK ? 0 : 1;
}

/* Every request, or with --by sums of them. */
int yz_cli_usage(int argc, char **argv) {
    asked a = {0};
    if (read_options(argc, argv, &a) != 0)
        return 2;
    if (a.by)
        return done(&a, ask_sums(&a));
    if (a.from || a.until)
        return yz_cli_wrong_usage(argv[0], "--from and --until belong to --by");
    if (a.model || a.provider)
        return yz_cli_wrong_usage(argv[0], "--model and --provider belong to --by");
    if (a.csv && a.json)
        return yz_cli_wrong_usage(argv[0], "--csv or --json?");
    int code = ask(argc, argv, YZ_LEDGER_HOLDS, on_hold, &a);
    if (code == 0 && a.rows == 0 && a.rest && !a.id && !a.key) {
        a.proof = true;
        const yz_ledger_query query = {YZ_LEDGER_QUERY, .what = YZ_LEDGER_HOLDS, .id = yz_str_of(a.rest)};
        code = yz_ledger_read(a.ledger, &query, on_hold, &a) == YZ_OK ? 0 : 1;
        if (code == 0 && a.rows == 0)
            fprintf(stderr, "yuzui usage: \"%s\" is neither an account with requests nor the id of one\n", a.rest);
        code = a.rows == 0 ? 1 : code;
    }
    return done(&a, code);
}

/* Against a provider's own count: 1 if they differ. */
static int drift(asked *a) {
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
    asked a = {0};
    int code = ask(argc, argv, YZ_LEDGER_FAULTS, on_fault, &a);
    if (code == 0 && !a.json)
        printf(a.rows ? "%zu faults\n" : "the ledger adds up: every balance is the sum of its entries\n", a.rows);
    if (code == 0 && a.rows == 0 && a.export)
        code = drift(&a);
    return done(&a, code == 0 && a.rows ? 1 : code);
}

int yz_cli_backup(int argc, char **argv) {
    asked a;
    if (read_options(argc, argv, &a) != 0)
        return 2;
    if (!a.rest)
        return yz_cli_wrong_usage(argv[0], "to which file?");
    if (!open_ledger(&a))
        return done(&a, 1);
    int code = yz_ledger_backup(a.ledger, yz_str_of(a.rest));
    if (code != YZ_OK)
        fprintf(stderr, "yuzui backup: %s: %s\n", a.rest,
                code == YZ_EINVAL         ? "it is there already"
                : code == YZ_EUNSUPPORTED ? "this ledger has tools of its own for that"
                                          : "it cannot be written");
    return done(&a, code == YZ_OK ? 0 : 1);
}
