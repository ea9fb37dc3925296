/* cli/ledger.c: see ledger.h; money that is paid in, moved and given back, and a copy of the ledger. */
#include "cli/ledger.h"
#include "base/arena.h"
#include "base/clock.h"
#include "base/diag.h"
#include "cli/cli.h"
#include "ledger/ledger.h"
#include "people/money.h"
#include "people/payback.h"
#include "price/price.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

/* ---- opening -------------------------------------------------------------------------------------------------------- */

bool yz_asked_open(yz_asked *a) {
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

int yz_asked_done(yz_asked *a, int code) {
    if (a->ledger)
        yz_ledger_unuse(a->ledger);
    if (a->arena)
        yz_arena_free(a->arena);
    return code;
}

#define MOVES "credit transfer refund"
#define READS "balance usage margins moves jobs audit"

int yz_asked_read(int argc, char **argv, yz_asked *a) {
    const yz_cli_owned all[] = {
        {{"--config", "-c", .value = &a->config}, MOVES " " READS " backup"},
        {{"--usd", NULL, .value = &a->amount}, MOVES},
        {{"--id", NULL, .value = &a->id}, MOVES " usage"},
        {{"--note", NULL, .value = &a->note}, MOVES},
        {{"--to", NULL, .value = &a->to}, "transfer"},
        {{"--new", NULL, .flag = &a->fresh}, "credit transfer"},
        {{"--refund", NULL, .value = &a->refund}, "credit"},
        {{"--limit", NULL, .value = &a->limit}, "balance usage moves jobs audit"},
        {{"--json", NULL, .flag = &a->json}, MOVES " " READS},
        {{"--csv", NULL, .flag = &a->csv}, "balance usage margins moves jobs"},
        {{"--by", NULL, .value = &a->by}, "usage margins"},
        {{"--from", NULL, .value = &a->from}, "usage margins"},
        {{"--until", NULL, .value = &a->until}, "usage margins"},
        {{"--key", NULL, .value = &a->key}, "usage"},
        {{"--model", NULL, .value = &a->model}, "usage"},
        {{"--label", NULL, .value = &a->label}, "usage"},
        {{"--provider", NULL, .value = &a->provider}, "usage audit"},
        {{"--provider-export", NULL, .value = &a->export}, "audit"},
    };
    *a = (yz_asked){.command = argv[0]};
    int code = yz_cli_options_of(argc, argv, argv[0], all, sizeof all / sizeof *all, &a->rest);
    if (code == 0 && a->csv && a->json)
        return yz_cli_wrong_usage(a->command, "--csv or --json?");
    return code;
}

/* ---- postings ------------------------------------------------------------------------------------------------------- */

/* The poster's own: whoever repeats a command that may have been done says the id again. */
static yz_str id_of(const yz_asked *a) {
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

void yz_print_usd(const char *before, int64_t nano, const char *after) {
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

static int post(yz_asked *a, const yz_money_move *move) {
    yz_money m = {.ledger = a->ledger, .settings = a->settings, .by = YZ_STR("cli"), .arena = a->arena};
    int code = yz_money_do(&m, move);
    if (code != YZ_OK) {
        fprintf(stderr, "yuzui %s: %s%s\n", a->command, m.why, m.unknown ? ". With --new it is made all the same" : "");
        return 1;
    }
    if (a->json) {
        print_posted_json(move, &m.posted);
        return 0;
    }
    yz_print_usd(m.posted.before ? "done before: " : "", move->amount,
                 move->kind == YZ_POSTING_CREDIT     ? " USD paid in; "
                 : move->kind == YZ_POSTING_TRANSFER ? " USD moved; "
                                                     : " USD given back; ");
    yz_print_usd("available ", m.posted.available, " USD, ");
    yz_print_usd("held ", m.posted.held, " USD");
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
static int take_back(yz_asked *a) {
    int64_t amount = 0;
    if (a->rest || !a->amount || a->fresh || a->note)
        return yz_cli_wrong_usage(
            a->command, "--refund takes the id of a credit and --usd AMOUNT, and no account, which is that of the credit, --new or --note");
    if (!yz_price_amount(yz_str_of(a->amount), &amount) || amount <= 0)
        return yz_cli_wrong_usage(a->command, "--usd should be an amount above zero such as 12.5, not \"%s\"", a->amount);
    if (!yz_asked_open(a))
        return yz_asked_done(a, 1);
    yz_str id = id_of(a);
    yz_payback p = {.ledger = a->ledger, .by = YZ_STR("cli"), .arena = a->arena};
    if (yz_payback_credit(&p, yz_str_of(a->refund), id, amount) != YZ_OK) {
        fprintf(stderr, "yuzui %s: %s\n", a->command, p.why);
        return yz_asked_done(a, 1);
    }
    if (a->json) {
        print_payback_json(id, &p);
        return yz_asked_done(a, 0);
    }
    yz_print_usd(p.before ? "done before: " : "", p.taken, " USD taken back");
    printf(" from %.*s", YZ_STR_ARGS(yz_cli_plain(a->arena, p.account)));
    if (p.missing > 0)
        yz_print_usd("; spent or held already: ", p.missing, " USD");
    printf(" (id %.*s)\n", YZ_STR_ARGS(yz_cli_plain(a->arena, id)));
    return yz_asked_done(a, 0);
}

static int move(int argc, char **argv, yz_posting_kind kind) {
    yz_asked a;
    int64_t amount = 0;
    if (yz_asked_read(argc, argv, &a) != 0)
        return 2;
    if (a.refund)
        return take_back(&a);
    if (!a.rest || !a.amount)
        return yz_cli_wrong_usage(argv[0], "it needs %s and --usd AMOUNT",
                                  kind == YZ_POSTING_REFUND ? "the id of a request" : "an account");
    if (kind == YZ_POSTING_TRANSFER && !a.to)
        return yz_cli_wrong_usage(argv[0], "to which account? --to ACCOUNT");
    if (!yz_price_amount(yz_str_of(a.amount), &amount) || amount <= 0)
        return yz_cli_wrong_usage(
            argv[0], "--usd should be an amount above zero such as 12.5, with up to nine digits after the point, not \"%s\"", a.amount);
    if (!yz_asked_open(&a))
        return yz_asked_done(&a, 1);
    yz_money_move move = {.kind = kind, .amount = amount, .id = id_of(&a), .note = yz_str_of(a.note ? a.note : ""), .fresh = a.fresh};
    *(kind == YZ_POSTING_REFUND ? &move.request : &move.account) = yz_str_of(a.rest);
    move.to = yz_str_of(a.to ? a.to : "");
    return yz_asked_done(&a, post(&a, &move));
}

int yz_cli_credit(int argc, char **argv) { return move(argc, argv, YZ_POSTING_CREDIT); }
int yz_cli_refund(int argc, char **argv) { return move(argc, argv, YZ_POSTING_REFUND); }
int yz_cli_transfer(int argc, char **argv) { return move(argc, argv, YZ_POSTING_TRANSFER); }

/* ---- a copy --------------------------------------------------------------------------------------------------------- */

int yz_cli_backup(int argc, char **argv) {
    yz_asked a;
    if (yz_asked_read(argc, argv, &a) != 0)
        return 2;
    if (!a.rest)
        return yz_cli_wrong_usage(argv[0], "to which file?");
    if (!yz_asked_open(&a))
        return yz_asked_done(&a, 1);
    int code = yz_ledger_backup(a.ledger, yz_str_of(a.rest));
    if (code != YZ_OK)
        fprintf(stderr, "yuzui backup: %s: %s\n", a.rest,
                code == YZ_EINVAL         ? "it is there already"
                : code == YZ_EUNSUPPORTED ? "this ledger has tools of its own for that"
                                          : "it cannot be written");
    return yz_asked_done(&a, code == YZ_OK ? 0 : 1);
}
