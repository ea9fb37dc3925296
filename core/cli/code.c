/* cli/code.c: `yuzui code`: codes that are worth money once: made in batches, looked over, redeemed, revoked. They open the ledger
 * themselves, beside a yuzui that runs or without one. */
#include "people/code.h"
#include "base/arena.h"
#include "base/diag.h"
#include "cli/cli.h"
#include "config/settings.h"
#include "ledger/ledger.h"
#include "people/person.h"
#include "price/price.h"

#include <stdio.h>
#include <stdlib.h>

typedef struct asked {
    const char *verb, *config, *rest, *usd, *count, *batch, *expires, *account;
    bool json;
    yz_codes codes;
} asked;

static int tell(const asked *a, int code) {
    if (code != YZ_OK)
        fprintf(stderr, "yuzui code: %s\n", a->codes.why ? a->codes.why : yz_result_text(code));
    return code == YZ_OK ? 0 : 1;
}

static void print_line(yz_buf *out) {
    printf("%.*s\n", YZ_STR_ARGS(yz_buf_view(out)));
    yz_buf_free(out);
}

/* ---- making ------------------------------------------------------------------------------------------------------------- */

static void on_made(void *arg, yz_str code) {
    const asked *a = arg;
    printf(a->json ? "{\"code\":\"%.*s\"}\n" : "%.*s\n", YZ_STR_ARGS(code));
    fflush(stdout); /* it is told once: whoever ends this half way has those that there are */
}

static int create(asked *a) {
    char *end = NULL;
    yz_code_batch batch = {.name = yz_str_of(a->rest ? a->rest : ""), .n = 1};
    long long n = a->count ? strtoll(a->count, &end, 10) : 1;
    if (!a->rest || !a->usd)
        return yz_cli_wrong_usage("code", "create needs the name of the batch and --usd AMOUNT");
    if (!yz_price_amount(yz_str_of(a->usd), &batch.amount) || batch.amount <= 0)
        return yz_cli_wrong_usage("code", "--usd should be an amount above zero such as 12.5, not \"%s\"", a->usd);
    if ((end && *end) || n < 1 || n > YZ_CODE_MOST)
        return yz_cli_wrong_usage("code", "--count should be a number from 1 to %d, not \"%s\"", YZ_CODE_MOST, a->count);
    if (a->expires && !yz_price_time(yz_str_of(a->expires), &batch.expires))
        return yz_cli_wrong_usage("code", "--expires should be a day such as 2027-01-01, or a moment of UTC");
    batch.n = (size_t)n;
    return tell(a, yz_code_create(&a->codes, &batch, on_made, a));
}

/* ---- looking ------------------------------------------------------------------------------------------------------------ */

/* For people: without the quotes that JSON has. */
static void put_time(yz_buf *out, int64_t seconds) {
    yz_buf text = {0};
    if (seconds == 0)
        return;
    yz_person_put_time(&text, seconds);
    yz_buf_put(out, text.p + 1, text.n - 2);
    yz_buf_free(&text);
}

static void on_listed_json(const yz_code *code) {
    const struct {
        const char *name;
        int64_t at;
    } times[] = {{"created", code->created}, {"expires", code->expires}, {"redeemed", code->redeemed}, {"revoked", code->revoked}};
    yz_buf out = {0};
    yz_buf_lit(&out, "{\"batch\":");
    yz_buf_json_str(&out, code->batch);
    yz_buf_lit(&out, ",\"shown\":");
    yz_buf_json_str(&out, code->shown);
    yz_buf_lit(&out, ",\"usd\":");
    yz_price_usd(code->amount, &out);
    for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
        if (times[i].at == 0)
            continue;
        yz_buf_printf(&out, ",\"%s\":", times[i].name);
        yz_person_put_time(&out, times[i].at);
    }
    if (code->account.n) {
        yz_buf_lit(&out, ",\"account\":");
        yz_buf_json_str(&out, code->account);
    }
    yz_buf_char(&out, '}');
    print_line(&out);
}

static void on_listed(void *arg, const yz_code *code) {
    const asked *a = arg;
    if (a->json) {
        on_listed_json(code);
        return;
    }
    yz_buf out = {0};
    yz_buf_printf(&out, "%.*s…  %-16.*s  ", YZ_STR_ARGS(code->shown), YZ_STR_ARGS(code->batch));
    yz_price_usd(code->amount, &out);
    yz_buf_lit(&out, code->revoked    ? " USD  revoked "
                     : code->redeemed ? " USD  redeemed "
                     : code->expires  ? " USD  good until "
                                      : " USD  good");
    put_time(&out, code->revoked ? code->revoked : code->redeemed ? code->redeemed : code->expires);
    if (code->account.n)
        yz_buf_printf(&out, " by %.*s", YZ_STR_ARGS(yz_cli_plain(a->codes.arena, code->account)));
    print_line(&out);
}

/* ---- redeeming ---------------------------------------------------------------------------------------------------------- */

static int redeem(asked *a) {
    yz_posted posted;
    int64_t amount = 0;
    if (!a->rest || !a->account)
        return yz_cli_wrong_usage("code", "redeem needs the code and --account ACCOUNT");
    int code = yz_code_redeem(&a->codes, yz_str_of(a->rest), yz_str_of(a->account), &amount, &posted);
    if (code != YZ_OK)
        return tell(a, code);
    yz_buf out = {0};
    if (a->json) { /* as /v1/redeem answers */
        yz_buf_lit(&out, "{\"usd\":");
        yz_price_usd(amount, &out);
        yz_buf_printf(&out, ",\"before\":%s,\"available\":", posted.before ? "true" : "false");
        yz_price_usd(posted.available, &out);
        yz_buf_char(&out, '}');
        print_line(&out);
        return 0;
    }
    yz_buf_str(&out, posted.before ? YZ_STR("redeemed before: ") : YZ_STR(""));
    yz_price_usd(amount, &out);
    yz_buf_lit(&out, " USD paid in; available ");
    yz_price_usd(posted.available, &out);
    yz_buf_lit(&out, " USD");
    print_line(&out);
    return 0;
}

/* ---- revoking ----------------------------------------------------------------------------------------------------------- */

static int revoke(asked *a) {
    yz_revoked sum;
    if (!a->rest == !a->batch)
        return yz_cli_wrong_usage("code", "revoke needs a code, or --batch BATCH for all of it that nobody has redeemed");
    int code = yz_code_revoke(&a->codes, yz_str_of(a->rest ? a->rest : ""), yz_str_of(a->batch ? a->batch : ""), &sum);
    if (code != YZ_OK)
        return tell(a, code);
    printf(a->json ? "{\"revoked\":%zu,\"before\":%zu,\"redeemed\":%zu}\n" : "revoked %zu, before %zu, redeemed %zu\n", sum.revoked,
           sum.before, sum.redeemed);
    return 0;
}

/* ---- the command -------------------------------------------------------------------------------------------------------- */

static int with_ledger(asked *a, int (*run)(asked *a)) {
    yz_diag diag = {0};
    a->codes = (yz_codes){.by = YZ_STR("cli"), .arena = yz_arena_new(NULL)};
    const yz_settings *settings = yz_settings_read(a->config ? a->config : "yuzui.lua", a->codes.arena, &diag);
    a->codes.ledger = settings ? yz_ledger_use(settings, &diag) : NULL;
    if (!a->codes.ledger)
        fwrite(diag.text.p ? diag.text.p : "", 1, diag.text.n, stderr);
    yz_diag_free(&diag);
    int code = a->codes.ledger ? run(a) : 1;
    yz_ledger_unuse(a->codes.ledger);
    yz_arena_free(a->codes.arena);
    return code;
}

static int list(asked *a) { return tell(a, yz_code_list(&a->codes, yz_str_of(a->rest ? a->rest : ""), on_listed, a)); }

#define ALL "create list redeem revoke"

int yz_cli_code(int argc, char **argv) {
    asked a = {.verb = argc > 1 ? argv[1] : ""};
    const yz_cli_owned options[] = {
        {{"--config", "-c", .value = &a.config}, ALL},        {{"--usd", NULL, .value = &a.usd}, "create"},
        {{"--count", "-n", .value = &a.count}, "create"},     {{"--expires", NULL, .value = &a.expires}, "create"},
        {{"--account", NULL, .value = &a.account}, "redeem"}, {{"--json", NULL, .flag = &a.json}, ALL},
        {{"--batch", NULL, .value = &a.batch}, "revoke"}};
    static const struct {
        const char *verb;
        int (*run)(asked *a);
    } verbs[] = {{"create", create}, {"list", list}, {"redeem", redeem}, {"revoke", revoke}};
    for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++) {
        if (strcmp(a.verb, verbs[i].verb) != 0)
            continue;
        argv[1] = argv[0]; /* the verb has been read */
        if (yz_cli_options_of(argc - 1, argv + 1, a.verb, options, sizeof options / sizeof *options, &a.rest) != 0)
            return 2;
        return with_ledger(&a, verbs[i].run);
    }
    static const char *const names[] = {"create", "list", "redeem", "revoke"};
    return yz_cli_wrong_verb(argv[0], a.verb, names, sizeof names / sizeof *names);
}
